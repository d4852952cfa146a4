//! Role by route by object: what is not listed is refused.
//!
//! The list says who may do what in its own words; it is not made from the code, so that a change of the code shows.

use super::{
    document::operations,
    door::filled,
    stage::{Answer, Stage},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ROLES: [&str; 6] = ["viewer", "operator", "analyst", "approver", "privacy-officer", "administrator"];
const ALL: &str = "viewer operator analyst approver privacy-officer administrator";

/// Operations and the roles that may do them.
const ALLOWED: &[(&str, &str)] = &[
    ("GET /api/v1/status", ALL),
    ("GET /api/v1/interfaces", ALL),
    ("GET /api/v1/queues", ALL),
    ("GET /api/v1/metrics", ALL),
    ("GET /api/v1/openapi.json", ALL),
    ("GET /api/v1/quality", ALL),
    ("GET /api/v1/news", ALL),
    ("GET /api/v1/alerts", ALL),
    ("POST /api/v1/alerts/act", "operator administrator"),
    ("POST /api/v1/alerts/try", "operator administrator"),
    ("GET /api/v1/me", ALL),
    ("GET /api/v1/messages/{id}", ALL),
    ("GET /api/v1/messages/{id}/masked", ALL),
    ("POST /api/v1/messages/search", ALL),
    ("POST /api/v1/messages/scan", "analyst privacy-officer"),
    ("GET /api/v1/searches", ALL),
    ("POST /api/v1/searches", ALL),
    ("POST /api/v1/searches/remove", ALL),
    ("GET /api/v1/interfaces/{name}/text", ALL),
    ("GET /api/v1/interfaces/{name}/document", ALL),
    ("POST /api/v1/interfaces/{name}/test", ALL),
    ("POST /api/v1/interfaces/{name}/try", ALL),
    ("GET /api/v1/interfaces/{name}/samples", "analyst administrator"),
    ("POST /api/v1/interfaces/{name}/tests", "analyst administrator"),
    ("GET /api/v1/interfaces/{name}/maps", ALL),
    ("POST /api/v1/interfaces/{name}/maps/look", ALL),
    ("POST /api/v1/interfaces/{name}/maps/draw", ALL),
    ("POST /api/v1/interfaces/{name}/maps/values", ALL),
    ("PUT /api/v1/interfaces/{name}/maps", "analyst administrator"),
    ("GET /api/v1/dictionary", ALL),
    ("POST /api/v1/dictionary/look", ALL),
    ("POST /api/v1/messages/facets", ALL),
    ("POST /api/v1/tap", "analyst privacy-officer"),
    ("POST /api/v1/messages/{id}/content", "analyst privacy-officer"),
    ("POST /api/v1/messages/{id}/edit", "analyst"),
    ("POST /api/v1/interfaces/pause", "operator administrator"),
    ("POST /api/v1/interfaces/resume", "operator administrator"),
    ("POST /api/v1/interfaces/drain", "operator administrator"),
    ("GET /api/v1/interfaces/{name}/waiting", ALL),
    ("POST /api/v1/interfaces/release", "operator administrator"),
    ("POST /api/v1/deliveries/retry", "operator analyst administrator"),
    ("POST /api/v1/deliveries/resend", "operator analyst administrator"),
    ("POST /api/v1/deliveries/delete", "operator administrator"),
    ("POST /api/v1/replay", "operator analyst administrator"),
    ("POST /api/v1/reload", "analyst administrator"),
    ("GET /api/v1/plan", "analyst administrator"),
    ("GET /api/v1/changes", ALL),
    ("GET /api/v1/versions", ALL),
    ("POST /api/v1/rollback", "analyst administrator"),
    ("POST /api/v1/changes", "analyst administrator"),
    ("POST /api/v1/changes/{id}/approve", "approver"),
    ("POST /api/v1/changes/{id}/apply", "analyst administrator"),
    ("POST /api/v1/stop", "administrator"),
    ("GET /api/v1/backup", "administrator"),
    ("POST /api/v1/backup", "administrator"),
    ("GET /api/v1/verify", "administrator"),
    ("POST /api/v1/verify", "administrator"),
    ("GET /api/v1/audit", "privacy-officer administrator"),
    ("POST /api/v1/audit/search", "privacy-officer administrator"),
    ("POST /api/v1/audit/verify", "privacy-officer administrator"),
    ("POST /api/v1/setup", "administrator"),
    ("GET /api/v1/users", "administrator"),
    ("POST /api/v1/users", "administrator"),
    ("GET /api/v1/users/{name}", "administrator"),
    ("DELETE /api/v1/users/{name}", "administrator"),
    ("PUT /api/v1/users/{name}/grants", "administrator"),
    ("POST /api/v1/users/{name}/disable", "administrator"),
    ("POST /api/v1/users/{name}/enable", "administrator"),
    ("POST /api/v1/users/{name}/reset", "administrator"),
    ("POST /api/v1/users/{name}/reset-password", "administrator"),
    ("POST /api/v1/users/{name}/sign-out", "administrator"),
    ("GET /api/v1/roles", "administrator"),
    ("POST /api/v1/roles", "administrator"),
    ("DELETE /api/v1/roles/{name}", "administrator"),
    ("GET /api/v1/secrets", "administrator"),
    ("PUT /api/v1/secrets/{name}", "administrator"),
    ("DELETE /api/v1/secrets/{name}", "administrator"),
    ("GET /api/v1/store/key", "administrator"),
    ("POST /api/v1/store/key", "administrator"),
    ("GET /api/v1/keys", "administrator"),
    ("POST /api/v1/keys", "administrator"),
    ("DELETE /api/v1/keys/{id}", "administrator"),
    // Breaking the glass needs the session of a person: a key is told that there is none.
    ("POST /api/v1/me/glass", "operator administrator"),
];

/// What a person does with their own session; a key never may.
const OWN: &[&str] = &[
    "POST /api/v1/sign-in/code",
    "POST /api/v1/sign-in/passkey/begin",
    "POST /api/v1/sign-in/passkey",
    "GET /api/v1/me/passkeys",
    "POST /api/v1/me/passkeys/begin",
    "POST /api/v1/me/passkeys",
    "POST /api/v1/me/passkeys/remove",
    "POST /api/v1/sign-out",
    "POST /api/v1/me/password",
    "POST /api/v1/me/totp",
    "POST /api/v1/me/totp/confirm",
    "POST /api/v1/me/totp/remove",
    "GET /api/v1/me/sessions",
    "DELETE /api/v1/me/sessions/{id}",
];

/// What anybody may.
const OPEN: &[&str] = &[
    "POST /api/v1/sign-in",
    "POST /api/v1/sign-in/token",
    "GET /api/v1/sign-in/ways",
    "GET /api/v1/sign-in/provider",
    "GET /api/v1/sign-in/provider/back",
];

/// A body that is understood, about an interface and a message, and that does nothing.
fn body(path: &str, interface: &str, message: u64) -> Value {
    match path {
        "/api/v1/interfaces/pause"
        | "/api/v1/interfaces/resume"
        | "/api/v1/interfaces/drain"
        | "/api/v1/interfaces/release" => {
            json!({"interface": interface, "destination": "none", "reason": "test"})
        }
        "/api/v1/tap" => json!({"place": interface, "reason": "test"}),
        "/api/v1/deliveries/retry" | "/api/v1/deliveries/resend" | "/api/v1/deliveries/delete" => {
            json!({"message": message, "number": 99, "reason": "test"})
        }
        "/api/v1/messages/{id}/content" => json!({"which": "raw", "reason": "test"}),
        "/api/v1/messages/{id}/edit" => json!({"content": "nonsense", "reason": "test"}),
        "/api/v1/interfaces/{name}/maps/look" => json!({"file": "none.map"}),
        "/api/v1/interfaces/{name}/maps/draw" => {
            json!({"file": "none.map", "text": "", "stroke": {"act": "erase", "line": 1, "target": ""}})
        }
        "/api/v1/interfaces/{name}/maps/values" => json!({"file": "none.map", "text": "", "line": 1, "target": ""}),
        "/api/v1/interfaces/{name}/maps" => json!({"file": "none.map", "before": "", "text": "", "reason": "test"}),
        "/api/v1/interfaces/{name}/try" => json!({"content": "nonsense"}),
        "/api/v1/interfaces/{name}/tests" => json!({"name": "?", "content": "nonsense", "reason": "test"}),
        "/api/v1/dictionary/look" => json!({"version": "2.5.1", "word": "PID"}),
        "/api/v1/messages/search" => json!({}),
        "/api/v1/messages/scan" => json!({"text": "quist", "reason": "test"}),
        "/api/v1/searches" => json!({"title": "", "query": ""}),
        "/api/v1/searches/remove" => json!({"id": "none"}),
        "/api/v1/secrets/{name}" => json!({"text": "hunter2", "reason": "test"}),
        "/api/v1/replay" => json!({"query": "id:1"}),
        "/api/v1/me/glass" => json!({"reason": "test"}),
        _ => json!({}),
    }
}

fn ask(stage: &Stage, key: &str, (method, path): (&str, &str), interface: &str, message: u64) -> Answer {
    let with = match path {
        path if path.contains("/messages/{id}") => message.to_string(),
        path if path.contains("/interfaces/{name}") => interface.to_owned(),
        _ => "no-such".to_owned(),
    };
    let mut place = filled(path, &with);
    if path.ends_with("/masked") {
        place.push_str("?which=raw");
    }
    if path.ends_with("/waiting") {
        place.push_str("?destination=none");
    }
    let body = body(path, interface, message);
    stage.with_key(key, method, &place, (method != "GET" && method != "DELETE").then_some(&body))
}

#[test]
fn what_is_not_listed_is_refused() {
    let stage = Stage::new();
    let message = stage.give("demo", "NORTH", 1).0;
    let allowed: BTreeMap<&str, &str> = ALLOWED.iter().copied().collect();
    let keys = ROLES.map(|role| (role, stage.key(&format!("all-{role}"), &json!([{"role": role}]))));
    let mut wrong = Vec::new();
    for (method, path, _) in operations() {
        let name = format!("{method} {path}");
        if OPEN.contains(&&*name) {
            continue;
        }
        for (role, key) in &keys {
            let answer = ask(&stage, key, (&method, &path), "demo", message);
            let is_listed = allowed.get(&*name).is_some_and(|roles| roles.split(' ').any(|one| one == *role));
            let is_known = is_listed || OWN.contains(&&*name) || allowed.contains_key(&*name);
            if (answer.status != 403) != is_listed || answer.status == 401 || !is_known {
                wrong.push(format!("{role}: {name} gives {} {}", answer.status, answer.code()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_grant_for_one_place_opens_nothing_else() {
    let stage = Stage::new();
    let own = stage.give("demo", "NORTH", 1).0;
    let far = stage.give("demo", "SOUTH", 2).0;
    let foreign = stage.give("other", "NORTH", 3).0;
    let mut wrong = Vec::new();
    let mut check = |is_right: bool, text: String| {
        if !is_right {
            wrong.push(text);
        }
    };
    let any = json!([{"role": "operator", "interfaces": ["demo"]}, {"role": "analyst", "interfaces": ["demo"]},
        {"role": "administrator", "interfaces": ["demo"]}, {"role": "privacy-officer", "interfaces": ["demo"]}]);
    let narrow = json!([{"role": "operator", "interfaces": ["demo"], "facilities": ["NORTH"]},
        {"role": "analyst", "interfaces": ["demo"], "facilities": ["NORTH"]}]);
    let (any, narrow) = (stage.key("of-demo", &any), stage.key("of-north", &narrow));
    for (method, path, operation) in operations() {
        let route = (&*method, &*path);
        let status = |key: &str, interface: &str, message: u64| ask(&stage, key, route, interface, message).status;
        match operation["x-sinew-about"].as_str().unwrap() {
            "engine" => {
                check(status(&any, "demo", own) == 403, format!("{method} {path} about the engine"));
                check(status(&narrow, "demo", own) == 403, format!("{method} {path} about the engine, narrow"));
            }
            "interface" => {
                check(status(&any, "demo", own) != 403, format!("{method} {path} in its interface"));
                check(status(&any, "other", own) == 403, format!("{method} {path} in another interface"));
                check(status(&narrow, "demo", own) == 403, format!("{method} {path} of all facilities"));
            }
            "message" => {
                check(status(&any, "demo", far) != 403, format!("{method} {path} of its interface"));
                check(status(&any, "demo", foreign) == 403, format!("{method} {path} of another interface"));
                check(status(&any, "demo", 1) == 403, format!("{method} {path} of no message"));
                check(status(&narrow, "demo", far) == 403, format!("{method} {path} of another facility"));
                let is_given = !matches!(route.1, "/api/v1/deliveries/delete") || status(&narrow, "demo", own) != 403;
                check(is_given, format!("{method} {path} of its facility"));
            }
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn lists_show_the_callers_part() {
    let stage = Stage::new();
    let own = stage.give("demo", "NORTH", 1).0;
    stage.give("demo", "SOUTH", 2);
    stage.give("other", "NORTH", 3);
    let all = stage.key("sees-all", &json!([{"role": "operator"}]));
    let north =
        stage.key("sees-north", &json!([{"role": "operator", "interfaces": ["demo"], "facilities": ["NORTH"]}]));
    let demo = stage.key("sees-demo", &json!([{"role": "operator", "interfaces": ["de*"]}]));
    let find = |key: &str, query: &str| {
        let found =
            stage.with_key(key, "POST", "/api/v1/messages/search", Some(&json!({"query": query}))).expect(200).json();
        found["messages"].as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while find(&all, "").len() < 3 {
        assert!(std::time::Instant::now() < end, "the index knows the messages");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(find(&demo, "").len(), 2);
    assert_eq!(find(&north, ""), [own]);
    assert_eq!(find(&north, "patient:P3"), [] as [u64; 0]);
    let plan = |key: &str| {
        stage.with_key(key, "POST", "/api/v1/replay", Some(&json!({"query": ""}))).expect(200).json()["messages"]
            .clone()
    };
    assert_eq!((plan(&all), plan(&demo), plan(&north)), (json!(3), json!(2), json!(1)));
    let names = |key: &str, path: &str| {
        let answer = stage.with_key(key, "GET", path, None).expect(200).body;
        (answer.contains("\"demo\""), answer.contains("\"other\""))
    };
    for path in ["/api/v1/status", "/api/v1/interfaces", "/api/v1/queues"] {
        assert_eq!(names(&all, path), (true, true), "{path}");
        assert_eq!(names(&demo, path), (true, false), "{path}");
        assert_eq!(names(&north, path), (false, false), "{path}");
    }
}
