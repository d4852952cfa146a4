//! Making a backup of a store that goes on working (docs/spec/backup-format.md §3).
//!
//! Owns the decision what is stored anew. Promises: the log is taken up to one durable place, and retention removes
//! nothing meanwhile; no lock of the store is held while bytes are copied; a backup exists once all of it is on disk.

use super::{
    Error, hex,
    manifest::{Added, AuditHead, Found, Manifest, Newest, Piece, Previous, SCHEMA, SegmentEntry},
    repository::{READ_BYTES, Repository},
    source::Source,
};
use crate::{
    Error as StoreError, MasterKey, Store, age, audit,
    disk::File,
    envelope, identity,
    keys::Keys,
    log::{Cut, segment},
    tables,
};
use message::Timestamp;
use ring::{
    digest::{Context, SHA256},
    hmac,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Bytes of a piece, at most.
const PIECE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Bytes of a piece of the tables, of which only some pages change.
const TABLES_PIECE_BYTES: u64 = 128 * 1024;
/// Pieces of one segment before it is stored again as a whole: a backup every minute would otherwise make its manifest
/// longer each time.
pub(super) const PIECES_MAX: usize = 32;
/// Where the copy of the tables stands while it is stored, in the data directory.
const TABLES_COPY: &str = "tables.backup";

/// What is to be backed up besides the store, and for whom.
#[derive(Clone, Debug)]
pub struct Order {
    /// To whom everything is encrypted.
    pub recipients: Vec<age::Recipient>,
    /// The files of the workspace.
    pub workspace: super::Files,
    /// The environment that is in force.
    pub environment: String,
    /// The version of each interface.
    pub interfaces: Vec<(String, u64)>,
    /// The version of Sinew.
    pub sinew: String,
}

/// How far a backup or a restore is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Progress {
    /// Pieces that are done.
    pub pieces: u64,
    /// Pieces in all, as far as known.
    pub pieces_all: u64,
    /// Bytes that are done.
    pub bytes: u64,
    /// Bytes in all, as far as known.
    pub bytes_all: u64,
}

impl Store {
    /// Backs the store up. Blocks; reads and writes beside whatever the store does.
    ///
    /// # Errors
    /// See [`Error`]; the repository is valid afterwards, whatever happened.
    pub fn backup(
        &self,
        repository: &Repository,
        order: &Order,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Manifest, Error> {
        if order.recipients.is_empty() {
            return Err(Error::Misconfigured { what: "a backup needs a recipient: `age1…`".into() });
        }
        let source = self.source()?;
        let _lock = repository.lock()?;
        repository.sweep()?;
        let before = previous(repository, source)?;
        let _hold = self.log().hold();
        let copy = source.directory.join(TABLES_COPY);
        // Before the tables: what the copy's anchor names is then at least this.
        let audit = self.audit().head()?.map(|(number, hash)| AuditHead { number, hash: hex::encode(&hash) });
        let copied = copy_tables(self, &copy);
        let made = copied.and_then(|()| {
            let cut = self.cut()?;
            let newest = self.latest(cut.end, 1)?.first().and_then(|id| self.read(*id).ok());
            let newest = newest.map(|stored| Newest { message: stored.id.0, at: stored.at });
            let mut making = Making::new(source, repository, order, before.as_ref(), progress);
            let (segments, parts) = making.all(&cut, &copy)?;
            repository.sync_objects(&making.touched)?;
            let added = making.added;
            let at = source.clock.now();
            let manifest = Manifest { audit, newest, segments, parts, added, ..describe(source, order, &cut, at) };
            let number = before.as_ref().map_or(1, |found| found.manifest.number + 1);
            let previous =
                before.as_ref().map(|found| Previous { number: found.manifest.number, sha256: found.sha256.clone() });
            let manifest = Manifest { number, previous, ..manifest };
            repository.put_manifest(&manifest.file_name(), &manifest.encode(&source.key)?)?;
            Ok(manifest)
        });
        let _ = std::fs::remove_file(&copy);
        made
    }

    fn cut(&self) -> Result<Cut, StoreError> {
        self.log().cut()?.blocking_recv().unwrap_or(Err(StoreError::Closed))
    }
}

/// The newest backup of this store, proven to be of this store.
fn previous(repository: &Repository, source: &Source) -> Result<Option<Found>, Error> {
    let Some(name) = repository.newest()? else { return Ok(None) };
    let found = repository.manifest(&name)?;
    if found.manifest.store != hex::encode(&source.owner.store) {
        let what = format!("{} holds backups of another store", repository.folder().display());
        return Err(Error::Foreign { what: what.into() });
    }
    if !found.is_proven(&source.key) {
        return Err(Error::Foreign { what: format!("backups/{name} was not made by this store").into() });
    }
    Ok(Some(found))
}

fn copy_tables(store: &Store, copy: &Path) -> Result<(), Error> {
    let _ = std::fs::remove_file(copy);
    Ok(store.tables().copy_to(copy)?)
}

/// What the manifest says besides its pieces.
fn describe(source: &Source, order: &Order, cut: &Cut, at: Timestamp) -> Manifest {
    let formats = [("log", u32::from(envelope::VERSION)), ("tables", tables::VERSION), ("age", 1)];
    Manifest {
        schema: SCHEMA.into(),
        number: 0,
        made: at.to_rfc3339(),
        made_us: at.0,
        sinew: order.sinew.clone(),
        store: hex::encode(&source.owner.store),
        formats: formats.into_iter().map(|(name, version)| (name.to_owned(), version)).collect(),
        recipients: order.recipients.iter().map(ToString::to_string).collect(),
        previous: None,
        environment: order.environment.clone(),
        interfaces: order.interfaces.iter().map(|(name, version)| (name.clone(), format!("{version:016x}"))).collect(),
        end: cut.end,
        newest: None,
        counts: cut.counts.iter().map(|(name, counts)| (name.to_string(), (*counts).into())).collect(),
        standings: cut.standings.clone(),
        audit: None,
        segments: Vec::new(),
        parts: BTreeMap::new(),
        added: Added::default(),
    }
}

/// One backup under way.
struct Making<'a> {
    source: &'a Source,
    /// The master key of this backup: whatever wraps a key in the store, this one wraps it here.
    master: MasterKey,
    repository: &'a Repository,
    order: &'a Order,
    /// The manifest whose pieces may be used again: encrypted to the same recipients.
    before: Option<&'a Manifest>,
    naming: hmac::Key,
    touched: BTreeSet<String>,
    added: Added,
    done: Progress,
    progress: &'a mut dyn FnMut(Progress),
}

type Made = (Vec<SegmentEntry>, BTreeMap<String, Vec<Piece>>);

impl<'a> Making<'a> {
    fn new(
        source: &'a Source,
        repository: &'a Repository,
        order: &'a Order,
        before: Option<&'a Found>,
        progress: &'a mut dyn FnMut(Progress),
    ) -> Making<'a> {
        let mut recipients: Vec<String> = order.recipients.iter().map(ToString::to_string).collect();
        recipients.sort();
        let is_same = |manifest: &&Manifest| {
            let mut theirs = manifest.recipients.clone();
            theirs.sort();
            theirs == recipients
        };
        // An object's name tells that it has the same bytes for the same readers, and to nobody else which bytes.
        let mut naming = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &source.key));
        naming.update(recipients.join(" ").as_bytes());
        let naming = hmac::Key::new(hmac::HMAC_SHA256, naming.sign().as_ref());
        let before = before.map(|found| &found.manifest).filter(is_same);
        let (touched, added, done) = Default::default();
        let master = source.owner.keys.now().current;
        Making { source, master, repository, order, before, naming, touched, added, done, progress }
    }

    fn all(&mut self, cut: &Cut, tables: &Path) -> Result<Made, Error> {
        self.done.bytes_all = cut.pieces.iter().map(|(base, capacity)| (*capacity).min(cut.end - base)).sum();
        self.done.pieces_all = cut.pieces.len() as u64 + 4;
        let mut parts = BTreeMap::new();
        let read = |path: &Path| std::fs::read(path).map_err(|error| Error::unavailable(path, &error));
        let key = format!("{}\n", self.master.to_text()).into_bytes();
        let identity = read(&self.source.directory.join(identity::NAME))?;
        let identity = self.under(|keys| identity::rewrapped(&identity, keys))?;
        let whole = [
            (identity::NAME, identity),
            (super::KEY_PART, key),
            (super::WORKSPACE_PART, super::bundle::pack(&self.order.workspace)?),
        ];
        for (name, bytes) in whole {
            parts.insert(name.to_owned(), vec![self.part(name, &bytes)?]);
            self.step(0);
        }
        parts.insert(tables::NAME.to_owned(), self.tables(tables)?);
        self.step(0);
        // After the tables: a chain may be ahead of its anchor, never behind.
        let audit = self.source.directory.join(audit::FOLDER);
        for name in audit::names(&self.source.directory).map_err(|error| Error::unavailable(&audit, &error))? {
            let bytes = read(&audit.join(&name))?;
            let part = format!("{}/{name}", audit::FOLDER);
            parts.insert(part.clone(), vec![self.part(&part, &bytes)?]);
        }
        let is_same = self.is_same_history(cut)?;
        let mut segments = Vec::new();
        for (base, capacity) in &cut.pieces {
            let until = (*capacity).min(cut.end - base);
            segments.push(self.segment(*base, *capacity, until, is_same)?);
            self.step(until);
        }
        Ok((segments, parts))
    }

    fn step(&mut self, bytes: u64) {
        self.done.pieces += 1;
        self.done.bytes += bytes;
        (self.progress)(self.done);
    }

    /// Whether the log went on from where the backup before ended: its last piece still stands there. A store that was
    /// restored from an older backup has another one, and each of its pieces has to be compared.
    fn is_same_history(&self, cut: &Cut) -> Result<bool, Error> {
        let Some(last) = self.before.and_then(|before| before.segments.last()) else { return Ok(true) };
        let Some(piece) = last.pieces.last() else { return Ok(true) };
        if !cut.pieces.iter().any(|(base, capacity)| (*base, *capacity) == (last.base, last.capacity)) {
            // Retention took it, with everything before it: nothing of that backup is used again.
            return Ok(cut.pieces.first().is_some_and(|(base, _)| *base > last.base));
        }
        Ok(self.hash(&*self.open(last.base)?, (piece.from, piece.length))? == piece.sha256)
    }

    fn open(&self, base: u64) -> Result<Box<dyn File>, Error> {
        let path = segment::path(&self.source.directory.join("log"), base);
        self.source.disk.open(&path).map_err(|error| Error::unavailable(&path, &error))
    }

    /// One segment: its head, which a new master key changes, then what was stored before, then what is new.
    fn segment(&mut self, base: u64, capacity: u64, until: u64, is_same: bool) -> Result<SegmentEntry, Error> {
        let file = self.open(base)?;
        let before = self.before.and_then(|before| before.segments.iter().find(|entry| entry.base == base));
        let stored = before.filter(|entry| entry.capacity == capacity).map_or(&[][..], |entry| &entry.pieces);
        let mut pieces = Vec::new();
        let mut at = 0;
        let head = segment::HEADER_BYTES;
        for piece in stored.iter().take_while(|piece| piece.from + piece.length <= until) {
            if piece.from < head {
                pieces.push(self.head(&*file, base, Some(piece))?);
            } else if is_same || self.hash(&*file, (piece.from, piece.length))? == piece.sha256 {
                pieces.push(piece.clone());
            } else {
                break;
            }
            at = piece.from + piece.length;
        }
        if pieces.len() > PIECES_MAX && at < until {
            pieces.truncate(1);
            at = head;
        }
        if at == 0 && until > 0 {
            pieces.push(self.head(&*file, base, None)?);
            at = head;
        }
        while at < until {
            let length = (until - at).min(PIECE_BYTES_MAX);
            pieces.push(self.run(&*file, (at, length))?);
            at += length;
        }
        Ok(SegmentEntry { base, capacity, pieces })
    }

    /// Bytes with a key that the master key of this backup wraps, whichever of the store's wraps it now: one that is exchanged
    /// meanwhile is not in the backup.
    fn under<T>(&self, wrap: impl Fn(&Keys) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let now = self.source.owner.keys.now();
        let keys = |before: &MasterKey| Keys { current: self.master.clone(), before: Some(before.clone()) };
        let tried = wrap(&keys(&now.current));
        match &now.before {
            Some(before) => tried.or_else(|_| wrap(&keys(before))),
            None => tried,
        }
    }

    /// The first bytes of a segment, its data key wrapped by the master key of this backup.
    fn head(&mut self, file: &dyn File, base: u64, stored: Option<&Piece>) -> Result<Piece, Error> {
        let mut area = vec![0; segment::HEADER_BYTES as usize];
        let count = file.read_at(&mut area, 0).map_err(|error| Error::unavailable(&self.source.directory, &error))?;
        area.truncate(count);
        // What no key opens is backed up as it is.
        let area = self.under(|keys| segment::head_under(&area, keys, base)).unwrap_or(area);
        self.bytes(&area, stored)
    }

    fn part(&mut self, name: &str, bytes: &[u8]) -> Result<Piece, Error> {
        let stored = self.before.and_then(|before| before.parts.get(name)?.first());
        self.bytes(bytes, stored)
    }

    /// Bytes from the start of a file, unless they are stored.
    fn bytes(&mut self, bytes: &[u8], stored: Option<&Piece>) -> Result<Piece, Error> {
        let sha256 = hex::encode(ring::digest::digest(&SHA256, bytes).as_ref());
        if let Some(piece) = stored.filter(|piece| piece.sha256 == sha256) {
            return Ok(piece.clone());
        }
        let mut rest = bytes;
        self.store((0, bytes.len() as u64), sha256, &mut |buffer| {
            let count = rest.len().min(buffer.len());
            buffer[..count].copy_from_slice(&rest[..count]);
            rest = &rest[count..];
            Ok(count)
        })
    }

    /// The copy of the tables: most of its pages are where they were in the backup before.
    fn tables(&mut self, path: &Path) -> Result<Vec<Piece>, Error> {
        let file = self.source.disk.open(path).map_err(|error| Error::unavailable(path, &error))?;
        let length = file.len().map_err(|error| Error::unavailable(path, &error))?;
        let stored = self.before.and_then(|before| before.parts.get(tables::NAME)).map_or(&[][..], Vec::as_slice);
        let mut pieces = Vec::new();
        for from in (0..length).step_by(TABLES_PIECE_BYTES as usize) {
            let run = (from, TABLES_PIECE_BYTES.min(length - from));
            let known = stored.iter().find(|piece| (piece.from, piece.length) == run);
            let sha256 = self.hash(&*file, run)?;
            pieces.push(match known.filter(|piece| piece.sha256 == sha256) {
                Some(piece) => piece.clone(),
                None => self.run(&*file, run)?,
            });
        }
        Ok(pieces)
    }

    /// Stores bytes of a file.
    fn run(&mut self, file: &dyn File, (from, length): (u64, u64)) -> Result<Piece, Error> {
        let sha256 = self.hash(file, (from, length))?;
        let mut at = from;
        self.store((from, length), sha256, &mut |buffer| {
            let wanted = (buffer.len() as u64).min(from + length - at) as usize;
            let count = file.read_at(&mut buffer[..wanted], at)?;
            at += count as u64;
            Ok(count)
        })
    }

    fn hash(&self, file: &dyn File, (from, length): (u64, u64)) -> Result<String, Error> {
        let mut hash = Context::new(&SHA256);
        let mut buffer = vec![0; READ_BYTES];
        let mut at = from;
        while at < from + length {
            let wanted = (buffer.len() as u64).min(from + length - at) as usize;
            let count = file.read_at(&mut buffer[..wanted], at);
            let count = count.map_err(|error| Error::unavailable(&self.source.directory, &error))?;
            if count == 0 {
                break;
            }
            hash.update(&buffer[..count]);
            at += count as u64;
        }
        Ok(hex::encode(hash.finish().as_ref()))
    }

    /// Encrypts what `read` gives into an object, unless the repository has it already.
    fn store(
        &mut self,
        (from, length): (u64, u64),
        sha256: String,
        read: &mut dyn FnMut(&mut [u8]) -> std::io::Result<usize>,
    ) -> Result<Piece, Error> {
        let tag = hmac::sign(&self.naming, format!("{length} {sha256}").as_bytes());
        let beginning = hex::encode(&tag.as_ref()[..16]);
        if let Some((object, size)) = self.repository.stored(&beginning)? {
            return Ok(Piece { from, length, sha256, object, size });
        }
        let incoming = self.repository.incoming()?;
        let failed = |error: age::Error| Error::sealed("incoming/object", error);
        let mut writer = age::Writer::new(incoming, &self.order.recipients).map_err(failed)?;
        let mut hash = Context::new(&SHA256);
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let count = read(&mut buffer).map_err(|error| Error::unavailable(&self.source.directory, &error))?;
            if count == 0 {
                break;
            }
            hash.update(&buffer[..count]);
            writer.push(&buffer[..count]).map_err(failed)?;
        }
        let incoming = writer.finish().map_err(failed)?;
        // Twice read, twice the same, or the disk does not give what it has.
        if hex::encode(hash.finish().as_ref()) != sha256 {
            let what = "the store's files changed while they were read: the disk may be failing";
            return Err(Error::Unavailable { what: what.into() });
        }
        let (object, size) = self.repository.adopt(incoming, &beginning, &mut self.touched)?;
        self.added.objects += 1;
        self.added.bytes += size;
        Ok(Piece { from, length, sha256, object, size })
    }
}
