//! What can go wrong for a program that uses this crate. Content never fails to parse; paths and edits can.

use crate::codes;
use message::{Class, Code, Diagnostic};
use std::{borrow::Cow, fmt};

/// Why a path or an edit was refused. Texts say where and why, never what was in the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The text of a path is wrong: whoever wrote the path must change it.
    InvalidPath {
        /// E1031 or E1032.
        code: Code,
        /// Byte of the text where reading stopped.
        at: usize,
        /// One sentence.
        text: Cow<'static, str>,
        /// "did you mean".
        hint: Option<String>,
    },
    /// The path is right but nothing here can evaluate it.
    Unsupported {
        /// E1033.
        code: Code,
        /// The path.
        path: String,
        /// One sentence.
        text: Cow<'static, str>,
    },
    /// This message cannot take this edit; the message is as it was.
    Refused {
        /// E1041–E1046.
        code: Code,
        /// The path of the edit.
        path: String,
        /// One sentence.
        text: Cow<'static, str>,
        /// What to do instead.
        hint: Option<String>,
    },
}

impl Error {
    pub(crate) fn refused(code: Code, path: impl fmt::Display, text: impl Into<Cow<'static, str>>) -> Error {
        Error::Refused { code, path: path.to_string(), text: text.into(), hint: None }
    }

    pub(crate) fn with_hint(self, hint: impl Into<String>) -> Error {
        match self {
            Error::Refused { code, path, text, .. } => Error::Refused { code, path, text, hint: Some(hint.into()) },
            Error::InvalidPath { code, at, text, .. } => Error::InvalidPath { code, at, text, hint: Some(hint.into()) },
            Error::Unsupported { .. } => self,
        }
    }

    pub(crate) fn unknown_group(path: impl fmt::Display, group: &str) -> Error {
        let meant = crate::structure::standard::similar_group(group).filter(|meant| *meant != group);
        let text = match meant {
            Some(meant) => format!("no message structure has a group {group}: did you mean {meant}?"),
            None => format!("no message structure has a group {group}, or it cannot be chosen like this"),
        };
        Error::Unsupported { code: codes::E1033, path: path.to_string(), text: text.into() }
    }

    /// The code of the catalogue.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Error::InvalidPath { code, .. } | Error::Unsupported { code, .. } | Error::Refused { code, .. } => *code,
        }
    }

    /// The same bytes and the same path fail again: always permanent.
    #[must_use]
    pub fn class(&self) -> Class {
        Class::Permanent
    }

    /// The error for people.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let (path, hint) = match self {
            Error::InvalidPath { hint, .. } => ("", hint.as_deref()),
            Error::Unsupported { path, .. } => (path.as_str(), None),
            Error::Refused { path, hint, .. } => (path.as_str(), hint.as_deref()),
        };
        let out = Diagnostic::error(self.code(), self.text()).at_path(path, None);
        match hint {
            Some(hint) => out.hint(hint),
            None => out,
        }
    }

    fn text(&self) -> &str {
        match self {
            Error::InvalidPath { text, .. } | Error::Unsupported { text, .. } | Error::Refused { text, .. } => text,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::InvalidPath { code, at, text, hint } => {
                write!(f, "{code}: {text} (at character {})", at + 1)?;
                hint.as_ref().map_or(Ok(()), |hint| write!(f, "; {hint}"))
            }
            Error::Unsupported { code, path, text } => write!(f, "{code}: {path}: {text}"),
            Error::Refused { code, path, text, hint } => {
                write!(f, "{code}: {path}: {text}")?;
                hint.as_ref().map_or(Ok(()), |hint| write!(f, "; {hint}"))
            }
        }
    }
}

impl std::error::Error for Error {}
