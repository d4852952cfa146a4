//! How failed sign-ins slow down those who make them, and nobody else.
//!
//! A browser that has signed somebody in before carries a mark (a cookie). With it, failures count for that browser alone.
//! Without it, they count for the pair of address and name, for the name, and for the address. So somebody who guesses
//! at a name from anywhere can keep strangers from that name, and never the one whose browser is known.
//!
//! Promises: bounded memory; a wait is never longer than a quarter of an hour. Never: disables an account.

use crate::{codes, problem::Problem};
use axum::http::StatusCode;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Failures that cost nothing: of a browser or pair, of a name by strangers, of an address.
const FREE_OF_PAIR: u32 = 5;
const FREE_OF_NAME: u32 = 60;
const FREE_OF_ADDRESS: u32 = 300;
/// The first wait, which doubles, and the longest.
const WAIT: Duration = Duration::from_secs(4);
const WAIT_MAX: Duration = Duration::from_secs(900);
/// Failures are forgotten after this long without another.
const MEMORY: Duration = Duration::from_secs(3_600);
/// Entries that are remembered.
const ENTRIES_MAX: usize = 16 * 1024;

/// Who failed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Who {
    Browser(String),
    Pair(Option<IpAddr>, String),
    Name(String),
    Address(Option<IpAddr>),
}

struct Failures {
    count: u32,
    last: Instant,
}

/// Somebody who tries to sign in.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    /// From where; `None` for the control socket.
    pub(crate) address: Option<IpAddr>,
    /// As whom.
    pub(crate) name: String,
    /// The mark of a browser that has signed this name in before.
    pub(crate) mark: Option<String>,
}

impl Attempt {
    fn counts(&self) -> Vec<(Who, u32)> {
        match &self.mark {
            Some(mark) => vec![(Who::Browser(mark.clone()), FREE_OF_PAIR)],
            None => vec![
                (Who::Pair(self.address, self.name.clone()), FREE_OF_PAIR),
                (Who::Name(self.name.clone()), FREE_OF_NAME),
                (Who::Address(self.address), FREE_OF_ADDRESS),
            ],
        }
    }
}

/// See the module.
#[derive(Default)]
pub(crate) struct Throttle(Mutex<HashMap<Who, Failures>>);

impl Throttle {
    /// Refuses an attempt that has to wait.
    pub(crate) fn admit(&self, attempt: &Attempt, now: Instant) -> Result<(), Problem> {
        let failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = attempt.counts().iter().filter_map(|(who, free)| wait(failed.get(who)?, *free, now)).max();
        let Some(wait) = wait else { return Ok(()) };
        let text = "too many sign-ins failed: wait, and try again";
        Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, codes::E7064, text).after(wait.as_secs().max(1)))
    }

    /// Counts a failure.
    pub(crate) fn fail(&self, attempt: &Attempt, now: Instant) {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.len() + 3 > ENTRIES_MAX {
            failed.retain(|_, failures| now.saturating_duration_since(failures.last) < MEMORY);
            if failed.len() + 3 > ENTRIES_MAX {
                // Those that failed least go first: an attacker with many addresses makes many small entries.
                let least = failed.values().map(|failures| failures.count).min().unwrap_or(0);
                failed.retain(|_, failures| failures.count > least);
            }
        }
        for (who, _) in attempt.counts() {
            let entry = failed.entry(who).or_insert(Failures { count: 0, last: now });
            if now.saturating_duration_since(entry.last) >= MEMORY {
                entry.count = 0;
            }
            entry.count = entry.count.saturating_add(1);
            entry.last = now;
        }
    }

    /// Forgets the failures of a pair or browser that signed in.
    pub(crate) fn succeed(&self, attempt: &Attempt) {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((who, _)) = attempt.counts().first() {
            failed.remove(who);
        }
    }
}

fn wait(failures: &Failures, free: u32, now: Instant) -> Option<Duration> {
    let since = now.saturating_duration_since(failures.last);
    let over = failures.count.checked_sub(free)?;
    let wait = WAIT.saturating_mul(1 << over.min(10)).min(WAIT_MAX);
    (since < wait).then(|| wait - since)
}

#[cfg(test)]
mod tests {
    use super::*;
    use message::{Clock as _, clock};

    fn attempt(address: u8, name: &str, mark: Option<&str>) -> Attempt {
        Attempt { address: Some([10, 0, 0, address].into()), name: name.into(), mark: mark.map(str::to_owned) }
    }

    #[test]
    fn who_guesses_waits_and_the_owner_does_not() {
        let (throttle, now) = (Throttle::default(), clock::System.monotonic());
        let guess = attempt(1, "ann", None);
        for _ in 0..5 {
            assert!(throttle.admit(&guess, now).is_ok());
            throttle.fail(&guess, now);
        }
        assert!(throttle.admit(&guess, now).is_err());
        assert!(throttle.admit(&attempt(1, "ann", Some("m1")), now).is_ok(), "the same address, a known browser");
        assert!(throttle.admit(&attempt(2, "ann", None), now).is_ok(), "another address");
        assert!(throttle.admit(&attempt(1, "bob", None), now).is_ok(), "another name");
        assert!(throttle.admit(&guess, now + WAIT).is_ok(), "the first wait is short");
        (0..20).for_each(|_| throttle.fail(&guess, now));
        assert!(throttle.admit(&guess, now + Duration::from_secs(899)).is_err());
        assert!(throttle.admit(&guess, now + WAIT_MAX).is_ok(), "and the longest a quarter of an hour");
    }

    #[test]
    fn many_addresses_on_one_name_slow_strangers_only() {
        let (throttle, now) = (Throttle::default(), clock::System.monotonic());
        for address in 0..70 {
            throttle.fail(&attempt(address, "ann", None), now);
        }
        assert!(throttle.admit(&attempt(200, "ann", None), now).is_err());
        assert!(throttle.admit(&attempt(200, "ann", Some("m1")), now).is_ok());
        assert!(throttle.admit(&attempt(200, "bob", None), now).is_ok());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (throttle, now) = (Throttle::default(), clock::System.monotonic());
        for number in 0..20_000u32 {
            let name = format!("n{number}");
            throttle.fail(&Attempt { address: Some(number.to_be_bytes().into()), name, mark: None }, now);
        }
        assert!(throttle.0.lock().unwrap().len() <= ENTRIES_MAX);
    }
}
