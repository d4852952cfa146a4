//! A profile of the site: from the command line, and as a step of an interface.

use super::{
    destination_down::pharmacy,
    support::{Engine, Partner, Peer, Workspace, field, received, sinew_with, wait_for},
};
use serde_json::Value;

const SITE: &str = "profile site \"What the hub takes\" extends hl7v2 2.5.1 ADT {\n  require PID-8 because \"the ward needs it\"\n  \
                    bind    PV1-2 to [I, E]\n  expect  PID-13\n  rule \"a ward has a letter\" { PV1-3.1 matches \"[A-Z]\" }\n  \
                    example good.hl7\n}\n";

fn message(id: &str, sex: &str, class: &str) -> String {
    format!(
        "MSH|^~\\&|ADT|NORTH|HUB|NORTH|20260301120000||ADT^A01^ADT_A01|{id}|P|2.5.1\rEVN||20260301120000\r\
         PID|1||7^^^NORTH^MR||Quist^Ada||19700101|{sex}|||||555-0142\rPV1|1|{class}|4W^2\r"
    )
}

fn workspace(lines: &str) -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("shared/profiles/site.flow", SITE);
    workspace.write("shared/profiles/good.hl7", &message("G1", "F", "I"));
    workspace.interface("adt", lines);
    workspace
}

fn checked(partner: &Partner, step: &str) -> (Workspace, Engine, Peer) {
    let workspace = workspace(&received(&format!("  {step}\n{}", pharmacy(partner.port))));
    let engine = workspace.run();
    let peer = Peer::connect(&engine.address("adt"));
    (workspace, engine, peer)
}

#[test]
fn by_the_command_line() {
    let workspace = workspace(&received(&pharmacy(1)));
    let bad = workspace.write("bad.hl7", &message("B1", "", "O")).display().to_string();
    let good = workspace.at("shared/profiles/good.hl7");
    workspace.sinew(&["validate", &good, "--profile", "site"]).expect(0).says(&["site", "0 errors"]);
    let done = workspace.sinew(&["validate", &bad, "--profile", "site"]).expect(1);
    done.says(&["site:require-PID-8", "PID-8 (Administrative Sex) is required and empty. the ward needs it."]);
    done.says(&["site:bind-PV1-2", "[I, E]"]);
    assert!(!done.out.contains("Quist"), "{}", done.out);
    let line: Value = workspace.sinew(&["validate", &bad, "--profile", "site", "--json"]).expect(1).json();
    assert_eq!((&line["valid"], &line["index"], &line["profile"]), (&false.into(), &1.into(), &"site".into()));
    let codes: Vec<_> = line["issues"].as_array().expect("issues").iter().map(|issue| issue["code"].clone()).collect();
    assert_eq!(codes, ["site:require-PID-8", "site:bind-PV1-2"]);
    // A file of the language, a shipped profile, and what is not there.
    workspace.sinew(&["validate", &bad, "--profile", &workspace.at("shared/profiles/site.flow")]).expect(1);
    sinew_with(&["validate", "-", "--profile", "patient-feed"], message("B2", "F", "I").as_bytes()).expect(0);
    workspace.sinew(&["validate", &bad, "--profile", "sit"]).expect(2).says(&["E2511", "did you mean `site`?"]);
    workspace.write("own.flow", "profile own extends site { optional PID-8 }\n");
    workspace.sinew(&["validate", &good, "--profile", "own.flow"]).expect(0);
    workspace.write("own.flow", "profile own extends site {\n  require PID-99\n}\n");
    workspace.sinew(&["validate", &good, "--profile", "own.flow"]).expect(2).says(&[
        "own.flow:2",
        "E2503",
        "PID has 39",
    ]);
    workspace.sinew(&["profile", "list"]).expect(0).says(&["site", "What the hub takes", "patient-feed", "ships"]);
    let shown = workspace.sinew(&["profile", "show", "site"]).expect(0);
    shown.says(&["Administrative Sex", "site:require-PID-8", "shared/profiles/site.flow:2"]);
    let shown = workspace.sinew(&["profile", "show", "site", "--json"]).expect(0).json();
    assert_eq!(shown["lines"].as_array().map(Vec::len), Some(4), "{shown}");
    workspace.sinew(&["check"]).expect(0);
}

#[test]
fn an_invalid_message_is_rejected_with_what_is_wrong() {
    let partner = Partner::new();
    let (workspace, engine, mut peer) = checked(&partner, "validate site");
    assert_eq!(field(&peer.exchange(&message("R1", "F", "I")), "MSA", 1), "AA");
    let answer = peer.exchange(&message("R2", "", "O"));
    assert_eq!((field(&answer, "MSA", 1), field(&answer, "MSA", 2)), ("AE".to_owned(), "R2".to_owned()));
    let errors: Vec<&str> = answer.split('\r').filter(|line| line.starts_with("ERR")).collect();
    assert_eq!(errors.len(), 2, "{answer}");
    assert!(errors[0].contains("PID^1^8") && errors[0].contains("|101^"), "{answer}");
    assert!(errors[1].contains("PV1^1^2") && errors[1].contains("|103^"), "{answer}");
    assert!(answer.contains("is required and empty. the ward needs it.") && !answer.contains("Quist"), "{answer}");
    // Enhanced mode: a commit error.
    let enhanced = message("R3", "", "I").replace("|P|2.5.1\r", "|P|2.5.1|||AL|NE\r");
    assert_eq!(field(&peer.exchange(&enhanced), "MSA", 1), "CE");
    // Stored and found, counted as filtered, delivered nowhere.
    let found = engine.find("control:R2");
    assert_eq!(found["state"], "filtered", "{found}");
    let explained = engine.sinew(&["explain", &found["id"].to_string()]).expect(0);
    explained.says(&["rejected by validate site", "site:require-PID-8 at PID-8", "acknowledged AE"]);
    engine.wait_for_count("delivered", 1);
    assert_eq!((engine.count("accepted"), engine.count("filtered")), (3, 2));
    engine.sinew(&["status"]).says(&["REFUSED", "lost 0"]);
    let interface = engine.sinew(&["status", "--json"]).json()["engine"]["interfaces"][0].clone();
    assert_eq!((&interface["rejected"], &interface["refused"]), (&2.into(), &0.into()), "{interface}");
    // It comes again after the profile was mended, and is looked at anew.
    workspace.write(
        "shared/profiles/site.flow",
        &SITE.replace("require PID-8", "expect PID-8").replace("[I, E]", "[I, E, O]"),
    );
    engine.sinew(&["reload"]).expect(0);
    assert_eq!(field(&peer.exchange(&message("R2", "", "O")), "MSA", 1), "AA");
    engine.wait_for_count("delivered", 2);
    assert_eq!(partner.control_ids(), ["R1", "R2"]);
    // A duplicate of the one that was taken gets its answer, whatever the rules are now.
    workspace.write("shared/profiles/site.flow", SITE);
    engine.sinew(&["reload"]).expect(0);
    assert_eq!(field(&peer.exchange(&message("R2", "", "O")), "MSA", 1), "AA");
    assert_eq!(engine.count("accepted"), 4);
}

#[test]
fn a_rejected_message_that_is_replayed_tells_the_truth() {
    let partner = Partner::new();
    let (workspace, engine, mut peer) = checked(&partner, "validate site");
    assert_eq!(field(&peer.exchange(&message("R1", "", "I")), "MSA", 1), "AE");
    let original = engine.find("control:R1")["id"].to_string();
    let replay = ["replay", &original, "--yes", "--reason", "mended by hand"];
    let explain = |id: &str| engine.sinew(&["explain", id]).expect(0);
    let refused = engine.sinew(&replay).expect(1);
    refused.says(&["0 replayed, 1 refused", "E5015", "rejected again, and stored as message "]);
    let again = refused.out.split("stored as message ").nth(1).expect("its id").trim().to_owned();
    explain(&again).says(&["replay of message", "rejected by validate site", "acknowledged to nobody"]);
    assert!(!explain(&again).out.contains("acknowledged AE"), "no sender heard this");
    // The index is a moment behind the log.
    let told = |text: &str| {
        wait_for("the replay to be told", || Some(explain(&original)).filter(|explained| explained.out.contains(text)))
    };
    told(&format!("it was rejected again, as message {again}")).says(&["acknowledged AE"]);
    let interface = || engine.sinew(&["status", "--json"]).json()["engine"]["interfaces"][0].clone();
    assert_eq!(interface()["rejected"], 1, "one sender was told no, once");

    workspace.write("shared/profiles/site.flow", &SITE.replace("require PID-8", "expect PID-8"));
    engine.sinew(&["reload"]).expect(0);
    engine.sinew(&replay).expect(0).says(&["1 replayed, 0 refused"]);
    engine.wait_for_count("delivered", 1);
    assert_eq!(partner.control_ids(), ["R1"]);
    let told = told("it goes its way as message ");
    told.says(&["acknowledged AE", "the sender was not told"]);
    let replayed =
        told.out.split("its way as message ").nth(1).and_then(|rest| rest.split(';').next()).expect("its id");
    explain(replayed).says(&["replay of message", "acknowledged to nobody", "delivered in"]);
    assert_eq!((engine.count("accepted"), engine.count("filtered"), engine.count("delivered")), (3, 2, 1));
    assert_eq!(interface()["rejected"], 1);
    // The sender does not know of it: the same message again is looked at anew, and answered.
    assert_eq!(field(&peer.exchange(&message("R1", "", "I")), "MSA", 1), "AA");
}

#[test]
fn an_invalid_message_is_parked_or_kept_with_its_issues() {
    let partner = Partner::new();
    let (workspace, engine, mut peer) = checked(&partner, "validate site errors park");
    assert_eq!(field(&peer.exchange(&message("P1", "", "I")), "MSA", 1), "AA");
    let found = engine.wait_for_state("control:P1", "parked");
    let explained = engine.sinew(&["explain", &found["id"].to_string()]).expect(0);
    explained.says(&["E5016", "PID-8 (Administrative Sex) is required and empty", "site:require-PID-8 at PID-8"]);
    assert_eq!(engine.count("parked"), 1);
    workspace.interface(
        "adt",
        &received(&format!("  validate site errors keep\n  send pharmacy {{\n    when valid under site\n    mllp 127.0.0.1:{}\n  }}\n  send review {{\n    file review\n  }}\n", partner.port)),
    );
    engine.sinew(&["reload"]).expect(0);
    let mut peer = Peer::connect(&engine.address("adt"));
    assert_eq!(field(&peer.exchange(&message("K1", "", "I")), "MSA", 1), "AA");
    assert_eq!(field(&peer.exchange(&message("K2", "F", "I")), "MSA", 1), "AA");
    partner.wait_for(1);
    assert_eq!(partner.control_ids(), ["K2"]);
    let kept = engine.wait_for_state("control:K1", "delivered");
    engine.sinew(&["explain", &kept["id"].to_string()]).expect(0).says(&["site:require-PID-8 at PID-8"]);
}

#[test]
fn a_broken_profile_leaves_the_running_version_alone() {
    let partner = Partner::new();
    let (workspace, engine, mut peer) = checked(&partner, "validate site");
    workspace.write("shared/profiles/site.flow", &SITE.replace("require PID-8", "require PID-88"));
    engine.sinew(&["reload"]).expect(1).says(&["E2503"]);
    workspace.sinew(&["check"]).expect(1).says(&["E2503", "PID has 39 fields", "shared/profiles/site.flow"]);
    assert_eq!(field(&peer.exchange(&message("L1", "", "I")), "MSA", 1), "AE");
    assert_eq!(field(&peer.exchange(&message("L2", "F", "I")), "MSA", 1), "AA");
    engine.wait_for_count("delivered", 1);
}

#[test]
fn tests_of_an_interface_expect_what_is_rejected() {
    let workspace = workspace(&received(&format!("  validate site\n{}", pharmacy(1))));
    let text = |code: &str| {
        format!(
            "test \"no sex\" {{\n  given \"\"\"\n{}\n  \"\"\"\n  expect rejected with {code}\n  expect acknowledged AE\n  expect nothing\n}}\n",
            message("T1", "", "I").replace('\r', "\n").replace('\\', "\\\\")
        )
    };
    workspace.write("interfaces/adt/tests/site.flow", &text("site:require-PID-8"));
    workspace.sinew(&["test"]).expect(0).says(&["1 passed"]);
    workspace.write("interfaces/adt/tests/site.flow", &text("E5015"));
    workspace.sinew(&["test"]).expect(0).says(&["1 passed"]);
    workspace.write("interfaces/adt/tests/site.flow", &text("site:bind-PV1-2"));
    workspace.sinew(&["test"]).expect(1).says(&["refused with E5015 for site:require-PID-8"]);
}

#[test]
fn documented_fields_are_shown_and_looked_up() {
    let workspace = workspace(&received(&pharmacy(1)));
    let lines = "document ZPD \"Hub\"\n  document ZPD-1 \"Debug token\" ST\n  document ZPD-2 \"Sex\" IS table 0001\n  document PID-35 \"Ward of birth\"\n";
    workspace
        .write("shared/profiles/site.flow", &SITE.replace("  require PID-8", &format!("  {lines}  require PID-8")));
    let file = workspace.write("z.hl7", &format!("{}ZPD|tok|F\r", message("Z1", "F", "I"))).display().to_string();
    workspace.sinew(&["show", &file]).expect(0).says(&["ZPD  Hub", "Debug token", "= Female"]);
    workspace.sinew(&["dict", "ZPD-1"]).expect(0).says(&["Debug token", "ST", "site"]);
    workspace.sinew(&["dict", "ZPD"]).expect(0).says(&["Hub", "ZPD-2", "table 0001"]);
    workspace.sinew(&["dict", "PID-35"]).expect(0).says(&["Ward of birth", "Species Code"]);
    let told = workspace.sinew(&["dict", "ZPD-2", "--json"]).expect(0).json();
    assert_eq!((&told["fields"][0]["name"], &told["fields"][0]["table"]), (&"Sex".into(), &1.into()), "{told}");
    workspace.sinew(&["dict", "ZPD-9"]).expect(1);
    let wrong = workspace.write("w.hl7", &format!("{}ZPD|tok|Q\r", message("Z2", "F", "I"))).display().to_string();
    workspace.sinew(&["validate", &wrong, "--profile", "site"]).expect(1).says(&["ZPD-2 (Sex)", "0001"]);
}

/// A guide of two messages: one asks for the sex of the patient.
fn guide() -> String {
    let message = |id: &str, patient: &str| {
        format!(
            "<Message ID='{id}' Type='ADT' Event='A01' StructID='ADT_A01'><Segment Ref='MSH_T' Usage='R' Min='1' Max='1'/>\
             <Segment Ref='EVN_T' Usage='R' Min='1' Max='1'/><Segment Ref='{patient}' Usage='R' Min='1' Max='1'/>\
             <Segment Ref='PV1_T' Usage='R' Min='1' Max='1'/></Message>"
        )
    };
    // A field of no type may have any value.
    let any = |count: usize| "<Field Name='f' Usage='O' Min='0' Max='*'/>".repeat(count);
    let patient = |id: &str, usage: &str| {
        let any = any(7);
        format!(
            "<Segment ID='{id}' Name='PID' Description='Patient'>{any}<Field Name='Sex' Datatype='ST' Usage='{usage}' Min='0' Max='1'/>{any}\
             </Segment>"
        )
    };
    let bare = |name: &str| format!("<Segment ID='{name}_T' Name='{name}' Description='{name}'>{}</Segment>", any(50));
    format!(
        "<ConformanceProfile ID='G'><Messages>{}{}</Messages><Segments>{}{}{}{}{}</Segments><Datatypes><Datatype ID='ST' Name='ST'/>\
         </Datatypes></ConformanceProfile>",
        message("STRICT", "PID_S"),
        message("LOOSE", "PID_L"),
        bare("MSH"),
        bare("EVN"),
        bare("PV1"),
        patient("PID_S", "R"),
        patient("PID_L", "O")
    )
}

/// `validate NAME#ID`: one message of a guide in the workspace, as a step.
#[test]
fn a_message_of_a_guide_is_a_step() {
    let partner = Partner::new();
    let workspace = Workspace::empty();
    workspace.write("shared/profiles/theirs/p.xml", &guide());
    let step = |id: &str| received(&format!("  validate theirs{id}\n{}", pharmacy(partner.port)));
    workspace.interface("adt", &step("#NONE"));
    workspace.sinew(&["check"]).expect(1).says(&["E2511", "no message `NONE`", "STRICT, LOOSE"]);
    workspace.interface("adt", &step("#STRICT"));
    workspace.sinew(&["check"]).expect(0);
    let engine = workspace.run();
    let mut peer = Peer::connect(&engine.address("adt"));
    let answer = peer.exchange(&message("G1", "", "I"));
    assert_eq!(field(&answer, "MSA", 1), "AE", "{answer}");
    assert!(answer.contains("PID^1^8") && answer.contains("|101^"), "{answer}");
    let found = engine.find("control:G1");
    engine.sinew(&["explain", &found["id"].to_string()]).expect(0).says(&["validate theirs#STRICT", "PID-8"]);
    assert_eq!(field(&peer.exchange(&message("G2", "F", "I")), "MSA", 1), "AA");
    workspace.interface("adt", &step("#LOOSE"));
    engine.sinew(&["reload"]).expect(0);
    let mut peer = Peer::connect(&engine.address("adt"));
    assert_eq!(field(&peer.exchange(&message("G3", "", "I")), "MSA", 1), "AA");
    // Another guide in its place is another version of the interface.
    workspace.write("shared/profiles/theirs/p.xml", &guide().replace("'PID_L' Usage", "'PID_S' Usage"));
    engine.sinew(&["reload"]).expect(0);
    let mut peer = Peer::connect(&engine.address("adt"));
    assert_eq!(field(&peer.exchange(&message("G4", "", "I")), "MSA", 1), "AE");
    engine.wait_for_count("delivered", 2);
    assert_eq!(partner.control_ids(), ["G2", "G3"]);
    // The command line has the same names.
    let file = workspace.write("one.hl7", &message("G5", "", "I")).display().to_string();
    workspace.sinew(&["validate", &file, "--profile", "theirs#STRICT"]).expect(1).says(&["PID-8"]);
    workspace.sinew(&["profile", "show", "theirs"]).expect(0).says(&["STRICT", "LOOSE"]);
    workspace.sinew(&["profile", "show", "theirs#STRICT"]).expect(0).says(&["PID-8", "Sex"]);
}
