//! The wall clock of a machine whose administrator changes the time.

use message::{Clock, Timestamp, clock};
use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Instant,
};

/// The machine's clock, with jumps of the wall clock; the monotonic one goes on.
#[derive(Debug, Default)]
pub struct JumpyClock(AtomicI64);

impl JumpyClock {
    /// Moves the wall clock by so many seconds, back or forth.
    pub fn jump(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for JumpyClock {
    fn now(&self) -> Timestamp {
        Timestamp(clock::System.now().0 + self.0.load(Ordering::SeqCst))
    }
    fn monotonic(&self) -> Instant {
        clock::System.monotonic()
    }
}
