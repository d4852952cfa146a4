//! The pieces of the audit chain as rows in PostgreSQL, with the anchor beside them.
//!
//! Promises the contract of [`Shelf`]: bytes and anchor in one transaction.

use super::connection::{Link, Session, refused};
use crate::{
    Error,
    audit::{AuditEntry, Shelf},
};
use message::Timestamp;
use tokio_postgres::Row;

const DOING: &str = "reading or writing the audit chain";
const ADD: &str = "INSERT INTO trail (piece, place, bytes) VALUES ($1, $2, $3)";
/// What a start found unusable stays, under a number that is no piece's.
const ASIDE: &str = "INSERT INTO trail SELECT -piece, place, bytes FROM trail WHERE piece = $1 ON CONFLICT DO NOTHING";
const ANCHOR: &str = "INSERT INTO audit_anchor (bytes) VALUES ($1) ON CONFLICT (is_one) DO UPDATE SET bytes = $1";

/// See the module.
pub(super) struct Trail {
    session: Session,
}

fn failed(error: tokio_postgres::Error) -> Error {
    refused(DOING, &error)
}

impl Trail {
    pub(super) fn new(session: Session) -> Trail {
        Trail { session }
    }
}

async fn append(link: &Link, place: (i64, i64), bytes: &[u8], anchor: &[u8]) -> Result<(), tokio_postgres::Error> {
    link.client.batch_execute("BEGIN").await?;
    if place.1 == 0 {
        link.client.execute(ASIDE, &[&place.0]).await?;
        link.client.execute("DELETE FROM trail WHERE piece = $1", &[&place.0]).await?;
    }
    link.client.execute(ADD, &[&place.0, &place.1, &bytes]).await?;
    link.client.execute(ANCHOR, &[&anchor]).await?;
    link.client.batch_execute("COMMIT").await
}

impl Trail {
    /// The records of the chain of an older build, in order.
    pub(super) fn old(&self) -> Result<Vec<(Timestamp, AuditEntry)>, Error> {
        self.session.run(|link| async move {
            let sql = "SELECT at, who, act, object, reason FROM audit ORDER BY number";
            let rows = link.client.query(sql, &[]).await.map_err(failed)?;
            let entry = |row: &Row| {
                let (who, act, object, reason) = (row.get(1), row.get(2), row.get(3), row.get(4));
                (Timestamp(row.get(0)), AuditEntry { who, act, object, reason, ..AuditEntry::default() })
            };
            Ok(rows.iter().map(entry).collect())
        })
    }
}

impl Shelf for Trail {
    fn pieces(&self) -> Result<Vec<u64>, Error> {
        self.session.run(|link| async move {
            let rows = link.client.query("SELECT DISTINCT piece FROM trail WHERE piece > 0 ORDER BY piece", &[]).await;
            Ok(rows.map_err(failed)?.iter().map(|row| row.get::<_, i64>(0) as u64).collect())
        })
    }

    fn read(&self, piece: u64) -> Result<Vec<u8>, Error> {
        self.session.run(move |link| async move {
            let sql = "SELECT place, bytes FROM trail WHERE piece = $1 ORDER BY place";
            let rows = link.client.query(sql, &[&(piece as i64)]).await.map_err(failed)?;
            let mut whole = Vec::new();
            for row in &rows {
                if row.get::<_, i64>(0) != whole.len() as i64 {
                    return Err(Error::corrupt("trail", whole.len() as u64, "a row is missing"));
                }
                whole.extend_from_slice(row.get(1));
            }
            Ok(whole)
        })
    }

    fn append(&self, piece: u64, at: u64, bytes: &[u8], anchor: &[u8]) -> Result<(), Error> {
        let (bytes, anchor) = (bytes.to_vec(), anchor.to_vec());
        self.session.alone(move |link| async move {
            let done = append(&link, (piece as i64, at as i64), &bytes, &anchor).await;
            if done.is_err() {
                let _ = link.client.batch_execute("ROLLBACK").await;
            }
            done.map_err(failed)
        })
    }

    fn cut(&self, piece: u64, length: u64) -> Result<(), Error> {
        self.session.run(move |link| async move {
            let sql = "DELETE FROM trail WHERE piece = $1 AND place >= $2";
            link.client.execute(sql, &[&(piece as i64), &(length as i64)]).await.map(|_| ()).map_err(failed)
        })
    }

    fn remove(&self, piece: u64) -> Result<(), Error> {
        self.cut(piece, 0)
    }

    fn anchor(&self) -> Result<Option<Vec<u8>>, Error> {
        self.session.run(|link| async move {
            let row = link.client.query_opt("SELECT bytes FROM audit_anchor", &[]).await.map_err(failed)?;
            Ok(row.map(|row| row.get(0)))
        })
    }

    fn set_anchor(&self, anchor: &[u8]) -> Result<(), Error> {
        let anchor = anchor.to_vec();
        self.session
            .run(move |link| async move { link.client.execute(ANCHOR, &[&anchor]).await.map(|_| ()).map_err(failed) })
    }
}
