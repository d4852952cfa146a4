//! A share of the messages, for who tells their journey elsewhere.
//!
//! Promises: without somebody who asks, a message costs one look at a number; the same message is chosen whoever asks, by its
//! id alone; what does not fit is counted and left out.

use super::Watch;
use message::MessageId;
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};
use tokio::sync::mpsc;

/// Messages that wait to be told of.
pub const SAMPLES_MAX: usize = 1024;

/// See the module.
#[derive(Default)]
pub(super) struct Samples {
    /// Hashes below it are chosen; 0: nobody asks.
    below: AtomicU64,
    sender: Mutex<Option<(mpsc::Sender<MessageId>, Arc<AtomicUsize>)>>,
}

impl Samples {
    pub(super) fn open(&self, share: f64) -> Watch<MessageId> {
        let (sender, receiver) = mpsc::channel(SAMPLES_MAX);
        let missed = Arc::new(AtomicUsize::new(0));
        *self.sender.lock().unwrap_or_else(PoisonError::into_inner) = Some((sender, missed.clone()));
        // 2^64 as a number with a point; a share of 1 saturates.
        self.below.store((share.clamp(0.0, 1.0) * 18_446_744_073_709_551_616.0) as u64, Ordering::Relaxed);
        Watch { receiver, missed, held: Arc::default() }
    }

    pub(super) fn tell(&self, id: MessageId) {
        let below = self.below.load(Ordering::Relaxed);
        if below == 0 || (scatter(id.0) >= below && below != u64::MAX) {
            return;
        }
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((sender, missed)) = &*sender else { return };
        match sender.try_send(id) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(_)) => drop(missed.fetch_add(1, Ordering::Relaxed)),
            Err(mpsc::error::TrySendError::Closed(_)) => self.below.store(0, Ordering::Relaxed),
        }
    }

    pub(super) fn end(&self) {
        self.below.store(0, Ordering::Relaxed);
        *self.sender.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// The mixing function of SplitMix64 (Steele, Lea, Flood 2014): ids grow evenly, and what is chosen must not follow their steps.
fn scatter(id: u64) -> u64 {
    let mut mixed = id.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn chosen(samples: &Samples, share: f64, ids: impl Iterator<Item = u64>) -> usize {
        let mut watch = samples.open(share);
        let mut seen = 0;
        for id in ids {
            samples.tell(MessageId(id));
            seen += usize::from(watch.try_next().is_some());
        }
        seen
    }

    #[tokio::test]
    async fn a_share_is_about_that_share_whatever_the_steps_of_the_ids() {
        let samples = Samples::default();
        for step in [1, 64, 4096] {
            let ids = || (0..20_000).map(|at| at * step);
            assert_eq!(chosen(&samples, 1.0, ids()).await, 20_000);
            assert_eq!(chosen(&samples, 0.0, ids()).await, 0);
            let tenth = chosen(&samples, 0.1, ids()).await;
            assert!((1_800..2_200).contains(&tenth), "{tenth} of steps of {step}");
        }
    }

    #[tokio::test]
    async fn what_does_not_fit_is_counted_and_nobody_is_left_alone() {
        let samples = Samples::default();
        samples.tell(MessageId(1));
        let mut watch = samples.open(1.0);
        (0..SAMPLES_MAX as u64 + 7).for_each(|id| samples.tell(MessageId(id)));
        assert_eq!(watch.next().await, Some((MessageId(0), 7)));
        drop(watch);
        samples.tell(MessageId(1));
        assert_eq!(samples.below.load(Ordering::Relaxed), 0, "nobody asks any longer");
        let mut watch = samples.open(1.0);
        samples.end();
        assert_eq!(watch.next().await, None);
    }
}
