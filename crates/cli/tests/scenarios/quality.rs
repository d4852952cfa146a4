//! A sender stops filling a component: `sinew quality` says so and since when, an alert opens, a restart keeps all of it,
//! and it heals. The test moves the clock of the engine, so that days pass at once and every count is exact.

use super::{
    destination_down::pharmacy,
    support::{Engine, Partner, Peer, Workspace, admission, command, field, wait_for},
};
use serde_json::Value;
use std::path::PathBuf;

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

/// The clock of the engine, which the test moves: seconds stand for hours, and none of them has to pass.
struct Clock {
    file: PathBuf,
    now: i64,
}

/// 2026-03-02 00:00 UTC.
const BEGIN: i64 = 1_772_409_600_000_000;

impl Clock {
    fn new(workspace: &Workspace) -> Clock {
        let clock = Clock { file: workspace.path().join("clock"), now: BEGIN };
        clock.write();
        clock
    }

    fn write(&self) {
        let beside = self.file.with_extension("new");
        std::fs::write(&beside, self.now.to_string()).expect("a file");
        std::fs::rename(beside, &self.file).expect("a clock");
    }

    fn forth(&mut self, millis: i64) {
        self.now += millis * 1_000;
        self.write();
    }

    fn start(&self, workspace: &Workspace) -> Engine {
        let mut command = command(&["run"]);
        command.env("SINEW_CLOCK", &self.file).env("TZ", "UTC");
        let mut engine = Engine::spawn_with(workspace.path(), command);
        engine.wait_to_answer();
        engine
    }
}

fn report(engine: &Engine) -> Value {
    engine.sinew(&["quality", "adt", "--json"]).json()["interfaces"][0].clone()
}

fn finding(report: &Value) -> Option<Value> {
    let findings = report["findings"].as_array()?;
    findings.iter().find(|of| of["place"] == "PID-3.5" && of["what"] == "completeness").cloned()
}

fn alerts(report: &Value) -> Vec<Value> {
    report["alerts"].as_array().cloned().unwrap_or_default()
}

#[test]
fn a_component_that_is_no_longer_filled_is_told_with_its_time() {
    let partner = Partner::new();
    let workspace = Workspace::with(&format!("{ALERT}{}", pharmacy(partner.port)));
    workspace.write("sinew.toml", SETTINGS);
    let mut clock = Clock::new(&workspace);
    let engine = clock.start(&workspace);
    let mut peer = Peer::connect(&engine.address("adt"));
    // Over more than a day of this test, 25 in an hour.
    for number in 0..300 {
        peer.exchange(&good(number));
        clock.forth(40);
    }
    let before = report(&engine);
    assert_eq!(before["messages"], 300, "what is acknowledged is counted when it is asked for");
    engine.sinew(&["quality", "adt"]).expect(0).says(&["adt  300 messages counted", "ADT^A01 of EPR at NORTH"]);
    assert_eq!((alerts(&before), finding(&before)), (Vec::new(), None));

    let broke_s = clock.now / 1_000_000;
    for number in 300..400 {
        peer.exchange(&bad(number));
        clock.forth(40);
    }
    let broken = report(&engine);
    let found = finding(&broken).expect("the change");
    assert_eq!(found["shift"]["since_s"], broke_s);
    assert_eq!((&found["shift"]["after"]["hits"], &found["shift"]["after"]["of"]), (&0.into(), &100.into()));
    let open = alerts(&broken);
    assert!(open.iter().any(|alert| alert["code"] == "E5042" && alert["is_page"] == true), "{open:?}");
    assert!(open.iter().any(|alert| alert["code"] == "E5040"), "{open:?}");
    // The status says what was judged last: a moment later.
    wait_for("the alerts to be judged", || {
        let status = engine.status();
        (status["interfaces"][0]["quality"]["alerts_open"].as_u64() >= Some(2)).then_some(())
    });
    engine.sinew(&["status"]).expect(1).says(&["alert[E5042] adt: PID-3.5 (Identifier Type Code) is filled in"]);
    let shown = engine.sinew(&["quality", "adt", "--field", "PID-3"]).expect(1);
    shown.says(&[
        "worse[E5040] PID-3.5 (Identifier Type Code) was filled in 100 % of 300 until",
        "since then in 0 % of",
    ]);
    engine.sinew(&["quality"]).expect(1).says(&["adt", "alert", "400"]);
    engine.sinew(&["top", "--count", "1"]).expect(0).says(&["alert[E5040]"]);

    // What was counted and found is there after a crash, and the crash is told.
    engine.kill();
    clock.forth(1_000);
    let engine = clock.start(&workspace);
    let again = report(&engine);
    assert_eq!(again["messages"], 400);
    assert_eq!(finding(&again).expect("the same change")["shift"]["since_s"], broke_s);
    assert_eq!(again["gaps"].as_array().map(Vec::len), Some(1), "{}", again["gaps"]);
    assert_eq!(alerts(&again).len(), open.len(), "{again}");

    // The sender is mended: both alerts close.
    let mut peer = Peer::connect(&engine.address("adt"));
    for number in 400..700 {
        peer.exchange(&good(number));
        clock.forth(40);
    }
    let mended = alerts(&report(&engine));
    let is_about_it = |alert: &Value| alert["message"].as_str().is_some_and(|text| text.contains("PID-3.5"));
    assert!(!mended.iter().any(is_about_it), "{mended:?}");

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

const PROFILE: &str = "profile feed extends hl7v2 2.5.1 ADT {\n  require PID-18.1\n  bind PV1-2 to [O]\n}\n";

#[test]
fn the_interfaces_own_tables_and_check_are_counted() {
    let lines = "  validate feed errors keep\n  translate PV1-3.1 with units missing keep\n  \
                 alert quality PV1-3.1 coverage below 90% at-least 5\n  alert quality invalid over 50% at-least 5\n  \
                 alert quality invalid over 50% at-least 5 during \"Sat-Sun\"\n";
    let partner = Partner::new();
    let workspace = Workspace::with(&format!("{lines}{}", pharmacy(partner.port)));
    workspace.write("shared/profiles/feed.flow", PROFILE);
    workspace.write("interfaces/adt/tables/units.csv", "from,to\n4W,4WEST\n");
    let mut clock = Clock::new(&workspace);
    let engine = clock.start(&workspace);
    let mut peer = Peer::connect(&engine.address("adt"));
    for number in 0..10 {
        let text = good(number);
        let text = if number < 4 { text.replace("|4W^", "|5E^") } else { text };
        let text = if number < 9 { text } else { text.replace("||19780701|F", "||19780701|F||||||||||ACC7") };
        peer.exchange(&text);
    }
    let shown = engine.sinew(&["quality", "adt"]).expect(1);
    shown.says(&["not valid by its validate lines", "feed:require-PID-18.1", "feed:bind-PV1-2", "UNCOVERED"]);
    let now = report(&engine);
    let kind = &now["kinds"][0];
    assert_eq!((&kind["invalid"]["hits"], &kind["invalid"]["of"]), (&10.into(), &10.into()), "{now}");
    let issue = |code: &str| {
        let issues = kind["issues"].as_array().expect("issues");
        issues.iter().find(|issue| issue["code"] == code).map(|issue| issue["broken"]["hits"].clone())
    };
    assert_eq!((issue("feed:require-PID-18.1"), issue("feed:bind-PV1-2")), (Some(9.into()), Some(10.into())));
    let uncovered = |place: &str| {
        let places = kind["places"].as_array().expect("places");
        places.iter().find(|row| row["place"] == place).map(|row| row["uncovered"].clone())
    };
    assert_eq!((uncovered("PV1-3.1"), uncovered("PV1-2")), (Some(4.into()), Some(10.into())), "{now}");
    // It is Monday: the line for weekends says nothing.
    let lines = |report: &Value| {
        let mut lines: Vec<u64> = alerts(report).iter().filter_map(|alert| alert["line"].as_u64()).collect();
        lines.sort_unstable();
        lines
    };
    let open = lines(&now);
    assert!(open.len() == 2 && open[1] == open[0] + 1, "{now}");
    assert!(!now.to_string().contains("5E"), "a code that no table has is counted, never kept (R10)");

    // On Saturday it does, of what came on Saturday.
    clock.forth(5 * 86_400_000 + 12 * 3_600_000);
    assert_eq!(lines(&report(&engine)), open);
    (10..20).for_each(|number| drop(peer.exchange(&good(number))));
    // PV1-3.1 is covered now, and both other lines see that nothing is valid.
    assert_eq!(lines(&report(&engine)), [open[0] + 1, open[0] + 2]);
}

#[test]
fn a_table_that_changed_is_used_after_a_reload_by_messages_and_counts() {
    let lines = "  set PV1-3.1 = PV1-3.1 | code units else keep\n";
    let partner = Partner::new();
    let workspace = Workspace::with(&format!("{lines}{}", pharmacy(partner.port)));
    workspace.write("interfaces/adt/tables/units.csv", "from,to\n5E,5EAST\n");
    let clock = Clock::new(&workspace);
    let engine = clock.start(&workspace);
    let mut peer = Peer::connect(&engine.address("adt"));
    let mut give = |numbers: std::ops::Range<usize>| {
        let count = numbers.end;
        numbers.for_each(|number| drop(peer.exchange(&good(number))));
        partner.wait_for(count);
        partner.messages().last().map(|message| field(message, "PV1", 3)).expect("a message")
    };
    let counted = || {
        let now = report(&engine);
        let places = now["kinds"][0]["places"].as_array().expect("places").clone();
        let place = places.iter().find(|row| row["place"] == "PV1-3.1").expect("the place").clone();
        place["uncovered"].clone()
    };
    assert!(give(0..4).starts_with("4W^"), "the table does not have it");
    assert_eq!(counted(), 4);
    workspace.write("interfaces/adt/tables/units.csv", "from,to\n5E,5EAST\n4W,4WEST\n");
    assert!(give(4..6).starts_with("4W^"), "what runs does not look at the disk");
    assert_eq!(counted(), 6);
    engine.sinew(&["reload"]).expect(0);
    assert!(give(6..9).starts_with("4WEST^"), "the next message is translated by the new table");
    assert_eq!(counted(), 6, "and counted by it");
    // A table that cannot be read leaves the running one alone.
    workspace.write("interfaces/adt/tables/units.csv", "from\n4W\n");
    engine.sinew(&["reload"]).expect(1);
    assert!(give(9..10).starts_with("4WEST^"));
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
