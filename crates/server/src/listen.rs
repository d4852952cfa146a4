//! Where the API is served: the control socket, and HTTP where the workspace or the command line says so.
//!
//! `DATA/control.sock`, mode 0600: who can open it is the owner of the engine. HTTP is inside TLS, or on this machine only,
//! or in the open by an explicit line.
//!
//! Promises: every connection has limits on headers, time and number before a byte of it is believed; a source cannot take
//! all connections; a certificate that was renewed is used without a restart.

use crate::{
    certificate::Certificate,
    codes,
    gate::{self, caller::Source},
    host::{Api, ApiSettings, State},
};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use message::Reason;
use std::{
    collections::HashMap,
    convert::Infallible,
    fs,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    os::unix::fs::PermissionsExt,
    path::Path,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, UnixListener},
    sync::{Semaphore, watch},
};

/// Where HTTP is served when only `--listen` is given.
pub const LISTEN_DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8620);

/// Bytes and number of the headers of a request, and the time for them.
const HEADER_BYTES_MAX: usize = 32 * 1024;
const HEADERS_MAX: usize = 64;
const HEADER_TIME_MAX: Duration = Duration::from_secs(15);
/// Time for a TLS handshake.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
/// Connections at once, of a listener and of one address.
const CONNECTIONS_MAX: usize = 1024;
const CONNECTIONS_OF_ADDRESS_MAX: usize = 128;
/// Pause after a connection that could not be taken: there may be no handles.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A bound listener, before it serves.
pub struct Listening {
    listener: TcpListener,
    certificate: Option<Certificate>,
    /// Where it listens.
    pub address: SocketAddr,
}

/// Binds the HTTP listener of the settings, if there is one.
///
/// # Errors
/// [`codes::E7067`] when it cannot be bound, its certificate cannot be read, or it would be in the open without being asked.
pub async fn bind(settings: &ApiSettings) -> Result<Option<Listening>, Reason> {
    let Some(address) = settings.listen else { return Ok(None) };
    if settings.certificate.is_none() && !address.ip().is_loopback() && !settings.is_plaintext_allowed {
        let text = format!(
            "{address} can be reached from outside, and passwords and patient data would be sent in the open: set \
             `certificate` and `key` of [api], or say plaintext = \"yes\""
        );
        return Err(Reason::new(codes::E7067, text));
    }
    let certificate = settings.certificate.clone().map(|(chain, key)| Certificate::open(chain, key)).transpose()?;
    let failed = |error: io::Error| Reason::new(codes::E7067, format!("{address}: {error}"));
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok(Some(Listening { listener, certificate, address }))
}

/// Connections of each address.
#[derive(Default)]
struct Crowd(Mutex<HashMap<IpAddr, usize>>);

/// A place in the crowd; given back when dropped.
struct Seat(Arc<Crowd>, IpAddr);

impl Crowd {
    fn enter(self: &Arc<Crowd>, address: IpAddr) -> Option<Seat> {
        let mut crowd = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = crowd.entry(address).or_default();
        if *count >= CONNECTIONS_OF_ADDRESS_MAX {
            return None;
        }
        *count += 1;
        Some(Seat(self.clone(), address))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut crowd = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = crowd.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                crowd.remove(&self.1);
            }
        }
    }
}

impl Api {
    /// Serves the control socket at `path` until `stopped` resolves.
    ///
    /// # Errors
    /// [`codes::E7005`] when the socket cannot be made.
    pub async fn serve_socket(
        &self,
        path: &Path,
        stopped: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Reason> {
        let failed = |error: io::Error| Reason::new(codes::E7005, format!("{}: {error}", path.display()));
        // The data directory is locked by this process, so a socket that is there was left by one that died.
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let listener = UnixListener::bind(path).map_err(failed)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
        let (room, ending) = (Arc::new(Semaphore::new(CONNECTIONS_MAX)), watch::Sender::new(false));
        let mut stopped = pin!(stopped);
        loop {
            let Ok(permit) = room.clone().acquire_owned().await else { break };
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = &mut stopped => break,
            };
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let uid = stream.peer_cred().ok().map(|found| found.uid());
            let source = Source::Socket(uid.map_or_else(|| "local".into(), |uid| format!("local uid {uid}").into()));
            let (state, over) = (self.state.clone(), ending.subscribe());
            tokio::spawn(async move {
                serve(stream, state, source, over).await;
                drop(permit);
            });
        }
        finish(&ending, &room).await;
        let _ = fs::remove_file(path);
        Ok(())
    }

    /// Serves HTTP until `stopped` resolves.
    pub async fn serve_http(&self, listening: Listening, stopped: impl Future<Output = ()> + Send + 'static) {
        let (room, ending) = (Arc::new(Semaphore::new(CONNECTIONS_MAX)), watch::Sender::new(false));
        let (crowd, certificate) = (Arc::new(Crowd::default()), listening.certificate.map(Arc::new));
        let mut stopped = pin!(stopped);
        loop {
            let Ok(permit) = room.clone().acquire_owned().await else { break };
            let accepted = tokio::select! {
                accepted = listening.listener.accept() => accepted,
                () = &mut stopped => break,
            };
            let Ok((stream, peer)) = accepted else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let address = peer.ip().to_canonical();
            let Some(seat) = crowd.enter(address) else { continue };
            let (state, over, certificate) = (self.state.clone(), ending.subscribe(), certificate.clone());
            tokio::spawn(async move {
                let source = Source::Network { address, is_sealed: certificate.is_some() };
                match certificate {
                    None => serve(stream, state, source, over).await,
                    Some(certificate) => {
                        let shaken = tokio::time::timeout(HANDSHAKE_TIME_MAX, certificate.accept(stream)).await;
                        match shaken {
                            Ok(Ok(stream)) => serve(stream, state, source, over).await,
                            Ok(Err(Some(reason))) => state.engine.turn_away("api", &peer.to_string(), &reason),
                            Ok(Err(None)) | Err(_) => {}
                        }
                    }
                }
                drop((permit, seat));
            });
        }
        finish(&ending, &room).await;
    }
}

/// How long requests under way may take at the end.
const END_TIME_MAX: Duration = Duration::from_secs(5);

/// Tells every connection to end behind its request, and waits for that a while.
async fn finish(ending: &watch::Sender<bool>, room: &Arc<Semaphore>) {
    ending.send_replace(true);
    let all = u32::try_from(CONNECTIONS_MAX - 1).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(END_TIME_MAX, room.acquire_many(all)).await;
}

async fn serve<S>(stream: S, state: State, source: Source, mut over: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| {
        let (state, source) = (state.clone(), source.clone());
        async move { Ok::<_, Infallible>(gate::answer(state, source, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME_MAX)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEADER_BYTES_MAX)
        .half_close(false)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = over.wait_for(|is_over| *is_over) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
