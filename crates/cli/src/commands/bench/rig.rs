//! The processes of a measurement: each is this same binary, so that CPU time is told apart by process.
//!
//! Owns the temporary folder, the children and the readings of `/proc`. Promises: children end with this process,
//! however it ends, because they watch their standard input; the folder is removed when the rig is dropped.

use crate::outcome::{Exit, Failure, Result};
use serde_json::Value;
use server::client::Client;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Longest wait for a child to listen.
const START_TIME_MAX: Duration = Duration::from_secs(20);
/// Clock ticks a second in `/proc/PID/stat`: fixed by the kernel's interface to user space on Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// A folder for one run, removed at the end.
pub struct Folder(PathBuf);

impl Folder {
    /// Makes it in `parent`.
    pub fn make(parent: &Path) -> Result<Folder> {
        use message::Clock as _;
        let name = format!("sinew-bench-{}-{}", std::process::id(), message::clock::System.now().0);
        let path = parent.join(name);
        fs::create_dir_all(&path).map_err(|error| unreachable(&path, &error))?;
        Ok(Folder(path))
    }

    /// Where measurements go that nobody gave a place: `/var/tmp` is on a disk, `/tmp` may be memory, whose fsync does
    /// nothing (Filesystem Hierarchy Standard 3.0 §5.15).
    pub fn parent(wanted: Option<&Path>) -> PathBuf {
        let on_disk = Path::new("/var/tmp");
        let fallback = || if on_disk.is_dir() { on_disk.to_path_buf() } else { std::env::temp_dir() };
        wanted.map_or_else(fallback, Path::to_path_buf)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file in it, with the folders above.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let path = self.0.join(name);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, bytes));
        made.map_err(|error| unreachable(&path, &error))?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn unreachable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::unreachable(format!("{}: {error}", path.display()))
}

/// A child that ends when this is dropped.
pub struct Process {
    child: Child,
    name: &'static str,
}

impl Process {
    /// Starts this binary with other arguments; its output goes to `log`.
    pub fn start(name: &'static str, arguments: &[&str], log: &Path) -> Result<Process> {
        let failed = |error: std::io::Error| Failure::new(Exit::Bug, format!("the {name} did not start: {error}"));
        let out = fs::File::create(log).map_err(|error| unreachable(log, &error))?;
        let err = out.try_clone().map_err(failed)?;
        let program = std::env::current_exe().map_err(failed)?;
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(out)
            .stderr(err)
            .env("NO_COLOR", "1")
            .spawn()
            .map_err(failed)?;
        Ok(Process { child, name })
    }

    /// Fails when it has ended.
    pub fn check(&mut self, log: &Path) -> Result<()> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(_)) | Err(_) => {
                let said = fs::read_to_string(log).unwrap_or_default();
                let last = said.lines().rev().take(3).collect::<Vec<_>>().join(" / ");
                Err(Failure::new(Exit::Unreachable, format!("the {} ended too early: {last}", self.name)))
            }
        }
    }

    /// Seconds of CPU time so far, in user space and in the kernel.
    pub fn cpu_seconds(&self) -> f64 {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        cpu_ticks(&text).map_or(f64::NAN, |ticks| ticks as f64 / TICKS_PER_SECOND)
    }

    /// Resident memory in MB (2^20 bytes), now.
    pub fn resident_mb(&self) -> f64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kib.map_or(f64::NAN, |kib| kib / 1024.0)
    }

    /// Ends its input, which asks it to stop, and waits for what it has to say.
    pub fn finish(mut self) -> Result<()> {
        drop(self.child.stdin.take());
        let end = Instant::now() + START_TIME_MAX;
        while Instant::now() < end {
            if let Ok(Some(_)) = self.child.try_wait() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err(Failure::new(Exit::Bug, format!("the {} did not stop", self.name)))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// User and system ticks of a line of `/proc/PID/stat`: fields 14 and 15, behind a name that may hold spaces.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// A partner that answers AA and keeps count.
pub struct Partner {
    process: Process,
    log: PathBuf,
    /// Where it listens.
    pub address: String,
}

impl Partner {
    /// Starts it; `extra` are flags of `sinew listen`.
    pub fn start(folder: &Folder, extra: &[&str]) -> Result<Partner> {
        let log = folder.path().join("partner.log");
        let mut arguments = vec!["listen", "0", "--totals", "--json", "--until-eof"];
        arguments.extend(extra);
        let mut process = Process::start("partner", &arguments, &log)?;
        let end = Instant::now() + START_TIME_MAX;
        loop {
            let said = fs::read_to_string(&log).unwrap_or_default();
            let place = said.split_once("listening on ").and_then(|(_, rest)| rest.split_once(','));
            if let Some((address, _)) = place {
                return Ok(Partner { process, address: address.to_owned(), log });
            }
            process.check(&log)?;
            if Instant::now() > end {
                return Err(Failure::unreachable("the partner does not listen"));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// See [`Process::cpu_seconds`].
    pub fn cpu_seconds(&self) -> f64 {
        self.process.cpu_seconds()
    }

    /// Stops it and gives its totals.
    pub fn finish(self) -> Result<Value> {
        self.process.finish()?;
        let said = fs::read_to_string(&self.log).map_err(|error| unreachable(&self.log, &error))?;
        let totals = said.lines().rev().find_map(|line| serde_json::from_str::<Value>(line).ok());
        totals.map(|found| found["stats"].clone()).ok_or_else(|| Failure::new(Exit::Bug, "the partner gave no totals"))
    }
}

/// An engine on a workspace of its own.
pub struct Engine {
    /// Its process.
    pub process: Process,
    client: Client,
    log: PathBuf,
    /// Where it listens.
    pub address: String,
    /// From the start of the process to the first answer on its control socket, with the port open.
    pub start_ms: f64,
}

impl Engine {
    /// Starts it on a workspace and waits until it listens.
    pub async fn start(workspace: &Path) -> Result<Engine> {
        let log = workspace.join("engine.log");
        let started = Instant::now();
        let folder = workspace.display().to_string();
        let mut process = Process::start("engine", &["run", "--until-eof", &folder], &log)?;
        let client = Client::new(&workspace.join("data"));
        loop {
            if let Ok(status) = client.get("/api/v1/status").await
                && let Some(address) = status["engine"]["interfaces"][0]["address"].as_str()
            {
                let start_ms = started.elapsed().as_secs_f64() * 1000.0;
                return Ok(Engine { process, client, log, address: address.to_owned(), start_ms });
            }
            process.check(&log)?;
            if started.elapsed() > START_TIME_MAX {
                return Err(Failure::unreachable("the engine does not listen"));
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// What it says of itself.
    pub async fn status(&mut self) -> Result<Value> {
        self.process.check(&self.log)?;
        let answer = self.client.get("/api/v1/status").await;
        answer.map(|status| status["engine"].clone()).map_err(|_| Failure::unreachable("the engine does not answer"))
    }

    /// Ends it in good order.
    pub fn finish(self) -> Result<()> {
        self.process.finish()
    }

    /// Ends it at whatever it is doing (SIGKILL).
    pub fn kill(self) {
        drop(self.process);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_behind_any_name() {
        let stat = "77 (a) b (c)) S 1 2 3 4 5 6 7 8 9 10 120 34 0 0 20";
        assert_eq!(cpu_ticks(stat), Some(154));
        assert_eq!(cpu_ticks("77 (x"), None);
        assert_eq!(cpu_ticks(""), None);
    }

    #[test]
    fn a_folder_is_removed() {
        let folder = Folder::make(&std::env::temp_dir()).unwrap();
        let path = folder.write("a/b.txt", b"x").unwrap();
        assert!(path.exists());
        drop(folder);
        assert!(!path.exists());
    }
}
