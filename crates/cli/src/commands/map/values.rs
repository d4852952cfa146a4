//! `sinew map run --values`: what each target of a map became, over all messages.

use super::{reading, standard::Opened};
use crate::{
    mask,
    outcome::{Exit, Result},
    screen::{Screen, plain},
    table,
};
use fhir::{Kind, Node, fhirpath::Item};
use hl7v2::Message;
use lang::{Format, Map, Matter, Run, Standard, coverage::without_indexes, facts, lineage, outline};
use message::{Clock, clock};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// Different values of one target that are counted; further ones are counted as one.
const DISTINCT_MAX: usize = 10_000;
/// Values of one target that are printed.
const SHOWN_MAX: usize = 12;

/// How the values are shown.
#[derive(Clone, Copy)]
pub struct Look {
    /// Values about the patient too.
    pub is_revealed: bool,
    /// As one JSON object.
    pub is_json: bool,
}

/// What one target became.
#[derive(Debug, Default)]
struct Target {
    /// Messages that filled it.
    filled: usize,
    values: BTreeMap<String, usize>,
    /// Values beyond the limit.
    more: usize,
    /// It may identify a patient.
    is_hidden: bool,
}

impl Target {
    fn add(&mut self, value: &str) {
        if let Some(count) = self.values.get_mut(value) {
            *count += 1;
        } else if self.values.len() < DISTINCT_MAX {
            self.values.insert(value.to_owned(), 1);
        } else {
            self.more += 1;
        }
    }

    /// The most frequent first.
    fn by_count(&self) -> Vec<(&str, usize)> {
        let mut all: Vec<(&str, usize)> = self.values.iter().map(|(value, count)| (value.as_str(), *count)).collect();
        all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        all
    }
}

/// What all messages became.
#[derive(Debug, Default)]
struct Seen {
    messages: usize,
    failed: usize,
    targets: BTreeMap<String, Target>,
}

/// Runs the map over the files and prints the values.
pub fn run(standard: &Standard, opened: &Opened, files: &[PathBuf], look: Look, screen: &Screen) -> Result {
    let map = opened.main()?;
    let mut seen = Seen::default();
    let is_read = reading::each(map, files, screen, &mut |name, place, matter| {
        if let Err(fault) = seen.message(map, matter) {
            seen.failed += 1;
            screen.say(format!("{name}#{place}: {fault}"));
        }
        Ok(())
    })?;
    seen.add_unfilled(standard, opened, map);
    if look.is_json {
        screen.line(seen.as_json(map, look.is_revealed).to_string());
    } else {
        seen.put(look.is_revealed, screen);
    }
    Ok(if seen.failed == 0 && seen.messages > 0 && is_read { Exit::Ok } else { Exit::Problems })
}

impl Seen {
    fn message(&mut self, map: &Map, source: &Matter) -> std::result::Result<(), lang::Fault> {
        let mut run = Run::new(clock::System.now(), 0);
        let mut filled = BTreeSet::new();
        match map.make(source, &mut run)? {
            Matter::Fhir(tree, _) => self.node(tree.root(), "", &mut filled),
            Matter::V2(made) => self.places(&made, &mut filled),
            Matter::Other(document) => self.document(&document, &mut filled),
        }
        self.messages += 1;
        for path in filled {
            self.targets.entry(path).or_default().filled += 1;
        }
        Ok(())
    }

    fn node(&mut self, node: Node<'_>, path: &str, filled: &mut BTreeSet<String>) {
        match node.kind() {
            Kind::Object => {
                let path = node.resource_type().unwrap_or(path).to_owned();
                for child in node.children() {
                    let key = child.key().unwrap_or_default();
                    if key != "resourceType" {
                        self.node(child, &format!("{path}.{key}"), filled);
                    }
                }
            }
            Kind::Array => node.children().for_each(|child| self.node(child, path, filled)),
            Kind::Null => {}
            Kind::Bool | Kind::Number | Kind::Text => {
                let target = self.targets.entry(path.to_owned()).or_default();
                target.is_hidden |= mask::is_hidden_item(&Item::Element(node));
                target.add(node.scalar().unwrap_or_default());
                filled.insert(path.to_owned());
            }
        }
    }

    /// Of other formats nobody knows which places hold a patient's data: all are taken for it.
    fn document(&mut self, document: &formats::Document, filled: &mut BTreeSet<String>) {
        let nodes = (0..document.len()).map(|number| document.node(number));
        for node in nodes.filter(|node| !node.is_empty() && !node.has_children()) {
            let path = without_indexes(&node.path());
            let target = self.targets.entry(path.clone()).or_default();
            target.is_hidden = true;
            target.add(node.text());
            filled.insert(path);
        }
    }

    fn places(&mut self, message: &Message, filled: &mut BTreeSet<String>) {
        let places = lineage::places(message);
        let bytes = message.write();
        for (at, (path, span)) in places.iter().enumerate() {
            let has_parts = places.get(at + 1).is_some_and(|(_, next)| next.start < span.end);
            let path = without_indexes(path);
            if has_parts || path == "MSH-1" || path == "MSH-2" {
                continue;
            }
            let (segment, rest) = path.split_once('-').unwrap_or((&path, ""));
            let field = rest.split('.').next().and_then(|number| number.parse().ok()).unwrap_or(0);
            let is_hidden = mask::is_hidden(segment, field);
            let text = String::from_utf8_lossy(bytes.get(span.clone()).unwrap_or_default()).into_owned();
            let target = self.targets.entry(path.clone()).or_default();
            target.is_hidden |= is_hidden;
            target.add(&text);
            filled.insert(path);
        }
    }

    /// Targets that the map names and no message filled.
    fn add_unfilled(&mut self, standard: &Standard, opened: &Opened, map: &Map) {
        let Some(statement) = opened.statement() else { return };
        let is_fhir = map.to.format == Format::FhirR4;
        for section in outline::of_map(&opened.tree, statement, standard.library()) {
            for row in section.rows.iter().filter(|row| !row.target.is_empty() && row.source != "removed") {
                let path =
                    if is_fhir { facts::plain(&section.title, &row.target) } else { without_indexes(&row.target) };
                let is_it = |known: &String| {
                    known.strip_prefix(&path).is_some_and(|rest| {
                        // A choice has its type in its name, a segment its fields behind it.
                        rest.is_empty()
                            || rest.starts_with(['.', '-'])
                            || rest.starts_with(|c: char| c.is_ascii_uppercase())
                    })
                };
                let mut known = self.targets.range(path.clone()..).take_while(|(known, _)| known.starts_with(&path));
                if !known.any(|(known, _)| is_it(known)) {
                    self.targets.insert(path, Target::default());
                }
            }
        }
    }

    fn put(&self, is_revealed: bool, screen: &Screen) {
        let width = self.targets.keys().map(|path| path.chars().count()).max().unwrap_or(0);
        for (path, target) in &self.targets {
            let filled = format!("{} of {}", target.filled, self.messages);
            let line = format!("{path:<width$}  {filled:>12}  {}", target.in_short(is_revealed));
            screen.line(line.trim_end());
        }
        screen.say(format!(
            "{} mapped, {} failed; {}",
            table::count(self.messages as u64, "message"),
            self.failed,
            table::count(self.targets.len() as u64, "target")
        ));
        if !is_revealed && self.targets.values().any(|target| target.is_hidden) {
            screen.say("values about patients are masked; --reveal shows them");
        }
    }

    fn as_json(&self, map: &Map, is_revealed: bool) -> serde_json::Value {
        let targets = self.targets.iter().map(|(path, target)| {
            let is_masked = target.is_hidden && !is_revealed;
            let values = target.by_count().into_iter().map(|(value, count)| json!({"value": value, "count": count}));
            let values: Vec<_> = if is_masked { Vec::new() } else { values.collect() };
            json!({"path": path, "filled": target.filled, "distinct": target.values.len(), "masked": is_masked, "values": values})
        });
        json!({"schema": "sinew.map-values/1", "map": &*map.name, "messages": self.messages, "failed": self.failed,
            "targets": targets.collect::<Vec<_>>()})
    }
}

impl Target {
    /// `female 11, male 6`, or how many different ones.
    fn in_short(&self, is_revealed: bool) -> String {
        if self.values.is_empty() {
            return String::new();
        }
        let distinct = table::count(self.values.len() as u64, "value");
        if self.is_hidden && !is_revealed {
            return format!("{distinct}, masked");
        }
        let all = self.by_count();
        let is_each_once = all.len() > SHOWN_MAX && all.iter().all(|(_, count)| *count == 1);
        let shown = if is_each_once { 3 } else { SHOWN_MAX };
        let mut parts: Vec<String> =
            all.iter().take(shown).map(|(value, count)| format!("{} {count}", plain(value))).collect();
        if all.len() > shown {
            let more = if self.more > 0 { " and more" } else { "" };
            parts.push(format!("… {distinct}{more}"));
        }
        parts.join(", ")
    }
}
