//! `split by OBR`, `split by orders[*]`: one message as several, each of them whole in itself.
//!
//! | the message is | `split by` | a part |
//! |---|---|---|
//! | HL7 v2 | a segment: `OBR`, `PID`, `FT1` | what stands in front of the first one, and one of them with what follows it; for OBR, the ORC in front of it goes along; a further PID begins anew |
//! | JSON, XML | places that stand in a row: `orders[*]`, `order[*]` | everything around them, and one of them |
//!
//! Promises: the same message gives the same parts with the same control ids (MSH-10 with `-1`, `-2` behind it), so that a
//! part that comes twice is known; no byte of a part is written anew but its control id; every byte of the message is in at
//! least one part.

use crate::{
    codes,
    form::Form,
    matter::Matter,
    program::parse::{expect_end, segment_id},
    run::{Fault, Run, Site},
    scope::Scope,
    syntax::{Cursor, Statement, Tree},
};
use formats::{Document, Path};
use hl7v2::{Element, Message};
use message::{Diagnostic, Format, limits};

/// Parts of one message: each is at least one delivery.
pub const PARTS_MAX: usize = limits::DELIVERIES_PER_MESSAGE_MAX;

/// A compiled line.
#[derive(Clone, Debug)]
pub struct Split {
    by: By,
    site: Site,
}

#[derive(Clone, Debug)]
enum By {
    Segment([u8; 3]),
    Place(Path),
}

impl Split {
    /// Reads a `split` line; `None` with an error among the findings.
    pub fn parse(
        tree: &Tree,
        statement: &Statement,
        form: &Form,
        scope: &Scope<'_>,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Split> {
        let mut cursor = Cursor::new(tree, statement);
        cursor.take();
        if !cursor.eat("by") {
            let finding = Diagnostic::error(codes::E2711, "`by` is missing").at(&tree.file, cursor.here(), "here");
            found.push(finding.hint("write it like `split by OBR`, or `split by orders[*]`"));
            return None;
        }
        let by = match form.format {
            Format::Hl7v2 => segment(&mut cursor, scope, found)?,
            Format::Json | Format::Xml => place(&mut cursor, form, found)?,
            Format::Delimited | Format::X12 | Format::Fhir | Format::Text | Format::Binary => {
                let what = format!("a message that is {} is not split", form.name());
                let hint =
                    "rows, items of a list and lines become messages of their own by `messages` in the `receive` block";
                found.push(Diagnostic::error(codes::E2711, what).at(&tree.file, cursor.here(), "").hint(hint));
                return None;
            }
        };
        expect_end(&cursor, found)?;
        Some(Split { by, site: Site::new(tree, statement.span.clone()) })
    }

    /// The parts, in order; the message itself where there is one at most.
    ///
    /// # Errors
    /// E2710 where they do not stand in a row, or are too many; no fuel left.
    pub fn cut(&self, matter: &Matter, run: &mut Run) -> Result<Vec<Matter>, Fault> {
        let cut = match (&self.by, matter) {
            (By::Segment(id), Matter::V2(message)) => segments(message, *id).map(|parts| v2_parts(message, &parts)),
            (By::Place(path), Matter::Other(document)) => places(document, path),
            (By::Segment(_) | By::Place(_), Matter::V2(_) | Matter::Fhir(..) | Matter::Other(_)) => {
                return Err(self.site.fault(codes::E2646, "the line is for messages of another format"));
            }
        };
        let parts = cut.map_err(|why| self.site.fault(codes::E2710, why))?;
        self.site.burn(run, 1 + 16 * parts.len() as u64)?;
        Ok(if parts.len() < 2 { vec![matter.clone()] } else { parts })
    }
}

fn segment(cursor: &mut Cursor<'_>, scope: &Scope<'_>, found: &mut Vec<Diagnostic>) -> Option<By> {
    let place = cursor.here();
    let id = segment_id(cursor, scope, found)?;
    if matches!(&id, b"MSH" | b"FHS" | b"BHS" | b"BTS" | b"FTS") {
        let finding =
            Diagnostic::error(codes::E2711, "a batch is split by itself: each of its messages is one already");
        found.push(finding.at(&cursor.tree().file, place, "").hint("leave the line out"));
        return None;
    }
    Some(By::Segment(id))
}

fn place(cursor: &mut Cursor<'_>, form: &Form, found: &mut Vec<Diagnostic>) -> Option<By> {
    let file = cursor.tree().file.clone();
    let (place, text) = (cursor.here(), cursor.peek_str());
    cursor.take();
    match Path::parse(text) {
        Ok(mut path) if !path.is_new() => {
            path.resolve_prefixes(&form.layout.namespaces);
            Some(By::Place(path))
        }
        Ok(_) => {
            found.push(Diagnostic::error(codes::E2711, "`[+]` makes a new one").at(&file, place, ""));
            None
        }
        Err(wrong) => {
            let finding = Diagnostic::error(codes::E2711, wrong.text).at(&file, place, "");
            found.push(finding.hint("write the places that repeat, as in `split by orders[*]`"));
            None
        }
    }
}

type Cut<T> = Result<T, &'static str>;
const TOO_MANY: &str = "the message has too many parts";

/// Numbers of the segments of each part.
fn segments(message: &Message, id: [u8; 3]) -> Cut<Vec<Vec<usize>>> {
    let mut parts: Vec<Vec<usize>> = Vec::new();
    // What every part begins with; what those of one patient go on with; the part that grows.
    let (mut head, mut patient, mut own): (Vec<usize>, Vec<usize>, Vec<usize>) = Default::default();
    // The part that grows has its segment, not only the ORC in front of it.
    let mut is_begun = false;
    let close = |own: &mut Vec<usize>, head: &[usize], patient: &[usize], parts: &mut Vec<Vec<usize>>| {
        if own.is_empty() {
            return Ok(());
        }
        parts.push([head, patient, own].concat());
        own.clear();
        if parts.len() > PARTS_MAX { Err(TOO_MANY) } else { Ok(()) }
    };
    for (number, segment) in message.segments().enumerate() {
        let name = segment.id().as_bytes();
        let is_it = name == id;
        let goes_along = &id == b"OBR" && name == b"ORC";
        if name == b"PID" && !is_it {
            // A patient without a part of its own is in none, so it becomes one.
            if own.is_empty() && !patient.is_empty() {
                own.append(&mut patient.split_off(0));
            }
            close(&mut own, &head, &patient, &mut parts)?;
            patient = vec![number];
            is_begun = false;
        } else if is_it || goes_along {
            if is_begun || goes_along {
                close(&mut own, &head, &patient, &mut parts)?;
            }
            own.push(number);
            is_begun = is_it;
        } else if !own.is_empty() {
            own.push(number);
        } else if !patient.is_empty() {
            patient.push(number);
        } else {
            head.push(number);
        }
    }
    if own.is_empty() && !parts.is_empty() {
        own.append(&mut patient.split_off(0));
    }
    close(&mut own, &head, &patient, &mut parts)?;
    Ok(parts)
}

/// The parts as messages, each with a control id of its own.
fn v2_parts(message: &Message, parts: &[Vec<usize>]) -> Vec<Matter> {
    let all: Vec<Element<'_>> = message.segments().collect();
    let separator = message.delimiters().field;
    let make = |(number, part): (usize, &Vec<usize>)| {
        let mut bytes = Vec::new();
        for segment in part.iter().filter_map(|number| all.get(*number)) {
            if segment.id() == "MSH" {
                header(segment.raw(), separator, number + 1, &mut bytes);
            } else {
                bytes.extend_from_slice(segment.raw());
            }
            bytes.push(b'\r');
        }
        Matter::V2(Message::parse(bytes).0)
    };
    parts.iter().enumerate().map(make).collect()
}

/// MSH with the number of the part behind its control id (MSH-10), where it has one.
fn header(raw: &[u8], separator: u8, number: usize, out: &mut Vec<u8>) {
    for (place, field) in raw.split(|byte| *byte == separator).enumerate() {
        if place > 0 {
            out.push(separator);
        }
        out.extend_from_slice(field);
        // The separator itself is MSH-1.
        if place + 1 == CONTROL_ID && !field.is_empty() {
            out.extend_from_slice(format!("-{number}").as_bytes());
        }
    }
}

/// MSH-10.
const CONTROL_ID: usize = 10;

/// The document with one of its places, and without the others.
fn places(document: &Document, path: &Path) -> Cut<Vec<Matter>> {
    let source = document.source();
    let nodes = path.all(document.root());
    let (Some(first), Some(last)) = (nodes.first(), nodes.last()) else { return Ok(Vec::new()) };
    if nodes.len() > PARTS_MAX {
        return Err(TOO_MANY);
    }
    if nodes.iter().any(|node| node.parent().map(|up| up.number()) != first.parent().map(|up| up.number())) {
        return Err("the places stand in several lists; choose one list");
    }
    let spans: Vec<_> = nodes.iter().map(|node| node.span()).collect();
    let is_between = |pair: &[std::ops::Range<usize>]| match pair {
        [before, after] => source
            .get(before.end..after.start)
            .is_some_and(|between| between.chars().all(|sign| sign == ',' || sign.is_whitespace())),
        _ => true,
    };
    if !spans.windows(2).all(is_between) {
        return Err("something else stands between the places, and would be in no part");
    }
    let bytes = document.write();
    if bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes) != source.as_bytes() {
        return Err("only a message in UTF-8 is split");
    }
    let (before, after) = (source.get(..first.span().start), source.get(last.span().end..));
    let (Some(before), Some(after)) = (before, after) else { return Err("the places cannot be cut") };
    let part = |span: &std::ops::Range<usize>| {
        let text = [before, source.get(span.clone()).unwrap_or_default(), after].concat();
        Matter::Other(Document::read(document.format(), text, document.layout()))
    };
    Ok(spans.iter().map(part).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Tables, syntax};
    use message::Timestamp;

    fn split(line: &str, format: Format, text: &str) -> Result<Vec<String>, &'static str> {
        let (tree, _) = syntax::parse("a.flow", line);
        let (tables, form, mut found) = (Tables::default(), Form::of(format), Vec::new());
        let scope = Scope::new(&tables).reading(&form);
        let split =
            Split::parse(&tree, &tree.statements[0], &form, &scope, &mut found).ok_or_else(|| found[0].code.id)?;
        let matter = Matter::read(&form, text.to_owned()).0;
        let parts = split.cut(&matter, &mut Run::new(Timestamp(0), 0)).map_err(|fault| fault.code.id)?;
        Ok(parts.iter().map(|part| String::from_utf8(part.to_bytes().to_vec()).unwrap()).collect())
    }

    /// Segments by a letter: the header, then what stands in each part.
    fn check(by: &str, message: &str, expect: &[&str]) {
        let text = format!("MSH|^~\\&|A|B|C|D|1||ORU^R01|77|P|2.5\r{}\r", message.replace(' ', "\r"));
        let parts = split(&format!("split by {by}"), Format::Hl7v2, &text).unwrap();
        let told: Vec<String> =
            parts.iter().map(|part| part.trim_end().split('\r').skip(1).collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(told, expect, "{message} by {by}");
        for (number, part) in parts.iter().enumerate() {
            let id = if parts.len() == 1 { "77".to_owned() } else { format!("77-{}", number + 1) };
            assert!(part.starts_with(&format!("MSH|^~\\&|A|B|C|D|1||ORU^R01|{id}|P|2.5\r")), "{part}");
        }
    }

    #[test]
    fn one_order_a_message() {
        check(
            "OBR",
            "PID|1 PV1|1 OBR|1 OBX|1 OBX|2 OBR|2 OBX|3",
            &["PID|1 PV1|1 OBR|1 OBX|1 OBX|2", "PID|1 PV1|1 OBR|2 OBX|3"],
        );
        check(
            "OBR",
            "PID|1 ORC|1 OBR|1 OBX|1 ORC|2 NTE|1 OBR|2",
            &["PID|1 ORC|1 OBR|1 OBX|1", "PID|1 ORC|2 NTE|1 OBR|2"],
        );
        check("OBR", "PID|1 ORC|1 OBR|1 OBX|1", &["PID|1 ORC|1 OBR|1 OBX|1"]);
        check("OBR", "PID|1 PV1|1", &["PID|1 PV1|1"]);
        // Two orders under one ORC, an ORC alone, two patients, a patient without an order.
        check("OBR", "PID|1 ORC|1 OBR|1 OBR|2", &["PID|1 ORC|1 OBR|1", "PID|1 OBR|2"]);
        check("OBR", "PID|1 OBR|1 ORC|2", &["PID|1 OBR|1", "PID|1 ORC|2"]);
        check("OBR", "PID|1 OBR|1 PID|2 PV1|2 OBR|2", &["PID|1 OBR|1", "PID|2 PV1|2 OBR|2"]);
        check("OBR", "PID|1 PID|2 OBR|2", &["PID|1", "PID|2 OBR|2"]);
        check("OBR", "PID|1 OBR|1 PID|2 PV1|2", &["PID|1 OBR|1", "PID|2 PV1|2"]);
        check("FT1", "EVN|1 PID|1 FT1|1 PR1|1 FT1|2", &["EVN|1 PID|1 FT1|1 PR1|1", "EVN|1 PID|1 FT1|2"]);
        check("PID", "EVN|1 PID|1 PV1|1 PID|2", &["EVN|1 PID|1 PV1|1", "EVN|1 PID|2"]);
    }

    #[test]
    fn every_segment_is_in_a_part() {
        let names = ["PID", "PV1", "ORC", "OBR", "OBX", "NTE"];
        let mut seed = 7_u64;
        for _ in 0..500 {
            let mut next = || {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (seed >> 33) as usize
            };
            let count = next() % 12;
            let lines: Vec<String> =
                (0..count).map(|number| format!("{}|{number}", names[next() % names.len()])).collect();
            let text = format!(
                "MSH|^~\\&|A|B|C|D|1||ORU^R01|77|P|2.5\r{}",
                lines.iter().map(|line| format!("{line}\r")).collect::<String>()
            );
            let parts = split("split by OBR", Format::Hl7v2, &text).unwrap();
            assert!(
                lines.iter().all(|line| parts.iter().any(|part| part.contains(&format!("\r{line}\r")))),
                "{text:?} {parts:?}"
            );
        }
    }

    #[test]
    fn places_of_other_formats() {
        let json = r#"{"mrn": "7", "orders": [{"code": "GLU"}, {"code": "NA"}], "end": 1}"#;
        assert_eq!(
            split("split by orders[*]", Format::Json, json).unwrap(),
            [
                r#"{"mrn": "7", "orders": [{"code": "GLU"}], "end": 1}"#,
                r#"{"mrn": "7", "orders": [{"code": "NA"}], "end": 1}"#
            ]
        );
        let xml = "<a><m>7</m>\n<o>1</o>\n<o>2</o><e/></a>";
        assert_eq!(
            split("split by a.o[*]", Format::Xml, xml).unwrap(),
            ["<a><m>7</m>\n<o>1</o><e/></a>", "<a><m>7</m>\n<o>2</o><e/></a>"]
        );
        assert_eq!(split("split by a.o[*]", Format::Xml, "<a><o>1</o><x/><o>2</o></a>"), Err("E2710"));
        assert_eq!(split("split by orders[*]", Format::Json, r#"{"orders": []}"#).unwrap(), [r#"{"orders": []}"#]);
    }

    #[test]
    fn lines_that_cannot_be_read() {
        for (line, format) in [
            ("split OBR", Format::Hl7v2),
            ("split by MSH", Format::Hl7v2),
            ("split by OBR", Format::Text),
            ("split by a[+]", Format::Json),
            ("split by x", Format::Delimited),
        ] {
            assert_eq!(split(line, format, "MSH|^~\\&|A\r"), Err("E2711"), "{line}");
        }
    }
}
