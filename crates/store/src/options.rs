//! How a store is opened.

use crate::{
    disk::{Disk, Real},
    postgres::Database,
    seal::MasterKey,
};
use message::{Clock, clock};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// Bytes of a segment file unless stated otherwise.
pub const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;
/// Smallest segment file: a header and some records.
pub const SEGMENT_BYTES_MIN: u64 = 16 * 1024;
/// Bytes of the file that is kept for changes of state when the disk is full.
pub const RESERVE_BYTES: u64 = 8 * 1024 * 1024;
/// Pause between looks at a full disk.
pub const FULL_RETRY: Duration = Duration::from_secs(1);

/// Where the master key comes from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// The caller has it: from a key service, or from an environment variable by [`MasterKey::from_text`].
    Given(MasterKey),
    /// A file with 64 hexadecimal digits, made (owner-only) when the store is new and it is absent.
    File(PathBuf),
    /// `keys/master.key` in the data directory, like `File`.
    InDirectory,
}

/// What is behind the door.
#[derive(Clone, Debug, Default)]
pub enum Engine {
    /// Files in the data directory.
    #[default]
    Embedded,
    /// A PostgreSQL database; the data directory keeps the master key and who this engine is.
    Postgres(Database),
}

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// What keeps the messages.
    pub engine: Engine,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// The master key.
    pub key: KeySource,
    /// Size of a segment file in bytes; [`SEGMENT_BYTES`].
    pub segment_bytes: u64,
    /// Size of the reserve in bytes; [`RESERVE_BYTES`].
    pub reserve_bytes: u64,
    /// Pause between looks at a full disk; [`FULL_RETRY`].
    pub full_retry: Duration,
    /// The file layer under the log.
    pub disk: Arc<dyn Disk>,
    /// Whether there is an index; without one, `search` finds nothing. Off only in tests of the log.
    pub has_index: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            engine: Engine::Embedded,
            clock: Arc::new(clock::System),
            key: KeySource::InDirectory,
            segment_bytes: SEGMENT_BYTES,
            reserve_bytes: RESERVE_BYTES,
            full_retry: FULL_RETRY,
            disk: Arc::new(Real),
            has_index: true,
        }
    }
}
