//! `sinew map run`: a map over messages: what it makes, where that came from, or the values of each target over all of them.

use super::{standard, values};
use crate::{
    commands::convert::Convert,
    mask, messages,
    outcome::{Exit, Failure, Result},
    screen::Screen,
};
use bytes::Bytes;
use clap::Args;
use formats::Messages;
use hl7v2::Message;
use lang::{Format, Map, Matter, Run};
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

A map is a file, or the name of one of the workspace or the library. --values lists each target with the messages that filled it
and its values by number; targets of the map that no message filled are listed with 0. Values about the patient are masked there,
also in files and pipes: --reveal shows them. Otherwise they are masked on a terminal only.
  --values --json: {\"schema\":\"sinew.map-values/1\",\"map\",\"messages\",\"failed\",\"targets\":[{\"path\",\"filled\",\"distinct\",\"masked\",
  \"values\":[{\"value\",\"count\"}]}]}
  --json of a map to HL7 v2: {\"schema\":\"sinew.map-run/1\",\"file\",\"index\",\"map\",\"notes\",\"message\"}
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
    /// To FHIR: for each element the line of the map that wrote it and the places that it read
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
        let is_other = map.from.format == Format::Other || map.to.format == Format::Other;
        if is_other && (self.values || self.explain || self.jsonl || self.validate || self.zone.is_some()) {
            return Err(Failure::usage(
                "--values, --explain, --jsonl, --validate and --zone are for maps of HL7 v2 and FHIR",
            ));
        }
        if is_other {
            return self.between_formats(map, screen);
        }
        if self.values {
            let look = values::Look { is_revealed: self.reveal, is_json: self.json };
            return values::run(&library, &opened, &self.files, look, screen);
        }
        if map.to.format == Format::FhirR4 {
            let MapRun { map, files, jsonl, explain, validate, zone, json, reveal, output, values: _ } = self;
            return Convert { jsonl, explain, validate, zone, json, reveal, output, ..Convert::by_map(map, files) }
                .run(screen);
        }
        if self.explain || self.jsonl || self.validate || self.zone.is_some() {
            return Err(Failure::usage("--explain, --jsonl, --validate and --zone are for maps to FHIR"));
        }
        self.to_v2(map, screen)
    }

    /// Of or to JSON, XML, rows, X12. A content of rows is cut into messages, as an interface does it.
    fn between_formats(&self, map: &Map, screen: &Screen) -> Result {
        let form = map.from.form();
        let by = if form.format == message::Format::Delimited { Messages::Rows } else { Messages::Whole };
        let (mut out, mut is_good) = (Vec::new(), true);
        for path in messages::expand(&self.files)? {
            let name = path.display().to_string();
            let contents: Vec<Bytes> = if form.format == message::Format::Hl7v2 {
                messages::read(&path)?.messages.into_iter().map(|found| found.bytes).collect()
            } else {
                let bytes = std::fs::read(&path)
                    .map_err(|error| Failure::unreachable(format!("{name} cannot be read: {error}")))?;
                formats::cut(form.format, &bytes.into(), &form.layout, by).into_iter().map(|cut| cut.bytes).collect()
            };
            for (place, bytes) in contents.into_iter().enumerate() {
                let (matter, found) = Matter::read(&form, bytes);
                for finding in found.iter().filter(|_| matter.v2().is_none()) {
                    screen.say(format!("{name}#{}: {} {}", place + 1, finding.code, finding.message));
                }
                let mut run = Run::new(clock::System.now(), 0);
                let made = match map.make(&matter, &mut run) {
                    Ok(made) if !found.iter().any(message::Diagnostic::is_error) || matter.v2().is_some() => {
                        made.to_bytes()
                    }
                    Ok(_) => {
                        is_good = false;
                        continue;
                    }
                    Err(fault) => {
                        screen.say(format!("{name}#{}: {fault}", place + 1));
                        is_good = false;
                        continue;
                    }
                };
                if self.json {
                    let object = json!({"schema": "sinew.map-run/1", "file": name, "index": place + 1, "map": &*map.name,
                        "notes": run.notes, "message": String::from_utf8_lossy(&made)});
                    screen.line(object.to_string());
                    continue;
                }
                for note in &run.notes {
                    screen.say(format!("{name}#{}: {} {}", place + 1, note.code, note.message));
                }
                out.extend_from_slice(&made);
                if !made.ends_with(b"\n") && !made.ends_with(b"\r") {
                    out.push(b'\n');
                }
            }
        }
        if !self.json && map.to.format == Format::Hl7v2 {
            mask::put_messages(screen, out, self.reveal, self.output.as_deref())?;
        } else if !self.json {
            put_other(screen, &out, self.reveal, self.output.as_deref())?;
        }
        Ok(if is_good { Exit::Ok } else { Exit::Problems })
    }

    fn to_v2(&self, map: &Map, screen: &Screen) -> Result {
        let (mut out, mut is_good) = (Vec::new(), true);
        for path in messages::expand(&self.files)? {
            let name = path.display().to_string();
            let file = messages::read(&path)?;
            if file.messages.is_empty() {
                screen.say(format!("{name}: no HL7 v2 message in it"));
                is_good = false;
            }
            for (place, found) in file.messages.iter().enumerate() {
                let (message, _) = Message::parse(found.bytes.clone());
                let mut run = Run::new(clock::System.now(), 0);
                let made = match map.apply(&message, &mut run) {
                    Ok(made) => made.to_bytes(),
                    Err(fault) => {
                        screen.say(format!("{name}#{}: {fault}", place + 1));
                        is_good = false;
                        continue;
                    }
                };
                if self.json {
                    let object = json!({"schema": "sinew.map-run/1", "file": name, "index": place + 1, "map": &*map.name,
                        "notes": run.notes, "message": String::from_utf8_lossy(&made)});
                    screen.line(object.to_string());
                    continue;
                }
                for note in &run.notes {
                    screen.say(format!("{name}#{}: {} {}", place + 1, note.code, note.message));
                }
                out.extend_from_slice(&made);
            }
        }
        if !self.json {
            mask::put_messages(screen, out, self.reveal, self.output.as_deref())?;
        }
        Ok(if is_good { Exit::Ok } else { Exit::Problems })
    }
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
