//! What counting the quality of messages costs the engine: CPU time of a message with it, to CPU time without it.
//!
//! Two engines on the same machine take turns under the same load, each first every other time, so that a drift of the
//! machine falls on both; what counts is the median over the pairs of turns, so that one hiccup of the disk counts for none.

use super::{
    super::{
        figures::{Figures, median},
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

/// Turns that each engine has: many short ones.
const TURNS: u32 = 16;
/// Connections of the load generator.
const SENDERS: usize = 16;

struct Side {
    // The processes end before their folder is removed.
    engine: Engine,
    partner: Partner,
    messages: PathBuf,
    folder: Folder,
}

impl Side {
    async fn start(parent: &Path, settings: &str) -> Result<Side> {
        let folder = Folder::make(parent)?;
        let partner = Partner::start(&folder, &[])?;
        write_workspace(&folder, &partner.address)?;
        folder.write("sinew.toml", [SETTINGS, settings].concat().as_bytes())?;
        let engine = Engine::start(folder.path()).await?;
        let messages = load::write(&folder)?;
        Ok(Side { engine, partner, messages, folder })
    }

    /// CPU of a message of this turn, microseconds.
    async fn turn(&mut self, time: Duration) -> Result<f64> {
        let before = self.engine.process.cpu_seconds();
        let load = Load::of(&self.messages, SENDERS, time);
        let sent = load::send(&self.folder, &self.engine.address, load).await?;
        drain(&mut self.engine).await?;
        Ok((self.engine.process.cpu_seconds() - before) * 1e6 / sent.accepted as f64)
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
    let (mut ratios, mut uncounted) = (Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        let (counted, plain) = if turn % 2 == 0 {
            let counted = with.turn(time).await?;
            (counted, without.turn(time).await?)
        } else {
            let plain = without.turn(time).await?;
            (with.turn(time).await?, plain)
        };
        // The first turn warms both up.
        if turn > 0 {
            ratios.push(counted / plain);
            uncounted.push(plain);
        }
    }
    figures.add("quality_cpu_ratio", median(&ratios).unwrap_or(f64::NAN));
    figures.add("cpu_us_per_message_uncounted", median(&uncounted).unwrap_or(f64::NAN));
    with.finish()?;
    without.finish()
}
