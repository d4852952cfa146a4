//! Reads JSON, and JavaScript files that hold one object: `var fields = { … };`.

use serde_json::Value;
use std::fs;
use std::path::Path;

pub(super) fn read(path: &Path) -> Result<Value, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let start = text.find('{').unwrap_or(0);
    let end = text.rfind('}').map_or(text.len(), |at| at + 1);
    serde_json::from_str(&text[start..end]).map_err(|error| format!("{}: {error}", path.display()))
}
