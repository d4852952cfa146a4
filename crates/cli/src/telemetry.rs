//! Metrics and journeys of messages on their way to a collector of OpenTelemetry.
//!
//! Promises: messages never wait for it; a collector that is away costs a request now and then; bodies that wait for it are few
//! and bounded, and what is given up is counted.

use crate::outcome::{Failure, Result};
use connectors::{Asking, Pems};
use engine::Engine;
use interface::{catalogue::Context, workspace::TelemetryLines};
use message::Reason;
use serde_json::{Value, json};
use server::{
    Api,
    telemetry::{METRICS_PATH, TRACES_PATH, Tracer},
};
use std::{
    collections::VecDeque,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use zeroize::Zeroizing;

/// Pause between looks at the messages that are followed.
const LOOK_PAUSE: Duration = Duration::from_secs(5);
/// Pauses after failures.
const PAUSE: Duration = Duration::from_secs(5);
const PAUSE_MAX: Duration = Duration::from_secs(300);
/// Bodies of traces that wait for the collector.
const WAITING_MAX: usize = 16;

/// The collector that the workspace names.
pub struct Telemetry {
    asking: Asking,
    base: Arc<str>,
    secret: Option<(Arc<str>, Zeroizing<String>)>,
    every: Duration,
    traces: f64,
    has_conventions: bool,
    told: Mutex<Told>,
}

#[derive(Clone, Default)]
struct Told {
    sent: u64,
    given_up: u64,
    left_out: usize,
    trouble: Option<Reason>,
}

/// The collector; none where the workspace names none.
///
/// # Errors
/// Its secret cannot be read.
pub fn collector(lines: &TelemetryLines, folder: &Path, context: &Context) -> Result<Option<Arc<Telemetry>>> {
    let Some(base) = &lines.otlp else { return Ok(None) };
    let at = |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| folder.join(path));
    let pems = Pems { ca: at(&lines.ca), own: at(&lines.certificate).zip(at(&lines.key)) };
    let secret = lines.secret.as_ref().map(|place| crate::provider::secret(place, folder, "[telemetry] secret"));
    let secret = secret.transpose()?;
    if secret.as_ref().is_some_and(|secret| !secret.bytes().all(|byte| (0x20..0x7f).contains(&byte))) {
        return Err(Failure::usage("[telemetry] in sinew.toml: the secret is no value of a header")
            .hint("it is one line of ASCII, such as `Bearer …`"));
    }
    Ok(Some(Arc::new(Telemetry {
        asking: Asking::with(context.clone(), &pems),
        base: base.clone(),
        secret: secret.map(|secret| (lines.header.clone(), secret)),
        every: lines.every,
        traces: lines.traces,
        has_conventions: lines.has_conventions,
        told: Mutex::default(),
    })))
}

impl Telemetry {
    /// How it fares, for `status`.
    pub fn told(&self) -> Value {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner).clone();
        json!({"to": self.base, "sent": told.sent, "given_up": told.given_up, "left_out": told.left_out,
            "trouble": told.trouble})
    }

    fn note(&self, change: impl FnOnce(&mut Told)) {
        change(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner));
    }

    async fn post(&self, path: &str, body: &Value) -> std::result::Result<(), Reason> {
        let header = self.secret.as_ref().map(|(name, secret)| (&**name, secret.as_str()));
        let sent = self.asking.post(&format!("{}{path}", self.base), header, &body.to_string()).await;
        self.note(|told| {
            told.sent += u64::from(sent.is_ok());
            told.trouble = sent.as_ref().err().cloned();
        });
        sent
    }

    /// Never returns.
    pub async fn run(self: Arc<Telemetry>, api: Api, engine: Engine) {
        tokio::join!(self.tell_metrics(api), self.tell_traces(engine));
    }

    async fn tell_metrics(&self, api: Api) {
        let mut tick = tokio::time::interval(self.every);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            // Figures are of now: what did not arrive is not sent later, the next look has it.
            match api.telemetry_metrics(self.has_conventions).await {
                Ok(body) => drop(self.post(METRICS_PATH, &body).await),
                Err(reason) => self.note(|told| told.trouble = Some(reason)),
            }
        }
    }

    async fn tell_traces(&self, engine: Engine) {
        if self.traces <= 0.0 {
            return std::future::pending().await;
        }
        let mut tracer = Tracer::new(engine, self.traces);
        let mut waiting: VecDeque<Value> = VecDeque::new();
        let (mut pause, mut not_before) = (PAUSE, Instant::now());
        let mut tick = tokio::time::interval(LOOK_PAUSE);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let looked = tokio::task::spawn_blocking(move || {
                let body = tracer.step(Instant::now());
                (tracer, body)
            });
            let Ok((back, body)) = looked.await else { return std::future::pending().await };
            tracer = back;
            waiting.extend(body);
            let over = waiting.len().saturating_sub(WAITING_MAX);
            waiting.drain(..over);
            self.note(|told| {
                told.left_out = tracer.left_out();
                told.given_up += over as u64;
            });
            if Instant::now() < not_before {
                continue;
            }
            while let Some(body) = waiting.front() {
                if self.post(TRACES_PATH, body).await.is_err() {
                    not_before = Instant::now() + pause;
                    pause = (pause * 2).min(PAUSE_MAX);
                    break;
                }
                waiting.pop_front();
                pause = PAUSE;
            }
        }
    }
}
