//! What was counted of one kind of message in one span of time, as it is kept: counts, and codes of tables.
//!
//! Promises: merging two gives what counting both would give; reading what was written gives the same; text of a later
//! build is refused, not misread. Never holds a value of a message: no code that a table does not have, no id, no name
//! (R10); an example is named by its message id.

use super::{
    delay::Delays,
    place::Place,
    plausible::{RULES, Rule},
    verdict::Broken,
};
use std::{collections::BTreeMap, fmt::Write as _};

/// Which kind of message: who sends it, and what it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Kind {
    /// MSH-3.1.
    pub application: String,
    /// MSH-4.1.
    pub facility: String,
    /// MSH-9.1.
    pub message_type: String,
    /// MSH-9.2.
    pub trigger: String,
}

impl std::fmt::Display for Kind {
    /// `ADT^A01 of ADT1 at NORTH`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message_type)?;
        if !self.trigger.is_empty() {
            write!(f, "^{}", self.trigger)?;
        }
        if !self.application.is_empty() {
            write!(f, " of {}", self.application)?;
        }
        if !self.facility.is_empty() {
            write!(f, " at {}", self.facility)?;
        }
        Ok(())
    }
}

impl Kind {
    /// One word for a key: the parts with a vertical bar between, which none of them holds.
    #[must_use]
    pub fn to_key(&self) -> String {
        [&*self.application, &self.facility, &self.message_type, &self.trigger].join("|")
    }

    /// Reads a key.
    #[must_use]
    pub fn of_key(key: &str) -> Kind {
        let mut parts = key.split('|').map(str::to_owned);
        let mut next = || parts.next().unwrap_or_default();
        Kind { application: next(), facility: next(), message_type: next(), trigger: next() }
    }
}

/// The counts of one place. What it is counted of is [`Record::of`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How often it had a value.
    pub filled: u64,
    /// Of a field: repetitions with something in them. Its components are counted of these.
    pub repetitions: u64,
    /// How often it said `""`: delete what you have.
    pub null: u64,
    /// Values without the form of their type: dates, times, numbers.
    pub misformed: u64,
    /// Codes that the table of the standard does not have.
    pub unlisted: u64,
    /// Codes that the interface's own tables do not have.
    pub uncovered: u64,
    /// The latest message with one of the last three, 0 for none.
    pub example: u64,
}

/// How many messages had something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Messages.
    pub messages: u64,
    /// The latest of them, 0 for none.
    pub example: u64,
}

impl Seen {
    /// One more message.
    pub fn add(&mut self, message: u64) {
        self.messages += 1;
        self.example = message;
    }

    fn merge(&mut self, other: Seen) {
        self.messages += other.messages;
        self.example = self.example.max(other.example);
    }
}

/// How often a rule of plausibility could be asked, and how often it was broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// How often all it needs was there.
    pub of: u64,
    /// How often it was broken.
    pub broken: u64,
    /// The latest message that broke it, 0 for none.
    pub example: u64,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Messages that were counted.
    pub messages: u64,
    /// Messages that were accepted and not looked at: too many at once, too large.
    pub left_out: u64,
    /// Messages that came a second time: the same control id and content.
    pub duplicates: u64,
    /// Messages with a control id that was used before for another content.
    pub reused_ids: u64,
    /// Segments by id: how many there were in all messages.
    pub segments: BTreeMap<[u8; 3], u64>,
    /// By place.
    pub places: BTreeMap<Place, Counts>,
    /// Codes of tables, by place.
    pub codes: BTreeMap<(Place, String), u64>,
    /// Rules of plausibility.
    pub rules: [Asked; RULES.len()],
    /// Messages that came as far as a `validate` line of the interface.
    pub validated: u64,
    /// Of them, those with an error.
    pub invalid: Seen,
    /// What these lines found, errors or not.
    pub issues: BTreeMap<Broken, Seen>,
    /// From MSH-7 to receipt.
    pub sent: Delays,
    /// From OBR-22, the result, to receipt.
    pub reported: Delays,
    /// From OBX-14, the observation, to receipt.
    pub observed: Delays,
}

const FORMAT: &str = "sinew quality 1";

impl Record {
    /// Nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages + self.left_out + self.duplicates + self.reused_ids == 0
    }

    /// Adds the counts of another span of the same kind.
    pub fn merge(&mut self, other: &Record) {
        self.messages += other.messages;
        self.left_out += other.left_out;
        self.duplicates += other.duplicates;
        self.reused_ids += other.reused_ids;
        for (id, more) in &other.segments {
            *self.segments.entry(*id).or_default() += more;
        }
        for (place, more) in &other.places {
            let own = self.places.entry(*place).or_default();
            own.filled += more.filled;
            own.repetitions += more.repetitions;
            own.null += more.null;
            own.misformed += more.misformed;
            own.unlisted += more.unlisted;
            own.uncovered += more.uncovered;
            own.example = own.example.max(more.example);
        }
        for (code, more) in &other.codes {
            *self.codes.entry(code.clone()).or_default() += more;
        }
        for (own, more) in self.rules.iter_mut().zip(other.rules) {
            own.of += more.of;
            own.broken += more.broken;
            own.example = own.example.max(more.example);
        }
        self.validated += other.validated;
        self.invalid.merge(other.invalid);
        for (broken, more) in &other.issues {
            self.issues.entry(broken.clone()).or_default().merge(*more);
        }
        self.sent.merge(&other.sent);
        self.reported.merge(&other.reported);
        self.observed.merge(&other.observed);
    }

    /// How often a place could have a value: for a segment, messages; for a field, segments; for a component,
    /// repetitions of its field with something in them. So a field that a sender never filled before is "0 of all".
    #[must_use]
    pub fn of(&self, place: Place) -> u64 {
        match place {
            Place { field: 0, .. } => self.messages,
            Place { component: 0, segment, .. } => self.segments.get(&segment).copied().unwrap_or(0),
            Place { segment, field, .. } => {
                self.places.get(&Place::new(segment, field, 0)).map_or(0, |counts| counts.repetitions)
            }
        }
    }

    /// As text, a line a count.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = String::with_capacity(64 + self.places.len() * 20);
        let Record { messages, left_out, duplicates, reused_ids, .. } = self;
        let _ = writeln!(out, "{FORMAT}\nn {messages} {left_out} {duplicates} {reused_ids}");
        for (id, count) in &self.segments {
            let _ = writeln!(out, "s {} {count}", Place::new(*id, 0, 0));
        }
        for (place, Counts { filled, repetitions, null, misformed, unlisted, uncovered, example }) in &self.places {
            let _ = write!(out, "p {place} {filled}");
            let odd = null + misformed + unlisted + uncovered;
            if repetitions + odd > 0 {
                let _ = write!(out, " {repetitions}");
            }
            if odd > 0 {
                let _ = write!(out, " {null} {misformed} {unlisted} {example}");
            }
            if *uncovered > 0 {
                let _ = write!(out, " {uncovered}");
            }
            out.push('\n');
        }
        for ((place, code), count) in &self.codes {
            let _ = writeln!(out, "c {place} {count} {code}");
        }
        for (rule, Asked { of, broken, example }) in RULES.iter().zip(self.rules).filter(|(_, asked)| asked.of > 0) {
            let _ = writeln!(out, "r {} {of} {broken} {example}", rule.id);
        }
        if self.validated > 0 {
            let _ = writeln!(out, "v {} {} {}", self.validated, self.invalid.messages, self.invalid.example);
        }
        for (Broken { code, place }, Seen { messages, example }) in &self.issues {
            let place = if place.is_empty() { "-" } else { place };
            let _ = writeln!(out, "i {place} {messages} {example} {code}");
        }
        for (name, delays) in [("sent", &self.sent), ("reported", &self.reported), ("observed", &self.observed)] {
            if delays.count() > 0 {
                let steps: Vec<String> = delays.steps.iter().map(u64::to_string).collect();
                let _ = writeln!(out, "d {name} {} {} {}", delays.ahead, delays.ahead_s_max, steps.join(" "));
            }
        }
        out
    }

    /// Reads text; `None` when it is of another build or damaged.
    #[must_use]
    pub fn of_text(text: &str) -> Option<Record> {
        let mut lines = text.lines();
        if lines.next()? != FORMAT {
            return None;
        }
        let mut record = Record::default();
        for line in lines {
            record.read(line)?;
        }
        Some(record)
    }

    fn read(&mut self, line: &str) -> Option<()> {
        let (kind, rest) = line.split_once(' ')?;
        match kind {
            "n" => {
                let mut numbers = Numbers::of(rest);
                self.messages = numbers.next()?;
                self.left_out = numbers.next()?;
                self.duplicates = numbers.next()?;
                self.reused_ids = numbers.next()?;
            }
            "s" => {
                let (id, count) = rest.split_once(' ')?;
                self.segments.insert(Place::parse(id)?.segment, count.parse().ok()?);
            }
            "p" => {
                let (place, rest) = rest.split_once(' ')?;
                let mut numbers = Numbers::of(rest);
                let filled = numbers.next()?;
                let mut rest = || numbers.next().unwrap_or(0);
                let (repetitions, null, misformed, unlisted, example) = (rest(), rest(), rest(), rest(), rest());
                let uncovered = rest();
                let counts = Counts { filled, repetitions, null, misformed, unlisted, uncovered, example };
                self.places.insert(Place::parse(place)?, counts);
            }
            "c" => {
                let (place, rest) = rest.split_once(' ')?;
                let (count, code) = rest.split_once(' ')?;
                self.codes.insert((Place::parse(place)?, code.to_owned()), count.parse().ok()?);
            }
            "r" => {
                let (id, rest) = rest.split_once(' ')?;
                let mut numbers = Numbers::of(rest);
                let asked = Asked { of: numbers.next()?, broken: numbers.next()?, example: numbers.next()? };
                // A rule that this build no longer has is no damage.
                if let Some(at) = RULES.iter().position(|rule| rule.id == id) {
                    self.rules[at] = asked;
                }
            }
            "v" => {
                let mut numbers = Numbers::of(rest);
                self.validated = numbers.next()?;
                self.invalid = Seen { messages: numbers.next()?, example: numbers.next()? };
            }
            "i" => {
                let mut parts = rest.splitn(4, ' ');
                let place = parts.next().map(|place| if place == "-" { "" } else { place })?.to_owned();
                let seen = Seen { messages: parts.next()?.parse().ok()?, example: parts.next()?.parse().ok()? };
                self.issues.insert(Broken { code: parts.next()?.to_owned().into(), place }, seen);
            }
            "d" => {
                let (name, rest) = rest.split_once(' ')?;
                let delays = match name {
                    "sent" => &mut self.sent,
                    "reported" => &mut self.reported,
                    "observed" => &mut self.observed,
                    _ => return None,
                };
                let mut numbers = Numbers::of(rest);
                delays.ahead = numbers.next()?;
                delays.ahead_s_max = numbers.next()?;
                for step in &mut delays.steps {
                    *step = numbers.next()?;
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// A rule with its counts.
    pub fn asked(&self) -> impl Iterator<Item = (&'static Rule, Asked)> + '_ {
        RULES.iter().zip(self.rules).filter(|(_, asked)| asked.of > 0)
    }
}

struct Numbers<'t>(std::str::Split<'t, char>);

impl<'t> Numbers<'t> {
    fn of(text: &'t str) -> Numbers<'t> {
        Numbers(text.split(' '))
    }
    fn next(&mut self) -> Option<u64> {
        self.0.next()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(code: &'static str, place: &str) -> Broken {
        Broken { code: code.into(), place: place.to_owned() }
    }

    fn record() -> Record {
        let place = |text: &str| Place::parse(text).unwrap();
        let counts = |filled, repetitions| Counts { filled, repetitions, ..Counts::default() };
        let mut record = Record { messages: 10, left_out: 1, duplicates: 2, reused_ids: 3, ..Record::default() };
        record.segments = [(*b"PID", 10), (*b"OBX", 44)].into();
        record.places =
            [(place("PID"), counts(10, 0)), (place("PID-3"), counts(9, 12)), (place("PID-3.5"), counts(8, 0))].into();
        record.places.insert(place("PID-8"), Counts { unlisted: 4, example: 4096, ..counts(9, 9) });
        record.codes.insert((place("PID-8"), "F".into()), 5);
        record.codes.insert((place("MSH-18"), "UNICODE UTF-8".into()), 5);
        record.places.insert(place("PV1-3.1"), Counts { uncovered: 2, example: 8, ..counts(9, 9) });
        record.rules[3] = Asked { of: 7, broken: 1, example: 12 };
        record.validated = 9;
        record.invalid = Seen { messages: 2, example: 77 };
        record.issues = [(broken("feed:no name given", "PID-5"), Seen { messages: 2, example: 77 })].into();
        record.issues.insert(broken("E1113", ""), Seen { messages: 1, example: 9 });
        record.sent.add(3);
        record.observed.add(-30);
        record
    }

    #[test]
    fn reads_what_it_writes() {
        let text = record().to_text();
        assert_eq!(Record::of_text(&text), Some(record()), "{text}");
        assert_eq!(Record::of_text(&Record::default().to_text()), Some(Record::default()));
        let check = |text: &str| assert_eq!(Record::of_text(text), None, "{text}");
        check("");
        check("sinew quality 2\nn 1 0 0 0");
        for (from, to) in [
            ("n 10", "n x"),
            ("p PID-3 9 12", "p PID-3 "),
            ("c PID-8 5 F", "c PID-8 5"),
            ("d sent", "d what"),
            ("v 9 2", "v 9"),
            ("i PID-5 2 77 ", "i PID-5 2 "),
        ] {
            assert!(text.contains(from), "{from}");
            check(&text.replace(from, to));
        }
        assert!(Record::of_text(&text.replace("r death-in-future", "r of-a-later-build")).is_some());
    }

    #[test]
    fn what_a_place_is_counted_of() {
        let check = |place: &str, expect: u64| assert_eq!(record().of(Place::parse(place).unwrap()), expect, "{place}");
        check("PID", 10);
        check("ZZZ", 10);
        check("PID-3", 10);
        check("OBX-5", 44);
        check("PID-3.5", 12);
        check("PID-5.1", 0);
    }

    #[test]
    fn merging_adds() {
        let mut both = record();
        both.merge(&record());
        assert_eq!((both.messages, both.segments[b"OBX"]), (20, 88));
        let place = Place::parse("PID-8").unwrap();
        assert_eq!(
            both.places[&place],
            Counts { filled: 18, repetitions: 18, unlisted: 8, example: 4096, ..Counts::default() }
        );
        assert_eq!(both.codes[&(place, "F".to_owned())], 10);
        assert_eq!(both.rules[3], Asked { of: 14, broken: 2, example: 12 });
        assert_eq!((both.validated, both.invalid), (18, Seen { messages: 4, example: 77 }));
        assert_eq!(both.issues[&broken("E1113", "")], Seen { messages: 2, example: 9 });
        assert_eq!(both.places[&Place::parse("PV1-3.1").unwrap()].uncovered, 4);
        assert_eq!((both.sent.count(), both.observed.ahead), (2, 2));
        let mut none = Record::default();
        none.merge(&record());
        assert_eq!(none, record());
    }

    #[test]
    fn kinds_have_a_key() {
        let kind =
            Kind { facility: "NORTH".into(), message_type: "ADT".into(), trigger: "A01".into(), ..Kind::default() };
        assert_eq!(Kind::of_key(&kind.to_key()), kind);
        assert_eq!(kind.to_string(), "ADT^A01 at NORTH");
    }
}
