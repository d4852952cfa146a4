//! Single sign-on against a provider of ours, in this process: it describes itself, keeps codes that are good once, checks client,
//! address and verifier, and signs (OpenID Connect Core 1.0, RFC 6749, RFC 7636). It stands for those of others, and is none of them.

use super::stage::{Answer, Stage, send};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use interface::contract::Boxed;
use message::{Clock as _, Reason, clock};
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use server::{ApiSettings, Fetch, Provider};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use zeroize::Zeroizing;

const ISSUER: &str = "https://id.north.example";

fn refusal(text: &str) -> Reason {
    Reason::read("E6900", text.to_owned())
}

struct Person {
    claims: Value,
    challenge: String,
    back: String,
    nonce: String,
}

/// The provider.
struct House {
    pair: Mutex<(String, EcdsaKeyPair)>,
    codes: Mutex<HashMap<String, Person>>,
    asked: Mutex<Vec<String>>,
}

fn pair() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap()
}

impl House {
    fn new() -> Arc<House> {
        Arc::new(House { pair: Mutex::new(("k1".into(), pair())), codes: Mutex::default(), asked: Mutex::default() })
    }

    /// Somebody signs in at the provider, who sends the browser back: with this address and query.
    fn visit(&self, location: &str, claims: Value) -> HashMap<String, String> {
        let (place, query) = location.split_once('?').unwrap();
        assert_eq!(place, "https://id.north.example/authorize");
        let parts: HashMap<String, String> = query
            .split('&')
            .filter_map(|part| part.split_once('='))
            .map(|(name, value)| (name.into(), decoded(value)))
            .collect();
        assert_eq!(
            (&*parts["response_type"], &*parts["client_id"], &*parts["code_challenge_method"]),
            ("code", "sinew", "S256")
        );
        assert!(parts["scope"].split(' ').any(|scope| scope == "openid"));
        let code = format!("code-{}", self.codes.lock().unwrap().len());
        let person = Person {
            claims,
            challenge: parts["code_challenge"].clone(),
            back: parts["redirect_uri"].clone(),
            nonce: parts["nonce"].clone(),
        };
        self.codes.lock().unwrap().insert(code.clone(), person);
        HashMap::from([
            ("code".into(), code),
            ("state".into(), parts["state"].clone()),
            ("back".into(), parts["redirect_uri"].clone()),
        ])
    }

    fn sign(&self, person: &Person) -> String {
        let pair = self.pair.lock().unwrap();
        let now = clock::System.now().0 / 1_000_000;
        let mut claims = json!({"iss": ISSUER, "aud": "sinew", "nonce": person.nonce, "iat": now, "exp": now + 300});
        claims.as_object_mut().unwrap().extend(person.claims.as_object().unwrap().clone());
        let text = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", text(&json!({"alg": "ES256", "kid": pair.0})), text(&claims));
        let signature = pair.1.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    String::from_utf8(bytes).unwrap()
}

impl Fetch for House {
    fn get<'a>(&'a self, url: &'a str) -> Boxed<'a, Result<Vec<u8>, Reason>> {
        self.asked.lock().unwrap().push(url.to_owned());
        Box::pin(async move {
            let answer = match url.strip_prefix(ISSUER) {
                Some("/.well-known/openid-configuration") => json!({"issuer": ISSUER,
                    "authorization_endpoint": "https://id.north.example/authorize",
                    "token_endpoint": "https://id.north.example/token", "jwks_uri": "https://id.north.example/keys"}),
                Some("/keys") => {
                    let pair = self.pair.lock().unwrap();
                    let point = pair.1.public_key().as_ref();
                    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
                    json!({"keys": [{"kty": "EC", "crv": "P-256", "kid": pair.0, "use": "sig", "x": text(&point[1..33]), "y": text(&point[33..])}]})
                }
                _ => return Err(refusal("404")),
            };
            Ok(answer.to_string().into_bytes())
        })
    }

    fn post<'a>(
        &'a self,
        url: &'a str,
        form: &'a [(&'a str, &'a str)],
        basic: Option<(&'a str, &'a str)>,
    ) -> Boxed<'a, Result<Vec<u8>, Reason>> {
        Box::pin(async move {
            let value = |name: &str| form.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| *value);
            let is_ours = url == "https://id.north.example/token" && basic == Some(("sinew", "hunter2"));
            // A code is good once, whatever comes with it.
            let person = self.codes.lock().unwrap().remove(value("code")).ok_or_else(|| refusal("invalid_grant"))?;
            let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, value("code_verifier").as_bytes()));
            let is_right = is_ours
                && value("grant_type") == "authorization_code"
                && value("redirect_uri") == person.back
                && challenge == person.challenge;
            if !is_right {
                return Err(refusal("invalid_grant"));
            }
            Ok(json!({"access_token": "x", "token_type": "Bearer", "id_token": self.sign(&person)})
                .to_string()
                .into_bytes())
        })
    }
}

fn stage(house: &Arc<House>, has_factor: bool) -> Stage {
    stage_of(house.clone(), has_factor)
}

fn stage_of(fetch: Arc<dyn Fetch>, has_factor: bool) -> Stage {
    let provider = Provider {
        issuer: ISSUER.into(),
        title: "North Hospital".into(),
        client: "sinew".into(),
        secret: Some(Arc::new(Zeroizing::new("hunter2".into()))),
        claim: "groups".into(),
        roles: vec![
            ("it".into(), "administrator".into()),
            ("nurses".into(), "viewer".into()),
            ("odd".into(), "no-such-role".into()),
        ],
        has_factor,
        fetch,
    };
    Stage::with(ApiSettings { provider: Some(provider), ..ApiSettings::default() })
}

/// From the button to the answer of the way back; `change` may be somebody who meddles.
fn sign_in(
    stage: &Stage,
    house: &House,
    claims: Value,
    change: impl Fn(&mut HashMap<String, String>, &mut String),
) -> Answer {
    let begun = send(stage.address, "GET", "/api/v1/sign-in/provider", &[], b"").expect(303);
    let location = begun.head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap().to_owned();
    let mut cookie = begun.cookie("__host-sinew-sso").unwrap();
    assert!(
        begun.head.contains("SameSite=Lax") && begun.head.contains("HttpOnly") && begun.head.contains("Secure"),
        "{}",
        begun.head
    );
    let mut sent = house.visit(&location, claims);
    assert_eq!(sent["back"], format!("http://{}/api/v1/sign-in/provider/back", stage.address));
    change(&mut sent, &mut cookie);
    let path = format!("/api/v1/sign-in/provider/back?code={}&state={}&session_state=x", sent["code"], sent["state"]);
    send(
        stage.address,
        "GET",
        &path,
        &[&format!("Cookie: __Host-sinew-sso={cookie}"), "Sec-Fetch-Site: cross-site"],
        b"",
    )
}

fn ann() -> Value {
    json!({"sub": "42", "preferred_username": "Ann", "name": "Ann Ähre", "groups": ["nurses", "it"]})
}

fn is_in(stage: &Stage, answer: &Answer) -> bool {
    let cookie = format!("Cookie: __Host-sinew={}", answer.cookie("__host-sinew").unwrap_or_default());
    send(stage.address, "GET", "/api/v1/users", &[&cookie], b"").status == 200
}

#[test]
fn groups_of_the_provider_become_roles_and_change_with_it() {
    let house = House::new();
    let stage = stage(&house, true);
    let ways = send(stage.address, "GET", "/api/v1/sign-in/ways", &[], b"").expect(200).json();
    assert_eq!(ways["provider"], json!({"title": "North Hospital", "begin": "/api/v1/sign-in/provider"}));
    let answer = sign_in(&stage, &house, ann(), |_, _| {}).expect(200);
    assert!(is_in(&stage, &answer) && answer.body.contains("http-equiv=refresh"), "{answer:?}");
    assert!(answer.head.contains("SameSite=Strict"), "{}", answer.head);
    // What the provider says of somebody counts at the next sign-in; the name may change, the subject is who it is.
    let fallen = json!({"sub": "42", "preferred_username": "ann.new", "groups": "nurses"});
    let answer = sign_in(&stage, &house, fallen, |_, _| {}).expect(200);
    assert!(!is_in(&stage, &answer), "a viewer lists no users");
    let rows = stage.audit().join("\n");
    assert!(
        rows.contains("provider: add user ann")
            && rows.contains("ann: sign-in by https://id.north.example from 127.0.0.1"),
        "{rows}"
    );
    // A key that the provider changed is read again, but not with every guess.
    let asked = house.asked.lock().unwrap().len();
    assert_eq!(asked, 2, "its description and its keys, once");
}

#[test]
fn the_second_factor_is_asked_for_here_unless_a_line_says_otherwise() {
    let house = House::new();
    let stage = stage(&house, false);
    let answer = sign_in(&stage, &house, ann(), |_, _| {}).expect(200);
    assert!(!is_in(&stage, &answer), "still to set up a factor");
    assert!(stage.audit().iter().any(|row| row.starts_with("ann: sign-in begun by")));
}

#[test]
fn who_meddles_does_not_get_in() {
    let house = House::new();
    let stage = stage(&house, true);
    let refused = |claims: Value, change: &dyn Fn(&mut HashMap<String, String>, &mut String), why: &str| {
        let answer = sign_in(&stage, &house, claims, change);
        assert!(matches!(answer.status, 401 | 502), "{answer:?}");
        assert!(answer.body.contains(why) && answer.cookie("__host-sinew").is_none(), "{answer:?}, not {why}");
    };
    refused(ann(), &|_, cookie| cookie.clear(), "this browser did not begin it");
    refused(ann(), &|_, cookie| cookie.replace_range(..1, "~"), "this browser did not begin it");
    refused(
        ann(),
        &|sent, cookie| {
            *cookie = "made-up".into();
            sent.insert("state".into(), "made-up".into());
        },
        "used before",
    );
    refused(ann(), &|sent, _| drop(sent.insert("code".into(), "code-9999".into())), "invalid_grant");
    refused(json!({"sub": "1", "groups": ["doctors"]}), &|_, _| {}, "no group of the person has a role here");
    refused(json!({"sub": "1", "groups": ["odd"]}), &|_, _| {}, "no group of the person has a role here");
    refused(json!({"sub": "1"}), &|_, _| {}, "no group of the person has a role here");
    refused(json!({"sub": "1", "aud": "other", "groups": ["it"]}), &|_, _| {}, "it is for somebody else");
    refused(json!({"sub": "1", "nonce": "other", "groups": ["it"]}), &|_, _| {}, "it is of another sign-in");
    // A name that is there is not taken over, and who was disabled here stays out.
    stage.local("/api/v1/users", &json!({"name": "bob", "grants": [{"role": "administrator"}]}));
    let bob = json!({"sub": "1", "preferred_username": "bob", "groups": ["nurses"]});
    refused(bob, &|_, _| {}, "belongs to a user who signs in otherwise");
    sign_in(&stage, &house, ann(), |_, _| {}).expect(200);
    stage.local("/api/v1/users/ann/disable", &json!({}));
    refused(ann(), &|_, _| {}, "the user is disabled");
    // A state is good once.
    let sent = Mutex::new(None);
    sign_in(&stage, &house, json!({"sub": "7", "preferred_username": "cat", "groups": ["nurses"]}), |parts, cookie| {
        *sent.lock().unwrap() = Some((parts.clone(), cookie.clone()));
    })
    .expect(200);
    let (parts, cookie) = sent.into_inner().unwrap().unwrap();
    let path = format!("/api/v1/sign-in/provider/back?code={}&state={}", parts["code"], parts["state"]);
    let again = send(stage.address, "GET", &path, &[&format!("Cookie: __Host-sinew-sso={cookie}")], b"");
    assert!(again.status == 401 && again.body.contains("used before"), "{again:?}");
    let rows = stage.audit().join("\n");
    assert!(rows.contains("nobody: sign-in refused by https://id.north.example"), "{rows}");
    assert!(!rows.contains("code-") && !rows.contains("hunter2"), "{rows}");
}

/// Somebody who answers at the provider's address, and describes another one.
struct Impostor(&'static str);

impl Fetch for Impostor {
    fn get<'a>(&'a self, _: &'a str) -> Boxed<'a, Result<Vec<u8>, Reason>> {
        let about = json!({"issuer": self.0, "authorization_endpoint": "https://evil.example/authorize",
            "token_endpoint": "https://evil.example/token", "jwks_uri": "https://evil.example/keys"});
        Box::pin(async move { Ok(about.to_string().into_bytes()) })
    }
    fn post<'a>(
        &'a self,
        _: &'a str,
        _: &'a [(&'a str, &'a str)],
        _: Option<(&'a str, &'a str)>,
    ) -> Boxed<'a, Result<Vec<u8>, Reason>> {
        Box::pin(async { Err(refusal("nobody comes here")) })
    }
}

#[test]
fn a_provider_that_calls_itself_otherwise_is_not_believed() {
    for name in ["https://evil.example", "https://id.north.example/", "HTTPS://ID.NORTH.EXAMPLE", ""] {
        let stage = stage_of(Arc::new(Impostor(name)), true);
        let answer = send(stage.address, "GET", "/api/v1/sign-in/provider", &[], b"");
        assert_eq!((answer.status, &*answer.code()), (502, "E7310"), "{name}: {answer:?}");
        assert!(!answer.head.contains("evil.example") && answer.cookie("__host-sinew-sso").is_none(), "{answer:?}");
    }
}

/// A person who does not get in comes to the sign-in page, with a word of ours for it and nothing of what came along.
#[test]
fn a_person_who_is_refused_comes_to_the_sign_in_page() {
    let house = House::new();
    let stage = stage(&house, true);
    let page =
        ["Accept: text/html,application/xhtml+xml;q=0.9", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: cross-site"];
    let lands = |answer: &Answer, word: &str| {
        let place = answer.head.lines().find_map(|line| line.strip_prefix("location: "));
        assert_eq!((answer.status, place), (303, Some(&*format!("/#sign-in={word}"))), "{answer:?}");
        assert!(answer.body.is_empty() && answer.cookie("__host-sinew").is_none(), "{answer:?}");
        assert_eq!(answer.cookie("__host-sinew-sso").as_deref(), Some(""), "the state is of no more use: {answer:?}");
    };
    let back = |claims: Value, query: &str, meddle: bool| {
        let begun = send(stage.address, "GET", "/api/v1/sign-in/provider", &page, b"").expect(303);
        let location = begun.head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap().to_owned();
        let cookie = if meddle { "other".into() } else { begun.cookie("__host-sinew-sso").unwrap() };
        let sent = house.visit(&location, claims);
        let path =
            format!("/api/v1/sign-in/provider/back?state={}&{}", sent["state"], query.replace("CODE", &sent["code"]));
        let cookie = format!("Cookie: __Host-sinew-sso={cookie}");
        send(stage.address, "GET", &path, &[&*cookie, page[0], page[1], page[2]], b"")
    };
    let refused = |claims: Value, query: &str, word: &str| lands(&back(claims, query, false), word);
    lands(&back(ann(), "code=CODE", true), "stale");
    let spoken = "error=access_denied&error_description=%3Cscript%3Ealert(1)%3C%2Fscript%3E&error_uri=https%3A%2F%2Fevil.example";
    refused(ann(), spoken, "declined");
    refused(ann(), "error=%0D%0ALocation:%20https://evil.example&code=CODE", "declined");
    refused(ann(), "", "answer");
    refused(ann(), "code=CODE&iss=https%3A%2F%2Fevil.example", "answer");
    refused(ann(), "code=unknown", "provider");
    refused(json!({"sub": "1", "aud": "other", "groups": ["it"]}), "code=CODE", "answer");
    refused(json!({"sub": "1", "groups": ["doctors"]}), "code=CODE", "role");
    refused(json!({"sub": "1", "preferred_username": "<script>", "email": "", "groups": ["it"]}), "code=CODE", "name");
    stage.local("/api/v1/users", &json!({"name": "bob", "grants": [{"role": "administrator"}]}));
    refused(json!({"sub": "2", "preferred_username": "bob", "groups": ["it"]}), "code=CODE", "name");
    assert_eq!(back(ann(), "code=CODE", false).status, 200);
    stage.local("/api/v1/users/ann/disable", &json!({}));
    refused(ann(), "code=CODE", "disabled");
    let rows: Vec<String> = stage.audit().into_iter().filter(|row| row.contains("sign-in refused by")).collect();
    assert_eq!(rows.len(), 11, "each is on record, once: {rows:#?}");
    // A provider that is away; and a program, which is told in its own way.
    let away = stage_of(Arc::new(Impostor("")), true);
    lands(&send(away.address, "GET", "/api/v1/sign-in/provider", &page, b""), "provider");
    let told = send(away.address, "GET", "/api/v1/sign-in/provider", &["Accept: application/json"], b"");
    assert_eq!((told.status, &*told.code()), (502, "E7310"), "{told:?}");
}
