//! `sinew audit`: whether the audit chain is whole, what stands in it, and taking it elsewhere.

use crate::{
    commands::backup::uid,
    host::store_failure,
    outcome::{Exit, Failure, Result},
    place::{self, Place},
    reach,
    run::block_on,
    screen::{Screen, plain},
    table::{Cell, Table, count},
};
use clap::{Args, Subcommand, ValueEnum};
use message::{Clock as _, Phi, clock};
use serde_json::{Value, json};
use server::{
    audit::{Asked, Record, atna, balp, csv},
    client::{Client, Error},
};
use store::{AuditEntry, Store};

/// Records of one page of an export.
const PAGE: usize = 1_000;

/// Look at the audit chain: who did, saw or was given what
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew audit verify                                   is every record as it was written
  sinew audit search --patient 482113                  who saw this patient, and who was given what
  sinew audit search --who ann --since 7d --json
  sinew audit export --format fhir > audit.ndjson      AuditEvent resources, one a line
  sinew audit export --format atna --after 4711        DICOM audit messages, one a line

Asks the running engine; where none runs, reads the store itself. Asking is recorded too.
Exit: 0, 1 the chain is broken or nothing was found, 3 there is no store here, 5 a reason is missing.")]
pub struct Audit {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Read every record and say whether the chain is as it was written
    #[command(after_help = "Examples:\n  sinew audit verify\n  sinew audit verify --json")]
    Verify(Verify),
    /// Find records by patient, user, act, object or time
    #[command(
        after_help = "Examples:\n  sinew audit search --patient 482113\n  sinew audit search --who ann --since 7d --json"
    )]
    Search(Search),
    /// Write records for another program
    #[command(
        after_help = "Examples:\n  sinew audit export --format fhir > audit.ndjson\n  sinew audit export --format atna --after 4711"
    )]
    Export(Export),
}

#[derive(Args, Debug)]
struct Verify {
    /// A head that was kept elsewhere: the record with this number must have this hash
    #[arg(long, value_name = "NUMBER:HASH", value_parser = head)]
    head: Option<(u64, String)>,
    #[command(flatten)]
    place: Place,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
struct Search {
    /// About the patient with this identifier: who saw it, and which destinations were given messages about it
    #[arg(long, value_name = "ID")]
    patient: Option<String>,
    /// By this user
    #[arg(long, value_name = "NAME")]
    who: Option<String>,
    /// This act: read, view, search, replay, delete, export …
    #[arg(long, value_name = "ACT")]
    act: Option<String>,
    /// On this object: an interface, a message id
    #[arg(long, value_name = "TEXT")]
    object: Option<String>,
    /// From when: 2h, 7d, 2026-03-01 (UTC)
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Until when
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// At most this many, newest first
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// Show what was searched for
    #[arg(long)]
    reveal: bool,
    /// Why: kept in the audit chain
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    #[command(flatten)]
    place: Place,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
struct Export {
    /// How the records are written
    #[arg(long, value_enum, default_value_t = Form::Jsonl)]
    format: Form,
    /// Only records after the one with this number
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    after: u64,
    /// At most this many, oldest first; 0 for all
    #[arg(short = 'n', long, value_name = "N", default_value_t = 0)]
    limit: usize,
    #[command(flatten)]
    place: Place,
}

/// What a record is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A JSON object a line
    Jsonl,
    /// A table for spreadsheets, in which no cell is a formula
    Csv,
    /// A DICOM audit message a line (IHE ATNA)
    Atna,
    /// A FHIR R4 AuditEvent a line (IHE BALP)
    Fhir,
}

fn head(text: &str) -> std::result::Result<(u64, String), String> {
    let found = text.split_once(':').and_then(|(number, hash)| Some((number.parse().ok()?, hash.to_lowercase())));
    found.filter(|(_, hash)| hash.len() == 64).ok_or_else(|| "write it as verify prints it: NUMBER:HASH".to_owned())
}

impl Audit {
    pub fn run(self, screen: &Screen) -> Result {
        match self.what {
            What::Verify(command) => command.run(screen),
            What::Search(command) => command.run(screen),
            What::Export(command) => command.run(screen),
        }
    }
}

/// Asks the engine, or where none runs the store.
struct Chain {
    client: Client,
    alone: Option<Store>,
}

impl Chain {
    fn open(place: &Place) -> Result<Chain> {
        let (workspace, _) = place.load()?;
        let data = place::store_folder(&workspace);
        let client = Client::new(&data);
        if !matches!(block_on(client.get("/api/v1/verify"))?, Err(Error::NotRunning(_))) {
            return Ok(Chain { client, alone: None });
        }
        let options = place::store_options(&workspace)?;
        if !data.join("store.id").exists() && matches!(options.engine, store::Engine::Embedded) {
            let what = format!("{} holds no store: there is no audit chain yet", data.display());
            return Err(Failure::unreachable(what));
        }
        let (store, _) = Store::open(&data, &options).map_err(|error| store_failure(&error))?;
        Ok(Chain { client, alone: Some(store) })
    }

    fn ask(
        &self,
        path: &str,
        body: &Value,
        alone: impl FnOnce(&Store) -> std::result::Result<Value, store::Error>,
    ) -> Result<Value> {
        match &self.alone {
            Some(store) => alone(store).map_err(|error| store_failure(&error)),
            None => block_on(self.client.post(path, body))?.map_err(reach::failure),
        }
    }

    fn find(&self, asked: &Asked) -> Result<Value> {
        self.ask("/api/v1/audit/search", &serde_json::to_value(asked).unwrap_or_default(), |store| {
            // Recorded as the engine would.
            if asked.after.is_none_or(|after| after == 0) {
                let entry = AuditEntry {
                    reason: asked.reason.clone(),
                    patients: asked.patient.iter().cloned().map(Phi::new).collect(),
                    ..local("audit-search")
                };
                store.audit().append(clock::System.now(), &entry)?;
            }
            server::audit::find(store, asked)
        })
    }

    fn close(self) -> Result<()> {
        match self.alone {
            Some(store) => block_on(store.close())?.map_err(|error| store_failure(&error)),
            None => Ok(()),
        }
    }
}

fn local(act: &str) -> AuditEntry {
    AuditEntry {
        who: format!("local uid {}", uid()),
        act: act.into(),
        object: "audit chain".into(),
        ..AuditEntry::default()
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or("")
}

fn number(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or(0)
}

impl Verify {
    fn run(self, screen: &Screen) -> Result {
        let chain = Chain::open(&self.place)?;
        let mut answer = chain.ask("/api/v1/audit/verify", &json!({}), |store| {
            let answer = server::audit::verified(store)?;
            store.audit().append(clock::System.now(), &local("audit-verify"))?;
            Ok(answer)
        })?;
        if let Some((number, hash)) = &self.head {
            let asked = Asked { before: Some(number.saturating_add(1)), limit: 1, ..Asked::default() };
            let found = chain.find(&asked)?;
            let record = &found["records"][0];
            if (record["number"].as_u64(), record["hash"].as_str()) != (Some(*number), Some(hash)) {
                answer["is_whole"] = false.into();
                answer["record"] = (*number).into();
                answer["what"] = "the head that was kept elsewhere is not in the chain".into();
            }
        }
        chain.close()?;
        let is_whole = answer["is_whole"] == true;
        if self.json {
            screen.line(answer.to_string());
        } else if is_whole {
            let records = count(number(&answer, "records"), "record");
            let (first, pieces) = (number(&answer, "first"), count(number(&answer, "pieces"), "piece"));
            let from = if first > 1 { format!(" from {first} on") } else { String::new() };
            let signed = count(number(&answer, "checkpoints"), "signed checkpoint");
            screen.line(format!("{} {records}{from} in {pieces}, {signed}: nothing was changed", screen.mark(true)));
        } else {
            let (at, what) = (number(&answer, "record"), text(&answer, "what"));
            screen.line(format!("{} record {at}: {what}", screen.mark(false)));
            screen.say("  what stands before that record is proven; `sinew explain E4089` says what to do");
        }
        if !self.json
            && let Some(hash) = answer["head"]["hash"].as_str()
        {
            screen.line(format!("  head {}:{hash}", answer["head"]["number"]));
        }
        Ok(if is_whole { Exit::Ok } else { Exit::Problems })
    }
}

impl Search {
    fn asked(&self) -> Result<Asked> {
        let words: Vec<String> = [("since", &self.since), ("until", &self.until)]
            .iter()
            .filter_map(|(name, value)| Some(format!("{name}:{}", value.as_deref()?)))
            .collect();
        let times = server::query::parse(&words.join(" "), clock::System.now());
        let times = times.map_err(|reason| Failure::usage(reason.text))?;
        Ok(Asked {
            who: self.who.clone(),
            act: self.act.clone(),
            object: self.object.clone(),
            patient: self.patient.clone(),
            since: times.since.map(|at| at.0),
            until: times.until.map(|at| at.0),
            limit: self.limit,
            is_revealed: self.reveal,
            reason: self.reason.clone(),
            ..Asked::default()
        })
    }

    fn run(self, screen: &Screen) -> Result {
        if self.reveal && self.reason.trim().is_empty() {
            let failure = Failure::new(Exit::Refused, "showing what was searched for needs --reason \"why\"");
            return Err(failure.code(server::codes::E7003));
        }
        let chain = Chain::open(&self.place)?;
        let answer = chain.find(&self.asked()?)?;
        chain.close()?;
        let list = |name: &str| answer[name].as_array().map(Vec::as_slice).unwrap_or_default();
        let (records, given) = (list("records"), list("disclosures"));
        if self.json {
            screen.line(answer.to_string());
        } else {
            show(screen, records);
            disclosed(screen, given);
        }
        if records.is_empty() && given.is_empty() {
            screen.say("no record found");
            return Ok(Exit::Problems);
        }
        Ok(Exit::Ok)
    }
}

fn show(screen: &Screen, records: &[Value]) {
    let mut table = Table::new(&[">RECORD", "WHEN (UTC)", "WHO", "ACT", "OBJECT", "WHY"]);
    for record in records {
        let why = match (text(record, "reason"), record.get("terms").and_then(Value::as_str)) {
            (reason, None) => reason.to_owned(),
            ("", Some(terms)) => terms.to_owned(),
            (reason, Some(terms)) => format!("{reason} ({terms})"),
        };
        let act = if record["is_refused"] == true { "refused: " } else { "" }.to_owned() + text(record, "act");
        // A name or a reason is what somebody typed: it must not steer the terminal.
        table.row(vec![
            number(record, "number").to_string().into(),
            text(record, "at").into(),
            plain(text(record, "who")).into(),
            plain(&act).into(),
            plain(text(record, "object")).into(),
            plain(&why).into(),
        ]);
    }
    if !table.is_empty() {
        table.print(screen);
    }
}

fn disclosed(screen: &Screen, given: &[Value]) {
    if given.is_empty() {
        return;
    }
    screen.line("");
    screen.line("Given to destinations:");
    let mut table = Table::new(&[">MESSAGE", "WHEN (UTC)", "TYPE", "INTERFACE", "DESTINATION"]);
    for one in given {
        table.row(vec![
            number(one, "message").to_string().into(),
            text(one, "at").into(),
            text(one, "type").into(),
            text(one, "interface").into(),
            Cell::from(text(one, "destination")),
        ]);
    }
    table.print(screen);
}

impl Export {
    fn run(self, screen: &Screen) -> Result {
        let (workspace, _) = self.place.load()?;
        let site = workspace.server.name.to_string();
        let chain = Chain::open(&self.place)?;
        if self.format == Form::Csv {
            screen.line(csv::HEAD);
        }
        let (mut after, mut written) = (self.after, 0);
        loop {
            let rest = if self.limit == 0 { PAGE } else { PAGE.min(self.limit - written) };
            if rest == 0 {
                break;
            }
            let answer = chain.find(&Asked { after: Some(after), limit: rest, ..Asked::default() })?;
            let records: Vec<Record> = serde_json::from_value(answer["records"].clone()).unwrap_or_default();
            let Some(last) = records.last() else { break };
            after = last.number;
            written += records.len();
            records.iter().for_each(|record| screen.line(self.line(record, &site)));
        }
        chain.close()?;
        screen.say(format!("{}; continue with --after {after}", count(written as u64, "record")));
        Ok(Exit::Ok)
    }

    fn line(&self, record: &Record, site: &str) -> String {
        match self.format {
            Form::Jsonl => serde_json::to_string(record).unwrap_or_default(),
            Form::Csv => csv::line(record),
            Form::Atna => atna::message(record, site),
            Form::Fhir => balp::resource(record, site).to_string(),
        }
    }
}
