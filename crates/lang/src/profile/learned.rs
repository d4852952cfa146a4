//! What was learned from a feed, as profiles of the language: a line for each thing that was always so, its counts beside
//! it.
//!
//! Promises: the text compiles without a finding, and every message that was counted is valid under it: what would say
//! otherwise is not written. The standard counts beside the lines only where no message breaks it.
//! Never: a value that [`hl7v2::learn`] keeps back.

mod lines;
#[cfg(test)]
mod tests;

use hl7v2::learn::{Kind, Learned};
use lines::Lines;

/// How to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// Of the only profile; of several the beginning.
    pub name: String,
    /// What each extends instead of the standard's structure.
    pub extends: Option<String>,
    /// A line that asks for something is written when there were so many chances to see it.
    pub count_min: u64,
    /// Forbid the fields and segments that never came.
    pub is_closed: bool,
}

/// One profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its name.
    pub name: String,
    /// Its text, from `profile` to `}`.
    pub text: String,
}

/// A profile for every message type.
#[must_use]
pub fn write(learned: &Learned, style: &Style) -> Vec<Written> {
    let one = |kind: &Kind| {
        let name = name(learned, kind, style);
        Written { text: profile(kind, &name, style), name }
    };
    learned.kinds.iter().map(one).collect()
}

/// `feed`; of several types `feed-adt_a01`, of several versions of one `feed-adt_a01-2.5.1`.
fn name(learned: &Learned, kind: &Kind, style: &Style) -> String {
    let structure = kind.structure.to_ascii_lowercase();
    let same = learned.kinds.iter().filter(|other| other.structure == kind.structure).count();
    match (learned.kinds.len(), same) {
        (1, _) => style.name.clone(),
        (_, 1) => format!("{}-{structure}", style.name),
        _ => format!("{}-{structure}-{}", style.name, kind.version),
    }
}

fn profile(kind: &Kind, name: &str, style: &Style) -> String {
    let events: Vec<String> = kind
        .events
        .iter()
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    let messages = counted(kind.messages, "message");
    // `ACK` is a structure that answers to several types have; as a type it would take in only one.
    let of = if kind.structure.contains('_') { format!(" {}", kind.structure) } else { String::new() };
    let over = style.extends.clone().unwrap_or_else(|| format!("hl7v2 {}{of}", kind.version));
    let mut out = format!("# Learned from {messages}: {}.\n", events.join(", "));
    out.push_str(&format!("profile {name} \"Learned from {messages}\" extends {over} {{\n"));
    if style.extends.is_none() {
        let (level, why) = match kind.invalid {
            0 => ("lenient", "no message breaks it".to_owned()),
            count => ("off", format!("{} of {} break it", count, kind.messages)),
        };
        out.push_str(&format!("  standard {level}  # {why}\n"));
    }
    if kind.misplaced > 0 {
        let text = "have a segment where the structure does not have it: its order is not checked";
        out.push_str(&format!("  # {} of {} {text}\n", kind.misplaced, kind.messages));
    }
    let mut lines = Lines::new(kind, style);
    lines.write();
    out.push_str(&lines.out);
    out.push_str("}\n");
    out
}

/// `1 message`, `2 messages`.
fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A text between quotes, as the language reads it; bare where it needs none.
fn quoted(text: &str) -> String {
    let is_bare = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        || text.bytes().all(|byte| byte.is_ascii_digit());
    if is_bare && !text.is_empty() {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
