//! Takes connections, and closes and opens the port again when told to refuse them.

use super::{
    behaviour::Act,
    session::{self, Shared},
};
use message::limits::LISTENER_CONNECTIONS_MAX;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// Pause between attempts to open the port again after it was closed.
const REOPEN_PAUSE: Duration = Duration::from_millis(20);

/// Runs until told to stop.
pub(super) async fn run(socket: TcpListener, address: SocketAddr, mut shared: Shared) {
    let mut sessions = JoinSet::new();
    let mut socket = Some(socket);
    loop {
        if is_refusing(&shared) {
            socket = None;
        } else if socket.is_none() {
            socket = reopen(address, &mut shared).await;
        }
        if *shared.stop.borrow() {
            break;
        }
        tokio::select! {
            _ = shared.stop.changed() => break,
            _ = shared.behaviour.changed() => {}
            Some(_) = sessions.join_next() => {}
            accepted = accept(socket.as_ref()) => if let Some((stream, peer)) = accepted
                && sessions.len() < LISTENER_CONNECTIONS_MAX {
                sessions.spawn(session::run(stream, peer, shared.clone()));
            },
        }
    }
    drop(socket);
    while sessions.join_next().await.is_some() {}
}

fn is_refusing(shared: &Shared) -> bool {
    shared.behaviour.borrow().act == Act::Refuse
}

/// Never ready while the port is closed.
async fn accept(socket: Option<&TcpListener>) -> Option<(TcpStream, SocketAddr)> {
    match socket {
        Some(socket) => match socket.accept().await {
            Ok(accepted) => Some(accepted),
            Err(_) => {
                // Out of file handles, as a rule: accepting again at once would spin.
                tokio::time::sleep(REOPEN_PAUSE).await;
                None
            }
        },
        None => std::future::pending().await,
    }
}

/// Opens the same port again; another process may hold it for a moment.
async fn reopen(address: SocketAddr, shared: &mut Shared) -> Option<TcpListener> {
    while !*shared.stop.borrow() && !is_refusing(shared) {
        if let Ok(socket) = TcpListener::bind(address).await {
            return Some(socket);
        }
        tokio::time::sleep(REOPEN_PAUSE).await;
    }
    None
}
