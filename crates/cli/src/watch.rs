//! Whether the files of a folder changed: by names, sizes and times, which also works on network folders.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Files that are looked at; a workspace has far fewer.
const FILES_MAX: usize = 20_000;

/// What a folder looked like.
#[derive(PartialEq, Eq)]
pub struct Snapshot(BTreeMap<PathBuf, (u64, Option<SystemTime>)>);

impl Snapshot {
    /// Looks at every file that the workspace may read; the data directory and hidden folders are left out.
    pub fn of(folder: &Path) -> Snapshot {
        let mut files = BTreeMap::new();
        let mut folders = vec![folder.to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                let name = entry.file_name();
                let is_hidden = name.to_string_lossy().starts_with('.') || name == "data" || name == "target";
                let Ok(facts) = entry.metadata() else { continue };
                if facts.is_dir() && !is_hidden {
                    folders.push(path);
                } else if facts.is_file() && !is_hidden && files.len() < FILES_MAX {
                    files.insert(path, (facts.len(), facts.modified().ok()));
                }
            }
        }
        Snapshot(files)
    }
}
