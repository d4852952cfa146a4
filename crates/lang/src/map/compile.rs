//! Compiles maps from their statements.

use super::{Ignored, Library, Map, MapFile, Work, fhir, from_fhir, grammar, header, header::Format, tree as tree_map};
use crate::{
    codes,
    path::{Found, ReadPath, is_segment_shape, resolve},
    program::{
        ACTIONS_MAX, Program,
        action::{Action, Kind},
        parse::{assignment, expect_end, finish, parse_edit, parse_when, refuse_block},
    },
    run::Site,
    scope::{Binding, Bound, Scope},
    suggest,
    syntax::{Cursor, Statement, TokenKind, Tree},
};
use hl7v2::path::{Index, Member};
use message::{Diagnostic, limits};
use std::{cell::Cell, collections::BTreeMap, ops::Range, sync::Arc};

/// Words that begin the lines of a map, besides those of a program.
const WORDS: [&str; 7] = ["each", "when", "ignore", "copy", "start", "use", "set"];

impl MapFile {
    /// Compiles the maps of a file. Shared parts of the same file can be used; those of other files come with
    /// [`Scope::with_library`]. With errors among the findings do not run it.
    #[must_use]
    pub fn compile(tree: &Tree, scope: &Scope<'_>) -> (MapFile, Vec<Diagnostic>) {
        let mut own = Library::default();
        let shared = Arc::new(tree.clone());
        let mut found = own.add(&shared);
        let mut maps: Vec<Map> = Vec::new();
        for statement in &tree.statements {
            match header::parse(tree, statement, scope, &mut found) {
                Some(header::Header::Message { name, from, to }) => {
                    if maps.iter().any(|map| map.name == name) {
                        let finding = Diagnostic::error(codes::E2305, format!("there are two maps `{name}`"));
                        found.push(finding.at(&tree.file, statement.span.clone(), ""));
                    }
                    let site = Site::new(tree, statement.span.clone());
                    if to.format == Format::Other {
                        let (map, ignored) = tree_map::compile(tree, statement, (&from, &to), scope, &mut found);
                        maps.push(Map { name, from, to, ignored, work: Work::Tree(Box::new(map)), site });
                        continue;
                    }
                    if from.format == Format::FhirR4 || from.format == Format::Other && to.format == Format::Hl7v2 {
                        let (map, ignored) = from_fhir::compile(tree, statement, (&from, &to), scope, &own, &mut found);
                        maps.push(Map { name, from, to, ignored, work: Work::FromFhir(Box::new(map)), site });
                        continue;
                    }
                    if to.format == Format::FhirR4 {
                        let (map, ignored) = fhir::compile(tree, statement, (&from, &to), scope, &own, &mut found);
                        maps.push(Map { name, from, to, ignored, work: Work::Fhir(Box::new(map)), site });
                        continue;
                    }
                    let mut compiler = Compiler::new(scope, &own, &mut found);
                    let actions = compiler.map(tree, statement);
                    let (ignored, starts_empty) = (compiler.ignored, compiler.starts_empty.unwrap_or(false));
                    maps.push(Map { name, from, to, ignored, work: Work::V2 { starts_empty, actions }, site });
                }
                Some(header::Header::Shared) | None => {}
            }
        }
        if tree.statements.is_empty() {
            let finding = Diagnostic::error(codes::E2302, "the file has no map").at(&tree.file, 0..0, "");
            found.push(finding.hint("write `map NAME from hl7v2 to hl7v2 { … }`"));
        }
        (MapFile { maps }, found)
    }
}

pub(super) struct Compiler<'a, 's> {
    pub(super) scope: Scope<'s>,
    pub(super) own: &'a Library,
    pub(super) found: &'a mut Vec<Diagnostic>,
    pub(super) ignored: Vec<Ignored>,
    pub(super) starts_empty: Option<bool>,
    /// Shared parts that are being read, so that none uses itself.
    pub(super) used: Vec<Arc<str>>,
    count: usize,
}

/// Targets that a block has written without a condition, and where.
pub(super) type Written = BTreeMap<String, Range<usize>>;

impl<'a, 's> Compiler<'a, 's> {
    fn new(scope: &Scope<'s>, own: &'a Library, found: &'a mut Vec<Diagnostic>) -> Compiler<'a, 's> {
        let scope =
            Scope { names: scope.names.clone(), depth: scope.depth, reads_fhir: false, form: None, ..scope.fresh() };
        Compiler { scope, own, found, ignored: Vec::new(), starts_empty: None, used: Vec::new(), count: 0 }
    }

    pub(super) fn fail<T>(&mut self, tree: &Tree, finding: Diagnostic, place: Range<usize>) -> Option<T> {
        self.found.push(finding.at(&tree.file, place, ""));
        None
    }

    fn map(&mut self, tree: &Tree, statement: &Statement) -> Vec<Action> {
        let Some(block) = &statement.block else {
            let finding = Diagnostic::error(codes::E2309, "a map has a block `{ … }`");
            self.fail::<()>(tree, finding, statement.span.clone());
            return Vec::new();
        };
        for line in &block.statements {
            self.read_start(tree, line);
        }
        self.block(tree, &block.statements)
    }

    /// `start copy|empty`, wherever it stands: it holds for the whole map.
    fn read_start(&mut self, tree: &Tree, statement: &Statement) {
        let mut cursor = Cursor::new(tree, statement);
        if !cursor.eat("start") || cursor.peek().is_some_and(|token| token.kind == TokenKind::Equal) {
            return;
        }
        let place = cursor.here();
        let starts_empty = cursor.eat("empty");
        if !starts_empty && !cursor.eat("copy") {
            let finding = Diagnostic::error(codes::E2310, "a map starts as a `copy` or `empty`");
            self.fail::<()>(tree, finding, place);
        } else if self.starts_empty.replace(starts_empty).is_some() {
            self.fail::<()>(tree, Diagnostic::error(codes::E2310, "`start` stands in a map once"), place);
        } else {
            let _ = expect_end(&cursor, self.found);
        }
    }

    fn block(&mut self, tree: &Tree, statements: &[Statement]) -> Vec<Action> {
        let mut written = Written::new();
        let mut out = Vec::new();
        self.lines(tree, statements, &mut written, &mut out);
        out
    }

    pub(super) fn lines(
        &mut self,
        tree: &Tree,
        statements: &[Statement],
        written: &mut Written,
        out: &mut Vec<Action>,
    ) {
        for statement in statements {
            self.count += 1;
            if self.count > ACTIONS_MAX {
                if self.count == ACTIONS_MAX + 1 {
                    let finding = Diagnostic::error(codes::E2308, format!("a map has at most {ACTIONS_MAX} lines"));
                    self.fail::<()>(tree, finding, statement.span.clone());
                }
                return;
            }
            self.line(tree, statement, written, out);
        }
    }

    fn line(&mut self, tree: &Tree, statement: &Statement, written: &mut Written, out: &mut Vec<Action>) {
        let mut cursor = Cursor::new(tree, statement);
        let place = cursor.here();
        let word = cursor.peek_str();
        let mut ahead = cursor.clone();
        ahead.take();
        let is_assignment = ahead.peek().is_some_and(|token| token.kind == TokenKind::Equal);
        let action = match word {
            _ if is_assignment => self.assign(tree, statement, &mut cursor, written),
            "each" => self.each(tree, statement, cursor),
            "when" => self.when(tree, statement, cursor),
            "copy" => self.copy(tree, statement, cursor),
            "start" => None,
            "ignore" => {
                self.ignore(tree, statement, cursor);
                None
            }
            "use" => {
                self.use_part(tree, statement, cursor, written, out);
                None
            }
            "set" => {
                cursor.take();
                self.assign(tree, statement, &mut cursor, written)
            }
            "remove" | "insert" | "translate" => parse_edit(tree, statement, &self.scope, self.found),
            _ => self.unknown(tree, word, place),
        };
        out.extend(action);
    }

    fn unknown(&mut self, tree: &Tree, word: &str, place: Range<usize>) -> Option<Action> {
        let mut finding = Diagnostic::error(codes::E2301, format!("`{word}` does not begin a line of a map"));
        let is_target = crate::path::looks_like_path(word, &self.scope);
        finding.hint = Some(if is_target {
            format!("write it like `{word} = VALUE`")
        } else {
            suggest::did_you_mean(word, WORDS.into_iter().chain(Program::WORDS)).unwrap_or_else(|| {
                "a line is `PATH = VALUE`, or begins with each, when, use, copy, remove, insert, translate, ignore or start"
                    .to_owned()
            })
        });
        self.fail(tree, finding, place)
    }

    fn assign(
        &mut self,
        tree: &Tree,
        statement: &Statement,
        cursor: &mut Cursor<'_>,
        written: &mut Written,
    ) -> Option<Action> {
        let place = cursor.here();
        let kind = assignment(cursor, &self.scope, self.found, &place)?;
        refuse_block(tree, statement, self.found)?;
        let action = finish(kind, cursor, statement, &self.scope, self.found)?;
        if let (Kind::Assign { target, .. }, None) = (&action.kind, &action.when) {
            let key = format!("{} {:?} {:?}", target.path, target.occurrence_of, target.repetition_of);
            if let Some(first) = written.insert(key, place.clone()) {
                let finding = Diagnostic::error(codes::E2303, format!("a second line writes {}", target.path))
                    .at(&tree.file, place, "again here")
                    .at(&tree.file, first, "first here");
                self.found.push(finding.hint("take one away, or give one of them a `when`"));
                return None;
            }
        }
        Some(action)
    }

    fn when(&mut self, tree: &Tree, statement: &Statement, cursor: Cursor<'_>) -> Option<Action> {
        let (when, block) = grammar::when(tree, statement, cursor, &self.scope, self.found)?;
        let body = self.block(tree, &block.statements);
        Some(Action { kind: Kind::Block { body }, when, site: Site::new(tree, statement.span.clone()) })
    }

    fn each(&mut self, tree: &Tree, statement: &Statement, mut cursor: Cursor<'_>) -> Option<Action> {
        cursor.take();
        let place = cursor.here();
        let (over, bound) = self.each_over(tree, &mut cursor)?;
        let here = cursor.here();
        if !cursor.eat("as") {
            let finding =
                Diagnostic::error(codes::E2310, "`as NAME` is missing").hint("write it like `each PID-3 as id { … }`");
            return self.fail(tree, finding, here);
        }
        let span = cursor.here();
        let name = self.new_name(tree, &mut cursor)?;
        if !self.scope.can_nest() {
            let what = format!("`each` is nested at most {} deep", limits::SYNTAX_DEPTH_MAX);
            return self.fail(tree, Diagnostic::error(codes::E2308, what), place);
        }
        let slot = self.scope.depth;
        self.scope.names.push(Binding { name: name.clone(), bound, slot, is_used: Cell::new(false) });
        self.scope.depth += 1;
        let when = parse_when(&mut cursor, &self.scope, self.found);
        let ended = when.is_some().then(|| expect_end(&cursor, self.found)).flatten();
        let body = match &statement.block {
            Some(block) => Some(self.block(tree, &block.statements)),
            None => {
                let finding = Diagnostic::error(codes::E2309, "`each` has a block `{ … }`");
                self.fail(tree, finding, statement.span.clone())
            }
        };
        self.scope.depth -= 1;
        let binding = self.scope.names.pop();
        if binding.is_some_and(|binding| !binding.is_used.get()) && statement.block.is_some() {
            let finding = Diagnostic::warning(codes::E2304, format!("the name `{name}` is never used"));
            self.found.push(
                finding
                    .at(&tree.file, span, "")
                    .hint(format!("read a part of it, such as `{}`", example(&name, bound))),
            );
        }
        ended?;
        let site = Site::new(tree, statement.span.clone());
        Some(Action { kind: Kind::Each { over, slot, body: body? }, when: when?, site })
    }

    /// What an `each` goes over: segments, or repetitions of a field.
    fn each_over(&mut self, tree: &Tree, cursor: &mut Cursor<'_>) -> Option<(ReadPath, Bound)> {
        let place = cursor.here();
        let Some((text, token)) = cursor.text().filter(|(_, token)| token.kind.is_bare()) else {
            return self.fail(tree, Diagnostic::error(codes::E2105, "a path is missing after `each`"), place);
        };
        let _ = token;
        if is_segment_shape(&text) || text.get(3..4) == Some("[") && text.ends_with(']') {
            let path = match crate::path::parse_v2(&text, &self.scope) {
                Ok(path) => path,
                Err(finding) => return self.fail(tree, *finding, place),
            };
            for finding in crate::path::check_path(&path, &self.scope) {
                self.found.push(finding.at(&tree.file, place.clone(), ""));
            }
            let bound = Bound::Segment(path.segment);
            return Some((ReadPath::Message(path), bound));
        }
        let path = match resolve(&text, &self.scope) {
            Found::Path(path, odd) => {
                self.found.extend(odd.into_iter().map(|finding| finding.at(&tree.file, place.clone(), "")));
                path
            }
            Found::Wrong(finding) | Found::WrongPart(finding, _) => return self.fail(tree, finding, place),
            Found::Nothing => return self.fail(tree, crate::path::not_a_path(&text, &self.scope), place),
        };
        let field = match &path {
            ReadPath::Message(path) => repeating(&path.member).map(|field| (path.segment, field)),
            ReadPath::Bound { slot, member } => {
                let binding = self.scope.names.iter().find(|binding| binding.slot == *slot);
                match (binding.map(|binding| binding.bound), repeating(member)) {
                    (Some(Bound::Segment(id)), Some(field)) => Some((id, field)),
                    _ => None,
                }
            }
            ReadPath::Within { .. } | ReadPath::Element(_) | ReadPath::Place(_) | ReadPath::Now => None,
        };
        let Some((segment, field)) = field else {
            let finding = Diagnostic::error(codes::E2105, format!("`{text}` does not repeat"))
                .hint("`each` goes over segments (`OBX`) or the repetitions of a field (`PID-3`)");
            return self.fail(tree, finding, place);
        };
        Some((path, Bound::Repetition(segment, field)))
    }

    fn new_name(&mut self, tree: &Tree, cursor: &mut Cursor<'_>) -> Option<Arc<str>> {
        let place = cursor.here();
        let name = cursor.peek_str().to_owned();
        cursor.take();
        match self.scope.check_name(&name) {
            Ok(()) => Some(Arc::from(name)),
            Err(finding) => self.fail(tree, *finding, place),
        }
    }
}

/// The field of a member that can repeat: one without a number and without components.
fn repeating(member: &Member) -> Option<u16> {
    match member {
        Member { field: Some((_, Index::At(_) | Index::Append)), .. } => None,
        Member { field: Some((field, _)), component: None, .. } => Some(*field),
        _ => None,
    }
}

fn example(name: &str, bound: Bound) -> String {
    match bound {
        Bound::Segment(_) => format!("{name}-1"),
        Bound::Repetition(..) | Bound::Datatype(_) => format!("{name}.1"),
        Bound::Group(_) | Bound::Element(_) | Bound::Place(_) => name.to_owned(),
    }
}
