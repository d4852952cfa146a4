//! Version bridges: a message of one version of the standard as another version has it.
//!
//! Owns what changes between two versions: segments and fields that one of them lacks, parts of data types, the type
//! that OBX-2 names, the structure in MSH-9.3, the version in MSH-12. What the [`dictionary`](crate::dictionary) can tell
//! comes from there; what moved to another place is a reviewed list (`moves.tsv`).
//!
//! Promises: whatever is removed, copied, kept against the version or unsure is a finding with its place; a field that
//! both versions have alike keeps its bytes, and so does what neither version defines: Z-segments, and fields and parts
//! behind the last one. Bridging a second time changes nothing. One pass over the message, however much changes.
//! Never: a guess. A code or a text is not translated, and a field that the new version asks for is not made up.
//!
//! ```
//! use hl7v2::{Message, bridge::{Loss, bridge}, dictionary::Version};
//! let (mut message, _) = Message::parse("MSH|^~\\&|LAB||||202603010708^M||ADT^A04|1|P|2.3\r");
//! let found = bridge(&mut message, Version::V2_3, Version::V2_6, Loss::Remove).found;
//! assert_eq!(&*message.write(), b"MSH|^~\\&|LAB||||202603010708||ADT^A04^ADT_A01|1|P|2.6\r");
//! assert_eq!((found[0].code.id, found[0].path()), ("E1151", "MSH-7.2"));
//! ```

mod moves;
mod notes;
mod segment;
mod value;

pub use notes::{Bridged, FINDINGS_MAX};

use crate::dictionary::{Dictionary, Version};
use crate::tree::Rebuilt;
use crate::{Element, Error, Message, Path, Value, codes};
use notes::Notes;
use std::collections::HashMap;

/// What becomes of content for which the new version has no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// It is removed, with E1150 or E1151.
    Remove,
    /// It stays where it was, with E1152.
    Keep,
}

/// Changes a message of version `from` in place to what version `to` has. The answer says what was lost, copied, kept or
/// could not be decided, by place.
pub fn bridge(message: &mut Message, from: Version, to: Version, loss: Loss) -> Bridged {
    let mut bridge = Bridge { from: Dictionary::of(from), to: Dictionary::of(to), loss, notes: Notes::default() };
    let result = if from == to { Ok(()) } else { bridge.cross(message) };
    if result.and_then(|()| message.set(&Path::component(b"MSH", 12, 1), Value::Text(to.as_str()))).is_err() {
        let text = "the message cannot be changed: it stays as it was".to_owned();
        bridge.notes.add(codes::E1154, "MSH-12", text);
    }
    bridge.notes.finish()
}

struct Bridge {
    from: Dictionary,
    to: Dictionary,
    loss: Loss,
    notes: Notes,
}

/// A field of one segment of the message.
#[derive(Clone, Copy)]
struct Spot {
    segment: [u8; 3],
    occurrence: u16,
    field: u16,
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

/// Counts segments by their id.
#[derive(Default)]
struct Count(HashMap<[u8; 3], u16>);

impl Count {
    /// The id of a segment and its number among those of that id.
    fn next(&mut self, element: Element<'_>) -> Option<([u8; 3], u16)> {
        let id = <[u8; 3]>::try_from(element.id().as_bytes()).ok()?;
        let count = self.0.entry(id).or_insert(0);
        *count = count.saturating_add(1);
        Some((id, *count))
    }
}

impl Bridge {
    fn cross(&mut self, message: &mut Message) -> Result<(), Error> {
        self.copy_moved(message)?;
        let mut count = Count::default();
        let changed = message.rebuilt(|element| match count.next(element) {
            Some((id, occurrence)) => self.segment(element, id, occurrence),
            None => Rebuilt::Same,
        })?;
        if let Some(changed) = changed {
            *message = changed;
        }
        self.name_structure(message);
        Ok(())
    }

    /// Copies what the new version wants elsewhere.
    fn copy_moved(&mut self, message: &mut Message) -> Result<(), Error> {
        let rules: Vec<moves::Move> = moves::between(self.from.version(), self.to.version()).collect();
        if rules.is_empty() {
            return Ok(());
        }
        let mut count = Count::default();
        let changed = message.rebuilt(|element| {
            let Some((id, occurrence)) = count.next(element) else { return Rebuilt::Same };
            let Some(moved) = moves::apply(element, rules.iter().filter(|rule| rule.segment == id)) else {
                return Rebuilt::Same;
            };
            for rule in moved.done {
                let from = Spot { segment: id, occurrence, field: rule.from };
                let to = Spot { field: rule.to, ..from };
                let text = format!("{from} was copied to {to}, where {} has it", self.to.version());
                self.notes.add(codes::E1153, &to.to_string(), text);
            }
            Rebuilt::Bytes(segment::with(element, &moved.fields))
        })?;
        if let Some(changed) = changed {
            *message = changed;
        }
        Ok(())
    }

    /// MSH-9.3 from version 2.3.1 on, and not before.
    fn name_structure(&mut self, message: &mut Message) {
        let part = |number| Path::component(b"MSH", 9, number);
        let kind = message.text(&part(1)).into_owned();
        let event = message.text(&part(2)).into_owned();
        if kind.is_empty() {
            return;
        }
        let named = self.to.structure_of(&kind, &event).or((kind == "ACK").then_some("ACK"));
        let before = message.text(&part(3)).into_owned();
        let result = match named {
            _ if self.to.version() < Version::V2_3_1 => shorten_type(message, &kind, &event, &before),
            Some(name) if name == before => return,
            Some(name) => message.set(&part(3), Value::Text(name)),
            None => {
                let text = format!("{} does not say which structure this message has", self.to.version());
                self.notes.add(codes::E1154, "MSH-9.3", text);
                return;
            }
        };
        if result.is_err() {
            self.notes.add(codes::E1154, "MSH-9", "MSH-9 could not be changed and stays as it was".to_owned());
        }
    }
}

/// MSH-9 without its third component; of a type without an event, the type alone.
fn shorten_type(message: &mut Message, kind: &str, event: &str, before: &str) -> Result<(), Error> {
    if before.is_empty() {
        return Ok(());
    }
    message.set(&Path::field(b"MSH", 9), Value::Text(kind))?;
    if event.is_empty() { Ok(()) } else { message.set(&Path::component(b"MSH", 9, 2), Value::Text(event)) }
}
