//! A running `sinew run` or `sinew dev`.

use super::{Done, command, finish, wait_for};
use serde_json::Value;
use std::{
    io::Read,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};

/// The process; killed when dropped.
pub struct Engine {
    child: Child,
    folder: PathBuf,
    talk: Arc<Mutex<String>>,
}

impl Engine {
    /// Starts it and waits until it answers on its socket.
    pub fn start(folder: &Path, verb: &str) -> Engine {
        let mut engine = Engine::spawn(folder, verb);
        engine.wait_to_answer();
        engine
    }

    /// Waits until it answers on its socket.
    #[track_caller]
    pub fn wait_to_answer(&mut self) {
        let pid = u64::from(self.pid());
        wait_for("the engine to answer", || {
            assert!(self.try_end().is_none(), "the engine ended:\n{}", self.talk());
            let status = self.sinew(&["status", "--json"]);
            let status: Value = serde_json::from_str(&status.out).ok()?;
            (status["process"]["pid"].as_u64() == Some(pid)).then_some(())
        });
    }

    /// Starts it.
    pub fn spawn(folder: &Path, verb: &str) -> Engine {
        Engine::spawn_with(folder, command(&[verb]))
    }

    /// Starts it by a command of the caller, which has to become the engine.
    pub fn spawn_with(folder: &Path, mut command: Command) -> Engine {
        command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let talk = Arc::new(Mutex::new(String::new()));
        let (kept, mut stderr) = (talk.clone(), child.stderr.take().expect("stderr"));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stderr.read(&mut buffer) {
                kept.lock().expect("talk").push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        });
        Engine { child, folder: folder.to_path_buf(), talk }
    }

    /// A place in its workspace.
    pub fn at(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its exit code, once it has ended; -1 stands for a signal.
    pub fn try_end(&mut self) -> Option<i32> {
        self.child.try_wait().expect("a state").map(|status| status.code().unwrap_or(-1))
    }

    /// Waits until a signal has ended it, and gives its number; fails where it ended by itself.
    #[track_caller]
    pub fn wait_for_signal(&mut self) -> i32 {
        let status = wait_for("the engine to be killed", || self.child.try_wait().expect("a state"));
        status.signal().unwrap_or_else(|| panic!("the engine ended with {status}:\n{}", self.talk()))
    }

    /// What it said so far.
    pub fn talk(&self) -> String {
        self.talk.lock().expect("talk").clone()
    }

    /// Waits until it has said this.
    #[track_caller]
    pub fn wait_to_say(&self, text: &str) {
        wait_for(&format!("`{text}` on stderr"), || self.talk().contains(text).then_some(()));
    }

    /// Runs a command in the workspace.
    pub fn sinew(&self, arguments: &[&str]) -> Done {
        let mut command = command(arguments);
        command.current_dir(&self.folder);
        finish(command, b"")
    }

    /// `status --json`, the part of the engine.
    pub fn status(&self) -> Value {
        self.sinew(&["status", "--json"]).json()["engine"].clone()
    }

    /// One of the counters of the conservation line.
    pub fn count(&self, name: &str) -> u64 {
        self.status()["counts"][name].as_u64().expect("a count")
    }

    /// Waits until a counter has this value.
    #[track_caller]
    pub fn wait_for_count(&self, name: &str, count: u64) {
        wait_for(&format!("{name} = {count}"), || (self.count(name) == count).then_some(()));
    }

    /// Where an interface listens.
    pub fn address(&self, interface: &str) -> String {
        let status = self.status();
        let rows = status["interfaces"].as_array().expect("interfaces").clone();
        let row = rows.iter().find(|row| row["name"] == interface).expect("the interface");
        row["address"].as_str().expect("an address").to_owned()
    }

    /// Sends files, and expects a positive acknowledgment for each message.
    #[track_caller]
    pub fn send(&self, files: &[&str]) -> Done {
        self.sinew(&[&["send", &self.address("adt")], files].concat()).expect(0)
    }

    /// The newest message that a query finds.
    #[track_caller]
    pub fn find(&self, query: &str) -> Value {
        let mut said = String::new();
        let found = wait_for("the message to be found", || {
            let done = self.sinew(&["messages", query, "--json"]);
            if done.code != 0 && done.err != said {
                eprintln!("--- a search said:\n{}", done.err);
                said.clone_from(&done.err);
            }
            (done.code == 0).then(|| done.json())
        });
        found["messages"][0].clone()
    }

    /// Waits until a message that a query finds has a state.
    #[track_caller]
    pub fn wait_for_state(&self, query: &str, state: &str) -> Value {
        wait_for(&format!("{query} to be {state}"), || Some(self.find(query)).filter(|row| row["state"] == state))
    }

    /// Ends it with a signal, and gives its exit code.
    pub fn signal(mut self, name: &str) -> (i32, String) {
        self.send_signal(name);
        let code = wait_for("the engine to end", || self.try_end());
        (code, self.talk())
    }

    /// Sends it a signal.
    pub fn send_signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.pid().to_string()]).status().expect("kill").success());
    }

    /// Waits until it ends by itself.
    pub fn end(mut self) -> (i32, String) {
        let code = wait_for("the engine to end", || self.try_end());
        // The reader of stderr ends with the pipe; what was said last may be a moment behind the exit.
        std::thread::sleep(std::time::Duration::from_millis(50));
        (code, self.talk())
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- the engine said:\n{}", self.talk());
        }
    }
}
