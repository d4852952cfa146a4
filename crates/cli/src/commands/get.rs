//! `sinew get`: the values at a path, one a line.

use crate::{
    desk, mask, messages,
    outcome::{Exit, Failure, Result},
    screen::{Screen, plain},
};
use clap::Args;
use hl7v2::{Message, Path};
use std::path::PathBuf;

/// Print the values at a path, one a line
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew get a01.hl7 PID-5.1               the family name
  sinew get a01.hl7 'PID-3[*].1'          every patient id
  sinew get a01.hl7 'PID-3[.5=MR].1'      the one of type MR
  sinew get feed.hl7 MSH-10               the control id of each message
  sinew get oru.hl7 'OBX[*]-5' --raw      escapes left as they are
  sinew get oru.hl7 'ORDER_OBSERVATION[2].OBX-5'   the results of the second order
  sinew get order.json 'items[*].code'    JSON, XML, rows and X12 by their own paths
  sinew get lab.csv row[2].mrn

A repeating path prints every value, one a line; a line break inside a value is written \\n. On a terminal, values about the patient are masked: --reveal shows them.
Exit: 0, 1 nothing is there, 2 the path is wrong, 3 the file cannot be opened.")]
pub struct Get {
    /// A file, or - for standard input
    file: PathBuf,
    /// Where: PID-5.1, PID-3[2].4.1, OBX[*]-5, PID-3[.5=MR].1
    path: String,
    /// The bytes as they are, escapes and separators included
    #[arg(long)]
    raw: bool,
    /// What the file is: json, xml, csv, tsv, x12, or a description in shared/formats; without it, as its name ends
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// Show patient data on the terminal
    #[arg(long)]
    reveal: bool,
}

impl Get {
    pub fn run(self, screen: &Screen) -> Result {
        if let Some(document) = desk::open(&self.file, self.format.as_deref())? {
            return desk::get(screen, &document, &self.path, screen.is_terminal && !self.reveal);
        }
        let path = parse_path(&self.path)?;
        let is_masked = screen.is_terminal && !self.reveal;
        let field = path.member.field.as_ref().map_or(u16::MAX, |(field, _)| *field);
        let is_hidden = mask::is_hidden(path.segment_name(), field);
        let mut is_found = false;
        let file = messages::read(&self.file)?;
        if file.messages.is_empty() {
            return Err(Failure::new(Exit::Problems, format!("{}: no HL7 v2 message in it", self.file.display())));
        }
        for found in file.messages {
            let (message, _) = Message::parse(found.bytes);
            for element in message.every(&path) {
                is_found = true;
                match (screen.is_terminal, self.raw) {
                    (true, _) if is_masked && is_hidden => screen.line(plain(&mask::masked(&element.text()))),
                    (true, true) => screen.line(plain(&String::from_utf8_lossy(element.raw()))),
                    (true, false) => screen.line(plain(&one_line(&element.text()))),
                    (false, true) => screen.bytes(&[element.raw(), b"\n"].concat()),
                    (false, false) => screen.line(one_line(&element.text())),
                }
            }
        }
        Ok(if is_found { Exit::Ok } else { Exit::Problems })
    }
}

/// One value stays one line: line breaks inside it (`\\.br\\`) are written `\\n` and `\\r`.
fn one_line(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains(['\n', '\r']) {
        return text.into();
    }
    text.replace('\r', "\\r").replace('\n', "\\n").into()
}

/// A path from the command line.
pub fn parse_path(text: &str) -> Result<Path> {
    let path = Path::parse(text).map_err(|error| {
        let diagnostic = error.diagnostic();
        let failure = Failure::usage(format!("`{text}`: {}", diagnostic.message)).code(diagnostic.code);
        match diagnostic.hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })?;
    path.check_evaluable()
        .map_err(|error| Failure::usage(format!("`{text}`: {}", error.diagnostic().message)).code(error.code()))?;
    Ok(path)
}
