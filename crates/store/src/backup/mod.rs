//! Backups of a store: encrypted, incremental, checked (docs/spec/backup-format.md).
//!
//! Owns the repository's bytes: [`manifest`], objects, their encryption with [`crate::age`]. Promises: a backup is the
//! store as of one durable place of its log; making one stops nobody; the machine that makes backups cannot read them;
//! every byte of a repository is covered by a hash that is checked before it is used; a killed backup leaves a valid
//! repository. Never: sends anything anywhere, deletes what it was not told to delete.

mod bundle;
mod error;
mod hex;
mod make;
pub mod manifest;
mod open;
mod repository;
mod source;
#[cfg(test)]
mod tests;
mod verify;

pub use bundle::Files;
pub use error::Error;
pub use make::{Order, Progress};
pub use manifest::Manifest;
pub use open::{Opened, Which, empty, write_files};
pub use repository::Repository;
pub(crate) use source::{Source, key_of};
pub use verify::{Listed, Pruning, Verified};

/// The part with the master key.
const KEY_PART: &str = "master.key";
/// The part with the files of the workspace.
const WORKSPACE_PART: &str = "workspace.tar";
