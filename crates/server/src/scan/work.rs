//! The work of a scan, on its own thread: message by message from the newest down, in slices, resting between them.
//!
//! Promises: what was found is recorded before it is told; a message that cannot be read is counted and passed over.

use super::{Over, Seat, Wanted, text::Looked};
use crate::{
    find::{Row, Walk},
    gate::Call,
};
use axum::body::Bytes;
use message::{Clock as _, Format, MessageId, Phi, Reason, Timestamp, clock};
use serde_json::{Value, json};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use store::{AuditEntry, Content, Error, Stored};
use tokio::sync::mpsc;

/// Work between two rests.
const SLICE: Duration = Duration::from_millis(10);
/// Longest rest without a look whether the reader is still there.
const REST_MAX: Duration = Duration::from_millis(50);
/// Findings that are recorded and told together.
const FOUND_MAX: usize = 32;
/// Pause between two lines about how far it is.
const TELL_PAUSE: Duration = Duration::from_millis(200);

/// How a scan ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// There is no older message.
    All,
    /// So many rows were found.
    Rows,
    /// So many bytes were read.
    Bytes,
    /// So much time went by.
    Time,
    /// Who asked may not see content any longer.
    NotAllowed,
    /// The engine ends.
    Engine,
    /// Who asked went away.
    Left,
    /// The store could not go on.
    Trouble(Reason),
}

impl End {
    fn word(&self) -> &'static str {
        match self {
            End::All => "all",
            End::Rows => "rows",
            End::Bytes => "bytes",
            End::Time => "time",
            End::NotAllowed => "not-allowed",
            End::Engine => "engine-ends",
            End::Left => "left",
            End::Trouble(_) => "trouble",
        }
    }
}

/// See the module.
pub(super) struct Work {
    pub(super) rows: usize,
    pub(super) bytes: u64,
    pub(super) time: Duration,
    pub(super) call: Arc<Call<Wanted>>,
    pub(super) looked: Looked,
    /// How many messages the words of the search find, where that is known.
    pub(super) of: Option<u64>,
    pub(super) over: Arc<Over>,
    pub(super) pieces: mpsc::Sender<Bytes>,
}

/// How far it is.
#[derive(Default)]
struct Told {
    scanned: u64,
    bytes: u64,
    found: usize,
    unreadable: u64,
    last: Option<(MessageId, Timestamp)>,
}

/// A message that has the text.
struct Found {
    row: Row,
    places: Vec<String>,
    /// Whom it is about.
    patients: Vec<Phi<String>>,
}

impl Work {
    /// Does it all, and says how it ended. Who reads that may begin the next one: the place is given back before.
    pub(super) fn run(self, walk: Walk, seat: Seat) {
        give_way();
        let mut told = Told::default();
        let end = self.go(walk, &mut told);
        drop(seat);
        let reason = match &end {
            End::Trouble(reason) => json!({"code": reason.code, "text": reason.text}),
            _ => Value::Null,
        };
        let before = if end == End::All { None } else { told.last.map(|(id, _)| id) };
        let mut line = self.progress(&told);
        if let Some(object) = line.as_object_mut() {
            object.insert("why".into(), json!(end.word()));
            object.insert("before".into(), json!(before));
            object.insert("reason".into(), reason);
        }
        let _ = self.send("end", &line);
    }

    fn go(&self, mut walk: Walk, told: &mut Told) -> End {
        let begun = clock::System.monotonic();
        let mut found: Vec<Found> = Vec::new();
        let (mut slice, mut spoke) = (Slice::begin(self), begun);
        if !self.send("progress", &self.progress(told)) {
            return End::Left;
        }
        loop {
            let is_full = told.found >= self.rows;
            if is_full || found.len() >= FOUND_MAX || slice.worked() >= SLICE {
                if let Err(end) = self.tell(&mut found) {
                    return end;
                }
                if spoke.elapsed() >= TELL_PAUSE {
                    spoke = clock::System.monotonic();
                    if !self.send("progress", &self.progress(told)) {
                        return End::Left;
                    }
                }
                slice = slice.rest(self);
            }
            let limit = match () {
                () if is_full => Some(End::Rows),
                () if told.bytes >= self.bytes => Some(End::Bytes),
                () if begun.elapsed() >= self.time => Some(End::Time),
                () => self.over.because(),
            };
            if let Some(end) = limit {
                return self.tell(&mut found).err().unwrap_or(end);
            }
            if self.pieces.is_closed() {
                return End::Left;
            }
            let hit = match walk.next(&self.call.state) {
                Ok(Some(hit)) => hit,
                Ok(None) => return self.tell(&mut found).err().unwrap_or(End::All),
                Err(problem) => return End::Trouble(problem.reason().clone()),
            };
            told.last = Some((hit.id, hit.at));
            if !self.call.sees(&hit.interface, Some(&hit.facility)) {
                continue;
            }
            told.scanned += 1;
            match self.call.state.engine.store().read(hit.id) {
                Ok(stored) => {
                    let (places, bytes) = self.places(&stored);
                    told.bytes += bytes;
                    if !places.is_empty() {
                        told.found += 1;
                        let patients = stored.accept.facts.patients.clone();
                        found.push(Found { row: Row::of(&hit, &stored.accept.facts), places, patients });
                    }
                }
                // Retention was faster.
                Err(Error::NotFound { .. }) => {}
                Err(Error::Corrupt { .. }) => told.unreadable += 1,
                Err(error) => return self.tell(&mut found).err().unwrap_or(End::Trouble(error.reason())),
            }
        }
    }

    /// Where a message has the text: as it came, as it goes to each destination, in its acknowledgment; and how many bytes
    /// were looked at.
    fn places(&self, stored: &Stored) -> (Vec<String>, u64) {
        let envelope = &stored.accept.envelope;
        let (mut places, mut bytes, mut outputs) = (Vec::new(), 0, Vec::new());
        let mut look = |part: &str, format: Format, body: &Bytes| {
            bytes += body.len() as u64;
            let found = self.looked.places(format, body);
            places.extend(found.into_iter().map(|place| format!("{part} {place}").trim_end().to_owned()));
        };
        look("raw", envelope.format, &envelope.raw);
        for planned in &stored.accept.deliveries {
            // Equal outputs are looked at once, for the first that gets them.
            if let Content::Output(body) = &planned.content
                && !outputs.contains(&body)
            {
                outputs.push(body);
                look(&format!("output:{}", planned.destination), formats::detect::by_content(body), body);
            }
        }
        if let Some(body) = &stored.accept.acknowledgment {
            look("acknowledgment", envelope.format, body);
        }
        (places, bytes)
    }

    /// Records what was found, with keyed hashes of whom it is about, and then tells it.
    fn tell(&self, found: &mut Vec<Found>) -> Result<(), End> {
        if found.is_empty() {
            return Ok(());
        }
        let ids: Vec<String> = found.iter().map(|found| found.row.id.to_string()).collect();
        let patients = found.iter_mut().flat_map(|found| std::mem::take(&mut found.patients)).collect();
        let object = format!("messages {}", ids.join(" "));
        let reason = self.call.input.reason.clone();
        let entry = AuditEntry { patients, reason, ..self.call.entry("found", &object) };
        self.call.state.audit.keep(&entry).map_err(End::Trouble)?;
        for Found { row, places, .. } in found.drain(..) {
            let mut line = serde_json::to_value(&row).unwrap_or_default();
            if let Some(object) = line.as_object_mut() {
                object.insert("places".to_owned(), json!(places));
            }
            if !self.send("row", &line) {
                return Err(End::Left);
            }
        }
        Ok(())
    }

    fn progress(&self, told: &Told) -> Value {
        let day = told.last.map(|(_, at)| at.to_rfc3339().chars().take(10).collect::<String>());
        json!({"scanned": told.scanned, "of": self.of, "bytes": told.bytes, "found": told.found,
            "unreadable": told.unreadable, "day": day})
    }

    /// Waits for a slow reader. `false` when there is none any more.
    fn send(&self, name: &str, value: &Value) -> bool {
        let line = json!({"schema": "sinew.scan/1", name: value});
        self.pieces.blocking_send(Bytes::from(format!("{line}\n"))).is_ok()
    }
}

/// Behind every other thread of the process, where the system lets it; not so far that others would wait long for a lock that it
/// has while the machine is busy.
fn give_way() {
    const NICENESS: i32 = 5;
    let _ = rustix::process::setpriority_process(None, NICENESS);
}

/// A stretch of work.
struct Slice {
    begun: Instant,
    messages: u64,
}

impl Slice {
    fn begin(work: &Work) -> Slice {
        Slice { begun: clock::System.monotonic(), messages: work.call.state.engine.store().stats().messages }
    }

    fn worked(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Rests twice as long as it worked while messages come in, else a quarter of that.
    fn rest(self, work: &Work) -> Slice {
        let worked = self.worked();
        let is_busy = work.call.state.engine.store().stats().messages > self.messages;
        std::thread::sleep(if is_busy { worked * 2 } else { worked / 4 }.min(REST_MAX));
        Slice::begin(work)
    }
}
