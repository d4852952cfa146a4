//! Secrets go in and never come out.

use super::{sign_in::administrator, stage::Stage};
use serde_json::{Value, json};

const TEXT: &str = "-----BEGIN hunter2\nhunter2-----END\t\"\u{fc}";

#[test]
fn what_is_set_is_never_told_again() {
    let stage = Stage::new();
    let (mut ann, ..) = administrator(&stage);
    let mut said = String::new();
    let mut tell = |answer: super::stage::Answer| said.push_str(&format!("{answer:?}"));
    tell(ann.ask("PUT", "/api/v1/secrets/lab.key", json!({"text": TEXT, "reason": "renewed"})).expect(200));
    assert_eq!(stage.process.secrets.lock().unwrap()["lab.key"], ("ann".to_owned(), TEXT.to_owned()));
    let listed = ann.get("/api/v1/secrets").expect(200);
    let row = &listed.json()["secrets"][0];
    assert_eq!((&row["name"], &row["by"], &row["place"]), (&json!("lab.key"), &json!("ann"), &json!("vault")));
    assert!(row["set"].as_i64().is_some_and(|at| at > 0), "{row}");
    tell(listed);
    // What cannot be kept, and what is not understood: the answer says where and not what.
    for (name, body) in [
        ("a%20b", json!({"text": "hunter2"})),
        ("a%2Fb", json!({"text": "hunter2"})),
        (&"x".repeat(65), json!({"text": "hunter2"})),
        ("x", json!({"text": ""})),
        ("x", json!({"text": "hunter2".repeat(10_000)})),
        ("x", json!({"text": ["hunter2"]})),
        ("x", json!({"text": "hunter2", "other": "hunter2"})),
        ("x", json!({"hunter2": 1})),
        ("x", Value::Null),
    ] {
        let answer = ann.ask("PUT", &format!("/api/v1/secrets/{name}"), body);
        assert!(matches!(answer.status, 400 | 404), "{name}: {answer:?}");
        tell(answer);
    }
    // No text is as large as 300 KB, whatever stands in it.
    let large = ann.ask("PUT", "/api/v1/secrets/x", json!({"text": "hunter2".repeat(50_000)}));
    assert_eq!((large.status, &*large.code()), (413, "E7062"));
    assert!(!said.contains("hunter2") && !stage.audit().join("\n").contains("hunter2"), "{said}");
    let rows = stage.audit();
    assert_eq!(rows.iter().filter(|row| row.contains("set secret")).collect::<Vec<_>>(), ["ann: set secret lab.key"]);
    // A text that is not there cannot be asked for by any method.
    for method in ["GET", "POST", "PATCH", "HEAD"] {
        let answer = ann.ask(method, "/api/v1/secrets/lab.key", Value::Null);
        assert_eq!(answer.status, 405, "{method}: {answer:?}");
    }
}

#[test]
fn what_an_interface_needs_is_removed_when_it_is_meant() {
    let stage = Stage::new();
    let (mut ann, ..) = administrator(&stage);
    for name in ["in-use", "idle"] {
        let told = ann.ask("PUT", &format!("/api/v1/secrets/{name}"), json!({"text": "x"})).expect(200).json();
        assert_eq!(told["needs_reload"], json!(name == "in-use"), "{told}");
    }
    let refused = ann.ask("DELETE", "/api/v1/secrets/in-use", Value::Null).expect(409);
    assert!(refused.code() == "E7306" && refused.body.contains("demo"), "{refused:?}");
    ann.ask("DELETE", "/api/v1/secrets/idle", Value::Null).expect(200);
    ann.ask("DELETE", "/api/v1/secrets/in-use?is_confirmed=true", Value::Null).expect(200);
    assert_eq!(ann.ask("DELETE", "/api/v1/secrets/idle", Value::Null).expect(404).code(), "E7304");
    assert_eq!(ann.get("/api/v1/secrets").expect(200).json()["secrets"], json!([]));
    let removed: Vec<String> = stage.audit().into_iter().filter(|row| row.contains("remove secret")).collect();
    assert_eq!(removed, ["ann: remove secret idle", "ann: remove secret in-use"]);
}
