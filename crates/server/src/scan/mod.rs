//! Looking for a text inside the bodies of messages: long work in the background, told line by line.
//!
//! Promises: only who may read content may ask, for a reason, and only about messages whose content they may read; the asking
//! is recorded before the first body is opened, and each finding before it is told; one at a time for each person and few in
//! all, each with bounds of rows, bytes and time; it ends when who asked leaves, loses the right, or the engine ends; it gives
//! way to messages.
//! Never: tells content. It tells which messages have the text, and in which places.

mod text;
mod work;

use crate::{
    codes,
    find::{self, Walk},
    gate::{
        Call, aside,
        input::{From, Input},
    },
    live,
    problem::Problem,
    query,
};
use axum::{http::StatusCode, response::Response};
use engine::live::{Kinds, Watch};
use message::{Clock as _, MessageId, Phi, Reason, clock};
use schemars::JsonSchema;
use serde::Deserialize;
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};
use store::AuditEntry;
use text::Looked;
use tokio::sync::mpsc;
use work::{End, Work};

/// Scans under way at once.
const SCANS_MAX: usize = 2;
const ROWS_DEFAULT: usize = 200;
const ROWS_MAX: usize = 1_000;
const MEGABYTES_DEFAULT: u64 = 4 * 1024;
const MEGABYTES_MAX: u64 = 1024 * 1024;
const SECONDS_DEFAULT: u64 = 10 * 60;
const SECONDS_MAX: u64 = 60 * 60;
/// Lines that wait for their reader.
const LINES_MAX: usize = 64;
/// Pause after which it is asked whether the reader may still see content.
const STAND_PAUSE: Duration = Duration::from_secs(2);

/// What to look for inside messages, and in which.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The text: in a field, element or value as a person reads it. Case, accents and separators do not count.
    text: String,
    /// Words of a search that the messages fit as well: `interface:adt-main since:2d`.
    #[serde(default)]
    query: String,
    /// Why: kept in the audit chain.
    reason: String,
    /// At most so many found messages: 200 unless it says otherwise, 1000 at most.
    rows: Option<usize>,
    /// At most so many MiB of bodies: 4096 unless it says otherwise.
    megabytes: Option<u64>,
    /// At most so many seconds: 600 unless it says otherwise, 3600 at most.
    seconds: Option<u64>,
    /// Only messages older than this one: where an earlier scan ended.
    before: Option<u64>,
}

impl Input for Wanted {
    const FROM: From = From::Body;
}

/// Who scans now.
#[derive(Default)]
pub(crate) struct Scans(Mutex<BTreeSet<Arc<str>>>);

/// A place among them; given back when it is dropped.
struct Seat(Arc<Scans>, Arc<str>);

impl Scans {
    fn enter(self: &Arc<Scans>, who: &Arc<str>) -> Result<Seat, Problem> {
        let busy = |text: &str| Err(Problem::new(StatusCode::CONFLICT, codes::E7405, text));
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.contains(who) {
            return busy("you look through bodies already: end that first");
        }
        if all.len() >= SCANS_MAX {
            return busy("others look through bodies now: try again when one of them is done");
        }
        all.insert(who.clone());
        Ok(Seat(self.clone(), who.clone()))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

/// Whether the work has to end, from outside; see [`End`].
#[derive(Default)]
pub(crate) struct Over(AtomicU8);

impl Over {
    fn because(&self) -> Option<End> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(End::NotAllowed),
            _ => Some(End::Engine),
        }
    }
}

/// `POST /api/v1/messages/scan`: lines of JSON: how far it is, what was found, how it ended.
pub(crate) async fn scan(call: Call<Wanted>) -> Result<Response, Problem> {
    let wanted = &call.input;
    if wanted.reason.trim().is_empty() {
        return Err(Problem::bad_request(Reason::new(codes::E7003, "say why bodies are looked through")));
    }
    let looked = Looked::for_text(&wanted.text).map_err(|why| Problem::bad_request(Reason::new(codes::E7002, why)))?;
    let search = query::parse(&wanted.query, clock::System.now()).map_err(Problem::bad_request)?;
    let seat = call.state.scans.enter(&call.caller.who)?;
    let kinds = Kinds::parse("reloaded").map_err(|_| Problem::not_understood("no such news"))?;
    let ending = call.state.engine.live().watch(kinds).ok_or_else(live::too_many)?;
    let (pieces, receiver) = mpsc::channel(LINES_MAX);
    let call = Arc::new(call);
    let begun = call.clone();
    let (walk, of) = aside(move || {
        let wanted = &begun.input;
        let patients = search.patient.iter().chain(&search.words).cloned().map(Phi::new).collect();
        let terms = Some(Phi::new(format!("{} body:\"{}\"", wanted.query, wanted.text).trim_start().to_owned()));
        let reason = wanted.reason.clone();
        begun.state.audit.keep(&AuditEntry { patients, terms, reason, ..begun.entry("scan", "messages") })?;
        let of = if begun.sees_all() { find::facets(&begun.state, &wanted.query)? } else { None };
        let walk = Walk::of(&begun.state, &search, wanted.before.map(MessageId), Walk::PAGE)?;
        Ok((walk, of.map(|found| found.total)))
    })
    .await?;
    let over = Arc::new(Over::default());
    let tending = tokio::spawn(tend(call.clone(), ending, over.clone())).abort_handle();
    let wanted = &call.input;
    let work = Work {
        rows: wanted.rows.unwrap_or(ROWS_DEFAULT).clamp(1, ROWS_MAX),
        bytes: wanted.megabytes.unwrap_or(MEGABYTES_DEFAULT).clamp(1, MEGABYTES_MAX) * 1024 * 1024,
        time: Duration::from_secs(wanted.seconds.unwrap_or(SECONDS_DEFAULT).clamp(1, SECONDS_MAX)),
        call: call.clone(),
        looked,
        of,
        over,
        pieces,
    };
    let ended = tending.clone();
    let run = move || {
        work.run(walk, seat);
        ended.abort();
    };
    // A thread of its own, so that it can stand behind all others, and no pool waits for it.
    let started = std::thread::Builder::new().name("scan".to_owned()).spawn(run);
    started.map_err(|_| {
        tending.abort();
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, codes::E7405, "no thread is free for it")
    })?;
    Ok(live::stream("application/x-ndjson", receiver))
}

/// Ends the work when the engine ends, or who asked may not see content any longer.
async fn tend(call: Arc<Call<Wanted>>, mut ending: Watch<Arc<engine::live::News>>, over: Arc<Over>) {
    let mut pulse = tokio::time::interval(STAND_PAUSE);
    pulse.reset();
    loop {
        let end = tokio::select! {
            next = ending.next() => next.is_none().then_some(2),
            _ = pulse.tick() => (!call.stands(None).await).then_some(1),
        };
        if let Some(end) = end {
            return over.0.store(end, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_for_each_person_and_few_in_all() {
        let scans = Arc::new(Scans::default());
        let enter = |who: &str| scans.enter(&Arc::from(who)).map_err(|problem| problem.code().to_owned());
        let first = enter("ann").unwrap_or_else(|code| panic!("{code}"));
        assert_eq!(enter("ann").err().as_deref(), Some("E7405"));
        let _second = enter("bob").unwrap_or_else(|code| panic!("{code}"));
        assert_eq!(enter("eve").err().as_deref(), Some("E7405"));
        drop(first);
        assert!(enter("eve").is_ok());
    }
}
