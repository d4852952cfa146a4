//! `alert quality` lines, held against what was counted. Pure.
//!
//! Promises: an alert opens once and closes when what it watches is as it should be; how long it is open follows from the
//! counts, so that a restart changes nothing; too few messages leave it as it was.

use super::{
    drift::Share,
    findings::{Finding, What, by_kind},
    keep::{Kept, Spans, micros},
    place::Place,
    plausible::RULES,
    words,
};
use crate::codes;
use interface::definition::{Alert, AlertCondition, Hours, QualityClaim, QualityFault, QualityMeasure, QualityWatch};
use message::{Code, Timestamp};
use serde::Serialize;
use std::collections::BTreeMap;

/// An alert that is open.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OpenAlert {
    /// Names the page.
    #[serde(serialize_with = "code_id")]
    pub code: Code,
    /// Since when what it watches is so.
    pub since: Timestamp,
    /// One sentence.
    pub message: String,
    /// Wake someone.
    pub is_page: bool,
    /// The file and the line that asks for it.
    pub file: std::sync::Arc<str>,
    /// See `file`.
    pub line: u32,
}

fn code_id<S: serde::Serializer>(code: &Code, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.id)
}

/// What time it is, and how it is cut.
#[derive(Clone, Copy)]
pub struct Time<'z> {
    /// Now.
    pub now: Timestamp,
    /// How the spans are cut.
    pub spans: Spans,
    /// Seconds by which the zone of the machine is ahead of UTC at a time.
    pub offset_s: &'z dyn Fn(Timestamp) -> i64,
}

impl Time<'_> {
    fn is_in(&self, hours: &Hours, at: Timestamp) -> bool {
        hours.contain(at.0.div_euclid(1_000_000) + (self.offset_s)(at))
    }
}

/// The alerts of an interface that are open: those with hours in these hours only, and by what came in them.
#[must_use]
pub fn open(alerts: &[Alert], kept: &[Kept], findings: &[Finding], time: &Time<'_>) -> Vec<OpenAlert> {
    let mut open = Vec::new();
    for alert in alerts {
        let AlertCondition::Quality(watch) = &alert.condition else { continue };
        if !time.is_in(&alert.during, time.now) {
            continue;
        }
        let found = match &watch.claim {
            QualityClaim::NoDrift => of_findings(findings, |finding| finding.is_worse()),
            QualityClaim::NoDrop => {
                of_findings(findings, |finding| finding.is_worse() && finding.what == "completeness")
            }
            QualityClaim::AtLeast { .. } | QualityClaim::AtMost { .. } | QualityClaim::Within(_) => {
                of_share(watch, &alert.during, kept, time).into_iter().collect()
            }
        };
        open.extend(found.into_iter().map(|(code, since, message)| OpenAlert {
            code,
            since,
            message,
            is_page: alert.is_page,
            file: alert.place.file.clone(),
            line: alert.place.line,
        }));
    }
    open
}

type Found = (Code, Timestamp, String);

/// Sentences of one line, at most: the largest changes come first.
const SENTENCES_MAX: usize = 10;

fn of_findings(findings: &[Finding], is_meant: impl Fn(&Finding) -> bool) -> Vec<Found> {
    let meant = findings.iter().filter(|finding| is_meant(finding)).take(SENTENCES_MAX);
    meant.map(|of| (of.code, Timestamp(of.shift.since_s * 1_000_000), of.message.clone())).collect()
}

/// The share of a watch in one span of all kinds together: what is wrong, of all.
fn wrong(claim: &QualityClaim, kept: &Kept) -> Share {
    let record = &kept.record;
    let (hits, of) = match claim {
        QualityClaim::AtLeast { place, measure, .. } => {
            let Some(place) = Place::parse(place) else { return Share::default() };
            match measure {
                QualityMeasure::Completeness => {
                    // A kind of message that never has the segment is not meant.
                    let is_meant = place.field == 0 || record.segments.contains_key(&place.segment);
                    let (hits, of) = if is_meant { What::Filled(place).share(record) } else { (0, 0) };
                    (of.saturating_sub(hits), of)
                }
                QualityMeasure::Form => What::Misformed(place).share(record),
                QualityMeasure::Codes => What::Unlisted(place).share(record),
                QualityMeasure::Coverage => What::Uncovered(place).share(record),
            }
        }
        QualityClaim::AtMost { fault, .. } => match fault {
            QualityFault::Duplicates => What::Duplicate.share(record),
            QualityFault::ReusedIds => What::ReusedId.share(record),
            QualityFault::Ahead => What::Ahead.share(record),
            QualityFault::Invalid => What::Invalid.share(record),
            QualityFault::Implausible => {
                let broken: u64 = record.rules.iter().map(|asked| asked.broken).sum();
                (broken.min(record.messages), record.messages)
            }
        },
        QualityClaim::Within(limit) => {
            let limit = i64::try_from(limit.as_secs()).unwrap_or(i64::MAX);
            (record.sent.longer_than(limit), record.sent.count())
        }
        QualityClaim::NoDrift | QualityClaim::NoDrop => (0, 0),
    };
    Share { hits: hits.min(of), of }
}

/// The most that may be wrong, of a million.
fn wrong_max(claim: &QualityClaim) -> u64 {
    match claim {
        QualityClaim::AtLeast { per_million, .. } => 1_000_000 - u64::from(*per_million).min(1_000_000),
        QualityClaim::AtMost { per_million, .. } => u64::from(*per_million),
        // 95 of 100 come in time.
        QualityClaim::Within(_) => 50_000,
        QualityClaim::NoDrift | QualityClaim::NoDrop => 1_000_000,
    }
}

fn is_over(share: Share, most: u64) -> bool {
    u128::from(share.hits) * 1_000_000 > u128::from(share.of) * u128::from(most)
}

fn of_share(watch: &QualityWatch, during: &Hours, kept: &[Kept], time: &Time<'_>) -> Option<Found> {
    let (now, spans) = (time.now, time.spans);
    let mut points: BTreeMap<i64, Share> = BTreeMap::new();
    for spans in by_kind(kept).values() {
        for span in spans.iter().filter(|span| time.is_in(during, span.start)) {
            let share = wrong(&watch.claim, span);
            let point = points.entry(span.start.0).or_default();
            *point = Share { hits: point.hits + share.hits, of: point.of + share.of };
        }
    }
    let most = wrong_max(&watch.claim);
    let hour = micros(spans.hour);
    let from = now.0 - micros(watch.within) - now.0.rem_euclid(hour);
    // Back from now until the time and the cases suffice: an alert with few new messages stays as it was.
    let mut window = Share::default();
    for (start, share) in points.iter().rev() {
        if *start < from && window.of >= watch.cases_min {
            break;
        }
        window = Share { hits: window.hits + share.hits, of: window.of + share.of };
    }
    if window.of < watch.cases_min || !is_over(window, most) {
        return None;
    }
    let since = since(&points, watch.cases_min, most).unwrap_or(now);
    Some((code(&watch.claim), since, sentence(&watch.claim, window, since)))
}

/// Back from now, in pieces with enough cases, until one is right: the first span before that which is wrong.
fn since(points: &BTreeMap<i64, Share>, cases_min: u64, most: u64) -> Option<Timestamp> {
    let (mut since, mut piece, mut first_wrong) = (None, Share::default(), None);
    for (start, share) in points.iter().rev() {
        piece = Share { hits: piece.hits + share.hits, of: piece.of + share.of };
        if share.of > 0 && is_over(*share, most) {
            first_wrong = Some(*start);
        }
        if piece.of < cases_min {
            continue;
        }
        if !is_over(piece, most) {
            break;
        }
        since = first_wrong.or(since);
        piece = Share::default();
    }
    since.map(Timestamp)
}

fn code(claim: &QualityClaim) -> Code {
    match claim {
        QualityClaim::NoDrift | QualityClaim::NoDrop => codes::E5040,
        QualityClaim::AtLeast { .. } | QualityClaim::AtMost { .. } | QualityClaim::Within(_) => codes::E5042,
    }
}

fn sentence(claim: &QualityClaim, window: Share, since: Timestamp) -> String {
    let since = words::time(since.0.div_euclid(1_000_000));
    let (wrong, of) = (words::percent(window), window.of);
    let right = words::percent(Share { hits: window.of - window.hits, of: window.of });
    let limit = |per_million: u32| format!("{} %", f64::from(per_million) / 10_000.0);
    match claim {
        QualityClaim::AtLeast { place, measure, per_million } => {
            let name = Place::parse(place).map_or("", words::name);
            let name = if name.is_empty() { String::new() } else { format!(" ({name})") };
            let what = match measure {
                QualityMeasure::Completeness => "is filled in",
                QualityMeasure::Form => "has the form of its type in",
                QualityMeasure::Codes => "has a code of its table in",
                QualityMeasure::Coverage => "has a code of the interface's own tables in",
            };
            format!("{place}{name} {what} {right} of {of}, below {}, since {since}", limit(*per_million))
        }
        QualityClaim::AtMost { fault, per_million } => {
            let what = match fault {
                QualityFault::Duplicates => "messages come again",
                QualityFault::ReusedIds => "messages reuse a control id",
                QualityFault::Invalid => "messages are not valid by the interface's own check",
                QualityFault::Ahead => "messages are of a clock that is ahead of ours",
                QualityFault::Implausible => "messages break a rule of plausibility",
            };
            format!("{wrong} of {of} {what}, over {}, since {since}", limit(*per_million))
        }
        QualityClaim::Within(limit) => {
            format!(
                "{wrong} of {of} messages come later than {} s after they were sent, since {since}",
                limit.as_secs()
            )
        }
        QualityClaim::NoDrift | QualityClaim::NoDrop => String::new(),
    }
}

const _: () = assert!(RULES.len() <= 64, "broken rules are summed for each message");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::record::{Counts, Kind, Record};

    const HOUR: i64 = 3_600_000_000;

    /// An hour: messages, and how many of them have PID-3.
    fn hour(number: i64, messages: u64, filled: u64) -> Kept {
        let mut record = Record { messages, duplicates: messages - filled, ..Record::default() };
        record.segments.insert(*b"PID", messages);
        let counts = Counts { filled, repetitions: filled, ..Counts::default() };
        record.places.insert(Place::parse("PID-3").unwrap(), counts);
        (0..messages).for_each(|at| record.sent.add(if at < filled { 5 } else { 1_000 }));
        Kept { start: Timestamp(number * HOUR), span_s: 3_600, kind: Kind::default(), record }
    }

    fn opened(line: &str, kept: &[Kept], now_hour: i64) -> Option<(i64, String)> {
        let definition = crate::fixture::definition(&format!("{line}\nsend a {{\n  fake out\n}}"));
        let now = Timestamp(now_hour * HOUR + HOUR / 2);
        let time = Time { now, spans: Spans::default(), offset_s: &|_| 3_600 };
        let open = open(&definition.alerts, kept, &[], &time);
        assert!(open.len() <= 1, "an alert opens once: {open:?}");
        open.first().map(|open| (open.since.0 / HOUR, open.message.clone()))
    }

    const LINE: &str = "alert quality PID-3 completeness below 95%";

    #[test]
    fn opens_stays_and_heals() {
        let check = |hours: &[(u64, u64)], expect: Option<i64>| {
            let kept: Vec<Kept> = hours.iter().zip(0..).map(|((of, filled), at)| hour(at, *of, *filled)).collect();
            let found = opened(LINE, &kept, hours.len() as i64 - 1).map(|(since, _)| since);
            assert_eq!(found, expect, "{hours:?}");
        };
        check(&[], None);
        check(&[(100, 100)], None);
        check(&[(100, 95)], None);
        check(&[(100, 94)], Some(0));
        check(&[(100, 100), (100, 90)], None); // 190 of 200 within the last hour and a half
        check(&[(100, 100), (100, 80)], Some(1));
        check(&[(100, 100), (100, 80), (100, 80)], Some(1));
        check(&[(100, 80), (100, 100), (100, 100)], None);
        check(&[(19, 0)], None);
        // Few new messages say nothing: it stays as it was.
        check(&[(100, 10), (0, 0), (0, 0), (2, 2)], Some(0));
        check(&[(100, 100), (0, 0), (0, 0), (2, 0)], None);
    }

    #[test]
    fn hours_limit_what_is_told_and_what_is_looked_at() {
        // 1970-01-01 was a Thursday; the machine is an hour ahead. From 05:00 there nothing is filled, from 09:00 all is.
        let kept: Vec<Kept> = (0..30).map(|at| hour(at, 100, if (4..8).contains(&at) { 0 } else { 100 })).collect();
        let check = |during: &str, now_hour: usize, expect: Option<i64>| {
            let line = format!("{LINE} within 2h during \"{during}\"");
            let found = opened(&line, &kept[..=now_hour], now_hour as i64).map(|(since, _)| since);
            assert_eq!(found, expect, "{during} at {now_hour}");
        };
        check("Thu", 6, Some(4));
        check("Fri", 6, None);
        check("06:00-20:00", 4, None);
        check("06:00-20:00", 6, Some(5));
        check("05:00-07:00", 6, None);
        // What came at night is not looked at by day.
        check("09:00-20:00", 8, None);
        check("08:00-20:00", 7, Some(7));
        check("Thu-Fri", 7, Some(4));
    }

    #[test]
    fn other_claims_and_their_sentences() {
        let mut kept = [hour(0, 100, 100), hour(1, 100, 60), hour(2, 100, 60)];
        for (kept, wrong) in kept.iter_mut().zip([0, 40, 40]) {
            (kept.record.validated, kept.record.invalid.messages) = (100, wrong);
            kept.record.places.entry(Place::parse("PID-3").unwrap()).or_default().uncovered = wrong / 2;
        }
        let check = |line: &str, expect: Option<&str>| {
            assert_eq!(opened(line, &kept, 2).map(|(_, text)| text).as_deref(), expect, "{line}");
        };
        check(
            LINE,
            Some("PID-3 (Patient Identifier List) is filled in 60.0 % of 200, below 95 %, since 1970-01-01 01:00 UTC"),
        );
        check("alert quality PID-3 completeness below 60%", None);
        let own = "translate PID-3 with units missing keep\nalert quality PID-3 coverage below";
        check(
            &format!("{own} 80%"),
            Some(
                "PID-3 (Patient Identifier List) has a code of the interface's own tables in 66.7 % of 120, below 80 %, \
                 since 1970-01-01 01:00 UTC",
            ),
        );
        check(&format!("{own} 66%"), None);
        let own = "validate lenient errors keep\nalert quality invalid over";
        check(
            &format!("{own} 10%"),
            Some(
                "40.0 % of 200 messages are not valid by the interface's own check, over 10 %, since 1970-01-01 01:00 UTC",
            ),
        );
        check(&format!("{own} 40%"), None);
        check(
            "alert quality duplicates over 2%",
            Some("28.6 % of 280 messages come again, over 2 %, since 1970-01-01 01:00 UTC"),
        );
        check("alert quality duplicates over 50%", None);
        check(
            "alert quality late over 10m",
            Some("40.0 % of 200 messages come later than 600 s after they were sent, since 1970-01-01 01:00 UTC"),
        );
        check("alert quality late over 30m", None);
        check("alert quality PID-3 completeness below 95% at-least 1000", None);
        check("alert quality PV1-3 completeness below 95%", None);
        check("alert quality drift", None);
    }
}
