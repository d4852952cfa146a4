//! Runs by the real clock, over restarts and outages.

mod asking;

use super::Schedule;
use crate::testing::{Pages, context, settings};
use interface::{
    catalogue::{Connector, Context, Notebook, Settings, Value},
    contract::Source,
};
use message::{Clock, Reason, clock::System};
use std::{sync::Arc, time::Duration};
use testkit::{
    Answer, sample,
    source::Running,
    web::{Told, WebServer},
};

const LONG: Duration = Duration::from_secs(20);
const EACH_SECOND: &str = "* * * * * *";

fn text(name: &'static str, value: &str) -> (&'static str, Value) {
    (name, Value::Text(value.into()))
}

fn with(schedule: &str, values: &[(&'static str, Value)]) -> Settings {
    settings(&Schedule, true, schedule, values)
}

async fn open(settings: &Settings, context: &Context) -> Box<dyn Source> {
    Schedule.source(settings, context).await.unwrap()
}

fn surroundings(pages: &Arc<Pages>) -> Context {
    Context { notebook: pages.clone(), ..context() }
}

/// How far the schedule is, as its page says.
fn page_says(pages: &Pages, name: &str) -> Option<jiff::Timestamp> {
    pages.read(&format!("schedule/{name}")).unwrap().map(|text| text.parse().unwrap())
}

#[tokio::test]
async fn a_text_is_said_at_each_time_and_once() {
    let pages = Arc::new(Pages::default());
    let settings = with(EACH_SECOND, &[text("text", "{\"due\":\"{time}\"}"), text("bookmark", "b")]);
    let running = Running::start(open(&settings, &surroundings(&pages)).await, []);
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() >= 3).await);
    running.stop().await;
    let first = page_says(&pages, "b").unwrap();
    // Begun again, it goes on where it was: no time twice.
    let running = Running::start(open(&settings, &surroundings(&pages)).await, []);
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() >= 2).await);
    let second = running.intake.contents();
    running.stop().await;
    assert!(page_says(&pages, "b").unwrap() > first);
    let due = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        text[8..text.len() - 2].parse::<jiff::Timestamp>().unwrap()
    };
    assert!(second.iter().all(|bytes| due(bytes) > first), "a time came again");
    assert!(second.windows(2).all(|pair| due(&pair[0]) < due(&pair[1])), "out of order");
}

#[tokio::test]
async fn a_run_that_has_to_wait_is_not_lost_and_one_that_is_refused_is_told() {
    let pages = Arc::new(Pages::default());
    let settings = with("every 1s", &[text("text", "run {id}"), text("missed", "all")]);
    let answers = [
        Answer::Later { is_acknowledged: false },
        Answer::Accept,
        Answer::Refuse { is_acknowledged: false },
        Answer::Accept,
    ];
    let running = Running::start(open(&settings, &surroundings(&pages)).await, answers);
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() >= 4).await);
    let contents = running.intake.contents();
    assert_eq!(contents[0], contents[1], "the same run again");
    assert!(contents[1..4].windows(2).all(|pair| pair[0] != pair[1]), "{contents:?}");
    assert_eq!(running.intake.reported_codes(), ["E6822"]);
    running.stop().await;
}

#[tokio::test]
async fn runs_that_were_missed_are_made_up_for_as_it_says() {
    let hours = |count: i64| {
        let now = jiff::Timestamp::from_microsecond(System.now().0).unwrap();
        now - jiff::SignedDuration::from_hours(count)
    };
    for (missed, expect) in [("skip", 0), ("once", 1), ("all", 5)] {
        let pages = Arc::new(Pages::default());
        pages.write("schedule/b", &hours(5).to_string()).unwrap();
        let values = [text("text", "run {id}"), text("missed", missed), text("bookmark", "b")];
        // Half past the hour that is furthest from now, so that none is due on time.
        let minute = (jiff::Timestamp::from_microsecond(System.now().0).unwrap().as_second() / 60 + 30) % 60;
        let running =
            Running::start(open(&with(&format!("{minute} * * * *"), &values), &surroundings(&pages)).await, []);
        let is_told = |codes: Vec<String>| codes == ["E6821"];
        if missed != "all" {
            assert!(running.intake.wait_for(LONG, |intake| is_told(intake.reported_codes())).await, "{missed}");
        }
        assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() == expect).await, "{missed}");
        let end = tokio::time::Instant::now() + LONG;
        while page_says(&pages, "b").unwrap() < hours(1) && tokio::time::Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(page_says(&pages, "b").unwrap() > hours(1), "{missed}: not remembered");
        running.stop().await;
    }
}

#[tokio::test]
async fn a_server_is_asked_and_its_outage_is_told_and_outlived() {
    let answer = |asked: &testkit::web::Asked| {
        assert_eq!((&*asked.method, &*asked.target), ("GET", "/new?site=north"));
        assert_eq!(asked.header("authorization"), "Bearer abc");
        Told::Answer(200, Vec::new(), sample::adt("1").to_vec())
    };
    let server = WebServer::start(answer).await;
    let url = format!("http://{}/new?site=north", server.address);
    let values = [text("get", &url), text("token", "abc")];
    let running = Running::start(open(&with("every 1s", &values), &context()).await, []);
    assert!(running.intake.wait_for(LONG, |intake| intake.contents() == [sample::adt("1")]).await);
    let address = server.kill().await;
    assert!(running.intake.wait_for(LONG, |intake| !intake.reports().is_empty()).await, "the outage is told");
    let before = running.intake.contents().len();
    let server = WebServer::start_at(&address, answer).await;
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() > before).await, "it goes on");
    running.stop().await;
    server.kill().await;
}

#[tokio::test]
async fn a_server_that_has_nothing_gives_no_message_and_one_that_fails_is_told() {
    let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = count.clone();
    let server = WebServer::start(move |_| match counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
        0 => Told::Answer(204, Vec::new(), Vec::new()),
        1 => Told::Answer(200, Vec::new(), Vec::new()),
        2 => Told::Answer(500, Vec::new(), sample::adt("9").to_vec()),
        _ => Told::Answer(200, Vec::new(), sample::adt("1").to_vec()),
    })
    .await;
    let values = [text("get", &format!("http://{}/new", server.address))];
    let running = Running::start(open(&with("every 1s", &values), &context()).await, []);
    assert!(running.intake.wait_for(LONG, |intake| !intake.contents().is_empty()).await);
    assert_eq!(running.intake.contents()[0], sample::adt("1"));
    assert!(
        running.intake.reported_codes().starts_with(&["E6823".to_owned()]),
        "{:?}",
        running.intake.reported_codes()
    );
    running.stop().await;
}

/// A notebook that cannot be written.
struct Torn;

impl Notebook for Torn {
    fn read(&self, _: &str) -> Result<Option<String>, Reason> {
        Ok(None)
    }
    fn write(&self, _: &str, _: &str) -> Result<(), Reason> {
        Err(Reason::new(crate::codes::E6204, "no space"))
    }
}

#[tokio::test]
async fn where_nothing_can_be_kept_nothing_runs() {
    let context = Context { notebook: Arc::new(Torn), ..context() };
    let running = Running::start(open(&with(EACH_SECOND, &[text("text", "run")]), &context).await, []);
    assert!(running.intake.wait_for(LONG, |intake| intake.reported_codes() == ["E6824"]).await);
    assert!(running.intake.contents().is_empty());
    running.stop().await;
}

#[test]
fn settings_that_do_not_go_together() {
    let check = |schedule: &str, values: &[(&'static str, Value)], expect: &str| {
        let result = Schedule.check(&with(schedule, values), true);
        assert_eq!(result.map_or_else(|reason| reason.code.to_string(), |()| "ok".to_owned()), expect, "{schedule}");
    };
    let say = text("text", "run");
    check("0 6 * * *", std::slice::from_ref(&say), "ok");
    check("0 6 * * *", &[], "E6010");
    check("0 6 * * *", &[say.clone(), text("get", "http://127.0.0.1/x")], "E6010");
    check("6 o'clock", std::slice::from_ref(&say), "E6010");
    check("0 6 * * *", &[say, text("zone", "Nowhere")], "E6010");
    check("0 6 * * *", &[text("get", "http://a.example.org/x"), text("token", "abc")], "E6513");
}
