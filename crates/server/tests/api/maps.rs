//! Maps as people change them: looked at, drawn in, tried, kept.

use super::stage::{Answer, MAP, Stage};
use serde_json::{Value, json};

const TEXT: &str = "# Names in capitals.\nmap m from hl7v2 to hl7v2 {\n  PID-5.1 = PID-5.1 | upper   # as theirs\n  PID-8   = PID-8\n}\n";
const AT: &str = "/api/v1/interfaces/demo/maps";

fn stage() -> (Stage, String) {
    let stage = Stage::new();
    TEXT.clone_into(&mut stage.process.map.lock().unwrap());
    let analyst = stage.key("ann", &json!([{"role": "analyst"}]));
    (stage, analyst)
}

fn post(stage: &Stage, key: &str, act: &str, body: Value) -> Answer {
    stage.with_key(key, "POST", &format!("{AT}/{act}"), Some(&body))
}

#[test]
fn a_map_is_tried_on_a_message_that_stays_masked() {
    let (stage, ann) = stage();
    let message = stage.give("demo", "NORTH", 1).0;
    let foreign = stage.give("other", "NORTH", 2).0;
    let listed = stage.with_key(&ann, "GET", AT, None).expect(200).json();
    assert_eq!(listed["files"], json!([MAP]));
    let look = post(&stage, &ann, "look", json!({"file": MAP, "message": message})).expect(200).json();
    assert_eq!(look["text"], TEXT);
    assert_eq!(look["findings"], json!([]));
    let row = &look["sections"][0]["rows"][0];
    assert_eq!(
        (&row["target"], &row["source"], &row["steps"], &row["line"]),
        (&json!("PID-5.1"), &json!("PID-5.1"), &json!(["upper"]), &json!(3))
    );
    let sample = &look["sample"];
    assert!(sample["is_masked"] == true && sample["made"].as_str().unwrap().contains("****"), "{sample}");
    let real =
        post(&stage, &ann, "look", json!({"file": MAP, "message": message, "reason": "ticket 7"})).expect(200).json();
    assert!(real["sample"]["is_masked"] == false && !real["sample"]["raw"].as_str().unwrap().contains("****"));
    let wrong =
        post(&stage, &ann, "look", json!({"file": MAP, "text": TEXT.replace("upper", "uper")})).expect(200).json();
    assert_eq!((&wrong["findings"][0]["line"], &wrong["findings"][0]["is_error"]), (&json!(3), &json!(true)));
    assert_eq!(post(&stage, &ann, "look", json!({"file": "sinew.toml"})).expect(404).code(), "E7400");
    assert_eq!(post(&stage, &ann, "look", json!({"file": MAP, "message": foreign})).expect(404).code(), "E5201");
    // Whose role does not show content is not shown it here either.
    let viewer = stage.key("vic", &json!([{"role": "viewer"}]));
    assert_eq!(
        post(&stage, &viewer, "look", json!({"file": MAP, "message": message, "reason": "why"})).expect(403).code(),
        "E7061"
    );
    assert!(stage.audit().join("\n").contains("in a map"));
    let values = json!({"file": MAP, "text": TEXT, "line": 3, "target": "PID-5.1"});
    let values = post(&stage, &ann, "values", values).expect(200).json();
    assert_eq!((&values["messages"], &values["failed"]), (&json!(1), &json!(0)), "{values}");
}

#[test]
fn a_stroke_changes_its_line_and_what_is_kept_is_whole() {
    let (stage, ann) = stage();
    let draw = |stroke: Value| post(&stage, &ann, "draw", json!({"file": MAP, "text": TEXT, "stroke": stroke}));
    let made =
        draw(json!({"act": "steps", "line": 3, "target": "PID-5.1", "steps": ["trim", "upper"]})).expect(200).json();
    let text = made["text"].as_str().unwrap();
    assert_eq!(text, TEXT.replace("PID-5.1 | upper", "PID-5.1 | trim | upper"));
    assert_eq!(made["line"], 3);
    assert_eq!(
        draw(json!({"act": "source", "line": 3, "target": "", "source": "a\nremove PID"})).expect(400).code(),
        "E2020"
    );
    assert_eq!(draw(json!({"act": "erase", "line": 99, "target": ""})).expect(400).code(), "E2020");
    let keep = |key: &str, before: &str, text: &str, reason: &str| {
        stage.with_key(key, "PUT", AT, Some(&json!({"file": MAP, "before": before, "text": text, "reason": reason})))
    };
    let lies = || stage.process.map.lock().unwrap().clone();
    assert_eq!(keep(&ann, TEXT, text, " ").expect(400).code(), "E7003");
    assert_eq!(keep(&ann, TEXT, "map m from hl7v2 to hl7v2 { PID-5.1 = ", "why").expect(400).code(), "E7401");
    assert_eq!(keep(&ann, "another", text, "why").expect(409).code(), "E7402");
    assert_eq!(keep(&stage.key("vic", &json!([{"role": "viewer"}])), TEXT, text, "why").status, 403);
    assert_eq!(lies(), TEXT);
    keep(&ann, TEXT, text, "ticket 7").expect(200);
    assert_eq!(lies(), text);
    assert!(stage.audit().join("\n").contains("keep map"));
}

#[test]
fn lookups_answer_what_the_tests_say_and_nobody_is_asked() {
    let (stage, ann) = stage();
    let message = stage.give("demo", "NORTH", 7).0;
    let census = "lookup census column ward failed park else error";
    let text = format!("map m from hl7v2 to hl7v2 {{\n  PID-5.2 = PID-3.1 | {census}\n}}\n");
    let look = || {
        let body = json!({"file": MAP, "message": message, "text": text, "reason": "ticket 7"});
        post(&stage, &ann, "look", body).expect(200).json()
    };
    let finding = look()["findings"][0]["code"].clone();
    assert_ne!(finding, Value::Null, "no line of the interface has this lookup");
    let write = |tests: &str| {
        let flow = "interface demo {\n  lookup census sql sqlite:census.db {\n    query \"x\"\n  }\n}\n";
        *stage.process.beside.lock().unwrap() = vec![
            ("interfaces/demo/interface.flow".to_owned(), flow.to_owned()),
            ("interfaces/demo/tests/t.flow".to_owned(), format!("test \"x\" {{\n{tests}}}\n")),
        ];
    };
    write("");
    let unknown = look();
    assert_eq!(unknown["findings"], json!([]), "the map is whole");
    assert_eq!(unknown["sample"]["fault"]["code"], "E2703", "what no test says is not made up");
    assert_eq!(unknown["sample"]["lookups"], json!([{"lookup": "census", "file": null, "line": null}]));
    write("  with lookup census \"P7\" returns \"\"\"{ \"ward\": \"4WEST\" }\"\"\"\n  with lookup census nothing\n");
    let known = look();
    let made = known["sample"]["made"].as_str().unwrap_or_else(|| panic!("{}", known["sample"]));
    assert!(made.contains("||Quist^4WEST"), "{made}");
    assert_eq!(
        known["sample"]["lookups"],
        json!([{"lookup": "census", "file": "interfaces/demo/tests/t.flow", "line": 2}])
    );
    let line = json!({"file": MAP, "text": text, "line": 2, "target": "PID-5.2"});
    assert_eq!(post(&stage, &ann, "values", line).expect(200).json()["failed"], 0);
}
