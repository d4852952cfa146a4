//! Licences and banned crates by `cargo metadata` and the lists of `deny.toml`, without cargo-deny.
//!
//! It reads what is built for this platform. cargo-deny, where installed, looks at every platform.

mod spdx;

use super::Outcome;
use crate::root;
use serde_json::Value;
use std::collections::BTreeMap;

/// The step.
pub(super) fn run() -> Result<Outcome, String> {
    let path = root::folder().join("deny.toml");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("deny.toml: {error}"))?;
    let lists = Lists::read(&text)?;
    let packages = packages()?;
    let problems: Vec<String> = packages.iter().filter_map(|package| lists.refuse(package)).collect();
    problems.iter().for_each(|problem| println!("{problem}"));
    let twice = duplicates(&packages);
    if !twice.is_empty() {
        println!("in more than one version: {}", twice.join(", "));
    }
    let note =
        format!("{} crates, {} refused, {} in more than one version", packages.len(), problems.len(), twice.len());
    Ok(Outcome::of(problems.is_empty(), note))
}

/// A dependency.
struct Package {
    name: String,
    version: String,
    /// SPDX, or empty.
    licence: String,
    is_own: bool,
}

/// The two lists of `deny.toml`.
struct Lists {
    allowed: Vec<String>,
    banned: Vec<String>,
}

impl Lists {
    fn read(text: &str) -> Result<Lists, String> {
        let table: toml::Table = text.parse().map_err(|error| format!("deny.toml: {error}"))?;
        let list = |section: &str, key: &str| {
            let found = table.get(section).and_then(|section| section.get(key)).and_then(toml::Value::as_array);
            found.cloned().ok_or(format!("deny.toml: no list {section}.{key}"))
        };
        let name = |entry: &toml::Value| entry.get("crate").unwrap_or(entry).as_str().map(str::to_string);
        Ok(Lists {
            allowed: list("licenses", "allow")?.iter().filter_map(name).collect(),
            banned: list("bans", "deny")?.iter().filter_map(name).collect(),
        })
    }

    /// Why the package may not be a dependency, if so.
    fn refuse(&self, package: &Package) -> Option<String> {
        let of = format!("{} {}", package.name, package.version);
        if self.banned.contains(&package.name) {
            return Some(format!("{of}: banned by deny.toml"));
        }
        let is_allowed = package.is_own || spdx::is_satisfied(&package.licence, &self.allowed);
        (!is_allowed).then(|| format!("{of}: licence `{}` is not allowed by deny.toml", package.licence))
    }
}

/// Every package that is built for this platform, tests and tools included.
fn packages() -> Result<Vec<Package>, String> {
    let host = host()?;
    let words = ["metadata", "--format-version", "1", "--locked", "--filter-platform", &host];
    let output = root::cargo(&words).output().map_err(|error| format!("cargo metadata: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_string();
    let nodes = metadata["resolve"]["nodes"].as_array().cloned().unwrap_or_default();
    let used: Vec<String> = nodes.iter().map(|node| text(node, "id")).collect();
    let all = metadata["packages"].as_array().cloned().unwrap_or_default();
    let built = all.iter().filter(|package| used.contains(&text(package, "id")));
    Ok(built
        .map(|package| Package {
            name: text(package, "name"),
            version: text(package, "version"),
            licence: text(package, "license"),
            is_own: package["source"].is_null(),
        })
        .collect())
}

fn host() -> Result<String, String> {
    let output = std::process::Command::new("rustc").arg("-vV").output().map_err(|error| format!("rustc: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_string).ok_or("rustc -vV names no host".to_string())
}

fn duplicates(packages: &[Package]) -> Vec<String> {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in packages {
        versions.entry(&package.name).or_default().push(&package.version);
    }
    let twice = versions.into_iter().filter(|(_, versions)| versions.len() > 1);
    twice.map(|(name, versions)| format!("{name} ({})", versions.join(", "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, licence: &str, is_own: bool) -> Package {
        Package { name: name.to_string(), version: "1.0.0".to_string(), licence: licence.to_string(), is_own }
    }

    #[test]
    fn refuses() {
        let lists = Lists::read("[licenses]\nallow = [\"MIT\"]\n[bans]\ndeny = [{ crate = \"openssl\" }, \"cmake\"]\n")
            .unwrap();
        let check = |package: Package, expect: bool| {
            assert_eq!(lists.refuse(&package).is_some(), expect, "{} {}", package.name, package.licence);
        };
        check(package("serde", "MIT OR Apache-2.0", false), false);
        check(package("mine", "", true), false);
        check(package("openssl", "MIT", false), true);
        check(package("cmake", "MIT", false), true);
        check(package("other", "GPL-3.0", false), true);
        check(package("other", "", false), true);
        assert!(Lists::read("[licenses]\n").is_err());
    }

    #[test]
    fn two_versions() {
        let mut other = package("syn", "MIT", false);
        other.version = "2.0.0".to_string();
        assert_eq!(
            duplicates(&[package("syn", "MIT", false), package("quote", "MIT", false), other]),
            ["syn (1.0.0, 2.0.0)"]
        );
    }
}
