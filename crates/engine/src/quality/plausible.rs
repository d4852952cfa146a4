//! Rules of plausibility: what cannot be, whatever a profile says. Pure.
//!
//! Owns the list of the rules and how one message stands to them. Promises: a rule is asked only where all it needs was
//! there, and two dates are compared by what both of them say; a zone that is not said is given a day.

use super::{
    moment::{DAY_S, Moment},
    record::Asked,
};

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name in tables and JSON.
    pub id: &'static str,
    /// What is wrong when it is broken.
    pub sentence: &'static str,
    /// Where to look.
    pub place: &'static str,
}

const fn rule(id: &'static str, place: &'static str, sentence: &'static str) -> Rule {
    Rule { id, sentence, place }
}

/// Every rule. The order is that of [`Number`].
pub const RULES: [Rule; 11] = [
    rule("birth-in-future", "PID-7", "the date of birth is in the future"),
    rule("birth-too-old", "PID-7", "the date of birth is more than 130 years ago"),
    rule("death-before-birth", "PID-29", "the death is before the birth"),
    rule("death-in-future", "PID-29", "the death is in the future"),
    rule("admission-before-birth", "PV1-44", "the admission is before the birth"),
    rule("discharge-before-admission", "PV1-45", "the discharge is before the admission"),
    rule("observation-before-birth", "OBX-14", "an observation is before the birth"),
    rule("observation-in-future", "OBX-14", "an observation is in the future"),
    rule("value-not-a-number", "OBX-5", "OBX-2 says NM and OBX-5 is no number"),
    rule("value-without-unit", "OBX-6", "a numeric value has no unit"),
    rule("flag-against-range", "OBX-8", "the flag contradicts the value and its own reference range"),
];

/// The place of a rule in [`RULES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    BirthInFuture,
    BirthTooOld,
    DeathBeforeBirth,
    DeathInFuture,
    AdmissionBeforeBirth,
    DischargeBeforeAdmission,
    ObservationBeforeBirth,
    ObservationInFuture,
    ValueUnreadable,
    ValueWithoutUnit,
    FlagAgainstRange,
}

const YEARS_MAX: i64 = 130;

/// What the rules need of one message.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) birth: Option<Moment>,
    pub(crate) death: Option<Moment>,
    pub(crate) admission: Option<Moment>,
    pub(crate) discharge: Option<Moment>,
    /// The first and the last observation.
    pub(crate) observations: Option<(Moment, Moment)>,
}

impl Seen {
    pub(crate) fn observe(&mut self, at: Moment) {
        self.observations = Some(match self.observations {
            None => (at, at),
            Some((first, last)) => {
                (if at.is_before(first) { at } else { first }, if last.is_before(at) { at } else { last })
            }
        });
    }
}

/// Where broken rules are counted.
pub(crate) struct Ledger<'c> {
    pub(crate) rules: &'c mut [Asked; RULES.len()],
    pub(crate) message: u64,
}

impl Ledger<'_> {
    pub(crate) fn ask(&mut self, number: Number, is_broken: bool) {
        let asked = &mut self.rules[number as usize];
        asked.of += 1;
        if is_broken {
            asked.broken += 1;
            asked.example = self.message;
        }
    }

    /// The rules about dates. `received_s` is the receipt in UTC.
    pub(crate) fn ask_dates(&mut self, seen: &Seen, received_s: i64) {
        // Whatever zone it is of.
        let is_ahead = |at: Moment| at.offset_s.map_or(at.wall_s - DAY_S, |offset| at.wall_s - offset) > received_s;
        if let Some(birth) = seen.birth {
            self.ask(Number::BirthInFuture, is_ahead(birth));
            self.ask(Number::BirthTooOld, birth.wall_s < received_s - (YEARS_MAX * 36_525 / 100 + 366) * DAY_S);
        }
        if let Some(death) = seen.death {
            self.ask(Number::DeathInFuture, is_ahead(death));
        }
        let pairs = [
            (Number::DeathBeforeBirth, seen.death, seen.birth),
            (Number::AdmissionBeforeBirth, seen.admission, seen.birth),
            (Number::DischargeBeforeAdmission, seen.discharge, seen.admission),
            (Number::ObservationBeforeBirth, seen.observations.map(|(first, _)| first), seen.birth),
        ];
        for (number, later, earlier) in pairs {
            if let (Some(later), Some(earlier)) = (later, earlier) {
                self.ask(number, later.is_before(earlier));
            }
        }
        if let Some((_, last)) = seen.observations {
            self.ask(Number::ObservationInFuture, is_ahead(last));
        }
    }

    /// The rules about one numeric result.
    pub(crate) fn ask_result(&mut self, value: &[u8], unit: &[u8], range: &[u8], flag: &[u8]) {
        if value.is_empty() || value == b"\"\"" {
            return;
        }
        let number = parse(value);
        self.ask(Number::ValueUnreadable, number.is_none());
        self.ask(Number::ValueWithoutUnit, unit.is_empty());
        let (Some(number), Some((low, high))) = (number, bounds(range)) else { return };
        let is_broken = match flag {
            b"N" => number < low || number > high,
            b"H" | b"HH" => number <= high,
            b"L" | b"LL" => number >= low,
            _ => return,
        };
        self.ask(Number::FlagAgainstRange, is_broken);
    }
}

/// A number as HL7 writes it. Short ones are read without going through text.
fn parse(raw: &[u8]) -> Option<f64> {
    let (digits, sign) = match raw {
        [b'-', rest @ ..] => (rest, -1.0),
        [b'+', rest @ ..] => (rest, 1.0),
        _ => (raw, 1.0),
    };
    let (mut whole, mut scale, mut is_behind, mut count) = (0_u64, 1.0, false, 0);
    for byte in digits {
        match byte {
            b'0'..=b'9' if count < 15 => {
                whole = whole * 10 + u64::from(byte - b'0');
                count += 1;
                if is_behind {
                    scale *= 10.0;
                }
            }
            b'.' if !is_behind => is_behind = true,
            _ => return None,
        }
    }
    (count > 0).then(|| sign * whole as f64 / scale)
}

/// `low-high`; nothing else has two bounds.
fn bounds(raw: &[u8]) -> Option<(f64, f64)> {
    let at = raw.iter().skip(1).position(|byte| *byte == b'-')? + 1;
    let (low, high) = (parse(raw[..at].trim_ascii())?, parse(raw[at + 1..].trim_ascii())?);
    (low <= high).then_some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: i64 = 1_772_348_889; // 2026-03-01 07:08:09 UTC

    fn broken(ask: impl FnOnce(&mut Ledger<'_>)) -> Vec<&'static str> {
        let mut rules = [Asked::default(); RULES.len()];
        ask(&mut Ledger { rules: &mut rules, message: 7 });
        RULES.iter().zip(rules).filter(|(_, asked)| asked.broken > 0).map(|(rule, _)| rule.id).collect()
    }

    #[test]
    fn dates() {
        // Birth, death, admission, discharge, observation; what is broken.
        let check = |values: [&str; 5], expect: &[&str]| {
            let [birth, death, admission, discharge, observed] = values.map(|text| Moment::read(text.as_bytes()));
            let mut seen = Seen { birth, death, admission, discharge, observations: None };
            observed.into_iter().for_each(|at| seen.observe(at));
            assert_eq!(broken(|ledger| ledger.ask_dates(&seen, NOW_S)), expect, "{values:?}");
        };
        check(["", "", "", "", ""], &[]);
        check(["19400229", "", "20260228", "20260301", "20260301070000"], &[]);
        check(["20260302", "", "", "", ""], &[]); // it may be tomorrow already
        check(["20260304", "", "", "", ""], &["birth-in-future"]);
        check(["18930101", "", "", "", ""], &["birth-too-old"]);
        check(["1896", "", "", "", ""], &[]);
        check(["19400229", "19400228", "", "", ""], &["death-before-birth"]);
        check(["19400229", "20260401", "", "", ""], &["death-in-future"]);
        check(["20260301", "", "20260301050000", "", ""], &[]);
        check(["20260301", "", "20260228", "", ""], &["admission-before-birth"]);
        check(["", "", "202602280900", "202602280859", ""], &["discharge-before-admission"]);
        check(["", "", "202602280900", "20260228", ""], &[]);
        check(["1980", "", "", "", "19790601"], &["observation-before-birth"]);
        check(["", "", "", "", "20260301120000+0000"], &["observation-in-future"]);
        check(["", "", "", "", "20260301120000"], &[]);
    }

    #[test]
    fn results() {
        let check = |value: &str, unit: &str, range: &str, flag: &str, expect: &[&str]| {
            let ask = |ledger: &mut Ledger<'_>| {
                ledger.ask_result(value.as_bytes(), unit.as_bytes(), range.as_bytes(), flag.as_bytes());
            };
            assert_eq!(broken(ask), expect, "{value} {unit} {range} {flag}");
        };
        check("", "", "", "", &[]);
        check("5.1", "mmol/L", "3.5-5.1", "N", &[]);
        check("5.2", "mmol/L", "3.5-5.1", "N", &["flag-against-range"]);
        check("5.1", "mmol/L", "3.5-5.1", "H", &["flag-against-range"]);
        check("3.4", "mmol/L", "3.5 - 5.1", "L", &[]);
        check("-1", "mmol/L", "-3--0.5", "N", &[]);
        check("5.2", "", "<5", "H", &["value-without-unit"]);
        check("<5", "mg", "", "", &["value-not-a-number"]);
        check("5.2", "mg", "3.5-5.1", "A", &[]);
    }
}
