//! How a command ends: exit codes, and failures that say what to do.

use message::Code;
use std::fmt;

/// Exit codes of every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Ok = 0,
    /// The command worked and found problems (check, test, diff, parse).
    Problems = 1,
    /// The command line is wrong.
    Usage = 2,
    /// A server, peer or file cannot be reached.
    Unreachable = 3,
    /// Not allowed.
    NotAllowed = 4,
    /// Refused for safety: needs `--yes --reason`.
    Refused = 5,
    /// A bug of ours.
    Bug = 70,
}

/// Why a command could not do its work: what happened, what it means, what to do.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// The code, if the catalogue has one.
    pub code: Option<Code>,
    /// One sentence.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure with this exit code.
    pub fn new(exit: Exit, message: impl Into<String>) -> Failure {
        Failure { exit, code: None, message: without_number(&message.into()), hint: None }
    }
    /// The command line is wrong.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::new(Exit::Usage, message)
    }
    /// A file, peer or engine cannot be reached.
    pub fn unreachable(message: impl Into<String>) -> Failure {
        Failure::new(Exit::Unreachable, message)
    }
    /// Adds the code.
    #[must_use]
    pub fn code(mut self, code: Code) -> Failure {
        self.code = Some(code);
        self
    }
    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hint = Some(hint.into());
        self
    }
}

/// `x: No such file or directory (os error 2)` without the number, which says nothing to the reader.
fn without_number(message: &str) -> String {
    match message.rsplit_once(" (os error ") {
        Some((text, rest)) if rest.ends_with(')') => text.to_owned(),
        _ => message.to_owned(),
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// What a command returns.
pub type Result<T = Exit> = std::result::Result<T, Failure>;
