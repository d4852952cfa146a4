//! Evaluates paths over a message.
//!
//! Three readings of one path: [`Message::first`] (one value), [`Message::values`] (several where the path says so with
//! `[*]` or a filter), [`Message::every`] (several wherever there are several: "any" in a condition). Below segment
//! level an empty element counts as absent in the last two.

use super::{Element, Elements, Message};
use crate::lines::Kind;
use crate::path::{Index, Member, Path};
use crate::structure::standard;

impl Message {
    /// The first element at `path`. A field path without a component answers the first repetition.
    #[must_use]
    pub fn first(&self, path: &Path) -> Option<Element<'_>> {
        let segment = self.first_segment(path)?;
        if path.member.field.is_none() {
            return Some(segment);
        }
        segment.get(&path.member)
    }

    /// As [`Message::first`], but a field path without repetition and component answers the whole field with all its
    /// repetitions: what a copy of the field needs.
    #[must_use]
    pub fn whole(&self, path: &Path) -> Option<Element<'_>> {
        match path.member {
            Member { field: Some((number, Index::Unsaid)), component: None, subcomponent: None } => {
                self.first_segment(path)?.field(number)
            }
            _ => self.first(path),
        }
    }

    /// The elements that the path names: the first where it says nothing, all where it says `[*]` or filters.
    #[must_use]
    pub fn values<'m, 'p>(&'m self, path: &'p Path) -> Selection<'m, 'p> {
        Selection::new(self, path, false)
    }

    /// All elements that the path can name: where it says nothing, every segment and every repetition.
    #[must_use]
    pub fn every<'m, 'p>(&'m self, path: &'p Path) -> Selection<'m, 'p> {
        Selection::new(self, path, true)
    }

    /// The first segment that the path names or leads into.
    #[must_use]
    pub fn first_segment(&self, path: &Path) -> Option<Element<'_>> {
        if !path.groups.is_empty() {
            return self.element_of_line(*self.lines_in_groups(path, false).first()?);
        }
        let mut segments = self.lines.iter().filter(|line| line.id == path.segment);
        let line = match &path.occurrence {
            Index::Unsaid | Index::All => segments.next(),
            Index::At(number) => segments.nth(usize::from(*number).checked_sub(1)?),
            Index::Append | Index::Where(_) => None,
        };
        line.map(|line| Element::segment(self, line))
    }

    /// The lines that a path with groups names.
    pub(super) fn lines_in_groups(&self, path: &Path, is_every: bool) -> Vec<usize> {
        let numbers = standard::segments_at(self, path, is_every);
        let mut lines = self.lines.iter().enumerate().filter(|(_, line)| line.kind == Kind::Segment).map(|(at, _)| at);
        let mut passed = 0;
        let line_of = |number: u32| {
            let skipped = number as usize - passed;
            passed = number as usize + 1;
            lines.nth(skipped)
        };
        numbers.into_iter().map_while(line_of).collect()
    }
}

/// The elements at a path, in order of the message.
pub struct Selection<'m, 'p> {
    message: &'m Message,
    path: &'p Path,
    is_every: bool,
    /// The next line to look at.
    line: usize,
    /// The lines that a path with groups names; they are found before the first answer.
    grouped: Option<std::vec::IntoIter<usize>>,
    /// Segments with the path's id met so far.
    met: usize,
    repetitions: Option<Elements<'m>>,
    /// The number of the next repetition of the field, from 1.
    repetition: usize,
}

impl<'m, 'p> Selection<'m, 'p> {
    fn new(message: &'m Message, path: &'p Path, is_every: bool) -> Selection<'m, 'p> {
        let has_groups = !path.groups.is_empty();
        let grouped = has_groups.then(|| message.lines_in_groups(path, is_every).into_iter());
        Selection { message, path, is_every, line: 0, grouped, met: 0, repetitions: None, repetition: 1 }
    }

    fn next_segment(&mut self) -> Option<Element<'m>> {
        if let Some(grouped) = &mut self.grouped {
            return self.message.element_of_line(grouped.next()?);
        }
        while let Some(line) = self.message.lines.get(self.line) {
            self.line += 1;
            if line.id != self.path.segment {
                continue;
            }
            self.met += 1;
            let (is_wanted, is_last) = match &self.path.occurrence {
                Index::All => (true, false),
                Index::Unsaid => (true, !self.is_every),
                Index::At(number) => (self.met == usize::from(*number), self.met == usize::from(*number)),
                Index::Append | Index::Where(_) => (false, true),
            };
            if is_last {
                self.line = self.message.lines.len();
            }
            if is_wanted {
                return Some(Element::segment(self.message, line));
            }
        }
        None
    }

    /// The next repetition that the path names in the current field.
    fn next_repetition(&mut self, index: &Index) -> Option<Element<'m>> {
        let repetitions = self.repetitions.as_mut()?;
        for repetition in repetitions.by_ref() {
            let number = self.repetition;
            self.repetition += 1;
            match index {
                Index::Unsaid if !self.is_every => {
                    self.repetitions = None;
                    return Some(repetition);
                }
                Index::Unsaid | Index::All => return Some(repetition),
                Index::At(wanted) if usize::from(*wanted) == number => {
                    self.repetitions = None;
                    return Some(repetition);
                }
                Index::Where(filter) if repetition.matches(filter) => return Some(repetition),
                Index::At(_) | Index::Where(_) | Index::Append => {}
            }
        }
        self.repetitions = None;
        None
    }
}

impl<'m> Iterator for Selection<'m, '_> {
    type Item = Element<'m>;

    fn next(&mut self) -> Option<Element<'m>> {
        let path = self.path;
        let Some((number, index)) = &path.member.field else { return self.next_segment() };
        loop {
            while let Some(repetition) = self.next_repetition(index) {
                if let Some(element) = repetition.inner(&path.member).filter(|element| !element.is_empty()) {
                    return Some(element);
                }
            }
            let Some(field) = self.next_segment()?.field(*number) else { continue };
            if field.level() == super::Level::Verbatim {
                match field.inner(&path.member) {
                    Some(element) => return Some(element),
                    None => continue,
                }
            }
            self.repetition = 1;
            self.repetitions = Some(field.parts());
        }
    }
}
