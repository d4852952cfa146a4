//! The batches of one destination: when a message is taken, when a batch is closed.
//!
//! Promises: a message counts as delivered when it is durable in the open batch; a batch is closed by its count, its size,
//! its age or a time of day, whichever comes first, and when the destination's settings change or it goes; an open batch
//! of an earlier life, or of earlier settings, is found again and gone on with or closed.
//! Never: lets a batch grow over its limits because it could not be closed.

use super::{
    config::{Batching, Writing},
    draft::{self, Draft, Form},
    record::Entry,
    storage,
};
use crate::codes;
use interface::{
    catalogue::{Context, Notebook},
    contract::Outgoing,
};
use message::{Clock, Format, Outcome, Reason, Scope, Timestamp};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How often an open batch is looked at.
const LOOK_PAUSE: Duration = Duration::from_secs(1);
/// Bytes of the owner's name in the name of its record.
const OWNER_BYTES_MAX: usize = 120;

/// Whose batches they are, and what the engine lends.
pub(crate) struct Owner {
    /// `interface/destination`.
    name: Arc<str>,
    clock: Arc<dyn Clock>,
    offset_s: fn(Timestamp) -> i64,
    notebook: Arc<dyn Notebook>,
}

impl Owner {
    pub(crate) fn of(context: &Context) -> Owner {
        let Context { clock, offset_s, notebook, owner, .. } = context.clone();
        Owner { name: owner, clock, offset_s, notebook }
    }

    fn interface(&self) -> &str {
        self.name.split_once('/').map_or(&*self.name, |(interface, _)| interface)
    }

    /// A hidden name of its own in every folder.
    fn file_name(&self) -> String {
        let plain: String =
            self.name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '.' }).collect();
        let short = plain.get(..OWNER_BYTES_MAX).unwrap_or(&plain);
        format!(".{short}.{:08x}.batch", crc32c::crc32c(self.name.as_bytes()))
    }

    fn page(&self) -> String {
        format!("batch/{}", self.name)
    }
}

/// See the module.
pub(crate) struct Batches {
    config: Arc<Writing>,
    owner: Owner,
    draft: Arc<Mutex<Draft>>,
    path: PathBuf,
    /// The notebook knows this place, and nothing is left at another one.
    is_settled: Mutex<bool>,
}

impl Batches {
    pub(crate) fn new(config: Arc<Writing>, owner: Owner) -> Batches {
        let path = config.folder.join(owner.file_name());
        Batches { draft: draft::at(&path), config, owner, path, is_settled: Mutex::new(false) }
    }

    fn draft(&self) -> MutexGuard<'_, Draft> {
        self.draft.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a message into the open batch.
    pub(crate) fn take(&self, batching: &Batching, outgoing: &Outgoing) -> Result<Outcome, Outcome> {
        if outgoing.format != Format::Hl7v2 || !outgoing.bytes.starts_with(b"MSH") {
            let reason = Reason::new(codes::E6310, "only an HL7 v2 message can be put into a batch");
            return Err(Outcome::Permanent { reason, reply: None });
        }
        self.settle().map_err(transient)?;
        let mut draft = self.draft();
        draft.recover().map_err(transient)?;
        let now = self.owner.clock.now();
        let Outgoing { delivery, resends, accepted, bytes, .. } = outgoing;
        let (delivery, resends, accepted) = (*delivery, *resends, *accepted);
        let entry = Entry { delivery, resends, accepted, at: now, checksum: crc32c::crc32c(bytes) };
        if draft.has(&entry) {
            return Ok(Outcome::Delivered { reply: None });
        }
        let is_full = draft.size().is_some_and(|(_, _, held)| held + bytes.len() > batching.bytes_max);
        if is_full || self.is_due(batching, &draft, now) {
            self.close(&mut draft, batching.is_file).map_err(transient)?;
        }
        draft.append(entry, bytes).map_err(|error| storage::not_written(&self.config.folder, &error))?;
        if self.is_due(batching, &draft, now) {
            // The message is safe either way; what went wrong is met, and told, at the next look.
            let _ = self.close(&mut draft, batching.is_file);
        }
        Ok(Outcome::Delivered { reply: None })
    }

    fn is_due(&self, batching: &Batching, draft: &Draft, now: Timestamp) -> bool {
        let Some((opened, count, bytes)) = draft.size() else { return false };
        let local_s = |at: Timestamp| at.0.div_euclid(1_000_000) + (self.owner.offset_s)(at);
        count >= batching.count_max
            || bytes >= batching.bytes_max
            || batching.age_max.is_some_and(|age| now.since(opened) >= age)
            || batching.is_past_time(local_s(opened), local_s(now))
    }

    fn close(&self, draft: &mut Draft, is_file: bool) -> Result<(), Reason> {
        let name = |first: &Entry| self.config.template.name(first.delivery, first.accepted, self.owner.interface());
        draft.close(&Form { is_file, name: &name, now: self.owner.clock.now() })
    }

    /// See `Destination::rest`.
    pub(crate) fn rest(&self) -> Option<Duration> {
        // Who holds it writes, so something is open.
        let is_open = self.draft.try_lock().map_or(true, |draft| draft.is_open());
        is_open.then_some(LOOK_PAUSE)
    }

    /// See `Destination::tend`.
    pub(crate) fn tend(&self, is_leaving: bool) -> Result<(), Reason> {
        self.settle()?;
        let mut draft = self.draft();
        draft.recover()?;
        match &self.config.batch {
            Some(batching) if is_leaving || self.is_due(batching, &draft, self.owner.clock.now()) => {
                self.close(&mut draft, batching.is_file)
            }
            Some(_) => Ok(()),
            None => self.close(&mut draft, true),
        }
    }

    /// Closes what earlier settings left open in another folder, and notes where batches are written now.
    fn settle(&self) -> Result<(), Reason> {
        let mut is_settled = self.is_settled.lock().unwrap_or_else(PoisonError::into_inner);
        if *is_settled {
            return Ok(());
        }
        let (page, here) = (self.owner.page(), self.path.to_string_lossy());
        let known = self.owner.notebook.read(&page)?;
        if let Some(elsewhere) = known.as_deref().filter(|known| *known != here && Path::new(known).is_file()) {
            let left = draft::at(Path::new(elsewhere));
            let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
            left.recover()?;
            self.close(&mut left, self.config.batch.as_ref().is_none_or(|batching| batching.is_file))?;
        }
        if self.config.batch.is_some() && known.as_deref() != Some(&*here) {
            self.owner.notebook.write(&page, &here)?;
        }
        *is_settled = true;
        Ok(())
    }
}

fn transient(reason: Reason) -> Outcome {
    Outcome::Transient { scope: Scope::Destination, reason, retry_after: None }
}
