//! The service side: the conformance suite, and what clients are told.

use super::{Soap, Values, context, settings, text};
use crate::soap::parts::{Writer, cut};
use bytes::Bytes;
use interface::{
    catalogue::{Connector, Value},
    contract::{Boxed, Source},
};
use std::time::Duration;
use testkit::{
    Answer, Peer, sample,
    source::{self, CONNECTIONS_MAX, Heard, Mischief, Running, SILENCE_MAX, SIZE_MAX},
};

const LONG: Duration = Duration::from_secs(20);
/// More than an envelope takes around its message.
const AROUND: usize = 4096;
const RESPONSE: &str = "<r:return xmlns:r='urn:example'><r:out>{acknowledgment}</r:out></r:return>";
const ONE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const ADDRESSING: &str = "http://www.w3.org/2005/08/addressing";

async fn open(more: Values) -> Box<dyn Source> {
    let mut values = vec![
        ("limit", Value::Count((SIZE_MAX + AROUND) as u64)),
        ("connections", Value::Count(CONNECTIONS_MAX as u64)),
        ("frame-idle", Value::Duration(SILENCE_MAX)),
    ];
    values.extend(more);
    Soap.source(&settings(&Soap, true, "127.0.0.1:0/soap", &values), &context()).await.unwrap()
}

fn hl7() -> Values {
    vec![text("message", "hl7"), text("response", RESPONSE)]
}

fn envelope(header: &str, body: &str) -> String {
    format!("<s:Envelope xmlns:s='{ONE}'><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>")
}

fn call(message: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(message).replace('&', "&amp;").replace('\r', "&#13;");
    envelope("", &format!("<e:submit xmlns:e='urn:example'><e:hl7>{text}</e:hl7></e:submit>")).into_bytes()
}

/// The message beside its envelope, where all bytes can stand.
fn attached(message: &[u8]) -> (Vec<u8>, String) {
    let mut parts = Writer::new("urn:uuid:1", "text/xml");
    let include = parts.attach(message.to_vec(), "application/octet-stream");
    let body = envelope("", &format!("<e:submit xmlns:e='urn:example'><e:hl7>{include}</e:hl7></e:submit>"));
    parts.finish(body.as_bytes(), "")
}

fn post(kind: &str, body: &[u8]) -> Vec<u8> {
    let head =
        format!("POST /soap HTTP/1.1\r\nHost: test\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

async fn connect(address: &str) -> Peer {
    Peer::connect(address.split('/').next().unwrap()).await
}

/// Status, head and body of the next answer; `None` if the other side closes.
async fn read_answer(peer: &mut Peer) -> Option<(u16, String, String)> {
    let head = String::from_utf8(peer.read_until(b"\r\n\r\n", LONG).await?).unwrap();
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let body = peer.read_exact(length.unwrap_or(0), LONG).await?;
    Some((head.split(' ').nth(1)?.parse().ok()?, head, String::from_utf8(body).unwrap()))
}

async fn ask(address: &str, kind: &str, body: &[u8]) -> (u16, String) {
    let mut peer = connect(address).await;
    peer.send(&post(kind, body)).await;
    let (status, _, body) = read_answer(&mut peer).await.unwrap();
    (status, body)
}

struct Subject;

impl source::Subject for Subject {
    fn open(&self) -> Boxed<'_, Box<dyn Source>> {
        Box::pin(open(hl7()))
    }

    fn hand_over<'a>(&'a self, address: &'a str, message: Bytes, patience: Duration) -> Boxed<'a, Heard> {
        Box::pin(async move {
            let mut peer = connect(address).await;
            let (body, kind) = attached(&message);
            peer.send(&post(&kind, &body)).await;
            let answer = tokio::time::timeout(patience, read_answer(&mut peer)).await;
            let Some((status, _, body)) = answer.ok().flatten() else { return Heard::Nothing };
            let inner = body.split_once("<r:out>").and_then(|(_, rest)| rest.split_once("</r:out>"));
            let inner = inner.map_or("", |(inner, _)| inner).replace("&#13;", "\r").replace("&amp;", "&");
            // The acknowledgment in the answer says yes or no, as it does over MLLP.
            let is_no = status != 200 || inner.contains("MSA|AE") || inner.contains("MSA|AR");
            if is_no { Heard::Failure(inner.into_bytes()) } else { Heard::Success(inner.into_bytes()) }
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
    let mut peer = connect(address).await;
    let whole = post("text/xml", &call(&sample::adt("HALF")));
    let half = &whole[..whole.len() - 50];
    match mischief {
        Mischief::Junk => {
            peer.send(&post("text/xml", sample::SECRET.as_bytes())).await;
            read_answer(&mut peer).await;
        }
        Mischief::HalfThenGone => {
            peer.send(half).await;
            peer.finish().await;
        }
        Mischief::HalfThenReset => {
            peer.send(half).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
            peer.reset();
        }
        Mischief::HalfThenSilent => {
            peer.send(half).await;
            peer.read_to_close(LONG).await;
        }
        Mischief::TooLarge => {
            peer.send(&post("text/xml", &call(&sample::long_adt("BIG", SIZE_MAX + AROUND + 1)))).await;
            peer.read_to_close(LONG).await;
        }
        Mischief::NeverEnding => {
            peer.send(b"POST /soap HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n").await;
            while peer.send(&[b"400\r\n", &[b'x'; 1024][..], b"\r\n"].concat()).await {}
        }
        Mischief::Flood => {
            let mut held = Vec::new();
            for _ in 0..CONNECTIONS_MAX * 2 {
                held.push(connect(address).await);
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

#[tokio::test]
async fn source_keeps_its_contract() {
    source::suite(&Subject).await;
}

#[tokio::test]
async fn answers_say_what_the_engine_said() {
    let answers = [
        Answer::Accept,
        Answer::Later { is_acknowledged: true },
        Answer::Refuse { is_acknowledged: true },
        Answer::Refuse { is_acknowledged: false },
    ];
    let running = Running::start(open(hl7()).await, answers);
    let id = format!("<w:MessageID xmlns:w='{ADDRESSING}'>urn:uuid:7&amp;1</w:MessageID>");
    let action = format!("<w:Action xmlns:w='{ADDRESSING}' s:mustUnderstand='1'>urn:do</w:Action>");
    let body = envelope(&format!("{id}{action}"), "<e:hl7 xmlns:e='urn:e'>MSH|^~\\&amp;|A&#13;</e:hl7>");
    let related = "<wsa:Action>urn:doResponse</wsa:Action><wsa:RelatesTo>urn:uuid:7&amp;1</wsa:RelatesTo>";
    for (status, expect) in [(200, "MSA|AA"), (500, "soap:Server"), (200, "MSA|AE"), (500, "soap:Client")] {
        let (found, answer) = ask(&running.address, "text/xml; charset=utf-8", body.as_bytes()).await;
        assert!(found == status && answer.contains(expect) && answer.contains(related), "{found} {answer}");
        assert!(answer.contains(ONE) && xml::read(&answer).is_ok(), "in the version of the question: {answer}");
    }
    assert_eq!(running.intake.contents()[0], Bytes::from_static(b"MSH|^~\\&|A\r"));
    running.stop().await;
}

#[tokio::test]
async fn what_is_attached_is_the_message() {
    let running = Running::start(open(vec![text("message", "Document")]).await, []);
    let binary = b"%PDF \xff\x00".to_vec();
    let mut parts = Writer::new("urn:uuid:1", "application/soap+xml");
    let include = parts.attach(binary.clone(), "application/pdf");
    let body = envelope("", &format!("<x:Document xmlns:x='urn:x'>{include}</x:Document>"));
    let (whole, kind) = parts.finish(body.as_bytes(), "urn:do");
    assert!(cut(&whole, &kind).is_some());
    assert_eq!(ask(&running.address, &kind, &whole).await.0, 200);
    assert_eq!(running.intake.contents(), [Bytes::from(binary)]);
    running.stop().await;
    // Without `message` the content of the body is, and what is attached stands in it.
    let running = Running::start(open(vec![]).await, []);
    assert_eq!(ask(&running.address, &kind, &whole).await.0, 200);
    let expect = "<x:Document xmlns:x='urn:x'>JVBERiD/AA==</x:Document>";
    assert_eq!(running.intake.contents(), [Bytes::from_static(expect.as_bytes())]);
    for (body, kind, status, code) in [
        (&whole[..whole.len() - 20], kind.as_str(), 500, "E6840"),
        (b"<a/>", "text/xml", 500, "E6840"),
        (b"{}", "application/json", 415, "E6301"),
    ] {
        assert_eq!(ask(&running.address, kind, body).await.0, status, "{code}");
        assert_eq!(running.intake.reports().last().unwrap().1.code, code);
    }
    running.stop().await;
}

/// What the client did not hear the answer to, it calls again; the engine knows it by its id (R4).
#[tokio::test]
async fn a_client_that_is_killed_and_comes_back_loses_nothing() {
    let slow = std::iter::repeat_n(Answer::AcceptAfter(Duration::from_millis(50)), 8);
    let running = Running::start(open(hl7()).await, slow);
    for id in ["1", "2"] {
        let mut peer = connect(&running.address).await;
        peer.send(&post("text/xml", &call(&sample::adt(id)))).await;
        let expect: usize = id.parse().unwrap();
        assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() == expect).await);
        peer.reset();
    }
    for id in ["2", "3"] {
        assert_eq!(ask(&running.address, "text/xml", &call(&sample::adt(id))).await.0, 200);
    }
    assert_eq!(running.intake.contents(), ["1", "2", "2", "3"].map(sample::adt));
    running.stop().await;
}
