//! `sinew key status` and `sinew key rotate`: the master key that seals the store.
//!
//! Promises: an engine that runs does the work itself, and messages go on; where none runs, the command does the same to the
//! store. No output holds a key.

use crate::{
    commands::backup::uid,
    host::store_failure,
    outcome::{Exit, Failure, Result},
    place::{self, Place},
    reach,
    run::block_on,
    screen::Screen,
    table::count,
};
use clap::Args;
use interface::workspace::{KeyPlace, StoreEngine, Workspace};
use message::{Clock as _, clock};
use serde_json::{Value, json};
use server::{
    client::{Client, Error},
    store_key,
};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use store::{AuditEntry, MasterKey, Store};
use zeroize::Zeroizing;

/// Pause between looks at an exchange under way.
const LOOK_PAUSE: Duration = Duration::from_millis(100);
/// Where the API tells of the key, and exchanges it.
pub(crate) const PATH: &str = "/api/v1/store/key";

/// See [`Status::run`].
#[derive(Args, Debug)]
pub(super) struct Status {
    /// One JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// See [`Rotate::run`].
#[derive(Args, Debug)]
pub(super) struct Rotate {
    /// The new key, 64 hexadecimal digits; without it, one is made and put in the place of the old one
    #[arg(long, value_name = "FILE")]
    new_key: Option<PathBuf>,
    /// Do it; without it, only say what would be done
    #[arg(long)]
    yes: bool,
    /// Only say what would be done, and end well
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Why: kept in the audit chain
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Where `sinew.toml` says that the key is.
fn said(workspace: &Workspace) -> String {
    match &workspace.server.key {
        None => place::store_folder(workspace).join("keys/master.key").display().to_string(),
        Some(KeyPlace::File(path)) => workspace.folder.join(path).display().to_string(),
        Some(KeyPlace::Variable(name)) => format!("the variable {name}"),
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// The state of the key: the engine's word, or what lies there where none runs.
fn state(workspace: &Workspace) -> Result<Value> {
    let data = place::store_folder(workspace);
    match block_on(Client::new(&data).get(PATH))? {
        Ok(told) => Ok(told),
        Err(Error::NotRunning(_)) => {
            let options = place::store_options(workspace)?;
            let state = Store::key_in(&data, &options).map_err(|error| store_failure(&error))?;
            Ok(store_key::shown(&state, None))
        }
        Err(refused) => Err(reach::failure(refused)),
    }
}

impl Status {
    pub(super) fn run(&self, screen: &Screen) -> Result {
        let (workspace, _) = self.place.load()?;
        let told = state(&workspace)?;
        if self.json {
            screen.line(told.to_string());
            return Ok(Exit::Ok);
        }
        let since = match told["since"].as_str().and_then(|since| since.get(..10)) {
            Some(since) => format!("since {since}"),
            None => "since when: only a running engine knows".to_owned(),
        };
        screen.line(format!("{}  in {}, {since}", text(&told, "id"), said(&workspace)));
        let unfinished = &told["unfinished"];
        if told["is_running"] == true {
            let number = |name: &str| told["progress"][name].as_u64().unwrap_or(0);
            screen.line(format!("  is being put under the store: {} of {}", number("done"), number("all")));
        } else if !unfinished.is_null() {
            let (before, begun) = (text(unfinished, "before"), text(unfinished, "begun"));
            screen.line(format!(
                "  takes the place of {before} since {begun}, which opens the store as well until the end"
            ));
            screen.say(format!("  {}", waits(&workspace, unfinished["waits_for_people"] == true)));
        }
        for kept in told["kept"].as_array().into_iter().flatten() {
            screen.line(format!("  {} was put aside in {}", text(kept, "id"), text(kept, "file")));
        }
        if told["kept"].as_array().is_some_and(|kept| !kept.is_empty()) {
            screen.say(format!("  {}", needed(&workspace)));
        }
        Ok(Exit::Ok)
    }
}

/// What has to be done for an exchange to come to its end.
fn waits(workspace: &Workspace, is_wrapped: bool) -> String {
    match &workspace.server.key {
        Some(KeyPlace::Variable(name)) if is_wrapped => {
            format!("put the new key where the variable {name} is set; the next start with it ends the exchange")
        }
        Some(KeyPlace::File(_)) if is_wrapped => {
            format!("put the new key into {}, and end the exchange with `sinew key rotate --yes`", said(workspace))
        }
        _ => "`sinew key rotate --yes` goes on with it".to_owned(),
    }
}

/// Who still needs a key that was put aside.
fn needed(workspace: &Workspace) -> &'static str {
    match workspace.server.engine {
        StoreEngine::Postgres => {
            "keep the old key until no dump or base backup of the database from before is left: it opens them"
        }
        StoreEngine::Embedded => {
            "backups of `sinew backup` bring their own key; keep the old one until no other copy of the data from before \
             (a snapshot, a copy of the folder) is left: it opens them"
        }
    }
}

impl Rotate {
    pub(super) fn run(&self, screen: &Screen) -> Result {
        let (workspace, _) = self.place.load()?;
        let new = self.new_key.as_deref().map(read).transpose()?;
        let told = state(&workspace)?;
        if !self.yes {
            return self.plan(screen, &workspace, &told);
        }
        if self.reason.trim().is_empty() && told["unfinished"].is_null() {
            return Err(Failure::usage("say why the key is changed: it is kept in the audit chain")
                .code(server::codes::E7003)
                .hint("--reason \"yearly change\""));
        }
        let reason = if self.reason.trim().is_empty() { "the exchange is gone on with" } else { &self.reason };
        let body = json!({"key": new.as_ref().map(MasterKey::to_text), "reason": reason});
        let client = Client::new(&place::store_folder(&workspace));
        let done = match block_on(client.post(PATH, &body))? {
            Ok(_) => wait(screen, &client)?,
            Err(Error::NotRunning(_)) => alone(screen, &workspace, new, reason)?,
            Err(refused) => return Err(reach::failure(refused)),
        };
        screen.end_progress();
        self.show(screen, &workspace, &done)
    }

    fn plan(&self, screen: &Screen, workspace: &Workspace, told: &Value) -> Result {
        let end = if self.dry_run { Exit::Ok } else { Exit::Refused };
        let how = match (&self.new_key, &workspace.server.key) {
            _ if !told["unfinished"].is_null() => "the exchange that was begun is gone on with".to_owned(),
            (Some(file), _) => format!("the one in {} takes its place", file.display()),
            (None, Some(KeyPlace::Variable(name))) => {
                return Err(Failure::usage(format!("the key comes from the variable {name}: give the new one"))
                    .code(store::codes::E4014)
                    .hint("openssl rand -hex 32 > new.key; sinew key rotate --new-key new.key"));
            }
            (None, _) => format!("a new one is made, and takes its place in {}", said(workspace)),
        };
        if self.json {
            let plan = json!({"schema": "sinew.key-plan/1", "id": told["id"], "unfinished": told["unfinished"],
                "is_done": false, "what": how});
            screen.line(plan.to_string());
            return Ok(end);
        }
        screen.line(format!("the store has the master key {}, in {}", text(told, "id"), said(workspace)));
        screen.line(format!(
            "  {how}; every key below it, secrets included, is wrapped anew. Messages go on, none is rewritten"
        ));
        screen.line(format!("  {}", needed(workspace)));
        screen.say("--yes --reason \"...\" does it");
        Ok(end)
    }

    fn show(&self, screen: &Screen, workspace: &Workspace, done: &Value) -> Result {
        let unreadable: Vec<&str> =
            done["unreadable"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let end = if unreadable.is_empty() { Exit::Ok } else { Exit::Problems };
        if self.json {
            screen.line(done.to_string());
            return Ok(end);
        }
        let (before, after) = (text(done, "before"), text(done, "after"));
        let wrapped = count(done["count"].as_u64().unwrap_or(0), "key");
        screen.line(format!(
            "{} {after} takes the place of {before}: {wrapped} wrapped anew",
            screen.mark(end == Exit::Ok)
        ));
        for file in &unreadable {
            screen.line(format!("  {file} opens with neither key: it was damaged before, and is left as it is"));
        }
        if let Some(kept) = done["kept"].as_str() {
            screen.line(format!("  the old key was put aside in {kept}"));
        }
        if done["is_in_place"] == true {
            screen.say(format!("  keep a copy of the new key in a safe place; {}", needed(workspace)));
        } else {
            screen.say(format!("  both keys open the store until the end: {}", waits(workspace, true)));
        }
        Ok(end)
    }
}

/// A key from a file.
fn read(file: &Path) -> Result<MasterKey> {
    let text = std::fs::read_to_string(file).map(Zeroizing::new);
    let text = text.map_err(|error| Failure::unreachable(format!("{}: {error}", file.display())))?;
    MasterKey::from_text(&text).map_err(|error| {
        let failure = Failure::usage(format!("{}: {error}", file.display())).code(error.code());
        failure.hint("openssl rand -hex 32 makes one")
    })
}

/// Asks the engine until it is done.
fn wait(screen: &Screen, client: &Client) -> Result<Value> {
    loop {
        let told = block_on(client.get(PATH))?.map_err(reach::failure)?;
        if told["is_running"] == false {
            screen.end_progress();
            return match (&told["ended"], &told["failed"]) {
                (Value::Null, Value::Null) => Ok(told),
                (Value::Null, failed) => Err(refused(text(failed, "text"), text(failed, "code"))),
                (ended, _) => Ok(ended.clone()),
            };
        }
        let number = |name: &str| told["progress"][name].as_u64().unwrap_or(0);
        screen.progress(&format!("key {} of {}", number("done"), number("all")));
        std::thread::sleep(LOOK_PAUSE);
    }
}

fn refused(text: &str, code: &str) -> Failure {
    let failure = Failure::unreachable(text).hint("both keys open the store; `sinew key rotate --yes` goes on with it");
    match reach::known(code) {
        Some(code) => failure.code(code),
        None => failure,
    }
}

/// No engine runs: the command opens the store itself.
fn alone(screen: &Screen, workspace: &Workspace, new: Option<MasterKey>, reason: &str) -> Result<Value> {
    let options = place::store_options(workspace)?;
    let store = Store::open(&place::store_folder(workspace), &options);
    let store = store.map(|(store, _)| store).map_err(|error| store_failure(&error))?;
    let done = exchange(screen, &store, new, reason);
    let closed = block_on(store.close())?;
    let done = done.map_err(|error| store_failure(&error))?;
    closed.map_err(|error| store_failure(&error))?;
    Ok(done)
}

fn exchange(
    screen: &Screen,
    store: &Store,
    new: Option<MasterKey>,
    reason: &str,
) -> std::result::Result<Value, store::Error> {
    let state = store.key()?;
    let who = format!("local uid {}", uid());
    let (before, new) = match (new, &state.unfinished) {
        (Some(new), Some(unfinished)) if new.id() == state.id => (unfinished.before, None),
        (None, Some(unfinished)) => (unfinished.before, None),
        (Some(new), _) => {
            store.may_become(&new)?;
            (state.id, Some(new))
        }
        (None, None) => (state.id, Some(store.new_key()?)),
    };
    let object = store_key::object(before, new.as_ref().map_or(state.id, MasterKey::id));
    let (act, reason) = (store_key::ASKED.to_owned(), reason.to_owned());
    let asked = AuditEntry { who: who.clone(), act, object, reason, ..AuditEntry::default() };
    store.audit().append(clock::System.now(), &asked)?;
    let mut progress = |at: store::keys::Progress| screen.progress(&format!("key {} of {}", at.done, at.all));
    let done = match new {
        Some(new) => store.rotate(&new, &mut progress).map(Some),
        None => store.resume_rotation(&mut progress),
    };
    let Some(done) = done.transpose() else { return Ok(store_key::shown(&store.key()?, None)) };
    store.audit().append(clock::System.now(), &store_key::entry(&who, &done))?;
    done.map(|rotated| store_key::ended(&rotated))
}
