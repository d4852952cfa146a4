//! `sinew map run`: a map over messages: what it makes, where that came from, or the values of each target over all of them.

use super::{reading, standard, values};
use crate::{
    commands::convert::Convert,
    mask,
    outcome::{Exit, Failure, Result},
    screen::Screen,
};
use clap::Args;
use lang::{Format, Map, Matter, Origin, Run, Settings};
use message::{Clock, clock};
use serde_json::json;
use std::path::PathBuf;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew map run adt-hub samples/a01.hl7
  sinew map run adt-hub samples/ --jsonl > bundles.jsonl
  sinew map run maps/pharmacy.map feed.hl7 -o pharmacy.hl7
  sinew map run adt samples/ --explain                the line and the places behind each element
  sinew map run adt-hub samples/ --values             what each target became, over all messages
  sinew map run patients-adt in/patients.csv          a map from rows: a message for each of them
  sinew map run patients in/patients.csv --explain    to FHIR: the column behind each element

A map is a file, or the name of one of the workspace or the library. --values lists each target with the messages that filled it
and its values by number; targets of the map that no message filled are listed with 0. Values about the patient are masked there,
also in files and pipes: --reveal shows them. Otherwise they are masked on a terminal only.
  --values --json: {\"schema\":\"sinew.map-values/1\",\"map\",\"messages\",\"failed\",\"targets\":[{\"path\",\"filled\",\"distinct\",\"masked\",
  \"values\":[{\"value\",\"count\"}]}]}
  --json of other maps: {\"schema\":\"sinew.map-run/1\",\"file\",\"index\",\"map\",\"notes\",\"origins\",\"message\"}
Exit: 0, 1 a message cannot be mapped, or the map does not compile, 2 there is no such map, 3 a file cannot be opened.")]
pub struct MapRun {
    /// A map file, or the name of a map of the workspace or the library
    #[arg(value_name = "MAP")]
    map: PathBuf,
    /// Files, folders, or - for standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// To FHIR: a resource a line, not laid out
    #[arg(long, conflicts_with = "json")]
    jsonl: bool,
    /// For each element or field the line of the map that wrote it and the places that it read
    #[arg(long)]
    explain: bool,
    /// The values of each target over all messages
    #[arg(long, conflicts_with_all = ["jsonl", "explain", "output"])]
    values: bool,
    /// To FHIR: check each resource by the definitions of R4
    #[arg(long)]
    validate: bool,
    /// To FHIR: the time zone of times without an offset: Europe/Berlin
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// A JSON object a message, or one for --values
    #[arg(long)]
    json: bool,
    /// Show patient data
    #[arg(long, visible_alias = "unmasked")]
    reveal: bool,
    /// Write here instead of to standard output
    #[arg(short, long, value_name = "FILE", conflicts_with = "json")]
    output: Option<PathBuf>,
}

impl MapRun {
    pub fn run(self, screen: &Screen) -> Result {
        let library = standard::with_workspace()?;
        let opened = standard::open(&library, &self.map, screen)?;
        let map = opened.main()?;
        if self.values {
            let look = values::Look { is_revealed: self.reveal, is_json: self.json };
            return values::run(&library, &opened, &self.files, look, screen);
        }
        if map.to.format == Format::FhirR4 && map.from.format == Format::Hl7v2 {
            let MapRun { map, files, jsonl, explain, validate, zone, json, reveal, output, values: _ } = self;
            return Convert { jsonl, explain, validate, zone, json, reveal, output, ..Convert::by_map(map, files) }
                .run(screen);
        }
        self.check_usage(map)?;
        self.through(map, screen)
    }

    /// Flags that mean something for maps to FHIR only, or for those that keep where everything came from.
    fn check_usage(&self, map: &Map) -> Result<()> {
        if map.to.format != Format::FhirR4 && (self.jsonl || self.validate) || self.zone.is_some() {
            return Err(Failure::usage("--jsonl and --validate are for maps to FHIR, --zone for those from HL7 v2"));
        }
        let is_traced =
            map.to.format == Format::FhirR4 || map.to.format == Format::Hl7v2 && map.from.format != Format::Hl7v2;
        if self.explain && !is_traced {
            return Err(Failure::usage("--explain is for maps to FHIR, and from FHIR or another format to HL7 v2"));
        }
        Ok(())
    }

    /// Every message through the map: what it makes, or where that came from.
    fn through(&self, map: &Map, screen: &Screen) -> Result {
        let settings = Settings { explain: self.explain, ..Settings::default() };
        let validator = self.validate.then(fhir::validate::Validator::default);
        let (mut out, mut is_good) = (Vec::new(), true);
        let is_read = reading::each(map, &self.files, screen, &mut |name, place, matter| {
            let mut run = Run::new(clock::System.now(), 0);
            let (made, origins) = match map.make_with(matter, &mut run, &settings) {
                Ok(made) => made,
                Err(fault) => {
                    screen.say(format!("{name}#{place}: {fault}"));
                    is_good = false;
                    return Ok(());
                }
            };
            if let (Some(validator), Matter::Fhir(tree, _)) = (&validator, &made) {
                let report = validator.validate(tree);
                is_good &= report.is_valid();
                for issue in report.errors() {
                    screen.say(format!("{name}#{place}: {} {}: {}", issue.code, issue.path, issue.message));
                }
            }
            if self.json {
                let origins = origins.map(|origins| {
                    let one = |origin: &Origin| json!({"element": origin.element, "file": &*origin.file, "line": origin.line, "sources": origin.sources});
                    origins.origins.iter().map(one).collect::<Vec<_>>()
                });
                let object = json!({"schema": "sinew.map-run/1", "file": name, "index": place, "map": &*map.name,
                    "notes": run.notes, "origins": origins, "message": String::from_utf8_lossy(&made.to_bytes())});
                screen.line(object.to_string());
                return Ok(());
            }
            for note in &run.notes {
                screen.say(format!("{name}#{place}: {} {}", note.code, note.message));
            }
            match origins {
                Some(origins) => {
                    origins.origins.iter().for_each(|origin| out.extend_from_slice(line_of(origin).as_bytes()))
                }
                None => self.put(&made, &mut out),
            }
            Ok(())
        })?;
        if !self.json && map.to.format == Format::Hl7v2 && !self.explain {
            mask::put_messages(screen, out, self.reveal, self.output.as_deref())?;
        } else if !self.json {
            put_other(screen, &out, self.reveal || self.explain, self.output.as_deref())?;
        }
        Ok(if is_good && is_read { Exit::Ok } else { Exit::Problems })
    }

    fn put(&self, made: &Matter, out: &mut Vec<u8>) {
        match made {
            Matter::Fhir(tree, _) if !self.jsonl => out.extend_from_slice(&tree.write_pretty()),
            Matter::Fhir(..) | Matter::Other(_) | Matter::V2(_) => out.extend_from_slice(&made.to_bytes()),
        }
        if !out.ends_with(b"\n") && !out.ends_with(b"\r") {
            out.push(b'\n');
        }
    }
}

/// What was written, by which line of the map, from where.
fn line_of(origin: &Origin) -> String {
    let from = if origin.sources.is_empty() { "a text of the map".to_owned() } else { origin.sources.join(", ") };
    format!("{}  {}:{}  {from}\n", origin.element, origin.file, origin.line)
}

/// What is no HL7 v2 has no fields that are known to hold a patient's data: on a terminal all of it waits for `--reveal`.
fn put_other(screen: &Screen, out: &[u8], is_revealed: bool, file: Option<&std::path::Path>) -> Result<()> {
    if let Some(file) = file {
        return std::fs::write(file, out)
            .map_err(|error| Failure::unreachable(format!("{} cannot be written: {error}", file.display())));
    }
    if screen.is_terminal && !is_revealed {
        screen.say(format!("{} bytes were made; --reveal shows them, -o writes them to a file", out.len()));
        return Ok(());
    }
    screen.line(String::from_utf8_lossy(out).trim_end());
    Ok(())
}
