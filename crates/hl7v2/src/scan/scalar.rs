//! The scalar twins: plain loops that say what the vector code must answer.

use std::ops::Range;

/// Twin of [`super::piece_before`]; with `stops` equal to the delimiter, of [`super::piece`].
pub(super) fn piece(
    buffer: &[u8],
    start: usize,
    end: usize,
    delimiter: u8,
    number: usize,
    stops: [u8; 2],
) -> Option<Range<usize>> {
    let is_stop = |byte: &u8| *byte != delimiter && stops.contains(byte);
    let end = buffer[start..end].iter().position(is_stop).map_or(end, |at| start + at);
    let begin = start_of(buffer, start, end, delimiter, number)?;
    let length = buffer[begin..end].iter().position(|byte| *byte == delimiter);
    Some(begin..length.map_or(end, |length| begin + length))
}

/// Twin of [`super::start_of`].
pub(super) fn start_of(buffer: &[u8], start: usize, end: usize, delimiter: u8, number: usize) -> Option<usize> {
    if number == 0 {
        return Some(start);
    }
    let mut found = buffer[start..end].iter().enumerate().filter(|(_, byte)| **byte == delimiter);
    found.nth(number - 1).map(|(at, _)| start + at + 1)
}

/// Twin of [`super::line_ends`]; `marked` is the position behind the last mark before `from`.
pub(super) fn line_ends(
    buffer: &[u8],
    from: usize,
    mark: u8,
    marked: usize,
    mut each: impl FnMut(usize, usize),
) -> bool {
    let mut marked = marked;
    for (at, byte) in buffer.iter().enumerate().skip(from) {
        if matches!(byte, b'\r' | b'\n') {
            each(at, marked);
        }
        if *byte == mark {
            marked = at + 1;
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
