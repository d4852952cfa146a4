//! `TARGET = VALUE [| step …] [as NAME] [when COND] [{ … }]`: what is written is decided by the types of both sides.

use super::{
    compile::{Block, Compiler},
    parts::{root_type, shown},
    plan::{Action, CodeFrom, Coded, Kind, Last, Source, Write},
    primitive::{self, Clock, Primitive},
    source::{self, SourceType},
    target::{self, Found, is_primitive, type_name},
};
use crate::{
    codes,
    map::grammar::{Otherwise, Tail},
    path::ReadPath,
    program::parse::{expect_end, parse_when},
    run::Site,
    scope::Bound,
    suggest,
    syntax::{Cursor, Statement, TokenKind, Tree},
    table::Table,
    value::Value,
};
use fhir::{
    Name,
    definitions::{Member, Membership, Strength, Type, ValueSet, closest},
};
use hl7v2::path::Index;
use message::Diagnostic;
use std::{borrow::Cow, ops::Range, sync::Arc};

/// Steps that make one value of several.
const GATHERING: [&str; 6] = ["first", "last", "nth", "join", "count", "required"];

/// Required elements below a member.
pub(super) fn required_names(member: Member) -> Vec<Name> {
    let required = member.children().filter(|element| (*element).min() > 0 && !element.is_choice());
    required.filter_map(|element| Name::known(element.name())).collect()
}

impl Compiler<'_, '_> {
    pub(super) fn assign(
        &mut self,
        tree: &Tree,
        statement: &Statement,
        mut cursor: Cursor<'_>,
        block: &mut Block,
    ) -> Option<Action> {
        let place = cursor.here();
        let is_fallback =
            tree.text.get(statement.span.start..place.start).is_some_and(|before| before.trim() == "else");
        let text = cursor.peek_str();
        cursor.take();
        cursor.eat_kind(TokenKind::Equal);
        let read = target::read(text, block.context, &mut block.slots, &mut self.slot_count);
        let found = match read {
            Ok(found) => found,
            Err(refused) => return self.refused(tree, *refused, place.start),
        };
        let at = cursor.here();
        let name = type_name(found.member);
        let is_reference = name == "Reference";
        let is_coded = name == "Coding" || name == "CodeableConcept";
        if is_reference
            && let Some(action) = self.named_reference(tree, statement, &cursor, block, &found, (&place, is_fallback))
        {
            return action;
        }
        self.scope.own_steps.set(if is_coded { &["use", "code", "required"] } else { &["use", "required"] });
        let value = Value::parse(&mut cursor, &self.scope, self.found);
        self.scope.own_steps.set(&[]);
        let value = value?;
        let tail = Tail::parse(&mut cursor, &self.scope, self.found)?;
        let mut turn = None;
        let from = value.plain_path().cloned();
        let source = match &from {
            Some(path) if !path.is_segment() => match source::type_of(path, &self.scope) {
                Ok(found) => Some(found),
                Err(finding) => return self.fail(tree, *finding, at),
            },
            _ => None,
        };
        let name_span = cursor.here();
        if cursor.is_at("as") {
            self.refuse_shared(tree, &name_span)?;
        }
        if cursor.eat("as") {
            let bound = Bound::Datatype(source.map_or("", |source| source.name));
            turn = Some(self.bind(tree, &mut cursor, bound)?);
        }
        let when = parse_when(&mut cursor, &self.scope, self.found);
        let ended = when.is_some().then(|| expect_end(&cursor, self.found)).flatten();
        let written = ended.and_then(|()| {
            self.note_written(tree, block, &found, &place, matches!(when, Some(None)) && !is_fallback)?;
            self.source(tree, &found, value, from, source, &tail, &at)
        });
        let body = self.refine(tree, statement, &found, &place);
        if turn.is_some() {
            self.unbind(tree, name_span, false);
        }
        let (source, body, required) = (written?, body?, tail.required);
        let write = Write { target: found.target, source, turn, body, required, is_fallback };
        Some(Action::new(Kind::Write(Box::new(write)), when?, Site::new(tree, statement_line(tree, statement))))
    }

    /// The block of an assignment: lines inside the new element.
    #[allow(clippy::option_option)]
    fn refine(
        &mut self,
        tree: &Tree,
        statement: &Statement,
        found: &Found,
        place: &Range<usize>,
    ) -> Option<Option<Box<super::plan::Body>>> {
        let Some(inside) = &statement.block else { return Some(None) };
        if is_primitive(found.member) {
            let finding = Diagnostic::error(
                codes::E2309,
                format!("{} is a simple value and has no block", found.member.element()),
            );
            return self.fail(tree, finding, place.clone());
        }
        let mut own = Block::new(found.member, false);
        Some(Some(Box::new(self.body(tree, &inside.statements, &mut own))))
    }

    /// Two lines for one element, and what the block has written so far.
    pub(super) fn note_written(
        &mut self,
        tree: &Tree,
        block: &mut Block,
        found: &Found,
        place: &Range<usize>,
        is_always: bool,
    ) -> Option<()> {
        let mut so_far = String::new();
        for part in found.key.split('.') {
            if !so_far.is_empty() {
                so_far.push('.');
            }
            so_far.push_str(part);
            block.touched.insert(so_far.clone());
        }
        for (key, member) in &found.parents {
            block.parents.entry(key.clone()).or_insert((*member, place.clone()));
        }
        if !is_always || found.appends {
            return Some(());
        }
        block.written.take(tree, &found.key, place, codes::E2335, self.found)
    }

    /// `subject = patient`: the outer `None` when the value is no name.
    #[allow(clippy::option_option)]
    fn named_reference(
        &mut self,
        tree: &Tree,
        statement: &Statement,
        cursor: &Cursor<'_>,
        block: &mut Block,
        found: &Found,
        (place, is_fallback): (&Range<usize>, bool),
    ) -> Option<Option<Action>> {
        let mut cursor = cursor.clone();
        let at = cursor.here();
        let text = cursor.peek_str();
        let is_word = cursor.peek().is_some_and(|token| token.kind == TokenKind::Word);
        let Some(named) = self.resource_named(text).cloned() else {
            let is_path = self.scope.bound(text).is_some() || crate::path::looks_like_path(text, &self.scope);
            let is_lower = text.starts_with(|c: char| c.is_ascii_lowercase());
            if !is_word || is_path || !is_lower {
                return None;
            }
            let mut finding = Diagnostic::error(codes::E2342, format!("no resource here is named `{text}`"));
            let known: Vec<String> = self.named.iter().map(|named| named.name.to_string()).collect();
            finding.hint = suggest::did_you_mean(text, known.iter().map(String::as_str))
                .or_else(|| Some("name it where it is made: `Patient as patient { … }`".to_owned()));
            return Some(self.fail(tree, finding, at));
        };
        cursor.take();
        let when = match parse_when(&mut cursor, &self.scope, self.found) {
            Some(when) => when,
            None => return Some(None),
        };
        if expect_end(&cursor, self.found).is_none()
            || self.check_allowed(tree, found.member, named.kind, &at).is_none()
            || self.note_written(tree, block, found, place, when.is_none() && !is_fallback).is_none()
        {
            return Some(None);
        }
        let Some(body) = self.refine(tree, statement, found, place) else { return Some(None) };
        let (target, source) = (found.target.clone(), Source::Named(named.index));
        let write = Write { target, source, turn: None, body, required: None, is_fallback };
        let site = Site::new(tree, statement_line(tree, statement));
        Some(Some(Action::new(Kind::Write(Box::new(write)), when, site)))
    }

    fn check_allowed(&mut self, tree: &Tree, member: Member, kind: Type, place: &Range<usize>) -> Option<()> {
        let Some(reference) = member.reference() else { return Some(()) };
        if reference.allows(kind) {
            return Some(());
        }
        let allowed: Vec<&str> = reference.targets().map(Type::name).collect();
        let what = format!("{} may not refer to a {}", member.element(), kind.name());
        let finding = Diagnostic::error(codes::E2341, what).hint(format!("it refers to {}", allowed.join(", ")));
        self.fail(tree, finding, place.clone())
    }

    #[allow(clippy::too_many_arguments)]
    fn source(
        &mut self,
        tree: &Tree,
        found: &Found,
        value: Value,
        from: Option<ReadPath>,
        source: Option<SourceType>,
        tail: &Tail,
        at: &Range<usize>,
    ) -> Option<Source> {
        let member = found.member;
        if let (Some(path), true) = (&from, from.as_ref().is_some_and(ReadPath::is_segment)) {
            let _ = path;
            return self.fail(
                tree,
                Diagnostic::error(codes::E2334, "a whole segment is no value; name a field of it"),
                at.clone(),
            );
        }
        self.check_reads(tree, &value, at)?;
        if source.is_some_and(|source| source.repeats) && !found.appends && !found.member.element().is_repeating() {
            return self.repeats(tree, found, at);
        }
        if let (Some(source), Last::Slot(_)) = (source, found.target.last)
            && source.repeats
        {
            return self.repeats(tree, found, at);
        }
        if let Some(primitive) = Primitive::of(&type_name(member)) {
            return self.primitive(tree, found, value, from, source, tail, primitive, at);
        }
        if let Some((table, span)) = &tail.table {
            return self.coded(tree, found, value, from, source, tail, (table, span));
        }
        let Some((path, source)) = from.zip(source) else {
            let wanted = type_name(member);
            let finding =
                Diagnostic::error(codes::E2334, format!("{} is a {wanted}: a text does not fill it", member.element()));
            let hint = match wanted.as_str() {
                "Coding" | "CodeableConcept" => "send the text through a table: `| code TABLE`".to_owned(),
                "Reference" => "name a resource, or a field with `| use NAME`".to_owned(),
                _ => format!("write a block, `{} {{ … }}`, or name an element inside", found.key),
            };
            return self.fail(tree, finding.hint(hint), at.clone());
        };
        if type_name(member) == "Reference" {
            return self.made(tree, found, path, source, tail, at);
        }
        let part = self.choose_part(tree, member, source, tail, &type_name(member), at)?;
        Some(Source::Part { from: path, part })
    }

    /// The paths in a value with steps are in the standard.
    fn check_reads(&mut self, tree: &Tree, value: &Value, at: &Range<usize>) -> Option<()> {
        let mut wrong = None;
        value.each_read(&mut |path| {
            if self.scope.names_whole(path) {
                let word = tree.text.get(at.clone()).unwrap_or("");
                let what = format!("`{word}` is the name of an `each` here, and a whole segment or group is no value");
                let hint =
                    format!("for the text write \"{word}\", for a value a field; or give the `each` another name");
                wrong = wrong.take().or(Some(Box::new(Diagnostic::error(codes::E2334, what).hint(hint))));
            } else if let Err(finding) = source::type_of(path, &self.scope) {
                wrong = wrong.take().or(Some(finding));
            }
        });
        match wrong {
            Some(finding) => self.fail(tree, *finding, at.clone()),
            None => Some(()),
        }
    }

    fn repeats<T>(&mut self, tree: &Tree, found: &Found, at: &Range<usize>) -> Option<T> {
        let written = tree.text.get(at.clone()).unwrap_or("the field");
        let what = format!("`{written}` may have several values, and {} takes one", found.member.element());
        let head = written.split('.').next().unwrap_or(written);
        let rest = written.get(head.len()..).unwrap_or("");
        let finding = Diagnostic::error(codes::E2336, what)
            .hint(format!("write `{head}[1]{rest}` for the first, a filter, or an `each`"));
        self.fail(tree, finding, at.clone())
    }

    #[allow(clippy::too_many_arguments)]
    fn primitive(
        &mut self,
        tree: &Tree,
        found: &Found,
        mut value: Value,
        from: Option<ReadPath>,
        source: Option<SourceType>,
        tail: &Tail,
        wanted: Primitive,
        at: &Range<usize>,
    ) -> Option<Source> {
        let member = found.member;
        let name = type_name(member);
        if let Some(literal) = value.literal().cloned() {
            let is_segment = tree.text.get(at.clone()) == Some(&*literal) && crate::path::is_segment_shape(&literal);
            if is_segment && self.scope.dictionary.has_segment(&literal) {
                let finding = Diagnostic::error(codes::E2334, "a whole segment is no value")
                    .hint(format!("name a field of it, such as `{literal}-1`; a text stands between quotes"));
                return self.fail(tree, finding, at.clone());
            }
            self.check_literal(tree, member, &literal, wanted, at)?;
        }
        if let Some((path, source)) = from.zip(source) {
            let needs_part = tail.part.is_some()
                || source.is_composite() && !(wanted.is_narrow() && (source.is_coded() || source.name == "TS"));
            if needs_part {
                let part = self.choose_part(tree, member, source, tail, &name, at)?;
                return Some(Source::PartPrimitive { from: path, part, wanted });
            }
        } else if let Some((_, span)) = &tail.part {
            let finding =
                Diagnostic::error(codes::E2343, "a shared map works on a field, not on a text or a value with steps");
            return self.fail(tree, finding, span.clone());
        }
        self.check_table_steps(tree, member, at)?;
        let gathers = value.step_names().any(|step| GATHERING.contains(&step));
        // A path inside a text means its first value, as everywhere in the language.
        let (mut several, scope) = (false, &self.scope);
        value.each_read_mut(&mut |path| several |= source::type_of(path, scope).is_ok_and(|found| found.repeats));
        if several && !gathers && !member.element().is_repeating() {
            return self.repeats(tree, found, at);
        }
        let scope = &self.scope;
        value.each_read_mut(&mut |path| {
            let kind = source::type_of(path, scope).map_or("", |found| found.name);
            if wanted.is_narrow() || kind == "TS" {
                narrow(path);
            }
            if found.appends {
                spread(path);
            }
        });
        Some(Source::of(value, wanted))
    }

    fn check_literal(
        &mut self,
        tree: &Tree,
        member: Member,
        literal: &str,
        wanted: Primitive,
        at: &Range<usize>,
    ) -> Option<()> {
        if primitive::read(Cow::Borrowed(literal), wanted, &Clock::default()).is_none() {
            let what = format!("{} is a {}, and this is not {}", member.element(), type_name(member), wanted.noun());
            return self.fail(tree, Diagnostic::error(codes::E2348, what), at.clone());
        }
        let Some(set) = required_set(member) else { return Some(()) };
        if set.contains_code(literal) != Membership::Out {
            return Some(());
        }
        let mut finding = Diagnostic::error(codes::E2338, format!("`{literal}` is no code of {}", set.title()));
        finding.hint = closest(literal, set.codes().map(|code| code.code))
            .map(|near| format!("did you mean `{near}`?"))
            .or_else(|| Some(format!("its codes are {}", codes_of(set))));
        self.fail(tree, finding, at.clone())
    }

    /// The tables of `| code TABLE` steps of this line give codes that the element takes.
    fn check_table_steps(&mut self, tree: &Tree, member: Member, at: &Range<usize>) -> Option<()> {
        let Some(set) = required_set(member) else { return Some(()) };
        let rest = tree.text.get(at.start..).unwrap_or("");
        let line = rest.lines().take_while(|line| !line.trim_end().ends_with('{')).take(4);
        let text: String = line.collect::<Vec<_>>().join("\n");
        let text = text.split('\n').enumerate().take_while(|(n, line)| *n == 0 || line.trim_start().starts_with('|'));
        let text: String = text.map(|(_, line)| line).collect::<Vec<_>>().join(" ");
        let Some((_, after)) = text.rsplit_once("| code ") else { return Some(()) };
        let name = after.split_whitespace().next().unwrap_or("");
        let Ok(table) = self.scope.table(name) else { return Some(()) };
        self.check_table(tree, &table, set, false, at)
    }

    fn check_table(
        &mut self,
        tree: &Tree,
        table: &Table,
        set: ValueSet,
        by_system: bool,
        at: &Range<usize>,
    ) -> Option<()> {
        let is_wrong = |row: &crate::table::Row<'_>| {
            let found = if by_system { set.contains(row.to_system(), row.to()) } else { set.contains_code(row.to()) };
            !row.to().is_empty() && found == Membership::Out
        };
        let wrong: Vec<String> = table.rows().filter(is_wrong).map(|row| row.to().to_owned()).collect();
        if wrong.is_empty() {
            return Some(());
        }
        let shown = wrong.iter().take(5).map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ");
        let what = format!("table `{}` leads to {shown}, which {} does not have", table.name(), set.title());
        let finding = Diagnostic::error(codes::E2339, what).hint(format!("the codes are {}", codes_of(set)));
        self.fail(tree, finding, at.clone())
    }

    /// The shared map of a line: the one it names, or the one for the two types.
    fn choose_part(
        &mut self,
        tree: &Tree,
        member: Member,
        source: SourceType,
        tail: &Tail,
        wanted: &str,
        at: &Range<usize>,
    ) -> Option<usize> {
        self.refuse_shared(tree, tail.part.as_ref().map_or(at, |(_, span)| span))?;
        if let Some((name, span)) = &tail.part {
            let part = self.part(name, tree, span.clone())?;
            self.check_part(tree, part, source, member, span.clone())?;
            return Some(part);
        }
        if let Some(name) = self.part_for(source, wanted) {
            return self.part(&name, tree, at.clone());
        }
        let written = tree.text.get(at.clone()).unwrap_or("this");
        let what = format!("`{written}` is {}, and {} is a {wanted}", shown(source), member.element());
        let hint = if is_primitive(member) {
            format!("name one component, such as `{written}.1`")
        } else if source.is_free() {
            format!("say how it is read: `| use CWE-{wanted}`")
        } else {
            format!(
                "there is no shared map `{}-{wanted}`: write it, or name elements inside `{}`",
                source.name,
                member.element().name()
            )
        };
        self.fail(tree, Diagnostic::error(codes::E2334, what).hint(hint), at.clone())
    }

    /// A reference to a resource that a shared map makes.
    fn made(
        &mut self,
        tree: &Tree,
        found: &Found,
        path: ReadPath,
        source: SourceType,
        tail: &Tail,
        at: &Range<usize>,
    ) -> Option<Source> {
        self.refuse_shared(tree, tail.part.as_ref().map_or(at, |(_, span)| span))?;
        let part = match &tail.part {
            Some((name, span)) => {
                let part = self.part(name, tree, span.clone())?;
                let facts = self.parts.facts(part)?.clone();
                if type_name(facts.to) == "Reference" {
                    self.check_part(tree, part, source, found.member, span.clone())?;
                    return Some(Source::Part { from: path, part });
                }
                let Some(kind) = root_type(facts.to).filter(|kind| kind.is_resource()) else {
                    let what = format!("`{name}` makes no resource to refer to");
                    return self.fail(tree, Diagnostic::error(codes::E2343, what), span.clone());
                };
                self.check_part(tree, part, source, facts.to, span.clone())?;
                self.check_allowed(tree, found.member, kind, span)?;
                part
            }
            None => {
                let targets: Vec<&str> = found
                    .member
                    .reference()
                    .map(|reference| reference.targets().map(Type::name).collect())
                    .unwrap_or_default();
                let known: Vec<String> = targets.iter().filter_map(|target| self.part_for(source, target)).collect();
                let [name] = known.as_slice() else {
                    let what = format!(
                        "{} refers to a resource: say how it is made of {}",
                        found.member.element(),
                        shown(source)
                    );
                    let hint = if known.is_empty() {
                        "write `| use NAME` with a shared map that makes a resource".to_owned()
                    } else {
                        format!("write `| use {}`", known.join("` or `| use "))
                    };
                    return self.fail(tree, Diagnostic::error(codes::E2334, what).hint(hint), at.clone());
                };
                self.part(name, tree, at.clone())?
            }
        };
        Some(Source::Made { from: path, part })
    }

    /// Shared maps, and names for single values, are for fields of HL7 v2: a place of another format is one text.
    pub(super) fn refuse_shared(&mut self, tree: &Tree, place: &Range<usize>) -> Option<()> {
        if self.scope.form.is_none() {
            return Some(());
        }
        let what = "a place of this format is one text, and shared maps read fields of HL7 v2";
        let hint = "write a block with a line for each element: `identifier { value = row.mrn }`";
        self.fail(tree, Diagnostic::error(codes::E2680, what).hint(hint), place.clone())
    }

    #[allow(clippy::too_many_arguments)]
    fn coded(
        &mut self,
        tree: &Tree,
        found: &Found,
        mut value: Value,
        from: Option<ReadPath>,
        source: Option<SourceType>,
        tail: &Tail,
        (table, span): (&Arc<Table>, &Range<usize>),
    ) -> Option<Source> {
        let member = found.member;
        let is_concept = type_name(member) == "CodeableConcept";
        if table.rows().all(|row| row.to_system().is_empty()) {
            let finding = Diagnostic::warning(codes::E2350, format!("table `{}` has no code systems", table.name()))
                .hint("add a column `to_system`");
            self.fail::<()>(tree, finding, span.clone());
        } else if let Some(set) = required_set(member) {
            self.check_table(tree, table, set, true, span)?;
        }
        let otherwise = tail.otherwise.unwrap_or(Otherwise::Note);
        let element = match (from, source) {
            (Some(path), Some(source)) if source.is_coded() && !matches!(source.name, "ST" | "ID") => {
                Some((path, source))
            }
            _ => None,
        };
        if let Some((path, source)) = element {
            let wanted = type_name(member);
            let name = tail.part.as_ref().map(|(name, _)| name.clone()).or_else(|| self.part_for(source, &wanted));
            let name =
                name.or_else(|| source.is_free().then(|| format!("CWE-{wanted}")).filter(|name| self.has_part(name)));
            if let Some(name) = name {
                let part = self.part(&name, tree, span.clone())?;
                let from = CodeFrom::Element { from: path, part };
                return Some(Source::Coded(Box::new(Coded { from, table: table.clone(), is_concept, otherwise })));
            }
        }
        value.each_read_mut(&mut |path| {
            narrow(path);
            if found.appends {
                spread(path);
            }
        });
        let from = CodeFrom::Value(value);
        Some(Source::Coded(Box::new(Coded { from, table: table.clone(), is_concept, otherwise })))
    }
}

/// The value set that an element's codes must come from.
fn required_set(member: Member) -> Option<ValueSet> {
    let binding = member.element().binding()?;
    let set = binding.value_set().filter(|_| binding.strength() == Strength::Required)?;
    set.is_complete().then_some(set)
}

fn codes_of(set: ValueSet) -> String {
    let shown: Vec<&str> = set.codes().take(12).map(|code| code.code).collect();
    if set.codes().count() > 12 { format!("{} …", shown.join(", ")) } else { shown.join(", ") }
}

/// Of a field with parts the first is meant: a code, a time, a number.
fn narrow(path: &mut ReadPath) {
    let member = match path {
        ReadPath::Message(path) | ReadPath::Within { path, .. } => &mut path.member,
        ReadPath::Bound { member, .. } => member,
        ReadPath::Element(_) | ReadPath::Place(_) | ReadPath::Now => return,
    };
    if member.component.is_none() {
        member.component = Some(1);
    }
}

/// Every repetition is meant.
fn spread(path: &mut ReadPath) {
    let member = match path {
        ReadPath::Message(path) | ReadPath::Within { path, .. } => &mut path.member,
        ReadPath::Bound { member, .. } => member,
        ReadPath::Place(path) => {
            let all = path.repeats;
            return Arc::make_mut(path).is_list |= all;
        }
        ReadPath::Element(_) | ReadPath::Now => return,
    };
    if let Some((_, index @ Index::Unsaid)) = &mut member.field {
        *index = Index::All;
    }
}

/// The statement without its block.
fn statement_line(tree: &Tree, statement: &Statement) -> Range<usize> {
    let end = statement.block.as_ref().map_or(statement.span.end, |block| block.span.start);
    let text = tree.text.get(statement.span.start..end).unwrap_or("");
    statement.span.start..statement.span.start + text.trim_end().len()
}
