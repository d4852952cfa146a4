//! The floors: a crate depends only on strictly lower floors, so a circle cannot be written.

use super::Finding;
use crate::tree::{File, Tree};

/// Where a crate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Product: depends on lower floors.
    Floor(u8),
    /// Development: depends on floors up to this one; tests may depend on it. The number is the ceiling.
    Beside(u8),
}

/// Every crate of the workspace. A new crate adds a line here and a paragraph to `docs/ARCHITECTURE.md`.
const PLACES: &[(&str, Place)] = &[
    ("cli", Place::Floor(6)),
    ("server", Place::Floor(5)),
    ("engine", Place::Floor(4)),
    ("lsp", Place::Floor(4)),
    ("connectors", Place::Floor(4)),
    ("interface", Place::Floor(3)),
    ("watch", Place::Floor(3)),
    ("lang", Place::Floor(2)),
    ("hl7v2", Place::Floor(1)),
    ("library", Place::Floor(1)),
    ("fhir", Place::Floor(1)),
    ("formats", Place::Floor(1)),
    ("store", Place::Floor(1)),
    ("script", Place::Floor(1)),
    ("message", Place::Floor(0)),
    ("xml", Place::Floor(0)),
    ("testkit", Place::Beside(3)),
    // The demo ships in the binary, so `cli` may depend on the hospital; the hospital knows messages only.
    ("hospital", Place::Beside(1)),
    ("bench", Place::Beside(6)),
    // xtask must build, and say what is wrong, when the product does not build.
    ("xtask", Place::Beside(0)),
];

/// Product crates that may depend on a crate beside the floors outside their tests.
const EXCEPTIONS: &[(&str, &str)] = &[("cli", "hospital"), ("bench", "hospital"), ("bench", "testkit")];

fn place(name: &str) -> Option<Place> {
    PLACES.iter().find(|(known, _)| *known == name).map(|(_, place)| *place)
}

/// Reads every manifest of the workspace.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let is_member = |file: &&File| file.path.ends_with("/Cargo.toml");
    tree.files.iter().filter(is_member).flat_map(check_manifest).collect()
}

fn check_manifest(file: &File) -> Vec<Finding> {
    let finding = |line, message| Finding::new("floors", &file.path, line, message);
    let Ok(manifest) = file.text.parse::<toml::Table>() else {
        return vec![finding(1, "is not TOML".to_string())];
    };
    let name = manifest.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
    let Some((name, of)) = name.and_then(|name| Some((name, place(name)?))) else {
        return vec![finding(1, "is on no floor: add it to xtask/src/tidy/floors.rs".to_string())];
    };
    let mut findings = Vec::new();
    for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let Some(dependencies) = manifest.get(section).and_then(toml::Value::as_table) else { continue };
        for dependency in dependencies.keys() {
            if let Some(why) = place(dependency).and_then(|on| refusal(name, of, dependency, on, section)) {
                findings.push(finding(line_of(&file.text, section, dependency), why));
            }
        }
    }
    findings
}

/// Why `name` may not depend on `dependency`, if it may not.
fn refusal(name: &str, of: Place, dependency: &str, on: Place, section: &str) -> Option<String> {
    if EXCEPTIONS.contains(&(name, dependency)) || (section == "dev-dependencies" && is_for_tests(dependency)) {
        return None;
    }
    match (of, on) {
        (Place::Floor(own), Place::Floor(its)) if its < own => None,
        (Place::Floor(own), Place::Floor(its)) => {
            Some(format!("{name} (floor {own}) may not depend on {dependency} (floor {its}): only on lower floors"))
        }
        (Place::Beside(ceiling), Place::Floor(its)) if its <= ceiling && name != "xtask" => None,
        (Place::Beside(_), Place::Floor(_)) => Some(format!("{name} may not depend on {dependency}")),
        (_, Place::Beside(_)) => {
            Some(format!("{dependency} is for development: {name} may have it in dev-dependencies at most"))
        }
    }
}

fn is_for_tests(dependency: &str) -> bool {
    ["testkit", "hospital"].contains(&dependency)
}

fn line_of(text: &str, section: &str, dependency: &str) -> usize {
    let header = format!("[{section}]");
    let lines = text.lines().enumerate().skip_while(|(_, line)| line.trim() != header);
    let names = |line: &str| line.split(['.', '=', ' ']).next() == Some(dependency);
    lines.skip(1).find(|(_, line)| names(line)).map_or(1, |(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    #[test]
    fn dependencies() {
        let check = |name: &str, section: &str, dependency: &str, expect: bool| {
            let text = format!("[package]\nname = \"{name}\"\n[{section}]\n{dependency}.workspace = true\n");
            let found = super::super::lines(super::check, &[("crates/x/Cargo.toml", &text)]);
            assert_eq!(found.is_empty(), expect, "{name} -> {dependency} in {section}");
            assert!(expect || found == ["crates/x/Cargo.toml:4"]);
        };
        check("engine", "dependencies", "store", true);
        check("engine", "dependencies", "serde", true);
        check("store", "dependencies", "engine", false);
        check("engine", "dependencies", "connectors", false);
        check("lang", "dependencies", "lang", false);
        check("store", "dependencies", "testkit", false);
        check("store", "dev-dependencies", "testkit", true);
        check("store", "dev-dependencies", "engine", false);
        check("cli", "dependencies", "hospital", true);
        check("engine", "dependencies", "hospital", false);
        check("testkit", "dependencies", "interface", true);
        check("testkit", "dependencies", "engine", false);
        check("hospital", "dependencies", "lang", false);
        check("xtask", "dependencies", "message", false);
        check("bench", "dependencies", "engine", true);
    }

    #[test]
    fn unknown_crate() {
        let found = super::super::lines(super::check, &[("crates/new/Cargo.toml", "[package]\nname = \"new\"\n")]);
        assert_eq!(found, ["crates/new/Cargo.toml:1"]);
    }
}
