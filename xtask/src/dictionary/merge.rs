//! Puts the sources together, and writes down where they disagree.

use super::fetch::Packages;
use super::model::{Facts, NodeFacts, PartFacts, StructureFacts, VERSIONS, VersionFacts, WholeFacts, squeezed};
use super::review::Review;
use super::{hl7_dictionary, hl7apy, hl7types, tables};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// What stands in the packages for "any segment" and "a segment of your own".
const NO_SEGMENTS: [&str; 8] = ["ANYHL7SEGMENT", "Hxx", "HXX", "Zxx", "ZXX", "ZL7", "ED", "UNDEF"];
/// hl7-dictionary's table links are believed alone up to this version.
const TABLES_ALONE_MAX: usize = 2;
/// What the schemas of 2.8 have for a coded field without a table.
const NO_TABLE: u16 = 9999;
/// The place of 2.3 among the versions: before, fields were still moved about.
const FIRST_TYPED: usize = 2;
/// The places of 2.7, 2.7.1 and 2.9 among the versions.
const V2_7: usize = 8;
const V2_7_1: usize = 9;
const V2_9: usize = 13;

/// Where the three sources disagree, a line each.
struct Log {
    text: String,
    version: &'static str,
}

impl Log {
    fn add(&mut self, place: &str, what: &str, said: [&str; 3], chosen: &str) {
        let [apy, types, dictionary] = said;
        let _ = writeln!(self.text, "{}\t{place}\t{what}\t{apy}\t{types}\t{dictionary}\t{chosen}", self.version);
    }
}

pub(super) fn merge(packages: &Packages, review: &Review) -> Result<(Facts, String), String> {
    let mut log =
        Log { text: "version\tplace\twhat\thl7apy\thl7types\thl7-dictionary\tchosen\n".to_string(), version: "" };
    let mut facts = Facts::default();
    for (index, version) in VERSIONS.into_iter().enumerate() {
        log.version = version;
        let before = index.checked_sub(1).map(|place| &facts.versions[place]);
        let mut merged = match before {
            Some(before) if index == V2_9 => before.clone(),
            _ => {
                let sources = Sources {
                    apy: hl7apy::read(&packages.hl7apy, version)?,
                    types: hl7types::read(&packages.hl7types, version)?,
                    dictionary: hl7_dictionary::read(&packages.hl7_dictionary, version)?,
                };
                sources.merge(index, before, &mut log)
            }
        };
        if index == V2_7_1 {
            let newer = hl7apy::read(&packages.hl7apy, "2.8")?;
            let older = facts.versions[V2_7_1 - 1].clone();
            choose_structures(&mut merged, &older, &newer);
            // hl7types lists fewer events of 2.7.1; none was withdrawn between 2.7 and 2.8.
            let kept =
                older.triggers.into_iter().filter(|(_, trigger)| merged.structures.contains_key(&trigger.structure));
            for (key, trigger) in kept.collect::<Vec<_>>() {
                merged.triggers.entry(key).or_insert(trigger);
            }
        }
        review.apply(&mut merged, index)?;
        complete(&mut merged, facts.versions.last());
        facts.versions.push(merged);
    }
    for index in (1..facts.versions.len()).rev() {
        let (older, newer) = facts.versions.split_at_mut(index);
        name_as_later(&mut older[index - 1].types, &newer[0].types);
        name_as_later(&mut older[index - 1].segments, &newer[0].segments);
    }
    facts.tables = tables::merge(packages, &facts.versions)?;
    Ok((facts, log.text))
}

struct Sources {
    apy: VersionFacts,
    types: VersionFacts,
    dictionary: VersionFacts,
}

impl Sources {
    fn merge(&self, version: usize, before: Option<&VersionFacts>, log: &mut Log) -> VersionFacts {
        let mut out = VersionFacts::default();
        let names: BTreeSet<&String> = self.apy.segments.keys().chain(self.types.segments.keys()).collect();
        for name in names.into_iter().filter(|name| !NO_SEGMENTS.contains(&name.as_str())) {
            let three = [&self.apy, &self.types, &self.dictionary].map(|source| source.segments.get(name));
            let before = before.and_then(|facts| facts.segments.get(name));
            out.segments.insert(name.clone(), whole(&format!("{name}-"), three, before, version, log));
        }
        let names: BTreeSet<&String> = self.apy.types.keys().chain(self.types.types.keys()).collect();
        for name in names.into_iter().filter(|name| *name != "varies" && !name.ends_with("_SIMPLE")) {
            let three = [&self.apy, &self.types, &self.dictionary].map(|source| source.types.get(name));
            let before = before.and_then(|facts| facts.types.get(name));
            out.types.insert(name.clone(), whole(&format!("{name}."), three, before, version, log));
        }
        for (name, facts) in &self.dictionary.types {
            if facts.parts.is_empty() {
                out.types.entry(name.clone()).or_insert_with(|| facts.clone());
            }
        }
        self.structures(&mut out, log);
        out
    }

    fn structures(&self, out: &mut VersionFacts, log: &mut Log) {
        let (apy, types) = (&self.apy.structures, &self.types.structures);
        let names: BTreeSet<&String> = apy.keys().chain(types.keys()).collect();
        for name in names {
            let chosen = apy.get(name).or(types.get(name)).cloned().unwrap_or_default();
            let title = self.types.triggers.iter().find(|((event, kind), _)| *name == format!("{kind}_{event}"));
            let title = title
                .map(|(_, trigger)| trigger.name.clone())
                .or_else(|| types.get(name).map(|found| found.name.clone()));
            if let (Some(apy), Some(types)) = (apy.get(name), types.get(name))
                && flat(&apy.nodes) != flat(&types.nodes)
            {
                log.add(name, "structure", ["", "differs", ""], "hl7apy");
            }
            out.structures.insert(name.clone(), StructureFacts { name: title.unwrap_or_default(), ..chosen });
        }
        out.triggers = self.types.triggers.clone();
        out.triggers.retain(|_, trigger| out.structures.contains_key(&trigger.structure));
    }
}

/// A structure as hl7types can hold it: a class has one attribute of a name, so a segment that stands twice in a row of
/// children counts once.
fn flat(nodes: &[NodeFacts]) -> Vec<(String, u8, bool)> {
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    for node in nodes {
        if seen.insert(&node.name) {
            out.push((node.name.clone(), node.min, node.max != 1));
            out.extend(flat(&node.children));
        }
    }
    out
}

/// hl7apy lacks 2.7.1, and hl7types drops the second place of a segment: where 2.7 or 2.8 of hl7apy is what hl7types
/// says of 2.7.1, that one is taken.
fn choose_structures(merged: &mut VersionFacts, older: &VersionFacts, newer: &VersionFacts) {
    for (name, structure) in &mut merged.structures {
        let said = flat(&structure.nodes);
        let candidates = [older.structures.get(name), newer.structures.get(name)];
        if let Some(found) = candidates.into_iter().flatten().find(|found| flat(&found.nodes) == said) {
            structure.nodes.clone_from(&found.nodes);
        }
    }
}

fn whole(
    prefix: &str,
    three: [Option<&WholeFacts>; 3],
    before: Option<&WholeFacts>,
    version: usize,
    log: &mut Log,
) -> WholeFacts {
    let [apy, types, dictionary] = three;
    let title = |source: Option<&WholeFacts>| source.map(|whole| whole.name.clone()).filter(|name| is_title(name));
    let name = title(dictionary).or_else(|| title(types)).or_else(|| title(before));
    let numbers: BTreeSet<u16> = three.into_iter().flatten().flat_map(|source| source.parts.keys().copied()).collect();
    let name = name.unwrap_or_default();
    let name = name.strip_suffix(" segment").unwrap_or(&name).to_string();
    let mut out = WholeFacts { name, ..WholeFacts::default() };
    for number in numbers {
        let place = format!("{prefix}{number}");
        let part_of = |source: Option<&WholeFacts>| source.and_then(|whole| whole.parts.get(&number)).cloned();
        let said =
            Said { apy: part_of(apy), types: part_of(types), dictionary: part_of(dictionary), before: part_of(before) };
        out.parts.insert(number, said.merge(&place, version, log));
    }
    // A number that was used and is in no package any more was withdrawn; it is not used again.
    for (number, part) in before.iter().flat_map(|whole| &whole.parts).filter(|_| version > FIRST_TYPED) {
        let withdrawn = || PartFacts { usage: 'W', repetitions: 1, table: 0, ..part.clone() };
        out.parts.entry(*number).or_insert_with(withdrawn);
    }
    out
}

/// Written as people do: not all in capitals, no apostrophe lost (`Mother s Maiden Name`), no `+`.
fn is_title(name: &str) -> bool {
    name.chars().any(char::is_lowercase) && !name.contains(" s ") && !name.contains('+')
}

/// What the sources say of one field or component.
struct Said {
    apy: Option<PartFacts>,
    types: Option<PartFacts>,
    dictionary: Option<PartFacts>,
    before: Option<PartFacts>,
}

impl Said {
    fn merge(&self, place: &str, version: usize, log: &mut Log) -> PartFacts {
        let usage = self.usage(place, log);
        let kind = self.kind(place, usage, log);
        let before = self.before.as_ref();
        let length = |part: &Option<PartFacts>| part.as_ref().map(|part| part.max).filter(|max| *max != 0);
        let carried = before.filter(|part| version > V2_7_1 && part.kind == kind).map(|part| part.max);
        let max = length(&self.dictionary).or_else(|| length(&self.types)).or(carried).unwrap_or(0);
        PartFacts {
            name: self.name(),
            usage,
            repetitions: self.repetitions(place, log),
            table: if usage == 'W' { 0 } else { self.table(place, version, log) },
            min: self.types.as_ref().map_or(0, |part| part.min),
            max,
            kind,
            conformance: 0,
        }
    }

    fn name(&self) -> String {
        let all = [&self.dictionary, &self.types, &self.before, &self.apy];
        let names: Vec<&str> =
            all.into_iter().flatten().map(|part| part.name.as_str()).filter(|name| !name.is_empty()).collect();
        let title = names.iter().find(|name| is_title(name)).or(names.first());
        title.map_or_else(|| "Withdrawn".to_string(), |name| squeezed(name))
    }

    fn kind(&self, place: &str, usage: char, log: &mut Log) -> String {
        let known = |part: &Option<PartFacts>| {
            let kind = part.as_ref().map(|part| part.kind.as_str()).unwrap_or_default();
            match kind {
                "WD" | "NUL" | "-" | "?" => String::new(),
                "VARIES" | "varies" | "*" => "varies".to_string(),
                // The schemas' name for a type whose components are all simple.
                other => other.trim_end_matches("_SIMPLE").to_string(),
            }
        };
        let [apy, types, dictionary, before] =
            [known(&self.apy), known(&self.types), known(&self.dictionary), known(&self.before)];
        if usage == 'W' && !before.is_empty() {
            return before;
        }
        let is_general = |general: &str| apy == general || apy.starts_with(&format!("{general}_"));
        let chosen = match () {
            () if apy.is_empty() => [&types, &dictionary, &before].into_iter().find(|kind| !kind.is_empty()).cloned(),
            () if types.is_empty() || is_general(&types) || types != dictionary => Some(apy.clone()),
            () => Some(types.clone()),
        };
        let chosen = chosen.unwrap_or_else(|| "ST".to_string());
        let differs = |kind: &str| !kind.is_empty() && !is_general(kind);
        if !apy.is_empty() && (differs(&types) || differs(&dictionary)) {
            log.add(place, "type", [&apy, &types, &dictionary], &chosen);
        }
        chosen
    }

    fn usage(&self, place: &str, log: &mut Log) -> char {
        let of = |part: &Option<PartFacts>| part.as_ref().map_or(' ', |part| part.usage);
        let said = [of(&self.apy), of(&self.types), of(&self.dictionary)];
        let count = |letter: char| said.iter().filter(|said| **said == letter).count();
        let known = said.iter().filter(|said| **said != ' ').count();
        let is_withdrawn = said[0] == 'W' && matches!(said[1], ' ' | 'W')
            || known == 1 && matches!(said[2], 'B')
            || self.apy.as_ref().is_some_and(|part| part.kind == "WD")
            || said[0] == ' ' && said[1] == 'W';
        let chosen = match () {
            () if is_withdrawn => 'W',
            // The schemas of 2.5 and 2.5.1 have every component optional; hl7-dictionary has the standard's table (§2.A).
            () if place.contains('.') && log.version.starts_with("2.5") && said[2] != ' ' => said[2],
            () if count('R') * 2 > known || count('R') > 0 && count('R') + count('C') == known && count('C') == 0 => {
                'R'
            }
            () if count('C') > 0 => 'C',
            () if count('B') > 0 || self.before.as_ref().is_some_and(|part| part.usage == 'B') && said[2] == ' ' => 'B',
            () => 'O',
        };
        let is_split = count('R') > 0 && count('R') < known;
        if is_split {
            let words = said.map(|letter| letter.to_string());
            log.add(place, "usage", [&words[0], &words[1], &words[2]], &chosen.to_string());
        }
        chosen
    }

    fn repetitions(&self, place: &str, log: &mut Log) -> u16 {
        let of = |part: &Option<PartFacts>| part.as_ref().map(|part| part.repetitions);
        let said = [of(&self.apy), of(&self.types), of(&self.dictionary)];
        let votes = |is_one: bool| said.iter().flatten().filter(|most| (**most == 1) == is_one).count();
        let is_one = match votes(true).cmp(&votes(false)) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Less => false,
            // hl7apy says "often" of fields that the schemas name without saying how often.
            std::cmp::Ordering::Equal => said[1..].iter().flatten().any(|most| *most == 1),
        };
        // A number beats "no limit": hl7types only says that something repeats.
        let most = said.iter().flatten().filter(|most| (**most == 1) == is_one);
        let most = most.clone().find(|most| **most != 0).or(most.clone().next()).copied().unwrap_or(1);
        if votes(true) > 0 && votes(false) > 0 {
            let words = said.map(|most| most.map(|most| most.to_string()).unwrap_or_default());
            log.add(place, "repetitions", [&words[0], &words[1], &words[2]], &most.to_string());
        }
        most
    }

    fn table(&self, place: &str, version: usize, log: &mut Log) -> u16 {
        let of = |part: &Option<PartFacts>| part.as_ref().map_or(0, |part| part.table % NO_TABLE);
        let (apy, types, dictionary) = (of(&self.apy), of(&self.types), of(&self.dictionary));
        let chosen = match () {
            () if types != 0 && (types == apy || types == dictionary) => types,
            () if apy != 0 && apy == dictionary => apy,
            () if types != 0 => types,
            () if apy != 0 => apy,
            () if version <= TABLES_ALONE_MAX => dictionary,
            // From 2.7 on the schemas name no tables of components any more; the standard still does.
            () if place.contains('.') && version >= V2_7 => {
                let before = self.before.as_ref().filter(|before| before.name == self.name());
                if dictionary != 0 { dictionary } else { before.map_or(0, |before| before.table) }
            }
            () => self.before.as_ref().filter(|_| dictionary != 0).map_or(0, |before| before.table),
        };
        let said: BTreeSet<u16> = [apy, types, dictionary].into_iter().filter(|table| *table != 0).collect();
        if said.len() > 1 {
            let words = [apy, types, dictionary].map(|table| table.to_string());
            log.add(place, "table", [&words[0], &words[1], &words[2]], &chosen.to_string());
        }
        chosen
    }
}

/// What has no title in a version is called as in the one after.
fn name_as_later(older: &mut BTreeMap<String, WholeFacts>, newer: &BTreeMap<String, WholeFacts>) {
    for (name, whole) in older.iter_mut().filter(|(_, whole)| whole.name.is_empty()) {
        whole.name = newer.get(name).map(|newer| newer.name.clone()).unwrap_or_default();
    }
}

/// Types that no source lists but that parts have: the primitive ones, and those of withdrawn fields as they last were.
fn complete(facts: &mut VersionFacts, before: Option<&VersionFacts>) {
    loop {
        let wholes = facts.segments.values().chain(facts.types.values());
        let kinds: BTreeSet<String> =
            wholes.flat_map(|whole| whole.parts.values()).map(|part| part.kind.clone()).collect();
        let is_missing = |kind: &String| kind != "varies" && !facts.types.contains_key(kind);
        let missing: Vec<String> = kinds.into_iter().filter(is_missing).collect();
        if missing.is_empty() {
            break;
        }
        for kind in missing {
            let last = before.and_then(|before| before.types.get(&kind)).cloned().unwrap_or_default();
            facts.types.insert(kind, last);
        }
    }
    for (name, whole) in &mut facts.types {
        if let Some((_, title)) = PRIMITIVES.iter().find(|(primitive, _)| primitive == name) {
            whole.name = (*title).to_string();
            whole.parts.clear();
        }
    }
}

const PRIMITIVES: [(&str, &str); 14] = [
    ("CM", "Composite"),
    ("DT", "Date"),
    ("DTM", "Date/Time"),
    ("FT", "Formatted Text Data"),
    ("GTS", "General Timing Specification"),
    ("ID", "Coded Value for HL7 Defined Tables"),
    ("IS", "Coded Value for User-Defined Tables"),
    ("NM", "Numeric"),
    ("SI", "Sequence ID"),
    ("SNM", "String of Telephone Number Digits"),
    ("ST", "String Data"),
    ("TM", "Time"),
    ("TN", "Telephone Number"),
    ("TX", "Text Data"),
];
