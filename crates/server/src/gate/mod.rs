//! The gate: the one way from a request to an operation. Nothing answers a request without passing here.
//!
//! In this order: limits of the source, the site that asks, who asks, the right in general; only then is a body read, within
//! its limit; then its form, what it is about, the right to that, and the operation. An operation takes a [`Call`], which
//! only the gate makes.
//!
//! Promises: no byte of a body is read for a caller who may not do the operation at all; a refused act is recorded; the
//! answer to somebody who is not signed in says nothing about what exists.
//! Never: decides what a right is (that is `rights`), or what an operation does.

pub(crate) mod caller;
pub(crate) mod input;
pub(crate) mod rate;
pub(crate) mod site;

use crate::{
    assets,
    audit::Outcome,
    codes, find,
    host::State,
    pages::guide,
    people::{session, sso},
    probes,
    problem::Problem,
    rights::{Object, Right},
    route::{About, Need, Raw},
};
use axum::{
    body::Body,
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use caller::{Caller, Source, Stage, Voucher};
use engine::acts::Person;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::{Request, body::Incoming};
use input::Input;
use message::{Clock as _, MessageId, Reason, clock};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use store::AuditEntry;
use zeroize::Zeroize as _;

/// Longest time in which a body has to have come.
const BODY_TIME_MAX: Duration = Duration::from_secs(30);

/// Refusals of the gate itself: too many requests or sign-ins, another site, another name.
const TURNED_AWAY: [&str; 3] = [codes::E7064.id, codes::E7065.id, codes::E7066.id];

/// A request that passed: what an operation works on.
pub(crate) struct Call<I> {
    pub(crate) state: State,
    pub(crate) caller: Arc<Caller>,
    pub(crate) source: Source,
    /// What stood at the places in braces of the path.
    pub(crate) path: Vec<String>,
    pub(crate) input: I,
    /// What the browser or program says that it is.
    pub(crate) agent: String,
    /// The mark of a browser that has signed somebody in before.
    pub(crate) mark: Option<String>,
    /// What ties a sign-in by the provider to this browser.
    pub(crate) state_cookie: Option<String>,
    /// The name and port that it came to.
    pub(crate) host: String,
    /// A browser shows the answer to a person.
    pub(crate) is_page: bool,
    right: Option<Right>,
}

impl<I> Call<I> {
    /// The caller may see this of a list.
    pub(crate) fn sees(&self, interface: &str, facility: Option<&str>) -> bool {
        let object = facility.map_or(Object::Interface(interface), |facility| Object::Message(interface, facility));
        self.right.is_some_and(|right| self.caller.may(right, object, clock::System.now()))
    }

    /// The caller may see all of a list.
    pub(crate) fn sees_all(&self) -> bool {
        self.right.is_some_and(|right| self.caller.may(right, Object::Engine, clock::System.now()))
    }

    /// Who acts, for the engine; a reason is needed.
    pub(crate) fn person(&self, reason: &str) -> Result<Person, Problem> {
        if reason.trim().is_empty() {
            let text = "say why: every act is kept with its reason";
            return Err(Problem::bad_request(Reason::new(codes::E7003, text)));
        }
        Ok(Person { by: self.caller.who.clone(), reason: reason.into() })
    }

    /// The caller may still do this: asked now and then by what goes on after the request, such as a stream. Somebody who was
    /// disabled, signed out or lost the right does not see another message.
    pub(crate) async fn stands(&self, interface: Option<&str>) -> bool {
        let (people, voucher, right) = (self.state.people.clone(), self.caller.voucher.clone(), self.right);
        let interface = interface.map(str::to_owned);
        let asked = aside(move || {
            let object = interface.as_deref().map_or(Object::Some, Object::Interface);
            let may = |caller: Caller| right.is_none_or(|right| caller.may(right, object, clock::System.now()));
            Ok(people.again(&voucher)?.is_some_and(may))
        });
        asked.await.unwrap_or(false)
    }

    /// Records something that the engine does not record by itself.
    pub(crate) async fn record(&self, what: &'static str, object: String, reason: &str) -> Result<(), Problem> {
        record(&self.state, &self.caller.who, what, object, Outcome::Done, reason).await
    }

    /// An act of the caller for the audit chain, to be filled with what else is known of it.
    pub(crate) fn entry(&self, act: &str, object: &str) -> AuditEntry {
        AuditEntry {
            who: self.caller.who.to_string(),
            act: act.to_owned(),
            object: object.to_owned(),
            origin: self.source.told(),
            ..AuditEntry::default()
        }
    }

    /// The message that the path names.
    pub(crate) fn message(&self) -> Result<MessageId, Problem> {
        message_of(&self.path)
    }
}

fn message_of(path: &[String]) -> Result<MessageId, Problem> {
    let id = path.first().and_then(|text| text.parse().ok()).map(MessageId);
    id.ok_or_else(|| Problem::not_understood("the id of a message is a number"))
}

/// Records an act beside the tasks that serve sockets.
pub(crate) async fn record(
    state: &State,
    who: &str,
    what: &str,
    object: String,
    outcome: Outcome,
    reason: &str,
) -> Result<(), Problem> {
    let (audit, who, what, reason) = (state.audit.clone(), who.to_owned(), what.to_owned(), reason.to_owned());
    aside(move || Ok(audit.record(&who, &what, &object, outcome, &reason)?)).await
}

/// Runs what reads the disk beside the tasks that serve sockets.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let interrupted = |_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, codes::E7004, "the work was interrupted");
    tokio::task::spawn_blocking(work).await.map_err(interrupted)?
}

/// Answers a request.
pub(crate) async fn answer(state: State, source: Source, request: Request<Incoming>) -> Response {
    let is_sealed = matches!(source, Source::Network { is_sealed: true, .. });
    let (engine, address) = (state.engine.clone(), source.address());
    let mut response = match pass(state, source, request).await {
        Ok(response) => response,
        Err(problem) => {
            // Who goes around what the gate asks is on record like who knocks with a wrong certificate: counted, and bounded.
            if let Some(address) = address.filter(|_| TURNED_AWAY.contains(&problem.code())) {
                engine.turn_away("api", &SocketAddr::new(address, 0).to_string(), problem.reason());
            }
            problem.into_response()
        }
    };
    site::harden(response.headers_mut(), is_sealed);
    response
}

async fn pass(state: State, source: Source, request: Request<Incoming>) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    if let Source::Network { address, .. } = source {
        state.rate.admit(address)?;
        site::check_host(&state.settings, &head)?;
    }
    if let Some(answer) = probes::answer(&state, &head.method, head.uri.path()) {
        return Ok(answer);
    }
    // Where Prometheus looks unless it is told otherwise.
    let path = if head.uri.path() == "/metrics" { "/api/v1/metrics" } else { head.uri.path() };
    // The guide is about Sinew, not about this engine.
    if head.method == Method::GET && guide::is_guide(path) {
        return Ok(guide::answer(path, head.uri.query()));
    }
    // The page is the same for everybody and says nothing; what it shows, it asks for here.
    if head.method == Method::GET && assets::is_console(path) {
        return Ok(assets::answer(head.uri.path(), &head.headers));
    }
    let found = state.routes.find(&head.method, path);
    let caller = who(&state, &source, &head).await?;
    let (route, path) = match (found, &caller) {
        (Ok(found), Some(_)) => found,
        (Ok(found), None) if found.0.need == Need::Nobody => found,
        (_, None) => return Err(not_signed_in()),
        (Err(allowed), Some(_)) => return Ok(no_such_place(&head.method, &allowed)),
    };
    site::check_origin(&state.settings, &source, &head, caller.as_ref(), |id| state.people.page_token(id))?;
    let caller = Arc::new(caller.unwrap_or_else(nobody));
    if let Err(problem) = in_general(&caller, route.need, route.about) {
        refused(&state, &caller, &head.method, route.path, &problem).await?;
        return Err(problem);
    }
    let body = read(&head, body, route.body_bytes_max).await?;
    let raw = Raw {
        state: state.clone(),
        caller: caller.clone(),
        source,
        path,
        uri: head.uri,
        body,
        need: route.need,
        about: route.about,
        agent: agent(&head.headers),
        mark: site::cookie(&head.headers, session::MARK_COOKIE).map(str::to_owned),
        state_cookie: site::cookie(&head.headers, sso::COOKIE).map(str::to_owned),
        host: site::host(&head.headers).to_owned(),
        is_page: site::is_page(&head.headers),
    };
    let done = (route.run)(raw).await;
    if let Err(problem) = &done
        && problem.code() == codes::E7061.id
    {
        refused(&state, &caller, &head.method, route.path, problem).await?;
    }
    done
}

/// What the browser or program says that it is, cut short.
fn agent(headers: &axum::http::HeaderMap) -> String {
    const AGENT_CHARS_MAX: usize = 120;
    let text = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.chars().filter(|letter| !letter.is_control()).take(AGENT_CHARS_MAX).collect()
}

/// Who asks. A key that is sent along is what counts, good or bad; a cookie beside it is not looked at.
async fn who(state: &State, source: &Source, head: &Parts) -> Result<Option<Caller>, Problem> {
    if let Source::Socket(user) = source {
        return Ok(Some(Caller::local(user)));
    }
    let (people, key) = (state.people.clone(), site::bearer(&head.headers).map(str::to_owned));
    let token = site::cookie(&head.headers, session::COOKIE).map(str::to_owned);
    match (key, token) {
        (Some(key), _) => aside(move || people.by_key(&key)).await,
        (None, Some(token)) => aside(move || people.by_session(&token)).await,
        (None, None) => Ok(None),
    }
}

fn nobody() -> Caller {
    Caller { who: "nobody".into(), voucher: Voucher::Socket, stage: Stage::Factor, powers: Vec::new(), bounds: None }
}

fn not_signed_in() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, codes::E7060, "sign in first")
}

/// The right without a look at what the act is about.
fn in_general(caller: &Caller, need: Need, about: About) -> Result<(), Problem> {
    // What is about the engine as a whole needs nothing more to be decided.
    let object = if about == About::Engine { Object::Engine } else { Object::Some };
    let is_allowed = match need {
        Need::Nobody | Need::Known => true,
        Need::Stage(stages) => matches!(caller.voucher, Voucher::Session(_)) && stages.contains(&caller.stage),
        Need::Right(right) => caller.may(right, object, clock::System.now()),
    };
    match (is_allowed, caller.stage, need) {
        (true, ..) => Ok(()),
        (false, Stage::Factor | Stage::Enroll, Need::Right(_)) => Err(Problem::new(
            StatusCode::FORBIDDEN,
            codes::E7069,
            "the sign-in is not complete: a second factor is needed",
        )),
        (false, _, Need::Right(right)) => Err(not_allowed(right)),
        (false, ..) => Err(Problem::not_allowed("this is for a session of a person at another point of signing in")),
    }
}

fn not_allowed(right: Right) -> Problem {
    Problem::not_allowed(format!("your roles do not allow this: it takes the right `{}` here", right.name()))
}

async fn refused(
    state: &State,
    caller: &Caller,
    method: &Method,
    path: &str,
    problem: &Problem,
) -> Result<(), Problem> {
    let object = format!("{method} {path}");
    record(state, &caller.who, "request", object, Outcome::Refused, problem.code()).await
}

/// 404, or 405 with the methods that there are.
fn no_such_place(method: &Method, allowed: &[Method]) -> Response {
    if allowed.is_empty() {
        let text = "there is no such place in the API; docs/reference/openapi.json lists them";
        return Problem::new(StatusCode::NOT_FOUND, codes::E7063, text).into_response();
    }
    let names: Vec<&str> = allowed.iter().map(Method::as_str).collect();
    let text = format!("{method} is not one of the methods here: {}", names.join(", "));
    let mut response = Problem::new(StatusCode::METHOD_NOT_ALLOWED, codes::E7063, text).into_response();
    if let Ok(value) = HeaderValue::from_str(&names.join(", ")) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

/// Reads a body within its limit. What the sender declares is never reserved.
async fn read(head: &Parts, body: Incoming, bytes_max: usize) -> Result<Bytes, Problem> {
    let too_large = || {
        let text = format!("the body is larger than {bytes_max} bytes");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, codes::E7062, text)
    };
    let declared = head.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|bytes| bytes > bytes_max as u64) {
        return Err(too_large());
    }
    if bytes_max == 0 {
        return Ok(Bytes::new());
    }
    let read = tokio::time::timeout(BODY_TIME_MAX, Limited::new(body, bytes_max).collect()).await;
    let slow = |_| Problem::new(StatusCode::REQUEST_TIMEOUT, codes::E7081, "the body did not come in time");
    match read.map_err(slow)? {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(_) => Err(Problem::not_understood("the body was cut off")),
    }
}

impl Raw {
    /// Reads the input, finds what it is about and asks whether the caller may.
    pub(crate) async fn admit<I: Input>(self) -> Result<Call<I>, Problem> {
        let input = input::read::<I>(&self.uri, &self.body)?;
        let right = match self.need {
            Need::Right(right) => Some(right),
            Need::Nobody | Need::Known | Need::Stage(_) => None,
        };
        if let Some(right) = right {
            self.check(right, &input).await?;
        }
        let Raw { state, caller, source, path, agent, mark, state_cookie, host, is_page, body, .. } = self;
        wipe(body);
        Ok(Call { state, caller, source, path, input, agent, mark, state_cookie, host, is_page, right })
    }

    async fn check<I: Input>(&self, right: Right, input: &I) -> Result<(), Problem> {
        let now = clock::System.now();
        if self.caller.may(right, Object::Engine, now) {
            return Ok(());
        }
        let is_allowed = match self.about {
            About::Engine => false,
            About::Some => true,
            About::Interface => {
                let name = input.interface().or_else(|| self.path.first().map(String::as_str));
                name.is_some_and(|name| self.caller.may(right, Object::Interface(name), now))
            }
            About::Message => {
                let id = match input.message() {
                    Some(id) => id,
                    None => message_of(&self.path)?,
                };
                let state = self.state.clone();
                // What is not there is refused as what is not theirs: nobody learns which ids exist.
                let place = aside(move || Ok(find::place_of(&state, id).ok())).await?;
                place.is_some_and(|(interface, facility)| {
                    self.caller.may(right, Object::Message(&interface, &facility), now)
                })
            }
        };
        if is_allowed { Ok(()) } else { Err(not_allowed(right)) }
    }
}

/// A body may have brought a password: it is overwritten where nobody else holds the memory.
fn wipe(body: Bytes) {
    if let Ok(mut bytes) = body.try_into_mut() {
        bytes.as_mut().zeroize();
    }
}

/// A body of bytes.
pub(crate) fn bytes(kind: &'static str, bytes: Bytes) -> Response {
    ([(header::CONTENT_TYPE, kind)], Body::from(bytes)).into_response()
}
