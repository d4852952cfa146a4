//! `sinew alerts`: what is wrong, since when, who has it, and what people do about it.

use crate::{
    outcome::{Exit, Result},
    reach::Reach,
    screen::{Screen, plain},
    table::{Table, age},
};
use clap::{Args, Subcommand};
use message::{Clock as _, clock};
use serde_json::{Value, json};
use std::time::Duration;

/// Show what is wrong, who has it and what to do; acknowledge, assign, snooze
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  sinew alerts                          what is wrong now, the worst first
  sinew alerts --past 20                and the last twenty that are over
  sinew alerts --json | jq '.open[].headline'
  sinew alerts acknowledge 12 --note \"calling the pharmacy\"
  sinew alerts assign 12 bela
  sinew alerts snooze 12 2h --note \"they patch until four\"
  sinew alerts wake 12
  sinew alerts note 12 \"their vendor has a ticket\"
  sinew alerts test pager               send a trial through a channel

One incident is one thing that broke, however many interfaces have it. Who is told, through what and
when, says [alerts] in sinew.toml. Notes stay in this system; never name a patient in one.
Exit: 0 nothing is open or the act is done, 1 something is open or not found, 2 not understood,
3 no engine runs here."
)]
pub struct Alerts {
    #[command(subcommand)]
    act: Option<Deed>,
    /// Also so many that are over
    #[arg(long, value_name = "N", default_value_t = 0)]
    past: usize,
    #[command(flatten)]
    reach: Reach,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Deed {
    /// Say that you have it: nobody is told again until it gets worse
    #[command(visible_alias = "ack", after_help = "Examples:\n  sinew alerts acknowledge 12 --note \"calling them\"")]
    Acknowledge(Act),
    /// Give it to somebody
    #[command(after_help = "Examples:\n  sinew alerts assign 12 bela")]
    Assign {
        /// The number of the incident
        incident: u64,
        /// To whom
        to: String,
        #[command(flatten)]
        more: More,
    },
    /// Tell nobody for a while, and say why
    #[command(after_help = "Examples:\n  sinew alerts snooze 12 2h --note \"they patch until four\"")]
    Snooze {
        /// The number of the incident
        incident: u64,
        /// For how long; 7d at most
        #[arg(value_name = "TIME", value_parser = crate::values::duration)]
        time: Duration,
        #[command(flatten)]
        more: More,
    },
    /// Take an acknowledgment or a snooze back
    #[command(after_help = "Examples:\n  sinew alerts wake 12")]
    Wake(Act),
    /// Write something down
    #[command(after_help = "Examples:\n  sinew alerts note 12 \"their vendor has a ticket\"")]
    Note {
        /// The number of the incident
        incident: u64,
        /// What people should know; never a patient
        text: String,
        #[command(flatten)]
        reach: Reach,
    },
    /// Send a trial through a channel
    #[command(after_help = "Examples:\n  sinew alerts test pager")]
    Test {
        /// The channel, as in [alerts.channels]
        channel: String,
        #[command(flatten)]
        reach: Reach,
    },
}

#[derive(Args, Debug)]
struct Act {
    /// The number of the incident
    incident: u64,
    #[command(flatten)]
    more: More,
}

#[derive(Args, Debug)]
struct More {
    /// What people should know; never a patient
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    #[command(flatten)]
    reach: Reach,
}

impl Alerts {
    pub fn run(self, screen: &Screen) -> Result {
        match self.act {
            Some(deed) => deed.run(screen),
            None => {
                let answer = self.reach.get(&format!("/api/v1/alerts?past={}", self.past))?;
                if self.json {
                    screen.line(answer.to_string());
                } else {
                    show(screen, &answer);
                }
                let is_open = answer["open"].as_array().is_some_and(|open| !open.is_empty());
                Ok(if is_open { Exit::Problems } else { Exit::Ok })
            }
        }
    }
}

impl Deed {
    fn run(self, screen: &Screen) -> Result {
        let act = |incident: u64, act: &str, note: &str| json!({"incident": incident, "act": act, "note": note});
        let (reach, body) = match &self {
            Deed::Acknowledge(Act { incident, more }) => (&more.reach, act(*incident, "acknowledge", &more.note)),
            Deed::Wake(Act { incident, more }) => (&more.reach, act(*incident, "wake", &more.note)),
            Deed::Note { incident, text, reach } => (reach, act(*incident, "note", text)),
            Deed::Assign { incident, to, more } => {
                let mut body = act(*incident, "assign", &more.note);
                body["to"] = to.as_str().into();
                (&more.reach, body)
            }
            Deed::Snooze { incident, time, more } => {
                let mut body = act(*incident, "snooze", &more.note);
                body["for_s"] = time.as_secs().into();
                (&more.reach, body)
            }
            Deed::Test { channel, reach } => {
                reach.post("/api/v1/alerts/try", &json!({"channel": channel}))?;
                screen.say(format!("{channel} took the trial"));
                return Ok(Exit::Ok);
            }
        };
        let answer = reach.post("/api/v1/alerts/act", &body)?;
        let incident = &answer["incident"];
        screen.say(format!("{} {}: {}", incident["id"], text(incident, "level"), text(incident, "headline")));
        Ok(Exit::Ok)
    }
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

fn show(screen: &Screen, answer: &Value) {
    let rows = |key: &str| answer[key].as_array().cloned().unwrap_or_default();
    let (open, past) = (rows("open"), rows("past"));
    if open.is_empty() {
        screen.line("nothing is wrong");
    }
    let mut table = Table::new(&[">NO", "LEVEL", ">SINCE", "WHAT", ">INTERFACES", "WHO", "CODE"]);
    let now = clock::System.now().0;
    for incident in &open {
        let style = if text(incident, "level") == "warning" { "33" } else { "1;31" };
        table.row(vec![
            incident["id"].to_string().into(),
            crate::table::Cell(text(incident, "level").to_owned(), style),
            age(now - incident["since"].as_i64().unwrap_or(now)).into(),
            plain(text(incident, "headline")).into(),
            incident["interfaces"].as_array().map_or(0, Vec::len).to_string().into(),
            plain(&who(incident)).into(),
            text(incident, "code").into(),
        ]);
    }
    if !open.is_empty() {
        table.print(screen);
    }
    for incident in &open {
        screen.line("");
        screen.line(format!("{}  {}", incident["id"], plain(text(incident, "headline"))));
        for symptom in incident["symptoms"].as_array().into_iter().flatten().take(3) {
            screen.line(format!("    {}", plain(text(symptom, "sentence"))));
        }
        screen.line(format!("    safe?  {}", text(incident, "safe")));
        screen.line(format!("    do     {}", text(incident, "advice")));
        if !text(incident, "runbook").is_empty() {
            screen.line(format!("    read   {}", plain(text(incident, "runbook"))));
        }
        for note in incident["notes"].as_array().into_iter().flatten() {
            screen.line(format!("    {}: {}", plain(text(note, "by")), plain(text(note, "text"))));
        }
    }
    if !past.is_empty() {
        screen.line("");
        let mut table = Table::new(&[">NO", ">ENDED", ">LASTED", "WHAT", "CODE"]);
        for incident in &past {
            let at = |key: &str| incident[key].as_i64().unwrap_or(now);
            table.row(vec![
                incident["id"].to_string().into(),
                age(now - at("closed")).into(),
                age(at("closed") - at("since")).into(),
                plain(text(incident, "headline")).into(),
                text(incident, "code").into(),
            ]);
        }
        table.print(screen);
    }
}

/// Who has it, or why nobody is told.
fn who(incident: &Value) -> String {
    let acknowledged = text(&incident["acknowledged"], "by");
    if !acknowledged.is_empty() {
        return acknowledged.to_owned();
    }
    match (text(incident, "assigned"), text(incident, "quiet_by"), incident["snoozed_until"].is_null()) {
        (_, quiet, _) if !quiet.is_empty() => format!("quiet: {quiet}"),
        (_, _, false) => "snoozed".to_owned(),
        ("", _, true) => "nobody".to_owned(),
        (to, _, true) => format!("for {to}"),
    }
}
