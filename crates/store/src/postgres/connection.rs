//! Connections: where the database is, sessions that block their caller, and what a failed statement means.
//!
//! Promises: every connection passed [`super::durability::assert_durable`]; a password is in no text and no `Debug`;
//! of an error of a statement only its SQLSTATE is told, because its text may quote values.

use super::durability::{self, Inspected};
use crate::Error;
use std::{
    collections::HashMap,
    fmt,
    future::Future,
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::Duration,
};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{
    Client, Config, NoTls, Statement,
    config::Host,
    error::{Severity, SqlState},
};

/// Longest wait for a connection.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// How long sent bytes may stay unacknowledged before a connection counts as lost.
const SEND_PATIENCE: Duration = Duration::from_secs(10);
/// How long an engine that ended without a word keeps the database, unless stated otherwise.
const LEASE: Duration = Duration::from_secs(15);
/// Longest name of a schema.
const SCHEMA_BYTES_MAX: usize = 40;

/// Where the database is. Its address may hold a password: it is never shown.
#[derive(Clone)]
pub struct Database {
    config: Arc<Config>,
    pub(super) schema: String,
    pub(super) lease: Duration,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({})", self.place())
    }
}

impl Database {
    /// A database by its address: `postgresql://user:password@host:5432/name`, or `host=/run/postgresql dbname=sinew`.
    ///
    /// # Errors
    /// `Misconfigured`; the address is not repeated.
    pub fn from_url(address: &str) -> Result<Database, Error> {
        let form = "the database's address cannot be read; write postgresql://user:password@host:5432/name";
        let mut config: Config = address.trim().parse().map_err(|_| Error::misconfigured(form))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(Error::misconfigured("the database's address names no host"));
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_PATIENCE);
        }
        config.tcp_user_timeout(SEND_PATIENCE).keepalives_idle(SEND_PATIENCE).application_name("sinew");
        Ok(Database { config: Arc::new(config), schema: "sinew".to_owned(), lease: LEASE })
    }

    /// In another schema than `sinew`: several stores in one database.
    ///
    /// # Errors
    /// `Misconfigured` when the name is not lower-case letters, digits and underscores.
    pub fn in_schema(mut self, name: &str) -> Result<Database, Error> {
        let is_plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        let is_right = is_plain && name.starts_with(|first: char| first.is_ascii_lowercase());
        if !is_right || name.len() > SCHEMA_BYTES_MAX {
            return Err(Error::misconfigured("a schema's name is lower-case letters, digits and underscores"));
        }
        name.clone_into(&mut self.schema);
        Ok(self)
    }

    /// With another lease than 15 s: how long an engine that ended without a word keeps the database.
    #[must_use]
    pub fn with_lease(self, lease: Duration) -> Database {
        Database { lease, ..self }
    }

    /// Host, port and name, for people.
    #[must_use]
    pub fn place(&self) -> String {
        let host = match self.config.get_hosts().first() {
            Some(Host::Tcp(name)) => name.clone(),
            Some(Host::Unix(path)) => path.display().to_string(),
            None => self.config.get_hostaddrs().first().map(ToString::to_string).unwrap_or_default(),
        };
        let port = self.config.get_ports().first().copied().unwrap_or(5432);
        format!("{host}:{port}/{}", self.config.get_dbname().unwrap_or("(the user's)"))
    }

    /// Looks at the server without changing anything; waits for it.
    ///
    /// # Errors
    /// `Away`, `Unsafe`.
    pub fn inspect(&self) -> Result<Inspected, Error> {
        let session = Session::new(Arc::new(self.clone()), Machinery::start()?);
        session.run(|link| async move { Ok(link.inspected.clone()) })
    }

    /// A new connection on the current runtime, with the settings asserted.
    pub(super) async fn connect(&self) -> Result<Link, Error> {
        let connecting = tokio::time::timeout(CONNECT_PATIENCE * 2, self.config.connect(NoTls));
        let away = |why: String| Error::Away { reason: format!("the database {}: {why}", self.place()).into() };
        let connected = connecting.await.map_err(|_| away("no answer".to_owned()))?;
        let (client, connection) = connected.map_err(|error| away(connecting_text(&error)))?;
        tokio::spawn(connection);
        let settings = format!(
            "SET search_path = {}, pg_catalog; SET statement_timeout = 0; SET lock_timeout = 0;
             SET idle_session_timeout = 0; SET client_min_messages = error; SET timezone = 'UTC'",
            self.schema
        );
        // `idle_session_timeout` is younger than the oldest server that is supported.
        let older = settings.replace("SET idle_session_timeout = 0;", "");
        if client.batch_execute(&settings).await.is_err() {
            client.batch_execute(&older).await.map_err(|error| away(connecting_text(&error)))?;
        }
        let inspected = durability::assert_durable(&client).await?;
        Ok(Link { client, inspected, statements: Mutex::default() })
    }
}

/// What went wrong while connecting: what the server says of users, names and its own state is told.
fn connecting_text(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(answer) => answer.message().to_owned(),
        None => {
            let cause = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
            format!("{error}{cause}")
        }
    }
}

/// A connection with the statements that it has prepared.
pub(super) struct Link {
    pub(super) client: Client,
    inspected: Inspected,
    statements: Mutex<HashMap<String, Statement>>,
}

impl Link {
    /// A statement, prepared once.
    pub(super) async fn statement(&self, sql: &str) -> Result<Statement, tokio_postgres::Error> {
        let known = self.lock().get(sql).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = self.client.prepare(sql).await?;
        self.lock().insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Statement>> {
        self.statements.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a failed statement means for what it was to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Not known, or to be tried again after a reconnection that finds out.
    Unknown(String),
    /// Not done: the server has no room.
    Full,
    /// Not done, and trying again is of no use.
    Broken(String),
}

/// Reads the fate from an error.
pub(super) fn fate(error: &tokio_postgres::Error) -> Fate {
    let Some(answer) = error.as_db_error() else { return Fate::Unknown(error.to_string()) };
    let code = answer.code();
    let text = format!("SQLSTATE {}", code.code());
    let is_ending = matches!(answer.parsed_severity(), Some(Severity::Fatal | Severity::Panic));
    let passing = ["08", "25", "40", "53", "55", "57"];
    match code {
        code if *code == SqlState::DISK_FULL => Fate::Full,
        _ if is_ending || passing.iter().any(|class| code.code().starts_with(class)) => Fate::Unknown(text),
        _ => Fate::Broken(text),
    }
}

/// An error of a statement that is not on the way to an acknowledgment.
pub(super) fn refused(doing: &'static str, error: &tokio_postgres::Error) -> Error {
    match error.as_db_error() {
        Some(answer) if !matches!(answer.parsed_severity(), Some(Severity::Fatal | Severity::Panic)) => {
            Error::Database { doing, state: answer.code().code().into() }
        }
        _ => Error::Away { reason: format!("{doing}: the connection to the database was lost").into() },
    }
}

/// A thread that moves the bytes of all sessions of one store.
pub(super) struct Machinery(Option<Runtime>);

impl Machinery {
    pub(super) fn start() -> Result<Arc<Machinery>, Error> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("sinew-postgres").enable_all().build();
        let runtime = runtime.map_err(|error| Error::unavailable("starting a thread", &error))?;
        Ok(Arc::new(Machinery(Some(runtime))))
    }
}

impl Drop for Machinery {
    fn drop(&mut self) {
        // A store may be dropped inside another runtime, where waiting is not allowed.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// One connection for callers that block; made when first needed, and made again after it was lost.
pub(super) struct Session {
    database: Arc<Database>,
    machinery: Arc<Machinery>,
    link: Arc<tokio::sync::Mutex<Option<Arc<Link>>>>,
    turn: Arc<tokio::sync::RwLock<()>>,
}

impl Session {
    pub(super) fn new(database: Arc<Database>, machinery: Arc<Machinery>) -> Session {
        Session { database, machinery, link: Arc::default(), turn: Arc::default() }
    }

    /// Another session of the same store.
    pub(super) fn another(&self) -> Session {
        Session::new(self.database.clone(), self.machinery.clone())
    }

    /// Runs something on the connection and waits for it on this thread.
    pub(super) fn run<T, F>(&self, work: impl FnOnce(Arc<Link>) -> F + Send + 'static) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send,
    {
        self.start(work).recv().unwrap_or(Err(Error::Closed))
    }

    /// As `run`, with nothing else on the connection meanwhile: for transactions of several statements.
    pub(super) fn alone<T, F>(&self, work: impl FnOnce(Arc<Link>) -> F + Send + 'static) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send,
    {
        let turn = self.turn.clone();
        self.begin(async move { Turn::Alone(turn.write_owned().await) }, work).recv().unwrap_or(Err(Error::Closed))
    }

    /// Runs something on the connection; the answer need not be waited for.
    pub(super) fn start<T, F>(&self, work: impl FnOnce(Arc<Link>) -> F + Send + 'static) -> Answer<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send,
    {
        let turn = self.turn.clone();
        self.begin(async move { Turn::Shared(turn.read_owned().await) }, work)
    }

    fn begin<T, F>(
        &self,
        turn: impl Future<Output = Turn> + Send + 'static,
        work: impl FnOnce(Arc<Link>) -> F + Send + 'static,
    ) -> Answer<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send,
    {
        let (reply, answer) = mpsc::sync_channel(1);
        let (database, slot) = (self.database.clone(), self.link.clone());
        if let Some(runtime) = &self.machinery.0 {
            runtime.spawn(async move {
                let turn = turn.await;
                let result = match linked(&database, &slot).await {
                    Ok(link) => work(link).await,
                    Err(error) => Err(error),
                };
                drop(turn);
                let _ = reply.send(result);
            });
        }
        answer
    }
}

/// What a session's work will give.
pub(super) type Answer<T> = mpsc::Receiver<Result<T, Error>>;

/// The right to use a session's connection, with others or alone.
enum Turn {
    Shared(#[expect(dead_code, reason = "held, not read")] tokio::sync::OwnedRwLockReadGuard<()>),
    Alone(#[expect(dead_code, reason = "held, not read")] tokio::sync::OwnedRwLockWriteGuard<()>),
}

async fn linked(database: &Database, slot: &tokio::sync::Mutex<Option<Arc<Link>>>) -> Result<Arc<Link>, Error> {
    let mut slot = slot.lock().await;
    if let Some(link) = slot.as_ref().filter(|link| !link.client.is_closed()) {
        return Ok(link.clone());
    }
    let link = Arc::new(database.connect().await?);
    *slot = Some(link.clone());
    Ok(link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_never_shows_its_password() {
        let database = Database::from_url("postgresql://ann:h0rse%21@db.example:6000/north").unwrap();
        assert_eq!(database.place(), "db.example:6000/north");
        assert!(!format!("{database:?}").contains("h0rse"));
        for bad in ["", "postgresql://ann:h0rse@host:port/x", "nonsense h0rse", "user=ann password=h0rse"] {
            let error = Database::from_url(bad).unwrap_err();
            assert!(matches!(error, Error::Misconfigured { .. }) && !format!("{error}{error:?}").contains("h0rse"));
        }
        assert!(database.clone().in_schema("north_2").is_ok());
        for bad in ["", "North", "a b", "2a", "a;b", &"a".repeat(41)] {
            assert!(database.clone().in_schema(bad).is_err(), "{bad}");
        }
    }
}
