//! Places in a text as the protocol counts them: lines from 0, and in the line UTF-16 code units from 0 (LSP 3.17, `Position`).

use serde_json::{Value, json};
use std::ops::Range;

/// The byte of a place; the end of the line where it lies behind it, the end of the text behind the last line. Never inside a
/// character.
pub(crate) fn offset(text: &str, line: usize, character: usize) -> usize {
    let mut start = 0;
    for _ in 0..line {
        match text[start..].find('\n') {
            Some(end) => start += end + 1,
            None => return text.len(),
        }
    }
    let mut units = 0;
    for (at, letter) in text[start..].char_indices() {
        if letter == '\n' || letter == '\r' || units + letter.len_utf16() > character {
            return start + at;
        }
        units += letter.len_utf16();
    }
    text.len()
}

/// The place of a byte.
pub(crate) fn position(text: &str, offset: usize) -> Value {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    json!({"line": before.matches('\n').count(), "character": before[start..].encode_utf16().count()})
}

/// The range of bytes.
pub(crate) fn range(text: &str, span: &Range<usize>) -> Value {
    json!({"start": position(text, span.start), "end": position(text, span.end)})
}

/// The byte that `position` of a request names.
pub(crate) fn offset_of(text: &str, position: &Value) -> Option<usize> {
    let number = |name: &str| usize::try_from(position.get(name)?.as_u64()?).ok();
    Some(offset(text, number("line")?, number("character")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_code_units_of_utf_16() {
        // ü is two bytes and one unit, 😀 four bytes and two units.
        let text = "# ü\r\nset \"😀é\" = x\n";
        let check = |line: usize, character: usize, rest: &str| {
            let at = offset(text, line, character);
            assert!(
                text[at..].starts_with(rest) && (rest.is_empty() == (at == text.len())),
                "{line}:{character} is {at}"
            );
        };
        check(0, 2, "ü");
        check(0, 3, "\r\n");
        check(0, 99, "\r\n");
        check(1, 5, "😀");
        check(1, 6, "😀"); // inside the pair: in front of it
        check(1, 7, "é");
        check(1, 8, "\" =");
        check(9, 0, "");
        for (at, letter) in text.char_indices().filter(|(_, letter)| *letter != '\n') {
            assert_eq!(offset_of(text, &position(text, at)), Some(at), "{letter:?} at {at}");
        }
        assert_eq!(position(text, text.find('é').unwrap()), json!({"line": 1, "character": 7}));
    }
}
