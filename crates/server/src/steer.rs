//! Acts of a person: pause, resume, release, retry, resend, delete, edit, replay. Each names a reason.

use crate::{
    find::{Row, find, read},
    gate::{
        Call, aside,
        input::{From, Input},
    },
    host::State,
    problem::Problem,
};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use message::{DeliveryId, MessageId, Reason};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

type Answer = Result<Response, Problem>;

fn done(value: Value) -> Answer {
    Ok(Json(value).into_response())
}

/// An interface, or a destination of it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    /// The interface.
    interface: String,
    /// The destination; without one, the source.
    destination: Option<String>,
    /// Why: kept in the audit chain.
    reason: String,
}

impl Input for Place {
    const FROM: From = From::Body;
    fn interface(&self) -> Option<&str> {
        Some(&self.interface)
    }
}

/// A destination whose queue is released.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Released {
    /// The interface.
    interface: String,
    /// The destination.
    destination: String,
    /// Of a destination that is paused, let the next so many go; without it, what is held or retried goes now.
    count: Option<usize>,
    /// Why: kept in the audit chain.
    reason: String,
}

impl Input for Released {
    const FROM: From = From::Body;
    fn interface(&self) -> Option<&str> {
        Some(&self.interface)
    }
}

/// Whose queue is looked at.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Looked {
    /// The destination.
    destination: String,
    /// So many, 100 at most.
    count: Option<usize>,
}

impl Input for Looked {
    const FROM: From = From::Query;
}

/// Deliveries of a message.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    /// The message.
    #[schemars(with = "u64")]
    message: MessageId,
    /// The delivery; without a number, every one that fits.
    number: Option<u16>,
    /// Why: kept in the audit chain.
    reason: String,
}

impl Input for Target {
    const FROM: From = From::Body;
    fn message(&self) -> Option<MessageId> {
        Some(self.message)
    }
}

/// Messages to run again. Without confirmation only the plan is made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replay {
    /// Words of a search.
    query: String,
    /// At most this many.
    limit: Option<usize>,
    /// Do it.
    #[serde(default)]
    is_confirmed: bool,
    /// Why: kept in the audit chain.
    #[serde(default)]
    reason: String,
}

impl Input for Replay {
    const FROM: From = From::Body;
}

/// Largest edited copy.
pub(crate) const EDITED_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A message as a person corrected it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edited {
    /// The whole message.
    content: String,
    /// Why: kept in the audit chain.
    reason: String,
}

impl Input for Edited {
    const FROM: From = From::Body;
}

pub(crate) async fn pause(call: Call<Place>) -> Answer {
    let place = &call.input;
    let person = call.person(&place.reason)?;
    call.state.engine.pause(&place.interface, place.destination.as_deref(), &person).await?;
    done(json!({"paused": true}))
}

pub(crate) async fn resume(call: Call<Place>) -> Answer {
    let place = &call.input;
    let person = call.person(&place.reason)?;
    call.state.engine.resume(&place.interface, place.destination.as_deref(), &person).await?;
    done(json!({"paused": false}))
}

pub(crate) async fn drain(call: Call<Place>) -> Answer {
    let place = &call.input;
    let person = call.person(&place.reason)?;
    call.state.engine.empty(&place.interface, place.destination.as_deref(), &person).await?;
    done(json!({"draining": true}))
}

pub(crate) async fn release(call: Call<Released>) -> Answer {
    let Released { interface, destination, count, .. } = &call.input;
    let person = call.person(&call.input.reason)?;
    if let Some(count) = *count {
        call.state.engine.let_go(interface, destination, count, &person)?;
        return done(json!({"released": count}));
    }
    let released = call.state.engine.release(interface, destination, &person).await?;
    done(json!({"released": released}))
}

/// `GET /api/v1/interfaces/{name}/waiting`: the next of each key, in order.
pub(crate) async fn waiting(call: Call<Looked>) -> Answer {
    const COUNT_MAX: usize = 100;
    let name = call.path.first().map_or("", String::as_str);
    let count = call.input.count.unwrap_or(COUNT_MAX).min(COUNT_MAX);
    let rows = call.state.engine.waiting(name, &call.input.destination, count)?;
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| json!({"message": row.delivery.message, "number": row.delivery.number, "accepted": row.accepted, "why": row.why, "behind": row.behind}))
        .collect();
    done(json!({"schema": "sinew.waiting/1", "waiting": rows}))
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
        _ => self::done(json!({"deliveries": done})),
    }
}

pub(crate) async fn retry(call: Call<Target>) -> Answer {
    let person = call.person(&call.input.reason)?;
    each(&call.state, &call.input, |delivery| call.state.engine.retry(delivery, &person)).await
}

pub(crate) async fn resend(call: Call<Target>) -> Answer {
    let person = call.person(&call.input.reason)?;
    each(&call.state, &call.input, |delivery| call.state.engine.resend(delivery, &person)).await
}

pub(crate) async fn delete(call: Call<Target>) -> Answer {
    let (state, target) = (&call.state, &call.input);
    let person = call.person(&target.reason)?;
    let stored = read(state, target.message)?;
    if stored.accept.deliveries.is_empty() {
        state.engine.dismiss(target.message, &person).await?;
        return done(json!({"deliveries": [], "dismissed": true}));
    }
    each(state, target, |delivery| state.engine.delete(delivery, &person)).await
}

pub(crate) async fn edit(call: Call<Edited>) -> Answer {
    let person = call.person(&call.input.reason)?;
    let id = call.message()?;
    read(&call.state, id)?;
    let made = call.state.engine.replay_edited(id, call.input.content.clone().into(), &person).await?;
    done(json!({"schema": "sinew.edited/1", "of": made.of, "message": made.message, "refused": made.refused}))
}

/// Messages that one replay may touch unless it says otherwise.
const REPLAY_MESSAGES_MAX: usize = 10_000;

pub(crate) async fn replay(call: Call<Replay>) -> Answer {
    let limit = call.input.limit.unwrap_or(REPLAY_MESSAGES_MAX).min(REPLAY_MESSAGES_MAX);
    let (call, mut rows) = aside(move || {
        let sees = |interface: &str, facility: &str| call.sees(interface, Some(facility));
        let rows = find(&call.state, &call.input.query, limit, (!call.sees_all()).then_some(&sees))?;
        Ok((call, rows))
    })
    .await?;
    rows.sort_by_key(|row| row.id); // oldest first: order per key is kept
    if !call.input.is_confirmed {
        return done(plan(&rows, limit));
    }
    let person = call.person(&call.input.reason)?;
    let (mut replayed, mut refused) = (Vec::new(), Vec::new());
    for row in &rows {
        let one = call.state.engine.replay(row.id, &person).await?;
        match one.refused {
            None => replayed.push(one),
            Some(_) => refused.push(one),
        }
    }
    done(json!({"schema": "sinew.replay/1", "replayed": replayed, "refused": refused}))
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
