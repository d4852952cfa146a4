//! A receiving system on a port: takes MLLP frames, answers them, and misbehaves when told to.
//!
//! Promises: what arrives is recorded before it is answered; the behaviour may change at any time and holds from the
//! next message on; the port stays the same while the partner refuses connections and comes back.
//! Never: keeps message bytes unless asked, and then a bounded number.

mod answer;
mod behaviour;
mod listener;
mod record;
mod session;

pub use behaviour::{Act, Behaviour};
pub use record::{Answer, Arrival, Key, PartnerStats, Sequence};

use super::Error;
use bytes::Bytes;
use record::Record;
use std::{net::SocketAddr, sync::Arc};
use tokio::sync::{broadcast, mpsc, watch};

/// How a partner is set up.
#[derive(Clone, Debug)]
pub struct PartnerConfig {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// What the order check follows.
    pub key: Key,
    /// What must grow along a key.
    pub sequence: Sequence,
    /// How many of the newest messages are kept with their bytes; 0 keeps none.
    pub messages_kept_max: usize,
    /// Frames above this close the connection.
    pub frame_bytes_max: usize,
    /// What it does at first.
    pub behaviour: Behaviour,
    /// Gets every message with its bytes, in order of arrival and before it is answered. While the channel is full the
    /// partner waits, so nothing is skipped. The bytes are patient data.
    pub arrivals: Option<mpsc::Sender<(Arrival, Bytes)>>,
}

impl PartnerConfig {
    /// A well-behaved partner at `address`.
    #[must_use]
    pub fn new(address: SocketAddr) -> PartnerConfig {
        PartnerConfig {
            address,
            key: Key::default(),
            sequence: Sequence::default(),
            messages_kept_max: 0,
            frame_bytes_max: message::limits::FRAME_BYTES_MAX,
            behaviour: Behaviour::default(),
            arrivals: None,
        }
    }
}

/// A running partner. Dropping it stops it at once; [`Partner::stop`] lets answers under way finish.
#[derive(Debug)]
pub struct Partner {
    handle: PartnerHandle,
    stop: watch::Sender<bool>,
    listener: Option<tokio::task::JoinHandle<()>>,
}

/// What a partner shares with those who watch and steer it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PartnerHandle {
    address: SocketAddr,
    behaviour: Arc<watch::Sender<Behaviour>>,
    record: Arc<Record>,
}

impl Partner {
    /// Opens the port and begins to answer. Needs a tokio runtime.
    pub async fn start(config: PartnerConfig) -> Result<Partner, Error> {
        let socket = tokio::net::TcpListener::bind(config.address)
            .await
            .map_err(|source| Error::PortInUse { address: config.address, source })?;
        let address = socket.local_addr().map_err(|source| Error::PortInUse { address: config.address, source })?;
        let (behaviour, behaviour_seen) = watch::channel(config.behaviour);
        let (stop, stop_seen) = watch::channel(false);
        let record = Arc::new(Record::new(config.key, config.sequence, config.messages_kept_max));
        let shared = session::Shared {
            record: record.clone(),
            behaviour: behaviour_seen,
            stop: stop_seen,
            arrivals: config.arrivals,
            frame_bytes_max: config.frame_bytes_max.min(message::limits::FRAME_BYTES_CEILING),
        };
        let listener = tokio::spawn(listener::run(socket, address, shared));
        let handle = PartnerHandle { address, behaviour: Arc::new(behaviour), record };
        Ok(Partner { handle, stop, listener: Some(listener) })
    }

    /// The part that may be shared.
    #[must_use]
    pub fn handle(&self) -> PartnerHandle {
        self.handle.clone()
    }

    /// Closes the port and the connections; answers that are being written are finished.
    pub async fn stop(mut self) -> PartnerStats {
        let _ = self.stop.send(true);
        if let Some(listener) = self.listener.take() {
            let _ = listener.await;
        }
        self.handle.stats()
    }
}

impl Drop for Partner {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(listener) = self.listener.take() {
            listener.abort();
        }
    }
}

impl std::ops::Deref for Partner {
    type Target = PartnerHandle;
    fn deref(&self) -> &PartnerHandle {
        &self.handle
    }
}

impl PartnerHandle {
    /// The address in use, also while connections are refused.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what happens from the next message on. [`Act::Refuse`] closes the port and every connection.
    pub fn set(&self, behaviour: Behaviour) {
        self.behaviour.send_replace(behaviour);
    }

    /// Back to answering AA at once.
    pub fn behave(&self) {
        self.set(Behaviour::default());
    }

    /// What it does now.
    #[must_use]
    pub fn behaviour(&self) -> Behaviour {
        *self.behaviour.borrow()
    }

    /// Counts so far.
    #[must_use]
    pub fn stats(&self) -> PartnerStats {
        self.record.stats()
    }

    /// A line a message from now on; a subscriber that falls behind skips the oldest.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Arrival> {
        self.record.subscribe()
    }

    /// Control ids of messages that came out of order, the newest 1,024.
    #[must_use]
    pub fn out_of_order(&self) -> Vec<String> {
        self.record.late()
    }

    /// The newest messages, oldest first, as many as the settings keep. Patient data.
    #[must_use]
    pub fn messages(&self) -> Vec<Bytes> {
        self.record.messages()
    }
}
