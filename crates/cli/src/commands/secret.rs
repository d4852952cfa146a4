//! `sinew secret`: passwords and keys of partners, sealed beside the store, for `secret:name`.

use crate::{
    commands::backup::uid,
    host::store_failure,
    outcome::{Exit, Failure, Result},
    place::{self, Place},
    reach,
    run::block_on,
    screen::Screen,
    secrets,
    table::Table,
};
use clap::{Args, Subcommand};
use interface::workspace::Workspace;
use message::{Clock as _, clock};
use serde_json::json;
use server::{
    client::{Client, Error, encode},
    secrets::{Secret as Known, in_use},
};
use std::{
    io::{IsTerminal as _, Read as _},
    path::PathBuf,
};
use store::{
    AuditEntry, Store,
    vault::{SECRET_BYTES_MAX, check},
};
use zeroize::Zeroizing;

/// Keep passwords and keys of partners sealed, for `secret:name`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew secret set lab-password < password.txt
  sinew secret set hub-key --file hub.key
  sinew secret list                            names, since when, by whom, who uses them; a text is never shown again
  sinew secret remove lab-password

An interface names it as `password secret:lab-password`. What environments/NAME.toml says under [secrets] (env:, file:,
credential:) goes first. Where an engine runs, it keeps the text; where none runs, the command writes the same file. The audit
chain says who gave it. `sinew reload` makes a running engine take the new text.
Exit: 0, 1 there is no such secret or an interface needs it, 2 not understood, 3 the file cannot be read.")]
pub struct Secret {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Keep a secret, read from standard input or a file
    #[command(
        after_help = "Examples:\n  sinew secret set lab-password < password.txt\n  sinew secret set hub-key --file hub.key"
    )]
    Set(Set),
    /// List the names, since when they are kept and who uses them
    #[command(after_help = "Examples:\n  sinew secret list\n  sinew secret list --json")]
    List(List),
    /// Forget a secret
    #[command(
        after_help = "Examples:\n  sinew secret remove lab-password\n  sinew secret remove lab-password --yes    also where an interface names it"
    )]
    Remove(Remove),
}

#[derive(Args, Debug)]
struct Set {
    /// Its name
    name: String,
    /// Read it from here
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Why: kept in the audit chain
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Debug)]
struct List {
    /// One JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Debug)]
struct Remove {
    /// Its name
    name: String,
    /// Also where an interface names it: that interface does not start again without it
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    place: Place,
}

impl Secret {
    pub fn run(self, screen: &Screen) -> Result {
        match self.action {
            Action::Set(set) => set.run(screen),
            Action::List(list) => list.run(screen),
            Action::Remove(remove) => remove.run(screen),
        }
    }
}

/// Where a command works: the engine, if one runs, and the vault that both write.
struct Desk {
    workspace: Workspace,
    vault: secrets::Place,
}

impl Desk {
    fn at(place: &Place) -> Result<Desk> {
        let (workspace, _) = place.load()?;
        Ok(Desk { vault: secrets::Place::of(&workspace)?, workspace })
    }

    fn client(&self) -> Client {
        Client::new(&place::store_folder(&self.workspace))
    }

    fn secrets(&self) -> Result<Vec<Known>> {
        self.vault.list(&self.workspace).map_err(|error| store_failure(&error))
    }
}

/// Whether an engine did it; `false` where none runs.
fn asked<T>(answer: std::result::Result<T, Error>) -> Result<bool> {
    match answer {
        Ok(_) => Ok(true),
        Err(Error::NotRunning(_)) => Ok(false),
        Err(error) => Err(reach::failure(error)),
    }
}

/// What the command does where no engine runs, on record like what an engine does: first the record, then the act. Before the
/// first start there is no store to record it in; the vault keeps who set a text, and when.
fn recorded<T>(
    desk: &Desk,
    (act, name, reason): (&str, &str, &str),
    work: impl FnOnce() -> std::result::Result<T, store::Error>,
) -> Result<T> {
    let (data, options) = (place::store_folder(&desk.workspace), place::store_options(&desk.workspace)?);
    let is_there = match options.engine {
        store::Engine::Embedded => data.join("store.id").exists(),
        store::Engine::Postgres(_) => true,
    };
    if !is_there {
        return work().map_err(|error| store_failure(&error));
    }
    let (store, _) = Store::open(&data, &options).map_err(|error| store_failure(&error))?;
    let entry = AuditEntry {
        who: local(),
        act: act.to_owned(),
        object: name.to_owned(),
        reason: reason.to_owned(),
        ..AuditEntry::default()
    };
    let done = store.audit().append(clock::System.now(), &entry).and_then(|_| work());
    let closed = block_on(store.close())?;
    let done = done.map_err(|error| store_failure(&error))?;
    closed.map_err(|error| store_failure(&error))?;
    Ok(done)
}

/// Who works here, as the audit chain names them.
fn local() -> String {
    format!("local uid {}", uid())
}

impl Set {
    fn run(&self, screen: &Screen) -> Result {
        let unreadable = |name: String| move |error: std::io::Error| Failure::unreachable(format!("{name}: {error}"));
        let mut text = Zeroizing::new(String::new());
        let limit = SECRET_BYTES_MAX as u64 + 2;
        match &self.file {
            Some(path) => {
                let file = std::fs::File::open(path).map_err(unreadable(path.display().to_string()))?;
                file.take(limit).read_to_string(&mut text).map_err(unreadable(path.display().to_string()))?;
            }
            None => {
                if std::io::stdin().is_terminal() {
                    screen.say("write the secret, then Ctrl-D; it is shown while you type: a pipe or --file is better");
                }
                std::io::stdin()
                    .lock()
                    .take(limit)
                    .read_to_string(&mut text)
                    .map_err(unreadable("stdin".to_owned()))?;
            }
        }
        let text = Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned());
        let desk = Desk::at(&self.place)?;
        let path = format!("/api/v1/secrets/{}", encode(&self.name));
        let body = json!({"text": &*text, "reason": self.reason});
        if !asked(block_on(async { desk.client().put(&path, &body).await })?)? {
            check(&self.name, &text).map_err(|error| store_failure(&error))?;
            let mark = (&*local(), clock::System.now());
            recorded(&desk, ("set secret", &self.name, &self.reason), || desk.vault.set(&self.name, text, mark))?;
        }
        screen.say(format!("kept; an interface names it as secret:{}", self.name));
        Ok(Exit::Ok)
    }
}

impl List {
    fn run(&self, screen: &Screen) -> Result {
        let secrets = Desk::at(&self.place)?.secrets()?;
        if self.json {
            screen.line(json!({"schema": "sinew.secrets/2", "secrets": secrets}).to_string());
            return Ok(Exit::Ok);
        }
        let mut table = Table::new(&["NAME", "PLACE", "SET (UTC)", "BY", "USED BY"]);
        for secret in secrets {
            let set = secret.set.map(|at| at.to_rfc3339()).unwrap_or_default();
            table.row(vec![
                secret.name.into(),
                secret.place.into(),
                set.into(),
                secret.by.into(),
                secret.used_by.join(", ").into(),
            ]);
        }
        if table.is_empty() {
            screen.say("there are no secrets: `sinew secret set NAME` keeps one");
        } else {
            table.print(screen);
        }
        Ok(Exit::Ok)
    }
}

impl Remove {
    fn run(&self, screen: &Screen) -> Result {
        let desk = Desk::at(&self.place)?;
        let path = format!("/api/v1/secrets/{}?is_confirmed={}", encode(&self.name), self.yes);
        if !asked(block_on(async { desk.client().delete(&path).await })?)? {
            self.remove_here(&desk)?;
        }
        screen.say(format!("the secret {} is removed", self.name));
        Ok(Exit::Ok)
    }

    /// As the engine does it.
    fn remove_here(&self, desk: &Desk) -> Result<()> {
        let found = desk.secrets()?.into_iter().find(|secret| secret.name == self.name && secret.is_kept);
        let none = || {
            Failure::new(Exit::Problems, "there is no secret of that name in the vault")
                .code(server::codes::E7304)
                .hint("`sinew secret list` shows the names")
        };
        if let Some(reason) = in_use(&found.ok_or_else(none)?).filter(|_| !self.yes) {
            let failure = Failure::new(Exit::Problems, reason.text).code(server::codes::E7306);
            return Err(failure.hint("--yes removes it all the same"));
        }
        recorded(desk, ("remove secret", &self.name, ""), || desk.vault.remove(&self.name)).map(drop)
    }
}
