//! The rows of the HL7 v2-to-FHIR guide: each is a line of a map, or has a reason in `guide.csv`.
//!
//! A row is a line where a line of a map reads the row's field and it, or a block around it, names an element of the row's
//! target. That is less than "the same", and enough to see what was forgotten. Skips where the tables are absent.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// What one line of a map reads, and the words of it and of the blocks around it.
struct Line {
    places: BTreeSet<String>,
    words: BTreeSet<String>,
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 1)
}

/// `PID-5` of `pid-5[1].1`, `XPN.7` of `xpn.7`.
fn places(text: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for part in text.split(|c: char| c.is_whitespace() || "(),\"{}".contains(c)) {
        for (sign, longest) in [('-', 3), ('.', 3)] {
            let Some((head, rest)) = part.split_once(sign) else { continue };
            let head = head.split('[').next().unwrap_or("");
            let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
            let is_name = (2..=longest).contains(&head.len()) && head.chars().all(|c| c.is_ascii_alphanumeric());
            if is_name && !number.is_empty() {
                out.insert(format!("{}{sign}{number}", head.to_ascii_uppercase()));
            }
        }
    }
    out
}

fn lines_of(text: &str, out: &mut Vec<Line>) {
    let mut around: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if line.starts_with('}') {
            around.pop();
        }
        if !line.starts_with("ignore ") {
            let words = around.iter().copied().chain([line]).flat_map(words).map(str::to_owned).collect();
            out.push(Line { places: places(line), words });
        }
        if line.ends_with('{') {
            around.push(line);
        }
    }
}

/// The cells of each record of a CSV file with quoted cells.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut out, mut record, mut cell, mut is_quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut signs = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '"' if is_quoted && signs.peek() == Some(&'"') => {
                cell.push('"');
                signs.next();
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => record.push(std::mem::take(&mut cell)),
            '\r' if !is_quoted => {}
            '\n' if !is_quoted => {
                record.push(std::mem::take(&mut cell));
                out.push(std::mem::take(&mut record));
            }
            _ => cell.push(sign),
        }
    }
    out
}

/// A row that no line takes, on purpose.
struct Reviewed {
    map: String,
    row: String,
    reason: String,
}

/// The words of a target that say something: not those of extensions and resources.
fn wanted(target: &str) -> Vec<&str> {
    let is_telling = |word: &&str| !["url", "uri", "extension", "value", "this", "reference"].contains(word);
    words(target).filter(is_telling).collect()
}

fn is_taken(lines: &[Line], place: &str, target: &str) -> bool {
    let wanted = wanted(target);
    // `valueQuantity` is `value[Quantity]`, `occurrenceDateTime` is `occurrence[dateTime]`.
    let is_named = |line: &Line| {
        wanted.is_empty()
            || wanted.iter().any(|want| {
                line.words.iter().any(|word| word == want || word.len() >= 5 && want.starts_with(word.as_str()))
            })
    };
    lines.iter().any(|line| line.places.contains(place) && is_named(line))
}

#[test]
fn every_row_is_a_line_or_has_a_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = root.join("../../../shared/corpus/v2-to-fhir-ig");
    if !guide.join("segments").exists() {
        println!("skipped: no tables of the guide beside the workspace");
        return;
    }
    let mut lines = Vec::new();
    for folder in ["datatypes", "segments", "messages"] {
        let folder = root.join("../../library").join(library::HL7V2_TO_FHIR_R4).join(folder);
        for file in std::fs::read_dir(folder).expect("the library has the folder").flatten() {
            lines_of(&std::fs::read_to_string(file.path()).expect("a text"), &mut lines);
        }
    }
    let reviewed: Vec<Reviewed> = include_str!("guide.csv")
        .lines()
        .skip(1)
        .map(|line| {
            let mut cells = line.splitn(3, ',').map(str::to_owned);
            let mut next = || cells.next().expect("three cells in each row of guide.csv");
            Reviewed { map: next(), row: next(), reason: next() }
        })
        .collect();
    let mut used = vec![0_usize; reviewed.len()];
    let (mut rows, mut taken) = (0, 0);
    let mut forgotten: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for folder in ["segments", "datatypes"] {
        let files = std::fs::read_dir(guide.join(folder)).expect("a folder").flatten();
        for file in files.map(|file| file.path()).filter(|path| path.extension().is_some_and(|kind| kind == "csv")) {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let map = name.split("R4_ ").nth(1).and_then(|rest| rest.split(" - ").next()).unwrap_or("").to_owned();
            for record in records(&std::fs::read_to_string(&file).expect("a text")) {
                let (Some(place), Some(target)) = (record.get(1), record.get(9)) else { continue };
                let sign = if folder == "segments" { '-' } else { '.' };
                let place = place.trim().replace(['-', '.'], &sign.to_string());
                let is_row = place.split_once(sign).is_some_and(|(_, number)| number.parse::<u16>().is_ok());
                if !is_row || target.trim().is_empty() {
                    continue;
                }
                rows += 1;
                if is_taken(&lines, &place, target) {
                    taken += 1;
                    continue;
                }
                let fits = |one: &Reviewed| one.map == map && (one.row == "*" || one.row == place);
                match reviewed.iter().position(fits) {
                    Some(at) => used[at] += 1,
                    None => forgotten.entry(map.clone()).or_default().push(format!("{place} {}", target.trim())),
                }
            }
        }
    }
    for (map, rows) in &forgotten {
        println!("{map}: {}", rows.join("; "));
    }
    let listed: usize = used.iter().sum();
    println!("guide: {rows} rows, {taken} are lines, {listed} reviewed, {} without a reason", rows - taken - listed);
    assert!(forgotten.is_empty());
    let idle: Vec<String> = reviewed
        .iter()
        .zip(&used)
        .filter(|(_, used)| **used == 0)
        .map(|(one, _)| format!("{} {}", one.map, one.row))
        .collect();
    assert!(idle.is_empty(), "rows of guide.csv that no row of the guide needs: {}", idle.join(", "));
    assert!(reviewed.iter().all(|one| one.reason.len() > 10), "each has its reason");
}
