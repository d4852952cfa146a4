//! Lookups outside: questions that a line asks while it runs, and what is known of their answers.
//!
//! A run asks nothing itself, because it has no I/O. A line that needs an answer which is not known ends its run with the
//! question in [`crate::Run::asked`]; who runs it finds the answer and runs it again from the start. So the same message,
//! program, run and answers give the same output.
//!
//! Promises: a question and an answer print nothing of a patient (R10); a line says what happens when nothing is found, and
//! when nobody answers.

use crate::{
    run::Run,
    steps::{Context, Trouble},
};
use formats::{Document, Path};
use message::{Phi, Reason};
use std::{fmt, sync::Arc};

/// What one line wants to know.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    /// Which lookup.
    pub lookup: Arc<str>,
    /// What is looked up.
    pub key: Phi<String>,
}

/// What came of a question.
#[derive(Clone)]
pub enum Known {
    /// This was found: a document of JSON.
    Found(Arc<Document>),
    /// There is nothing under this key.
    Missing,
    /// Nobody knows: it could not be asked, or the answer is of no use.
    Failed(Reason),
}

impl fmt::Debug for Known {
    /// Without content (R10).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Known::Found(_) => f.write_str("Found"),
            Known::Missing => f.write_str("Missing"),
            Known::Failed(reason) => write!(f, "Failed({reason})"),
        }
    }
}

/// The answers that a run may use.
///
/// 1. For one run and all that repeat it, the same question has the same answer.
/// 2. It does not wait: `None` is an answer that is not there yet.
pub trait Answers: fmt::Debug + Send + Sync {
    /// What is known.
    fn known(&self, question: &Question) -> Option<Known>;
}

/// The names that lines may ask.
#[derive(Clone, Debug, Default)]
pub struct Lookups {
    names: Vec<Arc<str>>,
}

impl Lookups {
    /// Adds a name.
    pub fn add(&mut self, name: Arc<str>) {
        self.names.push(name);
    }

    /// The name as it was added.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<str>> {
        self.names.iter().find(|known| ***known == *name)
    }

    /// All of them.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.names.iter().map(|name| &**name)
    }
}

/// What happens when a lookup fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnFailure {
    /// The message waits for a person.
    Park,
    /// The message is not taken now; its sender tries again.
    Later,
    /// The value stays.
    Keep,
    /// The value becomes empty.
    Empty,
}

/// The words after `failed`.
pub(crate) const ON_FAILURE: &[&str] = &["park", "later", "keep", "empty"];

impl OnFailure {
    pub(crate) fn named(word: &str) -> Option<OnFailure> {
        match word {
            "park" => Some(OnFailure::Park),
            "later" => Some(OnFailure::Later),
            "keep" => Some(OnFailure::Keep),
            "empty" => Some(OnFailure::Empty),
            _ => None,
        }
    }
}

/// Which value of which answer, and what happens without one.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) lookup: Arc<str>,
    pub(crate) column: Path,
    pub(crate) failed: OnFailure,
}

impl Wanted {
    /// The value for a key; `None` to keep the key.
    pub(crate) fn find(&self, key: &str, context: &mut Context<'_>) -> Result<Option<String>, Trouble> {
        context.burn(COST)?;
        let question = Question { lookup: self.lookup.clone(), key: Phi::new(key.to_owned()) };
        match context.run.ask(question) {
            None => Err(Trouble::Unasked(self.lookup.clone())),
            Some(Known::Found(document)) => {
                Ok(Some(document.first(&self.column).map(|node| node.text().to_owned()).unwrap_or_default()))
            }
            Some(Known::Missing) => Err(Trouble::NoAnswer(self.lookup.clone())),
            Some(Known::Failed(reason)) => match self.failed {
                OnFailure::Park => Err(Trouble::Failed(self.lookup.clone(), reason)),
                OnFailure::Later => Err(Trouble::PutOff(self.lookup.clone(), reason)),
                OnFailure::Keep => Ok(None),
                OnFailure::Empty => Ok(Some(String::new())),
            },
        }
    }
}

/// Fuel of a question.
const COST: usize = 16;

impl Run {
    /// What is known; keeps the question where nothing is.
    fn ask(&mut self, question: Question) -> Option<Known> {
        let known = self.answers.as_ref().and_then(|answers| answers.known(&question));
        if known.is_none() {
            self.asked = Some(question);
        }
        known
    }
}

#[cfg(test)]
mod tests;
