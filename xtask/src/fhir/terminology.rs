//! Code systems, and which of their codes a value set has.

use super::read::{Sources, list, text, unversioned};
use super::rows::{Runs, Section, Strings, narrow};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What a value set takes from a system.
const WHOLE: u8 = 0;
const LISTED: u8 = 1;
/// Codes that cannot be known here: any code of that system may be in.
const OPEN: u8 = 2;

/// Flags of a code system.
const IS_CASE_SENSITIVE: u8 = 1;
const IS_COMPLETE: u8 = 2;

#[derive(Default)]
struct CodeSystem {
    title: String,
    /// Every code has its display and its parents.
    codes: BTreeMap<String, (String, Vec<String>)>,
    is_complete: bool,
    is_case_sensitive: bool,
}

/// What is in a value set, of each system.
#[derive(Clone, Default)]
struct Content {
    whole: BTreeSet<String>,
    open: BTreeSet<String>,
    listed: BTreeMap<String, BTreeSet<String>>,
}

/// The rows.
#[derive(Default)]
pub(super) struct Terminology {
    pub(super) systems: Section,
    pub(super) codes: Section,
    pub(super) value_sets: Section,
    pub(super) includes: Section,
    pub(super) members: Runs,
    known: BTreeMap<String, CodeSystem>,
}

/// Deepest nesting of value sets in value sets.
const DEPTH_MAX: usize = 16;

impl Terminology {
    pub(super) fn add(&mut self, sources: &Sources, strings: &mut Strings) -> Result<(), String> {
        for (url, found) in &sources.code_systems {
            self.known.insert(url.clone(), code_system(found));
        }
        for found in sources.value_sets.values() {
            self.learn_foreign(found);
        }
        let mut rows = BTreeMap::new();
        for (url, system) in &self.known {
            let first = self.codes.rows as u32;
            for (code, (display, _)) in &system.codes {
                self.codes.row(&[&strings.add(code), &strings.add(display)]);
            }
            let flags =
                u8::from(system.is_case_sensitive) * IS_CASE_SENSITIVE + u8::from(system.is_complete) * IS_COMPLETE;
            let row = self.systems.row(&[
                &strings.add(url),
                &strings.add(&system.title),
                &first.to_le_bytes(),
                &(system.codes.len() as u32).to_le_bytes(),
                &[flags, 0, 0, 0],
            ]);
            rows.insert(url.clone(), (narrow(row)?, first));
        }
        for (url, found) in &sources.value_sets {
            let content = self.content(sources, found, 0);
            let first = self.includes.rows as u32;
            let count = self.add_includes(&content, &rows)?;
            self.value_sets.row(&[
                &strings.add(url),
                &strings.add(title(found)),
                &first.to_le_bytes(),
                &count.to_le_bytes(),
                &[u8::from(content.open.is_empty()), 0],
            ]);
        }
        Ok(())
    }

    fn add_includes(&mut self, content: &Content, rows: &BTreeMap<String, (u16, u32)>) -> Result<u16, String> {
        let mut count = 0;
        let mut add = |includes: &mut Section, system: &String, kind: u8, first: usize, length: usize| {
            let row = rows.get(system).map(|found| found.0).ok_or_else(|| format!("no system {system}"))?;
            includes.row(&[
                &row.to_le_bytes(),
                &[kind, 0],
                &(first as u32).to_le_bytes(),
                &(length as u32).to_le_bytes(),
            ]);
            count += 1;
            Ok::<(), String>(())
        };
        for system in &content.whole {
            add(&mut self.includes, system, WHOLE, 0, 0)?;
        }
        for system in &content.open {
            add(&mut self.includes, system, OPEN, 0, 0)?;
        }
        for (system, codes) in &content.listed {
            let Some((_, start)) = rows.get(system) else { continue };
            let known = &self.known[system].codes;
            let places = known.keys().zip(*start..).filter(|(code, _)| codes.contains(*code));
            let members: Vec<Vec<u8>> = places.map(|(_, row)| row.to_le_bytes().to_vec()).collect();
            let length = members.len();
            let first = self.members.add(members);
            add(&mut self.includes, system, LISTED, first, length)?;
        }
        Ok(count)
    }

    /// Systems that the package does not have: their codes as far as value sets list them.
    fn learn_foreign(&mut self, value_set: &Value) {
        let compose = value_set.get("compose").cloned().unwrap_or_default();
        for include in list(&compose, "include").iter().chain(list(&compose, "exclude")) {
            let url = text(include, "system");
            if url.is_empty() {
                continue;
            }
            let system = self.known.entry(url.to_string()).or_default();
            if system.is_complete {
                continue;
            }
            for concept in list(include, "concept") {
                let entry = system.codes.entry(text(concept, "code").to_string()).or_default();
                if entry.0.is_empty() {
                    entry.0 = text(concept, "display").to_string();
                }
            }
        }
    }

    fn content(&self, sources: &Sources, value_set: &Value, depth: usize) -> Content {
        let mut out = Content::default();
        let Some(compose) = value_set.get("compose").filter(|_| depth < DEPTH_MAX) else { return out };
        for include in list(compose, "include") {
            let part = self.part(sources, include, depth);
            out.whole.extend(part.whole);
            out.open.extend(part.open);
            for (system, codes) in part.listed {
                out.listed.entry(system).or_default().extend(codes);
            }
        }
        for exclude in list(compose, "exclude") {
            let part = self.part(sources, exclude, depth);
            for system in &part.whole {
                out.whole.remove(system);
                out.listed.remove(system);
            }
            for (system, codes) in part.listed {
                if out.whole.remove(&system) {
                    out.listed.insert(system.clone(), self.known[&system].codes.keys().cloned().collect());
                }
                if let Some(listed) = out.listed.get_mut(&system) {
                    listed.retain(|code| !codes.contains(code));
                }
            }
        }
        for system in out.whole.iter().chain(&out.open) {
            out.listed.remove(system);
        }
        out
    }

    /// What one include or exclude says. Of several value sets in it, all must have a code (R4 ValueSet.compose).
    fn part(&self, sources: &Sources, include: &Value, depth: usize) -> Content {
        let mut all: Vec<Content> = Vec::new();
        if !text(include, "system").is_empty() {
            all.push(self.of_system(include));
        }
        for url in list(include, "valueSet").iter().filter_map(Value::as_str) {
            let found = sources.value_sets.get(unversioned(url));
            all.push(found.map(|found| self.content(sources, found, depth + 1)).unwrap_or_default());
        }
        let mut all = all.into_iter();
        let first = all.next().unwrap_or_default();
        all.fold(first, |left, right| self.both(left, &right))
    }

    fn both(&self, left: Content, right: &Content) -> Content {
        let mut out = Content::default();
        for system in left.whole.iter().chain(left.open.iter()).chain(left.listed.keys()) {
            let is_all = |content: &Content| content.whole.contains(system) || content.open.contains(system);
            match (is_all(&left), is_all(right)) {
                (true, true) if left.open.contains(system) || right.open.contains(system) => {
                    out.open.insert(system.clone());
                }
                (true, true) => {
                    out.whole.insert(system.clone());
                }
                (false, true) => {
                    out.listed.insert(system.clone(), left.listed[system].clone());
                }
                (true, false) => {
                    right.listed.get(system).map(|codes| out.listed.insert(system.clone(), codes.clone()));
                }
                (false, false) => {
                    let codes = left.listed[system].iter();
                    let is_in = |code: &&String| right.listed.get(system).is_some_and(|codes| codes.contains(*code));
                    out.listed.insert(system.clone(), codes.filter(is_in).cloned().collect());
                }
            }
        }
        out
    }

    fn of_system(&self, include: &Value) -> Content {
        let mut out = Content::default();
        let url = text(include, "system").to_string();
        let system = &self.known[&url];
        let (concepts, filters) = (list(include, "concept"), list(include, "filter"));
        if !concepts.is_empty() {
            let codes = concepts.iter().map(|concept| text(concept, "code").to_string());
            out.listed.insert(url, codes.collect());
            return out;
        }
        if !system.is_complete {
            out.open.insert(url);
        } else if filters.is_empty() {
            out.whole.insert(url);
        } else {
            let mut codes: BTreeSet<String> = system.codes.keys().cloned().collect();
            for filter in filters {
                let value = text(filter, "value");
                let is_a = |code: &String| system.is_a(code, value, 0);
                match (text(filter, "op"), text(filter, "property")) {
                    ("is-a", _) => codes.retain(is_a),
                    ("descendent-of", _) => codes.retain(|code| code != value && is_a(code)),
                    ("is-not-a", _) => codes.retain(|code| !is_a(code)),
                    ("=", "parent") => codes.retain(|code| system.codes[code].1.iter().any(|parent| parent == value)),
                    _ => {
                        out.open.insert(url);
                        return out;
                    }
                }
            }
            out.listed.insert(url, codes);
        }
        out
    }
}

impl CodeSystem {
    fn is_a(&self, code: &str, wanted: &str, depth: usize) -> bool {
        let parents = || self.codes.get(code).map(|found| found.1.as_slice()).unwrap_or_default();
        code == wanted || (depth < 64 && parents().iter().any(|parent| self.is_a(parent, wanted, depth + 1)))
    }

    fn concepts(&mut self, concepts: &[Value], parent: Option<&str>) {
        for concept in concepts {
            let code = text(concept, "code").to_string();
            let mut parents: Vec<String> = parent.map(str::to_string).into_iter().collect();
            for property in list(concept, "property") {
                if matches!(text(property, "code"), "subsumedBy" | "parent") {
                    parents.push(text(property, "valueCode").to_string());
                }
            }
            self.concepts(list(concept, "concept"), Some(&code));
            let entry = self.codes.entry(code).or_default();
            entry.0 = text(concept, "display").to_string();
            entry.1.extend(parents);
        }
    }
}

fn code_system(found: &Value) -> CodeSystem {
    let mut out = CodeSystem {
        title: title(found).to_string(),
        is_complete: text(found, "content") == "complete",
        is_case_sensitive: found.get("caseSensitive") == Some(&Value::Bool(true)),
        ..CodeSystem::default()
    };
    out.concepts(list(found, "concept"), None);
    out
}

fn title(found: &Value) -> &str {
    match text(found, "title") {
        "" => text(found, "name"),
        title => title,
    }
}
