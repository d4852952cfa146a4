//! Validation of resources by the definitions of R4, and by profiles.
//!
//! Owns what a check tells ([`Issue`], [`Report`]), the rules of the base definitions (structure, values, codes,
//! references, extensions, contained resources, bundles), invariants, and profiles that are compiled from structure
//! definitions.
//!
//! | what | where |
//! |---|---|
//! | the walk over a resource by its definitions | `walk`, with `plan`: what is asked of each element, made once |
//! | the form of primitive values | `primitive` |
//! | codes | `coding` |
//! | references, extensions, contained resources, bundles | `reference`, `extension`, `contained`, `bundle` |
//! | rules in FHIRPath | `invariant` |
//! | profiles: read, compiled, checked | [`Profiles`], `profile` |
//! | issues as an OperationOutcome | [`outcome`] |
//!
//! ```
//! use fhir::{Tree, validate::Validator};
//!
//! let patient = Tree::read(br#"{"resourceType":"Patient","gender":"F","birthdate":"1980-02-30"}"#)?;
//! let report = Validator::default().validate(&patient);
//! assert!(!report.is_valid());
//! let told: Vec<String> = report.errors().map(|issue| format!("{} {}", issue.code, issue.path)).collect();
//! assert_eq!(told, ["E1266 Patient.gender", "E1260 Patient.birthdate"]);
//! # Ok::<(), fhir::Error>(())
//! ```
//!
//! Promises: a resource is valid when no issue is an error; a sentence says what the rule asks and never what stood there,
//! which is apart as [`Phi`] and only where it was asked for; the number of issues and the depth are bounded.
//! Never: terminology that R4 does not bring (LOINC, SNOMED CT, UCUM): such codes are not judged.

mod bundle;
mod coding;
mod contained;
mod extension;
mod invariant;
mod location;
pub mod outcome;
mod plan;
mod primitive;
mod profile;
mod reference;
#[cfg(test)]
mod tests;
mod walk;

pub use profile::{Added, Profiles};

use crate::{Node, Tree};
use message::{Code, Phi, Severity};
use std::borrow::Cow;

/// Most issues that one report holds.
pub const ISSUES_MAX: usize = 10_000;

/// One broken rule at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// A code of the catalogue, or the key of the invariant that is broken: `E1263`, `pat-1`.
    pub code: Cow<'static, str>,
    /// An error makes the resource invalid.
    pub severity: Severity,
    /// `Patient.name[0].given[1]`, as FHIRPath has it.
    pub path: String,
    /// A sentence to forward: what the rule asks.
    pub message: String,
    /// What to do, or "did you mean".
    pub hint: Option<String>,
    /// The code of the kind of issue in an OperationOutcome: `structure`, `required`, `value` …
    pub kind: &'static str,
    /// What stood there, when values were asked for.
    pub found: Option<Phi<String>>,
}

impl Issue {
    fn new(code: Code, severity: Severity, message: impl Into<String>) -> Issue {
        Issue {
            code: Cow::Borrowed(code.id),
            severity,
            path: String::new(),
            message: message.into(),
            hint: None,
            kind: outcome::kind(code),
            found: None,
        }
    }

    fn error(code: Code, message: impl Into<String>) -> Issue {
        Issue::new(code, Severity::Error, message)
    }

    fn warning(code: Code, message: impl Into<String>) -> Issue {
        Issue::new(code, Severity::Warning, message)
    }

    fn note(code: Code, message: impl Into<String>) -> Issue {
        Issue::new(code, Severity::Note, message)
    }

    fn hint(self, hint: impl Into<String>) -> Issue {
        Issue { hint: Some(hint.into()), ..self }
    }
}

/// All that was found about one resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// In order of the resource; what concerns it as a whole, and profiles, behind.
    pub issues: Vec<Issue>,
    /// Issues beyond [`ISSUES_MAX`] that are not in the list.
    pub left_out: usize,
    /// One of those left out was an error.
    pub is_error_left_out: bool,
}

impl Report {
    /// No issue is an error.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.errors().next().is_none() && !self.is_error_left_out
    }

    /// The errors.
    pub fn errors(&self) -> impl Iterator<Item = &Issue> {
        self.issues.iter().filter(|issue| issue.severity == Severity::Error)
    }

    /// How many issues have this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.issues.iter().filter(|issue| issue.severity == severity).count()
    }

    fn push(&mut self, issue: Issue) {
        if self.issues.len() < ISSUES_MAX {
            self.issues.push(issue);
        } else {
            self.left_out += 1;
            self.is_error_left_out |= issue.severity == Severity::Error;
        }
    }
}

/// What to check, and what to tell.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Profiles to check the outermost resource against, besides those that `meta.profile` names.
    pub profiles: Vec<String>,
    /// Tell what stood at the place of an issue, as [`Phi`].
    pub values: bool,
}

/// Checks resources. It can be shared by threads; what it compiles is kept for the next resource.
#[derive(Debug, Default)]
pub struct Validator {
    profiles: Profiles,
    options: Options,
}

impl Validator {
    /// With profiles besides those of R4 itself, and options.
    #[must_use]
    pub fn new(profiles: Profiles, options: Options) -> Validator {
        Validator { profiles, options }
    }

    /// Checks a resource with everything inside.
    #[must_use]
    pub fn validate(&self, tree: &Tree) -> Report {
        self.validate_node(tree.root())
    }

    /// Checks the resource at a node; paths begin at the root of the tree.
    #[must_use]
    pub fn validate_node(&self, node: Node<'_>) -> Report {
        walk::check(self, node)
    }
}
