//! The one door: a store with its four rooms.

use crate::{
    Accept, Change, Entry, Error, Health, Options, Quarantined, Receipt, Report, Stats, Stored,
    audit::{self, Audit},
    backup, check,
    hash::{self, Key},
    identity,
    index::{self, Facets, Index, Page, Query},
    keys::Safe,
    lock,
    log::{
        Commit, Log, OpenDelivery, SegmentState, Standing,
        embedded::{Embedded, Opening},
    },
    options::Engine,
    postgres,
    tables::{self, Tables},
};
use bytes::Bytes;
use message::{Clock, Counts, DeliveryId, MessageId, Name, Timestamp};
use std::{os::unix::fs::DirBuilderExt, path::Path, sync::Arc};
use tokio::sync::{oneshot, watch};

/// Open deliveries that are fetched at a time.
const OPEN_PAGE: usize = 4096;

/// A store; clones are the same store.
#[derive(Clone)]
pub struct Store {
    rooms: Arc<Rooms>,
}

struct Rooms {
    log: Arc<dyn Log>,
    index: Arc<dyn Index>,
    hash_key: Key,
    root: [u8; 32],
    tables: Arc<dyn Tables>,
    audit: Audit,
    clock: Arc<dyn Clock>,
    /// What backups are made of; none where the engine has its own means.
    source: Option<backup::Source>,
    /// What is known of the place of the master key.
    safe: Safe,
    _lock: lock::Lock,
}

impl Rooms {
    fn embedded(directory: &Path, options: &Options, lock: lock::Lock) -> Result<(Rooms, Report), Error> {
        if postgres::is_home(&*options.disk, directory) {
            let what =
                "the data directory belongs to an engine on PostgreSQL: name another one for the embedded engine";
            return Err(Error::misconfigured(what));
        }
        let identity = identity::open(&*options.disk, directory, &options.key)?;
        let safe = Safe::new(directory, options, identity.owner.keys.clone());
        let index: Arc<dyn Index> = match options.has_index {
            true => Arc::new(index::Files::new(&directory.join("index"), identity.index, options.clock.clone())),
            false => Arc::new(index::Nothing::default()),
        };
        let opening = Opening {
            directory,
            owner: identity.owner,
            duplicates: identity.duplicates,
            index_key: identity.index,
            index: index.clone(),
        };
        let source = backup::Source {
            directory: directory.to_path_buf(),
            disk: options.disk.clone(),
            clock: options.clock.clone(),
            owner: opening.owner.clone(),
            key: identity.backup,
        };
        let tables = tables::Database::open(directory)?;
        let (log, report) = Embedded::open(opening, options)?;
        let tables = Arc::new(tables.growing(directory));
        let (clock, source) = (options.clock.clone(), Some(source));
        let shelf = Box::new(audit::Files::open(directory, tables.clone())?);
        let audit = Audit::open(shelf, identity.audit, clock.now(), || tables.old_audit())?;
        let (hash_key, root) = (identity.index, identity.root);
        Ok((Rooms { log, index, hash_key, root, tables, audit, clock, source, safe, _lock: lock }, report))
    }

    fn postgres(
        database: &postgres::Database,
        directory: &Path,
        options: &Options,
        lock: lock::Lock,
    ) -> Result<(Rooms, Report), Error> {
        let opened = postgres::open(database, directory, options)?;
        let postgres::Opened { log, index, tables, audit, index_key: hash_key, root, keys, report } = opened;
        let (clock, safe) = (options.clock.clone(), Safe::new(directory, options, keys));
        Ok((Rooms { log, index, hash_key, root, tables, audit, clock, source: None, safe, _lock: lock }, report))
    }
}

/// What a start found.
pub struct Recovered {
    /// Deliveries that are not settled, in order of acceptance.
    pub open: OpenDeliveries,
    /// How the log was.
    pub report: Report,
}

/// The unsettled deliveries of a start, fetched page by page so that a million of them need not be in memory twice.
pub struct OpenDeliveries {
    log: Arc<dyn Log>,
    page: std::vec::IntoIter<OpenDelivery>,
    last: Option<DeliveryId>,
    count: usize,
}

impl OpenDeliveries {
    /// How many there were at the start.
    #[must_use]
    pub fn count_at_start(&self) -> usize {
        self.count
    }
}

impl Iterator for OpenDeliveries {
    type Item = OpenDelivery;

    fn next(&mut self) -> Option<OpenDelivery> {
        if self.page.as_slice().is_empty() {
            self.page = self.log.open_after(self.last, OPEN_PAGE).into_iter();
        }
        let delivery = self.page.next()?;
        self.last = Some(delivery.id);
        Some(delivery)
    }
}

impl Store {
    /// Opens the store in a directory, or makes one. Blocks while it recovers.
    ///
    /// # Errors
    /// `Locked`, `WrongKey`, `Incompatible`, `Corrupt`, `Misconfigured`, `Unavailable`; nothing is changed then.
    pub fn open(directory: &Path, options: &Options) -> Result<(Store, Recovered), Error> {
        if options.segment_bytes < crate::options::SEGMENT_BYTES_MIN {
            return Err(Error::misconfigured("segments are smaller than their minimum"));
        }
        let refused = |error| Error::unavailable("making the data directory", &error);
        // Names and times stand unsealed in it: nobody else's business.
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(refused)?;
        options.disk.create_directory(directory).map_err(refused)?;
        let lock = lock::take(directory)?;
        let (rooms, report) = match &options.engine {
            Engine::Embedded => Rooms::embedded(directory, options, lock)?,
            Engine::Postgres(database) => Rooms::postgres(database, directory, options, lock)?,
        };
        // What retention dropped in an earlier run may still stand in the index.
        if let Some(first) = rooms.log.segments().first() {
            rooms.index.drop_below(first.base);
        }
        rooms.index.start(Arc::downgrade(&rooms.log))?;
        let store = Store { rooms: Arc::new(rooms) };
        let open = store.open_deliveries();
        Ok((store, Recovered { open, report }))
    }

    /// Stores a message with its plan. The future needs no particular runtime; the work of encoding is done before it
    /// is returned, and the message is on its way even if the future is dropped.
    ///
    /// Errors: `Full` and `Busy` mean "later" (R8), `Failed` the end (R6), `TooLarge`, `Closed`.
    pub fn commit(&self, accept: Accept) -> Commit {
        self.rooms.log.commit(accept)
    }

    /// As [`Store::commit`]; `then` is called once the message is durable, on the log's thread, in the order of the ids,
    /// even if the future is dropped. It must return at once.
    pub fn commit_then(&self, accept: Accept, then: impl FnOnce(&Receipt) + Send + 'static) -> Commit {
        self.rooms.log.commit_then(accept, Some(Box::new(then)))
    }

    /// Records a change without waiting: it survives the process within 1 ms and a power cut within 50 ms.
    ///
    /// # Errors
    /// `Busy`, `Closed`, `Failed`.
    pub fn append(&self, change: &Change) -> Result<(), Error> {
        self.rooms.log.append(change)
    }

    /// Records a change and waits until it is durable; gives its place in the log.
    ///
    /// # Errors
    /// `Refused` when the state does not allow it, and those of [`Store::append`].
    pub async fn commit_change(&self, change: Change) -> Result<u64, Error> {
        let answer = self.rooms.log.commit_change(&change)?;
        self.answer(answer).await
    }

    async fn answer<T>(&self, answer: oneshot::Receiver<Result<T, Error>>) -> Result<T, Error> {
        match answer.await {
            Ok(result) => result,
            Err(_) => Err(self.ended()),
        }
    }

    fn ended(&self) -> Error {
        match &*self.rooms.log.health().borrow() {
            Health::Failed(reason) => Error::Failed { reason: reason.clone() },
            Health::Ok | Health::Full | Health::Away(_) => Error::Closed,
        }
    }

    /// A hash under the store's secret, for what stands unsealed in the log but may be about a patient: ordering keys.
    #[must_use]
    pub fn keyed_hash(&self, bytes: &[u8]) -> u64 {
        hash::hash_parts(self.rooms.hash_key, &[b"key", bytes])
    }

    /// A key of this store for one purpose: the same as long as the store lives, whatever master key wraps it, and of no use
    /// for another purpose.
    #[must_use]
    pub fn key_for(&self, purpose: &str) -> [u8; 32] {
        identity::derived(&self.rooms.root, purpose)
    }

    /// A message as it was accepted.
    ///
    /// # Errors
    /// `NotFound`, `Corrupt`, `Unavailable`.
    pub fn read(&self, id: MessageId) -> Result<Stored, Error> {
        self.rooms.log.read(id)
    }

    /// What a delivery carries: the fast way for a dispatcher.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_output(&self, id: DeliveryId) -> Result<Bytes, Error> {
        self.rooms.log.read_output(id)
    }

    /// Every change of a message, oldest first.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn history(&self, id: MessageId) -> Result<Vec<Entry>, Error> {
        self.rooms.log.history(id)
    }

    /// Conservation counters by interface.
    #[must_use]
    pub fn counts(&self) -> Vec<(Name, Counts)> {
        self.rooms.log.counts()
    }

    /// Conservation counters of all interfaces together.
    #[must_use]
    pub fn counts_total(&self) -> Counts {
        self.counts().iter().fold(Counts::default(), |total, (_, counts)| crate::log::sum(total, counts))
    }

    /// The deliveries that were unsettled at the start and still are, in order of acceptance.
    #[must_use]
    pub fn open_deliveries(&self) -> OpenDeliveries {
        let log = self.rooms.log.clone();
        OpenDeliveries { count: log.open_count(), log, page: Vec::new().into_iter(), last: None }
    }

    /// Drops pieces of the log that lie wholly below a message and are settled, oldest first; gives the bytes freed.
    ///
    /// # Errors
    /// As [`Store::append`].
    pub async fn retain_below(&self, cut: MessageId) -> Result<u64, Error> {
        let answer = self.rooms.log.retain(cut.0)?;
        let freed = self.answer(answer).await?;
        if let Some(first) = self.rooms.log.segments().first() {
            self.rooms.index.drop_below(first.base);
        }
        Ok(freed)
    }

    /// Drops what was committed before a time; see [`Store::retain_below`]. What keeps older pieces alive is told by
    /// [`Store::segments`].
    ///
    /// # Errors
    /// As [`Store::append`].
    pub async fn retain_since(&self, until: Timestamp) -> Result<u64, Error> {
        let segments = self.rooms.log.segments();
        let is_young = |base: u64| self.time_at(base).is_none_or(|at| at >= until);
        // A piece is older as a whole when the next one begins before the time.
        let cut = segments.windows(2).take_while(|pair| !is_young(pair[1].base)).map(|pair| pair[1].base).last();
        match cut {
            Some(cut) => self.retain_below(MessageId(cut)).await,
            None => Ok(0),
        }
    }

    /// Drops the oldest settled pieces until the log takes at most this many bytes.
    ///
    /// # Errors
    /// As [`Store::append`].
    pub async fn retain_bytes(&self, bytes: u64) -> Result<u64, Error> {
        self.retain_below(MessageId(self.rooms.log.cut_for_bytes(bytes))).await
    }

    /// How many deliveries are waiting, retrying or held.
    #[must_use]
    pub fn open_count(&self) -> usize {
        self.rooms.log.open_count()
    }

    /// Finds messages; blocks for up to a second where the index is behind.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn search(&self, query: &Query) -> Result<Page, Error> {
        self.rooms.index.search(query)
    }

    /// Counts what a query finds.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn facets(&self, query: &Query) -> Result<Facets, Error> {
        self.rooms.index.facets(query)
    }

    /// The audit chain. Its calls wait for the disk.
    #[must_use]
    pub fn audit(&self) -> &Audit {
        &self.rooms.audit
    }

    /// The tables: configurations, switches. Its calls wait for the disk.
    #[must_use]
    pub fn tables(&self) -> &dyn Tables {
        &*self.rooms.tables
    }

    /// Bytes that the index takes on disk, which may be rebuilt.
    #[must_use]
    pub fn index_bytes(&self) -> u64 {
        self.rooms.index.bytes()
    }

    /// Whether messages can be accepted.
    #[must_use]
    pub fn health(&self) -> Health {
        self.rooms.log.health().borrow().clone()
    }

    /// Health to wait on: a listener closes when it changes to `Failed`.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Health> {
        self.rooms.log.health()
    }

    /// Figures since opening.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.rooms.log.stats()
    }

    /// Reads the whole log and gives the damaged places (`sinew doctor`).
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn verify(&self) -> Result<Vec<Quarantined>, Error> {
        self.rooms.log.verify()
    }

    /// Reads every record and says what is not as it must be; see [`crate::check`]. Changes nothing.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn examine(&self, asked: check::Examination<'_>) -> Result<check::Examined, Error> {
        check::run(&*self.rooms.log, asked)
    }

    /// What recovery would make of the records is what there is: a full fold, a fold from the checkpoint and, where nothing
    /// else uses the store, the live state are the same (R5, R7). Gives what differs.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn examine_recovery(&self, is_at_rest: bool) -> Result<Vec<check::Finding>, Error> {
        let differences = self.rooms.log.refold(is_at_rest)?;
        let finding = |what| check::Finding::bug(crate::codes::E4086, check::Place::Store, what);
        Ok(differences.into_iter().map(finding).collect())
    }

    /// The latest messages below a place in the log, the latest first.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn latest(&self, below: u64, limit: usize) -> Result<Vec<MessageId>, Error> {
        self.rooms.log.latest(below, limit)
    }

    /// Which store this is; `None` where backups are not made by Sinew.
    #[must_use]
    pub fn id(&self) -> Option<[u8; 16]> {
        self.rooms.source.as_ref().map(|source| source.owner.store)
    }

    /// The place after the last record.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.rooms.log.written()
    }

    /// What is not at its end, counted by destination and state. Waits for the log's thread.
    ///
    /// # Errors
    /// As [`Store::append`].
    pub fn standings(&self) -> Result<Vec<Standing>, Error> {
        let cut = self.rooms.log.cut()?.blocking_recv().unwrap_or(Err(Error::Closed))?;
        Ok(cut.standings)
    }

    pub(crate) fn safe(&self) -> &Safe {
        &self.rooms.safe
    }

    pub(crate) fn log(&self) -> &dyn Log {
        &*self.rooms.log
    }

    pub(crate) fn source(&self) -> Result<&backup::Source, Error> {
        let none = || Error::misconfigured("messages are kept in PostgreSQL: back the database up by its own means");
        self.rooms.source.as_ref().ok_or_else(none)
    }

    /// The pieces that retention can drop, and what keeps them.
    #[must_use]
    pub fn segments(&self) -> Vec<SegmentState> {
        self.rooms.log.segments()
    }

    /// When the first message of a piece was committed.
    #[must_use]
    pub fn time_at(&self, lsn: u64) -> Option<Timestamp> {
        self.rooms.log.time_at(lsn)
    }

    /// Writes a checkpoint now, so that the next start reads less.
    ///
    /// # Errors
    /// `Unavailable`, and those of [`Store::append`].
    pub async fn checkpoint(&self) -> Result<(), Error> {
        let answer = self.rooms.log.checkpoint()?;
        self.answer(answer).await
    }

    /// Writes what waits, writes a checkpoint, ends. Later calls get `Closed`.
    ///
    /// # Errors
    /// `Failed`, `Closed`.
    pub async fn close(&self) -> Result<(), Error> {
        let answer = self.rooms.log.close()?;
        let result = self.answer(answer).await;
        self.rooms.index.close();
        // Every record proves itself without it: a checkpoint that cannot be written now is written with the next ones.
        let _ = self.rooms.audit.checkpoint(self.rooms.clock.now());
        result
    }
}
