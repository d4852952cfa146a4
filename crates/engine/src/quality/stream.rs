//! The counters of one kind of message: made when a place is first seen, then only counted up.
//!
//! Owns where the counter of each place is and what its values are checked for. Promises: fixed memory by `limits`;
//! counting a place that was seen before allocates nothing.

use super::{
    check::{Check, Role},
    field::{Component, Field, NONE},
    limits::{COMPONENTS_MAX, FIELDS_MAX, ISSUES_MAX, OTHERS, SEGMENTS_MAX, SLOTS_MAX},
    own::OwnTables,
    place::Place,
    plausible::RULES,
    record::{self, Asked, Counts, Kind, Record},
    verdict::{Broken, Verdict},
};
use hl7v2::{
    dictionary::{self, Dictionary, Part, Usage, Version},
    validate::Form,
};
use std::sync::Arc;

pub(super) struct Segment {
    pub(super) id: [u8; 3],
    rules: Option<dictionary::Segment>,
    messages: u32,
    occurrences: u32,
    /// The message that it was last seen in.
    stamp: u64,
    fields: Vec<Field>,
}

/// See the module.
pub(super) struct Stream {
    pub(super) kind: Kind,
    pub(super) counts: Totals,
    dictionary: Dictionary,
    own: Arc<OwnTables>,
    segments: Vec<Segment>,
    /// Where the next segment is likely to be: senders keep an order.
    next: usize,
    stamp: u64,
    components: Vec<Component>,
    checks: Vec<Check>,
    /// Fields and components that are counted.
    places: usize,
}

/// What is counted of messages as a whole.
#[derive(Default)]
pub(super) struct Totals {
    pub(super) messages: u64,
    pub(super) left_out: u64,
    pub(super) duplicates: u64,
    pub(super) reused_ids: u64,
    pub(super) rules: [Asked; RULES.len()],
    validated: u64,
    invalid: record::Seen,
    issues: Vec<(Broken, record::Seen)>,
    pub(super) sent: super::delay::Delays,
    pub(super) reported: super::delay::Delays,
    pub(super) observed: super::delay::Delays,
}

impl Totals {
    /// Counts what the interface's own check said.
    pub(super) fn judge(&mut self, verdict: &Verdict, message: u64) {
        self.validated += 1;
        if !verdict.is_valid {
            self.invalid.add(message);
        }
        let mut is_beyond = false;
        for broken in &verdict.broken {
            is_beyond |= !self.add_issue(broken, message, ISSUES_MAX - 1);
        }
        if is_beyond {
            self.add_issue(&Broken { code: OTHERS.into(), place: String::new() }, message, ISSUES_MAX);
        }
    }

    /// `false` when there are so many already.
    fn add_issue(&mut self, broken: &Broken, message: u64, most: usize) -> bool {
        let has_room = self.issues.len() < most;
        match self.issues.iter_mut().find(|(known, _)| known == broken) {
            Some((_, seen)) => seen.add(message),
            None if has_room => self.issues.push((broken.clone(), record::Seen { messages: 1, example: message })),
            None => return false,
        }
        true
    }
}

impl Stream {
    pub(super) fn new(kind: Kind, version: Version, own: Arc<OwnTables>) -> Stream {
        Stream {
            kind,
            counts: Totals::default(),
            dictionary: Dictionary::of(version),
            own,
            segments: Vec::new(),
            next: 0,
            stamp: 0,
            components: Vec::new(),
            checks: Vec::new(),
            places: 0,
        }
    }

    /// Its messages are of this version.
    pub(super) fn is_of(&self, version: Version) -> bool {
        self.dictionary.version() == version
    }

    /// A message begins.
    pub(super) fn begin(&mut self) {
        self.counts.messages += 1;
        self.stamp += 1;
        self.next = 0;
    }

    /// A segment begins; gives its place in the list, `None` past the limit.
    #[inline]
    pub(super) fn segment(&mut self, id: [u8; 3]) -> Option<usize> {
        let guess = self.next;
        let at = match self.segments.get(guess) {
            Some(likely) if likely.id == id => guess,
            _ => match self.segments.iter().position(|segment| segment.id == id) {
                Some(at) => at,
                None => self.add_segment(id)?,
            },
        };
        let stamp = self.stamp;
        let segment = self.segments.get_mut(at)?;
        segment.occurrences += 1;
        if segment.stamp != stamp {
            segment.stamp = stamp;
            segment.messages += 1;
        }
        self.next = at + 1;
        Some(at)
    }

    fn add_segment(&mut self, id: [u8; 3]) -> Option<usize> {
        if self.segments.len() >= SEGMENTS_MAX {
            return None;
        }
        let rules = std::str::from_utf8(&id).ok().and_then(|id| self.dictionary.segment(id));
        self.segments.push(Segment { id, rules, messages: 0, occurrences: 0, stamp: 0, fields: Vec::new() });
        Some(self.segments.len() - 1)
    }

    /// What of the components of a field is to be looked at, a bit each; makes the field known. `has_parts` when its
    /// components are counted too.
    #[inline]
    pub(super) fn enter(&mut self, segment: usize, number: u16, has_parts: bool) -> u32 {
        match self.segments.get(segment).and_then(|segment| segment.fields.get(usize::from(number))) {
            Some(field) if field.is_known && (!has_parts || field.parts != NONE) => field.checked,
            _ => self.add(segment, number, has_parts),
        }
    }

    #[cold]
    fn add(&mut self, segment: usize, number: u16, has_parts: bool) -> u32 {
        let Some((id, rules)) = self.segments.get(segment).map(|segment| (segment.id, segment.rules)) else { return 0 };
        if number > FIELDS_MAX {
            return 0;
        }
        let rules = rules.and_then(|rules| rules.field(number));
        let known = self.segments[segment].fields.get(usize::from(number)).copied();
        let mut field = known.unwrap_or(Field::UNSEEN);
        if !field.is_known {
            if self.places >= SLOTS_MAX {
                return 0;
            }
            self.places += 1;
            field.check = self.add_check(rules, Role::of(id, number), Place::new(id, number, 0));
            field.is_known = true;
        }
        // A value without separators is looked at as its first component too.
        let has_parts = has_parts || self.own.has(Place::new(id, number, 1));
        if has_parts && field.parts == NONE && self.places + usize::from(COMPONENTS_MAX) <= SLOTS_MAX {
            self.places += usize::from(COMPONENTS_MAX);
            field.parts = self.components.len() as u16;
            for component in 1..=COMPONENTS_MAX {
                let check = self.add_component_check(rules, Place::new(id, number, component));
                field.checked |= u32::from(check != NONE) << (component - 1);
                self.components.push(Component::of(check));
            }
        }
        let fields = &mut self.segments[segment].fields;
        if fields.len() <= usize::from(number) {
            fields.resize(usize::from(number) + 1, Field::UNSEEN);
        }
        fields[usize::from(number)] = field;
        field.checked
    }

    /// Counts a repetition with a value, and the components that it has, a bit each; a value without separators (`None`) is
    /// its own first component. Gives the check of the field.
    #[inline]
    pub(super) fn count(
        &mut self,
        segment: usize,
        number: u16,
        is_first: bool,
        parts: Option<u32>,
    ) -> Option<&mut Check> {
        let field = self.segments.get_mut(segment)?.fields.get_mut(usize::from(number))?;
        if !field.is_known {
            return None;
        }
        field.count(is_first);
        if field.parts != NONE {
            field.count_parts(parts.unwrap_or(1), &mut self.components);
        }
        self.checks.get_mut(usize::from(field.check))
    }

    /// Counts a value that says "delete": of the field, or of one of its components.
    #[cold]
    pub(super) fn count_null(&mut self, segment: usize, number: u16, component: u16) {
        let Some(field) = self.segments.get_mut(segment).and_then(|own| own.fields.get_mut(usize::from(number))) else {
            return;
        };
        match component {
            0 if !field.is_known => {}
            0 => field.count_null(),
            _ if field.parts == NONE => {}
            _ => {
                let at = usize::from(field.parts) + usize::from(component) - 1;
                self.components.get_mut(at).into_iter().for_each(Component::count_null);
            }
        }
    }

    /// The check of a component.
    #[inline]
    pub(super) fn component_check(&mut self, segment: usize, number: u16, component: u16) -> Option<&mut Check> {
        let parts = self.segments.get(segment)?.fields.get(usize::from(number))?.parts;
        let component = self.components.get(usize::from(parts) + usize::from(component) - 1)?;
        self.checks.get_mut(usize::from(component.check))
    }

    /// A code in a coded field is bound to the table of the field, in its first component.
    fn add_component_check(&mut self, field: Option<Part>, place: Place) -> u16 {
        let datatype = field.and_then(Part::datatype);
        let is_coded = datatype.is_some_and(|datatype| matches!(datatype.id(), "CE" | "CWE" | "CNE"));
        if place.component == 1 && is_coded {
            let table = field.and_then(Part::table).filter(|table| !table.is_empty());
            let own = self.own.at(place);
            return match (table, &own) {
                (None, None) => NONE,
                _ => self.push_check(Check::new(Form::SiteCode, table, Role::None, own)),
            };
        }
        self.add_check(datatype.and_then(|datatype| datatype.component(place.component)), Role::None, place)
    }

    fn add_check(&mut self, part: Option<Part>, role: Role, place: Place) -> u16 {
        let datatype = part.and_then(Part::datatype);
        let mut form = datatype.map_or(Form::Open, |datatype| Form::of(datatype.id()));
        // A TS of one component, a coded element of one: what stands there is its first part.
        let is_coded = datatype.is_some_and(|datatype| matches!(datatype.id(), "CE" | "CWE" | "CNE"));
        if is_coded {
            form = Form::SiteCode;
        }
        let table = match form {
            Form::Code | Form::SiteCode => part.and_then(Part::table).filter(|table| !table.is_empty()),
            _ => None,
        };
        let own = self.own.at(place);
        let is_needed = role != Role::None
            || table.is_some()
            || own.is_some()
            || matches!(form, Form::Date | Form::Time | Form::DateTime | Form::Number | Form::Sequence);
        if is_needed { self.push_check(Check::new(form, table, role, own)) } else { NONE }
    }

    fn push_check(&mut self, check: Check) -> u16 {
        self.checks.push(check);
        (self.checks.len() - 1) as u16
    }

    /// Takes the counts out and begins anew; places stay known.
    pub(super) fn take(&mut self) -> Record {
        let counts = std::mem::take(&mut self.counts);
        let mut record = Record {
            messages: counts.messages,
            left_out: counts.left_out,
            duplicates: counts.duplicates,
            reused_ids: counts.reused_ids,
            rules: counts.rules,
            validated: counts.validated,
            invalid: counts.invalid,
            issues: counts.issues.into_iter().collect(),
            sent: counts.sent,
            reported: counts.reported,
            observed: counts.observed,
            ..Record::default()
        };
        for at in 0..self.segments.len() {
            self.take_segment(at, &mut record);
        }
        record
    }

    fn take_segment(&mut self, at: usize, record: &mut Record) {
        let Some(segment) = self.segments.get_mut(at) else { return };
        let (id, messages) = (segment.id, std::mem::take(&mut segment.messages));
        let occurrences = std::mem::take(&mut segment.occurrences);
        if occurrences == 0 {
            return;
        }
        record.segments.insert(id, u64::from(occurrences));
        record.places.insert(Place::new(id, 0, 0), Counts { filled: u64::from(messages), ..Counts::default() });
        // What the standard requires and the sender never fills.
        for part in segment.rules.iter().flat_map(|rules| rules.fields()) {
            let is_header_sign = &id == b"MSH" && part.number() <= 2;
            if part.usage() == Usage::Required && !is_header_sign {
                record.places.insert(Place::new(id, part.number(), 0), Counts::default());
            }
        }
        for (number, field) in (0_u16..).zip(&mut segment.fields).filter(|(_, field)| field.is_known) {
            field.take(Place::new(id, number, 0), (&mut self.components, &mut self.checks), record);
        }
    }
}
