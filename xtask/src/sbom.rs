//! `cargo xtask sbom`: what the binary is made of, as CycloneDX 1.6.
//!
//! Promises: the same bytes for the same `Cargo.lock`; every crate of the lock is in it, with the checksum that cargo checks.
//! Never: asks the network.

use crate::root;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs};

/// Prints it, or writes it into a file.
pub(crate) fn run(words: &[&str]) -> Result<bool, String> {
    let path = root::folder().join("Cargo.lock");
    let lock = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let text = format!("{:#}\n", bill(&lock)?);
    match words {
        [] => print!("{text}"),
        ["--to", file] => fs::write(file, text).map_err(|error| format!("{file}: {error}"))?,
        _ => return Err("usage: cargo xtask sbom [--to FILE]".to_owned()),
    }
    Ok(true)
}

/// How a crate is named where it is depended on: `name version`.
fn reference(name: &str, version: &str) -> String {
    format!("pkg:cargo/{name}@{version}")
}

fn bill(lock: &str) -> Result<Value, String> {
    let lock: toml::Table = lock.parse().map_err(|error| format!("Cargo.lock: {error}"))?;
    let packages = lock.get("package").and_then(toml::Value::as_array).ok_or("Cargo.lock names no package")?;
    let text = |package: &toml::Value, key: &str| package.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in packages {
        if let (Some(name), Some(version)) = (text(package, "name"), text(package, "version")) {
            versions.entry(name).or_default().push(version);
        }
    }
    let (mut components, mut dependencies) = (Vec::new(), Vec::new());
    for package in packages {
        let (Some(name), Some(version)) = (text(package, "name"), text(package, "version")) else { continue };
        let own = reference(&name, &version);
        let mut component = json!({"type": "library", "bom-ref": own, "name": name, "version": version, "purl": own});
        if let Some(checksum) = text(package, "checksum") {
            component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
        }
        components.push(component);
        let needed = package.get("dependencies").and_then(toml::Value::as_array).into_iter().flatten();
        // `name` alone where the lock has one version of it, else `name version`.
        let needed = needed.filter_map(toml::Value::as_str).filter_map(|entry| {
            let mut words = entry.split(' ');
            let name = words.next()?;
            let version = words.next().map(str::to_owned).or_else(|| versions.get(name)?.first().cloned())?;
            Some(reference(name, &version))
        });
        dependencies.push(json!({"ref": own, "dependsOn": needed.collect::<Vec<_>>()}));
    }
    let version = versions.get("cli").and_then(|found| found.first()).cloned().unwrap_or_default();
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "sinew", "name": "sinew", "version": version}},
        "components": components,
        "dependencies": dependencies,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crate_of_a_lock_is_in_the_bill() {
        let lock = "version = 4\n[[package]]\nname = \"cli\"\nversion = \"0.1.0\"\ndependencies = [\"a\", \"b 2.0.0\"]\n\
            [[package]]\nname = \"a\"\nversion = \"1.2.3\"\nchecksum = \"ab\"\n\
            [[package]]\nname = \"b\"\nversion = \"1.0.0\"\n[[package]]\nname = \"b\"\nversion = \"2.0.0\"\n";
        let bill = bill(lock).unwrap();
        assert_eq!(bill["components"].as_array().map(Vec::len), Some(4));
        assert_eq!(bill["components"][1]["hashes"][0]["content"], "ab");
        let expect = json!(["pkg:cargo/a@1.2.3", "pkg:cargo/b@2.0.0"]);
        assert_eq!(bill["dependencies"][0]["dependsOn"], expect);
    }
}
