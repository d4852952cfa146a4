//! `sinew set`: changes one value and nothing else.

use super::get::parse_path;
use crate::{
    desk, messages,
    outcome::{Exit, Failure, Result},
    screen::Screen,
};
use clap::Args;
use hl7v2::{Message, Value};
use std::path::PathBuf;

/// Change one value of a message; all other bytes stay as they are
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew set a01.hl7 PV1-3.1 4WEST > changed.hl7
  sinew set a01.hl7 'PID-3[.5=MR].1' 482113 -o a01.hl7
  sinew set a01.hl7 PID-8 --null          the \"\" that means: delete it
  sinew set a01.hl7 PID-19 --empty        nothing between the separators
  sinew set order.json patient.mrn 4711   JSON, XML, rows and X12 too

Delimiters in VALUE are escaped. A file with several messages is changed in each of them.
Exit: 0, 1 there is nothing to change, 2 the path is wrong, 3 a file cannot be opened.")]
pub struct Set {
    /// A file, or - for standard input
    file: PathBuf,
    /// Where: PID-5.1, PID-3[2].4, OBX[3]-5
    path: String,
    /// The new value
    #[arg(required_unless_present_any = ["null", "empty"], conflicts_with_all = ["null", "empty"])]
    value: Option<String>,
    /// Write the HL7 null, two quotation marks
    #[arg(long, conflicts_with = "empty")]
    null: bool,
    /// Leave nothing
    #[arg(long)]
    empty: bool,
    /// What the file is: json, xml, csv, tsv, x12, or a description in shared/formats; without it, as its name ends
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// Take VALUE as ER7: its separators and escapes count
    #[arg(long)]
    raw: bool,
    /// Show patient data on the terminal
    #[arg(long)]
    reveal: bool,
    /// Write here instead of to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Set {
    pub fn run(self, screen: &Screen) -> Result {
        if let Some(document) = desk::open(&self.file, self.format.as_deref())? {
            let out = desk::set(&document, &self.path, self.value.as_deref().unwrap_or_default())?;
            return self.write_other(screen, &out);
        }
        let path = parse_path(&self.path)?;
        let text = self.value.clone().unwrap_or_default();
        let value = match () {
            () if self.null => Value::Null,
            () if self.empty => Value::Empty,
            () if self.raw => Value::Raw(text.as_bytes()),
            () => Value::Text(&text),
        };
        let file = messages::read(&self.file)?;
        if file.messages.is_empty() {
            return Err(Failure::new(Exit::Problems, "no HL7 v2 message in it"));
        }
        let mut out = Vec::with_capacity(file.bytes.len() + 64);
        let mut end = 0;
        for found in &file.messages {
            let (mut message, _) = Message::parse(found.bytes.clone());
            message.set(&path, value).map_err(|error| {
                let diagnostic = error.diagnostic();
                let failure = Failure::new(Exit::Problems, diagnostic.message).code(diagnostic.code);
                match diagnostic.hint {
                    Some(hint) => failure.hint(hint),
                    None => failure,
                }
            })?;
            out.extend_from_slice(file.bytes.get(end..found.range.start).unwrap_or_default());
            out.extend_from_slice(&message.write());
            end = found.range.end;
        }
        out.extend_from_slice(file.bytes.get(end..).unwrap_or_default());
        match &self.output {
            None if screen.is_terminal && !self.reveal => {
                for found in messages::split(out.into()).messages {
                    super::show::print(
                        screen,
                        &found.bytes,
                        super::show::Look { is_masked: true, is_plain: true, documented: &[] },
                        None,
                    );
                }
                screen.say("masked; -o FILE writes the message, --reveal shows it");
            }
            None => screen.message(&out),
            Some(path) => std::fs::write(path, &out)
                .map_err(|error| Failure::unreachable(format!("{}: {error}", path.display())))?,
        }
        Ok(Exit::Ok)
    }

    /// A file of another format, changed.
    fn write_other(&self, screen: &Screen, out: &[u8]) -> Result {
        match &self.output {
            None if screen.is_terminal && !self.reveal => {
                let hint = "-o FILE writes it, --reveal shows it";
                return Err(Failure::usage("a changed file may show patient data on the terminal").hint(hint));
            }
            None => screen.bytes(out),
            Some(path) => std::fs::write(path, out)
                .map_err(|error| Failure::unreachable(format!("{}: {error}", path.display())))?,
        }
        Ok(Exit::Ok)
    }
}
