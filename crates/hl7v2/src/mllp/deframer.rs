//! Cuts a stream into frames: a state for where it is, and the meaning of the next special byte.

use super::{Anomaly, Commit, Counts, END, END_SECOND, Item, START};
use bytes::BytesMut;

/// Cuts a stream of bytes into frames.
///
/// ```
/// use hl7v2::mllp::{Deframer, Item};
/// let mut deframer = Deframer::new(1024);
/// deframer.push(b"\x0BMSH|^~\\&\r\x1C");
/// assert!(deframer.next_item().is_none());
/// deframer.push(b"\r");
/// assert!(matches!(deframer.next_item(), Some(Item::Frame(frame)) if &frame[..] == b"MSH|^~\\&\r"));
/// ```
pub struct Deframer {
    buffer: BytesMut,
    state: State,
    /// Bytes of the buffer that were searched already.
    searched: usize,
    limit: usize,
    junk: usize,
    /// Reported before anything else.
    waiting: Option<Item>,
    counts: Counts,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between frames.
    Outside,
    /// The buffer holds the content of a frame from its first byte.
    Inside,
    /// A frame that is too large is read away.
    Discarding,
}

/// What the next special byte inside a frame means.
enum Boundary {
    /// None so far.
    Open,
    /// More bytes must come to tell; the position of the special byte.
    Undecided(usize),
    /// The frame ends at this position; this many bytes are framing.
    End(usize, usize, Option<Anomaly>),
    /// A new frame starts at this position.
    Restart(usize),
    /// The byte at this position is content.
    Content(usize, Anomaly),
}

impl Deframer {
    /// A deframer that refuses frames with more than `limit_bytes` of content.
    #[must_use]
    pub fn new(limit_bytes: usize) -> Deframer {
        Deframer {
            buffer: BytesMut::new(),
            state: State::Outside,
            searched: 0,
            limit: limit_bytes,
            junk: 0,
            waiting: None,
            counts: Counts::default(),
        }
    }

    /// Adds received bytes. Take all items before adding more, so that the limit holds.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The buffer to read into without a copy: append only, then call [`Deframer::next_item`].
    pub fn buffer_mut(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// The next frame, commit reply or anomaly; `None` when more bytes are needed.
    pub fn next_item(&mut self) -> Option<Item> {
        loop {
            if let Some(item) = self.waiting.take() {
                return Some(self.counted(item));
            }
            let item = match self.state {
                State::Outside => self.step_outside(),
                State::Inside => self.step_inside(),
                State::Discarding => self.step_discarding(),
            };
            match item {
                Step::Item(item) => return Some(self.counted(item)),
                Step::Again => {}
                Step::NeedMore => return None,
            }
        }
    }

    /// A frame has begun and is not complete.
    #[must_use]
    pub fn is_inside_frame(&self) -> bool {
        self.state != State::Outside
    }

    /// Bytes of the frame that has begun.
    #[must_use]
    pub fn pending_bytes(&self) -> usize {
        if self.state == State::Inside { self.buffer.len() } else { 0 }
    }

    /// The frame whose `0x1C` has come but whose `0x0D` has not: for a peer that waits for an answer without ever
    /// sending it. A `0x0D` that comes later is a line end between frames.
    pub fn take_pending(&mut self) -> Option<Item> {
        if self.state != State::Inside || self.buffer.last() != Some(&END) || self.buffer.len() > self.limit + 1 {
            return None;
        }
        let content = self.buffer.split_to(self.buffer.len() - 1);
        self.buffer.clear();
        self.leave();
        self.waiting = Some(content_item(content));
        Some(self.counted(Item::Anomaly(Anomaly::MissingLastByte)))
    }

    /// The peer is done: what is left, until `None`.
    pub fn finish(&mut self) -> Option<Item> {
        if let Some(item) = self.waiting.take().or_else(|| self.take_pending()) {
            return Some(item);
        }
        let left = self.buffer.split().len();
        let state = self.state;
        self.leave();
        let anomaly = match state {
            State::Inside => Some(Anomaly::CutOff { bytes: left }),
            State::Outside | State::Discarding => self.take_junk(),
        };
        anomaly.map(|anomaly| self.counted(Item::Anomaly(anomaly)))
    }

    /// Totals.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    fn step_outside(&mut self) -> Step {
        let start = memchr::memchr(START, &self.buffer);
        let dropped = self.buffer.split_to(start.unwrap_or(self.buffer.len()));
        let junk = dropped.iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).count();
        self.junk += junk;
        self.counts.junk_bytes += junk as u64;
        if start.is_none() {
            return Step::NeedMore;
        }
        let _ = self.buffer.split_to(1);
        self.state = State::Inside;
        self.take_junk().map_or(Step::Again, |anomaly| Step::Item(Item::Anomaly(anomaly)))
    }

    fn step_inside(&mut self) -> Step {
        let boundary = self.boundary();
        let at = match &boundary {
            Boundary::Open => self.buffer.len(),
            Boundary::Undecided(at) | Boundary::End(at, ..) | Boundary::Restart(at) | Boundary::Content(at, _) => *at,
        };
        if at > self.limit {
            // Nothing of it is kept; what ends it is found again while discarding.
            let _ = self.buffer.split_to(at);
            self.searched = 0;
            self.state = State::Discarding;
            return Step::Item(Item::Anomaly(Anomaly::TooLarge { limit_bytes: self.limit }));
        }
        match boundary {
            Boundary::Open | Boundary::Undecided(_) => {
                self.searched = at;
                Step::NeedMore
            }
            Boundary::End(_, framing, anomaly) => {
                let content = self.buffer.split_to(at);
                let _ = self.buffer.split_to(framing);
                self.leave();
                let item = content_item(content);
                match anomaly {
                    None => Step::Item(item),
                    Some(anomaly) => {
                        self.waiting = Some(item);
                        Step::Item(Item::Anomaly(anomaly))
                    }
                }
            }
            Boundary::Restart(_) => {
                let _ = self.buffer.split_to(at + 1);
                self.searched = 0;
                Step::Item(Item::Anomaly(Anomaly::Unterminated { bytes: at }))
            }
            Boundary::Content(_, anomaly) => {
                self.searched = at + 1;
                Step::Item(Item::Anomaly(anomaly))
            }
        }
    }

    fn step_discarding(&mut self) -> Step {
        match self.boundary() {
            Boundary::Open => {
                self.buffer.clear();
                self.searched = 0;
                Step::NeedMore
            }
            Boundary::Undecided(at) => {
                let _ = self.buffer.split_to(at);
                self.searched = 0;
                Step::NeedMore
            }
            Boundary::End(at, framing, _) => {
                let _ = self.buffer.split_to(at + framing);
                self.leave();
                Step::Again
            }
            Boundary::Restart(at) => {
                let _ = self.buffer.split_to(at + 1);
                self.searched = 0;
                self.state = State::Inside;
                Step::Again
            }
            Boundary::Content(at, _) => {
                self.searched = at + 1;
                Step::Again
            }
        }
    }

    /// The next special byte of the content and what it means.
    fn boundary(&self) -> Boundary {
        let Some(found) = memchr::memchr2(START, END, &self.buffer[self.searched..]) else { return Boundary::Open };
        let at = self.searched + found;
        let rest = &self.buffer[at + 1..];
        if self.buffer[at] == END {
            return match rest.first() {
                None => Boundary::Undecided(at),
                Some(&END_SECOND) => Boundary::End(at, 2, None),
                Some(b'\n') => Boundary::End(at, 2, Some(Anomaly::MissingLastByte)),
                Some(&START) => Boundary::End(at, 1, Some(Anomaly::MissingLastByte)),
                Some(_) => Boundary::Content(at, Anomaly::EndInside),
            };
        }
        let opens = |header: &[u8; 3]| {
            let length = rest.len().min(3);
            (rest[..length] == header[..length]).then_some(length == 3)
        };
        match [b"MSH", b"FHS", b"BHS"].into_iter().find_map(opens) {
            Some(true) => Boundary::Restart(at),
            Some(false) => Boundary::Undecided(at),
            None => Boundary::Content(at, Anomaly::StartInside),
        }
    }

    fn leave(&mut self) {
        self.state = State::Outside;
        self.searched = 0;
    }

    fn take_junk(&mut self) -> Option<Anomaly> {
        let bytes = std::mem::take(&mut self.junk);
        (bytes > 0).then_some(Anomaly::Junk { bytes })
    }

    fn counted(&mut self, item: Item) -> Item {
        match &item {
            Item::Frame(_) => self.counts.frames += 1,
            Item::Commit(_) => self.counts.commits += 1,
            Item::Anomaly(_) => self.counts.anomalies += 1,
        }
        item
    }
}

enum Step {
    Item(Item),
    Again,
    NeedMore,
}

fn content_item(content: BytesMut) -> Item {
    match &content[..] {
        [0x06] => Item::Commit(Commit::Acknowledged),
        [0x15] => Item::Commit(Commit::NotAcknowledged),
        _ => Item::Frame(content.freeze()),
    }
}
