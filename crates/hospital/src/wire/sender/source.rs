//! Where a sender's messages come from, framed and numbered.

use crate::wire::{CONTROL_ID_BYTES_MAX, Error, frame::write_frame, peek::Head};
use bytes::Bytes;
use std::{
    ops::Range,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};
use tokio::sync::{Mutex, mpsc};

/// What a sender sends.
pub enum Source {
    /// These messages in turn, again from the first, `count` in all; `None` goes on until stopped.
    Cycle {
        /// The messages, without frames.
        messages: Vec<Bytes>,
        /// How many are sent in all.
        count: Option<u64>,
    },
    /// Whatever comes through the channel, until it closes.
    Feed(mpsc::Receiver<Bytes>),
}

/// What MSH-10 holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ControlIds {
    /// What the message says.
    #[default]
    AsTheyAre,
    /// Prefix and a number that counts up, padded to 20 characters at most: unique for each message, the same for a
    /// resend. The prefix may have 1 to 8 letters or digits.
    Unique(String),
}

/// Digits of a written control id.
const DIGITS: usize = 12;

/// A message ready for the wire; its memory is used again for the next one.
#[derive(Default)]
pub(super) struct Outgoing {
    pub(super) frame: Vec<u8>,
    /// Where MSH-10 lies in `frame`; empty when the message has none.
    pub(super) control_id: Range<usize>,
}

impl Outgoing {
    pub(super) fn control_id(&self) -> &[u8] {
        &self.frame[self.control_id.clone()]
    }

    /// Frames `content`, with `id` for MSH-10 if one is given.
    fn fill(&mut self, content: &[u8], range: Range<usize>, id: Option<&[u8]>) {
        self.frame.clear();
        let start = range.start + 1;
        match id {
            None => {
                write_frame(content, &mut self.frame);
                self.control_id = start..range.end + 1;
            }
            Some(id) => {
                self.frame.push(hl7v2::mllp::START);
                self.frame.extend_from_slice(&content[..range.start]);
                self.frame.extend_from_slice(id);
                self.frame.extend_from_slice(&content[range.end..]);
                self.frame.extend_from_slice(&[hl7v2::mllp::END, hl7v2::mllp::END_SECOND]);
                self.control_id = start..start + id.len();
            }
        }
    }
}

enum Supply {
    Cycle { messages: Vec<(Bytes, Range<usize>)>, count: u64 },
    Feed(Mutex<mpsc::Receiver<Bytes>>),
}

pub(super) struct Intake {
    supply: Supply,
    prefix: Option<Vec<u8>>,
    number: AtomicU64,
}

impl Intake {
    pub(super) fn new(source: Source, ids: &ControlIds) -> Result<Intake, Error> {
        let supply = match source {
            Source::Feed(feed) => Supply::Feed(Mutex::new(feed)),
            Source::Cycle { messages, .. } if messages.is_empty() => {
                return Err(Error::Misconfigured("there is no message to send".into()));
            }
            Source::Cycle { messages, count } => {
                let located = messages.into_iter().map(|message| (message.clone(), locate(&message))).collect();
                Supply::Cycle { messages: located, count: count.unwrap_or(u64::MAX) }
            }
        };
        let prefix = match ids {
            ControlIds::AsTheyAre => None,
            ControlIds::Unique(prefix) => {
                let fits = (1..=CONTROL_ID_BYTES_MAX - DIGITS).contains(&prefix.len());
                if !fits || !prefix.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                    return Err(Error::Misconfigured("the control id prefix must be 1 to 8 letters or digits".into()));
                }
                Some(prefix.clone().into_bytes())
            }
        };
        Ok(Intake { supply, prefix, number: AtomicU64::new(0) })
    }

    /// Puts the next message into `out`; false when there is none left.
    pub(super) async fn next(&self, out: &mut Outgoing) -> bool {
        match &self.supply {
            Supply::Cycle { .. } => self.next_of_cycle(out),
            Supply::Feed(feed) => {
                // The number is taken under the lock, so that ids count up in the order of the channel.
                let mut feed = feed.lock().await;
                let Some(content) = feed.recv().await else { return false };
                let number = self.number.fetch_add(1, Relaxed);
                drop(feed);
                self.fill(out, &content, locate(&content), number);
                true
            }
        }
    }

    /// The next of messages that go round, without waiting; false when there is none left, or they come otherwise.
    pub(super) fn next_of_cycle(&self, out: &mut Outgoing) -> bool {
        let Supply::Cycle { messages, count } = &self.supply else { return false };
        let number = self.number.fetch_add(1, Relaxed);
        if number >= *count {
            return false;
        }
        let index = usize::try_from(number % messages.len() as u64).unwrap_or(0);
        let (content, range) = &messages[index];
        self.fill(out, content, range.clone(), number);
        true
    }

    fn fill(&self, out: &mut Outgoing, content: &[u8], range: Range<usize>, number: u64) {
        let Some(prefix) = self.prefix.as_ref().filter(|_| range.start > 0) else {
            return out.fill(content, range, None);
        };
        let mut id = [b'0'; CONTROL_ID_BYTES_MAX];
        id[..prefix.len()].copy_from_slice(prefix);
        let end = prefix.len() + DIGITS;
        let mut rest = number + 1;
        for digit in id[prefix.len()..end].iter_mut().rev() {
            *digit += u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
        out.fill(content, range, Some(&id[..end]));
    }
}

/// Where MSH-10 lies; `0..0` when there is none to find.
fn locate(content: &[u8]) -> Range<usize> {
    Head::read(content).map_or(0..0, |head| head.control_id_range())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn numbers_control_ids() {
        let messages = vec![Bytes::from_static(b"MSH|^~\\&|A|B|C|D|||ADT^A01|OLD|P|2.3\rPID|1\r")];
        let source = Source::Cycle { messages, count: Some(2) };
        let intake = Intake::new(source, &ControlIds::Unique("L".into())).unwrap();
        let mut out = Outgoing::default();
        assert!(intake.next(&mut out).await);
        assert_eq!(out.control_id(), b"L000000000001");
        assert!(intake.next(&mut out).await);
        assert_eq!(out.frame, b"\x0BMSH|^~\\&|A|B|C|D|||ADT^A01|L000000000002|P|2.3\rPID|1\r\x1C\r");
        assert!(!intake.next(&mut out).await);
    }

    #[test]
    fn refuses_bad_settings() {
        let one = || Source::Cycle { messages: vec![Bytes::new()], count: None };
        assert!(Intake::new(Source::Cycle { messages: vec![], count: None }, &ControlIds::AsTheyAre).is_err());
        assert!(Intake::new(one(), &ControlIds::Unique("TOOLONG99".into())).is_err());
        assert!(Intake::new(one(), &ControlIds::Unique("a|b".into())).is_err());
        assert!(Intake::new(one(), &ControlIds::Unique("B1".into())).is_ok());
    }
}
