//! The lease on the log and its fencing token.
//!
//! Promises: one engine at a time has the lease; whoever takes it gets a greater token than anyone before, and every
//! statement of the log checks the token in its own transaction, so that an engine that lost the lease writes nothing
//! any more, however late its statements arrive. Time is the database's.

use super::connection::{Database, Link, refused};
use crate::Error;

/// The row of the lease on the log.
pub(super) const NAME: &str = "log";
const DOING: &str = "taking the lease";

/// A lease that was taken.
pub(super) struct Taken {
    pub(super) token: u64,
    /// No id below was given.
    pub(super) next: u64,
    pub(super) was_closed: bool,
}

/// How an engine is told apart from others, and how it is shown.
pub(super) struct Holder {
    /// Stays the same over restarts: an engine that starts again need not wait for its own lease to end.
    pub(super) id: String,
    /// Is another at every opening.
    pub(super) instance: String,
    pub(super) described: String,
}

fn seconds(database: &Database) -> f64 {
    database.lease.as_secs_f64()
}

/// Takes the lease with a token that is greater than any before.
pub(super) async fn take(link: &Link, database: &Database, holder: &Holder) -> Result<Taken, Error> {
    let failed = |error: tokio_postgres::Error| refused(DOING, &error);
    let insert = "INSERT INTO owner (name, holder, instance, described, token, until, reserved, is_closed)
                  VALUES ($1, '', '', '', 0, '-infinity', 0, true) ON CONFLICT DO NOTHING";
    link.client.execute(insert, &[&NAME]).await.map_err(failed)?;
    let update = "WITH before AS (SELECT is_closed FROM owner WHERE name = $1)
                  UPDATE owner SET holder = $2, instance = $5, described = $3, token = token + 1, is_closed = false,
                                   until = clock_timestamp() + make_interval(secs => $4)
                  WHERE name = $1 AND (until < clock_timestamp() OR holder = $2)
                  RETURNING token, reserved, (SELECT is_closed FROM before)";
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&NAME, &holder.id, &holder.described, &seconds(database), &holder.instance];
    if let Some(row) = link.client.query_opt(update, &parameters).await.map_err(failed)? {
        let (token, next): (i64, i64) = (row.get(0), row.get(1));
        return Ok(Taken { token: token as u64, next: next as u64, was_closed: row.get(2) });
    }
    let look = "SELECT described, greatest(0, ceil(extract(epoch FROM until - clock_timestamp())))::int8
                FROM owner WHERE name = $1";
    let row = link.client.query_one(look, &[&NAME]).await.map_err(failed)?;
    let (holder, seconds): (String, i64) = (row.get(0), row.get(1));
    Err(Error::Owned { holder: holder.into(), seconds: seconds as u64 })
}

/// Raises the token of the engine that has the lease: what it sent before and what has not arrived will be refused.
/// `None` when another engine has taken it.
pub(super) async fn raise(
    link: &Link,
    database: &Database,
    instance: &str,
) -> Result<Option<u64>, tokio_postgres::Error> {
    let update = "UPDATE owner SET token = token + 1, until = clock_timestamp() + make_interval(secs => $3)
                  WHERE name = $1 AND instance = $2 RETURNING token";
    let row = link.client.query_opt(update, &[&NAME, &instance, &seconds(database)]).await?;
    Ok(row.map(|row| row.get::<_, i64>(0) as u64))
}

/// Renews the lease, and reserves ids up to a place. `false` when another engine has taken it.
pub(super) async fn renew(
    link: &Link,
    database: &Database,
    token: u64,
    reserved: u64,
) -> Result<bool, tokio_postgres::Error> {
    let update = "UPDATE owner SET until = clock_timestamp() + make_interval(secs => $3), reserved = $4
                  WHERE name = $1 AND token = $2";
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&NAME, &(token as i64), &seconds(database), &(reserved as i64)];
    Ok(link.client.execute(update, &parameters).await? == 1)
}

/// Ends the lease in order.
pub(super) async fn end(link: &Link, token: u64, next: u64) -> Result<bool, tokio_postgres::Error> {
    let update = "UPDATE owner SET until = '-infinity', reserved = $3, is_closed = true WHERE name = $1 AND token = $2";
    Ok(link.client.execute(update, &[&NAME, &(token as i64), &(next as i64)]).await? == 1)
}
