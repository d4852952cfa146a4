//! A patient's name stands nowhere but in the message (R10): not in the talk of the engine, not in status, queues,
//! journeys, answers or findings, whichever way a message goes and whatever a partner says to it.

use super::{
    destination_down::pharmacy,
    support::{Engine, Partner, Peer, Workspace, admission, command, received, wait_for},
};
use hospital::wire::Act;
use message::AckCode;
use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::net::UnixStream,
    path::Path,
    sync::{Arc, Mutex},
};

pub(super) const NAME: &str = "ZZCANARY";
pub(super) const PATIENT: &str = "ZZ482113";

#[test]
fn the_name_of_a_patient_is_in_no_text_of_the_engine() {
    let partner = Partner::new();
    partner.act(Act::Reject { code: AckCode::AE, condition: Some(101) });
    let lines = format!(
        "  set PID-7 = PID-7 | date yyyy from yyyyMMdd else warn\n  translate PID-8 with sexes missing error\n{}",
        pharmacy(partner.port)
    );
    let workspace = Workspace::with(&lines);
    workspace.write("interfaces/adt/tables/sexes.csv", "from,to\nF,female\n");
    let engine = workspace.run();
    let good = admission("Z1", PATIENT).replace("Quist", NAME);
    let odd_date = good.replace("|Z1|", "|Z2|").replace("19780701", NAME);
    let bad_code = good.replace("|Z1|", "|Z3|").replace("|F\r", &format!("|{NAME}\r"));
    let mut peer = Peer::connect(&engine.address("adt"));
    let mut texts: Vec<String> =
        [&good, &odd_date, &bad_code].into_iter().map(|message| peer.exchange(message)).collect();
    for broken in [format!("MSH|^~\\&|\rPID|1||{PATIENT}||{NAME}\r"), format!("no message but {NAME}")] {
        texts.push(peer.exchange(&broken));
    }
    partner.wait_for(2);
    engine.wait_for_state("control:Z3", "parked");
    engine.wait_for_state("control:Z1", "parked");

    for arguments in [&["status"][..], &["status", "--json"], &["queues", "--all"], &["queues", "--json"], &["doctor"]]
    {
        texts.push(engine.sinew(arguments).out);
    }
    for id in ["Z1", "Z2", "Z3"] {
        let id = engine.find(&format!("control:{id}"))["id"].to_string();
        for arguments in [&["explain", &id][..], &["explain", &id, "--json"], &["message", &id, "--json"]] {
            let done = engine.sinew(arguments).expect(0);
            texts.push(done.out + &done.err);
        }
    }
    let missing = engine.sinew(&["messages", &format!("patient:{NAME}")]);
    texts.push(missing.out + &missing.err);
    assert_eq!(engine.sinew(&["messages", &format!("patient:{PATIENT}")]).code, 0, "search by patient works");
    let (_, talk) = engine.signal("-TERM");
    texts.push(talk);
    for text in &texts {
        assert!(!text.contains(NAME) && !text.contains(PATIENT), "patient data in:\n{text}");
    }
}

/// Every file below a folder that shows the patient, in any case.
pub(super) fn showing(folder: &Path) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = open.pop() {
        for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let bytes = fs::read(&path).unwrap_or_default().to_ascii_uppercase();
            let has = |word: &str| bytes.windows(word.len()).any(|part| part == word.as_bytes());
            if has(NAME) || has(PATIENT) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

#[test]
fn the_store_shows_no_patient_also_after_the_key_was_changed() {
    let partner = Partner::new();
    let workspace = Workspace::with(&pharmacy(partner.port));
    let data = workspace.path().join("data");
    let engine = workspace.run();
    let mut peer = Peer::connect(&engine.address("adt"));
    let good = admission("Y1", PATIENT).replace("Quist", NAME);
    peer.exchange(&good);
    peer.exchange(&format!("MSH|^~\\&|\rPID|1||{PATIENT}||{NAME}\r"));
    engine.wait_for_state("control:Y1", "delivered");
    partner.act(Act::Reject { code: AckCode::AE, condition: Some(101) });
    peer.exchange(&good.replace("|Y1|", "|Y2|"));
    engine.wait_for_state("control:Y2", "parked");
    // What people type is patient data as well.
    let id = engine.find("control:Y1")["id"].to_string();
    engine.sinew(&["message", &id, "--raw", "--reason", &format!("a call about {NAME}")]).expect(0);
    engine.sinew(&["replay", "control:Y1", "--yes", "--reason", &format!("{NAME} was wrong")]).expect(0);
    engine.sinew(&["messages", &format!("patient:{PATIENT}")]).expect(0);
    engine.sinew(&["messages", "--body", NAME, "--reason", "a call"]).expect(0);
    engine.sinew(&["audit", "search", "--patient", PATIENT]).expect(0);
    assert_eq!(showing(&data), Vec::<String>::new(), "while it runs");
    engine.sinew(&["key", "rotate", "--yes", "--reason", &format!("{NAME} saw it")]).expect(0).says(&["wrapped anew"]);
    assert_eq!(showing(&data), Vec::<String>::new(), "while it runs under another key");
    let inside = engine.sinew(&["messages", "--body", NAME, "--reason", "a call", "--json"]).expect(0);
    assert!(inside.out.lines().count() > 1 && !inside.out.contains(NAME), "{}", inside.out);
    assert_eq!(engine.signal("-TERM").0, 0);
    assert_eq!(showing(&data), Vec::<String>::new(), "at rest");

    workspace.sinew(&["key", "rotate", "--yes", "--reason", NAME]).expect(0).says(&["wrapped anew"]);
    let engine = workspace.run();
    engine.sinew(&["messages", &format!("patient:{PATIENT}")]).expect(0);
    let inside = engine.sinew(&["messages", "--body", NAME, "--reason", "a call", "--json"]).expect(0);
    assert!(inside.out.lines().count() > 1 && !inside.out.contains(NAME), "{}", inside.out);
    engine.sinew(&["audit", "search", "--patient", PATIENT]).expect(0).says(&["read", "search", "found"]);
    engine.sinew(&["audit", "verify"]).expect(0);
    assert_eq!(engine.signal("-TERM").0, 0);
    assert_eq!(showing(&data), Vec::<String>::new(), "under another key");
}

/// A partner that answers whoever connects with what it was told to say, and keeps what it heard.
pub(super) struct Gossip {
    pub(super) port: u16,
    pub(super) heard: Arc<Mutex<Vec<String>>>,
}

/// Says `greeting` at once and `answer` to each piece that it hears.
fn gossip(greeting: String, answer: String) -> Gossip {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = heard.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (greeting, answer, kept) = (greeting.clone(), answer.clone(), kept.clone());
            std::thread::spawn(move || chat(stream, &greeting, &answer, &kept));
        }
    });
    Gossip { port, heard }
}

fn chat(mut stream: TcpStream, greeting: &str, answer: &str, kept: &Mutex<Vec<String>>) -> Option<()> {
    stream.write_all(greeting.as_bytes()).ok()?;
    let mut piece = [0; 64 * 1024];
    loop {
        let count = stream.read(&mut piece).ok().filter(|count| *count > 0)?;
        kept.lock().expect("heard").push(String::from_utf8_lossy(&piece[..count]).into_owned());
        stream.write_all(answer.as_bytes()).ok()?;
    }
}

/// An answer of a web server that says the patient's name wherever it can.
pub(super) fn rude(status: &str, media_type: &str, body: &str) -> Gossip {
    let head = format!("HTTP/1.1 {status}\r\nX-About: {NAME}\r\nContent-Type: {media_type}; name=\"{NAME}\"\r\n");
    gossip(String::new(), format!("{head}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()))
}

/// A destination of each kind that can be had without a server of another maker, every one of which refuses and tells why in
/// words about the patient; and who hears what the web servers among them were asked.
fn destinations(workspace: &Workspace) -> (String, Vec<Gossip>) {
    let fault = |space: &str| {
        format!(
            "<e:Envelope xmlns:e='{space}'><e:Body><e:Fault><faultcode>e:Client</faultcode><faultstring>{NAME} \
             {PATIENT}</faultstring></e:Fault></e:Body></e:Envelope>"
        )
    };
    let web = rude("422 Odd", "application/json", &format!("{{\"error\":\"{NAME} is dead\"}}"));
    let hook = rude("410 Gone", "text/html", &format!("<h1>{NAME}</h1>"));
    let soap = rude("500 No", "text/xml", &fault("http://schemas.xmlsoap.org/soap/envelope/"));
    let store =
        rude("409 No", "application/xml", &format!("<Error><Code>{NAME}</Code><Message>{PATIENT}</Message></Error>"));
    let moved = gossip(
        String::new(),
        format!(
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/{NAME}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ),
    );
    let mail = gossip("220 here\r\n".to_owned(), format!("550 5.1.1 {NAME} {PATIENT} is unknown\r\n"));
    let redis = gossip(String::new(), format!("-ERR {NAME} is in the way\r\n"));
    let nats = gossip("INFO {}\r\n".to_owned(), format!("-ERR '{NAME} {PATIENT}'\r\n"));
    let labels = gossip(String::new(), format!("{NAME}\r\n"));
    // An empty file is an empty database.
    let database = workspace.write("lab.db", "").display().to_string();
    let (web_port, hook_port, soap_port, store_port, moved_port) =
        (web.port, hook.port, soap.port, store.port, moved.port);
    let lines = [
        format!("web {{\n    http http://127.0.0.1:{web_port}/hl7\n  }}"),
        format!("moved {{\n    http http://127.0.0.1:{moved_port}/hl7\n  }}"),
        format!(
            "hook {{\n    webhook http://127.0.0.1:{hook_port}/x secret \"a secret of 24 letters or more\" private yes\n  }}"
        ),
        format!(
            "service {{\n    soap http://127.0.0.1:{soap_port}/x {{\n      action \"urn:a\"\n      body \"<s>{{message}}</s>\"\n    }}\n  }}"
        ),
        format!(
            "bucket {{\n    s3 http://127.0.0.1:{store_port}/box/adt {{\n      access-key AKIDEXAMPLE\n      secret-key \"an example\"\n    }}\n  }}"
        ),
        format!("letter {{\n    smtp 127.0.0.1:{} tls none from a@example.org to [b@example.org]\n  }}", mail.port),
        format!("stream {{\n    redis 127.0.0.1:{}/s\n  }}", redis.port),
        format!("events {{\n    nats 127.0.0.1:{}/s\n  }}", nats.port),
        format!(
            "labels {{\n    tcp 127.0.0.1:{} framing delimiter end \"0x0A\" reply frame timeout 1s\n  }}",
            labels.port
        ),
        format!("log {{\n    syslog 127.0.0.1:{} transport tcp\n  }}", labels.port),
        format!("rows {{\n    sql sqlite:{database} statement \"INSERT INTO nowhere VALUES (:{{PID-5}})\"\n  }}"),
        "paper {\n    file out\n  }".to_owned(),
        "hub {\n    interface hub\n  }".to_owned(),
    ];
    (lines.iter().map(|line| format!("  send {line}\n")).collect(), vec![web, hook, soap, store, moved])
}

/// What people and machines may ask about the engine.
pub(super) fn everything_that_is_told(engine: &Engine, ids: &[String]) -> Vec<String> {
    let mut texts = Vec::new();
    let mut texts_of_api: Vec<String> = ["metrics", "status", "queues", "alerts", "quality", "audit", "versions"]
        .map(|name| format!("/api/v1/{name}"))
        .into();
    let mut ask = |arguments: &[&str]| {
        let done = engine.sinew(arguments);
        texts.push(format!("{arguments:?}\n{}{}", done.out, done.err));
    };
    for arguments in [
        &["status"][..],
        &["status", "--json"],
        &["queues", "--all"],
        &["queues", "--json"],
        &["doctor"],
        &["alerts"],
        &["alerts", "--json"],
        &["audit", "search"],
        &["audit", "search", "--json"],
        &["audit", "export", "--format", "fhir"],
        &["audit", "export", "--format", "atna"],
        &["audit", "export", "--format", "csv"],
        &["compliance", "report"],
        &["quality"],
        &["quality", "--json"],
        &["plan"],
    ] {
        ask(arguments);
    }
    for id in ids {
        for arguments in [&["explain", id][..], &["explain", id, "--json"], &["message", id, "--json"]] {
            ask(arguments);
        }
        ask(&["replay", &format!("id:{id}")]);
        texts_of_api.push(format!("/api/v1/messages/{id}"));
    }
    texts.extend(texts_of_api.iter().map(|path| asked_of(&engine.at("data/control.sock"), path)));
    texts
}

/// What the API answers on its socket.
pub(super) fn asked_of(socket: &Path, path: &str) -> String {
    let answer = said_by(socket, "GET", path, "");
    assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    answer
}

/// What it answers to anything.
pub(super) fn said_by(socket: &Path, method: &str, path: &str, body: &str) -> String {
    let mut stream = UnixStream::connect(socket).expect("the socket");
    let length = body.len();
    let head =
        format!("{method} {path} HTTP/1.1\r\nHost: sinew\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn no_way_and_no_word_of_a_partner_shows_the_patient() {
    let workspace = Workspace::empty();
    let (sends, web) = destinations(&workspace);
    workspace.interface("adt", &received(&sends));
    workspace.interface("hub", "  receive interface\n  send archive {\n    file hub\n  }");
    let mut start = command(&["run"]);
    // Two bugs of ours, in a step and in a connector: what a panic says is text, too.
    start.env("SINEW_PANIC", "plan.before:2").env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
    let mut engine = Engine::spawn_with(workspace.path(), start);
    engine.wait_to_answer();
    let mut peer = Peer::connect(&engine.address("adt"));
    let good = admission("W1", PATIENT).replace("Quist", NAME);
    let mut texts = vec![peer.exchange(&good), peer.exchange(&good.replace("|W1|", "|W2|"))];
    let id = engine.find("control:W1")["id"].to_string();
    // Each destination has been tried once at least.
    wait_for("every destination to have been tried", || {
        let told = engine.sinew(&["explain", &id, "--json"]).json();
        let deliveries = told["deliveries"].as_array().cloned().unwrap_or_default();
        let is_tried = |one: &serde_json::Value| one["attempts"].as_u64().is_some_and(|count| count > 0);
        (deliveries.len() >= 13 && deliveries.iter().all(is_tried)).then_some(())
    });
    let other = engine.find("control:W2")["id"].to_string();
    engine.sinew(&["replay", &format!("id:{other}"), "--yes", "--reason", "the bug is gone"]).expect(0);
    texts.extend(everything_that_is_told(&engine, &[id, other]));
    let limits = fs::read_to_string(format!("/proc/{}/limits", engine.pid())).expect("limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a line").to_owned();
    assert_eq!(core.split_whitespace().filter(|word| *word == "0").count(), 2, "{core}");
    for gossip in &web {
        for request in gossip.heard.lock().expect("heard").iter().filter(|text| text.contains(" HTTP/1.1\r\n")) {
            texts.push(request.split("\r\n\r\n").next().unwrap_or_default().to_owned());
        }
    }
    engine.send_signal("-ABRT");
    assert_eq!(engine.wait_for_signal(), 6);
    texts.push(engine.talk());
    for text in &texts {
        assert!(!text.contains(NAME) && !text.contains(PATIENT), "patient data in:\n{text}");
    }
    let left: Vec<String> = showing(workspace.path());
    let is_message = |path: &String| path.contains("/out/") || path.contains("/hub/");
    assert!(left.iter().all(is_message), "beside what was sent to folders: {left:?}");
}
