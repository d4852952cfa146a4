//! Web servers for the conformance suites: as the partner of a lane, and as the peer of a source that asks.

use bytes::Bytes;
use interface::contract::{Boxed, Frame, Intake, Phase, Reply, Source};
use message::Reason;
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use testkit::{
    partner::{Cut, Wire},
    sample,
    source::Mischief,
    web::Told,
};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

const LONG: Duration = Duration::from_secs(20);

/// The body of the first request, and how many bytes it took.
pub(crate) fn cut(buffer: &[u8]) -> Cut {
    let head_end = buffer.windows(4).position(|part| part == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&buffer[..head_end]).to_ascii_lowercase();
    let length: usize = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())?;
    let body = buffer.get(head_end..head_end + length)?;
    Some((head_end + length, body.to_vec()))
}

/// An answer.
pub(crate) fn respond(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A web server that answers with acknowledgments.
pub(crate) const WIRE: Wire = Wire {
    cut,
    answer: |content| respond("200 OK", "", &sample::acknowledgment("AA", &sample::control_id(content))),
    foreign: None,
    endless: (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"11\r\nand so on and so \r\n"),
    is_repeatable: true,
};

/// The answer of a server that misbehaves; `None` where an answer has no such fault.
fn bad_answer(mischief: Mischief, size_max: usize) -> Option<Told> {
    let half = format!("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nMSH|{}", sample::SECRET).into_bytes();
    Some(match mischief {
        Mischief::Junk => Told::Raw(format!("{}\r\n\r\n", sample::SECRET).into_bytes()),
        Mischief::HalfThenGone => Told::Raw(half),
        Mischief::HalfThenReset => Told::Reset(half),
        Mischief::HalfThenSilent => Told::Stall(half),
        Mischief::TooLarge => Told::Answer(200, Vec::new(), sample::long_adt("BIG", size_max + 1).to_vec()),
        Mischief::NeverEnding => Told::Endless(WIRE.endless.0.to_vec(), WIRE.endless.1.to_vec()),
        Mischief::Flood => return None,
    })
}

/// What a server that is asked does badly, each once.
#[derive(Default)]
pub(crate) struct Mischiefs {
    due: Mutex<VecDeque<Told>>,
    asked: AtomicUsize,
}

impl Mischiefs {
    /// What the server does badly now, if anything; it calls this at every request.
    pub(crate) fn next(&self) -> Option<Told> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.due.lock().unwrap().pop_front()
    }

    /// Has it done once, and waits until the source asks again; false if an answer has no such fault.
    pub(crate) async fn play(&self, mischief: Mischief, size_max: usize) -> bool {
        let Some(told) = bad_answer(mischief, size_max) else { return false };
        self.due.lock().unwrap().push_back(told);
        let is_played = || self.due.lock().unwrap().is_empty();
        wait(is_played, LONG).await;
        let asked = self.asked.load(Ordering::SeqCst);
        wait(|| self.asked.load(Ordering::SeqCst) > asked, LONG).await;
        true
    }
}

/// Waits until `claim` holds; false if it does not in time.
pub(crate) async fn wait(claim: impl Fn() -> bool, patience: Duration) -> bool {
    let end = Instant::now() + patience;
    while !claim() {
        if Instant::now() > end {
            return false;
        }
        sleep(Duration::from_millis(5)).await;
    }
    true
}

/// A source that asks. A server does not hear what became of its answer, so its people look at what the engine reports:
/// this one counts the reports with `refused`, and takes the suite's message out of what the server gave.
pub(crate) struct Heeded {
    pub(crate) source: Box<dyn Source>,
    pub(crate) heed: Heed,
}

/// See [`Heeded`].
#[derive(Clone)]
pub(crate) struct Heed {
    /// The code of a message that was refused.
    pub(crate) refused: &'static str,
    pub(crate) refusals: Arc<AtomicUsize>,
    pub(crate) message: fn(Bytes) -> Bytes,
}

impl Heed {
    pub(crate) fn new(refused: &'static str, message: fn(Bytes) -> Bytes) -> Heed {
        Heed { refused, refusals: Arc::default(), message }
    }

    /// Messages that were refused so far.
    pub(crate) fn refusals(&self) -> usize {
        self.refusals.load(Ordering::SeqCst)
    }
}

impl Source for Heeded {
    fn address(&self) -> String {
        self.source.address()
    }
    fn run(
        self: Box<Self>,
        intake: Arc<dyn Intake>,
        phase: watch::Receiver<Phase>,
    ) -> Boxed<'static, Result<(), Reason>> {
        self.source.run(Arc::new(HeededIntake { intake, heed: self.heed }), phase)
    }
}

struct HeededIntake {
    intake: Arc<dyn Intake>,
    heed: Heed,
}

impl Intake for HeededIntake {
    fn accept(&self, frame: Frame) -> Boxed<'_, Reply> {
        let bytes = (self.heed.message)(frame.bytes.clone());
        self.intake.accept(Frame { bytes, ..frame })
    }
    fn report(&self, peer: &str, reason: Reason) {
        if reason.code == self.heed.refused {
            self.heed.refusals.fetch_add(1, Ordering::SeqCst);
        }
        self.intake.report(peer, reason);
    }
    fn connected(&self, peer: &str, is_connected: bool) {
        self.intake.connected(peer, is_connected);
    }
}
