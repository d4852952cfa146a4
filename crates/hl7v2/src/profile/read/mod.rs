//! Reads the files of a profile and compiles them: bytes in, a [`Model`] and findings out.
//!
//! Six kinds of file, told apart by their root elements: `ConformanceProfile`, `ConformanceContext` (constraints and
//! predicates), `ValueSetLibrary`, `ValueSetBindingsContext`, `CoConstraintContext`, `ProfileSlicing`. Of each there may
//! be several, which are taken together: guides are exported whole, and again message by message.
//!
//! Promises: what cannot be understood is said and left out, and the rest is still read; a reference to something that
//! is not there is said; ids of datatypes and segments hold inside one file; no input panics.
//! Never: files of a file system, or what a file includes.

mod bindings;
mod constraints;
mod expression;
mod message;
mod slicing;
mod tables;
mod value_sets;

use super::model::{Datatype, Message, Model, SetRef, Statements};
use crate::{codes, v2xml::Refused};
use ::message::Diagnostic;
use std::collections::{HashMap, HashSet};
use xml::Node;

/// Most findings about one profile.
const DIAGNOSTICS_MAX: usize = 200;

/// What a file of a profile is, by its root element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// Messages, segments, datatypes.
    Profile,
    /// Constraints and predicates.
    Constraints,
    /// Value sets.
    ValueSets,
    /// Which value set belongs to which element, where the profile itself does not say.
    Bindings,
    /// Co-constraint tables.
    CoConstraints,
    /// Slicings.
    Slicings,
}

impl FileKind {
    fn of_root(name: &str) -> Option<FileKind> {
        match name {
            "ConformanceProfile" => Some(FileKind::Profile),
            "ConformanceContext" => Some(FileKind::Constraints),
            "ValueSetLibrary" => Some(FileKind::ValueSets),
            "ValueSetBindingsContext" => Some(FileKind::Bindings),
            "CoConstraintContext" => Some(FileKind::CoConstraints),
            "ProfileSlicing" => Some(FileKind::Slicings),
            _ => None,
        }
    }

    /// The kind of a file, by its first element; `None` for a file that is no part of a profile. Only the beginning of
    /// the file is needed.
    #[must_use]
    pub fn detect(head: &[u8]) -> Option<FileKind> {
        let text = match head {
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => head.iter().filter(|byte| **byte != 0).copied().collect::<Vec<u8>>(),
            _ => head.to_vec(),
        };
        let text = String::from_utf8_lossy(&text);
        let mut rest = &*text;
        loop {
            rest = &rest[rest.find('<')? + 1..];
            let (opening, closing) = match rest.as_bytes().first()? {
                b'?' => ("?", "?>"),
                b'!' if rest.starts_with("!--") => ("!--", "-->"),
                b'!' => ("!", ">"),
                _ => {
                    let end = rest.find(|letter: char| letter.is_whitespace() || matches!(letter, '>' | '/'))?;
                    return FileKind::of_root(rest[..end].rsplit(':').next().unwrap_or_default());
                }
            };
            rest = &rest[opening.len()..];
            rest = &rest[rest.find(closing)? + closing.len()..];
        }
    }
}

/// A file of a profile, as it was found.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// For findings: a file name, not a whole path.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// What readers share: findings, and the numbers of what has a name.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) model: Model,
    pub(super) diagnostics: Vec<Diagnostic>,
    left_out: usize,
    /// The file that is being read.
    file: String,
    /// Of the profile that is being read, or that slices are about.
    names: Names,
    /// Those of every profile that was read.
    all_names: Vec<Names>,
    sets: HashMap<String, u32>,
    excluded: HashSet<String>,
    /// Value sets that are not there and were told.
    missing: HashSet<String>,
}

/// The numbers of the datatypes and segments of one profile, by their ids.
#[derive(Clone, Debug, Default)]
struct Names {
    datatypes: HashMap<String, u32>,
    segments: HashMap<String, u32>,
}

/// Reads the files of one guide. `None` when there is no message in them that could be checked.
pub(super) fn read(sources: &[Source<'_>]) -> (Option<Model>, Vec<Diagnostic>) {
    let mut reader = Reader::default();
    let texts: Vec<_> = sources
        .iter()
        .filter_map(|source| match xml::decode(source.bytes) {
            Ok(text) => Some((source.name, text)),
            Err(refusal) => {
                reader.diagnostics.push(Refused::from(refusal).diagnostic(source.name));
                None
            }
        })
        .collect();
    let mut documents = Vec::new();
    for (name, text) in &texts {
        match xml::read(text) {
            Ok(document) => documents.push((*name, document)),
            Err(refusal) => reader.diagnostics.push(Refused::from(refusal).diagnostic(name)),
        }
    }
    let mut files: Vec<(FileKind, &str, Node<'_, '_>)> = Vec::new();
    for (name, document) in &documents {
        let root = document.root_element();
        match FileKind::of_root(root.tag_name().name()) {
            Some(kind) => files.push((kind, name, root)),
            None => {
                (*name).clone_into(&mut reader.file);
                reader.problem("the file is no part of a conformance profile; it is not used");
            }
        }
    }
    // Value sets first: bindings name them. Then the profile, then what hangs on it.
    let order = |kind: FileKind| match kind {
        FileKind::ValueSets => 0,
        FileKind::Profile => 1,
        FileKind::Bindings | FileKind::Constraints | FileKind::CoConstraints | FileKind::Slicings => 2,
    };
    files.sort_by_key(|file| order(file.0));
    reader.read_all(&files);
    reader.finish()
}

impl Reader {
    fn read_all(&mut self, files: &[(FileKind, &str, Node<'_, '_>)]) {
        for (kind, name, root) in files {
            (*name).clone_into(&mut self.file);
            match kind {
                FileKind::ValueSets => self.read_value_sets(*root),
                FileKind::Profile => self.read_profile(*root),
                FileKind::Constraints => self.read_constraints(*root),
                FileKind::Bindings => self.read_bindings(*root),
                FileKind::CoConstraints => self.read_tables(*root),
                FileKind::Slicings => self.read_slicings(*root),
            }
        }
    }

    fn finish(mut self) -> (Option<Model>, Vec<Diagnostic>) {
        self.drop_repeated();
        if self.left_out > 0 {
            let text = format!("{} more findings about the profile are left out", self.left_out);
            self.diagnostics.push(Diagnostic::warning(codes::E1072, text));
        }
        if self.model.messages.is_empty() {
            let text = "there is no conformance profile with a message in the files";
            self.diagnostics.push(Diagnostic::error(codes::E1073, text).hint(
                "a profile is exported as XML with the root element ConformanceProfile, beside its constraints and \
                 value sets",
            ));
            return (None, self.diagnostics);
        }
        (Some(self.model), self.diagnostics)
    }

    /// A message that several files describe under one id counts once: as the file with the most messages has it.
    fn drop_repeated(&mut self) {
        let messages = std::mem::take(&mut self.model.messages);
        let in_file = |file: u32| messages.iter().filter(|own| own.file == file).count();
        let mut best: HashMap<&str, (usize, usize)> = HashMap::new();
        for (at, message) in messages.iter().enumerate() {
            let count = in_file(message.file);
            let kept = best.entry(&message.id).or_insert((at, count));
            if count > kept.1 {
                *kept = (at, count);
            }
        }
        let mut kept: Vec<usize> = best.values().map(|(at, _)| *at).collect();
        kept.sort_unstable();
        let keeps = |at: usize| kept.binary_search(&at).is_ok();
        self.model.messages =
            messages.into_iter().enumerate().filter(|(at, _)| keeps(*at)).map(|(_, own)| own).collect();
    }

    /// Something in the profile that is not right; the message does not show it.
    fn problem(&mut self, text: impl AsRef<str>) {
        if self.diagnostics.len() >= DIAGNOSTICS_MAX {
            self.left_out += 1;
            return;
        }
        self.diagnostics.push(Diagnostic::warning(codes::E1072, format!("{}: {}", self.file, text.as_ref())));
    }

    /// The value set of a binding.
    fn set_ref(&mut self, id: &str) -> SetRef {
        if self.excluded.contains(id) {
            return SetRef::Unchecked;
        }
        match self.sets.get(id) {
            Some(set) if self.model.sets[*set as usize].is_empty() => SetRef::Unchecked,
            Some(set) => SetRef::Set(*set),
            None => {
                if self.missing.insert(id.to_owned()) {
                    self.problem(format!("the value set {id} is bound and not in the library; it is not checked"));
                }
                SetRef::Unchecked
            }
        }
    }

    /// The value sets that a text names, with `:` or a blank between them.
    fn set_refs(&mut self, text: &str) -> Vec<SetRef> {
        // Some ids hold a blank or a colon themselves. Of a pair that is excluded as such, each set is still what it is.
        if self.sets.contains_key(text) {
            return vec![self.set_ref(text)];
        }
        let ids = text.split(|letter: char| letter == ':' || letter.is_whitespace());
        ids.filter(|id| !id.is_empty()).map(|id| self.set_ref(id)).collect()
    }

    fn datatype(&self, id: &str) -> Option<u32> {
        self.names.datatypes.get(id).copied()
    }

    fn segment(&self, id: &str) -> Option<u32> {
        self.names.segments.get(id).copied()
    }

    /// Every set of statements that a context names: by id or by name, of a datatype, a segment, a group or a message.
    fn statements_of(&mut self, level: Level, by: &By<'_>) -> Vec<&mut Statements> {
        match level {
            Level::Datatype => {
                let takes = |datatype: &Datatype| by.takes(&datatype.id, &datatype.name);
                self.model.datatypes.iter_mut().filter(|own| takes(own)).map(|own| &mut own.statements).collect()
            }
            Level::Segment => {
                let segments = self.model.segments.iter_mut().filter(|own| by.takes(&own.id, &own.name));
                segments.map(|own| &mut own.statements).collect()
            }
            // A message is the outermost group: guides write its statements under either word.
            Level::Group | Level::Message => {
                self.model.messages.iter_mut().flat_map(|message| groups(message, by)).collect()
            }
        }
    }
}

/// The statements of a message and its groups that a context names.
fn groups<'m>(message: &'m mut Message, by: &By<'_>) -> Vec<&'m mut Statements> {
    let named: Vec<usize> = message
        .structure
        .nodes()
        .iter()
        .zip(&message.places)
        .zip(&message.group_ids)
        .filter(|((node, place), id)| place.statements.is_some() && by.takes(id, &node.name))
        .filter_map(|((_, place), _)| place.statements.map(|at| at as usize))
        .collect();
    let all = message.statements.iter_mut().enumerate();
    all.filter(|(at, _)| named.contains(at)).map(|(_, statements)| statements).collect()
}

/// What a context is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Datatype,
    Segment,
    Group,
    Message,
}

impl Level {
    const ALL: [(Level, &'static str); 4] = [
        (Level::Datatype, "Datatype"),
        (Level::Segment, "Segment"),
        (Level::Group, "Group"),
        (Level::Message, "Message"),
    ];
}

/// How a context names its owner.
enum By<'a> {
    Id(&'a str),
    Name(&'a str),
}

impl<'a> By<'a> {
    fn read(node: Node<'a, '_>) -> Option<By<'a>> {
        // Editors that are not bound to the schema write `ById` too.
        match node.tag_name().name() {
            name if name.eq_ignore_ascii_case("ByID") => xml::attribute(node, "ID").map(By::Id),
            "ByName" => xml::attribute(node, "Name").map(By::Name),
            _ => None,
        }
    }

    fn takes(&self, id: &str, name: &str) -> bool {
        match self {
            By::Id(wanted) => *wanted == id,
            By::Name(wanted) => *wanted == name,
        }
    }

    fn text(&self) -> &'a str {
        match self {
            By::Id(text) | By::Name(text) => text,
        }
    }
}

/// `true` or `1`.
fn is_true(text: Option<&str>) -> bool {
    matches!(text.map(str::trim), Some("true" | "TRUE" | "1"))
}

/// A number; `*` and what is none is no bound.
fn bound(text: Option<&str>) -> u32 {
    text.and_then(|text| text.trim().parse().ok()).unwrap_or(u32::MAX)
}
