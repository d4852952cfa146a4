//! A batch of acknowledgments, the answer to a batch (HL7 v2.9 §2.10.3.3).

use crate::{Message, Path};
use bytes::Bytes;

/// What the answer to a batch holds.
#[derive(Clone, Debug)]
pub struct Answers<'a> {
    /// The FHS line of the batch that is answered, if it had one.
    pub file_header: Option<&'a [u8]>,
    /// The BHS line of it.
    pub header: &'a [u8],
    /// One message each.
    pub messages: &'a [Bytes],
    /// BHS-11 of the answer.
    pub control_id: &'a str,
    /// BHS-7 of the answer, in HL7 form.
    pub time: &'a str,
    /// BTS-2: what was wrong with the batch itself; without patient data.
    pub comment: Option<&'a str>,
}

/// The batch, lines ended by CR, in the delimiters of the one that it answers.
#[must_use]
pub fn batch(answers: &Answers<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    if let Some(line) = answers.file_header {
        header(&mut out, line, *b"FHS", answers);
    }
    let field = header(&mut out, answers.header, *b"BHS", answers);
    for message in answers.messages {
        out.extend_from_slice(message);
        if !message.ends_with(b"\r") {
            out.push(b'\r');
        }
    }
    let comment = answers.comment.map(|text| plain(text, &Message::parse_slice(answers.header).0));
    let comment = comment.map_or_else(Vec::new, |text| [&[field], text.as_bytes()].concat());
    out.extend_from_slice(
        &[b"BTS", &[field][..], answers.messages.len().to_string().as_bytes(), &comment, b"\r"].concat(),
    );
    if answers.file_header.is_some() {
        out.extend_from_slice(&[b"FTS", &[field][..], b"1\r"].concat());
    }
    out
}

/// FHS and BHS have the same fields: receiver and sender change places, BHS-12 names the batch that is answered.
fn header(out: &mut Vec<u8>, line: &[u8], id: [u8; 3], answers: &Answers<'_>) -> u8 {
    let original = Message::parse_slice(line).0;
    let of = |number: u16| original.raw(&Path::field(&id, number)).to_vec();
    let text = |text: &str| plain(text, &original).into_bytes();
    let fields = [
        of(5),
        of(6),
        of(3),
        of(4),
        text(answers.time),
        Vec::new(),
        Vec::new(),
        Vec::new(),
        text(answers.control_id),
        of(11),
    ];
    self::line(out, id, &original, &fields);
    original.delimiters().field
}

/// FHS or BHS with these fields from the third on, in the delimiters of `like`.
pub(crate) fn line(out: &mut Vec<u8>, id: [u8; 3], like: &Message, fields: &[Vec<u8>]) {
    let delimiters = like.delimiters();
    let used = fields.iter().rposition(|field| !field.is_empty()).map_or(0, |last| last + 1);
    out.extend_from_slice(&id);
    out.push(delimiters.field);
    out.extend_from_slice(delimiters.encoding_characters().as_bytes());
    for field in &fields[..used] {
        out.push(delimiters.field);
        out.extend_from_slice(field);
    }
    out.push(b'\r');
}

/// Text in ASCII without a delimiter: what stands here is ours, and needs neither.
pub(crate) fn plain(text: &str, like: &Message) -> String {
    let delimiters = like.delimiters();
    let special =
        [delimiters.field, delimiters.component, delimiters.subcomponent, delimiters.repetition, delimiters.escape];
    let keep = |c: char| if c.is_ascii() && !c.is_ascii_control() && !special.contains(&(c as u8)) { c } else { ' ' };
    text.chars().map(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Batch;

    #[test]
    fn batches_of_answers() {
        let check = |file: Option<&str>, header: &str, comment: Option<&str>, expect: &str| {
            let messages =
                [Bytes::from_static(b"MSH|^~\\&|X\rMSA|AA|1\r"), Bytes::from_static(b"MSH|^~\\&|X\rMSA|AR|2")];
            let answers = Answers {
                file_header: file.map(str::as_bytes),
                header: header.as_bytes(),
                messages: &messages,
                control_id: "R1",
                time: "20260301",
                comment,
            };
            let text = String::from_utf8(batch(&answers)).unwrap();
            assert_eq!(text.replace('\r', "/"), expect);
            assert_eq!(Batch::split(text).1, [], "right counts, headers and trailers");
        };
        let body = "MSH|^~\\&|X/MSA|AA|1/MSH|^~\\&|X/MSA|AR|2/";
        check(
            None,
            "BHS|^~\\&|LAB|N|HUB|H|2026||||B7\r",
            None,
            &format!("BHS|^~\\&|HUB|H|LAB|N|20260301||||R1|B7/{body}BTS|2/"),
        );
        check(
            Some("FHS|^~\\&|LAB|||||||F7"),
            "BHS|^~\\&|LAB",
            Some("E1021: 3|2"),
            &format!("FHS|^~\\&|||LAB||20260301||||R1/BHS|^~\\&|||LAB||20260301||||R1/{body}BTS|2|E1021: 3 2/FTS|1/"),
        );
    }
}
