//! The JSON Schema of the twin.

use super::{BARE, SCHEMA, SYMBOLS};
use serde_json::{Value, json};

/// The published shape (JSON Schema 2020-12).
#[must_use]
pub fn schema() -> Value {
    let comment = json!({"type": "string", "pattern": "^#[^\\n\\r]*$", "description": "One line, `#` included."});
    let comments = json!({"type": "array", "items": {"$ref": "#/$defs/comment"}});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A file of the flow and map language",
        "type": "object",
        "additionalProperties": false,
        "required": ["statements"],
        "properties": {
            "schema": {"const": SCHEMA},
            "statements": {"$ref": "#/$defs/statements"},
            "comments_at_end": comments.clone()
        },
        "$defs": {
            "comment": comment,
            "statements": {"type": "array", "items": {"$ref": "#/$defs/statement"}},
            "statement": statement(&comments),
            "values": {"type": "array", "items": {"$ref": "#/$defs/value"}},
            "value": value()
        }
    })
}

fn statement(comments: &Value) -> Value {
    let comment = json!({"$ref": "#/$defs/comment"});
    json!({
        "type": "object",
        "additionalProperties": false,
        "anyOf": [{"required": ["word"]}, {"required": ["values"]}],
        "properties": {
            "comments": comments,
            "word": {"type": "string", "description": "The first word of the line, bare."},
            "values": {"$ref": "#/$defs/values"},
            "comment": comment,
            "block": {"$ref": "#/$defs/statements"},
            "comments_at_end": comments,
            "comment_at_end": comment
        }
    })
}

fn value() -> Value {
    let bare: Vec<&str> = BARE.iter().map(|(_, name)| *name).collect();
    let of = |kind: Value, member: &str, shape: Value| {
        json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["kind", member],
            "properties": {"kind": kind, member: shape}
        })
    };
    json!({"oneOf": [
        of(json!({"enum": bare}), "value", json!({"type": "string", "description": "As written, without blanks."})),
        of(json!({"enum": ["text", "block-text"]}), "value", json!({"type": "string", "description": "The value."})),
        of(json!({"const": "symbol"}), "value", json!({"enum": SYMBOLS})),
        of(json!({"const": "list"}), "items", json!({"type": "array", "items": {"$ref": "#/$defs/values"}})),
        of(json!({"const": "group"}), "values", json!({"$ref": "#/$defs/values"})),
    ]})
}
