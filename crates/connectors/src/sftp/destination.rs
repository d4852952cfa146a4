//! A distant folder that is written: the shared [`distant`], over a connection of SFTP.

use super::session::Session;
use crate::folder::distant;

/// A lane into a distant folder.
pub(crate) type Lane = distant::Lane<Session>;
