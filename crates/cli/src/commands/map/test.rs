//! `sinew map test`: the cases beside maps.

use super::{reading, standard};
use crate::{
    differences::{self, Difference},
    outcome::{Exit, Failure, Result},
    recording::Output,
    screen::Screen,
};
use clap::Args;
use fhir::Tree;
use hl7v2::Message;
use lang::{Format, Map, MapFile, Matter, Run, Settings, Standard, cases};
use message::Timestamp;
use serde_json::json;
use std::{fs, path::PathBuf};

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew map test
  sinew map test maps/cases --map maps/adt-hub.map
  sinew map test maps/cases --map maps/adt-hub.map --record
  sinew map test maps/cases --map maps/adt-hub.map --update

--record keeps what the map makes of each message as NAME.recorded.json beside it, also of messages without NAME.expect. From
then on each run compares, and names every element that differs; --update accepts what differs.")]
pub struct Test {
    /// A folder with NAME.hl7 or NAME.json, a bundle, and NAME.expect; with --map of another format also NAME.csv, NAME.json,
    /// NAME.xml and their like; none: the cases of the library
    folder: Option<PathBuf>,
    /// This map instead of the library's for each message: a file, or the name of one of the workspace or the library
    #[arg(long, value_name = "MAP")]
    map: Option<PathBuf>,
    /// Keep what the map makes of messages that are not kept yet
    #[arg(long, requires = "folder")]
    record: bool,
    /// Keep anew what differs
    #[arg(long, requires = "folder", conflicts_with = "record")]
    update: bool,
    /// Show patient data on the terminal
    #[arg(long)]
    reveal: bool,
    /// A JSON object a case
    #[arg(long)]
    json: bool,
}

/// What the names of files with a message end with.
const KINDS: [&str; 8] = ["hl7", "json", "csv", "tsv", "xml", "x12", "edi", "txt"];

/// A message and what must be true.
struct Case {
    name: String,
    message: String,
    expect: String,
    /// Where what the map makes of it is kept; none for the cases of the library.
    recorded: Option<PathBuf>,
}

impl Test {
    pub fn run(&self, screen: &Screen) -> Result {
        let library = standard::with_workspace()?;
        let own = self.map.as_deref().map(|path| standard::compile(&library, path, screen)).transpose()?;
        let cases = self.cases()?;
        let mut failed = 0;
        for case in &cases {
            let (broken, made) = run(case, &library, own.as_ref());
            let (kept, found) = self.keep(case, made.as_ref(), broken.is_empty())?;
            let is_good = broken.is_empty() && matches!(kept, "" | "same" | "recorded" | "updated");
            failed += usize::from(!is_good);
            if self.json {
                let found: Vec<_> = found
                    .iter()
                    .map(|one| json!({"path": one.path, "before": one.before, "after": one.after}))
                    .collect();
                let object = json!({"schema": "sinew.map-test/1", "case": case.name, "broken": broken,
                    "recorded": kept, "differences": found});
                screen.line(object.to_string());
                continue;
            }
            screen.line(format!("{} {}", screen.mark(is_good), case.name));
            broken.iter().for_each(|line| screen.line(format!("    {line}")));
            if !matches!(kept, "" | "same") {
                screen.line(format!("    {kept}"));
            }
            for line in differences::lines(screen, &found, screen.is_terminal && !self.reveal) {
                screen.line(format!("      {line}"));
            }
        }
        screen.say(format!("{} cases, {failed} failed", cases.len()));
        Ok(if failed == 0 && !cases.is_empty() { Exit::Ok } else { Exit::Problems })
    }

    fn cases(&self) -> Result<Vec<Case>> {
        let Some(folder) = &self.folder else {
            let files: Vec<_> = library::both_ways().collect();
            let expect_of =
                |name: &str| files.iter().find(|(path, _)| *path == format!("{name}.expect")).map(|(_, text)| *text);
            let named = files.iter().filter_map(|(path, text)| {
                let name = path.strip_suffix(".hl7").or_else(|| path.strip_suffix(".json"))?;
                let (message, expect) = ((*text).to_owned(), expect_of(name)?.to_owned());
                Some(Case { name: name.to_owned(), message, expect, recorded: None })
            });
            return Ok(named.collect());
        };
        let wrong = |path: &std::path::Path, error: std::io::Error| {
            Failure::unreachable(format!("{} cannot be read: {error}", path.display()))
        };
        let mut out = Vec::new();
        for entry in fs::read_dir(folder).map_err(|error| wrong(folder, error))?.flatten() {
            let path = entry.path();
            let expect = path.with_extension("expect");
            let recorded = path.with_extension("recorded.json");
            let is_kept = path.to_string_lossy().ends_with(".recorded.json");
            let is_case = expect.is_file() || recorded.is_file() || self.record;
            let is_kind = |known: &str| path.extension().is_some_and(|kind| kind == known);
            if KINDS.iter().any(|known| is_kind(known)) && is_case && !is_kept {
                let message = fs::read_to_string(&path).map_err(|error| wrong(&path, error))?;
                let expect = match expect.is_file() {
                    true => fs::read_to_string(&expect).map_err(|error| wrong(&expect, error))?,
                    false => String::new(),
                };
                out.push(Case { name: path.display().to_string(), message, expect, recorded: Some(recorded) });
            }
        }
        out.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(out)
    }

    /// Compares with what was kept, or keeps it: what was done, and what differs.
    fn keep(&self, case: &Case, made: Option<&Output>, is_good: bool) -> Result<(&'static str, Vec<Difference>)> {
        let (Some(path), Some(made)) = (&case.recorded, made) else { return Ok(("", Vec::new())) };
        let write = || {
            let failed = |error| Failure::unreachable(format!("{} cannot be written: {error}", path.display()));
            fs::write(path, made.text()).map_err(failed)
        };
        let Ok(kept) = fs::read(path) else {
            return match self.record && is_good {
                true => write().map(|()| ("recorded", Vec::new())),
                false => Ok(("", Vec::new())),
            };
        };
        let found = Output::of(&kept).differences(made);
        if found.is_empty() {
            return Ok(("same", found));
        }
        match self.update && is_good {
            true => write().map(|()| ("updated", found)),
            false => Ok(("something else was recorded", found)),
        }
    }
}

/// What does not hold, a sentence each; and what the map made.
fn run(case: &Case, library: &Standard, own: Option<&MapFile>) -> (Vec<String>, Option<Output>) {
    if let Some(map) = own.and_then(MapFile::main).filter(|map| map.from.format == Format::Other) {
        return run_other(case, map);
    }
    if case.message.trim_start().starts_with('{') {
        return run_back(case, library, own);
    }
    let bytes = case.message.replace("\r\n", "\r").replace('\n', "\r");
    let (message, _) = Message::parse(bytes.into_bytes());
    let map = own.or_else(|| library.map_for(&message).map(|(file, _)| file)).and_then(MapFile::main);
    let Some(map) = map else { return (vec!["there is no map for the message".to_owned()], None) };
    let mut tree = Tree::new();
    match map.convert(&message, &mut tree, &mut Run::new(Timestamp::default(), 0), &Settings::default()) {
        Ok(_) => {
            let (broken, _) = cases::check(&case.expect, &tree);
            let broken = broken.iter().map(|one| format!("line {}: {} {}", one.line, one.expression, one.why));
            (broken.collect(), Some(Output::of_resource(&tree)))
        }
        Err(fault) => (vec![fault.to_string()], None),
    }
}

/// The same for a bundle, of which a map makes a message: its lines are conditions.
fn run_back(case: &Case, library: &Standard, own: Option<&MapFile>) -> (Vec<String>, Option<Output>) {
    let tree = match Tree::read(case.message.as_bytes()) {
        Ok(tree) => tree,
        Err(error) => return (vec![error.to_string()], None),
    };
    let map = own.or_else(|| library.map_for_bundle(&tree).map(|(file, _)| file)).and_then(MapFile::main);
    let Some(map) = map else { return (vec!["there is no map for the bundle".to_owned()], None) };
    match map.produce(&tree, &mut Run::new(Timestamp::default(), 0), false) {
        Ok((message, _)) => {
            let (broken, _) = cases::check_message(&case.expect, &message);
            let broken = broken.iter().map(|one| format!("line {}: {} {}", one.line, one.expression, one.why));
            (broken.collect(), Some(Output::of(&message.write())))
        }
        Err(fault) => (vec![fault.to_string()], None),
    }
}

/// The same for a message in another format: lines are those of what the map makes.
fn run_other(case: &Case, map: &Map) -> (Vec<String>, Option<Output>) {
    let source = match reading::only(map, case.message.as_bytes()) {
        Ok(source) => source,
        Err(why) => return (vec![why], None),
    };
    let made = match map.make(&source, &mut Run::new(Timestamp::default(), 0)) {
        Ok(made) => made,
        Err(fault) => return (vec![fault.to_string()], None),
    };
    let (broken, output) = match &made {
        Matter::Fhir(tree, _) => (cases::check(&case.expect, tree).0, Output::of_resource(tree)),
        Matter::V2(message) => (cases::check_message(&case.expect, message).0, Output::of(&message.write())),
        Matter::Other(document) => {
            let is_asked = !case.expect.trim().is_empty();
            let why = "lines are asked of FHIR and HL7 v2: keep what this map makes with --record".to_owned();
            return (is_asked.then_some(why).into_iter().collect(), Some(Output::of(document.write())));
        }
    };
    let broken = broken.iter().map(|one| format!("line {}: {} {}", one.line, one.expression, one.why));
    (broken.collect(), Some(output))
}
