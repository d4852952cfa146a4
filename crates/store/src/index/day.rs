//! One day of the index: a SQLite file that is derived and may be thrown away (docs/spec/store-format.md §8).
//!
//! Owns the schema. Places are kept small: a message is known by (place − first place of the file) / 8, and its keys
//! stand under the 64 MiB piece of the log that it is in, so that new keys touch few pages however large the day is.

use super::{Accepted, Changed};
use message::{
    Name,
    failpoint::{Place, pass},
};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Result, params};
use std::{collections::HashMap, path::Path};

/// A file has what came on one day of UTC, or later than it where the clock went back.
pub(crate) const DAY_MICROS: i64 = 86_400_000_000;
/// Raised when the schema changes; a file of another version is rebuilt.
const VERSION: i64 = 2;
/// Bits of a message's number that say where in its piece it is: 64 MiB in steps of 8 bytes.
pub(crate) const PIECE_BITS: u32 = 23;
/// Between the parts of a name that has several.
pub(crate) const SEPARATOR: char = '\u{1f}';
/// Pages of the write-ahead file before it is moved into the main file.
const WAL_PAGES: i64 = 1000;
/// Pages that a reader keeps, in KiB.
const READER_KIB: i64 = 512;

const SCHEMA: &str = "
    CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE names (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, text TEXT NOT NULL);
    CREATE TABLE messages (
        place INTEGER PRIMARY KEY, at INTEGER NOT NULL, interface INTEGER NOT NULL, form INTEGER NOT NULL,
        route INTEGER NOT NULL, state INTEGER NOT NULL, head INTEGER NOT NULL, flags INTEGER NOT NULL);
    CREATE TABLE counts (
        interface INTEGER, form INTEGER, route INTEGER, state INTEGER, flags INTEGER, messages INTEGER NOT NULL,
        PRIMARY KEY (interface, form, route, state, flags)) WITHOUT ROWID;
    CREATE INDEX unsettled ON messages (state, place) WHERE state > 1;
    CREATE TABLE keys (piece INTEGER, hash INTEGER, place INTEGER, PRIMARY KEY (piece, hash, place)) WITHOUT ROWID;
    CREATE TABLE joints (lsn INTEGER PRIMARY KEY, before INTEGER NOT NULL);";

/// Keys that one statement inserts.
const KEYS_A_STATEMENT: usize = 32;

/// What a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum NameKind {
    Interface = 1,
    /// Type, event, application, facility.
    Form = 2,
    /// Destinations.
    Route = 3,
}

/// Messages more or fewer, by interface, form, route, state and flags.
type Counts = HashMap<[i64; 5], i64>;

/// A day's file, open for writing.
pub(crate) struct Day {
    pub(crate) connection: Connection,
    /// Days since 1970-01-01.
    pub(crate) number: i64,
    /// No message in it is below.
    pub(crate) first: u64,
    names: HashMap<(NameKind, String), i64>,
}

/// `2026-03-01.db`
pub(crate) fn file_name(number: i64) -> String {
    let text = message::Timestamp(number * DAY_MICROS).to_rfc3339();
    format!("{}.db", text.get(..10).unwrap_or("1970-01-01"))
}

/// Milliseconds from the midnight of a day to a time in microseconds.
pub(crate) fn millis_of(number: i64, at: i64) -> i64 {
    (at - number * DAY_MICROS).div_euclid(1000)
}

/// Days since 1970 of a time in microseconds.
pub(crate) fn day_of(at: i64) -> i64 {
    at.div_euclid(DAY_MICROS)
}

/// What a message has in common with many others: type, event, application and facility.
pub(crate) fn form_of(accepted: &Accepted) -> String {
    let Accepted { message_type, event, application, facility, .. } = accepted;
    format!("{message_type}{SEPARATOR}{event}{SEPARATOR}{application}{SEPARATOR}{facility}")
}

/// 48 bits are kept: two identifiers of a million share a hash once in 300 million lookups.
pub(crate) fn short(hash: i64) -> i64 {
    hash >> 16
}

fn set(connection: &Connection, name: &str, value: i64) -> Result<()> {
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?1, ?2)", params![name, value]).map(|_| ())
}

fn get(connection: &Connection, name: &str) -> Result<i64> {
    connection.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0))
}

impl Day {
    /// Opens a file for writing, or makes it with `first`.
    pub(crate) fn open(folder: &Path, number: i64, first: u64) -> Result<Day> {
        let path = folder.join(file_name(number));
        let is_new = !path.exists();
        let connection = Connection::open(&path)?;
        connection.execute_batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = {WAL_PAGES};
             PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;"
        ))?;
        if is_new {
            connection.execute_batch("BEGIN")?;
            connection.execute_batch(SCHEMA)?;
            for (name, value) in [
                ("version", VERSION),
                ("first", first as i64),
                ("watermark", first as i64),
                ("day", number),
                ("earliest", 0),
            ] {
                set(&connection, name, value)?;
            }
            connection.execute_batch("COMMIT")?;
        }
        let is_right = get(&connection, "version")? == VERSION && get(&connection, "day")? == number;
        if !is_right {
            return Err(rusqlite::Error::InvalidQuery);
        }
        let first = get(&connection, "first")? as u64;
        let mut day = Day { connection, number, first, names: HashMap::new() };
        day.load_names()?;
        Ok(day)
    }

    fn load_names(&mut self) -> Result<()> {
        let mut statement = self.connection.prepare("SELECT id, kind, text FROM names")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let kind = match row.get::<_, i64>(1)? {
                1 => NameKind::Interface,
                2 => NameKind::Form,
                _ => NameKind::Route,
            };
            self.names.insert((kind, row.get(2)?), row.get(0)?);
        }
        Ok(())
    }

    /// Everything below this place is in the index.
    pub(crate) fn watermark(&self) -> Result<u64> {
        get(&self.connection, "watermark").map(|value| value as u64)
    }

    /// Whether SQLite finds the file sound.
    pub(crate) fn is_sound(&self) -> bool {
        let check = self.connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
        check.is_ok_and(|text| text == "ok")
    }

    fn name(&mut self, kind: NameKind, text: &str) -> Result<i64> {
        let key = (kind, text.to_owned());
        if let Some(id) = self.names.get(&key) {
            return Ok(*id);
        }
        self.connection.execute("INSERT INTO names (kind, text) VALUES (?1, ?2)", params![kind as i64, text])?;
        let id = self.connection.last_insert_rowid();
        self.names.insert(key, id);
        Ok(id)
    }

    fn place(&self, lsn: u64) -> i64 {
        (lsn.saturating_sub(self.first) / 8) as i64
    }

    /// Applies a batch in one transaction; `watermark` is written with it. A failed batch leaves nothing behind.
    pub(crate) fn apply(&mut self, batch: &Batch, watermark: Option<u64>) -> Result<()> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let done = self.apply_open(batch, watermark);
        let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
        if done.is_err() {
            // Names that were given in the transaction are gone with it.
            self.names.clear();
        }
        pass(Place::IndexBefore);
        let ended = self.connection.execute_batch(end);
        pass(Place::IndexAfter);
        if done.is_err() {
            let _ = self.load_names();
        }
        done.and(ended)
    }

    fn apply_open(&mut self, batch: &Batch, watermark: Option<u64>) -> Result<()> {
        let mut rows = Vec::with_capacity(batch.accepted.len());
        for accepted in &batch.accepted {
            let interface = self.name(NameKind::Interface, &accepted.interface)?;
            let form = self.name(NameKind::Form, &form_of(accepted))?;
            let names: Vec<&str> = accepted.destinations.iter().map(|name: &Name| &**name).collect();
            let route = self.name(NameKind::Route, &names.join(&SEPARATOR.to_string()))?;
            rows.push((interface, form, route));
        }
        let mut counts = Counts::default();
        let known = self.insert(batch, &rows, &mut counts)?;
        self.update(batch, &known, &mut counts)?;
        self.count(&counts)?;
        let earliest = batch.accepted.iter().map(|accepted| millis_of(self.number, accepted.at)).min().unwrap_or(0);
        if earliest < 0 && earliest < get(&self.connection, "earliest")? {
            set(&self.connection, "earliest", earliest)?;
        }
        if let Some(watermark) = watermark {
            set(&self.connection, "watermark", watermark as i64)?;
        }
        Ok(())
    }

    /// Gives the messages that were in the file already: after a crash the log is read again from the watermark on.
    fn insert(&self, batch: &Batch, names: &[(i64, i64, i64)], counts: &mut Counts) -> Result<Vec<u64>> {
        let sql = "INSERT OR IGNORE INTO messages VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let mut insert = self.connection.prepare(sql)?;
        let mut keys = Vec::with_capacity(batch.accepted.len() * 4);
        let mut known = Vec::new();
        for (accepted, (interface, form, route)) in batch.accepted.iter().zip(names) {
            let place = self.place(accepted.lsn);
            let millis = millis_of(self.number, accepted.at);
            let (state, head) = match batch.latest.get(&accepted.lsn) {
                Some(latest) => (latest.state.unwrap_or(accepted.state as i64), (latest.head - accepted.lsn) as i64),
                None => (accepted.state as i64, 0),
            };
            let count = insert.execute(params![
                place,
                millis,
                interface,
                form,
                route,
                state,
                head,
                i64::from(accepted.is_reused)
            ])?;
            if count == 0 {
                known.push(accepted.lsn);
            } else {
                *counts.entry([*interface, *form, *route, state, i64::from(accepted.is_reused)]).or_default() += 1;
            }
            let (piece, low) = (place >> PIECE_BITS, place & ((1 << PIECE_BITS) - 1));
            keys.extend(accepted.keys.iter().map(|key| (piece, short(*key), low)));
        }
        // In the order of the tree, so that neighbours are written together.
        keys.sort_unstable();
        self.insert_keys(&keys)?;
        Ok(known)
    }

    /// Many rows a statement: starting and ending one costs as much as a row.
    fn insert_keys(&self, keys: &[(i64, i64, i64)]) -> Result<()> {
        let sql = |rows: usize| format!("INSERT OR IGNORE INTO keys VALUES {}", ["(?, ?, ?)"].repeat(rows).join(", "));
        let chunks = keys.chunks_exact(KEYS_A_STATEMENT);
        let rest = chunks.remainder();
        let mut many = self.connection.prepare(&sql(KEYS_A_STATEMENT))?;
        let mut one = self.connection.prepare(&sql(1))?;
        let flat = |keys: &[(i64, i64, i64)]| {
            rusqlite::params_from_iter(keys.iter().flat_map(|key| [key.0, key.1, key.2]).collect::<Vec<_>>())
        };
        for chunk in chunks {
            many.execute(flat(chunk))?;
        }
        for key in rest {
            one.execute(*key)?;
        }
        Ok(())
    }

    /// Writes the newest change of each message. Those that this batch inserted have theirs from the insert: under load
    /// nearly all of them, and each update saved is a tree walk.
    fn update(&self, batch: &Batch, known: &[u64], counts: &mut Counts) -> Result<()> {
        let sql = "SELECT interface, form, route, state, flags FROM messages WHERE place = ?1 AND head < ?2";
        let mut look = self.connection.prepare(sql)?;
        let sql = "UPDATE messages SET head = ?2, state = coalesce(?3, state) WHERE place = ?1 AND head < ?2";
        let mut update = self.connection.prepare(sql)?;
        let mut join = self.connection.prepare(
            "INSERT OR IGNORE INTO joints SELECT ?1, CASE head WHEN 0 THEN 0 ELSE head + ?2 END FROM messages
             WHERE place = ?3 AND head + ?2 < ?1",
        )?;
        for joint in &batch.joints {
            match joint.before {
                Some(before) => {
                    let sql = "INSERT OR IGNORE INTO joints VALUES (?1, ?2)";
                    self.connection.execute(sql, params![joint.lsn as i64, before as i64])?;
                }
                None => {
                    let (lsn, message) = (joint.lsn as i64, joint.message as i64);
                    join.execute(params![lsn, message, self.place(joint.message)])?;
                }
            }
        }
        let is_new = |message: u64| {
            let is_inserted = batch.accepted.binary_search_by_key(&message, |accepted| accepted.lsn).is_ok();
            is_inserted && known.binary_search(&message).is_err()
        };
        let mut latest: Vec<_> = batch.latest.iter().filter(|(message, _)| !is_new(**message)).collect();
        // In the order of the tree, as the keys are.
        latest.sort_unstable_by_key(|(message, _)| **message);
        for (message, latest) in latest {
            let head = latest.head.saturating_sub(*message) as i64;
            if let Some(state) = latest.state {
                let row = |row: &rusqlite::Row<'_>| -> Result<[i64; 5]> {
                    Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?])
                };
                let was = look.query_row(params![self.place(*message), head], row).optional()?;
                if let Some(was @ [interface, form, route, before, flags]) = was
                    && before != state
                {
                    *counts.entry(was).or_default() -= 1;
                    *counts.entry([interface, form, route, state, flags]).or_default() += 1;
                }
            }
            update.execute(params![self.place(*message), head, latest.state])?;
        }
        Ok(())
    }

    /// Adds to the counts of what messages have in common.
    fn count(&self, counts: &Counts) -> Result<()> {
        let sql =
            "INSERT INTO counts VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET messages = messages + ?6";
        let mut add = self.connection.prepare(sql)?;
        for ([interface, form, route, state, flags], more) in counts.iter().filter(|(_, more)| **more != 0) {
            add.execute(params![interface, form, route, state, flags, more])?;
        }
        Ok(())
    }

    /// The latest change of a message; `None` if the message is not here.
    pub(crate) fn head(connection: &Connection, first: u64, message: u64) -> Result<Option<u64>> {
        let place = (message.saturating_sub(first) / 8) as i64;
        let sql = "SELECT head FROM messages WHERE place = ?1";
        let head: Option<i64> = connection.query_row(sql, [place], |row| row.get(0)).optional()?;
        Ok(head.map(|head| if head == 0 { 0 } else { message + head as u64 }))
    }

    /// The change before one whose record does not know it.
    pub(crate) fn joint(connection: &Connection, lsn: u64) -> Result<u64> {
        let sql = "SELECT before FROM joints WHERE lsn = ?1";
        let before: Option<i64> = connection.query_row(sql, [lsn as i64], |row| row.get(0)).optional()?;
        Ok(before.unwrap_or(0) as u64)
    }

    /// Opens a file for reading.
    pub(crate) fn open_for_reading(path: &Path) -> Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.execute_batch(&format!("PRAGMA cache_size = -{READER_KIB}; PRAGMA temp_store = MEMORY;"))?;
        Ok(connection)
    }

    /// The first place of a file, and the milliseconds from midnight to its earliest message, at most 0.
    pub(crate) fn bounds(connection: &Connection) -> Result<(u64, i64)> {
        Ok((get(connection, "first")? as u64, get(connection, "earliest")?))
    }
}

/// What a batch does to one day.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) accepted: Vec<Accepted>,
    /// By message: the newest of its changes in the batch.
    pub(crate) latest: HashMap<u64, Latest>,
    pub(crate) joints: Vec<Joint>,
}

/// The newest change of a message in a batch.
pub(crate) struct Latest {
    pub(crate) head: u64,
    pub(crate) state: Option<i64>,
}

/// A change whose record does not know the one before it.
pub(crate) struct Joint {
    pub(crate) lsn: u64,
    pub(crate) message: u64,
    /// Known when the one before is in the same batch.
    pub(crate) before: Option<u64>,
}

impl Batch {
    /// Adds a change that comes after all that were added.
    pub(crate) fn change(&mut self, changed: &Changed) {
        let before = self.latest.get(&changed.message);
        if changed.prev == u64::MAX {
            let before = before.map(|latest| latest.head);
            self.joints.push(Joint { lsn: changed.lsn, message: changed.message, before });
        }
        let state = changed.state.map(|state| state as i64).or(before.and_then(|latest| latest.state));
        self.latest.insert(changed.message, Latest { head: changed.lsn, state });
    }
}
