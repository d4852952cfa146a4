//! What arrived at a partner: counts, duplicates, order along keys, and on request the bytes.
//!
//! Promises: patient ids and control ids are kept as hashes; every collection is bounded.

use super::super::{ARRIVALS_MAX, CONTROL_IDS_MAX, KEYS_MAX, peek::Head, peek::patient_id};
use bytes::Bytes;
use message::AckCode;
use serde::Serialize;
use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::{BuildHasher, RandomState},
    net::SocketAddr,
    sync::{Mutex, PoisonError},
};
use tokio::sync::broadcast;

/// What the order check follows. Messages without the field are not checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Key {
    /// MSH-3, MSH-4 and PID-3.1 of the first repetition: a patient of one sending system.
    #[default]
    Patient,
    /// As `Patient`, and MSH-9.1: types that take different ways may overtake one another.
    PatientAndType,
    /// MSH-3 and MSH-4: a sending system.
    System,
    /// No check.
    Off,
}

/// The number that must grow along a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sequence {
    /// The digits at the end of MSH-10.
    #[default]
    ControlId,
    /// The order of the first sight of MSH-10 is not checked; only duplicates are counted.
    Off,
}

/// What a partner gave for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// An acknowledgment with this code.
    Code(AckCode),
    /// An acknowledgment for another control id.
    WrongId,
    /// Bytes that are no HL7.
    Garbage,
    /// Nothing.
    None,
}

/// One message as `sinew listen` prints it. No patient data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// How many had been received, this one included.
    pub number: u64,
    /// Who sent it.
    pub peer: SocketAddr,
    /// MSH-9, `ADT^A01^ADT_A01`; empty if the frame is no HL7 v2.
    pub kind: String,
    /// MSH-10.
    pub control_id: String,
    /// Bytes of the message without its frame.
    pub bytes: usize,
    /// What was answered, or will be.
    pub answer: Answer,
    /// The same sender sent this control id before.
    pub is_duplicate: bool,
}

/// Counts of one partner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PartnerStats {
    /// Messages taken, duplicates included.
    pub received: u64,
    /// Bytes of them, without frames.
    pub bytes: u64,
    /// Messages whose sender had sent the same MSH-10 before.
    pub duplicates: u64,
    /// Messages that came after one with a higher sequence along their key; duplicates are not counted.
    pub out_of_order: u64,
    /// Frames that do not start with MSH.
    pub unreadable: u64,
    /// Positive acknowledgments sent, AA or CA.
    pub accepted: u64,
    /// Negative acknowledgments sent.
    pub rejected: u64,
    /// Messages taken that got no usable answer.
    pub unanswered: u64,
    /// Messages left, because the partner was told to drop connections.
    pub dropped: u64,
    /// Connections taken.
    pub connections: u64,
    /// Connections open now.
    pub connections_open: u64,
}

/// Control ids of late messages that are kept.
const LATE_IDS_MAX: usize = 1024;

#[derive(Debug, Default)]
struct Inner {
    stats: PartnerStats,
    /// Counts frames also where they are left, so that each n-th is each n-th that came.
    frames: u64,
    control_ids: HashSet<u64>,
    last: HashMap<u64, u64>,
    /// Control ids of what came out of order, the newest [`LATE_IDS_MAX`].
    late: VecDeque<String>,
    kept: VecDeque<Bytes>,
}

#[derive(Debug)]
pub(super) struct Record {
    key: Key,
    sequence: Sequence,
    messages_kept_max: usize,
    hasher: RandomState,
    inner: Mutex<Inner>,
    arrivals: broadcast::Sender<Arrival>,
}

impl Record {
    pub(super) fn new(key: Key, sequence: Sequence, messages_kept_max: usize) -> Record {
        let (arrivals, _) = broadcast::channel(ARRIVALS_MAX);
        let hasher = RandomState::new();
        Record { key, sequence, messages_kept_max, hasher, inner: Mutex::default(), arrivals }
    }

    pub(super) fn stats(&self) -> PartnerStats {
        self.with(|inner| inner.stats)
    }

    pub(super) fn messages(&self) -> Vec<Bytes> {
        self.with(|inner| inner.kept.iter().cloned().collect())
    }

    pub(super) fn late(&self) -> Vec<String> {
        self.with(|inner| inner.late.iter().cloned().collect())
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<Arrival> {
        self.arrivals.subscribe()
    }

    pub(super) fn count_connection(&self) {
        self.with(|inner| {
            inner.stats.connections += 1;
            inner.stats.connections_open += 1;
        });
    }

    pub(super) fn end_connection(&self) {
        self.with(|inner| inner.stats.connections_open = inner.stats.connections_open.saturating_sub(1));
    }

    /// The number of the frame that just came, from 1.
    pub(super) fn count_frame(&self) -> u64 {
        self.with(|inner| {
            inner.frames += 1;
            inner.frames
        })
    }

    pub(super) fn count_dropped(&self) {
        self.with(|inner| inner.stats.dropped += 1);
    }

    /// Records one message before it is answered with `answer`.
    pub(super) fn take(&self, frame: &Bytes, head: Option<&Head<'_>>, answer: Answer, peer: SocketAddr) -> Arrival {
        // A refused message is not taken: its next attempt is neither a duplicate nor late.
        let taken = head.filter(|_| !matches!(answer, Answer::Code(code) if !code.is_positive()));
        let id = taken.map(|head| self.hasher.hash_one((head.application, head.facility, head.control_id)));
        let place = taken.and_then(|head| self.place(frame, head));
        let (number, is_duplicate) = self.with(|inner| {
            let is_duplicate = id.is_some_and(|id| inner.is_known(id));
            inner.count(frame.len(), head.is_some(), answer, is_duplicate);
            if let (Some((key, number)), Some(head)) = (place.filter(|_| !is_duplicate), head) {
                inner.check_order(key, number, head.control_id);
            }
            if self.messages_kept_max > 0 {
                if inner.kept.len() >= self.messages_kept_max {
                    inner.kept.pop_front();
                }
                inner.kept.push_back(frame.clone());
            }
            (inner.stats.received, is_duplicate)
        });
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let arrival = Arrival {
            number,
            peer,
            kind: head.map(|head| text(head.kind)).unwrap_or_default(),
            control_id: head.map(|head| text(head.control_id)).unwrap_or_default(),
            bytes: frame.len(),
            answer,
            is_duplicate,
        };
        if self.arrivals.receiver_count() > 0 {
            let _ = self.arrivals.send(arrival.clone());
        }
        arrival
    }

    /// The key that a message is checked along, and its number there.
    fn place(&self, frame: &Bytes, head: &Head<'_>) -> Option<(u64, u64)> {
        let key = match self.key {
            Key::Patient => self.hasher.hash_one((head.application, head.facility, patient_id(frame, head)?)),
            Key::PatientAndType => {
                let code = head.kind.split(|byte| *byte == head.component()).next();
                self.hasher.hash_one((head.application, head.facility, code, patient_id(frame, head)?))
            }
            Key::System => self.hasher.hash_one((head.application, head.facility)),
            Key::Off => return None,
        };
        match self.sequence {
            Sequence::ControlId => Some((key, trailing_number(head.control_id)?)),
            Sequence::Off => None,
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Inner {
    fn is_known(&mut self, id: u64) -> bool {
        if self.control_ids.len() >= CONTROL_IDS_MAX {
            return self.control_ids.contains(&id);
        }
        !self.control_ids.insert(id)
    }

    fn check_order(&mut self, key: u64, number: u64, control_id: &[u8]) {
        if self.last.len() >= KEYS_MAX && !self.last.contains_key(&key) {
            return;
        }
        let last = self.last.entry(key).or_insert(0);
        if number < *last {
            self.stats.out_of_order += 1;
            if self.late.len() >= LATE_IDS_MAX {
                self.late.pop_front();
            }
            self.late.push_back(String::from_utf8_lossy(control_id).into_owned());
        } else {
            *last = number;
        }
    }

    fn count(&mut self, bytes: usize, is_readable: bool, answer: Answer, is_duplicate: bool) {
        let stats = &mut self.stats;
        stats.received += 1;
        stats.bytes += bytes as u64;
        stats.duplicates += u64::from(is_duplicate);
        stats.unreadable += u64::from(!is_readable);
        match answer {
            Answer::Code(code) if code.is_positive() => stats.accepted += 1,
            Answer::Code(_) => stats.rejected += 1,
            Answer::WrongId | Answer::Garbage | Answer::None => stats.unanswered += 1,
        }
    }
}

/// The digits at the end, at most eighteen of them.
fn trailing_number(id: &[u8]) -> Option<u64> {
    let digits = id.iter().rev().take(18).take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&id[id.len() - digits..]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_order_and_duplicates() {
        let record = Record::new(Key::Patient, Sequence::ControlId, 2);
        let peer = SocketAddr::from(([127, 0, 0, 1], 1));
        for (patient, id) in [("P1", "A10"), ("P2", "A11"), ("P1", "A12"), ("P1", "A10"), ("P2", "A9"), ("P1", "A12x")]
        {
            let frame = Bytes::from(format!("MSH|^~\\&|E|N|||||ADT^A01|{id}|P|2.3\rPID|1||{patient}\r"));
            record.take(&frame, Head::read(&frame).as_ref(), Answer::Code(AckCode::AA), peer);
        }
        let stats = record.stats();
        assert_eq!((stats.received, stats.duplicates, stats.out_of_order), (6, 1, 1));
        assert_eq!(record.messages().len(), 2);
    }

    #[test]
    fn numbers_at_the_end() {
        let check = |id: &str, expect: Option<u64>| assert_eq!(trailing_number(id.as_bytes()), expect);
        check("EN0000123", Some(123));
        check("17", Some(17));
        check("x", None);
        check("", None);
        check("99999999999999999999999", Some(999_999_999_999_999_999));
    }
}
