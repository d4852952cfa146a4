//! The master key of a running engine is exchanged over the API.

use super::{
    sign_in::administrator,
    stage::{Answer, PASSWORD, Stage},
};
use serde_json::{Value, json};
use server::ApiSettings;
use store::{KeySource, MasterKey, Store};

const PATH: &str = "/api/v1/store/key";

/// What is told once the exchange under way has ended.
fn ended(stage: &Stage, key: &str) -> Value {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let told = stage.with_key(key, "GET", PATH, None).expect(200).json();
        if told["is_running"] == false {
            return told;
        }
        assert!(std::time::Instant::now() < end, "{told}");
    }
}

#[test]
fn a_person_types_the_password_again_and_messages_go_on() {
    let stage = Stage::new();
    let (mut ann, ..) = administrator(&stage);
    let admin = stage.key("admin", &json!([{"role": "administrator"}]));
    let early = stage.give("demo", "NORTH", 1);
    let before = stage.with_key(&admin, "GET", PATH, None).expect(200).json();
    assert!(before["since"].is_string() && before["unfinished"].is_null() && before["kept"] == json!([]), "{before}");
    for (body, status, code) in [
        (json!({"reason": "leaked"}), 401, "E7068"),
        (json!({"reason": "leaked", "password": "another"}), 401, "E7068"),
        (json!({"password": PASSWORD, "reason": " "}), 400, "E7003"),
        (json!({"password": PASSWORD}), 400, "E7004"),
        (json!({"password": PASSWORD, "reason": "leaked", "key": "hunter2"}), 400, "E7004"),
    ] {
        let answer = ann.ask("POST", PATH, body.clone());
        assert_eq!((answer.status, &*answer.code()), (status, code), "{body}: {answer:?}");
        assert!(!answer.body.contains("hunter2"), "{answer:?}");
    }
    assert_eq!(stage.with_key(&admin, "GET", PATH, None).expect(200).json()["id"], before["id"], "nothing was changed");
    ann.ask("POST", PATH, json!({"password": PASSWORD, "reason": "leaked"})).expect(200);
    let told = ended(&stage, &admin);
    let after = &told["ended"];
    assert!(after["before"] == before["id"] && after["after"] == told["id"] && told["id"] != before["id"], "{told}");
    assert!(after["is_in_place"] == true && told["unfinished"].is_null() && told["failed"].is_null(), "{told}");
    assert_eq!(told["kept"][0]["id"], before["id"], "{told}");
    let late = stage.give("demo", "NORTH", 2);
    for id in [early, late] {
        assert!(stage.engine.store().read(id).is_ok());
    }
    let (from, to) = (before["id"].as_str().unwrap(), told["id"].as_str().unwrap());
    let rows = stage.audit_until(|rows| rows.iter().any(|row| row.contains("master key rotated")));
    for row in [format!("ann: rotate master key {from} to {to}"), format!("ann: master key rotated {from} to {to}")] {
        assert!(rows.contains(&row), "{row}: {rows:#?}");
    }
}

#[test]
fn a_given_key_is_never_told_and_what_a_crash_interrupted_goes_on_at_the_start() {
    let (old, new) = (MasterKey::from_bytes([0xab; 32]), MasterKey::from_bytes([0xcd; 32]));
    let id = format!("{:016x}", new.id());
    let (first, second) = (old.clone(), new.clone());
    // The key comes from outside; the engine that began the exchange ended before the new one stood in its place.
    let stage = Stage::keyed(ApiSettings::default(), KeySource::Given(new.clone()), |folder, options| {
        let with = store::Options { key: KeySource::Given(first), ..options.clone() };
        let (store, _) = Store::open(folder, &with).unwrap();
        assert!(!store.rotate(&second, &mut |_| {}).unwrap().is_in_place);
        store::contract::wait(store.close()).unwrap();
    });
    let admin = stage.key("admin", &json!([{"role": "administrator"}]));
    let told = ended(&stage, &admin);
    assert!(told["id"] == json!(id) && told["unfinished"].is_null() && told["file"].is_null(), "{told}");
    let rows = stage.audit_until(|rows| rows.iter().any(|row| row.contains("sinew: master key rotated")));
    assert!(rows.iter().any(|row| row.contains("sinew: resume key rotation")), "{rows:#?}");
    // Without a key the engine cannot make one: it would not know where to put it.
    let refused = stage.with_key(&admin, "POST", PATH, Some(&json!({"reason": "a year is over"})));
    assert_eq!((refused.status, &*refused.code()), (409, "E4014"), "{refused:?}");
    let same = stage.with_key(&admin, "POST", PATH, Some(&json!({"reason": "x", "key": new.to_text()})));
    assert_eq!((same.status, &*same.code()), (409, "E4014"), "{same:?}");
    let mut said: Vec<Answer> = vec![refused, same];
    // Back to the first one, and then the engine waits for it.
    let given = json!({"reason": "a year is over", "key": old.to_text()});
    said.push(stage.with_key(&admin, "POST", PATH, Some(&given)).expect(200));
    let told = ended(&stage, &admin);
    assert!(told["ended"]["is_in_place"] == false && told["unfinished"]["waits_for_people"] == true, "{told}");
    assert!(told["unfinished"]["before"] == json!(id), "{told}");
    let third = json!({"reason": "once more", "key": "ef".repeat(32)});
    let third = stage.with_key(&admin, "POST", PATH, Some(&third));
    assert_eq!((third.status, &*third.code()), (409, "E4014"), "{third:?}");
    said.push(third);
    let told = format!("{said:?}{told}{:?}", stage.audit());
    for key in ["abab", "cdcd", "efef"] {
        assert!(!told.contains(key), "{key}: {told}");
    }
}
