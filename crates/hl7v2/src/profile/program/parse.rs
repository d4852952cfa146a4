//! From the sentence of a statement to the operation that checks it.

use super::{CodeSystem, FieldRef, Pick, Run};
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// A field or component, with the name that guides put behind it.
const FIELD: &str = r"([A-Z][A-Z0-9]{2})-(\d+)(?:\.(\d+))?(?: \([^)]*\))?";

/// The operation for a program; `None` when its sentence fits none.
pub(in crate::profile) fn resolve(class: &str, description: &str) -> Option<Run> {
    let text = description.replace(['\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}'], "'");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    by_class(class).or_else(|| by_sentence(&text)).or_else(|| by_class_and_sentence(class, &text))
}

/// Programs whose sentence does not say what they do.
fn by_class(class: &str) -> Option<Run> {
    let lists = |lists: &[&[&str]]| {
        let list = |list: &&[&str]| list.iter().map(|end| format!("2.16.840.1.113883.9.{end}").into()).collect();
        Some(Run::ProfileIds(lists.iter().map(list).collect()))
    };
    let entity = |name: &str| {
        let id = "2.16.840.1.114222.4.10.3";
        Some(Run::ProfileEntity([name.into(), "SS Sender".into(), id.into(), "ISO".into()]))
    };
    if class == "gov.nist.healthcare.hl7.v2.iz.plugins.IZ24Constraint" {
        // CDC, HL7 Version 2.5.1 Implementation Guide for Immunization Messaging, R1.5, conformance statement IZ-24.
        return Some(Run::Statements);
    }
    match class.strip_prefix("gov.nist.healthcare.mu.")? {
        // HL7 Version 2.5.1 Implementation Guide: Laboratory Orders, R1: a profile, or the components that make it.
        "loi.custom.LOI_GU" => lists(&[&["85"], &["86"], &["66", "78", "82"], &["66", "78", "81"]]),
        "loi.custom.LOI_NG" => lists(&[&["87"], &["88"], &["66", "79", "82"], &["66", "79", "81"]]),
        // HL7 Version 2.5.1 PHIN Messaging Guide for Syndromic Surveillance, MSH-21.
        "ss.custom.SS_017_ACK" => entity("PH_SS-Ack"),
        "ss.custom.SS_017_NO_ACK" => entity("PH_SS-NoAck"),
        _ => None,
    }
}

/// A sentence with a pattern of its own.
struct Pattern {
    text: &'static str,
    make: fn(&Captures<'_>) -> Option<Run>,
}

/// `{F}` stands for a field: three groups each.
const PATTERNS: &[Pattern] = &[
    Pattern {
        text: r"{F} SHALL be a valid (LOINC|SNOMED)",
        make: |found| {
            let system = if &found[4] == "LOINC" { CodeSystem::Loinc } else { CodeSystem::Snomed };
            field(found, 1).filter(|field| field.component > 0).map(|field| Run::CodeForm { field, system })
        },
    },
    Pattern {
        text: r"value of {F} SHALL NOT be valued identical to another instance of {F}",
        make: |found| field(found, 1).filter(|first| Some(*first) == field(found, 4)).map(Run::Unique),
    },
    Pattern {
        text: r"Only one instance of {F}.* SHALL contain the value '([^']+)'",
        make: |found| Some(Run::AtMostOne { field: field(found, 1)?, value: found[4].into() }),
    },
    Pattern {
        text: r"For each value in {F},? a corresponding [A-Z0-9]{3}.* SHALL be present with {F},? (?:is )?valued '([^']+)'",
        make: |found| {
            Some(Run::OneForEach { field: field(found, 1)?, among: field(found, 4)?, value: found[7].into() })
        },
    },
    Pattern {
        text: r"For each [A-Z0-9]{3}.* where {F} (?:is )?valued '([^']+)',? there must be a corresponding value in {F} equal to {F}",
        make: |found| {
            let (when, field, same) = (field(found, 1)?, field(found, 5)?, field(found, 8)?);
            Some(Run::Among { field, when, value: found[4].into(), same })
        },
    },
    Pattern {
        text: r"multiple OBX segments associated with the same OBR.* same OBX-3.* unique identification",
        make: |_| Some(Run::UniqueObservation),
    },
    Pattern {
        text: r"(?i)(earliest |latest )?{F}(?: value)? SHALL be equal to or (later than|after|before|earlier than) (?:the )?(earliest |latest )?{F}",
        make: |found| {
            let left = (field(found, 2)?, pick(found.get(1).map_or("", |word| word.as_str())));
            let right = (field(found, 7)?, pick(found.get(6).map_or("", |word| word.as_str())));
            let is_later = matches!(found[5].to_ascii_lowercase().as_str(), "later than" | "after");
            let (first, second) = if is_later { (left, right) } else { (right, left) };
            Some(Run::NotBefore { first, second })
        },
    },
    Pattern {
        text: r"(?i)If {F} is valued, then there SHALL be at least one (other )?[A-Z][A-Z0-9]{2} in the message where (.*)$",
        make: |found| {
            let pairs: Vec<(FieldRef, FieldRef)> = PAIR
                .as_ref()?
                .captures_iter(&found[5])
                .filter_map(|pair| Some((field(&pair, 1)?, field(&pair, 4)?)))
                .collect();
            let run = Run::Linked { when: field(found, 1)?, is_other: found.get(4).is_some(), pairs };
            matches!(&run, Run::Linked { pairs, .. } if !pairs.is_empty()).then_some(run)
        },
    },
    Pattern {
        text: r"first part of {F} SHALL contain the same value as the sequence number of the associated ([A-Z][A-Z0-9]{2}) segment.*second part",
        make: |found| {
            let above = FieldRef { segment: found[4].as_bytes().try_into().ok()?, field: 1, component: 0 };
            Some(Run::PartNumber { field: field(found, 1)?, above })
        },
    },
    Pattern {
        text: r"Parent/Child relationship.*proper linking from the Child result to the Parent OBR.*",
        make: |found| Some(Run::ParentOrder { has_service: found[0].contains("OBR-50") }),
    },
    Pattern {
        text: r"{F}[^.]*, SHALL be identical to an occurrence of {F}",
        make: |found| Some(Run::EachIn { first: field(found, 1)?, second: field(found, 4)? }),
    },
];

/// `OBX-3 (Name) = OBR-26.1 (Name)`.
static PAIR: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&"{F} = {F}".replace("{F}", FIELD)).ok());

static COMPILED: LazyLock<Vec<Option<Regex>>> =
    LazyLock::new(|| PATTERNS.iter().map(|pattern| Regex::new(&pattern.text.replace("{F}", FIELD)).ok()).collect());

fn by_sentence(text: &str) -> Option<Run> {
    if text.contains("MSH-21") && text.contains("SHALL be valued with") {
        return profile_ids(text);
    }
    PATTERNS.iter().zip(COMPILED.iter()).find_map(|(pattern, regex)| {
        let found = regex.as_ref()?.captures_iter(text);
        let mut runs: Vec<Run> = found.filter_map(|found| (pattern.make)(&found)).collect();
        if runs.len() > 1 { Some(Run::All(runs)) } else { runs.pop() }
    })
}

/// `'2.16…' or three occurrences SHALL be valued with '2.16…' (name), '2.16…' and '2.16…'`.
fn profile_ids(text: &str) -> Option<Run> {
    let (_, rest) = text.split_once("SHALL be valued with")?;
    if rest.contains(" when ") {
        // It depends on the message that is answered, which is not here.
        return None;
    }
    let ids = |part: &str| -> Vec<Box<str>> {
        let quoted = part.split('\'').skip(1).step_by(2);
        quoted.map(str::trim).filter(|id| id.contains('.') && !id.contains(' ')).map(Into::into).collect()
    };
    let lists: Vec<Vec<Box<str>>> = rest.split(" or ").map(ids).filter(|list| !list.is_empty()).collect();
    (!lists.is_empty()).then_some(Run::ProfileIds(lists))
}

/// `OBR_4a` with a sentence about codes: the first triplet of OBR-4; `b` is the second.
fn by_class_and_sentence(class: &str, text: &str) -> Option<Run> {
    let system = if text.contains("SNOMED") {
        CodeSystem::Snomed
    } else if text.contains("LOINC") {
        CodeSystem::Loinc
    } else {
        return None;
    };
    let name = class.rsplit('.').next()?;
    let (segment, rest) = name.split_once('_')?;
    let component = if rest.ends_with('b') { 4 } else { 1 };
    let field = rest.trim_end_matches(['a', 'b']).parse().ok()?;
    let segment = segment.as_bytes().try_into().ok()?;
    Some(Run::CodeForm { field: FieldRef { segment, field, component }, system })
}

fn field(found: &Captures<'_>, group: usize) -> Option<FieldRef> {
    let number = |at: usize| found.get(at).and_then(|digits| digits.as_str().parse().ok());
    Some(FieldRef {
        segment: found.get(group)?.as_str().as_bytes().try_into().ok()?,
        field: number(group + 1)?,
        component: number(group + 2).unwrap_or(0),
    })
}

fn pick(word: &str) -> Pick {
    if word.to_ascii_lowercase().starts_with("latest") { Pick::Latest } else { Pick::Earliest }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> FieldRef {
        let (segment, rest) = text.split_once('-').expect("a field");
        let (field, component) = rest.split_once('.').unwrap_or((rest, "0"));
        FieldRef {
            segment: segment.as_bytes().try_into().expect("three letters"),
            field: field.parse().expect("a number"),
            component: component.parse().expect("a number"),
        }
    }

    #[test]
    fn every_pattern_compiles() {
        assert!(COMPILED.iter().all(Option::is_some));
    }

    #[test]
    fn sentences_become_operations() {
        let check = |text: &str, expect: Option<Run>| assert_eq!(resolve("a.b.XYZ_1", text), expect, "{text}");
        check(
            "If ABC-4.3 (Name) is valued 'LN', ABC-4.1 (Identifier) SHALL be a valid LOINC code identifier format.",
            Some(Run::CodeForm { field: of("ABC-4.1"), system: CodeSystem::Loinc }),
        );
        check(
            "The value of ORC-2 (Number) SHALL NOT be valued identical to another instance of ORC-2 (Number) here.",
            Some(Run::Unique(of("ORC-2"))),
        );
        check(
            "Only one instance of DG1-15 (Priority) in the message SHALL contain the value '1'.",
            Some(Run::AtMostOne { field: of("DG1-15"), value: "1".into() }),
        );
        check(
            "For each value in OBR-28 (Copies) a corresponding PRT (Info) SHALL be present with PRT-4.1 (Id) valued \u{2018}RCT\u{2019}.",
            Some(Run::OneForEach { field: of("OBR-28"), among: of("PRT-4.1"), value: "RCT".into() }),
        );
        check(
            "For each PRT (Info) where PRT-4.1 (Id) is valued 'RCT' there must be a corresponding value in OBR-28 (Copies) equal to PRT-5 (Person).",
            Some(Run::Among { field: of("OBR-28"), when: of("PRT-4.1"), value: "RCT".into(), same: of("PRT-5") }),
        );
        check(
            "If present, OBR-8 (End) SHALL be equal to or later than OBR-7 (Start).",
            Some(Run::NotBefore { first: (of("OBR-8"), Pick::Earliest), second: (of("OBR-7"), Pick::Earliest) }),
        );
        check(
            "OBR-8 (End) SHALL be equal to or before the latest SPM-17.2 (Range End).",
            Some(Run::NotBefore { first: (of("SPM-17.2"), Pick::Latest), second: (of("OBR-8"), Pick::Earliest) }),
        );
        check(
            "An occurrence of MSH-21 (Id) SHALL be valued with '1.2.3' (A) or two occurrences SHALL be valued with '1.4' (B) and '1.5' (C) in any order.",
            Some(Run::ProfileIds(vec![vec!["1.2.3".into()], vec!["1.4".into(), "1.5".into()]])),
        );
        check(
            "MSH-21 (Id) SHALL be valued with '1.2.3' (A) when acknowledging a message where MSH-21 contains '1.9'.",
            None,
        );
        check(
            "The earliest SPM-17.1 (Start) SHALL be equal to or before OBR-7 (Time) and OBR-7 (Time) SHALL be equal to or before the latest SPM-17.2 (End).",
            Some(Run::All(vec![
                Run::NotBefore { first: (of("OBR-7"), Pick::Earliest), second: (of("SPM-17.1"), Pick::Earliest) },
                Run::NotBefore { first: (of("SPM-17.2"), Pick::Latest), second: (of("OBR-7"), Pick::Earliest) },
            ])),
        );
        check(
            "Results with a Parent/Child relationship MUST provide proper linking from the Child result to the Parent OBR and OBX.",
            Some(Run::ParentOrder { has_service: false }),
        );
        check(
            "If OBR-29 (Parent) is valued, then there SHALL be at least one other OBR in the message where OBR-2 (Placer) = OBR-29.1 (A) AND OBR-3 (Filler) = OBR-29.2 (B)",
            Some(Run::Linked {
                when: of("OBR-29"),
                is_other: true,
                pairs: vec![(of("OBR-2"), of("OBR-29.1")), (of("OBR-3"), of("OBR-29.2"))],
            }),
        );
        check(
            "The first part of OM4-1 (Sequence) SHALL contain the same value as the sequence number of the associated OM1 segment. The second part of OM4-1 (Sequence) SHALL be valued sequentially.",
            Some(Run::PartNumber { field: of("OM4-1"), above: of("OM1-1") }),
        );
        check("The moon SHALL be full.", None);
        assert_eq!(
            resolve("x.OM1_34b", "valid SNOMED CT"),
            Some(Run::CodeForm { field: of("OM1-34.4"), system: CodeSystem::Snomed })
        );
    }
}
