//! UTF-16 and UTF-32: such a message is transcribed to UTF-8 for work and keeps its raw bytes.
//!
//! Known by a byte order mark, or by the zeros around an opening `MSH`. A transcription that would not give the same
//! bytes back (a lone surrogate, an odd tail) is marked, and edits of it are refused.

/// The wide encodings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wide {
    Utf16Le,
    Utf16Be,
    Utf32Le,
    Utf32Be,
}

impl Wide {
    /// The encoding of `bytes`, if it is wide.
    pub(crate) fn detect(bytes: &[u8]) -> Option<Wide> {
        let opens = |wide: Wide| {
            let header = |id: &str| bytes.starts_with(&wide.encode(id));
            header("\u{FEFF}") || header("MSH") || header("FHS") || header("BHS")
        };
        // A message in a one-byte set opens with three letters: nearly every message leaves here.
        if !bytes.iter().take(4).any(|byte| matches!(byte, 0 | 0xFE | 0xFF)) {
            return None;
        }
        [Wide::Utf32Le, Wide::Utf32Be, Wide::Utf16Le, Wide::Utf16Be].into_iter().find(|wide| opens(*wide))
    }

    /// To UTF-8; the second part says whether [`Wide::encode`] gives the same bytes back.
    pub(crate) fn decode(self, bytes: &[u8]) -> (String, bool) {
        let text: String = match self {
            Wide::Utf16Le | Wide::Utf16Be => {
                let units = bytes.chunks(2).map(|pair| match (self, pair) {
                    (Wide::Utf16Le, [a, b]) => u16::from_le_bytes([*a, *b]),
                    (_, [a, b]) => u16::from_be_bytes([*a, *b]),
                    _ => 0xFFFD,
                });
                char::decode_utf16(units).map(|unit| unit.unwrap_or('\u{FFFD}')).collect()
            }
            Wide::Utf32Le | Wide::Utf32Be => bytes
                .chunks(4)
                .map(|unit| {
                    let value = match (self, unit) {
                        (Wide::Utf32Le, [a, b, c, d]) => u32::from_le_bytes([*a, *b, *c, *d]),
                        (_, [a, b, c, d]) => u32::from_be_bytes([*a, *b, *c, *d]),
                        _ => 0xFFFD,
                    };
                    char::from_u32(value).unwrap_or('\u{FFFD}')
                })
                .collect(),
        };
        let is_lossless = self.encode(&text) == bytes;
        (text, is_lossless)
    }

    /// From UTF-8.
    pub(crate) fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Wide::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Wide::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Wide::Utf32Le => text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
            Wide::Utf32Be => text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect(),
        }
    }

    /// The name for diagnostics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Wide::Utf16Le => "UTF-16 little endian",
            Wide::Utf16Be => "UTF-16 big endian",
            Wide::Utf32Le => "UTF-32 little endian",
            Wide::Utf32Be => "UTF-32 big endian",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detection() {
        for wide in [Wide::Utf16Le, Wide::Utf16Be, Wide::Utf32Le, Wide::Utf32Be] {
            for text in ["\u{FEFF}MSH|^~\\&|山", "MSH|^~\\&|é𝄞"] {
                let bytes = wide.encode(text);
                assert_eq!(Wide::detect(&bytes), Some(wide));
                assert_eq!(wide.decode(&bytes), (text.to_owned(), true));
            }
        }
        assert_eq!(Wide::detect(b"MSH|^~\\&|"), None);
        assert!(!Wide::Utf16Le.decode(b"\xFF\xFEM").1);
    }
}
