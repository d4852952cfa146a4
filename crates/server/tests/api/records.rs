//! Every operation that changes something, or shows what is in messages, leaves its record in the audit chain: each is listed
//! here with its record, and done here.
//!
//! The list is not made from the code: an operation that comes new into the table of routes has to say what it leaves.

use super::{
    document::operations,
    sign_in::administrator,
    stage::{Answer, Browser, MAP, PASSWORD, Stage, code},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    thread::sleep,
    time::{Duration, Instant},
};

/// What an operation leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    /// A record of this act.
    Act(&'static str),
    /// None, because it changes nothing and shows nothing of a message.
    Nothing,
    /// None: it is half of an act, whose other half is recorded.
    Half,
    /// A record of this act, which another test sees: this stage has not what it takes.
    Elsewhere(&'static str, &'static str),
}
use Kept::{Act, Elsewhere, Half, Nothing};

const RECORDS: &[(&str, Kept)] = &[
    ("POST /api/v1/alerts/act", Elsewhere("note on incident", "cli::trouble")),
    ("POST /api/v1/alerts/try", Act("try alert channel")),
    ("POST /api/v1/messages/search", Act("search")),
    ("POST /api/v1/messages/facets", Act("count")),
    ("POST /api/v1/messages/scan", Act("scan")),
    ("POST /api/v1/interfaces/{name}/test", Nothing),
    ("POST /api/v1/interfaces/{name}/try", Act("read masked")),
    ("POST /api/v1/interfaces/{name}/tests", Act("keep test")),
    ("POST /api/v1/interfaces/{name}/maps/look", Act("read")),
    ("POST /api/v1/interfaces/{name}/maps/draw", Nothing),
    ("POST /api/v1/interfaces/{name}/maps/values", Act("count values")),
    ("PUT /api/v1/interfaces/{name}/maps", Act("keep map")),
    ("POST /api/v1/dictionary/look", Nothing),
    ("POST /api/v1/tap", Act("tap")),
    ("POST /api/v1/messages/{id}/content", Act("read")),
    ("POST /api/v1/messages/{id}/edit", Act("edit")),
    ("POST /api/v1/interfaces/pause", Act("pause")),
    ("POST /api/v1/interfaces/resume", Act("resume")),
    ("POST /api/v1/interfaces/drain", Act("drain")),
    ("POST /api/v1/interfaces/release", Act("release")),
    ("POST /api/v1/searches", Act("share search")),
    ("POST /api/v1/searches/remove", Act("take search back")),
    ("POST /api/v1/deliveries/retry", Act("retry")),
    ("POST /api/v1/deliveries/resend", Act("resend")),
    ("POST /api/v1/deliveries/delete", Act("delete")),
    ("POST /api/v1/replay", Act("replay")),
    ("POST /api/v1/reload", Act("reload")),
    ("POST /api/v1/changes", Act("propose change")),
    ("POST /api/v1/changes/{id}/approve", Act("approve change")),
    ("POST /api/v1/changes/{id}/apply", Act("apply change")),
    ("POST /api/v1/rollback", Act("roll back")),
    ("POST /api/v1/stop", Act("stop")),
    ("POST /api/v1/backup", Elsewhere("backup", "cli::backup")),
    ("POST /api/v1/verify", Nothing),
    ("POST /api/v1/audit/search", Act("audit-search")),
    ("POST /api/v1/audit/verify", Act("audit-verify")),
    ("POST /api/v1/setup", Act("begin setup")),
    ("POST /api/v1/users", Act("add user")),
    ("DELETE /api/v1/users/{name}", Act("remove user")),
    ("PUT /api/v1/users/{name}/grants", Act("grant")),
    ("POST /api/v1/users/{name}/disable", Act("disable user")),
    ("POST /api/v1/users/{name}/enable", Act("enable user")),
    ("POST /api/v1/users/{name}/reset", Act("reset user")),
    ("POST /api/v1/users/{name}/reset-password", Act("reset password")),
    ("POST /api/v1/users/{name}/sign-out", Act("end sessions")),
    ("POST /api/v1/roles", Act("add role")),
    ("DELETE /api/v1/roles/{name}", Act("remove role")),
    ("PUT /api/v1/secrets/{name}", Act("set secret")),
    ("DELETE /api/v1/secrets/{name}", Act("remove secret")),
    ("POST /api/v1/store/key", Act("rotate master key")),
    ("POST /api/v1/keys", Act("add key")),
    ("DELETE /api/v1/keys/{id}", Act("remove key")),
    ("POST /api/v1/me/glass", Act("break glass")),
    ("POST /api/v1/sign-in", Act("sign-in")),
    ("POST /api/v1/sign-in/token", Act("sign-in")),
    ("POST /api/v1/sign-in/code", Act("sign-in")),
    ("POST /api/v1/sign-in/passkey/begin", Half),
    ("POST /api/v1/sign-in/passkey", Elsewhere("sign-in", "server::passkeys")),
    ("POST /api/v1/me/passkeys/begin", Half),
    ("POST /api/v1/me/passkeys", Elsewhere("add factor", "server::passkeys")),
    ("POST /api/v1/me/passkeys/remove", Elsewhere("remove factor", "server::passkeys")),
    ("POST /api/v1/sign-out", Act("sign-out")),
    ("POST /api/v1/me/password", Act("change password")),
    ("POST /api/v1/me/totp", Half),
    ("POST /api/v1/me/totp/confirm", Act("add factor")),
    ("POST /api/v1/me/totp/remove", Act("remove factor")),
    ("DELETE /api/v1/me/sessions/{id}", Act("end session")),
];

#[test]
fn every_operation_that_may_change_something_is_listed() {
    let listed: BTreeSet<&str> = RECORDS.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed.len(), RECORDS.len(), "one is listed twice");
    let all = operations().into_iter().filter(|(method, ..)| method != "GET");
    let all: BTreeSet<String> = all.map(|(method, path, _)| format!("{method} {path}")).collect();
    let all: BTreeSet<&str> = all.iter().map(String::as_str).collect();
    let missing: Vec<_> = all.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&all).collect();
    assert!(missing.is_empty() && gone.is_empty(), "without a word about its record: {missing:?}; no such: {gone:?}");
}

/// Does acts one after the other, and keeps which rows each left.
struct Clerk<'s> {
    stage: &'s Stage,
    key: String,
    left: BTreeMap<String, Vec<String>>,
}

impl Clerk<'_> {
    /// The rows that `act` leaves are those of the operation `name`.
    fn note(&mut self, name: &str, act: impl FnOnce() -> Answer) -> Answer {
        let before = self.stage.audit().len();
        let answer = act();
        assert!((200..300).contains(&answer.status), "{name}: {answer:?}");
        let rows = self.stage.audit().split_off(before);
        self.left.entry(name.to_owned()).or_default().extend(rows);
        answer
    }
    /// With the key that may everything; `with` stands at the place in braces.
    fn act(&mut self, name: &str, with: &str, body: Value) -> Answer {
        let (method, path) = name.split_once(' ').unwrap();
        let path = super::door::filled(path, with);
        let (stage, key) = (self.stage, self.key.clone());
        self.note(name, || stage.with_key(&key, method, &path, (!body.is_null()).then_some(&body)))
    }
    /// As a person.
    fn person(&mut self, browser: &mut Browser, name: &str, with: &str, body: Value) -> Answer {
        let (method, path) = name.split_once(' ').unwrap();
        let path = super::door::filled(path, with);
        self.note(name, || browser.ask(method, &path, body))
    }
}

#[test]
fn every_listed_act_leaves_its_record() {
    let stage = Stage::new();
    let rights: Vec<&str> = server::rights::Right::ALL.iter().map(|right| right.name()).collect();
    stage.local("/api/v1/roles", &json!({"name": "everything", "rights": rights}));
    let key = stage.key("clerk", &json!([{"role": "everything"}]));
    let mut clerk = Clerk { stage: &stage, key, left: BTreeMap::new() };
    clerk.act("POST /api/v1/setup", "", Value::Null);
    let (mut ann, secret, _) = administrator(&stage);
    messages(&mut clerk);
    changes(&mut clerk);
    people(&mut clerk);
    sessions(&mut clerk, &mut ann, &secret);
    clerk.act("POST /api/v1/audit/search", "", json!({"patient": "P1"}));
    clerk.act("POST /api/v1/audit/verify", "", Value::Null);
    let trial = stage.with_key(&clerk.key, "POST", "/api/v1/alerts/try", Some(&json!({"channel": "none"}))).expect(404);
    let last = stage.audit().pop().into_iter().collect();
    clerk.left.insert("POST /api/v1/alerts/try".to_owned(), last);
    drop(trial);
    clerk.act("POST /api/v1/stop", "", json!({}));
    let mut wrong = Vec::new();
    for (name, kept) in RECORDS {
        let left = clerk.left.get(*name).cloned().unwrap_or_default();
        let is_right = match kept {
            Act(act) => left.iter().any(|row| row.contains(&format!(": {act} "))),
            Nothing | Half | Elsewhere(..) => left.is_empty(),
        };
        if !is_right {
            wrong.push(format!("{name} leaves {left:?}, and not {kept:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn messages(clerk: &mut Clerk<'_>) {
    let stage = clerk.stage;
    let (done, id) = {
        let id = stage.give("demo", "NORTH", 1).0;
        (id, id.to_string())
    };
    let text = "map m from hl7v2 to hl7v2 {\n  # a line\n  PID-5.1 = PID-5.1 | upper\n}\n";
    text.clone_into(&mut stage.process.map.lock().unwrap());
    let why = "ticket 7";
    clerk.act("POST /api/v1/messages/search", "", json!({"query": "patient:P1"}));
    clerk.act("POST /api/v1/messages/facets", "", json!({"query": "patient:P1"}));
    clerk.act("POST /api/v1/messages/scan", "", json!({"text": "quist", "reason": why}));
    clerk.act("POST /api/v1/messages/{id}/content", &id, json!({"which": "raw", "reason": why}));
    let look = json!({"file": MAP, "message": done, "reason": why});
    clerk.act("POST /api/v1/interfaces/{name}/maps/look", "demo", look);
    let stroke = json!({"file": MAP, "text": text, "stroke": {"act": "erase", "line": 3, "target": "PID-5.1"}});
    clerk.act("POST /api/v1/interfaces/{name}/maps/draw", "demo", stroke);
    let values = json!({"file": MAP, "text": text, "line": 3, "target": "PID-5.1"});
    clerk.act("POST /api/v1/interfaces/{name}/maps/values", "demo", values);
    let kept = json!({"file": MAP, "before": text, "text": text.replace("a line", "another"), "reason": why});
    clerk.act("PUT /api/v1/interfaces/{name}/maps", "demo", kept);
    clerk.act("POST /api/v1/interfaces/{name}/test", "demo", Value::Null);
    clerk.act("POST /api/v1/interfaces/{name}/try", "demo", json!({"message": done}));
    let sample = "MSH|^~\\&|REG|NORTH|SINEW|HUB|20260301070809||ADT^A01|M1|P|2.5.1\rPID|1||P1^^^NORTH^MR||Test^Ada\r";
    let test = json!({"name": "it is sent", "content": sample, "reason": why});
    clerk.act("POST /api/v1/interfaces/{name}/tests", "demo", test);
    let search = json!({"title": "Parked", "query": "state:parked"});
    let shared = clerk.act("POST /api/v1/searches", "", search).json();
    clerk.act("POST /api/v1/searches/remove", "", json!({"id": shared["search"]["id"]}));
    clerk.act("POST /api/v1/dictionary/look", "", json!({"version": "2.5.1", "word": "PID"}));
    clerk.act("POST /api/v1/tap", "", json!({"place": "demo", "reason": why}));
    let place = json!({"interface": "demo", "destination": "out", "reason": why});
    clerk.act("POST /api/v1/interfaces/pause", "", place.clone());
    let waiting = stage.give("demo", "NORTH", 2).0;
    clerk.act("POST /api/v1/deliveries/delete", "", json!({"message": waiting, "number": 0, "reason": why}));
    clerk.act("POST /api/v1/interfaces/drain", "", place.clone());
    clerk.act("POST /api/v1/interfaces/resume", "", place.clone());
    clerk.act("POST /api/v1/interfaces/release", "", place);
    let target = json!({"message": done, "number": 0, "reason": why});
    clerk.act("POST /api/v1/deliveries/resend", "", target);
    let refused = stage.give("demo", "NOWHERE", 3).0;
    let end = Instant::now() + Duration::from_secs(20);
    while stage.engine.status().counts.parked == 0 {
        assert!(Instant::now() < end, "nothing is parked");
        sleep(Duration::from_millis(5));
    }
    clerk.act("POST /api/v1/deliveries/retry", "", json!({"message": refused, "number": 0, "reason": why}));
    let content = "MSH|^~\\&|REG|NORTH|SINEW|HUB|20260301070809||ADT^A01|M9|P|2.5.1\rPID|1||P1^^^NORTH^MR||Quist^Bo\r";
    clerk.act("POST /api/v1/messages/{id}/edit", &id, json!({"content": content, "reason": why}));
    let again = json!({"query": format!("id:{id}"), "is_confirmed": true, "reason": why});
    clerk.act("POST /api/v1/replay", "", again);
}

fn changes(clerk: &mut Clerk<'_>) {
    clerk.act("POST /api/v1/reload", "", json!({}));
    "one".clone_into(&mut clerk.stage.process.text.lock().unwrap());
    let made =
        clerk.act("POST /api/v1/changes", "", json!({"title": "new code", "reason": "asked for by the lab"})).json();
    let id = made["change"]["id"].as_str().unwrap().to_owned();
    let own = clerk.key.clone();
    clerk.key = clerk.stage.key("second", &json!([{"role": "everything"}]));
    clerk.act("POST /api/v1/changes/{id}/approve", &id, json!({}));
    clerk.key = own;
    clerk.act("POST /api/v1/changes/{id}/apply", &id, json!({}));
    clerk.act("POST /api/v1/rollback", "", json!({"is_confirmed": true, "reason": "wrong code"}));
}

fn people(clerk: &mut Clerk<'_>) {
    let viewer = json!([{"role": "viewer"}]);
    let made = clerk.act("POST /api/v1/users", "", json!({"name": "bob", "grants": viewer}));
    let token = made.json()["token"].as_str().map(str::to_owned);
    let mut bob = clerk.stage.browser();
    if let Some(token) = token {
        let body = json!({"token": token, "name": "bob", "password": PASSWORD});
        clerk.person(&mut bob, "POST /api/v1/sign-in/token", "", body);
    }
    clerk.act(
        "PUT /api/v1/users/{name}/grants",
        "bob",
        json!({"grants": [{"role": "operator"}], "reason": "new task"}),
    );
    clerk.act("POST /api/v1/users/{name}/sign-out", "bob", Value::Null);
    clerk.act("POST /api/v1/users/{name}/disable", "bob", Value::Null);
    clerk.act("POST /api/v1/users/{name}/enable", "bob", Value::Null);
    clerk.act("POST /api/v1/users/{name}/reset-password", "bob", Value::Null);
    clerk.act("POST /api/v1/users/{name}/reset", "bob", Value::Null);
    clerk.act("DELETE /api/v1/users/{name}", "bob", Value::Null);
    clerk.act("POST /api/v1/roles", "", json!({"name": "night", "rights": ["look"]}));
    clerk.act("DELETE /api/v1/roles/{name}", "night", Value::Null);
    clerk.act("PUT /api/v1/secrets/{name}", "lab", json!({"text": "hunter2hunter2", "reason": "renewed"}));
    clerk.act("DELETE /api/v1/secrets/{name}", "lab", Value::Null);
    clerk.act("POST /api/v1/store/key", "", json!({"reason": "a year is over"}));
    clerk.stage.audit_until(|rows| rows.iter().any(|row| row.contains(": master key rotated ")));
    let key = json!({"user": "clerk", "title": "second", "grants": viewer, "days": 1});
    let made = clerk.act("POST /api/v1/keys", "", key).json();
    let id = made["key"]["id"].as_str().unwrap().to_owned();
    clerk.act("DELETE /api/v1/keys/{id}", &id, Value::Null);
}

fn sessions(clerk: &mut Clerk<'_>, ann: &mut Browser, secret: &str) {
    clerk.person(ann, "POST /api/v1/me/glass", "", json!({"reason": "resuscitation, no time"}));
    let mut other = clerk.stage.browser();
    clerk.person(&mut other, "POST /api/v1/sign-in", "", json!({"name": "ann", "password": PASSWORD}));
    clerk.person(&mut other, "POST /api/v1/sign-in/code", "", json!({"code": code(secret, 0)}));
    let all = ann.get("/api/v1/me/sessions").expect(200).json();
    let all = all["sessions"].as_array().unwrap().clone();
    let second = all.iter().find(|session| session["is_this"] == false).unwrap();
    clerk.person(ann, "DELETE /api/v1/me/sessions/{id}", second["id"].as_str().unwrap(), Value::Null);
    let fresh = "a fresh set of words";
    clerk.person(ann, "POST /api/v1/me/password", "", json!({"old": PASSWORD, "new": fresh}));
    clerk.person(ann, "POST /api/v1/me/totp/remove", "", json!({"password": fresh}));
    let begun = clerk.person(ann, "POST /api/v1/me/totp", "", json!({"password": fresh})).json();
    let right = code(begun["secret"].as_str().unwrap(), 0);
    clerk.person(ann, "POST /api/v1/me/totp/confirm", "", json!({"code": right}));
    clerk.person(ann, "POST /api/v1/sign-out", "", Value::Null);
}
