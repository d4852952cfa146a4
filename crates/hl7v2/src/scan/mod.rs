//! The scanner: finds delimiters 32 bytes at a time.
//!
//! Owns the only `unsafe` of the product: unaligned AVX2 loads in `avx2`, each behind a bounds check, and text that
//! was proven to be ASCII in `scanned`. Every function here has a scalar twin in `scalar` that a property test holds it
//! to; on machines without AVX2 the twin runs.
//! Positions are absolute in the buffer, so a vector load may read past the range that is asked about as long as it
//! stays inside the buffer: short fields in the middle of a message cost one load.
//!
//! Never: knowledge of HL7 beyond "a byte separates pieces".

#[cfg(target_arch = "x86_64")]
mod avx2;
mod scalar;
mod scanned;

pub(crate) use scanned::Scanned;

use std::ops::Range;

/// The piece with this number (from 0) of `range` split by `delimiter`; `None` when there are fewer pieces.
///
/// `range` must lie inside `buffer`; a range that does not is treated as cut off at the end.
#[must_use]
pub fn piece(buffer: &[u8], range: Range<usize>, delimiter: u8, number: usize) -> Option<Range<usize>> {
    piece_before(buffer, range, delimiter, number, [delimiter; 2])
}

/// As [`piece`], of the part of `range` before the first of `stops`: one pass where cutting first would need two.
#[must_use]
pub fn piece_before(
    buffer: &[u8],
    range: Range<usize>,
    delimiter: u8,
    number: usize,
    stops: [u8; 2],
) -> Option<Range<usize>> {
    let end = range.end.min(buffer.len());
    let start = range.start.min(end);
    #[cfg(target_arch = "x86_64")]
    if let Some(wide) = avx2::Wide::detect() {
        return wide.piece(buffer, start, end, delimiter, number, stops);
    }
    scalar::piece(buffer, start, end, delimiter, number, stops)
}

/// Where the piece with this number starts: [`piece`] without a look for its end.
#[must_use]
pub fn start_of(buffer: &[u8], range: Range<usize>, delimiter: u8, number: usize) -> Option<usize> {
    let end = range.end.min(buffer.len());
    let start = range.start.min(end);
    #[cfg(target_arch = "x86_64")]
    if let Some(wide) = avx2::Wide::detect() {
        return wide.start_of(buffer, start, end, delimiter, number);
    }
    scalar::start_of(buffer, start, end, delimiter, number)
}

/// How often `delimiter` occurs in `range`.
#[must_use]
pub fn count(buffer: &[u8], range: Range<usize>, delimiter: u8) -> usize {
    let end = range.end.min(buffer.len());
    let start = range.start.min(end);
    memchr::memchr_iter(delimiter, &buffer[start..end]).count()
}

/// Calls `each` for every CR and LF from `from` on, in order: with its position and with the position behind the last
/// `mark` byte before it (0 if there is none). Answers whether all bytes from `from` on are ASCII.
pub fn line_ends(buffer: &[u8], from: usize, mark: u8, each: impl FnMut(usize, usize)) -> bool {
    let from = from.min(buffer.len());
    #[cfg(target_arch = "x86_64")]
    if let Some(wide) = avx2::Wide::detect() {
        return wide.line_ends(buffer, from, mark, each);
    }
    scalar::line_ends(buffer, from, mark, 0, each)
}

/// Positions of every byte that is one of `delimiters`, in order: the bare index, the yardstick that the benchmark
/// holds the parser against. `positions` is cleared first.
pub fn index(buffer: &[u8], delimiters: [u8; 5], positions: &mut Vec<u32>) {
    positions.clear();
    #[cfg(target_arch = "x86_64")]
    if let Some(wide) = avx2::Wide::detect() {
        wide.index(buffer, delimiters, positions);
        return;
    }
    scalar::index(buffer, 0, delimiters, positions);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scalar_ends(bytes: &[u8], from: usize) -> (Vec<(usize, usize)>, bool) {
        let mut found = Vec::new();
        let ascii = scalar::line_ends(bytes, from, b'^', 0, |at, mark| found.push((at, mark)));
        (found, ascii)
    }

    #[test]
    fn pieces() {
        let check = |text: &str, number: usize, expect: Option<&str>| {
            let found = piece(text.as_bytes(), 0..text.len(), b'|', number);
            assert_eq!(found.map(|range| &text[range]), expect, "{text} {number}");
        };
        check("", 0, Some(""));
        check("", 1, None);
        check("PID", 0, Some("PID"));
        check("PID|1||x", 2, Some(""));
        check("PID|1||x", 3, Some("x"));
        check("PID|1||x", 4, None);
        check("|", 1, Some(""));
        check("0123456789012345678901234567890|32nd|far", 1, Some("32nd"));
        check("01234567890123456789012345678901|33rd|far far far far far far far far far|e", 3, Some("e"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn wide_agrees_with_scalar(
            bytes in proptest::collection::vec(prop_oneof![Just(b'|'), Just(b'\r'), Just(b'\n'), Just(b'^'), any::<u8>()], 0..300),
            a in 0usize..300, b in 0usize..300, number in 0usize..40,
        ) {
            let start = a.min(b).min(bytes.len());
            let end = a.max(b).min(bytes.len());
            let stops = [b'\r', b'\n'];
            prop_assert_eq!(
                piece_before(&bytes, start..end, b'|', number, stops),
                scalar::piece(&bytes, start, end, b'|', number, stops)
            );
            let whole = piece(&bytes, start..end, b'|', number);
            prop_assert_eq!(&whole, &scalar::piece(&bytes, start, end, b'|', number, [b'|'; 2]));
            prop_assert_eq!(start_of(&bytes, start..end, b'|', number), whole.map(|range| range.start));
            prop_assert_eq!(
                start_of(&bytes, start..end, b'|', number),
                scalar::start_of(&bytes, start, end, b'|', number)
            );
            let mut ends = Vec::new();
            let ascii = line_ends(&bytes, start, b'^', |at, mark| ends.push((at, mark)));
            prop_assert_eq!((ends, ascii), scalar_ends(&bytes, start));
            let (mut wide, mut narrow) = (Vec::new(), Vec::new());
            index(&bytes, *b"|^~\\&", &mut wide);
            scalar::index(&bytes, 0, *b"|^~\\&", &mut narrow);
            prop_assert_eq!(wide, narrow);
        }
    }
}
