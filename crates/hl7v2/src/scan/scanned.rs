//! Bytes that the scanner has been over, with the proof whether they are text.
#![allow(unsafe_code)]

use bytes::Bytes;
use std::ops::Range;

/// Shared bytes and what one pass over them proved. Only [`Scanned::scan`] can state that they are ASCII, and nothing
/// can change them afterwards, so slices of them are text without a second look: a look that costs as much as the
/// parse itself for a document of 2 MB.
#[derive(Clone)]
pub(crate) struct Scanned {
    bytes: Bytes,
    /// All bytes from here on are ASCII; the length where nothing is known.
    ascii_from: usize,
}

impl Scanned {
    /// Bytes about which nothing is known.
    pub(crate) fn unread(bytes: Bytes) -> Scanned {
        Scanned { ascii_from: bytes.len(), bytes }
    }

    /// Goes over the bytes as [`super::line_ends`] does, handing them to `each`. The second part answers whether all
    /// from `from` on is ASCII.
    #[inline]
    pub(crate) fn scan(
        bytes: Bytes,
        from: usize,
        mark: u8,
        mut each: impl FnMut(&[u8], usize, usize),
    ) -> (Scanned, bool) {
        let is_ascii = super::line_ends(&bytes, from, mark, |at, marked| each(&bytes, at, marked));
        let ascii_from = if is_ascii { from.min(bytes.len()) } else { bytes.len() };
        (Scanned { bytes, ascii_from }, is_ascii)
    }

    /// The bytes.
    #[inline]
    pub(crate) fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Takes the bytes out.
    pub(crate) fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// A range as text, if the scan proved that it is ASCII.
    #[inline]
    pub(crate) fn ascii(&self, range: Range<usize>) -> Option<&str> {
        if range.start < self.ascii_from {
            return None;
        }
        let bytes = self.bytes.get(range)?;
        // SAFETY: `scan` saw every byte from `ascii_from` on and none was above 0x7F; `Bytes` cannot change.
        Some(unsafe { std::str::from_utf8_unchecked(bytes) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn only_ascii_is_given_as_text(
            bytes in proptest::collection::vec(prop_oneof![9 => 0u8..128, 1 => any::<u8>()], 0..80), from in 0usize..90, a in 0usize..90, b in 0usize..90,
        ) {
            let (scanned, is_ascii) = Scanned::scan(Bytes::from(bytes.clone()), from, b'\\', |_, _, _| {});
            prop_assert_eq!(is_ascii, bytes[from.min(bytes.len())..].is_ascii());
            if let Some(text) = scanned.ascii(a..b) {
                prop_assert_eq!(text.as_bytes(), &bytes[a..b]);
                prop_assert!(text.is_ascii());
            }
            prop_assert!(a == b || Scanned::unread(Bytes::from(bytes)).ascii(a..b).is_none());
        }
    }
}
