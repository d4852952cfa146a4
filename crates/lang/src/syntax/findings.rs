//! The findings of one reading: bounded, so that a file of noise yields a report and not a flood.

use message::{Code, Diagnostic};
use std::{ops::Range, sync::Arc};

/// Findings that one reading of one file keeps. What follows is almost always a consequence of what came before.
pub(crate) const FINDINGS_MAX: usize = 200;

/// Collects what the lexer and the parser find in one file.
pub(crate) struct Findings {
    file: Arc<str>,
    list: Vec<Diagnostic>,
    has_errors: bool,
}

impl Findings {
    pub(crate) fn new(file: Arc<str>) -> Findings {
        Findings { file, list: Vec::new(), has_errors: false }
    }

    /// Adds an error at `span`.
    pub(crate) fn error(&mut self, code: Code, span: Range<usize>, message: &str, label: &str, hint: &str) {
        self.push(Diagnostic::error(code, message).at(&self.file.clone(), span, label).hint(hint));
    }

    /// Adds a warning at `span`.
    pub(crate) fn warning(&mut self, code: Code, span: Range<usize>, message: &str, label: &str, hint: &str) {
        self.push(Diagnostic::warning(code, message).at(&self.file.clone(), span, label).hint(hint));
    }

    /// Adds a finding while there is room; that an error was found is remembered in any case.
    pub(crate) fn push(&mut self, finding: Diagnostic) {
        self.has_errors |= finding.is_error();
        if self.list.len() < FINDINGS_MAX {
            self.list.push(finding);
        }
    }

    pub(crate) fn file(&self) -> &Arc<str> {
        &self.file
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.has_errors
    }

    /// The findings in the order of the text.
    pub(crate) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.list.sort_by_key(|finding| match finding.locations.first() {
            Some(message::Location::Text { span, .. }) => span.start,
            _ => 0,
        });
        self.list
    }
}
