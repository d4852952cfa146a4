//! The liveness phase: the faults have stopped, so everything has to be accepted, delivered and accounted for.

use crate::{
    acts::{person, tell},
    life::{Life, examine},
    run::Run,
};
use message::{DeliveryId, DeliveryState, MessageId};
use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};
use store::disk::memory::Memory;
use testkit::sim::{Act, Chance, Crash, CrashingDisk, Seen, check, recovery};

/// Everything has to come to its end within this.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(30);

impl Run {
    /// A life without faults. Persons resume, release and retry what waits for them; then nothing may be left.
    pub(crate) fn live_well(&self, memory: Memory, chance: &mut Chance) -> Result<(), String> {
        let disk = CrashingDisk::new(memory, self.witness.clone(), Crash::Kill, None);
        let life = self.begin(&disk, &self.scenery.texts())?.ok_or("the store does not open, and nothing is wrong")?;
        let is_over = Arc::new(AtomicBool::new(false));
        self.start_senders(&life, &is_over, true, chance);
        life.runtime.block_on(self.come_to_an_end(&life))?;
        let seen = self.witness.all();
        check::all(&seen, &self.scenery, &self.load.letters)?;
        recovery::check(life.engine.store(), &seen, &self.load.letters)?;
        self.account(&life, &seen)?;
        examine(life.engine.store(), false)?;
        let stopped = life.runtime.block_on(life.engine.stop(Duration::from_secs(5)));
        stopped.map_err(|error| format!("a store without faults does not close: {error}"))?;
        let left = disk.left();
        life.end();
        self.recover(&left)
    }

    async fn come_to_an_end(&self, life: &Life) -> Result<(), String> {
        self.resume_all(&life.engine).await?;
        let end = Instant::now() + DRAIN_TIME_MAX;
        while !self.has_ended(life) {
            for interface in &self.scenery.interfaces {
                for target in &interface.targets {
                    let released = life.engine.release(&interface.name, &target.name, &person()).await;
                    released.map_err(|why| format!("release: {why}"))?;
                }
            }
            self.retry_parked(life).await;
            if Instant::now() > end {
                let status = life.engine.status();
                return Err(format!("not drained: {:?}\n{:#?}", status.counts, status.interfaces));
            }
            tokio::time::sleep(Duration::from_millis(4)).await;
        }
        Ok(())
    }

    /// Every letter is accepted, nothing is in flight, nothing waits for a person.
    fn has_ended(&self, life: &Life) -> bool {
        let is_all_sent = crate::sender::left(&self.load, &self.witness.all()).iter().all(Vec::is_empty);
        let counts = life.engine.status().counts;
        is_all_sent && counts.in_flight == 0 && counts.parked == 0
    }

    async fn retry_parked(&self, life: &Life) {
        for message in recovery::known(&self.witness.all()) {
            let Ok(journey) = life.engine.journey(message) else { continue };
            for parked in journey.deliveries.iter().filter(|delivery| delivery.state == DeliveryState::Parked) {
                self.witness.note(Seen::Acted(Act::Requeued, parked.delivery));
                // Refused if it is on its way already.
                let _ = life.engine.retry(parked.delivery, &person()).await;
            }
        }
    }

    /// R5 by name: every message that anyone knows of is accepted once, and each of its deliveries was taken by its
    /// peer, given up by a policy that says so, or deleted by a person.
    fn account(&self, life: &Life, seen: &[Seen]) -> Result<(), String> {
        let known: BTreeSet<MessageId> = recovery::known(seen);
        let counts = life.engine.status().counts;
        if counts.accepted != known.len() as u64 {
            return Err(format!(
                "{} messages are stored, {} are known: {counts:?} (R4, R5)",
                counts.accepted,
                known.len()
            ));
        }
        let of = |one: &Seen| match one {
            Seen::Ended { delivery, is_taken: true, .. } => Some(*delivery),
            _ => None,
        };
        let taken: BTreeSet<DeliveryId> = seen.iter().filter_map(of).collect();
        for message in known {
            tell(&life.engine, message)?;
            let journey = life.engine.journey(message).map_err(|error| format!("{message} is lost: {error} (R1)"))?;
            for standing in &journey.deliveries {
                let to = format!("{}-{}", journey.interface, standing.destination);
                let is_deleted = || seen.iter().any(|one| is_act(one, Act::Deleted, standing.delivery));
                let is_right = match standing.state {
                    DeliveryState::Delivered => taken.contains(&standing.delivery),
                    DeliveryState::Expired => self.scenery.target(&to).is_some_and(|target| target.may_expire),
                    DeliveryState::Deleted => is_deleted(),
                    DeliveryState::Queued | DeliveryState::Retrying | DeliveryState::Held | DeliveryState::Parked => {
                        false
                    }
                };
                if !is_right {
                    let (delivery, state) = (standing.delivery, standing.state);
                    return Err(format!("{delivery} to {to} is {state:?} at the end, and is not (R5)"));
                }
            }
        }
        Ok(())
    }
}

fn is_act(one: &Seen, act: Act, of: DeliveryId) -> bool {
    matches!(one, Seen::Acted(done, delivery) if *done == act && *delivery == of)
}
