//! Reads conditions from a line: `or` binds least, then `and`, then `not`; parentheses group.

use super::{
    Check, Comparing, Comparison, Condition, Node, Operand, Quantifier, Quick, Right, Test, clock::When,
    compare::Typed, constant,
};
use crate::{
    codes,
    hours::Hours,
    path::{Found, SHORTHANDS, is_segment_shape, looks_like_path, not_a_path, resolve},
    run::Site,
    scope::Scope,
    suggest,
    syntax::{Cursor, TokenKind},
    value::Value,
};
use message::{Diagnostic, limits};
use regex::RegexBuilder;
use std::{ops::Range, sync::Arc};

/// Tests of one condition.
const TESTS_MAX: usize = 1024;
/// Texts of one `in […]` list; more belong into a code table.
const LIST_MAX: usize = 1024;
/// Memory of one compiled regular expression.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// The words that may follow a path.
const WORDS: [&str; 9] = ["in", "not", "matches", "starts", "ends", "contains", "exists", "empty", "is"];

impl Condition {
    /// Reads a condition; the cursor is left at what follows it. `None` with an error among the findings when it cannot
    /// run.
    pub fn parse(cursor: &mut Cursor<'_>, scope: &Scope<'_>, found: &mut Vec<Diagnostic>) -> Option<Condition> {
        let file = cursor.tree().file.clone();
        let start = cursor.here().start;
        let mut parser = Parser { file: file.clone(), scope, found, depth: 0, tests: 0, parts: Vec::new() };
        let node = parser.either(cursor)?;
        let end = cursor.here().start.max(start);
        constant::warn(&node, &file, start..end, parser.found);
        let parts = parser.parts.into();
        Some(Condition { node, site: Site::new(cursor.tree(), start..end), parts })
    }
}

impl Comparing {
    /// Reads a comparison with texts; the cursor is left at what follows it.
    pub(crate) fn parse(cursor: &mut Cursor<'_>, scope: &Scope<'_>, found: &mut Vec<Diagnostic>) -> Option<Comparing> {
        let file = cursor.tree().file.clone();
        let place = cursor.here();
        let mut parser = Parser { file, scope, found, depth: 0, tests: 0, parts: Vec::new() };
        let (check, is_negated) = parser.check(cursor, place.clone())?;
        let is_read = |right: &Right| matches!(right, Right::Read(_));
        let is_of_message = match &check {
            Check::Compare(_, right) | Check::Starts(right) | Check::Ends(right) | Check::Contains(right) => {
                is_read(right)
            }
            Check::In(_) | Check::InTable(_) | Check::InList(_) | Check::Matches(_) => false,
            Check::Exists | Check::Null => true,
        };
        if is_of_message {
            let finding = Diagnostic::error(codes::E2202, "a value is compared with a text here")
                .hint("to compare two places, write a `rule`; whether something is there say `require` and `forbid`");
            return parser.fail(finding, place);
        }
        Some(Comparing { check, is_negated, message: hl7v2::Message::parse("").0, site: Site::nowhere() })
    }
}

struct Parser<'a, 's> {
    file: Arc<str>,
    scope: &'a Scope<'s>,
    found: &'a mut Vec<Diagnostic>,
    depth: usize,
    tests: usize,
    /// Where each test stands.
    parts: Vec<(u32, u32)>,
}

impl Parser<'_, '_> {
    fn fail<T>(&mut self, finding: Diagnostic, place: Range<usize>) -> Option<T> {
        self.found.push(finding.at(&self.file, place, ""));
        None
    }

    fn either(&mut self, cursor: &mut Cursor<'_>) -> Option<Node> {
        let mut nodes = vec![self.both(cursor)?];
        while cursor.eat("or") {
            nodes.push(self.both(cursor)?);
        }
        Some(if nodes.len() == 1 { nodes.remove(0) } else { Node::Or(nodes) })
    }

    fn both(&mut self, cursor: &mut Cursor<'_>) -> Option<Node> {
        let mut nodes = vec![self.unary(cursor)?];
        while cursor.eat("and") {
            nodes.push(self.unary(cursor)?);
        }
        Some(if nodes.len() == 1 { nodes.remove(0) } else { Node::And(nodes) })
    }

    fn unary(&mut self, cursor: &mut Cursor<'_>) -> Option<Node> {
        self.depth += 1;
        self.tests += 1;
        if self.depth > limits::SYNTAX_DEPTH_MAX || self.tests > TESTS_MAX {
            return self.fail(Diagnostic::error(codes::E2308, "the condition is too large"), cursor.here());
        }
        let node = self.unary_inside(cursor);
        self.depth -= 1;
        node
    }

    fn unary_inside(&mut self, cursor: &mut Cursor<'_>) -> Option<Node> {
        if cursor.eat("not") {
            return Some(Node::Not(Box::new(self.unary(cursor)?)));
        }
        if cursor.eat_kind(TokenKind::OpenParen).is_some() {
            let node = self.either(cursor)?;
            if cursor.eat_kind(TokenKind::CloseParen).is_none() {
                return self.fail(Diagnostic::error(codes::E2201, "`)` is missing"), cursor.here());
            }
            return Some(node);
        }
        let start = cursor.here().start;
        let node = self.leaf(cursor)?;
        let text = cursor.tree().text.get(start..cursor.here().start).unwrap_or("");
        let narrow = |position: usize| u32::try_from(position).unwrap_or(u32::MAX);
        self.parts.push((narrow(start), narrow(start + text.trim_end().len())));
        Some(node)
    }

    /// One test.
    fn leaf(&mut self, cursor: &mut Cursor<'_>) -> Option<Node> {
        if cursor.eat("count") {
            let operand = self.operand(cursor)?;
            let place = cursor.here();
            let Some((comparison, is_negated)) = eat_comparison(cursor) else {
                let finding =
                    Diagnostic::error(codes::E2201, "`count` needs a comparison").hint("write it like `count OBX > 3`");
                return self.fail(finding, place);
            };
            let right = self.right(cursor)?;
            let number = right.count();
            let node = Node::Count { operand, comparison, right, number };
            return Some(if is_negated { Node::Not(Box::new(node)) } else { node });
        }
        if cursor.is_at("valid") {
            return self.valid_under(cursor);
        }
        if cursor.is_at("at") {
            return self.at_hours(cursor);
        }
        let quantifier = if cursor.eat("any") {
            Quantifier::Any
        } else if cursor.eat("all") {
            Quantifier::All
        } else {
            Quantifier::Unsaid
        };
        self.test(cursor, quantifier)
    }

    /// `valid under PROFILE`.
    fn valid_under(&mut self, cursor: &mut Cursor<'_>) -> Option<Node> {
        cursor.take();
        let place = cursor.here();
        if !cursor.eat("under") {
            let finding = Diagnostic::error(codes::E2201, "`under` is missing after `valid`");
            return self.fail(finding.hint("write it like `valid under lenient` or `valid under adt-feed`"), place);
        }
        let place = cursor.here();
        let Some((name, _)) = cursor.text() else {
            let finding = Diagnostic::error(codes::E2201, "the name of a profile is missing");
            return self.fail(finding.hint("write strict, lenient or the name of a profile"), place);
        };
        let Some(profiles) = self.scope.profiles() else {
            let finding = Diagnostic::error(codes::E2205, "`valid under` does not stand in a profile");
            return self.fail(finding.hint("extend the other profile: `profile NAME extends OTHER { … }`"), place);
        };
        match profiles.ruleset(&name) {
            Ok(ruleset) => Some(Node::Valid(ruleset)),
            Err(finding) => self.fail(*finding, place),
        }
    }

    /// `at "Mon-Fri 07:00-19:00" zone Europe/Berlin`.
    fn at_hours(&mut self, cursor: &mut Cursor<'_>) -> Option<Node> {
        cursor.take();
        let place = cursor.here();
        let example = "write it like `at \"Mon-Fri 07:00-19:00\" zone Europe/Berlin`";
        let Some((text, _)) = cursor.text() else {
            let finding = Diagnostic::error(codes::E2623, "hours are missing after `at`");
            return self.fail(finding.hint(example), place);
        };
        let hours = match Hours::parse(&text) {
            Ok(hours) => hours,
            Err(why) => {
                let finding = Diagnostic::error(codes::E2623, format!("`{text}` names no hours: {why}"));
                return self.fail(finding.hint(example), place);
            }
        };
        if !cursor.eat("zone") {
            let finding = Diagnostic::warning(codes::E2624, "these hours are read in UTC: no zone is said");
            self.found.push(finding.at(&self.file, place, "").hint("write `zone Europe/Berlin` behind them"));
            return Some(Node::At(When { hours, zone: jiff::tz::TimeZone::UTC }));
        }
        let place = cursor.here();
        let name = cursor.text().map(|(name, _)| name.into_owned()).unwrap_or_default();
        match crate::zone(&name) {
            Some(zone) => Some(Node::At(When { hours, zone })),
            None => {
                let mut finding = Diagnostic::error(codes::E2625, format!("there is no time zone `{name}`"));
                let names: Vec<String> =
                    jiff::tz::TimeZoneDatabase::bundled().available().map(|zone| zone.to_string()).collect();
                finding.hint = suggest::did_you_mean(&name, names.iter().map(String::as_str))
                    .or_else(|| Some("zones are called like `Europe/Berlin` or `America/New_York`".to_owned()));
                self.fail(finding, place)
            }
        }
    }

    fn test(&mut self, cursor: &mut Cursor<'_>, quantifier: Quantifier) -> Option<Node> {
        let place = cursor.here();
        let operand = self.operand(cursor)?;
        let is_text_operand = !matches!(operand, Operand::Read(_));
        let (check, is_negated) = self.check(cursor, place.clone())?;
        let needs_field = !matches!(check, Check::Exists);
        if let Operand::Read(path) = &operand
            && path.is_segment()
            && needs_field
        {
            let finding = Diagnostic::error(codes::E2105, "a whole segment can only be asked for `exists` or `empty`")
                .hint("name a field of it, or write `count OBX > 3`");
            return self.fail(finding, place);
        }
        if quantifier != Quantifier::Unsaid && is_text_operand && matches!(operand, Operand::Literal(_)) {
            return self.fail(Diagnostic::error(codes::E2105, "`any` and `all` are followed by a path"), place);
        }
        let quick = Quick::of(quantifier, is_negated, &operand, &check);
        Some(Node::Test(Test { quantifier, operand, is_negated, check, quick }))
    }

    /// A path, a text, or one of them with steps.
    fn operand(&mut self, cursor: &mut Cursor<'_>) -> Option<Operand> {
        let place = cursor.here();
        let Some(token) = cursor.peek().filter(|token| token.kind.is_bare() || token.kind.is_text()) else {
            let finding = Diagnostic::error(codes::E2201, "a condition is missing here")
                .hint("a condition is written like `PV1-2 = I` or `event in [A01, A04]`");
            return self.fail(finding, place);
        };
        if self.is_before_pipe(cursor) {
            let value = Value::parse_piped(cursor, self.scope, self.found)?;
            return Some(Operand::Value(Box::new(value)));
        }
        let text = cursor.tree().value(token).into_owned();
        cursor.take();
        if token.kind.is_text() || token.kind == TokenKind::Number {
            return Some(Operand::Literal(Arc::from(text)));
        }
        if self.scope.reads_v2()
            && is_segment_shape(&text)
            && self.scope.names.iter().all(|binding| *binding.name != *text)
        {
            let path = hl7v2::Path::parse(&text).ok()?;
            for finding in crate::path::check_path(&path, self.scope) {
                self.found.push(finding.at(&self.file, place.clone(), ""));
            }
            return Some(Operand::Read(self.scope.place(path)));
        }
        let found = match self.scope.form {
            Some(_) => crate::place::resolve_path(&text, self.scope),
            None => resolve(&text, self.scope),
        };
        match found {
            Found::Path(path, odd) => {
                self.found.extend(odd.into_iter().map(|finding| finding.at(&self.file, place.clone(), "")));
                Some(Operand::Read(path))
            }
            Found::Wrong(finding) => self.fail(finding, place),
            Found::WrongPart(finding, part) => self.fail(finding, place.start + part.start..place.start + part.end),
            Found::Nothing => {
                let mut finding = not_a_path(&text, self.scope);
                if text == "exists" || text == "empty" {
                    let path = if cursor.is_done() { "PID-19" } else { cursor.peek_str() };
                    finding = finding.hint(format!("the path comes first: `{path} {text}`"));
                }
                self.fail(finding, place)
            }
        }
    }

    fn is_before_pipe(&self, cursor: &Cursor<'_>) -> bool {
        let mut ahead = cursor.clone();
        ahead.take();
        ahead.peek().is_some_and(|token| token.kind == TokenKind::Pipe)
    }

    fn check(&mut self, cursor: &mut Cursor<'_>, operand: Range<usize>) -> Option<(Check, bool)> {
        if let Some((comparison, is_negated)) = eat_comparison(cursor) {
            return Some((Check::Compare(comparison, self.right(cursor)?), is_negated));
        }
        let is_negated = cursor.eat("not");
        let place = cursor.here();
        let word = cursor.peek_str();
        if !cursor.peek().is_some_and(|token| token.kind.is_bare()) {
            return self.no_comparison(operand, cursor);
        }
        cursor.take();
        let check = match word {
            "in" => self.list(cursor)?,
            "matches" => Check::Matches(self.regex(cursor)?),
            "starts" => Check::Starts(self.right_after_with(cursor)?),
            "ends" => Check::Ends(self.right_after_with(cursor)?),
            "contains" => Check::Contains(self.right(cursor)?),
            "exists" => Check::Exists,
            "empty" => return Some((Check::Exists, !is_negated)),
            "is" => {
                let is_turned = cursor.eat("not");
                if self.scope.form.is_some() && cursor.is_at("null") {
                    let finding = Diagnostic::error(codes::E2202, "`\"\"` for what is to be deleted is of HL7 v2")
                        .hint("write `empty`: nothing there, no characters, or `null` in JSON");
                    return self.fail(finding, cursor.here());
                }
                if cursor.eat("null") {
                    return Some((Check::Null, is_negated != is_turned));
                }
                if cursor.eat("empty") {
                    return Some((Check::Exists, is_negated == is_turned));
                }
                let finding = Diagnostic::error(codes::E2202, "after `is` stands `null` or `empty`")
                    .hint("to compare, write `PV1-2 = I`");
                return self.fail(finding, cursor.here());
            }
            _ => return self.unknown_comparison(word, place),
        };
        Some((check, is_negated))
    }

    fn no_comparison(&mut self, operand: Range<usize>, cursor: &Cursor<'_>) -> Option<(Check, bool)> {
        let written = cursor.tree().text.get(operand).unwrap_or("the path").to_owned();
        let finding = Diagnostic::error(codes::E2201, "a comparison is missing").hint(format!(
            "did you mean `{written} exists`? Others are = != < <= > >= in matches starts ends contains"
        ));
        self.fail(finding, cursor.here())
    }

    fn unknown_comparison(&mut self, word: &str, place: Range<usize>) -> Option<(Check, bool)> {
        let mut finding = Diagnostic::error(codes::E2202, format!("`{word}` is no comparison"));
        let meant = match word {
            "==" | "equals" | "eq" => Some("did you mean `=`?".to_owned()),
            "<>" | "ne" => Some("did you mean `!=`?".to_owned()),
            "like" => Some("did you mean `matches`, `contains` or `starts`?".to_owned()),
            _ => suggest::did_you_mean(word, WORDS),
        };
        finding.hint = meant.or_else(|| Some(format!("comparisons are = != < <= > >= {}", WORDS.join(" "))));
        self.fail(finding, place)
    }

    fn right_after_with(&mut self, cursor: &mut Cursor<'_>) -> Option<Right> {
        cursor.eat("with");
        self.right(cursor)
    }

    /// A literal, a path, or `now`.
    fn right(&mut self, cursor: &mut Cursor<'_>) -> Option<Right> {
        let place = cursor.here();
        let Some((text, token)) = cursor.text() else {
            let finding = Diagnostic::error(codes::E2201, "something to compare with is missing")
                .hint("a list in brackets goes with `in`; a text with blanks needs quotes");
            return self.fail(finding, place);
        };
        if token.kind.is_text() {
            if text.is_empty() {
                let finding = Diagnostic::warning(codes::E2211, "a value is never equal to an empty text");
                let hint = "write `empty` for nothing there, `is null` for the `\"\"` of v2";
                self.found.push(finding.at(&self.file, place, "").hint(hint));
            }
            return Some(Right::Literal(Typed::new(&text)));
        }
        let is_bound = self.scope.names.iter().any(|binding| *binding.name == *crate::path::bound_name(&text));
        if text == "now" || looks_like_path(&text, self.scope) || is_bound {
            match resolve(&text, self.scope) {
                Found::Path(path, odd) => {
                    self.found.extend(odd.into_iter().map(|finding| finding.at(&self.file, place.clone(), "")));
                    return Some(Right::Read(path));
                }
                Found::Wrong(finding) => return self.fail(finding, place),
                Found::WrongPart(finding, part) => {
                    return self.fail(finding, place.start + part.start..place.start + part.end);
                }
                Found::Nothing => {}
            }
        }
        if self.scope.reads_v2() && SHORTHANDS.iter().any(|(word, _)| *word == text) {
            let finding = Diagnostic::warning(codes::E2202, format!("`{text}` on the right side is a text"));
            self.found.push(finding.at(&self.file, place, "").hint("put it on the left side, or name its path"));
        }
        Some(Right::Literal(Typed::new(&text)))
    }

    fn list(&mut self, cursor: &mut Cursor<'_>) -> Option<Check> {
        let place = cursor.here();
        if let Some(token) = cursor.peek().filter(|token| token.kind == TokenKind::Reference) {
            let name = cursor.tree().slice(token).to_owned();
            cursor.take();
            if let Some(list) = name.strip_prefix("list:") {
                return match self.scope.list(list) {
                    Ok(list) => Some(Check::InList(list)),
                    Err(finding) => self.fail(*finding, place),
                };
            }
            if !name.starts_with("table:") {
                let what = "`in` takes a list, `table:NAME` or `list:NAME`";
                return self.fail(Diagnostic::error(codes::E2201, what), place);
            }
            return match self.scope.table(&name) {
                Ok(table) => Some(Check::InTable(table)),
                Err(finding) => self.fail(*finding, place),
            };
        }
        if cursor.eat_kind(TokenKind::OpenBracket).is_none() {
            let finding = Diagnostic::error(codes::E2201, "a list is missing after `in`")
                .hint("write it like `in [A01, A04]` or `in table:NAME`");
            return self.fail(finding, place);
        }
        let mut list: Vec<Box<str>> = Vec::new();
        while cursor.eat_kind(TokenKind::CloseBracket).is_none() {
            let here = cursor.here();
            let Some((text, _)) = cursor.text() else {
                return self.fail(Diagnostic::error(codes::E2201, "`]` is missing"), here);
            };
            if list.len() >= LIST_MAX {
                let finding = Diagnostic::error(codes::E2308, format!("a list has at most {LIST_MAX} texts"));
                return self.fail(finding.hint("put them into a code table and write `in table:NAME`"), here);
            }
            if list.iter().any(|known| **known == *text) {
                let finding = Diagnostic::warning(codes::E2204, format!("`{text}` is in this list twice"));
                self.found.push(finding.at(&self.file, here, ""));
            }
            list.push(Box::from(&*text));
            cursor.eat_kind(TokenKind::Comma);
        }
        Some(Check::In(list))
    }

    fn regex(&mut self, cursor: &mut Cursor<'_>) -> Option<Box<regex::Regex>> {
        let place = cursor.here();
        let Some((text, _)) = cursor.text() else {
            let finding = Diagnostic::error(codes::E2203, "a regular expression is missing")
                .hint("write it between quotes: `matches \"^4[0-9]{2}$\"`");
            return self.fail(finding, place);
        };
        let built = RegexBuilder::new(&text).size_limit(REGEX_BYTES_MAX).dfa_size_limit(REGEX_BYTES_MAX).build();
        match built {
            Ok(regex) => Some(Box::new(regex)),
            Err(error) => {
                let what = error.to_string();
                let last = what.lines().last().unwrap_or("it cannot be read").trim_start_matches("error: ").to_owned();
                let finding = Diagnostic::error(codes::E2203, format!("the regular expression does not work: {last}"));
                self.fail(finding.hint("there is no look-ahead and no back-reference; that keeps it fast"), place)
            }
        }
    }
}

/// A comparison sign, and whether it is turned round.
fn eat_comparison(cursor: &mut Cursor<'_>) -> Option<(Comparison, bool)> {
    let (comparison, is_negated) = match cursor.peek()?.kind {
        TokenKind::Equal => (Comparison::Equal, false),
        TokenKind::NotEqual => (Comparison::Equal, true),
        TokenKind::Less => (Comparison::Less, false),
        TokenKind::LessEqual => (Comparison::LessEqual, false),
        TokenKind::Greater => (Comparison::Greater, false),
        TokenKind::GreaterEqual => (Comparison::GreaterEqual, false),
        _ => return None,
    };
    cursor.take();
    Some((comparison, is_negated))
}
