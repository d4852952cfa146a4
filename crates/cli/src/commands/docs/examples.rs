//! Example values: what the lines of a map made of its cases.

use crate::{
    commands::map::standard::Opened,
    messages,
    outcome::{Failure, Result},
    resources,
};
use fhir::{Kind, Node, Tree};
use hl7v2::{Message, Path, State};
use lang::{Format, Origins, Run, Settings, Standard, coverage::without_indexes};
use message::Timestamp;
use std::{
    fs,
    path::{Path as FilePath, PathBuf},
    sync::Arc,
};

/// Longest example, in characters.
const SHOWN_MAX: usize = 90;

/// Parts of an element that are shown.
const PARTS_MAX: usize = 5;

/// What was made of the cases.
#[derive(Default)]
pub struct Examples {
    made: Vec<Made>,
    /// What came out of a map to HL7 v2.
    messages: Vec<Message>,
    /// The messages that they come from.
    pub names: Vec<String>,
}

/// An element that a line wrote.
struct Made {
    file: Arc<str>,
    line: usize,
    /// From its resource: `Patient.name.family`.
    element: String,
    value: String,
    /// The places that were read, without indexes.
    sources: Vec<String>,
    /// Which of the messages.
    message: usize,
}

impl Examples {
    /// What one run made: `shown` gives the name and the value of an element.
    fn add(&mut self, name: String, origins: Origins, shown: impl Fn(&str) -> Option<(String, String)>) {
        for origin in origins.origins {
            let Some((element, value)) = shown(&origin.element) else { continue };
            self.made.push(Made {
                element,
                value: short(&value),
                sources: origin.sources.iter().map(|source| without_indexes(source)).collect(),
                file: origin.file,
                line: origin.line,
                message: self.names.len(),
            });
        }
        self.names.push(name);
    }

    /// What this line wrote, at this element if it can be told: `Patient.name`.
    pub fn of(&self, file: &str, line: usize, element: Option<&str>) -> Option<&str> {
        let mut wrote = self.made.iter().filter(|made| &*made.file == file && made.line == line);
        wrote
            .find(|made| !made.value.is_empty() && element.is_none_or(|element| made.element == element))
            .map(|made| made.value.as_str())
    }

    /// What the parts of an element became that were read from this place, or from any: a shared map wrote them.
    pub fn parts_of(&self, element: &str, place: Option<&str>) -> Option<String> {
        let is_below = |text: &str, around: &str| {
            text.strip_prefix(around).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let place = place.map(without_indexes);
        let is_read = |made: &Made| {
            place.as_deref().is_none_or(|place| made.sources.iter().any(|source| is_below(source, place)))
        };
        // What wrote the element itself may be another line.
        let is_own = |made: &Made| place.is_some() || made.element != element;
        let is_part = |made: &&Made| is_below(&made.element, element) && is_own(made) && is_read(made);
        let first = self.made.iter().find(is_part)?;
        let mut values: Vec<&str> = Vec::new();
        for made in self.made.iter().filter(is_part).filter(|made| made.message == first.message) {
            if !values.contains(&made.value.as_str()) && values.len() < PARTS_MAX {
                values.push(&made.value);
            }
        }
        Some(short(&values.join(" · ")))
    }

    /// What stands at a path of HL7 v2.
    pub fn at(&self, path: &str) -> Option<String> {
        let path = Path::parse(path).ok().filter(|path| path.check_evaluable().is_ok() && !path.is_target_only())?;
        let mut found = self.messages.iter().filter(|message| message.state(&path) == State::Value);
        found.next().map(|message| short(&message.text(&path)))
    }
}

/// Runs the map over its cases, or over the messages that are named.
pub fn gather(standard: &Standard, opened: &Opened, named: &[PathBuf]) -> Result<Examples> {
    let mut found = Examples::default();
    let map = opened.main()?;
    if map.from.format == Format::FhirR4 {
        for (name, tree) in bundles(standard, opened, named)? {
            let mut run = Run::new(Timestamp::default(), 0);
            let Ok((made, Some(origins))) = map.produce(&tree, &mut run, true) else { continue };
            found.add(name, origins, |element| {
                let path = Path::parse(element).ok()?;
                Some((without_indexes(element), made.text(&path).into_owned()))
            });
        }
        return Ok(found);
    }
    let settings = Settings { explain: true, ..Settings::default() };
    let mut tree = Tree::new();
    for (name, message) in cases(standard, opened, named)? {
        let mut run = Run::new(Timestamp::default(), 0);
        if map.to.format == Format::Hl7v2 {
            let Ok(made) = map.apply(&message, &mut run) else { continue };
            found.messages.push(made);
            found.names.push(name);
        } else {
            let Ok(Some(origins)) = map.convert(&message, &mut tree, &mut run, &settings) else { continue };
            found.add(name, origins, |element| {
                let node = node_at(&tree, element)?;
                let mut value = String::new();
                leaves(node, &mut value);
                Some((below_resource(node), value))
            });
        }
    }
    Ok(found)
}

/// Files with an ending in `cases/` beside the map, in order.
fn beside(folder: &FilePath, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("cases")).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|kind| kind == ending)).collect();
    paths.sort();
    paths
}

fn is_main(opened: &Opened, found: Option<&(lang::MapFile, Vec<message::Diagnostic>)>) -> bool {
    let found = found.and_then(|(file, _)| file.main());
    found.zip(opened.file.main()).is_some_and(|(found, own)| found.name == own.name)
}

/// The bundles of a map from FHIR.
fn bundles(standard: &Standard, opened: &Opened, named: &[PathBuf]) -> Result<Vec<(String, Tree)>> {
    let mut out = Vec::new();
    let beside = opened.folder.as_deref().map(|folder| beside(folder, "json"));
    let paths = if named.is_empty() { beside } else { Some(resources::expand(named)?) };
    for path in paths.iter().flatten() {
        resources::each(path, |found| {
            out.extend(found.tree.ok().map(|tree| (found.name, tree)));
            Ok(())
        })?;
    }
    if paths.is_none() {
        let all = library::folder(library::FHIR_R4_TO_HL7V2).filter(|(path, _)| path.ends_with(".json"));
        let trees = all.filter_map(|(path, text)| Some((path.to_owned(), Tree::read(text.as_bytes()).ok()?)));
        out.extend(trees.filter(|(_, tree)| is_main(opened, standard.map_for_bundle(tree))));
    }
    Ok(out)
}

fn cases(standard: &Standard, opened: &Opened, named: &[PathBuf]) -> Result<Vec<(String, Message)>> {
    let parse = |text: &[u8]| {
        let text = String::from_utf8_lossy(text).replace("\r\n", "\r").replace('\n', "\r");
        Message::parse(text.into_bytes()).0
    };
    let mut out = Vec::new();
    if !named.is_empty() {
        for path in messages::expand(named)? {
            let name = path.display().to_string();
            out.extend(
                messages::read(&path)?.messages.into_iter().map(|one| (name.clone(), Message::parse(one.bytes).0)),
            );
        }
        return Ok(out);
    }
    if let Some(folder) = &opened.folder {
        for path in beside(folder, "hl7") {
            let text = fs::read(&path).map_err(|error| unread(&path, &error))?;
            out.push((path.display().to_string(), parse(&text)));
        }
        return Ok(out);
    }
    let all = library::folder(library::HL7V2_TO_FHIR_R4).filter(|(path, _)| path.ends_with(".hl7"));
    let all = all.map(|(path, text)| (path.to_owned(), parse(text.as_bytes())));
    out.extend(all.filter(|(_, message)| is_main(opened, standard.map_for(message))));
    Ok(out)
}

fn unread(path: &FilePath, error: &std::io::Error) -> Failure {
    Failure::unreachable(format!("{} cannot be read: {error}", path.display()))
}

/// The node at a path that a node gave: `Bundle.entry[0].resource.name[0]`.
fn node_at<'t>(tree: &'t Tree, path: &str) -> Option<Node<'t>> {
    let mut parts = path.split('.');
    parts.next();
    parts.try_fold(tree.root(), |at, part| {
        let (name, mut indexes) = part.split_once('[').map_or((part, ""), |(name, rest)| (name, rest));
        let mut at = at.get(name)?;
        while let Some((index, rest)) = indexes.split_once(']') {
            at = at.at(index.parse().ok()?)?;
            indexes = rest.trim_start_matches('[');
        }
        Some(at)
    })
}

/// `Bundle.entry[2].resource.name[0].family` as `Patient.name.family`.
fn below_resource(node: Node<'_>) -> String {
    let mut names: Vec<&str> = Vec::new();
    let mut at = Some(node);
    while let Some(node) = at {
        if let Some(kind) = node.resource_type() {
            let rest: Vec<&str> = names.into_iter().rev().collect();
            return if rest.is_empty() { kind.to_owned() } else { format!("{kind}.{}", rest.join(".")) };
        }
        names.extend(node.key());
        at = node.parent();
    }
    without_indexes(&node.path())
}

fn leaves(node: Node<'_>, out: &mut String) {
    match node.kind() {
        Kind::Object | Kind::Array => node.children().for_each(|child| leaves(child, out)),
        Kind::Null | Kind::Bool | Kind::Number | Kind::Text => {
            if let Some(text) = node.scalar() {
                if !out.is_empty() {
                    out.push_str(" · ");
                }
                out.push_str(text);
            }
        }
    }
}

fn short(text: &str) -> String {
    if text.chars().count() <= SHOWN_MAX {
        return text.to_owned();
    }
    text.chars().take(SHOWN_MAX - 1).chain(['…']).collect()
}
