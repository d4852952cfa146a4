//! `sinew map coverage`: places of messages that go nowhere, required elements that stay empty, and codes that tables do not
//! have.

use super::{
    reading,
    standard::{self, Opened},
};
use crate::{
    messages,
    outcome::{Exit, Failure, Result},
    resources,
    screen::Screen,
    table,
};
use clap::Args;
use fhir::{Tree, validate::Validator};
use hl7v2::{Message, dictionary::Version};
use lang::{Format, Map, MapFile, Matter, Origins, Run, Settings, Standard, Table, Why, coverage, facts};
use message::{Diagnostic, Location, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The columns of a table that is begun.
const COLUMNS: [&str; 5] = ["from", "from_name", "to", "to_system", "to_name"];

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew map coverage samples/
  sinew map coverage samples/ --map adt-hub
  sinew map coverage bundles/ --json
  sinew map coverage in/patients.csv --map patients
  sinew map coverage samples/ --codes > missing.csv
  sinew map coverage samples/ --codes-csv to-fill/

Counts, over all messages: the places that have a value and that no line of the map read, unless a line `ignore PATH reason TEXT`
names them (of bundles the elements, of other formats their places); those that a line read and could not write, with the reason; the elements that FHIR requires and that stayed empty;
and the codes that tables do not have. --codes-csv writes each such table to DIR/TABLE.csv, as it is with a row for each new code
at the end: fill `to` and `to_system`, and put the file into shared/tables/. A file that is there already keeps its rows and gets
those that it lacks.
--json: {\"schema\":\"sinew.map-coverage/1\",\"messages\",\"without_map\",\"failed\":{},\"places\":{},\"left\":[{\"place\",\"why\",
  \"count\"}],\"unfilled\":{},\"codes\":[{\"table\",\"from\",\"count\"}],\"notes\":{}}
Exit: 0, 1 something of it was found, 2 usage, 3 a file cannot be opened.")]
pub struct Coverage {
    /// Files, folders, or - for standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// This map instead of the library's for each message: a file, or the name of one of the workspace or the library
    #[arg(long, value_name = "MAP")]
    map: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Only the codes, as CSV
    #[arg(long, conflicts_with = "json")]
    codes: bool,
    /// Write the tables with the codes that they lack here, ready to fill in
    #[arg(long, value_name = "DIR")]
    codes_csv: Option<PathBuf>,
}

#[derive(Default)]
struct Counts {
    messages: usize,
    without_map: usize,
    /// Why messages could not be converted.
    failed: BTreeMap<String, usize>,
    places: BTreeMap<String, usize>,
    /// Places that a line read and could not write, with the reason.
    left: BTreeMap<(String, Why), usize>,
    unfilled: BTreeMap<String, usize>,
    notes: BTreeMap<String, usize>,
    codes: BTreeMap<(String, String), usize>,
}

impl Counts {
    fn is_clean(&self) -> bool {
        self.failed.is_empty() && self.places.is_empty() && self.codes.is_empty() && self.unfilled.is_empty()
    }
}

impl Counts {
    /// What one message adds: its places that went nowhere, codes without a row, and what was noted.
    fn add(&mut self, places: Vec<String>, origins: &Origins, run: &Run) {
        for place in places {
            *self.places.entry(place).or_default() += 1;
        }
        for (table, code) in &origins.missed {
            *self.codes.entry((table.to_string(), code.clone())).or_default() += 1;
        }
        for note in run.notes.iter().filter(|note| note.code != lang::codes::E2401) {
            *self.notes.entry(format!("{} {}", note.code, note.message)).or_default() += 1;
        }
    }
}

impl Coverage {
    pub fn run(&self, screen: &Screen) -> Result {
        let library = standard::with_workspace()?;
        let own = self.map.as_deref().map(|path| standard::open(&library, path, screen)).transpose()?;
        let (mut counts, mut tree) = (Counts::default(), Tree::new());
        let validator = Validator::default();
        let of_other = own.as_ref().map(Opened::main).transpose()?.filter(|map| map.from.format == Format::Other);
        if let Some(map) = of_other {
            reading::each(map, &self.files, screen, &mut |_, _, matter| {
                count_other(matter, map, &mut counts);
                Ok(())
            })?;
        }
        for path in messages::expand(&self.files)?.iter().filter(|_| of_other.is_none()) {
            if resources::begins_as_fhir(path) {
                resources::each(path, |found| {
                    found.tree.iter().for_each(|tree| count_bundle(tree, &library, own.as_ref(), &mut counts));
                    Ok(())
                })?;
                continue;
            }
            for found in messages::read(path)?.messages {
                let (message, _) = Message::parse(found.bytes);
                if message.segments_named(*b"MSH").next().is_none() {
                    continue; // a folder of samples holds other files too
                }
                count(&message, &library, own.as_ref(), &validator, &mut tree, &mut counts);
            }
        }
        if let Some(folder) = &self.codes_csv {
            let tables = own.as_ref().map_or(library.tables(), |opened| &opened.tables);
            write_tables(folder, &counts, |name| tables.get(name).map(|table| &**table), screen)?;
        }
        self.put(&counts, screen);
        Ok(if counts.is_clean() { Exit::Ok } else { Exit::Problems })
    }

    fn put(&self, counts: &Counts, screen: &Screen) {
        if self.json {
            let codes: Vec<_> = counts
                .codes
                .iter()
                .map(|((table, code), count)| serde_json::json!({"table": table, "from": code, "count": count}))
                .collect();
            let left: Vec<_> = counts
                .left
                .iter()
                .map(|((place, why), count)| serde_json::json!({"place": place, "why": why.as_str(), "count": count}))
                .collect();
            let object = serde_json::json!({
                "schema": "sinew.map-coverage/1", "messages": counts.messages, "without_map": counts.without_map,
                "failed": counts.failed, "places": counts.places, "left": left, "unfilled": counts.unfilled, "codes": codes,
                "notes": counts.notes,
            });
            screen.line(object.to_string());
        } else if self.codes {
            let mut last = "";
            for (table, code) in counts.codes.keys() {
                if table != last {
                    screen.line(format!("# tables/{table}.csv\n{}", COLUMNS.join(",")));
                    last = table;
                }
                screen.line(format!("{},,,,", quoted(code)));
            }
        } else {
            put_text(counts, screen);
        }
    }
}

fn count(
    message: &Message,
    library: &Standard,
    own: Option<&Opened>,
    validator: &Validator,
    tree: &mut Tree,
    counts: &mut Counts,
) {
    let file = own.map(|opened| &opened.file).or_else(|| library.map_for(message).map(|(file, _)| file));
    let map = file.and_then(MapFile::main);
    let Some(map) = map else {
        counts.without_map += 1;
        return;
    };
    counts.messages += 1;
    let settings = Settings { explain: true, ..Settings::default() };
    let mut run = Run::new(Timestamp::default(), 0);
    let origins = match map.convert(message, tree, &mut run, &settings) {
        Ok(origins) => origins.unwrap_or_default(),
        Err(fault) => {
            *counts.failed.entry(fault.to_string()).or_default() += 1;
            return;
        }
    };
    for place in coverage::uncovered(message, &origins, &map.ignored) {
        *counts.places.entry(coverage::without_indexes(&place)).or_default() += 1;
    }
    for left in coverage::left(&origins) {
        *counts.left.entry(left).or_default() += 1;
    }
    for (table, code) in &origins.missed {
        *counts.codes.entry((table.to_string(), code.clone())).or_default() += 1;
    }
    let mut told = BTreeSet::new();
    for note in &run.notes {
        let place = place_of(note, library, own);
        let (into, text) = match note.code == lang::codes::E2602 {
            true => {
                // `Encounter: `status` is required …` of the map is `Encounter.status is required …` of the validator.
                told.insert(note.message.replacen(": `", ".", 1).replacen('`', "", 1));
                (&mut counts.unfilled, format!("{} ({place})", note.message))
            }
            // Codes are told with their tables.
            false if note.code == lang::codes::E2401 => continue,
            false => (&mut counts.notes, format!("{} {place} {}", note.code, note.message)),
        };
        *into.entry(text).or_default() += 1;
    }
    // What is missing counts once a message, however often it is.
    let report = validator.validate(tree);
    let missing = report.issues.iter().filter(|issue| *issue.code == *fhir::codes::E1263.id);
    let is_told =
        |what: &str| told.iter().any(|told| what.split(" (").next() == told.strip_suffix(" and stayed empty"));
    for what in missing.map(|issue| issue.message.to_string()).collect::<BTreeSet<_>>() {
        if !is_told(&what) {
            *counts.unfilled.entry(what).or_default() += 1;
        }
    }
}

/// The same of a bundle, of which a map makes a message: elements that nothing of the message came from.
fn count_bundle(tree: &Tree, library: &Standard, own: Option<&Opened>, counts: &mut Counts) {
    let file = own.map(|opened| &opened.file).or_else(|| library.map_for_bundle(tree).map(|(file, _)| file));
    let Some(map) = file.and_then(MapFile::main).filter(|map| map.from.format == Format::FhirR4) else {
        counts.without_map += 1;
        return;
    };
    counts.messages += 1;
    let mut run = Run::new(Timestamp::default(), 0);
    match map.produce(tree, &mut run, true) {
        Ok((_, origins)) => {
            let origins = origins.unwrap_or_default();
            counts.add(coverage::uncovered_elements(tree, &origins, &map.ignored), &origins, &run);
        }
        Err(fault) => *counts.failed.entry(fault.to_string()).or_default() += 1,
    }
}

/// The same of a message in another format.
fn count_other(matter: &Matter, map: &Map, counts: &mut Counts) {
    counts.messages += 1;
    let settings = Settings { explain: true, ..Settings::default() };
    let mut run = Run::new(Timestamp::default(), 0);
    match (map.make_with(matter, &mut run, &settings), matter) {
        (Ok((_, Some(origins))), Matter::Other(document)) => {
            counts.add(coverage::uncovered_places(document, &origins, &map.ignored), &origins, &run);
        }
        (Ok(_), _) => {}
        (Err(fault), _) => *counts.failed.entry(fault.to_string()).or_default() += 1,
    }
}

/// `segments/pid-patient.map:12`, of the library or of the own map.
fn place_of(note: &Diagnostic, library: &Standard, own: Option<&Opened>) -> String {
    let own_place = || {
        let Some(Location::Text { file, span, .. }) = note.locations.first() else { return None };
        let tree = own.map(|opened| &opened.tree).filter(|tree| tree.file == *file)?;
        Some(format!("{file}:{}", tree.line_column(span.start).0))
    };
    own_place().or_else(|| library.place_of(note)).unwrap_or_default()
}

fn put_text(counts: &Counts, screen: &Screen) {
    screen.say(format!(
        "{} converted, {} without a map",
        table::count((counts.messages - counts.failed.values().sum::<usize>()) as u64, "message"),
        counts.without_map
    ));
    let named = |place: &str| {
        let field = facts::field(place, Version::V2_5_1);
        field.map_or_else(|| place.to_owned(), |field| format!("{place:<12} {}", field.name))
    };
    let places: BTreeMap<String, usize> = counts.places.iter().map(|(place, count)| (named(place), *count)).collect();
    let left: BTreeMap<String, usize> = counts
        .left
        .iter()
        .map(|((place, why), count)| (format!("{}: {}", named(place), why.as_str()), *count))
        .collect();
    let codes: BTreeMap<String, usize> =
        counts.codes.iter().map(|((table, code), count)| (format!("{table}: {code}"), *count)).collect();
    for (title, lines) in [
        ("messages that cannot be converted", &counts.failed),
        ("places that go nowhere", &places),
        ("places that a line read and could not write", &left),
        ("required, and not filled", &counts.unfilled),
        ("codes that tables do not have", &codes),
        ("other notes", &counts.notes),
    ] {
        if lines.is_empty() {
            continue;
        }
        screen.line(screen.paint("1", title));
        let mut lines: Vec<_> = lines.iter().collect();
        lines.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        lines.iter().for_each(|(text, count)| screen.line(format!("{count:6}  {text}")));
    }
}

/// Writes each table that lacks codes, with a row for each of them at the end.
fn write_tables<'t>(
    folder: &Path,
    counts: &Counts,
    table_of: impl Fn(&str) -> Option<&'t Table>,
    screen: &Screen,
) -> Result<()> {
    let names: BTreeSet<&str> = counts.codes.keys().map(|(table, _)| table.as_str()).collect();
    for name in names {
        let path = folder.join(format!("{name}.csv"));
        let failed =
            |error: std::io::Error| Failure::unreachable(format!("{} cannot be written: {error}", path.display()));
        let kept = fs::read_to_string(&path).ok();
        let read = kept.as_deref().map(|text| Table::parse(name, &path.display().to_string().as_str().into(), text).0);
        let base = read.as_ref().or_else(|| table_of(name));
        let mut text = kept.unwrap_or_else(|| base.map_or_else(|| COLUMNS.join(",") + "\n", as_csv));
        if !text.ends_with('\n') {
            text.push('\n');
        }
        let columns: Vec<&str> =
            base.map_or_else(|| COLUMNS.to_vec(), |table| table.columns().iter().map(|column| &**column).collect());
        let mut added = 0;
        for (_, code) in counts.codes.keys().filter(|(table, _)| table == name) {
            if base.is_some_and(|table| table.find(code).is_some()) {
                continue;
            }
            let cells = columns.iter().map(|column| if *column == "from" { quoted(code) } else { String::new() });
            text.push_str(&format!("{}\n", cells.collect::<Vec<_>>().join(",")));
            added += 1;
        }
        fs::create_dir_all(folder).map_err(failed)?;
        fs::write(&path, text).map_err(failed)?;
        screen.say(format!("{}: {} to fill", path.display(), table::count(added, "row")));
    }
    Ok(())
}

fn as_csv(table: &Table) -> String {
    let columns: Vec<String> = table.columns().iter().map(|column| quoted(column)).collect();
    let mut out = columns.join(",") + "\n";
    for row in table.rows() {
        let cells: Vec<String> = (0..columns.len()).map(|column| quoted(row.cell(column))).collect();
        out.push_str(&format!("{}\n", cells.join(",")));
    }
    out
}

/// A cell of CSV.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
