//! Passkeys: the two ceremonies of Web Authentication (W3C, Level 2), each step with its number.
//!
//! Promises: pure; a challenge, an origin or a site that is not ours is refused; the person was verified by the authenticator;
//! a counter that does not grow is a copied key. Attestation is not asked for: which make of key somebody has is their affair.

mod cbor;
mod cose;

use super::chance::is_same;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use serde::Deserialize;

pub(in crate::people) use cose::ALGORITHMS;

/// What a ceremony has to be for.
pub(super) struct Expected<'a> {
    /// Base64url, as it was given to the page.
    pub(super) challenge: &'a str,
    /// The name and port that the page was reached by.
    pub(super) host: &'a str,
}

/// Why a ceremony is refused, for tests and for nobody else: the person is told that it did not work.
pub(super) type Refused = &'static str;

/// Flags of the authenticator's statement (§6.1).
const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const HAS_KEY: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;

/// What the browser says (§5.8.1).
#[derive(Deserialize)]
struct Client {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    is_cross_origin: bool,
}

/// The name without the port: what a passkey belongs to.
pub(super) fn site(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !name.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// §7.1 steps 5 to 11 and §7.2 steps 9 to 14: what the browser saw.
fn client(text: &[u8], kind: &str, expected: &Expected<'_>) -> Result<[u8; 32], Refused> {
    // 7.1.5, 7.1.6 (7.2.9, 7.2.10): UTF-8, then JSON.
    let client: Client = serde_json::from_slice(text).map_err(|_| "the browser's statement is not JSON")?;
    // 7.1.7 (7.2.11).
    if client.r#type != kind {
        return Err("the statement is of another ceremony");
    }
    // 7.1.8 (7.2.12).
    if !is_same(client.challenge.as_bytes(), expected.challenge.as_bytes()) {
        return Err("the challenge is another one");
    }
    // 7.1.9 (7.2.13): inside TLS, or on this machine.
    let is_local = site(expected.host) == "localhost";
    let is_ours = client.origin == format!("https://{}", expected.host)
        || is_local && client.origin == format!("http://{}", expected.host);
    if !is_ours || client.is_cross_origin {
        return Err("the page is of another site");
    }
    // 7.1.10 (7.2.14): token binding is not used. 7.1.11 (7.2.19): the hash.
    Ok(hash(text))
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

/// What the authenticator says (§6.1).
struct Statement<'a> {
    flags: u8,
    counter: u32,
    rest: &'a [u8],
}

/// §7.1 steps 13 to 15 and §7.2 steps 15 to 17.
fn statement<'a>(bytes: &'a [u8], host: &str) -> Result<Statement<'a>, Refused> {
    const SHORT: Refused = "the authenticator's statement is too short";
    let (name, rest) = bytes.split_at_checked(32).ok_or(SHORT)?;
    let (flags, rest) = rest.split_first().ok_or(SHORT)?;
    let (counter, rest) = rest.split_first_chunk::<4>().ok_or(SHORT)?;
    if !is_same(name, &hash(site(host).as_bytes())) {
        return Err("the passkey is of another site");
    }
    if flags & PRESENT == 0 {
        return Err("nobody was present");
    }
    if flags & VERIFIED == 0 {
        return Err("the person was not verified");
    }
    Ok(Statement { flags: *flags, counter: u32::from_be_bytes(*counter), rest })
}

/// A key that was made.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Made {
    /// Credential id, base64url.
    pub(super) id: String,
    /// COSE key, base64url.
    pub(super) key: String,
    pub(super) counter: u32,
}

/// Registers a credential: §7.1.
pub(super) fn register(client_text: &[u8], attestation: &[u8], expected: &Expected<'_>) -> Result<Made, Refused> {
    let hash = client(client_text, "webauthn.create", expected)?;
    // 12: the attestation object.
    let (object, rest) = cbor::read(attestation).ok_or("the attestation is not CBOR")?;
    let said = object.named("authData").and_then(cbor::Value::bytes).ok_or("the attestation says nothing")?;
    if !rest.is_empty() {
        return Err("something stands behind the attestation");
    }
    // 13 to 15.
    let statement = statement(said, expected.host)?;
    let (id, key) = credential(&statement)?;
    // 16: one of the algorithms that were offered.
    let algorithm = cose::algorithm(key).ok_or("the key is of a kind that is not taken")?;
    // 17: no extensions were asked for, and those that come are left alone (§7.1, note).
    // 18, 19: the attestation statement: none, or by the key itself (§8.2, §8.7).
    let kind = object.named("fmt");
    let stated = object.named("attStmt").ok_or("the attestation has no statement")?;
    let is_right = match kind {
        Some(cbor::Value::Text(kind)) if kind == "none" => *stated == cbor::Value::Map(Vec::new()),
        Some(cbor::Value::Text(kind)) if kind == "packed" => {
            let signature = stated.named("sig").and_then(cbor::Value::bytes).unwrap_or_default();
            let is_own = stated.named("x5c").is_none();
            let is_alike = stated.named("alg").and_then(cbor::Value::integer) == Some(algorithm);
            is_own && is_alike && cose::is_signed(key, &[said, &hash].concat(), signature)
        }
        _ => false,
    };
    // 20, 21: neither has a chain to trust. 22 to 24: who calls sees to it that the id is new, and keeps the key.
    let made = || Made { id: URL_SAFE_NO_PAD.encode(id), key: URL_SAFE_NO_PAD.encode(key), counter: statement.counter };
    is_right.then(made).ok_or("the attestation is of a kind that is not taken")
}

/// The credential in a statement (§6.5.1): its id and its key, exactly as long as it is.
fn credential<'a>(statement: &Statement<'a>) -> Result<(&'a [u8], &'a [u8]), Refused> {
    const NONE: Refused = "there is no key in the statement";
    /// Longest id of a credential (§7.1 step 22 and CTAP).
    const ID_BYTES_MAX: usize = 1023;
    if statement.flags & HAS_KEY == 0 {
        return Err(NONE);
    }
    let (_model, rest) = statement.rest.split_at_checked(16).ok_or(NONE)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(NONE)?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (id, rest) = rest.split_at_checked(length).ok_or(NONE)?;
    if id.is_empty() || id.len() > ID_BYTES_MAX {
        return Err(NONE);
    }
    let (_, behind) = cbor::read(rest).ok_or(NONE)?;
    let (key, behind) = rest.split_at_checked(rest.len() - behind.len()).map(|(key, _)| (key, behind)).ok_or(NONE)?;
    let is_end = match statement.flags & HAS_EXTENSIONS {
        0 => behind.is_empty(),
        _ => cbor::read(behind).is_some_and(|(_, rest)| rest.is_empty()),
    };
    is_end.then_some((id, key)).ok_or("something stands behind the key")
}

/// What a browser answers when it signs in.
pub(super) struct Shown<'a> {
    pub(super) client: &'a [u8],
    pub(super) statement: &'a [u8],
    pub(super) signature: &'a [u8],
}

/// Verifies an assertion of a key that is known: §7.2 from step 8. Gives the new counter.
pub(super) fn verify(shown: &Shown<'_>, key: &str, counter: u32, expected: &Expected<'_>) -> Result<u32, Refused> {
    // 9 to 14, 19.
    let hash = client(shown.client, "webauthn.get", expected)?;
    // 15 to 17.
    let said = statement(shown.statement, expected.host)?;
    // 18: extensions are left alone. 20: the signature over the statement and the hash.
    let key = URL_SAFE_NO_PAD.decode(key).map_err(|_| "the kept key is damaged")?;
    if !cose::is_signed(&key, &[shown.statement, &hash].concat(), shown.signature) {
        return Err("the signature is not of this key");
    }
    // 21: a counter that does not grow is of a copy.
    if (said.counter != 0 || counter != 0) && said.counter <= counter {
        return Err("the counter did not grow: the key may have been copied");
    }
    Ok(said.counter)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use ring::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
    };
    use serde_json::json;

    const HOST: &str = "sinew.example.org";
    const CHALLENGE: &str = "Y2hhbGxlbmdl";

    enum Pair {
        P256(EcdsaKeyPair),
        Ed25519(Ed25519KeyPair),
    }

    /// An authenticator of our own.
    struct Device(Pair);

    impl Device {
        fn p256() -> Device {
            let random = SystemRandom::new();
            let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
            Device(Pair::P256(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.as_ref(), &random).unwrap(),
            ))
        }
        fn ed25519() -> Device {
            let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
            Device(Pair::Ed25519(Ed25519KeyPair::from_pkcs8(key.as_ref()).unwrap()))
        }
        fn key(&self) -> Vec<u8> {
            match &self.0 {
                Pair::P256(pair) => {
                    let point = pair.public_key().as_ref();
                    let head = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
                    [&head[..], &point[1..33], &[0x22, 0x58, 0x20], &point[33..]].concat()
                }
                Pair::Ed25519(pair) => {
                    let head = [0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20];
                    [&head[..], pair.public_key().as_ref()].concat()
                }
            }
        }
        fn sign(&self, bytes: &[u8]) -> Vec<u8> {
            match &self.0 {
                Pair::P256(pair) => pair.sign(&SystemRandom::new(), bytes).unwrap().as_ref().to_vec(),
                Pair::Ed25519(pair) => pair.sign(bytes).as_ref().to_vec(),
            }
        }
        fn said(&self, host: &str, flags: u8, counter: u32) -> Vec<u8> {
            [&hash(host.as_bytes())[..], &[flags], &counter.to_be_bytes()].concat()
        }
        fn attestation(&self, flags: u8) -> Vec<u8> {
            let key = self.key();
            let said = [self.said(HOST, flags, 0), vec![7; 16], vec![0, 4], b"id-1".to_vec(), key].concat();
            let mut out = vec![0xa3, 0x63, b'f', b'm', b't', 0x64, b'n', b'o', b'n', b'e'];
            out.extend([0x67, b'a', b't', b't', b'S', b't', b'm', b't', 0xa0, 0x68]);
            out.extend(b"authData");
            out.extend([0x59]);
            out.extend((said.len() as u16).to_be_bytes());
            out.extend(said);
            out
        }
    }

    fn text(kind: &str, challenge: &str, origin: &str) -> Vec<u8> {
        json!({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false}).to_string().into_bytes()
    }

    const EXPECTED: Expected<'_> = Expected { challenge: CHALLENGE, host: HOST };
    const ORIGIN: &str = "https://sinew.example.org";
    const GOOD: u8 = PRESENT | VERIFIED | HAS_KEY;

    #[test]
    fn a_key_is_made_and_shown() {
        for device in [Device::p256(), Device::ed25519()] {
            let made =
                register(&text("webauthn.create", CHALLENGE, ORIGIN), &device.attestation(GOOD), &EXPECTED).unwrap();
            assert_eq!(made.id, URL_SAFE_NO_PAD.encode("id-1"));
            let (client, said) = (text("webauthn.get", CHALLENGE, ORIGIN), device.said(HOST, PRESENT | VERIFIED, 5));
            let signature = device.sign(&[said.clone(), hash(&client).to_vec()].concat());
            let shown = Shown { client: &client, statement: &said, signature: &signature };
            assert_eq!(verify(&shown, &made.key, 4, &EXPECTED), Ok(5));
            assert!(verify(&shown, &made.key, 5, &EXPECTED).is_err(), "a counter that did not grow");
            let other =
                register(&text("webauthn.create", CHALLENGE, ORIGIN), &Device::p256().attestation(GOOD), &EXPECTED);
            assert!(verify(&shown, &other.unwrap().key, 4, &EXPECTED).is_err(), "another key");
            let mut changed = said.clone();
            changed[36] ^= 2;
            assert!(
                verify(&Shown { statement: &changed, ..shown }, &made.key, 4, &EXPECTED).is_err(),
                "a changed counter"
            );
        }
    }

    #[test]
    fn every_step_of_registering_refuses() {
        let device = Device::p256();
        let check = |client: &[u8], attestation: &[u8]| register(client, attestation, &EXPECTED).unwrap_err();
        let (good, right) = (device.attestation(GOOD), text("webauthn.create", CHALLENGE, ORIGIN));
        check(b"{", &good);
        check(&text("webauthn.get", CHALLENGE, ORIGIN), &good);
        check(&text("webauthn.create", "b3RoZXI", ORIGIN), &good);
        for origin in [
            "http://sinew.example.org",
            "https://evil.example",
            "https://sinew.example.org:8443",
            "https://sinew.example.org.evil.example",
        ] {
            check(&text("webauthn.create", CHALLENGE, origin), &good);
        }
        let framed = json!({"type": "webauthn.create", "challenge": CHALLENGE, "origin": ORIGIN, "crossOrigin": true});
        check(framed.to_string().as_bytes(), &good);
        check(&right, &device.attestation(VERIFIED | HAS_KEY));
        check(&right, &device.attestation(PRESENT | HAS_KEY));
        check(&right, &device.attestation(PRESENT | VERIFIED));
        check(&right, &[&good[..], &[0]].concat());
        for length in 0..good.len() {
            check(&right, &good[..length]);
        }
        let place = |text: &[u8]| good.windows(text.len()).position(|window| window == text).unwrap();
        for (at, byte) in [(place(b"none"), b'x'), (place(&hash(HOST.as_bytes())), 0), (place(&[0x03, 0x26]) + 1, 0x27)]
        {
            let mut bad = good.clone();
            bad[at] = byte ^ u8::from(bad[at] == byte);
            check(&right, &bad);
        }
    }

    #[test]
    fn names_of_sites() {
        for (host, name) in [("localhost:8620", "localhost"), ("a.example", "a.example"), ("[::1]:80", "[::1]")] {
            assert_eq!(site(host), name);
        }
    }
}
