//! Descriptions read and refused.

use super::*;
use crate::syntax;
use formats::layout::{Columns, LineEnd};

fn read(text: &str) -> (Forms, Vec<String>) {
    let (tree, mut found) = syntax::parse("lab.flow", text);
    let mut forms = Forms::default();
    forms.add(&tree, &mut found);
    let brief = |finding: &message::Diagnostic| {
        let at = match finding.locations.first() {
            Some(message::Location::Text { span, .. }) => text.get(span.clone()).unwrap_or("?"),
            _ => "",
        };
        format!("{} {at}", finding.code)
    };
    (forms, found.iter().map(brief).collect())
}

#[test]
fn descriptions() {
    let text = "format lab delimited {\n separator \";\"\n quote none\n header yes\n encoding latin-1\n line-end lf\n \
                column mrn \"Patient No\"\n column name\n}\nformat device fixed {\n column id 1..8\n column value 9..16 right fill \"0\"\n}\n\
                format order json {\n place patient.mrn\n place items[*].count number\n indent yes\n}\n\
                format doc xml {\n namespace hl7 \"urn:hl7-org:v3\"\n namespace default \"urn:x\"\n place Doc.@id\n}\nblock x {\n}";
    let (forms, found) = read(text);
    assert_eq!(found, [""; 0]);
    let lab = forms.get("lab").unwrap();
    assert_eq!(lab.format, Format::Delimited);
    assert_eq!(lab.layout.columns_by, Columns::Separator { separator: ';', quote: None });
    assert_eq!(
        (lab.layout.line_end, lab.layout.charset.map(|charset| charset.name())),
        (LineEnd::Lf, Some("windows-1252"))
    );
    assert_eq!(&*lab.layout.column("mrn").unwrap().1.header, "Patient No");
    let device = forms.get("device").unwrap();
    assert_eq!((device.layout.columns_by, device.layout.has_header), (Columns::Position, false));
    assert_eq!((device.layout.columns[1].at, device.layout.columns[1].fill), (Some((9, 16)), '0'));
    let order = forms.get("order").unwrap();
    assert_eq!(order.layout.places[1].repeats, [true, false]);
    assert_eq!(forms.get("doc").unwrap().layout.namespaces.len(), 2);
    assert_eq!(forms.get("tsv").unwrap().layout.columns_by, Columns::Separator { separator: '\t', quote: Some('"') });
    assert_eq!(forms.get("fixed"), None);
    assert_eq!(forms.get("nobody"), None);
    assert_eq!(forms.described().count(), 4);
}

#[test]
fn mistakes() {
    let check = |text: &str, expect: &[&str]| assert_eq!(read(text).1, expect, "{text}");
    check("format", &["E2643 "]);
    check("format csv delimited {\n}", &["E2643 csv"]);
    check("format Lab delimited {\n}", &["E2643 Lab"]);
    check("format lab delimted {\n}", &["E2643 delimted"]);
    check("format lab delimited {\n sep \";\"\n}", &["E2643 sep"]);
    check("format lab json {\n separator \";\"\n}", &["E2643 separator"]);
    check("format lab delimited {\n separator \";;\"\n}", &["E2643 \";;\""]);
    check("format lab delimited {\n separator \"\\\"\"\n}", &["E2643 \"\\\"\""]);
    check("format lab delimited {\n encoding klingon\n}", &["E2643 klingon"]);
    check("format lab delimited {\n column a.b\n}", &["E2643 a.b"]);
    check("format lab delimited {\n column a\n column a\n}", &["E2643 a"]);
    check("format lab delimited {\n header perhaps\n}", &["E2643 perhaps"]);
    check("format lab fixed {\n}", &["E2643 fixed"]);
    check("format lab fixed {\n column a\n}", &["E2643 ", "E2643 fixed"]);
    check("format lab fixed {\n column a 5..1\n}", &["E2643 5..1", "E2643 fixed"]);
    check("format lab fixed {\n column a 1..5\n column b 5..9\n}", &["E2643 fixed"]);
    check("format lab json {\n place a[2].b\n}", &["E2643 a"]);
    check("format lab json {\n place a numbr\n}", &["E2643 numbr"]);
    check("format lab json {\n}\nformat lab xml {\n}", &["E2643 lab"]);
}
