//! The issues of many messages, counted by rule and place: what to mend first.
//!
//! Promises: of each rule the places that occur most, each with a message to look at; bounded by [`PLACES_MAX`].

use crate::{
    screen::{Screen, plain},
    table,
};
use hl7v2::validate::{Issue, Report};
use message::Severity;
use std::collections::BTreeMap;

/// Most different places that are counted apart; further ones are counted by their rule only.
const PLACES_MAX: usize = 5_000;
/// Places shown of one rule.
const SHOWN_MAX: usize = 8;

/// What was counted.
#[derive(Default)]
pub struct Counts {
    rules: BTreeMap<(u8, String), Rule>,
    places: usize,
}

#[derive(Default)]
struct Rule {
    issues: usize,
    messages: usize,
    places: BTreeMap<String, Place>,
}

struct Place {
    issues: usize,
    /// What was said the first time, and of which message.
    words: String,
    first: String,
}

impl Counts {
    /// Adds what was found about a message.
    pub fn add(&mut self, name: &str, report: &Report) {
        let mut seen = Vec::new();
        for issue in &report.issues {
            let key = (rank(issue.severity), issue.code.to_string());
            let rule = self.rules.entry(key.clone()).or_default();
            rule.issues += 1;
            if !seen.contains(&key) {
                rule.messages += 1;
                seen.push(key);
            }
            let place = without_numbers(&issue.path);
            if let Some(known) = rule.places.get_mut(&place) {
                known.issues += 1;
            } else if self.places < PLACES_MAX {
                self.places += 1;
                let new = Place { issues: 1, words: words(issue), first: name.to_owned() };
                rule.places.insert(place, new);
            }
        }
    }

    /// Prints the rules, errors first.
    pub fn print(&self, screen: &Screen) {
        for ((rank, code), rule) in &self.rules {
            let level = match rank {
                0 => screen.paint("31", "error  "),
                1 => screen.paint("33", "warning"),
                _ => screen.paint("36", "note   "),
            };
            let title = hl7v2::codes::ALL.iter().find(|known| known.id == code).map_or("", |known| known.title);
            let messages = table::count(rule.messages as u64, "message");
            screen.line(format!("{level} {} {title}: {} in {messages}", screen.paint("1", code), rule.issues));
            let mut places: Vec<(&String, &Place)> = rule.places.iter().collect();
            places.sort_by_key(|(_, place)| std::cmp::Reverse(place.issues));
            for (path, place) in places.iter().take(SHOWN_MAX) {
                screen.line(format!("    {:>6}  {}  first in {}", place.issues, screen.paint("1", path), place.first));
                screen.line(format!("            {}", plain(&place.words)));
            }
            let rest = places.len().saturating_sub(SHOWN_MAX);
            if rest > 0 {
                screen.line(format!("            and at {}", table::count(rest as u64, "other place")));
            }
        }
    }
}

fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Error => 0,
        Severity::Warning => 1,
        Severity::Note => 2,
    }
}

fn words(issue: &Issue) -> String {
    match &issue.found {
        Some(found) => format!("{} It is: {}", issue.message, found.reveal()),
        None => issue.message.clone(),
    }
}

/// `OBX[3]-5[2].1` as `OBX-5.1`.
fn without_numbers(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut is_inside = false;
    for letter in path.chars() {
        match letter {
            '[' => is_inside = true,
            ']' => is_inside = false,
            _ if is_inside => {}
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_without_their_numbers() {
        assert_eq!(without_numbers("OBX[3]-5[2].1"), "OBX-5.1");
        let mut counts = Counts::default();
        let text =
            "MSH|^~\\&|A|B|C|D|20260301||ORU^R01|1|P|2.5\rPID|1||7||Doe\rOBR|1|||X\rOBX|1|NM|A||<5\rOBX|2|NM|A||high\r";
        let (message, findings) = hl7v2::Message::parse(text);
        let report = hl7v2::validate::validate(&message, &findings, Default::default());
        counts.add("one", &report);
        counts.add("two", &report);
        let rule = counts.rules.get(&(0, "E1123".to_owned())).expect("a number that is none");
        assert_eq!((rule.issues, rule.messages, rule.places.len()), (4, 2, 1));
        assert_eq!(rule.places.get("OBX-5").map(|place| (place.issues, &*place.first)), Some((4, "one")));
    }
}
