//! The master key of a store in a database is exchanged: every key that it wraps, in one transaction.
//!
//! Promises: all of them or none; an engine that lost the lease changes nothing; a day that is made meanwhile waits, and is made
//! under the new key (see [`super::days`]).

use super::{
    connection::{Link, refused},
    days, lease,
};
use crate::{
    Error, identity,
    keys::{Keys, Rewrapped},
};

fn failed(error: tokio_postgres::Error) -> Error {
    refused("wrapping the keys anew", &error)
}

/// Wraps the keys of the days and the store's secret by the current master key.
pub(super) async fn rewrap(link: &Link, instance: &str, keys: &Keys) -> Result<Rewrapped, Error> {
    let done = within(link, instance, keys).await;
    if done.is_err() {
        let _ = link.client.batch_execute("ROLLBACK").await;
    }
    done
}

async fn within(link: &Link, instance: &str, keys: &Keys) -> Result<Rewrapped, Error> {
    let client = &link.client;
    client.batch_execute("BEGIN; SET LOCAL lock_timeout = '30s'").await.map_err(failed)?;
    // The lease before the days, as those who drop days take them.
    let fence = "SELECT 1 FROM owner WHERE name = $1 AND instance = $2 FOR NO KEY UPDATE";
    if client.query_opt(fence, &[&lease::NAME, &instance]).await.map_err(failed)?.is_none() {
        return Err(Error::Away { reason: "another engine has taken the lease".into() });
    }
    client.batch_execute("LOCK TABLE days IN SHARE ROW EXCLUSIVE MODE").await.map_err(failed)?;
    let mut done = Rewrapped::default();
    let (mut wrapped, mut areas) = (Vec::new(), Vec::new());
    for row in client.query("SELECT day, key FROM days", &[]).await.map_err(failed)? {
        let day: i32 = row.get(0);
        match days::rewrapped(row.get(1), keys) {
            Ok(area) => {
                wrapped.push(day);
                areas.push(area);
            }
            Err(Error::Corrupt { .. } | Error::WrongKey { .. }) => {
                done.unreadable.push(format!("the key of day {day}"))
            }
            Err(error) => return Err(error),
        }
    }
    let row = client.query_one("SELECT identity FROM store", &[]).await.map_err(failed)?;
    let identity = identity::rewrapped(row.get(0), keys)?;
    client.execute("UPDATE store SET identity = $1", &[&identity]).await.map_err(failed)?;
    let update = "UPDATE days SET key = new.key FROM unnest($1::int4[], $2::bytea[]) AS new (day, key)
                  WHERE days.day = new.day";
    client.execute(update, &[&wrapped, &areas]).await.map_err(failed)?;
    client.batch_execute("COMMIT").await.map_err(failed)?;
    Ok(Rewrapped { count: wrapped.len() as u64 + 1, ..done })
}
