//! The message that is being made: segments, fields, repetitions, components, subcomponents, each by its number.
//!
//! Promises: parts are written in order of their numbers whatever the order in which they were made; a text is escaped when
//! the message is written, never before; what is deeper than a subcomponent becomes its first text.
//! Never: knows what the standard says of a place.

use hl7v2::Message;
use std::fmt::Write;

/// A part of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PartId(u32);

/// The message above all segments.
pub(super) const ROOT: PartId = PartId(0);

/// How deep a subcomponent is below the message.
const DEPTH_MAX: usize = 5;

#[derive(Debug, Default)]
struct Part {
    parent: u32,
    number: u16,
    children: Vec<u32>,
    text: Option<String>,
    /// Of a segment.
    id: [u8; 3],
}

/// A message that is being made.
#[derive(Debug)]
pub(super) struct Draft {
    parts: Vec<Part>,
}

impl Draft {
    pub(super) fn new() -> Draft {
        Draft { parts: vec![Part::default()] }
    }

    fn part(&self, id: PartId) -> &Part {
        &self.parts[id.0 as usize]
    }

    fn part_mut(&mut self, id: PartId) -> &mut Part {
        &mut self.parts[id.0 as usize]
    }

    fn add(&mut self, parent: PartId, number: u16, id: [u8; 3]) -> PartId {
        let new = self.parts.len() as u32;
        self.parts.push(Part { parent: parent.0, number, id, ..Part::default() });
        let before = self.part(parent).children.iter();
        let at = before.take_while(|child| self.parts[**child as usize].number <= number).count();
        self.part_mut(parent).children.insert(at, new);
        PartId(new)
    }

    /// A new segment at the end.
    pub(super) fn segment(&mut self, id: [u8; 3]) -> PartId {
        let number = self.part(ROOT).children.len().min(usize::from(u16::MAX) - 1) as u16 + 1;
        self.add(ROOT, number, id)
    }

    /// The child of that number, if it is there.
    pub(super) fn find(&self, parent: PartId, number: u16) -> Option<PartId> {
        let found = self.part(parent).children.iter().find(|child| self.parts[**child as usize].number == number);
        found.map(|child| PartId(*child))
    }

    /// The child of that number, made where it is not there. A text of the parent becomes its first child's.
    pub(super) fn child(&mut self, parent: PartId, number: u16) -> PartId {
        if let Some(found) = self.find(parent, number) {
            return found;
        }
        if let Some(text) = self.part_mut(parent).text.take() {
            let first = self.add(parent, 1, *b"\0\0\0");
            self.part_mut(first).text = Some(text);
            if number == 1 {
                return first;
            }
        }
        self.add(parent, number, *b"\0\0\0")
    }

    /// A new child behind the others: another repetition.
    pub(super) fn append(&mut self, parent: PartId) -> PartId {
        let last = self.part(parent).children.last().map_or(0, |child| self.parts[*child as usize].number);
        self.add(parent, last.saturating_add(1), *b"\0\0\0")
    }

    pub(super) fn set(&mut self, part: PartId, text: String) {
        let mut at = part;
        // Where the part has parts of its own, the first of them is what a text means.
        while let Some(first) = self.find(at, 1) {
            at = first;
        }
        self.part_mut(at).text = Some(text);
    }

    /// Nothing was written to it or below.
    pub(super) fn is_blank(&self, part: PartId) -> bool {
        let found = self.part(part);
        found.text.is_none() && found.children.iter().all(|child| self.is_blank(PartId(*child)))
    }

    /// The first text of it.
    pub(super) fn text(&self, part: PartId) -> Option<&str> {
        let found = self.part(part);
        let below = || found.children.iter().find_map(|child| self.text(PartId(*child)));
        found.text.as_deref().or_else(below)
    }

    /// Takes it out, and what is left blank around it below the segment.
    pub(super) fn remove(&mut self, part: PartId) {
        let mut at = part;
        loop {
            let parent = PartId(self.part(at).parent);
            self.part_mut(parent).children.retain(|child| *child != at.0);
            if parent == ROOT || PartId(self.part(parent).parent) == ROOT || !self.is_blank(parent) {
                return;
            }
            at = parent;
        }
    }

    /// Takes its children beyond this number out.
    pub(super) fn cut(&mut self, part: PartId, most: u16) {
        let children = std::mem::take(&mut self.part_mut(part).children);
        let kept = children.into_iter().filter(|child| self.parts[*child as usize].number <= most).collect();
        self.part_mut(part).children = kept;
    }

    /// Takes the segments out that `keep` does not want; how many.
    pub(super) fn retain(&mut self, mut keep: impl FnMut([u8; 3]) -> bool) -> usize {
        let children = std::mem::take(&mut self.part_mut(ROOT).children);
        let before = children.len();
        let kept: Vec<u32> = children.into_iter().filter(|child| keep(self.parts[*child as usize].id)).collect();
        let gone = before - kept.len();
        self.part_mut(ROOT).children = kept;
        gone
    }

    /// A text of the message, as `MSH-9.2`; nothing where it is not there.
    pub(super) fn text_at(&self, segment: PartId, field: u16, component: u16) -> Option<&str> {
        let repetition = self.find(self.find(segment, field)?, 1)?;
        match self.find(repetition, component) {
            Some(found) => self.text(found),
            None if component == 1 => self.part(repetition).text.as_deref(),
            None => None,
        }
    }

    /// Some text has a character outside of ASCII.
    pub(super) fn is_beyond_ascii(&self) -> bool {
        self.parts.iter().filter_map(|part| part.text.as_deref()).any(|text| !text.is_ascii())
    }

    /// The segments in order.
    pub(super) fn segments(&self) -> impl Iterator<Item = (PartId, [u8; 3])> {
        self.part(ROOT).children.iter().map(|child| (PartId(*child), self.parts[*child as usize].id))
    }

    /// Puts the segments in another order.
    pub(super) fn sort_by_key<K: Ord>(&mut self, mut key: impl FnMut([u8; 3]) -> K) {
        let mut children = std::mem::take(&mut self.part_mut(ROOT).children);
        children.sort_by_key(|child| key(self.parts[*child as usize].id));
        self.part_mut(ROOT).children = children;
    }

    /// `PID-3[2].4.1`; nothing for what was taken out again.
    pub(super) fn path(&self, part: PartId) -> Option<String> {
        let mut way = vec![part];
        while let Some(last) = way.last().copied().filter(|last| *last != ROOT) {
            let parent = PartId(self.part(last).parent);
            if !self.part(parent).children.contains(&last.0) {
                return None;
            }
            way.push(parent);
        }
        way.pop();
        let segment = way.pop()?;
        let id = self.part(segment).id;
        let before = self.segments().take_while(|(other, _)| *other != segment);
        let occurrence = before.filter(|(_, other)| *other == id).count() + 1;
        let mut out = String::from_utf8_lossy(&id).into_owned();
        if occurrence > 1 {
            let _ = write!(out, "[{occurrence}]");
        }
        for (depth, at) in way.iter().rev().enumerate() {
            let found = self.part(*at);
            let _ = match depth {
                0 => write!(out, "-{}", found.number),
                1 if self.part(PartId(found.parent)).children.len() > 1 => write!(out, "[{}]", found.number),
                1 => Ok(()),
                _ => write!(out, ".{}", found.number),
            };
        }
        Some(out)
    }

    /// The message with the delimiters of the standard (HL7 v2.9 §2.5.4).
    pub(super) fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (segment, id) in self.segments() {
            out.extend_from_slice(&id);
            let mut number = 1;
            if &id == b"MSH" {
                out.extend_from_slice(b"|^~\\&");
                number = 3;
            }
            for field in &self.part(segment).children {
                let field = &self.parts[*field as usize];
                if field.number < number {
                    continue;
                }
                out.extend(std::iter::repeat_n(b'|', usize::from(field.number + 1 - number)));
                number = field.number + 1;
                let mut last = 1;
                for repetition in &field.children {
                    let own = self.parts[*repetition as usize].number;
                    out.extend(std::iter::repeat_n(b'~', usize::from(own.saturating_sub(last))));
                    last = own;
                    self.write_part(PartId(*repetition), 3, &mut out);
                }
                if let Some(text) = &field.text {
                    out.extend_from_slice(&hl7v2::encode(text));
                }
            }
            out.push(b'\r');
        }
        out
    }

    fn write_part(&self, part: PartId, depth: usize, out: &mut Vec<u8>) {
        let found = self.part(part);
        if depth >= DEPTH_MAX || found.children.is_empty() {
            if let Some(text) = self.text(part) {
                out.extend_from_slice(&hl7v2::encode(text));
            }
            return;
        }
        let delimiter = if depth == 3 { b'^' } else { b'&' };
        let mut number = 1;
        for child in &found.children {
            let own = self.parts[*child as usize].number;
            out.extend(std::iter::repeat_n(delimiter, usize::from(own.saturating_sub(number))));
            number = own;
            self.write_part(PartId(*child), depth + 1, out);
        }
    }

    /// The message, read again.
    pub(super) fn finish(&self) -> Message {
        Message::parse(self.write()).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_in_order() {
        let mut draft = Draft::new();
        let header = draft.segment(*b"MSH");
        let field = draft.child(header, 9);
        let kind = draft.append(field);
        let event = draft.child(kind, 2);
        draft.set(event, "A01".to_owned());
        let kind = draft.child(kind, 1);
        draft.set(kind, "ADT".to_owned());
        let person = draft.segment(*b"PID");
        let field = draft.child(person, 3);
        let first = draft.append(field);
        draft.set(first, "7|8\n9".to_owned());
        let second = draft.append(field);
        let authority = draft.child(second, 4);
        let oid = draft.child(authority, 2);
        draft.set(oid, "1.2".to_owned());
        let deep = draft.child(oid, 3);
        draft.set(deep, "lost".to_owned());
        let bytes = draft.write();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text, "MSH|^~\\&|||||||ADT^A01\rPID|||7\\F\\8\\.br\\9~^^^&1.2\r");
        assert_eq!(draft.path(oid).as_deref(), Some("PID-3[2].4.2"));
        assert_eq!(draft.path(event).as_deref(), Some("MSH-9.2"));
        draft.remove(second);
        assert_eq!(draft.path(oid), None);
        assert!(draft.find(field, 2).is_none() && draft.text(first) == Some("7|8\n9"));
    }
}
