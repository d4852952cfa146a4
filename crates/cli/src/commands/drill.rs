//! `sinew drill`: shows that the newest backup becomes a working store, and writes a report.

use crate::{
    backing,
    commands::backup::{self, Which},
    drilling::{self, Drill as Setup, Live, Report},
    outcome::{Exit, Failure, Result},
    place,
    run::block_on,
    screen::Screen,
};
use clap::Args;
use message::{Clock as _, MessageId, Timestamp, clock};
use serde_json::{Value, json};
use server::client::Client;
use std::{
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};
use store::backup::Manifest;

/// Restore the newest backup apart from everything, check all of it, and report
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew drill --key stick/backup.key
  sinew drill /mnt/backup/north --key stick/backup.key --messages 1000 --report drill.json

Nothing is sent: no connector is made. The report (JSON, and the same as text) goes beside the backups, in `drills`.
What was restored is removed at the end.
Exit: 0 every check passed, 1 something would not do, 2 a setting is missing, 3 a folder cannot be written.")]
pub struct Drill {
    #[command(flatten)]
    which: Which,
    /// The private key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// This backup, by its number; without it, the newest
    #[arg(long, value_name = "NUMBER")]
    backup: Option<u64>,
    /// Messages that are run again and compared with what was recorded
    #[arg(long, value_name = "N", default_value_t = 200)]
    messages: usize,
    /// Where the report goes; the text goes beside it
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Restore below this folder instead of the one for temporary files
    #[arg(long, value_name = "DIR")]
    r#in: Option<PathBuf>,
    /// Leave what was restored: it is patient data
    #[arg(long)]
    keep: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What was restored, removed again however the drill ends.
struct Scratch {
    folder: PathBuf,
    is_kept: bool,
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

impl Drill {
    pub fn run(self, screen: &Screen) -> Result {
        let repository = self.which.repository()?;
        let identities = backing::identities(&self.key)?;
        let scratch = self.scratch()?;
        let setup = Setup {
            repository: &repository,
            which: self.backup.map_or(store::backup::Which::Latest, store::backup::Which::Number),
            identities: &identities,
            folder: &scratch.folder,
            messages: self.messages,
            clock: &clock::System,
        };
        let mut report = Report::new(&setup, format!("local uid {}", backup::uid()));
        let mut progress = |progress| backup::show(screen, progress);
        drilling::run(&setup, &mut report, &|manifest| self.live(manifest), &mut progress);
        screen.end_progress();
        let file = self.report.clone().unwrap_or_else(|| repository.drills().join(name()));
        write(&file, &report)?;
        if self.json {
            screen.line(serde_json::to_string(&report).unwrap_or_default());
        } else {
            report.text().lines().for_each(|line| screen.line(paint(screen, line)));
            screen.say(format!("report: {}", file.display()));
        }
        if scratch.is_kept {
            screen.say(format!("kept, with patient data: {}", scratch.folder.display()));
        }
        if report.is_passed {
            return Ok(Exit::Ok);
        }
        if !self.json {
            let wrong = report.checks.iter().filter(|check| !check.is_passed).count();
            let message = format!("{wrong} of {} checks did not pass", report.checks.len());
            return Err(Failure::new(Exit::Problems, message).code(server::codes::E7021));
        }
        Ok(Exit::Problems)
    }

    fn scratch(&self) -> Result<Scratch> {
        let below = self.r#in.clone().unwrap_or_else(std::env::temp_dir);
        let at = clock::System.now().0;
        let folder = below.join(format!("sinew-drill-{}-{at}", std::process::id()));
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        made.map_err(|error| Failure::unreachable(format!("{}: {error}", folder.display())))?;
        Ok(Scratch { folder, is_kept: self.keep })
    }

    /// What the running engine of this workspace has, if there is one and it is of the same store.
    fn live(&self, manifest: &Manifest) -> Option<Live> {
        let (workspace, _) = self.which.place.load().ok()?;
        let client = Client::new(&place::store_folder(&workspace));
        let status = block_on(client.get("/api/v1/status")).ok()?.ok()?;
        if status["engine"]["store_id"].as_str() != Some(&manifest.store) {
            return None;
        }
        let found = block_on(client.post("/api/v1/messages/search", &json!({"limit": 1000}))).ok()?.ok()?;
        let rows: Vec<(MessageId, Timestamp)> = found["messages"].as_array()?.iter().filter_map(row).collect();
        let accepted = status["engine"]["counts"]["accepted"].as_u64()?;
        let missing = rows.iter().map(|(id, _)| *id).filter(|id| id.0 >= manifest.end).collect();
        Some(Live { newest: rows.first().copied(), missing, accepted })
    }
}

fn row(row: &Value) -> Option<(MessageId, Timestamp)> {
    let id = serde_json::from_value(row["id"].clone()).ok()?;
    Some((id, Timestamp(row["received"].as_i64()?)))
}

fn name() -> String {
    let now = clock::System.now().to_rfc3339();
    format!("{}.json", now.replace([':', '-'], ""))
}

/// Writes the report as JSON, and as text beside it.
fn write(file: &Path, report: &Report) -> Result<()> {
    let failed = |error: std::io::Error| {
        Failure::unreachable(format!("the report {}: {error}", file.display())).hint("name another place with --report")
    };
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let json = serde_json::to_string_pretty(report).unwrap_or_default();
    std::fs::write(file, json + "\n").map_err(failed)?;
    std::fs::write(file.with_extension("txt"), report.text()).map_err(failed)
}

fn paint(screen: &Screen, line: &str) -> String {
    match line {
        line if line.starts_with("FAIL") || line == "NOT PASSED" => screen.paint("31", line),
        line if line.starts_with("ok") || line == "PASSED" => screen.paint("32", line),
        line => line.to_owned(),
    }
}
