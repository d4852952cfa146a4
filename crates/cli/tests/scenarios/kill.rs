//! `kill -9` of the engine under load: nothing acknowledged is lost, order is kept, and what comes twice has the same
//! MSH-10 and lies in the documented window (R2). A kill does not prove durability, because the page cache survives it;
//! it proves recovery.

use super::{
    destination_down::pharmacy,
    support::{Partner, Peer, Workspace, admission, field},
};
use std::collections::HashMap;

/// Patients whose messages interleave.
const PATIENTS: usize = 4;

/// Sends until the connection breaks or `stop` says so; gives the control ids that were acknowledged, in order.
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
    let mut seen = HashMap::new();
    let mut first = Vec::new();
    for id in arrived {
        if seen.insert(id.clone(), ()).is_none() {
            first.push(id.clone());
        }
    }
    let again = arrived.len() - first.len();
    (first, again)
}

fn of_patient(ids: &[String], patient: usize) -> Vec<String> {
    ids.iter().filter(|id| id[1..].parse::<usize>().expect("a number") % PATIENTS == patient).cloned().collect()
}

#[test]
fn killed_several_times_under_load_nothing_is_lost() {
    let partner = Partner::new();
    let workspace = Workspace::with(&pharmacy(partner.port));
    let mut acknowledged = Vec::new();
    let rounds = 4;
    for round in 0..rounds {
        let engine = workspace.run();
        acknowledged.extend(load(&engine.address("adt"), round * 150, 150));
        engine.kill(); // deliveries are under way at this moment
    }
    let engine = workspace.run();
    engine.wait_for_count("in_flight", 0);
    let (first, again) = first_sights(&partner.control_ids());
    assert_eq!(first.len(), acknowledged.len());
    for patient in 0..PATIENTS {
        assert_eq!(of_patient(&first, patient), of_patient(&acknowledged, patient), "order of patient {patient}");
    }
    // At most what was under way or not yet recorded as settled at each kill.
    assert!(again <= rounds * 64, "{again} came again");
    assert_eq!(engine.status()["lost"], 0);
    assert_eq!(engine.count("accepted"), acknowledged.len() as u64);
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
