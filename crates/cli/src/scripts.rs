//! Scripts and code tables around a file on disk, for commands that work without a whole workspace.

use crate::outcome::{Exit, Failure, Result};
use interface::workspace::Workspace;
use lang::{Scripts, Table, Tables};
use message::Diagnostic;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folders whose `tables/` and `scripts/` count for a file: `shared` of its workspace, then the folder of its interface.
fn homes(file: &Path) -> Vec<PathBuf> {
    let full = file.canonicalize().unwrap_or_else(|_| file.to_path_buf());
    let shared = Workspace::find(&full).map(|root| root.join("shared"));
    let own = full.parent().and_then(Path::parent).map(Path::to_path_buf);
    shared.into_iter().chain(own).collect()
}

/// The files below a folder that end so, by name.
fn files(folder: &Path, extension: &str) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let wanted = entries.filter(|path| path.extension().is_some_and(|found| found == extension));
    let mut named: Vec<(String, PathBuf)> =
        wanted.filter_map(|path| Some((path.file_stem()?.to_str()?.to_owned(), path))).collect();
    named.sort();
    named
}

/// Reads a file.
pub fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| Failure::unreachable(format!("{}: {error}", path.display())))
}

/// The scripts that lines of a file may name, and what is wrong with any.
pub fn around(file: &Path) -> Result<(Scripts, Vec<Diagnostic>)> {
    let (mut scripts, mut found) = (Scripts::default(), Vec::new());
    for (name, path) in homes(file).iter().flat_map(|home| files(&home.join("scripts"), "js")) {
        found.extend(scripts.add(&name, &path.display().to_string(), &read(&path)?));
    }
    Ok((scripts, found))
}

/// The code tables that a script may read.
pub fn tables_around(file: &Path) -> Result<Tables> {
    let mut tables = Tables::default();
    for (name, path) in homes(file).iter().flat_map(|home| files(&home.join("tables"), "csv")) {
        tables.insert(Table::parse(&name, &path.display().to_string().into(), &read(&path)?).0);
    }
    Ok(tables)
}

/// The script that is meant: a file, or one of that name in the workspace around.
pub fn find(wanted: &Path) -> Result<PathBuf> {
    if wanted.is_file() {
        return Ok(wanted.to_path_buf());
    }
    let name = format!("{}.js", wanted.display());
    let root = Workspace::find(&std::env::current_dir().unwrap_or_default()).unwrap_or_default();
    let interfaces = fs::read_dir(root.join("interfaces")).into_iter().flatten().flatten();
    let folders = interfaces.map(|home| home.path().join("scripts")).chain([root.join("shared/scripts")]);
    let mut found: Vec<PathBuf> = folders.map(|folder| folder.join(&name)).filter(|path| path.is_file()).collect();
    found.sort();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => {
            let failure = Failure::new(Exit::Usage, format!("there is no script `{}`", wanted.display()));
            Err(failure.code(lang::codes::E2670).hint("name its file, or a script of the workspace you are in"))
        }
        several => {
            let names: Vec<String> = several.iter().map(|path| path.display().to_string()).collect();
            let failure = Failure::new(Exit::Usage, format!("several scripts have this name: {}", names.join(", ")));
            Err(failure.hint("name the file"))
        }
    }
}
