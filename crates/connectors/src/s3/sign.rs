//! AWS Signature Version 4, for requests whose whole content is signed.
//!
//! Never: sends or prints the secret.

use crate::web::encode::percent;
use hyper::{
    Request,
    header::{AUTHORIZATION, HeaderName, HeaderValue},
};
use message::Timestamp;
use ring::{digest, hmac};
use std::{fmt, sync::Arc};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const CONTENT: HeaderName = HeaderName::from_static("x-amz-content-sha256");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// Who signs, and for which region.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) access: Arc<str>,
    pub(crate) secret: Arc<str>,
    pub(crate) session: Option<Arc<str>>,
    pub(crate) region: Arc<str>,
}

impl fmt::Debug for Keys {
    /// Without what opens doors.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key {} for {}", self.access, self.region)
    }
}

impl Keys {
    /// Signs a request that will go to `host`, with all headers that it has. The path is encoded already; the query is a
    /// list of `name=value`, encoded and in order.
    pub(crate) fn sign<B>(&self, request: &mut Request<B>, host: &str, content: &[u8], now: Timestamp) {
        let time = time(now);
        let hash = sha256(content);
        let headers = request.headers_mut();
        let mut set = |name: HeaderName, text: &str| {
            // What cannot stand in a header is refused by the store, as any other wrong key is.
            if let Ok(value) = HeaderValue::from_str(text) {
                headers.insert(name, value);
            }
        };
        set(DATE, &time);
        set(CONTENT, &hash);
        if let Some(session) = &self.session {
            set(TOKEN, session);
        }
        let mut lines: Vec<(String, String)> = request
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap_or_default().trim().to_owned()))
            .collect();
        lines.push(("host".to_owned(), host.to_owned()));
        lines.sort();
        let names = lines.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");
        let lines: String = lines.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let (method, path) = (request.method().as_str(), request.uri().path());
        let query = request.uri().query().unwrap_or_default();
        let canonical = format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{hash}");
        let day = &time[..8];
        let scope = format!("{day}/{}/s3/aws4_request", self.region);
        let to_sign = format!("{ALGORITHM}\n{time}\n{scope}\n{}", sha256(canonical.as_bytes()));
        let signature = hex(keyed(&self.key(day), to_sign.as_bytes()).as_ref());
        let access = &self.access;
        let text = format!("{ALGORITHM} Credential={access}/{scope},SignedHeaders={names},Signature={signature}");
        if let Ok(mut value) = HeaderValue::from_str(&text) {
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
        }
    }

    fn key(&self, day: &str) -> Vec<u8> {
        let mut key = format!("AWS4{}", self.secret).into_bytes();
        for part in [day, &self.region, "s3", "aws4_request"] {
            key = keyed(&key, part.as_bytes()).as_ref().to_vec();
        }
        key
    }
}

fn keyed(key: &[u8], text: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text)
}

/// SHA-256 in hexadecimal.
pub(crate) fn sha256(content: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, content).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `20130524T000000Z`.
fn time(now: Timestamp) -> String {
    let dtm = now.to_dtm();
    format!("{}T{}Z", &dtm[..8], &dtm[8..14])
}

/// A key as a path has it: each step encoded, the slashes left.
pub(crate) fn path_of(key: &str) -> String {
    key.split('/').map(|step| percent(step.as_bytes())).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of Amazon's own document, with its keys and its signatures.
    #[test]
    fn signatures_are_those_of_the_document() {
        let keys = Keys {
            access: "AKIAIOSFODNN7EXAMPLE".into(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
            session: None,
            region: "us-east-1".into(),
        };
        // 2013-05-24T00:00:00Z.
        let now = Timestamp(1_369_353_600_000_000);
        let check = |method: &str, target: &str, headers: &[(&str, &str)], content: &[u8], expect: &str| {
            let mut request = Request::builder().method(method).uri(target);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let mut request = request.body(()).unwrap();
            keys.sign(&mut request, "examplebucket.s3.amazonaws.com", content, now);
            let said = request.headers()[AUTHORIZATION].to_str().unwrap().to_owned();
            assert!(said.ends_with(&format!("Signature={expect}")), "{method} {target}: {said}");
        };
        let range = [("range", "bytes=0-9")];
        check("GET", "/test.txt", &range, b"", "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
        check("GET", "/?lifecycle=", &[], b"", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
        let list = "/?max-keys=2&prefix=J";
        check("GET", list, &[], b"", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
        let put = [("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")];
        let text = b"Welcome to Amazon S3.";
        let expect = "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd";
        check("PUT", &format!("/{}", path_of("test$file.text")), &put, text, expect);
    }

    #[test]
    fn keys_as_paths() {
        assert_eq!(path_of("a b/c+d/ü"), "a%20b/c%2Bd/%C3%BC");
    }
}
