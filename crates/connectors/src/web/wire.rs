//! A connection to a server that can still be looked at while HTTP runs over it.

use crate::tcp::tune;
use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// A shared socket that counts what was written: whether a failed exchange left this machine decides between trying
/// again at once and a doubt.
#[derive(Clone)]
pub(crate) struct Wire(Arc<Inner>);

struct Inner {
    stream: TcpStream,
    written: AtomicUsize,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream) -> Wire {
        Wire(Arc::new(Inner { stream, written: AtomicUsize::new(0) }))
    }

    /// Bytes written so far.
    pub(crate) fn written(&self) -> usize {
        self.0.written.load(Ordering::Relaxed)
    }

    /// Open, and nothing is waiting: what a server says between two requests (408, half an answer that came too late)
    /// would be taken for the answer to the next one.
    pub(crate) fn is_quiet(&self) -> bool {
        tune::feel(&self.0.stream, &mut [0_u8; 1]) == tune::Pulse::Quiet
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.0.stream.poll_read_ready(context))?;
            match self.0.stream.try_read(buffer.initialize_unfilled()) {
                Ok(count) => {
                    buffer.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.stream.poll_write_ready(context))?;
            match self.0.stream.try_write(bytes) {
                Ok(count) => {
                    self.0.written.fetch_add(count, Ordering::Relaxed);
                    return Poll::Ready(Ok(count));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(tune::end_writing(&self.0.stream))
    }
}
