//! Shared parts of maps: `map segment OBX as obx { … }`, `map datatype CX [NAME] as cx { … }`, for `use NAME with …`.

use super::{fhir, from_fhir, shared::Pool};
use crate::{
    codes,
    path::is_segment_shape,
    syntax::{Cursor, Statement, Tree},
};
use hl7v2::dictionary::Version;
use message::Diagnostic;
use std::{collections::BTreeMap, sync::Arc};

/// Shared parts by name, from any number of files.
#[derive(Clone, Debug, Default)]
pub struct Library {
    parts: BTreeMap<Arc<str>, Part>,
    compiled: Arc<Compiled>,
}

/// Those that some map used, compiled; begun anew when a part comes in.
#[derive(Debug, Default)]
pub(super) struct Compiled {
    pub(super) to_fhir: Pool<fhir::Routine, fhir::Facts>,
    /// For each version of HL7 v2.
    pub(super) from_fhir: [Pool<from_fhir::Routine, from_fhir::Facts>; Version::ALL.len()],
}

/// What a shared part works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// Segments of this id.
    Segment([u8; 3]),
    /// Values of this data type; in a map to v2 of any, whatever the name says. In a map from FHIR a type of FHIR.
    Datatype(Arc<str>),
}

#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) tree: Arc<Tree>,
    /// The statement's number in the tree.
    pub(crate) index: usize,
    pub(crate) over: Over,
    /// The name that the part gives to what it works on.
    pub(crate) binding: Arc<str>,
    /// The type of FHIR that it fills; in a map from FHIR the segment or data type; none for one from v2 to v2.
    pub(crate) to: Option<Arc<str>>,
}

impl Part {
    pub(crate) fn statement(&self) -> Option<&Statement> {
        self.tree.statements.get(self.index)
    }
}

impl Library {
    /// Takes the shared parts of a file in. Other statements are left alone.
    pub fn add(&mut self, tree: &Arc<Tree>) -> Vec<Diagnostic> {
        self.compiled = Arc::default();
        let mut found = Vec::new();
        for (index, statement) in tree.statements.iter().enumerate() {
            let mut cursor = Cursor::new(tree, statement);
            if !cursor.eat("map") {
                continue;
            }
            let is_segment = cursor.is_at("segment");
            if !is_segment && !cursor.is_at("datatype") && !cursor.is_at("resource") {
                continue;
            }
            cursor.take();
            let place = cursor.here();
            let Some((name, part)) = read(tree, index, &mut cursor, is_segment) else {
                let finding = Diagnostic::error(codes::E2302, "the head of this shared map cannot be read");
                let hint =
                    "write it like `map segment OBX as obx { … }` or `map datatype CX to Identifier as cx { … }`";
                found.push(finding.at(&tree.file, place, "").hint(hint));
                continue;
            };
            if self.parts.insert(name.clone(), part).is_some() {
                let finding = Diagnostic::error(codes::E2305, format!("there are two shared maps `{name}`"));
                found.push(finding.at(&tree.file, place, "").hint("give one a name: `map datatype CX NAME as cx`"));
            }
        }
        found
    }

    /// As [`Library::add`]; a part of a name that is there already takes its place.
    pub fn replace(&mut self, tree: &Arc<Tree>) -> Vec<Diagnostic> {
        let mut own = Library::default();
        let found = own.add(tree);
        self.compiled = Arc::default();
        self.parts.append(&mut own.parts);
        found
    }

    /// Takes the parts of another library that this one has not.
    pub fn extend_from(&mut self, other: &Library) {
        self.compiled = Arc::default();
        for (name, part) in &other.parts {
            self.parts.entry(name.clone()).or_insert_with(|| part.clone());
        }
    }

    /// The file of a shared map, and the bytes of it there.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<(Arc<Tree>, std::ops::Range<usize>)> {
        let part = self.parts.get(name)?;
        Some((part.tree.clone(), part.statement()?.span.clone()))
    }

    /// The names of the shared maps.
    pub fn part_names(&self) -> impl Iterator<Item = &str> {
        self.names()
    }

    /// What maps over this library have compiled of it, for a file without shared parts of its own, which could stand in the
    /// place of these.
    pub(super) fn compiled(&self, own: &Library) -> Option<&Compiled> {
        own.parts.is_empty().then_some(&*self.compiled)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Part> {
        self.parts.get(name)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.keys().map(|name| &**name)
    }
}

fn read(tree: &Arc<Tree>, index: usize, cursor: &mut Cursor<'_>, is_segment: bool) -> Option<(Arc<str>, Part)> {
    let (kind, _) = cursor.text()?;
    let over = if is_segment {
        if !is_segment_shape(&kind) {
            return None;
        }
        Over::Segment(kind.as_bytes().try_into().ok()?)
    } else {
        Over::Datatype(Arc::from(&*kind))
    };
    let is_named = !cursor.is_at("as") && !cursor.is_at("to");
    let name = if is_named { Some(cursor.text()?.0) } else { None };
    let to = if cursor.eat("to") { Some(cursor.text()?.0) } else { None };
    if !cursor.eat("as") {
        return None;
    }
    let (binding, _) = cursor.text()?;
    let name = name.unwrap_or_else(|| match &to {
        Some(to) => format!("{kind}-{to}").into(),
        None => kind,
    });
    let part =
        Part { tree: tree.clone(), index, over, binding: Arc::from(&*binding), to: to.map(|to| Arc::from(&*to)) };
    // Behind the binding a map to FHIR may say what makes its resource one and the same.
    (cursor.is_done() || part.to.is_some()).then(|| (Arc::from(&*name), part))
}

/// The cursor behind the binding in the head of a shared part.
pub(crate) fn rest_of_head<'t>(tree: &'t Tree, statement: &'t Statement) -> Cursor<'t> {
    let mut cursor = Cursor::new(tree, statement);
    while !cursor.is_done() && !cursor.eat("as") {
        cursor.take();
    }
    cursor.take();
    cursor
}
