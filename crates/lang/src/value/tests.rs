//! Tables of values over one message.

use super::*;
use crate::{Run, Scope, Tables, syntax};
use hl7v2::Message;
use message::Timestamp;

const MESSAGE: &str = "MSH|^~\\&|LAB|NORTH|||20260301||ADT^A01|1|P|2.5.1\r\
    PID|1||77^^^NORTH^MR~88^^^SOUTH^PI||Doe \\T\\ Co^Jane||19991231|F|||\"\"\r";

/// The atoms as written in a list, `-` for empty and `""` for null.
fn evaluate(text: &str) -> Vec<String> {
    let tables = Tables::default();
    let (tree, mut found) = syntax::parse("a.map", format!("x {text}"));
    let mut cursor = syntax::Cursor::new(&tree, &tree.statements[0]);
    cursor.take();
    let value = Value::parse(&mut cursor, &Scope::new(&tables), &mut found);
    assert!(found.is_empty(), "{text}: {found:?}");
    let (message, _) = Message::parse(MESSAGE);
    let value = value.unwrap();
    let item = value.evaluate(&View::new(&message), &mut Run::new(Timestamp(0), 7)).unwrap();
    // The short way, where there is one, gives the same text.
    if let Some(plain) = value.plain() {
        let short = plain.text(&View::new(&message), &mut Run::new(Timestamp(0), 7)).unwrap();
        let long = item.atoms().iter().map(Atom::as_str).find(|text| !text.is_empty());
        assert_eq!(short.as_deref(), long, "{text}");
    }
    item.atoms()
        .iter()
        .map(|atom| match atom {
            Atom::Empty => "-".to_owned(),
            Atom::Null => "\"\"".to_owned(),
            Atom::Text(text) => text.to_string(),
        })
        .collect()
}

#[test]
fn values() {
    let check = |text: &str, expect: &[&str]| assert_eq!(evaluate(text), expect, "{text}");
    check("PID-8", &["F"]);
    check("PID-9", &["-"]);
    check("PID-11", &["\"\""]);
    check("PID-5.1", &["Doe & Co"]);
    check("PID-3.1", &["77"]);
    check("PID-3[2].1", &["88"]);
    check("PID-3[9].1", &["-"]);
    check("PID-3[*].1", &["77", "88"]);
    check("PID-3[.5=PI].1", &["88"]);
    check("event", &["A01"]);
    check("patient", &["77"]);
    check("now", &["19700101000000.000+0000"]);
    check("I", &["I"]);
    check("00048812", &["00048812"]);
    check("20s", &["20s"]);
    check("\"two words\"", &["two words"]);
    check("null", &["\"\""]);
    check("empty", &["-"]);
    check("\"\"", &["-"]);
    check("PID-9 else PID-11 else PID-8", &["\"\""]);
    check("PID-9 else X", &["X"]);
    check("PID-3.1, PID-9, X", &["77", "-", "X"]);
    check("PID-3[*].1, PID-8 | join /", &["77/88/F"]);
    check("PID-9 else PID-5.2 | upper", &["JANE"]);
    check("(PID-5.2 | upper), PID-8", &["JANE", "F"]);
    check("((PID-5.2 | left 1) else X), PID-8 | join", &["JF"]);
    check("\"{PID-5.2} {{x}} {event}{PID-9}\"", &["Jane {x} A01"]);
    check("\"}}{{\"", &["}{"]);
    check("PID-11 | upper", &["\"\""]);
}

#[test]
fn plain_values_borrow() {
    let tables = Tables::default();
    let (tree, mut found) = syntax::parse("a.map", "PID-5.2");
    let mut cursor = syntax::Cursor::new(&tree, &tree.statements[0]);
    let value = Value::parse(&mut cursor, &Scope::new(&tables), &mut found).unwrap();
    let (message, _) = Message::parse(MESSAGE);
    let item = value.evaluate(&View::new(&message), &mut Run::new(Timestamp(0), 7)).unwrap();
    assert!(matches!(item, Item::One(Atom::Text(Cow::Borrowed("Jane")))));
}

#[test]
fn debug_shows_no_content() {
    let atom = Atom::text("Jane");
    assert!(!format!("{atom:?} {:?}", Item::One(atom.clone())).contains("Jane"));
}
