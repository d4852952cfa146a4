//! Which values may be told: decided for a place before the first of its values is looked at.
//!
//! 1. Never: names, addresses, telephone numbers, identifiers, dates, numbers, texts, results, notes, rooms and beds.
//! 2. As codes: what the dictionary has as a code, that is the types ID and IS, and the codes and coding systems in CE, CWE,
//!    CNE and CF. A code of a table of the standard is told; another one when messages of enough patients have it, and no
//!    field that describes a person says the same in one of them.
//! 3. As codes when they are few: other short texts, outside of segments that describe persons, and where the name of the
//!    field does not speak of a person, an identifier or free text; fields of local segments too. All of their values
//!    are told or none is: at most [`FEW_MAX`], in [`FEW_VALUES_MIN`] values or more, each as in 2, none with a blank.

use crate::dictionary::{Datatype, Dictionary, Part, Version};
use crate::tree::Element;
use crate::{Message, dictionary};

/// Most different values of a place of the third kind.
pub const FEW_MAX: usize = 20;
/// Least values of a place of the third kind.
pub const FEW_VALUES_MIN: u64 = 30;

/// What may be told of the values of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listing {
    /// Nothing; what is below it may be coded.
    Never,
    /// Codes, of the table where it has one.
    Coded(Option<dictionary::Table>),
    /// Codes, when they are few.
    Few,
}

/// Segments that describe persons, or hold free text.
const PERSONS: &[&str] = &[
    "PID", "PD1", "NK1", "GT1", "IN1", "IN2", "IN3", "MRG", "ACC", "STF", "PRA", "CTD", "PRD", "ROL", "PDA", "FAM",
    "NTE", "ARV", "CER", "CON", "PRT", "TXA", "DB1", "PEO", "PES", "UB1", "UB2", "DSP", "URS", "QRD", "QRF", "QPD",
    "BPX", "BTX",
];

/// Words in the name of a field that speak of a person, an identifier or free text.
const TELLING: &[&str] = &[
    "name",
    "address",
    "phone",
    "number",
    "identif",
    "license",
    "account",
    "comment",
    "text",
    "description",
    "contact",
    "mail",
    "date",
    "time",
    "security",
    "note",
    "reason",
    "narrative",
    "person",
    "patient",
    "value",
    "location",
    "instruction",
];

/// Whether a name speaks of something to be kept back.
fn is_telling(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    TELLING.iter().any(|word| name.contains(word))
        || name.split(|c: char| !c.is_alphanumeric()).any(|word| word == "id")
}

/// Of a field.
pub(super) fn of_field(segment: &str, number: u16, part: Option<Part>) -> Listing {
    let is_person = PERSONS.contains(&segment);
    let is_result = matches!((segment, number), ("OBX", 5) | ("MFE", 4));
    match part {
        Some(part) if !is_result => of_type(part, is_person),
        Some(_) => Listing::Never,
        // A local segment, or behind the last field that the standard has.
        None if is_person || is_result => Listing::Never,
        None => Listing::Few,
    }
}

fn of_type(part: Part, is_person: bool) -> Listing {
    match part.type_name() {
        "ID" | "IS" => Listing::Coded(part.table()),
        // Their parts decide; the table is that of the first part.
        "CE" | "CWE" | "CNE" | "CF" => Listing::Coded(part.table()),
        "HD" => Listing::Coded(None),
        "ST" if !is_person && !is_telling(part.name()) => Listing::Few,
        _ => Listing::Never,
    }
}

/// Of a component or subcomponent, below a place.
pub(super) fn of_part(above: Listing, datatype: Option<Datatype>, number: u16, part: Option<Part>) -> Listing {
    let Some(datatype) = datatype else {
        // No type says what the parts are: below a local field they are as it is.
        return if above == Listing::Few { Listing::Few } else { Listing::Never };
    };
    let Some(part) = part else { return Listing::Never };
    match (datatype.id(), number) {
        ("CE" | "CWE" | "CNE" | "CF", 1) => above,
        ("CE" | "CWE" | "CNE" | "CF", 4) => Listing::Coded(None),
        ("CE" | "CWE" | "CNE" | "CF", 3 | 6) => Listing::Coded(part.table()),
        ("CE" | "CWE" | "CNE" | "CF", _) => Listing::Never,
        // County and census tract; room and bed.
        ("XAD" | "AD" | "SAD", 8..) => Listing::Never,
        _ if is_place_of_one(part.name()) => Listing::Never,
        ("HD", 1 | 2) => Listing::Coded(None),
        _ => match part.type_name() {
            "ID" | "IS" => Listing::Coded(part.table()),
            "HD" => Listing::Coded(None),
            "CE" | "CWE" => Listing::Coded(part.table()),
            _ => Listing::Never,
        },
    }
}

/// A room or a bed, which is one patient's at a time.
fn is_place_of_one(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.split(|letter: char| !letter.is_alphanumeric()).any(|word| matches!(word, "room" | "bed"))
}

/// Which parts of a type describe a person or are an identifier.
fn is_personal(datatype: &str, number: u16) -> bool {
    match datatype {
        "XPN" | "PN" | "XTN" | "TN" | "DLN" | "PPN" => true,
        "CX" | "CK" | "EI" => number == 1,
        "XCN" | "CN" => number <= 6,
        "XAD" | "AD" => matches!(number, 1 | 2 | 3 | 5),
        _ => false,
    }
}

/// Gives every text of a message that describes a person or is an identifier, as the standard of its version has it.
pub(super) fn identity(message: &Message, tell: &mut dyn FnMut(&str)) {
    let dictionary = Dictionary::of(Version::of(message).unwrap_or(Version::V2_5_1));
    for segment in message.segments() {
        let Some(rules) = dictionary.segment(segment.id()) else { continue };
        for (index, field) in segment.parts().enumerate().filter(|(_, field)| !field.is_empty()) {
            let number = index as u16 + 1;
            let Some(part) = rules.field(number) else { continue };
            let is_whole = matches!((segment.id(), number), ("PID", 2 | 19 | 20 | 23) | ("NK1", 37) | ("GT1", 12));
            for repetition in field.parts() {
                parts(repetition, part.type_name(), is_whole, tell);
            }
        }
    }
}

fn parts(repetition: Element<'_>, datatype: &str, is_whole: bool, tell: &mut dyn FnMut(&str)) {
    for (index, component) in repetition.parts().enumerate() {
        if component.is_empty() || !(is_whole || is_personal(datatype, index as u16 + 1)) {
            continue;
        }
        component.parts().filter(|inner| !inner.is_empty()).for_each(|inner| tell(&inner.text()));
    }
}
