//! Each shape, and the borders between them.

use super::*;
use proptest::prelude::*;

fn kinds(text: &str) -> Vec<(TokenKind, String)> {
    let (tree, _) = parse("a.flow", text);
    tree.significant().map(|token| (token.kind, tree.slice(token).to_owned())).collect()
}

/// Runs without blanks, by shape.
const RUNS: &[(TokenKind, &str)] = &[
    (TokenKind::Path, "PID-5.1 PID-3[2].4.1 PID-3[.5=MR].1 OBX[3]-5 OBX[*]-5 OBX-5[*] ZPD-4 PID-3[+] OBX[3]"),
    (TokenKind::Path, "ORDER_OBSERVATION[2].OBX-5 name.family identifier[mr].value telecom[phone].value"),
    (TokenKind::Path, "extension(url) extension(https://example.org/x).value Patient.gender id.5 obx-5 n.2 value[x]"),
    (TokenKind::Path, r#"PID-3[.5="a]b"].1 PID-3[.1="a\"]"]"#),
    (TokenKind::Number, "0.92 500 00048812 -5 +1.5 0"),
    (TokenKind::Quantity, "20s 5m 12h 7d 64MiB 20/s 500ms 2w 1.5h 99.9% 1GB"),
    (TokenKind::Reference, "secret:adt-cert table:race env:PORT peer:epic-prod sql:select-unit"),
    (TokenKind::Range, "1..5 06:00..20:00 0..10 1..* 2026-01-01..2026-12-31"),
    (TokenKind::Word, "after-stored A01 I 0.0.0.0:2575 https://fhir.example.org/r4 5-0142 in/*.hl7 2.5.1 WARD#4"),
    (TokenKind::Word, "integration@example.org ihe-pam-2.5.1 samples/a01-north.hl7 ../shared/x a/../b PID gender"),
    (TokenKind::Word, "2026-03-29T02:30 Europe/Berlin ADT_A01 secret: http://a rx01.example.org:6661 * a. .5 a.."),
    (TokenKind::Word, "PID- PID-3. O'Brien Müller 患者 20S a-b.c - PID-x file:///tmp 1..2..3"),
];

#[test]
fn a_run_has_the_shape_of_its_characters() {
    let spaced = [(TokenKind::Path, "PID-3[.5=\"M R\"].1")];
    let runs = RUNS.iter().flat_map(|(kind, runs)| runs.split(' ').map(|run| (*kind, run)));
    for (kind, text) in runs.chain(spaced) {
        assert_eq!(kinds(text), [(kind, text.to_owned())], "{text}");
        assert_eq!(kinds(&format!("[{text}]")).get(1), Some(&(kind, text.to_owned())), "in a list: {text}");
    }
}

#[test]
fn runs_end_where_other_tokens_start() {
    let check = |text: &str, expect: &[&str]| {
        let found: Vec<String> = kinds(text).into_iter().map(|(_, text)| text).collect();
        assert_eq!(found, expect, "{text}");
    };
    check("a=b", &["a", "=", "b"]);
    check("a!=b<=c>=d<e>f", &["a", "!=", "b", "<=", "c", ">=", "d", "<", "e", ">", "f"]);
    check("[A01,A04]", &["[", "A01", ",", "A04", "]"]);
    check("PID-5.1|trim", &["PID-5.1", "|", "trim"]);
    check("x{y}", &["x", "{", "y", "}"]);
    check("WARD#4 # ward", &["WARD#4"]);
    check("\"a\"# c", &["\"a\""]);
    check("not(a)", &["not", "(", "a", ")"]);
    check("count (OBX-5)", &["count", "(", "OBX-5", ")"]);
    check("ext(a b)", &["ext", "(", "a", "b", ")"]);
    check("ext(a)(b)", &["ext(a)(b)"]);
    check("a[x].b[\"y z\"]c d", &["a[x].b[\"y z\"]c", "d"]);
    check("a\tb\u{A0}c", &["a", "b", "c"]);
    check("\u{FEFF}a", &["a"]);
    check("a\\b", &["a\\b"]);
    check("\"a\" \"\" \"\\\"\"", &["\"a\"", "\"\"", "\"\\\"\""]);
}

#[test]
fn texts_have_values() {
    let check = |text: &str, expect: &str| {
        let tree = read(text);
        assert_eq!(tree.value(tree.significant().next().unwrap()), expect, "{text}");
    };
    check(r#""plain""#, "plain");
    check(r#""""#, "");
    check(r#""a\"b\\c\nd\te\rf\u{1F}g\u{1F600}""#, "a\"b\\c\nd\te\rf\u{1f}g\u{1F600}");
    check("00048812", "00048812");
    check("\"WARD #4 {PID-5.1}\"", "WARD #4 {PID-5.1}");
    check("\"\"\"one line\"\"\"", "one line");
    check("\"\"\"\n    a\n      b\n\n    c\n    \"\"\"", "a\n  b\n\nc");
    check("\"\"\"\n    a\n  \"\"\"", "  a");
    check("\"\"\"\r\n  a\r\n  b\r\n  \"\"\"", "a\nb");
    check("\"\"\"first\n  second\n  third\"\"\"", "first\nsecond\nthird");
    check("\"\"\"\n  a\\n\\\"\"\"\n  \"\"\"", "a\n\"\"\"");
    check("\"\"\"\n\"\"\"", "");
    check("\"\"\"\n\ta\n  b\n\"\"\"", "\ta\n  b");
}

#[test]
fn findings_of_the_lexer() {
    let check = |text: &str, expect: &[&str]| {
        let (tree, findings) = parse("a.flow", text);
        assert_eq!(brief(&tree, &findings), expect, "{text:?}");
    };
    check("owner \"abc", &["E2004 1:7 \"abc"]);
    check("owner \"abc\nx \"y\"", &["E2004 1:7 \"abc"]);
    check("a \"abc {\n b\n}", &["E2004 1:3 \"abc"]);
    check("a \"\"\"abc\nb", &["E2004 1:3 \"\"\"abc"]);
    check(
        r#"a "x\d\u{110000}\u{}\u""#,
        &[r"E2005 1:5 \d", r"E2005 1:7 \u{110000}", r"E2005 1:17 \u{", r"E2005 1:21 \u"],
    );
    check("a PID-3[.5=M R]", &["E2006 1:8 [.5=M", "E2007 1:15 ]"]);
    check("a \u{7}", &["E2008 1:3 \u{7}"]);
    check("a # \u{202E}", &["E2008 1:5 \u{202E}"]);
    check("a \"\u{0}\"", &["E2008 1:4 \u{0}"]);
    check("fhir https://a.example/r4?x=1&y=2 z", &["E2012 1:6 https://a.example/r4?x=1&y=2"]);
    check("a 'b'", &["E2013 1:3 'b'"]);
    check("a \u{201C}b c\u{201D}", &["E2013 1:3 \u{201C}b"]);
    check("a b;", &["E2014 1:4 ;"]);
    check("when ! x", &["E2015 1:6 !"]);
    check("a\u{A0}b", &["E2017 1:2 \u{A0}"]);
    check("a \u{FEFF}b", &["E2017 1:3 \u{FEFF}"]);
    check("\u{FEFF}a O'Brien b=c", &[]);
}

#[test]
fn a_file_over_the_limit_is_one_token() {
    let text = "a ".repeat(message::limits::SYNTAX_BYTES_MAX / 2 + 1);
    let (tree, findings) = parse("a.flow", text.as_str());
    assert_eq!(tree.tokens.len(), 1);
    assert_eq!(tree.slice(tree.tokens[0]), text);
    assert_eq!(findings[0].code.id, "E2010");
    assert!(tree.statements.is_empty() && tree.has_errors);
}

#[test]
fn bytes_that_are_no_text_are_found() {
    let (tree, findings) = parse_bytes("a.flow", b"owner \"M\xFCller\"\n");
    assert_eq!(brief(&tree, &findings), ["E2011 1:9 \u{FFFD}"]);
    let (_, findings) = parse_bytes("a.flow", "owner \"Müller\"\n".as_bytes());
    assert_eq!(findings, []);
}

#[test]
fn quoting_keeps_every_value() {
    for value in ["", "a\"b\\c", "\n\t\r", "\u{1F}\u{202E}", "{x}", "'"] {
        assert_eq!(read(&quote(value)).value(read(&quote(value)).tokens[0]), value);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn quoted_values_come_back(value in any::<String>()) {
        let text = quote(&value);
        let tree = read(&text);
        prop_assert_eq!(tree.tokens.len(), 1);
        prop_assert_eq!(tree.value(tree.tokens[0]), value);
    }

    #[test]
    fn block_texts_come_back(value in "[ \t\na\"\\\\\r{}\u{1}]{0,30}") {
        let text = quote::quote_block(&value);
        let tree = read(&text);
        prop_assert_eq!(tree.tokens.len(), 1, "{}", text);
        prop_assert_eq!(tree.value(tree.tokens[0]), value, "{}", text);
    }
}
