//! A flow in real time: each happening goes to the sender of its system when its time has come.
//!
//! Promises: messages of one system leave in the order of the flow, over one connection; a system that is paused or
//! cannot reach its target holds up no other until it owes [`OWED_MAX`] messages.
//! Never: reads the wall clock; decides what goes wrong (see [`crate::story`]).

use crate::{
    flow::{Flow, Forced, Happening, Kind, Story, SystemName},
    wire::{Error, Sender, SenderConfig, SenderStats, Source},
};
use bytes::Bytes;
use std::time::Duration;
use tokio::{
    sync::{broadcast, mpsc},
    time::{Instant, timeout},
};

/// Messages that one system may owe while its target is away; then the whole flow waits, as a full disk would make it.
pub const OWED_MAX: usize = 20_000;
/// Happenings kept for a slow subscriber.
const TOLD_MAX: usize = 4096;
/// Wishes waiting for the next happening.
const FORCED_MAX: usize = 64;

/// How a live hospital is set up.
pub struct LiveConfig {
    /// What happens.
    pub flow: Flow,
    /// Which systems send what to where. Happenings without a line are passed over.
    pub lines: Vec<Line>,
    /// 1.0 is the rate of the flow; 10.0 is ten times as fast.
    pub speed: f64,
}

/// A connection of one system: its own target for some types of message, as hospitals have it.
pub struct Line {
    /// Who sends.
    pub system: SystemName,
    /// MSH-9.1 of what goes over it; empty for everything that no other line of the system takes.
    pub codes: &'static [&'static str],
    /// Target, timeouts. One connection always: order is a promise.
    pub sender: SenderConfig,
}

/// What happened, without the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Since the beginning, in the time of the flow.
    pub at: Duration,
    /// Who sends it.
    pub system: SystemName,
    /// What it is.
    pub kind: Kind,
    /// MSH-10.
    pub control_id: String,
    /// What is special about it.
    pub story: Option<Story>,
}

/// A running hospital. Dropping it ends it at once.
pub struct Live {
    senders: Vec<(SystemName, Sender)>,
    forced: mpsc::Sender<Forced>,
    told: broadcast::Sender<Told>,
    clockwork: tokio::task::JoinHandle<()>,
}

impl Live {
    /// Starts the senders and the flow. Needs a tokio runtime.
    pub fn start(config: LiveConfig) -> Result<Live, Error> {
        if !config.speed.is_finite() || config.speed <= 0.0 {
            return Err(Error::Misconfigured("the speed must be above 0".into()));
        }
        let (mut senders, mut feeds) = (Vec::new(), Vec::new());
        for line in config.lines {
            let (feed, source) = mpsc::channel(OWED_MAX);
            let settings = SenderConfig { connections: 1, ..line.sender };
            senders.push((line.system, Sender::start(settings, Source::Feed(source))?));
            feeds.push(Feed { system: line.system, codes: line.codes, feed });
        }
        let (forced, wishes) = mpsc::channel(FORCED_MAX);
        let (told, _) = broadcast::channel(TOLD_MAX);
        let clockwork = tokio::spawn(turn(config.flow, config.speed, feeds, wishes, told.clone()));
        Ok(Live { senders, forced, told, clockwork })
    }

    /// Makes something happen with the next message; false if too many wishes wait.
    pub fn force(&self, what: Forced) -> bool {
        self.forced.try_send(what).is_ok()
    }

    /// The senders of a system, to pause and resume it.
    pub fn senders(&self, system: SystemName) -> impl Iterator<Item = &Sender> {
        self.senders.iter().filter(move |(of, _)| *of == system).map(|(_, sender)| sender)
    }

    /// What happens from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Told> {
        self.told.subscribe()
    }

    /// The figures of each line, in the order of the settings.
    #[must_use]
    pub fn stats(&self) -> Vec<(SystemName, SenderStats)> {
        self.senders.iter().map(|(system, sender)| (*system, sender.stats())).collect()
    }

    /// Nothing new happens; what is owed is still sent, for `grace` at most. The figures at the end.
    pub async fn stop(self, grace: Duration) -> Vec<(SystemName, SenderStats)> {
        self.clockwork.abort();
        // Its end drops the feeds, and a sender with nothing left to take ends by itself.
        let _ = self.clockwork.await;
        let deadline = Instant::now() + grace;
        let mut figures = Vec::new();
        for (system, sender) in self.senders {
            sender.resume();
            while !sender.is_finished() && Instant::now() < deadline {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            sender.stop();
            let last = sender.stats();
            let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(50));
            let ended = timeout(left, sender.join()).await;
            figures.push((system, ended.ok().and_then(Result::ok).unwrap_or(last)));
        }
        figures
    }
}

/// Where the messages of one line go.
struct Feed {
    system: SystemName,
    codes: &'static [&'static str],
    feed: mpsc::Sender<Bytes>,
}

/// The line that names the type, else the one that takes the rest.
fn feed_of<'f>(feeds: &'f [Feed], system: SystemName, code: &str) -> Option<&'f Feed> {
    let mut own = feeds.iter().filter(|feed| feed.system == system);
    own.clone().find(|feed| feed.codes.contains(&code)).or_else(|| own.find(|feed| feed.codes.is_empty()))
}

/// Turns the flow until every receiver of it is gone.
async fn turn(
    mut flow: Flow,
    speed: f64,
    feeds: Vec<Feed>,
    mut wishes: mpsc::Receiver<Forced>,
    told: broadcast::Sender<Told>,
) {
    let start = Instant::now();
    loop {
        while let Ok(what) = wishes.try_recv() {
            flow.force(what);
        }
        let happening = flow.next_happening();
        tokio::time::sleep_until(start + happening.at.div_f64(speed)).await;
        let Some(Feed { feed, .. }) = feed_of(&feeds, happening.system, happening.kind.code) else { continue };
        let Happening { at, system, kind, control_id, story, message, .. } = happening;
        let _ = told.send(Told { at, system, kind, control_id, story });
        if feed.send(Bytes::from(message)).await.is_err() {
            // Only that system's sender has given up; the others go on.
            continue;
        }
    }
}
