//! What can go wrong in the store, by whose fault and what to do next.

use crate::codes;
use message::{Class, Code, DeliveryId, MessageId, Reason};
use std::{fmt, io, sync::Arc};

/// Every error of the store. Texts name files, places and numbers, never content (R10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// Another process has this data directory open.
    Locked {
        /// The process id that the lock file names; `None` when it could not be read.
        pid: Option<u32>,
        /// The directory.
        directory: Arc<str>,
    },
    /// The disk has no room for new messages: try again later (R8).
    Full,
    /// More is waiting to be written than the store may hold in memory: try again at once.
    Busy,
    /// A write or fsync failed. Nothing is acknowledged any more (R6); the process has to end and start again.
    Failed {
        /// Which operation, and what the system said.
        reason: Arc<str>,
    },
    /// No message of this id is in the log (never was, or retention dropped it).
    NotFound {
        /// The id that was asked for.
        message: MessageId,
    },
    /// Bytes on disk do not match their checksum or their place (R7).
    Corrupt {
        /// The file, relative to the data directory.
        file: Arc<str>,
        /// Byte position in that file.
        offset: u64,
        /// What did not match.
        what: &'static str,
    },
    /// The master key is not the one that this store was sealed with.
    WrongKey {
        /// The file whose key could not be unwrapped.
        file: Arc<str>,
    },
    /// The master key cannot be exchanged now, or not for this one; nothing was changed.
    Rotation {
        /// Why not.
        what: Arc<str>,
    },
    /// An option makes no sense, or a key is missing.
    Misconfigured {
        /// Which, and why.
        what: Arc<str>,
    },
    /// Another version of Sinew wrote this, and this one does not read it.
    Incompatible {
        /// The file.
        file: Arc<str>,
        /// The format version found.
        found: u32,
        /// The newest format version that this build reads.
        known: u32,
    },
    /// The system refused an operation that is not on the way to an acknowledgment.
    Unavailable {
        /// Which operation, and what the system said.
        what: Arc<str>,
    },
    /// The message or one of its parts is larger than its limit.
    TooLarge {
        /// Which part.
        what: &'static str,
        /// Its size, in bytes or in pieces.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// The delivery is not in a state where this change is possible.
    Refused {
        /// The delivery.
        delivery: DeliveryId,
        /// Why not.
        why: &'static str,
    },
    /// The database cannot be reached, or must not be written to now: try again later.
    Away {
        /// Which database, and what it or the system said.
        reason: Arc<str>,
    },
    /// A setting of the database puts acknowledged messages at risk.
    Unsafe {
        /// The setting.
        setting: &'static str,
        /// What it is.
        found: Arc<str>,
        /// What it has to be.
        wanted: &'static str,
    },
    /// Another engine has the database's lease.
    Owned {
        /// How that engine describes itself.
        holder: Arc<str>,
        /// Seconds until its lease ends unless it renews it.
        seconds: u64,
    },
    /// The database refused an operation that is not on the way to an acknowledgment.
    Database {
        /// Which operation.
        doing: &'static str,
        /// The SQLSTATE; its text may quote values and is not told.
        state: Arc<str>,
    },
    /// The store was closed.
    Closed,
}

impl Error {
    /// The page of the catalogue.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Error::Locked { .. } => codes::E4001,
            Error::Full => codes::E4002,
            Error::Busy => codes::E4003,
            Error::Failed { .. } => codes::E4004,
            Error::NotFound { .. } => codes::E4005,
            Error::Corrupt { .. } => codes::E4006,
            Error::WrongKey { .. } => codes::E4007,
            Error::Misconfigured { .. } => codes::E4008,
            Error::Incompatible { .. } => codes::E4009,
            Error::Unavailable { .. } => codes::E4010,
            Error::TooLarge { .. } => codes::E4011,
            Error::Refused { .. } => codes::E4012,
            Error::Away { .. } => codes::E4020,
            Error::Unsafe { .. } => codes::E4021,
            Error::Owned { .. } => codes::E4022,
            Error::Database { .. } => codes::E4023,
            Error::Closed => codes::E4013,
            Error::Rotation { .. } => codes::E4014,
        }
    }

    /// Whether trying again can help. `Failed` is ambiguous: the bytes may or may not have reached the disk.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Error::Full
            | Error::Busy
            | Error::Unavailable { .. }
            | Error::Locked { .. }
            | Error::Away { .. }
            | Error::Owned { .. }
            | Error::Database { .. } => Class::Transient,
            Error::Failed { .. } => Class::Ambiguous,
            Error::NotFound { .. }
            | Error::Corrupt { .. }
            | Error::WrongKey { .. }
            | Error::Misconfigured { .. }
            | Error::Incompatible { .. }
            | Error::TooLarge { .. }
            | Error::Refused { .. }
            | Error::Rotation { .. }
            | Error::Unsafe { .. }
            | Error::Closed => Class::Permanent,
        }
    }

    /// The error as a reason to record or to show.
    #[must_use]
    pub fn reason(&self) -> Reason {
        Reason::new(self.code(), self.to_string())
    }

    pub(crate) fn unavailable(doing: &str, error: &io::Error) -> Error {
        Error::Unavailable { what: format!("{doing}: {error}").into() }
    }

    pub(crate) fn misconfigured(what: impl Into<Arc<str>>) -> Error {
        Error::Misconfigured { what: what.into() }
    }

    pub(crate) fn corrupt(file: &str, offset: u64, what: &'static str) -> Error {
        Error::Corrupt { file: file.into(), offset, what }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Locked { pid: Some(pid), directory } => {
                write!(f, "the data directory {directory} is in use by process {pid}")
            }
            Error::Locked { pid: None, directory } => {
                write!(f, "the data directory {directory} is in use by another process")
            }
            Error::Full => f.write_str("the disk has no room for new messages; intake resumes by itself"),
            Error::Busy => f.write_str("too much is waiting to be written; try again"),
            Error::Failed { reason } => write!(f, "the store stopped: {reason}"),
            Error::NotFound { message } => write!(f, "no message {message} in the log"),
            Error::Corrupt { file, offset, what } => write!(f, "{file} at byte {offset}: {what}"),
            Error::WrongKey { file } => write!(f, "the master key does not open {file}"),
            Error::Misconfigured { what } | Error::Rotation { what } => f.write_str(what),
            Error::Incompatible { file, found, known } => {
                write!(f, "{file} has format version {found}; this build reads up to {known}")
            }
            Error::Unavailable { what } => f.write_str(what),
            Error::TooLarge { what, size, limit } => write!(f, "{what}: {size} is more than the limit of {limit}"),
            Error::Refused { delivery, why } => write!(f, "delivery {delivery}: {why}"),
            Error::Away { reason } => write!(f, "{reason}; intake resumes by itself when it answers"),
            Error::Unsafe { setting, found, wanted } => {
                write!(f, "the database's {setting} is {found} and has to be {wanted}")
            }
            Error::Owned { holder, seconds } => {
                write!(f, "the database is held by {holder}; its lease ends in {seconds} s unless it is renewed")
            }
            Error::Database { doing, state } => write!(f, "{doing}: the database answered SQLSTATE {state}"),
            Error::Closed => f.write_str("the store is closed"),
        }
    }
}

impl std::error::Error for Error {}
