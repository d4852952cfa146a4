//! One run: lives with faults and crashes, then a life in which nothing goes wrong any more.

use crate::{
    life::Life,
    sender::{self, Sender},
};
use interface::catalogue::Connector;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use store::{Health, disk::memory::Memory};
use testkit::{
    Folder,
    sim::{Chance, Crash, CrashingDisk, JumpyClock, Scenery, Witness, Workload, World, check},
};

/// A life that does not come to its end within this has hung.
const LIFE_TIME_MAX: Duration = Duration::from_secs(30);
/// Observations that are printed with a failure.
const TOLD: usize = 40;

/// What a run is made of, and what stays when a life ends.
pub(crate) struct Run {
    pub(crate) scenery: Scenery,
    pub(crate) load: Workload,
    pub(crate) witness: Witness,
    pub(crate) world: Arc<World>,
    pub(crate) clock: Arc<JumpyClock>,
    pub(crate) folder: Folder,
    pub(crate) connectors: &'static [&'static dyn Connector],
    pub(crate) had_power_cut: AtomicBool,
}

/// `SINEW_SIM_TOLD` asks for more than [`TOLD`].
fn told_max() -> usize {
    std::env::var("SINEW_SIM_TOLD").ok().and_then(|value| value.parse().ok()).unwrap_or(TOLD)
}

/// Runs these seeds; a failure names its seed and how to repeat it.
pub(crate) fn all(seeds: impl IntoIterator<Item = u64>) {
    for seed in seeds {
        let mut chance = Chance::new(seed);
        let run = Run::new(&mut chance);
        if let Err(why) = run.play(chance) {
            let seen = run.witness.all();
            let told: Vec<String> = seen.iter().enumerate().map(|(at, one)| format!("#{at} {one:?}")).collect();
            let texts = run.scenery.texts().join("\n");
            panic!(
                "seed {seed}: {why}\n\n{texts}\n… {}\n\nseed {seed}: {why}\nrepeat: cargo xtask sim --seed {seed}",
                told[told.len().saturating_sub(told_max())..].join("\n  ")
            );
        }
    }
}

impl Run {
    fn new(chance: &mut Chance) -> Run {
        let scenery = Scenery::new(&mut chance.branch());
        let load = Workload::new(&scenery, &mut chance.branch());
        let witness = Witness::default();
        let world = World::new(witness.clone(), &mut chance.branch());
        let connectors = world.connectors();
        Run {
            scenery,
            load,
            witness,
            world,
            clock: Arc::default(),
            folder: Folder::in_memory(),
            connectors,
            had_power_cut: AtomicBool::new(false),
        }
    }

    /// The safety phase, then the liveness phase.
    fn play(&self, mut chance: Chance) -> Result<(), String> {
        let mut left = Memory::new();
        for _ in 0..1 + chance.below(4) {
            left = self.live_badly(left, &mut chance.branch())?;
            check::all(&self.witness.all(), &self.scenery, &self.load.letters)?;
            self.recover(&left)?;
            if chance.one_in(3) {
                self.rot(&left, &mut chance.branch())?;
            }
        }
        self.world.be_kind();
        self.live_well(left, &mut chance.branch())
    }

    /// A life with faults; gives what it leaves on the disk.
    fn live_badly(&self, memory: Memory, chance: &mut Chance) -> Result<Memory, String> {
        let how = if chance.one_in(2) { Crash::Kill } else { Crash::PowerCut(chance.number()) };
        let steps = chance.one_in(2).then(|| chance.below(160));
        if chance.one_in(5) {
            memory.fail_sync(1 + chance.below(60));
        }
        if chance.one_in(9) {
            memory.fail_write(1 + chance.below(60));
        }
        self.had_power_cut.fetch_or(how != Crash::Kill, Ordering::SeqCst);
        let disk = CrashingDisk::new(memory, self.witness.clone(), how, steps);
        if let Some(life) = self.begin(&disk, &self.scenery.texts())? {
            let is_over = Arc::new(AtomicBool::new(false));
            self.start_senders(&life, &is_over, false, chance);
            let acting = self.act_at_random(&life.engine, &disk, chance);
            let acted = life.runtime.block_on(async { tokio::time::timeout(LIFE_TIME_MAX, acting).await });
            acted.map_err(|_| "the engine hangs under faults".to_owned())??;
            if !disk.has_ended() && chance.one_in(5) {
                // In order: what is under way is finished. A store that has failed says so.
                let _ = life.runtime.block_on(life.engine.stop(Duration::from_secs(5)));
            }
            let left = disk.left();
            is_over.store(true, Ordering::SeqCst);
            life.end();
            self.witness.forget_after_mark();
            return Ok(left);
        }
        let left = disk.left();
        self.witness.forget_after_mark();
        Ok(left)
    }

    /// What still has to be sent is sent from now on.
    pub(crate) fn start_senders(&self, life: &Life, is_over: &Arc<AtomicBool>, is_steady: bool, chance: &mut Chance) {
        for letters in sender::left(&self.load, &self.witness.all()) {
            let letters = letters.into_iter().map(|number| (number, self.load.letters[number].clone())).collect();
            let sender = Sender {
                engine: life.engine.clone(),
                witness: self.witness.clone(),
                clock: self.clock.clone(),
                is_over: is_over.clone(),
                is_steady,
            };
            life.runtime.spawn(sender.send(letters, chance.branch()));
        }
    }
}

/// Nothing more can happen in this life.
pub(crate) fn is_over(engine: &engine::Engine, disk: &CrashingDisk) -> bool {
    disk.has_ended() || matches!(engine.store().health(), Health::Failed(_))
}
