//! The part `[audit]` of `sinew.toml`: where records of the audit chain are sent on to.

use super::secure::is_secure_or_here;
use std::{path::PathBuf, sync::Arc};

/// Keys of the part.
pub(super) const KEYS: [&str; 5] = ["audit.syslog", "audit.fhir", "audit.ca", "audit.certificate", "audit.key"];

/// What `[audit]` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditLines {
    /// An audit record repository, `host:port`, over TLS.
    pub syslog: Option<Arc<str>>,
    /// The base of a FHIR server that takes AuditEvent resources.
    pub fhir: Option<Arc<str>>,
    /// Authorities besides the public ones, PEM.
    pub ca: Option<PathBuf>,
    /// Our certificate, PEM.
    pub certificate: Option<PathBuf>,
    /// Its key, PEM.
    pub key: Option<PathBuf>,
}

impl AuditLines {
    /// Reads one line of the part.
    pub(super) fn apply(&mut self, key: &str, text: &str) -> Result<(), (String, String)> {
        match key {
            "audit.syslog" => {
                let is_fit =
                    text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
                if !is_fit {
                    return Err((format!("`{text}` is not host:port"), "write repository.example.org:6514".to_owned()));
                }
                self.syslog = Some(text.into());
            }
            "audit.fhir" => {
                if !is_secure_or_here(text) {
                    let hint = "write the base of the server: https://fhir.example.org/r4".to_owned();
                    return Err((format!("`{text}` is neither https nor on this machine"), hint));
                }
                self.fhir = Some(text.into());
            }
            "audit.ca" => self.ca = Some(PathBuf::from(text)),
            "audit.certificate" => self.certificate = Some(PathBuf::from(text)),
            _ => self.key = Some(PathBuf::from(text)),
        }
        Ok(())
    }
}
