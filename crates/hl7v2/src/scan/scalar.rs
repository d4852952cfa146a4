//! The scalar twins: plain loops that say what the vector code must answer.

use std::ops::Range;

/// Twin of [`super::piece`].
pub(super) fn piece(buffer: &[u8], start: usize, end: usize, delimiter: u8, number: usize) -> Option<Range<usize>> {
    let mut begin = start;
    let mut left = number;
    for (at, byte) in buffer.iter().enumerate().take(end).skip(start) {
        if *byte != delimiter {
            continue;
        }
        if left == 0 {
            return Some(begin..at);
        }
        left -= 1;
        begin = at + 1;
    }
    (left == 0).then_some(begin..end)
}

/// Twin of [`super::line_ends`].
pub(super) fn line_ends(buffer: &[u8], from: usize, mut each: impl FnMut(usize)) -> bool {
    for (at, byte) in buffer.iter().enumerate().skip(from) {
        if matches!(byte, b'\r' | b'\n') {
            each(at);
        }
    }
    buffer[from..].is_ascii()
}

/// Twin of [`super::index`], from a position on.
pub(super) fn index(buffer: &[u8], from: usize, delimiters: [u8; 5], positions: &mut Vec<u32>) {
    for (at, byte) in buffer.iter().enumerate().skip(from) {
        if delimiters.contains(byte) {
            positions.push(at as u32);
        }
    }
}
