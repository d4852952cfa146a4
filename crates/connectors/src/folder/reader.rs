//! The folder that is read: look, wait until a file is whole, give its messages, put it away.

use super::{
    After, Habits, Place, Unread,
    scan::{self, Found, Identity, Watchlist},
};
use crate::{codes, tcp::listen};
use bytes::Bytes;
use hl7v2::Batch;
use interface::{
    contract::{Frame, Intake, Phase, Verdict},
    definition::BatchCounts,
};
use message::{Clock, Diagnostic, Format, Reason};
use std::{collections::HashMap, ffi::OsString, sync::Arc};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

/// Refusals that a `.reason` file lists.
const REFUSALS_LISTED_MAX: usize = 100;

/// Serves a folder until the engine drains.
pub(crate) async fn serve(
    place: Box<dyn Place>,
    habits: Habits,
    clock: Arc<dyn Clock>,
    intake: Arc<dyn Intake>,
    mut phase: watch::Receiver<Phase>,
) {
    let pause = habits.pause;
    let mut reader = Reader::new(place, habits, clock, intake, phase.clone());
    while !listen::is_draining(&phase) {
        reader.look().await;
        tokio::select! {
            () = listen::draining(&mut phase) => {}
            () = sleep(pause) => {}
        }
    }
    reader.place.rest().await;
}

/// Whether the next file may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Yes.
    Go,
    /// No: the files behind must not overtake this one.
    Stop,
}

struct Reader {
    place: Box<dyn Place>,
    habits: Habits,
    clock: Arc<dyn Clock>,
    intake: Arc<dyn Intake>,
    phase: watch::Receiver<Phase>,
    watchlist: Watchlist,
    /// Files that were begun or finished and are still in the folder.
    progress: HashMap<OsString, Progress>,
    /// The last trouble with the folder, so that it is not reported at every look.
    trouble: Option<Reason>,
}

/// What a file holds.
struct Content {
    messages: Vec<Bytes>,
    /// What is wrong with the batch that they came in.
    found: Arc<[Diagnostic]>,
    /// False where the interface refuses what is wrong.
    is_whole: bool,
    /// What the messages were cut from; `None` for a file that is taken whole.
    batch: Option<Batch>,
}

/// How far a file is.
#[derive(Clone)]
struct Progress {
    identity: Identity,
    /// Messages that the engine has answered for good.
    answered: usize,
    refused: Vec<(usize, Reason)>,
    /// The acknowledgments so far; once it is finished, the answer to the file.
    answers: Vec<Bytes>,
    is_finished: bool,
}

impl Reader {
    fn new(
        place: Box<dyn Place>,
        habits: Habits,
        clock: Arc<dyn Clock>,
        intake: Arc<dyn Intake>,
        phase: watch::Receiver<Phase>,
    ) -> Reader {
        Reader {
            place,
            habits,
            clock,
            intake,
            phase,
            watchlist: Watchlist::default(),
            progress: HashMap::new(),
            trouble: None,
        }
    }

    async fn look(&mut self) {
        let mut found = match self.place.list().await {
            Ok(found) => found,
            Err(reason) => return self.report_trouble(Some(reason)),
        };
        scan::sort(&mut found, self.habits.is_sorted_by_time);
        self.report_trouble(None);
        let present: HashMap<&OsString, Identity> = found.iter().map(|file| (&file.name, file.identity)).collect();
        self.progress.retain(|name, progress| present.get(name) == Some(&progress.identity));
        for file in self.watchlist.ripe(found, Instant::now(), self.habits.stable) {
            if listen::is_draining(&self.phase) || self.take(&file).await == Next::Stop {
                return;
            }
        }
    }

    fn report_trouble(&mut self, reason: Option<Reason>) {
        if self.trouble != reason
            && let Some(reason) = &reason
        {
            self.intake.report(&self.place.address(), reason.clone());
        }
        self.trouble = reason;
    }

    /// Gives the messages of one file that have no answer yet, then puts it away.
    async fn take(&mut self, file: &Found) -> Next {
        if self.is_kept(file) {
            return Next::Go;
        }
        let started = Progress {
            identity: file.identity,
            answered: 0,
            refused: Vec::new(),
            answers: Vec::new(),
            is_finished: false,
        };
        let mut progress = self.progress.remove(&file.name).unwrap_or(started);
        if !progress.is_finished {
            match self.read(file).await {
                Ok(content) if !content.is_whole => self.refuse(&content, &mut progress),
                Ok(content) => self.give(file, &content, &mut progress).await,
                Err(Unread::Replaced) => return Next::Go,
                Err(Unread::TooLarge) => {
                    let text = format!("{} bytes, the limit is {}", file.identity.size, self.habits.bytes_max);
                    progress.refused.push((0, Reason::new(codes::E6202, text)));
                    progress.is_finished = true;
                }
                Err(Unread::Failed(reason)) => {
                    self.report(file, reason);
                    return Next::Go;
                }
                Err(Unread::Lost(reason)) => {
                    self.progress.insert(file.name.clone(), progress);
                    self.report_trouble(Some(reason));
                    return Next::Stop;
                }
            }
        }
        let is_finished = progress.is_finished;
        if !is_finished || !self.put_away(file, &mut progress).await {
            self.progress.insert(file.name.clone(), progress);
        }
        if is_finished { Next::Go } else { Next::Stop }
    }

    /// All its messages were accepted, and it stays where it is.
    fn is_kept(&self, file: &Found) -> bool {
        let is_done =
            |progress: &Progress| progress.is_finished && progress.refused.is_empty() && progress.answers.is_empty();
        self.habits.after == After::Keep && self.progress.get(&file.name).is_some_and(is_done)
    }

    async fn read(&mut self, file: &Found) -> Result<Content, Unread> {
        let content = self.place.read(file, self.habits.bytes_max).await?;
        // It changed after it was found: it is not whole yet.
        if u64::try_from(content.len()).ok() != Some(file.identity.size) {
            return Err(Unread::Replaced);
        }
        let content = Bytes::from(content);
        if !self.habits.is_split || self.intake.format() != Format::Hl7v2 {
            let messages = if content.is_empty() { Vec::new() } else { vec![content] };
            return Ok(Content { messages, found: Arc::default(), is_whole: true, batch: None });
        }
        let (batch, mut findings) = Batch::split(content);
        let counts = self.intake.batch_counts();
        let is_broken =
            |finding: &Diagnostic| finding.code == hl7v2::codes::E1021 || finding.code == hl7v2::codes::E1022;
        if counts == BatchCounts::Ignore {
            findings.retain(|finding| !is_broken(finding));
        }
        for finding in &findings {
            self.report(file, Reason::new(finding.code, finding.message.clone()));
        }
        let is_whole = counts != BatchCounts::Refuse || !findings.iter().any(is_broken);
        // Copies, because a message that is kept for long should not keep the whole file in memory.
        let messages = batch.messages().map(|bytes| Bytes::copy_from_slice(&bytes)).collect();
        findings.retain(is_broken);
        Ok(Content { messages, found: findings.into(), is_whole, batch: Some(batch) })
    }

    /// Nothing of the file is taken.
    fn refuse(&self, content: &Content, progress: &mut Progress) {
        let why = content.found.first().map_or_else(String::new, |finding| finding.message.clone());
        let reason = Reason::new(codes::E6112, why);
        if self.place.takes_answers() {
            let refusals = content.messages.iter().filter_map(|message| self.intake.refuse(message, &reason));
            progress.answers.extend(refusals);
        }
        progress.refused.push((0, reason));
        self.finish(content, progress);
    }

    /// Makes the answer to the file of the acknowledgments of its messages.
    fn finish(&self, content: &Content, progress: &mut Progress) {
        if let Some(batch) = content.batch.as_ref().filter(|batch| self.place.takes_answers() && batch.is_batch()) {
            let comment = content.found.first().map(|finding| format!("{}: {}", finding.code, finding.message));
            let answers = std::mem::take(&mut progress.answers);
            progress.answers = self.intake.answer_batch(batch, answers, comment.as_deref());
        }
        progress.is_finished = true;
    }

    /// One message after the other, in order; stops at "later" and when the engine drains.
    async fn give(&mut self, file: &Found, content: &Content, progress: &mut Progress) {
        let messages = &content.messages;
        if messages.is_empty() {
            progress.refused.push((0, Reason::new(codes::E6203, "there is no message in it")));
        }
        let peer: Arc<str> = file.name.to_string_lossy().into();
        for (number, bytes) in messages.iter().enumerate().skip(progress.answered) {
            if listen::is_draining(&self.phase) {
                return;
            }
            let frame = Frame {
                bytes: bytes.clone(),
                peer: peer.clone(),
                received: self.clock.now(),
                format: Format::Hl7v2,
                from: None,
                found: content.found.clone(),
            };
            let reply = self.intake.accept(frame).await;
            match reply.verdict() {
                Verdict::Accepted(_) => {}
                Verdict::Later(_) => return,
                Verdict::Refused(reason) => progress.refused.push((number + 1, reason.clone())),
            }
            if self.place.takes_answers() {
                progress.answers.extend(reply.acknowledgments_in_a_row());
            }
            progress.answered = number + 1;
        }
        self.finish(content, progress);
    }

    /// False if the file is still there and is to be remembered.
    async fn put_away(&mut self, file: &Found, progress: &mut Progress) -> bool {
        if !progress.answers.is_empty() {
            if let Err(reason) = self.place.answer(file, progress.answers.concat()).await {
                self.report(file, reason);
                return false;
            }
            progress.answers.clear();
        }
        let result = if !progress.refused.is_empty() {
            let text = "a file goes to the errors folder; see the .reason file there";
            self.report(file, Reason::new(codes::E6203, text));
            self.place.put_aside(file, explain(progress)).await
        } else {
            match self.habits.after {
                After::Move => self.place.finish(file).await,
                After::Delete => self.place.remove(file).await,
                After::Keep => return false,
            }
        };
        result.map_err(|reason| self.report(file, reason)).is_ok()
    }

    fn report(&self, file: &Found, reason: Reason) {
        self.intake.report(&file.name.to_string_lossy(), reason);
    }
}

/// What a `.reason` file says: places and reasons, nothing of a message (R10).
fn explain(progress: &Progress) -> String {
    let mut text = format!("{} messages of this file were answered.\n", progress.answered);
    for (number, reason) in progress.refused.iter().take(REFUSALS_LISTED_MAX) {
        match number {
            0 => text.push_str(&format!("the file: {reason}\n")),
            number => text.push_str(&format!("message {number}: {reason}\n")),
        }
    }
    if let Some(more) = progress.refused.len().checked_sub(REFUSALS_LISTED_MAX).filter(|more| *more > 0) {
        text.push_str(&format!("and {more} more\n"));
    }
    text
}
