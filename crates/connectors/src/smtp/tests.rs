//! The conformance suite against a mail server, TLS in both of its ways, and what servers may refuse.

use super::Smtp;
use crate::{
    testing::{context, settings},
    tls::{self, authority::Authority},
};
use interface::{
    catalogue::{Connector, Settings, Value},
    contract::{Boxed, Destination},
};
use message::Outcome;
use testkit::{
    destination::{self, Conduct, Partner, REPLY_TIME_MAX},
    sample,
    smtp::{MailServer, Manners},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

type Values = Vec<(&'static str, Value)>;

fn text(name: &'static str, value: &str) -> (&'static str, Value) {
    (name, Value::Text(value.into()))
}

fn list(name: &'static str, values: &[&str]) -> (&'static str, Value) {
    (name, Value::List(values.iter().map(|value| (*value).into()).collect()))
}

fn mailing(address: &str, more: Values) -> Settings {
    let usual = vec![
        text("from", "sinew@hospital.example.org"),
        list("to", &["a@example.org", "b@example.org"]),
        text("tls", "none"),
        ("timeout", Value::Duration(REPLY_TIME_MAX)),
    ];
    settings(&Smtp, false, address, &[usual, more].concat())
}

fn lane(address: &str, more: Values) -> Box<dyn Destination> {
    Smtp.destination(&mailing(address, more), &context()).unwrap()
}

fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Delivered { .. } => "delivered".to_owned(),
        Outcome::Transient { scope, reason, .. } => format!("{scope:?} {}", reason.code),
        Outcome::Permanent { reason, .. } => format!("park {}", reason.code),
        Outcome::Ambiguous { reason } => format!("ambiguous {}", reason.code),
    }
}

async fn send(lane: &mut dyn Destination) -> String {
    told(&lane.send(&sample::outgoing(1, sample::adt("1"))).await)
}

struct Subject;

impl destination::Subject for Subject {
    fn partner<'a>(&'a self, conducts: &'a [Conduct]) -> Boxed<'a, Option<Box<dyn Partner>>> {
        Box::pin(async move {
            // A mail server answers on the connection on which it was asked, and names no mail in its answer.
            if conducts.contains(&Conduct::Foreign) {
                return None;
            }
            let server = MailServer::start(Manners { conducts: conducts.to_vec(), ..Manners::default() }).await;
            if conducts == [Conduct::Absent] {
                let address = server.kill().await;
                return Some(Box::new(Gone(address)) as Box<dyn Partner>);
            }
            Some(Box::new(server) as Box<dyn Partner>)
        })
    }
    fn lane(&self, partner: &dyn Partner) -> Box<dyn Destination> {
        lane(&partner.address(), vec![])
    }
}

struct Gone(String);

impl Partner for Gone {
    fn address(&self) -> String {
        self.0.clone()
    }
    fn taken(&self) -> Vec<bytes::Bytes> {
        Vec::new()
    }
}

#[tokio::test]
async fn destination_keeps_its_contract() {
    destination::suite(&Subject).await;
}

#[tokio::test]
async fn what_a_mail_looks_like() {
    let server = MailServer::start(Manners::default()).await;
    let subject = text("subject", "Neue Überweisung");
    assert_eq!(send(&mut *lane(&server.address, vec![subject])).await, "delivered");
    assert_eq!(send(&mut *lane(&server.address, vec![("attach", Value::Flag(false))])).await, "delivered");
    let mails = server.mails();
    let envelope = ["MAIL FROM:<sinew@hospital.example.org>", "RCPT TO:<a@example.org>", "RCPT TO:<b@example.org>"];
    assert_eq!(mails[0].envelope, envelope);
    let mail = &mails[0].text;
    for line in [
        "From: <sinew@hospital.example.org>\r\n",
        "To: <a@example.org>,\r\n <b@example.org>\r\n",
        "Subject: =?utf-8?B?TmV1ZSDDnGJlcndlaXN1bmc=?=\r\n",
        "MIME-Version: 1.0\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "Content-Type: multipart/mixed; boundary=\"=_",
        "Content-Disposition: attachment; filename=\"message.hl7\"\r\n",
        "Content-Type: application/hl7-v2\r\n",
    ] {
        assert!(mail.contains(line), "{line} is missing in\n{mail}");
    }
    assert!(mail.lines().all(|line| line.len() <= 78 && line.is_ascii()), "{mail}");
    assert!(!mail.contains(sample::SECRET), "a patient's name stands open in a mail");
    assert_eq!(mails[0].attachment().unwrap(), sample::adt("1"));
    assert_eq!(mails[1].attachment().unwrap(), sample::adt("1"), "as the text of the mail");
    let id = |mail: &str| mail.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned();
    assert_eq!(id(mail), id(&mails[1].text), "one id for a delivery");
    assert_eq!(server.heard()[0], "EHLO hospital.example.org");
}

#[tokio::test]
async fn what_servers_refuse() {
    let check = async |replies: Vec<(&'static str, &'static str)>, expect: &str, is_taken: bool| {
        let server = MailServer::start(Manners { replies: replies.clone(), ..Manners::default() }).await;
        assert_eq!(send(&mut *lane(&server.address, vec![])).await, expect, "{replies:?}");
        assert_eq!(!server.mails().is_empty(), is_taken, "{replies:?}");
    };
    check(vec![("EHLO", "554 go away")], "Destination E6542", false).await;
    check(vec![("EHLO", "421 later")], "Destination E6542", false).await;
    check(vec![("MAIL", "451 later")], "Message E6542", false).await;
    check(vec![("MAIL", "550 no")], "park E6543", false).await;
    // One recipient that is refused, and nobody gets it: a half of them is neither delivered nor not.
    check(vec![("RCPT TO:<b", "550 unknown")], "park E6543", false).await;
    check(vec![("RCPT TO:<b", "450 greylisted")], "Message E6542", false).await;
    check(vec![("DATA", "554 no")], "park E6543", false).await;
    check(vec![("DATA", "421 closing")], "Destination E6542", false).await;
    check(vec![("MAIL", "what")], "Destination E6544", false).await;
    check(vec![("MAIL", "250-a\r\n251 b")], "Destination E6544", false).await;
}

#[tokio::test]
async fn logins() {
    let login = || vec![text("user", "sinew"), text("password", "correct horse")];
    let server = MailServer::start(Manners { offers: vec!["SIZE", "AUTH LOGIN PLAIN"], ..Manners::default() }).await;
    assert_eq!(send(&mut *lane(&server.address, login())).await, "delivered");
    // \0sinew\0correct horse
    assert!(server.heard().contains(&"AUTH PLAIN AHNpbmV3AGNvcnJlY3QgaG9yc2U=".to_owned()), "{:?}", server.heard());
    let replies = vec![("AUTH", "535 wrong")];
    let server = MailServer::start(Manners { offers: vec!["AUTH PLAIN"], replies, ..Manners::default() }).await;
    assert_eq!(send(&mut *lane(&server.address, login())).await, "Destination E6541");
    let server = MailServer::start(Manners::default()).await;
    assert_eq!(send(&mut *lane(&server.address, login())).await, "Destination E6541");
    assert!(server.heard().iter().all(|command| !command.starts_with("AUTH")), "a password for nobody");
}

/// TLS in front of a mail server, from the first byte or after STARTTLS; gives its address.
async fn front(server: &MailServer, authority: &Authority, is_implicit: bool, offers: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let shown = authority.issue(&["127.0.0.1"]).shown().into_iter().collect();
    let tls = tls::Server::read(&Settings { address: "".into(), values: shown }, &context()).unwrap().unwrap();
    let inner = server.address.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (tls, inner) = (tls.clone(), inner.clone());
            tokio::spawn(async move {
                if !is_implicit {
                    stream.write_all(b"220 front\r\n").await.unwrap();
                    for reply in [offers, "220 go\r\n"] {
                        let mut space = [0; 512];
                        if stream.read(&mut space).await.unwrap_or(0) == 0 {
                            return;
                        }
                        stream.write_all(reply.as_bytes()).await.unwrap();
                    }
                }
                let Ok(mut stream) = tls.secure(stream, REPLY_TIME_MAX).await else { return };
                let mut inner = BufReader::new(TcpStream::connect(inner).await.unwrap());
                if !is_implicit {
                    inner.read_line(&mut String::new()).await.unwrap();
                }
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut inner).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn connections_are_encrypted_in_both_ways() {
    let authority = Authority::new();
    let server = MailServer::start(Manners { offers: vec!["AUTH PLAIN"], ..Manners::default() }).await;
    let offer = "250-front\r\n250 STARTTLS\r\n";
    let with = |way: &str| vec![text("tls", way), authority.trusted(), text("user", "u"), text("password", "p")];
    for (is_implicit, way) in [(true, "implicit"), (false, "starttls")] {
        let address = front(&server, &authority, is_implicit, offer).await;
        assert_eq!(send(&mut *lane(&address, with(way))).await, "delivered", "{way}");
        let strange = vec![text("tls", way)];
        assert_eq!(send(&mut *lane(&address, strange)).await, "Destination E6504", "{way}");
    }
    assert_eq!(server.mails().len(), 2);
    // A server that does not offer it, or says more than it should before the handshake, gets no mail and no password.
    let heard = server.heard().len();
    for offer in ["250 front\r\n", "250-front\r\n250 STARTTLS\r\n220 go\r\n250 injected\r\n"] {
        let address = front(&server, &authority, false, offer).await;
        let outcome = send(&mut *lane(&address, with("starttls"))).await;
        assert!(outcome.starts_with("Destination E65"), "{outcome}");
    }
    assert_eq!(server.heard().len(), heard);
}

#[tokio::test]
async fn a_server_that_is_killed_and_comes_back_gets_every_mail_once() {
    let server = MailServer::start(Manners::default()).await;
    let mut lane = lane(&server.address, vec![]);
    let mut mail = async |id: &str| told(&lane.send(&sample::outgoing(1, sample::adt(id))).await);
    assert_eq!(mail("K-1").await, "delivered");
    let address = server.kill().await;
    assert_eq!(mail("K-2").await, "Destination E6003");
    let server = MailServer::start_at(&address, Manners::default()).await;
    for id in ["K-2", "K-3"] {
        assert_eq!(mail(id).await, "delivered");
    }
    assert_eq!(server.taken(), [sample::adt("K-2"), sample::adt("K-3")]);
}

#[test]
fn settings_that_cannot_be_used() {
    let check = |address: &str, more: Values, code: &str| {
        let found = Smtp.check(&mailing(address, more), false);
        assert_eq!(found.err().map_or("ok".to_owned(), |reason| reason.code.to_string()), code);
    };
    let far = "mail.example.org:25";
    let login = || vec![text("user", "u"), text("password", "p")];
    check(far, vec![], "ok");
    check("mail.example.org", vec![], "E6001");
    check(far, vec![text("from", "nobody")], "E6010");
    check(far, vec![text("from", "a@b>\r\nRCPT TO:<x@y")], "E6010");
    check(far, vec![list("to", &[])], "E6010");
    check(far, vec![list("to", &["a b@example.org"])], "E6010");
    check(far, vec![text("subject", "a\r\nBcc: x@example.org")], "E6010");
    check(far, vec![text("user", "u")], "E6010");
    check(far, login(), "E6513");
    check("127.0.0.1:25", login(), "ok");
    check("127.evil.example:25", login(), "E6513");
    check(far, [login(), vec![text("tls", "starttls")]].concat(), "ok");
}
