//! How OTLP writes values in JSON: whole numbers of 64 bits and times are texts, ids are hexadecimal.

use message::Timestamp;
use serde_json::{Value, json};

pub(super) fn attribute(key: &str, value: Value) -> Value {
    json!({"key": key, "value": value})
}

pub(super) fn text(text: &str) -> Value {
    json!({"stringValue": text})
}

pub(super) fn whole(number: i64) -> Value {
    json!({"intValue": number.to_string()})
}

/// Nanoseconds of Unix time.
pub(super) fn nanos(at: Timestamp) -> String {
    (i128::from(at.0.max(0)) * 1_000).to_string()
}
