//! Statements, blocks, continuation lines, and what holds for every text.

use super::{strategy, *};
use proptest::prelude::*;
use std::time::{Duration, Instant};

fn check(text: &str, expect: &str) {
    let tree = read(text);
    assert_eq!(outline(&tree, &tree.statements), expect, "{text}");
}

#[test]
fn lines_become_statements() {
    check("", "");
    check("\n\n# only a comment\n", "");
    check("owner \"A\" contact x\ncritical 1 # c\n", "(owner \"A\" contact x) (critical 1)");
    check("a\r\nb\rc\n", "(a) (b) (c)");
    check("send x {\n  when a = b\n  map m\n}\n", "(send x {(when a = b) (map m)})");
    check("rule \"r\" when event = A03 { PV1-45 exists }\nb", "(rule \"r\" when event = A03 {(PV1-45 exists)}) (b)");
    check("a { b { c } }", "(a {(b {(c)})})");
    check("a {}\nb { }\nc {\n}", "(a {}) (b {}) (c {})");
}

#[test]
fn brackets_and_pipes_continue_a_line() {
    check("keep in [\nA01,\n# c\nA04\n]\nb", "(keep in [ A01 , A04 ]) (b)");
    check("when (a\nor b)\nc", "(when ( a or b )) (c)");
    check("x = PID-5\n  | trim\n\n  # why\n  | upper\ny = 1", "(x = PID-5 | trim | upper) (y = 1)");
    check("a [x\n] {\n b\n}", "(a [ x ] {(b)})");
    check("a \"\"\"\nx\n\"\"\" b\nc", "(a \"\"\"\nx\n\"\"\" b) (c)");
}

#[test]
fn spans_reach_from_the_first_token_to_the_last() {
    let text = "  a b # c\n send {\n  x\n } # d\n";
    let tree = read(text);
    let spans: Vec<&str> = tree.statements.iter().map(|statement| &text[statement.span.clone()]).collect();
    assert_eq!(spans, ["a b", "send {\n  x\n }"]);
    let block = tree.statements[1].block.as_ref().unwrap();
    assert_eq!(&text[block.span.clone()], "{\n  x\n }");
    assert_eq!(tree.statements[1].word(&tree), "send");
    assert_eq!(tree.statements_at(text.find('x').unwrap()).len(), 2);
}

#[test]
fn places_have_lines_and_columns() {
    let tree = read("\u{FEFF}aé b\r\n c");
    let at = |wanted: &str| tree.line_column(tree.text.find(wanted).unwrap());
    assert_eq!((at("a"), at("b"), at("c")), ((1, 1), (1, 4), (2, 2)));
    assert_eq!((tree.line_column(99), tree.line_column(5)), ((2, 3), (1, 1)), "outside, and inside a character");
}

#[test]
fn a_cursor_takes_a_line_apart() {
    let tree = read("send \"my lab\" [A01] | x");
    let mut cursor = Cursor::new(&tree, &tree.statements[0]);
    assert!(cursor.eat("send") && !cursor.eat("send"));
    assert_eq!(cursor.text().unwrap().0, "my lab");
    assert_eq!(cursor.text(), None);
    assert_eq!(cursor.rest_span(), 14..23);
    assert!(cursor.eat_kind(TokenKind::OpenBracket).is_some() && cursor.eat("A01"));
    assert!(cursor.eat_kind(TokenKind::CloseBracket).is_some() && cursor.eat_kind(TokenKind::Pipe).is_some());
    assert!(cursor.eat("x") && cursor.is_done());
    assert_eq!((cursor.here(), cursor.peek_str()), (23..23, ""));
}

/// What holds for every tree, right or wrong.
fn assert_sound(tree: &Tree) {
    let mut at = 0;
    for token in &tree.tokens {
        assert_eq!(token.start as usize, at);
        assert!(token.end > token.start);
        at = token.end as usize;
    }
    assert_eq!(at, tree.text.len());
    let mut used = Vec::new();
    assert_statements(&tree.statements, 0..tree.text.len(), 0, &mut used);
    assert!(used.windows(2).all(|pair| pair[0] < pair[1]), "each token in one header, in order");
    if !tree.has_errors {
        let braces = |token: &Token| matches!(token.kind, TokenKind::OpenBrace | TokenKind::CloseBrace);
        assert_eq!(used.len(), tree.significant().filter(|token| !braces(token)).count(), "none is left out");
    }
}

fn assert_statements(list: &[Statement], within: std::ops::Range<usize>, depth: usize, used: &mut Vec<u32>) {
    assert!(depth <= message::limits::SYNTAX_DEPTH_MAX);
    for statement in list {
        assert!(!statement.header.is_empty());
        used.extend(&statement.header);
        assert!(within.start <= statement.span.start && statement.span.end <= within.end);
        if let Some(block) = &statement.block {
            assert_statements(&block.statements, block.span.clone(), depth + 1, used);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_noise_yields_a_sound_tree(text in strategy::noise()) {
        let (tree, findings) = parse("a.flow", text.as_str());
        assert_sound(&tree);
        prop_assert_eq!(tree.has_errors, findings.iter().any(Diagnostic::is_error));
    }

    #[test]
    fn any_characters_yield_a_sound_tree(text in any::<String>()) {
        assert_sound(&parse("a.flow", text.as_str()).0);
    }

    #[test]
    fn right_files_yield_a_sound_tree(text in strategy::file()) {
        assert_sound(&read(&text));
    }
}

#[test]
fn deep_nesting_is_cut_with_a_finding() {
    for (open, close) in [("a {", "}"), ("{", "}"), ("(", ")"), ("[", "]"), ("(", ""), ("a {\n", "")] {
        let text = format!("x {}b{}\n", open.repeat(5000), close.repeat(5000));
        let (tree, findings) = parse("a.flow", text.as_str());
        assert_sound(&tree);
        assert!(findings.len() <= findings::FINDINGS_MAX && tree.has_errors, "{open}");
    }
    let text = format!("x {}b{}\n", "(".repeat(5000), ")".repeat(5000));
    let (tree, findings) = parse("a.flow", text.as_str());
    assert_eq!(brief(&tree, &findings), ["E2009 1:67 ("]);
    assert_eq!(tree.statements[0].header.len(), 1 + 64 + 64, "the header closes what it opens");
}

/// Worst cases for a reader that looks ahead. Quadratic time would take minutes here.
#[test]
fn time_grows_with_the_text_alone() {
    for piece in [
        "a[",
        "a[\"",
        "x(",
        "(",
        "a(",
        "{",
        "}",
        "a {\n",
        "\"",
        "\"\"\"a\n",
        "[\n",
        "x\n\n\n",
        "\\\"",
        "a?=",
        "\\\"\"\"\n",
        "#\n",
        "]",
        "|\n",
        ")(",
    ] {
        let text = format!("a {}\n| x", piece.repeat(200_000 / piece.len()));
        let start = Instant::now();
        assert_sound(&parse("a.flow", text.as_str()).0);
        assert!(start.elapsed() < Duration::from_secs(5), "{piece:?} took {:?}", start.elapsed());
    }
}
