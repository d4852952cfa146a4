//! Who is on call: people in turn, in hours.
//!
//! `anna, bela, carl every 7d from 2026-01-05` — or by hours, the first that fits:
//! `Mon-Fri 08:00-17:00: anna; bela, carl every 1d from 2026-01-05`.

use crate::{DAY_S, HOUR_S, windows::day};
use lang::Hours;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Shift {
    hours: Hours,
    people: Vec<Arc<str>>,
    every_s: i64,
    from_s: i64,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rota(Vec<Shift>);

impl Rota {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(text: &str) -> Result<Rota, String> {
        let shifts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
        let rota: Vec<Shift> = shifts.map(shift).collect::<Result<_, _>>()?;
        if rota.is_empty() { Err("it names nobody".to_owned()) } else { Ok(Rota(rota)) }
    }

    /// Who is on call, and who is next if nobody answers; by seconds since 1970-01-01 00:00 of the place.
    #[must_use]
    pub fn at(&self, local_s: i64) -> (Option<Arc<str>>, Option<Arc<str>>) {
        let Some(shift) = self.0.iter().find(|shift| shift.hours.contain(local_s)) else { return (None, None) };
        let turn = (local_s - shift.from_s).div_euclid(shift.every_s);
        let count = i64::try_from(shift.people.len()).unwrap_or(1).max(1);
        let person = |turn: i64| shift.people.get(usize::try_from(turn.rem_euclid(count)).unwrap_or(0)).cloned();
        (person(turn), (count > 1).then(|| person(turn + 1)).flatten())
    }

    /// Everyone in it.
    pub fn people(&self) -> impl Iterator<Item = &Arc<str>> {
        self.0.iter().flat_map(|shift| &shift.people)
    }
}

fn shift(text: &str) -> Result<Shift, String> {
    // Hours hold colons too: what separates is a colon and a blank.
    let (hours, rest) = match text.split_once(": ") {
        Some((hours, rest)) => (Hours::parse(hours)?, rest),
        None => (Hours::default(), text),
    };
    let (rest, from_s) = match rest.split_once(" from ") {
        Some((rest, date)) => {
            let from = day(date.trim()).ok_or_else(|| format!("`{}` is no date such as 2026-01-05", date.trim()))?;
            (rest, from * DAY_S)
        }
        // The first Monday of 1970.
        None => (rest, 4 * DAY_S),
    };
    let (people, every_s) = match rest.split_once(" every ") {
        Some((people, every)) => (people, turn(every.trim())?),
        None => (rest, 7 * DAY_S),
    };
    let people: Vec<Arc<str>> = people.split([',', ' ']).filter(|one| !one.is_empty()).map(Arc::from).collect();
    if people.is_empty() || people.iter().any(|one| one.contains(':')) {
        return Err("it names nobody".to_owned());
    }
    Ok(Shift { hours, people, every_s, from_s })
}

/// `7d`, `12h`.
fn turn(text: &str) -> Result<i64, String> {
    let wrong = || format!("`{text}` is no turn such as 7d or 12h");
    let (unit, number) = text
        .strip_suffix('d')
        .map(|number| (DAY_S, number))
        .or_else(|| {
            let number = text.strip_suffix('h')?;
            Some((HOUR_S, number))
        })
        .ok_or_else(wrong)?;
    let number: i64 = number.trim().parse().map_err(|_| wrong())?;
    if (1..=366).contains(&number) { Ok(unit * number) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_in_turn() {
        let monday = day("2026-01-05").unwrap() * DAY_S;
        let check = |rota: &str, at: i64, expect: (Option<&str>, Option<&str>)| {
            let (one, next) = Rota::parse(rota).unwrap().at(monday + at);
            assert_eq!((one.as_deref(), next.as_deref()), expect, "{rota} at {at}");
        };
        let weekly = "anna, bela, carl every 7d from 2026-01-05";
        check(weekly, 0, (Some("anna"), Some("bela")));
        check(weekly, 7 * DAY_S - 1, (Some("anna"), Some("bela")));
        check(weekly, 7 * DAY_S, (Some("bela"), Some("carl")));
        check(weekly, -1, (Some("carl"), Some("anna")));
        check("anna", 99 * DAY_S, (Some("anna"), None));
        let by_hours = "Mon-Fri 08:00-17:00: anna; bela, carl every 12h from 2026-01-05";
        check(by_hours, 9 * HOUR_S, (Some("anna"), None));
        check(by_hours, 3 * HOUR_S, (Some("bela"), Some("carl")));
        check(by_hours, 18 * HOUR_S, (Some("carl"), Some("bela")));
        check("Mon-Fri 08:00-17:00: anna", 18 * HOUR_S, (None, None));
        for wrong in ["", ";", "anna every 7", "anna every 0d", "anna from soon", "Xyz 1-2: anna", "Mon: "] {
            assert!(Rota::parse(wrong).is_err(), "{wrong}");
        }
    }
}
