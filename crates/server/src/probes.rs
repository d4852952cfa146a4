//! `/livez` and `/readyz`: what a supervisor or load balancer asks. They need no sign-in and say nothing but yes or no.

use crate::host::State;
use axum::{
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use store::Health;

/// The answer, where the path is one of the two. `/readyz` says yes while messages are taken: the store can be written.
pub(crate) fn answer(state: &State, method: &Method, path: &str) -> Option<Response> {
    let (status, text) = match (method, path) {
        (&Method::GET | &Method::HEAD, "/livez") => (StatusCode::OK, "ok\n"),
        (&Method::GET | &Method::HEAD, "/readyz") => match state.engine.store().health() {
            Health::Ok => (StatusCode::OK, "ok\n"),
            Health::Full => (StatusCode::SERVICE_UNAVAILABLE, "the store has no room\n"),
            Health::Away(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store cannot be reached\n"),
            Health::Failed(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store failed\n"),
        },
        _ => return None,
    };
    Some((status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}
