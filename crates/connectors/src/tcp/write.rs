//! Writing frames, in one system call where the connection is not encrypted.

use crate::tls::Stream;
use message::limits;
use std::{
    future::{Future, poll_fn},
    io::{self, IoSlice},
    pin::Pin,
    time::Duration,
};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_rustls::TlsStream;

/// Most parts that one write is made of: two frames.
const PARTS_MAX: usize = 6;
/// Longest time in which the peer takes no byte at all.
const SILENCE_MAX: Duration = limits::FRAME_IDLE_MAX;

/// A write that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    /// Bytes that the kernel had taken: the peer may have them.
    pub(crate) written: usize,
    /// How it failed.
    pub(crate) kind: io::ErrorKind,
}

/// Writes the parts one after the other, as one system call where the kernel takes it all. Large messages are not copied
/// to be framed.
pub(crate) async fn write(stream: &mut Stream<TcpStream>, parts: &[&[u8]]) -> Result<(), Broken> {
    match stream {
        Stream::Plain(stream) => write_plain(stream, parts).await,
        Stream::Secure(stream) => write_secure(stream, parts).await,
    }
}

/// The same inside TLS. Records leave whenever one is full, so once a write has begun the peer may have some of it.
async fn write_secure(stream: &mut TlsStream<TcpStream>, parts: &[&[u8]]) -> Result<(), Broken> {
    let total: usize = parts.iter().map(|part| part.len()).sum();
    let mut written = 0;
    let end = Instant::now() + limits::FRAME_TIME_MAX;
    while written < total {
        let mut slices = [IoSlice::new(&[]); PARTS_MAX];
        let count = remaining(parts, written, &mut slices);
        let step = poll_fn(|context| Pin::new(&mut *stream).poll_write_vectored(context, &slices[..count]));
        match within(end, step).await {
            Ok(0) => return Err(Broken { written: written.max(1), kind: io::ErrorKind::WriteZero }),
            Ok(more) => written += more,
            Err(kind) => return Err(Broken { written: written.max(1), kind }),
        }
    }
    within(end, stream.flush()).await.map_err(|kind| Broken { written, kind })
}

async fn within<T>(end: Instant, step: impl Future<Output = io::Result<T>>) -> Result<T, io::ErrorKind> {
    match timeout_at(end.min(Instant::now() + SILENCE_MAX), step).await {
        Ok(result) => result.map_err(|error| error.kind()),
        Err(_) => Err(io::ErrorKind::TimedOut),
    }
}

async fn write_plain(stream: &TcpStream, parts: &[&[u8]]) -> Result<(), Broken> {
    debug_assert!(parts.len() <= PARTS_MAX);
    let total: usize = parts.iter().map(|part| part.len()).sum();
    let mut written = 0;
    let mut end: Option<Instant> = None;
    while written < total {
        let mut slices = [IoSlice::new(&[]); PARTS_MAX];
        let count = remaining(parts, written, &mut slices);
        match stream.try_write_vectored(&slices[..count]) {
            Ok(0) => return Err(Broken { written, kind: io::ErrorKind::WriteZero }),
            Ok(more) => written += more,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let now = Instant::now();
                let end = *end.get_or_insert(now + limits::FRAME_TIME_MAX);
                match timeout_at(end.min(now + SILENCE_MAX), stream.writable()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => return Err(Broken { written, kind: error.kind() }),
                    Err(_) => return Err(Broken { written, kind: io::ErrorKind::TimedOut }),
                }
            }
            Err(error) => return Err(Broken { written, kind: error.kind() }),
        }
    }
    Ok(())
}

/// Puts what is left after `written` bytes into `slices`; says how many it used.
fn remaining<'a>(parts: &[&'a [u8]], written: usize, slices: &mut [IoSlice<'a>; PARTS_MAX]) -> usize {
    let mut skip = written;
    let mut count = 0;
    for part in parts {
        if skip >= part.len() {
            skip -= part.len();
            continue;
        }
        slices[count] = IoSlice::new(&part[skip..]);
        skip = 0;
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left() {
        let parts: [&[u8]; 3] = [b"a", b"bcd", b"ef"];
        let check = |written: usize, expect: &[&[u8]]| {
            let mut slices = [IoSlice::new(&[]); PARTS_MAX];
            let count = remaining(&parts, written, &mut slices);
            let found: Vec<&[u8]> = slices[..count].iter().map(|slice| &**slice).collect();
            assert_eq!(found, expect, "after {written}");
        };
        check(0, &[b"a", b"bcd", b"ef"]);
        check(1, &[b"bcd", b"ef"]);
        check(3, &[b"d", b"ef"]);
        check(4, &[b"ef"]);
        check(6, &[]);
    }
}
