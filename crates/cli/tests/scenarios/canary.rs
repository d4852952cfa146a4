//! A patient's name stands nowhere but in the message (R10): not in the talk of the engine, not in status, queues,
//! journeys, answers or findings.

use super::{
    destination_down::pharmacy,
    support::{Partner, Peer, Workspace, admission},
};
use hospital::wire::Act;
use message::AckCode;

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
