//! Checks the lines of a profile: segment by segment, then what is about the message as a whole.
//!
//! A line about a component asks for the field too: `require PV1-3.1` is broken where PV1-3 is empty. A segment that does
//! not come breaks no line about its fields. The value `""` counts as present, and has neither length nor code.

use super::documented::{self, first_leaf};
use super::{Demand, Judge, Line, Lines, Of, Place, UNBOUNDED, counts};
use crate::Path;
use crate::codes;
use crate::dictionary::Version;
use crate::path::{Index, Member};
use crate::tree::{Element, Level as Depth};
use crate::validate::check::{Check, id_of};
use crate::validate::spot::Spot;
use message::Severity;
use std::fmt;

/// Checks every line; the standard was checked before.
pub(in crate::validate) fn check(check: &mut Check<'_>, lines: &Lines, judge: &mut dyn Judge) {
    base(check, lines);
    let mut fields = Vec::new();
    for number in 0..check.segments.len() {
        let segment = check.segments[number];
        let id = id_of(&segment);
        let at = (Spot::segment(number), segment);
        if let Some(of) = lines.of_segment(id) {
            fields.clear();
            fields.extend(segment.parts().take(usize::from(of.field_max)));
            let has_repetitions = segment.has_repetitions();
            for line in of.lines.iter().map(|line| &lines.lines()[*line as usize]) {
                let Place::Path(path) = &line.place else { continue };
                if is_meant(check, number, path) {
                    Look { check, judge, line, at: Some(at) }.segment(path, &fields, has_repetitions);
                }
            }
        }
        if let Some(own) = lines.documented().iter().find(|own| own.id == id) {
            documented::check(check, at.0, segment, own);
        }
    }
    for at in &lines.of_message {
        let line = &lines.lines()[*at as usize];
        let mut look = Look { check, judge, line, at: None };
        match &line.demand {
            Demand::Rule { .. } => look.rule(),
            Demand::Present | Demand::Absent | Demand::Free | Demand::Count { .. } => {
                if look.applies() {
                    counts::check(check, line);
                }
            }
            Demand::Length { .. } | Demand::Value { .. } => {}
        }
    }
}

/// The message is one of those that the profile is over.
fn base(check: &mut Check<'_>, lines: &Lines) {
    let base = lines.base();
    let part = |number| check.message.text(&Path::component(b"MSH", 9, number)).into_owned();
    let (kind, event, named) = (part(1), part(2), part(3));
    let structure = check.dictionary.structure_named(&kind, &event, &named).map(|found| found.id());
    let takes = |of: &Of| match of {
        Of::Type(name) => **name == *kind,
        Of::Structure(name) => structure == Some(name) || **name == *named || **name == *format!("{kind}_{event}"),
    };
    let header = check.segments.iter().position(|segment| &id_of(segment) == b"MSH").unwrap_or(0);
    let spot = Spot::segment(header);
    if !base.of.is_empty() && !base.of.iter().any(takes) {
        let wanted: Vec<&str> = base.of.iter().map(Of::as_str).collect();
        let text = format!("MSH-9 is not of a message that the profile is for: {}.", wanted.join(", "));
        check.put_line(codes::E1132.id.to_owned(), Severity::Error, spot.field(9), text, (200, None));
    }
    if let (Some(own), false) = (Version::of(check.message), base.versions.is_empty())
        && !base.versions.contains(&own)
    {
        let wanted: Vec<&str> = base.versions.iter().map(|version| version.as_str()).collect();
        let text = format!("MSH-12 names version {own}; the profile is for {}.", wanted.join(", "));
        check.put_line(codes::E1133.id.to_owned(), Severity::Warning, spot.field(12), text, (203, None));
    }
}

/// The path means this segment: by its groups, and by its number among its like.
fn is_meant(check: &Check<'_>, number: usize, path: &Path) -> bool {
    let is_number = |index: &Index, found: u32| match index {
        Index::At(wanted) => u32::from(*wanted) == found,
        Index::Unsaid | Index::All | Index::Append | Index::Where(_) => true,
    };
    if path.groups.is_empty() {
        return path.occurrence == Index::Unsaid || is_number(&path.occurrence, check.label(number).0);
    }
    let Some(placed) = &check.placed else { return false };
    let item = check.item(number);
    let Some(own) = placed.placement.items.get(item as usize) else { return false };
    is_number(&path.occurrence, u32::from(own.occurrence)) && counts::inside(placed, item, &path.groups).is_some()
}

fn is_named(index: &Index, number: usize, repetition: Element<'_>) -> bool {
    match index {
        Index::Unsaid | Index::All => true,
        Index::At(wanted) => usize::from(*wanted) == number,
        Index::Append => false,
        Index::Where(filter) => repetition.matches(filter),
    }
}

/// One line, looked at for the message or for one segment. Its condition is asked when there is something to tell: most
/// lines hold, and then it does not matter.
struct Look<'a, 'm> {
    check: &'a mut Check<'m>,
    judge: &'a mut dyn Judge,
    line: &'a Line,
    at: Option<(Spot, Element<'m>)>,
}

impl<'m> Look<'_, 'm> {
    /// The line's condition holds, if it has one.
    fn applies(&mut self) -> bool {
        match &self.line.when {
            None => true,
            Some(when) => self.holds(when.condition).is_some_and(|holds| holds != when.is_negated),
        }
    }

    fn holds(&mut self, condition: usize) -> Option<bool> {
        self.judge.holds(condition, self.check.message, self.at.map(|(_, segment)| segment))
    }

    fn tell(&mut self, spot: Spot, element: Option<Element<'m>>, what: fmt::Arguments<'_>) {
        if self.applies() {
            tell(self.check, self.line, spot, element, what);
        }
    }

    /// A line about a segment, whose first fields are these, and in which a field may have several repetitions.
    fn segment(&mut self, path: &Path, fields: &[Element<'m>], has_repetitions: bool) {
        let Some((spot, _)) = self.at else { return };
        if let Demand::Rule { .. } = &self.line.demand {
            return self.rule();
        }
        let Some((number, index)) = &path.member.field else {
            if matches!(self.line.demand, Demand::Absent) {
                self.tell(spot, None, format_args!("is not allowed here"));
            }
            return;
        };
        let spot = spot.field(*number);
        let field = usize::from(*number).checked_sub(1).and_then(|at| fields.get(at)).filter(|field| !field.is_empty());
        let member = &path.member;
        let (mut found, mut last) = (0, spot);
        if let Some(field) = field {
            if field.raw() == b"\"\"" && !matches!(self.line.demand, Demand::Absent) {
                return;
            }
            if field.level() == Depth::Verbatim {
                found = 1;
                self.value(spot, *field);
            } else if !has_repetitions {
                let repetition = field.only_repetition();
                if is_named(index, 1, repetition) {
                    (found, last) = (1, spot.repetition(1));
                    self.inside(member, last, repetition);
                }
            } else {
                for (at, repetition) in field.parts().enumerate() {
                    if repetition.is_empty() || !is_named(index, at + 1, repetition) {
                        continue;
                    }
                    found += 1;
                    last = spot.repetition(u16::try_from(at + 1).unwrap_or(u16::MAX));
                    self.inside(member, last, repetition);
                }
            }
        }
        match self.line.demand {
            Demand::Present if found == 0 => {
                let (component, subcomponent) = (member.component.unwrap_or(0), member.subcomponent.unwrap_or(0));
                let spot = Spot { component, subcomponent, ..spot };
                match index {
                    Index::Where(_) => self.tell(spot, None, format_args!("is required, and no repetition is one")),
                    _ => self.tell(spot, None, format_args!("is required and empty")),
                }
            }
            Demand::Count { min, max } if member.component.is_none() && !(min..=max).contains(&found) => {
                let spot = if found > max { last } else { spot };
                let (times, bounds) = (times(found), bounds(min, max));
                self.tell(spot, None, format_args!("comes {times}; the profile asks for {bounds}"));
            }
            Demand::Present | Demand::Absent | Demand::Free | Demand::Count { .. } => {}
            Demand::Length { .. } | Demand::Value { .. } | Demand::Rule { .. } => {}
        }
    }

    /// One repetition: what the line asks for of it, or of one of its parts.
    fn inside(&mut self, member: &Member, spot: Spot, repetition: Element<'m>) {
        if repetition.raw() == b"\"\"" && !matches!(self.line.demand, Demand::Absent) {
            return;
        }
        let mut element = Some(repetition);
        let mut spot = spot;
        if let Some(component) = member.component {
            spot = spot.below(component);
            element = repetition.component(component).filter(|part| !part.is_empty());
            if let Some(subcomponent) = member.subcomponent {
                spot = spot.below(subcomponent);
                element = element.and_then(|part| part.subcomponent(subcomponent)).filter(|part| !part.is_empty());
            }
        }
        match (element, &self.line.demand) {
            (Some(element), _) => self.value(spot, element),
            (None, Demand::Present) => self.tell(spot, None, format_args!("is required and empty")),
            (None, _) => {}
        }
    }

    /// A value that is there.
    fn value(&mut self, spot: Spot, element: Element<'m>) {
        match &self.line.demand {
            Demand::Absent => {
                self.tell(spot, Some(element), format_args!("has a value, which the profile does not allow"));
            }
            Demand::Present | Demand::Free | Demand::Count { .. } | Demand::Rule { .. } => {}
            _ if element.raw() == b"\"\"" => {}
            Demand::Length { min, max } => {
                let text = element.text();
                let is_within = |length: usize| (*min as usize..=*max as usize).contains(&length);
                // The bytes are never fewer than the characters.
                if text.is_ascii() && is_within(text.len()) {
                    return;
                }
                let length = text.chars().count();
                if !is_within(length) {
                    let bounds = bounds(*min, *max);
                    self.tell(
                        spot,
                        Some(element),
                        format_args!("has {length} characters; the profile allows {bounds}"),
                    );
                }
            }
            Demand::Value { test, fails, .. } => {
                let code = first_leaf(element);
                if !code.is_empty() && !test(&code.text()) {
                    self.tell(spot, Some(element), format_args!("{fails}"));
                }
            }
        }
    }

    /// A rule over the message, or over one segment.
    fn rule(&mut self) {
        let line = self.line;
        let Demand::Rule { text, conditions } = &line.demand else { return };
        if !self.applies() {
            return;
        }
        for (condition, path) in conditions {
            if self.holds(*condition) != Some(false) {
                continue;
            }
            let sentence = finish(line, format!("{}{}", text, if text.ends_with(['.', '!', '?']) { "" } else { "." }));
            let of_segment = self.at.map(|(spot, _)| self.check.path(spot));
            let place = match of_segment {
                Some(own) if path.get(..3) == own.get(..3) => format!("{own}{}", path.get(3..).unwrap_or_default()),
                Some(own) if path.is_empty() => own,
                Some(_) | None => path.to_string(),
            };
            let group = self.at.map(|(spot, _)| self.check.group(spot.segment)).unwrap_or_default();
            self.check.put_at(line.code.to_string(), line.severity, place, group, sentence, line.condition());
        }
    }
}

/// `PID-8 (Administrative Sex) is required and empty, when event = A03.` and the reason that the line gives.
pub(super) fn tell(
    check: &mut Check<'_>,
    line: &Line,
    spot: Spot,
    element: Option<Element<'_>>,
    what: impl fmt::Display,
) {
    let path = check.path(spot);
    let text = sentence(line, &path, what);
    check.put_line(line.code.to_string(), line.severity, spot, text, (line.condition(), element));
}

pub(super) fn sentence(line: &Line, path: &str, what: impl fmt::Display) -> String {
    // The filter of a path says which repetition is meant.
    let filter = match &line.place {
        Place::Path(Path { member: Member { field: Some((_, Index::Where(_))), .. }, .. }) => {
            format!(" [{}]", line.place)
        }
        Place::Message | Place::Group(_) | Place::Path(_) => String::new(),
    };
    let name = if line.name.is_empty() { String::new() } else { format!(" ({})", line.name) };
    let when = match &line.when {
        None => String::new(),
        Some(when) if when.is_negated => format!(" (unless {})", when.words),
        Some(when) => format!(" (when {})", when.words),
    };
    finish(line, format!("{path}{filter}{name} {what}{when}."))
}

fn finish(line: &Line, text: String) -> String {
    match &line.because {
        Some(because) => format!("{text} {because}"),
        None => text,
    }
}

pub(super) fn times(count: u32) -> String {
    match count {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}

/// `1 to 3`, `at least 1`, `exactly 1`, `at most 3`.
pub(super) fn bounds(min: u32, max: u32) -> String {
    match (min, max) {
        (min, UNBOUNDED) => format!("at least {min}"),
        (min, max) if min == max => format!("exactly {min}"),
        (0, max) => format!("at most {max}"),
        (min, max) => format!("{min} to {max}"),
    }
}
