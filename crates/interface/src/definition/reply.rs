//! What is done with the answer of a destination besides reading it.

use super::Rule;
use lang::{Condition, Form};
use message::Name;
use std::sync::Arc;

/// An `on reply` line of a `send` block.
#[derive(Clone, Debug)]
pub struct OnReply {
    /// What the answer is.
    pub form: Form,
    /// Which answers; all when absent.
    pub when: Option<Arc<Condition>>,
    /// The interface that gets them.
    pub to: Name,
    /// The line.
    pub rule: Rule,
}
