//! F10: a peer vanishes without a word (its link goes silent; no FIN, no RST). Within 35 s the connection is closed on our
//! side and `status` says so, whether it was idle, had a message on the wire, waited for an answer, or held a seat at a
//! source. When the link is back, everything arrives in order.

use super::{
    rig::{HERE, Line, Network, THERE, content, has_all},
    support::{Engine, Workspace, admission, command, field, wait_for},
};
use hospital::wire::{Partner, PartnerConfig};
use serde_json::Value;
use std::{
    net::{TcpListener, TcpStream},
    process::Command,
    time::{Duration, Instant},
};

/// The longest that a vanished peer may go unnoticed (contract of `Destination`, 4).
const FOUND_MAX: Duration = Duration::from_secs(35);
/// What looking may take on a machine that is busy with other tests.
const LOOK_MAX: Duration = Duration::from_secs(5);
/// Longest wait after that, for what connecting and backing off take.
const HEALED_MAX: Duration = Duration::from_secs(60);
/// Messages that are sent into the silence.
const MESSAGES: usize = 5;

/// An interface on a port of the first machine. One lane: what is sent into the silence goes out on the connection that was
/// there before.
fn interface(workspace: &Workspace, name: &str, port: u16, more: &str, destination: &str) {
    let receive = format!("  receive mllp {HERE}:{port} {{\n    order by PID-3.1\n{more}  }}\n");
    let retry = "    retry from 100ms to 300ms give-up never\n    lanes 1\n";
    workspace.interface(name, &format!("{receive}  send partner {{\n    {destination} timeout 5m\n{retry}  }}"));
}

/// A partner on the second machine.
fn partner(network: &Network, runtime: &tokio::runtime::Runtime, port: u16) -> Partner {
    let mut config = PartnerConfig::new(format!("{THERE}:{port}").parse().expect("an address"));
    config.messages_kept_max = 1_000;
    network.at_there(|| runtime.block_on(Partner::start(config)).expect("a partner"))
}

/// A message on a connection of the first machine to itself, which the silence does not touch.
#[track_caller]
fn send(network: &Network, port: u16, id: &str) {
    let stream = network.at_here(|| TcpStream::connect((HERE, port))).expect("a connection");
    let answer = Line::on(stream).exchange(&admission(id, "P1")).expect("an answer");
    assert_eq!(field(&answer, "MSA", 1), "AA", "{answer}");
}

fn row(status: &Value, name: &str) -> Value {
    let rows = status["interfaces"].as_array().expect("interfaces").clone();
    rows.into_iter().find(|row| row["name"] == name).expect("the interface")
}

/// The last trouble of the one destination.
fn trouble(status: &Value, name: &str) -> String {
    row(status, name)["destinations"][0]["last_trouble"]["reason"]["code"].as_str().unwrap_or_default().to_owned()
}

/// Connections of the engine to a port of the second machine, as its kernel has them (state 01: established).
fn established(engine: &Engine, port: u16) -> usize {
    let table = std::fs::read_to_string(format!("/proc/{}/net/tcp", engine.pid())).expect("a table");
    let remote = format!("0200630A:{port:04X}");
    table.lines().filter(|line| line.split_whitespace().skip(2).take(2).eq([remote.as_str(), "01"])).count()
}

/// What must be found, and how the status shows it.
type Claim<'a> = (&'a str, &'a dyn Fn(&Value) -> bool);

/// Waits until each claim holds, and gives when each did.
#[track_caller]
fn wait_for_each<const N: usize>(engine: &Engine, cut: Instant, claims: [Claim<'_>; N]) -> [Duration; N] {
    let mut found = [None; N];
    while found.iter().any(Option::is_none) {
        let status = engine.status();
        for ((_, holds), found) in claims.iter().zip(&mut found) {
            if found.is_none() && holds(&status) {
                *found = Some(cut.elapsed());
            }
        }
        let open: Vec<_> =
            claims.iter().zip(&found).filter(|(_, at)| at.is_none()).map(|((what, _), _)| what).collect();
        assert!(open.is_empty() || cut.elapsed() < FOUND_MAX + LOOK_MAX, "not found within {FOUND_MAX:?}: {open:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    found.map(|at| at.expect("a time"))
}

#[track_caller]
fn wait_long(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < HEALED_MAX, "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_peer_that_vanished_is_found_and_everything_arrives_when_it_is_back() {
    if !has_all("half_open", true, &["ip"]) {
        return;
    }
    let network = match Network::up() {
        Ok(network) => network,
        Err(why) => return println!("skipped: half_open: no network namespaces here: {why}"),
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let (idle, busy) = (partner(&network, &runtime, 6661), partner(&network, &runtime, 6662));
    let silent = network.at_there(|| TcpListener::bind((THERE, 8080))).expect("a port");
    let workspace = Workspace::empty();
    interface(&workspace, "idle", 2575, "", &format!("mllp {THERE}:6661"));
    interface(&workspace, "busy", 2576, "", &format!("mllp {THERE}:6662"));
    interface(&workspace, "asked", 2577, "", &format!("http http://{THERE}:8080/in"));
    interface(&workspace, "seat", 2578, "    connections 1\n", &format!("mllp {THERE}:6661"));
    let mut started = Command::new("ip");
    started.args(["netns", "exec", network.here()]).arg(command(&[]).get_program()).arg("run");
    let mut engine = Engine::spawn_with(workspace.path(), started);
    engine.wait_to_answer();

    send(&network, 2575, "IDLE");
    send(&network, 2576, "BUSY");
    send(&network, 2577, "ASKED");
    let (mut asked, _) = silent.accept().expect("the request");
    std::io::Read::read_exact(&mut asked, &mut [0; 100]).expect("a part of it");
    let mut holder = Line::on(network.at_there(|| TcpStream::connect((HERE, 2578))).expect("a connection"));
    assert_eq!(field(&holder.exchange(&content("HOLDER")).expect("an answer"), "MSA", 1), "AA");
    wait_for("the others to be delivered", || (engine.count("in_flight") == 1).then_some(()));
    assert_eq!((established(&engine, 6661), established(&engine, 6662)), (2, 1));

    network.silence();
    let cut = Instant::now();
    for number in 0..MESSAGES {
        send(&network, 2576, &format!("BUSY{number}"));
    }
    let found = wait_for_each(
        &engine,
        cut,
        [
            ("an idle connection of a destination", &|_| established(&engine, 6661) == 0),
            ("a message on the wire", &|status| trouble(status, "busy") == "E6007"),
            ("a request without an answer", &|status| !trouble(status, "asked").is_empty()),
            ("a seat at a source", &|status| row(status, "seat")["peers"] == 0),
        ],
    );
    println!("half_open: idle, on the wire, asked, seat: found after {found:?}");
    assert_eq!(row(&engine.status(), "seat")["anomalies"].as_u64(), Some(1), "the vanished peer is told");
    for number in 0..MESSAGES {
        send(&network, 2575, &format!("IDLE{number}"));
    }
    wait_long("the silent partner to be told", || trouble(&engine.status(), "idle") == "E6003");
    assert_eq!(row(&engine.status(), "idle")["state"], "failing");

    network.heal();
    let again = network.at_there(|| TcpStream::connect((HERE, 2578))).expect("a connection");
    let answer = Line::on(again).exchange(&content("AGAIN")).expect("the seat");
    assert_eq!(field(&answer, "MSA", 1), "AA", "{answer}");
    wait_long("everything to be delivered", || engine.count("in_flight") == 1);
    for (partner, first) in [(&idle, "IDLE"), (&busy, "BUSY")] {
        let ids = partner.messages().iter().map(|message| field(&String::from_utf8_lossy(message), "MSH", 9)).collect();
        let mut ids: Vec<String> = ids;
        ids.retain(|id| id.starts_with(first));
        ids.dedup();
        let expected: Vec<String> =
            std::iter::once(first.to_owned()).chain((0..MESSAGES).map(|number| format!("{first}{number}"))).collect();
        assert_eq!(ids, expected, "in order, again only what was under way");
    }
    let _inside = runtime.enter();
    drop((idle, busy));
}
