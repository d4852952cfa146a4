//! Sequence numbers of the links of one interface (HL7 v2.9 §2.10.1), where its `receive` says `sequence numbers`.
//!
//! Promises: what is expected follows from the messages that are stored, so that it is as durable as they are (R1) and a
//! restart changes nothing; one message of the interface at a time is judged and stored, so that no number is taken
//! twice; a message behind a gap is not taken, and its sender hears which number is missing.
//! Never: judges a replay, or what another interface sent.

use crate::{codes, dispatch::Dock};
use hl7v2::{
    Facts, Message,
    sequence::{Expected, Judged, Number, Verdict, judge},
};
use interface::definition::Definition;
use message::{MessageId, Name, Origin, Phi, Reason};
use std::{collections::HashMap, sync::Arc};
use store::Query;
use tokio::sync::{Mutex, MutexGuard};

/// Links whose state is kept in memory; of others it is read from the store again.
const LINKS_MAX: usize = 1024;
/// The index field by which the last message of a link is found. No name that an interface can give has a blank.
const FIELD: &str = "sequence link";
/// Messages of one control id that are compared with one that comes again.
const SAME_ID_MAX: usize = 16;

/// What is expected on each link.
#[derive(Default)]
pub(crate) struct Links(Mutex<HashMap<String, Expected>>);

/// The turn of one message: nobody else's number is judged until it is dropped.
pub(crate) struct Turn<'f> {
    links: MutexGuard<'f, HashMap<String, Expected>>,
    link: String,
    number: Number,
    pub(crate) judged: Judged,
}

/// The sending application and facility of a message.
fn link_of(message: &Message) -> String {
    let facts = Facts::of(message);
    format!("{}\u{1f}{}", facts.sending_application, facts.sending_facility)
}

impl Links {
    /// Waits for its turn and judges a message; `None` where the interface keeps no numbers.
    pub(crate) async fn begin(
        &self,
        dock: &Arc<Dock>,
        definition: &Definition,
        message: &Message,
        origin: &Origin,
    ) -> Result<Option<Turn<'_>>, store::Error> {
        let is_asked = definition.receive.has_sequence_numbers && matches!(origin, Origin::Received);
        if !is_asked || hl7v2::ack::is_acknowledgment(message) {
            return Ok(None);
        }
        let link = link_of(message);
        let mut links = self.0.lock().await;
        let expected = match links.get(&link) {
            Some(expected) => *expected,
            None => last(dock, definition.name.clone(), link.clone()).await?,
        };
        if links.len() >= LINKS_MAX {
            links.clear();
        }
        links.insert(link.clone(), expected);
        let number = Number::of(message);
        Ok(Some(Turn { links, link, number, judged: judge(expected, number) }))
    }
}

/// What the last stored message of the link left expected.
async fn last(dock: &Arc<Dock>, interface: Name, link: String) -> Result<Expected, store::Error> {
    let dock = dock.clone();
    let look = move || {
        let extra = Some((FIELD.into(), Phi::new(link)));
        let page = dock.store.search(&Query { interface: Some(interface), extra, limit: 1, ..Query::default() })?;
        let Some(hit) = page.hits.first() else { return Ok(Expected::Any) };
        let (message, _) = Message::parse(dock.store.read(hit.id)?.accept.envelope.raw);
        Ok(Expected::after(Number::of(&message)).unwrap_or(Expected::Any))
    };
    tokio::task::spawn_blocking(look).await.unwrap_or(Err(store::Error::Busy))
}

impl Turn<'_> {
    /// What the message is found by when the state of the link is looked for; `None` where it does not change it.
    pub(crate) fn field(&self) -> Option<(Name, Phi<String>)> {
        let changes = matches!(self.judged.verdict, Verdict::Take | Verdict::Reset);
        changes.then(|| (FIELD.into(), Phi::new(self.link.clone())))
    }

    /// The message is stored: its number counts.
    pub(crate) fn settle(mut self) {
        let link = std::mem::take(&mut self.link);
        self.links.insert(link, self.judged.expected);
    }

    /// Why the message is not taken now, if it is not.
    pub(crate) fn refusal(&self) -> Option<Reason> {
        let expected = self.judged.answer;
        match self.judged.verdict {
            Verdict::Take | Verdict::Start | Verdict::Reset => None,
            Verdict::Missing => {
                Some(Reason::new(codes::E5033, format!("MSH-13 is no sequence number; expected is {expected}")))
            }
            Verdict::Gap | Verdict::Taken => {
                let Number::At(number) = self.number else { return None };
                Some(if self.judged.verdict == Verdict::Gap {
                    Reason::new(codes::E5034, format!("sequence number {number} came, {expected} is expected"))
                } else {
                    let text = format!("sequence number {number} was taken before, {expected} is expected");
                    Reason::new(codes::E5035, text)
                })
            }
        }
    }
}

/// The very message was stored before: it is answered as it was then (R4). Where it was stored more than once, the first.
pub(crate) async fn known(
    dock: &Arc<Dock>,
    interface: &Name,
    message: &Message,
) -> Result<Option<MessageId>, store::Error> {
    let (dock, interface, bytes) = (dock.clone(), interface.clone(), message.to_bytes());
    let control_id = Facts::of(message).control_id;
    let look = move || {
        let query =
            Query { interface: Some(interface), control_id: Some(control_id), limit: SAME_ID_MAX, ..Query::default() };
        let mut found = None;
        for hit in dock.store.search(&query)?.hits {
            if dock.store.read(hit.id)?.accept.envelope.raw == bytes {
                found = found.min(Some(hit.id)).or(Some(hit.id));
            }
        }
        Ok(found)
    };
    tokio::task::spawn_blocking(look).await.unwrap_or(Err(store::Error::Busy))
}

/// A message that starts the link or begins it anew (0, -1) and says nothing else: "the segments beyond the MSH need not
/// be present" (HL7 v2.9 §2.10.1.6).
pub(crate) fn is_bare_start(definition: &Definition, message: &Message) -> bool {
    definition.receive.has_sequence_numbers
        && matches!(Number::of(message), Number::Start | Number::Reset)
        && message.segment_count() == 1
}
