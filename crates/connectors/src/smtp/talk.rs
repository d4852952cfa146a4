//! A conversation with a mail server: commands of one line, replies of one or several (RFC 5321 §4.2).

use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Largest reply with all its lines; a mail server that says more says nothing.
const REPLY_BYTES_MAX: usize = 64 * 1024;

/// A connection in the middle of a conversation.
pub(crate) struct Talk<S> {
    stream: S,
    buffer: Vec<u8>,
}

/// A reply: its code, and its lines without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    pub(crate) lines: Vec<String>,
}

/// Why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// The connection broke.
    Broken(io::ErrorKind),
    /// What came is no reply, or has no end.
    Unreadable,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<S> {
    pub(crate) fn new(stream: S) -> Talk<S> {
        Talk { stream, buffer: Vec::new() }
    }

    /// The connection itself, if nothing that the server said is waiting: what it says before a handshake would be taken
    /// for words inside it (a known attack on STARTTLS).
    pub(crate) fn into_stream(self) -> Option<S> {
        self.buffer.is_empty().then_some(self.stream)
    }

    /// Sends bytes, all of them.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> Result<(), Lost> {
        let written = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        written.await.map_err(|error| Lost::Broken(error.kind()))
    }

    /// Sends a command and reads its reply.
    pub(crate) async fn ask(&mut self, command: &str) -> Result<Reply, Lost> {
        self.send(format!("{command}\r\n").as_bytes()).await?;
        self.reply().await
    }

    /// Reads one reply.
    pub(crate) async fn reply(&mut self) -> Result<Reply, Lost> {
        let mut reply: Option<Reply> = None;
        let mut bytes = 0;
        loop {
            let line = self.line().await?;
            bytes += line.len();
            let code = line.get(..3).and_then(|code| code.parse().ok()).filter(|code| (200..=599).contains(code));
            let code = code.ok_or(Lost::Unreadable)?;
            let reply = reply.get_or_insert(Reply { code, lines: Vec::new() });
            if reply.code != code || bytes > REPLY_BYTES_MAX {
                return Err(Lost::Unreadable);
            }
            reply.lines.push(line.get(4..).unwrap_or("").to_owned());
            match line.as_bytes().get(3) {
                Some(b'-') => {}
                Some(b' ') | None => return Ok(reply.clone()),
                Some(_) => return Err(Lost::Unreadable),
            }
        }
    }

    async fn line(&mut self) -> Result<String, Lost> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line);
                return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
            }
            if self.buffer.len() > REPLY_BYTES_MAX {
                return Err(Lost::Unreadable);
            }
            let mut space = [0; 4096];
            match self.stream.read(&mut space).await {
                Ok(0) => return Err(Lost::Broken(io::ErrorKind::UnexpectedEof)),
                Ok(count) => self.buffer.extend_from_slice(&space[..count]),
                Err(error) => return Err(Lost::Broken(error.kind())),
            }
        }
    }
}
