//! Finds the bytes that a path names inside one line, and what is missing in front of them.

use super::super::{Element, Level, Message};
use crate::delimiters::is_header;
use crate::path::{Index, Path};
use crate::{Error, codes, scan};
use std::ops::Range;

/// Bytes that a value replaces.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) line: usize,
    pub(super) range: Range<usize>,
    pub(super) level: Level,
    /// Separators that go in front of the value.
    pub(super) before: Vec<u8>,
    /// Separators that go behind it.
    pub(super) after: Vec<u8>,
    /// The place does not exist yet: an empty value needs no change.
    pub(super) is_missing: bool,
}

impl Target {
    fn found(line: usize, element: Element<'_>) -> Target {
        let (before, after) = (Vec::new(), Vec::new());
        Target { line, range: element.range(), level: element.level(), before, after, is_missing: false }
    }

    fn missing(line: usize, at: usize, level: Level, before: Vec<u8>) -> Target {
        Target { line, range: at..at, level, before, after: Vec::new(), is_missing: true }
    }

    /// Turns "replace this repetition" into "insert before it".
    pub(super) fn make_room(&mut self, separator: u8) {
        if !self.is_missing {
            self.range.end = self.range.start;
            self.after = vec![separator];
        }
    }
}

impl Message {
    /// Where a value for `path` goes in this line.
    pub(super) fn aim_set(&self, line: usize, path: &Path, out: &mut Vec<Target>) -> Result<(), Error> {
        let Some(segment) = self.element_of_line(line) else { return Ok(()) };
        let Some((number, index)) = &path.member.field else { return Ok(()) };
        check_header_field(path, *number)?;
        let Some(field) = segment.field(*number) else {
            if matches!(index, Index::Where(_)) {
                return Err(no_match(path));
            }
            let reached = segment.field_count();
            let mut before = vec![self.delimiters.field; usize::from(*number) - reached];
            if let Index::At(repetition) = index {
                before.extend(std::iter::repeat_n(self.delimiters.repetition, usize::from(*repetition) - 1));
            }
            self.pad_inside(path, &mut before);
            out.push(Target::missing(line, segment.range().end, self.level_of(path), before));
            return Ok(());
        };
        match index {
            Index::Unsaid if path.member.component.is_none() => out.push(Target::found(line, field)),
            Index::Unsaid => self.aim_inside(line, field.repetition(1), path, out),
            Index::At(repetition) => match field.repetition(*repetition) {
                Some(element) => self.aim_inside(line, Some(element), path, out),
                None => {
                    let reached = scan::count(self.shape(), field.range(), self.delimiters.repetition) + 1;
                    let missing = usize::from(*repetition) - reached;
                    self.aim_behind(line, field, missing, path, out);
                }
            },
            Index::All => field.parts().for_each(|element| self.aim_inside(line, Some(element), path, out)),
            Index::Append if field.is_empty() => self.aim_inside(line, field.repetition(1), path, out),
            Index::Append => self.aim_behind(line, field, 1, path, out),
            Index::Where(filter) => {
                let before = out.len();
                for element in field.parts().filter(|element| element.matches(filter)) {
                    self.aim_inside(line, Some(element), path, out);
                }
                if out.len() == before {
                    return Err(no_match(path));
                }
            }
        }
        Ok(())
    }

    /// A repetition that does not exist yet, behind the last of `field`.
    fn aim_behind(&self, line: usize, field: Element<'_>, missing: usize, path: &Path, out: &mut Vec<Target>) {
        let mut before = vec![self.delimiters.repetition; missing];
        self.pad_inside(path, &mut before);
        out.push(Target::missing(line, field.range().end, self.level_of(path), before));
    }

    /// A place inside an existing repetition.
    fn aim_inside(&self, line: usize, repetition: Option<Element<'_>>, path: &Path, out: &mut Vec<Target>) {
        let Some(repetition) = repetition else { return };
        let Some(component) = path.member.component else {
            out.push(Target::found(line, repetition));
            return;
        };
        let level = self.level_of(path);
        let Some(element) = repetition.component(component) else {
            let reached = scan::count(self.shape(), repetition.range(), self.delimiters.component) + 1;
            let mut before = vec![self.delimiters.component; usize::from(component) - reached];
            let inner = path.member.subcomponent.map_or(0, |number| usize::from(number) - 1);
            before.extend(std::iter::repeat_n(self.delimiters.subcomponent, inner));
            out.push(Target::missing(line, repetition.range().end, level, before));
            return;
        };
        let Some(subcomponent) = path.member.subcomponent else {
            out.push(Target::found(line, element));
            return;
        };
        match element.subcomponent(subcomponent) {
            Some(part) => out.push(Target::found(line, part)),
            None => {
                let reached = scan::count(self.shape(), element.range(), self.delimiters.subcomponent) + 1;
                let before = vec![self.delimiters.subcomponent; usize::from(subcomponent) - reached];
                out.push(Target::missing(line, element.range().end, level, before));
            }
        }
    }

    /// Separators of a repetition that does not exist yet, up to the part that the path names.
    fn pad_inside(&self, path: &Path, before: &mut Vec<u8>) {
        let component = path.member.component.map_or(0, |number| usize::from(number) - 1);
        let subcomponent = path.member.subcomponent.map_or(0, |number| usize::from(number) - 1);
        before.extend(std::iter::repeat_n(self.delimiters.component, component));
        before.extend(std::iter::repeat_n(self.delimiters.subcomponent, subcomponent));
    }

    fn level_of(&self, path: &Path) -> Level {
        match (&path.member.field, path.member.component, path.member.subcomponent) {
            (_, Some(_), Some(_)) => Level::Subcomponent,
            (_, Some(_), None) => Level::Component,
            (Some((_, Index::Unsaid)), None, _) => Level::Field,
            _ => Level::Repetition,
        }
    }

    /// The ranges of this line that a delete empties, in order; empty places are left out.
    pub(super) fn aim_delete(
        &self,
        line: usize,
        path: &Path,
        out: &mut Vec<(usize, Range<usize>)>,
    ) -> Result<(), Error> {
        let Some((number, index)) = &path.member.field else { return Ok(()) };
        check_header_field(path, *number)?;
        let field = self.element_of_line(line).and_then(|segment| segment.field(*number));
        let Some(field) = field.filter(|field| !field.is_empty()) else { return Ok(()) };
        if path.member.component.is_none() && matches!(index, Index::Unsaid | Index::All) {
            out.push((line, field.range()));
            return Ok(());
        }
        for (at, repetition) in field.parts().enumerate() {
            let is_named = match index {
                Index::Unsaid | Index::All => true,
                Index::At(number) => at + 1 == usize::from(*number),
                Index::Where(filter) => repetition.matches(filter),
                Index::Append => false,
            };
            let part = repetition.inner(&path.member).filter(|_| is_named);
            let is_whole = path.member.component.is_none();
            out.extend(part.filter(|part| is_whole || !part.is_empty()).map(|part| (line, part.range())));
        }
        Ok(())
    }

    /// The path names repetitions as a whole: they go with a separator.
    pub(super) fn removes_repetitions(&self, path: &Path) -> bool {
        path.member.component.is_none() && matches!(path.member.field, Some((_, Index::At(_) | Index::Where(_))))
    }

    /// A repetition with one separator: the one before it, or behind it if it is the first.
    pub(super) fn with_separator(&self, range: Range<usize>) -> Range<usize> {
        let separator = Some(&self.delimiters.repetition);
        let shape = self.shape();
        if range.start > 0 && shape.get(range.start - 1) == separator {
            range.start - 1..range.end
        } else if shape.get(range.end) == separator {
            range.start..range.end + 1
        } else {
            range
        }
    }
}

fn check_header_field(path: &Path, number: u16) -> Result<(), Error> {
    if is_header(path.segment) && number <= 2 {
        return Err(Error::refused(codes::E1042, path, "the delimiters of a message cannot be changed by an edit"));
    }
    Ok(())
}

fn no_match(path: &Path) -> Error {
    Error::refused(codes::E1045, path, "no repetition matches the filter").with_hint("append one with [+]")
}
