//! Batches that are written: what closes them, what a crash leaves, what comes twice.

use super::File;
use crate::testing::{Pages, context_in, settings};
use bytes::Bytes;
use hl7v2::Batch;
use interface::{
    catalogue::{Connector, Context, Value},
    contract::{Destination, Outgoing},
};
use message::{Clock, Format, Outcome, Timestamp};
use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};
use testkit::{Folder, sample};

const DELIVERED: Outcome = Outcome::Delivered { reply: None };
const START: i64 = 1_772_348_889_123_456;

/// A clock that stands until it is told.
#[derive(Default)]
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(START + self.0.load(Ordering::Relaxed))
    }
    fn monotonic(&self) -> Instant {
        message::clock::System.monotonic()
    }
}

/// A destination that is opened and left as often as a test likes.
struct Stage {
    folder: Folder,
    clock: Arc<Hand>,
    pages: Arc<Pages>,
}

impl Stage {
    fn new() -> Stage {
        Stage { folder: Folder::new(), clock: Arc::default(), pages: Arc::default() }
    }

    fn lane_of(&self, owner: &str, folder: &str, values: &[(&'static str, Value)]) -> Box<dyn Destination> {
        let folder = self.folder.join(folder);
        fs::create_dir_all(&folder).unwrap();
        let context = Context {
            clock: self.clock.clone(),
            notebook: self.pages.clone(),
            owner: owner.into(),
            ..context_in(Path::new("/"))
        };
        File.destination(&settings(&File, false, folder.to_str().unwrap(), values), &context).unwrap()
    }

    fn lane(&self, values: &[(&'static str, Value)]) -> Box<dyn Destination> {
        self.lane_of("adt-main/archive", "", &[&[("batch", word("file"))], values].concat())
    }

    fn wait(&self, time: Duration) {
        self.clock.0.fetch_add(time.as_micros() as i64, Ordering::Relaxed);
    }

    /// The files that others see, each with the control ids in it; what is odd about one is a failure.
    fn seen(&self, folder: &str) -> Vec<(String, Vec<String>)> {
        let names = self.folder.names(folder).into_iter().filter(|name| !name.starts_with('.'));
        let names = names.filter(|name| !self.folder.join(folder).join(name).is_dir());
        let read = |name: String| {
            let (batch, findings) = Batch::split(fs::read(self.folder.join(folder).join(&name)).unwrap());
            assert_eq!(findings, [], "{name}");
            assert!(batch.batches().len() == 1 && batch.batches()[0].is_whole(), "{name}");
            (name, batch.messages().map(|bytes| sample::control_id(&bytes)).collect())
        };
        names.map(read).collect()
    }

    fn open_record(&self) -> std::path::PathBuf {
        let names = self.folder.names("");
        self.folder.join(names.iter().find(|name| name.ends_with(".batch")).expect("an open batch"))
    }
}

fn word(text: &str) -> Value {
    Value::Text(text.into())
}

fn count(count: u64) -> [(&'static str, Value); 1] {
    [("batch-count", Value::Count(count))]
}

fn outgoing(number: u64) -> Outgoing {
    sample::outgoing(number, sample::adt(&format!("M{number}")))
}

async fn send(lane: &mut Box<dyn Destination>, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        assert_eq!(lane.send(&outgoing(number)).await, DELIVERED, "{number}");
    }
}

fn batch(name: &str, ids: &[&str]) -> (String, Vec<String>) {
    (name.to_owned(), ids.iter().map(|id| (*id).to_owned()).collect())
}

#[tokio::test]
async fn a_batch_is_closed_by_its_count() {
    let stage = Stage::new();
    let mut lane = stage.lane(&count(2));
    assert_eq!(lane.rest(), None, "nothing to look after");
    send(&mut lane, 1..=5).await;
    assert_eq!(stage.seen(""), [batch("1-0.hl7", &["M1", "M2"]), batch("3-0.hl7", &["M3", "M4"])]);
    assert!(lane.rest().is_some());
    let text = fs::read_to_string(stage.folder.join("1-0.hl7")).unwrap();
    let lines: Vec<&str> = text.split('\r').collect();
    assert!(lines[0].starts_with("FHS|^~\\&|") && lines[0].contains("|1-0.hl7||"), "{}", lines[0]);
    assert!(lines[1].starts_with("BHS|^~\\&|"));
    assert_eq!(lines[lines.len() - 3..], ["BTS|2", "FTS|1", ""]);
    let of = |line: &str, field: usize| line.split('|').nth(field).unwrap_or_default().to_owned();
    let message = String::from_utf8(sample::adt("M1").to_vec()).unwrap();
    for field in 2..=5 {
        assert_eq!(of(lines[0], field), of(&message, field), "sender and receiver");
    }
    assert!(text.contains(&message));
}

#[tokio::test]
async fn a_batch_is_closed_by_its_size_and_a_larger_message_stands_alone() {
    let stage = Stage::new();
    let mut lane = stage.lane(&[("batch-size", Value::Count(2000)), ("batch", word("bare"))]);
    for (number, size) in [(1, 900), (2, 900), (3, 900), (4, 5000), (5, 900)] {
        let message = sample::outgoing(number, sample::long_adt(&format!("M{number}"), size));
        assert_eq!(lane.send(&message).await, DELIVERED);
    }
    assert_eq!(stage.seen(""), [batch("1-0.hl7", &["M1", "M2"]), batch("3-0.hl7", &["M3"]), batch("4-0.hl7", &["M4"])]);
    assert!(fs::read(stage.folder.join("1-0.hl7")).unwrap().starts_with(b"BHS|"));
}

#[tokio::test]
async fn a_batch_is_closed_by_its_age_and_by_the_time_of_day() {
    let stage = Stage::new();
    // The clock stands at 07:08 of some day.
    let at = [("batch-at", Value::List(vec!["07:30".into()]))];
    let mut lane = stage.lane(&at);
    send(&mut lane, [1]).await;
    stage.wait(Duration::from_secs(20 * 60));
    lane.tend(false).await.unwrap();
    assert_eq!(stage.seen(""), []);
    stage.wait(Duration::from_secs(2 * 60));
    lane.tend(false).await.unwrap();
    assert_eq!(stage.seen(""), [batch("1-0.hl7", &["M1"])]);
    assert_eq!(lane.rest(), None);
    send(&mut lane, [2]).await;
    stage.wait(Duration::from_secs(3600));
    // No look came between: the next message closes what is due, and opens another.
    send(&mut lane, [3]).await;
    assert_eq!(stage.seen("")[1..], [batch("2-0.hl7", &["M2"])]);
}

#[tokio::test]
async fn what_a_life_left_open_the_next_goes_on_with() {
    let stage = Stage::new();
    for number in 1..=4 {
        let mut lane = stage.lane(&count(3));
        lane.tend(false).await.unwrap();
        send(&mut lane, [number]).await;
    }
    assert_eq!(stage.seen(""), [batch("1-0.hl7", &["M1", "M2", "M3"])]);
    stage.wait(Duration::from_secs(3600));
    let mut lane = stage.lane(&count(3));
    lane.tend(false).await.unwrap();
    assert_eq!(stage.seen("")[1..], [batch("4-0.hl7", &["M4"])], "due when it was found");
}

#[tokio::test]
async fn a_delivery_that_comes_again_is_known_and_a_wish_is_not() {
    let stage = Stage::new();
    let mut lane = stage.lane(&count(2));
    send(&mut lane, [1, 1, 2, 2, 1, 3]).await;
    drop(lane);
    // As after a crash: the batch of 1 and 2 is closed, 3 is in the open one, and no end was recorded.
    let mut lane = stage.lane(&count(2));
    send(&mut lane, [1, 2, 3]).await;
    assert_eq!(stage.seen(""), [batch("1-0.hl7", &["M1", "M2"])]);
    // A person sent 1 again, and a store that was made anew has another message 2.
    let wish = Outgoing { resends: 1, ..outgoing(1) };
    let other = Outgoing { accepted: Timestamp(5), ..outgoing(2) };
    for message in [&wish, &wish, &other, &other] {
        assert_eq!(lane.send(message).await, DELIVERED);
    }
    stage.wait(Duration::from_secs(3600));
    lane.tend(false).await.unwrap();
    assert_eq!(stage.seen("")[1..], [batch("2-0.hl7", &["M2"]), batch("3-0.hl7", &["M3", "M1"])]);
}

#[tokio::test]
async fn a_name_that_is_taken_gets_a_number() {
    let stage = Stage::new();
    fs::write(stage.folder.join("1-0.hl7"), "of somebody else").unwrap();
    let mut lane = stage.lane(&count(1));
    send(&mut lane, [1]).await;
    assert_eq!(fs::read_to_string(stage.folder.join("1-0.hl7")).unwrap(), "of somebody else");
    assert!(stage.folder.join("1-0-2.hl7").exists());
}

#[tokio::test]
async fn leaving_closes() {
    let stage = Stage::new();
    let mut lane = stage.lane(&[]);
    send(&mut lane, 1..=3).await;
    lane.tend(true).await.unwrap();
    assert_eq!(stage.seen(""), [batch("1-0.hl7", &["M1", "M2", "M3"])]);
}

#[tokio::test]
async fn settings_that_changed_between_two_lives_close_what_is_open() {
    let stage = Stage::new();
    let file = [("batch", word("file"))];
    send(&mut stage.lane_of("adt/a", "one", &file), [1]).await;
    // Of another destination in the same folder: nobody's business here.
    send(&mut stage.lane_of("adt/b", "one", &file), [7]).await;
    stage.lane_of("adt/a", "two", &file).tend(false).await.unwrap();
    assert_eq!(stage.seen("one"), [batch("1-0.hl7", &["M1"])]);
    send(&mut stage.lane_of("adt/a", "two", &file), [2]).await;
    // No more batches: what is open is closed, and what follows stands alone.
    let mut lane = stage.lane_of("adt/a", "two", &[]);
    lane.tend(false).await.unwrap();
    assert_eq!(stage.seen("two"), [batch("2-0.hl7", &["M2"])]);
    assert_eq!(lane.send(&outgoing(3)).await, DELIVERED);
    assert_eq!(fs::read(stage.folder.join("two/3-0.hl7")).unwrap(), sample::adt("M3"));
}

#[tokio::test]
async fn two_lanes_write_one_batch() {
    let stage = Stage::new();
    let (mut one, mut other) = (stage.lane(&count(4)), stage.lane(&count(4)));
    for number in [1, 3] {
        tokio::join!(send(&mut one, [number]), send(&mut other, [number + 1]));
    }
    let seen = stage.seen("");
    assert_eq!((seen.len(), seen[0].1.len()), (1, 4), "{seen:?}");
}

#[tokio::test]
async fn what_was_cut_off_is_told_and_comes_again() {
    let stage = Stage::new();
    send(&mut stage.lane(&count(3)), [1, 2]).await;
    let path = stage.open_record();
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 7]).unwrap();
    let mut lane = stage.lane(&count(3));
    let told = lane.tend(false).await.unwrap_err();
    assert_eq!(told.code, "E6312");
    assert!(stage.folder.names("").iter().any(|name| name.ends_with(".damaged") || name.contains(".batch-")), "{told}");
    lane.tend(false).await.unwrap();
    send(&mut lane, [2, 3]).await;
    assert_eq!(stage.seen(""), [batch("1-0.hl7", &["M1", "M2", "M3"])]);
}

#[tokio::test]
async fn a_batch_that_cannot_be_closed_keeps_its_messages_and_grows_no_more() {
    let stage = Stage::new();
    let mut lane = stage.lane(&count(2));
    send(&mut lane, [1]).await;
    // A folder under the hidden name: nothing can be written there.
    let hurdle = stage.folder.join(".1-0.hl7.part");
    fs::create_dir(&hurdle).unwrap();
    send(&mut lane, [2]).await;
    assert_eq!(lane.tend(false).await.unwrap_err().code, "E6311");
    let refused = lane.send(&outgoing(3)).await;
    assert!(matches!(&refused, Outcome::Transient { reason, .. } if reason.code == "E6311"), "{refused:?}");
    fs::remove_dir(&hurdle).unwrap();
    send(&mut lane, [3, 4]).await;
    assert_eq!(stage.seen(""), [batch("1-0.hl7", &["M1", "M2"]), batch("3-0.hl7", &["M3", "M4"])]);
}

#[tokio::test]
async fn what_is_no_hl7_is_refused() {
    let stage = Stage::new();
    let mut lane = stage.lane(&[]);
    let resource = Outgoing { format: Format::Fhir, ..sample::outgoing(1, Bytes::from_static(b"{}")) };
    let cut = sample::outgoing(2, Bytes::from_static(b"BHS|^~\\&\rMSH|^~\\&\rBTS|1\r"));
    for message in [resource, cut] {
        let refused = lane.send(&message).await;
        assert!(matches!(&refused, Outcome::Permanent { reason, .. } if reason.code == "E6310"), "{refused:?}");
    }
}
