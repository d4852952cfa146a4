//! The conformance suites, and both sides against the fake server.

mod following;

use super::Fhir;
use crate::{
    testing::{Pages, context, settings},
    web::testing,
};
use bytes::Bytes;
use interface::{
    catalogue::{Connector, Context, Value},
    contract::{Boxed, Destination, Outgoing},
};
use message::{Format, Outcome};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use testkit::{
    Answer,
    destination::{self, Conduct, Partner, REPLY_TIME_MAX},
    fhir::FhirServer,
    partner::{TcpPartner, Wire},
    sample,
    source::Running,
    web::Told,
};

const LONG: Duration = Duration::from_secs(20);

fn text(name: &'static str, value: &str) -> (&'static str, Value) {
    (name, Value::Text(value.into()))
}

fn lane(base: &str, more: &[(&'static str, Value)]) -> Box<dyn Destination> {
    let values = [vec![("timeout", Value::Duration(REPLY_TIME_MAX)), ("limit", Value::Count(4096))], more.to_vec()];
    Fhir.destination(&settings(&Fhir, false, base, &values.concat()), &context()).unwrap()
}

fn outgoing(text: &str) -> Outgoing {
    Outgoing { format: Format::Fhir, ..sample::outgoing(1, Bytes::copy_from_slice(text.as_bytes())) }
}

fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Delivered { .. } => "delivered".to_owned(),
        Outcome::Transient { scope, reason, .. } => format!("{scope:?} {}", reason.code),
        Outcome::Permanent { reason, .. } => format!("park {}", reason.code),
        Outcome::Ambiguous { reason } => format!("ambiguous {}", reason.code),
    }
}

/// The suite sends HL7 v2, so this lane puts it into a resource, and the partner takes it out again.
struct Wrapping(Box<dyn Destination>);

impl Destination for Wrapping {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(async move {
            let content = String::from_utf8(outgoing.bytes.to_vec()).unwrap();
            let bytes = json!({ "resourceType": "Basic", "author": content }).to_string().into();
            self.0.send(&Outgoing { bytes, format: Format::Fhir, ..outgoing.clone() }).await
        })
    }
    fn close(&mut self) -> Boxed<'_, ()> {
        self.0.close()
    }
}

struct Subject;

impl destination::Subject for Subject {
    fn partner<'a>(&'a self, conducts: &'a [Conduct]) -> Boxed<'a, Option<Box<dyn Partner>>> {
        let cut = |buffer: &[u8]| {
            let (size, body) = testing::cut(buffer)?;
            let resource: serde_json::Value = serde_json::from_slice(&body).unwrap();
            Some((size, resource["author"].as_str().unwrap().as_bytes().to_vec()))
        };
        let wire = Wire { cut, ..testing::WIRE };
        Box::pin(
            async move { TcpPartner::start(wire, conducts).await.map(|partner| Box::new(partner) as Box<dyn Partner>) },
        )
    }
    fn lane(&self, partner: &dyn Partner) -> Box<dyn Destination> {
        Box::new(Wrapping(lane(&format!("http://{}/r4", partner.address()), &[])))
    }
}

#[tokio::test]
async fn destination_keeps_its_contract() {
    destination::suite(&Subject).await;
}

#[tokio::test]
async fn resources_are_created_updated_and_found_by_their_identifier() {
    let server = FhirServer::start(Box::new(|_| None)).await;
    let mut auto = lane(&server.base, &[]);
    assert_eq!(told(&auto.send(&outgoing(r#"{"resourceType":"Patient","active":true}"#)).await), "delivered");
    assert_eq!(told(&auto.send(&outgoing(r#"{"resourceType":"Patient","id":"p7","active":true}"#)).await), "delivered");
    assert_eq!(
        told(&auto.send(&outgoing(r#"{"resourceType":"Patient","id":"p7","active":false}"#)).await),
        "delivered"
    );
    let all = server.with(|shelf| shelf.all("Patient"));
    assert_eq!(all.len(), 2);
    assert_eq!((&all[1]["meta"]["versionId"], &all[1]["active"]), (&json!("2"), &json!(false)));

    let mut update =
        lane(&server.base, &[text("interaction", "conditional-update"), text("identifier-system", "urn:mrn")]);
    let known = |active| {
        outgoing(&format!(
            r#"{{"resourceType":"Patient","identifier":[{{"system":"urn:mrn","value":"1000 7"}}],"active":{active}}}"#
        ))
    };
    for active in [true, false, true] {
        assert_eq!(told(&update.send(&known(active)).await), "delivered");
    }
    let mut create = lane(&server.base, &[text("interaction", "conditional-create")]);
    assert_eq!(told(&create.send(&known(false)).await), "delivered");
    let all = server.with(|shelf| shelf.all("Patient"));
    assert_eq!(all.iter().filter(|one| one["identifier"].is_array()).count(), 1, "{all:#?}");
    assert!(server.asked().iter().all(|asked| !asked.target.contains("1000")), "an identifier in an address");
    let asked = &server.asked()[0];
    assert_eq!(asked.header("content-type"), "application/fhir+json");
    assert_eq!(asked.header("prefer"), "return=minimal");
}

#[tokio::test]
async fn bundles() {
    let server = FhirServer::start(Box::new(|_| None)).await;
    let mut lane = lane(&server.base, &[]);
    let bundle = |kind: &str, second: &str| {
        outgoing(&format!(
            r#"{{"resourceType":"Bundle","type":"{kind}","entry":[
              {{"resource":{{"resourceType":"Patient"}},"request":{{"method":"POST","url":"Patient"}}}},
              {{"resource":{{"resourceType":"Observation"}},"request":{second}}}]}}"#
        ))
    };
    let (good, bad) = (r#"{"method":"POST","url":"Observation"}"#, r#"{"method":"POST","url":"Nothing"}"#);
    assert_eq!(told(&lane.send(&bundle("transaction", good)).await), "delivered");
    assert_eq!(told(&lane.send(&bundle("transaction", bad)).await), "park E6532");
    assert_eq!(server.with(|shelf| shelf.all("Patient").len()), 1, "all or nothing");
    assert_eq!(told(&lane.send(&bundle("batch", good)).await), "delivered");
    assert_eq!(told(&lane.send(&bundle("batch", bad)).await), "park E6534");
    assert_eq!(server.with(|shelf| shelf.all("Patient").len()), 3, "each for itself");
    assert_eq!(told(&lane.send(&outgoing("MSH|^~\\&|")).await), "park E6530");
}

#[tokio::test]
async fn a_server_that_is_killed_and_comes_back_has_everything_in_order() {
    let server = FhirServer::start(Box::new(|_| None)).await;
    let mut lane = lane(&server.base, &[]);
    let patient = |number: u32| outgoing(&format!(r#"{{"resourceType":"Patient","multipleBirthInteger":{number}}}"#));
    assert_eq!(told(&lane.send(&patient(1)).await), "delivered");
    let (address, shelf) = server.kill().await;
    assert_eq!(told(&lane.send(&patient(2)).await), "Destination E6003");
    let server = FhirServer::start_at(&address, shelf, Box::new(|_| None)).await;
    for number in [2, 3] {
        assert_eq!(told(&lane.send(&patient(number)).await), "delivered");
    }
    let births: Vec<_> =
        server.with(|shelf| shelf.all("Patient").into_iter().map(|one| one["multipleBirthInteger"].clone()).collect());
    assert_eq!(births, [json!(1), json!(2), json!(3)]);
}

/// A search of a workspace that keeps its notebook.
struct Poll {
    context: Context,
}

impl Poll {
    fn new() -> Poll {
        Poll { context: Context { notebook: Arc::new(Pages::default()), ..context() } }
    }

    async fn start(&self, base: &str, count: u64, answers: impl IntoIterator<Item = Answer>) -> Running {
        let values = [
            ("every", Value::Duration(Duration::from_millis(50))),
            ("count", Value::Count(count)),
            text("from", "beginning"),
        ];
        let settings = settings(&Fhir, true, &format!("{base}/Observation?status=final"), &values);
        Running::start(Fhir.source(&settings, &self.context).await.unwrap(), answers)
    }
}

fn observation(number: usize) -> serde_json::Value {
    json!({ "resourceType": "Observation", "valueInteger": number })
}

/// The numbers of what was given, in order.
fn numbers(running: &Running) -> Vec<u64> {
    let read =
        |bytes: &Bytes| serde_json::from_slice::<serde_json::Value>(bytes).unwrap()["valueInteger"].as_u64().unwrap();
    running.intake.contents().iter().map(read).collect()
}

async fn wait(running: &Running, count: usize) {
    let has_come = running.intake.wait_for(LONG, |intake| intake.contents().len() >= count).await;
    assert!(has_come, "{:?}", numbers(running));
    // What would come too often comes now.
    tokio::time::sleep(Duration::from_millis(200)).await;
}

#[tokio::test]
async fn a_search_gives_each_version_once_in_order_over_pages_and_restarts() {
    let server = FhirServer::start(Box::new(|_| None)).await;
    server.with(|shelf| {
        for number in 0..25 {
            shelf.second = 10 + number / 4;
            shelf.put(observation(usize::try_from(number).unwrap()), None);
        }
    });
    let poll = Poll::new();
    let running = poll.start(&server.base, 3, []).await;
    wait(&running, 25).await;
    assert_eq!(numbers(&running), (0..25).collect::<Vec<_>>());
    assert!(running.address.ends_with("/r4/Observation"), "{}", running.address);
    let raw = server.with(|shelf| shelf.all("Observation")[0].to_string());
    assert_eq!(running.intake.contents()[0], raw.as_bytes(), "as the server wrote it");
    server.with(|shelf| {
        shelf.second = 100;
        shelf.put(observation(100), None);
        shelf.put(observation(101), Some("1"));
    });
    wait(&running, 27).await;
    assert_eq!(numbers(&running)[25..], [101, 100], "in the order of the server");
    running.stop().await;

    server.with(|shelf| {
        shelf.second = 101;
        shelf.put(observation(102), None)
    });
    let running = poll.start(&server.base, 3, []).await;
    wait(&running, 1).await;
    assert_eq!(numbers(&running), [102], "a restart goes on where it was");
    running.stop().await;
}

#[tokio::test]
async fn no_page_is_lost_when_the_server_is_killed_between_two() {
    let pages = std::sync::atomic::AtomicUsize::new(0);
    let dying = move |asked: &testkit::web::Asked| {
        let is_dead = asked.method == "GET" && pages.fetch_add(1, std::sync::atomic::Ordering::SeqCst) >= 2;
        is_dead.then_some(Told::Close)
    };
    let server = FhirServer::start(Box::new(dying)).await;
    server.with(|shelf| {
        (0..20).for_each(|number| {
            drop({
                shelf.second = 10 + u64::try_from(number).unwrap();
                shelf.put(observation(number), None)
            })
        })
    });
    let poll = Poll::new();
    let running = poll.start(&server.base, 4, []).await;
    wait(&running, 7).await;
    let first = numbers(&running);
    assert!(running.intake.reported_codes().contains(&"E6007".to_owned()), "{:?}", running.intake.reports());
    assert_eq!(running.intake.reports().len(), 1, "the same trouble is one report");
    running.stop().await;
    let (address, shelf) = server.kill().await;
    let server = FhirServer::start_at(&address, shelf, Box::new(|_| None)).await;
    let running = poll.start(&server.base, 4, []).await;
    wait(&running, 20 - first.len()).await;
    assert_eq!([first, numbers(&running)].concat(), (0..20).collect::<Vec<_>>(), "each once, in order");
    running.stop().await;
}

#[tokio::test]
async fn what_moves_between_pages_pushes_nothing_over_the_edge() {
    let server = FhirServer::start(Box::new(|_| None)).await;
    server.with(|shelf| {
        (0..12).for_each(|number| {
            drop({
                shelf.second = 10 + u64::try_from(number).unwrap();
                shelf.put(observation(number), None)
            })
        })
    });
    let poll = Poll::new();
    // The gate holds the first page while its resources are changed, and so move behind all others.
    let running = poll.start(&server.base, 4, [Answer::AcceptAtGate]).await;
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() == 1).await);
    server.with(|shelf| {
        (1..4).for_each(|number| {
            drop({
                shelf.second = 50;
                shelf.put(observation(100 + number), Some(&(number + 1).to_string()))
            })
        })
    });
    running.intake.open_gate();
    wait(&running, 15).await;
    let found = numbers(&running);
    assert_eq!(found[..12], (0..12).collect::<Vec<_>>(), "none was skipped");
    assert_eq!(found[12..], [101, 102, 103]);
    running.stop().await;
}

#[tokio::test]
async fn later_is_asked_again_and_refused_is_reported() {
    let server = FhirServer::start(Box::new(|_| None)).await;
    server.with(|shelf| (0..4).for_each(|number| drop(shelf.put(observation(number), None))));
    let answers = [
        Answer::Accept,
        Answer::Later { is_acknowledged: false },
        Answer::Accept,
        Answer::Refuse { is_acknowledged: false },
        Answer::Accept,
    ];
    let running = Poll::new().start(&server.base, 10, answers).await;
    wait(&running, 5).await;
    assert_eq!(numbers(&running), [0, 1, 1, 2, 3], "the second came again, nothing overtook it");
    assert_eq!(running.intake.reported_codes(), ["E6538"]);
    running.stop().await;
}

#[tokio::test]
async fn a_server_that_ignores_the_order_is_read_to_the_end_first() {
    let server = FhirServer::start(Box::new(|_| None)).await;
    server.with(|shelf| {
        shelf.is_unsorted = true;
        (0..9).for_each(|number| {
            drop({
                shelf.second = 10 + u64::try_from(number).unwrap() * 60;
                shelf.put(observation(number), None)
            })
        });
    });
    let poll = Poll::new();
    let running = poll.start(&server.base, 2, []).await;
    wait(&running, 9).await;
    let mut found = numbers(&running);
    found.sort_unstable();
    assert_eq!(found, (0..9).collect::<Vec<_>>());
    running.stop().await;
}

#[tokio::test]
async fn bad_servers_are_reported_without_content_and_given_up_in_time() {
    let check = async |answer: Told, expect: &str| {
        let told = answer.clone();
        let server = FhirServer::start(Box::new(move |_| Some(told.clone()))).await;
        let values = [
            ("every", Value::Duration(Duration::from_millis(50))),
            ("timeout", Value::Duration(Duration::from_millis(300))),
            ("limit", Value::Count(4096)),
        ];
        let settings = settings(&Fhir, true, &format!("{}/Patient", server.base), &values);
        let running = Running::start(Fhir.source(&settings, &context()).await.unwrap(), []);
        assert!(running.intake.wait_for(LONG, |intake| !intake.reports().is_empty()).await, "{expect}");
        let (_, reason) = running.intake.reports().remove(0);
        assert_eq!(reason.code, expect, "{answer:?}");
        assert!(!reason.text.contains(sample::SECRET) && running.intake.contents().is_empty());
        running.stop().await;
    };
    let secret = sample::SECRET;
    check(Told::json(200, &format!("{{\"{secret}\":1}}")), "E6535").await;
    check(Told::json(200, &format!("<html>{secret}</html>")), "E6535").await;
    check(Told::json(500, secret), "E6535").await;
    check(Told::json(401, secret), "E6512").await;
    check(Told::Silence, "E6106").await;
    check(Told::Close, "E6007").await;
    check(Told::Raw(format!("{secret}\r\n\r\n").into_bytes()), "E6307").await;
    check(Told::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"resourceType\":".to_vec()), "E6007").await;
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    check(Told::Endless(head, b"11\r\nand so on and so \r\n".to_vec()), "E6307").await;
}

#[test]
fn addresses_and_settings() {
    let check = |is_source: bool, address: &str, values: &[(&'static str, Value)], code: &str| {
        let settings = settings(&Fhir, is_source, address, values);
        let found = Fhir.check(&settings, is_source).err().map_or("ok".to_owned(), |reason| reason.code.to_string());
        assert_eq!(found, code, "{address}");
    };
    check(false, "https://fhir.example.org/r4", &[], "ok");
    check(false, "https://fhir.example.org", &[], "ok");
    check(false, "https://fhir.example.org/r4?a=b", &[], "E6001");
    check(false, "https://fhir.example.org/r4", &[text("token-url", "https://a.example/t")], "E6010");
    check(true, "https://fhir.example.org/r4/Observation?status=final", &[], "ok");
    check(true, "https://fhir.example.org/r4", &[], "E6001");
    check(true, "https://fhir.example.org/r4/Observation?_sort=date", &[], "E6001");
    check(true, "https://fhir.example.org/r4/Observation?_lastUpdated:x=1", &[], "E6001");
    check(true, "https://fhir.example.org/r4/Observation", &[text("from", "yesterday")], "E6010");
    check(true, "https://fhir.example.org/r4/Observation", &[text("from", "2026-03-01T00:00:00Z")], "ok");
}
