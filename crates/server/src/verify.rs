//! The examination of the whole store of a running engine: long work, beside the messages, one at a time.
//!
//! Promises: changes nothing; says how far it is; ends when who asked for it goes away.

use crate::{codes, problem::Problem, socket::State};
use axum::{Json, extract::State as Extract};
use message::Reason;
use serde_json::{Value, json};
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
pub(crate) async fn progress(Extract(state): Extract<State>) -> Json<Value> {
    let at = &state.verifying;
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    Json(json!({"schema": "sinew.verify_progress/1", "is_running": at.is_running.load(Ordering::Relaxed),
        "bytes": read(&at.bytes), "bytes_total": read(&at.bytes_total), "messages": read(&at.messages)}))
}

/// Runs it.
pub(crate) async fn run(Extract(state): Extract<State>) -> Result<Json<Value>, Problem> {
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
        Ok(Ok(report)) => Ok(Json(engine::check::to_json(&report))),
        Ok(Err(error)) => Err(Problem::from(error)),
        Err(_) => Err(Problem::bad_request(Reason::new(codes::E7004, "the check was interrupted"))),
    }
}
