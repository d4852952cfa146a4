//! What a map does to one message: its lines, the message before and behind it, where each element came from, and what it leaves out.

use super::{Opened, finding, suggest};
use crate::mask;
use fhir::definitions;
use interface::workspace::Around;
use lang::{Format, Map, MapFile, Matter, Origins, Run, Settings, coverage, drawing, outline};
use message::{Clock as _, clock};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};
use store::Stored;

/// Elements that the tree of a resource shows below its own.
const DEPTH_MAX: usize = 2;
/// Elements that are told of one resource.
const ELEMENTS_MAX: usize = 400;

/// `sinew.map/1`.
pub(super) fn answer(opened: &Opened, around: &Around, stored: Option<&Stored>, is_revealed: bool) -> Value {
    let tree = &opened.tree;
    let (maps, found) = around.compile(tree);
    let mut findings: Vec<Value> = Vec::new();
    for one in opened.findings.iter().chain(&found) {
        let shown = finding(tree, one);
        if !findings.contains(&shown) {
            findings.push(shown);
        }
    }
    let library = around.library(tree);
    let sections = drawing::main(tree).map(|main| outline::of_map(tree, main, &library)).unwrap_or_default();
    let side = |map: &Map, is_from: bool| {
        let shape = if is_from { &map.from } else { &map.to };
        json!({"format": format!("{:?}", shape.format).to_lowercase(), "form": format!("{:?}", shape.form().format)})
    };
    let main = maps.main();
    json!({
        "schema": "sinew.map/1", "file": &*tree.file, "text": &*tree.text, "findings": findings,
        "map": main.map(|map| json!({"name": &*map.name, "from": side(map, true), "to": side(map, false)})),
        "sections": sections.iter().map(|section| told(section, &tree.file)).collect::<Vec<_>>(),
        "elements": elements(&sections),
        "sample": stored.map(|stored| tried((&maps, around), stored, is_revealed, &sections)),
    })
}

fn told(section: &outline::Section, file: &str) -> Value {
    let row = |row: &outline::Row| {
        json!({"line": row.line, "file": &*row.file, "is_own": *row.file == *file, "target": row.target, "source": row.source,
            "steps": row.steps, "places": row.places(), "condition": row.condition, "note": row.note,
            "is_fallback": row.is_fallback})
    };
    json!({"title": section.title, "about": section.about, "condition": section.condition,
        "rows": section.rows.iter().map(row).collect::<Vec<_>>()})
}

/// The elements that the resources of a map may have, whether the map fills them or not.
fn elements(sections: &[outline::Section]) -> Value {
    let titles: BTreeSet<&str> = sections.iter().map(|section| &*section.title).collect();
    let mut out = serde_json::Map::new();
    for title in titles.into_iter().filter(|title| *title != "Bundle") {
        let Some(root) = definitions::element(title) else { continue };
        let mut found = Vec::new();
        below(root, "", DEPTH_MAX, &mut found);
        out.insert(title.to_owned(), Value::Array(found));
    }
    Value::Object(out)
}

fn below(member: definitions::Member, path: &str, depth: usize, out: &mut Vec<Value>) {
    const HIDDEN: [&str; 9] = [
        "id",
        "meta",
        "implicitRules",
        "language",
        "text",
        "contained",
        "extension",
        "modifierExtension",
        "resourceType",
    ];
    for element in member.children() {
        let name = element.name();
        if HIDDEN.contains(&name) || out.len() >= ELEMENTS_MAX {
            continue;
        }
        let own = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let one = element.member();
        let is_required = element.min() > 0 && path.is_empty();
        let most = element.max().map_or_else(|| "*".to_owned(), |most| most.to_string());
        out.push(json!({"path": own, "type": one.type_name(), "card": format!("{}..{most}", element.min()),
            "is_required": is_required, "short": element.short()}));
        if depth > 1 && !["Reference", "Extension"].contains(&one.type_name()) {
            below(one, &own, depth - 1, out);
        }
    }
}

/// The map over one message. Nobody is asked: lookups answer what the tests of the interface say.
fn tried(
    (maps, around): (&MapFile, &Around),
    stored: &Stored,
    is_revealed: bool,
    sections: &[outline::Section],
) -> Value {
    let envelope = &stored.accept.envelope;
    let shown = |format: message::Format, bytes: &[u8]| {
        let bytes = if is_revealed { bytes.to_vec() } else { mask::masked_content(format, bytes) };
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let mut sample =
        json!({"message": stored.id, "is_masked": !is_revealed, "raw": shown(envelope.format, &envelope.raw)});
    let Some(map) = maps.main() else { return sample };
    let (matter, _) = Matter::read(&map.from.form(), envelope.raw.clone());
    let answers = Arc::new(around.answers());
    let mut run = Run::new(clock::System.now(), 0).with_answers(Some(answers.clone()));
    let settings = Settings { explain: true, ..Settings::default() };
    match map.make_with(&matter, &mut run, &settings) {
        Ok((made, origins)) => {
            sample["made"] = json!(shown(format_of(&made), &made.to_bytes()));
            let uncovered = uncovered(&matter, origins.as_ref(), map);
            if let (Some(uncovered), Matter::V2(message), Format::FhirR4) = (&uncovered, &matter, map.to.format) {
                sample["suggestions"] = suggest::lines(message, uncovered, sections);
            }
            sample["uncovered"] = json!(uncovered);
            sample["origins"] = json!(origins.map(|origins| {
                let one = |origin: lang::Origin| {
                    json!({"element": origin.element, "file": &*origin.file, "line": origin.line, "sources": origin.sources})
                };
                origins.origins.into_iter().map(one).collect::<Vec<_>>()
            }));
        }
        Err(fault) => sample["fault"] = json!({"code": fault.code.id, "text": fault.text}),
    }
    let note = |note: &message::Diagnostic| json!({"code": note.code.id, "message": note.message});
    sample["notes"] = run.notes.iter().map(note).collect();
    let asked = |used: &interface::workspace::Used| {
        let place = used.place.as_ref();
        json!({"lookup": &*used.lookup, "file": place.map(|(file, _)| &**file), "line": place.map(|(_, line)| line)})
    };
    sample["lookups"] = answers.used().iter().map(asked).collect();
    sample
}

pub(super) fn format_of(made: &Matter) -> message::Format {
    match made {
        Matter::V2(_) => message::Format::Hl7v2,
        Matter::Fhir(..) => message::Format::Fhir,
        Matter::Other(_) => message::Format::Text,
    }
}

/// Places of the message with a value that the map does not read; `None` for maps that copy their message.
fn uncovered(matter: &Matter, origins: Option<&Origins>, map: &Map) -> Option<Vec<String>> {
    let origins = origins?;
    Some(match matter {
        Matter::V2(message) => coverage::uncovered(message, origins, &map.ignored),
        Matter::Fhir(tree, _) => coverage::uncovered_elements(tree, origins, &map.ignored),
        Matter::Other(document) => coverage::uncovered_places(document, origins, &map.ignored),
    })
}
