//! Peers that lie: they refuse, hesitate, take and say nothing, take and say no, answer late, for another message, or
//! with junk.
//!
//! Owns the connector `sim`. Promises: what a peer does to a message at its n-th attempt comes from the seed, whatever
//! the order of attempts; once [`World::be_kind`] is called everyone takes everything. Never: says "yes" to what it did
//! not take; no engine could live with that.

use super::{Chance, Ending, Seen, Witness};
use crate::sample::{SECRET, acknowledgment, control_id};
use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Settings, Side, Spec},
    contract::{Boxed, Destination, Intake, Outgoing, Phase, Source},
};
use message::{Code, Outcome, Reason, Scope};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;

const SIMULATED: Code = Code { id: "E5999", title: "as the simulator wants it", page: "" };
/// What a connector says that got answers, but none to this message.
const WRONG_ID: Code = Code { id: "E6107", title: "wrong id", page: "" };

/// Every peer of a run.
pub struct World {
    seed: u64,
    /// Of 16 attempts, how many are answered plainly.
    kindness: u64,
    witness: Witness,
    is_kind: AtomicBool,
    attempts: Mutex<BTreeMap<(String, String), u64>>,
}

impl World {
    /// Peers as a seed has them.
    #[must_use]
    pub fn new(witness: Witness, chance: &mut Chance) -> Arc<World> {
        let (seed, kindness) = (chance.number(), 4 + chance.below(12));
        Arc::new(World { seed, kindness, witness, is_kind: AtomicBool::new(false), attempts: Mutex::default() })
    }

    /// From now on everyone takes everything at once.
    pub fn be_kind(&self) {
        self.is_kind.store(true, Ordering::SeqCst);
    }

    /// The connectors of a build that has only this one. They live as long as the process: a test's few bytes.
    #[must_use]
    pub fn connectors(self: &Arc<World>) -> &'static [&'static dyn Connector] {
        let connector: &'static dyn Connector = Box::leak(Box::new(Simulated(self.clone())));
        Box::leak(Box::new([connector]))
    }

    /// A sequence that depends on peer, message and attempt only.
    fn chance(&self, to: &str, id: &str) -> Chance {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let attempt = attempts.entry((to.to_owned(), id.to_owned())).or_default();
        *attempt += 1;
        let mixed = to
            .bytes()
            .chain(id.bytes())
            .fold(self.seed ^ *attempt, |mixed, byte| (mixed ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3));
        Chance::new(mixed)
    }

    /// How long it takes, whether the peer has it then, what the connector reports.
    fn answer(&self, to: &str, id: &str) -> (Duration, bool, Outcome) {
        let mut chance = self.chance(to, id);
        if self.is_kind.load(Ordering::SeqCst) {
            return (Duration::ZERO, true, Outcome::Delivered { reply: Some(acknowledgment("AA", id)) });
        }
        let pause = if chance.one_in(4) { chance.below(3000) } else { chance.below(200) };
        if chance.below(16) < self.kindness {
            let reply = chance.one_in(2).then(|| acknowledgment("AA", id));
            return (Duration::from_micros(pause), true, Outcome::Delivered { reply });
        }
        let (is_taken, outcome) = unkind(&mut chance, id);
        (Duration::from_micros(pause), is_taken, outcome)
    }
}

fn unkind(chance: &mut Chance, id: &str) -> (bool, Outcome) {
    let reason = || Reason::new(SIMULATED, "as the simulator wants it");
    let reply = |text: bytes::Bytes| Outcome::Delivered { reply: Some(text) };
    match chance.below(10) {
        0 => (false, Outcome::Transient { scope: Scope::Destination, reason: reason(), retry_after: None }),
        1 => (false, Outcome::Transient { scope: Scope::Message, reason: reason(), retry_after: None }),
        2 => (true, Outcome::Ambiguous { reason: reason() }),
        3 => (false, Outcome::Ambiguous { reason: reason() }),
        4 => (true, Outcome::Ambiguous { reason: Reason::new(WRONG_ID, "answers, but none to this message") }),
        5 => (false, reply(format!("MSH|^~\\&|A|B|C|D|1||ACK|1|P|2.5\rMSA|AE|{id}|{SECRET}\r").into())),
        6 => (chance.one_in(2), reply(acknowledgment("AR", id))),
        7 => (chance.one_in(2), reply(SECRET.into())),
        8 => (false, Outcome::Permanent { reason: reason(), reply: Some(SECRET.into()) }),
        _ => (true, reply(acknowledgment("AE", id))),
    }
}

struct Simulated(Arc<World>);

static SPEC: Spec = Spec {
    name: "sim",
    title: "as the simulator wants it",
    description: "",
    source: Some(Side { address: Address { kind: AddressKind::HostPort, description: "" }, options: &[], example: "" }),
    destination: Some(Side {
        address: Address { kind: AddressKind::Folder, description: "" },
        options: &[],
        example: "",
    }),
};

impl Connector for Simulated {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }
    fn source(&self, settings: &Settings, _: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        let source = Listener(settings.address.to_string());
        Box::pin(async move { Ok(Box::new(source) as Box<dyn Source>) })
    }
    fn destination(&self, settings: &Settings, _: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(Lane { world: self.0.clone(), to: settings.address.to_string() }))
    }
}

/// The runs give frames to the interface themselves: this one only opens and closes.
struct Listener(String);

impl Source for Listener {
    fn address(&self) -> String {
        self.0.clone()
    }
    fn run(
        self: Box<Self>,
        _: Arc<dyn Intake>,
        mut phase: watch::Receiver<Phase>,
    ) -> Boxed<'static, Result<(), Reason>> {
        Box::pin(async move {
            let _ = phase.wait_for(|phase| *phase == Phase::Draining).await;
            Ok(())
        })
    }
}

struct Lane {
    world: Arc<World>,
    to: String,
}

impl Destination for Lane {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(async move {
            let (delivery, bytes) = (outgoing.delivery, outgoing.bytes.clone());
            let id = control_id(&bytes);
            let witness = &self.world.witness;
            witness.note(Seen::Arrived { to: self.to.clone(), delivery, bytes });
            let (pause, is_taken, outcome) = self.world.answer(&self.to, &id);
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            let is_yes = match &outcome {
                Outcome::Delivered { reply: None } => true,
                Outcome::Delivered { reply: Some(reply) } => *reply == acknowledgment("AA", &id),
                Outcome::Transient { .. } | Outcome::Permanent { .. } | Outcome::Ambiguous { .. } => false,
            };
            let ending = if is_yes { Ending::Consented } else { Ending::Other };
            witness.note(Seen::Ended { delivery, is_taken, ending });
            outcome
        })
    }
}
