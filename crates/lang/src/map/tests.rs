//! Tables of maps: body, source, result.

use super::*;
use crate::{Scope, steps::tests::example_tables, syntax};
use message::{Diagnostic, Timestamp};

const HEAD: &str = "MSH|^~\\&|LAB|NORTH|||20260301||ADT^A01|1|P|2.5.1";

fn compile(text: &str) -> (MapFile, Vec<Diagnostic>) {
    let tables = example_tables();
    let (tree, mut found) = syntax::parse("maps/m.map", text);
    let (file, more) = MapFile::compile(&tree, &Scope::new(&tables));
    found.extend(more);
    (file, found)
}

fn texts(found: &[Diagnostic]) -> Vec<String> {
    found.iter().map(|f| format!("{} {} ({})", f.code, f.message, f.hint.as_deref().unwrap_or(""))).collect()
}

fn run(body: &str, segments: &str) -> Result<String, String> {
    let (file, found) = compile(&format!("map m from hl7v2 to hl7v2 {{\n{body}\n}}"));
    assert_eq!(texts(&found), Vec::<String>::new(), "{body}");
    apply(&file, segments)
}

fn apply(file: &MapFile, segments: &str) -> Result<String, String> {
    let (message, _) = Message::parse(format!("{HEAD}\r{}\r", segments.replace(" / ", "\r")));
    let mut run = Run::new(Timestamp(1_772_348_889_000_000), 7);
    let out = file.apply(&message, &mut run).map_err(|fault| fault.to_string())?;
    let out = String::from_utf8(out.write().into_owned()).unwrap();
    let body = out.split_once('\r').map_or("", |(_, body)| body).trim_end_matches('\r').replace('\r', " / ");
    Ok(body)
}

fn check(body: &str, segments: &str, expect: &str) {
    assert_eq!(run(body, segments).as_deref(), Ok(expect), "{body}");
}

fn told(body: &str, is_error: bool, expect: &str) {
    let (_, found) = compile(&format!("map m from hl7v2 to hl7v2 {{\n{body}\n}}"));
    let all = texts(&found);
    assert!(all.iter().any(|text| text.contains(expect)), "{body}: {all:?}");
    assert_eq!(found.iter().any(Diagnostic::is_error), is_error, "{body}: {all:?}");
}

#[test]
fn assignments_read_the_source() {
    check("PID-5.1 = PID-5.1 | upper", "PID|1||||Doe^Jane", "PID|1||||DOE^Jane");
    check("PID-5 = PID-5 | upper", "PID|||||Doe^Jane~Roe", "PID|||||DOE^JANE~ROE");
    check("each OBX as obx { OBX-5 = obx-5 | trim }", "OBX||||| a ~b ", "OBX|||||a~b");
    check("PID-1 = PID-2\nPID-2 = PID-1", "PID|a|b", "PID|b|a");
    check("PV1-2 = I when event = A01\nPV1-2 = O when event = A02", "PV1|1|E", "PV1|1|I");
    check("when PV1-2 = E { PV1-3.1 = ED\nPV1-4 = x }", "PV1|1|E", "PV1|1|E|ED|x");
    check("when PV1-2 = I { PV1-3.1 = ED }", "PV1|1|E", "PV1|1|E");
    check("set PID-2 = x", "PID|1", "PID|1|x");
    check(
        "remove PID-19\ntranslate PV1-3.1 with units",
        "PID|1||||||||||||||||||S / PV1|||4WEST",
        "PID|1|||||||||||||||||| / PV1|||4W",
    );
    check("PID-3[+].1 = 9\nPID-3[+].5 = X", "PID|||7", "PID|||7~9^^^^X");
}

#[test]
fn each_repetition() {
    check("each PID-3 as id { PID-3.4 = id.4 | lower }", "PID|||1^^^A~2~3^^^C", "PID|||1^^^a~2~3^^^c");
    check("each PID-3 as id when id.5 = MR { PID-3.1 = x }", "PID|||1^^^^PI~2^^^^MR", "PID|||1^^^^PI~x^^^^MR");
    check("each PID-3[.5=MR] as id { PID-2.1 = id.1 }", "PID|||1^^^^PI~2^^^^MR", "PID||2|1^^^^PI~2^^^^MR");
    check("each PID-3 as id { PID-4[+].1 = id.1\nPID-4[+].2 = x }", "PID|||1~2", "PID|||1~2|1^x~2^x");
    check("each PID-3 as id when id.5 = PI { remove PID-3 }", "PID|||1^^^^PI~2^^^^MR~3^^^^PI", "PID|||2^^^^MR");
    check("each PID-3 as id { PID-2 = id }", "PID|||1^a&b~2", "PID||2|1^a&b~2");
}

#[test]
fn each_segment() {
    check(
        "each OBX as obx { OBX-8 = obx-5 | left 1 }",
        "OBX|1||||abc / OBX|2||||xyz",
        "OBX|1||||abc|||a / OBX|2||||xyz|||x",
    );
    check("each OBX as obx when obx-11 = X { remove OBX }", "OBX|1||||||||||X / OBX|2 / OBX|3||||||||||X", "OBX|2");
    check(
        "each OBX as obx { insert NTE after obx { NTE-1 = obx-1 } }",
        "OBX|1 / OBX|2",
        "OBX|1 / NTE|1 / OBX|2 / NTE|2",
    );
    check(
        "each OBX as obx { each obx-5 as v { OBX-5 = v.1 | upper } }",
        "OBX|||||a~b / OBX|||||c",
        "OBX|||||A~B / OBX|||||C",
    );
    check(
        "each OBX as obx { ZRS[+]-1 = sequence\nZRS[+]-2 = obx-5 }",
        "OBX|||||a / OBX|||||b",
        "OBX|||||a / OBX|||||b / ZRS|1|a / ZRS|2|b",
    );
    check("each OBX as obx { PID-2 = obx-1 }", "PID| / OBX|1 / OBX|2", "PID||2 / OBX|1 / OBX|2");
}

#[test]
fn starting_empty() {
    let body = "start empty\ncopy PV1\nPID-1 = 1\nPID-5 = PID-5\neach OBX as obx when obx-11 = F { OBX-1 = sequence\nOBX-5 = obx-5 }";
    check(
        body,
        "PID|9||||Doe^J / PV1|1|I / OBX|1||||a||||||F / OBX|2||||b||||||P / OBX|3||||c||||||F",
        "PV1|1|I / PID|1||||Doe^J / OBX|1||||a / OBX|2||||c",
    );
    check(
        "start empty\neach PID-3 as id when id.5 = PI { PID-3.1 = id.1 }",
        "PID|||1^^^^MR~2^^^^PI~3^^^^PI",
        "PID|||2~3",
    );
    check("start empty\ncopy OBX when event = A02", "OBX|1", "");
    check("start empty\nPID-8 = PID-8", "PV1|1", "");
    check("start empty\nignore PID-19 reason \"policy DP-7\"\nPV1-2 = x", "PID|1", "PV1||x");
}

#[test]
fn shared_parts() {
    let text = "map segment OBX tidy as o { OBX-5 = o-5 | trim\nOBX-8 = o-8 else N }\n\
        map datatype CX as cx { PID-3.4 = cx.4 | upper }\n\
        map m from hl7v2 2.5.1 ADT to hl7v2 2.3 ADT {\neach OBX as obx { use tidy with obx }\neach PID-3 as id { use CX with id }\n}";
    let (file, found) = compile(text);
    assert_eq!(texts(&found), Vec::<String>::new());
    assert_eq!(apply(&file, "PID|||1^^^a / OBX|||||  x").as_deref(), Ok("PID|||1^^^A / OBX|||||x|||N"));
    let map = file.main().unwrap();
    assert_eq!((map.from.version.as_deref(), map.to.kind.as_deref()), (Some("2.5.1"), Some("ADT")));
    told("each OBX as obx { use tidi with obx }", true, "E2306 there is no shared map `tidi`");
    let (_, found) = compile(
        "map segment OBX a as o { use a with o }\nmap m from hl7v2 to hl7v2 { each OBX as x { use a with x } }",
    );
    assert!(texts(&found)[0].contains("E2306 `a` uses itself"));
    let (_, found) =
        compile("map segment OBX a as o { OBX-1 = o-1 }\nmap m from hl7v2 to hl7v2 { each NTE as x { use a with x } }");
    assert!(texts(&found)[0].contains("E2306 `a` needs a name that fits it"));
}

#[test]
fn refused() {
    told("PV1-2 = I\nPV1-2 = O", true, "E2303 a second line writes PV1-2");
    told("when event = A01 { PV1-2 = I\nPV1-2 = O }", true, "E2303");
    told("MSH-2 = x", true, "E2103");
    told("PID-5.1 = name.family", true, "E2106");
    told("each PID-3 as id { PID-2 = id-1 }", true, "its components are written `id.5`");
    told("each OBX as obx { PID-2 = obx.1 }", true, "its fields are written `obx-5`");
    told("each PID-3 as id { PID-2 = ib.1 }", true, "did you mean `id`?");
    told("each PID-3 as ID { }", true, "E2310 a name is small letters");
    told("each PID-3 as event { }", true, "E2305");
    told("each PID-3 as id { each PID-4 as id { PID-2 = id.1 } }", true, "E2305");
    told("each PID-3.1 as id { PID-2 = id.1 }", true, "E2105 `PID-3.1` does not repeat");
    told("each PID-3 { }", true, "E2310 `as NAME` is missing");
    told("each PID-3 as id", true, "E2309");
    told("when event = A01", true, "E2309");
    told("PID-5.1 UPPER", true, "E2301 `PID-5.1` does not begin a line of a map (write it like `PID-5.1 = VALUE`)");
    told("eahc PID-3 as id { }", true, "did you mean `each`?");
    told("start fresh", true, "E2310");
    told("start empty\nstart copy", true, "E2310");
    told("copy", true, "E2105");
    told("start empty\ncopy MSH", true, "E2103");
    told("PID-3 = PID-3[*] x", true, "E2310");
}

#[test]
fn warned() {
    told(
        "each PID-3 as id { PV1-2 = I }",
        false,
        "E2304 the name `id` is never used (read a part of it, such as `id.1`)",
    );
    told("ignore PID-19 reason x", false, "E2307");
    told("copy OBX", false, "E2307");
    told("start empty\nignore PID-19", false, "E2310 why is it left out?");
    told("PIX-3 = x", false, "E2102");
}

#[test]
fn heads() {
    let check = |text: &str, expect: &str| {
        let (_, found) = compile(text);
        assert!(texts(&found).iter().any(|text| text.contains(expect)), "{text}: {:?}", texts(&found));
    };
    check("", "E2302 the file has no map");
    check("mpa m from hl7v2 to hl7v2 { }", "did you mean `map`?");
    check("map from hl7v2 to hl7v2 { }", "E2302 the map has no name");
    check("map m from hl7v2 { }", "E2302 `to hl7v2` is missing");
    check("map m from hl7v2 to cda r2 { }", "E2302 there is no format `cda`");
    check("map m from hl7 to hl7v2 { }", "E2302 there is no format `hl7`");
    check("map m from hl7v2 to hl7v2", "E2309");
    check("map m from hl7v2 to hl7v2 { }\nmap m from hl7v2 to hl7v2 { }", "E2305");
    check("map segment obx as o { }", "E2302 the head of this shared map");
    check(
        "map m from hl7v2 to hl7v2 { translate version to 2.5.1 }",
        "E2554 `translate version` changes a whole message",
    );
}

#[test]
fn keyword_examples_check() {
    use crate::keyword::{KEYWORDS, Place};
    for keyword in KEYWORDS {
        let line = match keyword.place {
            Place::File => keyword.example.to_owned(),
            Place::Edit | Place::Map => {
                let head = if matches!(keyword.word, "copy" | "ignore") { "start empty\n" } else { "" };
                let part = "map segment OBX tidy-result as o { OBX-8 = o-8 | trim }\n";
                format!("{part}map m from hl7v2 to hl7v2 {{\n{head}{}\n}}", keyword.example)
            }
            Place::Condition if keyword.word == "valid" => continue,
            Place::Fhir => format!("map m from hl7v2 ADT_A01 to fhir r4 Bundle {{\n{}\n}}", keyword.example),
            Place::Condition | Place::Comparison => {
                format!("map m from hl7v2 to hl7v2 {{ PV1-2 = x when {} }}", keyword.example)
            }
            Place::Value if keyword.example.contains('=') => {
                format!("map m from hl7v2 to hl7v2 {{ {} }}", keyword.example)
            }
            Place::Value => format!("map m from hl7v2 to hl7v2 {{ PV1-2 = {} }}", keyword.example),
            // Profiles and their question have tests of their own.
            Place::Profile => continue,
            Place::Interface | Place::Setting => panic!("not a word of this floor: {}", keyword.word),
        };
        let (_, found) = compile(&line);
        assert_eq!(texts(&found), Vec::<String>::new(), "{}", keyword.example);
        assert!(keyword.example.contains(keyword.word) && keyword.syntax.contains(keyword.word), "{}", keyword.word);
    }
}
