//! The conformance suites over OpenSSH, and what is special about a distant folder.

use super::Sftp;
use crate::{
    folder::testing::{drop_file, hand_over, misbehave, until},
    testing::{context, settings},
};
use bytes::Bytes;
use interface::{
    catalogue::{Connector, Settings, Value},
    contract::{Boxed, Destination, Source},
};
use message::{Outcome, Reason};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};
use testkit::{
    Answer, Folder,
    destination::{self, Conduct, Partner, REPLY_TIME_MAX, reason_of},
    sample,
    server::{OpenSsh, free_port},
    source::{self, Heard, Mischief, Running, SIZE_MAX},
};
use tokio::time::sleep;

const LONG: Duration = Duration::from_secs(20);

/// The server, or a word that there is none.
fn server() -> Option<OpenSsh> {
    OpenSsh::start().map_err(|why| println!("skipped: no OpenSSH: {why}")).ok()
}

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

/// Who we are at this server.
fn login(server: &OpenSsh) -> Vec<(&'static str, Value)> {
    vec![
        ("user", text(&server.user)),
        ("key", text(&server.key)),
        ("host-key", Value::List(vec![server.fingerprint.as_str().into()])),
        ("connect-timeout", Value::Duration(LONG)),
    ]
}

fn at(server: &OpenSsh, folder: &Path) -> String {
    format!("127.0.0.1:{}/{}", server.daemon().port(), folder.display())
}

fn reading(server: &OpenSsh, folder: &Path, extra: &[(&'static str, Value)]) -> Settings {
    let quick = vec![
        ("every", Value::Duration(Duration::from_millis(20))),
        ("stable", Value::Duration(Duration::ZERO)),
        ("limit", Value::Count(SIZE_MAX as u64)),
    ];
    settings(&Sftp, true, &format!("{}/*.hl7", at(server, folder)), &[login(server), quick, extra.to_vec()].concat())
}

async fn open(server: &OpenSsh, folder: &Path, extra: &[(&'static str, Value)]) -> Box<dyn Source> {
    Sftp.source(&reading(server, folder, extra), &context()).await.unwrap()
}

fn lane_with(address: &str, values: Vec<(&'static str, Value)>) -> Box<dyn Destination> {
    Sftp.destination(&settings(&Sftp, false, address, &values), &context()).unwrap()
}

fn lane(server: &OpenSsh, folder: &Path) -> Box<dyn Destination> {
    lane_with(&at(server, folder), login(server))
}

/// One folder a source, because each clause opens its own; kept until the subject goes.
struct SourceSubject(OpenSsh, Mutex<Vec<Folder>>);

fn folder_of(address: &str) -> PathBuf {
    let (_, path) = address.split_once('/').unwrap();
    Path::new(path).parent().unwrap().to_owned()
}

impl source::Subject for SourceSubject {
    fn open(&self) -> Boxed<'_, Box<dyn Source>> {
        Box::pin(async {
            let folder = Folder::new();
            let source = open(&self.0, folder.path(), &[]).await;
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

struct DestinationSubject(OpenSsh);

impl destination::Subject for DestinationSubject {
    fn partner<'a>(&'a self, conducts: &'a [Conduct]) -> Boxed<'a, Option<Box<dyn Partner>>> {
        let folder = Folder::new();
        let address = match conducts {
            [Conduct::Accept] => at(&self.0, folder.path()),
            [Conduct::Absent] => format!("127.0.0.1:{}/in", free_port()),
            _ => return Box::pin(async { None }),
        };
        Box::pin(async move { Some(Box::new(FolderPartner { folder, address }) as Box<dyn Partner>) })
    }
    fn lane(&self, partner: &dyn Partner) -> Box<dyn Destination> {
        lane_with(&partner.address(), login(&self.0))
    }
}

#[tokio::test]
async fn source_keeps_its_contract() {
    let Some(server) = server() else { return };
    source::suite(&SourceSubject(server, Mutex::default())).await;
}

#[tokio::test]
async fn destination_keeps_its_contract() {
    let Some(server) = server() else { return };
    destination::suite(&DestinationSubject(server)).await;
}

async fn refused(settings: Settings) -> Reason {
    let mut lane = Sftp.destination(&settings, &context()).unwrap();
    let outcome = lane.send(&sample::outgoing(1, sample::adt("1"))).await;
    assert!(matches!(outcome, Outcome::Transient { .. }), "{outcome:?}");
    reason_of(&outcome).unwrap().clone()
}

#[tokio::test]
async fn a_server_whose_key_is_not_pinned_gets_nothing() {
    let Some(server) = server() else { return };
    let folder = Folder::new();
    let pinned = |prints: &[&str]| {
        let list = Value::List(prints.iter().map(|print| (*print).into()).collect());
        let values = [login(&server), vec![("host-key", list)]].concat();
        settings(&Sftp, false, &at(&server, folder.path()), &values)
    };
    let other = "SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDnoKvVDgDmMDNk6yk";
    for prints in [&[][..], &[other]] {
        let reason = refused(pinned(prints)).await;
        assert_eq!(reason.code, "E6601");
        assert!(reason.text.contains(&server.fingerprint), "the fingerprint to copy: {reason}");
    }
    assert!(folder.names("").is_empty());
    let mut lane = Sftp.destination(&pinned(&[other, &server.fingerprint]), &context()).unwrap();
    assert!(matches!(lane.send(&sample::outgoing(1, sample::adt("1"))).await, Outcome::Delivered { .. }));

    // A source says the same, once, and reads as soon as it may.
    let wrong = [("host-key", Value::List(vec![other.into()]))];
    drop_file(folder.path(), "a.hl7", &sample::adt("2"));
    let running = Running::start(open(&server, folder.path(), &wrong).await, []);
    assert!(running.intake.wait_for(LONG, |intake| !intake.reports().is_empty()).await);
    sleep(Duration::from_millis(300)).await;
    assert_eq!(running.intake.reported_codes(), ["E6601"]);
    assert!(running.intake.contents().is_empty());
    running.stop().await;
}

#[tokio::test]
async fn a_stranger_is_not_let_in() {
    let (Some(server), Some(other)) = (server(), server()) else { return };
    let folder = Folder::new();
    let values = [login(&server), vec![("key", text(&other.key))]].concat();
    let reason = refused(settings(&Sftp, false, &at(&server, folder.path()), &values)).await;
    assert_eq!(reason.code, "E6602");
}

#[tokio::test]
async fn a_password_lets_in_and_a_wrong_one_does_not() {
    let (server, password) = match OpenSsh::start_with_password() {
        Ok(started) => started,
        Err(why) => return println!("skipped: {why}"),
    };
    let folder = Folder::new();
    let with = |password: &str| {
        let values = [login(&server), vec![("key", text("")), ("password", text(password))]].concat();
        settings(&Sftp, false, &at(&server, folder.path()), &values)
    };
    assert_eq!(refused(with("battery staple")).await.code, "E6602");
    let mut lane = Sftp.destination(&with(password), &context()).unwrap();
    assert!(matches!(lane.send(&sample::outgoing(1, sample::adt("1"))).await, Outcome::Delivered { .. }));
    assert_eq!(folder.names(""), ["1-0.hl7"]);
}

#[test]
fn settings_that_do_not_go_together() {
    let check = |address: &str, values: &[(&'static str, Value)], expect: &str| {
        let result = Sftp.check(&settings(&Sftp, true, address, values), true);
        assert_eq!(result.map_or_else(|reason| reason.code.to_string(), |()| "ok".to_owned()), expect, "{address}");
    };
    let user = ("user", text("sinew"));
    let password = ("password", text("secret"));
    check("a.example/in", &[user.clone(), password.clone()], "ok");
    check("a.example/in", std::slice::from_ref(&password), "E6010");
    check("a.example/in", std::slice::from_ref(&user), "E6010");
    check("a.example/in", &[user.clone(), ("key", text("no key"))], "E6603");
    check("a.example/in", &[user.clone(), password.clone(), ("host-key", Value::List(vec!["MD5:1".into()]))], "E6010");
    check("me@a.example/in", &[user.clone(), password.clone()], "E6001");
    check("a.example/*/in.hl7", &[user, password], "E6201");
}

#[tokio::test]
async fn large_files_are_whole_both_ways() {
    let Some(server) = server() else { return };
    let (folder, out) = (Folder::new(), Folder::new());
    // Several rounds of requests, and an end that is not on the edge of one.
    let large = sample::long_adt("BIG", 3 * 1024 * 1024 + 17);
    let mut lane = lane(&server, out.path());
    assert_eq!(lane.send(&sample::outgoing(1, large.clone())).await, Outcome::Delivered { reply: None });
    assert!(fs::read(out.join("1-0.hl7")).unwrap() == large, "what was written");

    drop_file(folder.path(), "a.hl7", &large);
    let limit = [("limit", Value::Count(8 * 1024 * 1024))];
    let running = Running::start(open(&server, folder.path(), &limit).await, []);
    assert!(until(|| folder.join("done/a.hl7").exists()).await);
    assert!(running.intake.contents() == [large], "what was read");
    running.stop().await;
}

#[tokio::test]
async fn what_is_left_alone_and_what_happens_to_the_rest() {
    let Some(server) = server() else { return };
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    fs::write(elsewhere.join("secret.hl7"), sample::adt("9")).unwrap();
    for name in [".hidden.hl7", "a.hl7.tmp", "c.txt"] {
        fs::write(folder.join(name), sample::adt("9")).unwrap();
    }
    std::os::unix::fs::symlink(elsewhere.join("secret.hl7"), folder.join("link.hl7")).unwrap();
    fs::create_dir(folder.join("folder.hl7")).unwrap();
    fs::write(folder.join("z.hl7"), sample::adt("1")).unwrap();
    let running = Running::start(open(&server, folder.path(), &[]).await, []);
    for count in 1..=3 {
        assert!(until(|| folder.names("done").len() == count).await);
        if count < 3 {
            drop_file(folder.path(), "z.hl7", &sample::adt("1"));
        }
    }
    assert_eq!(folder.names("done"), ["z.hl7", "z.hl7.1", "z.hl7.2"]);
    assert_eq!(running.intake.contents(), vec![sample::adt("1"); 3]);
    running.stop().await;

    let delete = [("after", text("delete"))];
    drop_file(folder.path(), "z.hl7", &sample::adt("2"));
    let running = Running::start(open(&server, folder.path(), &delete).await, []);
    assert!(until(|| !folder.join("z.hl7").exists()).await);
    running.stop().await;
    assert_eq!(folder.names("done").len(), 3, "deleted, not moved");
}

#[tokio::test]
async fn a_growing_file_is_left_until_it_is_whole() {
    let Some(server) = server() else { return };
    let folder = Folder::new();
    // Much longer than the pauses of the writer, also where others have the processor.
    let stable = [("stable", Value::Duration(Duration::from_secs(2)))];
    let running = Running::start(open(&server, folder.path(), &stable).await, []);
    let whole = sample::long_adt("GROW", 2000);
    for end in (200..whole.len()).step_by(200) {
        fs::write(folder.join("a.hl7"), &whole[..end]).unwrap();
        sleep(Duration::from_millis(40)).await;
    }
    fs::write(folder.join("a.hl7"), &whole).unwrap();
    assert!(until(|| folder.join("done/a.hl7").exists()).await);
    assert_eq!(running.intake.contents(), [whole]);
    running.stop().await;
}

#[tokio::test]
async fn a_source_outlives_its_server() {
    let Some(server) = server() else { return };
    let folder = Folder::new();
    let name = |number: usize| format!("{number:03}.hl7");
    let message = |number: usize| sample::adt(&number.to_string());
    let all: Vec<Bytes> = (0..30).map(message).collect();
    let drop_files = |from: usize, messages: &[Bytes]| {
        for (number, message) in messages.iter().enumerate() {
            drop_file(folder.path(), &name(from + number), message);
        }
    };
    drop_files(0, &all[..20]);
    let slow = std::iter::repeat_n(Answer::AcceptAfter(Duration::from_millis(10)), 30);
    let running = Running::start(open(&server, folder.path(), &[]).await, slow);
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() >= 7).await);
    server.daemon().kill();
    assert!(running.intake.wait_for(LONG, |intake| !intake.reports().is_empty()).await, "the outage is told");
    drop_files(20, &all[20..]);
    server.daemon().begin().unwrap();
    assert!(until(|| folder.names("done").len() == 30).await, "{:?}", folder.names(""));
    let mut contents = running.intake.contents();
    // The file that was under way may have been read again; its message is recognised as a duplicate (R4).
    contents.dedup();
    assert_eq!(contents, all, "each, in order");
    running.stop().await;
}

#[tokio::test]
async fn a_destination_outlives_its_server() {
    let Some(server) = server() else { return };
    let folder = Folder::new();
    let mut lane = lane(&server, folder.path());
    let all: Vec<Bytes> = (0..30).map(|number| sample::adt(&number.to_string())).collect();
    for (number, message) in all.iter().enumerate() {
        if number % 10 == 5 {
            server.daemon().kill();
            let outcome = lane.send(&sample::outgoing(number as u64, message.clone())).await;
            assert!(matches!(outcome, Outcome::Transient { .. }), "nothing was sent: {outcome:?}");
            server.daemon().begin().unwrap();
        }
        let outcome = lane.send(&sample::outgoing(number as u64, message.clone())).await;
        assert_eq!(outcome, Outcome::Delivered { reply: None }, "{number}");
    }
    assert_eq!(folder.names("").len(), 30, "nothing else is left: {:?}", folder.names(""));
    for (number, message) in all.iter().enumerate() {
        assert!(fs::read(folder.join(&format!("{number}-0.hl7"))).unwrap() == *message);
    }
}

#[tokio::test]
async fn a_server_that_stands_still_is_given_up_in_time() {
    let Some(server) = server() else { return };
    let folder = Folder::new();
    let values = [login(&server), vec![("timeout", Value::Duration(Duration::from_secs(1)))]].concat();
    let mut lane = lane_with(&at(&server, folder.path()), values);
    assert!(matches!(lane.send(&sample::outgoing(1, sample::adt("1"))).await, Outcome::Delivered { .. }));
    server.daemon().freeze();
    let begun = tokio::time::Instant::now();
    let outcome = lane.send(&sample::outgoing(2, sample::adt("2"))).await;
    assert!(matches!(outcome, Outcome::Transient { .. }), "not renamed yet: {outcome:?}");
    assert!(begun.elapsed() < LONG);
    server.daemon().thaw();
    assert!(matches!(lane.send(&sample::outgoing(2, sample::adt("2"))).await, Outcome::Delivered { .. }));

    // A server that takes the connection and never speaks.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let values = [login(&server), vec![("connect-timeout", Value::Duration(REPLY_TIME_MAX))]].concat();
    let mut lane = lane_with(&format!("{}/in", silent.local_addr().unwrap()), values);
    let outcome = lane.send(&sample::outgoing(3, sample::adt("3"))).await;
    assert_eq!(reason_of(&outcome).unwrap().code, "E6003");
}

#[tokio::test]
async fn a_server_that_speaks_nonsense_is_left() {
    let Some(server) = server() else { return };
    for said in
        [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b"SSH-2.0-x\r\n\xff\xff\xff\xff\xff\xff\xff\xff", &[b'x'; 9000]]
    {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("{}/in", listener.local_addr().unwrap());
        let speaking = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::io::AsyncWriteExt::write_all(&mut stream, said).await.unwrap();
            sleep(Duration::from_secs(3)).await;
        });
        let values = [login(&server), vec![("connect-timeout", Value::Duration(Duration::from_secs(2)))]].concat();
        let outcome = lane_with(&address, values).send(&sample::outgoing(1, sample::adt("1"))).await;
        assert!(matches!(outcome, Outcome::Transient { .. }), "{outcome:?}");
        assert_eq!(reason_of(&outcome).unwrap().code, "E6003");
        speaking.abort();
    }
}

#[tokio::test]
async fn a_folder_that_is_missing_is_said() {
    let Some(server) = server() else { return };
    let folder = Folder::new();
    let mut lane = lane(&server, &folder.join("missing"));
    let outcome = lane.send(&sample::outgoing(1, sample::adt("1"))).await;
    assert_eq!(reason_of(&outcome).unwrap().code, "E6604");
    let running = Running::start(open(&server, &folder.join("missing"), &[]).await, []);
    assert!(running.intake.wait_for(LONG, |intake| intake.reported_codes() == ["E6604"]).await);
    running.stop().await;
}
