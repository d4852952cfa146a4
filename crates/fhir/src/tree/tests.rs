//! Reading, writing, building and editing trees.

use super::*;
use crate::{Error, codes};
use proptest::prelude::*;

fn tree(text: &str) -> Tree {
    Tree::read(text.as_bytes()).unwrap()
}

fn written(tree: &Tree) -> String {
    String::from_utf8(tree.write()).unwrap()
}

#[test]
fn what_is_read_is_written() {
    let check = |text: &str, expect: &str| {
        let tree = tree(text);
        assert_eq!(written(&tree), expect);
        assert!(Tree::read(&tree.write_pretty()).unwrap().root().is_same(tree.root()), "{text}");
    };
    let same = |text: &str| check(text, text);
    same("{}");
    same("[]");
    same("\"\"");
    same("null");
    same(r#"{"a":[null,{},[],"x",1.00,1.0,-0,1e400,true,false]}"#);
    same(r#"{"birthDate":null,"_birthDate":{"extension":[{"url":"u"}]},"zebra":1,"_zebra":{},"":2,"_":3}"#);
    same(r#"{"given":["A",null],"_given":[null,{"id":"x"}]}"#);
    same("{\"a\":\"na\u{ef}ve \u{1F600}\"}");
    check(" {\r\n\t\"a\" : [ 1 , 2 ] } ", r#"{"a":[1,2]}"#);
    check("\u{feff}{\"a\":1}", r#"{"a":1}"#);
    check(
        r#"{"\u0061\u00e9":"\ud83d\ude00\/\b\f\n\r\t\"\\\u0001x"}"#,
        "{\"aé\":\"😀/\\b\\f\\n\\r\\t\\\"\\\\\\u0001x\"}",
    );
    check(r#"{"na\u006de":1}"#, r#"{"name":1}"#);
}

#[test]
fn people_read_it_with_a_line_for_each_value() {
    let expect = "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": {\n    \"c\": \"d\"\n  }\n}";
    assert_eq!(tree(r#"{"a":[1,{}],"b":{"c":"d"}}"#).write_pretty(), expect.as_bytes());
}

#[test]
fn texts_share_their_place() {
    let mut tree = tree(r#"{"url":"urn:uuid:7\u00e9","id":"","rest":[]}"#);
    let of = |tree: &Tree, name: &str| tree.root().get(name).unwrap().id();
    let (url, id, rest) = (of(&tree, "url"), of(&tree, "id"), of(&tree, "rest"));
    tree.share(id, url, 9).unwrap();
    tree.share(rest, url, 12).unwrap();
    assert_eq!(written(&tree), r#"{"url":"urn:uuid:7\u00e9","id":"7\u00e9","rest":""}"#.replace("\\u00e9", "\u{e9}"));
    // In the middle of a letter, behind the end, no text.
    for (place, from) in [(url, 11), (url, 13), (tree.root().id(), 0)] {
        let refused = tree.share(id, place, from);
        assert!(matches!(refused, Err(Error::Refused { code, .. }) if code == codes::E1204), "{from}");
    }
    tree.set(tree.root().id(), "url", Value::Text("x")).unwrap();
    assert_eq!(tree.root().get("id").unwrap().text(), Some("7\u{e9}"));
}

#[test]
fn a_property_is_found_whatever_happened_to_its_object() {
    // Forty names share sixteen bits, so that many are perhaps there and are not.
    let names: Vec<&str> = include_str!("names.txt").lines().step_by(40).collect();
    let mut tree = Tree::new();
    let root = tree.root().id();
    let check = |tree: &Tree, has: &[&str]| {
        for name in &names {
            assert_eq!(tree.root().get(*name).is_some(), has.contains(name), "{name}");
        }
    };
    for (at, name) in names.iter().enumerate() {
        tree.set(root, *name, Value::Integer(1)).unwrap();
        check(&tree, &names[..=at]);
    }
    let read = Tree::read(&tree.write()).unwrap();
    check(&read, &names);
    let mut other = Tree::new();
    other.graft(Place::Property(other.root().id(), "contained".into()), read.root()).unwrap();
    let copy = other.root().get("contained").unwrap();
    assert!(names.iter().all(|name| copy.get(*name).is_some()));
    for (at, name) in names.iter().enumerate() {
        tree.remove(tree.root().get(*name).unwrap().id());
        check(&tree, &names[at + 1..]);
    }
    let first = tree.set(root, names[0], Value::Object).unwrap();
    tree.rename(first, names[1]).unwrap();
    check(&tree, &names[1..2]);
    let inner = tree.set(first, names[2], Value::Null).unwrap();
    tree.relocate(inner, Place::Property(root, names[3].into())).unwrap();
    check(&tree, &[names[1], names[3]]);
    // An object that never had the name before.
    for name in &names {
        let mut tree = Tree::new();
        let root = tree.root().id();
        let only = tree.set(root, "resourceType", Value::Null).unwrap();
        tree.rename(only, *name).unwrap();
        check(&tree, &[*name]);
    }
}

#[test]
fn what_is_no_json_is_refused_with_its_place() {
    let check = |text: &str, code: message::Code, offset: usize| match Tree::read(text.as_bytes()) {
        Err(Error::InvalidBytes { code: found, offset: at, .. }) => assert_eq!((found, at), (code, offset), "{text}"),
        other => panic!("{text}: {other:?}"),
    };
    let bad = |text: &str, offset: usize| check(text, codes::E1200, offset);
    bad("", 0);
    bad("   ", 3);
    bad("{", 1);
    bad("{\"a\"", 4);
    bad("{\"a\":", 5);
    bad("{\"a\":1", 6);
    bad("{\"a\":1,}", 7);
    bad("[1,]", 3);
    bad("[1 2]", 3);
    bad("[1", 2);
    bad("{a:1}", 1);
    bad("{'a':1}", 1);
    bad("{\"a\" 1}", 5);
    bad("{} {}", 3);
    bad("\"abc", 4);
    bad("\"abcdefghijkl", 13);
    bad("nul", 0);
    bad("True", 0);
    bad("NaN", 0);
    bad("-", 0);
    bad("+1", 0);
    bad("01", 0);
    bad(".5", 0);
    bad("1.", 0);
    bad("1e", 0);
    bad("// x\n{}", 0);
    check(r#"{"a":1,"b":{"a":1},"a":2}"#, codes::E1202, 19);
    check(r#"{"a":1,"\u0061":2}"#, codes::E1202, 7);
    check("\"a\nb\"", codes::E1203, 2);
    check("\"0123456789\t\"", codes::E1203, 11);
    check(r#""\x""#, codes::E1203, 1);
    check(r#""\u12G4""#, codes::E1203, 1);
    check(r#""\ud800""#, codes::E1203, 1);
    check(r#""\ud800\u0041""#, codes::E1203, 1);
    check(r#""\udc00\ud800""#, codes::E1203, 1);
    let many = (0..40).map(|at| format!("\"x{}\":1", at % 39)).collect::<Vec<_>>().join(",");
    check(&format!("{{{many}}}"), codes::E1202, many.len() + 1 - "\"x0\":1".len());
    let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    check(&deep(TREE_DEPTH_MAX + 1), codes::E1201, TREE_DEPTH_MAX);
    assert!(Tree::read(deep(TREE_DEPTH_MAX).as_bytes()).is_ok());
    assert_eq!(Tree::read(b"\"\xFF\"").unwrap_err().code(), codes::E1203);
}

#[test]
fn an_error_says_line_and_column_and_no_content() {
    let error = Tree::read("{\n  \"é\": Doe}".as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "E1200: line 2, column 8: a value is expected here");
    assert!(!format!("{:?} {error:?} {:?}", error.diagnostic(), tree("{\"a\":\"Doe\"}")).contains("Doe"));
}

#[test]
fn elements_are_found() {
    let text = r#"{"resourceType":"Patient","active":true,"name":[{"given":["A",null],"_given":[null,{"id":"x"}]}],
        "birthDate":"2000","_birthDate":{"id":"y"}}"#;
    let tree = tree(text);
    let root = tree.root();
    assert_eq!(root.resource_type(), Some("Patient"));
    assert_eq!(root.get("active").and_then(Node::bool), Some(true));
    assert_eq!(root.get("active").and_then(Node::scalar), Some("true"));
    let given = root.get("name").unwrap().at(0).unwrap().get("given").unwrap();
    assert_eq!((given.len(), given.path().as_str()), (2, "Patient.name[0].given"));
    let second = given.at(1).unwrap();
    assert!(second.is_null() && second.index() == Some(1));
    assert_eq!(second.path(), "Patient.name[0].given[1]");
    assert_eq!(second.extras().and_then(|extras| extras.get("id")).and_then(Node::text), Some("x"));
    assert!(given.at(0).unwrap().extras().is_none());
    assert_eq!(root.get("birthDate").and_then(Node::extras).map(|extras| extras.len()), Some(1));
    assert_eq!(given.items().count(), 2);
    assert_eq!(root.get("birthDate").unwrap().items().count(), 1);
    assert!(root.get("nothing").is_none() && root.get("birthDate").unwrap().get("x").is_none());
}

#[test]
fn trees_are_built() {
    let mut tree = Tree::new();
    let root = tree.root().id();
    tree.set(root, "resourceType", Value::Text("Patient")).unwrap();
    let name = tree.slot(root, "name", 0).unwrap();
    tree.set(name, "family", "D\"oe".into()).unwrap();
    tree.append(name, "given", "Jane".into()).unwrap();
    assert_eq!(tree.slot(root, "name", 0).unwrap(), name);
    tree.set(root, "zebra", Value::Integer(i64::MIN)).unwrap();
    tree.set(root, "value", Value::Number(Number::new("1.00").unwrap())).unwrap();
    tree.set(root, "active", true.into()).unwrap();
    tree.set(root, "resourceType", "Person".into()).unwrap();
    let expect = "{\"resourceType\":\"Person\",\"name\":[{\"family\":\"D\\\"oe\",\"given\":[\"Jane\"]}],\
                  \"zebra\":-9223372036854775808,\"value\":1.00,\"active\":true}";
    assert_eq!(written(&tree), expect);
    tree.clear();
    assert_eq!((written(&tree).as_str(), tree.node_count()), ("{}", 1));
    for text in ["", "1.", "+1", "01", "1 ", "a", "1e5x"] {
        assert!(Number::new(text).is_none(), "{text}");
    }
}

#[test]
fn routes() {
    let check = |routes: &[&str], expect: &str| {
        let mut tree = Tree::new();
        let root = tree.root().id();
        let mut codes = Vec::new();
        for route in routes {
            let route = Route::parse(route).unwrap();
            if let Err(error) = tree.put_at(root, &route, Value::Integer(1)) {
                codes.push(error.code());
            }
        }
        assert_eq!(written(&tree), expect);
        codes
    };
    assert!(check(&["a", "b.c", "b.d", "a"], r#"{"a":1,"b":{"c":1,"d":1}}"#).is_empty());
    assert!(check(&["a[0].b", "a[1].b", "a[1].c[+]", "a[1].c[+]"], r#"{"a":[{"b":1},{"b":1,"c":[1,1]}]}"#).is_empty());
    assert!(check(&["a[-].b", "a[-].c", "a[+].b", "a[-].d"], r#"{"a":[{"b":1,"c":1},{"b":1,"d":1}]}"#).is_empty());
    assert!(check(&["a[0]", "a[0]", "a[1]", "a[-]"], r#"{"a":[1,1]}"#).is_empty());
    assert_eq!(check(&["a", "a.b", "a[0]"], r#"{"a":1}"#), [codes::E1204; 2]);
    assert_eq!(check(&["a[0]", "a[2]"], r#"{"a":[1]}"#), [codes::E1204]);
    for text in ["", ".", "a.", "a[", "a[x]", "a[]b", "a[1]x", "a b", "a[-1]", &"a.".repeat(70)] {
        assert_eq!(Route::parse(text).map_err(|error| error.code()), Err(codes::E1205), "{text}");
    }
}

#[test]
fn places() {
    let check = |start: &str, edit: &dyn Fn(&mut Tree) -> Result<(), Error>, expect: &str| {
        let mut tree = tree(start);
        let refused = edit(&mut tree).is_err();
        assert_eq!((written(&tree).as_str(), refused), (expect, expect == start), "{start}");
    };
    let id = |tree: &Tree, key: &str| tree.root().get(key).unwrap().id();
    let item = |tree: &Tree, key: &str, at: usize| tree.root().get(key).unwrap().at(at).unwrap().id();
    let insert = |at: usize| move |tree: &mut Tree| tree.put(Place::Before(id(tree, "a"), at), 9.into()).map(|_| ());
    check(r#"{"a":[1,2]}"#, &insert(0), r#"{"a":[9,1,2]}"#);
    check(r#"{"a":[1,2]}"#, &insert(1), r#"{"a":[1,9,2]}"#);
    check(r#"{"a":[1,2]}"#, &insert(2), r#"{"a":[1,2,9]}"#);
    check(r#"{"a":[]}"#, &insert(0), r#"{"a":[9]}"#);
    check(r#"{"a":[1,2]}"#, &insert(3), r#"{"a":[1,2]}"#);
    check(r#"{"a":{}}"#, &insert(0), r#"{"a":{}}"#);
    check(r#"{"a":1}"#, &|tree| tree.set(id(tree, "a"), "b", 1.into()).map(|_| ()), r#"{"a":1}"#);
    let remove = |at: usize| {
        move |tree: &mut Tree| {
            tree.remove(item(tree, "a", at));
            tree.put(Place::Last(id(tree, "a")), 9.into()).map(|_| ())
        }
    };
    check(r#"{"a":[1,2,3]}"#, &remove(0), r#"{"a":[2,3,9]}"#);
    check(r#"{"a":[1,2,3]}"#, &remove(1), r#"{"a":[1,3,9]}"#);
    check(r#"{"a":[1,2,3]}"#, &remove(2), r#"{"a":[1,2,9]}"#);
    check(r#"{"a":[1]}"#, &remove(0), r#"{"a":[9]}"#);
    let shift = |from: usize, to: usize| {
        move |tree: &mut Tree| tree.relocate(item(tree, "a", from), Place::Before(id(tree, "a"), to))
    };
    check(r#"{"a":[1,2,3]}"#, &shift(0, 2), r#"{"a":[2,3,1]}"#);
    check(r#"{"a":[1,2,3]}"#, &shift(2, 0), r#"{"a":[3,1,2]}"#);
    check(r#"{"a":[1,2,3]}"#, &shift(1, 3), r#"{"a":[1,2,3]}"#);
    let onto = |from: &'static str, to: &'static str| {
        move |tree: &mut Tree| tree.relocate(id(tree, from), Place::Property(tree.root().id(), to.into()))
    };
    check(r#"{"a":{"x":1},"b":2,"c":3}"#, &onto("a", "b"), r#"{"b":{"x":1},"c":3}"#);
    check(r#"{"a":{"x":1},"b":2}"#, &onto("a", "d"), r#"{"b":2,"d":{"x":1}}"#);
    let into_itself = |tree: &mut Tree| tree.relocate(id(tree, "a"), Place::Property(id(tree, "a"), "x".into()));
    check(r#"{"a":{"x":1}}"#, &into_itself, r#"{"a":{"x":1}}"#);
    check(r#"{"a":{"x":[1]},"b":2}"#, &|tree| tree.replace(id(tree, "a"), Value::Array), r#"{"a":[],"b":2}"#);
    check(
        r#"{"a":1}"#,
        &|tree| {
            tree.remove(tree.root().id());
            Ok(())
        },
        "{}",
    );
}

#[test]
fn a_property_is_renamed_where_it_stands() {
    let mut tree = tree(r#"{"a":1,"b":[2]}"#);
    let (a, b) = (tree.root().get("a").unwrap().id(), tree.root().get("b").unwrap().at(0).unwrap().id());
    assert!(tree.rename(a, "b").is_err() && tree.rename(b, "c").is_err());
    let root = tree.root().id();
    assert!(tree.rename(root, "c").is_err());
    tree.rename(a, "valueString").unwrap();
    assert_eq!(written(&tree), r#"{"valueString":1,"b":[2]}"#);
}

#[test]
fn a_removed_value_stays_out() {
    let mut tree = tree(r#"{"a":[{"b":1},2]}"#);
    let gone = tree.root().get("a").unwrap().at(0).unwrap().id();
    tree.remove(gone);
    tree.remove(gone);
    assert_eq!(written(&tree), r#"{"a":[2]}"#);
    let root = tree.root().id();
    tree.relocate(gone, Place::Property(root, "c".into())).unwrap();
    assert_eq!(written(&tree), r#"{"a":[2],"c":{"b":1}}"#);
}

fn json() -> impl Strategy<Value = String> {
    let number = prop_oneof![Just("0"), Just("-1"), Just("1.00"), Just("1e-7"), Just("123456789012345678901234567890")];
    let string = "\\PC{0,12}|[\\x00-\\x7f]{0,9}".prop_map(|text| serde_json::to_string(&text).unwrap());
    let word = prop_oneof![Just("null"), Just("true"), Just("false")].prop_map(str::to_string);
    let leaf = prop_oneof![number.prop_map(str::to_string), string, word];
    leaf.prop_recursive(5, 60, 6, |inner| {
        let key = prop_oneof!["name|_name|given|value", "\\PC{0,6}"];
        let object = prop::collection::btree_map(key, inner.clone(), 0..6).prop_map(|properties| {
            let part = |(key, value)| format!("{}:{value}", serde_json::to_string(&key).unwrap());
            format!("{{{}}}", properties.into_iter().map(part).collect::<Vec<_>>().join(","))
        });
        prop_oneof![prop::collection::vec(inner, 0..6).prop_map(|items| format!("[{}]", items.join(","))), object]
    })
}

proptest! {
    #[test]
    fn any_json_is_kept(text in json()) {
        let tree = tree(&text);
        prop_assert_eq!(&written(&tree), &text);
        prop_assert_eq!(written(&Tree::read(&tree.write_pretty()).unwrap()), text);
    }

    #[test]
    fn a_copy_is_the_same(text in json()) {
        let tree = tree(&text);
        let mut other = Tree::new();
        let place = Place::Property(other.root().id(), "copy".into());
        let copy = other.graft(place, tree.root()).unwrap();
        prop_assert!(other.node(copy).is_same(tree.root()));
        prop_assert_eq!(written(&other), format!("{{\"copy\":{}}}", written(&tree)));
    }

    #[test]
    fn any_bytes_are_read_as_json_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        prop_assert_eq!(Tree::read(&bytes).is_ok(), serde_json::from_slice::<serde_json::Value>(&bytes).is_ok());
    }

    #[test]
    fn broken_json_is_refused_like_elsewhere(text in json(), at in any::<prop::sample::Index>(), byte in "[\\[\\]{}\",:0-9a-z \\\\]") {
        let mut text = text;
        let mut at = at.index(text.len() + 1);
        while !text.is_char_boundary(at) { at -= 1; }
        text.insert_str(at, &byte);
        let is_twin = matches!(Tree::read(text.as_bytes()), Err(ref error) if error.code() == codes::E1202);
        let expect = serde_json::from_str::<serde_json::Value>(&text);
        // serde_json refuses numbers that no f64 holds.
        let is_range = expect.as_ref().is_err_and(|error| error.to_string().contains("out of range"));
        prop_assert!(is_twin || is_range || Tree::read(text.as_bytes()).is_ok() == expect.is_ok(), "{}", text);
    }
}
