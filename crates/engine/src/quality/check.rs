//! What is looked at in the values of a place, besides whether there is one: their form, their code, what the rules need.
//!
//! Promises: the value that came last is not judged again; once a place is known nothing is allocated.

use super::{
    limits::CODES_MAX,
    own::Covering,
    place::Place,
    record::{Counts, Record},
};
use hl7v2::{
    Message,
    dictionary::Table,
    validate::{Fit, Form},
};

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

impl Role {
    pub(super) fn of(segment: [u8; 3], field: u16) -> Role {
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
}

/// Bytes of a value that are remembered: a longer one is looked at each time.
const LAST_BYTES: usize = 31;

/// The value that was looked at last. Never leaves this place, and is forgotten with the counts.
#[derive(Default)]
struct Last {
    length: u8,
    bytes: [u8; LAST_BYTES],
}

impl Last {
    #[inline]
    fn is(&self, raw: &[u8]) -> bool {
        self.bytes.get(..usize::from(self.length)) == Some(raw)
    }

    #[inline]
    fn keep(&mut self, raw: &[u8]) {
        self.length = 0;
        if let Some(place) = self.bytes.get_mut(..raw.len()) {
            place.copy_from_slice(raw);
            self.length = raw.len() as u8;
        }
    }
}

/// The check of a place.
pub(super) struct Check {
    form: Form,
    pub(super) role: Role,
    /// The last value that had its form.
    last: Last,
    table: Option<Table>,
    codes: Vec<Seen>,
    /// The code that was not in the table last: a sender repeats itself.
    strange: u64,
    misformed: u32,
    unlisted: u32,
    example: u64,
    /// The interface has codes of its own for the place.
    pub(super) own: Option<Box<Covering>>,
}

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
    pub(super) fn new(form: Form, table: Option<Table>, role: Role, own: Option<Box<Covering>>) -> Check {
        let codes = Vec::with_capacity(if table.is_some() { CODES_MAX } else { 0 });
        let (misformed, unlisted, example, strange) = (0, 0, 0, 0);
        Check { form, role, last: Last::default(), table, codes, strange, misformed, unlisted, example, own }
    }

    /// Looks at a value.
    #[inline]
    pub(super) fn look(&mut self, raw: &[u8], id: u64) {
        match self.form {
            Form::Code | Form::SiteCode => self.look_up(raw, id),
            Form::Open | Form::Text | Form::Telephone | Form::Digits => {}
            Form::Date | Form::Time | Form::DateTime | Form::Number | Form::Sequence => {
                // Results of one report have the same time, and segments the same few numbers.
                if self.last.is(raw) {
                    return;
                }
                if self.form.fit(raw) == Fit::Bad {
                    self.misformed += 1;
                    self.example = id;
                } else {
                    self.last.keep(raw);
                }
            }
        }
    }

    /// Holds a value that is not empty against the interface's own codes.
    #[inline]
    pub(super) fn look_own(&mut self, message: &Message, raw: &[u8], id: u64) {
        if let Some(own) = &mut self.own
            && !raw.is_empty()
        {
            own.look(message, raw, id);
        }
    }

    fn look_up(&mut self, raw: &[u8], id: u64) {
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
        self.example = id;
    }

    /// Takes the counts out.
    pub(super) fn take(&mut self, place: Place, counts: &mut Counts, record: &mut Record) {
        counts.misformed = u64::from(std::mem::take(&mut self.misformed));
        counts.unlisted = u64::from(std::mem::take(&mut self.unlisted));
        counts.example = std::mem::take(&mut self.example);
        if let Some(own) = &mut self.own {
            let (uncovered, example) = own.take();
            (counts.uncovered, counts.example) = (u64::from(uncovered), counts.example.max(example));
        }
        self.last.length = 0;
        for seen in &mut self.codes {
            let count = std::mem::take(&mut seen.count);
            if count > 0 {
                record.codes.insert((place, seen.code.to_owned()), u64::from(count));
            }
        }
    }
}
