//! `sinew xml`: messages as XML, and XML as messages.

use crate::{
    messages,
    outcome::{Exit, Failure, Result},
    screen::Screen,
};
use clap::Args;
use hl7v2::{Message, v2xml};
use std::path::PathBuf;

/// Turn a message into XML (v2.xml), or XML into a message
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew xml oru.hl7                       groups, types and escapes as the XML encoding rules say
  sinew xml oru.xml > oru.hl7             and back
  sinew xml oru.hl7 | xmllint --noout -

What begins with < is read as XML, everything else as messages. Of several messages each becomes a document. Document type
definitions are refused. Files, pipes and terminals get the values unmasked: the output is for programs.
Exit: 0, 1 not a message or not XML, 3 the file cannot be opened.")]
pub struct Xml {
    /// A file, or - for standard input
    file: PathBuf,
}

impl Xml {
    pub fn run(self, screen: &Screen) -> Result {
        let file = messages::read(&self.file)?;
        let name = self.file.display().to_string();
        // A byte order mark, white space, then markup: UTF-16 has zeros between.
        let first = file
            .bytes
            .iter()
            .find(|byte| !matches!(byte, 0 | 0xEF | 0xBB | 0xBF | 0xFE | 0xFF | b' ' | b'\t' | b'\r' | b'\n'));
        if first == Some(&b'<') {
            let bytes = v2xml::read(&file.bytes).map_err(|refused| {
                let diagnostic = refused.diagnostic(&name);
                Failure::new(Exit::Problems, diagnostic.message).code(diagnostic.code)
            })?;
            screen.message(&bytes);
            return Ok(Exit::Ok);
        }
        if file.messages.is_empty() {
            return Err(Failure::new(Exit::Problems, format!("{name}: no HL7 v2 message in it")));
        }
        for found in &file.messages {
            let document = v2xml::write(&Message::parse(found.bytes.clone()).0);
            screen.bytes(document.as_bytes());
        }
        Ok(Exit::Ok)
    }
}
