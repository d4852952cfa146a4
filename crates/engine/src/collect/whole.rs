//! The bytes of a whole. Pure.

use bytes::Bytes;
use formats::Document;
use interface::definition::Join;
use lang::Matter;
use message::Format;

/// One message of several, in their order: HL7 v2 becomes the first with the chosen segments of the others, JSON an array, rows
/// become rows below one header. `None` where the formats differ.
pub(crate) fn of(join: &Join, matters: &[&Matter]) -> Option<Bytes> {
    match matters.first()? {
        Matter::V2(_) => v2(join, matters),
        Matter::Other(first) if first.format() == Format::Json => {
            let items: Option<Vec<&str>> = matters.iter().map(|one| Some(one.document()?.source().trim())).collect();
            Some(Bytes::from(format!("[{}]", items?.join(","))))
        }
        Matter::Other(first) if first.format() == Format::Delimited => rows(first, matters),
        Matter::Other(_) | Matter::Fhir(..) => None,
    }
}

fn v2(join: &Join, matters: &[&Matter]) -> Option<Bytes> {
    let (first, others) = matters.split_first()?;
    let mut bytes = first.to_bytes().to_vec();
    while bytes.last().is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
        bytes.pop();
    }
    bytes.push(b'\r');
    for other in others {
        let message = other.v2()?;
        let is_wanted = |id: &str| join.with.iter().any(|wanted| wanted == id.as_bytes());
        for segment in message.segments().filter(|segment| is_wanted(segment.id())) {
            bytes.extend_from_slice(segment.raw());
            bytes.push(b'\r');
        }
    }
    Some(bytes.into())
}

fn rows(first: &Document, matters: &[&Matter]) -> Option<Bytes> {
    let mut text = first.source().trim_end_matches(['\r', '\n']).to_owned();
    text.push('\n');
    for other in matters.get(1..)? {
        let document = other.document()?;
        for row in document.root().children() {
            text.push_str(document.source().get(row.span())?.trim_end_matches(['\r', '\n']));
            text.push('\n');
        }
    }
    Some(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lang::Form;
    use std::time::Duration;

    fn check(format: Format, parts: &[&str], expect: &str) {
        let form = Form::of(format);
        let by = match format {
            Format::Hl7v2 => lang::Locus::V2(hl7v2::Path::parse("PID-3.1").unwrap()),
            _ => lang::Locus::parse(if format == Format::Json { "a" } else { "row.a" }, &form).unwrap(),
        };
        let with = vec![*b"OBX", *b"NTE"];
        let join = Join { by, when: None, until: None, within: Duration::from_secs(1), at_most: 9, with };
        let matters: Vec<Matter> = parts.iter().map(|text| Matter::read(&form, (*text).to_owned()).0).collect();
        let made = of(&join, &matters.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(String::from_utf8_lossy(&made), expect);
    }

    #[test]
    fn wholes() {
        check(
            Format::Hl7v2,
            &[
                "MSH|^~\\&|A\rPID|1\rOBR|1\rOBX|1\r",
                "MSH|^~\\&|A\rPID|1\rOBR|1\rOBX|2\rNTE|1\rZZZ|1\r",
                "MSH|^~\\&|A\rOBX|3",
            ],
            "MSH|^~\\&|A\rPID|1\rOBR|1\rOBX|1\rOBX|2\rNTE|1\rOBX|3\r",
        );
        check(Format::Json, &["{\"a\": 1}\n", " {\"a\": 2}"], "[{\"a\": 1},{\"a\": 2}]");
        check(Format::Delimited, &["a,b\n1,2\n", "a,b\n3,\"4\n5\"\n"], "a,b\n1,2\n3,\"4\n5\"\n");
    }
}
