//! The API in front of an engine, as `sinew run` serves it, and a plain HTTP client: for benchmarks of what the console
//! costs and what a sign-in takes.

use crate::stage::{Must, Stage};
use engine::acts::Person;
use interface::{contract::Boxed, workspace::Files};
use message::Reason;
use serde_json::{Value, json};
use server::{Api, ApiSettings, Host, Texts, secrets::Secret};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio::sync::watch;
use zeroize::Zeroizing;

/// A process whose workspace is one map, or nothing.
struct Process {
    map: String,
}

/// Where that map lies.
pub(crate) const MAP: &str = "interfaces/bench/maps/preview.map";

fn nothing<T>() -> Result<T, Reason> {
    Err(Reason::new(engine::codes::E5201, "a benchmark does not do this"))
}

impl Host for Process {
    fn reload(&self, _: Option<String>) -> Boxed<'_, Option<Value>> {
        Box::pin(async { None })
    }
    fn plan(&self) -> Value {
        json!({})
    }
    fn environment(&self) -> String {
        String::new()
    }
    fn in_force(&self) -> Texts {
        Texts::default()
    }
    fn on_disk(&self) -> Texts {
        Texts::default()
    }
    fn restore(&self, _: &Texts) -> Result<(), Reason> {
        nothing()
    }
    fn add(&self, _: &[(String, String)]) -> Result<(), Reason> {
        nothing()
    }
    fn stop(&self) {}
    fn begin_backup(&self, _: PathBuf, _: Vec<String>, _: Person) -> Result<Value, Reason> {
        nothing()
    }
    fn backup(&self) -> Value {
        json!({})
    }
    fn test(&self, _: &str) -> Result<Value, Reason> {
        nothing()
    }
    fn texts(&self, _: &str) -> Vec<(String, String)> {
        vec![(MAP.to_owned(), self.map.clone())]
    }
    fn files(&self) -> Files {
        Files::memory([(MAP, self.map.as_str())])
    }
    fn write(&self, _: &str, _: &str, _: &str) -> Result<(), Reason> {
        nothing()
    }
    fn secrets(&self) -> Result<Vec<Secret>, Reason> {
        Ok(Vec::new())
    }
    fn set_secret(&self, _: &str, _: Zeroizing<String>, _: &str) -> Result<(), Reason> {
        nothing()
    }
    fn remove_secret(&self, _: &str) -> Result<bool, Reason> {
        nothing()
    }
    fn describe(&self) -> Value {
        json!({})
    }
}

/// The API while it is served.
pub(crate) struct Served {
    pub(crate) api: Api,
    pub(crate) address: SocketAddr,
    over: watch::Sender<bool>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.over.send_replace(true);
    }
}

impl Served {
    /// Serves the API of the stage's engine on a free port.
    pub(crate) fn start(stage: &Stage) -> Served {
        Served::with_map(stage, String::new())
    }

    /// The same, with a map in the workspace.
    pub(crate) fn with_map(stage: &Stage, map: String) -> Served {
        let settings = ApiSettings {
            listen: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
            // Nobody here is real, and a browser without hands has no second factor.
            is_demo: true,
            ..ApiSettings::default()
        };
        let listening = stage.runtime.block_on(server::bind(&settings)).must("a port").must("an address");
        let address = listening.address;
        let api =
            Api::new(stage.engine.clone(), Arc::new(Process { map }), settings).map_err(|reason| reason.to_string());
        let api = api.must("the API");
        let over = watch::Sender::new(false);
        let (serving, mut until) = (api.clone(), over.subscribe());
        stage.runtime.spawn(async move {
            let stopped = async move {
                let _ = until.wait_for(|is_over| *is_over).await;
            };
            serving.serve_http(listening, stopped).await;
        });
        Served { api, address, over }
    }

    /// A browser that is signed in as the first administrator, as far as a password brings it.
    pub(crate) fn administrator(&self, name: &str, password: &str) -> Browser {
        let (token, _) =
            self.api.begin_setup().map_err(|reason| reason.to_string()).must("a token").must("nobody is there yet");
        let mut browser = Browser::new(self.address);
        let body = json!({"token": token, "name": name, "title": "Ada Quist", "password": password});
        browser.ask("POST", "/api/v1/sign-in/token", &body).must("the first sign-in");
        browser
    }
}

/// What a browser keeps.
pub(crate) struct Browser {
    address: SocketAddr,
    cookies: [String; 2],
    token: String,
}

const COOKIES: [&str; 2] = ["__Host-sinew", "__Host-sinew-mark"];

impl Browser {
    pub(crate) fn new(address: SocketAddr) -> Browser {
        Browser { address, cookies: Default::default(), token: String::new() }
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> std::io::Result<TcpStream> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let address = self.address;
        let [session, mark] = &self.cookies;
        let [session_name, mark_name] = COOKIES;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nOrigin: http://{address}\r\n\
             Cookie: {session_name}={session}; {mark_name}={mark}\r\nx-sinew-token: {}\r\nContent-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.write_all(request.as_bytes())?;
        Ok(stream)
    }

    /// Asks once; the body of an answer of success, else what the server said.
    pub(crate) fn ask(&mut self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let mut text = Vec::new();
        let sent = self.send(method, path, body).and_then(|mut stream| stream.read_to_end(&mut text));
        sent.map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&text);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        for (cookie, name) in self.cookies.iter_mut().zip(COOKIES) {
            let start = format!("set-cookie: {name}=");
            if let Some(line) = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&start.to_lowercase())) {
                line[start.len()..].split(';').next().unwrap_or_default().clone_into(cookie);
            }
        }
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        if let Some(token) = body["token"].as_str() {
            token.clone_into(&mut self.token);
        }
        let status = head.split(' ').nth(1).unwrap_or_default();
        if status.starts_with('2') { Ok(body) } else { Err(format!("{path}: {status} {body}")) }
    }

    /// Asks with a body for an answer that comes in lines.
    pub(crate) fn lines(&self, path: &str, body: &Value) -> std::io::Result<TcpStream> {
        self.send("POST", path, body)
    }

    /// Opens a stream that does not end, and reads it away until it does.
    pub(crate) fn follow(&self, path: &str) -> std::io::Result<TcpStream> {
        self.send("GET", path, &Value::Null)
    }
}
