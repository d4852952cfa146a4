//! `sinew parse`: reads files of messages, of HL7 v2 and of other formats, and says what is in them and what is odd.

use crate::{
    desk,
    messages::{self, Found},
    outcome::{Exit, Result},
    screen::Screen,
};
use clap::Args;
use hl7v2::{Enclosed, Facts, Message, codes, continuation::Part};
use message::{Diagnostic, Severity};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Read messages and list what is in them, and what is odd
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew parse samples/*.hl7
  sinew parse feed.hl7 --json | jq 'select(.diagnostics != [])'
  cat feed.hl7 | sinew parse -
  sinew parse orders.json lab.xml census.csv
  sinew parse lab.txt --format lab-csv    as shared/formats describes it

Reads any delimiters, CR, LF and CRLF segment ends, batches, MLLP framing, byte order marks and the character sets of
MSH-18. --json prints one object a message; index counts from 1:
  {\"file\",\"index\",\"type\",\"version\",\"control_id\",\"segments\",\"round_trip\",
   \"batch\":{\"number\",\"control_id\",\"messages\",\"stated\",\"whole\"} or null,
   \"diagnostics\":[{\"code\",\"severity\",\"path\",\"message\"}]}
JSON, XML, rows of columns and X12, by the end of the file's name or --format:
  {\"file\",\"index\",\"format\",\"values\",\"bytes\",\"whole\",\"diagnostics\"}
Exit: 0 everything could be read, 1 something could not, 3 a file cannot be opened.")]
pub struct Parse {
    /// Files, folders, or - for standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// What the files are: json, xml, csv, tsv, x12, or a description in shared/formats; without it, as their names end
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// A JSON object a message
    #[arg(long)]
    json: bool,
}

impl Parse {
    pub fn run(self, screen: &Screen) -> Result {
        let (mut is_good, mut unopened) = (true, None);
        for file in messages::expand(&self.files)? {
            match self.parse(screen, &file) {
                Ok(is_readable) => is_good &= is_readable,
                Err(failure) => {
                    // The other files are read all the same; the last failure is told at the end.
                    if let Some(before) = unopened.replace(failure) {
                        screen.fail(&before);
                    }
                }
            }
        }
        match unopened {
            Some(failure) => Err(failure),
            None => Ok(if is_good { Exit::Ok } else { Exit::Problems }),
        }
    }

    fn parse(&self, screen: &Screen, path: &Path) -> Result<bool> {
        let name = path.display().to_string();
        if let Some(document) = desk::read(path, self.format.as_deref())? {
            return Ok(desk::parse(screen, &name, &document, self.json));
        }
        let file = messages::read(path)?;
        for diagnostic in &file.diagnostics {
            screen.say(format!("{name}: {} {}: {}", diagnostic.code, level(diagnostic.severity), diagnostic.message));
        }
        if file.messages.is_empty() {
            screen.say(format!("{name}: no HL7 v2 message in it"));
        }
        for (number, batch) in file.batches.iter().enumerate() {
            screen.say(format!("{name}: batch {}: {}", number + 1, counted(batch)));
        }
        let mut is_good = !file.messages.is_empty();
        for (place, found) in file.messages.iter().enumerate() {
            let batch = file.batches.iter().position(|batch| batch.messages.contains(&place));
            is_good &= self.show(screen, &name, place + 1, found, batch.map(|at| (at + 1, &file.batches[at])));
        }
        Ok(is_good)
    }

    fn show(
        &self,
        screen: &Screen,
        file: &str,
        index: usize,
        found: &Found,
        batch: Option<(usize, &Enclosed)>,
    ) -> bool {
        let (message, mut diagnostics) = Message::parse(found.bytes.clone());
        diagnostics.extend(part(&message));
        let facts = Facts::of(&message);
        let round_trip = message.write()[..] == found.bytes[..];
        let is_readable = round_trip && diagnostics.iter().all(|diagnostic| !diagnostic.is_error());
        if self.json {
            screen.line(
                json!({"file": file, "index": index, "type": kind(&message), "version": facts.version,
                    "control_id": facts.control_id, "segments": message.segment_count(), "round_trip": round_trip,
                    "batch": batch.map(|(number, batch)| as_json(number, batch)), "diagnostics": diagnostics})
                .to_string(),
            );
            return is_readable;
        }
        screen.line(format!(
            "{} {file}#{index}  {:<18} {:<6} {:<20} {:>4} segments  {:>7} bytes",
            screen.mark(is_readable),
            kind(&message),
            facts.version,
            facts.control_id,
            message.segment_count(),
            found.bytes.len()
        ));
        for diagnostic in &diagnostics {
            let place = match diagnostic.path() {
                "" => String::new(),
                path => format!(" {path}:"),
            };
            screen.line(format!(
                "    {} {}:{place} {}",
                diagnostic.code,
                level(diagnostic.severity),
                diagnostic.message
            ));
        }
        is_readable
    }
}

/// How many messages a batch has, and how many it says it has.
fn counted(batch: &Enclosed) -> String {
    let stated = match (batch.has_trailer, batch.stated) {
        (false, _) => "it has no BTS, so it may be cut off".to_owned(),
        (true, None) => "BTS-1 states no count".to_owned(),
        (true, Some(stated)) if stated == batch.messages.len() => "as BTS-1 states".to_owned(),
        (true, Some(stated)) => format!("BTS-1 states {stated}"),
    };
    format!("{} messages, {stated}", batch.messages.len())
}

fn as_json(number: usize, batch: &Enclosed) -> serde_json::Value {
    json!({"number": number, "control_id": batch.control_id(), "messages": batch.messages.len(), "stated": batch.stated,
        "whole": batch.is_whole()})
}

/// What is to be said of a message that is a part of a longer one.
fn part(message: &Message) -> Option<Diagnostic> {
    let part = Part::of(message)?;
    let what = match (part.comes_from.is_some(), part.goes_on_at.is_some()) {
        (false, _) => "the first part of a message that goes on in another one",
        (true, true) => "a part of a message, neither the first nor the last",
        (true, false) => "the last part of a message that begins in another one",
    };
    Some(Diagnostic::note(codes::E1181, what).at_path(if part.comes_from.is_some() { "MSH-14" } else { "DSC-1" }, None))
}

/// MSH-9 with `^` between its components, whatever the message's own separator.
fn kind(message: &Message) -> String {
    let field = message.header().and_then(|header| header.field(9)).and_then(|field| field.repetition(1));
    field
        .map(|field| field.parts().map(|part| part.text().into_owned()).collect::<Vec<_>>().join("^"))
        .unwrap_or_default()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}
