//! What is read, what is written, what is refused, and that everything comes back.

use super::{is_xml, read, write};
use crate::{Node, Tree, codes};
use std::{fs, path::Path};

/// JSON of an XML document, and the codes of the findings.
fn json(text: &str) -> (String, Vec<&'static str>) {
    let (tree, findings) = read(text.as_bytes()).expect("a resource");
    let codes = findings.iter().map(|finding| finding.code.id).collect();
    (String::from_utf8(tree.write()).expect("UTF-8"), codes)
}

/// XML of a JSON document, without its first line and without line ends.
fn xml(text: &str) -> String {
    let (out, _) = write(&Tree::read(text.as_bytes()).expect("JSON")).expect("a resource");
    out.lines().skip(1).map(str::trim).collect()
}

#[test]
fn both_ways() {
    let check = |document: &str, expect: &str| {
        assert_eq!(json(document), (expect.to_owned(), vec![]), "{document}");
        assert_eq!(xml(expect), document, "{expect}");
    };
    check(r#"<Patient xmlns="http://hl7.org/fhir"/>"#, r#"{"resourceType":"Patient"}"#);
    check(
        r#"<Patient xmlns="http://hl7.org/fhir"><id value="a"/><active value="true"/><name><given value="A"/><given value="B"/></name><multipleBirthInteger value="2"/></Patient>"#,
        r#"{"resourceType":"Patient","id":"a","active":true,"name":[{"given":["A","B"]}],"multipleBirthInteger":2}"#,
    );
    // Decimals as written, and escapes.
    check(
        r#"<Observation xmlns="http://hl7.org/fhir"><valueQuantity><value value="1.00"/><unit value="a &lt; &quot;b&quot; &amp; c&#xA;d"/></valueQuantity></Observation>"#,
        r#"{"resourceType":"Observation","valueQuantity":{"value":1.00,"unit":"a < \"b\" & c\nd"}}"#,
    );
    // Ids and extensions of primitives; the url of an extension is an attribute, the id of a resource is none.
    check(
        r#"<Patient xmlns="http://hl7.org/fhir"><extension id="e" url="http://x"><valueCode value="c"/></extension><birthDate id="b" value="2000"><extension url="http://y"><valueString value="s"/></extension></birthDate></Patient>"#,
        r#"{"resourceType":"Patient","extension":[{"id":"e","url":"http://x","valueCode":"c"}],"birthDate":"2000","_birthDate":{"id":"b","extension":[{"url":"http://y","valueString":"s"}]}}"#,
    );
    check(
        r#"<Patient xmlns="http://hl7.org/fhir"><name><given value="A"/><given id="g"/><given id="h" value="B"/></name></Patient>"#,
        r#"{"resourceType":"Patient","name":[{"given":["A",null,"B"],"_given":[null,{"id":"g"},{"id":"h"}]}]}"#,
    );
    check(
        r#"<Patient xmlns="http://hl7.org/fhir"><name><given id="g"/></name></Patient>"#,
        r#"{"resourceType":"Patient","name":[{"_given":[{"id":"g"}]}]}"#,
    );
    // Contained resources, and the narrative as it stands.
    check(
        r##"<Patient xmlns="http://hl7.org/fhir"><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">a<br/> b &amp; <b class='x'>c</b></div></text><contained><Organization><id value="o"/></Organization></contained><managingOrganization><reference value="#o"/></managingOrganization></Patient>"##,
        r##"{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">a<br/> b &amp; <b class='x'>c</b></div>"},"contained":[{"resourceType":"Organization","id":"o"}],"managingOrganization":{"reference":"#o"}}"##,
    );
    check(
        r#"<Bundle xmlns="http://hl7.org/fhir"><entry><resource><Patient><active value="false"/></Patient></resource></entry></Bundle>"#,
        r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","active":false}}]}"#,
    );
    // Elements that repeat others.
    check(
        r#"<Questionnaire xmlns="http://hl7.org/fhir"><item><item><linkId value="1"/></item></item></Questionnaire>"#,
        r#"{"resourceType":"Questionnaire","item":[{"item":[{"linkId":"1"}]}]}"#,
    );
}

#[test]
fn what_xml_cannot_say_of_json_is_read_as_it_must_be() {
    let check = |document: &str, expect: &str, found: &[&str]| {
        let whole = document.replacen('>', " xmlns=\"http://hl7.org/fhir\">", 1);
        assert_eq!(json(&whole), (expect.to_owned(), found.to_vec()), "{document}");
    };
    let none: &[&str] = &[];
    // What is no number or boolean stays text, for validation to say.
    check("<Patient><active value=\"yes\"/></Patient>", r#"{"resourceType":"Patient","active":"yes"}"#, none);
    check(
        "<Patient><multipleBirthInteger value=\"+1\"/></Patient>",
        r#"{"resourceType":"Patient","multipleBirthInteger":"+1"}"#,
        none,
    );
    check(
        "<Patient><!-- a --><active value=\"true\"/></Patient>",
        r#"{"resourceType":"Patient","active":true}"#,
        &["E1253"],
    );
    check("<Patient>Doe<active value=\"true\"/></Patient>", r#"{"resourceType":"Patient","active":true}"#, &["E1254"]);
    check("<Patient><zebra value=\"1\"/></Patient>", r#"{"resourceType":"Patient","zebra":"1"}"#, &["E1254"]);
    check(
        "<Patient><zebra><a value=\"1\"/></zebra><zebra/></Patient>",
        r#"{"resourceType":"Patient","zebra":[{"a":"1"},{}]}"#,
        &["E1254"; 2],
    );
    check(
        "<Patient><active color=\"red\" value=\"true\"/></Patient>",
        r#"{"resourceType":"Patient","active":true}"#,
        none,
    );
    check(
        "<Patient><name color=\"red\"><text value=\"x\"/></name></Patient>",
        r#"{"resourceType":"Patient","name":[{"text":"x"}]}"#,
        &["E1254"],
    );
    check(
        "<Patient><birthDate value=\"2000\"/><gender value=\"male\"/></Patient>",
        r#"{"resourceType":"Patient","birthDate":"2000","gender":"male"}"#,
        &["E1255"],
    );
    check("<Patient><active/></Patient>", r#"{"resourceType":"Patient"}"#, &["E1254"]);
    // A second one of what cannot repeat is kept, for validation to say.
    check(
        "<Patient><gender value=\"male\"/><gender value=\"other\"/></Patient>",
        r#"{"resourceType":"Patient","gender":["male","other"]}"#,
        none,
    );
}

#[test]
fn a_narrative_under_a_prefix_is_written_anew() {
    let document = r#"<f:Patient xmlns:f="http://hl7.org/fhir" xmlns:h="http://www.w3.org/1999/xhtml"><f:text><h:div>a &lt; <h:b title="x">b</h:b><h:br/></h:div></f:text></f:Patient>"#;
    let div = r#"<div xmlns=\"http://www.w3.org/1999/xhtml\">a &lt; <b title=\"x\">b</b><br/></div>"#;
    assert_eq!(json(document).0, format!("{{\"resourceType\":\"Patient\",\"text\":{{\"div\":\"{div}\"}}}}"));
    // A div without its namespace gets it.
    let expect = r#"<Patient xmlns="http://hl7.org/fhir"><text><div xmlns="http://www.w3.org/1999/xhtml">a</div></text></Patient>"#;
    assert_eq!(xml(r#"{"resourceType":"Patient","text":{"div":"<div>a</div>"}}"#), expect);
}

#[test]
fn order_is_that_of_the_standard() {
    let expect = r#"<Patient xmlns="http://hl7.org/fhir"><id value="a"/><name><family value="D"/></name><gender value="male"/><zebra value="1"/></Patient>"#;
    let check = |text: &str| assert_eq!(xml(text), expect);
    check(r#"{"zebra":1,"gender":"male","name":[{"family":"D"}],"id":"a","resourceType":"Patient"}"#);
}

#[test]
fn hostile_and_broken_documents_are_refused() {
    let check = |document: &str, code: message::Code, line: usize| {
        let error = read(document.as_bytes()).expect_err("refused");
        assert_eq!(error.code(), code, "{document}");
        assert!(error.to_string().contains(&format!("line {line},")), "{error}");
    };
    check("<Patient", codes::E1250, 1);
    check("{}", codes::E1250, 1);
    check("<!DOCTYPE a [<!ENTITY b \"c\">]><Patient xmlns=\"http://hl7.org/fhir\"/>", codes::E1250, 1);
    check("<Patient xmlns=\"http://hl7.org/fhir\"><a>&nbsp;</a></Patient>", codes::E1250, 1);
    check("<Patient/>", codes::E1252, 1);
    check("\n<ClinicalDocument xmlns=\"urn:hl7-org:v3\"/>", codes::E1252, 2);
    check("<HumanName xmlns=\"http://hl7.org/fhir\"/>", codes::E1252, 1);
    check("<Resource xmlns=\"http://hl7.org/fhir\"/>", codes::E1252, 1);
    check("<Bundle xmlns=\"http://hl7.org/fhir\">\n<entry><resource/></entry></Bundle>", codes::E1252, 2);
    let deep = format!("<Patient xmlns=\"http://hl7.org/fhir\">{}{}</Patient>", "<a>".repeat(101), "</a>".repeat(101));
    check(&deep, codes::E1251, 1);
    let meant = read(b"<Pateint xmlns=\"http://hl7.org/fhir\"/>").expect_err("refused").to_string();
    assert!(meant.contains("did you mean Patient?"), "{meant}");
}

#[test]
fn what_cannot_be_written_is_refused_with_its_place() {
    let check = |text: &str, path: &str| {
        let error = write(&Tree::read(text.as_bytes()).expect("JSON")).expect_err("refused");
        assert_eq!(error.code(), codes::E1256, "{text}");
        assert_eq!(error.diagnostic().path(), path, "{text}");
    };
    check("{}", "$");
    check("[]", "$");
    check(r#"{"resourceType":"Zebra"}"#, "Zebra");
    check(r#"{"resourceType":"Patient","text":{"div":"<div>a<br></div>"}}"#, "Patient.text.div");
    check(r#"{"resourceType":"Patient","text":{"div":"a"}}"#, "Patient.text.div");
    check(r#"{"resourceType":"Patient","text":{"div":"<div>a</div><script/>"}}"#, "Patient.text.div");
    check(r#"{"resourceType":"Patient","name":["a"]}"#, "Patient.name[0]");
    check(r#"{"resourceType":"Patient","gender":{"a":1}}"#, "Patient.gender");
    check("{\"resourceType\":\"Patient\",\"gender\":\"a\\u0001\"}", "Patient.gender");
    check(r#"{"resourceType":"Patient","contained":[{"a":1}]}"#, "Patient.contained[0]");
    check(r#"{"resourceType":"Patient","<script>":1}"#, "");
}

#[test]
fn bytes_that_are_xml() {
    let check = |bytes: &[u8], expect: bool| assert_eq!(is_xml(bytes), expect);
    check(b" \n<Patient/>", true);
    check(b"\xEF\xBB\xBF<a/>", true);
    check(b"\xFF\xFE<\0a\0", true);
    check(b"{\"a\":\"<b>\"}", false);
    check(b"", false);
}

/// Same values whatever the order of properties, and the narrative whatever is around it.
fn is_alike(left: Node<'_>, right: Node<'_>) -> bool {
    if left.kind() != right.kind() || left.len() != right.len() {
        return false;
    }
    match left.kind() {
        crate::Kind::Object => left.children().all(|child| {
            let key = child.key().unwrap_or_default();
            right.get(key).is_some_and(|found| is_alike(child, found))
        }),
        crate::Kind::Array => left.children().zip(right.children()).all(|(left, right)| is_alike(left, right)),
        _ => left.scalar().map(str::trim) == right.scalar().map(str::trim),
    }
}

/// Every example of the corpus, JSON to XML to JSON and XML to JSON to XML.
#[test]
fn the_examples_come_back() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/fhir-test-cases/r4/examples");
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("skipped: no corpus at {}", folder.display());
        return;
    };
    let (mut count, mut failed) = (0, Vec::new());
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let bytes = fs::read(&path).expect("a file");
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let tree = match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") => Tree::read(&bytes).ok(),
            Some("xml") => read(&bytes).ok().map(|found| found.0),
            _ => None,
        };
        let Some(tree) = tree.filter(|tree| tree.root().resource_type().is_some()) else { continue };
        count += 1;
        let Ok((text, _)) = write(&tree) else {
            failed.push(format!("{name}: not written"));
            continue;
        };
        let (back, findings) = read(text.as_bytes()).expect("what we wrote");
        if !is_alike(tree.root(), back.root()) || !findings.is_empty() {
            failed.push(format!("{name}: {findings:?}"));
        }
        assert_eq!(write(&back).expect("again").0, text, "{name}");
    }
    println!("{count} examples came back");
    assert!(failed.is_empty() && count > 60, "{count}, {failed:#?}");
}
