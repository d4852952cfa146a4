//! One connection to a broker, read a whole frame at a time. Waiting for a frame can be given up and begun again: what has
//! come is kept.

use super::{Failure, Login};
use crate::{
    codes,
    tcp::{connect, tune},
    tls::Stream,
};
use bytes::{Buf, Bytes, BytesMut};
use message::Reason;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

/// A connection. After a failure it must not be used again.
pub(crate) struct Wire {
    stream: Stream<TcpStream>,
    /// What came and was not taken yet.
    pub(crate) buffer: BytesMut,
    /// Bytes to read past.
    skipping: usize,
    read: Instant,
    written: Instant,
}

impl Wire {
    /// Connects, without TLS. Whatever fails, nothing was sent.
    pub(crate) async fn connect(login: &Login) -> Result<Wire, Reason> {
        let stream = connect::connect(&login.host_port, login.connect_time_max).await?;
        let now = Instant::now();
        Ok(Wire { stream: Stream::Plain(stream), buffer: BytesMut::new(), skipping: 0, read: now, written: now })
    }

    /// The same connection over TLS, where the settings say so.
    pub(crate) async fn secure(self, login: &Login) -> Result<Wire, Reason> {
        let Some(tls) = &login.tls else { return Ok(self) };
        let stream = tls.secure(self.stream.into_inner(), &login.host_port, login.connect_time_max).await?;
        Ok(Wire { stream: Stream::Secure(Box::new(stream)), ..self })
    }

    /// Reads more. An end is a failure.
    pub(crate) async fn fill(&mut self) -> Result<(), Failure> {
        loop {
            let skipped = self.skipping.min(self.buffer.len());
            self.buffer.advance(skipped);
            self.skipping -= skipped;
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(count) if count > 0 => self.read = Instant::now(),
                Ok(_) | Err(_) => return Err(Failure::Broken),
            }
            if self.skipping == 0 {
                return Ok(());
            }
        }
    }

    /// Reads past these bytes, which may not have come yet.
    pub(crate) fn skip(&mut self, count: usize) {
        let now = count.min(self.buffer.len());
        self.buffer.advance(now);
        self.skipping += count - now;
    }

    /// Whether bytes that were to be read past have not come yet.
    pub(crate) fn is_skipping(&self) -> bool {
        self.skipping > 0
    }

    /// The next `count` bytes, which have come.
    pub(crate) fn take(&mut self, count: usize) -> Bytes {
        self.buffer.split_to(count).freeze()
    }

    /// Writes all of it.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.stream.write_all(bytes).await.map_err(|_| Failure::Broken)?;
        self.stream.flush().await.map_err(|_| Failure::Broken)?;
        self.written = Instant::now();
        Ok(())
    }

    /// Nothing came since what was taken last, not even the end.
    pub(crate) fn is_quiet(&self) -> bool {
        self.buffer.is_empty() && tune::feel(self.stream.inner(), &mut [0_u8; 1]) == tune::Pulse::Quiet
    }

    /// How long nothing came.
    pub(crate) fn silence(&self) -> Duration {
        self.read.elapsed()
    }

    /// How long nothing was written.
    pub(crate) fn rest(&self) -> Duration {
        self.written.elapsed()
    }
}

/// Everything up to being let in, within its limit.
pub(crate) async fn within<T>(login: &Login, entering: impl Future<Output = Result<T, Reason>>) -> Result<T, Reason> {
    let limit = login.connect_time_max;
    let silent = |_| {
        let text = format!("{} did not let us in within {} s", login.host_port, limit.as_secs_f32());
        Reason::new(codes::E6640, text)
    };
    timeout(limit, entering).await.map_err(silent)?
}
