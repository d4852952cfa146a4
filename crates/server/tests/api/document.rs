//! The OpenAPI document: what is committed is what the table of routes says.

use serde_json::Value;

/// Method, path, right and object of every operation.
pub(crate) fn operations() -> Vec<(String, String, Value)> {
    let tree = server::openapi::tree();
    let mut all = Vec::new();
    for (path, methods) in tree["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            all.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    all
}

#[test]
fn every_operation_is_described() {
    let all = operations();
    assert!(all.len() > 50, "{}", all.len());
    let mut names = std::collections::BTreeSet::new();
    for (method, path, operation) in &all {
        assert!(
            names.insert(operation["operationId"].as_str().unwrap().to_owned()),
            "{method} {path}: its name is twice"
        );
        assert!(!operation["summary"].as_str().unwrap().is_empty(), "{method} {path}");
        assert!(operation["responses"]["200"].is_object() && operation["responses"]["default"].is_object());
        if method == "GET" || method == "DELETE" {
            assert!(operation["requestBody"].is_null(), "{method} {path} takes no body");
        }
    }
}

/// Nothing that may be about a patient is asked for in an address, where proxies would write it down.
#[test]
fn no_address_takes_a_patient() {
    for (method, path, operation) in operations() {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            assert!(
                !["query", "reason", "when", "patient", "content", "word"].contains(&name),
                "{method} {path}: {name}"
            );
        }
    }
}

#[test]
fn the_committed_document_is_current() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/openapi.json");
    if std::env::var_os("SINEW_WRITE_OPENAPI").is_some() {
        std::fs::write(&file, server::openapi::document()).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == server::openapi::document(), "docs/reference/openapi.json is not current: run `cargo xtask gen`");
}
