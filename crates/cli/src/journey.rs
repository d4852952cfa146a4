//! The journey of a message as a person reads it.

use crate::{
    outcome::{Exit, Result},
    reach::Reach,
    screen::Screen,
};
use serde_json::Value;

/// Asks the running engine and prints.
pub fn show(screen: &Screen, reach: &Reach, id: &str, is_json: bool) -> Result {
    let journey = reach.get(&format!("/api/v1/messages/{id}"))?;
    if is_json {
        screen.line(journey.to_string());
        return Ok(Exit::Ok);
    }
    print(screen, &journey);
    waits(screen, reach, &journey)?;
    Ok(Exit::Ok)
}

/// Says why deliveries wait: their journey has no attempt yet while a destination is out of reach.
fn waits(screen: &Screen, reach: &Reach, journey: &Value) -> Result<()> {
    let waiting = |standing: &&Value| matches!(text(standing, "state"), "queued" | "retrying" | "held");
    let names: Vec<&str> = list(journey, "deliveries").filter(waiting).map(|one| text(one, "destination")).collect();
    if names.is_empty() {
        return Ok(());
    }
    let status = reach.get("/api/v1/status")?;
    let interface = list(&status["engine"], "interfaces").find(|row| text(row, "name") == text(journey, "interface"));
    let Some(interface) = interface else { return Ok(()) };
    for row in list(interface, "destinations").filter(|row| names.contains(&text(row, "name"))) {
        let reason = &row["last_trouble"]["reason"];
        if text(row, "state") != "ok" {
            let why = format!("{} {} {}", text(row, "state"), text(reason, "code"), text(reason, "text"));
            screen.line(format!("  {} is {}", text(row, "name"), screen.paint(colour(text(row, "state")), why.trim())));
        }
    }
    Ok(())
}

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or("")
}

/// One line a step: `5  12:00:00.123Z  stored and fsynced, with its plan`.
pub fn print(screen: &Screen, journey: &Value) {
    let number = |name: &str| journey.get(name).and_then(Value::as_u64).unwrap_or(0);
    screen.line(format!(
        "{} {}  {}  control id {}  {} bytes  interface {}",
        screen.paint("1", "message"),
        number("id"),
        text(journey, "kind"),
        text(journey, "control_id"),
        number("size"),
        text(journey, "interface")
    ));
    for stage in list(journey, "stages") {
        let at = stage.get("at").and_then(Value::as_i64).map(|at| message::Timestamp(at).to_rfc3339());
        let clock = at.as_deref().and_then(|at| at.get(11..)).unwrap_or("");
        let is_good = stage.get("is_good").and_then(Value::as_bool).unwrap_or(true);
        let destination = match text(stage, "destination") {
            "" => String::new(),
            name => format!("{name}: "),
        };
        let line = format!("{destination}{}", text(stage, "text"));
        let line = if is_good { line } else { screen.paint("33", &line) };
        let step = stage.get("step").and_then(Value::as_u64).unwrap_or(0);
        screen.line(format!("  {step:>2}  {clock:<13}  {line}"));
    }
    for standing in list(journey, "deliveries") {
        let state = text(standing, "state");
        let state = screen.paint(colour(state), state);
        let attempts = standing.get("attempts").and_then(Value::as_u64).unwrap_or(0);
        screen.line(format!(
            "  {} {}  {state} after {attempts} {}",
            screen.paint("1", "delivery"),
            text(standing, "destination"),
            if attempts == 1 { "attempt" } else { "attempts" }
        ));
    }
}

/// The colour of a state; the word is always there too.
pub fn colour(state: &str) -> &'static str {
    match state {
        "ok" | "delivered" => "32",
        "failing" | "parked" | "failed" => "31",
        "silent" | "held" | "retrying" | "paused" | "full" => "33",
        _ => "0",
    }
}
