//! Conditions that can never hold: `when event = A08` behind `keep when event in [A01, A04]`.
//!
//! Only what is certain is reported: conditions that are a plain `and` of `X = V` and `X in [V, …]` are compared, value by
//! value; anything else is taken to be possible. A path with repetitions may hold several values at once, so only fields
//! of MSH and the shorthands for them take part: they occur once.

use super::line::{Line, Site};
use crate::codes;
use lang::syntax::{Cursor, TokenKind};
use message::Diagnostic;
use std::collections::{BTreeMap, BTreeSet};

/// What a condition demands: for each subject the values of which it must have one.
type Demands = BTreeMap<String, BTreeSet<String>>;

/// Findings over the lines of one interface.
pub(super) fn check(interface: Line<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut kept = Demands::new();
    for line in interface.lines() {
        match line.word() {
            "keep" => {
                let mut cursor = line.after_word();
                cursor.eat("when");
                let demands = demands(&mut cursor);
                findings.extend(clash(&kept, &demands, line));
                for (subject, values) in demands {
                    let now = kept.entry(subject).or_insert_with(|| values.clone());
                    *now = now.intersection(&values).cloned().collect();
                }
            }
            "drop" => {
                let mut cursor = line.after_word();
                cursor.eat("when");
                findings.extend(clash(&kept, &demands(&mut cursor), line));
            }
            "set" | "translate" | "remove" | "map" | "insert" | "use" => kept.clear(),
            "send" => {
                for when in line.lines().filter(|line| line.word() == "when") {
                    findings.extend(clash(&kept, &demands(&mut when.after_word()), when));
                }
            }
            _ => {}
        }
    }
    findings
}

fn clash(kept: &Demands, demands: &Demands, line: Line<'_>) -> Option<Diagnostic> {
    let (subject, _) =
        demands.iter().find(|(subject, values)| kept.get(*subject).is_some_and(|kept| kept.is_disjoint(values)))?;
    let message = format!("this can never hold: a `keep` above lets through other values of `{subject}` only");
    let hint = "widen the `keep`, or leave this line out";
    Some(Site::new(line.tree, line.word_span()).warning(codes::E3208, message).hint(hint))
}

/// Empty for a condition of any other shape.
fn demands(cursor: &mut Cursor<'_>) -> Demands {
    let mut demands = Demands::new();
    loop {
        let Some((subject, values)) = comparison(cursor) else { return Demands::new() };
        if occurs_once(&subject) {
            demands.insert(subject, values);
        }
        if cursor.is_done() {
            return demands;
        }
        if !cursor.eat("and") {
            return Demands::new();
        }
    }
}

fn occurs_once(subject: &str) -> bool {
    matches!(subject, "event" | "type" | "facility" | "application" | "version") || subject.starts_with("MSH-")
}

/// `X = V` or `X in [V, …]`
fn comparison(cursor: &mut Cursor<'_>) -> Option<(String, BTreeSet<String>)> {
    let subject = cursor.peek_str().to_owned();
    cursor.take()?;
    if cursor.eat_kind(TokenKind::Equal).is_some() {
        let (value, _) = cursor.text()?;
        return Some((subject, BTreeSet::from([value.into_owned()])));
    }
    if !cursor.eat("in") {
        return None;
    }
    cursor.eat_kind(TokenKind::OpenBracket)?;
    let mut values = BTreeSet::new();
    while cursor.eat_kind(TokenKind::CloseBracket).is_none() {
        values.insert(cursor.text()?.0.into_owned());
        cursor.eat_kind(TokenKind::Comma);
    }
    Some((subject, values))
}
