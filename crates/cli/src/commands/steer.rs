//! `sinew pause | resume | release | retry | resend | replay`: acts on a running engine. Each asks for a reason.

use crate::{
    outcome::{Exit, Failure, Result},
    reach::Reach,
    screen::Screen,
    table,
};
use clap::Args;
use serde_json::{Value, json};

/// Stop the intake of an interface, or the deliveries of one destination
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew pause adt-main --reason \"hub maintenance\"            peers keep their messages
  sinew pause adt-main/pharmacy --reason \"pharmacy moves\"    messages wait here, in order

A pause survives a restart. Exit: 0, 1 no such interface, 3 no engine runs here, 5 a reason is missing.")]
pub struct Pause {
    #[command(flatten)]
    act: Act,
}

/// Undo a pause
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew resume adt-main/pharmacy --reason \"pharmacy is back\"
  sinew resume --all --reason \"restored, and the old engine is off\"

Everything that is paused: destinations first, then sources. Exit: 0, 1 something could not be resumed, 3 no engine runs
here, 5 a reason is missing.")]
pub struct Resume {
    /// INTERFACE or INTERFACE/DESTINATION
    #[arg(required_unless_present = "all")]
    place: Option<String>,
    /// Everything that is paused
    #[arg(long, conflicts_with = "place")]
    all: bool,
    /// Why: kept in the audit chain
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    #[command(flatten)]
    reach: Reach,
}

/// Send now what a destination holds or retries
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew release adt-main/pharmacy --reason \"allergy code corrected on their side\"
  sinew release adt-main/pharmacy --count 1 --reason \"does the first one pass?\"

Held keys go on, and a destination that is waited for is tried at once. Of a destination that is paused, --count lets the
next so many go, in their order, and the rest stays.")]
pub struct Release {
    /// Of a paused destination: let the next so many go
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    #[command(flatten)]
    act: Act,
}

/// Read the workspace again and apply what changed
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew reload

What did not change goes on without a pause; an interface with errors goes on as it was.
Exit: 0 applied, 1 something does not compile, 3 no engine runs here.")]
pub struct Reload {
    #[command(flatten)]
    reach: Reach,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What a steering act names.
#[derive(Args, Debug)]
struct Act {
    /// INTERFACE or INTERFACE/DESTINATION
    place: String,
    /// Why: kept in the audit chain
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    #[command(flatten)]
    reach: Reach,
}

/// Put parked deliveries of a message back into their queue
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew retry 10485760 --reason \"table completed\" --yes
  sinew retry 10485760/1 --reason \"…\" --yes         only delivery 1

A message that was parked before it had deliveries is run again with `sinew replay`.")]
pub struct Retry {
    #[command(flatten)]
    target: Target,
}

/// Send the stored output of delivered messages again, byte for byte
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew resend 10485760/0 --reason \"receiver lost a day\" --yes

The same bytes with the same control id go out again. To run the interface's steps again, use `sinew replay`.")]
pub struct Resend {
    #[command(flatten)]
    target: Target,
}

/// Remove a delivery that waits or is parked
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew delete 10485760/0 --reason \"test message\" --yes

The message stays in the store; it counts as deleted by the person who did it.")]
pub struct Delete {
    #[command(flatten)]
    target: Target,
}

/// What an act on deliveries names.
#[derive(Args, Debug)]
struct Target {
    /// MESSAGE or MESSAGE/NUMBER
    delivery: String,
    /// Do it
    #[arg(long)]
    yes: bool,
    /// Why: kept in the audit chain
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    #[command(flatten)]
    reach: Reach,
}

/// Run stored messages again through their interfaces
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew replay 'interface:rad-oru state:parked since:09:41'                    the plan, nothing is done
  sinew replay 10485760 --yes --reason \"map corrected\"                        one message by its id

Messages run from their raw bytes, oldest first, through the interface as it is now; they are marked as replays and are
not taken for duplicates. Query words: sinew messages --help.
Exit: 0 done, 1 some were refused, 5 this was only the plan: add --yes --reason.")]
pub struct Replay {
    /// Which messages
    #[arg(required = true)]
    query: Vec<String>,
    /// At most this many
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,
    /// Do it
    #[arg(long)]
    yes: bool,
    /// Why: kept in the audit chain
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    #[command(flatten)]
    reach: Reach,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Refuses what was not confirmed or has no reason.
pub fn needs(reason: &str, is_confirmed: bool) -> Result<()> {
    let missing = match (is_confirmed, reason.trim().is_empty()) {
        (true, false) => return Ok(()),
        (true, true) => "--reason \"why\"",
        (false, false) => "--yes",
        (false, true) => "--yes --reason \"why\"",
    };
    Err(Failure::new(Exit::Refused, format!("nothing was done: add {missing}")).code(server::codes::E7003))
}

impl Act {
    fn post(&self, screen: &Screen, path: &str, done: &str, count: Option<u64>) -> Result {
        needs(&self.reason, true)?;
        let (interface, destination) = match self.place.split_once('/') {
            Some((interface, destination)) => (interface, Some(destination)),
            None => (&*self.place, None),
        };
        let mut body = json!({"interface": interface, "destination": destination, "reason": self.reason});
        if let Some(count) = count {
            body["count"] = count.into();
        }
        let answer = self.reach.post(path, &body)?;
        let count = answer.get("released").and_then(Value::as_u64).map_or_else(String::new, |n| format!(", {n}"));
        screen.say(format!("{} {done}{count}", self.place));
        Ok(Exit::Ok)
    }
}

impl Pause {
    pub fn run(self, screen: &Screen) -> Result {
        self.act.post(screen, "/api/v1/interfaces/pause", "paused", None)
    }
}

impl Resume {
    pub fn run(self, screen: &Screen) -> Result {
        const PATH: &str = "/api/v1/interfaces/resume";
        let Resume { place, all, reason, reach } = self;
        needs(&reason, true)?;
        let places = match place {
            Some(place) if !all => vec![place],
            Some(_) | None => paused(&reach.get("/api/v1/status")?),
        };
        if places.is_empty() {
            screen.say("nothing is paused");
        }
        let mut last = Ok(Exit::Ok);
        for place in places {
            let act = Act { place, reason: reason.clone(), reach: reach.clone() };
            // One that cannot be resumed (its port is taken) does not keep the others.
            if let Err(failure) = act.post(screen, PATH, "resumed", None)
                && let Err(before) = std::mem::replace(&mut last, Err(failure))
            {
                screen.fail(&before);
            }
        }
        last
    }
}

/// What is paused: destinations, then the sources that would fill them.
fn paused(status: &Value) -> Vec<String> {
    let rows = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
    let name = |row: &Value| row["name"].as_str().unwrap_or_default().to_owned();
    let (mut destinations, mut sources) = (Vec::new(), Vec::new());
    for interface in rows(&status["engine"], "interfaces") {
        let waiting = rows(&interface, "destinations").into_iter().filter(|row| row["is_paused"] == true);
        destinations.extend(waiting.map(|row| format!("{}/{}", name(&interface), name(&row))));
        if interface["is_paused"] == true {
            sources.push(name(&interface));
        }
    }
    destinations.into_iter().chain(sources).collect()
}

impl Release {
    pub fn run(self, screen: &Screen) -> Result {
        self.act.post(screen, "/api/v1/interfaces/release", "released", self.count)
    }
}

impl Reload {
    pub fn run(self, screen: &Screen) -> Result {
        let answer = self.reach.post("/api/v1/reload", &json!({}))?;
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        let findings: Vec<&Value> = answer.get("findings").and_then(Value::as_array).into_iter().flatten().collect();
        let is_bad = findings.iter().any(|finding| text(finding, "severity") == "error");
        if self.json {
            screen.line(answer.to_string());
            return Ok(if is_bad { Exit::Problems } else { Exit::Ok });
        }
        if !findings.is_empty() {
            screen.say(text(&answer, "text").trim_end());
        }
        let names = |what: &str| {
            let names = answer.get("changes").and_then(|changes| changes.get(what)).and_then(Value::as_array);
            names.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
        };
        for what in ["started", "changed", "reopened", "stopped"] {
            if !names(what).is_empty() {
                screen.line(format!("{what}: {}", names(what).join(", ")));
            }
        }
        if is_bad {
            screen.say("interfaces with errors go on as they were; sinew check shows the places");
        }
        Ok(if is_bad { Exit::Problems } else { Exit::Ok })
    }
}

impl Target {
    fn post(&self, screen: &Screen, path: &str, done: &str) -> Result {
        let (message, number) = match self.delivery.split_once('/') {
            Some((message, number)) => (message, Some(number)),
            None => (&*self.delivery, None),
        };
        let usage = || Failure::usage(format!("`{}` is neither MESSAGE nor MESSAGE/NUMBER", self.delivery));
        let message: u64 = message.parse().map_err(|_| usage())?;
        let number: Option<u16> = number.map(str::parse).transpose().map_err(|_| usage())?;
        needs(&self.reason, self.yes)?;
        let answer = self.reach.post(path, &json!({"message": message, "number": number, "reason": self.reason}))?;
        let deliveries: Vec<&str> = answer
            .get("deliveries")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let what = if deliveries.is_empty() { format!("message {message}") } else { deliveries.join(", ") };
        screen.say(format!("{done}: {what}"));
        Ok(Exit::Ok)
    }
}

impl Retry {
    pub fn run(self, screen: &Screen) -> Result {
        self.target.post(screen, "/api/v1/deliveries/retry", "back in the queue")
    }
}

impl Resend {
    pub fn run(self, screen: &Screen) -> Result {
        self.target.post(screen, "/api/v1/deliveries/resend", "sent again")
    }
}

impl Delete {
    pub fn run(self, screen: &Screen) -> Result {
        self.target.post(screen, "/api/v1/deliveries/delete", "deleted")
    }
}

/// Why a replay was refused. A rejected one is stored, and found by its id.
fn refusal(refused: &Value) -> String {
    let text =
        |name: &str| refused.pointer(name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let [of, code, why] = ["/of", "/refused/code", "/refused/text"].map(|name| text(name).unwrap_or_default());
    match refused.get("message").and_then(Value::as_u64) {
        Some(id) => format!("  message {of}: {code} {why}; rejected again, and stored as message {id}"),
        None => format!("  message {of}: {code} {why}; not run, it is as it was"),
    }
}

impl Replay {
    pub fn run(self, screen: &Screen) -> Result {
        // A number alone is a message, as it stands in the lists; a patient's number is asked for with `patient:`.
        let query = match &*self.query.join(" ") {
            id if !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()) => format!("id:{id}"),
            query => query.to_owned(),
        };
        let plan = self.reach.post("/api/v1/replay", &json!({"query": query, "limit": self.limit}))?;
        let count = plan.get("messages").and_then(Value::as_u64).unwrap_or(0);
        if !self.yes || self.reason.trim().is_empty() || count == 0 {
            self.show_plan(screen, &plan, count);
            if count == 0 {
                return Ok(Exit::Problems);
            }
            return needs(&self.reason, self.yes).map(|()| Exit::Ok);
        }
        let body = json!({"query": query, "limit": self.limit, "is_confirmed": true, "reason": self.reason});
        let answer = self.reach.post("/api/v1/replay", &body)?;
        let count = |name: &str| answer.get(name).and_then(Value::as_array).map_or(0, Vec::len);
        if self.json {
            screen.line(answer.to_string());
        } else {
            screen.line(format!("{} replayed, {} refused", count("replayed"), count("refused")));
            for refused in answer.get("refused").and_then(Value::as_array).into_iter().flatten() {
                screen.line(refusal(refused));
            }
        }
        Ok(if count("refused") == 0 { Exit::Ok } else { Exit::Problems })
    }

    fn show_plan(&self, screen: &Screen, plan: &Value, count: u64) {
        if self.json {
            screen.line(plan.to_string());
            return;
        }
        let time = |name: &str| {
            plan.get(name)
                .and_then(Value::as_i64)
                .map_or_else(|| "-".to_owned(), |at| message::Timestamp(at).to_rfc3339())
        };
        if count == 0 {
            screen.say("no message found: nothing to replay");
            return;
        }
        let head = table::count(count, "message");
        screen.line(format!("{head}, oldest {}, newest {}", time("oldest"), time("newest")));
        if plan.get("is_limited").and_then(Value::as_bool).unwrap_or(false) {
            screen.line("  more may match: these are the newest; narrow the time, or raise --limit");
        }
        for (interface, n) in plan.get("interfaces").and_then(Value::as_object).into_iter().flatten() {
            screen.line(format!("  {n:>6}  through {interface} as it is now"));
        }
        let delivered = plan.get("already_delivered").and_then(Value::as_u64).unwrap_or(0);
        if delivered > 0 {
            screen.line(format!("  {delivered} of them were delivered before: their receivers will get them again"));
        }
        screen.line("Order per key is kept. Nothing has been done yet.");
    }
}
