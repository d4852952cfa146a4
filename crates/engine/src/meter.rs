//! How long things take: counts by steps of time, cheap enough for the way of a message.
//!
//! Promises: two additions to numbers for each message; figures of the last minutes come from differences, not from locks.

use serde::Serialize;
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Upper ends of the steps, milliseconds; what takes longer is in one more step.
pub const STEPS_MS: [u64; 14] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 10_000, 30_000, 120_000];

/// See the module.
#[derive(Debug, Default)]
pub struct Meter {
    steps: [AtomicU64; STEPS_MS.len() + 1],
    sum_us: AtomicU64,
}

/// What a [`Meter`] has counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Times {
    /// How many took as long as each step, the last one longer than all.
    pub steps: Vec<u64>,
    /// Microseconds of all together.
    pub sum_us: u64,
}

impl Meter {
    /// Counts one.
    pub fn add(&self, took: Duration) {
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let at = STEPS_MS.partition_point(|step| *step < ms);
        if let Some(step) = self.steps.get(at) {
            step.fetch_add(1, Ordering::Relaxed);
        }
        self.sum_us.fetch_add(u64::try_from(took.as_micros()).unwrap_or(0), Ordering::Relaxed);
    }

    /// What was counted since the start.
    #[must_use]
    pub fn read(&self) -> Times {
        let steps = self.steps.iter().map(|step| step.load(Ordering::Relaxed)).collect();
        Times { steps, sum_us: self.sum_us.load(Ordering::Relaxed) }
    }
}

impl Times {
    /// How many.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.steps.iter().sum()
    }

    /// What came since `before`.
    #[must_use]
    pub fn since(&self, before: &Times) -> Times {
        let of = |at: usize| before.steps.get(at).copied().unwrap_or(0);
        let steps = self.steps.iter().enumerate().map(|(at, count)| count.saturating_sub(of(at))).collect();
        Times { steps, sum_us: self.sum_us.saturating_sub(before.sum_us) }
    }

    /// Milliseconds that 95 of 100 took at most: the end of their step. `None` where fewer than `least` were counted.
    #[must_use]
    pub fn p95_ms(&self, least: u64) -> Option<u64> {
        let count = self.count();
        if count < least.max(1) {
            return None;
        }
        let mut seen = 0;
        for (at, step) in self.steps.iter().enumerate() {
            seen += step;
            if seen * 100 >= count * 95 {
                return Some(STEPS_MS.get(at).copied().unwrap_or(STEPS_MS[STEPS_MS.len() - 1] + 1));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_and_the_95th() {
        let meter = Meter::default();
        assert_eq!(meter.read().p95_ms(1), None);
        (0..95).for_each(|_| meter.add(Duration::from_micros(900)));
        (0..5).for_each(|_| meter.add(Duration::from_millis(700)));
        let before = meter.read();
        assert_eq!((before.count(), before.p95_ms(1), before.p95_ms(101)), (100, Some(1), None));
        meter.add(Duration::from_secs(9_999));
        let after = meter.read();
        assert_eq!(after.since(&before).p95_ms(1), Some(120_001));
        assert_eq!(after.p95_ms(1), Some(1_000));
        let exact = Meter::default();
        exact.add(Duration::from_millis(5));
        assert_eq!(exact.read().p95_ms(1), Some(5));
    }
}
