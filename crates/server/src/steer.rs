//! Acts of a person: pause, resume, release, retry, resend, delete, replay. Each names a reason.

use crate::{
    codes,
    find::{Row, find, read},
    problem::Problem,
    socket::{Peer, State},
};
use axum::{
    Json,
    extract::{ConnectInfo, State as Extract},
};
use engine::acts::Person;
use message::{DeliveryId, MessageId, Reason};
use serde::Deserialize;
use serde_json::{Value, json};

type Answer = Result<Json<Value>, Problem>;

/// `{"interface","destination"?,"reason"}`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    interface: String,
    destination: Option<String>,
    reason: String,
}

/// `{"message","number","reason"}`; without a number: every delivery of the message that fits.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    message: MessageId,
    number: Option<u16>,
    reason: String,
}

/// `{"query","limit"?,"is_confirmed","reason"}`; without confirmation only the plan is made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replay {
    query: String,
    limit: Option<usize>,
    #[serde(default)]
    is_confirmed: bool,
    #[serde(default)]
    reason: String,
}

fn person(peer: &Peer, reason: &str) -> Result<Person, Problem> {
    if reason.trim().is_empty() {
        return Err(Problem::bad_request(Reason::new(codes::E7003, "say why: every act is kept with its reason")));
    }
    Ok(Person { by: peer.0.clone(), reason: reason.into() })
}

pub(crate) async fn pause(
    Extract(state): Extract<State>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Json(place): Json<Place>,
) -> Answer {
    let person = person(&peer, &place.reason)?;
    state.engine.pause(&place.interface, place.destination.as_deref(), &person).await?;
    Ok(Json(json!({"paused": true})))
}

pub(crate) async fn resume(
    Extract(state): Extract<State>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Json(place): Json<Place>,
) -> Answer {
    let person = person(&peer, &place.reason)?;
    state.engine.resume(&place.interface, place.destination.as_deref(), &person).await?;
    Ok(Json(json!({"paused": false})))
}

pub(crate) async fn release(
    Extract(state): Extract<State>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Json(place): Json<Place>,
) -> Answer {
    let person = person(&peer, &place.reason)?;
    let Some(destination) = &place.destination else {
        return Err(Problem::bad_request(Reason::new(codes::E7004, "name the destination whose queue is released")));
    };
    let released = state.engine.release(&place.interface, destination, &person).await?;
    Ok(Json(json!({"released": released})))
}

/// The deliveries that a target names.
fn deliveries(state: &State, target: &Target) -> Result<Vec<DeliveryId>, Problem> {
    let stored = read(state, target.message)?;
    let all = (0..stored.accept.deliveries.len()).filter_map(|number| u16::try_from(number).ok());
    let wanted = all.filter(|number| target.number.is_none_or(|wanted| wanted == *number));
    Ok(wanted.map(|number| DeliveryId { message: target.message, number }).collect())
}

/// Does `act` to every delivery that fits; fails only when it fits none.
async fn each<F>(state: &State, target: &Target, act: impl Fn(DeliveryId) -> F) -> Answer
where
    F: Future<Output = Result<(), Reason>>,
{
    let (mut done, mut last) = (Vec::new(), None);
    for delivery in deliveries(state, target)? {
        match act(delivery).await {
            Ok(()) => done.push(delivery.to_string()),
            Err(reason) => last = Some(reason),
        }
    }
    match last {
        Some(reason) if done.is_empty() => Err(reason.into()),
        _ => Ok(Json(json!({"deliveries": done}))),
    }
}

pub(crate) async fn retry(
    Extract(state): Extract<State>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Json(target): Json<Target>,
) -> Answer {
    let person = person(&peer, &target.reason)?;
    each(&state, &target, |delivery| state.engine.retry(delivery, &person)).await
}

pub(crate) async fn resend(
    Extract(state): Extract<State>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Json(target): Json<Target>,
) -> Answer {
    let person = person(&peer, &target.reason)?;
    each(&state, &target, |delivery| state.engine.resend(delivery, &person)).await
}

pub(crate) async fn delete(
    Extract(state): Extract<State>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Json(target): Json<Target>,
) -> Answer {
    let person = person(&peer, &target.reason)?;
    let stored = read(&state, target.message)?;
    if stored.accept.deliveries.is_empty() {
        state.engine.dismiss(target.message, &person).await?;
        return Ok(Json(json!({"deliveries": [], "dismissed": true})));
    }
    each(&state, &target, |delivery| state.engine.delete(delivery, &person)).await
}

/// Messages that one replay may touch unless it says otherwise.
const REPLAY_MESSAGES_MAX: usize = 10_000;

pub(crate) async fn replay(
    Extract(state): Extract<State>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Json(replay): Json<Replay>,
) -> Answer {
    let limit = replay.limit.unwrap_or(REPLAY_MESSAGES_MAX).min(REPLAY_MESSAGES_MAX);
    let mut rows = find(&state, &replay.query, limit)?;
    rows.sort_by_key(|row| row.id); // oldest first: order per key is kept
    if !replay.is_confirmed {
        return Ok(Json(plan(&rows, limit)));
    }
    let person = person(&peer, &replay.reason)?;
    let (mut done, mut refused) = (Vec::new(), Vec::new());
    for row in &rows {
        let replayed = state.engine.replay(row.id, &person).await?;
        match replayed.refused {
            None => done.push(replayed),
            Some(_) => refused.push(replayed),
        }
    }
    Ok(Json(json!({"schema": "sinew.replay/1", "replayed": done, "refused": refused})))
}

fn plan(rows: &[Row], limit: usize) -> Value {
    let mut interfaces: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for row in rows {
        *interfaces.entry(&row.interface).or_default() += 1;
    }
    let delivered = rows.iter().filter(|row| row.state == message::MessageState::Delivered).count();
    json!({
        "schema": "sinew.replay-plan/1",
        "messages": rows.len(),
        "already_delivered": delivered,
        "is_limited": rows.len() >= limit,
        "oldest": rows.first().map(|row| row.received),
        "newest": rows.last().map(|row| row.received),
        "interfaces": interfaces,
    })
}
