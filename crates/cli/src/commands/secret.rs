//! `sinew secret`: passwords and keys of partners, sealed beside the store, for `secret:name`.

use crate::{
    host::store_failure,
    outcome::{Exit, Failure, Result},
    place::{self, Place},
    screen::Screen,
};
use clap::{Args, Subcommand};
use serde_json::json;
use std::{
    io::{IsTerminal as _, Read as _},
    path::PathBuf,
};
use store::vault::{SECRET_BYTES_MAX, Vault};
use zeroize::Zeroizing;

/// Keep passwords and keys of partners sealed, for `secret:name`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew secret set lab-password < password.txt
  sinew secret set hub-key --file hub.key
  sinew secret list                            names; a text is never shown again
  sinew secret remove lab-password

An interface names it as `password secret:lab-password`. What environments/NAME.toml says under [secrets] (env:, file:,
credential:) goes first. `sinew reload` makes a running engine take the new text.
Exit: 0, 1 there is no such secret, 2 not understood, 3 the file cannot be read.")]
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
    /// List the names
    #[command(after_help = "Examples:\n  sinew secret list\n  sinew secret list --json")]
    List(List),
    /// Forget a secret
    #[command(after_help = "Examples:\n  sinew secret remove lab-password")]
    Remove(Remove),
}

#[derive(Args, Debug)]
struct Set {
    /// Its name
    name: String,
    /// Read it from here
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
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
    #[command(flatten)]
    place: Place,
}

impl Secret {
    pub fn run(self, screen: &Screen) -> Result {
        match self.action {
            Action::Set(set) => set.run(screen),
            Action::List(list) => list.run(screen),
            Action::Remove(remove) => {
                let (data, options) = at(&remove.place)?;
                let vault = Vault::open(&data, &options).map_err(|error| store_failure(&error))?;
                let is_gone = vault.map_or(Ok(false), |mut vault| vault.remove(&remove.name));
                match is_gone.map_err(|error| store_failure(&error))? {
                    true => {
                        screen.say(format!("the secret {} is removed", remove.name));
                        Ok(Exit::Ok)
                    }
                    false => Err(Failure::new(Exit::Problems, "there is no secret of that name")
                        .code(server::codes::E7304)
                        .hint("`sinew secret list` shows the names")),
                }
            }
        }
    }
}

/// Where the vault is. What the interfaces say does not matter: a secret may be what they miss.
fn at(place: &Place) -> Result<(PathBuf, store::Options)> {
    let (workspace, _) = place.load()?;
    Ok((place::store_folder(&workspace), place::store_options(&workspace)?))
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
        let (data, options) = at(&self.place)?;
        let mut vault = Vault::open_or_make(&data, &options).map_err(|error| store_failure(&error))?;
        vault.set(&self.name, text).map_err(|error| store_failure(&error))?;
        screen.say(format!("kept; an interface names it as secret:{}", self.name));
        Ok(Exit::Ok)
    }
}

impl List {
    fn run(&self, screen: &Screen) -> Result {
        let (data, options) = at(&self.place)?;
        let vault = Vault::open(&data, &options).map_err(|error| store_failure(&error))?;
        let names: Vec<&str> = vault.iter().flat_map(Vault::names).collect();
        if self.json {
            screen.line(json!({"schema": "sinew.secrets/1", "secrets": names}).to_string());
        } else if names.is_empty() {
            screen.say("there are no secrets: `sinew secret set NAME` keeps one");
        } else {
            names.iter().for_each(|name| screen.line(*name));
        }
        Ok(Exit::Ok)
    }
}
