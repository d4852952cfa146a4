//! The OpenAPI 3.1 document, written from the table of routes.
//!
//! Promises: the same bytes on every run; every route is in it, and nothing else.

use crate::{
    gate::input::From,
    route::{About, Gives, Need, Route},
    routes,
};
use axum::http::Method;
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// An error: RFC 9457.
#[derive(Deserialize, JsonSchema)]
#[serde(rename = "Problem")]
#[expect(dead_code, reason = "described, never made")]
struct Described {
    /// Where the code is explained.
    r#type: String,
    /// What is wrong.
    title: String,
    /// The HTTP status.
    status: u16,
    /// The code: `sinew explain E7061` explains it.
    code: String,
}

/// The document, indented, with a line end.
#[must_use]
pub fn document() -> String {
    let mut text = serde_json::to_string_pretty(&tree()).unwrap_or_default();
    text.push('\n');
    text
}

/// The document as a tree.
#[must_use]
pub fn tree() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let problem = generator.subschema_for::<Described>();
    let mut paths: Map<String, Value> = Map::new();
    for route in routes::all() {
        let operation = operation(&route, &mut generator, problem.as_value());
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.method.as_str().to_ascii_lowercase(), operation);
        }
    }
    let schemas = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Sinew",
            "version": "1",
            "description": "Written by `cargo xtask gen` from the table of routes. The same API is served on the control socket, \
                where the operating system vouches for the caller, and over HTTP. Times are microseconds since 1970.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"session": []}, {"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "__Host-sinew",
                    "description": "By signing in. What changes something also needs the header x-sinew-token and our own Origin."},
                "key": {"type": "http", "scheme": "bearer", "description": "A key of a service or a person: `sinew key add`."},
            },
        },
    })
}

fn operation(route: &Route, generator: &mut SchemaGenerator, problem: &Value) -> Value {
    let mut operation = json!({
        "operationId": name(&route.method, route.path),
        "summary": route.summary,
        "x-sinew-right": need(route.need),
        "x-sinew-about": about(route),
        "responses": {
            "200": gives(route.gives, generator),
            "default": {"description": "What was wrong", "content": {"application/problem+json": {"schema": problem}}},
        },
    });
    let mut parameters: Vec<Value> = places(route.path).map(|name| path_parameter(name, route.path)).collect();
    if route.from == From::Query {
        parameters.extend(query_parameters(route));
    }
    let Some(object) = operation.as_object_mut() else { return operation };
    if !parameters.is_empty() {
        object.insert("parameters".into(), Value::Array(parameters));
    }
    if route.from == From::Body {
        let schema = (route.takes)(generator);
        let content = json!({"application/json": {"schema": schema}});
        object.insert("requestBody".into(), json!({"required": true, "content": content}));
    }
    if route.need == Need::Nobody {
        object.insert("security".into(), json!([]));
    }
    operation
}

/// `getMessagesIdContent`.
fn name(method: &Method, path: &str) -> String {
    let mut name = method.as_str().to_ascii_lowercase();
    for word in path.trim_start_matches("/api/v1").split(['/', '-', '{', '}']).filter(|word| !word.is_empty()) {
        let mut letters = word.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

fn places(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn path_parameter(name: &str, path: &str) -> Value {
    let is_number = path.contains("/messages/") && name == "id";
    let schema =
        if is_number { json!({"type": "integer", "minimum": 0}) } else { json!({"type": "string", "minLength": 1}) };
    json!({"name": name, "in": "path", "required": true, "schema": schema})
}

fn query_parameters(route: &Route) -> Vec<Value> {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let schema = (route.takes)(&mut settings.into_generator()).to_value();
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    let parameter = |(name, schema): (&String, &Value)| json!({"name": name, "in": "query", "required": required.contains(&&**name), "schema": schema});
    properties.iter().map(parameter).collect()
}

fn gives(gives: Gives, generator: &mut SchemaGenerator) -> Value {
    let (kind, schema) = match gives {
        Gives::Typed(schema) => ("application/json", schema(generator).to_value()),
        Gives::Json("") => ("application/json", json!({"type": "object"})),
        Gives::Json(name) => {
            let schema = json!({"type": "object", "required": ["schema"], "properties": {"schema": {"const": name}}});
            ("application/json", schema)
        }
        Gives::Bytes => ("application/octet-stream", json!({})),
        Gives::Lines => ("application/x-ndjson", json!({"type": "string"})),
        Gives::Stream => ("text/event-stream", json!({"type": "string"})),
        Gives::Text(kind) => (kind, json!({"type": "string"})),
    };
    json!({"description": "Done", "content": {kind: {"schema": schema}}})
}

fn need(need: Need) -> String {
    match need {
        Need::Nobody => "nobody".to_owned(),
        Need::Known => "known".to_owned(),
        Need::Stage(_) => "session".to_owned(),
        Need::Right(right) => right.name().to_owned(),
    }
}

fn about(route: &Route) -> &'static str {
    match route.about {
        About::Engine => "engine",
        About::Some => "part of a list",
        About::Interface => "interface",
        About::Message => "message",
    }
}
