//! What can go wrong with a peer, by whose fault.

use message::Class;
use std::{fmt, net::SocketAddr};

/// Why a sender or partner could not go on. Says where, never what was in a message.
#[derive(Debug)]
pub enum Error {
    /// The settings cannot work: which, and why.
    Misconfigured(String),
    /// Nobody answers at the address after as many attempts as the settings allow.
    Unavailable {
        /// `host:port` as given.
        target: String,
        /// Attempts made without progress.
        attempts: u32,
        /// The last reason of the operating system.
        source: std::io::Error,
    },
    /// The partner's port could not be opened.
    PortInUse {
        /// The address asked for.
        address: SocketAddr,
        /// The reason of the operating system.
        source: std::io::Error,
    },
}

impl Error {
    /// How a retry policy would read it.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Error::Misconfigured(_) => Class::Permanent,
            Error::Unavailable { .. } | Error::PortInUse { .. } => Class::Transient,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Misconfigured(why) => f.write_str(why),
            Error::Unavailable { target, attempts, source } => {
                write!(f, "{target} cannot be reached after {attempts} attempts: {source}")
            }
            Error::PortInUse { address, source } => write!(f, "{address} cannot be opened: {source}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Misconfigured(_) => None,
            Error::Unavailable { source, .. } | Error::PortInUse { source, .. } => Some(source),
        }
    }
}
