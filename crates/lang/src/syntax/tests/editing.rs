//! Edits against a model: the same change made on nested lists.

use super::{
    edit::{self, Edit},
    strategy, *,
};
use proptest::prelude::*;

/// A statement as words and children.
#[derive(Clone, Debug, PartialEq)]
struct Node {
    header: Vec<String>,
    children: Option<Vec<Node>>,
}

fn model(tree: &Tree, statements: &[Statement]) -> Vec<Node> {
    let words = |statement: &Statement| {
        let tokens = statement.header.iter().filter_map(|index| tree.token(*index));
        tokens.map(|token| tree.slice(token).to_owned()).collect()
    };
    let children = |statement: &Statement| statement.block.as_ref().map(|block| model(tree, &block.statements));
    statements.iter().map(|one| Node { header: words(one), children: children(one) }).collect()
}

/// Every statement with the way to it.
fn all<'t>(statements: &'t [Statement], way: &[usize], out: &mut Vec<(Vec<usize>, &'t Statement)>) {
    for (index, statement) in statements.iter().enumerate() {
        let here = [way, &[index]].concat();
        out.push((here.clone(), statement));
        all(statement.children(), &here, out);
    }
}

/// The list that holds the statement at the end of `way`.
fn list_of<'m>(top: &'m mut Vec<Node>, way: &[usize]) -> &'m mut Vec<Node> {
    way[..way.len() - 1].iter().fold(top, |list, index| list[*index].children.as_mut().unwrap())
}

fn apply(text: &str, edits: &[Edit]) -> String {
    edit::apply(text, edits).unwrap()
}

fn first(tree: &Tree) -> &Statement {
    &tree.statements[0]
}

#[test]
fn values_are_replaced_where_they_stand() {
    let check = |text: &str, nth: usize, source: &str, expect: &str| {
        let tree = read(text);
        assert_eq!(apply(text, &edit::set_value(&tree, first(&tree), nth, source).unwrap()), expect);
    };
    check("  critical   1  # c\nx", 1, "2", "  critical   2  # c\nx");
    check("a = PID-5.1   | trim", 2, "\"x y\"", "a = \"x y\"   | trim");
    check("a=PID-5.1|trim", 2, "b", "a= b |trim");
    check("a [b,c]", 2, "d", "a [d,c]");
    check("a\"b\"", 1, "c", "a c");
    check("a \"b\"# c", 1, "c", "a c # c");
    check("a \"b\"{\n}", 1, "c", "a c{\n}");
    let text = "a = PID-5.1\n  | trim # c\nb";
    let tree = read(text);
    assert_eq!(apply(text, &edit::set_rest(&tree, first(&tree), 2, "x | upper").unwrap()), "a = x | upper # c\nb");
    assert_eq!(
        apply(text, &edit::rename(&tree, first(&tree), "trim", "upper").unwrap()),
        text.replace("trim", "upper")
    );
}

#[test]
fn statements_come_and_go_with_their_lines() {
    let text = "a {\r\n    b # of b\r\n    # of c\r\n    c\r\n\r\n    d\r\n    # end\r\n}\r\n";
    let tree = read(text);
    let children = first(&tree).children();
    let new = "n {\n  m\n}";
    let placed = "    n {\r\n      m\r\n    }\r\n";
    let check = |edits: Vec<Edit>, expect: String| assert_eq!(apply(text, &edits), expect);
    check(
        edit::insert_before(&tree, &children[1], new).unwrap(),
        text.replace("    # of c", &format!("{placed}    # of c")),
    );
    check(
        edit::insert_after(&tree, &children[0], new).unwrap(),
        text.replace("    # of c", &format!("{placed}    # of c")),
    );
    check(edit::append(&tree, Some(first(&tree)), new).unwrap(), text.replace("}\r\n", &format!("{placed}}}\r\n")));
    check(edit::append(&tree, None, "e").unwrap(), format!("{text}e\r\n"));
    check(edit::remove(&tree, &children[0]), text.replace("    b # of b\r\n", ""));
    check(edit::remove(&tree, &children[1]), text.replace("    c\r\n", ""));
}

#[test]
fn blocks_are_made_and_opened_up() {
    let check = |text: &str, edits: fn(&Tree) -> Vec<Edit>, expect: &str| {
        assert_eq!(apply(text, &edits(&read(text))), expect, "{text}");
    };
    check("  a b # c\nd", |tree| edit::append(tree, Some(first(tree)), "x").unwrap(), "  a b { # c\n    x\n  }\nd");
    check("a", |tree| edit::append(tree, Some(first(tree)), "x").unwrap(), "a {\n  x\n}");
    check("a { b }", |tree| edit::append(tree, Some(first(tree)), "x").unwrap(), "a { b \n  x\n}");
    check("a { b }", |tree| edit::insert_before(tree, &first(tree).children()[0], "x").unwrap(), "a { \n  x\n  b }");
    check("a { b }", |tree| edit::insert_after(tree, &first(tree).children()[0], "x").unwrap(), "a { b\n  x\n }");
    check("a { b }", |tree| edit::remove(tree, &first(tree).children()[0]), "a { }");
    check("\u{FEFF}# c\na", |tree| edit::insert_before(tree, first(tree), "x").unwrap(), "\u{FEFF}x\n# c\na");
}

#[test]
fn what_is_not_whole_is_refused() {
    let tree = read("a b [c] {\n d\n}");
    let statement = first(&tree);
    for source in ["", "\"x", "[a", "a)", "a {", "}", "a # c", "a\nb", "# c", "'x'", "\u{7}"] {
        let refused = edit::set_value(&tree, statement, 1, source).unwrap_err();
        assert_eq!((refused.code.id, refused.hint.is_some()), ("E2020", true), "{source}");
    }
    assert!(edit::set_value(&tree, statement, 9, "a").is_err(), "no such value");
    assert!(edit::set_value(&tree, statement, 2, "a").is_err(), "a bracket");
    assert!(
        edit::set_value(&tree, statement, 0, "| a").is_err() && edit::set_rest(&tree, statement, 0, "| a").is_err()
    );
    for source in ["", "# c", "a {", "}", "| a", "a \"b"] {
        assert!(edit::insert_before(&tree, statement, source).is_err(), "{source}");
        assert!(edit::append(&tree, Some(statement), source).is_err(), "{source}");
    }
    assert!(edit::rename(&tree, statement, "b", "x y").is_err() && edit::rename(&tree, statement, "b", "").is_err());
    let edits = [Edit { range: 0..3, replacement: String::new() }, Edit { range: 2..4, replacement: String::new() }];
    assert!(edit::apply("abcdef", &edits).is_err());
    assert!(edit::apply("é", &[Edit { range: 1..1, replacement: String::new() }]).is_err());
}

/// Makes change number `operation` on the tree and on the model.
fn change(tree: &Tree, pick: usize, operation: usize, nodes: &mut Vec<Node>) -> Option<Vec<Edit>> {
    let mut statements = Vec::new();
    all(&tree.statements, &[], &mut statements);
    let (way, statement) = statements.get(pick % statements.len().max(1))?;
    let at = *way.last()?;
    let new = Node {
        header: vec!["new".into(), "\"x y\"".into()],
        children: Some(vec![Node { header: vec!["m".into()], children: None }]),
    };
    let source = "new   \"x y\" { # note\n  m\n}";
    match operation {
        0 => {
            list_of(nodes, way).remove(at);
            Some(edit::remove(tree, statement))
        }
        1 => {
            list_of(nodes, way).insert(at, new);
            Some(edit::insert_before(tree, statement, source).unwrap())
        }
        2 => {
            list_of(nodes, way).insert(at + 1, new);
            Some(edit::insert_after(tree, statement, source).unwrap())
        }
        3 => {
            list_of(nodes, way)[at].children.get_or_insert_default().push(new);
            Some(edit::append(tree, Some(statement), source).unwrap())
        }
        4 => {
            nodes.push(new);
            Some(edit::append(tree, None, source).unwrap())
        }
        5 => {
            let from = pick / 7 % statement.header.len();
            let edits = edit::set_rest(tree, statement, from, "b | upper").ok()?;
            let node = &mut list_of(nodes, way)[at];
            node.header.truncate(from);
            node.header.extend(["b".into(), "|".into(), "upper".into()]);
            Some(edits)
        }
        _ => {
            let nth = pick / 7 % statement.header.len();
            let edits = edit::set_value(tree, statement, nth, "ab").ok()?;
            list_of(nodes, way)[at].header[nth] = "ab".into();
            Some(edits)
        }
    }
}

fn edits_cases() -> u32 {
    if cfg!(debug_assertions) { 600 } else { 10_000 }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(edits_cases()))]

    #[test]
    fn a_change_changes_its_own_statement_only(text in strategy::file(), pick in 0usize..1000, operation in 0usize..7) {
        let tree = read(&text);
        let mut expect = model(&tree, &tree.statements);
        if let Some(edits) = change(&tree, pick, operation, &mut expect) {
            let changed = apply(&text, &edits);
            let (after, findings) = parse("a.flow", changed.as_str());
            prop_assert_eq!(model(&after, &after.statements), expect, "{}\n-->\n{}\n{:?}", text, changed, findings);
            prop_assert!(!after.has_errors, "{:?}", findings);
            for edit in &edits {
                let removed = &text[edit.range.clone()];
                let comments = parse("a.flow", removed).0;
                let comment_count = comments.tokens.iter().filter(|token| token.kind == TokenKind::Comment).count();
                prop_assert!(matches!(operation, 0 | 5) || comment_count == 0, "comments outside stay");
                prop_assert!((1..=4).contains(&operation) <= removed.is_empty(), "insertion replaces nothing");
            }
        }
    }
}
