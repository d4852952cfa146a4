//! The conformance suites against a store of ours that checks signatures, and what is special about objects.

use super::S3;
use crate::{
    folder::testing::until,
    testing::{context, settings},
    web::testing::WIRE,
};
use bytes::Bytes;
use interface::{
    catalogue::{Connector, Settings, Value},
    contract::{Boxed, Destination, Source},
};
use message::{Outcome, Scope};
use std::{sync::Mutex, time::Duration};
use testkit::{
    Answer,
    destination::{self, Conduct, Partner, REPLY_TIME_MAX, reason_of},
    objects::{ACCESS_KEY, BUCKET, ObjectStore, REGION, SECRET_KEY},
    partner::TcpPartner,
    sample,
    source::{self, Heard, Mischief, Running, SIZE_MAX},
};
use tokio::time::sleep;

const LONG: Duration = Duration::from_secs(20);

fn text(name: &'static str, value: &str) -> (&'static str, Value) {
    (name, Value::Text(value.into()))
}

fn keys() -> Vec<(&'static str, Value)> {
    vec![text("access-key", ACCESS_KEY), text("secret-key", SECRET_KEY), text("region", REGION)]
}

fn reading(store: &str, prefix: &str, extra: &[(&'static str, Value)]) -> Settings {
    let quick = vec![("every", Value::Duration(Duration::from_millis(20))), ("limit", Value::Count(SIZE_MAX as u64))];
    let address = format!("http://{store}/{BUCKET}/{prefix}/*.hl7");
    settings(&S3, true, &address, &[keys(), quick, extra.to_vec()].concat())
}

async fn open(store: &ObjectStore, extra: &[(&'static str, Value)]) -> Box<dyn Source> {
    S3.source(&reading(&store.address, "in", extra), &context()).await.unwrap()
}

fn lane_at(address: &str, extra: &[(&'static str, Value)]) -> Box<dyn Destination> {
    let address = format!("http://{address}/{BUCKET}/out");
    S3.destination(&settings(&S3, false, &address, &[keys(), extra.to_vec()].concat()), &context()).unwrap()
}

fn lane(store: &ObjectStore) -> Box<dyn Destination> {
    lane_at(&store.address, &[])
}

/// A prefix of its own for each source, in one store.
struct SourceSubject(ObjectStore, Mutex<u32>);

impl SourceSubject {
    fn prefix(address: &str) -> String {
        address.split('/').nth(2).unwrap().to_owned()
    }

    async fn is_gone(&self, key: &str, patience: Duration) {
        let gone = async {
            while self.0.get(key).is_some() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        let _ = tokio::time::timeout(patience, gone).await;
    }
}

impl source::Subject for SourceSubject {
    fn open(&self) -> Boxed<'_, Box<dyn Source>> {
        Box::pin(async {
            let number = {
                let mut number = self.1.lock().unwrap();
                *number += 1;
                *number
            };
            let settings = reading(&self.0.address, &format!("in-{number}"), &[]);
            S3.source(&settings, &context()).await.unwrap()
        })
    }
    fn hand_over<'a>(&'a self, address: &'a str, message: Bytes, patience: Duration) -> Boxed<'a, Heard> {
        Box::pin(async move {
            let prefix = SourceSubject::prefix(address);
            let name = format!("{}.hl7", sample::control_id(&message).split(['\n', '|']).next().unwrap());
            let key = format!("{prefix}/{name}");
            self.0.put(&key, &message);
            self.is_gone(&key, patience).await;
            if self.0.get(&format!("{prefix}/done/{name}")).is_some() {
                return Heard::Success(Vec::new());
            }
            let reason = format!("{prefix}/errors/{name}.reason");
            let written = async {
                while self.0.get(&reason).is_none() {
                    sleep(Duration::from_millis(5)).await;
                }
            };
            let _ = tokio::time::timeout(patience, written).await;
            self.0.get(&reason).map_or(Heard::Nothing, |reason| Heard::Failure(reason.to_vec()))
        })
    }
    fn misbehave<'a>(&'a self, address: &'a str, mischief: Mischief) -> Boxed<'a, bool> {
        Box::pin(async move {
            if mischief != Mischief::TooLarge {
                return false;
            }
            let key = format!("{}/big.hl7", SourceSubject::prefix(address));
            self.0.put(&key, &sample::long_adt("BIG", SIZE_MAX + 1));
            self.is_gone(&key, LONG).await;
            true
        })
    }
    fn returns_acknowledgments(&self) -> bool {
        false
    }
}

struct DestinationSubject;

impl destination::Subject for DestinationSubject {
    fn partner<'a>(&'a self, conducts: &'a [Conduct]) -> Boxed<'a, Option<Box<dyn Partner>>> {
        Box::pin(
            async move { TcpPartner::start(WIRE, conducts).await.map(|partner| Box::new(partner) as Box<dyn Partner>) },
        )
    }
    fn lane(&self, partner: &dyn Partner) -> Box<dyn Destination> {
        lane_at(&partner.address(), &[("timeout", Value::Duration(REPLY_TIME_MAX))])
    }
}

#[tokio::test]
async fn source_keeps_its_contract() {
    let subject = SourceSubject(ObjectStore::start().await, Mutex::new(0));
    source::suite(&subject).await;
    assert!(subject.0.refusals().is_empty(), "{:?}", subject.0.refusals());
}

#[tokio::test]
async fn destination_keeps_its_contract() {
    destination::suite(&DestinationSubject).await;
}

fn code_of(outcome: &Outcome) -> String {
    let code = reason_of(outcome).map_or_else(String::new, |reason| reason.code.to_string());
    match outcome {
        Outcome::Delivered { .. } => "delivered".to_owned(),
        Outcome::Transient { scope, .. } => format!("{scope:?} {code}"),
        Outcome::Permanent { .. } => format!("permanent {code}"),
        Outcome::Ambiguous { .. } => format!("ambiguous {code}"),
    }
}

async fn sent(lane: &mut Box<dyn Destination>, number: u64, content: Bytes) -> String {
    code_of(&lane.send(&sample::outgoing(number, content)).await)
}

#[tokio::test]
async fn a_delivery_is_one_object_whatever_happens() {
    let store = ObjectStore::start().await;
    let mut lane = lane(&store);
    assert_eq!(sent(&mut lane, 1, sample::adt("1")).await, "delivered");
    assert_eq!(store.get("out/1-0.hl7"), Some(sample::adt("1")));
    // An earlier attempt wrote it, and its answer got lost.
    assert_eq!(sent(&mut lane, 1, sample::adt("1")).await, "delivered");
    // Somebody else wrote one by this name.
    store.put("out/2-0.hl7", b"something else");
    assert_eq!(sent(&mut lane, 2, sample::adt("2")).await, "permanent E6813");
    assert_eq!(store.get("out/2-0.hl7").as_deref(), Some(&b"something else"[..]), "it was replaced");
    assert_eq!(store.keys(""), ["out/1-0.hl7", "out/2-0.hl7"]);

    store.forget_conditions();
    assert_eq!(sent(&mut lane, 3, sample::adt("3")).await, "Destination E6811");
    let mut plain = lane_at(&store.address, &[("conditional", Value::Flag(false))]);
    assert_eq!(sent(&mut plain, 3, sample::adt("3")).await, "delivered");
    assert_eq!(sent(&mut plain, 3, sample::adt("3")).await, "delivered");
    assert_eq!(sent(&mut plain, 2, sample::adt("2")).await, "permanent E6813");
}

#[tokio::test]
async fn who_we_are_is_signed_and_what_is_wrong_is_told() {
    let store = ObjectStore::start().await;
    let check = async |extra: &[(&'static str, Value)], bucket: &str, expect: &str, refusal: Option<&str>| {
        let address = format!("http://{}/{bucket}/out", store.address);
        let settings = settings(&S3, false, &address, &[keys(), extra.to_vec()].concat());
        let mut lane = S3.destination(&settings, &context()).unwrap();
        let outcome = lane.send(&sample::outgoing(1, sample::adt("1"))).await;
        assert_eq!(code_of(&outcome), expect, "{outcome:?}");
        assert!(!format!("{outcome:?}").contains(SECRET_KEY), "a secret is printed");
        assert_eq!(store.refusals().last().copied(), refusal);
    };
    check(&[], "no-such-box", "Destination E6811", None).await;
    check(&[text("secret-key", "wrong")], BUCKET, "Destination E6812", Some("SignatureDoesNotMatch")).await;
    check(&[text("access-key", "WRONG")], BUCKET, "Destination E6812", Some("InvalidAccessKeyId")).await;
    check(&[text("region", "south-1")], BUCKET, "Destination E6812", Some("AuthorizationHeaderMalformed")).await;
    assert!(store.keys("").is_empty());
    let running = Running::start(open(&store, &[text("secret-key", "wrong")]).await, []);
    assert!(running.intake.wait_for(LONG, |intake| intake.reported_codes() == ["E6812"]).await);
    running.stop().await;
}

#[test]
fn settings_that_do_not_go_together() {
    let check = |values: &[(&'static str, Value)], expect: &str| {
        let result = S3.check(&settings(&S3, true, "https://s3.example.org/box/in", values), true);
        assert_eq!(result.map_or_else(|reason| reason.code.to_string(), |()| "ok".to_owned()), expect);
    };
    check(&keys(), "ok");
    check(&[text("access-key", "A")], "E6010");
    check(&[text("secret-key", "S")], "E6010");
}

#[tokio::test]
async fn many_objects_come_in_order_and_those_below_are_left() {
    let store = ObjectStore::start().await;
    let names: Vec<String> = (0..20).map(|number| format!("a b+{number:02}.hl7")).collect();
    for name in &names {
        store.put(&format!("in/{name}"), &sample::adt(name));
    }
    store.put("in/deeper/x.hl7", &sample::adt("9"));
    store.put("in/c.txt", &sample::adt("9"));
    store.put("in/", b"");
    store.put("inside/x.hl7", &sample::adt("9"));
    let running = Running::start(open(&store, &[]).await, []);
    assert!(until(|| store.keys("in/done/").len() == 20).await, "{:?}", store.keys(""));
    assert_eq!(running.intake.contents(), names.iter().map(|name| sample::adt(name)).collect::<Vec<_>>());
    // The last one is copied before its original goes.
    assert!(until(|| store.keys("").len() == 24).await, "{:?}", store.keys(""));
    running.stop().await;
    assert!(store.refusals().is_empty(), "{:?}", store.refusals());

    let delete = [text("after", "delete")];
    store.put("in/z.hl7", &sample::adt("2"));
    let running = Running::start(open(&store, &delete).await, []);
    assert!(until(|| store.get("in/z.hl7").is_none()).await);
    running.stop().await;
    assert_eq!(store.keys("in/done/").len(), 20, "deleted, not moved");
}

#[tokio::test]
async fn an_object_that_is_replaced_while_it_is_read_is_not_lost() {
    let store = ObjectStore::start().await;
    store.put("in/a.hl7", &sample::adt("1"));
    let slow = [Answer::AcceptAfter(Duration::from_millis(300))];
    let running = Running::start(open(&store, &[text("after", "delete")]).await, slow);
    assert!(running.intake.wait_for(LONG, |intake| !intake.contents().is_empty()).await);
    // The same size, written while the engine has the first one.
    store.put("in/a.hl7", &sample::adt("2"));
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().contains(&sample::adt("2"))).await, "lost");
    assert!(until(|| store.keys("").is_empty()).await);
    assert!(running.intake.reported_codes().contains(&"E6815".into()), "{:?}", running.intake.reported_codes());
    running.stop().await;
}

#[tokio::test]
async fn both_sides_outlive_a_store_that_is_killed() {
    let mut store = ObjectStore::start().await;
    let all: Vec<Bytes> = (10..40).map(|number| sample::adt(&number.to_string())).collect();
    for (number, message) in all.iter().enumerate() {
        store.put(&format!("in/{number:03}.hl7"), message);
    }
    let slow = std::iter::repeat_n(Answer::AcceptAfter(Duration::from_millis(10)), 30);
    let running = Running::start(open(&store, &[]).await, slow);
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() >= 7).await);
    store.kill().await;
    assert!(running.intake.wait_for(LONG, |intake| !intake.reports().is_empty()).await, "the outage is told");
    store.begin().await;
    assert!(until(|| store.keys("in/done/").len() == 30).await, "{:?}", store.keys(""));
    let mut contents = running.intake.contents();
    // The object that was under way may have been read again; its message is recognised as a duplicate (R4).
    contents.dedup();
    assert_eq!(contents, all);
    running.stop().await;

    let mut lane = lane(&store);
    assert_eq!(sent(&mut lane, 1, sample::adt("1")).await, "delivered");
    store.kill().await;
    let outcome = lane.send(&sample::outgoing(2, sample::adt("2"))).await;
    assert!(matches!(outcome, Outcome::Transient { scope: Scope::Destination, .. }), "{outcome:?}");
    store.begin().await;
    for number in 2..5 {
        assert_eq!(sent(&mut lane, number, sample::adt(&number.to_string())).await, "delivered");
    }
    assert_eq!(store.keys("out/"), ["out/1-0.hl7", "out/2-0.hl7", "out/3-0.hl7", "out/4-0.hl7"]);
}
