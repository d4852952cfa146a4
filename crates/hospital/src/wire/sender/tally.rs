//! The figures of one sender, counted without locks.

use crate::wire::{Histogram, Latency};
use message::AckCode;
use serde::Serialize;
use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

/// What a sender did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct SenderStats {
    /// Messages written to a connection, resends included.
    pub sent: u64,
    /// Messages that are done with: answered, or given up after a timeout.
    pub settled: u64,
    /// Answered AA.
    pub aa: u64,
    /// Answered AE.
    pub ae: u64,
    /// Answered AR.
    pub ar: u64,
    /// Answered CA.
    pub ca: u64,
    /// Answered CE.
    pub ce: u64,
    /// Answered CR.
    pub cr: u64,
    /// Frames that came back without a code of table 0008 (not counted as an answer).
    pub unreadable: u64,
    /// Acknowledgments for another control id, or more than one for the same (not counted as an answer).
    pub mismatched: u64,
    /// Replies that did not come in time.
    pub timeouts: u64,
    /// Messages given up after a timeout, without an answer.
    pub unanswered: u64,
    /// Messages sent again: after a lost connection, a timeout or a rejection.
    pub resent: u64,
    /// Connections made after the first of each.
    pub reconnects: u64,
    /// Bytes written, frames included.
    pub bytes: u64,
    /// From the start until now, or until the last connection ended.
    pub seconds: f64,
    /// From the beginning of the last write of a message to its answer.
    pub latency: Latency,
}

impl SenderStats {
    /// Messages answered, with whatever code.
    #[must_use]
    pub fn answered(&self) -> u64 {
        self.aa + self.ae + self.ar + self.ca + self.ce + self.cr
    }

    /// Messages answered AA or CA.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.aa + self.ca
    }

    /// Messages settled a second.
    #[must_use]
    pub fn rate_per_second(&self) -> f64 {
        if self.seconds > 0.0 { self.settled as f64 / self.seconds } else { 0.0 }
    }
}

pub(super) struct Tally {
    start: Instant,
    ended_micros: AtomicU64,
    running: AtomicU64,
    codes: [AtomicU64; 6],
    histogram: Histogram,
    pub(super) sent: AtomicU64,
    pub(super) settled: AtomicU64,
    pub(super) unreadable: AtomicU64,
    pub(super) mismatched: AtomicU64,
    pub(super) timeouts: AtomicU64,
    pub(super) unanswered: AtomicU64,
    pub(super) resent: AtomicU64,
    pub(super) reconnects: AtomicU64,
    pub(super) bytes: AtomicU64,
}

impl Tally {
    pub(super) fn new() -> Tally {
        let zero = || AtomicU64::new(0);
        Tally {
            start: Instant::now(),
            ended_micros: zero(),
            running: zero(),
            codes: std::array::from_fn(|_| zero()),
            histogram: Histogram::default(),
            sent: zero(),
            settled: zero(),
            unreadable: zero(),
            mismatched: zero(),
            timeouts: zero(),
            unanswered: zero(),
            resent: zero(),
            reconnects: zero(),
            bytes: zero(),
        }
    }

    pub(super) fn begin_connection(&self) {
        self.running.fetch_add(1, Relaxed);
    }

    pub(super) fn end_connection(&self) {
        let now = u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.ended_micros.fetch_max(now, Relaxed);
        self.running.fetch_sub(1, Relaxed);
    }

    pub(super) fn connections_running(&self) -> u64 {
        self.running.load(Relaxed)
    }

    pub(super) fn count_answer(&self, code: AckCode, latency: Duration) {
        self.codes[position(code)].fetch_add(1, Relaxed);
        self.histogram.record(latency);
    }

    pub(super) fn stats(&self) -> SenderStats {
        let code = |code| self.codes[position(code)].load(Relaxed);
        let elapsed = match (self.connections_running(), self.ended_micros.load(Relaxed)) {
            (0, ended) if ended > 0 => Duration::from_micros(ended),
            _ => self.start.elapsed(),
        };
        SenderStats {
            sent: self.sent.load(Relaxed),
            settled: self.settled.load(Relaxed),
            aa: code(AckCode::AA),
            ae: code(AckCode::AE),
            ar: code(AckCode::AR),
            ca: code(AckCode::CA),
            ce: code(AckCode::CE),
            cr: code(AckCode::CR),
            unreadable: self.unreadable.load(Relaxed),
            mismatched: self.mismatched.load(Relaxed),
            timeouts: self.timeouts.load(Relaxed),
            unanswered: self.unanswered.load(Relaxed),
            resent: self.resent.load(Relaxed),
            reconnects: self.reconnects.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            seconds: elapsed.as_secs_f64(),
            latency: self.histogram.latency(),
        }
    }
}

fn position(code: AckCode) -> usize {
    match code {
        AckCode::AA => 0,
        AckCode::AE => 1,
        AckCode::AR => 2,
        AckCode::CA => 3,
        AckCode::CE => 4,
        AckCode::CR => 5,
    }
}
