//! When the last backup was made, and when a drill last showed that it can be restored.

use super::{Finding, Level, finding};
use crate::table::{age, count};
use interface::workspace::{StoreEngine, Workspace};
use message::{Clock as _, Timestamp, clock};
use serde_json::Value;
use std::{fs, path::Path, time::Duration};
use store::backup::Repository;

/// An older backup is worth a warning: one a night, and an hour.
const BACKUP_OLD: Duration = Duration::from_secs(25 * 3_600);
/// An older drill is worth a warning.
const DRILL_OLD: Duration = Duration::from_secs(90 * 86_400);

/// The findings about backups.
pub(super) fn backups(workspace: &Workspace) -> Vec<Finding> {
    if workspace.server.engine == StoreEngine::Postgres {
        return Vec::new(); // by the means of the database, which says nothing of them here
    }
    let Some(to) = &workspace.server.backup_to else {
        let remedy = "`sinew backup key FILE` makes a key; then [backup] to and recipient in sinew.toml";
        return vec![finding(Level::Warn, "backup", "no backup is set up", remedy)];
    };
    let repository = Repository::at(&workspace.folder.join(to));
    let now = clock::System.now();
    let last = match repository.last() {
        Err(error) => return vec![finding(Level::Fail, "backup", error.to_string(), "sinew backup verify says more")],
        Ok(None) => return vec![finding(Level::Warn, "backup", "none was made yet", "sinew backup")],
        Ok(Some(last)) => last,
    };
    let old = now.since(last.at());
    let text = format!("number {}, {} ago, in {}", last.number, told(old), repository.folder().display());
    let backup = match old > BACKUP_OLD {
        true => finding(Level::Warn, "backup", text, "sinew backup makes one now; let it run each night"),
        false => finding(Level::Ok, "backup", text, ""),
    };
    vec![backup, drill(&repository, now)]
}

fn told(time: Duration) -> String {
    age(i64::try_from(time.as_micros()).unwrap_or(i64::MAX))
}

fn drill(repository: &Repository, now: Timestamp) -> Finding {
    const REMEDY: &str = "sinew drill --key FILE, where the key is";
    let Some(report) = newest(&repository.drills()) else {
        return finding(Level::Warn, "drill", "no drill has shown that a backup can be restored", REMEDY);
    };
    let old = now.since(Timestamp(report["at_us"].as_i64().unwrap_or(0)));
    let of = report["backup"][0].as_u64().unwrap_or(0);
    let wrong: Vec<&str> = report["checks"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|check| check["is_passed"] == false)
        .filter_map(|check| check["name"].as_str())
        .collect();
    match report["is_passed"] == true {
        false => {
            let text = format!(
                "{} ago of backup {of}: {} did not pass: {}",
                told(old),
                count(wrong.len() as u64, "check"),
                wrong.join(", ")
            );
            finding(Level::Fail, "drill", text, "sinew explain E7021")
        }
        true if old > DRILL_OLD => finding(Level::Warn, "drill", format!("{} ago of backup {of}", told(old)), REMEDY),
        true => finding(Level::Ok, "drill", format!("{} ago of backup {of}: passed", told(old)), ""),
    }
}

/// The newest report.
fn newest(folder: &Path) -> Option<Value> {
    let names = fs::read_dir(folder).ok()?.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let name = names.filter(|name| name.ends_with(".json")).max()?;
    serde_json::from_slice(&fs::read(folder.join(name)).ok()?).ok()
}
