//! The databases of the tests behind one face. Each place is a database of its own.

use super::{list, text};
use interface::catalogue::Value;
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use testkit::{
    Folder,
    server::{MariaDb, PostgreSql},
};

/// A database server, or a folder with files.
#[derive(Clone)]
pub(super) enum Base {
    Sqlite(Arc<Folder>),
    PostgreSql(Arc<PostgreSql>),
    MariaDb(Arc<MariaDb>),
}

impl Base {
    pub(super) fn sqlite() -> Base {
        Base::Sqlite(Arc::new(Folder::new()))
    }
    pub(super) fn postgresql() -> Option<Base> {
        PostgreSql::start()
            .map(|server| Base::PostgreSql(Arc::new(server)))
            .map_err(|why| println!("skipped: no PostgreSQL: {why}"))
            .ok()
    }
    pub(super) fn mariadb() -> Option<Base> {
        MariaDb::start()
            .map(|server| Base::MariaDb(Arc::new(server)))
            .map_err(|why| println!("skipped: no MariaDB: {why}"))
            .ok()
    }

    /// Makes an empty database and gives its name.
    pub(super) fn make(&self) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("t{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        match self {
            Base::Sqlite(_) => drop(self.file(&name).map(|file| rusqlite::Connection::open(file).unwrap())),
            Base::PostgreSql(server) => drop(
                server
                    .sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE template0 STRATEGY file_copy"))
                    .unwrap(),
            ),
            Base::MariaDb(server) => drop(server.sql("mysql", &format!("CREATE DATABASE {name}")).unwrap()),
        }
        name
    }

    fn file(&self, name: &str) -> Option<PathBuf> {
        match self {
            Base::Sqlite(folder) => Some(folder.join(name)),
            Base::PostgreSql(_) | Base::MariaDb(_) => None,
        }
    }

    pub(super) fn address(&self, name: &str) -> String {
        match self {
            Base::Sqlite(folder) => format!("sqlite:{}", folder.join(name).display()),
            Base::PostgreSql(server) => format!("postgres://127.0.0.1:{}/{name}", server.daemon().port()),
            Base::MariaDb(server) => format!("mysql://127.0.0.1:{}/{name}", server.daemon().port()),
        }
    }

    pub(super) fn login(&self) -> Vec<(&'static str, Value)> {
        let password = match self {
            Base::Sqlite(_) | Base::PostgreSql(_) => "",
            Base::MariaDb(server) => server.password(),
        };
        vec![
            ("user", text("sinew")),
            ("password", text(password)),
            ("timeout", Value::Duration(Duration::from_secs(5))),
        ]
    }

    /// Runs SQL beside the connector; gives what it prints, a row a line.
    pub(super) fn run(&self, name: &str, sql: &str) -> Result<String, String> {
        match self {
            Base::PostgreSql(server) => server.sql(name, sql),
            Base::MariaDb(server) => server.sql(name, sql),
            Base::Sqlite(folder) => {
                let connection = rusqlite::Connection::open(folder.join(name)).map_err(|error| error.to_string())?;
                connection.busy_timeout(Duration::from_secs(5)).unwrap();
                if !sql.starts_with("SELECT") {
                    return connection.execute_batch(sql).map(|()| String::new()).map_err(|error| error.to_string());
                }
                let mut statement = connection.prepare(sql).map_err(|error| error.to_string())?;
                let rows = statement.query_map([], |row| row.get::<_, rusqlite::types::Value>(0)).unwrap();
                let text = |value| match value {
                    rusqlite::types::Value::Null => "NULL".to_owned(),
                    rusqlite::types::Value::Integer(value) => value.to_string(),
                    rusqlite::types::Value::Real(value) => value.to_string(),
                    rusqlite::types::Value::Text(text) => text,
                    rusqlite::types::Value::Blob(_) => "a blob".to_owned(),
                };
                Ok(rows.map(|value| text(value.unwrap())).collect::<Vec<_>>().join("\n"))
            }
        }
    }

    /// The type of a column that numbers rows by itself, of bytes, and of a text.
    pub(super) fn types(&self) -> (&'static str, &'static str, &'static str) {
        match self {
            Base::Sqlite(_) => ("INTEGER PRIMARY KEY AUTOINCREMENT", "BLOB", "TEXT"),
            Base::PostgreSql(_) => ("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "BYTEA", "TEXT"),
            Base::MariaDb(_) => ("BIGINT AUTO_INCREMENT PRIMARY KEY", "LONGBLOB", "VARCHAR(200)"),
        }
    }

    /// Bytes in SQL.
    pub(super) fn literal(&self, bytes: &[u8]) -> String {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match self {
            Base::PostgreSql(_) => format!("'\\x{hex}'"),
            Base::Sqlite(_) | Base::MariaDb(_) => format!("x'{hex}'"),
        }
    }

    /// A column of bytes as hexadecimal text.
    pub(super) fn hex(&self, column: &str) -> String {
        match self {
            Base::PostgreSql(_) => format!("encode({column}, 'hex')"),
            Base::Sqlite(_) | Base::MariaDb(_) => format!("lower(hex({column}))"),
        }
    }

    /// Ends the server and begins it again; a file has none.
    pub(super) fn kill(&self) {
        match self {
            Base::Sqlite(_) => {}
            Base::PostgreSql(server) => server.daemon().kill(),
            Base::MariaDb(server) => server.daemon().kill(),
        }
    }
    pub(super) fn begin(&self) {
        match self {
            Base::Sqlite(_) => {}
            Base::PostgreSql(server) => server.begin().unwrap(),
            Base::MariaDb(server) => server.daemon().begin().unwrap(),
        }
    }
    pub(super) fn is_server(&self) -> bool {
        !matches!(self, Base::Sqlite(_))
    }

    /// An outbox that the source reads by marking.
    pub(super) fn make_outbox(&self) -> String {
        let name = self.make();
        let (id, bytes, text) = self.types();
        self.run(&name, &format!("CREATE TABLE outbox (id {id}, body {bytes}, state {text} DEFAULT 'new')")).unwrap();
        name
    }
    pub(super) fn put(&self, name: &str, body: &[u8]) {
        self.run(name, &format!("INSERT INTO outbox (body) VALUES ({})", self.literal(body))).unwrap();
    }

    /// An inbox that the destination writes.
    pub(super) fn make_inbox(&self) -> String {
        let name = self.make();
        let (id, bytes, text) = self.types();
        self.run(&name, &format!("CREATE TABLE inbox (id {id}, delivery {text}, body {bytes})")).unwrap();
        name
    }
    pub(super) fn bodies(&self, name: &str) -> Vec<bytes::Bytes> {
        let found = self.run(name, &format!("SELECT {} FROM inbox ORDER BY id", self.hex("body"))).unwrap();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        found.lines().map(|line| line.as_bytes().chunks(2).map(byte).collect::<Vec<u8>>().into()).collect()
    }
    pub(super) fn insert(&self) -> (&'static str, Value) {
        ("statement", list(&["INSERT INTO inbox (delivery, body) VALUES (:_delivery, :_message)"]))
    }
}
