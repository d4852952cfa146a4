//! One question to a FHIR server: a resource by its id, or a search that finds at most one.
//!
//! A search is a POST (R4 §3.1.1.1), so that what is looked up stands in the body and not in an address that proxies log.

use super::{config::request_headers, resource::is_type};
use crate::{
    codes,
    web::{Client, Limits, Place, Url, auth::Credentials, client::Fault, encode::percent, settings::limits},
};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
};
use interface::{
    catalogue::{Context, Settings},
    contract::{Boxed, Lookup},
};
use message::Reason;
use serde_json::Value;

const KEY: &str = "{key}";
/// Letters that addresses may have, in the place of [`KEY`] while the address is read.
const MARK: &str = "sinew-key-goes-here";

/// How a server is asked.
pub(crate) struct Asking {
    pub(crate) url: Url,
    what: What,
    headers: HeaderMap,
    limits: Limits,
}

enum What {
    /// `Patient/{key}`: the path.
    Read { path: String },
    /// `Patient?identifier={key}`: the path, and the parameters.
    Search { path: String, parameters: String },
}

/// The line.
pub(crate) struct Question {
    config: Asking,
    client: Client,
    credentials: Credentials,
}

impl Asking {
    pub(crate) fn read(settings: &Settings) -> Result<Asking, Reason> {
        let url = Url::parse(&settings.address.replace(KEY, MARK))?;
        let complain = |text: &str| Err(Reason::new(codes::E6001, text.to_owned()));
        let (path, query) = (url.path.replace(MARK, KEY), url.query.clone().unwrap_or_default().replace(MARK, KEY));
        let kind = |path: &str| path.rsplit('/').next().is_some_and(is_type);
        let what = match path.strip_suffix(&format!("/{KEY}")) {
            Some(above) if kind(above) && query.is_empty() => What::Read { path },
            None if kind(&path) && query.contains(KEY) => {
                What::Search { path: format!("{path}/_search"), parameters: query }
            }
            Some(_) | None => {
                return complain(
                    "write https://host/r4/Patient/{key} to read one, or \"https://host/r4/Patient?identifier=SYSTEM|{key}\" \
                     to search",
                );
            }
        };
        Ok(Asking { url, what, headers: request_headers(settings)?, limits: limits(settings)? })
    }

    /// No resource has such an id (R4, type id).
    fn is_impossible(&self, key: &str) -> bool {
        let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        let is_id = (1..=64).contains(&key.len()) && key.bytes().all(is_sign) && !key.bytes().all(|byte| byte == b'.');
        matches!(self.what, What::Read { .. }) && !is_id
    }

    fn request(&self, key: &str) -> Result<Request<Full<Bytes>>, Reason> {
        let key = percent(escaped(key).as_bytes());
        let (method, target, body) = match &self.what {
            What::Read { path } => (Method::GET, path.replace(KEY, &key), String::new()),
            // Two are enough to see that one is not the only one.
            What::Search { path, parameters } => {
                (Method::POST, path.clone(), format!("{}&_count=2", parameters.replace(KEY, &key)))
            }
        };
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = method;
        *request.uri_mut() =
            target.parse().map_err(|_| Reason::new(codes::E6001, "the value cannot stand in an address"))?;
        *request.headers_mut() = self.headers.clone();
        if matches!(self.what, What::Search { .. }) {
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            request.headers_mut().insert(CONTENT_TYPE, form);
        }
        Ok(request)
    }
}

/// Signs that mean something in the value of a search (R4 §3.1.1.4.0.1); no id has them.
fn escaped(key: &str) -> String {
    let mut out = String::with_capacity(key.len());
    for letter in key.chars() {
        if matches!(letter, '\\' | '$' | ',' | '|') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

impl Question {
    pub(crate) fn open(settings: &Settings, context: &Context) -> Result<Question, Reason> {
        let config = Asking::read(settings)?;
        let credentials = Credentials::read(settings, context, &config.url, config.limits)?;
        let client = Client::new(Place::read(settings, context, config.url.clone())?, config.limits);
        Ok(Question { config, client, credentials })
    }

    async fn look(&mut self, key: &str) -> Result<Option<Bytes>, Reason> {
        if self.config.is_impossible(key) {
            return Ok(None);
        }
        let request = self.config.request(key)?;
        let answer = self.credentials.exchange(&mut self.client, request).await.map_err(Fault::into_reason)?;
        let address = &self.config.url.address;
        match (answer.status.as_u16(), &self.config.what) {
            (404 | 410, What::Read { .. }) => Ok(None),
            (200, What::Read { .. }) => Ok(Some(answer.body)),
            (200, What::Search { .. }) => only(&answer.body, address),
            (401, _) => Err(Reason::answered(codes::E6512, address, 401)),
            (status, _) => Err(Reason::answered(codes::E6535, address, status)),
        }
    }
}

/// The one resource that a search found. What the server adds besides (an OperationOutcome, what it includes) is no match.
fn only(body: &[u8], address: &str) -> Result<Option<Bytes>, Reason> {
    let complain = |text: &str| Err(Reason::new(codes::E6535, format!("{address} {text}")));
    let Ok(bundle) = serde_json::from_slice::<Value>(body) else { return complain("gave a page that is not JSON") };
    if bundle.get("resourceType").and_then(Value::as_str) != Some("Bundle") {
        return complain("gave no page of a search");
    }
    let entries = bundle.get("entry").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let is_match =
        |entry: &&Value| entry.pointer("/search/mode").and_then(Value::as_str).is_none_or(|mode| mode == "match");
    let found: Vec<&Value> = entries.iter().filter(is_match).filter_map(|entry| entry.get("resource")).collect();
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(Bytes::from(one.to_string()))),
        [_, _, ..] => complain("found several resources for one value; one is needed"),
    }
}

impl Lookup for Question {
    fn ask<'a>(&'a mut self, key: &'a str) -> Boxed<'a, Result<Option<Bytes>, Reason>> {
        Box::pin(self.look(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fhir::Fhir,
        testing::{context, lookup_settings},
    };
    use interface::catalogue::{Connector, Value as Setting};
    use std::sync::atomic::{AtomicBool, Ordering};
    use testkit::{
        lookup::{ANSWER_TIME_MAX, Conduct, NAME, Subject},
        web::{Asked, Told, WebServer},
    };

    struct Server {
        searches: bool,
    }

    fn shelf(asked: &Asked) -> Told {
        let person = format!(r#"{{"resourceType":"Patient","id":"x","name":"{NAME}"}}"#);
        let entry = format!(r#"{{"resource":{person},"search":{{"mode":"match"}}}}"#);
        let page = |entries: &str| Told::json(200, &format!(r#"{{"resourceType":"Bundle","entry":[{entries}]}}"#));
        match (asked.target.as_str(), asked.text().as_str()) {
            ("/r4/Patient/P-1", _) => Told::json(200, &person),
            ("/r4/Patient/_search", "identifier=urn:x|P-1&_count=2") => page(&entry),
            ("/r4/Patient/_search", "identifier=urn:x|P-2&_count=2") => page(&format!("{entry},{entry}")),
            ("/r4/Patient/_search", _) => page(""),
            _ => Told::json(404, "{}"),
        }
    }

    impl Subject for Server {
        fn line<'a>(&'a self, conduct: Conduct) -> Boxed<'a, Option<Box<dyn Lookup>>> {
            Box::pin(async move {
                let is_first = AtomicBool::new(true);
                let server = WebServer::start(move |asked| match (conduct, is_first.swap(false, Ordering::SeqCst)) {
                    (Conduct::SilentFirst, true) => Told::Silence,
                    (Conduct::GarbageFirst, true) => Told::Raw(b"what?\r\n\r\n".to_vec()),
                    (Conduct::CloseFirst, true) => Told::Close,
                    (Conduct::Broken, _) => Told::json(500, "{}"),
                    _ => shelf(asked),
                })
                .await;
                let rest = if self.searches { "Patient?identifier=urn:x|{key}" } else { "Patient/{key}" };
                let values = vec![("timeout", Setting::Duration(ANSWER_TIME_MAX))];
                let settings = lookup_settings(&Fhir, &format!("http://{}/r4/{rest}", server.address), &values);
                Fhir.check_lookup(&settings).unwrap();
                if conduct == Conduct::Absent {
                    server.kill().await;
                } else {
                    // It serves until the test ends.
                    std::mem::forget(server);
                }
                Some(Fhir.lookup(&settings, &context()).unwrap())
            })
        }

        fn has_twins(&self) -> bool {
            self.searches
        }
    }

    #[tokio::test]
    async fn it_keeps_the_contract() {
        testkit::lookup::suite(&Server { searches: false }).await;
        testkit::lookup::suite(&Server { searches: true }).await;
    }

    #[test]
    fn what_is_asked_is_of_one_type() {
        let check = |address: &str| Fhir.check_lookup(&lookup_settings(&Fhir, address, &[])).is_ok();
        assert!(check("http://127.0.0.1/r4/Patient/{key}") && check("http://127.0.0.1/r4/Patient?identifier=x|{key}"));
        assert!(
            !check("http://127.0.0.1/r4/{key}")
                && !check("http://127.0.0.1/r4/Patient")
                && !check("http://127.0.0.1/r4?x={key}")
        );
    }

    #[test]
    fn a_key_is_a_value() {
        assert_eq!(escaped("7,8|9$\\"), "7\\,8\\|9\\$\\\\");
    }

    #[test]
    fn a_search_finds_one_or_none() {
        let check = |entries: &str, expect: Result<Option<&str>, &str>| {
            let body = format!(r#"{{"resourceType":"Bundle","type":"searchset","entry":[{entries}]}}"#);
            let found =
                only(body.as_bytes(), "x:1").map(|found| found.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap()));
            assert_eq!(found.as_ref().map(Option::as_deref).map_err(|reason| &*reason.code), expect, "{entries}");
        };
        let one = r#"{"resource":{"id":"7"},"search":{"mode":"match"}}"#;
        let outcome = r#"{"resource":{"resourceType":"OperationOutcome"},"search":{"mode":"outcome"}}"#;
        check("", Ok(None));
        check(outcome, Ok(None));
        check(one, Ok(Some(r#"{"id":"7"}"#)));
        check(&format!("{one},{outcome}"), Ok(Some(r#"{"id":"7"}"#)));
        check(&format!("{one},{one}"), Err("E6535"));
        assert!(only(b"{}", "x:1").is_err() && only(b"<html>", "x:1").is_err());
    }
}
