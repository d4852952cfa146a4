//! A mail server for tests: it speaks SMTP as RFC 5321 has it as far as a client that delivers sees, keeps what it takes,
//! and misbehaves as a script says. It has no TLS of its own: a test puts it behind one.

use crate::destination::{Conduct, Partner, REPLY_TIME_MAX};
use bytes::Bytes;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
    time::sleep,
};

/// What a mail server is like.
#[derive(Clone, Default)]
pub struct Manners {
    /// How it treats one mail after the other; the last holds for all that follow. Empty: it takes all.
    pub conducts: Vec<Conduct>,
    /// Replies in place of its own, by the beginning of a command: `("RCPT TO:<b@", "550 no")`.
    pub replies: Vec<(&'static str, &'static str)>,
    /// Lines of its answer to EHLO.
    pub offers: Vec<&'static str>,
}

/// One mail as it came, with its envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The commands before it, from MAIL on.
    pub envelope: Vec<String>,
    /// Headers and body, dots unstuffed.
    pub text: String,
}

/// The server.
pub struct MailServer {
    /// `127.0.0.1:port`.
    pub address: String,
    taken: Arc<Mutex<Vec<Mail>>>,
    heard: Arc<Mutex<Vec<String>>>,
    running: JoinHandle<()>,
}

impl MailServer {
    /// Starts one.
    pub async fn start(manners: Manners) -> MailServer {
        MailServer::start_at("127.0.0.1:0", manners).await
    }

    /// Starts one where another one was.
    ///
    /// # Panics
    /// If the port is taken.
    pub async fn start_at(address: &str, manners: Manners) -> MailServer {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("a setting");
        socket.bind(address.parse().expect("an address")).expect("a free port");
        let listener: TcpListener = socket.listen(64).expect("a listener");
        let address = listener.local_addr().expect("an address").to_string();
        let (taken, heard) = (Arc::default(), Arc::default());
        let desk = Desk { manners, taken: Arc::clone(&taken), heard: Arc::clone(&heard) };
        let running = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(desk.clone().converse(stream));
            }
        });
        MailServer { address, taken, heard, running }
    }

    /// The mails that it took.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every command that it heard.
    #[must_use]
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends it with all its connections, as a kill does.
    pub async fn kill(self) -> String {
        self.running.abort();
        let _ = self.running.await;
        self.address
    }
}

impl Mail {
    /// The last part of the mail, decoded from Base64; `None` if there is none.
    #[must_use]
    pub fn attachment(&self) -> Option<Vec<u8>> {
        let body = self.text.rsplit("\r\n\r\n").next()?;
        let letters = body.lines().take_while(|line| !line.starts_with("--")).flat_map(str::bytes);
        let mut bytes = Vec::new();
        let (mut held, mut bits) = (0_u32, 0);
        for letter in letters.filter(|letter| *letter != b'=') {
            let value = match letter {
                b'A'..=b'Z' => letter - b'A',
                b'a'..=b'z' => letter - b'a' + 26,
                b'0'..=b'9' => letter - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            held = held << 6 | u32::from(value);
            bits += 6;
            if bits >= 8 {
                bits -= 8;
                bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
            }
        }
        Some(bytes)
    }
}

impl Partner for MailServer {
    fn address(&self) -> String {
        self.address.clone()
    }
    fn taken(&self) -> Vec<Bytes> {
        self.mails().iter().filter_map(Mail::attachment).map(Bytes::from).collect()
    }
}

/// What the connections of a server share.
#[derive(Clone)]
pub struct Desk {
    manners: Manners,
    taken: Arc<Mutex<Vec<Mail>>>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Desk {
    /// Speaks over any stream until the client is gone. `None` ends the conversation.
    async fn converse<S: AsyncRead + AsyncWrite + Unpin>(self, mut stream: S) {
        let mut buffer = Vec::new();
        let mut envelope = Vec::new();
        if stream.write_all(b"220 mail.example.org ESMTP\r\n").await.is_err() {
            return;
        }
        while let Some(command) = read_until(&mut stream, &mut buffer, b"\r\n").await {
            let command = String::from_utf8_lossy(&command).into_owned();
            self.heard.lock().unwrap_or_else(PoisonError::into_inner).push(command.clone());
            let scripted = self.manners.replies.iter().find(|(start, _)| command.starts_with(start));
            let reply = match scripted {
                Some((_, reply)) => (*reply).to_owned(),
                None => self.reply(&command, &mut envelope),
            };
            if stream.write_all(format!("{reply}\r\n").as_bytes()).await.is_err() {
                return;
            }
            if reply.starts_with("354") {
                let Some(mail) = read_until(&mut stream, &mut buffer, b"\r\n.\r\n").await else { return };
                let text = format!("{}\r\n", String::from_utf8_lossy(&mail)).replace("\r\n..", "\r\n.");
                let conduct = self.take(Mail { envelope: std::mem::take(&mut envelope), text });
                if !treat(&mut stream, conduct).await {
                    return;
                }
            }
            if reply.starts_with("221") || reply.starts_with("421") {
                return;
            }
        }
    }

    fn reply(&self, command: &str, envelope: &mut Vec<String>) -> String {
        match command.get(..4).unwrap_or(command) {
            "EHLO" => {
                let offers: Vec<&str> = ["mail.example.org"].into_iter().chain(self.manners.offers.clone()).collect();
                let last = offers.len() - 1;
                let line = |(number, offer)| format!("250{}{offer}", if number == last { ' ' } else { '-' });
                offers.into_iter().enumerate().map(line).collect::<Vec<_>>().join("\r\n")
            }
            "AUTH" => "235 welcome".to_owned(),
            "MAIL" | "RCPT" => {
                envelope.push(command.to_owned());
                "250 ok".to_owned()
            }
            "DATA" => "354 go on".to_owned(),
            "QUIT" => "221 bye".to_owned(),
            _ => "502 what".to_owned(),
        }
    }

    fn take(&self, mail: Mail) -> Conduct {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let number = taken.len();
        taken.push(mail);
        let conducts = &self.manners.conducts;
        conducts.get(number).or(conducts.last()).copied().unwrap_or(Conduct::Accept)
    }
}

/// What a mail is answered; false if the conversation is over.
async fn treat<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, conduct: Conduct) -> bool {
    let good: &[u8] = b"250 taken\r\n";
    match conduct {
        Conduct::Accept | Conduct::Absent | Conduct::Foreign => stream.write_all(good).await.is_ok(),
        Conduct::Slow => {
            sleep(REPLY_TIME_MAX / 2).await;
            stream.write_all(good).await.is_ok()
        }
        Conduct::AcceptThenClose => {
            let _ = stream.write_all(good).await;
            false
        }
        Conduct::AnswerTwice => stream.write_all(&[good, good].concat()).await.is_ok(),
        Conduct::Silent => {
            let _ = stream.read_to_end(&mut Vec::new()).await;
            false
        }
        Conduct::Late => {
            sleep(REPLY_TIME_MAX * 2).await;
            stream.write_all(good).await.is_ok()
        }
        Conduct::Garbage => stream.write_all(b"and so on\r\n").await.is_ok(),
        Conduct::Endless => {
            while stream.write_all(b"250-and so on\r\n").await.is_ok() {}
            false
        }
        Conduct::TakeThenClose => false,
    }
}

async fn read_until<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut Vec<u8>, end: &[u8]) -> Option<Vec<u8>> {
    loop {
        if let Some(at) = buffer.windows(end.len()).position(|part| part == end) {
            let found = buffer.drain(..at + end.len()).take(at).collect();
            return Some(found);
        }
        let mut space = [0; 4096];
        match stream.read(&mut space).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => buffer.extend_from_slice(&space[..count]),
        }
    }
}
