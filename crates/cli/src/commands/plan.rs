//! `sinew plan` and `apply`: what a change of the workspace does before it does it, and putting it into force.

use crate::{
    commands::steer::needs,
    ledger::Ledger,
    outcome::{Exit, Failure, Result},
    reach::Reach,
    screen::{Screen, plain},
    table::count,
};
use clap::Args;
use serde_json::{Value, json};
use server::client::encode;

/// Show what the files of the workspace would change, in the running engine and in what it does with messages
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew plan
  sinew plan --json | jq '.interfaces[].behaviour.differ'

Stored messages of each interface that changes are run through both versions, newest first: up to 2,000
or 5 s of them. Nothing is sent, stored or asked outside. What differs is told by its path, never by its
value. The environment in which the engine runs is said first; --env NAME refuses when it is another one.
Exit: 0, 1 the workspace has errors, 3 no engine runs here, 5 the engine runs in another environment.")]
pub struct Plan {
    #[command(flatten)]
    reach: Reach,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Put the files of the workspace into force, and record who did it and why
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew apply                                                    the plan, and nothing is done
  sinew apply --yes --reason \"lab sends units\" --ticket LAB-71
  sinew apply --yes --change 3f9a01c2d4e5 --reason \"approved\"    where a second person is asked for

Where the workspace is in git, its files are committed with reason and ticket; the engine keeps each version
besides. `sinew rollback` goes back to the version before. Where four eyes are asked for, the first call proposes the change, somebody
else approves it, and --change applies it.
Exit: 0, 1 the workspace has errors, 3 no engine runs here, 5 --yes or --reason is missing, or the engine
runs in another environment than --env names.")]
pub struct Apply {
    /// Do it
    #[arg(long)]
    yes: bool,
    /// Why: kept in the audit chain and in the commit
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// The ticket it belongs to
    #[arg(long, value_name = "ID", default_value = "")]
    ticket: String,
    /// The change that was proposed and approved
    #[arg(long, value_name = "ID")]
    change: Option<String>,
    #[command(flatten)]
    reach: Reach,
}

impl Plan {
    pub fn run(self, screen: &Screen) -> Result {
        let plan = planned(&self.reach)?;
        if self.json {
            screen.line(plan.to_string());
        } else {
            show(screen, &plan);
        }
        Ok(if has_errors(&plan) { Exit::Problems } else { Exit::Ok })
    }
}

impl Apply {
    pub fn run(self, screen: &Screen) -> Result {
        let folder = self.reach.place().folder()?;
        let plan = planned(&self.reach)?;
        show(screen, &plan);
        if has_errors(&plan) {
            return Ok(Exit::Problems);
        }
        needs(&self.reason, self.yes)?;
        let title = match rows(&plan).len() {
            0 => "apply: no interface changes".to_owned(),
            1 => format!("apply: {}", text(&rows(&plan)[0], "interface")),
            many => format!("apply: {} and {}", text(&rows(&plan)[0], "interface"), count(many as u64 - 1, "other")),
        };
        let why = json!({"reason": self.reason, "ticket": self.ticket});
        let applied = match &self.change {
            Some(id) => self.reach.post(&format!("/api/v1/changes/{}/apply", encode(id)), &why)?,
            None if self.reach.get("/api/v1/changes")?["four_eyes"] == true => {
                let body = json!({"title": title, "reason": self.reason});
                let made = self.reach.post("/api/v1/changes", &body)?;
                let id = text(&made["change"], "id").to_owned();
                screen.say(format!("proposed as {id}: somebody else approves it, then sinew apply --change {id}"));
                return Ok(Exit::Ok);
            }
            None => self.reach.post("/api/v1/reload", &why)?,
        };
        if has_errors(&applied) {
            screen.say("interfaces with errors go on as they were; nothing was recorded");
            return Ok(Exit::Problems);
        }
        let trailers = [("Reason", &*self.reason), ("Ticket", &*self.ticket)];
        record(screen, &folder, &title, &trailers, text(&plan, "fingerprint"))?;
        Ok(Exit::Ok)
    }
}

/// The plan of the running engine. Who names an environment means that one and no other.
pub(super) fn planned(reach: &Reach) -> Result<Value> {
    let plan = reach.get("/api/v1/plan")?;
    let (runs, meant) = (text(&plan, "environment"), reach.place().env.as_deref());
    match meant.filter(|meant| *meant != runs) {
        None => Ok(plan),
        Some(meant) => {
            let what = format!("the engine of this workspace runs in the environment `{runs}`, not in `{meant}`");
            let hint = "leave --env out, or name the workspace of the engine that is meant with --workspace DIR";
            Err(Failure::new(Exit::Refused, what).code(server::codes::E7434).hint(hint))
        }
    }
}

/// Commits what is in force where the workspace is in git.
pub(super) fn record(
    screen: &Screen,
    folder: &std::path::Path,
    title: &str,
    trailers: &[(&str, &str)],
    fingerprint: &str,
) -> Result<()> {
    match Ledger::of(folder) {
        None => screen
            .say("in force; the workspace is in no git repository: the engine keeps this version for sinew rollback"),
        Some(ledger) => match ledger.record(title, trailers, fingerprint)? {
            Some(commit) => screen.say(format!("in force, recorded as {}", &commit[..commit.len().min(12)])),
            None => screen.say("in force; the files are those of the last commit"),
        },
    }
    Ok(())
}

fn rows(plan: &Value) -> Vec<Value> {
    plan["interfaces"].as_array().cloned().unwrap_or_default()
}

pub(super) fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

pub(super) fn has_errors(value: &Value) -> bool {
    value["findings"].as_array().into_iter().flatten().any(|finding| text(finding, "severity") == "error")
}

fn show(screen: &Screen, plan: &Value) {
    let findings = plan["findings"].as_array().map_or(0, Vec::len);
    if findings > 0 {
        screen.say(format!("{}: sinew check shows them", count(findings as u64, "finding")));
    }
    let rows = rows(plan);
    screen.say(format!("environment {}", plain(text(plan, "environment"))));
    if rows.is_empty() {
        screen.line("no interface changes");
    }
    for row in &rows {
        screen.line(format!("{:<20} {}", text(row, "interface"), text(row, "change")));
        let of = &row["behaviour"];
        let number = |key: &str| of[key].as_u64().unwrap_or(0);
        if of.is_null() {
            continue;
        }
        if number("messages") == 0 {
            screen.line("  no stored message to compare");
            continue;
        }
        let cut = if of["is_cut"] == true { ", the newest" } else { "" };
        screen.line(format!(
            "  over {}{cut}: {} same, {} differ",
            count(number("messages"), "stored message"),
            number("same"),
            number("differ")
        ));
        for change in of["changes"].as_array().into_iter().flatten() {
            screen.line(format!(
                "    {:>6}  {:<14} {} {}  (message {})",
                change["messages"],
                plain(text(change, "destination")),
                plain(text(change, "path")),
                text(change, "how"),
                change["example"]
            ));
        }
    }
}
