//! `sinew user`: users of a running engine, and which roles they have.

use crate::{
    outcome::{Exit, Failure, Result},
    reach::Reach,
    screen::Screen,
    table::Table,
};
use clap::{Args, Subcommand};
use message::Timestamp;
use serde_json::{Value, json};
use server::client::encode;

/// Make, list and change the users of a running engine
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew user setup                                        a one-time token for the first administrator
  sinew user add ann --title \"Ann Quist\" --role analyst   prints her invitation
  sinew user grant bob operator --interface 'adt-*' --facility NORTH
  sinew user revoke bob operator
  sinew user reset bob                                    new password and second factor
  sinew user reset bob --password-only                    new password; the second factor stays
  sinew user disable bob                                  out at once, everywhere
  sinew user list

Who can open the control socket of the engine may do this. Roles: sinew role list.
Exit: 0, 1 no such user or nothing to do, 2 not understood, 3 no engine runs here.")]
pub struct User {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// A new one-time token for the first administrator
    #[command(after_help = "Examples:\n  sinew user setup")]
    Setup(Reaching),
    /// List the users
    #[command(after_help = "Examples:\n  sinew user list\n  sinew user list --json")]
    List(List),
    /// Make a user; prints the invitation of a person
    #[command(
        after_help = "Examples:\n  sinew user add ann --title \"Ann Quist\" --role analyst\n  sinew user add metrics --service --role viewer"
    )]
    Add(Add),
    /// Give a role, perhaps for some places only
    #[command(after_help = "Examples:\n  sinew user grant bob operator --interface 'adt-*' --facility NORTH")]
    Grant(Grant),
    /// Take a role away
    #[command(after_help = "Examples:\n  sinew user revoke bob operator")]
    Revoke(Revoke),
    /// Disable: out at once, everywhere
    #[command(after_help = "Examples:\n  sinew user disable bob")]
    Disable(Named),
    /// Enable again
    #[command(after_help = "Examples:\n  sinew user enable bob")]
    Enable(Named),
    /// Take password and second factors away, and invite again
    #[command(
        after_help = "Examples:\n  sinew user reset bob                    lost phone\n  sinew user reset bob --password-only    lost password"
    )]
    Reset(Reset),
    /// End every session
    #[command(after_help = "Examples:\n  sinew user sign-out bob")]
    SignOut(Named),
    /// Remove, with sessions and keys
    #[command(after_help = "Examples:\n  sinew user remove bob")]
    Remove(Named),
}

#[derive(Args, Debug)]
struct Reaching {
    #[command(flatten)]
    reach: Reach,
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
struct Named {
    /// The user
    name: String,
    #[command(flatten)]
    reach: Reach,
}

#[derive(Args, Debug)]
struct Reset {
    #[command(flatten)]
    user: Named,
    /// Leave the second factors: who forgot the password still shows one
    #[arg(long)]
    password_only: bool,
}

#[derive(Args, Debug)]
struct Add {
    /// 2 to 64 of a-z 0-9 . _ @ -
    name: String,
    /// The name as people write it
    #[arg(long, value_name = "TEXT", default_value = "")]
    title: String,
    /// A program: it gets keys and no password
    #[arg(long)]
    service: bool,
    #[command(flatten)]
    place: Places,
    /// A role, for these places
    #[arg(long, value_name = "ROLE")]
    role: Vec<String>,
    #[command(flatten)]
    reach: Reach,
}

#[derive(Args, Debug)]
struct Grant {
    /// The user
    name: String,
    /// The role
    role: String,
    #[command(flatten)]
    place: Places,
    /// Why: kept in the audit chain
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    #[command(flatten)]
    reach: Reach,
}

#[derive(Args, Debug)]
struct Revoke {
    /// The user
    name: String,
    /// The role
    role: String,
    /// Why: kept in the audit chain
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    #[command(flatten)]
    reach: Reach,
}

/// What a grant is limited to.
#[derive(Args, Debug)]
pub struct Places {
    /// Only this interface; `adt-*` is all that begin so. May be repeated
    #[arg(long, value_name = "NAME")]
    interface: Vec<String>,
    /// Only messages of this sending facility. May be repeated
    #[arg(long, value_name = "NAME")]
    facility: Vec<String>,
    /// See at most this much of patients: none, masked, full
    #[arg(long, value_name = "LEVEL", default_value = "full", value_parser = ["none", "masked", "full"])]
    patient: String,
}

impl Places {
    /// A grant of this role for these places.
    pub fn grant(&self, role: &str) -> Value {
        json!({"role": role, "interfaces": self.interface, "facilities": self.facility, "patient": self.patient})
    }
}

fn path(name: &str, act: &str) -> String {
    format!("/api/v1/users/{}{act}", encode(name))
}

/// Prints a token that is told once.
fn invite(screen: &Screen, answer: &Value) {
    let Some(token) = answer["token"].as_str() else { return };
    screen.line(token);
    let until = Timestamp(answer["until"].as_i64().unwrap_or(0)).to_rfc3339();
    screen
        .say(format!("this one-time token is shown once and good until {until}; it lets its owner choose a password"));
}

/// A grant in a cell: `operator adt-* @NORTH`.
pub fn told(grant: &Value) -> String {
    let list = |name: &str, mark: &str| {
        let names = grant[name].as_array().into_iter().flatten().filter_map(Value::as_str);
        names.map(|name| format!(" {mark}{name}")).collect::<String>()
    };
    let level = match grant["patient"].as_str() {
        Some("full") | None => String::new(),
        Some(level) => format!(" patients:{level}"),
    };
    format!(
        "{}{}{}{level}",
        grant["role"].as_str().unwrap_or_default(),
        list("interfaces", ""),
        list("facilities", "@")
    )
}

impl User {
    pub fn run(self, screen: &Screen) -> Result {
        match self.action {
            Action::Setup(setup) => {
                invite(screen, &setup.reach.post("/api/v1/setup", &json!({}))?);
                Ok(Exit::Ok)
            }
            Action::List(list) => list.run(screen),
            Action::Add(add) => add.run(screen),
            Action::Grant(grant) => grant.run(screen),
            Action::Revoke(revoke) => revoke.run(screen),
            Action::Disable(user) => user.act(screen, "/disable", "disabled"),
            Action::Enable(user) => user.act(screen, "/enable", "enabled"),
            Action::Reset(reset) if reset.password_only => {
                reset.user.act(screen, "/reset-password", "has no password any more")
            }
            Action::Reset(reset) => reset.user.act(screen, "/reset", "reset"),
            Action::SignOut(user) => user.act(screen, "/sign-out", "signed out"),
            Action::Remove(user) => {
                user.reach.delete(&path(&user.name, ""))?;
                screen.say(format!("{} removed", user.name));
                Ok(Exit::Ok)
            }
        }
    }
}

impl Named {
    fn act(&self, screen: &Screen, act: &str, done: &str) -> Result {
        let answer = self.reach.post(&path(&self.name, act), &json!({}))?;
        screen.say(format!("{} {done}", self.name));
        invite(screen, &answer);
        Ok(Exit::Ok)
    }
}

impl List {
    fn run(&self, screen: &Screen) -> Result {
        let answer = self.reach.get("/api/v1/users")?;
        if self.json {
            screen.line(answer.to_string());
            return Ok(Exit::Ok);
        }
        let mut table = Table::new(&["NAME", "TITLE", "STATE", "SECOND FACTOR", "LAST SIGN-IN (UTC)", "ROLES"]);
        let list = |value: &Value, told: &dyn Fn(&Value) -> String| {
            value.as_array().into_iter().flatten().map(told).collect::<Vec<_>>().join(", ")
        };
        for user in answer["users"].as_array().into_iter().flatten() {
            let is = |name: &str| user[name].as_bool().unwrap_or(false);
            let state = match (is("is_disabled"), is("is_service"), is("has_password")) {
                (true, ..) => "disabled",
                (false, true, _) => "service",
                (false, false, true) => "active",
                (false, false, false) => "invited",
            };
            let seen = user["last_sign_in"].as_i64().map(|at| Timestamp(at).to_rfc3339()).unwrap_or_default();
            table.row(vec![
                user["name"].as_str().unwrap_or_default().into(),
                user["title"].as_str().unwrap_or_default().into(),
                state.into(),
                list(&user["factors"], &|factor| factor.as_str().unwrap_or_default().to_owned()).into(),
                seen.into(),
                list(&user["grants"], &told).into(),
            ]);
        }
        if table.is_empty() {
            screen.say("there are no users yet; `sinew user setup` makes the token for the first");
            return Ok(Exit::Ok);
        }
        table.print(screen);
        Ok(Exit::Ok)
    }
}

impl Add {
    fn run(&self, screen: &Screen) -> Result {
        let grants: Vec<Value> = self.role.iter().map(|role| self.place.grant(role)).collect();
        let body = json!({"name": self.name, "title": self.title, "is_service": self.service, "grants": grants});
        let answer = self.reach.post("/api/v1/users", &body)?;
        screen.say(format!("{} made", self.name));
        invite(screen, &answer);
        Ok(Exit::Ok)
    }
}

/// The grants of a user.
fn grants(reach: &Reach, name: &str) -> Result<Vec<Value>> {
    let user = reach.get(&path(name, ""))?;
    Ok(user["user"]["grants"].as_array().cloned().unwrap_or_default())
}

impl Grant {
    fn run(&self, screen: &Screen) -> Result {
        let mut grants = grants(&self.reach, &self.name)?;
        grants.push(self.place.grant(&self.role));
        self.reach.put(&path(&self.name, "/grants"), &json!({"grants": grants, "reason": self.reason}))?;
        screen.say(format!("{} has the role {}", self.name, self.role));
        Ok(Exit::Ok)
    }
}

impl Revoke {
    fn run(&self, screen: &Screen) -> Result {
        let mut grants = grants(&self.reach, &self.name)?;
        let before = grants.len();
        grants.retain(|grant| grant["role"] != *self.role);
        if grants.len() == before {
            return Err(Failure::new(Exit::Problems, format!("{} does not have the role {}", self.name, self.role)));
        }
        self.reach.put(&path(&self.name, "/grants"), &json!({"grants": grants, "reason": self.reason}))?;
        screen.say(format!("{} has the role {} no more", self.name, self.role));
        Ok(Exit::Ok)
    }
}
