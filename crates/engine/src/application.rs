//! Step 11 of the journey: the application acknowledgment, where the sender waits for one after the storing.
//!
//! Promises: it is recorded before it is sent, so that a sender that asks twice never hears two different final answers
//! (AA, AE); one that was not sent stays owed, visibly, and is sent when the message comes again; AE and AR for what
//! happens after the storing only where the interface says `ack after-delivered`.
//! Never: holds up a delivery, or answers before the message is stored (R1).

use crate::{acknowledge, codes, dispatch::Dock, journey};
use bytes::Bytes;
use hl7v2::Message;
use interface::{contract::Deferred, definition::Acknowledge};
use message::{AckCode, DeliveryId, DeliveryState, MessageId, Reason};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use store::{ApplicationAcknowledgment, Change, Disposition, Entry};
use tokio::sync::{Notify, watch};

/// How long the deliveries may take in original mode where the interface does not say: below the 30 s after which most
/// senders give up.
const WITHIN: Duration = Duration::from_secs(20);
/// The log shows an end at most so long after it was told.
const PAUSE_MIN: Duration = Duration::from_millis(2);
/// An end that nobody told is found within this time.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// Who waits for the end of a message's deliveries.
#[derive(Default)]
pub struct Endings {
    waited_for: Mutex<HashMap<MessageId, Arc<Notify>>>,
}

impl Endings {
    /// Something about the deliveries of this message was recorded.
    pub(crate) fn tell(&self, message: MessageId) {
        if let Some(notify) = self.waited_for.lock().unwrap_or_else(PoisonError::into_inner).get(&message) {
            notify.notify_waiters();
        }
    }

    fn watch(self: &Arc<Endings>, message: MessageId) -> Watching {
        let mut waited_for = self.waited_for.lock().unwrap_or_else(PoisonError::into_inner);
        let notify = waited_for.entry(message).or_default().clone();
        drop(waited_for);
        Watching { endings: self.clone(), message, notify }
    }
}

struct Watching {
    endings: Arc<Endings>,
    message: MessageId,
    notify: Arc<Notify>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        let mut waited_for = self.endings.waited_for.lock().unwrap_or_else(PoisonError::into_inner);
        // The map and this one hold it: nobody else waits.
        if Arc::strong_count(&self.notify) <= 2 {
            waited_for.remove(&self.message);
        }
    }
}

/// The acknowledgment that is owed to the sender of one stored message.
#[derive(Clone)]
pub(crate) struct Owed {
    pub(crate) dock: Arc<Dock>,
    pub(crate) id: MessageId,
    pub(crate) message: Message,
    pub(crate) when: Acknowledge,
    /// The longest wait, as the interface says it.
    pub(crate) within: Option<Duration>,
    /// Becomes true when the source must end; absent where it need not wait for the answer.
    pub(crate) leaving: Option<watch::Receiver<bool>>,
}

/// What is true of the deliveries.
enum Ending {
    Good,
    Bad(DeliveryState),
    Open,
}

impl Owed {
    /// For the source to send when the deliveries have ended (enhanced mode).
    pub(crate) fn deferred(self) -> Deferred {
        Deferred::new(move || {
            let owed = self.clone();
            Box::pin(async move { owed.answer(None).await.into_iter().collect() })
        })
    }

    /// Waits in the sender's stead (original mode).
    pub(crate) async fn answered(self) -> Option<Bytes> {
        self.answer(Some(WITHIN)).await
    }

    /// `None` where the sender does not want an answer of this sign, or it could not be recorded.
    async fn answer(self, within: Option<Duration>) -> Option<Bytes> {
        let within = self.within.or(within);
        if let Some(code) = self.recorded() {
            let reason = Reason::new(codes::E5013, "a delivery of this message ended without success");
            return self.build(code, (code != AckCode::AA).then_some(&reason));
        }
        let (code, reason) = match self.when {
            Acknowledge::AfterDelivered => self.judge(within).await,
            Acknowledge::AfterStored | Acknowledge::AfterValidated | Acknowledge::None => (AckCode::AA, None),
        };
        let answer = self.build(code, reason.as_ref())?;
        self.record(code).await.then_some(answer)
    }

    /// The final answer that was given before. "Try again" (AR) is none: who tries again hears what is true then.
    fn recorded(&self) -> Option<AckCode> {
        let history = self.dock.store.history(self.id).unwrap_or_default();
        history.iter().find_map(|entry| match &entry.change {
            Change::ApplicationAcknowledged(given) if given.code != AckCode::AR => Some(given.code),
            _ => None,
        })
    }

    async fn judge(&self, within: Option<Duration>) -> (AckCode, Option<Reason>) {
        let leaving = self.leaving.clone();
        let left = async {
            match leaving {
                Some(mut leaving) => drop(leaving.wait_for(|leaving| *leaving).await),
                None => std::future::pending().await,
            }
        };
        let late = async {
            match within {
                Some(within) => tokio::time::sleep(within).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            ended = self.ended() => match ended {
                None => (AckCode::AA, None),
                Some(state) => {
                    let text = format!("stored, but a delivery is {}", format!("{state:?}").to_lowercase());
                    (AckCode::AE, Some(Reason::new(codes::E5013, text)))
                }
            },
            () = late => {
                (AckCode::AR, Some(Reason::new(codes::E5014, "stored, but not delivered in time; send it again to ask")))
            }
            () = left => {
                (AckCode::AR, Some(Reason::new(codes::E5014, "stored; the engine stops; send it again to ask")))
            }
        }
    }

    /// Waits for the end of every delivery; gives the state of one that ended without success.
    async fn ended(&self) -> Option<DeliveryState> {
        let watching = self.dock.endings.watch(self.id);
        let mut pause = PAUSE_MIN;
        loop {
            let told = watching.notify.notified();
            match self.look() {
                Ending::Good => return None,
                Ending::Bad(state) => return Some(state),
                Ending::Open => {}
            }
            pause = match tokio::time::timeout(pause, told).await {
                Ok(()) => PAUSE_MIN,
                Err(_) => pause.saturating_mul(2).min(PAUSE_MAX),
            };
        }
    }

    fn look(&self) -> Ending {
        let (Ok(stored), Ok(history)) = (self.dock.store.read(self.id), self.dock.store.history(self.id)) else {
            return Ending::Open;
        };
        let accept = &stored.accept;
        if matches!(accept.disposition, Disposition::Parked { .. }) {
            return Ending::Bad(DeliveryState::Parked);
        }
        ending((0..accept.deliveries.len()).map(|number| {
            let delivery = DeliveryId { message: self.id, number: u16::try_from(number).unwrap_or(u16::MAX) };
            journey::standing(delivery, &history).0
        }))
    }

    async fn record(&self, code: AckCode) -> bool {
        let change = Change::ApplicationAcknowledged(ApplicationAcknowledgment { message: self.id, code });
        loop {
            // Without a wait where a repetition could only say the same again.
            let recorded = match self.when {
                Acknowledge::AfterDelivered => self.dock.store.commit_change(change.clone()).await.map(drop),
                Acknowledge::AfterStored | Acknowledge::AfterValidated | Acknowledge::None => {
                    self.dock.store.append(&change)
                }
            };
            match recorded {
                Ok(()) => return true,
                Err(store::Error::Busy) => tokio::time::sleep(PAUSE_MIN).await,
                Err(_) => return false,
            }
        }
    }

    fn build(&self, code: AckCode, reason: Option<&Reason>) -> Option<Bytes> {
        acknowledge::application(&self.message, self.dock.clock.now(), code, reason)
    }
}

/// One that ended badly says enough; all must have ended well.
fn ending(states: impl Iterator<Item = DeliveryState>) -> Ending {
    let mut ending = Ending::Good;
    for state in states {
        match state {
            DeliveryState::Delivered => {}
            DeliveryState::Queued | DeliveryState::Retrying => ending = Ending::Open,
            DeliveryState::Parked | DeliveryState::Held | DeliveryState::Expired | DeliveryState::Deleted => {
                return Ending::Bad(state);
            }
        }
    }
    ending
}

/// The application acknowledgment that a message still owes its sender, as its history tells: the commit
/// acknowledgment went out, one of the application was asked for whatever comes, and none was recorded.
pub(crate) fn is_owed(accept: &store::Accept, history: &[Entry]) -> bool {
    let code = accept.acknowledgment.clone().and_then(|answer| hl7v2::ack::Reply::read(answer).code);
    code == Some(AckCode::CA)
        && hl7v2::ack::needs_application_ack(&Message::parse(accept.envelope.raw.clone()).0, true)
        && !history.iter().any(|entry| matches!(entry.change, Change::ApplicationAcknowledged(_)))
}
