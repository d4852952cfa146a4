//! Another version for a receiver: the command on files, the line in an interface, the notes that the message keeps.

use super::support::{Partner, Workspace, sinew, sinew_with};

/// A message of 2.3 whose outer id belongs into PID-3 and whose time stamp says its precision.
fn old() -> String {
    "MSH|^~\\&|LAB|NORTH|HUB|NORTH|20260301||ORU^R01|V1|P|2.3\rPID|1|9|7||Quist^Ada||19700101^D\rOBX|1|CE|1||A^B^C\r"
        .into()
}

#[test]
fn files_in_another_version() {
    let batch = format!("BHS|^~\\&|LAB\r{}BTS|1\r", old());
    let convert = |more: &[&str]| {
        let words = [&["convert", "--to", "hl7v2", "-"][..], more].concat();
        sinew_with(&words, batch.as_bytes())
    };
    let done = convert(&["--version", "2.8"]).expect(0);
    let expect = batch
        .replace("ORU^R01|V1|P|2.3", "ORU^R01^ORU_R01|V1|P|2.8")
        .replace("|9|7|", "|9|7~9|")
        .replace("^D", "")
        .replace("|CE|", "|CWE|");
    assert_eq!(done.out, expect, "the batch stays a batch");
    done.says(&["-#1: E1153 PID-2 was copied to PID-3", "E1152 PID-2", "E1151 PID-7.2"]);
    assert!(convert(&["--version", "2.8", "--loss", "keep"]).expect(0).out.contains("19700101^D"));
    let left_out = convert(&["--version", "2.8", "--loss", "park", "--json"]).expect(1);
    assert_eq!((&left_out.json()["lost"], &left_out.json()["message"]), (&1.into(), &serde_json::Value::Null));
    convert(&["--version", "2.33"]).expect(2).says(&["E2550", "2.5.1"]);
    convert(&[]).expect(2).says(&["--version 2.5.1"]);
    let bare = old().replace("|P|2.3", "|P");
    let from = |more: &[&str]| {
        sinew_with(&[&["convert", "--to", "hl7v2", "--version", "2.5.1", "-"][..], more].concat(), bare.as_bytes())
    };
    from(&[]).expect(1).says(&["E2552", "--from"]);
    assert!(from(&["--from", "2.3"]).expect(0).out.contains("|9|7~9|"));
    sinew(&["convert", "--to", "hl7v2", "--version", "2.5.1", "no-such-file"]).expect(3);
}

#[test]
fn a_line_of_an_interface_changes_the_version_and_keeps_its_notes() {
    let partner = Partner::new();
    let lines = format!(
        "  send ward {{\n    mllp {}\n    translate version to 2.8\n  }}\n  send archive {{\n    file out\n    \
         translate version 2.3 to 2.8 loss park\n  }}",
        format_args!("127.0.0.1:{}", partner.port)
    );
    let workspace = Workspace::with(&lines.replace(" loss park", ""));
    workspace.write("interfaces/adt/samples/old.hl7", &old());
    let test = "test \"the ward gets 2.8\" {\n given samples/old.hl7\n expect ward MSH-12 = 2.8\n expect noted E1151 at PID-7.2\n \
                expect archive sent\n}\n";
    workspace.write("interfaces/adt/tests/versions.flow", test);
    workspace.sinew(&["test"]).expect(0).says(&["note E1153 PID-3", "1 passed"]);
    let engine = workspace.run();
    let file = workspace.write("old.hl7", &old()).display().to_string();
    engine.sinew(&["send", &engine.address("adt"), &file]).expect(0).says(&["1 AA"]);
    partner.wait_for(1);
    assert!(partner.messages()[0].contains("|P|2.8\rPID|1|9|7~9||Quist^Ada||19700101\r"));
    let id = engine.find("patient:7")["id"].to_string();
    engine.sinew(&["explain", &id]).expect(0).says(&["E1153 at PID-3; E1152 at PID-2; E1151 at PID-7.2"]);

    workspace.interface("adt", &super::support::received(&lines));
    engine.sinew(&["reload"]).expect(0);
    let second = old().replace("|V1|", "|V2|");
    let file = workspace.write("second.hl7", &second).display().to_string();
    engine.sinew(&["send", &engine.address("adt"), &file]).expect(0).says(&["1 AA"]);
    let parked = engine.wait_for_state("control:V2", "parked")["id"].to_string();
    engine.sinew(&["explain", &parked]).expect(0).says(&["E2553", "PID-7.2"]);
}
