//! What has changed in what an interface's senders send: every share that is kept, looked at against its own history.
//!
//! Owns which shares there are, and the sentences about their changes. Pure. Never names a value: codes that a table of
//! the standard has may be named, nothing else (R10).

use super::{
    drift::{self, Of, Point, Settings, Shift},
    keep::Kept,
    place::Place,
    plausible::RULES,
    record::{Kind, Record},
    verdict::Broken,
    words,
};
use crate::codes;
use message::{Code, Severity};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A share that is looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A segment is there, a field or component is filled.
    Filled(Place),
    /// A value has not the form of its type.
    Misformed(Place),
    /// The table of the standard does not have a code.
    Unlisted(Place),
    /// The interface's own tables do not have a code.
    Uncovered(Place),
    /// A code of a table, by place.
    Code(Place, String),
    /// The interface's own check found an error.
    Invalid,
    /// It found this.
    Issue(Broken),
    /// A rule of plausibility is broken, by its place in [`RULES`].
    Implausible(usize),
    /// The same message again.
    Duplicate,
    /// Another message under the same control id.
    ReusedId,
    /// The sender's clock is ahead.
    Ahead,
}

impl What {
    /// The place that it is about; empty for the message as a whole.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            What::Filled(place) | What::Misformed(place) | What::Unlisted(place) => place.to_string(),
            What::Uncovered(place) | What::Code(place, _) => place.to_string(),
            What::Issue(broken) => broken.place.clone(),
            What::Invalid => String::new(),
            What::Implausible(number) => RULES.get(*number).map_or("", |rule| rule.place).to_owned(),
            What::Duplicate | What::ReusedId => "MSH-10".to_owned(),
            What::Ahead => "MSH-7".to_owned(),
        }
    }

    /// One word for JSON.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            What::Filled(_) => "completeness",
            What::Misformed(_) => "form",
            What::Unlisted(_) => "codes",
            What::Uncovered(_) => "coverage",
            What::Code(..) => "new-code",
            What::Invalid => "invalid",
            What::Issue(_) => "issue",
            What::Implausible(_) => "implausible",
            What::Duplicate => "duplicates",
            What::ReusedId => "reused-ids",
            What::Ahead => "ahead",
        }
    }

    fn of(&self) -> Of {
        match self {
            What::Filled(_) => Of::Good,
            What::Misformed(_) | What::Unlisted(_) | What::Uncovered(_) | What::Code(..) => Of::Fault,
            What::Implausible(_) | What::Invalid | What::Issue(_) => Of::Fault,
            What::Duplicate | What::ReusedId | What::Ahead => Of::Fault,
        }
    }

    /// How often it was so in a record, and of how many.
    #[must_use]
    pub fn share(&self, record: &Record) -> (u64, u64) {
        let counts = |place: &Place| record.places.get(place).copied().unwrap_or_default();
        let values = |place: &Place| match place.component {
            0 => counts(place).repetitions,
            _ => counts(place).filled,
        };
        match self {
            What::Filled(place) => (counts(place).filled, record.of(*place)),
            What::Misformed(place) => (counts(place).misformed, values(place)),
            What::Unlisted(place) => (counts(place).unlisted, values(place)),
            What::Uncovered(place) => (counts(place).uncovered, values(place)),
            What::Invalid => (record.invalid.messages, record.validated),
            What::Issue(broken) => (record.issues.get(broken).map_or(0, |seen| seen.messages), record.validated),
            What::Code(place, code) => (record.codes.get(&(*place, code.clone())).copied().unwrap_or(0), values(place)),
            What::Implausible(number) => record.rules.get(*number).map_or((0, 0), |asked| (asked.broken, asked.of)),
            What::Duplicate => (record.duplicates, record.messages + record.duplicates),
            What::ReusedId => (record.reused_ids, record.messages),
            What::Ahead => (record.sent.ahead, record.sent.count()),
        }
    }
}

/// A change that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Names the page.
    #[serde(serialize_with = "code_id")]
    pub code: Code,
    /// A warning when it got worse, a note when it is only different.
    pub severity: Severity,
    /// Of which kind of message.
    pub kind: Kind,
    /// Where.
    pub place: String,
    /// What: `completeness`, `codes` …
    pub what: &'static str,
    /// What changed, how much and since when.
    pub message: String,
    /// The figures.
    pub shift: Shift,
}

fn code_id<S: serde::Serializer>(code: &Code, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.id)
}

impl Finding {
    /// It got worse.
    #[must_use]
    pub fn is_worse(&self) -> bool {
        self.severity != Severity::Note
    }
}

/// Changes that are listed of one interface, at most; the largest are kept.
pub const FINDINGS_MAX: usize = 200;

/// The spans of each kind of message, in order of time.
#[must_use]
pub fn by_kind(kept: &[Kept]) -> BTreeMap<&Kind, Vec<&Kept>> {
    let mut kinds: BTreeMap<&Kind, Vec<&Kept>> = BTreeMap::new();
    for span in kept {
        kinds.entry(&span.kind).or_default().push(span);
    }
    kinds
}

/// Every share that some span has anything to say of.
#[must_use]
pub fn shares(spans: &[&Kept]) -> BTreeSet<What> {
    let mut all = BTreeSet::from([What::Duplicate, What::ReusedId, What::Ahead]);
    for Kept { record, .. } in spans {
        for (place, counts) in &record.places {
            all.insert(What::Filled(*place));
            if counts.misformed > 0 {
                all.insert(What::Misformed(*place));
            }
            if counts.unlisted > 0 {
                all.insert(What::Unlisted(*place));
            }
            if counts.uncovered > 0 {
                all.insert(What::Uncovered(*place));
            }
        }
        all.extend(record.codes.keys().map(|(place, code)| What::Code(*place, code.clone())));
        if record.invalid.messages > 0 {
            all.insert(What::Invalid);
        }
        all.extend(record.issues.keys().cloned().map(What::Issue));
        let broken = record.rules.iter().enumerate().filter(|(_, asked)| asked.broken > 0);
        all.extend(broken.map(|(number, _)| What::Implausible(number)));
    }
    all
}

/// The changes in what an interface received, what got worse first, the largest first.
#[must_use]
pub fn find(kept: &[Kept], settings: Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (kind, spans) in by_kind(kept) {
        for what in shares(&spans) {
            let points: Vec<Point> = spans.iter().map(|span| point(span, &what)).collect();
            if let Some(shift) = drift::detect(&points, what.of(), settings) {
                findings.extend(finding(kind, &what, shift));
            }
        }
    }
    let size = |finding: &Finding| (finding.shift.after.rate() - finding.shift.before.rate()).abs();
    findings.sort_by(|a, b| b.severity.cmp(&a.severity).then(size(b).total_cmp(&size(a))));
    findings.truncate(FINDINGS_MAX);
    findings
}

pub(crate) fn point(span: &Kept, what: &What) -> Point {
    let (hits, of) = what.share(&span.record);
    let start_s = span.start.0.div_euclid(1_000_000);
    // A count that is more than it is counted of is two builds' idea of it: no share is above all.
    Point { start_s, span_s: i64::from(span.span_s), hits: hits.min(of), of }
}

fn finding(kind: &Kind, what: &What, shift: Shift) -> Option<Finding> {
    let is_more = shift.after.rate() > shift.before.rate();
    let (code, severity) = match what {
        What::Filled(_) if is_more => (codes::E5041, Severity::Note),
        // Only a code that was not sent before is news: shares of codes go up and down with the work.
        What::Code(..) if shift.before.hits > 0 || !is_more => return None,
        What::Code(..) => (codes::E5041, Severity::Note),
        What::Filled(_) => (codes::E5040, Severity::Warning),
        // Faults that became fewer.
        What::Misformed(_) | What::Unlisted(_) | What::Uncovered(_) | What::Implausible(_) if !is_more => return None,
        What::Invalid | What::Issue(_) | What::Duplicate | What::ReusedId | What::Ahead if !is_more => return None,
        What::Misformed(_) | What::Unlisted(_) | What::Uncovered(_) => (codes::E5040, Severity::Warning),
        What::Implausible(_) | What::Invalid | What::Issue(_) => (codes::E5040, Severity::Warning),
        What::Duplicate | What::ReusedId | What::Ahead => (codes::E5040, Severity::Warning),
    };
    let message = words::shift(kind, what, &shift);
    Some(Finding { code, severity, kind: kind.clone(), place: what.place(), what: what.word(), message, shift })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::record::Counts;
    use message::Timestamp;

    const HOUR_S: i64 = 3_600;

    /// Hours of forty messages; the record of each hour as the change made it.
    fn history(hours: i64, change: impl Fn(i64, &mut Record)) -> Vec<Kept> {
        (0..hours)
            .map(|hour| {
                let mut record = Record { messages: 40, ..Record::default() };
                record.segments = [(*b"PID", 40), (*b"PV1", 40)].into();
                for text in ["PID", "PV1", "PV1-3", "PID-8"] {
                    let counts = Counts { filled: 40, repetitions: 40, ..Counts::default() };
                    record.places.insert(Place::parse(text).unwrap(), counts);
                }
                record.rules[0].of = 40;
                record.validated = 40;
                record.codes.insert((Place::parse("PID-8").unwrap(), "F".into()), 20);
                (0..40).for_each(|_| record.sent.add(1));
                change(hour, &mut record);
                let kind = Kind { message_type: "ADT".into(), trigger: "A01".into(), ..Kind::default() };
                Kept { start: Timestamp(hour * HOUR_S * 1_000_000), span_s: 3_600, kind, record }
            })
            .collect()
    }

    fn counts<'r>(record: &'r mut Record, place: &str) -> &'r mut Counts {
        record.places.entry(Place::parse(place).unwrap()).or_default()
    }

    #[test]
    fn each_kind_of_change_is_found_and_named() {
        let check = |expect: &[(&str, &str, &str)], change: &dyn Fn(&mut Record)| {
            let kept = history(300, |hour, record| {
                if hour >= 290 {
                    change(record)
                }
            });
            let found = find(&kept, Settings::default());
            let short: Vec<_> = found.iter().map(|of| (of.code.id, &*of.place, of.what)).collect();
            assert_eq!(short, expect);
            assert!(found.iter().all(|finding| finding.shift.since_s == 290 * HOUR_S), "{found:?}");
        };
        check(&[], &|_| {});
        check(&[("E5040", "PV1-3", "completeness")], &|record| counts(record, "PV1-3").filled = 25);
        check(&[("E5040", "PV1", "completeness")], &|record| {
            record.segments.remove(b"PV1");
            record.places.retain(|place, _| place.segment != *b"PV1");
        });
        check(&[("E5041", "PV1-2", "completeness")], &|record| counts(record, "PV1-2").filled = 40);
        check(&[("E5040", "PID-8", "codes")], &|record| counts(record, "PID-8").unlisted = 9);
        check(&[("E5040", "PID-8", "coverage")], &|record| counts(record, "PID-8").uncovered = 9);
        check(&[("E5040", "", "invalid")], &|record| record.invalid.messages = 9);
        check(&[("E5040", "PID-5", "issue")], &|record| {
            let broken = Broken { code: "feed:require-PID-5".into(), place: "PID-5".to_owned() };
            record.issues.entry(broken).or_default().messages = 9;
        });
        check(&[("E5040", "PID-8", "form")], &|record| counts(record, "PID-8").misformed = 9);
        check(&[("E5041", "PID-8", "new-code")], &|record| {
            record.codes.insert((Place::parse("PID-8").unwrap(), "A".into()), 9);
        });
        // Shares of codes that were sent before go up and down with the work.
        check(&[], &|record| {
            record.codes.insert((Place::parse("PID-8").unwrap(), "F".into()), 39);
        });
        check(&[("E5040", "PID-7", "implausible")], &|record| (record.rules[0].of, record.rules[0].broken) = (40, 8));
        check(&[("E5040", "MSH-10", "duplicates")], &|record| record.duplicates = 10);
        check(&[("E5040", "MSH-7", "ahead")], &|record| (0..9).for_each(|_| record.sent.add(-60)));
    }

    #[test]
    fn says_what_how_much_and_since_when() {
        let kept = history(300, |hour, record| {
            if hour >= 290 {
                counts(record, "PV1-3").filled = 25;
            }
        });
        let expect = "PV1-3 (Assigned Patient Location) was filled in 100 % of 11600 until 1970-01-13 02:00 UTC, since then \
                      in 62.5 % of 400 (ADT^A01)";
        assert_eq!(find(&kept, Settings::default())[0].message, expect);
    }
}
