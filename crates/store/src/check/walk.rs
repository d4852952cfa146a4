//! All records of a log, one after the other: counters counted anew, every step of every delivery, order for each key.
//!
//! Promises: a fold of its own, not the ledger's, so that a mistake in the ledger shows; memory grows with the messages
//! that are not at their end, and with nothing else. Pure: what it has forgotten it asks for.

use super::{
    Finding, Place,
    track::{Track, delivery, track_of, tracks},
};
use crate::{Change, Disposition, Entry, Quarantined, Stored, codes, log::transition};
use message::{Counts, DeliveryId, DeliveryState, MessageId, MessageState, Name, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    hash::{BuildHasher, RandomState},
};

/// One record of the log, as far as it is not sealed.
#[derive(Clone, Debug)]
pub enum Line<'a> {
    /// A message.
    Accepted(OpenLine<'a>),
    /// A change of a message; an act comes without its reason, which is sealed.
    Changed(Entry),
    /// Retention dropped what is below `cut`; these are the counters of that.
    Baseline {
        /// Messages below this are gone.
        cut: MessageId,
        /// Their counters.
        counts: Vec<(Name, Counts)>,
    },
    /// The store was opened or closed here.
    Mark,
    /// Bytes that are no record.
    Damaged(Quarantined),
}

/// An accepted message without its sealed part.
#[derive(Clone, Debug)]
pub struct OpenLine<'a> {
    /// The message.
    pub id: MessageId,
    /// When it was committed.
    pub at: Timestamp,
    /// The interface.
    pub interface: &'a str,
    /// What the pipeline decided; rule and reason are sealed.
    pub disposition: Disposition,
    /// Its plan.
    pub deliveries: Vec<PlannedLine<'a>>,
}

/// One delivery of the plan, as far as it is not sealed.
#[derive(Clone, Copy, Debug)]
pub struct PlannedLine<'a> {
    /// Where to.
    pub destination: &'a str,
    /// Hash of its ordering key.
    pub order_key: u64,
}

/// Messages at their end whose history stays at hand for what comes late.
const ENDED_KEPT: usize = 4096;
/// Pairs of deliveries out of order whose end is waited for.
const OVERTAKEN_MAX: usize = 10_000;

/// A message that is not at its end, or was not a moment ago.
#[derive(Debug)]
struct Known {
    interface: u16,
    is_ended: bool,
    /// How often it stands in `ended`.
    endings: u16,
    deliveries: Box<[(Track, u64)]>,
}

/// See the module. Takes the records of a log in their order.
#[derive(Default)]
pub struct Walk {
    names: Vec<Name>,
    counts: Vec<Counts>,
    known: BTreeMap<u64, Known>,
    ended: VecDeque<u64>,
    /// Deliveries whose turn is ruled by their key: hash of route and key, delivery.
    turns: BTreeSet<(u64, DeliveryId)>,
    /// The older delivery, and the younger one of its key that was tried before it.
    overtaken: HashMap<DeliveryId, DeliveryId>,
    hasher: RandomState,
    /// Changes of messages below this may be missing: damage lies behind them.
    uncertain_below: u64,
    cut: u64,
    baseline: Vec<(Name, Counts)>,
    /// Messages taken in.
    pub messages: u64,
    /// Changes taken in.
    pub changes: u64,
    /// Deliveries taken in.
    pub deliveries: u64,
}

/// Gives a message that the walk has forgotten, with its changes.
pub type Recall<'r> = &'r mut dyn FnMut(MessageId) -> Option<(Stored, Vec<Entry>)>;

impl Walk {
    /// A walk over the log of a store that dropped what is below `cut`, and counted `baseline` in it.
    #[must_use]
    pub fn new(cut: MessageId, baseline: Vec<(Name, Counts)>) -> Walk {
        let mut walk = Walk { cut: cut.0, ..Walk::default() };
        for (name, counts) in &baseline {
            let place = usize::from(walk.interface(name));
            walk.counts[place] = *counts;
        }
        Walk { baseline, ..walk }
    }

    /// Takes the next record in; gives what is wrong with it.
    pub fn take(&mut self, line: &Line<'_>, recall: Recall<'_>) -> Vec<Finding> {
        match line {
            Line::Accepted(accepted) => {
                self.accept(accepted);
                Vec::new()
            }
            Line::Changed(entry) => self.change(entry, recall),
            Line::Baseline { cut, counts } => self.rebase(*cut, counts).into_iter().collect(),
            Line::Mark => Vec::new(),
            Line::Damaged(place) => {
                // What was lost may have been the end of any of them.
                self.turns.clear();
                self.overtaken.clear();
                self.uncertain_below = place.lsn + place.length;
                Vec::new()
            }
        }
    }

    fn interface(&mut self, name: &str) -> u16 {
        let place = self.names.iter().position(|known| **known == *name).unwrap_or_else(|| {
            self.names.push(name.into());
            self.counts.push(Counts::default());
            self.names.len() - 1
        });
        u16::try_from(place).unwrap_or(u16::MAX)
    }

    fn accept(&mut self, line: &OpenLine<'_>) {
        if line.id.0 < self.cut {
            return;
        }
        let interface = self.interface(line.interface);
        let tracks = tracks(&line.disposition, line.deliveries.len());
        let state = state_of(tracks.iter());
        let counts = &mut self.counts[usize::from(interface)];
        counts.accepted += 1;
        *counts.of(state) += 1;
        (self.messages, self.deliveries) = (self.messages + 1, self.deliveries + line.deliveries.len() as u64);
        if tracks.is_empty() {
            return;
        }
        let turn = |number: usize| {
            let planned = line.deliveries.get(number)?;
            Some(self.hasher.hash_one((line.interface, planned.destination, planned.order_key)))
        };
        let deliveries: Box<[_]> =
            tracks.into_iter().enumerate().map(|(number, track)| (track, turn(number).unwrap_or(0))).collect();
        for (number, (track, turn)) in deliveries.iter().enumerate() {
            if !track.state.is_settled() {
                self.turns.insert((*turn, delivery(line.id.0, number)));
            }
        }
        self.known.insert(line.id.0, Known { interface, is_ended: false, endings: 0, deliveries });
    }

    fn change(&mut self, entry: &Entry, recall: Recall<'_>) -> Vec<Finding> {
        self.changes += 1;
        let id = entry.change.message();
        if matches!(entry.change, Change::ApplicationAcknowledged(_)) || id.0 < self.cut {
            return Vec::new();
        }
        if !self.known.contains_key(&id.0) && !self.remember(id, entry.lsn, recall) {
            // Its message is damaged, which is told where it stands.
            return Vec::new();
        }
        let Some(known) = self.known.get_mut(&id.0) else { return Vec::new() };
        let before = state_of(known.deliveries.iter().map(|(track, _)| track));
        let place = entry.change.delivery().map_or(Place::Message(id), Place::Delivery);
        let number = entry.change.delivery().map_or(0, |delivery| usize::from(delivery.number));
        let mut tracks: Vec<Track> = known.deliveries.iter().map(|(track, _)| *track).collect();
        let wrong = match track_of(&mut tracks, &entry.change) {
            Some(track) => track.take(&entry.change),
            None => Some((codes::E4081, "the message has no such delivery".to_owned())),
        };
        known.deliveries.iter_mut().zip(&tracks).for_each(|((own, _), new)| *own = *new);
        let (after, interface) = (state_of(tracks.iter()), usize::from(known.interface));
        let turn = known.deliveries.get(number).map_or(0, |(_, turn)| *turn);
        let counts = &mut self.counts[interface];
        *counts.of(before) = counts.of(before).saturating_sub(1);
        *counts.of(after) += 1;
        let mut findings = Vec::new();
        if id.0 >= self.uncertain_below {
            findings.extend(wrong.map(|(code, text)| Finding::bug(code, place, text)));
        }
        if let (Some(delivery), Some(track)) = (entry.change.delivery(), tracks.get(number)) {
            findings.extend(self.turn(delivery, turn, track, &entry.change));
        }
        self.end(id.0, after);
        findings
    }

    /// R3: a delivery is tried only while no older one of its key waits. What a person put back stands outside.
    fn turn(&mut self, delivery: DeliveryId, turn: u64, track: &Track, change: &Change) -> Option<Finding> {
        let mut finding = None;
        if let Change::Attempt(_) = change {
            if let Some(younger) = self.overtaken.remove(&delivery) {
                let text = format!("it was tried after delivery {younger} of its key, which is younger");
                finding = Some(Finding::bug(codes::E4083, Place::Delivery(delivery), text));
            } else if self.turns.contains(&(turn, delivery)) {
                let older = self.turns.range((turn, FIRST)..(turn, delivery)).next();
                if let (Some((_, older)), true) = (older, self.overtaken.len() < OVERTAKEN_MAX) {
                    // A person may be taking it out at this moment: it was overtaken if it is tried after all.
                    self.overtaken.entry(*older).or_insert(delivery);
                }
            }
        } else {
            self.overtaken.remove(&delivery);
        }
        if track.state.is_settled() || track.is_requeued {
            self.turns.remove(&(turn, delivery));
        }
        finding
    }

    /// Forgets messages at their end, but not the last few.
    fn end(&mut self, id: u64, state: MessageState) {
        let is_ended = !matches!(state, MessageState::InFlight | MessageState::Parked);
        let Some(known) = self.known.get_mut(&id) else { return };
        if is_ended && !known.is_ended {
            known.endings = known.endings.saturating_add(1);
            self.ended.push_back(id);
        }
        known.is_ended = is_ended;
        while self.ended.len() > ENDED_KEPT {
            let Some(oldest) = self.ended.pop_front() else { return };
            let Some(known) = self.known.get_mut(&oldest) else { continue };
            known.endings = known.endings.saturating_sub(1);
            if known.is_ended && known.endings == 0 {
                self.known.remove(&oldest);
            }
        }
    }

    /// Takes a message in again that a person wakes up after its end.
    fn remember(&mut self, id: MessageId, until: u64, recall: Recall<'_>) -> bool {
        let Some((stored, history)) = recall(id) else { return false };
        let interface = self.interface(&stored.accept.envelope.interface);
        let mut tracks = tracks(&stored.accept.disposition, stored.accept.deliveries.len());
        for entry in history.iter().filter(|entry| entry.lsn < until) {
            if let Some(track) = track_of(&mut tracks, &entry.change) {
                // It was told when it was met.
                let _ = track.take(&entry.change);
            }
        }
        let deliveries = tracks.into_iter().map(|track| (track, 0)).collect();
        self.known.insert(id.0, Known { interface, is_ended: true, endings: 1, deliveries });
        self.ended.push_back(id.0);
        true
    }

    /// A baseline record says what retention counted, and that is what the ledger goes on from.
    fn rebase(&self, cut: MessageId, counts: &[(Name, Counts)]) -> Option<Finding> {
        let of = |list: &[(Name, Counts)]| -> BTreeMap<Name, Counts> {
            list.iter().filter(|(_, counts)| counts.accepted > 0).cloned().collect()
        };
        let is_other = cut.0 == self.cut && of(counts) != of(&self.baseline);
        let text = "the counters of dropped messages are not those that were written when they were dropped";
        is_other.then(|| Finding::bug(codes::E4080, Place::Store, text))
    }

    /// The counters that follow from what was taken in, by interface.
    #[must_use]
    pub fn counts(&self) -> Vec<(Name, Counts)> {
        self.names.iter().cloned().zip(self.counts.iter().copied()).collect()
    }

    /// The deliveries that wait, retry or are held, in order.
    pub fn open(&self) -> impl Iterator<Item = (DeliveryId, DeliveryState)> {
        let of = |(id, known): (&u64, &'_ Known)| {
            let open = known.deliveries.iter().enumerate().filter(|(_, (track, _))| !track.state.is_settled());
            open.map(|(number, (track, _))| (delivery(*id, number), track.state)).collect::<Vec<_>>()
        };
        self.known.iter().flat_map(of)
    }

    /// Nothing was met that is no record.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.uncertain_below == 0
    }

    /// What can be said only where nothing more happens: a younger delivery of a key was tried, the older one still waits.
    #[must_use]
    pub fn at_rest(&self) -> Vec<Finding> {
        let still = |older: &DeliveryId| {
            let known = self.known.get(&older.message.0)?.deliveries.get(usize::from(older.number))?;
            (!known.0.state.is_settled() && !known.0.is_requeued).then_some(())
        };
        let overtaken = self.overtaken.iter().filter(|(older, _)| still(older).is_some());
        overtaken
            .map(|(older, younger)| {
                let text = format!("it waits, and delivery {younger} of its key, which is younger, was tried");
                Finding::bug(codes::E4083, Place::Delivery(*older), text)
            })
            .collect()
    }
}

/// Comes before every delivery.
const FIRST: DeliveryId = DeliveryId { message: MessageId(0), number: 0 };

fn state_of<'t>(tracks: impl Iterator<Item = &'t Track>) -> MessageState {
    tracks.map(|track| transition::of_delivery(track.state)).max().unwrap_or(MessageState::Filtered)
}
