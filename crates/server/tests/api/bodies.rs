//! Every operation of the document with bodies that nobody should send: none of them may be our fault (5xx).

use super::{document::operations, door::filled, stage::Stage};
use serde_json::{Value, json};

/// What a property is replaced by.
fn oddities() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(0),
        json!(1.5),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(""),
        json!(" "),
        json!("\u{0}\u{1b}[2J\r\n"),
        json!("'; DROP TABLE accounts; --"),
        json!("../../../etc/passwd"),
        json!("🩺".repeat(64)),
        json!("x".repeat(20_000)),
        json!([]),
        json!([[[[[[]]]]]]),
        json!({}),
        json!({"a": {"b": {"c": {}}}}),
    ]
}

/// The properties of a schema, references followed.
fn properties(tree: &Value, schema: &Value) -> Vec<(String, Value)> {
    let schema = match schema["$ref"].as_str() {
        Some(reference) => tree.pointer(reference.trim_start_matches('#')).cloned().unwrap_or_default(),
        None => schema.clone(),
    };
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    properties.into_iter().collect()
}

/// A plain value of a type.
fn plain(schema: &Value) -> Value {
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds[0].as_str().unwrap_or("string").to_owned(),
        other => other.as_str().unwrap_or("string").to_owned(),
    };
    match &*kind {
        "integer" | "number" => json!(1),
        "boolean" => json!(false),
        "array" => json!([]),
        "object" => json!({}),
        _ => json!("text"),
    }
}

#[test]
fn no_body_is_our_fault() {
    let stage = Stage::new();
    let rights: Vec<&str> = server::rights::Right::ALL.iter().map(|right| right.name()).collect();
    stage.local("/api/v1/roles", &json!({"name": "everything", "rights": rights}));
    let key = stage.key("fuzz", &json!([{"role": "everything"}]));
    let message = stage.give("demo", "NORTH", 1);
    let tree = server::openapi::tree();
    let (mut sent, mut faults) = (0, Vec::new());
    let mut send = |method: &str, path: &str, body: Option<&Value>| {
        let answer = stage.with_key(&key, method, path, body);
        sent += 1;
        if answer.status >= 500 || answer.status == 0 {
            faults.push(format!("{method} {path} {body:?}: {answer:?}"));
        }
    };
    for (method, path, operation) in operations() {
        if path.starts_with("/api/v1/sign-in") || path.contains("/users/{name}") && method == "DELETE" {
            continue; // hashing, and what would remove the caller
        }
        for place in [
            message.to_string(),
            "0".into(),
            "18446744073709551615".into(),
            "99999999999999999999".into(),
            "%00".into(),
            "%F0%9F%A9%BA".into(),
        ] {
            send(&method, &filled(&path, &place), None);
        }
        let place = filled(&path, &message.to_string());
        for parameter in operation["parameters"].as_array().into_iter().flatten().filter(|one| one["in"] == "query") {
            for value in ["", "-1", "1e9", "18446744073709551615", "x", "%00", "%FF", "a&a=b"] {
                send(&method, &format!("{place}?{}={value}", parameter["name"].as_str().unwrap()), None);
            }
        }
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let known = properties(&tree, schema);
        let base: serde_json::Map<String, Value> =
            known.iter().map(|(name, schema)| (name.clone(), plain(schema))).collect();
        for (name, _) in &known {
            for oddity in oddities() {
                let mut body = base.clone();
                body.insert(name.clone(), oddity);
                send(&method, &place, Some(&Value::Object(body)));
            }
            let mut body = base.clone();
            body.remove(name);
            send(&method, &place, Some(&Value::Object(body)));
        }
        for body in [json!([]), json!("x"), json!({"surplus": 1}), json!(null)] {
            send(&method, &place, Some(&body));
        }
    }
    assert!(faults.is_empty(), "{} of {sent}: {faults:#?}", faults.len());
    assert!(sent > 1_000, "{sent}");
}

/// What does not fit is told by place, not by what it was: it may be about a patient.
#[test]
fn an_error_says_where_and_not_what() {
    let stage = Stage::new();
    let key = stage.key("reader", &json!([{"role": "analyst"}]));
    let body = json!({"query": {"ZZCANARY": 1}, "limit": "ZZCANARY"});
    let answer = stage.with_key(&key, "POST", "/api/v1/messages/search", Some(&body)).expect(400);
    assert!(!answer.body.contains("ZZCANARY"), "{answer:?}");
    assert!(answer.body.contains("its fields are query, limit"), "{answer:?}");
    stage.with_key(&key, "POST", "/api/v1/messages/search", Some(&json!({"query": "patient:ZZCANARY"}))).expect(200);
    let rows = stage.audit().join("\n");
    assert!(rows.contains(": search messages") && !rows.contains("ZZCANARY"), "{rows}");
}

#[test]
fn a_word_that_comes_twice_is_refused() {
    let stage = Stage::new();
    let key = stage.key("reader", &json!([{"role": "privacy-officer"}]));
    let (mut asked, mut passed) = (0, 0);
    for (method, path, operation) in operations() {
        if method != "GET" || operation["x-sinew-right"] == "nobody" {
            continue;
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten().filter(|one| one["in"] == "query") {
            let name = parameter["name"].as_str().unwrap();
            let path = format!("{}?{name}=1&{name}=1", filled(&path, "1"));
            let answer = stage.with_key(&key, "GET", &path, None);
            asked += 1;
            // Where the right is missing, the query is not read.
            passed += usize::from(answer.status == 403);
            assert!(matches!((answer.status, &*answer.code()), (400, "E7004") | (403, _)), "{path}: {answer:?}");
        }
    }
    assert!(asked > passed + 3, "{asked}, {passed}");
    let body = "{\"query\": \"state:parked\", \"query\": \"id:1\"}";
    let key = format!("Authorization: Bearer {key}");
    let answer = super::stage::send(stage.address, "POST", "/api/v1/messages/search", &[&key], body.as_bytes());
    assert_eq!((answer.status, &*answer.code()), (400, "E7004"), "{answer:?}");
}
