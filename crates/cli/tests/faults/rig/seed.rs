//! Chance that can be repeated: a number that is printed, and what follows from it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A stream of numbers (splitmix64, Steele and others 2014).
pub struct Seed(u64);

impl Seed {
    /// `SINEW_FAULT_SEED` if it is set, the clock otherwise; printed, so that a failure can be repeated.
    pub fn print(test: &str) -> Seed {
        let given = std::env::var("SINEW_FAULT_SEED").ok().and_then(|text| text.parse().ok());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |age| age.subsec_nanos().into());
        let seed = given.unwrap_or(now);
        println!("{test}: SINEW_FAULT_SEED={seed}");
        Seed(seed)
    }

    /// The stream that belongs to a text.
    pub fn of(text: &str) -> Seed {
        Seed(
            text.bytes()
                .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)),
        )
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A time between two.
    pub fn millis(&mut self, from: u64, until: u64) -> Duration {
        Duration::from_millis(from + self.next() % (until - from))
    }
}
