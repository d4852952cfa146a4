//! The conformance suites over a web server of the tests and over bare sockets, and what is special about SOAP.

mod service;

use super::Soap;
use crate::{
    testing::{context, settings},
    web::testing::{WIRE, respond},
};
use bytes::Bytes;
use interface::{
    catalogue::{Connector, Value},
    contract::{Boxed, Destination},
};
use message::Outcome;
use testkit::{
    destination::{self, Conduct, Partner, REPLY_TIME_MAX, reason_of},
    partner::{Cut, TcpPartner, Wire},
    sample,
    web::{Told, WebServer},
};

const TWO: &str = "http://www.w3.org/2003/05/soap-envelope";
const BODY: &str = "<e:submit xmlns:e='urn:example'><e:hl7>{message}</e:hl7></e:submit>";

type Values = Vec<(&'static str, Value)>;

fn text(name: &'static str, value: &str) -> (&'static str, Value) {
    (name, Value::Text(value.into()))
}

fn lane(address: &str, values: Values) -> Box<dyn Destination> {
    let address = format!("http://{address}/soap");
    Soap.destination(&settings(&Soap, false, &address, &values), &context()).unwrap()
}

fn enveloped(body: &str) -> String {
    format!("<s:Envelope xmlns:s=\"{TWO}\"><s:Body>{body}</s:Body></s:Envelope>")
}

/// The message that an envelope of these tests brings.
fn message_of(envelope: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(envelope).into_owned();
    let (_, rest) = text.split_once("<e:hl7>")?;
    let (inner, _) = rest.split_once("</e:hl7>")?;
    let plain = inner.replace("&#13;", "\r").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    Some(plain.into_bytes())
}

fn cut(buffer: &[u8]) -> Cut {
    let (size, body) = (WIRE.cut)(buffer)?;
    Some((size, message_of(&body)?))
}

fn answer(content: &[u8]) -> Vec<u8> {
    let acknowledgment = sample::acknowledgment("AA", &sample::control_id(content));
    let escaped = String::from_utf8_lossy(&acknowledgment).replace('&', "&amp;").replace('\r', "&#xD;");
    let body = enveloped(&format!("<r:out xmlns:r='urn:r'>{escaped}</r:out>"));
    respond("200 OK", "Content-Type: application/soap+xml\r\n", body.as_bytes())
}

struct Subject;

impl destination::Subject for Subject {
    fn partner<'a>(&'a self, conducts: &'a [Conduct]) -> Boxed<'a, Option<Box<dyn Partner>>> {
        Box::pin(async move {
            let wire = Wire { cut, answer, ..WIRE };
            TcpPartner::start(wire, conducts).await.map(|partner| Box::new(partner) as Box<dyn Partner>)
        })
    }
    fn lane(&self, partner: &dyn Partner) -> Box<dyn Destination> {
        let values = vec![
            text("action", "urn:example:submit"),
            text("body", BODY),
            text("reply", "out"),
            ("timeout", Value::Duration(REPLY_TIME_MAX)),
            ("limit", Value::Count(4096)),
        ];
        lane(&partner.address(), values)
    }
}

#[tokio::test]
async fn destination_keeps_its_contract() {
    destination::suite(&Subject).await;
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

#[tokio::test]
async fn what_comes_back_decides() {
    let fault = |code: &str| enveloped(&format!("<s:Fault><s:Code><s:Value>s:{code}</s:Value></s:Code></s:Fault>"));
    let check = async |status: u16, body: String, reply: &str, expect: &str| {
        let told = body.clone();
        let server = WebServer::start(move |_| Told::Answer(status, Vec::new(), told.clone().into_bytes())).await;
        let mut lane = lane(&server.address, vec![text("body", BODY), text("reply", reply)]);
        let outcome = lane.send(&sample::outgoing(1, sample::adt("1"))).await;
        assert_eq!(code_of(&outcome), expect, "{status} {body}");
        assert!(!format!("{outcome:?}").contains(sample::SECRET));
        assert_eq!(server.asked().len(), 1, "asked once");
    };
    check(200, enveloped("<ok/>"), "", "delivered").await;
    check(500, fault("Sender"), "", "permanent E6831").await;
    check(400, fault("Sender"), "", "permanent E6831").await;
    check(500, fault("Receiver"), "", "Message E6832").await;
    check(200, fault("Receiver"), "", "Message E6832").await;
    check(500, fault("MustUnderstand"), "", "Destination E6833").await;
    check(200, enveloped("<ok/>"), "out", "ambiguous E6834").await;
    check(200, "<html/>".to_owned(), "", "ambiguous E6834").await;
    check(500, enveloped("<ok/>"), "", "Message E6304").await;
    check(202, String::new(), "", "delivered").await;
    check(202, String::new(), "out", "ambiguous E6834").await;
    check(401, "who are you".to_owned(), "", "Destination E6512").await;
    check(503, "busy".to_owned(), "", "Destination E6304").await;
    check(404, "<html/>".to_owned(), "", "permanent E6305").await;
}

#[tokio::test]
async fn a_call_is_written_as_the_service_wants_it() {
    let server = WebServer::start(|_| Told::Answer(200, Vec::new(), enveloped("").into_bytes())).await;
    let document =
        Bytes::from_static(b"\xEF\xBB\xBF<?xml version=\"1.0\"?>\n<a:doc xmlns:a=\"urn:a\">1 &lt; 2</a:doc>\n");
    let one = vec![text("version", "1.1"), text("action", "urn:do"), ("addressing", Value::Flag(true))];
    let mut first = lane(&server.address, one);
    for _ in 0..2 {
        assert_eq!(code_of(&first.send(&sample::outgoing(1, document.clone())).await), "delivered");
    }
    assert_eq!(code_of(&first.send(&sample::outgoing(2, document.clone())).await), "delivered");
    let mut second =
        lane(&server.address, vec![text("action", "urn:do"), text("user", "ward"), text("password", "pw")]);
    assert_eq!(code_of(&second.send(&sample::outgoing(1, document)).await), "delivered");
    let asked = server.asked();
    assert_eq!(
        (asked[0].header("soapaction"), asked[0].header("content-type")),
        ("\"urn:do\"", "text/xml; charset=utf-8")
    );
    let call = asked[0].text();
    assert!(call.contains("<soap:Body><a:doc xmlns:a=\"urn:a\">1 &lt; 2</a:doc></soap:Body>"), "{call}");
    let to = format!("<wsa:To soap:mustUnderstand=\"1\">http://{}/soap</wsa:To>", server.address);
    assert!(call.contains(&to) && call.contains(">urn:do</wsa:Action>"), "{call}");
    let id = |number: usize| asked[number].text().split("MessageID>").nth(1).unwrap().to_owned();
    assert_eq!(id(0), id(1), "a repeated delivery is the same call");
    assert_ne!(id(0), id(2));
    let media_type = "application/soap+xml; charset=utf-8; action=\"urn:do\"";
    assert_eq!((asked[3].header("content-type"), asked[3].header("authorization")), (media_type, "Basic d2FyZDpwdw=="));
    assert!(asked[3].text().contains(TWO) && !asked[3].text().contains("soap:Header"));
}

#[tokio::test]
async fn attachments_go_beside_the_envelope_and_come_back_beside_it() {
    let server = WebServer::start(|_| {
        // The answer is in parts as well: what was attached comes back as the acknowledgment.
        let body = format!(
            "--b\r\nContent-Type: application/xop+xml\r\n\r\n{}\r\n--b\r\nContent-ID: <r@x>\r\n\r\nMSA|AA|1\r\n--b--",
            enveloped("<r:out xmlns:r='urn:r'><i:Include xmlns:i='http://www.w3.org/2004/08/xop/include' href='cid:r@x'/></r:out>")
        );
        let kind = "multipart/related; boundary=b; type=\"application/xop+xml\"".to_owned();
        Told::Answer(200, vec![("Content-Type".to_owned(), kind)], body.into_bytes())
    })
    .await;
    let values = vec![text("body", BODY), text("reply", "out"), ("mtom", Value::Flag(true))];
    let mut lane = lane(&server.address, values);
    let binary = Bytes::from_static(b"%PDF-1.7 \xff\x00\r\n--x");
    let outcome = lane.send(&sample::outgoing(1, binary.clone())).await;
    assert_eq!(outcome, Outcome::Delivered { reply: Some(Bytes::from_static(b"MSA|AA|1")) });
    let asked = server.asked();
    let package = super::parts::cut(&asked[0].body, asked[0].header("content-type")).unwrap();
    let envelope = String::from_utf8(package.root.to_vec()).unwrap();
    let document = xml::read(&envelope).unwrap();
    let element = document.descendants().find(|node| node.has_tag_name(("urn:example", "hl7"))).unwrap();
    assert_eq!(package.included(element), Some(&binary[..]));
    // A document with base64 in it: that goes beside it, the rest stays.
    let values = vec![text("attach", "Document"), ("mtom", Value::Flag(true))];
    let mut lane = super::tests::lane(&server.address, values);
    let document = "<x:set xmlns:x='urn:x'><x:Document id='1'>\n aGVs\n bG8= </x:Document><x:rest/></x:set>";
    let outcome = lane.send(&sample::outgoing(2, Bytes::from_static(document.as_bytes()))).await;
    assert_eq!(outcome, Outcome::Delivered { reply: None });
    let asked = server.asked();
    let package = super::parts::cut(&asked[1].body, asked[1].header("content-type")).unwrap();
    let envelope = String::from_utf8(package.root.to_vec()).unwrap();
    let read = xml::read(&envelope).unwrap();
    let whole = package.resolve(&envelope, read.root_element()).unwrap();
    assert!(whole.contains("<x:Document id='1'>aGVsbG8=</x:Document><x:rest/>"), "{whole}");
    let wrong = "<x:set xmlns:x='urn:x'><x:Document>no base64!</x:Document></x:set>";
    let outcome = lane.send(&sample::outgoing(3, Bytes::from_static(wrong.as_bytes()))).await;
    assert_eq!(code_of(&outcome), "permanent E6110");
}

#[tokio::test]
async fn what_cannot_stand_in_an_envelope_is_not_sent() {
    let server = WebServer::start(|_| Told::Answer(200, Vec::new(), enveloped("").into_bytes())).await;
    let mut plain = lane(&server.address, vec![]);
    for content in ["no xml", "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"] {
        let outcome = plain.send(&sample::outgoing(1, Bytes::from_static(content.as_bytes()))).await;
        assert_eq!(code_of(&outcome), "permanent E6110", "{content}");
    }
    let mut within = lane(&server.address, vec![text("body", BODY)]);
    let outcome = within.send(&sample::outgoing(1, Bytes::from_static(b"a\x0bb"))).await;
    assert_eq!(code_of(&outcome), "permanent E6110");
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn a_service_that_is_killed_and_comes_back_gets_every_message_in_order() {
    let script = |_: &testkit::web::Asked| Told::Answer(200, Vec::new(), enveloped("").into_bytes());
    let server = WebServer::start(script).await;
    let mut lane = lane(&server.address, vec![text("body", BODY)]);
    let mut sent = async |id: &str| code_of(&lane.send(&sample::outgoing(1, sample::adt(id))).await);
    assert_eq!(sent("1").await, "delivered");
    let address = server.kill().await;
    assert_eq!(sent("2").await, "Destination E6003");
    let server = WebServer::start_at(&address, script).await;
    for id in ["2", "3", "4"] {
        assert_eq!(sent(id).await, "delivered");
    }
    let taken: Vec<Vec<u8>> = server.asked().iter().map(|asked| message_of(&asked.body).unwrap()).collect();
    assert_eq!(taken, ["2", "3", "4"].map(|id| sample::adt(id).to_vec()));
}

#[test]
fn settings_that_do_not_go_together() {
    let check = |values: Values, expect: &str| {
        let result = Soap.check(&settings(&Soap, false, "https://a.example.org/soap", &values), false);
        assert_eq!(result.map_or_else(|reason| reason.code.to_string(), |()| "ok".to_owned()), expect, "{values:?}");
    };
    check(vec![], "ok");
    check(vec![text("body", BODY)], "ok");
    check(vec![text("body", "<a/>")], "E6010");
    check(vec![text("body", "<a>{message}")], "E6010");
    check(vec![text("action", "two words")], "E6010");
    check(vec![("addressing", Value::Flag(true))], "E6010");
    let mtom = || ("mtom", Value::Flag(true));
    check(vec![mtom(), text("body", BODY)], "ok");
    check(vec![mtom(), text("attach", "Document")], "ok");
    check(vec![mtom()], "E6010");
    check(vec![text("attach", "Document")], "E6010");
    let serving = |values: Values| Soap.check(&settings(&Soap, true, "127.0.0.1:0/soap", &values), true).is_ok();
    assert!(serving(vec![text("response", "<a>{acknowledgment}</a>")]));
    assert!(!serving(vec![text("response", "<a>{acknowledgment}")]));
}
