//! R2, R3: order per key and nothing lost, with failures of every kind and lives that end anywhere.

use crate::stage::{Arrival, Life, Stage, accepted, adt, delivered, demo, give, hiccup, silence, unreachable};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

const KEYS: usize = 50;
const SENDERS: usize = 8;

fn keyed() -> String {
    demo("send out {\n fake out\n order by PID-3\n lanes 16\n retry from 1ms to 4ms\n}")
}

/// xorshift: repeatable, and the seed is in every assertion.
fn random(state: &AtomicU64) -> u64 {
    let mut next = state.load(Ordering::Relaxed);
    next ^= next << 13;
    next ^= next >> 7;
    next ^= next << 17;
    state.store(next, Ordering::Relaxed);
    next
}

fn fail_at_random(stage: &Stage, seed: u64) {
    let state = AtomicU64::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    stage.world.script(move |_| {
        let outcome = match random(&state) % 20 {
            0 => unreachable(),
            1 | 2 => hiccup(),
            3 => silence(),
            _ => delivered(),
        };
        (Duration::from_micros(random(&state) % 300), outcome)
    });
}

/// Every sender owns some keys and sends their messages one after the other; `sent` is what is acknowledged so far.
fn send_all(life: &Life, each: usize, sent: &Arc<Mutex<BTreeSet<String>>>, is_over: &Arc<AtomicBool>) {
    for sender in 0..SENDERS {
        let (engine, sent, is_over) = (life.engine.clone(), sent.clone(), is_over.clone());
        life.runtime.spawn(async move {
            for number in 0..each {
                for key in (sender..KEYS).step_by(SENDERS) {
                    let id = format!("K{key:02}-{number:04}");
                    if sent.lock().unwrap().contains(&id) {
                        continue;
                    }
                    while !is_over.load(Ordering::SeqCst) {
                        let reply = give(&engine, "demo", adt(&id, &format!("P{key}"))).await;
                        if accepted(&reply).is_some() {
                            sent.lock().unwrap().insert(id.clone());
                            break;
                        }
                    }
                }
            }
        });
    }
}

/// Within one life no message of a key is tried before every earlier one of the key was taken.
fn check_order(arrivals: &[Arrival], seed: u64) {
    let mut last: BTreeMap<&str, (&str, bool)> = BTreeMap::new();
    for arrival in arrivals {
        if let Some((before, was_taken)) = last.insert(&arrival.patient, (&arrival.id, arrival.is_taken)) {
            assert!(before <= &*arrival.id, "seed {seed}: {} came after {before}", arrival.id);
            assert!(before == arrival.id || was_taken, "seed {seed}: {} overtook {before}", arrival.id);
        }
    }
}

#[test]
fn r2_r3_random_failures_keep_order_per_key_and_lose_nothing() {
    let (stage, seed) = (Stage::new(), 7);
    let life = stage.live(&[&keyed()]);
    fail_at_random(&stage, seed);
    let sent = Arc::new(Mutex::new(BTreeSet::new()));
    send_all(&life, 40, &sent, &Arc::default());
    life.wait("all are acknowledged", || sent.lock().unwrap().len() == 40 * KEYS);
    assert!(life.drain(), "the queue did not empty");
    let arrivals = stage.world.arrivals();
    check_order(&arrivals, seed);
    let taken: BTreeSet<String> = stage.world.taken("out").into_iter().collect();
    assert_eq!(taken, *sent.lock().unwrap());
    assert_eq!(stage.world.taken("out").len(), 40 * KEYS, "without a crash nothing is taken twice");
    let lanes = stage.world.under_way_max.load(Ordering::SeqCst);
    assert!((2..=16).contains(&lanes), "{lanes} sends under way");
    assert_eq!(life.engine.status().lost, 0);
}

#[test]
fn r2_r3_lives_that_end_anywhere_lose_nothing_and_keep_order() {
    let (mut stage, sent) = (Stage::new(), Arc::new(Mutex::new(BTreeSet::new())));
    let mut seen = 0;
    for seed in 1..=6_u64 {
        let life = stage.live(&[&keyed()]);
        fail_at_random(&stage, seed);
        let is_over = Arc::new(AtomicBool::new(false));
        send_all(&life, 12, &sent, &is_over);
        std::thread::sleep(Duration::from_millis(20 + seed * 17 % 40));
        // What is acknowledged until here must survive; a moment later the machine is gone.
        let acknowledged = sent.lock().unwrap().clone();
        if seed % 2 == 0 {
            life.cut_power(&mut stage, seed)
        } else {
            life.kill(&mut stage)
        }
        is_over.store(true, Ordering::SeqCst);
        *sent.lock().unwrap() = acknowledged;
        let arrivals = stage.world.arrivals();
        check_order(&arrivals[seen..], seed);
        seen = arrivals.len();
    }
    let life = stage.live(&[&keyed()]);
    fail_at_random(&stage, 99);
    send_all(&life, 12, &sent, &Arc::default());
    life.wait("all are acknowledged", || sent.lock().unwrap().len() == 12 * KEYS);
    assert!(life.drain(), "the queue did not empty");
    check_order(&stage.world.arrivals()[seen..], 99);
    let taken: BTreeSet<String> = stage.world.taken("out").into_iter().collect();
    assert_eq!(taken, *sent.lock().unwrap());
    assert_eq!(life.engine.status().lost, 0);
}

#[test]
fn r3_a_key_whose_peer_is_slow_holds_no_other_key() {
    let stage = Stage::new();
    let life = stage.live(&[&keyed()]);
    stage.world.script(|arrival| {
        (if arrival.patient == "SLOW" { Duration::from_secs(3) } else { Duration::ZERO }, delivered())
    });
    life.accept(adt("S1", "SLOW"));
    life.wait("the slow one is under way", || stage.world.arrivals().len() == 1);
    for number in 0..30 {
        life.accept(adt(&format!("Q{number}"), &format!("P{number}")));
    }
    life.wait("the others pass", || stage.world.taken("out").len() == 30);
    assert!(!stage.world.taken("out").contains(&"S1".to_owned()), "the slow one must still be under way");
}

#[test]
fn r3_a_retrying_head_holds_its_own_key_only() {
    let stage = Stage::new();
    let text = demo("send out {\n fake out\n order by PID-3\n retry from 1h to 2h\n}");
    let life = stage.live(&[&text]);
    stage.world.script(|arrival| (Duration::ZERO, if arrival.patient == "A" { hiccup() } else { delivered() }));
    for (id, patient) in [("1", "A"), ("2", "A"), ("3", "B"), ("4", "A"), ("5", "B")] {
        life.accept(adt(id, patient));
    }
    life.wait("B passes", || stage.world.taken("out") == ["3", "5"]);
    assert_eq!(life.queued("out"), 3);
    stage.world.always(delivered());
    life.runtime.block_on(life.engine.release("demo", "out", &crate::stage::person())).unwrap();
    assert!(life.drain());
    assert_eq!(stage.world.taken("out"), ["3", "5", "1", "2", "4"]);
}

#[test]
fn r3_priority_goes_ahead_of_other_keys_never_of_its_own() {
    let stage = Stage::new();
    let text = demo("send out {\n fake out\n order by PID-3\n lanes 1\n priority stat when PV1-2 = \"E\"\n}");
    let life = stage.live(&[&text]);
    let urgent = |id: &str, patient: &str| -> bytes::Bytes {
        String::from_utf8(adt(id, patient).to_vec()).unwrap().replace("PV1|1|I", "PV1|1|E").into()
    };
    life.runtime.block_on(life.engine.pause("demo", Some("out"), &crate::stage::person())).unwrap();
    for message in [adt("1", "A"), adt("2", "A"), adt("5", "B"), urgent("3", "A"), urgent("4", "C")] {
        life.accept(message);
    }
    life.runtime.block_on(life.engine.resume("demo", Some("out"), &crate::stage::person())).unwrap();
    assert!(life.drain());
    let taken = stage.world.taken("out");
    let place = |id: &str| taken.iter().position(|one| one == id).unwrap();
    assert_eq!(taken[0], "4", "urgent and alone in its key: first");
    assert!(
        place("1") < place("2") && place("2") < place("3"),
        "an urgent message does not overtake its own patient's earlier one"
    );
}
