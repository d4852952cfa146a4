//! One segment as the new version has it.

use super::value::{Change, cut};
use super::{Bridge, Loss, Spot, moves};
use crate::dictionary::{Part, Usage};
use crate::tree::Rebuilt;
use crate::{Element, codes};

/// MSH-18 says how to read the bytes of the whole message, so it stays while they do.
const CHARACTER_SET: ([u8; 3], u16) = (*b"MSH", 18);

/// Fields of a segment with new content, in order of their numbers.
pub(super) type Fields = Vec<(u16, Vec<u8>)>;

/// The segment with these fields replaced; missing fields are made by padding.
pub(super) fn with(segment: Element<'_>, fields: &Fields) -> Vec<u8> {
    let separator = segment.message().delimiters().field;
    let is_header = segment.id() == "MSH";
    let mut out = segment.raw()[..3].to_vec();
    let mut changes = fields.iter().peekable();
    let mut number = 0_u16;
    let mut put = |number: u16, bytes: &[u8]| {
        // MSH-1 is the separator that stands in front of MSH-2.
        if !(is_header && number == 1) {
            out.push(separator);
            out.extend_from_slice(bytes);
        }
    };
    for field in segment.parts() {
        number = number.saturating_add(1);
        match changes.next_if(|(at, _)| *at == number) {
            Some((_, bytes)) => put(number, bytes),
            None => put(number, field.raw()),
        }
    }
    for (at, bytes) in changes {
        while number + 1 < *at {
            number += 1;
            put(number, b"");
        }
        number = *at;
        put(number, bytes);
    }
    out
}

impl Bridge {
    pub(super) fn segment(&mut self, element: Element<'_>, id: [u8; 3], occurrence: u16) -> Rebuilt {
        let name = String::from_utf8_lossy(&id).into_owned();
        let (old, new) = match (self.from.segment(&name), self.to.segment(&name)) {
            (None, _) => return Rebuilt::Same,
            (Some(_), None) => return self.lacked(&name, occurrence),
            (Some(old), Some(new)) => (old, new),
        };
        let mut fields = Fields::new();
        let types = self.observed(element, occurrence, &mut fields);
        for (field, number) in element.parts().zip(1..=u16::MAX) {
            if field.is_empty() || (&id == b"MSH" && matches!(number, 1 | 2 | 9)) || (&id == b"OBX" && number == 2) {
                continue;
            }
            let Some(part) = old.field(number) else { continue };
            let spot = Spot { segment: id, occurrence, field: number };
            let Some(later) = new.field(number) else {
                if self.lacks(spot) {
                    fields.push((number, Vec::new()));
                }
                continue;
            };
            let names = match &types {
                _ if &id != b"OBX" || number != 5 => Some((part.type_name(), later.type_name())),
                Some((old, new)) => Some((old.as_str(), new.as_str())),
                None => None,
            };
            if let Some((old, new)) = names
                && let Some(bytes) = self.field(field, spot, old, new)
            {
                fields.push((number, bytes));
            }
            self.keep(field, spot, part, later);
        }
        if fields.is_empty() { Rebuilt::Same } else { Rebuilt::Bytes(with(element, &fields)) }
    }

    /// A segment that only the old version has.
    fn lacked(&mut self, name: &str, occurrence: u16) -> Rebuilt {
        let (place, version) = (format!("{name}[{occurrence}]"), self.to.version());
        match self.loss {
            Loss::Remove => {
                let text = format!("{place} was removed: {version} has no {name} segment");
                self.notes.add(codes::E1150, &place, text);
                Rebuilt::Gone
            }
            Loss::Keep => {
                let text = format!("{place} is kept, but {version} has no {name} segment");
                self.notes.add(codes::E1152, &place, text);
                Rebuilt::Same
            }
        }
    }

    /// A field that only the old version has goes.
    fn lacks(&mut self, spot: Spot) -> bool {
        let version = self.to.version();
        let is_removed = self.loss == Loss::Remove && (spot.segment, spot.field) != CHARACTER_SET;
        let (code, text) = if is_removed {
            (codes::E1150, format!("{spot} was removed: {version} has no such field"))
        } else {
            (codes::E1152, format!("{spot} is kept, but {version} has no such field"))
        };
        self.notes.add(code, &spot.to_string(), text);
        self.notes.hint(moves::successor(spot.segment, spot.field));
        is_removed
    }

    /// The field as another data type has it; `None` where it stays.
    fn field(&mut self, field: Element<'_>, spot: Spot, old: &str, new: &str) -> Option<Vec<u8>> {
        let change = Change { from: self.from, to: self.to, old, new, loss: self.loss };
        let cut = cut(field, &change)?;
        let version = self.to.version();
        for place in &cut.withdrawn {
            let text = format!("{spot}{place} is kept, but {version} has withdrawn this part of {new}");
            self.notes.add(codes::E1152, &format!("{spot}{place}"), text);
        }
        for place in &cut.lost {
            let (code, text) = match self.loss {
                Loss::Remove => {
                    (codes::E1151, format!("{spot}{place} was removed: {new} of {version} has no such part"))
                }
                Loss::Keep => (codes::E1152, format!("{spot}{place} is kept, but {new} of {version} has no such part")),
            };
            self.notes.add(code, &format!("{spot}{place}"), text);
        }
        (self.loss == Loss::Remove && !cut.lost.is_empty()).then_some(cut.bytes)
    }

    /// What stays although the new version does not want it.
    fn keep(&mut self, field: Element<'_>, spot: Spot, old: Part, new: Part) {
        let version = self.to.version();
        if new.usage() == Usage::Withdrawn && old.usage() != Usage::Withdrawn {
            let text = format!("{spot} is kept, but {version} has withdrawn it");
            self.notes.add(codes::E1152, &spot.to_string(), text);
            self.notes.hint(moves::successor(spot.segment, spot.field));
        }
        let Some(most) = new.repetitions_max().map(usize::from) else { return };
        let count = field.parts().take(most + 1).count();
        if count > most {
            let count = field.parts().count();
            let text = format!("{spot} has {count} repetitions, {version} takes {most}: all are kept");
            self.notes.add(codes::E1152, &spot.to_string(), text);
        }
    }

    /// The types of OBX-5 before and after; OBX-2 gets the new name. `None` where the type is not known.
    fn observed(&mut self, element: Element<'_>, occurrence: u16, fields: &mut Fields) -> Option<(String, String)> {
        if element.id() != "OBX" {
            return None;
        }
        let name = element.field(2)?.text().into_owned();
        if self.to.datatype(&name).is_some() {
            return Some((name.clone(), name));
        }
        self.from.datatype(&name)?;
        let spot = Spot { segment: *b"OBX", occurrence, field: 2 };
        let Some(new) = moves::renamed(&name, self.to) else {
            let text = format!("{spot} names a type that {} does not have", self.to.version());
            self.notes.add(codes::E1154, &spot.to_string(), text);
            return None;
        };
        fields.push((2, new.as_bytes().to_vec()));
        Some((name, new.to_owned()))
    }
}
