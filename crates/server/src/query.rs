//! The words of message search: `patient:482113 state:parked since:2h interface:adt-main accession=A123 word`.
//!
//! One language for the command line and the console. Pure: "now" is an argument.

use crate::codes;
use message::{MessageState, Reason, Timestamp};
use std::time::Duration;

/// A search as a person typed it, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// `id:` — message ids.
    pub ids: Vec<u64>,
    /// `interface:`
    pub interface: Option<String>,
    /// `destination:`
    pub destination: Option<String>,
    /// `patient:`
    pub patient: Option<String>,
    /// `visit:`
    pub visit: Option<String>,
    /// `order:`
    pub order: Option<String>,
    /// `control:`
    pub control_id: Option<String>,
    /// `type:ADT` or `type:ADT^A01`
    pub message_type: Option<String>,
    /// `event:A01`
    pub event: Option<String>,
    /// `facility:`
    pub facility: Option<String>,
    /// `application:`
    pub application: Option<String>,
    /// `state:` — one or several, separated by commas.
    pub states: Vec<MessageState>,
    /// `since:` — inclusive.
    pub since: Option<Timestamp>,
    /// `until:` — exclusive.
    pub until: Option<Timestamp>,
    /// `name=value` — fields that an interface indexes.
    pub fields: Vec<(String, String)>,
    /// Words without a name: any identifier.
    pub words: Vec<String>,
}

/// The names that stand before a colon, with an example each: for help and "did you mean".
pub const NAMES: &[(&str, &str)] = &[
    ("patient", "patient:482113"),
    ("visit", "visit:V10021"),
    ("order", "order:LAB-7781"),
    ("control", "control:MSG00042"),
    ("id", "id:10485760"),
    ("interface", "interface:adt-main"),
    ("destination", "destination:pharmacy"),
    ("type", "type:ADT^A01"),
    ("event", "event:A01"),
    ("facility", "facility:NORTH"),
    ("application", "application:EPR"),
    ("state", "state:parked,in_flight"),
    ("since", "since:2h  since:09:41  since:2026-03-01"),
    ("until", "until:30m"),
];

/// Reads a query. An empty one finds everything, newest first.
///
/// # Errors
/// [`codes::E7002`] with the word that is not understood.
pub fn parse(text: &str, now: Timestamp) -> Result<Search, Reason> {
    let mut search = Search::default();
    for word in split(text)? {
        if let Some((name, value)) = named(&word, '=') {
            search.fields.push((name.to_owned(), value.to_owned()));
        } else if let Some((name, value)) = named(&word, ':') {
            state(&mut search, name, value, now)?;
        } else {
            search.words.push(word);
        }
    }
    Ok(search)
}

/// Splits at blanks; quotes keep blanks together.
fn split(text: &str) -> Result<Vec<String>, Reason> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for character in text.chars() {
        match character {
            '"' => is_quoted = !is_quoted,
            blank if blank.is_whitespace() && !is_quoted => words.push(String::new()),
            other => {
                if let Some(word) = words.last_mut() {
                    word.push(other);
                }
            }
        }
    }
    if is_quoted {
        return Err(Reason::new(codes::E7002, "a quotation mark is not closed"));
    }
    words.retain(|word| !word.is_empty());
    Ok(words)
}

fn named(word: &str, separator: char) -> Option<(&str, &str)> {
    let (name, value) = word.split_once(separator)?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    (is_name && !value.is_empty()).then_some((name, value))
}

fn state(search: &mut Search, name: &str, value: &str, now: Timestamp) -> Result<(), Reason> {
    match name {
        "patient" => once(&mut search.patient, name, value)?,
        "visit" => once(&mut search.visit, name, value)?,
        "order" => once(&mut search.order, name, value)?,
        "control" => once(&mut search.control_id, name, value)?,
        "interface" => once(&mut search.interface, name, value)?,
        "destination" => once(&mut search.destination, name, value)?,
        "facility" => once(&mut search.facility, name, value)?,
        "application" => once(&mut search.application, name, value)?,
        "event" => once(&mut search.event, name, value)?,
        "type" => match value.split_once('^') {
            None => once(&mut search.message_type, name, value)?,
            Some((message_type, event)) => {
                once(&mut search.message_type, name, message_type)?;
                once(&mut search.event, name, event)?;
            }
        },
        "id" => {
            let id = value.parse().map_err(|_| Reason::new(codes::E7002, "`id:` takes a message id, a number"))?;
            search.ids.push(id);
        }
        "state" | "status" => {
            for word in value.split(',') {
                search.states.push(message_state(word)?);
            }
        }
        "since" => once_at(&mut search.since, name, time(value, now)?)?,
        "until" => once_at(&mut search.until, name, time(value, now)?)?,
        other => {
            let known: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
            let guess = lang::syntax::closest(other, known.iter().copied());
            let hint =
                guess.map_or_else(|| format!("known: {}", known.join(", ")), |name| format!("did you mean `{name}:`?"));
            return Err(Reason::new(codes::E7002, format!("`{other}:` is not a search word; {hint}")));
        }
    }
    Ok(())
}

/// A second value would replace the first, and the search would find what was not asked for.
fn once(place: &mut Option<String>, name: &str, value: &str) -> Result<(), Reason> {
    once_at(place, name, value.to_owned())
}

fn once_at<T>(place: &mut Option<T>, name: &str, value: T) -> Result<(), Reason> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(Reason::new(codes::E7002, format!("`{name}:` stands twice"))),
    }
}

fn message_state(word: &str) -> Result<MessageState, Reason> {
    match word.replace('-', "_").as_str() {
        "filtered" => Ok(MessageState::Filtered),
        "delivered" => Ok(MessageState::Delivered),
        "deleted" => Ok(MessageState::Deleted),
        "expired" => Ok(MessageState::Expired),
        "in_flight" | "queued" | "waiting" | "retrying" => Ok(MessageState::InFlight),
        "parked" | "error" => Ok(MessageState::Parked),
        _ => {
            let text = "`state:` takes filtered, delivered, deleted, expired, in_flight or parked";
            Err(Reason::new(codes::E7002, text))
        }
    }
}

/// `2h` ago, `09:41` today (UTC), `2026-03-01`, `2026-03-01T07:00` or with seconds.
fn time(value: &str, now: Timestamp) -> Result<Timestamp, Reason> {
    age(value)
        .map(|age| Timestamp(now.0.saturating_sub(i64::try_from(age.as_micros()).unwrap_or(i64::MAX))))
        .or_else(|| clock_time(value, now))
        .ok_or_else(|| {
            Reason::new(codes::E7002, "a time is written like 2h, 30m, 09:41, 2026-03-01 or 2026-03-01T07:00 (UTC)")
        })
}

fn age(value: &str) -> Option<Duration> {
    let split = value.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = value.split_at(split);
    let seconds = match unit {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(seconds).map(Duration::from_secs)
}

fn clock_time(value: &str, now: Timestamp) -> Option<Timestamp> {
    let value = value.trim_end_matches('Z');
    let (date, clock) = match value.split_once('T') {
        Some((date, clock)) => (Some(date), Some(clock)),
        None if value.contains(':') => (None, Some(value)),
        None => (Some(value), None),
    };
    let day = match date {
        None => now.0.div_euclid(86_400_000_000),
        Some(date) => {
            let mut parts = date.splitn(3, '-').map(str::parse::<i64>);
            let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
            ((1..=12).contains(&month) && (1..=31).contains(&day)).then(|| days_from_civil(year, month, day))?
        }
    };
    let second = match clock {
        None => 0,
        Some(clock) => {
            let mut parts = clock.splitn(3, ':').map(str::parse::<i64>);
            let (hour, minute) = (parts.next()?.ok()?, parts.next()?.ok()?);
            let second = parts.next().transpose().ok()?.unwrap_or(0);
            ((0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second))
                .then_some(hour * 3_600 + minute * 60 + second)?
        }
    };
    Some(Timestamp((day * 86_400 + second) * 1_000_000))
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp(1_772_366_400_000_000); // 2026-03-01T12:00:00Z

    fn ok(text: &str) -> Search {
        parse(text, NOON).expect("a query")
    }

    #[test]
    fn words_are_taken_apart() {
        assert_eq!(ok("patient:482113").patient.as_deref(), Some("482113"));
        let search = ok("type:ADT^A01 state:parked,in-flight accession=A123 \"two words\"");
        assert_eq!((search.message_type.as_deref(), search.event.as_deref()), (Some("ADT"), Some("A01")));
        assert_eq!(search.states, [MessageState::Parked, MessageState::InFlight]);
        assert_eq!(search.fields, [("accession".to_owned(), "A123".to_owned())]);
        assert_eq!(search.words, ["two words"]);
        assert_eq!(ok("   "), Search::default());
    }

    #[test]
    fn times() {
        let since = |text: &str| ok(&format!("since:{text}")).since.map(Timestamp::to_rfc3339).unwrap_or_default();
        assert_eq!(since("2h"), "2026-03-01T10:00:00.000Z");
        assert_eq!(since("09:41"), "2026-03-01T09:41:00.000Z");
        assert_eq!(since("2025-12-31"), "2025-12-31T00:00:00.000Z");
        assert_eq!(since("2024-02-29T07:08:09Z"), "2024-02-29T07:08:09.000Z");
    }

    #[test]
    fn mistakes_are_named() {
        let fails = |text: &str| parse(text, NOON).expect_err("no query").text.into_owned();
        assert!(fails("pateint:1").contains("did you mean `patient:`?"));
        assert!(fails("since:yesterday").contains("2h"));
        assert!(fails("state:lost").contains("parked"));
        assert!(fails("patient:1 patient:2").contains("twice"));
        assert!(fails("type:ADT^A01 event:A02").contains("twice"));
        assert!(fails("id:x").contains("number"));
        assert!(fails("\"open").contains("not closed"));
    }
}
