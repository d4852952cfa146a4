//! The files of a workspace: a folder on disk, or texts in memory (embedded templates, tests, an editor).
//!
//! Promises: paths use `/` and stay inside the workspace; sizes and numbers are bounded; links are not followed out.
//! Never: writes, or reads what no caller asked for.

use bytes::Bytes;
use message::limits;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Files that one workspace may hold, samples included.
pub(super) const FILES_MAX: usize = 50_000;
/// Depth of folders that is searched.
pub(super) const DEPTH_MAX: usize = 8;
/// Largest code table or sample that is read.
pub(super) const CONTENT_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Where the files are.
#[derive(Clone, Debug)]
pub enum Files {
    /// A folder on disk.
    Folder(PathBuf),
    /// Path and content.
    Memory(BTreeMap<String, Bytes>),
    /// A folder on disk, with files over it that an editor has not saved: path and content.
    Edited(PathBuf, BTreeMap<String, Bytes>),
}

/// Why a file was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// There is no such file.
    Missing,
    /// The path leads out of the workspace.
    Outside,
    /// It is larger than a limit.
    TooLarge,
    /// The system says no; its words, never content.
    Refused(String),
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unreadable::Missing => f.write_str("there is no such file"),
            Unreadable::Outside => f.write_str("the path leads out of the workspace"),
            Unreadable::TooLarge => f.write_str("it is larger than Sinew reads"),
            Unreadable::Refused(why) => f.write_str(why),
        }
    }
}

impl Files {
    /// Texts in memory.
    #[must_use]
    pub fn memory<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> Files {
        let copy = |(path, text): (&str, &str)| (path.to_owned(), Bytes::copy_from_slice(text.as_bytes()));
        Files::Memory(files.into_iter().map(copy).collect())
    }

    /// Reads a file by its path relative to the workspace.
    ///
    /// # Errors
    /// See [`Unreadable`].
    pub fn read(&self, path: &str) -> Result<Bytes, Unreadable> {
        if !is_inside(path) {
            return Err(Unreadable::Outside);
        }
        match self {
            Files::Memory(files) => files.get(path).cloned().ok_or(Unreadable::Missing),
            Files::Folder(folder) => read(&folder.join(path)),
            Files::Edited(folder, edited) => match edited.get(path) {
                Some(bytes) => Ok(bytes.clone()),
                None => read(&folder.join(path)),
            },
        }
    }

    /// Where a path of the settings leads: from the folder of the workspace, wherever Sinew was started. It may lead out.
    #[must_use]
    pub fn place(&self, path: &str) -> PathBuf {
        match self {
            Files::Memory(_) => PathBuf::from(path),
            Files::Folder(folder) | Files::Edited(folder, _) => folder.join(path),
        }
    }

    /// Reads a file of the language: UTF-8, at most [`limits::SYNTAX_BYTES_MAX`].
    ///
    /// # Errors
    /// See [`Unreadable`].
    pub fn text(&self, path: &str) -> Result<String, Unreadable> {
        let bytes = self.read(path)?;
        if bytes.len() > limits::SYNTAX_BYTES_MAX {
            return Err(Unreadable::TooLarge);
        }
        let not_utf8 = |_| Unreadable::Refused("it is not UTF-8 text: save it as UTF-8".to_owned());
        String::from_utf8(bytes.to_vec()).map_err(not_utf8)
    }

    /// Every path below `folder` (`""` for all), sorted; `true` when there were more than [`FILES_MAX`].
    #[must_use]
    pub fn list(&self, folder: &str) -> (Vec<String>, bool) {
        let mut found = Vec::new();
        match self {
            Files::Memory(files) => {
                let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
                found.extend(files.keys().filter(|path| path.starts_with(&prefix)).cloned());
            }
            Files::Folder(root) => walk(&root.join(folder), folder, DEPTH_MAX, &mut found),
            Files::Edited(root, edited) => {
                walk(&root.join(folder), folder, DEPTH_MAX, &mut found);
                let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
                found.extend(edited.keys().filter(|path| path.starts_with(&prefix)).cloned());
            }
        }
        found.sort();
        found.dedup();
        let is_more = found.len() > FILES_MAX;
        found.truncate(FILES_MAX);
        (found, is_more)
    }
}

/// Relative, without `..`, without a drive or a root.
fn is_inside(path: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    !path.contains(['\\', ':', '\0']) && path.split('/').all(plain)
}

fn read(path: &Path) -> Result<Bytes, Unreadable> {
    let refused = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Unreadable::Missing,
        kind => Unreadable::Refused(kind.to_string()),
    };
    let about = fs::metadata(path).map_err(refused)?;
    if !about.is_file() {
        return Err(Unreadable::Missing);
    }
    if about.len() > CONTENT_BYTES_MAX {
        return Err(Unreadable::TooLarge);
    }
    fs::read(path).map(Bytes::from).map_err(refused)
}

/// Hidden entries and links are left out: a workspace is what git shows.
fn walk(folder: &Path, prefix: &str, depth: usize, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let (Some(name), Ok(kind)) = (name.to_str(), entry.file_type()) else { continue };
        if name.starts_with('.') || found.len() > FILES_MAX {
            continue;
        }
        let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
        if kind.is_dir() && depth > 0 {
            walk(&entry.path(), &path, depth - 1, found);
        } else if kind.is_file() {
            found.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        let check = |path: &str, expect: bool| assert_eq!(is_inside(path), expect, "{path}");
        check("interfaces/a/interface.flow", true);
        check("../secret", false);
        check("a/../../b", false);
        check("/etc/passwd", false);
        check("a//b", false);
        check("", false);
        check("c:/x", false);
        check("a\\b", false);
    }

    #[test]
    fn what_an_editor_has_goes_over_the_disk() {
        let folder = std::env::temp_dir().join(format!("sinew-edited-{}", std::process::id()));
        fs::create_dir_all(folder.join("a")).unwrap();
        fs::write(folder.join("a/x"), "saved").unwrap();
        fs::write(folder.join("a/y"), "saved").unwrap();
        let edited = [("a/x", "typed"), ("a/new", "typed")].map(|(path, text)| (path.to_owned(), Bytes::from(text)));
        let files = Files::Edited(folder.clone(), BTreeMap::from(edited));
        assert_eq!(files.list("a").0, ["a/new", "a/x", "a/y"]);
        assert_eq!(["a/x", "a/y", "a/new"].map(|path| files.read(path).unwrap()), ["typed", "saved", "typed"]);
        assert_eq!(files.read("a/z"), Err(Unreadable::Missing));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn memory_lists_below_a_folder() {
        let files = Files::memory([("a/x", "1"), ("a/y/z", "2"), ("ab", "3")]);
        assert_eq!(files.list("a").0, ["a/x", "a/y/z"]);
        assert_eq!(files.list("").0.len(), 3);
        assert_eq!(files.read("ab").unwrap(), "3");
        assert_eq!(files.read("b"), Err(Unreadable::Missing));
    }
}
