//! A FHIR server for tests: a fake in memory, faithful in what a client can see of R4 §3.1: versions, searches by
//! `_lastUpdated` with pages, conditional creates and updates by identifier, transactions and batches, OperationOutcomes.
//! It has no profiles and no other search parameters.

use crate::web::{Asked, Told, WebServer};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

/// The server.
pub struct FhirServer {
    /// Its base: `http://127.0.0.1:port/r4`.
    pub base: String,
    web: WebServer,
    shelf: Arc<Mutex<Shelf>>,
}

/// A rule that answers a request in place of the server.
pub type Rule = Box<dyn Fn(&Asked) -> Option<Told> + Send + Sync>;

/// What it holds. It lives on when the server is killed, as a database does.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    resources: Vec<Value>,
    next_id: u64,
    /// Seconds since 2026-03-01T00:00:00Z that the next change is made at.
    pub second: u64,
    /// Newest first, as a server that ignores `_sort` may do.
    pub is_unsorted: bool,
}

impl FhirServer {
    /// Starts one.
    pub async fn start(rule: Rule) -> FhirServer {
        FhirServer::start_at("127.0.0.1:0", Arc::default(), rule).await
    }

    /// Starts one where another one was, with what it held.
    ///
    /// # Panics
    /// If the port is taken.
    pub async fn start_at(address: &str, shelf: Arc<Mutex<Shelf>>, rule: Rule) -> FhirServer {
        let held = shelf.clone();
        let web = WebServer::start_at(address, move |asked| {
            rule(asked).unwrap_or_else(|| held.lock().unwrap_or_else(PoisonError::into_inner).answer(asked))
        })
        .await;
        FhirServer { base: format!("http://{}/r4", web.address), web, shelf }
    }

    /// What it was asked.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.web.asked()
    }

    /// Changes what it holds.
    pub fn with<T>(&self, change: impl FnOnce(&mut Shelf) -> T) -> T {
        change(&mut self.shelf.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends it; gives its address and what it held.
    pub async fn kill(self) -> (String, Arc<Mutex<Shelf>>) {
        (self.web.kill().await, self.shelf)
    }
}

impl Shelf {
    /// Stores a resource as a write would, and gives its id.
    ///
    /// # Panics
    /// If it is none.
    pub fn put(&mut self, mut resource: Value, id: Option<&str>) -> String {
        let kind = resource["resourceType"].as_str().expect("a type").to_owned();
        let id = id.map_or_else(
            || {
                self.next_id += 1;
                self.next_id.to_string()
            },
            str::to_owned,
        );
        let former = self.resources.iter().position(|known| known["resourceType"] == *kind && known["id"] == *id);
        let version = former.map_or(1, |at| {
            let version = self.resources[at]["meta"]["versionId"].as_str().and_then(|text| text.parse().ok());
            version.unwrap_or(0_u64) + 1
        });
        let (minute, second) = (self.second / 60 % 60, self.second % 60);
        let changed = format!("2026-03-01T{:02}:{minute:02}:{second:02}.000Z", self.second / 3600);
        resource["id"] = json!(id);
        resource["meta"] = json!({ "versionId": version.to_string(), "lastUpdated": changed });
        match former {
            Some(at) => self.resources[at] = resource,
            None => self.resources.push(resource),
        }
        id
    }

    /// What it holds of a type, in the order of creation.
    #[must_use]
    pub fn all(&self, kind: &str) -> Vec<Value> {
        self.resources.iter().filter(|resource| resource["resourceType"] == *kind).cloned().collect()
    }

    fn answer(&mut self, asked: &Asked) -> Told {
        let Some(target) = asked.target.strip_prefix("/r4") else { return outcome(404, "not-found") };
        let target = target.trim_start_matches('/');
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let body: Value = serde_json::from_slice(&asked.body).unwrap_or(Value::Null);
        match (&*asked.method, &parts[..]) {
            ("GET", [kind]) => self.search(kind, query, asked.header("host")),
            ("POST", []) => self.execute(&body),
            ("POST", [kind]) if body["resourceType"] == **kind => self.written(body, None, 201),
            ("PUT", [kind, id]) if body["resourceType"] == **kind && body["id"] == **id => {
                let status = if self.all(kind).iter().any(|known| known["id"] == **id) { 200 } else { 201 };
                self.written(body, Some(id), status)
            }
            _ => outcome(400, "invalid"),
        }
    }

    fn written(&mut self, body: Value, id: Option<&str>, status: u16) -> Told {
        let kind = body["resourceType"].as_str().unwrap_or("").to_owned();
        let id = self.put(body, id);
        Told::with(status, &[("Location", &format!("/r4/{kind}/{id}/_history/1"))], "")
    }

    /// A page of those that were changed at or after `_lastUpdated=ge…`; `offset` is where the page begins.
    fn search(&self, kind: &str, query: &str, host: &str) -> Told {
        let value = |name: &str| {
            let found = query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
            decode(found.unwrap_or(""))
        };
        let from = value("_lastUpdated");
        let changed = |resource: &Value| resource["meta"]["lastUpdated"].as_str().unwrap_or("").to_owned();
        let mut found = self.all(kind);
        found.retain(|resource| from.strip_prefix("ge").is_none_or(|from| changed(resource).as_str() >= from));
        if value("_sort") == "_lastUpdated" && !self.is_unsorted {
            found.sort_by_key(changed);
        } else {
            found.reverse();
        }
        let count: usize = value("_count").parse().unwrap_or(10);
        let offset: usize = value("offset").parse().unwrap_or(0);
        let entries: Vec<Value> = found
            .iter()
            .skip(offset)
            .take(count)
            .map(|resource| json!({ "resource": resource, "search": { "mode": "match" } }))
            .collect();
        let mut bundle =
            json!({ "resourceType": "Bundle", "type": "searchset", "total": found.len(), "entry": entries });
        if offset + count < found.len() {
            let rest: String =
                query.split('&').filter(|part| !part.starts_with("offset=")).map(|part| format!("{part}&")).collect();
            let url = format!("http://{host}/r4/{kind}?{rest}offset={}", offset + count);
            bundle["link"] = json!([{ "relation": "next", "url": url }]);
        }
        Told::json(200, &bundle.to_string())
    }

    /// A transaction is all or nothing; a batch is each for itself.
    fn execute(&mut self, bundle: &Value) -> Told {
        let is_batch = bundle["type"] == "batch";
        if bundle["resourceType"] != "Bundle" || !(is_batch || bundle["type"] == "transaction") {
            return outcome(400, "invalid");
        }
        let before = self.clone();
        let mut responses = Vec::new();
        for entry in bundle["entry"].as_array().into_iter().flatten() {
            let (status, id) = self.entry(entry);
            if status >= 400 && !is_batch {
                *self = before;
                return outcome(status, if status == 412 { "multiple-matches" } else { "invalid" });
            }
            responses.push(json!({ "response": { "status": status.to_string(), "location": id } }));
        }
        let kind = if is_batch { "batch-response" } else { "transaction-response" };
        Told::json(200, &json!({ "resourceType": "Bundle", "type": kind, "entry": responses }).to_string())
    }

    fn entry(&mut self, entry: &Value) -> (u16, String) {
        let request = &entry["request"];
        let (url, resource) = (request["url"].as_str().unwrap_or(""), entry["resource"].clone());
        let kind = resource["resourceType"].as_str().unwrap_or("").to_owned();
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        match (request["method"].as_str(), path.split_once('/')) {
            (Some("PUT"), Some((known, id))) if known == kind => (200, self.put(resource, Some(id))),
            (Some("PUT"), None) if path == kind => match &self.identified(&kind, query)[..] {
                [] => (201, self.put(resource, None)),
                [id] => (200, self.put(resource, Some(id))),
                _ => (412, String::new()),
            },
            (Some("POST"), None) if path == kind => {
                let none_exist = request["ifNoneExist"].as_str();
                match none_exist.map(|query| self.identified(&kind, query)).as_deref() {
                    None | Some([]) => (201, self.put(resource, None)),
                    Some([id]) => (200, id.clone()),
                    Some(_) => (412, String::new()),
                }
            }
            _ => (400, String::new()),
        }
    }

    /// Ids of those with this `identifier=system|value`.
    fn identified(&self, kind: &str, query: &str) -> Vec<String> {
        let token = decode(query.strip_prefix("identifier=").unwrap_or(""));
        let (system, value) = token.split_once('|').unwrap_or(("", &token));
        let matches = |resource: &Value| {
            let all = resource["identifier"].as_array().cloned().unwrap_or_default();
            all.iter().any(|one| one["value"] == *value && one["system"].as_str().unwrap_or("") == system)
        };
        self.all(kind)
            .iter()
            .filter(|resource| matches(resource))
            .filter_map(|one| Some(one["id"].as_str()?.to_owned()))
            .collect()
    }
}

/// What a percent encoded text stands for.
fn decode(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or("").as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at(part.len().min(2));
        bytes.extend(u8::from_str_radix(code, 16));
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn outcome(status: u16, code: &str) -> Told {
    let issue = json!({ "severity": "error", "code": code });
    Told::json(status, &json!({ "resourceType": "OperationOutcome", "issue": [issue] }).to_string())
}
