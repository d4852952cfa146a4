//! Times that are not as others: holidays, and maintenance windows.
//!
//! Promises: a window keeps quiet what it names and nothing else; what it kept quiet is told when it ends and the trouble
//! goes on.

use crate::{DAY_S, cause::Cause, incident::Symptom};
use lang::Hours;
use std::{collections::BTreeSet, sync::Arc};

/// Days on which less comes than on others of their name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar(BTreeSet<i64>);

impl Calendar {
    /// Reads dates such as `2026-12-25`, with blanks or commas between them.
    ///
    /// # Errors
    /// The word that is no date.
    pub fn parse(text: &str) -> Result<Calendar, String> {
        let words = text.split([' ', ',']).filter(|word| !word.is_empty());
        words.map(|word| day(word).ok_or_else(|| word.to_owned())).collect::<Result<_, _>>().map(Calendar)
    }

    /// It is a holiday, by seconds since 1970-01-01 00:00 of the place.
    #[must_use]
    pub fn has(&self, local_s: i64) -> bool {
        self.0.contains(&local_s.div_euclid(DAY_S))
    }
}

/// Days since 1970-01-01 of `2026-12-25` (proleptic Gregorian calendar).
pub(crate) fn day(text: &str) -> Option<i64> {
    let mut parts = text.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || !(1970..=9999).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = [31, if is_leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    if day < 1 || day > days[usize::try_from(month - 1).ok()?] {
        return None;
    }
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (shifted_year.div_euclid(400), shifted_year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// What a window is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    All,
    /// Everything at this host, in either direction.
    Partner(Arc<str>),
    /// One interface.
    Interface(Arc<str>),
}

/// A maintenance window: `Sun 02:00-04:00 partner rx01.example.org`, or once: `2026-03-01 02:00-04:00 interface adt-main`.
///
/// Messages are taken and queued as always; nobody is told of what it names while it lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// What it is called.
    pub name: Arc<str>,
    /// In the week.
    pub hours: Hours,
    /// On this day only, in days since 1970-01-01.
    pub day: Option<i64>,
    /// About what.
    pub scope: Scope,
}

impl Window {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(name: &str, text: &str) -> Result<Window, String> {
        let (when, scope) = match (text.split_once(" partner "), text.split_once(" interface ")) {
            (Some((when, host)), _) => (when, Scope::Partner(host.trim().into())),
            (None, Some((when, interface))) => (when, Scope::Interface(interface.trim().into())),
            (None, None) => (text, Scope::All),
        };
        if matches!(&scope, Scope::Partner(of) | Scope::Interface(of) if of.is_empty() || of.contains(' ')) {
            return Err("behind `partner` or `interface` stands one name".to_owned());
        }
        let when = when.trim();
        let (day, hours) = match when.split_once(' ') {
            Some((date, rest)) if day(date).is_some() => (day(date), rest),
            _ => (None, when),
        };
        Ok(Window { name: name.into(), hours: Hours::parse(hours)?, day, scope })
    }

    /// It is on, by seconds since 1970-01-01 00:00 of the place.
    #[must_use]
    pub fn is_on(&self, local_s: i64) -> bool {
        self.hours.contain(local_s) && self.day.is_none_or(|day| day == local_s.div_euclid(DAY_S))
    }

    /// It is about this symptom.
    #[must_use]
    pub fn covers(&self, symptom: &Symptom) -> bool {
        match &self.scope {
            // The ground that all stand on is never kept quiet.
            Scope::All => !matches!(symptom.cause, Cause::Engine(_)),
            Scope::Partner(host) => symptom.cause.host() == Some(host),
            Scope::Interface(name) => symptom.interface.as_deref() == Some(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sunday 2026-03-01 00:00.
    const SUNDAY_S: i64 = 1_772_323_200;

    #[test]
    fn days() {
        for (text, expect) in [
            ("1970-01-01", Some(0)),
            ("2026-03-01", Some(SUNDAY_S / DAY_S)),
            ("2024-02-29", Some(19_782)),
            ("2026-02-29", None),
            ("2026-13-01", None),
            ("2026-1", None),
            ("Sun", None),
        ] {
            assert_eq!(day(text), expect, "{text}");
        }
        let calendar = Calendar::parse("2026-03-01, 2026-12-25").unwrap();
        assert_eq!([0, DAY_S, -1].map(|more| calendar.has(SUNDAY_S + more)), [true, false, false]);
        assert_eq!(Calendar::parse("2026-03-01 easter"), Err("easter".to_owned()));
    }

    #[test]
    fn windows() {
        let check = |text: &str, at: i64, expect: bool| {
            assert_eq!(Window::parse("w", text).unwrap().is_on(SUNDAY_S + at), expect, "{text} at {at}");
        };
        check("Sun 02:00-04:00", 2 * 3_600, true);
        check("Sun 02:00-04:00", 4 * 3_600, false);
        check("Sun 02:00-04:00 partner rx01", 7 * DAY_S + 3 * 3_600, true);
        check("2026-03-01 02:00-04:00 interface adt", 3 * 3_600, true);
        check("2026-03-01 02:00-04:00 interface adt", 7 * DAY_S + 3 * 3_600, false);
        for wrong in ["", "Sun 02:00-04:00 partner a b", "someday", "2026-02-30 02:00-04:00"] {
            assert!(Window::parse("w", wrong).is_err(), "{wrong}");
        }
    }
}
