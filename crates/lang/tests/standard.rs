//! The library of maps that comes with Sinew: every file checks, its cases give what they say.

mod unusual;

use lang::Standard;
use message::{Diagnostic, Location};

fn show(finding: &Diagnostic) -> String {
    let texts: std::collections::BTreeMap<_, _> = library::folder(library::HL7V2_TO_FHIR_R4).collect();
    let place = match finding.locations.first() {
        Some(Location::Text { file, span, .. }) => {
            let text = texts.get(&**file).copied().unwrap_or("");
            let line = text.get(..span.start).unwrap_or("").matches('\n').count() + 1;
            format!("{file}:{line} [{}]", text.get(span.clone()).unwrap_or(""))
        }
        Some(Location::Message { .. }) | None => String::new(),
    };
    format!("{place} {} {} ({})", finding.code, finding.message, finding.hint.as_deref().unwrap_or(""))
}

#[test]
fn every_map_checks() {
    let (standard, found) = Standard::read(library::folder(library::HL7V2_TO_FHIR_R4));
    let all: Vec<String> = found.iter().chain(&standard.check()).map(show).collect();
    assert!(all.is_empty(), "{} findings\n{}", all.len(), all.join("\n"));
}

/// A folder that was checked has its shared maps compiled for all; a map makes the same of a message, and leaves out the
/// same, as where it compiled its own.
#[test]
fn shared_maps_are_the_same_for_all() {
    let (standard, _) = Standard::read(library::folder(library::HL7V2_TO_FHIR_R4));
    assert_eq!(standard.check(), []);
    let mut apart = std::collections::BTreeMap::new();
    for map in standard.messages() {
        // Another library of the same parts knows nothing of what was compiled.
        let mut parts = lang::Library::default();
        parts.extend_from(standard.library());
        let scope = lang::Scope::new(standard.tables()).with_library(&parts);
        apart.insert(map.name.clone(), lang::MapFile::compile(map.tree(), &scope).0);
    }
    let (mut count, mut ignored) = (0, 0);
    for (path, text) in library::folder(library::HL7V2_TO_FHIR_R4).filter(|(path, _)| path.ends_with(".hl7")) {
        let (message, _) = hl7v2::Message::parse(text.replace('\n', "\r").into_bytes());
        let together = standard.map_for(&message).and_then(|(file, _)| file.main()).expect("one map");
        let alone = apart.get(&together.name).and_then(lang::MapFile::main).expect("the same map");
        let made = [alone, together].map(|map| {
            let (mut run, mut tree) = (lang::Run::new(message::Timestamp(0), 1), fhir::Tree::new());
            map.convert(&message, &mut tree, &mut run, &lang::Settings::default()).expect("it runs");
            (tree.write(), map.ignored.clone())
        });
        assert!(made[0] == made[1], "{path}");
        (count, ignored) = (count + 1, ignored + made[0].1.len());
    }
    assert!(count > 0 && ignored > 0);
}

/// The cases beside the maps hold, and their bundles are valid.
#[test]
fn every_case_holds() {
    let files: std::collections::BTreeMap<_, _> = library::folder(library::HL7V2_TO_FHIR_R4).collect();
    let (standard, _) = Standard::read(library::folder(library::HL7V2_TO_FHIR_R4));
    let mut wrong = Vec::new();
    let mut count = 0;
    for (path, text) in files.iter().filter_map(|(path, text)| Some((path.strip_suffix(".hl7")?, text))) {
        let expect = files.get(&*format!("{path}.expect")).expect("each message has its lines");
        let (message, _) = hl7v2::Message::parse(text.replace('\n', "\r").into_bytes());
        let (file, _) = standard.map_for(&message).expect("the library has a map for it");
        let (mut run, mut tree) = (lang::Run::new(message::Timestamp(0), 1), fhir::Tree::new());
        let map = file.main().expect("one map");
        map.convert(&message, &mut tree, &mut run, &lang::Settings::default()).expect("it runs");
        let (broken, lines) = lang::cases::check(expect, &tree);
        count += lines;
        wrong.extend(broken.iter().map(|one| format!("{path}.expect:{} {} {}", one.line, one.expression, one.why)));
        let report = fhir::validate::Validator::default().validate(&tree);
        wrong.extend(report.errors().map(|issue| format!("{path}: {} {} {}", issue.code, issue.path, issue.message)));
        wrong.extend(run.notes.iter().map(|note| format!("{path}: {}", show(note))));
    }
    assert!(count > 0 && wrong.is_empty(), "{}", wrong.join("\n"));
}

fn files(folder: &std::path::Path, out: &mut Vec<std::path::PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            files(&path, out);
        } else {
            out.push(path);
        }
    }
}

/// `Bundle.entry[3].resource.name[0]` without numbers.
fn without_numbers(path: &str) -> String {
    path.chars().filter(|c| !c.is_ascii_digit()).collect::<String>().replace("[]", "")
}

/// Every message of the corpus that the library has a map for gives a bundle without errors of ours.
#[test]
fn the_corpus_converts_to_valid_bundles() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let mut paths = Vec::new();
    files(&corpus.join("v2"), &mut paths);
    files(&corpus.join("v2-fhir-pairs"), &mut paths);
    files(&corpus.join("v2-to-fhir-ig/samples"), &mut paths);
    if paths.is_empty() {
        println!("skipped: no corpus beside the workspace");
        return;
    }
    paths.sort();
    let only = std::env::var("ONLY").unwrap_or_default();
    let (standard, _) = Standard::read(library::folder(library::HL7V2_TO_FHIR_R4));
    let validator = fhir::validate::Validator::default();
    let (mut converted, mut valid, mut without_map) = (0, 0, 0);
    let mut told: std::collections::BTreeMap<String, (usize, String)> = std::collections::BTreeMap::new();
    let mut tree = fhir::Tree::new();
    for path in paths.iter().filter(|path| path.to_string_lossy().contains(&only)) {
        if path.extension().is_some_and(|kind| kind == "json" || kind == "md" || kind == "xml") {
            continue;
        }
        let Ok(bytes) = std::fs::read(path) else { continue };
        for (message, _) in hl7v2::Batch::split(bytes).0.parsed() {
            if !message.has_header() {
                continue;
            }
            let Some((file, _)) = standard.map_for(&message) else {
                without_map += 1;
                continue;
            };
            let mut run = lang::Run::new(message::Timestamp(0), 1);
            let map = file.main().expect("one map");
            if let Err(fault) = map.convert(&message, &mut tree, &mut run, &lang::Settings::default()) {
                told.entry(format!("fault {}", fault.code)).or_insert((0, path.display().to_string())).0 += 1;
                continue;
            }
            converted += 1;
            let report = validator.validate(&tree);
            // A sender's period that ends before it starts is the sender's.
            let ours = || report.errors().filter(|issue| issue.code != "per-1");
            valid += usize::from(ours().next().is_none());
            for issue in ours() {
                let line = format!("{} {} {}", issue.code, without_numbers(&issue.path), issue.message);
                told.entry(line).or_insert((0, path.display().to_string())).0 += 1;
            }
            if !only.is_empty() {
                println!("{}", String::from_utf8_lossy(&tree.write_pretty()));
                println!("{}", run.notes.iter().map(show).collect::<Vec<_>>().join("\n"));
                report.errors().for_each(|issue| println!("{} {} {}", issue.code, issue.path, issue.message));
            }
        }
    }
    println!("corpus: {converted} converted, {valid} valid, {without_map} without a map");
    let mut lines: Vec<_> = told.iter().collect();
    lines.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    for (line, (count, first)) in lines.iter().take(40) {
        println!("{count:5} {line}  {first}");
    }
    assert_eq!(converted, valid);
}
