//! What was counted, on its way into the tables and out of them again.
//!
//! Owns how records become rows: merged with what is there, hours folded into days when they are old, days dropped when
//! they are older. Promises: a span is written as a whole or not at all; what could not be written is kept and written
//! later, within [`UNWRITTEN_MAX`]; an engine that ended without its last writing is told as a gap.
//! Never: on the way of a message.

use super::{
    book::Taken,
    limits::{DAY, DAYS_KEPT},
    record::{Kind, Record},
};
use message::{Name, Timestamp};
use std::{collections::BTreeMap, time::Duration};
use store::{Error, QualityChange, QualityQuery, QualityRow, tables::Tables};

/// Records that are kept while the tables cannot be written; more are given up.
pub const UNWRITTEN_MAX: usize = 4_096;

/// How the spans are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spans {
    /// The fine span.
    pub hour: Duration,
    /// The coarse span: a whole number of fine ones.
    pub day: Duration,
    /// Days for which fine spans are kept.
    pub hours_kept_days: u32,
}

impl Default for Spans {
    fn default() -> Spans {
        Spans { hour: super::limits::HOUR, day: DAY, hours_kept_days: 15 }
    }
}

/// A duration in microseconds.
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX).max(1)
}

fn seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX).max(1)
}

impl Spans {
    fn hour_s(self) -> u32 {
        seconds(self.hour)
    }
    fn day_s(self) -> u32 {
        seconds(self.day)
    }
    /// Fine spans that begin before this are folded: a whole number of days back.
    fn folded_before(self, now: Timestamp) -> Timestamp {
        let day = micros(self.day);
        Timestamp((now.0.div_euclid(day) - i64::from(self.hours_kept_days)) * day)
    }
}

/// A span in which messages may have been accepted that were not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Gap {
    /// The last writing before it.
    pub from: Timestamp,
    /// The start after it.
    pub until: Timestamp,
}

type Key = (Name, String, Timestamp);

/// See the module.
#[derive(Default)]
pub struct Keeper {
    unwritten: BTreeMap<Key, Record>,
    /// Records that were given up because nothing could be written for too long.
    pub given_up: u64,
    folded: Option<Timestamp>,
}

const STATE: &str = "state";
const GAP: &str = "gap";
/// Rows of the keeper itself have no interface and no span.
const OWN_SPAN_S: u32 = 0;

impl Keeper {
    /// Adds what was taken out of the book of an interface.
    pub fn add(&mut self, interface: &Name, taken: Vec<Taken>) {
        for Taken { start, kind, record } in taken {
            let key = (interface.clone(), kind.to_key(), start);
            let has_room = self.unwritten.len() < UNWRITTEN_MAX;
            match self.unwritten.get_mut(&key) {
                Some(known) => known.merge(&record),
                None if has_room => drop(self.unwritten.insert(key, record)),
                None => self.given_up += 1,
            }
        }
    }

    /// Says that an engine begins to count; gives the gap that an earlier one left.
    ///
    /// # Errors
    /// The store's.
    pub fn begin(&self, tables: &dyn Tables, now: Timestamp) -> Result<Option<Gap>, Error> {
        let own = QualityQuery { span_s: Some(OWN_SPAN_S), ..QualityQuery::of(&Name::from("")) };
        let rows = tables.quality(&own)?;
        let state = rows.iter().find(|row| row.kind == STATE).and_then(|row| row.text.strip_prefix("open "));
        let gap = state.and_then(|at| at.parse().ok()).map(|from| Gap { from: Timestamp(from), until: now });
        let mut put = vec![own_row(STATE, Timestamp(0), format!("open {}", now.0))];
        if let Some(gap) = gap {
            put.push(own_row(GAP, gap.from, gap.until.0.to_string()));
        }
        tables.quality_change(&QualityChange { put, drop: Vec::new() })?;
        Ok(gap)
    }

    /// Writes what there is. `is_end` when nothing more will come.
    ///
    /// # Errors
    /// The store's; what could not be written is kept.
    pub fn write(&mut self, tables: &dyn Tables, spans: Spans, now: Timestamp, is_end: bool) -> Result<(), Error> {
        let state = if is_end { "closed" } else { "open" };
        let mut put = vec![own_row(STATE, Timestamp(0), format!("{state} {}", now.0))];
        for ((interface, kind, start), record) in &self.unwritten {
            let here = QualityQuery {
                span_s: Some(spans.hour_s()),
                since: *start,
                until: Timestamp(start.0.saturating_add(1)),
                ..QualityQuery::of(interface)
            };
            let known = tables.quality(&here)?.into_iter().find(|row| row.kind == *kind);
            let mut whole = known.and_then(|row| Record::of_text(&row.text)).unwrap_or_default();
            whole.merge(record);
            put.push(QualityRow {
                interface: interface.clone(),
                span_s: spans.hour_s(),
                start: *start,
                kind: kind.clone(),
                text: whole.to_text(),
            });
        }
        tables.quality_change(&QualityChange { put, drop: Vec::new() })?;
        self.unwritten.clear();
        self.fold(tables, spans, now)
    }

    /// Old hours become days, once a day.
    fn fold(&mut self, tables: &dyn Tables, spans: Spans, now: Timestamp) -> Result<(), Error> {
        let until = spans.folded_before(now);
        if self.folded == Some(until) {
            return Ok(());
        }
        let old = QualityQuery { interface: None, span_s: Some(spans.hour_s()), since: Timestamp(i64::MIN), until };
        let day = micros(spans.day);
        let mut days: BTreeMap<Key, Record> = BTreeMap::new();
        for row in tables.quality(&old)?.into_iter().filter(|row| !row.interface.is_empty()) {
            let start = Timestamp(row.start.0 - row.start.0.rem_euclid(day));
            if let Some(record) = Record::of_text(&row.text) {
                days.entry((row.interface, row.kind, start)).or_default().merge(&record);
            }
        }
        let mut change = QualityChange::default();
        for ((interface, kind, start), mut record) in days {
            let query = QualityQuery {
                span_s: Some(spans.day_s()),
                since: start,
                until: Timestamp(start.0.saturating_add(1)),
                ..QualityQuery::of(&interface)
            };
            let known = tables.quality(&query)?.into_iter().find(|row| row.kind == kind);
            if let Some(known) = known.and_then(|row| Record::of_text(&row.text)) {
                record.merge(&known);
            }
            change.put.push(QualityRow { interface, span_s: spans.day_s(), start, kind, text: record.to_text() });
        }
        let days_kept = i64::try_from(DAYS_KEPT.as_secs() / DAY.as_secs()).unwrap_or(i64::MAX);
        let oldest = Timestamp(until.0.saturating_sub(day.saturating_mul(days_kept)));
        change.drop = vec![(spans.hour_s(), until), (spans.day_s(), oldest)];
        tables.quality_change(&change)?;
        self.folded = Some(until);
        Ok(())
    }
}

fn own_row(kind: &str, start: Timestamp, text: String) -> QualityRow {
    QualityRow { interface: Name::from(""), span_s: OWN_SPAN_S, start, kind: kind.to_owned(), text }
}

/// The spans of an interface, fine and coarse, by their start; those that cannot be read are left out.
///
/// # Errors
/// The store's.
pub fn read(tables: &dyn Tables, interface: &Name, since: Timestamp) -> Result<Vec<Kept>, Error> {
    let rows = tables.quality(&QualityQuery { since, ..QualityQuery::of(interface) })?;
    let kept = |row: QualityRow| {
        let record = Record::of_text(&row.text)?;
        Some(Kept { start: row.start, span_s: row.span_s, kind: Kind::of_key(&row.kind), record })
    };
    Ok(rows.into_iter().filter_map(kept).collect())
}

/// The gaps since a time.
///
/// # Errors
/// The store's.
pub fn gaps(tables: &dyn Tables, since: Timestamp) -> Result<Vec<Gap>, Error> {
    let own = QualityQuery { span_s: Some(OWN_SPAN_S), since, ..QualityQuery::of(&Name::from("")) };
    let gap = |row: QualityRow| {
        let until = row.text.parse().ok().filter(|_| row.kind == GAP)?;
        Some(Gap { from: row.start, until: Timestamp(until) })
    };
    Ok(tables.quality(&own)?.into_iter().filter_map(gap).collect())
}

/// A span as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// When it began.
    pub start: Timestamp,
    /// Its length, seconds.
    pub span_s: u32,
    /// The kind of message.
    pub kind: Kind,
    /// The counts.
    pub record: Record,
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::{KeySource, MasterKey, Options, Store};
    use testkit::Folder;

    const HOUR: i64 = 3_600_000_000;
    const NOW: Timestamp = Timestamp(1_772_348_889_000_000);

    fn open(folder: &Folder) -> Store {
        let options = Options { key: KeySource::Given(MasterKey::from_bytes([7; 32])), ..Options::default() };
        Store::open(&folder.join("data"), &options).unwrap().0
    }

    fn taken(hours_ago: i64, messages: u64) -> Vec<Taken> {
        let start = Timestamp(NOW.0 - NOW.0.rem_euclid(HOUR) - hours_ago * HOUR);
        let kind = Kind { message_type: "ADT".into(), ..Kind::default() };
        vec![Taken { start, kind, record: Record { messages, ..Record::default() } }]
    }

    fn found(store: &Store) -> Vec<(u32, i64, u64)> {
        let read = read(store.tables(), &"adt".into(), Timestamp(0)).unwrap();
        read.iter().map(|kept| (kept.span_s, (NOW.0 - kept.start.0) / HOUR, kept.record.messages)).collect()
    }

    #[test]
    fn spans_are_merged_with_what_is_there() {
        let folder = Folder::new();
        let store = open(&folder);
        let adt = Name::from("adt");
        let mut keeper = Keeper::default();
        let write = |keeper: &mut Keeper| keeper.write(store.tables(), Spans::default(), NOW, false).unwrap();
        keeper.add(&adt, taken(1, 5));
        keeper.add(&adt, taken(1, 1));
        keeper.add(&adt, taken(0, 2));
        write(&mut keeper);
        write(&mut keeper);
        keeper.add(&adt, taken(0, 3));
        write(&mut keeper);
        assert_eq!(found(&store), [(3_600, 1, 6), (3_600, 0, 5)]);
        assert_eq!(read(store.tables(), &"lab".into(), Timestamp(0)), Ok(Vec::new()));
    }

    #[test]
    fn old_hours_become_days_once_and_old_days_go() {
        let folder = Folder::new();
        let store = open(&folder);
        let mut keeper = Keeper::default();
        let hours = [24 * 500, 24 * 20, 24 * 20 + 1, 24 * 19, 1];
        for hours_ago in hours {
            keeper.add(&"adt".into(), taken(hours_ago, 1));
        }
        for _ in 0..2 {
            keeper.write(store.tables(), Spans::default(), NOW, false).unwrap();
        }
        // It is 07:08: a day of 20 days ago began 487 h ago, and holds both hours of it.
        assert_eq!(
            found(&store).iter().map(|(span, _, messages)| (*span, *messages)).collect::<Vec<_>>(),
            [(86_400, 1), (86_400, 2), (86_400, 1), (3_600, 1)]
        );
        // The next day, the oldest is past its time.
        let tomorrow = Timestamp(NOW.0 + 24 * HOUR);
        keeper.write(store.tables(), Spans::default(), tomorrow, false).unwrap();
        assert_eq!(found(&store).len(), 3, "{:?}", found(&store));
    }

    #[test]
    fn a_crash_is_told_as_a_gap_and_a_good_end_is_not() {
        let folder = Folder::new();
        let store = open(&folder);
        let tables = store.tables();
        let later = |seconds: i64| Timestamp(NOW.0 + seconds * 1_000_000);
        let mut keeper = Keeper::default();
        assert_eq!(keeper.begin(tables, later(0)), Ok(None));
        keeper.write(tables, Spans::default(), later(30), false).unwrap();
        // It ends without a word.
        let mut keeper = Keeper { ..Keeper::default() };
        let gap = Gap { from: later(30), until: later(100) };
        assert_eq!(keeper.begin(tables, later(100)), Ok(Some(gap)));
        keeper.write(tables, Spans::default(), later(130), true).unwrap();
        assert_eq!(Keeper::default().begin(tables, later(200)), Ok(None));
        assert_eq!(gaps(tables, Timestamp(0)), Ok(vec![gap]));
        assert_eq!(gaps(tables, later(31)), Ok(Vec::new()));
    }
}
