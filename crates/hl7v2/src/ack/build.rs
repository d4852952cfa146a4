//! Builds acknowledgments.

use crate::path::Index;
use crate::{Delimiters, Message, Path, text};
use message::{AckCode, Severity};
use std::borrow::Cow;

/// What the acknowledgment shall say.
#[derive(Clone, Debug)]
pub struct Acknowledgment<'a> {
    /// MSA-1.
    pub code: AckCode,
    /// MSH-10 of the acknowledgment.
    pub control_id: &'a str,
    /// MSH-7 of the acknowledgment, in HL7 form ([`message::Timestamp::to_dtm`]).
    pub time: &'a str,
    /// MSA-3, where the version has it; without patient data.
    pub text: Option<&'a str>,
    /// MSA-4, the sequence number protocol.
    pub sequence: Option<i64>,
    /// One ERR each.
    pub findings: &'a [Finding<'a>],
}

/// One ERR segment.
#[derive(Clone, Debug)]
pub struct Finding<'a> {
    /// ERR-2.
    pub location: Option<&'a Path>,
    /// ERR-3, a code of HL7 table 0357: 101 required field missing, 207 application internal error ….
    pub condition: u16,
    /// ERR-4.
    pub severity: Severity,
    /// ERR-8, for people; without patient data.
    pub text: &'a str,
}

/// The acknowledgment of `message`, segments ended by CR, in its delimiters and character set.
///
/// ```
/// use hl7v2::{Message, ack};
/// let (message, _) = Message::parse("MSH|^~\\&|ADT|NORTH|HUB|WEST|||ADT^A01^ADT_A01|M1|P|2.5.1\r");
/// let reply = ack::Acknowledgment {
///     code: ::message::AckCode::AA, control_id: "R1", time: "20260301", text: None, sequence: None, findings: &[],
/// };
/// assert_eq!(ack::build(&message, &reply),
///     b"MSH|^~\\&|HUB|WEST|ADT|NORTH|20260301||ACK^A01^ACK|R1|P|2.5.1\rMSA|AA|M1\r");
/// ```
#[must_use]
pub fn build(message: &Message, reply: &Acknowledgment<'_>) -> Vec<u8> {
    let mut out = Writer {
        message,
        header: read_header(message),
        delimiters: message.delimiters(),
        bytes: Vec::with_capacity(256),
    };
    out.header(reply);
    out.msa(reply);
    if out.version() >= (2, 5) {
        reply.findings.iter().for_each(|finding| out.err(finding));
    } else if !reply.findings.is_empty() {
        out.err_before_2_5(reply.findings);
    }
    message.encode_like(out.bytes)
}

/// The display text of a code of HL7 table 0357.
#[must_use]
pub fn condition_name(condition: u16) -> &'static str {
    match condition {
        0 => "Message accepted",
        100 => "Segment sequence error",
        101 => "Required field missing",
        102 => "Data type error",
        103 => "Table value not found",
        104 => "Value too long",
        198 => "Non-Conformant Cardinality",
        199 => "Other HL7 Error",
        200 => "Unsupported message type",
        201 => "Unsupported event code",
        202 => "Unsupported processing id",
        203 => "Unsupported version id",
        204 => "Unknown key identifier",
        205 => "Duplicate key identifier",
        206 => "Application record locked",
        _ => "Application internal error",
    }
}

/// Header fields up to MSH-18, the last one that an answer repeats; by number.
type Header<'a> = [&'a [u8]; 19];

fn read_header(message: &Message) -> Header<'_> {
    let mut fields: Header<'_> = [&[]; 19];
    if let Some(header) = message.header() {
        for (field, element) in fields[1..].iter_mut().zip(header.parts()) {
            *field = element.raw();
        }
    }
    fields
}

struct Writer<'a> {
    message: &'a Message,
    header: Header<'a>,
    delimiters: Delimiters,
    bytes: Vec<u8>,
}

impl<'a> Writer<'a> {
    /// A header field of the original as it stands; the same delimiters hold in the answer.
    fn original(&self, number: usize) -> Cow<'a, [u8]> {
        Cow::Borrowed(self.header[number])
    }

    /// MSH-12 as numbers; a message that does not say is taken as 2.5.
    fn version(&self) -> (u8, u8) {
        let digit = |byte: Option<&u8>| byte.filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0');
        let field = self.header[12];
        match (digit(field.first()), digit(field.get(2))) {
            (Some(major), Some(minor)) => (major, minor),
            _ => (2, 5),
        }
    }

    /// Message type with trigger event from 2.3, with the structure from 2.3.1 (HL7 v2.3.1 §2.24.1.9).
    fn message_type(&self) -> Vec<u8> {
        let first = self.header[9].split(|byte| *byte == self.delimiters.repetition).next().unwrap_or_default();
        let trigger = first.split(|byte| *byte == self.delimiters.component).nth(1).unwrap_or_default();
        let version = self.version();
        let has_structure = version > (2, 3) || (version == (2, 3) && self.header[12].starts_with(b"2.3.1"));
        let component = [self.delimiters.component];
        if trigger.is_empty() || version < (2, 3) {
            b"ACK".to_vec()
        } else if has_structure {
            [b"ACK", &component[..], trigger, &component, b"ACK"].concat()
        } else {
            [b"ACK", &component[..], trigger].concat()
        }
    }

    fn header(&mut self, reply: &Acknowledgment<'_>) {
        let or = |number: usize, fallback: &'static [u8]| match self.header[number] {
            [] => Cow::Borrowed(fallback),
            field => Cow::Borrowed(field),
        };
        let none = || Cow::Borrowed(&[][..]);
        let fields = [
            self.original(5),
            self.original(6),
            self.original(3),
            self.original(4),
            self.text(reply.time).into(),
            none(),
            self.message_type().into(),
            self.text(reply.control_id).into(),
            or(11, b"P"),
            or(12, b"2.5.1"),
            none(),
            none(),
            none(),
            none(),
            none(),
            self.original(18),
        ];
        self.bytes.extend_from_slice(b"MSH");
        self.bytes.push(self.delimiters.field);
        self.bytes.extend_from_slice(self.delimiters.encoding_characters().as_bytes());
        self.fields(&fields);
    }

    fn msa(&mut self, reply: &Acknowledgment<'_>) {
        // MSA-3 was withdrawn with 2.7.
        let text = reply.text.filter(|_| self.version() < (2, 7)).map(|text| self.text(text)).unwrap_or_default();
        let sequence = reply.sequence.map(|number| number.to_string().into_bytes()).unwrap_or_default();
        let fields = [reply.code.as_str().as_bytes().into(), self.original(10), text.into(), sequence.into()];
        self.bytes.extend_from_slice(b"MSA");
        self.fields(&fields);
    }

    /// HL7 v2.5 §2.15.5: location, code, severity, text.
    fn err(&mut self, finding: &Finding<'_>) {
        let component = [self.delimiters.component];
        let location = finding.location.map(|path| self.location(path)).unwrap_or_default();
        let condition =
            [finding.condition.to_string().as_bytes(), condition_name(finding.condition).as_bytes(), b"HL70357"]
                .join(&component[..]);
        let severity = match finding.severity {
            Severity::Error => b"E",
            Severity::Warning => b"W",
            Severity::Note => b"I",
        };
        let text = self.text(finding.text);
        let none = || Cow::Borrowed(&[][..]);
        self.bytes.extend_from_slice(b"ERR");
        let (location, condition, text) = (location.into(), condition.into(), text.into());
        self.fields(&[none(), location, condition, severity[..].into(), none(), none(), none(), text]);
    }

    /// HL7 v2.3 §2.16.5: ERR-1 repeats segment, sequence, field and code.
    fn err_before_2_5(&mut self, findings: &[Finding<'_>]) {
        let Delimiters { component, subcomponent, repetition, .. } = self.delimiters;
        let entries: Vec<Vec<u8>> = findings
            .iter()
            .map(|finding| {
                let mut parts = finding.location.map_or_else(|| vec![Vec::new(); 3], |path| self.location_parts(path));
                parts.resize(3, Vec::new());
                let code = finding.condition.to_string();
                parts.push(
                    [code.as_bytes(), condition_name(finding.condition).as_bytes(), b"HL70357"]
                        .join(&[subcomponent][..]),
                );
                parts.join(&[component][..])
            })
            .collect();
        self.bytes.extend_from_slice(b"ERR");
        self.fields(&[entries.join(&[repetition][..]).into()]);
    }

    /// ERL: segment, its sequence, field, repetition, component, subcomponent.
    fn location(&self, path: &Path) -> Vec<u8> {
        self.location_parts(path).join(&[self.delimiters.component][..])
    }

    fn location_parts(&self, path: &Path) -> Vec<Vec<u8>> {
        let at = |index: &Index| match index {
            Index::At(number) => number.to_string(),
            _ => "1".to_owned(),
        };
        let mut parts = vec![path.segment_name().to_owned(), at(&path.occurrence)];
        if let Some((number, repetition)) = &path.member.field {
            parts.extend([number.to_string(), at(repetition)]);
            parts.extend(path.member.component.map(|number| number.to_string()));
            parts.extend(path.member.subcomponent.map(|number| number.to_string()));
        }
        parts.into_iter().map(String::into_bytes).collect()
    }

    /// Text in the answer's delimiters and character set; what the set lacks becomes a question mark.
    fn text(&self, text: &str) -> Vec<u8> {
        text::encode(text, self.delimiters, self.message.charset()).map_or_else(
            || {
                let plain: String = text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect();
                text::encode(&plain, self.delimiters, self.message.charset())
                    .map(|bytes| bytes.into_owned())
                    .unwrap_or_default()
            },
            |bytes| bytes.into_owned(),
        )
    }

    /// Writes fields and the segment end, without separators behind the last value.
    fn fields(&mut self, fields: &[Cow<'_, [u8]>]) {
        let used = fields.iter().rposition(|field| !field.is_empty()).map_or(0, |last| last + 1);
        for field in &fields[..used] {
            self.bytes.push(self.delimiters.field);
            self.bytes.extend_from_slice(field);
        }
        self.bytes.push(b'\r');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(original: &[u8], code: AckCode, findings: &[Finding<'_>]) -> String {
        let message = Message::parse_slice(original).0;
        let reply =
            Acknowledgment { code, control_id: "R1", time: "20260301", text: Some("a|b"), sequence: None, findings };
        String::from_utf8_lossy(&build(&message, &reply)).into_owned()
    }

    #[test]
    fn versions() {
        let check = |version: &str, expect: &str| {
            let original = format!("MSH|^~\\&|A^1^ISO|B|C|D|||ADT^A01|M1|T|{version}\r");
            assert_eq!(built(original.as_bytes(), AckCode::AA, &[]), expect);
        };
        check("2.2", "MSH|^~\\&|C|D|A^1^ISO|B|20260301||ACK|R1|T|2.2\rMSA|AA|M1|a\\F\\b\r");
        check("2.3", "MSH|^~\\&|C|D|A^1^ISO|B|20260301||ACK^A01|R1|T|2.3\rMSA|AA|M1|a\\F\\b\r");
        check("2.3.1", "MSH|^~\\&|C|D|A^1^ISO|B|20260301||ACK^A01^ACK|R1|T|2.3.1\rMSA|AA|M1|a\\F\\b\r");
        check("2.5^USA", "MSH|^~\\&|C|D|A^1^ISO|B|20260301||ACK^A01^ACK|R1|T|2.5^USA\rMSA|AA|M1|a\\F\\b\r");
        assert!(built(b"MSH|^~\\&|||||||ADT^A01~X^Y|M|P|2.5.1\r", AckCode::AA, &[]).contains("|ACK^A01^ACK|"));
        check("2.8.2", "MSH|^~\\&|C|D|A^1^ISO|B|20260301||ACK^A01^ACK|R1|T|2.8.2\rMSA|AA|M1\r");
    }

    #[test]
    fn broken_messages() {
        let check = |original: &[u8], expect: &str| assert_eq!(built(original, AckCode::AR, &[]), expect);
        check(b"", "MSH|^~\\&|||||20260301||ACK|R1|P|2.5.1\rMSA|AR||a\\F\\b\r");
        check(b"MSH#!@%*#A\r", "MSH#!@%*###A##20260301##ACK#R1#P#2.5.1\rMSA#AR##a|b\r");
        check(
            b"MSH|^~\\&||||||||||||||||8859/1\r",
            "MSH|^~\\&|||||20260301||ACK|R1|P|2.5.1||||||8859/1\rMSA|AR||a\\F\\b\r",
        );
    }

    #[test]
    fn errors() {
        let path = Path::parse("PID[1]-3[2].4").expect("a path");
        let findings = [
            Finding { location: Some(&path), condition: 101, severity: Severity::Error, text: "x é" },
            Finding { location: None, condition: 207, severity: Severity::Warning, text: "" },
        ];
        let new = built(b"MSH|^~\\&|||||||ADT^A01|M1|P|2.5||||||ASCII\r", AckCode::AE, &findings);
        assert!(new.ends_with(
            "\rERR||PID^1^3^2^4|101^Required field missing^HL70357|E||||x ?\rERR|||207^Application internal error^HL70357|W\r"
        ), "{new}");
        let old = built(b"MSH|^~\\&|||||||ADT^A01|M1|P|2.3\r", AckCode::AE, &findings);
        assert!(
            old.ends_with(
                "\rERR|PID^1^3^101&Required field missing&HL70357~^^^207&Application internal error&HL70357\r"
            ),
            "{old}"
        );
    }

    #[test]
    fn a_wide_message_gets_a_wide_answer() {
        let original: Vec<u8> = "\u{FEFF}MSH|^~\\&|A|||||||M1\r".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let message = Message::parse_slice(&original).0;
        let reply =
            Acknowledgment { code: AckCode::AA, control_id: "1", time: "", text: None, sequence: None, findings: &[] };
        let bytes = build(&message, &reply);
        let (answer, _) = Message::parse(bytes);
        assert_eq!(answer.text(&Path::field(b"MSA", 1)), "AA");
        assert_eq!(answer.text(&Path::field(b"MSH", 5)), "A");
    }
}
