//! Alerts, metrics and probes: who sees them, and what is in them.

use super::stage::{Stage, send};
use serde_json::json;
use server::metrics::catalogue::{ALL, Form};

#[test]
fn probes_need_no_key_and_metrics_do() {
    let stage = Stage::new();
    for path in ["/livez", "/readyz"] {
        let answer = send(stage.address, "GET", path, &[], b"").expect(200);
        assert_eq!(answer.body, "ok\n", "{path}");
    }
    assert_eq!(send(stage.address, "GET", "/metrics", &[], b"").expect(401).code(), "E7060");
    stage.give("demo", "ZZCANARY", 1);
    let key = stage.key("prometheus", &json!([{"role": "viewer"}]));
    let text = stage.with_key(&key, "GET", "/metrics", None).expect(200).body;
    assert!(!text.contains("ZZCANARY"), "no metric holds anything of a message");
    assert!(text.contains("sinew_messages_accepted_total{interface=\"demo\"} 1\n"), "{text}");
    assert!(text.contains("sinew_conservation_violations_total 0\n"), "{text}");
    for metric in ALL {
        let kind = format!("# TYPE {} {}\n", metric.name, metric.form.as_str());
        assert_eq!(text.matches(&kind).count(), 1, "{}", metric.name);
        if metric.form == Form::Histogram {
            assert!(text.contains(&format!("{}_bucket{{", metric.name)), "{}", metric.name);
        }
    }
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok() && ALL.iter().any(|metric| name.starts_with(metric.name)), "{line}");
    }
}

#[test]
fn incidents_are_shown_to_whom_they_concern() {
    let stage = Stage::new();
    let all = stage.key("all", &json!([{"role": "operator"}]));
    let answer = stage.with_key(&all, "GET", "/api/v1/alerts", None).expect(200).json();
    assert_eq!((&answer["schema"], answer["open"].as_array().map(Vec::len)), (&json!("sinew.alerts/1"), Some(0)));
    let act = |body| stage.with_key(&all, "POST", "/api/v1/alerts/act", Some(&body));
    assert_eq!(act(json!({"incident": 1, "act": "acknowledge"})).expect(404).code(), "E5320");
    assert_eq!(act(json!({"incident": 1, "act": "forget"})).expect(400).code(), "E7004");
    let body = json!({"channel": "none"});
    assert_eq!(stage.with_key(&all, "POST", "/api/v1/alerts/try", Some(&body)).expect(404).code(), "E5201");
    let own = stage.key("own", &json!([{"role": "viewer", "interfaces": ["demo"]}]));
    let answer = stage.with_key(&own, "GET", "/api/v1/alerts", None).expect(200).json();
    let habits = answer["habits"].as_array().unwrap();
    assert!(habits.iter().all(|row| row["interface"] == "demo"), "{habits:?}");
}

#[test]
fn news_come_in_the_kinds_that_are_asked_for() {
    let stage = Stage::new();
    let key = stage.key("all", &json!([{"role": "operator"}]));
    let ask = |path: &str| stage.with_key(&key, "GET", path, None);
    let wrong = ask("/api/v1/news?kinds=parked,lost").expect(400);
    assert_eq!(wrong.code(), "E7004");
    assert!(wrong.body.contains("reloaded"), "the words are told: {}", wrong.body);
    for path in ["/api/v1/news", "/api/v1/news?kinds=parked,down"] {
        assert!(ask(path).expect(200).head.contains("text/event-stream"), "{path}");
    }
}
