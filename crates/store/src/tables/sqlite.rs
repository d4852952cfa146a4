//! The embedded tables: one SQLite file, write-ahead, `synchronous=FULL`.

mod account;
mod quality;

use super::{
    AccountRow, Configuration, QualityChange, QualityQuery, QualityRow, Switch, Tables, limit_of, migrations::STEPS,
};
use crate::{Error, audit::AuditEntry};
use message::{
    Name, Timestamp,
    failpoint::{Place, pass},
};
use rusqlite::{Connection, OptionalExtension, Result as Sql, params};
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

impl Database {
    /// The anchor of the audit chain.
    pub(crate) fn audit_anchor(&self) -> Result<Option<Vec<u8>>, Error> {
        let sql = "SELECT bytes FROM audit_anchor";
        self.run(|connection| connection.query_row(sql, [], |row| row.get(0)).optional())
    }

    /// Writes the anchor of the audit chain.
    pub(crate) fn set_audit_anchor(&self, bytes: &[u8]) -> Result<(), Error> {
        let sql = "INSERT OR REPLACE INTO audit_anchor (is_one, bytes) VALUES (1, ?1)";
        self.run(|connection| connection.execute(sql, [bytes]).map(|_| ()))
    }

    /// The records of the chain of an older build, in order.
    pub(crate) fn old_audit(&self) -> Result<Vec<(Timestamp, AuditEntry)>, Error> {
        self.run(|connection| {
            let mut statement = connection.prepare("SELECT at, who, act, object, reason FROM audit ORDER BY number")?;
            let rows = statement.query_map([], |row| {
                let (who, act, object, reason) = (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
                Ok((Timestamp(row.get(0)?), AuditEntry { who, act, object, reason, ..AuditEntry::default() }))
            })?;
            rows.collect()
        })
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

impl Tables for Database {
    fn configuration_applied(&self, configuration: &Configuration) -> Result<(), Error> {
        let Configuration { interface, version, text, at, by } = configuration;
        let sql = "INSERT INTO configurations (interface, version, text, at, who) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.write(|connection| {
            connection.execute(sql, params![&**interface, *version as i64, text, at.0, by]).map(|_| ())
        })
    }

    /// By SQLite's backup interface, in one step on a connection of its own: with a write-ahead log a reader sees one
    /// moment, and no writer waits for it.
    fn copy_to(&self, path: &Path) -> Result<(), Error> {
        let copy = || -> Sql<()> {
            let from = Connection::open(&self.path)?;
            let mut to = Connection::open(path)?;
            from.busy_timeout(COPY_PATIENCE)?;
            rusqlite::backup::Backup::new(&from, &mut to)?.run_to_completion(i32::MAX, COPY_PAUSE, None)?;
            // One file, without a write-ahead log beside it.
            to.execute_batch("PRAGMA journal_mode = DELETE")
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
