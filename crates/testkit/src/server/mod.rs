//! Real servers of other makers, for tests: each in a temporary folder, on loopback, ended with its value.
//!
//! Promises: nothing that runs on the machine is touched; a program that is not installed is said, not failed on:
//! `start` gives a sentence for a test that skips. A server can be killed, started again where it was, and made to stand
//! still, which to its clients is a server that takes and says nothing.

mod mariadb;
mod mosquitto;
mod nats;
mod openssh;
mod postgresql;
mod proftpd;
mod rabbitmq;
mod redis;
mod snmptrapd;

pub use mariadb::MariaDb;
pub use mosquitto::Mosquitto;
pub use nats::NatsServer;
pub use openssh::OpenSsh;
pub use postgresql::{GUEST_PASSWORD, PostgreSql};
pub use proftpd::ProFtpd;
pub use rabbitmq::RabbitMq;
pub use redis::RedisServer;
pub use snmptrapd::SnmpTrapd;

use crate::Folder;
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs::{self, File},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Where servers are besides the folders of `PATH`.
const FOLDERS: [&str; 4] = ["/usr/sbin", "/sbin", "/usr/lib/rabbitmq/bin", "/usr/local/sbin"];
/// How long a server may take until it answers.
const START_TIME_MAX: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(10);
/// Ports that are looked at for one that is free.
const PORTS_TRIED_MAX: usize = 1_000;

/// What starts a server in its folder, on its port.
type Starter = Box<dyn Fn(&Path, u16) -> Command + Send + Sync>;

/// A server process that a test can end and begin.
pub struct Daemon {
    name: &'static str,
    port: u16,
    folder: Folder,
    command: Starter,
    child: Mutex<Option<Child>>,
}

impl Daemon {
    /// Starts what `command` makes of a folder and a port, and waits until the port takes connections.
    ///
    /// # Errors
    /// What the server said instead.
    pub fn start(
        name: &'static str,
        folder: Folder,
        command: impl Fn(&Path, u16) -> Command + Send + Sync + 'static,
    ) -> Result<Daemon, String> {
        let daemon = Daemon { name, port: free_port(), folder, command: Box::new(command), child: Mutex::default() };
        daemon.begin()?;
        Ok(daemon)
    }

    /// Begins again after [`Daemon::kill`], in the same folder and on the same port.
    ///
    /// # Errors
    /// What the server said instead.
    pub fn begin(&self) -> Result<(), String> {
        let log = self.folder.join("log");
        let open = || File::options().create(true).append(true).open(&log);
        let (out, error) = (open().map_err(|why| why.to_string())?, open().map_err(|why| why.to_string())?);
        let mut command = (self.command)(self.folder.path(), self.port);
        command.stdin(Stdio::null()).stdout(out).stderr(error).current_dir(self.folder.path());
        let mut child = command.spawn().map_err(|why| format!("{}: {why}", self.name))?;
        let end = Instant::now() + START_TIME_MAX;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = child.try_wait().map_err(|why| why.to_string())?;
            if ended.is_some() || Instant::now() > end {
                let _ = child.kill();
                let _ = child.wait();
                let said = fs::read_to_string(&log).unwrap_or_default();
                return Err(format!("{} does not start: {said}", self.name));
            }
            sleep(PAUSE);
        }
        *self.child.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        Ok(())
    }

    /// Ends it and everything that it started, at once, as a crash does.
    pub fn kill(&self) {
        let Some(mut child) = self.child.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let family = family(child.id());
        for id in &family {
            signal(*id, Signal::KILL);
        }
        // It was killed; what it returns says nothing more.
        let _ = child.wait();
        let end = Instant::now() + START_TIME_MAX;
        while family.iter().any(|id| is_alive(*id)) && Instant::now() < end {
            sleep(PAUSE);
        }
    }

    /// Asks it to end, and waits until it has, for servers that write down what they have only then.
    pub fn end(&self) {
        let Some(mut child) = self.child.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        signal(child.id(), Signal::TERM);
        // What it returns says nothing more.
        let _ = child.wait();
    }

    /// Makes it and everything that it started stand still: connections stay, and nothing is answered.
    pub fn freeze(&self) {
        self.signal_all(Signal::STOP);
    }

    /// Lets it go on after [`Daemon::freeze`].
    pub fn thaw(&self) {
        self.signal_all(Signal::CONT);
    }

    fn signal_all(&self, what: Signal) {
        if let Some(child) = &*self.child.lock().unwrap_or_else(PoisonError::into_inner) {
            family(child.id()).into_iter().for_each(|id| signal(id, what));
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
    }
}

fn signal(id: u32, what: Signal) {
    if let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        // It may be gone already, which is what is wanted.
        let _ = kill_process(pid, what);
    }
}

/// Whether a process still holds files and ports; one that only waits to be buried does not, once all its threads have ended.
fn is_alive(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let threads = || fs::read_dir(format!("/proc/{id}/task")).map_or(0, Iterator::count);
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']) || threads() > 1)
}

/// A process and those that descend from it, the oldest first.
fn family(root: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let id = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            // `pid (name) state parent`: the name may hold anything.
            let parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?;
            Some((id, parent))
        })
        .collect();
    let mut found = vec![root];
    let mut at = 0;
    while at < found.len() {
        let here = found[at];
        found.extend(parents.iter().filter(|(_, parent)| *parent == here).map(|(id, _)| *id));
        at += 1;
    }
    found
}

/// A port of loopback that was free a moment ago. It is below those that the system gives to connections (32768 and above):
/// a client that calls a port of these again and again, while its server is down, is at last connected to itself.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn free_port() -> u16 {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.subsec_nanos());
    let start = std::process::id().wrapping_mul(7919) ^ nanos;
    for _ in 0..PORTS_TRIED_MAX {
        let number = start.wrapping_add(NUMBER.fetch_add(1, Ordering::Relaxed).wrapping_mul(31));
        let port = 10_000 + u16::try_from(number % 20_000).unwrap_or(0);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no free port")
}

/// Where a program is.
///
/// # Errors
/// That it is not installed.
pub fn find(program: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(FOLDERS.map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
        .ok_or_else(|| format!("`{program}` is not installed"))
}

/// Runs a program to its end and gives what it printed.
///
/// # Errors
/// What it said when it failed.
pub fn run(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().display().to_string();
    let output = command.stdin(Stdio::null()).output().map_err(|why| format!("{name}: {why}"))?;
    if !output.status.success() {
        return Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
