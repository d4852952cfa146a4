//! `sinew quality`: whether what senders send is as complete, well-formed and plausible as it was, and since when not.

mod offline;
mod show;

use crate::{
    outcome::{Exit, Failure, Result},
    reach::Reach,
    screen::Screen,
};
use clap::Args;
use engine::quality::Place;
use serde_json::Value;
use server::client::encode;
use show::{list, number};
use std::{path::PathBuf, time::Duration};

/// Show the quality of what senders send, over time: what is missing, wrong or new, and since when
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew quality                               every interface, a line each
  sinew quality adt-main                      what is worth a look, the worst first
  sinew quality adt-main --all --since 30d    every place that was counted
  sinew quality adt-main --field PID-3        one field and its components
  sinew quality adt-main --json | jq '.interfaces[0].findings[].message'
  sinew quality --files feed/ --field PID     messages of files, without an engine

What changed is found against the interface's own history: a week of it, or a day where next to all
of something is gone. Shares are by sender, message type and trigger event. OF is what a place is
counted of: messages for a segment, segments for a field, repetitions with a value for a component.
UNLISTED are codes that the table of the standard does not have; EXAMPLE is a message with one, or
with a malformed value: sinew message ID shows it. No value of a message is kept or shown here.
Times are UTC. Exit: 0 nothing is worse, 1 something is worse or an alert is open, 3 no engine runs here.")]
pub struct Quality {
    /// The interface; without it all of them, a line each
    interface: Option<String>,
    /// How far back
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = crate::values::duration)]
    since: Duration,
    /// Only this segment, field or component, with what is in it
    #[arg(long, value_name = "PATH", value_parser = field)]
    field: Option<Place>,
    /// Every place, also those where all is well
    #[arg(long)]
    all: bool,
    /// Count messages of files and folders instead of asking an engine; - for standard input
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "interface")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    reach: Reach,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

fn field(text: &str) -> std::result::Result<Place, String> {
    Place::parse(text).ok_or_else(|| format!("`{text}` is no place that is counted; write PID, PID-3 or PID-3.5"))
}

impl Quality {
    pub fn run(self, screen: &Screen) -> Result {
        let answer = if self.files.is_empty() { self.ask()? } else { offline::count(&self.files, self.field)? };
        let is_counted = answer.get("is_counted").and_then(Value::as_bool).unwrap_or(true);
        if self.json {
            screen.line(answer.to_string());
        } else if !is_counted {
            return Err(Failure::new(Exit::Problems, "the quality of messages is not counted in this workspace")
                .code(server::codes::E7016)
                .hint("take `count = \"off\"` out of [quality] in sinew.toml and start the engine again"));
        } else if self.interface.is_none() && self.files.is_empty() && self.field.is_none() {
            show::overview(screen, &answer);
        } else {
            list(&answer, "interfaces")
                .for_each(|report| show::interface(screen, report, self.all || self.field.is_some()));
        }
        let is_worse = |report: &Value| {
            let worse = list(report, "findings").any(|finding| show::text(finding, "severity") != "note");
            worse || list(report, "alerts").next().is_some()
        };
        let is_empty = list(&answer, "interfaces").all(|report| number(report, "messages") == 0);
        let is_bad = list(&answer, "interfaces").any(is_worse) || (is_empty && !self.files.is_empty());
        Ok(if is_bad { Exit::Problems } else { Exit::Ok })
    }

    fn ask(&self) -> Result<Value> {
        let mut path = format!("/api/v1/quality?since_s={}", self.since.as_secs().max(1));
        if let Some(interface) = &self.interface {
            path.push_str(&format!("&interface={}", encode(interface)));
        }
        if let Some(field) = self.field {
            path.push_str(&format!("&field={}", encode(&field.to_string())));
        }
        self.reach.get(&path)
    }
}
