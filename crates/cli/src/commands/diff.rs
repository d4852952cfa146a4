//! `sinew diff`: two messages, field by field.

use crate::{
    mask, messages,
    outcome::{Exit, Failure, Result},
    screen::{Screen, plain},
};
use clap::Args;
use hl7v2::{Element, Message};
use serde_json::json;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

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

/// One difference.
struct Difference {
    path: String,
    before: Option<String>,
    after: Option<String>,
    is_hidden: bool,
}

impl Diff {
    pub fn run(self, screen: &Screen) -> Result {
        let (left, right) = (read(&self.left)?, read(&self.right)?);
        let mut differences = Vec::new();
        for place in 0..left.len().max(right.len()) {
            let prefix =
                if left.len().max(right.len()) > 1 { format!("message {}: ", place + 1) } else { String::new() };
            match (left.get(place), right.get(place)) {
                (Some(left), Some(right)) => differences.extend(compare(left, right, &prefix)),
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
        let width = differences.iter().map(|found| found.path.chars().count()).max().unwrap_or(0);
        for found in differences {
            let shown = |text: &String| match (screen.is_terminal, is_masked && found.is_hidden) {
                (true, true) => plain(&mask::masked(text)),
                (true, false) => plain(text),
                (false, _) => text.clone(),
            };
            let what = match (found.before.as_ref().map(shown), found.after.as_ref().map(shown)) {
                (Some(before), Some(after)) => {
                    format!("{before} {} {after}", if screen.is_unicode { "→" } else { "->" })
                }
                (Some(before), None) => screen.paint("31", &format!("- {before}")),
                (None, Some(after)) => screen.paint("32", &format!("+ {after}")),
                (None, None) => continue,
            };
            screen.line(format!("{:<width$}  {what}", found.path));
        }
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

/// Segments are paired by name and occurrence, their fields by number.
fn compare(left: &Message, right: &Message, prefix: &str) -> Vec<Difference> {
    let (left, right) = (by_name(left), by_name(right));
    let mut names: Vec<&(String, usize)> = left.keys().chain(right.keys()).collect();
    names.sort();
    names.dedup();
    let mut differences = Vec::new();
    for key in names {
        let label = if key.1 == 1 { key.0.clone() } else { format!("{}[{}]", key.0, key.1) };
        match (left.get(key), right.get(key)) {
            (Some(a), Some(b)) => fields(a, b, &format!("{prefix}{label}"), &mut differences),
            (a, _) => differences.push(Difference {
                path: format!("{prefix}{label}"),
                before: a.map(|_| "whole segment".to_owned()),
                after: if a.is_some() { None } else { Some("whole segment".to_owned()) },
                is_hidden: false,
            }),
        }
    }
    differences
}

fn by_name(message: &Message) -> BTreeMap<(String, usize), Element<'_>> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    message
        .segments()
        .map(|segment| {
            let count = counts.entry(segment.id().to_owned()).or_default();
            *count += 1;
            ((segment.id().to_owned(), *count), segment)
        })
        .collect()
}

fn fields(left: &Element<'_>, right: &Element<'_>, label: &str, differences: &mut Vec<Difference>) {
    let count = left.field_count().max(right.field_count());
    for number in 1..=u16::try_from(count).unwrap_or(u16::MAX) {
        let raw = |segment: &Element<'_>| segment.field(number).map(|field| field.raw().to_vec()).unwrap_or_default();
        if raw(left) == raw(right) {
            continue;
        }
        let text = |segment: &Element<'_>| {
            segment.field(number).map(|field| field.text().into_owned()).filter(|text| !text.is_empty())
        };
        differences.push(Difference {
            path: format!("{label}-{number}"),
            before: text(left),
            after: text(right),
            is_hidden: mask::is_hidden(left.id(), number),
        });
    }
}
