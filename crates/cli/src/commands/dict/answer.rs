//! The answer as JSON: one object, `schema` first.

use super::question::Found;
use hl7v2::dictionary::{Code, Nodes, Part, Parts};
use serde_json::{Value, json};

pub fn json(found: &Found) -> Value {
    let version = found.version().as_str();
    match found {
        Found::Segment(segment, _) => json!({"schema": "sinew.dict/1", "kind": "segment", "version": version,
            "id": segment.id(), "name": segment.name(), "fields": parts(segment.fields())}),
        Found::Datatype(kind, _) => json!({"schema": "sinew.dict/1", "kind": "datatype", "version": version,
            "id": kind.id(), "name": kind.name(), "components": parts(kind.components())}),
        Found::Part(place, chain, _) => {
            let mut out = json!({"schema": "sinew.dict/1", "kind": "part", "version": version, "place": place});
            if let (Some(into), Some(part)) = (out.as_object_mut(), chain.last()) {
                into.extend(fields_of(*part));
                if let Some(kind) = part.datatype().filter(|kind| !kind.is_primitive()) {
                    into.insert("components".to_owned(), parts(kind.components()));
                }
            }
            out
        }
        Found::Table(table, _) => json!({"schema": "sinew.dict/1", "kind": "table", "version": version,
            "number": table.number(), "name": table.name(), "user_defined": table.is_user_defined(),
            "codes": table.codes().map(code).collect::<Vec<_>>()}),
        Found::Structure(structure, _) => json!({"schema": "sinew.dict/1", "kind": "structure", "version": version,
            "id": structure.id(), "name": structure.name(), "nodes": nodes(structure.nodes())}),
        Found::TriggerEvent(event, _) => {
            let triggers = event.triggers().map(|trigger| {
                json!({"type": trigger.message_type, "event": trigger.event, "structure": trigger.structure,
                    "name": trigger.name})
            });
            json!({"schema": "sinew.dict/1", "kind": "trigger_event", "version": version, "code": event.code(),
                "messages": triggers.collect::<Vec<_>>()})
        }
    }
}

fn code(code: Code) -> Value {
    json!({"code": code.code, "display": code.display})
}

fn parts(parts: Parts) -> Value {
    parts.map(|part| Value::Object(fields_of(part))).collect()
}

/// The facts of a field or component; what is not known is `null`.
pub fn fields_of(part: Part) -> serde_json::Map<String, Value> {
    let facts = json!({"number": part.number(), "name": part.name(), "type": part.type_name(),
        "usage": part.usage().letter().to_string(), "repetitions_max": part.repetitions_max(),
        "length_min": part.length_min(), "length_max": part.length_max(),
        "length_conformance": part.length_conformance(), "table": part.table_number()});
    facts.as_object().cloned().unwrap_or_default()
}

fn nodes(list: Nodes) -> Value {
    list.map(|node| {
        let kind = format!("{:?}", node.kind()).to_lowercase();
        json!({"name": node.name(), "kind": kind, "min": node.min(), "max": node.max(),
            "children": nodes(node.children())})
    })
    .collect()
}
