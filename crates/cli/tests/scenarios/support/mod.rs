//! What scenarios share: the binary, a running engine, a partner, a sender, waiting.

mod engine;
mod partner;
mod peer;
mod workspace;

pub use engine::Engine;
pub use partner::{Partner, field};
pub use peer::Peer;
pub use workspace::{Workspace, received};

use std::{
    fs::File,
    io::Write,
    net::TcpListener,
    process::{Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicU16, Ordering},
    },
    time::{Duration, Instant},
};

/// Longest wait for something that has to happen. Machines that test are slow; what is waited for is quick.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What a command left behind.
#[derive(Debug)]
pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
    pub bytes: Vec<u8>,
}

impl Done {
    /// Fails with everything that was printed unless the exit code is this one.
    #[track_caller]
    pub fn expect(self, code: i32) -> Done {
        assert_eq!(self.code, code, "exit code\nstdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// stdout as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {}", self.out))
    }

    /// stdout and stderr hold each of these texts.
    #[track_caller]
    pub fn says(&self, texts: &[&str]) {
        let all = format!("{}{}", self.out, self.err);
        texts.iter().for_each(|text| assert!(all.contains(text), "`{text}` is not in:\n{all}"));
    }
}

/// The binary, with an environment that does not change what it prints.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sinew"));
    command.args(arguments).env_remove("SINEW_ENV").env_remove("CLICOLOR_FORCE").env("LC_ALL", "C.UTF-8");
    command
}

/// Runs `sinew` to its end.
pub fn sinew(arguments: &[&str]) -> Done {
    sinew_with(arguments, b"")
}

/// Runs `sinew` to its end with this on standard input.
pub fn sinew_with(arguments: &[&str], input: &[u8]) -> Done {
    finish(command(arguments), input)
}

/// Runs a command to its end.
pub fn finish(mut command: Command, input: &[u8]) -> Done {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    // A command that fails early does not read its input.
    let _ = child.stdin.take().expect("stdin").write_all(input);
    let output = child.wait_with_output().expect("output");
    Done {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
        bytes: output.stdout,
    }
}

/// Waits until `look` gives something.
#[track_caller]
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A port that nobody uses, below those that the system gives to clients, so that it stays free while it is closed. It
/// is this process's until it ends, also against tests in other processes: a locked file says so.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    static CLAIMED: Mutex<Vec<File>> = Mutex::new(Vec::new());
    let folder = std::env::temp_dir().join("sinew-test-ports");
    std::fs::create_dir_all(&folder).expect("a folder for claims");
    // Processes that run at the same time begin far from one another.
    let start = u16::try_from(std::process::id().wrapping_mul(97) % 12_000).unwrap_or(0);
    loop {
        let port = 20_000 + (start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed))) % 12_000;
        let claim = File::create(folder.join(port.to_string())).expect("a claim");
        if claim.try_lock().is_ok() && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            CLAIMED.lock().expect("no panic while it is held").push(claim);
            return port;
        }
    }
}

/// An admission of an invented patient.
pub fn admission(control_id: &str, patient: &str) -> String {
    [
        format!("MSH|^~\\&|EPR|NORTH|HUB|NORTH|20260301120000||ADT^A01^ADT_A01|{control_id}|P|2.5.1"),
        "EVN||20260301120000".to_owned(),
        format!("PID|1||{patient}^^^NORTH^MR||Quist^Ada||19780701|F"),
        "PV1|1|I|4W^201^A^NORTH||||||||||||||||V10139^^^NORTH^VN".to_owned(),
    ]
    .map(|segment| segment + "\r")
    .concat()
}
