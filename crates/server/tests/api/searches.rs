//! Shared searches: for everybody, and about nobody.

use super::stage::Stage;
use serde_json::json;

#[test]
fn a_search_is_shared_by_one_and_seen_by_all() {
    let stage = Stage::new();
    let (ann, vic) = (stage.key("ann", &json!([{"role": "analyst"}])), stage.key("vic", &json!([{"role": "viewer"}])));
    let admin = stage.key("ada", &json!([{"role": "administrator"}]));
    let share = |title: &str, query: &str| {
        stage.with_key(&ann, "POST", "/api/v1/searches", Some(&json!({"title": title, "query": query})))
    };
    let made = share("Parked here", "state:parked interface:demo").expect(200).json();
    for query in ["patient:77", "quist", "OBR-3=A1", "id:5", ""] {
        assert_eq!(share("x", query).expect(400).code(), "E7404", "{query}");
    }
    assert_eq!(share("x", "colour:red").expect(400).code(), "E7002");
    let seen = stage.with_key(&vic, "GET", "/api/v1/searches", None).expect(200).json();
    assert_eq!(seen["searches"].as_array().unwrap().len(), 1);
    assert_eq!(seen["searches"][0]["query"], "state:parked interface:demo");
    let body = json!({"id": made["search"]["id"]});
    let remove = |key: &str| stage.with_key(key, "POST", "/api/v1/searches/remove", Some(&body));
    assert_eq!(remove(&vic).expect(403).code(), "E7061", "only by who shared it, or who manages users");
    remove(&admin).expect(200);
    assert_eq!(remove(&ann).expect(404).code(), "E7072");
}
