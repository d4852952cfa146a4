//! `sinew doctor`: what is well, what is not, and what to do.

use crate::{
    commands::run::with_dir,
    host::store_failure,
    outcome::{Exit, Result},
    place::{self, Place},
    run::block_on,
    screen::Screen,
    table::count,
};
use clap::Args;
use interface::workspace::Workspace;
use message::Severity;
use serde_json::{Value, json};
use server::client::{Client, Error};
use std::{
    fs,
    io::Write,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use store::{KeySource, Quarantined, Store};

/// Look over the workspace, the disk, the ports, the store and the running engine
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew doctor
  sinew doctor --verify        also read every stored record and check it

Exit: 0 all is well (warnings are allowed), 1 something needs attention, 3 there is no workspace.")]
pub struct Doctor {
    /// The workspace folder
    #[arg(value_name = "DIR", conflicts_with = "workspace")]
    dir: Option<PathBuf>,
    /// Read every record of the store and check it
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    place: Place,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// One line of the report.
struct Finding {
    level: Level,
    what: &'static str,
    text: String,
    remedy: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Ok,
    Warn,
    Fail,
}

impl Level {
    fn word(self) -> (&'static str, &'static str) {
        match self {
            Level::Ok => ("ok", "32"),
            Level::Warn => ("WARN", "33"),
            Level::Fail => ("FAIL", "31"),
        }
    }
}

fn finding(level: Level, what: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding { level, what, text: text.into(), remedy: remedy.into() }
}

/// Slower fsyncs than this limit every sender that waits for its acknowledgment.
const FSYNC_SLOW: Duration = Duration::from_millis(20);
/// Less free space than this is worth a warning.
const FREE_BYTES_LOW: u64 = 2 * 1024 * 1024 * 1024;

impl Doctor {
    pub fn run(self, screen: &Screen) -> Result {
        let place = with_dir(self.place.clone(), self.dir.clone());
        let (workspace, findings) = place.load()?;
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        let mut report = vec![if errors == 0 {
            finding(
                Level::Ok,
                "workspace",
                format!("{}, {}", workspace.folder.display(), count(workspace.definitions.len() as u64, "interface")),
                "",
            )
        } else {
            finding(Level::Fail, "workspace", count(errors as u64, "error"), "sinew check says where")
        }];
        let data = place::store_folder(&workspace);
        report.extend(disk(&data));
        report.push(key(&workspace, &data));
        report.extend(database(&workspace));
        let status = block_on(async { Client::new(&data).get("/api/v1/status").await })?;
        match &status {
            Ok(status) => report.extend(engine(status)),
            Err(Error::NotRunning(_)) => {
                report.push(finding(Level::Ok, "engine", "not running", ""));
                report.extend(ports(&workspace));
            }
            Err(Error::Refused { reason, .. }) => report.push(finding(Level::Fail, "engine", reason.to_string(), "")),
        }
        if self.verify {
            report.extend(verify(&workspace, &data, status.is_ok())?);
        }
        self.show(screen, &report);
        Ok(if report.iter().any(|finding| finding.level == Level::Fail) { Exit::Problems } else { Exit::Ok })
    }

    fn show(&self, screen: &Screen, report: &[Finding]) {
        if self.json {
            let rows: Vec<Value> = report
                .iter()
                .map(|found| json!({"level": found.level.word().0.to_lowercase(), "what": found.what, "text": found.text, "remedy": found.remedy}))
                .collect();
            screen.line(json!({"schema": "sinew.doctor/1", "findings": rows}).to_string());
            return;
        }
        for found in report {
            let (word, style) = found.level.word();
            let remedy =
                if found.remedy.is_empty() { String::new() } else { format!("\n                  {}", found.remedy) };
            screen.line(format!(
                "{}  {:<10} {}{remedy}",
                screen.paint(style, &format!("{word:<4}")),
                found.what,
                found.text
            ));
        }
    }
}

/// Free space, and how long the disk takes to make a write safe.
fn disk(data: &Path) -> Vec<Finding> {
    let mut report = Vec::new();
    if let Err(error) = fs::create_dir_all(data) {
        return vec![finding(
            Level::Fail,
            "storage",
            format!("{}: {error}", data.display()),
            "make the folder writable for this user",
        )];
    }
    match probe_fsync(data) {
        Err(error) => report.push(finding(
            Level::Fail,
            "storage",
            format!("{}: {error}", data.display()),
            "the disk does not take writes",
        )),
        Ok(median) => {
            let text = format!("{}, fsync {:.2} ms", data.display(), median.as_secs_f64() * 1000.0);
            let is_slow = median > FSYNC_SLOW;
            let remedy = if is_slow {
                "each acknowledgment waits for this: use a local disk with a write cache that survives a power cut"
            } else {
                ""
            };
            report.push(finding(if is_slow { Level::Warn } else { Level::Ok }, "storage", text, remedy));
        }
    }
    if let Some(free) = free_bytes(data) {
        let text = format!("{:.1} GB free", free as f64 / 1e9);
        let is_low = free < FREE_BYTES_LOW;
        let remedy = if is_low { "free space, or shorten [store] retention in sinew.toml" } else { "" };
        report.push(finding(if is_low { Level::Warn } else { Level::Ok }, "space", text, remedy));
    }
    report
}

/// The median of nine writes of 4 KB with fdatasync.
fn probe_fsync(data: &Path) -> std::io::Result<Duration> {
    let path = data.join(".doctor-probe");
    let mut file = fs::File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..9 {
        let started = Instant::now();
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        times.push(started.elapsed());
    }
    drop(file);
    fs::remove_file(&path)?;
    times.sort_unstable();
    Ok(times.get(4).copied().unwrap_or_default())
}

/// Free bytes of the file system, as `df` says it: there is no safe call in the standard library.
fn free_bytes(data: &Path) -> Option<u64> {
    let out = std::process::Command::new("df").arg("-Pk").arg(data).output().ok()?;
    let text = String::from_utf8(out.stdout).ok()?;
    let kilobytes: u64 = text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    Some(kilobytes * 1024)
}

fn key(workspace: &Workspace, data: &Path) -> Finding {
    match place::key(&workspace.server, &workspace.folder) {
        Err(failure) => finding(Level::Fail, "key", failure.message, failure.hint.unwrap_or_default()),
        Ok(KeySource::Given(_)) => finding(Level::Ok, "key", "the store's key comes from the environment", ""),
        Ok(KeySource::InDirectory) => finding(
            Level::Warn,
            "key",
            "the store's key lies beside the data it seals",
            "in production keep it elsewhere: [store] key = \"env:SINEW_KEY\" or \"file:/path\" in sinew.toml",
        ),
        Ok(KeySource::File(path)) => match fs::metadata(&path) {
            Ok(facts) if facts.permissions().mode() & 0o077 != 0 => {
                finding(Level::Fail, "key", format!("{} can be read by others", path.display()), "chmod 600 it")
            }
            Ok(_) if path.starts_with(data) => {
                finding(Level::Warn, "key", "the store's key lies beside the data it seals", "move it to another disk")
            }
            Ok(_) => finding(Level::Ok, "key", path.display().to_string(), ""),
            Err(_) => finding(Level::Ok, "key", format!("{} is made at the first start", path.display()), ""),
        },
    }
}

/// The database, where the store is in one: whether it answers, and what its settings promise.
fn database(workspace: &Workspace) -> Vec<Finding> {
    let database = match place::engine(&workspace.server, &workspace.folder) {
        Ok(store::Engine::Embedded) => return Vec::new(),
        Ok(store::Engine::Postgres(database)) => database,
        Err(failure) => {
            return vec![finding(Level::Fail, "database", failure.message, failure.hint.unwrap_or_default())];
        }
    };
    let found = match database.inspect() {
        Ok(found) => found,
        Err(error) => {
            let remedy = format!("sinew explain {} says what it means", error.code().id);
            return vec![finding(Level::Fail, "database", error.to_string(), remedy)];
        }
    };
    let text = format!("{}, PostgreSQL {}, commits are durable", database.place(), found.version);
    let mut report = vec![finding(Level::Ok, "database", text, "")];
    if !found.has_page_checksums {
        let text = "the server keeps no checksums of its pages";
        report.push(finding(Level::Warn, "database", text, "pg_checksums --enable, with the server stopped"));
    }
    if !found.has_synchronous_standby {
        let text = "no synchronous standby: losing this server loses what it confirmed; this is not highly available";
        report.push(finding(Level::Warn, "database", text, "set synchronous_standby_names; see how-to/postgresql.md"));
    }
    report
}

fn engine(status: &Value) -> Vec<Finding> {
    let engine = &status["engine"];
    let pid = status["process"]["pid"].as_u64().unwrap_or(0);
    let mut report = vec![finding(Level::Ok, "engine", format!("running, pid {pid}"), "")];
    let store = engine["store"].as_str().unwrap_or("");
    if store != "ok" {
        report.push(finding(
            Level::Fail,
            "store",
            format!("state {store}"),
            "sinew explain E5002 and E5003 say what it means",
        ));
    }
    let lost = engine["lost"].as_i64().unwrap_or(0);
    report.push(if lost == 0 {
        finding(Level::Ok, "conserved", crate::commands::status::conservation(&engine["counts"], 0), "")
    } else {
        finding(
            Level::Fail,
            "conserved",
            format!("{lost} messages are unaccounted for"),
            "this is a bug: keep the data directory and report it",
        )
    });
    for row in engine["interfaces"].as_array().into_iter().flatten() {
        let (name, state) = (row["name"].as_str().unwrap_or(""), row["state"].as_str().unwrap_or(""));
        let why = row["why"].as_str().unwrap_or("");
        match state {
            "ok" => {}
            "failing" => report.push(finding(
                Level::Fail,
                "interface",
                format!("{name}: {why}"),
                "sinew queues shows what waits",
            )),
            _ => report.push(finding(Level::Warn, "interface", format!("{name} is {state}: {why}"), "")),
        }
    }
    report
}

/// Ports that the interfaces want and somebody else has.
fn ports(workspace: &Workspace) -> Vec<Finding> {
    let mut report = Vec::new();
    for definition in
        workspace.definitions.iter().filter(|definition| matches!(definition.receive.connector, "mllp" | "http"))
    {
        let address = definition.receive.settings.address.split('/').next().unwrap_or("");
        let address = if address.contains(':') { address.to_owned() } else { format!("127.0.0.1:{address}") };
        match TcpListener::bind(&address) {
            Ok(_) => report.push(finding(Level::Ok, "port", format!("{address} is free for {}", definition.name), "")),
            Err(error) => report.push(finding(
                Level::Fail,
                "port",
                format!("{address} for {}: {error}", definition.name),
                "stop what uses it (ss -ltnp shows it), or change the address",
            )),
        }
    }
    report
}

/// Damaged places that are named; their number is told besides.
const PLACES_MAX: usize = 20;

/// Reads the whole store: through the running engine, or by opening it.
fn verify(workspace: &Workspace, data: &Path, is_running: bool) -> Result<Vec<Finding>> {
    let mut report = Vec::new();
    let damaged = if is_running {
        let answer = block_on(async { Client::new(data).post("/api/v1/verify", &json!({})).await })?;
        let number = |value: &Value| value.as_u64().unwrap_or(0);
        answer.ok().and_then(|answer| {
            let rows = answer["damaged"].as_array()?.iter();
            Some(rows.map(|row| Quarantined { lsn: number(&row["lsn"]), length: number(&row["bytes"]) }).collect())
        })
    } else {
        let options = place::store_options(workspace)?;
        let (store, recovered) = Store::open(data, &options).map_err(|error| store_failure(&error))?;
        let mut damaged = store.verify().map_err(|error| store_failure(&error))?;
        let _ = block_on(async { store.close().await })?;
        // What opening has set right since: a file of the log that was too short.
        let is_known = |place: &Quarantined| !damaged.iter().any(|known| known.lsn == place.lsn);
        let healed: Vec<Quarantined> = recovered.report.quarantined.into_iter().filter(is_known).collect();
        damaged.extend(healed);
        report.extend(recovered.report.torn.iter().map(torn));
        Some(damaged)
    };
    report.push(match damaged {
        Some(places) if places.is_empty() => finding(Level::Ok, "records", "every record matches its checksum", ""),
        Some(places) => finding(
            Level::Fail,
            "records",
            format!("{}: {}", count(places.len() as u64, "damaged place"), list(&places)),
            "their neighbours are served; restore them from a backup",
        ),
        None => finding(Level::Fail, "records", "the check did not end", "try again with the engine stopped"),
    });
    Ok(report)
}

/// The number of a place is that of the message, where it was one.
fn list(places: &[Quarantined]) -> String {
    let name = |place: &Quarantined| format!("{} ({} bytes)", place.lsn, place.length);
    let mut names: Vec<String> = places.iter().take(PLACES_MAX).map(name).collect();
    if places.len() > PLACES_MAX {
        names.push("…".to_owned());
    }
    names.join(", ")
}

/// The end of the log tells an unfinished write from damage to the last record only together with what happened to the
/// machine; so a person has to look.
fn torn(place: &Quarantined) -> Finding {
    finding(
        Level::Fail,
        "records",
        format!("{} bytes at {} were no whole record and were cut from the end", place.length, place.lsn),
        "after a crash of the machine this is a write of which no sender was told; without one, the last message was \
         damaged: let the senders of that time send again",
    )
}
