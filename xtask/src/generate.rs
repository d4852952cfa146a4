//! `cargo xtask gen`: the reference pages that the binary writes about itself.
//!
//! The contract with the binary: the hidden command `sinew __reference DIR` writes [`PAGES`] into `DIR`, the same bytes
//! on every run. With `--check` the pages are compared with those in `docs/reference` and nothing is changed.
//! While neither the command nor a committed page exists, there is nothing to do, and that is said.

use crate::root;
use std::fs;
use std::path::{Path, PathBuf};

/// The pages, each from the catalogue of its crate.
const PAGES: &[&str] = &[
    "commands.md",
    "language.md",
    "connectors.md",
    "errors.md",
    "metrics.md",
    "scripts.md",
    "openapi.json",
    "sinew.tmLanguage.json",
];

/// Where they are kept.
const FOLDER: &str = "docs/reference";
/// Where the grammar for editors is kept.
const EDITOR: &str = "editors/vscode/syntaxes";

/// The place of a page below the root.
fn place(page: &str) -> PathBuf {
    Path::new(if page.ends_with(".tmLanguage.json") { EDITOR } else { FOLDER }).join(page)
}

/// What came of it.
pub(crate) enum State {
    /// The pages are written, or equal.
    Current,
    /// These differ or are missing.
    Stale(Vec<String>),
    /// The binary does not have the command yet, and no page is committed.
    Unavailable,
}

/// The command.
pub(crate) fn run(check: bool) -> Result<bool, String> {
    match pages(check)? {
        State::Current => println!("gen: {} pages are current", PAGES.len()),
        State::Unavailable => println!("gen: not available: `sinew __reference` does not exist yet; skipped"),
        State::Stale(pages) => {
            pages.iter().for_each(|page| {
                println!("{}:1: [generated] not current: run `cargo xtask gen`", place(page).display())
            });
            return Ok(false);
        }
    }
    Ok(true)
}

/// Writes or compares.
pub(crate) fn pages(check: bool) -> Result<State, String> {
    let fresh = root::folder().join("target").join("xtask").join("reference");
    let _ = fs::remove_dir_all(&fresh);
    fs::create_dir_all(&fresh).map_err(|error| format!("{}: {error}", fresh.display()))?;
    let binary = ["--quiet", "--locked", "--package", "cli", "--bin", "sinew"];
    let build = root::cargo(&[&["build"], &binary[..]].concat()).status().map_err(|error| format!("cargo: {error}"))?;
    if !build.success() {
        return Err("the binary does not build".to_string());
    }
    let path = fresh.to_string_lossy().into_owned();
    let words = [&["run"], &binary[..], &["--", "__reference", &path]].concat();
    let output = root::cargo(&words).output().map_err(|error| format!("cargo: {error}"))?;
    let kept = root::folder();
    let is_written = output.status.success() && fresh.join(PAGES[0]).exists();
    if !is_written && !kept.join(place(PAGES[0])).exists() {
        return Ok(State::Unavailable);
    }
    if !is_written {
        return Err(format!("`sinew __reference` failed:\n{}", String::from_utf8_lossy(&output.stderr)));
    }
    if check { Ok(compare(&fresh, &kept)) } else { copy(&fresh, &kept) }
}

fn compare(fresh: &Path, kept: &Path) -> State {
    let read = |folder: &Path, page: &str| fs::read(folder.join(page)).ok();
    let is_stale =
        |page: &&&str| read(fresh, page).is_none() || read(fresh, page) != fs::read(kept.join(place(page))).ok();
    let stale: Vec<String> = PAGES.iter().filter(is_stale).map(ToString::to_string).collect();
    if stale.is_empty() { State::Current } else { State::Stale(stale) }
}

fn copy(fresh: &Path, kept: &Path) -> Result<State, String> {
    for page in PAGES {
        let to = kept.join(place(page));
        let failed = |error: std::io::Error| format!("{}: {error}", to.display());
        to.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
        fs::copy(fresh.join(page), &to).map_err(failed)?;
    }
    Ok(State::Current)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stale() {
        let folder = std::env::temp_dir().join(format!("xtask-gen-{}", std::process::id()));
        let (fresh, kept) = (folder.join("fresh"), folder.join("kept"));
        fs::create_dir_all(&fresh).unwrap();
        PAGES.iter().for_each(|page| fs::write(fresh.join(page), page).unwrap());
        assert!(matches!(compare(&fresh, &kept), State::Stale(pages) if pages.len() == PAGES.len()));
        assert!(matches!(copy(&fresh, &kept), Ok(State::Current)));
        assert!(matches!(compare(&fresh, &kept), State::Current));
        fs::write(kept.join(place(PAGES[1])), "edited by hand").unwrap();
        assert!(matches!(compare(&fresh, &kept), State::Stale(pages) if pages == [PAGES[1]]));
        fs::remove_dir_all(&folder).unwrap();
    }
}
