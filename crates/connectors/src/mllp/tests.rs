//! The conformance suites over loopback sockets, and what is special about MLLP.

mod enhanced;
mod openssl;
mod secure;

use super::{Mllp, wire};
use crate::testing::{context, settings};
use bytes::Bytes;
use interface::{
    catalogue::{Connector, Value},
    contract::{Boxed, Destination, Source},
};
use message::{Outcome, Scope};
use std::time::Duration;
use testkit::{
    Answer, Peer,
    destination::{self, Conduct, Partner, REPLY_TIME_MAX},
    partner::{Cut, TcpPartner, Wire},
    sample,
    source::{self, CONNECTIONS_MAX, Heard, Mischief, Running, SILENCE_MAX, SIZE_MAX},
};

const COMMITTED: &[u8] = &[0x06];
const NOT_COMMITTED: &[u8] = &[0x15];
const LONG: Duration = Duration::from_secs(20);

#[test]
fn the_buffer_of_a_large_frame_stays_near_the_limit() {
    let check = |length, limit, expect| assert_eq!(super::inbox::grown_bytes(length, limit), expect, "{length}");
    const MIB: usize = 1024 * 1024;
    check(4096, 64 * MIB, None);
    check(MIB, 64 * MIB, Some(4 * MIB));
    check(4 * MIB, 64 * MIB, Some(16 * MIB));
    check(16 * MIB, 64 * MIB, Some(64 * MIB + 4096));
    check(17 * MIB, 64 * MIB, Some(64 * MIB + 4096));
    check(64 * MIB + 1, 64 * MIB, Some(65 * MIB + 1));
    check(MIB, usize::MAX, Some(4 * MIB));
}

fn framed(content: &[u8]) -> Vec<u8> {
    [wire::START, content, wire::END].concat()
}

fn source_values() -> Vec<(&'static str, Value)> {
    vec![
        ("limit", Value::Count(SIZE_MAX as u64)),
        ("connections", Value::Count(CONNECTIONS_MAX as u64)),
        ("frame-idle", Value::Duration(SILENCE_MAX)),
    ]
}

async fn open(extra: &[(&'static str, Value)]) -> Box<dyn Source> {
    let values = [source_values(), extra.to_vec()].concat();
    Mllp.source(&settings(&Mllp, true, "0", &values), &context()).await.unwrap()
}

fn lane(address: &str, extra: &[(&'static str, Value)]) -> Box<dyn Destination> {
    let values = [vec![("timeout", Value::Duration(REPLY_TIME_MAX)), ("limit", Value::Count(4096))], extra.to_vec()];
    Mllp.destination(&settings(&Mllp, false, address, &values.concat()), &context()).unwrap()
}

/// The content of the next frame, or `None` if the other side closes.
async fn read_frame(peer: &mut Peer) -> Option<Vec<u8>> {
    let frame = peer.read_until(wire::END, LONG).await?;
    let content = frame.strip_prefix(wire::START).expect("a frame");
    Some(content[..content.len() - wire::END.len()].to_vec())
}

struct SourceSubject;

impl source::Subject for SourceSubject {
    fn open(&self) -> Boxed<'_, Box<dyn Source>> {
        Box::pin(open(&[]))
    }

    fn hand_over<'a>(&'a self, address: &'a str, message: Bytes, patience: Duration) -> Boxed<'a, Heard> {
        Box::pin(async move {
            let mut peer = Peer::connect(address).await;
            peer.send(&framed(&message)).await;
            let reply = tokio::time::timeout(patience, read_frame(&mut peer)).await;
            match reply.ok().flatten() {
                Some(reply) if reply.windows(6).any(|part| part == b"MSA|AA") => Heard::Success(reply),
                Some(reply) => Heard::Failure(reply),
                None => Heard::Nothing,
            }
        })
    }

    fn misbehave<'a>(&'a self, address: &'a str, mischief: Mischief) -> Boxed<'a, bool> {
        Box::pin(async move {
            misbehave(address, mischief).await;
            true
        })
    }
}

async fn misbehave(address: &str, mischief: Mischief) {
    let mut peer = Peer::connect(address).await;
    let half = [wire::START, &sample::adt("HALF")[..100]].concat();
    match mischief {
        Mischief::Junk => {
            peer.send(&[b"GET / HTTP/1.1\r\n\r\n", sample::SECRET.as_bytes()].concat()).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Mischief::HalfThenGone => {
            peer.send(&half).await;
            peer.finish().await;
        }
        Mischief::HalfThenReset => {
            peer.send(&half).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
            peer.reset();
        }
        Mischief::HalfThenSilent => {
            peer.send(&half).await;
            peer.read_to_close(LONG).await;
        }
        Mischief::TooLarge => {
            peer.send(&framed(&sample::long_adt("BIG", SIZE_MAX + 1))).await;
            peer.read_to_close(LONG).await;
        }
        Mischief::NeverEnding => {
            peer.send(wire::START).await;
            while peer.send(&sample::long_adt("ENDLESS", 4096)).await {}
        }
        Mischief::Flood => {
            let mut held = Vec::new();
            for _ in 0..CONNECTIONS_MAX * 2 {
                held.push(Peer::connect(address).await);
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

fn cut(buffer: &[u8]) -> Cut {
    let end = buffer.windows(2).position(|part| part == wire::END)?;
    Some((end + 2, buffer[1..end].to_vec()))
}

const WIRE: Wire = Wire {
    cut,
    answer: |content| framed(&sample::acknowledgment("AA", &sample::control_id(content))),
    foreign: Some(|| framed(&sample::acknowledgment("AA", "SOMEBODY-ELSE"))),
    endless: (b"\x0bMSH|^~\\&|", b"and so on and so forth and so on and so forth "),
    is_repeatable: true,
};

struct DestinationSubject;

impl destination::Subject for DestinationSubject {
    fn partner<'a>(&'a self, conducts: &'a [Conduct]) -> Boxed<'a, Option<Box<dyn Partner>>> {
        Box::pin(
            async move { TcpPartner::start(WIRE, conducts).await.map(|partner| Box::new(partner) as Box<dyn Partner>) },
        )
    }
    fn lane(&self, partner: &dyn Partner) -> Box<dyn Destination> {
        lane(&partner.address(), &[])
    }
}

#[tokio::test]
async fn source_keeps_its_contract() {
    source::suite(&SourceSubject).await;
}

#[tokio::test]
async fn destination_keeps_its_contract() {
    destination::suite(&DestinationSubject).await;
}

#[tokio::test]
async fn frames_that_come_together_are_answered_in_order() {
    let running = Running::start(open(&[]).await, [Answer::AcceptAfter(Duration::from_millis(50))]);
    let mut peer = Peer::connect(&running.address).await;
    let together: Vec<u8> = ["1", "2", "3"].iter().flat_map(|id| framed(&sample::adt(id))).collect();
    peer.send(&together).await;
    for id in ["1", "2", "3"] {
        assert_eq!(read_frame(&mut peer).await.unwrap(), sample::acknowledgment("AA", id));
    }
    assert_eq!(running.intake.overlaps(), 0);
    assert!(running.intake.reports().is_empty(), "{:?}", running.intake.reports());
    running.stop().await;
}

#[tokio::test]
async fn a_frame_may_come_byte_by_byte() {
    let running = Running::start(open(&[]).await, []);
    let mut peer = Peer::connect(&running.address).await;
    peer.drip(&framed(&sample::adt("SLOW")), Duration::from_millis(1)).await;
    assert!(read_frame(&mut peer).await.is_some());
    assert_eq!(running.intake.contents(), [sample::adt("SLOW")]);
    running.stop().await;
}

#[tokio::test]
async fn a_dripping_frame_ends_by_its_deadline() {
    let limit = [("frame-time", Value::Duration(Duration::from_millis(400)))];
    let running = Running::start(open(&limit).await, []);
    let mut peer = Peer::connect(&running.address).await;
    let frame = framed(&sample::adt("LORIS"));
    let _ = tokio::time::timeout(LONG, peer.drip(&frame, Duration::from_millis(20))).await;
    assert_eq!(running.intake.reported_codes(), ["E6103"]);
    assert!(running.intake.contents().is_empty());
    running.stop().await;
}

#[tokio::test]
async fn loosely_written_frames_are_read_and_reported() {
    let check = async |sent: Vec<u8>, expect: &[Bytes], codes: &[&str]| {
        let running = Running::start(open(&[]).await, []);
        let mut peer = Peer::connect(&running.address).await;
        peer.send(&sent).await;
        assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() >= expect.len()).await);
        peer.finish().await;
        peer.read_to_close(LONG).await;
        assert_eq!(running.intake.contents(), expect);
        assert_eq!(running.intake.reported_codes(), codes);
        running.stop().await;
    };
    let (one, two) = (sample::adt("1"), sample::adt("2"));
    let bare = |content: &[u8]| [wire::START, content, &[0x1C]].concat();
    check([framed(&one), b"\r\n".to_vec(), framed(&two)].concat(), &[one.clone(), two.clone()], &[]).await;
    check([b"junk".to_vec(), framed(&one)].concat(), std::slice::from_ref(&one), &["E6101"]).await;
    check([bare(&one), framed(&two)].concat(), &[one.clone(), two.clone()], &["E6105"]).await;
    check(bare(&one), std::slice::from_ref(&one), &["E6105"]).await;
    check([framed(b""), framed(&two)].concat(), std::slice::from_ref(&two), &["E6105"]).await;
    check([&[0x0B], &one[..50], &framed(&two)].concat(), std::slice::from_ref(&two), &["E6102"]).await;
}

#[tokio::test]
async fn an_accepted_message_without_acknowledgment_gets_none() {
    let running = Running::start(open(&[]).await, [Answer::AcceptSilently]);
    let mut peer = Peer::connect(&running.address).await;
    peer.send(&[framed(&sample::adt("1")), framed(&sample::adt("2"))].concat()).await;
    assert_eq!(read_frame(&mut peer).await.unwrap(), sample::acknowledgment("AA", "2"));
    running.stop().await;
}

#[tokio::test]
async fn release_2_commits_then_acknowledges() {
    let answers = [Answer::Accept, Answer::Later { is_acknowledged: true }, Answer::AcceptSilently];
    let running = Running::start(open(&[("release", Value::Count(2))]).await, answers);
    let mut peer = Peer::connect(&running.address).await;
    peer.send(&framed(&sample::adt("1"))).await;
    assert_eq!(read_frame(&mut peer).await.unwrap(), COMMITTED);
    assert_eq!(read_frame(&mut peer).await.unwrap(), sample::acknowledgment("AA", "1"));
    peer.send(&framed(COMMITTED)).await;
    peer.send(&framed(&sample::adt("2"))).await;
    assert_eq!(read_frame(&mut peer).await.unwrap(), NOT_COMMITTED);
    peer.send(&framed(&sample::adt("3"))).await;
    assert_eq!(read_frame(&mut peer).await.unwrap(), COMMITTED);
    assert_eq!(running.intake.contents().len(), 3);
    running.stop().await;
}

#[tokio::test]
async fn draining_lets_a_half_read_frame_finish() {
    let running = Running::start(open(&[]).await, []);
    let mut peer = Peer::connect(&running.address).await;
    let frame = framed(&sample::adt("1"));
    peer.send(&frame[..50]).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    running.drain();
    tokio::time::sleep(Duration::from_millis(50)).await;
    peer.send(&frame[50..]).await;
    assert_eq!(read_frame(&mut peer).await.unwrap(), sample::acknowledgment("AA", "1"));
    assert_eq!(peer.read_to_close(LONG).await.unwrap(), b"");
    running.stop().await;
}

#[tokio::test]
async fn an_idle_connection_ends_only_by_its_setting() {
    let running = Running::start(open(&[("idle", Value::Duration(Duration::from_millis(100)))]).await, []);
    let mut peer = Peer::connect(&running.address).await;
    assert!(peer.read_to_close(LONG).await.is_some());
    running.stop().await;
    let running = Running::start(open(&[]).await, []);
    let mut peer = Peer::connect(&running.address).await;
    assert!(peer.read_to_close(SILENCE_MAX * 3).await.is_none(), "closed without a reason");
    assert_eq!(running.intake.peers(), 1);
    running.stop().await;
}

#[tokio::test]
async fn one_peer_cannot_take_every_place() {
    let running = Running::start(open(&[("per-peer", Value::Count(2))]).await, []);
    let (_first, _second) = (Peer::connect(&running.address).await, Peer::connect(&running.address).await);
    let mut third = Peer::connect(&running.address).await;
    assert!(third.read_to_close(LONG).await.is_some());
    assert_eq!(running.intake.reported_codes(), ["E6005"]);
    running.stop().await;
}

#[tokio::test]
async fn a_taken_port_is_refused_with_its_code() {
    let running = Running::start(open(&[]).await, []);
    let again = Mllp.source(&settings(&Mllp, true, &running.address, &source_values()), &context()).await;
    assert_eq!(again.err().unwrap().code, "E6002");
    running.stop().await;
}

#[tokio::test]
async fn a_partner_that_does_not_echo_needs_match_any() {
    let partner = TcpPartner::start(WIRE, &[Conduct::Foreign]).await.unwrap();
    let outgoing = sample::outgoing(1, sample::adt("1"));
    let strict = lane(&partner.address(), &[]).send(&outgoing).await;
    assert_eq!(destination::reason_of(&strict).unwrap().code, "E6107");
    let any = lane(&partner.address(), &[("match", Value::Text("any".into()))]).send(&outgoing).await;
    assert!(matches!(any, Outcome::Delivered { reply: Some(_) }), "{any:?}");
}

#[tokio::test]
async fn a_partner_that_never_answers_needs_acknowledgment_none() {
    let partner = TcpPartner::start(WIRE, &[Conduct::Silent]).await.unwrap();
    let mut lane = lane(&partner.address(), &[("acknowledgment", Value::Text("none".into()))]);
    for id in ["1", "2"] {
        let outcome = lane.send(&sample::outgoing(1, sample::adt(id))).await;
        assert_eq!(outcome, Outcome::Delivered { reply: None });
    }
    for _ in 0..100 {
        if partner.taken().len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(partner.taken(), ["1", "2"].map(sample::adt));
}

#[tokio::test]
async fn release_2_waits_for_the_commit() {
    let committing = Wire {
        answer: |content| {
            let id = sample::control_id(content);
            let commit = if id == "NO" { NOT_COMMITTED } else { COMMITTED };
            // What our side commits in its turn needs no answer.
            if content == COMMITTED {
                return Vec::new();
            }
            let acknowledgment = if id == "NO" { Vec::new() } else { framed(&sample::acknowledgment("AA", &id)) };
            [framed(commit), acknowledgment].concat()
        },
        ..WIRE
    };
    let partner = TcpPartner::start(committing, &[Conduct::Accept]).await.unwrap();
    let mut lane = lane(&partner.address(), &[("release", Value::Count(2))]);
    let taken = lane.send(&sample::outgoing(1, sample::adt("YES"))).await;
    assert_eq!(taken, Outcome::Delivered { reply: Some(sample::acknowledgment("AA", "YES")) });
    let refused = lane.send(&sample::outgoing(2, sample::adt("NO"))).await;
    assert!(matches!(&refused, Outcome::Transient { scope: Scope::Message, reason, .. } if reason.code == "E6109"));
    assert_eq!(partner.taken().len(), 3, "two messages, one commit of ours");
}

#[tokio::test]
async fn a_message_that_cannot_be_framed_is_not_sent() {
    let partner = TcpPartner::start(WIRE, &[Conduct::Accept]).await.unwrap();
    let message = [&sample::adt("1")[..], b"NTE|1||\x1c\r"].concat();
    let outcome = lane(&partner.address(), &[]).send(&sample::outgoing(1, message.into())).await;
    assert!(matches!(&outcome, Outcome::Permanent { reason, .. } if reason.code == "E6110"), "{outcome:?}");
    assert!(partner.taken().is_empty());
}

#[tokio::test]
async fn a_large_message_arrives_whole() {
    let partner = TcpPartner::start(WIRE, &[Conduct::Accept]).await.unwrap();
    let message = sample::long_adt("BIG", 3 * 1024 * 1024);
    let patient = [("timeout", Value::Duration(Duration::from_secs(20)))];
    let outcome = lane(&partner.address(), &patient).send(&sample::outgoing(1, message.clone())).await;
    assert!(matches!(outcome, Outcome::Delivered { .. }), "{outcome:?}");
    assert!(partner.taken() == [message]);
}
