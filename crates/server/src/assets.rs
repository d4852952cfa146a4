//! The pages of the console: what `console/dist` holds, inside the binary.
//!
//! Promises: every page has a content security policy of its own with a fresh nonce; nothing is loaded from anywhere else;
//! what did not change is not sent again. Paths that are no file are the page itself, because the console draws its own
//! places; what stands below `/assets/` and is no file is not found.
//! Never: anything about a message or a person. The page is the same for everybody; what it shows, it asks for.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use ring::rand::{SecureRandom, SystemRandom};
use rust_embed::RustEmbed;
use std::fmt::Write;

#[derive(RustEmbed)]
#[folder = "../../console/dist"]
struct Dist;

/// Stands in the page where the nonce goes.
const NONCE_MARK: &str = "SINEW_NONCE";
const NONCE_BYTES: usize = 18;

/// Is this a path that the console answers, and not the API?
pub(crate) fn is_console(path: &str) -> bool {
    path != "/api" && !path.starts_with("/api/")
}

/// The answer to a `GET` of `path`.
pub(crate) fn answer(path: &str, headers: &HeaderMap) -> Response {
    match path.strip_prefix("/assets/") {
        Some(name) => asset(name, headers).unwrap_or_else(|| plain(StatusCode::NOT_FOUND, "there is no such file")),
        None => page().unwrap_or_else(|| plain(StatusCode::SERVICE_UNAVAILABLE, "the page cannot be made now")),
    }
}

fn page() -> Option<Response> {
    let file = Dist::get("index.html")?;
    let nonce = nonce()?;
    let text = std::str::from_utf8(&file.data).ok()?.replace(NONCE_MARK, &nonce);
    let mut response = Response::new(Body::from(text));
    put(&mut response, header::CONTENT_TYPE, "text/html; charset=utf-8");
    put(&mut response, header::CONTENT_SECURITY_POLICY, &policy(&nonce));
    put(&mut response, header::CACHE_CONTROL, "no-store");
    Some(response)
}

fn asset(name: &str, headers: &HeaderMap) -> Option<Response> {
    let kind = kind_of(name)?;
    let file = Dist::get(name)?;
    let tag = tag_of(&file.metadata.sha256_hash());
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let is_known = known.flat_map(|list| list.split(',')).any(|one| one.trim().trim_start_matches("W/") == tag);
    let mut response = if is_known {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        Response::new(Body::from(file.data.into_owned()))
    };
    put(&mut response, header::CONTENT_TYPE, kind);
    put(&mut response, header::ETAG, &tag);
    // Asked for anew each time, and sent only when it changed: after an update nobody sees an old page.
    put(&mut response, header::CACHE_CONTROL, "no-cache");
    Some(response)
}

/// Files of the page; others are not served.
fn kind_of(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "txt" => Some("text/plain; charset=utf-8"),
        _ => None,
    }
}

fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self'; font-src 'self'; \
         connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'"
    )
}

/// Random, once for each page; hexadecimal, so that it needs no quoting anywhere.
fn nonce() -> Option<String> {
    let mut bytes = [0; NONCE_BYTES];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(hexadecimal(&bytes))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn tag_of(hash: &[u8; 32]) -> String {
    format!("\"{}\"", hexadecimal(&hash[..16]))
}

fn put(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    put(&mut response, header::CONTENT_TYPE, "text/plain; charset=utf-8");
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    async fn get(path: &str, known: Option<&str>) -> (StatusCode, HeaderMap, String) {
        let mut headers = HeaderMap::new();
        if let Some(known) = known {
            headers.insert(header::IF_NONE_MATCH, known.parse().unwrap());
        }
        let (head, body) = answer(path, &headers).into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        (head.status, head.headers, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn the_page_carries_its_nonce_and_nothing_inline() {
        let (status, headers, text) = get("/messages", None).await;
        assert_eq!(status, StatusCode::OK);
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
        assert!(nonce.len() == NONCE_BYTES * 2 && text.contains(&format!("nonce=\"{nonce}\"")), "{text}");
        assert!(!text.contains(NONCE_MARK) && !text.contains("<style") && !text.contains(" style="), "{text}");
        assert!(!policy.contains("unsafe") && policy.contains("require-trusted-types-for 'script'"));
        let (_, other, _) = get("/", None).await;
        assert_ne!(other[header::CONTENT_SECURITY_POLICY], headers[header::CONTENT_SECURITY_POLICY]);
    }

    #[tokio::test]
    async fn files_are_sent_once() {
        let (status, headers, text) = get("/assets/app.js", None).await;
        assert!(status == StatusCode::OK && text.len() > 1000 && headers[header::X_CONTENT_TYPE_OPTIONS] == "nosniff");
        let tag = headers[header::ETAG].to_str().unwrap();
        let (status, _, text) = get("/assets/app.js", Some(tag)).await;
        assert!(status == StatusCode::NOT_MODIFIED && text.is_empty());
        let (status, _, _) = get("/assets/app.js", Some("\"another\"")).await;
        assert_eq!(status, StatusCode::OK);
    }

    #[tokio::test]
    async fn what_is_no_file_of_the_page_is_not_served() {
        for path in
            ["/assets/none.js", "/assets/SOURCE_HASH", "/assets/../index.html", "/assets/", "/assets/index.html"]
        {
            assert_eq!(get(path, None).await.0, StatusCode::NOT_FOUND, "{path}");
        }
        assert!(is_console("/") && is_console("/apis") && !is_console("/api") && !is_console("/api/v1/status"));
    }

    #[test]
    fn the_page_asks_nobody_else() {
        let page = Dist::get("index.html").unwrap();
        let text = std::str::from_utf8(&page.data).unwrap();
        assert!(!text.contains("//"), "an address outside in {text}");
    }
}
