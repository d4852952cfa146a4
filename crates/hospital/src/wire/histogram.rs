//! Latencies in buckets that grow by a sixteenth, shared by every connection without a lock.
//!
//! Promises: 512 counters, whatever the load; a percentile is at most 6.25 % above the truth.

use serde::Serialize;
use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

const SUB: usize = 16;
const BUCKETS: usize = 512;

/// Counts of durations, microseconds and up.
#[derive(Debug)]
pub struct Histogram {
    buckets: Box<[AtomicU64]>,
    micros_max: AtomicU64,
}

/// What a histogram says, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Latency {
    /// Durations counted.
    pub count: u64,
    /// Half are at most this long.
    pub p50_micros: u64,
    /// Nine of ten.
    pub p90_micros: u64,
    /// Ninety-nine of a hundred.
    pub p99_micros: u64,
    /// The longest.
    pub max_micros: u64,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram { buckets: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(), micros_max: AtomicU64::new(0) }
    }
}

impl Histogram {
    /// Counts one duration.
    pub fn record(&self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.buckets[bucket(micros)].fetch_add(1, Relaxed);
        self.micros_max.fetch_max(micros, Relaxed);
    }

    /// The percentiles now.
    #[must_use]
    pub fn latency(&self) -> Latency {
        let counts: Vec<u64> = self.buckets.iter().map(|bucket| bucket.load(Relaxed)).collect();
        let count: u64 = counts.iter().sum();
        let max_micros = self.micros_max.load(Relaxed);
        let at = |percent: u64| {
            let rank = (count * percent).div_ceil(100).max(1);
            let mut seen = 0;
            let found = counts.iter().position(|n| {
                seen += n;
                seen >= rank
            });
            found.map_or(0, |index| upper(index).min(max_micros))
        };
        Latency { count, p50_micros: at(50), p90_micros: at(90), p99_micros: at(99), max_micros }
    }
}

/// Below 16 each microsecond has a bucket; above, each power of two has sixteen.
fn bucket(micros: u64) -> usize {
    if micros < SUB as u64 {
        return usize::try_from(micros).unwrap_or(0);
    }
    let power = micros.ilog2() as usize;
    let within = usize::try_from(micros >> (power - 4)).unwrap_or(0) - SUB;
    ((power - 3) * SUB + within).min(BUCKETS - 1)
}

/// The largest value of a bucket.
fn upper(index: usize) -> u64 {
    if index < SUB {
        return index as u64;
    }
    let (power, within) = (index / SUB + 3, index % SUB);
    ((SUB + within + 1) as u64) << (power - 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_their_values() {
        for micros in (0..2000).chain([10_000, 123_456, 9_999_999, 1 << 33]) {
            let top = upper(bucket(micros));
            assert!(top >= micros && top <= micros + micros / 8 + 1, "{micros} in a bucket up to {top}");
        }
    }

    #[test]
    fn percentiles() {
        let histogram = Histogram::default();
        assert_eq!(histogram.latency(), Latency::default());
        for micros in 1..=1000 {
            histogram.record(Duration::from_micros(micros));
        }
        let latency = histogram.latency();
        assert_eq!((latency.count, latency.max_micros), (1000, 1000));
        assert!((500..=532).contains(&latency.p50_micros), "{latency:?}");
        assert!((990..=1000).contains(&latency.p99_micros), "{latency:?}");
    }
}
