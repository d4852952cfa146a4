//! How backups are made of a workspace: by the running engine, or by the command itself when none runs.
//!
//! Owns what a backup is told besides the store (files, versions, recipients) and the words of its errors.

use crate::{
    outcome::{Exit, Failure, Result},
    place, watch,
};
use interface::workspace::{StoreEngine, Workspace};
use message::Reason;
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use store::{
    AuditEntry, Store,
    age::{Identity, Recipient},
    backup::{Error, Manifest, Order, Progress, Repository},
};

/// Where backups go, and who can open them.
#[derive(Clone, Debug)]
pub struct Target {
    /// The repository.
    pub to: PathBuf,
    /// As written.
    pub recipients: Vec<String>,
}

/// What `sinew.toml` says, unless the command line says otherwise.
pub fn target(workspace: &Workspace, to: Option<PathBuf>, recipients: Vec<String>) -> Result<Target> {
    let settings = &workspace.server;
    if settings.engine == StoreEngine::Postgres {
        return Err(Failure::usage("messages are kept in PostgreSQL, which is backed up by its own means")
            .code(store::codes::E4008)
            .hint("pg_basebackup with archived write-ahead logs, and the key in a backup of its own; see docs/how-to/postgresql.md"));
    }
    let written = || settings.backup_recipients.iter().map(ToString::to_string).collect();
    let recipients: Vec<String> = if recipients.is_empty() { written() } else { recipients };
    if recipients.is_empty() {
        return Err(Failure::usage("it is not said to whom backups are encrypted")
            .code(server::codes::E7020)
            .hint("make a key with `sinew backup key FILE`, and put its recipient into sinew.toml"));
    }
    Ok(Target { to: repository(Some(workspace), to)?, recipients })
}

/// The repository that is named, or that `sinew.toml` names.
pub fn repository(workspace: Option<&Workspace>, named: Option<PathBuf>) -> Result<PathBuf> {
    if let Some(named) = named {
        return std::path::absolute(&named)
            .map_err(|error| Failure::unreachable(format!("{}: {error}", named.display())));
    }
    let set = workspace.and_then(|workspace| Some(workspace.folder.join(workspace.server.backup_to.as_ref()?)));
    set.ok_or_else(|| {
        Failure::usage("it is not said where backups are")
            .code(server::codes::E7020)
            .hint("name the folder, or put it into sinew.toml: [backup], to = \"/mnt/backup/NAME\"")
    })
}

/// The identities of a key file.
pub fn identities(file: &Path) -> Result<Vec<Identity>> {
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|error| Failure::unreachable(format!("{}: {error}", file.display())))?;
    Identity::read_all(&text)
        .map_err(|error| Failure::usage(format!("{}: {error}", file.display())).code(store::codes::E4044))
}

/// What is backed up besides the store.
fn order(workspace: &Workspace, recipients: &[String]) -> std::result::Result<Order, Error> {
    let wrong = |error: store::age::Error| Error::Misconfigured { what: error.to_string().into() };
    let recipients: Vec<Recipient> =
        recipients.iter().map(|text| text.parse()).collect::<std::result::Result<_, _>>().map_err(wrong)?;
    let mut files = store::backup::Files::new();
    for path in watch::files(&workspace.folder).into_keys() {
        let Ok(inside) = path.strip_prefix(&workspace.folder) else { continue };
        let unreadable = |error| Error::Unavailable { what: format!("{}: {error}", path.display()).into() };
        files.push((inside.to_string_lossy().into_owned(), std::fs::read(&path).map_err(unreadable)?));
    }
    Ok(Order {
        recipients,
        workspace: files,
        environment: workspace.environment.to_string(),
        interfaces: workspace.definitions.iter().map(|d| (d.name.to_string(), d.version)).collect(),
        sinew: env!("CARGO_PKG_VERSION").into(),
    })
}

/// Makes a backup, and records in the audit chain that it was made.
pub fn make(
    store: &Store,
    workspace: &Workspace,
    target: &Target,
    (by, reason): (&str, &str),
    progress: &mut dyn FnMut(Progress),
) -> std::result::Result<Manifest, Error> {
    let order = order(workspace, &target.recipients)?;
    let manifest = store.backup(&Repository::at(&target.to), &order, progress)?;
    let object = format!("backup {} ({})", manifest.number, target.to.display());
    let entry =
        AuditEntry { who: by.into(), act: "backup".into(), object, reason: reason.into(), ..AuditEntry::default() };
    store.audit().append(manifest.at(), &entry)?;
    Ok(manifest)
}

/// A backup as the commands tell it.
pub fn told(manifest: &Manifest, to: &Path) -> Value {
    let messages: u64 = manifest.counts.values().map(|row| message::Counts::from(*row).accepted).sum();
    json!({
        "schema": "sinew.backup-made/1",
        "number": manifest.number,
        "made": manifest.made,
        "repository": to.display().to_string(),
        "file": format!("backups/{}", manifest.file_name()),
        "end": manifest.end,
        "messages": messages,
        "newest": manifest.newest,
        "added": manifest.added,
        "bytes": manifest.bytes(),
        "recipients": manifest.recipients,
    })
}

/// The backup of a running engine: one at a time, its progress to be asked for.
#[derive(Default)]
pub struct Desk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    is_running: bool,
    progress: Progress,
    ended: Option<std::result::Result<Value, Reason>>,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk {
    /// Begins one; `make` runs on a thread of its own.
    pub fn begin<F>(&self, to: &Path, make: F) -> std::result::Result<Value, Reason>
    where
        F: FnOnce(&mut dyn FnMut(Progress)) -> std::result::Result<Value, Error> + Send + 'static,
    {
        let mut state = lock(&self.0);
        if state.is_running {
            return Err(Error::Busy { repository: to.display().to_string().into() }.reason());
        }
        *state = State { is_running: true, ..State::default() };
        drop(state);
        let own = self.0.clone();
        let run = move || {
            let made = make(&mut |progress| lock(&own).progress = progress);
            let mut state = lock(&own);
            state.is_running = false;
            state.ended = Some(made.map_err(|error| error.reason()));
        };
        let started = std::thread::Builder::new().name("sinew-backup".into()).spawn(run);
        if started.is_err() {
            lock(&self.0).is_running = false;
            return Err(Error::Unavailable { what: "no thread for the backup".into() }.reason());
        }
        Ok(self.look())
    }

    /// How it is.
    pub fn look(&self) -> Value {
        let state = lock(&self.0);
        let (made, failed) = match &state.ended {
            Some(Ok(made)) => (Some(made), None),
            Some(Err(reason)) => (None, Some(reason)),
            None => (None, None),
        };
        json!({"schema": "sinew.backup-state/1", "is_running": state.is_running, "progress": state.progress,
            "made": made, "failed": failed})
    }
}

/// The errors of backups on the command line.
pub fn failure(error: &Error) -> Failure {
    let exit = match error {
        Error::Unavailable { .. } | Error::NoBackup { .. } => Exit::Unreachable,
        Error::Damaged { .. } | Error::Missing { .. } | Error::Broken { .. } | Error::Incompatible { .. } => {
            Exit::Problems
        }
        Error::WrongKey { .. } | Error::Misconfigured { .. } => Exit::Usage,
        Error::NotEmpty { .. } | Error::Busy { .. } | Error::Foreign { .. } => Exit::Refused,
        Error::Store(error) => return crate::host::store_failure(error),
    };
    Failure::new(exit, error.to_string()).code(error.code())
}

/// Opens the store of a workspace whose engine does not run.
pub fn open_store(workspace: &Workspace) -> Result<Store> {
    let options = place::store_options(workspace)?;
    let data = place::store_folder(workspace);
    if !data.join("store.id").exists() {
        return Err(Failure::unreachable(format!("{} holds no store: there is nothing to back up", data.display())));
    }
    Store::open(&data, &options).map(|(store, _)| store).map_err(|error| crate::host::store_failure(&error))
}

/// `1.2 GB`, for people.
pub fn size(bytes: u64) -> String {
    let units = [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)];
    let found = units.iter().find(|(_, unit)| bytes as f64 >= *unit);
    found.map_or_else(|| format!("{bytes} bytes"), |(name, unit)| format!("{:.1} {name}", bytes as f64 / unit))
}
