//! Nothing silently lost: every place of the corpus's messages with a value went somewhere, is ignored with a reason, or is a
//! gap: of a kind that is listed here, or in `coverage.csv` with a reason.
//!
//! `cargo nextest run -p lang --test coverage --no-capture` prints the counts; `ONLY=adt` the maps with that in their names.

mod repository;

use hl7v2::{
    Message, Path,
    dictionary::{Dictionary, Part, Version},
    structure::{Order, place_message},
};
use lang::coverage;
use repository::library;
use std::collections::{BTreeMap, BTreeSet};

/// Why a place that no line reads is not silently lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    /// A Z segment, or one that no version of the standard has: a site's map reads it.
    Own,
    /// A segment that the structure of the message does not have.
    Elsewhere,
    /// A field, component or subcomponent that no version of the standard has.
    Beyond,
    /// The null value of HL7 v2 (`""`), which FHIR R4 has no way to say in a new resource.
    Null,
}

/// A place that is looked at: of broken messages, or of what FHIR has one of.
struct Reviewed {
    /// The map, or `*`.
    map: String,
    /// What the path begins with.
    place: String,
}

/// The rows of `coverage.csv`.
fn reviewed() -> Vec<Reviewed> {
    let rows = include_str!("coverage.csv").lines().skip(1);
    let cells = rows.map(|row| row.splitn(3, ',').map(str::to_owned).collect::<Vec<_>>());
    cells
        .map(|cells| {
            let [map, place, reason] = cells.try_into().expect("three cells in each row of coverage.csv");
            assert!(!reason.is_empty(), "{map} {place}");
            Reviewed { map, place }
        })
        .collect()
}

/// The part that a path names, in some version.
fn is_standard(path: &str) -> bool {
    let Ok(path) = Path::parse(path) else { return false };
    let Some((number, _)) = path.member.field else { return true };
    let id = String::from_utf8_lossy(&path.segment).into_owned();
    let versions = || Version::ALL.into_iter().map(Dictionary::of);
    // Its parameters go on behind the last field.
    let number = if id == "QPD" { number.min(3) } else { number };
    let fields = versions().filter_map(|dictionary| dictionary.segment(&id)?.field(number));
    let mut types: BTreeSet<&'static str> = fields.map(Part::type_name).collect();
    for number in [path.member.component, path.member.subcomponent].into_iter().flatten() {
        if types.contains("varies") {
            return true;
        }
        let inside = |name: &&'static str| {
            let name = *name;
            let parts = versions().filter_map(move |dictionary| dictionary.datatype(name)?.component(number));
            parts.map(Part::type_name).chain((number == 1).then_some(name))
        };
        types = types.iter().flat_map(inside).collect();
    }
    !types.is_empty()
}

fn gap_of(message: &Message, path: &str, elsewhere: &BTreeSet<String>) -> Option<Gap> {
    let plain = coverage::without_indexes(path);
    let id = plain.get(..3).unwrap_or("");
    let has_segment = Version::ALL.into_iter().any(|version| Dictionary::of(version).segment(id).is_some());
    if id.starts_with('Z') || !has_segment {
        return Some(Gap::Own);
    }
    if elsewhere.contains(id) {
        return Some(Gap::Elsewhere);
    }
    if !is_standard(&plain) {
        return Some(Gap::Beyond);
    }
    let is_null = Path::parse(path).is_ok_and(|path| message.text(&path) == "\"\"");
    is_null.then_some(Gap::Null)
}

fn files(folder: &std::path::Path, out: &mut Vec<std::path::PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            files(&path, out);
        } else {
            out.push(path);
        }
    }
}

#[test]
fn nothing_is_silently_lost() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let mut paths = Vec::new();
    files(&corpus.join("v2"), &mut paths);
    files(&corpus.join("v2-fhir-pairs"), &mut paths);
    if paths.is_empty() {
        println!("skipped: no corpus beside the workspace");
        return;
    }
    paths.sort();
    let only = std::env::var("ONLY").unwrap_or_default();
    let standard = library();
    let settings = lang::Settings { explain: true, ..lang::Settings::default() };
    let mut tree = fhir::Tree::new();
    let (mut messages, mut places, mut left) = (0, 0, 0);
    let mut gaps: BTreeMap<Gap, usize> = BTreeMap::new();
    let reviewed = reviewed();
    let mut known = vec![0_usize; reviewed.len()];
    let mut lost: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for path in paths.iter().filter(|path| path.extension().is_none_or(|kind| kind != "json" && kind != "md")) {
        let Ok(bytes) = std::fs::read(path) else { continue };
        for (message, _) in hl7v2::Batch::split(bytes).0.parsed() {
            if !message.has_header() {
                continue;
            }
            let Some(map) = standard.map_for(&message).and_then(|(file, _)| file.main()) else { continue };
            if !map.name.contains(&only) {
                continue;
            }
            let mut run = lang::Run::new(message::Timestamp(0), 1);
            let Ok(Some(origins)) = map.convert(&message, &mut tree, &mut run, &settings) else { continue };
            messages += 1;
            places += lang::lineage::places(&message).len();
            left += coverage::left(&origins).len();
            let elsewhere = unknown_segments(&message);
            for place in coverage::uncovered(&message, &origins, &map.ignored) {
                let plain = coverage::without_indexes(&place);
                let fits = |one: &Reviewed| (one.map == "*" || *one.map == *map.name) && plain.starts_with(&one.place);
                if let Some(at) = reviewed.iter().position(fits) {
                    known[at] += 1;
                    continue;
                }
                match gap_of(&message, &place, &elsewhere) {
                    Some(gap) => *gaps.entry(gap).or_default() += 1,
                    None => {
                        let name = path.file_name().unwrap_or_default().to_string_lossy();
                        let file = format!("{place} {name} ({})", map.name);
                        lost.entry(coverage::without_indexes(&place)).or_insert((0, file)).0 += 1;
                    }
                }
            }
        }
    }
    let mut lines: Vec<_> = lost.iter().collect();
    lines.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    for (place, (count, file)) in lines.iter().take(200) {
        println!("{count:6} {place}  {file}");
    }
    println!(
        "{messages} messages, {places} places; read and told why not written: {left}; gaps: {gaps:?}; known: {known:?}; lost: {}",
        lost.len()
    );
    assert!(lost.is_empty());
    let stale = reviewed.iter().zip(&known).filter(|(_, count)| **count == 0).map(|(one, _)| &one.place);
    let stale: Vec<_> = stale.collect();
    assert!(stale.is_empty() || !only.is_empty(), "rows of coverage.csv that no message needs: {stale:?}");
}

/// Segments that the structure of the message does not have.
fn unknown_segments(message: &Message) -> BTreeSet<String> {
    let Some((_, placement)) = place_message(message) else { return BTreeSet::new() };
    let unknown = placement.items.iter().filter(|item| item.order == Order::Unknown).filter_map(|item| item.segment);
    let segments: Vec<&str> = message.segments().map(|segment| segment.id()).collect();
    unknown.filter_map(|number| Some((*segments.get(number as usize)?).to_owned())).collect()
}

/// Segments of every message that say nothing of its matter: where it goes on, and who may send it.
const ENVELOPE: [&str; 2] = ["DSC", "UAC"];

/// Every segment that the structures of a map have is read by one of its lines, or left out with a reason: of versions before
/// and behind the one in which most hospitals speak.
#[test]
fn every_segment_of_a_structure_is_read_or_ignored() {
    let standard = library();
    let mut forgotten: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut looked = 0;
    for map in standard.messages() {
        let tree = map.tree();
        let statement = tree.statements.iter().find(|statement| statement.word(tree) == "map").expect("a map");
        let (mut read, mut ignored) = (BTreeSet::new(), BTreeSet::new());
        for section in lang::outline::of_map(tree, statement, standard.library()) {
            for row in &section.rows {
                let texts = [&row.source, &row.condition, &section.condition];
                read.extend(texts.into_iter().flat_map(|text| ids(text)));
            }
        }
        let (file, _) =
            lang::MapFile::compile(tree, &lang::Scope::new(standard.tables()).with_library(standard.library()));
        // Of a field too: who writes such a line has looked at the segment.
        ignored.extend(
            file.main().expect("one map").ignored.iter().filter_map(|one| one.path.get(..3).map(str::to_owned)),
        );
        for name in map.from.kind.iter().chain(&map.from.also) {
            for version in [Version::V2_3_1, Version::V2_5_1, Version::V2_8_2] {
                let Some(structure) = Dictionary::of(version).structure(name) else { continue };
                for node in hl7v2::structure::standard::compiled(structure).nodes() {
                    let hl7v2::structure::Kind::Segment(id) = node.kind else { continue };
                    let id = String::from_utf8_lossy(&id).into_owned();
                    looked += 1;
                    if !ENVELOPE.contains(&&*id) && !read.contains(&id) && !ignored.contains(&id) {
                        forgotten.entry(map.path.to_string()).or_default().insert(id);
                    }
                }
            }
        }
    }
    assert!(looked > 500, "{looked} segments");
    let forgotten: Vec<String> = forgotten.iter().map(|(map, ids)| format!("{map}: {ids:?}")).collect();
    assert!(forgotten.is_empty(), "{}", forgotten.join("\n"));
}

/// The segments that a text of a map names: `PV1` of `each PV1` and of `PV1-3.1`.
fn ids(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() == 3);
    let is_id = |word: &&str| {
        word.starts_with(|c: char| c.is_ascii_uppercase())
            && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    words.filter(is_id).map(str::to_owned)
}
