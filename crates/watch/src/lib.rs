//! Floor 3: what goes wrong, told once.
//!
//! Pure: what is seen goes in ([`Sight`]), what has to be told comes out ([`Notice`]); no I/O, no clock, no chance. That is
//! why it is a crate of its own: eight weeks of traffic run through it in a second, and nothing of the engine can leak in.
//!
//! ```text
//! Sight ──▶ Judge::judge ──▶ Symptom … ──▶ Book::see ──▶ Incident … ──▶ Notice … ──▶ words, shapes
//!            Rule, Habits                    Cause, Window, Rota
//! ```
//!
//! Promises: one incident for each cause, however many interfaces it has; a person who has said "I have it" is not told
//! again until it gets worse; a maintenance window keeps quiet and forgets nothing; every text says whether messages are
//! safe, and none holds a value of a message (R10).
//! Never: looks at messages, sends, sleeps.

pub mod book;
pub mod cause;
pub mod codes;
pub mod habits;
pub mod history;
pub mod incident;
pub mod judge;
pub mod kind;
pub mod notice;
pub mod profile;
pub mod rota;
pub mod rules;
pub mod shapes;
pub mod sight;
pub mod windows;
pub mod words;

pub use book::{Act, Book, Refusal};
pub use cause::Cause;
pub use habits::Habits;
pub use history::History;
pub use incident::{Incident, Level, Symptom};
pub use kind::Kind;
pub use notice::{Notice, What};
pub use profile::Profile;
pub use rota::Rota;
pub use rules::{Rule, Watched};
pub use sight::Sight;
pub use windows::{Calendar, Window};

/// Seconds of an hour, a day and a week.
pub(crate) const HOUR_S: i64 = 3_600;
pub(crate) const DAY_S: i64 = 24 * HOUR_S;
pub(crate) const WEEK_S: i64 = 7 * DAY_S;
