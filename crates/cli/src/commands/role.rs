//! `sinew role`: what roles allow, and roles of this site.

use crate::{
    outcome::{Exit, Result},
    reach::Reach,
    screen::Screen,
    table::Table,
};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use server::client::encode;

/// List roles and what they allow, make roles of this site
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew role list
  sinew role add night-shift --title \"Keeps lab results flowing\" --right look --right steer
  sinew role remove night-shift

Exit: 0, 1 no such role or it is there, 2 not understood, 3 no engine runs here.")]
pub struct Role {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List roles and their rights
    #[command(after_help = "Examples:\n  sinew role list")]
    List(List),
    /// Make a role of this site
    #[command(
        after_help = "Examples:\n  sinew role add night-shift --title \"Keeps lab results flowing\" --right look --right steer"
    )]
    Add(Add),
    /// Remove a role of this site: who had it has it no more
    #[command(after_help = "Examples:\n  sinew role remove night-shift")]
    Remove(Remove),
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
    /// 2 to 64 of a-z 0-9 . _ @ -
    name: String,
    /// One line for people
    #[arg(long, value_name = "TEXT", default_value = "")]
    title: String,
    /// A right; may be repeated
    #[arg(long, value_name = "RIGHT", required = true, value_parser = server::rights::Right::ALL.map(server::rights::Right::name))]
    right: Vec<String>,
    #[command(flatten)]
    reach: Reach,
}

#[derive(Args, Debug)]
struct Remove {
    /// The role
    name: String,
    #[command(flatten)]
    reach: Reach,
}

impl Role {
    pub fn run(self, screen: &Screen) -> Result {
        match self.action {
            Action::List(list) => list.run(screen),
            Action::Add(add) => {
                let body = json!({"name": add.name, "title": add.title, "rights": add.right});
                add.reach.post("/api/v1/roles", &body)?;
                screen.say(format!("the role {} is made", add.name));
                Ok(Exit::Ok)
            }
            Action::Remove(remove) => {
                remove.reach.delete(&format!("/api/v1/roles/{}", encode(&remove.name)))?;
                screen.say(format!("the role {} is removed", remove.name));
                Ok(Exit::Ok)
            }
        }
    }
}

impl List {
    fn run(&self, screen: &Screen) -> Result {
        let answer = self.reach.get("/api/v1/roles")?;
        if self.json {
            screen.line(answer.to_string());
            return Ok(Exit::Ok);
        }
        let mut table = Table::new(&["ROLE", "ALLOWS", "FOR"]);
        for role in answer["roles"].as_array().into_iter().flatten() {
            let rights = role["rights"].as_array().into_iter().flatten().filter_map(Value::as_str);
            table.row(vec![
                role["name"].as_str().unwrap_or_default().into(),
                rights.collect::<Vec<_>>().join(" ").into(),
                role["title"].as_str().unwrap_or_default().into(),
            ]);
        }
        table.print(screen);
        Ok(Exit::Ok)
    }
}
