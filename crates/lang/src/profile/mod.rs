//! Profiles: what a valid message is at this site, in lines over the standard.
//!
//! ```text
//! profile adt-feed extends hl7v2 2.5.1 ADT {
//!   require PID-3[.5=MR].1  because "our index finds patients by the medical record number"
//!   forbid  PID-19
//!   bind    PV1-2 to [I, O, E]
//!   usage   PV1-45 required when event = A03
//!   rule "a discharge has a date" when event = A03 { PV1-45 exists }
//!   document ZPD-1 "Debug token" ST
//! }
//! ```
//! A profile may extend another: it has the other's lines, and those of its own that speak about the same place go over
//! them. What lines mean is in [`hl7v2::validate::lines`]; here they are read, checked against the dictionary, and their
//! conditions compiled.
//!
//! Promises: a profile that compiles can be checked against any message; each line has a code by which it is found; a check
//! is bounded by fuel and says nothing of what is in the message.
//! Never: files; who loads them gives trees and names.

mod bounds;
mod compile;
mod document;
mod header;
mod inherit;
pub mod learned;
mod line;
mod outline;
mod ruleset;
mod values;

use crate::{
    codes,
    condition::Condition,
    run::{Fault, Run, Site},
    syntax::Tree,
    view::View,
};
use hl7v2::{
    Element, Message,
    validate::{
        self, Report,
        lines::{Judge, Lines},
    },
};
use message::{Diagnostic, Severity};
use std::{collections::BTreeMap, sync::Arc};

pub use compile::WORDS;
pub use ruleset::{Ruleset, by_guide};

/// Bytes of a message that cost one step.
const BYTES_PER_STEP: usize = 8;

/// A line as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `require`.
    pub word: Arc<str>,
    /// `PID-8`; of a rule its text.
    pub subject: Arc<str>,
    /// What the standard calls the place.
    pub name: Arc<str>,
    /// What follows the subject, blanks collapsed.
    pub rest: Arc<str>,
    /// The code of its issues; empty for lines that make none.
    pub code: Arc<str>,
    /// How much it weighs, for lines that make issues.
    pub severity: Option<Severity>,
    /// The profile that it stands in.
    pub profile: Arc<str>,
    /// The file.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: usize,
}

/// A message that shows what the profile asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The file, beside that of the profile.
    pub file: Arc<str>,
    /// Why it is not valid; `None` for one that is.
    pub invalid: Option<Arc<str>>,
    /// The file of the profile.
    pub at: Arc<str>,
    /// Where it is named there.
    pub span: std::ops::Range<usize>,
}

/// A compiled profile.
#[derive(Debug)]
pub struct Profile {
    /// Its name.
    pub name: Arc<str>,
    /// A line for people; empty where none is given.
    pub title: Arc<str>,
    /// A text for people; may be empty.
    pub description: Arc<str>,
    /// The profile that it extends.
    pub parent: Option<Arc<str>>,
    /// Its lines and those that it inherits, in order.
    pub entries: Vec<Entry>,
    /// Its own examples.
    pub examples: Vec<Example>,
    lines: Lines,
    conditions: Vec<Arc<Condition>>,
    tree: Arc<Tree>,
    /// Its statement in the tree.
    index: usize,
    site: Site,
}

impl Profile {
    /// What it is over, its lines and what it documents, compiled.
    #[must_use]
    pub fn lines(&self) -> &Lines {
        &self.lines
    }

    /// The file that it stands in, and the number of its statement there.
    #[must_use]
    pub fn source(&self) -> (&Arc<Tree>, usize) {
        (&self.tree, self.index)
    }

    /// Checks a message; `findings` is what [`Message::parse`] said of it.
    ///
    /// # Errors
    /// A condition that could not be told, or no fuel left.
    pub fn validate(
        &self,
        message: &Message,
        findings: &[Diagnostic],
        values: bool,
        run: &mut Run,
    ) -> Result<Report, Fault> {
        self.site.burn(run, (message.write().len() / BYTES_PER_STEP) as u64 + self.lines.lines().len() as u64)?;
        let mut asked = Asked { conditions: &self.conditions, run, fault: None };
        let options = validate::Options { values, ..validate::Options::default() };
        let report = validate::validate_with(message, findings, options, &self.lines, &mut asked);
        match asked.fault {
            Some(fault) => Err(fault),
            None => Ok(report),
        }
    }
}

/// Answers the conditions of a profile's lines.
struct Asked<'a> {
    conditions: &'a [Arc<Condition>],
    run: &'a mut Run,
    fault: Option<Fault>,
}

impl Judge for Asked<'_> {
    fn holds(&mut self, condition: usize, message: &Message, segment: Option<Element<'_>>) -> Option<bool> {
        if self.fault.is_some() {
            return None;
        }
        let view = View { focus: segment, ..View::new(message) };
        match self.conditions.get(condition)?.holds(&view, self.run) {
            Ok(holds) => Some(holds),
            Err(fault) => {
                self.fault = Some(fault);
                None
            }
        }
    }
}

/// Compiled profiles by name.
#[derive(Clone, Debug, Default)]
pub struct Profiles {
    by_name: BTreeMap<Arc<str>, Arc<Profile>>,
    /// Profiles of guides, in XML.
    guides: BTreeMap<Arc<str>, (Arc<Vec<hl7v2::profile::Profile>>, u64)>,
}

impl Profiles {
    /// Compiles every profile of these files, over those that are known already; an own one goes over a known one of its
    /// name. What is wrong with one does not hide the others.
    #[must_use]
    pub fn compile(trees: &[Arc<Tree>], tables: &crate::Tables, known: &Profiles) -> (Profiles, Vec<Diagnostic>) {
        compile::all(trees, tables, known)
    }

    /// The profile of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Profile>> {
        self.by_name.get(name)
    }

    /// Adds the profiles of a guide under a name; `digest` changes when its files do.
    pub fn insert_guide(&mut self, name: &str, guide: Arc<Vec<hl7v2::profile::Profile>>, digest: u64) {
        self.guides.insert(name.into(), (guide, digest));
    }

    /// The profiles of guides, by name, with their digests.
    pub fn guides(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<Vec<hl7v2::profile::Profile>>, u64)> {
        self.guides.iter().map(|(name, (guide, digest))| (name, guide, *digest))
    }

    /// Every name of a profile of the language, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(|name| &**name)
    }

    /// Every profile, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Profile>> {
        self.by_name.values()
    }

    /// There is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The profile of that name, or a finding with what was probably meant.
    ///
    /// # Errors
    /// E2511.
    pub fn find(&self, name: &str) -> Result<&Arc<Profile>, Box<Diagnostic>> {
        self.get(name).ok_or_else(|| {
            let mut finding = Diagnostic::error(codes::E2511, format!("there is no profile `{name}`"));
            let guides = self.guides.keys().map(|name| &**name);
            finding.hint = crate::suggest::did_you_mean(name, self.names().chain(guides).chain(["strict", "lenient"]))
                .or_else(|| {
                    Some(format!("write `profile {name} extends hl7v2 … {{ … }}` in shared/profiles/{name}.flow"))
                });
            Box::new(finding)
        })
    }
}

#[cfg(test)]
mod tests;
