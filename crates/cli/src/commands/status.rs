//! `sinew status`, `sinew queues` and `sinew top`: how the engine fares.

use crate::{
    journey::colour,
    outcome::{Exit, Result},
    reach::Reach,
    screen::Screen,
    table::{Cell, Table, age},
};
use clap::Args;
use serde_json::Value;
use std::time::Duration;

/// Show how the engine and its interfaces fare
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew status
  sinew status --json | jq .engine.counts

Exit: 0 all is well, 1 something needs attention, 3 no engine runs here.")]
pub struct Status {
    #[command(flatten)]
    reach: Reach,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Show what waits for which destination, and why
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew queues
  sinew queues --all

Exit: 0 nothing waits, 1 something waits, 3 no engine runs here.")]
pub struct Queues {
    /// Also destinations where nothing waits
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    reach: Reach,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Watch the engine: rates, queues and troubles, refreshed each second
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew top
  sinew top --every 5s
  sinew top --count 1          one look, for a file or a mail

Ctrl-C ends. Exit: 0, 3 no engine runs here.")]
pub struct Top {
    /// Refresh after this long
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = crate::values::duration)]
    every: Duration,
    /// End after this many looks
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    #[command(flatten)]
    reach: Reach,
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or("")
}

fn number(value: &Value, name: &str) -> i64 {
    value.get(name).and_then(Value::as_i64).unwrap_or(0)
}

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// The interfaces as a table, the worst first. `before` gives the counters of the last look, for rates.
pub fn interfaces(engine: &Value, before: Option<(&Value, f64)>) -> Table {
    let mut table = Table::new(&[
        "INTERFACE",
        "STATE",
        ">MSG/S",
        ">ACCEPTED",
        ">REFUSED",
        ">QUEUE",
        ">OLDEST",
        ">PARKED",
        ">LAST IN",
        "WHY",
    ]);
    let now = number(engine, "at");
    let mut rows: Vec<&Value> = list(engine, "interfaces").collect();
    let badness =
        |state: &str| ["ok", "paused", "retired", "silent", "held", "failing"].iter().position(|s| *s == state);
    rows.sort_by_key(|row| std::cmp::Reverse(badness(text(row, "state"))));
    for row in rows {
        let queued: i64 = list(row, "destinations").map(|destination| number(destination, "queued")).sum();
        let oldest = list(row, "destinations").filter_map(|destination| destination.get("oldest")?.as_i64()).min();
        let rate = before.and_then(|(before, seconds)| {
            let old = list(before, "interfaces").find(|old| text(old, "name") == text(row, "name"))?;
            Some((number(row, "accepted") - number(old, "accepted")) as f64 / seconds)
        });
        let since = |at: Option<i64>| at.map_or_else(|| "-".to_owned(), |at| age(now - at));
        table.row(vec![
            text(row, "name").into(),
            Cell(text(row, "state").to_owned(), colour(text(row, "state"))),
            rate.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.1}")).into(),
            number(&row["counts"], "accepted").to_string().into(),
            (number(row, "refused") + number(row, "rejected")).to_string().into(),
            queued.to_string().into(),
            since(oldest).into(),
            number(&row["counts"], "parked").to_string().into(),
            since(row.get("last_received").and_then(Value::as_i64)).into(),
            why(row, now).into(),
        ]);
    }
    table
}

/// How long the last trouble of an interface that is well is shown.
const TROUBLE_SHOWN_MICROS: i64 = 3_600_000_000;

/// Why its state is not ok; of one that is ok, what went wrong within the last hour.
fn why(row: &Value, now: i64) -> String {
    let trouble = &row["last_trouble"];
    let since = now - number(trouble, "at");
    match text(row, "why") {
        "" if trouble.is_object() && since < TROUBLE_SHOWN_MICROS => {
            let reason = &trouble["reason"];
            format!("{} ago: {} {}", age(since), text(reason, "code"), text(reason, "text"))
        }
        why => why.to_owned(),
    }
}

/// The equation of promise R5 in one line.
pub fn conservation(counts: &Value, lost: i64) -> String {
    let of = |name: &str| number(counts, name);
    format!(
        "accepted {} = delivered {} + filtered {} + parked {} + expired {} + deleted {} + in flight {}, lost {lost}",
        of("accepted"),
        of("delivered"),
        of("filtered"),
        of("parked"),
        of("expired"),
        of("deleted"),
        of("in_flight")
    )
}

fn head(screen: &Screen, answer: &Value) -> Vec<String> {
    let engine = &answer["engine"];
    let lost = number(engine, "lost");
    let store = text(engine, "store");
    let mut lines = vec![format!(
        "{} {}  up {}  store {}",
        screen.paint("1", "sinew"),
        text(&answer["process"], "version"),
        age(number(engine, "uptime_s") * 1_000_000),
        screen.paint(colour(store), store)
    )];
    let equation = conservation(&engine["counts"], lost);
    lines.push(if lost == 0 { equation } else { screen.paint("1;31", &equation) });
    let orphans = number(engine, "orphans");
    if orphans > 0 {
        lines.push(
            screen.paint(
                "33",
                &format!("{orphans} deliveries wait for a destination that is not in the workspace (E5012)"),
            ),
        );
    }
    lines.extend(connections(engine).map(|line| screen.paint("33", &line)));
    lines
}

/// Said where peers have nearly all connections that there may be, or where there may be few.
fn connections(engine: &Value) -> Option<String> {
    let of = &engine["connections"];
    let (open, max) = (number(of, "open"), of.get("max")?.as_i64()?);
    let is_crowded = open * 10 >= max * 9;
    let is_few = usize::try_from(max).is_ok_and(|max| max < crate::handles::FEW);
    (is_crowded || is_few)
        .then(|| format!("peers have {open} of {max} connections that this process can spare (E6020)"))
}

/// The alerts on quality that are open, a line each.
pub fn alerts(screen: &Screen, engine: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for row in list(engine, "interfaces") {
        for alert in list(&row["quality"], "alerts") {
            let head = screen.paint("1;31", &format!("alert[{}]", text(alert, "code")));
            lines.push(format!("{head} {}: {}", text(row, "name"), text(alert, "message")));
        }
    }
    lines
}

fn is_well(engine: &Value) -> bool {
    let is_ok = |row: &Value| matches!(text(row, "state"), "ok" | "paused");
    text(engine, "store") == "ok"
        && number(engine, "lost") == 0
        && number(engine, "orphans") == 0
        && list(engine, "interfaces").all(is_ok)
        && list(engine, "interfaces").all(|row| number(&row["quality"], "alerts_open") == 0)
}

impl Status {
    pub fn run(self, screen: &Screen) -> Result {
        let answer = self.reach.get("/api/v1/status")?;
        if self.json {
            screen.line(answer.to_string());
        } else {
            head(screen, &answer).iter().for_each(|line| screen.line(line));
            interfaces(&answer["engine"], None).print(screen);
            alerts(screen, &answer["engine"]).iter().for_each(|line| screen.line(line));
        }
        Ok(if is_well(&answer["engine"]) { Exit::Ok } else { Exit::Problems })
    }
}

impl Queues {
    pub fn run(self, screen: &Screen) -> Result {
        let answer = self.reach.get("/api/v1/status")?;
        let engine = &answer["engine"];
        let waiting: i64 =
            list(engine, "interfaces").flat_map(|row| list(row, "destinations")).map(|d| number(d, "queued")).sum();
        if self.json {
            let rows: Vec<Value> = list(engine, "interfaces")
                .flat_map(|row| {
                    list(row, "destinations").map(move |d| {
                        let mut d = d.clone();
                        d["interface"] = row["name"].clone();
                        d
                    })
                })
                .collect();
            screen
                .line(serde_json::json!({"schema": "sinew.queues/1", "at": engine["at"], "queues": rows}).to_string());
        } else {
            let table = self.table(engine);
            if table.is_empty() {
                screen.say("nothing waits");
            } else {
                table.print(screen);
            }
        }
        Ok(if waiting == 0 { Exit::Ok } else { Exit::Problems })
    }

    fn table(&self, engine: &Value) -> Table {
        let mut table =
            Table::new(&["DESTINATION", "STATE", ">WAITING", ">SENDING", ">HELD", ">OLDEST", "ORDER", "TO", "WHY"]);
        let now = number(engine, "at");
        for row in list(engine, "interfaces") {
            for destination in list(row, "destinations").filter(|d| self.all || number(d, "queued") > 0) {
                let oldest = destination.get("oldest").and_then(Value::as_i64);
                let reason = &destination["last_trouble"]["reason"];
                let why = if text(destination, "state") == "ok" {
                    String::new()
                } else {
                    format!("{} {}", text(reason, "code"), text(reason, "text"))
                };
                table.row(vec![
                    format!("{}/{}", text(row, "name"), text(destination, "name")).into(),
                    Cell(text(destination, "state").to_owned(), colour(text(destination, "state"))),
                    number(destination, "queued").to_string().into(),
                    number(destination, "busy").to_string().into(),
                    number(destination, "held").to_string().into(),
                    oldest.map_or_else(|| "-".to_owned(), |at| age(now - at)).into(),
                    text(destination, "order").into(),
                    format!("{} {}", text(destination, "connector"), text(destination, "address")).into(),
                    why.trim().into(),
                ]);
            }
        }
        table
    }
}

impl Top {
    pub fn run(self, screen: &Screen) -> Result {
        let mut before: Option<Value> = None;
        let mut looks = 0;
        loop {
            let answer = self.reach.get("/api/v1/status")?;
            let engine = answer["engine"].clone();
            let seconds = before.as_ref().map(|old| (number(&engine, "at") - number(old, "at")) as f64 / 1e6);
            let rates = before.as_ref().zip(seconds.filter(|seconds| *seconds > 0.0));
            let mut lines = head(screen, &answer);
            lines.extend(interfaces(&engine, rates).lines(screen));
            lines.extend(alerts(screen, &engine));
            if screen.is_terminal {
                screen.bytes(b"\x1b[H\x1b[2J");
            }
            lines.iter().for_each(|line| screen.line(line));
            before = Some(engine);
            looks += 1;
            if self.count.is_some_and(|count| looks >= count) {
                return Ok(Exit::Ok);
            }
            std::thread::sleep(self.every);
        }
    }
}
