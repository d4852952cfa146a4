//! There and back through JSON.

use super::{
    strategy,
    twin::{from_json, schema, to_json},
    *,
};
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn a_file_has_a_twin() {
    let text = "# top\nsend lab \"A b\" [A01, 5 x] (a = 20s) { # open\n  map m # m\n  # end\n} # close\nx\n# last\n";
    let expect = json!({
        "schema": "sinew.syntax/1",
        "statements": [
            {
                "comments": ["# top"],
                "word": "send",
                "values": [
                    {"kind": "word", "value": "lab"},
                    {"kind": "text", "value": "A b"},
                    {"kind": "list", "items": [
                        [{"kind": "word", "value": "A01"}],
                        [{"kind": "number", "value": "5"}, {"kind": "word", "value": "x"}],
                    ]},
                    {"kind": "group", "values": [
                        {"kind": "word", "value": "a"},
                        {"kind": "symbol", "value": "="},
                        {"kind": "quantity", "value": "20s"},
                    ]},
                ],
                "comment": "# open",
                "block": [{"word": "map", "values": [{"kind": "word", "value": "m"}], "comment": "# m"}],
                "comments_at_end": ["# end"],
                "comment_at_end": "# close",
            },
            {"word": "x"},
        ],
        "comments_at_end": ["# last"],
    });
    assert_eq!(to_json(&read(text)), expect);
    assert_eq!(from_json(&expect).unwrap(), format(&read(text)));
}

#[test]
fn lists_keep_their_commas() {
    for text in ["a []", "a [b]", "a [b,]", "a [,]", "a [,,b c]", "a [[b], [c, (d, e)]]", "a ()"] {
        let tree = read(text);
        assert_eq!(meaning(&read(&from_json(&to_json(&tree)).unwrap())), meaning(&tree), "{text}");
    }
}

#[test]
fn wrong_json_is_refused_with_its_place() {
    let value = |json: Value| json!({"statements": [{"word": "a", "values": [json]}]});
    let check = |json: Value, place: &str| {
        let refused = from_json(&json).unwrap_err();
        assert_eq!(refused.code.id, "E2019");
        assert!(refused.message.starts_with(&format!("at {place}: ")), "{}", refused.message);
        assert!(refused.hint.is_some());
    };
    let at = "/statements/0/values/0";
    check(json!([]), "the top");
    check(json!({"schema": "other/1", "statements": []}), "the top");
    check(json!({"statements": {}}), "the top");
    check(json!({"statements": [], "more": 1}), "the top");
    check(json!({"statements": [{}]}), "/statements/0");
    check(json!({"statements": [{"word": "a b"}]}), "/statements/0");
    check(json!({"statements": [{"word": "a", "comment": "# x\ny"}]}), "/statements/0");
    check(json!({"statements": [{"word": "a", "comment": "x"}]}), "/statements/0");
    check(json!({"statements": [{"word": "a", "block": [{"word": "}"}]}]}), "/statements/0/block/0");
    check(value(json!({"kind": "word", "value": "a\nsend b"})), at);
    check(value(json!({"kind": "word", "value": "a {"})), at);
    check(value(json!({"kind": "number", "value": 5})), at);
    check(value(json!({"kind": "symbol", "value": "{"})), at);
    check(value(json!({"kind": "magic", "value": "x"})), at);
    check(value(json!({"kind": "list", "items": ["x"]})), at);
    check(json!({"statements": [{"values": [{"kind": "symbol", "value": "|"}]}]}), "the top");
    let deep = (0..100).fold(json!({"word": "a"}), |inner, _| json!({"word": "a", "block": [inner]}));
    assert!(from_json(&json!({"statements": [deep]})).is_err());
    let deep =
        (0..100).fold(json!({"kind": "word", "value": "a"}), |inner, _| json!({"kind": "group", "values": [inner]}));
    assert!(from_json(&value(deep)).is_err());
}

#[test]
fn the_schema_names_every_kind_that_is_written() {
    let kinds = schema()["$defs"]["value"].to_string();
    for kind in
        ["word", "path", "number", "quantity", "reference", "range", "text", "block-text", "symbol", "list", "group"]
    {
        assert!(kinds.contains(&format!("\"{kind}\"")), "{kind}");
    }
}

fn comments(tree: &Tree) -> Vec<String> {
    let all = tree.tokens.iter().filter(|token| token.kind == TokenKind::Comment);
    let mut list: Vec<String> = all.map(|token| tree.slice(*token).trim_end().to_owned()).collect();
    list.sort();
    list
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn there_and_back_keeps_meaning_and_comments(text in strategy::file()) {
        let tree = read(&text);
        let json = to_json(&tree);
        let again = read(&from_json(&json).unwrap());
        prop_assert_eq!(meaning(&tree), meaning(&again));
        prop_assert_eq!(comments(&tree), comments(&again));
        prop_assert_eq!(to_json(&again), json);
    }

    #[test]
    fn noise_has_a_twin(text in strategy::noise()) {
        let (tree, _) = parse("a.flow", text.as_str());
        let back = from_json(&to_json(&tree));
        prop_assert!(tree.has_errors || back.is_ok());
    }
}
