//! MLLP framing without I/O: bytes in, frames out (HL7 v2 transport specification, MLLP releases 1 and 2).
//!
//! A frame is `0x0B` content `0x1C 0x0D`. Release 2 adds commit replies: a frame whose content is one byte, `0x06`
//! (stored) or `0x15` (not stored).
//!
//! Promises: every byte is looked at a constant number of times however it arrives; memory stays below the limit plus
//! one read; the same bytes give the same frames in whatever pieces they come; every deviation is reported as an
//! [`Anomaly`] and counted. Line ends between frames are none: many senders put them there.
//! Never: waiting. Who owns the socket decides when a frame without its last byte is taken ([`Deframer::take_pending`]).

use bytes::{Bytes, BytesMut};

/// Start of a frame.
pub const START: u8 = 0x0B;
/// First byte of a frame's end.
pub const END: u8 = 0x1C;
/// Second byte of a frame's end.
pub const END_SECOND: u8 = 0x0D;

/// What the deframer found.
#[derive(Clone, PartialEq, Eq)]
pub enum Item {
    /// The content of a frame; may be empty.
    Frame(Bytes),
    /// A commit reply of release 2.
    Commit(Commit),
    /// Something that the protocol does not allow; reading goes on.
    Anomaly(Anomaly),
}

/// Commit replies of MLLP release 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// `0x06`: the content is stored.
    Acknowledged,
    /// `0x15`: the content is not stored.
    NotAcknowledged,
}

/// A deviation from the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anomaly {
    /// Bytes outside frames were dropped; reported when the next frame starts or the peer is done.
    Junk {
        /// How many, line ends not counted.
        bytes: usize,
    },
    /// A frame ended without the `0x0D`; it is delivered.
    MissingLastByte,
    /// A new message started inside a frame that had no end; the first part is dropped, and nobody acknowledges it.
    Unterminated {
        /// How many bytes were dropped.
        bytes: usize,
    },
    /// `0x0B` stands inside a message; it is kept as content.
    StartInside,
    /// `0x1C` stands inside a message without ending it; it is kept as content.
    EndInside,
    /// A frame was larger than the limit; it is dropped.
    TooLarge {
        /// The limit.
        limit_bytes: usize,
    },
    /// The peer went away inside a frame; the part is dropped.
    CutOff {
        /// How many bytes were dropped.
        bytes: usize,
    },
}

/// How often each thing happened since the deframer was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames with a message.
    pub frames: u64,
    /// Commit replies.
    pub commits: u64,
    /// Bytes dropped outside frames.
    pub junk_bytes: u64,
    /// Anomalies of every kind.
    pub anomalies: u64,
}

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

impl std::fmt::Debug for Item {
    /// The size of a frame, never its content.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Item::Frame(frame) => write!(f, "Frame({} bytes)", frame.len()),
            Item::Commit(commit) => write!(f, "{commit:?}"),
            Item::Anomaly(anomaly) => write!(f, "{anomaly:?}"),
        }
    }
}

/// A message as a frame. The content must pass [`can_frame`], or the receiver cuts it elsewhere.
#[must_use]
pub fn encode_frame(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 3);
    out.push(START);
    out.extend_from_slice(content);
    out.extend_from_slice(&[END, END_SECOND]);
    out
}

/// The content holds nothing that a receiver takes for the end of the frame: `0x1C` at its end, or in front of `0x0D`
/// (the protocol), `0x0A` or `0x0B` (which receivers tolerate as an end).
#[must_use]
pub fn can_frame(content: &[u8]) -> bool {
    memchr::memchr_iter(END, content).all(|at| !matches!(content.get(at + 1), None | Some(b'\r' | b'\n' | &START)))
}

/// A commit reply as a frame.
#[must_use]
pub fn encode_commit(commit: Commit) -> [u8; 4] {
    let byte = match commit {
        Commit::Acknowledged => 0x06,
        Commit::NotAcknowledged => 0x15,
    };
    [START, byte, END, END_SECOND]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn items(pieces: &[&[u8]], limit: usize) -> Vec<Item> {
        let mut deframer = Deframer::new(limit);
        let mut out = Vec::new();
        for piece in pieces {
            deframer.push(piece);
            out.extend(std::iter::from_fn(|| deframer.next_item()));
        }
        out.extend(std::iter::from_fn(|| deframer.finish()));
        out
    }

    fn frame(content: &[u8]) -> Item {
        Item::Frame(Bytes::copy_from_slice(content))
    }

    #[test]
    fn streams() {
        let check = |bytes: &[u8], expect: &[Item]| assert_eq!(items(&[bytes], 20), expect, "{}", bytes.escape_ascii());
        let odd = Item::Anomaly;
        check(b"\x0BMSH|a\r\x1C\r", &[frame(b"MSH|a\r")]);
        check(b"\x0Ba\x1C\r\x0Bb\x1C\r", &[frame(b"a"), frame(b"b")]);
        check(b"\x0Ba\x1C\r\r\n\x0Bb\x1C\r\n", &[frame(b"a"), frame(b"b")]);
        check(b"junk\x0Ba\x1C\r", &[odd(Anomaly::Junk { bytes: 4 }), frame(b"a")]);
        check(b"\x0Ba\x1C\x0Bb\x1C\r", &[odd(Anomaly::MissingLastByte), frame(b"a"), frame(b"b")]);
        check(b"\x0Ba\x1C\n", &[odd(Anomaly::MissingLastByte), frame(b"a")]);
        check(b"\x0Ba\x1C", &[odd(Anomaly::MissingLastByte), frame(b"a")]);
        check(b"\x0BMSH|a\x0BMSH|b\x1C\r", &[odd(Anomaly::Unterminated { bytes: 5 }), frame(b"MSH|b")]);
        check(b"\x0Ba\x0Bb\x1C\r", &[odd(Anomaly::StartInside), frame(b"a\x0Bb")]);
        check(b"\x0Ba\x1Cb\x1C\r", &[odd(Anomaly::EndInside), frame(b"a\x1Cb")]);
        check(b"\x0Babc", &[odd(Anomaly::CutOff { bytes: 3 })]);
        check(
            b"\x0B\x06\x1C\r\x0B\x15\x1C\r",
            &[Item::Commit(Commit::Acknowledged), Item::Commit(Commit::NotAcknowledged)],
        );
        check(b"\x0B\x1C\r", &[frame(b"")]);
        check(
            b"\x0B0123456789012345678901\x1C\r\x0Bb\x1C\r",
            &[odd(Anomaly::TooLarge { limit_bytes: 20 }), frame(b"b")],
        );
        check(b"\x0B01234567890123456789\x1C\r", &[frame(b"01234567890123456789")]);
        check(
            b"\x0B012345678901234567890\x0BMSH|b\x1C\r",
            &[odd(Anomaly::TooLarge { limit_bytes: 20 }), frame(b"MSH|b")],
        );
    }

    #[test]
    fn a_peer_that_keeps_the_last_byte_back() {
        let mut deframer = Deframer::new(100);
        deframer.push(b"\x0Ba\x1C");
        assert_eq!(deframer.next_item(), None);
        assert_eq!(deframer.take_pending(), Some(Item::Anomaly(Anomaly::MissingLastByte)));
        assert_eq!(deframer.next_item(), Some(frame(b"a")));
        deframer.push(b"\r\x0Bb\x1C\r");
        assert_eq!(deframer.next_item(), Some(frame(b"b")));
        assert_eq!(deframer.next_item(), None);
        assert_eq!(deframer.counts(), Counts { frames: 2, anomalies: 1, ..Counts::default() });
    }

    #[test]
    fn memory_stays_below_the_limit() {
        let mut deframer = Deframer::new(10_000);
        deframer.push(b"\x0B");
        for _ in 0..10_000 {
            deframer.push(&[b'x'; 1_000]);
            while deframer.next_item().is_some() {}
            assert!(deframer.buffer.len() <= 11_000);
        }
    }

    #[test]
    fn writing() {
        assert_eq!(encode_frame(b"a"), b"\x0Ba\x1C\r");
        assert_eq!(items(&[&encode_commit(Commit::Acknowledged)], 9), [Item::Commit(Commit::Acknowledged)]);
        assert!(can_frame(b"a\x1Cb") && !can_frame(b"a\x1C\rb") && !can_frame(b"a\x1C"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]
        #[test]
        fn chunks_do_not_matter(
            parts in proptest::collection::vec(prop_oneof![
                Just("\x0B"), Just("\x1C\r"), Just("\x1C"), Just("\r"), Just("MSH|"), Just("M"), Just("0123456789"), Just("\x06"), Just("\n"),
            ], 0..30),
            cuts in proptest::collection::vec(1usize..8, 1..60),
        ) {
            let bytes = parts.concat().into_bytes();
            let whole = items(&[&bytes], 25);
            let mut pieces = Vec::new();
            let mut rest = &bytes[..];
            for cut in cuts {
                let (head, tail) = rest.split_at(cut.min(rest.len()));
                pieces.push(head);
                rest = tail;
            }
            pieces.push(rest);
            prop_assert_eq!(items(&pieces, 25), whole);
        }

        #[test]
        fn what_is_framed_comes_back(content in proptest::collection::vec(any::<u8>(), 0..40)) {
            let is_plain = can_frame(&content) && !content.contains(&START) && content != [6] && content != [0x15];
            if is_plain {
                let found: Vec<Item> =
                    items(&[&encode_frame(&content)], 40).into_iter().filter(|item| matches!(item, Item::Frame(_))).collect();
                prop_assert_eq!(found, vec![frame(&content)]);
            }
        }
    }
}
