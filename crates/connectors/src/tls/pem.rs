//! Certificates and keys in PEM, out of a file of the workspace or a secret.

use crate::codes;
use interface::catalogue::{Context, Settings};
use message::Reason;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{fs::File, io::Read, path::PathBuf, sync::Arc, time::SystemTime};

/// Largest file; the public authorities of the world fit in a quarter of it.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Where PEM comes from.
#[derive(Clone)]
pub(crate) struct Pem {
    /// The setting, for reasons.
    name: &'static str,
    place: Place,
}

#[derive(Clone)]
enum Place {
    /// As a secret gave it.
    Text(Arc<str>),
    File(PathBuf),
}

/// By what a changed file is noticed.
pub(crate) type Stamp = Option<(SystemTime, u64)>;

impl Pem {
    /// The value of the setting `name`, if it is given.
    pub(crate) fn of(settings: &Settings, context: &Context, name: &'static str) -> Option<Pem> {
        let text = settings.text(name);
        if text.is_empty() {
            return None;
        }
        let is_text = text.trim_start().starts_with("-----BEGIN");
        let place = if is_text { Place::Text(text.into()) } else { Place::File(context.workspace.join(text)) };
        Some(Pem { name, place })
    }

    pub(crate) fn stamp(&self) -> Stamp {
        match &self.place {
            Place::Text(_) => None,
            Place::File(path) => {
                let facts = path.metadata().ok()?;
                Some((facts.modified().ok()?, facts.len()))
            }
        }
    }

    /// The certificates in it, at least one.
    pub(crate) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, Reason> {
        let bytes = self.read()?;
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
        match found {
            Ok(found) if !found.is_empty() => Ok(found),
            Ok(_) => Err(self.complain("holds no certificate in PEM")),
            Err(_) => Err(self.complain("is not PEM that can be read")),
        }
    }

    /// The certificates in it as authorities.
    pub(crate) fn add_roots(&self, roots: &mut RootCertStore) -> Result<(), Reason> {
        for certificate in self.certificates()? {
            roots.add(certificate).map_err(|_| self.complain("holds a certificate that cannot be an authority"))?;
        }
        Ok(())
    }

    /// The first private key in it.
    pub(crate) fn key(&self) -> Result<PrivateKeyDer<'static>, Reason> {
        let bytes = self.read()?;
        if bytes.windows(20).any(|part| part == b"BEGIN ENCRYPTED PRIV") {
            return Err(self.complain("is an encrypted key: decrypt it (openssl pkey) and keep it as a secret"));
        }
        PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| self.complain("holds no private key that can be read"))
    }

    /// What it holds, as it stands.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Reason> {
        let path = match &self.place {
            Place::Text(text) => return Ok(text.as_bytes().to_vec()),
            Place::File(path) => path,
        };
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes))
            .map_err(|error| self.complain(&format!("cannot be read: {}", error.kind())))?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(self.complain("is larger than 1MiB"));
        }
        Ok(bytes)
    }

    /// A reason that says where, never what.
    pub(crate) fn complain(&self, text: &str) -> Reason {
        let place = match &self.place {
            Place::Text(_) => "the secret".to_owned(),
            Place::File(path) => path.display().to_string(),
        };
        Reason::new(codes::E6503, format!("`{}`: {place} {text}", self.name))
    }
}
