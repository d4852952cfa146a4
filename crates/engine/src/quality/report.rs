//! What `sinew quality` shows: the counts since a time, by kind of message and place, with what has changed. Pure.

use super::{
    alerts::OpenAlert,
    delay::Delays,
    drift::Share,
    findings::{Finding, What, by_kind, point, shares},
    keep::{Gap, Kept},
    place::Place,
    record::{Kind, Record, Seen},
    verdict::Broken,
    words,
};
use message::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

/// Steps of a trend.
pub const TREND_STEPS: usize = 24;
/// Places that one kind of message lists, at most.
pub const PLACES_MAX: usize = 2_000;

/// One interface.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Its name.
    pub interface: String,
    /// Messages that were counted.
    pub messages: u64,
    /// Messages that were accepted and not looked at.
    pub left_out: u64,
    /// Alerts that are open.
    pub alerts: Vec<OpenAlert>,
    /// What has changed, the worst first.
    pub findings: Vec<Finding>,
    /// Spans in which messages may not have been counted.
    pub gaps: Vec<Gap>,
    /// By kind of message.
    pub kinds: Vec<KindReport>,
}

/// One kind of message of one sender.
#[derive(Clone, Debug, Serialize)]
pub struct KindReport {
    /// Which.
    pub kind: Kind,
    /// Messages that were counted.
    pub messages: u64,
    /// The same again.
    pub duplicates: u64,
    /// Another under the same control id.
    pub reused_ids: u64,
    /// From MSH-7, OBR-22 and OBX-14 to receipt.
    pub delays: Value,
    /// Rules of plausibility that were broken, or could have been.
    pub rules: Vec<RuleReport>,
    /// Messages that the interface's own check found errors in, of those that came to it.
    pub invalid: Share,
    /// The latest of them; 0 for none.
    pub invalid_example: u64,
    /// What that check found, the most frequent first.
    pub issues: Vec<IssueReport>,
    /// The places, the worst first.
    pub places: Vec<PlaceReport>,
}

/// A rule of plausibility.
#[derive(Clone, Debug, Serialize)]
pub struct RuleReport {
    /// Its name.
    pub rule: &'static str,
    /// What is wrong when it is broken.
    pub sentence: &'static str,
    /// How often it was broken, and could have been.
    pub broken: Share,
    /// The latest message that broke it; 0 for none.
    pub example: u64,
}

/// A rule of the interface's own check.
#[derive(Clone, Debug, Serialize)]
pub struct IssueReport {
    /// Its code: `E1117`, `adt-feed:require-PID-8`.
    pub code: String,
    /// Where; empty for the message as a whole.
    pub place: String,
    /// Messages in which it was broken, of those that were checked.
    pub broken: Share,
    /// The latest of them.
    pub example: u64,
}

/// A place.
#[derive(Clone, Debug, Serialize)]
pub struct PlaceReport {
    /// `PID-3.5`.
    pub place: Place,
    /// Its name in the standard.
    pub name: &'static str,
    /// How often it had a value, and could have had one.
    pub filled: Share,
    /// How often it said `""`.
    pub null: u64,
    /// Values without the form of their type.
    pub misformed: u64,
    /// Codes that its table does not have.
    pub unlisted: u64,
    /// Codes that the interface's own tables do not have.
    pub uncovered: u64,
    /// The latest message with one of the last three; 0 for none.
    pub example: u64,
    /// Codes of its table, the most frequent first.
    pub codes: Vec<(String, u64)>,
    /// The share that was filled, over time; nothing where there was nothing to fill.
    pub trend: Vec<Option<f64>>,
    /// There is a finding about it.
    pub is_changed: bool,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// From when on.
    pub since: Timestamp,
    /// Until when.
    pub now: Timestamp,
    /// This place, and what is in it.
    pub field: Option<Place>,
}

/// What was found besides the counts.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Open alerts.
    pub alerts: Vec<OpenAlert>,
    /// Changes.
    pub findings: Vec<Finding>,
    /// Gaps.
    pub gaps: Vec<Gap>,
}

/// The report of an interface.
#[must_use]
pub fn of(interface: &str, kept: &[Kept], found: Found, asked: Asked) -> Report {
    let meant = |place: &str| match (asked.field, Place::parse(place)) {
        (None, _) => true,
        (Some(field), Some(place)) => place.is_within(field) || field.is_within(place),
        (Some(_), None) => false,
    };
    let Found { alerts, mut findings, gaps } = found;
    findings.retain(|finding| meant(&finding.place));
    let recent: Vec<Kept> =
        kept.iter().filter(|span| span.start.0 + i64::from(span.span_s) * 1_000_000 > asked.since.0).cloned().collect();
    let kinds: Vec<KindReport> =
        by_kind(&recent).into_iter().map(|(kind, spans)| kind_report(kind, &spans, &findings, asked)).collect();
    let sum = |of: fn(&Kept) -> u64| recent.iter().map(of).sum();
    Report {
        interface: interface.to_owned(),
        messages: sum(|span| span.record.messages),
        left_out: sum(|span| span.record.left_out),
        alerts,
        findings,
        gaps,
        kinds,
    }
}

fn kind_report(kind: &Kind, spans: &[&Kept], findings: &[Finding], asked: Asked) -> KindReport {
    let mut record = Record::default();
    spans.iter().for_each(|span| record.merge(&span.record));
    let findings: Vec<&Finding> = findings.iter().filter(|finding| finding.kind == *kind).collect();
    let is_asked = |place: Place| asked.field.is_none_or(|field| place.is_within(field));
    let mut places: Vec<PlaceReport> = shares(spans)
        .into_iter()
        .filter_map(|what| match what {
            What::Filled(place) if is_asked(place) => Some(place_report(place, &record, spans, &findings, asked)),
            _ => None,
        })
        .collect();
    places.sort_by(|a, b| badness(b).total_cmp(&badness(a)).then(a.place.cmp(&b.place)));
    places.truncate(PLACES_MAX);
    let mut rules: Vec<RuleReport> = record
        .asked()
        .map(|(rule, of)| RuleReport {
            rule: rule.id,
            sentence: rule.sentence,
            broken: Share { hits: of.broken, of: of.of },
            example: of.example,
        })
        .collect();
    rules.sort_by(|a, b| b.broken.rate().total_cmp(&a.broken.rate()));
    let mut issues: Vec<IssueReport> =
        record.issues.iter().map(|(broken, seen)| issue(broken, *seen, &record)).collect();
    issues.retain(|issue| {
        asked.field.is_none_or(|field| Place::parse(&issue.place).is_some_and(|at| at.is_within(field)))
    });
    issues.sort_by_key(|issue| std::cmp::Reverse(issue.broken.hits));
    let invalid = Share { hits: record.invalid.messages, of: record.validated };
    let invalid_example = record.invalid.example;
    let Record { messages, duplicates, reused_ids, .. } = record;
    let delays =
        json!({"sent": delay(&record.sent), "reported": delay(&record.reported), "observed": delay(&record.observed)});
    let kind = kind.clone();
    KindReport { kind, messages, duplicates, reused_ids, delays, rules, invalid, invalid_example, issues, places }
}

fn issue(broken: &Broken, seen: Seen, record: &Record) -> IssueReport {
    let Broken { code, place } = broken;
    let share = Share { hits: seen.messages, of: record.validated };
    IssueReport { code: code.to_string(), place: place.clone(), broken: share, example: seen.example }
}

/// The worse, the more: changed first, then wrong values, then what the standard requires and nobody fills.
fn badness(place: &PlaceReport) -> f64 {
    let values = place.filled.hits.max(1) as f64;
    let wrong = place.misformed.max(place.unlisted).max(place.uncovered) as f64 / values;
    let is_required_and_empty = place.filled.hits == 0 && place.filled.of > 0;
    f64::from(u8::from(place.is_changed)) * 4.0 + wrong.min(1.0) * 2.0 + f64::from(u8::from(is_required_and_empty))
}

fn place_report(place: Place, record: &Record, spans: &[&Kept], findings: &[&Finding], asked: Asked) -> PlaceReport {
    let counts = record.places.get(&place).copied().unwrap_or_default();
    let text = place.to_string();
    let mut codes: Vec<(String, u64)> = record
        .codes
        .iter()
        .filter(|((of, _), _)| *of == place)
        .map(|((_, code), count)| (code.clone(), *count))
        .collect();
    codes.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    PlaceReport {
        place,
        name: words::name(place),
        filled: Share { hits: counts.filled, of: record.of(place) },
        null: counts.null,
        misformed: counts.misformed,
        unlisted: counts.unlisted,
        uncovered: counts.uncovered,
        example: counts.example,
        codes,
        trend: trend(place, spans, asked),
        is_changed: findings.iter().any(|finding| finding.place == text),
    }
}

fn trend(place: Place, spans: &[&Kept], asked: Asked) -> Vec<Option<f64>> {
    let (from, to) = (asked.since.0, asked.now.0.max(asked.since.0 + 1));
    let mut steps = [Share::default(); TREND_STEPS];
    for span in spans {
        let found = point(span, &What::Filled(place));
        let into = (span.start.0.clamp(from, to - 1) - from) as i128 * TREND_STEPS as i128 / (to - from) as i128;
        if let Some(step) = usize::try_from(into).ok().and_then(|into| steps.get_mut(into)) {
            *step = Share { hits: step.hits + found.hits, of: step.of + found.of };
        }
    }
    steps.iter().map(|step| (step.of > 0).then(|| (step.rate() * 1_000.0).round() / 1_000.0)).collect()
}

fn delay(delays: &Delays) -> Value {
    if delays.count() == 0 {
        return Value::Null;
    }
    json!({"of": delays.count(), "half_within_s": delays.within_s(0.5), "most_within_s": delays.within_s(0.95),
        "ahead": delays.ahead, "ahead_s_max": delays.ahead_s_max})
}
