//! Passkeys over the API, by an authenticator of ours in this process: made, shown, and every trick refused (Web Authentication
//! Level 2, §7.1 and §7.2; the numbers are those of the steps).

use super::{
    sign_in::administrator,
    stage::{Answer, PASSWORD, Stage, raw},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};

const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const HAS_KEY: u8 = 1 << 6;

/// An authenticator with one key on P-256.
struct Device {
    pair: EcdsaKeyPair,
    id: &'static str,
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn hash(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

impl Device {
    fn new(id: &'static str) -> Device {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.as_ref(), &random).unwrap();
        Device { pair, id }
    }

    /// Authenticator data (§6.1).
    fn said(site: &str, flags: u8, counter: u32) -> Vec<u8> {
        [&*hash(site.as_bytes()), &[flags], &counter.to_be_bytes()].concat()
    }

    /// An attestation object of the format `none` (§6.5, §8.7).
    fn attestation(&self, site: &str, flags: u8) -> Vec<u8> {
        let point = self.pair.public_key().as_ref();
        let head = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
        let key = [&head[..], &point[1..33], &[0x22, 0x58, 0x20], &point[33..]].concat();
        let id = [&(self.id.len() as u16).to_be_bytes()[..], self.id.as_bytes()].concat();
        let said = [Device::said(site, flags, 0), vec![7; 16], id, key].concat();
        let words = [&b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59"[..], &(said.len() as u16).to_be_bytes()];
        [words.concat(), said].concat()
    }
}

/// A browser at `localhost`, where passkeys work without TLS.
struct Page<'s> {
    stage: &'s Stage,
    session: String,
    mark: String,
    token: String,
}

/// What a trick changes of an honest ceremony.
struct Trick {
    kind: Option<&'static str>,
    challenge: Option<String>,
    origin: Option<String>,
    site: &'static str,
    flags: u8,
    is_framed: bool,
}

impl Default for Trick {
    fn default() -> Trick {
        Trick {
            kind: None,
            challenge: None,
            origin: None,
            site: "localhost",
            flags: PRESENT | VERIFIED,
            is_framed: false,
        }
    }
}

impl Page<'_> {
    fn new(stage: &Stage) -> Page<'_> {
        Page { stage, session: String::new(), mark: String::new(), token: String::new() }
    }

    fn host(&self) -> String {
        format!("localhost:{}", self.stage.address.port())
    }

    fn ask(&mut self, method: &str, path: &str, body: &Value) -> Answer {
        let (host, body) = (self.host(), if body.is_null() { String::new() } else { body.to_string() });
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nConnection: close\r\nCookie: __Host-sinew={}; \
             __Host-sinew-mark={}\r\nx-sinew-token: {}\r\nContent-Length: {}\r\n\r\n",
            self.session,
            self.mark,
            self.token,
            body.len()
        );
        let answer = raw(self.stage.address, head.as_bytes(), body.as_bytes());
        let keep = |kept: &mut String, found: Option<String>| *kept = found.unwrap_or_else(|| kept.clone());
        keep(&mut self.session, answer.cookie("__host-sinew"));
        keep(&mut self.mark, answer.cookie("__host-sinew-mark"));
        keep(&mut self.token, answer.json()["token"].as_str().map(str::to_owned));
        answer
    }

    /// What the browser says that it saw (§5.8.1).
    fn client(&self, kind: &str, options: &Value, trick: &Trick) -> Vec<u8> {
        let challenge =
            trick.challenge.clone().unwrap_or_else(|| options["publicKey"]["challenge"].as_str().unwrap().into());
        let origin = trick.origin.clone().unwrap_or_else(|| format!("http://{}", self.host()));
        json!({"type": trick.kind.unwrap_or(kind), "challenge": challenge, "origin": origin, "crossOrigin": trick.is_framed})
            .to_string()
            .into_bytes()
    }

    fn begin(&mut self, path: &str) -> Value {
        self.ask("POST", path, &json!({"password": PASSWORD})).expect(200).json()
    }

    fn made(&self, device: &Device, options: &Value, trick: &Trick) -> Value {
        let client = self.client("webauthn.create", options, trick);
        let attestation = device.attestation(trick.site, trick.flags | HAS_KEY);
        json!({"title": "key ring", "client": text(&client), "attestation": text(&attestation)})
    }

    fn shown(&self, device: &Device, options: &Value, counter: u32, trick: &Trick) -> Value {
        let client = self.client("webauthn.get", options, trick);
        let said = Device::said(trick.site, trick.flags, counter);
        let signature = device.pair.sign(&SystemRandom::new(), &[&*said, &hash(&client)].concat()).unwrap();
        json!({"id": text(device.id.as_bytes()), "client": text(&client), "statement": text(&said),
            "signature": text(signature.as_ref())})
    }

    fn password(&mut self) {
        let answer = self.ask("POST", "/api/v1/sign-in", &json!({"name": "ann", "password": PASSWORD})).expect(200);
        assert_eq!(answer.json()["stage"], "factor");
    }

    /// Signs in with the passkey, from the password on.
    fn enter(&mut self, device: &Device, counter: u32) -> Answer {
        self.password();
        let options = self.begin("/api/v1/sign-in/passkey/begin");
        let shown = self.shown(device, &options, counter, &Trick::default());
        self.ask("POST", "/api/v1/sign-in/passkey", &shown)
    }
}

/// Ann, with a passkey of this device besides her app.
fn enrolled<'s>(stage: &'s Stage, device: &Device) -> Page<'s> {
    let (browser, ..) = administrator(stage);
    let mut ann = Page { session: browser.session, mark: browser.mark, token: browser.token, ..Page::new(stage) };
    let options = ann.begin("/api/v1/me/passkeys/begin");
    assert_eq!(options["publicKey"]["rp"]["id"], "localhost");
    let made = ann.made(device, &options, &Trick::default());
    ann.ask("POST", "/api/v1/me/passkeys", &made).expect(200);
    ann
}

#[test]
fn a_passkey_is_made_shown_and_removed() {
    let stage = Stage::new();
    let device = Device::new("ring-1");
    let mut ann = enrolled(&stage, &device);
    let listed = ann.ask("GET", "/api/v1/me/passkeys", &Value::Null).expect(200).json();
    assert_eq!(
        (&listed["passkeys"][0]["title"], listed["passkeys"][1].is_null()),
        (&json!("key ring"), true),
        "{listed}"
    );
    let mut other = Page::new(&stage);
    other.enter(&device, 1).expect(200);
    other.ask("GET", "/api/v1/users", &Value::Null).expect(200);
    other.enter(&device, 2).expect(200);
    // Removing it takes the password, and puts every other session out.
    let id = listed["passkeys"][0]["id"].clone();
    ann.ask("POST", "/api/v1/me/passkeys/remove", &json!({"id": id, "password": "wrong horse battery"})).expect(401);
    ann.ask("POST", "/api/v1/me/passkeys/remove", &json!({"id": id, "password": PASSWORD})).expect(200);
    other.ask("GET", "/api/v1/me", &Value::Null).expect(401);
    other.enter(&device, 3).expect(401);
    let rows = stage.audit().join("\n");
    for row in ["ann: add factor passkey", "ann: sign-in with a passkey from 127.0.0.1", "ann: remove factor passkey"] {
        assert!(rows.contains(row), "{row}: {rows}");
    }
}

#[test]
fn a_copied_key_is_found_by_its_counter() {
    let stage = Stage::new();
    let device = Device::new("ring-1");
    enrolled(&stage, &device);
    let mut owner = Page::new(&stage);
    owner.enter(&device, 7).expect(200);
    // 7.2.21: the copy counts on its own, from where it was copied.
    for counter in [7, 6, 1, 0] {
        let mut thief = Page::new(&stage);
        assert_eq!(thief.enter(&device, counter).expect(401).code(), "E7068", "{counter}");
        thief.ask("GET", "/api/v1/status", &Value::Null).expect(403);
    }
    owner.enter(&device, 8).expect(200);
    assert!(stage.audit().iter().any(|row| row == "ann: sign-in refused ann from 127.0.0.1"));
}

#[test]
fn another_page_another_site_and_another_person_are_refused() {
    let stage = Stage::new();
    let (device, other) = (Device::new("ring-1"), Device::new("ring-2"));
    enrolled(&stage, &device);
    let evil = |origin: &str| Trick { origin: Some(origin.into()), ..Trick::default() };
    let host = format!("localhost:{}", stage.address.port());
    let mut counter = 10;
    let tricks = [
        Trick { kind: Some("webauthn.create"), ..Trick::default() }, // 7.2.11
        Trick { challenge: Some(text(&[1; 32])), ..Trick::default() }, // 7.2.12
        evil("https://evil.example"),                                // 7.2.13
        evil(&format!("https://{host}.evil.example")),
        evil("http://localhost:1"),
        evil(""),
        Trick { is_framed: true, ..Trick::default() },
        Trick { site: "evil.example", ..Trick::default() }, // 7.2.15
        Trick { flags: VERIFIED, ..Trick::default() },      // 7.2.16
        Trick { flags: PRESENT, ..Trick::default() },       // 7.2.17
    ];
    for (at, trick) in tricks.iter().enumerate() {
        counter += 2;
        let mut page = Page::new(&stage);
        page.password();
        let options = page.begin("/api/v1/sign-in/passkey/begin");
        let shown = page.shown(&device, &options, counter, trick);
        assert_eq!(page.ask("POST", "/api/v1/sign-in/passkey", &shown).expect(401).code(), "E7068", "trick {at}");
        page.ask("GET", "/api/v1/status", &Value::Null).expect(403);
        // Who is honest gets in, and is not made to wait for the tricks of others.
        Page::new(&stage).enter(&device, counter + 1).expect(200);
    }
    // 7.2.20: a key of somebody else, under ann's id and under its own; a signature over something else.
    let mut page = Page::new(&stage);
    page.password();
    for (device, id) in [(&other, "ring-1"), (&other, "ring-2")] {
        let options = page.begin("/api/v1/sign-in/passkey/begin");
        let mut shown = page.shown(device, &options, counter + 5, &Trick::default());
        shown["id"] = json!(text(id.as_bytes()));
        page.ask("POST", "/api/v1/sign-in/passkey", &shown).expect(401);
    }
    let options = page.begin("/api/v1/sign-in/passkey/begin");
    let mut shown = page.shown(&device, &options, counter + 5, &Trick::default());
    shown["statement"] = json!(text(&Device::said("localhost", PRESENT | VERIFIED, counter + 6)));
    page.ask("POST", "/api/v1/sign-in/passkey", &shown).expect(401);
}

#[test]
fn a_challenge_is_good_for_one_try_of_one_session() {
    let stage = Stage::new();
    let device = Device::new("ring-1");
    enrolled(&stage, &device);
    let mut ann = Page::new(&stage);
    ann.password();
    let options = ann.begin("/api/v1/sign-in/passkey/begin");
    let shown = ann.shown(&device, &options, 1, &Trick::default());
    // What was overheard is of no use in another session, before and behind its own begin.
    let mut thief = Page::new(&stage);
    thief.password();
    thief.ask("POST", "/api/v1/sign-in/passkey", &shown).expect(401);
    thief.begin("/api/v1/sign-in/passkey/begin");
    thief.ask("POST", "/api/v1/sign-in/passkey", &shown).expect(401);
    // A try that fails uses the challenge up.
    let framed = Trick { is_framed: true, ..Trick::default() };
    let wrong = ann.shown(&device, &options, 1, &framed);
    ann.ask("POST", "/api/v1/sign-in/passkey", &wrong).expect(401);
    ann.ask("POST", "/api/v1/sign-in/passkey", &shown).expect(401);
    let options = ann.begin("/api/v1/sign-in/passkey/begin");
    let shown = ann.shown(&device, &options, 1, &Trick::default());
    ann.ask("POST", "/api/v1/sign-in/passkey", &shown).expect(200);
    // Once more, in a session of the same browser.
    ann.password();
    ann.ask("POST", "/api/v1/sign-in/passkey", &shown).expect(401);
    // A challenge for making one is none for showing it.
    ann.enter(&device, 2).expect(200);
    let options = ann.begin("/api/v1/me/passkeys/begin");
    let made = ann.made(&Device::new("ring-2"), &options, &Trick::default());
    let shown = ann.shown(&device, &options, 3, &Trick::default());
    ann.ask("POST", "/api/v1/sign-in/passkey", &shown).expect(403);
    ann.ask("POST", "/api/v1/me/passkeys", &made).expect(200);
    assert_eq!(ann.ask("POST", "/api/v1/me/passkeys", &made).expect(400).code(), "E7077", "the same again");
}

#[test]
fn what_is_registered_is_of_this_page_and_of_one_person() {
    let stage = Stage::new();
    let device = Device::new("ring-1");
    let mut ann = enrolled(&stage, &device);
    let tricks = [
        Trick { kind: Some("webauthn.get"), ..Trick::default() }, // 7.1.7
        Trick { challenge: Some(text(&[1; 32])), ..Trick::default() }, // 7.1.8
        Trick { origin: Some("https://evil.example".into()), ..Trick::default() }, // 7.1.9
        Trick { is_framed: true, ..Trick::default() },
        Trick { site: "evil.example", ..Trick::default() }, // 7.1.13
        Trick { flags: VERIFIED, ..Trick::default() },      // 7.1.14
        Trick { flags: PRESENT, ..Trick::default() },       // 7.1.15
    ];
    for (at, trick) in tricks.iter().enumerate() {
        let options = ann.begin("/api/v1/me/passkeys/begin");
        let made = ann.made(&Device::new("ring-2"), &options, trick);
        assert_eq!(ann.ask("POST", "/api/v1/me/passkeys", &made).expect(400).code(), "E7077", "trick {at}");
    }
    // 7.1.22: an id that is known, also of another person, is not taken a second time.
    let options = ann.begin("/api/v1/me/passkeys/begin");
    assert_eq!(options["publicKey"]["excludeCredentials"][0]["id"], text(b"ring-1"));
    let made = ann.made(&Device::new("ring-1"), &options, &Trick::default());
    ann.ask("POST", "/api/v1/me/passkeys", &made).expect(400);
    let told = stage.local("/api/v1/users", &json!({"name": "bob", "grants": [{"role": "viewer"}]}));
    let mut bob = Page::new(&stage);
    let body = json!({"token": told["token"], "name": "bob", "password": "another four words"});
    assert_eq!(bob.ask("POST", "/api/v1/sign-in/token", &body).expect(200).json()["stage"], "enroll");
    let options = bob.begin("/api/v1/me/passkeys/begin");
    let made = bob.made(&Device::new("ring-1"), &options, &Trick::default());
    bob.ask("POST", "/api/v1/me/passkeys", &made).expect(400);
    bob.ask("GET", "/api/v1/status", &Value::Null).expect(403);
    let options = bob.begin("/api/v1/me/passkeys/begin");
    let made = bob.made(&Device::new("ring-3"), &options, &Trick::default());
    let answer = bob.ask("POST", "/api/v1/me/passkeys", &made).expect(200).json();
    assert_eq!(answer["recovery"].as_array().map(Vec::len), Some(10), "the first factor comes with recovery codes");
    bob.ask("GET", "/api/v1/status", &Value::Null).expect(200);
}
