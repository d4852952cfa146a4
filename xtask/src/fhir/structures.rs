//! Types, their elements and constraints.

use super::read::{Sources, extension, list, tail, text, unversioned};
use super::rows::{NONE, Runs, Section, Strings, narrow, short};
use super::{members, write::Writer};
use serde_json::Value;
use std::collections::HashMap;

/// What the package adds to R4 for its own server.
pub(super) const ADDED: [&str; 4] = ["Meta.project", "Meta.author", "Meta.account", "Binary.url"];

/// Flags of an element.
const CHOICE: u16 = 1;
const MODIFIER: u16 = 2;
const SUMMARY: u16 = 4;
const ATTRIBUTE: u16 = 8;

/// An element as far as members need it.
pub(super) struct Known {
    pub(super) parent: u16,
    pub(super) name: String,
    pub(super) is_choice: bool,
    /// Names of its types.
    pub(super) types: Vec<String>,
}

/// Types, elements and what they refer to.
#[derive(Default)]
pub(super) struct Structures {
    pub(super) types: Section,
    pub(super) elements: Section,
    pub(super) references: Runs,
    pub(super) lists: Runs,
    pub(super) constraints: Runs,
    pub(super) known: Vec<Known>,
    pub(super) type_rows: HashMap<String, u16>,
    pub(super) profile_rows: HashMap<String, u16>,
    pub(super) value_set_rows: HashMap<String, u16>,
}

/// The elements of a definition that are part of R4, in order.
fn elements(definition: &Value) -> Vec<&Value> {
    let all = definition.get("snapshot").map(|snapshot| list(snapshot, "element")).unwrap_or_default();
    let is_primitive = text(definition, "kind") == "primitive-type";
    let is_ours = |element: &&Value| {
        let path = text(element, "path");
        !(ADDED.contains(&path) || is_primitive && path.ends_with(".value"))
    };
    all.iter().filter(is_ours).collect()
}

impl Structures {
    pub(super) fn add(&mut self, sources: &Sources, strings: &mut Strings) -> Result<(), String> {
        for (row, name) in sources.types.keys().enumerate() {
            self.type_rows.insert(name.clone(), narrow(row)?);
        }
        for (row, url) in sources.profiles.keys().enumerate() {
            self.profile_rows.insert(url.clone(), narrow(row)?);
        }
        let mut primitives = 0;
        for (name, definition) in &sources.types {
            let root = narrow(self.elements.rows)?;
            self.add_elements(definition, strings).map_err(|error| format!("{name}: {error}"))?;
            let kind = match text(definition, "kind") {
                "primitive-type" => 0_u8,
                "complex-type" => 1,
                _ => 2,
            };
            let base = self.type_rows.get(tail(text(definition, "baseDefinition"))).copied().unwrap_or(NONE);
            primitives += u8::from(kind == 0);
            let primitive = if kind == 0 { primitives } else { 0 };
            let is_abstract = definition.get("abstract") == Some(&Value::Bool(true));
            let regex = regex(definition).trim();
            self.types.row(&[
                &strings.add(name),
                &strings.add(regex),
                &base.to_le_bytes(),
                &root.to_le_bytes(),
                &[kind, u8::from(is_abstract), primitive, 0],
            ]);
        }
        Ok(())
    }

    fn add_elements(&mut self, definition: &Value, strings: &mut Strings) -> Result<(), String> {
        let elements = elements(definition);
        let owner = self.type_rows[text(definition, "name")];
        let first = self.elements.rows;
        let paths: Vec<&str> = elements.iter().map(|element| text(element, "path")).collect();
        let place = |path: &str| paths.iter().position(|known| *known == path).map(|at| first + at);
        for (at, element) in elements.iter().enumerate() {
            let path = paths[at];
            let parent = path.rsplit_once('.').and_then(|(parent, _)| place(parent)).unwrap_or(first + at);
            let inside = format!("{path}.");
            let size = 1 + paths[at + 1..].iter().take_while(|path| path.starts_with(&inside)).count();
            let reference = match text(element, "contentReference").trim_start_matches('#') {
                "" => NONE,
                wanted => narrow(place(wanted).ok_or_else(|| format!("{path}: no {wanted}"))?)?,
            };
            self.add_element(element, owner, narrow(parent)?, narrow(size)?, reference, strings)?;
        }
        Ok(())
    }

    fn add_element(
        &mut self,
        element: &Value,
        owner: u16,
        parent: u16,
        size: u16,
        reference: u16,
        strings: &mut Strings,
    ) -> Result<(), String> {
        let path = text(element, "path");
        let last = path.rsplit('.').next().unwrap_or_default();
        let name = last.trim_end_matches("[x]");
        let is_attribute = list(element, "representation").iter().any(|found| found == "xmlAttr");
        let flag = |name: &str, bit: u16| if element.get(name) == Some(&Value::Bool(true)) { bit } else { 0 };
        let flags = if last.ends_with("[x]") { CHOICE } else { 0 }
            | flag("isModifier", MODIFIER)
            | flag("isSummary", SUMMARY)
            | if is_attribute { ATTRIBUTE } else { 0 };
        let (types, first) = self.type_references(element)?;
        let (strength, value_set, greatest) = self.binding(element)?;
        let (constraints, count) = self.constraint_list(element, strings)?;
        let max = match text(element, "max") {
            "*" => NONE,
            number => number.parse().map_err(|_| format!("{path}: max {number}"))?,
        };
        let min = element.get("min").and_then(Value::as_u64).unwrap_or(0) as u16;
        self.elements.row(&[
            &strings.add(name),
            &strings.add(text(element, "short")),
            &parent.to_le_bytes(),
            &size.to_le_bytes(),
            &min.to_le_bytes(),
            &max.to_le_bytes(),
            &flags.to_le_bytes(),
            &first.to_le_bytes(),
            &[short(types.len())?, strength],
            &value_set.to_le_bytes(),
            &greatest.to_le_bytes(),
            &constraints.to_le_bytes(),
            &[count, 0],
            &reference.to_le_bytes(),
            &owner.to_le_bytes(),
            &[0, 0],
        ]);
        self.known.push(Known { parent, name: name.to_string(), is_choice: flags & CHOICE != 0, types });
        Ok(())
    }

    /// Names of the types of an element, and the first row of their references.
    fn type_references(&mut self, element: &Value) -> Result<(Vec<String>, u16), String> {
        let mut names = Vec::new();
        let mut rows = Vec::new();
        for found in list(element, "type") {
            let name = type_name(element, found);
            let row = self.type_rows.get(name).copied().ok_or_else(|| format!("no type {name}"))?;
            let targets: Vec<u16> = list(found, "targetProfile")
                .iter()
                .filter_map(Value::as_str)
                .filter_map(|url| self.type_rows.get(tail(url)).copied())
                .collect();
            let profile = list(found, "profile").first().and_then(Value::as_str).map(unversioned);
            let profile = profile.and_then(|url| self.profile_rows.get(url)).copied().unwrap_or(NONE);
            let first = self.lists.add_numbers(&targets)?;
            let count = short(targets.len())?;
            names.push(name.to_string());
            rows.push([&row.to_le_bytes()[..], &first.to_le_bytes(), &[count, 0], &profile.to_le_bytes()].concat());
        }
        Ok((names, narrow(self.references.add(rows))?))
    }

    /// Strength, value set, and the set that must hold even where the other one is only preferred.
    fn binding(&self, element: &Value) -> Result<(u8, u16, u16), String> {
        let Some(binding) = element.get("binding") else { return Ok((0, NONE, NONE)) };
        let strength = match text(binding, "strength") {
            "example" => 1,
            "preferred" => 2,
            "extensible" => 3,
            "required" => 4,
            other => return Err(format!("{}: binding {other}", text(element, "path"))),
        };
        let row = |url: &str| self.value_set_rows.get(unversioned(url)).copied().unwrap_or(NONE);
        let greatest = extension(binding, "elementdefinition-maxValueSet", "valueCanonical");
        Ok((strength, row(text(binding, "valueSet")), row(greatest)))
    }

    fn constraint_list(&mut self, element: &Value, strings: &mut Strings) -> Result<(u16, u8), String> {
        let mut rows = Vec::new();
        for constraint in list(element, "constraint") {
            let expression = text(constraint, "expression");
            if expression.is_empty() {
                continue;
            }
            let row = [
                &strings.add(text(constraint, "key"))[..],
                &strings.add(text(constraint, "human")),
                &strings.add(expression),
                &[u8::from(text(constraint, "severity") == "error"), 0, 0, 0],
            ];
            rows.push(narrow(self.constraints.add(vec![row.concat()]))?);
        }
        Ok((self.lists.add_numbers(&rows)?, short(rows.len())?))
    }

    /// Adds the table that finds an element by its parent and its name.
    pub(super) fn members(&self) -> Result<Section, String> {
        members::table(&self.known)
    }
}

/// The name of a type of an element. Types of FHIRPath stand where a primitive of FHIR is meant; an extension says
/// which, but for the id of a resource it says `string` where R4 means `id`.
fn type_name<'v>(element: &'v Value, found: &'v Value) -> &'v str {
    let code = text(found, "code");
    if !code.starts_with("http://hl7.org/fhirpath/") {
        return code;
    }
    if element.get("base").map(|base| text(base, "path")) == Some("Resource.id") {
        return "id";
    }
    match extension(found, "structuredefinition-fhir-type", "valueUrl") {
        "" => "string",
        name => name,
    }
}

/// The regular expression of a primitive type.
fn regex(definition: &Value) -> &str {
    let all = definition.get("snapshot").map(|snapshot| list(snapshot, "element")).unwrap_or_default();
    let value = all.iter().find(|element| text(element, "path").ends_with(".value"));
    let found = value.and_then(|element| list(element, "type").first());
    found.map(|found| extension(found, "regex", "valueString")).unwrap_or_default()
}

/// Rows that others number.
impl Writer {
    pub(super) fn number_value_sets(&mut self, sources: &Sources) -> Result<(), String> {
        for (row, url) in sources.value_sets.keys().enumerate() {
            self.structures.value_set_rows.insert(url.clone(), narrow(row)?);
        }
        Ok(())
    }
}
