//! Properties and cases.

use crate::{
    Document, Draft, Kind, Layout, Messages, Path,
    charset::Charset,
    codes, cut,
    draft::{ROOT, Simple},
    edit::Value,
    layout::{Column, Columns, LineEnd},
};
use bytes::Bytes;
use message::Format;
use proptest::prelude::*;
use std::sync::Arc;

fn read(format: Format, text: &str) -> Document {
    Document::read(format, text.to_owned(), &layout(format).into())
}

fn layout(format: Format) -> Layout {
    if format == Format::Delimited { Layout::csv() } else { Layout::plain("test") }
}

fn fixed() -> Layout {
    let column = |name: &str, first, last| Column { at: Some((first, last)), ..Column::named(name) };
    let number = Column { is_right: true, fill: '0', ..column("no", 11, 15) };
    Layout {
        columns_by: Columns::Position,
        has_header: false,
        columns: vec![column("mrn", 1, 10), number, column("name", 16, 25)],
        ..Layout::plain("fixed")
    }
}

/// The texts that a path leads to.
fn texts(document: &Document, path: &str) -> Vec<String> {
    let path = Path::parse(path).unwrap_or_else(|wrong| panic!("{path}: {wrong:?}"));
    path.all(document.root()).into_iter().map(|node| node.text().to_owned()).collect()
}

fn ids(document: &Document) -> Vec<&'static str> {
    document.findings().iter().map(|finding| finding.code.id).collect()
}

const JSON: &str = r#"{"id": 7, "patient": {"name": [{"use": "official", "family": "Quist", "given": ["Ada", "M."]},
  {"use": "nickname", "family": "Q\u00FC\n"}], "active": true, "died": null, "Patient ID": "x", "list": []}}"#;

#[test]
fn json_paths() {
    let document = read(Format::Json, JSON);
    assert_eq!(ids(&document), [""; 0]);
    let check = |path: &str, expect: &[&str]| assert_eq!(texts(&document, path), expect, "{path}");
    check("id", &["7"]);
    check("root.id", &["7"]);
    check("patient.name.family", &["Quist", "Qü\n"]);
    check("patient.name[1].family", &["Quist"]);
    check("patient.name[2..].family", &["Qü\n"]);
    check("patient.name[use=official].given", &["Ada", "M."]);
    check("patient.name[use=official].given[2]", &["M."]);
    check("patient.name[use!=official].family", &["Qü\n"]);
    check("patient.name[given].family", &["Quist"]);
    check("patient[\"Patient ID\"]", &["x"]);
    check("patient.died", &[""]);
    check("patient.list", &[]);
    check("patient.nobody.family", &[]);
    let array = read(Format::Json, r#"[{"a": 1}, {"a": 2}, [3]]"#);
    assert_eq!(texts(&array, "root[2].a"), ["2"]);
    assert_eq!(texts(&array, "a"), ["1", "2"]);
    assert_eq!(texts(&array, "root[*].a"), ["1", "2"]);
}

#[test]
fn xml_paths() {
    let text = "<?xml version=\"1.0\"?>\n<a:Doc xmlns:a=\"urn:a\" xmlns=\"urn:b\" id='7'><!-- x -->\n<p code=\"1&amp;2\">A<![CDATA[<]]></p><p/>\n\
                <a:p>other</a:p><n> Quist </n></a:Doc>";
    let document = read(Format::Xml, text);
    assert_eq!(ids(&document), [""; 0]);
    let check = |path: &str, expect: &[&str]| assert_eq!(texts(&document, path), expect, "{path}");
    check("Doc.@id", &["7"]);
    check("a:Doc.p[1].@code", &["1&2"]);
    check("Doc.p", &["A<", "", "other"]);
    check("Doc.a:p", &["other"]);
    check("Doc.n", &[" Quist "]);
    check("b:Doc.n", &[]);
    let mut path = Path::parse("x:Doc.x:p").unwrap();
    path.resolve_prefixes(&[("x".into(), "urn:a".into())]);
    assert_eq!(path.all(document.root()).len(), 1);
}

#[test]
fn rows_and_columns() {
    let document = read(Format::Delimited, "mrn,Name,note\r\n7,\"Quist, Ada\",\"a\r\n\"\"b\"\"\"\r\n\r\n8,Doe\r\n");
    assert_eq!(ids(&document), ["E1310"]);
    assert!(document.findings()[0].message.starts_with("row 2 has 2 columns"), "{:?}", document.findings());
    let check = |path: &str, expect: &[&str]| assert_eq!(texts(&document, path), expect, "{path}");
    check("row.mrn", &["7", "8"]);
    check("mrn", &["7", "8"]);
    check("row[1].Name", &["Quist, Ada"]);
    check("row[1].note", &["a\r\n\"b\""]);
    check("row[2].2", &["Doe"]);
    check("row[2].note", &[]);
    check("row[mrn=8].Name", &["Doe"]);
    let fixed: Arc<Layout> = fixed().into();
    let document = Document::read(Format::Delimited, "7         00042Quist     \nZoë       00000Doe\nx\n", &fixed);
    assert_eq!(ids(&document), ["E1314"]);
    assert_eq!(texts(&document, "row.mrn"), ["7", "Zoë", "x"]);
    assert_eq!(texts(&document, "row.no"), ["42", "0", ""]);
    assert_eq!(texts(&document, "row.name"), ["Quist", "Doe", ""]);
}

#[test]
fn declared_columns() {
    let column = |name: &str, header: &str| Column { header: header.into(), ..Column::named(name) };
    let layout = Layout {
        columns_by: Columns::Separator { separator: ';', quote: None },
        columns: vec![column("mrn", "Patient No"), column("name", "Name")],
        charset: Charset::named("latin-1"),
        ..Layout::csv()
    };
    let layout: Arc<Layout> = layout.into();
    let document = Document::read(Format::Delimited, &b"name;PATIENT NO\nZo\xEB;7\n"[..], &layout);
    assert_eq!(ids(&document), [""; 0]);
    assert_eq!((texts(&document, "row.mrn"), texts(&document, "name")), (vec!["7".to_owned()], vec!["Zoë".to_owned()]));
    let lacking = Document::read(Format::Delimited, &b"name\nDoe\n"[..], &layout);
    assert_eq!((ids(&lacking), lacking.is_whole()), (vec!["E1312"], false));
}

const X12: &str = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*HUB            *260301*0708*^*00501*000000007*0*P*:~\n\
GS*HC*SENDER*HUB*20260301*0708*1*X*005010X222A1~\nST*837*0001*005010X222A1~\nNM1*IL*1*QUIST*ADA****MI*7~\n\
NM1*85*2*CLINIC~\nCLM*A1*100***11:B:1^12*Y~\nSE*5*0001~\nGE*1*1~\nIEA*1*000000007~\n";

#[test]
fn x12_envelopes() {
    let document = read(Format::X12, X12);
    assert_eq!(ids(&document), [""; 0]);
    let check = |path: &str, expect: &[&str]| assert_eq!(texts(&document, path), expect, "{path}");
    check("NM1[.01=IL].03", &["QUIST"]);
    check("NM1[.01=85].3", &["CLINIC"]);
    check("NM1[2].03", &["CLINIC"]);
    check("CLM.05[1].2", &["B"]);
    check("CLM.05[2]", &["12"]);
    check("CLM.05[2].1", &["12"]);
    check("transaction.ST.02", &["0001"]);
    check("ISA.06", &["SENDER         "]);
    check("ISA.16", &[":"]);
    let cut_off = read(Format::X12, &X12.replace("SE*5*0001~\n", "").replace("GE*1*1", "GE*2*9"));
    assert_eq!(ids(&cut_off), ["E1321", "E1321", "E1321"]);
    assert_eq!(ids(&read(Format::X12, "UNB+UNOC:3")), ["E1320"]);
}

#[test]
fn what_is_wrong_is_told_and_what_came_before_is_there() {
    let check = |format: Format, text: &str, expect: &[&str]| {
        let document = read(format, text);
        assert_eq!(ids(&document), expect, "{text}");
        assert_eq!(&**document.write(), text.as_bytes());
        for finding in document.findings() {
            assert!(!finding.message.contains("Quist"), "{finding:?}");
        }
    };
    check(Format::Json, r#"{"a": "Quist", "b": }"#, &["E1301"]);
    check(Format::Json, r#"{"a": "Quist"#, &["E1301"]);
    check(Format::Json, r#"{"a": 1} x"#, &["E1301"]);
    check(Format::Json, "{'a': 1}", &["E1301"]);
    check(Format::Json, "{\"a\": 01}", &["E1301"]);
    check(Format::Json, "[1,]", &["E1301"]);
    check(Format::Json, "", &["E1301"]);
    check(Format::Json, "\"a\nb\"", &["E1301"]);
    check(Format::Json, r#"{"a": 1, "a": 2}"#, &["E1302"]);
    check(Format::Json, r#""\ud83d x""#, &["E1303"]);
    check(Format::Json, r#""\uD83D\uDE00""#, &[]);
    check(Format::Json, &format!("{}1{}", "[".repeat(200), "]".repeat(200)), &["E1305"]);
    check(Format::Xml, "<a><Quist></a>", &["E1304"]);
    check(Format::Xml, "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>", &["E1304"]);
    check(Format::Xml, &"<a>".repeat(5000), &["E1304"]);
    check(Format::Delimited, "a,b\n1,\"Quist\n2,3\n", &["E1311"]);
    check(Format::Delimited, "a,b\n1,\"Quist\" x\n", &["E1313"]);
    check(Format::Delimited, "a,a\n1,2\n", &["E1315"]);
    check(Format::Delimited, "", &[]);
    let begun = read(Format::Json, r#"{"a": {"b": "Quist", "c": [1, 2"#);
    assert_eq!((texts(&begun, "a.b"), texts(&begun, "a.c")), (vec!["Quist".to_owned()], vec!["1".into(), "2".into()]));
}

/// `text` with `value` at `path`.
fn set(format: Format, text: &str, path: &str, value: Value<'_>) -> Result<String, &'static str> {
    let document = read(format, text);
    let changed = document.set(&Path::parse(path).unwrap(), value).map_err(|refused| refused.code.id)?;
    assert!(changed.is_whole(), "{text} {path}: {:?}", changed.findings());
    Ok(String::from_utf8(changed.write().to_vec()).unwrap())
}

#[test]
fn json_edits() {
    let check = |text: &str, path: &str, value: Value<'_>, expect: Result<&str, &'static str>| {
        assert_eq!(set(Format::Json, text, path, value), expect.map(str::to_owned), "{text} {path}");
    };
    check("{ \"a\" :1 }", "a", Value::Text("2"), Ok("{ \"a\" :2 }"));
    check("{ \"a\" :1 }", "a", Value::Text("x\"y"), Ok("{ \"a\" :\"x\\\"y\" }"));
    check("{\"a\":\"1\"}", "a", Value::Text("2"), Ok("{\"a\":\"2\"}"));
    check("{\"a\":\"1\"}", "a", Value::Number("2"), Ok("{\"a\":2}"));
    check("{\"a\":true}", "a", Value::Text("false"), Ok("{\"a\":false}"));
    check("{\"a\":true}", "a", Value::Nothing, Ok("{\"a\":null}"));
    check("{}", "a", Value::Truth(true), Ok("{\"a\":true}"));
    check("{\n  \"a\": 1\n}", "b.c", Value::Text("x"), Ok("{\n  \"a\": 1,\n  \"b\": {\"c\":\"x\"}\n}"));
    check("{\"a\": 1, \"b\": 2}", "c", Value::Text("x"), Ok("{\"a\": 1, \"b\": 2, \"c\": \"x\"}"));
    check("{\"a\":[1]}", "a[+]", Value::Number("2"), Ok("{\"a\":[1,2]}"));
    check("{\"a\":[]}", "a[1].b", Value::Text("x"), Ok("{\"a\":[{\"b\":\"x\"}]}"));
    check("{\"a\":[1]}", "a[3]", Value::Text("x"), Err("E1330"));
    check("{\"a\":{\"b\":1}}", "a", Value::Text("x"), Err("E1330"));
    check("{\"a\":null}", "a.b", Value::Text("x"), Ok("{\"a\":{\"b\":\"x\"}}"));
    check("[{\"a\":1}]", "root[1].a", Value::Text("2"), Ok("[{\"a\":2}]"));
}

#[test]
fn xml_edits() {
    let check = |text: &str, path: &str, value: &str, expect: Result<&str, &'static str>| {
        assert_eq!(set(Format::Xml, text, path, Value::Text(value)), expect.map(str::to_owned), "{text} {path}");
    };
    check("<a> <b c='1'/> </a>", "a.b.@c", "2\"", Ok("<a> <b c='2&quot;'/> </a>"));
    check("<a> <b c='1'/> </a>", "a.b", "x<y", Ok("<a> <b c='1'>x&lt;y</b> </a>"));
    check("<a><b>1</b></a>", "a.b", "", Ok("<a><b></b></a>"));
    check("<a><b>1</b></a>", "a.b.@d", "7", Ok("<a><b d=\"7\">1</b></a>"));
    check("<a>\n  <b>1</b>\n</a>", "a.c", "x", Ok("<a>\n  <b>1</b>\n  <c>x</c>\n</a>"));
    check("<x:a xmlns:x=\"u\"/>", "a.c.@d", "x", Ok("<x:a xmlns:x=\"u\"><x:c d=\"x\"/></x:a>"));
    check("<a><b>1</b></a>", "a.b[2]", "x", Ok("<a><b>1</b><b>x</b></a>"));
    check("<a><b>1</b></a>", "a", "x", Err("E1330"));
    check("<a>text</a>", "a.b", "x", Err("E1330"));
    check("<a/>", "b", "x", Err("E1330"));
    check("<a/>", "a", "\u{1}", Err("E1331"));
}

#[test]
fn row_and_segment_edits() {
    let check = |format: Format, text: &str, path: &str, value: &str, expect: Result<&str, &'static str>| {
        assert_eq!(set(format, text, path, Value::Text(value)), expect.map(str::to_owned), "{text} {path}");
    };
    let csv = |text: &str, path: &str, value: &str, expect| check(Format::Delimited, text, path, value, expect);
    csv("a,b\r\n1, 2 \r\n", "row.b", "x,\"y", Ok("a,b\r\n1,\"x,\"\"y\"\r\n"));
    csv("a,b\r\n1\r\n", "row.b", "2", Ok("a,b\r\n1,2\r\n"));
    csv("a,b\n1,2\n3,4\n", "row[2].a", "x", Ok("a,b\n1,2\nx,4\n"));
    csv("a,b\n1,2\n", "row.c", "x", Err("E1330"));
    check(Format::X12, X12, "NM1[.01=IL].03", "Q:", Err("E1331"));
    let changed = set(Format::X12, X12, "NM1[2].04", Value::Text("NORTH")).unwrap();
    assert_eq!(changed, X12.replace("CLINIC~", "CLINIC*NORTH~"));
    let layout: Arc<Layout> = fixed().into();
    let text = "7         00042Quist     \n";
    let document = Document::read(Format::Delimited, text, &layout);
    let set = |path: &str, value: &str| document.set(&Path::parse(path).unwrap(), Value::Text(value));
    assert_eq!(&**set("row.no", "9").unwrap().write(), b"7         00009Quist     \n");
    assert_eq!(set("row.no", "123456").unwrap_err().code, codes::E1331);
}

#[test]
fn removals() {
    let check = |format: Format, text: &str, path: &str, expect: &str| {
        let document = read(format, text);
        let changed = document.remove(&Path::parse(path).unwrap()).unwrap();
        assert!(changed.is_whole(), "{:?}", changed.findings());
        assert_eq!(std::str::from_utf8(changed.write()).unwrap(), expect, "{text} {path}");
    };
    check(Format::Json, r#"{"a":1, "b":2}"#, "a", r#"{"b":2}"#);
    check(Format::Json, r#"{"a":1, "b":2}"#, "b", r#"{"a":1}"#);
    check(Format::Json, r#"{"a":[1, 2, 3], "b": 0}"#, "a", r#"{"b": 0}"#);
    check(Format::Json, r#"{"a":[1, 2, 3]}"#, "a[2]", r#"{"a":[1, 3]}"#);
    check(Format::Json, r#"{"a":1}"#, "x", r#"{"a":1}"#);
    check(Format::Xml, "<a>\n <b/>\n <c d=\"1\" e=\"2\"/>\n</a>", "a.b", "<a>\n <c d=\"1\" e=\"2\"/>\n</a>");
    check(Format::Xml, "<c d=\"1\" e=\"2\"/>", "c.@d", "<c e=\"2\"/>");
    check(Format::Delimited, "a,b\n1,2\n3,4\n", "row[1]", "a,b\n3,4\n");
    check(Format::Delimited, "a,b\n1,2\n", "row.a", "a,b\n,2\n");
}

#[test]
fn contents_are_cut() {
    let check = |format: Format, text: &str, by: Messages, expect: &[&str]| {
        let cut = cut(format, &Bytes::from(text.to_owned()), &layout(format).into(), by);
        let texts: Vec<&str> = cut.iter().map(|cut| std::str::from_utf8(&cut.bytes).unwrap()).collect();
        assert_eq!(texts, expect, "{text}");
    };
    check(
        Format::Delimited,
        "a,b\r\n1,\"x\r\ny\"\r\n\r\n3,4",
        Messages::Rows,
        &["a,b\r\n1,\"x\r\ny\"\r\n", "a,b\r\n3,4"],
    );
    check(Format::Delimited, "a,b\n", Messages::Rows, &[]);
    check(Format::Delimited, "a,b\n1,2\n", Messages::Whole, &["a,b\n1,2\n"]);
    check(Format::Json, "{\"a\":1}\r\n\n{\"a\":2}", Messages::Lines, &["{\"a\":1}", "{\"a\":2}"]);
    check(Format::Json, "[{\"a\":1}, 2 ]", Messages::Items, &["{\"a\":1}", "2"]);
    check(Format::Json, "{\"a\":1}", Messages::Items, &["{\"a\":1}"]);
    let ragged = cut(Format::Delimited, &Bytes::from("a,b\n1,2\n3\n"), &Layout::csv().into(), Messages::Rows);
    assert_eq!(ragged.iter().map(|cut| cut.found.len()).collect::<Vec<_>>(), [0, 1]);
    assert!(ragged[1].found[0].message.contains("row 2"));
}

fn draft() -> Draft {
    let name = |text: &str| -> Arc<str> { text.into() };
    let mut draft = Draft::new();
    let patient = draft.child(ROOT, &name("patient"));
    let id = draft.child(patient, &name("@id"));
    draft.set(id, Simple::Text, "7");
    let names = draft.child(patient, &name("name"));
    for family in ["Quist", "O'Neil & <Sons>"] {
        let item = draft.item(names, 0);
        let part = draft.child(item, &name("family"));
        draft.set(part, Simple::Text, family);
    }
    let weight = draft.child(patient, &name("weight"));
    draft.set(weight, Simple::Number, "72.50");
    let empty = draft.child(patient, &name("nothing"));
    draft.child(empty, &name("inside"));
    draft
}

#[test]
fn drafts_are_written() {
    let written = |format: Format, layout: &Layout| String::from_utf8(draft().write(format, layout).unwrap()).unwrap();
    let plain = Layout::plain("test");
    assert_eq!(
        written(Format::Json, &plain),
        r#"{"patient":{"@id":"7","name":[{"family":"Quist"},{"family":"O'Neil & <Sons>"}],"weight":72.50}}"#
    );
    let spaced = Layout { namespaces: vec![("".into(), "urn:x".into())], ..plain.clone() };
    assert_eq!(
        written(Format::Xml, &spaced),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<patient xmlns=\"urn:x\" id=\"7\"><name><family>Quist</family></name>\
         <name><family>O'Neil &amp; &lt;Sons&gt;</family></name><weight>72.50</weight></patient>\n"
    );
    let indented = Layout { is_indented: true, ..plain };
    assert!(written(Format::Json, &indented).contains("\n    \"weight\": 72.50\n"));
}

#[test]
fn drafts_of_rows() {
    let name = |text: &str| -> Arc<str> { text.into() };
    let mut draft = Draft::new();
    let rows = draft.child(ROOT, &name("row"));
    for (mrn, no) in [("7", "42"), ("8,9", "")] {
        let row = draft.item(rows, 0);
        for (column, text) in [("mrn", mrn), ("no", no)] {
            let cell = draft.child(row, &name(column));
            draft.set(cell, Simple::Text, text);
        }
    }
    let written =
        |layout: &Layout| draft.write(Format::Delimited, layout).map(|bytes| String::from_utf8(bytes).unwrap());
    assert_eq!(written(&Layout::csv()).unwrap(), "mrn,no\r\n7,42\r\n\"8,9\",\r\n");
    let fixed = Layout { line_end: LineEnd::Lf, ..fixed() };
    assert_eq!(written(&fixed).unwrap(), "7         00042          \n8,9       00000          \n");
    let narrow = Layout { columns: vec![Column::named("mrn")], ..Layout::csv() };
    assert_eq!(written(&narrow).unwrap_err().code, codes::E1330);
}

#[test]
fn drafts_of_x12() {
    let name = |text: &str| -> Arc<str> { text.into() };
    let mut draft = Draft::new();
    let mut segment = |id: &str, parts: &[(&str, &str)]| {
        let at = draft.another(ROOT, &name(id));
        for (number, text) in parts {
            let part = draft.child(at, &name(number));
            draft.set(part, Simple::Text, *text);
        }
    };
    segment(
        "ISA",
        &[("01", "00"), ("05", "ZZ"), ("06", "SENDER"), ("11", "^"), ("12", "00501"), ("13", "7"), ("16", ":")],
    );
    segment("GS", &[("01", "HC"), ("06", "1")]);
    segment("ST", &[("01", "837"), ("02", "0001")]);
    segment("NM1", &[("01", "IL"), ("03", "QUIST")]);
    segment("SE", &[("02", "0001")]);
    segment("GE", &[("02", "1")]);
    segment("IEA", &[("02", "000000007")]);
    let written = String::from_utf8(draft.write(Format::X12, &Layout::plain("x12")).unwrap()).unwrap();
    let document = read(Format::X12, &written);
    assert_eq!(ids(&document), [""; 0], "{written}");
    assert_eq!(texts(&document, "NM1.03"), ["QUIST"]);
    assert_eq!(texts(&document, "SE.01"), ["3"]);
    assert_eq!(&written[..106].len(), &106);
    assert_eq!(written.as_bytes()[105], b'~');
}

#[test]
fn nodes_know_their_paths() {
    for (format, text) in [(Format::Json, JSON), (Format::X12, X12), (Format::Delimited, "a,b c\n1,2\n3,4\n")] {
        let document = read(format, text);
        for number in 1..document.len() {
            let node = Path { hops: Vec::new() }.first(document.root()).map(|root| root.document().node(number));
            let Some(node) = node.filter(|node| node.kind() != Kind::Array && node.kind() != Kind::Envelope) else {
                continue;
            };
            let path = node.path();
            let found = Path::parse(&path).unwrap_or_else(|wrong| panic!("{path}: {wrong:?}")).first(document.root());
            assert_eq!(found, Some(node), "{path}");
        }
    }
}

/// Texts that are more or less of a format.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[{}\\[\\]\",:*~|;'<>/&!?= \r\n\t^-]{0,6}",
        "[a-z0-9]{0,4}",
        Just("\\u00e9".to_owned()),
        Just("\\ud800".to_owned()),
        Just("<a b='c'>".to_owned()),
        Just("</a>".to_owned()),
        Just("ISA*00*          *00*          *ZZ*S              *ZZ*H              *260301*0708*^*00501*000000007*0*P*:~".to_owned()),
        Just("ST*837*1~".to_owned()),
        Just("é日".to_owned()),
        Just("null".to_owned()),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

const FORMATS: [Format; 6] = [Format::Json, Format::Xml, Format::Delimited, Format::X12, Format::Text, Format::Binary];

proptest! {
    #[test]
    fn what_was_read_is_written_again(text in soup()) {
        for format in FORMATS {
            let document = read(format, &text);
            prop_assert_eq!(&document.write()[..], text.as_bytes());
            for number in 0..document.len() {
                let node = document.node(number);
                let _ = (node.text(), node.name(), node.path());
            }
            let by_place = Document::read(Format::Delimited, text.clone(), &fixed().into());
            prop_assert_eq!(&by_place.write()[..], text.as_bytes());
        }
    }

    #[test]
    fn bytes_that_are_no_characters(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for format in FORMATS {
            let document = Document::read(format, bytes.clone(), &layout(format).into());
            prop_assert_eq!(&document.write()[..], &bytes[..]);
        }
    }

    #[test]
    fn a_begun_message_is_no_trouble(at in 0usize..1000) {
        for (format, text) in [(Format::Json, JSON), (Format::X12, X12), (Format::Xml, "<?xml version='1.0'?><a b='c'><d>é</d></a>")] {
            let end = (0..=at.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            let document = read(format, &text[..end]);
            prop_assert_eq!(&document.write()[..], &text.as_bytes()[..end]);
        }
    }

    /// A place that was set reads as what was set, and everything else as before.
    #[test]
    fn what_is_set_is_read(value in "[ -~é\n\t]{0,12}", number in 0usize..40) {
        for (format, text) in [
            (Format::Json, JSON),
            (Format::Delimited, "a,b\n1,\"x,y\"\n3,4\n"),
            (Format::Xml, "<a b='c'><d>1</d><e f=\"2\"/><g>x &amp; y</g></a>"),
        ] {
            let document = read(format, text);
            let simple: Vec<usize> = (1..document.len())
                .filter(|number| {
                    let node = document.node(*number);
                    node.kind().is_simple() || node.kind() == Kind::Element && !node.children().any(|child| child.kind() == Kind::Element)
                })
                .collect();
            let number = simple[number % simple.len()];
            let path = document.node(number).path();
            let changed = document.set(&Path::parse(&path).unwrap(), Value::Text(&value)).unwrap();
            prop_assert!(changed.is_whole(), "{:?}", changed.findings());
            prop_assert_eq!(changed.len(), document.len());
            for other in 1..document.len() {
                let expect = if other == number { &*value } else { document.node(other).text() };
                prop_assert_eq!(changed.node(other).text(), expect, "{} after {}", document.node(other).path(), &path);
            }
        }
    }

    #[test]
    fn cut_rows_are_the_rows(cells in proptest::collection::vec(proptest::collection::vec("[a-z,\"\n ]{0,5}", 2), 1..6)) {
        let mut text = "a,b\r\n".to_owned();
        for row in &cells {
            let mut cell = |at: usize| crate::edit::write_column(&Layout::csv(), at, &row[at], &mut text).unwrap();
            cell(0);
            text.push(',');
            crate::edit::write_column(&Layout::csv(), 1, &row[1], &mut text).unwrap();
            text.push_str("\r\n");
        }
        let messages = cut(Format::Delimited, &Bytes::from(text.clone()), &Layout::csv().into(), Messages::Rows);
        let read_back: Vec<Vec<String>> = messages
            .iter()
            .map(|cut| {
                let document = Document::read(Format::Delimited, cut.bytes.clone(), &Layout::csv().into());
                vec![texts(&document, "row.a").concat(), texts(&document, "row.b").concat()]
            })
            .collect();
        prop_assert_eq!(read_back, cells);
    }
}
