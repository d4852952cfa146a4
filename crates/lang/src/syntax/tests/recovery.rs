//! Files with mistakes: what is said, where, and how much of the tree survives.

use super::*;

fn check(text: &str, expect: &[&str], tree_expect: &str) {
    let (tree, findings) = parse("a.flow", text);
    assert_eq!(brief(&tree, &findings), expect, "{text}");
    assert_eq!(outline(&tree, &tree.statements), tree_expect, "{text}");
    assert!(findings.iter().all(|finding| finding.hint.is_some()), "every finding says what to do");
}

#[test]
fn braces_that_do_not_add_up() {
    check("a {\n  b\n}\n}\nc\n", &["E2001 4:1 }"], "(a {(b)}) (c)");
    check("a {\n  b\n", &["E2002 1:3 {"], "(a {(b)})");
    check("a {\n  b {\n    c\n  }\n", &["E2002 1:3 {"], "(a {(b {(c)})})");
    check("}", &["E2001 1:1 }"], "");
    check("a { b { c", &["E2002 1:3 {", "E2002 1:7 {"], "(a {(b {(c)})})");
}

#[test]
fn a_forgotten_brace_is_found_by_indentation() {
    check(
        "interface a {\n  send x {\n    map m\n\n  send y {\n    map n\n  }\n}\ntest t {\n  given f\n}\n",
        &["E2002 2:10 {"],
        "(interface a {(send x {(map m)}) (send y {(map n)})}) (test t {(given f)})",
    );
    check(
        "interface a {\n  send x {\n    map m\n}\ntest t {\n}\n",
        &["E2002 2:10 {"],
        "(interface a {(send x {(map m)})}) (test t {})",
    );
    let (_, findings) = parse("a.flow", "a {\n  b {\n    c\n  d\n}\n");
    assert!(matches!(&findings[0].locations[1], Location::Text { span, .. } if *span == (18..19)), "points at `d`");
}

#[test]
fn a_brace_too_many_is_found_by_indentation() {
    check("a {\n  b {\n    c\n  }\n  }\n  d\n}\ne\n", &["E2001 5:3 }"], "(a {(b {(c)}) (d)}) (e)");
}

#[test]
fn without_indentation_nothing_is_guessed() {
    check("a {\nb {\nc\n}\nd\n", &["E2002 1:3 {"], "(a {(b {(c)}) (d)})");
}

#[test]
fn a_brace_on_its_own_line_belongs_to_the_line_above() {
    check("a b\n{\n  c\n}\nd", &["E2003 2:1 {"], "(a b {(c)}) (d)");
    check("{\n  c\n}\nd", &["E2003 1:1 {"], "(c) (d)");
    check("a { x } { y }\n", &["E2003 1:9 {"], "(a {(x)}) (y)");
}

#[test]
fn an_open_list_costs_one_line() {
    check("a [b, c\nd (e\nf\n", &["E2006 1:3 [", "E2006 2:3 ("], "(a [ b , c) (d ( e) (f)");
    check("a {\n  k in [A01\n}\nb [x]\n", &["E2006 2:8 ["], "(a {(k in [ A01)}) (b [ x ])");
    check("a [b {\n  c]\n}\n", &["E2006 1:3 [", "E2007 2:4 ]"], "(a [ b {(c ])})");
    check("a (b]\nc", &["E2006 1:3 (", "E2007 1:5 ]"], "(a ( b ]) (c)");
    check("a [(b]\nc", &["E2006 1:4 ("], "(a [ ( b ]) (c)");
}

#[test]
fn an_open_text_costs_one_line() {
    check("interface a \"Title {\n  b\n}\nc\n", &["E2004 1:13 \"Title"], "(interface a \"Title {(b)}) (c)");
    check("a \"x\nb \"y\"\n", &["E2004 1:3 \"x"], "(a \"x) (b \"y\")");
}

#[test]
fn statements_keep_to_their_lines() {
    check("a { b } c d\ne", &["E2014 1:9 c"], "(a {(b)}) (c d) (e)");
    check("a {\n  | trim\n}\n", &["E2016 2:3 |"], "(a {(| trim)})");
}
