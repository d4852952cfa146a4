//! What another converter makes of the same messages: facts of its bundles that arrive in ours, and reviewed differences.
//!
//! A fact is an element of a resource type, without indexes, and its value. Not counted: identifiers, ids, references, the
//! narrative. `facts.csv` holds the differences that are meant, each with the row of the guide that says so; the converter
//! is not the guide.
//!
//! `ONLY=ADT-A01 cargo nextest run -p lang --test facts --no-capture` prints what is missing of those messages.

mod repository;

use repository::library;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// `Patient.name.family` and its value, dates as instants.
type Fact = (String, String);

/// Elements that hold what a converter chooses itself.
const FREE: [&str; 6] = ["id", "identifier", "reference", "fullUrl", "text.div", "text.status"];

fn facts_of(bundle: &Value) -> BTreeSet<Fact> {
    let mut out = BTreeSet::new();
    for entry in bundle["entry"].as_array().into_iter().flatten() {
        let resource = &entry["resource"];
        let kind = resource["resourceType"].as_str().unwrap_or("");
        for (name, value) in resource.as_object().into_iter().flatten().filter(|(name, _)| *name != "resourceType") {
            walk(kind, name, value, &mut out);
        }
    }
    out
}

fn walk(above: &str, name: &str, value: &Value, out: &mut BTreeSet<Fact>) {
    let is_free = FREE.contains(&name) || name.ends_with("Identifier");
    if is_free || name == "text" && value.get("div").is_some() {
        return;
    }
    let path = format!("{above}.{}", name.trim_start_matches('_'));
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| walk(&path, name, value, out)),
        Value::Array(items) => items.iter().for_each(|item| walk(above, name, item, out)),
        Value::Null => {}
        Value::String(text) => {
            out.insert((path, plain(text)));
        }
        Value::Number(number) => {
            out.insert((path, number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string())));
        }
        Value::Bool(truth) => {
            out.insert((path, truth.to_string()));
        }
    }
}

/// A text without space around it; a time as the instant that it is.
fn plain(text: &str) -> String {
    let text = text.trim();
    let is_time = text.len() > 15 && text.as_bytes().get(10) == Some(&b'T') && text.starts_with(char::is_numeric);
    match text.parse::<jiff::Timestamp>() {
        Ok(instant) if is_time => instant.to_string(),
        Ok(_) | Err(_) => text.to_owned(),
    }
}

/// A difference that is meant.
struct Reviewed {
    place: String,
    value: String,
    row: String,
    reason: String,
}

/// `place,value,row,reason`; `*` at either end of a place or value stands for anything; `MDM:` in front of a place means
/// messages of that type only.
fn reviewed() -> Vec<Reviewed> {
    let text = include_str!("facts.csv");
    text.lines()
        .skip(1)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let mut cells = line.splitn(4, ',').map(str::to_owned);
            let mut next = || cells.next().expect("four cells in each row of facts.csv");
            Reviewed { place: next(), value: next(), row: next(), reason: next() }
        })
        .collect()
}

fn fits(pattern: &str, text: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(_), Some(_)) => text.contains(pattern.trim_matches('*')),
        (Some(end), None) => text.ends_with(end),
        (None, Some(start)) => text.starts_with(start),
        (None, None) => pattern == text,
    }
}

#[derive(Default)]
struct Count {
    expected: usize,
    arrived: usize,
    explained: usize,
}

#[test]
fn facts_of_the_pairs_arrive() {
    let pairs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/v2-fhir-pairs");
    let sources = std::fs::read_dir(&pairs).into_iter().flatten().flatten();
    let mut paths: Vec<_> = sources
        .filter_map(|folder| std::fs::read_dir(folder.path()).ok())
        .flat_map(|files| files.flatten().map(|file| file.path()))
        .filter(|path| path.extension().is_some_and(|kind| kind == "hl7"))
        .collect();
    if paths.is_empty() {
        println!("skipped: no corpus beside the workspace");
        return;
    }
    paths.sort();
    let only = std::env::var("ONLY").ok();
    let (standard, reviewed) = (library(), reviewed());
    let mut used = vec![0_usize; reviewed.len()];
    let mut kinds: BTreeMap<String, Count> = BTreeMap::new();
    let mut missing: BTreeMap<Fact, Vec<String>> = BTreeMap::new();
    let mut tree = fhir::Tree::new();
    for path in paths.iter().filter(|path| only.as_ref().is_none_or(|only| path.to_string_lossy().contains(only))) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let expected = std::fs::read(path.with_extension("expected.json")).expect("a bundle beside the message");
        let expected = facts_of(&serde_json::from_slice(&expected).expect("JSON"));
        let message = std::fs::read_to_string(path).expect("a text").replace("\r\n", "\r").replace('\n', "\r");
        let (message, _) = hl7v2::Message::parse(message.into_bytes());
        let kind = message.text(&hl7v2::Path::component(b"MSH", 9, 1)).into_owned();
        let count = kinds.entry(kind.clone()).or_default();
        count.expected += expected.len();
        let Some((file, _)) = standard.map_for(&message) else {
            println!("{name}: no map");
            continue;
        };
        let mut run = lang::Run::new(message::Timestamp(0), 1);
        let map = file.main().expect("one map");
        map.convert(&message, &mut tree, &mut run, &lang::Settings::default()).expect("it runs");
        let ours = facts_of(&serde_json::from_slice(&tree.write()).expect("JSON"));
        for fact in expected {
            if ours.contains(&fact) {
                count.arrived += 1;
                continue;
            }
            let place = |one: &Reviewed| match one.place.split_once(':') {
                Some((only, place)) => only == kind && fits(place, &fact.0),
                None => fits(&one.place, &fact.0),
            };
            let found = reviewed.iter().position(|one| place(one) && fits(&one.value, &fact.1));
            match found {
                Some(at) => {
                    used[at] += 1;
                    count.explained += 1;
                }
                None => missing.entry((format!("{kind}:{}", fact.0), fact.1)).or_default().push(name.clone()),
            }
        }
    }
    if std::env::var("MISSING").is_ok() || only.is_some() {
        for ((place, value), names) in &missing {
            println!("{:3} {place} = {value}   {}", names.len(), names.first().map_or("", String::as_str));
        }
    }
    if only.is_some() {
        return;
    }
    let (mut all, mut poor) = (Count::default(), Vec::new());
    for (kind, count) in &kinds {
        let share = (count.arrived + count.explained) * 1000 / count.expected.max(1);
        println!("{kind:4} facts {}/{}, {} explained, {share} ‰", count.arrived, count.expected, count.explained);
        if share < 950 {
            poor.push(kind.as_str());
        }
        all.expected += count.expected;
        all.arrived += count.arrived;
        all.explained += count.explained;
    }
    println!("facts {}/{}, {} explained", all.arrived, all.expected, all.explained);
    let idle: Vec<String> =
        reviewed.iter().zip(&used).filter(|(_, used)| **used == 0).map(|(one, _)| one.place.clone()).collect();
    assert!(idle.is_empty(), "rows of facts.csv that explain nothing: {}", idle.join(", "));
    assert!(reviewed.iter().all(|one| !one.row.is_empty() && !one.reason.is_empty()), "each row has its reason");
    assert!(poor.is_empty(), "under 95 %: {}", poor.join(", "));
}
