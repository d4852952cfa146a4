//! What can go wrong with backups, by whose fault and what to do next.

use crate::{age, codes};
use message::{Code, Reason};
use std::{fmt, io, path::Path, sync::Arc};

/// Every error of backups. Texts name files, places and numbers, never content (R10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The system refused to read or write.
    Unavailable {
        /// What, and what the system said.
        what: Arc<str>,
    },
    /// A file of the repository is not what was written.
    Damaged {
        /// The file, relative to the repository.
        file: Arc<str>,
        /// What does not match.
        what: Arc<str>,
    },
    /// A file that a manifest names is not there.
    Missing {
        /// The file, relative to the repository.
        file: Arc<str>,
    },
    /// The key opens nothing here.
    WrongKey {
        /// The first file that it does not open.
        file: Arc<str>,
    },
    /// A text is no key, or something that is needed was not said.
    Misconfigured {
        /// Which, and why.
        what: Arc<str>,
    },
    /// The folder to restore into has something in it.
    NotEmpty {
        /// The folder.
        folder: Arc<str>,
    },
    /// The repository has no such backup.
    NoBackup {
        /// What was looked for.
        what: Arc<str>,
    },
    /// Another process writes to the repository.
    Busy {
        /// The repository.
        repository: Arc<str>,
    },
    /// Another version of Sinew wrote this, and this one does not read it.
    Incompatible {
        /// The file.
        file: Arc<str>,
        /// What it says it is.
        found: Arc<str>,
    },
    /// The repository belongs to another store.
    Foreign {
        /// What does not fit.
        what: Arc<str>,
    },
    /// The manifests do not follow each other.
    Broken {
        /// The manifest that does not fit.
        file: Arc<str>,
        /// What does not fit.
        what: &'static str,
    },
    /// The store itself.
    Store(crate::Error),
}

impl Error {
    /// The page of the catalogue.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Error::Unavailable { .. } => codes::E4040,
            Error::Damaged { .. } => codes::E4041,
            Error::Missing { .. } => codes::E4042,
            Error::WrongKey { .. } => codes::E4043,
            Error::Misconfigured { .. } => codes::E4044,
            Error::NotEmpty { .. } => codes::E4045,
            Error::NoBackup { .. } => codes::E4046,
            Error::Busy { .. } => codes::E4047,
            Error::Incompatible { .. } => codes::E4048,
            Error::Foreign { .. } => codes::E4049,
            Error::Broken { .. } => codes::E4050,
            Error::Store(error) => error.code(),
        }
    }

    /// The error as a reason to record or to show.
    #[must_use]
    pub fn reason(&self) -> Reason {
        Reason::new(self.code(), self.to_string())
    }

    pub(super) fn unavailable(path: &Path, error: &io::Error) -> Error {
        Error::Unavailable { what: format!("{}: {error}", path.display()).into() }
    }

    pub(super) fn damaged(file: &str, what: impl Into<Arc<str>>) -> Error {
        Error::Damaged { file: file.into(), what: what.into() }
    }

    /// An error of the encryption of a file.
    pub(super) fn sealed(file: &str, error: age::Error) -> Error {
        match error {
            age::Error::WrongKey => Error::WrongKey { file: file.into() },
            age::Error::Damaged(what) => Error::damaged(file, what),
            age::Error::NoKey(what) => Error::Misconfigured { what: what.into() },
            age::Error::NoRandomness => Error::Unavailable { what: "the system has no randomness".into() },
            age::Error::Io(error) => Error::Unavailable { what: format!("{file}: {error}").into() },
        }
    }
}

impl From<crate::Error> for Error {
    fn from(error: crate::Error) -> Error {
        Error::Store(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Unavailable { what } | Error::Misconfigured { what } | Error::Foreign { what } => f.write_str(what),
            Error::Damaged { file, what } => write!(f, "{file} is damaged: {what}"),
            Error::Missing { file } => write!(f, "{file} is missing"),
            Error::WrongKey { file } => write!(f, "the key does not open {file}"),
            Error::NotEmpty { folder } => write!(f, "{folder} is not empty; nothing was written"),
            Error::NoBackup { what } => f.write_str(what),
            Error::Busy { repository } => write!(f, "another process writes to {repository}"),
            Error::Incompatible { file, found } => write!(f, "{file} is `{found}`, which this build does not read"),
            Error::Broken { file, what } => write!(f, "{file}: {what}"),
            Error::Store(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for Error {}
