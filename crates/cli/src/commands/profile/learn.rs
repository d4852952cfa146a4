//! `sinew profile learn`: counts what a feed sends.

use super::learned;
use crate::{
    messages,
    outcome::{Exit, Failure, Result},
    screen::Screen,
    table, traffic,
};
use clap::Args;
use hl7v2::{
    Message,
    learn::{Learned, Learner, Options, PATIENTS_MAX},
};
use std::path::{Path, PathBuf};

/// Learn from messages what a feed sends
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew profile learn feed/ --json > feed.json

Of every message type: segments and groups, fields and components, how often each comes, how long its values are, which
forms they have. Values are told only where the standard has codes, or where a few short ones come again and again in
places that describe no person; and a code that no table of the standard has only when the messages of three different
patients have it (--min-patients). Names, addresses, identifiers, dates, numbers, results and texts are never told.

Exit: 0, 1 there is no message to learn from, 3 a file cannot be opened.")]
pub struct Learn {
    /// Files, folders, or - for standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// A code that no table has is told when messages of this many patients have it
    #[arg(long, value_name = "N", default_value_t = Options::default().patients_min, value_parser = clap::value_parser!(u32).range(1..=i64::from(PATIENTS_MAX)))]
    min_patients: u32,
    /// All counts as one JSON object
    #[arg(long)]
    json: bool,
}

/// After how many messages the progress is drawn anew.
const PROGRESS_EVERY: u64 = 1_000;

/// Learns from files and folders; what cannot be counted is said.
pub fn learn(files: &[PathBuf], options: Options, screen: &Screen) -> Result<Learned> {
    let mut learner = Learner::new(options);
    let paths = messages::expand(files)?;
    let mut seen = 0;
    for (number, path) in paths.iter().enumerate() {
        traffic::each(path, |bytes| {
            // The reason is counted, and told at the end.
            let _ = learner.add(&Message::parse(bytes).0);
            seen += 1;
            if seen % PROGRESS_EVERY == 0 {
                screen.progress(&progress(seen, number + 1, paths.len(), path));
            }
        })?;
    }
    screen.end_progress();
    let learned = learner.finish();
    for (why, count) in &learned.left_out {
        screen.say(format!("left out: {} {}", table::count(*count, "message"), why.words()));
    }
    if learned.is_cut {
        screen.say("a limit was reached: some places or values are not counted");
    }
    if learned.messages == 0 {
        return Err(Failure::new(Exit::Problems, "there is no HL7 v2 message to learn from"));
    }
    Ok(learned)
}

fn progress(messages: u64, number: usize, all: usize, path: &Path) -> String {
    format!("{messages} messages, file {number} of {all}: {}", path.display())
}

impl Learn {
    pub fn run(self, screen: &Screen) -> Result {
        let learned = learn(&self.files, Options { patients_min: self.min_patients }, screen)?;
        let _ = self.json;
        screen.line(learned::json(&learned).to_string());
        Ok(Exit::Ok)
    }
}
