//! What the engine does, for those who watch while it does it: the news, taps on a place, and a share of the messages.
//!
//! Promises: a watcher never slows a message: what does not fit a watcher's bounded room is left out for it, counted, and the
//! count is told; without a watcher a message costs two looks at a number.
//! Never: content in the news. A tap has content, so who opens one is audited by the caller.

mod samples;

pub use samples::SAMPLES_MAX;

use bytes::Bytes;
use interface::definition::Definition;
use message::{Code, MessageId, Name, Reason, Timestamp};
use samples::Samples;
use serde::Serialize;
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU32, AtomicUsize, Ordering},
};
use tokio::sync::mpsc::{self, error::TrySendError};

/// News that wait for one watcher.
pub const NEWS_MAX: usize = 1024;
/// Messages that wait for one tap.
pub const PASSED_MAX: usize = 256;
/// Bytes that wait for one tap.
pub const PASSED_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Watchers at one time, of either kind.
pub const WATCHERS_MAX: usize = 64;

/// What happened. The words are those of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A message was stored and has deliveries.
    Accepted,
    /// A message was stored and goes nowhere, by a line or because none wants it.
    Filtered,
    /// A message, or a delivery of it, waits for a person.
    Parked,
    /// A message was stored and its sender told no.
    Rejected,
    /// A destination took a delivery.
    Delivered,
    /// An attempt failed and is made again.
    Retrying,
    /// A delivery is held, with everything behind it under its key.
    Held,
    /// A delivery was given up by policy.
    Expired,
    /// A destination does not answer.
    Down,
    /// A destination answers again.
    Up,
    /// A reload changed this interface.
    Reloaded,
}

impl Kind {
    /// Every kind, in the order of the enum.
    pub const ALL: [Kind; 11] = [
        Kind::Accepted,
        Kind::Filtered,
        Kind::Parked,
        Kind::Rejected,
        Kind::Delivered,
        Kind::Retrying,
        Kind::Held,
        Kind::Expired,
        Kind::Down,
        Kind::Up,
        Kind::Reloaded,
    ];

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Accepted => "accepted",
            Kind::Filtered => "filtered",
            Kind::Parked => "parked",
            Kind::Rejected => "rejected",
            Kind::Delivered => "delivered",
            Kind::Retrying => "retrying",
            Kind::Held => "held",
            Kind::Expired => "expired",
            Kind::Down => "down",
            Kind::Up => "up",
            Kind::Reloaded => "reloaded",
        }
    }
}

/// Some kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds(u32);

impl Kinds {
    /// Every kind.
    pub const ALL: Kinds = Kinds(u32::MAX);

    /// Those that the words name, separated by commas.
    ///
    /// # Errors
    /// The first word that names none.
    pub fn parse(words: &str) -> Result<Kinds, &str> {
        words.split(',').map(str::trim).filter(|word| !word.is_empty()).try_fold(Kinds(0), |kinds, word| {
            let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or(word)?;
            Ok(Kinds(kinds.0 | 1 << kind as u32))
        })
    }

    fn has(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u32) != 0
    }
}

/// One thing that happened, without content.
#[derive(Clone, Debug, Serialize)]
pub struct News {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: Kind,
    /// Where.
    pub interface: Name,
    /// The destination that it is about.
    pub destination: Option<Name>,
    /// The message that it is about.
    pub message: Option<MessageId>,
    /// Why.
    pub reason: Option<Reason>,
}

/// A message at a place, as a tap has it.
#[derive(Clone, Debug)]
pub struct Passed {
    /// When it passed.
    pub at: Timestamp,
    /// When it was received.
    pub received: Timestamp,
    /// Which.
    pub message: MessageId,
    /// Through which interface.
    pub interface: Name,
    /// On the way to which destination; `None`: as it came.
    pub destination: Option<Name>,
    /// What became of it there.
    pub end: Kind,
    /// Why, where it has a reason.
    pub code: Option<Arc<str>>,
    /// As it came, or as it went out.
    pub bytes: Bytes,
    /// By which version it was processed; for a place as it came.
    pub definition: Option<Arc<Definition>>,
}

struct Watcher<T> {
    sender: mpsc::Sender<T>,
    missed: Arc<AtomicUsize>,
    held: Arc<AtomicUsize>,
    /// What it asks for: of the news kinds, of a tap its place.
    kinds: Kinds,
    interface: Option<Name>,
    destination: Option<Name>,
}

/// The receiving end of a watcher.
pub struct Watch<T> {
    receiver: mpsc::Receiver<T>,
    missed: Arc<AtomicUsize>,
    held: Arc<AtomicUsize>,
}

impl<T> Watch<T> {
    /// The next, and how many were left out before it since the last; `None` when the engine ends.
    pub async fn next(&mut self) -> Option<(T, usize)> {
        let next = self.receiver.recv().await?;
        Some((next, self.missed.swap(0, Ordering::Relaxed)))
    }

    /// One that is there already.
    pub fn try_next(&mut self) -> Option<T> {
        self.receiver.try_recv().ok()
    }

    /// How many were left out since somebody asked last.
    #[must_use]
    pub fn take_missed(&self) -> usize {
        self.missed.swap(0, Ordering::Relaxed)
    }
}

impl Watch<Passed> {
    /// The room of a message is free again.
    pub fn done(&self, passed: &Passed) {
        self.held.fetch_sub(passed.bytes.len(), Ordering::Relaxed);
    }
}

struct Room<T> {
    watchers: Mutex<Vec<Watcher<T>>>,
    count: AtomicUsize,
    /// The kinds that any of them asks for.
    kinds: AtomicU32,
}

impl<T> Default for Room<T> {
    fn default() -> Room<T> {
        Room { watchers: Mutex::default(), count: AtomicUsize::new(0), kinds: AtomicU32::new(0) }
    }
}

impl<T: Clone> Room<T> {
    fn is_empty(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    fn open(&self, room: usize, kinds: Kinds, interface: Option<Name>, destination: Option<Name>) -> Option<Watch<T>> {
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        watchers.retain(|watcher| !watcher.sender.is_closed());
        if watchers.len() >= WATCHERS_MAX {
            return None;
        }
        let (sender, receiver) = mpsc::channel(room);
        let (missed, held) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        watchers.push(Watcher { sender, missed: missed.clone(), held: held.clone(), kinds, interface, destination });
        self.count(&watchers);
        Some(Watch { receiver, missed, held })
    }

    /// Hands it to those that ask for it, without waiting for any.
    fn tell(&self, wanted: impl Fn(&Watcher<T>) -> bool, size: usize, what: &T) {
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        watchers.retain(|watcher| {
            if !wanted(watcher) {
                return !watcher.sender.is_closed();
            }
            let held = watcher.held.load(Ordering::Relaxed);
            // A message larger than all the room passes where nothing else waits.
            if held > 0 && held.saturating_add(size) > PASSED_BYTES_MAX {
                watcher.missed.fetch_add(1, Ordering::Relaxed);
                return true;
            }
            match watcher.sender.try_send(what.clone()) {
                Ok(()) => {
                    watcher.held.fetch_add(size, Ordering::Relaxed);
                    true
                }
                Err(TrySendError::Full(_)) => {
                    watcher.missed.fetch_add(1, Ordering::Relaxed);
                    true
                }
                Err(TrySendError::Closed(_)) => false,
            }
        });
        self.count(&watchers);
    }

    /// Notes how many there are, and what they ask for.
    fn count(&self, watchers: &[Watcher<T>]) {
        let kinds = watchers.iter().fold(0, |kinds, watcher| kinds | watcher.kinds.0);
        self.count.store(watchers.len(), Ordering::Relaxed);
        self.kinds.store(kinds, Ordering::Relaxed);
    }

    fn end(&self) {
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        watchers.clear();
        self.count(&watchers);
    }
}

/// See the module.
#[derive(Default)]
pub struct Live {
    news: Room<Arc<News>>,
    taps: Room<Passed>,
    samples: Samples,
}

impl Live {
    /// What happens of these kinds from now on; `None` when too many watch.
    pub fn watch(&self, kinds: Kinds) -> Option<Watch<Arc<News>>> {
        self.news.open(NEWS_MAX, kinds, None, None)
    }

    /// The messages that pass a place from now on; `None` when too many watch.
    pub fn tap(&self, interface: Name, destination: Option<Name>) -> Option<Watch<Passed>> {
        self.taps.open(PASSED_MAX, Kinds::ALL, Some(interface), destination)
    }

    /// About this share (0 to 1) of the messages that are stored from now on, those of a duplicate aside; in place of who had them before.
    pub fn sample(&self, share: f64) -> Watch<MessageId> {
        self.samples.open(share)
    }

    /// Tells of a message that was stored.
    pub(crate) fn stored(&self, id: MessageId) {
        self.samples.tell(id);
    }

    /// Somebody watches one of the taps.
    pub(crate) fn is_tapped(&self) -> bool {
        !self.taps.is_empty()
    }

    /// Tells news of a kind, made only where somebody asks for them.
    pub(crate) fn tell(&self, kind: Kind, news: impl FnOnce(Kind) -> News) {
        if Kinds(self.news.kinds.load(Ordering::Relaxed)).has(kind) {
            self.news.tell(|watcher| watcher.kinds.has(kind), 0, &Arc::new(news(kind)));
        }
    }

    /// Hands a message to the taps on its place.
    pub(crate) fn pass(&self, passed: &Passed) {
        let is_of = |watcher: &Watcher<Passed>| {
            watcher.interface.as_ref() == Some(&passed.interface) && watcher.destination == passed.destination
        };
        self.taps.tell(is_of, passed.bytes.len(), passed);
    }

    /// Nobody watches any longer: the engine ends.
    pub(crate) fn end(&self) {
        self.news.end();
        self.taps.end();
        self.samples.end();
    }
}

/// News about a message.
pub(crate) fn news(
    at: Timestamp,
    kind: Kind,
    (interface, destination): (&Name, Option<&Name>),
    message: Option<MessageId>,
    reason: Option<&Reason>,
) -> News {
    News { at, kind, interface: interface.clone(), destination: destination.cloned(), message, reason: reason.cloned() }
}

/// The code of a reason, for a tap.
pub(crate) fn code_of(reason: Option<&Reason>) -> Option<Arc<str>> {
    reason.map(|reason| Arc::from(&*reason.code))
}

/// A reason by its code alone.
#[must_use]
pub fn too_many_watch(code: Code) -> Reason {
    Reason::new(code, format!("{WATCHERS_MAX} watch already; end one of them"))
}

#[cfg(test)]
mod tests;
