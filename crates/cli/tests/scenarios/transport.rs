//! What travels, and between whom: versions and ciphers as another maker's program sees them, certificates that do not fit,
//! and somebody on the way who changes a result.

use super::support::{Done, Engine, Workspace, admission, finish, free_port, wait_for};
use server::certificates::authority::{Authority, For};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::Command,
    thread,
    time::Duration,
};

/// Runs `openssl s_client`; none where there is no openssl.
fn s_client(address: &str, arguments: &[&str], input: &[u8]) -> Option<Done> {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("skipped: openssl is not installed");
        return None;
    }
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", address, "-nocommands"]).args(arguments);
    Some(finish(command, input))
}

/// The cipher that a handshake ended with.
fn cipher(done: &Done) -> Option<String> {
    let line = done.out.lines().find(|line| line.contains("Cipher is "))?;
    let name = line.rsplit("Cipher is ").next()?.trim();
    (name != "(NONE)").then(|| name.to_owned())
}

/// What a listener takes of these, found by taking away what it chose.
fn taken(address: &str, version: &str, option: &str, all: &[String], rest: &str) -> Option<Vec<String>> {
    let (mut left, mut found) = (all.to_vec(), Vec::new());
    while !left.is_empty() {
        let list = format!("{}{rest}", left.join(":"));
        let Some(chosen) = cipher(&s_client(address, &[version, option, &list], b"")?) else { break };
        left.retain(|name| *name != chosen);
        found.push(chosen);
    }
    found.sort();
    Some(found)
}

fn secure(workspace: &Workspace, lines: &str) {
    workspace.sinew(&["cert", "init"]).expect(0);
    workspace.sinew(&["cert", "issue", "localhost", "127.0.0.1"]).expect(0);
    let receive = format!(
        "  receive mllp 127.0.0.1:0 {{\n    cert certs/localhost.pem\n    key certs/localhost.key\n{lines}  }}\n"
    );
    workspace.interface("adt", &format!("{receive}  send out {{\n    file out\n  }}"));
}

#[test]
fn only_intended_versions_and_suites_on_both_listeners() {
    let (workspace, port) = (Workspace::empty(), free_port());
    secure(&workspace, "");
    workspace.write(
        "sinew.toml",
        &format!(
            "data = \"data\"\n[api]\nlisten = \"127.0.0.1:{port}\"\ncertificate = \"certs/localhost.pem\"\nkey = \"certs/localhost.key\"\n"
        ),
    );
    let engine = workspace.run();
    let api = format!("127.0.0.1:{port}");
    let words = |text: &str| text.trim().split(':').map(str::to_owned).collect::<Vec<_>>();
    for address in [engine.address("adt"), api.clone()] {
        for old in ["-tls1", "-tls1_1"] {
            let Some(done) = s_client(&address, &[old, "-cipher", "ALL:@SECLEVEL=0"], b"") else { return };
            assert_eq!(cipher(&done), None, "{address} {old}");
        }
        let every = Command::new("openssl").args(["ciphers", "-tls1_2", "ALL:COMPLEMENTOFALL:!TLSv1.3"]).output();
        let every = words(&String::from_utf8_lossy(&every.expect("openssl").stdout));
        assert!(every.len() > 50, "{every:?}");
        let expect =
            ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"];
        assert_eq!(
            taken(&address, "-tls1_2", "-cipher", &every, ":@SECLEVEL=0").unwrap_or_default(),
            expect,
            "{address}"
        );
        let every = "TLS_AES_128_CCM_8_SHA256:TLS_AES_128_CCM_SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
        let expect = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
        assert_eq!(taken(&address, "-tls1_3", "-ciphersuites", &words(every), "").unwrap_or_default(), expect);
    }
    // Who was turned away is on record, and what is good is known with its end.
    let doors = wait_for("records of both doors", || {
        let found = engine.sinew(&["audit", "search", "--act", "connect", "--json"]).expect(0).json();
        let doors: Vec<String> = found["records"].as_array()?.iter().map(|row| row["object"].to_string()).collect();
        (doors.iter().any(|door| door.contains("api")) && doors.iter().any(|door| door.contains("adt")))
            .then_some(doors)
    });
    assert!(doors.len() <= 4, "one a minute for each reason: {doors:?}");
    let security = engine.sinew(&["status", "--json"]).json()["security"].clone();
    assert_eq!(security["in_the_open"].as_array().map(Vec::len), Some(0), "{security}");
    assert_eq!(security["certificates"][0]["certificate"]["names"][1], "127.0.0.1", "{security}");
    workspace.sinew(&["cert", "check"]).expect(0).says(&["interface adt receive", "api", "localhost, 127.0.0.1"]);
    workspace.sinew(&["cert", "check", "--days", "400"]).expect(1).says(&["E7303"]);
    // A renewed pair is served without a restart.
    let serial = || {
        let done = s_client(&api, &["-showcerts"], b"")?;
        done.out.lines().find(|line| line.len() > 60 && !line.contains(' ')).map(str::to_owned)
    };
    let before = serial();
    assert!(before.is_some());
    workspace.sinew(&["cert", "issue", "localhost", "127.0.0.1"]).expect(5);
    workspace.sinew(&["cert", "issue", "localhost", "127.0.0.1", "--renew"]).expect(0);
    wait_for("the renewed certificate", || (serial() != before).then_some(()));
}

#[test]
fn certificates_that_do_not_fit_are_refused_and_on_record() {
    let workspace = Workspace::empty();
    secure(
        &workspace,
        "    ca certs/ca.pem\n    clients [lab.example, ward.example]\n    senders [\"lab.example EPR|NORTH\", \"ward.example WARD|*\"]\n",
    );
    let read = |name: &str| std::fs::read_to_string(workspace.path().join("certs").join(name)).expect(name);
    let own = Authority::open(&read("ca.pem"), &read("ca.key")).expect("the authority");
    let foreign = Authority::begin("Foreign", 1).expect("an authority");
    let put = |name: &str, by: &Authority, host: &str, purpose: For, days: u32| {
        let issued = by.issue(&[host.to_owned()], &[purpose], days).expect("a certificate");
        workspace.write(&format!("{name}.pem"), &issued.certificate);
        workspace.write(&format!("{name}.key"), &issued.key);
    };
    put("good", &own, "lab.example", For::Client, 9);
    put("ward", &own, "ward.example", For::Client, 9);
    put("foreign", &foreign, "lab.example", For::Client, 9);
    put("expired", &own, "lab.example", For::Client, 0);
    put("other", &own, "other.example", For::Client, 9);
    put("server", &own, "lab.example", For::Server, 9);
    let engine = workspace.run();
    let address = engine.address("adt");
    let send = |name: Option<&str>, id: &str| {
        let (cert, key) = name.map_or_else(Default::default, |name| {
            (workspace.at(&format!("{name}.pem")), workspace.at(&format!("{name}.key")))
        });
        let own = ["-cert", &cert, "-key", &key];
        let own = if name.is_some() { &own[..] } else { &[] };
        let message = format!("\x0b{}\x1c\r", admission(id, "482113"));
        s_client(&address, &[&["-quiet", "-no_ign_eof"], own].concat(), message.as_bytes())
    };
    if send(Some("good"), "T1").is_none() {
        return;
    }
    engine.wait_for_state("control:T1", "delivered");
    thread::sleep(Duration::from_millis(1_100)); // the expired one ends with its second
    for (name, id) in [
        (None, "T2"),
        (Some("foreign"), "T3"),
        (Some("expired"), "T4"),
        (Some("other"), "T5"),
        (Some("server"), "T6"),
        (Some("ward"), "T7"),
    ] {
        send(name, id);
    }
    let expected = [
        "showed no certificate",
        "not issued by an authority",
        "has expired",
        "none of the names in `clients`",
        "not for clients",
        "does not speak for the sender in MSH-3",
    ];
    let reasons = wait_for("a record of each", || {
        let found = engine.sinew(&["audit", "search", "--act", "connect", "--json"]).expect(0).json();
        let rows = found["records"].as_array()?.clone();
        assert!(rows.iter().all(|row| row["is_refused"] == true && row["object"] == "interface adt"), "{rows:?}");
        let text: String = rows.iter().map(|row| row["reason"].to_string()).collect();
        expected.iter().all(|part| text.contains(part)).then_some(text)
    });
    assert!(!reasons.contains("482113"), "{reasons}");
    assert_eq!(engine.count("accepted"), 1, "nothing of the others was taken");
}

/// Somebody on the way who changes a result: in the open by its text, inside TLS by a bit of the record that carries it.
fn attacker(target: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    thread::spawn(move || {
        while let Ok((mut near, _)) = listener.accept() {
            let Ok(mut far) = TcpStream::connect(&target) else { return };
            let (Ok(mut back), Ok(mut front)) = (far.try_clone(), near.try_clone()) else { return };
            thread::spawn(move || std::io::copy(&mut back, &mut front));
            let mut seen = Vec::new();
            let mut buffer = [0; 16 * 1024];
            while let Ok(count @ 1..) = near.read(&mut buffer) {
                seen.extend_from_slice(&buffer[..count]);
                let is_tls = seen[0] == 0x16 || seen[0] == 0x17 || seen[0] == 0x14;
                while is_tls && seen.len() >= 5 {
                    let length = 5 + usize::from(u16::from_be_bytes([seen[3], seen[4]]));
                    if seen.len() < length {
                        break;
                    }
                    let mut record: Vec<u8> = seen.drain(..length).collect();
                    if record[0] == 0x17 && length > 150 {
                        record[100] ^= 1;
                    }
                    let _ = far.write_all(&record);
                }
                if !is_tls {
                    let text = String::from_utf8_lossy(&seen).replace("||7.2|", "||2.7|");
                    let _ = far.write_all(text.as_bytes());
                    seen.clear();
                }
            }
        }
    });
    address
}

#[test]
fn who_changes_a_result_on_the_way_succeeds_in_the_open_and_fails_within_tls() {
    let result = |id: &str| {
        format!(
            "{}OBX|1|NM|2823-3^Potassium^LN||7.2|mmol/L|3.5-5.1|HH|||F\r",
            admission(id, "482113").replace("ADT^A01", "ORU^R01")
        )
    };
    let workspace = Workspace::empty();
    secure(&workspace, "");
    workspace.interface("open", "  receive mllp 127.0.0.1:0\n  send out {\n    file out\n  }");
    let outside = free_port();
    workspace.interface(
        "outside",
        &format!("  receive mllp 0.0.0.0:{outside} plaintext yes\n  send out {{\n    file out\n  }}"),
    );
    let engine = workspace.run();
    let content = |engine: &Engine, id: &str| {
        let id = engine.find(&format!("control:{id}"))["id"].to_string();
        engine.sinew(&["message", &id, "--raw", "--reason", "test"]).expect(0).out
    };
    // In the open it arrives changed, is acknowledged, and nobody knows.
    let mut peer = super::support::Peer::connect(&attacker(engine.address("open")));
    assert!(peer.exchange(&result("M1")).contains("MSA|AA"));
    engine.wait_for_state("control:M1", "delivered");
    assert!(content(&engine, "M1").contains("||2.7|"), "changed on the way, and nobody knows");
    // So what is reachable like this is told.
    workspace.sinew(&["doctor"]).says(&["E7301", &format!("0.0.0.0:{outside}"), "interface outside receive"]);
    let open = engine.sinew(&["status", "--json"]).json()["security"]["in_the_open"].clone();
    assert_eq!(
        (open[0]["place"].as_str(), open[0]["is_accepted"].as_bool()),
        (Some("interface outside receive"), Some(true))
    );
    // Within TLS the record does not verify: the connection ends, nothing is taken, and the sender has no answer.
    let message = format!("\x0b{}\x1c\r", result("M2"));
    let (ca, address) = (workspace.at("certs/ca.pem"), engine.address("adt"));
    let trusted = ["-quiet", "-no_ign_eof", "-CAfile", &ca, "-verify_return_error"];
    let Some(done) = s_client(&attacker(address.clone()), &trusted, message.as_bytes()) else { return };
    assert!(!done.out.contains("MSA|"), "{done:?}");
    thread::sleep(Duration::from_millis(200));
    assert_eq!(engine.count("accepted"), 1, "only the one in the open");
    // The same without the attacker.
    s_client(&address, &trusted, message.as_bytes());
    engine.wait_for_state("control:M2", "delivered");
    assert!(content(&engine, "M2").contains("||7.2|"));
}
