//! A receiving system: keeps what arrives, in order, and misbehaves when told to.

use super::{free_port, wait_for};
use hospital::wire::{Act, Behaviour, PartnerConfig};
use std::{
    io::Read,
    net::{Shutdown, SocketAddr, TcpStream},
};
use tokio::runtime::Runtime;

/// A partner on a port of its own, with a runtime of its own.
pub struct Partner {
    inner: Option<hospital::wire::Partner>,
    runtime: Runtime,
    pub port: u16,
}

impl Partner {
    /// Answers AA to everything.
    pub fn new() -> Partner {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        // Another process may take a free port in between: then the next one.
        let (inner, port) = wait_for("a port", || {
            let port = free_port();
            let mut config = PartnerConfig::new(SocketAddr::from(([127, 0, 0, 1], port)));
            config.messages_kept_max = 100_000;
            Some((runtime.block_on(hospital::wire::Partner::start(config)).ok()?, port))
        });
        Partner { inner: Some(inner), runtime, port }
    }

    /// Takes no connection.
    pub fn stopped() -> Partner {
        let partner = Partner::new();
        partner.act(Act::Refuse);
        wait_for("the port to close", || {
            std::net::TcpStream::connect(("127.0.0.1", partner.port)).is_err().then_some(())
        });
        partner
    }

    fn handle(&self) -> &hospital::wire::Partner {
        self.inner.as_ref().expect("a partner")
    }

    /// Does this from now on.
    pub fn act(&self, act: Act) {
        self.handle().set(Behaviour::always(act));
    }

    /// Answers AA again.
    pub fn behave(&self) {
        self.handle().behave();
    }

    /// The control ids that arrived, in order.
    pub fn control_ids(&self) -> Vec<String> {
        self.messages().iter().map(|message| field(message, "MSH", 9)).collect()
    }

    /// What arrived, in order.
    pub fn messages(&self) -> Vec<String> {
        let messages = self.handle().messages();
        messages.iter().map(|message| String::from_utf8_lossy(message).into_owned()).collect()
    }

    /// Waits until everything that a sender sent before it died is taken, and gives how many messages that makes.
    #[track_caller]
    pub fn wait_until_left(&self) -> usize {
        // Connections are taken in their order: once this one was, all before it were.
        let mut last = TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        last.shutdown(Shutdown::Write).expect("to say so");
        assert_eq!(last.read(&mut [0]).expect("the end"), 0);
        wait_for("the partner's connections to end", || (self.handle().stats().connections_open == 0).then_some(()));
        self.messages().len()
    }

    /// Waits until this many messages have arrived.
    #[track_caller]
    pub fn wait_for(&self, count: usize) {
        wait_for(&format!("{count} messages at the partner"), || (self.messages().len() >= count).then_some(()));
    }
}

impl Drop for Partner {
    fn drop(&mut self) {
        let _inside = self.runtime.enter();
        drop(self.inner.take());
    }
}

/// The text between bars: `field(m, "PID", 3)` is PID-3; MSH counts one less, because MSH-1 is the bar itself.
pub fn field(message: &str, segment: &str, place: usize) -> String {
    let line = message.split('\r').find(|line| line.starts_with(segment)).unwrap_or("");
    line.split('|').nth(place).unwrap_or("").to_owned()
}
