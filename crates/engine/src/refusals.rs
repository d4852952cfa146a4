//! Peers that were turned away at the door, for the audit chain: no certificate, a wrong one, or one that does not speak for
//! what was sent.
//!
//! Promises: a refusal is in the chain soon after it; who knocks again and again costs one record a minute, with the number
//! of refusals in it; all peers together cost [`RECORDS_OF_MINUTE_MAX`] records a minute, and what is over is counted in the
//! next one. So nobody fills the chain, or slows the disk, by knocking.
//! Never: content of a message, or of a certificate.

use message::{Clock, Reason};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use store::{AuditEntry, Store};

/// The act under which a refusal stands in the chain.
pub const ACT: &str = "connect";

/// How long a peer's further refusals are counted before they are recorded.
const SPAN: Duration = Duration::from_secs(60);
/// Records of a minute.
const RECORDS_OF_MINUTE_MAX: u32 = 120;
/// Peers that are remembered.
const PEERS_MAX: usize = 4096;

#[derive(Default)]
struct Book {
    /// By what was knocked at, address and reason: when it was recorded last, and refusals since.
    peers: HashMap<(String, String, String), (Instant, u64)>,
    /// The minute that is counted, and its records.
    minute: Option<(Instant, u32)>,
    /// Refusals without a record of their own.
    uncounted: u64,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<Book>);

impl Refusals {
    /// The record of a refusal, if it is due.
    fn due(&self, object: &str, peer: &str, reason: &Reason, now: Instant) -> Option<AuditEntry> {
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let origin = host(peer);
        let key = (object.to_owned(), origin.to_owned(), reason.to_string());
        if let Some((last, count)) = book.peers.get_mut(&key)
            && now.saturating_duration_since(*last) < SPAN
        {
            *count += 1;
            return None;
        }
        let (began, records) =
            book.minute.filter(|(began, _)| now.saturating_duration_since(*began) < SPAN).unwrap_or((now, 0));
        if records >= RECORDS_OF_MINUTE_MAX {
            book.uncounted += 1;
            return None;
        }
        if book.peers.len() >= PEERS_MAX {
            let forgotten = book.peers.extract_if(|_, (last, _)| now.saturating_duration_since(*last) >= SPAN);
            let uncounted: u64 = forgotten.map(|(_, (_, count))| count).sum();
            book.uncounted += uncounted;
        }
        book.minute = Some((began, records + 1));
        let again = book.peers.insert(key, (now, 0)).map_or(0, |(_, count)| count);
        let others = std::mem::take(&mut book.uncounted);
        let mut text = reason.to_string();
        if again > 0 {
            text.push_str(&format!("; {again} more since the last record"));
        }
        if others > 0 {
            text.push_str(&format!("; {others} refusals of other peers had no room for a record"));
        }
        Some(AuditEntry {
            who: format!("peer {origin}"),
            act: ACT.to_owned(),
            object: object.to_owned(),
            reason: text,
            origin: origin.to_owned(),
            is_refused: true,
            ..AuditEntry::default()
        })
    }

    /// Records a refusal, beside the tasks that serve sockets. `object` is what was knocked at, `peer` its `address:port`.
    pub(crate) fn record(&self, store: &Store, clock: &Arc<dyn Clock>, (object, peer): (&str, &str), reason: &Reason) {
        let Some(entry) = self.due(object, peer, reason, clock.monotonic()) else { return };
        let (store, now) = (store.clone(), clock.now());
        // A peer that was turned away is turned away also where the chain cannot be written; `status` tells of that.
        let write = move || drop(store.audit().append(now, &entry));
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(write)),
            Err(_) => write(),
        }
    }
}

/// An address without its port, which is another one each time.
fn host(peer: &str) -> &str {
    match peer.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            host.trim_matches(['[', ']'])
        }
        _ => peer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use message::clock;

    #[test]
    fn who_knocks_again_is_counted_and_all_together_are_bounded() {
        let (book, now) = (Refusals::default(), clock::System.monotonic());
        let reason = Reason::read("E6505", "the client showed no certificate; closed");
        let due = |peer: &str, at: u64| book.due("interface adt", peer, &reason, now + Duration::from_secs(at));
        let first = due("10.0.0.1:4000", 0).expect("the first");
        assert_eq!((&*first.who, &*first.origin, first.is_refused), ("peer 10.0.0.1", "10.0.0.1", true));
        assert_eq!((0..50).filter_map(|port| due(&format!("10.0.0.1:{port}"), 1)).count(), 0, "in the same minute");
        let again = due("10.0.0.1:4000", 61).expect("a minute later");
        assert!(again.reason.ends_with("; 50 more since the last record"), "{}", again.reason);
        let many = (0..500).filter_map(|number| due(&format!("10.1.{}.{}:1", number / 250, number % 250), 62)).count();
        assert_eq!(many as u32, RECORDS_OF_MINUTE_MAX - 1);
        let next = due("[fe80::1]:9", 200).expect("the next minute");
        assert_eq!(&*next.origin, "fe80::1");
        assert!(next.reason.contains("; 381 refusals of other peers had no room"), "{}", next.reason);
    }
}
