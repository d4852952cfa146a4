//! Topics: one interface publishes, any number of others receive, and neither names the other.
//!
//! Promises: what is published is a delivery of its own for each subscriber, so it is as durable as any delivery.

use super::Rule;
use lang::Condition;
use message::Name;
use std::sync::Arc;

/// A `publish` line.
#[derive(Clone, Debug)]
pub struct Publication {
    /// Under which name.
    pub topic: Name,
    /// Which messages; every message when absent.
    pub when: Option<Arc<Condition>>,
    /// The line.
    pub rule: Rule,
}

/// What `receive topic` says besides the topic, which is the address.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// Which messages of the topic; all when absent.
    pub when: Option<Arc<Condition>>,
    /// The line.
    pub rule: Rule,
}

/// Of a destination that leads to an interface which receives a topic: made where the workspace is read, one for each
/// subscriber.
#[derive(Clone, Debug)]
pub struct Subscriber {
    /// Which of the definition's publications it gets.
    pub publication: usize,
    /// The interface.
    pub interface: Name,
    /// What it wants of it.
    pub subscription: Subscription,
}
