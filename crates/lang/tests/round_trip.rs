//! From HL7 v2 to FHIR and back, on the traffic of the simulated hospital: every field that both maps cover comes back.
//!
//! A field is covered when a line of the first map reads it into an element, and a line of the second writes the same field
//! from that element: by the lineage of both, in this message or in any other of the run. Times are compared with the offset
//! that MSH-7 gives to those without one (HL7 v2.9 §2A.3.22); several values of one element are compared together.

use hl7v2::{Message, Path};
use lang::{Origins, Run, Settings, Standard, coverage::without_indexes, dtm::Dtm};
use std::collections::{BTreeMap, BTreeSet};

/// Messages of each kind.
const MESSAGES: usize = 12;

/// Fields whose codes share a code of FHIR, and the table that says so: the first of them comes back.
const SHARED: [(&str, &str); 1] = [("ORC-5", "order-status")];

/// One message there and back.
struct Trip {
    name: String,
    before: Message,
    after: Message,
    there: Origins,
    back: Origins,
    /// The resource types of the entries.
    kinds: Vec<String>,
}

/// `Patient.name.family` of `Bundle.entry[2].resource.name[0].family`.
fn plain_element(element: &str, kinds: &[String]) -> String {
    let entry = element.strip_prefix("Bundle.entry[").and_then(|rest| rest.split_once(']'));
    match entry.and_then(|(number, rest)| Some((kinds.get(number.parse::<usize>().ok()?)?, rest))) {
        Some((kind, rest)) => without_indexes(&format!("{kind}{}", rest.strip_prefix(".resource").unwrap_or(rest))),
        None => without_indexes(element),
    }
}

/// What `PID-8` and `PID-8.1` have in common.
fn plain_place(place: &str) -> String {
    let mut plain = without_indexes(place);
    while let Some(shorter) = plain.strip_suffix(".1") {
        plain = shorter.to_owned();
    }
    plain
}

fn text(message: &Message, place: &str) -> String {
    Path::parse(place).map(|path| message.text(&path).into_owned()).unwrap_or_default()
}

/// The values of an element at each place: element, plain place; each value with its own place, in order.
type Values = BTreeMap<(String, String), Vec<(String, String)>>;

impl Trip {
    fn before(&self) -> Values {
        let places = lang::lineage::places(&self.before);
        let is_leaf = |at: usize| places.get(at + 1).is_none_or(|(_, next)| next.start >= places[at].1.end);
        let leaves: BTreeMap<&str, usize> = places
            .iter()
            .enumerate()
            .filter(|(at, _)| is_leaf(*at))
            .map(|(at, (path, _))| (path.as_str(), at))
            .collect();
        let mut out: BTreeMap<(String, String), BTreeMap<usize, (String, String)>> = BTreeMap::new();
        for origin in &self.there.origins {
            for source in origin.sources.iter().filter(|source| leaves.contains_key(source.as_str())) {
                let key = (origin.element.clone(), plain_place(source));
                out.entry(key)
                    .or_default()
                    .insert(leaves[source.as_str()], (source.clone(), text(&self.before, source)));
            }
        }
        out.into_iter().map(|(key, values)| (key, values.into_values().collect())).collect()
    }

    fn after(&self) -> Values {
        let mut out = Values::new();
        for origin in &self.back.origins {
            for source in &origin.sources {
                let key = (source.clone(), plain_place(&origin.element));
                let value = (origin.element.clone(), text(&self.after, &origin.element));
                out.entry(key).or_default().push(value);
            }
        }
        out
    }

    fn offset(message: &Message) -> i16 {
        Dtm::parse(&text(message, "MSH-7.1")).and_then(|dtm| dtm.offset).unwrap_or(0)
    }

    fn is_same(&self, before: &str, after: &str) -> bool {
        if before.trim() == after {
            return true;
        }
        let (Some(mut one), Some(mut other)) = (Dtm::parse(before), Dtm::parse(after)) else { return false };
        one.offset = Some(one.offset.unwrap_or(Trip::offset(&self.before)));
        other.offset = Some(other.offset.unwrap_or(Trip::offset(&self.after)));
        one == other
    }
}

fn travel(standard: &Standard, bytes: &[u8], name: String) -> Result<Option<Trip>, String> {
    let (before, _) = Message::parse_slice(bytes);
    let Some((there, _)) = standard.map_for(&before) else { return Ok(None) };
    let settings = Settings { explain: true, ..Settings::default() };
    let mut tree = fhir::Tree::new();
    let map = there.main().expect("one map");
    let there = map.convert(&before, &mut tree, &mut Run::new(message::Timestamp(0), 1), &settings);
    let there = there.map_err(|fault| format!("{name}: {fault}"))?.expect("asked for");
    let Some((back, _)) = standard.map_for_bundle(&tree) else { return Err(format!("{name}: no map back")) };
    let map = back.main().expect("one map");
    let mut run = Run::new(message::Timestamp(0), 1);
    let (after, back) = map.produce(&tree, &mut run, true).map_err(|fault| format!("{name}: {fault}"))?;
    let kinds = fhir::bundle::entries(tree.root());
    let kinds = kinds.map(|entry| entry.get("resource").and_then(fhir::Node::resource_type).unwrap_or("").to_owned());
    Ok(Some(Trip { name, before, after, there, back: back.expect("asked for"), kinds: kinds.collect() }))
}

#[test]
fn round_trip() {
    let (standard, _) = Standard::read(library::both_ways());
    let mut trips = Vec::new();
    let mut without = BTreeSet::new();
    let mut wrong: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for kind in hospital::flow::Kind::ALL {
        let filter = hospital::flow::Filter::parse(&format!("{}^{}", kind.code, kind.trigger)).expect("a kind");
        for happening in hospital::flow::generate(&filter, MESSAGES, 7) {
            match travel(&standard, &happening.message, format!("{kind} {}", happening.control_id)) {
                Ok(Some(trip)) => trips.push(trip),
                Ok(None) => {
                    without.insert(kind.to_string());
                }
                Err(why) => {
                    wrong.entry(why).or_default().0 += 1;
                }
            }
        }
    }
    // What the second map can do, seen anywhere.
    let mut covered = BTreeSet::new();
    for trip in &trips {
        covered.extend(trip.after().into_keys().map(|(element, place)| (plain_element(&element, &trip.kinds), place)));
    }
    let mut fields = 0;
    for trip in &trips {
        let after = trip.after();
        for ((element, place), values) in trip.before() {
            let key = (plain_element(&element, &trip.kinds), place.clone());
            if !covered.contains(&key) {
                continue;
            }
            fields += values.len();
            let found = after.get(&(element, place.clone())).cloned().unwrap_or_default();
            // One resource may stand for several segments, and several lines of text for one element.
            let joined = |values: &[(String, String)]| {
                let mut texts: Vec<&str> = values.iter().map(|(_, text)| text.trim()).collect();
                texts.dedup();
                texts.join("\n")
            };
            let in_place = |(place, value): &(String, String)| trip.is_same(value, &text(&trip.after, place));
            let is_same = trip.is_same(&joined(&values), &joined(&found)) || values.iter().all(in_place);
            let is_shared = SHARED.iter().filter(|(field, _)| *field == place).any(|(_, table)| {
                let to =
                    |code: &str| standard.tables().get(table).and_then(|table| Some(table.find(code)?.to().to_owned()));
                to(&joined(&values)).is_some() && to(&joined(&values)) == to(&joined(&found))
            });
            if !is_same && !is_shared {
                let entry = wrong.entry(format!("{place} by {}", key.0)).or_default();
                entry.0 += 1;
                let there: Vec<String> = values.iter().map(|(place, _)| text(&trip.after, place)).collect();
                entry.1 = format!("{}: {values:?} became {found:?}, in their places {there:?}", trip.name);
            }
        }
        let report = hl7v2::validate::validate(&trip.after, &[], hl7v2::validate::Options::default());
        for issue in report.issues.iter().filter(|issue| issue.severity == message::Severity::Error) {
            let plain = without_indexes(&issue.path);
            let entry = wrong.entry(format!("invalid {} {plain} {}", issue.code, issue.message)).or_default();
            entry.0 += 1;
            entry.1.clone_from(&trip.name);
        }
    }
    println!("round trip {fields} fields of {} messages, by {} pairs of place and element", trips.len(), covered.len());
    println!("without a map to FHIR: {without:?}");
    let wrong: Vec<String> =
        wrong.into_iter().map(|(what, (count, example))| format!("{count:5} {what}; {example}")).collect();
    assert!(wrong.is_empty(), "{} kinds of difference\n{}", wrong.len(), wrong.join("\n"));
    assert!(trips.len() >= 15 * MESSAGES && fields > 10_000, "{fields} fields of {} messages", trips.len());
}
