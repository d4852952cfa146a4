//! The grammar by which editors colour files of the language (TextMate, as Visual Studio Code reads it), from the catalogues of
//! words, steps and units.

use lang::{
    keyword::{self, Place},
    steps,
    syntax::{REFERENCE_KINDS, UNITS},
};
use serde_json::{Value, json};

/// The grammar, laid out.
pub(super) fn text() -> String {
    let text = serde_json::to_string_pretty(&grammar()).unwrap_or_default();
    format!("{text}\n")
}

fn grammar() -> Value {
    let is_start = |place: Place| !matches!(place, Place::Condition | Place::Comparison | Place::Value);
    let lang = keyword::KEYWORDS.iter();
    let starts = lang.clone().filter(|one| is_start(one.place)).map(|one| one.word);
    let starts = any(starts.chain(interface::keywords::KEYWORDS.iter().map(|one| one.word)).chain(["else"]));
    let inner = lang.filter(|one| !is_start(one.place)).map(|one| one.word);
    let inner =
        any(inner.chain(["when", "as", "with", "to", "from", "by", "in", "not", "and", "or", "else", "reason"]));
    let names = any(steps::catalogue().map(|step| step.name).chain(["use", "concept", "required"]));
    let units = any(UNITS.iter().copied());
    let kinds = any(REFERENCE_KINDS.iter().copied());
    let one = |name: &str, pattern: String| json!({"name": format!("{name}.sinew"), "match": pattern});
    let word = |words: &str| format!("(?<![\\w.-])(?:{words})(?![\\w.-])");
    json!({
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "comment": "Written by `cargo xtask gen` from the words of the language. Do not edit.",
        "name": "Sinew",
        "scopeName": "source.sinew",
        "fileTypes": ["flow", "map"],
        "patterns": [
            one("comment.line.number-sign", "#.*$".to_owned()),
            json!({"name": "string.quoted.triple.sinew", "begin": "\"\"\"", "end": "\"\"\""}),
            json!({"name": "string.quoted.double.sinew", "begin": "\"", "end": "\"|$", "patterns": [
                one("constant.character.escape", "\\\\(?:[\\\\\"ntr]|u\\{[0-9A-Fa-f]+\\})".to_owned()),
                one("variable.other.interpolated", "\\{[^}\"]*\\}".to_owned()),
            ]}),
            json!({"match": format!("(\\|)\\s*({names})(?![\\w.-])"), "captures": {
                "1": {"name": "keyword.operator.pipe.sinew"}, "2": {"name": "support.function.sinew"}}}),
            json!({"match": format!("(?:^|(?<=\\{{))\\s*({starts})(?![\\w.-])(?!\\s*=)"), "captures": {
                "1": {"name": "keyword.control.sinew"}}}),
            one("variable.other.path", "(?<![\\w.-])[A-Z][A-Z0-9]{2}(?:\\[[^\\]]*\\])?-\\d+(?:\\[[^\\]]*\\])?(?:\\.\\d+)*".to_owned()),
            one("entity.name.type.resource", "(?<![\\w.-])[A-Z][a-z]\\w*(?![\\w-])".to_owned()),
            one("constant.other.reference", format!("(?<![\\w.-])(?:{kinds}):[\\w./-]+")),
            one("constant.numeric", format!("(?<![\\w.-])\\d+(?:\\.\\d+)?(?:{units})?(?:/(?:{units}))?(?![\\w-])")),
            one("keyword.other", word(&inner)),
            one("keyword.operator", "!=|<=|>=|[=<>|]".to_owned()),
        ],
    })
}

/// Words as alternatives, the longest first, each once.
fn any<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let mut words: Vec<&str> =
        words.filter(|word| word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')).collect();
    words.sort_by(|left, right| right.len().cmp(&left.len()).then(left.cmp(right)));
    words.dedup();
    words.join("|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_coloured() {
        let text = text();
        for word in
            keyword::KEYWORDS.iter().map(|one| one.word).chain(interface::keywords::KEYWORDS.iter().map(|one| one.word))
        {
            let is_there = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|found| found == word);
            assert!(is_there || word.contains(|c: char| !c.is_ascii_alphanumeric() && c != '-'), "{word}");
        }
        assert_eq!(any(["a", "ab", "a", "x y"].into_iter()), "ab|a");
    }
}
