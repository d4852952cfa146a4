//! The clock that is waited for, and what a run does.

use super::config::{Running, Work};
use crate::{
    codes,
    tcp::listen::{draining, is_draining},
    web::{Client, Place, auth::Credentials},
};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, header::ACCEPT};
use interface::{
    catalogue::{Context, Notebook, Settings},
    contract::{Boxed, Frame, Intake, Phase, Source, Verdict},
};
use jiff::Timestamp;
use message::{Clock, Reason};
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, time::sleep};

/// The clock is looked at this often at least: it may be set.
const LOOK_PAUSE_MAX: Duration = Duration::from_secs(30);
/// First and longest pause after a run that did not work.
const AGAIN_PAUSE_MIN: Duration = Duration::from_secs(1);
const AGAIN_PAUSE_MAX: Duration = Duration::from_secs(60);

/// A schedule that can be run.
pub(crate) struct Timer {
    config: Running,
    asking: Option<(Client, Credentials)>,
    clock: Arc<dyn Clock>,
    notebook: Arc<dyn Notebook>,
}

/// What came of a run.
enum Ran {
    /// It is done, with or without a message.
    Done,
    /// It is to be tried again.
    Again,
}

impl Timer {
    pub(crate) fn open(settings: &Settings, context: &Context) -> Result<Timer, Reason> {
        let config = Running::read(settings)?;
        let asking = match &config.work {
            Work::Say(_) => None,
            Work::Ask { url, limits, .. } => {
                let credentials = Credentials::read(settings, context, url, *limits)?;
                Some((Client::new(Place::read(settings, context, (**url).clone())?, *limits), credentials))
            }
        };
        Ok(Timer { config, asking, clock: context.clock.clone(), notebook: context.notebook.clone() })
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.clock.now().0).unwrap_or(Timestamp::MAX)
    }

    async fn serve(mut self, intake: Arc<dyn Intake>, mut phase: watch::Receiver<Phase>) {
        let mut pause = AGAIN_PAUSE_MIN;
        let mut trouble: Option<Reason> = None;
        let mut last: Option<Timestamp> = None;
        while !is_draining(&phase) {
            let waiting = match self.look(&intake, &phase, &mut last).await {
                Ok(next) => {
                    (pause, trouble) = (AGAIN_PAUSE_MIN, None);
                    let until = next.duration_since(self.now());
                    Duration::try_from(until).unwrap_or_default().min(LOOK_PAUSE_MAX)
                }
                Err(reason) => {
                    // The same trouble is told once.
                    if reason.is_some() && trouble != reason {
                        trouble = reason;
                        trouble.iter().for_each(|reason| intake.report(&self.config.address, reason.clone()));
                    }
                    let waiting = pause;
                    pause = (pause * 2).min(AGAIN_PAUSE_MAX);
                    waiting
                }
            };
            tokio::select! {
                () = draining(&mut phase) => {}
                () = sleep(waiting) => {}
            }
        }
    }

    /// Runs what is due; gives when to look again. An error, with or without a reason, means: again, soon.
    async fn look(
        &mut self,
        intake: &Arc<dyn Intake>,
        phase: &watch::Receiver<Phase>,
        last: &mut Option<Timestamp>,
    ) -> Result<Timestamp, Option<Reason>> {
        let done = match *last {
            Some(done) => done,
            None => self.begin().await?,
        };
        *last = Some(done);
        let plan = self.config.schedule.plan(done, self.now(), self.config.missed).map_err(Some)?;
        if let Some((count, at)) = plan.left_out {
            let text = format!("{count} runs were missed and are left out, the last of them that of {at}");
            intake.report(&self.config.address, Reason::new(codes::E6821, text));
            if plan.runs.first().is_none_or(|first| *first > at) {
                self.remember(at).await?;
                *last = Some(at);
            }
        }
        for due in plan.runs {
            if is_draining(phase) {
                return Err(None);
            }
            match self.run_for(due, intake).await? {
                Ran::Done => {
                    self.remember(due).await?;
                    *last = Some(due);
                }
                Ran::Again => return Err(None),
            }
        }
        Ok(plan.next)
    }

    /// How far it is; a new schedule begins now.
    async fn begin(&self) -> Result<Timestamp, Option<Reason>> {
        let (notebook, page) = (self.notebook.clone(), self.config.page.clone());
        let read = tokio::task::spawn_blocking(move || notebook.read(&page)).await;
        let text = read.unwrap_or(Ok(None)).map_err(|reason| Some(unkept(&reason)))?;
        match text.and_then(|text| text.parse().ok()) {
            Some(last) => Ok(last),
            None => {
                let now = self.now();
                self.remember(now).await?;
                Ok(now)
            }
        }
    }

    async fn remember(&self, last: Timestamp) -> Result<(), Option<Reason>> {
        let (notebook, page) = (self.notebook.clone(), self.config.page.clone());
        let written = tokio::task::spawn_blocking(move || notebook.write(&page, &last.to_string())).await;
        written.unwrap_or(Ok(())).map_err(|reason| Some(unkept(&reason)))
    }

    async fn run_for(&mut self, due: Timestamp, intake: &Arc<dyn Intake>) -> Result<Ran, Option<Reason>> {
        let content = match &self.config.work {
            Work::Say(text) => Bytes::from(text.of(due, &self.config.schedule)),
            Work::Ask { .. } => match self.ask().await? {
                Some(content) => content,
                None => return Ok(Ran::Done),
            },
        };
        let frame = Frame {
            bytes: content,
            peer: "schedule".into(),
            received: self.clock.now(),
            format: intake.format(),
            from: None,
            found: Arc::default(),
        };
        match intake.accept(frame).await.verdict() {
            Verdict::Accepted(_) => Ok(Ran::Done),
            Verdict::Later(_) => Ok(Ran::Again),
            Verdict::Refused(reason) => {
                let text = format!("the message of the run for {due} was refused: {}", reason.code);
                intake.report(&self.config.address, Reason::new(codes::E6822, text));
                Ok(Ran::Done)
            }
        }
    }

    /// What the server answers; `None` where it has nothing.
    async fn ask(&mut self) -> Result<Option<Bytes>, Option<Reason>> {
        let (Work::Ask { url, accept, .. }, Some((client, credentials))) = (&self.config.work, &mut self.asking) else {
            return Ok(None);
        };
        let mut request = Request::new(Full::new(Bytes::new()));
        *request.uri_mut() = url
            .target()
            .parse()
            .map_err(|_| Some(Reason::new(codes::E6001, "the path or the query cannot be used")))?;
        if let Some(accept) = accept {
            request.headers_mut().insert(ACCEPT, accept.clone());
        }
        let answer = credentials.exchange(client, request).await.map_err(|fault| Some(fault.into_reason()))?;
        match answer.status.as_u16() {
            204 => Ok(None),
            200..=299 => Ok(Some(answer.body).filter(|body| !body.is_empty())),
            status => Err(Some(Reason::answered(codes::E6823, &url.address, status))),
        }
    }
}

fn unkept(reason: &Reason) -> Reason {
    Reason::new(codes::E6824, format!("how far the schedule is cannot be kept: {}", reason.text))
}

impl Source for Timer {
    fn address(&self) -> String {
        self.config.address.clone()
    }

    fn run(
        self: Box<Self>,
        intake: Arc<dyn Intake>,
        phase: watch::Receiver<Phase>,
    ) -> Boxed<'static, Result<(), Reason>> {
        Box::pin(async move {
            self.serve(intake, phase).await;
            Ok(())
        })
    }
}
