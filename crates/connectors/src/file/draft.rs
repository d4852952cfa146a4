//! The open batch of one destination: on disk, message by message, until it becomes a file.
//!
//! Owns: a hidden file in the folder that holds the messages of the open batch ([`record`]), and the way from there to a
//! batch that others see.
//! Promises: a message that was taken is durable; a batch appears whole, under a name that was free, and once; a delivery
//! that comes again because its end was not recorded is recognised, also when its batch is closed; what a crash left is
//! finished or gone on with.
//! Never: throws away bytes that it cannot read; writes over a file that is there when a batch is closed.

use super::{
    record::{self, Entry, Record},
    storage,
};
use crate::codes;
use hl7v2::batch::{Opening, closing, opening};
use message::{
    Reason, Timestamp,
    failpoint::{Place, pass},
};
use std::{
    collections::{HashMap, VecDeque},
    fs::{self, File},
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak},
};

/// Deliveries of closed batches that are recognised when they come again.
const KNOWN_MAX: usize = 1_000;
/// Files of one name in a folder.
const SAME_NAME_MAX: u32 = 100_000;
/// Bytes that are copied at a time.
const COPY_BYTES: usize = 64 * 1024;

/// How the file of a batch is made of it.
pub(super) struct Form<'a> {
    /// FHS and FTS stand around it.
    pub(super) is_file: bool,
    /// The name by the first delivery in it.
    pub(super) name: &'a dyn Fn(&Entry) -> Result<String, Reason>,
    pub(super) now: Timestamp,
}

/// See the module.
pub(super) struct Draft {
    folder: PathBuf,
    path: PathBuf,
    /// Open for reading and writing, its end known; `None` before the first message, and after an error.
    file: Option<(File, u64)>,
    /// It was read.
    is_known: bool,
    /// The messages of the open batch, with their places.
    held: Vec<(Entry, Range<usize>)>,
    bytes: usize,
    known: VecDeque<Entry>,
    /// It is on record that the batch is whole under a hidden name, and gets this one.
    whole: Option<String>,
}

type Drafts = HashMap<PathBuf, Weak<Mutex<Draft>>>;

/// One draft for each path, whoever asks: two lanes must not write one file.
static DRAFTS: Mutex<Option<Drafts>> = Mutex::new(None);

/// The draft at this path.
pub(super) fn at(path: &Path) -> Arc<Mutex<Draft>> {
    let mut drafts = DRAFTS.lock().unwrap_or_else(PoisonError::into_inner);
    let drafts = drafts.get_or_insert_default();
    drafts.retain(|_, draft| draft.strong_count() > 0);
    if let Some(draft) = drafts.get(path).and_then(Weak::upgrade) {
        return draft;
    }
    let draft = Arc::new(Mutex::new(Draft::new(path)));
    drafts.insert(path.to_owned(), Arc::downgrade(&draft));
    draft
}

impl Draft {
    fn new(path: &Path) -> Draft {
        Draft {
            folder: path.parent().map_or_else(PathBuf::new, Path::to_owned),
            path: path.to_owned(),
            file: None,
            is_known: false,
            held: Vec::new(),
            bytes: 0,
            known: VecDeque::new(),
            whole: None,
        }
    }

    /// When its first message came, how many there are, and their bytes; `None` for an empty one.
    pub(super) fn size(&self) -> Option<(Timestamp, usize, usize)> {
        let (first, _) = self.held.first()?;
        Some((first.at, self.held.len(), self.bytes))
    }

    /// There is something to finish.
    pub(super) fn is_open(&self) -> bool {
        !self.held.is_empty() || self.whole.is_some()
    }

    /// The same sending of the same delivery was taken before.
    pub(super) fn has(&self, entry: &Entry) -> bool {
        let held = self.held.iter().map(|(held, _)| held);
        held.chain(&self.known).rev().any(|known| known.is_same(entry))
    }

    /// Reads what an earlier life, or an error, left: a batch that was whole gets its name, one that was open goes on.
    pub(super) fn recover(&mut self) -> Result<(), Reason> {
        if self.is_known {
            return self.finish();
        }
        let Some(bytes) = self.read().map_err(|error| storage::reason_of(&self.folder, &error))? else {
            self.forget();
            self.is_known = true;
            return Ok(());
        };
        let read = record::read(&bytes);
        self.forget();
        for record in read.records {
            match record {
                Record::Title => {}
                Record::Known(entry) => self.known.push_back(entry),
                Record::Message(entry, content) => {
                    self.bytes += content.len();
                    self.held.push((entry, content));
                }
                Record::Whole(name) => self.whole = Some(name),
            }
        }
        let damaged = if read.damaged_bytes > 0 { self.set_aside(read.damaged_bytes)? } else { None };
        if self.whole.is_some() {
            self.is_known = true;
            self.finish()?;
        } else {
            // Written anew, so that what follows is behind a whole record, on pages that an fsync did reach.
            self.renew(&bytes).map_err(|error| storage::reason_of(&self.folder, &error))?;
            self.is_known = true;
        }
        damaged.map_or(Ok(()), Err)
    }

    fn forget(&mut self) {
        (self.file, self.whole, self.bytes) = (None, None, 0);
        self.held.clear();
        self.known.clear();
    }

    fn read(&self) -> io::Result<Option<Vec<u8>>> {
        match fs::symlink_metadata(&self.path) {
            Ok(metadata) if metadata.is_file() => fs::read(&self.path).map(Some),
            Ok(_) => Err(io::Error::from(ErrorKind::AlreadyExists)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps a copy of a record with bytes that cannot be read, and says so.
    fn set_aside(&self, damaged: usize) -> Result<Option<Reason>, Reason> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let aside = free_name(&self.folder, &format!("{name}.damaged"));
        let aside = aside.map_err(|error| storage::reason_of(&self.folder, &error))?;
        fs::copy(&self.path, self.folder.join(&aside)).map_err(|error| storage::reason_of(&self.folder, &error))?;
        let text =
            format!("{damaged} bytes of the open batch cannot be read; {aside} in its folder is a copy of all of it");
        Ok(Some(Reason::new(codes::E6312, text)))
    }

    /// Takes one message; it is durable when this returns.
    pub(super) fn append(&mut self, entry: Entry, content: &[u8]) -> io::Result<()> {
        if self.file.is_none() {
            self.renew(&[])?;
        }
        let result = self.write(&entry, content);
        if result.is_err() {
            (self.file, self.is_known) = (None, false);
        }
        result
    }

    fn write(&mut self, entry: &Entry, content: &[u8]) -> io::Result<()> {
        let Some((file, end)) = &mut self.file else { return Err(io::Error::from(ErrorKind::NotConnected)) };
        let (start, close) = record::message(entry, content);
        let record = [&start[..], content, &close].concat();
        if let Err(error) = file.write_all(&record) {
            let _ = file.set_len(*end);
            return Err(error);
        }
        pass(Place::BatchWrite);
        file.sync_data()?;
        pass(Place::BatchSync);
        let at = as_place(*end) + start.len();
        *end += record.len() as u64;
        self.held.push((*entry, at..at + content.len()));
        self.bytes += content.len();
        Ok(())
    }

    /// Makes a file of the open batch.
    pub(super) fn close(&mut self, form: &Form<'_>) -> Result<(), Reason> {
        self.recover()?;
        let Some((first, _)) = self.held.first() else { return Ok(()) };
        let wanted = (form.name)(first)?;
        let published = self.publish(&wanted, form);
        self.keep_or_reread(published, "its messages are safe in the open batch")
    }

    /// After an error, what is on disk is read again before anything else is done.
    fn keep_or_reread(&mut self, result: io::Result<()>, state: &str) -> Result<(), Reason> {
        result.map_err(|error| {
            (self.file, self.is_known) = (None, false);
            Reason::new(codes::E6311, format!("{}; {state}", storage::reason_of(&self.folder, &error)))
        })
    }

    fn publish(&mut self, wanted: &str, form: &Form<'_>) -> io::Result<()> {
        let name = free_name(&self.folder, wanted)?;
        let mut out = storage::create(&self.folder.join(hidden(&name)))?;
        self.copy(&mut out, &name, form)?;
        out.sync_all()?;
        sync_folder(&self.folder)?;
        pass(Place::BatchWhole);
        let Some((file, _)) = &mut self.file else { return Err(io::Error::from(ErrorKind::NotConnected)) };
        file.write_all(&record::whole(&name))?;
        file.sync_data()?;
        pass(Place::BatchMark);
        self.whole = Some(name);
        self.rename_whole()
    }

    /// Writes the batch with the lines around it.
    fn copy(&mut self, out: &mut File, name: &str, form: &Form<'_>) -> io::Result<()> {
        let mut out = io::BufWriter::with_capacity(COPY_BYTES, out);
        let mut first = Vec::new();
        for (number, (entry, content)) in self.held.iter().enumerate() {
            let Some((file, _)) = &mut self.file else { return Err(io::Error::from(ErrorKind::NotConnected)) };
            let mut bytes = vec![0; content.len()];
            file.seek(SeekFrom::Start(content.start as u64))?;
            file.read_exact(&mut bytes)?;
            if crc32c::crc32c(&bytes) != entry.checksum {
                return Err(io::Error::from(ErrorKind::InvalidData));
            }
            if number == 0 {
                let time = form.now.to_dtm();
                let control_id = format!("{:X}", entry.at.0);
                let said = Opening { is_file: form.is_file, time: &time, name, control_id: &control_id };
                out.write_all(&opening(&bytes, &said))?;
            }
            out.write_all(&bytes)?;
            if !bytes.ends_with(b"\r") && !bytes.ends_with(b"\n") {
                out.write_all(b"\r")?;
            }
            if number == 0 {
                first = bytes;
            }
        }
        out.write_all(&closing(&first, form.is_file, self.held.len()))?;
        if let Some((file, end)) = &mut self.file {
            file.seek(SeekFrom::Start(*end))?;
        }
        out.flush()
    }

    /// A batch of which it is on record that it is whole gets its name.
    fn finish(&mut self) -> Result<(), Reason> {
        if self.whole.is_none() {
            return Ok(());
        }
        let renamed = self.rename_whole();
        self.keep_or_reread(renamed, "it is whole, under a hidden name")
    }

    fn rename_whole(&mut self) -> io::Result<()> {
        let Some(name) = &self.whole else { return Ok(()) };
        match fs::rename(self.folder.join(hidden(name)), self.folder.join(name)) {
            // It had its name before, and whoever reads the folder may have taken it since.
            Err(error) if error.kind() == ErrorKind::NotFound && self.folder.is_dir() => {}
            renamed => renamed?,
        }
        sync_folder(&self.folder)?;
        pass(Place::BatchRename);
        let held = std::mem::take(&mut self.held);
        self.known.extend(held.into_iter().map(|(entry, _)| entry));
        let extra = self.known.len().saturating_sub(KNOWN_MAX);
        self.known.drain(..extra);
        (self.whole, self.bytes) = (None, 0);
        self.renew(&[])?;
        pass(Place::BatchReady);
        Ok(())
    }

    /// Writes the record anew, with the messages at their places in `bytes`, in place of the one that is there.
    fn renew(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut record = record::title();
        self.known.iter().for_each(|entry| record.extend(record::known(entry)));
        for (entry, place) in &mut self.held {
            let content = &bytes[place.clone()];
            let (start, end) = record::message(entry, content);
            let at = record.len() + start.len();
            record.extend([&start[..], content, &end].concat());
            *place = at..at + content.len();
        }
        let fresh = with_suffix(&self.path, ".new");
        let mut file = storage::create(&fresh)?;
        file.write_all(&record)?;
        file.sync_all()?;
        fs::rename(&fresh, &self.path)?;
        sync_folder(&self.folder)?;
        self.file = Some((file, record.len() as u64));
        Ok(())
    }
}

fn hidden(name: &str) -> String {
    format!(".{name}.part")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut text = path.as_os_str().to_owned();
    text.push(suffix);
    PathBuf::from(text)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn as_place(end: u64) -> usize {
    usize::try_from(end).unwrap_or(usize::MAX)
}

/// The name, or the name with a number, that no file has.
fn free_name(folder: &Path, wanted: &str) -> io::Result<String> {
    let (stem, extension) =
        wanted.rsplit_once('.').map_or((wanted, String::new()), |(stem, end)| (stem, format!(".{end}")));
    for number in 1..SAME_NAME_MAX {
        let name = if number == 1 { wanted.to_owned() } else { format!("{stem}-{number}{extension}") };
        match fs::symlink_metadata(folder.join(&name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(name),
            Err(error) => return Err(error),
            Ok(_) => {}
        }
    }
    Err(io::Error::from(ErrorKind::AlreadyExists))
}
