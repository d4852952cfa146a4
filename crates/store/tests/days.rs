//! The index over many days, on a clock that also goes back over midnight: what is narrowed by time, state or name is what
//! a look at everything gives, and counts that were kept are never those of an older state.
#![allow(clippy::unwrap_used)]

mod subject;

use message::{Clock, DeliveryId, MessageId, MessageState, Name, Timestamp};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Instant,
};
use store::{
    Facets, Hit, Options, Query, Store, Then,
    contract::{Subject, accept, attempt, wait},
};
use subject::{OnDisk, small};

const HOUR: i64 = 3_600_000_000;

/// A wall clock that is set.
struct Set(AtomicI64);

impl Clock for Set {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
    fn monotonic(&self) -> Instant {
        Instant::now()
    }
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % count
    }
}

fn asked<T>(mut ask: impl FnMut() -> Result<T, store::Error>) -> T {
    (0..50).find_map(|_| ask().ok()).unwrap()
}

fn all(store: &Store, query: &Query) -> Vec<Hit> {
    asked(|| store.search(&Query { limit: Query::LIMIT_MAX, ..query.clone() })).hits
}

fn is_meant(hit: &Hit, query: &Query) -> bool {
    query.interface.as_ref().is_none_or(|interface| *interface == hit.interface)
        && (query.states.is_empty() || query.states.contains(&hit.state))
        && query.since.is_none_or(|since| hit.at >= since)
        && query.until.is_none_or(|until| hit.at < until)
}

fn check(store: &Store, query: &Query, why: &str) {
    let everything = all(store, &Query::default());
    let expect: Vec<&Hit> = everything.iter().filter(|hit| is_meant(hit, query)).collect();
    let found = all(store, query);
    assert_eq!(found.iter().collect::<Vec<_>>(), expect, "{why}: {query:?}");
    // Twice: the second time from what was kept.
    for turn in 0..2 {
        let facets: Facets = asked(|| store.facets(query));
        assert_eq!(facets.total, expect.len() as u64, "{why}, turn {turn}: {query:?}");
        for (state, name) in [(MessageState::InFlight, "in_flight"), (MessageState::Parked, "parked")] {
            let count = expect.iter().filter(|hit| hit.state == state).count() as u64;
            let told = facets.states.iter().find(|facet| facet.value == name).map_or(0, |facet| facet.count);
            assert_eq!(told, count, "{why}, turn {turn}: {name} of {query:?}");
        }
    }
}

fn query(dice: &mut Dice, now: i64, begin: i64) -> Query {
    let states = [MessageState::Delivered, MessageState::InFlight, MessageState::Parked, MessageState::Expired];
    let mut some = |one_in: u64| dice.below(one_in) == 0;
    let (has_state, has_two, has_interface, has_since, has_until) = (some(2), some(3), some(3), some(2), some(2));
    let mut time = || Timestamp((begin + dice.below((now - begin + 30 * HOUR) as u64) as i64) / 1000 * 1000);
    let (since, until) = (time(), time());
    let mut state = || states[dice.below(4) as usize];
    let wanted = if has_state { vec![state(), state()] } else { Vec::new() };
    Query {
        interface: has_interface.then(|| Name::from(["adt", "lab", "none"][dice.below(3) as usize])),
        states: if has_two { wanted } else { wanted.into_iter().take(1).collect() },
        since: has_since.then_some(since),
        until: has_until.then_some(until),
        ..Query::default()
    }
}

#[test]
fn what_is_narrowed_is_what_a_look_at_everything_gives() {
    let begin = 1_772_348_889_000_000;
    let clock = Arc::new(Set(AtomicI64::new(begin)));
    let subject = OnDisk::new(Options { clock: clock.clone(), ..small() });
    let mut store = subject.open();
    let mut dice = Dice(7);
    let mut open: Vec<MessageId> = Vec::new();
    let mut newest = begin;
    for number in 0..160 {
        let step = dice.below(16) as i64 * HOUR - 5 * HOUR;
        clock.0.fetch_add(step, Ordering::Relaxed);
        newest = newest.max(clock.now().0);
        let interface = ["adt", "lab"][dice.below(2) as usize];
        open.push(wait(store.commit(accept(interface, number, &["a"]))).unwrap().id());
        if dice.below(3) > 0 && !open.is_empty() {
            // Also messages of days that are long over change.
            let id = open.swap_remove(dice.below(open.len() as u64) as usize);
            let then = [Then::Done, Then::Park, Then::Expire][dice.below(3) as usize];
            wait(store.commit_change(attempt(DeliveryId { message: id, number: 0 }, 1, then))).unwrap();
        }
        check(&store, &query(&mut dice, newest, begin), &format!("after {number}"));
        check(&store, &Query::default(), &format!("all, after {number}"));
        if number % 53 == 52 {
            wait(store.close()).unwrap();
            drop(store);
            store = subject.open();
        }
    }
    let days = std::fs::read_dir(subject.directory.join("index")).unwrap().flatten();
    let days = days.filter(|entry| entry.file_name().to_string_lossy().ends_with(".db")).count();
    assert!(days > 8, "{days} days");
    for number in 0..200 {
        check(&store, &query(&mut dice, newest, begin), &format!("question {number}"));
    }
}
