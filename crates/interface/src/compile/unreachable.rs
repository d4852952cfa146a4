//! Conditions that can never hold: `when event = A08` behind `keep when event in [A01, A04]`.
//!
//! Only what is certain is reported: conditions that are a plain `and` of `X = V` and `X in [V, …]` are compared, value by
//! value; anything else is taken to be possible. A path with repetitions may hold several values at once, so only fields
//! of MSH and the shorthands for them take part: they occur once.

use super::line::{Line, Site, line_number};
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
            "route" => findings.extend(route(&kept, line)),
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

/// Cases that can never hold, and lines behind one that takes everything that would reach them.
fn route(kept: &Demands, line: Line<'_>) -> Vec<Diagnostic> {
    let is_first = line.after_word().is_at("first");
    let mut findings = Vec::new();
    let mut above: Vec<(Demands, Vec<String>)> = Vec::new();
    let mut full: Option<u32> = None;
    for inner in line.lines() {
        let mut cursor = inner.cursor();
        while !cursor.is_done() {
            let site = Site::new(inner.tree, cursor.here());
            let is_case = cursor.eat("case");
            if let Some(above) = full.filter(|_| is_case || cursor.is_at("default")) {
                let message =
                    format!("no message gets here: the case in line {above} takes all that a `keep` lets through");
                let hint = "leave this line out, or narrow the case above";
                findings.push(site.warning(codes::E3322, message).hint(hint));
                return findings;
            }
            if !is_case {
                cursor.take();
                continue;
            }
            let (demands, is_all) = demands_of(&mut cursor.clone()).unwrap_or_default();
            let words = words_before_to(&mut cursor);
            if let Some(found) = clash(kept, &demands, inner) {
                findings.push(Diagnostic { locations: site.warning(codes::E3208, "").locations, ..found });
            } else if is_first {
                let is_taken = |(one, written): &(Demands, Vec<String>)| {
                    *written == words
                        || (!one.is_empty()
                            && one.iter().all(|(subject, values)| {
                                demands.get(subject).is_some_and(|wanted| wanted.is_subset(values))
                            }))
                };
                if above.iter().any(is_taken) {
                    let message = "a case above takes every message for which this one holds";
                    let hint = "put the narrower case first, or write `route every` where both are meant";
                    findings.push(site.warning(codes::E3322, message).hint(hint));
                }
                let takes_all = |(subject, values): (&String, &BTreeSet<String>)| {
                    kept.get(subject).is_some_and(|kept| kept.is_subset(values))
                };
                if is_all && !demands.is_empty() && demands.iter().all(takes_all) {
                    full = Some(line_number(&inner.tree.text, site.span.start));
                }
                above.push((if is_all { demands } else { Demands::new() }, words));
            }
        }
    }
    findings
}

/// The words of a condition as they are written.
fn words_before_to(cursor: &mut Cursor<'_>) -> Vec<String> {
    let mut words = Vec::new();
    while !cursor.is_done() && !cursor.is_at("to") {
        words.push(cursor.peek_str().to_owned());
        cursor.take();
    }
    words
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
    demands_of(cursor).map_or_else(Demands::new, |(demands, _)| demands)
}

/// With whether that is all it demands.
fn demands_of(cursor: &mut Cursor<'_>) -> Option<(Demands, bool)> {
    let mut demands = Demands::new();
    let mut is_all = true;
    loop {
        let (subject, values) = comparison(cursor)?;
        if occurs_once(&subject) && !demands.contains_key(&subject) {
            demands.insert(subject, values);
        } else {
            is_all = false;
        }
        if cursor.is_done() || cursor.is_at("to") {
            return Some((demands, is_all));
        }
        if !cursor.eat("and") {
            return None;
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
