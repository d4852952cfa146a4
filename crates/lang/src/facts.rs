//! What the standards say of the places that lines name: fields of HL7 v2, elements of FHIR R4. For pages and editors.

use crate::coverage::without_indexes;
use fhir::definitions::{self, Member, Type};
use hl7v2::{
    Path,
    dictionary::{Datatype, Dictionary, Part, Table, Version},
};

/// A place of HL7 v2, looked up.
#[derive(Clone, Debug)]
pub struct Field {
    /// The names on the way: `Patient Name: Given Name`.
    pub name: String,
    /// The data type of the last part: `ST`.
    pub datatype: &'static str,
    /// The table that its codes are of.
    pub table: Option<Table>,
}

/// What HL7 v2 says of a place, `PID-5.2` or `CX.4`: in this version, or in the newest that has it.
#[must_use]
pub fn field(place: &str, version: Version) -> Option<Field> {
    let parts = parts_of(place, version)?;
    let names: Vec<&str> = parts.iter().map(|part| part.name()).collect();
    let last = parts.last()?;
    Some(Field { name: names.join(": "), datatype: last.type_name(), table: last.table() })
}

/// The data type of a place, or of that name.
#[must_use]
pub fn datatype(place: &str, version: Version) -> Option<Datatype> {
    match parts_of(place, version) {
        Some(parts) => parts.last()?.datatype(),
        None => Dictionary::of(version).datatype(place),
    }
}

/// What HL7 v2 calls a segment.
#[must_use]
pub fn segment(id: &str, version: Version) -> Option<&'static str> {
    versions(version).find_map(|version| Dictionary::of(version).segment(id)).map(|segment| segment.name())
}

fn versions(first: Version) -> impl Iterator<Item = Version> {
    std::iter::once(first).chain(Version::ALL.into_iter().rev())
}

fn parts_of(place: &str, version: Version) -> Option<Vec<Part>> {
    let plain = without_indexes(place);
    versions(version).find_map(|version| {
        let dictionary = Dictionary::of(version);
        let (first, below): (Part, Vec<u16>) = match Path::parse(&plain) {
            Ok(path) if path.member.field.is_some() => {
                let (number, _) = path.member.field?;
                let field = dictionary.segment(&String::from_utf8_lossy(&path.segment))?.field(number)?;
                (field, [path.member.component, path.member.subcomponent].into_iter().flatten().collect())
            }
            Ok(_) | Err(_) => {
                let mut words = plain.split('.');
                let kind = dictionary.datatype(words.next()?)?;
                let numbers: Option<Vec<u16>> = words.map(|word| word.parse().ok()).collect();
                let (first, below) =
                    numbers.as_deref()?.split_first().map(|(first, below)| (*first, below.to_vec()))?;
                (kind.component(first)?, below)
            }
        };
        below.into_iter().try_fold(vec![first], |mut parts, number| {
            let next = parts.last()?.datatype()?.component(number)?;
            parts.push(next);
            Some(parts)
        })
    })
}

/// The element of FHIR R4 that a target names, from the type that its section fills; `None` for an extension, whose name is
/// all that is known.
#[must_use]
pub fn element(section: &str, target: &str) -> Option<Member> {
    let start = match section.split_once('.') {
        Some(_) => definitions::element(section)?,
        None => Type::named(section)?.root().member(),
    };
    parts(target).iter().try_fold(start, |at, (name, choice)| {
        let found = at.child(name).or_else(|| at.property(name))?;
        match choice.and_then(Type::named) {
            Some(kind) => Some(found.element().choose(kind).unwrap_or(found)),
            None => Some(found),
        }
    })
}

/// Names on the way, each with what stands in brackets: `value[Quantity].unit`.
fn parts(target: &str) -> Vec<(&str, Option<&str>)> {
    let mut out = Vec::new();
    let mut rest = target;
    while !rest.is_empty() {
        let end = rest.find(['.', '[', '(']).unwrap_or(rest.len());
        let (name, mut behind) = rest.split_at(end);
        let mut choice = None;
        while let Some(open) = behind.chars().next().filter(|open| matches!(open, '[' | '(')) {
            let close = if open == '[' { ']' } else { ')' };
            let Some(at) = behind.find(close) else { return out };
            if open == '[' {
                choice = behind.get(1..at);
            }
            behind = behind.get(at + 1..).unwrap_or("");
        }
        out.push((name, choice));
        rest = behind.strip_prefix('.').unwrap_or(behind);
    }
    out
}

/// A target without what says which item: `Patient.identifier[mr].value` as `Patient.identifier.value`.
#[must_use]
pub fn plain(section: &str, target: &str) -> String {
    let mut out = section.to_owned();
    for (name, choice) in parts(target) {
        out.push('.');
        out.push_str(name);
        if let Some(kind) = choice.filter(|kind| Type::named(kind).is_some()) {
            let mut letters = kind.chars();
            out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
            out.push_str(letters.as_str());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_names() {
        let check = |place: &str, expect: &str| {
            let found = field(place, Version::V2_5_1).map(|field| format!("{} {}", field.name, field.datatype));
            assert_eq!(found.unwrap_or_default(), expect, "{place}");
        };
        check("PID-5[1].2", "Patient Name: Given Name ST");
        check("PID-3[.5=MR].4.1", "Patient Identifier List: Assigning Authority: Namespace ID IS");
        check("CX.5", "Identifier Type Code ID");
        check("ZPD-1", "");
        assert_eq!(segment("PID", Version::V2_5_1), Some("Patient Identification"));
    }

    #[test]
    fn targets_are_elements() {
        let check = |section: &str, target: &str, expect: &str| {
            let found = element(section, target).map(|found| format!("{} {}", found.element(), found.type_name()));
            assert_eq!(found.unwrap_or_default(), expect, "{target}");
        };
        check("Patient", "identifier[mr].value", "Identifier.value string");
        check("Patient", "multipleBirth[integer]", "Patient.multipleBirth[x] integer");
        check("Patient.contact", "relationship", "Patient.contact.relationship CodeableConcept");
        check("Patient", "extension(patient-religion).valueCodeableConcept", "Extension.value[x] CodeableConcept");
        check("Patient", "nobody", "");
        assert_eq!(plain("Patient", "multipleBirth[integer]"), "Patient.multipleBirthInteger");
        assert_eq!(plain("Patient", "identifier[mr].value"), "Patient.identifier.value");
    }
}
