//! The bench: what would become of a message, without anything of it happening, and what it showed as a test.

use super::stage::{Answer, Stage, workspace_with};
use serde_json::{Value, json};

const MESSAGE: &str =
    "MSH|^~\\&|REG|NORTH|SINEW|HUB|20260301070809||ADT^A01|C1|P|2.5.1\nPID|1||77^^^NORTH^MR||Invented^Ida\n";

fn post(stage: &Stage, key: &str, act: &str, body: &Value) -> Answer {
    stage.with_key(key, "POST", &format!("/api/v1/interfaces/demo/{act}"), Some(body))
}

#[test]
fn a_text_goes_through_the_lines_and_nowhere_else() {
    let stage = Stage::new();
    let ann = stage.key("ann", &json!([{"role": "analyst"}]));
    let attempt = |body: &Value| post(&stage, &ann, "try", body);
    let told = attempt(&json!({"content": MESSAGE})).expect(200).json();
    assert_eq!((&told["end"], &told["deliveries"][0]["stands"]), (&json!("routed"), &json!("sent")), "{told}");
    assert_eq!(told["received"], MESSAGE.replace('\n', "\r"), "segments end as they do on the wire");
    assert!(told["acknowledgment"].as_str().unwrap().contains("\rMSA|AA|C1"), "{told}");
    let down = json!({"content": MESSAGE, "partners": [{"destination": "out", "does": "refuses-connections"}]});
    assert_eq!(attempt(&down).expect(200).json()["deliveries"][0]["stands"], "queued");
    let no = json!({"content": MESSAGE, "partners": [{"destination": "out", "does": "replies-ae"}]});
    assert_eq!(attempt(&no).expect(200).json()["deliveries"][0]["stands"], "parked");
    assert_eq!(attempt(&json!({"content": "hello"})).expect(200).json()["end"], "refused");
    assert_eq!(attempt(&json!({})).expect(400).code(), "E7004");
    let status = stage.engine.status();
    assert_eq!(status.counts.accepted, 0, "nothing was stored");
}

#[test]
fn a_stored_message_stays_masked_without_a_reason() {
    let stage = Stage::new();
    let (ann, vic) = (stage.key("ann", &json!([{"role": "analyst"}])), stage.key("vic", &json!([{"role": "viewer"}])));
    let (own, foreign) = (stage.give("demo", "NORTH", 1).0, stage.give("other", "NORTH", 2).0);
    let masked = post(&stage, &vic, "try", &json!({"message": own})).expect(200);
    assert!(!masked.body.contains("Quist") && masked.json()["is_masked"] == true, "{masked:?}");
    let reason = json!({"message": own, "reason": "ticket 7"});
    assert_eq!(post(&stage, &vic, "try", &reason).expect(403).code(), "E7061");
    assert!(post(&stage, &ann, "try", &reason).expect(200).body.contains("Quist"));
    assert_eq!(post(&stage, &ann, "try", &json!({"message": foreign})).expect(404).code(), "E5201");
    let rows = stage.audit().join("\n");
    assert!(rows.contains(&format!("read masked {own} on the bench")), "{rows}");
}

#[test]
fn what_is_kept_is_a_test_that_holds() {
    let stage = Stage::new();
    let ann = stage.key("ann", &json!([{"role": "analyst"}]));
    let body = json!({"name": "An \"odd\" admission waits", "content": MESSAGE, "reason": "ticket 8",
        "partners": [{"destination": "out", "does": "refuses-connections"}],
        "claims": [{"destination": "out", "path": "PID-5.1"}]});
    let kept = post(&stage, &ann, "tests", &body).expect(200).json();
    assert_eq!(kept["file"], "interfaces/demo/tests/an-odd-admission-waits.flow");
    let files = stage.process.added.lock().unwrap().clone();
    let workspace = workspace_with(&files);
    let case = &workspace.tests[0];
    assert_eq!(case.expectations.len(), 2);
    let verdict = engine::rehearsal::rehearse(&workspace.definitions[0], case, None).verdict;
    assert!(verdict.is_passed(), "{:?}\n{}", verdict.failures, files[1].1);
    // Without the partner that is down it would be another test.
    let changed = files[1].1.replace("  with   out refuses-connections\n", "");
    let other = workspace_with(&[files[0].clone(), (files[1].0.clone(), changed)]);
    assert!(!engine::rehearsal::rehearse(&other.definitions[0], &other.tests[0], None).verdict.is_passed());
    let wrong = |name: &str, path: &str| {
        let body =
            json!({"name": name, "content": MESSAGE, "reason": "x", "claims": [{"destination": "out", "path": path}]});
        post(&stage, &ann, "tests", &body).expect(400).code()
    };
    assert_eq!((wrong("…", "PID-5"), wrong("good", "nonsense")), ("E7403".to_owned(), "E7403".to_owned()));
}
