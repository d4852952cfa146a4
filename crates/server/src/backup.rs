//! Backups of a running engine: begun here, made by the host beside its work, asked after until they are done.

use crate::{
    codes,
    problem::Problem,
    socket::{Peer, State},
};
use axum::{
    Json,
    extract::{ConnectInfo, State as Extract},
};
use engine::acts::Person;
use message::Reason;
use serde::Deserialize;
use serde_json::Value;

/// `{"to","recipients","reason"}`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    to: String,
    recipients: Vec<String>,
    reason: String,
}

/// Begins a backup; answers at once.
pub(crate) async fn begin(
    Extract(state): Extract<State>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Json(wanted): Json<Wanted>,
) -> Result<Json<Value>, Problem> {
    if wanted.reason.trim().is_empty() {
        return Err(Problem::bad_request(Reason::new(codes::E7003, "say why: every act is kept with its reason")));
    }
    let person = Person { by: peer.0, reason: wanted.reason.into() };
    Ok(Json(state.host.begin_backup(wanted.to.into(), wanted.recipients, person)?))
}

/// How the backup under way is, or how the last one ended.
pub(crate) async fn look(Extract(state): Extract<State>) -> Json<Value> {
    Json(state.host.backup())
}
