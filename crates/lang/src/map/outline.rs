//! A map as people read it: a row for each line, with the names of `each … as` replaced by what they stand for, and the
//! shared maps that it uses read in where they are used.
//!
//! Promises: nothing of the map is left out without a row; the file and line of a row are those of
//! [`Origin`](super::Origin). Works on any tree, also one with errors.
//! Never: a look into a dictionary; what places mean, who shows the rows says.

use super::{
    Library,
    library::{Over, Part},
};
use crate::syntax::{Cursor, Statement, Token, TokenKind, Tree};
use std::sync::Arc;

/// Shared maps in shared maps that are read in.
const DEPTH_MAX: usize = 12;

/// Rows that belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// What is filled: `Patient`, `Bundle`, or the name of the map for one to HL7 v2.
    pub title: String,
    /// The name by which other lines refer to it; empty where it has none.
    pub name: String,
    /// What the head of the block says more: `update by identifier`.
    pub about: String,
    /// For each of what, and when.
    pub condition: String,
    /// The lines, in order.
    pub rows: Vec<Row>,
}

/// One line of a map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The file that holds the line.
    pub file: Arc<str>,
    /// Its number there, from 1.
    pub line: usize,
    /// What is written, with the elements around: `Patient.contact.name`, `PID-5.1`. Empty for a line that names none.
    pub target: String,
    /// The value as written, names replaced: `PID-5.2 else PID-5.3`.
    pub source: String,
    /// The steps behind the value: `upper`, `code sex`.
    pub steps: Vec<String>,
    /// For each of what, and when.
    pub condition: String,
    /// Only where the lines before gave no value.
    pub is_fallback: bool,
    /// What the comment behind the line says.
    pub note: String,
}

impl Row {
    /// The code table that a step names.
    #[must_use]
    pub fn table(&self) -> Option<&str> {
        let mut named = self.steps.iter().filter_map(|step| step.split_once(' '));
        let (_, rest) = named.find(|(step, _)| ["code", "concept", "lookup", "display"].contains(step))?;
        rest.split(' ').next()
    }

    /// The shared map that a step names.
    #[must_use]
    pub fn part(&self) -> Option<&str> {
        self.steps.iter().find_map(|step| step.strip_prefix("use "))
    }

    /// The places of HL7 v2 that the value names: `PID-5.2`, or `CX.4` in a shared map for a data type.
    #[must_use]
    pub fn places(&self) -> Vec<String> {
        let words = self.source.split([' ', ',', '(', ')', '{', '}', '"']);
        let is_place = |word: &&str| {
            let head: String = word.chars().take_while(char::is_ascii_alphanumeric).collect();
            let rest = word.get(head.len()..).unwrap_or_default();
            let is_name = head.starts_with(|letter: char| letter.is_ascii_uppercase())
                && head.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
            is_name && (2..=3).contains(&head.len()) && rest.starts_with(['-', '.', '['])
        };
        let mut out: Vec<String> = Vec::new();
        for word in words.filter(is_place) {
            if !out.iter().any(|known| known == word) {
                out.push(word.to_owned());
            }
        }
        out
    }
}

/// The rows of the map of whole messages that `statement` starts.
#[must_use]
pub fn of_map(tree: &Tree, statement: &Statement, library: &Library) -> Vec<Section> {
    let mut own = Library::default();
    let _ = own.add(&Arc::new(tree.clone()));
    let words: Vec<String> = statement
        .header
        .iter()
        .filter_map(|index| tree.token(*index))
        .filter(|token| token.kind.is_bare() || token.kind.is_text())
        .map(|token| tree.value(token).into_owned())
        .collect();
    let title = match words.iter().rposition(|word| word == "to") {
        Some(at) if words.get(at + 1).is_some_and(|format| format == "fhir") => words.get(at + 3),
        Some(_) | None => words.get(1),
    };
    let mut reader = Reader { libraries: [&own, library], sections: Vec::new(), names: Vec::new(), depth: 0 };
    let section = reader.open(title.cloned().unwrap_or_default(), String::new(), String::new());
    let place = Place { section, context: String::new(), conditions: Vec::new() };
    reader.lines(tree, statement.children(), &place);
    reader.sections.into_iter().filter(|section| !section.rows.is_empty()).collect()
}

/// The rows of a shared map, and what it is for: `XPN`, `HumanName`.
#[must_use]
pub fn of_part(name: &str, library: &Library) -> Option<(String, Section)> {
    let part = library.get(name)?;
    let nothing = Library::default();
    let mut reader = Reader { libraries: [&nothing, library], sections: Vec::new(), names: Vec::new(), depth: 0 };
    let title = part.to.as_deref().unwrap_or(name).to_owned();
    let section = reader.open(title, String::new(), String::new());
    let over = match &part.over {
        Over::Segment(id) => String::from_utf8_lossy(id).into_owned(),
        Over::Datatype(kind) => kind.to_string(),
    };
    let place = Place { section, context: String::new(), conditions: Vec::new() };
    reader.part(part, &over, &place);
    reader.sections.into_iter().next().map(|section| (over, section))
}

struct Reader<'l> {
    libraries: [&'l Library; 2],
    sections: Vec<Section>,
    /// What names stand for, the innermost last.
    names: Vec<(String, String)>,
    depth: usize,
}

/// Where a line stands.
#[derive(Clone)]
struct Place {
    section: usize,
    /// The element around, below the section's: `contact`.
    context: String,
    conditions: Vec<String>,
}

impl Reader<'_> {
    fn open(&mut self, title: String, about: String, condition: String) -> usize {
        self.sections.push(Section { title, about, condition, ..Section::default() });
        self.sections.len() - 1
    }

    fn lines(&mut self, tree: &Tree, statements: &[Statement], place: &Place) {
        for statement in statements {
            self.line(tree, statement, place);
        }
    }

    fn line(&mut self, tree: &Tree, statement: &Statement, place: &Place) {
        let mut cursor = Cursor::new(tree, statement);
        let word = statement.word(tree);
        let second = statement.header.get(1).and_then(|index| tree.token(*index));
        let is_assignment = second.is_some_and(|token| token.kind == TokenKind::Equal);
        match word {
            _ if is_assignment => self.assignment(tree, statement, cursor, place, false),
            "ignore" | "start" | "zone" => {}
            "else" | "set" => {
                cursor.take();
                self.assignment(tree, statement, cursor, place, word == "else");
            }
            "each" => {
                cursor.take();
                let over = self.words(tree, &take_until(&mut cursor, &["as", "when"]));
                let name = if cursor.eat("as") { cursor.text().map(|(name, _)| name.into_owned()) } else { None };
                let known = self.names.len();
                self.names.extend(name.map(|name| (name, without_filter(&over))));
                let condition = self.condition(tree, &mut cursor);
                let mut inside = place.clone();
                inside.conditions.push(format!("each {over}"));
                inside.conditions.extend(condition);
                self.lines(tree, statement.children(), &inside);
                self.names.truncate(known);
            }
            "when" => {
                let mut inside = place.clone();
                inside.conditions.extend(self.condition(tree, &mut cursor));
                self.lines(tree, statement.children(), &inside);
            }
            "use" => self.use_part(tree, statement, cursor, place),
            "copy" => {
                cursor.take();
                for segment in self.words(tree, &take_until(&mut cursor, &["when"])).split([' ', ',']) {
                    let row =
                        Row { target: segment.to_owned(), source: format!("{segment}, as it came"), ..Row::default() };
                    if !segment.is_empty() {
                        self.put(tree, statement, row, place);
                    }
                }
            }
            "remove" => {
                cursor.take();
                let target = self.words(tree, &take_until(&mut cursor, &["when"]));
                let row = Row { target, source: "removed".to_owned(), ..Row::default() };
                let mut inside = place.clone();
                inside.conditions.extend(self.condition(tree, &mut cursor));
                self.put(tree, statement, row, &inside);
            }
            _ if statement.block.is_some() => self.block(tree, statement, cursor, place),
            _ => {
                let row = Row { source: self.words(tree, &take_until(&mut cursor, &[])), ..Row::default() };
                self.put(tree, statement, row, place);
            }
        }
    }

    /// A resource, more lines for one, or an element with lines of its own.
    fn block(&mut self, tree: &Tree, statement: &Statement, mut cursor: Cursor<'_>, place: &Place) {
        let word = cursor.peek_str().to_owned();
        cursor.take();
        let mut inside = place.clone();
        if let Some(at) = self.sections.iter().position(|section| !word.is_empty() && section.name == word) {
            inside = Place { section: at, context: String::new(), conditions: place.conditions.clone() };
        } else if word.starts_with(|letter: char| letter.is_ascii_uppercase()) {
            let name = if cursor.eat("as") { cursor.text().map(|(name, _)| name.into_owned()) } else { None };
            let about = self.words(tree, &take_until(&mut cursor, &["when", "each"]));
            let mut conditions = place.conditions.clone();
            conditions.extend(self.condition(tree, &mut cursor));
            let section = self.open(word, about, conditions.join("; "));
            self.sections[section].name = name.unwrap_or_default();
            inside = Place { section, context: String::new(), conditions: Vec::new() };
        } else {
            inside.context = below(&place.context, &word);
            inside.conditions.extend(self.condition(tree, &mut cursor));
        }
        self.lines(tree, statement.children(), &inside);
    }

    /// `TARGET = VALUE [| step …] [as NAME] [when COND] [{ … }]`
    fn assignment(
        &mut self,
        tree: &Tree,
        statement: &Statement,
        mut cursor: Cursor<'_>,
        place: &Place,
        is_fallback: bool,
    ) {
        let target = self.words(tree, &take_until(&mut cursor, &[]).into_iter().take(1).collect::<Vec<_>>());
        let mut cursor = {
            let mut again = Cursor::new(tree, statement);
            while again.peek().is_some_and(|token| token.kind != TokenKind::Equal) {
                again.take();
            }
            again.take();
            again
        };
        let value = take_until(&mut cursor, &["as", "when"]);
        let mut pieces = value.split(|token| token.kind == TokenKind::Pipe).map(|piece| self.words(tree, piece));
        let source = pieces.next().unwrap_or_default();
        let steps = pieces.collect();
        let name = if cursor.eat("as") { cursor.text().map(|(name, _)| name.into_owned()) } else { None };
        let mut inside = place.clone();
        inside.conditions.extend(self.condition(tree, &mut cursor));
        let row = Row { target: target.clone(), source: source.clone(), steps, is_fallback, ..Row::default() };
        self.put(tree, statement, row, &inside);
        let known = self.names.len();
        self.names.extend(name.map(|name| (name, source)));
        inside.context = below(&place.context, &target);
        self.lines(tree, statement.children(), &inside);
        self.names.truncate(known);
    }

    fn use_part(&mut self, tree: &Tree, statement: &Statement, mut cursor: Cursor<'_>, place: &Place) {
        cursor.take();
        let name = cursor.text().map(|(name, _)| name.into_owned()).unwrap_or_default();
        cursor.eat("with");
        let with = self.words(tree, &take_until(&mut cursor, &["when"]));
        let mut inside = place.clone();
        inside.conditions.extend(self.condition(tree, &mut cursor));
        let part = self.libraries.iter().find_map(|library| library.get(&name)).cloned();
        match part.filter(|_| self.depth < DEPTH_MAX) {
            Some(part) => self.part(&part, &with, &inside),
            None => {
                let row = Row { source: with, steps: vec![format!("use {name}")], ..Row::default() };
                self.put(tree, statement, row, &inside);
            }
        }
    }

    /// The lines of a shared map over `with`; it sees no names of its user.
    fn part(&mut self, part: &Part, with: &str, place: &Place) {
        let Some(statement) = part.statement() else { return };
        let names = std::mem::replace(&mut self.names, vec![(part.binding.to_string(), with.to_owned())]);
        self.depth += 1;
        self.lines(&part.tree, statement.children(), place);
        self.depth -= 1;
        self.names = names;
    }

    fn condition(&self, tree: &Tree, cursor: &mut Cursor<'_>) -> Option<String> {
        let before = take_until(cursor, &["when"]);
        let has = cursor.eat("when");
        let words = self.words(tree, &take_until(cursor, &[]));
        let _ = before;
        (has && !words.is_empty()).then_some(words)
    }

    fn put(&mut self, tree: &Tree, statement: &Statement, row: Row, place: &Place) {
        let Some(section) = self.sections.get_mut(place.section) else { return };
        let first = statement.header.first().and_then(|index| tree.token(*index));
        let (line, _) = tree.line_column(first.map_or(statement.span.start, |token| token.start as usize));
        let target = below(&place.context, &row.target);
        let condition = place.conditions.join("; ");
        section.rows.push(Row { file: tree.file.clone(), line, target, condition, note: note(tree, statement), ..row });
    }

    /// Tokens as a text, names replaced.
    fn words(&self, tree: &Tree, tokens: &[Token]) -> String {
        let mut out = String::new();
        for token in tokens {
            let word = tree.slice(*token);
            let is_tight = matches!(token.kind, TokenKind::Comma | TokenKind::CloseParen | TokenKind::CloseBracket)
                || out.ends_with(['(', '[']);
            if !out.is_empty() && !is_tight {
                out.push(' ');
            }
            if token.kind.is_bare() { out.push_str(&self.meant(word)) } else { out.push_str(&self.in_text(word)) }
        }
        out
    }

    /// `kin-2` as `NK1-2`.
    fn meant(&self, word: &str) -> String {
        let end = word.find(['-', '.', '[']).unwrap_or(word.len());
        let (head, rest) = word.split_at(end);
        match self.names.iter().rev().find(|(name, _)| name == head) {
            Some((_, meant)) => format!("{meant}{rest}"),
            None => word.to_owned(),
        }
    }

    /// The same inside `{ }` of a text.
    fn in_text(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((inner, behind)) = after.split_once('}') else { break };
            out.push_str(&format!("{before}{{{}}}", self.meant(inner)));
            rest = behind;
        }
        out + rest
    }
}

fn below(context: &str, target: &str) -> String {
    match (context, target) {
        ("", target) => target.to_owned(),
        (context, "") => context.to_owned(),
        (context, target) => format!("{context}.{target}"),
    }
}

/// `NK1[.3=EMC]` as `NK1`: lines inside speak of the turn.
fn without_filter(over: &str) -> String {
    let end = over.find("[.").or_else(|| over.find("[*")).unwrap_or(over.len());
    over[..end].to_owned()
}

/// Tokens to one of these words outside brackets.
fn take_until(cursor: &mut Cursor<'_>, words: &[&str]) -> Vec<Token> {
    let mut out = Vec::new();
    let mut depth = 0_usize;
    while let Some(token) = cursor.peek() {
        match token.kind {
            TokenKind::OpenBracket | TokenKind::OpenParen => depth += 1,
            TokenKind::CloseBracket | TokenKind::CloseParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && words.iter().any(|word| cursor.is_at(word)) {
            break;
        }
        out.push(token);
        cursor.take();
    }
    out
}

/// The comment behind the header of a statement, on its line.
fn note(tree: &Tree, statement: &Statement) -> String {
    let Some(last) = statement.header.last() else { return String::new() };
    let behind = tree.tokens.get(*last as usize + 1..).unwrap_or_default();
    let mut behind = behind.iter().take_while(|token| token.kind != TokenKind::Newline);
    let comment = behind.find(|token| token.kind == TokenKind::Comment);
    comment.map_or_else(String::new, |token| tree.slice(*token).trim_start_matches('#').trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax;

    const SHARED: &str = "map segment NK1 to Patient.contact as kin {
  name = kin-2
  relationship = kin-3 | code kinship when kin-3.1 != EMC
}
map datatype CX to Identifier as cx {
  value  = cx.1
  system = cx.4 | use HD-uri when cx.1 exists
}";

    /// Rows as `SECTION(ABOUT) TARGET = SOURCE |STEPS| when CONDITION #NOTE @LINE`.
    fn check(text: &str, expect: &[&str]) {
        let mut library = Library::default();
        let (shared, found) = syntax::parse("shared.map", SHARED);
        assert!(found.is_empty() && library.add(&Arc::new(shared)).is_empty());
        let (tree, found) = syntax::parse("m.map", text);
        assert!(found.is_empty(), "{found:?}");
        let sections = of_map(&tree, &tree.statements[0], &library);
        let mut shown = Vec::new();
        for section in &sections {
            for row in &section.rows {
                let head = [&*section.title, &*section.about, &*section.condition].map(str::to_owned).join("/");
                let fallback = if row.is_fallback { "else " } else { "" };
                let steps = row.steps.join("|");
                shown.push(format!(
                    "{head} {fallback}{} = {} |{steps}| {} #{} {}:{}",
                    row.target, row.source, row.condition, row.note, row.file, row.line
                ));
            }
        }
        assert_eq!(shown, expect);
    }

    #[test]
    fn lines_become_rows() {
        check(
            "map m from hl7v2 ADT_A01 to fhir r4 Bundle {
  type = collection
  Patient as patient update by identifier when PID exists {
    each PID-3 as id when id.5 in [MR, PI] {
      identifier.value = id.1 | trim | required   # the hospital's
    }
    each NK1 as kin { contact { use NK1-Patient.contact with kin } }
    telecom = PID-13 as phone { use = home when phone.2 empty }
    else gender = \"{PID-8}\"
    ignore PID-19 reason \"policy\"
  }
  each OBX as obx { Observation { code = obx-3 } }
  patient { active = true }
}",
            &[
                "Bundle// type = collection ||  # m.map:2",
                "Patient/update by identifier/PID exists identifier.value = PID-3.1 |trim|required| each PID-3; PID-3.5 in [MR, PI] #the hospital's m.map:5",
                "Patient/update by identifier/PID exists contact.name = NK1-2 || each NK1 # shared.map:2",
                "Patient/update by identifier/PID exists contact.relationship = NK1-3 |code kinship| each NK1; NK1-3.1 != EMC # shared.map:3",
                "Patient/update by identifier/PID exists telecom = PID-13 ||  # m.map:8",
                "Patient/update by identifier/PID exists telecom.use = home || PID-13.2 empty # m.map:8",
                "Patient/update by identifier/PID exists else gender = \"{PID-8}\" ||  # m.map:9",
                "Patient/update by identifier/PID exists active = true ||  # m.map:13",
                "Observation//each OBX code = OBX-3 ||  # m.map:12",
            ],
        );
    }

    #[test]
    fn maps_to_v2_too() {
        check(
            "map m from hl7v2 to hl7v2 {
  start empty
  copy PID PV1
  PID-5.1 = PID-5.1 | upper
  when PV1-2 = E { set PV1-3.1 = ED }
  remove PID-19 when facility = NORTH
}",
            &[
                "m// PID = PID, as it came ||  # m.map:3",
                "m// PV1 = PV1, as it came ||  # m.map:3",
                "m// PID-5.1 = PID-5.1 |upper|  # m.map:4",
                "m// PV1-3.1 = ED || PV1-2 = E # m.map:5",
                "m// PID-19 = removed || facility = NORTH # m.map:6",
            ],
        );
    }

    #[test]
    fn what_a_row_names() {
        let row = |source: &str, steps: &[&str]| Row {
            source: source.to_owned(),
            steps: steps.iter().map(|step| (*step).to_owned()).collect(),
            ..Row::default()
        };
        assert_eq!(row("PID-5.2 else PID-5.3, PID-5.2", &[]).places(), ["PID-5.2", "PID-5.3"]);
        assert_eq!(row("\"{PID-5.2} of WARD #4\"", &[]).places(), ["PID-5.2"]);
        assert_eq!(row("CX.4", &[]).places(), ["CX.4"]);
        let coded = row("PID-8", &["trim", "code sex else warn"]);
        assert_eq!((coded.table(), coded.part()), (Some("sex"), None));
        assert_eq!(row("PID-3", &["use CX-Identifier"]).part(), Some("CX-Identifier"));
        let mut library = Library::default();
        let (shared, _) = syntax::parse("shared.map", SHARED);
        let _ = library.add(&Arc::new(shared));
        let (over, section) = of_part("CX-Identifier", &library).unwrap();
        assert_eq!((&*over, &*section.title, &*section.rows[1].source), ("CX", "Identifier", "CX.4"));
        assert!(of_part("nobody", &library).is_none());
    }
}
