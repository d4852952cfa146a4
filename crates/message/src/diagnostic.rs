//! Diagnostics: what people are told. Producers return `(T, Vec<Diagnostic>)` and do not stop at the first.

use crate::Code;
use serde::{Serialize, Serializer, ser::SerializeStruct};
use std::{ops::Range, sync::Arc};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Note,
    /// Works, but is probably not meant.
    Warning,
    /// Does not work.
    Error,
}

/// Where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// Characters of a file of the workspace.
    Text {
        /// The file, relative to the workspace.
        file: Arc<str>,
        /// Bytes of the file.
        span: Range<usize>,
        /// What to say under the carets; may be empty.
        label: String,
    },
    /// A place in a message.
    Message {
        /// `PID-3[2].4`, or empty for the whole message.
        path: String,
        /// Byte position in the raw message, where known.
        offset: Option<usize>,
    },
}

/// One finding: code, place, sentence, hint. Never patient data (R10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The code, with its page.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// One sentence.
    pub message: String,
    /// Places, the main one first.
    pub locations: Vec<Location>,
    /// What to do, or "did you mean".
    pub hint: Option<String>,
}

impl Diagnostic {
    /// A finding of severity `Error` without a place.
    pub fn error(code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic { code, severity: Severity::Error, message: message.into(), locations: Vec::new(), hint: None }
    }
    /// A finding of severity `Warning` without a place.
    pub fn warning(code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, message) }
    }
    /// A finding of severity `Note` without a place.
    pub fn note(code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Note, ..Diagnostic::error(code, message) }
    }
    /// Adds a place in a file.
    #[must_use]
    pub fn at(mut self, file: &Arc<str>, span: Range<usize>, label: impl Into<String>) -> Diagnostic {
        self.locations.push(Location::Text { file: file.clone(), span, label: label.into() });
        self
    }
    /// Adds a place in a message.
    #[must_use]
    pub fn at_path(mut self, path: impl Into<String>, offset: Option<usize>) -> Diagnostic {
        self.locations.push(Location::Message { path: path.into(), offset });
        self
    }
    /// Sets the hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Diagnostic {
        self.hint = Some(hint.into());
        self
    }
    /// The message path of the first place in a message, or `""`.
    #[must_use]
    pub fn path(&self) -> &str {
        self.locations
            .iter()
            .find_map(|place| match place {
                Location::Message { path, .. } => Some(path.as_str()),
                Location::Text { .. } => None,
            })
            .unwrap_or("")
    }
    /// Severity is `Error`.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl Serialize for Diagnostic {
    /// `{"code","severity","path","message","hint"?,"file"?,"start"?,"end"?}`
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Diagnostic", 8)?;
        out.serialize_field("code", self.code.id)?;
        out.serialize_field("severity", &self.severity)?;
        out.serialize_field("path", self.path())?;
        out.serialize_field("message", &self.message)?;
        if let Some(hint) = &self.hint {
            out.serialize_field("hint", hint)?;
        }
        if let Some(Location::Text { file, span, .. }) = self.locations.first() {
            out.serialize_field("file", &**file)?;
            out.serialize_field("start", &span.start)?;
            out.serialize_field("end", &span.end)?;
        }
        out.end()
    }
}
