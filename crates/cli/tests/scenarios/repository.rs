//! The audit chain at a repository: every record arrives, also when the repository is killed in between.

use super::support::{PATIENCE, Workspace, admission, free_port};
use std::{
    collections::BTreeSet,
    fs::File,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

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
