//! A sender and a partner over loopback sockets, with each misbehaviour.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use hospital::wire::{
    Act, AfterTimeout, Answer, Behaviour, ControlIds, Error, Partner, PartnerConfig, Sender, SenderConfig, Source,
};
use message::AckCode;
use std::{net::SocketAddr, time::Duration};

const MS: fn(u64) -> Duration = Duration::from_millis;

fn admission(number: u32) -> Bytes {
    let patient = number % 3;
    let text = format!(
        "MSH|^~\\&|EPR|NORTH|HUB|ALL|20260301||ADT^A01^ADT_A01|EN{number:06}|P|2.5.1\rEVN||2026\rPID|1||N{patient}^^^N^MR\r"
    );
    Bytes::from(text)
}

fn ten(count: u64) -> Source {
    Source::Cycle { messages: (1..=10).map(admission).collect(), count: Some(count) }
}

async fn partner(behaviour: Behaviour) -> Partner {
    let mut config = PartnerConfig::new(SocketAddr::from(([127, 0, 0, 1], 0)));
    config.messages_kept_max = 5;
    config.behaviour = behaviour;
    Partner::start(config).await.unwrap()
}

fn settings(partner: &Partner) -> SenderConfig {
    let mut config = SenderConfig::new(partner.address().to_string());
    config.reply_timeout = MS(150);
    config.reconnect_pause = (MS(5), MS(20));
    config
}

#[tokio::test]
async fn sends_and_is_answered() {
    let partner = partner(Behaviour::default()).await;
    let mut arrivals = partner.subscribe();
    let sender = Sender::start(settings(&partner), ten(10)).unwrap();
    let stats = sender.join().await.unwrap();
    assert_eq!((stats.sent, stats.settled, stats.aa, stats.resent), (10, 10, 10, 0));
    assert_eq!(stats.latency.count, 10);
    let first = arrivals.recv().await.unwrap();
    assert_eq!((first.kind.as_str(), first.control_id.as_str()), ("ADT^A01^ADT_A01", "EN000001"));
    assert_eq!((first.answer, first.is_duplicate), (Answer::Code(AckCode::AA), false));
    assert_eq!(partner.messages().first(), Some(&admission(6)));
    let seen = partner.stop().await;
    assert_eq!((seen.received, seen.accepted, seen.duplicates, seen.out_of_order), (10, 10, 0, 0));
}

/// A partner that answers each fifth message late: what was due meanwhile counts from its planned time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_counts_what_a_late_answer_held_up() {
    let late = Behaviour { act: Act::Slow(MS(40)), every: std::num::NonZeroU32::new(5).unwrap() };
    let partner = partner(late).await;
    let mut config = settings(&partner);
    (config.rate_per_second, config.connections, config.reply_timeout) = (Some(200.0), 1, MS(20_000));
    let messages: Vec<Bytes> = (1..=10).map(admission).collect();
    let sent = tokio::task::spawn_blocking(move || hospital::wire::send_planned(&config, messages, MS(500)));
    let stats = sent.await.unwrap().unwrap();
    assert_eq!((stats.sent, stats.aa), (100, 100));
    // One in five takes 40 ms, the four behind it were due 5, 10, 15 and 20 ms after it.
    assert!(stats.latency.p50_micros > 15_000, "{:?}", stats.latency);
}

#[tokio::test]
async fn writes_unique_control_ids() {
    let partner = partner(Behaviour::default()).await;
    let mut config = settings(&partner);
    (config.connections, config.control_ids) = (4, ControlIds::Unique("L".into()));
    let stats = Sender::start(config, ten(200)).unwrap().join().await.unwrap();
    assert_eq!((stats.settled, stats.aa), (200, 200));
    let seen = partner.stop().await;
    assert_eq!((seen.received, seen.duplicates, seen.connections), (200, 0, 4));
}

/// Every misbehaviour that is answered at once, with what the sender counts.
#[tokio::test]
async fn counts_answers() {
    let reject = |code| Act::Reject { code, condition: Some(207) };
    for (act, expect) in [
        (reject(AckCode::AE), (0, 5, 0, 0)),
        (reject(AckCode::AR), (0, 0, 5, 0)),
        (reject(AckCode::CR), (0, 0, 0, 5)),
        (Act::Slow(MS(5)), (5, 0, 0, 0)),
        (Act::Late(MS(5)), (5, 0, 0, 0)),
    ] {
        let partner = partner(Behaviour::always(act)).await;
        let stats = Sender::start(settings(&partner), ten(5)).unwrap().join().await.unwrap();
        assert_eq!((stats.aa, stats.ae, stats.ar, stats.cr), expect, "{act:?}");
        assert_eq!((stats.sent, stats.settled), (5, 5), "{act:?}");
    }
}

/// Every misbehaviour that leaves a sender without its answer: `Skip` counts it and goes on.
#[tokio::test]
async fn gives_up_where_told_to() {
    for (act, unreadable, mismatched) in
        [(Act::Silence, 0, 0), (Act::Garbage, 2, 0), (Act::WrongId, 0, 2), (Act::Late(MS(500)), 0, 0)]
    {
        let partner = partner(Behaviour::always(act)).await;
        let mut config = settings(&partner);
        (config.reply_timeout, config.after_timeout) = (MS(60), AfterTimeout::Skip);
        let stats = Sender::start(config, ten(2)).unwrap().join().await.unwrap();
        assert_eq!((stats.settled, stats.unanswered, stats.timeouts, stats.aa), (2, 2, 2, 0), "{act:?}");
        assert_eq!((stats.unreadable, stats.mismatched), (unreadable, mismatched), "{act:?}");
        assert_eq!(partner.stats().received, 2, "{act:?}");
    }
}

#[tokio::test]
async fn passes_over_a_second_answer() {
    let partner = partner(Behaviour::always(Act::Twice)).await;
    let stats = Sender::start(settings(&partner), ten(5)).unwrap().join().await.unwrap();
    assert_eq!((stats.aa, stats.settled), (5, 5));
    assert!(stats.mismatched >= 4, "{stats:?}");
}

#[tokio::test]
async fn sends_again_what_may_be_lost() {
    for (act, duplicates) in [(Act::Drop, 0), (Act::LoseReply, 5), (Act::Silence, 5)] {
        let partner = partner(Behaviour::each(2, act)).await;
        let mut config = settings(&partner);
        config.reply_timeout = MS(60);
        let stats = Sender::start(config, ten(6)).unwrap().join().await.unwrap();
        assert_eq!((stats.settled, stats.aa), (6, 6), "{act:?}");
        assert_eq!((stats.resent, stats.reconnects), (5, 5), "{act:?}");
        let seen = partner.stop().await;
        assert_eq!(
            (seen.duplicates, seen.out_of_order, seen.received - seen.duplicates),
            (duplicates, 0, 6),
            "{act:?}"
        );
    }
}

#[tokio::test]
async fn refuses_and_comes_back_on_the_same_port() {
    let partner = partner(Behaviour::default()).await;
    let mut config = settings(&partner);
    config.rate_per_second = Some(200.0);
    let sender = Sender::start(config, ten(60)).unwrap();
    tokio::time::sleep(MS(60)).await;
    partner.set(Behaviour::always(Act::Refuse));
    tokio::time::sleep(MS(60)).await;
    let during = sender.stats().settled;
    assert!(tokio::net::TcpStream::connect(partner.address()).await.is_err());
    tokio::time::sleep(MS(60)).await;
    assert_eq!(sender.stats().settled, during);
    partner.behave();
    let stats = sender.join().await.unwrap();
    assert_eq!((stats.settled, stats.aa), (60, 60));
    let seen = partner.stop().await;
    // Ten control ids in a cycle: 50 of 60 are duplicates by design, one more if a reply was lost at the closing.
    assert!((60..=61).contains(&seen.received), "{seen:?}");
    assert_eq!(seen.out_of_order, 0);
}

#[tokio::test]
async fn sends_rejected_messages_again_where_told_to() {
    let partner = partner(Behaviour::always(Act::Reject { code: AckCode::AR, condition: None })).await;
    let mut config = settings(&partner);
    config.resend_rejected_after = Some(MS(10));
    let sender = Sender::start(config, ten(1)).unwrap();
    tokio::time::sleep(MS(60)).await;
    partner.behave();
    let stats = sender.join().await.unwrap();
    assert_eq!((stats.settled, stats.aa), (1, 1));
    assert!(stats.ar >= 1 && stats.resent == stats.ar, "{stats:?}");
}

#[tokio::test]
async fn keeps_the_rate_and_stops() {
    let partner = partner(Behaviour::default()).await;
    let mut config = settings(&partner);
    (config.rate_per_second, config.connections) = (Some(400.0), 2);
    let source = Source::Cycle { messages: vec![admission(1)], count: None };
    let sender = Sender::start(config, source).unwrap();
    let progress = sender.watch(MS(20));
    tokio::time::sleep(MS(500)).await;
    assert!(progress.borrow().settled > 0 && !sender.is_finished());
    sender.stop();
    let stats = sender.join().await.unwrap();
    assert!((120..=240).contains(&stats.settled), "{} in half a second at 400 a second", stats.settled);
    assert_eq!(stats.settled, stats.sent);
}

#[tokio::test]
async fn pauses_and_takes_a_feed() {
    let partner = partner(Behaviour::default()).await;
    let (feed, source) = tokio::sync::mpsc::channel(8);
    let sender = Sender::start(settings(&partner), Source::Feed(source)).unwrap();
    feed.send(admission(1)).await.unwrap();
    tokio::time::sleep(MS(50)).await;
    sender.pause();
    feed.send(admission(2)).await.unwrap();
    tokio::time::sleep(MS(50)).await;
    assert_eq!(partner.stats().received, 1);
    sender.resume();
    drop(feed);
    assert_eq!(sender.join().await.unwrap().settled, 2);
}

#[tokio::test]
async fn says_when_nobody_is_there() {
    let gone = partner(Behaviour::default()).await;
    let address = gone.address();
    gone.stop().await;
    let mut config = SenderConfig::new(address.to_string());
    (config.connect_attempts_max, config.reconnect_pause) = (Some(2), (MS(5), MS(5)));
    let error = Sender::start(config, ten(1)).unwrap().join().await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { attempts: 2, .. }), "{error}");
    assert!(matches!(
        Sender::start(SenderConfig { connections: 0, ..SenderConfig::new("x:1") }, ten(1)),
        Err(Error::Misconfigured(_))
    ));
}

#[tokio::test]
async fn refuses_a_taken_port() {
    let first = partner(Behaviour::default()).await;
    let second = Partner::start(PartnerConfig::new(first.address())).await;
    assert!(matches!(second, Err(Error::PortInUse { .. })));
}

#[tokio::test]
async fn a_stopped_sender_does_not_wait_for_ever() {
    let partner = partner(Behaviour::always(Act::Silence)).await;
    let mut config = settings(&partner);
    config.reply_timeout = Duration::from_secs(60);
    let sender = Sender::start(config, ten(1)).unwrap();
    tokio::time::sleep(MS(50)).await;
    sender.stop();
    let stats = tokio::time::timeout(Duration::from_secs(4), sender.join()).await.unwrap().unwrap();
    assert_eq!((stats.sent, stats.settled), (1, 0));
}
