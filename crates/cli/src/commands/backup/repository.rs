//! `sinew backup list`, `verify` and `prune`: what is in a repository, whether it is whole, and what may go.

use super::Which;
use crate::{
    backing::{self, failure, size},
    commands::steer::needs,
    outcome::{Exit, Failure, Result},
    screen::Screen,
    table::{Table, count},
};
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;
use store::backup::{Listed, Repository};

/// List the backups of a repository
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew backup list
  sinew backup list /mnt/backup/north --json

Exit: 0, 1 a manifest is damaged, 3 there is none.")]
pub(super) struct List {
    #[command(flatten)]
    which: Which,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Check every file of a repository
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew backup verify                                every file, the chain, and that nothing is missing
  sinew backup verify --key stick/backup.key         also that each piece opens and is what was backed up

`sinew drill` shows more: that a backup becomes a working store.
Exit: 0 all is well, 1 something is damaged or missing, 3 there is no backup.")]
pub(super) struct Verify {
    #[command(flatten)]
    which: Which,
    /// The private key
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Remove old backups, and what only they need
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew backup prune --keep 30                       the plan, nothing is done
  sinew backup prune --keep 30 --yes

Exit: 0 done, 1 a manifest is damaged, 5 this was only the plan: add --yes.")]
pub(super) struct Prune {
    #[command(flatten)]
    which: Which,
    /// How many of the newest stay
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep: u32,
    /// Do it
    #[arg(long)]
    yes: bool,
}

impl List {
    pub(super) fn run(self, screen: &Screen) -> Result {
        let repository = self.which.repository()?;
        let all = repository.list().map_err(|error| failure(&error))?;
        if all.is_empty() {
            let message = format!("{} holds no backup", repository.folder().display());
            return Err(Failure::unreachable(message).code(store::codes::E4046));
        }
        let is_bad = all.iter().any(|listed| listed.manifest.is_err());
        if self.json {
            let rows: Vec<Value> = all
                .iter()
                .map(|listed| match &listed.manifest {
                    Ok(manifest) => backing::told(manifest, repository.folder()),
                    Err(error) => json!({"file": listed.file, "failed": error.reason()}),
                })
                .collect();
            screen.line(json!({"schema": "sinew.backups/1", "backups": rows}).to_string());
        } else {
            table(screen, &repository, &all).print(screen);
        }
        Ok(if is_bad { Exit::Problems } else { Exit::Ok })
    }
}

/// A row for each backup that can be read; the others are said.
fn table(screen: &Screen, repository: &Repository, all: &[Listed]) -> Table {
    let mut table = Table::new(&[">NUMBER", "MADE", ">MESSAGES", ">SIZE", ">NEW", "NEWEST MESSAGE", "FOR"]);
    for listed in all {
        match &listed.manifest {
            Ok(manifest) => {
                let told = backing::told(manifest, repository.folder());
                let newest = manifest.newest.map_or_else(|| "-".to_owned(), |newest| newest.at.to_rfc3339());
                table.row(vec![
                    manifest.number.to_string().into(),
                    manifest.made.clone().into(),
                    told["messages"].to_string().into(),
                    size(manifest.bytes()).into(),
                    size(manifest.added.bytes).into(),
                    newest.into(),
                    short(&manifest.recipients).into(),
                ]);
            }
            Err(error) => screen.say(screen.paint_talk("31", &error.to_string())),
        }
    }
    table
}

/// The beginnings of recipients: enough to tell keys apart.
fn short(recipients: &[String]) -> String {
    let short: Vec<String> = recipients.iter().map(|text| text.chars().take(12).chain(['…']).collect()).collect();
    short.join(" ")
}

impl Verify {
    pub(super) fn run(self, screen: &Screen) -> Result {
        let repository = self.which.repository()?;
        let identities = self.key.as_deref().map(backing::identities).transpose()?.unwrap_or_default();
        let mut visit = |done: u64, all: u64| screen.progress(&format!("object {done} of {all}"));
        let verified = repository.verify(&identities, &mut visit).map_err(|error| failure(&error))?;
        screen.end_progress();
        if self.json {
            let problems: Vec<_> = verified.problems.iter().map(store::backup::Error::reason).collect();
            screen.line(
                json!({"schema": "sinew.backup-verify/1", "backups": verified.backups, "objects": verified.objects,
                    "bytes": verified.bytes, "unused": verified.unused, "has_key": !identities.is_empty(),
                    "problems": problems})
                .to_string(),
            );
        } else {
            for problem in &verified.problems {
                screen.line(format!("{} {} {problem}", screen.mark(false), problem.code()));
            }
            let how = if identities.is_empty() { "without the key" } else { "with the key" };
            screen.line(format!(
                "{} {}, {}, {}: {} {how}",
                screen.mark(verified.problems.is_empty()),
                count(verified.backups, "backup"),
                count(verified.objects, "object"),
                size(verified.bytes),
                count(verified.problems.len() as u64, "problem"),
            ));
        }
        Ok(if verified.problems.is_empty() { Exit::Ok } else { Exit::Problems })
    }
}

impl Prune {
    pub(super) fn run(self, screen: &Screen) -> Result {
        let repository = self.which.repository()?;
        let keep = self.keep as usize;
        let plan = if self.yes { repository.prune(keep) } else { repository.plan_prune(keep) };
        let plan = plan.map_err(|error| failure(&error))?;
        let numbers = |numbers: &[u64]| match numbers {
            [] => "none".to_owned(),
            [one] => one.to_string(),
            [first, .., last] => format!("{first} to {last}"),
        };
        screen.line(format!(
            "{}: {}; stays: {}; {} freed in {}",
            if self.yes { "removed" } else { "goes" },
            numbers(&plan.drops),
            numbers(&plan.keeps),
            size(plan.frees.bytes),
            count(plan.frees.objects, "object"),
        ));
        let is_something = !plan.drops.is_empty() || plan.frees.objects > 0;
        if !self.yes && is_something {
            needs("pruned", false)?;
        }
        Ok(Exit::Ok)
    }
}
