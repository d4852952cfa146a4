//! `sinew generate`: messages of invented people, from the simulated hospital.

use crate::{
    outcome::{Exit, Failure, Result},
    screen::Screen,
    table::count,
};
use clap::Args;
use hospital::flow::{Filter, generate};
use std::path::PathBuf;

/// Make messages of invented people from a simulated hospital
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew generate --count 20 > day.hl7
  sinew generate --type ADT^A01 --count 100 --seed 7 -o admissions
  sinew generate --type ORU | sinew send 2575 -

The simulator moves patients through registration, admission, orders, results, transfers and discharge, so messages
belong together. The same seed gives the same messages.
Types: ADT ORM OML ORU SIU VXU MDM DFT RDE, each also with a trigger event.")]
pub struct Generate {
    /// Only these: ADT, ADT^A01, ORU …
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 1)]
    count: usize,
    /// The world to take them from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// A file a message in this folder, instead of standard output
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// More at once than this is better made in several calls.
const COUNT_MAX: usize = 1_000_000;

impl Generate {
    pub fn run(self, screen: &Screen) -> Result {
        if self.count > COUNT_MAX {
            return Err(Failure::usage(format!("--count is at most {COUNT_MAX}")));
        }
        let filter = match &self.kind {
            None => Filter::default(),
            Some(text) => Filter::parse(text).ok_or_else(|| {
                Failure::usage(format!("the hospital does not send `{text}`")).hint("see sinew generate --help")
            })?,
        };
        let happenings = generate(&filter, self.count, self.seed);
        if let Some(folder) = &self.output {
            let failed = |error: std::io::Error| Failure::unreachable(format!("{}: {error}", folder.display()));
            std::fs::create_dir_all(folder).map_err(failed)?;
            for (place, happening) in happenings.iter().enumerate() {
                std::fs::write(folder.join(format!("{:06}.hl7", place + 1)), &happening.message).map_err(failed)?;
            }
            screen.say(format!("{} in {}", count(happenings.len() as u64, "message"), folder.display()));
            return Ok(Exit::Ok);
        }
        for happening in &happenings {
            screen.message(&happening.message);
        }
        Ok(Exit::Ok)
    }
}
