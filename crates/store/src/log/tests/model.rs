//! Random work, crashes at random moments, and a model that is too simple to be wrong.

use super::{Rig, change, close, commit};
use crate::{
    Change, Error, Then, check,
    contract::{accept, act, attempt},
    log::{Log, transition},
};
use message::{Counts, DeliveryId, DeliveryState, MessageId, Timestamp};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Step {
    Accept { destinations: usize },
    Attempt { which: usize, then: u8 },
    Release { which: usize },
    Delete { which: usize },
    Resend { which: usize },
    Checkpoint,
    Close,
    Kill,
    CutPower { seed: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let which = any::<usize>();
    prop_oneof![
        6 => (0..4usize).prop_map(|destinations| Step::Accept { destinations }),
        8 => (which, 0..5u8).prop_map(|(which, then)| Step::Attempt { which, then }),
        2 => any::<usize>().prop_map(|which| Step::Release { which }),
        1 => any::<usize>().prop_map(|which| Step::Delete { which }),
        2 => any::<usize>().prop_map(|which| Step::Resend { which }),
        1 => Just(Step::Checkpoint),
        1 => Just(Step::Close),
        1 => Just(Step::Kill),
        1 => any::<u64>().prop_map(|seed| Step::CutPower { seed }),
    ]
}

/// Every delivery of every message; messages without a delivery count as filtered.
type Model = BTreeMap<MessageId, Vec<DeliveryState>>;

fn expected(model: &Model) -> (Counts, Vec<(DeliveryId, DeliveryState)>) {
    let (mut counts, mut open) = (Counts::default(), Vec::new());
    for (id, states) in model {
        counts.accepted += 1;
        let worst = states.iter().map(|state| transition::of_delivery(*state)).max();
        *counts.of(worst.unwrap_or(message::MessageState::Filtered)) += 1;
        for (number, state) in states.iter().enumerate().filter(|(_, state)| !state.is_settled()) {
            open.push((DeliveryId { message: *id, number: number as u16 }, *state));
        }
    }
    (counts, open)
}

/// The change of a step and the state that the model says it leads to, or `None` where the store has to refuse.
fn plan(step: &Step, delivery: DeliveryId, state: DeliveryState) -> (Change, Option<DeliveryState>) {
    use DeliveryState::{Deleted, Delivered, Expired, Held, Parked, Queued, Retrying};
    let is_in_queue = matches!(state, Queued | Retrying | Held);
    match step {
        Step::Attempt { then, .. } => {
            let then =
                [Then::Done, Then::RetryAt(Timestamp(9)), Then::Park, Then::Hold, Then::Expire][usize::from(*then)];
            let new = match then {
                Then::Done => Delivered,
                Then::RetryAt(_) => Retrying,
                Then::Park => Parked,
                Then::Hold => Held,
                Then::Expire => Expired,
            };
            (attempt(delivery, 1, then), Some(if is_in_queue || new == Delivered { new } else { state }))
        }
        Step::Release { .. } => {
            (Change::Released { delivery, act: act() }, matches!(state, Parked | Held | Retrying).then_some(Queued))
        }
        Step::Delete { .. } => {
            (Change::Deleted { delivery, act: act() }, (is_in_queue || state == Parked).then_some(Deleted))
        }
        _ => (Change::Resent { delivery, act: act() }, (!is_in_queue).then_some(Queued)),
    }
}

fn check_log(rig: &Rig, log: &super::Embedded, model: &Model) -> Result<(), TestCaseError> {
    let (counts, open) = expected(model);
    let found = log.counts().iter().fold(Counts::default(), |total, (_, more)| super::super::sum(total, more));
    prop_assert_eq!(found, counts);
    let found: Vec<_> = log.open_now().iter().map(|open| (open.id, open.state)).collect();
    prop_assert_eq!(found, open);
    prop_assert!(rig.disk.used() > 0);
    Ok(())
}

fn run(steps: &[Step]) -> Result<(), TestCaseError> {
    let mut rig = Rig { segment_bytes: 16 * 1024, ..Rig::new() };
    let mut log = rig.open().0;
    let mut model = Model::new();
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::Accept { destinations } => {
                let names = &["a", "b", "c"][..*destinations];
                let id = commit(&log, accept("adt", number as u64, names)).unwrap().id();
                model.insert(id, vec![DeliveryState::Queued; *destinations]);
            }
            Step::Attempt { which, .. } | Step::Release { which } | Step::Delete { which } | Step::Resend { which } => {
                let all: Vec<(MessageId, usize)> =
                    model.iter().flat_map(|(id, states)| (0..states.len()).map(|number| (*id, number))).collect();
                let Some((id, place)) = all.get(which % all.len().max(1)) else { continue };
                let state = model[id][*place];
                let delivery = DeliveryId { message: *id, number: *place as u16 };
                let (made, expect) = plan(step, delivery, state);
                // A late attempt on a message at its end may have left the ledger; both answers are right then.
                match (change(&log, &made), expect) {
                    (Ok(_), Some(new)) => model.get_mut(id).unwrap()[*place] = new,
                    (Err(Error::Refused { .. }), None) => {}
                    (Err(Error::Refused { .. }), Some(new)) if matches!(step, Step::Attempt { .. }) => {
                        let is_final = model[id].iter().all(|state| {
                            matches!(state, DeliveryState::Delivered | DeliveryState::Deleted | DeliveryState::Expired)
                        });
                        prop_assert!(is_final, "refused {new:?} of {state:?}");
                    }
                    (answer, expect) => prop_assert!(false, "{answer:?} where {expect:?} was due for {state:?}"),
                }
            }
            Step::Checkpoint => crate::contract::wait(log.checkpoint().unwrap()).unwrap().unwrap(),
            Step::Close => {
                close(&log);
                log = rig.open().0;
            }
            Step::Kill => {
                let disk = rig.disk.fork();
                drop(log);
                rig = rig.on(disk);
                log = rig.open().0;
            }
            Step::CutPower { seed } => {
                let disk = rig.disk.cut_power(*seed);
                drop(log);
                rig = rig.on(disk);
                log = rig.open().0;
            }
        }
        check_log(&rig, &log, &model)?;
    }
    let history: usize = model.keys().map(|id| log.history(*id).unwrap().len()).sum();
    prop_assert!(history >= model.values().flatten().filter(|state| **state != DeliveryState::Queued).count());
    prop_assert_eq!(log.verify(), Ok(Vec::new()));
    check_again(&log)
}

/// What is counted anew from the records is what the ledger says, and folding them again changes nothing. The steps of a
/// delivery are as random here as no engine makes them.
fn check_again(log: &super::Embedded) -> Result<(), TestCaseError> {
    let asked = check::Examination { is_at_rest: true, ..check::Examination::default() };
    let mut found = check::run(log, asked).unwrap();
    found.findings.retain(|finding| matches!(finding.code.id, "E4080" | "E4081" | "E4085"));
    prop_assert_eq!(found.findings, Vec::new());
    prop_assert_eq!(log.refold(true), Ok(Vec::new()));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_is_the_model(steps in proptest::collection::vec(step(), 1..60)) {
        run(&steps)?;
    }
}
