//! `sinew bench`: how fast this machine runs this build, beside what the machine itself can do.
//!
//! Owns the figures, their bars and how they are printed. Promises: every figure is measured in this run; a ratio is
//! taken between two measurements that follow each other; nothing of the user's is touched, nothing is left behind.

mod engine;
mod figures;
mod limits;
mod load;
mod markdown;
mod parse;
mod rig;
mod store;

use crate::{outcome::Result, screen::Screen};
use clap::{Args, Subcommand};

/// Measure the speed of this build on this machine
#[derive(Args, Debug)]
pub struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Engine(engine::BenchEngine),
    Parse(parse::BenchParse),
    Store(store::BenchStore),
}

impl Bench {
    pub fn run(self, screen: &Screen) -> Result {
        match self.what {
            What::Engine(bench) => bench.run(screen),
            What::Parse(bench) => bench.run(screen),
            What::Store(bench) => bench.run(screen),
        }
    }
}
