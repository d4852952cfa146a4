//! Compiles maps to FHIR: blocks and the words that begin their lines.
//!
//! Promises: nothing is looked up by name at run time; a finding is at the part that is wrong; a shared map is compiled
//! and checked once, whoever uses it.

use super::{
    parts::{Facts, Parts},
    plan::{Action, Body, Kind, Routine},
    target::Slots,
};
use crate::{
    codes,
    map::{
        Ignored, Library,
        grammar::{self, Written},
        shared::Pool,
    },
    program::{ACTIONS_MAX, parse::expect_end},
    run::Site,
    scope::{Bound, Scope},
    suggest,
    syntax::{Cursor, Statement, TokenKind, Tree},
};
use fhir::definitions::{Member, Type};
use jiff::tz::TimeZone;
use message::Diagnostic;
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

/// Words that begin the lines of a map to FHIR.
pub(super) const WORDS: [&str; 6] = ["each", "when", "else", "use", "ignore", "zone"];
/// Words of maps to v2, which mean nothing here.
const V2_WORDS: [&str; 6] = ["copy", "start", "set", "insert", "remove", "translate"];

/// A name that a block gives to a resource.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) name: Arc<str>,
    pub(super) kind: Type,
    pub(super) index: usize,
}

/// What the lines of one block have in common.
#[derive(Debug)]
pub(super) struct Block {
    /// What they fill.
    pub(super) context: Member,
    pub(super) slots: Slots,
    /// Elements that a line without a condition writes, and where.
    pub(super) written: Written,
    /// Elements that some line writes.
    pub(super) touched: BTreeSet<String>,
    /// Elements on the way to others.
    pub(super) parents: BTreeMap<String, (Member, Range<usize>)>,
    /// Resources may stand here.
    pub(super) takes_resources: bool,
}

impl Block {
    pub(super) fn new(context: Member, takes_resources: bool) -> Block {
        Block {
            context,
            slots: Slots::default(),
            written: Written::default(),
            touched: BTreeSet::new(),
            parents: BTreeMap::new(),
            takes_resources,
        }
    }
}

/// The shared maps of the library that others compiled; of no use to a map that reads another format.
fn pool<'a>(scope: &Scope<'a>, own: &Library) -> Option<&'a Pool<Routine, Facts>> {
    let library = scope.library.filter(|_| scope.form.is_none())?;
    library.compiled(own).map(|compiled| &compiled.to_fhir)
}

/// Compiles one map, and the shared maps that it uses.
pub(super) struct Compiler<'a, 's> {
    pub(super) scope: Scope<'s>,
    pub(super) own: &'a Library,
    pub(super) found: &'a mut Vec<Diagnostic>,
    pub(super) parts: Parts,
    pub(super) ignored: Vec<Ignored>,
    /// Shared maps whose own are among them.
    pub(super) taken_over: BTreeSet<usize>,
    pub(super) zone: Option<TimeZone>,
    /// Of the routine that is compiled: how many slots and names it has, and the names that lines see.
    pub(super) slot_count: usize,
    pub(super) name_count: usize,
    pub(super) named: Vec<Named>,
    /// The resource types that stand in a bundle may be made.
    pub(super) has_bundle: bool,
    count: usize,
}

impl<'a, 's> Compiler<'a, 's> {
    pub(super) fn new(scope: &Scope<'s>, own: &'a Library, found: &'a mut Vec<Diagnostic>) -> Compiler<'a, 's> {
        let parts = pool(scope, own).map(Pool::take).unwrap_or_default();
        let scope = Scope { reads_fhir: false, ..scope.fresh() };
        Compiler {
            scope,
            own,
            found,
            parts,
            ignored: Vec::new(),
            taken_over: BTreeSet::new(),
            zone: None,
            slot_count: 0,
            name_count: 0,
            named: Vec::new(),
            has_bundle: false,
            count: 0,
        }
    }

    /// The shared maps that its lines use. Those that it compiled are there for the next one.
    pub(super) fn finish(&mut self) -> Vec<Arc<Routine>> {
        if let Some(pool) = pool(&self.scope, self.own) {
            pool.give_back(&self.parts);
        }
        std::mem::take(&mut self.parts.routines)
    }

    pub(super) fn fail<T>(&mut self, tree: &Tree, finding: Diagnostic, place: Range<usize>) -> Option<T> {
        self.found.push(finding.at(&tree.file, place, ""));
        None
    }

    /// A finding about a part of a path that begins at `start`.
    pub(super) fn refused<T>(
        &mut self,
        tree: &Tree,
        (finding, span): (Diagnostic, Range<usize>),
        start: usize,
    ) -> Option<T> {
        self.fail(tree, finding, start + span.start..start + span.end)
    }

    /// The lines of a whole map for a type: a bundle, or one resource.
    pub(super) fn map(&mut self, tree: &Tree, statement: &Statement, kind: Type) -> Routine {
        self.has_bundle = kind.name() == "Bundle";
        let Some(block) = &statement.block else {
            let finding = Diagnostic::error(codes::E2309, "a map has a block `{ … }`");
            self.fail::<()>(tree, finding, statement.span.clone());
            return Routine::default();
        };
        let mut inside = Block::new(kind.root().member(), self.has_bundle);
        let body = self.body(tree, &block.statements, &mut inside);
        if !self.has_bundle {
            self.check_required(tree, &inside, &statement.span, true);
        }
        Routine {
            actions: body.actions,
            slots: self.slot_count,
            names: self.name_count,
            resource: None,
            required: Vec::new(),
        }
    }

    /// Lines with items and names of their own.
    pub(super) fn body(&mut self, tree: &Tree, statements: &[Statement], block: &mut Block) -> Body {
        let (slots, names, seen) = (self.slot_count, self.name_count, self.named.len());
        self.declare(tree, statements);
        let mut actions = Vec::new();
        self.lines(tree, statements, block, &mut actions);
        self.named.truncate(seen);
        let actions = actions.into();
        Body { actions, slots: slots..self.slot_count, names: names..self.name_count, required: Vec::new() }
    }

    /// The names of resources in a block, so that lines above them see them too.
    fn declare(&mut self, tree: &Tree, statements: &[Statement]) {
        for statement in statements {
            let mut cursor = Cursor::new(tree, statement);
            let word = cursor.peek_str();
            if word == "when" {
                if let Some(block) = &statement.block {
                    self.declare(tree, &block.statements);
                }
                continue;
            }
            let Some(kind) = Type::named(word).filter(|kind| kind.is_resource()) else { continue };
            cursor.take();
            if !cursor.eat("as") || cursor.is_done() {
                continue;
            }
            let name: Arc<str> = Arc::from(cursor.peek_str());
            if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
                continue;
            }
            if self.named.iter().any(|known| known.name == name) {
                let finding =
                    Diagnostic::error(codes::E2305, format!("the name `{name}` is taken by another resource"));
                self.fail::<()>(tree, finding, cursor.here());
                continue;
            }
            self.named.push(Named { name, kind, index: self.name_count });
            self.name_count += 1;
        }
    }

    pub(super) fn lines(&mut self, tree: &Tree, statements: &[Statement], block: &mut Block, out: &mut Vec<Action>) {
        for statement in statements {
            self.count += 1;
            if self.count > ACTIONS_MAX {
                if self.count == ACTIONS_MAX + 1 {
                    let finding = Diagnostic::error(codes::E2308, format!("a map has at most {ACTIONS_MAX} lines"));
                    self.fail::<()>(tree, finding, statement.span.clone());
                }
                return;
            }
            let action = self.line(tree, statement, block);
            out.extend(action);
        }
    }

    fn line(&mut self, tree: &Tree, statement: &Statement, block: &mut Block) -> Option<Action> {
        let mut cursor = Cursor::new(tree, statement);
        let word = cursor.peek_str();
        let mut ahead = cursor.clone();
        ahead.take();
        if word == "else" {
            let mut behind = ahead.clone();
            behind.take();
            if behind.peek().is_some_and(|token| token.kind == TokenKind::Equal) {
                return self.assign(tree, statement, ahead, block);
            }
        }
        if ahead.peek().is_some_and(|token| token.kind == TokenKind::Equal) {
            return self.assign(tree, statement, cursor, block);
        }
        match word {
            "each" => self.each(tree, statement, cursor, block),
            "when" => self.when(tree, statement, cursor, block),
            "use" => self.use_part(tree, statement, cursor, block),
            "ignore" => {
                self.ignore(tree, statement, cursor);
                None
            }
            "zone" => {
                self.read_zone(tree, &mut cursor);
                None
            }
            _ if statement.block.is_some() && self.resource_named(word).is_some() && block.takes_resources => {
                self.reopen(tree, statement, cursor)
            }
            _ if Type::named(word).is_some_and(Type::is_resource) => self.resource(tree, statement, cursor, block),
            _ if statement.block.is_some() && word.starts_with(|c: char| c.is_ascii_lowercase()) => {
                self.element(tree, statement, cursor, block)
            }
            _ => self.unknown(tree, statement, &cursor, block),
        }
    }

    fn unknown(&mut self, tree: &Tree, statement: &Statement, cursor: &Cursor<'_>, block: &Block) -> Option<Action> {
        let (word, place) = (cursor.peek_str(), cursor.here());
        if V2_WORDS.contains(&word) {
            let finding =
                Diagnostic::error(codes::E2352, format!("`{word}` changes a v2 message; this map writes FHIR"))
                    .hint("write `ELEMENT = VALUE`, or `ignore PATH reason TEXT`");
            return self.fail(tree, finding, place);
        }
        if word.starts_with(|c: char| c.is_ascii_uppercase()) && statement.block.is_some() {
            let mut finding = Diagnostic::error(codes::E2330, format!("FHIR R4 has no resource `{word}`"));
            let resources = Type::all().filter(|kind| kind.is_resource()).map(Type::name);
            finding.hint = fhir::definitions::closest(word, resources).map(|near| format!("did you mean `{near}`?"));
            return self.fail(tree, finding, place);
        }
        let mut finding = Diagnostic::error(codes::E2301, format!("`{word}` does not begin a line of a map to FHIR"));
        let is_element = block.context.child(word.split(['.', '[', '(']).next().unwrap_or("")).is_some();
        finding.hint = Some(if is_element {
            format!("write it like `{word} = VALUE`, or `{word} {{ … }}`")
        } else {
            suggest::did_you_mean(word, WORDS).unwrap_or_else(|| {
                "a line is `ELEMENT = VALUE`, a resource with a block, or begins with each, when, use, ignore or zone"
                    .to_owned()
            })
        });
        self.fail(tree, finding, place)
    }

    fn when(&mut self, tree: &Tree, statement: &Statement, cursor: Cursor<'_>, block: &mut Block) -> Option<Action> {
        let (when, inside) = grammar::when(tree, statement, cursor, &self.scope, self.found)?;
        // What is written under a condition does not stand in the way of lines outside, and the other way round.
        let around = std::mem::take(&mut block.written);
        let mut actions = Vec::new();
        self.lines(tree, &inside.statements, block, &mut actions);
        block.written = around;
        let actions = actions.into();
        Some(Action::new(Kind::When { actions }, when, Site::new(tree, statement.span.clone())))
    }

    /// `ignore PATH, PATH reason TEXT`.
    fn ignore(&mut self, tree: &Tree, statement: &Statement, mut cursor: Cursor<'_>) {
        cursor.take();
        let mut paths = Vec::new();
        let start = cursor.here();
        loop {
            let place = cursor.here();
            let path = match self.bound_place(tree, cursor.peek_str(), &place) {
                Some(Ok(path)) => {
                    cursor.take();
                    path
                }
                Some(Err(())) => return,
                None => match crate::path::parse_target(&mut cursor, &self.scope, true, self.found) {
                    Some(path) => path.to_string(),
                    None => return,
                },
            };
            paths.push(path);
            if cursor.eat_kind(TokenKind::Comma).is_none() {
                break;
            }
        }
        let reason = grammar::reason(&mut cursor);
        if reason.is_empty() {
            let finding = Diagnostic::warning(codes::E2310, "why is it left out?");
            let hint = format!("add it: `ignore {} reason \"…\"`", paths.join(", "));
            self.found.push(finding.at(&tree.file, start, "").hint(hint));
        }
        let _ = expect_end(&cursor, self.found);
        let _ = crate::program::parse::refuse_block(tree, statement, self.found);
        for path in paths {
            let known = Ignored { path, reason: reason.clone() };
            if !self.ignored.contains(&known) {
                self.ignored.push(known);
            }
        }
    }

    /// `pid-1` of `map segment PID … as pid` as `PID-1`, `xpn.9` of `map datatype XPN … as xpn` as `XPN.9`: every XPN, in
    /// whichever field. `None` for what begins with no name of a segment or data type.
    fn bound_place(&mut self, tree: &Tree, text: &str, place: &std::ops::Range<usize>) -> Option<Result<String, ()>> {
        let name = text.split(['.', '-', '[']).next().unwrap_or("");
        let head = match self.scope.bound(name)?.bound {
            Bound::Segment(id) => String::from_utf8_lossy(&id).into_owned(),
            Bound::Datatype(name) => name.to_owned(),
            Bound::Repetition(..) | Bound::Group(_) | Bound::Element(_) | Bound::Place(_) => return None,
        };
        let finding = match crate::path::resolve(text, &self.scope) {
            crate::path::Found::Path(path, _) => match super::source::type_of(&path, &self.scope) {
                Ok(_) => return Some(Ok(format!("{head}{}", &text[name.len()..]))),
                Err(finding) => *finding,
            },
            crate::path::Found::Wrong(finding) | crate::path::Found::WrongPart(finding, _) => finding,
            crate::path::Found::Nothing => return None,
        };
        self.fail::<()>(tree, finding, place.clone());
        Some(Err(()))
    }

    fn read_zone(&mut self, tree: &Tree, cursor: &mut Cursor<'_>) {
        cursor.take();
        let place = cursor.here();
        let name = cursor.text().map(|(name, _)| name.into_owned()).unwrap_or_default();
        match jiff::tz::TimeZoneDatabase::bundled().get(&name) {
            Ok(zone) => self.zone = Some(zone),
            Err(_) => {
                let finding = Diagnostic::error(codes::E2207, "there is no such time zone")
                    .hint("it is written like `zone Europe/Berlin`");
                self.fail::<()>(tree, finding, place);
            }
        }
        let _ = expect_end(cursor, self.found);
    }

    /// Required elements that no line of the block writes: an error for what the block makes, a warning for elements on
    /// the way.
    pub(super) fn check_required(&mut self, tree: &Tree, block: &Block, place: &Range<usize>, is_whole: bool) {
        if is_whole {
            for element in block.context.children().filter(|element| (*element).min() > 0) {
                if !block.touched.contains(element.name()) {
                    let what = format!("{element} is required, and no line writes it");
                    let word = fhir_place(tree, place);
                    let finding =
                        Diagnostic::error(codes::E2337, what).hint(format!("add a line: `{} = …`", element.name()));
                    self.fail::<()>(tree, finding, word);
                }
            }
        }
        for (key, (member, place)) in &block.parents {
            for element in member.children().filter(|element| (*element).min() > 0 && element.name() != "url") {
                if !block.touched.contains(&format!("{key}.{}", element.name())) {
                    let what = format!("{element} is required beside this, and no line writes it");
                    let finding = Diagnostic::warning(codes::E2353, what)
                        .hint(format!("add a line: `{key}.{} = …`", element.name()));
                    self.fail::<()>(tree, finding, place.clone());
                }
            }
        }
    }
}

/// The first word of a statement, for findings about the whole of it.
fn fhir_place(tree: &Tree, span: &Range<usize>) -> Range<usize> {
    let text = tree.text.get(span.clone()).unwrap_or("");
    let length = text.find(|c: char| c.is_whitespace() || c == '{').unwrap_or(text.len());
    span.start..span.start + length
}
