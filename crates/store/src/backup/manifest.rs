//! The manifest: what one backup is made of (docs/spec/backup-format.md §2).
//!
//! Two lines. The first is the manifest as JSON. The second proves it: a MAC under a key that only the store and those
//! who hold its backups' key have, and a SHA-256 that anyone can check. Promises: a manifest that reads is one that was
//! written whole. Never holds patient data, names of files of the workspace, or a key.

use super::{Error, hex};
use crate::Standing;
use message::{Counts, Timestamp};
use ring::{
    digest::{SHA256, digest},
    hmac,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the first field of every manifest says.
pub const SCHEMA: &str = "sinew.backup/1";
/// The end of a manifest's file name.
pub(super) const ENDING: &str = ".manifest";
/// Largest manifest that is read: about a million pieces.
const BYTES_MAX: usize = 512 * 1024 * 1024;

/// One backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`SCHEMA`].
    pub schema: String,
    /// From 1, one more with each backup of the repository.
    pub number: u64,
    /// When it was made, RFC 3339.
    pub made: String,
    /// The same in microseconds since 1970.
    pub made_us: i64,
    /// The version of Sinew.
    pub sinew: String,
    /// The id of the store, hexadecimal.
    pub store: String,
    /// Versions of the formats of what is inside.
    pub formats: BTreeMap<String, u32>,
    /// To whom everything is encrypted.
    pub recipients: Vec<String>,
    /// The manifest before; none for the first.
    pub previous: Option<Previous>,
    /// The environment that was in force.
    pub environment: String,
    /// The version of each interface, hexadecimal.
    pub interfaces: BTreeMap<String, String>,
    /// Everything in the log below this place is inside.
    pub end: u64,
    /// The newest message inside.
    pub newest: Option<Newest>,
    /// Messages by interface and state, as of `end`.
    pub counts: BTreeMap<String, CountsRow>,
    /// Deliveries of messages that were not at their end.
    pub standings: Vec<Standing>,
    /// The last row of the audit chain.
    pub audit: Option<AuditHead>,
    /// The log, in order.
    pub segments: Vec<SegmentEntry>,
    /// The other parts, by name.
    pub parts: BTreeMap<String, Vec<Piece>>,
    /// What this backup added to the repository.
    pub added: Added,
}

/// The manifest before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previous {
    /// Its number.
    pub number: u64,
    /// SHA-256 of its file.
    pub sha256: String,
}

/// The newest message of a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newest {
    /// Its id.
    pub message: u64,
    /// When it was accepted.
    pub at: Timestamp,
}

/// The last row of the audit chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: String,
}

/// The conservation counters of one interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountsRow {
    accepted: u64,
    delivered: u64,
    filtered: u64,
    parked: u64,
    expired: u64,
    deleted: u64,
    in_flight: u64,
}

impl From<Counts> for CountsRow {
    fn from(counts: Counts) -> CountsRow {
        let Counts { accepted, delivered, filtered, parked, expired, deleted, in_flight } = counts;
        CountsRow { accepted, delivered, filtered, parked, expired, deleted, in_flight }
    }
}

impl From<CountsRow> for Counts {
    fn from(row: CountsRow) -> Counts {
        let CountsRow { accepted, delivered, filtered, parked, expired, deleted, in_flight } = row;
        Counts { accepted, delivered, filtered, parked, expired, deleted, in_flight }
    }
}

/// A segment of the log and the pieces that it is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentEntry {
    /// Its base.
    pub base: u64,
    /// Bytes of its file; what no piece covers is zero.
    pub capacity: u64,
    /// What was written of it, in order and without a gap from 0.
    pub pieces: Vec<Piece>,
}

/// A run of bytes that is stored as one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Where in its file it begins.
    pub from: u64,
    /// Bytes, as they were.
    pub length: u64,
    /// SHA-256 of them.
    pub sha256: String,
    /// The object's name, without its folder; it ends in the SHA-256 of the object.
    pub object: String,
    /// Bytes of the object.
    pub size: u64,
}

/// What one backup added to the repository.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Added {
    /// Objects.
    pub objects: u64,
    /// Bytes of them.
    pub bytes: u64,
}

/// The second line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Proof {
    mac: String,
    sha256: String,
}

/// A manifest as it was found, with what proves it.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) manifest: Manifest,
    /// SHA-256 of the whole file: what the next manifest names.
    pub(super) sha256: String,
    first: Vec<u8>,
    mac: String,
}

impl Found {
    /// Whether the holder of the store's key made it.
    pub(super) fn is_proven(&self, key: &[u8; 32]) -> bool {
        let tag = hex::decode(&self.mac);
        tag.is_some_and(|tag| hmac::verify(&hmac_key(key), &self.first, &tag).is_ok())
    }
}

fn hmac_key(key: &[u8; 32]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, key)
}

fn proof(first: &[u8], mac: String) -> Option<Vec<u8>> {
    let sha256 = hex::encode(digest(&SHA256, &[first, mac.as_bytes()].concat()).as_ref());
    let mut line = serde_json::to_vec(&Proof { mac, sha256 }).ok()?;
    line.push(b'\n');
    Some(line)
}

impl Manifest {
    /// The name of the file it is kept in.
    #[must_use]
    pub fn file_name(&self) -> String {
        let time: String = self.made.chars().filter(|letter| !matches!(letter, '-' | ':')).collect();
        format!("{:06}-{}{ENDING}", self.number, time.split('.').next().unwrap_or_default())
    }

    /// Every piece, those of the log first.
    pub fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.segments.iter().flat_map(|segment| &segment.pieces).chain(self.parts.values().flatten())
    }

    /// Bytes that a restore reads.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.pieces().map(|piece| piece.size).sum()
    }

    /// When it was made.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        Timestamp(self.made_us)
    }

    /// The file's bytes.
    pub(super) fn encode(&self, key: &[u8; 32]) -> Result<Vec<u8>, Error> {
        let unwritable = || Error::Unavailable { what: "the manifest cannot be written as JSON".into() };
        let mut first = serde_json::to_vec(self).map_err(|_| unwritable())?;
        first.push(b'\n');
        let mac = hex::encode(hmac::sign(&hmac_key(key), &first).as_ref());
        let second = proof(&first, mac).ok_or_else(unwritable)?;
        first.extend_from_slice(&second);
        Ok(first)
    }
}

/// Reads the bytes of a manifest; `name` is its file's.
pub(super) fn decode(name: &str, bytes: &[u8]) -> Result<Found, Error> {
    let damaged = |what: &'static str| Error::damaged(name, what);
    if bytes.len() > BYTES_MAX {
        return Err(damaged("it is larger than any manifest"));
    }
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or_else(|| damaged("it has no second line"))?;
    let (first, second) = bytes.split_at(end + 1);
    let read: Proof = serde_json::from_slice(second).map_err(|_| damaged("its second line cannot be read"))?;
    // Written again and compared: so there is one way to write it, and no byte that nothing looks at.
    if proof(first, read.mac.clone()).as_deref() != Some(second) {
        return Err(damaged("it does not match its SHA-256"));
    }
    let schema = serde_json::from_slice::<serde_json::Value>(first).ok();
    let schema = schema.as_ref().and_then(|value| value.get("schema")?.as_str()).unwrap_or_default().to_owned();
    if schema != SCHEMA {
        return Err(Error::Incompatible { file: name.into(), found: schema.into() });
    }
    let manifest: Manifest = serde_json::from_slice(first).map_err(|_| damaged("its first line cannot be read"))?;
    if manifest.file_name() != name.rsplit('/').next().unwrap_or_default() {
        return Err(damaged("it has the name of another one"));
    }
    let sha256 = hex::encode(digest(&SHA256, bytes).as_ref());
    Ok(Found { manifest, sha256, first: first.to_vec(), mac: read.mac })
}
