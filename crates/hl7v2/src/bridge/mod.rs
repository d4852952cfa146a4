//! Version bridges: a message of one version of the standard as another version has it.
//!
//! Owns what changes between two versions: segments and fields that one of them lacks, parts of data types, the type
//! that OBX-2 names, the structure in MSH-9.3, the version in MSH-12. What the [`dictionary`](crate::dictionary) can tell
//! comes from there; what moved to another place is a reviewed list (`moves.tsv`).
//!
//! Promises: whatever is removed, copied or unsure is a finding with its place; a field that both versions have alike
//! keeps its bytes, and so does what neither version defines: Z-segments, and fields and parts behind the last one.
//! Bridging a second time changes nothing.
//! Never: a guess. A code or a text is not translated, and a field that the new version asks for is not made up.
//!
//! ```
//! use hl7v2::{Message, bridge::bridge, dictionary::Version};
//! let (mut message, _) = Message::parse("MSH|^~\\&|LAB||||202603010708^M||ADT^A04|1|P|2.3\r");
//! let found = bridge(&mut message, Version::V2_3, Version::V2_6);
//! assert_eq!(&*message.write(), b"MSH|^~\\&|LAB||||202603010708||ADT^A04^ADT_A01|1|P|2.6\r");
//! assert_eq!((found[0].code.id, found[0].path()), ("E1151", "MSH-7.2"));
//! ```

mod moves;
mod value;

use crate::dictionary::{Dictionary, Usage, Version};
use crate::path::Index;
use crate::{Message, Path, Value, codes};
use message::{Code, Diagnostic};
use std::collections::HashMap;
use value::{Change, Cut, cut};

/// Most findings that one bridge tells one by one; the last one says how many more there are.
pub const FINDINGS_MAX: usize = 256;

/// Changes a message of version `from` in place to what version `to` has. The answer says what was lost, copied or
/// could not be decided, by place.
pub fn bridge(message: &mut Message, from: Version, to: Version) -> Vec<Diagnostic> {
    let mut bridge = Bridge {
        message,
        from: Dictionary::of(from),
        to: Dictionary::of(to),
        found: Vec::new(),
        untold: 0,
        renamed: HashMap::new(),
    };
    if from != to {
        bridge.copy_moved();
        bridge.rename_observations();
        bridge.change_fields();
        bridge.remove_segments();
        bridge.name_structure();
    }
    let set = bridge.message.set(&Path::component(b"MSH", 12, 1), Value::Text(to.as_str()));
    if set.is_err() {
        bridge.note(codes::E1154, "MSH-12", "the version could not be written".to_owned());
    }
    let Bridge { mut found, untold, .. } = bridge;
    if untold > 0 {
        let text = format!("{untold} more findings of this kind or another are not told one by one");
        found.push(Diagnostic::warning(codes::E1154, text));
    }
    found
}

struct Bridge<'m> {
    message: &'m mut Message,
    from: Dictionary,
    to: Dictionary,
    found: Vec<Diagnostic>,
    /// Findings beyond [`FINDINGS_MAX`].
    untold: usize,
    /// The type that OBX-2 named before, by the number of the segment.
    renamed: HashMap<u16, String>,
}

/// A field of one segment of the message.
#[derive(Clone, Copy)]
struct Spot {
    segment: [u8; 3],
    occurrence: u16,
    field: u16,
}

impl Spot {
    fn path(self) -> Path {
        Path { occurrence: Index::At(self.occurrence), ..Path::field(&self.segment, self.field) }
    }
}

impl std::fmt::Display for Spot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.segment))?;
        if self.occurrence > 1 {
            write!(f, "[{}]", self.occurrence)?;
        }
        write!(f, "-{}", self.field)
    }
}

impl Bridge<'_> {
    fn note(&mut self, code: Code, place: &str, text: String) {
        if self.found.len() < FINDINGS_MAX {
            self.found.push(Diagnostic::warning(code, text).at_path(place, None));
        } else {
            self.untold += 1;
        }
    }

    /// Every segment with its number among those of its id.
    fn numbered(&self) -> Vec<([u8; 3], u16)> {
        let mut seen: HashMap<[u8; 3], u16> = HashMap::new();
        let mut out = Vec::new();
        for element in self.message.segments() {
            let Ok(id) = <[u8; 3]>::try_from(element.id().as_bytes()) else { continue };
            let count = seen.entry(id).or_insert(0);
            *count = count.saturating_add(1);
            out.push((id, *count));
        }
        out
    }

    /// Writes a field; a place that cannot be written is a finding.
    fn write(&mut self, spot: Spot, bytes: &[u8]) -> bool {
        let value = if bytes.is_empty() { Value::Empty } else { Value::Raw(bytes) };
        let is_written = self.message.set(&spot.path(), value).is_ok();
        if !is_written {
            self.note(codes::E1154, &spot.to_string(), format!("{spot} could not be changed and stays as it was"));
        }
        is_written
    }

    /// Fields that only the old version has go; parts of types that only the old version has go with a finding each.
    fn change_fields(&mut self) {
        for (segment, occurrence) in self.numbered() {
            let id = String::from_utf8_lossy(&segment).into_owned();
            let (Some(old), Some(new)) = (self.from.segment(&id), self.to.segment(&id)) else { continue };
            for part in old.fields() {
                let field = part.number();
                if &segment == b"MSH" && matches!(field, 1 | 2 | 9) {
                    continue;
                }
                let spot = Spot { segment, occurrence, field };
                match new.field(field) {
                    None => self.remove_field(spot),
                    Some(later) => {
                        let is_withdrawn = later.usage() == Usage::Withdrawn && part.usage() != Usage::Withdrawn;
                        self.change_field(spot, part.type_name(), later.type_name(), is_withdrawn);
                        self.count_repetitions(spot, later.repetitions_max());
                    }
                }
            }
        }
    }

    /// The field holds something.
    fn is_filled(&self, spot: Spot) -> bool {
        let segment = self.message.segments_named(spot.segment).nth(usize::from(spot.occurrence) - 1);
        segment.and_then(|segment| segment.field(spot.field)).is_some_and(|field| !field.is_empty())
    }

    fn remove_field(&mut self, spot: Spot) {
        if self.is_filled(spot) && self.write(spot, b"") {
            let text = format!("{spot} was removed: {} has no such field", self.to.version());
            self.note(codes::E1150, &spot.to_string(), text);
        }
    }

    fn change_field(&mut self, spot: Spot, old: &str, new: &str, is_withdrawn: bool) {
        let segment = self.message.segments_named(spot.segment).nth(usize::from(spot.occurrence) - 1);
        let Some(field) = segment.and_then(|segment| segment.field(spot.field)) else { return };
        if field.is_empty() {
            return;
        }
        let (old, new) = match spot {
            Spot { segment: [b'O', b'B', b'X'], field: 5, .. } => match self.observed(spot.occurrence) {
                Some(types) => types,
                None => return,
            },
            _ => (old.to_owned(), new.to_owned()),
        };
        let change = Change { from: self.from, to: self.to, old: &old, new: &new };
        let Cut { bytes, lost } = cut(field, &change);
        if !lost.is_empty() && self.write(spot, &bytes) {
            for place in lost {
                let text = format!("{spot}{place} was removed: {new} of {} has no such part", self.to.version());
                self.note(codes::E1151, &format!("{spot}{place}"), text);
            }
        }
        if is_withdrawn {
            let text = format!("{spot} is kept, but {} has withdrawn it", self.to.version());
            self.note(codes::E1152, &spot.to_string(), text);
        }
    }

    fn count_repetitions(&mut self, spot: Spot, most: Option<u16>) {
        let Some(most) = most else { return };
        let segment = self.message.segments_named(spot.segment).nth(usize::from(spot.occurrence) - 1);
        let count = segment.and_then(|segment| segment.field(spot.field)).map_or(0, |field| field.parts().count());
        if count > usize::from(most) {
            let text = format!("{spot} has {count} repetitions, {} takes {most}: all are kept", self.to.version());
            self.note(codes::E1152, &spot.to_string(), text);
        }
    }

    /// The types of OBX-5 before and after [`Bridge::rename_observations`].
    fn observed(&self, occurrence: u16) -> Option<(String, String)> {
        let segment = self.message.segments_named(*b"OBX").nth(usize::from(occurrence) - 1)?;
        let new = segment.field(2)?.text().into_owned();
        self.to.datatype(&new)?;
        let old = self.renamed.get(&occurrence).cloned().unwrap_or_else(|| new.clone());
        Some((old, new))
    }

    /// OBX-2 names a type of the new version.
    fn rename_observations(&mut self) {
        for (segment, occurrence) in self.numbered() {
            let spot = Spot { segment, occurrence, field: 2 };
            if &segment != b"OBX" {
                continue;
            }
            let name = self.message.text(&spot.path()).into_owned();
            if self.from.datatype(&name).is_none() || self.to.datatype(&name).is_some() {
                continue;
            }
            match moves::renamed(&name, self.to) {
                Some(new) => {
                    if self.write(spot, new.as_bytes()) {
                        self.renamed.insert(occurrence, name);
                    }
                }
                None => {
                    let text = format!("{spot} names a type that {} does not have", self.to.version());
                    self.note(codes::E1154, &spot.to_string(), text);
                }
            }
        }
    }

    /// Copies what the new version wants elsewhere.
    fn copy_moved(&mut self) {
        for rule in moves::between(self.from.version(), self.to.version()) {
            for (segment, occurrence) in self.numbered() {
                if segment == rule.segment {
                    self.copy_one(occurrence, rule);
                }
            }
        }
    }

    fn copy_one(&mut self, occurrence: u16, rule: moves::Move) {
        let from = Spot { segment: rule.segment, occurrence, field: rule.from };
        let to = Spot { field: rule.to, ..from };
        let Some(bytes) = moves::apply(self.message, occurrence, rule) else { return };
        if self.write(to, &bytes) {
            let text = format!("{from} was copied to {to}, where {} has it", self.to.version());
            self.note(codes::E1153, &to.to_string(), text);
        }
    }

    /// Segments that only the old version has go, the last one first.
    fn remove_segments(&mut self) {
        for (segment, occurrence) in self.numbered().into_iter().rev() {
            let id = String::from_utf8_lossy(&segment).into_owned();
            if self.from.segment(&id).is_none() || self.to.segment(&id).is_some() {
                continue;
            }
            let path = Path {
                groups: Vec::new(),
                segment,
                occurrence: Index::At(occurrence),
                member: crate::path::Member::default(),
            };
            let place = format!("{id}[{occurrence}]");
            match self.message.delete(&path) {
                Ok(_) => {
                    let text = format!("{place} was removed: {} has no {id} segment", self.to.version());
                    self.note(codes::E1150, &place, text);
                }
                Err(_) => self.note(codes::E1154, &place, format!("{place} could not be removed")),
            }
        }
    }

    /// MSH-9.3 from version 2.3.1 on, and not before.
    fn name_structure(&mut self) {
        let part = |number| Path::component(b"MSH", 9, number);
        let kind = self.message.text(&part(1)).into_owned();
        let event = self.message.text(&part(2)).into_owned();
        if kind.is_empty() {
            return;
        }
        let named = self.to.structure_of(&kind, &event).or((kind == "ACK").then_some("ACK"));
        let before = self.message.text(&part(3)).into_owned();
        let result = match named {
            _ if self.to.version() < Version::V2_3_1 => self.shorten_type(&kind, &event, &before),
            Some(name) if name == before => return,
            Some(name) => self.message.set(&part(3), Value::Text(name)),
            None => {
                let text = format!("{} does not say which structure this message has", self.to.version());
                self.note(codes::E1154, "MSH-9.3", text);
                return;
            }
        };
        if result.is_err() {
            self.note(codes::E1154, "MSH-9", "MSH-9 could not be changed and stays as it was".to_owned());
        }
    }

    /// MSH-9 without its third component; of a type without an event, the type alone.
    fn shorten_type(&mut self, kind: &str, event: &str, before: &str) -> Result<(), crate::Error> {
        if before.is_empty() {
            return Ok(());
        }
        let path = Path::field(b"MSH", 9);
        self.message.set(&path, Value::Text(kind))?;
        if event.is_empty() { Ok(()) } else { self.message.set(&Path::component(b"MSH", 9, 2), Value::Text(event)) }
    }
}
