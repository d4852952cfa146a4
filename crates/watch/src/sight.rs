//! What is seen of a running engine at one time: figures and states, nothing of a message.

use message::{Name, Timestamp};
use std::sync::Arc;

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    /// When.
    pub at: Timestamp,
    /// Seconds by which the local time is ahead of UTC.
    pub offset_s: i64,
    /// The engine and what it stands on.
    pub engine: EngineSight,
    /// The interfaces.
    pub interfaces: Vec<InterfaceSight>,
}

impl Sight {
    /// Seconds since 1970-01-01 00:00 of the place.
    #[must_use]
    pub fn local_s(&self) -> i64 {
        self.at.0.div_euclid(1_000_000) + self.offset_s
    }
}

/// How the store fares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StoreState {
    /// It takes messages.
    #[default]
    Ok,
    /// It has no room.
    Full,
    /// It cannot be reached now.
    Away,
    /// It failed; the engine ends.
    Failed,
}

/// The engine and what it stands on.
#[derive(Clone, Debug, Default)]
pub struct EngineSight {
    /// How the store fares.
    pub store: StoreState,
    /// Messages that no state accounts for.
    pub lost: i64,
    /// Bytes that are free where messages are kept; `None`: not known.
    pub free_bytes: Option<u64>,
    /// Bytes of that disk.
    pub disk_bytes: Option<u64>,
    /// Microseconds that the last fsync of the log took.
    pub fsync_us: u64,
    /// When a backup last ended well; `None`: backups are not set up, or none was made.
    pub backup: Option<Timestamp>,
    /// Backups are set up.
    pub has_backups: bool,
    /// When a drill last ended well.
    pub drill: Option<Timestamp>,
    /// Certificates in use: whose, and until when.
    pub certificates: Vec<(Arc<str>, Timestamp)>,
    /// Since when the engine runs.
    pub started: Timestamp,
}

/// One interface. Counters begin with the process.
#[derive(Clone, Debug, Default)]
pub struct InterfaceSight {
    /// Its name.
    pub name: Name,
    /// How important it is, 1 to 3.
    pub critical: u8,
    /// Who answers for it; empty: nobody.
    pub team: Arc<str>,
    /// A person paused its intake.
    pub is_paused: bool,
    /// Its source is open.
    pub is_open: bool,
    /// Peers that are connected.
    pub peers: usize,
    /// The host that its messages last came from.
    pub sender: Option<Arc<str>>,
    /// When the last frame came.
    pub last_received: Option<Timestamp>,
    /// Messages accepted.
    pub accepted: u64,
    /// Messages refused, rejected or parked.
    pub errors: u64,
    /// Messages that wait for a person.
    pub parked: u64,
    /// Milliseconds from a frame to its acknowledgment, the 95th of a hundred of the last minutes.
    pub acknowledgment_ms: Option<u64>,
    /// Seconds by which the clock of the sender is ahead of ours; behind where negative.
    pub skew_s: Option<i64>,
    /// Alerts on quality that are open: the code, since when, the sentence, and whether it wakes someone.
    pub quality: Vec<(Arc<str>, Timestamp, Arc<str>, bool)>,
    /// Its destinations.
    pub destinations: Vec<DestinationSight>,
}

/// One destination.
#[derive(Clone, Debug, Default)]
pub struct DestinationSight {
    /// Its name.
    pub name: Name,
    /// The host, or the place, that it sends to: what several destinations share when one thing breaks.
    pub partner: Arc<str>,
    /// It does not take messages now.
    pub is_down: bool,
    /// A person paused it.
    pub is_paused: bool,
    /// Deliveries that wait.
    pub queued: u64,
    /// When the oldest of them was accepted.
    pub oldest: Option<Timestamp>,
    /// The code of the last failure.
    pub trouble: Option<Arc<str>>,
    /// Milliseconds from acceptance to delivery, the 95th of a hundred of the last minutes.
    pub delivery_ms: Option<u64>,
}
