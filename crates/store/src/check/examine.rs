//! A whole store, record by record: what `sinew doctor`, the drill of a backup and the tests call.
//!
//! Promises: reads only; looks at the store as it was at one moment, also while messages come in; says how far it is.

use super::{Finding, Line, Place, Walk, conservation, content};
use crate::{
    Entry, Error, Quarantined, Stored, codes,
    log::{Log, Snapshot},
};
use message::{Counts, DeliveryId, MessageId, Name};
use std::collections::HashSet;

/// Findings that are kept; more are counted.
const FINDINGS_MAX: usize = 1000;
/// Open deliveries that are fetched at a time.
const OPEN_PAGE: usize = 4096;
/// Distinct reasons that are remembered as looked at.
const REASONS_MAX: usize = 100_000;

/// How far an examination is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the log that were read.
    pub bytes: u64,
    /// Of these.
    pub bytes_total: u64,
    /// Messages met so far.
    pub messages: u64,
}

/// What looks at one message: as it was accepted.
pub type Look<'a> = &'a mut dyn FnMut(&Stored) -> Vec<Finding>;
/// The values of a message that no text about it may hold.
pub type Values<'a> = &'a dyn Fn(&Stored) -> Vec<String>;

/// What is asked for.
#[derive(Default)]
pub struct Examination<'a> {
    /// Nothing else uses the store: what is under way can be told from what went wrong.
    pub is_at_rest: bool,
    /// Opens and unpacks every message, and shows it to this.
    pub each: Option<Look<'a>>,
    /// What may not stand in the reasons that are kept about a message (R10).
    pub values: Option<Values<'a>>,
    /// Is told how far it is after each piece of the log; `false` ends the examination.
    pub progress: Option<&'a mut dyn FnMut(Progress) -> bool>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examined {
    /// Messages looked at.
    pub messages: u64,
    /// Their deliveries.
    pub deliveries: u64,
    /// Their changes.
    pub changes: u64,
    /// Deliveries that wait, retry or are held.
    pub open: u64,
    /// Counters by interface, counted anew from the records.
    pub counts: Vec<(Name, Counts)>,
    /// Bytes that are no record, or do not open (R7).
    pub damaged: Vec<Quarantined>,
    /// What is not as it must be, in the order of the log.
    pub findings: Vec<Finding>,
    /// Findings beyond those that are kept.
    pub more: u64,
    /// It was ended before it was through.
    pub is_partial: bool,
}

impl Examined {
    /// Nothing is damaged and nothing is wrong.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.damaged.is_empty() && self.findings.is_empty() && !self.is_partial
    }

    fn add(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            if self.findings.len() < FINDINGS_MAX {
                self.findings.push(finding);
            } else {
                self.more += 1;
            }
        }
    }
}

/// Runs it.
pub(crate) fn run(log: &dyn Log, mut asked: Examination<'_>) -> Result<Examined, Error> {
    let snapshot = log.snapshot();
    let mut work = Work {
        log,
        walk: Walk::new(MessageId(snapshot.cut), snapshot.baseline.clone()),
        found: Examined::default(),
        reasons: HashSet::new(),
    };
    let mut from = Some(snapshot.cut);
    let mut progress = Progress { bytes: 0, bytes_total: snapshot.end.saturating_sub(snapshot.cut), messages: 0 };
    while let Some(at) = from {
        let mut messages = Vec::new();
        from = log.lines(at, snapshot.end, &mut |line| work.take(&line, &asked, &mut messages))?;
        if let Some(look) = &mut asked.each {
            messages.into_iter().for_each(|id| work.look(id, look));
        }
        progress.bytes = from.unwrap_or(snapshot.end).saturating_sub(snapshot.cut).min(progress.bytes_total);
        progress.messages = work.walk.messages;
        if asked.progress.as_mut().is_some_and(|tell| !tell(progress)) {
            return Ok(Examined { is_partial: true, ..work.told() });
        }
    }
    work.compare(&snapshot, asked.is_at_rest);
    Ok(work.told())
}

struct Work<'s> {
    log: &'s dyn Log,
    walk: Walk,
    found: Examined,
    reasons: HashSet<String>,
}

impl Work<'_> {
    fn take(&mut self, line: &Line<'_>, asked: &Examination<'_>, messages: &mut Vec<MessageId>) {
        let log = self.log;
        let mut recall = |id: MessageId| Some((log.read(id).ok()?, log.history(id).ok()?));
        let findings = self.walk.take(line, &mut recall);
        self.found.add(findings);
        match line {
            Line::Accepted(accepted) if asked.each.is_some() => messages.push(accepted.id),
            Line::Changed(entry) => self.say(entry, asked.values),
            Line::Damaged(place) => self.found.damaged.push(*place),
            Line::Accepted(_) | Line::Baseline { .. } | Line::Mark => {}
        }
    }

    /// R10: each reason is looked at once, beside the message that it was first given for.
    fn say(&mut self, entry: &Entry, values: Option<Values<'_>>) {
        let (Some(values), Some(reason)) = (values, entry.change.reason()) else { return };
        if self.reasons.contains(&*reason.text) {
            return;
        }
        if self.reasons.len() < REASONS_MAX {
            self.reasons.insert(reason.text.to_string());
        }
        let Ok(stored) = self.log.read(entry.change.message()) else { return };
        let values = values(&stored);
        if let Some(at) = content(values.iter().map(String::as_str), &reason.text) {
            let text = format!("the reason kept at {} holds a value of its message, at character {at}", entry.lsn);
            self.found.add([Finding::bug(codes::E4087, Place::Message(stored.id), text)]);
        }
    }

    fn look(&mut self, id: MessageId, look: &mut Look<'_>) {
        match self.log.read(id) {
            Ok(stored) => self.found.add(look(&stored)),
            // Retention may have dropped it meanwhile.
            Err(Error::NotFound { .. }) => {}
            Err(error) => {
                let hint = "its neighbours are served; restore it from a backup, or ask its sender for it again";
                self.found.add([Finding::new(error.code(), Place::Message(id), error.to_string(), hint)]);
            }
        }
    }

    /// What was counted anew is what the store says.
    fn compare(&mut self, snapshot: &Snapshot, is_at_rest: bool) {
        let counted = self.walk.counts();
        self.found.add(conservation(&snapshot.counts));
        if is_at_rest {
            self.found.add(self.walk.at_rest());
        }
        if !self.walk.is_whole() || !self.found.damaged.is_empty() {
            return; // A damaged record is counted by a store that knew it before.
        }
        for (name, counts) in &snapshot.counts {
            let found = counted.iter().find(|(known, _)| known == name).map_or_else(Counts::default, |(_, of)| *of);
            if found != *counts {
                let text = format!("the store says {counts:?}, its records say {found:?}");
                self.found.add([Finding::bug(codes::E4080, Place::Interface(name.clone()), text)]);
            }
        }
        let open = self.walk.open().count();
        if open != snapshot.open {
            let text = format!("{} deliveries are open, by the records {open}", snapshot.open);
            self.found.add([Finding::bug(codes::E4085, Place::Store, text)]);
        }
        if is_at_rest {
            self.compare_open();
        }
    }

    /// The list of what was open at the start, and still is, against the records.
    fn compare_open(&mut self) {
        let mut last: Option<DeliveryId> = None;
        let mut counted = self.walk.open();
        let mut wrong = None;
        while wrong.is_none() {
            let page = self.log.open_after(last, OPEN_PAGE);
            let Some(end) = page.last() else { break };
            last = Some(end.id);
            wrong = page.iter().find(|open| counted.next() != Some((open.id, open.state))).map(|open| open.id);
        }
        drop(counted);
        let finding = |id| Finding::bug(codes::E4085, Place::Delivery(id), "its state is not what the records say");
        self.found.add(wrong.map(finding));
    }

    fn told(mut self) -> Examined {
        self.found.messages = self.walk.messages;
        self.found.deliveries = self.walk.deliveries;
        self.found.changes = self.walk.changes;
        self.found.open = self.walk.open().count() as u64;
        self.found.counts = self.walk.counts();
        self.found
    }
}
