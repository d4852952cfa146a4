//! Compiles maps from FHIR: blocks and the words that begin their lines.
//!
//! Promises: nothing is looked up by name at run time; a finding is at the part that is wrong; a shared map is compiled and
//! checked once, whoever uses it.

use super::{
    order::{self, Shape},
    parts::{Facts, Parts},
    path::{self, ElementPath},
    plan::{Action, Body, Kind, Over, Routine, Segment},
    target::{self, Context, Slots},
};
use crate::{
    codes,
    map::{
        Ignored, Library,
        grammar::{self, Written},
        shared::Pool,
    },
    path::is_segment_shape,
    program::{
        ACTIONS_MAX,
        parse::{expect_end, parse_when, refuse_block},
    },
    run::Site,
    scope::{Bound, Scope},
    suggest,
    syntax::{Cursor, Statement, TokenKind, Tree},
};
use hl7v2::{
    dictionary::{Dictionary, Usage, Version},
    structure::Structure,
};
use message::Diagnostic;
use std::{collections::BTreeSet, ops::Range, sync::Arc};

/// Words that begin the lines of a map from FHIR.
const WORDS: [&str; 5] = ["each", "when", "else", "use", "ignore"];
/// Words of maps from v2 to v2, which mean nothing here.
const V2_WORDS: [&str; 6] = ["copy", "start", "set", "insert", "remove", "translate"];

/// What the lines of one block have in common.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) context: Context,
    pub(super) slots: Slots,
    /// Places that a line without a condition writes, and where.
    pub(super) written: Written,
    /// Fields that some line writes.
    pub(super) touched: BTreeSet<u16>,
}

impl Block {
    pub(super) fn new(context: Context) -> Block {
        Block { context, slots: Slots::default(), written: Written::default(), touched: BTreeSet::new() }
    }
}

/// The shared maps of the library that others compiled for this version; of no use to a map that reads another format.
fn pool<'a>(scope: &Scope<'a>, own: &Library, version: Version) -> Option<&'a Pool<Routine, Facts>> {
    let library = scope.library.filter(|_| scope.form.is_none())?;
    library.compiled(own)?.from_fhir.get(version.index())
}

/// Compiles one map, and the shared maps that it uses.
pub(super) struct Compiler<'a, 's> {
    pub(super) scope: Scope<'s>,
    pub(super) own: &'a Library,
    pub(super) found: &'a mut Vec<Diagnostic>,
    pub(super) version: Version,
    pub(super) parts: Parts,
    pub(super) ignored: Vec<Ignored>,
    pub(super) slot_count: usize,
    /// The structures of the head, the first one first.
    pub(super) structures: Vec<&'static Structure>,
    pub(super) shapes: Vec<Shape>,
    count: usize,
}

impl<'a, 's> Compiler<'a, 's> {
    pub(super) fn new(
        scope: &Scope<'s>,
        own: &'a Library,
        version: Version,
        found: &'a mut Vec<Diagnostic>,
    ) -> Compiler<'a, 's> {
        let scope = Scope { structure: None, ..scope.fresh() };
        let parts = pool(&scope, own, version).map(Pool::take).unwrap_or_default();
        Compiler {
            scope,
            own,
            found,
            version,
            parts,
            ignored: Vec::new(),
            slot_count: 0,
            structures: Vec::new(),
            shapes: Vec::new(),
            count: 0,
        }
    }

    /// The shared maps that its lines use. Those that it compiled are there for the next one.
    pub(super) fn finish(&mut self) -> Vec<Arc<Routine>> {
        if let Some(pool) = pool(&self.scope, self.own, self.version) {
            pool.give_back(&self.parts);
        }
        std::mem::take(&mut self.parts.routines)
    }

    pub(super) fn fail<T>(&mut self, tree: &Tree, finding: Diagnostic, place: Range<usize>) -> Option<T> {
        self.found.push(finding.at(&tree.file, place, ""));
        None
    }

    /// A finding about a part of a word that begins at `start`.
    pub(super) fn refused<T>(
        &mut self,
        tree: &Tree,
        (finding, span): (Diagnostic, Range<usize>),
        start: usize,
    ) -> Option<T> {
        self.fail(tree, finding, start + span.start..start + span.end)
    }

    /// The lines of a whole map.
    pub(super) fn map(&mut self, tree: &Tree, statement: &Statement) -> Routine {
        let Some(block) = &statement.block else {
            let finding = Diagnostic::error(codes::E2309, "a map has a block `{ … }`");
            self.fail::<()>(tree, finding, statement.span.clone());
            return Routine::default();
        };
        let body = self.body(tree, &block.statements, &mut Block::new(Context::Message));
        if let Some((first, others)) = self.structures.split_first() {
            order::check(&self.shapes, first, others, self.found);
        }
        Routine { actions: body.actions, slots: self.slot_count }
    }

    /// Lines with repetitions of their own.
    pub(super) fn body(&mut self, tree: &Tree, statements: &[Statement], block: &mut Block) -> Body {
        let first = self.slot_count;
        let mut actions = Vec::new();
        self.lines(tree, statements, block, &mut actions);
        Body { actions, slots: first..self.slot_count }
    }

    fn lines(&mut self, tree: &Tree, statements: &[Statement], block: &mut Block, out: &mut Vec<Action>) {
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
        let is_before_equal = |cursor: &Cursor<'_>| {
            let mut ahead = cursor.clone();
            ahead.take();
            ahead.peek().is_some_and(|token| token.kind == TokenKind::Equal)
        };
        if word == "else" {
            let mut behind = cursor.clone();
            behind.take();
            if is_before_equal(&behind) {
                return self.assign(tree, statement, behind, block, true);
            }
        }
        if is_before_equal(&cursor) {
            return self.assign(tree, statement, cursor, block, false);
        }
        match word {
            "each" => self.each(tree, statement, cursor, block),
            "when" => self.when(tree, statement, cursor, block),
            "use" if self.scope.form.is_some() => {
                let what = "shared maps read FHIR or HL7 v2, and this map reads another format";
                self.fail(tree, Diagnostic::error(codes::E2644, what), cursor.here())
            }
            "use" => self.use_part(tree, statement, cursor, block),
            "ignore" => {
                cursor.take();
                self.ignore(tree, statement, cursor);
                None
            }
            _ if is_segment_shape(word) && statement.block.is_some() => self.segment(tree, statement, cursor, block),
            _ => self.unknown(tree, statement, &cursor),
        }
    }

    fn unknown(&mut self, tree: &Tree, statement: &Statement, cursor: &Cursor<'_>) -> Option<Action> {
        let (word, place) = (cursor.peek_str(), cursor.here());
        if V2_WORDS.contains(&word) {
            let finding = Diagnostic::error(codes::E2371, format!("`{word}` changes a message; this map makes one"))
                .hint("write `SEGMENT { … }` with lines `FIELD = VALUE`");
            return self.fail(tree, finding, place);
        }
        let upper = word.to_ascii_uppercase();
        let mut finding = Diagnostic::error(codes::E2301, format!("`{word}` does not begin a line of a map from FHIR"));
        finding.hint = Some(if is_segment_shape(&upper) && statement.block.is_some() {
            format!("did you mean `{upper} {{ … }}`?")
        } else if word.starts_with(|c: char| c.is_ascii_uppercase()) {
            format!("write it like `{word} = VALUE`")
        } else {
            suggest::did_you_mean(word, WORDS).unwrap_or_else(|| {
                "a line is `FIELD = VALUE`, a segment with a block, or begins with each, when, use or ignore".to_owned()
            })
        });
        self.fail(tree, finding, place)
    }

    /// `SEGMENT [when COND] { … }`
    fn segment(
        &mut self,
        tree: &Tree,
        statement: &Statement,
        mut cursor: Cursor<'_>,
        block: &mut Block,
    ) -> Option<Action> {
        let place = cursor.here();
        let word = cursor.peek_str();
        let id: [u8; 3] = word.as_bytes().try_into().ok()?;
        cursor.take();
        if block.context != Context::Message {
            let what = format!("{word} stands inside of another block that fills one segment");
            let finding =
                Diagnostic::error(codes::E2371, what).hint("segments stand at the top, in `each` or in `when`");
            return self.fail(tree, finding, place);
        }
        if let Err(finding) = target::check_segment(word, self.version) {
            return self.fail(tree, *finding, place);
        }
        self.shapes.push(Shape::Segment { id, place: place.clone(), file: tree.file.clone() });
        let when = parse_when(&mut cursor, &self.scope, self.found)?;
        expect_end(&cursor, self.found)?;
        let inside = statement.block.as_ref()?;
        let mut own = Block::new(Context::Segment(id));
        let body = self.body(tree, &inside.statements, &mut own);
        let known = Dictionary::of(self.version).segment(word);
        let fields = known.into_iter().flat_map(|segment| segment.fields());
        let is_by_itself = |number: u16| match &id {
            b"MSH" => matches!(number, 1 | 2 | 7 | 9 | 10 | 11 | 12),
            b"EVN" => number == 1,
            _ => false,
        };
        let counts = known.and_then(|segment| segment.field(1)).is_some_and(|field| field.type_name() == "SI");
        let required: Vec<u16> = fields
            .filter(|field| field.usage() == Usage::Required && !is_by_itself(field.number()))
            .filter(|field| !(counts && field.number() == 1))
            .map(|field| field.number())
            .collect();
        for number in required.iter().filter(|number| !own.touched.contains(number)) {
            let name = known.and_then(|segment| segment.field(*number)).map_or("", |field| field.name());
            let what = format!("{word}-{number} ({name}) is required, and no line writes it");
            let finding = Diagnostic::warning(codes::E2370, what).hint(format!("add a line: `{word}-{number} = …`"));
            self.fail::<()>(tree, finding, place.clone());
        }
        let is_required = self.structures.first().is_some_and(|structure| order::is_required(structure, id));
        let segment = Segment { id, is_required, counts, required, body };
        Some(Action { kind: Kind::Segment(Box::new(segment)), when, site: Site::new(tree, place) })
    }

    /// `each PATH as NAME [when COND] { … }`
    fn each(
        &mut self,
        tree: &Tree,
        statement: &Statement,
        mut cursor: Cursor<'_>,
        block: &mut Block,
    ) -> Option<Action> {
        cursor.take();
        let place = cursor.here();
        let (over, bound) = self.over(tree, &mut cursor)?;
        let here = cursor.here();
        if !cursor.eat("as") {
            let finding = Diagnostic::error(codes::E2310, "`as NAME` is missing")
                .hint("write it like `each Coverage as cover { … }`");
            return self.fail(tree, finding, here);
        }
        let span = cursor.here();
        let turn = self.bind(tree, &mut cursor, bound)?;
        let when = parse_when(&mut cursor, &self.scope, self.found);
        let ended = when.is_some().then(|| expect_end(&cursor, self.found)).flatten();
        let before = std::mem::take(&mut self.shapes);
        let body = match &statement.block {
            Some(inside) => {
                // Each turn has repetitions of its own; what it touches, the block around touches too.
                let mut own = Block::new(block.context.clone());
                let body = self.body(tree, &inside.statements, &mut own);
                block.touched.append(&mut own.touched);
                Some(body)
            }
            None => {
                self.fail(tree, Diagnostic::error(codes::E2309, "`each` has a block `{ … }`"), statement.span.clone())
            }
        };
        let mut inside = std::mem::replace(&mut self.shapes, before);
        if over.repeats() {
            self.shapes.push(Shape::Each { inside, place, file: tree.file.clone() });
        } else {
            self.shapes.append(&mut inside);
        }
        self.unbind(tree, span);
        ended?;
        let kind = Kind::Each { over, turn, body: body? };
        Some(Action { kind, when: when?, site: Site::new(tree, statement.span.clone()) })
    }

    /// What an `each` goes over: elements of FHIR, or places of another format.
    fn over(&mut self, tree: &Tree, cursor: &mut Cursor<'_>) -> Option<(Over, Bound)> {
        if self.scope.form.is_none() {
            let path = self.element(tree, cursor, "each")?;
            let bound = Bound::Element(path.member);
            return Some((Over::Element(path), bound));
        }
        let place = cursor.here();
        let Some((text, _)) = cursor.text().filter(|(_, token)| token.kind.is_bare()) else {
            return self.fail(tree, Diagnostic::error(codes::E2641, "a path is missing after `each`"), place);
        };
        match crate::place::read(&text, &self.scope) {
            Ok(path) => {
                let bound = Bound::Place(self.scope.ways.len());
                self.scope.ways.push(path.way.clone());
                Some((Over::Place(Arc::new(path)), bound))
            }
            Err(refused) => self.refused(tree, *refused, place.start),
        }
    }

    /// A path of elements, where nothing else may stand.
    pub(super) fn element(&mut self, tree: &Tree, cursor: &mut Cursor<'_>, after: &str) -> Option<Arc<ElementPath>> {
        let place = cursor.here();
        let Some((text, _)) = cursor.text().filter(|(_, token)| token.kind.is_bare()) else {
            let what = format!("a path of an element is missing after `{after}`");
            return self.fail(tree, Diagnostic::error(codes::E2379, what), place);
        };
        match path::read(&text, &self.scope) {
            Ok(path) => Some(Arc::new(path)),
            Err(refused) => self.refused(tree, *refused, place.start),
        }
    }

    /// Takes a name for what each turn stands for; gives the turn.
    pub(super) fn bind(&mut self, tree: &Tree, cursor: &mut Cursor<'_>, bound: Bound) -> Option<usize> {
        let place = cursor.here();
        match self.scope.bind(cursor, bound) {
            Ok(turn) => Some(turn),
            Err(finding) => self.fail(tree, *finding, place),
        }
    }

    fn unbind(&mut self, tree: &Tree, span: Range<usize>) {
        if let Some(finding) = self.scope.unbind() {
            self.fail::<()>(tree, finding, span);
        }
    }

    fn when(&mut self, tree: &Tree, statement: &Statement, cursor: Cursor<'_>, block: &mut Block) -> Option<Action> {
        let (when, inside) = grammar::when(tree, statement, cursor, &self.scope, self.found)?;
        // What is written under a condition does not stand in the way of lines outside, and the other way round.
        let around = std::mem::take(&mut block.written);
        let mut actions = Vec::new();
        self.lines(tree, &inside.statements, block, &mut actions);
        block.written = around;
        Some(Action { kind: Kind::When { actions }, when, site: Site::new(tree, statement.span.clone()) })
    }

    /// `ignore PATH reason TEXT`
    fn ignore(&mut self, tree: &Tree, statement: &Statement, mut cursor: Cursor<'_>) {
        let place = cursor.here();
        let text = cursor.peek_str().to_owned();
        if self.scope.form.is_some() {
            cursor.take();
        } else if self.element(tree, &mut cursor, "ignore").is_none() {
            return;
        }
        let reason = grammar::reason(&mut cursor);
        if reason.is_empty() {
            let finding = Diagnostic::warning(codes::E2310, "why is it left out?");
            self.found.push(finding.at(&tree.file, place, "").hint(format!("add it: `ignore {text} reason \"…\"`")));
        }
        let _ = expect_end(&cursor, self.found);
        let _ = refuse_block(tree, statement, self.found);
        let known = Ignored { path: text, reason };
        if !self.ignored.contains(&known) {
            self.ignored.push(known);
        }
    }
}
