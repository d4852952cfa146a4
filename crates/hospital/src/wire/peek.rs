//! A glance at MSH, MSA and PID-3 without parsing, for load and acknowledgments at tens of thousands a second.
//!
//! Promises: borrows only; never panics; a message that does not start with MSH gives `None`.
//! Never: decodes escapes or charsets.

use message::AckCode;
use std::ops::Range;

/// The fields of MSH that a wire peer needs, as raw bytes (HL7 v2.9 §2.14.9).
#[derive(Clone, Copy)]
pub struct Head<'a> {
    /// MSH-1.
    pub separator: u8,
    /// MSH-2, `^~\&` as a rule.
    pub encoding: &'a [u8],
    /// MSH-3.
    pub application: &'a [u8],
    /// MSH-4.
    pub facility: &'a [u8],
    /// MSH-5.
    pub receiving_application: &'a [u8],
    /// MSH-6.
    pub receiving_facility: &'a [u8],
    /// MSH-9, `ADT^A01^ADT_A01`.
    pub kind: &'a [u8],
    /// MSH-10.
    pub control_id: &'a [u8],
    /// MSH-11.
    pub processing: &'a [u8],
    /// MSH-12.
    pub version: &'a [u8],
    /// MSH-15.
    pub accept_condition: &'a [u8],
    /// MSH-16.
    pub application_condition: &'a [u8],
    control_id_start: usize,
}

impl<'a> Head<'a> {
    /// Reads the MSH segment at the start of `message` (a UTF-8 byte order mark before it is passed over).
    #[must_use]
    pub fn read(message: &'a [u8]) -> Option<Head<'a>> {
        let skipped = if message.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        let rest = &message[skipped..];
        if !rest.starts_with(b"MSH") {
            return None;
        }
        let separator = *rest.get(3)?;
        let line = &rest[..memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len())];
        let mut starts = [line.len(); 17];
        let mut ends = [line.len(); 17];
        let mut start = 4;
        for number in 2..17 {
            let end = memchr::memchr(separator, line.get(start..)?).map_or(line.len(), |found| start + found);
            (starts[number], ends[number]) = (start, end);
            if end == line.len() {
                break;
            }
            start = end + 1;
        }
        let field = |number: usize| &line[starts[number]..ends[number]];
        Some(Head {
            separator,
            encoding: field(2),
            application: field(3),
            facility: field(4),
            receiving_application: field(5),
            receiving_facility: field(6),
            kind: field(9),
            control_id: field(10),
            processing: field(11),
            version: field(12),
            accept_condition: field(15),
            application_condition: field(16),
            control_id_start: skipped + starts[10],
        })
    }

    /// Where MSH-10 lies in the message given to [`Head::read`].
    #[must_use]
    pub fn control_id_range(&self) -> Range<usize> {
        self.control_id_start..self.control_id_start + self.control_id.len()
    }

    /// What a satisfied receiver answers: CA where the sender wants an accept acknowledgment always and does not always
    /// want the application's (HL7 v2.9 §2.9.2, table 0155), else AA.
    #[must_use]
    pub fn positive_code(&self) -> AckCode {
        if self.accept_condition == b"AL" && self.application_condition != b"AL" { AckCode::CA } else { AckCode::AA }
    }

    /// The component separator: the first of MSH-2.
    #[must_use]
    pub fn component(&self) -> u8 {
        self.encoding.first().copied().unwrap_or(b'^')
    }
}

/// MSA-1 and MSA-2 of an acknowledgment (HL7 v2.9 §2.14.8).
#[derive(Clone, Copy)]
pub struct Reply<'a> {
    /// MSA-1; not always a code of table 0008.
    pub code: &'a [u8],
    /// MSA-2: the MSH-10 that is answered.
    pub control_id: &'a [u8],
}

impl<'a> Reply<'a> {
    /// Finds the MSA segment; `None` where there is none.
    #[must_use]
    pub fn read(message: &'a [u8]) -> Option<Reply<'a>> {
        let separator = Head::read(message)?.separator;
        let line = segment(message, b"MSA", separator)?;
        let mut fields = line.split(|&byte| byte == separator).skip(1);
        Some(Reply { code: fields.next()?, control_id: fields.next().unwrap_or_default() })
    }
}

/// PID-3.1 of the first repetition, raw; `None` without a PID or with an empty PID-3. Patient data: hash it, never
/// print it.
#[must_use]
pub fn patient_id<'a>(message: &'a [u8], head: &Head<'_>) -> Option<&'a [u8]> {
    let line = segment(message, b"PID", head.separator)?;
    let field = line.split(|&byte| byte == head.separator).nth(3)?;
    let end = field.iter().position(|byte| head.encoding.iter().take(2).any(|special| special == byte));
    Some(&field[..end.unwrap_or(field.len())]).filter(|id| !id.is_empty())
}

/// The first segment of that name, from its name to before its end.
fn segment<'a>(message: &'a [u8], name: &[u8; 3], separator: u8) -> Option<&'a [u8]> {
    let start = memchr::memmem::find_iter(message, name).find(|&at| {
        let begins = at.checked_sub(1).is_none_or(|before| matches!(message[before], b'\r' | b'\n'));
        begins && message.get(at + 3) == Some(&separator)
    })?;
    let rest = &message[start..];
    Some(&rest[..memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_head() {
        let message = b"MSH|^~\\&|EPR|NORTH|HUB|ALL|20260101||ADT^A01|X17|P|2.3\rPID|1||N123^^^A^MR~S9|\r";
        let head = Head::read(message).unwrap();
        assert_eq!(head.kind, b"ADT^A01");
        assert_eq!(head.control_id, b"X17");
        assert_eq!(&message[head.control_id_range()], b"X17");
        assert_eq!(head.version, b"2.3");
        assert_eq!(patient_id(message, &head), Some(&b"N123"[..]));
    }

    #[test]
    fn answers_in_the_mode_that_is_asked_for() {
        let check = |conditions: &str, expect: AckCode| {
            let message = format!("MSH|^~\\&|A|B|C|D|||ADT^A01|1|P|2.5.1|||{conditions}|USA\rPID|1\r");
            assert_eq!(Head::read(message.as_bytes()).unwrap().positive_code(), expect, "{conditions}");
        };
        check("|", AckCode::AA);
        check("NE|AL", AckCode::AA);
        check("AL|NE", AckCode::CA);
        check("AL|", AckCode::CA);
        check("AL|AL", AckCode::AA);
        check("ER|AL", AckCode::AA);
    }

    #[test]
    fn survives_anything() {
        for bytes in [&b""[..], b"MSH", b"MSH|", b"MSH|^", b"PID|1", b"\xEF\xBB\xBFMSH|^~\\&|A\r", b"MSH\rMSA|AA"] {
            if let Some(head) = Head::read(bytes) {
                assert!(bytes.get(head.control_id_range()).is_some());
                assert_eq!(patient_id(bytes, &head), None);
            }
            let _ = Reply::read(bytes);
        }
    }

    #[test]
    fn reads_replies() {
        let reply = Reply::read(b"MSH|^~\\&|A\rMSA|AA|17|text\r").unwrap();
        assert_eq!((reply.code, reply.control_id), (&b"AA"[..], &b"17"[..]));
        assert!(Reply::read(b"MSH|^~\\&|A|MSA|AA|17\r").is_none());
    }
}
