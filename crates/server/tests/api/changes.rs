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
    assert_eq!(act(&ann, "apply").expect(200).json()["applied"], "one");
    assert_eq!(post(&ann, "/api/v1/changes/none/apply", json!({})).expect(404).code(), "E7072");
    let rows = stage.audit().join("\n");
    for word in ["propose change", "approve change", "apply change"] {
        assert!(rows.contains(word), "{word}: {rows}");
    }
}
