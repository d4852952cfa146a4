//! Four eyes: nothing is put into force that a second person has not approved, as they approved it.

use super::stage::Stage;
use serde_json::{Value, json};
use server::ApiSettings;

fn stage() -> (Stage, String, String) {
    let stage = Stage::with(ApiSettings { has_four_eyes: true, ..ApiSettings::default() });
    let both = json!([{"role": "analyst"}, {"role": "approver"}]);
    let (ann, bob) = (stage.key("ann-1", &both), stage.key("bob-1", &both));
    (stage, ann, bob)
}

#[test]
fn a_change_needs_a_second_person() {
    let (stage, ann, bob) = stage();
    let write = |text: &str| text.clone_into(&mut stage.process.text.lock().unwrap());
    let post = |key: &str, path: &str, body: Value| stage.with_key(key, "POST", path, Some(&body));
    write("one");
    assert_eq!(post(&ann, "/api/v1/reload", json!({})).expect(409).code(), "E7075");
    let made = post(&ann, "/api/v1/changes", json!({"title": "new code", "reason": "asked for by the lab"}))
        .expect(200)
        .json();
    let path = format!("/api/v1/changes/{}", made["change"]["id"].as_str().unwrap());
    let act = |key: &str, act: &str| post(key, &format!("{path}/{act}"), json!({}));
    assert_eq!(act(&ann, "apply").expect(409).code(), "E7075");
    assert_eq!(act(&ann, "approve").expect(409).code(), "E7075", "not by who proposed it");
    // Another key of the same person is the same person.
    let body = json!({"user": "ann-1", "title": "second", "grants": [{"role": "approver"}], "days": 1});
    let second = stage.local("/api/v1/keys", &body)["text"].as_str().unwrap().to_owned();
    assert_eq!(act(&second, "approve").expect(409).code(), "E7075");
    act(&bob, "approve").expect(200);
    write("two");
    assert_eq!(act(&ann, "apply").expect(409).code(), "E7075", "the files are others than those approved");
    write("one");
    assert_eq!(post(&ann, "/api/v1/rollback", json!({"to": "none"})).expect(404).code(), "E7072");
    assert_eq!(act(&ann, "apply").expect(200).json()["applied"], "one");
    assert_eq!(post(&ann, "/api/v1/changes/none/apply", json!({})).expect(404).code(), "E7072");
    let rows = stage.audit().join("\n");
    for word in ["propose change", "approve change", "apply change"] {
        assert!(rows.contains(word), "{word}: {rows}");
    }
}

#[test]
fn what_was_put_into_force_can_be_gone_back_to() {
    let stage = Stage::with(ApiSettings::default());
    let ann = stage.key("ann-1", &json!([{"role": "analyst"}]));
    let write = |text: &str| text.clone_into(&mut stage.process.text.lock().unwrap());
    let post = |path: &str, body: Value| stage.with_key(&ann, "POST", path, Some(&body));
    let versions = || stage.with_key(&ann, "GET", "/api/v1/versions", None).expect(200).json()["versions"].clone();
    write("one\n");
    *stage.process.in_force.lock().unwrap() = server::Host::on_disk(&*stage.process);
    assert_eq!(post("/api/v1/rollback", json!({})).expect(404).code(), "E7431");
    write("two\n");
    let plan = stage.with_key(&ann, "GET", "/api/v1/plan", None).expect(200).json();
    assert_eq!(plan["files"][0]["parts"][0][0], json!({"is": "removed", "old": 1, "new": null, "text": "one"}));
    assert_eq!(plan["files"][0]["parts"][0][1], json!({"is": "added", "old": null, "new": 1, "text": "two"}));
    // Somebody writes between the look at the plan and the act.
    write("three\n");
    let body = json!({"reason": "wards", "ticket": "T-1", "fingerprint": plan["fingerprint"]});
    assert_eq!(post("/api/v1/reload", body.clone()).expect(409).code(), "E7402");
    write("two\n");
    post("/api/v1/reload", body).expect(200);
    let rows = versions();
    assert_eq!((&rows[0]["ticket"], &rows[0]["is_newest"]), (&json!("T-1"), &json!(true)));
    assert_eq!(rows.as_array().unwrap().len(), 2, "what ran before the first change is a version too: {rows}");
    let told = post("/api/v1/rollback", json!({})).expect(200).json();
    assert_eq!(told["version"]["id"], rows[1]["id"]);
    assert_eq!(*stage.process.text.lock().unwrap(), "two\n", "nothing is done before it is confirmed");
    assert_eq!(post("/api/v1/rollback", json!({"is_confirmed": true})).expect(400).code(), "E7003");
    let done = post("/api/v1/rollback", json!({"is_confirmed": true, "reason": "wrong wards"})).expect(200).json();
    assert_eq!(done["applied"], "one\n");
    assert_eq!(versions().as_array().unwrap().len(), 3, "the way back is a version of its own");
    // From there the newest but one is what was gone back from.
    post("/api/v1/rollback", json!({"is_confirmed": true, "reason": "right after all"})).expect(200);
    assert_eq!(*stage.process.text.lock().unwrap(), "two\n");
    assert!(stage.audit().join("\n").contains("roll back"));
}
