//! `sinew compliance`: what this system is like now, for those who audit it.
//!
//! Promises: only what was looked at just now; what needs a running engine and has none is said to be unknown.
//! Never: a patient, a secret, or a verdict: whether it is enough, people decide.

use crate::{
    commands::{doctor, key::master},
    host::api_settings,
    outcome::{Exit, Result},
    place::{self, Place},
    run::block_on,
    screen::Screen,
    table::{Table, count},
};
use clap::{Args, Subcommand};
use interface::{
    catalogue::{Settings, Value as Setting},
    definition::Definition,
    workspace::Workspace,
};
use message::{Clock as _, Timestamp, clock};
use serde_json::{Value, json};
use server::{certificates, client::Client, risks};

/// Say what this system is like now: encryption, people, certificates, audit, backups, what flows where
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew compliance report
  sinew compliance report --json > evidence.json

What it means for HIPAA, GDPR and ASVS stands in docs/compliance.
Exit: 0, 3 there is no workspace.")]
pub struct Compliance {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// The report
    #[command(after_help = "Examples:\n  sinew compliance report\n  sinew compliance report --json")]
    Report(Report),
}

#[derive(Args, Debug)]
struct Report {
    #[command(flatten)]
    place: Place,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl Compliance {
    pub fn run(self, screen: &Screen) -> Result {
        let Action::Report(report) = self.action;
        report.run(screen)
    }
}

impl Report {
    fn run(&self, screen: &Screen) -> Result {
        let (workspace, _) = self.place.load()?;
        let now = clock::System.now();
        let client = Client::new(&place::store_folder(&workspace));
        let (users, audit, status, key) = block_on(async {
            let users = client.get("/api/v1/users").await.ok();
            let audit = client.post("/api/v1/audit/verify", &json!({})).await.ok();
            let key = client.get(master::PATH).await.ok();
            (users, audit, client.get("/api/v1/status").await.ok(), key)
        })?;
        let key = key.map(|key| json!({"id": key["id"], "since": key["since"], "unfinished": key["unfinished"]}));
        let api = api_settings(&workspace.server.api, &workspace.folder);
        let used = certificates::used(&workspace.definitions, &workspace.folder, api.certificate.as_ref());
        let certificate = |one: &certificates::Used| {
            json!({"by": one.by, "role": one.role, "place": one.place, "notice": one.notice(now),
                "until": one.certificate.as_ref().map(|found| found.not_after.to_rfc3339())})
        };
        let report = json!({
            "schema": "sinew.compliance/1",
            "at": now.to_rfc3339(),
            "version": env!("CARGO_PKG_VERSION"),
            "workspace": &*workspace.server.name,
            "at_rest": doctor::at_rest(&workspace),
            "master_key": key,
            "in_the_open": risks::in_the_open(&workspace.definitions, &api),
            "certificates": used.iter().map(certificate).collect::<Vec<_>>(),
            "second_factor": if api.is_factor_for_administrators_only { "administrators" } else { "all" },
            "single_sign_on": &*workspace.server.sso.issuer,
            "four_eyes": api.has_four_eyes,
            "people": users.as_ref().map(people),
            "audit": audit,
            "confined": status.map(|status| status["process"]["confined"].clone()),
            "backups": doctor::backups(&workspace),
            "flows": workspace.definitions.iter().map(|definition| flow(definition)).collect::<Vec<_>>(),
        });
        if self.json {
            screen.line(report.to_string());
        } else {
            show(screen, &workspace, &report);
        }
        Ok(Exit::Ok)
    }
}

/// Who may sign in, and with what.
fn people(users: &Value) -> Value {
    let all: Vec<&Value> = users["users"].as_array().into_iter().flatten().collect();
    let is_person = |user: &&&Value| user["is_service"] == false && user["is_disabled"] == false;
    let has_factor = |user: &&&Value| user["factors"].as_array().is_some_and(|factors| !factors.is_empty());
    let persons = all.iter().filter(is_person).count();
    let covered = all.iter().filter(is_person).filter(has_factor).count();
    let row = |user: &&Value| {
        let roles: Vec<&Value> = user["grants"].as_array().into_iter().flatten().map(|grant| &grant["role"]).collect();
        json!({"name": user["name"], "is_service": user["is_service"], "is_disabled": user["is_disabled"], "roles": roles,
            "factors": user["factors"], "last_sign_in": user["last_sign_in"].as_i64().map(|at| Timestamp(at).to_rfc3339())})
    };
    json!({"persons": persons, "with_second_factor": covered, "users": all.iter().map(row).collect::<Vec<_>>()})
}

/// Whether bytes are encrypted at one end of an interface; none where the settings do not say.
fn is_sealed(settings: &Settings, is_source: bool) -> Option<bool> {
    if settings.address.starts_with("https://") {
        return Some(true);
    }
    if settings.address.starts_with("http://") {
        return Some(false);
    }
    match settings.values.get("tls") {
        Some(Setting::Flag(is_on)) => Some(*is_on),
        _ if is_source && settings.values.contains_key("plaintext") => Some(!settings.text("cert").is_empty()),
        _ => None,
    }
}

/// Where messages come from and go to.
fn flow(definition: &Definition) -> Value {
    let end = |name: &str, connector: &str, settings: &Settings, is_source: bool| {
        // Where a path or a query follows, it may name somebody.
        let address = settings.address.split(['?', ' ']).next().unwrap_or_default();
        json!({"name": name, "connector": connector, "address": address, "is_encrypted": is_sealed(settings, is_source)})
    };
    let sends = definition.destinations.iter().map(|to| end(&to.name, to.connector, &to.settings, false));
    json!({
        "interface": &*definition.name,
        "owner": &*definition.owner.team,
        "receive": end("receive", definition.receive.connector, &definition.receive.settings, true),
        "send": sends.collect::<Vec<_>>(),
    })
}

fn show(screen: &Screen, workspace: &Workspace, report: &Value) {
    let text = told;
    let rows = |name: &str| report[name].as_array().cloned().unwrap_or_default();
    screen.line(format!(
        "Sinew {} in {}, {}",
        text(&report["version"]),
        workspace.folder.display(),
        text(&report["at"])
    ));
    let part = |title: &str| screen.line(format!("\n{}", screen.paint("1", title)));
    part("At rest, and backups");
    for finding in rows("at_rest").iter().chain(&rows("backups")) {
        screen.line(format!(
            "  {:<5} {:<8} {}",
            text(&finding["level"]),
            text(&finding["what"]),
            text(&finding["text"])
        ));
    }
    let since = report["master_key"]["since"].as_str().and_then(|since| since.get(..10));
    screen.line(match since {
        Some(since) => format!("  the master key {} is in use since {since}", text(&report["master_key"]["id"])),
        None => "  since when the master key is in use: unknown, no engine runs here".to_owned(),
    });
    part("In the open");
    for risk in rows("in_the_open") {
        screen.line(format!("  {}: {}", text(&risk["place"]), text(&risk["text"])));
    }
    if rows("in_the_open").is_empty() {
        screen.line("  nothing that leads beyond this machine");
    }
    part("Certificates");
    for one in rows("certificates") {
        let until = one["until"].as_str().and_then(|until| until.get(..10)).unwrap_or("cannot be read");
        screen.line(format!("  {} `{}`, until {until}, {}", text(&one["by"]), text(&one["role"]), text(&one["place"])));
    }
    part("People");
    show_people(screen, report);
    part("Audit chain");
    screen.line(match (&report["audit"]["is_whole"], report["audit"]["records"].as_u64()) {
        (Value::Bool(true), Some(records)) => format!("  whole: {}, nothing was changed", count(records, "record")),
        (Value::Bool(false), _) => {
            format!("  DAMAGED at record {}: {}", report["audit"]["record"], text(&report["audit"]["what"]))
        }
        _ => "  unknown: no engine runs here".to_owned(),
    });
    part("Process");
    screen.line(match &report["confined"] {
        Value::Null => "  unknown: no engine runs here".to_owned(),
        told => format!(
            "  given up at the start: programs and devices (Landlock) {}; calls of the kernel (seccomp) {}",
            text(&told["programs"]),
            text(&told["calls"])
        ),
    });
    part("What flows where");
    show_flows(screen, &rows("flows"));
}

fn told(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn show_people(screen: &Screen, report: &Value) {
    match report["people"].as_object() {
        None => screen.line("  unknown: no engine runs here"),
        Some(people) => {
            let number = |name: &str| people[name].as_u64().unwrap_or(0);
            let (persons, covered) = (count(number("persons"), "person"), number("with_second_factor"));
            screen.line(format!(
                "  {persons}, {covered} of them with a second factor; it is asked of: {}",
                told(&report["second_factor"])
            ));
            for user in people["users"].as_array().into_iter().flatten() {
                let last = user["last_sign_in"].as_str().and_then(|at| at.get(..10)).unwrap_or("never");
                let words: Vec<String> = user["roles"].as_array().into_iter().flatten().map(told).collect();
                screen.line(format!("  {:<20} last {last:<10}  {}", told(&user["name"]), words.join(", ")));
            }
        }
    }
}

fn show_flows(screen: &Screen, flows: &[Value]) {
    let mut table = Table::new(&["INTERFACE", "END", "BY", "ADDRESS", "ENCRYPTED"]);
    for flow in flows {
        let ends = std::iter::once(&flow["receive"]).chain(flow["send"].as_array().into_iter().flatten());
        for end in ends {
            let sealed = match end["is_encrypted"].as_bool() {
                Some(true) => "yes",
                Some(false) => "no",
                None => "-",
            };
            let cell = |value: &Value| told(value).into();
            table.row(vec![
                cell(&flow["interface"]),
                cell(&end["name"]),
                cell(&end["connector"]),
                cell(&end["address"]),
                sealed.into(),
            ]);
        }
    }
    table.print(screen);
}
