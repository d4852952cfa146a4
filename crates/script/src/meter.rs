//! What a run may use, and what it has used.
//!
//! Time is counted in steps, [`STEPS_PER_MS`] for a millisecond, so that the same message ends the same on a slow machine as
//! on a fast one; the clock itself ends a run after [`PATIENCE`] times its time, for what QuickJS does without a step.

use message::{Clock, clock};
use std::{
    cell::Cell,
    time::{Duration, Instant},
};

/// Steps (turns of loops, calls) that count as a millisecond: less than a release build makes of them, which was measured as
/// 58,000 in calls and 107,000 in loops, so that the steps decide and not the clock.
pub const STEPS_PER_MS: u64 = 40_000;
/// Steps between two looks of QuickJS at whether to go on.
pub(crate) const STEPS_A_LOOK: u64 = 10_000;
/// How many times the time of a run the clock may show before it ends.
const PATIENCE: u32 = 10;
/// Less than this leaves no room for a message.
const MEMORY_MIN: usize = 1024 * 1024;

/// What one run may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Time in steps, see [`STEPS_PER_MS`].
    pub time: Duration,
    /// Memory over what the engine itself takes, bytes.
    pub memory: usize,
}

impl Bounds {
    /// Longest time that a line may give.
    pub const TIME_MAX: Duration = Duration::from_secs(5);
    /// Most memory that a line may give.
    pub const MEMORY_MAX: usize = 256 * 1024 * 1024;
    /// Least memory that a line may give.
    pub const MEMORY_MIN: usize = MEMORY_MIN;
    /// Depth of calls, as bytes of the stack.
    pub const STACK_BYTES: usize = 256 * 1024;

    fn looks(self) -> u64 {
        let millis = u64::try_from(self.time.as_millis()).unwrap_or(u64::MAX);
        millis.saturating_mul(STEPS_PER_MS).div_ceil(STEPS_A_LOOK).max(1)
    }
}

impl Default for Bounds {
    /// 50 ms and 32 MiB.
    fn default() -> Bounds {
        Bounds { time: Duration::from_millis(50), memory: 32 * 1024 * 1024 }
    }
}

/// Counts one run.
#[derive(Debug)]
pub(crate) struct Meter {
    left: Cell<u64>,
    given: Cell<u64>,
    end: Cell<Option<Instant>>,
    is_over: Cell<bool>,
}

impl Meter {
    pub(crate) fn new() -> Meter {
        Meter { left: Cell::new(0), given: Cell::new(0), end: Cell::new(None), is_over: Cell::new(false) }
    }
    pub(crate) fn start(&self, bounds: Bounds) {
        let looks = bounds.looks();
        self.given.set(looks);
        self.left.set(looks);
        self.end.set(clock::System.monotonic().checked_add(bounds.time.saturating_mul(PATIENCE)));
        self.is_over.set(false);
    }
    /// One look; `true` ends the run.
    pub(crate) fn look(&self) -> bool {
        let left = self.left.get();
        let is_late = self.end.get().is_some_and(|end| clock::System.monotonic() > end);
        if left == 0 || is_late {
            self.is_over.set(true);
            return true;
        }
        self.left.set(left - 1);
        false
    }
    /// The run was ended.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.get()
    }
    /// Steps taken.
    pub(crate) fn steps(&self) -> u64 {
        self.given.get().saturating_sub(self.left.get()).saturating_mul(STEPS_A_LOOK)
    }
}
