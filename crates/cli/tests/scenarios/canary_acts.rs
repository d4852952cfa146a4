//! A patient's name in what people do, and in what is told elsewhere (R10): a FHIR server that says it back, copies that are
//! edited, previews on the bench and in the mapper, searches by what stands in a field, and alerts that are sent out.

use super::{
    canary::{NAME, PATIENT, asked_of, everything_that_is_told, rude, said_by, showing},
    support::{Peer, Workspace, admission, received, wait_for},
    traps::told_of,
};
use serde_json::json;
use std::{net::UdpSocket, time::Duration};

const MAP: &str = "map chart from hl7v2 ADT_A01 to fhir r4 Bundle {
  type = transaction
  Patient as patient update by identifier {
    identifier = PID-3
    name       = PID-5
    birthDate  = PID-7
  }
}
";
const FILE: &str = "interfaces/adt/maps/chart.map";

#[test]
fn no_act_no_preview_and_no_alert_shows_the_patient() {
    let workspace = Workspace::empty();
    let outcome = json!({"resourceType": "OperationOutcome", "text": {"status": "generated", "div": format!("<div>{NAME}</div>")},
        "issue": [{"severity": "error", "code": "invalid", "details": {"text": format!("{NAME} {PATIENT} is dead")},
            "diagnostics": format!("{NAME} is not unique"), "expression": [format!("Patient.name.where(family='{NAME}')")]}]});
    let chart = rude("422 Odd", "application/fhir+json", &outcome.to_string());
    let traps = UdpSocket::bind("127.0.0.1:0").expect("a port");
    traps.set_read_timeout(Some(Duration::from_secs(60))).expect("a limit");
    let pager = rude("200 OK", "application/json", &format!("{{\"said\":\"{NAME}\"}}"));
    workspace.write(
        "sinew.toml",
        &format!(
            "name = \"scenario\"\ndata = \"data\"\n[alerts]\ntell = \"web, nms\"\n[alerts.channels]\nweb = \"http \
             http://127.0.0.1:{}/alert\"\nnms = \"snmp {} version v2c community hospital\"\n",
            pager.port,
            traps.local_addr().expect("an address")
        ),
    );
    workspace.write(FILE, MAP);
    let send = format!("  send chart {{\n    fhir http://127.0.0.1:{}/r4\n    map maps/chart.map\n  }}\n", chart.port);
    workspace.interface("adt", &received(&format!("{send}  alert parked over 1\n")));
    let engine = workspace.run();
    let mut peer = Peer::connect(&engine.address("adt"));
    let good = admission("V1", PATIENT).replace("Quist", NAME);
    let mut texts = vec![peer.exchange(&good)];
    engine.wait_for_state("control:V1", "parked");
    let id = engine.find("control:V1")["id"].to_string();
    let socket = engine.at("data/control.sock");
    // The FHIR server was given the patient; what it was asked by is an address of ours.
    let heard = chart.heard.lock().expect("heard").concat();
    assert!(heard.contains(NAME), "the resource itself has the name: {heard}");
    texts.extend(heard.lines().filter(|line| line.contains(" HTTP/1.1")).map(str::to_owned));

    let mut act = |method: &str, path: &str, body: &serde_json::Value| {
        let answer = said_by(&socket, method, path, &body.to_string());
        texts.push(format!("{method} {path}\n{answer}"));
        answer
    };
    // Copies that are edited: one that is right, one that no map can take, one that is no message.
    let edit = format!("/api/v1/messages/{id}/edit");
    let copy = good.replace("|V1|", "|V2|").replace("19780701", NAME);
    let edited = act("POST", &edit, &json!({"content": copy, "reason": "the wrong birth date"}));
    assert!(edited.starts_with("HTTP/1.1 200"), "{edited}");
    for content in [format!("no message but {NAME}"), format!("MSH|^~\\&|\rPID|1||{PATIENT}||{NAME}\r")] {
        act("POST", &edit, &json!({"content": content, "reason": "test"}));
    }
    // Previews of what is stored, without a reason.
    let number: u64 = id.parse().expect("a number");
    let preview = act("POST", "/api/v1/interfaces/adt/try", &json!({"message": number}));
    assert!(preview.contains("PID") && preview.starts_with("HTTP/1.1 200"), "{preview}");
    let looked = act("POST", "/api/v1/interfaces/adt/maps/look", &json!({"file": FILE, "message": number}));
    assert!(looked.starts_with("HTTP/1.1 200"), "{looked}");
    for (line, target) in [(4, "identifier"), (5, "name"), (6, "birthDate")] {
        let body = json!({"file": FILE, "text": MAP, "line": line, "target": target});
        let values = act("POST", "/api/v1/interfaces/adt/maps/values", &body);
        assert!(values.starts_with("HTTP/1.1 200"), "{values}");
    }
    for which in ["raw", "out:0"] {
        act("GET", &format!("/api/v1/messages/{id}/masked?which={which}"), &json!(null));
    }
    // A look inside every message, also for one that no index knows.
    let narrow = json!({"text": PATIENT, "query": "type:ADT", "reason": "a call"});
    for wanted in [json!({"text": NAME, "reason": "a call"}), narrow] {
        let scanned = act("POST", "/api/v1/messages/scan", &wanted);
        assert!(scanned.starts_with("HTTP/1.1 200") && scanned.contains(&id), "{scanned}");
    }
    // Searches for what stands in a message, by words, by field, shared and counted.
    for query in [format!("PID-5={NAME}"), format!("PID-5.1={NAME}"), NAME.to_owned(), format!("patient:{PATIENT}")] {
        for path in ["/api/v1/messages/search", "/api/v1/messages/facets"] {
            act("POST", path, &json!({"query": query}));
        }
        act("POST", "/api/v1/searches", &json!({"title": "mine", "query": query}));
    }
    let told = wait_for("an alert to be sent", || {
        let heard = pager.heard.lock().expect("heard").concat();
        heard.contains("POST /alert").then_some(heard)
    });
    texts.push(told);
    let trap = told_of(&traps, "wait for a person");
    assert!(trap.contains("hospital"), "{trap}");
    texts.push(trap);
    texts.extend(everything_that_is_told(&engine, &[id]));
    texts.push(asked_of(&socket, "/api/v1/alerts"));
    let (_, talk) = engine.signal("-TERM");
    texts.push(talk);
    let shown: Vec<&String> = texts.iter().filter(|text| text.contains(NAME) || text.contains(PATIENT)).collect();
    assert!(shown.is_empty(), "patient data in {} texts:\n{shown:#?}", shown.len());
    assert_eq!(showing(workspace.path()), Vec::<String>::new(), "nothing was sent to a folder");
}
