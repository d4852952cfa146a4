//! Putting a backup into a folder: where the workspace, the store and its key go.
//!
//! Promises: nothing is written outside of the folder, whatever the backed up `sinew.toml` says; where that differs
//! from what it says, a notice tells.

use crate::{backing::failure, outcome::Result};
use interface::workspace::{KeyPlace, ServerSettings, WORKSPACE_FILE};
use std::path::{Component, Path, PathBuf};
use store::backup::{Opened, Progress};

/// What was restored where.
pub struct Restored {
    /// The workspace.
    pub folder: PathBuf,
    /// Its data directory.
    pub data: PathBuf,
    /// The file with the master key.
    pub key: PathBuf,
    /// What has to be done before it runs, in sentences.
    pub notices: Vec<String>,
}

/// Restores into a folder that is empty or absent.
pub fn restore(opened: &Opened, to: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Restored> {
    let wrong = |error: store::backup::Error| failure(&error);
    store::backup::empty(to).map_err(wrong)?;
    let files = opened.workspace().map_err(wrong)?;
    let settings = files.iter().find(|(path, _)| path == WORKSPACE_FILE).map(|(_, bytes)| &bytes[..]);
    let text = String::from_utf8_lossy(settings.unwrap_or_default());
    let (settings, _) = ServerSettings::read(WORKSPACE_FILE, &text);
    let folder = std::path::absolute(to).unwrap_or_else(|_| to.to_path_buf());
    let restored = arrange(&settings, folder);
    opened.restore(&restored.data, &restored.key, progress).map_err(wrong)?;
    store::backup::write_files(&restored.folder, &files).map_err(wrong)?;
    Ok(restored)
}

fn arrange(settings: &ServerSettings, folder: PathBuf) -> Restored {
    let mut notices = Vec::new();
    let data = if is_inside(&settings.data) {
        folder.join(&settings.data)
    } else {
        let said = settings.data.display();
        let data = folder.join("data");
        notices.push(format!(
            "sinew.toml says data = \"{said}\", outside of this folder; the messages are in {}. Before `sinew run`, \
             write data = \"data\" into it, or move the folder there",
            data.display()
        ));
        data
    };
    let own = data.join("keys/master.key");
    let key = match &settings.key {
        None => own,
        Some(KeyPlace::File(path)) if is_inside(path) => folder.join(path),
        Some(KeyPlace::File(path)) => {
            notices.push(format!(
                "sinew.toml expects the store's key in {}; it is in {}",
                path.display(),
                own.display()
            ));
            own
        }
        Some(KeyPlace::Variable(name)) => {
            notices.push(format!(
                "sinew.toml expects the store's key in the variable {name}: export {name}=\"$(cat {})\"",
                own.display()
            ));
            own
        }
    };
    Restored { folder, data, key, notices }
}

fn is_inside(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_out_of_the_folder() {
        let check = |text: &str, data: &str, key: &str, notices: usize| {
            let (settings, findings) = ServerSettings::read("sinew.toml", text);
            assert!(findings.is_empty(), "{findings:?}");
            let restored = arrange(&settings, PathBuf::from("/to"));
            assert_eq!((restored.data, restored.key), (PathBuf::from(data), PathBuf::from(key)), "{text}");
            assert_eq!(restored.notices.len(), notices, "{text}: {:?}", restored.notices);
        };
        check("", "/to/data", "/to/data/keys/master.key", 0);
        check("data = \"store/now\"", "/to/store/now", "/to/store/now/keys/master.key", 0);
        check("data = \"/var/lib/sinew\"", "/to/data", "/to/data/keys/master.key", 1);
        check("data = \"../data\"", "/to/data", "/to/data/keys/master.key", 1);
        check("[store]\nkey = \"file:secret/key\"", "/to/data", "/to/secret/key", 0);
        check("[store]\nkey = \"file:/etc/key\"", "/to/data", "/to/data/keys/master.key", 1);
        check("[store]\nkey = \"env:K\"", "/to/data", "/to/data/keys/master.key", 1);
    }
}
