//! The audit chain at a repository: every record arrives, also when the repository is killed in between.

use super::support::{Engine, PATIENCE, Workspace, admission, free_port};
use std::{
    collections::BTreeSet,
    fs::File,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use testkit::{fhir::FhirServer, web::Told};

/// openssl as a repository that writes down what it reads; none where there is no openssl.
fn repository(folder: &Path, port: u16, number: usize) -> Option<Child> {
    let file = File::create(folder.join(format!("received-{number}"))).expect("a file");
    let certs = folder.join("certs");
    let mut command = Command::new("openssl");
    command.args([
        "s_server",
        "-quiet",
        "-accept",
        &format!("127.0.0.1:{port}"),
        "-Verify",
        "1",
        "-verify_return_error",
    ]);
    command.arg("-cert").arg(certs.join("localhost.pem")).arg("-key").arg(certs.join("localhost.key"));
    command.arg("-CAfile").arg(certs.join("ca.pem")).stdin(Stdio::piped()).stdout(file).stderr(Stdio::null());
    command.spawn().map_err(|_| eprintln!("skipped: openssl is not installed")).ok()
}

/// The numbers of the records that arrived, and how many records there were.
fn arrived(folder: &Path) -> (BTreeSet<String>, String) {
    let mut all = String::new();
    for number in 0..3 {
        all += &String::from_utf8_lossy(&std::fs::read(folder.join(format!("received-{number}"))).unwrap_or_default());
    }
    let numbers = all.split("type=\"number\" value=\"").skip(1).filter_map(|rest| rest.split('"').next());
    (numbers.map(str::to_owned).collect(), all)
}

#[test]
fn a_repository_that_is_killed_and_comes_back_misses_no_record() {
    let (workspace, port) = (Workspace::empty(), free_port());
    workspace.sinew(&["cert", "init"]).expect(0);
    workspace.sinew(&["cert", "issue", "localhost", "127.0.0.1"]).expect(0);
    workspace.sinew(&["cert", "issue", "sinew.example", "--for", "client"]).expect(0);
    let lines = format!(
        "name = \"north\"\n[audit]\nsyslog = \"127.0.0.1:{port}\"\nca = \"certs/ca.pem\"\ncertificate = \"certs/sinew.example.pem\"\nkey = \"certs/sinew.example.key\"\n"
    );
    workspace.write("sinew.toml", &lines);
    workspace.interface("adt", "  receive mllp 127.0.0.1:0\n  send out {\n    file out\n  }");
    let engine = workspace.run();
    let message = workspace.write("a.hl7", &admission("A1", "482113")).display().to_string();
    engine.send(&[&message]);
    engine.wait_for_state("control:A1", "delivered");
    let act = |count: usize| {
        for _ in 0..count {
            engine.sinew(&["messages", "patient:482113"]).expect(0);
        }
    };
    // Nobody is there yet; then somebody is, and is killed; then nobody again; then somebody for good.
    act(2);
    let Some(mut first) = repository(workspace.path(), port, 0) else { return };
    act(2);
    thread::sleep(Duration::from_millis(700));
    first.kill().and_then(|()| first.wait()).expect("an end");
    act(2);
    let Some(mut second) = repository(workspace.path(), port, 1) else { return };
    let newest = engine.sinew(&["audit", "search", "--json"]).expect(0).json()["records"][0]["number"].clone();
    let newest = newest.as_u64().expect("a number") as usize;
    let started = Instant::now();
    let (numbers, all) = loop {
        let (numbers, all) = arrived(workspace.path());
        if numbers.len() >= newest || started.elapsed() > PATIENCE {
            break (numbers, all);
        }
        thread::sleep(Duration::from_millis(50));
    };
    second.kill().and_then(|()| second.wait()).expect("an end");
    assert!(numbers.len() >= newest, "{} of {newest} arrived", numbers.len());
    assert!(!all.contains("482113") && all.contains("AuditSourceID=\"sinew@north\"") && all.contains("DICOM+RFC3881"));
}

/// Numbers of the records that a FHIR server holds, in the order of their arrival.
fn held(server: &FhirServer) -> Vec<u64> {
    let number = |event: &serde_json::Value| {
        let details = event["entity"].as_array().into_iter().flatten().flat_map(|entity| entity["detail"].as_array());
        let number = details.flatten().find(|detail| detail["type"] == "number").expect("a number");
        number["valueString"].as_str().and_then(|text| text.parse().ok()).expect("a number")
    };
    server.with(|shelf| shelf.all("AuditEvent").iter().map(number).collect())
}

fn newest(engine: &Engine) -> u64 {
    let found = engine.sinew(&["audit", "search", "--json"]).expect(0).json();
    found["records"][0]["number"].as_u64().expect("a number")
}

fn wait(what: &str, claim: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !claim() {
        assert!(Instant::now() < end, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_fhir_repository_that_is_killed_and_comes_back_misses_no_record() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (workspace, address) = (Workspace::empty(), format!("127.0.0.1:{}", free_port()));
    workspace.write("sinew.toml", &format!("name = \"north\"\n[audit]\nfhir = \"http://{address}/r4\"\n"));
    workspace.interface("adt", "  receive mllp 127.0.0.1:0\n  send out {\n    file out\n  }");
    let engine = workspace.run();
    let message = workspace.write("a.hl7", &admission("A1", "482113")).display().to_string();
    engine.send(&[&message]);
    engine.wait_for_state("control:A1", "delivered");
    let act = |count: usize| {
        for _ in 0..count {
            engine.sinew(&["messages", "patient:482113"]).expect(0);
        }
    };
    // Nobody is there yet; then somebody who hangs up at every third record, and is killed; then nobody again.
    act(2);
    let asked = AtomicUsize::new(0);
    let hanging_up = Box::new(move |_: &_| (asked.fetch_add(1, Ordering::SeqCst) % 3 == 2).then_some(Told::Close));
    let first = runtime.block_on(FhirServer::start_at(&address, Arc::default(), hanging_up));
    wait("some records arrive", || held(&first).len() >= 3);
    let (address, shelf) = runtime.block_on(first.kill());
    act(2);
    let last = newest(&engine);
    let second = runtime.block_on(FhirServer::start_at(&address, shelf, Box::new(|_| None)));
    wait("every record arrives", || held(&second).last().is_some_and(|number| *number >= last));
    let mut numbers = held(&second);
    // A record whose answer was lost with the server comes again, and no other.
    let came = numbers.len();
    numbers.dedup();
    assert!(came <= numbers.len() + 1, "{came} for {}", numbers.len());
    assert_eq!(numbers[..last as usize], (1..=last).collect::<Vec<_>>(), "each, in order");
    let all = second.with(|shelf| format!("{:?}", shelf.all("AuditEvent")));
    assert!(!all.contains("482113") && !all.contains("Quist") && all.contains("\"north\""), "{all}");
    drop(engine);
}
