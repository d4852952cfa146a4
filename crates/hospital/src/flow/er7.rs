//! Writes ER7: segments of numbered fields, escaped, in the sender's character set.
//!
//! Promises: every value is escaped before it meets a separator (HL7 v2.5.1 §2.7); segments end with CR.

use message::Timestamp;

/// What a sender writes its characters in (MSH-18, table 0211).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    /// No MSH-18; accents are dropped, as old systems do.
    Ascii,
    /// `8859/1`.
    Latin1,
    /// `UNICODE UTF-8`.
    Utf8,
}

impl Charset {
    pub(super) fn name(self) -> &'static str {
        match self {
            Charset::Ascii => "",
            Charset::Latin1 => "8859/1",
            Charset::Utf8 => "UNICODE UTF-8",
        }
    }

    fn encode(self, text: &str, out: &mut Vec<u8>) {
        match self {
            Charset::Utf8 => out.extend_from_slice(text.as_bytes()),
            Charset::Latin1 => {
                out.extend(text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or_else(|_| plain(c))))
            }
            Charset::Ascii => out.extend(text.chars().map(|c| if c.is_ascii() { c as u8 } else { plain(c) })),
        }
    }
}

/// The letter without its accent.
fn plain(accented: char) -> u8 {
    match accented {
        'À'..='Å' => b'A',
        'Ç' => b'C',
        'È'..='Ë' => b'E',
        'Ì'..='Ï' | 'İ' => b'I',
        'Ñ' => b'N',
        'Ò'..='Ö' | 'Ø' => b'O',
        'Ù'..='Ü' => b'U',
        'Ł' => b'L',
        'Ş' | 'Š' => b'S',
        'Ž' | 'Ż' => b'Z',
        'à'..='å' | 'ă' | 'ą' => b'a',
        'ç' | 'č' | 'ć' => b'c',
        'è'..='ë' | 'ę' | 'ě' | 'ễ' => b'e',
        'ì'..='ï' | 'ı' => b'i',
        'ñ' | 'ń' => b'n',
        'ò'..='ö' | 'ø' => b'o',
        'ù'..='ü' | 'ů' => b'u',
        'ł' => b'l',
        'ř' => b'r',
        'ş' | 'š' | 'ß' => b's',
        'ý' | 'ÿ' => b'y',
        'ž' | 'ż' => b'z',
        _ => b'?',
    }
}

/// A segment whose fields are set by number.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    name: &'static str,
    fields: Vec<String>,
}

impl Segment {
    pub(super) fn new(name: &'static str) -> Segment {
        Segment { name, fields: Vec::new() }
    }

    /// Field `number`, from 1; MSH counts its separator, as the standard does. `value` is escaped already.
    #[must_use]
    pub(super) fn set(mut self, number: usize, value: impl Into<String>) -> Segment {
        if self.fields.len() < number {
            self.fields.resize(number, String::new());
        }
        self.fields[number - 1] = value.into();
        self
    }

    /// As [`Segment::set`], where the value is there.
    #[must_use]
    pub(super) fn maybe(self, number: usize, value: Option<String>) -> Segment {
        match value {
            Some(value) => self.set(number, value),
            None => self,
        }
    }

    /// How many fields a sender with a fixed table writes.
    pub(super) fn habitual_width(&self) -> usize {
        match self.name {
            "PID" => 30,
            "PV1" => 50,
            "ZPI" => 8,
            _ => 0,
        }
    }

    /// Appends the segment; `width` pads with empty fields, a habit of some senders.
    pub(super) fn write(&self, charset: Charset, width: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(self.name.as_bytes());
        let skipped = usize::from(self.name == "MSH");
        let last = self.fields.iter().rposition(|field| !field.is_empty()).map_or(0, |index| index + 1);
        for index in skipped..last.max(width) {
            out.push(b'|');
            charset.encode(self.fields.get(index).map_or("", String::as_str), out);
        }
        out.push(b'\r');
    }
}

/// Escapes the five delimiters (HL7 v2.5.1 §2.7.1).
pub(super) fn text(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len());
    for c in plain.chars() {
        match c {
            '|' => out.push_str("\\F\\"),
            '^' => out.push_str("\\S\\"),
            '~' => out.push_str("\\R\\"),
            '&' => out.push_str("\\T\\"),
            '\\' => out.push_str("\\E\\"),
            '\n' => out.push_str("\\.br\\"),
            '\r' => {}
            other => out.push(other),
        }
    }
    out
}

/// Escaped values joined as components, without empty ones at the end.
pub(super) fn parts(values: &[&str]) -> String {
    let last = values.iter().rposition(|value| !value.is_empty()).map_or(0, |index| index + 1);
    values[..last].iter().map(|value| text(value)).collect::<Vec<_>>().join("^")
}

/// `code^name^system`.
pub(super) fn coded(code: &str, name: &str, system: &str) -> String {
    parts(&[code, name, system])
}

/// `YYYYMMDDHHMMSS`.
pub(super) fn moment(at: Timestamp) -> String {
    let (year, month, day, hour, minute, second, _) = at.utc();
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

/// `YYYYMMDD`.
pub(super) fn day(at: Timestamp) -> String {
    let (year, month, day, ..) = at.utc();
    format!("{year:04}{month:02}{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_fields_by_number() {
        let segment = Segment::new("PID").set(1, "1").set(5, parts(&["O|B", "A&B", ""])).set(7, "");
        let mut out = Vec::new();
        segment.write(Charset::Utf8, 0, &mut out);
        segment.write(Charset::Ascii, 7, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "PID|1||||O\\F\\B^A\\T\\B\rPID|1||||O\\F\\B^A\\T\\B||\r");
        let mut head = Vec::new();
        Segment::new("MSH").set(2, "^~\\&").set(3, "A").write(Charset::Utf8, 0, &mut head);
        assert_eq!(head, b"MSH|^~\\&|A\r");
    }

    #[test]
    fn writes_character_sets() {
        let check = |charset: Charset, expect: &[u8]| {
            let mut out = Vec::new();
            charset.encode("Müłler", &mut out);
            assert_eq!(out, expect);
        };
        check(Charset::Utf8, "Müłler".as_bytes());
        check(Charset::Latin1, b"M\xFCller");
        check(Charset::Ascii, b"Muller");
    }
}
