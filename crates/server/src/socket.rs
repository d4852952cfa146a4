//! The local socket: `DATA/control.sock`, mode 0600. Who can open it is the owner of the engine.

use crate::{codes, routes, verify::Verifying};
use axum::{extract::connect_info::Connected, serve::IncomingStream};
use engine::{Engine, acts::Person};
use message::Reason;
use std::{
    fs,
    future::Future,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::net::{UnixListener, unix::UCred};

/// What the engine's process offers to the API besides the engine: things that only the binary can do.
pub trait Host: Send + Sync {
    /// Reads the workspace again and applies it. The answer is printed: changes, or findings.
    fn reload(&self) -> interface::contract::Boxed<'_, serde_json::Value>;
    /// Asks the process to end in good order.
    fn stop(&self);
    /// Begins a backup into the repository `to`; one at a time. Gives what [`Host::backup`] says then.
    ///
    /// # Errors
    /// Another one is under way; a recipient is none.
    fn begin_backup(&self, to: PathBuf, recipients: Vec<String>, person: Person) -> Result<serde_json::Value, Reason>;
    /// How the backup under way is, or how the last one ended.
    fn backup(&self) -> serde_json::Value;
    /// Facts about the process for `status`: workspace, version, process id.
    fn describe(&self) -> serde_json::Value;
}

/// What the routes work on.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) engine: Engine,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) verifying: Arc<Verifying>,
}

/// Who is at the other end of the socket.
#[derive(Clone)]
pub(crate) struct Peer(pub(crate) Arc<str>);

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Peer {
        let uid = stream.io().peer_cred().ok().as_ref().map(UCred::uid);
        Peer(uid.map_or_else(|| "local".into(), |uid| format!("local uid {uid}").into()))
    }
}

/// Serves the API on `path` until `stopped` resolves.
///
/// # Errors
/// [`codes::E7005`] when the socket cannot be made.
pub async fn serve(
    path: &Path,
    engine: Engine,
    host: Arc<dyn Host>,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Reason> {
    let failed = |error: std::io::Error| Reason::new(codes::E7005, format!("{}: {error}", path.display()));
    // The data directory is locked by this process, so a socket that is there was left by one that died.
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
    let app =
        routes::router(State { engine, host, verifying: Arc::default() }).into_make_service_with_connect_info::<Peer>();
    let served = axum::serve(listener, app).with_graceful_shutdown(stopped).await;
    let _ = fs::remove_file(path);
    served.map_err(failed)
}
