//! Floor 1: everything that must survive a crash: the message log, its index, the tables, sealing.
//!
//! One door, [`Store`], and four rooms: the [`log`] (the truth, the only thing on the way to an acknowledgment), the
//! [`index`] (derived from it), the [`tables`] (configuration, switches), the [`audit`] chain. Each room is a trait with a numbered
//! contract and a suite that every engine behind it has to pass.
//!
//! Promises: R1 ([`Receipt`] is made by a durable commit only), R4, R5, R6, R7, R8, R9 and R10, as far as
//! bytes on disk can keep them. Never: parsing, networks other than the way to its own database, async runtimes on the
//! caller's side (a future of this crate waits on a channel).

mod accept;
pub mod age;
pub mod audit;
pub mod backup;
mod change;
pub mod check;
pub mod codes;
pub mod contract;
pub mod disk;
mod envelope;
mod error;
mod hash;
mod health;
mod identity;
pub mod index;
pub mod keys;
mod lock;
pub mod log;
mod options;
mod pack;
pub mod postgres;
mod seal;
mod store;
pub mod tables;
pub mod vault;
mod wire;

pub use accept::{Accept, ApplicationAcknowledgment, Content, Disposition, Facts, Planned, Receipt, Stored, Verdict};
pub use audit::{Audit, AuditBreak, AuditEntry, AuditQuery, AuditRow, AuditVerified};
pub use change::{Act, Attempt, Change, Entry, Then};
pub use error::Error;
pub use health::{Health, Quarantined, Report, Stats};
pub use index::{Facet, Facets, Hit, Page, Query};
pub use log::{Commit, Cut, Hold, OnDurable, OpenDelivery, SegmentState, Standing};
pub use options::{Engine, FULL_RETRY, KeySource, Options, RESERVE_BYTES, SEGMENT_BYTES, SEGMENT_BYTES_MIN};
pub use seal::MasterKey;
pub use store::{OpenDeliveries, Recovered, Store};
pub use tables::{ACCOUNTS_MAX, AccountRow, Configuration, QualityChange, QualityQuery, QualityRow, Switch};
