//! A patient's name stands nowhere but in the message (R10): not in the talk of the engine, not in status, queues,
//! journeys, answers or findings.

use super::{
    destination_down::pharmacy,
    support::{Partner, Peer, Workspace, admission},
};
use hospital::wire::Act;
use message::AckCode;
use std::{fs, path::Path};
use store::{MasterKey, Store};

const NAME: &str = "ZZCANARY";
const PATIENT: &str = "ZZ482113";

#[test]
fn the_name_of_a_patient_is_in_no_text_of_the_engine() {
    let partner = Partner::new();
    partner.act(Act::Reject { code: AckCode::AE, condition: Some(101) });
    let lines = format!(
        "  set PID-7 = PID-7 | date yyyy from yyyyMMdd else warn\n  translate PID-8 with sexes missing error\n{}",
        pharmacy(partner.port)
    );
    let workspace = Workspace::with(&lines);
    workspace.write("interfaces/adt/tables/sexes.csv", "from,to\nF,female\n");
    let engine = workspace.run();
    let good = admission("Z1", PATIENT).replace("Quist", NAME);
    let odd_date = good.replace("|Z1|", "|Z2|").replace("19780701", NAME);
    let bad_code = good.replace("|Z1|", "|Z3|").replace("|F\r", &format!("|{NAME}\r"));
    let mut peer = Peer::connect(&engine.address("adt"));
    let mut texts: Vec<String> =
        [&good, &odd_date, &bad_code].into_iter().map(|message| peer.exchange(message)).collect();
    for broken in [format!("MSH|^~\\&|\rPID|1||{PATIENT}||{NAME}\r"), format!("no message but {NAME}")] {
        texts.push(peer.exchange(&broken));
    }
    partner.wait_for(2);
    engine.wait_for_state("control:Z3", "parked");
    engine.wait_for_state("control:Z1", "parked");

    for arguments in [&["status"][..], &["status", "--json"], &["queues", "--all"], &["queues", "--json"], &["doctor"]]
    {
        texts.push(engine.sinew(arguments).out);
    }
    for id in ["Z1", "Z2", "Z3"] {
        let id = engine.find(&format!("control:{id}"))["id"].to_string();
        for arguments in [&["explain", &id][..], &["explain", &id, "--json"], &["message", &id, "--json"]] {
            let done = engine.sinew(arguments).expect(0);
            texts.push(done.out + &done.err);
        }
    }
    let missing = engine.sinew(&["messages", &format!("patient:{NAME}")]);
    texts.push(missing.out + &missing.err);
    assert_eq!(engine.sinew(&["messages", &format!("patient:{PATIENT}")]).code, 0, "search by patient works");
    let (_, talk) = engine.signal("-TERM");
    texts.push(talk);
    for text in &texts {
        assert!(!text.contains(NAME) && !text.contains(PATIENT), "patient data in:\n{text}");
    }
}

/// Every file below a folder that shows the patient, in any case.
fn showing(folder: &Path) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = open.pop() {
        for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let bytes = fs::read(&path).unwrap_or_default().to_ascii_uppercase();
            let has = |word: &str| bytes.windows(word.len()).any(|part| part == word.as_bytes());
            if has(NAME) || has(PATIENT) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

#[test]
fn the_store_shows_no_patient_also_after_the_key_was_changed() {
    let partner = Partner::new();
    let workspace = Workspace::with(&pharmacy(partner.port));
    let data = workspace.path().join("data");
    let engine = workspace.run();
    let mut peer = Peer::connect(&engine.address("adt"));
    let good = admission("Y1", PATIENT).replace("Quist", NAME);
    peer.exchange(&good);
    peer.exchange(&format!("MSH|^~\\&|\rPID|1||{PATIENT}||{NAME}\r"));
    engine.wait_for_state("control:Y1", "delivered");
    partner.act(Act::Reject { code: AckCode::AE, condition: Some(101) });
    peer.exchange(&good.replace("|Y1|", "|Y2|"));
    engine.wait_for_state("control:Y2", "parked");
    // What people type is patient data as well.
    let id = engine.find("control:Y1")["id"].to_string();
    engine.sinew(&["message", &id, "--raw", "--reason", &format!("a call about {NAME}")]).expect(0);
    engine.sinew(&["replay", "control:Y1", "--yes", "--reason", &format!("{NAME} was wrong")]).expect(0);
    engine.sinew(&["messages", &format!("patient:{PATIENT}")]).expect(0);
    engine.sinew(&["audit", "search", "--patient", PATIENT]).expect(0);
    assert_eq!(showing(&data), Vec::<String>::new(), "while it runs");
    assert_eq!(engine.signal("-TERM").0, 0);
    assert_eq!(showing(&data), Vec::<String>::new(), "at rest");

    let new = MasterKey::generate().expect("a key");
    Store::rewrap(&data, &store::Options::default(), &new).expect("another key");
    fs::write(data.join("keys/master.key"), format!("{}\n", new.to_text())).expect("the key");
    let engine = workspace.run();
    engine.sinew(&["messages", &format!("patient:{PATIENT}")]).expect(0);
    engine.sinew(&["audit", "search", "--patient", PATIENT]).expect(0).says(&["read", "search"]);
    engine.sinew(&["audit", "verify"]).expect(0);
    assert_eq!(engine.signal("-TERM").0, 0);
    assert_eq!(showing(&data), Vec::<String>::new(), "under another key");
}
