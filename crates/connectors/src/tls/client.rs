//! Our side of a connection that we make.

use super::{fresh::Fresh, pem::Pem, provider, stream::Stream};
use crate::{codes, tcp::connect};
use interface::catalogue::{Context, Settings};
use message::Reason;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, Error, RootCertStore,
    pki_types::ServerName,
    version::{TLS12, TLS13},
};
use std::{io, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, TlsStream};

/// How a partner is spoken to over TLS.
#[derive(Clone)]
pub(crate) struct Client {
    config: Arc<Fresh<Arc<ClientConfig>>>,
    name: ServerName<'static>,
}

impl Client {
    /// Reads the settings of [`super::CLIENT`]. `host` is that of the address, without a port.
    pub(crate) fn read(settings: &Settings, context: &Context, host: &str) -> Result<Client, Reason> {
        let name = Some(settings.text("server-name")).filter(|name| !name.is_empty()).unwrap_or(host);
        let name = ServerName::try_from(name.trim_matches(['[', ']']).to_owned())
            .map_err(|_| Reason::new(codes::E6010, format!("`{name}` cannot be the name in a certificate")))?;
        let ca = Pem::of(settings, context, "ca");
        let cert = Pem::of(settings, context, "cert");
        let key = Pem::of(settings, context, "key");
        let has_public_roots = settings.flag("public-roots");
        if cert.is_some() != key.is_some() {
            return Err(Reason::new(codes::E6503, "`cert` and `key` belong together: one of them is missing"));
        }
        if !has_public_roots && ca.is_none() {
            return Err(Reason::new(codes::E6503, "`public-roots no` without `ca` leaves nobody to trust"));
        }
        let files = [&ca, &cert, &key].into_iter().flatten().cloned().collect();
        let own = cert.zip(key);
        let config = Fresh::new(files, move || configure(ca.as_ref(), has_public_roots, own.as_ref()).map(Arc::new))?;
        Ok(Client { config: Arc::new(config), name })
    }

    /// The configuration as the files have it, for libraries that make their own connection.
    pub(crate) fn config(&self) -> Arc<ClientConfig> {
        (*self.config.get()).clone()
    }

    /// The name that must stand in the partner's certificate.
    #[cfg_attr(not(feature = "sql"), expect(dead_code, reason = "for libraries that make their own connection"))]
    pub(crate) fn name(&self) -> &ServerName<'static> {
        &self.name
    }

    /// Shakes hands within `limit`. Every failure means that nothing of a message was sent.
    pub(crate) async fn secure<S>(&self, stream: S, address: &str, limit: Duration) -> Result<TlsStream<S>, Reason>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let shaking = TlsConnector::from(self.config()).connect(self.name.clone(), stream);
        match timeout(limit, shaking).await {
            Ok(Ok(stream)) => Ok(TlsStream::Client(stream)),
            Ok(Err(error)) => Err(explain(address, &error)),
            Err(_) => {
                let text = format!("{address} did not finish the TLS handshake within {} s", limit.as_secs_f32());
                Err(Reason::new(codes::E6501, text))
            }
        }
    }
}

/// Connects to `host:port`, over TLS where `tls` says so; connection and handshake may each take `limit`. Every failure
/// means that nothing of a message was sent.
pub(crate) async fn connect(address: &str, limit: Duration, tls: Option<&Client>) -> Result<Stream<TcpStream>, Reason> {
    let stream = connect::connect(address, limit).await?;
    match tls {
        None => Ok(Stream::Plain(stream)),
        Some(tls) => Ok(Stream::Secure(Box::new(tls.secure(stream, address, limit).await?))),
    }
}

/// Certificates are of no use where nothing is encrypted: somebody meant `tls yes`.
pub(crate) fn check_switch(settings: &Settings) -> Result<(), Reason> {
    let named = ["ca", "cert", "key", "server-name"].into_iter().find(|name| !settings.text(name).is_empty());
    match named {
        Some(name) if !settings.flag("tls") => {
            Err(Reason::new(codes::E6503, format!("`{name}` needs `tls yes`: without it nothing is encrypted")))
        }
        Some(_) | None => Ok(()),
    }
}

fn configure(ca: Option<&Pem>, has_public_roots: bool, own: Option<&(Pem, Pem)>) -> Result<ClientConfig, Reason> {
    let mut roots = RootCertStore::empty();
    if has_public_roots {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    if let Some(ca) = ca {
        ca.add_roots(&mut roots)?;
    }
    let fault = |_| Reason::new(codes::E6503, "TLS cannot be set up");
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(fault)?
        .with_root_certificates(roots);
    match own {
        None => Ok(builder.with_no_client_auth()),
        Some((cert, key)) => builder
            .with_client_auth_cert(cert.certificates()?, key.key()?)
            .map_err(|_| key.complain("is not the key of the certificate in `cert`")),
    }
}

/// What went wrong in a handshake, for people.
fn explain(address: &str, error: &io::Error) -> Reason {
    match cause(error) {
        Some(Error::InvalidCertificate(fault)) => {
            let text = format!("the certificate of {address} is not trusted: {}", distrust(fault));
            Reason::new(codes::E6504, text)
        }
        Some(Error::AlertReceived(alert)) => refusal(address, *alert),
        Some(Error::InvalidMessage(_)) => {
            Reason::new(codes::E6501, format!("{address} does not speak TLS on this port"))
        }
        Some(_) => Reason::new(codes::E6501, format!("no TLS version or cipher suits both us and {address}")),
        None => {
            let text = format!("{address} closed the connection in the TLS handshake: {}", error.kind());
            Reason::new(codes::E6501, text)
        }
    }
}

fn refusal(address: &str, alert: AlertDescription) -> Reason {
    Reason::new(codes::E6501, format!("{address} refused the TLS connection: {alert:?}{}", hint(alert)))
}

fn hint(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::CertificateRequired => "; it wants a client certificate: set `cert` and `key`",
        AlertDescription::UnknownCA
        | AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::DecryptError
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateRevoked
        | AlertDescription::AccessDenied => "; it does not trust the client certificate in `cert`",
        AlertDescription::UnrecognisedName => "; it does not know the name: see `server-name`",
        AlertDescription::ProtocolVersion => "; it speaks no TLS 1.2",
        _ => "",
    }
}

/// In TLS 1.3 a server can refuse our certificate only after the handshake is over for us; then the refusal comes in
/// place of the answer, and nothing of what was sent was read.
pub(crate) fn refused_late(address: &str, error: &(dyn std::error::Error + 'static)) -> Option<Reason> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<io::Error>()
            && let Some(Error::AlertReceived(alert)) = cause(error)
            && !hint(*alert).is_empty()
        {
            return Some(refusal(address, *alert));
        }
        next = error.source();
    }
    None
}

fn cause(error: &io::Error) -> Option<&Error> {
    error.get_ref().and_then(|error| error.downcast_ref::<Error>())
}

fn distrust(fault: &CertificateError) -> &'static str {
    match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet; are the clocks right?"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another name: see `server-name`"
        }
        CertificateError::UnknownIssuer => "the authority that issued it is not known here: see `ca`",
        CertificateError::Revoked => "it was revoked",
        CertificateError::BadEncoding | CertificateError::BadSignature => "it is damaged or forged",
        _ => "it cannot be verified",
    }
}
