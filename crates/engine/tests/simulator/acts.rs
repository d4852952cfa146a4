//! What persons and circumstances do while messages flow: acts on interfaces and deliveries, reloads, a full disk, a
//! clock that is changed; and looks at what the engine says of itself.

use crate::run::{Run, is_over};
use engine::{Engine, acts::Person};
use message::{DeliveryId, MessageId};
use std::{fmt::Debug, time::Duration};
use testkit::sim::{Act, Chance, CrashingDisk, Scenery, Seen, check, recovery};

/// Who acts in the simulator.
pub(crate) fn person() -> Person {
    Person { by: "ada".into(), reason: "simulated".into() }
}

/// An act may be refused, because of the state or because the store has failed; it must not tell content.
fn said<T: Debug, E: Debug>(result: Result<T, E>) -> Result<Option<T>, String> {
    check::no_content("the answer to an act", &format!("{result:?}"))?;
    Ok(result.ok())
}

impl Run {
    /// Acts until the life is over, or for a while.
    pub(crate) async fn act_at_random(
        &self,
        engine: &Engine,
        disk: &CrashingDisk,
        chance: &mut Chance,
    ) -> Result<(), String> {
        for _ in 0..4 + chance.below(16) {
            tokio::time::sleep(Duration::from_micros(chance.below(2500))).await;
            if is_over(engine, disk) {
                return Ok(());
            }
            self.act(engine, disk, chance).await?;
        }
        disk.memory().set_room(None);
        Ok(())
    }

    async fn act(&self, engine: &Engine, disk: &CrashingDisk, chance: &mut Chance) -> Result<(), String> {
        let (interface, destination) = place(&self.scenery, chance);
        let destination = destination.as_deref();
        match chance.below(14) {
            0 => said(engine.pause(&interface, destination.filter(|_| chance.one_in(2)), &person()).await).map(drop),
            1 | 2 => self.resume_all(engine).await,
            3 => said(engine.release(&interface, destination.unwrap_or_default(), &person()).await).map(drop),
            4 => self.on_delivery(engine, chance, Act::Requeued).await,
            5 => self.on_delivery(engine, chance, Act::Deleted).await,
            6 => self.replay(engine, chance).await,
            7 => self.reload(engine, self.scenery.other_texts(chance)).await,
            8 => self.reload(engine, self.scenery.texts()).await,
            9 => {
                disk.memory().set_room(Some(disk.memory().used() + chance.below(40_000)));
                Ok(())
            }
            10 => {
                disk.memory().set_room(None);
                Ok(())
            }
            11 => {
                self.clock.jump(i64::try_from(chance.below(1200)).unwrap_or(0) - 600);
                Ok(())
            }
            12 => said(engine.store().checkpoint().await).map(drop),
            _ => self.ask(engine, chance),
        }
    }

    /// Undoes every pause.
    pub(crate) async fn resume_all(&self, engine: &Engine) -> Result<(), String> {
        for interface in &self.scenery.interfaces {
            said(engine.resume(&interface.name, None, &person()).await)?;
            for target in &interface.targets {
                said(engine.resume(&interface.name, Some(&target.name), &person()).await)?;
            }
        }
        Ok(())
    }

    /// Brings other texts into effect.
    pub(crate) async fn reload(&self, engine: &Engine, texts: Vec<String>) -> Result<(), String> {
        let changes = engine.apply(self.definitions(&texts), &[]).await;
        match changes.failed.is_empty() {
            true => Ok(()),
            false => Err(format!("{changes:?}")),
        }
    }

    fn any(&self, chance: &mut Chance) -> Option<MessageId> {
        let known: Vec<MessageId> = recovery::known(&self.witness.all()).into_iter().collect();
        (!known.is_empty()).then(|| *chance.pick(&known))
    }

    /// Noted before it is done: what it leads to may be seen before the act returns.
    async fn on_delivery(&self, engine: &Engine, chance: &mut Chance, act: Act) -> Result<(), String> {
        let Some(message) = self.any(chance) else { return Ok(()) };
        let delivery = DeliveryId { message, number: u16::try_from(chance.below(3)).unwrap_or(0) };
        self.witness.note(Seen::Acted(act, delivery));
        let result = match act {
            Act::Deleted => engine.delete(delivery, &person()).await,
            Act::Requeued if chance.one_in(2) => engine.retry(delivery, &person()).await,
            Act::Requeued => engine.resend(delivery, &person()).await,
        };
        said(result).map(drop)
    }

    async fn replay(&self, engine: &Engine, chance: &mut Chance) -> Result<(), String> {
        let Some(of) = self.any(chance) else { return Ok(()) };
        let replayed = said(engine.replay(of, &person()).await)?;
        if let Some(message) = replayed.and_then(|replayed| replayed.message) {
            self.witness.note(Seen::Replayed(of, message));
        }
        Ok(())
    }

    /// R5 and R10 at any moment.
    fn ask(&self, engine: &Engine, chance: &mut Chance) -> Result<(), String> {
        let status = engine.status();
        check::no_content("the status", &format!("{status:?} {}", serde_json::to_string(&status).unwrap_or_default()))?;
        if status.lost != 0 {
            return Err(format!("{} messages are in no state: {:?} (R5)", status.lost, status.counts));
        }
        check::no_content("the orphans", &format!("{:?}", engine.orphans()))?;
        match self.any(chance) {
            Some(message) => tell(engine, message),
            None => Ok(()),
        }
    }
}

/// Everything that can be said of one message, without its content.
pub(crate) fn tell(engine: &Engine, message: MessageId) -> Result<(), String> {
    let journey = engine.journey(message);
    let history = engine.store().history(message);
    let written = journey.as_ref().ok().and_then(|journey| serde_json::to_string(journey).ok());
    check::no_content("a journey", &format!("{journey:?} {written:?} {history:?}"))
}

fn place(scenery: &Scenery, chance: &mut Chance) -> (String, Option<String>) {
    let interface = chance.pick(&scenery.interfaces);
    (interface.name.clone(), Some(chance.pick(&interface.targets).name.clone()))
}
