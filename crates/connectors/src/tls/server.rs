//! Our side of a connection that a peer makes.

use super::{fresh::Fresh, pem::Pem, provider, stream::Stream};
use crate::{
    codes,
    tcp::listen::{self, Session},
};
use interface::catalogue::{Context, Settings};
use message::Reason;
use rustls::{
    CertificateError, Error, RootCertStore, ServerConfig,
    pki_types::{CertificateDer, ServerName},
    server::WebPkiClientVerifier,
    version::{TLS12, TLS13},
};
use std::{io, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, TlsStream};

/// How peers are served over TLS.
#[derive(Clone)]
pub(crate) struct Server {
    config: Arc<Fresh<Arc<ServerConfig>>>,
    /// Names of which a client's certificate must have one; empty: any that `ca` issued.
    clients: Arc<[ServerName<'static>]>,
}

impl Server {
    /// Reads the settings of [`super::SERVER`]; `None` without a certificate.
    pub(crate) fn read(settings: &Settings, context: &Context) -> Result<Option<Server>, Reason> {
        let cert = Pem::of(settings, context, "cert");
        let key = Pem::of(settings, context, "key");
        let ca = Pem::of(settings, context, "ca");
        let clients = settings.list("clients");
        let complain = |text: &'static str| Err(Reason::new(codes::E6503, text));
        if settings.flag("plaintext") && (cert.is_some() || ca.is_some()) {
            return complain("`plaintext yes` says that nothing is encrypted, `cert` and `ca` say that all is");
        }
        let (cert, key) = match (cert, key) {
            (Some(cert), Some(key)) => (cert, key),
            (None, None) if ca.is_none() && clients.is_empty() => return Ok(None),
            (None, None) => return complain("`ca` and `clients` need TLS: set `cert` and `key`"),
            (Some(_), None) | (None, Some(_)) => {
                return complain("`cert` and `key` belong together: one of them is missing");
            }
        };
        if ca.is_none() && !clients.is_empty() {
            return complain("`clients` needs `ca`, the authorities that issue the clients' certificates");
        }
        let name = |name: &Arc<str>| {
            ServerName::try_from(name.to_string()).map_err(|_| {
                Reason::new(codes::E6010, format!("`clients`: `{name}` cannot be a name in a certificate"))
            })
        };
        let clients = clients.iter().map(name).collect::<Result<_, _>>()?;
        let files = [Some(&cert), Some(&key), ca.as_ref()].into_iter().flatten().cloned().collect();
        let config = Fresh::new(files, move || configure(&cert, &key, ca.as_ref()).map(Arc::new))?;
        Ok(Some(Server { config: Arc::new(config), clients }))
    }

    /// Shakes hands within `limit`, and looks at the client's certificate where one is asked for.
    #[cfg(test)]
    pub(crate) async fn secure<S>(&self, stream: S, limit: Duration) -> Result<TlsStream<S>, Reason>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.shake(stream, limit).await.map_err(|(Turned::Away(reason) | Turned::Gone(reason))| reason)
    }

    async fn shake<S>(&self, stream: S, limit: Duration) -> Result<TlsStream<S>, Turned>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let shaking = TlsAcceptor::from((*self.config.get()).clone()).accept(stream);
        let stream = match timeout(limit, shaking).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(explain(&error)),
            Err(_) => return Err(Turned::Gone(Reason::new(codes::E6502, "the TLS handshake took too long; closed"))),
        };
        let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        if self.is_expected(shown) {
            return Ok(TlsStream::Server(stream));
        }
        let text = "the client's certificate is for none of the names in `clients`; closed";
        Err(Turned::Away(Reason::new(codes::E6505, text)))
    }

    fn is_expected(&self, shown: Option<&CertificateDer<'_>>) -> bool {
        if self.clients.is_empty() {
            return true;
        }
        self.clients.iter().any(|name| is_for(shown, name))
    }
}

/// The handshake where there is a certificate; a peer that does not come through it is reported and closed.
pub(crate) async fn admit(
    tls: Option<&Server>,
    stream: TcpStream,
    session: &Session,
    limit: Duration,
) -> Option<Stream<TcpStream>> {
    let Some(tls) = tls else { return Some(Stream::Plain(stream)) };
    let mut phase = session.phase.clone();
    let secured = tokio::select! {
        biased;
        secured = tls.shake(stream, limit) => secured,
        () = listen::draining(&mut phase) => return None,
    };
    match secured {
        Ok(stream) => Some(Stream::Secure(Box::new(stream))),
        Err(Turned::Away(reason)) => {
            session.intake.turn_away(&session.peer, reason);
            None
        }
        Err(Turned::Gone(reason)) => {
            session.intake.report(&session.peer, reason);
            None
        }
    }
}

/// How a handshake ended that gave no connection.
enum Turned {
    /// We refused the peer.
    Away(Reason),
    /// The peer went, as those do who only look whether somebody listens.
    Gone(Reason),
}

/// Whether the certificate that the peer of this connection showed is for this name. Its chain and time were verified in
/// the handshake.
pub(crate) fn is_peer(stream: &Stream<TcpStream>, name: &ServerName<'_>) -> bool {
    match stream {
        Stream::Plain(_) => false,
        Stream::Secure(stream) => is_for(stream.get_ref().1.peer_certificates().and_then(|chain| chain.first()), name),
    }
}

fn is_for(shown: Option<&CertificateDer<'_>>, name: &ServerName<'_>) -> bool {
    let certificate = shown.and_then(|shown| webpki::EndEntityCert::try_from(shown).ok());
    certificate.is_some_and(|certificate| certificate.verify_is_valid_for_subject_name(name).is_ok())
}

fn configure(cert: &Pem, key: &Pem, ca: Option<&Pem>) -> Result<ServerConfig, Reason> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|_| Reason::new(codes::E6503, "TLS cannot be set up"))?;
    let builder = match ca {
        None => builder.with_no_client_auth(),
        Some(ca) => {
            let mut roots = RootCertStore::empty();
            ca.add_roots(&mut roots)?;
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
                .build()
                .map_err(|_| ca.complain("holds no authority that can be used"))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    builder
        .with_single_cert(cert.certificates()?, key.key()?)
        .map_err(|_| key.complain("is not the key of the certificate in `cert`"))
}

/// What a peer did wrong; nothing of it can be a message yet.
fn explain(error: &io::Error) -> Turned {
    let (code, text) = match error.get_ref().and_then(|error| error.downcast_ref::<Error>()) {
        Some(Error::NoCertificatesPresented) => (codes::E6505, "the client showed no certificate; closed"),
        Some(Error::InvalidCertificate(fault)) => (codes::E6505, distrust(fault)),
        Some(Error::AlertReceived(alert)) => {
            let text = format!("the client ended the TLS handshake: {alert:?}");
            return Turned::Gone(Reason::new(codes::E6502, text));
        }
        Some(Error::InvalidMessage(_)) => (codes::E6502, "what came is not TLS; closed"),
        Some(_) => (codes::E6502, "no TLS version or cipher suits both; closed"),
        None => {
            let text = format!("the client went away in the TLS handshake: {}", error.kind());
            return Turned::Gone(Reason::new(codes::E6502, text));
        }
    };
    Turned::Away(Reason::new(code, text))
}

fn distrust(fault: &CertificateError) -> &'static str {
    match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the client's certificate has expired; closed"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the client's certificate is not valid yet; closed"
        }
        CertificateError::UnknownIssuer => "the client's certificate was not issued by an authority in `ca`; closed",
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "the client's certificate is not for clients (extended key usage); closed"
        }
        _ => "the client's certificate cannot be verified; closed",
    }
}
