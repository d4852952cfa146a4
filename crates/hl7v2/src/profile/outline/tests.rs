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
    // Compared with itself there is nothing to ask; with one that does not keep the condition there is.
    let gaps = |from: &Outline, to: &Outline| crate::profile::gap::compare(from, to).gaps;
    assert_eq!(gaps(&outline, &outline), []);
    let plain = crate::profile::tests::profile(&[]).outline(0).expect("a message");
    let asked: Vec<String> = gaps(&plain, &outline).into_iter().map(|gap| gap.path).collect();
    assert_eq!(asked, ["OBR-2", ""]);
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

/// Slices and rows of tables are statements with their place and their words; the gap report asks for each.
#[test]
fn what_holds_for_some_instances_is_told() {
    let slicing = r#"<ProfileSlicing ID="T"><SegmentSlicing><Message ID="RES"><GroupContext ID="OBSERVATION_T">
        <AssertionSlicing Position="1"><Slice Ref="OBX_SLICE"><Description>OBX-3.1 is S.</Description><Assertion>
        <PlainText Path="3[1].1[1]" Text="S" IgnoreCase="false"/></Assertion></Slice></AssertionSlicing></GroupContext></Message></SegmentSlicing>
        <FieldSlicing><SegmentContext ID="OBR_T"><OccurrenceSlicing Position="6"><Slice Occurrence="2" Ref="CX_SLICE"/>
        </OccurrenceSlicing></SegmentContext></FieldSlicing></ProfileSlicing>"#;
    let table = r#"<CoConstraintContext ID="T"><ByMessage ID="RES"><Context Name="Order" Path="3[*]"><Segment Name="OBX" Path="3[*].1[1]">
        <SimpleTable><CoConstraint Usage="R" Min="0" Max="1"><Selectors><PlainText Name="OBX-3.1" Path="3[1].1[1]" Value="W"/></Selectors>
        <Constraints><PlainText Name="OBX-6.1" Path="6[1].1[1]" Value="kg"/></Constraints></CoConstraint></SimpleTable>
        </Segment></Context></ByMessage></CoConstraintContext>"#;
    let (plain, special) = (profile(&[]), profile(&[slicing, table]));
    let (plain, special) = (plain.outline(0).expect("a message"), special.outline(0).expect("a message"));
    let told: Vec<String> =
        special.statements.iter().map(|own| format!("{:?} {} {}: {}", own.kind, own.id, own.path, own.text)).collect();
    assert_eq!(
        told,
        [
            "Slice CX_SLICE OBR-6: instance 2: the rules of the type CX_SLICE",
            "Slice OBX_SLICE ORDER.OBSERVATION.OBX: where OBX-3.1 is S: the rules of the segment OBX_SLICE",
            "CoConstraint E1093 ORDER.OBX: 1..1 OBX where OBX-3.1 is 'W'; there OBX-6.1 is 'kg'",
        ]
    );
    let asked = |from: &Outline, to: &Outline| -> Vec<String> {
        let found = crate::profile::gap::compare(from, to);
        let gaps = found.gaps.iter().filter(|gap| gap.code == crate::codes::E1163 && !gap.path.is_empty());
        gaps.map(|gap| format!("{} {} {}", gap.segment, gap.path, gap.receiver)).collect()
    };
    assert_eq!(
        asked(&plain, &special),
        [
            "OBR OBR-6 has other rules for instance 2: the rules of the type CX_SLICE",
            "OBX OBX has other rules for where OBX-3.1 is S: the rules of the segment OBX_SLICE",
            "OBX OBX takes 1..1 OBX where OBX-3.1 is 'W'; there OBX-6.1 is 'kg'",
        ]
    );
    // Who keeps the same rules is not asked.
    assert_eq!(asked(&special, &special), Vec::<String>::new());
    assert_eq!(asked(&special, &plain), Vec::<String>::new());
}
