//! The parser of this repository, through its public interface.

use super::Place;
use bytes::Bytes;
use hl7v2::{Message, Path, Value};
use std::hint::black_box;

/// Paths are read once, as the engine does.
pub(super) fn paths(places: &[Place]) -> Vec<Path> {
    let read = |(segment, occurrence, field, component): &Place| {
        Path::parse(&format!("{segment}[{occurrence}]-{field}.{component}")).unwrap_or_else(|error| panic!("{error}"))
    };
    places.iter().map(read).collect()
}

pub(super) fn edit_path() -> Path {
    Path::component(b"PID", 5, 1)
}

pub(super) fn read(bytes: &Bytes, paths: &[Path]) -> usize {
    let (message, diagnostics) = Message::parse(bytes.clone());
    let length = paths.iter().map(|path| black_box(message.text(path)).len()).sum::<usize>();
    length + diagnostics.len()
}

pub(super) fn edit(bytes: &Bytes, path: &Path) -> usize {
    let (mut message, _) = Message::parse(bytes.clone());
    let done = message.set(path, Value::Text("O'Neill & Sons"));
    assert!(done.is_ok(), "the edit is possible");
    black_box(message.into_bytes()).len()
}
