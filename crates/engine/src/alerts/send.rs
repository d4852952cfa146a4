//! The way to those who are told: a channel is a destination as interfaces have them, used once for each alert.
//!
//! Promises: each try ends within [`TIME_MAX`]; all channels are tried at the same time; what did not go out is tried again
//! with longer pauses until [`PATIENCE`] ends, and that is written down; what waits is kept, and tried again behind a restart.

use super::{Channel, Settings, State, Told, lock};
use crate::engine::Engine;
use interface::{
    catalogue::{Context, Value},
    contract::Outgoing,
};
use message::{DeliveryId, Format, MessageId, Outcome, Reason, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use watch::{Cause, Incident, Kind, Notice, Symptom, What, codes, shapes::Shape, words};

/// The longest that one try may take.
pub const TIME_MAX: Duration = Duration::from_secs(20);
/// How long an alert is tried.
pub const PATIENCE: Duration = Duration::from_secs(3_600);
/// Alerts that wait to be sent; the oldest are given up past it.
pub const WAITING_MAX: usize = 1_000;
const PAUSE_FIRST: Duration = Duration::from_secs(5);
const PAUSE_MAX: Duration = Duration::from_secs(300);

/// An alert on its way through one channel. It is kept until it went out or was given up, so that a restart forgets none; one
/// that went out while the process ended goes out again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Waiting {
    /// Through which channel.
    pub channel: Arc<str>,
    /// What is told.
    pub notice: Notice,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried again; behind a restart at once.
    #[serde(skip)]
    pub(super) due: Due,
}

/// When an alert is tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Due {
    /// At once.
    #[default]
    Now,
    /// Not before.
    At(Instant),
    /// It is being tried now, by this number.
    UnderWay(u64),
}

impl PartialEq for Waiting {
    /// By what is kept of it.
    fn eq(&self, other: &Waiting) -> bool {
        (&self.channel, self.tries, &self.notice) == (&other.channel, other.tries, &other.notice)
    }
}

impl Waiting {
    pub(super) fn new(channel: Arc<str>, notice: Notice) -> Waiting {
        Waiting { channel, notice, tries: 0, due: Due::Now }
    }

    fn is_due(&self, now: Instant) -> bool {
        match self.due {
            Due::Now => true,
            Due::At(at) => at <= now,
            Due::UnderWay(_) => false,
        }
    }
}

/// A notice that says that it is a trial.
pub(super) fn trial(at: Timestamp) -> Notice {
    let symptom = Symptom {
        kind: Kind::Drill,
        cause: Cause::engine(Kind::Drill),
        interface: None,
        destination: None,
        team: "".into(),
        critical: 3,
        since: at,
        is_page: false,
        sentence: "this is a trial of the channel: nothing is wrong".to_owned(),
    };
    let mut incident = Incident::new(0, symptom.cause.clone(), at);
    incident.symptoms = vec![symptom];
    Notice { at, what: What::Opened, incident, channels: Vec::new(), oncall: None }
}

impl Engine {
    /// Tries everything that waits and is due.
    pub(super) async fn send_alerts(&self) {
        let room = &self.shared.dock.alerts;
        let settings = room.settings();
        let now = self.shared.dock.clock.monotonic();
        let due: Vec<(u64, Waiting)> = {
            let mut state = lock(&room.state);
            state.waiting.retain(|waiting| settings.channels.iter().any(|known| known.name == waiting.channel));
            let State { waiting, tries, .. } = &mut *state;
            let due = waiting.iter_mut().filter(|waiting| waiting.is_due(now));
            due.map(|waiting| {
                *tries += 1;
                waiting.due = Due::UnderWay(*tries);
                (*tries, waiting.clone())
            })
            .collect()
        };
        let mut tries = Vec::new();
        for (number, waiting) in due {
            let Some(channel) = settings.channels.iter().find(|known| known.name == waiting.channel).cloned() else {
                continue;
            };
            let (engine, settings) = (self.clone(), settings.clone());
            tries.push(tokio::spawn(async move {
                let sent = engine.send_through(&channel, &waiting.notice, &settings).await;
                (number, sent)
            }));
        }
        for one in tries {
            if let Ok((number, sent)) = one.await {
                self.keep_told(number, sent);
            }
        }
    }

    fn keep_told(&self, number: u64, sent: Result<(), Reason>) {
        let dock = &self.shared.dock;
        let (now, at) = (dock.clock.monotonic(), dock.clock.now());
        let mut state = lock(&dock.alerts.state);
        // Not there any more: so many came that it was given up.
        let Some(place) = state.waiting.iter().position(|one| one.due == Due::UnderWay(number)) else { return };
        let waiting = state.waiting.remove(place);
        let is_over = at.since(waiting.notice.at) >= PATIENCE;
        // Every try that failed first, and the last, are told; what is between them says nothing new.
        if sent.is_ok() || is_over || waiting.tries == 0 {
            state.remember(Told {
                at,
                what: waiting.notice.what.as_str(),
                incident: waiting.notice.incident.id,
                channel: waiting.channel.clone(),
                trouble: sent.clone().err(),
            });
        }
        if sent.is_err() && !is_over {
            let pause = (PAUSE_FIRST * 2_u32.saturating_pow(waiting.tries.min(10))).min(PAUSE_MAX);
            let tries = waiting.tries + 1;
            state.waiting.push(Waiting { tries, due: Due::At(now + pause), ..waiting });
        }
    }

    /// Sends one alert through one channel, once.
    pub(super) async fn send_through(
        &self,
        channel: &Channel,
        notice: &Notice,
        settings: &Settings,
    ) -> Result<(), Reason> {
        let bytes = channel.shape.write(notice, &settings.links, &channel.key);
        let mut settings_of = channel.destination.settings.clone();
        if channel.destination.connector == "smtp" {
            settings_of.values.insert("subject", Value::Text(words::subject(notice).into()));
        }
        self.hand_over(channel, &settings_of, bytes).await
    }

    async fn hand_over(
        &self,
        channel: &Channel,
        settings: &interface::catalogue::Settings,
        bytes: Vec<u8>,
    ) -> Result<(), Reason> {
        let dock = &self.shared.dock;
        let unsent = |text: String| Reason::new(codes::E5322, text);
        let Some(connector) = dock.connector(channel.destination.connector) else {
            return Err(unsent("the connector is not part of this build".to_owned()));
        };
        let context = Context { owner: format!("alerts/{}", channel.name).into(), ..dock.context.clone() };
        let mut lane = connector.destination(settings, &context)?;
        let outgoing = Outgoing {
            delivery: DeliveryId { message: MessageId(0), number: 0 },
            interface: "alerts".into(),
            bytes: bytes.into(),
            format: if channel.shape.is_json() { Format::Json } else { Format::Text },
            attempt: 0,
            accepted: dock.clock.now(),
            hops: 0,
            resends: 0,
        };
        let sent = tokio::time::timeout(TIME_MAX, crate::dispatch::send_guarded(lane.as_mut(), &outgoing)).await;
        let outcome = match sent {
            Ok(Some(outcome)) => outcome,
            Ok(None) => return Err(unsent("the connector stopped unexpectedly; this is a bug".to_owned())),
            Err(_) => return Err(unsent(format!("no answer within {} s", TIME_MAX.as_secs()))),
        };
        lane.close().await;
        match outcome {
            Outcome::Delivered { .. } => Ok(()),
            Outcome::Transient { reason, .. } | Outcome::Permanent { reason, .. } | Outcome::Ambiguous { reason } => {
                Err(unsent(format!("{}: {}", reason.code, reason.text)))
            }
        }
    }

    /// Tells whoever watches us from outside that we live.
    pub(super) async fn beat(&self) {
        let dock = &self.shared.dock;
        let settings = dock.alerts.settings();
        let Some((channel, every)) = &settings.heartbeat else { return };
        let now = dock.clock.monotonic();
        {
            let mut state = lock(&dock.alerts.state);
            if state.heartbeat.is_some_and(|last| now.saturating_duration_since(last) < *every) {
                return;
            }
            state.heartbeat = Some(now);
        }
        let text = format!("{{\"schema\":\"sinew.heartbeat/1\",\"engine\":{:?}}}", settings.links.engine);
        let channel = Channel { shape: Shape::Json, ..channel.clone() };
        // Who waits for it notices that it did not come: there is nobody else to tell.
        let _ = self.hand_over(&channel, &channel.destination.settings, text.into_bytes()).await;
    }
}
