//! Messages that are odd in one or a few places: each gives a bundle without errors of ours.
//!
//! The messages of the library's cases, each once and then some by chance, with places replaced by what senders really write there: the null value, dates that
//! are none, components and repetitions too many, characters of markup, escapes, blanks. The seed is fixed;
//! `CASES=20000 SEED=7` runs more of them and others, and `ONLY=oru` some files.

use fhir::validate::Validator;
use hl7v2::Message;
use lang::{Run, Settings, Standard};
use std::collections::BTreeMap;

/// Messages that are tried besides one of each case: each takes some milliseconds in a build for tests.
const CASES: u64 = 40;

/// What a place may hold.
const VALUES: [&str; 52] = [
    "",
    "\"\"",
    " ",
    "  x ",
    "0",
    "-1",
    "+1",
    "1",
    "01",
    "1.",
    ".5",
    "1.50",
    "1e5",
    "1,5",
    "<5",
    ">=10",
    "5-10",
    "1:128",
    "99999999999999999999",
    "X",
    "N",
    "Y",
    "U",
    "F",
    "é",
    "日本",
    "a&b",
    "a&b&c&d",
    "^",
    "^^^^^^^^",
    "~",
    "A~B~C",
    "A^B~C^D",
    "\\T\\",
    "\\X0D\\",
    "\\X00\\",
    "\\.br\\",
    "\\H\\x\\N\\",
    "\\Zxx\\",
    "<b>&amp;",
    "2026",
    "202613",
    "20261399",
    "20260229",
    "2026-03-01",
    "202603010708",
    "20260301070809.123456-0530",
    "20260301+0100",
    "2026030199",
    "00000000",
    "http://a b",
    "urn:oid:1.2",
];

/// Numbers that chance gives: the same for the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }
}

/// A message with one to four odd places.
fn odd(text: &str, chance: &mut Chance) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..=chance.below(4) {
        let at = chance.below(lines.len());
        let is_header = lines[at].starts_with("MSH");
        if !is_header && chance.below(12) == 0 {
            // A segment twice, or out of its place.
            let line = lines[at].clone();
            let to = 1 + chance.below(lines.len());
            lines.insert(to, line);
            continue;
        }
        let mut fields: Vec<String> = lines[at].split('|').map(str::to_owned).collect();
        // The type, the version and the character set of the message stay: they say which map it is for.
        let number = if is_header {
            [3, 4, 5, 6, 7, 10, 13, 15, 16][chance.below(9)]
        } else {
            1 + chance.below(fields.len() + 1)
        };
        while fields.len() <= number {
            fields.push(String::new());
        }
        let value = VALUES[chance.below(VALUES.len())];
        fields[number] = match chance.below(4) {
            0 => value.to_owned(),
            1 => format!("{}~{value}", fields[number]),
            _ => {
                let mut parts: Vec<&str> = fields[number].split('^').collect();
                let part = chance.below(parts.len() + 1);
                if part < parts.len() {
                    parts[part] = value
                } else {
                    parts.push(value)
                }
                parts.join("^")
            }
        };
        lines[at] = fields.join("|");
    }
    lines.join("\r")
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn odd_messages_give_valid_bundles() {
    let only = std::env::var("ONLY").unwrap_or_default();
    let (standard, _) = Standard::read(library::folder(library::HL7V2_TO_FHIR_R4));
    let cases: Vec<_> = library::folder(library::HL7V2_TO_FHIR_R4)
        .filter(|(path, _)| path.ends_with(".hl7") && path.contains(&only))
        .collect();
    let validator = Validator::default();
    let mut chance = Chance(number("SEED", 1));
    let mut told: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut tree = fhir::Tree::new();
    // Every kind of message once, and then by chance.
    let by_chance = number("CASES", CASES);
    for turn in 0..cases.len() as u64 + by_chance {
        let at = usize::try_from(turn).ok().filter(|turn| *turn < cases.len());
        let (path, text) = cases[at.unwrap_or_else(|| chance.below(cases.len()))];
        let text = odd(text, &mut chance);
        let (message, _) = Message::parse(text.clone().into_bytes());
        let (file, _) = standard.map_for(&message).expect("the type is as it was");
        let mut run = Run::new(message::Timestamp(0), 1);
        let mut tell =
            |what: String| told.entry(what).or_insert((0, format!("{path}\n{}", text.replace('\r', "\n")))).0 += 1;
        match file.main().expect("one map").convert(&message, &mut tree, &mut run, &Settings::default()) {
            // A map that requires a value says so.
            Err(fault) if fault.code == lang::codes::E2402 => {}
            Err(fault) => tell(format!("{fault}")),
            Ok(_) => {
                let report = validator.validate(&tree);
                // A period that ends before it starts is the sender's.
                for issue in report.errors().filter(|issue| issue.code != "per-1") {
                    let path: String = issue.path.chars().filter(|c| !c.is_ascii_digit()).collect();
                    tell(format!("{} {path} {}", issue.code, issue.message));
                }
            }
        }
    }
    let lines: Vec<String> =
        told.iter().map(|(what, (count, first))| format!("{count} times {what}\nfirst in {first}")).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}
