//! A search that is asked again and again for what was changed since.

use super::{
    bookmark::Bookmark,
    config::Following,
    page::{self, Page},
};
use crate::{
    codes,
    tcp::listen,
    web::{Client, Place, auth::Credentials, client::Fault, encode::percent, meaning},
};
use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use interface::{
    catalogue::{Context, Notebook, Settings},
    contract::{Boxed, Frame, Intake, Phase, Source, Verdict},
};
use message::{Clock, Reason, Timestamp};
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, time::sleep};

/// Pages of one search. More of them are taken by the next one, which begins where this one ended.
const PAGES_MAX: usize = 100_000;

/// A search.
pub(crate) struct Search {
    client: Client,
    credentials: Credentials,
    config: Following,
    bookmark: Bookmark,
    notebook: Arc<dyn Notebook>,
    clock: Arc<dyn Clock>,
}

impl Search {
    pub(crate) async fn open(settings: Settings, context: Context) -> Result<Search, Reason> {
        let config = Following::read(&settings)?;
        let first = Bookmark::at(config.from.unwrap_or(context.clock.now().0));
        let bookmark = match Bookmark::read(&context.notebook, &config.bookmark).await? {
            Some(bookmark) => bookmark,
            None => {
                // A restart before the first find must not begin later than this one.
                first.write(&context.notebook, &config.bookmark).await?;
                first
            }
        };
        let place = Place::read(&settings, &context, config.url.clone())?;
        Ok(Search {
            credentials: Credentials::read(&settings, &context, &config.url, config.limits)?,
            client: Client::new(place, config.limits),
            config,
            bookmark,
            notebook: context.notebook,
            clock: context.clock,
        })
    }
}

impl Source for Search {
    fn address(&self) -> String {
        format!("{}{}", self.config.url.origin(), self.config.url.path)
    }

    fn run(
        mut self: Box<Self>,
        intake: Arc<dyn Intake>,
        mut phase: watch::Receiver<Phase>,
    ) -> Boxed<'static, Result<(), Reason>> {
        Box::pin(async move {
            let mut trouble: Option<Reason> = None;
            while !listen::is_draining(&phase) {
                let end = self.look(&*intake, &mut phase).await;
                let (reason, pause) = match end {
                    End::Through => (None, self.config.every),
                    End::Stopped => (trouble.clone(), self.config.every),
                    End::Failed { reason, pause } => (Some(reason), self.config.every.max(pause.unwrap_or_default())),
                };
                // The same trouble at every look is one report.
                if reason != trouble
                    && let Some(reason) = &reason
                {
                    intake.report(&self.address(), reason.clone());
                }
                trouble = reason;
                tokio::select! {
                    () = listen::draining(&mut phase) => {}
                    () = sleep(pause) => {}
                }
            }
            Ok(())
        })
    }
}

/// How a look ended.
enum End {
    /// Everything that there is was given.
    Through,
    /// The engine takes nothing now, or wants to stop.
    Stopped,
    /// The server did not do its part.
    Failed {
        reason: Reason,
        /// How long it asks to be left alone.
        pause: Option<Duration>,
    },
}

/// How far a look is.
struct Progress {
    /// The latest change of what was given.
    latest: i64,
    /// The server gives what was changed earlier first, as it was asked to; only then does a page prove that everything
    /// before it is given.
    is_ascending: bool,
}

impl Search {
    /// One search, all its pages.
    async fn look(&mut self, intake: &dyn Intake, phase: &mut watch::Receiver<Phase>) -> End {
        let mut progress = Progress { latest: self.bookmark.since, is_ascending: true };
        let mut asked_from = self.bookmark.from(self.config.overlap);
        let mut next = Some(self.target(asked_from));
        for _ in 0..PAGES_MAX {
            let Some(target) = next else { break };
            let fetched = tokio::select! {
                biased;
                fetched = self.fetch(&target) => fetched,
                () = listen::draining(phase) => return End::Stopped,
            };
            let page = match fetched {
                Ok(page) => page,
                Err(end) => return end,
            };
            let is_given = self.give(&page, intake, phase, &mut progress).await;
            if progress.is_ascending {
                self.bookmark.advance(progress.latest, self.config.overlap);
            }
            if let Err(reason) = self.bookmark.write(&self.notebook, &self.config.bookmark).await {
                return End::Failed { reason, pause: None };
            }
            if !is_given {
                return End::Stopped;
            }
            // A link counts pages on many servers, and what is changed in between moves to another page and pushes its
            // neighbours over the edge. So the search is asked anew from where this page ended, as long as time goes on.
            next = if page.next.is_some() && progress.is_ascending && progress.latest > asked_from {
                asked_from = progress.latest;
                Some(self.target(asked_from))
            } else {
                page.next
            };
        }
        self.bookmark.advance(progress.latest, self.config.overlap);
        match self.bookmark.write(&self.notebook, &self.config.bookmark).await {
            Ok(()) => End::Through,
            Err(reason) => End::Failed { reason, pause: None },
        }
    }

    /// Path and query of the first page of what was changed since.
    fn target(&self, from: i64) -> String {
        let mut target = self.config.url.target();
        if from > 0 {
            let from = percent(Timestamp(from).to_rfc3339().as_bytes());
            add(&mut target, &format!("_lastUpdated=ge{from}"));
        }
        add(&mut target, "_sort=_lastUpdated");
        add(&mut target, &format!("_count={}", self.config.count));
        target
    }

    async fn fetch(&mut self, target: &str) -> Result<Page, End> {
        let failed = |reason| End::Failed { reason, pause: None };
        let mut request = Request::new(Full::new(Bytes::new()));
        *request.uri_mut() = target.parse().map_err(|_| {
            failed(Reason::new(codes::E6535, format!("{} gave a link that cannot be used", self.config.url.address)))
        })?;
        *request.headers_mut() = self.config.headers.clone();
        let answer = self.credentials.exchange(&mut self.client, request).await;
        let answer = answer.map_err(|fault: Fault| failed(fault.into_reason()))?;
        if !answer.status.is_success() {
            let code = if answer.status.as_u16() == 401 { codes::E6512 } else { codes::E6535 };
            let reason = Reason::answered(code, &self.config.url.address, answer.status.as_u16());
            return Err(End::Failed { reason, pause: meaning::retry_after(&answer.headers, self.clock.now()) });
        }
        page::read(&answer.body, &self.config.url).map_err(failed)
    }

    /// Gives what was not given yet, in order; false if the engine takes no more now.
    async fn give(
        &mut self,
        page: &Page,
        intake: &dyn Intake,
        phase: &watch::Receiver<Phase>,
        progress: &mut Progress,
    ) -> bool {
        let peer: Arc<str> = self.config.url.address.as_str().into();
        for found in &page.found {
            if !self.bookmark.has(&found.mark) {
                if listen::is_draining(phase) {
                    return false;
                }
                let frame = Frame {
                    bytes: found.bytes.clone(),
                    peer: peer.clone(),
                    received: self.clock.now(),
                    format: intake.format(),
                    from: None,
                    found: Arc::default(),
                };
                match intake.accept(frame).await.verdict() {
                    Verdict::Accepted(_) => {}
                    Verdict::Later(_) => return false,
                    Verdict::Refused(reason) => {
                        let text = format!("a resource was refused ({}) and is not asked for again", reason.code);
                        intake.report(&peer, Reason::new(codes::E6538, text));
                    }
                }
            }
            let changed = found.changed.unwrap_or(progress.latest);
            self.bookmark.add(found.mark.clone(), changed);
            // The overlap is behind what is known already, and says nothing about the order.
            progress.is_ascending &= changed >= progress.latest || changed <= self.bookmark.since;
            progress.latest = progress.latest.max(changed);
        }
        true
    }
}

fn add(target: &mut String, parameter: &str) {
    target.push(if target.contains('?') { '&' } else { '?' });
    target.push_str(parameter);
}
