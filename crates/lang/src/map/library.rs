//! Shared parts of maps: `map segment OBX as obx { … }`, `map datatype CX [NAME] as cx { … }`, for `use NAME with …`.

use crate::{
    codes,
    path::is_segment_shape,
    syntax::{Cursor, Statement, Tree},
};
use message::Diagnostic;
use std::{collections::BTreeMap, sync::Arc};

/// Shared parts by name, from any number of files.
#[derive(Clone, Debug, Default)]
pub struct Library {
    parts: BTreeMap<Arc<str>, Part>,
}

/// What a shared part works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// Segments of this id.
    Segment([u8; 3]),
    /// Repetitions of any field.
    Datatype,
}

#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) tree: Arc<Tree>,
    /// The statement's number in the tree.
    pub(crate) index: usize,
    pub(crate) over: Over,
    /// The name that the part gives to what it works on.
    pub(crate) binding: Arc<str>,
}

impl Part {
    pub(crate) fn statement(&self) -> Option<&Statement> {
        self.tree.statements.get(self.index)
    }
}

impl Library {
    /// Takes the shared parts of a file in. Other statements are left alone.
    pub fn add(&mut self, tree: &Arc<Tree>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (index, statement) in tree.statements.iter().enumerate() {
            let mut cursor = Cursor::new(tree, statement);
            if !cursor.eat("map") {
                continue;
            }
            let is_segment = cursor.is_at("segment");
            if !is_segment && !cursor.is_at("datatype") {
                continue;
            }
            cursor.take();
            let place = cursor.here();
            let Some((name, part)) = read(tree, index, &mut cursor, is_segment) else {
                let finding = Diagnostic::error(codes::E2302, "the head of this shared map cannot be read");
                let hint = "write it like `map segment OBX as obx { … }` or `map datatype CX tidy-id as cx { … }`";
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
        Over::Datatype
    };
    let name = if cursor.is_at("as") { kind } else { cursor.text()?.0 };
    if !cursor.eat("as") {
        return None;
    }
    let (binding, _) = cursor.text()?;
    let part = Part { tree: tree.clone(), index, over, binding: Arc::from(&*binding) };
    cursor.is_done().then(|| (Arc::from(&*name), part))
}
