//! An engine with two interfaces behind the API, and a client that sends whatever a test wants to send.

use engine::{Engine, Options, acts::Person};
use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Settings, Side, Spec},
    contract::{Boxed, Destination, Frame, Intake, Outgoing, Phase, Source, Verdict},
    workspace::{self, Files, Workspace},
};
use message::{Clock as _, Format, MessageId, Outcome, Reason, clock};
use ring::hmac;
use serde_json::{Value, json};
use server::{Api, ApiSettings, secrets::Secret};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use store::Store;
use testkit::Folder;
use tokio::{runtime::Runtime, sync::watch};
use zeroize::Zeroizing;

/// A password that is good enough.
pub(crate) const PASSWORD: &str = "four unrelated words";

struct Fake;

static SPEC: Spec = Spec {
    name: "fake",
    title: "takes everything",
    description: "",
    source: Some(Side { address: Address { kind: AddressKind::HostPort, description: "" }, options: &[], example: "" }),
    destination: Some(Side {
        address: Address { kind: AddressKind::Folder, description: "" },
        options: &[],
        example: "",
    }),
};

impl Connector for Fake {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }
    fn source(&self, settings: &Settings, _: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        let source = Listener(settings.address.to_string());
        Box::pin(async move { Ok(Box::new(source) as Box<dyn Source>) })
    }
    fn destination(&self, _: &Settings, _: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(Lane))
    }
}

struct Listener(String);

impl Source for Listener {
    fn address(&self) -> String {
        self.0.clone()
    }
    fn run(
        self: Box<Self>,
        _: Arc<dyn Intake>,
        mut phase: watch::Receiver<Phase>,
    ) -> Boxed<'static, Result<(), Reason>> {
        Box::pin(async move {
            let _ = phase.wait_for(|phase| *phase == Phase::Draining).await;
            Ok(())
        })
    }
}

struct Lane;

impl Destination for Lane {
    /// What comes from the facility `NOWHERE` is refused.
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        let is_refused = outgoing.bytes.windows(9).any(|part| part == b"|NOWHERE|");
        let reason = Reason::read("E6305", "the test refuses it");
        Box::pin(async move {
            if is_refused { Outcome::Permanent { reason, reply: None } } else { Outcome::Delivered { reply: None } }
        })
    }
}

static CONNECTORS: &[&dyn Connector] = &[&Fake];

/// A process whose workspace is one text.
#[derive(Default)]
pub(crate) struct Process {
    /// What stands on disk.
    pub(crate) text: std::sync::Mutex<String>,
    /// What was put into force last.
    pub(crate) in_force: std::sync::Mutex<server::Texts>,
    /// Files that were added.
    pub(crate) added: std::sync::Mutex<Vec<(String, String)>>,
    /// The vault: who set a name, and its text.
    pub(crate) secrets: std::sync::Mutex<std::collections::BTreeMap<String, (String, String)>>,
    /// Other files, by their path.
    pub(crate) beside: std::sync::Mutex<Vec<(String, String)>>,
    /// The map of `demo`.
    pub(crate) map: std::sync::Mutex<String>,
}

/// Where that map lies.
pub(crate) const MAP: &str = "interfaces/demo/maps/m.map";

impl server::Host for Process {
    fn reload(&self, only: Option<String>) -> Boxed<'_, Option<Value>> {
        let text = self.text.lock().unwrap().clone();
        let is_it = only.is_none_or(|only| only == text);
        if is_it {
            *self.in_force.lock().unwrap() = self.on_disk();
        }
        Box::pin(async move { is_it.then(|| json!({"schema": "sinew.reload/1", "applied": text})) })
    }
    fn test(&self, _: &str) -> Result<Value, Reason> {
        Ok(json!({"schema": "sinew.test/1"}))
    }
    fn texts(&self, file: &str) -> Vec<(String, String)> {
        let is_demo = file.starts_with("interfaces/demo/");
        is_demo.then(|| (MAP.to_owned(), self.map.lock().unwrap().clone())).into_iter().collect()
    }
    fn files(&self) -> Files {
        let (map, beside) = (self.map.lock().unwrap(), self.beside.lock().unwrap());
        let beside = beside.iter().map(|(path, text)| (&**path, &**text));
        Files::memory(std::iter::once((MAP, map.as_str())).chain(beside))
    }
    fn write(&self, file: &str, before: &str, text: &str) -> Result<(), Reason> {
        let mut map = self.map.lock().unwrap();
        if file != MAP || *map != before {
            return Err(Reason::new(server::codes::E7402, "changed meanwhile"));
        }
        text.clone_into(&mut map);
        Ok(())
    }
    fn add(&self, files: &[(String, String)]) -> Result<(), Reason> {
        self.added.lock().unwrap().extend_from_slice(files);
        Ok(())
    }
    fn plan(&self) -> Value {
        json!({"schema": "sinew.plan/1", "fingerprint": *self.text.lock().unwrap()})
    }
    fn environment(&self) -> String {
        "test".to_owned()
    }
    fn in_force(&self) -> server::Texts {
        self.in_force.lock().unwrap().clone()
    }
    fn on_disk(&self) -> server::Texts {
        [("interfaces/demo/interface.flow".to_owned(), self.text.lock().unwrap().clone())].into()
    }
    fn restore(&self, texts: &server::Texts) -> Result<(), Reason> {
        *self.text.lock().unwrap() = texts.values().next().cloned().unwrap_or_default();
        Ok(())
    }
    fn stop(&self) {}
    fn begin_backup(&self, _: PathBuf, _: Vec<String>, _: Person) -> Result<Value, Reason> {
        Ok(json!({}))
    }
    fn backup(&self) -> Value {
        json!({})
    }
    fn secrets(&self) -> Result<Vec<Secret>, Reason> {
        let secret = |(name, (by, _)): (&String, &(String, String))| Secret {
            name: name.clone(),
            place: "vault".into(),
            is_kept: true,
            set: Some(clock::System.now()),
            by: by.clone(),
            used_by: (name == "in-use").then(|| "demo".to_owned()).into_iter().collect(),
        };
        Ok(self.secrets.lock().unwrap().iter().map(secret).collect())
    }
    fn set_secret(&self, name: &str, text: Zeroizing<String>, by: &str) -> Result<(), Reason> {
        self.secrets.lock().unwrap().insert(name.to_owned(), (by.to_owned(), text.to_string()));
        Ok(())
    }
    fn remove_secret(&self, name: &str) -> Result<bool, Reason> {
        Ok(self.secrets.lock().unwrap().remove(name).is_some())
    }
    fn describe(&self) -> Value {
        json!({})
    }
}

/// See the module.
pub(crate) struct Stage {
    pub(crate) runtime: Runtime,
    pub(crate) engine: Engine,
    pub(crate) api: Api,
    pub(crate) address: SocketAddr,
    pub(crate) process: Arc<Process>,
    folder: Folder,
    over: watch::Sender<bool>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.over.send_replace(true);
    }
}

fn definitions() -> Vec<Arc<interface::definition::Definition>> {
    workspace_with(&[]).definitions
}

/// The workspace of the tests, with these files besides.
pub(crate) fn workspace_with(files: &[(String, String)]) -> Workspace {
    let text = |name: &str, port: u16| {
        format!(
            "interface {name} \"Test\" {{\n  owner \"Team\" contact it@example.org oncall 5-0100\n  receive fake {port}\n  \
             send out {{\n    fake out\n  }}\n}}\n"
        )
    };
    let (demo, other) = (text("demo", 2575), text("other", 2576));
    let own = [
        ("sinew.toml", "name = \"test\""),
        ("interfaces/demo/interface.flow", &demo),
        ("interfaces/other/interface.flow", &other),
    ];
    let files = Files::memory(own.into_iter().chain(files.iter().map(|(path, text)| (&**path, &**text))));
    let variables = |_: &str| None;
    let options = workspace::Options {
        connectors: CONNECTORS,
        environment: None,
        overrides: None,
        variables: &variables,
        secrets: &|_| None,
    };
    let (workspace, findings) = Workspace::of(files, &options);
    assert!(!findings.iter().any(message::Diagnostic::is_error), "{findings:#?}");
    workspace
}

impl Stage {
    pub(crate) fn new() -> Stage {
        Stage::with(ApiSettings::default())
    }

    pub(crate) fn with(settings: ApiSettings) -> Stage {
        Stage::after(settings, |_, _| {})
    }

    /// After something was done to the folder of the store.
    pub(crate) fn after(settings: ApiSettings, prepare: impl FnOnce(&Path, &store::Options)) -> Stage {
        Stage::keyed(settings, store::KeySource::InDirectory, prepare)
    }

    /// The same with a master key from elsewhere.
    pub(crate) fn keyed(
        settings: ApiSettings,
        key: store::KeySource,
        prepare: impl FnOnce(&Path, &store::Options),
    ) -> Stage {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let folder = Folder::new();
        let options =
            store::Options { segment_bytes: 1024 * 1024, reserve_bytes: 64 * 1024, key, ..store::Options::default() };
        prepare(folder.path(), &options);
        let (store, recovered) = Store::open(folder.path(), &options).unwrap();
        let options = Options {
            workspace: folder.path().to_path_buf(),
            clock: Arc::new(clock::System),
            connectors: CONNECTORS,
            quality: engine::quality::Settings::default(),
        };
        let entered = runtime.enter();
        let engine = Engine::new(store, recovered.open, options);
        drop(entered);
        let changes = runtime.block_on(engine.apply(definitions(), &[]));
        assert!(changes.failed.is_empty(), "{changes:?}");
        let settings = ApiSettings { listen: Some("127.0.0.1:0".parse().unwrap()), ..settings };
        let listening = runtime.block_on(server::bind(&settings)).unwrap().unwrap();
        let address = listening.address;
        let process = Arc::new(Process::default());
        let api = Api::new(engine.clone(), process.clone(), settings).unwrap();
        let over = watch::Sender::new(false);
        let stopped = || {
            let mut over = over.subscribe();
            async move {
                let _ = over.wait_for(|is_over| *is_over).await;
            }
        };
        let (serving, until) = (api.clone(), stopped());
        runtime.spawn(async move { serving.serve_http(listening, until).await });
        let (serving, until, socket) = (api.clone(), stopped(), folder.join("control.sock"));
        runtime.spawn(async move { serving.serve_socket(&socket, until).await });
        let stage = Stage { runtime, engine, api, address, process, folder, over };
        let end = std::time::Instant::now() + Duration::from_secs(10);
        while !stage.folder.join("control.sock").exists() {
            assert!(std::time::Instant::now() < end, "the socket is not there");
            std::thread::sleep(Duration::from_millis(2));
        }
        stage
    }

    /// The control socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join("control.sock")
    }

    /// Waits until the index says that a message is in this state.
    pub(crate) fn wait_for_state(&self, id: MessageId, state: &str) {
        let end = std::time::Instant::now() + Duration::from_secs(20);
        let query = json!({"query": format!("id:{id} state:{state}")});
        while self.local("/api/v1/messages/search", &query)["messages"].as_array().is_none_or(Vec::is_empty) {
            assert!(std::time::Instant::now() < end, "message {id} is not {state}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// A request with a key whose answer is a stream that ends: all of it.
    pub(crate) fn lines(&self, key: &str, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {key}\r\nContent-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        loop {
            let mut stream = TcpStream::connect(self.address).unwrap();
            stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).unwrap();
            let answer = answer(&bytes);
            if answer.status != 429 {
                return answer;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// As the owner of the control socket.
    pub(crate) fn local(&self, path: &str, body: &Value) -> Value {
        let client = server::client::Client::new(self.folder.path());
        self.runtime.block_on(client.post(path, body)).unwrap_or_else(|error| panic!("{path}: {error:?}"))
    }

    /// Acts and objects of the audit chain, oldest first.
    pub(crate) fn audit(&self) -> Vec<String> {
        let mut rows =
            self.engine.store().audit().list(&store::AuditQuery { limit: 10_000, ..Default::default() }).unwrap();
        rows.reverse();
        let ending = |row: &store::AuditRow| if row.entry.is_refused { " refused" } else { "" };
        let told =
            |row: &store::AuditRow| format!("{}: {}{} {}", row.entry.who, row.entry.act, ending(row), row.entry.object);
        rows.iter().map(told).collect()
    }

    /// The audit chain as soon as it is so: some records are written beside the request.
    pub(crate) fn audit_until(&self, is_so: impl Fn(&[String]) -> bool) -> Vec<String> {
        let end = std::time::Instant::now() + Duration::from_secs(20);
        loop {
            let rows = self.audit();
            if is_so(&rows) {
                return rows;
            }
            assert!(std::time::Instant::now() < end, "{rows:#?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// A message that an interface accepted.
    pub(crate) fn give(&self, interface: &str, facility: &str, number: usize) -> MessageId {
        let text = format!(
            "MSH|^~\\&|REG|{facility}|SINEW|HUB|20260301070809||ADT^A01|M{number}|P|2.5.1\rPID|1||P{number}^^^{facility}^MR||Quist^Ada\r"
        );
        let frame = Frame {
            bytes: text.into(),
            peer: "10.0.0.1:4000".into(),
            received: clock::System.now(),
            format: Format::Hl7v2,
            from: None,
            found: Arc::default(),
        };
        let flow = self.engine.flow(interface).unwrap();
        let reply = self.runtime.block_on(flow.accept(frame));
        match reply.verdict() {
            Verdict::Accepted(id) => *id,
            Verdict::Later(reason) | Verdict::Refused(reason) => panic!("{reason:?}"),
        }
    }

    /// A key of a new service with these grants.
    pub(crate) fn key(&self, name: &str, grants: &Value) -> String {
        self.local("/api/v1/users", &json!({"name": name, "is_service": true, "grants": grants}));
        let made = self.local("/api/v1/keys", &json!({"user": name, "title": "test", "grants": grants, "days": 1}));
        made["text"].as_str().unwrap().to_owned()
    }

    /// A browser without cookies.
    pub(crate) fn browser(&self) -> Browser {
        Browser { address: self.address, session: String::new(), mark: String::new(), token: String::new() }
    }

    /// A request with a key; tried again while the gate holds the test back.
    pub(crate) fn with_key(&self, key: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let header = format!("Authorization: Bearer {key}");
        let body = body.map(ToString::to_string).unwrap_or_default();
        loop {
            let answer = send(self.address, method, path, &[&header], body.as_bytes());
            if answer.status != 429 {
                return answer;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let start = format!("set-cookie: {name}=");
        let line = self.head.lines().find(|line| line.to_ascii_lowercase().starts_with(&start))?;
        Some(line[start.len()..].split(';').next()?.to_owned())
    }
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

/// Sends a request; of a stream without an end, only the head is read.
pub(crate) fn send(address: SocketAddr, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Answer {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    headers.iter().for_each(|header| head.push_str(&format!("{header}\r\n")));
    if !body.is_empty() {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    raw(address, format!("{head}\r\n").as_bytes(), body)
}

/// Sends bytes and reads an answer.
pub(crate) fn raw(address: SocketAddr, head: &[u8], body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(head).unwrap();
    // The server may have answered, and closed, before it has seen all of the body.
    let _ = stream.write_all(body);
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let is_stream = head.contains("text/event-stream") || head.contains("x-ndjson");
            let length = head.to_ascii_lowercase();
            let length =
                length.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse::<usize>().ok());
            if is_stream || length.is_some_and(|length| body.len() >= length) {
                break;
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
    answer(&bytes)
}

fn answer(bytes: &[u8]) -> Answer {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

/// A browser that keeps its cookies and sends the token of its page.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    pub(crate) address: SocketAddr,
    pub(crate) session: String,
    pub(crate) mark: String,
    pub(crate) token: String,
}

impl Browser {
    pub(crate) fn ask(&mut self, method: &str, path: &str, body: Value) -> Answer {
        let cookies = format!("Cookie: __Host-sinew={}; __Host-sinew-mark={}", self.session, self.mark);
        let origin = format!("Origin: http://{}", self.address);
        let token = format!("x-sinew-token: {}", self.token);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = send(self.address, method, path, &[&cookies, &origin, &token], body.as_bytes());
        if let Some(session) = answer.cookie("__host-sinew") {
            self.session = session;
        }
        if let Some(mark) = answer.cookie("__host-sinew-mark") {
            self.mark = mark;
        }
        if let Some(token) = answer.json()["token"].as_str() {
            self.token = token.to_owned();
        }
        answer
    }
    pub(crate) fn post(&mut self, path: &str, body: Value) -> Answer {
        self.ask("POST", path, body)
    }
    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, Value::Null)
    }
    pub(crate) fn sign_in(&mut self, name: &str, password: &str) -> Answer {
        self.post("/api/v1/sign-in", json!({"name": name, "password": password}))
    }
    /// Sets an app up; gives its secret and the recovery codes.
    pub(crate) fn enroll(&mut self) -> (String, Vec<String>) {
        let begun = self.post("/api/v1/me/totp", json!({"password": PASSWORD})).expect(200).json();
        let secret = begun["secret"].as_str().unwrap().to_owned();
        let done = self.post("/api/v1/me/totp/confirm", json!({"code": code(&secret, -1)})).expect(200).json();
        let codes = done["recovery"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect();
        (secret, codes)
    }
}

/// The code that an app shows, some steps from now (RFC 6238).
pub(crate) fn code(secret: &str, steps: i64) -> String {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0u32, 0);
    for letter in secret.chars() {
        held = held << 5 | LETTERS.find(letter).unwrap() as u32;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    let step = clock::System.now().0 / 30_000_000 + steps;
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes), &step.to_be_bytes());
    let tag = tag.as_ref();
    let start = usize::from(tag[19] & 15);
    let number = u32::from_be_bytes(tag[start..start + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}
