//! OAuth 2 client credentials (RFC 6749 §4.4): a token is fetched, kept, and renewed before it expires. The client
//! proves itself by a secret, or by a signed assertion (RFC 7523; SMART App Launch 2.2, backend services).

use super::{
    auth::secret,
    client::{Client, Fault},
    encode::{base64, base64_url, form, percent},
    json,
    url::Url,
};
use crate::{codes, tls::pem::Pem};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use interface::catalogue::{Context, Settings};
use message::{Clock, Reason};
use ring::{
    rand::{SecureRandom, SystemRandom},
    signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA384, RsaKeyPair},
};
use rustls::pki_types::PrivateKeyDer;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// How long a token counts where the server does not say (RFC 6749 §5.1 only recommends that it does).
const LIFETIME_UNSAID: Duration = Duration::from_secs(300);
/// A token is renewed this long before it expires, or at three quarters of its life if that is sooner after its birth.
const RENEW_BEFORE_MAX: Duration = Duration::from_secs(60);
/// Life of an assertion; SMART allows five minutes at most.
const ASSERTION_LIFETIME: Duration = Duration::from_secs(240);

/// Where tokens come from, and what is shown for them.
pub(crate) struct Way {
    /// The token endpoint.
    pub(crate) url: Url,
    client_id: String,
    scope: String,
    audience: String,
    proof: Proof,
}

/// How the client proves itself.
enum Proof {
    /// Its secret in the header `Authorization`.
    Basic(String),
    /// Its secret in the body.
    Body(String),
    /// An assertion that its key signs.
    Assertion(Signer),
}

/// A private key with its algorithm (RFC 7518 §3.1).
struct Signer {
    key: Key,
    key_id: String,
    random: SystemRandom,
}

enum Key {
    Rs384(Box<RsaKeyPair>),
    Es384(Box<EcdsaKeyPair>),
}

/// The tokens of one lane.
pub(crate) struct Tokens {
    way: Way,
    client: Client,
    clock: Arc<dyn Clock>,
    kept: Option<Kept>,
}

struct Kept {
    value: HeaderValue,
    renew_at: Instant,
}

/// What can be said of these settings without a look at files.
pub(super) fn check(settings: &Settings) -> Result<(), Reason> {
    let url = Url::parse(settings.text("token-url"))?;
    if !url.is_secure && !url.is_loopback() {
        return Err(Reason::new(codes::E6513, "`token-url` is not https://"));
    }
    let has = |name: &str| !settings.text(name).is_empty();
    if !has("client-id") {
        return Err(Reason::new(codes::E6010, "`token-url` needs `client-id`"));
    }
    if has("client-secret") == has("private-key") {
        return Err(Reason::new(codes::E6010, "`token-url` needs one of `client-secret` and `private-key`"));
    }
    Ok(())
}

impl Way {
    pub(crate) fn read(settings: &Settings, context: &Context, token_url: &str) -> Result<Way, Reason> {
        let shared = settings.text("client-secret").to_owned();
        let proof = match Pem::of(settings, context, "private-key") {
            Some(pem) => Proof::Assertion(Signer::read(&pem, settings.text("key-id"))?),
            None if settings.text("client-auth") == "body" => Proof::Body(shared),
            None => Proof::Basic(shared),
        };
        let (url, client_id) = (Url::parse(token_url)?, settings.text("client-id").to_owned());
        let text = |name: &str| settings.text(name).to_owned();
        Ok(Way { url, client_id, scope: text("scope"), audience: text("audience"), proof })
    }

    fn request(&self, clock: &dyn Clock) -> Result<Request<Full<Bytes>>, Reason> {
        let mut fields: Vec<(&str, &[u8])> = vec![("grant_type", b"client_credentials")];
        for (name, text) in [("scope", &self.scope), ("audience", &self.audience)] {
            if !text.is_empty() {
                fields.push((name, text.as_bytes()));
            }
        }
        let mut authorization = None;
        let assertion;
        match &self.proof {
            // Both parts are form-encoded first (RFC 6749 §2.3.1).
            Proof::Basic(shared) => {
                let pair = format!("{}:{}", percent(self.client_id.as_bytes()), percent(shared.as_bytes()));
                authorization = Some(secret(&format!("Basic {}", base64(pair.as_bytes())))?);
            }
            Proof::Body(shared) => {
                fields.push(("client_id", self.client_id.as_bytes()));
                fields.push(("client_secret", shared.as_bytes()));
            }
            Proof::Assertion(signer) => {
                assertion = self.assertion(signer, clock)?;
                let kind: &[u8] = b"urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                fields.push(("client_assertion_type", kind));
                fields.push(("client_assertion", assertion.as_bytes()));
            }
        }
        let mut request = Request::new(Full::new(Bytes::from(form(fields))));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self
            .url
            .target()
            .parse()
            .map_err(|_| Reason::new(codes::E6001, "the path of `token-url` cannot be used"))?;
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(value) = authorization {
            headers.insert(AUTHORIZATION, value);
        }
        Ok(request)
    }

    /// The claims that SMART asks for: issuer and subject are the client, the audience is the token endpoint.
    fn assertion(&self, signer: &Signer, clock: &dyn Clock) -> Result<String, Reason> {
        let fault = |_| Reason::new(codes::E6511, "the assertion cannot be signed");
        let mut unique = [0_u8; 16];
        signer.random.fill(&mut unique).map_err(fault)?;
        let now = clock.now().0 / 1_000_000;
        let life = i64::try_from(ASSERTION_LIFETIME.as_secs()).unwrap_or(0);
        let audience = format!("{}{}", self.url.origin(), self.url.target());
        let mut header = serde_json::json!({ "alg": signer.algorithm(), "typ": "JWT" });
        if !signer.key_id.is_empty() {
            header["kid"] = signer.key_id.clone().into();
        }
        let claims = serde_json::json!({
            "iss": self.client_id, "sub": self.client_id, "aud": audience,
            "iat": now, "exp": now + life, "jti": base64_url(&unique),
        });
        let signed =
            format!("{}.{}", base64_url(header.to_string().as_bytes()), base64_url(claims.to_string().as_bytes()));
        let signature = signer.sign(signed.as_bytes()).ok_or_else(|| fault(ring::error::Unspecified))?;
        Ok(format!("{signed}.{}", base64_url(&signature)))
    }
}

impl Signer {
    fn read(pem: &Pem, key_id: &str) -> Result<Signer, Reason> {
        let random = SystemRandom::new();
        let curve = &ECDSA_P384_SHA384_FIXED_SIGNING;
        let key = match pem.key()? {
            PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()).ok().map(Key::rs384),
            PrivateKeyDer::Pkcs8(key) => {
                let der = key.secret_pkcs8_der();
                let rsa = RsaKeyPair::from_pkcs8(der).ok().map(Key::rs384);
                rsa.or_else(|| EcdsaKeyPair::from_pkcs8(curve, der, &random).ok().map(Key::es384))
            }
            _ => None,
        };
        let key = key.ok_or_else(|| {
            pem.complain("is neither an RSA key (2048 bits or more) nor an EC key on P-384 in PKCS #8")
        })?;
        Ok(Signer { key, key_id: key_id.to_owned(), random })
    }

    fn algorithm(&self) -> &'static str {
        match self.key {
            Key::Rs384(_) => "RS384",
            Key::Es384(_) => "ES384",
        }
    }

    fn sign(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        match &self.key {
            Key::Rs384(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA384, &self.random, bytes, &mut signature).ok()?;
                Some(signature)
            }
            Key::Es384(key) => Some(key.sign(&self.random, bytes).ok()?.as_ref().to_vec()),
        }
    }
}

impl Key {
    fn rs384(key: RsaKeyPair) -> Key {
        Key::Rs384(Box::new(key))
    }

    fn es384(key: EcdsaKeyPair) -> Key {
        Key::Es384(Box::new(key))
    }
}

impl Tokens {
    pub(crate) fn new(way: Way, client: Client, clock: Arc<dyn Clock>) -> Tokens {
        Tokens { way, client, clock, kept: None }
    }

    /// The header with a token that still counts.
    pub(crate) async fn current(&mut self) -> Result<HeaderValue, Reason> {
        match &self.kept {
            Some(kept) if Instant::now() < kept.renew_at => Ok(kept.value.clone()),
            Some(_) | None => self.renewed().await,
        }
    }

    /// The header with a new token.
    pub(crate) async fn renewed(&mut self) -> Result<HeaderValue, Reason> {
        self.kept = None;
        let request = self.way.request(&*self.clock)?;
        let address = self.way.url.address.clone();
        let complain = |text: String| Reason::new(codes::E6511, format!("{address} {text}"));
        let answer = self.client.exchange(request).await.map_err(Fault::into_reason);
        // The next one is needed in an hour; the handle is not kept until then.
        self.client.close();
        let answer = answer.map_err(|reason| complain(format!("gave no token: {}", reason.text)))?;
        let body = json::read(&answer.body);
        if !answer.status.is_success() {
            let word = body.as_ref().and_then(|body| json::text(body, "error")).and_then(known_error).unwrap_or("");
            let colon = if word.is_empty() { "" } else { ": " };
            return Err(complain(format!("gave no token, it answered {}{colon}{word}", answer.status.as_u16())));
        }
        let unreadable = || complain("gave no token that can be read".to_owned());
        let body = body.ok_or_else(unreadable)?;
        let token = json::text(&body, "access_token").ok_or_else(unreadable)?;
        if !json::text(&body, "token_type").is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")) {
            return Err(complain("gave a token that is not of the type Bearer".to_owned()));
        }
        let life =
            body.get("expires_in").and_then(serde_json::Value::as_u64).map_or(LIFETIME_UNSAID, Duration::from_secs);
        let value = secret(&format!("Bearer {token}"))?;
        let renew_at = Instant::now() + life.saturating_sub(RENEW_BEFORE_MAX.min(life / 4));
        self.kept = Some(Kept { value: value.clone(), renew_at });
        Ok(value)
    }

    /// Closes the connection; the token is kept.
    pub(crate) fn close(&mut self) {
        self.client.close();
    }
}

/// The words of RFC 6749 §5.2: only these are repeated, because a server may say anything.
fn known_error(word: &str) -> Option<&'static str> {
    [
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    ]
    .into_iter()
    .find(|known| *known == word)
}
