//! The checkers over what was seen: acknowledgments, order, duplicates, bytes. They know the promises, not the engine.
//!
//! Promises: a checker that fails names the observation. Never: forgives what is not in a documented window (R2).

use super::{Act, Answer, Ending, Letter, Ordering, Scenery, Seen};
use bytes::Bytes;
use message::{DeliveryId, MessageId};
use std::collections::{BTreeMap, BTreeSet};

/// What is wrong, and where in the sequence of observations.
pub type Verdict = Result<(), String>;

/// All of them.
///
/// # Errors
/// The first promise that was broken.
pub fn all(seen: &[Seen], scenery: &Scenery, letters: &[Letter]) -> Verdict {
    acknowledgments(seen, letters)?;
    order(seen, scenery)?;
    duplicates(seen)?;
    same_bytes(seen)
}

fn field(message: &[u8], segment: &str, number: usize) -> String {
    let text = String::from_utf8_lossy(message);
    let line = text.split('\r').find(|line| line.starts_with(segment)).unwrap_or_default();
    line.split('|').nth(number).unwrap_or_default().to_owned()
}

/// R1, R4, R6: AA only with "accepted", and to this message; the same answer for the same letter, in every life; one id
/// for one letter; no "accepted" for what was given after the store had failed; nothing is refused that is well formed.
///
/// # Errors
/// See there.
pub fn acknowledgments(seen: &[Seen], letters: &[Letter]) -> Verdict {
    let mut first: BTreeMap<usize, (MessageId, Bytes)> = BTreeMap::new();
    let mut owner: BTreeMap<MessageId, usize> = BTreeMap::new();
    let (mut has_failed, mut given_late) = (false, BTreeSet::new());
    for (at, one) in seen.iter().enumerate() {
        match one {
            Seen::Began(_) => (has_failed, given_late) = (false, BTreeSet::new()),
            Seen::Given(letter) if has_failed => drop(given_late.insert(*letter)),
            Seen::Answered(letter, Answer::Accepted(id, answer)) => {
                if given_late.contains(letter) {
                    return Err(format!("#{at}: letter {letter} was accepted after the store had failed (R6)"));
                }
                is_legal(&letters[*letter], true, answer)
                    .map_err(|why| format!("#{at}: letter {letter} was stored: {why}"))?;
                let known = first.entry(*letter).or_insert_with(|| (*id, answer.clone()));
                if *known != (*id, answer.clone()) {
                    return Err(format!(
                        "#{at}: letter {letter} was {} and is now {id}, or answered anew (R4)",
                        known.0
                    ));
                }
                if *owner.entry(*id).or_insert(*letter) != *letter {
                    return Err(format!("#{at}: {id} stands for two letters"));
                }
            }
            Seen::Answered(letter, Answer::Later(is_failed, answer)) => {
                has_failed |= *is_failed;
                is_legal(&letters[*letter], false, answer)
                    .map_err(|why| format!("#{at}: letter {letter} was not stored: {why} (R1)"))?;
            }
            Seen::Answered(letter, Answer::Refused) => return Err(format!("#{at}: letter {letter} was refused")),
            Seen::Given(_) | Seen::Replayed(..) | Seen::Arrived { .. } | Seen::Ended { .. } | Seen::Acted(..) => {}
        }
    }
    Ok(())
}

/// The answer is one that the standard allows for this letter.
fn is_legal(letter: &Letter, is_stored: bool, answer: &Bytes) -> Result<(), hl7v2::ack::Illegal> {
    let (message, _) = hl7v2::Message::parse(letter.bytes.clone());
    hl7v2::ack::check(&message, is_stored, Some(answer))
}

/// The ordering key of an arrival; `None` where nothing must stay in order.
fn key(scenery: &Scenery, to: &str, bytes: &[u8]) -> Option<(String, String)> {
    let value = match scenery.target(to)?.ordering {
        Ordering::Strict => String::new(),
        Ordering::ByPatient => field(bytes, "PID", 3),
        Ordering::Free => return None,
    };
    Some((to.to_owned(), value))
}

/// R3: within a life, an older delivery of a key never comes after a younger one, and two of one key are never under way
/// at once; over all lives, first attempts are in the order of acceptance. What a person put back is exempt: it goes to
/// the end of its key.
///
/// # Errors
/// See there.
pub fn order(seen: &[Seen], scenery: &Scenery) -> Verdict {
    let mut requeued = BTreeSet::new();
    let mut first_seen = BTreeSet::new();
    let mut firsts: BTreeMap<(String, String), DeliveryId> = BTreeMap::new();
    let mut last: BTreeMap<(String, String), DeliveryId> = BTreeMap::new();
    let mut under_way: BTreeMap<DeliveryId, Option<(String, String)>> = BTreeMap::new();
    for (at, one) in seen.iter().enumerate() {
        match one {
            Seen::Began(_) => {
                last.clear();
                under_way.clear();
            }
            Seen::Acted(Act::Requeued, delivery) => drop(requeued.insert(*delivery)),
            Seen::Ended { delivery, .. } => drop(under_way.remove(delivery)),
            Seen::Arrived { to, delivery, bytes } => {
                let key = key(scenery, to, bytes);
                if under_way.contains_key(delivery) {
                    return Err(format!("#{at}: {delivery} is sent twice at once"));
                }
                if key.is_some() && under_way.values().any(|other| *other == key) {
                    return Err(format!("#{at}: {delivery} at {to} is sent beside another one of its key (R3)"));
                }
                under_way.insert(*delivery, key.clone());
                let is_first = first_seen.insert(*delivery);
                let Some(key) = key.filter(|_| !requeued.contains(delivery)) else { continue };
                if last.get(&key).is_some_and(|before| before > delivery) {
                    return Err(format!("#{at}: {delivery} at {to} came after {} of its key (R3)", last[&key]));
                }
                last.insert(key.clone(), *delivery);
                if is_first && firsts.insert(key, *delivery).is_some_and(|before| before > *delivery) {
                    return Err(format!("#{at}: {delivery} at {to} was overtaken in an earlier life (R3)"));
                }
            }
            Seen::Given(_) | Seen::Answered(..) | Seen::Replayed(..) | Seen::Acted(Act::Deleted, _) => {}
        }
    }
    Ok(())
}

/// R2: what a peer consented to does not come again in the same life, and what was settled when an engine started does
/// not come again at all, unless a person put it back.
///
/// # Errors
/// See there.
pub fn duplicates(seen: &[Seen]) -> Verdict {
    let (mut known, mut done) = (BTreeSet::new(), BTreeSet::new());
    for (at, one) in seen.iter().enumerate() {
        match one {
            Seen::Began(open) => done = known.difference(open).copied().collect(),
            Seen::Acted(Act::Requeued, delivery) => drop(done.remove(delivery)),
            Seen::Ended { delivery, ending: Ending::Consented, .. } => drop(done.insert(*delivery)),
            Seen::Arrived { to, delivery, .. } => {
                known.insert(*delivery);
                if done.contains(delivery) {
                    return Err(format!("#{at}: {delivery} came again to {to}, outside of every window (R2)"));
                }
            }
            Seen::Given(_)
            | Seen::Answered(..)
            | Seen::Replayed(..)
            | Seen::Ended { .. }
            | Seen::Acted(Act::Deleted, _) => {}
        }
    }
    Ok(())
}

/// R2, R9: every attempt of a delivery carries the same bytes, so the same MSH-10, to the same peer.
///
/// # Errors
/// See there.
pub fn same_bytes(seen: &[Seen]) -> Verdict {
    let mut first: BTreeMap<DeliveryId, (&String, &Bytes)> = BTreeMap::new();
    for (at, one) in seen.iter().enumerate() {
        if let Seen::Arrived { to, delivery, bytes } = one
            && *first.entry(*delivery).or_insert((to, bytes)) != (to, bytes)
        {
            return Err(format!("#{at}: {delivery} is not what it was at its first attempt"));
        }
    }
    Ok(())
}

/// R10: nothing that is said of messages holds their content.
///
/// # Errors
/// See there.
pub fn no_content(what: &str, said: &str) -> Verdict {
    match store::check::content([crate::sample::SECRET], said) {
        Some(at) => Err(format!("{what} holds content of a message at byte {at} (R10)")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        sample::{SECRET, acknowledgment, adt},
        sim::Chance,
    };

    fn delivery(message: u64) -> DeliveryId {
        DeliveryId { message: MessageId(message), number: 0 }
    }

    /// A place that is strict, by the first seed that has one.
    fn strict() -> (Scenery, String) {
        let drawn = (0..).map(|seed| Scenery::new(&mut Chance::new(seed)));
        let found = drawn.into_iter().find_map(|scenery| {
            let targets = scenery.interfaces.iter().flat_map(|interface| &interface.targets);
            let to = targets.into_iter().find(|target| target.ordering == Ordering::Strict)?.to.clone();
            Some((scenery, to))
        });
        found.unwrap()
    }

    fn arrived(to: &str, message: u64) -> Seen {
        Seen::Arrived { to: to.to_owned(), delivery: delivery(message), bytes: adt(&message.to_string()) }
    }
    fn ended(message: u64, ending: Ending) -> Seen {
        Seen::Ended { delivery: delivery(message), is_taken: true, ending }
    }
    fn began(open: &[u64]) -> Seen {
        Seen::Began(open.iter().map(|message| delivery(*message)).collect())
    }

    #[test]
    fn order_and_duplicates() {
        let (scenery, to) = strict();
        let check = |seen: Vec<Seen>, expect: &str| {
            let found = order(&seen, &scenery).and_then(|()| duplicates(&seen)).and_then(|()| same_bytes(&seen));
            let found = found.err().unwrap_or_default();
            assert!(found.contains(expect) && found.is_empty() == expect.is_empty(), "{found:?}, not {expect:?}");
        };
        let (a, b) = (|| arrived(&to, 1), || arrived(&to, 2));
        let (no, yes) = (|message| ended(message, Ending::Other), |message| ended(message, Ending::Consented));
        check(vec![began(&[]), a(), no(1), a(), yes(1), b(), yes(2)], "");
        check(vec![a(), b()], "beside another one");
        check(vec![a(), a()], "twice at once");
        check(vec![b(), yes(2), a()], "came after");
        check(vec![b(), began(&[1, 2]), a()], "overtaken in an earlier life");
        check(vec![a(), yes(1), a()], "outside of every window");
        check(vec![a(), yes(1), Seen::Acted(Act::Requeued, delivery(1)), a()], "");
        check(vec![a(), yes(1), began(&[1]), a()], "");
        check(vec![a(), no(1), began(&[]), a()], "outside of every window");
        let other = Seen::Arrived { to: to.clone(), delivery: delivery(1), bytes: adt("9") };
        check(vec![a(), no(1), other], "is not what it was");
    }

    #[test]
    fn answers() {
        let letters = vec![Letter { interface: "i0".into(), control_id: "A".into(), bytes: adt("A") }; 2];
        let yes = |letter, id, code| Seen::Answered(letter, Answer::Accepted(MessageId(id), acknowledgment(code, "A")));
        let later = |is_failed, code| Seen::Answered(0, Answer::Later(is_failed, acknowledgment(code, "A")));
        let check = |seen: &[Seen], expect: &str| {
            let found = acknowledgments(seen, &letters).err().unwrap_or_default();
            assert!(found.contains(expect) && found.is_empty() == expect.is_empty(), "{found:?}, not {expect:?}");
        };
        check(&[Seen::Given(0), yes(0, 1, "AA"), yes(0, 1, "AA"), yes(1, 2, "AA")], "");
        check(&[yes(0, 1, "AE")], "was stored: its answer AE is not what happened to it");
        check(&[yes(0, 1, "CA")], "was stored: its answer CA is not what MSH-15 and MSH-16 ask for");
        check(&[later(false, "AA")], "(R1)");
        check(&[yes(0, 1, "AA"), yes(0, 2, "AA")], "(R4)");
        check(&[yes(0, 1, "AA"), yes(1, 1, "AA")], "two letters");
        check(&[later(true, "AR"), Seen::Given(1), yes(1, 1, "AA")], "(R6)");
        check(&[later(true, "AR"), began(&[]), Seen::Given(1), yes(1, 1, "AA")], "");
        check(&[Seen::Answered(0, Answer::Refused)], "refused");
        assert!(no_content("a status", SECRET).is_err() && no_content("a status", "fine").is_ok());
    }
}
