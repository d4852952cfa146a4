//! Compiles profiles from their statements: those that others extend first.

use super::{
    Entry, Example, Profile, Profiles, bounds, document,
    header::{self, Header, Over},
    inherit::{self, Start},
    line::{Reader, Settings, one_line},
    values,
};
use crate::{
    Tables, codes,
    condition::Condition,
    run::Site,
    scope::Scope,
    suggest,
    syntax::{Cursor, Statement, Tree},
};
use hl7v2::validate::{
    Level,
    lines::{Demand, LINES_MAX, Line, Lines, Place, UNBOUNDED, When},
};
use message::{Diagnostic, Severity};
use std::{collections::BTreeMap, ops::Range, sync::Arc};

/// Words that begin the lines of a profile.
pub const WORDS: [&str; 14] = [
    "require",
    "expect",
    "forbid",
    "optional",
    "usage",
    "cardinality",
    "length",
    "bind",
    "constrain",
    "rule",
    "document",
    "example",
    "standard",
    "description",
];

/// Conditions of one rule.
const RULE_LINES_MAX: usize = 256;
/// Longest part of a code that is made from a text, characters.
const SLUG_CHARS_MAX: usize = 60;

/// A profile that is not compiled yet.
struct Draft<'t> {
    tree: &'t Arc<Tree>,
    index: usize,
    header: Header,
}

/// See [`Profiles::compile`].
pub(super) fn all(trees: &[Arc<Tree>], tables: &Tables, known: &Profiles) -> (Profiles, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let mut drafts: BTreeMap<Arc<str>, Draft<'_>> = BTreeMap::new();
    for tree in trees {
        for (index, statement) in tree.statements.iter().enumerate() {
            if statement.word(tree) != "profile" {
                continue;
            }
            let Some(header) = header::parse(tree, statement, &mut found) else { continue };
            if let Some(first) = drafts.get(&header.name) {
                let finding = Diagnostic::error(codes::E2510, format!("there are two profiles `{}`", header.name))
                    .at(&tree.file, header.place, "again here")
                    .at(&first.tree.file, first.header.place.clone(), "first here");
                found.push(finding.hint("give each its own name"));
                continue;
            }
            drafts.insert(header.name.clone(), Draft { tree, index, header });
        }
    }
    let mut done = known.clone();
    let scope = Scope::new(tables);
    let mut waiting: Vec<Arc<str>> = drafts.keys().cloned().collect();
    // One that extends another waits for it; when none can go on, what is left goes in circles or extends nothing.
    loop {
        let is_ready = |name: &Arc<str>| match &drafts[name].header.over {
            Over::Standard(_) => true,
            Over::Profile(parent, _) => parent == name || !drafts.contains_key(parent) || !waiting.contains(parent),
        };
        let (ready, rest): (Vec<_>, Vec<_>) = waiting.iter().cloned().partition(is_ready);
        if ready.is_empty() {
            break;
        }
        for name in ready {
            let draft = &drafts[&name];
            if let Some(profile) = compile(draft, &scope, &done, known, &mut found) {
                done.by_name.insert(name, Arc::new(profile));
            } else {
                done.by_name.remove(&name);
            }
        }
        waiting = rest;
    }
    for name in waiting {
        let Draft { tree, header, .. } = &drafts[&name];
        if let Over::Profile(parent, place) = &header.over {
            let text = format!("`{name}` and `{parent}` extend one another");
            found.push(Diagnostic::error(codes::E2502, text).at(&tree.file, place.clone(), ""));
        }
        done.by_name.remove(&name);
    }
    (done, found)
}

fn compile(
    draft: &Draft<'_>,
    scope: &Scope<'_>,
    done: &Profiles,
    known: &Profiles,
    found: &mut Vec<Diagnostic>,
) -> Option<Profile> {
    let tree = draft.tree;
    let statement = tree.statements.get(draft.index)?;
    let before = found.len();
    let (start, parent) = match &draft.header.over {
        Over::Standard(base) => (Start::over(base.clone()), None),
        Over::Profile(parent, place) => {
            // An own profile of a known name extends the known one.
            let of = if *parent == draft.header.name { known.get(parent) } else { done.get(parent) };
            let Some(profile) = of else {
                let mut finding = Diagnostic::error(codes::E2501, format!("there is no profile `{parent}` to extend"));
                finding.hint = suggest::did_you_mean(parent, done.names())
                    .or_else(|| Some("or extend the standard: `extends hl7v2 2.5.1 ADT`".to_owned()));
                found.push(finding.at(&tree.file, place.clone(), ""));
                return None;
            };
            (Start::with(profile), Some(parent.clone()))
        }
    };
    let Some(block) = &statement.block else {
        let finding = Diagnostic::error(codes::E2309, "a profile has a block `{ … }`");
        found.push(finding.at(&tree.file, statement.span.clone(), ""));
        return None;
    };
    let mut compiler = Compiler {
        reader: Reader { tree, scope, found },
        name: draft.header.name.clone(),
        inherited: start.lines.len(),
        own: Vec::new(),
        start,
        examples: Vec::new(),
        description: "".into(),
    };
    compiler.block(&block.statements);
    let Compiler { mut start, own, examples, description, .. } = compiler;
    start.lines.extend(own.into_iter().map(|(line, _)| line));
    if found.iter().skip(before).any(Diagnostic::is_error) || tree.has_errors {
        return None;
    }
    Some(Profile {
        name: draft.header.name.clone(),
        title: draft.header.title.clone(),
        description,
        parent,
        entries: start.entries,
        examples,
        lines: Lines::new(start.base, start.lines, start.documented),
        conditions: start.conditions,
        tree: tree.clone(),
        index: draft.index,
        site: Site::new(tree, statement.span.clone()),
    })
}

struct Compiler<'a, 's> {
    reader: Reader<'a, 's>,
    name: Arc<str>,
    start: Start,
    /// How many lines were inherited, before own ones went over them.
    inherited: usize,
    /// Own lines and where they stand.
    own: Vec<(Line, Range<usize>)>,
    examples: Vec<Example>,
    description: Arc<str>,
}

/// What a line is about.
struct Subject {
    place: Place,
    name: Arc<str>,
    span: Range<usize>,
}

impl Compiler<'_, '_> {
    fn block(&mut self, statements: &[Statement]) {
        // What is documented, and segments that are brought in, may stand below the lines that name them.
        let is_early = |word: &str| matches!(word, "document" | "standard" | "description");
        for is_first in [true, false] {
            for statement in statements {
                if is_early(statement.word(self.reader.tree)) == is_first {
                    let _reported = self.line(statement, statements);
                }
            }
        }
    }

    fn line(&mut self, statement: &Statement, all: &[Statement]) -> Option<()> {
        let tree = self.reader.tree;
        let mut cursor = Cursor::new(tree, statement);
        let (place, word) = (cursor.here(), statement.word(tree).to_owned());
        if self.own.len() + self.start.lines.len() >= LINES_MAX {
            if self.own.last().is_some_and(|(_, span)| span.end < place.start) {
                let finding = Diagnostic::error(codes::E2308, format!("a profile has at most {LINES_MAX} lines"));
                return self.reader.fail(finding, place);
            }
            return None;
        }
        cursor.take();
        if word != "rule"
            && let Some(block) = &statement.block
        {
            let finding = Diagnostic::error(codes::E2309, "this line has no block");
            return self.reader.fail(finding.hint("take the braces away"), block.span.start..block.span.start + 1);
        }
        match &*word {
            "require" => self.simple(statement, &mut cursor, all, Demand::Present, Severity::Error),
            "expect" => self.simple(statement, &mut cursor, all, Demand::Present, Severity::Warning),
            "forbid" => self.simple(statement, &mut cursor, all, Demand::Absent, Severity::Error),
            "optional" => self.simple(statement, &mut cursor, all, Demand::Free, Severity::Note),
            "cardinality" => self.bounded(statement, &mut cursor, all, |min, max| Demand::Count { min, max }),
            "length" => self.bounded(statement, &mut cursor, all, |min, max| Demand::Length { min, max }),
            "bind" => self.bind(statement, &mut cursor, all),
            "constrain" => self.constrain(statement, &mut cursor, all),
            "usage" => self.usage(statement, &mut cursor, all),
            "rule" => self.rule(statement, &mut cursor),
            "document" => self.document(statement, &mut cursor),
            "example" => self.example(&mut cursor),
            "standard" => self.standard(&mut cursor),
            "description" => {
                self.description = self.reader.text(&mut cursor, "a text")?.into();
                self.end(&cursor)
            }
            _ => {
                let mut finding =
                    Diagnostic::error(codes::E2506, format!("`{word}` does not begin a line of a profile"));
                finding.hint = suggest::did_you_mean(&word, WORDS)
                    .or_else(|| Some(format!("lines begin with {}", WORDS.join(", "))));
                self.reader.fail(finding, place)
            }
        }
    }

    fn end(&mut self, cursor: &Cursor<'_>) -> Option<()> {
        if cursor.is_done() {
            return Some(());
        }
        let finding = Diagnostic::error(codes::E2504, format!("`{}` is more than this line takes", cursor.peek_str()));
        self.reader.fail(finding, cursor.rest_span())
    }

    /// The place of a line, as far as the standard or the profile knows it.
    fn subject(
        &mut self,
        cursor: &mut Cursor<'_>,
        all: &[Statement],
    ) -> Option<(Subject, hl7v2::validate::lines::Facts)> {
        let span = cursor.here();
        let place = self.reader.place(cursor)?;
        let is_new = place.segment().is_some_and(|id| self.is_brought_in(id, all));
        let (base, documented) = (&self.start.base, &self.start.documented);
        let facts = self.reader.facts(&place, span.clone(), base, documented, is_new)?;
        Some((Subject { place, name: Arc::from(&*facts.name), span }, facts))
    }

    /// A `cardinality` line of this profile or of one above brings in a segment that the structures do not have.
    fn is_brought_in(&self, id: [u8; 3], all: &[Statement]) -> bool {
        let tree = self.reader.tree;
        let is_it = |statement: &Statement| {
            let mut cursor = Cursor::new(tree, statement);
            cursor.eat("cardinality") && cursor.peek_str().as_bytes() == id
        };
        let is_above = self.start.lines.iter().any(|line| {
            let is_whole = matches!(&line.place, Place::Path(path) if path.is_segment() && path.segment == id);
            is_whole && matches!(line.demand, Demand::Count { .. })
        });
        is_above || all.iter().any(is_it)
    }

    fn simple(
        &mut self,
        statement: &Statement,
        cursor: &mut Cursor<'_>,
        all: &[Statement],
        demand: Demand,
        severity: Severity,
    ) -> Option<()> {
        let (subject, _) = self.subject(cursor, all)?;
        let mut settings = self.reader.settings(cursor)?;
        let when = settings.keep_when(&mut self.start.conditions);
        self.push(statement, subject, demand, severity, when, &settings)
    }

    /// `cardinality PATH 0..3`, `length PATH 1..20`.
    fn bounded(
        &mut self,
        statement: &Statement,
        cursor: &mut Cursor<'_>,
        all: &[Statement],
        demand: impl Fn(u32, u32) -> Demand,
    ) -> Option<()> {
        let (subject, facts) = self.subject(cursor, all)?;
        let span = cursor.here();
        let text = self.reader.text(cursor, "how much, such as `1..3`,")?;
        let (min, max) = match bounds::read(&text) {
            Ok(bounds) => bounds,
            Err(hint) => {
                let finding = Diagnostic::error(codes::E2508, format!("`{text}` says no bounds"));
                return self.reader.fail(finding.hint(hint), span);
            }
        };
        let demand = demand(min, max);
        let misfit = match (&demand, &subject.place) {
            (Demand::Length { .. }, Place::Path(path)) if path.is_segment() => Some("a segment has no length"),
            (Demand::Length { .. }, Place::Group(_)) => Some("a group has no length"),
            (Demand::Length { .. }, _) if max == 0 => Some("nothing has the length 0; write `forbid`"),
            (Demand::Count { .. }, Place::Path(path)) if path.member.component.is_some() => {
                Some("a component does not repeat")
            }
            (Demand::Count { .. }, Place::Path(path))
                if !path.is_segment() && !facts.is_repeating && max > 1 && max != UNBOUNDED =>
            {
                Some("the standard lets this field stand once")
            }
            _ => None,
        };
        if let Some(what) = misfit {
            let finding = Diagnostic::error(codes::E2509, format!("`{}`: {what}", subject.place));
            return self.reader.fail(
                finding.hint("name a field for a length; a segment, a group or a field for how often"),
                subject.span,
            );
        }
        let mut settings = self.reader.settings(cursor)?;
        let when = settings.keep_when(&mut self.start.conditions);
        self.push(statement, subject, demand, Severity::Error, when, &settings)
    }

    fn bind(&mut self, statement: &Statement, cursor: &mut Cursor<'_>, all: &[Statement]) -> Option<()> {
        let (subject, facts) = self.subject(cursor, all)?;
        self.expect_value(&subject)?;
        let demand = values::bind(&mut self.reader, cursor, &self.start.base, &facts)?;
        let mut settings = self.reader.settings(cursor)?;
        let when = settings.keep_when(&mut self.start.conditions);
        self.push(statement, subject, demand, Severity::Error, when, &settings)
    }

    fn constrain(&mut self, statement: &Statement, cursor: &mut Cursor<'_>, all: &[Statement]) -> Option<()> {
        let (subject, _) = self.subject(cursor, all)?;
        self.expect_value(&subject)?;
        let demand = values::constrain(&mut self.reader, cursor)?;
        let mut settings = self.reader.settings(cursor)?;
        let when = settings.keep_when(&mut self.start.conditions);
        self.push(statement, subject, demand, Severity::Error, when, &settings)
    }

    fn expect_value(&mut self, subject: &Subject) -> Option<()> {
        match &subject.place {
            Place::Path(path) if !path.is_segment() => Some(()),
            Place::Path(_) | Place::Group(_) | Place::Message => {
                let finding =
                    Diagnostic::error(codes::E2509, format!("`{}` is no field: it has no value", subject.place));
                self.reader.fail(finding.hint("name a field or a component"), subject.span.clone())
            }
        }
    }

    /// `usage PATH required when COND [else forbidden]`.
    fn usage(&mut self, statement: &Statement, cursor: &mut Cursor<'_>, all: &[Statement]) -> Option<()> {
        let (subject, _) = self.subject(cursor, all)?;
        let (demand, severity) = self.usage_word(cursor)?;
        let span = cursor.here();
        if !cursor.eat("when") {
            let finding = Diagnostic::error(codes::E2504, "`when` is missing");
            let hint = "write it like `usage PV1-45 required when event = A03 else optional`";
            return self.reader.fail(finding.hint(hint), span);
        }
        let start = cursor.here().start;
        let condition = Condition::parse(cursor, self.reader.scope, self.reader.found)?;
        let words = one_line(self.reader.tree.text.get(start..cursor.before()).unwrap_or_default());
        let other = if cursor.eat("else") { Some(self.usage_word(cursor)?) } else { None };
        let settings = self.reader.settings(cursor)?;
        self.start.conditions.push(Arc::new(condition));
        let when =
            |is_negated| When { condition: self.start.conditions.len() - 1, is_negated, words: Arc::from(&*words) };
        let (when, unless) = (when(false), when(true));
        let again = Subject { place: subject.place.clone(), name: subject.name.clone(), span: subject.span.clone() };
        self.push(statement, subject, demand, severity, Some(when), &settings)?;
        match other {
            Some((demand, severity)) => {
                let entries = self.start.entries.len();
                self.push(statement, again, demand, severity, Some(unless), &settings)?;
                // One line as it is written.
                self.start.entries.truncate(entries);
                Some(())
            }
            None => Some(()),
        }
    }

    fn usage_word(&mut self, cursor: &mut Cursor<'_>) -> Option<(Demand, Severity)> {
        let span = cursor.here();
        let word = cursor.peek_str().to_owned();
        cursor.take();
        Some(match &*word {
            "required" => (Demand::Present, Severity::Error),
            "expected" => (Demand::Present, Severity::Warning),
            "forbidden" => (Demand::Absent, Severity::Error),
            "optional" => (Demand::Free, Severity::Note),
            _ => {
                let known = ["required", "expected", "optional", "forbidden"];
                let mut finding = Diagnostic::error(codes::E2504, format!("`{word}` is no usage"));
                finding.hint =
                    suggest::did_you_mean(&word, known).or_else(|| Some(format!("write {}", known.join(", "))));
                return self.reader.fail(finding, span);
            }
        })
    }

    /// `rule "text" [each SEGMENT] [when COND] { COND … }`.
    fn rule(&mut self, statement: &Statement, cursor: &mut Cursor<'_>) -> Option<()> {
        let span = cursor.here();
        let text = self.reader.text(cursor, "what the rule says, in a sentence,")?;
        let place = if cursor.eat("each") {
            let span = cursor.here();
            match self.reader.place(cursor)? {
                Place::Path(path) if path.is_segment() => {
                    let place = Place::Path(path);
                    let (base, documented) = (&self.start.base, &self.start.documented);
                    self.reader.facts(&place, span, base, documented, true)?;
                    place
                }
                Place::Path(_) | Place::Group(_) | Place::Message => {
                    let finding = Diagnostic::error(codes::E2509, "a rule is for each segment of a kind");
                    return self.reader.fail(finding.hint("write it like `rule \"…\" each OBX { … }`"), span);
                }
            }
        } else {
            Place::Message
        };
        let mut settings = self.reader.settings(cursor)?;
        let Some(block) = statement.block.as_ref().filter(|block| !block.statements.is_empty()) else {
            let finding = Diagnostic::error(codes::E2309, "a rule has a block with at least one condition");
            let hint = "write it like `rule \"a discharge has a date\" when event = A03 { PV1-45 exists }`";
            return self.reader.fail(finding.hint(hint), span);
        };
        if block.statements.len() > RULE_LINES_MAX {
            let finding = Diagnostic::error(codes::E2308, format!("a rule has at most {RULE_LINES_MAX} conditions"));
            return self.reader.fail(finding, span);
        }
        let mut conditions = Vec::new();
        for line in &block.statements {
            let mut cursor = Cursor::new(self.reader.tree, line);
            let path = cursor.clone().text().map(|(text, _)| text.into_owned()).unwrap_or_default();
            let is_path = Place::parse(&path).is_ok_and(|place| matches!(place, Place::Path(_)));
            let path: Arc<str> = if is_path { path.into() } else { shorthand(&path).into() };
            let condition = Condition::parse(&mut cursor, self.reader.scope, self.reader.found)?;
            self.end(&cursor)?;
            self.start.conditions.push(Arc::new(condition));
            conditions.push((self.start.conditions.len() - 1, path));
        }
        let when = settings.keep_when(&mut self.start.conditions);
        let subject = Subject { place, name: "".into(), span };
        let demand = Demand::Rule { text: text.into(), conditions };
        self.push(statement, subject, demand, Severity::Error, when, &settings)
    }

    fn document(&mut self, statement: &Statement, cursor: &mut Cursor<'_>) -> Option<()> {
        let (base, name) = (self.start.base.clone(), self.name.clone());
        let (place, called) = document::read(&mut self.reader, cursor, &base, &name, &mut self.start.documented)?;
        self.end(cursor)?;
        self.entry(statement, &place.to_string(), &called, "", None);
        Some(())
    }

    /// `example FILE [invalid because TEXT]`.
    fn example(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        let span = cursor.here();
        let file = self.reader.text(cursor, "a file")?.into();
        let invalid = if cursor.eat("invalid") {
            let place = cursor.here();
            if !cursor.eat("because") {
                let finding = Diagnostic::error(codes::E2504, "`because` and the reason are missing");
                let hint = "write it like `example samples/no-mrn.hl7 invalid because \"no medical record number\"`";
                return self.reader.fail(finding.hint(hint), place);
            }
            Some(self.reader.text(cursor, "the reason")?.into())
        } else {
            None
        };
        self.end(cursor)?;
        self.examples.push(Example { file, invalid, at: self.reader.tree.file.clone(), span });
        Some(())
    }

    /// `standard strict|lenient|off`.
    fn standard(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        let span = cursor.here();
        let word = self.reader.text(cursor, "`strict`, `lenient` or `off`")?;
        self.start.base.level = match (&*word, Level::parse(&word)) {
            ("off", _) => None,
            (_, Some(level)) => Some(level),
            (_, None) => {
                let mut finding = Diagnostic::error(codes::E2504, format!("`{word}` is not how the standard is read"));
                finding.hint = suggest::did_you_mean(&word, ["strict", "lenient", "off"])
                    .or_else(|| Some("write strict, lenient or off".to_owned()));
                return self.reader.fail(finding, span);
            }
        };
        self.end(cursor)
    }

    /// Takes a line in, unless it contradicts another of the same profile.
    fn push(
        &mut self,
        statement: &Statement,
        subject: Subject,
        demand: Demand,
        severity: Severity,
        when: Option<When>,
        settings: &Settings,
    ) -> Option<()> {
        let word = statement.word(self.reader.tree).to_owned();
        let shown = match &demand {
            Demand::Rule { text, .. } => text.to_string(),
            _ => subject.place.to_string(),
        };
        let code = self.code(&word, &shown, settings, when.as_ref());
        let line = Line {
            code: code.clone(),
            place: subject.place,
            name: subject.name,
            demand,
            severity: settings.severity.unwrap_or(severity),
            when,
            because: settings.because.clone(),
        };
        if let Some((first, place)) = self.own.iter().find(|(other, _)| contradicts(&line, other)) {
            let text = format!("two lines speak about {}, and they do not go together", first.place);
            let finding = Diagnostic::error(codes::E2505, text)
                .at(&self.reader.tree.file, subject.span, "this one")
                .at(&self.reader.tree.file, place.clone(), "and this one");
            self.reader.found.push(finding.hint("take one away, or give both a `when`"));
            return None;
        }
        let before = self.start.lines.len();
        self.start.go_over(self.inherited, &line);
        self.inherited -= before - self.start.lines.len();
        self.entry(statement, &shown, &line.name, &code, Some(line.severity));
        self.own.push((line, subject.span));
        Some(())
    }

    /// `adt-feed:require-PID-8`; with a number behind it, where there are several.
    fn code(&self, word: &str, shown: &str, settings: &Settings, when: Option<&When>) -> Arc<str> {
        let local = match &settings.code {
            Some(code) => code.to_string(),
            None if word == "rule" => slug(shown),
            None => format!("{word}-{shown}"),
        };
        let code = format!("{}:{local}", self.name);
        let is_taken = |code: &str| self.own.iter().any(|(line, _)| *line.code == *code);
        if !is_taken(&code) || when.is_some_and(|when| when.is_negated) || settings.code.is_some() {
            return code.into();
        }
        let numbered = (2..).map(|number: u32| format!("{code}-{number}"));
        numbered.take(LINES_MAX).find(|code| !is_taken(code)).unwrap_or(code).into()
    }

    fn entry(&mut self, statement: &Statement, subject: &str, name: &str, code: &str, severity: Option<Severity>) {
        let tree = self.reader.tree;
        let mut cursor = Cursor::new(tree, statement);
        let line = tree.line_column(cursor.here().start).0;
        cursor.take();
        cursor.take();
        let rest = one_line(tree.text.get(cursor.rest_span()).unwrap_or_default());
        let body = statement.block.as_ref().and_then(|block| tree.text.get(block.span.clone())).map(one_line);
        self.start.entries.push(Entry {
            word: statement.word(tree).into(),
            subject: subject.into(),
            name: name.into(),
            rest: [rest].into_iter().chain(body).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ").into(),
            code: code.into(),
            severity,
            profile: self.name.clone(),
            file: tree.file.clone(),
            line,
        });
    }
}

/// Both hold always, and say different things about the same.
fn contradicts(one: &Line, other: &Line) -> bool {
    if one.when.is_some() || other.when.is_some() || one.place != other.place || one.place == Place::Message {
        return false;
    }
    let is_wanted = |demand: &Demand| matches!(demand, Demand::Count { min: 1.., .. } | Demand::Present);
    let is_absent = |demand: &Demand| matches!(demand, Demand::Absent);
    let is_value = |demand: &Demand| matches!(demand, Demand::Value { .. } | Demand::Length { .. });
    // Several patterns may hold at once, and several tables narrow one another.
    let is_twice = inherit::is_same_topic(&one.demand, &other.demand) && !matches!(one.demand, Demand::Value { .. });
    let clash = |a: &Demand, b: &Demand| is_absent(a) && (is_wanted(b) || is_value(b));
    is_twice || clash(&one.demand, &other.demand) || clash(&other.demand, &one.demand)
}

/// The path that a shorthand stands for.
fn shorthand(word: &str) -> &'static str {
    crate::path::SHORTHANDS.iter().find(|(known, _)| *known == word).map_or("", |(_, path)| path)
}

/// `discharge needs a date` as `discharge-needs-a-date`.
fn slug(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        if letter.is_alphanumeric() {
            out.extend(letter.to_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    let cut = out.char_indices().nth(SLUG_CHARS_MAX).map_or(out.len(), |(at, _)| at);
    out.truncate(cut);
    out.trim_end_matches('-').to_owned()
}
