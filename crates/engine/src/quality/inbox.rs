//! Messages that wait to be counted, of one interface: from the end of intake to its book.
//!
//! Promises: handing a message over takes the time of a short lock and no more, and never waits for counting; one at a time
//! counts, a batch at once, on no thread that anybody waits for; what does not fit is counted as left out, and of a flood
//! all but an even share.

use super::{
    book::{Book, Received, Repeat, Taken},
    limits::{BATCH, PENDING_BYTES_MAX, PENDING_MAX},
    own::OwnTables,
    pace::Pace,
    verdict::Verdict,
};
use hl7v2::Message;
use jiff::tz::TimeZone;
use message::{Clock, MessageId, Timestamp};
use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

/// A message that was accepted.
pub(crate) struct Waiting {
    pub(crate) message: Message,
    pub(crate) id: MessageId,
    pub(crate) received: Timestamp,
    pub(crate) repeat: Repeat,
    pub(crate) bytes: usize,
    pub(crate) verdict: Option<Verdict>,
}

#[derive(Default)]
struct Pending {
    messages: Vec<Waiting>,
    bytes: usize,
    left_out: u64,
    pace: Pace,
}

/// What a broken rule takes while it waits, about.
const BROKEN_BYTES: usize = 128;

/// See the module.
pub(crate) struct Inbox {
    pending: Mutex<Pending>,
    book: Mutex<Book>,
    /// The empty list of the last batch, so that none is made anew.
    spare: Mutex<Vec<Waiting>>,
    is_counting: AtomicBool,
    span_micros: AtomicI64,
    pub(crate) counted: AtomicU64,
    pub(crate) left_out: AtomicU64,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inbox {
    pub(crate) fn new(span: Duration) -> Inbox {
        Inbox {
            pending: Mutex::default(),
            book: Mutex::default(),
            spare: Mutex::default(),
            is_counting: AtomicBool::new(false),
            span_micros: AtomicI64::new(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)),
            counted: AtomicU64::new(0),
            left_out: AtomicU64::new(0),
        }
    }

    /// What is counted from now on is held against these tables.
    pub(crate) fn use_tables(&self, own: OwnTables) {
        lock(&self.book).use_tables(own);
    }

    /// Hands a message over. `true` when a batch is full and nobody counts: the caller sees to it that somebody does.
    pub(crate) fn put(&self, waiting: Waiting) -> bool {
        let mut pending = lock(&self.pending);
        let said = waiting.verdict.as_ref().map_or(0, |verdict| verdict.broken.len() * BROKEN_BYTES);
        let bytes = pending.bytes + waiting.bytes + said;
        let has_room = pending.messages.len() < PENDING_MAX && bytes <= PENDING_BYTES_MAX;
        if !has_room || !pending.pace.takes(waiting.received) {
            pending.left_out += 1;
            return false;
        }
        pending.bytes = bytes;
        pending.messages.push(waiting);
        pending.messages.len() >= BATCH && !self.is_counting.swap(true, Ordering::AcqRel)
    }

    /// Counts while there are whole batches. Only after [`Inbox::put`] answered `true`.
    pub(crate) fn count(&self, clock: &dyn Clock) {
        loop {
            self.count_once(clock);
            // Nobody else counts until this is false; who puts the next one after that sees a full batch again.
            self.is_counting.store(false, Ordering::Release);
            let is_due = lock(&self.pending).messages.len() >= BATCH;
            if !is_due || self.is_counting.swap(true, Ordering::AcqRel) {
                return;
            }
        }
    }

    fn count_once(&self, clock: &dyn Clock) {
        let mut book = lock(&self.book);
        let spare = std::mem::take(&mut *lock(&self.spare));
        let (mut messages, left_out) = {
            let mut pending = lock(&self.pending);
            pending.bytes = 0;
            (std::mem::replace(&mut pending.messages, spare), std::mem::take(&mut pending.left_out))
        };
        let (now, span) = (clock.now(), self.span_micros.load(Ordering::Relaxed));
        let local_offset_s = local_offset_s(now);
        for waiting in messages.drain(..) {
            let Waiting { message, id, received, repeat, bytes, verdict } = waiting;
            let verdict = verdict.as_ref();
            let received = Received { message: id.0, bytes, at: Some(received), repeat, local_offset_s, now, verdict };
            book.count(&message, received, span);
            self.counted.fetch_add(1, Ordering::Relaxed);
        }
        if left_out > 0 {
            book.leave_out(left_out, now, span);
            self.left_out.fetch_add(left_out, Ordering::Relaxed);
        }
        *lock(&self.spare) = messages;
    }

    /// Counts everything that waits and takes out what was counted.
    pub(crate) fn take(&self, clock: &dyn Clock) -> Vec<Taken> {
        self.count_once(clock);
        lock(&self.book).take()
    }
}

/// Seconds by which the zone of this machine is ahead of UTC.
pub(crate) fn local_offset_s(now: Timestamp) -> i64 {
    let at = jiff::Timestamp::from_microsecond(now.0).unwrap_or_default();
    i64::from(TimeZone::system().to_offset(at).seconds())
}

#[cfg(test)]
mod tests {
    use super::*;
    use message::clock::System;
    use std::sync::Arc;

    fn waiting(id: u64) -> Waiting {
        let text = format!("MSH|^~\\&|A|B|||20260301||ADT^A01|{id}|P|2.5.1\rPID|1||7\r");
        let message = Message::parse(text).0;
        Waiting { message, id: MessageId(id), received: System.now(), repeat: Repeat::No, bytes: 100, verdict: None }
    }

    #[test]
    fn a_batch_is_due_once() {
        let inbox = Inbox::new(Duration::from_secs(3_600));
        let due: Vec<u64> = (1..=200).filter(|id| inbox.put(waiting(*id))).collect();
        assert_eq!(due, [BATCH as u64], "while nobody has counted, nobody else is asked to");
        inbox.count(&System);
        assert_eq!(inbox.counted.load(Ordering::Relaxed), 200);
        assert!(!inbox.put(waiting(201)));
        let taken = inbox.take(&System);
        assert_eq!(taken.iter().map(|taken| taken.record.messages).sum::<u64>(), 201);
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let inbox = Inbox::new(Duration::from_secs(3_600));
        for id in 0..PENDING_MAX as u64 + 7 {
            // A millisecond apart, so that they are no flood.
            inbox.put(Waiting { received: Timestamp(id as i64 * 1_000), ..waiting(id) });
        }
        let large = Inbox::new(Duration::from_secs(3_600));
        for id in 0..3 {
            large.put(Waiting { bytes: PENDING_BYTES_MAX / 2, ..waiting(id) });
        }
        let left_out = |inbox: &Inbox| inbox.take(&System).iter().map(|taken| taken.record.left_out).sum::<u64>();
        assert_eq!((left_out(&inbox), left_out(&large)), (7, 1));
        assert_eq!(inbox.counted.load(Ordering::Relaxed), PENDING_MAX as u64);
    }

    #[test]
    fn of_a_flood_a_share_is_looked_at() {
        let inbox = Inbox::new(Duration::from_secs(3_600));
        let received = System.now();
        // Thirty thousand within a millisecond.
        for id in 0..30_000 {
            if inbox.put(Waiting { received: Timestamp(received.0 + (id / 30) as i64), ..waiting(id) }) {
                inbox.count(&System);
            }
        }
        let records = inbox.take(&System);
        let sum = |of: fn(&Taken) -> u64| records.iter().map(of).sum::<u64>();
        let (looked_at, left_out) = (sum(|taken| taken.record.messages), sum(|taken| taken.record.left_out));
        assert_eq!(looked_at + left_out, 30_000);
        assert!((2_000..2_010).contains(&looked_at), "{looked_at}");
    }

    #[test]
    fn many_at_once_lose_none() {
        let inbox = Arc::new(Inbox::new(Duration::from_secs(3_600)));
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let inbox = inbox.clone();
                std::thread::spawn(move || {
                    for number in 0..500 {
                        if inbox.put(waiting(thread * 1000 + number)) {
                            inbox.count(&System);
                        }
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let taken = inbox.take(&System);
        assert_eq!(taken.iter().map(|taken| taken.record.messages + taken.record.left_out).sum::<u64>(), 2_000);
    }
}
