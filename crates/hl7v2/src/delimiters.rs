//! The characters that separate, read from MSH-1 and MSH-2 (HL7 v2.9 §2.5.4; FHS and BHS alike, §2.10.3).
//!
//! Promises: every delimiter is an ASCII byte that is no letter, digit or line end. What a header lacks or says
//! wrongly is replaced by the suggested character, and the anomaly is named.

/// The delimiters of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Delimiters {
    /// MSH-1, suggested `|`.
    pub field: u8,
    /// First of MSH-2, suggested `^`.
    pub component: u8,
    /// Second of MSH-2, suggested `~`.
    pub repetition: u8,
    /// Third of MSH-2, suggested `\`.
    pub escape: u8,
    /// Fourth of MSH-2, suggested `&`.
    pub subcomponent: u8,
    /// Fifth of MSH-2, suggested `#`; defined from 2.7 on, met below it too.
    pub truncation: Option<u8>,
}

impl Default for Delimiters {
    fn default() -> Delimiters {
        Delimiters {
            field: b'|',
            component: b'^',
            repetition: b'~',
            escape: b'\\',
            subcomponent: b'&',
            truncation: None,
        }
    }
}

/// What was odd about a header's delimiters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Oddities {
    /// MSH-2 has fewer than four characters.
    pub(crate) short: bool,
    /// A character cannot be a delimiter, occurs twice, or MSH-2 has more than five.
    pub(crate) wrong: bool,
}

/// The three segments whose first field is the separator itself.
pub(crate) fn is_header(id: [u8; 3]) -> bool {
    matches!(&id, b"MSH" | b"FHS" | b"BHS")
}

/// A byte that may separate fields.
fn can_delimit(byte: u8) -> bool {
    byte.is_ascii() && !byte.is_ascii_alphanumeric() && byte >= b' ' && byte != 0x7F
}

/// `line` opens with MSH, FHS or BHS and something that may be its field separator.
pub(crate) fn opens_header(line: &[u8]) -> bool {
    matches!(line, [a, b, c, sep, ..] if is_header([*a, *b, *c]) && can_delimit(*sep))
}

/// `line` opens with a segment id and the separator, or is a segment id and nothing else
/// (HL7 v2.9 §2.5.1: three characters, the first a letter).
pub(crate) fn opens_segment(line: &[u8], field: u8) -> bool {
    let [a, b, c, rest @ ..] = line else { return false };
    let is_tail = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    if !(a.is_ascii_uppercase() && is_tail(b) && is_tail(c)) {
        return false;
    }
    match rest.first() {
        None | Some(b'\r' | b'\n') => true,
        Some(byte) => *byte == field || (is_header([*a, *b, *c]) && can_delimit(*byte)),
    }
}

/// The position of the first header line.
pub(crate) fn header_at(bytes: &[u8], start: usize) -> Option<usize> {
    if opens_header(&bytes[start..]) {
        return Some(start);
    }
    memchr::memchr2_iter(b'\r', b'\n', &bytes[start..]).map(|at| start + at + 1).find(|at| opens_header(&bytes[*at..]))
}

impl Delimiters {
    /// Reads a header line; the caller has checked [`opens_header`].
    pub(crate) fn read(line: &[u8]) -> (Delimiters, Oddities) {
        let mut out = Delimiters::default();
        let mut odd = Oddities::default();
        out.field = line.get(3).copied().unwrap_or(b'|');
        let after = line.get(4..).unwrap_or_default();
        let end = after.iter().position(|byte| *byte == out.field || matches!(byte, b'\r' | b'\n'));
        let given = &after[..end.unwrap_or(after.len())];
        odd.short = given.len() < 4;
        odd.wrong = given.len() > 5;
        // Bytes that are taken; 0 is a free place, and no delimiter is 0.
        let mut used = [out.field, 0, 0, 0, 0];
        let slots = [&mut out.component, &mut out.repetition, &mut out.escape, &mut out.subcomponent];
        for (place, (slot, byte)) in slots.into_iter().zip(given).enumerate() {
            if can_delimit(*byte) && !used.contains(byte) {
                *slot = *byte;
            } else {
                odd.wrong = true;
            }
            used[place + 1] = *slot;
        }
        if let Some(fifth) = given.get(4) {
            if can_delimit(*fifth) && !used.contains(fifth) {
                out.truncation = Some(*fifth);
            } else {
                odd.wrong = true;
            }
        }
        (out, odd)
    }

    /// The delimiters as MSH-2 would say them.
    #[must_use]
    pub fn encoding_characters(&self) -> String {
        let mut out: String =
            [self.component, self.repetition, self.escape, self.subcomponent].into_iter().map(char::from).collect();
        out.extend(self.truncation.map(char::from));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        let check = |line: &str, expect: &str, truncation: Option<u8>, short: bool, wrong: bool| {
            let (found, odd) = Delimiters::read(line.as_bytes());
            let shown: String = [found.field, found.component, found.repetition, found.escape, found.subcomponent]
                .map(char::from)
                .iter()
                .collect();
            assert_eq!(
                (shown.as_str(), found.truncation, odd.short, odd.wrong),
                (expect, truncation, short, wrong),
                "{line}"
            );
        };
        check("MSH|^~\\&|A", "|^~\\&", None, false, false);
        check("MSH|^~\\&#|A", "|^~\\&", Some(b'#'), false, false);
        check("MSH#!@%*#A", "#!@%*", None, false, false);
        check("MSH|^~|A", "|^~\\&", None, true, false);
        check("MSH||A", "|^~\\&", None, true, false);
        check("MSH|^~MS|A", "|^~\\&", None, false, true);
        check("MSH|^^\\&|A", "|^~\\&", None, false, true);
        check("MSH|^~\\&#!|A", "|^~\\&", Some(b'#'), false, true);
    }

    #[test]
    fn segments() {
        let check = |line: &str, expect: bool| assert_eq!(opens_segment(line.as_bytes(), b'|'), expect, "{line}");
        check("PID|1", true);
        check("PID", true);
        check("PID\rX", true);
        check("ZP1|", true);
        check("pid|1", false);
        check("PIDX|1", false);
        check("1PI|1", false);
        check(" PID|1", false);
        check("MSH#x", true);
        check("", false);
    }
}
