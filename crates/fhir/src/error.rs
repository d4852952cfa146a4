//! What can go wrong for a program that uses this crate. Texts say where and why, never what was in the resource.

use crate::codes;
use message::{Class, Code, Diagnostic};
use std::{borrow::Cow, fmt};

/// Why something was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The bytes cannot be read: whoever sent them must change them.
    InvalidBytes {
        /// E1200–E1203.
        code: Code,
        /// Byte where reading stopped, from 0.
        offset: usize,
        /// Line of that byte, from 1.
        line: usize,
        /// Column of that byte in characters, from 1.
        column: usize,
        /// One sentence.
        text: Cow<'static, str>,
    },
    /// An expression is wrong, or cannot be evaluated on what it was given.
    Expression {
        /// E1210–E1216.
        code: Code,
        /// Byte of the expression.
        offset: u32,
        /// Column of that byte in characters, from 1; 0 until the expression is known.
        column: u32,
        /// One sentence.
        text: Cow<'static, str>,
        /// "did you mean".
        hint: Option<String>,
    },
    /// This tree cannot take this edit; it is as it was.
    Refused {
        /// E1201, E1204 or E1205.
        code: Code,
        /// Where, as `Patient.name[0].given`; may be empty.
        path: String,
        /// One sentence.
        text: Cow<'static, str>,
    },
}

impl Error {
    /// The error at a byte of `source`.
    pub(crate) fn bytes(code: Code, source: &[u8], offset: usize, text: impl Into<Cow<'static, str>>) -> Error {
        let before = source.get(..offset).unwrap_or(source);
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let is_character = |byte: &&u8| !matches!(**byte, 0x80..=0xBF);
        let column = before.get(start..).unwrap_or_default().iter().filter(is_character).count() + 1;
        Error::InvalidBytes { code, offset, line, column, text: text.into() }
    }

    pub(crate) fn refused(code: Code, path: impl fmt::Display, text: impl Into<Cow<'static, str>>) -> Error {
        Error::Refused { code, path: path.to_string(), text: text.into() }
    }

    pub(crate) fn expression(code: Code, offset: u32, text: impl Into<Cow<'static, str>>) -> Error {
        Error::Expression { code, offset, column: 0, text: text.into(), hint: None }
    }

    pub(crate) fn with_hint(self, meant: impl Into<String>) -> Error {
        match self {
            Error::Expression { code, offset, column, text, .. } => {
                Error::Expression { code, offset, column, text, hint: Some(meant.into()) }
            }
            Error::InvalidBytes { .. } | Error::Refused { .. } => self,
        }
    }

    /// With the column, counted in the text of the expression.
    pub(crate) fn in_expression(self, expression: &str) -> Error {
        match self {
            Error::Expression { code, offset, text, hint, .. } => {
                let before = expression.get(..offset as usize).unwrap_or(expression);
                Error::Expression { code, offset, column: before.chars().count() as u32 + 1, text, hint }
            }
            Error::InvalidBytes { .. } | Error::Refused { .. } => self,
        }
    }

    pub(crate) fn limit(text: impl Into<Cow<'static, str>>) -> Error {
        Error::refused(codes::E1201, "", text)
    }

    /// The code of the catalogue.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Error::InvalidBytes { code, .. } | Error::Expression { code, .. } | Error::Refused { code, .. } => *code,
        }
    }

    /// The same input fails again: always permanent.
    #[must_use]
    pub fn class(&self) -> Class {
        Class::Permanent
    }

    /// The error for people.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        match self {
            Error::InvalidBytes { code, offset, line, column, text } => {
                Diagnostic::error(*code, format!("{text} (line {line}, column {column})")).at_path("", Some(*offset))
            }
            Error::Expression { code, column, text, hint, .. } => {
                let out = Diagnostic::error(*code, format!("{text} (column {column} of the expression)"));
                match hint {
                    Some(hint) => out.hint(hint),
                    None => out,
                }
            }
            Error::Refused { code, path, text } => Diagnostic::error(*code, text.to_string()).at_path(path, None),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::InvalidBytes { code, line, column, text, .. } => {
                write!(f, "{code}: line {line}, column {column}: {text}")
            }
            Error::Expression { code, column, text, hint, .. } => {
                write!(f, "{code}: column {column}: {text}")?;
                hint.as_ref().map_or(Ok(()), |hint| write!(f, "; {hint}"))
            }
            Error::Refused { code, path, text } if path.is_empty() => write!(f, "{code}: {text}"),
            Error::Refused { code, path, text } => write!(f, "{code}: {path}: {text}"),
        }
    }
}

impl std::error::Error for Error {}
