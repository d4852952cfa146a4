//! Compiles maps to trees.

use super::{Action, Kind, Step, Target, TreeMap, Which};
use crate::{
    codes,
    form::Form,
    map::{Ignored, Shape, grammar},
    path::{Found, ReadPath, is_segment_shape, resolve},
    place::{self, change},
    program::{
        ACTIONS_MAX,
        parse::{expect_end, parse_when, refuse_block},
    },
    run::Site,
    scope::{Bound, Scope},
    suggest,
    syntax::{Cursor, Statement, TokenKind, Tree},
    value::Value,
};
use formats::{Path, path::Hop, path::Pick};
use hl7v2::path::{Index, Member};
use message::{Diagnostic, Format};
use std::{collections::BTreeMap, ops::Range, sync::Arc};

/// Words that begin the lines of such a map.
const WORDS: [&str; 4] = ["each", "when", "else", "ignore"];

/// Compiles a `map … to json|xml|csv|x12|NAME` statement.
pub(in crate::map) fn compile(
    tree: &Tree,
    statement: &Statement,
    (from, to): (&Shape, &Shape),
    scope: &Scope<'_>,
    found: &mut Vec<Diagnostic>,
) -> (TreeMap, Vec<Ignored>) {
    let (reads, makes) = (from.form(), to.form());
    let site = Site::new(tree, statement.span.clone());
    let mut compiler = Compiler {
        scope: scope.fresh().reading(&reads),
        to: &makes,
        found,
        ignored: Vec::new(),
        count: 0,
        around: Vec::new(),
    };
    let actions = match &statement.block {
        Some(block) => compiler.block(tree, &block.statements),
        None => {
            let finding = Diagnostic::error(codes::E2309, "a map has a block `{ … }`");
            compiler.fail(tree, finding, statement.span.clone()).unwrap_or_default()
        }
    };
    let ignored = std::mem::take(&mut compiler.ignored);
    drop(compiler);
    (TreeMap { actions, to: makes, site }, ignored)
}

struct Compiler<'a, 's> {
    scope: Scope<'s>,
    to: &'s Form,
    found: &'a mut Vec<Diagnostic>,
    ignored: Vec<Ignored>,
    count: usize,
    /// The way to what the block around is for.
    around: Vec<Hop>,
}

/// Targets that a block has written without a condition, and where.
type Written = BTreeMap<String, Range<usize>>;

impl Compiler<'_, '_> {
    fn fail<T>(&mut self, tree: &Tree, finding: Diagnostic, place: Range<usize>) -> Option<T> {
        self.found.push(finding.at(&tree.file, place, ""));
        None
    }

    fn block(&mut self, tree: &Tree, statements: &[Statement]) -> Vec<Action> {
        let mut written = Written::new();
        self.lines(tree, statements, &mut written)
    }

    fn lines(&mut self, tree: &Tree, statements: &[Statement], written: &mut Written) -> Vec<Action> {
        let mut out = Vec::new();
        for statement in statements {
            self.count += 1;
            if self.count == ACTIONS_MAX + 1 {
                let finding = Diagnostic::error(codes::E2308, format!("a map has at most {ACTIONS_MAX} lines"));
                self.fail::<()>(tree, finding, statement.span.clone());
            }
            if self.count <= ACTIONS_MAX {
                out.extend(self.line(tree, statement, written));
            }
        }
        out
    }

    fn line(&mut self, tree: &Tree, statement: &Statement, written: &mut Written) -> Option<Action> {
        let mut cursor = Cursor::new(tree, statement);
        let word = cursor.peek_str();
        let is_before_equal = |cursor: &Cursor<'_>| {
            let mut ahead = cursor.clone();
            ahead.take();
            ahead.peek().is_some_and(|token| token.kind == TokenKind::Equal)
        };
        let mut behind = cursor.clone();
        behind.take();
        if word == "else" && is_before_equal(&behind) {
            return self.assign(tree, statement, behind, written, true);
        }
        if is_before_equal(&cursor) {
            return self.assign(tree, statement, cursor, written, false);
        }
        match word {
            "each" => self.each(tree, statement, cursor),
            "when" => self.when(tree, statement, cursor),
            "ignore" => {
                cursor.take();
                self.ignore(tree, statement, cursor);
                None
            }
            _ if statement.block.is_some() && cursor.peek().is_some_and(|token| token.kind.is_bare()) => {
                self.inside(tree, statement, cursor)
            }
            _ => {
                let mut finding =
                    Diagnostic::error(codes::E2301, format!("`{word}` does not begin a line of this map"));
                finding.hint = suggest::did_you_mean(word, WORDS).or_else(|| {
                    Some("a line is `PATH = VALUE`, `PATH { … }`, or begins with each, when or ignore".to_owned())
                });
                self.fail(tree, finding, cursor.here())
            }
        }
    }

    /// A place to write.
    fn target(&mut self, tree: &Tree, text: &str, place: Range<usize>) -> Option<(Target, Vec<Hop>)> {
        let path = match Path::parse(text) {
            Ok(path) => path,
            Err(wrong) => {
                let finding = Diagnostic { hint: wrong.hint, ..Diagnostic::error(codes::E2641, wrong.text) };
                return self.fail(tree, finding, place.start + wrong.span.start..place.start + wrong.span.end);
            }
        };
        let mut hops = Vec::new();
        for hop in &path.hops {
            let which = match hop.picks.as_slice() {
                [] => Which::Only,
                [Pick::New] => Which::New,
                [Pick::At(number)] => Which::At(*number),
                _ => {
                    let finding =
                        Diagnostic::error(codes::E2641, "a place to write is chosen by its number or by `[+]`");
                    return self.fail(tree, finding, place.start + hop.span.start..place.start + hop.span.end);
                }
            };
            let name = hop.name.as_ref().map(|name| -> Arc<str> {
                match (name.is_attribute, self.to.format, name.number) {
                    (true, ..) => format!("@{}", name.text).into(),
                    // Elements of X12 are called by two digits.
                    (false, Format::X12, Some(number)) if self.around.len() + hops.len() == 1 => {
                        format!("{number:02}").into()
                    }
                    (false, ..) => name.text.clone(),
                }
            });
            hops.push(Step { name, which });
        }
        let whole = Path { hops: self.around.iter().cloned().chain(path.hops.iter().cloned()).collect() };
        if let Err(refused) = change::check_target(&whole, self.to) {
            return self.fail(tree, refused.0, place);
        }
        let depth = whole.hops.iter().filter(|hop| hop.name.is_some()).count();
        if self.to.format == Format::X12 && depth > 3 || self.to.format == Format::Delimited && depth > 2 {
            let finding = Diagnostic::error(codes::E2649, format!("a place of {} does not go so deep", self.to.name()));
            return self.fail(tree, finding, place);
        }
        Some((Target { hops }, path.hops))
    }

    fn assign(
        &mut self,
        tree: &Tree,
        statement: &Statement,
        mut cursor: Cursor<'_>,
        written: &mut Written,
        is_fallback: bool,
    ) -> Option<Action> {
        let place = cursor.here();
        let text = cursor.peek_str().to_owned();
        cursor.take();
        cursor.eat_kind(TokenKind::Equal);
        let (target, _) = self.target(tree, &text, place.clone())?;
        let before = cursor.clone();
        let value = Value::parse(&mut cursor, &self.scope, self.found)?;
        let when = parse_when(&mut cursor, &self.scope, self.found)?;
        expect_end(&cursor, self.found)?;
        refuse_block(tree, statement, self.found)?;
        let is_new = matches!(target.hops.last(), Some(Step { which: Which::New, .. }));
        if value.is_list() && !is_new {
            let finding = Diagnostic::error(codes::E2112, "several values for a place that takes one");
            let hint = format!("write `{text}[+] = …` for a list, or choose one with `first`");
            return self.fail(tree, finding.hint(hint), before.here());
        }
        let appends = target.hops.iter().any(|step| step.which == Which::New) && is_new;
        if when.is_none()
            && !is_fallback
            && !appends
            && let Some(first) = written.insert(text.clone(), place.clone())
        {
            let finding = Diagnostic::error(codes::E2303, format!("a second line writes {text}"))
                .at(&tree.file, place, "again here")
                .at(&tree.file, first, "first here");
            self.found.push(finding.hint("take one away, give one of them a `when`, or join them with `else`"));
            return None;
        }
        let simple = change::simple_of(&before, &value);
        let kind = Kind::Write { target, value, simple, is_fallback };
        Some(Action { kind, when, site: Site::new(tree, statement.span.clone()) })
    }

    /// `TARGET [when COND] { … }`
    fn inside(&mut self, tree: &Tree, statement: &Statement, mut cursor: Cursor<'_>) -> Option<Action> {
        let place = cursor.here();
        let text = cursor.peek_str().to_owned();
        cursor.take();
        let (target, hops) = self.target(tree, &text, place)?;
        let when = parse_when(&mut cursor, &self.scope, self.found)?;
        expect_end(&cursor, self.found)?;
        let length = self.around.len();
        self.around.extend(hops);
        let body = self.block(tree, statement.block.as_ref().map_or(&[], |block| &block.statements));
        self.around.truncate(length);
        Some(Action { kind: Kind::Block { target, body }, when, site: Site::new(tree, statement.span.clone()) })
    }

    fn when(&mut self, tree: &Tree, statement: &Statement, cursor: Cursor<'_>) -> Option<Action> {
        let (when, block) = grammar::when(tree, statement, cursor, &self.scope, self.found)?;
        let body = self.block(tree, &block.statements);
        Some(Action { kind: Kind::When { body }, when, site: Site::new(tree, statement.span.clone()) })
    }

    fn each(&mut self, tree: &Tree, statement: &Statement, mut cursor: Cursor<'_>) -> Option<Action> {
        cursor.take();
        let (over, bound) = self.each_over(tree, &mut cursor)?;
        let here = cursor.here();
        if !cursor.eat("as") {
            let finding =
                Diagnostic::error(codes::E2310, "`as NAME` is missing").hint("write it like `each OBX as obx { … }`");
            return self.fail(tree, finding, here);
        }
        let span = cursor.here();
        let slot = match self.scope.bind(&mut cursor, bound) {
            Ok(slot) => slot,
            Err(finding) => return self.fail(tree, *finding, span),
        };
        let when = parse_when(&mut cursor, &self.scope, self.found);
        let ended = when.is_some().then(|| expect_end(&cursor, self.found)).flatten();
        let body = match &statement.block {
            Some(block) => Some(self.block(tree, &block.statements)),
            None => {
                self.fail(tree, Diagnostic::error(codes::E2309, "`each` has a block `{ … }`"), statement.span.clone())
            }
        };
        if let Some(finding) = self.scope.unbind() {
            self.fail::<()>(tree, finding, span);
        }
        ended?;
        Some(Action {
            kind: Kind::Each { over, slot, body: body? },
            when: when?,
            site: Site::new(tree, statement.span.clone()),
        })
    }

    /// Segments or repetitions of HL7 v2, elements of FHIR, places of other formats.
    fn each_over(&mut self, tree: &Tree, cursor: &mut Cursor<'_>) -> Option<(ReadPath, Bound)> {
        let place = cursor.here();
        let Some((text, _)) = cursor.text().filter(|(_, token)| token.kind.is_bare()) else {
            return self.fail(tree, Diagnostic::error(codes::E2105, "a path is missing after `each`"), place);
        };
        if self.scope.form.is_some() {
            return match place::read(&text, &self.scope) {
                Ok(path) => {
                    let bound = Bound::Place(self.scope.ways.len());
                    self.scope.ways.push(path.way.clone());
                    Some((ReadPath::Place(path.into()), bound))
                }
                Err(refused) => {
                    let (finding, span) = *refused;
                    self.fail(tree, finding, place.start + span.start..place.start + span.end)
                }
            };
        }
        let bare = text.split('[').next().unwrap_or("");
        if self.scope.reads_v2() && is_segment_shape(bare) && !text.contains('-') {
            return match crate::path::parse_v2(&text, &self.scope) {
                Ok(path) => {
                    let bound = Bound::Segment(path.segment);
                    Some((ReadPath::Message(path), bound))
                }
                Err(finding) => self.fail(tree, *finding, place),
            };
        }
        let path = match resolve(&text, &self.scope) {
            Found::Path(path, odd) => {
                self.found.extend(odd.into_iter().map(|finding| finding.at(&tree.file, place.clone(), "")));
                path
            }
            Found::Wrong(finding) => return self.fail(tree, finding, place),
            Found::WrongPart(finding, span) => {
                return self.fail(tree, finding, place.start + span.start..place.start + span.end);
            }
            Found::Nothing => return self.fail(tree, crate::path::not_a_path(&text, &self.scope), place),
        };
        let bound = match &path {
            ReadPath::Element(path) => Some(Bound::Element(path.member)),
            ReadPath::Message(path) => field_of(&path.member).map(|field| Bound::Repetition(path.segment, field)),
            ReadPath::Bound { slot, member } => {
                let binding = self.scope.names.iter().find(|binding| binding.slot == *slot);
                match (binding.map(|binding| binding.bound), field_of(member)) {
                    (Some(Bound::Segment(id)), Some(field)) => Some(Bound::Repetition(id, field)),
                    _ => None,
                }
            }
            ReadPath::Within { .. } | ReadPath::Place(_) | ReadPath::Now => None,
        };
        match bound {
            Some(bound) => Some((path, bound)),
            None => {
                let finding = Diagnostic::error(codes::E2105, format!("`{text}` does not repeat"))
                    .hint("`each` goes over segments (`OBX`) or the repetitions of a field (`PID-3`)");
                self.fail(tree, finding, place)
            }
        }
    }

    /// `ignore PATH reason TEXT`
    fn ignore(&mut self, tree: &Tree, statement: &Statement, mut cursor: Cursor<'_>) {
        let path = cursor.peek_str().to_owned();
        cursor.take();
        let reason = grammar::reason(&mut cursor);
        let _ = expect_end(&cursor, self.found);
        let _ = refuse_block(tree, statement, self.found);
        self.ignored.push(Ignored { path, reason });
    }
}

/// The field of a member that can repeat.
fn field_of(member: &Member) -> Option<u16> {
    match member {
        Member { field: Some((_, Index::At(_) | Index::Append)), .. } => None,
        Member { field: Some((field, _)), component: None, .. } => Some(*field),
        _ => None,
    }
}
