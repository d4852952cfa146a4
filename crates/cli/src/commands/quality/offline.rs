//! The same counts over messages of files, without an engine.
//!
//! Never: delays, because a file does not say when its messages were received; nor changes over time.

use crate::{
    messages,
    outcome::{Failure, Result},
};
use engine::quality::{
    Book, Place, Received, Repeat,
    keep::Kept,
    report::{self, Asked, Found},
};
use hl7v2::Message;
use message::{Clock as _, Timestamp, clock};
use serde_json::{Value, json};
use std::{collections::HashSet, path::PathBuf};

/// A span that all messages of the files fall in.
const SPAN_MICROS: i64 = 1 << 60;
/// Control ids and contents that are remembered to tell duplicates.
const REMEMBERED_MAX: usize = 5_000_000;

pub(super) fn count(paths: &[PathBuf], field: Option<Place>) -> Result<Value> {
    let (mut book, mut seen, mut ids) = (Book::default(), HashSet::new(), HashSet::new());
    let now = clock::System.now();
    let (mut messages_found, mut unopened) = (0_u64, None);
    for path in messages::expand(paths)? {
        let file = match messages::read(&path) {
            Ok(file) => file,
            Err(failure) => {
                unopened.get_or_insert(failure);
                continue;
            }
        };
        for found in file.messages {
            messages_found += 1;
            let (message, _) = Message::parse(found.bytes.clone());
            let id =
                message.header().and_then(|header| header.field(10)).map(|id| id.raw().to_vec()).unwrap_or_default();
            let is_new = seen.len() >= REMEMBERED_MAX || seen.insert(found.bytes.clone());
            let is_new_id = id.is_empty() || ids.len() >= REMEMBERED_MAX || ids.insert(id);
            let repeat = match (is_new, is_new_id) {
                (false, _) => Repeat::Same,
                (true, false) => Repeat::OtherContent,
                (true, true) => Repeat::No,
            };
            let bytes = found.bytes.len();
            let received =
                Received { message: messages_found, bytes, at: None, repeat, local_offset_s: 0, now, verdict: None };
            book.count(&message, received, SPAN_MICROS);
        }
    }
    if let Some(failure) = unopened {
        return Err(failure);
    }
    if messages_found == 0 {
        return Err(Failure::new(crate::outcome::Exit::Problems, "there is no HL7 v2 message in these files"));
    }
    let kept: Vec<Kept> = book
        .take()
        .into_iter()
        .map(|taken| Kept { start: now, span_s: 1, kind: taken.kind, record: taken.record })
        .collect();
    let asked = Asked { since: Timestamp(now.0 - 1), now, field };
    let report = report::of("files", &kept, Found::default(), asked);
    Ok(json!({"schema": "sinew.quality/1", "at": now, "is_counted": true, "interfaces": [report]}))
}
