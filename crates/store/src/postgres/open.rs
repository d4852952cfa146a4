//! How a store in a database is opened: schema, identity, lease, days, ledger, threads, in this order.
//!
//! Promises: nothing is written before the settings were asserted; nothing of the log is read before the lease is
//! held. The data directory keeps the master key (unless it comes from elsewhere) and who this engine is.

use super::{
    connection::{Database, Machinery, Session, refused},
    days::{Days, base_of, day_at},
    index::InTables,
    lease::{self, Holder},
    load,
    log::{Postgres, Shared},
    schema,
    tables::Rooms,
    trail::Trail,
    writer::{Begin, Writer},
};
use crate::{
    Error, Health, Options, Report,
    audit::Audit,
    disk::{self, Disk},
    hash::Key,
    health::Counters,
    identity::{self, Identity},
    index::Index,
    keys::{self, Keyring},
    log::{Log, queue::Queue},
    seal,
    tables::Tables,
};
use message::Timestamp;
use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, atomic::AtomicU64},
};
use tokio::sync::watch;

/// The file, in the data directory, that tells this engine apart from others.
const HOLDER_FILE: &str = "postgres.id";

/// A store that was opened.
pub(crate) struct Opened {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) index: Arc<dyn Index>,
    pub(crate) tables: Arc<dyn Tables>,
    pub(crate) audit: Audit,
    pub(crate) index_key: Key,
    pub(crate) root: [u8; 32],
    pub(crate) keys: Keyring,
    pub(crate) report: Report,
}

/// Whether a data directory belongs to an engine on PostgreSQL.
pub(crate) fn is_home(disk: &dyn Disk, directory: &Path) -> bool {
    disk.open(&directory.join(HOLDER_FILE)).is_ok()
}

/// Opens the store in a database, or makes one.
pub(crate) fn open(database: &Database, directory: &Path, options: &Options) -> Result<Opened, Error> {
    let has_log = options.disk.list(&directory.join("log")).is_ok_and(|names| !names.is_empty());
    if has_log {
        let what = "the data directory holds messages of the embedded engine: name another one for PostgreSQL";
        return Err(Error::misconfigured(what));
    }
    let database = Arc::new(database.clone());
    let machinery = Machinery::start()?;
    let reader = Session::new(database.clone(), machinery);
    let schema = database.schema.clone();
    reader.run(move |link| async move { schema::migrate(&link, &schema).await })?;
    let identity = find_identity(&reader, directory, options)?;
    let holder = holder(&*options.disk, directory)?;
    let instance = holder.instance.clone();
    let days = Arc::new(Days::new(identity.owner.clone()));
    let (wanted, taking, store) = (database.clone(), days.clone(), identity.owner.store);
    let now = options.clock.now().0;
    let (taken, loaded, next) = reader.run(move |link| async move {
        let taken = lease::take(&link, &wanted, &holder).await?;
        taking.load(&link).await?;
        let loaded = load::load(&link, &taking, &store, taken.next).await?;
        let next = taken.next.max(loaded.end).max(base_of(day_at(now))).max(1);
        Ok((taken, loaded, next))
    })?;
    let report = Report { was_closed: taken.was_closed, ..loaded.report };
    let index: Arc<dyn Index> = match options.has_index {
        true => Arc::new(InTables::new(&reader, identity.index, options.clock.clone())),
        false => Arc::new(crate::index::Nothing::default()),
    };
    let shared = Arc::new(Shared {
        clock: options.clock.clone(),
        database: database.clone(),
        store,
        queue: Queue::default(),
        ledger: Mutex::new(loaded.ledger),
        health: watch::Sender::new(Health::Ok),
        stats: Counters::default(),
        written: AtomicU64::new(next),
        days,
        index: index.clone(),
        upkeep: reader.another(),
        instance: instance.clone(),
        retry: options.full_retry,
    });
    let writer = begin(&shared, &database, instance, taken.token, next)?;
    let tables: Arc<dyn Tables> = Arc::new(Rooms::new(reader.another()));
    let (shelf, trail) = (Trail::new(reader.another()), Trail::new(reader.another()));
    let audit = Audit::open(Box::new(shelf), identity.audit, Timestamp(now), || trail.old())?;
    let log = Postgres::start(shared, writer, reader, [identity.duplicates, identity.index])?;
    let (index_key, root, keys) = (identity.index, identity.root, identity.owner.keys);
    Ok(Opened { log, index, tables, audit, index_key, root, keys, report })
}

/// The log thread's own runtime and connection.
fn begin(shared: &Arc<Shared>, database: &Database, instance: String, token: u64, next: u64) -> Result<Writer, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::unavailable("starting the log", &error))?;
    let database = database.clone();
    // On a thread without a runtime: the caller may be inside one.
    let connecting = std::thread::spawn(move || {
        let link = runtime.block_on(database.connect());
        (runtime, link)
    });
    let (runtime, link) = connecting.join().map_err(|_| Error::Closed)?;
    Ok(Writer::new(shared.clone(), Begin { runtime, link: link?, instance, token, next }))
}

fn find_identity(reader: &Session, directory: &Path, options: &Options) -> Result<Identity, Error> {
    if let Some(bytes) = stored_identity(reader)? {
        return identity::read(&bytes, keys::load(&*options.disk, directory, &options.key, false)?);
    }
    let keys = keys::load(&*options.disk, directory, &options.key, true)?;
    let (_, bytes) = identity::create(keys.clone())?;
    reader.run(move |link| async move {
        let insert = "INSERT INTO store (identity) VALUES ($1) ON CONFLICT DO NOTHING";
        let inserted = link.client.execute(insert, &[&bytes]).await;
        inserted.map_err(|error| refused("writing the store's identity", &error))
    })?;
    // Another engine may have been first.
    let bytes = stored_identity(reader)?.ok_or(Error::Closed)?;
    identity::read(&bytes, keys)
}

fn stored_identity(reader: &Session) -> Result<Option<Vec<u8>>, Error> {
    reader.run(|link| async move {
        let row = link.client.query_opt("SELECT identity FROM store", &[]).await;
        let row = row.map_err(|error| refused("reading the store's identity", &error))?;
        Ok(row.map(|row| row.get(0)))
    })
}

/// Who this engine is: a random text that stays in the data directory.
fn holder(disk: &dyn Disk, directory: &Path) -> Result<Holder, Error> {
    let refused = |error: io::Error| Error::unavailable("reading who this engine is", &error);
    let path = directory.join(HOLDER_FILE);
    let hex = |bytes: [u8; 16]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let id = match disk::read_all(disk, &path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).trim().to_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let id = hex(seal::random()?);
            disk::replace(disk, &path, format!("{id}\n").as_bytes()).map_err(refused)?;
            id
        }
        Err(error) => return Err(refused(error)),
    };
    let described = format!("process {} with the data directory {}", std::process::id(), directory.display());
    Ok(Holder { id, instance: hex(seal::random()?), described })
}
