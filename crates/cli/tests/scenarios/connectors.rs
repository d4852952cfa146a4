//! File and HTTP end to end, one interface feeding another, and enhanced acknowledgment mode.

use super::support::{Partner, Peer, Workspace, admission, field, wait_for};
use std::{
    io::{Read, Write},
    net::TcpStream,
};

#[test]
fn files_come_in_and_go_out() {
    let workspace = Workspace::empty();
    workspace.interface(
        "files",
        "  receive file in/*.hl7 {\n    every 100ms\n    stable 100ms\n  }\n  send archive {\n    file out\n  }",
    );
    workspace.write("in/batch.hl7", &(admission("F1", "P1") + &admission("F2", "P2")));
    let engine = workspace.run();
    engine.wait_for_count("delivered", 2);
    let names = |folder: &str| -> Vec<_> {
        std::fs::read_dir(workspace.path().join(folder))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect()
    };
    assert_eq!(names("out").len(), 2);
    let mut texts: Vec<String> =
        names("out").iter().map(|path| std::fs::read_to_string(path).expect("a message")).collect();
    texts.sort();
    assert_eq!(texts, [admission("F1", "P1"), admission("F2", "P2")], "byte for byte");
    wait_for("the file to be put away", || workspace.path().join("in/done/batch.hl7").exists().then_some(()));
}

fn post(address: &str, body: &str) -> String {
    let (host, path) = address.split_once('/').expect("host:port/path");
    let mut stream = TcpStream::connect(host).expect("a connection");
    let request = format!(
        "POST /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/hl7-v2\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn http_comes_in_and_goes_out() {
    let workspace = Workspace::empty();
    let port = super::support::free_port();
    workspace
        .interface("inner", &format!("  receive http 127.0.0.1:{port}/hl7\n  send archive {{\n    file out\n  }}"));
    workspace.interface(
        "outer",
        &format!(
            "  receive http 127.0.0.1:0/in\n  send inner {{\n    http http://127.0.0.1:{port}/hl7 timeout 5s\n  }}"
        ),
    );
    let engine = workspace.run();
    let answer = post(&engine.address("outer"), &admission("W1", "P1"));
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("MSA|AA|W1"), "{answer}");
    engine.wait_for_count("delivered", 2);
    let refused = post(&engine.address("outer"), "this is no HL7");
    assert!(refused.starts_with("HTTP/1.1 4"), "{refused}");
}

#[test]
fn one_interface_feeds_another_with_lineage() {
    let workspace = Workspace::empty();
    workspace.interface("adt", "  receive mllp 127.0.0.1:0\n  send hub {\n    interface hub\n  }");
    workspace.interface("hub", "  receive interface\n  send archive {\n    file out\n  }");
    let engine = workspace.run();
    let mut peer = Peer::connect(&engine.address("adt"));
    peer.exchange(&admission("L1", "P1"));
    engine.wait_for_count("delivered", 2);
    let id = engine.find("interface:hub")["id"].to_string();
    engine.sinew(&["explain", &id]).expect(0).says(&["came from message", "adt"]);
}

#[test]
fn enhanced_mode_is_answered_with_a_commit_acknowledgment() {
    let partner = Partner::new();
    let workspace = Workspace::with(&super::destination_down::pharmacy(partner.port));
    let engine = workspace.run();
    let enhanced = admission("E1", "P1").replacen("|P|2.5.1\r", "|P|2.5.1|||AL|NE\r", 1);
    let mut peer = Peer::connect(&engine.address("adt"));
    let answer = peer.exchange(&enhanced);
    assert_eq!((field(&answer, "MSA", 1), field(&answer, "MSA", 2)), ("CA".to_owned(), "E1".to_owned()));
    partner.wait_for(1);
    engine.wait_for_count("delivered", 1);
}
