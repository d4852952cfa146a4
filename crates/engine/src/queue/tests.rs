//! The queue against a model: random pushes, claims, outcomes.

use super::*;
use crate::queue::key::KeyState;
use message::MessageId;
use std::collections::HashMap;

fn entry(number: u64) -> Entry {
    Entry {
        delivery: DeliveryId { message: MessageId(number), number: 0 },
        accepted: Timestamp(number as i64),
        attempts: 0,
        priority: 0,
        bytes: None,
        hops: 0,
    }
}

fn claim(queue: &mut Queue, now: Instant) -> Claim {
    match queue.claim(now) {
        Next::Claimed(claim) => *claim,
        other => panic!("nothing to claim: {other:?}"),
    }
}

fn release_all(queue: &mut Queue) -> usize {
    queue.hurry();
    let held = queue.held_heads();
    held.into_iter().filter(|(key, delivery)| queue.release(*key, *delivery)).count()
}

#[test]
fn lanes_that_fail_together_are_one_failure() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let until = now + Duration::from_secs(1);
    for key in 1..=16 {
        queue.push(key, entry(key));
    }
    let claims: Vec<Claim> = (0..16).map(|_| claim(&mut queue, now)).collect();
    for failed in claims {
        queue.retry(failed.key, until);
        queue.mark_down(now, until + Duration::from_secs(failed.key - 1));
    }
    assert_eq!((queue.failures(), queue.probe_in(now)), (1, Some(Duration::from_secs(1))));
    queue.mark_down(until, until + Duration::from_secs(2));
    assert_eq!(queue.failures(), 2, "the probe that failed counts");
}

#[test]
fn a_drain_lets_out_what_came_before_and_nothing_later() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.push(1, entry(1));
    queue.push(2, entry(2));
    queue.push(1, entry(3));
    queue.drain(queue.youngest().unwrap());
    queue.push(1, entry(4));
    queue.push(3, Entry { priority: 1, ..entry(5) });
    assert_eq!((queue.draining(), queue.is_paused()), (Some(3), true));
    let mut gone = Vec::new();
    while let Next::Claimed(claim) = queue.claim(now) {
        gone.push(claim.entry.delivery.message.0);
        queue.settle(claim.key);
    }
    assert_eq!(gone, [1, 2, 3], "urgent or not, what came later waits");
    assert_eq!((queue.draining(), queue.len()), (Some(0), 2));
    // What a person puts back belongs to what was there before.
    queue.push_again(2, entry(2));
    assert_eq!(queue.draining(), Some(1));
    assert_eq!(queue.remove(2, entry(2).delivery).map(|entry| entry.delivery.message.0), Some(2));
    assert_eq!(queue.draining(), Some(0));
    queue.pause(false);
    assert_eq!(claim(&mut queue, now).entry.delivery.message, MessageId(5));
    assert_eq!(claim(&mut queue, now).entry.delivery.message, MessageId(4));
    let mut empty = Queue::default();
    empty.drain(MessageId(0));
    empty.push(1, entry(9));
    assert_eq!((empty.draining(), empty.claim(now)), (Some(0), Next::Wait));
}

#[test]
fn a_paused_queue_lets_go_as_many_as_a_person_says() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    for number in 1..=5 {
        queue.push(number % 2, entry(number));
    }
    assert!(!queue.let_go(1), "nothing is paused");
    queue.pause(true);
    assert_eq!(queue.claim(now), Next::Wait);
    assert!(queue.let_go(2));
    let first = claim(&mut queue, now);
    assert_eq!(first.entry.delivery.message, MessageId(1));
    assert_eq!(claim(&mut queue, now).entry.delivery.message, MessageId(2));
    assert_eq!(queue.claim(now), Next::Wait, "two were let go");
    queue.settle(first.key);
    let heads: Vec<_> =
        queue.first_heads(9).into_iter().map(|(id, _, why, behind)| (id.message.0, why, behind)).collect();
    assert_eq!(heads, [(2, "under way", 1), (3, "ready", 1)]);
    assert_eq!(queue.first_heads(1).len(), 1);
}

#[test]
fn one_key_is_strictly_in_order_and_one_at_a_time() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    for number in 1..=3 {
        queue.push(7, entry(number));
    }
    let first = claim(&mut queue, now);
    assert_eq!(first.entry.delivery.message, MessageId(1));
    assert_eq!(queue.claim(now), Next::Wait, "the second of a key must wait for the first");
    queue.settle(7);
    assert_eq!(claim(&mut queue, now).entry.delivery.message, MessageId(2));
}

#[test]
fn a_retrying_head_holds_only_its_own_key() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.push(1, entry(1));
    queue.push(1, entry(2));
    queue.push(2, entry(3));
    let head = claim(&mut queue, now);
    let at = now + Duration::from_secs(5);
    queue.retry(head.key, at);
    assert_eq!(claim(&mut queue, now).entry.delivery.message, MessageId(3));
    assert_eq!(queue.claim(now), Next::WaitUntil(at));
    let again = claim(&mut queue, at);
    assert_eq!((again.entry.delivery.message, again.entry.attempts), (MessageId(1), 1));
}

#[test]
fn what_was_held_before_a_restart_is_held_when_its_turn_comes() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let delivery = |number| DeliveryId { message: MessageId(number), number: 0 };
    let restore = |queue: &mut Queue| {
        // 2 was held while 1, older, was put back into the key or lost its end in a power cut.
        queue.push(7, entry(1));
        queue.push_held(7, entry(2));
        queue.push(7, entry(3));
        queue.push_held(8, entry(4));
    };
    restore(&mut queue);
    assert_eq!((queue.held_heads(), queue.len()), (vec![(7, delivery(2)), (8, delivery(4))], 4));
    assert!(!queue.is_held(delivery(1)) && queue.is_held(delivery(2)) && queue.is_held(delivery(4)));
    assert_eq!(claim(&mut queue, now).entry.delivery, delivery(1), "the older one is not held");
    queue.settle(7);
    assert_eq!((queue.claim(now), queue.held()), (Next::Wait, 2));
    assert!(queue.release(7, delivery(2)) && !queue.release(7, delivery(2)));
    for number in [2, 3] {
        assert_eq!(claim(&mut queue, now).entry.delivery, delivery(number));
        queue.settle(7);
    }
    queue = Queue::default();
    restore(&mut queue);
    assert!(queue.release(7, delivery(2)) && queue.remove(8, delivery(4)).is_some(), "a person acts before its turn");
    for number in [1, 2, 3] {
        assert_eq!(claim(&mut queue, now).entry.delivery, delivery(number));
        queue.settle(7);
    }
    assert!(queue.is_empty());
}

#[test]
fn while_down_one_probe_goes_out() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.push(1, entry(1));
    queue.push(2, entry(2));
    let first = claim(&mut queue, now);
    let at = now + Duration::from_secs(2);
    queue.retry(first.key, at);
    queue.mark_down(now, at);
    assert_eq!(queue.claim(now), Next::WaitUntil(at), "key 2 must not try a destination that is down");
    let probe = claim(&mut queue, at);
    assert_eq!(queue.claim(at), Next::Wait, "only one probe");
    queue.mark_up();
    queue.settle(probe.key);
    assert!(matches!(queue.claim(at), Next::Claimed(_)));
}

#[test]
fn held_keys_wait_for_release() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.push(1, entry(1));
    queue.push(1, entry(2));
    let head = claim(&mut queue, now);
    queue.hold(head.key);
    assert_eq!(queue.claim(now), Next::Wait);
    assert_eq!((queue.held(), queue.len()), (1, 2));
    assert_eq!(release_all(&mut queue), 1);
    assert_eq!(claim(&mut queue, now).entry.delivery.message, MessageId(1));
}

#[test]
fn higher_priority_goes_first_across_keys() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.push(1, entry(1));
    queue.push(2, Entry { priority: 1, ..entry(2) });
    assert_eq!(queue.oldest(), Some(Timestamp(1)), "the oldest is not the one of the highest priority");
    assert_eq!(claim(&mut queue, now).entry.delivery.message, MessageId(2));
}

#[test]
fn removing_takes_exactly_one() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    for number in 1..=3 {
        queue.push(1, entry(number));
    }
    assert!(queue.remove(1, entry(2).delivery).is_some());
    assert!(queue.remove(1, entry(1).delivery).is_some());
    assert_eq!(queue.len(), 1);
    let last = claim(&mut queue, now);
    assert!(queue.remove(1, last.entry.delivery).is_none(), "what is being sent cannot be removed");
    queue.settle(last.key);
    assert!(queue.is_empty());
}

/// A small deterministic generator: the seed is in the assertion messages.
fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// What is kept at hand: length, under way, ready, waiting, held, the oldest.
type Figures = (usize, usize, usize, usize, usize, Option<Timestamp>);

fn counters(queue: &Queue) -> Figures {
    (queue.len(), queue.busy(), queue.ready(), queue.waiting(), queue.held(), queue.oldest())
}

/// The same, by walking over everything.
fn recount(queue: &Queue) -> Figures {
    let of = |is: fn(KeyState) -> bool| queue.keys.values().filter(|key| is(key.state)).count();
    let heads = queue.keys.values().map(|key| (key.head.delivery(), key.head.accepted));
    (
        queue.keyed().count(),
        of(|state| state == KeyState::Busy),
        of(|state| state == KeyState::Ready),
        of(|state| matches!(state, KeyState::Waiting(_))),
        of(|state| state == KeyState::Held),
        heads.min().map(|(_, accepted)| accepted),
    )
}

#[test]
#[cfg(debug_assertions)]
fn what_comes_behind_a_younger_one_is_noticed() {
    let push = |again: fn(&mut Queue, u64, Entry)| {
        let mut queue = Queue::default();
        queue.push(7, entry(2));
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| again(&mut queue, 7, entry(1)))).is_err()
    };
    assert_eq!((push(Queue::push), push(Queue::push_again)), (true, false));
}

#[test]
fn any_history_keeps_order_per_key_and_loses_nothing() {
    for seed in 1..=300_u64 {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut queue = Queue::default();
        let mut now = Instant::now();
        let (mut pushed, mut ended) = (0_u64, 0_u64);
        let mut out: Vec<Claim> = Vec::new();
        let mut last: HashMap<u64, u64> = HashMap::new();
        let mut put_back = BTreeSet::new();
        for _ in 0..400 {
            match random(&mut state) % 9 {
                0..=2 => {
                    pushed += 1;
                    let one = Entry { priority: (random(&mut state) % 3) as u8, ..entry(pushed) };
                    queue.push(random(&mut state) % 5, one);
                }
                3 => {
                    // A person takes one out; another person puts one back that has the age of the first.
                    let waiting = queue.keyed().map(|(key, entry)| (key, entry.delivery)).collect::<Vec<_>>();
                    let place = random(&mut state) as usize % waiting.len().max(1);
                    let taken = waiting.get(place).and_then(|(key, delivery)| queue.remove(*key, *delivery));
                    if let Some(entry) = taken.filter(|_| waiting.len() % 2 == 0) {
                        put_back.insert(entry.delivery.message.0);
                        queue.push_again(waiting[place].0, entry);
                    } else {
                        ended += u64::from(waiting.len() > queue.len());
                    }
                }
                4..=5 => {
                    if let Next::Claimed(claim) = queue.claim(now) {
                        assert!(out.iter().all(|other| other.key != claim.key), "seed {seed}: key claimed twice");
                        out.push(*claim);
                    }
                }
                6 => now += Duration::from_millis(random(&mut state) % 50),
                _ if !out.is_empty() => {
                    let claim = out.swap_remove(random(&mut state) as usize % out.len());
                    match random(&mut state) % 5 {
                        0 => queue.retry(claim.key, now + Duration::from_millis(10)),
                        1 => {
                            queue.retry(claim.key, now + Duration::from_millis(10));
                            queue.mark_down(now, now + Duration::from_millis(5));
                        }
                        2 => queue.hold(claim.key),
                        _ => {
                            queue.mark_up();
                            let id = claim.entry.delivery.message.0;
                            if !put_back.contains(&id) {
                                let before = last.insert(claim.key, id).unwrap_or(0);
                                assert!(before < id, "seed {seed}: {before} ended before {id}");
                            }
                            queue.settle(claim.key);
                            ended += 1;
                        }
                    }
                }
                _ => {
                    release_all(&mut queue);
                }
            }
            assert_eq!(queue.len() as u64, pushed - ended, "seed {seed}");
            assert_eq!(queue.busy(), out.len(), "seed {seed}");
            assert_eq!(counters(&queue), recount(&queue), "seed {seed}");
        }
        for claim in out.drain(..) {
            queue.unclaim(claim.key);
        }
        release_all(&mut queue);
        while let Next::Claimed(claim) = queue.claim(now) {
            let id = claim.entry.delivery.message.0;
            let before = if put_back.contains(&id) { 0 } else { last.insert(claim.key, id).unwrap_or(0) };
            assert!(before < id, "seed {seed}");
            queue.settle(claim.key);
            ended += 1;
        }
        assert_eq!((ended, queue.len()), (pushed, 0), "seed {seed}: everything must drain");
    }
}

#[test]
fn what_stands_in_front_of_an_urgent_delivery_of_its_key_hurries() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    for number in 1..=100 {
        queue.push(number, entry(number));
    }
    queue.push(90, Entry { priority: 1, ..entry(101) });
    queue.push(90, entry(102));
    let first = claim(&mut queue, now);
    assert_eq!(first.entry.delivery.message, MessageId(90), "in order within its key, ahead of the other keys");
    queue.settle(90);
    assert_eq!(claim(&mut queue, now).entry.delivery.message, MessageId(101));
    queue.settle(90);
    assert_eq!(claim(&mut queue, now).entry.delivery.message, MessageId(1), "behind it nobody hurries");
}

#[test]
fn a_key_hurries_only_while_something_urgent_is_in_it() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.push(1, entry(1));
    queue.push(2, entry(2));
    queue.push(2, Entry { priority: 1, ..entry(3) });
    let urgent = DeliveryId { message: MessageId(3), number: 0 };
    assert!(queue.remove(2, urgent).is_some());
    assert_eq!(claim(&mut queue, now).entry.delivery.message, MessageId(1));
    assert_eq!((queue.len(), queue.ready()), (2, 1));
}

#[test]
fn lanes_for_the_urgent_take_nothing_else() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.push(1, entry(1));
    assert_eq!(queue.claim_from(now, true), Next::Wait);
    queue.push(2, Entry { priority: 1, ..entry(2) });
    let Next::Claimed(claimed) = queue.claim_from(now, true) else { panic!("the urgent one") };
    assert_eq!(claimed.entry.delivery.message, MessageId(2));
    assert_eq!(queue.claim_from(now, true), Next::Wait);
    assert_eq!(claim(&mut queue, now).entry.delivery.message, MessageId(1));
}
