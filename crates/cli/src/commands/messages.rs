//! `sinew messages` and `sinew message`: find messages, and look at one.

use crate::{
    journey,
    outcome::{Exit, Failure, Result},
    reach::Reach,
    screen::Screen,
    table::{Cell, Table},
};
use clap::Args;
use scan::Inside;
use serde_json::{Value, json};

mod scan;

/// Find messages by patient, visit, order, control id, type, state or time
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew messages                              the newest
  sinew messages 482113                       this patient, visit, order or control id
  sinew messages 'patient:482113 since:2h'
  sinew messages 'state:parked interface:adt-main'
  sinew messages 'type:ORU since:2026-03-01 until:2026-03-02' --json
  sinew messages interface:lab since:7d --body \"ward 4 west\" --reason \"ticket 4711\"

--body looks inside: every message that the words find is opened, the newest first, in the background behind all other work. Values
are compared as a person reads them: escapes and character sets resolved, without case and accents, for HL7 v2 field by field.
It takes the right to read content, and is kept in the audit chain with its reason.
  --json: {\"schema\":\"sinew.scan/1\",\"row\":{\"id\",\"received\",\"interface\",\"type\",\"control_id\",\"state\",\"destinations\",\"places\"}}
          and last {\"schema\":\"sinew.scan/1\",\"end\":{\"why\",\"scanned\",\"of\",\"bytes\",\"found\",\"unreadable\",\"day\",\"before\",\"reason\"}}

Words:
  patient:ID visit:ID order:ID control:ID id:NUMBER   a word alone is any of these
  interface:NAME destination:NAME type:ADT^A01 event:A01 facility:TEXT application:TEXT
  state:delivered|in_flight|parked|filtered|expired|deleted
  since:2h until:30m since:09:41 since:2026-03-01     times are UTC
  NAME=VALUE                                          fields that an interface indexes
Exit: 0 found, 1 nothing found, or somebody looks inside already, 2 the query is wrong, 3 no engine runs here, 4 not allowed.")]
pub struct Messages {
    /// What to look for; words are joined by `and`
    query: Vec<String>,
    /// At most this many, newest first
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    inside: Inside,
    #[command(flatten)]
    reach: Reach,
    /// One JSON object; with --body one for each message, and one for how it ended
    #[arg(long)]
    json: bool,
}

/// Show one message: its journey and its content
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew message 10485760
  sinew message 10485760 --raw > original.hl7         the bytes as received
  sinew message 10485760 --output pharmacy            the bytes that this destination gets
  sinew message 10485760 --log --reveal --reason \"parked\"   the lines that scripts kept with it

Reading content is audited. On a terminal it is masked unless --reveal --reason \"…\" says why.
Exit: 0, 1 there is no such message, 3 no engine runs here, 5 a reason is missing.")]
pub struct Message {
    /// The message id
    id: u64,
    /// The bytes as received
    #[arg(long, conflicts_with = "output")]
    raw: bool,
    /// The bytes for this destination
    #[arg(long, value_name = "DESTINATION")]
    output: Option<String>,
    /// The lines that scripts kept with it
    #[arg(long, conflicts_with_all = ["raw", "output"])]
    log: bool,
    /// Show patient data on the terminal
    #[arg(long)]
    reveal: bool,
    /// Why the content is read: kept in the audit chain
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    #[command(flatten)]
    reach: Reach,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or("")
}

impl Messages {
    pub fn run(self, screen: &Screen) -> Result {
        let query = self.query.join(" ");
        if self.inside.body.is_some() {
            return self.inside.run((&query, self.limit), &self.reach, screen, self.json);
        }
        let answer = self.reach.post("/api/v1/messages/search", &json!({"query": query, "limit": self.limit}))?;
        let rows: Vec<&Value> = answer.get("messages").and_then(Value::as_array).into_iter().flatten().collect();
        if self.json {
            screen.line(answer.to_string());
            return Ok(if rows.is_empty() { Exit::Problems } else { Exit::Ok });
        }
        if rows.is_empty() {
            screen.say("no message found");
            return Ok(Exit::Problems);
        }
        let mut table = Table::new(&[">ID", "RECEIVED (UTC)", "INTERFACE", "TYPE", "CONTROL ID", "STATE"]);
        for row in &rows {
            let received = row.get("received").and_then(Value::as_i64).unwrap_or(0);
            let state = text(row, "state");
            table.row(vec![
                row.get("id").and_then(Value::as_u64).unwrap_or(0).to_string().into(),
                message::Timestamp(received).to_rfc3339().into(),
                text(row, "interface").into(),
                text(row, "type").into(),
                text(row, "control_id").into(),
                Cell(state.replace('_', " "), journey::colour(state)),
            ]);
        }
        table.print(screen);
        if rows.len() >= self.limit {
            screen.say(format!("the newest {}; more with --limit", self.limit));
        }
        Ok(Exit::Ok)
    }
}

impl Message {
    pub fn run(self, screen: &Screen) -> Result {
        let wants_content = self.raw || self.log || self.output.is_some();
        if screen.is_terminal && self.reveal && self.reason.trim().is_empty() {
            let failure = Failure::new(Exit::Refused, "showing patient data needs --reason \"why\"");
            return Err(failure.code(server::codes::E7003));
        }
        if self.json && !wants_content {
            return journey::show(screen, &self.reach, &self.id.to_string(), true);
        }
        if wants_content {
            return self.content(screen);
        }
        journey::show(screen, &self.reach, &self.id.to_string(), false)?;
        if screen.is_terminal {
            screen.line("");
            self.content(screen)?;
        }
        Ok(Exit::Ok)
    }

    fn content(&self, screen: &Screen) -> Result {
        let is_shown = self.reveal || !screen.is_terminal;
        let which = match &self.output {
            Some(name) => format!("output:{name}"),
            None if self.log => "log".to_owned(),
            None => "raw".to_owned(),
        };
        let reason = if is_shown && self.reason.is_empty() { "read into a file or pipe" } else { &*self.reason };
        let reason = if is_shown { reason } else { "masked view" };
        let path = format!("/api/v1/messages/{}/content", self.id);
        let bytes = self.reach.post_for_bytes(&path, &json!({"which": which, "reason": reason}))?;
        if self.log {
            let text = String::from_utf8_lossy(&bytes);
            let shown = |line: &str| if is_shown { line.to_owned() } else { crate::mask::masked(line) };
            text.lines().for_each(|line| screen.line(crate::screen::plain(&shown(line))));
            return Ok(Exit::Ok);
        }
        if screen.is_terminal {
            let look = crate::commands::show::Look { is_masked: !self.reveal, is_plain: false, documented: &[] };
            crate::commands::show::print(screen, &bytes, look, None);
        } else {
            screen.bytes(&bytes);
        }
        Ok(Exit::Ok)
    }
}
