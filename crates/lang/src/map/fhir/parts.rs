//! Shared maps to FHIR: `map datatype CX to Identifier as cx { … }`, `map segment PID to Patient as pid { … }`.
//!
//! Each is compiled once, to a routine that sees nothing of its users.

use super::{
    compile::{Block, Compiler},
    plan::{Making, Routine},
    source::{self, SourceType},
    target::{is_primitive, type_name},
};
use crate::{
    codes,
    map::{
        Ignored, Library,
        library::{Over, Part, rest_of_head},
        shared::{self, State},
    },
    scope::{Binding, Bound, Scope},
    suggest,
    syntax::Tree,
};
use fhir::definitions::{self, Member, Type};
use message::Diagnostic;
use std::{cell::Cell, collections::BTreeSet, ops::Range, sync::Arc};

/// Every shared map that was compiled so far.
pub(super) type Parts = shared::Parts<Routine, Facts>;

/// What users of a shared map need to know.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(super) name: Arc<str>,
    /// What it fills.
    pub(super) to: Member,
    pub(super) over: Over,
    /// The elements that it may write.
    pub(super) touched: BTreeSet<String>,
    /// What it leaves out on purpose, with what the shared maps that it uses leave out.
    ignored: Vec<Ignored>,
}

/// What the checker says of every shared map to FHIR, used or not.
pub(in crate::map) fn check_parts(library: &Library, scope: &Scope<'_>) -> Vec<Diagnostic> {
    let (mut found, own) = (Vec::new(), Library::default());
    let mut compiler = Compiler::new(scope, &own, &mut found);
    let (nowhere, _) = crate::syntax::parse("", "");
    let names: Vec<String> = library.names().map(str::to_owned).collect();
    let is_own = |part: &Part| part.to.is_some() && !crate::map::from_fhir::reads_fhir(part);
    for name in names.iter().filter(|name| library.get(name).is_some_and(is_own)) {
        compiler.part(name, &nowhere, 0..0);
    }
    compiler.finish();
    found
}

impl Compiler<'_, '_> {
    fn find_part(&self, name: &str) -> Option<Part> {
        let libraries = [Some(self.own), self.scope.library];
        let mut found = libraries.into_iter().flatten().filter_map(|library| library.get(name));
        found.find(|part| part.to.is_some() && !crate::map::from_fhir::reads_fhir(part)).cloned()
    }

    /// There is a shared map of this name that writes FHIR.
    pub(super) fn has_part(&self, name: &str) -> bool {
        self.find_part(name).is_some()
    }

    /// The routine of a shared map; a finding at `place` where there is none.
    pub(super) fn part(&mut self, name: &str, tree: &Tree, place: Range<usize>) -> Option<usize> {
        match self.parts.state(name, &self.scope) {
            Some(State::Known(index)) => {
                self.take_over(index);
                return Some(index);
            }
            Some(State::Broken) => {
                self.scope.asked.borrow_mut().keep_own();
                return None;
            }
            Some(State::Open) => {
                return self.fail(tree, Diagnostic::error(codes::E2306, format!("`{name}` uses itself")), place);
            }
            None => {}
        }
        let Some(part) = self.find_part(name) else {
            let libraries = [Some(self.own), self.scope.library];
            let known: Vec<&str> = libraries.into_iter().flatten().flat_map(|library| library.names()).collect();
            let mut finding = Diagnostic::error(codes::E2306, format!("there is no shared map `{name}` to FHIR"));
            finding.hint = suggest::did_you_mean(name, known)
                .or_else(|| Some("it is written `map datatype CX to Identifier as cx { … }`".to_owned()));
            return self.fail(tree, finding, place);
        };
        let name: Arc<str> = Arc::from(name);
        self.parts.open(&name);
        let (before, zone) = (self.found.len(), self.zone.clone());
        let around = (std::mem::take(&mut self.ignored), std::mem::take(&mut self.taken_over));
        let asked = self.scope.asked.take();
        let compiled = self.compile_part(&name, &part);
        let ignored = std::mem::replace(&mut self.ignored, around.0);
        self.taken_over = around.1;
        let mut asked = self.scope.asked.replace(asked);
        if self.found.len() > before || self.zone != zone {
            asked.keep_own();
        }
        let compiled = compiled.map(|(routine, facts)| (routine, Facts { ignored, ..facts }));
        let index = self.parts.close(name, compiled, asked);
        match index {
            Some(index) => self.take_over(index),
            None => self.scope.asked.borrow_mut().keep_own(),
        }
        index
    }

    /// What a shared map leaves out, the map that uses it leaves out too; what it asks for, that one asks for.
    fn take_over(&mut self, part: usize) {
        if !self.taken_over.insert(part) {
            return;
        }
        let (Some(facts), Some(asked)) = (self.parts.facts(part), self.parts.asked(part)) else { return };
        self.scope.asked.borrow_mut().add_all(asked);
        for known in &facts.ignored {
            if !self.ignored.contains(known) {
                self.ignored.push(known.clone());
            }
        }
    }

    fn compile_part(&mut self, name: &Arc<str>, part: &Part) -> Option<(Routine, Facts)> {
        let statement = part.statement()?.clone();
        let tree = part.tree.clone();
        let to = self.type_of_part(&tree, part.to.as_deref().unwrap_or(""), &statement)?;
        let bound = match &part.over {
            Over::Segment(id) => Bound::Segment(*id),
            Over::Datatype(kind) => match source::datatype(kind) {
                Some(found) => Bound::Datatype(found.id()),
                None => {
                    let what = format!("no version of HL7 v2 has the data type `{kind}`");
                    return self.fail(&tree, Diagnostic::error(codes::E2340, what), place_of(&tree, &statement, kind));
                }
            },
        };
        let mut cursor = rest_of_head(&tree, &statement);
        // A part sees nothing of its users.
        let names = std::mem::take(&mut self.scope.names);
        let depth = std::mem::replace(&mut self.scope.depth, 1);
        let structure = self.scope.structure.take();
        let frame = (std::mem::take(&mut self.slot_count), std::mem::take(&mut self.name_count));
        let named = std::mem::take(&mut self.named);
        let binding = Binding { name: part.binding.clone(), bound, slot: 0, is_used: Cell::new(true) };
        self.scope.names.push(binding);
        let is_resource = is_resource(to);
        let making = if is_resource { self.making(&tree, &mut cursor, to) } else { None };
        let ended = crate::program::parse::expect_end(&cursor, self.found);
        let mut block = Block::new(to, false);
        let body = match &statement.block {
            Some(inside) => Some(self.body(&tree, &inside.statements, &mut block)),
            None => {
                self.fail(&tree, Diagnostic::error(codes::E2309, "a map has a block `{ … }`"), statement.span.clone())
            }
        };
        // A part that fills an element of a user's block need not be whole; one that makes a value must be.
        let is_value = matches!(part.over, Over::Datatype(_)) && !is_primitive(to);
        self.check_required(&tree, &block, &statement.span, is_value);
        let (slots, names_used) = (self.slot_count, self.name_count);
        self.scope.names = names;
        self.scope.depth = depth;
        self.scope.structure = structure;
        (self.slot_count, self.name_count) = frame;
        self.named = named;
        ended?;
        let required = if is_value { super::assign::required_names(to) } else { Vec::new() };
        let routine = Routine { actions: body?.actions, slots, names: names_used, resource: making, required };
        let facts =
            Facts { name: name.clone(), to, over: part.over.clone(), touched: block.touched, ignored: Vec::new() };
        Some((routine, facts))
    }

    fn type_of_part(&mut self, tree: &Tree, to: &str, statement: &crate::syntax::Statement) -> Option<Member> {
        if let Some(found) = definitions::element(to) {
            return Some(found);
        }
        let mut finding = Diagnostic::error(codes::E2330, format!("FHIR R4 has no type `{to}`"));
        let near = definitions::closest(to, Type::all().map(Type::name));
        finding.hint = near.map(|near| format!("did you mean `{near}`?"));
        self.fail(tree, finding, place_of(tree, statement, to))
    }

    /// The shared map by which a value of this type becomes one of `to`: the nearest type that has one.
    pub(super) fn part_for(&self, from: SourceType, to: &str) -> Option<String> {
        from.candidates().map(|name| format!("{name}-{to}")).find(|name| self.has_part(name))
    }

    /// A shared map fits what a line reads and writes; a finding else.
    pub(super) fn check_part(
        &mut self,
        tree: &Tree,
        part: usize,
        from: SourceType,
        to: Member,
        place: Range<usize>,
    ) -> Option<()> {
        let facts = self.parts.facts(part)?.clone();
        let is_right_source = match &facts.over {
            Over::Datatype(kind) => from.fits(kind),
            Over::Segment(_) => false,
        };
        if !is_right_source {
            let wanted = match &facts.over {
                Over::Datatype(kind) => kind.to_string(),
                Over::Segment(id) => String::from_utf8_lossy(id).into_owned(),
            };
            let what = format!("`{}` is for {wanted}, and this is {}", facts.name, shown(from));
            return self.fail(tree, Diagnostic::error(codes::E2343, what), place);
        }
        let (made, wanted) = (type_name(facts.to), type_name(to));
        let is_same = made == wanted || is_kind_of(&made, &wanted);
        if !is_same {
            let what = format!("`{}` makes {made}, and {} is {wanted}", facts.name, to.element());
            return self.fail(tree, Diagnostic::error(codes::E2343, what), place);
        }
        Some(())
    }

    /// `update by …` and the like behind the head of a resource.
    pub(super) fn making(&mut self, tree: &Tree, cursor: &mut crate::syntax::Cursor<'_>, to: Member) -> Option<Making> {
        let kind = root_type(to)?;
        let identity = self.identity(tree, cursor, kind)?;
        Some(Making::new(kind, identity))
    }
}

/// In words.
pub(super) fn shown(from: SourceType) -> String {
    match source::datatype(from.name) {
        Some(found) => format!("{} ({})", from.name, found.name()),
        None if from.name == "varies" => "of a type that the message says".to_owned(),
        None => "of an unknown type".to_owned(),
    }
}

/// Primitive types that hold one another's values, and Age, Duration … which are Quantities.
pub(super) fn is_kind_of(made: &str, wanted: &str) -> bool {
    let (Some(made), Some(wanted)) = (Type::named(made), Type::named(wanted)) else { return false };
    made.is_a(wanted) || wanted.is_a(made)
}

/// The type whose root a member is.
pub(super) fn root_type(member: Member) -> Option<Type> {
    member.element().is_root().then(|| member.element().owner())
}

pub(super) fn is_resource(member: Member) -> bool {
    root_type(member).is_some_and(Type::is_resource)
}

/// Where a word of the head stands.
fn place_of(tree: &Tree, statement: &crate::syntax::Statement, word: &str) -> Range<usize> {
    let mut cursor = crate::syntax::Cursor::new(tree, statement);
    while !cursor.is_done() {
        if cursor.peek_str() == word {
            return cursor.here();
        }
        cursor.take();
    }
    statement.span.clone()
}
