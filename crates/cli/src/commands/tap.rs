//! `sinew tap` and `sinew news`: what passes a place, and what the engine does, while it does it.

use crate::{
    commands::show::{Look, print},
    journey,
    outcome::{Exit, Failure, Result},
    reach::Reach,
    screen::{Screen, plain},
};
use clap::Args;
use message::Timestamp;
use serde_json::{Value, json};

/// Show messages as they pass a place, without touching them
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew tap adt-main                          as they come, with what became of them
  sinew tap adt-main/pharmacy                 as they go to this destination, with its answer
  sinew tap adt-main/2                        as they stand behind the second step
  sinew tap adt-main --when 'event = A01 and PV1-2 = I' --limit 5
  sinew tap adt-main --json > passed.jsonl

Steps are the lines of the interface that look at or change a message, counted from 1: validate, keep, drop, set, remove, insert,
translate, map, script. A tap slows nothing: what passes while its reader is slow is left out for it, and it is told how many.
Opening a tap is audited. On a terminal values about the patient are masked unless --reveal --reason \"…\" says why.
  --json: {\"schema\":\"sinew.tap/1\",\"at\",\"message\",\"interface\",\"destination\",\"step\",\"end\",\"code\",\"missed\",\"size\",\"content\"}
Ends with Ctrl-C, after --limit, or with the engine.
Exit: 0, 1 there is no such place, 2 the condition is wrong, 3 no engine runs here, 5 a reason is missing.")]
pub struct Tap {
    /// INTERFACE, INTERFACE/DESTINATION or INTERFACE/STEP
    place: String,
    /// Only messages of which this is true, as behind `when`
    #[arg(long, value_name = "COND", default_value = "")]
    when: String,
    /// End after so many messages
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<u64>,
    /// A JSON object a message
    #[arg(long)]
    json: bool,
    /// Show patient data on the terminal
    #[arg(long)]
    reveal: bool,
    /// Why the content is read: kept in the audit chain
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    #[command(flatten)]
    reach: Reach,
}

/// Say what the engine does while it does it: accepted, delivered, parked, a destination down and up
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew news
  sinew news --only parked --only down
  sinew news --json | jq -r .kind

No content: ids, places and reasons. The same stream is GET /api/v1/news of the control socket (?kinds=parked,down), as server-sent events.
Kinds: accepted filtered parked rejected delivered retrying held expired down up reloaded, and missed for what a slow reader missed.
  --json: {\"schema\":\"sinew.news/1\",\"at\",\"kind\",\"interface\",\"destination\",\"message\",\"reason\"}
Ends with Ctrl-C, after --limit, or with the engine.
Exit: 0, 3 no engine runs here.")]
pub struct News {
    /// Only this kind; may be given again
    #[arg(long, value_name = "KIND")]
    only: Vec<String>,
    /// End after so many
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<u64>,
    /// A JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reach: Reach,
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or("")
}

fn time(value: &Value) -> String {
    let at = Timestamp(value.get("at").and_then(Value::as_i64).unwrap_or(0)).to_rfc3339();
    at.get(11..23).unwrap_or(&at).to_owned()
}

impl Tap {
    pub fn run(self, screen: &Screen) -> Result {
        if self.limit == Some(0) {
            return Ok(Exit::Ok);
        }
        if screen.is_terminal && self.reveal && self.reason.trim().is_empty() {
            let failure = Failure::new(Exit::Refused, "showing patient data needs --reason \"why\"");
            return Err(failure.code(server::codes::E7003));
        }
        let reason = match (screen.is_terminal && !self.reveal, self.reason.trim()) {
            (true, _) => "masked view",
            (false, "") => "read into a file or pipe",
            (false, reason) => reason,
        };
        let body = json!({"place": self.place, "when": self.when, "reason": reason});
        let mut count = 0;
        self.reach.follow("/api/v1/tap", Some(&body), |line| {
            let Ok(value) = serde_json::from_str::<Value>(line) else { return true };
            if value.get("tapping").is_some() {
                screen.say(format!("tapping {}; Ctrl-C ends it", self.place));
                return true;
            }
            self.show(&value, line, screen);
            count += 1;
            self.limit.is_none_or(|limit| count < limit)
        })?;
        Ok(Exit::Ok)
    }

    fn show(&self, value: &Value, line: &str, screen: &Screen) {
        if self.json {
            return screen.line(line);
        }
        let missed = value.get("missed").and_then(Value::as_u64).unwrap_or(0);
        if missed > 0 {
            screen.say(screen.paint_talk("33", &format!("{missed} messages were left out: this reader was too slow")));
        }
        let end = text(value, "end");
        let code = text(value, "code");
        let id = value.get("message").and_then(Value::as_u64).unwrap_or(0);
        let head = format!("{}  {id}  {}", time(value), screen.paint(journey::colour(end), end));
        screen.line(if code.is_empty() { head } else { format!("{head} {code}") });
        let content = text(value, "content").as_bytes();
        if screen.is_terminal {
            print(screen, content, Look { is_masked: !self.reveal, is_plain: true, documented: &[] }, None);
        } else {
            screen.message(content);
        }
        screen.line("");
    }
}

impl News {
    pub fn run(self, screen: &Screen) -> Result {
        let mut count = 0;
        // How many were missed is told to everybody.
        let kinds: Vec<&str> = self.only.iter().map(String::as_str).filter(|kind| *kind != "missed").collect();
        let path = match kinds.is_empty() {
            true => "/api/v1/news".to_owned(),
            false => format!("/api/v1/news?kinds={}", server::client::encode(&kinds.join(","))),
        };
        self.reach.follow(&path, None, |line| {
            if line == ": watching" {
                screen.say("watching; Ctrl-C ends it");
            }
            let Some(data) = line.strip_prefix("data: ") else { return true };
            let Ok(value) = serde_json::from_str::<Value>(data) else { return true };
            let is_missed = value.get("missed").is_some();
            if !is_missed && !self.only.is_empty() && kinds.is_empty() {
                return true;
            }
            if self.json {
                screen.line(data);
            } else {
                screen.line(told(&value, screen));
            }
            count += u64::from(!is_missed);
            self.limit.is_none_or(|limit| count < limit)
        })?;
        Ok(Exit::Ok)
    }
}

/// One line for people.
fn told(value: &Value, screen: &Screen) -> String {
    if let Some(missed) = value.get("missed").and_then(Value::as_u64) {
        return format!("{missed} news were left out: this reader was too slow");
    }
    let (kind, destination) = (text(value, "kind"), text(value, "destination"));
    let place = match destination {
        "" => text(value, "interface").to_owned(),
        destination => format!("{}/{destination}", text(value, "interface")),
    };
    let id = value.get("message").and_then(Value::as_u64).map(|id| format!("  {id}")).unwrap_or_default();
    let reason = value.get("reason").filter(|reason| !reason.is_null());
    let reason =
        reason.map(|reason| format!("  {} {}", text(reason, "code"), text(reason, "text"))).unwrap_or_default();
    let kind = screen.paint(journey::colour(kind), &format!("{kind:<10}"));
    format!("{}  {kind} {place}{id}{}", time(value), plain(&reason))
}
