//! An object store for tests that speaks the protocol of Amazon S3, as far as our connector uses it. It is a fake of ours:
//! no store with this protocol can be installed from Debian. It checks what such a store checks, the signature of every
//! request and the hash of its content, keeps conditions, and gives lists in small pages.

use crate::web::{Asked, Told, WebServer};
use bytes::Bytes;
use message::{Clock, clock::System};
use ring::{digest, hmac};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// The id of the only key.
pub const ACCESS_KEY: &str = "AKIDSINEWTEST";
/// Its secret.
pub const SECRET_KEY: &str = "not/a+secret";
/// The region that must be signed for.
pub const REGION: &str = "north-1";
/// The only bucket.
pub const BUCKET: &str = "lab-box";
/// Objects on one page of a list.
const PAGE_MAX: usize = 7;

/// The store; its objects outlive a kill.
pub struct ObjectStore {
    /// `127.0.0.1:port`.
    pub address: String,
    shared: Arc<Shared>,
    server: Option<WebServer>,
}

#[derive(Default)]
struct Shared {
    objects: Mutex<BTreeMap<String, Object>>,
    is_without_conditions: AtomicBool,
    refusals: Mutex<Vec<&'static str>>,
}

#[derive(Clone)]
struct Object {
    content: Vec<u8>,
    tag: String,
    changed: String,
    checksum: String,
}

impl ObjectStore {
    /// Starts one.
    pub async fn start() -> ObjectStore {
        let shared = Arc::new(Shared::default());
        let server = WebServer::start(script(&shared)).await;
        ObjectStore { address: server.address.clone(), shared, server: Some(server) }
    }

    /// Ends it with all its connections.
    pub async fn kill(&mut self) {
        if let Some(server) = self.server.take() {
            server.kill().await;
        }
    }

    /// Begins again after [`ObjectStore::kill`], where it was and with what it had.
    pub async fn begin(&mut self) {
        self.server = Some(WebServer::start_at(&self.address, script(&self.shared)).await);
    }

    /// From now on it does not know `If-None-Match`.
    pub fn forget_conditions(&self) {
        self.shared.is_without_conditions.store(true, Ordering::Relaxed);
    }

    /// Puts an object there.
    pub fn put(&self, key: &str, content: &[u8]) {
        self.shared.put(key, content.to_vec(), String::new());
    }

    /// The content of an object.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Bytes> {
        self.shared.get(key).map(|object| object.content.into())
    }

    /// The keys that begin with this, in order.
    #[must_use]
    pub fn keys(&self, prefix: &str) -> Vec<String> {
        let objects = self.shared.objects.lock().unwrap_or_else(PoisonError::into_inner);
        objects.keys().filter(|key| key.starts_with(prefix)).cloned().collect()
    }

    /// Why it refused to listen, each time it did.
    #[must_use]
    pub fn refusals(&self) -> Vec<&'static str> {
        self.shared.refusals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn script(shared: &Arc<Shared>) -> impl Fn(&Asked) -> Told + Send + Sync + 'static {
    let shared = shared.clone();
    move |asked| shared.answer(asked)
}

impl Shared {
    fn put(&self, key: &str, content: Vec<u8>, checksum: String) -> String {
        let changed = System.now();
        let tag = format!("\"{}\"", &hex(digest::digest(&digest::SHA256, &content).as_ref())[..32]);
        let object = Object { content, tag: tag.clone(), changed: changed.to_rfc3339(), checksum };
        self.objects.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), object);
        tag
    }

    fn get(&self, key: &str) -> Option<Object> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn answer(&self, asked: &Asked) -> Told {
        if let Err(code) = verify(asked) {
            self.refusals.lock().unwrap_or_else(PoisonError::into_inner).push(code);
            return error(403, code);
        }
        let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
        let Some(rest) = path.strip_prefix('/').and_then(|path| path.strip_prefix(BUCKET)) else {
            return error(404, "NoSuchBucket");
        };
        let key = decode(rest.trim_start_matches('/'));
        match (&*asked.method, key.is_empty()) {
            ("GET", true) => self.list(query),
            ("GET" | "HEAD", false) => self.give(asked, &key),
            ("PUT", false) => self.take(asked, &key),
            ("DELETE", false) => {
                self.objects.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
                Told::with(204, &[], "")
            }
            _ => error(405, "MethodNotAllowed"),
        }
    }

    fn give(&self, asked: &Asked, key: &str) -> Told {
        let Some(object) = self.get(key) else { return error(404, "NoSuchKey") };
        let headers = [("ETag", object.tag), ("x-amz-meta-sinew-sha256", object.checksum)];
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
        Told::Answer(200, headers, if asked.method == "HEAD" { Vec::new() } else { object.content })
    }

    fn take(&self, asked: &Asked, key: &str) -> Told {
        let source = asked.header("x-amz-copy-source");
        if !source.is_empty() {
            let source = decode(source.trim_start_matches('/'));
            let Some(object) = source.strip_prefix(BUCKET).and_then(|rest| self.get(rest.trim_start_matches('/')))
            else {
                return error(404, "NoSuchKey");
            };
            if asked.header("x-amz-copy-source-if-match") != object.tag {
                return error(412, "PreconditionFailed");
            }
            let tag = self.put(key, object.content, object.checksum);
            return Told::with(200, &[], &format!("<CopyObjectResult><ETag>{tag}</ETag></CopyObjectResult>"));
        }
        if !asked.header("if-none-match").is_empty() {
            if self.is_without_conditions.load(Ordering::Relaxed) {
                return error(501, "NotImplemented");
            }
            if self.get(key).is_some() {
                return error(412, "PreconditionFailed");
            }
        }
        let tag = self.put(key, asked.body.clone(), asked.header("x-amz-meta-sinew-sha256").to_owned());
        Told::with(200, &[("ETag", &tag)], "")
    }

    fn list(&self, query: &str) -> Told {
        let value = |name: &str| {
            let found = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            decode(found.unwrap_or_default())
        };
        let (prefix, after) = (value("prefix"), value("continuation-token"));
        let objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        let found = objects.iter().filter(|(key, _)| {
            **key > after && key.strip_prefix(&prefix).is_some_and(|name| !name.contains(&value("delimiter")))
        });
        let found: Vec<_> = found.take(PAGE_MAX + 1).collect();
        let page = &found[..found.len().min(PAGE_MAX)];
        let entry = |(key, object): &(&String, &Object)| {
            let Object { changed, tag, content, .. } = object;
            let (key, size) = (encode(key), content.len());
            format!(
                "<Contents><Key>{key}</Key><LastModified>{changed}</LastModified><ETag>{tag}</ETag><Size>{size}</Size></Contents>"
            )
        };
        let entries: String = page.iter().map(entry).collect();
        let next = (found.len() > PAGE_MAX).then(|| page.last().map(|(key, _)| (*key).clone())).flatten();
        let token = next
            .as_ref()
            .map_or_else(String::new, |next| format!("<NextContinuationToken>{next}</NextContinuationToken>"));
        let is_more = next.is_some();
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <Name>{BUCKET}</Name><IsTruncated>{is_more}</IsTruncated>{token}{entries}</ListBucketResult>"
        );
        Told::with(200, &[("Content-Type", "application/xml")], &body)
    }
}

fn error(status: u16, code: &str) -> Told {
    Told::with(status, &[("Content-Type", "application/xml")], &format!("<Error><Code>{code}</Code></Error>"))
}

/// What a store does with the header `Authorization`: it makes the signature itself, of what came, and compares.
fn verify(asked: &Asked) -> Result<(), &'static str> {
    let authorization = asked.header("authorization").strip_prefix("AWS4-HMAC-SHA256 ").ok_or("AccessDenied")?;
    let part = |name: &str| {
        let found = authorization.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
        found.ok_or("AuthorizationHeaderMalformed")
    };
    let scope: Vec<&str> = part("Credential")?.split('/').collect();
    let [access, day, region, "s3", "aws4_request"] = scope[..] else { return Err("AuthorizationHeaderMalformed") };
    if access != ACCESS_KEY {
        return Err("InvalidAccessKeyId");
    }
    if region != REGION {
        return Err("AuthorizationHeaderMalformed");
    }
    let hash = hex(digest::digest(&digest::SHA256, &asked.body).as_ref());
    if asked.header("x-amz-content-sha256") != hash {
        return Err("XAmzContentSHA256Mismatch");
    }
    let signed = part("SignedHeaders")?;
    let is_left_out = |name: &str| name.starts_with("x-amz-") && !signed.split(';').any(|known| known == name);
    if !signed.split(';').any(|name| name == "host") || asked.headers.iter().any(|(name, _)| is_left_out(name)) {
        return Err("AccessDenied");
    }
    let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
    let lines: String = signed.split(';').map(|name| format!("{name}:{}\n", asked.header(name))).collect();
    let request = format!("{}\n{path}\n{query}\n{lines}\n{signed}\n{hash}", asked.method);
    let time = asked.header("x-amz-date");
    let request = hex(digest::digest(&digest::SHA256, request.as_bytes()).as_ref());
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{day}/{region}/s3/aws4_request\n{request}");
    let mut key = format!("AWS4{SECRET_KEY}").into_bytes();
    for step in [day, region, "s3", "aws4_request", &text] {
        key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), step.as_bytes()).as_ref().to_vec();
    }
    if hex(&key) == part("Signature")? { Ok(()) } else { Err("SignatureDoesNotMatch") }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let pair = (byte == b'%').then(|| [rest.next(), rest.next()]);
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        match pair.map(|[high, low]| (digit(high), digit(low))) {
            Some((Some(high), Some(low))) => bytes.push((high * 16 + low) as u8),
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn encode(key: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    key.bytes().map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
