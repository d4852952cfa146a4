//! `sinew parse`: reads files of messages and says what is in them and what is odd.

use crate::{
    messages::{self, Found},
    outcome::{Exit, Result},
    screen::Screen,
};
use clap::Args;
use hl7v2::{Facts, Message};
use message::Severity;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Read HL7 v2 messages and list what is in them, and what is odd
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew parse samples/*.hl7
  sinew parse feed.hl7 --json | jq 'select(.diagnostics != [])'
  cat feed.hl7 | sinew parse -

Reads any delimiters, CR, LF and CRLF segment ends, batches, MLLP framing, byte order marks and the character sets of
MSH-18. --json prints one object a message; index counts from 1:
  {\"file\",\"index\",\"type\",\"version\",\"control_id\",\"segments\",\"round_trip\",
   \"diagnostics\":[{\"code\",\"severity\",\"path\",\"message\"}]}
Exit: 0 everything could be read, 1 something could not, 3 a file cannot be opened.")]
pub struct Parse {
    /// Files, folders, or - for standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
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
        let file = messages::read(path)?;
        let name = path.display().to_string();
        for diagnostic in &file.diagnostics {
            screen.say(format!("{name}: {} {}: {}", diagnostic.code, level(diagnostic.severity), diagnostic.message));
        }
        if file.messages.is_empty() {
            screen.say(format!("{name}: no HL7 v2 message in it"));
        }
        let mut is_good = !file.messages.is_empty();
        for (place, found) in file.messages.iter().enumerate() {
            is_good &= self.show(screen, &name, place + 1, found);
        }
        Ok(is_good)
    }

    fn show(&self, screen: &Screen, file: &str, index: usize, found: &Found) -> bool {
        let (message, diagnostics) = Message::parse(found.bytes.clone());
        let facts = Facts::of(&message);
        let round_trip = message.write()[..] == found.bytes[..];
        let is_readable = round_trip && diagnostics.iter().all(|diagnostic| !diagnostic.is_error());
        if self.json {
            screen.line(
                json!({"file": file, "index": index, "type": kind(&message), "version": facts.version,
                    "control_id": facts.control_id, "segments": message.segment_count(), "round_trip": round_trip,
                    "diagnostics": diagnostics})
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
