//! Steps: what `|` can do to a value. One table from which the checker, the reference and the runner read.
//!
//! Promises: a step is checked for its arguments and for what flows into it before anything runs; an empty value and
//! the `""` of v2 pass through every step that does not say otherwise; no step panics, and none makes a text longer
//! than [`VALUE_BYTES_MAX`]. Every example of the table is run by a test.

mod argument;
mod code_tables;
mod dates;
mod identity;
mod numbers;
mod scripts;
mod structure;
mod text;
mod units;

pub(crate) use argument::{Arguments, parse_step, parse_steps};
pub use argument::{Kind, Parameter};
pub(crate) use code_tables::outside;

use crate::{
    codes,
    item::{Atom, Item},
    run::{Fault, Run, Site},
    table::Table,
};
use message::{Code, Diagnostic, Reason, limits};
use std::{borrow::Cow, sync::Arc};

/// Longest text that a step may make.
pub const VALUE_BYTES_MAX: usize = limits::FRAME_BYTES_MAX;
/// Steps of one value.
pub const STEPS_MAX: usize = 64;

/// Which part of the catalogue a step belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Letters and signs.
    Text,
    /// Dates and times.
    Dates,
    /// Numbers and units.
    Numbers,
    /// Code tables, defaults, requirements.
    Codes,
    /// Lists.
    Structure,
    /// New identifiers.
    Identity,
    /// Scripts of the workspace.
    Scripts,
}

/// What flows through a pipe, as far as it is known before a message is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Not known: it depends on the message.
    Any,
    /// A text.
    Text,
    /// A date or time.
    Date,
    /// A number.
    Number,
}

impl Flow {
    /// What gives `self` may be followed by what takes `next`.
    #[must_use]
    pub fn fits(self, next: Flow) -> bool {
        matches!(
            (self, next),
            (Flow::Any | Flow::Text, _)
                | (_, Flow::Any | Flow::Text)
                | (Flow::Date, Flow::Date)
                | (Flow::Number, Flow::Number)
        )
    }
    /// In words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Flow::Any => "any value",
            Flow::Text => "a text",
            Flow::Date => "a date",
            Flow::Number => "a number",
        }
    }
}

/// A line of the catalogue.
pub struct Step {
    /// The word after `|`.
    pub name: &'static str,
    /// Its chapter.
    pub group: Group,
    /// How it is written, without the pipe.
    pub syntax: &'static str,
    /// What it takes after its name.
    pub parameters: &'static [Parameter],
    /// What has to flow in.
    pub takes: Flow,
    /// What flows out.
    pub gives: Flow,
    /// It can fail on a value, so it takes `else error|warn|keep|empty` at its end.
    pub can_fail: bool,
    /// It may begin a value, with nothing flowing in.
    pub can_begin: bool,
    /// What it does.
    pub description: &'static str,
    /// Examples that a test runs.
    pub examples: &'static [Example],
    /// Makes the operation from checked arguments; the text of an error is for the analyst.
    pub(crate) build: fn(&Arguments) -> Result<Operation, String>,
}

/// A value and what comes of it.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// As written in a map.
    pub value: &'static str,
    /// The texts that come out; none when nothing does.
    pub gives: &'static [&'static str],
}

/// The catalogue, chapter by chapter.
pub fn catalogue() -> impl Iterator<Item = &'static Step> {
    [text::STEPS, dates::STEPS, numbers::STEPS, code_tables::STEPS, structure::STEPS, identity::STEPS, scripts::STEPS]
        .into_iter()
        .flatten()
}

/// The step of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Step> {
    catalogue().find(|step| step.name == name)
}

/// Why a step could not do its work on a value. Says nothing of the value (R10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The value is not what the step reads: `a date`.
    Unreadable(&'static str),
    /// The code is not in this table and the table has no default.
    NotInTable(Arc<str>),
    /// Nothing is there.
    Missing,
    /// The result would be too large, or there is no such date or number.
    OutOfRange(&'static str),
    /// The run's fuel is used up.
    Fuel,
    /// The script failed, at its own place.
    Script(Box<Fault>),
    /// This lookup has nothing under the value.
    NoAnswer(Arc<str>),
    /// This lookup could not be answered, and a person has to look.
    Failed(Arc<str>, Reason),
    /// The same, and the message comes again later.
    PutOff(Arc<str>, Reason),
    /// This lookup was not asked yet.
    Unasked(Arc<str>),
}

impl Trouble {
    fn code(&self) -> Code {
        match self {
            Trouble::NotInTable(_) => codes::E2401,
            Trouble::Missing => codes::E2402,
            Trouble::Unreadable(_) | Trouble::OutOfRange(_) => codes::E2403,
            Trouble::Fuel => codes::E2404,
            Trouble::Script(fault) => fault.code,
            Trouble::NoAnswer(_) => codes::E2701,
            Trouble::Failed(..) => codes::E2702,
            Trouble::PutOff(..) => codes::E2704,
            Trouble::Unasked(_) => codes::E2703,
        }
    }
    fn sentence(&self, step: &str) -> String {
        match self {
            Trouble::NotInTable(table) => {
                format!("`{step}`: the code is not in table `{table}`, which has no default row")
            }
            Trouble::Missing => format!("`{step}`: the value is empty"),
            Trouble::Unreadable(what) => format!("`{step}`: the value is not {what}"),
            Trouble::OutOfRange(what) => format!("`{step}`: {what}"),
            Trouble::Fuel => "this message needs more steps than one message may use".to_owned(),
            Trouble::Script(fault) => fault.text.clone(),
            Trouble::NoAnswer(lookup) => format!("`{step}`: `{lookup}` has nothing under the value"),
            Trouble::Failed(lookup, reason) | Trouble::PutOff(lookup, reason) => {
                format!("`{step}`: `{lookup}` was not answered: {reason}")
            }
            Trouble::Unasked(lookup) => format!("`{step}`: `{lookup}` is asked by a running engine only"),
        }
    }
}

/// What a step may use while it runs.
pub(crate) struct Context<'r> {
    pub(crate) run: &'r mut Run,
}

impl Context<'_> {
    pub(crate) fn burn(&mut self, amount: usize) -> Result<(), Trouble> {
        if self.run.burn(amount as u64) { Ok(()) } else { Err(Trouble::Fuel) }
    }
}

type EachFn = dyn for<'v> Fn(Cow<'v, str>, &mut Context<'_>) -> Result<Cow<'v, str>, Trouble> + Send + Sync;
type WholeFn = dyn for<'v> Fn(Item<'v>, &mut Context<'_>) -> Result<Item<'v>, Trouble> + Send + Sync;

/// What a step does, its arguments built in.
pub(crate) enum Operation {
    /// On each text by itself.
    Each(Box<EachFn>),
    /// On each text by itself: the code of the other system, as the table has it.
    Code(Arc<Table>),
    /// On the value as a whole.
    Whole(Box<WholeFn>),
}

impl Operation {
    /// It works on each text by itself, and makes nothing of nothing.
    pub(crate) fn is_each(&self) -> bool {
        matches!(self, Operation::Each(_) | Operation::Code(_))
    }

    /// What it makes of one text.
    fn on_text<'v>(&'v self, text: Cow<'v, str>, run: &mut Run) -> Result<Cow<'v, str>, Trouble> {
        match self {
            Operation::Each(operation) => operation(text, &mut Context { run }),
            Operation::Code(table) => match table.row(&text) {
                Some(row) => Ok(Cow::Borrowed(row.to())),
                None => Err(Trouble::NotInTable(table.name().clone())),
            },
            Operation::Whole(_) => Ok(text),
        }
    }
}

/// An operation on each text.
pub(crate) fn each<F>(operation: F) -> Result<Operation, String>
where
    F: for<'v> Fn(Cow<'v, str>, &mut Context<'_>) -> Result<Cow<'v, str>, Trouble> + Send + Sync + 'static,
{
    Ok(Operation::Each(Box::new(operation)))
}

/// An operation on the value as a whole.
pub(crate) fn whole<F>(operation: F) -> Result<Operation, String>
where
    F: for<'v> Fn(Item<'v>, &mut Context<'_>) -> Result<Item<'v>, Trouble> + Send + Sync + 'static,
{
    Ok(Operation::Whole(Box::new(operation)))
}

/// What happens to a value that a step cannot work on: `else …`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnTrouble {
    /// The run ends with a fault.
    Error,
    /// The value stays and a finding is kept.
    Warn,
    /// The value stays.
    Keep,
    /// The value becomes empty.
    Empty,
}

/// The words after `else`.
pub(crate) const ON_TROUBLE: [(&str, OnTrouble); 4] =
    [("error", OnTrouble::Error), ("warn", OnTrouble::Warn), ("keep", OnTrouble::Keep), ("empty", OnTrouble::Empty)];

/// A step as a line uses it: compiled, ready to run.
pub(crate) struct Call {
    pub(crate) step: &'static Step,
    pub(crate) operation: Operation,
    pub(crate) on_trouble: OnTrouble,
    pub(crate) site: Site,
    /// The table in which it looks the value up as a code.
    pub(crate) table: Option<Arc<Table>>,
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "| {}", self.step.name)
    }
}

impl Call {
    /// Runs the step. One unit of fuel a text, and one for each 64 bytes.
    pub(crate) fn apply<'v>(&'v self, item: Item<'v>, run: &mut Run) -> Result<Item<'v>, Fault> {
        let size: u64 = item.atoms().iter().map(|atom| 1 + (atom.as_str().len() / 64) as u64).sum();
        self.site.burn(run, size)?;
        match &self.operation {
            Operation::Each(_) | Operation::Code(_) => match item {
                Item::One(atom) => Ok(Item::One(self.on_atom(atom, run)?)),
                Item::Many(atoms) => {
                    let done: Result<Vec<_>, Fault> = atoms.into_iter().map(|atom| self.on_atom(atom, run)).collect();
                    Ok(Item::Many(done?))
                }
            },
            Operation::Whole(operation) => {
                let kept = if self.on_trouble == OnTrouble::Error { None } else { Some(item.clone()) };
                match operation(item, &mut Context { run }) {
                    Ok(item) => Ok(item),
                    Err(trouble) => Ok(self.settle(&trouble, kept, run)?.unwrap_or(Item::EMPTY)),
                }
            }
        }
    }

    fn on_atom<'v>(&'v self, atom: Atom<'v>, run: &mut Run) -> Result<Atom<'v>, Fault> {
        match atom {
            Atom::Text(text) => Ok(self.on_text(text, run)?.map_or(Atom::Empty, Atom::text)),
            Atom::Empty | Atom::Null => Ok(atom),
        }
    }

    /// As [`Call::apply`], for one text of a step that works on each by itself.
    #[inline]
    pub(crate) fn apply_to_text<'v>(
        &'v self,
        text: Cow<'v, str>,
        run: &mut Run,
    ) -> Result<Option<Cow<'v, str>>, Fault> {
        self.site.burn(run, 1 + (text.len() / 64) as u64)?;
        Ok(self.on_text(text, run)?.filter(|text| !text.is_empty()))
    }

    fn on_text<'v>(&'v self, text: Cow<'v, str>, run: &mut Run) -> Result<Option<Cow<'v, str>>, Fault> {
        let kept = if self.on_trouble == OnTrouble::Error { None } else { Some(text.clone()) };
        let is_told = matches!(self.on_trouble, OnTrouble::Error | OnTrouble::Warn);
        let code = if is_told && run.missed.is_some() { Some(text.clone()) } else { None };
        match self.operation.on_text(text, run) {
            Ok(text) => Ok(Some(text)),
            Err(Trouble::NotInTable(table)) if code.is_some() => {
                run.miss(&table, code.as_deref().unwrap_or_default());
                self.settle(&Trouble::NotInTable(table), kept, run)
            }
            Err(trouble) => self.settle(&trouble, kept, run),
        }
    }

    /// What `else` says about a trouble: the value as it was, nothing, or a fault.
    #[cold]
    fn settle<T>(&self, trouble: &Trouble, kept: Option<T>, run: &mut Run) -> Result<Option<T>, Fault> {
        match trouble {
            Trouble::Fuel => return Err(self.site.out_of_fuel()),
            // What `else` says is about values, and here is none.
            Trouble::Failed(..) | Trouble::PutOff(..) | Trouble::Unasked(_) => {
                return Err(self.site.fault(trouble.code(), trouble.sentence(self.step.name)));
            }
            Trouble::Unreadable(_)
            | Trouble::NotInTable(_)
            | Trouble::Missing
            | Trouble::OutOfRange(_)
            | Trouble::Script(_)
            | Trouble::NoAnswer(_) => {}
        }
        match self.on_trouble {
            OnTrouble::Error if let Trouble::Script(fault) = trouble => Err(Fault::clone(fault)),
            OnTrouble::Error => Err(self.site.fault(trouble.code(), trouble.sentence(self.step.name))),
            OnTrouble::Keep => Ok(kept),
            OnTrouble::Empty => Ok(None),
            OnTrouble::Warn => {
                let note = Diagnostic::warning(trouble.code(), trouble.sentence(self.step.name));
                run.note(note.at(&self.site.file, self.site.span(), ""));
                Ok(kept)
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
