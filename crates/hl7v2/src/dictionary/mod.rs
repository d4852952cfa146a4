//! The dictionary: what HL7 v2.1 to v2.9 say of segments, fields, data types, tables, message structures and trigger
//! events, as facts.
//!
//! Owns one embedded file ([the format](../../../../docs/spec/dictionary-format.md)), made by `cargo xtask gen dictionary`.
//! Promises: no lookup allocates or fails, only the search by words allocates; every answer borrows from the file for ever; names are found by binary
//! search, everything below them by number.
//! Never: a judgement of a message, and no prose of the standard.
//!
//! ```
//! use hl7v2::dictionary::{Dictionary, Usage, Version};
//!
//! let dictionary = Dictionary::of(Version::V2_5_1);
//! let names = dictionary.segment("PID").and_then(|pid| pid.field(5)).expect("every version has it");
//! assert_eq!((names.name(), names.type_name(), names.usage()), ("Patient Name", "XPN", Usage::Required));
//! assert_eq!(names.datatype().and_then(|name| name.component(2)).map(|given| given.name()), Some("Given Name"));
//! assert_eq!(dictionary.table(1).and_then(|sex| sex.display("F")), Some("Female"));
//! assert_eq!(dictionary.structure_of("ADT", "A04"), Some("ADT_A01"));
//! ```

mod file;
mod parts;
mod search;
mod structures;
mod tables;
mod triggers;
mod version;

pub use parts::{Datatype, Part, Parts, Segment, Usage};
pub use search::{Hit, HitKind};
pub use structures::{Node, NodeKind, Nodes, Structure};
pub use tables::{Code, Table};
pub use triggers::{Trigger, TriggerEvent};
pub use version::Version;

use file::{ABSENT, Section};

/// The dictionary of one version. Copies are free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dictionary {
    version: Version,
}

/// A package that facts were taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// Registry and name: `pypi:hl7apy`.
    pub name: &'static str,
    /// Its version there.
    pub version: &'static str,
    /// SHA-256 of the package as downloaded, in hexadecimal.
    pub sha256: &'static str,
}

impl Dictionary {
    /// The dictionary of a version.
    #[must_use]
    pub const fn of(version: Version) -> Dictionary {
        Dictionary { version }
    }

    /// Its version.
    #[must_use]
    pub const fn version(self) -> Version {
        self.version
    }

    /// The segment with this id, if the version has it.
    #[must_use]
    pub fn segment(self, id: &str) -> Option<Segment> {
        let row = file::find(Section::Segments, id)?;
        Segment::at(row, self.version)
    }

    /// All segments, by id.
    pub fn segments(self) -> impl Iterator<Item = Segment> {
        file::rows(Section::Segments).filter_map(move |row| Segment::at(row, self.version))
    }

    /// The data type with this name, if the version has it.
    #[must_use]
    pub fn datatype(self, name: &str) -> Option<Datatype> {
        let row = file::find(Section::Types, name)?;
        Datatype::at(row, self.version)
    }

    /// All data types, by name.
    pub fn datatypes(self) -> impl Iterator<Item = Datatype> {
        file::rows(Section::Types).filter_map(move |row| Datatype::at(row, self.version))
    }

    /// The table with this number, if the version has it: `table(1)` is 0001.
    #[must_use]
    pub fn table(self, number: u16) -> Option<Table> {
        Table::find(number, self.version)
    }

    /// All tables, by number.
    pub fn tables(self) -> impl Iterator<Item = Table> {
        Table::all(self.version)
    }

    /// The message structure with this name (MSH-9.3), if the version has it.
    #[must_use]
    pub fn structure(self, name: &str) -> Option<Structure> {
        let row = file::find(Section::Structures, name)?;
        Structure::at(row, self.version)
    }

    /// All message structures, by name.
    pub fn structures(self) -> impl Iterator<Item = Structure> {
        file::rows(Section::Structures).filter_map(move |row| Structure::at(row, self.version))
    }

    /// The trigger event with this code, if the version has it.
    #[must_use]
    pub fn trigger_event(self, code: &str) -> Option<TriggerEvent> {
        TriggerEvent::find(code, self.version)
    }

    /// All trigger events, by code.
    pub fn trigger_events(self) -> impl Iterator<Item = TriggerEvent> {
        TriggerEvent::all(self.version)
    }

    /// The structure of a message type with a trigger event: what MSH-9.3 says, or would say.
    #[must_use]
    pub fn structure_of(self, message_type: &str, event: &str) -> Option<&'static str> {
        triggers::structure_of(message_type, event, self.version)
    }

    /// The structure of a message by what MSH-9 says: the third component where it names a structure of this version,
    /// else derived from the first two. `ACK` stands for itself, whatever its event.
    #[must_use]
    pub fn structure_named(self, message_type: &str, event: &str, structure: &str) -> Option<Structure> {
        let named = self.structure(structure);
        let derived = || self.structure(self.structure_of(message_type, event)?);
        let joined = || file::find_pair(Section::Structures, message_type, event);
        named
            .or_else(derived)
            .or_else(|| Structure::at(joined()?, self.version))
            .or_else(|| self.structure(message_type))
    }

    /// Where the facts come from.
    pub fn sources() -> impl Iterator<Item = Source> {
        (0..file::count(Section::Sources)).map(|row| {
            let at = file::row(Section::Sources, row);
            Source { name: file::text(at), version: file::text(at + 4), sha256: file::text(at + 8) }
        })
    }

    /// Bytes of the embedded file.
    #[must_use]
    pub fn size_bytes() -> usize {
        file::FILE.len()
    }
}

/// The names of the data types of all versions, in their order.
pub(crate) fn type_names() -> impl Iterator<Item = &'static str> {
    file::rows(Section::Types).map(file::text)
}

/// The definition that a row of a versioned section has in a version.
fn definition(row: usize, version: Version) -> Option<usize> {
    let index = file::u16_at(row + 4 + 2 * version.index());
    (index != ABSENT).then_some(usize::from(index))
}
