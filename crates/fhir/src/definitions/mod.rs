//! The definitions of FHIR R4 (4.0.1): types, elements, bindings, constraints, value sets, code systems, the profiles and
//! extensions of the standard itself, search parameters; as facts.
//!
//! Owns one embedded file ([the format](../../../../docs/spec/fhir-definitions-format.md)), made by `cargo xtask gen fhir`.
//! Promises: no lookup allocates or fails; every answer borrows from the file for ever; a type is found by binary search,
//! an element below another by one look into a table.
//! Never: a judgement of a resource , and no prose of the standard beyond a line an element.
//!
//! ```
//! use fhir::definitions::{self, Membership, Strength, Type};
//!
//! let patient = Type::named("Patient").expect("R4 has it");
//! let given = patient.child("name").and_then(|name| name.child("given")).expect("R4 has it");
//! assert_eq!((given.type_name(), given.element().is_repeating()), ("string", true));
//!
//! // A choice is `value` in a path, and `valueQuantity` in JSON.
//! let observation = Type::named("Observation").expect("R4 has it");
//! assert!(observation.child("value").is_some_and(|value| value.is_open()));
//! assert_eq!(observation.property("valueQuantity").map(|value| value.type_name()), Some("Quantity"));
//!
//! let gender = definitions::element("Patient.gender").expect("R4 has it").element().binding().expect("it is bound");
//! assert_eq!(gender.strength(), Strength::Required);
//! let codes = gender.value_set().expect("R4 has it");
//! assert_eq!(codes.contains_code("female"), Membership::In);
//! assert_eq!(codes.code("female").map(|code| code.display), Some("Female"));
//! ```

mod elements;
mod file;
mod profiles;
mod search;
mod similar;
mod terminology;
mod types;

#[cfg(test)]
mod tests;

pub use elements::{Binding, Constraint, Element, Member, Strength, TypeReference};
pub use profiles::Profile;
pub use search::{SearchKind, SearchParameter};
pub use similar::{closest, similar_child, similar_type};
pub use terminology::{Code, CodeSystem, Membership, ValueSet};
pub use types::{Kind, Primitive, Type};

use file::Section;

/// What the URLs of the structure definitions of R4 begin with.
pub const CORE: &str = "http://hl7.org/fhir/StructureDefinition/";

/// The package that the facts were taken from: registry and name, version, SHA-256.
#[must_use]
pub fn source() -> (&'static str, &'static str, &'static str) {
    let at = file::row(Section::Sources, 0);
    (file::text(at), file::text(at + 4), file::text(at + 8))
}

/// Bytes of the embedded file.
#[must_use]
pub fn size_bytes() -> usize {
    file::FILE.len()
}

/// A canonical URL without the version behind `|`.
#[must_use]
pub fn unversioned(url: &str) -> &str {
    url.split_once('|').map_or(url, |(url, _)| url)
}

/// The element at a path from a type: `Patient.name.given`, `Observation.value[x]`, `Observation.valueQuantity.unit`.
/// Types are followed; `[x]` may be left out. A path that is a type alone gives its root.
#[must_use]
pub fn element(path: &str) -> Option<Member> {
    let mut parts = path.split('.');
    let start = Type::named(parts.next()?)?.root().member();
    parts.try_fold(start, |at, part| {
        let name = part.strip_suffix("[x]").unwrap_or(part);
        at.child(name).or_else(|| at.property(name))
    })
}
