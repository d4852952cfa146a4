//! Step 11: the application acknowledgment of a stored message, in original and in enhanced mode.

use crate::stage::{Life, Stage, accepted, adt, answer, delivered, field, give, hiccup};
use bytes::Bytes;
use interface::contract::Reply;
use message::MessageId;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

fn interface(ack: &str) -> String {
    let text = "interface demo \"Demo\" {\n owner \"Team\" contact it@example.org oncall 5-0100\nreceive fake 2575 {\n ack ACK\n}\nsend out {\n fake out\n retry from 5ms to 10ms\n}\n}\n";
    text.replace("ACK", ack)
}

/// A message whose sender asks for this in MSH-15 and MSH-16.
fn asking(id: &str, conditions: &str) -> Bytes {
    let text = String::from_utf8(adt(id, "7").to_vec()).unwrap();
    let (header, rest) = text.split_once('\r').unwrap();
    let fields = header.split('|').chain(std::iter::repeat("")).take(14).collect::<Vec<_>>().join("|");
    Bytes::from(format!("{fields}|{conditions}\r{rest}"))
}

fn said(reply: &Reply) -> Option<String> {
    reply.acknowledgment().map(|bytes| field(bytes, "MSA", 1))
}

/// What is said later, and of which message.
fn said_later(life: &Life, reply: &Reply) -> Option<(String, String)> {
    let later = reply.later_acknowledgment()?.begin();
    let bytes = life.runtime.block_on(later).into_iter().next()?;
    Some((field(&bytes, "MSA", 1), field(&bytes, "MSA", 2)))
}

/// The lines of step 11.
fn told(life: &Life, id: MessageId) -> Vec<String> {
    let journey = life.engine.journey(id).unwrap();
    journey.stages.into_iter().filter(|stage| stage.step == 11).map(|stage| stage.text).collect()
}

const AA: &str = "application acknowledgment AA for the sender";
const OWED: &str = "application acknowledgment owed to the sender: sent when the message comes again";

#[test]
fn enhanced_mode_asks_for_each_answer_by_itself() {
    let stage = Stage::new();
    let life = stage.live(&[&interface("after-stored")]);
    let check = |conditions: &str, at_once: Option<&str>, later: Option<&str>| {
        let id = conditions.replace('|', "-");
        let reply = life.give("demo", asking(&id, conditions));
        assert_eq!(said(&reply).as_deref(), at_once, "{conditions}");
        let expect = later.map(|code| (code.to_owned(), id));
        assert_eq!(said_later(&life, &reply), expect, "{conditions}");
    };
    check("AL|AL", Some("CA"), Some("AA"));
    check("AL|SU", Some("CA"), Some("AA"));
    check("SU|AL", Some("CA"), Some("AA"));
    check("AL|NE", Some("CA"), None);
    check("AL|ER", Some("CA"), None);
    check("AL|", Some("CA"), None);
    check("NE|AL", Some("AA"), None);
    check("ER|AL", Some("AA"), None);
    check("NE|NE", None, None);
    check("|", Some("AA"), None);
}

#[test]
fn after_delivered_the_sender_hears_of_the_deliveries_and_never_two_final_answers() {
    let stage = Stage::new();
    let life = stage.live(&[&interface("after-delivered")]);
    let is_up = Arc::new(AtomicBool::new(false));
    let seen = is_up.clone();
    stage.world.script(move |one| match (&*one.id, seen.load(Ordering::SeqCst)) {
        ("BAD" | "WORSE", _) => (Duration::ZERO, answer("AE", &one.id)),
        (_, true) => (Duration::ZERO, delivered()),
        (_, false) => (Duration::ZERO, hiccup()),
    });
    let reply = life.give("demo", asking("GOOD", "AL|AL"));
    assert_eq!(said(&reply).as_deref(), Some("CA"), "at once, while the destination is down");
    let id = accepted(&reply).unwrap();
    assert_eq!(told(&life, id), [OWED]);
    is_up.store(true, Ordering::SeqCst);
    assert_eq!(said_later(&life, &reply), Some(("AA".to_owned(), "GOOD".to_owned())));
    assert_eq!(told(&life, id), [AA]);
    let again = life.give("demo", asking("GOOD", "AL|AL"));
    assert_eq!((said(&again).as_deref(), accepted(&again)), (Some("CA"), Some(id)));
    assert_eq!(said_later(&life, &again), Some(("AA".to_owned(), "GOOD".to_owned())));
    assert_eq!(told(&life, id), [AA], "said again, not decided again");

    let bad = life.give("demo", asking("BAD", "AL|AL"));
    assert_eq!(said_later(&life, &bad), Some(("AE".to_owned(), "BAD".to_owned())));
    let silent = life.give("demo", asking("WORSE", "AL|SU"));
    assert_eq!(said_later(&life, &silent), None, "only success was asked for");
    assert_eq!(stage.world.taken("out").iter().filter(|id| *id == "GOOD").count(), 1);
}

#[test]
fn original_mode_waits_within_the_limit_and_a_repeated_message_hears_what_is_true_then() {
    let stage = Stage::new();
    let life = stage.live(&[&interface("after-delivered within 150ms")]);
    let is_up = Arc::new(AtomicBool::new(false));
    let seen = is_up.clone();
    stage.world.script(move |one| match (&*one.id, seen.load(Ordering::SeqCst)) {
        ("BAD", _) => (Duration::ZERO, answer("AE", &one.id)),
        (_, true) => (Duration::ZERO, delivered()),
        (_, false) => (Duration::ZERO, hiccup()),
    });
    let late = life.give("demo", adt("M1", "7"));
    let id = accepted(&late).expect("it is stored whatever the answer");
    assert_eq!(said(&late).as_deref(), Some("AR"));
    assert!(String::from_utf8_lossy(late.acknowledgment().unwrap()).contains("|207^"));
    is_up.store(true, Ordering::SeqCst);
    life.wait("delivery", || stage.world.taken("out") == ["M1"]);
    let again = life.give("demo", adt("M1", "7"));
    assert_eq!((said(&again).as_deref(), accepted(&again)), (Some("AA"), Some(id)));
    assert_eq!(said(&life.give("demo", adt("BAD", "7"))).as_deref(), Some("AE"));
    assert_eq!(said(&life.give("demo", adt("BAD", "7"))).as_deref(), Some("AE"), "the same again");
    assert_eq!(said(&life.give("demo", adt("M2", "7"))).as_deref(), Some("AA"));
}

#[test]
fn what_is_owed_survives_a_kill_and_is_said_when_the_message_comes_again() {
    let mut stage = Stage::new();
    stage.world.always(hiccup());
    let life = stage.live(&[&interface("after-delivered")]);
    let reply = life.give("demo", asking("M1", "AL|AL"));
    let id = accepted(&reply).unwrap();
    drop(reply);
    life.kill(&mut stage);
    let life = stage.live(&[&interface("after-delivered")]);
    assert_eq!(told(&life, id), [OWED]);
    stage.world.always(delivered());
    let again = life.give("demo", asking("M1", "AL|AL"));
    assert_eq!((said(&again).as_deref(), accepted(&again)), (Some("CA"), Some(id)));
    assert_eq!(said_later(&life, &again), Some(("AA".to_owned(), "M1".to_owned())));
    drop(again);
    life.kill(&mut stage);
    let life = stage.live(&[&interface("after-delivered")]);
    assert_eq!(told(&life, id), [AA]);
}

#[test]
fn a_closing_source_does_not_wait_for_a_destination_that_is_down() {
    let stage = Stage::new();
    stage.world.always(hiccup());
    let life = stage.live(&[&interface("after-delivered within 1h")]);
    let reply = life.runtime.block_on(async {
        let waiting = give(&life.engine, "demo", adt("M1", "7"));
        let closing = async {
            while stage.world.arrivals().is_empty() {
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
            life.engine.flow("demo").unwrap().close_source().await;
        };
        tokio::join!(waiting, closing).0
    });
    assert_eq!(said(&reply).as_deref(), Some("AR"));
    assert!(accepted(&reply).is_some());
}
