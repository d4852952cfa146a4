//! What a source asks for and answers: credentials, paths, methods, forms, forms of answers.

use super::{Http, connect, read_answer, request};
use crate::testing::{context, settings};
use interface::{
    catalogue::{Connector, Value},
    contract::Source,
};
use message::Reason;
use testkit::{Answer, sample, source::Running};

fn list(name: &'static str, values: &[&str]) -> (&'static str, Value) {
    (name, Value::List(values.iter().map(|value| (*value).into()).collect()))
}

async fn try_open(address: &str, values: &[(&'static str, Value)]) -> Result<Box<dyn Source>, Reason> {
    Http.source(&settings(&Http, true, address, values), &context()).await
}

async fn open(values: &[(&'static str, Value)]) -> Box<dyn Source> {
    try_open("127.0.0.1:0/hl7", values).await.unwrap()
}

/// Sends one request and gives status, head and body.
async fn ask(running: &Running, line: &str, headers: &str, body: &[u8]) -> (u16, String, String) {
    let mut peer = connect(&running.address).await;
    peer.send(&request(line, headers, body)).await;
    let (status, head, body) = read_answer(&mut peer).await.unwrap();
    (status, head.to_ascii_lowercase(), String::from_utf8(body).unwrap())
}

#[tokio::test]
async fn credentials() {
    let known = [list("users", &["ward:correct horse"]), list("tokens", &["token-of-the-lab"])];
    let running = Running::start(open(&known).await, []);
    let check = async |header: &str, expect: u16| {
        let (status, head, body) = ask(&running, "POST /hl7", header, &sample::adt("1")).await;
        assert_eq!(status, expect, "{header}");
        if expect == 401 {
            assert!(head.contains("www-authenticate: basic realm=\"sinew\", charset=\"utf-8\""), "{head}");
            assert!(body.contains("E6514"), "{body}");
        }
    };
    // ward:correct horse
    check("Authorization: Basic d2FyZDpjb3JyZWN0IGhvcnNl\r\n", 200).await;
    check("authorization: bearer token-of-the-lab\r\n", 200).await;
    // ward:wrong horse, ward:, no base64, the right secret under the wrong scheme, nothing.
    check("Authorization: Basic d2FyZDp3cm9uZyBob3JzZQ==\r\n", 401).await;
    check("Authorization: Basic d2FyZDo=\r\n", 401).await;
    check("Authorization: Basic ?\r\n", 401).await;
    check("Authorization: Basic\r\n", 401).await;
    check("Authorization: Bearer ward:correct horse\r\n", 401).await;
    check("Authorization: Digest token-of-the-lab\r\n", 401).await;
    check("", 401).await;
    assert_eq!(running.intake.contents().len(), 2);
    // A stranger does not learn which paths there are.
    assert_eq!(ask(&running, "POST /nothing", "", b"x").await.0, 401);
    running.stop().await;
}

#[tokio::test]
async fn credentials_need_tls_or_this_machine() {
    let tokens = [list("tokens", &["token-of-the-lab"])];
    // The whole host says that it is this machine, not how it begins.
    for outside in ["0.0.0.0:0/hl7", "127.evil.example:0/hl7", "localhost.evil.example:0/hl7"] {
        let refused = try_open(outside, &tokens).await.err().unwrap();
        assert_eq!(refused.code, "E6513", "{outside}");
    }
    assert!(try_open("localhost:0/hl7", &tokens).await.is_ok());
    for bad in [list("users", &["no-colon"]), list("tokens", &["short"])] {
        let refused = try_open("127.0.0.1:0/hl7", &[bad]).await.err().unwrap();
        assert_eq!(refused.code, "E6010");
        assert!(!refused.text.contains("no-colon") && !refused.text.contains("`short"), "{refused}");
    }
}

#[tokio::test]
async fn paths_and_methods() {
    let values = [list("paths", &["/oru/*", "/siu"]), list("methods", &["PUT", "POST"])];
    let running = Running::start(open(&values).await, []);
    let check = async |line: &str, expect: u16| {
        let (status, head, _) = ask(&running, line, "", &sample::adt("1")).await;
        assert_eq!(status, expect, "{line}");
        assert_eq!(head.contains("allow: put, post"), expect == 405, "{head}");
    };
    check("POST /hl7", 200).await;
    check("PUT /siu", 200).await;
    check("POST /oru/lab?from=north", 200).await;
    check("POST /oru/", 404).await;
    check("POST /oru", 404).await;
    check("POST /hl7/", 404).await;
    check("PATCH /hl7", 405).await;
    running.stop().await;
    for bad in [list("paths", &["oru"]), list("methods", &["GET"])] {
        assert_eq!(try_open("127.0.0.1:0/hl7", &[bad]).await.err().unwrap().code, "E6010");
    }
}

#[tokio::test]
async fn answers_in_the_form_that_is_asked_for() {
    let answers = [Answer::Accept, Answer::Later { is_acknowledged: true }, Answer::Refuse { is_acknowledged: false }];
    let running = Running::start(open(&[]).await, answers.into_iter().cycle().take(6));
    let json = "Accept: application/json\r\n";
    let (status, head, body) = ask(&running, "POST /hl7", json, &sample::adt("1")).await;
    assert!(head.contains("content-type: application/json"), "{head}");
    let told: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &told["status"]), (200, &"accepted".into()));
    assert_eq!(told["acknowledgment"], String::from_utf8_lossy(&sample::acknowledgment("AA", "1")).into_owned());
    assert!(told["message"].is_string());
    let (status, head, body) = ask(&running, "POST /hl7", json, &sample::adt("1")).await;
    assert!((status, head.contains("retry-after: 5")) == (503, true) && body.contains("\"later\""), "{body}");
    let (status, _, body) = ask(&running, "POST /hl7", json, &sample::adt("1")).await;
    assert_eq!((status, &*body), (422, r#"{"status":"refused","code":"E5999"}"#));

    let fhir = "Accept: application/fhir+json\r\n";
    for (expect, severity, code) in
        [(200, "information", "informational"), (503, "error", "transient"), (422, "error", "processing")]
    {
        let (status, _, body) = ask(&running, "POST /hl7", fhir, &sample::adt("1")).await;
        let told: serde_json::Value = serde_json::from_str(&body).unwrap();
        let issue = &told["issue"][0];
        let found = (status, issue["severity"].as_str().unwrap(), issue["code"].as_str().unwrap());
        assert_eq!(found, (expect, severity, code));
        assert_eq!(told["resourceType"], "OperationOutcome");
    }
    running.stop().await;
}

#[tokio::test]
async fn forms_and_other_media_types() {
    let types =
        list("media-types", &["application/json", "application/x-www-form-urlencoded", "application/fhir+json"]);
    let running = Running::start(open(&[types]).await, []);
    let typed = |media_type: &str| format!("Content-Type: {media_type}\r\n");
    let form = typed("application/x-www-form-urlencoded; charset=utf-8");
    let status = async |headers: &str, body: &[u8]| ask(&running, "POST /hl7", headers, body).await.0;
    assert_eq!(status(&form, b"from=lab&message=MSH%7C%5e~%5c%26%7CA+B%0dPID%7C1&x").await, 200);
    assert_eq!(status(&form, b"from=lab").await, 400);
    assert_eq!(status(&form, b"message=").await, 400);
    assert_eq!(status(&form, b"message=%4").await, 400);
    assert_eq!(status(&typed("application/fhir+json"), b"{}").await, 200);
    assert_eq!(status("", b"{\"a\":1}").await, 200);
    assert_eq!(status(&typed("application/hl7-v2"), b"MSH|").await, 415);
    assert_eq!(running.intake.contents(), [&b"MSH|^~\\&|A B\rPID|1"[..], b"{}", b"{\"a\":1}"]);
    running.stop().await;
}
