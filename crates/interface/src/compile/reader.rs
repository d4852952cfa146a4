//! What every part of the compiler shares: the surroundings, the findings, and how a value is taken from a line.

use super::{Surroundings, line::Line, quantity};
use crate::codes;
use lang::syntax::{Cursor, Token, Tree};
use message::{Code, Diagnostic};
use std::{ops::Range, sync::Arc, time::Duration};

/// Collects findings while lines are read.
pub(crate) struct Reader<'s> {
    pub(crate) surroundings: &'s Surroundings<'s>,
    pub(crate) findings: Vec<Diagnostic>,
}

/// A value with its place.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) text: Arc<str>,
    pub(crate) span: Range<usize>,
}

impl<'s> Reader<'s> {
    pub(crate) fn new(surroundings: &'s Surroundings<'s>) -> Reader<'s> {
        Reader { surroundings, findings: Vec::new() }
    }

    /// Reports an error with an optional hint.
    pub(crate) fn error(
        &mut self,
        code: Code,
        tree: &Tree,
        span: Range<usize>,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        let mut finding = Diagnostic::error(code, message).at(&tree.file, span, "");
        finding.hint = hint;
        self.findings.push(finding);
    }

    /// Reports a warning with a hint.
    pub(crate) fn warning(
        &mut self,
        code: Code,
        tree: &Tree,
        span: Range<usize>,
        message: impl Into<String>,
        hint: &str,
    ) {
        self.findings.push(Diagnostic::warning(code, message).at(&tree.file, span, "").hint(hint));
    }

    /// An error was found since the findings had this length.
    pub(crate) fn failed_since(&self, length: usize) -> bool {
        self.findings.iter().skip(length).any(Diagnostic::is_error)
    }

    /// Reports an unknown word, naming the nearest known one.
    pub(crate) fn unknown<'k>(
        &mut self,
        code: Code,
        tree: &Tree,
        span: Range<usize>,
        what: &str,
        word: &str,
        known: impl IntoIterator<Item = &'k str> + Clone,
    ) {
        let hint = did_you_mean(word, known.clone()).or_else(|| {
            let all: Vec<&str> = known.into_iter().take(24).collect();
            (!all.is_empty()).then(|| format!("known here: {}", all.join(", ")))
        });
        self.error(code, tree, span, format!("`{word}` is not {what}"), hint);
    }

    /// A bare token or a text; reports `expected` when there is none.
    pub(crate) fn value(&mut self, cursor: &mut Cursor<'_>, expected: &str) -> Option<Written> {
        let Some((text, token)) = cursor.text() else {
            let found = match cursor.peek_str() {
                "" => "the line ends".to_owned(),
                other => format!("`{other}` stands"),
            };
            let message = format!("{found} where {expected} is expected");
            self.error(codes::E3102, cursor.tree(), cursor.here(), message, None);
            return None;
        };
        Some(Written { text: Arc::from(&*text), span: span_of(token) })
    }

    /// A name: letters, digits, `-` and `_`, at most 64.
    pub(crate) fn name(&mut self, cursor: &mut Cursor<'_>, expected: &str) -> Option<Written> {
        let written = self.value(cursor, expected)?;
        if is_name(&written.text) {
            return Some(written);
        }
        let hint = Some("a name has 1 to 64 letters, digits, `-` or `_` and starts with a letter or digit".to_owned());
        let message = format!("`{}` cannot be a name", written.text);
        self.error(codes::E3114, cursor.tree(), written.span, message, hint);
        None
    }

    /// One of a closed list of words.
    pub(crate) fn choice<T: Copy>(
        &mut self,
        cursor: &mut Cursor<'_>,
        expected: &str,
        choices: &[(&'static str, T)],
    ) -> Option<T> {
        let written = self.value(cursor, expected)?;
        if let Some((_, value)) = choices.iter().find(|(word, _)| *word == &*written.text) {
            return Some(*value);
        }
        let known = choices.iter().map(|(word, _)| *word);
        self.unknown(codes::E3109, cursor.tree(), written.span, expected, &written.text, known);
        None
    }

    /// `20s`.
    pub(crate) fn duration(&mut self, cursor: &mut Cursor<'_>) -> Option<Duration> {
        let written = self.value(cursor, "a duration such as `20s`")?;
        let value = quantity::duration(&written.text);
        if value.is_none() {
            let message = format!("`{}` is not a duration", written.text);
            let hint = Some("write a number and ms, s, m, h, d or w: `500ms`, `20s`, `12h`".to_owned());
            self.error(codes::E3109, cursor.tree(), written.span, message, hint);
        }
        value
    }

    /// A whole number between two bounds.
    pub(crate) fn count(&mut self, cursor: &mut Cursor<'_>, low: u64, high: u64) -> Option<u64> {
        let written = self.value(cursor, "a number")?;
        let value = quantity::count(&written.text).filter(|value| (low..=high).contains(value));
        if value.is_none() {
            let message = format!("`{}` is not a whole number from {low} to {high}", written.text);
            self.error(codes::E3109, cursor.tree(), written.span, message, None);
        }
        value
    }

    /// Takes `word` or reports that it is missing.
    pub(crate) fn expect(&mut self, cursor: &mut Cursor<'_>, word: &str) -> Option<()> {
        if cursor.eat(word) {
            return Some(());
        }
        let message = match cursor.peek_str() {
            "" => format!("`{word}` is missing at the end of the line"),
            other => format!("`{word}` is expected, not `{other}`"),
        };
        self.error(codes::E3102, cursor.tree(), cursor.here(), message, None);
        None
    }

    /// Reports what is left on the line.
    pub(crate) fn end(&mut self, cursor: &Cursor<'_>) {
        if !cursor.is_done() {
            let message = format!("`{}` is more than this line takes", cursor.peek_str());
            self.error(codes::E3105, cursor.tree(), cursor.rest_span(), message, None);
        }
    }

    /// Reports a block where none belongs.
    pub(crate) fn no_block(&mut self, line: Line<'_>) {
        if let Some(block) = &line.statement.block {
            let message = format!("`{}` takes no block", line.word());
            self.error(codes::E3116, line.tree, block.span.start..block.span.start + 1, message, None);
        }
    }

    /// Reports a word that may stand only once; `true` when it is the first.
    pub(crate) fn once<T>(&mut self, line: Line<'_>, seen: Option<&T>) -> bool {
        if seen.is_some() {
            let message = format!("`{}` stands here for the second time", line.word());
            self.error(codes::E3103, line.tree, line.word_span(), message, Some("leave one of them out".to_owned()));
        }
        seen.is_none()
    }
}

/// ``did you mean `X`?``, if a known word is near.
pub(crate) fn did_you_mean<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    lang::syntax::closest(word, known).map(|found| format!("did you mean `{found}`?"))
}

pub(crate) fn span_of(token: Token) -> Range<usize> {
    token.start as usize..token.end as usize
}

/// Letters, digits, `-` and `_`, 1 to 64, not starting with a sign: usable in file names, labels and URLs.
pub(crate) fn is_name(text: &str) -> bool {
    text.len() <= 64
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
}
