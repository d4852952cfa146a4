//! Answers of servers that are JSON, read within bounds.

use serde_json::Value;

/// The value in `bytes`, if it is JSON.
pub(crate) fn read(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok()
}

/// A text at a property.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}
