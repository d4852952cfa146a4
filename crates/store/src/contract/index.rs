//! The suite of [`crate::index::Index`], by the numbers of its contract.

use super::{Subject, accept, attempt, must_commit, wait};
use crate::{Accept, Disposition, Page, Query, Store, Then};
use message::{DeliveryId, MessageId, MessageState, Phi, Reason};

/// Every promise but 5 and 6, which need to know where an engine keeps its bytes.
pub fn all(subject: &dyn Fn() -> Box<dyn Subject>) {
    finds_by_each_fact(&*subject());
    pages(&*subject());
    follows_states(&*subject());
    forgets_what_was_dropped(&*subject());
}

/// Searches; a store that is still catching up gets some seconds.
fn search(store: &Store, query: &Query) -> Page {
    for _ in 0..10 {
        if let Ok(page) = store.search(query) {
            return page;
        }
    }
    panic!("2: the index does not catch up")
}

fn ids(store: &Store, query: &Query) -> Vec<MessageId> {
    search(store, query).hits.into_iter().map(|hit| hit.id).collect()
}

fn laboratory(number: u64) -> Accept {
    let mut other = accept("lab", number, &["chart", "archive"]);
    other.facts.message_type = "ORU".into();
    other.facts.event = "R01".into();
    other.facts.application = "LIS".into();
    other.facts.facility = "SOUTH".into();
    other.facts.orders = vec![Phi::new(format!("ORD{number}"))];
    other.facts.extra = vec![("specimen".into(), Phi::new(format!("SP{number}")))];
    other
}

/// 1, 2.
pub fn finds_by_each_fact(subject: &dyn Subject) {
    let store = subject.open();
    let a = must_commit(&store, accept("adt", 1, &["pharmacy"]), "1").id();
    let b = must_commit(&store, laboratory(2), "1").id();
    let patient = |number: u64| Some(Phi::new((100_000 + number * 7919 % 900_000).to_string()));
    let visit = |number: u64| Some(Phi::new((500_000 + number).to_string()));
    let any = Query::default;
    let check = |query: Query, expect: &[MessageId]| assert_eq!(ids(&store, &query), expect, "1: {query:?}");
    check(any(), &[b, a]);
    check(Query { patient: patient(1), ..any() }, &[a]);
    check(Query { patient: patient(3), ..any() }, &[]);
    check(Query { visit: visit(2), ..any() }, &[b]);
    check(Query { order: Some(Phi::new("ORD2".into())), ..any() }, &[b]);
    check(Query { visit: Some(Phi::new("ORD2".into())), ..any() }, &[]);
    check(Query { control_id: Some("MSG00000001".into()), ..any() }, &[a]);
    check(Query { extra: Some(("specimen".into(), Phi::new("SP2".into()))), ..any() }, &[b]);
    check(Query { extra: Some(("other".into(), Phi::new("SP2".into()))), ..any() }, &[]);
    check(Query { interface: Some("adt".into()), ..any() }, &[a]);
    check(Query { interface: Some("none".into()), ..any() }, &[]);
    check(Query { message_type: Some("ORU".into()), ..any() }, &[b]);
    check(Query { event: Some("A01".into()), facility: Some("NORTH".into()), ..any() }, &[a]);
    check(Query { event: Some("A01".into()), facility: Some("SOUTH".into()), ..any() }, &[]);
    check(Query { application: Some("LIS".into()), ..any() }, &[b]);
    check(Query { destination: Some("archive".into()), ..any() }, &[b]);
    check(Query { patient: patient(1), visit: visit(1), ..any() }, &[a]);
    check(Query { patient: patient(1), visit: visit(2), ..any() }, &[]);
    let at = search(&store, &any()).hits[0].at;
    check(Query { since: Some(message::Timestamp(at.0 + 60_000_000)), ..any() }, &[]);
    check(Query { until: Some(message::Timestamp(at.0 + 60_000_000)), ..any() }, &[b, a]);
    let facets = store.facets(&any()).unwrap_or_default();
    let values =
        |list: &[crate::Facet]| list.iter().map(|facet| (facet.value.clone(), facet.count)).collect::<Vec<_>>();
    assert_eq!(facets.total, 2, "1: facets");
    assert_eq!(values(&facets.types), [("ADT^A01".to_owned(), 1), ("ORU^R01".to_owned(), 1)], "1: facets");
    assert_eq!(values(&facets.states), [("in_flight".to_owned(), 2)], "1: facets");
}

/// 3.
pub fn pages(subject: &dyn Subject) {
    let store = subject.open();
    let mut expect: Vec<MessageId> =
        (0..57).map(|number| must_commit(&store, accept("adt", number, &["a"]), "3").id()).collect();
    expect.reverse();
    let mut found = Vec::new();
    let mut before = None;
    loop {
        let page = search(&store, &Query { limit: 10, before, ..Query::default() });
        assert!(page.hits.len() <= 10, "3: the limit");
        found.extend(page.hits.iter().map(|hit| hit.id));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(found, expect, "3");
}

/// 4.
pub fn follows_states(subject: &dyn Subject) {
    let store = subject.open();
    let thens = [Then::Done, Then::Park, Then::Expire, Then::Hold];
    let states = [MessageState::Delivered, MessageState::Parked, MessageState::Expired, MessageState::InFlight];
    let mut expect = Vec::new();
    for number in 0..20 {
        let id = must_commit(&store, accept("adt", number as u64, &["a"]), "4").id();
        if number < 10 {
            // Half of the changes come after the message was indexed.
            search(&store, &Query::default());
        }
        let change = attempt(DeliveryId { message: id, number: 0 }, 1, thens[number % 4]);
        assert!(wait(store.commit_change(change)).is_ok(), "4");
        expect.push((id, states[number % 4]));
    }
    let parked = Disposition::Parked { reason: Reason::read("E5001", "not parsed") };
    let whole = must_commit(&store, Accept { disposition: parked, ..accept("adt", 99, &[]) }, "4").id();
    expect.push((whole, MessageState::Parked));
    for state in states {
        let wanted: Vec<MessageId> = expect.iter().rev().filter(|(_, own)| *own == state).map(|(id, _)| *id).collect();
        assert_eq!(ids(&store, &Query { states: vec![state], ..Query::default() }), wanted, "4: {state:?}");
    }
    let both = Query { states: vec![MessageState::Parked, MessageState::Expired], ..Query::default() };
    assert_eq!(ids(&store, &both).len(), 11, "4: two states");
}

/// 7.
pub fn forgets_what_was_dropped(subject: &dyn Subject) {
    let store = subject.open();
    for number in 0..200 {
        let id = must_commit(&store, accept("adt", number, &["a"]), "7").id();
        let change = attempt(DeliveryId { message: id, number: 0 }, 1, Then::Done);
        assert!(wait(store.commit_change(change)).is_ok(), "7");
    }
    let before = ids(&store, &Query { limit: 1000, ..Query::default() }).len();
    assert_eq!(before, 200, "7: all are found");
    assert!(wait(store.retain_below(MessageId(u64::MAX))).is_ok(), "7");
    let found = ids(&store, &Query { limit: 1000, ..Query::default() });
    assert!(found.iter().all(|id| store.read(*id).is_ok()), "7: what is found can be read");
    let is_piecewise = store.segments().len() > 1 || found.len() < 200;
    assert!(is_piecewise, "7: something was dropped");
    assert!(wait(store.close()).is_ok(), "7");
    drop(store);
    let store = subject.open();
    assert_eq!(ids(&store, &Query { limit: 1000, ..Query::default() }), found, "7: also after reopening");
}
