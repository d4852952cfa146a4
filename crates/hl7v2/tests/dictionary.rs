//! The embedded dictionary as a whole: every reference in it leads somewhere, and it is small and quick to open. What it
//! says is compared with the standard in `standard.rs`.

use hl7v2::dictionary::{Dictionary, Node, NodeKind, Nodes, Part, Version};
use std::time::Instant;

/// Everything of a version is visited; returns how many things.
fn walk(dictionary: Dictionary) -> usize {
    let mut seen = 0;
    for segment in dictionary.segments() {
        assert_eq!(dictionary.segment(segment.id()), Some(segment));
        assert!(segment.id().len() == 3 && !segment.name().is_empty(), "{} {}", dictionary.version(), segment.id());
        seen += segment.fields().map(|field| part(segment.id(), field)).sum::<usize>();
    }
    for kind in dictionary.datatypes() {
        assert_eq!(dictionary.datatype(kind.id()), Some(kind));
        seen += kind.components().map(|component| part(kind.id(), component)).sum::<usize>();
    }
    for table in dictionary.tables() {
        assert_eq!(dictionary.table(table.number()), Some(table));
        for code in table.codes() {
            assert_eq!(table.code(code.code), Some(code), "{} {}", table.number(), code.code);
            seen += 1;
        }
    }
    for structure in dictionary.structures() {
        assert_eq!(dictionary.structure(structure.id()), Some(structure));
        seen += nodes(dictionary, structure.id(), structure.nodes());
    }
    for trigger in dictionary.trigger_events().flat_map(|event| event.triggers().collect::<Vec<_>>()) {
        assert!(dictionary.structure(trigger.structure).is_some(), "{trigger:?}");
        assert_eq!(dictionary.structure_of(trigger.message_type, trigger.event), Some(trigger.structure));
        seen += 1;
    }
    seen
}

fn part(owner: &str, part: Part) -> usize {
    let place = format!("{owner} {}", part.number());
    assert!(!part.name().is_empty(), "{place}");
    assert!(part.type_name() == "varies" || part.datatype().is_some(), "{place}: {}", part.type_name());
    assert!(part.table_number().is_none() || part.table().is_some(), "{place}: table");
    1
}

fn nodes(dictionary: Dictionary, structure: &str, list: Nodes) -> usize {
    let visit = |node: Node| {
        let is_known = match node.kind() {
            NodeKind::Group | NodeKind::Choice => true,
            NodeKind::Segment => node.name() == "ANYHL7SEGMENT" || dictionary.segment(node.name()).is_some(),
        };
        assert!(is_known, "{} {structure}: no segment {}", dictionary.version(), node.name());
        1 + nodes(dictionary, structure, node.children())
    };
    list.map(visit).sum()
}

#[test]
fn every_reference_leads_somewhere() {
    for version in Version::ALL {
        let seen = walk(Dictionary::of(version));
        eprintln!("{version}: {seen} facts");
        assert!(seen > 500, "{version}: {seen}");
    }
}

#[test]
fn it_is_small_and_opens_at_once() {
    let start = Instant::now();
    let found = Dictionary::of(Version::V2_5_1).segment("PID").and_then(|pid| pid.field(5)).map(Part::name);
    let open = start.elapsed();
    assert_eq!(found, Some("Patient Name"));
    let rounds = 10_000;
    let start = Instant::now();
    for round in 0..rounds {
        let version = Version::ALL[round % Version::ALL.len()];
        let field = Dictionary::of(version).segment("PV1").and_then(|segment| segment.field(3));
        assert!(std::hint::black_box(field).is_some());
    }
    let lookup = start.elapsed() / u32::try_from(rounds).expect("a small number");
    eprintln!("{} bytes, opened and asked in {open:?}, a lookup takes {lookup:?}", Dictionary::size_bytes());
    assert!(Dictionary::size_bytes() < 2 * 1024 * 1024);
}

#[test]
fn it_says_what_it_was_made_from() {
    let sources: Vec<_> = Dictionary::sources().collect();
    assert_eq!(sources.len(), 4);
    assert!(sources.iter().all(|source| source.name.contains(':') && source.sha256.len() == 64), "{sources:?}");
}
