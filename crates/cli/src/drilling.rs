//! A drill: the newest backup becomes a store, apart from everything, and every promise about it is checked.
//!
//! Owns the list of checks and the report. Promises: no connector is made, so nothing can be sent; what was restored is
//! removed at the end, because it is patient data; a check that could not be made has not passed.

use crate::{
    backing::failure,
    host::store_failure,
    outcome::Result,
    place,
    restoring::{self, Restored},
};
use engine::again::{self, Again};
use message::{Clock, Counts, MessageId, Timestamp};
use serde::Serialize;
use std::{collections::BTreeMap, path::Path, time::Duration};
use store::{
    KeySource, Store,
    age::Identity,
    backup::{Manifest, Progress, Repository, Which},
};

/// Messages that are looked at, as a multiple of those that shall be compared: some were processed by other versions.
const LOOKED_AT: usize = 20;
/// Messages that a report names one by one.
const NAMED_MAX: usize = 100;

/// One thing that was checked.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What, in a word.
    pub name: &'static str,
    /// Whether it was as it should be.
    pub is_passed: bool,
    /// What was seen.
    pub text: String,
}

/// What a running engine has that the backup may not have.
pub struct Live {
    /// The newest message.
    pub newest: Option<(MessageId, Timestamp)>,
    /// Ids of messages behind the end of the backup, the newest first, as many as were asked for.
    pub missing: Vec<MessageId>,
    /// Messages that it ever accepted.
    pub accepted: u64,
}

/// What a drill found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// `sinew.drill/1`.
    pub schema: &'static str,
    /// When it began.
    pub at: String,
    /// The same in microseconds since 1970.
    pub at_us: i64,
    /// Who did it.
    pub by: String,
    /// The version of this program.
    pub sinew: &'static str,
    /// The repository.
    pub repository: String,
    /// The backup: its number, when it was made, and by which version.
    pub backup: Option<(u64, String, String)>,
    /// Every check.
    pub checks: Vec<Check>,
    /// Every check passed.
    pub is_passed: bool,
    /// Milliseconds from the start of the restore until the store could take messages.
    pub recovery_time_ms: Option<u64>,
    /// Microseconds of work that are not in the backup; `None`: no engine could be asked.
    pub recovery_point_us: Option<u64>,
    /// How many messages that is.
    pub missing: Option<u64>,
    /// Their ids, as far as listed.
    pub missing_ids: Vec<MessageId>,
    /// Messages in the backup.
    pub messages: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Messages that were run again and compared.
    pub compared: u64,
}

/// How a drill is made.
pub struct Drill<'a> {
    /// The repository.
    pub repository: &'a Repository,
    /// Which backup.
    pub which: Which,
    /// The private keys.
    pub identities: &'a [Identity],
    /// A folder of its own, empty.
    pub folder: &'a Path,
    /// Messages that are run again.
    pub messages: usize,
    /// Time.
    pub clock: &'a dyn Clock,
}

impl Report {
    /// An empty one.
    pub fn new(drill: &Drill<'_>, by: String) -> Report {
        let now = drill.clock.now();
        Report {
            schema: "sinew.drill/1",
            at: now.to_rfc3339(),
            at_us: now.0,
            by,
            sinew: env!("CARGO_PKG_VERSION"),
            repository: drill.repository.folder().display().to_string(),
            backup: None,
            checks: Vec::new(),
            is_passed: false,
            recovery_time_ms: None,
            recovery_point_us: None,
            missing: None,
            missing_ids: Vec::new(),
            messages: 0,
            bytes: 0,
            compared: 0,
        }
    }

    fn check(&mut self, name: &'static str, is_passed: bool, text: impl Into<String>) {
        self.checks.push(Check { name, is_passed, text: text.into() });
    }

    /// Takes in a step that may have failed as a whole; gives what it made.
    fn take<T>(&mut self, name: &'static str, step: Result<T>) -> Option<T> {
        step.map_err(|failure| {
            let code = failure.code.map(|code| format!("{code}: ")).unwrap_or_default();
            self.check(name, false, format!("{code}{failure}"));
        })
        .ok()
    }

    /// The text for people.
    pub fn text(&self) -> String {
        let mut lines =
            vec![format!("Drill of {} at {} by {}, Sinew {}", self.repository, self.at, self.by, self.sinew)];
        if let Some((number, made, sinew)) = &self.backup {
            lines.push(format!("Backup {number}, made {made} by Sinew {sinew}: {} messages", self.messages));
        }
        for check in &self.checks {
            let word = if check.is_passed { "ok  " } else { "FAIL" };
            lines.push(format!("{word}  {:<11} {}", check.name, check.text));
        }
        if let Some(ms) = self.recovery_time_ms {
            lines.push(format!("recovery time   {:.1} s until the store could take messages", ms as f64 / 1e3));
        }
        lines.push(match (self.recovery_point_us, self.missing) {
            (Some(us), Some(missing)) => {
                format!("recovery point  {missing} messages, {:.1} s behind the running engine", us as f64 / 1e6)
            }
            _ => "recovery point  not known: no engine of this store could be asked".to_owned(),
        });
        lines.push(if self.is_passed { "PASSED".to_owned() } else { "NOT PASSED".to_owned() });
        lines.join("\n") + "\n"
    }
}

/// Makes every check that can be made; `live` asks the running engine what it has behind the end of the backup.
pub fn run(
    drill: &Drill<'_>,
    report: &mut Report,
    live: &dyn Fn(&Manifest) -> Option<Live>,
    progress: &mut dyn FnMut(Progress),
) {
    let started = drill.clock.monotonic();
    let opened = drill.repository.open(drill.which, drill.identities).map_err(|error| failure(&error));
    let Some(opened) = report.take("key", opened) else { return };
    let manifest = &opened.manifest;
    report.check("key", true, "the key opens the backup, and the store's own key is in it");
    report.backup = Some((manifest.number, manifest.made.clone(), manifest.sinew.clone()));
    report.bytes = manifest.bytes();
    let restored = restoring::restore(&opened, drill.folder, progress);
    let Some(restored) = report.take("restore", restored) else { return };
    let elapsed = || drill.clock.monotonic().saturating_duration_since(started);
    let text = format!("{} pieces, each as it was stored, in {}", manifest.pieces().count(), seconds(elapsed()));
    report.check("restore", true, text);
    let options = store::Options { key: KeySource::File(restored.key.clone()), ..store::Options::default() };
    let found = Store::open(&restored.data, &options).map_err(|error| store_failure(&error));
    let Some((store, recovered)) = report.take("open", found) else { return };
    report.recovery_time_ms = u64::try_from(elapsed().as_millis()).ok();
    let damage = recovered.report.quarantined.len();
    let torn = recovered.report.torn.len();
    report.check("open", damage == 0 && torn == 0, format!("the log reads: {damage} damaged places, {torn} torn ends"));
    records(report, &store);
    audit(report, &store, manifest);
    counts(report, &store, manifest);
    replay(report, drill, &store, manifest, &restored);
    drop(recovered);
    drop(store);
    repository(report, drill);
    recovery_point(report, manifest, live(manifest));
    report.is_passed = report.checks.iter().all(|check| check.is_passed);
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// Every record with the checkers of `sinew doctor --verify`: checksum, seal and content; the steps of each message, order
/// for each key, and that recovering again gives the same.
fn records(report: &mut Report, store: &Store) {
    let examined = engine::check::store(store, true, &mut |_| true).map_err(|error| store_failure(&error));
    let Some(engine::check::Report { examined, .. }) = report.take("records", examined) else { return };
    let text = match examined.damaged.first() {
        None => "every record matches its checksum and opens".to_owned(),
        Some(first) => format!("{} damaged records, the first at {}", examined.damaged.len(), first.lsn),
    };
    report.check("records", examined.damaged.is_empty(), text);
    // The audit chain has its own line.
    let found: Vec<_> = examined.findings.iter().filter(|finding| finding.code != store::codes::E4089).collect();
    let text = match found.first() {
        None => format!("the {} changes of every message follow each other as they must", examined.changes),
        Some(first) => {
            format!("{} findings, the first: {} {}: {}", found.len(), first.code.id, first.place, first.text)
        }
    };
    report.check("history", found.is_empty(), text);
}

/// The audit chain, and in it the record that the manifest names.
fn audit(report: &mut Report, store: &Store, manifest: &Manifest) {
    let verified = store.audit().verify().map_err(|error| store_failure(&error));
    let Some(chain) = report.take("audit", verified) else { return };
    let rows = match chain {
        Ok(chain) => chain.number,
        Err(broken) => return report.check("audit", false, format!("record {}: {}", broken.number, broken.what)),
    };
    let stated = manifest.audit.as_ref();
    let found = stated.map_or(Ok(None), |head| server::audit::hash_of(store, head.number));
    let Some(found) = report.take("audit", found.map_err(|error| store_failure(&error))) else { return };
    let text = format!("{rows} records in an unbroken chain");
    match found.as_ref() == stated.map(|head| &head.hash) {
        true => report.check("audit", true, format!("{text}, with the one that the backup names")),
        false => report.check("audit", false, format!("{text}, but without the one that the backup names")),
    }
}

/// The conservation equation, and everything that waits, as the manifest says.
fn counts(report: &mut Report, store: &Store, manifest: &Manifest) {
    let is_any = |counts: &Counts| *counts != Counts::default();
    let ours: BTreeMap<String, Counts> = store
        .counts()
        .into_iter()
        .map(|(name, counts)| (name.to_string(), counts))
        .filter(|(_, c)| is_any(c))
        .collect();
    let stated = manifest.counts.iter().map(|(name, row)| (name.clone(), Counts::from(*row)));
    let stated: BTreeMap<String, Counts> = stated.filter(|(_, counts)| is_any(counts)).collect();
    let total = store.counts_total();
    report.messages = total.accepted;
    let text = format!(
        "accepted {} = delivered {} + filtered {} + parked {} + expired {} + deleted {} + in flight {}, lost {}",
        total.accepted,
        total.delivered,
        total.filtered,
        total.parked,
        total.expired,
        total.deleted,
        total.in_flight,
        total.lost()
    );
    report.check("equation", total.lost() == 0, text);
    let is_same = ours == stated;
    report.check("counts", is_same, if is_same { "as the backup says" } else { "not as the backup says" });
    let newest = store.latest(store.end(), 1).ok().and_then(|ids| ids.first().map(|id| id.0));
    let is_newest = newest == manifest.newest.map(|newest| newest.message);
    report.check("newest", is_newest, newest.map_or_else(|| "no message".to_owned(), |id| format!("message {id}")));
    let standings = store.standings().map_err(|error| store_failure(&error));
    let Some(standings) = report.take("open work", standings) else { return };
    let waiting: u64 = standings.iter().filter(|s| !s.state.is_settled()).map(|s| s.deliveries).sum();
    let is_same = standings == manifest.standings;
    let how = if is_same { "as the backup says" } else { "not as the backup says" };
    report.check("open work", is_same, format!("{waiting} deliveries wait, {how}"));
}

/// The latest messages once more through the interfaces in the backup.
fn replay(report: &mut Report, drill: &Drill<'_>, store: &Store, manifest: &Manifest, restored: &Restored) {
    let (workspace, _) = place::load(&restored.folder, Some(&manifest.environment));
    let latest = store.latest(store.end(), drill.messages.saturating_mul(LOOKED_AT));
    let Some(latest) = report.take("replay", latest.map_err(|error| store_failure(&error))) else { return };
    let is_empty = latest.is_empty();
    let (mut compared, mut others, mut wrong) = (0, 0, None);
    for id in latest {
        if compared as usize == drill.messages {
            break;
        }
        let again = match store.read(id) {
            Ok(stored) => match workspace.definition(&stored.accept.envelope.interface) {
                Some(definition) => again::run(store, &stored, definition),
                None => Again::OtherVersion,
            },
            Err(_) => Again::Differs("it cannot be read"),
        };
        match again {
            Again::OtherVersion | Again::Asked => others += 1,
            Again::Same => compared += 1,
            Again::Differs(what) => {
                compared += 1;
                wrong = wrong.or(Some((id, what)));
            }
        }
    }
    report.compared = compared;
    let text = match wrong {
        Some((id, what)) => format!("message {id}: {what}"),
        None if is_empty => "there is no message".to_owned(),
        None if compared == 0 => format!(
            "{others} messages were processed by other interface versions than those in the backup: none could be \
             compared"
        ),
        None => format!("{compared} messages give what was recorded, byte for byte; {others} are of other versions"),
    };
    report.check("replay", wrong.is_none() && (is_empty || compared > 0), text);
}

/// The other backups, too: every file, and the chain.
fn repository(report: &mut Report, drill: &Drill<'_>) {
    let verified = drill.repository.verify(&[], &mut |_, _| {}).map_err(|error| failure(&error));
    let Some(verified) = report.take("repository", verified) else { return };
    let text = match verified.problems.first() {
        None => format!("{} backups, {} objects, all whole", verified.backups, verified.objects),
        Some(first) => format!("{} problems, the first: {} {first}", verified.problems.len(), first.code()),
    };
    report.check("repository", verified.problems.is_empty(), text);
}

fn recovery_point(report: &mut Report, manifest: &Manifest, live: Option<Live>) {
    let Some(live) = live else { return };
    report.missing = Some(live.accepted.saturating_sub(report.messages));
    report.missing_ids = live.missing.into_iter().take(NAMED_MAX).collect();
    let newest = live.newest.map(|(_, at)| at);
    let behind = match (newest, manifest.newest.map(|newest| newest.at)) {
        (Some(newest), Some(backed_up)) => newest.since(backed_up),
        (Some(newest), None) => newest.since(manifest.at()),
        (None, _) => Duration::ZERO,
    };
    report.recovery_point_us = u64::try_from(behind.as_micros()).ok();
}
