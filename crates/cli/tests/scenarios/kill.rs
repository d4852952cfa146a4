//! `kill -9` of the engine under load: nothing acknowledged is lost, order is kept, and what comes twice has the same
//! MSH-10 and lies in the documented window (R2). A kill does not prove durability, because the page cache survives it;
//! it proves recovery.

use super::{
    destination_down::pharmacy,
    support::{Partner, Peer, Workspace, admission, field, free_port, wait_for},
};
use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Patients whose messages interleave.
const PATIENTS: usize = 4;

/// Sends messages; gives the control ids that were acknowledged, in order.
fn load(address: &str, from: usize, count: usize) -> Vec<String> {
    let mut peer = Peer::connect(address);
    let mut acknowledged = Vec::new();
    for number in from..from + count {
        let id = format!("K{number:05}");
        let answer = peer.exchange(&admission(&id, &format!("P{}", number % PATIENTS)));
        assert_eq!((field(&answer, "MSA", 1), field(&answer, "MSA", 2)), ("AA".to_owned(), id.clone()));
        acknowledged.push(id);
    }
    acknowledged
}

/// What arrived, without what came again; and how often something came again.
fn first_sights(arrived: &[String]) -> (Vec<String>, usize) {
    let mut seen = HashSet::new();
    let mut first = Vec::new();
    for id in arrived {
        if seen.insert(id) {
            first.push(id.clone());
        }
    }
    let again = arrived.len() - first.len();
    (first, again)
}

fn of_patient(ids: &[String], patient: usize) -> Vec<String> {
    ids.iter().filter(|id| id[1..].parse::<usize>().expect("a number") % PATIENTS == patient).cloned().collect()
}

/// A sender that, as real ones do, sends the same bytes again after a lost connection until they are acknowledged.
fn send_all(address: &str, count: usize, acknowledged: &AtomicUsize) {
    let mut open = None;
    for number in 0..count {
        let id = format!("K{number:05}");
        let message = admission(&id, &format!("P{}", number % PATIENTS));
        let answer = wait_for("an acknowledgment", || Peer::try_exchange(address, &mut open, &message).ok());
        assert_eq!((field(&answer, "MSA", 1), field(&answer, "MSA", 2)), ("AA".to_owned(), id));
        acknowledged.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn killed_several_times_under_load_nothing_is_lost() {
    const KILLS: usize = 5;
    const COUNT: usize = 700;
    let partner = Partner::new();
    let workspace = Workspace::empty();
    let address = format!("127.0.0.1:{}", free_port());
    let lines = format!("  receive mllp {address} {{\n    order by PID-3.1\n  }}\n{}", pharmacy(partner.port));
    workspace.interface("adt", &lines);
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let sender = {
        let acknowledged = acknowledged.clone();
        std::thread::spawn(move || send_all(&address, COUNT, &acknowledged))
    };
    for kill in 1..=KILLS {
        let engine = workspace.run();
        wait_for("some load", || (acknowledged.load(Ordering::Relaxed) >= kill * 100).then_some(()));
        engine.kill(); // messages are being accepted and delivered at this moment
    }
    let engine = workspace.run();
    sender.join().expect("the sender ends");
    engine.wait_for_count("delivered", COUNT as u64);
    let (first, again) = first_sights(&partner.control_ids());
    let expected: Vec<String> = (0..COUNT).map(|number| format!("K{number:05}")).collect();
    assert_eq!(first.len(), COUNT);
    for patient in 0..PATIENTS {
        assert_eq!(of_patient(&first, patient), of_patient(&expected, patient), "order of patient {patient}");
    }
    // What was sent and not yet recorded as settled when the process died: at most a batch of records a kill.
    assert!(again <= KILLS * 64, "{again} came again");
    assert_eq!((engine.count("accepted"), engine.status()["lost"].as_i64()), (COUNT as u64, Some(0)));
}

#[test]
fn killed_while_the_destination_is_down_each_arrives_once() {
    let partner = Partner::stopped();
    let workspace = Workspace::with(&pharmacy(partner.port));
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let engine = workspace.run();
        acknowledged.extend(load(&engine.address("adt"), round * 20, 20));
        engine.kill();
    }
    let engine = workspace.run();
    assert!(engine.talk().contains("of an earlier run, 60 messages in flight"), "{}", engine.talk());
    partner.behave();
    engine.wait_for_count("delivered", 60);
    let arrived = partner.control_ids();
    assert_eq!(arrived.len(), 60, "nothing was under way, so nothing comes twice");
    for patient in 0..PATIENTS {
        assert_eq!(of_patient(&arrived, patient), of_patient(&acknowledged, patient), "order of patient {patient}");
    }
}
