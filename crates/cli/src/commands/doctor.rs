//! `sinew doctor`: what is well, what is not, and what to do.

mod kept;
mod machine;
mod modes;
mod records;
mod transport;

use crate::{
    commands::run::with_dir,
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
use std::{net::TcpListener, path::PathBuf};

/// Look over the workspace, the disk, the ports, the store and the running engine
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew doctor
  sinew doctor --verify        also read every stored record and check it
  sinew doctor --json          one object, each finding with its code

--verify reads the whole store, beside the messages where the engine runs: checksums, the counts counted anew, the history
of every message, order for each key, the answers that were given, patient data in reasons, what recovery would make of
it, the audit chain. It changes nothing, takes about half a minute for a million messages, and not much memory.

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
    /// With its page, where there is one.
    code: Option<String>,
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
    Finding { level, what, code: None, text: text.into(), remedy: remedy.into() }
}

fn as_json(found: &Finding) -> Value {
    json!({"level": found.level.word().0.to_lowercase(), "what": found.what, "code": found.code,
        "text": found.text, "remedy": found.remedy})
}

/// What is found about what lies on disk: the key, and who may open the folder.
pub fn at_rest(workspace: &Workspace) -> Vec<Value> {
    let data = place::store_folder(workspace);
    modes::key(workspace, &data).into_iter().chain(modes::folder(&data)).map(|found| as_json(&found)).collect()
}

/// What is found about backups and drills.
pub fn backups(workspace: &Workspace) -> Vec<Value> {
    kept::backups(workspace).iter().map(as_json).collect()
}

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
        report.extend(machine::disk(&data));
        report.extend(modes::key(&workspace, &data));
        report.extend(modes::folder(&data));
        report.extend(database(&workspace));
        report.extend(kept::backups(&workspace));
        report.extend(transport::look(&workspace));
        let status = block_on(async { Client::new(&data).get("/api/v1/status").await })?;
        let pid = status.as_ref().ok().and_then(|status| status["process"]["pid"].as_u64());
        report.extend(machine::settings(&data, pid));
        match &status {
            Ok(status) => report.extend(engine(status)),
            Err(Error::NotRunning(_)) => {
                report.push(finding(Level::Ok, "engine", "not running", ""));
                report.extend(ports(&workspace));
            }
            Err(Error::Refused { reason, .. }) => report.push(finding(Level::Fail, "engine", reason.to_string(), "")),
        }
        if self.verify {
            report.extend(records::examine(screen, &workspace, &data, status.is_ok())?);
        }
        self.show(screen, &report);
        Ok(if report.iter().any(|finding| finding.level == Level::Fail) { Exit::Problems } else { Exit::Ok })
    }

    fn show(&self, screen: &Screen, report: &[Finding]) {
        if self.json {
            let rows: Vec<Value> = report.iter().map(as_json).collect();
            screen.line(json!({"schema": "sinew.doctor/1", "findings": rows}).to_string());
            return;
        }
        for found in report {
            let (word, style) = found.level.word();
            let remedy =
                if found.remedy.is_empty() { String::new() } else { format!("\n                  {}", found.remedy) };
            let code = found.code.as_ref().map_or_else(String::new, |code| format!("{code}  "));
            screen.line(format!(
                "{}  {:<10} {code}{}{remedy}",
                screen.paint(style, &format!("{word:<4}")),
                found.what,
                found.text
            ));
        }
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

/// What the engine's process gave up at its start.
fn confined(told: &Value) -> Finding {
    let missing = [("programs", "starting programs (Landlock)"), ("calls", "calls of the kernel (seccomp)")];
    let missing: Vec<&str> = missing.iter().filter(|(part, _)| told[*part] != "fully").map(|(_, name)| *name).collect();
    match missing.is_empty() {
        true => finding(Level::Ok, "confined", "starts no program and takes no needless call of the kernel", ""),
        false => finding(
            Level::Warn,
            "confined",
            format!("the kernel does not take from the engine: {}", missing.join(", ")),
            "start it by `sinew run` on Linux 5.19 or later, with both switched on; deploy/sinew.service closes what it can",
        ),
    }
}

fn engine(status: &Value) -> Vec<Finding> {
    let engine = &status["engine"];
    let pid = status["process"]["pid"].as_u64().unwrap_or(0);
    let mut report = vec![finding(Level::Ok, "engine", format!("running, pid {pid}"), "")];
    report.push(confined(&status["process"]["confined"]));
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
