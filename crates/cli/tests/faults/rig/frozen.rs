//! The log of an engine that was killed, as bytes that a test may damage and put into a data folder of its own.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Bytes before the first record of a file (docs/spec/store-format.md §2).
const FIRST: usize = 4096;
/// Bytes of a record's header, and the first four of them (§3).
const HEADER: usize = 32;
const MAGIC: &[u8] = b"SNR\x01";

/// One record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it begins in its file.
    pub at: usize,
    /// Where the next one begins.
    pub end: usize,
    /// What its place in the log is called: of a message, its id.
    pub lsn: u64,
    /// Whether it is a message.
    pub is_message: bool,
}

/// Every file of a data folder.
#[derive(Clone)]
pub struct Frozen(BTreeMap<PathBuf, Vec<u8>>);

impl Frozen {
    /// Reads a data folder that nobody uses any more.
    pub fn of(folder: &Path) -> Frozen {
        let mut files = BTreeMap::new();
        let mut folders = vec![folder.to_path_buf()];
        while let Some(next) = folders.pop() {
            for entry in fs::read_dir(&next).expect("a folder").map(|entry| entry.expect("an entry")) {
                let kind = entry.file_type().expect("a kind");
                if kind.is_dir() {
                    folders.push(entry.path());
                } else if kind.is_file() {
                    let path = entry.path().strip_prefix(folder).expect("inside").to_path_buf();
                    files.insert(path, fs::read(entry.path()).expect("a file"));
                }
            }
        }
        Frozen(files)
    }

    /// A file's bytes.
    pub fn bytes(&self, path: &Path) -> &[u8] {
        &self.0[path]
    }

    /// The files of the log, oldest first.
    pub fn segments(&self) -> Vec<PathBuf> {
        let is_log = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "log");
        self.0.keys().filter(is_log).cloned().collect()
    }

    /// The records of a file.
    pub fn records(&self, path: &Path) -> Vec<Record> {
        let (bytes, mut records, mut at) = (self.bytes(path), Vec::new(), FIRST);
        let base = u64::from_str_radix(&path.file_stem().expect("a name").to_string_lossy(), 16).expect("a place");
        while bytes.get(at..at + MAGIC.len()) == Some(MAGIC) {
            let length = u32::from_le_bytes(bytes[at + 8..at + 12].try_into().expect("four bytes")) as usize;
            let end = (at + HEADER + length).next_multiple_of(8);
            records.push(Record { at, end, lsn: base + at as u64, is_message: bytes[at + 4] == 1 });
            at = end;
        }
        records
    }

    /// The file that holds the end of the log.
    pub fn last_segment(&self) -> PathBuf {
        let mut segments = self.segments();
        segments.retain(|path| !self.records(path).is_empty());
        segments.pop().expect("records")
    }

    /// Makes a data folder of it, with other bytes in one file. What was in the folder is gone.
    pub fn thaw(&self, folder: &Path, changed: &Path, bytes: &[u8]) {
        let _ = fs::remove_dir_all(folder);
        for (path, own) in &self.0 {
            let to = folder.join(path);
            fs::create_dir_all(to.parent().expect("a folder")).expect("folders");
            fs::write(to, if path == changed { bytes } else { own }).expect("a file");
        }
    }

    /// Leaves away what a store makes again: its index, what SQLite keeps beside a database, the checkpoint.
    pub fn without_derived(mut self) -> Frozen {
        let is_derived = |path: &Path| path.starts_with("index") || path == Path::new("checkpoint");
        self.0.retain(|path, _| !is_derived(path));
        self
    }

    /// Leaves away the index.
    pub fn without_index(mut self) -> Frozen {
        self.0.retain(|path, _| !path.starts_with("index"));
        self
    }

    /// As [`Frozen::thaw`], where the folder was thawed before: only the log is put back. Quicker.
    pub fn thaw_log(&self, folder: &Path, changed: &Path, bytes: &[u8]) {
        let _ = (fs::remove_dir_all(folder.join("log")), fs::remove_file(folder.join("checkpoint")));
        fs::create_dir_all(folder.join("log")).expect("a folder");
        for (path, own) in self.0.iter().filter(|(path, _)| path.starts_with("log")) {
            fs::write(folder.join(path), if path == changed { bytes } else { own }).expect("a file");
        }
    }
}
