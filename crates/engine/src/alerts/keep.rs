//! Incidents and habits in the tables.
//!
//! They stand beside the counts of quality, as rows of their own kind, so that a backup has them and no second schema is
//! needed. Nothing in them is content of a message; what people wrote as notes is in the book only.

use message::{Name, Timestamp};
use store::{Error, QualityChange, QualityQuery, QualityRow, tables::Tables};
use watch::{Book, History};

/// Length of the span of these rows: no count has it.
const SPAN_S: u32 = 2;
const BOOK: &str = "incidents";
const HABIT: &str = "habit";

fn row(interface: &str, kind: &str, text: String) -> QualityRow {
    QualityRow { interface: interface.into(), span_s: SPAN_S, start: Timestamp(0), kind: kind.to_owned(), text }
}

/// What was kept: the incidents, and the histories by interface. What cannot be read is begun anew.
///
/// # Errors
/// The store's.
pub fn read(tables: &dyn Tables) -> Result<(Book, Vec<(Name, History)>), Error> {
    let asked =
        QualityQuery { interface: None, span_s: Some(SPAN_S), since: Timestamp(i64::MIN), until: Timestamp(i64::MAX) };
    let (mut book, mut histories) = (Book::default(), Vec::new());
    for row in tables.quality(&asked)? {
        match row.kind.as_str() {
            BOOK => book = serde_json::from_str(&row.text).unwrap_or_default(),
            HABIT => histories.extend(serde_json::from_str(&row.text).ok().map(|history| (row.interface, history))),
            _ => {}
        }
    }
    Ok((book, histories))
}

/// Keeps what changed.
///
/// # Errors
/// The store's.
pub fn write(tables: &dyn Tables, book: Option<&Book>, histories: &[(Name, History)]) -> Result<(), Error> {
    let text = |value: serde_json::Result<String>| value.unwrap_or_default();
    let mut put: Vec<QualityRow> =
        histories.iter().map(|(name, of)| row(name, HABIT, text(serde_json::to_string(of)))).collect();
    put.extend(book.map(|book| row("", BOOK, text(serde_json::to_string(book)))));
    if put.is_empty() {
        return Ok(());
    }
    tables.quality_change(&QualityChange { put, drop: Vec::new() })
}
