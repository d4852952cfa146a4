//! What the engine does, as streams: the news as server-sent events, and taps as a line of JSON for each message.
//!
//! Promises: a reader that is slow misses some and is told how many; it never holds up a message. A stream ends when its reader
//! leaves and when the engine ends. Opening a tap is audited, because it has content.

use crate::{
    codes,
    gate::{
        Call,
        input::{From, Input},
    },
    problem::Problem,
};
use axum::{
    body::{Body, Bytes, HttpBody},
    http::header,
    response::{IntoResponse, Response},
};
use engine::{
    live::{Kind, Kinds, News, Passed, Watch, too_many_watch},
    pipeline,
};
use interface::definition::Definition;
use lang::{Condition, Run, Scope, Tables, View, syntax};
use message::{Name, Reason, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::sync::mpsc;

/// Pieces of a stream that wait for its reader.
const PIECES_MAX: usize = 16;
/// Pause after which a stream of news says that it is still there.
const SIGN_PAUSE: Duration = Duration::from_secs(15);
/// Pause after which a tap asks whether its reader may still see what passes.
const STAND_PAUSE: Duration = Duration::from_secs(2);

/// A body that goes on until nobody writes to it.
struct Stream(mpsc::Receiver<Bytes>);

impl HttpBody for Stream {
    type Data = Bytes;
    type Error = Infallible;
    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, Infallible>>> {
        self.get_mut().0.poll_recv(context).map(|piece| piece.map(|bytes| Ok(hyper::body::Frame::data(bytes))))
    }
}

/// An answer that goes on until nobody writes to it.
pub(crate) fn stream(kind: &'static str, receiver: mpsc::Receiver<Bytes>) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], Body::new(Stream(receiver))).into_response()
}

/// No further reader has room.
pub(crate) fn too_many() -> Problem {
    Problem::from(too_many_watch(engine::codes::E5090))
}

/// Which news.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Kinds, separated by commas, as `parked,down`; all without it. Who asks for what a screen shows costs the engine nothing
    /// for each message.
    #[serde(default)]
    kinds: Option<String>,
}

impl Input for Asked {
    const FROM: From = From::Query;
}

/// `GET /api/v1/news`: `text/event-stream`.
pub(crate) async fn news(call: Call<Asked>) -> Result<Response, Problem> {
    let kinds = call.input.kinds.as_deref().map_or(Ok(Kinds::ALL), Kinds::parse).map_err(|_| {
        let words: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        Problem::bad_request(Reason::new(codes::E7004, format!("the kinds of news are {}", words.join(", "))))
    })?;
    let watch = call.state.engine.live().watch(kinds).ok_or_else(too_many)?;
    let (pieces, receiver) = mpsc::channel(PIECES_MAX);
    tokio::spawn(write_news(call, watch, pieces));
    Ok(stream("text/event-stream", receiver))
}

async fn write_news(call: Call<Asked>, mut watch: Watch<Arc<News>>, pieces: mpsc::Sender<Bytes>) {
    // The first piece says that the stream stands: who asked knows that nothing after this is missed.
    if pieces.send(Bytes::from_static(b": watching\n\n")).await.is_err() {
        return;
    }
    let mut pulse = tokio::time::interval(SIGN_PAUSE);
    pulse.reset();
    loop {
        let piece = tokio::select! {
            next = watch.next() => match next {
                Some((news, missed)) if call.sees(&news.interface, None) => of_news(&news, missed),
                // Of an interface that is not theirs, not even that there was something.
                Some(_) => continue,
                None => return,
            },
            _ = pulse.tick() => match call.stands(None).await {
                true => ": still here\n\n".to_owned(),
                false => return,
            },
            () = pieces.closed() => return,
        };
        if pieces.send(piece.into()).await.is_err() {
            return;
        }
    }
}

/// `event: delivered`, `data: {…}` and, where some were left out before it, a word about them first.
fn of_news(news: &News, missed: usize) -> String {
    let mut out = String::new();
    if missed > 0 {
        out.push_str(&format!("event: missed\ndata: {}\n\n", json!({"schema": "sinew.news/1", "missed": missed})));
    }
    let data = json!({"schema": "sinew.news/1", "at": news.at, "kind": news.kind, "interface": news.interface,
        "destination": news.destination, "message": news.message, "reason": news.reason});
    out.push_str(&format!("event: {}\ndata: {data}\n\n", news.kind.as_str()));
    out
}

/// Where to listen in, and why.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// `INTERFACE`, `INTERFACE/DESTINATION` or `INTERFACE/STEP`.
    place: String,
    /// Why: kept in the audit chain.
    reason: String,
    /// Only messages for which this condition holds.
    #[serde(default)]
    when: String,
}

impl Wanted {
    fn parts(&self) -> (&str, Option<&str>) {
        self.place.split_once('/').map_or((&*self.place, None), |(of, rest)| (of, Some(rest)))
    }
}

impl Input for Wanted {
    const FROM: From = From::Body;
    fn interface(&self) -> Option<&str> {
        Some(self.parts().0)
    }
}

/// `POST /api/v1/tap`: a line of JSON for each message that passes.
pub(crate) async fn tap(call: Call<Wanted>) -> Result<Response, Problem> {
    let (state, wanted) = (&call.state, &call.input);
    if wanted.reason.trim().is_empty() {
        return Err(Problem::bad_request(Reason::new(codes::E7003, "say why the content is read")));
    }
    let (interface, rest) = wanted.parts();
    let definition = state.engine.flow(interface)?.version().definition.clone();
    let (destination, step) = place(&definition, rest)?;
    let when = if wanted.when.is_empty() { None } else { Some(condition(&wanted.when)?) };
    let person = call.person(&wanted.reason)?;
    state.engine.audit(&person, "tap", &wanted.place)?;
    let watch = state.engine.live().tap(interface.into(), destination).ok_or_else(too_many)?;
    let (pieces, receiver) = mpsc::channel(PIECES_MAX);
    tokio::spawn(write_taps(call, watch, (step, when), pieces));
    Ok(stream("application/x-ndjson", receiver))
}

/// What stands behind the interface: a destination, or the number of a step.
fn place(definition: &Definition, rest: Option<&str>) -> Result<(Option<Name>, Option<usize>), Problem> {
    let Some(rest) = rest else { return Ok((None, None)) };
    if let Some(destination) = definition.destination(rest) {
        return Ok((Some(destination.name.clone()), None));
    }
    let count = definition.steps.len();
    match rest.parse::<usize>() {
        Ok(step) if (1..=count).contains(&step) => Ok((None, Some(step))),
        _ => {
            let names: Vec<&str> = definition.destinations.iter().map(|to| &*to.name).collect();
            let text = format!(
                "`{}` has no place `{rest}`: its destinations are {}, its steps 1 to {count}",
                definition.name,
                names.join(", ")
            );
            Err(Problem::from(Reason::new(engine::codes::E5201, text)))
        }
    }
}

fn condition(text: &str) -> Result<Condition, Problem> {
    let (tree, mut found) = syntax::parse("tap", format!("when {text}"));
    let tables = Tables::default();
    let made = tree.statements.first().and_then(|statement| {
        let mut cursor = syntax::Cursor::new(&tree, statement);
        cursor.eat("when");
        let condition = Condition::parse(&mut cursor, &Scope::new(&tables), &mut found)?;
        cursor.is_done().then_some(condition)
    });
    made.filter(|_| tree.statements.len() == 1 && !found.iter().any(message::Diagnostic::is_error)).ok_or_else(|| {
        let why = found.first().map_or_else(|| "it is no condition".to_owned(), |finding| finding.message.clone());
        Problem::bad_request(Reason::new(engine::codes::E5091, format!("the condition cannot be read: {why}")))
    })
}

async fn write_taps(
    call: Call<Wanted>,
    mut watch: Watch<Passed>,
    (step, when): (Option<usize>, Option<Condition>),
    pieces: mpsc::Sender<Bytes>,
) {
    let mut left_out = 0;
    // The first line says that the tap stands.
    if pieces.send(line(&json!({"schema": "sinew.tap/1", "tapping": true}))).await.is_err() {
        return;
    }
    let mut pulse = tokio::time::interval(STAND_PAUSE);
    pulse.reset();
    loop {
        let next = tokio::select! {
            next = watch.next() => next,
            _ = pulse.tick() => match call.stands(call.input.interface()).await {
                true => continue,
                false => return,
            },
            () = pieces.closed() => return,
        };
        let Some((passed, missed)) = next else { return };
        left_out += missed;
        let piece = of_passed(&passed, step, when.as_ref(), left_out);
        let is_sent = match piece {
            Some(piece) => {
                left_out = 0;
                pieces.send(piece).await.is_ok()
            }
            None => true,
        };
        watch.done(&passed);
        if !is_sent {
            return;
        }
    }
}

fn line(value: &serde_json::Value) -> Bytes {
    Bytes::from(format!("{value}\n"))
}

/// The line about one message; `None` when the condition leaves it out.
fn of_passed(passed: &Passed, step: Option<usize>, when: Option<&Condition>, missed: usize) -> Option<Bytes> {
    let bytes = match (step, &passed.definition) {
        // A message that ended before this step does not come by here.
        (Some(step), Some(definition)) => pipeline::behind(definition, &passed.bytes, step, passed.received).ok()?,
        (Some(_), None) | (None, _) => passed.bytes.clone(),
    };
    if let Some(condition) = when {
        let (message, _) = hl7v2::Message::parse(bytes.clone());
        let mut run = Run::new(Timestamp::default(), 0);
        if !condition.holds(&View::new(&message), &mut run).unwrap_or(false) {
            return None;
        }
    }
    let text = match std::str::from_utf8(&bytes) {
        Ok(text) => text.to_owned(),
        // Bytes that are no UTF-8 are shown as Latin-1, a character a byte, so that nothing is lost.
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    Some(line(
        &json!({"schema": "sinew.tap/1", "at": passed.at, "message": passed.message, "interface": passed.interface,
        "destination": passed.destination, "step": step, "end": passed.end, "code": passed.code, "missed": missed,
        "size": bytes.len(), "content": text}),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_of_a_tap() {
        let check = |text: &str, is_good: bool| assert_eq!(condition(text).is_ok(), is_good, "{text}");
        check("event = A01", true);
        check("PV1-2 = I and PID-5.1 starts \"Q\"", true);
        check("evnt = A01", false);
        check("event = A01 }", false);
        check("event = A01\nevent = A02", false);
        check("", false);
    }

    #[test]
    fn news_as_a_stream() {
        let news = News {
            at: Timestamp(5),
            kind: engine::live::Kind::Delivered,
            interface: "a".into(),
            destination: Some("out".into()),
            message: Some(message::MessageId(7)),
            reason: None,
        };
        let text = of_news(&news, 3);
        assert!(text.starts_with(
            "event: missed\ndata: {\"schema\":\"sinew.news/1\",\"missed\":3}\n\nevent: delivered\ndata: {"
        ));
        assert!(text.ends_with("\n\n") && text.contains("\"destination\":\"out\""), "{text}");
    }
}
