//! The suite of [`crate::log::Log`], by the numbers of its contract.

use super::{Subject, accept, act, admission, attempt, must_commit, wait};
use crate::{Accept, Change, Content, Disposition, Entry, Error, OpenDelivery, Store, Then, Verdict};
use message::{Counts, DeliveryId, DeliveryState, MessageId, Origin, Reason, Timestamp};

/// Every promise that can be tested without cutting the power.
pub fn all(subject: &dyn Fn() -> Box<dyn Subject>) {
    reads_back(&*subject());
    ids_grow(&*subject());
    finds_duplicates(&*subject());
    forgets_what_was_refused(&*subject());
    applies_or_refuses(&*subject());
    conserves(&*subject());
    keeps_history(&*subject());
    reopens_as_it_was(&*subject());
    retains(&*subject());
}

fn delivery(id: MessageId, number: u16) -> DeliveryId {
    DeliveryId { message: id, number }
}

fn close(store: Store) {
    assert_eq!(wait(store.close()), Ok(()), "closing");
}

/// Records a change durably; panics when it is refused.
fn change(store: &Store, change: Change, promise: &str) {
    if let Err(error) = wait(store.commit_change(change)) {
        panic!("{promise}: a change was refused: {error}");
    }
}

/// 1, 2.
pub fn reads_back(subject: &dyn Subject) {
    let store = subject.open();
    let mut wanted = accept("adt", 7, &["pharmacy", "lab", "archive"]);
    wanted.deliveries[1].content = Content::Raw;
    wanted.flags = vec!["E1001".into()];
    let receipt = must_commit(&store, wanted.clone(), "1");
    let check = |store: &Store| {
        let found = match store.read(receipt.id()) {
            Ok(found) => found,
            Err(error) => panic!("2: {error}"),
        };
        assert!(found.accept.envelope == wanted.envelope, "2: the envelope");
        assert_eq!(found.accept.facts, wanted.facts, "2: the facts");
        assert_eq!(found.accept.disposition, wanted.disposition, "2: the disposition");
        assert_eq!(found.accept.acknowledgment, wanted.acknowledgment, "2: the acknowledgment");
        assert_eq!(found.accept.flags, wanted.flags, "2: the flags");
        assert_eq!(found.accept.duplicate_window, wanted.duplicate_window, "2: the window");
        assert_eq!(found.at, receipt.at(), "2: the time");
        for (number, planned) in wanted.deliveries.iter().enumerate() {
            let expect = match &planned.content {
                Content::Raw => &wanted.envelope.raw,
                Content::Output(bytes) => bytes,
            };
            let output = store.read_output(delivery(receipt.id(), number as u16));
            assert_eq!(output.as_ref(), Ok(expect), "2: output {number}");
        }
        let missing = store.read_output(delivery(receipt.id(), 3));
        assert_eq!(missing, Err(Error::NotFound { message: receipt.id() }), "2: no such delivery");
        assert!(store.read(MessageId(receipt.id().0 + 1)).is_err(), "2: no such message");
    };
    check(&store);
    close(store);
    check(&subject.open());
}

/// 3.
pub fn ids_grow(subject: &dyn Subject) {
    let mut last = MessageId(0);
    for round in 0..3 {
        let store = subject.open();
        for number in 0..20 {
            let id = must_commit(&store, accept("adt", round * 100 + number, &["a"]), "3").id();
            assert!(id > last, "3: {id} after {last}");
            last = id;
        }
        close(store);
    }
}

/// 4.
pub fn finds_duplicates(subject: &dyn Subject) {
    let store = subject.open();
    let first = must_commit(&store, accept("adt", 1, &["a"]), "4");
    assert_eq!(first.verdict(), Verdict::New, "4: the first");
    let check = |store: &Store| {
        let again = must_commit(store, accept("adt", 1, &["a"]), "4");
        assert_eq!((again.id(), again.verdict()), (first.id(), Verdict::Duplicate { of: first.id() }), "4: again");
    };
    check(&store);
    let mut other = accept("adt", 1, &["a"]);
    other.envelope.raw = admission(2).into();
    let reused = must_commit(&store, other.clone(), "4");
    assert_eq!(reused.verdict(), Verdict::ReusedControlId { of: first.id() }, "4: other content");
    assert_eq!(store.read(reused.id()).map(|found| found.reused_control_id_of), Ok(Some(first.id())), "4: flagged");
    check(&store);
    let replay = Origin::Replay { of: first.id(), by: "ann".into(), reason: "again".into() };
    let mut replayed = accept("adt", 1, &["a"]);
    replayed.envelope.origin = replay;
    assert_eq!(must_commit(&store, replayed, "4").verdict(), Verdict::New, "4: a replay");
    assert_eq!(must_commit(&store, accept("other", 1, &["a"]), "4").verdict(), Verdict::New, "4: another interface");
    let mut unwatched = accept("adt", 1, &["a"]);
    unwatched.duplicate_window = None;
    assert_eq!(must_commit(&store, unwatched, "4").verdict(), Verdict::New, "4: turned off");
    close(store);
    let store = subject.open();
    check(&store);
    let again = must_commit(&store, other, "4").verdict();
    assert_eq!(again, Verdict::Duplicate { of: reused.id() }, "4: after reopening");
}

/// 4, of a message that its sender was told no: it is looked up, and nothing later is its duplicate.
pub fn forgets_what_was_refused(subject: &dyn Subject) {
    let refused = |number: u64| {
        let disposition = Disposition::Filtered { rule: "rejected by validate site".into() };
        Accept { disposition, is_remembered: false, ..accept("adt", number, &[]) }
    };
    let store = subject.open();
    let first = must_commit(&store, refused(1), "4");
    assert_eq!(first.verdict(), Verdict::New, "4: refused");
    let second = must_commit(&store, refused(1), "4");
    assert_eq!(second.verdict(), Verdict::New, "4: refused, the same again");
    assert_ne!(second.id(), first.id(), "4: each is stored");
    close(store);
    let store = subject.open();
    let taken = must_commit(&store, accept("adt", 1, &["a"]), "4");
    assert_eq!(taken.verdict(), Verdict::New, "4: refused, then taken, after reopening");
    let again = must_commit(&store, refused(1), "4");
    let duplicate = Verdict::Duplicate { of: taken.id() };
    assert_eq!((again.id(), again.verdict()), (taken.id(), duplicate), "4: taken, then what would be refused");
    close(store);
}

/// 5.
pub fn applies_or_refuses(subject: &dyn Subject) {
    let store = subject.open();
    let id = must_commit(&store, accept("adt", 1, &["a", "b"]), "5").id();
    let released = |number| Change::Released { delivery: delivery(id, number), act: act() };
    let refused = |change: Change| {
        assert!(matches!(wait(store.commit_change(change)), Err(Error::Refused { .. })), "5: refused");
    };
    refused(released(0));
    refused(Change::Resent { delivery: delivery(id, 0), act: act() });
    refused(Change::Dismissed { message: id, act: act() });
    refused(attempt(delivery(id, 2), 1, Then::Done));
    refused(attempt(delivery(MessageId(1 << 40), 0), 1, Then::Done));
    change(&store, attempt(delivery(id, 0), 1, Then::Park), "5");
    change(&store, released(0), "5");
    change(&store, attempt(delivery(id, 0), 2, Then::Done), "5");
    refused(released(0));
    assert_eq!(store.history(id).map(|history| history.len()), Ok(3), "5: refused changes leave no trace");
    let parked = Disposition::Parked { reason: Reason::read("E5001", "not parsed") };
    let whole = must_commit(&store, crate::Accept { disposition: parked, ..accept("adt", 2, &[]) }, "5").id();
    assert_eq!(store.counts_total().parked, 1, "5: parked as a whole");
    change(&store, Change::Dismissed { message: whole, act: act() }, "5");
    assert_eq!((store.counts_total().parked, store.counts_total().deleted), (0, 1), "5: dismissed");
    assert_eq!(store.counts_total().lost(), 0, "6");
}

/// 6.
pub fn conserves(subject: &dyn Subject) {
    let store = subject.open();
    for number in 0..40u64 {
        let id = must_commit(&store, accept(["adt", "lab"][(number % 2) as usize], number, &["a", "b"]), "6").id();
        let thens = [Then::Done, Then::Park, Then::Expire, Then::Hold, Then::RetryAt(Timestamp(5))];
        change(&store, attempt(delivery(id, 0), 1, thens[(number % 5) as usize]), "6");
        change(&store, attempt(delivery(id, 1), 1, Then::Done), "6");
        assert_eq!(store.counts_total().lost(), 0, "6: after {number}");
    }
    let filtered = Disposition::Filtered { rule: "drop when PV1-3.1 = TESTWARD".into() };
    must_commit(&store, crate::Accept { disposition: filtered, ..accept("adt", 99, &[]) }, "6");
    let total = store.counts_total();
    let expect = Counts { accepted: 41, delivered: 8, filtered: 1, parked: 8, expired: 8, deleted: 0, in_flight: 16 };
    assert_eq!(total, expect, "6");
    assert!(store.counts().iter().all(|(_, counts)| counts.lost() == 0), "6: each interface");
}

/// 7.
pub fn keeps_history(subject: &dyn Subject) {
    let store = subject.open();
    let id = must_commit(&store, accept("adt", 1, &["a"]), "7").id();
    let changes = [
        attempt(delivery(id, 0), 1, Then::RetryAt(Timestamp(5))),
        Change::Held { delivery: delivery(id, 0), reason: Reason::read("E5002", "in order") },
        Change::Released { delivery: delivery(id, 0), act: act() },
        attempt(delivery(id, 0), 2, Then::Done),
        Change::Resent { delivery: delivery(id, 0), act: act() },
        attempt(delivery(id, 0), 3, Then::Done),
    ];
    for one in &changes {
        change(&store, one.clone(), "7");
    }
    let check = |store: &Store, changes: &[Change]| {
        let found: Vec<Change> =
            store.history(id).unwrap_or_default().into_iter().map(|entry: Entry| entry.change).collect();
        assert_eq!(found, changes, "7");
    };
    check(&store, &changes);
    close(store);
    let store = subject.open();
    check(&store, &changes);
    let more = Change::Resent { delivery: delivery(id, 0), act: act() };
    change(&store, more.clone(), "7: resent after reopening");
    check(&store, &[&changes[..], &[more]].concat());
    assert_eq!(store.counts_total().in_flight, 1, "7: in flight again");
}

/// 8.
pub fn reopens_as_it_was(subject: &dyn Subject) {
    let store = subject.open();
    let mut expect = Vec::new();
    for number in 0..30u64 {
        let id = must_commit(&store, accept("adt", number, &["a", "b"]), "8").id();
        change(&store, attempt(delivery(id, 0), 1, Then::RetryAt(Timestamp(number as i64 + 1))), "8");
        expect.push((delivery(id, 0), DeliveryState::Retrying, Some(Timestamp(number as i64 + 1)), 1));
        if number % 3 == 0 {
            change(&store, attempt(delivery(id, 1), 1, Then::Done), "8");
        } else {
            expect.push((delivery(id, 1), DeliveryState::Queued, None, 0));
        }
    }
    let counts = store.counts();
    close(store);
    for _ in 0..2 {
        let store = subject.open();
        let open: Vec<OpenDelivery> = store.open_deliveries().collect();
        let found: Vec<_> = open.iter().map(|open| (open.id, open.state, open.retry_at, open.attempts)).collect();
        assert_eq!(found, expect, "8: open deliveries");
        assert_eq!(store.counts(), counts, "8: counts");
        close(store);
    }
}

/// 9.
pub fn retains(subject: &dyn Subject) {
    let store = subject.open();
    let mut ids = Vec::new();
    for number in 0..200u64 {
        let id = must_commit(&store, accept("adt", number, &["a"]), "9").id();
        ids.push(id);
        if number != 150 {
            change(&store, attempt(delivery(id, 0), 1, Then::Done), "9");
        }
    }
    let counts = store.counts();
    let freed = wait(store.retain_below(MessageId(u64::MAX))).unwrap_or(0);
    assert_eq!(store.counts(), counts, "9: counters stay");
    assert!(store.read(ids[150]).is_ok(), "9: what is in flight stays");
    if store.segments().len() > 1 {
        assert!(freed > 0, "9: something was dropped");
        assert!(store.read(ids[0]).is_err(), "9: what was dropped is gone");
    }
    close(store);
    let store = subject.open();
    assert_eq!(store.counts(), counts, "9: counters stay after reopening");
    assert_eq!(store.open_count(), 1, "9: the open delivery stays");
}
