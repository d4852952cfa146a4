//! What somebody gets who is not signed in: nothing, and no word about what there is.

use super::{
    document::operations,
    stage::{Answer, Stage, raw, send},
};
use serde_json::json;
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// A path of an operation with something at its places.
pub(crate) fn filled(path: &str, with: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { with.to_owned() } else { part.to_owned() };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[test]
fn a_fresh_engine_cannot_be_used_by_anyone() {
    let stage = Stage::new();
    let mut asked = 0;
    for (method, path, operation) in operations() {
        if operation["x-sinew-right"] == "nobody" {
            continue;
        }
        let (path, kinds) = (filled(&path, "1"), ["application/json", "application/xml", "text/plain"]);
        for kind in kinds {
            let body = vec![b'{'; if method == "GET" { 0 } else { 100_000 }];
            let answer = send(stage.address, &method, &path, &[&format!("Content-Type: {kind}")], &body);
            assert_eq!((answer.status, &*answer.code()), (401, "E7060"), "{method} {path} {answer:?}");
            asked += 1;
        }
    }
    assert!(asked > 150, "{asked}");
    // Signing in needs an account, and there is none; the token needs to be the one of the console.
    let mut browser = stage.browser();
    browser.sign_in("admin", "admin").expect(401);
    browser.sign_in("root", "").expect(401);
    let body = json!({"token": "x", "name": "mallory", "password": super::stage::PASSWORD});
    assert_eq!(browser.post("/api/v1/sign-in/token", body).expect(401).code(), "E7070");
    for path in ["/api/v1/nothing", "/api/v1/status/", "/api/v1/../v1/status", "/api/v1//status", "/api/v2/status"] {
        assert_eq!(send(stage.address, "GET", path, &[], b"").status, 401, "{path}");
    }
}

#[test]
fn a_body_is_not_waited_for_and_no_room_is_made_for_it() {
    let stage = Stage::new();
    let address = stage.address;
    // 4 GB are declared and ten bytes sent: the answer comes without the rest.
    let head = |path: &str, length: &str| {
        format!("POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n")
    };
    let answer = raw(address, head("/api/v1/replay", "4294967296").as_bytes(), b"0123456789");
    assert_eq!(answer.status, 401, "{answer:?}");
    let answer = raw(address, head("/api/v1/sign-in", "4294967296").as_bytes(), b"0123456789");
    assert_eq!((answer.status, &*answer.code()), (413, "E7062"), "{answer:?}");
    let answer = raw(address, head("/api/v1/sign-in", "99999999999999999999999").as_bytes(), b"0123456789");
    assert!(matches!(answer.status, 400 | 413), "{answer:?}");
    // A body without a declared length ends at its limit, too.
    let mut chunked = String::new();
    (0..20).for_each(|_| chunked.push_str(&format!("400\r\n{}\r\n", "x".repeat(1024))));
    let start = format!(
        "POST /api/v1/sign-in HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    let answer = raw(address, start.as_bytes(), chunked.as_bytes());
    assert_eq!((answer.status, &*answer.code()), (413, "E7062"), "{answer:?}");
}

/// Everything that comes back until the other side closes.
fn to_the_end(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(bytes).unwrap();
    let mut said = Vec::new();
    match stream.read_to_end(&mut said) {
        Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset => panic!("it stays open: {error}"),
        Ok(_) | Err(_) => String::from_utf8_lossy(&said).into_owned(),
    }
}

#[test]
fn smuggled_and_swollen_heads_are_refused() {
    let stage = Stage::new();
    let address = stage.address;
    let body = br#"{"name": "nobody", "password": "four unrelated words"}"#;
    let second = format!("GET /api/v1/status HTTP/1.1\r\nHost: {address}\r\n\r\n");
    for one in testkit::smuggling::corpus("POST /api/v1/sign-in", &address.to_string(), body, second.as_bytes()) {
        let said = to_the_end(address, &one.bytes);
        let answers = said.matches("HTTP/1.1 ").count() + said.matches("HTTP/1.0 ").count();
        assert!(answers <= 1, "{}: {said}", one.what);
        assert!(!said.contains(" 200 ") && !said.contains(" 500 "), "{}: {said}", one.what);
    }
    let many: String = (0..200).map(|number| format!("X-{number}: 1\r\n")).collect();
    let answer = raw(address, format!("GET / HTTP/1.1\r\nHost: {address}\r\n{many}\r\n").as_bytes(), b"");
    assert!(matches!(answer.status, 0 | 431 | 400), "{answer:?}");
    let long = "x".repeat(100_000);
    let answer = raw(address, format!("GET / HTTP/1.1\r\nHost: {address}\r\nX: {long}\r\n\r\n").as_bytes(), b"");
    assert!(matches!(answer.status, 0 | 431 | 400), "{answer:?}");
}

#[test]
fn another_name_is_not_answered() {
    let stage = Stage::with(server::ApiSettings { names: vec!["sinew.example.org".into()], ..Default::default() });
    let address = stage.address;
    let ask = |host: &str| {
        let head = format!("GET /api/v1/status HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        raw(address, head.as_bytes(), b"").status
    };
    assert_eq!(ask("sinew.example.org"), 401);
    assert_eq!(ask(&format!("localhost:{}", address.port())), 401);
    assert_eq!(ask("evil.example"), 421);
    assert_eq!(ask("sinew.example.org\r\nHost: evil.example"), 421);
}

#[test]
fn every_answer_is_hardened() {
    let stage = Stage::new();
    let key = stage.key("reader", &json!([{"role": "viewer"}]));
    let kinds = [
        ("/", "text/html; charset=utf-8"),
        ("/assets/app.js", "text/javascript; charset=utf-8"),
        ("/assets/none.js", "text/plain; charset=utf-8"),
        ("/docs", "text/html; charset=utf-8"),
        ("/docs/none.md", "text/html; charset=utf-8"),
        ("/livez", "text/plain; charset=utf-8"),
        ("/api/v1/status", "application/json"),
        ("/api/v1/metrics", "text/plain; version=0.0.4; charset=utf-8"),
        ("/api/v1/interfaces/demo/document", "text/html; charset=utf-8"),
        ("/api/v1/none", "application/problem+json"),
    ];
    let hardened = |answer: &Answer, path: &str| {
        let line = |name: &str| {
            let start = format!("{name}: ");
            answer.head.lines().find_map(|line| line.strip_prefix(&*start)).unwrap_or_default().to_owned()
        };
        let policy = line("content-security-policy");
        for word in ["default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(word), "{path}: {word} is not in {policy}");
        }
        assert_eq!((&*line("x-content-type-options"), &*line("referrer-policy")), ("nosniff", "no-referrer"), "{path}");
        assert!(matches!(&*line("cache-control"), "no-store" | "no-cache"), "{path}: {}", answer.head);
        assert!(!answer.head.contains("access-control-"), "{path}: {}", answer.head);
        line("content-type")
    };
    for (path, kind) in kinds {
        let answer = send(stage.address, "GET", path, &[&format!("Authorization: Bearer {key}")], b"");
        assert_eq!(hardened(&answer, path), kind, "{path}: {}", answer.head);
    }
    // Who is not signed in, another site's question, and one that is none.
    let answer = send(stage.address, "GET", "/api/v1/status", &["Origin: https://evil.example"], b"").expect(401);
    assert_eq!(hardened(&answer, "unknown"), "application/problem+json");
    assert!(answer.head.contains("cache-control: no-store"));
}

#[test]
fn trace_and_other_methods_are_not_answered() {
    let stage = Stage::new();
    let key = stage.key("reader", &json!([{"role": "viewer"}]));
    for method in ["TRACE", "TRACK", "CONNECT", "OPTIONS", "PROPFIND", "get"] {
        let told = ["X-Secret: hunter2".to_owned(), format!("Authorization: Bearer {key}")];
        let answer = send(stage.address, method, "/api/v1/status", &[&told[0], &told[1]], b"");
        assert!(matches!(answer.status, 400 | 405), "{method}: {answer:?}");
        assert!(!answer.head.contains("hunter2") && !answer.body.contains("hunter2"), "{method}: {answer:?}");
        let answer = send(stage.address, method, "/", &[&told[0]], b"");
        assert!(matches!(answer.status, 400 | 401 | 405), "{method}: {answer:?}");
    }
}

#[test]
fn who_is_turned_away_at_the_gate_is_on_record() {
    let stage = Stage::with(server::ApiSettings { names: vec!["sinew.example.org".into()], ..Default::default() });
    let (browser, ..) = super::sign_in::administrator(&stage);
    let cookie = format!("Cookie: __Host-sinew={}", browser.session);
    let forged = send(stage.address, "POST", "/api/v1/users", &[&cookie, "Origin: http://evil.example"], b"{}");
    assert_eq!(forged.expect(403).code(), "E7065");
    let head = "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    assert_eq!(raw(stage.address, head.as_bytes(), b"").expect(421).code(), "E7066");
    let mut guesser = stage.browser();
    (0..7).for_each(|_| drop(guesser.sign_in("ann", "wrong horse battery")));
    // Each is told once a minute, beside the request that was refused.
    let rows =
        stage.audit_until(|rows| rows.iter().filter(|row| row.starts_with("peer 127.0.0.1: connect")).count() >= 3);
    assert!(rows.iter().any(|row| row == "peer 127.0.0.1: connect refused api"), "{rows:#?}");
    assert!(!rows.join("\n").contains("wrong horse"), "{rows:#?}");
}

#[test]
fn off_this_machine_there_is_tls_or_an_explicit_line() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let bind = |is_plaintext_allowed: bool| {
        let settings = server::ApiSettings {
            listen: Some("0.0.0.0:0".parse().unwrap()),
            is_plaintext_allowed,
            ..Default::default()
        };
        runtime.block_on(server::bind(&settings)).map(|listening| listening.is_some())
    };
    assert_eq!(bind(false).unwrap_err().code, "E7067");
    assert_eq!(bind(true), Ok(true));
}
