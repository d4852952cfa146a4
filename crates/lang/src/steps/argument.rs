//! Arguments of steps: what a step takes after its name, read and checked before anything runs.

use super::{Call, Flow, ON_TROUBLE, OnTrouble, STEPS_MAX, Step, catalogue, units::Unit};
use crate::{
    codes, decimal::Decimal, dtm::Pattern, run::Site, scope::Scope, suggest, syntax::Cursor, table::Table,
    table::Tables,
};
use ::script::Program;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use message::Diagnostic;
use std::sync::Arc;

/// One argument in the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// What it is called in the syntax line.
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// The word before it: `from` in `from FORMAT`. Without one it goes by its position.
    pub key: Option<&'static str>,
    /// It has to be there.
    pub is_required: bool,
}

impl Parameter {
    /// By position, needed.
    pub(super) const fn needed(name: &'static str, kind: Kind) -> Parameter {
        Parameter { name, kind, key: None, is_required: true }
    }
    /// By position, may be left out.
    pub(super) const fn optional(name: &'static str, kind: Kind) -> Parameter {
        Parameter { name, kind, key: None, is_required: false }
    }
    /// After its word, may be left out.
    pub(super) const fn keyed(key: &'static str, name: &'static str, kind: Kind) -> Parameter {
        Parameter { name, kind, key: Some(key), is_required: false }
    }
}

/// Kinds of arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A text with at least one character.
    SomeText,
    /// A whole number between two bounds.
    Count(u32, u32),
    /// A decimal number.
    Decimal,
    /// One of these words.
    Word(&'static [&'static str]),
    /// The name of a code table.
    Table,
    /// The name of a lookup outside, or of a code table.
    Lookup,
    /// A format of dates.
    Format,
    /// The name of a time zone: `Europe/Berlin`.
    Zone,
    /// A stretch of time with its direction: `2d`, `-1mo`.
    Shift,
    /// A unit of measure: `kg`.
    Unit,
    /// The name of a script.
    Script,
}

/// A stretch of time to add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shift {
    pub(crate) amount: i64,
    pub(crate) unit: ShiftUnit,
}

/// Units of a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShiftUnit {
    Second,
    Minute,
    Hour,
    Day,
    Month,
    Year,
}

/// A checked argument.
#[derive(Clone, Debug)]
pub(crate) enum Argument {
    Text(Arc<str>),
    Count(u32),
    Decimal(Decimal),
    Word(&'static str),
    Table(Arc<Table>),
    Lookup(Arc<str>),
    Format(Pattern),
    Zone(TimeZone),
    Shift(Shift),
    Unit(&'static Unit),
    Script((Arc<Program>, Arc<Tables>)),
}

/// The arguments of one use of a step, one place a parameter.
#[derive(Clone, Debug)]
pub(crate) struct Arguments {
    pub(crate) values: Vec<Option<Argument>>,
    pub(crate) site: Site,
}

macro_rules! accessor {
    ($name:ident, $variant:ident, $type:ty) => {
        pub(crate) fn $name(&self, index: usize) -> Option<$type> {
            match self.values.get(index) {
                Some(Some(Argument::$variant(value))) => Some(value.clone()),
                _ => None,
            }
        }
    };
}

impl Arguments {
    accessor!(text, Text, Arc<str>);
    accessor!(count, Count, u32);
    accessor!(decimal, Decimal, Decimal);
    accessor!(word, Word, &'static str);
    accessor!(table, Table, Arc<Table>);
    accessor!(lookup, Lookup, Arc<str>);
    accessor!(format, Format, Pattern);
    accessor!(zone, Zone, TimeZone);
    accessor!(shift, Shift, Shift);
    accessor!(unit, Unit, &'static Unit);
    accessor!(script, Script, (Arc<Program>, Arc<Tables>));
}

/// Bare words that end the arguments of a step, because the line goes on with them.
const STOPS: [&str; 15] = [
    "when", "else", "and", "or", "not", "in", "matches", "starts", "ends", "contains", "exists", "empty", "is",
    "within", "then",
];

/// Reads `NAME arguments [else WORD]` after a pipe. `before` is what flows in.
pub(crate) fn parse_step(
    cursor: &mut Cursor<'_>,
    scope: &Scope<'_>,
    before: Flow,
    found: &mut Vec<Diagnostic>,
) -> Option<Call> {
    let file = &cursor.tree().file.clone();
    if !cursor.peek().is_some_and(|token| token.kind.is_bare()) {
        let hint = "write the name of a step after `|`, such as `trim`";
        found.push(Diagnostic::error(codes::E2206, "a step is missing").at(file, cursor.here(), "here").hint(hint));
        return None;
    }
    let start = cursor.here();
    let name = cursor.peek_str();
    cursor.take();
    let Some(step) = super::find(name) else {
        skip_step(cursor);
        found.push(unknown_step(name).at(file, start, ""));
        return None;
    };
    if !before.fits(step.takes) {
        let what = format!("`{name}` takes {}, but {} flows into it", step.takes.as_str(), before.as_str());
        found.push(Diagnostic::error(codes::E2210, what).at(file, start.clone(), ""));
        return None;
    }
    let values = read_arguments(cursor, scope, step, found)?;
    let is_stated = cursor.is_at("else");
    let on_trouble = read_else(cursor, step, found)?;
    let site = Site::new(cursor.tree(), start.clone());
    let arguments = Arguments { values, site: site.clone() };
    if arguments.lookup(0).is_some() && !(is_stated && arguments.word(2).is_some()) {
        let what = "a lookup says what happens when nothing is found, and when it cannot be answered";
        let hint = "write it like `| lookup census column ward failed park else error`";
        found.push(Diagnostic::error(codes::E2700, what).at(file, start, "").hint(hint));
        return None;
    }
    match (step.build)(&arguments) {
        Ok(operation) => {
            let is_backwards = arguments.word(1).is_some();
            let table = arguments.table(0).filter(|_| matches!(step.name, "code" | "lookup") && !is_backwards);
            Some(Call { step, operation, on_trouble, site, table })
        }
        Err(what) => {
            let hint = format!("it is written `{}`", step.syntax);
            found.push(Diagnostic::error(codes::E2207, format!("`{name}`: {what}")).at(file, start, "").hint(hint));
            None
        }
    }
}

/// `| a | b …`: every step that follows.
pub(crate) fn parse_steps(
    cursor: &mut Cursor<'_>,
    scope: &Scope<'_>,
    mut flow: Flow,
    calls: &mut Vec<Call>,
    found: &mut Vec<Diagnostic>,
) -> Option<Flow> {
    use crate::syntax::TokenKind;
    let mut is_sound = true;
    while cursor.peek().is_some_and(|token| token.kind == TokenKind::Pipe) {
        if scope.ends_value(cursor) {
            break;
        }
        cursor.take();
        if calls.len() >= STEPS_MAX {
            let what = format!("a value has at most {STEPS_MAX} steps");
            found.push(Diagnostic::error(codes::E2308, what).at(&cursor.tree().file, cursor.here(), ""));
            return None;
        }
        match parse_step(cursor, scope, flow, found) {
            Some(call) => {
                flow = if call.step.gives == Flow::Any { flow } else { call.step.gives };
                calls.push(call);
            }
            None => {
                is_sound = false;
                skip_step(cursor);
            }
        }
    }
    is_sound.then_some(flow)
}

/// To the next pipe or the end of the value, so that one wrong step gives one finding.
fn skip_step(cursor: &mut Cursor<'_>) {
    use crate::syntax::TokenKind;
    while let Some(token) = cursor.peek() {
        if token.kind == TokenKind::Pipe || cursor.is_at("when") || !(token.kind.is_bare() || token.kind.is_text()) {
            return;
        }
        cursor.take();
    }
}

fn unknown_step(name: &str) -> Diagnostic {
    let mut finding = Diagnostic::error(codes::E2206, format!("there is no step `{name}`"));
    finding.hint = suggest::did_you_mean(name, catalogue().map(|step| step.name));
    finding
}

/// The line goes on with something else. A needed argument may be a word such as `in`, which is a unit too.
fn is_at_stop(cursor: &Cursor<'_>, is_needed: bool) -> bool {
    match cursor.peek() {
        Some(token) if token.kind.is_text() => false,
        Some(token) if token.kind.is_bare() && is_needed => matches!(cursor.peek_str(), "when" | "else"),
        Some(token) if token.kind.is_bare() => STOPS.contains(&cursor.peek_str()),
        _ => true,
    }
}

fn read_arguments(
    cursor: &mut Cursor<'_>,
    scope: &Scope<'_>,
    step: &'static Step,
    found: &mut Vec<Diagnostic>,
) -> Option<Vec<Option<Argument>>> {
    let file = &cursor.tree().file.clone();
    let mut values: Vec<Option<Argument>> = vec![None; step.parameters.len()];
    loop {
        let keyed = step.parameters.iter().position(|parameter| parameter.key.is_some_and(|key| cursor.is_at(key)));
        let index = match keyed {
            Some(index) => {
                cursor.take();
                index
            }
            None => {
                let next = (0..values.len()).find(|at| step.parameters[*at].key.is_none() && values[*at].is_none());
                match next {
                    Some(index) if !is_at_stop(cursor, step.parameters[index].is_required) => index,
                    _ => break,
                }
            }
        };
        let parameter = &step.parameters[index];
        let place = cursor.here();
        let Some((text, _)) = cursor.text() else { break };
        match read_argument(parameter.kind, &text, scope) {
            Ok(value) => values[index] = Some(value),
            Err(finding) => {
                let hint = finding.hint.clone().unwrap_or_else(|| format!("it is written `{}`", step.syntax));
                found.push(finding.at(file, place, "").hint(hint));
                return None;
            }
        }
    }
    for (parameter, value) in step.parameters.iter().zip(&values) {
        if parameter.is_required && value.is_none() {
            let what = format!("`{}` needs {}", step.name, parameter.name);
            let hint = format!("it is written `{}`", step.syntax);
            found.push(Diagnostic::error(codes::E2207, what).at(file, cursor.here(), "here").hint(hint));
            return None;
        }
    }
    if !is_at_stop(cursor, false) {
        let what = format!("`{}` does not take this", step.name);
        let hint = format!("it is written `{}`; another step begins with `|`", step.syntax);
        found.push(Diagnostic::error(codes::E2207, what).at(file, cursor.here(), "").hint(hint));
        return None;
    }
    Some(values)
}

fn read_else(cursor: &mut Cursor<'_>, step: &Step, found: &mut Vec<Diagnostic>) -> Option<OnTrouble> {
    if !cursor.is_at("else") {
        return Some(OnTrouble::Error);
    }
    let place = cursor.here();
    cursor.take();
    let word = cursor.peek_str();
    let named = ON_TROUBLE.iter().find(|(name, _)| *name == word);
    if let (true, Some((_, on_trouble))) = (step.can_fail, named) {
        cursor.take();
        return Some(*on_trouble);
    }
    let hint = if step.can_fail {
        "after a step `else` says what happens to a value it cannot work on: error, warn, keep or empty"
    } else {
        "`a else b` stands before the steps; after them use `| default TEXT`"
    };
    let finding = Diagnostic::error(codes::E2207, format!("`else` does not fit after `{}`", step.name));
    found.push(finding.at(&cursor.tree().file, place, "").hint(hint));
    None
}

fn read_argument(kind: Kind, text: &str, scope: &Scope<'_>) -> Result<Argument, Box<Diagnostic>> {
    let refuse = |what: String| Err(Box::new(Diagnostic::error(codes::E2207, what)));
    match kind {
        Kind::Text => Ok(Argument::Text(Arc::from(text))),
        Kind::SomeText if text.is_empty() => refuse("this text may not be empty".to_owned()),
        Kind::SomeText => Ok(Argument::Text(Arc::from(text))),
        Kind::Count(from, to) => match text.parse::<u32>() {
            Ok(value) if (from..=to).contains(&value) => Ok(Argument::Count(value)),
            _ => refuse(format!("a whole number from {from} to {to} is needed here")),
        },
        Kind::Decimal => Decimal::parse(text)
            .map_or_else(|| refuse("a number is needed here".to_owned()), |v| Ok(Argument::Decimal(v))),
        Kind::Word(words) => match words.iter().find(|word| **word == text) {
            Some(word) => Ok(Argument::Word(word)),
            None => refuse(format!("one of these words is needed here: {}", words.join(", "))),
        },
        Kind::Table => scope.table(text).map(Argument::Table),
        Kind::Lookup => match scope.lookup(text) {
            Some(name) => Ok(Argument::Lookup(name.clone())),
            None => scope.table(text).map(Argument::Table),
        },
        Kind::Script => scope.script(text).map(Argument::Script),
        Kind::Format => Pattern::parse(text).map(Argument::Format).or_else(refuse),
        Kind::Zone => match TimeZoneDatabase::bundled().get(text) {
            Ok(zone) => Ok(Argument::Zone(zone)),
            Err(_) => refuse("there is no such time zone; it is written like `Europe/Berlin`".to_owned()),
        },
        Kind::Shift => Shift::parse(text).map_or_else(
            || refuse("a stretch of time is needed here: `2d`, `-6h`, `30min`, `1mo`, `1y`".to_owned()),
            |shift| Ok(Argument::Shift(shift)),
        ),
        Kind::Unit => match Unit::find(text) {
            Some(unit) => Ok(Argument::Unit(unit)),
            None => {
                let mut finding = Diagnostic::error(codes::E2207, format!("there is no unit `{text}` to convert"));
                finding.hint = Some(format!("the units are {}", Unit::names()));
                Err(finding.into())
            }
        },
    }
}

impl Shift {
    /// `-?digits` and `s`, `m` or `min`, `h`, `d`, `w`, `mo`, `y`; at most a million of them.
    pub(crate) fn parse(text: &str) -> Option<Shift> {
        let unit_at = text.find(|letter: char| letter.is_ascii_alphabetic())?;
        let amount: i64 = text.get(..unit_at)?.parse().ok().filter(|amount: &i64| amount.abs() <= 1_000_000)?;
        let (unit, times) = match text.get(unit_at..)? {
            "s" => (ShiftUnit::Second, 1),
            "m" | "min" => (ShiftUnit::Minute, 1),
            "h" => (ShiftUnit::Hour, 1),
            "d" => (ShiftUnit::Day, 1),
            "w" => (ShiftUnit::Day, 7),
            "mo" => (ShiftUnit::Month, 1),
            "y" => (ShiftUnit::Year, 1),
            _ => return None,
        };
        Some(Shift { amount: amount * times, unit })
    }
}
