//! `sinew convert --to fhir-r4`: a bundle a message, by a map of the library or of one's own.

use super::Convert;
use crate::{
    commands::map::standard,
    mask,
    messages::{self, Found},
    outcome::{Exit, Failure, Result},
    screen::Screen,
};
use fhir::{Tree, validate::Report, validate::Validator};
use hl7v2::Message;
use lang::{BundleType, Map, MapFile, Origins, Run, Settings, Standard};
use message::{Clock, Diagnostic, Severity, clock};
use serde_json::json;
use std::{
    fmt::Write as _,
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
};

/// What the messages are converted by.
struct Work<'c> {
    convert: &'c Convert,
    standard: Standard,
    own: Option<MapFile>,
    settings: Settings,
    validator: Validator,
}

/// A message on the other side.
struct Converted {
    map: String,
    notes: Vec<Diagnostic>,
    origins: Option<Origins>,
    report: Option<Report>,
}

pub(super) fn run(convert: &Convert, screen: &Screen) -> Result {
    let standard = standard::with_workspace()?;
    let own = convert.map.as_deref().map(|path| standard::compile(&standard, path, screen)).transpose()?;
    let settings = settings(convert)?;
    let work = Work { convert, standard, own, settings, validator: Validator::default() };
    let mut file_out = convert.output.as_deref().map(create).transpose()?;
    let (mut out, mut tree) = (Vec::new(), Tree::new());
    let mut is_good = true;
    for path in messages::expand(&convert.files)? {
        let file = messages::read(&path)?;
        let name = path.display().to_string();
        if file.messages.is_empty() {
            screen.say(format!("{name}: no HL7 v2 message in it"));
            is_good = false;
        }
        for (place, found) in file.messages.iter().enumerate() {
            is_good &= work.message(&format!("{name}#{}", place + 1), found, &mut tree, screen, &mut out)?;
            // Written as they come: a feed of a year does not stand in memory.
            match (&mut file_out, &convert.output) {
                (Some(file), Some(path)) => file.write_all(&out).map_err(|error| unwritten(path, &error))?,
                (Some(_), None) | (None, _) => screen.bytes(&out),
            }
            out.clear();
        }
    }
    if let (Some(file), Some(path)) = (&mut file_out, &convert.output) {
        file.flush().map_err(|error| unwritten(path, &error))?;
    }
    Ok(if is_good { Exit::Ok } else { Exit::Problems })
}

fn create(path: &Path) -> Result<BufWriter<File>> {
    File::create(path).map(BufWriter::new).map_err(|error| unwritten(path, &error))
}

fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    Failure::unreachable(format!("{} cannot be written: {error}", path.display()))
}

fn settings(convert: &Convert) -> Result<Settings> {
    let bundle = match convert.bundle.as_deref() {
        None => None,
        Some(name) => match BundleType::ALL.iter().find(|(known, _)| *known == name) {
            Some((_, kind)) => Some(*kind),
            None => {
                let known: Vec<&str> = BundleType::ALL.iter().map(|(known, _)| *known).collect();
                return Err(Failure::usage(format!("`{name}` is no type of bundle"))
                    .hint(format!("types are {}", known.join(", "))));
            }
        },
    };
    let zone = convert.zone.as_deref().map(|name| {
        lang::zone(name).ok_or_else(|| {
            Failure::usage(format!("there is no time zone `{name}`")).hint("write it like Europe/Berlin")
        })
    });
    Ok(Settings { bundle, zone: zone.transpose()?, explain: convert.explain })
}

impl Work<'_> {
    /// Converts one message and writes what comes of it. False when there was no map, a fault, or an error of validation.
    fn message(&self, name: &str, found: &Found, tree: &mut Tree, screen: &Screen, out: &mut Vec<u8>) -> Result<bool> {
        let (message, _) = Message::parse(found.bytes.clone());
        let map = match &self.own {
            Some(file) => file.main(),
            None => self.standard.map_for(&message).and_then(|(file, _)| file.main()),
        };
        let Some(map) = map else {
            let finding = lang::no_map(&message);
            screen.say(format!("{name}: {} {}; a map of your own is named with --map", finding.code, finding.message));
            return Ok(false);
        };
        match self.convert(map, &message, tree) {
            Ok(converted) => {
                self.tell(name, &converted, screen);
                let is_data = !self.convert.json && !self.convert.jsonl && !self.convert.explain;
                if is_data && screen.is_terminal && !self.convert.reveal && self.convert.output.is_none() {
                    self.put(name, &converted, &mask::masked_resource(tree), out);
                } else {
                    self.put(name, &converted, tree, out);
                }
                let is_valid = converted.report.as_ref().is_none_or(Report::is_valid);
                Ok(is_valid)
            }
            Err(fault) => {
                screen.say(format!("{name}: {fault}"));
                Ok(false)
            }
        }
    }

    fn convert(&self, map: &Map, message: &Message, tree: &mut Tree) -> std::result::Result<Converted, lang::Fault> {
        // `now` in a map is the time of acceptance; offline nobody accepts, and it is the time of the call.
        let mut run = Run::new(clock::System.now(), 0);
        let origins = map.convert(message, tree, &mut run, &self.settings)?;
        let report = self.convert.validate.then(|| self.validator.validate(tree));
        Ok(Converted { map: map.name.to_string(), notes: run.notes, origins, report })
    }

    fn tell(&self, name: &str, converted: &Converted, screen: &Screen) {
        if self.convert.json {
            return;
        }
        for note in &converted.notes {
            screen.say(format!(
                "{name}: {} {}",
                note.code,
                self.standard
                    .place_of(note)
                    .map_or_else(|| note.message.clone(), |place| format!("{place}: {}", note.message))
            ));
        }
        let Some(report) = &converted.report else { return };
        for issue in &report.issues {
            let kind = match issue.severity {
                Severity::Error => "error",
                // Made resources have no narrative, and all of them would say so.
                Severity::Warning if issue.code != "dom-6" => "warning",
                Severity::Warning | Severity::Note => continue,
            };
            screen.say(format!("{name}: {kind} {} {}: {}", issue.code, issue.path, issue.message));
        }
    }

    fn put(&self, name: &str, converted: &Converted, tree: &Tree, out: &mut Vec<u8>) {
        if self.convert.json {
            let (file, index) = name.rsplit_once('#').unwrap_or((name, "1"));
            let issues = converted.report.as_ref().map(|report| {
                let one = |issue: &fhir::validate::Issue| json!({"code": issue.code, "severity": issue.severity, "path": issue.path, "message": issue.message});
                report.issues.iter().map(one).collect::<Vec<_>>()
            });
            let origins = converted.origins.as_ref().map(|origins| {
                let one = |origin: &lang::Origin| json!({"element": origin.element, "file": &*origin.file, "line": origin.line, "sources": origin.sources});
                origins.origins.iter().map(one).collect::<Vec<_>>()
            });
            let object = json!({
                "schema": "sinew.convert-fhir/1", "file": file, "index": index.parse::<usize>().unwrap_or(1), "map": converted.map,
                "notes": converted.notes, "issues": issues, "origins": origins,
            });
            // The bundle goes in as it is: numbers keep their digits.
            let text = object.to_string();
            out.extend_from_slice(text.trim_end_matches('}').as_bytes());
            out.extend_from_slice(b",\"bundle\":");
            out.extend_from_slice(&tree.write());
            out.extend_from_slice(b"}\n");
            return;
        }
        if let Some(origins) = &converted.origins {
            let mut text = String::new();
            for origin in &origins.origins {
                let from =
                    if origin.sources.is_empty() { "a text of the map".to_owned() } else { origin.sources.join(", ") };
                let _ = writeln!(text, "{}  {}:{}  {from}", origin.element, origin.file, origin.line);
            }
            out.extend_from_slice(text.as_bytes());
            return;
        }
        if self.convert.jsonl {
            out.extend_from_slice(&tree.write());
        } else {
            out.extend_from_slice(&tree.write_pretty());
        }
        out.push(b'\n');
    }
}
