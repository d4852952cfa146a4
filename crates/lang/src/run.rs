//! One run over one message: its fuel, its time, its findings; and how a run ends early.
//!
//! Promises: the same message, program, `now` and `seed` give the same output; a run that would go on for too long ends
//! with a [`Fault`]; no fault or note says what was in the message (R10).

use crate::{
    codes,
    lookup::{Answers, Question},
    syntax::Tree,
};
use message::{Code, Diagnostic, Location, Phi, Severity, Timestamp, limits};
use std::{collections::BTreeSet, ops::Range, sync::Arc};

/// Findings that one run keeps; later ones are counted by the last.
pub const NOTES_MAX: usize = 256;
/// Names that `sequence` may count under in one run.
pub(crate) const COUNTERS_MAX: usize = 1024;

/// Codes that code tables do not have: the table's name and the code.
pub type Missed = BTreeSet<(Arc<str>, String)>;

/// What one message may use, and what it left behind.
#[derive(Debug)]
pub struct Run {
    /// What `now` means: the time of acceptance, so that a replay gives the same output.
    pub now: Timestamp,
    /// What is left of [`limits::FUEL_PER_MESSAGE`].
    pub fuel: u64,
    /// What makes `uuid` and `id` of this message differ from those of another: derive it from the message's bytes.
    pub seed: u64,
    /// Findings that did not end the run.
    pub notes: Vec<Diagnostic>,
    /// Codes that tables do not have, with the table; kept only when there is a set to put them in.
    pub missed: Option<Phi<Missed>>,
    /// What scripts keep with the message; bounded by what they may keep.
    pub log: Vec<Phi<String>>,
    /// What lookups outside are known to have answered; nothing without it.
    pub answers: Option<Arc<dyn Answers>>,
    /// A question that has no answer yet, and that ended the run.
    pub asked: Option<Question>,
    counters: Vec<(Arc<str>, u64)>,
}

impl Run {
    /// A fresh run with full fuel.
    #[must_use]
    pub fn new(now: Timestamp, seed: u64) -> Run {
        Run {
            now,
            fuel: limits::FUEL_PER_MESSAGE,
            seed,
            notes: Vec::new(),
            missed: None,
            log: Vec::new(),
            answers: None,
            asked: None,
            counters: Vec::new(),
        }
    }

    /// The same, with what lookups outside are known to have answered.
    #[must_use]
    pub fn with_answers(self, answers: Option<Arc<dyn Answers>>) -> Run {
        Run { answers, ..self }
    }

    /// Uses `amount` of the fuel; `false` when there is not enough left, and then nothing is left.
    #[inline]
    pub fn burn(&mut self, amount: u64) -> bool {
        match self.fuel.checked_sub(amount) {
            Some(left) => {
                self.fuel = left;
                true
            }
            None => {
                self.fuel = 0;
                false
            }
        }
    }

    /// Keeps a finding, up to [`NOTES_MAX`].
    pub fn note(&mut self, note: Diagnostic) {
        if self.notes.len() < NOTES_MAX {
            self.notes.push(note);
        }
    }

    /// Keeps a code that a table does not have, if that was asked for.
    pub(crate) fn miss(&mut self, table: &Arc<str>, code: &str) {
        if let Some(missed) = self.missed.take() {
            let mut missed = missed.into_inner();
            missed.insert((table.clone(), code.to_owned()));
            self.missed = Some(Phi::new(missed));
        }
    }

    /// The next number under `name`, from 1; `None` after [`COUNTERS_MAX`] names.
    pub fn next_number(&mut self, name: &Arc<str>) -> Option<u64> {
        if let Some((_, count)) = self.counters.iter_mut().find(|(known, _)| known == name) {
            *count = count.saturating_add(1);
            return Some(*count);
        }
        if self.counters.len() >= COUNTERS_MAX {
            return None;
        }
        self.counters.push((name.clone(), 1));
        Some(1)
    }
}

/// Why a run ended before its end. The message is not to be used further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The code, with its page.
    pub code: Code,
    /// File and line of the program, and one sentence, without patient data.
    pub text: String,
    /// The line of the program that failed.
    pub place: Box<Location>,
}

impl Fault {
    /// The fault as a finding of severity `Error`.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic {
            code: self.code,
            severity: Severity::Error,
            message: self.text.clone(),
            locations: vec![(*self.place).clone()],
            hint: None,
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.text)
    }
}
impl std::error::Error for Fault {}

/// A place in the program, kept by everything that can fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    pub(crate) file: Arc<str>,
    /// The text of the file, from which a fault counts its line.
    source: Arc<str>,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Site {
    pub(crate) fn new(tree: &Tree, span: Range<usize>) -> Site {
        let narrow = |position: usize| u32::try_from(position).unwrap_or(u32::MAX);
        Site { file: tree.file.clone(), source: tree.text.clone(), start: narrow(span.start), end: narrow(span.end) }
    }
    /// For a fault that belongs to no line.
    pub(crate) fn nowhere() -> Site {
        let nothing: Arc<str> = Arc::from("");
        Site { file: nothing.clone(), source: nothing, start: 0, end: 0 }
    }
    /// The text of the file.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }
    /// The line, from 1.
    pub(crate) fn line(&self) -> usize {
        let before = self.source.get(..self.start as usize).unwrap_or("");
        before.bytes().filter(|byte| *byte == b'\n').count() + 1
    }
    pub(crate) fn span(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
    #[cold]
    pub(crate) fn fault(&self, code: Code, text: impl Into<String>) -> Fault {
        let place = Location::Text { file: self.file.clone(), span: self.span(), label: String::new() };
        let text = if self.file.is_empty() {
            text.into()
        } else {
            format!("{} line {}: {}", self.file, self.line(), text.into())
        };
        Fault { code, text, place: Box::new(place) }
    }
    #[cold]
    pub(crate) fn out_of_fuel(&self) -> Fault {
        self.fault(codes::E2404, "this message needs more steps than one message may use")
    }
    /// Uses fuel, or fails here.
    #[inline]
    pub(crate) fn burn(&self, run: &mut Run, amount: u64) -> Result<(), Fault> {
        if run.burn(amount) { Ok(()) } else { Err(self.out_of_fuel()) }
    }
}
