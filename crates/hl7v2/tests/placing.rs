//! Messages in the structures of the standard: nothing is lost, whatever comes in whatever order; what the messages of the
//! corpus look like. Skips, and says so, where the corpus is not there.

use hl7v2::dictionary::{Dictionary, Version};
use hl7v2::structure::{self, Kind, Order, standard};
use hl7v2::{Batch, Message};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const IDS: [&str; 18] = [
    "MSH", "PID", "PD1", "NTE", "NK1", "PV1", "PV2", "ORC", "OBR", "OBX", "TQ1", "SPM", "RXE", "RXR", "FT1", "IN1",
    "ROL", "ZZZ",
];
const STRUCTURES: [&str; 6] = ["ADT_A01", "ORU_R01", "OML_O21", "RDE_O11", "DFT_P03", "ORM_O01"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_segment_is_placed_once_and_where_it_may_stand(
        ids in prop::collection::vec(0..IDS.len(), 0..40),
        which in 0..STRUCTURES.len(),
        version in 5..Version::ALL.len(),
    ) {
        let Some(found) = Dictionary::of(Version::ALL[version]).structure(STRUCTURES[which]) else { return Ok(()) };
        let compiled = standard::compiled(found);
        let ids: Vec<[u8; 3]> = ids.into_iter().map(|id| IDS[id].as_bytes().try_into().expect("three")).collect();
        let placement = structure::place(compiled, ids.iter().copied());
        let placed: Vec<u32> = placement.items.iter().filter_map(|item| item.segment).collect();
        prop_assert_eq!(placed, (0..ids.len() as u32).collect::<Vec<_>>());
        for item in &placement.items[1..] {
            let parent = placement.items[item.parent as usize].node;
            match (item.segment, item.order) {
                (Some(_), Order::Unknown) => prop_assert_eq!(item.node, parent),
                (Some(number), _) => {
                    prop_assert_eq!(compiled.node(item.node).kind, Kind::Segment(ids[number as usize]));
                    prop_assert_eq!(compiled.node(item.node).parent, parent);
                }
                (None, _) => prop_assert_eq!(compiled.node(item.node).parent, parent),
            }
        }
    }
}

fn files() -> Vec<PathBuf> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/v2"));
    if !root.is_dir() {
        eprintln!("skipped: no corpus of messages beside the repository");
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

#[derive(Default)]
struct Seen {
    messages: usize,
    without_structure: BTreeMap<String, usize>,
    segments: usize,
    local: usize,
    unknown: BTreeMap<String, usize>,
    broken: BTreeMap<String, usize>,
}

impl Seen {
    fn message(&mut self, message: &Message) {
        self.messages += 1;
        let Some((compiled, placement)) = structure::place_message(message) else {
            let kind = message.header().and_then(|header| header.field(9)).map(|field| field.text().into_owned());
            *self.without_structure.entry(kind.unwrap_or_default()).or_default() += 1;
            return;
        };
        let ids: Vec<&str> = message.segments().map(|segment| segment.id()).collect();
        let placed: Vec<usize> = placement.items.iter().filter_map(|item| item.segment).map(|at| at as usize).collect();
        assert_eq!(placed, (0..ids.len()).collect::<Vec<_>>(), "every segment once, in order");
        for item in &placement.items {
            let Some(id) = item.segment.map(|number| ids[number as usize]) else { continue };
            self.segments += 1;
            let place = || format!("{id} in {}", compiled.node(0).name);
            match item.order {
                Order::Unknown if id.starts_with('Z') || id == "DSC" || id == "ADD" => self.local += 1,
                Order::Unknown => *self.unknown.entry(place()).or_default() += 1,
                Order::Broken => *self.broken.entry(place()).or_default() += 1,
                Order::Kept => {}
            }
        }
    }
}

#[test]
fn every_message_of_the_corpus_is_placed() {
    let mut seen = Seen::default();
    for file in files() {
        let bytes = std::fs::read(&file).expect("a readable file");
        for raw in Batch::split(bytes).0.messages() {
            seen.message(&Message::parse(raw.clone()).0);
        }
    }
    let sum = |map: &BTreeMap<String, usize>| map.values().sum::<usize>();
    eprintln!(
        "{} messages, {} of them without a known structure; {} segments: {} local, {} not in the structure, {} out of order",
        seen.messages,
        sum(&seen.without_structure),
        seen.segments,
        seen.local,
        sum(&seen.unknown),
        sum(&seen.broken)
    );
    for (what, map) in
        [("without a structure", &seen.without_structure), ("unknown", &seen.unknown), ("out of order", &seen.broken)]
    {
        let mut most: Vec<_> = map.iter().collect();
        most.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        eprintln!("{what}: {:?}", most.iter().take(25).collect::<Vec<_>>());
    }
    if seen.messages > 0 {
        assert!(sum(&seen.without_structure) * 20 < seen.messages, "over 5 % of the messages have no structure");
        assert!(sum(&seen.unknown) * 20 < seen.segments, "over 5 % of the segments are unknown to their structure");
    }
}

/// In OUL_R22 of 2.9 an OBX behind ORC may be the document of the order, which requires TXA, or the first result.
#[test]
fn a_group_that_cannot_be_complete_is_not_entered() {
    let found =
        Dictionary::of(Version::ALL[Version::ALL.len() - 1]).structure("OUL_R22").expect("in the newest version");
    let compiled = standard::compiled(found);
    let group_of = |ids: &[&[u8; 3]]| {
        let placement = structure::place(compiled, ids.iter().map(|id| **id));
        let item = placement.items.iter().find(|item| item.segment == Some(4)).expect("the OBX");
        compiled.node(placement.items[item.parent as usize].node).name.to_string()
    };
    assert_eq!(group_of(&[b"MSH", b"SPM", b"OBR", b"ORC", b"OBX", b"NTE"]), "RESULT");
    assert_eq!(group_of(&[b"MSH", b"SPM", b"OBR", b"ORC", b"OBX", b"TXA"]), "ORDER_DOCUMENT");
}
