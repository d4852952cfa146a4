//! The ledger: the fold over the log's records.
//!
//! Owns what is open (deliveries that are not at their end), the conservation counters by segment and interface, and
//! the control ids seen. Promises: the same records in the same order give the same ledger, live and at recovery
//! (R5); memory grows with what is open, never with what is in the log. Never reads sealed bytes.

use super::{
    accepted,
    changed::{Effect, PREV_UNKNOWN, WHOLE},
    duplicates::Duplicates,
    names::Names,
    restated::Restated,
    transition,
};
use message::{Counts, DeliveryId, DeliveryState, MessageId, MessageState, Name, Timestamp};
use std::collections::{BTreeMap, VecDeque};

/// Rows of messages at their end that are kept for late answers before they are swept.
const DEAD_ROWS_KEPT: usize = 4096;

/// One delivery of a message that is not at its end. 56 bytes: a million of them fit a small machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) message: u64,
    pub(crate) order_key: u64,
    pub(crate) retry_at: i64,
    pub(crate) accepted: i64,
    /// The latest change of the message; 0 if none, [`PREV_UNKNOWN`] if not known here.
    pub(crate) head: u64,
    pub(crate) attempts: u32,
    /// [`WHOLE`] for a message that is parked as a whole and has no plan.
    pub(crate) number: u16,
    pub(crate) route: u16,
    pub(crate) state: DeliveryState,
    pub(crate) priority: u8,
    pub(crate) is_dead: bool,
}

/// A delivery that waits, retries or is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenDelivery {
    /// Which.
    pub id: DeliveryId,
    /// The interface that accepted it.
    pub interface: Name,
    /// Where to.
    pub destination: Name,
    /// Hash of its ordering key.
    pub order_key: u64,
    /// Where it stands: `Queued`, `Retrying` or `Held`.
    pub state: DeliveryState,
    /// Attempts so far.
    pub attempts: u32,
    /// Not to be tried before; only for `Retrying`.
    pub retry_at: Option<Timestamp>,
    /// Higher goes first among free keys.
    pub priority: u8,
    /// When its message was committed.
    pub accepted: Timestamp,
}

/// Deliveries of messages that are not at their end, counted.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Standing {
    /// The interface; empty for messages that are parked as a whole.
    pub interface: String,
    /// Where to; empty for messages that are parked as a whole.
    pub destination: String,
    /// Where they stand.
    pub state: DeliveryState,
    /// How many.
    pub deliveries: u64,
}

/// What a change did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) prev: u64,
    /// The message's state after it; `None` where the ledger does not hold the message.
    pub(crate) state: Option<MessageState>,
}

/// See the module.
#[derive(Clone, Default)]
pub(crate) struct Ledger {
    pub(crate) names: Names,
    pub(crate) rows: VecDeque<Row>,
    pub(crate) dead: usize,
    /// Counters of the messages in each segment, by interface number.
    pub(crate) segments: BTreeMap<u64, Vec<Counts>>,
    /// The sums of `segments` and `baseline`, by interface number: asked for often, so not added up each time.
    pub(crate) totals: Vec<Counts>,
    /// Counters of messages that retention dropped.
    pub(crate) baseline: Vec<Counts>,
    /// Messages below this were dropped.
    pub(crate) cut: u64,
    pub(crate) duplicates: Duplicates,
    /// Deliveries that are not settled.
    pub(crate) open: usize,
    /// Place of the last record that was taken in.
    pub(crate) folded: u64,
}

pub(crate) fn counts_of(list: &mut Vec<Counts>, interface: u16) -> &mut Counts {
    let place = usize::from(interface);
    if list.len() <= place {
        list.resize(place + 1, Counts::default());
    }
    &mut list[place]
}

pub(crate) fn add(total: &mut Counts, more: &Counts) {
    total.accepted += more.accepted;
    total.delivered += more.delivered;
    total.filtered += more.filtered;
    total.parked += more.parked;
    total.expired += more.expired;
    total.deleted += more.deleted;
    total.in_flight += more.in_flight;
}

impl Ledger {
    /// Takes in an accepted message that stands in the segment at `segment`.
    pub(crate) fn accept(
        &mut self,
        segment: u64,
        lsn: u64,
        at: i64,
        fixed: &accepted::Fixed,
        open: &accepted::Open<'_>,
    ) -> MessageState {
        debug_assert!(self.rows.back().is_none_or(|row| row.message < lsn), "accepted in order");
        let interface = self.names.interface(open.interface);
        let (state, first) = match open.disposition {
            1 => (MessageState::Filtered, None),
            2 => (MessageState::Parked, Some(DeliveryState::Parked)),
            _ if open.deliveries.is_empty() => (MessageState::Filtered, None),
            _ => (MessageState::InFlight, Some(DeliveryState::Queued)),
        };
        if let Some(state) = first {
            let mut row = Row {
                message: lsn,
                order_key: 0,
                retry_at: 0,
                accepted: at,
                head: 0,
                attempts: 0,
                number: WHOLE,
                route: 0,
                state,
                priority: 0,
                is_dead: false,
            };
            for (number, planned) in open.deliveries.iter().enumerate() {
                let route = self.names.route(interface, planned.destination);
                let (number, order_key, priority) = (number as u16, planned.order_key, planned.priority);
                self.rows.push_back(Row { number, route, order_key, priority, ..row });
                self.open += usize::from(!state.is_settled());
            }
            if open.deliveries.is_empty() {
                row.route = self.names.route(interface, "");
                self.rows.push_back(row);
            }
        }
        let counts = counts_of(self.segments.entry(segment).or_default(), interface);
        counts.accepted += 1;
        *counts.of(state) += 1;
        debug_assert_eq!(counts.lost(), 0, "R5: a message is in one state");
        let total = counts_of(&mut self.totals, interface);
        total.accepted += 1;
        *total.of(state) += 1;
        if fixed.key != 0 {
            self.duplicates.remember(fixed.key, lsn);
        }
        self.folded = lsn;
        state
    }

    /// Takes back messages that were taken in last and could not be stored. `prior` is what stood before under a key.
    pub(crate) fn retract(&mut self, segment: u64, lsn: u64, fixed: &accepted::Fixed, open: &accepted::Open<'_>) {
        let interface = self.names.interface(open.interface);
        let state = match open.disposition {
            1 => MessageState::Filtered,
            2 => MessageState::Parked,
            _ if open.deliveries.is_empty() => MessageState::Filtered,
            _ => MessageState::InFlight,
        };
        let range = self.range(lsn);
        for row in self.rows.drain(range) {
            self.open -= usize::from(!row.state.is_settled());
        }
        for counts in
            [counts_of(self.segments.entry(segment).or_default(), interface), counts_of(&mut self.totals, interface)]
        {
            counts.accepted = counts.accepted.saturating_sub(1);
            *counts.of(state) = counts.of(state).saturating_sub(1);
        }
        if fixed.key != 0 {
            self.duplicates.retract(fixed.key, fixed.prior);
        }
    }

    /// Whether a change is possible now, without applying it.
    pub(crate) fn check(&self, message: u64, number: u16, effect: Effect, restated: &[u8]) -> Result<(), &'static str> {
        let range = self.range(message);
        if range.is_empty() {
            return match effect {
                Effect::Noted => Ok(()),
                Effect::Resent if message >= self.cut => {
                    let known = Restated::decode(restated).ok_or("its states are not known")?;
                    let is_planned = usize::from(number) < known.deliveries.len();
                    is_planned.then_some(()).ok_or("the message has no such delivery")
                }
                _ => Err("nothing of this message is open"),
            };
        }
        if effect == Effect::Noted {
            return Ok(());
        }
        let row = self.rows.range(range).find(|row| row.number == number).ok_or("the message has no such delivery")?;
        transition::next(row.state, effect).map(|_| ())
    }

    /// Takes in a change that stands at `lsn`. One that is not possible changes nothing.
    pub(crate) fn change(
        &mut self,
        lsn: u64,
        message: u64,
        number: u16,
        effect: Effect,
        restated: &[u8],
    ) -> Result<Applied, &'static str> {
        self.check(message, number, effect, restated)?;
        self.folded = lsn;
        if self.range(message).is_empty() {
            if effect != Effect::Resent {
                return Ok(Applied { prev: PREV_UNKNOWN, state: None });
            }
            self.revive(message, restated).ok_or("its states are not known")?;
        }
        let range = self.range(message);
        let prev = self.rows[range.start].head;
        let before = self.message_state(range.clone());
        for row in self.rows.range_mut(range.clone()) {
            row.head = lsn;
            if row.number == number && effect != Effect::Noted {
                let next = transition::next(row.state, effect)?;
                self.open = self.open + usize::from(!next.is_settled()) - usize::from(!row.state.is_settled());
                row.state = next;
                if let Effect::Tried { retry_at, number, .. } = effect {
                    row.attempts = row.attempts.max(number);
                    row.retry_at = retry_at;
                }
            }
        }
        let after = self.message_state(range.clone());
        let is_dead = matches!(after, MessageState::Delivered | MessageState::Deleted | MessageState::Expired);
        self.bury(range.clone(), is_dead);
        let route = self.rows[range.start].route;
        self.recount(message, route, before, after);
        self.sweep();
        Ok(Applied { prev, state: Some(after) })
    }

    fn range(&self, message: u64) -> std::ops::Range<usize> {
        let start = self.rows.partition_point(|row| row.message < message);
        let count = self.rows.range(start..).take_while(|row| row.message == message).count();
        start..start + count
    }

    fn message_state(&self, range: std::ops::Range<usize>) -> MessageState {
        let states = self.rows.range(range).map(|row| transition::of_delivery(row.state));
        states.max().unwrap_or(MessageState::Filtered)
    }

    fn bury(&mut self, range: std::ops::Range<usize>, is_dead: bool) {
        for row in self.rows.range_mut(range) {
            if row.is_dead != is_dead {
                row.is_dead = is_dead;
                self.dead = if is_dead { self.dead + 1 } else { self.dead - 1 };
            }
        }
    }

    fn recount(&mut self, message: u64, route: u16, before: MessageState, after: MessageState) {
        let interface = self.names.routes()[usize::from(route)].0;
        if let Some((_, counts)) = self.segments.range_mut(..=message).next_back() {
            let counts = counts_of(counts, interface);
            *counts.of(before) = counts.of(before).saturating_sub(1);
            *counts.of(after) += 1;
            debug_assert_eq!(counts.lost(), 0, "R5: a message is in one state");
            let total = counts_of(&mut self.totals, interface);
            *total.of(before) = total.of(before).saturating_sub(1);
            *total.of(after) += 1;
        }
    }

    fn sweep(&mut self) {
        while self.dead > DEAD_ROWS_KEPT && self.rows.front().is_some_and(|row| row.is_dead) {
            self.rows.pop_front();
            self.dead -= 1;
        }
        if self.dead > DEAD_ROWS_KEPT && self.dead > self.rows.len() / 2 {
            self.rows.retain(|row| !row.is_dead);
            self.dead = 0;
        }
    }

    /// Brings a message that had left the ledger back, as a `Resent` restates it.
    fn revive(&mut self, message: u64, restated: &[u8]) -> Option<()> {
        let restated = Restated::decode(restated)?;
        let interface = self.names.interface(&restated.interface);
        let start = self.rows.partition_point(|row| row.message < message);
        for (number, delivery) in restated.deliveries.iter().enumerate() {
            let route = self.names.route(interface, &delivery.destination);
            let row = Row {
                message,
                order_key: delivery.order_key,
                retry_at: 0,
                accepted: restated.accepted,
                head: PREV_UNKNOWN,
                attempts: delivery.attempts,
                number: number as u16,
                route,
                state: delivery.state,
                priority: delivery.priority,
                is_dead: true,
            };
            self.rows.insert(start + number, row);
            self.dead += 1;
        }
        Some(())
    }

    /// The latest change of a message, and its rows' states; `None` when the ledger does not hold it.
    pub(crate) fn head(&self, message: u64) -> Option<u64> {
        let range = self.range(message);
        (!range.is_empty()).then(|| self.rows[range.start].head)
    }

    /// Up to `limit` unsettled deliveries of messages below `end`, after the given one, in order.
    pub(crate) fn open_after(&self, after: Option<DeliveryId>, end: u64, limit: usize) -> Vec<OpenDelivery> {
        let place = |row: &Row| (row.message, row.number);
        let start = after.map_or(0, |id| self.rows.partition_point(|row| place(row) <= (id.message.0, id.number)));
        let rows = self.rows.range(start..).take_while(|row| row.message < end);
        rows.filter(|row| !row.is_dead && !row.state.is_settled())
            .filter_map(|row| {
                let (interface, destination) = self.names.of_route(row.route)?;
                Some(OpenDelivery {
                    id: DeliveryId { message: MessageId(row.message), number: row.number },
                    interface: interface.clone(),
                    destination: destination.clone(),
                    order_key: row.order_key,
                    state: row.state,
                    attempts: row.attempts,
                    retry_at: (row.state == DeliveryState::Retrying).then_some(Timestamp(row.retry_at)),
                    priority: row.priority,
                    accepted: Timestamp(row.accepted),
                })
            })
            .take(limit)
            .collect()
    }

    /// How many deliveries are unsettled.
    pub(crate) fn open_count(&self) -> usize {
        self.open
    }

    /// How many deliveries stand where, sorted by interface and destination. What is parked as a whole has no destination.
    pub(crate) fn standings(&self) -> Vec<Standing> {
        let mut found: BTreeMap<(u16, bool, u8), (DeliveryState, u64)> = BTreeMap::new();
        for row in self.rows.iter().filter(|row| !row.is_dead) {
            found.entry((row.route, row.number == WHOLE, row.state as u8)).or_insert((row.state, 0)).1 += 1;
        }
        let standing = |((route, is_whole, _), (state, deliveries)): ((u16, bool, u8), (DeliveryState, u64))| {
            let place = if is_whole { None } else { self.names.of_route(route) };
            let (interface, destination) = place.map_or_else(Default::default, |(a, b)| (a.to_string(), b.to_string()));
            Standing { interface, destination, state, deliveries }
        };
        let mut standings: Vec<Standing> = found.into_iter().map(standing).collect();
        // By name: numbers of names depend on what a log was folded from.
        standings.sort_by(|a, b| {
            (&a.interface, &a.destination, a.state as u8).cmp(&(&b.interface, &b.destination, b.state as u8))
        });
        standings
    }

    /// Counters by interface, dropped messages included.
    pub(crate) fn counts(&self) -> Vec<(Name, Counts)> {
        let total = |place: usize| self.totals.get(place).copied().unwrap_or_default();
        self.names.interfaces().iter().enumerate().map(|(place, name)| (name.clone(), total(place))).collect()
    }

    /// Adds everything up anew, where it was taken over as a whole.
    pub(crate) fn add_up(&mut self) {
        self.totals = self.baseline.clone();
        for list in self.segments.values() {
            for (place, counts) in list.iter().enumerate() {
                add(counts_of(&mut self.totals, place as u16), counts);
            }
        }
    }

    /// Counters of what retention dropped, by interface.
    pub(crate) fn baseline(&self) -> Vec<(Name, Counts)> {
        self.names.interfaces().iter().cloned().zip(self.baseline.iter().copied()).collect()
    }

    /// Messages of a segment that keep it: in flight and parked.
    pub(crate) fn kept_by(&self, segment: u64) -> (u64, u64) {
        let list = self.segments.get(&segment).map(Vec::as_slice).unwrap_or_default();
        list.iter().fold((0, 0), |(flight, parked), counts| (flight + counts.in_flight, parked + counts.parked))
    }

    /// What the baseline would be if everything below `cut` were dropped.
    pub(crate) fn baseline_below(&self, cut: u64) -> Vec<(Name, Counts)> {
        let names = self.names.interfaces().iter().enumerate();
        let total = |(place, name): (usize, &Name)| {
            let mut total = self.baseline.get(place).copied().unwrap_or_default();
            let doomed = self.segments.range(..cut).filter_map(|(_, list)| list.get(place));
            doomed.for_each(|counts| add(&mut total, counts));
            (name.clone(), total)
        };
        names.map(total).collect()
    }

    /// Moves the counters of every segment below `cut` into the baseline.
    pub(crate) fn drop_below(&mut self, cut: u64) {
        let kept = self.segments.split_off(&cut);
        for list in std::mem::replace(&mut self.segments, kept).into_values() {
            for (place, counts) in list.iter().enumerate() {
                add(counts_of(&mut self.baseline, place as u16), counts);
            }
        }
        self.forget_below(cut);
    }

    /// Takes a baseline over from its record: counters of what is below `cut`, by interface.
    pub(crate) fn rebase(&mut self, cut: u64, baseline: Vec<Counts>) {
        self.segments = self.segments.split_off(&cut);
        self.baseline = baseline;
        self.add_up();
        self.forget_below(cut);
    }

    fn forget_below(&mut self, cut: u64) {
        self.cut = self.cut.max(cut);
        while let Some(row) = self.rows.front().copied().filter(|row| row.message < cut) {
            self.rows.pop_front();
            self.dead -= usize::from(row.is_dead);
            self.open -= usize::from(!row.state.is_settled());
        }
        self.duplicates.forget_below(cut);
    }
}
