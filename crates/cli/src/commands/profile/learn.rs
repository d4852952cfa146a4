//! `sinew profile learn`: counts what a feed sends, and writes it as profiles.

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
use lang::profile::learned::{Style, write};
use std::path::{Path, PathBuf};

/// Learn from messages what a feed sends, as a profile
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew profile learn feed/ --name epic-adt --out shared/profiles/epic-adt.flow
  sinew profile learn day.hl7
  sinew profile learn feed/ --json > feed.json
  sinew profile learn feed/ --closed               what never came is forbidden

For every message type a profile of the flow language: what always came is required; repetitions, lengths and codes are
those that were seen; fields of local segments are listed to be named. The counts stand beside each line. Every message
that was counted is valid under it. --json gives all counts instead.

Values are told only where the standard has codes, or where a few short ones come again and again in places that describe
no person; a code that no table of the standard has only when messages of three different patients have it
(--min-patients). Names, addresses, identifiers, dates, numbers, results and texts are never told.

Exit: 0, 1 there is no message to learn from, 3 a file cannot be opened.")]
pub struct Learn {
    /// Files, folders, or - for standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// What the profile is called; of several message types the beginning of their names
    #[arg(long, value_name = "NAME", default_value = "learned", value_parser = name)]
    name: String,
    /// The profile to extend, instead of the standard
    #[arg(long, value_name = "PROFILE")]
    extends: Option<String>,
    /// Write the profiles into this file
    #[arg(short, long, value_name = "FILE", conflicts_with = "json")]
    out: Option<PathBuf>,
    /// A line is written when there were so many chances to see it
    #[arg(long, value_name = "N", default_value_t = 3)]
    min_count: u64,
    /// A code that no table has is told when messages of this many patients have it
    #[arg(long, value_name = "N", default_value_t = Options::default().patients_min, value_parser = clap::value_parser!(u32).range(1..=i64::from(PATIENTS_MAX)))]
    min_patients: u32,
    /// Forbid the segments and fields that never came
    #[arg(long)]
    closed: bool,
    /// All counts as one JSON object
    #[arg(long)]
    json: bool,
}

/// Longest name: what is added for several message types has room.
const NAME_CHARS_MAX: usize = 40;

fn name(text: &str) -> std::result::Result<String, String> {
    let is_good = text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.len() <= NAME_CHARS_MAX
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && !matches!(text, "strict" | "lenient" | "hl7v2" | "extends");
    if is_good {
        Ok(text.to_owned())
    } else {
        Err(format!("a name has letters, digits, - and _, at most {NAME_CHARS_MAX}"))
    }
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
            let (message, findings) = Message::parse(bytes);
            let _ = learner.add(&message, &findings);
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
        if self.json {
            screen.line(learned::json(&learned).to_string());
            return Ok(Exit::Ok);
        }
        let style =
            Style { name: self.name, extends: self.extends, count_min: self.min_count.max(1), is_closed: self.closed };
        let written = write(&learned, &style);
        let text = written.iter().map(|one| one.text.as_str()).collect::<Vec<_>>().join("\n");
        let Some(path) = &self.out else {
            screen.bytes(text.as_bytes());
            return Ok(Exit::Ok);
        };
        let failed = |error: std::io::Error| Failure::unreachable(format!("{}: {error}", path.display()));
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        std::fs::write(path, text).map_err(failed)?;
        screen.say(format!("{} from {}:", path.display(), table::count(learned.messages, "message")));
        written.iter().for_each(|one| screen.say(format!("  {}", one.name)));
        Ok(Exit::Ok)
    }
}
