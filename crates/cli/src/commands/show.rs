//! `sinew show`: a message as a person reads it, a value a line.

use crate::{
    mask, messages,
    outcome::{Exit, Failure, Result},
    screen::{Screen, plain},
};
use clap::Args;
use hl7v2::{Element, Message, State};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Show a message field by field
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew show a01.hl7
  sinew show a01.hl7 PID               only PID segments
  sinew show a01.hl7 --json | jq '.segments[0]'

On a terminal, values about the patient are masked: --reveal shows them. Files and pipes are not masked.
Exit: 0, 1 nothing to show, 3 the file cannot be opened.")]
pub struct Show {
    /// A file, or - for standard input
    file: PathBuf,
    /// Only this segment, such as PID
    segment: Option<String>,
    /// Show patient data on the terminal
    #[arg(long)]
    reveal: bool,
    /// A JSON object a message
    #[arg(long)]
    json: bool,
}

impl Show {
    pub fn run(self, screen: &Screen) -> Result {
        let file = messages::read(&self.file)?;
        if file.messages.is_empty() {
            return Err(Failure::new(Exit::Problems, format!("{}: no HL7 v2 message in it", self.file.display())));
        }
        let mut is_shown = false;
        for (place, found) in file.messages.iter().enumerate() {
            if self.json {
                screen.line(as_json(&found.bytes, self.segment.as_deref()).to_string());
                is_shown = true;
                continue;
            }
            if file.messages.len() > 1 {
                screen.line(screen.paint("1", &format!("message {}", place + 1)));
            }
            is_shown |= print(screen, &found.bytes, screen.is_terminal && !self.reveal, self.segment.as_deref());
        }
        Ok(if is_shown { Exit::Ok } else { Exit::Problems })
    }
}

/// One value of a message with its place.
struct Line {
    path: String,
    text: String,
    is_top: bool,
}

/// Prints a message; `false` when the wanted segment is not in it.
pub fn print(screen: &Screen, bytes: &[u8], is_masked: bool, wanted: Option<&str>) -> bool {
    let (message, _) = Message::parse_slice(bytes);
    let mut is_shown = false;
    for (label, segment) in labelled(&message, wanted) {
        is_shown = true;
        screen.line(screen.paint("1;36", &label));
        for number in 1..=u16::try_from(segment.field_count()).unwrap_or(u16::MAX) {
            let is_hidden = is_masked && mask::is_hidden(segment.id(), number);
            for line in lines(&segment, number, &label) {
                let text = match (is_hidden, line.is_top) {
                    (false, _) => line.text,
                    (true, true) => format!("{}  masked, --reveal", mask::masked(&line.text)),
                    (true, false) => mask::masked(&line.text),
                };
                let path = if line.is_top {
                    screen.paint("1", &format!("{:<14}", line.path))
                } else {
                    format!("  {:<12}", line.path)
                };
                screen.line(format!("  {path} {text}"));
            }
        }
    }
    is_shown
}

/// Segments with the label that a path would use: `OBX[3]` where there are several.
fn labelled<'m>(message: &'m Message, wanted: Option<&str>) -> Vec<(String, Element<'m>)> {
    let count = |id: &str| message.segments().filter(|segment| segment.id() == id).count();
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    let mut out = Vec::new();
    for segment in message.segments() {
        let number = seen.entry(segment.id().to_owned()).or_default();
        *number += 1;
        if wanted.is_some_and(|wanted| !wanted.eq_ignore_ascii_case(segment.id())) {
            continue;
        }
        let label =
            if count(segment.id()) > 1 { format!("{}[{number}]", segment.id()) } else { segment.id().to_owned() };
        out.push((label, segment));
    }
    out
}

/// The lines of one field: its repetitions, and their components where there is more than one.
fn lines(segment: &Element<'_>, number: u16, label: &str) -> Vec<Line> {
    let mut out = Vec::new();
    let Some(field) = segment.field(number).filter(|field| field.state() != State::Empty) else { return out };
    let is_header = matches!(segment.id(), "MSH" | "FHS" | "BHS") && number <= 2;
    if is_header {
        let text = String::from_utf8_lossy(field.raw()).into_owned();
        return vec![Line { path: format!("{label}-{number}"), text, is_top: true }];
    }
    let repetitions: Vec<Element<'_>> = field.parts().collect();
    for (place, repetition) in repetitions.iter().enumerate() {
        let path = if repetitions.len() > 1 {
            format!("{label}-{number}[{}]", place + 1)
        } else {
            format!("{label}-{number}")
        };
        let components: Vec<Element<'_>> = repetition.parts().collect();
        if components.len() <= 1 {
            out.push(Line { path, text: shown(repetition), is_top: true });
            continue;
        }
        out.push(Line { path, text: shown(repetition), is_top: true });
        for (place, component) in components.iter().enumerate().filter(|(_, part)| part.state() != State::Empty) {
            out.push(Line { path: format!(".{}", place + 1), text: shown(component), is_top: false });
        }
    }
    out
}

fn shown(element: &Element<'_>) -> String {
    match element.state() {
        State::Null => "\"\"  (null: delete)".to_owned(),
        State::Empty | State::Value => {
            let text = element.text();
            let is_long = text.chars().count() > 200;
            let head = plain(&text.chars().take(200).collect::<String>());
            if is_long { format!("{head}…  ({} characters)", text.chars().count()) } else { head }
        }
    }
}

fn as_json(bytes: &[u8], wanted: Option<&str>) -> Value {
    let (message, _) = Message::parse_slice(bytes);
    let segments: Vec<Value> = labelled(&message, wanted)
        .into_iter()
        .map(|(label, segment)| {
            let mut fields = serde_json::Map::new();
            for number in 1..=u16::try_from(segment.field_count()).unwrap_or(u16::MAX) {
                for line in lines(&segment, number, segment.id()).into_iter().filter(|line| line.is_top) {
                    fields.insert(line.path, Value::String(line.text));
                }
            }
            json!({"segment": label, "fields": fields})
        })
        .collect();
    json!({"schema": "sinew.show/1", "segments": segments})
}
