//! A Rust file as tidy sees it: its text with comments and strings blanked out, and the items in it.
//!
//! Promises: same length and same lines as the file, so that a position in one is a position in the other; never
//! panics on text that is not Rust. Never: types, names in scope, macros expanded. It is a reader of braces, not a
//! compiler; where that is too little, clippy decides.

mod items;
mod mask;

pub(crate) use items::{Item, Kind};

/// One Rust file.
pub(crate) struct Source {
    /// The text, comments blanked with spaces and the insides of strings with `~`. ASCII.
    pub(crate) code: String,
    /// Items in order of their first byte.
    pub(crate) items: Vec<Item>,
    /// Where each line starts.
    lines: Vec<usize>,
}

impl Source {
    /// Reads `text`.
    pub(crate) fn read(text: &str) -> Source {
        let code = mask::blank(text);
        let items = items::find(&code);
        let lines = std::iter::once(0).chain(code.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Source { code, items, lines }
    }

    /// The line, from 1, of a byte position.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }

    /// The position lies in an item under `#[cfg(test)]` or `#[test]`.
    pub(crate) fn is_test(&self, at: usize) -> bool {
        self.items.iter().any(|item| item.is_test && item.span.contains(&at))
    }

    /// Places in product code where `word` stands as a whole word.
    pub(crate) fn words<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        let is_word = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
        let bytes = self.code.as_bytes();
        let whole = move |at: &usize| {
            !is_word(at.checked_sub(1).and_then(|before| bytes.get(before))) && !is_word(bytes.get(at + word.len()))
        };
        self.places(word).filter(whole)
    }

    /// Places in product code where `text` stands.
    pub(crate) fn places<'a>(&'a self, text: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.code.match_indices(text).map(|(at, _)| at).filter(|at| !self.is_test(*at))
    }

    /// Lines that hold code between two positions, blank and comment lines left out.
    pub(crate) fn code_lines(&self, span: std::ops::Range<usize>) -> usize {
        self.code[span].lines().filter(|line| !line.trim().is_empty()).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions() {
        let source = Source::read("fn a() {\n  // b\n  x();\n}\n#[cfg(test)]\nmod tests {\n  fn t() { x(); }\n}\n");
        assert_eq!(source.words("x").map(|at| source.line(at)).collect::<Vec<_>>(), [3]);
        assert_eq!(source.words("b").count(), 0, "a comment is no code");
        let first = &source.items[0];
        assert_eq!(source.code_lines(first.span.clone()), 3);
    }
}
