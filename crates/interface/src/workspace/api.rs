//! The part `[api]` of `sinew.toml`: where the HTTP API is served, and what is asked of those who sign in.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

/// Keys of the part.
pub(super) const KEYS: [&str; 7] =
    ["api.listen", "api.certificate", "api.key", "api.plaintext", "api.names", "api.second-factor", "api.four-eyes"];

/// What `[api]` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiLines {
    /// Where HTTP is served; `None`: on the control socket only.
    pub listen: Option<SocketAddr>,
    /// The certificate with those between it and its authority, PEM.
    pub certificate: Option<PathBuf>,
    /// Its private key, PEM.
    pub key: Option<PathBuf>,
    /// Plain HTTP where others can reach it.
    pub is_plaintext: bool,
    /// Names by which the server is known, besides those of this machine.
    pub names: Vec<Arc<str>>,
    /// Only administrators need a second factor.
    pub is_factor_for_administrators_only: bool,
    /// A change of the workspace needs the approval of a second person.
    pub has_four_eyes: bool,
}

impl ApiLines {
    /// Reads one line of the part.
    pub(super) fn apply(&mut self, key: &str, text: &str) -> Result<(), (String, String)> {
        match key {
            "api.listen" => {
                let wrong = |_| (format!("`{text}` is not an address"), "write 127.0.0.1:8620".to_owned());
                self.listen = Some(text.parse().map_err(wrong)?);
            }
            "api.certificate" => self.certificate = Some(PathBuf::from(text)),
            "api.key" => self.key = Some(PathBuf::from(text)),
            "api.plaintext" => self.is_plaintext = switch(text, "yes", "no")?,
            "api.names" => {
                self.names = text.split([' ', ',']).filter(|name| !name.is_empty()).map(Arc::from).collect();
            }
            "api.second-factor" => self.is_factor_for_administrators_only = switch(text, "administrators", "all")?,
            _ => self.has_four_eyes = switch(text, "on", "off")?,
        }
        Ok(())
    }
}

fn switch(text: &str, on: &str, off: &str) -> Result<bool, (String, String)> {
    match text {
        text if text == on => Ok(true),
        text if text == off => Ok(false),
        _ => Err((format!("`{text}` is neither {on} nor {off}"), format!("write {on} or {off}"))),
    }
}
