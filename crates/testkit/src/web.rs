//! A small HTTP/1.1 server for tests of clients: it answers as a script says, well or badly, and remembers what it was
//! asked. It reads bodies with a length, which is what our client sends.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// One request.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `POST`.
    pub method: String,
    /// Path and query as they came.
    pub target: String,
    /// Names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What the server does with one request.
#[derive(Clone, Debug)]
pub enum Told {
    /// An answer: status, header lines, body.
    Answer(u16, Vec<(String, String)>, Vec<u8>),
    /// An answer, then the connection is closed.
    AnswerAndClose(u16, Vec<u8>),
    /// Closes without an answer.
    Close,
    /// Never answers.
    Silence,
    /// These bytes, then the connection is closed.
    Raw(Vec<u8>),
    /// These bytes, then the connection is reset.
    Reset(Vec<u8>),
    /// These bytes, then nothing more.
    Stall(Vec<u8>),
    /// These bytes again and again.
    Endless(Vec<u8>, Vec<u8>),
}

type Script = Arc<dyn Fn(&Asked) -> Told + Send + Sync>;

/// The server.
pub struct WebServer {
    /// `127.0.0.1:port`.
    pub address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    connections: Arc<AtomicUsize>,
    running: JoinHandle<()>,
}

impl Asked {
    /// A header's value, or `""`.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Told {
    /// An answer with a JSON body.
    #[must_use]
    pub fn json(status: u16, body: &str) -> Told {
        Told::with(status, &[("Content-Type", "application/json")], body)
    }

    /// An answer with headers.
    #[must_use]
    pub fn with(status: u16, headers: &[(&str, &str)], body: &str) -> Told {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Told::Answer(status, headers, body.as_bytes().to_vec())
    }
}

impl WebServer {
    /// Starts one on a port that the system gives.
    ///
    /// # Panics
    /// If there is no port.
    pub async fn start(script: impl Fn(&Asked) -> Told + Send + Sync + 'static) -> WebServer {
        WebServer::start_at("127.0.0.1:0", script).await
    }

    /// Starts one where another one was.
    ///
    /// # Panics
    /// If the port is taken.
    pub async fn start_at(address: &str, script: impl Fn(&Asked) -> Told + Send + Sync + 'static) -> WebServer {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("a setting");
        socket.bind(address.parse().expect("an address")).expect("a free port");
        let listener = socket.listen(64).expect("a listener");
        let address = listener.local_addr().expect("an address").to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let running = tokio::spawn(serve(listener, Arc::new(script), asked.clone(), connections.clone()));
        WebServer { address, asked, connections, running }
    }

    /// What it was asked so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Connections that it took.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Ends it with all its connections, as a kill does.
    pub async fn kill(self) -> String {
        self.running.abort();
        let WebServer { address, running, .. } = self;
        let _ = running.await;
        address
    }
}

async fn serve(listener: TcpListener, script: Script, asked: Arc<Mutex<Vec<Asked>>>, count: Arc<AtomicUsize>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        count.fetch_add(1, Ordering::Relaxed);
        connections.spawn(converse(stream, script.clone(), asked.clone()));
    }
}

async fn converse(mut stream: TcpStream, script: Script, asked: Arc<Mutex<Vec<Asked>>>) {
    let mut buffer = Vec::new();
    loop {
        let (request, used) = match parse(&buffer) {
            Some(found) => found,
            None => {
                let mut space = [0; 16 * 1024];
                match stream.read(&mut space).await {
                    Ok(0) | Err(_) => return,
                    Ok(count) => buffer.extend_from_slice(&space[..count]),
                }
                continue;
            }
        };
        buffer.drain(..used);
        asked.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        if !tell(&mut stream, script(&request)).await {
            return;
        }
    }
}

/// False if the connection is over.
async fn tell(stream: &mut TcpStream, told: Told) -> bool {
    match told {
        Told::Answer(status, headers, body) => stream.write_all(&answer(status, &headers, &body)).await.is_ok(),
        Told::AnswerAndClose(status, body) => {
            let _ = stream.write_all(&answer(status, &[], &body)).await;
            false
        }
        Told::Close => false,
        Told::Silence => {
            let _ = stream.read_to_end(&mut Vec::new()).await;
            false
        }
        Told::Raw(bytes) => {
            let _ = stream.write_all(&bytes).await;
            false
        }
        Told::Reset(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.set_zero_linger();
            false
        }
        Told::Stall(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
            false
        }
        Told::Endless(head, piece) => {
            let mut is_open = stream.write_all(&head).await.is_ok();
            while is_open {
                is_open = stream.write_all(&piece).await.is_ok();
            }
            false
        }
    }
}

fn answer(status: u16, headers: &[(String, String)], body: &[u8]) -> Vec<u8> {
    let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = if status == 204 { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    [format!("HTTP/1.1 {status} As Scripted\r\n{lines}{length}\r\n").as_bytes(), body].concat()
}

fn parse(buffer: &[u8]) -> Option<(Asked, usize)> {
    let head_end = buffer.windows(4).position(|part| part == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&buffer[..head_end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let header =
        |line: &str| line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    let headers: Vec<(String, String)> = lines.filter_map(header).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let end = head_end + length.unwrap_or(0);
    let body = buffer.get(head_end..end)?.to_vec();
    Some((Asked { method, target, headers, body }, end))
}
