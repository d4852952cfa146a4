//! What the dictionary says, against facts written down by hand from the standard: chapters 3, 4, 4A, 6, 7, 9, 10 of 2.3.1,
//! 2.5.1 and 2.8.
//!
//! A field is `number type usage`, then `*` where it repeats (`*2`: twice), `L` and its length, `T` and its table. Structures
//! are compared whole. The orders of RDE_O01 in 2.3.1 and of RDE_O11 in 2.8, and DFT_P03 in 2.3.1 and its transactions in 2.8, were
//! compared with a reading of HL7's own database. So were, in a class model that another implementation made of it, SIU_S12 of
//! 2.3.1 (its PATIENT with PD1, and its RESOURCES; §10.4) and, of OML_O21 in 2.8 (§4.4.6), PATIENT with PRT behind PD1 and ARV
//! behind NK1, and ORDER_PRIOR with its ORC required and PRT behind ORC and behind NTE. SIU_S12 of 2.3 is as HL7 Europe
//! publishes it (event S12, §10.3.1). Where else PRT stands in OML_O21 of 2.8 is the word of the schemas.

use hl7v2::Message;
use hl7v2::dictionary::{Dictionary, Node, NodeKind, Nodes, Part, Version};
use hl7v2::validate::{self, Level, Options};

fn dictionary(version: &str) -> Dictionary {
    Dictionary::of(Version::parse(version).expect("a version"))
}

/// A field as the tables below write it, with only the facts that the expectation names.
fn said(part: Part, expect: &str) -> String {
    let mut out = vec![part.number().to_string(), part.type_name().to_string(), part.usage().letter().to_string()];
    match part.repetitions_max() {
        Some(1) => {}
        Some(most) => out.push(format!("*{most}")),
        None => out.push("*".to_string()),
    }
    if expect.split(' ').any(|word| word.strip_prefix('L').is_some_and(|length| length.parse::<u32>().is_ok())) {
        out.push(format!("L{}", part.length_max().unwrap_or(0)));
    }
    if let Some(table) = part.table_number() {
        out.push(format!("T{table}"));
    }
    out.join(" ")
}

fn check_segment(version: &str, id: &str, expect: &str) {
    let segment = dictionary(version).segment(id).expect("a segment");
    let expect: Vec<&str> = expect.split(';').map(str::trim).filter(|field| !field.is_empty()).collect();
    let found: Vec<Part> = segment.fields().collect();
    assert_eq!(found.len(), expect.len(), "{version} {id}: number of fields");
    for (part, expect) in found.into_iter().zip(expect) {
        assert_eq!(said(part, expect), expect, "{version} {id}-{} {}", part.number(), part.name());
    }
}

#[test]
fn pid() {
    check_segment(
        "2.3.1",
        "PID",
        "1 SI O L4; 2 CX B L20; 3 CX R * L20; 4 CX B * L20; 5 XPN R * L48; 6 XPN O * L48; 7 TS O L26; 8 IS O L1 T1;
         9 XPN O * L48; 10 CE O * L80 T5; 11 XAD O * L106; 12 IS B L4 T289; 13 XTN O * L40; 14 XTN O * L40;
         15 CE O L60 T296; 16 CE O L80 T2; 17 CE O L80 T6; 18 CX O L20; 19 ST B L16; 20 DLN O L25; 21 CX O * L20;
         22 CE O * L80 T189; 23 ST O L60; 24 ID O L1 T136; 25 NM O L2; 26 CE O * L80 T171; 27 CE O L60 T172;
         28 CE O L80 T212; 29 TS O L26; 30 ID O L1 T136",
    );
    check_segment(
        "2.5.1",
        "PID",
        "1 SI O L4; 2 CX B L20; 3 CX R * L250; 4 CX B * L20; 5 XPN R * L250; 6 XPN O * L250; 7 TS O L26; 8 IS O L1 T1;
         9 XPN B * L250; 10 CE O * L250 T5; 11 XAD O * L250; 12 IS B L4 T289; 13 XTN O * L250; 14 XTN O * L250;
         15 CE O L250 T296; 16 CE O L250 T2; 17 CE O L250 T6; 18 CX O L250; 19 ST B L16; 20 DLN B L25; 21 CX O * L250;
         22 CE O * L250 T189; 23 ST O L250; 24 ID O L1 T136; 25 NM O L2; 26 CE O * L250 T171; 27 CE O L250 T172;
         28 CE B L250 T212; 29 TS O L26; 30 ID O L1 T136; 31 ID O L1 T136; 32 IS O * L20 T445; 33 TS O L26; 34 HD O L241;
         35 CE C L250 T446; 36 CE C L250 T447; 37 ST O L80; 38 CE O *2 L250 T429; 39 CWE O * L250 T171",
    );
    check_segment(
        "2.8",
        "PID",
        "1 SI O L4; 2 CX W; 3 CX R *; 4 CX W; 5 XPN R * T200; 6 XPN O *; 7 DTM O; 8 CWE O T1; 9 XPN W; 10 CWE O * T5;
         11 XAD O *; 12 IS W; 13 XTN B *; 14 XTN B *; 15 CWE O T296; 16 CWE O T2; 17 CWE O T6; 18 CX O; 19 ST W; 20 DLN W;
         21 CX O *; 22 CWE O * T189; 23 ST O; 24 ID O L1 T136; 25 NM O; 26 CWE O * T171; 27 CWE O T172; 28 CWE W; 29 DTM O;
         30 ID O L1 T136; 31 ID O L1 T136; 32 CWE O * T445; 33 DTM O; 34 HD O; 35 CWE C T446; 36 CWE C T447; 37 ST O;
         38 CWE O *2 T429; 39 CWE O * T171; 40 XTN O *",
    );
}

#[test]
fn obx() {
    check_segment(
        "2.3.1",
        "OBX",
        "1 SI O L4; 2 ID C L3 T125; 3 CE R L80; 4 ST C L20; 5 varies C * L65536; 6 CE O L60; 7 ST O L60; 8 ID O *5 L5 T78;
         9 NM O *5 L5; 10 ID O L2 T80; 11 ID R L1 T85; 12 TS O L26; 13 ST O L20; 14 TS O L26; 15 CE O L60; 16 XCN O * L80;
         17 CE O * L60",
    );
    check_segment(
        "2.5.1",
        "OBX",
        "1 SI O L4; 2 ID C L2 T125; 3 CE R L250; 4 ST C L20; 5 varies C * L99999; 6 CE O L250; 7 ST O L60; 8 IS O * L5 T78;
         9 NM O L5; 10 ID O * L2 T80; 11 ID R L1 T85; 12 TS O L26; 13 ST O L20; 14 TS O L26; 15 CE O L250; 16 XCN O * L250;
         17 CE O * L250; 18 EI O * L22; 19 TS O L26; 20 XON W; 21 XAD W; 22 XCN W; 23 XON O L567; 24 XAD O L631;
         25 XCN O L3002",
    );
    check_segment(
        "2.8",
        "OBX",
        "1 SI O L4; 2 ID C L3 T125; 3 CWE R; 4 ST C; 5 varies C *; 6 CWE O; 7 ST O; 8 CWE O * T78; 9 NM O; 10 ID O * T80;
         11 ID R L1 T85; 12 DTM O; 13 ST O; 14 DTM O; 15 CWE B; 16 XCN B *; 17 CWE O *; 18 EI B *; 19 DTM O; 20 CWE O * T163;
         21 EI O; 22 CNE C T725; 23 XON B; 24 XAD B; 25 XCN B; 26 ID O T909; 27 CWE O T914; 28 CWE O * T915",
    );
}

#[test]
fn orc() {
    check_segment(
        "2.3.1",
        "ORC",
        "1 ID R L2 T119; 2 EI C L22; 3 EI C L22; 4 EI O L22; 5 ID O L2 T38; 6 ID O L1 T121; 7 TQ O L200; 8 EIP O L200; 9 TS O L26;
         10 XCN O * L120; 11 XCN O * L120; 12 XCN O * L120; 13 PL O L80; 14 XTN O *2 L40; 15 TS O L26; 16 CE O L200; 17 CE O L60;
         18 CE O L60; 19 XCN O * L120; 20 CE O L40 T339; 21 XON O * L60; 22 XAD O * L106; 23 XTN O * L48; 24 XAD O * L106",
    );
    check_segment(
        "2.5.1",
        "ORC",
        "1 ID R L2 T119; 2 EI C L22; 3 EI C L22; 4 EI O L22; 5 ID O L2 T38; 6 ID O L1 T121; 7 TQ B * L200; 8 EIP O L200; 9 TS O L26;
         10 XCN O * L250; 11 XCN O * L250; 12 XCN O * L250; 13 PL O L80; 14 XTN O *2 L250; 15 TS O L26; 16 CE O L250; 17 CE O L250;
         18 CE O L250; 19 XCN O * L250; 20 CE O L250 T339; 21 XON O * L250; 22 XAD O * L250; 23 XTN O * L250; 24 XAD O * L250;
         25 CWE O L250; 26 CWE C L60 T552; 27 TS O L26; 28 CWE O L250 T177; 29 CWE O L250 T482; 30 CNE O L250 T483; 31 CWE O L250",
    );
    check_segment(
        "2.8",
        "ORC",
        "1 ID R L2 T119; 2 EI C; 3 EI C; 4 EIP O; 5 ID O T38; 6 ID O T121; 7 TQ W; 8 EIP O; 9 DTM O; 10 XCN B *; 11 XCN B *;
         12 XCN B *; 13 PL O; 14 XTN O *2; 15 DTM O; 16 CWE O; 17 CWE B; 18 CWE B; 19 XCN B *; 20 CWE O T339; 21 XON B *;
         22 XAD B *; 23 XTN B *; 24 XAD B *; 25 CWE O; 26 CWE C T552; 27 DTM O; 28 CWE O T177; 29 CWE O T482; 30 CNE O T483;
         31 CWE O; 32 DT O; 33 CX O *; 34 CWE O * T934",
    );
}

#[test]
fn rxa() {
    check_segment(
        "2.3.1",
        "RXA",
        "1 NM R L4; 2 NM R L4; 3 TS R L26; 4 TS R L26; 5 CE R L100 T292; 6 NM R L20; 7 CE C L60; 8 CE O L60; 9 CE O * L200;
         10 XCN O * L200; 11 LA2 C L200; 12 ST C L20; 13 NM O L20; 14 CE O L60; 15 ST O * L20; 16 TS O * L26; 17 CE O * L60 T227;
         18 CE O * L200; 19 CE O * L200; 20 ID O L2 T322; 21 ID O L2 T323; 22 TS O L26",
    );
    check_segment(
        "2.5.1",
        "RXA",
        "1 NM R L4; 2 NM R L4; 3 TS R L26; 4 TS R L26; 5 CE R L250 T292; 6 NM R L20; 7 CE C L250; 8 CE O L250; 9 CE O * L250;
         10 XCN O * L250; 11 LA2 C L200; 12 ST C L20; 13 NM O L20; 14 CE O L250; 15 ST O * L20; 16 TS O * L26;
         17 CE O * L250 T227; 18 CE O * L250; 19 CE O * L250; 20 ID O L2 T322; 21 ID O L2 T323; 22 TS O L26; 23 NM O L5;
         24 CWE O L250; 25 CWE O L60; 26 ID O L1 T480",
    );
    check_segment(
        "2.8",
        "RXA",
        "1 NM R; 2 NM R; 3 DTM R; 4 DTM R; 5 CWE R T292; 6 NM R; 7 CWE C; 8 CWE O; 9 CWE O *; 10 XCN B *; 11 LA2 W; 12 ST C;
         13 NM O; 14 CWE O; 15 ST O *; 16 DTM O *; 17 CWE O * T227; 18 CWE O *; 19 CWE O *; 20 ID O T322; 21 ID O T206; 22 DTM O;
         23 NM O; 24 CWE O; 25 CWE O; 26 ID O L1 T480; 27 PL O; 28 XAD O; 29 EI O *",
    );
}

/// `[X]` may be absent, `{X}` may repeat, `NAME(…)` is a group, `<A|B>` a choice: the notation of the standard with the
/// names of its groups.
fn grammar(nodes: Nodes) -> String {
    let write = |node: Node| {
        let inner = match node.kind() {
            NodeKind::Segment => node.name().to_string(),
            NodeKind::Group => format!("{}({})", node.name(), grammar(node.children())),
            NodeKind::Choice => format!("<{}>", grammar(node.children()).replace(' ', "|")),
        };
        match (node.min(), node.max()) {
            (0, Some(_)) => format!("[{inner}]"),
            (0, None) => format!("[{{{inner}}}]"),
            (_, Some(_)) => inner,
            (_, None) => format!("{{{inner}}}"),
        }
    };
    nodes.map(write).collect::<Vec<_>>().join(" ")
}

fn check_structure(version: &str, id: &str, expect: &str) {
    let structure = dictionary(version).structure(id).expect("a structure");
    let expect = expect.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(grammar(structure.nodes()), expect, "{version} {id}");
}

#[test]
fn adt_a01() {
    check_structure(
        "2.3.1",
        "ADT_A01",
        "MSH EVN PID [PD1] [{NK1}] PV1 [PV2] [{DB1}] [{OBX}] [{AL1}] [{DG1}] [DRG] [{PROCEDURE(PR1 [{ROL}])}] [{GT1}]
         [{INSURANCE(IN1 [IN2] [{IN3}])}] [ACC] [UB1] [UB2]",
    );
    check_structure(
        "2.5.1",
        "ADT_A01",
        "MSH [{SFT}] EVN PID [PD1] [{ROL}] [{NK1}] PV1 [PV2] [{ROL}] [{DB1}] [{OBX}] [{AL1}] [{DG1}] [DRG]
         [{PROCEDURE(PR1 [{ROL}])}] [{GT1}] [{INSURANCE(IN1 [IN2] [{IN3}] [{ROL}])}] [ACC] [UB1] [UB2] [PDA]",
    );
    check_structure(
        "2.8",
        "ADT_A01",
        "MSH [{SFT}] [UAC] EVN PID [PD1] [{ARV}] [{ROL}] [{NK1}] PV1 [PV2] [{ARV}] [{ROL}] [{DB1}] [{OBX}] [{AL1}] [{DG1}] [DRG]
         [{PROCEDURE(PR1 [{ROL}])}] [{GT1}] [{INSURANCE(IN1 [IN2] [{IN3}] [{ROL}] [{AUT}] [{RF1}])}] [ACC] [UB1] [UB2] [PDA]",
    );
}

#[test]
fn oru_r01() {
    check_structure(
        "2.3.1",
        "ORU_R01",
        "MSH {PATIENT_RESULT([PATIENT(PID [PD1] [{NK1}] [{NTE}] [VISIT(PV1 [PV2])])]
         {ORDER_OBSERVATION([ORC] OBR [{NTE}] {OBSERVATION([OBX] [{NTE}])} [{CTI}])})} [DSC]",
    );
    check_structure(
        "2.5.1",
        "ORU_R01",
        "MSH [{SFT}] {PATIENT_RESULT([PATIENT(PID [PD1] [{NTE}] [{NK1}] [VISIT(PV1 [PV2])])]
         {ORDER_OBSERVATION([ORC] OBR [{NTE}] [{TIMING_QTY(TQ1 [{TQ2}])}] [CTD] [{OBSERVATION(OBX [{NTE}])}] [{FT1}] [{CTI}]
         [{SPECIMEN(SPM [{OBX}])}])})} [DSC]",
    );
    check_structure(
        "2.8",
        "ORU_R01",
        "MSH [{SFT}] [UAC] {PATIENT_RESULT([PATIENT(PID [PD1] [{PRT}] [{NTE}] [{NK1}] [{ARV}] [{PATIENT_OBSERVATION(OBX [{PRT}])}]
         [VISIT(PV1 [PV2] [{PRT}])])] {ORDER_OBSERVATION([COMMON_ORDER(ORC [{PRT}] [ORDER_DOCUMENT(OBX [{PRT}] TXA)])] OBR [{NTE}]
         [{PRT}] [{TIMING_QTY(TQ1 [{TQ2}])}] [CTD] [{OBSERVATION(OBX [{PRT}] [{NTE}])}] [{FT1}] [{CTI}]
         [{SPECIMEN(SPM [{SPECIMEN_OBSERVATION(OBX [{PRT}])}])}])})} [DSC]",
    );
}

#[test]
fn oml_o21() {
    assert_eq!(dictionary("2.3.1").structure("OML_O21"), None, "laboratory orders of their own came with 2.4");
    check_structure(
        "2.5.1",
        "OML_O21",
        "MSH [{SFT}] [{NTE}] [PATIENT(PID [PD1] [{NTE}] [{NK1}] [PATIENT_VISIT(PV1 [PV2])] [{INSURANCE(IN1 [IN2] [IN3])}] [GT1]
         [{AL1}])] {ORDER(ORC [{TIMING(TQ1 [{TQ2}])}] [OBSERVATION_REQUEST(OBR [TCD] [{NTE}] [CTD] [{DG1}]
         [{OBSERVATION(OBX [TCD] [{NTE}])}] [{SPECIMEN(SPM [{OBX}] [{CONTAINER(SAC [{OBX}])}])}]
         [{PRIOR_RESULT([PATIENT_PRIOR(PID [PD1])] [PATIENT_VISIT_PRIOR(PV1 [PV2])] [{AL1}]
         {ORDER_PRIOR([ORC] OBR [{NTE}] [{TIMING_PRIOR(TQ1 [{TQ2}])}] {OBSERVATION_PRIOR(OBX [{NTE}])})})}])]
         [{FT1}] [{CTI}] [BLG])}",
    );
    check_structure(
        "2.8",
        "OML_O21",
        "MSH [{SFT}] [UAC] [{NTE}] [PATIENT(PID [PD1] [{PRT}] [{NTE}] [{NK1}] [{ARV}] [PATIENT_VISIT(PV1 [PV2] [{PRT}])]
         [{INSURANCE(IN1 [IN2] [IN3])}] [GT1] [{AL1}])] {ORDER(ORC [{PRT}] [{TIMING(TQ1 [{TQ2}])}]
         [OBSERVATION_REQUEST(OBR [TCD] [{NTE}] [{PRT}] [CTD] [{DG1}] [{OBSERVATION(OBX [{PRT}] [TCD] [{NTE}])}]
         [{SPECIMEN(SPM [{SPECIMEN_OBSERVATION(OBX [{PRT}])}] [{CONTAINER(SAC [{CONTAINER_OBSERVATION(OBX [{PRT}])}])}])}]
         [{PRIOR_RESULT([PATIENT_PRIOR(PID [PD1] [{PRT}] [{ARV}])] [PATIENT_VISIT_PRIOR(PV1 [PV2] [{PRT}])] [{AL1}]
         {ORDER_PRIOR(ORC [{PRT}] OBR [{NTE}] [{PRT}] [{TIMING_PRIOR(TQ1 [{TQ2}])}] {OBSERVATION_PRIOR(OBX [{PRT}] [{NTE}])})})}])]
         [{FT1}] [{CTI}] [BLG])}",
    );
}

#[test]
fn vxu_v04() {
    check_structure(
        "2.3.1",
        "VXU_V04",
        "MSH PID [PD1] [{NK1}] [PATIENT(PV1 [PV2])] [{INSURANCE(IN1 [IN2] [IN3])}]
         [{ORDER([ORC] RXA [RXR] [{OBSERVATION(OBX [{NTE}])}])}]",
    );
    check_structure(
        "2.5.1",
        "VXU_V04",
        "MSH [{SFT}] PID [PD1] [{NK1}] [PATIENT(PV1 [PV2])] [{GT1}] [{INSURANCE(IN1 [IN2] [IN3])}]
         [{ORDER(ORC [{TIMING(TQ1 [{TQ2}])}] RXA [RXR] [{OBSERVATION(OBX [{NTE}])}])}]",
    );
    check_structure(
        "2.8",
        "VXU_V04",
        "MSH [{SFT}] [UAC] PID [PD1] [{NK1}] [{ARV}] [PATIENT_VISIT(PV1 [PV2] [{ARV}])] [{GT1}] [{INSURANCE(IN1 [IN2] [IN3])}]
         [{PERSON_OBSERVATION(OBX [{PRT}] [{NTE}])}]
         [{ORDER(ORC [{PRT}] [{TIMING(TQ1 [{TQ2}])}] RXA [RXR] [{OBSERVATION(OBX [{PRT}] [{NTE}])}])}]",
    );
}

#[test]
fn siu_s12() {
    let resources =
        "{RESOURCES(RGS [{SERVICE(AIS [{NTE}])}] [{GENERAL_RESOURCE(AIG [{NTE}])}] [{LOCATION_RESOURCE(AIL [{NTE}])}]
         [{PERSONNEL_RESOURCE(AIP [{NTE}])}])}";
    let patient = "[{PATIENT(PID [PD1] [PV1] [PV2] [{OBX}] [{DG1}])}]";
    let without_demographics = patient.replace("[PD1] ", "");
    check_structure("2.3", "SIU_S12", &format!("MSH SCH [{{NTE}}] {without_demographics} {resources}"));
    check_structure("2.3.1", "SIU_S12", &format!("MSH SCH [{{NTE}}] {patient} {resources}"));
    check_structure("2.5.1", "SIU_S12", &format!("MSH SCH [{{TQ1}}] [{{NTE}}] {patient} {resources}"));
    check_structure("2.8", "SIU_S12", &format!("MSH SCH [{{TQ1}}] [{{NTE}}] {patient} {resources}"));
}

#[test]
fn rde_o11() {
    assert_eq!(dictionary("2.3.1").structure_of("RDE", "O01"), Some("RDE_O01"), "O11 came with 2.4");
    assert_eq!(dictionary("2.3.1").structure("RDE_O11"), None);
    check_structure(
        "2.3.1",
        "RDE_O01",
        "MSH [{NTE}] [PATIENT(PID [PD1] [{NTE}] [PATIENT_VISIT(PV1 [PV2])] [{INSURANCE(IN1 [IN2] [IN3])}] [GT1] [{AL1}])]
         {ORDER(ORC [ORDER_DETAIL(RXO [{NTE}] {RXR} [COMPONENT({RXC} [{NTE}])])] RXE {RXR} [{RXC}]
         [{OBSERVATION(OBX [{NTE}])}] [{CTI}])}",
    );
    let patient = "PATIENT(PID [PD1] [{NTE}] [PATIENT_VISIT(PV1 [PV2])] [{INSURANCE(IN1 [IN2] [IN3])}] [GT1] [{AL1}])";
    check_structure(
        "2.5.1",
        "RDE_O11",
        &format!(
            "MSH [{{SFT}}] [{{NTE}}] [{patient}] {{ORDER(ORC [{{TIMING(TQ1 [{{TQ2}}])}}]
             [ORDER_DETAIL(RXO [{{NTE}}] {{RXR}} [{{COMPONENT(RXC [{{NTE}}])}}])] RXE [{{NTE}}] {{TIMING_ENCODED(TQ1 [{{TQ2}}])}}
             {{RXR}} [{{RXC}}] [{{OBSERVATION(OBX [{{NTE}}])}}] [{{FT1}}] [BLG] [{{CTI}}])}}"
        ),
    );
    check_structure(
        "2.8",
        "RDE_O11",
        "MSH [{SFT}] [UAC] [{NTE}] [PATIENT(PID [PD1] [{PRT}] [{NTE}] [{ARV}] [PATIENT_VISIT(PV1 [PV2] [{PRT}] [{ARV}])]
         [{INSURANCE(IN1 [IN2] [IN3])}] [GT1] [{AL1}])] {ORDER(ORC [{PRT}] [{TIMING(TQ1 [{TQ2}])}]
         [ORDER_DETAIL(RXO [{PRT}] [{NTE}] {RXR} [{COMPONENTS(RXC [{NTE}])}])] RXE [{PRT}] [{NTE}]
         {TIMING_ENCODED(TQ1 [{TQ2}])}
         [{PHARMACY_TREATMENT_INFUSION_ORDER(RXV [{PRT}] [{NTE}] {TIMING_ENCODED(TQ1 [{TQ2}])})}] {RXR} [{RXC}] [{CDO}]
         [{OBSERVATION(OBX [{PRT}] [{NTE}])}] [{FT1}] [BLG] [{CTI}])}",
    );
}

#[test]
fn dft_p03() {
    check_structure(
        "2.3.1",
        "DFT_P03",
        "MSH EVN PID [PD1] [PV1] [PV2] [{DB1}] [{OBX}] {FINANCIAL(FT1 [{FINANCIAL_PROCEDURE(PR1 [{ROL}])}])} [{DG1}] [DRG] [{GT1}]
         [{INSURANCE(IN1 [IN2] [{IN3}])}] [ACC]",
    );
    check_structure(
        "2.5.1",
        "DFT_P03",
        "MSH [{SFT}] EVN PID [PD1] [{ROL}] [PV1] [PV2] [{ROL}] [{DB1}]
         [{COMMON_ORDER([ORC] [{TIMING_QUANTITY(TQ1 [{TQ2}])}] [ORDER(OBR [{NTE}])] [{OBSERVATION(OBX [{NTE}])}])}]
         {FINANCIAL(FT1 [NTE] [{FINANCIAL_PROCEDURE(PR1 [{ROL}])}] [{FINANCIAL_COMMON_ORDER([ORC]
         [{FINANCIAL_TIMING_QUANTITY(TQ1 [{TQ2}])}] [FINANCIAL_ORDER(OBR [{NTE}])] [{FINANCIAL_OBSERVATION(OBX [{NTE}])}])}])}
         [{DG1}] [DRG] [{GT1}] [{INSURANCE(IN1 [IN2] [{IN3}] [{ROL}])}] [ACC]",
    );
    check_structure(
        "2.8",
        "DFT_P03",
        "MSH [{SFT}] [UAC] EVN PID [PD1] [{PRT}] [{ROL}] [VISIT(PV1 [PV2] [{PRT}] [{ROL}])] [{DB1}]
         [{COMMON_ORDER([ORC] [{TIMING_QUANTITY(TQ1 [{TQ2}])}] [ORDER(OBR [{NTE}])] [{OBSERVATION(OBX [{NTE}])}])}]
         {FINANCIAL(FT1 [{PRT}] [{ROL}] [NTE] [{FINANCIAL_PROCEDURE(PR1 [{PRT}] [{ROL}])}] [{FINANCIAL_COMMON_ORDER([ORC]
         [{FINANCIAL_TIMING_QUANTITY(TQ1 [{TQ2}])}] [FINANCIAL_ORDER(OBR [{NTE}])] [{FINANCIAL_OBSERVATION(OBX [{NTE}])}])}])}
         [{DG1}] [DRG] [{GT1}] [{INSURANCE(IN1 [IN2] [{IN3}] [{PRT}] [{ROL}])}] [ACC]",
    );
}

#[test]
fn mdm_t02() {
    check_structure("2.3.1", "MDM_T02", "MSH EVN PID PV1 TXA {OBX}");
    let order = "[{COMMON_ORDER(ORC [{TIMING(TQ1 [{TQ2}])}] OBR [{NTE}])}]";
    check_structure(
        "2.5.1",
        "MDM_T02",
        &format!("MSH [{{SFT}}] EVN PID PV1 {order} TXA {{OBXNTE_SUPPGRP(OBX [{{NTE}}])}}"),
    );
    check_structure(
        "2.8",
        "MDM_T02",
        &format!("MSH [{{SFT}}] [UAC] EVN PID PV1 {order} TXA [{{CON}}] {{OBSERVATION(OBX [{{NTE}}])}}"),
    );
}

#[test]
fn trigger_events_and_their_structures() {
    let check = |version: &str, kind: &str, event: &str, expect: Option<&str>| {
        assert_eq!(dictionary(version).structure_of(kind, event), expect, "{version} {kind}^{event}");
    };
    for version in ["2.3.1", "2.5.1", "2.8"] {
        for event in ["A01", "A04", "A08", "A13"] {
            check(version, "ADT", event, Some("ADT_A01"));
        }
        check(version, "ADT", "A07", Some("ADT_A06"));
        check(version, "ORU", "R01", Some("ORU_R01"));
        check(version, "SIU", "S15", Some("SIU_S12"));
        check(version, "MDM", "T10", Some("MDM_T02"));
        check(version, "ADT", "A99", None);
    }
    for event in ["A05", "A14", "A28", "A31"] {
        check("2.5.1", "ADT", event, Some("ADT_A05"));
    }
    for event in ["A40", "A41", "A42"] {
        check("2.5.1", "ADT", event, Some("ADT_A39"));
    }
    check("2.5.1", "ADT", "A34", Some("ADT_A30"));
    check("2.5.1", "RDE", "O25", Some("RDE_O11"));
    let named =
        |kind, event, structure| dictionary("2.5.1").structure_named(kind, event, structure).map(|found| found.id());
    assert_eq!(named("ADT", "A04", ""), Some("ADT_A01"));
    assert_eq!(named("ADT", "A04", "ADT_A04"), Some("ADT_A01"), "a structure that is none falls back to the event");
    assert_eq!(named("ACK", "A04", ""), Some("ACK"));
    assert_eq!(named("ZZZ", "Z01", ""), None);
}

#[test]
fn types_and_tables() {
    let component = |version: &str, kind: &str, number: u16| {
        let part = dictionary(version).datatype(kind).and_then(|kind| kind.component(number)).expect("a component");
        (part.name(), part.type_name(), part.usage().letter(), part.table_number())
    };
    assert_eq!(component("2.3.1", "XPN", 2), ("Given Name", "ST", 'O', None));
    assert_eq!(component("2.5.1", "CX", 1), ("ID Number", "ST", 'R', None));
    assert_eq!(component("2.5.1", "CX", 5), ("Identifier Type Code", "ID", 'O', Some(203)));
    assert_eq!(component("2.8", "CX", 5), ("Identifier Type Code", "ID", 'R', Some(203)));
    assert_eq!(component("2.5.1", "MSG", 3), ("Message Structure", "ID", 'R', Some(354)));
    let code =
        |version: &str, table: u16, code: &str| dictionary(version).table(table).and_then(|table| table.display(code));
    assert_eq!(code("2.5.1", 1, "A"), Some("Ambiguous"));
    assert_eq!(code("2.3.1", 1, "A"), None, "ambiguous came with 2.4");
    assert_eq!(code("2.5.1", 85, "F").map(|text| text.starts_with("Final results")), Some(true));
    assert_eq!(code("2.5.1", 4, "I"), Some("Inpatient"));
    assert_eq!(code("2.9", 103, "P"), Some("Production"));
    let is_user_defined = |table| dictionary("2.5.1").table(table).map(|table| table.is_user_defined());
    assert_eq!([1, 4, 78].map(is_user_defined), [Some(true); 3]);
    assert_eq!([3, 76, 85, 119, 203].map(is_user_defined), [Some(false); 5]);
}

#[test]
fn what_2_9_added() {
    let field = |version: &str, segment: &str, number| {
        dictionary(version).segment(segment).and_then(|found| found.field(number))
    };
    for (segment, first, last) in
        [("MSH", 26, 28), ("NTE", 9, 9), ("OBX", 31, 33), ("ORC", 35, 38), ("PRT", 23, 24), ("TXA", 27, 28)]
    {
        for number in first..=last {
            assert!(field("2.9", segment, number).is_some(), "{segment}-{number}");
            assert!(field("2.8.2", segment, number).is_none(), "{segment}-{number}");
        }
    }
}

#[test]
fn what_2_9_added_in_whole() {
    check_segment("2.9", "OH1", "1 SI R; 2 ID O T206; 3 CWE R T957; 4 DT O; 5 DT O; 6 DT R; 7 EI O");
    check_segment("2.9", "OH4", "1 SI R; 2 ID O T206; 3 DT R; 4 DT O; 5 DT O; 6 EI O");
    for (id, count) in [("OH2", 18), ("OH3", 8), ("SPM", 35), ("OBR", 55), ("PD1", 23), ("FT1", 56)] {
        let segment = dictionary("2.9").segment(id).expect("a segment");
        assert_eq!(segment.fields().count(), count, "{id}");
    }
    assert!(dictionary("2.8.2").segment("OH1").is_none());
    check_structure(
        "2.9",
        "ADT_A01",
        "MSH [{ARV}] [{SFT}] [UAC] EVN PID [PD1] [{OH1}] [{OH2}] [{OH3}] [{OH4}] [{ARV}] [{ROL}] [{PRT}]
         [{NEXT_OF_KIN(NK1 [{OH2}] [{OH3}])}] PV1 [PV2] [{ARV}] [{ROL}] [{PRT}] [{DB1}] [{OBSERVATION(OBX [{PRT}])}] [{AL1}]
         [{IAM}] [{DG1}] [DRG] [{PROCEDURE(PR1 [{ROL}] [{PRT}])}] [{GT1}]
         [{INSURANCE(IN1 [IN2] [{IN3}] [{ROL}] [{PRT}] [{AUT}] [{RF1}])}] [ACC] [UB1] [UB2] [PDA]",
    );
}

/// Structures that the packages have wrong, or lack.
#[test]
fn the_oldest_versions() {
    check_structure(
        "2.1",
        "ORM_O01",
        "MSH [{NTE}] [PATIENT(PID [{NTE}] [PV1])]
         {ORDER(ORC [ORDER_DETAIL(<OBR|ORO|RX1> [{NTE}] [{OBX}] [{NTE}])] [BLG])}",
    );
    check_structure(
        "2.2",
        "ORM_O01",
        "MSH [{NTE}] [PATIENT(PID [{NTE}] [PV1])]
         {ORDER(ORC [ORDER_DETAIL(<OBR|RQD|RQ1|RXO|ODS|ODT> [{NTE}] [{OBX}] [{NTE}])] [BLG])}",
    );
    for event in ["A01", "A04", "A05", "A08"] {
        check_structure("2.1", &format!("ADT_{event}"), "MSH EVN PID [NK1] PV1 [DG1]");
    }
    check_structure("2.1", "QRY_Q01", "MSH QRD [QRF] [DSC]");
    check_structure("2.2", "UDM_Q05", "MSH URD [URS] {DSP} [DSC]");
    assert_eq!(dictionary("2.3").structure_of("ADR", "A19"), Some("ADR_A19"));
    let response = grammar(dictionary("2.3").structure("ADR_A19").expect("a structure").nodes());
    assert!(response.starts_with("MSH MSA [ERR] QRD [QRF] {QUERY_RESPONSE([EVN] PID [PD1]"), "{response}");
}

/// Messages that conform, of what few send; in 2.1 and 2.2 the dictionary once called each of them wrong.
#[test]
fn rare_messages_that_conform_are_valid() {
    const RARE: [&str; 9] = [
        "MSH|^~\\&|A|B|C|D|199101011200||ADT^A02|1|P|2.1\rEVN|A02|199101011200\rPID|||123||DOE^JOHN|||||||||||||111-11-1111\r\
         PV1||I|2W",
        "MSH|^~\\&|A|B|C|D|199101011200||ORM|1|P|2.1\rPID|||123||DOE^JOHN\rORC|NW|1\rOBR|1|1||8500^CBC",
        "MSH|^~\\&|A|B|C|D|199401011200||ORM^O01|1|P|2.2\rPID|||123||DOE^JOHN\rPV1||I|2W^201^1\rORC|NW|1^OE\r\
         OBR|1|1^OE||CXR^Chest X Ray",
        "MSH|^~\\&|A|B|C|D|199801011200||ADR^A19|2|P|2.3\rMSA|AA|2\rQRD|199801011200|R|I|Q1|||1^RD|12345|DEM|ALL\r\
         EVN|A19|199801011200\rPID|||123||Doe^John\rPV1||I",
        "MSH|^~\\&|A|B|C|D|199401011200||MFN^M02|1|P|2.2\rMFI|PRA||REP|||AL\rMFE|MAD|1||S1\rSTF|S1||Hippocrates^Harold",
        "MSH|^~\\&|A|B|C|D|199101011200||QRY^Q01|1|P|2.1\rQRD|199101011200|R|I|Q1|||1^RD|12345|DEM|ALL",
        "MSH|^~\\&|A|B|C|D|200101011200||ACK|1|P|2.2\rMSA|AA|1",
        "MSH|$*!@|A|B|C|D|20240101120000||ADT$A04$ADT_A01|1|P|2.5.1\rEVN||20240101120000\rPID|||1$$$A$MR||Doe$Jo\rPV1||O",
        "MSH|^~\\&|A|B|C|D|20240101120000+0000||ADT^A01^ADT_A01|1|P|2.9\rEVN||20240101120000\rPID|||1^^^A^MR||Doe^Jo\r\
         OH1|1||1|||20240101\rNK1|1|Doe^Ann\rOH3|1||5\rPV1||O",
    ];
    for text in RARE {
        let (message, findings) = Message::parse(text.as_bytes().to_vec());
        let report = validate::validate(&message, &findings, Options { level: Level::Lenient, values: false });
        let said: Vec<String> =
            report.issues.iter().map(|issue| format!("{} {} {}", issue.code, issue.path, issue.message)).collect();
        assert!(report.is_valid(), "{text}: {said:#?}");
        assert!(!said.iter().any(|issue| issue.starts_with("E1114")), "{text}: {said:#?}");
    }
}
