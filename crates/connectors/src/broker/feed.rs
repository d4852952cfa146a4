//! A source at a broker: one message after the other is given to the engine, and acknowledged when it is on disk.
//!
//! What has to come later is kept and given again, and nothing behind it is looked at, so that nothing overtakes it. What was
//! not acknowledged when a connection ends is the broker's to give again.

use super::{Failure, Login};
use crate::{codes, tcp::listen};
use bytes::Bytes;
use interface::contract::{Boxed, Frame, Intake, Phase, Reply, Source, Verdict};
use message::{Clock, Reason};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{interval, sleep},
};

/// How long to wait for something new; draining waits as long.
pub(crate) const WAIT: Duration = Duration::from_secs(1);
/// Before what has to come later is given again.
const PAUSE: Duration = Duration::from_secs(1);
/// Between two attempts after trouble: at first, and at most.
const BACKOFF_MIN: Duration = Duration::from_millis(500);
const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// Messages that are remembered by their identity: a broker that dies may give again what it had not written down.
const SETTLED_MAX: usize = 1000;
/// How often a broker hears that we are alive while the engine works on a message.
const HOLD_EVERY: Duration = Duration::from_secs(5);

/// One message as a broker gave it.
pub(crate) struct Given<M> {
    /// What it is acknowledged by.
    pub(crate) mark: M,
    pub(crate) content: Content,
}

pub(crate) enum Content {
    Whole(Bytes),
    /// Read past: its length.
    TooLong(usize),
}

/// A connection over which a protocol reads.
pub(crate) trait Pull: Send + Sized + 'static {
    /// Its settings.
    type Config: Send + Sync + 'static;
    /// What a message is acknowledged by.
    type Mark: Send + Sync;
    /// Where, and who we are.
    fn login(config: &Self::Config) -> &Login;
    /// The largest message.
    fn bytes_max(config: &Self::Config) -> usize;
    /// Connects, logs in and begins to read. What people should know, and what does not hinder reading, goes to `tell`.
    fn open(
        config: &Self::Config,
        tell: &(dyn Fn(Reason) + Send + Sync),
    ) -> impl Future<Output = Result<Self, Reason>> + Send;
    /// The next message, or nothing within about [`WAIT`].
    fn next(&mut self, config: &Self::Config)
    -> impl Future<Output = Result<Option<Given<Self::Mark>>, Reason>> + Send;
    /// Acknowledges.
    fn settle(&mut self, config: &Self::Config, mark: &Self::Mark) -> impl Future<Output = Result<(), Reason>> + Send;
    /// Lets the broker know that we are alive and the message is still under way.
    fn hold(&mut self, config: &Self::Config, mark: &Self::Mark) -> impl Future<Output = Result<(), Reason>> + Send;
    /// Copies a message that can never be accepted to where refused ones go, with the reason, which holds nothing of it
    /// (R10). Gives the name of that place.
    fn put_aside(
        &mut self,
        config: &Self::Config,
        given: &Given<Self::Mark>,
        reason: &Reason,
    ) -> impl Future<Output = Result<String, Reason>> + Send;
    /// What no other message ever has, where the broker says such a thing: a message that is given twice is known by it.
    fn identity(_mark: &Self::Mark) -> Option<(u64, u64)> {
        None
    }
    /// Says goodbye; `unsettled` is given back to the broker at once, where it can be.
    fn part(self, config: &Self::Config, unsettled: Option<&Self::Mark>) -> impl Future<Output = ()> + Send;
}

/// A source.
pub(crate) struct Feed<P: Pull> {
    config: Arc<P::Config>,
    clock: Arc<dyn Clock>,
}

impl<P: Pull> Feed<P> {
    /// Does not connect: a broker that is away when the engine starts is tried again like one that goes away later.
    pub(crate) fn new(config: P::Config, clock: Arc<dyn Clock>) -> Feed<P> {
        Feed { config: Arc::new(config), clock }
    }
}

impl<P: Pull> Source for Feed<P> {
    fn address(&self) -> String {
        P::login(&self.config).address.to_string()
    }

    fn run(
        self: Box<Self>,
        intake: Arc<dyn Intake>,
        mut phase: watch::Receiver<Phase>,
    ) -> Boxed<'static, Result<(), Reason>> {
        Box::pin(async move {
            let mut reader: Reader<P> = Reader {
                config: self.config,
                clock: self.clock,
                intake,
                phase: phase.clone(),
                connection: None,
                unsettled: None,
                settled: VecDeque::new(),
                trouble: None,
            };
            let mut pause = BACKOFF_MIN;
            while !listen::is_draining(&phase) {
                if reader.look().await {
                    pause = BACKOFF_MIN;
                    continue;
                }
                tokio::select! {
                    () = listen::draining(&mut phase) => {}
                    () = sleep(pause) => {}
                }
                pause = (pause * 2).min(BACKOFF_MAX);
            }
            reader.part().await;
            Ok(())
        })
    }
}

struct Reader<P: Pull> {
    config: Arc<P::Config>,
    clock: Arc<dyn Clock>,
    intake: Arc<dyn Intake>,
    phase: watch::Receiver<Phase>,
    connection: Option<P>,
    /// Given to us, and neither stored nor acknowledged when draining began.
    unsettled: Option<P::Mark>,
    /// Stored and acknowledged last, the newest behind. The broker may not have heard or kept that.
    settled: VecDeque<(u64, u64)>,
    /// The last trouble, so that it is not reported at every look.
    trouble: Option<Reason>,
}

impl<P: Pull> Reader<P> {
    fn address(&self) -> Arc<str> {
        P::login(&self.config).address.clone()
    }

    /// One look; false after trouble.
    async fn look(&mut self) -> bool {
        match self.round().await {
            Ok(()) => {
                self.trouble = None;
                true
            }
            Err(reason) => {
                if self.connection.take().is_some() {
                    self.intake.connected(&self.address(), false);
                }
                if self.trouble.as_ref() != Some(&reason) {
                    self.intake.report(&self.address(), reason.clone());
                }
                self.trouble = Some(reason);
                false
            }
        }
    }

    async fn part(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        let limit = P::login(&self.config).answer_time_max.min(WAIT);
        // Whatever does not arrive in time, the broker finds out by itself.
        let _ = tokio::time::timeout(limit, connection.part(&self.config, self.unsettled.as_ref())).await;
        self.intake.connected(&self.address(), false);
    }

    async fn round(&mut self) -> Result<(), Reason> {
        let config = self.config.clone();
        if self.connection.is_none() {
            let (intake, address) = (self.intake.clone(), self.address());
            let tell = move |reason: Reason| intake.report(&address, reason);
            self.connection = Some(P::open(&config, &tell).await?);
            self.intake.connected(&self.address(), true);
        }
        let Some(given) = self.connection()?.next(&config).await? else { return Ok(()) };
        if listen::is_draining(&self.phase) {
            self.unsettled = Some(given.mark);
            return Ok(());
        }
        let identity = P::identity(&given.mark);
        let is_known = identity.is_some_and(|identity| self.settled.contains(&identity));
        if !is_known {
            if !self.give(&given).await? {
                self.unsettled = Some(given.mark);
                return Ok(());
            }
            self.settled.extend(identity);
            if self.settled.len() > SETTLED_MAX {
                self.settled.pop_front();
            }
        }
        self.connection()?.settle(&config, &given.mark).await
    }

    fn connection(&mut self) -> Result<&mut P, Reason> {
        let lost = || Failure::Broken.reason(&P::login(&self.config).host_port);
        self.connection.as_mut().ok_or_else(lost)
    }

    /// Gives one message until it is stored or refused; false if draining began before.
    async fn give(&mut self, given: &Given<P::Mark>) -> Result<bool, Reason> {
        let config = self.config.clone();
        let refusal = match &given.content {
            Content::TooLong(length) => {
                let text = format!("a message has {length} bytes, the limit is {}", P::bytes_max(&config));
                Reason::new(codes::E6647, text)
            }
            Content::Whole(bytes) if bytes.is_empty() => Reason::new(codes::E6647, "a message is empty"),
            Content::Whole(bytes) => loop {
                match self.accept(bytes, &given.mark).await.verdict() {
                    Verdict::Accepted(_) => return Ok(true),
                    Verdict::Refused(reason) => break reason.clone(),
                    Verdict::Later(_) => {}
                }
                let mut phase = self.phase.clone();
                tokio::select! {
                    () = listen::draining(&mut phase) => return Ok(false),
                    () = sleep(PAUSE) => {}
                }
                self.connection()?.hold(&config, &given.mark).await?;
            },
        };
        let place = self.connection()?.put_aside(&config, given, &refusal).await?;
        let text = format!("a message went to {place}: {refusal}");
        self.intake.report(&self.address(), Reason::new(codes::E6646, text));
        Ok(true)
    }

    /// Waits for the engine's answer, however long it takes, and lets the broker know meanwhile.
    async fn accept(&mut self, bytes: &Bytes, mark: &P::Mark) -> Reply {
        let frame = Frame {
            bytes: bytes.clone(),
            peer: self.address(),
            received: self.clock.now(),
            format: self.intake.format(),
            from: None,
            found: Arc::default(),
        };
        let intake = self.intake.clone();
        let mut accepting = intake.accept(frame);
        let mut beat = interval(HOLD_EVERY);
        beat.tick().await;
        loop {
            tokio::select! {
                reply = &mut accepting => return reply,
                _ = beat.tick() => {}
            }
            let held = match &mut self.connection {
                Some(connection) => connection.hold(&self.config, mark).await,
                None => Ok(()),
            };
            if held.is_err() {
                // The engine is not to be interrupted; the next thing that is asked of the broker fails.
                return accepting.await;
            }
        }
    }
}
