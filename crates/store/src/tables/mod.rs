//! The tables: what is small, relational and must never be lost.
//!
//! Owns the history of configurations, switches that people set, counts of data quality, accounts, and the anchor of the audit
//! chain. Promises: every write is synced before it returns. Never on the way of a message.

mod account;
mod migrations;
mod quality;
mod sqlite;

pub use account::{ACCOUNTS_MAX, AccountRow};
pub use quality::{QUALITY_ROWS_MAX, QualityChange, QualityQuery, QualityRow};
pub(crate) use sqlite::{Database, NAME};

/// The version of the schema.
pub(crate) const VERSION: u32 = migrations::STEPS.len() as u32;

use crate::Error;
use message::{Name, Timestamp};
use std::path::Path;

/// What the tables promise, whatever is behind them. The suite in [`crate::contract::tables`] uses the same numbers.
///
/// 1. What a call wrote is there after reopening.
/// 2. The newest configuration of an interface is the one applied last, and older ones stay.
/// 3. A switch has the value that was set last; one that was never set has none.
/// 4. A change of the counts of quality is there as a whole or not at all; a row that is written again replaces the one
///    before, dropping comes first, and rows are read in the order of their start.
/// 5. An account row is written only over the revision before, and a first one only where there is none: of two writers who
///    read the same row, one is told that it was too late. Rows are listed by id.
pub trait Tables: Send + Sync {
    /// Records that a configuration was applied.
    ///
    /// # Errors
    /// `Unavailable`.
    fn configuration_applied(&self, configuration: &Configuration) -> Result<(), Error>;
    /// Configurations of an interface, the newest first.
    ///
    /// # Errors
    /// `Unavailable`.
    fn configurations(&self, interface: &str, limit: usize) -> Result<Vec<Configuration>, Error>;
    /// Sets a switch, or clears it.
    ///
    /// # Errors
    /// `Unavailable`.
    fn set_switch(&self, name: &str, switch: Option<&Switch>) -> Result<(), Error>;
    /// Writes a copy of everything into a new file while others go on.
    ///
    /// # Errors
    /// `Unavailable`; `Misconfigured` for an engine whose backups are made by its own means.
    fn copy_to(&self, path: &Path) -> Result<(), Error> {
        let _ = path;
        Err(Error::misconfigured("this store engine is backed up by its own means, not by Sinew"))
    }
    /// Drops and writes counts of quality.
    ///
    /// # Errors
    /// `Unavailable`.
    fn quality_change(&self, change: &QualityChange) -> Result<(), Error>;
    /// Counts of quality, by start.
    ///
    /// # Errors
    /// `Unavailable`.
    fn quality(&self, query: &QualityQuery) -> Result<Vec<QualityRow>, Error>;
    /// Writes an account row as the revision after the one that is there (5); `false` when that is not the one before.
    ///
    /// # Errors
    /// `Unavailable`.
    fn account_put(&self, row: &AccountRow) -> Result<bool, Error>;
    /// An account row.
    ///
    /// # Errors
    /// `Unavailable`.
    fn account(&self, kind: &str, id: &str) -> Result<Option<AccountRow>, Error>;
    /// Account rows of a kind, perhaps of one owner only, by id; at most [`ACCOUNTS_MAX`].
    ///
    /// # Errors
    /// `Unavailable`.
    fn accounts(&self, kind: &str, owner: Option<&str>) -> Result<Vec<AccountRow>, Error>;
    /// Removes an account row; `false` when there is none.
    ///
    /// # Errors
    /// `Unavailable`.
    fn account_remove(&self, kind: &str, id: &str) -> Result<bool, Error>;
    /// Removes the account rows whose time is over.
    ///
    /// # Errors
    /// `Unavailable`.
    fn accounts_expire(&self, now: Timestamp) -> Result<usize, Error>;
    /// Every switch that is set, by name.
    ///
    /// # Errors
    /// `Unavailable`.
    fn switches(&self) -> Result<Vec<(String, Switch)>, Error>;
}

/// Rows of a list unless stated, and at most.
const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 10_000;

/// The rows of a list.
pub(crate) fn limit_of(asked: usize) -> i64 {
    let limit = if asked == 0 { LIMIT_DEFAULT } else { asked.min(LIMIT_MAX) };
    limit as i64
}

/// A version of an interface that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// The interface.
    pub interface: Name,
    /// Hash of its text, maps and tables.
    pub version: u64,
    /// The text.
    pub text: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
}

/// Something that a person turned, and that stays after a restart: a paused interface, a held destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    /// What it is set to: `paused`, `held`.
    pub value: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
}
