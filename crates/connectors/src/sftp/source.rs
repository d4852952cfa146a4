//! A distant folder that is read: the shared [`distant`], over a connection of SFTP.

use super::session::Session;
use crate::folder::distant;

/// A distant folder that can be read.
pub(crate) type Distant = distant::Distant<Session>;
