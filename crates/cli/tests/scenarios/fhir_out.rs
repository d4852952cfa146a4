//! A map to FHIR at a destination: what arrives at the server, as what, and what tests say of it.

use super::support::{Peer, Workspace, admission, free_port, wait_for};
use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
};

const MAP: &str = "map store from hl7v2 ADT_A01 to fhir r4 Bundle {
  type = transaction
  Patient as patient update by identifier {
    identifier = PID-3
    name       = PID-5
    birthDate  = PID-7
    gender     = PID-8 | code administrative-sex
  }
}
";

/// Requests as they came: head in small letters, and body.
type Requests = Arc<Mutex<Vec<(String, String)>>>;

/// A server that keeps each request. It answers resources with 200 and a resource, messages with 204.
fn server() -> (u16, Requests) {
    let port = free_port();
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("a port");
    let taken = Arc::new(Mutex::new(Vec::new()));
    let kept = taken.clone();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let kept = kept.clone();
            std::thread::spawn(move || {
                let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
                while let Ok(count @ 1..) = stream.read(&mut buffer) {
                    bytes.extend_from_slice(&buffer[..count]);
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                    let head = head.to_ascii_lowercase();
                    let length =
                        head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
                    if length.is_some_and(|length: usize| body.len() >= length) {
                        kept.lock().expect("requests").push((head.clone(), body.to_owned()));
                        bytes.clear();
                        let body = r#"{"resourceType":"Bundle","type":"transaction-response"}"#;
                        let answer = match head.starts_with("post /fhir") {
                            true => format!(
                                "HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: {}\r\n\r\n{body}",
                                body.len()
                            ),
                            false => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
                        };
                        let _ = stream.write_all(answer.as_bytes());
                    }
                }
            });
        }
    });
    (port, taken)
}

/// An interface that sends to a FHIR store and to a partner that gets the message, with these tests.
fn workspace(in_port: u16, store: u16, tests: &str) -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("interfaces/adt/maps/store.map", MAP);
    workspace.write("interfaces/adt/samples/a01.hl7", &admission("C1", "N0010138"));
    let flow = format!(
        "interface adt \"A scenario\" {{
  owner \"Tests\"
  receive mllp 127.0.0.1:{in_port}
  send store {{
    http http://127.0.0.1:{store}/fhir
    map  maps/store.map
  }}
  send plain {{ http http://127.0.0.1:{store}/hl7 }}
}}
{tests}"
    );
    workspace.write("interfaces/adt/interface.flow", &flow);
    workspace
}

#[test]
fn a_bundle_arrives_as_fhir() {
    let ((store, taken), port) = (server(), free_port());
    let workspace = workspace(port, store, "");
    let engine = workspace.run();
    let mut peer = Peer::connect(&format!("127.0.0.1:{port}"));
    for number in 1..=3 {
        let answer = peer.exchange(&admission(&format!("C{number}"), "N0010138"));
        assert!(answer.contains("MSA|AA"), "{answer}");
    }
    wait_for("six requests", || (taken.lock().expect("requests").len() >= 6).then_some(()));
    engine.wait_for_count("delivered", 3);
    let taken = taken.lock().expect("requests").clone();
    let of = |path: &str| -> Vec<&(String, String)> {
        taken.iter().filter(|(head, _)| head.starts_with(&format!("post {path} http/1.1"))).collect()
    };
    // What a FHIR server answers is no acknowledgment of HL7 v2, and nothing is sent again for it.
    let (bundles, messages) = (of("/fhir"), of("/hl7"));
    assert_eq!((bundles.len(), messages.len()), (3, 3));
    for (head, body) in bundles {
        assert!(head.contains("\r\ncontent-type: application/fhir+json"), "{head}");
        let bundle: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!((&bundle["resourceType"], &bundle["type"]), (&"Bundle".into(), &"transaction".into()));
        let entry = &bundle["entry"][0];
        assert_eq!((&entry["request"]["method"], &entry["resource"]["gender"]), (&"PUT".into(), &"female".into()));
    }
    for (head, body) in messages {
        assert!(head.contains("\r\ncontent-type: application/hl7-v2\r\n") && body.starts_with("MSH|"), "{head}");
    }
}

#[test]
fn tests_expect_elements_of_what_goes_out() {
    let case = |lines: &str| format!("test \"a woman\" {{\n  given samples/a01.hl7\n{lines}\n}}\n");
    let check = |lines: &str| workspace(2575, 8080, &case(lines)).sinew(&["test"]);
    check("  expect store Patient.gender = female\n  expect store Patient.birthDate = \"1978-07-01\"").expect(0);
    check("  expect plain PID-8 = F\n  expect store Patient.name.where(family = \"Quist\").exists()").expect(0);
    check("  expect store Patient.gender = male").expect(1).says(&[
        "expect store Patient.gender = male",
        "Patient.gender is \"female\"",
        "0 passed, 1 failed",
    ]);
    check("  expect store Patient.gendr = male").expect(1).says(&["E2607", "gendr", "gender", "interface.flow:12:"]);
    check("  expect store Patient.name.frist() = Ada").expect(1).says(&["E2606", "first"]);
    check("  given \"\"\"MSH|^~\\\\&|A|B|||20260301||ADT^A01^ADT_A01|2|P|2.5.1\"\"\"\n  expect store Patient.gender = female")
        .expect(1)
        .says(&["Patient.gender is not there"]);
}
