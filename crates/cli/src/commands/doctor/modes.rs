//! Who may read what the store keeps: the key, and the folder.

use super::{Finding, Level, finding};
use crate::place;
use interface::workspace::Workspace;
use std::{fs, os::unix::fs::PermissionsExt, path::Path};
use store::{KeySource, Store};

/// Bits that let anybody but the owner in.
const OTHERS: u32 = 0o077;

/// The key of the store: where it is, who may read it, which it is, and whether it is being exchanged.
pub(super) fn key(workspace: &Workspace, data: &Path) -> Vec<Finding> {
    let found = place_of_key(workspace, data);
    // Only looked at where it is there already: the first start makes it.
    let Ok(options) = place::store_options(workspace) else { return vec![found] };
    let state = match Store::key_in(data, &options) {
        Ok(state) => state,
        Err(error @ store::Error::WrongKey { .. }) => {
            let wrong = finding(Level::Fail, "key", error.to_string(), "sinew explain E4007 says what it means");
            return vec![found, wrong];
        }
        Err(_) => return vec![found],
    };
    let found = Finding { text: format!("{}; key {:016x}", found.text, state.id), ..found };
    let unfinished = state.unfinished.map(|one| {
        let text = format!(
            "the key before, {:016x}, opens the store as well: its exchange was begun {} and is not at its end",
            one.before,
            one.begun.to_rfc3339()
        );
        finding(Level::Warn, "key", text, "`sinew key status` says what is left to be done")
    });
    std::iter::once(found).chain(unfinished).collect()
}

fn place_of_key(workspace: &Workspace, data: &Path) -> Finding {
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
