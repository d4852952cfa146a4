//! Counts of data quality, as the tables keep them: a text for each interface, kind of message and span of time.
//!
//! Owns the shape of a row and what is asked for; never reads the text, which is the engine's.

use message::{Name, Timestamp};

/// Rows that one reading gives, at most; the newest are left out past it.
pub const QUALITY_ROWS_MAX: usize = 200_000;

/// What was counted in one span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QualityRow {
    /// The interface.
    pub interface: Name,
    /// Length of the span, seconds: hours and days stand beside one another.
    pub span_s: u32,
    /// When it begins.
    pub start: Timestamp,
    /// Which kind of message: the engine's key.
    pub kind: String,
    /// The counts: the engine's text, without content of a message.
    pub text: String,
}

/// Which rows to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QualityQuery {
    /// Of this interface only.
    pub interface: Option<Name>,
    /// Of this length only.
    pub span_s: Option<u32>,
    /// Beginning at or after this.
    pub since: Timestamp,
    /// Beginning before this.
    pub until: Timestamp,
}

impl QualityQuery {
    /// Everything of an interface.
    #[must_use]
    pub fn of(interface: &Name) -> QualityQuery {
        let interface = Some(interface.clone());
        QualityQuery { interface, span_s: None, since: Timestamp(i64::MIN), until: Timestamp(i64::MAX) }
    }
}

/// Changes that belong together: all of them, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QualityChange {
    /// Rows to write; a row with the same interface, span, start and kind is replaced.
    pub put: Vec<QualityRow>,
    /// Rows to drop first: of this length in seconds, beginning before this.
    pub drop: Vec<(u32, Timestamp)>,
}
