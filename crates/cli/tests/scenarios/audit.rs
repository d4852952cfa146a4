//! The audit chain on the command line: who saw a patient in one question, what left, and that tampering is told.

use super::{
    destination_down::pharmacy,
    support::{Partner, Workspace, admission},
};
use std::fs;

#[test]
fn who_saw_this_patient_and_who_was_given_what() {
    let partner = Partner::new();
    let workspace = Workspace::with(&pharmacy(partner.port));
    let engine = workspace.run();
    for (id, patient) in [("A1", "482113"), ("A2", "482114")] {
        let file = workspace.write(&format!("{id}.hl7"), &admission(id, patient));
        engine.send(&[&file.display().to_string()]);
        engine.wait_for_state(&format!("control:{id}"), "delivered");
    }
    let first = engine.find("control:A1")["id"].to_string();
    engine.sinew(&["message", &first, "--raw", "--reason", "a question of the ward"]).expect(0);
    engine.sinew(&["messages", "patient:482113"]).expect(0);
    let found = engine.sinew(&["audit", "search", "--patient", "482113", "--json"]).expect(0).json();
    let acts: Vec<&str> =
        found["records"].as_array().expect("records").iter().filter_map(|r| r["act"].as_str()).collect();
    assert_eq!(acts, ["audit-search", "search", "read"], "newest first, and nothing of the other patient");
    assert_eq!(found["records"][2]["reason"], "a question of the ward");
    assert_eq!(found["disclosures"][0]["destination"], "pharmacy");
    assert_eq!(found["disclosures"].as_array().map(Vec::len), Some(1));
    assert!(!found.to_string().contains("482113"), "no identifier in the answer: {found}");
    engine.sinew(&["audit", "search", "--patient", "482113", "--reveal"]).expect(5).says(&["E7003"]);
    let reveal = ["audit", "search", "--act", "search", "--reveal", "--reason", "complaint", "--json"];
    assert!(engine.sinew(&reveal).expect(0).out.contains("patient:482113"), "with a reason, terms are shown");
    engine.sinew(&["audit", "verify"]).expect(0).says(&["nothing was changed", "head "]);
    let head = engine.sinew(&["audit", "verify", "--json"]).expect(0).json()["head"].clone();
    let head = format!("{}:{}", head["number"], head["hash"].as_str().unwrap_or_default());
    engine.sinew(&["audit", "verify", "--head", &head]).expect(0);
    engine.sinew(&["audit", "verify", "--head", &head.replacen(':', "1:", 1)]).expect(1).says(&["kept elsewhere"]);

    // Every form, one line a record.
    let lines = |format: &str| engine.sinew(&["audit", "export", "--format", format]).expect(0).out.lines().count();
    let (first, second) = (lines("jsonl"), lines("jsonl"));
    assert_eq!(second, first + 1, "an export is recorded");
    for record in engine.sinew(&["audit", "export", "--format", "fhir", "-n", "5"]).expect(0).out.lines() {
        let file = workspace.write("record.json", record);
        engine.sinew(&["fhir", "validate", &file.display().to_string()]).expect(0);
    }
    for record in engine.sinew(&["audit", "export", "--format", "atna"]).expect(0).out.lines() {
        let file = workspace.write("record.xml", record);
        engine.sinew(&["xml", "check", &file.display().to_string()]);
        assert!(record.starts_with("<?xml") && record.ends_with("</AuditMessage>"), "{record}");
    }
    assert_eq!(engine.signal("-TERM").0, 0);
    // The same without an engine.
    workspace.sinew(&["audit", "search", "--patient", "482113"]).expect(0).says(&["read", "pharmacy"]);
    workspace.sinew(&["audit", "verify"]).expect(0).says(&["nothing was changed"]);
    let chain = fs::read_dir(workspace.path().join("data/audit")).expect("the chain").flatten();
    let chain = chain.map(|entry| entry.path()).find(|path| path.extension().is_some_and(|end| end == "audit"));
    let chain = chain.expect("a piece");
    let mut bytes = fs::read(&chain).expect("a piece");
    assert!(!bytes.windows(6).any(|part| part == b"482113" || part == b"the wa"), "sealed");
    bytes[300] ^= 1;
    fs::write(&chain, bytes).expect("a piece");
    workspace.sinew(&["audit", "verify"]).expect(1).says(&["record ", "E4089"]);
    workspace.sinew(&["audit", "verify"]).expect(1);
}
