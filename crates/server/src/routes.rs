//! The list of routes: the one place where a path is bound to a handler.

use crate::{
    backup, live, messages,
    problem::Problem,
    quality,
    socket::{Peer, State},
    steer, verify,
};
use axum::{
    Json, Router,
    extract::{ConnectInfo, DefaultBodyLimit, State as Extract},
    routing::{get, post},
};
use engine::acts::Person;
use serde_json::{Value, json};

/// Largest body of a request.
const BODY_BYTES_MAX: usize = 64 * 1024;

pub(crate) fn router(state: State) -> Router {
    Router::new()
        .route("/api/v1/status", get(status))
        .route("/api/v1/reload", post(reload))
        .route("/api/v1/stop", post(stop))
        .route("/api/v1/messages", get(messages::search))
        .route("/api/v1/messages/{id}", get(messages::journey))
        .route("/api/v1/messages/{id}/content", get(messages::content))
        .route("/api/v1/interfaces/pause", post(steer::pause))
        .route("/api/v1/interfaces/resume", post(steer::resume))
        .route("/api/v1/interfaces/release", post(steer::release))
        .route("/api/v1/deliveries/retry", post(steer::retry))
        .route("/api/v1/deliveries/resend", post(steer::resend))
        .route("/api/v1/deliveries/delete", post(steer::delete))
        .route("/api/v1/replay", post(steer::replay))
        .route("/api/v1/news", get(live::news))
        .route("/api/v1/tap", get(live::tap))
        .route("/api/v1/quality", get(quality::look))
        .route("/api/v1/backup", get(backup::look).post(backup::begin))
        .route("/api/v1/verify", get(verify::progress).post(verify::run))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(state)
}

async fn status(Extract(state): Extract<State>) -> Json<Value> {
    let status = state.engine.status();
    Json(json!({"schema": "sinew.status/1", "process": state.host.describe(), "engine": status}))
}

async fn reload(Extract(state): Extract<State>) -> Json<Value> {
    Json(state.host.reload().await)
}

async fn stop(Extract(state): Extract<State>, ConnectInfo(peer): ConnectInfo<Peer>) -> Result<Json<Value>, Problem> {
    let person = Person { by: peer.0, reason: "asked for on the control socket".into() };
    state.engine.audit(&person, "stop", "engine")?;
    state.host.stop();
    Ok(Json(json!({"stopping": true})))
}
