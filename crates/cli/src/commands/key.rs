//! `sinew key`: keys with which programs use the API, and the master key of the store.

pub(crate) mod master;

use super::user::{Places, told};
use crate::{
    outcome::{Exit, Result},
    reach::Reach,
    screen::Screen,
    table::Table,
};
use clap::{Args, Subcommand};
use message::Timestamp;
use serde_json::{Value, json};
use server::client::encode;

/// Make, list and remove keys of programs; see and change the master key of the store
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew user add metrics --service --role viewer
  sinew key add metrics \"Prometheus\" --role viewer --days 90     prints the key, once
  sinew key list
  sinew key remove 0a1b2c3d4e5f
  sinew key status                                                 the master key of the store: which, where, since when
  sinew key rotate --yes --reason \"yearly change\"                another one, while messages go on

The key of a program has what its user and its own roles have in common. It is sent as `Authorization: Bearer KEY`. The master
key seals the store; no command shows it.
Exit: 0, 1 no such user or key, 2 not understood, 3 no engine runs here.")]
pub struct Key {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the keys
    #[command(after_help = "Examples:\n  sinew key list")]
    List(List),
    /// Make a key; it is shown once
    #[command(after_help = "Examples:\n  sinew key add metrics \"Prometheus\" --role viewer --days 90")]
    Add(Add),
    /// Remove a key: it is of no use at once
    #[command(after_help = "Examples:\n  sinew key remove 0a1b2c3d4e5f")]
    Remove(Remove),
    /// Show which master key the store has, where it is and since when; never the key
    #[command(after_help = "\
Examples:
  sinew key status
  sinew key status --json

  --json: {\"schema\":\"sinew.store-key/1\",\"id\",\"file\",\"since\",\"unfinished\",\"kept\"}, and from a running engine \"is_running\",
  \"progress\", \"ended\", \"failed\"
Exit: 0, 2 the key is missing or another one, 3 there is no workspace.")]
    Status(master::Status),
    /// Put another master key under the store, while messages go on
    #[command(after_help = "\
Examples:
  sinew key rotate                                          what would be done, and nothing is
  sinew key rotate --yes --reason \"yearly change\"           a new key is made and put in the place of the old one
  sinew key rotate --new-key new.key --yes --reason \"...\"   where the key comes from a variable or a vault

Every key below the master key is wrapped anew, the secrets of partners included; no message is rewritten and none waits. Both
keys open the store until the end, also behind a crash: the engine goes on with it at its next start, and so does this command.
Where an engine runs, it does the work; where none runs, the command does. The old key is put aside beside the new one. Backups
of `sinew backup` bring their own key; other copies of the data from before need the old one: keep it until they are gone.
  --json: {\"schema\":\"sinew.key-rotated/1\",\"before\",\"after\",\"count\",\"is_in_place\",\"kept\",\"unreadable\"}
Exit: 0, 1 a file opened with neither key, 2 not understood or --reason is missing, 3 the store cannot be opened, 5 --yes is
missing.")]
    Rotate(master::Rotate),
}

#[derive(Args, Debug)]
struct List {
    #[command(flatten)]
    reach: Reach,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
struct Add {
    /// The user or service whose rights it has
    user: String,
    /// What it is for
    title: String,
    /// Roles that it has of its user's; may be repeated
    #[arg(long, value_name = "ROLE", required = true)]
    role: Vec<String>,
    #[command(flatten)]
    place: Places,
    /// How long it is good, at most 366
    #[arg(long, value_name = "N", default_value_t = 90)]
    days: u16,
    #[command(flatten)]
    reach: Reach,
}

#[derive(Args, Debug)]
struct Remove {
    /// The id of the key
    id: String,
    #[command(flatten)]
    reach: Reach,
}

impl Key {
    pub fn run(self, screen: &Screen) -> Result {
        match self.action {
            Action::List(list) => list.run(screen),
            Action::Add(add) => add.run(screen),
            Action::Status(status) => status.run(screen),
            Action::Rotate(rotate) => rotate.run(screen),
            Action::Remove(remove) => {
                remove.reach.delete(&format!("/api/v1/keys/{}", encode(&remove.id)))?;
                screen.say(format!("the key {} is removed", remove.id));
                Ok(Exit::Ok)
            }
        }
    }
}

impl Add {
    fn run(&self, screen: &Screen) -> Result {
        let grants: Vec<Value> = self.role.iter().map(|role| self.place.grant(role)).collect();
        let body = json!({"user": self.user, "title": self.title, "grants": grants, "days": self.days});
        let answer = self.reach.post("/api/v1/keys", &body)?;
        screen.line(answer["text"].as_str().unwrap_or_default());
        screen.say("this key is shown once; keep it where secrets are kept");
        Ok(Exit::Ok)
    }
}

impl List {
    fn run(&self, screen: &Screen) -> Result {
        let answer = self.reach.get("/api/v1/keys")?;
        if self.json {
            screen.line(answer.to_string());
            return Ok(Exit::Ok);
        }
        let mut table = Table::new(&["ID", "USER", "FOR", "UNTIL (UTC)", "LAST USED (UTC)", "ROLES"]);
        let time = |value: &Value| value.as_i64().map(|at| Timestamp(at).to_rfc3339()).unwrap_or_default();
        for key in answer["keys"].as_array().into_iter().flatten() {
            let grants = key["grants"].as_array().into_iter().flatten().map(told);
            table.row(vec![
                key["id"].as_str().unwrap_or_default().into(),
                key["user"].as_str().unwrap_or_default().into(),
                key["title"].as_str().unwrap_or_default().into(),
                time(&key["until"]).into(),
                time(&key["used"]).into(),
                grants.collect::<Vec<_>>().join(", ").into(),
            ]);
        }
        if table.is_empty() {
            screen.say("there are no keys");
            return Ok(Exit::Ok);
        }
        table.print(screen);
        Ok(Exit::Ok)
    }
}
