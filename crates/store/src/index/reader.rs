//! A day's file, open for reading, with what was read of it before.
//!
//! Promises: what is kept is dropped as soon as the file was written again, so an answer never comes from an older file
//! than the search was allowed to see.
//! Never: writes.

use super::day::{Day, NameKind};
use rusqlite::{Connection, Result};
use std::{collections::HashMap, path::Path};

/// See the module.
pub(crate) struct Reader {
    pub(crate) connection: Connection,
    /// Days since 1970-01-01.
    pub(crate) number: i64,
    /// No message in the file is below.
    pub(crate) first: u64,
    /// Milliseconds from midnight to the earliest message: negative where the clock went back over midnight, at most 0.
    pub(crate) earliest: i64,
    pub(crate) names: Names,
    /// How often the file had been written when the rest was read.
    version: u64,
}

impl Reader {
    pub(crate) fn open(path: &Path, number: i64) -> Result<Reader> {
        let connection = Day::open_for_reading(path)?;
        let mut reader = Reader { connection, number, first: 0, earliest: 0, names: Names::default(), version: 0 };
        reader.read()?;
        Ok(reader)
    }

    /// Reads again what changed, if the file was written since.
    pub(crate) fn refresh(&mut self, version: u64) -> Result<()> {
        if self.version != version {
            self.read()?;
            self.version = version;
        }
        Ok(())
    }

    fn read(&mut self) -> Result<()> {
        (self.first, self.earliest) = Day::bounds(&self.connection)?;
        self.names = Names::read(&self.connection)?;
        Ok(())
    }
}

/// The names of a file by id.
#[derive(Default)]
pub(crate) struct Names(HashMap<i64, (i64, String)>);

impl Names {
    fn read(connection: &Connection) -> Result<Names> {
        let mut names = HashMap::new();
        let mut statement = connection.prepare("SELECT id, kind, text FROM names")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            names.insert(row.get(0)?, (row.get(1)?, row.get(2)?));
        }
        Ok(Names(names))
    }

    /// Ids of a kind whose text passes, as a list for SQL.
    pub(crate) fn list(&self, kind: NameKind, passes: impl Fn(&str) -> bool) -> String {
        let is_it = |(_, (of, text)): &(&i64, &(i64, String))| *of == kind as i64 && passes(text);
        let mut ids: Vec<i64> = self.0.iter().filter(is_it).map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }

    pub(crate) fn text(&self, id: i64) -> &str {
        self.0.get(&id).map_or("", |(_, text)| text)
    }
}
