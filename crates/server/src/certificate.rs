//! The certificate of the HTTP listener: read from files, and again when they change.
//!
//! Promises: TLS 1.2 and 1.3 and nothing older; a pair that cannot be read leaves the one in use; never prints a key.

use crate::codes;
use message::{Clock as _, Reason, clock};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// Pause between looks at the files.
const LOOK_PAUSE: Duration = Duration::from_secs(2);

/// What was read, and when.
struct Read {
    config: Arc<ServerConfig>,
    changed: [Option<SystemTime>; 2],
    looked: Instant,
}

/// See the module.
pub(crate) struct Certificate {
    chain: PathBuf,
    key: PathBuf,
    read: Mutex<Read>,
}

impl Certificate {
    /// Reads the pair.
    pub(crate) fn open(chain: PathBuf, key: PathBuf) -> Result<Certificate, Reason> {
        let changed = changed(&chain, &key);
        let read = Read { config: read(&chain, &key)?, changed, looked: clock::System.monotonic() };
        Ok(Certificate { chain, key, read: Mutex::new(read) })
    }

    fn config(&self) -> Arc<ServerConfig> {
        let now = clock::System.monotonic();
        let mut current = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(current.looked) >= LOOK_PAUSE {
            current.looked = now;
            let changed = changed(&self.chain, &self.key);
            if changed != current.changed
                && let Ok(config) = read(&self.chain, &self.key)
            {
                current.config = config;
                current.changed = changed;
            }
        }
        current.config.clone()
    }

    /// The handshake; `Err(None)` when the client went away, which those do who only look whether somebody listens.
    pub(crate) async fn accept(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, Option<Reason>> {
        TlsAcceptor::from(self.config()).accept(stream).await.map_err(|error| {
            match error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>()) {
                None | Some(rustls::Error::AlertReceived(_)) => None,
                Some(rustls::Error::InvalidMessage(_)) => {
                    Some(Reason::new(codes::E7300, "what came is not TLS; closed"))
                }
                Some(_) => Some(Reason::new(codes::E7300, "no TLS version or cipher suits both; closed")),
            }
        })
    }
}

fn changed(chain: &Path, key: &Path) -> [Option<SystemTime>; 2] {
    [chain, key].map(|path| std::fs::metadata(path).and_then(|found| found.modified()).ok())
}

fn read(chain: &Path, key: &Path) -> Result<Arc<ServerConfig>, Reason> {
    let wrong = |path: &Path, what: &str| Reason::new(codes::E7067, format!("{}: {what}", path.display()));
    let certificates: Result<Vec<CertificateDer<'static>>, _> =
        CertificateDer::pem_file_iter(chain).and_then(Iterator::collect);
    let certificates = certificates.map_err(|_| wrong(chain, "no certificates in PEM can be read from it"))?;
    if certificates.is_empty() {
        return Err(wrong(chain, "there is no certificate in it"));
    }
    let private =
        PrivateKeyDer::from_pem_file(key).map_err(|_| wrong(key, "no private key in PEM can be read from it"))?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|_| wrong(chain, "TLS cannot be set up"))?
        .with_no_client_auth()
        .with_single_cert(certificates, private)
        .map_err(|_| wrong(key, "the key does not belong to the certificate"))?;
    Ok(Arc::new(config))
}
