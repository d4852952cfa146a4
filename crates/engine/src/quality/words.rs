//! Sentences about quality: what changed, how much, since when.
//!
//! Promises: no value of a message in them (R10); places carry the names that the standard gives them.

use super::{
    drift::{Share, Shift},
    findings::What,
    place::Place,
    plausible::RULES,
    record::Kind,
};
use hl7v2::dictionary::{Dictionary, Version};
use message::Timestamp;

/// `99.8 %`: all and none are said only where it is all and none.
#[must_use]
pub fn percent(share: Share) -> String {
    match share {
        Share { hits, of } if hits == of => "100 %".to_owned(),
        Share { hits: 0, .. } => "0 %".to_owned(),
        share => format!("{:.1} %", (share.rate() * 100.0).clamp(0.1, 99.9)),
    }
}

/// `2026-03-04 14:00 UTC`, with seconds where there are some.
#[must_use]
pub fn time(seconds: i64) -> String {
    let (year, month, day, hour, minute, second, _) = Timestamp(seconds.saturating_mul(1_000_000)).utc();
    let second = if second == 0 { String::new() } else { format!(":{second:02}") };
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}{second} UTC")
}

/// The name of a place in the standard; empty where it has none.
#[must_use]
pub fn name(place: Place) -> &'static str {
    let find = |version: Version| {
        let segment = Dictionary::of(version).segment(std::str::from_utf8(&place.segment).ok()?)?;
        if place.field == 0 {
            return Some(segment.name());
        }
        let field = segment.field(place.field)?;
        match place.component {
            0 => Some(field.name()),
            number => field.datatype()?.component(number).map(|part| part.name()),
        }
    };
    // The version that is sent most, then the newest, then any.
    let versions = [Version::V2_5_1, Version::V2_9].into_iter().chain(Version::ALL.into_iter().rev());
    versions.into_iter().find_map(find).unwrap_or("")
}

fn titled(place: Place) -> String {
    match name(place) {
        "" => place.to_string(),
        name => format!("{place} ({name})"),
    }
}

/// A change in one sentence.
#[must_use]
pub fn shift(kind: &Kind, what: &What, shift: &Shift) -> String {
    let (before, after) = (percent(shift.before), percent(shift.after));
    let (of_before, of_after, since) = (shift.before.of, shift.after.of, time(shift.since_s));
    let change = |subject: String, verb: &str| {
        format!("{subject} {verb} {before} of {of_before} until {since}, since then in {after} of {of_after}")
    };
    let text = match what {
        What::Filled(place) if place.field == 0 => change(titled(*place), "was there in"),
        What::Filled(place) => change(titled(*place), "was filled in"),
        What::Misformed(place) => change(titled(*place), "had not the form of its type in"),
        What::Unlisted(place) => change(titled(*place), "held codes that its table does not have in"),
        What::Uncovered(place) => change(titled(*place), "held codes that the interface's own tables do not have in"),
        What::Invalid => change("messages".to_owned(), "were not valid by the interface's own check in"),
        What::Issue(broken) => match Place::parse(&broken.place) {
            Some(place) => change(titled(place), &format!("broke {} in", broken.code)),
            None => change(broken.place.clone(), &format!("broke {} in", broken.code)),
        },
        What::Code(place, code) => {
            format!(
                "{} holds {code}, which was not sent before, in {after} of {of_after} since {since}",
                titled(*place)
            )
        }
        What::Implausible(number) => {
            let sentence = RULES.get(*number).map_or("a rule is broken", |rule| rule.sentence);
            change(sentence.to_owned(), "in")
        }
        What::Duplicate => change("the same message came again".to_owned(), "in"),
        What::ReusedId => change("a control id was used again for another message".to_owned(), "in"),
        What::Ahead => change("the sender's clock was ahead of ours".to_owned(), "in"),
    };
    format!("{text} ({kind})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares() {
        let check = |hits: u64, of: u64, expect: &str| assert_eq!(percent(Share { hits, of }), expect);
        check(10, 10, "100 %");
        check(0, 10, "0 %");
        check(99_999, 100_000, "99.9 %");
        check(1, 100_000, "0.1 %");
        check(5, 8, "62.5 %");
    }

    #[test]
    fn times_and_names() {
        assert_eq!(time(1_772_348_880), "2026-03-01 07:08 UTC");
        assert_eq!(time(1_772_348_889), "2026-03-01 07:08:09 UTC");
        let check = |place: &str, expect: &str| assert_eq!(name(Place::parse(place).unwrap()), expect, "{place}");
        check("PID-3.5", "Identifier Type Code");
        check("PID", "Patient Identification");
        check("ZPD-3", "");
    }
}
