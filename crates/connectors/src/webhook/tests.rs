//! The conformance suite, and what is special about webhooks: signatures, ids, addresses.

use super::Webhook;
use crate::{
    testing::{context, settings},
    web::testing::WIRE,
};
use interface::{
    catalogue::{Connector, Value},
    contract::{Boxed, Destination},
};
use message::{DeliveryId, MessageId, Outcome};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use testkit::{
    destination::{self, Conduct, Partner, REPLY_TIME_MAX},
    partner::TcpPartner,
    sample,
    web::{Told, WebServer},
};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn text(name: &'static str, value: &str) -> (&'static str, Value) {
    (name, Value::Text(value.into()))
}

fn lane(url: &str, more: &[(&'static str, Value)]) -> Box<dyn Destination> {
    let values = [
        vec![text("secret", SECRET), ("private", Value::Flag(true))],
        vec![("timeout", Value::Duration(REPLY_TIME_MAX)), ("limit", Value::Count(4096))],
        more.to_vec(),
    ];
    Webhook.destination(&settings(&Webhook, false, url, &values.concat()), &context()).unwrap()
}

struct Subject;

impl destination::Subject for Subject {
    fn partner<'a>(&'a self, conducts: &'a [Conduct]) -> Boxed<'a, Option<Box<dyn Partner>>> {
        Box::pin(
            async move { TcpPartner::start(WIRE, conducts).await.map(|partner| Box::new(partner) as Box<dyn Partner>) },
        )
    }
    fn lane(&self, partner: &dyn Partner) -> Box<dyn Destination> {
        lane(&format!("http://{}/hook", partner.address()), &[])
    }
}

#[tokio::test]
async fn destination_keeps_its_contract() {
    destination::suite(&Subject).await;
}

#[tokio::test]
async fn what_a_receiver_gets() {
    let server = WebServer::start(|_| Told::json(200, "{\"thanks\":true}")).await;
    let mut lane = lane(&format!("http://{}/hook?of=north", server.address), &[text("former-secret", &"f".repeat(24))]);
    let mut again = sample::outgoing(7, sample::adt("1"));
    assert_eq!(lane.send(&again).await, Outcome::Delivered { reply: None }, "a body beside 200 is no acknowledgment");
    again.attempt = 1;
    lane.send(&again).await;
    let mut other = again.clone();
    other.delivery = DeliveryId { message: MessageId(7), number: 1 };
    lane.send(&other).await;

    let asked = server.asked();
    let ids: Vec<&str> = asked.iter().map(|asked| asked.header("webhook-id")).collect();
    assert!(ids[0] == ids[1] && ids[0] != ids[2], "one id for a delivery: {ids:?}");
    assert!(ids[0].starts_with("msg_") && ids[0].len() == 36);
    for asked in &asked {
        assert_eq!((&*asked.method, &*asked.target), ("POST", "/hook?of=north"));
        assert_eq!(asked.header("content-type"), "application/hl7-v2");
        assert_eq!(asked.body, sample::adt("1"));
        // As a receiver would verify it, with the body as it came.
        let signed = [asked.header("webhook-id"), ".", asked.header("webhook-timestamp"), "."].concat();
        let signed = [signed.as_bytes(), &asked.body].concat();
        let signatures: Vec<&str> = asked.header("webhook-signature").split(' ').collect();
        let key = crate::web::encode::from_base64(&SECRET[6..]).unwrap();
        for (key, signature) in [&key[..], "f".repeat(24).as_bytes()].into_iter().zip(&signatures) {
            let tag = crate::web::encode::from_base64(signature.strip_prefix("v1,").unwrap()).unwrap();
            ring::hmac::verify(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key), &signed, &tag).unwrap();
        }
        assert_eq!(signatures.len(), 2);
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        assert!(now.abs_diff(asked.header("webhook-timestamp").parse().unwrap()) < 60);
    }
}

#[tokio::test]
async fn statuses() {
    let check = async |status: u16, expect: &str| {
        let server = WebServer::start(move |_| Told::json(status, "no")).await;
        let outcome =
            lane(&format!("http://{}/hook", server.address), &[]).send(&sample::outgoing(1, sample::adt("1"))).await;
        let found = match &outcome {
            Outcome::Delivered { .. } => "delivered".to_owned(),
            Outcome::Transient { scope, .. } => format!("{scope:?}"),
            Outcome::Permanent { .. } => "park".to_owned(),
            Outcome::Ambiguous { .. } => "ambiguous".to_owned(),
        };
        assert_eq!(found, expect, "{status}");
    };
    check(202, "delivered").await;
    check(204, "delivered").await;
    check(302, "park").await;
    check(400, "park").await;
    check(404, "Destination").await;
    check(410, "park").await;
    check(429, "Destination").await;
    check(503, "Destination").await;
}

#[tokio::test]
async fn addresses_in_the_house_are_refused_unless_allowed() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let server = WebServer::start(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        Told::json(200, "{}")
    })
    .await;
    let port = server.address.rsplit(':').next().unwrap().to_owned();
    // By number, by name, as IPv6 that means IPv4: what counts is where it leads.
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1", "[::1]", "0.0.0.0"] {
        let values = [text("secret", SECRET)];
        let settings = settings(&Webhook, false, &format!("https://{host}:{port}/"), &values);
        let mut lane = Webhook.destination(&settings, &context()).unwrap();
        let outcome = lane.send(&sample::outgoing(1, sample::adt("1"))).await;
        let reason = destination::reason_of(&outcome).unwrap();
        assert_eq!(reason.code, "E6520", "{host}: {outcome:?}");
        assert!(matches!(outcome, Outcome::Transient { .. }));
    }
    assert_eq!((server.connections(), count.load(Ordering::SeqCst)), (0, 0), "nothing was connected to");
}

#[tokio::test]
async fn a_receiver_that_is_killed_and_comes_back_misses_nothing() {
    let server = WebServer::start(|_| Told::json(200, "{}")).await;
    let url = format!("http://{}/hook", server.address);
    let mut lane = lane(&url, &[]);
    let mut send = async |id: &str| lane.send(&sample::outgoing(1, sample::adt(id))).await;
    assert!(matches!(send("K-1").await, Outcome::Delivered { .. }));
    let address = server.kill().await;
    assert!(matches!(send("K-2").await, Outcome::Transient { .. }), "certainly not taken");
    let server = WebServer::start_at(&address, |_| Told::json(200, "{}")).await;
    for id in ["K-2", "K-3"] {
        assert!(matches!(send(id).await, Outcome::Delivered { .. }));
    }
    let bodies: Vec<Vec<u8>> = server.asked().into_iter().map(|asked| asked.body).collect();
    assert_eq!(bodies, [sample::adt("K-2").to_vec(), sample::adt("K-3").to_vec()]);
}

#[test]
fn settings_that_cannot_be_used() {
    let check = |url: &str, values: &[(&'static str, Value)], code: &str| {
        let settings = settings(&Webhook, false, url, values);
        let found = Webhook.check(&settings, false).err().map_or("ok".to_owned(), |reason| reason.code.to_string());
        assert_eq!(found, code, "{url}");
    };
    let secret = text("secret", SECRET);
    check("https://hooks.example.org/a", std::slice::from_ref(&secret), "ok");
    check("https://hooks.example.org/a", &[], "E6010");
    check("http://hooks.example.org/a", std::slice::from_ref(&secret), "E6010");
    check("http://hooks.example.org/a", &[secret.clone(), ("private", Value::Flag(true))], "ok");
    check("https://user:hunter2@hooks.example.org/a", &[secret], "E6001");
}
