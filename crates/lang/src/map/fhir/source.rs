//! What the standard says of a place in a message: its data type, and whether it repeats.
//!
//! Maps are written for all versions at once, so the newest version that has the field answers; one from which it was
//! withdrawn answers only when no other has it.

use crate::{
    codes,
    path::ReadPath,
    scope::{Bound, Scope},
};
use hl7v2::{
    dictionary::{Datatype, Dictionary, Part, Usage, Version},
    path::{Index, Member},
};
use message::Diagnostic;

/// Types whose first component is the code and whose third is its system: one map serves them all.
const CODED: [&str; 5] = ["CWE", "CNE", "CE", "CF", "IS"];
/// Codes without parts.
const PLAIN_CODES: [&str; 2] = ["ID", "IS"];

/// The type of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SourceType {
    /// `CX`; `varies` where another field says it (OBX-5); `""` where nobody knows (Z segments).
    pub(crate) name: &'static str,
    /// The path names several values: a field that repeats and no index, or `[*]`.
    pub(crate) repeats: bool,
}

impl SourceType {
    /// A type with parts that somebody knows.
    pub(crate) fn is_composite(self) -> bool {
        datatype(self.name).is_some_and(|found| !found.is_primitive())
    }
    /// Its first component is a code.
    pub(crate) fn is_coded(self) -> bool {
        CODED.contains(&self.name) || PLAIN_CODES.contains(&self.name) || self.is_free() || self.name == "ST"
    }
    /// Nobody knows the type, so that a line has to say what it is.
    pub(crate) fn is_free(self) -> bool {
        self.name.is_empty() || self.name == "varies"
    }
    /// A value of this type can be given to a shared map for `wanted`.
    pub(crate) fn fits(self, wanted: &str) -> bool {
        let is_coded = |name: &str| CODED.contains(&name) || PLAIN_CODES.contains(&name) || name == "ST";
        // A text is a value of any type that has only its first component.
        self.is_free()
            || self.name == wanted
            || is_coded(wanted) && is_coded(self.name)
            || self.name == "TS" && wanted == "DTM"
            || !self.is_composite() && datatype(wanted).is_some()
    }
    /// The types under which a shared map may be found for it, the nearest first.
    pub(crate) fn candidates(self) -> impl Iterator<Item = &'static str> {
        let is_coded = CODED.contains(&self.name) || PLAIN_CODES.contains(&self.name);
        let also: &[&str] = if is_coded { &CODED[..] } else { &[] };
        std::iter::once(self.name).chain(also.iter().copied().filter(move |name| *name != self.name))
    }
}

/// A data type by name, in the newest version that has it.
pub(crate) fn datatype(name: &str) -> Option<Datatype> {
    Version::ALL.into_iter().rev().find_map(|version| Dictionary::of(version).datatype(name))
}

/// The part of that number: newest version first, withdrawn ones last.
fn newest(find: impl Fn(Dictionary) -> Option<Part>) -> Option<Part> {
    let versions = || Version::ALL.into_iter().rev().filter_map(|version| find(Dictionary::of(version)));
    let is_alive =
        |part: &Part| part.usage() != Usage::Withdrawn && (part.datatype().is_some() || part.type_name() == "varies");
    versions().find(is_alive).or_else(|| versions().next())
}

/// A field in the newest version.
pub(crate) fn field(segment: [u8; 3], number: u16) -> Option<Part> {
    let id = std::str::from_utf8(&segment).ok()?;
    newest(|dictionary| dictionary.segment(id)?.field(number))
}

/// A component in the newest version.
fn component(name: &str, number: u16) -> Option<Part> {
    newest(|dictionary| dictionary.datatype(name)?.component(number))
}

/// The most components that a type has in any version.
fn component_count(name: &str) -> u16 {
    let counts = Version::ALL.into_iter().filter_map(|version| Dictionary::of(version).datatype(name));
    counts.map(Datatype::component_count).max().unwrap_or(0)
}

/// The type of what a path reads; an error where the standard has no such part.
pub(crate) fn type_of(path: &ReadPath, scope: &Scope<'_>) -> Result<SourceType, Box<Diagnostic>> {
    match path {
        ReadPath::Message(path) | ReadPath::Within { path, .. } => {
            let several = matches!(path.occurrence, Index::All);
            let found = of_member(path.segment, &path.member)?;
            Ok(SourceType { repeats: found.repeats || several, ..found })
        }
        ReadPath::Bound { slot, member } => {
            let binding = scope.names.iter().rev().find(|binding| binding.slot == *slot);
            match binding.map(|binding| binding.bound) {
                Some(Bound::Segment(id)) => of_member(id, member),
                Some(Bound::Repetition(id, number)) => {
                    let name = field(id, number).map_or("", Part::type_name);
                    inside(name, member)
                }
                Some(Bound::Datatype(name)) => inside(name, member),
                Some(Bound::Group(_) | Bound::Element(_) | Bound::Place(_)) | None => {
                    Ok(SourceType { name: "", repeats: false })
                }
            }
        }
        ReadPath::Element(_) => Ok(SourceType { name: "", repeats: false }),
        // Of a place in another format only its text is known.
        ReadPath::Place(path) => Ok(SourceType { name: "ST", repeats: path.repeats || path.is_list }),
        ReadPath::Now => Ok(SourceType { name: "DTM", repeats: false }),
    }
}

/// Fields that go on behind the last one of the standard: the parameters of a query, the columns of a row.
fn successive(segment: [u8; 3], number: u16) -> Option<Part> {
    let last = match &segment {
        b"QPD" => 3,
        b"RDT" => 1,
        _ => return None,
    };
    field(segment, last).filter(|_| number > last)
}

fn of_member(segment: [u8; 3], member: &Member) -> Result<SourceType, Box<Diagnostic>> {
    let Some((number, index)) = &member.field else { return Ok(SourceType { name: "", repeats: false }) };
    let id = String::from_utf8_lossy(&segment).into_owned();
    if id.starts_with('Z') {
        return Ok(SourceType { name: "", repeats: *index == Index::All });
    }
    let Some(part) = field(segment, *number).or_else(|| successive(segment, *number)) else {
        let most = Version::ALL.into_iter().filter_map(|version| Dictionary::of(version).segment(&id));
        let most = most.map(hl7v2::dictionary::Segment::field_count).max();
        let Some(most) = most else { return Ok(SourceType { name: "", repeats: false }) };
        let what = format!("`{id}` has {most} fields in the standard, not {number}");
        return Err(Box::new(Diagnostic::error(codes::E2340, what)));
    };
    let found = inside(part.type_name(), member)?;
    let repeats = match index {
        Index::All => true,
        Index::Unsaid => part.is_repeating(),
        Index::At(_) | Index::Where(_) | Index::Append => false,
    };
    Ok(SourceType { repeats, ..found })
}

/// The type of a component or subcomponent of a type.
fn inside(name: &'static str, member: &Member) -> Result<SourceType, Box<Diagnostic>> {
    let mut at = SourceType { name, repeats: false };
    for number in [member.component, member.subcomponent].into_iter().flatten() {
        at.name = step(at.name, number)?;
    }
    Ok(at)
}

pub(crate) fn step(name: &'static str, number: u16) -> Result<&'static str, Box<Diagnostic>> {
    let known = datatype(name);
    match (known, component(name, number)) {
        (_, Some(part)) => Ok(part.type_name()),
        (None, None) => Ok(""),
        // What was simple in one version has parts in another; its first component is itself.
        (Some(found), None) if found.is_primitive() && number == 1 => Ok(name),
        (Some(found), None) if found.is_primitive() => {
            let what = format!("{name} ({}) has no components", found.name());
            Err(Box::new(Diagnostic::error(codes::E2340, what)))
        }
        (Some(found), None) => {
            let most = component_count(name);
            let what = format!("{name} ({}) has {most} components, not {number}", found.name());
            Err(Box::new(Diagnostic::error(codes::E2340, what)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Tables,
        path::{Found, resolve},
    };

    #[test]
    fn types() {
        let tables = Tables::default();
        let scope = Scope::new(&tables);
        let check = |path: &str, expect: Result<(&str, bool), &str>| {
            let Found::Path(read, _) = resolve(path, &scope) else { panic!("{path}") };
            let found = type_of(&read, &scope);
            let found = found.as_ref().map(|found| (found.name, found.repeats)).map_err(|finding| &*finding.message);
            assert_eq!(found, expect, "{path}");
        };
        check("PID-3", Ok(("CX", true)));
        check("PID-3[1]", Ok(("CX", false)));
        check("PID-3[.5=MR].4", Ok(("HD", false)));
        check("PID-3.4.2", Ok(("ST", true)));
        check("PID-8", Ok(("CWE", false)));
        check("PID-8.1", Ok(("ST", false)));
        check("OBX-5", Ok(("varies", true)));
        check("OBX-5.2", Ok(("", true)));
        check("ZPD-4.9", Ok(("", false)));
        check("PID-99", Err("`PID` has 40 fields in the standard, not 99"));
        check("PID-3.40", Err("CX (Extended composite id with check digit) has 12 components, not 40"));
        check("PID-3.1.1", Ok(("ST", true)));
        check("QPD-9[1]", Ok(("varies", false)));
        check("PID-3.1.2", Err("ST (String Data) has no components"));
    }

    #[test]
    fn what_fits() {
        let of = |name| SourceType { name, repeats: false };
        assert!(of("CE").fits("CWE") && of("IS").fits("CWE") && of("ST").fits("CX") && of("TS").fits("DTM"));
        assert!(!of("XPN").fits("CX") && of("varies").fits("SN"));
        assert_eq!(of("CE").candidates().collect::<Vec<_>>(), ["CE", "CWE", "CNE", "CF", "IS"]);
        assert_eq!(of("CX").candidates().collect::<Vec<_>>(), ["CX"]);
    }
}
