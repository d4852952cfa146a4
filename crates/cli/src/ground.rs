//! What the process knows of the ground that its engine stands on: room on the disk, certificates, backups, drills.
//!
//! Promises: what cannot be found out is left out, never guessed. Never: prints, writes, keeps a file open.

use engine::{Engine, alerts::Ground};
use interface::catalogue::Settings;
use message::Timestamp;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use store::backup::Repository;

/// Where to look.
#[derive(Clone, Debug)]
pub struct Site {
    /// Where messages are kept.
    pub data: PathBuf,
    /// The workspace.
    pub folder: PathBuf,
    /// The certificate of the API.
    pub certificate: Option<PathBuf>,
    /// The repository of backups.
    pub backups: Option<PathBuf>,
}

/// Looks.
pub fn look(site: &Site, engine: &Engine) -> Ground {
    let mut certificates: Vec<(Arc<str>, Timestamp)> = Vec::new();
    for (whose, path) in certificate_files(site, engine) {
        certificates.extend(server::certificates::end_of(&path).map(|end| (whose, end)));
    }
    let repository = site.backups.as_ref().map(|folder| Repository::at(folder));
    Ground {
        disk: room(&site.data),
        certificates,
        has_backups: repository.is_some(),
        backup: repository.as_ref().and_then(|of| Some(of.last().ok()??.at())),
        drill: repository.as_ref().and_then(|of| last_drill(&of.drills())),
    }
}

/// Bytes that are free for us, and bytes of the disk.
fn room(data: &Path) -> Option<(u64, u64)> {
    let of = rustix::fs::statvfs(data).ok()?;
    Some((of.f_bavail.saturating_mul(of.f_frsize), of.f_blocks.saturating_mul(of.f_frsize)))
}

/// Files with certificates that we show to others, and whose they are.
fn certificate_files(site: &Site, engine: &Engine) -> Vec<(Arc<str>, PathBuf)> {
    let mut seen = BTreeSet::new();
    let mut files: Vec<(Arc<str>, PathBuf)> = Vec::new();
    files.extend(site.certificate.clone().map(|path| ("the API".into(), path)));
    let mut add = |whose: String, settings: &Settings| {
        let written = settings.text("cert");
        let written = if written.is_empty() { settings.text("certificate") } else { written };
        let path = site.folder.join(written);
        if !written.is_empty() && !written.starts_with("-----") && seen.insert(path.clone()) {
            files.push((whose.into(), path));
        }
    };
    for flow in engine.flows() {
        let version = flow.version();
        add(flow.name.to_string(), &version.definition.receive.settings);
        for to in &version.definition.destinations {
            add(format!("{} of {}", to.name, flow.name), &to.settings);
        }
    }
    files
}

/// When the newest drill that passed was made.
fn last_drill(folder: &Path) -> Option<Timestamp> {
    let reports = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let reports = reports.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let passed = reports.filter_map(|path| {
        let report: Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
        (report["is_passed"] == true).then(|| report["at_us"].as_i64()).flatten()
    });
    passed.max().map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room() {
        let (free, all) = room(Path::new(".")).unwrap();
        assert!(free <= all && all > 0);
        assert_eq!(room(Path::new("/no/such/place")), None);
    }
}
