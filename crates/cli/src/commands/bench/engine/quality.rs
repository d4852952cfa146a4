//! What counting the quality of messages costs the engine: CPU time of a message with it, to CPU time without it.
//!
//! Two engines on the same machine take turns under the same load, so that a drift of the machine falls on both.

use super::{
    super::{
        figures::Figures,
        load::{self, Load},
        rig::{Engine, Folder, Partner},
    },
    SETTINGS, drain, write_workspace,
};
use crate::outcome::Result;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Turns that each engine has.
const TURNS: u32 = 4;
/// Connections of the load generator.
const SENDERS: usize = 16;

struct Side {
    // The processes end before their folder is removed.
    engine: Engine,
    partner: Partner,
    messages: PathBuf,
    folder: Folder,
    cpu_s: f64,
    count: f64,
}

impl Side {
    async fn start(parent: &Path, settings: &str) -> Result<Side> {
        let folder = Folder::make(parent)?;
        let partner = Partner::start(&folder, &[])?;
        write_workspace(&folder, &partner.address)?;
        folder.write("sinew.toml", [SETTINGS, settings].concat().as_bytes())?;
        let engine = Engine::start(folder.path()).await?;
        let messages = load::write(&folder)?;
        Ok(Side { engine, partner, messages, folder, cpu_s: 0.0, count: 0.0 })
    }

    async fn turn(&mut self, time: Duration, is_counted: bool) -> Result<()> {
        let before = self.engine.process.cpu_seconds();
        let load = Load::of(&self.messages, SENDERS, time);
        let sent = load::send(&self.folder, &self.engine.address, load).await?;
        drain(&mut self.engine).await?;
        if is_counted {
            self.cpu_s += self.engine.process.cpu_seconds() - before;
            self.count += sent.accepted as f64;
        }
        Ok(())
    }

    fn cpu_us(&self) -> f64 {
        self.cpu_s * 1e6 / self.count
    }

    fn finish(self) -> Result<()> {
        self.engine.finish()?;
        self.partner.finish().map(drop)
    }
}

/// Measures both.
pub(super) async fn measure(parent: &Path, figures: &mut Figures, seconds: u32) -> Result<()> {
    let mut with = Side::start(parent, "").await?;
    let mut without = Side::start(parent, "\n[quality]\ncount = \"off\"\n").await?;
    let time = (Duration::from_secs(u64::from(seconds)) / TURNS).max(Duration::from_millis(500));
    for turn in 0..=TURNS {
        // The first turn warms both up.
        with.turn(time, turn > 0).await?;
        without.turn(time, turn > 0).await?;
    }
    figures.add("quality_cpu_ratio", with.cpu_us() / without.cpu_us());
    figures.add("cpu_us_per_message_uncounted", without.cpu_us());
    with.finish()?;
    without.finish()
}
