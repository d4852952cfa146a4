//! Messages that come in several parts (HL7 v2.9 §2.10.2): each part is a stored message of its own, and the one that
//! completes them brings the whole message into being.
//!
//! A part is stored as it came (R9), parked with E5031 while it waits, and acknowledged like any message once it is on disk
//! (R1). When a part completes a chain from a first to a last one, the joined message is committed as a message of its own,
//! which came from the part that completed it; then the parts are dismissed, and only then is that part acknowledged. A
//! crash in between leaves the parts parked: the sender, who has no answer, sends the last part again, it is known (R4), and
//! joining goes on where it was; a joined message that is there already is not made again (R2). Parts that nobody completes
//! stay parked for a person (R5).
//!
//! Promises: what is in memory decides nothing; parts of two messages are never mixed: a pointer that two parts claim joins
//! neither.
//! Never: joins parts of different senders or types, or parts that came further apart than the interface says.

use crate::{codes, dispatch::Dock};
use bytes::Bytes;
use hl7v2::{
    Facts, Message,
    continuation::{PARTS_MAX, Part, join},
};
use interface::definition::Definition;
use message::{MessageId, MessageState, Name, Phi, Reason, Timestamp};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use store::{Act, Change, Entry, Query};

/// The index field by which parts are found. No name that an interface can give has a blank.
const FIELD: &str = "continuation pointer";
/// Who dismisses parts that were joined.
const BY: &str = "sinew";
/// In front of the number of the joined message.
const JOINED_INTO: &str = "joined into message ";
/// Parts with one pointer that are looked at: more than two say as much as two.
const SAME_POINTER_MAX: usize = 8;
/// Pause before a full inlet of the log is tried again.
const BUSY_PAUSE: Duration = Duration::from_millis(5);

/// The part of a message that an interface joins; `None` where it does not, or the message stands alone.
pub(crate) fn of(definition: &Definition, message: &Message) -> Option<Part> {
    definition.receive.join_within.and_then(|_| Part::of(message))
}

/// What a part is found by.
pub(crate) fn fields(part: &Part) -> impl Iterator<Item = (Name, Phi<String>)> {
    let pointers = [part.comes_from.clone(), part.goes_on_at.clone()];
    pointers.into_iter().flatten().map(|pointer| (FIELD.into(), Phi::new(pointer)))
}

/// Why a part is not processed by itself.
pub(crate) fn waiting() -> Reason {
    Reason::new(codes::E5031, "a part of a message, waiting for the others")
}

/// A message whose parts are all there.
pub(crate) struct Whole {
    pub(crate) bytes: Bytes,
    /// In their order.
    parts: Vec<MessageId>,
    /// It was made before, and only its parts are left to be settled.
    pub(crate) before: Option<MessageId>,
}

/// A part that is stored.
struct Stored {
    id: MessageId,
    part: Part,
    message: Message,
}

/// The parts of one sender that wait in one interface.
struct Shelf<'a> {
    dock: &'a Dock,
    definition: &'a Definition,
    application: Option<String>,
    facility: Option<String>,
    since: Timestamp,
    /// The part was known: a crash may have come after some parts of its whole were dismissed, and before all were.
    is_again: bool,
}

impl Shelf<'_> {
    fn read(&self, id: MessageId) -> Result<Option<Stored>, Reason> {
        let raw = self.dock.store.read(id).map_err(|error| error.reason())?.accept.envelope.raw;
        let (message, _) = Message::parse(raw);
        Ok(Part::of(&message).map(|part| Stored { id, part, message }))
    }

    /// The waiting part that fits; `None` where it has not come.
    fn find(&self, pointer: &str, fits: impl Fn(&Part) -> bool) -> Result<Option<Stored>, Reason> {
        let query = Query {
            interface: Some(self.definition.name.clone()),
            application: self.application.clone(),
            facility: self.facility.clone(),
            extra: Some((FIELD.into(), Phi::new(pointer.to_owned()))),
            states: if self.is_again { Vec::new() } else { vec![MessageState::Parked] },
            since: Some(self.since),
            limit: SAME_POINTER_MAX,
            ..Query::default()
        };
        let (mut waiting, mut joined) = (Vec::new(), Vec::new());
        for hit in self.dock.store.search(&query).map_err(|error| error.reason())?.hits {
            let Some(stored) = self.read(hit.id)?.filter(|stored| fits(&stored.part)) else { continue };
            if hit.state == MessageState::Parked {
                waiting.push(stored);
            } else if self.is_again && is_joined(self.dock, hit.id)? {
                joined.push(stored);
            }
        }
        let mut found = if waiting.is_empty() { joined } else { waiting };
        if found.len() > 1 {
            let text = "two parts claim the same place in a message; they wait for a person";
            return Err(Reason::new(codes::E5032, text));
        }
        Ok(found.pop())
    }

    /// The chain that this part stands in, from the first to the last; `None` while one is missing.
    fn chain(&self, this: Stored) -> Result<Option<VecDeque<Stored>>, Reason> {
        let mut chain = VecDeque::from([this]);
        // The end first: a part in the middle usually comes before the last one, and then one look is enough.
        while let Some(pointer) = chain.back().and_then(|last| last.part.goes_on_at.clone()) {
            let Some(next) = self.find(&pointer, |part| part.comes_from.as_deref() == Some(&*pointer))? else {
                return Ok(None);
            };
            check_growth(&chain, &next)?;
            chain.push_back(next);
        }
        while let Some(pointer) = chain.front().and_then(|first| first.part.comes_from.clone()) {
            let Some(before) = self.find(&pointer, |part| part.goes_on_at.as_deref() == Some(&*pointer))? else {
                return Ok(None);
            };
            check_growth(&chain, &before)?;
            chain.push_front(before);
        }
        Ok(Some(chain))
    }
}

fn check_growth(chain: &VecDeque<Stored>, stored: &Stored) -> Result<(), Reason> {
    if chain.len() >= PARTS_MAX || chain.iter().any(|known| known.id == stored.id) {
        return Err(Reason::new(codes::E5032, "the parts go in a circle, or are too many"));
    }
    Ok(())
}

/// Looks for the other parts of a stored one. `Ok(None)` while some are missing. Blocks: it reads the index and the log.
///
/// # Errors
/// The store's; E5032 where the parts that are there cannot be joined.
fn look(dock: &Dock, definition: &Definition, id: MessageId, is_again: bool) -> Result<Option<Whole>, Reason> {
    let within = definition.receive.join_within.unwrap_or_default();
    let since = dock.clock.now().0.saturating_sub(i64::try_from(within.as_micros()).unwrap_or(i64::MAX));
    let mut shelf = Shelf { dock, definition, application: None, facility: None, since: Timestamp(since), is_again };
    let Some(this) = shelf.read(id)? else { return Ok(None) };
    let facts = Facts::of(&this.message);
    let said = |text: String| Some(text).filter(|text| !text.is_empty());
    (shelf.application, shelf.facility) = (said(facts.sending_application), said(facts.sending_facility));
    let Some(chain) = shelf.chain(this)? else { return Ok(None) };
    let (parts, messages): (Vec<MessageId>, Vec<Message>) = chain.into_iter().map(|one| (one.id, one.message)).unzip();
    let bytes = join(&messages).map_err(|refused| Reason::new(codes::E5032, refused.to_string()))?;
    let most = definition.receive.size_max;
    if bytes.len() > most {
        let text = format!("joined they have {} bytes, the interface allows {most}", bytes.len());
        return Err(Reason::new(codes::E5032, text));
    }
    let before = made_before(dock, &definition.name, &bytes)?;
    Ok(Some(Whole { bytes, parts, before }))
}

/// The joined message, where a crash came between its making and the end of its parts.
fn made_before(dock: &Dock, interface: &Name, bytes: &Bytes) -> Result<Option<MessageId>, Reason> {
    let control_id = Facts::of(&Message::parse(bytes.clone()).0).control_id;
    let query = Query {
        interface: Some(interface.clone()),
        control_id: Some(control_id),
        limit: SAME_POINTER_MAX,
        ..Query::default()
    };
    for hit in dock.store.search(&query).map_err(|error| error.reason())?.hits {
        if dock.store.read(hit.id).map_err(|error| error.reason())?.accept.envelope.raw == *bytes {
            return Ok(Some(hit.id));
        }
    }
    Ok(None)
}

fn is_joined(dock: &Dock, id: MessageId) -> Result<bool, Reason> {
    Ok(joined_into(&dock.store.history(id).map_err(|error| error.reason())?).is_some())
}

/// See [`look`]; `is_again` for a part that was known.
pub(crate) async fn complete(
    dock: &Arc<Dock>,
    definition: &Arc<Definition>,
    id: MessageId,
    is_again: bool,
) -> Result<Option<Whole>, Reason> {
    let (dock, definition) = (dock.clone(), definition.clone());
    let looked = tokio::task::spawn_blocking(move || look(&dock, &definition, id, is_again)).await;
    looked.unwrap_or_else(|_| Err(store::Error::Busy.reason()))
}

impl Whole {
    /// The parts are no longer waiting; returns when that is on disk.
    pub(crate) async fn settle(&self, dock: &Dock, whole: MessageId) -> Result<(), store::Error> {
        for part in &self.parts {
            if joined_into(&dock.store.history(*part)?).is_some() {
                continue;
            }
            dismiss(dock, *part, whole).await?;
        }
        Ok(())
    }
}

/// Ends a message that was joined into another; returns when that is on disk.
pub(crate) async fn dismiss(dock: &Dock, part: MessageId, whole: MessageId) -> Result<(), store::Error> {
    let reason = Phi::new(format!("{JOINED_INTO}{whole}"));
    let change = Change::Dismissed { message: part, act: Act { by: BY.into(), reason } };
    loop {
        match dock.store.commit_change(change.clone()).await {
            Ok(_) => return Ok(()),
            Err(store::Error::Busy) => tokio::time::sleep(BUSY_PAUSE).await,
            Err(error) => return Err(error),
        }
    }
}

/// The message that a part was joined into, by its history.
pub(crate) fn joined_into(history: &[Entry]) -> Option<MessageId> {
    history.iter().find_map(|entry| match &entry.change {
        Change::Dismissed { act, .. } if &*act.by == BY => {
            act.reason.reveal().strip_prefix(JOINED_INTO)?.parse().ok().map(MessageId)
        }
        _ => None,
    })
}
