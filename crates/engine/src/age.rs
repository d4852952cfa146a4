//! How old a message is, whatever is done to the clock of the machine (F7).
//!
//! Owns how far the wall clock was ahead of the one that does not jump, message by message: an entry for each change.
//! Promises: a clock that is set, back or forth, makes no message of this life older or younger; one of an earlier life is
//! never taken for older than the wall clock says, nor, in the first minutes, for older than this life. Never: orders
//! anything; that is what message ids are for.

use message::{Clock, MessageId, Steady, Timestamp};
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Less than this is no change: a clock that is slewed, a message that was long under way.
const CHANGE_MIN_MICROS: u64 = 2_000_000;
/// Changes that are kept. What came before the oldest of them counts as of an earlier life.
const CHANGES_MAX: usize = 256;
/// Until the engine has run for so long, a message of an earlier life is no older than this life: the clock of a machine
/// that comes back may be wrong until somebody sets it, and the destination deserves some attempts.
const TRUST_AFTER: Duration = Duration::from_secs(600);

/// See the module.
pub struct Ages {
    life: Steady,
    /// From which message on the wall clock was how many microseconds ahead.
    changes: Mutex<VecDeque<(MessageId, i64)>>,
}

impl Ages {
    /// Begins with the engine.
    #[must_use]
    pub fn start(clock: &dyn Clock) -> Ages {
        Ages { life: Steady::start(clock), changes: Mutex::default() }
    }

    /// The clock that does not jump.
    #[must_use]
    pub fn life(&self) -> &Steady {
        &self.life
    }

    /// A message was accepted that was received when the wall clock said `received` and the other `steady`. Must be
    /// called in the order of acceptance, before the message can be sent.
    pub fn note(&self, message: MessageId, received: Timestamp, steady: Timestamp) {
        let ahead = received.0 - steady.0;
        let mut changes = self.lock();
        if changes.back().is_some_and(|(_, before)| ahead.abs_diff(*before) < CHANGE_MIN_MICROS) {
            return;
        }
        changes.push_back((message, ahead));
        if changes.len() > CHANGES_MAX {
            changes.pop_front();
        }
    }

    /// How old a message is for a policy that gives up.
    #[must_use]
    pub fn of(&self, message: MessageId, accepted: Timestamp, clock: &dyn Clock) -> Duration {
        let steady = self.life.now(clock);
        let ahead = self.lock().iter().rev().find(|(first, _)| *first <= message).map(|(_, ahead)| *ahead);
        match ahead {
            Some(ahead) => steady.since(Timestamp(accepted.0.saturating_sub(ahead))),
            None => {
                // The smaller of both: a clock that was set forth makes nothing older, and one that was wrong at the
                // start and set right makes it as old as it is.
                let age = steady.since(accepted).min(clock.now().since(accepted));
                let uptime = self.life.uptime(clock);
                if uptime < TRUST_AFTER { age.min(uptime) } else { age }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(MessageId, i64)>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    const DAY: i64 = 86_400;

    /// A machine: seconds since its start, and by how many its wall clock is ahead.
    struct Machine(Instant, i64, i64);

    impl Clock for Machine {
        fn now(&self) -> Timestamp {
            at(self.1 + self.2)
        }
        fn monotonic(&self) -> Instant {
            self.0 + Duration::from_secs(self.1.unsigned_abs())
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp((1_000_000 + seconds) * 1_000_000)
    }

    #[test]
    fn a_clock_that_is_set_changes_no_age() {
        let mut machine = Machine(Instant::now(), 0, 0);
        let ages = Ages::start(&machine);
        let mut accepted = Vec::new();
        // A message each minute; the clock is set between them.
        for (number, ahead) in [0, 0, DAY, DAY, -DAY, 3_600, 0].into_iter().enumerate() {
            (machine.1, machine.2) = (60 * i64::try_from(number).unwrap(), ahead);
            let id = MessageId(10 * number as u64);
            ages.note(id, machine.now(), ages.life().now(&machine));
            accepted.push((id, machine.now()));
        }
        for ahead in [0, DAY, -DAY] {
            (machine.1, machine.2) = (1_000, ahead);
            let found: Vec<u64> = accepted.iter().map(|(id, at)| ages.of(*id, *at, &machine).as_secs()).collect();
            assert_eq!(found, [1_000, 940, 880, 820, 760, 700, 640], "{ahead} s ahead");
        }
        assert_eq!(ages.lock().len(), 5, "an entry for each change");
    }

    #[test]
    fn received_before_a_change_and_stored_after_it() {
        let ages = Ages::start(&Machine(Instant::now(), 0, 0));
        ages.note(MessageId(1), at(5), at(5));
        ages.note(MessageId(3), at(61 + DAY), at(61));
        ages.note(MessageId(4), at(60), at(61)); // the clock was set while it was under way
        ages.note(MessageId(5), at(62 + DAY), at(62));
        let machine = Machine(ages.life.since(), 100, DAY);
        let check =
            |id, accepted, expect| assert_eq!(ages.of(MessageId(id), accepted, &machine).as_secs(), expect, "{id}");
        check(1, at(5), 95);
        check(3, at(61 + DAY), 39);
        check(4, at(60), 39);
        check(5, at(62 + DAY), 38);
    }

    #[test]
    fn messages_of_an_earlier_life() {
        let ages = Ages::start(&Machine(Instant::now(), 0, 0));
        ages.note(MessageId(100), at(1), at(1));
        let check = |accepted: i64, now: i64, ahead: i64, expect: u64| {
            let machine = Machine(ages.life.since(), now, ahead);
            assert_eq!(ages.of(MessageId(1), at(accepted), &machine).as_secs(), expect, "{accepted} {now} {ahead}");
        };
        check(-3_600, 60, 0, 60);
        check(-3_600, 599, 0, 599);
        check(-3_600, 600, 0, 4_200);
        check(-3_600, 600, DAY, 4_200);
        check(-3_600, 900, -DAY, 0);
        // The clock was a day ahead when the engine started, and was set right.
        check(-3_600 - DAY, 900, -DAY, 4_500);
        // It is younger than the start, so the clock was ahead in the earlier life.
        check(DAY, 900, 0, 0);
    }
}
