//! Accounts in SQLite.

use super::super::account::{ACCOUNTS_MAX, AccountRow};
use message::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result as Sql, Row, params};

const COLUMNS: &str = "kind, id, owner, until, revision, body";

fn row(row: &Row<'_>) -> Sql<AccountRow> {
    Ok(AccountRow {
        kind: row.get(0)?,
        id: row.get(1)?,
        owner: row.get(2)?,
        until: row.get::<_, Option<i64>>(3)?.map(Timestamp),
        revision: row.get::<_, i64>(4)? as u64,
        body: row.get(5)?,
    })
}

/// Writes a row over the one of the revision before; a first row where there is none.
pub(super) fn put(connection: &mut Connection, row: &AccountRow) -> Sql<bool> {
    let AccountRow { kind, id, owner, until, revision, body } = row;
    let (until, revision) = (until.map(|until| until.0), *revision as i64);
    let changed = if revision <= 1 {
        let sql = "INSERT INTO accounts (kind, id, owner, until, revision, body) VALUES (?1, ?2, ?3, ?4, 1, ?5)
                   ON CONFLICT (kind, id) DO NOTHING";
        connection.execute(sql, params![kind, id, owner, until, body])?
    } else {
        let sql = "UPDATE accounts SET owner = ?3, until = ?4, revision = ?5, body = ?6
                   WHERE kind = ?1 AND id = ?2 AND revision = ?5 - 1";
        connection.execute(sql, params![kind, id, owner, until, revision, body])?
    };
    Ok(changed == 1)
}

pub(super) fn get(connection: &Connection, kind: &str, id: &str) -> Sql<Option<AccountRow>> {
    let sql = format!("SELECT {COLUMNS} FROM accounts WHERE kind = ?1 AND id = ?2");
    connection.prepare(&sql)?.query_row(params![kind, id], row).optional()
}

pub(super) fn list(connection: &Connection, kind: &str, owner: Option<&str>) -> Sql<Vec<AccountRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM accounts WHERE kind = ?1 AND (?2 IS NULL OR owner = ?2) ORDER BY id LIMIT {ACCOUNTS_MAX}"
    );
    let mut statement = connection.prepare(&sql)?;
    statement.query_map(params![kind, owner], row)?.collect()
}

pub(super) fn remove(connection: &Connection, kind: &str, id: &str) -> Sql<bool> {
    Ok(connection.execute("DELETE FROM accounts WHERE kind = ?1 AND id = ?2", params![kind, id])? == 1)
}

pub(super) fn expire(connection: &Connection, now: Timestamp) -> Sql<usize> {
    connection.execute("DELETE FROM accounts WHERE until IS NOT NULL AND until <= ?1", [now.0])
}
