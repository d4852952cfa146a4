//! The folder that is read: look, wait until a file is whole, give its messages, put it away.

use super::{
    config::{After, Reading},
    scan::{self, Found, Identity, Watchlist},
    storage::{self, Unread},
};
use crate::{codes, tcp::listen};
use bytes::Bytes;
use hl7v2::Batch;
use interface::{
    contract::{Boxed, Frame, Intake, Phase, Source, Verdict},
    definition::BatchCounts,
};
use message::{Clock, Diagnostic, Format, Reason};
use std::{
    collections::HashMap,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

/// Refusals that a `.reason` file lists.
const REFUSALS_LISTED_MAX: usize = 100;

/// A folder that can be read.
pub(crate) struct Folder {
    config: Arc<Reading>,
    clock: Arc<dyn Clock>,
}

impl Folder {
    /// Checks the folder and makes those for finished files, so that a missing right shows at the start.
    pub(crate) async fn open(config: Reading, clock: Arc<dyn Clock>) -> Result<Folder, Reason> {
        let config = Arc::new(config);
        let checked = config.clone();
        let fault = || Reason::new(codes::E6201, "the folder could not be checked");
        storage::beside(move || prepare(&checked)).await.ok_or_else(fault)??;
        Ok(Folder { config, clock })
    }
}

fn prepare(config: &Reading) -> Result<(), Reason> {
    let complain = |folder: &Path, error: std::io::Error| {
        Reason::new(codes::E6201, format!("{} cannot be used: {}", folder.display(), error.kind()))
    };
    fs::read_dir(&config.folder).map_err(|error| complain(&config.folder, error))?;
    let mut folders: Vec<&PathBuf> = vec![&config.errors];
    if let After::Move(done) = &config.after {
        folders.push(done);
    }
    folders.into_iter().try_for_each(|folder| fs::create_dir_all(folder).map_err(|error| complain(folder, error)))
}

impl Source for Folder {
    fn address(&self) -> String {
        self.config.folder.join(&self.config.pattern).display().to_string()
    }

    fn run(
        self: Box<Self>,
        intake: Arc<dyn Intake>,
        mut phase: watch::Receiver<Phase>,
    ) -> Boxed<'static, Result<(), Reason>> {
        Box::pin(async move {
            let pause = self.config.pause;
            let mut reader = Reader::new(*self, intake, phase.clone());
            while !listen::is_draining(&phase) {
                reader.look().await;
                tokio::select! {
                    () = listen::draining(&mut phase) => {}
                    () = sleep(pause) => {}
                }
            }
            Ok(())
        })
    }
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
    config: Arc<Reading>,
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
}

/// How far a file is.
#[derive(Clone)]
struct Progress {
    identity: Identity,
    /// Messages that the engine has answered for good.
    answered: usize,
    refused: Vec<(usize, Reason)>,
    is_finished: bool,
}

impl Reader {
    fn new(folder: Folder, intake: Arc<dyn Intake>, phase: watch::Receiver<Phase>) -> Reader {
        Reader {
            config: folder.config,
            clock: folder.clock,
            intake,
            phase,
            watchlist: Watchlist::default(),
            progress: HashMap::new(),
            trouble: None,
        }
    }

    async fn look(&mut self) {
        let config = self.config.clone();
        let found = match storage::beside(move || scan::scan(&config)).await {
            Some(Ok(found)) => found,
            Some(Err(reason)) => return self.report_trouble(Some(reason)),
            None => return,
        };
        self.report_trouble(None);
        let present: HashMap<&OsString, Identity> = found.iter().map(|file| (&file.name, file.identity)).collect();
        self.progress.retain(|name, progress| present.get(name) == Some(&progress.identity));
        for file in self.watchlist.ripe(found, Instant::now(), self.config.stable) {
            if listen::is_draining(&self.phase) || self.take(&file).await == Next::Stop {
                return;
            }
        }
    }

    fn report_trouble(&mut self, reason: Option<Reason>) {
        if self.trouble != reason
            && let Some(reason) = &reason
        {
            self.intake.report(&self.config.folder.display().to_string(), reason.clone());
        }
        self.trouble = reason;
    }

    /// Gives the messages of one file that have no answer yet, then puts it away.
    async fn take(&mut self, file: &Found) -> Next {
        if self.is_kept(file) {
            return Next::Go;
        }
        let started = Progress { identity: file.identity, answered: 0, refused: Vec::new(), is_finished: false };
        let mut progress = self.progress.remove(&file.name).unwrap_or(started);
        if !progress.is_finished {
            match self.read(file).await {
                Ok(content) if !content.is_whole => {
                    let why = content.found.first().map_or_else(String::new, |finding| finding.message.clone());
                    progress.refused.push((0, Reason::new(codes::E6112, why)));
                    progress.is_finished = true;
                }
                Ok(content) => self.give(file, &content, &mut progress).await,
                Err(Unread::Replaced) => return Next::Go,
                Err(Unread::TooLarge) => {
                    let text = format!("{} bytes, the limit is {}", file.identity.size, self.config.bytes_max);
                    progress.refused.push((0, Reason::new(codes::E6202, text)));
                    progress.is_finished = true;
                }
                Err(Unread::Failed(reason)) => {
                    self.report(file, reason);
                    return Next::Go;
                }
            }
        }
        let is_finished = progress.is_finished;
        if !is_finished || !self.put_away(file, &progress).await {
            self.progress.insert(file.name.clone(), progress);
        }
        if is_finished { Next::Go } else { Next::Stop }
    }

    /// All its messages were accepted, and it stays where it is.
    fn is_kept(&self, file: &Found) -> bool {
        let is_done = |progress: &Progress| progress.is_finished && progress.refused.is_empty();
        self.config.after == After::Keep && self.progress.get(&file.name).is_some_and(is_done)
    }

    async fn read(&self, file: &Found) -> Result<Content, Unread> {
        let (path, bytes_max) = (self.config.folder.join(&file.name), self.config.bytes_max);
        let content = storage::beside(move || storage::read(&path, bytes_max)).await.ok_or(Unread::Replaced)??;
        // It changed after it was found: it is not whole yet.
        if u64::try_from(content.len()).ok() != Some(file.identity.size) {
            return Err(Unread::Replaced);
        }
        let content = Bytes::from(content);
        if !self.config.is_split {
            let messages = if content.is_empty() { Vec::new() } else { vec![content] };
            return Ok(Content { messages, found: Arc::default(), is_whole: true });
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
        Ok(Content { messages, found: findings.into(), is_whole })
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
            match self.intake.accept(frame).await.verdict() {
                Verdict::Accepted(_) => {}
                Verdict::Later(_) => return,
                Verdict::Refused(reason) => progress.refused.push((number + 1, reason.clone())),
            }
            progress.answered = number + 1;
        }
        progress.is_finished = true;
    }

    /// False if the file is still there and is to be remembered.
    async fn put_away(&self, file: &Found, progress: &Progress) -> bool {
        let path = self.config.folder.join(&file.name);
        let config = self.config.clone();
        let result = if progress.refused.is_empty() {
            storage::beside(move || match &config.after {
                After::Move(done) => storage::move_into(&path, done).map(|_| true),
                After::Delete => storage::remove(&path).map(|()| true),
                After::Keep => Ok(false),
            })
            .await
        } else {
            let why = explain(progress);
            self.report(
                file,
                Reason::new(codes::E6203, "a file went to the errors folder; see the .reason file there"),
            );
            storage::beside(move || storage::put_aside(&path, &config.errors, &why).map(|()| true)).await
        };
        match result {
            Some(Ok(is_gone)) => is_gone,
            Some(Err(reason)) => {
                self.report(file, reason);
                false
            }
            None => false,
        }
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
