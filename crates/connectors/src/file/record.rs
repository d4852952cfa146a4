//! The record of an open batch: lines that a person can read, with the messages between them.
//!
//! A record is `KIND CHECKSUM LENGTH WORDS`, a line end, `LENGTH` bytes, a line end; the checksum covers all but itself.
//! Promises: a record that was cut off or changed is never taken for one; what stands behind a damaged one is found.
//! Never: opens a file.

use message::{DeliveryId, MessageId, Timestamp};
use std::ops::Range;

/// First line of every record of a batch.
const TITLE: &str = "sinew-batch-1";
/// Longest line in front of the content.
const LINE_BYTES_MAX: usize = 512;
/// What stands behind the title.
const KINDS: [&str; 3] = ["message ", "known ", "whole "];

/// A delivery that is in the open batch, or was in one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) delivery: DeliveryId,
    /// How often a person had it sent again.
    pub(super) resends: u32,
    /// Of the message; a store that was made anew counts its messages from 1 again.
    pub(super) accepted: Timestamp,
    /// When it was put into its batch.
    pub(super) at: Timestamp,
    /// Of its content.
    pub(super) checksum: u32,
}

impl Entry {
    /// The same sending of the same delivery, whenever it was written.
    pub(super) fn is_same(&self, other: &Entry) -> bool {
        Entry { at: other.at, ..*self } == *other
    }

    fn words(&self) -> String {
        let Entry { delivery, resends, accepted, at, checksum } = self;
        format!("{} {} {resends} {} {} {checksum:08x}", delivery.message, delivery.number, accepted.0, at.0)
    }

    fn read<'w>(words: &mut impl Iterator<Item = &'w str>) -> Option<Entry> {
        let message = words.next()?.parse::<MessageId>().ok()?;
        Some(Entry {
            delivery: DeliveryId { message, number: words.next()?.parse().ok()? },
            resends: words.next()?.parse().ok()?,
            accepted: Timestamp(words.next()?.parse().ok()?),
            at: Timestamp(words.next()?.parse().ok()?),
            checksum: u32::from_str_radix(words.next()?, 16).ok()?,
        })
    }
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// The first line.
    Title,
    /// This delivery was in a batch that has its final name.
    Known(Entry),
    /// This delivery is in the open batch; its content stands at this place.
    Message(Entry, Range<usize>),
    /// The batch is whole under a hidden name, and gets this final name next.
    Whole(String),
}

/// Writes a record: its beginning and its end stand around the content.
pub(super) fn frame(kind: &str, words: &str, content: &[u8]) -> (Vec<u8>, [u8; 1]) {
    let checksum = checksum(kind, words, content);
    (format!("{kind} {checksum:08x} {} {words}\n", content.len()).into_bytes(), *b"\n")
}

fn checksum(kind: &str, words: &str, content: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(format!("{kind} {words}\n").as_bytes()), content)
}

pub(super) fn title() -> Vec<u8> {
    whole_record("title", TITLE)
}

pub(super) fn known(entry: &Entry) -> Vec<u8> {
    whole_record("known", &entry.words())
}

pub(super) fn whole(name: &str) -> Vec<u8> {
    whole_record("whole", name)
}

/// The beginning and the end of a record around the content of a message.
pub(super) fn message(entry: &Entry, content: &[u8]) -> (Vec<u8>, [u8; 1]) {
    frame("message", &entry.words(), content)
}

fn whole_record(kind: &str, words: &str) -> Vec<u8> {
    let (start, end) = frame(kind, words, &[]);
    [&start[..], &end].concat()
}

/// What a file holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) records: Vec<Record>,
    /// Bytes that are no record.
    pub(super) damaged_bytes: usize,
}

/// Reads every record that is whole, also behind damaged ones.
pub(super) fn read(bytes: &[u8]) -> Read {
    let mut out = Read::default();
    let mut at = 0;
    while at < bytes.len() {
        if let Some((record, end)) = read_one(bytes, at) {
            out.records.push(record);
            at = end;
            continue;
        }
        let next = next_kind(bytes, at + 1);
        out.damaged_bytes += next - at;
        at = next;
    }
    out
}

/// Where the next record may begin. The line end in front of it may be what is damaged.
fn next_kind(bytes: &[u8], from: usize) -> usize {
    let is_kind = |rest: &[u8]| KINDS.iter().any(|kind| rest.starts_with(kind.as_bytes()));
    let mut starts = memchr::memchr3_iter(b'm', b'k', b'w', &bytes[from..]).map(|found| from + found);
    starts.find(|at| is_kind(&bytes[*at..])).unwrap_or(bytes.len())
}

fn read_one(bytes: &[u8], at: usize) -> Option<(Record, usize)> {
    let rest = &bytes[at..];
    let line_end = memchr::memchr(b'\n', &rest[..rest.len().min(LINE_BYTES_MAX)])?;
    let line = std::str::from_utf8(&rest[..line_end]).ok()?;
    let mut parts = line.splitn(4, ' ');
    let (kind, stated) = (parts.next()?, u32::from_str_radix(parts.next()?, 16).ok()?);
    let (length, words) = (parts.next()?.parse::<usize>().ok()?, parts.next()?);
    let content = at + line_end + 1..(at + line_end + 1).checked_add(length)?;
    if bytes.get(content.end) != Some(&b'\n') || checksum(kind, words, &bytes[content.clone()]) != stated {
        return None;
    }
    let end = content.end + 1;
    let record = match kind {
        "title" if words == TITLE => Record::Title,
        "known" => Record::Known(Entry::read(&mut words.split(' '))?),
        "message" => Record::Message(Entry::read(&mut words.split(' '))?, content),
        "whole" => Record::Whole(words.to_owned()),
        _ => return None,
    };
    Some((record, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(message: u64, content: &[u8]) -> Entry {
        Entry {
            delivery: DeliveryId { message: MessageId(message), number: 1 },
            resends: 0,
            accepted: Timestamp(5),
            at: Timestamp(7),
            checksum: crc32c::crc32c(content),
        }
    }

    fn written(contents: &[&[u8]]) -> (Vec<u8>, Vec<usize>) {
        let (mut out, mut ends) = (title(), Vec::new());
        for (number, content) in contents.iter().enumerate() {
            let (start, end) = message(&entry(number as u64, content), content);
            out.extend([&start[..], content, &end].concat());
            ends.push(out.len());
        }
        (out, ends)
    }

    fn contents(bytes: &[u8]) -> Vec<&[u8]> {
        let of = |record: &Record| match record {
            Record::Message(_, content) => Some(&bytes[content.clone()]),
            Record::Title | Record::Known(_) | Record::Whole(_) => None,
        };
        read(bytes).records.iter().filter_map(of).collect()
    }

    const MESSAGES: [&[u8]; 3] = [b"MSH|a\rPID|1\r", b"MSH|b\nNTE|message 0 0 x\n", b"MSH|c"];

    #[test]
    fn what_was_written_is_read() {
        let (mut bytes, _) = written(&MESSAGES);
        bytes.extend([known(&entry(9, b"")), whole("a b.hl7")].concat());
        assert_eq!(contents(&bytes), MESSAGES);
        let read = read(&bytes);
        assert_eq!((read.damaged_bytes, read.records.len()), (0, 6));
        assert_eq!(read.records[4..], [Record::Known(entry(9, b"")), Record::Whole("a b.hl7".into())]);
    }

    #[test]
    fn cut_at_any_byte_the_ones_before_are_there() {
        let (bytes, ends) = written(&MESSAGES);
        for cut in 0..bytes.len() {
            let whole = ends.iter().filter(|end| **end <= cut).count();
            assert_eq!(contents(&bytes[..cut]), MESSAGES[..whole], "{cut}");
        }
    }

    #[test]
    fn any_flipped_bit_costs_its_record_only() {
        let (bytes, ends) = written(&MESSAGES);
        for at in title().len()..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            let hit = ends.iter().filter(|end| **end <= at).count();
            let expect: Vec<&[u8]> = (0..3).filter(|number| *number != hit).map(|number| MESSAGES[number]).collect();
            assert_eq!(contents(&damaged), expect, "{at}");
            assert!(read(&damaged).damaged_bytes > 0, "{at}");
        }
    }
}
