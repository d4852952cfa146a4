//! The examination of the whole store of a running engine: long work, beside the messages, one at a time.
//!
//! Promises: changes nothing; says how far it is; ends when who asked for it goes away.

use crate::{
    codes,
    gate::{Call, input::Nothing},
    problem::Problem,
};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use message::Reason;
use serde_json::json;
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
use store::check::Progress;

/// How far the examination under way is.
#[derive(Default)]
pub(crate) struct Verifying {
    is_running: AtomicBool,
    bytes: AtomicU64,
    bytes_total: AtomicU64,
    messages: AtomicU64,
}

impl Verifying {
    fn tell(&self, progress: Progress) {
        self.bytes.store(progress.bytes, Ordering::Relaxed);
        self.bytes_total.store(progress.bytes_total, Ordering::Relaxed);
        self.messages.store(progress.messages, Ordering::Relaxed);
    }
}

/// Ends the examination when the request is dropped.
struct Asked(Arc<AtomicBool>);

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// How far it is.
pub(crate) async fn progress(call: Call<Nothing>) -> Result<Response, Problem> {
    let at = &call.state.verifying;
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let told = json!({"schema": "sinew.verify_progress/1", "is_running": at.is_running.load(Ordering::Relaxed),
        "bytes": read(&at.bytes), "bytes_total": read(&at.bytes_total), "messages": read(&at.messages)});
    Ok(Json(told).into_response())
}

/// Runs it.
pub(crate) async fn run(call: Call<Nothing>) -> Result<Response, Problem> {
    let state = call.state;
    let verifying = state.verifying.clone();
    if verifying.is_running.swap(true, Ordering::AcqRel) {
        return Err(Reason::new(codes::E7050, "somebody else examines this store now").into());
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let _asked = Asked(is_over.clone());
    let store = state.engine.store().clone();
    let work = move || {
        let report = engine::check::store(&store, false, &mut |progress| {
            verifying.tell(progress);
            !is_over.load(Ordering::Relaxed)
        });
        verifying.is_running.store(false, Ordering::Release);
        report
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(report)) => Ok(Json(engine::check::to_json(&report)).into_response()),
        Ok(Err(error)) => Err(Problem::from(error)),
        Err(_) => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, codes::E7004, "the check was interrupted")),
    }
}
