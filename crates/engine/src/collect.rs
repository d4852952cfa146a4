//! Messages that belong together (`join by …`) are collected, and go on as one.
//!
//! Each message that is collected is stored as it came (R9), parked with E5060 while it waits, and acknowledged like any
//! message once it is on disk (R1). When the last one has come, or the time is over, the whole is committed as a message of
//! its own, which came from the last of them; then those that it was made of are dismissed, the youngest first. A crash in between
//! leaves a whole whose oldest messages still wait: the whole says up to which message it goes, so they are dismissed into it,
//! and no second whole is made of them (R2). A message counts as parked, then as deleted by `sinew`, and the whole counts for
//! itself (R5).
//!
//! Promises: what is in memory says only when to look; what a whole is made of is read from the store; a group is bounded in
//! number, size and age.
//! Never: joins messages that are not stored.

pub(crate) mod whole;

use crate::{
    codes,
    dispatch::Dock,
    flow::{Flow, Version},
    intake, parts,
};
use interface::definition::{Definition, Join};
use lang::{Matter, Run};
use message::{MessageId, MessageState, Name, Origin, Phi, Reason};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, atomic::Ordering},
    time::{Duration, Instant},
};
use store::{Query, Store};

/// Index fields; no name that an interface can give has a blank.
const KEY: &str = "join key";
const WAITS: &str = "join waits";
/// Of a whole: the oldest message that it was made of.
const OF: &str = "joined from";
/// Of a whole: the youngest one.
const UP_TO: &str = "joined up to";
/// Groups that are open at once; with more, the one whose time is over first goes on as it is.
const GROUPS_MAX: usize = 100_000;
/// How often a message may have been run again from one that was run again, until it is taken for one that was received.
const REPLAYS_MAX: usize = 64;
/// How often it is looked whose time is over.
const TICK: Duration = Duration::from_millis(200);

/// The groups of an interface that wait.
#[derive(Default)]
pub(crate) struct Groups {
    open: Mutex<HashMap<String, Group>>,
}

#[derive(Clone, Copy)]
struct Group {
    count: usize,
    bytes: usize,
    /// When its time is over.
    end: Instant,
}

impl Groups {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Group>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more message waits. Gives the group as it is then, and one that has to make room.
    fn add(&self, key: &str, (count, bytes): (usize, usize), end: Instant) -> (Group, Option<String>) {
        let mut open = self.lock();
        let group = open.entry(key.to_owned()).or_insert(Group { count: 0, bytes: 0, end });
        group.count += count;
        group.bytes += bytes;
        group.end = group.end.min(end);
        let group = *group;
        let is_over = open.len() > GROUPS_MAX;
        let first = || open.iter().min_by_key(|(_, group)| group.end).map(|(key, _)| key.clone());
        (group, if is_over { first() } else { None })
    }

    fn over(&self, now: Instant) -> Vec<String> {
        self.lock().iter().filter(|(_, group)| group.end <= now).map(|(key, _)| key.clone()).collect()
    }
}

/// The value by which a message is collected; `None` where it goes on alone.
pub(crate) fn key(definition: &Definition, matter: &Matter) -> Option<String> {
    let join = definition.join.as_ref()?;
    let run = || Run::new(message::Timestamp::default(), 0);
    let is_meant = join.when.as_ref().is_none_or(|when| when.is_true_of(matter, &mut run()).unwrap_or(false));
    Some(join.by.first(matter)).filter(|key| is_meant && !key.is_empty())
}

/// The message is the last of its group.
pub(crate) fn is_last(join: &Join, matter: &Matter) -> bool {
    let mut run = Run::new(message::Timestamp::default(), 0);
    join.until.as_ref().is_some_and(|until| until.is_true_of(matter, &mut run).unwrap_or(false))
}

/// Why a message is not processed by itself.
pub(crate) fn waiting() -> Reason {
    Reason::new(codes::E5060, "waits for the messages that belong to it")
}

/// What a message that waits is found by.
pub(crate) fn fields(key: &str) -> [(Name, Phi<String>); 2] {
    [(KEY.into(), Phi::new(key.to_owned())), (WAITS.into(), Phi::new("yes".to_owned()))]
}

/// The message was made of those that were collected, or is such a one run again: nothing is joined to it any more. One that
/// came in parts is not, so that it is collected like any other. `extra` is what it is found by.
pub(crate) fn is_whole(store: &Store, origin: &Origin, extra: &[(Name, Phi<String>)]) -> bool {
    let is_made = |extra: &[(Name, Phi<String>)]| extra.iter().any(|(name, _)| &**name == OF);
    let mut of = match origin {
        Origin::Replay { of, .. } => *of,
        Origin::Received | Origin::Interface { .. } => return is_made(extra),
    };
    for _ in 0..REPLAYS_MAX {
        let Ok(stored) = store.read(of) else { return false };
        match &stored.accept.envelope.origin {
            Origin::Replay { of: earlier, .. } => of = *earlier,
            Origin::Received | Origin::Interface { .. } => return is_made(&stored.accept.facts.extra),
        }
    }
    false
}

/// The definition that a message is processed by: that of wholes knows no `join`.
pub(crate) fn without(definition: &Arc<Definition>) -> Arc<Definition> {
    if definition.join.is_none() {
        return definition.clone();
    }
    Arc::new(Definition { join: None, ..Definition::clone(definition) })
}

/// A message that waits is stored: makes the whole, if it was the last one. `counts` is how many messages and bytes it adds.
///
/// # Errors
/// The store's; then the message is not answered positively, and comes again.
pub(crate) async fn take(
    flow: &Flow,
    version: &Arc<Version>,
    matter: &Matter,
    counts: (usize, usize),
) -> Result<(), store::Error> {
    let definition = &version.definition;
    let (Some(join), Some(key)) = (&definition.join, key(definition, matter)) else { return Ok(()) };
    let (group, room) = flow.groups.add(&key, counts, flow.dock.clock.monotonic() + join.within);
    if let Some(other) = room {
        close(flow, version, &other).await?;
    }
    if group.count >= join.at_most || group.bytes >= definition.receive.size_max || is_last(join, matter) {
        close(flow, version, &key).await?;
    }
    Ok(())
}

/// A message that waits.
struct Waiting {
    id: MessageId,
    matter: Matter,
    bytes: usize,
}

/// Makes a whole of what waits under the key; of more than one may have, several.
async fn close(flow: &Flow, version: &Arc<Version>, key: &str) -> Result<(), store::Error> {
    let _alone = flow.joining.lock().await;
    flow.groups.lock().remove(key);
    let definition = &version.definition;
    let Some(join) = definition.join.clone() else { return Ok(()) };
    loop {
        let (dock, of, by) = (flow.dock.clone(), definition.clone(), key.to_owned());
        let looked = tokio::task::spawn_blocking(move || {
            let waiting = look(&dock, &of, &by)?;
            let before = waiting.first().map(|oldest| made_before(&dock, &of, oldest.id)).transpose()?.flatten();
            Ok((waiting, before))
        });
        let (mut waiting, before) = looked.await.unwrap_or(Err(store::Error::Busy))?;
        if waiting.is_empty() {
            return Ok(());
        }
        // A crash came between the whole and the end of what it was made of.
        if let Some((made, up_to)) = before {
            waiting.retain(|one| one.id <= up_to);
            dismiss(&flow.dock, &waiting, made).await?;
            continue;
        }
        let mut bytes = 0;
        let fits = waiting.iter().take(join.at_most).take_while(|one| {
            bytes += one.bytes;
            bytes <= definition.receive.size_max
        });
        let count = fits.count().max(1);
        waiting.truncate(count);
        let Some(made) = make(flow, version, &join, &waiting).await? else { return Ok(()) };
        dismiss(&flow.dock, &waiting, made).await?;
    }
}

/// Commits the whole. `None` where it cannot be made: what it was to be made of stays parked for a person.
async fn make(
    flow: &Flow,
    version: &Arc<Version>,
    join: &Join,
    waiting: &[Waiting],
) -> Result<Option<MessageId>, store::Error> {
    let (Some(first), Some(last)) = (waiting.first(), waiting.last()) else { return Ok(None) };
    let matters: Vec<&Matter> = waiting.iter().map(|one| &one.matter).collect();
    let Some(bytes) = whole::of(join, &matters) else {
        flow.report_trouble(Reason::new(codes::E5061, "messages cannot be joined; they wait for a person"));
        return Ok(None);
    };
    let fields = vec![(OF.into(), Phi::new(first.id.0.to_string())), (UP_TO.into(), Phi::new(last.id.0.to_string()))];
    intake::commit_whole(flow, version, bytes, last.id, fields).await.map(Some)
}

/// What waits under the key, the oldest first.
fn look(dock: &Dock, definition: &Definition, key: &str) -> Result<Vec<Waiting>, store::Error> {
    let query = Query {
        interface: Some(definition.name.clone()),
        extra: Some((KEY.into(), Phi::new(key.to_owned()))),
        states: vec![MessageState::Parked],
        limit: Query::LIMIT_MAX,
        ..Query::default()
    };
    let mut found = Vec::new();
    for hit in dock.store.search(&query)?.hits {
        let raw = dock.store.read(hit.id)?.accept.envelope.raw;
        let bytes = raw.len();
        found.push(Waiting { id: hit.id, matter: intake::read(definition, &raw).0, bytes });
    }
    found.sort_by_key(|one| one.id);
    Ok(found)
}

/// The whole that was made of messages from this one on, and up to which.
fn made_before(
    dock: &Dock,
    definition: &Definition,
    oldest: MessageId,
) -> Result<Option<(MessageId, MessageId)>, store::Error> {
    let query = Query {
        interface: Some(definition.name.clone()),
        extra: Some((OF.into(), Phi::new(oldest.0.to_string()))),
        limit: 1,
        ..Query::default()
    };
    let Some(hit) = dock.store.search(&query)?.hits.into_iter().next() else { return Ok(None) };
    let facts = dock.store.read(hit.id)?.accept.facts;
    let up_to = facts.extra.iter().find(|(name, _)| &**name == UP_TO);
    Ok(up_to.and_then(|(_, id)| id.reveal().parse().ok()).map(|id| (hit.id, MessageId(id))))
}

/// Ends what a whole was made of, the youngest first, so that the oldest tells after a crash that the whole is there.
async fn dismiss(dock: &Dock, waiting: &[Waiting], made: MessageId) -> Result<(), store::Error> {
    for one in waiting.iter().rev() {
        parts::dismiss(dock, one.id, made).await?;
    }
    Ok(())
}

/// Looks again and again whose time is over, as long as the interface is there. Begins with what waited before this life.
pub(crate) fn watch(flow: &Arc<Flow>) {
    let is_wanted = flow.version().definition.join.is_some();
    if !is_wanted || flow.is_watched.swap(true, Ordering::AcqRel) {
        return;
    }
    // Before the source opens, so that nothing is counted twice.
    let mut is_known = recall(flow, true).is_ok();
    let flow: Weak<Flow> = Arc::downgrade(flow);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(TICK).await;
            let Some(flow) = flow.upgrade().filter(|flow| !flow.is_closed()) else { return };
            // Later only for the times: what came meanwhile is counted already.
            is_known = is_known || recall(&flow, false).is_ok();
            let version = flow.version();
            for key in flow.groups.over(flow.dock.clock.monotonic()) {
                // What fails now is tried again at the next tick.
                if let Err(error) = close(&flow, &version, &key).await {
                    flow.report_trouble(error.reason());
                    flow.groups.add(&key, (0, 0), flow.dock.clock.monotonic());
                }
            }
        }
    });
}

/// Puts into memory what the store has waiting. A group that came meanwhile keeps the shorter time.
fn recall(flow: &Flow, counts: bool) -> Result<(), store::Error> {
    let version = flow.version();
    let definition = &version.definition;
    let Some(join) = &definition.join else { return Ok(()) };
    let mut before = None;
    loop {
        let query = Query {
            interface: Some(definition.name.clone()),
            extra: Some((WAITS.into(), Phi::new("yes".to_owned()))),
            states: vec![MessageState::Parked],
            before,
            limit: Query::LIMIT_MAX,
            ..Query::default()
        };
        let hits = flow.dock.store.search(&query)?.hits;
        let Some(last) = hits.last() else { return Ok(()) };
        before = Some(last.id);
        for hit in &hits {
            let envelope = flow.dock.store.read(hit.id)?.accept.envelope;
            let (matter, _) = intake::read(definition, &envelope.raw);
            let Some(key) = key(definition, &matter) else { continue };
            let age = flow.dock.clock.now().0.saturating_sub(envelope.received.0).max(0);
            let age = Duration::from_micros(u64::try_from(age).unwrap_or(0));
            let end = flow.dock.clock.monotonic() + join.within.saturating_sub(age);
            flow.groups.add(&key, if counts { (1, envelope.raw.len()) } else { (0, 0) }, end);
        }
    }
}
