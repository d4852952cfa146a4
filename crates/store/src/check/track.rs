//! The life of one delivery, change by change: what may follow what.

use super::{Finding, Place};
use crate::{
    Attempt, Change, Disposition, Entry, Stored, codes,
    log::{changed, transition},
};
use message::{Code, DeliveryId, DeliveryState};

/// A delivery as its history tells it so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Track {
    pub(super) state: DeliveryState,
    /// The number of the last attempt, and the largest.
    last: u32,
    largest: u32,
    /// A person put it back, so it stands outside the order of its key, and its attempts may count from 1 again.
    pub(super) is_requeued: bool,
    /// It was put back and not tried since.
    is_fresh: bool,
    /// It was taken out of the queue from outside: one attempt may have been under way.
    may_be_late: bool,
}

/// What is wrong with a change.
pub(super) type Wrong = (Code, String);

impl Track {
    pub(super) fn new(state: DeliveryState) -> Track {
        Track { state, last: 0, largest: 0, is_requeued: false, is_fresh: false, may_be_late: false }
    }

    /// Takes a change in; what is wrong with it is told, and the state goes on as the log's own fold does.
    pub(super) fn take(&mut self, change: &Change) -> Option<Wrong> {
        let before = self.state;
        let effect = changed::effect(change);
        let wrong = match change {
            Change::Attempt(attempt) => self.attempted(attempt),
            _ => None,
        };
        match transition::next(before, effect) {
            Ok(state) => self.state = state,
            Err(why) => return Some((codes::E4081, format!("{} is not possible: {why}", word(change)))),
        }
        match change {
            Change::Resent { .. } => self.requeue(),
            Change::Released { .. } if before == DeliveryState::Parked => self.requeue(),
            Change::Deleted { .. } | Change::Parked { .. } | Change::Expired { .. } => self.may_be_late = true,
            _ => {}
        }
        wrong
    }

    fn requeue(&mut self) {
        (self.is_requeued, self.is_fresh, self.may_be_late) = (true, true, false);
    }

    fn attempted(&mut self, attempt: &Attempt) -> Option<Wrong> {
        let is_next = attempt.number == self.last + 1
            || (self.is_fresh && attempt.number == 1)
            // An engine that was started again counts on from the largest.
            || (self.is_requeued && attempt.number == self.largest + 1);
        let is_late = self.state.is_settled();
        let is_excused = std::mem::take(&mut self.may_be_late);
        let last = std::mem::replace(&mut self.last, attempt.number);
        self.largest = self.largest.max(attempt.number);
        self.is_fresh = false;
        if is_late && !is_excused {
            let state = state_word(self.state);
            return Some((codes::E4084, format!("attempt {} after it was {state}", attempt.number)));
        }
        let gap = || (codes::E4082, format!("attempt {} follows attempt {last}", attempt.number));
        (!is_next).then(gap)
    }
}

fn state_word(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Queued => "queued",
        DeliveryState::Retrying => "retrying",
        DeliveryState::Held => "held",
        DeliveryState::Parked => "parked",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Expired => "given up",
        DeliveryState::Deleted => "deleted",
    }
}

fn word(change: &Change) -> &'static str {
    match change {
        Change::Attempt(_) => "an attempt",
        Change::Parked { .. } => "parking",
        Change::Held { .. } => "holding",
        Change::Expired { .. } => "giving up",
        Change::Released { .. } => "releasing",
        Change::Deleted { .. } => "deleting",
        Change::Resent { .. } => "sending again",
        Change::Dismissed { .. } => "dismissing",
        Change::ApplicationAcknowledged(_) => "an application acknowledgment",
    }
}

/// Where one delivery stands after its history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its state.
    pub state: DeliveryState,
    /// Attempts since it was last put into the queue.
    pub attempts: u32,
}

/// The tracks of a message: one for each delivery, or one for the whole where it has no plan and waits for a person.
pub(super) fn tracks(disposition: &Disposition, deliveries: usize) -> Vec<Track> {
    match disposition {
        Disposition::Filtered { .. } => Vec::new(),
        Disposition::Routed => vec![Track::new(DeliveryState::Queued); deliveries],
        Disposition::Parked { .. } => vec![Track::new(DeliveryState::Parked); deliveries.max(1)],
    }
}

/// The track that a change is about.
pub(super) fn track_of<'t>(tracks: &'t mut [Track], change: &Change) -> Option<&'t mut Track> {
    match change {
        Change::Dismissed { .. } => tracks.first_mut(),
        _ => tracks.get_mut(usize::from(change.delivery()?.number)),
    }
}

fn fold(stored: &Stored, history: &[Entry]) -> (Vec<Track>, Vec<Finding>) {
    let mut tracks = tracks(&stored.accept.disposition, stored.accept.deliveries.len());
    let mut findings = Vec::new();
    let mut before = stored.id.0;
    for entry in history {
        let place = entry.change.delivery().map_or(Place::Message(stored.id), Place::Delivery);
        if entry.lsn <= before || entry.change.message() != stored.id {
            let text = format!("the change at {} does not follow the one before it", entry.lsn);
            findings.push(Finding::bug(codes::E4081, place.clone(), text));
        }
        before = entry.lsn;
        if let Change::ApplicationAcknowledged(_) = entry.change {
            continue;
        }
        let wrong = match track_of(&mut tracks, &entry.change) {
            Some(track) => track.take(&entry.change),
            None => Some((codes::E4081, "the message has no such delivery".to_owned())),
        };
        findings.extend(wrong.map(|(code, text)| Finding::bug(code, place, text)));
    }
    (tracks, findings)
}

/// R2, R5 of one message: each change follows what may come before it, attempts are numbered without a gap, nothing is
/// tried after its end unless a person put it back, or took it out while it was being sent.
#[must_use]
pub fn history(stored: &Stored, history: &[Entry]) -> Vec<Finding> {
    fold(stored, history).1
}

/// Where the deliveries of a message stand after its history, in the order of its plan.
#[must_use]
pub fn standings(stored: &Stored, history: &[Entry]) -> Vec<Standing> {
    let tracks = fold(stored, history).0;
    tracks.iter().map(|track| Standing { state: track.state, attempts: track.last }).collect()
}

pub(super) fn delivery(message: u64, number: usize) -> DeliveryId {
    DeliveryId { message: message::MessageId(message), number: u16::try_from(number).unwrap_or(u16::MAX) }
}
