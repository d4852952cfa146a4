//! What a test may ask of the process by its environment; in builds with debug assertions only.
//!
//! `SINEW_FAILPOINT=log.fsync.after:17` ends the process with SIGKILL when it comes by that place for the 17th time:
//! nothing is flushed, nothing is dropped, no other thread goes on. `SINEW_PANIC`, of the same form, panics there instead,
//! as a bug of ours would. `SINEW_SEGMENT_BYTES` makes the files of the log small, so that a test meets their ends.
//! `SINEW_CLOCK` names a file with the time, in microseconds since 1970, which stands still until the test moves it.
//! Never: in a release build; `cargo xtask test demo` starts one with a place that does not exist, which ends any other.

use message::{Clock, Timestamp, clock::System, failpoint};
use rustix::process::{Signal, getpid, kill_process};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Instant,
};

/// Where the process ends.
const PLACE: &str = "SINEW_FAILPOINT";
/// Where a panic begins.
const PANIC: &str = "SINEW_PANIC";
/// Size of a file of the log.
const SEGMENT: &str = "SINEW_SEGMENT_BYTES";
/// The file that says which time it is.
const CLOCK: &str = "SINEW_CLOCK";

/// Arms the place that the environment names.
pub fn arm() {
    for (variable, act) in [(PLACE, end as fn()), (PANIC, stumble)] {
        if let Ok(text) = std::env::var(variable) {
            // A test that misspells a place must not pass because nothing happened.
            assert!(failpoint::arm(&text, act), "{variable}={text} names no place of message::failpoint");
        }
    }
}

fn stumble() {
    std::panic::panic_any("as a test asked");
}

fn end() {
    let _ = kill_process(getpid(), Signal::KILL);
    // The signal is on its way; this thread does not go past its place.
    loop {
        std::thread::park();
    }
}

/// Smaller files of the log, if the environment asks for them.
pub fn shrink(options: store::Options) -> store::Options {
    match std::env::var(SEGMENT).ok().and_then(|text| text.parse().ok()) {
        Some(bytes) => store::Options { segment_bytes: bytes, reserve_bytes: bytes, ..options },
        None => options,
    }
}

/// A wall clock that a test sets; waits and ages go by the machine's.
struct Told {
    file: PathBuf,
    last: AtomicI64,
}

impl Clock for Told {
    fn now(&self) -> Timestamp {
        let text = std::fs::read_to_string(&self.file).ok();
        // While the test writes it, it is as it was.
        if let Some(at) = text.and_then(|text| text.trim().parse().ok()) {
            self.last.store(at, Ordering::Relaxed);
        }
        Timestamp(self.last.load(Ordering::Relaxed))
    }
    fn monotonic(&self) -> Instant {
        System.monotonic()
    }
}

/// The clock of the engine: the machine's, unless the environment names another.
pub fn clock() -> Arc<dyn Clock> {
    match std::env::var_os(CLOCK) {
        Some(file) => Arc::new(Told { file: file.into(), last: AtomicI64::new(System.now().0) }),
        None => Arc::new(System),
    }
}
