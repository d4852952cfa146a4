//! The public conformance profile of the corpus beside the repository: every file that is named after a rule is reported
//! for that rule, and every message that is meant to conform is valid. Skips, and says so, where the corpus is not there.

use hl7v2::profile::{FileKind, Options, Profile, Source};
use hl7v2::{Batch, Message};
use message::Severity;
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/v2-profiles/nist-loi-r1/src");

fn files(root: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn profile() -> Option<Profile> {
    let global = Path::new(ROOT).join("main/resources/Global");
    if !global.is_dir() {
        eprintln!("skipped: no corpus of profiles beside the repository");
        return None;
    }
    let read: Vec<(String, Vec<u8>)> = files(&global, "xml")
        .into_iter()
        .map(|path| {
            (path.file_name().expect("a name").to_string_lossy().into_owned(), std::fs::read(&path).expect("a file"))
        })
        .filter(|(_, bytes)| FileKind::detect(bytes).is_some())
        .collect();
    let sources: Vec<Source<'_>> = read.iter().map(|(name, bytes)| Source { name, bytes }).collect();
    let (profile, diagnostics) = Profile::read(&sources);
    for diagnostic in diagnostics {
        eprintln!("{} {}", diagnostic.code, diagnostic.message);
    }
    Some(profile.expect("a profile"))
}

fn message(path: &Path) -> Message {
    let bytes = std::fs::read(path).expect("a file");
    let message = Batch::split(bytes).0.messages().next().expect("a message");
    Message::parse(message).0
}

/// The ids of all constraints, predicates and value sets of the profile.
fn ids() -> Vec<String> {
    let global = Path::new(ROOT).join("main/resources/Global");
    let texts = files(&global, "xml").into_iter().map(|path| std::fs::read_to_string(path).expect("text"));
    let of = |text: &str, mark: &str| -> Vec<String> {
        text.split(mark).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
    };
    let mut ids = Vec::new();
    for text in texts {
        ids.extend(of(&text, "<Constraint ID=\""));
        ids.extend(of(&text, "BindingIdentifier=\""));
        let predicates = text.split("<Predicate ").skip(1).filter_map(|rest| rest.split('>').next());
        ids.extend(predicates.flat_map(|predicate| of(predicate, " ID=\"").into_iter().chain(of(predicate, "ID=\""))));
    }
    ids.retain(|id| id.len() > 4);
    ids.sort();
    ids.dedup();
    ids
}

/// Files whose name and content differ, and the rule that they break.
const OTHERWISE: &[(&str, &str)] = &[
    // PRT-2 is `AD`, as LOI-56 asks.
    ("LOI-56-fiprofile", ""),
    // PID-5.7 is `U`; LOI-6 is about names of type XPN_1, and this profile gives PID-5 another.
    ("LOI-6", ""),
    // It breaks SPM-8, to which this profile gives the type CWE_CRE; what has the type CWE_CRE1 is as it should be.
    ("CWE_CRE1_2_1b", "[CWE_CRE]2[1]"),
];

/// Letters and digits only.
fn bare(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// The rule that a file is named after: `LOI-51b` is a case of LOI-51, `CWE_CR_6_1a` one of `[CWE_CR]6[1]`.
fn rule<'i>(stem: &str, ids: &'i [String]) -> &'i str {
    let stem = bare(stem.trim_end_matches("-fiprofile"));
    let is_case = |id: &&String| {
        let id = bare(id);
        let rest = stem.strip_prefix(&id);
        let is_letter = |rest: &str| matches!(rest, "" | "a" | "b");
        // Names of predicates leave the instance away at their end: `[ORDER]4[1]` is `ORDER_4`.
        rest.is_some_and(is_letter) || id.strip_suffix('1').and_then(|id| stem.strip_prefix(id)).is_some_and(is_letter)
    };
    let longest = ids.iter().filter(is_case).max_by_key(|id| (stem.starts_with(&bare(id)), id.len()));
    longest.map_or_else(|| panic!("{stem} is named after no rule"), |id| id.as_str())
}

fn reports(profile: &Profile, message: &Message, at: usize, rule: &str) -> bool {
    let report = profile.validate(message, at, &Options::default()).expect("a message of the profile");
    report.issues.iter().any(|issue| issue.code == rule && issue.severity >= Severity::Warning)
}

#[test]
fn rule_files_are_reported_and_conforming_messages_are_valid() {
    let Some(profile) = profile() else { return };
    let ids = ids();
    let (mut reported, mut by_itself, mut missed) = (0, 0, Vec::new());
    let rules = files(&Path::new(ROOT).join("test/resources"), "txt");
    let unbroken = OTHERWISE.iter().filter(|(_, rule)| rule.is_empty()).count();
    for file in &rules {
        let message = message(file);
        let stem = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let rule = rule(&stem, &ids);
        let chosen = profile.choose(&message).expect("a message of the profile");
        // Some files break a rule of a message that they do not claim to be: the guide's own tests name it for them.
        let named = profile.find("OML_O21:LOI_GU_PRU").expect("the message of the tests");
        let rule = OTHERWISE.iter().find(|(name, _)| *name == stem).map_or(rule, |(_, rule)| rule);
        if rule.is_empty() {
            let report = profile.validate(&message, chosen, &Options::default()).expect("a report");
            assert!(report.is_valid(), "{stem} breaks something after all");
            continue;
        }
        // The library has two sets of this name, and the profile binds the one with the longer.
        let is_found =
            reports(&profile, &message, chosen, rule) || reports(&profile, &message, chosen, &format!("NIST_{rule}"));
        by_itself += usize::from(is_found);
        if is_found || reports(&profile, &message, named, rule) { reported += 1 } else { missed.push(stem) }
    }
    let (mut valid, mut all, mut wrong) = (0, 0, Vec::new());
    for file in files(&Path::new(ROOT).join("main/resources"), "txt") {
        let message = message(&file);
        let folder = file.parent().expect("a folder");
        let steps = ["TestStep.json", "TestObject.json"];
        let step = steps.iter().find_map(|name| std::fs::read_to_string(folder.join(name)).ok()).expect("a test step");
        let named = step.split("\"messageId\" : \"").nth(1).and_then(|rest| rest.split('"').next()).expect("an id");
        let places = [profile.find(named), profile.choose(&message)];
        let is_valid = places.iter().all(|at| {
            let at = at.expect("a message of the profile");
            profile.validate(&message, at, &Options::default()).expect("a report").is_valid()
        });
        all += 1;
        if is_valid { valid += 1 } else { wrong.push(folder.display().to_string()) }
    }
    eprintln!(
        "{reported} of {} rule files reported for their rule ({by_itself} by the message that they claim to be; {} more break \
         no rule of this profile), {valid} of {all} conforming valid",
        rules.len() - unbroken,
        unbroken
    );
    assert!(missed.is_empty(), "not reported: {missed:?}");
    assert!(wrong.is_empty(), "not valid: {wrong:?}");
    assert!(rules.len() >= 60 && all >= 35, "the corpus is whole");
}

#[test]
fn no_issue_holds_content() {
    let Some(profile) = profile() else { return };
    for file in files(&Path::new(ROOT).join("test/resources"), "txt") {
        let message = message(&file);
        let patient = message.segments_named(*b"PID").next().and_then(|pid| pid.field(5));
        let Some(family) = patient.and_then(|name| name.component(1)).map(|part| part.text().into_owned()) else {
            continue;
        };
        let at = profile.choose(&message).expect("a message of the profile");
        let report = profile.validate(&message, at, &Options { values: true }).expect("a report");
        for issue in &report.issues {
            assert!(family.is_empty() || !issue.message.contains(&family), "{}: {}", issue.code, issue.message);
            assert!(family.is_empty() || !format!("{issue:?}").contains(&family), "{}", issue.code);
        }
    }
}
