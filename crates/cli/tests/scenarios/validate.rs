//! `sinew validate` with a conformance profile in a folder.

use super::support::{Workspace, sinew, sinew_with};

const PROFILE: &str = r#"<ConformanceProfile ID="GUIDE"><Messages>
  <Message ID="ACK_T" Type="ACK" Event="A01" StructID="ACK"><Segment Ref="MSH_T" Usage="R" Min="1" Max="1"/></Message>
  <Message ID="ADT_T" Type="ADT" Event="A01" StructID="ADT_A01"><Segment Ref="MSH_T" Usage="R" Min="1" Max="1"/>
    <Group ID="P" Name="PATIENT" Usage="R" Min="1" Max="*"><Segment Ref="PID_T" Usage="R" Min="1" Max="1"/></Group></Message>
  </Messages><Segments>
  <Segment ID="MSH_T" Name="MSH" Description="Header">
    <Field Name="Separator" Datatype="ST" Usage="R" Max="1"/><Field Name="Characters" Datatype="ST" Usage="R" Max="1"/>
    <Field Name="a" Datatype="ST" Usage="O" Max="1"/><Field Name="b" Datatype="ST" Usage="O" Max="1"/>
    <Field Name="c" Datatype="ST" Usage="O" Max="1"/><Field Name="d" Datatype="ST" Usage="O" Max="1"/>
    <Field Name="e" Datatype="ST" Usage="O" Max="1"/><Field Name="f" Datatype="ST" Usage="O" Max="1"/>
    <Field Name="Type" Datatype="MSG" Usage="R" Max="1"/></Segment>
  <Segment ID="PID_T" Name="PID" Description="Patient">
    <Field Name="Set ID" Datatype="ST" Usage="RE" Max="1"/><Field Name="Name" Datatype="ST" Usage="R" Max="1"/></Segment>
  </Segments><Datatypes><Datatype ID="ST" Name="ST" Description="s"/>
  <Datatype ID="MSG" Name="MSG" Description="m"><Component Name="Code" Datatype="ST" Usage="R"/>
    <Component Name="Event" Datatype="ST" Usage="R"/><Component Name="Structure" Datatype="ST" Usage="O"/></Datatype>
  </Datatypes></ConformanceProfile>"#;

const CONSTRAINTS: &str = r#"<ConformanceContext UUID="G"><Constraints><Segment><ByID ID="PID_T">
  <Constraint ID="GUIDE-7" Target="2[1]"><Description>PID-2 (Name) SHALL be in capitals.</Description>
  <Assertion><Format Path="2[1]" Regex="[A-Z]+"/></Assertion></Constraint></ByID></Segment></Constraints></ConformanceContext>"#;

const HEADER: &str = "MSH|^~\\&|||||||ADT^A01^ADT_A01\r";

/// A guide: the profile and its statements in folders of their own, and a test case whose statements are not the guide's.
fn guide() -> (Workspace, String) {
    let workspace = Workspace::empty();
    workspace.write("guide/Global/Profiles/p.xml", PROFILE);
    workspace.write("guide/Global/Constraints/c.xml", CONSTRAINTS);
    workspace.write("guide/Cases/1/c.xml", &CONSTRAINTS.replace("[A-Z]+", "nothing"));
    workspace.write("guide/Cases/1/notes.xml", "<notes/>");
    let folder = workspace.at("guide");
    (workspace, folder)
}

#[test]
fn a_message_is_valid_or_its_issues_are_told() {
    let (workspace, guide) = guide();
    let good = workspace.write("good.hl7", &format!("{HEADER}PID|1|QUIST\r")).display().to_string();
    let bad = workspace.write("bad.hl7", &format!("{HEADER}PID||Quist\rDG1|1\r")).display().to_string();
    sinew(&["validate", &good, "--profile", &guide]).expect(0).says(&["ADT_T", "0 errors"]);
    let told = sinew(&["validate", &good, &bad, "--profile", &guide]).expect(1);
    told.says(&[
        "GUIDE-7",
        "PID-2",
        "in PATIENT",
        "SHALL be in capitals",
        "E1087",
        "DG1",
        "1 of 2 messages are valid",
        "--all",
    ]);
    assert!(!told.out.contains("Quist"), "an issue shows no content: {}", told.out);
    sinew(&["validate", &bad, "--profile", &guide, "--all"]).expect(1).says(&["E1081", "PID-1"]);
    sinew(&["validate", &bad, "--profile", &guide, "--values"]).expect(1).says(&["it is: Quist"]);
}

#[test]
fn a_json_object_a_message() {
    let (_workspace, guide) = guide();
    let two = format!("{HEADER}PID|1|QUIST\r{HEADER}PID|1|Quist\r");
    let done = sinew_with(&["validate", "-", "--profile", &guide, "--json"], two.as_bytes()).expect(1);
    let lines: Vec<serde_json::Value> =
        done.out.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    let brief = |line: &serde_json::Value| {
        (line["index"].as_u64(), line["valid"].as_bool(), line["issues"].as_array().map(Vec::len))
    };
    assert_eq!(
        lines.iter().map(brief).collect::<Vec<_>>(),
        [(Some(1), Some(true), Some(0)), (Some(2), Some(false), Some(1))]
    );
    let issue = &lines[1]["issues"][0];
    assert_eq!(
        (&issue["code"], &issue["severity"], &issue["path"]),
        (&"GUIDE-7".into(), &"error".into(), &"PID-2".into())
    );
    assert_eq!((&issue["group"], &lines[1]["profile"]), (&"PATIENT".into(), &"ADT_T".into()));
    assert!(issue.get("value").is_none() && !done.out.contains("Quist"));
}

#[test]
fn the_message_of_the_profile_and_its_mistakes() {
    let (workspace, guide) = guide();
    let good = format!("{HEADER}PID|1|QUIST\r");
    let run = |profile: &str, bytes: &str| sinew_with(&["validate", "-", "--profile", profile], bytes.as_bytes());
    run(&format!("{guide}#ADT_T"), &good).expect(0);
    run(&format!("{guide}#ACK_T"), &good).expect(1).says(&["E1087", "PID"]);
    run(&format!("{guide}#NO"), &good).expect(2).says(&["ACK_T, ADT_T"]);
    run(&guide, "MSH|^~\\&|||||||ORU^R01\r").expect(1).says(&["E1074"]);
    run(&guide, "no message").expect(1).says(&["no HL7 v2 message"]);
    run(&workspace.at("guide/Cases"), &good).expect(2).says(&["E1073"]);
    run(&workspace.at("nowhere"), &good).expect(3);
    // Without a profile, by the standard of its version.
    let whole = "MSH|^~\\&|ADT|NORTH|HUB|WEST|20260301||ADT^A08^ADT_A01|M1|P|2.5.1\rEVN||20260301\rPID|||7^^^NORTH^MR||Quist^Ada\rPV1||I\r";
    sinew_with(&["validate", "-"], whole.as_bytes()).expect(0);
    sinew_with(&["validate", "-"], whole.replace("PV1||I", "PV1||").as_bytes()).expect(1).says(&["E1117", "PV1-2"]);
    sinew_with(&["validate", "-", "--level", "loose"], whole.as_bytes()).expect(2).says(&["strict"]);
    sinew(&["validate", "nowhere.hl7", "--profile", &guide]).expect(3).says(&["nowhere.hl7"]);
}
