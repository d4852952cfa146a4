//! Which words of an error may be shown: those of the script itself, and those of the engine.
//!
//! An error of a script is made of two things: what its author or QuickJS wrote, and what the message brought
//! (`new Error("no ward " + ward)`, `cannot read property 'Smith' of undefined`). The second is patient data (R10). So a word
//! is shown only if it stands in the script, or is one that QuickJS and this crate use in their sentences; any other is `…`.

/// Longest text that is shown, characters.
const SHOWN_MAX: usize = 200;

/// Words of the sentences of QuickJS and of this crate.
const ENGINE: &[&str] = &[
    "a",
    "accessor",
    "already",
    "an",
    "and",
    "any",
    "argument",
    "arguments",
    "array",
    "as",
    "assign",
    "async",
    "at",
    "await",
    "be",
    "because",
    "before",
    "bigint",
    "block",
    "but",
    "by",
    "call",
    "called",
    "came",
    "can",
    "cannot",
    "chance",
    "character",
    "class",
    "clock",
    "code",
    "configurable",
    "const",
    "constructor",
    "convert",
    "could",
    "define",
    "defined",
    "delete",
    "derived",
    "duplicate",
    "each",
    "end",
    "error",
    "escape",
    "expected",
    "expecting",
    "extensible",
    "field",
    "for",
    "from",
    "frozen",
    "function",
    "generator",
    "get",
    "getter",
    "gives",
    "group",
    "has",
    "have",
    "identifier",
    "in",
    "index",
    "initialized",
    "initializer",
    "instance",
    "invalid",
    "is",
    "it",
    "item",
    "items",
    "iterable",
    "iterator",
    "its",
    "json",
    "larger",
    "left",
    "length",
    "let",
    "lexical",
    "like",
    "line",
    "list",
    "long",
    "made",
    "make",
    "many",
    "maximum",
    "message",
    "method",
    "missing",
    "moment",
    "month",
    "more",
    "must",
    "name",
    "named",
    "new",
    "no",
    "non",
    "not",
    "nothing",
    "null",
    "number",
    "object",
    "of",
    "on",
    "one",
    "only",
    "operand",
    "operator",
    "or",
    "out",
    "outside",
    "parameter",
    "path",
    "pattern",
    "private",
    "property",
    "prototype",
    "range",
    "read",
    "read-only",
    "reading",
    "redeclaration",
    "reference",
    "regexp",
    "repetition",
    "return",
    "right",
    "same",
    "script",
    "search",
    "segment",
    "set",
    "setter",
    "setting",
    "side",
    "size",
    "so",
    "static",
    "string",
    "super",
    "support",
    "supported",
    "symbol",
    "syntax",
    "table",
    "takes",
    "template",
    "text",
    "than",
    "that",
    "the",
    "them",
    "there",
    "this",
    "three",
    "threw",
    "to",
    "token",
    "too",
    "type",
    "undefined",
    "unexpected",
    "uninitialized",
    "unsupported",
    "unterminated",
    "usage",
    "use",
    "used",
    "value",
    "variable",
    "was",
    "were",
    "what",
    "when",
    "where",
    "which",
    "while",
    "with",
    "without",
    "writable",
    "you",
    "your",
    "1000000",
    "given",
    "letters",
    "such",
    "what",
    "have",
    "numbers",
    "which",
    "came",
    "allow",
    "random",
];

/// The text with every word left out that neither the script nor the engine says.
pub(crate) fn shown(text: &str, source: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if out.chars().count() >= SHOWN_MAX {
            out.push('…');
            break;
        }
        let is_word = is_of_word(first);
        let end = rest.find(|letter: char| is_of_word(letter) != is_word).unwrap_or(rest.len());
        let (piece, behind) = rest.split_at(end);
        rest = behind;
        if !is_word || ENGINE.contains(&piece.to_lowercase().as_str()) || has_word(source, piece) {
            out.extend(piece.chars().map(|letter| if letter.is_control() { ' ' } else { letter }));
        } else {
            out.push('…');
        }
    }
    out
}

/// The text stands between quotes in the script, so its author wrote it and not the message.
pub(crate) fn is_said(text: &str, source: &str) -> bool {
    !text.is_empty() && ['"', '\'', '`'].iter().any(|quote| source.contains(&format!("{quote}{text}{quote}")))
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$'
}

fn has_word(source: &str, word: &str) -> bool {
    source.match_indices(word).any(|(at, _)| {
        let before = source[..at].chars().next_back();
        let after = source[at + word.len()..].chars().next();
        !before.is_some_and(is_of_word) && !after.is_some_and(is_of_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_message_are_left_out() {
        let source = "const ward = msg.get('PV1-3.1'); throw new Error('no ward ' + ward); units[ward].name";
        let check = |text: &str, expect: &str| assert_eq!(shown(text, source), expect);
        check("no ward 4WEST", "no ward …");
        check("cannot read property 'EVERYWOMAN' of undefined", "cannot read property '…' of undefined");
        check("cannot read property 'name' of undefined", "cannot read property 'name' of undefined");
        check("'wards' is not defined", "'…' is not defined");
        check("Eve^Adam-0048", "…^…-…");
        check("no ward Müller", "no ward …");
        assert!(shown(&"ward ".repeat(100), source).chars().count() < 230);
        assert!(is_said("no ward ", source) && !is_said("ward", source) && !is_said("", source));
    }
}
