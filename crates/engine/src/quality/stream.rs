//! The counters of one kind of message: made when a place is first seen, then only counted up.
//!
//! Owns where the counter of each place is and what its values are checked for. Promises: fixed memory by `limits`;
//! counting a place that was seen before allocates nothing.

use super::{
    limits::{CODES_MAX, COMPONENTS_MAX, FIELDS_MAX, ISSUES_MAX, OTHERS, SEGMENTS_MAX, SLOTS_MAX},
    own::{Covering, OwnTables},
    place::Place,
    plausible::RULES,
    record::{self, Asked, Counts, Kind, Record},
    verdict::{Broken, Verdict},
};
use hl7v2::{
    dictionary::{self, Dictionary, Part, Table, Usage, Version},
    validate::{Fit, Form},
};
use std::sync::Arc;

/// No slot, no check.
const NONE: u16 = u16::MAX;

/// What a value is needed for besides being counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    None,
    Sent,
    Birth,
    Death,
    Admission,
    Discharge,
    Reported,
    Observed,
    ValueType,
    Value,
    Unit,
    Range,
    Flag,
}

fn role(segment: [u8; 3], field: u16) -> Role {
    match (&segment, field) {
        (b"MSH", 7) => Role::Sent,
        (b"PID", 7) => Role::Birth,
        (b"PID", 29) => Role::Death,
        (b"PV1", 44) => Role::Admission,
        (b"PV1", 45) => Role::Discharge,
        (b"OBR", 22) => Role::Reported,
        (b"OBX", 14) => Role::Observed,
        (b"OBX", 2) => Role::ValueType,
        (b"OBX", 5) => Role::Value,
        (b"OBX", 6) => Role::Unit,
        (b"OBX", 7) => Role::Range,
        (b"OBX", 8) => Role::Flag,
        _ => Role::None,
    }
}

/// What is looked at besides whether there is a value.
pub(super) struct Check {
    pub(super) form: Form,
    pub(super) role: Role,
    misformed: u32,
    unlisted: u32,
    example: u64,
    /// The value that was looked at last, and whether it was bad. Never leaves this place, and is forgotten with the counts.
    last: Vec<u8>,
    is_bad: bool,
    table: Option<Table>,
    codes: Vec<Seen>,
    /// The code that was not in the table last: a sender repeats itself.
    strange: u64,
    /// The interface has codes of its own for the place.
    pub(super) own: Option<Box<Covering>>,
}

/// Bytes of a value that are remembered: a longer one is looked at each time.
const LAST_BYTES: usize = 32;

/// A code of the table, by its bytes.
struct Seen {
    key: u64,
    code: &'static str,
    count: u32,
}

/// Up to eight bytes as a number; longer ones as a hash, with their length.
fn key(raw: &[u8]) -> u64 {
    // Codes are short: a loop over their bytes is faster than a copy of unknown length.
    if raw.len() <= 8 {
        return raw.iter().fold(0, |key, byte| key << 8 | u64::from(*byte));
    }
    raw.iter().fold(raw.len() as u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)) | 1 << 63
}

impl Check {
    /// Looks at a value.
    #[inline]
    pub(super) fn look(&mut self, raw: &[u8], message: u64) {
        match self.form {
            Form::Code | Form::SiteCode => self.look_up(raw, message),
            Form::Open | Form::Text | Form::Telephone | Form::Digits => {}
            Form::Date | Form::Time | Form::DateTime | Form::Number | Form::Sequence => {
                // Results of one report have the same time, and segments the same few numbers.
                if !self.is_bad && self.last.as_slice() == raw {
                    return;
                }
                self.is_bad = self.form.fit(raw) == Fit::Bad;
                self.last.clear();
                self.last.extend_from_slice(raw.get(..LAST_BYTES).unwrap_or(raw));
                if self.is_bad {
                    self.misformed += 1;
                    self.example = message;
                }
            }
        }
    }

    fn look_up(&mut self, raw: &[u8], message: u64) {
        let Some(table) = self.table else { return };
        let key = key(raw);
        if let Some(seen) = self.codes.iter_mut().find(|seen| seen.key == key) {
            seen.count += 1;
            return;
        }
        if self.strange != key || key == 0 {
            let found = std::str::from_utf8(raw).ok().and_then(|code| table.code(code));
            if let Some(found) = found {
                if self.codes.len() < CODES_MAX {
                    self.codes.push(Seen { key, code: found.code, count: 1 });
                }
                return;
            }
            self.strange = key;
        }
        self.unlisted += 1;
        self.example = message;
    }
}

/// A field of a segment.
#[derive(Clone, Copy)]
struct Field {
    /// Slot of the field as a whole.
    slot: u16,
    /// Slot of its first component.
    parts: u16,
}

pub(super) struct Segment {
    pub(super) id: [u8; 3],
    rules: Option<dictionary::Segment>,
    messages: u32,
    occurrences: u32,
    /// The message that it was last seen in.
    stamp: u64,
    fields: Vec<Field>,
}

/// One counter.
#[derive(Clone, Copy, Default)]
pub(super) struct Slot {
    filled: u32,
    repetitions: u32,
    null: u32,
    check: u16,
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
    slots: Vec<Slot>,
    pub(super) checks: Vec<Check>,
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
            slots: Vec::new(),
            checks: Vec::new(),
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

    /// The slot of a field, and of its first component where one was seen.
    #[inline]
    pub(super) fn field(&mut self, segment: usize, field: u16) -> Option<(u16, Option<u16>)> {
        let known = self.segments.get(segment)?.fields.get(usize::from(field)).copied();
        match known {
            Some(Field { slot, parts }) if slot != NONE => Some((slot, (parts != NONE).then_some(parts))),
            _ => self.add_field(segment, field).map(|slot| (slot, None)),
        }
    }

    #[cold]
    fn add_field(&mut self, segment: usize, field: u16) -> Option<u16> {
        if field > FIELDS_MAX || self.slots.len() >= SLOTS_MAX {
            return None;
        }
        let (id, rules) = self.segments.get(segment).map(|segment| (segment.id, segment.rules))?;
        let slot = self.slots.len() as u16;
        let part = rules.and_then(|rules| rules.field(field));
        let check = self.add_check(part, role(id, field), Place::new(id, field, 0));
        self.slots.push(Slot { check, ..Slot::default() });
        let fields = &mut self.segments.get_mut(segment)?.fields;
        if fields.len() <= usize::from(field) {
            fields.resize(usize::from(field) + 1, Field { slot: NONE, parts: NONE });
        }
        fields[usize::from(field)].slot = slot;
        // A value without separators is looked at as its first component too.
        if self.own.has(Place::new(id, field, 1)) {
            self.add_components(segment, field);
        }
        Some(slot)
    }

    /// The slot of a component.
    #[inline]
    pub(super) fn component(&mut self, segment: usize, field: u16, component: u16) -> Option<u16> {
        if component > COMPONENTS_MAX {
            return None;
        }
        let parts = self.segments.get(segment)?.fields.get(usize::from(field)).map(|field| field.parts);
        let parts = match parts {
            Some(parts) if parts != NONE => parts,
            _ => self.add_components(segment, field)?,
        };
        Some(parts + component - 1)
    }

    #[cold]
    fn add_components(&mut self, segment: usize, field: u16) -> Option<u16> {
        self.field(segment, field)?;
        if self.slots.len() + usize::from(COMPONENTS_MAX) > SLOTS_MAX {
            return None;
        }
        let (id, rules) = self.segments.get(segment).map(|segment| (segment.id, segment.rules))?;
        let rules = rules.and_then(|rules| rules.field(field));
        let parts = self.slots.len() as u16;
        for number in 1..=COMPONENTS_MAX {
            let check = self.add_component_check(rules, Place::new(id, field, number));
            self.slots.push(Slot { check, ..Slot::default() });
        }
        self.segments.get_mut(segment)?.fields.get_mut(usize::from(field))?.parts = parts;
        Some(parts)
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
                _ => self.push_check(Form::SiteCode, table, Role::None, own),
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
        if is_needed { self.push_check(form, table, role, own) } else { NONE }
    }

    fn push_check(&mut self, form: Form, table: Option<Table>, role: Role, own: Option<Box<Covering>>) -> u16 {
        let codes = Vec::with_capacity(if table.is_some() { CODES_MAX } else { 0 });
        let last = Vec::with_capacity(LAST_BYTES);
        let (misformed, unlisted, example, strange, is_bad) = (0, 0, 0, 0, false);
        self.checks.push(Check { form, role, misformed, unlisted, example, last, is_bad, table, codes, strange, own });
        (self.checks.len() - 1) as u16
    }

    /// Counts a value; gives its check, if it has one.
    #[inline]
    pub(super) fn count(&mut self, slot: u16, raw: &[u8], is_first: bool) -> Option<&mut Check> {
        let slot = self.slots.get_mut(usize::from(slot))?;
        if raw == b"\"\"" {
            slot.null = slot.null.saturating_add(1);
            return None;
        }
        slot.filled = slot.filled.saturating_add(u32::from(is_first));
        slot.repetitions = slot.repetitions.saturating_add(1);
        if slot.check == NONE { None } else { self.checks.get_mut(usize::from(slot.check)) }
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
        let fields = std::mem::take(&mut segment.fields);
        for (number, field) in (0_u16..).zip(&fields).filter(|(_, field)| field.slot != NONE) {
            self.take_slot(field.slot, Place::new(id, number, 0), record);
            if field.parts == NONE {
                continue;
            }
            for component in 1..=COMPONENTS_MAX {
                self.take_slot(field.parts + component - 1, Place::new(id, number, component), record);
            }
        }
        if let Some(segment) = self.segments.get_mut(at) {
            segment.fields = fields;
        }
    }

    fn take_slot(&mut self, slot: u16, place: Place, record: &mut Record) {
        let Some(slot) = self.slots.get_mut(usize::from(slot)) else { return };
        let check = self.checks.get_mut(usize::from(slot.check));
        let taken = std::mem::replace(slot, Slot { check: slot.check, ..Slot::default() });
        let is_field = place.component == 0;
        let mut counts = Counts {
            filled: u64::from(taken.filled),
            repetitions: if is_field { u64::from(taken.repetitions) } else { 0 },
            null: u64::from(taken.null),
            ..Counts::default()
        };
        if let Some(check) = check {
            counts.misformed = u64::from(std::mem::take(&mut check.misformed));
            counts.unlisted = u64::from(std::mem::take(&mut check.unlisted));
            counts.example = std::mem::take(&mut check.example);
            if let Some(own) = &mut check.own {
                let (uncovered, example) = own.take();
                (counts.uncovered, counts.example) = (u64::from(uncovered), counts.example.max(example));
            }
            check.last.clear();
            for seen in &mut check.codes {
                let count = std::mem::take(&mut seen.count);
                if count > 0 {
                    record.codes.insert((place, seen.code.to_owned()), u64::from(count));
                }
            }
        }
        // A place without anything is left out: what it is counted of is known without it.
        if counts != Counts::default() {
            record.places.insert(place, counts);
        }
    }
}
