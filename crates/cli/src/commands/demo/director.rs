//! The director: does what the story says, and reads off the engine whether each chapter was seen and healed.

use super::world::World;
use engine::acts::Person;
use hospital::story::{Cue, Deed, Fault, Observation, Outcome, Script, WARD_REMEDY};
use message::{DeliveryId, DeliveryState, MessageId, MessageState};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::PoisonError,
    time::Duration,
};
use store::{Disposition, Query};

/// See the module.
pub struct Director {
    script: Script,
    /// The house repairs these until nothing is left to repair.
    repairing: BTreeSet<&'static str>,
    knows_ward: bool,
    /// Control ids that a person put back: they may come after later ones.
    put_back: BTreeSet<String>,
    /// Messages that live on in their replays.
    replayed: u64,
}

/// What waits for a person.
#[derive(Default)]
struct Parked {
    /// Whole messages: a step failed.
    messages: Vec<(MessageId, String)>,
    /// Deliveries by receiver.
    deliveries: BTreeMap<String, Vec<(DeliveryId, String)>>,
}

/// Parked messages that one look reads.
const PARKED_MAX: usize = 2_000;

impl Director {
    /// A story over a run of this length, or over a tour of four minutes.
    pub fn new(length: Option<Duration>) -> Director {
        Director {
            script: Script::new(length),
            repairing: BTreeSet::new(),
            knows_ward: false,
            put_back: BTreeSet::new(),
            replayed: 0,
        }
    }

    /// Does what is due and judges. The lines tell what happens.
    pub async fn step(&mut self, world: &mut World, elapsed: Duration) -> Vec<String> {
        let mut lines = Vec::new();
        for cue in self.script.due(elapsed) {
            lines.push(tell(&cue));
            self.act(world, cue.deed).await;
        }
        world.look();
        let parked = parked(world);
        self.repair(world, &parked).await;
        let before = self.script.outcomes();
        self.script.observe(elapsed, &observe(world, &parked));
        for (old, new) in before.iter().zip(self.script.outcomes()) {
            if !old.healed && new.healed {
                lines.push(format!("healed: {}", new.name));
            }
        }
        world.host.tell_story(serde_json::json!(self.script.chapters(elapsed)));
        lines
    }

    async fn act(&mut self, world: &mut World, deed: Deed) {
        match deed {
            Deed::Nothing => {}
            Deed::Force(wishes) => {
                for wish in wishes {
                    if let Some(live) = &world.live {
                        live.force(*wish);
                    }
                }
            }
            Deed::Tell { receiver, behaviour } => {
                if let Some(partner) = world.partners.get(receiver) {
                    partner.set(behaviour);
                }
            }
            Deed::Silence(system) => world.live.iter().flat_map(|live| live.senders(system)).for_each(|s| s.pause()),
            Deed::Resume(system) => world.live.iter().flat_map(|live| live.senders(system)).for_each(|s| s.resume()),
            Deed::AddWardCode => {
                self.knows_ward = add_ward(world).is_ok();
                world.host.apply().await;
            }
            Deed::RetryParked { receiver } => {
                if let Some(partner) = world.partners.get(receiver) {
                    partner.behave();
                }
                self.repairing.insert(receiver);
            }
        }
    }

    /// What an operator would do: puts back what can work now, oldest first.
    async fn repair(&mut self, world: &World, parked: &Parked) {
        let person = Person { by: "demo".into(), reason: "the story's repair".into() };
        let engine = &world.host.engine;
        for receiver in &self.repairing {
            for (delivery, control_id) in parked.deliveries.get(*receiver).into_iter().flatten() {
                if engine.retry(*delivery, &person).await.is_ok() {
                    self.put_back.insert(control_id.clone());
                }
            }
        }
        if self.knows_ward {
            for (message, control_id) in &parked.messages {
                if engine.replay(*message, &person).await.is_ok_and(|replayed| replayed.message.is_some()) {
                    self.put_back.insert(control_id.clone());
                    self.replayed += 1;
                }
            }
        }
    }

    /// Goes to the next turn of the story.
    pub fn skip(&mut self, elapsed: Duration) {
        self.script.skip(elapsed);
    }

    /// The chapter under way.
    pub fn current(&self) -> Option<&'static Fault> {
        self.script.current()
    }

    /// How each chapter went.
    pub fn outcomes(&self) -> Vec<Outcome> {
        self.script.outcomes()
    }

    /// Every chapter was seen and healed.
    pub fn is_healed(&self) -> bool {
        self.script.is_healed()
    }

    /// A person put this one back, so that it may come after later ones.
    pub fn was_put_back(&self, control_id: &str) -> bool {
        self.put_back.contains(control_id)
    }

    /// Messages that live on in their replays.
    pub fn replayed(&self) -> u64 {
        self.replayed
    }
}

fn tell(cue: &Cue) -> String {
    if cue.is_end { format!("repaired: {}", cue.fault.title) } else { cue.fault.title.to_owned() }
}

/// Appends the missing row to the table of wards, as a person would.
fn add_ward(world: &World) -> std::io::Result<()> {
    let path = world.folder.join("shared/tables/wards.csv");
    let (from, to, name) = WARD_REMEDY;
    let mut text = fs::read_to_string(&path)?;
    if !text.lines().any(|line| line.split(',').next() == Some(from)) {
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&format!("{from},{name},{to},{name}\n"));
        fs::write(&path, text)?;
    }
    Ok(())
}

/// What waits for a person now, oldest first.
fn parked(world: &World) -> Parked {
    let mut parked = Parked::default();
    let store = world.host.engine.store();
    if store.counts_total().parked == 0 {
        return parked;
    }
    let query = Query { states: vec![MessageState::Parked], limit: PARKED_MAX, ..Query::default() };
    let mut hits = store.search(&query).unwrap_or_default().hits;
    hits.sort_by_key(|hit| hit.id);
    for hit in hits {
        let Ok(stored) = store.read(hit.id) else { continue };
        let control_id = stored.accept.facts.control_id.clone();
        if matches!(stored.accept.disposition, Disposition::Parked { .. }) {
            parked.messages.push((hit.id, control_id));
            continue;
        }
        let Ok(journey) = world.host.engine.journey(hit.id) else { continue };
        for standing in journey.deliveries.iter().filter(|standing| standing.state == DeliveryState::Parked) {
            let of_receiver = parked.deliveries.entry(standing.destination.clone()).or_default();
            of_receiver.push((standing.delivery, control_id.clone()));
        }
    }
    parked
}

fn observe(world: &World, parked: &Parked) -> Observation {
    let mut observation = Observation {
        parked: parked.deliveries.iter().map(|(name, all)| (name.clone(), all.len() as u64)).collect(),
        accepted: world.accepted.clone(),
        code_missing: parked.messages.len() as u64,
        received_twice: world.partners.values().map(|partner| partner.stats().duplicates).sum(),
        reached: world.reached.lock().unwrap_or_else(PoisonError::into_inner).len(),
        ..Observation::default()
    };
    for flow in world.host.engine.flows() {
        observation.duplicates += flow.duplicates();
        for outbox in flow.outboxes() {
            let waiting = observation.waiting.entry(outbox.name.to_string()).or_default();
            *waiting += outbox.look(engine::queue::Queue::len) as u64;
            let delivered = observation.delivered.entry(outbox.name.to_string()).or_default();
            *delivered += outbox.delivered();
        }
    }
    observation
}
