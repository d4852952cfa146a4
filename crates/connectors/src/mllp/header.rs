//! The few fields that tell which reply belongs to which message, read without parsing the rest.
//!
//! Promises: no allocation, and nothing beyond the segment it looks for is looked at.
//! Never: unescapes or decodes: control ids are compared as the bytes that went over the wire.

use memchr::{memchr, memchr_iter};

/// MSH-10 of a message: what its reply will name in MSA-2. `None` if there is no MSH or it is empty.
pub(crate) fn control_id(message: &[u8]) -> Option<&[u8]> {
    let segment = message.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(message);
    let separator = *segment.strip_prefix(b"MSH")?.first()?;
    // MSH-1 is the separator itself, so MSH-10 follows the ninth one.
    field(line(segment), separator, 9).filter(|id| !id.is_empty())
}

/// MSA-2 of a reply: which message it answers. `None` if there is no MSA, or it names nothing.
pub(crate) fn answered_id(reply: &[u8]) -> Option<&[u8]> {
    let reply = reply.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(reply);
    let separator = *reply.strip_prefix(b"MSH")?.first()?;
    let mut rest = reply;
    loop {
        let segment = line(rest);
        if let Some(after) = segment.strip_prefix(b"MSA")
            && after.first() == Some(&separator)
        {
            return field(segment, separator, 2).filter(|id| !id.is_empty());
        }
        rest = rest.get(segment.len() + 1..)?;
    }
}

/// Up to the first CR or LF: senders write either (HL7 v2.9 §2.5.1 wants CR).
fn line(text: &[u8]) -> &[u8] {
    let end = memchr::memchr2(b'\r', b'\n', text).unwrap_or(text.len());
    &text[..end]
}

/// What follows the `number`th separator, up to the next one.
fn field(segment: &[u8], separator: u8, number: usize) -> Option<&[u8]> {
    let start = memchr_iter(separator, segment).nth(number - 1)? + 1;
    let rest = &segment[start..];
    Some(&rest[..memchr(separator, rest).unwrap_or(rest.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_ids() {
        let check = |message: &[u8], expect: Option<&[u8]>| assert_eq!(control_id(message), expect);
        check(b"MSH|^~\\&|A|B|C|D|20260301||ADT^A01|77|P|2.5\rPID|1", Some(b"77"));
        check(b"MSH|^~\\&|A|B|C|D|20260301||ADT^A01|77\rPID|1", Some(b"77"));
        check(b"MSH#^~\\&#A#B#C#D#20260301##ADT^A01#7|7#P", Some(b"7|7"));
        check(b"\xEF\xBB\xBFMSH|^~\\&|||||||ADT|1|P", Some(b"1"));
        check(b"MSH|^~\\&|A|B|C|D|20260301||ADT^A01||P\r", None);
        check(b"MSH|^~\\&|A|B\rX|||||||||9", None);
        check(b"PID|1", None);
        check(b"MSH", None);
        check(b"", None);
    }

    #[test]
    fn answered_ids() {
        let check = |reply: &[u8], expect: Option<&[u8]>| assert_eq!(answered_id(reply), expect);
        check(b"MSH|^~\\&|||||||ACK|1|P|2.5\rMSA|AA|77\r", Some(b"77"));
        check(b"MSH|^~\\&|||||||ACK|1|P|2.5\nMSA|AA|77|text\n", Some(b"77"));
        check(b"MSH|^~\\&|||||||ACK|1|P|2.5\r\nSFT|x\r\nMSA|AA|77\r\n", Some(b"77"));
        check(b"MSH|^~\\&|||||||ACK|1|P|2.5\rMSA|AA\r", None);
        check(b"MSH|^~\\&|||||||ACK|1|P|2.5\rMSA|AA|\r", None);
        check(b"MSH|^~\\&|||||||ACK|MSA|AA|77\r", None);
        check(b"\x06", None);
    }
}
