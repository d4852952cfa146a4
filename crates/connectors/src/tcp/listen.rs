//! A bounded listener: binds, admits, hands each connection to its own handler, drains.

use super::{resolve_listen, tune::tune};
use crate::codes;
use interface::{
    contract::{Intake, Phase},
    handles::{Crowded, Handle, Handles},
};
use message::Reason;
use socket2::{Domain, Protocol, Socket, Type};
use std::{
    collections::HashMap,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinError, JoinSet},
    time::{sleep, timeout},
};

/// Connections that the kernel holds for us before we accept them.
const BACKLOG: i32 = 1024;
/// First and longest pause after the machine ran out of file handles.
const ACCEPT_PAUSE_MIN: Duration = Duration::from_millis(50);
const ACCEPT_PAUSE_MAX: Duration = Duration::from_secs(1);
/// What draining may take altogether; the contract allows 10 s.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(9);

/// How many connections a listener serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seats {
    /// In total.
    pub(crate) total_max: usize,
    /// From one network address.
    pub(crate) per_peer_max: usize,
}

/// A bound port.
pub(crate) struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    seats: Seats,
    handles: Arc<Handles>,
}

/// One admitted connection. Dropping it frees its seat and tells the engine.
pub(crate) struct Connection {
    /// The connected socket, already tuned.
    pub(crate) stream: TcpStream,
    /// Its seat and its view of the engine.
    pub(crate) session: Session,
}

/// What a connection knows besides its socket.
pub(crate) struct Session {
    /// `10.1.2.3:40112`.
    pub(crate) peer: Arc<str>,
    /// Where frames go.
    pub(crate) intake: Arc<dyn Intake>,
    /// Whether to go on.
    pub(crate) phase: watch::Receiver<Phase>,
    address: IpAddr,
    occupied: Occupied,
    _handle: Handle,
}

type Occupied = Arc<Mutex<HashMap<IpAddr, usize>>>;

impl Drop for Session {
    fn drop(&mut self) {
        let mut occupied = self.occupied.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = occupied.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                occupied.remove(&self.address);
            }
        }
        drop(occupied);
        self.intake.connected(&self.peer, false);
    }
}

/// Resolves when the engine wants no new frames (also when the engine is gone).
pub(crate) async fn draining(phase: &mut watch::Receiver<Phase>) {
    // An error means that the sender is gone, and with it everybody who could want another frame.
    let _ = phase.wait_for(|phase| *phase == Phase::Draining).await;
}

/// The engine wants no new frames.
pub(crate) fn is_draining(phase: &watch::Receiver<Phase>) -> bool {
    *phase.borrow() == Phase::Draining || phase.has_changed().is_err()
}

impl Listener {
    /// Binds. The port can be taken again right after a restart (SO_REUSEADDR).
    pub(crate) async fn bind(address: &str, seats: Seats, handles: Arc<Handles>) -> Result<Listener, Reason> {
        let wanted = resolve_listen(address).await?;
        let socket = bind_socket(wanted)
            .map_err(|error| Reason::new(codes::E6002, format!("{wanted} cannot be opened: {}", explain(&error))))?;
        let address = socket
            .local_addr()
            .map_err(|error| Reason::new(codes::E6002, format!("{wanted} cannot be opened: {}", error.kind())))?;
        Ok(Listener { socket, address, seats, handles })
    }

    /// Where it is reached.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until draining, then closes the port, waits for the connections to end, and cuts those that do not.
    pub(crate) async fn serve<H, F>(self, intake: Arc<dyn Intake>, mut phase: watch::Receiver<Phase>, handle: H)
    where
        H: Fn(Connection) -> F,
        F: Future<Output = ()> + Send + 'static,
    {
        let mut connections = JoinSet::new();
        let mut pause = ACCEPT_PAUSE_MIN;
        let occupied = Occupied::default();
        let watched = phase.clone();
        loop {
            tokio::select! {
                biased;
                () = draining(&mut phase) => break,
                Some(ended) = connections.join_next() => notice_fault(&*intake, ended),
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, peer)) => {
                        pause = ACCEPT_PAUSE_MIN;
                        if let Some(connection) = self.admit(stream, peer, &occupied, &intake, &watched) {
                            connections.spawn(handle(connection));
                        }
                    }
                    Err(error) => pause = self.rest(&*intake, &error, pause).await,
                },
            }
        }
        drop(self.socket);
        drain(connections, &*intake).await;
    }

    /// Takes a connection in, or says why not and closes it.
    fn admit(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        occupied: &Occupied,
        intake: &Arc<dyn Intake>,
        phase: &watch::Receiver<Phase>,
    ) -> Option<Connection> {
        let name: Arc<str> = peer.to_string().into();
        let taken = self.take_handle(peer.ip()).and_then(|handle| self.take_seat(peer.ip(), occupied).map(|()| handle));
        let handle = match taken {
            Ok(handle) => handle,
            Err(reason) => {
                intake.report(&name, reason);
                return None;
            }
        };
        intake.connected(&name, true);
        let session = Session {
            peer: name,
            intake: intake.clone(),
            phase: phase.clone(),
            address: peer.ip(),
            occupied: occupied.clone(),
            _handle: handle,
        };
        match tune(&stream) {
            Ok(()) => Some(Connection { stream, session }),
            // The peer was gone before we looked; the session's drop frees the seat.
            Err(_) => None,
        }
    }

    /// A handle that the process can spare: what it needs for itself is kept back.
    fn take_handle(&self, peer: IpAddr) -> Result<Handle, Reason> {
        self.handles.take(peer).map_err(|crowded| match crowded {
            Crowded::All(max) => {
                let text = format!("the peers of all sources have {max} connections, all that this process can spare");
                Reason::new(codes::E6020, format!("{text}: closed"))
            }
            Crowded::Peer(half) => {
                let text = format!("{peer} has {half} connections, half of what this process can spare: closed");
                Reason::new(codes::E6005, text)
            }
        })
    }

    fn take_seat(&self, peer: IpAddr, occupied: &Occupied) -> Result<(), Reason> {
        let mut occupied = occupied.lock().unwrap_or_else(PoisonError::into_inner);
        if occupied.values().sum::<usize>() >= self.seats.total_max {
            let text = format!("{} serves {} connections already: closed", self.address, self.seats.total_max);
            return Err(Reason::new(codes::E6004, text));
        }
        let count = occupied.entry(peer).or_insert(0);
        if *count >= self.seats.per_peer_max {
            let text =
                format!("{peer} has {} connections to {} already: closed", self.seats.per_peer_max, self.address);
            return Err(Reason::new(codes::E6005, text));
        }
        *count += 1;
        Ok(())
    }

    /// After a failed accept: nothing for a connection that died in the queue, a growing pause when handles ran out
    /// (accepting again at once would only burn a core, because the connection stays in the queue).
    async fn rest(&self, intake: &dyn Intake, error: &io::Error, pause: Duration) -> Duration {
        if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
            return pause;
        }
        let text = format!("{} cannot take a connection: {}", self.address, error.kind());
        intake.report(&self.address.to_string(), Reason::new(codes::E6006, text));
        sleep(pause).await;
        (pause * 2).min(ACCEPT_PAUSE_MAX)
    }
}

fn bind_socket(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

fn explain(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "another program or interface has it",
        io::ErrorKind::PermissionDenied => "ports below 1024 need a privilege",
        io::ErrorKind::AddrNotAvailable => "this machine does not have that address",
        _ => "the system refused it",
    }
}

fn notice_fault(intake: &dyn Intake, ended: Result<(), JoinError>) {
    if ended.is_err_and(|error| error.is_panic()) {
        let text = "the code that serves a connection failed; the connection was closed, the others go on";
        intake.report("listener", Reason::new(codes::E6009, text));
    }
}

async fn drain(mut connections: JoinSet<()>, intake: &dyn Intake) {
    let ended = timeout(DRAIN_TIME_MAX, async {
        while let Some(ended) = connections.join_next().await {
            notice_fault(intake, ended);
        }
    });
    if ended.await.is_err() {
        let text = format!("{} connections did not end in time and were cut off", connections.len());
        intake.report("listener", Reason::new(codes::E6012, text));
        connections.shutdown().await;
    }
}
