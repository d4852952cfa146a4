//! Maps from FHIR R4 to HL7 v2 (`docs/explanation/mapping-from-fhir.md`).
//!
//! | what | where |
//! |---|---|
//! | paths of elements, looked up and read | `path`, `source` |
//! | places of a message, looked up | `target` |
//! | lines, blocks, shared maps compiled | `compile`, `assign`, `parts` |
//! | order and number of segments | `order` |
//! | the compiled form | `plan` |
//! | a run | `machine`, `coded`, `values`, `draft` |
//! | what the header says by itself | `header` |
//! | where everything came from | `lineage` |
//!
//! Promises: what is written is a value that its field allows; the same bundle, map and run give the same bytes; a run is
//! bounded by its fuel; no note and no fault holds content of the bundle.
//! Never: a request to a server, or a look at a clock.

mod assign;
pub(super) mod choose;
mod coded;
mod compile;
mod draft;
mod header;
mod lineage;
mod machine;
mod order;
mod parts;
pub(crate) mod path;
mod plan;
pub(crate) mod source;
mod target;
#[cfg(test)]
mod tests;
mod values;

use super::{
    Ignored, Library, Origins,
    header::{Format, Shape},
};
use crate::{
    codes,
    condition::Condition,
    form::Form,
    program::parse::{expect_end, parse_when},
    run::{Fault, Run, Site},
    scope::Scope,
    syntax::{Cursor, Statement, Tree as Syntax},
    view::View,
};
use compile::Compiler;
use fhir::Tree;
use hl7v2::{
    Message,
    dictionary::{Dictionary, Version},
    structure::{self, Structure},
};
use lineage::Lineage;
use machine::Machine;
use message::Diagnostic;
pub(super) use parts::Facts;
pub(crate) use parts::reads_fhir;
pub(super) use plan::Routine;
use source::Source;
use std::sync::Arc;

/// The version that a map writes when its head names none.
const VERSION: Version = Version::V2_5_1;

/// A compiled map from FHIR.
#[derive(Debug)]
pub(crate) struct FromFhirMap {
    routine: Routine,
    routines: Vec<Arc<Routine>>,
    version: Version,
    structures: Vec<&'static Structure>,
    /// For which bundles it is, where no header says it.
    when: Option<Condition>,
    site: Site,
}

/// Compiles a `map … from fhir r4 Bundle to hl7v2 …` statement.
pub(super) fn compile(
    tree: &Syntax,
    statement: &Statement,
    sides: (&Shape, &Shape),
    scope: &Scope<'_>,
    own: &Library,
    found: &mut Vec<Diagnostic>,
) -> (FromFhirMap, Vec<Ignored>) {
    let (from, to) = sides;
    let site = Site::new(tree, statement.span.clone());
    let version = match to.version.as_deref().map(Version::parse) {
        Some(Some(version)) => version,
        Some(None) => {
            let known: Vec<&str> = Version::ALL.iter().map(|version| version.as_str()).collect();
            let finding = Diagnostic::error(codes::E2302, "this is no version of HL7 v2");
            let place = word_of(tree, statement, to.version.as_deref().unwrap_or(""));
            found.push(finding.at(&tree.file, place, "").hint(format!("versions are {}", known.join(", "))));
            VERSION
        }
        None => VERSION,
    };
    let form = from.form();
    let reading = scope.fresh().reading(&form);
    let mut compiler = Compiler::new(&reading, own, version, found);
    if from.format == Format::FhirR4 && from.kind.as_deref() != Some("Bundle") {
        let finding = Diagnostic::error(codes::E2302, "a map from FHIR reads a Bundle")
            .hint("write `from fhir r4 Bundle`; one resource is read as a bundle of itself");
        compiler.fail::<()>(tree, finding, word_of(tree, statement, from.kind.as_deref().unwrap_or("r4")));
    }
    for name in to.kind.iter().chain(&to.also) {
        match Dictionary::of(version).structure(name) {
            Some(known) => compiler.structures.push(structure::standard::compiled(known)),
            None => {
                let what = format!("HL7 v{} has no structure `{name}`", version.as_str());
                let known = Dictionary::of(version).structures().map(hl7v2::dictionary::Structure::id);
                let near = crate::syntax::closest(name, known).map(|near| format!("did you mean `{near}`?"));
                let finding = Diagnostic { hint: near, ..Diagnostic::error(codes::E2346, what) };
                compiler.fail::<()>(tree, finding, word_of(tree, statement, name));
            }
        }
    }
    if to.kind.is_none() {
        let finding = Diagnostic::error(codes::E2302, "which message does the map make?")
            .hint("write `to hl7v2 2.5.1 ADT_A01`, or a list `[ADT_A01, ADT_A03]`");
        compiler.fail::<()>(tree, finding, word_of(tree, statement, "hl7v2"));
    }
    let when = head_condition(tree, statement, &mut compiler);
    let routine = compiler.map(tree, statement);
    let routines = compiler.finish();
    let structures = std::mem::take(&mut compiler.structures);
    (FromFhirMap { routine, routines, version, structures, when, site }, compiler.ignored)
}

/// `when COND` at the end of the head.
fn head_condition(tree: &Syntax, statement: &Statement, compiler: &mut Compiler<'_, '_>) -> Option<Condition> {
    let mut cursor = Cursor::new(tree, statement);
    while !cursor.is_done() && !cursor.is_at("when") {
        cursor.take();
    }
    let when = parse_when(&mut cursor, &compiler.scope, compiler.found).flatten();
    let _ = expect_end(&cursor, compiler.found);
    when
}

/// Where a word of the head stands.
fn word_of(tree: &Syntax, statement: &Statement, word: &str) -> std::ops::Range<usize> {
    let mut cursor = Cursor::new(tree, statement);
    while !cursor.is_done() {
        if cursor.peek_str() == word {
            return cursor.here();
        }
        cursor.take();
    }
    statement.span.start..statement.span.start
}

/// What the checker says of every shared map from FHIR, used or not.
pub(super) fn check_parts(library: &Library, scope: &Scope<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let own = Library::default();
    let form = Form::of(message::Format::Fhir);
    let reading = scope.fresh().reading(&form);
    let mut compiler = Compiler::new(&reading, &own, VERSION, &mut found);
    let (nowhere, _) = crate::syntax::parse("", "");
    let names: Vec<String> = library.names().map(str::to_owned).collect();
    for name in names.iter().filter(|name| library.get(name).is_some_and(reads_fhir)) {
        compiler.part(name, &nowhere, 0..0);
    }
    compiler.finish();
    found
}

impl FromFhirMap {
    /// The map is for this bundle, as far as its head says so.
    pub(super) fn takes(&self, source: &Source<'_>, run: &mut Run) -> bool {
        self.when.as_ref().is_some_and(|when| when.holds(&View::of_bundle(source), run) == Ok(true))
    }

    /// Makes the message of a bundle.
    pub(crate) fn apply(&self, tree: &Tree, run: &mut Run, explain: bool) -> Result<(Message, Option<Origins>), Fault> {
        let source = Source::of(tree.root());
        self.run_over(View::of_bundle(&source), run, explain)
    }

    /// Makes the message of a message in another format.
    pub(crate) fn apply_to_document(
        &self,
        document: &formats::Document,
        run: &mut Run,
        explain: bool,
    ) -> Result<(Message, Option<Origins>), Fault> {
        self.run_over(View::of_document(document), run, explain)
    }

    fn run_over(&self, view: View<'_>, run: &mut Run, explain: bool) -> Result<(Message, Option<Origins>), Fault> {
        let mut machine = Machine::new(&self.routines, view, run);
        machine.lineage = explain.then(Lineage::default);
        machine.start(&self.routine)?;
        self.settle(&mut machine);
        let Machine { draft, lineage, .. } = machine;
        Ok((draft.finish(), lineage.map(|lineage| lineage.finish(&draft))))
    }
}
