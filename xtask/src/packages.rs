//! Packages that embedded files are made from: downloaded through the registries' own clients, compared with their
//! pinned hashes, unpacked below `target/xtask/packages`.
//!
//! Never: part of a build or of the tests; the made files are committed.

use crate::root;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A package as it is pinned.
pub(crate) struct Pinned {
    /// `pypi` or `npm`.
    pub(crate) registry: &'static str,
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    /// The name of the downloaded file.
    pub(crate) file: &'static str,
    pub(crate) sha256: &'static str,
}

/// The folder of an unpacked package; downloaded when it is not in the cache yet.
pub(crate) fn unpacked(pinned: &Pinned) -> Result<PathBuf, String> {
    let cache = root::folder().join("target").join("xtask").join("packages");
    fs::create_dir_all(&cache).map_err(|error| format!("{}: {error}", cache.display()))?;
    let file = cache.join(pinned.file);
    if !file.exists() {
        download(pinned, &cache)?;
    }
    let found = sha256(&file)?;
    if found != pinned.sha256 {
        return Err(format!("{}: SHA-256 is {found}, pinned is {}", pinned.file, pinned.sha256));
    }
    let folder = cache.join(pinned.file.trim_end_matches(".whl").trim_end_matches(".tgz"));
    if !folder.exists() {
        let into = folder.to_string_lossy();
        let from = file.to_string_lossy();
        fs::create_dir_all(&folder).map_err(|error| format!("{into}: {error}"))?;
        match pinned.registry {
            "pypi" => output(Command::new("python3").args(["-m", "zipfile", "-e", &from, &into]))?,
            _ => output(Command::new("tar").args(["-xzf", &from, "-C", &into]))?,
        };
    }
    Ok(folder)
}

fn download(pinned: &Pinned, cache: &Path) -> Result<(), String> {
    println!("gen: downloading {} {}", pinned.name, pinned.version);
    let command = match pinned.registry {
        "pypi" => {
            let wanted = format!("{}=={}", pinned.name, pinned.version);
            output(
                Command::new("pip")
                    .args(["download", "--quiet", "--no-deps", "--only-binary", ":all:", &wanted])
                    .current_dir(cache),
            )
        }
        _ => {
            let wanted = format!("{}@{}", pinned.name, pinned.version);
            output(Command::new("npm").args(["pack", "--silent", &wanted]).current_dir(cache))
        }
    };
    command.map(|_| ())
}

fn sha256(file: &Path) -> Result<String, String> {
    let text = output(Command::new("sha256sum").arg(file))?;
    text.split_whitespace().next().map(str::to_string).ok_or_else(|| format!("{}: no hash", file.display()))
}

fn output(command: &mut Command) -> Result<String, String> {
    let done = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if !done.status.success() {
        return Err(format!("{command:?} failed:\n{}", String::from_utf8_lossy(&done.stderr)));
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A made file says which packages it was made from; they must be those that are pinned.
    pub(crate) fn check_sources(made: &Path, pinned: &[Pinned]) {
        let bytes = fs::read(made).unwrap();
        for pinned in pinned {
            let name = format!("{}:{}", pinned.registry, pinned.name);
            for text in [name.as_str(), pinned.version, pinned.sha256] {
                assert!(bytes.windows(text.len()).any(|window| window == text.as_bytes()), "{name}: {text}");
            }
        }
    }
}
