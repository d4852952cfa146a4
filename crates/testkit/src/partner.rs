//! A partner on a TCP port that treats each message as a test wants it.

use crate::destination::{Conduct, Partner, REPLY_TIME_MAX};
use bytes::Bytes;
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::sleep,
};

/// What [`Wire::cut`] finds: how many bytes a message takes, and its content.
pub type Cut = Option<(usize, Vec<u8>)>;

/// A protocol, as far as a partner needs it.
#[derive(Clone, Copy)]
pub struct Wire {
    /// Looks for one whole message.
    pub cut: fn(&[u8]) -> Cut,
    /// The good answer to a message.
    pub answer: fn(&[u8]) -> Vec<u8>,
    /// An answer to another message; `None` where the protocol has no such thing.
    pub foreign: Option<fn() -> Vec<u8>>,
    /// The beginning of an answer that never ends, and what to repeat.
    pub endless: (&'static [u8], &'static [u8]),
    /// Whether a second answer to one message can be seen for what it is.
    pub is_repeatable: bool,
}

/// See the module. Stops when dropped.
pub struct TcpPartner {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    wire: Wire,
    conducts: Vec<Conduct>,
    taken: Mutex<Vec<Bytes>>,
}

impl TcpPartner {
    /// Starts one; `None` if the protocol does not have one of these conducts.
    ///
    /// # Panics
    /// If there is no free port on loopback.
    pub async fn start(wire: Wire, conducts: &[Conduct]) -> Option<TcpPartner> {
        if conducts.contains(&Conduct::Foreign) && wire.foreign.is_none() {
            return None;
        }
        if conducts.contains(&Conduct::AnswerTwice) && !wire.is_repeatable {
            return None;
        }
        let listener = match TcpListener::bind("127.0.0.1:0").await {
            Ok(listener) => listener,
            Err(error) => panic!("no port on loopback: {error}"),
        };
        let Ok(address) = listener.local_addr() else { panic!("a listener without an address") };
        let shared = Arc::new(Shared { wire, conducts: conducts.to_vec(), taken: Mutex::default() });
        // The port of an absent partner was free a moment ago, and nobody listens there now.
        let accepting = (conducts != [Conduct::Absent]).then(|| tokio::spawn(accept(listener, shared.clone())));
        Some(TcpPartner { address, shared, accepting })
    }
}

impl Drop for TcpPartner {
    fn drop(&mut self) {
        if let Some(accepting) = &self.accepting {
            accepting.abort();
        }
    }
}

impl Partner for TcpPartner {
    fn address(&self) -> String {
        self.address.to_string()
    }
    fn taken(&self) -> Vec<Bytes> {
        self.shared.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, shared.clone()));
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let mut buffer = Vec::new();
    loop {
        while let Some((size, content)) = (shared.wire.cut)(&buffer) {
            buffer.drain(..size);
            let conduct = shared.take(&content);
            if shared.treat(&mut stream, conduct, &content).await.is_none() {
                return;
            }
        }
        match stream.read_buf(&mut buffer).await {
            Ok(count) if count > 0 => {}
            _ => return,
        }
    }
}

impl Shared {
    fn take(&self, content: &[u8]) -> Conduct {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.push(Bytes::copy_from_slice(content));
        let at = (taken.len() - 1).min(self.conducts.len() - 1);
        self.conducts[at]
    }

    /// Treats one message; `None` closes the connection.
    async fn treat(&self, stream: &mut TcpStream, conduct: Conduct, content: &[u8]) -> Option<()> {
        let answer = (self.wire.answer)(content);
        match conduct {
            Conduct::Accept => stream.write_all(&answer).await.ok(),
            Conduct::Slow => {
                sleep(REPLY_TIME_MAX / 2).await;
                stream.write_all(&answer).await.ok()
            }
            Conduct::AcceptThenClose => {
                stream.write_all(&answer).await.ok()?;
                None
            }
            Conduct::AnswerTwice => stream.write_all(&[&answer[..], &answer[..]].concat()).await.ok(),
            Conduct::Silent => Some(()),
            Conduct::Late => {
                sleep(REPLY_TIME_MAX * 2).await;
                stream.write_all(&answer).await.ok()
            }
            Conduct::Foreign => stream.write_all(&(self.wire.foreign?)()).await.ok(),
            Conduct::Garbage => stream.write_all(b"\x00\x01 nobody speaks like this\r\n\r\n").await.ok(),
            Conduct::Endless => {
                stream.write_all(self.wire.endless.0).await.ok()?;
                loop {
                    stream.write_all(self.wire.endless.1).await.ok()?;
                    tokio::task::yield_now().await;
                }
            }
            Conduct::TakeThenClose | Conduct::Absent => None,
        }
    }
}
