//! Outlines of the small invented profile and of the standard.

use super::*;
use crate::profile::tests::profile;

fn find<'o>(nodes: &'o [Node], name: &str) -> Option<&'o Node> {
    nodes.iter().find_map(|node| if node.name == name { Some(node) } else { find(&node.nodes, name) })
}

fn part<'o>(outline: &'o Outline, path: &str) -> &'o Part {
    let (segment, rest) = path.split_once('-').expect("SEG-n");
    let mut parts = &find(&outline.nodes, segment).expect("a segment").parts;
    let mut found = None;
    for number in rest.split('.').map(|number| number.parse::<u16>().expect("a number")) {
        let next = parts.iter().find(|part| part.number == number).expect("a part");
        parts = &next.parts;
        found = Some(next);
    }
    found.expect("a part")
}

/// A part in one line.
fn line(part: &Part) -> String {
    let length = match part.length {
        None => String::new(),
        Some((min, max)) => format!(" len {}", bounds(min, max)),
    };
    let codes =
        part.codes.as_ref().map_or(String::new(), |codes| format!(" {}[{}]", codes.name, codes.codes.join(",")));
    let constant = part.constant.as_ref().map_or(String::new(), |constant| format!(" ={constant}"));
    format!(
        "{} {} {} {}{length}{codes}{constant}",
        part.name,
        part.datatype,
        part.usage.as_str(),
        bounds(part.min, part.max)
    )
}

#[test]
fn a_profile_is_laid_out() {
    let predicate = r#"<ConformanceContext UUID="C"><Predicates><Segment><ByID ID="OBR_T"><Predicate ID="OBR_2" Target="2[1]" TrueUsage="R" FalseUsage="X">
        <Description>If there is a filler number</Description><Condition><Presence Path="3[1]"/></Condition></Predicate></ByID></Segment></Predicates>
        <Constraints><Segment><ByID ID="PID_T"><Constraint ID="S-1" Target="3[1].1[1]"><Description>PID-3.1 SHALL be there.</Description>
        <Assertion><Presence Path="3[1].1[1]"/></Assertion></Constraint></ByID></Segment>
        <Datatype><ByID ID="CX"><Constraint ID="S-2"><Description>D.</Description><Assertion><Presence Path="4[1].2[1]"/></Assertion></Constraint></ByID></Datatype></Constraints></ConformanceContext>"#;
    let profile = profile(&[predicate]);
    let outline = profile.outline(0).expect("a message");
    assert_eq!((&*outline.name, &*outline.structure, outline.is_cut), ("RES", "ORU_R01", false));
    let check = |path: &str, expect: &str| assert_eq!(line(part(&outline, path)), expect, "{path}");
    check("PID-3", "Identifiers CX R 2..3");
    check("PID-3.4.1", "Namespace ST R 1..1");
    check("PID-5", "Name ST RE 0..1 len 2..5");
    check("PID-6", "Species ST O 0..1 =human");
    check("OBR-4", "Service CWE O 0..1");
    check("OBR-4.1", "Identifier ST O 0..1 SERVICES[A,B]");
    check("OBR-4.4", "Alternate Identifier ST O 0..1 SERVICES[A,B]");
    check("OBR-5", "Priority ID O 0..1 PRIORITIES[S]");
    check("OBX-5", "Value varies O 0..*");
    assert_eq!(part(&outline, "OBX-5").types, ["CWE", "DT", "NM", "ST"]);
    let codes = part(&outline, "OBR-4.1").codes.clone().expect("codes");
    assert_eq!((codes.is_open, codes.has_patterns, codes.severity), (true, true, Some(Severity::Error)));
    let condition = part(&outline, "OBR-2").condition.clone().expect("a condition");
    assert_eq!((condition.when_true, condition.when_false), (Usage::Required, Usage::NotSupported));
    let statements: Vec<(&str, &str)> =
        outline.statements.iter().map(|statement| (&*statement.id, &*statement.path)).collect();
    assert_eq!(statements, [("S-1", "PID-3.1"), ("S-2", "CX.4.2")]);
    let group = find(&outline.nodes, "OBSERVATION").expect("a group");
    assert_eq!((group.kind, group.usage, group.min, group.max), (NodeKind::Group, Usage::Optional, 0, Some(3)));
    assert!(profile.outline(7).is_none());
}

#[test]
fn the_standard_is_laid_out() {
    let outline = Outline::of_standard(Version::V2_5_1, "ORU_R01").expect("a structure");
    let check = |path: &str, expect: &str| {
        let line = line(part(&outline, path));
        assert!(line.starts_with(expect), "{path}: {line}");
    };
    check("PID-3", "Patient Identifier List CX R 1..*");
    check("PID-5.1.1", "Surname ST");
    check("PID-8", "Administrative Sex IS O 0..1 len 0..1 0001[A,F,M,N,O,U]");
    check("OBX-11", "Observation Result Status ID R 1..1");
    check("OBX-5", "Observation Value varies C 0..*");
    assert_eq!(find(&outline.nodes, "PATIENT_RESULT").map(|node| (node.min, node.max)), Some((1, None)));
    assert!(Outline::of_standard(Version::V2_1, "OML_O21").is_none());
}
