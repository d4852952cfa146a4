//! Messages that belong together are collected and go on as one.

use lang::{Condition, Locus};
use std::{sync::Arc, time::Duration};

/// A `join` line.
#[derive(Clone, Debug)]
pub struct Join {
    /// Messages with the same value here belong together; those without one go on alone.
    pub by: Locus,
    /// Which messages are collected; all when absent.
    pub when: Option<Arc<Condition>>,
    /// The message for which this holds is the last one.
    pub until: Option<Arc<Condition>>,
    /// How long the first one waits for the others.
    pub within: Duration,
    /// How many are collected.
    pub at_most: usize,
    /// HL7 v2: the segments that the others bring into the first one.
    pub with: Vec<[u8; 3]>,
}
