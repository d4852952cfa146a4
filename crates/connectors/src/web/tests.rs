//! The client's credentials against a scripted server: what is shown, what is fetched, what is refused.

use super::{Client, Place, Url, auth::Credentials, settings::limits};
use crate::testing::{context, settings};
use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use interface::catalogue::Value;
use message::Reason;
use ring::signature::{ECDSA_P384_SHA384_FIXED, KeyPair, RSA_PKCS1_2048_8192_SHA384, RsaKeyPair, UnparsedPublicKey};
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use testkit::web::{Asked, Told, WebServer};

type Values = Vec<(&'static str, Value)>;

fn text(name: &'static str, value: &str) -> (&'static str, Value) {
    (name, Value::Text(value.into()))
}

struct Lane {
    client: Client,
    credentials: Credentials,
}

fn lane(address: &str, values: Values) -> Result<Lane, Reason> {
    let http = crate::catalogue().iter().find(|connector| connector.spec().name == "http").unwrap();
    let settings = settings(*http, false, address, &values);
    let url = Url::parse(address)?;
    let limits = limits(&settings)?;
    let credentials = Credentials::read(&settings, &context(), &url, limits)?;
    Ok(Lane { client: Client::new(Place::read(&settings, &context(), url)?, limits), credentials })
}

impl Lane {
    async fn ask(&mut self) -> Result<u16, String> {
        let request = Request::new(Full::new(Bytes::from_static(b"body")));
        let answer = self.credentials.exchange(&mut self.client, request).await;
        answer.map(|answer| answer.status.as_u16()).map_err(|fault| format!("{fault:?}"))
    }
}

#[tokio::test]
async fn fixed_credentials_are_shown() {
    let server = WebServer::start(|_| Told::json(200, "{}")).await;
    let address = format!("http://{}/x", server.address);
    lane(&address, vec![text("user", "ward"), text("password", "correct horse")]).unwrap().ask().await.unwrap();
    lane(&address, vec![text("token", "abc")]).unwrap().ask().await.unwrap();
    lane(&address, vec![]).unwrap().ask().await.unwrap();
    let shown: Vec<String> = server.asked().iter().map(|asked| asked.header("authorization").to_owned()).collect();
    assert_eq!(shown, ["Basic d2FyZDpjb3JyZWN0IGhvcnNl", "Bearer abc", ""]);
}

/// Who answers "elsewhere" could be made to send what is secret to another house.
#[tokio::test]
async fn a_server_that_sends_elsewhere_is_not_followed() {
    let other = WebServer::start(|_| Told::json(200, "{}")).await;
    for status in [301, 302, 303, 307, 308] {
        let place = format!("http://{}/other", other.address);
        let server = WebServer::start(move |_| Told::with(status, &[("Location", &place)], "")).await;
        let address = format!("http://{}/x", server.address);
        let told = lane(&address, vec![text("token", "abc")]).unwrap().ask().await.unwrap();
        assert_eq!((told, server.asked().len()), (status, 1));
    }
    assert!(other.asked().is_empty(), "{:?}", other.asked());
}

fn gzip(content: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// We ask for what is not packed; a server that packs all the same is understood, up to the limit of an answer (1 MiB).
#[tokio::test]
async fn packed_answers_are_unpacked_within_the_limit() {
    let limit = message::limits::REPLY_BYTES_MAX;
    let told = async |coding: &'static str, body: Vec<u8>| {
        let head = vec![("Content-Encoding".to_owned(), coding.to_owned())];
        let server = WebServer::start(move |_| Told::Answer(200, head.clone(), body.clone())).await;
        let mut lane = lane(&format!("http://{}/x", server.address), vec![]).unwrap();
        let request = Request::new(Full::new(Bytes::from_static(b"body")));
        let answer = lane.credentials.exchange(&mut lane.client, request).await;
        assert_eq!(server.asked()[0].header("accept-encoding"), "identity");
        answer
            .map(|answer| (answer.body, answer.headers.contains_key("content-encoding")))
            .map_err(|fault| format!("{fault:?}"))
    };
    let plain = (Bytes::from_static(b"{\"ok\":true}"), false);
    assert_eq!(told("gzip", gzip(b"{\"ok\":true}")).await, Ok(plain.clone()));
    assert_eq!(told("X-GZIP", [gzip(b"{\"ok\":"), gzip(b"true}")].concat()).await, Ok(plain));
    assert_eq!(told("gzip", gzip(&vec![b'x'; limit])).await.map(|(body, _)| body.len()), Ok(limit));
    // One byte more; a gigabyte in a megabyte; cut off; something else; a coding in a coding.
    let refused = async |body: Vec<u8>| {
        let text = told("gzip", body).await.unwrap_err();
        assert!(text.contains("E6307") && text.contains("Doubtful"), "{text}");
    };
    refused(gzip(&vec![b'x'; limit + 1])).await;
    let thousand = gzip(&vec![0; 1024 * 1024]);
    refused(thousand.repeat(900)).await;
    let whole = gzip(b"{\"ok\":true}");
    refused(whole[..whole.len() - 1].to_vec()).await;
    refused(b"{\"ok\":true}".to_vec()).await;
    for coding in ["br", "deflate", "gzip, gzip", "identity"] {
        assert_eq!(told(coding, whole.clone()).await, Ok((whole.clone().into(), true)), "{coding}");
    }
}

#[test]
fn credentials_that_cannot_be_used() {
    let refused = |address: &str, values: Values, code: &str| {
        let reason = lane(address, values).err().map_or_else(|| "ok".to_owned(), |reason| reason.to_string());
        assert!(reason.starts_with(code) && !reason.contains("hunter2"), "{reason}, not {code}");
    };
    let here = "http://127.0.0.1:1/x";
    let oauth = |more: Values| [vec![text("token-url", "https://a.example/t"), text("client-id", "c")], more].concat();
    refused("http://a.example/x", vec![text("token", "hunter2")], "E6513");
    refused("https://a.example/x", vec![text("token", "hunter2")], "ok");
    refused(here, vec![text("token", "hunter2"), text("user", "u")], "E6010");
    refused(here, vec![text("user", "u")], "E6010");
    refused(here, vec![text("password", "hunter2")], "E6010");
    refused(here, vec![text("user", "a:b"), text("password", "hunter2")], "E6010");
    refused(here, vec![text("token", "hunter2\n")], "E6010");
    refused(here, oauth(vec![]), "E6010");
    refused(here, oauth(vec![text("client-secret", "hunter2")]), "ok");
    refused(here, oauth(vec![text("private-key", "-----BEGIN hunter2")]), "E6503");
    refused(here, vec![text("token-url", "http://a.example/t"), text("client-id", "c")], "E6513");
}

/// A server that gives numbered tokens, and takes only the newest.
struct Issuer {
    server: WebServer,
}

impl Issuer {
    async fn start(answer: impl Fn(usize) -> Told + Send + Sync + 'static) -> Issuer {
        let given = AtomicUsize::new(0);
        let server = WebServer::start(move |asked: &Asked| {
            if asked.target == "/token" {
                return answer(given.fetch_add(1, Ordering::SeqCst) + 1);
            }
            let newest = format!("Bearer t{}", given.load(Ordering::SeqCst));
            if asked.header("authorization") == newest { Told::json(200, "{}") } else { Told::json(401, "{}") }
        })
        .await;
        Issuer { server }
    }

    fn lane(&self, more: Values) -> Lane {
        let url = format!("http://{}", self.server.address);
        let oauth = vec![text("token-url", &format!("{url}/token")), text("client-id", "sinew north")];
        lane(&format!("{url}/x"), [oauth, more].concat()).unwrap()
    }

    fn token_requests(&self) -> Vec<Asked> {
        self.server.asked().into_iter().filter(|asked| asked.target == "/token").collect()
    }
}

fn token(number: usize, seconds: u64) -> Told {
    Told::json(200, &format!(r#"{{"access_token":"t{number}","token_type":"bearer","expires_in":{seconds}}}"#))
}

#[tokio::test]
async fn a_token_is_kept_until_it_is_about_to_expire() {
    let issuer = Issuer::start(|number| token(number, if number == 1 { 3600 } else { 1 })).await;
    let mut lane = issuer.lane(vec![text("client-secret", "hunter2 %"), text("scope", "a/*.write b")]);
    for _ in 0..3 {
        assert_eq!(lane.ask().await.unwrap(), 200);
    }
    let asked = issuer.token_requests();
    assert_eq!(asked.len(), 1, "one token for three requests");
    assert_eq!(asked[0].text(), "grant_type=client_credentials&scope=a%2F%2A.write%20b");
    // sinew%20north:hunter2%20%25
    assert_eq!(asked[0].header("authorization"), "Basic c2luZXclMjBub3J0aDpodW50ZXIyJTIwJTI1");

    // A token of one second is renewed after three quarters of it, before the server has to refuse it.
    let issuer = Issuer::start(|number| token(number, 1)).await;
    let mut lane = issuer.lane(vec![text("client-secret", "hunter2"), text("client-auth", "body")]);
    assert_eq!(lane.ask().await.unwrap(), 200);
    tokio::time::sleep(std::time::Duration::from_millis(900)).await;
    assert_eq!(lane.ask().await.unwrap(), 200);
    assert_eq!(issuer.token_requests().len(), 2);
    assert!(
        issuer.server.asked().iter().all(|asked| asked.target == "/token" || !asked.header("authorization").is_empty())
    );
    let body = issuer.token_requests()[0].text();
    assert_eq!(body, "grant_type=client_credentials&client_id=sinew%20north&client_secret=hunter2");
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_renewed_once() {
    let issuer = Issuer::start(|number| token(number, 3600)).await;
    let mut first = issuer.lane(vec![text("client-secret", "hunter2")]);
    let mut second = issuer.lane(vec![text("client-secret", "hunter2")]);
    assert_eq!(first.ask().await.unwrap(), 200);
    assert_eq!(second.ask().await.unwrap(), 200);
    // The token of the first does not count any more.
    assert_eq!(first.ask().await.unwrap(), 200);
    assert_eq!(issuer.token_requests().len(), 3);

    // A server that takes none is asked twice, not for ever.
    let issuer = Issuer::start(|_| token(77, 3600)).await;
    assert_eq!(issuer.lane(vec![text("client-secret", "hunter2")]).ask().await.unwrap(), 401);
    assert_eq!(issuer.server.asked().len(), 4);
}

#[tokio::test]
async fn servers_that_give_no_token() {
    let check = async |told: Told, expect: &str| {
        let issuer = Issuer::start(move |_| told.clone()).await;
        let fault = issuer.lane(vec![text("client-secret", "hunter2")]).ask().await.unwrap_err();
        assert!(fault.contains("Unsent(E6511") && fault.contains(expect), "{fault}, not {expect}");
        assert!(!fault.contains("hunter2") && !fault.contains("SECRET"), "{fault}");
        assert!(issuer.server.asked().iter().all(|asked| asked.target == "/token"), "nothing else was sent");
    };
    check(
        Told::json(400, r#"{"error":"invalid_client","error_description":"SECRET"}"#),
        "answered 400: invalid_client",
    )
    .await;
    check(Told::json(500, r#"{"error":"SECRET"}"#), "answered 500)").await;
    check(Told::json(200, "SECRET"), "no token that can be read").await;
    check(Told::json(200, r#"{"access_token":"SECRET","token_type":"mac"}"#), "not of the type Bearer").await;
    check(Told::Close, "gave no token").await;
    check(Told::Raw(b"SECRET\r\n\r\n".to_vec()), "not HTTP").await;
}

/// Keys that were made for this test alone.
fn es384() -> (rcgen::KeyPair, Vec<u8>) {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let public = key.public_key_raw().to_vec();
    (key, public)
}

async fn assertion_of(pem: &str) -> (serde_json::Value, serde_json::Value, Vec<u8>, Vec<u8>) {
    let issuer = Issuer::start(|number| token(number, 3600)).await;
    let mut lane = issuer.lane(vec![text("private-key", pem), text("key-id", "k1"), text("scope", "system/*.write")]);
    assert_eq!(lane.ask().await.unwrap(), 200);
    let body = issuer.token_requests()[0].text();
    let kind = "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
    assert!(body.contains(kind) && body.contains("scope=system%2F%2A.write"), "{body}");
    assert_eq!(issuer.token_requests()[0].header("authorization"), "");
    let assertion = body.split("client_assertion=").nth(1).unwrap().to_owned();
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let decode = |text: &str| {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        URL_SAFE_NO_PAD.decode(text).unwrap()
    };
    let (header, claims) = signed.split_once('.').unwrap();
    let json = |text: &str| serde_json::from_slice(&decode(text)).unwrap();
    let claims: serde_json::Value = json(claims);
    assert_eq!(claims["aud"], format!("http://{}/token", issuer.server.address));
    (json(header), claims, signed.as_bytes().to_vec(), decode(signature))
}

#[tokio::test]
async fn assertions_are_signed_with_es384() {
    let (key, public) = es384();
    let (header, claims, signed, signature) = assertion_of(&key.serialize_pem()).await;
    assert_eq!(header, json!({ "alg": "ES384", "typ": "JWT", "kid": "k1" }));
    assert_eq!((&claims["iss"], &claims["sub"]), (&"sinew north".into(), &"sinew north".into()));
    let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert!((1..=300).contains(&life), "SMART allows five minutes");
    assert!(claims["jti"].as_str().unwrap().len() >= 16);
    UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, public).verify(&signed, &signature).unwrap();
}

#[tokio::test]
async fn assertions_are_signed_with_rs384() {
    // ring makes no RSA keys; this one was made for the test and opens nothing.
    let pem = include_str!("tests/rsa.pem");
    let (header, _, signed, signature) = assertion_of(pem).await;
    assert_eq!(header["alg"], "RS384");
    let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).unwrap();
    let key = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA384, key.public_key());
    public.verify(&signed, &signature).unwrap();
}
