//! What one line made of many messages: from which value which value, how often.
//!
//! Promises: values that may identify a patient are masked before they are counted, on both sides.

use super::look::format_of;
use crate::mask;
use fhir::Tree as Resource;
use hl7v2::{Message, Path};
use interface::workspace::Around;
use lang::{Map, Matter, Run, Settings, drawing, outline, syntax::Tree};
use message::{Clock as _, clock};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};
use store::Stored;

/// Pairs of values that are told.
const PAIRS_MAX: usize = 60;
/// Pairs that are kept while counting.
const PAIRS_KEPT: usize = 5_000;

/// `sinew.map-values/1` of one line.
pub(super) fn answer(
    tree: &Tree,
    around: &Around,
    (line, target): (usize, &str),
    stored: impl Iterator<Item = Stored>,
) -> Value {
    let (maps, _) = around.compile(tree);
    let library = around.library(tree);
    let sections = drawing::main(tree).map(|main| outline::of_map(tree, main, &library)).unwrap_or_default();
    let is_it = |row: &&outline::Row| {
        row.line == line && *row.file == *tree.file && (target.is_empty() || row.target == target)
    };
    let row = sections.iter().flat_map(|section| &section.rows).find(is_it);
    let (mut messages, mut failed, mut filled) = (0_u64, 0_u64, 0_u64);
    let mut pairs: BTreeMap<(String, String), u64> = BTreeMap::new();
    if let (Some(map), Some(row)) = (maps.main(), row) {
        for stored in stored {
            messages += 1;
            match pair((map, around), row, tree, &stored) {
                Some((from, to)) => {
                    filled += u64::from(!to.is_empty());
                    if pairs.len() < PAIRS_KEPT || pairs.contains_key(&(from.clone(), to.clone())) {
                        *pairs.entry((from, to)).or_default() += 1;
                    }
                }
                None => failed += 1,
            }
        }
    }
    let mut rows: Vec<_> = pairs.into_iter().collect();
    rows.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let distinct = rows.len();
    let shown: Vec<Value> = rows
        .into_iter()
        .take(PAIRS_MAX)
        .map(|((from, to), count)| json!({"from": from, "to": to, "count": count}))
        .collect();
    json!({"schema": "sinew.map-line-values/1", "messages": messages, "failed": failed, "filled": filled, "distinct": distinct,
        "pairs": shown})
}

/// The value that the line read and the one that it wrote, masked; `None` when the map fails on the message.
fn pair((map, around): (&Map, &Around), row: &outline::Row, tree: &Tree, stored: &Stored) -> Option<(String, String)> {
    let envelope = &stored.accept.envelope;
    let (matter, _) = Matter::read(&map.from.form(), envelope.raw.clone());
    let settings = Settings { explain: true, ..Settings::default() };
    let mut run = Run::new(clock::System.now(), 0).with_answers(Some(Arc::new(around.answers())));
    let (made, origins) = map.make_with(&matter, &mut run, &settings).ok()?;
    let masked_in = mask::masked_content(envelope.format, &envelope.raw);
    let masked_out = mask::masked_content(format_of(&made), &made.to_bytes());
    let own = |origin: &&lang::Origin| origin.line == row.line && *origin.file == *tree.file;
    let origin = origins.as_ref().and_then(|origins| origins.origins.iter().find(own));
    let places: Vec<String> = origin.map_or_else(|| row.places(), |origin| origin.sources.clone());
    let from: Vec<String> = places.iter().map(|place| v2(&masked_in, place)).filter(|text| !text.is_empty()).collect();
    let to = match (&made, origin, origins.is_some()) {
        (Matter::Fhir(..), Some(origin), _) => element(&masked_out, &origin.element),
        (Matter::V2(_), _, _) => v2(&masked_out, &row.target),
        (Matter::Fhir(..), None, _) | (Matter::Other(_), ..) => String::new(),
    };
    Some((from.join(" "), to))
}

fn v2(bytes: &[u8], place: &str) -> String {
    let (message, _) = Message::parse(bytes.to_vec());
    Path::parse(place).map(|path| message.text(&path).into_owned()).unwrap_or_default()
}

/// The value at `Bundle.entry[0].resource.gender`.
fn element(bytes: &[u8], path: &str) -> String {
    let Ok(tree) = Resource::read(bytes) else { return String::new() };
    let mut stack: Vec<fhir::Node<'_>> = vec![tree.root()];
    while let Some(node) = stack.pop() {
        if node.path() == path {
            return node.scalar().unwrap_or_default().to_owned();
        }
        stack.extend(node.children());
    }
    String::new()
}
