//! How long something takes, on a machine that does other things too.
//!
//! Contenders of one measurement take turns, round by round, so that a busy moment hits all of them. A round's figure is
//! the best of its slices (a slice that was interrupted is no measurement of the code); the result is the median over
//! the rounds.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Rounds in which every contender has a turn.
const ROUNDS: usize = 7;
/// Slices of one turn.
const SLICES: usize = 12;
/// A slice is at least this long, so that reading the clock does not count.
const SLICE: Duration = Duration::from_millis(3);

/// Something to time: does the work once and answers a number that depends on it.
pub(crate) struct Contender<'a> {
    pub(crate) name: &'static str,
    pub(crate) work: Box<dyn FnMut() -> usize + 'a>,
}

impl<'a> Contender<'a> {
    pub(crate) fn new(name: &'static str, work: impl FnMut() -> usize + 'a) -> Contender<'a> {
        Contender { name, work: Box::new(work) }
    }

    /// How many repetitions fill a slice.
    fn calibrate(&mut self) -> u32 {
        let mut count = 1;
        loop {
            let start = Instant::now();
            for _ in 0..count {
                black_box((self.work)());
            }
            if start.elapsed() >= SLICE || count >= 1 << 24 {
                return count;
            }
            count *= 2;
        }
    }

    /// Nanoseconds for one repetition: the best slice.
    fn turn(&mut self, count: u32) -> f64 {
        let mut best = f64::MAX;
        for _ in 0..SLICES {
            let start = Instant::now();
            for _ in 0..count {
                black_box((self.work)());
            }
            best = best.min(start.elapsed().as_nanos() as f64 / f64::from(count));
        }
        best
    }
}

/// Nanoseconds for one repetition of each contender, in their order.
pub(crate) fn interleave(contenders: &mut [Contender<'_>]) -> Vec<f64> {
    let counts: Vec<u32> = contenders.iter_mut().map(Contender::calibrate).collect();
    let mut rounds = vec![Vec::with_capacity(ROUNDS); contenders.len()];
    for _ in 0..ROUNDS {
        for (number, contender) in contenders.iter_mut().enumerate() {
            rounds[number].push(contender.turn(counts[number]));
        }
    }
    rounds.into_iter().map(median).collect()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
