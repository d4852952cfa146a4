//! Profiles and extensions: what can be looked up of them, and their rules as a small structure definition, which is
//! compiled like one from a package that the user brings.

use super::read::{list, text};
use super::rows::{NONE, Section, Strings};
use super::structures::Structures;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const IS_MODIFIER: u8 = 1;
const IS_COMPLEX: u8 = 2;

/// Properties of an element that say nothing to a validator.
const PROSE: [&str; 13] = [
    "definition",
    "comment",
    "requirements",
    "alias",
    "mapping",
    "example",
    "base",
    "meaningWhenMissing",
    "isModifierReason",
    "isSummary",
    "orderMeaning",
    "label",
    "short",
];

pub(super) fn rows(
    profiles: &BTreeMap<String, Value>,
    structures: &mut Structures,
    strings: &mut Strings,
) -> Result<Section, String> {
    let mut out = Section::default();
    for (url, definition) in profiles {
        let elements = definition.get("snapshot").map(|snapshot| list(snapshot, "element")).unwrap_or_default();
        let is_extension = text(definition, "type") == "Extension";
        let root = elements.first().cloned().unwrap_or_default();
        let flag = |name: &str| root.get(name) == Some(&Value::Bool(true));
        let is_complex = elements.iter().any(|element| text(element, "path") == "Extension.extension.url");
        let value = elements.iter().find(|element| text(element, "path") == "Extension.value[x]");
        let value = value.filter(|element| is_extension && text(element, "max") != "0");
        let mut types = Vec::new();
        for found in value.map(|element| list(element, "type")).unwrap_or_default() {
            types.push(structures.type_rows.get(text(found, "code")).copied().unwrap_or(NONE));
        }
        let first = structures.lists.add_numbers(&types)?;
        let kind = structures.type_rows.get(text(definition, "type")).copied().unwrap_or(NONE);
        let contexts: Vec<&str> = list(definition, "context").iter().map(|found| text(found, "expression")).collect();
        let flags = if flag("isModifier") { IS_MODIFIER } else { 0 } + if is_complex { IS_COMPLEX } else { 0 };
        out.row(&[
            &strings.add(url),
            &strings.add(text(definition, "title")),
            &strings.add(&contexts.join(" ")),
            &strings.add(&stripped(definition).to_string()),
            &kind.to_le_bytes(),
            &first.to_le_bytes(),
            &[types.len().min(255) as u8, flags, 0, 0],
        ]);
    }
    Ok(out)
}

/// The definition without its prose: what a profile says on top of its base.
fn stripped(definition: &Value) -> Value {
    let mut out = Map::new();
    out.insert("resourceType".into(), json!("StructureDefinition"));
    for name in ["url", "name", "kind", "abstract", "type", "baseDefinition", "derivation"] {
        if let Some(value) = definition.get(name) {
            out.insert(name.into(), value.clone());
        }
    }
    let elements = definition.get("differential").map(|differential| list(differential, "element"));
    let elements: Vec<Value> = elements.unwrap_or_default().iter().map(element).collect();
    out.insert("differential".into(), json!({ "element": elements }));
    Value::Object(out)
}

fn element(found: &Value) -> Value {
    let mut out = found.clone();
    if let Value::Object(fields) = &mut out {
        PROSE.iter().for_each(|name| {
            fields.remove(*name);
        });
        clean(fields.get_mut("binding"), &["description"]);
        for constraint in fields.get_mut("constraint").and_then(Value::as_array_mut).into_iter().flatten() {
            clean(Some(constraint), &["xpath", "source", "requirements"]);
        }
    }
    out
}

fn clean(value: Option<&mut Value>, names: &[&str]) {
    if let Some(Value::Object(fields)) = value {
        names.iter().for_each(|name| {
            fields.remove(*name);
        });
        fields.retain(|name, value| name != "extension" || value.to_string().contains("maxValueSet"));
    }
}
