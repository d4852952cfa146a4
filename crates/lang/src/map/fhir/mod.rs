//! Maps from HL7 v2 to FHIR R4 (`docs/explanation/mapping-to-fhir.md`).
//!
//! | what | where |
//! |---|---|
//! | paths of elements, looked up | `target` |
//! | what the standard says of a place in a message | `source` |
//! | lines, blocks, shared maps compiled | `compile`, `lines`, `assign`, `parts` |
//! | the compiled form | `plan`; which of its lines could do something `gates` |
//! | a run | `machine`: what it reads `reading`, `primitive`; what it writes `writing`, `coded`, `references`, `bundle` |
//! | where everything came from | `lineage` |
//!
//! Promises: what is written is a value that its element allows; the same message, map and settings give the same bytes;
//! a run is bounded by its fuel; no note and no fault holds content of the message.
//! Never: a request to a server, or a look at a clock.

mod absent;
mod assign;
mod bundle;
mod coded;
mod compile;
mod gates;
pub mod lineage;
mod lines;
mod machine;
mod parts;
pub(in crate::map) mod plan;
mod primitive;
mod reading;
mod references;
pub(crate) mod source;
pub(super) mod target;
#[cfg(test)]
pub(super) mod tests;
mod writing;

pub use bundle::BundleType;
pub use lineage::{Left, Origin, Origins, Why};
pub(super) use parts::{Facts, check_parts};

use super::{Ignored, Library, header::Shape};
use crate::{
    codes,
    dtm::Dtm,
    run::{Fault, Run, Site},
    scope::Scope,
    syntax::{Statement, Tree as Syntax},
    view::View,
};
use bundle::Entries;
use compile::Compiler;
use fhir::{Tree, Value, definitions::Type};
use hl7v2::{
    Message, Path,
    dictionary::{Dictionary, Version},
    structure::{self, Structure},
};
use jiff::tz::TimeZone;
use lineage::Lineage;
use machine::Machine;
use message::{Diagnostic, Phi};
pub(super) use plan::Routine;
use primitive::Clock;
use std::{collections::BTreeSet, sync::Arc};

/// A compiled map to FHIR.
#[derive(Debug)]
pub(crate) struct FhirMap {
    kind: &'static str,
    routine: Routine,
    routines: Vec<Arc<Routine>>,
    structure: Option<&'static Structure>,
    zone: Option<TimeZone>,
    site: Site,
}

impl FhirMap {
    /// The shared maps that it may use.
    #[cfg(test)]
    pub(in crate::map) fn routines(&self) -> &[Arc<Routine>] {
        &self.routines
    }

    /// Its lines.
    pub(in crate::map) fn actions(&self) -> &[plan::Action] {
        &self.routine.actions
    }
}

/// What whoever runs a map may choose.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Another type of bundle than the map says.
    pub bundle: Option<BundleType>,
    /// The zone of times without an offset, where the map says none.
    pub zone: Option<TimeZone>,
    /// Keep where everything came from.
    pub explain: bool,
}

/// Compiles a `map … to fhir r4 …` statement.
pub(super) fn compile(
    tree: &Syntax,
    statement: &Statement,
    sides: (&Shape, &Shape),
    scope: &Scope<'_>,
    own: &Library,
    found: &mut Vec<Diagnostic>,
) -> (FhirMap, Vec<Ignored>) {
    let (from, to) = sides;
    let kind = to.kind.as_deref().and_then(Type::named).filter(|kind| kind.is_resource() && !kind.is_abstract());
    let site = Site::new(tree, statement.span.clone());
    let form = from.form();
    let reading = scope.fresh().reading(&form);
    let mut compiler = Compiler::new(&reading, own, found);
    let Some(kind) = kind else {
        let wanted = to.kind.as_deref().unwrap_or("");
        let mut finding = Diagnostic::error(codes::E2330, format!("FHIR R4 has no resource `{wanted}`"));
        let known = Type::all().filter(|kind| kind.is_resource()).map(Type::name);
        finding.hint = fhir::definitions::closest(wanted, known)
            .map(|near| format!("did you mean `{near}`?"))
            .or_else(|| Some("write `to fhir r4 Bundle`, or one resource such as `Patient`".to_owned()));
        compiler.fail::<()>(tree, finding, head_of(tree, statement));
        let empty = FhirMap {
            kind: "Bundle",
            routine: Routine::default(),
            routines: Vec::new(),
            structure: None,
            zone: None,
            site,
        };
        return (empty, Vec::new());
    };
    compiler.scope.structure = structure_of(from);
    if compiler.scope.structure.is_none() && from.kind.as_deref().is_some_and(|kind| kind.contains('_')) {
        let what = format!("no version of HL7 v2 has the structure `{}`", from.kind.as_deref().unwrap_or(""));
        compiler.fail::<()>(tree, Diagnostic::error(codes::E2346, what), head_of(tree, statement));
    }
    let routine = compiler.map(tree, statement, kind);
    // Who goes through no group needs no placement.
    let structure = compiler.scope.structure.filter(|_| routine.has_groups());
    let map = FhirMap {
        kind: kind.name(),
        routine,
        routines: compiler.finish(),
        structure,
        zone: compiler.zone.take(),
        site,
    };
    (map, compiler.ignored)
}

fn head_of(tree: &Syntax, statement: &Statement) -> std::ops::Range<usize> {
    let text = tree.text.get(statement.span.clone()).unwrap_or("");
    let length = text.find(['{', '\n']).unwrap_or(text.len());
    statement.span.start..statement.span.start + text[..length].trim_end().len()
}

/// The structure that a head names: of its version, or of the newest that has it.
fn structure_of(from: &Shape) -> Option<&'static Structure> {
    let name = from.kind.as_deref()?;
    let own = from.version.as_deref().and_then(Version::parse);
    let versions = own.into_iter().chain(Version::ALL.into_iter().rev());
    let mut found = versions.filter_map(|version| Dictionary::of(version).structure(name));
    found.next().map(structure::standard::compiled)
}

impl FhirMap {
    /// Makes the resource of a message in `tree`, with the memory that it has.
    pub(crate) fn apply(
        &self,
        message: &Message,
        tree: &mut Tree,
        run: &mut Run,
        settings: &Settings,
    ) -> Result<Option<Origins>, Fault> {
        // What is blanks alone is no value: a name of blanks is no name.
        let without_blanks = message.without_blanks();
        let message = without_blanks.as_ref().unwrap_or(message);
        let mut view = View::new(message);
        view.look_through();
        if let Some(structure) = self.structure {
            view.segments = message.segments().collect();
            view.groups = groups_of(structure, message);
        }
        let entries = Entries::new(self.kind == "Bundle", |hash| seed(message, hash));
        self.run(view, entries, offset_of(message), tree, run, settings, || lineage::places(message))
    }

    /// As [`FhirMap::apply`], of a message in another format. Its ids follow from all that it holds.
    pub(crate) fn apply_to_document(
        &self,
        document: &formats::Document,
        tree: &mut Tree,
        run: &mut Run,
        settings: &Settings,
    ) -> Result<Option<Origins>, Fault> {
        let entries = Entries::new(self.kind == "Bundle", |hash| hash(document.source().as_bytes()));
        let view = View::of_document(document);
        self.run(view, entries, None, tree, run, settings, || lineage::places_of(document))
    }

    #[allow(clippy::too_many_arguments)]
    fn run(
        &self,
        view: View<'_>,
        entries: Entries,
        offset: Option<i16>,
        tree: &mut Tree,
        run: &mut Run,
        settings: &Settings,
        places: impl FnOnce() -> Vec<(String, std::ops::Range<usize>)>,
    ) -> Result<Option<Origins>, Fault> {
        tree.clear();
        let root = tree.root().id();
        tree.add(root, fhir::names::names().resource_type, Value::Text(self.kind))
            .map_err(|error| machine::too_large(&self.site, &error))?;
        let clock = Clock { zone: self.zone.clone().or_else(|| settings.zone.clone()), offset };
        if settings.explain {
            run.missed.get_or_insert_with(|| Phi::new(BTreeSet::new()));
        }
        let mut machine = Machine::new(&self.routines, view, tree, run, clock, entries);
        machine.lineage = settings.explain.then(Lineage::default);
        machine.start(&self.routine, root)?;
        let Machine { entries, lineage, .. } = machine;
        entries.finish(tree, settings.bundle, &self.site)?;
        Ok(lineage.map(|lineage| {
            let mut origins = lineage.finish(tree, &places());
            origins.missed.extend(run.missed.take().map(Phi::into_inner).unwrap_or_default());
            origins
        }))
    }
}

/// The group instances of a message: node, first segment, one past the last.
fn groups_of(structure: &'static Structure, message: &Message) -> Arc<[(u32, u32, u32)]> {
    let ids =
        message.segments().map(|segment| segment.raw().get(..3).and_then(|id| id.try_into().ok()).unwrap_or_default());
    let placement = structure::place(structure, ids);
    let items = &placement.items;
    let mut spans: Vec<(u32, u32)> = vec![(u32::MAX, 0); items.len()];
    for item in items {
        let Some(segment) = item.segment else { continue };
        let mut at = item.parent;
        while at != 0 {
            let span = &mut spans[at as usize];
            *span = (span.0.min(segment), span.1.max(segment + 1));
            at = items[at as usize].parent;
        }
    }
    let groups = items.iter().zip(spans).skip(1).filter(|(item, span)| item.segment.is_none() && span.0 < span.1);
    groups.map(|(item, span)| (item.node, span.0, span.1)).collect()
}

/// The offset that the sender's clock had when it made the message.
fn offset_of(message: &Message) -> Option<i16> {
    Dtm::parse(&message.text(&Path::component(b"MSH", 7, 1)))?.offset
}

/// What makes the ids of this message differ from those of another: sender and control id, or the whole message where it
/// has no control id.
fn seed(message: &Message, hash: &mut dyn FnMut(&[u8])) {
    if message.raw(&Path::field(b"MSH", 10)).is_empty() {
        return hash(&message.write());
    }
    for field in [3, 4, 7, 9, 10] {
        hash(message.raw(&Path::field(b"MSH", field)));
        hash(&[0]);
    }
}
