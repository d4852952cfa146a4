//! `TARGET = VALUE [| step …] [when COND]`: what is written is decided by the types of both sides.

use super::{
    compile::{Block, Compiler},
    parts::context_for,
    path::ElementPath,
    plan::{Action, Coded, From, Kind, Target, Which, Write},
    target::{self, Found, PlaceType, first_text},
    values::Plain,
};
use crate::{
    codes,
    map::{
        fhir::target::{kind_of, type_name},
        grammar::{Otherwise, Tail},
    },
    path::{Found as Word, ReadPath, resolve},
    program::parse::{expect_end, parse_when, refuse_block},
    run::Site,
    suggest,
    syntax::{Cursor, Statement, TokenKind, Tree},
    value::Value,
};
use fhir::definitions::{Member, Type};
use message::Diagnostic;
use std::{borrow::Cow, ops::Range, sync::Arc};

/// Steps that make one value of several.
const GATHERING: [&str; 6] = ["first", "last", "nth", "join", "count", "required"];

fn is_coded(member: Member) -> bool {
    matches!(&*type_name(member), "CodeableConcept" | "Coding")
}

impl Compiler<'_, '_> {
    pub(super) fn assign(
        &mut self,
        tree: &Tree,
        statement: &Statement,
        mut cursor: Cursor<'_>,
        block: &mut Block,
        is_fallback: bool,
    ) -> Option<Action> {
        let place = cursor.here();
        let text = cursor.peek_str();
        cursor.take();
        cursor.eat_kind(TokenKind::Equal);
        let read = target::read(text, &block.context, self.version, &mut block.slots, &mut self.slot_count);
        let found = match read {
            Ok(found) => found,
            Err(refused) => return self.refused(tree, *refused, place.start),
        };
        block.touched.extend(found.field);
        let at = cursor.here();
        // A concept goes through its table as a whole, so the line reads that step itself.
        let first = cursor.peek().filter(|token| token.kind.is_bare()).map(|_| cursor.peek_str());
        let is_concept = first.is_some_and(|word| match resolve(word, &self.scope) {
            Word::Path(ReadPath::Element(path), _) => is_coded(path.member),
            Word::Path(..) | Word::Nothing | Word::Wrong(_) | Word::WrongPart(..) => false,
        });
        self.scope.own_steps.set(if is_concept { &["use", "code", "required"] } else { &["use", "required"] });
        let value = Value::parse(&mut cursor, &self.scope, self.found);
        self.scope.own_steps.set(&[]);
        let value = value?;
        let tail = Tail::parse(&mut cursor, &self.scope, self.found)?;
        let when = parse_when(&mut cursor, &self.scope, self.found)?;
        expect_end(&cursor, self.found)?;
        refuse_block(tree, statement, self.found)?;
        self.note_written(tree, block, &found, &place, when.is_none() && !is_fallback)?;
        let (from, target) = self.source(tree, &found, value, &tail, &at)?;
        let write = Write { target, from, required: tail.required, is_fallback };
        Some(Action { kind: Kind::Write(Box::new(write)), when, site: Site::new(tree, statement.span.clone()) })
    }

    /// Two lines for one place.
    fn note_written(
        &mut self,
        tree: &Tree,
        block: &mut Block,
        found: &Found,
        place: &Range<usize>,
        is_always: bool,
    ) -> Option<()> {
        if !is_always || found.appends {
            return Some(());
        }
        block.written.take(tree, &found.key, place, codes::E2369, self.found)
    }

    fn source(
        &mut self,
        tree: &Tree,
        found: &Found,
        value: Value,
        tail: &Tail,
        at: &Range<usize>,
    ) -> Option<(From, Target)> {
        let whole = match value.plain_path() {
            Some(ReadPath::Element(path)) if path.is_whole() => Some(path.clone()),
            _ => None,
        };
        if let Some(path) = whole {
            self.check_several(tree, found, path.repeats, at)?;
            return self.whole_source(tree, found, path, tail, at);
        }
        if let (Some(_), Some(ReadPath::Element(path))) = (&tail.part, value.plain_path()) {
            self.check_several(tree, found, path.repeats, at)?;
            return self.whole_source(tree, found, path.clone(), tail, at);
        }
        if let Some((name, span)) = &tail.part {
            let finding =
                Diagnostic::error(codes::E2373, format!("`{name}` needs an element with parts, and this is a text"));
            return self.fail(tree, finding, span.clone());
        }
        let mut inner: Option<Arc<ElementPath>> = None;
        let (mut reads, mut repeats) = (false, false);
        value.each_read(&mut |read| {
            reads = true;
            if let ReadPath::Place(path) = read {
                repeats |= path.repeats && !path.is_list;
            }
            let ReadPath::Element(path) = read else { return };
            repeats |= path.repeats && !path.is_list;
            if path.is_whole() && inner.is_none() {
                inner = Some(path.clone());
            }
        });
        if let Some(path) = inner {
            return self.fail(tree, not_a_text(path.member), at.clone());
        }
        let is_plain = value.plain_path().is_some();
        let gathers = value.step_names().any(|name| GATHERING.contains(&name));
        self.check_several(tree, found, (repeats || value.is_list()) && !gathers, at)?;
        let kind = first_text(found.kind);
        let plain = Plain::of(kind.name);
        if let Some(literal) = value.literal() {
            self.check_literal(tree, literal, &kind, found, at)?;
        }
        if let (true, Some(ReadPath::Element(path))) = (is_plain, value.plain_path()) {
            let primitive = kind_of(path.member).map_or("", Type::name);
            if !plain.takes(primitive) {
                let what =
                    format!("{} is a {primitive}, and {} takes {}", path.member.element(), found.key, plain.noun());
                return self.fail(tree, Diagnostic::error(codes::E2364, what), at.clone());
            }
        }
        let mut value = value;
        if found.appends && is_plain {
            // A plain path into a field that repeats gives every value, each in a repetition of its own.
            value.each_read_mut(&mut |read| match read {
                ReadPath::Element(path) => Arc::make_mut(path).is_list = true,
                ReadPath::Place(path) => Arc::make_mut(path).is_list = true,
                ReadPath::Message(_) | ReadPath::Within { .. } | ReadPath::Bound { .. } | ReadPath::Now => {}
            });
        }
        let target = found.target.clone();
        Some((From::Text { value, plain, reads }, target))
    }

    /// An element with parts: by a shared map, or by a table.
    fn whole_source(
        &mut self,
        tree: &Tree,
        found: &Found,
        path: Arc<ElementPath>,
        tail: &Tail,
        at: &Range<usize>,
    ) -> Option<(From, Target)> {
        let member = path.member;
        let to = found.kind.name;
        let target = found.target.clone();
        let most = found.kind.datatype.map_or(u16::MAX, |datatype| datatype.component_count().max(1));
        if let Some((table, _)) = &tail.table {
            let has_parts = found.kind.is_composite();
            let part = match self.part_for(member, to).filter(|_| has_parts) {
                Some(name) => Some((self.part(&name, tree, at.clone())?, most)),
                None => None,
            };
            let table_number = found.kind.part.and_then(hl7v2::dictionary::Part::table_number);
            let coded = Coded {
                path,
                table: table.clone(),
                is_backwards: tail.is_backwards,
                has_parts,
                system: table_number.map(|number| format!("HL7{number:04}")),
                part,
                otherwise: tail.otherwise.unwrap_or(Otherwise::Note),
            };
            return Some((From::Coded(Box::new(coded)), target));
        }
        if let Some((name, span)) = &tail.part {
            let part = self.part(name, tree, span.clone())?;
            self.check_part(tree, part, member, &context_for(&found.kind), span.clone())?;
            return Some((From::Part { path, part, most }, target));
        }
        if !found.kind.is_composite() {
            let is_free = to.is_empty() || to == "varies";
            let finding = if is_free {
                Diagnostic::error(
                    codes::E2364,
                    format!("{} has no type of its own, and this is a {}", found.key, type_name(member)),
                )
                .hint("say which shared map makes it: `| use CodeableConcept-CWE`")
            } else {
                not_a_text(member)
            };
            return self.fail(tree, finding, at.clone());
        }
        let Some(name) = self.part_for(member, to) else {
            let kind = type_name(member);
            let what = format!("no shared map makes {to} of {kind}");
            let hint = format!("write `map datatype {kind} to {to} as …`, or say which element goes where");
            return self.fail(tree, Diagnostic::error(codes::E2364, what).hint(hint), at.clone());
        };
        let part = self.part(&name, tree, at.clone())?;
        Some((From::Part { path, part, most }, target))
    }

    /// Several values for a place that takes one.
    fn check_several(&mut self, tree: &Tree, found: &Found, several: bool, at: &Range<usize>) -> Option<()> {
        let takes_one = found.target.field.is_none_or(|(_, which)| which != Which::New);
        if !several || !takes_one {
            return Some(());
        }
        let finding = Diagnostic::error(codes::E2367, format!("several values for {}, which takes one", found.key))
            .hint("choose one with `[1]` or a filter such as `[use=official]`, or go over them with `each`");
        self.fail(tree, finding, at.clone())
    }

    /// A text of the map fits the type and the table of its place.
    fn check_literal(
        &mut self,
        tree: &Tree,
        literal: &str,
        kind: &PlaceType,
        found: &Found,
        at: &Range<usize>,
    ) -> Option<()> {
        if literal.is_empty() {
            return Some(());
        }
        let plain = Plain::of(kind.name);
        if plain.write(Cow::Borrowed(literal)).is_none() {
            let what = format!("`{literal}` is not {}, which {} takes", plain.noun(), found.key);
            return self.fail(tree, Diagnostic::error(codes::E2372, what), at.clone());
        }
        // The table of a coded field stands at the field, and for its first component at that.
        let is_first = found.target.parts.iter().all(|part| *part == 1);
        let part = if is_first { found.kind.part.or(kind.part) } else { kind.part };
        // The names of coding systems (table 0396) are a list that grows, with patterns in it.
        let is_closed = |table: &hl7v2::dictionary::Table| !table.is_user_defined() && table.number() != 396;
        let table = part.and_then(hl7v2::dictionary::Part::table).filter(is_closed);
        let Some(table) = table.filter(|table| !table.is_empty() && table.code(literal).is_none()) else {
            return Some(());
        };
        let what = format!(
            "`{literal}` is not in table {:04} ({}), from which {} is",
            table.number(),
            table.name(),
            found.key
        );
        let known: Vec<&str> = table.codes().map(|code| code.code).collect();
        let shown = known.iter().take(12).copied().collect::<Vec<_>>().join(", ");
        let hint = suggest::did_you_mean(literal, known).unwrap_or_else(|| format!("its codes are {shown}"));
        self.fail(tree, Diagnostic::error(codes::E2372, what).hint(hint), at.clone())
    }
}

/// A finding for an element with parts where a text is needed.
fn not_a_text(member: Member) -> Diagnostic {
    let names: Vec<&str> = member
        .children()
        .map(|element| element.name())
        .filter(|name| *name != "id" && *name != "extension")
        .take(8)
        .collect();
    let what = format!("{} is a {}, and a text is needed here", member.element(), type_name(member));
    Diagnostic::error(codes::E2364, what).hint(format!("say which element of it: {}", names.join(", ")))
}
