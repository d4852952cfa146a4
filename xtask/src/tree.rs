//! The text files of the repository, read once and shared by all checks.
//!
//! Never: follows links, reads build output, hidden folders or files above [`FILE_BYTES_MAX`].

use crate::source::{Kind, Source};
use std::fs;
use std::path::{Path, PathBuf};

/// Files above this are not read: they are fixtures or embedded tables, not text that people write.
const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// Endings of files that are read.
const TEXT: [&str; 11] = ["rs", "md", "toml", "sh", "flow", "map", "csv", "json", "yml", "service", "hl7"];

/// One file.
pub(crate) struct File {
    /// From the root, with `/`.
    pub(crate) path: String,
    /// The whole text.
    pub(crate) text: String,
    /// For Rust files.
    pub(crate) source: Option<Source>,
    /// The whole file is test code: by its place or name, or because it is declared under `#[cfg(test)]`.
    pub(crate) is_test: bool,
}

impl File {
    /// A file from its path and text.
    pub(crate) fn new(path: &str, text: &str) -> File {
        let source = path.ends_with(".rs").then(|| Source::read(text));
        let name = path.rsplit('/').next().unwrap_or_default();
        let in_folder = |folder: &str| path.contains(&format!("/{folder}/"));
        let is_test = in_folder("tests") || in_folder("benches") || name == "tests.rs" || name.ends_with("_tests.rs");
        File { path: path.to_string(), text: text.to_string(), source, is_test }
    }

    /// The paths, without ending, of the modules that this file declares under `#[cfg(test)]`.
    fn test_modules(&self) -> Vec<String> {
        let Some(source) = &self.source else { return Vec::new() };
        let (folder, name) = self.path.rsplit_once('/').unwrap_or(("", &self.path));
        let stem = name.trim_end_matches(".rs");
        let inside =
            if ["lib", "main", "mod"].contains(&stem) { folder.to_string() } else { format!("{folder}/{stem}") };
        let declared = source.items.iter().filter(|item| item.kind == Kind::Module && item.is_test && !item.has_body);
        declared.map(|item| format!("{inside}/{}", item.name)).collect()
    }

    /// `crates/NAME`, `xtask` or `bench`.
    pub(crate) fn package(&self) -> &str {
        let mut parts = self.path.split('/');
        match parts.next() {
            Some("crates") => parts.next().unwrap_or_default(),
            Some(top) => top,
            None => "",
        }
    }
}

/// Every file, sorted by path.
pub(crate) struct Tree {
    /// Where the paths start.
    pub(crate) root: PathBuf,
    /// Sorted by path.
    pub(crate) files: Vec<File>,
}

impl Tree {
    /// Reads everything under `root`.
    pub(crate) fn read(root: &Path) -> Result<Tree, String> {
        let mut files = Vec::new();
        walk(root, root, &mut files).map_err(|error| format!("cannot read {}: {error}", root.display()))?;
        Ok(Tree::sorted(root.to_path_buf(), files))
    }

    /// A tree that exists in memory only, for the tests of the checks.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Tree {
        let files = files.iter().map(|(path, text)| File::new(path, text)).collect();
        Tree::sorted(PathBuf::from("/nowhere"), files)
    }

    fn sorted(root: PathBuf, mut files: Vec<File>) -> Tree {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let tests: Vec<String> = files.iter().flat_map(File::test_modules).collect();
        for file in &mut files {
            let of = |module: &String| {
                file.path.strip_prefix(module.as_str()).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
            };
            file.is_test |= tests.iter().any(of);
        }
        Tree { root, files }
    }

    /// The Rust files with their sources.
    pub(crate) fn rust(&self) -> impl Iterator<Item = (&File, &Source)> {
        self.files.iter().filter_map(|file| Some((file, file.source.as_ref()?)))
    }

    /// The Rust files that are product or tool code, not tests.
    pub(crate) fn product(&self) -> impl Iterator<Item = (&File, &Source)> {
        self.rust().filter(|(file, _)| !file.is_test)
    }

    /// The file with this path.
    pub(crate) fn get(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The path, a file or a folder, exists.
    pub(crate) fn exists(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let inside =
            |file: &File| file.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.files.iter().any(inside) || self.root.join(path).exists()
    }
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<File>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_ci = name == ".ci" || name == ".cargo";
        if kind.is_dir() && name != "target" && name != "node_modules" && (is_ci || !name.starts_with('.')) {
            walk(root, &path, files)?;
        } else if kind.is_file() && is_text(&path) && entry.metadata()?.len() <= FILE_BYTES_MAX {
            let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.push(File::new(&relative, &String::from_utf8_lossy(&fs::read(&path)?)));
        }
    }
    Ok(())
}

fn is_text(path: &Path) -> bool {
    match path.extension() {
        Some(ending) => TEXT.iter().any(|known| ending == *known),
        None => path.parent().is_some_and(|folder| folder.file_name().is_some_and(|name| name == ".ci")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_files() {
        let tree = Tree::of(&[
            ("crates/a/src/lib.rs", "mod x;\n#[cfg(test)]\nmod y;"),
            ("crates/a/src/x.rs", "#[cfg(test)]\nmod z;"),
            ("crates/a/src/x/z.rs", ""),
            ("crates/a/src/y.rs", ""),
            ("crates/a/tests/t.rs", ""),
        ]);
        let tests: Vec<&str> = tree.files.iter().filter(|file| file.is_test).map(|file| file.path.as_str()).collect();
        assert_eq!(tests, ["crates/a/src/x/z.rs", "crates/a/src/y.rs", "crates/a/tests/t.rs"]);
    }
}
