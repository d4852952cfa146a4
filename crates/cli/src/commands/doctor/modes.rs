//! Who may read what the store keeps: the key, and the folder.

use super::{Finding, Level, finding};
use crate::place;
use interface::workspace::Workspace;
use std::{fs, os::unix::fs::PermissionsExt, path::Path};
use store::KeySource;

/// Bits that let anybody but the owner in.
const OTHERS: u32 = 0o077;

/// Where the key of the store is, and who may read it.
pub(super) fn key(workspace: &Workspace, data: &Path) -> Finding {
    match place::key(&workspace.server, &workspace.folder) {
        Err(failure) => finding(Level::Fail, "key", failure.message, failure.hint.unwrap_or_default()),
        Ok(KeySource::Given(_)) => finding(Level::Ok, "key", "the store's key comes from the environment", ""),
        Ok(KeySource::InDirectory) => finding(
            Level::Warn,
            "key",
            "the store's key lies beside the data it seals",
            "in production keep it elsewhere: [store] key = \"env:SINEW_KEY\" or \"file:/path\" in sinew.toml",
        ),
        Ok(KeySource::File(path)) => match fs::metadata(&path) {
            Ok(facts) if facts.permissions().mode() & OTHERS != 0 => {
                finding(Level::Fail, "key", format!("{} can be read by others", path.display()), "chmod 600 it")
            }
            Ok(_) if path.starts_with(data) => {
                finding(Level::Warn, "key", "the store's key lies beside the data it seals", "move it to another disk")
            }
            Ok(_) => finding(Level::Ok, "key", path.display().to_string(), ""),
            Err(_) => finding(Level::Ok, "key", format!("{} is made at the first start", path.display()), ""),
        },
    }
}

/// The data folder and what may open the store: what stands unsealed in it (names, times, states) is nobody else's.
pub(super) fn folder(data: &Path) -> Vec<Finding> {
    let is_open = |path: &Path, bits: u32| fs::metadata(path).is_ok_and(|facts| facts.permissions().mode() & bits != 0);
    let mut report = Vec::new();
    if is_open(data, 0o007) {
        let text = format!("{} can be opened by every user of this machine", data.display());
        report.push(finding(Level::Warn, "access", text, "chmod 700 it"));
    }
    for name in ["keys/master.key", "control.sock", "tables.db"] {
        let path = data.join(name);
        let is_secret = name != "tables.db";
        if is_open(&path, if is_secret { OTHERS } else { 0o002 }) {
            let text = format!("{} can be {} by others", path.display(), if is_secret { "opened" } else { "changed" });
            report.push(finding(Level::Fail, "access", text, "chmod go-rwx it"));
        }
    }
    report
}
