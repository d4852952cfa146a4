//! F9: nobody answers when we connect (a firewall that drops, a machine that is off). Connecting ends after 10 s, is tried
//! again with growing pauses and never given up, and another destination of the interface does not notice.

use super::support::{Engine, Partner, Peer, Workspace, admission, field, wait_for};
use hospital::wire::PartnerConfig;
use serde_json::Value;
use socket2::{Domain, Socket, Type};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

/// Longest time to connect unless an interface says otherwise, and what a loaded machine may add.
const CONNECT_MAX: Duration = Duration::from_secs(10);
const SLACK: Duration = Duration::from_secs(5);

/// A port whose queue is full: Linux drops every further SYN without an answer. Keep what it gives.
fn deaf_port() -> (SocketAddr, Vec<Socket>) {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], super::support::free_port())).into()).expect("a port");
    listener.listen(0).expect("to listen");
    let address = listener.local_addr().expect("an address").as_socket().expect("an address");
    let fill = (0..8).map(|_| {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.set_nonblocking(true).expect("a socket");
        let _ = socket.connect(&address.into());
        socket
    });
    let held = fill.collect::<Vec<_>>().into_iter().chain([listener]).collect();
    (address, held)
}

fn destination(engine: &Engine, name: &str) -> Value {
    let status = engine.status();
    let rows = status["interfaces"][0]["destinations"].as_array().expect("destinations").clone();
    rows.into_iter().find(|row| row["name"] == name).expect("the destination")
}

fn failed(engine: &Engine, name: &str) -> u64 {
    destination(engine, name)["failed"].as_u64().expect("a count")
}

#[test]
fn connecting_into_nothing_ends_goes_on_and_disturbs_nobody() {
    let (deaf, held) = deaf_port();
    let good = Partner::new();
    let send = |name: &str, address: &str, more: &str| {
        format!("  send {name} {{\n    mllp {address}{more}\n    retry from 100ms to 2s give-up never\n  }}\n")
    };
    let workspace = Workspace::with(
        &[
            send("usual", &deaf.to_string(), ""),
            send("hasty", &deaf.to_string(), " connect-timeout 200ms"),
            send("good", &format!("127.0.0.1:{}", good.port), ""),
        ]
        .concat(),
    );
    let engine = workspace.run();
    let begun = Instant::now();
    let mut peer = Peer::connect(&engine.address("adt"));
    let ids: Vec<String> = (0..20).map(|number| format!("D{number:04}")).collect();
    for id in &ids {
        assert_eq!(field(&peer.exchange(&admission(id, "P1")), "MSA", 1), "AA");
    }
    good.wait_for(ids.len());
    assert!(begun.elapsed() < CONNECT_MAX, "the good destination waited for the others");
    assert_eq!(failed(&engine, "usual"), 0, "given up too early");
    wait_for("the first attempt to end", || (failed(&engine, "usual") >= 1).then_some(()));
    let took = begun.elapsed();
    assert!(took > CONNECT_MAX - Duration::from_secs(1) && took < CONNECT_MAX + SLACK, "{took:?} to connect");
    assert_eq!(destination(&engine, "usual")["last_trouble"]["reason"]["code"], "E6003");
    // From 100 ms doubling to 2 s, each 200 ms long and up to a fifth shorter: never more than this.
    let attempts = failed(&engine, "hasty");
    assert!((4..=14).contains(&attempts), "{attempts} attempts in {took:?}");
    assert_eq!(destination(&engine, "hasty")["queued"].as_u64(), Some(20), "nothing is given up");
    assert_eq!(engine.count("in_flight"), 20);

    drop(held);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let mut config = PartnerConfig::new(deaf);
    config.messages_kept_max = 1_000;
    let partner = wait_for("the port", || runtime.block_on(hospital::wire::Partner::start(config.clone())).ok());
    engine.wait_for_count("in_flight", 0);
    assert_eq!(partner.messages().len(), 2 * ids.len(), "each once for each destination");
    let _inside = runtime.enter();
    drop(partner);
}
