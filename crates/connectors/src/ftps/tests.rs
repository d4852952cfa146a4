//! The conformance suites against ProFTPD, and what is special about FTP over TLS.

use super::Ftps;
use crate::{
    folder::testing::{drop_file, hand_over, misbehave, until},
    testing::{context, settings},
    tls::authority::Authority,
};
use bytes::Bytes;
use interface::{
    catalogue::{Connector, Settings, Value},
    contract::{Boxed, Destination, Source},
};
use message::Outcome;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};
use testkit::{
    Answer, Folder,
    destination::{self, Conduct, Partner, reason_of},
    sample,
    server::{ProFtpd, free_port},
    source::{self, Heard, Mischief, Running, SIZE_MAX},
};

const LONG: Duration = Duration::from_secs(20);

type Values = Vec<(&'static str, Value)>;

/// The server, and who vouches for it.
struct Peer {
    server: ProFtpd,
    authority: Authority,
}

/// The server, or a word that there is none.
fn peer() -> Option<Peer> {
    peer_as(ProFtpd::start)
}

fn peer_as(start: impl Fn(&str, &str) -> Result<ProFtpd, String>) -> Option<Peer> {
    let authority = Authority::new();
    let issued = authority.issue(&["127.0.0.1"]);
    let started = start(&issued.cert, &issued.key).map_err(|why| println!("skipped: no ProFTPD: {why}"));
    Some(Peer { server: started.ok()?, authority })
}

fn text(name: &'static str, value: &str) -> (&'static str, Value) {
    (name, Value::Text(value.into()))
}

impl Peer {
    fn login(&self) -> Values {
        vec![
            text("user", self.server.user),
            text("password", self.server.password()),
            ("connect-timeout", Value::Duration(LONG)),
            self.authority.trusted(),
        ]
    }

    fn at(&self, folder: &Path) -> String {
        format!("127.0.0.1:{}/{}", self.server.daemon().port(), folder.display())
    }

    fn reading(&self, folder: &Path, extra: &[(&'static str, Value)]) -> Settings {
        let quick = vec![
            ("every", Value::Duration(Duration::from_millis(20))),
            ("stable", Value::Duration(Duration::ZERO)),
            ("limit", Value::Count(SIZE_MAX as u64)),
        ];
        settings(&Ftps, true, &format!("{}/*.hl7", self.at(folder)), &[self.login(), quick, extra.to_vec()].concat())
    }

    async fn open(&self, folder: &Path, extra: &[(&'static str, Value)]) -> Box<dyn Source> {
        Ftps.source(&self.reading(folder, extra), &context()).await.unwrap()
    }

    fn lane(&self, folder: &Path, extra: &[(&'static str, Value)]) -> Box<dyn Destination> {
        lane_with(&self.at(folder), [self.login(), extra.to_vec()].concat())
    }
}

fn lane_with(address: &str, values: Values) -> Box<dyn Destination> {
    Ftps.destination(&settings(&Ftps, false, address, &values), &context()).unwrap()
}

/// One folder a source, because each clause opens its own; kept until the subject goes.
struct SourceSubject(Peer, Mutex<Vec<Folder>>);

fn folder_of(address: &str) -> PathBuf {
    let (_, path) = address.split_once('/').unwrap();
    Path::new(path).parent().unwrap().to_owned()
}

impl source::Subject for SourceSubject {
    fn open(&self) -> Boxed<'_, Box<dyn Source>> {
        Box::pin(async {
            let folder = Folder::new();
            let source = self.0.open(folder.path(), &[]).await;
            self.1.lock().unwrap().push(folder);
            source
        })
    }
    fn hand_over<'a>(&'a self, address: &'a str, message: Bytes, patience: Duration) -> Boxed<'a, Heard> {
        Box::pin(async move { hand_over(&folder_of(address), message, patience).await })
    }
    fn misbehave<'a>(&'a self, address: &'a str, mischief: Mischief) -> Boxed<'a, bool> {
        Box::pin(async move { misbehave(&folder_of(address), mischief).await })
    }
    fn returns_acknowledgments(&self) -> bool {
        false
    }
}

struct FolderPartner {
    folder: Folder,
    address: String,
}

impl Partner for FolderPartner {
    fn address(&self) -> String {
        self.address.clone()
    }
    fn taken(&self) -> Vec<Bytes> {
        self.folder.names("").iter().map(|name| fs::read(self.folder.join(name)).unwrap().into()).collect()
    }
}

struct DestinationSubject(Peer);

impl destination::Subject for DestinationSubject {
    fn partner<'a>(&'a self, conducts: &'a [Conduct]) -> Boxed<'a, Option<Box<dyn Partner>>> {
        let folder = Folder::new();
        let address = match conducts {
            [Conduct::Accept] => self.0.at(folder.path()),
            [Conduct::Absent] => format!("127.0.0.1:{}/in", free_port()),
            _ => return Box::pin(async { None }),
        };
        Box::pin(async move { Some(Box::new(FolderPartner { folder, address }) as Box<dyn Partner>) })
    }
    fn lane(&self, partner: &dyn Partner) -> Box<dyn Destination> {
        lane_with(&partner.address(), self.0.login())
    }
}

#[tokio::test]
async fn source_keeps_its_contract() {
    let Some(peer) = peer() else { return };
    source::suite(&SourceSubject(peer, Mutex::default())).await;
}

#[tokio::test]
async fn destination_keeps_its_contract() {
    let Some(peer) = peer() else { return };
    destination::suite(&DestinationSubject(peer)).await;
}

async fn code_of(mut lane: Box<dyn Destination>) -> String {
    let outcome = lane.send(&sample::outgoing(1, sample::adt("1"))).await;
    reason_of(&outcome).map_or_else(|| "delivered".to_owned(), |reason| reason.code.to_string())
}

#[tokio::test]
async fn who_is_not_trusted_gets_nothing_and_a_stranger_is_not_let_in() {
    let Some(peer) = peer() else { return };
    let folder = Folder::new();
    let check = async |extra: &[(&'static str, Value)], expect: &str| {
        assert_eq!(code_of(peer.lane(folder.path(), extra)).await, expect);
    };
    check(&[Authority::new().trusted()], "E6504").await;
    check(&[text("server-name", "elsewhere.example.org")], "E6504").await;
    check(&[text("password", "battery staple")], "E6602").await;
    check(&[text("user", "nobody-here")], "E6602").await;
    assert!(folder.names("").is_empty());
    check(&[], "delivered").await;
    assert_eq!(folder.names(""), ["1-0.hl7"]);
    assert_eq!(code_of(peer.lane(&folder.join("no-such-folder"), &[])).await, "E6604");

    let wrong = [text("password", "battery staple")];
    drop_file(folder.path(), "a.hl7", &sample::adt("2"));
    let running = Running::start(peer.open(folder.path(), &wrong).await, []);
    assert!(running.intake.wait_for(LONG, |intake| intake.reported_codes() == ["E6602"]).await);
    assert!(running.intake.contents().is_empty());
    running.stop().await;
}

#[test]
fn settings_that_do_not_go_together() {
    let check = |address: &str, values: &[(&'static str, Value)], expect: &str| {
        let result = Ftps.check(&settings(&Ftps, true, address, values), true);
        assert_eq!(result.map_or_else(|reason| reason.code.to_string(), |()| "ok".to_owned()), expect, "{address}");
    };
    let (user, password) = (text("user", "sinew"), text("password", "secret"));
    check("a.example/in", &[user.clone(), password.clone()], "ok");
    check("a.example/in", std::slice::from_ref(&password), "E6010");
    check("a.example/in", &[user.clone(), text("password", "a\r\nDELE x")], "E6010");
    check("me@a.example/in", &[user.clone(), password.clone()], "E6001");
    check("a.example/*/in.hl7", &[user, password], "E6201");
}

#[tokio::test]
async fn large_files_are_whole_both_ways() {
    let Some(peer) = peer() else { return };
    let (folder, out) = (Folder::new(), Folder::new());
    let large = sample::long_adt("BIG", 3 * 1024 * 1024 + 17);
    let mut lane = peer.lane(out.path(), &[]);
    assert_eq!(lane.send(&sample::outgoing(1, large.clone())).await, Outcome::Delivered { reply: None });
    assert_eq!(lane.send(&sample::outgoing(1, large.clone())).await, Outcome::Delivered { reply: None });
    assert!(fs::read(out.join("1-0.hl7")).unwrap() == large, "what was written");
    assert_eq!(out.names(""), ["1-0.hl7"], "a repeated delivery is the same file");

    drop_file(folder.path(), "a.hl7", &large);
    let limit = [("limit", Value::Count(8 * 1024 * 1024))];
    let running = Running::start(peer.open(folder.path(), &limit).await, []);
    assert!(until(|| folder.join("done/a.hl7").exists()).await);
    assert!(running.intake.contents() == [large], "what was read");
    running.stop().await;
}

async fn take_all(peer: &Peer) {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    fs::write(elsewhere.join("secret.hl7"), sample::adt("9")).unwrap();
    for name in [".hidden.hl7", "a.hl7.tmp", "c.txt"] {
        fs::write(folder.join(name), sample::adt("9")).unwrap();
    }
    std::os::unix::fs::symlink(elsewhere.join("secret.hl7"), folder.join("link.hl7")).unwrap();
    fs::create_dir(folder.join("folder.hl7")).unwrap();
    fs::write(folder.join("a file.hl7"), sample::adt("1")).unwrap();
    let running = Running::start(peer.open(folder.path(), &[]).await, []);
    for count in 1..=3 {
        assert!(until(|| folder.names("done").len() == count).await, "{:?}", running.intake.reports());
        if count < 3 {
            drop_file(folder.path(), "a file.hl7", &sample::adt("1"));
        }
    }
    assert_eq!(folder.names("done"), ["a file.hl7", "a file.hl7.1", "a file.hl7.2"]);
    assert_eq!(running.intake.contents(), vec![sample::adt("1"); 3]);
    running.stop().await;

    drop_file(folder.path(), "z.hl7", &sample::adt("2"));
    let running = Running::start(peer.open(folder.path(), &[text("after", "delete")]).await, []);
    assert!(until(|| !folder.join("z.hl7").exists()).await);
    running.stop().await;
    assert_eq!(folder.names("done").len(), 3, "deleted, not moved");
}

#[tokio::test]
async fn what_is_left_alone_and_what_happens_to_the_rest() {
    let Some(peer) = peer() else { return };
    take_all(&peer).await;
}

#[tokio::test]
async fn a_server_without_lists_for_programs_is_read_too() {
    let Some(peer) = peer_as(ProFtpd::start_without_mlsd) else { return };
    take_all(&peer).await;
}

#[tokio::test]
async fn tls_from_the_first_byte_on() {
    let Some(peer) = peer_as(ProFtpd::start_implicit) else { return };
    let folder = Folder::new();
    let implicit = [text("mode", "implicit")];
    let mut lane = peer.lane(folder.path(), &implicit);
    for number in 1..3 {
        let outcome = lane.send(&sample::outgoing(number, sample::adt(&number.to_string()))).await;
        assert_eq!(outcome, Outcome::Delivered { reply: None });
        if number == 1 {
            peer.server.daemon().kill();
            peer.server.daemon().begin().unwrap();
        }
    }
    fs::rename(folder.join("1-0.hl7"), folder.join("a.hl7")).unwrap();
    let running = Running::start(peer.open(folder.path(), &implicit).await, []);
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() == 2).await);
    running.stop().await;
    // Each way wants the other's server not: told, nothing sent.
    let explicit =
        code_of(peer.lane(folder.path(), &[("connect-timeout", Value::Duration(Duration::from_millis(500)))])).await;
    assert_eq!(explicit, "E6003");
    let stranger = vec![text("user", "sinew"), text("password", "an example"), text("mode", "implicit")];
    assert_eq!(code_of(lane_with(&peer.at(folder.path()), stranger)).await, "E6504");
}

#[tokio::test]
async fn a_source_outlives_its_server() {
    let Some(peer) = peer() else { return };
    let folder = Folder::new();
    let all: Vec<Bytes> = (0..30).map(|number| sample::adt(&number.to_string())).collect();
    let drop_files = |from: usize, messages: &[Bytes]| {
        for (number, message) in messages.iter().enumerate() {
            drop_file(folder.path(), &format!("{:03}.hl7", from + number), message);
        }
    };
    drop_files(0, &all[..20]);
    let slow = std::iter::repeat_n(Answer::AcceptAfter(Duration::from_millis(10)), 30);
    let running = Running::start(peer.open(folder.path(), &[]).await, slow);
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() >= 7).await);
    peer.server.daemon().kill();
    assert!(running.intake.wait_for(LONG, |intake| !intake.reports().is_empty()).await, "the outage is told");
    drop_files(20, &all[20..]);
    peer.server.daemon().begin().unwrap();
    assert!(until(|| folder.names("done").len() == 30).await, "{:?}", folder.names(""));
    let mut contents = running.intake.contents();
    // The file that was under way may have been read again; its message is recognised as a duplicate (R4).
    contents.dedup();
    assert_eq!(contents, all);
    running.stop().await;
}

#[tokio::test]
async fn a_destination_outlives_its_server() {
    let Some(peer) = peer() else { return };
    let folder = Folder::new();
    let mut lane = peer.lane(folder.path(), &[]);
    let mut sent = async |number: u64| lane.send(&sample::outgoing(number, sample::adt(&number.to_string()))).await;
    assert_eq!(sent(1).await, Outcome::Delivered { reply: None });
    peer.server.daemon().kill();
    let outcome = sent(2).await;
    assert!(matches!(outcome, Outcome::Transient { .. }), "{outcome:?}");
    peer.server.daemon().begin().unwrap();
    for number in 2..5 {
        assert_eq!(sent(number).await, Outcome::Delivered { reply: None });
    }
    assert_eq!(folder.names(""), ["1-0.hl7", "2-0.hl7", "3-0.hl7", "4-0.hl7"]);
}

#[tokio::test]
async fn a_server_that_stands_still_is_left_in_time() {
    let Some(peer) = peer() else { return };
    let folder = Folder::new();
    let mut lane = peer.lane(folder.path(), &[("timeout", Value::Duration(Duration::from_secs(2)))]);
    assert_eq!(lane.send(&sample::outgoing(1, sample::adt("1"))).await, Outcome::Delivered { reply: None });
    peer.server.daemon().freeze();
    let outcome = lane.send(&sample::outgoing(2, sample::adt("2"))).await;
    peer.server.daemon().thaw();
    assert!(matches!(outcome, Outcome::Transient { .. }), "{outcome:?}");
    assert_eq!(lane.send(&sample::outgoing(2, sample::adt("2"))).await, Outcome::Delivered { reply: None });
}
