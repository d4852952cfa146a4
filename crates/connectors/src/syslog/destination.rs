//! One lane to a syslog server.

use super::config::{Logging, Transport};
use crate::{
    codes,
    tcp::{datagram, tune::Pulse, write::write},
    tls,
};
use interface::contract::{Boxed, Destination, Outgoing};
use message::{
    Outcome, Reason, Scope,
    failpoint::{Place, pass},
};
use tokio::{net::TcpStream, time::timeout};

/// The lane.
pub(crate) struct Lane {
    config: Logging,
    /// Taken out while a message is under way: a send that is cancelled or fails leaves no half-used connection.
    line: Option<tls::Stream<TcpStream>>,
}

impl Lane {
    pub(crate) fn new(config: Logging) -> Lane {
        Lane { config, line: None }
    }

    async fn deliver(&mut self, outgoing: &Outgoing) -> Outcome {
        let header = self.config.header.of(outgoing.accepted);
        pass(Place::SendBefore);
        let outcome = match &self.config.transport {
            Transport::Datagrams => {
                let datagram = [header.as_bytes(), &outgoing.bytes].concat();
                datagram::post(&self.config.address, &datagram, self.config.connect_time_max).await
            }
            Transport::Stream(_) => {
                let count = format!("{} ", header.len() + outgoing.bytes.len());
                self.write(&[count.as_bytes(), header.as_bytes(), &outgoing.bytes]).await
            }
        };
        pass(Place::SendAfter);
        outcome
    }

    async fn write(&mut self, parts: &[&[u8]]) -> Outcome {
        let Logging { address, transport, connect_time_max, write_time_max, .. } = &self.config;
        let tls = match transport {
            Transport::Stream(tls) => tls.as_ref(),
            Transport::Datagrams => None,
        };
        let mut kept = self.line.take();
        if let Some(line) = &mut kept
            && line.feel(&mut [0_u8; 1]).await != Pulse::Quiet
        {
            kept = None;
        }
        let mut line = match kept {
            Some(line) => line,
            None => match tls::connect(address, *connect_time_max, tls).await {
                Ok(line) => line,
                Err(reason) => return transient(reason),
            },
        };
        match timeout(*write_time_max, write(&mut line, parts)).await {
            Ok(Ok(())) => {
                self.line = Some(line);
                Outcome::Delivered { reply: None }
            }
            Ok(Err(broken)) if broken.written == 0 => {
                let text = format!("{address} closed the connection before anything was sent: {}", broken.kind);
                transient(Reason::new(codes::E6008, text))
            }
            Ok(Err(broken)) => {
                let text = format!("the connection to {address} broke while the message was written: {}", broken.kind);
                Outcome::Ambiguous { reason: Reason::new(codes::E6007, text) }
            }
            Err(_) => {
                let text = format!("{address} did not take the message within {} s", write_time_max.as_secs_f32());
                Outcome::Ambiguous { reason: Reason::new(codes::E6007, text) }
            }
        }
    }
}

impl Destination for Lane {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(self.deliver(outgoing))
    }

    fn close(&mut self) -> Boxed<'_, ()> {
        let line = self.line.take();
        Box::pin(async move {
            if let Some(line) = line {
                line.part().await;
            }
        })
    }
}

fn transient(reason: Reason) -> Outcome {
    Outcome::Transient { scope: Scope::Destination, reason, retry_after: None }
}
