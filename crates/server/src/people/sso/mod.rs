//! Single sign-on by OpenID Connect: the authorization code flow with PKCE (OpenID Connect Core 1.0 §3.1, RFC 7636, RFC 9700).
//!
//! The browser goes to the provider with a state, a nonce and the hash of a verifier, and comes back with a code. The state has to
//! be the one of a cookie of this browser; the code is exchanged together with the verifier; the token is judged by
//! [`token`]. Whose roles somebody has, claims say through the lines of `sinew.toml`; who has none does not get in.
//!
//! Promises: a state is good once and for ten minutes; nothing of a token is kept or shown; a second factor is asked for here
//! unless a line says that the provider asks for it. Never: asks another address than those of the provider itself.

mod refusal;
mod token;

use super::{People, names, record::User};
use crate::{
    audit::Outcome,
    codes,
    gate::{
        self, Call, aside,
        caller::Stage,
        input::{From, Input, Nothing},
    },
    problem::Problem,
    rights::Grant,
};
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use interface::contract::Boxed;
use message::{Clock as _, Reason, clock};
use refusal::{Refusal, Why};
use ring::digest::{SHA256, digest};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use zeroize::Zeroizing;

/// The cookie that ties a state to a browser. It has to come along when the provider sends the browser back, so it is `Lax`; it
/// opens nothing.
pub(crate) const COOKIE: &str = "__Host-sinew-sso";
/// The cookie is of no more use.
const GONE: &str = "__Host-sinew-sso=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0";
const BACK: &str = "/api/v1/sign-in/provider/back";
/// How long somebody may take at the provider, and sign-ins under way at once.
const STATE_TIME: Duration = Duration::from_secs(600);
const STATES_MAX: usize = 4096;
/// How long the provider's description and keys are used before they are read again, and the least pause between two readings.
const KNOWN_TIME: Duration = Duration::from_secs(3_600);
const READ_PAUSE: Duration = Duration::from_secs(30);

/// Asks a provider. The binary does it with the HTTP client of the connectors.
///
/// 1. It asks this address and no other: no redirect is followed.
/// 2. Answers and time are bounded.
pub trait Fetch: Send + Sync {
    /// The body behind this address; only an answer of 200 has one.
    fn get<'a>(&'a self, url: &'a str) -> Boxed<'a, Result<Vec<u8>, Reason>>;
    /// Sends a form and gives the body of the answer. `basic` are client and secret for the header `Authorization`.
    fn post<'a>(
        &'a self,
        url: &'a str,
        form: &'a [(&'a str, &'a str)],
        basic: Option<(&'a str, &'a str)>,
    ) -> Boxed<'a, Result<Vec<u8>, Reason>>;
}

/// A provider, as `[sso]` of `sinew.toml` says.
#[derive(Clone)]
pub struct Provider {
    /// Its address, as it calls itself.
    pub issuer: String,
    /// What the button says.
    pub title: String,
    /// We, as it calls us.
    pub client: String,
    /// Our secret; none for a public client, which PKCE alone protects.
    pub secret: Option<Arc<Zeroizing<String>>>,
    /// Which claim holds the groups.
    pub claim: String,
    /// Which group has which role.
    pub roles: Vec<(String, String)>,
    /// It asks for a second factor itself.
    pub has_factor: bool,
    /// By which we ask it.
    pub fetch: Arc<dyn Fetch>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Provider({})", self.issuer)
    }
}

/// A sign-in under way.
struct Begun {
    nonce: String,
    verifier: Zeroizing<String>,
    at: Instant,
}

/// What is known of the provider.
struct Known {
    authorize: String,
    exchange: String,
    keys: Vec<token::Key>,
    at: Instant,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Desk {
    begun: Mutex<HashMap<String, Begun>>,
    known: tokio::sync::Mutex<Option<Arc<Known>>>,
}

fn failed(text: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_GATEWAY, codes::E7310, text.into())
}

impl Desk {
    /// The provider's description and keys; read again where they are old, or where a key is missing.
    async fn know(&self, provider: &Provider, is_key_missing: bool) -> Result<Arc<Known>, Problem> {
        let mut known = self.known.lock().await;
        let now = clock::System.monotonic();
        if let Some(known) = known.as_ref() {
            let age = now.saturating_duration_since(known.at);
            if age < READ_PAUSE || (age < KNOWN_TIME && !is_key_missing) {
                return Ok(known.clone());
            }
        }
        let ask = async |url: &str| {
            let bytes = provider.fetch.get(url).await.map_err(|reason| failed(reason.text))?;
            serde_json::from_slice::<Value>(&bytes).map_err(|_| failed("the provider's answer is not JSON"))
        };
        let about = ask(&format!("{}/.well-known/openid-configuration", provider.issuer.trim_end_matches('/'))).await?;
        // Discovery 1.0 §4.3: otherwise one provider could speak for another.
        if about["issuer"] != provider.issuer.as_str() {
            return Err(failed("the provider calls itself by another name than `sso.issuer`"));
        }
        let place = |name: &str| {
            let url = about[name].as_str().unwrap_or_default();
            let is_fit = url.starts_with("https://") || provider.issuer.starts_with("http://");
            is_fit.then(|| url.to_owned()).ok_or_else(|| failed(format!("the provider's `{name}` is no https address")))
        };
        let list = ask(&place("jwks_uri")?).await?;
        let (authorize, exchange) = (place("authorization_endpoint")?, place("token_endpoint")?);
        let found = Arc::new(Known { authorize, exchange, keys: token::keys(&list), at: now });
        *known = Some(found.clone());
        Ok(found)
    }

    fn begin(&self, state: &str, begun: Begun) -> Result<(), Problem> {
        let mut all = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let now = begun.at;
        all.retain(|_, begun| now.saturating_duration_since(begun.at) < STATE_TIME);
        if all.len() >= STATES_MAX {
            let text = "too many sign-ins are under way: try again in some minutes";
            return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, codes::E7064, text));
        }
        all.insert(state.to_owned(), begun);
        Ok(())
    }

    fn take(&self, state: &str) -> Option<Begun> {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner).remove(state)?;
        let age = clock::System.monotonic().saturating_duration_since(begun.at);
        (age < STATE_TIME).then_some(begun)
    }
}

/// RFC 3986 §2.1.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// `GET /api/v1/sign-in/ways`: how somebody may sign in here.
pub(crate) async fn ways(call: Call<Nothing>) -> Result<Response, Problem> {
    let provider = call.state.settings.provider.as_ref();
    let provider = provider.map(|provider| json!({"title": provider.title, "begin": "/api/v1/sign-in/provider"}));
    Ok(axum::Json(json!({"schema": "sinew.ways/1", "password": true, "provider": provider})).into_response())
}

fn provider<I>(call: &Call<I>) -> Result<&Provider, Problem> {
    call.state.settings.provider.as_ref().ok_or_else(|| super::none_such("provider of sign-ins"))
}

/// Where the provider sends the browser back to: the name by which it came, which the gate has checked.
fn back<I>(call: &Call<I>) -> String {
    let is_sealed = call.state.settings.certificate.is_some();
    // Behind a proxy that ends TLS, browsers still come by https.
    let is_end = |rest: &str| rest.is_empty() || rest.starts_with(':');
    let is_here =
        ["127.0.0.1", "localhost", "[::1]"].iter().any(|here| call.host.strip_prefix(here).is_some_and(is_end));
    format!("{}://{}{BACK}", if is_sealed || !is_here { "https" } else { "http" }, call.host)
}

/// `GET /api/v1/sign-in/provider`: sends the browser to the provider.
pub(crate) async fn begin(call: Call<Nothing>) -> Result<Response, Problem> {
    match to_provider(&call).await {
        Ok(response) => Ok(response),
        Err(problem) => Refusal::from(problem).answer(call.is_page),
    }
}

async fn to_provider(call: &Call<Nothing>) -> Result<Response, Problem> {
    let provider = provider(call)?;
    let known = call.state.people.provider.know(provider, false).await?;
    let (state, nonce) = (super::chance::token()?, super::chance::token()?);
    let verifier = Zeroizing::new(super::chance::token()?);
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    let parts = [
        ("response_type", "code"),
        ("client_id", &*provider.client),
        ("redirect_uri", &back(call)),
        ("scope", "openid profile email"),
        ("state", &state),
        ("nonce", &nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]
    .map(|(name, value)| format!("{name}={}", encoded(value)));
    let joint = if known.authorize.contains('?') { '&' } else { '?' };
    let address = format!("{}{joint}{}", known.authorize, parts.join("&"));
    call.state.people.provider.begin(&state, Begun { nonce, verifier, at: clock::System.monotonic() })?;
    let seconds = STATE_TIME.as_secs();
    let cookie = format!("{COOKIE}={state}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}");
    let mut response = StatusCode::SEE_OTHER.into_response();
    for (name, text) in [(header::LOCATION, &address), (header::SET_COOKIE, &cookie)] {
        let value = HeaderValue::from_str(text).map_err(|_| failed("the provider's address cannot be written"))?;
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

/// What the provider sends along.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Returned {
    /// The code.
    code: String,
    /// The state.
    state: String,
    /// Why there is no code.
    error: String,
    /// The provider (RFC 9207).
    iss: String,
}

impl Input for Returned {
    const FROM: From = From::Query;
}

/// `GET /api/v1/sign-in/provider/back`: where the provider sends the browser.
pub(crate) async fn end(call: Call<Returned>) -> Result<Response, Problem> {
    let provider = provider(&call)?.clone();
    let (state, origin, is_page) = (call.state.clone(), call.source.told(), call.is_page);
    let done = match finish(&call, &provider).await {
        Ok(claims) => {
            let provider = provider.clone();
            aside(move || Ok(enter(&call, &provider, &claims))).await?
        }
        Err(refusal) => Err(refusal),
    };
    match done {
        Ok(response) => Ok(response),
        Err(refusal) => {
            let object = format!("by {} from {origin}", provider.issuer);
            gate::record(&state, "nobody", "sign-in", object, Outcome::Refused, refusal.text()).await?;
            refusal.answer(is_page)
        }
    }
}

/// The claims of the token that the code is exchanged for.
async fn finish(call: &Call<Returned>, provider: &Provider) -> Result<Map<String, Value>, Refusal> {
    let Returned { code, state, error, iss } = &call.input;
    let desk = &call.state.people.provider;
    // The state is taken out of use whatever comes next, and only by the browser that began with it.
    let is_of_browser =
        call.state_cookie.as_deref().is_some_and(|kept| super::chance::is_same(kept.as_bytes(), state.as_bytes()));
    if !is_of_browser {
        return Err(Why::Stale.because("this browser did not begin it, or too long ago"));
    }
    let begun = desk.take(state).ok_or_else(|| Why::Stale.because("it was used before, or is too old"))?;
    if !error.is_empty() {
        return Err(Why::Declined.because("the provider says that it did not take place"));
    }
    if code.is_empty() || !(iss.is_empty() || *iss == provider.issuer) {
        return Err(Why::Answer.because("the answer is not one of this provider"));
    }
    let known = desk.know(provider, false).await?;
    let back = back(call);
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &back),
        ("code_verifier", &begun.verifier),
    ];
    let basic = provider.secret.as_ref().map(|secret| (&*provider.client, secret.as_str()));
    if basic.is_none() {
        form.push(("client_id", &provider.client));
    }
    let answer = provider.fetch.post(&known.exchange, &form, basic).await.map_err(|reason| failed(reason.text))?;
    let answer: Value = serde_json::from_slice(&answer).map_err(|_| failed("the provider's answer is not JSON"))?;
    let signed =
        answer["id_token"].as_str().ok_or_else(|| Why::Answer.because("the provider gave no token for the code"))?;
    let (issuer, client, now) = (&*provider.issuer, &*provider.client, clock::System.now());
    let expected = token::Expected { issuer, client, nonce: &begun.nonce, now };
    let read = match token::read(signed, &known.keys, &expected) {
        // A provider changes its keys; the list is read again, now and then.
        Err(token::Refused::UnknownKey) => token::read(signed, &desk.know(provider, true).await?.keys, &expected),
        read => read,
    };
    read.map_err(|why| match why {
        token::Refused::UnknownKey => {
            Why::Answer.because("its token is signed by a key that the provider does not list")
        }
        token::Refused::Because(what) => Why::Answer.because(&format!("of its token: {what}")),
    })
}

/// The roles that groups give, each once.
fn grants(provider: &Provider, claims: &Map<String, Value>) -> Vec<Grant> {
    let groups: Vec<&str> = match claims.get(&provider.claim) {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let mut roles: Vec<&String> =
        provider.roles.iter().filter(|(group, _)| groups.contains(&&**group)).map(|(_, role)| role).collect();
    roles.sort();
    roles.dedup();
    roles.into_iter().map(|role| Grant { role: role.clone(), ..Grant::default() }).collect()
}

/// The name under which somebody is known here: what the provider prefers, as far as it can be one.
fn name_of(claims: &Map<String, Value>) -> Result<String, Refusal> {
    let claim = |name: &str| claims.get(name).and_then(Value::as_str);
    let wanted = ["preferred_username", "email", "sub"].into_iter().filter_map(claim);
    let fit = wanted.filter_map(|text| names::read(text).ok()).next();
    fit.ok_or_else(|| {
        Why::Name.because("the provider gives no name that can be one here (letters, digits and . _ @ -)")
    })
}

/// Who they are here, with the roles of their groups; and their session.
fn enter(call: &Call<Returned>, provider: &Provider, claims: &Map<String, Value>) -> Result<Response, Refusal> {
    let people = &call.state.people;
    let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default().to_owned();
    let who = (provider.issuer.clone(), subject);
    let grants = grants(provider, claims);
    if grants.is_empty() || people.check_grants(&grants).is_err() {
        return Err(Why::Role.because("no group of the person has a role here"));
    }
    let user = match people.by_subject(&who)? {
        Some(known) if known.is_disabled => return Err(Why::Disabled.because("the user is disabled")),
        Some(known) => people.set_grants(&known, &grants)?,
        None => {
            let title = claims.get("name").and_then(Value::as_str).unwrap_or_default();
            let made = User {
                name: name_of(claims)?,
                title: names::title(title).unwrap_or_default(),
                grants,
                subject: Some(who),
                made: clock::System.now(),
                ..User::default()
            };
            // A name that is there belongs to somebody who did not come by the provider: it is not taken over.
            if !people.kept.add(&made)? {
                return Err(Why::Name.because("the name belongs to a user who signs in otherwise"));
            }
            let record = call.state.audit.record("provider", "add user", &made.name, Outcome::Done, &provider.issuer);
            record.map_err(Problem::from)?;
            made
        }
    };
    let stage = if provider.has_factor { Stage::Full } else { people.stage_of(&user)? };
    let what = if stage == Stage::Full { "sign-in" } else { "sign-in begun" };
    let object = format!("by {} from {}", provider.issuer, call.source.told());
    call.state.audit.record(&user.name, what, &object, Outcome::Done, "").map_err(Problem::from)?;
    if stage == Stage::Full {
        people.note_sign_in(&user.name)?;
    }
    call.leave()?;
    let begun = people.begin(&user.name, stage, call.source.told(), call.agent.clone())?;
    Ok(home(&people.told(&user, &begun)?))
}

/// Ends at the console. Not by a redirect: the session's cookie is `Strict`, and a browser does not send it along a chain that
/// another site began. A page of ours begins a new one.
fn home(told: &Response) -> Response {
    const PAGE: &str = "<!doctype html><meta charset=utf-8><meta http-equiv=refresh content=\"0;url=/\"><title>Sinew</title>\
        <p><a href=\"/\">Continue</a>";
    let mut response = Response::new(Body::from(PAGE));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    for cookie in told.headers().get_all(header::SET_COOKIE) {
        headers.append(header::SET_COOKIE, cookie.clone());
    }
    headers.append(header::SET_COOKIE, HeaderValue::from_static(GONE));
    response
}

impl People {
    /// The user who is this one for the provider.
    fn by_subject(&self, who: &(String, String)) -> Result<Option<User>, Problem> {
        Ok(self.kept.list::<User>(None)?.into_iter().find(|user| user.subject.as_ref() == Some(who)))
    }

    /// The provider says what somebody may; at each sign-in anew.
    fn set_grants(&self, user: &User, grants: &[Grant]) -> Result<User, Problem> {
        let changed = self.kept.change::<User, ()>(&user.name, |user| {
            user.grants = grants.to_vec();
            Ok(())
        })?;
        changed.map(|(user, ())| user).ok_or_else(|| super::none_such("user"))
    }
}
