//! One message into the counters of its kind: a single pass over its places. Pure.
//!
//! Promises: nothing is allocated for a message whose places were all seen before.

use super::{
    moment::Moment,
    plausible::{Ledger, Seen},
    stream::{Role, Stream},
};
use hl7v2::{
    Message,
    walk::{Visit, Walker},
};
use message::Timestamp;

/// When a message came, and by which name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Receipt {
    /// Its id.
    pub(super) message: u64,
    /// When it came; `None` for a message of a file.
    pub(super) received: Option<Timestamp>,
    /// Seconds by which the zone of this machine is ahead of UTC: what a date without a zone is of.
    pub(super) local_offset_s: i64,
    /// Now, for what lies in the future.
    pub(super) now: Timestamp,
}

/// The parts of one result.
#[derive(Clone, Copy, Default)]
struct Result<'m> {
    value_type: &'m [u8],
    value: &'m [u8],
    unit: &'m [u8],
    range: &'m [u8],
    flag: &'m [u8],
}

struct Pass<'m, 's> {
    message: &'m Message,
    stream: &'s mut Stream,
    receipt: Receipt,
    component: u8,
    /// Place of the current segment in the stream's list.
    segment: Option<usize>,
    is_result: bool,
    /// The last field of the segment that had a value.
    field: u16,
    result: Result<'m>,
    seen: Seen,
    reported: Option<Moment>,
}

/// Counts a message.
pub(super) fn measure(walker: &mut Walker, message: &Message, stream: &mut Stream, receipt: Receipt) {
    stream.begin();
    let component = message.delimiters().component;
    let mut pass = Pass {
        message,
        stream,
        receipt,
        component,
        segment: None,
        is_result: false,
        field: 0,
        result: Result::default(),
        seen: Seen::default(),
        reported: None,
    };
    walker.walk(message, &mut pass);
    pass.end();
}

impl<'m> Pass<'m, '_> {
    fn end(&mut self) {
        self.end_segment();
        let now_s = self.receipt.received.unwrap_or(self.receipt.now).0.div_euclid(1_000_000);
        let seen = self.seen;
        self.ledger().ask_dates(&seen, now_s);
        if let Some(at) = self.receipt.received {
            let received_s = at.0.div_euclid(1_000_000);
            let since = |at: Moment| received_s - at.utc_s(self.receipt.local_offset_s);
            if let Some(at) = self.reported {
                self.stream.counts.reported.add(since(at));
            }
            if let Some((_, last)) = seen.observations {
                self.stream.counts.observed.add(since(last));
            }
        }
    }

    fn ledger(&mut self) -> Ledger<'_> {
        Ledger { rules: &mut self.stream.counts.rules, message: self.receipt.message }
    }

    fn end_segment(&mut self) {
        if self.is_result {
            let Result { value_type, value, unit, range, flag } = std::mem::take(&mut self.result);
            if value_type == b"NM" {
                self.ledger().ask_result(value, unit, range, flag);
            }
            self.is_result = false;
        }
    }

    /// The first component of a value.
    fn first(&self, raw: &'m [u8]) -> &'m [u8] {
        let end = raw.iter().position(|byte| *byte == self.component).unwrap_or(raw.len());
        &raw[..end]
    }

    fn play(&mut self, role: Role, raw: &'m [u8]) {
        let moment = |raw: &[u8]| Moment::read(raw);
        match role {
            Role::None => {}
            Role::Sent => {
                if let (Some(received), Some(at)) = (self.receipt.received, moment(self.first(raw))) {
                    let seconds = received.0.div_euclid(1_000_000) - at.utc_s(self.receipt.local_offset_s);
                    self.stream.counts.sent.add(seconds);
                }
            }
            Role::Birth => self.seen.birth = moment(self.first(raw)),
            Role::Death => self.seen.death = moment(self.first(raw)),
            Role::Admission => self.seen.admission = moment(self.first(raw)),
            Role::Discharge => self.seen.discharge = moment(self.first(raw)),
            Role::Reported => self.reported = moment(self.first(raw)).or(self.reported),
            Role::Observed => {
                if let Some(at) = moment(self.first(raw)) {
                    self.seen.observe(at);
                }
            }
            Role::ValueType => {
                self.result.value_type = raw;
                self.is_result = true;
            }
            Role::Value => self.result.value = raw,
            Role::Unit => self.result.unit = raw,
            Role::Range => self.result.range = raw,
            Role::Flag => self.result.flag = self.first(raw),
        }
    }
}

impl<'m> Visit<'m> for Pass<'m, '_> {
    #[inline]
    fn segment(&mut self, id: [u8; 3]) {
        self.end_segment();
        self.segment = self.stream.segment(id);
        self.field = 0;
    }

    #[inline]
    fn component(&mut self, field: u16, component: u16, raw: &'m [u8]) {
        let Some(segment) = self.segment else { return };
        let Some(slot) = self.stream.component(segment, field, component) else { return };
        if let Some(check) = self.stream.count(slot, raw, true) {
            check.look(raw, self.receipt.message);
            if let Some(own) = &mut check.own {
                own.look(self.message, raw, self.receipt.message);
            }
        }
    }

    #[inline]
    fn repetition(&mut self, field: u16, raw: &'m [u8], has_parts: bool) {
        let Some(segment) = self.segment else { return };
        let Some((slot, parts)) = self.stream.field(segment, field) else { return };
        let is_first = self.field != field;
        if let Some(check) = self.stream.count(slot, raw, is_first) {
            if !has_parts {
                check.look(raw, self.receipt.message);
            }
            if let Some(own) = &mut check.own {
                let end = raw.iter().position(|byte| *byte == self.component).unwrap_or(raw.len());
                if end > 0 {
                    own.look(self.message, &raw[..end], self.receipt.message);
                }
            }
            let role = check.role;
            self.play(role, raw);
        }
        if raw != b"\"\"" {
            self.field = field;
        }
        // A value without separators is its own first component.
        if let (false, Some(first)) = (has_parts, parts)
            && let Some(check) = self.stream.count(first, raw, true)
            && let Some(own) = &mut check.own
        {
            own.look(self.message, raw, self.receipt.message);
        }
    }
}
