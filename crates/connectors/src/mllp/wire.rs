//! Writing frames in one system call.

use hl7v2::mllp;
use message::limits;
use std::{
    io::{self, IoSlice},
    time::Duration,
};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout_at},
};

/// Start of a block.
pub(crate) const START: &[u8] = &[mllp::START];
/// End of a block.
pub(crate) const END: &[u8] = &[mllp::END, mllp::END_SECOND];
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
pub(crate) async fn write(stream: &TcpStream, parts: &[&[u8]]) -> Result<(), Broken> {
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
