//! Looking inside messages: what is found, who may, what is kept of it, where it ends, and that it stops when nobody reads.

use super::stage::Stage;
use message::{Clock, Timestamp, clock};
use serde_json::{Value, json};
use server::ApiSettings;
use std::{
    collections::BTreeSet,
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};
use store::{Store, contract};

const DAY_MICROS: i64 = 86_400_000_000;

/// A clock that stands where the test puts it.
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
    fn monotonic(&self) -> Instant {
        Instant::now()
    }
}

/// Lines of a scan, by the key.
fn scan(stage: &Stage, key: &str, body: &Value) -> Vec<Value> {
    let answer = stage.lines(key, "/api/v1/messages/scan", body).expect(200);
    let lines = answer.body.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn rows(lines: &[Value]) -> Vec<u64> {
    lines.iter().filter_map(|line| line["row"]["id"].as_u64()).collect()
}

fn end(lines: &[Value]) -> &Value {
    &lines.last().unwrap()["end"]
}

fn analyst(stage: &Stage) -> String {
    stage.key("ann", &json!([{"role": "analyst"}]))
}

#[test]
fn a_text_is_found_in_every_state() {
    let stage = Stage::new();
    let act = |path: &str, body: Value| stage.local(path, &body);
    let delivered = stage.give("demo", "NORTH", 1);
    let parked = stage.give("demo", "NOWHERE", 2);
    let deleted = stage.give("demo", "NOWHERE", 3);
    act("/api/v1/interfaces/pause", json!({"interface": "other", "destination": "out", "reason": "test"}));
    let waiting = stage.give("other", "SOUTH", 4);
    stage.wait_for_state(delivered, "delivered");
    stage.wait_for_state(parked, "parked");
    stage.wait_for_state(deleted, "parked");
    act("/api/v1/deliveries/delete", json!({"message": deleted.0, "number": 0, "reason": "test"}));
    stage.wait_for_state(deleted, "deleted");
    let key = analyst(&stage);
    let lines = scan(&stage, &key, &json!({"text": "QUÍST ada", "reason": "ticket 7"}));
    assert_eq!(rows(&lines), [waiting.0, deleted.0, parked.0, delivered.0], "newest first");
    let row = |at: usize| &lines.iter().filter(|line| line["row"].is_object()).nth(at).unwrap()["row"];
    let states: Vec<&Value> = (0..4).map(|at| &row(at)["state"]).collect();
    assert_eq!(states, ["in_flight", "deleted", "parked", "delivered"]);
    assert_eq!(row(0)["places"], json!(["raw PID-5"]));
    assert_eq!(lines[0]["progress"]["of"], 4, "how much there is to do is told first");
    assert_eq!(
        (&end(&lines)["why"], &end(&lines)["scanned"], &end(&lines)["found"]),
        (&json!("all"), &json!(4), &json!(4))
    );
    let found = |body: Value| rows(&scan(&stage, &key, &body));
    assert_eq!(found(json!({"text": "quist", "query": "state:parked", "reason": "x"})), [parked.0]);
    assert_eq!(found(json!({"text": "quist", "query": "interface:other SOUTH P4", "reason": "x"})), [] as [u64; 0]);
    assert_eq!(found(json!({"text": "quist", "query": "P4 M4 interface:other", "reason": "x"})), [waiting.0]);
    assert_eq!(found(json!({"text": "p2", "reason": "x"})), [parked.0]);
    assert_eq!(found(json!({"text": "quist adam", "reason": "x"})), [] as [u64; 0]);
    let no_content = lines.iter().all(|line| !line.to_string().to_lowercase().contains("quist"));
    assert!(no_content, "it tells where, and not what");
}

#[test]
fn only_who_may_read_content_may_ask() {
    let stage = Stage::new();
    let north = stage.give("demo", "NORTH", 1);
    stage.give("demo", "SOUTH", 2);
    stage.give("other", "NORTH", 3);
    let body = json!({"text": "quist", "reason": "ticket 7"});
    for role in ["viewer", "operator", "approver", "administrator"] {
        let key = stage.key(role, &json!([{"role": role}]));
        assert_eq!(stage.lines(&key, "/api/v1/messages/scan", &body).expect(403).code(), "E7061", "{role}");
    }
    let masked = stage.key("masked", &json!([{"role": "analyst", "patient": "masked"}]));
    stage.lines(&masked, "/api/v1/messages/scan", &body).expect(403);
    // Who sees masked values everywhere and content in one place finds by content in that place only.
    let narrow = stage.key(
        "narrow",
        &json!([{"role": "viewer"}, {"role": "analyst", "interfaces": ["demo"], "facilities": ["NORTH"]}]),
    );
    let lines = scan(&stage, &narrow, &body);
    assert_eq!(rows(&lines), [north.0]);
    assert_eq!((&end(&lines)["scanned"], &end(&lines)["of"]), (&json!(1), &Value::Null), "nothing is told of the rest");
    let key = analyst(&stage);
    let refused = |body: Value, code: &str| {
        assert_eq!(stage.lines(&key, "/api/v1/messages/scan", &body).expect(400).code(), code, "{body}");
    };
    refused(json!({"text": "quist", "reason": " "}), "E7003");
    refused(json!({"text": "q", "reason": "x"}), "E7002");
    refused(json!({"text": "quist", "query": "colour:red", "reason": "x"}), "E7002");
}

#[test]
fn what_was_asked_and_found_is_kept_without_the_text() {
    let stage = Stage::new();
    let id = stage.give("demo", "NORTH", 1);
    scan(&stage, &analyst(&stage), &json!({"text": "Quist", "query": "interface:demo", "reason": "ticket 7"}));
    let audit = stage.engine.store().audit().list(&store::AuditQuery { limit: 100, ..Default::default() }).unwrap();
    let of = |act: &str| audit.iter().find(|row| row.entry.act == act).unwrap_or_else(|| panic!("no {act}"));
    let (asked, found) = (of("scan"), of("found"));
    assert_eq!(asked.entry.terms.as_ref().unwrap().reveal(), "interface:demo body:\"Quist\"");
    assert!(asked.entry.who.starts_with("ann"), "{}", asked.entry.who);
    assert_eq!((&*asked.entry.reason, &*asked.entry.object), ("ticket 7", "messages"));
    assert_eq!(found.entry.object, format!("messages {id}"));
    let patient =
        store::AuditQuery { patient: Some(message::Phi::new("P1".to_owned())), limit: 10, ..Default::default() };
    let about = stage.engine.store().audit().list(&patient).unwrap();
    assert!(about.iter().any(|row| row.entry.act == "found"), "whoever asks who saw this patient learns of it");
    assert!(found.number > asked.number, "first asked, then found");
    let clear = |row: &store::AuditRow| format!("{} {} {}", row.entry.act, row.entry.object, row.entry.reason);
    assert!(audit.iter().all(|row| !clear(row).contains("Quist")));
}

#[test]
fn limits_end_it_where_it_can_go_on() {
    let stage = Stage::new();
    let given: BTreeSet<u64> = (1..=5).map(|number| stage.give("demo", "NORTH", number).0).collect();
    let key = analyst(&stage);
    let (mut found, mut before, mut rounds) = (Vec::new(), Value::Null, 0);
    loop {
        let lines = scan(&stage, &key, &json!({"text": "quist", "reason": "x", "rows": 2, "before": before}));
        found.extend(rows(&lines));
        before = end(&lines)["before"].clone();
        rounds += 1;
        let expect = if before.is_null() { "all" } else { "rows" };
        assert_eq!(end(&lines)["why"], expect);
        if before.is_null() {
            break;
        }
    }
    assert_eq!((found.len(), rounds), (5, 3));
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), given, "each once");
}

/// Fills the store before the engine opens it: messages of three days, older ones under the key of that time, in small pieces.
fn history(folder: &Path, options: &store::Options, count: u64, name: &str) {
    let now = clock::System.now().0;
    let hand = Arc::new(Hand(AtomicI64::new(now - 2 * DAY_MICROS)));
    let options = store::Options { clock: hand.clone(), ..options.clone() };
    let (store, _) = Store::open(folder, &options).unwrap();
    for number in 0..count {
        hand.0.store(now - (2 - (number * 3 / count) as i64) * DAY_MICROS, Ordering::Relaxed);
        let mut accept = contract::accept("demo", number, &[]);
        accept.facts.control_id = format!("{number:0>200}");
        let raw = String::from_utf8_lossy(&accept.envelope.raw).into_owned();
        accept.envelope.raw = format!("{raw}NTE|1||{name} {number}\r").into();
        contract::wait(store.commit(accept)).unwrap();
    }
    contract::wait(store.close()).unwrap();
}

#[test]
fn it_reads_days_back_and_under_keys_that_were_changed() {
    let stage = Stage::after(ApiSettings::default(), |folder, options| {
        history(folder, options, 9, "Brambleton");
        let (store, _) = Store::open(folder, options).unwrap();
        assert!(store.rotate(&store.new_key().unwrap(), &mut |_| {}).unwrap().is_in_place);
        contract::wait(store.close()).unwrap();
    });
    let young = stage.give("demo", "NORTH", 1);
    let key = analyst(&stage);
    let lines = scan(&stage, &key, &json!({"text": "BRAMBLETON", "reason": "x"}));
    assert_eq!((rows(&lines).len(), &end(&lines)["scanned"], &end(&lines)["unreadable"]), (9, &json!(10), &json!(0)));
    let days: BTreeSet<i64> =
        lines.iter().filter_map(|line| line["row"]["received"].as_i64()).map(|at| at.div_euclid(DAY_MICROS)).collect();
    assert_eq!(days.len(), 3);
    assert!(!rows(&lines).contains(&young.0));
    let one = scan(&stage, &key, &json!({"text": "brambleton 0", "query": "since:3d until:36h", "reason": "x"}));
    assert_eq!(
        (rows(&one).len(), &end(&one)["scanned"]),
        (1, &json!(3)),
        "only the days that are asked for are opened"
    );
}

#[test]
fn it_stops_when_nobody_reads_and_there_is_one_at_a_time() {
    const ALL: u64 = 1_000;
    let stage = Stage::after(ApiSettings::default(), |folder, options| history(folder, options, ALL, "Brambleton"));
    // What a reader does not take fills the socket long before a thousand rows are told, and there the work waits.
    let body = json!({"text": "brambleton", "reason": "x", "rows": 1_000}).to_string();
    let mut reader = UnixStream::connect(stage.socket()).unwrap();
    let head = "POST /api/v1/messages/scan HTTP/1.1\r\nHost: sinew\r\nContent-Type: application/json\r\n";
    reader.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).unwrap();
    let (mut first, mut piece) = (Vec::new(), [0; 512]);
    while !String::from_utf8_lossy(&first).contains("\"row\"") {
        let count = reader.read(&mut piece).unwrap();
        assert!(count > 0, "it ended: {}", String::from_utf8_lossy(&first));
        first.extend_from_slice(&piece[..count]);
    }
    let mut second = UnixStream::connect(stage.socket()).unwrap();
    let close = "Connection: close\r\n";
    let ask = |stream: &mut UnixStream| {
        let body = json!({"text": "nobody of this name", "reason": "x", "before": 1}).to_string();
        stream.write_all(format!("{head}{close}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    };
    let answer = ask(&mut second);
    assert!(answer.starts_with("HTTP/1.1 409") && answer.contains("E7405"), "{answer}");
    drop(reader);
    let end = Instant::now() + Duration::from_secs(60);
    while ask(&mut UnixStream::connect(stage.socket()).unwrap()).starts_with("HTTP/1.1 409") {
        assert!(Instant::now() < end, "its place is free again");
        std::thread::sleep(Duration::from_millis(5));
    }
    let audit = stage.engine.store().audit().list(&store::AuditQuery { limit: 10_000, ..Default::default() }).unwrap();
    let found: usize = audit
        .iter()
        .filter(|row| row.entry.act == "found")
        .map(|row| row.entry.object.trim_start_matches("messages ").split(' ').count())
        .sum();
    assert!(found > 0 && found < ALL as usize, "{found} were opened and found");
}
