//! The audit chain on its way to other places: an audit record repository (IHE ATNA, RFC 5425) and a FHIR server (AuditEvent).
//!
//! The chain itself is the queue: what was sent is a number that is kept, and goes on only when the other side has taken what
//! is before it. Promises: a repository that is away, killed or full gets every record when it is back, in order; some twice. The
//! engine and its messages do not wait for it. Never: a patient's identifier; records hold keyed hashes.

use crate::outcome::{Failure, Result};
use connectors::{Asking, Pems, Relay};
use engine::Engine;
use interface::{catalogue::Context, workspace::AuditLines};
use message::Reason;
use serde_json::{Value, json};
use server::audit::{Record, atna, balp};
use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Records of one batch.
const BATCH: usize = 64;
/// Pause where there is nothing to send, and the pauses after failures.
const IDLE: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Where records go.
enum Way {
    Syslog(Relay),
    Fhir { asking: Asking, url: String },
}

/// One place that records go to.
pub struct Forward {
    name: &'static str,
    way: Way,
    site: String,
    host: String,
    trouble: Mutex<Option<Reason>>,
}

/// The places that the workspace names.
///
/// # Errors
/// A certificate cannot be read, or an address is none.
pub fn places(lines: &AuditLines, (site, folder): (&str, &Path), context: &Context) -> Result<Vec<Arc<Forward>>> {
    let at = |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| folder.join(path));
    let pems = Pems { ca: at(&lines.ca), own: at(&lines.certificate).zip(at(&lines.key)) };
    let wrong = |reason: Reason| Failure::usage(format!("[audit] in sinew.toml: {}", reason.text));
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned();
    let place = |name: &'static str, way: Way| {
        Arc::new(Forward { name, way, site: site.to_owned(), host: host.clone(), trouble: Mutex::default() })
    };
    let mut places = Vec::new();
    if let Some(address) = &lines.syslog {
        places.push(place("syslog", Way::Syslog(Relay::new(address, &pems, context).map_err(wrong)?)));
    }
    if let Some(base) = &lines.fhir {
        let url = format!("{}/AuditEvent", base.trim_end_matches('/'));
        places.push(place("fhir", Way::Fhir { asking: Asking::with(context.clone(), &pems), url }));
    }
    Ok(places)
}

impl Forward {
    fn cursor(&self) -> String {
        format!("audit/sent/{}", self.name)
    }

    /// How far it is, for `status`.
    pub fn told(&self, engine: &Engine) -> Value {
        let newest = engine.store().audit().head().ok().flatten().map_or(0, |(number, _)| number);
        let sent = self.sent(engine).unwrap_or(0);
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        json!({"to": self.name, "sent": sent, "waiting": newest.saturating_sub(sent), "trouble": trouble})
    }

    fn sent(&self, engine: &Engine) -> std::result::Result<u64, Reason> {
        let text = engine.surroundings().notebook.read(&self.cursor())?;
        Ok(text.and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    /// Sends the next batch; tells whether there was one.
    async fn step(self: &Arc<Forward>, engine: &Engine) -> std::result::Result<bool, Reason> {
        let (this, reading) = (self.clone(), engine.clone());
        let interrupted = |_| Reason::new(engine::codes::E5003, "reading the chain was interrupted");
        let read = tokio::task::spawn_blocking(move || {
            let sent = this.sent(&reading)?;
            let rows = reading.store().audit().after(sent, BATCH);
            rows.map_err(|error| Reason::new(error.code(), error.to_string()))
        });
        let rows = read.await.map_err(interrupted)??;
        let Some(mut last) = rows.last().map(|row| row.number) else { return Ok(false) };
        let records: Vec<Record> = rows.iter().map(|row| Record::of(row, false)).collect();
        let mut failed = None;
        match &self.way {
            Way::Syslog(relay) => {
                let frames: Vec<Vec<u8>> =
                    records.iter().map(|record| atna::frame(record, &self.site, &self.host)).collect();
                relay.deliver(&frames).await?;
            }
            Way::Fhir { asking, url } => {
                for record in &records {
                    let mut resource = balp::resource(record, &self.site);
                    // The server gives ids; the number and the hash are in the details.
                    resource.as_object_mut().map(|resource| resource.remove("id"));
                    if let Err(reason) = asking.create(url, &resource.to_string()).await {
                        // What was taken before it is not sent again.
                        (last, failed) = (record.number - 1, Some(reason));
                        break;
                    }
                }
            }
        }
        let (this, engine) = (self.clone(), engine.clone());
        let write = move || engine.surroundings().notebook.write(&this.cursor(), &last.to_string());
        tokio::task::spawn_blocking(write).await.map_err(interrupted)??;
        failed.map_or(Ok(true), Err)
    }

    /// Never returns.
    pub async fn run(self: Arc<Forward>, engine: Engine) {
        let mut pause = PAUSE;
        loop {
            let step = self.step(&engine).await;
            *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = step.as_ref().err().cloned();
            match step {
                Ok(true) => pause = PAUSE,
                Ok(false) => tokio::time::sleep(IDLE).await,
                Err(_) => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
        }
    }
}
