//! Values that are blanks alone: they say nothing, and receivers outside of HL7 v2 have no such values.

use super::Message;
use memchr::memchr_iter;

impl Message {
    /// The message without values that are blanks alone; `None` when there are none. A blank line of a text stays: a repetition
    /// beside others, and what is observed (OBX-5).
    ///
    /// ```
    /// let (message, _) = hl7v2::Message::parse("MSH|^~\\&|A\rPID|||1|| ^  |Doe^ |\r");
    /// let without = message.without_blanks().map(|message| message.to_bytes());
    /// assert_eq!(without.as_deref(), Some(&b"MSH|^~\\&|A\rPID|||1|||Doe^|\r"[..]));
    /// ```
    #[must_use]
    pub fn without_blanks(&self) -> Option<Message> {
        let buffer = self.buffer();
        let signs = self.shape();
        let marks = self.delimiters;
        let is_edge = |byte: u8| byte == marks.field || byte == marks.component || byte == marks.subcomponent;
        let is_end = |sign: &u8| *sign == marks.field || matches!(sign, b'\r' | b'\n');
        let (mut out, mut kept, mut end) = (Vec::new(), 0, 0);
        for start in memchr_iter(b' ', signs) {
            let is_first = start >= end && start.checked_sub(1).is_some_and(|before| is_edge(signs[before]));
            if !is_first {
                continue;
            }
            end = start + signs[start..].iter().take_while(|sign| **sign == b' ').count();
            let is_alone = signs.get(end).is_none_or(|sign| is_edge(*sign) || is_end(sign));
            if !is_alone || self.is_observed(signs, start) {
                continue;
            }
            // A field of blanks and separators holds nothing at all.
            let field = signs[..start].iter().rposition(is_end).map_or(0, |place| place + 1);
            let behind = signs[end..].iter().position(is_end).map_or(signs.len(), |length| end + length);
            let is_hollow = field >= kept && signs[field..behind].iter().all(|sign| *sign == b' ' || is_edge(*sign));
            let from = if is_hollow { field } else { start };
            end = if is_hollow { behind } else { end };
            out.extend_from_slice(&buffer[kept..from]);
            kept = end;
        }
        if kept == 0 {
            return None;
        }
        out.extend_from_slice(&buffer[kept..]);
        Some(Message::parse(self.encode_like(out)).0)
    }

    /// The place stands in OBX-5.
    fn is_observed(&self, signs: &[u8], place: usize) -> bool {
        let before = &signs[..place];
        let line = before.iter().rposition(|sign| matches!(sign, b'\r' | b'\n')).map_or(0, |end| end + 1);
        let line = &before[line..];
        line.starts_with(b"OBX") && line.iter().filter(|sign| **sign == self.delimiters.field).count() == 5
    }
}

#[cfg(test)]
mod tests {
    use crate::Message;

    #[test]
    fn blanks_alone_go() {
        let check = |segments: &str, expect: Option<&str>| {
            let (message, _) = Message::parse(format!("MSH|^~\\&|A B\r{segments}\r"));
            let found = message.without_blanks().map(|without| String::from_utf8(without.to_bytes().to_vec()).unwrap());
            let expect = expect.map(|segments| format!("MSH|^~\\&|A B\r{segments}\r"));
            assert_eq!(found, expect, "{segments}");
        };
        check("PID|1||7||Doe^Jane Ann| x|y ", None);
        check("PID|1|  |7", Some("PID|1||7"));
        check("PID|1||7^ ^ |  ", Some("PID|1||7^^|"));
        check("PID|1|| ^ & ^|7", Some("PID|1|||7"));
        check("PID| \rPV1|1| ", Some("PID|\rPV1|1|"));
        // A line of a text, and a field that is no field.
        check("OBX|1|TX|a|| |  ", Some("OBX|1|TX|a|| |"));
        check("NTE|1||one~ ~three", None);
        check("OBX|1|TX|a|| \rOBX|2", None);
    }
}
