//! Questions to the index and their answers.

use message::{MessageId, MessageState, Name, Phi, Timestamp};

/// What to find; every filter that is set has to hold.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Accepted by this interface.
    pub interface: Option<Name>,
    /// About this patient identifier.
    pub patient: Option<Phi<String>>,
    /// About this visit.
    pub visit: Option<Phi<String>>,
    /// About this order.
    pub order: Option<Phi<String>>,
    /// With this MSH-10.
    pub control_id: Option<String>,
    /// With this value in a field that the interface names.
    pub extra: Option<(Name, Phi<String>)>,
    /// MSH-9.1.
    pub message_type: Option<String>,
    /// MSH-9.2.
    pub event: Option<String>,
    /// MSH-3.
    pub application: Option<String>,
    /// MSH-4.
    pub facility: Option<String>,
    /// In one of these states; empty is any.
    pub states: Vec<MessageState>,
    /// Going to this destination.
    pub destination: Option<Name>,
    /// Only messages whose control id had been used before with other content.
    pub is_reused: bool,
    /// Committed at or after.
    pub since: Option<Timestamp>,
    /// Committed before.
    pub until: Option<Timestamp>,
    /// Only messages older than this one: the cursor of the page before.
    pub before: Option<MessageId>,
    /// Hits of a page; 0 is [`Query::LIMIT_DEFAULT`], at most [`Query::LIMIT_MAX`].
    pub limit: usize,
}

impl Query {
    /// Hits of a page unless stated.
    pub const LIMIT_DEFAULT: usize = 100;
    /// Most hits of a page.
    pub const LIMIT_MAX: usize = 10_000;

    pub(crate) fn limit(&self) -> usize {
        if self.limit == 0 { Query::LIMIT_DEFAULT } else { self.limit.min(Query::LIMIT_MAX) }
    }
}

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The message.
    pub id: MessageId,
    /// When it was committed.
    pub at: Timestamp,
    /// The interface.
    pub interface: Name,
    /// MSH-9.1.
    pub message_type: String,
    /// MSH-9.2.
    pub event: String,
    /// MSH-3.
    pub application: String,
    /// MSH-4.
    pub facility: String,
    /// Where it stands.
    pub state: MessageState,
    /// Where it goes.
    pub destinations: Vec<Name>,
    /// Another message with the same control id came before.
    pub is_reused: bool,
}

/// Some hits, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The hits.
    pub hits: Vec<Hit>,
    /// For `Query::before` of the next page; `None` at the end.
    pub next: Option<MessageId>,
}

/// How many hits have one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    /// The value.
    pub value: String,
    /// How many.
    pub count: u64,
}

/// Counts of what a query finds, each list from the most frequent down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// All hits.
    pub total: u64,
    /// By interface.
    pub interfaces: Vec<Facet>,
    /// By state, as in `message::MessageState`.
    pub states: Vec<Facet>,
    /// By type and event: `ADT^A01`.
    pub types: Vec<Facet>,
    /// By facility.
    pub facilities: Vec<Facet>,
}
