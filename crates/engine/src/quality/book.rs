//! The book of one interface: which kinds of message come, and the counters of each since it was last read out.
//!
//! Promises: fixed memory by `limits`; a kind past the limit is counted with the others, never dropped. Never: time of its
//! own; whoever counts says when a message came.

use super::{
    limits::{ENDED_MAX, MESSAGE_BYTES_MAX, NAME_CHARACTERS_MAX, OTHERS, STREAMS_MAX},
    measure::{Receipt, measure},
    own::OwnTables,
    record::{Kind, Record},
    stream::Stream,
    verdict::Verdict,
};
use hl7v2::{Element, Message, dictionary::Version, walk::Walker};
use message::Timestamp;
use std::{collections::HashMap, hash::BuildHasher as _, sync::Arc};

/// The version that a message is read with that names none: the one that is sent most.
const UNSAID: Version = Version::V2_5_1;

/// Whether the sender sent it before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repeat {
    /// New.
    #[default]
    No,
    /// The same control id and content (R4).
    Same,
    /// The same control id with another content.
    OtherContent,
}

/// When and how a message came.
#[derive(Clone, Copy, Debug)]
pub struct Received<'v> {
    /// Its id, 0 for a message of a file.
    pub message: u64,
    /// Its length.
    pub bytes: usize,
    /// When it came; `None` for a message of a file: then nothing is said of delays.
    pub at: Option<Timestamp>,
    /// Sent before?
    pub repeat: Repeat,
    /// Seconds by which the zone of this machine is ahead of UTC.
    pub local_offset_s: i64,
    /// The time now.
    pub now: Timestamp,
    /// What the interface's `validate` lines said of it; `None` for a message that came to none.
    pub verdict: Option<&'v Verdict>,
}

/// See the module.
#[derive(Default)]
pub struct Book {
    /// The span that is counted now: when it began and its length, microseconds; none before the first message.
    span: Option<(i64, i64)>,
    /// Spans that ended and were not taken yet.
    ended: Vec<Taken>,
    /// Messages of spans that there was no room for.
    given_up: u64,
    streams: Vec<Stream>,
    /// The interface's own tables.
    own: Arc<OwnTables>,
    /// By a hash over the bytes that say which kind it is.
    known: HashMap<u64, u16, foldhash::fast::FixedState>,
    walker: Walker,
    /// The kind of the last message: senders send bursts.
    last: Option<(u64, u16)>,
}

/// The counts of one kind of message in one span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// When the span began.
    pub start: Timestamp,
    /// Of which kind.
    pub kind: Kind,
    /// The counts.
    pub record: Record,
}

/// Hashes that are remembered; what names itself anew each time is looked up each time.
const KNOWN_MAX: usize = 4 * STREAMS_MAX;

impl Book {
    /// What comes from now on is held against these tables of the interface.
    pub fn use_tables(&mut self, own: OwnTables) {
        if own.is_empty() && self.own.is_empty() {
            return;
        }
        // The places are made anew, with what is asked of them now.
        self.end();
        self.own = Arc::new(own);
        self.streams.clear();
        self.known.clear();
        self.last = None;
    }

    /// Counts a message in the span of this length, microseconds, that it came in.
    pub fn count(&mut self, message: &Message, received: Received<'_>, span: i64) {
        self.turn(received.at.unwrap_or(received.now), span);
        let at = self.find(message);
        let Some(stream) = self.streams.get_mut(usize::from(at)) else { return };
        match received.repeat {
            // It was counted when it came first.
            Repeat::Same => {
                stream.counts.duplicates += 1;
                return;
            }
            Repeat::OtherContent => stream.counts.reused_ids += 1,
            Repeat::No => {}
        }
        if let Some(verdict) = received.verdict {
            stream.counts.judge(verdict, received.message);
        }
        if received.bytes > MESSAGE_BYTES_MAX {
            stream.counts.left_out += 1;
            return;
        }
        let Received { message: id, at, local_offset_s, now, .. } = received;
        let receipt = Receipt { message: id, received: at, local_offset_s, now };
        measure(&mut self.walker, message, stream, receipt);
    }

    /// Counts messages that were accepted and not looked at.
    pub fn leave_out(&mut self, count: u64, now: Timestamp, span: i64) {
        self.turn(now, span);
        let at = self.stream_of(Kind { message_type: OTHERS.to_owned(), ..Kind::default() }, UNSAID);
        if let Some(stream) = self.streams.get_mut(usize::from(at)) {
            stream.counts.left_out += count;
        }
    }

    /// Goes on to the span that a time is in. A clock that is set, back or forth, begins another one.
    #[inline]
    fn turn(&mut self, at: Timestamp, span: i64) {
        match self.span {
            Some((start, length)) if length == span && at.0 >= start && at.0 - start < length => {}
            Some(_) | None => self.begin(at, span),
        }
    }

    #[cold]
    fn begin(&mut self, at: Timestamp, span: i64) {
        self.end();
        self.span = Some((at.0 - at.0.rem_euclid(span.max(1)), span.max(1)));
    }

    fn end(&mut self) {
        let Some((start, _)) = self.span else { return };
        let start = Timestamp(start);
        for stream in &mut self.streams {
            let record = stream.take();
            if record.is_empty() {
                continue;
            }
            // Versions of the standard are counted apart and told together; a clock may come back to a span.
            let has_room = self.ended.len() < ENDED_MAX;
            match self.ended.iter_mut().find(|taken| taken.start == start && taken.kind == stream.kind) {
                Some(known) => known.record.merge(&record),
                None if has_room => self.ended.push(Taken { start, kind: stream.kind.clone(), record }),
                None => self.given_up += record.messages + record.left_out,
            }
        }
    }

    /// Takes out what was counted since the last time, by span and kind; kinds without a message are left out.
    pub fn take(&mut self) -> Vec<Taken> {
        self.end();
        let mut taken = std::mem::take(&mut self.ended);
        if let (Some(last), count @ 1..) = (taken.last_mut(), std::mem::take(&mut self.given_up)) {
            last.record.left_out += count;
        }
        taken
    }

    fn find(&mut self, message: &Message) -> u16 {
        let header = message.header();
        let fields = header.map_or([&[][..]; 4], |header| parts_of_header(header.raw()));
        let key = foldhash::fast::FixedState::default().hash_one(fields);
        if let Some((last, at)) = self.last
            && last == key
        {
            return at;
        }
        let at = match self.known.get(&key) {
            Some(at) => *at,
            None => self.meet(message, header, key),
        };
        self.last = Some((key, at));
        at
    }

    #[cold]
    fn meet(&mut self, message: &Message, header: Option<Element<'_>>, key: u64) -> u16 {
        let part = |field: u16, component: u16| {
            let element = header.and_then(|header| header.field(field)).and_then(|field| field.component(component));
            element.map(|element| tidy(&element.text())).unwrap_or_default()
        };
        let kind =
            Kind { application: part(3, 1), facility: part(4, 1), message_type: part(9, 1), trigger: part(9, 2) };
        let version = Version::of(message).unwrap_or(UNSAID);
        let at = self.stream_of(kind, version);
        if self.known.len() < KNOWN_MAX {
            self.known.insert(key, at);
        }
        at
    }

    fn stream_of(&mut self, kind: Kind, version: Version) -> u16 {
        let known = self.streams.iter().position(|stream| stream.kind == kind && stream.is_of(version));
        let at = match known {
            Some(at) => at,
            None if self.streams.len() + 1 < STREAMS_MAX => {
                self.streams.push(Stream::new(kind, version, self.own.clone()));
                self.streams.len() - 1
            }
            None => {
                let others = Kind { message_type: OTHERS.to_owned(), ..Kind::default() };
                match self.streams.iter().position(|stream| stream.kind == others) {
                    Some(at) => at,
                    None => {
                        self.streams.push(Stream::new(others, UNSAID, self.own.clone()));
                        self.streams.len() - 1
                    }
                }
            }
        };
        at as u16
    }
}

/// MSH-3, MSH-4, MSH-9 and MSH-12 as they stand, in one pass: asking for each would begin anew.
fn parts_of_header(raw: &[u8]) -> [&[u8]; 4] {
    let mut found = [&[][..]; 4];
    let Some(separator) = raw.get(3) else { return found };
    let (mut number, mut start) = (1, 4);
    for end in memchr::memchr_iter(*separator, raw).skip(1).chain([raw.len()]) {
        number += 1;
        let place = match number {
            3 => 0,
            4 => 1,
            9 => 2,
            12 => 3,
            13.. => break,
            _ => {
                start = end + 1;
                continue;
            }
        };
        found[place] = raw.get(start..end).unwrap_or_default();
        start = end + 1;
    }
    found
}

/// A name as a key can hold it: bounded, without control characters and separators.
fn tidy(text: &str) -> String {
    let is_kept = |letter: &char| !letter.is_control() && *letter != '|';
    text.trim().chars().filter(is_kept).take(NAME_CHARACTERS_MAX).collect()
}

#[cfg(test)]
mod tests;
