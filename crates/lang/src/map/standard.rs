//! The maps of a library folder: tables, shared maps, and the map of whole messages that a message needs.
//!
//! Owns which map is for a message: by the message structure that MSH-9 and MSH-12 say. Maps of messages are compiled when
//! the first message needs them. A site's own tables and shared maps go over those of the library.

use super::{Library, MapFile, Shape, header};
use crate::{
    codes,
    scope::Scope,
    syntax::{self, Tree},
    table::{Table, Tables},
};
use hl7v2::{Message, Path, structure};
use message::{Diagnostic, Location};
use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

/// A folder of maps, ready to use.
#[derive(Debug, Default)]
pub struct Standard {
    tables: Tables,
    library: Library,
    messages: Vec<MessageMap>,
    texts: BTreeMap<Arc<str>, Arc<str>>,
}

/// A file with a map of whole messages.
#[derive(Debug)]
pub struct MessageMap {
    /// Its path in the folder: `messages/adt.map`.
    pub path: Arc<str>,
    /// The name that its head gives it.
    pub name: Arc<str>,
    /// What it is for.
    pub from: Shape,
    /// What it makes.
    pub to: Shape,
    tree: Arc<Tree>,
    compiled: OnceLock<(MapFile, Vec<Diagnostic>)>,
}

impl Standard {
    /// Reads the files of a folder, each with its path in it. Findings are about files that cannot be read; those of maps
    /// come from [`Standard::check`].
    #[must_use]
    pub fn read<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> (Standard, Vec<Diagnostic>) {
        let mut out = Standard::default();
        let mut found = Vec::new();
        for (path, text) in files {
            out.add(path, text, &mut found);
        }
        (out, found)
    }

    /// Adds or replaces one file: `tables/NAME.csv`, `messages/NAME.map`, or a file of shared maps.
    pub fn add(&mut self, path: &str, text: &str, found: &mut Vec<Diagnostic>) {
        let file: Arc<str> = Arc::from(path);
        self.texts.insert(file.clone(), Arc::from(text));
        let name = path.rsplit('/').next().unwrap_or(path);
        if let Some(name) = name.strip_suffix(".csv") {
            let (table, more) = Table::parse(name, &file, text);
            found.extend(more);
            self.tables.insert(table);
        } else if name.ends_with(".map") {
            let (tree, more) = syntax::parse(path, text);
            found.extend(more);
            self.add_map(&Arc::new(tree), found);
        }
    }

    fn add_map(&mut self, tree: &Arc<Tree>, found: &mut Vec<Diagnostic>) {
        found.extend(self.library.replace(tree));
        for statement in &tree.statements {
            if let Some(header::Header::Message { name, from, to }) =
                header::parse(tree, statement, &Scope::new(&Tables::default()), found)
            {
                self.messages.retain(|known| known.path != tree.file);
                let (path, tree) = (tree.file.clone(), tree.clone());
                let map = MessageMap { path, name, from, to, tree, compiled: OnceLock::new() };
                self.messages.push(map);
            }
        }
    }

    /// The text of a file of the folder.
    #[must_use]
    pub fn text_of(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(|text| &**text)
    }

    /// `segments/pid-patient.map:12`, where a finding points.
    #[must_use]
    pub fn place_of(&self, finding: &Diagnostic) -> Option<String> {
        let Some(Location::Text { file, span, .. }) = finding.locations.first() else { return None };
        let before = self.text_of(file)?.get(..span.start)?;
        Some(format!("{file}:{}", before.matches('\n').count() + 1))
    }

    /// The code tables.
    #[must_use]
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The shared maps.
    #[must_use]
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// The files with maps of whole messages.
    #[must_use]
    pub fn messages(&self) -> &[MessageMap] {
        &self.messages
    }

    /// The map for a message, and what the checker says of it; `None` when the folder has none.
    #[must_use]
    pub fn map_for(&self, message: &Message) -> Option<&(MapFile, Vec<Diagnostic>)> {
        let structure = structure::of_message(message).map(hl7v2::dictionary::Structure::id);
        let named = message.text(&Path::component(b"MSH", 9, 3)).into_owned();
        let kind = message.text(&Path::component(b"MSH", 9, 1)).into_owned();
        let event = message.text(&Path::component(b"MSH", 9, 2)).into_owned();
        let plain = format!("{kind}_{event}");
        let wanted = [structure.unwrap_or(""), &named, &plain, &kind];
        let reads_v2 = |map: &&MessageMap| map.from.format == super::Format::Hl7v2;
        let maps = || self.messages.iter().rev().filter(reads_v2);
        let find = |name: &&str| maps().find(|map| !name.is_empty() && map.from.takes(name));
        wanted.iter().find_map(find).map(|map| map.compiled(self))
    }

    /// The map of whole messages of this name: the map's own, or that of its file. A map from HL7 v2 goes before one of the same
    /// name from FHIR.
    #[must_use]
    pub fn map_named(&self, name: &str) -> Option<&MessageMap> {
        let is_it = |map: &&MessageMap| {
            let file = map.path.rsplit('/').next().and_then(|file| file.strip_suffix(".map"));
            file == Some(name) || *map.name == *name
        };
        let mut all = self.messages.iter().rev().filter(is_it);
        all.clone().find(|map| map.from.format == super::Format::Hl7v2).or_else(|| all.next())
    }

    /// Compiles everything; every finding.
    pub fn check(&self) -> Vec<Diagnostic> {
        let scope = Scope::new(&self.tables).with_library(&self.library);
        let mut found = super::fhir::check_parts(&self.library, &scope);
        found.extend(self.messages.iter().flat_map(|map| map.compiled(self).1.clone()));
        found.extend(super::from_fhir::check_parts(&self.library, &scope));
        let mut seen = Vec::new();
        found.retain(|finding| {
            let is_new = !seen.contains(finding);
            if is_new {
                seen.push(finding.clone());
            }
            is_new
        });
        found
    }
}

impl MessageMap {
    /// Its file, read.
    #[must_use]
    pub fn tree(&self) -> &Arc<Tree> {
        &self.tree
    }

    pub(super) fn compiled(&self, standard: &Standard) -> &(MapFile, Vec<Diagnostic>) {
        self.compiled.get_or_init(|| {
            let scope = Scope::new(&standard.tables).with_library(&standard.library);
            MapFile::compile(&self.tree, &scope)
        })
    }
}

/// A finding for a message that has no map.
#[must_use]
pub fn no_map(message: &Message) -> Diagnostic {
    let part = |number| message.text(&Path::component(b"MSH", 9, number)).into_owned();
    let (kind, event) = (part(1), part(2));
    let is_code = |text: &str| (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let what = if is_code(&kind) && is_code(&event) {
        format!("the library has no map for {kind}^{event}")
    } else {
        "the library has no map for this message".to_owned()
    };
    Diagnostic::error(codes::E2604, what).at_path("MSH-9", None)
}
