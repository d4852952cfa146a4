//! The tables in PostgreSQL: audit chain, configurations, switches, counts of quality.
//!
//! Promises the contract of [`Tables`]. The chain is the one of the embedded tables: the same hashes over the same
//! bytes. Rows are numbered under a lock on the table, so that two engines could not number one twice.

use super::{
    account,
    connection::{Link, Session, refused},
    quality,
};
use crate::{
    Error,
    tables::{
        AccountRow, AuditBreak, AuditEntry, AuditQuery, AuditRow, Configuration, QualityChange, QualityQuery,
        QualityRow, Switch, Tables, limit_of,
    },
};
use message::{Name, Timestamp};
use tokio_postgres::{
    Row,
    types::{ToSql, Type},
};

const DOING: &str = "reading or writing the tables";
/// Rows of the chain that are verified at a time.
const PIECE_ROWS: i64 = 4096;

const LAST: &str = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";
const ADD: &str = "INSERT INTO audit (number, at, who, act, object, reason, before, hash)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const LIST: &str = "SELECT number, at, who, act, object, reason, before, hash FROM audit
    WHERE ($1::text IS NULL OR who = $1) AND ($2::text IS NULL OR act = $2) AND ($3::text IS NULL OR object = $3)
      AND number < $4 ORDER BY number DESC LIMIT $5";
const CHAIN: &str = "SELECT number, at, who, act, object, reason, before, hash FROM audit
    WHERE number > $1 ORDER BY number LIMIT $2";

/// See the module.
pub(super) struct Rooms {
    session: Session,
}

fn failed(error: tokio_postgres::Error) -> Error {
    refused(DOING, &error)
}

impl Rooms {
    pub(super) fn new(session: Session) -> Rooms {
        Rooms { session }
    }
}

fn bytes(row: &Row, place: usize) -> [u8; 32] {
    let mut whole = [0; 32];
    // A value of another length cannot match its hash; it is read as what it has, not as an error.
    row.get::<_, &[u8]>(place).iter().zip(&mut whole).for_each(|(from, to)| *to = *from);
    whole
}

fn audit_row(row: &Row) -> AuditRow {
    AuditRow {
        number: row.get::<_, i64>(0) as u64,
        at: Timestamp(row.get(1)),
        entry: AuditEntry { who: row.get(2), act: row.get(3), object: row.get(4), reason: row.get(5) },
        before: bytes(row, 6),
        hash: bytes(row, 7),
    }
}

async fn append(link: &Link, at: Timestamp, entry: AuditEntry) -> Result<AuditRow, tokio_postgres::Error> {
    let client = &link.client;
    client.batch_execute("BEGIN; LOCK TABLE audit IN SHARE ROW EXCLUSIVE MODE").await?;
    let last = client.query_opt(LAST, &[]).await?;
    let (number, before) = last.map_or((1, [0; 32]), |row| (row.get::<_, i64>(0) as u64 + 1, bytes(&row, 1)));
    let mut row = AuditRow { number, at, entry, before, hash: [0; 32] };
    row.hash = row.expected_hash();
    let AuditEntry { who, act, object, reason } = &row.entry;
    let parameters: [&(dyn ToSql + Sync); 8] =
        [&(number as i64), &at.0, who, act, object, reason, &&row.before[..], &&row.hash[..]];
    client.execute(ADD, &parameters).await?;
    client.batch_execute("COMMIT").await?;
    Ok(row)
}

impl Tables for Rooms {
    fn audit_append(&self, at: Timestamp, entry: &AuditEntry) -> Result<AuditRow, Error> {
        let entry = entry.clone();
        self.session.alone(move |link| async move {
            let done = append(&link, at, entry).await;
            if done.is_err() {
                let _ = link.client.batch_execute("ROLLBACK").await;
            }
            done.map_err(failed)
        })
    }

    fn audit_list(&self, query: &AuditQuery) -> Result<Vec<AuditRow>, Error> {
        let query = query.clone();
        self.session.run(move |link| async move {
            let before = query.before.map_or(i64::MAX, |number| number as i64);
            let parameters: [(&(dyn ToSql + Sync), Type); 5] = [
                (&query.who, Type::TEXT),
                (&query.act, Type::TEXT),
                (&query.object, Type::TEXT),
                (&before, Type::INT8),
                (&limit_of(query.limit), Type::INT8),
            ];
            let rows = link.client.query_typed(LIST, &parameters).await.map_err(failed)?;
            Ok(rows.iter().map(audit_row).collect())
        })
    }

    fn audit_verify(&self) -> Result<Result<u64, AuditBreak>, Error> {
        self.session.run(|link| async move {
            let (mut number, mut before) = (0, [0; 32]);
            loop {
                let rows = link.client.query(CHAIN, &[&(number as i64), &PIECE_ROWS]).await.map_err(failed)?;
                if rows.is_empty() {
                    return Ok(Ok(number));
                }
                for row in rows.iter().map(audit_row) {
                    number += 1;
                    if let Some(what) = row.broken(number, before) {
                        return Ok(Err(AuditBreak { number, what }));
                    }
                    before = row.hash;
                }
            }
        })
    }

    fn configuration_applied(&self, configuration: &Configuration) -> Result<(), Error> {
        let Configuration { interface, version, text, at, by } = configuration.clone();
        let sql = "INSERT INTO configurations (interface, version, text, at, who) VALUES ($1, $2, $3, $4, $5)";
        self.session.run(move |link| async move {
            let parameters: [&(dyn ToSql + Sync); 5] = [&&*interface, &(version as i64), &text, &at.0, &by];
            link.client.execute(sql, &parameters).await.map(|_| ()).map_err(failed)
        })
    }

    fn configurations(&self, interface: &str, limit: usize) -> Result<Vec<Configuration>, Error> {
        let interface = interface.to_owned();
        let sql = "SELECT interface, version, text, at, who FROM configurations WHERE interface = $1
                   ORDER BY number DESC LIMIT $2";
        self.session.run(move |link| async move {
            let rows = link.client.query(sql, &[&interface, &limit_of(limit)]).await.map_err(failed)?;
            let configuration = |row: &Row| Configuration {
                interface: Name::from(row.get::<_, &str>(0)),
                version: row.get::<_, i64>(1) as u64,
                text: row.get(2),
                at: Timestamp(row.get(3)),
                by: row.get(4),
            };
            Ok(rows.iter().map(configuration).collect())
        })
    }

    fn set_switch(&self, name: &str, switch: Option<&Switch>) -> Result<(), Error> {
        let (name, switch) = (name.to_owned(), switch.cloned());
        let set = "INSERT INTO switches (name, value, at, who, reason) VALUES ($1, $2, $3, $4, $5)
                   ON CONFLICT (name) DO UPDATE SET value = $2, at = $3, who = $4, reason = $5";
        self.session.run(move |link| async move {
            let done = match &switch {
                None => link.client.execute("DELETE FROM switches WHERE name = $1", &[&name]).await,
                Some(Switch { value, at, by, reason }) => {
                    link.client.execute(set, &[&name, value, &at.0, by, reason]).await
                }
            };
            done.map(|_| ()).map_err(failed)
        })
    }

    fn quality_change(&self, change: &QualityChange) -> Result<(), Error> {
        let change = change.clone();
        self.session.alone(move |link| async move {
            let done = quality::change(&link, &change).await;
            if done.is_err() {
                let _ = link.client.batch_execute("ROLLBACK").await;
            }
            done.map_err(failed)
        })
    }

    fn quality(&self, query: &QualityQuery) -> Result<Vec<QualityRow>, Error> {
        let query = query.clone();
        self.session.run(move |link| async move { quality::read(&link, &query).await.map_err(failed) })
    }

    fn account_put(&self, row: &AccountRow) -> Result<bool, Error> {
        let row = row.clone();
        self.session.run(move |link| async move { account::put(&link, &row).await.map_err(failed) })
    }

    fn account(&self, kind: &str, id: &str) -> Result<Option<AccountRow>, Error> {
        let (kind, id) = (kind.to_owned(), id.to_owned());
        self.session.run(move |link| async move { account::get(&link, &kind, &id).await.map_err(failed) })
    }

    fn accounts(&self, kind: &str, owner: Option<&str>) -> Result<Vec<AccountRow>, Error> {
        let (kind, owner) = (kind.to_owned(), owner.map(str::to_owned));
        self.session.run(move |link| async move { account::list(&link, &kind, owner.as_deref()).await.map_err(failed) })
    }

    fn account_remove(&self, kind: &str, id: &str) -> Result<bool, Error> {
        let (kind, id) = (kind.to_owned(), id.to_owned());
        self.session.run(move |link| async move { account::remove(&link, &kind, &id).await.map_err(failed) })
    }

    fn accounts_expire(&self, now: Timestamp) -> Result<usize, Error> {
        self.session.run(move |link| async move { account::expire(&link, now).await.map_err(failed) })
    }

    fn switches(&self) -> Result<Vec<(String, Switch)>, Error> {
        let sql = "SELECT name, value, at, who, reason FROM switches ORDER BY name";
        self.session.run(move |link| async move {
            let rows = link.client.query(sql, &[]).await.map_err(failed)?;
            let switch = |row: &Row| {
                let (value, at, by, reason) = (row.get(1), Timestamp(row.get(2)), row.get(3), row.get(4));
                (row.get(0), Switch { value, at, by, reason })
            };
            Ok(rows.iter().map(switch).collect())
        })
    }
}
