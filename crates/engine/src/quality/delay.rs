//! How long things take, as counts in fixed steps: from a second to a month.
//!
//! Promises: fixed memory; adding two gives what counting both would give. Never: an average, which one stray date ruins.

use serde::Serialize;

/// The upper ends of the steps in seconds; the last step has none.
pub const STEPS_S: [i64; 21] = [
    1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400, 172_800, 604_800,
    1_209_600, 2_592_000,
];
/// A time that is ahead of ours by no more than this is no wrong clock.
pub const AHEAD_S: i64 = 2;

/// Counts by step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Delays {
    /// How many by step.
    pub steps: [u64; STEPS_S.len() + 1],
    /// How many were ahead of our clock by more than [`AHEAD_S`].
    pub ahead: u64,
    /// The farthest of them, seconds.
    pub ahead_s_max: u64,
}

impl Delays {
    /// Counts one.
    pub fn add(&mut self, seconds: i64) {
        if seconds < -AHEAD_S {
            self.ahead += 1;
            self.ahead_s_max = self.ahead_s_max.max(seconds.unsigned_abs());
            return;
        }
        let step = STEPS_S.iter().position(|end| seconds < *end).unwrap_or(STEPS_S.len());
        self.steps[step] += 1;
    }

    /// Adds the counts of another.
    pub fn merge(&mut self, other: &Delays) {
        self.steps.iter_mut().zip(other.steps).for_each(|(own, more)| *own += more);
        self.ahead += other.ahead;
        self.ahead_s_max = self.ahead_s_max.max(other.ahead_s_max);
    }

    /// Seconds by which the clock that wrote the times is ahead of ours, behind where negative, by the quickest of what came:
    /// no message comes before it was sent. `None` where too few came to say.
    #[must_use]
    pub fn skew_s(&self) -> Option<i64> {
        const CASES_MIN: u64 = 20;
        if self.count() < CASES_MIN {
            return None;
        }
        if self.ahead * 2 > self.count() {
            return i64::try_from(self.ahead_s_max).ok();
        }
        let quickest = self.steps.iter().position(|of| *of > 0)?;
        Some(quickest.checked_sub(1).and_then(|below| STEPS_S.get(below)).map_or(0, |low| -low))
    }

    /// How many there are, those ahead included.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.steps.iter().sum::<u64>() + self.ahead
    }

    /// The upper end of the step that this share of all is in, seconds; `None` without any, `i64::MAX` past the last step.
    #[must_use]
    pub fn within_s(&self, share: f64) -> Option<i64> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        let wanted = (count as f64 * share).ceil() as u64;
        let mut seen = self.ahead;
        for (step, of) in self.steps.iter().enumerate() {
            seen += of;
            if seen >= wanted {
                return Some(STEPS_S.get(step).copied().unwrap_or(i64::MAX));
            }
        }
        Some(i64::MAX)
    }

    /// How many took longer than a time: of the step that the time is in, none.
    #[must_use]
    pub fn longer_than(&self, seconds: i64) -> u64 {
        let ends = STEPS_S.iter().copied().chain([i64::MAX]);
        let starts = std::iter::once(0).chain(STEPS_S);
        self.steps.iter().zip(starts.zip(ends)).filter(|(_, (start, _))| *start >= seconds).map(|(of, _)| of).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(seconds: &[i64]) -> Delays {
        let mut delays = Delays::default();
        seconds.iter().for_each(|seconds| delays.add(*seconds));
        delays
    }

    #[test]
    fn shares() {
        let check = |seconds: &[i64], share: f64, expect: Option<i64>| {
            assert_eq!(of(seconds).within_s(share), expect, "{seconds:?} {share}");
        };
        check(&[], 0.5, None);
        check(&[0, 0, 0, 100], 0.5, Some(1));
        check(&[0, 0, 0, 100], 0.95, Some(120));
        check(&[-1, -2], 0.5, Some(1));
        check(&[i64::MAX], 0.5, Some(i64::MAX));
        check(&[-3, 4], 0.95, Some(5));
    }

    #[test]
    fn clocks_that_are_wrong() {
        let of = |times: &[(i64, usize)]| {
            let mut delays = Delays::default();
            times.iter().for_each(|(seconds, count)| (0..*count).for_each(|_| delays.add(*seconds)));
            delays.skew_s()
        };
        assert_eq!(of(&[(1, 19)]), None);
        assert_eq!(of(&[(0, 30), (4_000, 10)]), Some(0));
        assert_eq!(of(&[(-400, 30), (0, 10)]), Some(400));
        assert_eq!(of(&[(700, 30), (4_000, 10)]), Some(-600));
    }

    #[test]
    fn ahead_and_longer() {
        let delays = of(&[-3, -7_200, -2, 0, 59, 60, 400]);
        assert_eq!((delays.ahead, delays.ahead_s_max, delays.count()), (2, 7_200, 7));
        assert_eq!(delays.longer_than(60), 2);
        assert_eq!(delays.longer_than(300), 1);
        let mut both = of(&[-3, 1]);
        both.merge(&of(&[-9, 1]));
        assert_eq!(both, of(&[-3, 1, -9, 1]));
    }
}
