//! The embedded tables: one SQLite file, write-ahead, `synchronous=FULL`.

mod account;
mod quality;

use super::{
    AccountRow, AuditBreak, AuditEntry, AuditQuery, AuditRow, Configuration, QualityChange, QualityQuery, QualityRow,
    Switch, Tables, limit_of, migrations::STEPS,
};
use crate::Error;
use message::{
    Name, Timestamp,
    failpoint::{Place, pass},
};
use rusqlite::{Connection, OptionalExtension, Result as Sql, Row, params};
use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

/// The file, in the data directory.
pub(crate) const NAME: &str = "tables.db";
/// What `PRAGMA synchronous` says for FULL.
const SYNCHRONOUS_FULL: i64 = 2;
/// Bytes that the write-ahead file is grown to once, so that small writes still pass on a full disk and no commit pays
/// for growing it.
const WAL_GROWN_BYTES: u32 = 1024 * 1024;
/// How long a copy waits for a lock at a time, and between its tries: it needs one moment without a schema change.
const COPY_PATIENCE: Duration = Duration::from_secs(5);
const COPY_PAUSE: Duration = Duration::from_millis(5);

/// See the module.
pub(crate) struct Database {
    path: PathBuf,
    connection: Mutex<Connection>,
    growing: Option<JoinHandle<()>>,
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(growing) = self.growing.take() {
            let _ = growing.join();
        }
    }
}

fn refused(error: &rusqlite::Error) -> Error {
    // SQLite's texts may quote values: only its code is told.
    let code = error.sqlite_error_code().map_or_else(|| "no code".to_owned(), |code| format!("{code:?}"));
    Error::Unavailable { what: format!("the tables refused an operation ({code})").into() }
}

impl Database {
    /// Opens the file, or makes it, and brings its schema up to date.
    pub(crate) fn open(directory: &Path) -> Result<Database, Error> {
        let path = directory.join(NAME);
        let mut connection = connect(&path).map_err(|error| refused(&error))?;
        assert_durable(&connection)?;
        migrate(&mut connection)?;
        Ok(Database { path, connection: Mutex::new(connection), growing: None })
    }

    /// Grows the write-ahead file in the background. Not before the rest of the store is open: a store that is refused is
    /// not touched. A comfort: a full disk must not keep the tables from opening, and a megabyte with its fsyncs must not
    /// keep the engine from listening.
    pub(crate) fn growing(mut self, directory: &Path) -> Database {
        let path = directory.join(NAME);
        let grow = move || drop(connect(&path).and_then(|mut own| grow(&mut own)));
        self.growing = thread::Builder::new().name("sinew-tables".into()).spawn(grow).ok();
        self
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run<T>(&self, run: impl FnOnce(&mut Connection) -> Sql<T>) -> Result<T, Error> {
        run(&mut self.lock()).map_err(|error| refused(&error))
    }

    fn write<T>(&self, write: impl FnOnce(&mut Connection) -> Sql<T>) -> Result<T, Error> {
        pass(Place::TablesBefore);
        let written = self.run(write);
        pass(Place::TablesAfter);
        written
    }
}

fn connect(path: &Path) -> Sql<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")?;
    Ok(connection)
}

fn assert_durable(connection: &Connection) -> Result<(), Error> {
    let read = || -> Sql<(i64, String)> {
        let synchronous = connection.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
        Ok((synchronous, connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?))
    };
    let (synchronous, mode) = read().map_err(|error| refused(&error))?;
    if synchronous != SYNCHRONOUS_FULL || mode != "wal" {
        return Err(Error::misconfigured("the tables are not set to survive a power cut: WAL with synchronous=FULL"));
    }
    Ok(())
}

fn migrate(connection: &mut Connection) -> Result<(), Error> {
    let version = connection.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0));
    let found = version.map_err(|error| refused(&error))? as usize;
    if found > STEPS.len() {
        return Err(Error::Incompatible { file: NAME.into(), found: found as u32, known: STEPS.len() as u32 });
    }
    for (place, step) in STEPS.iter().enumerate().skip(found) {
        let apply = |connection: &mut Connection| -> Sql<()> {
            let transaction = connection.transaction()?;
            transaction.execute_batch(step)?;
            transaction.pragma_update(None, "user_version", place as u32 + 1)?;
            pass(Place::TablesBefore);
            transaction.commit()?;
            pass(Place::TablesAfter);
            Ok(())
        };
        apply(connection).map_err(|error| refused(&error))?;
    }
    Ok(())
}

fn grow(connection: &mut Connection) -> Sql<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch("CREATE TABLE room (bytes BLOB)")?;
    transaction.execute("INSERT INTO room VALUES (zeroblob(?1))", [WAL_GROWN_BYTES])?;
    transaction.execute_batch("DROP TABLE room")?;
    transaction.commit()?;
    connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(()))
}

fn blob(row: &Row<'_>, place: usize) -> Sql<[u8; 32]> {
    let bytes: Vec<u8> = row.get(place)?;
    let mut whole = [0; 32];
    // A blob of another length cannot match its hash; it is read as what it has, not as an error.
    bytes.iter().zip(&mut whole).for_each(|(from, to)| *to = *from);
    Ok(whole)
}

fn audit_row(row: &Row<'_>) -> Sql<AuditRow> {
    Ok(AuditRow {
        number: row.get::<_, i64>(0)? as u64,
        at: Timestamp(row.get(1)?),
        entry: AuditEntry { who: row.get(2)?, act: row.get(3)?, object: row.get(4)?, reason: row.get(5)? },
        before: blob(row, 6)?,
        hash: blob(row, 7)?,
    })
}

const AUDIT_COLUMNS: &str = "number, at, who, act, object, reason, before, hash";

impl Tables for Database {
    fn audit_append(&self, at: Timestamp, entry: &AuditEntry) -> Result<AuditRow, Error> {
        self.write(|connection| {
            let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let sql = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";
            let last = transaction.query_row(sql, [], |row| Ok((row.get::<_, i64>(0)?, blob(row, 1)?))).optional()?;
            let (number, before) = last.map_or((1, [0; 32]), |(number, hash)| (number as u64 + 1, hash));
            let mut row = AuditRow { number, at, entry: entry.clone(), before, hash: [0; 32] };
            row.hash = row.expected_hash();
            transaction.execute(
                "INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![number as i64, at.0, entry.who, entry.act, entry.object, entry.reason, row.before, row.hash],
            )?;
            transaction.commit()?;
            Ok(row)
        })
    }

    fn audit_list(&self, query: &AuditQuery) -> Result<Vec<AuditRow>, Error> {
        self.run(|connection| {
            let mut statement = connection.prepare(&format!(
                "SELECT {AUDIT_COLUMNS} FROM audit
                 WHERE (?1 IS NULL OR who = ?1) AND (?2 IS NULL OR act = ?2) AND (?3 IS NULL OR object = ?3)
                   AND number < ?4 ORDER BY number DESC LIMIT ?5"
            ))?;
            let before = query.before.map_or(i64::MAX, |number| number as i64);
            let parameters = params![query.who, query.act, query.object, before, limit_of(query.limit)];
            statement.query_map(parameters, audit_row)?.collect()
        })
    }

    fn audit_verify(&self) -> Result<Result<u64, AuditBreak>, Error> {
        self.run(|connection| {
            let mut statement = connection.prepare(&format!("SELECT {AUDIT_COLUMNS} FROM audit ORDER BY number"))?;
            let mut rows = statement.query([])?;
            let (mut number, mut before) = (0, [0; 32]);
            while let Some(row) = rows.next()? {
                let row = audit_row(row)?;
                number += 1;
                if let Some(what) = row.broken(number, before) {
                    return Ok(Err(AuditBreak { number, what }));
                }
                before = row.hash;
            }
            Ok(Ok(number))
        })
    }

    fn configuration_applied(&self, configuration: &Configuration) -> Result<(), Error> {
        let Configuration { interface, version, text, at, by } = configuration;
        let sql = "INSERT INTO configurations (interface, version, text, at, who) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.write(|connection| {
            connection.execute(sql, params![&**interface, *version as i64, text, at.0, by]).map(|_| ())
        })
    }

    /// By SQLite's backup interface, in one step on a connection of its own: with a write-ahead log a reader sees one
    /// moment, and no writer waits for it.
    fn copy_to(&self, path: &Path) -> Result<Option<(u64, [u8; 32])>, Error> {
        let copy = || -> Sql<Option<(u64, [u8; 32])>> {
            let from = Connection::open(&self.path)?;
            let mut to = Connection::open(path)?;
            from.busy_timeout(COPY_PATIENCE)?;
            rusqlite::backup::Backup::new(&from, &mut to)?.run_to_completion(i32::MAX, COPY_PAUSE, None)?;
            let sql = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";
            let last = to.query_row(sql, [], |row| Ok((row.get::<_, i64>(0)? as u64, blob(row, 1)?))).optional()?;
            // One file, without a write-ahead log beside it.
            to.execute_batch("PRAGMA journal_mode = DELETE")?;
            Ok(last)
        };
        copy().map_err(|error| refused(&error))
    }

    fn configurations(&self, interface: &str, limit: usize) -> Result<Vec<Configuration>, Error> {
        self.run(|connection| {
            let sql = "SELECT interface, version, text, at, who FROM configurations WHERE interface = ?1
                       ORDER BY number DESC LIMIT ?2";
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map(params![interface, limit_of(limit)], |row| {
                Ok(Configuration {
                    interface: Name::from(row.get::<_, String>(0)?),
                    version: row.get::<_, i64>(1)? as u64,
                    text: row.get(2)?,
                    at: Timestamp(row.get(3)?),
                    by: row.get(4)?,
                })
            })?;
            rows.collect()
        })
    }

    fn set_switch(&self, name: &str, switch: Option<&Switch>) -> Result<(), Error> {
        self.write(|connection| {
            let Some(Switch { value, at, by, reason }) = switch else {
                return connection.execute("DELETE FROM switches WHERE name = ?1", [name]).map(|_| ());
            };
            let sql = "INSERT OR REPLACE INTO switches VALUES (?1, ?2, ?3, ?4, ?5)";
            connection.execute(sql, params![name, value, at.0, by, reason]).map(|_| ())
        })
    }

    fn quality_change(&self, change: &QualityChange) -> Result<(), Error> {
        self.write(|connection| quality::change(connection, change))
    }

    fn quality(&self, query: &QualityQuery) -> Result<Vec<QualityRow>, Error> {
        self.run(|connection| quality::read(connection, query))
    }

    fn account_put(&self, row: &AccountRow) -> Result<bool, Error> {
        self.write(|connection| account::put(connection, row))
    }

    fn account(&self, kind: &str, id: &str) -> Result<Option<AccountRow>, Error> {
        self.run(|connection| account::get(connection, kind, id))
    }

    fn accounts(&self, kind: &str, owner: Option<&str>) -> Result<Vec<AccountRow>, Error> {
        self.run(|connection| account::list(connection, kind, owner))
    }

    fn account_remove(&self, kind: &str, id: &str) -> Result<bool, Error> {
        self.write(|connection| account::remove(connection, kind, id))
    }

    fn accounts_expire(&self, now: Timestamp) -> Result<usize, Error> {
        self.write(|connection| account::expire(connection, now))
    }

    fn switches(&self) -> Result<Vec<(String, Switch)>, Error> {
        self.run(|connection| {
            let mut statement =
                connection.prepare("SELECT name, value, at, who, reason FROM switches ORDER BY name")?;
            let rows = statement.query_map([], |row| {
                let (value, at, by, reason) = (row.get(1)?, Timestamp(row.get(2)?), row.get(3)?, row.get(4)?);
                Ok((row.get(0)?, Switch { value, at, by, reason }))
            })?;
            rows.collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_or_missing_audit_row_is_found() {
        let directory = std::env::temp_dir().join(format!("sinew-tables-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).unwrap();
        let open = || Database::open(&directory).unwrap();
        let tables = open();
        for number in 0..5 {
            let entry = AuditEntry {
                who: "ann".into(),
                act: "release".into(),
                object: format!("delivery {number}"),
                ..AuditEntry::default()
            };
            tables.audit_append(Timestamp(number), &entry).unwrap();
        }
        assert_eq!(tables.audit_verify(), Ok(Ok(5)));
        assert!(tables.lock().execute("UPDATE audit SET who = 'bob' WHERE number = 3", []).is_err());
        let tamper = |sql: &str| {
            let connection = tables.lock();
            connection
                .execute_batch("DROP TRIGGER IF EXISTS audit_is_final; DROP TRIGGER IF EXISTS audit_stays")
                .unwrap();
            connection.execute_batch("SAVEPOINT before").unwrap();
            connection.execute(sql, []).unwrap();
        };
        let check = |sql: &str, number: u64| {
            tamper(sql);
            assert_eq!(tables.audit_verify().unwrap().unwrap_err().number, number, "{sql}");
            tables.lock().execute_batch("ROLLBACK TO before; RELEASE before").unwrap();
            assert_eq!(tables.audit_verify(), Ok(Ok(5)));
        };
        check("UPDATE audit SET who = 'bob' WHERE number = 3", 3);
        check("UPDATE audit SET at = at + 1 WHERE number = 1", 1);
        check("DELETE FROM audit WHERE number = 2", 2);
        check("UPDATE audit SET hash = x'00' WHERE number = 5", 5);
        drop(tables);
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
