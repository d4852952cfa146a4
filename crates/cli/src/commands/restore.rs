//! `sinew restore`: a workspace with its store out of a backup, paused until a person resumes it.

use crate::{
    backing::{self, failure, size},
    commands::{backup, steer::needs},
    host::store_failure,
    outcome::{Failure, Result},
    place,
    restoring::{self, Restored},
    run::block_on,
    screen::Screen,
    table::count,
};
use clap::Args;
use message::{Clock as _, clock};
use serde_json::json;
use std::path::PathBuf;
use store::{
    AuditEntry, KeySource, Store, Switch,
    backup::{Manifest, Opened, Repository, Which},
};

/// Make a workspace with its messages out of a backup; nothing is sent until you say so
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew restore /mnt/backup/north --key stick/backup.key --to /srv/north                     the plan
  sinew restore /mnt/backup/north --key stick/backup.key --to /srv/north --yes --reason \"disk of node 2 died\"
  sinew restore /mnt/backup/north --key stick/backup.key --to /srv/then --backup 41 --yes --reason \"question of an audit\"
  sinew restore /mnt/backup/north --key stick/backup.key --to /srv/then --at 2026-03-01T10:42 --yes --reason \"as before\"

Every byte is checked while it is written. Every source and destination of the restored workspace is paused: start it
with `sinew run`, look at it, then `sinew resume --all`. What was delivered after the backup was made is delivered
again then.
Exit: 0 restored, 1 the backup is damaged, 2 the key does not fit, 3 there is no such backup, 5 the folder is not empty,
or this was only the plan: add --yes --reason.")]
pub struct Restore {
    /// The repository
    repository: PathBuf,
    /// The private key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The folder to make
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// This backup, by its number; without it, the newest
    #[arg(long, value_name = "NUMBER")]
    backup: Option<u64>,
    /// The newest backup that was made at or before this time (UTC)
    #[arg(long, value_name = "TIME", conflicts_with = "backup")]
    at: Option<String>,
    /// Do it
    #[arg(long)]
    yes: bool,
    /// Only the plan
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Why: kept in the audit chain of the restored store
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl Restore {
    pub fn run(self, screen: &Screen) -> Result {
        let identities = backing::identities(&self.key)?;
        let repository = Repository::at(&self.repository);
        let opened = repository.open(self.which()?, &identities).map_err(|error| failure(&error))?;
        store::backup::empty(&self.to).map_err(|error| failure(&error))?;
        if !self.json {
            plan(screen, &opened.manifest, &self.to);
        }
        if self.dry_run {
            return Ok(crate::outcome::Exit::Ok);
        }
        needs(&self.reason, self.yes)?;
        let mut progress = |progress| backup::show(screen, progress);
        let restored = restoring::restore(&opened, &self.to, &mut progress)?;
        screen.end_progress();
        let paused = self.open(&opened, &restored)?;
        self.tell(screen, &opened.manifest, &restored, &paused)
    }

    fn which(&self) -> Result<Which> {
        let Some(text) = &self.at else { return Ok(self.backup.map_or(Which::Latest, Which::Number)) };
        let at = server::query::parse(&format!("until:{text}"), clock::System.now());
        let at = at.map_err(|reason| Failure::usage(reason.text))?.until;
        at.map(Which::At).ok_or_else(|| Failure::usage(format!("`{text}` is not a time; write 2026-03-01T10:42")))
    }

    /// The restored store is opened once: to see that it opens, to pause everything, and to record who did this.
    fn open(&self, opened: &Opened, restored: &Restored) -> Result<Vec<String>> {
        let options = store::Options { key: KeySource::File(restored.key.clone()), ..store::Options::default() };
        let (store, _) = Store::open(&restored.data, &options).map_err(|error| store_failure(&error))?;
        let now = clock::System.now();
        let who = format!("local uid {}", backup::uid());
        let entry = AuditEntry {
            who: who.clone(),
            act: "restore".into(),
            object: format!("backup {} of {}", opened.manifest.number, opened.manifest.made),
            reason: self.reason.clone(),
            ..AuditEntry::default()
        };
        store.audit().append(now, &entry).map_err(|error| store_failure(&error))?;
        let places = places(opened, restored);
        for place in &places {
            let reason = "restored from a backup".to_owned();
            let switch = Switch { value: engine::acts::PAUSED.into(), at: now, by: who.clone(), reason };
            store.tables().set_switch(place, Some(&switch)).map_err(|error| store_failure(&error))?;
        }
        block_on(store.close())?.map_err(|error| store_failure(&error))?;
        Ok(places)
    }

    fn tell(&self, screen: &Screen, manifest: &Manifest, restored: &Restored, paused: &[String]) -> Result {
        let told = backing::told(manifest, &self.repository);
        if self.json {
            screen.line(
                json!({"schema": "sinew.restored/1", "backup": told, "workspace": restored.folder,
                    "data": restored.data, "key": restored.key, "paused": paused, "notices": restored.notices,
                    "open_deliveries": open_deliveries(manifest)})
                .to_string(),
            );
            return Ok(crate::outcome::Exit::Ok);
        }
        let folder = self.to.display();
        screen.line(format!(
            "{} restored backup {} with {} into {folder}",
            screen.mark(true),
            manifest.number,
            count(told["messages"].as_u64().unwrap_or(0), "message"),
        ));
        for notice in &restored.notices {
            screen.line(screen.paint("33", &format!("  ! {notice}")));
        }
        screen.line(format!("  paused: {}", paused.join(", ")));
        screen.say(format!(
            "Next:\n  make sure that the old engine does not run any more: two would both send\n  sinew run {folder}\n  \
             sinew queues -C {folder}              what waits; it may have been delivered since\n  \
             sinew resume --all -C {folder} --reason \"restored\""
        ));
        Ok(crate::outcome::Exit::Ok)
    }
}

fn open_deliveries(manifest: &Manifest) -> u64 {
    let open = manifest.standings.iter().filter(|standing| !standing.state.is_settled());
    open.map(|standing| standing.deliveries).sum()
}

/// Says what will be done and what it means.
fn plan(screen: &Screen, manifest: &Manifest, to: &std::path::Path) {
    let told = backing::told(manifest, to);
    screen.line(format!(
        "backup {}, made {} by Sinew {}: {}, {} to read",
        manifest.number,
        manifest.made,
        manifest.sinew,
        count(told["messages"].as_u64().unwrap_or(0), "message"),
        size(manifest.bytes()),
    ));
    if let Some(newest) = manifest.newest {
        let age = clock::System.now().since(newest.at).as_micros();
        let age = crate::table::age(i64::try_from(age).unwrap_or(i64::MAX));
        screen.line(format!("  newest message: {}, {age} ago; what came later is not in it", newest.at.to_rfc3339()));
    }
    let open = open_deliveries(manifest);
    if open > 0 {
        screen.line(format!(
            "  {open} {} open when it was made; what was delivered since is delivered again:",
            if open == 1 { "delivery was" } else { "deliveries were" }
        ));
        for standing in manifest.standings.iter().filter(|standing| !standing.state.is_settled()) {
            screen.line(format!("    {}/{}  {}", standing.interface, standing.destination, standing.deliveries));
        }
    }
    screen.line(format!("  into {}, with every source and destination paused", to.display()));
}

/// Every source and destination that could do something: of the workspace, and of what waits.
fn places(opened: &Opened, restored: &Restored) -> Vec<String> {
    let (workspace, _) = place::load(&restored.folder, Some(&opened.manifest.environment));
    let mut places: Vec<String> = opened.manifest.interfaces.keys().cloned().collect();
    places.extend(workspace.broken.iter().map(ToString::to_string));
    for definition in &workspace.definitions {
        places.push(definition.name.to_string());
        places.extend(definition.destinations.iter().map(|to| format!("{}/{}", definition.name, to.name)));
    }
    let waiting = opened.manifest.standings.iter().filter(|standing| !standing.destination.is_empty());
    places.extend(waiting.map(|standing| format!("{}/{}", standing.interface, standing.destination)));
    places.sort();
    places.dedup();
    places
}
