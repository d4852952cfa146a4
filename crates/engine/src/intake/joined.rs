//! The part that completes a message brings the whole one into being, see [`crate::parts`].

use super::{commit, describe, flags, plan, v2_of, waiting};
use crate::{
    collect,
    flow::{Flow, Version},
    parts::{self, Whole},
    quality,
};
use bytes::Bytes;
use hl7v2::{Facts, Message};
use interface::{contract::Frame, definition::Definition};
use lang::Matter;
use message::{MessageId, Name, Origin, Phi};
use std::sync::{Arc, atomic::Ordering};
use store::{Accept, Receipt, Verdict};

/// The whole message that this part belongs to, if it is complete now or was before. A chain that cannot be joined is
/// told, and its parts stay parked.
///
/// # Errors
/// The store's: then the part is not answered positively, and comes again.
pub(super) async fn join(
    flow: &Flow,
    version: &Arc<Version>,
    message: &Message,
    receipt: &Receipt,
) -> Result<Option<MessageId>, store::Error> {
    if parts::of(&version.definition, message).is_none() {
        return Ok(None);
    }
    let id = receipt.id();
    let is_again = matches!(receipt.verdict(), Verdict::Duplicate { .. });
    if is_again && let Some(whole) = parts::joined_into(&flow.dock.store.history(id)?) {
        return Ok(Some(whole));
    }
    let Some((whole, made)) = complete(flow, version, id, is_again).await? else { return Ok(None) };
    // The whole may be one of those that a `join` line collects; one that was made before was counted when it was made.
    let (matter, _) = super::read(&version.definition, &whole.bytes);
    let counts = if whole.before.is_some() { (0, 0) } else { (1, whole.bytes.len()) };
    collect::take(flow, version, &matter, counts).await?;
    Ok(Some(made))
}

/// The whole that this part completes: committed, and its parts settled.
async fn complete(
    flow: &Flow,
    version: &Arc<Version>,
    id: MessageId,
    is_again: bool,
) -> Result<Option<(Whole, MessageId)>, store::Error> {
    // Two parts that come at the same moment must not both find the message complete.
    let _alone = flow.joining.lock().await;
    match parts::complete(&flow.dock, &version.definition, id, is_again).await {
        Ok(None) => Ok(None),
        Ok(Some(whole)) => {
            let made = match whole.before {
                Some(made) => made,
                None => make(flow, version, &whole, id).await?,
            };
            whole.settle(&flow.dock, made).await?;
            Ok(Some((whole, made)))
        }
        Err(reason) => {
            flow.report_trouble(reason);
            Ok(None)
        }
    }
}

/// Commits the whole message: it came from the part that completed it, and goes through the interface like any other, its
/// `join` line too.
async fn make(flow: &Flow, version: &Arc<Version>, whole: &Whole, from: MessageId) -> Result<MessageId, store::Error> {
    let definition = &version.definition;
    let key = collect::key(definition, &super::read(definition, &whole.bytes).0);
    let fields = key.iter().flat_map(|key| collect::fields(key)).collect();
    commit_made(flow, (version, definition), whole.bytes.clone(), from, fields).await
}

/// Commits a message that was collected of others, which is not collected again; see [`commit_made`].
pub(crate) async fn commit_whole(
    flow: &Flow,
    version: &Arc<Version>,
    bytes: Bytes,
    from: MessageId,
    fields: Vec<(Name, Phi<String>)>,
) -> Result<MessageId, store::Error> {
    commit_made(flow, (version, &version.whole), bytes, from, fields).await
}

/// Commits a message that was made of others that are stored; the last of them is `from`. `fields` are what it is found by
/// besides.
async fn commit_made(
    flow: &Flow,
    (version, processed_by): (&Arc<Version>, &Arc<Definition>),
    bytes: Bytes,
    from: MessageId,
    fields: Vec<(Name, Phi<String>)>,
) -> Result<MessageId, store::Error> {
    let (matter, found) = super::read(&version.definition, &bytes);
    let frame = Frame {
        bytes,
        peer: flow.name.clone(),
        received: flow.dock.clock.now(),
        format: version.definition.receive.format,
        from: None,
        found: Arc::default(),
    };
    let (received, size) = (frame.received, frame.bytes.len());
    let make = |answers| plan(processed_by, (&matter, &found), &frame.bytes, frame.received, answers);
    let plan = version.lookups.plan(&flow.dock, make).await;
    let flags = flags(found.iter(), &plan);
    let facts = Facts::searched(v2_of(&matter));
    let origin = Origin::Interface { from };
    let mut described = describe(flow, version, frame, origin, (&matter, facts), &plan, None);
    described.facts.extra.extend(fields);
    // Its control id is that of its first part, which must be known when it comes again.
    let accepted = Accept { flags, duplicate_window: None, ..described };
    let receipt = commit(flow, version.clone(), accepted, plan.deliveries, 0).await?;
    flow.tally.accepted.fetch_add(1, Ordering::Relaxed);
    let verdict = plan.is_valid.map(|is_valid| quality::Verdict::of(is_valid, plan.issues));
    if let Matter::V2(message) = matter {
        flow.count(waiting(message, &receipt, (received, size), verdict));
    }
    Ok(receipt.id())
}
