//! A rate for many connections at once.
//!
//! Promises: turns are handed out evenly at the mean rate; after a stall at most [`BURST_MAX`] worth of turns is made
//! up, so that a partner that comes back is not flooded.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// How much of a stall is made up by sending faster.
const BURST_MAX: Duration = Duration::from_millis(100);

/// Hands out turns at a mean rate.
#[derive(Debug)]
pub struct Pace {
    interval: Duration,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    /// `rate_per_second` turns a second; `None` where the rate is not a positive number.
    #[must_use]
    pub fn new(rate_per_second: f64) -> Option<Pace> {
        let interval = Duration::try_from_secs_f64(1.0 / rate_per_second).ok()?;
        (rate_per_second > 0.0).then_some(Pace { interval, next: Mutex::new(None) })
    }

    /// Takes the next turn and waits until it is due.
    pub async fn turn(&self) {
        let now = Instant::now();
        let due = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let earliest = now.checked_sub(BURST_MAX).unwrap_or(now);
            let due = next.unwrap_or(now).max(earliest);
            *next = Some(due + self.interval);
            due
        };
        // The timer counts milliseconds: turns closer than that are taken late and made up by the next ones.
        if due > now {
            tokio::time::sleep_until(due).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn keeps_the_mean_rate() {
        let pace = Pace::new(2000.0).unwrap();
        let start = Instant::now();
        for _ in 0..400 {
            pace.turn().await;
        }
        let took = start.elapsed().as_millis();
        assert!((180..400).contains(&took), "400 turns at 2000 a second took {took} ms");
    }

    #[test]
    fn refuses_what_is_no_rate() {
        assert!([0.0, -1.0, f64::NAN].iter().all(|&rate| Pace::new(rate).is_none()));
    }
}
