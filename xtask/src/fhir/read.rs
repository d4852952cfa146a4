//! Reads the package: bundles of definitions, by kind.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What the file is made from.
pub(super) struct Sources {
    /// Structure definitions of types and resources, by name.
    pub(super) types: BTreeMap<String, Value>,
    /// Profiles and extensions, by URL.
    pub(super) profiles: BTreeMap<String, Value>,
    /// By URL.
    pub(super) code_systems: BTreeMap<String, Value>,
    /// By URL.
    pub(super) value_sets: BTreeMap<String, Value>,
    pub(super) search_parameters: Vec<Value>,
}

impl Sources {
    pub(super) fn read(folder: &Path) -> Result<Sources, String> {
        let mut out = Sources {
            types: BTreeMap::new(),
            profiles: BTreeMap::new(),
            code_systems: BTreeMap::new(),
            value_sets: BTreeMap::new(),
            search_parameters: bundle(folder, "search-parameters.json")?,
        };
        for file in ["profiles-types", "profiles-resources", "profiles-others", "extension-definitions"] {
            for found in bundle(folder, &format!("{file}.json"))? {
                out.structure(found);
            }
        }
        for file in ["v2-tables", "v3-codesystems", "valuesets"] {
            for found in bundle(folder, &format!("{file}.json"))? {
                let url = text(&found, "url").to_string();
                match text(&found, "resourceType") {
                    "CodeSystem" => out.code_systems.insert(url, found),
                    "ValueSet" => out.value_sets.insert(url, found),
                    _ => None,
                };
            }
        }
        Ok(out)
    }

    fn structure(&mut self, found: Value) {
        if text(&found, "resourceType") != "StructureDefinition" || text(&found, "kind") == "logical" {
            return;
        }
        match text(&found, "derivation") {
            "constraint" => self.profiles.insert(text(&found, "url").to_string(), found),
            _ => self.types.insert(text(&found, "name").to_string(), found),
        };
    }
}

fn bundle(folder: &Path, name: &str) -> Result<Vec<Value>, String> {
    let path = folder.join(name);
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let bundle: Value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let entries = bundle.get("entry").and_then(Value::as_array).ok_or_else(|| format!("{name}: no entries"))?;
    Ok(entries.iter().filter_map(|entry| entry.get("resource").cloned()).collect())
}

/// A text property; empty where there is none.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// An array property; empty where there is none.
pub(super) fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The last part of a URL, without its version.
pub(super) fn tail(url: &str) -> &str {
    let url = url.split('|').next().unwrap_or_default();
    url.rsplit('/').next().unwrap_or_default()
}

/// A canonical URL without its version.
pub(super) fn unversioned(url: &str) -> &str {
    url.split('|').next().unwrap_or_default()
}

/// The value of an extension.
pub(super) fn extension<'v>(value: &'v Value, name: &str, key: &str) -> &'v str {
    let found = list(value, "extension").iter().find(|extension| tail(text(extension, "url")) == name);
    found.map(|extension| text(extension, key)).unwrap_or_default()
}
