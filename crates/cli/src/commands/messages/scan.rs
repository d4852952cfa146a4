//! `sinew messages … --body TEXT`: look inside messages, with the progress of it.

use super::text;
use crate::{
    journey,
    outcome::{Exit, Failure, Result},
    reach::Reach,
    screen::Screen,
};
use clap::Args;
use serde_json::{Value, json};
use std::io::BufRead;

/// What is looked for inside messages.
#[derive(Args, Debug)]
pub struct Inside {
    /// Only messages that have this text in a field or value, as a person reads it; `-` reads it from standard input, so that
    /// it stands in no history of a shell
    #[arg(long, value_name = "TEXT", requires = "reason")]
    pub body: Option<String>,
    /// Why bodies are looked through: kept in the audit chain
    #[arg(long, value_name = "TEXT", requires = "body")]
    reason: Option<String>,
    /// Only messages older than this one: go on where an earlier look ended
    #[arg(long, value_name = "ID", requires = "body")]
    before: Option<u64>,
    /// Look through at most so many MiB
    #[arg(long, value_name = "MIB", requires = "body", default_value_t = 4096)]
    megabytes: u64,
    /// Look for at most so many seconds, 3600 at most
    #[arg(long, value_name = "S", requires = "body", default_value_t = 600)]
    seconds: u64,
}

fn number(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or(0)
}

impl Inside {
    /// Looks, and prints each message as it is found.
    pub fn run(&self, (query, limit): (&str, usize), reach: &Reach, screen: &Screen, is_json: bool) -> Result {
        let wanted = json!({"text": self.wanted()?, "query": query, "reason": self.reason, "rows": limit,
            "before": self.before, "megabytes": self.megabytes, "seconds": self.seconds});
        let mut end = None;
        reach.follow("/api/v1/messages/scan", Some(&wanted), |line| {
            let Ok(value) = serde_json::from_str::<Value>(line) else { return true };
            if let Some(progress) = value.get("progress") {
                screen.progress(&how_far(progress));
                return true;
            }
            screen.end_progress();
            match value.get("row") {
                Some(_) if is_json => screen.line(line),
                Some(row) => screen.line(told(row, screen)),
                None => {
                    if is_json {
                        screen.line(line);
                    }
                    end = value.get("end").cloned();
                }
            }
            true
        })?;
        screen.end_progress();
        let cut = || Failure::unreachable("the engine went away before it was done").code(server::codes::E7001);
        finished(&end.ok_or_else(cut)?, screen)
    }

    fn wanted(&self) -> Result<String> {
        match self.body.as_deref() {
            Some("-") => {
                let mut line = String::new();
                let read = std::io::stdin().lock().read_line(&mut line);
                read.map_err(|error| Failure::new(Exit::Usage, format!("standard input: {error}")))?;
                Ok(line.trim_end_matches(['\r', '\n']).to_owned())
            }
            text => Ok(text.unwrap_or_default().to_owned()),
        }
    }
}

fn how_far(progress: &Value) -> String {
    let scanned = number(progress, "scanned");
    let of = progress.get("of").and_then(Value::as_u64).filter(|of| *of > 0);
    let share = of.map(|of| format!(" of {of} ({} %)", scanned.min(of) * 100 / of)).unwrap_or_default();
    let day = progress.get("day").and_then(Value::as_str).map(|day| format!(", back to {day}")).unwrap_or_default();
    format!("looked into {scanned}{share}{day}, found {}", number(progress, "found"))
}

/// One message, on one line: `10485760  2026-03-01T07:08:09.123Z  adt-main  ADT^A01  M1  delivered  raw PID-5`.
fn told(row: &Value, screen: &Screen) -> String {
    let received = row.get("received").and_then(Value::as_i64).unwrap_or(0);
    let places: Vec<&str> =
        row.get("places").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let state = text(row, "state");
    [
        number(row, "id").to_string(),
        message::Timestamp(received).to_rfc3339(),
        text(row, "interface").to_owned(),
        text(row, "type").to_owned(),
        text(row, "control_id").to_owned(),
        screen.paint(journey::colour(state), &state.replace('_', " ")),
        crate::screen::plain(&places.join(", ")),
    ]
    .join("  ")
}

fn finished(end: &Value, screen: &Screen) -> Result {
    let (found, unreadable) = (number(end, "found"), number(end, "unreadable"));
    let before = end.get("before").and_then(Value::as_u64);
    let go_on = before.map(|id| format!("; go on with --before {id}")).unwrap_or_default();
    let why = match text(end, "why") {
        "all" => "to the oldest message",
        "rows" => "as many as --limit says were found",
        "bytes" => "as much as --megabytes says",
        "time" => "as long as --seconds says",
        "not-allowed" => "your roles do not allow it any longer",
        "engine-ends" => "the engine ends",
        _ => "it could not go on",
    };
    screen.say(format!("{}: {why}{go_on}", how_far(end)));
    if unreadable > 0 {
        screen.say(format!("{unreadable} messages could not be read: sinew doctor --verify tells why"));
    }
    if let Some(reason) = end.get("reason").filter(|reason| !reason.is_null()) {
        return Err(Failure::unreachable(text(reason, "text").to_owned()));
    }
    Ok(if found == 0 { Exit::Problems } else { Exit::Ok })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_it_is() {
        let check = |value: Value, expect: &str| assert_eq!(how_far(&value), expect);
        check(json!({"scanned": 10, "of": null, "found": 0}), "looked into 10, found 0");
        check(
            json!({"scanned": 10, "of": 40, "found": 2, "day": "2026-03-01"}),
            "looked into 10 of 40 (25 %), back to 2026-03-01, found 2",
        );
        check(json!({"scanned": 50, "of": 40, "found": 2}), "looked into 50 of 40 (100 %), found 2");
    }
}
