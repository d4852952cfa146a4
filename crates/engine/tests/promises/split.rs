//! A message that is split: all its parts are stored together or none (R5), they are the same whenever it is run again, so
//! that a crash makes no second copy (R2, R4), and they stay in order (R3).

use crate::stage::{Stage, demo, field, unreachable};
use bytes::Bytes;
use std::collections::BTreeSet;

/// A result with this many orders.
fn result(id: &str, orders: usize) -> Bytes {
    let mut text = format!("MSH|^~\\&|LIS|LAB|HUB|H|1||ORU^R01|{id}|P|2.5.1\rPID|1||7||Quist^Ada\r");
    for order in 1..=orders {
        text.push_str(&format!("OBR|{order}|P{order}\rOBX|1|NM|X||{order}\r"));
    }
    text.into()
}

fn lines(more: &str) -> String {
    demo(&format!("split by OBR\n{more}\nsend out {{\n fake out\n retry from 2ms to 8ms\n}}"))
}

#[test]
fn each_part_goes_out_whole_and_in_order() {
    let stage = Stage::new();
    let life = stage.live(&[&lines("")]);
    life.accept(result("A", 3));
    life.accept(result("B", 1));
    life.wait("all are delivered", || stage.world.arrivals().len() == 4);
    assert_eq!(stage.world.taken("out"), ["A-1", "A-2", "A-3", "B"]);
    let arrivals = stage.world.arrivals();
    let orders: Vec<String> = arrivals.iter().map(|one| field(&one.bytes, "OBR", 2)).collect();
    assert_eq!(orders, ["P1", "P2", "P3", "P1"]);
    assert!(arrivals.iter().all(|one| one.patient == "7"));
    life.stop();
}

#[test]
fn a_part_that_is_filtered_leaves_the_others_alone() {
    let stage = Stage::new();
    let life = stage.live(&[&lines("drop when OBR-2 = P2")]);
    life.accept(result("A", 3));
    life.wait("two are delivered", || stage.world.taken("out").len() == 2);
    assert_eq!(stage.world.taken("out"), ["A-1", "A-3"]);
    life.stop();
}

#[test]
fn a_part_that_fails_parks_them_all() {
    let stage = Stage::new();
    let life = stage.live(&[&lines("set OBR-3 = OBX-5 | number\nset OBR-4 = OBX-5 | required when OBR-2 = P2\nset OBR-5 = OBX-9 | required when OBR-2 = P3")]);
    let id = life.accept(result("A", 3));
    let stored = life.engine.store().read(id).unwrap();
    assert!(matches!(stored.accept.disposition, store::Disposition::Parked { .. }), "{:?}", stored.accept.disposition);
    assert!(stored.accept.deliveries.is_empty(), "no part goes out alone");
    assert!(stage.world.arrivals().is_empty());
    life.stop();
}

#[test]
fn a_crash_loses_no_part_and_makes_none_twice() {
    let mut stage = Stage::new();
    stage.world.always(unreachable());
    let life = stage.live(&[&lines("")]);
    life.accept(result("A", 5));
    life.cut_power(&mut stage, 7);
    let life = stage.live(&[&lines("")]);
    // The sender did not hear the answer and sends it again.
    life.accept(result("A", 5));
    assert_eq!(life.queued("out"), 5, "the parts of one message");
    stage.world.always(crate::stage::delivered());
    life.wait("all are delivered", || stage.world.taken("out").len() == 5);
    assert!(life.drain());
    let taken = stage.world.taken("out");
    assert_eq!(taken, ["A-1", "A-2", "A-3", "A-4", "A-5"]);
    assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), 5);
    life.stop();
}
