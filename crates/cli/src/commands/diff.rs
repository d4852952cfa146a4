//! `sinew diff`: two messages, field by field.

use crate::{
    differences::{self, Difference},
    messages,
    outcome::{Exit, Failure, Result},
    screen::Screen,
};
use clap::Args;
use hl7v2::Message;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Compare two messages field by field
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew diff sent.hl7 received.hl7
  sinew diff a.hl7 b.hl7 --ignore MSH-7 --ignore MSH-10
  sinew diff a.hl7 b.hl7 --json

Compares the messages of both files in turn. On a terminal, values about the patient are masked: --reveal shows them.
Exit: 0 no difference, 1 differences, 3 a file cannot be opened.")]
pub struct Diff {
    /// The first file
    left: PathBuf,
    /// The second file
    right: PathBuf,
    /// Leave this field out, such as MSH-7
    #[arg(long, value_name = "FIELD")]
    ignore: Vec<String>,
    /// Show patient data on the terminal
    #[arg(long)]
    reveal: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl Diff {
    pub fn run(self, screen: &Screen) -> Result {
        let (left, right) = (read(&self.left)?, read(&self.right)?);
        let mut differences = Vec::new();
        for place in 0..left.len().max(right.len()) {
            let prefix =
                if left.len().max(right.len()) > 1 { format!("message {}: ", place + 1) } else { String::new() };
            match (left.get(place), right.get(place)) {
                (Some(left), Some(right)) => differences.extend(differences::of_messages(left, right, &prefix)),
                (is_left, _) => differences.push(Difference {
                    path: format!("{prefix}whole message"),
                    before: is_left.map(|_| "there".to_owned()),
                    after: if is_left.is_some() { None } else { Some("there".to_owned()) },
                    is_hidden: false,
                }),
            }
        }
        differences.retain(|difference| !self.ignore.iter().any(|ignored| is_at(&difference.path, ignored)));
        self.show(screen, &differences);
        Ok(if differences.is_empty() { Exit::Ok } else { Exit::Problems })
    }

    fn show(&self, screen: &Screen, differences: &[Difference]) {
        if self.json {
            let rows: Vec<_> = differences
                .iter()
                .map(|found| json!({"path": found.path, "before": found.before, "after": found.after}))
                .collect();
            screen.line(json!({"schema": "sinew.diff/1", "differences": rows}).to_string());
            return;
        }
        let is_masked = screen.is_terminal && !self.reveal;
        differences::lines(screen, differences, is_masked).iter().for_each(|line| screen.line(line));
        let count = differences.len();
        screen.say(format!("{count} {}", if count == 1 { "difference" } else { "differences" }));
    }
}

fn read(path: &Path) -> Result<Vec<Message>> {
    let file = messages::read(path)?;
    if file.messages.is_empty() {
        return Err(Failure::new(Exit::Problems, format!("{}: no HL7 v2 message in it", path.display())));
    }
    Ok(file.messages.into_iter().map(|found| Message::parse(found.bytes).0).collect())
}

/// `path` is the field `ignored` or lies in it.
fn is_at(path: &str, ignored: &str) -> bool {
    let bare: String = path.rsplit(": ").next().unwrap_or(path).to_owned();
    let plain: String = strip_numbers(&bare);
    [bare, plain]
        .iter()
        .any(|path| path.strip_prefix(ignored).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '['])))
}

/// `OBX[2]-5[1].1` → `OBX-5.1`.
fn strip_numbers(path: &str) -> String {
    let mut depth = 0;
    path.chars()
        .filter(|c| {
            depth += i32::from(*c == '[');
            let is_outside = depth == 0;
            depth -= i32::from(*c == ']');
            is_outside
        })
        .collect()
}
