//! Whether the files of a workspace changed: by names, sizes and times, which also works on network folders.

use interface::workspace::WORKSPACE_FILE;
use std::{
    collections::BTreeMap,
    fs::Metadata,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Files that are looked at; a workspace has far fewer.
const FILES_MAX: usize = 20_000;

/// Where a workspace keeps what it is made of. Other folders hold messages: what comes in, goes out and is stored.
const FOLDERS: &[&str] = &["interfaces", "shared", "environments"];

/// What a workspace looked like.
#[derive(PartialEq, Eq)]
pub struct Snapshot(BTreeMap<PathBuf, (u64, Option<SystemTime>)>);

impl Snapshot {
    /// Looks at every file that the workspace may read.
    pub fn of(workspace: &Path) -> Snapshot {
        let files = files(workspace).into_iter();
        Snapshot(files.map(|(path, facts)| (path, (facts.len(), facts.modified().ok()))).collect())
    }
}

/// Every file that a workspace is made of.
pub fn files(workspace: &Path) -> BTreeMap<PathBuf, Metadata> {
    let mut files = BTreeMap::new();
    let settings = workspace.join(WORKSPACE_FILE);
    if let Ok(facts) = settings.metadata() {
        files.insert(settings, facts);
    }
    let mut folders: Vec<PathBuf> = FOLDERS.iter().map(|name| workspace.join(name)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
            let Ok(facts) = entry.metadata() else { continue };
            if facts.is_dir() && !is_hidden {
                folders.push(entry.path());
            } else if facts.is_file() && !is_hidden && files.len() < FILES_MAX {
                files.insert(entry.path(), facts);
            }
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_workspace_count_and_messages_do_not() {
        let folder = testkit::Folder::new();
        let write = |path: &str, text: &str| {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("sinew.toml", "");
        write("interfaces/a/interface.flow", "a");
        let first = Snapshot::of(folder.path());
        write("out/archive/1.hl7", "MSH");
        write("data/log/1", "x");
        write("interfaces/a/.interface.flow.swp", "x");
        assert!(Snapshot::of(folder.path()) == first);
        write("interfaces/a/interface.flow", "ab");
        assert!(Snapshot::of(folder.path()) != first);
    }
}
