//! Socket settings, and parting from a peer without destroying the last answer.

use socket2::{SockRef, TcpKeepalive};
use std::{io, time::Duration};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout_at},
};

/// Silence before the first keep-alive probe, the pause between probes, and how many. With [`UNACKNOWLEDGED_MAX`] Linux
/// gives up at the first probe timer past that limit. Measured with the peer's link cut on an idle connection: 30.2 s;
/// with probes from 30 s on, each 10 s, it was 40.5 s, past the 35 s that the contract of `Destination` allows (4).
const KEEP_ALIVE_IDLE: Duration = Duration::from_secs(20);
const KEEP_ALIVE_PAUSE: Duration = Duration::from_secs(5);
const KEEP_ALIVE_PROBES: u32 = 3;
/// TCP_USER_TIMEOUT (RFC 5482): how long sent bytes may stay unacknowledged by the peer's kernel.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(30);
/// How long [`part`] waits for the peer to close too.
const PART_TIME_MAX: Duration = Duration::from_millis(500);

/// Settings of every connection, accepted or made: keep-alive, the limit on unacknowledged bytes, no Nagle delay
/// (an acknowledgment is one small write that the peer is waiting for).
pub(crate) fn tune(stream: &TcpStream) -> io::Result<()> {
    let socket = SockRef::from(stream);
    socket.set_tcp_nodelay(true)?;
    let keep_alive =
        TcpKeepalive::new().with_time(KEEP_ALIVE_IDLE).with_interval(KEEP_ALIVE_PAUSE).with_retries(KEEP_ALIVE_PROBES);
    socket.set_tcp_keepalive(&keep_alive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED_MAX))?;
    Ok(())
}

/// What a look at an idle connection found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pulse {
    /// Open, and nothing is waiting.
    Quiet,
    /// Open, and this many bytes were waiting and are now in the given space.
    Waiting(usize),
    /// The peer closed or reset it.
    Closed,
}

/// Asks the kernel, not the runtime's memory of readiness, whether the peer has closed: the runtime may not have looked
/// since. One system call.
pub(crate) fn feel(stream: &TcpStream, space: &mut [u8]) -> Pulse {
    let socket = SockRef::from(stream);
    match io::Read::read(&mut &*socket, space) {
        Ok(0) => Pulse::Closed,
        Ok(count) => Pulse::Waiting(count),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Pulse::Quiet,
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Pulse::Quiet,
        Err(_) => Pulse::Closed,
    }
}

/// The same without taking anything.
pub(crate) fn peek(stream: &TcpStream) -> Pulse {
    let mut space = [std::mem::MaybeUninit::uninit(); 1];
    match SockRef::from(stream).peek(&mut space) {
        Ok(0) => Pulse::Closed,
        Ok(count) => Pulse::Waiting(count),
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => Pulse::Quiet,
        Err(_) => Pulse::Closed,
    }
}

/// Tells the peer that nothing more will come (FIN).
pub(crate) fn end_writing(stream: &TcpStream) -> io::Result<()> {
    SockRef::from(stream).shutdown(std::net::Shutdown::Write)
}

/// Closes so that what was written arrives: closing a socket with unread bytes makes the kernel send a reset, and a
/// reset may discard the last acknowledgment at the peer. So: end our side, then read and forget for a short while.
pub(crate) async fn part(stream: TcpStream) {
    if end_writing(&stream).is_err() {
        return;
    }
    let end = Instant::now() + PART_TIME_MAX;
    let mut space = [0_u8; 4096];
    loop {
        match timeout_at(end, stream.readable()).await {
            Ok(Ok(())) => match stream.try_read(&mut space) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            },
            Ok(Err(_)) | Err(_) => return,
        }
        if Instant::now() >= end {
            return;
        }
    }
}
