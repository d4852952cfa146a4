//! Shared maps from FHIR: `map datatype Identifier to CX as id { … }`, `map resource Patient to PID as patient { … }`.
//!
//! Each is compiled once, to a routine that sees nothing of its users.

use super::{
    compile::{Block, Compiler},
    plan::{Action, Kind, Routine},
    target::{self, Context},
};
use crate::{
    codes,
    map::{
        fhir::target::{kind_of, type_name},
        library::{Over, Part, rest_of_head},
        shared::{self, State},
    },
    path::is_segment_shape,
    program::parse::{expect_end, parse_when, refuse_block},
    run::Site,
    scope::{Binding, Bound},
    suggest,
    syntax::{Cursor, Statement, Tree},
};
use fhir::definitions::{self, Member, Type};
use hl7v2::dictionary::{Datatype, Dictionary};
use message::Diagnostic;
use std::{cell::Cell, collections::BTreeSet, ops::Range, sync::Arc};

/// Types of v2 that grew out of one another: a shared map for the first writes the others as far as they go.
const FAMILIES: [&[&str]; 8] = [
    &["CWE", "CNE", "CE", "CF"],
    &["CX", "CK"],
    &["XPN", "PN"],
    &["XCN", "CN", "PPN"],
    &["XAD", "AD"],
    &["XTN", "TN"],
    &["XON", "ON"],
    &["DR", "RI"],
];

/// Every shared map that was compiled so far.
pub(super) type Parts = shared::Parts<Routine, Facts>;

/// What users of a shared map need to know.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(super) name: Arc<str>,
    /// What it reads.
    pub(super) over: Member,
    /// What it fills.
    pub(super) to: Context,
    /// The fields that it may write.
    pub(super) touched: BTreeSet<u16>,
}

/// A shared map reads FHIR.
pub(crate) fn reads_fhir(part: &Part) -> bool {
    match &part.over {
        Over::Datatype(kind) => part.to.is_some() && kind.split('.').next().and_then(Type::named).is_some(),
        Over::Segment(_) => false,
    }
}

impl Compiler<'_, '_> {
    fn find_part(&self, name: &str) -> Option<Part> {
        let libraries = [Some(self.own), self.scope.library];
        let mut found = libraries.into_iter().flatten().filter_map(|library| library.get(name));
        found.find(|part| reads_fhir(part)).cloned()
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
            let known = libraries.into_iter().flatten().flat_map(|library| library.names().map(str::to_owned));
            let known: Vec<String> = known.filter(|known| self.find_part(known).is_some()).collect();
            let mut finding = Diagnostic::error(codes::E2306, format!("there is no shared map `{name}` from FHIR"));
            finding.hint = suggest::did_you_mean(name, known.iter().map(String::as_str))
                .or_else(|| Some("it is written `map datatype Identifier to CX as id { … }`".to_owned()));
            return self.fail(tree, finding, place);
        };
        let name: Arc<str> = Arc::from(name);
        self.parts.open(&name);
        let before = self.found.len();
        let asked = self.scope.asked.take();
        let compiled = self.compile_part(&name, &part);
        let mut asked = self.scope.asked.replace(asked);
        if self.found.len() > before {
            asked.keep_own();
        }
        let index = self.parts.close(name, compiled, asked);
        match index {
            Some(index) => self.take_over(index),
            None => self.scope.asked.borrow_mut().keep_own(),
        }
        index
    }

    /// What a shared map asks for, the map that uses it asks for too.
    fn take_over(&mut self, part: usize) {
        if let Some(asked) = self.parts.asked(part) {
            self.scope.asked.borrow_mut().add_all(asked);
        }
    }

    fn compile_part(&mut self, name: &Arc<str>, part: &Part) -> Option<(Routine, Facts)> {
        let statement = part.statement()?.clone();
        let tree = part.tree.clone();
        let Over::Datatype(kind) = &part.over else { return None };
        let Some(over) = definitions::element(kind) else {
            let mut finding = Diagnostic::error(codes::E2365, format!("FHIR R4 has no type `{kind}`"));
            let near = definitions::closest(kind, Type::all().map(Type::name));
            finding.hint = near.map(|near| format!("did you mean `{near}`?"));
            return self.fail(&tree, finding, place_of(&tree, &statement, kind));
        };
        let wanted = part.to.as_deref().unwrap_or("");
        let to = self.context_of(&tree, &statement, wanted)?;
        // A part sees nothing of its users.
        let names = std::mem::take(&mut self.scope.names);
        let depth = std::mem::replace(&mut self.scope.depth, 1);
        let slots = std::mem::take(&mut self.slot_count);
        let binding =
            Binding { name: part.binding.clone(), bound: Bound::Element(over), slot: 0, is_used: Cell::new(true) };
        self.scope.names.push(binding);
        let ended = expect_end(&rest_of_head(&tree, &statement), self.found);
        let mut block = Block::new(to.clone());
        let body = match &statement.block {
            Some(inside) => Some(self.body(&tree, &inside.statements, &mut block)),
            None => {
                self.fail(&tree, Diagnostic::error(codes::E2309, "a map has a block `{ … }`"), statement.span.clone())
            }
        };
        let used = std::mem::replace(&mut self.slot_count, slots);
        self.scope.names = names;
        self.scope.depth = depth;
        ended?;
        let routine = Routine { actions: body?.actions, slots: used };
        Some((routine, Facts { name: name.clone(), over, to, touched: block.touched }))
    }

    /// What a shared map fills: a segment or a data type of the version.
    fn context_of(&mut self, tree: &Tree, statement: &Statement, wanted: &str) -> Option<Context> {
        let dictionary = Dictionary::of(self.version);
        // Z and the ids of segments have three characters too: a data type of that name counts first.
        if let Some(datatype) = self.datatype(wanted) {
            return Some(Context::Datatype(datatype));
        }
        if is_segment_shape(wanted) && (wanted.starts_with('Z') || dictionary.segment(wanted).is_some()) {
            return Some(Context::Segment(wanted.as_bytes().try_into().ok()?));
        }
        let what = format!("HL7 v{} has no data type or segment `{wanted}`", self.version.as_str());
        let known = dictionary.datatypes().map(Datatype::id).chain(dictionary.segments().map(|segment| segment.id()));
        let mut finding = Diagnostic::error(codes::E2363, what);
        finding.hint = suggest::did_you_mean(wanted, known);
        self.fail(tree, finding, place_of(tree, statement, wanted))
    }

    /// A data type of the version, or of the newest version that has it: what is not there yet is not written.
    fn datatype(&self, name: &str) -> Option<Datatype> {
        let own = Dictionary::of(self.version).datatype(name);
        let all = hl7v2::dictionary::Version::ALL.into_iter().rev();
        own.or_else(|| all.map(Dictionary::of).find_map(|dictionary| dictionary.datatype(name)))
    }

    /// The shared map by which a value of this type becomes one of a data type: that for the type itself, or one of its
    /// family.
    pub(super) fn part_for(&self, from: Member, to: &str) -> Option<String> {
        let family = FAMILIES.iter().find(|family| family.contains(&to)).copied().unwrap_or(&[]);
        let own = kind_of(from);
        let kinds = std::iter::once(type_name(from)).chain(own.and_then(Type::base).map(|base| base.name().to_owned()));
        let kinds: Vec<String> = kinds.collect();
        let names = std::iter::once(to).chain(family.iter().copied());
        let mut all = names.flat_map(|to| kinds.iter().map(move |kind| format!("{kind}-{to}")));
        all.find(|name| self.find_part(name).is_some())
    }

    /// A shared map fits what a line reads and writes; a finding else.
    pub(super) fn check_part(
        &mut self,
        tree: &Tree,
        part: usize,
        from: Member,
        to: &Context,
        place: Range<usize>,
    ) -> Option<()> {
        let facts = self.parts.facts(part)?.clone();
        let (reads, is) = (type_name(facts.over), type_name(from));
        let is_same = reads == is || kind_of(from).zip(kind_of(facts.over)).is_some_and(|(is, reads)| is.is_a(reads));
        if !is_same {
            let what = format!("`{}` is for {reads}, and this is {is}", facts.name);
            return self.fail(tree, Diagnostic::error(codes::E2373, what), place);
        }
        let fits = match (&facts.to, to) {
            (Context::Segment(made), Context::Segment(wanted)) => made == wanted,
            (Context::Datatype(made), Context::Datatype(wanted)) => is_family(made.id(), wanted.id()),
            // A field whose type the message says (OBX-5), or nobody.
            (Context::Datatype(_), Context::Message) => true,
            _ => false,
        };
        if !fits {
            let what = format!("`{}` makes {}, and this is {}", facts.name, shown(&facts.to), shown(to));
            return self.fail(tree, Diagnostic::error(codes::E2373, what), place);
        }
        Some(())
    }

    /// `use NAME with PATH [when COND]`
    pub(super) fn use_part(
        &mut self,
        tree: &Tree,
        statement: &Statement,
        mut cursor: Cursor<'_>,
        block: &mut Block,
    ) -> Option<Action> {
        cursor.take();
        let place = cursor.here();
        let name = cursor.text().map(|(name, _)| name.into_owned()).unwrap_or_default();
        let part = self.part(&name, tree, place.clone())?;
        let here = cursor.here();
        if !cursor.eat("with") {
            let finding = Diagnostic::error(codes::E2310, "`with PATH` is missing")
                .hint(format!("write `use {name} with Patient`, or a name"));
            return self.fail(tree, finding, here);
        }
        let here = cursor.here();
        let with = self.element(tree, &mut cursor, "with")?;
        if block.context == Context::Message {
            let finding = Diagnostic::error(codes::E2371, format!("`{name}` fills a segment, and none is open here"))
                .hint(format!("write `SEGMENT {{ use {name} with … }}`"));
            return self.fail(tree, finding, place);
        }
        let context = block.context.clone();
        self.check_part(tree, part, with.member, &context, here)?;
        let when = parse_when(&mut cursor, &self.scope, self.found)?;
        expect_end(&cursor, self.found)?;
        refuse_block(tree, statement, self.found)?;
        let touched = self.parts.facts(part).map(|facts| facts.touched.clone());
        block.touched.extend(touched.into_iter().flatten());
        Some(Action { kind: Kind::Use { part, with }, when, site: Site::new(tree, statement.span.clone()) })
    }
}

/// Both are one type, or grew out of one another.
fn is_family(one: &str, other: &str) -> bool {
    one == other || FAMILIES.iter().any(|family| family.contains(&one) && family.contains(&other))
}

/// In words.
fn shown(context: &Context) -> String {
    match context {
        Context::Message => "a message".to_owned(),
        Context::Segment(id) => String::from_utf8_lossy(id).into_owned(),
        Context::Datatype(found) => format!("{} ({})", found.id(), found.name()),
    }
}

/// Where a word of the head stands.
fn place_of(tree: &Tree, statement: &Statement, word: &str) -> Range<usize> {
    let mut cursor = Cursor::new(tree, statement);
    while !cursor.is_done() {
        if cursor.peek_str() == word {
            return cursor.here();
        }
        cursor.take();
    }
    statement.span.clone()
}

/// The data type of a place, as what a shared map fills.
pub(super) fn context_for(kind: &target::PlaceType) -> Context {
    match kind.datatype {
        Some(found) => Context::Datatype(found),
        None => Context::Message,
    }
}
