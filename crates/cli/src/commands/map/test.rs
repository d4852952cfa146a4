//! `sinew map test`: the cases beside maps.

use super::standard;
use crate::{
    outcome::{Exit, Failure, Result},
    screen::Screen,
};
use clap::Args;
use fhir::Tree;
use hl7v2::Message;
use lang::{MapFile, Run, Settings, Standard, cases};
use message::Timestamp;
use std::{fs, path::PathBuf};

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  sinew map test\n  sinew map test maps/cases --map maps/adt-hub.map")]
pub struct Test {
    /// A folder with NAME.hl7 and NAME.expect; none: the cases of the library
    folder: Option<PathBuf>,
    /// The map to test, instead of the library's for each message
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// A JSON object a case
    #[arg(long)]
    json: bool,
}

/// A message and what must be true.
struct Case {
    name: String,
    message: String,
    expect: String,
}

impl Test {
    pub fn run(&self, screen: &Screen) -> Result {
        let library = standard::with_workspace()?;
        let own = self.map.as_deref().map(|path| standard::compile(&library, path, screen)).transpose()?;
        let cases = self.cases()?;
        let mut failed = 0;
        for case in &cases {
            let broken = run(case, &library, own.as_ref());
            failed += usize::from(!broken.is_empty());
            if self.json {
                let object = serde_json::json!({"schema": "sinew.map-test/1", "case": case.name, "broken": broken});
                screen.line(object.to_string());
                continue;
            }
            screen.line(format!("{} {}", screen.mark(broken.is_empty()), case.name));
            broken.iter().for_each(|line| screen.line(format!("    {line}")));
        }
        screen.say(format!("{} cases, {failed} failed", cases.len()));
        Ok(if failed == 0 && !cases.is_empty() { Exit::Ok } else { Exit::Problems })
    }

    fn cases(&self) -> Result<Vec<Case>> {
        let Some(folder) = &self.folder else {
            let files: Vec<_> = library::folder(library::HL7V2_TO_FHIR_R4).collect();
            let expect_of =
                |name: &str| files.iter().find(|(path, _)| *path == format!("{name}.expect")).map(|(_, text)| *text);
            let named = files.iter().filter_map(|(path, text)| {
                let name = path.strip_suffix(".hl7")?;
                Some(Case { name: name.to_owned(), message: (*text).to_owned(), expect: expect_of(name)?.to_owned() })
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
            if path.extension().is_some_and(|kind| kind == "hl7") && expect.is_file() {
                let message = fs::read_to_string(&path).map_err(|error| wrong(&path, error))?;
                let expect = fs::read_to_string(&expect).map_err(|error| wrong(&expect, error))?;
                out.push(Case { name: path.display().to_string(), message, expect });
            }
        }
        out.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(out)
    }
}

/// What does not hold, a sentence each.
fn run(case: &Case, library: &Standard, own: Option<&MapFile>) -> Vec<String> {
    let bytes = case.message.replace("\r\n", "\r").replace('\n', "\r");
    let (message, _) = Message::parse(bytes.into_bytes());
    let map = own.or_else(|| library.map_for(&message).map(|(file, _)| file)).and_then(MapFile::main);
    let Some(map) = map else { return vec!["there is no map for the message".to_owned()] };
    let mut tree = Tree::new();
    match map.convert(&message, &mut tree, &mut Run::new(Timestamp::default(), 0), &Settings::default()) {
        Ok(_) => {
            let (broken, _) = cases::check(&case.expect, &tree);
            broken.iter().map(|one| format!("line {}: {} {}", one.line, one.expression, one.why)).collect()
        }
        Err(fault) => vec![fault.to_string()],
    }
}
