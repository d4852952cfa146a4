//! Maps: from one message to another: from HL7 v2 to HL7 v2, in [`fhir`] to FHIR R4, and in [`from_fhir`] back.
//!
//! ```text
//! map pharmacy from hl7v2 2.5.1 ADT to hl7v2 2.3 ADT {
//!   version = 2.3
//!   each PID-3 as id when id.5 in [MR, PI] { PID-3.4 = id.4 | code units else keep }
//!   when PV1-2 = E { PV1-3.1 = ED }
//! }
//! ```
//! Values are read from the source, which does not change; targets are written in the result, which starts as a copy of
//! the source, or, with `start empty`, as its MSH segment alone. A target without an index of its own, inside an `each`
//! over the same segments or repetitions, is the one of this turn: the same as in the source in a copy, the next one in
//! a result that started empty. `[+]` makes one new segment or repetition a turn.
//!
//! Promises: no two lines write one target by accident; same source, map and run give the same bytes.

pub mod cases;
mod claim;
mod compile;
pub mod coverage;
pub mod drawing;
pub(crate) mod fhir;
pub(crate) mod from_fhir;
mod grammar;
mod header;
pub(crate) mod library;
mod lines;
pub mod outline;
mod shared;
mod standard;
mod translations;
mod tree;

pub use claim::Claim;
pub use fhir::{BundleType, Left, Origin, Origins, Settings, Why};
pub use from_fhir::choose::no_map as no_map_for_bundle;
pub use header::{Format, Shape};
pub use library::Library;
pub(crate) use shared::Asked;
pub use standard::{MessageMap, Standard, no_map};

use crate::{
    codes,
    form::Form,
    matter::Matter,
    program::action::{Action, Stage, perform},
    run::{Fault, Run, Site},
    scope::Scope,
    syntax::Tree,
};
use hl7v2::Message;
use std::sync::Arc;

/// A path that a map leaves out on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The path.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// One compiled map.
#[derive(Debug)]
pub struct Map {
    /// Its name.
    pub name: Arc<str>,
    /// What it reads.
    pub from: Shape,
    /// What it writes.
    pub to: Shape,
    /// What it leaves out on purpose.
    pub ignored: Vec<Ignored>,
    work: Work,
    site: Site,
}

/// What a map does.
#[derive(Debug)]
enum Work {
    /// To v2.
    V2 { starts_empty: bool, actions: Vec<Action> },
    /// To FHIR.
    Fhir(Box<fhir::FhirMap>),
    /// From FHIR, and from other formats to HL7 v2.
    FromFhir(Box<from_fhir::FromFhirMap>),
    /// To JSON, XML, rows, X12.
    Tree(Box<tree::TreeMap>),
}

/// The maps of one file.
#[derive(Debug, Default)]
pub struct MapFile {
    maps: Vec<Map>,
}

impl MapFile {
    /// What the main map of a file reads and makes, by its head alone.
    #[must_use]
    pub fn sides(tree: &Tree, scope: &Scope<'_>) -> Option<(Form, Form)> {
        let heads =
            tree.statements.iter().filter_map(|statement| header::parse(tree, statement, scope, &mut Vec::new()));
        let mut heads: Vec<(Arc<str>, Shape, Shape)> = heads
            .filter_map(|header| match header {
                header::Header::Message { name, from, to } => Some((name, from, to)),
                header::Header::Shared => None,
            })
            .collect();
        let own = |name: &str| tree.file.rsplit('/').next() == Some(&format!("{name}.map"));
        let at = if heads.len() == 1 { 0 } else { heads.iter().position(|(name, ..)| own(name))? };
        let (_, from, to) = heads.swap_remove(at);
        Some((from.form(), to.form()))
    }

    /// The maps, in the order of the file.
    #[must_use]
    pub fn maps(&self) -> &[Map] {
        &self.maps
    }

    /// The map that a `map FILE` line means: the only one, or the one that is named like the file.
    #[must_use]
    pub fn main(&self) -> Option<&Map> {
        match self.maps.as_slice() {
            [map] => Some(map),
            maps => maps.iter().find(|map| map.site.file.rsplit('/').next() == Some(&format!("{}.map", map.name))),
        }
    }

    /// The main map makes FHIR.
    #[must_use]
    pub fn makes_fhir(&self) -> bool {
        self.main().is_some_and(|map| map.to.format == Format::FhirR4)
    }

    /// What the main map makes.
    #[must_use]
    pub fn makes(&self) -> Form {
        self.main().map(|map| map.to.form()).unwrap_or_default()
    }

    /// What the main map reads.
    #[must_use]
    pub fn takes(&self) -> Form {
        self.main().map(|map| map.from.form()).unwrap_or_default()
    }

    /// [`Map::make`] of the main map.
    ///
    /// # Errors
    /// As [`Map::make`]; E2302 when there is no main map.
    pub fn make(&self, source: &Matter, run: &mut Run) -> Result<Matter, Fault> {
        match self.main() {
            Some(map) => map.make(source, run),
            None => {
                Err(Site::nowhere().fault(codes::E2302, "the file has several maps and none is named like the file"))
            }
        }
    }

    /// The map of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Map> {
        self.maps.iter().find(|map| *map.name == *name)
    }

    /// [`Map::apply`] of the main map.
    ///
    /// # Errors
    /// As [`Map::apply`]; E2302 when there is no main map.
    pub fn apply(&self, source: &Message, run: &mut Run) -> Result<Message, Fault> {
        match self.main() {
            Some(map) => map.apply(source, run),
            None => {
                let site = Site::nowhere();
                Err(site.fault(codes::E2302, "the file has several maps and none is named like the file"))
            }
        }
    }
}

impl Map {
    /// Where its head stands: the file, and the line from 1.
    #[must_use]
    pub fn place(&self) -> (Arc<str>, usize) {
        (self.site.file.clone(), self.site.line())
    }

    /// Makes what the map says of a message in whichever format.
    ///
    /// # Errors
    /// A line that could not do its work, no fuel left, or E2646 for a message that the map is not for.
    pub fn make(&self, source: &Matter, run: &mut Run) -> Result<Matter, Fault> {
        self.make_with(source, run, &Settings::default()).map(|(made, _)| made)
    }

    /// As [`Map::make`], with settings: the origins are there when they ask for them, except of maps from v2 to v2 and of
    /// those to other formats.
    ///
    /// # Errors
    /// As [`Map::make`].
    pub fn make_with(
        &self,
        source: &Matter,
        run: &mut Run,
        settings: &Settings,
    ) -> Result<(Matter, Option<Origins>), Fault> {
        let is_other = self.from.format == Format::Other;
        match (&self.work, source) {
            (Work::V2 { .. }, Matter::V2(message)) => self.apply(message, run).map(|made| (Matter::V2(made), None)),
            (Work::Fhir(map), Matter::V2(_) | Matter::Other(_)) if is_other == matches!(source, Matter::Other(_)) => {
                let mut tree = ::fhir::Tree::new();
                let origins = match source {
                    Matter::Other(document) => map.apply_to_document(document, &mut tree, run, settings)?,
                    Matter::V2(message) => map.apply(message, &mut tree, run, settings)?,
                    Matter::Fhir(..) => None,
                };
                let bytes = tree.write();
                Ok((Matter::Fhir(tree.into(), bytes.into()), origins))
            }
            (Work::FromFhir(map), Matter::Fhir(tree, _)) if !is_other => {
                let (made, origins) = map.apply(tree, run, settings.explain)?;
                Ok((Matter::V2(made), origins))
            }
            (Work::FromFhir(map), Matter::Other(document)) if is_other => {
                let (made, origins) = map.apply_to_document(document, run, settings.explain)?;
                Ok((Matter::V2(made), origins))
            }
            (Work::Tree(map), _) if source.format() == self.from.form().format => {
                Ok((map.apply(source, run, false)?.0, None))
            }
            (Work::V2 { .. } | Work::Fhir(_) | Work::FromFhir(_) | Work::Tree(_), _) => {
                Err(self.site.fault(codes::E2646, "the message is not of the format that this map reads"))
            }
        }
    }

    /// Makes the message that the map says from `source`.
    ///
    /// # Errors
    /// A line that could not do its work, or no fuel left.
    pub fn apply(&self, source: &Message, run: &mut Run) -> Result<Message, Fault> {
        let (starts_empty, actions) = match &self.work {
            Work::V2 { starts_empty, actions } => (*starts_empty, actions),
            Work::Fhir(_) => {
                return Err(self.site.fault(codes::E2351, "this map makes FHIR, and a v2 message is needed here"));
            }
            Work::FromFhir(_) | Work::Tree(_) => {
                return Err(self.site.fault(codes::E2371, "this map reads FHIR, and the source is a v2 message"));
            }
        };
        let mut target = if starts_empty { self.header_of(source)? } else { source.clone() };
        let mut stage = Stage::from(source, &mut target, starts_empty);
        perform(actions, &mut stage, run)?;
        stage.settle(&self.site, run)?;
        Ok(target)
    }

    /// Makes the FHIR resource that the map says from `source`, in `tree`, with the memory that it has. Notes of the run
    /// say what was left out. The origins are there when the settings ask for them.
    ///
    /// # Errors
    /// A value that is `required` and not there, a result past its limits, or no fuel left.
    pub fn convert(
        &self,
        source: &Message,
        tree: &mut ::fhir::Tree,
        run: &mut Run,
        settings: &Settings,
    ) -> Result<Option<Origins>, Fault> {
        match &self.work {
            Work::Fhir(map) => map.apply(source, tree, run, settings),
            Work::V2 { .. } | Work::FromFhir(_) | Work::Tree(_) => {
                Err(self.site.fault(codes::E2351, "this map makes a v2 message, and FHIR is needed here"))
            }
        }
    }

    /// Makes the HL7 v2 message that the map says from a bundle, or from one resource. Notes of the run say what was left
    /// out. The origins are there when `explain` asks for them: places of the message with the elements that they came from.
    ///
    /// # Errors
    /// A value that is `required` and not there, a result past its limits, or no fuel left.
    pub fn produce(
        &self,
        source: &::fhir::Tree,
        run: &mut Run,
        explain: bool,
    ) -> Result<(Message, Option<Origins>), Fault> {
        match &self.work {
            Work::FromFhir(map) => map.apply(source, run, explain),
            Work::V2 { .. } | Work::Fhir(_) | Work::Tree(_) => {
                Err(self.site.fault(codes::E2371, "this map reads a v2 message, and the source is FHIR"))
            }
        }
    }

    /// The map reads FHIR, and its head takes this bundle.
    fn takes_bundle(&self, source: &from_fhir::source::Source<'_>, run: &mut Run) -> bool {
        matches!(&self.work, Work::FromFhir(map) if map.takes(source, run))
    }

    /// A message of the source's MSH segment alone.
    fn header_of(&self, source: &Message) -> Result<Message, Fault> {
        let Some(header) = source.header() else {
            return Err(self.site.fault(codes::E2405, "the source has no MSH segment to start from"));
        };
        let mut bytes = header.raw().to_vec();
        bytes.push(b'\r');
        Ok(Message::parse(bytes).0)
    }
}

#[cfg(test)]
mod tests;
