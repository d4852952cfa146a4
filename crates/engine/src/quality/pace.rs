//! How many messages of one interface are looked at: every one of an ordinary day and of a burst, and of a flood an even
//! share, so that counting never takes more of the machine than that. Shares are as true of every tenth message of a flood.
//!
//! Promises: over any time no more than [`LOOKED_AT_A_SECOND`], and [`LOOKED_AT_AT_ONCE`] more; a clock that is set does
//! not stop it.

use super::limits::{LOOKED_AT_A_SECOND, LOOKED_AT_AT_ONCE};
use message::Timestamp;

/// What one message takes of a second, microseconds.
const TURN_MICROS: i64 = 1_000_000 / LOOKED_AT_A_SECOND;
/// What a burst may be ahead of its time.
const AHEAD_MICROS: i64 = TURN_MICROS * LOOKED_AT_AT_ONCE;

/// The generic cell rate algorithm (ITU-T I.371): when the next message would come if all came evenly.
#[derive(Debug, Default)]
pub(super) struct Pace {
    due: i64,
}

impl Pace {
    /// A message that came at this time is looked at.
    pub(super) fn takes(&mut self, at: Timestamp) -> bool {
        // Ahead by more than a burst can be: the clock was set back.
        if self.due < at.0 || self.due > at.0 + 2 * AHEAD_MICROS {
            self.due = at.0;
        }
        let is_taken = self.due <= at.0 + AHEAD_MICROS;
        self.due += if is_taken { TURN_MICROS } else { 0 };
        is_taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of so many messages, this far apart, are looked at.
    fn taken(pace: &mut Pace, start: i64, count: i64, apart: i64) -> i64 {
        (0..count).filter(|number| pace.takes(Timestamp(start + number * apart))).count() as i64
    }

    #[test]
    fn every_message_of_a_day_and_a_share_of_a_flood() {
        let mut pace = Pace::default();
        assert_eq!(taken(&mut pace, 1_000_000_000, 10_000, TURN_MICROS), 10_000);
        // A burst at one moment, from rest.
        let rest = 100_000_000_000;
        let burst = taken(&mut pace, rest, LOOKED_AT_AT_ONCE + 500, 0);
        assert_eq!(burst, LOOKED_AT_AT_ONCE + 1);
        // Ten times as many as are looked at, for ten seconds behind it.
        let flood = taken(&mut pace, rest, 100 * LOOKED_AT_A_SECOND, TURN_MICROS / 10);
        assert!((flood - 10 * LOOKED_AT_A_SECOND).abs() <= 2, "{flood}");
        // And in even parts: no part of a second goes by unseen.
        let mut pace = Pace::default();
        taken(&mut pace, rest, LOOKED_AT_AT_ONCE + 1, 0);
        let parts: Vec<i64> = (0..10).map(|part| taken(&mut pace, rest + part * 100_000, 2_000, 50)).collect();
        assert!(parts.iter().all(|part| (part - LOOKED_AT_A_SECOND / 10).abs() <= 2), "{parts:?}");
    }

    #[test]
    fn a_clock_that_is_set_does_not_stop_it() {
        let mut pace = Pace::default();
        taken(&mut pace, 10_000_000_000_000, LOOKED_AT_AT_ONCE + 100, 0);
        assert_eq!(taken(&mut pace, 5_000_000_000, 100, TURN_MICROS), 100, "set back by months");
        assert_eq!(taken(&mut pace, 20_000_000_000_000, 100, TURN_MICROS), 100, "and forth");
    }
}
