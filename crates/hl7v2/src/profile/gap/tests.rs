//! Gaps between small outlines, one difference at a time, and between versions of the standard.

use super::*;
use crate::dictionary::Version;
use crate::profile::outline::{Codes, Condition, Part};
use message::Severity;
use std::sync::Arc;

fn part(number: u16) -> Part {
    Part {
        number,
        name: format!("Field {number}"),
        usage: Usage::Optional,
        condition: None,
        min: 0,
        max: Some(1),
        length: None,
        datatype: "ST".into(),
        types: Vec::new(),
        constant: None,
        codes: None,
        seen: None,
        parts: Vec::new(),
    }
}

fn segment(name: &str, usage: Usage, parts: Vec<Part>) -> Node {
    Node {
        kind: NodeKind::Segment,
        name: name.into(),
        title: String::new(),
        usage,
        condition: None,
        min: u32::from(usage == Usage::Required),
        max: Some(1),
        seen: None,
        nodes: Vec::new(),
        parts,
    }
}

fn group(name: &str, usage: Usage, nodes: Vec<Node>) -> Node {
    Node { kind: NodeKind::Group, nodes, max: None, ..segment(name, usage, Vec::new()) }
}

fn outline(nodes: Vec<Node>) -> Outline {
    Outline { kind: "ADT".into(), nodes, ..Outline::default() }
}

/// Gaps in a line each.
fn gaps(sender: Vec<Node>, receiver: Vec<Node>) -> Vec<String> {
    let found = compare(&outline(sender), &outline(receiver));
    found
        .gaps
        .iter()
        .map(|gap| format!("{} {} {}: {}; {}", gap.code, gap.consequence.as_str(), gap.path, gap.receiver, gap.sender))
        .collect()
}

fn check_parts(sender: Part, receiver: Part, expect: &[&str]) {
    let of = |part| vec![segment("PID", Usage::Required, vec![part])];
    assert_eq!(gaps(of(sender), of(receiver)), expect);
}

fn codes(name: &str, codes: &[&str], is_open: bool) -> Option<Arc<Codes>> {
    let codes = codes.iter().map(|code| (*code).to_owned()).collect();
    Some(Arc::new(Codes { name: name.into(), codes, is_open, severity: Some(Severity::Error), ..Codes::default() }))
}

#[test]
fn usage_of_fields() {
    let with = |usage| Part { usage, ..part(1) };
    let check = |sent, wanted, expect: &[&str]| check_parts(with(sent), with(wanted), expect);
    check(Usage::Required, Usage::Required, &[]);
    check(Usage::Required, Usage::Optional, &[]);
    check(Usage::Optional, Usage::Required, &["E1155 may-refuse PID-1: requires it (R); may send it (O)"]);
    check(Usage::NotSupported, Usage::Required, &["E1155 will-refuse PID-1: requires it (R); never sends it"]);
    check(
        Usage::NotSupported,
        Usage::RequiredOrEmpty,
        &["E1155 will-miss PID-1: expects it wherever it is known (RE); never sends it"],
    );
    check(Usage::Required, Usage::NotSupported, &["E1156 will-refuse PID-1: does not allow it (X); always sends it"]);
    check(
        Usage::RequiredOrEmpty,
        Usage::NotSupported,
        &["E1156 may-refuse PID-1: does not allow it (X); may send it (RE)"],
    );
    check(Usage::NotSupported, Usage::NotSupported, &[]);
}

#[test]
fn conditions_are_questions() {
    let condition =
        Some(Condition { text: "If PID-2 is there".into(), when_true: Usage::Required, when_false: Usage::Optional });
    let wanted = Part { usage: Usage::Conditional, condition, ..part(1) };
    let text = "requires it under a condition (C): If PID-2 is there";
    check_parts(part(1), wanted.clone(), &[&format!("E1163 ask PID-1: {text}; may send it (O)")]);
    let never = Part { usage: Usage::NotSupported, ..part(1) };
    check_parts(never, wanted, &[&format!("E1155 may-refuse PID-1: {text}; never sends it")]);
}

#[test]
fn numbers_lengths_types() {
    check_parts(
        Part { max: None, ..part(1) },
        Part { max: Some(2), ..part(1) },
        &["E1158 may-refuse PID-1: takes 0..2; sends 0..*"],
    );
    check_parts(
        Part { length: Some((0, Some(80))), ..part(1) },
        Part { length: Some((2, Some(48))), ..part(1) },
        &[
            "E1159 may-truncate PID-1: takes 48 characters; sends up to 80",
            "E1159 may-refuse PID-1: asks for 2 characters; sends 0 and more",
        ],
    );
    check_parts(
        Part { datatype: "DTM".into(), ..part(1) },
        Part { datatype: "DT".into(), ..part(1) },
        &["E1161 may-refuse PID-1: reads DT; sends DTM"],
    );
    check_parts(
        Part { constant: Some("2.3".into()), ..part(1) },
        Part { constant: Some("2.5.1".into()), ..part(1) },
        &["E1162 will-refuse PID-1: has to be '2.5.1'; sends '2.3'"],
    );
}

#[test]
fn code_sets() {
    let with = |codes| Part { codes, ..part(1) };
    let sent = || with(codes("seen", &["A", "M", "X"], false));
    check_parts(
        sent(),
        with(codes("0001", &["F", "M"], false)),
        &["E1160 may-refuse PID-1: takes the 2 codes of 0001; may send A, X"],
    );
    check_parts(
        sent(),
        with(codes("0001", &["F", "M"], true)),
        &["E1160 will-not-read PID-1: takes the 2 codes of 0001, and is open to more; may send A, X"],
    );
    check_parts(sent(), with(codes("0001", &["A", "F", "M", "X"], false)), &[]);
    check_parts(sent(), with(None), &[]);
}

#[test]
fn parts_of_values() {
    let wanted = Part {
        datatype: "CX".into(),
        parts: vec![Part { length: Some((0, Some(5))), ..part(1) }, Part { usage: Usage::Required, ..part(2) }],
        ..part(1)
    };
    let plain = Part { length: Some((1, Some(9))), ..part(1) };
    check_parts(
        plain,
        wanted.clone(),
        &[
            "E1159 may-truncate PID-1.1: takes 5 characters; sends up to 9",
            "E1155 will-refuse PID-1.2: requires it (R); never sends it",
        ],
    );
    let more =
        Part { datatype: "CX".into(), parts: vec![Part { usage: Usage::Required, ..part(2) }, part(3)], ..part(1) };
    check_parts(more, wanted, &["E1157 will-not-read PID-1.3: its type has no such part; may send it (O)"]);
}

#[test]
fn segments_and_groups() {
    let all = |usage| vec![segment("MSH", Usage::Required, Vec::new()), segment("NK1", usage, vec![part(1)])];
    assert_eq!(
        gaps(all(Usage::Optional), all(Usage::Required)),
        ["E1155 may-refuse NK1: requires it (R); may send it (O)"]
    );
    assert_eq!(
        gaps(all(Usage::Required), vec![segment("MSH", Usage::Required, Vec::new())]),
        ["E1157 will-not-read NK1: has no place for the segment; always sends it"]
    );
    let visit = |usage| vec![group("VISIT", Usage::Optional, vec![segment("PV1", usage, vec![part(1)])])];
    assert_eq!(gaps(Vec::new(), visit(Usage::Required)), Vec::<String>::new());
    assert_eq!(
        gaps(visit(Usage::Optional), visit(Usage::Required)),
        ["E1155 may-refuse PV1: requires it (R); may send it (O)"]
    );
    // The same segment under another group, or none, is the same segment.
    let flat = vec![segment("PV1", Usage::Required, vec![part(1), part(2)])];
    assert_eq!(
        gaps(flat, visit(Usage::Required)),
        ["E1157 will-not-read PV1-2: its segment ends before it; may send it (O)"]
    );
}

#[test]
fn the_same_gap_of_many_places_is_told_once() {
    let obx = |usage| segment("OBX", Usage::Optional, vec![Part { usage, ..part(1) }]);
    let both =
        |usage| vec![group("A", Usage::Optional, vec![obx(usage)]), group("B", Usage::Optional, vec![obx(usage)])];
    let found = compare(&outline(both(Usage::Optional)), &outline(both(Usage::Required)));
    assert_eq!(found.gaps.len(), 1);
    assert_eq!(found.gaps[0].groups, ["A", "B"]);
}

#[test]
fn other_messages_are_not_compared() {
    let other = Outline { kind: "ORU".into(), ..outline(vec![segment("OBR", Usage::Required, Vec::new())]) };
    let found = compare(&outline(Vec::new()), &other);
    assert_eq!(found.gaps.iter().map(|gap| gap.code.id).collect::<Vec<_>>(), ["E1164"]);
}

#[test]
fn the_standard_with_itself_has_no_gap_and_with_another_version_some() {
    for (version, name) in [(Version::V2_3_1, "ADT_A01"), (Version::V2_5_1, "ORU_R01"), (Version::V2_8, "OML_O21")] {
        let outline = Outline::of_standard(version, name).expect("a structure");
        assert_eq!(compare(&outline, &outline).gaps, [], "{name}");
    }
    let old = Outline::of_standard(Version::V2_3, "ORU_R01").expect("a structure");
    let new = Outline::of_standard(Version::V2_5_1, "ORU_R01").expect("a structure");
    let found = compare(&new, &old);
    let has = |path: &str, code: &str| found.gaps.iter().any(|gap| gap.path == path && gap.code.id == code);
    // SPM and OBX-18 came after 2.3.
    assert!(has("SPM", "E1157") && has("OBX-18", "E1157"));
    assert!(!found.is_good());
}
