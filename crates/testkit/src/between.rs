//! Something between a lane and a real server that passes everything on, and treats the server's answer to each message as a
//! test wants it. So the server has the message, whatever the lane hears.
//!
//! It knows nothing of the protocol: a message is one that [`crate::sample::adt`] made.

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

/// How the messages of [`crate::sample::adt`] begin and end.
const BEGIN: &[u8] = b"MSH|";
const END: &[u8] = b"4WEST^12^A\r";

/// What a protocol has for answers that are none.
#[derive(Clone, Copy)]
pub struct Manner {
    /// An answer to another message.
    pub foreign: &'static [u8],
    /// The beginning of an answer that never ends, and what to repeat.
    pub endless: (&'static [u8], &'static [u8]),
}

/// See the module. Stops when dropped.
pub struct Between {
    address: SocketAddr,
    place: String,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    server: u16,
    manner: Manner,
    conducts: Vec<Conduct>,
    taken: Mutex<Vec<Bytes>>,
    sent: Mutex<Vec<u8>>,
}

impl Between {
    /// Starts one in front of the server at this port of loopback; `place` stands behind its address.
    ///
    /// # Panics
    /// If there is no free port on loopback.
    pub async fn start(server: u16, place: &str, manner: Manner, conducts: &[Conduct]) -> Between {
        let listener = match TcpListener::bind("127.0.0.1:0").await {
            Ok(listener) => listener,
            Err(error) => panic!("no port on loopback: {error}"),
        };
        let Ok(address) = listener.local_addr() else { panic!("a listener without an address") };
        let shared = Arc::new(Shared {
            server,
            manner,
            conducts: conducts.to_vec(),
            taken: Mutex::default(),
            sent: Mutex::default(),
        });
        let accepting = (conducts != [Conduct::Absent]).then(|| tokio::spawn(accept(listener, shared.clone())));
        Between { address, place: place.to_owned(), shared, accepting }
    }

    /// Everything that clients sent through it, connection after connection, as it came.
    #[must_use]
    pub fn sent(&self) -> Vec<u8> {
        self.shared.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        if let Some(accepting) = &self.accepting {
            accepting.abort();
        }
    }
}

impl Partner for Between {
    fn address(&self) -> String {
        format!("{}/{}", self.address, self.place)
    }
    fn taken(&self) -> Vec<Bytes> {
        self.shared.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        if let Ok(server) = TcpStream::connect(("127.0.0.1", shared.server)).await {
            tokio::spawn(serve(client, server, shared.clone()));
        }
    }
}

async fn serve(mut client: TcpStream, mut server: TcpStream, shared: Arc<Shared>) -> Option<()> {
    let (mut seen, mut out, mut back) = (Vec::new(), [0_u8; 16 * 1024], [0_u8; 16 * 1024]);
    let mut conduct = Conduct::Accept;
    loop {
        tokio::select! {
            count = client.read(&mut out) => {
                let count = count.ok().filter(|count| *count > 0)?;
                seen.extend_from_slice(&out[..count]);
                shared.sent.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&out[..count]);
                while let Some(message) = cut(&mut seen) {
                    conduct = shared.take(message);
                }
                server.write_all(&out[..count]).await.ok()?;
            }
            count = server.read(&mut back) => {
                let count = count.ok().filter(|count| *count > 0)?;
                conduct = shared.treat(&mut client, conduct, &back[..count]).await?;
            }
        }
    }
}

/// The first whole message of what was seen, which is cut off with it.
fn cut(seen: &mut Vec<u8>) -> Option<Vec<u8>> {
    let find = |what: &[u8], from: usize| seen[from..].windows(what.len()).position(|part| part == what);
    let begin = find(BEGIN, 0)?;
    let end = begin + find(END, begin)? + END.len();
    let message = seen[begin..end].to_vec();
    seen.drain(..end);
    Some(message)
}

impl Shared {
    fn take(&self, message: Vec<u8>) -> Conduct {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.push(message.into());
        self.conducts[(taken.len() - 1).min(self.conducts.len() - 1)]
    }

    /// Treats what the server says; gives how to treat what it says next, and nothing to close the connection.
    async fn treat(&self, client: &mut TcpStream, conduct: Conduct, said: &[u8]) -> Option<Conduct> {
        match conduct {
            Conduct::Accept => client.write_all(said).await.ok()?,
            Conduct::Slow => {
                sleep(REPLY_TIME_MAX / 2).await;
                client.write_all(said).await.ok()?;
            }
            Conduct::AcceptThenClose => {
                client.write_all(said).await.ok()?;
                return None;
            }
            Conduct::AnswerTwice => client.write_all(&[said, said].concat()).await.ok()?,
            Conduct::Silent => return Some(Conduct::Silent),
            Conduct::Late => {
                sleep(REPLY_TIME_MAX * 2).await;
                client.write_all(said).await.ok()?;
            }
            Conduct::Foreign => {
                client.write_all(self.manner.foreign).await.ok()?;
                return Some(Conduct::Silent);
            }
            Conduct::Garbage => {
                client.write_all(b"\x00\x01 nobody speaks like this\r\n\r\n").await.ok()?;
                return Some(Conduct::Silent);
            }
            Conduct::Endless => {
                client.write_all(self.manner.endless.0).await.ok()?;
                loop {
                    client.write_all(self.manner.endless.1).await.ok()?;
                    tokio::task::yield_now().await;
                }
            }
            Conduct::TakeThenClose | Conduct::Absent => return None,
        }
        Some(Conduct::Accept)
    }
}
