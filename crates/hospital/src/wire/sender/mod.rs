//! A sending system: MLLP client with one or more connections, a rate, resends, and figures.
//!
//! Promises:
//! 1. One message under way per connection; the next is sent after the reply, or after the settings give up on it.
//! 2. After a lost connection the same bytes are sent again, until answered or stopped.
//! 3. [`Sender::stop`] gives the message under way two more seconds to be answered, then ends; nothing new is taken.
//!
//! Never: reads beyond MSA; decides what a negative acknowledgment means (it is counted).

mod connection;
mod planned;
mod source;
mod tally;

pub use planned::send_planned;
pub use source::{ControlIds, Source};
pub use tally::SenderStats;

use super::{CONNECTIONS_MAX, Error, Pace};
use source::Intake;
use std::{sync::Arc, time::Duration};
use tally::Tally;
use tokio::{sync::watch, task::JoinSet};

/// What to do with a message whose reply did not come in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AfterTimeout {
    /// Close the connection, open a new one and send the same bytes again, as store-and-forward systems do.
    #[default]
    Resend,
    /// Count it, close the connection and go on with the next message.
    Skip,
}

/// How a sender is set up.
#[derive(Clone, Debug)]
pub struct SenderConfig {
    /// `host:port`.
    pub target: String,
    /// Connections, 1 to [`CONNECTIONS_MAX`]. Order holds only with one.
    pub connections: usize,
    /// Messages a second over all connections; `None` sends as fast as replies come.
    pub rate_per_second: Option<f64>,
    /// Time to make a connection.
    pub connect_timeout: Duration,
    /// Time to wait for a reply.
    pub reply_timeout: Duration,
    /// See [`AfterTimeout`].
    pub after_timeout: AfterTimeout,
    /// Pause before a message answered AR or CR is sent again; `None` counts it and goes on.
    pub resend_rejected_after: Option<Duration>,
    /// Attempts to connect in a row before the sender ends with [`Error::Unavailable`]; `None` tries for ever.
    pub connect_attempts_max: Option<u32>,
    /// First and longest pause between attempts to connect; doubles in between.
    pub reconnect_pause: (Duration, Duration),
    /// What MSH-10 holds.
    pub control_ids: ControlIds,
}

impl SenderConfig {
    /// One connection, as fast as acknowledged, trying for ever.
    pub fn new(target: impl Into<String>) -> SenderConfig {
        SenderConfig {
            target: target.into(),
            connections: 1,
            rate_per_second: None,
            connect_timeout: message::limits::CONNECT_TIMEOUT,
            reply_timeout: message::limits::REPLY_TIMEOUT,
            after_timeout: AfterTimeout::default(),
            resend_rejected_after: None,
            connect_attempts_max: None,
            reconnect_pause: (Duration::from_millis(50), Duration::from_secs(2)),
            control_ids: ControlIds::AsTheyAre,
        }
    }
}

/// What a sender was told from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Run,
    Pause,
    Stop,
}

/// What every connection of a sender shares.
struct Shared {
    config: SenderConfig,
    pace: Option<Pace>,
    tally: Tally,
    intake: Intake,
}

/// A running sender. Dropping it ends it at once.
pub struct Sender {
    shared: Arc<Shared>,
    order: watch::Sender<Order>,
    connections: JoinSet<Result<(), Error>>,
}

impl Sender {
    /// Checks the settings and begins to send. Needs a tokio runtime.
    pub fn start(config: SenderConfig, source: Source) -> Result<Sender, Error> {
        if config.connections == 0 || config.connections > CONNECTIONS_MAX {
            return Err(Error::Misconfigured(format!("connections must be 1 to {CONNECTIONS_MAX}")));
        }
        let pace = match config.rate_per_second.map(Pace::new) {
            Some(None) => return Err(Error::Misconfigured("the rate must be above 0 messages a second".into())),
            Some(pace) => pace,
            None => None,
        };
        let intake = Intake::new(source, &config.control_ids)?;
        let count = config.connections;
        let shared = Arc::new(Shared { config, pace, tally: Tally::new(), intake });
        let (order, order_seen) = watch::channel(Order::Run);
        let mut connections = JoinSet::new();
        for _ in 0..count {
            shared.tally.begin_connection();
            connections.spawn(connection::run(shared.clone(), order_seen.clone()));
        }
        Ok(Sender { shared, order, connections })
    }

    /// Figures so far.
    #[must_use]
    pub fn stats(&self) -> SenderStats {
        self.shared.tally.stats()
    }

    /// Figures every `period`, until the sender is gone; the last ones are those of the end.
    #[must_use]
    pub fn watch(&self, period: Duration) -> watch::Receiver<SenderStats> {
        let (progress, seen) = watch::channel(self.stats());
        let shared = Arc::downgrade(&self.shared);
        tokio::spawn(async move {
            while !progress.is_closed() {
                tokio::time::sleep(period.max(Duration::from_millis(10))).await;
                let Some(shared) = shared.upgrade() else { return };
                progress.send_replace(shared.tally.stats());
            }
        });
        seen
    }

    /// Sends nothing new until [`Sender::resume`]: a system that goes silent. The message under way is finished.
    pub fn pause(&self) {
        self.change(Order::Pause);
    }

    /// Goes on after [`Sender::pause`].
    pub fn resume(&self) {
        self.change(Order::Run);
    }

    /// Takes nothing new and ends after the message under way; see [`Sender::join`].
    pub fn stop(&self) {
        self.order.send_replace(Order::Stop);
    }

    /// Stopping is final.
    fn change(&self, to: Order) {
        self.order.send_if_modified(|order| {
            let changes = *order != Order::Stop && *order != to;
            if changes {
                *order = to;
            }
            changes
        });
    }

    /// Every connection has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.shared.tally.connections_running() == 0
    }

    /// Waits until the source is used up, the sender was stopped, or the target cannot be reached.
    pub async fn join(mut self) -> Result<SenderStats, Error> {
        let mut first_error = None;
        while let Some(ended) = self.connections.join_next().await {
            if let Ok(Err(error)) = ended {
                self.stop();
                first_error.get_or_insert(error);
            }
        }
        match first_error {
            Some(error) => Err(error),
            None => Ok(self.shared.tally.stats()),
        }
    }
}
