//! `sinew profile`: learned from traffic, compared.

use super::support::{Workspace, sinew, sinew_with};

/// A guide that wants the name in five letters, no birth date, and a next of kin.
const GUIDE: &str = r#"<ConformanceProfile ID="GUIDE"><Messages>
  <Message ID="ADT_T" Type="ADT" Event="A01" StructID="ADT_A01"><Segment Ref="MSH_T" Usage="R" Min="1" Max="1"/>
    <Segment Ref="PID_T" Usage="R" Min="1" Max="1"/><Segment Ref="NK1_T" Usage="R" Min="1" Max="1"/></Message>
  </Messages><Segments>
  <Segment ID="MSH_T" Name="MSH" Description="Header"/>
  <Segment ID="NK1_T" Name="NK1" Description="Next of Kin"/>
  <Segment ID="PID_T" Name="PID" Description="Patient">
    <Field Name="Set ID" Datatype="ST" Usage="O" Max="1"/><Field Name="b" Datatype="ST" Usage="O" Max="1"/>
    <Field Name="Identifiers" Datatype="ST" Usage="R" Min="1" Max="1"/><Field Name="d" Datatype="ST" Usage="O" Max="1"/>
    <Field Name="Name" Datatype="XPN" Usage="R" Max="1"/>
    <Field Name="f" Datatype="ST" Usage="O" Max="1"/><Field Name="Birth Date" Datatype="ST" Usage="X" Max="1"/></Segment>
  </Segments><Datatypes><Datatype ID="ST" Name="ST" Description="s"/>
  <Datatype ID="FN" Name="FN" Description="f"><Component Name="Surname" Datatype="ST" Usage="R" MinLength="1" MaxLength="5"/></Datatype>
  <Datatype ID="XPN" Name="XPN" Description="n"><Component Name="Family" Datatype="FN" Usage="R"/>
    <Component Name="Given" Datatype="ST" Usage="O"/></Datatype></Datatypes></ConformanceProfile>"#;

fn admit(number: usize) -> String {
    format!(
        "MSH|^~\\&|EPIC|NORTH|LAB|SOUTH|20260301||ADT^A01^ADT_A01|{number}|P|2.5.1\rEVN||20260301\r\
         PID|1||CANARY{number}^^^NORTH^MR||Canaryson^Ada||19700101|F||Canaryson|1 Canary Rd\rPV1|1|I|4W\r\
         NTE|1||the canary sang\rZPD|{}\r",
        number % 2
    )
}

fn feed() -> (Workspace, String) {
    let workspace = Workspace::empty();
    for number in 0..40 {
        workspace.write(&format!("feed/{number:02}.hl7"), &admit(number));
    }
    let folder = workspace.at("feed");
    (workspace, folder)
}

#[test]
fn counts_are_learned_and_no_person() {
    let (_workspace, feed) = feed();
    let done = sinew(&["profile", "learn", &feed, "--json"]).expect(0);
    assert!(!done.out.to_lowercase().contains("canary"), "{}", done.out);
    let told: serde_json::Value = serde_json::from_str(&done.out).expect("an object");
    let kind = &told["types"][0];
    assert_eq!(
        (&told["messages"], &kind["structure"], &kind["events"]["A01"]),
        (&40.into(), &"ADT_A01".into(), &40.into())
    );
    let fields = kind["fields"].as_array().expect("a list");
    let field = |path: &str| fields.iter().find(|field| field["path"] == path).unwrap_or_else(|| panic!("{path}"));
    assert_eq!((&field("PID-7")["forms"]["day"], &field("PID-5.1.1")["longest"]), (&40.into(), &9.into()));
    assert_eq!(field("PID-8")["codes"][0], serde_json::json!({"code": "F", "count": 40, "display": "Female"}));
    assert_eq!(field("ZPD-1")["codes"].as_array().map(Vec::len), Some(2));
    assert!(field("PID-10.1").get("codes").is_some_and(|codes| codes.as_array().is_some_and(Vec::is_empty)));
}

#[test]
fn nothing_to_learn_from() {
    sinew_with(&["profile", "learn", "-", "--json"], b"no message").expect(1).says(&["no HL7 v2 message"]);
    sinew(&["profile", "learn", "/nowhere/at/all"]).expect(3);
}

#[test]
fn the_gap_between_a_feed_and_a_guide() {
    let (workspace, feed) = feed();
    workspace.write("guide/p.xml", GUIDE);
    let guide = workspace.at("guide");
    let done = sinew(&["profile", "diff", &feed, &guide]).expect(1);
    done.says(&[
        "PID-7",
        "will refuse",
        "sent in 40 of 40",
        "NK1",
        "was never sent",
        "PID-5.1.1",
        "may truncate",
        "ZPD",
        "gaps:",
    ]);
    assert!(!done.out.to_lowercase().contains("canary"), "{}", done.out);
    let done = sinew(&["profile", "diff", &feed, &guide, "--json"]).expect(1);
    let told: serde_json::Value = serde_json::from_str(&done.out).expect("an object");
    let gaps = told["comparisons"][0]["gaps"].as_array().expect("a list");
    let has = |path: &str, code: &str| gaps.iter().any(|gap| gap["path"] == path && gap["code"] == code);
    assert!(has("PID-7", "E1156") && has("NK1", "E1155") && has("PID-5.1.1", "E1159"), "{told}");
    assert_eq!(told["is_compatible"], false);
}

#[test]
fn sides_by_name() {
    let same = ["profile", "diff", "hl7v2", "2.5.1", "ORU_R01", "hl7v2 2.5.1 ORU^R01"];
    sinew(&same).expect(0).says(&["0 gaps"]);
    sinew(&["profile", "diff", "hl7v2 2.5.1 ORU_R01", "hl7v2 2.5.1 ADT_A01"])
        .expect(1)
        .says(&["E1164", "sends ORU messages"]);
    sinew(&["profile", "diff", "hl7v2 2.5.1 QQQ", "hl7v2 2.5.1 ADT_A01"]).expect(2).says(&["no message structure"]);
    sinew(&["profile", "diff", "hl7v2 2.5.1 ADT_A01"]).expect(2);
    sinew(&["profile", "diff", "nothing-here", "hl7v2 2.5.1 ADT_A01"]).expect(2).says(&["no profile `nothing-here`"]);
    sinew(&["profile", "diff", "./nothing/here", "hl7v2 2.5.1 ADT_A01"]).expect(3);
    sinew(&["profile", "diff", "strict", "hl7v2 2.5.1 ADT_A01"]).expect(2).says(&["hl7v2 2.5.1 ADT_A01"]);
}

#[test]
fn a_profile_is_written() {
    let (workspace, feed) = feed();
    let done = sinew(&["profile", "learn", &feed, "--name", "north-adt"]).expect(0);
    done.says(&[
        "profile north-adt",
        "extends hl7v2 2.5.1 ADT_A01",
        "require PID-3",
        "bind PID-8 to [F]",
        "document ZPD-1",
        "# 40 of 40",
    ]);
    assert!(!done.out.to_lowercase().contains("canary"), "{}", done.out);
    let file = workspace.at("shared/profiles/north-adt.flow");
    sinew(&["profile", "learn", &feed, "--out", &file, "--closed", "--min-count", "50"]).expect(0);
    let text = std::fs::read_to_string(&file).expect("a file");
    assert!(
        text.contains("profile learned ") && text.contains("forbid PID-19") && !text.contains("require PID-3"),
        "{text}"
    );
    sinew(&["profile", "learn", &feed, "--name", "no name"]).expect(2);
    sinew(&["profile", "learn", &feed, "--min-patients", "0"]).expect(2);
}

#[test]
fn profiles_of_the_language_are_sides() {
    let (workspace, feed) = feed();
    let file = workspace.at("feed.flow");
    sinew(&["profile", "learn", &feed, "--out", &file, "--closed"]).expect(0);
    sinew(&["profile", "diff", &feed, &file]).expect(0).says(&["0 gaps"]);
    sinew(&["profile", "diff", &file, "us-syndromic"]).expect(1).says(&["EVN-7", "PV1-19", "will refuse"]);
    sinew(&["profile", "diff", &feed, "us-syndromic", "--json"]).expect(1).says(&["\"EVN-7\"", "was never sent"]);
    sinew(&["profile", "diff", &format!("{file}#other"), "us-syndromic"])
        .expect(2)
        .says(&["no profile `other`", "learned"]);
}

/// Messages of the simulated hospital: what is learned from them is a profile that they keep.
#[test]
fn what_the_hospital_sends_is_valid_under_what_was_learned_from_it() {
    let workspace = Workspace::empty();
    let made = sinew(&["generate", "--count", "300", "--seed", "11"]).expect(0);
    let day = workspace.write("day.hl7", &made.out).display().to_string();
    let file = workspace.at("day.flow");
    sinew(&["profile", "learn", &day, "--out", &file, "--closed", "--min-count", "1"]).expect(0);
    let text = std::fs::read_to_string(&file).expect("the profiles");
    let heads = text.lines().filter_map(|line| line.strip_prefix("profile "));
    let mut of_all = 0;
    for head in heads {
        let name = head.split(' ').next().expect("a name");
        let learned_from = head.split("Learned from ").nth(1).and_then(|rest| rest.split(' ').next());
        let learned_from: usize = learned_from.and_then(|count| count.parse().ok()).expect("a count");
        // The messages of other types are not valid under it, and so the call says that it found problems.
        let told = sinew(&["validate", "--profile", &format!("{file}#{name}"), &day, "--json"]);
        let valid = told.out.lines().filter(|line| line.contains("\"valid\":true")).count();
        assert_eq!(valid, learned_from, "{name}");
        of_all += valid;
    }
    assert_eq!(of_all, 300);
}

/// A profile of the workspace by its name, with a code table of the workspace; a guide there by its name.
#[test]
fn profiles_and_guides_of_a_workspace_are_sides() {
    let workspace = Workspace::empty();
    workspace.write("shared/tables/wards.csv", "from,to\n4W,4W\n5E,5E\n");
    workspace.write(
        "shared/profiles/site.flow",
        "profile site extends hl7v2 2.5.1 ADT_A01 {\n  require PID-8\n  bind PV1-3.1 to table:wards\n}\n",
    );
    workspace.write(
        "shared/profiles/narrow.flow",
        "profile narrow extends hl7v2 2.5.1 ADT_A01 {\n  bind PV1-3.1 to [4W]\n}\n",
    );
    workspace.write("shared/profiles/theirs/p.xml", GUIDE);
    let done = workspace.sinew(&["profile", "diff", "site", "narrow", "--json"]).expect(1);
    let gaps = done.json()["comparisons"][0]["gaps"].clone();
    let codes = gaps.as_array().expect("a list").iter().find(|gap| gap["path"] == "PV1-3.1").expect("a gap");
    assert_eq!((&codes["code"], &codes["sender"]), (&"E1160".into(), &"may send 5E".into()));
    workspace.sinew(&["profile", "diff", "narrow", "site"]).expect(1).says(&["PID-8", "requires it (R)"]);
    // The same by its file, whose table is that of the workspace.
    workspace.sinew(&["profile", "diff", &workspace.at("shared/profiles/site.flow"), "site"]).expect(0);
    workspace.sinew(&["profile", "diff", "site", "theirs#ADT_T"]).expect(1).says(&["NK1", "requires it (R)", "PID-7"]);
    workspace.sinew(&["profile", "diff", "sit", "narrow"]).expect(2).says(&["did you mean `site`?"]);
}

#[test]
fn the_whole_of_a_message_is_shown() {
    let workspace = Workspace::empty();
    workspace.write("guide/p.xml", GUIDE);
    let guide = workspace.at("guide");
    let done = sinew(&["profile", "show", &guide]).expect(0);
    done.says(&["ADT^A01 ADT_A01", "PID-5.1.1", "Surname", "1..5", "NK1"]);
    assert!(!done.out.contains("Birth Date"), "what is not supported is for --all: {}", done.out);
    sinew(&["profile", "show", &guide, "--all"]).expect(0).says(&["Birth Date"]);
    let told = sinew(&["profile", "show", &guide, "--json"]).expect(0).json();
    let elements = told["elements"].as_array().expect("a list");
    let find = |path: &str| elements.iter().find(|one| one["path"] == path).unwrap_or_else(|| panic!("{path}"));
    assert_eq!((&told["schema"], &find("PID-7")["usage"]), (&"sinew.outline/1".into(), &"X".into()));
    assert_eq!(find("PID-5.1.1")["length"], serde_json::json!([1, 5]));
    // A profile of lines: by itself, and over the standard.
    let lines = sinew(&["profile", "show", "us-syndromic"]).expect(0);
    assert!(!lines.out.contains("Message Control ID"), "{}", lines.out);
    sinew(&["profile", "show", "us-syndromic", "--whole"]).expect(0).says(&["Message Control ID", "EVN-7.2", "SS003"]);
    // EVN-7.2 is required and EVN-7.1 expected: the field has to be there.
    let whole = sinew(&["profile", "show", "us-syndromic", "--whole", "--json"]).expect(0);
    let first: serde_json::Value = serde_json::from_str(whole.out.lines().next().expect("a line")).expect("an object");
    let elements = first["elements"].as_array().expect("a list");
    let usage = |path: &str| elements.iter().find(|one| one["path"] == path).map(|one| one["usage"].clone());
    assert_eq!(
        [usage("EVN-7"), usage("EVN-7.1"), usage("EVN-7.2")],
        [Some("R".into()), Some("RE".into()), Some("R".into())]
    );
}
