//! One page of a search: its resources as the server wrote them, and where the next page is. Pure.

use super::bookmark::mark;
use crate::{codes, web::Url};
use bytes::Bytes;
use message::Reason;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A page.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) found: Vec<Found>,
    /// Path and query of the next one.
    pub(crate) next: Option<String>,
}

/// A resource of a page.
#[derive(Debug)]
pub(crate) struct Found {
    /// Exactly the bytes of the server.
    pub(crate) bytes: Bytes,
    pub(crate) mark: String,
    /// When it was changed, microseconds since 1970; `None` for one that only comes along (`_include`).
    pub(crate) changed: Option<i64>,
}

#[derive(Deserialize)]
struct Bundle<'b> {
    #[serde(rename = "resourceType", borrow)]
    kind: Cow<'b, str>,
    #[serde(default, borrow)]
    link: Vec<Link<'b>>,
    #[serde(default, borrow)]
    entry: Vec<Entry<'b>>,
}

#[derive(Deserialize)]
struct Link<'b> {
    #[serde(borrow)]
    relation: Cow<'b, str>,
    #[serde(borrow)]
    url: Cow<'b, str>,
}

#[derive(Deserialize)]
struct Entry<'b> {
    #[serde(borrow)]
    resource: Option<&'b RawValue>,
    #[serde(borrow)]
    search: Option<Search<'b>>,
}

#[derive(Deserialize)]
struct Search<'b> {
    #[serde(borrow)]
    mode: Option<Cow<'b, str>>,
}

#[derive(Deserialize)]
struct Head<'b> {
    #[serde(rename = "resourceType", borrow)]
    kind: Cow<'b, str>,
    #[serde(borrow)]
    id: Option<Cow<'b, str>>,
    #[serde(borrow)]
    meta: Option<Meta<'b>>,
}

#[derive(Deserialize)]
struct Meta<'b> {
    #[serde(rename = "versionId", borrow)]
    version: Option<Cow<'b, str>>,
    #[serde(rename = "lastUpdated", borrow)]
    changed: Option<Cow<'b, str>>,
}

/// Reads the answer of a server at `url`.
pub(crate) fn read(body: &[u8], url: &Url) -> Result<Page, Reason> {
    let complain = |why: &str| Reason::new(codes::E6535, format!("{} {why}", url.address));
    let bundle: Bundle<'_> =
        serde_json::from_slice(body).map_err(|_| complain("did not answer a search with a Bundle"))?;
    if bundle.kind != "Bundle" {
        return Err(complain("did not answer a search with a Bundle"));
    }
    let mut found = Vec::with_capacity(bundle.entry.len());
    for entry in &bundle.entry {
        let mode = entry.search.as_ref().and_then(|search| search.mode.as_deref()).unwrap_or("match");
        let Some(resource) = entry.resource.filter(|_| mode != "outcome") else { continue };
        let head: Head<'_> =
            serde_json::from_str(resource.get()).map_err(|_| complain("sent an entry that is no resource"))?;
        if head.kind == "OperationOutcome" {
            continue;
        }
        let meta = head.meta.as_ref();
        let changed = meta.and_then(|meta| instant(meta.changed.as_deref()?));
        if mode == "match" && changed.is_none() {
            return Err(complain("sent a resource without meta.lastUpdated, by which a search goes on"));
        }
        let version = meta.and_then(|meta| meta.version.as_deref().or(meta.changed.as_deref())).unwrap_or("");
        found.push(Found {
            bytes: Bytes::copy_from_slice(resource.get().as_bytes()),
            mark: mark(&head.kind, head.id.as_deref().unwrap_or(""), version),
            changed: changed.filter(|_| mode == "match"),
        });
    }
    let next = bundle.link.iter().find(|link| link.relation == "next");
    let next = next.map(|link| target(&link.url, url)).transpose()?;
    Ok(Page { found, next })
}

/// Path and query of a link. Credentials go to the server that they are for, and to nobody that it points at.
fn target(link: &str, url: &Url) -> Result<String, Reason> {
    if link.starts_with('/') && !link.starts_with("//") {
        return Ok(link.to_owned());
    }
    if link.starts_with('?') {
        return Ok(format!("{}{link}", url.path));
    }
    match Url::parse(link) {
        Ok(found) if found.is_secure == url.is_secure && found.address.eq_ignore_ascii_case(&url.address) => {
            Ok(found.target())
        }
        // Not quoted: a search may hold what identifies a person.
        Ok(_) | Err(_) => {
            let text = format!("the next page of {} is not on {}", url.address, url.origin());
            Err(Reason::new(codes::E6536, text))
        }
    }
}

/// Microseconds since 1970 of an instant (R4 §2.24.0.1).
pub(crate) fn instant(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_microsecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> Url {
        Url::parse("https://fhir.example.org/r4/Patient").unwrap()
    }

    #[test]
    fn resources_are_as_the_server_wrote_them() {
        let body = r#"{"resourceType":"Bundle","link":[{"relation":"self","url":"x"},
          {"relation":"next","url":"https://fhir.example.org:443/r4?page=2&a=b"}],"entry":[
          {"resource":{"resourceType":"Patient" , "id":"1","meta":{"versionId":"3","lastUpdated":"2026-03-01T08:00:00.500+01:00"},"x":1.00}},
          {"resource":{"resourceType":"Practitioner","id":"2"},"search":{"mode":"include"}},
          {"resource":{"resourceType":"OperationOutcome"},"search":{"mode":"outcome"}},
          {"fullUrl":"y"}]}"#;
        let page = read(body.as_bytes(), &url()).unwrap();
        assert_eq!(page.found.len(), 2);
        assert!(page.found[0].bytes.starts_with(br#"{"resourceType":"Patient" , "id":"1""#));
        assert!(page.found[0].bytes.ends_with(br#""x":1.00}"#));
        assert_eq!(page.found[0].changed, Some(1_772_348_400_500_000));
        assert_eq!(page.found[1].changed, None);
        assert_eq!(page.next.as_deref(), Some("/r4?page=2&a=b"));
    }

    #[test]
    fn links_stay_at_their_server() {
        let check = |link: &str, expect: Option<&str>| {
            let body = format!(r#"{{"resourceType":"Bundle","link":[{{"relation":"next","url":"{link}"}}]}}"#);
            let found = read(body.as_bytes(), &url());
            assert_eq!(found.as_ref().ok().and_then(|page| page.next.as_deref()), expect, "{link}");
            if let Err(reason) = found {
                assert_eq!(reason.code, "E6536");
            }
        };
        check("https://fhir.example.org/r4/Patient?p=2", Some("/r4/Patient?p=2"));
        check("/r4/Patient?p=2", Some("/r4/Patient?p=2"));
        check("?p=2", Some("/r4/Patient?p=2"));
        check("https://evil.example.org/r4/Patient?p=2", None);
        check("http://fhir.example.org/r4/Patient?p=2", None);
        check("//evil.example.org/r4", None);
        check("https://fhir.example.org@evil.example.org/", None);
    }

    #[test]
    fn what_is_no_page() {
        for bad in ["", "[]", r#"{"resourceType":"Patient"}"#, r#"{"resourceType":"Bundle","entry":[{"resource":1}]}"#]
        {
            assert_eq!(read(bad.as_bytes(), &url()).unwrap_err().code, "E6535", "{bad}");
        }
        let undated = r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"SECRET"}}]}"#;
        let reason = read(undated.as_bytes(), &url()).unwrap_err().to_string();
        assert!(reason.contains("meta.lastUpdated") && !reason.contains("SECRET"), "{reason}");
    }
}
