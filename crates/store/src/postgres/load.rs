//! From the rows to a ledger: what a start does, and how pieces of the log are read.
//!
//! Promises: a row that is damaged is told and passed over, its neighbours count (R7); the checkpoint is used only when
//! it is whole and not ahead of the rows.

use super::{
    connection::{Link, refused},
    days::{Days, base_of, day_of},
    row::Row,
};
use crate::{
    Error, Quarantined, Report,
    log::{
        checkpoint, fold,
        ledger::{Ledger, counts_of},
    },
};
use message::Counts;

/// Rows of a piece.
const PIECE_ROWS: i64 = 4096;
/// Bytes of a piece, one larger row aside.
const PIECE_BYTES: i64 = 16 * 1024 * 1024;
/// Messages and changes in the order of their ids.
const PIECE: &str = "
    SELECT id, record FROM (
        SELECT id, record, sum(octet_length(record)) OVER (ORDER BY id) - octet_length(record) AS before
        FROM ((SELECT id, record FROM messages WHERE id >= $1 AND id < $2 ORDER BY id LIMIT $3)
              UNION ALL
              (SELECT id, record FROM changes WHERE id >= $1 AND id < $2 ORDER BY id LIMIT $3)) both_tables
        ORDER BY id LIMIT $3) sized
    WHERE before < $4 ORDER BY id";

/// The rows from `from` on and below `until`, as many as a piece holds.
pub(super) async fn piece(link: &Link, from: u64, until: u64) -> Result<Vec<(u64, Vec<u8>)>, Error> {
    let failed = |error: tokio_postgres::Error| refused("reading the log", &error);
    let statement = link.statement(PIECE).await.map_err(failed)?;
    let until = i64::try_from(until).unwrap_or(i64::MAX);
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&(from as i64), &until, &PIECE_ROWS, &PIECE_BYTES];
    // The sum is a numeric: compared in the database, never read.
    let rows = link.client.query(&statement, &parameters).await.map_err(failed)?;
    Ok(rows.into_iter().map(|row| (row.get::<_, i64>(0) as u64, row.get(1))).collect())
}

/// What a start found.
pub(super) struct Loaded {
    pub(super) ledger: Ledger,
    /// The place after the last row.
    pub(super) end: u64,
    pub(super) report: Report,
}

/// Folds the rows into a ledger, from the checkpoint on where there is one.
pub(super) async fn load(link: &Link, days: &Days, store: &[u8; 16], next: u64) -> Result<Loaded, Error> {
    let mut report = Report::default();
    let found = read_checkpoint(link, store).await?.filter(|found| found.lsn <= next);
    report.has_checkpoint = found.is_some();
    let (mut ledger, from) = found.map_or((Ledger::default(), 0), |found| (found.ledger, found.lsn));
    rebase(link, days, &mut ledger).await?;
    let end = fold_rows(link, days, &mut ledger, from, i64::MAX as u64, &mut report).await?;
    Ok(Loaded { ledger, end, report })
}

/// Ledgers as the rows up to the one at `until` give them now: from the beginning, and from the checkpoint. Empty where
/// there is damage, because a ledger that was made before it knows more.
pub(super) async fn fold_again(link: &Link, days: &Days, store: &[u8; 16], until: u64) -> Result<Vec<Ledger>, Error> {
    let mut ledgers = vec![(Ledger::default(), 0)];
    let found = read_checkpoint(link, store).await?;
    ledgers.extend(found.map(|found| (found.ledger, found.lsn)));
    let mut again = Vec::new();
    for (mut ledger, from) in ledgers {
        let mut report = Report::default();
        rebase(link, days, &mut ledger).await?;
        fold_rows(link, days, &mut ledger, from, until + 1, &mut report).await?;
        if !report.quarantined.is_empty() {
            return Ok(Vec::new());
        }
        again.push(ledger);
    }
    Ok(again)
}

/// Puts the counters of dropped days under a ledger.
async fn rebase(link: &Link, days: &Days, ledger: &mut Ledger) -> Result<(), Error> {
    let cut = days.list().first().map_or(0, |day| base_of(*day));
    let mut list = Vec::new();
    for (name, counts) in read_baseline(link).await? {
        *counts_of(&mut list, ledger.names.interface(&name)) = counts;
    }
    // Nothing was dropped before the first day that there ever was.
    if !list.is_empty() {
        ledger.rebase(cut, list);
    }
    Ok(())
}

async fn fold_rows(
    link: &Link,
    days: &Days,
    ledger: &mut Ledger,
    mut from: u64,
    until: u64,
    report: &mut Report,
) -> Result<u64, Error> {
    loop {
        let rows = piece(link, from, until).await?;
        let Some((last, _)) = rows.last() else { return Ok(from) };
        from = last + 1;
        for (id, bytes) in rows {
            report.records += 1;
            let length = bytes.len() as u64;
            let is_sound = Row::verify(id, bytes, days.key(id))
                .is_ok_and(|row| fold::fold(ledger, base_of(day_of(id)), &row.header, row.bytes()));
            if !is_sound {
                report.quarantined.push(Quarantined { lsn: id, length });
            }
        }
    }
}

async fn read_checkpoint(link: &Link, store: &[u8; 16]) -> Result<Option<checkpoint::Checkpoint>, Error> {
    let row = link.client.query_opt("SELECT bytes FROM checkpoint", &[]).await;
    let row = row.map_err(|error| refused("reading the checkpoint", &error))?;
    Ok(row.and_then(|row| checkpoint::decode(row.get(0), store)))
}

const BASELINE: &str =
    "SELECT interface, accepted, delivered, filtered, parked, expired, deleted, in_flight FROM baseline";

async fn read_baseline(link: &Link) -> Result<Vec<(String, Counts)>, Error> {
    let rows = link.client.query(BASELINE, &[]).await;
    let rows = rows.map_err(|error| refused("reading the counters of dropped days", &error))?;
    let count = |row: &tokio_postgres::Row, place: usize| row.get::<_, i64>(place) as u64;
    let counts = |row: &tokio_postgres::Row| Counts {
        accepted: count(row, 1),
        delivered: count(row, 2),
        filtered: count(row, 3),
        parked: count(row, 4),
        expired: count(row, 5),
        deleted: count(row, 6),
        in_flight: count(row, 7),
    };
    Ok(rows.iter().map(|row| (row.get(0), counts(row))).collect())
}

/// Writes the counters of dropped days, of an interface.
pub(super) const SET_BASELINE: &str = "
    INSERT INTO baseline (interface, accepted, delivered, filtered, parked, expired, deleted, in_flight)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (interface) DO UPDATE SET accepted = $2, delivered = $3, filtered = $4, parked = $5, expired = $6,
                                          deleted = $7, in_flight = $8";

/// Writes a checkpoint unless a newer one is there or the lease is lost.
pub(super) const SET_CHECKPOINT: &str = "
    INSERT INTO checkpoint (place, bytes)
    SELECT $1, $2 FROM owner WHERE name = $3 AND token = $4
    ON CONFLICT (is_one) DO UPDATE SET place = excluded.place, bytes = excluded.bytes
    WHERE checkpoint.place <= excluded.place";
