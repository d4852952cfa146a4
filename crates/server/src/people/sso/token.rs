//! Tokens that a provider signed (RFC 7515, RFC 7519, OpenID Connect Core 1.0 §3.1.3.7), judged as RFC 8725 says.
//!
//! Promises: only RS256 and ES256, by the algorithm that the key has and not the one that the token asks for; a key comes from the
//! provider's own list and from nowhere that a token names; issuer, audience, nonce and times are compared exactly.
//! Never: reads a claim of a token that is not signed; says what was in one.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use message::Timestamp;
use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};
use serde_json::{Map, Value};

/// Largest token.
const TOKEN_BYTES_MAX: usize = 16 * 1024;
/// Keys of a provider.
const KEYS_MAX: usize = 64;
/// Clocks may differ by this much.
const SKEW_S: i64 = 60;
/// A token that was issued earlier is not one of this sign-in.
const AGE_MAX_S: i64 = 600;

/// A public key of a provider.
pub(super) struct Key {
    id: Option<String>,
    kind: Kind,
}

enum Kind {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// An uncompressed point on P-256.
    P256(Vec<u8>),
}

fn decoded(value: &Value) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(value.as_str()?).ok()
}

/// The keys of a list (RFC 7517) that may sign for us. Others are left out: a list may hold keys for other purposes.
pub(super) fn keys(list: &Value) -> Vec<Key> {
    let key = |key: &Value| {
        let is_for_signing = key["use"].as_str().is_none_or(|purpose| purpose == "sig");
        let is_alg = |name: &str| key["alg"].as_str().is_none_or(|alg| alg == name);
        let kind = match key["kty"].as_str()? {
            "RSA" if is_alg("RS256") => {
                let n = decoded(&key["n"])?;
                // Below 2048 bits ring refuses as well; a list that holds such a key is told early.
                (n.len() >= 256).then_some(Kind::Rsa { n, e: decoded(&key["e"])? })?
            }
            "EC" if is_alg("ES256") && key["crv"] == "P-256" => {
                let (x, y) = (decoded(&key["x"])?, decoded(&key["y"])?);
                (x.len() == 32 && y.len() == 32).then(|| Kind::P256([&[4][..], &x, &y].concat()))?
            }
            _ => return None,
        };
        is_for_signing.then(|| Key { id: key["kid"].as_str().map(str::to_owned), kind })
    };
    list["keys"].as_array().into_iter().flatten().take(KEYS_MAX).filter_map(key).collect()
}

impl Key {
    fn algorithm(&self) -> &'static str {
        match self.kind {
            Kind::Rsa { .. } => "RS256",
            Kind::P256(_) => "ES256",
        }
    }

    fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.kind {
            Kind::Rsa { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
            Kind::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
        }
    }
}

/// What a token has to be.
pub(super) struct Expected<'a> {
    /// The provider, as it calls itself.
    pub(super) issuer: &'a str,
    /// We, as the provider calls us.
    pub(super) client: &'a str,
    /// What was sent with this sign-in.
    pub(super) nonce: &'a str,
    /// Now.
    pub(super) now: Timestamp,
}

/// The keys do not hold the one that signed: the list may have been renewed since it was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// No key of the list has the token's id.
    UnknownKey,
    /// For this reason, which quotes nothing.
    Because(&'static str),
}

/// The claims of a token that is as expected.
pub(super) fn read(token: &str, keys: &[Key], expected: &Expected<'_>) -> Result<Map<String, Value>, Refused> {
    let because = Refused::Because;
    if token.len() > TOKEN_BYTES_MAX {
        return Err(because("it is too large"));
    }
    let mut parts = token.split('.');
    let (Some(head), Some(body), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(because("it has not three parts"));
    };
    let json = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    let header = json(head).ok_or(because("its header cannot be read"))?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| because("its signature cannot be read"))?;
    if header.get("crit").is_some() {
        return Err(because("it asks for an extension that is not known"));
    }
    let algorithm = header["alg"].as_str().unwrap_or_default();
    if !["RS256", "ES256"].contains(&algorithm) {
        return Err(because("its algorithm is not RS256 or ES256"));
    }
    let id = match header.get("kid") {
        None => None,
        Some(Value::String(id)) => Some(id.as_str()),
        Some(_) => return Err(because("its key id is no text")),
    };
    // A token without a key id is fine where the provider has one key only (OpenID Connect Core §10.1).
    let mut candidates = keys.iter().filter(|key| id.is_none() || key.id.as_deref() == id);
    let (Some(key), None) = (candidates.next(), candidates.next()) else { return Err(Refused::UnknownKey) };
    if key.algorithm() != algorithm {
        return Err(because("its algorithm is not that of the key"));
    }
    let signed = &token.as_bytes()[..head.len() + 1 + body.len()];
    if !key.has_signed(signed, &signature) {
        return Err(because("its signature is not the provider's"));
    }
    let Some(Value::Object(claims)) = json(body) else { return Err(because("its claims cannot be read")) };
    judge(&claims, expected).map_or(Ok(claims), |what| Err(because(what)))
}

/// What is wrong with the claims of a signed token.
fn judge(claims: &Map<String, Value>, expected: &Expected<'_>) -> Option<&'static str> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let time = |name: &str| claims.get(name).and_then(Value::as_f64).filter(|at| at.is_finite()).map(|at| at as i64);
    let now = expected.now.0.div_euclid(1_000_000);
    if text("iss") != Some(expected.issuer) {
        return Some("it is of another issuer");
    }
    let is_only_us = match claims.get("aud") {
        Some(Value::String(audience)) => audience == expected.client,
        // Who else may read it may use it here: it has to be for us alone, or say that we asked.
        Some(Value::Array(all)) => {
            all.iter().any(|one| one == expected.client) && (all.len() == 1 || text("azp") == Some(expected.client))
        }
        _ => false,
    };
    if !is_only_us || text("azp").is_some_and(|party| party != expected.client) {
        return Some("it is for somebody else");
    }
    let (Some(end), Some(issued)) = (time("exp"), time("iat")) else { return Some("it does not say when it ends") };
    if now >= end.saturating_add(SKEW_S) || issued < now.saturating_sub(AGE_MAX_S) {
        return Some("it has expired");
    }
    if issued > now.saturating_add(SKEW_S) || time("nbf").is_some_and(|begin| begin > now.saturating_add(SKEW_S)) {
        return Some("it is not valid yet");
    }
    if text("nonce") != Some(expected.nonce) {
        return Some("it is of another sign-in");
    }
    if text("sub").is_none_or(|subject| subject.is_empty() || subject.len() > 255) {
        return Some("it does not say who it is about");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
    };
    use serde_json::json;

    const NOW: i64 = 1_772_348_889;

    struct Signer(EcdsaKeyPair);

    impl Signer {
        fn new() -> Signer {
            let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &SystemRandom::new());
            Signer(pair.unwrap())
        }
        fn listed(&self, id: &str) -> Value {
            let point = self.0.public_key().as_ref();
            let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
            json!({"kty": "EC", "crv": "P-256", "kid": id, "use": "sig", "x": text(&point[1..33]), "y": text(&point[33..])})
        }
        fn sign(&self, header: &Value, claims: &Value) -> String {
            let text = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let message = format!("{}.{}", text(header), text(claims));
            let signature = self.0.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
            format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
        }
    }

    fn claims() -> Value {
        json!({"iss": "https://id.example", "aud": "sinew", "sub": "42", "nonce": "n", "iat": NOW, "exp": NOW + 300})
    }

    fn with(changes: Value) -> Value {
        let mut claims = claims();
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value => claims[name] = value.clone(),
            }
        }
        claims
    }

    fn said(token: &str, keys: &[Key]) -> &'static str {
        let now = Timestamp(NOW * 1_000_000);
        let expected = Expected { issuer: "https://id.example", client: "sinew", nonce: "n", now };
        match read(token, keys, &expected) {
            Ok(_) => "ok",
            Err(Refused::UnknownKey) => "unknown key",
            Err(Refused::Because(what)) => what,
        }
    }

    #[test]
    fn claims_that_do_not_fit() {
        let signer = Signer::new();
        let keys = keys(&json!({"keys": [signer.listed("k1")]}));
        let header = json!({"alg": "ES256", "kid": "k1", "typ": "JWT"});
        let check = |changes: Value, expect: &str| {
            let shown = changes.to_string();
            assert_eq!(said(&signer.sign(&header, &with(changes)), &keys), expect, "{shown}");
        };
        check(json!({}), "ok");
        check(json!({"aud": ["sinew"]}), "ok");
        check(json!({"aud": ["sinew", "other"], "azp": "sinew"}), "ok");
        check(json!({"exp": NOW - 30}), "ok");
        check(json!({"iss": "https://id.example/"}), "it is of another issuer");
        check(json!({"iss": null}), "it is of another issuer");
        check(json!({"aud": "other"}), "it is for somebody else");
        check(json!({"aud": null}), "it is for somebody else");
        check(json!({"aud": ["sinew", "other"]}), "it is for somebody else");
        check(json!({"azp": "other"}), "it is for somebody else");
        check(json!({"exp": NOW - 61}), "it has expired");
        check(json!({"exp": null}), "it does not say when it ends");
        check(json!({"exp": "9999999999"}), "it does not say when it ends");
        check(json!({"iat": NOW - 601}), "it has expired");
        check(json!({"iat": NOW + 61}), "it is not valid yet");
        check(json!({"nbf": NOW + 61}), "it is not valid yet");
        check(json!({"nonce": "other"}), "it is of another sign-in");
        check(json!({"nonce": null}), "it is of another sign-in");
        check(json!({"sub": ""}), "it does not say who it is about");
        check(json!({"sub": 42}), "it does not say who it is about");
    }

    /// The tricks of RFC 8725 and of those who read it.
    #[test]
    fn headers_that_trick() {
        let (signer, other) = (Signer::new(), Signer::new());
        let list = json!({"keys": [signer.listed("k1"), other.listed("k2"),
            {"kty": "oct", "kid": "h", "k": "c2VjcmV0"}, {"kty": "RSA", "kid": "weak", "n": "AQAB", "e": "AQAB"}]});
        let keys = keys(&list);
        assert_eq!(keys.len(), 2, "no shared secret, no short key");
        let check = |header: Value, expect: &str| {
            assert_eq!(said(&signer.sign(&header, &claims()), &keys), expect, "{header}");
        };
        check(json!({"alg": "ES256", "kid": "k1"}), "ok");
        for none in ["none", "None", "nOnE", "NONE", "", "HS256", "HS512", "RS384", "PS256", "ES384", "EdDSA", "es256"]
        {
            check(json!({"alg": none, "kid": "k1"}), "its algorithm is not RS256 or ES256");
        }
        check(json!({"alg": ["ES256"], "kid": "k1"}), "its algorithm is not RS256 or ES256");
        check(json!({"kid": "k1"}), "its algorithm is not RS256 or ES256");
        check(json!({"alg": "RS256", "kid": "k1"}), "its algorithm is not that of the key");
        check(json!({"alg": "ES256", "kid": "k2"}), "its signature is not the provider's");
        for path in ["../../../../dev/null", "k1' OR '1'='1", "", "http://evil.example/key", "h", "weak"] {
            check(json!({"alg": "ES256", "kid": path}), "unknown key");
        }
        check(json!({"alg": "ES256"}), "unknown key");
        check(json!({"alg": "ES256", "kid": 1}), "its key id is no text");
        check(json!({"alg": "ES256", "kid": "k1", "crit": ["exp"]}), "it asks for an extension that is not known");
        // A key, or an address of one, that comes along in the token is not looked at.
        let strange = Signer::new();
        let jwk = json!({"alg": "ES256", "kid": "k1", "jwk": strange.listed("k1"), "jku": "https://evil.example",
            "x5u": "https://evil.example", "x5c": ["MIIB"]});
        assert_eq!(said(&strange.sign(&jwk, &claims()), &keys), "its signature is not the provider's");
        check(jwk, "ok");
    }

    #[test]
    fn bytes_that_are_no_token() {
        let signer = Signer::new();
        let keys = keys(&json!({"keys": [signer.listed("k1")]}));
        let good = signer.sign(&json!({"alg": "ES256", "kid": "k1"}), &claims());
        let parts: Vec<&str> = good.split('.').collect();
        let never = |token: &str| assert_ne!(said(token, &keys), "ok", "{token}");
        never("");
        never("..");
        never(&format!("{}.{}.", parts[0], parts[1]));
        never(&format!("{}.{}.{}.{}", parts[0], parts[1], parts[2], parts[2]));
        never(&format!("{good}="));
        never(&format!(" {good}"));
        never(&"a".repeat(20_000));
        // An all-zero signature (CVE-2022-21449), and every bit of the token.
        never(&format!("{}.{}.{}", parts[0], parts[1], URL_SAFE_NO_PAD.encode([0; 64])));
        for place in (0..good.len()).step_by(7) {
            let mut bytes = good.clone().into_bytes();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            if changed != good {
                // Spare bits of the last letter of a part do not count; a decoder that is strict refuses them.
                never(&changed);
            }
        }
    }
}
