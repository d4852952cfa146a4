//! How many requests a source may make: a bucket of permits for each address that fills with time.
//!
//! Promises: bounded memory; one source cannot use up what another one has.

use crate::{codes, problem::Problem};
use axum::http::StatusCode;
use message::{Clock as _, clock};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// Requests that a source may make at once, and how many come back in a second.
const BURST: f64 = 400.0;
const REFILL_PER_S: f64 = 100.0;
/// Sources that are remembered.
const SOURCES_MAX: usize = 8192;

struct Bucket {
    permits: f64,
    at: Instant,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Rate(Mutex<HashMap<IpAddr, Bucket>>);

impl Rate {
    /// Takes a permit.
    pub(crate) fn admit(&self, source: IpAddr) -> Result<(), Problem> {
        if self.take(source, clock::System.monotonic()) {
            return Ok(());
        }
        let text = "too many requests from this address: wait a second";
        Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, codes::E7064, text).after(1))
    }

    fn take(&self, source: IpAddr, now: Instant) -> bool {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= SOURCES_MAX && !buckets.contains_key(&source) {
            // A full bucket says nothing: its source may be forgotten.
            buckets.retain(|_, bucket| filled(bucket, now) < BURST);
            if buckets.len() >= SOURCES_MAX {
                return false;
            }
        }
        let bucket = buckets.entry(source).or_insert(Bucket { permits: BURST, at: now });
        bucket.permits = filled(bucket, now);
        bucket.at = now;
        if bucket.permits < 1.0 {
            return false;
        }
        bucket.permits -= 1.0;
        true
    }
}

fn filled(bucket: &Bucket, now: Instant) -> f64 {
    let since = now.saturating_duration_since(bucket.at).as_secs_f64();
    (bucket.permits + since * REFILL_PER_S).min(BURST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_source_is_held_back_and_another_is_not() {
        let (rate, start) = (Rate::default(), clock::System.monotonic());
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let taken = (0..1000).filter(|_| rate.take(one, start)).count();
        assert_eq!(taken, 400);
        assert!(rate.take(other, start));
        assert!(rate.take(one, start + Duration::from_millis(20)));
    }
}
