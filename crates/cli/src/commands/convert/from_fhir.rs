//! `sinew convert --to hl7v2` of bundles: a message a bundle, by a map of the library or of one's own.

use super::Convert;
use crate::{
    commands::map::standard,
    mask,
    outcome::{Exit, Result},
    resources::{self, Found},
    screen::Screen,
};
use fhir::Tree;
use hl7v2::{
    Message, bridge,
    dictionary::Version,
    validate::{Options, Report, validate},
};
use lang::{Map, MapFile, Origins, Run, Standard};
use message::{Clock, Diagnostic, Severity, clock};
use serde_json::json;
use std::{fmt::Write as _, path::PathBuf};

/// What the bundles are converted by.
struct Work<'c> {
    convert: &'c Convert,
    version: Option<Version>,
    standard: Standard,
    own: Option<MapFile>,
}

/// A bundle on the other side.
struct Converted {
    map: String,
    notes: Vec<Diagnostic>,
    origins: Option<Origins>,
    report: Option<Report>,
    message: Message,
}

pub(super) fn run(convert: &Convert, files: &[PathBuf], screen: &Screen) -> Result {
    let version = convert.version.as_deref().map(super::named).transpose()?;
    let standard = standard::with_workspace()?;
    let own = convert.map.as_deref().map(|path| standard::compile(&standard, path, screen)).transpose()?;
    let work = Work { convert, version, standard, own };
    let mut out = Vec::new();
    let mut is_good = true;
    for path in files {
        resources::each(path, |found| {
            is_good &= work.bundle(&found, screen, &mut out);
            Ok(())
        })?;
    }
    match convert.json || convert.explain {
        true => screen.bytes(&out),
        false => mask::put_messages(screen, out, convert.reveal, convert.output.as_deref())?,
    }
    Ok(if is_good { Exit::Ok } else { Exit::Problems })
}

impl Work<'_> {
    /// Converts one bundle and writes what comes of it. False when it cannot be read, has no map, or is not valid.
    fn bundle(&self, found: &Found, screen: &Screen, out: &mut Vec<u8>) -> bool {
        let name = &found.name;
        let tree = match &found.tree {
            Ok(tree) => tree,
            Err(error) => {
                let finding = error.diagnostic();
                screen.say(format!("{name}: {} {}", finding.code, finding.message));
                return false;
            }
        };
        let map = match &self.own {
            Some(file) => file.main(),
            None => self.standard.map_for_bundle(tree).and_then(|(file, _)| file.main()),
        };
        let Some(map) = map else {
            let finding = lang::no_map_for_bundle(tree);
            screen.say(format!("{name}: {} {}; a map of your own is named with --map", finding.code, finding.message));
            return false;
        };
        match self.convert(map, tree) {
            Ok(converted) => {
                self.tell(name, &converted, screen);
                self.put(found, &converted, out);
                converted.report.as_ref().is_none_or(Report::is_valid)
            }
            Err(fault) => {
                screen.say(format!("{name}: {fault}"));
                false
            }
        }
    }

    fn convert(&self, map: &Map, tree: &Tree) -> std::result::Result<Converted, lang::Fault> {
        // `now` in a map is the time of acceptance; offline nobody accepts, and it is the time of the call.
        let mut run = Run::new(clock::System.now(), 0);
        let (mut message, origins) = map.produce(tree, &mut run, self.convert.explain)?;
        let mut notes = run.notes;
        if let (Some(to), Some(from)) = (self.version, Version::of(&message)) {
            let loss = match self.convert.loss {
                super::Loss::Keep => bridge::Loss::Keep,
                super::Loss::Note | super::Loss::Park => bridge::Loss::Remove,
            };
            notes.extend(bridge::bridge(&mut message, from, to, loss).found);
        }
        let report = self.convert.validate.then(|| validate(&message, &[], Options::default()));
        Ok(Converted { map: map.name.to_string(), notes, origins, report, message })
    }

    fn tell(&self, name: &str, converted: &Converted, screen: &Screen) {
        if self.convert.json {
            return;
        }
        for note in &converted.notes {
            let place = self.standard.place_of(note).map_or_else(String::new, |place| format!("{place}: "));
            screen.say(format!("{name}: {} {place}{}", note.code, note.message));
        }
        for issue in converted.report.iter().flat_map(|report| &report.issues) {
            let kind = match issue.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => continue,
            };
            screen.say(format!("{name}: {kind} {} {}: {}", issue.code, issue.path, issue.message));
        }
    }

    fn put(&self, found: &Found, converted: &Converted, out: &mut Vec<u8>) {
        let bytes = converted.message.write();
        if self.convert.json {
            let issues = converted.report.as_ref().map(|report| {
                let one = |issue: &hl7v2::validate::Issue| json!({"code": issue.code, "severity": issue.severity, "path": issue.path, "message": issue.message});
                report.issues.iter().map(one).collect::<Vec<_>>()
            });
            let origins = converted.origins.as_ref().map(|origins| {
                let one = |origin: &lang::Origin| json!({"place": origin.element, "file": &*origin.file, "line": origin.line, "sources": origin.sources});
                origins.origins.iter().map(one).collect::<Vec<_>>()
            });
            let file = found.name.rsplit_once('#').map_or(&*found.name, |(file, _)| file);
            let object = json!({
                "schema": "sinew.convert-hl7v2/1", "file": file, "index": found.index, "map": converted.map,
                "notes": converted.notes, "issues": issues, "origins": origins,
                "message": String::from_utf8_lossy(&bytes),
            });
            out.extend_from_slice(object.to_string().as_bytes());
            out.push(b'\n');
            return;
        }
        let Some(origins) = &converted.origins else { return out.extend_from_slice(&bytes) };
        let mut text = String::new();
        for origin in &origins.origins {
            let from =
                if origin.sources.is_empty() { "a text of the map".to_owned() } else { origin.sources.join(", ") };
            let _ = writeln!(text, "{}  {}:{}  {from}", origin.element, origin.file, origin.line);
        }
        out.extend_from_slice(text.as_bytes());
    }
}
