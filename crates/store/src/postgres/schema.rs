//! The schema, as the list of numbered steps that made it, and the one that applies them.
//!
//! Promises: two engines that start at once apply each step once; a schema of a newer build is refused. A step once
//! released is never changed.

use super::connection::{Link, refused};
use crate::Error;

/// Step n takes the schema from version n to n + 1.
const STEPS: &[&str] = &[
    include_str!("migrations/0001_log.sql"),
    include_str!("migrations/0002_tables.sql"),
    include_str!("migrations/0003_index.sql"),
    include_str!("migrations/0004_quality.sql"),
    include_str!("migrations/0005_accounts.sql"),
    include_str!("migrations/0006_trail.sql"),
];
/// The advisory lock that migrations take: "sinew" in ASCII.
const LOCK: i64 = 0x73_69_6e_65_77;
const DOING: &str = "bringing the schema up to date";

/// Makes the schema if it is not there, and brings it up to date.
pub(super) async fn migrate(link: &Link, schema: &str) -> Result<(), Error> {
    let client = &link.client;
    let failed = |error: tokio_postgres::Error| refused(DOING, &error);
    client.execute("SELECT pg_advisory_lock($1)", &[&LOCK]).await.map_err(failed)?;
    let done = steps(link, schema).await;
    // The lock ends with the session too.
    let _ = client.execute("SELECT pg_advisory_unlock($1)", &[&LOCK]).await;
    done
}

async fn steps(link: &Link, schema: &str) -> Result<(), Error> {
    let client = &link.client;
    let failed = |error: tokio_postgres::Error| refused(DOING, &error);
    let make = format!(
        "CREATE SCHEMA IF NOT EXISTS {schema};
         CREATE TABLE IF NOT EXISTS version (is_one boolean PRIMARY KEY DEFAULT true CHECK (is_one), number int NOT NULL);
         INSERT INTO version (number) VALUES (0) ON CONFLICT DO NOTHING"
    );
    let is_there = client.query_opt("SELECT 1 FROM pg_namespace WHERE nspname = $1", &[&schema]).await;
    let has_version = client.query_one("SELECT to_regclass($1) IS NOT NULL", &[&format!("{schema}.version")]).await;
    let is_made = is_there.map_err(failed)?.is_some() && has_version.map_err(failed)?.get::<_, bool>(0);
    if !is_made {
        client.batch_execute(&make).await.map_err(failed)?;
    }
    let row = client.query_one("SELECT number FROM version", &[]).await.map_err(failed)?;
    let found = usize::try_from(row.get::<_, i32>(0)).unwrap_or(0);
    if found > STEPS.len() {
        let file = format!("the schema {schema}");
        return Err(Error::Incompatible { file: file.into(), found: found as u32, known: STEPS.len() as u32 });
    }
    for (place, step) in STEPS.iter().enumerate().skip(found) {
        let sql = format!("BEGIN; {step}; UPDATE version SET number = {}; COMMIT", place + 1);
        if let Err(error) = client.batch_execute(&sql).await {
            let _ = client.batch_execute("ROLLBACK").await;
            return Err(failed(error));
        }
    }
    Ok(())
}
