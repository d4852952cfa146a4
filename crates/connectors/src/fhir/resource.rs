//! What is to be done with a resource: which request it becomes. Pure.

use crate::{codes, web::encode::percent};
use bytes::Bytes;
use message::Reason;
use serde_json::Value;

/// What a destination does with resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Interaction {
    /// Bundles of the type transaction or batch are executed, messages are processed, a resource with an id is updated,
    /// one without is created.
    Auto,
    /// A new one each time.
    Create,
    /// That of its id.
    Update,
    /// A new one, unless there is one with its identifier.
    ConditionalCreate,
    /// The one with its identifier, or a new one.
    ConditionalUpdate,
}

/// A request without headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Whether it is a PUT; else a POST.
    pub(crate) is_put: bool,
    /// Behind the base: `/Patient`, or nothing.
    pub(crate) path: String,
    /// What is sent.
    pub(crate) body: Bytes,
    /// How its answer is read.
    pub(crate) kind: Kind,
}

/// Which answer is to be expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One for all.
    Whole,
    /// One for each entry; whether each may be sent twice without harm.
    Batch(Vec<bool>),
}

/// Decides. `system` chooses among identifiers, if it is not empty.
pub(crate) fn plan(bytes: &Bytes, interaction: &Interaction, system: &str) -> Result<Plan, Reason> {
    let complain = |why: &'static str| Reason::new(codes::E6530, why);
    let resource: Value = serde_json::from_slice(bytes).map_err(|_| complain("the message is not JSON"))?;
    let kind = text(&resource, "resourceType").filter(|kind| is_type(kind));
    let kind = kind.ok_or_else(|| complain("the message has no resourceType"))?;
    let id = text(&resource, "id");
    if id.is_some_and(|id| !is_id(id)) {
        return Err(complain("the id of the resource is none (FHIR R4 §2.24.0.1: id)"));
    }
    let whole = |is_put, path| Ok(Plan { is_put, path, body: bytes.clone(), kind: Kind::Whole });
    let update = |id: &str| whole(true, format!("/{kind}/{id}"));
    match interaction {
        Interaction::Auto => match (kind, text(&resource, "type"), id) {
            ("Bundle", Some("transaction"), _) => whole(false, String::new()),
            ("Bundle", Some("batch"), _) => {
                let kind = Kind::Batch(repeatable(&resource));
                Ok(Plan { is_put: false, path: String::new(), body: bytes.clone(), kind })
            }
            ("Bundle", Some("message"), _) => whole(false, "/$process-message".to_owned()),
            (_, _, Some(id)) => update(id),
            (_, _, None) => whole(false, format!("/{kind}")),
        },
        Interaction::Create => whole(false, format!("/{kind}")),
        Interaction::Update => match id {
            Some(id) => update(id),
            None => Err(complain("the resource has no id, and an update needs one")),
        },
        Interaction::ConditionalCreate | Interaction::ConditionalUpdate => {
            let criteria = criteria(&resource, system)
                .ok_or_else(|| Reason::new(codes::E6531, "the resource has no identifier that it could be found by"))?;
            let request = match interaction {
                Interaction::ConditionalUpdate => format!(r#""method":"PUT","url":"{kind}?{criteria}""#),
                _ => format!(r#""method":"POST","url":"{kind}","ifNoneExist":"{criteria}""#),
            };
            Ok(Plan { is_put: false, path: String::new(), body: wrapped(bytes, &request), kind: Kind::Whole })
        }
    }
}

/// A transaction of one entry: the identifier stands in the body, where no proxy logs it, and not in the address.
fn wrapped(resource: &Bytes, request: &str) -> Bytes {
    let head: &[u8] = br#"{"resourceType":"Bundle","type":"transaction","entry":[{"resource":"#;
    [head, resource.trim_ascii(), br#","request":{"#, request.as_bytes(), b"}}]}"].concat().into()
}

/// `identifier=system|value` of the first identifier that has a value, of this system if one is named.
fn criteria(resource: &Value, system: &str) -> Option<String> {
    let identifiers = match resource.get("identifier")? {
        Value::Array(all) => all.as_slice(),
        one => std::slice::from_ref(one),
    };
    let wanted = |identifier: &&Value| {
        text(identifier, "value").is_some() && (system.is_empty() || text(identifier, "system") == Some(system))
    };
    let found = identifiers.iter().find(wanted)?;
    let value = token(text(found, "value")?);
    Some(match text(found, "system") {
        Some(system) => format!("identifier={}%7C{value}", token(system)),
        None => format!("identifier=%7C{value}"),
    })
}

/// A part of a token parameter: what separates parts is escaped (FHIR R4 §3.1.1.4.0.1), then all of it for an address.
fn token(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '\\' | '$' | ',' | '|') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    percent(escaped.as_bytes())
}

/// Which entries of a batch may be executed twice: all but plain creates and patches.
fn repeatable(bundle: &Value) -> Vec<bool> {
    let entries = bundle.get("entry").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let is_repeatable = |entry: &Value| {
        let Some(request) = entry.get("request") else { return false };
        match text(request, "method") {
            Some("PUT" | "DELETE" | "GET" | "HEAD") => true,
            Some("POST") => text(request, "ifNoneExist").is_some(),
            _ => false,
        }
    };
    entries.iter().map(is_repeatable).collect()
}

/// A text at a property.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str()
}

/// Whether it can be the name of a type.
pub(super) fn is_type(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|letter: char| letter.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(text: &str, interaction: &Interaction, system: &str) -> Result<String, String> {
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        let plan = plan(&bytes, interaction, system).map_err(|reason| reason.code.to_string())?;
        let method = if plan.is_put { "PUT" } else { "POST" };
        if plan.body == bytes {
            return Ok(format!("{method} {}", plan.path));
        }
        let bundle: Value = serde_json::from_slice(&plan.body).unwrap();
        let entry = &bundle["entry"][0];
        assert_eq!(entry["resource"], serde_json::from_str::<Value>(text).unwrap());
        assert!(plan.body.windows(text.trim().len()).any(|part| part == text.trim().as_bytes()), "as it was written");
        Ok(format!("{method} {} {}", plan.path, entry["request"]))
    }

    #[test]
    fn what_a_resource_becomes() {
        let check = |text: &str, interaction: Interaction, expect: Result<&str, &str>| {
            let found = planned(text, &interaction, "");
            assert_eq!(found.as_deref().map_err(|code| &**code), expect, "{text} {interaction:?}");
        };
        use Interaction::*;
        let (new, known) = (r#"{"resourceType":"Patient"}"#, r#"{"resourceType":"Patient","id":"a-1.b"}"#);
        check(new, Auto, Ok("POST /Patient"));
        check(known, Auto, Ok("PUT /Patient/a-1.b"));
        check(known, Create, Ok("POST /Patient"));
        check(known, Update, Ok("PUT /Patient/a-1.b"));
        check(new, Update, Err("E6530"));
        check(r#"{"resourceType":"Bundle","type":"transaction","id":"x"}"#, Auto, Ok("POST "));
        check(r#"{"resourceType":"Bundle","type":"batch"}"#, Auto, Ok("POST "));
        check(r#"{"resourceType":"Bundle","type":"message"}"#, Auto, Ok("POST /$process-message"));
        check(r#"{"resourceType":"Bundle","type":"collection"}"#, Auto, Ok("POST /Bundle"));
        check(r#"{"resourceType":"Observation","type":[1]}"#, Auto, Ok("POST /Observation"));
        check(r#"{"resourceType":"Patient","id":"../x"}"#, Auto, Err("E6530"));
        check(r#"{"resourceType":"../x"}"#, Auto, Err("E6530"));
        check(r#"{"resourceType":"Patient?a=b"}"#, Create, Err("E6530"));
        check(r#"{"id":"1"}"#, Auto, Err("E6530"));
        check("MSH|^~\\&|", Auto, Err("E6530"));
        check(new, ConditionalUpdate, Err("E6531"));
        check(r#"{"resourceType":"Patient","identifier":[{"system":"s"}]}"#, ConditionalCreate, Err("E6531"));
    }

    #[test]
    fn identifiers_stand_in_the_body() {
        let text = r#" {"resourceType":"Patient","identifier":[{"system":"urn:a","value":"1,2|3"},
            {"system":"urn:mrn","value":"10007"}],"multipleBirthInteger":1.00} "#;
        let check = |interaction: Interaction, system: &str, expect: &str| {
            assert_eq!(planned(text, &interaction, system).unwrap(), expect);
        };
        use Interaction::*;
        check(ConditionalUpdate, "urn:mrn", r#"POST  {"method":"PUT","url":"Patient?identifier=urn%3Amrn%7C10007"}"#);
        check(
            ConditionalCreate,
            "",
            r#"POST  {"method":"POST","url":"Patient","ifNoneExist":"identifier=urn%3Aa%7C1%5C%2C2%5C%7C3"}"#,
        );
        assert_eq!(planned(text, &ConditionalUpdate, "urn:other").unwrap_err(), "E6531");
        let plain = r#"{"resourceType":"Patient","identifier":{"value":"7"}}"#;
        let found = planned(plain, &ConditionalUpdate, "").unwrap();
        assert_eq!(found, r#"POST  {"method":"PUT","url":"Patient?identifier=%7C7"}"#);
    }

    #[test]
    fn entries_that_may_be_sent_twice() {
        let text = r#"{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"PUT"}},
            {"request":{"method":"POST"}},{"request":{"method":"POST","ifNoneExist":"a=b"}},{}]}"#;
        let plan = plan(&Bytes::from_static(text.as_bytes()), &Interaction::Auto, "").unwrap();
        assert_eq!(plan.kind, Kind::Batch(vec![true, false, true, false]));
    }
}
