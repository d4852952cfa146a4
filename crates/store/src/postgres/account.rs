//! Accounts in PostgreSQL.

use super::connection::Link;
use crate::tables::{ACCOUNTS_MAX, AccountRow};
use message::Timestamp;
use tokio_postgres::{
    Error, Row,
    types::{ToSql, Type},
};

const FIRST: &str = "INSERT INTO accounts (kind, id, owner, until, revision, body) VALUES ($1, $2, $3, $4, 1, $5)
                     ON CONFLICT (kind, id) DO NOTHING";
const NEXT: &str = "UPDATE accounts SET owner = $3, until = $4, revision = $5::bigint, body = $6
                    WHERE kind = $1 AND id = $2 AND revision = $5::bigint - 1";
const GET: &str = "SELECT kind, id, owner, until, revision, body FROM accounts WHERE kind = $1 AND id = $2";
const LIST: &str = "SELECT kind, id, owner, until, revision, body FROM accounts
                    WHERE kind = $1 AND ($2::text IS NULL OR owner = $2) ORDER BY id COLLATE \"C\" LIMIT $3";

fn row(row: &Row) -> AccountRow {
    AccountRow {
        kind: row.get(0),
        id: row.get(1),
        owner: row.get(2),
        until: row.get::<_, Option<i64>>(3).map(Timestamp),
        revision: row.get::<_, i64>(4) as u64,
        body: row.get(5),
    }
}

pub(super) async fn put(link: &Link, row: &AccountRow) -> Result<bool, Error> {
    let AccountRow { kind, id, owner, until, revision, body } = row;
    let (until, revision) = (until.map(|until| until.0), *revision as i64);
    let changed = if revision <= 1 {
        let parameters: [&(dyn ToSql + Sync); 5] = [kind, id, owner, &until, body];
        link.client.execute(FIRST, &parameters).await?
    } else {
        let parameters: [&(dyn ToSql + Sync); 6] = [kind, id, owner, &until, &revision, body];
        link.client.execute(NEXT, &parameters).await?
    };
    Ok(changed == 1)
}

pub(super) async fn get(link: &Link, kind: &str, id: &str) -> Result<Option<AccountRow>, Error> {
    Ok(link.client.query_opt(GET, &[&kind, &id]).await?.as_ref().map(row))
}

pub(super) async fn list(link: &Link, kind: &str, owner: Option<&str>) -> Result<Vec<AccountRow>, Error> {
    let parameters: [(&(dyn ToSql + Sync), Type); 3] =
        [(&kind, Type::TEXT), (&owner, Type::TEXT), (&(ACCOUNTS_MAX as i64), Type::INT8)];
    Ok(link.client.query_typed(LIST, &parameters).await?.iter().map(row).collect())
}

pub(super) async fn remove(link: &Link, kind: &str, id: &str) -> Result<bool, Error> {
    Ok(link.client.execute("DELETE FROM accounts WHERE kind = $1 AND id = $2", &[&kind, &id]).await? == 1)
}

pub(super) async fn expire(link: &Link, now: Timestamp) -> Result<usize, Error> {
    let sql = "DELETE FROM accounts WHERE until IS NOT NULL AND until <= $1";
    Ok(usize::try_from(link.client.execute(sql, &[&now.0]).await?).unwrap_or(usize::MAX))
}
