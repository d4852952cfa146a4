//! Invented texts: noise made of the language's own characters, and files that are right.

use proptest::prelude::*;

/// Pieces of the language in any order: finds more than random characters do.
pub(super) fn noise() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(vec![
            "{", "}", "[", "]", "(", ")", ",", "|", "=", "!=", "!", "<=", ">", "\"", "\"\"\"", "\\", "#", "\n", "\r\n",
            "\r", " ", "  ", "\t", "a", "PID-3[.5=MR]", "PID-3[", "x(", "20s", "1..5", "secret:x", "\u{A0}", "\u{FEFF}",
            "\u{7}", "\u{202E}", "é", "\"a b\"", "# c\n", "when ", "{\n  ", "\n}", "'", ";", "https://a?b=c", "\\d",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn value() -> impl Strategy<Value = String> {
    let plain = prop::sample::select(vec![
        "mllp",
        "0.0.0.0:2575",
        "PID-3[.5=MR].1",
        "\"a b\"",
        "\"x\\n\\\"y\"",
        "20s",
        "00048812",
        "secret:cert",
        "1..5",
        "when",
        "=",
        "!=",
        "<",
        "| trim",
        "| join \" \"",
        "[]",
        "[A01, A04]",
        "[a,b , c]",
        "[PID-3[2] , (x)]",
        "( a )",
        "(a (b))",
        "extension(url)",
        "not(a)",
        ",",
        "*",
        "Müller",
        "[\n  a,\n # why\n  b\n]",
        "[\n\n\na\n]",
        "\n | upper",
        "\n\n  # step\n\n | lower",
        "\"\"\"\n  a\n    b\n  \"\"\"",
        "(a\n  or b\n)",
        "x#y",
    ]);
    plain.prop_map(str::to_owned)
}

fn word() -> impl Strategy<Value = String> {
    let words = vec![
        "send",
        "receive",
        "when",
        "a-very-long-first-word",
        "gender",
        "birthDate",
        "PID-5.1",
        "x",
        "500",
        "\"text\"",
        "telecom[phone].value",
    ];
    prop::sample::select(words).prop_map(str::to_owned)
}

fn line_end() -> impl Strategy<Value = String> {
    let ends =
        vec!["\n", "\n", "\n", "\r\n", " # note\n", "   #note  \n", "\n\n", "\n# above\n", "\n\n\n\n  # b\n\n\n"];
    prop::sample::select(ends).prop_map(str::to_owned)
}

fn header() -> impl Strategy<Value = String> {
    let gap = prop::sample::select(vec![" ", "  ", "\t", "      "]);
    (word(), prop::collection::vec((gap, value()), 0..6))
        .prop_map(|(word, values)| values.into_iter().fold(word, |line, (gap, value)| line + gap + &value))
}

/// A file without errors, laid out anyhow.
pub(super) fn file() -> impl Strategy<Value = String> {
    let indent = prop::sample::select(vec!["", " ", "  ", "\t", "       "]);
    let assignment = (word(), value()).prop_map(|(word, value)| format!("{word} = {}", value.trim_start()));
    let line = (indent.clone(), prop_oneof![2 => header(), 1 => assignment], line_end());
    let leaf = line.prop_map(|(indent, header, end)| format!("{indent}{header}{end}"));
    let statement = leaf.prop_recursive(3, 24, 5, move |inner| {
        let inner = prop::collection::vec(inner, 0..5).prop_map(|lines| lines.concat());
        let open = prop::sample::select(vec![" {\n", "{ # open\n", "  {\n\n\n", " {\n  # first\n", " { "]);
        let close = prop::sample::select(vec!["}\n", "  } # close\n", "}\r\n", "\n\n}\n\n"]);
        (indent.clone(), header(), open, inner, close)
            .prop_map(|(indent, header, open, inner, close)| format!("{indent}{header}{open}{inner}{close}"))
    });
    let one_line = header().prop_map(|header| format!("{} {{ x y }}\n", header.replace('\n', " ").replace('#', "")));
    let top = prop_oneof![6 => statement, 1 => one_line];
    let start = prop::sample::select(vec!["", "", "\u{FEFF}", "\n\n", "# top\n\n"]);
    (start, prop::collection::vec(top, 0..6))
        .prop_map(|(start, parts)| format!("{start}{}", parts.concat()))
        .prop_filter("has no errors", |text| !super::parse("a.flow", text.as_str()).0.has_errors)
}
