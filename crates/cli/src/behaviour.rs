//! What a change of an interface changes in what it does: stored messages through the version that runs and through the new one.
//!
//! Promises: nothing is stored, sent or asked outside; both versions see the same bytes at the same time; bounded in messages
//! and in time. What is told are paths and counts, never a value.

use crate::differences;
use engine::rehearsal::rehearse;
use hl7v2::Message;
use interface::{
    case::{End, Given, Processed, TestCase},
    definition::{Definition, Place},
};
use message::{Clock as _, MessageId, Timestamp, clock};
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};
use store::{Query, Store};

/// Stored messages that one interface is compared with, at most.
pub const MESSAGES_MAX: usize = 2_000;
/// The time that the comparison of one interface may take.
pub const TIME_MAX: Duration = Duration::from_secs(5);
/// Differences that are told one by one; the rest is counted.
const PATHS_MAX: usize = 50;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Behaviour {
    /// Messages that were compared, the newest first.
    pub messages: usize,
    /// Of these, how many do the same.
    pub same: usize,
    /// Of these, how many do something else.
    pub differ: usize,
    /// The oldest that was compared.
    pub since: Option<Timestamp>,
    /// Time or number ended it, and there are more.
    pub is_cut: bool,
    /// What differs, the most frequent first.
    pub changes: Vec<Change>,
}

/// One difference, over all messages that have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// For which destination; empty: how the message ends.
    pub destination: String,
    /// `PID-5`, `Patient.gender`; or how it ended before and ends now.
    pub path: String,
    /// `added`, `removed`, `changed`.
    pub how: &'static str,
    /// How many messages.
    pub messages: usize,
    /// One of them.
    pub example: MessageId,
}

/// Compares over the newest stored messages.
///
/// # Errors
/// The store's.
pub fn compare(store: &Store, old: &Definition, new: &Definition) -> Result<Behaviour, store::Error> {
    let begun = clock::System.monotonic();
    let mut found = Behaviour::default();
    let mut changes: BTreeMap<(String, String, &'static str), (usize, MessageId)> = BTreeMap::new();
    let mut before = None;
    'pages: loop {
        let page = store.search(&Query {
            interface: Some(old.name.clone()),
            before,
            limit: Query::LIMIT_MAX.min(MESSAGES_MAX),
            ..Query::default()
        })?;
        if page.hits.is_empty() {
            break;
        }
        for hit in &page.hits {
            if found.messages >= MESSAGES_MAX || clock::System.monotonic().saturating_duration_since(begun) > TIME_MAX {
                found.is_cut = true;
                break 'pages;
            }
            before = Some(hit.id);
            // What retention took meanwhile is not there to be compared.
            let Ok(stored) = store.read(hit.id) else { continue };
            let (bytes, at) = (stored.accept.envelope.raw.clone(), stored.accept.envelope.received);
            let of = |definition: &Definition| rehearse(definition, &case(definition, &bytes), Some(at)).processed;
            let differences = between(&of(old), &of(new));
            found.messages += 1;
            found.since = Some(at);
            found.same += usize::from(differences.is_empty());
            found.differ += usize::from(!differences.is_empty());
            for one in differences {
                changes.entry(one).or_insert((0, hit.id)).0 += 1;
            }
        }
    }
    found.changes = changes
        .into_iter()
        .map(|((destination, path, how), (messages, example))| Change { destination, path, how, messages, example })
        .collect();
    found.changes.sort_by_key(|change| std::cmp::Reverse(change.messages));
    found.changes.truncate(PATHS_MAX);
    Ok(found)
}

fn case(definition: &Definition, bytes: &bytes::Bytes) -> TestCase {
    TestCase {
        name: "stored".into(),
        interface: definition.name.clone(),
        place: Place { file: "stored".into(), line: 1 },
        span: 0..0,
        given: vec![Given { label: "stored".into(), bytes: bytes.clone(), edits: None }],
        with: Vec::new(),
        at: None,
        expectations: Vec::new(),
    }
}

type Found = (String, String, &'static str);

/// Each difference once for a message.
fn between(old: &[Processed], new: &[Processed]) -> Vec<Found> {
    let mut found = Vec::new();
    for at in 0..old.len().max(new.len()) {
        match (old.get(at), new.get(at)) {
            (Some(old), Some(new)) => ends(old, new, &mut found),
            (Some(_), None) => found.push((String::new(), "a message of a batch".to_owned(), "removed")),
            (None, _) => found.push((String::new(), "a message of a batch".to_owned(), "added")),
        }
    }
    found.sort();
    found.dedup();
    found
}

fn ends(old: &Processed, new: &Processed, found: &mut Vec<Found>) {
    let (before, after) = (end(&old.end), end(&new.end));
    if before != after {
        found.push((String::new(), format!("{before} → {after}"), "changed"));
    }
    for (destination, bytes) in &old.outputs {
        match new.outputs.iter().find(|(name, _)| name == destination) {
            None => found.push((destination.to_string(), "the whole message".to_owned(), "removed")),
            Some((_, now)) if now != bytes => {
                let changes = fields(bytes, now);
                let unseen = changes.is_empty();
                found.extend(changes.into_iter().map(|(path, how)| (destination.to_string(), path, how)));
                if unseen {
                    found.push((destination.to_string(), "bytes".to_owned(), "changed"));
                }
            }
            Some(_) => {}
        }
    }
    for (destination, _) in &new.outputs {
        if !old.outputs.iter().any(|(name, _)| name == destination) {
            found.push((destination.to_string(), "the whole message".to_owned(), "added"));
        }
    }
}

fn fields(old: &bytes::Bytes, new: &bytes::Bytes) -> Vec<(String, &'static str)> {
    let differences = if old.starts_with(b"MSH") && new.starts_with(b"MSH") {
        differences::of_messages(&Message::parse(old.clone()).0, &Message::parse(new.clone()).0, "")
    } else {
        let tree = |bytes: &bytes::Bytes| fhir::Tree::read(bytes);
        match (tree(old), tree(new)) {
            (Ok(old), Ok(new)) => differences::of_resources(old.root(), new.root()),
            _ => Vec::new(),
        }
    };
    let how = |one: &differences::Difference| match (&one.before, &one.after) {
        (None, _) => "added",
        (Some(_), None) => "removed",
        (Some(_), Some(_)) => "changed",
    };
    differences.iter().map(|one| (one.path.clone(), how(one))).collect()
}

/// How it ended, without a word of the message.
fn end(end: &End) -> String {
    match end {
        End::Routed => "routed".to_owned(),
        End::Filtered { rule } => format!("filtered by `{rule}`"),
        End::Parked { code } => format!("parked {code}"),
        End::Refused { code } => format!("refused {code}"),
        End::Joined => "joined".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use interface::workspace::{Files, Options, Workspace};

    fn definition(lines: &str) -> std::sync::Arc<Definition> {
        let flow = format!("interface demo \"Demo\" {{\n owner \"Team\"\n receive mllp 2575\n{lines}\n}}");
        let files = Files::memory([("sinew.toml", ""), ("interfaces/demo/interface.flow", flow.as_str())]);
        let (workspace, found) = Workspace::of(files, &Options::new(connectors::catalogue()));
        workspace.definitions.first().cloned().unwrap_or_else(|| panic!("{found:#?}"))
    }

    const TO_A: &str = "send a { mllp localhost:1 }";

    #[test]
    fn differences_are_told_by_path_and_counted_once_for_a_message() {
        let message = |ward: &str| {
            let text = format!("MSH|^~\\&|A|NORTH|B|B|20260301||ADT^A01|1|P|2.5\rPID|1||7^^^N^MR\rPV1|1|I|{ward}\r");
            bytes::Bytes::from(text)
        };
        let check = |old: &str, new: &str, expect: &[(&str, &str, &str)]| {
            let (old, new) = (definition(old), definition(new));
            let run = |of: &Definition| rehearse(of, &case(of, &message("4W")), Some(Timestamp(0))).processed;
            let found = between(&run(&old), &run(&new));
            let found: Vec<(&str, &str, &str)> = found.iter().map(|(to, path, how)| (&**to, &**path, *how)).collect();
            assert_eq!(found, expect);
        };
        check(TO_A, TO_A, &[]);
        check(TO_A, &format!("set PV1-3 = \"9X\"\n{TO_A}"), &[("a", "PV1-3", "changed")]);
        check(TO_A, &format!("set PV1-10 = \"MED\"\n{TO_A}"), &[("a", "PV1-10", "added")]);
        let both = format!("{TO_A}\nsend b {{ mllp localhost:2 }}");
        check(TO_A, &both, &[("b", "the whole message", "added")]);
        check(&both, TO_A, &[("b", "the whole message", "removed")]);
        let dropped = format!("drop when PV1-3 = \"4W\"\n{TO_A}");
        check(
            TO_A,
            &dropped,
            &[
                ("", "routed → filtered by `drop when PV1-3 = \"4W\"`", "changed"),
                ("a", "the whole message", "removed"),
            ],
        );
    }
}
