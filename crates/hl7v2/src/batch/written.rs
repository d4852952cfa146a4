//! The lines around a batch that is written (HL7 v2.9 §2.10.3): FHS, BHS, BTS, FTS.
//!
//! Promises: the lines have the delimiters of the messages inside, and what they say is text without any of these.
//! Never: writes the messages themselves.

use crate::{Message, Path, ack::batch::line};

/// What FHS and BHS say.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// FHS and FTS stand around the batch too.
    pub is_file: bool,
    /// BHS-7 and FHS-7, in HL7 form.
    pub time: &'a str,
    /// FHS-9: the file's name.
    pub name: &'a str,
    /// BHS-11 and FHS-11.
    pub control_id: &'a str,
}

/// The lines in front of the messages, ended by CR. Sender, receiver and delimiters are those of the first message.
///
/// ```
/// use hl7v2::batch::{Opening, opening, closing};
/// let said = Opening { is_file: false, time: "20260301", name: "", control_id: "B7" };
/// assert_eq!(opening(b"MSH|^~\\&|LAB|N|HUB|H\r", &said), b"BHS|^~\\&|LAB|N|HUB|H|20260301||||B7\r");
/// assert_eq!(closing(b"MSH|^~\\&|LAB|N|HUB|H\r", false, 2), b"BTS|2\r");
/// ```
#[must_use]
pub fn opening(first: &[u8], said: &Opening<'_>) -> Vec<u8> {
    let header = header_of(first);
    let mut out = Vec::new();
    let mut write = |id: [u8; 3], name: &str| {
        let of = |number: u16| header.raw(&Path::field(b"MSH", number)).to_vec();
        let text = |text: &str| crate::ack::batch::plain(text, &header).into_bytes();
        let fields =
            [of(3), of(4), of(5), of(6), text(said.time), Vec::new(), text(name), Vec::new(), text(said.control_id)];
        line(&mut out, id, &header, &fields);
    };
    if said.is_file {
        write(*b"FHS", said.name);
    }
    write(*b"BHS", "");
    out
}

/// The lines behind `count` messages, ended by CR.
#[must_use]
pub fn closing(first: &[u8], is_file: bool, count: usize) -> Vec<u8> {
    let field = header_of(first).delimiters().field;
    let mut out = [b"BTS", &[field][..], count.to_string().as_bytes(), b"\r"].concat();
    if is_file {
        out.extend_from_slice(&[b"FTS", &[field][..], b"1\r"].concat());
    }
    out
}

/// The MSH line alone: all that is needed of a message that may be long.
fn header_of(message: &[u8]) -> Message {
    let end = memchr::memchr2(b'\r', b'\n', message).unwrap_or(message.len());
    Message::parse_slice(&message[..end]).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Batch;

    #[test]
    fn a_written_batch_is_whole() {
        let check = |first: &str, is_file: bool, expect: [&str; 2]| {
            let said = Opening { is_file, time: "20260301", name: "a|b.hl7", control_id: "B7" };
            let written = [opening(first.as_bytes(), &said), closing(first.as_bytes(), is_file, 1)]
                .map(|lines| String::from_utf8(lines).unwrap());
            assert_eq!(written.clone().map(|text| text.replace('\r', "/")), expect.map(str::to_owned), "{first}");
            let (batch, findings) = Batch::split(format!("{}{first}{}", written[0], written[1]));
            assert_eq!(findings, [], "{first}");
            assert_eq!(batch.messages().collect::<Vec<_>>(), [first.as_bytes()]);
            assert!(batch.batches()[0].is_whole() && batch.batches()[0].control_id() == "B7");
        };
        check(
            "MSH|^~\\&|LAB|N|HUB|H|2026\rPID|1\r",
            true,
            ["FHS|^~\\&|LAB|N|HUB|H|20260301||a b.hl7||B7/BHS|^~\\&|LAB|N|HUB|H|20260301||||B7/", "BTS|1/FTS|1/"],
        );
        check("MSH|^~\\&\r", false, ["BHS|^~\\&|||||20260301||||B7/", "BTS|1/"]);
        check("MSH#!@%*#LAB^x\nPID#1\n", false, ["BHS#!@%*#LAB^x####20260301####B7/", "BTS#1/"]);
    }
}
