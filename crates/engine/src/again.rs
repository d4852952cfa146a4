//! A stored message through its interface once more: what a drill compares with what was recorded.
//!
//! Promises: pure: the same parser and pipeline as the running engine, with the time at which the message was received.
//! Never: stores, sends, or opens anything.

use crate::{
    collect, intake,
    pipeline::{Delivery, OrderKey},
};
use interface::definition::Definition;
use std::sync::Arc;
use store::{Content, Planned, Store, Stored};

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Everything as recorded, byte for byte.
    Same,
    /// It was processed by another version of the interface: nothing can be compared.
    OtherVersion,
    /// It asked a lookup outside, whose answer of then is not kept: nothing can be compared.
    Asked,
    /// Something is otherwise than recorded.
    Differs(&'static str),
}

/// Runs a message again through `definition`, and compares plan and outputs with what `store` keeps of it.
#[must_use]
pub fn run(store: &Store, stored: &Stored, definition: &Definition) -> Again {
    let accept = &stored.accept;
    let envelope = &accept.envelope;
    if definition.version != envelope.interface_version {
        return Again::OtherVersion;
    }
    let (matter, found) = intake::read(definition, &envelope.raw);
    let is_whole = collect::is_whole(store, &envelope.origin, &accept.facts.extra);
    let definition = if is_whole { &collect::without(&Arc::new(definition.clone())) } else { definition };
    let plan = intake::plan(definition, (&matter, &found), &envelope.raw, envelope.received, None);
    if plan.asks.is_some() {
        return Again::Asked;
    }
    if intake::disposition(&plan.end) != accept.disposition {
        return Again::Differs("it ends otherwise: routed, filtered or parked");
    }
    if plan.deliveries.len() != accept.deliveries.len() {
        return Again::Differs("it has another number of deliveries");
    }
    let pairs = plan.deliveries.iter().zip(&accept.deliveries);
    pairs.map(|(now, then)| compare(store, now, then)).find(|again| *again != Again::Same).unwrap_or(Again::Same)
}

fn compare(store: &Store, now: &Delivery, then: &Planned) -> Again {
    let output = match &then.content {
        Content::Raw => None,
        Content::Output(bytes) => Some(bytes),
    };
    let is_same_order = match &now.order {
        OrderKey::Strict => then.order_key == 0,
        OrderKey::Value(value) => then.order_key == store.keyed_hash(value.reveal()),
        // A key of its own has no value that could be compared.
        OrderKey::Free => true,
    };
    match () {
        () if now.destination != then.destination => Again::Differs("a delivery goes to another destination"),
        () if now.output.as_ref() != output => Again::Differs("an output has other bytes"),
        () if !is_same_order => Again::Differs("a delivery has another ordering key"),
        () if now.priority != then.priority => Again::Differs("a delivery has another priority"),
        () => Again::Same,
    }
}
