//! Maps to trees and from them.

use crate::{Form, Forms, MapFile, Matter, Run, Scope, Tables, syntax};
use message::{Format, Timestamp};

fn forms() -> Forms {
    let text = "format lab delimited {\n separator \";\"\n column mrn \"Patient No\"\n column family\n column sex\n}\n";
    let mut forms = Forms::default();
    forms.add(&syntax::parse("f.flow", text).0, &mut Vec::new());
    forms
}

/// What the map makes, or the codes of what is wrong with it.
fn run(map: &str, form: &Form, text: &str) -> Result<String, Vec<String>> {
    let tables = Tables::default();
    let forms = forms();
    let scope = Scope::new(&tables).with_forms(&forms);
    let (tree, mut found) = syntax::parse("t.map", map);
    let (file, more) = MapFile::compile(&tree, &scope);
    found.extend(more);
    let errors: Vec<String> = found
        .iter()
        .filter(|finding| finding.is_error())
        .map(|finding| format!("{} {}", finding.code, finding.message))
        .collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    assert_eq!(file.takes().format, form.format);
    let (matter, _) = Matter::read(form, text.to_owned());
    match file.make(&matter, &mut Run::new(Timestamp(0), 0)) {
        Ok(made) => Ok(String::from_utf8(made.to_bytes().to_vec()).unwrap()),
        Err(fault) => Err(vec![fault.to_string()]),
    }
}

const ORU: &str = "MSH|^~\\&|LAB|N|H|N|20260301||ORU^R01|1|P|2.5.1\rPID|1||7^^^N^MR~8||Quist^Ada||20010304|F\rOBX|1|NM|GLU^Glucose||5.5|mmol\rOBX|2|NM|NA||140\r";

fn v2() -> Form {
    Form::default()
}

#[test]
fn from_hl7v2_to_json_xml_and_rows() {
    let map = "map t from hl7v2 2.5.1 ORU_R01 to json {\n patient { mrn = PID-3[1].1\n name = \"{PID-5.1}, {PID-5.2}\" }\n \
               each PID-3 as id { ids[+] = id.1 }\n each OBX as obx {\n results[+].code = obx-3.1\n results[+].value = obx-5 | number\n }\n \
               flag = true\n count = 2\n none = PID-30\n}";
    assert_eq!(
        run(map, &v2(), ORU).unwrap(),
        r#"{"patient":{"mrn":"7","name":"Quist, Ada"},"ids":["7","8"],"results":[{"code":"GLU","value":5.5},{"code":"NA","value":140}],"flag":true,"count":2}"#
    );
    let map = "map t from hl7v2 ORU_R01 to xml {\n Doc.@id = MSH-10\n each OBX as obx { Doc.item[+] { @code = obx-3.1\n value = obx-5 } }\n}";
    assert_eq!(
        run(map, &v2(), ORU).unwrap(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Doc id=\"1\"><item code=\"GLU\"><value>5.5</value></item><item code=\"NA\"><value>140</value></item></Doc>\n"
    );
    let map = "map t from hl7v2 ORU_R01 to csv {\n each OBX as obx { row[+] { mrn = PID-3[1].1\n code = obx-3.1 } }\n}";
    assert_eq!(run(map, &v2(), ORU).unwrap(), "mrn,code\r\n7,GLU\r\n7,NA\r\n");
    let map = "map t from hl7v2 ORU_R01 to lab {\n mrn = PID-3[1].1\n sex = PID-8\n}";
    assert_eq!(run(map, &v2(), ORU).unwrap(), "Patient No;family;sex\r\n7;;F\r\n");
}

#[test]
fn between_other_formats() {
    let json = Form::of(Format::Json);
    let text = r#"{"a": {"b": 1, "c": [true, "x"]}, "rows": [{"k": "1"}, {"k": "2;3"}]}"#;
    let map = "map t from json to json {\n copy = a.c[2]\n whole = root.a\n list[+] = rows[*].k\n}";
    assert_eq!(run(map, &json, text).unwrap(), r#"{"copy":"x","whole":{"b":1,"c":[true,"x"]},"list":["1","2;3"]}"#);
    let map = "map t from json to csv {\n each rows as r { row[+].k = r.k }\n}";
    assert_eq!(run(map, &json, text).unwrap(), "k\r\n1\r\n2;3\r\n");
    let lab = forms().get("lab").unwrap();
    let map =
        "map t from lab to json {\n patient.mrn = mrn\n patient.family = family | upper\n patient.kind = \"lab\"\n}";
    assert_eq!(
        run(map, &lab, "Patient No;family;sex\n7;Quist;F\n").unwrap(),
        r#"{"patient":{"mrn":"7","family":"QUIST","kind":"lab"}}"#
    );
}

#[test]
fn from_other_formats_to_hl7v2() {
    let lab = forms().get("lab").unwrap();
    let map = "map t from delimited lab to hl7v2 2.5.1 ADT_A05 {\n MSH {\n MSH-9.2 = A28\n MSH-10 = \"7\"\n MSH-7 = \"20260301\"\n }\n \
               PID {\n PID-3.1 = mrn\n PID-5.1 = row.family | title-case\n PID-8 = sex when sex in [M, F]\n }\n}";
    let made = run(map, &lab, "Patient No;family;sex\n7;quist;F\n").unwrap();
    assert!(made.contains("|ADT^A28^ADT_A05|7|P|2.5.1\r"), "{made}");
    assert!(made.contains("PID|1||7||Quist|||F\r"), "{made}");
    let json = Form::of(Format::Json);
    let map = "map t from json to hl7v2 2.5.1 ADT_A01 {\n PID { each patient.ids as id {\n PID-3.1 = id.value\n PID-3.5 = id.kind\n } }\n}";
    let made = run(map, &json, r#"{"patient":{"ids":[{"value":"7","kind":"MR"},{"value":"8"}]}}"#);
    assert!(made.as_ref().is_ok_and(|made| made.contains("PID|1||7^^^^MR~8")), "{made:?}");
}

#[test]
fn mistakes() {
    let check = |map: &str, expect: &str| {
        let found = run(map, &v2(), ORU).unwrap_err();
        assert!(found.iter().any(|found| found.starts_with(expect)), "{map}: {found:?}");
    };
    check("map t from hl7v2 to json {\n a = PID-3[*].1\n}", "E2112");
    check("map t from hl7v2 to json {\n a = PID-3.1\n a = PID-4.1\n}", "E2303");
    check("map t from hl7v2 to json {\n a[*] = PID-3.1\n}", "E2641");
    check("map t from hl7v2 to lab {\n mrm = PID-3.1\n}", "E2642");
    check("map t from hl7v2 to csv {\n row.a.b = PID-3.1\n}", "E2649");
    check("map t from hl7v2 to labb {\n}", "E2302");
    check("map t from json to json {\n a = b\n}", "E2640");
    check("map t from text to json {\n}", "E2648");
    check("map t from hl7v2 to xml {\n a = PID-3.1\n b = PID-3.1\n}", "E1330");
}
