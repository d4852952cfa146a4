//! Profiles: structure definitions of R4 itself and of packages that the user brings, compiled to rules when they are
//! first needed.
//!
//! Promises: a profile is rules on top of R4, so that what R4 itself asks is told once; a differential is enough, because
//! the profile that it is based on is checked too; what a profile names and nobody has is told.
//! Never: fetches a definition.

mod check;
mod compile;
mod slicing;
mod terminology;

pub(super) use compile::{Invariant, Profile};

use crate::definitions::{self, Type};
use crate::{Error, Tree, codes};
use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use terminology::{Codes, Set};

/// Most definitions of all packages together.
const DEFINITIONS_MAX: usize = 100_000;

/// What was taken of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// `hl7.fhir.us.core#6.1.0`, where the package says it.
    pub name: String,
    /// Structure definitions, value sets and code systems.
    pub definitions: usize,
    /// Files that are none of them, or cannot be read.
    pub passed_over: usize,
}

/// Profiles, extensions, value sets and code systems besides those of R4.
#[derive(Default)]
pub struct Profiles {
    definitions: HashMap<String, Tree>,
    value_sets: HashMap<String, Set>,
    code_systems: HashMap<String, Codes>,
    compiled: RwLock<HashMap<String, Option<Arc<Profile>>>>,
}

impl std::fmt::Debug for Profiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Profiles({} definitions, {} value sets)", self.definitions.len(), self.value_sets.len())
    }
}

impl Profiles {
    /// Adds the definitions of a package: a gzipped tar. Examples are passed over.
    ///
    /// # Errors
    /// E1282: it is no package, or passes a limit.
    pub fn add_package(&mut self, bytes: &[u8]) -> Result<Added, Error> {
        let mut out = Added::default();
        crate::package::each(bytes, |name, content| {
            let is_definition = name.ends_with(".json") && !name.contains("/example");
            if name.ends_with("package/package.json") {
                out.name = manifest(content).unwrap_or_default();
            }
            match is_definition.then(|| self.add(content)) {
                Some(Ok(true)) => out.definitions += 1,
                Some(Err(error)) if error.code() == codes::E1282 => return Err(error),
                Some(Ok(false) | Err(_)) | None => out.passed_over += 1,
            }
            Ok(())
        })?;
        Ok(out)
    }

    /// Adds a definition: a structure definition, value set or code system in JSON. Others are passed over. Returns
    /// whether it was one.
    ///
    /// # Errors
    /// It is no JSON; E1282: there are too many.
    pub fn add(&mut self, bytes: &[u8]) -> Result<bool, Error> {
        let tree = Tree::read(bytes)?;
        let root = tree.root();
        let text = |name: &str| root.get(name).and_then(|found| found.text()).map(str::to_owned);
        let Some(url) = text("url") else { return Ok(false) };
        if self.definitions.len() + self.value_sets.len() + self.code_systems.len() >= DEFINITIONS_MAX {
            let text = format!("there are more than {DEFINITIONS_MAX} definitions");
            return Err(Error::refused(codes::E1282, "", text));
        }
        match root.resource_type() {
            Some("StructureDefinition") => {
                self.definitions.insert(url, tree);
            }
            Some("ValueSet") => {
                self.value_sets.insert(url, Set::read(root));
            }
            Some("CodeSystem") => {
                self.code_systems.insert(url, Codes::read(root));
            }
            Some(_) | None => return Ok(false),
        }
        Ok(true)
    }

    /// The URLs of the structure definitions that were added, sorted, each with the type that it is for.
    #[must_use]
    pub fn urls(&self) -> Vec<(&str, &str)> {
        let mut out: Vec<(&str, &str)> = Vec::new();
        for (url, tree) in &self.definitions {
            let ty = tree.root().get("type").and_then(|found| found.text());
            out.push((url, ty.unwrap_or_default()));
        }
        out.sort_unstable();
        out
    }

    /// A profile with this URL is there, or R4 has it.
    #[must_use]
    pub fn has(&self, url: &str) -> bool {
        let url = definitions::unversioned(url);
        self.definitions.contains_key(url) || definitions::Profile::of_url(url).is_some() || Type::of_url(url).is_some()
    }

    /// The profile with this URL, compiled.
    pub(super) fn get(&self, url: &str) -> Option<Arc<Profile>> {
        let url = definitions::unversioned(url);
        if let Some(found) = self.compiled.read().ok()?.get(url) {
            return found.clone();
        }
        let made = match self.definitions.get(url) {
            Some(tree) => Profile::compile(tree.clone()),
            None => definitions::Profile::of_url(url)
                .and_then(|known| Tree::read(known.definition().as_bytes()).ok())
                .and_then(Profile::compile),
        };
        let made = made.map(Arc::new);
        self.compiled.write().ok()?.insert(url.to_owned(), made.clone());
        made
    }

    /// An extension that a package brings.
    pub(super) fn extension(&self, url: &str) -> Option<Arc<Profile>> {
        let url = definitions::unversioned(url);
        self.definitions.contains_key(url).then(|| self.get(url))?.filter(|found| found.ty.name() == "Extension")
    }

    /// A value set that a package brings.
    pub(super) fn has_value_sets(&self) -> bool {
        !self.value_sets.is_empty()
    }

    pub(super) fn value_set(&self, url: &str) -> Option<terminology::Known<'_>> {
        let set = self.value_sets.get(definitions::unversioned(url))?;
        Some(terminology::Known { profiles: self, set })
    }
}

/// Name and version of a package by its manifest.
fn manifest(bytes: &[u8]) -> Option<String> {
    let tree = Tree::read(bytes).ok()?;
    let text = |name: &str| tree.root().get(name).and_then(|found| found.text()).map(str::to_owned);
    Some(format!("{}#{}", text("name")?, text("version")?))
}
