//! What is watched at an interface: lines of its file, and what goes without saying.

use lang::Hours;
use message::Name;
use std::{sync::Arc, time::Duration};

/// What one rule watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watched {
    /// The source is not open, or a destination takes nothing, for so long.
    Down(Duration),
    /// Nothing came for so long.
    Silent(Duration),
    /// Nothing came for longer than is usual at this hour.
    SilentLearned,
    /// A queue is long or old.
    Backlog {
        /// Of this destination; `None`: of any.
        destination: Option<Name>,
        /// More than this wait.
        over: Option<u64>,
        /// The oldest waits longer than this.
        older_than: Option<Duration>,
    },
    /// More than this are refused, rejected or parked within an hour.
    Errors(u64),
    /// More than this wait for a person.
    Parked(u64),
    /// Deliveries take longer than this.
    Slow(Duration),
    /// Acknowledgments take longer than this.
    Acknowledgment(Duration),
    /// The sender's clock is off by more than this.
    Skew(Duration),
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What.
    pub watched: Watched,
    /// In these hours of the place.
    pub during: Hours,
    /// It calls somebody at once.
    pub is_page: bool,
    /// File and line that ask for it; `None`: it goes without saying.
    pub place: Option<(Arc<str>, u32)>,
}

/// Until a destination or a source counts as down.
pub const DOWN_AFTER: Duration = Duration::from_secs(60);
/// How old the oldest waiting delivery may be.
pub const BACKLOG_AGE: Duration = Duration::from_secs(15 * 60);
/// Messages that may fail within an hour.
pub const ERRORS_HOURLY: u64 = 100;
/// Messages that may wait for a person.
pub const PARKED: u64 = 50;
/// How long an acknowledgment may take.
pub const ACKNOWLEDGMENT: Duration = Duration::from_secs(5);
/// How much the clock of a sender may be off.
pub const SKEW: Duration = Duration::from_secs(5 * 60);

/// Adds what goes without saying to the lines of an interface: a line about a thing replaces it for that thing. `is_quiet`:
/// a line says that silence is nothing to be told of.
#[must_use]
pub fn complete(mut lines: Vec<Rule>, critical: u8, is_quiet: bool) -> Vec<Rule> {
    let rule = |watched, is_page| Rule { watched, during: Hours::default(), is_page, place: None };
    let has = |is: fn(&Watched) -> bool| lines.iter().any(|line| is(&line.watched));
    let mut more = Vec::new();
    if !has(|watched| matches!(watched, Watched::Down(_))) {
        more.push(rule(Watched::Down(DOWN_AFTER), critical <= 1));
    }
    if !is_quiet && !has(|watched| matches!(watched, Watched::Silent(_) | Watched::SilentLearned)) {
        more.push(rule(Watched::SilentLearned, critical <= 1));
    }
    if !has(|watched| matches!(watched, Watched::Backlog { .. })) {
        more.push(rule(Watched::Backlog { destination: None, over: None, older_than: Some(BACKLOG_AGE) }, false));
    }
    if !has(|watched| matches!(watched, Watched::Errors(_))) {
        more.push(rule(Watched::Errors(ERRORS_HOURLY), false));
    }
    if !has(|watched| matches!(watched, Watched::Parked(_))) {
        more.push(rule(Watched::Parked(PARKED), false));
    }
    if !has(|watched| matches!(watched, Watched::Acknowledgment(_))) {
        more.push(rule(Watched::Acknowledgment(ACKNOWLEDGMENT), false));
    }
    if !has(|watched| matches!(watched, Watched::Skew(_))) {
        more.push(rule(Watched::Skew(SKEW), false));
    }
    lines.extend(more);
    lines
}
