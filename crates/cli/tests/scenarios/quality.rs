//! A sender stops filling a component: `sinew quality` says so and since when, an alert opens, a restart keeps all of it,
//! and it heals. Seconds stand for hours, so that a day passes while the test waits.

use super::{
    destination_down::pharmacy,
    support::{Engine, Partner, Peer, Workspace, admission, wait_for},
};
use serde_json::Value;
use std::time::{Duration, Instant};

const SETTINGS: &str =
    "name = \"scenario\"\ndata = \"data\"\n\n[quality]\nspan = \"1s\"\nday = \"10s\"\npause = \"1s\"\n";
const ALERT: &str = "  alert quality PID-3.5 completeness below 95% within 3s page\n  alert quality drop\n";
/// What must stand nowhere but in the messages.
const NAME: &str = "ZZCANARY";

fn good(number: usize) -> String {
    admission(&format!("Q{number}"), &format!("P{number}")).replace("Quist", NAME)
}

/// As a sender writes it after its upgrade: no identifier type, and a name where the sex belongs.
fn bad(number: usize) -> String {
    good(number).replace("^MR|", "|").replace("|F\r", &format!("|{NAME}\r"))
}

/// Five more of them.
fn send_bad(peer: &mut Peer, sent: &mut usize) {
    (*sent..*sent + 5).for_each(|number| drop(peer.exchange(&bad(number))));
    *sent += 5;
}

fn report(engine: &Engine) -> Value {
    engine.sinew(&["quality", "adt", "--json"]).json()["interfaces"][0].clone()
}

fn finding(report: &Value) -> Option<Value> {
    let findings = report["findings"].as_array()?;
    findings.iter().find(|of| of["place"] == "PID-3.5" && of["what"] == "completeness").cloned()
}

fn alerts(engine: &Engine) -> Vec<Value> {
    let status = engine.status();
    status["interfaces"][0]["quality"]["alerts"].as_array().cloned().unwrap_or_default()
}

#[test]
fn a_component_that_is_no_longer_filled_is_told_with_its_time() {
    let partner = Partner::new();
    let workspace = Workspace::with(&format!("{ALERT}{}", pharmacy(partner.port)));
    workspace.write("sinew.toml", SETTINGS);
    let engine = workspace.run();
    let mut peer = Peer::connect(&engine.address("adt"));
    let started = Instant::now();
    for number in 0..300 {
        peer.exchange(&good(number));
        // Spread over more than a day of this test.
        let due = Duration::from_millis(40 * number as u64);
        std::thread::sleep(due.saturating_sub(started.elapsed()));
    }
    wait_for("the good ones to be counted", || (report(&engine)["messages"] == 300).then_some(()));
    engine.sinew(&["quality", "adt"]).expect(0).says(&["adt  300 messages counted", "ADT^A01 of EPR at NORTH"]);
    assert_eq!((alerts(&engine), finding(&report(&engine))), (Vec::new(), None));

    let broke = epoch_s();
    for number in 300..400 {
        peer.exchange(&bad(number));
        // Over several spans: the one that it broke in holds good ones too.
        std::thread::sleep(Duration::from_millis(30));
    }
    // The sender goes on as it is now: without messages there is nothing to find.
    let mut sent = 400;
    let found = wait_for("the change to be found", || {
        send_bad(&mut peer, &mut sent);
        finding(&report(&engine))
    });
    let since = found["shift"]["since_s"].as_i64().expect("since");
    assert!((since - broke).abs() <= 2, "it broke at {broke} and is dated {since}");
    // The last good ones may have come in the same second.
    let after = |name: &str| found["shift"]["after"][name].as_u64().expect("a count");
    assert!(after("hits") * 5 < after("of"), "{found}");
    let open = wait_for("the alerts to open", || {
        send_bad(&mut peer, &mut sent);
        Some(alerts(&engine)).filter(|open| open.len() >= 2)
    });
    wait_for("all to be counted", || (report(&engine)["messages"] == sent).then_some(()));
    assert!(open.iter().any(|alert| alert["code"] == "E5042" && alert["is_page"] == true), "{open:?}");
    assert!(open.iter().any(|alert| alert["code"] == "E5040"), "{open:?}");
    engine.sinew(&["status"]).expect(1).says(&["alert[E5042] adt: PID-3.5 (Identifier Type Code) is filled in"]);
    let shown = engine.sinew(&["quality", "adt", "--field", "PID-3"]).expect(1);
    // The span in which it broke may count to either side, so the share before is not always 100 %.
    shown.says(&["worse[E5040] PID-3.5 (Identifier Type Code) was filled in ", "since then in "]);
    engine.sinew(&["quality"]).expect(1).says(&["adt", "alert", &sent.to_string()]);
    engine.sinew(&["top", "--count", "1"]).expect(0).says(&["alert[E5040]"]);

    // What was counted and found is there after a crash, and the crash is told.
    engine.kill();
    let engine = workspace.run();
    let again = report(&engine);
    assert_eq!(again["messages"], sent);
    assert_eq!(finding(&again).expect("the same change")["shift"]["since_s"], since);
    assert_eq!(again["gaps"].as_array().map(Vec::len), Some(1), "{}", again["gaps"]);
    let mut peer = Peer::connect(&engine.address("adt"));
    wait_for("the alerts to open again", || {
        send_bad(&mut peer, &mut sent);
        (alerts(&engine).len() >= 2).then_some(())
    });

    // The sender is mended: both alerts close.
    let mut number = sent;
    wait_for("the alerts to close", || {
        (number..number + 20).for_each(|number| drop(peer.exchange(&good(number))));
        number += 20;
        alerts(&engine)
            .iter()
            .all(|alert| alert["message"].as_str().is_some_and(|text| !text.contains("PID-3.5")))
            .then_some(())
    });

    // No value of a message is kept or shown (R10).
    let texts = [shown.out, again.to_string(), engine.sinew(&["quality", "adt", "--all"]).out];
    assert!(texts.iter().all(|text| !text.contains(NAME)), "{texts:?}");
    let (code, talk) = engine.signal("-TERM");
    assert_eq!(code, 0, "{talk}");
    for file in ["data/tables.db", "data/tables.db-wal"] {
        let bytes = std::fs::read(workspace.path().join(file)).unwrap_or_default();
        assert!(!bytes.windows(NAME.len()).any(|window| window == NAME.as_bytes()), "{file} holds the name");
    }
}

fn epoch_s() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    i64::try_from(now.as_secs()).expect("a time")
}

#[test]
fn files_are_counted_without_an_engine() {
    let workspace = Workspace::empty();
    let text: String = [good(1), bad(2), good(1), bad(3)].concat();
    workspace.write("feed.hl7", &text);
    let done = workspace.sinew(&["quality", "--files", "feed.hl7", "--field", "PID-3"]).expect(0);
    done.says(&["3 messages counted", "1 again", "PID-3.5", "Identifier Type Code", "33.3 %"]);
    let report = workspace.sinew(&["quality", "--files", "feed.hl7", "--json"]).expect(0).json();
    let places = report["interfaces"][0]["kinds"][0]["places"].as_array().expect("places").clone();
    let sex = places.iter().find(|place| place["place"] == "PID-8").expect("PID-8");
    assert_eq!((sex["unlisted"].as_u64(), sex["codes"][0][0].as_str()), (Some(2), Some("F")));
    assert!(!report.to_string().contains(NAME));
    workspace.sinew(&["quality", "--files", "none.hl7"]).expect(3);
    workspace.sinew(&["quality", "--files", "sinew.toml"]).expect(1).says(&["no HL7 v2 message"]);
    workspace.sinew(&["quality", "--field", "PID_3"]).expect(2);
    workspace.sinew(&["quality"]).expect(3);
}

#[test]
fn counting_can_be_switched_off() {
    let workspace = Workspace::with(&pharmacy(super::support::Partner::new().port));
    workspace.write("sinew.toml", "name = \"scenario\"\ndata = \"data\"\n\n[quality]\ncount = \"off\"\n");
    let engine = workspace.run();
    let mut peer = Peer::connect(&engine.address("adt"));
    peer.exchange(&good(1));
    engine.sinew(&["quality", "adt"]).expect(1).says(&["E7016"]);
    assert_eq!(engine.status()["interfaces"][0]["quality"]["messages_counted"], 0);
    engine.sinew(&["quality", "nobody"]).expect(1).says(&["no interface is called"]);
}
