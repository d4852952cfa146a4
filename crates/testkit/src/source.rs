//! The conformance suite of `interface::contract::Source`: one function a clause, numbered as in the contract.
//!
//! A connector's tests implement [`Subject`] (how to open it, how a peer of its protocol hands a message over and how it
//! misbehaves) and call [`suite`].

use crate::{Answer, ScriptedIntake, sample};
use bytes::Bytes;
use interface::contract::{Boxed, Phase, Source};
use message::Reason;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

/// The limit of a frame's size that a subject sets.
pub const SIZE_MAX: usize = 16 * 1024;
/// The limit of silence inside a frame that a subject sets.
pub const SILENCE_MAX: Duration = Duration::from_millis(300);
/// The limit of connections that a subject sets, where it has connections.
pub const CONNECTIONS_MAX: usize = 8;
/// How long a well-behaved exchange may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a peer that may hear nothing listens once the engine has answered: a file that stays where it is.
const GRACE: Duration = Duration::from_secs(1);
/// How long the suite waits to see that something does not happen.
const NOTHING: Duration = Duration::from_millis(150);

/// What a peer learned about the message that it handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Success, with what came along (an acknowledgment message).
    Success(Vec<u8>),
    /// A failure that the peer can see: a negative acknowledgment, a status, a file put aside.
    Failure(Vec<u8>),
    /// Nothing, or the connection was closed.
    Nothing,
}

/// Ways of a bad peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mischief {
    /// Bytes that are no frame, then goes away.
    Junk,
    /// Half a frame, then FIN.
    HalfThenGone,
    /// Half a frame, then RST.
    HalfThenReset,
    /// Half a frame, then silence. Returns when it was let go, or after 20 s.
    HalfThenSilent,
    /// A frame just above [`SIZE_MAX`].
    TooLarge,
    /// A frame that never ends. Returns when the source stops reading, or after 20 s.
    NeverEnding,
    /// Twice [`CONNECTIONS_MAX`] connections that say nothing, held for half a second.
    Flood,
}

/// A connector under test.
pub trait Subject: Sync {
    /// Opens its source with the limits above.
    fn open(&self) -> Boxed<'_, Box<dyn Source>>;
    /// Hands one message over as a well-behaved peer, and waits at most `patience` for what the peer learns of it.
    fn hand_over<'a>(&'a self, address: &'a str, message: Bytes, patience: Duration) -> Boxed<'a, Heard>;
    /// Misbehaves; false if this protocol has no such fault.
    fn misbehave<'a>(&'a self, address: &'a str, mischief: Mischief) -> Boxed<'a, bool>;
    /// Whether the acknowledgment message travels back to the peer.
    fn returns_acknowledgments(&self) -> bool {
        true
    }
}

/// A source that runs in the background.
pub struct Running {
    /// Where it is reached.
    pub address: String,
    /// The intake that it feeds.
    pub intake: Arc<ScriptedIntake>,
    phase: watch::Sender<Phase>,
    ended: JoinHandle<Result<(), Reason>>,
}

impl Running {
    /// Starts `source` on an intake with this script.
    #[must_use]
    pub fn start(source: Box<dyn Source>, answers: impl IntoIterator<Item = Answer>) -> Running {
        let intake = Arc::new(ScriptedIntake::new(answers));
        let (phase, watched) = watch::channel(Phase::Running);
        let address = source.address();
        let ended = tokio::spawn(source.run(intake.clone(), watched));
        Running { address, intake, phase, ended }
    }

    /// Asks it to drain, without waiting.
    pub fn drain(&self) {
        let _ = self.phase.send(Phase::Draining);
    }

    /// Drains it and waits for its end; returns how long that took.
    ///
    /// # Panics
    /// If it does not end as the contract says.
    pub async fn stop(self) -> Duration {
        let begun = Instant::now();
        self.drain();
        match timeout(Duration::from_secs(10), self.ended).await {
            Ok(Ok(Ok(()))) => begun.elapsed(),
            Ok(Ok(Err(reason))) => panic!("Source 1: run ended with {reason}"),
            Ok(Err(error)) => panic!("Source 1: run panicked: {error}"),
            Err(_) => panic!("Source 1: draining took longer than 10 s"),
        }
    }
}

/// Runs every clause.
///
/// # Panics
/// If the subject breaks one; the message begins with `Source` and its number.
pub async fn suite(subject: &dyn Subject) {
    // Together, because most of their time is waiting for limits to pass.
    tokio::join!(
        clause_1_drains(subject),
        clause_2_bytes_once_and_exact(subject),
        clause_3_success_only_after_the_answer(subject),
        clause_4_no_is_not_success(subject),
        clause_5_limits_hold_while_reading(subject),
        clause_6_one_bad_peer_holds_up_nobody(subject),
        clause_7_reports_hold_no_content(subject),
        clause_8_address_is_where_it_is_reached(subject),
    );
}

async fn start(subject: &dyn Subject, answers: impl IntoIterator<Item = Answer>) -> Running {
    Running::start(subject.open().await, answers)
}

async fn clause_1_drains(subject: &dyn Subject) {
    let idle = start(subject, []).await;
    sleep(NOTHING).await;
    assert!(!idle.ended.is_finished(), "Source 1: run returned while the phase was Running");
    idle.stop().await;

    let busy = start(subject, [Answer::AcceptAtGate]).await;
    let address = busy.address.clone();
    let heard = async { subject.hand_over(&address, sample::adt("D1"), PATIENCE).await };
    let draining = async {
        assert!(
            busy.intake.wait_for(PATIENCE, |intake| !intake.contents().is_empty()).await,
            "Source 2: no frame came"
        );
        busy.drain();
        sleep(NOTHING).await;
        busy.intake.open_gate();
    };
    let (heard, ()) = tokio::join!(heard, draining);
    assert!(matches!(heard, Heard::Success(_)), "Source 1: the frame under way lost its answer: {heard:?}");
    busy.stop().await;
}

async fn clause_2_bytes_once_and_exact(subject: &dyn Subject) {
    let running = start(subject, []).await;
    let messages = [
        sample::adt("B1"),
        Bytes::from(String::from_utf8_lossy(&sample::adt("B2")).replace('\r', "\n")),
        Bytes::from([&sample::adt("B3")[..], b"NTE|1||M\xFCller \xE9 \x80\xFF\r"].concat()),
        sample::long_adt("B4", SIZE_MAX - 64),
    ];
    for message in &messages {
        let heard = subject.hand_over(&running.address, message.clone(), PATIENCE).await;
        assert!(matches!(heard, Heard::Success(_)), "Source 2: a good message was not taken: {heard:?}");
    }
    let contents = running.intake.contents();
    assert_eq!(contents.len(), messages.len(), "Source 2: each frame once");
    for (number, (content, message)) in contents.iter().zip(&messages).enumerate() {
        assert!(content == message, "Source 2: the bytes of message {number} are not as the peer sent them");
    }
    assert_eq!(running.intake.overlaps(), 0, "Source 2: frames of one peer one at a time");
    running.stop().await;
}

async fn clause_3_success_only_after_the_answer(subject: &dyn Subject) {
    let running = start(subject, [Answer::AcceptAtGate]).await;
    let mut hand_over = subject.hand_over(&running.address, sample::adt("C1"), PATIENCE);
    let waited = tokio::select! {
        heard = &mut hand_over => panic!("Source 3: the peer heard {heard:?} before the engine answered"),
        came = running.intake.wait_for(PATIENCE, |intake| !intake.contents().is_empty()) => came,
    };
    assert!(waited, "Source 2: no frame came");
    let early = timeout(NOTHING, &mut hand_over).await;
    assert!(early.is_err(), "Source 3: the peer heard {early:?} before the engine answered");
    running.intake.open_gate();
    match hand_over.await {
        Heard::Success(bytes) if subject.returns_acknowledgments() => {
            assert_eq!(bytes, sample::acknowledgment("AA", "C1"), "Source 3: the acknowledgment goes out as given");
        }
        Heard::Success(_) => {}
        heard => panic!("Source 3: accepted, but the peer heard {heard:?}"),
    }
    running.stop().await;
}

async fn clause_4_no_is_not_success(subject: &dyn Subject) {
    for is_acknowledged in [true, false] {
        for answer in [Answer::Later { is_acknowledged }, Answer::Refuse { is_acknowledged }] {
            // More of the same, because a source may try again by itself.
            let running = start(subject, std::iter::repeat_n(answer.clone(), 1000)).await;
            let answered = async {
                let has_come = running.intake.wait_for(PATIENCE, |intake| intake.answered() > 0).await;
                assert!(has_come, "Source 2: no frame came");
                sleep(GRACE).await;
            };
            let heard = tokio::select! {
                heard = subject.hand_over(&running.address, sample::adt("N1"), PATIENCE) => heard,
                () = answered => Heard::Nothing,
            };
            assert!(!matches!(heard, Heard::Success(_)), "Source 4: {answer:?} looked like success");
            assert!(!running.intake.contents().is_empty(), "Source 2: no frame came");
            running.stop().await;
        }
    }
}

async fn clause_5_limits_hold_while_reading(subject: &dyn Subject) {
    for mischief in [Mischief::TooLarge, Mischief::NeverEnding, Mischief::HalfThenSilent, Mischief::Flood] {
        let running = start(subject, []).await;
        let begun = Instant::now();
        if subject.misbehave(&running.address, mischief).await {
            assert!(begun.elapsed() < Duration::from_secs(15), "Source 5: {mischief:?} was not let go");
            let is_reported = running.intake.wait_for(PATIENCE, |intake| !intake.reports().is_empty()).await;
            assert!(is_reported, "Source 5: {mischief:?} was not reported");
            assert!(running.intake.contents().is_empty(), "Source 5: {mischief:?} became a message");
            let heard = hand_over_patiently(subject, &running.address, "L1").await;
            assert!(matches!(heard, Heard::Success(_)), "Source 5: after {mischief:?} nothing is taken: {heard:?}");
        }
        running.stop().await;
    }
}

async fn clause_6_one_bad_peer_holds_up_nobody(subject: &dyn Subject) {
    let all = [Mischief::Junk, Mischief::HalfThenGone, Mischief::HalfThenReset, Mischief::HalfThenSilent];
    for mischief in all {
        let running = start(subject, []).await;
        let bad = subject.misbehave(&running.address, mischief);
        let good = async {
            sleep(Duration::from_millis(20)).await;
            subject.hand_over(&running.address, sample::adt("G1"), PATIENCE).await
        };
        let (is_known, heard) = tokio::join!(bad, good);
        assert!(matches!(heard, Heard::Success(_)), "Source 6: {mischief:?} held up another peer: {heard:?}");
        if is_known {
            let is_reported = running.intake.wait_for(PATIENCE, |intake| !intake.reports().is_empty()).await;
            assert!(is_reported, "Source 6: {mischief:?} was not reported");
        }
        assert_eq!(running.intake.contents(), [sample::adt("G1")], "Source 6: {mischief:?} became a message");
        running.stop().await;
    }
}

async fn clause_7_reports_hold_no_content(subject: &dyn Subject) {
    use Mischief::{HalfThenGone, HalfThenReset, HalfThenSilent, Junk, NeverEnding, TooLarge};
    let running = start(subject, std::iter::repeat_n(Answer::Refuse { is_acknowledged: true }, 1)).await;
    subject.hand_over(&running.address, sample::adt("S1"), PATIENCE).await;
    for mischief in [Junk, HalfThenGone, HalfThenReset, HalfThenSilent, TooLarge, NeverEnding] {
        subject.misbehave(&running.address, mischief).await;
    }
    sleep(NOTHING).await;
    for (peer, reason) in running.intake.reports() {
        let text = format!("{peer} {reason}");
        assert!(!text.contains(sample::SECRET), "Source 7: a report holds content: {text}");
        assert!(reason.code.starts_with('E'), "Source 7: a report without a code: {text}");
    }
    running.stop().await;
}

async fn clause_8_address_is_where_it_is_reached(subject: &dyn Subject) {
    let running = start(subject, []).await;
    assert!(!running.address.is_empty(), "Source 8: no address");
    assert!(!running.address.ends_with(":0"), "Source 8: the port that was given, not 0");
    let heard = hand_over_patiently(subject, &running.address, "A1").await;
    assert!(matches!(heard, Heard::Success(_)), "Source 8: not reached at its address: {heard:?}");
    running.stop().await;
}

/// Places that a flood took need a moment to become free.
async fn hand_over_patiently(subject: &dyn Subject, address: &str, id: &str) -> Heard {
    let end = Instant::now() + PATIENCE;
    loop {
        let heard = subject.hand_over(address, sample::adt(id), PATIENCE).await;
        if matches!(heard, Heard::Success(_)) || Instant::now() > end {
            return heard;
        }
        sleep(Duration::from_millis(50)).await;
    }
}
