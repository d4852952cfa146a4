//! The few requests to a bucket, and what their answers mean.

use super::{
    config::Login,
    sign::{path_of, sha256},
};
use crate::{
    codes,
    web::{
        Client, Place,
        client::{Answer, Fault},
        encode::{form, from_form},
    },
};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, StatusCode,
    header::{CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH},
};
use interface::catalogue::{Context, Settings};
use message::{Clock, Reason, Timestamp};
use std::{sync::Arc, time::SystemTime};

/// Objects of one page of a list.
const PAGE_OBJECTS_MAX: &str = "1000";
/// Pages that one look reads; the rest waits until these objects are gone.
const PAGES_MAX: usize = 200;
/// Our checksum of an object, kept with it.
const CHECKSUM: HeaderName = HeaderName::from_static("x-amz-meta-sinew-sha256");
const COPY_SOURCE: HeaderName = HeaderName::from_static("x-amz-copy-source");
const COPY_IF: HeaderName = HeaderName::from_static("x-amz-copy-source-if-match");
/// Error codes that are shown, and acted on: those of S3. What else a store says may be about the object, and so about a
/// patient.
const ERROR_CODES: &[&str] = &[
    "AccessDenied",
    "AccountProblem",
    "AllAccessDisabled",
    "AuthorizationHeaderMalformed",
    "BadDigest",
    "ConditionalRequestConflict",
    "EntityTooLarge",
    "ExpiredToken",
    "InternalError",
    "InvalidAccessKeyId",
    "InvalidArgument",
    "InvalidBucketName",
    "InvalidDigest",
    "InvalidRequest",
    "InvalidToken",
    "KeyTooLongError",
    "MethodNotAllowed",
    "MissingContentLength",
    "NoSuchBucket",
    "NoSuchKey",
    "NotImplemented",
    "OperationAborted",
    "PermanentRedirect",
    "PreconditionFailed",
    "QuotaExceeded",
    "RequestTimeTooSkewed",
    "RequestTimeout",
    "ServiceUnavailable",
    "SignatureDoesNotMatch",
    "SlowDown",
    "TemporaryRedirect",
    "XMinioStorageFull",
];

/// A bucket, and the connection to it.
pub(super) struct Store {
    login: Login,
    client: Client,
    clock: Arc<dyn Clock>,
}

/// An object of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    /// Its key, without the prefix.
    pub(super) name: String,
    pub(super) size: u64,
    pub(super) changed: SystemTime,
}

/// Why there is no good answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// There is no such object.
    Missing,
    /// A condition of ours does not hold: the object is there, or is another one by now.
    Conflict,
    /// The store does not know what it was asked for.
    Unknown,
    /// The store answered, and did not do it: this status, and for people.
    Refused(Box<Answer>, Reason),
    /// The store does not let us in, or has no such bucket: the next request would fare no better.
    Closed(Reason),
    /// No answer.
    Lost(Fault),
}

impl Store {
    pub(super) fn open(login: Login, settings: &Settings, context: &Context) -> Result<Store, Reason> {
        let place = Place::read(settings, context, login.url.clone())?;
        Ok(Store { client: Client::new(place, login.limits), login, clock: context.clock.clone() })
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn close(&mut self) {
        self.client.close();
    }

    /// What is directly below the prefix.
    pub(super) async fn list(&mut self) -> Result<Vec<Object>, Trouble> {
        let mut objects = Vec::new();
        let mut next: Option<String> = None;
        for _ in 0..PAGES_MAX {
            // In the order of their names, as the signature wants it.
            let token = next.as_ref().map(|token| ("continuation-token", token.as_bytes()));
            let rest = [
                ("delimiter", &b"/"[..]),
                ("encoding-type", b"url"),
                ("list-type", b"2"),
                ("max-keys", PAGE_OBJECTS_MAX.as_bytes()),
                ("prefix", self.login.prefix.as_bytes()),
            ];
            let target = format!("{}?{}", self.bucket(), form(token.into_iter().chain(rest)));
            let answer = self.ask(Method::GET, &target, &[], Bytes::new()).await?;
            let page = read_page(&answer.body, &self.login.prefix);
            let Some((mut found, token)) = page else {
                let text = format!("{} sent a list that cannot be read", self.login.place());
                return Err(Trouble::Refused(Box::new(answer), Reason::new(codes::E6814, text)));
            };
            objects.append(&mut found);
            next = token;
            if next.is_none() {
                break;
            }
        }
        Ok(objects)
    }

    /// The content of an object, and its ETag.
    pub(super) async fn read(&mut self, key: &str) -> Result<(Bytes, String), Trouble> {
        let answer = self.ask(Method::GET, &self.target(key), &[], Bytes::new()).await?;
        let tag = header(&answer, &ETAG);
        Ok((answer.body, tag))
    }

    /// The ETag of an object, and our checksum, where it has one.
    pub(super) async fn look(&mut self, key: &str) -> Result<(String, String), Trouble> {
        let answer = self.ask(Method::HEAD, &self.target(key), &[], Bytes::new()).await?;
        Ok((header(&answer, &ETAG), header(&answer, &CHECKSUM)))
    }

    /// Writes an object; `is_new` asks the store to refuse it where there is one.
    pub(super) async fn write(
        &mut self,
        key: &str,
        content: &Bytes,
        media_type: &'static str,
        is_new: bool,
    ) -> Result<(), Trouble> {
        let checksum = sha256(content);
        let condition = is_new.then_some((IF_NONE_MATCH, "*"));
        let headers: Vec<_> =
            [(CONTENT_TYPE, media_type), (CHECKSUM, checksum.as_str())].into_iter().chain(condition).collect();
        self.ask(Method::PUT, &self.target(key), &headers, content.clone()).await.map(drop)
    }

    /// Copies an object inside the bucket, if it still has this ETag.
    pub(super) async fn copy(&mut self, from: &str, to: &str, tag: &str) -> Result<(), Trouble> {
        let source = format!("/{}/{}", self.login.bucket, path_of(from));
        let headers = [(COPY_SOURCE, source.as_str()), (COPY_IF, tag)];
        let answer = self.ask(Method::PUT, &self.target(to), &headers, Bytes::new()).await?;
        // A copy can fail after the status has gone out: then the body says so (Amazon S3 API, CopyObject).
        if root_of(&answer.body).as_deref() == Some("CopyObjectResult") {
            return Ok(());
        }
        let text = format!("{} did not copy an object", self.login.place());
        Err(Trouble::Refused(Box::new(answer), Reason::new(codes::E6814, text)))
    }

    /// Deletes an object; stores that know the condition keep one that has another ETag by now.
    pub(super) async fn remove(&mut self, key: &str, tag: &str) -> Result<(), Trouble> {
        self.ask(Method::DELETE, &self.target(key), &[(IF_MATCH, tag)], Bytes::new()).await.map(drop)
    }

    fn bucket(&self) -> String {
        let root = &self.login.root;
        if root == "/" { root.clone() } else { root.trim_end_matches('/').to_owned() }
    }

    fn target(&self, key: &str) -> String {
        format!("{}{}", self.login.root, path_of(key))
    }

    async fn ask(
        &mut self,
        method: Method,
        target: &str,
        headers: &[(HeaderName, &str)],
        content: Bytes,
    ) -> Result<Answer, Trouble> {
        let unusable = || Trouble::Closed(Reason::new(codes::E6001, "a key cannot be part of an address"));
        let mut request = Request::new(Full::new(content.clone()));
        *request.method_mut() = method;
        *request.uri_mut() = target.parse().map_err(|_| unusable())?;
        for (name, value) in headers {
            request.headers_mut().insert(name, HeaderValue::from_str(value).map_err(|_| unusable())?);
        }
        let host = self.login.url.authority.to_str().unwrap_or_default().to_owned();
        self.login.keys.sign(&mut request, &host, &content, self.clock.now());
        let answer = self.client.exchange(request).await.map_err(Trouble::Lost)?;
        self.judge(answer)
    }

    fn judge(&self, answer: Answer) -> Result<Answer, Trouble> {
        let status = answer.status;
        if status.is_success() {
            return Ok(answer);
        }
        let place = self.login.place();
        let said = error_code(&answer.body).unwrap_or_default();
        let reason = |code| {
            let reason = Reason::answered(code, &place, status.as_u16());
            if said.is_empty() { reason } else { reason.because(said) }
        };
        Err(match status {
            StatusCode::PRECONDITION_FAILED => Trouble::Conflict,
            StatusCode::NOT_IMPLEMENTED => Trouble::Unknown,
            StatusCode::NOT_FOUND if !said.contains("NoSuchBucket") => Trouble::Missing,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Trouble::Closed(reason(codes::E6812)),
            StatusCode::BAD_REQUEST if is_about_us(said) => Trouble::Closed(reason(codes::E6812)),
            StatusCode::NOT_FOUND => Trouble::Closed(reason(codes::E6811)),
            status if status.is_redirection() => Trouble::Closed(reason(codes::E6811)),
            _ => {
                let reason = reason(codes::E6814);
                Trouble::Refused(Box::new(answer), reason)
            }
        })
    }
}

impl Trouble {
    /// For people.
    pub(super) fn into_reason(self, place: &str) -> Reason {
        let plain = |text: &str| Reason::new(codes::E6814, format!("{place}: {text}"));
        match self {
            Trouble::Missing => plain("there is no such object"),
            Trouble::Conflict => plain("the object is another one by now"),
            Trouble::Unknown => plain("the store does not know this kind of request"),
            Trouble::Refused(_, reason) | Trouble::Closed(reason) => reason,
            Trouble::Lost(fault) => fault.into_reason(),
        }
    }
}

/// Error codes that another request would get too.
fn is_about_us(said: &str) -> bool {
    ["AuthorizationHeaderMalformed", "InvalidAccessKeyId", "ExpiredToken", "InvalidToken", "RequestTimeTooSkewed"]
        .iter()
        .any(|code| said.contains(code))
}

fn header(answer: &Answer, name: &HeaderName) -> String {
    answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// The name of the outermost element.
fn root_of(body: &[u8]) -> Option<String> {
    let text = xml::decode(body).ok()?;
    let document = xml::read(&text).ok()?;
    Some(document.root_element().tag_name().name().to_owned())
}

/// The code of an error document, if it is a word.
fn error_code(body: &[u8]) -> Option<&'static str> {
    let text = xml::decode(body).ok()?;
    let document = xml::read(&text).ok()?;
    let code = xml::text_of(xml::child(document.root_element(), "Code")?);
    ERROR_CODES.iter().copied().find(|known| **known == code)
}

/// The objects of a page of ListObjectsV2, and what asks for the next one.
fn read_page(body: &[u8], prefix: &str) -> Option<(Vec<Object>, Option<String>)> {
    let text = xml::decode(body).ok()?;
    let document = xml::read(&text).ok()?;
    let root = document.root_element();
    if root.tag_name().name() != "ListBucketResult" {
        return None;
    }
    let mut objects = Vec::new();
    for entry in xml::named(root, "Contents") {
        let value = |name| xml::child(entry, name).map(xml::text_of);
        let key = String::from_utf8(from_form(value("Key")?.as_bytes())?).ok()?;
        let changed: jiff::Timestamp = value("LastModified")?.parse().ok()?;
        // The prefix itself is an object where somebody made a "folder".
        let Some(name) = key.strip_prefix(prefix).filter(|name| !name.is_empty()) else { continue };
        objects.push(Object { name: name.to_owned(), size: value("Size")?.parse().ok()?, changed: changed.into() });
    }
    let is_more = xml::child(root, "IsTruncated").map(xml::text_of).as_deref() == Some("true");
    let token = xml::child(root, "NextContinuationToken").map(xml::text_of).filter(|_| is_more);
    (token.is_some() == is_more).then_some((objects, token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages() {
        let page = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
            <IsTruncated>true</IsTruncated><NextContinuationToken>t/1=</NextContinuationToken>\
            <Contents><Key>in/</Key><LastModified>2026-03-01T07:08:09.000Z</LastModified><Size>0</Size></Contents>\
            <Contents><Key>in/a+b%2Bc.hl7</Key><LastModified>2026-03-01T07:08:09.000Z</LastModified><ETag>\"1\"</ETag>\
            <Size>42</Size></Contents></ListBucketResult>";
        let (objects, token) = read_page(page, "in/").unwrap();
        assert_eq!(token.as_deref(), Some("t/1="));
        assert_eq!(objects.iter().map(|object| (&*object.name, object.size)).collect::<Vec<_>>(), [("a b+c.hl7", 42)]);
        assert!(read_page(b"<Error><Code>SlowDown</Code></Error>", "").is_none());
        let endless = b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
        assert!(read_page(endless, "").is_none(), "more is promised, and cannot be asked for");
        assert!(read_page(b"<!DOCTYPE x [<!ENTITY a 'a'>]><ListBucketResult/>", "").is_none());
    }

    #[test]
    fn error_codes_are_those_of_s3() {
        assert_eq!(error_code(b"<Error><Code>NoSuchBucket</Code></Error>"), Some("NoSuchBucket"));
        assert_eq!(error_code(b"<Error><Code>Quist</Code></Error>"), None);
        assert_eq!(error_code(b"no xml"), None);
    }
}
