//! Certificates: what they say, which of them are in use and until when, and an authority for a start.
//!
//! Promises: the certificates of every listener and destination are known with their end, wherever they are kept; what
//! cannot be read is told. Never: shows a key, or decides whether a certificate is trusted.

pub mod authority;
mod x509;

pub use x509::Certificate;

use interface::{catalogue::Settings, definition::Definition};
use message::Timestamp;
use serde::Serialize;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Days before its end at which a certificate is spoken of, the last first.
pub const NOTICE_DAYS: [i64; 5] = [1, 7, 14, 30, 60];
/// Days before its end from which it is a failure and no warning.
pub const URGENT_DAYS: i64 = 7;
/// Largest file that is read.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// A certificate in use.
#[derive(Clone, Debug, Serialize)]
pub struct Used {
    /// By what: `interface adt receive`, `interface adt send rx`, `api`.
    pub by: String,
    /// `cert`: our own; `ca`: one that is trusted.
    pub role: &'static str,
    /// The file, or `a secret`.
    pub place: String,
    /// What it says; none where it cannot be read.
    pub certificate: Option<Certificate>,
}

impl Used {
    /// The notice that is due: the smallest number of [`NOTICE_DAYS`] that is not over; 0 when it has ended.
    #[must_use]
    pub fn notice(&self, now: Timestamp) -> Option<i64> {
        let days = self.certificate.as_ref()?.days_left(now);
        if days < 0 {
            return Some(0);
        }
        NOTICE_DAYS.into_iter().find(|notice| days < *notice)
    }
}

/// Until when the first certificate of a PEM file is good.
#[must_use]
pub fn end_of(path: &Path) -> Option<Timestamp> {
    let mut found = Vec::new();
    of_file("", "cert", path, &mut found);
    Some(found.first()?.certificate.as_ref()?.not_after)
}

/// Every certificate in use by these interfaces and the API, in their order. Files are relative to `folder`.
#[must_use]
pub fn used<'d>(
    definitions: impl IntoIterator<Item = &'d Arc<Definition>>,
    folder: &Path,
    api: Option<&(PathBuf, PathBuf)>,
) -> Vec<Used> {
    let mut found = Vec::new();
    if let Some((chain, _)) = api {
        of_file("api", "cert", &folder.join(chain), &mut found);
    }
    for definition in definitions {
        let name = &definition.name;
        of_settings(&format!("interface {name} receive"), &definition.receive.settings, folder, &mut found);
        for destination in &definition.destinations {
            let by = format!("interface {name} send {}", destination.name);
            of_settings(&by, &destination.settings, folder, &mut found);
        }
    }
    found
}

fn of_settings(by: &str, settings: &Settings, folder: &Path, found: &mut Vec<Used>) {
    for role in ["cert", "ca"] {
        let text = if settings.values.contains_key(role) { settings.text(role) } else { Default::default() };
        match text.trim_start() {
            "" => {}
            pem if pem.starts_with("-----BEGIN") => of_text(by, role, "a secret".to_owned(), pem.as_bytes(), found),
            path => of_file(by, role, &folder.join(path), found),
        }
    }
}

fn of_file(by: &str, role: &'static str, path: &Path, found: &mut Vec<Used>) {
    let is_small = std::fs::metadata(path).is_ok_and(|facts| facts.len() <= FILE_BYTES_MAX);
    let text = if is_small { std::fs::read(path).unwrap_or_default() } else { Vec::new() };
    of_text(by, role, path.display().to_string(), &text, found);
}

/// Our own certificate is the first of its chain; authorities are all that there are.
fn of_text(by: &str, role: &'static str, place: String, text: &[u8], found: &mut Vec<Used>) {
    let all = Certificate::read_pem(text);
    let count = if role == "cert" { 1 } else { all.len().max(1) };
    let mut all = all.into_iter();
    for _ in 0..count {
        found.push(Used { by: by.to_owned(), role, place: place.clone(), certificate: all.next() });
    }
}

/// How long what was read is good for those who ask often.
const GOOD_FOR: std::time::Duration = std::time::Duration::from_secs(30);

/// The certificates in use, read now and then.
#[derive(Default)]
pub(crate) struct Watch(std::sync::Mutex<Option<(std::time::Instant, Arc<[Used]>)>>);

impl Watch {
    /// As [`used`], for a running engine. Reads files.
    pub(crate) fn look(&self, engine: &engine::Engine, api: &crate::ApiSettings) -> Arc<[Used]> {
        use message::{Clock as _, clock};
        let now = clock::System.monotonic();
        let mut kept = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((at, used)) = kept.as_ref()
            && now.saturating_duration_since(*at) < GOOD_FOR
        {
            return used.clone();
        }
        let definitions: Vec<Arc<Definition>> =
            engine.flows().iter().map(|flow| flow.version().definition.clone()).collect();
        let found: Arc<[Used]> = used(&definitions, engine.workspace(), api.certificate.as_ref()).into();
        *kept = Some((now, found.clone()));
        found
    }
}
