//! The parser against published parsers and against the bare delimiter index, in one run.
//!
//! Reading: parse, then ten reads of decoded values. Editing: parse, set one component, write. Peers are driven through
//! their fastest documented way to a value (direct navigation rather than text queries where they have it); every
//! contender's answers are compared before anything is timed.

pub(crate) mod messages;
mod ours;
mod peers;
mod report;

use crate::measure::{Contender, interleave};
use bytes::Bytes;
pub(crate) use report::Report;
use report::Row;

/// A place to read: segment id, its occurrence, field, component.
pub(crate) type Place = (&'static str, u16, u16, u16);

/// A message and what is read from it.
struct Case {
    name: &'static str,
    text: String,
    places: [Place; 10],
}

pub(crate) fn run() -> Report {
    let cases = [
        Case { name: "ADT 1 KB", text: messages::adt(), places: messages::ADT_PLACES },
        Case { name: "ORU 5 KB", text: messages::oru(), places: messages::ORU_PLACES },
        Case { name: "MDM 2 MB", text: messages::mdm(), places: messages::MDM_PLACES },
    ];
    let mut rows = Vec::new();
    for case in &cases {
        rows.push(read(case));
        rows.push(edit(case));
    }
    Report { rows }
}

/// Parse and ten reads.
fn read(case: &Case) -> Row {
    let text = case.text.as_str();
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    let paths = ours::paths(&case.places);
    let mut positions = Vec::new();
    let places = &case.places;
    let mut contenders = vec![
        Contender::new("sinew", || ours::read(&bytes, &paths)),
        Contender::new("er7", || peers::er7_read(text, places)),
        Contender::new("hl7-2", || peers::hl7_2_read(text, places)),
        Contender::new("hl7-parser", || peers::hl7_parser_read(text, places)),
    ];
    compare(&mut contenders, 0);
    contenders.push(Contender::new("bare index", || {
        hl7v2::scan::index(&bytes, *b"|^~\\&", &mut positions);
        positions.len()
    }));
    let nanos = interleave(&mut contenders);
    row(case, "parse + 10 reads", &contenders, &nanos)
}

/// Parse, set PID-5.1, write.
fn edit(case: &Case) -> Row {
    let text = case.text.as_str();
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    let path = ours::edit_path();
    let mut contenders = vec![
        Contender::new("sinew", || ours::edit(&bytes, &path)),
        Contender::new("er7", || peers::er7_edit(text)),
        Contender::new("hl7-2", || peers::hl7_2_edit(text)),
    ];
    compare(&mut contenders, 1);
    let nanos = interleave(&mut contenders);
    row(case, "parse + edit + write", &contenders, &nanos)
}

/// The same work leads to the same sizes; two peers drop the last segment end when they write.
fn compare(contenders: &mut [Contender<'_>], slack: usize) {
    let answers: Vec<usize> = contenders.iter_mut().map(|contender| (contender.work)()).collect();
    let is_same = answers.iter().all(|answer| answer.abs_diff(answers[0]) <= slack);
    assert!(is_same, "the contenders come to different values: {answers:?}");
}

fn row(case: &Case, what: &'static str, contenders: &[Contender<'_>], nanos: &[f64]) -> Row {
    let figures = contenders.iter().zip(nanos).map(|(contender, nanos)| (contender.name, *nanos)).collect();
    Row { message: case.name, bytes: case.text.len(), what, figures }
}
