//! Tables of editing lines: lines, message, result.

use super::*;
use crate::{Run, Tables, steps::tests::example_tables, syntax};
use message::Timestamp;

/// 2026-03-01T07:08:09Z.
const NOW: Timestamp = Timestamp(1_772_348_889_000_000);

fn compile(lines: &str, tables: &Tables) -> (Program, Vec<String>) {
    let (tree, found) = syntax::parse("interface.flow", lines);
    assert!(found.is_empty(), "{lines}: {found:?}");
    let (program, found) = Program::from_statements(&tree, &tree.statements, &Scope::new(tables));
    (program, found.iter().map(|f| format!("{} {}{}", f.code, f.message, hint(f))).collect())
}

fn hint(finding: &Diagnostic) -> String {
    finding.hint.as_ref().map_or(String::new(), |hint| format!(" ({hint})"))
}

/// Runs lines over a message whose MSH is written by the test; segments are separated by blanks around `/`.
fn run(lines: &str, segments: &str) -> Result<String, String> {
    let tables = example_tables();
    let (program, found) = compile(lines, &tables);
    assert_eq!(found, Vec::<String>::new(), "{lines}");
    let text = format!("MSH|^~\\&|LAB|NORTH|||20260301||ADT^A01|1|P|2.5.1\r{}\r", segments.replace(" / ", "\r"));
    let (mut message, _) = Message::parse(text);
    let mut run = Run::new(NOW, 7);
    program.apply(&mut message, &mut run).map_err(|fault| fault.to_string())?;
    let out = String::from_utf8(message.write().into_owned()).unwrap();
    let body = out.split_once('\r').unwrap().1.trim_end_matches('\r').replace('\r', " / ");
    let notes: String = run.notes.iter().map(|note| format!(" ! {} {}", note.code, note.message)).collect();
    Ok(body + &notes)
}

fn check(lines: &str, segments: &str, expect: &str) {
    assert_eq!(run(lines, segments).as_deref(), Ok(expect), "{lines}");
}

fn faults(lines: &str, segments: &str, expect: &str) {
    let error = run(lines, segments).expect_err(lines);
    let expect = expect.replace(": ", ": interface.flow line 1: ");
    assert!(error.starts_with(&expect), "{lines}: {error}");
}

fn refused(lines: &str, expect: &str) {
    let (_, found) = compile(lines, &example_tables());
    assert!(found.iter().any(|finding| finding.starts_with(expect)), "{lines}: {found:?}");
}

#[test]
fn set() {
    check("set PV1-2 = I", "PV1|1|O", "PV1|1|I");
    check("set PV1-2 = I when event = A02", "PV1|1|O", "PV1|1|O");
    check("set PID-5.2 = Ann", "PID|1", "PID|1||||^Ann");
    check("set PID-5.1 = \"O & M\"", "PID|1", "PID|1||||O \\T\\ M");
    check("set PID-8 = null", "PID|1|||||||F", "PID|1|||||||\"\"");
    check("set PID-8 = empty", "PID|1|||||||F", "PID|1|||||||");
    check("set PID-2 = 00048812", "PID|1", "PID|1|00048812");
    check("set PID-2 = PID-3.1", "PID|1||77^^^NORTH~88", "PID|1|77|77^^^NORTH~88");
    check("set PID-4 = PID-3", "PID|1||77^^^NORTH~88", "PID|1||77^^^NORTH~88|77^^^NORTH~88");
    check("set PID-3[2].1 = PID-3.1", "PID|1||77~88", "PID|1||77~77");
    check("set PID-3[.5=MR].1 = 5", "PID|1||7^^^^PI~8^^^^MR", "PID|1||7^^^^PI~5^^^^MR");
    check("set PID-3[+].1 = 9", "PID|1||77", "PID|1||77~9");
    check("set PID-3[+].1 = 9", "PID|1", "PID|1||9");
    check("set OBX[*]-11 = F", "OBX|1 / OBX|2", "OBX|1||||||||||F / OBX|2||||||||||F");
    check("set OBX-11 = F", "OBX|1 / OBX|2", "OBX|1||||||||||F / OBX|2");
    check("set ZPD-2 = x", "PID|1", "PID|1 / ZPD||x");
    check("set ZPD-2 = PID-30", "PID|1", "PID|1");
    check("set NK1[+]-1 = 2", "NK1|1 / PV1|1", "NK1|1 / NK1|2 / PV1|1");
    check("set PID-5 = \"{PID-9.1}, {facility}\"", "PID|1||||||||Roe^J", "PID|1||||Roe, NORTH||||Roe^J");
    check("set PID-13 = PID-13[*].1 | distinct", "PID|||||||||||||5^X~6~5", "PID|||||||||||||5~6");
    check("set PID-1 = 1\nset PID-2 = PID-1", "PID|", "PID|1|1");
    check("set PID-5 = PID-5 | upper", "PID|1||||Doe^Jane&van~Roe^\"\"", "PID|1||||DOE^JANE&VAN~ROE^\"\"");
    check("set PID-5[2] = PID-5 | upper", "PID|1||||Doe^Jane~Roe", "PID|1||||Doe^Jane~DOE^JANE");
    check("set PID-6 = PID-5 | left 1", "PID|1||||Do\\T\\e^Jane", "PID|1||||Do\\T\\e^Jane|D^J");
    check("set PID-5.1 = PID-5 | upper", "PID|1||||Doe^Jane", "PID|1||||DOE\\S\\JANE^Jane");
    check("set MSH-10 = PID-1", "PID|1", "PID|1");
    check("set PID-7 = now | date", "PID|", "PID|||||||20260301");
    check("set PID-1 = PID-2.1 else PID-3.1 | trim", "PID|||  x", "PID|x||  x");
}

#[test]
fn set_refused() {
    refused("set MSH-2 = x", "E2103");
    refused("set PID.5.1 = x", "E2101 `PID.5.1` is not how a path is written (did you mean `PID-5.1`?)");
    refused("set PID5.1 = x", "E2101 `PID5.1` is not a path");
    refused("set PID5.1 = x", "E2101");
    assert!(compile("set PID5.1 = x", &Tables::default()).1[0].contains("did you mean `PID-5.1`?"));
    assert!(compile("set pid-5 = x", &Tables::default()).1[0].contains("did you mean `PID-5`?"));
    refused("set name.family = x", "E2106");
    refused("set PID = x", "E2105");
    refused("set PID-5.1", "E2108 `=` is missing");
    refused("set PID-5.1 =", "E2108 a value is missing");
    refused("set PID-5.1 = PID-5[+].1", "E2104");
    refused("set PID-5.1 = \"{x\"", "E2109");
    refused("set PID-5.1 = \"{x}\"", "E2109");
    refused("set PID-5.1 = ORDER_OBSERVATIONS[2].OBX-5", "E2110");
    refused("set PID-5.1 = a, b", "E2112");
    refused("set PVI-2 = I", "E2102 the standard has no segment `PVI` (did you mean `PV1`?");
    refused("set PID-5.1 = see letter", "E2310");
    assert!(compile("set PID-5.1 = PID5", &Tables::default()).1[0].contains("did you mean `PID-5`?"));
    refused("ste PID-5.1 = x", "E2301 `ste` does not change a message (did you mean `set`?)");
    refused("set PID-5.1 = x { }", "E2309");
}

#[test]
fn set_faults() {
    faults("set PV1-2 = I", "PID|1", "E2405: PV1-2 cannot be written");
    faults("set PID-3[.5=MR].1 = 5", "PID|1||7^^^^PI", "E2405");
    faults("set PID-4.1 = PID-3", "PID|1||7^8", "E2405");
    faults("set PID-8 = PID-9 | required", "PID|1", "E2402");
}

#[test]
fn remove() {
    check("remove PID-19", "PID|1||3||||||||||||||||19|20", "PID|1||3|||||||||||||||||20");
    check("remove NK1", "NK1|1 / PV1|1 / NK1|2", "PV1|1");
    check("remove OBX[2]", "OBX|1 / OBX|2 / OBX|3", "OBX|1 / OBX|3");
    check("remove PID-3[2]", "PID|1||a~b~c", "PID|1||a~c");
    check("remove ZZZ", "PID|1", "PID|1");
    check("remove PID-3 when PID-3 exists", "PID|1||a~b|x", "PID|1|||x");
    refused("remove MSH", "E2103");
    refused("remove", "E2105");
}

#[test]
fn insert() {
    check("insert ZPD after PID { ZPD-1 = 1\nZPD-2.1 = PID-3.1 }", "PID|1||77 / PV1|1", "PID|1||77 / ZPD|1|77 / PV1|1");
    check("insert NTE before OBX { NTE-1 = 1 }", "OBX|1 / OBX|2", "NTE|1 / OBX|1 / OBX|2");
    check("insert OBX after OBX[1] { OBX-1 = x }", "OBX|1 / OBX|2", "OBX|1 / OBX|x / OBX|2");
    check("insert ZPD after PV1 { ZPD-1 = 1 }", "PID|1", "PID|1 ! E2406 ZPD was not inserted: the message has no PV1");
    refused("insert MSH after PID { }", "E2103");
    refused("insert ZPD near PID { }", "E2310");
    refused("insert ZPD after PID { PID-1 = x }", "E2113");
    refused("insert zpd after PID { }", "E2105 a segment is needed here (did you mean `ZPD`?)");
}

#[test]
fn translate() {
    check("translate PV1-3.1 with units", "PV1|1||4WEST^12", "PV1|1||4W^12");
    check("translate PID-8 with sexes", "PID||||||||X", "PID||||||||U");
    check("translate PID-8 with sexes", "PID|1", "PID|1");
    check("translate PID-8 with sexes", "PID||||||||\"\"", "PID||||||||\"\"");
    check("translate PV1-3.1 with units missing keep", "PV1|1||ROOF", "PV1|1||ROOF");
    check("translate PV1-3.1 with units missing null", "PV1|1||ROOF", "PV1|1||\"\"");
    check("translate PV1-3.1 with units missing default X", "PV1|1||ROOF", "PV1|1||X");
    check("translate ZLC-1 with units", "ZLC|4WEST~5EAST / ZLC|5EAST", "ZLC|4W~5E / ZLC|5E");
    check("translate ZLC[1]-1[2] with units", "ZLC|4WEST~5EAST / ZLC|5EAST", "ZLC|4WEST~5E / ZLC|5EAST");
    faults("translate PV1-3.1 with units", "PV1|1||ROOF", "E2401: PV1-3.1");
    refused("translate PV1-3.1 with unit", "E2209 there is no code table `unit` (did you mean `units`?)");
    refused(
        "translate PV1-3.1 with units missing kep",
        "E2310 what happens to a missing code is not said (did you mean `keep`?)",
    );
    refused("translate PV1-3.1 units", "E2310");
    check("translate version with units missing keep", "PID|1", "PID|1");
}

#[test]
fn fuel_bounds_a_run() {
    let tables = Tables::default();
    let (program, _) = compile("set OBX[*]-5 = PID-3[*].1 | join", &tables);
    let (mut message, _) = Message::parse("MSH|^~\\&|LAB\rPID|1||1~2~3~4\r");
    let mut run = Run::new(NOW, 7);
    run.fuel = 5;
    let fault = program.apply(&mut message, &mut run).expect_err("no fuel");
    assert_eq!((fault.code, run.fuel), (crate::codes::E2404, 0));
}

/// The message as 2.3 with these segments, through one line.
fn crossed(line: &str, version: &str, segments: &str) -> Result<String, String> {
    let tables = example_tables();
    let (program, found) = compile(line, &tables);
    assert_eq!(found, Vec::<String>::new(), "{line}");
    let text = format!("MSH|^~\\&|LAB|||||||1|P|{version}\r{}\r", segments.replace(" / ", "\r"));
    let (mut message, _) = Message::parse(text);
    let mut run = Run::new(NOW, 7);
    let before = run.fuel;
    program.apply(&mut message, &mut run).map_err(|fault| fault.to_string())?;
    assert!(run.fuel < before, "it costs fuel");
    let out = String::from_utf8(message.write().into_owned()).unwrap();
    let (header, body) = out.split_once('\r').unwrap();
    let version = header.rsplit('|').next().unwrap();
    let notes: String = run.notes.iter().map(|note| format!(" ! {} {}", note.code, note.path())).collect();
    Ok(format!("{version}: {}{notes}", body.trim_end_matches('\r').replace('\r', " / ")))
}

#[test]
fn versions() {
    let check = |line: &str, version: &str, segments: &str, expect: &str| {
        assert_eq!(crossed(line, version, segments).as_deref(), Ok(expect), "{line}");
    };
    let (up, down) = ("translate version 2.3 to 2.5.1", "translate version 2.5.1 to 2.3");
    check(up, "2.3", "PID|1|9|7", "2.5.1: PID|1|9|7~9 ! E1153 PID-3");
    check("translate version to 2.5.1", "2.3", "PID|1|9|7", "2.5.1: PID|1|9|7~9 ! E1153 PID-3");
    check("translate version to 2.5.1", "2.3", "ZPD|a^b&c", "2.5.1: ZPD|a^b&c");
    check("translate version to 2.5.1 when PID-3 = 8", "2.3", "PID|1|9|7", "2.3: PID|1|9|7");
    check(down, "2.5.1", "PID|1 / SPM|1", "2.3: PID|1 ! E1150 SPM[1]");
    check(&format!("{down} loss note"), "2.5.1", "PID|1 / SPM|1", "2.3: PID|1 ! E1150 SPM[1]");
    check(&format!("{down} loss keep"), "2.5.1", "PID|1 / SPM|1", "2.3: PID|1 / SPM|1 ! E1152 SPM[1]");
    check(&format!("{down} loss park"), "2.5.1", "PID|1 / ZPD|1", "2.3: PID|1 / ZPD|1");
    check(up, "2.2", "PID|1||7", "2.5.1: PID|1||7 ! E2555 MSH-12");
    check(up, "", "PID|1||7", "2.5.1: PID|1||7");
}

#[test]
fn version_faults() {
    let fails = |line: &str, version: &str, segments: &str, expect: &str| {
        let fault = crossed(line, version, segments).expect_err(line);
        assert!(fault.starts_with(expect), "{line}: {fault}");
    };
    let line = "translate version to 2.5.1";
    fails(line, "", "PID|1", "E2552: interface.flow line 1: ");
    fails(line, "three", "PID|1", "E2552");
    let text = "E2553: interface.flow line 1: 2 without a place in 2.3, the first at PID-5.1.2";
    fails("translate version 2.5.1 to 2.3 loss park", "2.5.1", "PID|1||7||A&b / SPM|1", text);
}

#[test]
fn versions_refused() {
    refused("translate version 2.33 to 2.5.1", "E2550 `2.33` is no version of HL7 v2 (did you mean `2.3`?)");
    refused("translate version v2.3 to 2.5.1", "E2550 `v2.3` is no version of HL7 v2 (did you mean `2.3`?)");
    refused("translate version 3 to 2.5.1", "E2550");
    refused("translate version to", "E2550 a version is missing (versions are 2.1, 2.2");
    refused("translate version 2.3 2.5.1", "E2310 `to VERSION` is missing");
    refused("translate version 2.3 to 2.5.1 loss keeps", "E2310");
    refused("translate version 2.3 to 2.5.1 lose keep", "E2310");
    refused("translate version 2.3 to 2.5.1 { }", "E2309");
    refused("translate version 2.3 to 2.3", "E2551 the line goes from 2.3 to 2.3: it changes nothing");
}

#[test]
fn a_version_costs_fuel() {
    let tables = example_tables();
    let (program, _) = compile("translate version 2.3 to 2.5.1", &tables);
    let (mut message, _) = Message::parse(format!("MSH|^~\\&|A|||||||1|P|2.3\r{}", "OBX|1\r".repeat(1000)));
    let mut run = Run::new(NOW, 7);
    run.fuel = 10_000;
    let fault = program.apply(&mut message, &mut run).expect_err("too little fuel");
    assert_eq!(fault.code.id, "E2404");
}
