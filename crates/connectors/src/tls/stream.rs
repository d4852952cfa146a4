//! A connection that is encrypted or not.

use crate::tcp::tune::{self, Pulse};
use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsStream;

/// How long a peer may take to read the end of an encrypted connection.
const FAREWELL_TIME_MAX: Duration = Duration::from_millis(500);
/// How long bytes that the kernel has may take to become something: they are here already.
const FEEL_TIME_MAX: Duration = Duration::from_secs(1);

/// Either.
pub(crate) enum Stream<S> {
    /// As the network carries it.
    Plain(S),
    /// Inside TLS.
    Secure(Box<TlsStream<S>>),
}

impl<S> Stream<S> {
    /// The connection below, to ask the kernel about it.
    pub(crate) fn inner(&self) -> &S {
        match self {
            Stream::Plain(stream) => stream,
            Stream::Secure(stream) => stream.get_ref().0,
        }
    }

    /// The connection below.
    pub(crate) fn into_inner(self) -> S {
        match self {
            Stream::Plain(stream) => stream,
            Stream::Secure(stream) => match *stream {
                TlsStream::Client(stream) => stream.into_inner().0,
                TlsStream::Server(stream) => stream.into_inner().0,
            },
        }
    }
}

impl Stream<TcpStream> {
    /// What [`tune::feel`] says, of what is inside the encryption: a session ticket that waits is nothing, a farewell is
    /// a close.
    pub(crate) async fn feel(&mut self, space: &mut [u8]) -> Pulse {
        let stream = match self {
            Stream::Plain(stream) => return tune::feel(stream, space),
            Stream::Secure(stream) => stream,
        };
        let mut buffer = ReadBuf::new(space);
        let look = poll_fn(|context| match Pin::new(stream.as_mut()).poll_read(context, &mut buffer) {
            Poll::Ready(Ok(())) if buffer.filled().is_empty() => Poll::Ready(Pulse::Closed),
            Poll::Ready(Ok(())) => Poll::Ready(Pulse::Waiting(buffer.filled().len())),
            Poll::Ready(Err(_)) => Poll::Ready(Pulse::Closed),
            // The runtime may not have looked since the last read; the kernel knows.
            Poll::Pending => match tune::peek(stream.get_ref().0) {
                Pulse::Waiting(_) => Poll::Pending,
                pulse => Poll::Ready(pulse),
            },
        });
        timeout(FEEL_TIME_MAX, look).await.unwrap_or(Pulse::Closed)
    }

    /// Closes so that what was written arrives.
    pub(crate) async fn part(mut self) {
        if let Stream::Secure(stream) = &mut self {
            // A peer that is gone needs no farewell.
            let _ = timeout(FAREWELL_TIME_MAX, stream.shutdown()).await;
        }
        tune::part(self.into_inner()).await;
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Secure(stream) => Pin::new(stream.as_mut()).poll_read(context, buffer),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Secure(stream) => Pin::new(stream.as_mut()).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Secure(stream) => Pin::new(stream.as_mut()).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Secure(stream) => Pin::new(stream.as_mut()).poll_shutdown(context),
        }
    }
}
