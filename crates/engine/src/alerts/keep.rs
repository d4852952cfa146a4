//! Incidents, habits and alerts that wait to be sent, in the tables.
//!
//! They stand beside the counts of quality, as rows of their own kind, so that a backup has them and no second schema is
//! needed. Nothing in them is content of a message; what people wrote as notes is in the book only.

use super::send::Waiting;
use message::{Name, Timestamp};
use store::{Error, QualityChange, QualityQuery, QualityRow, tables::Tables};
use watch::{Book, History};

/// Length of the span of these rows: no count has it.
const SPAN_S: u32 = 2;
const BOOK: &str = "incidents";
const HABIT: &str = "habit";
const WAITING: &str = "waiting";

/// What is kept of incidents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    /// The incidents.
    pub book: Book,
    /// Alerts that did not go out yet.
    pub waiting: Vec<Waiting>,
}

fn row(interface: &str, kind: &str, text: String) -> QualityRow {
    QualityRow { interface: interface.into(), span_s: SPAN_S, start: Timestamp(0), kind: kind.to_owned(), text }
}

/// What was kept, and the histories by interface. What cannot be read is begun anew.
///
/// # Errors
/// The store's.
pub fn read(tables: &dyn Tables) -> Result<(Kept, Vec<(Name, History)>), Error> {
    let asked =
        QualityQuery { interface: None, span_s: Some(SPAN_S), since: Timestamp(i64::MIN), until: Timestamp(i64::MAX) };
    let (mut kept, mut histories) = (Kept::default(), Vec::new());
    for row in tables.quality(&asked)? {
        match row.kind.as_str() {
            BOOK => kept.book = serde_json::from_str(&row.text).unwrap_or_default(),
            WAITING => kept.waiting = serde_json::from_str(&row.text).unwrap_or_default(),
            HABIT => histories.extend(serde_json::from_str(&row.text).ok().map(|history| (row.interface, history))),
            _ => {}
        }
    }
    Ok((kept, histories))
}

/// Keeps what is not as it was written last.
///
/// # Errors
/// The store's.
pub fn write(tables: &dyn Tables, before: &Kept, now: &Kept, histories: &[(Name, History)]) -> Result<(), Error> {
    let text = |value: serde_json::Result<String>| value.unwrap_or_default();
    let mut put: Vec<QualityRow> =
        histories.iter().map(|(name, of)| row(name, HABIT, text(serde_json::to_string(of)))).collect();
    if before.book != now.book {
        put.push(row("", BOOK, text(serde_json::to_string(&now.book))));
    }
    if before.waiting != now.waiting {
        put.push(row("", WAITING, text(serde_json::to_string(&now.waiting))));
    }
    if put.is_empty() {
        return Ok(());
    }
    tables.quality_change(&QualityChange { put, drop: Vec::new() })
}
