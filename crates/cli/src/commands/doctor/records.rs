//! Every record of the store: through the running engine, or by opening it.

use super::{Finding, Level, finding};
use crate::{host::store_failure, outcome::Result, place, run::block_on, screen::Screen, table::count};
use engine::check::Report;
use interface::workspace::Workspace;
use serde_json::{Value, json};
use server::client::{Client, Error};
use std::{path::Path, time::Duration};
use store::Store;

/// Pause between words about how far it is.
const SAY_PAUSE: Duration = Duration::from_millis(300);
/// Damaged places that are named; their number is told besides.
const PLACES_MAX: usize = 20;
/// Findings that are printed; `--json` has more.
const PRINTED_MAX: usize = 50;

/// Examines the store.
pub(super) fn examine(screen: &Screen, workspace: &Workspace, data: &Path, is_running: bool) -> Result<Vec<Finding>> {
    let is_new = || matches!(place::engine(&workspace.server, &workspace.folder), Ok(store::Engine::Embedded));
    if !data.join("store.id").exists() && is_new() {
        return Ok(vec![finding(Level::Ok, "records", "no message was stored here yet", "")]);
    }
    let found = if is_running { online(screen, data)? } else { offline(screen, workspace, data)? };
    screen.end_progress();
    Ok(match found {
        Ok(report) => told(&report),
        Err(why) => vec![finding(Level::Fail, "records", why, "try again, or with the engine stopped")],
    })
}

fn say(screen: &Screen, bytes: u64, bytes_total: u64, messages: u64) {
    if screen.is_progress() && bytes_total > 0 {
        let percent = bytes * 100 / bytes_total;
        screen.progress(&format!("{percent} % of {:.1} GB read, {messages} messages", bytes_total as f64 / 1e9));
    }
}

fn online(screen: &Screen, data: &Path) -> Result<std::result::Result<Value, String>> {
    let client = Client::new(data);
    block_on(async {
        let (path, nothing) = ("/api/v1/verify", json!({}));
        let mut examined = std::pin::pin!(client.post(path, &nothing));
        loop {
            tokio::select! {
                answer = &mut examined => return answer.map_err(|error| match error {
                    Error::NotRunning(reason) | Error::Refused { reason, .. } => reason.to_string(),
                }),
                () = tokio::time::sleep(SAY_PAUSE) => {}
            }
            if let Ok(at) = client.get(path).await {
                let number = |name: &str| at[name].as_u64().unwrap_or(0);
                say(screen, number("bytes"), number("bytes_total"), number("messages"));
            }
        }
    })
}

fn offline(screen: &Screen, workspace: &Workspace, data: &Path) -> Result<std::result::Result<Value, String>> {
    let options = place::store_options(workspace)?;
    let (store, recovered) = Store::open(data, &options).map_err(|error| store_failure(&error))?;
    let report = engine::check::store(&store, true, &mut |at| {
        say(screen, at.bytes, at.bytes_total, at.messages);
        true
    });
    let _ = block_on(async { store.close().await })?;
    Ok(report.map(|report| healed(report, &recovered.report)).map_err(|error| error.to_string()))
}

/// Adds what opening has set right since: a file of the log that was too short, an end that was no whole record.
fn healed(mut report: Report, recovered: &store::Report) -> Value {
    let damaged = &mut report.examined.damaged;
    for place in &recovered.quarantined {
        if !damaged.iter().any(|known| known.lsn == place.lsn) {
            damaged.push(*place);
        }
    }
    let mut value = engine::check::to_json(&report);
    value["torn"] = recovered.torn.iter().map(|place| json!({"lsn": place.lsn, "bytes": place.length})).collect();
    value
}

/// The number of a place is that of the message, where it was one.
fn list(places: &[Value]) -> String {
    let name = |place: &Value| format!("{} ({} bytes)", place["lsn"], place["bytes"]);
    let mut names: Vec<String> = places.iter().take(PLACES_MAX).map(name).collect();
    if places.len() > PLACES_MAX {
        names.push("…".to_owned());
    }
    names.join(", ")
}

/// The end of the log tells an unfinished write from damage to the last record only together with what happened to the
/// machine; so a person has to look.
fn torn(place: &Value) -> Finding {
    finding(
        Level::Fail,
        "records",
        format!("{} bytes at {} were no whole record and were cut from the end", place["bytes"], place["lsn"]),
        "after a crash of the machine this is a write of which no sender was told; without one, the last message was \
         damaged: let the senders of that time send again",
    )
}

/// The report as lines.
fn told(report: &Value) -> Vec<Finding> {
    let number = |name: &str| report[name].as_u64().unwrap_or(0);
    let list_in = |name: &str| report[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut lines: Vec<Finding> = list_in("torn").iter().map(torn).collect();
    match list_in("damaged").len() {
        0 => lines.push(finding(Level::Ok, "records", "every record matches its checksum", "")),
        some => lines.push(Finding {
            code: Some(store::codes::E4006.id.to_owned()),
            ..finding(
                Level::Fail,
                "records",
                format!("{}: {}", count(some as u64, "damaged place"), list(list_in("damaged"))),
                "their neighbours are served; restore them from a backup",
            )
        }),
    }
    let findings = list_in("findings");
    let scale = format!(
        "{}, {}, {}",
        count(number("messages"), "message"),
        count(number("changes"), "change"),
        count(number("audit_rows"), "audit row")
    );
    if findings.is_empty() {
        lines.push(finding(Level::Ok, "promises", format!("{scale}: nothing is wrong"), ""));
    }
    for found in findings.iter().take(PRINTED_MAX) {
        let text = |name: &str| found[name].as_str().unwrap_or("");
        lines.push(Finding {
            code: Some(text("code").to_owned()),
            ..finding(Level::Fail, "promises", format!("{}: {}", text("place"), text("text")), text("hint"))
        });
    }
    let more = findings.len().saturating_sub(PRINTED_MAX) as u64 + number("more");
    if more > 0 {
        lines.push(finding(Level::Fail, "promises", format!("{more} more like these"), ""));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_become_lines_with_their_codes() {
        let report = json!({"messages": 2, "changes": 3, "audit_rows": 1, "damaged": [], "findings": [], "more": 0});
        let lines = told(&report);
        assert_eq!(lines[1].text, "2 messages, 3 changes, 1 audit row: nothing is wrong");
        let one = json!({"code": "E4083", "place": "delivery 8/0", "text": "too late", "hint": "report it"});
        let many = vec![one; PRINTED_MAX + 2];
        let report = json!({"damaged": [{"lsn": 8, "bytes": 8}], "findings": many, "more": 5});
        let lines = told(&report);
        assert_eq!(lines.len(), 1 + PRINTED_MAX + 1);
        assert_eq!((lines[0].code.as_deref(), lines[1].code.as_deref()), (Some("E4006"), Some("E4083")));
        assert_eq!(lines[1].text, "delivery 8/0: too late");
        assert_eq!(lines.last().map(|line| line.text.as_str()), Some("7 more like these"));
        assert!(lines.iter().all(|line| line.level == Level::Fail));
    }
}
