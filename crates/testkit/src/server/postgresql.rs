//! PostgreSQL, on a port.

use super::{Daemon, run};
use crate::Folder;
use std::{
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

/// How long a server may take to come back.
const RECOVERY_TIME_MAX: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(50);

/// A server with the superuser `sinew`, who needs no password, and `guest`, who has one.
pub struct PostgreSql {
    daemon: Daemon,
    programs: PathBuf,
}

/// The password of `guest`.
pub const GUEST_PASSWORD: &str = "an example";

impl PostgreSql {
    /// Starts one.
    ///
    /// # Errors
    /// Why there is none.
    pub fn start() -> Result<PostgreSql, String> {
        let programs = programs().ok_or("`initdb` is not installed")?;
        let folder = Folder::new();
        let cluster = folder.join("cluster");
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(folder.path()))?;
        }
        let make = ["--no-sync", "--auth=trust", "--username=sinew", "--locale=C", "--encoding=UTF8", "--pgdata"];
        run(program(&programs, "initdb").args(make).arg(&cluster))?;
        let rules = "local all all trust\nhost all sinew 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
        std::fs::write(cluster.join("pg_hba.conf"), rules).map_err(|error| error.to_string())?;
        let place = programs.clone();
        let daemon = Daemon::start("postgres", folder, move |folder, port| command(&place, folder, port))?;
        let server = PostgreSql { daemon, programs };
        server.sql("postgres", &format!("CREATE ROLE guest LOGIN PASSWORD '{GUEST_PASSWORD}'"))?;
        Ok(server)
    }

    /// To end it and begin it again.
    #[must_use]
    pub fn daemon(&self) -> &Daemon {
        &self.daemon
    }

    /// Begins again after a kill, and waits until what the crash left is mended.
    ///
    /// # Errors
    /// What the server said.
    pub fn begin(&self) -> Result<(), String> {
        let end = Instant::now() + RECOVERY_TIME_MAX;
        let mut begun = self.daemon.begin();
        // What the processes of the killed server shared is given back when the last of them is gone.
        while begun.is_err() && Instant::now() < end {
            sleep(PAUSE);
            begun = self.daemon.begin();
        }
        begun?;
        let mut answer = self.sql("postgres", "SELECT 1");
        while answer.is_err() && Instant::now() < end {
            sleep(PAUSE);
            answer = self.sql("postgres", "SELECT 1");
        }
        answer.map(|_| ()).map_err(|why| {
            let log = std::fs::read_to_string(self.daemon.folder().join("log")).unwrap_or_default();
            let last = log.lines().rev().take(20).collect::<Vec<_>>();
            format!("{why}: {last:#?}")
        })
    }

    /// Runs SQL in a database as its administrator; gives what `psql` prints.
    ///
    /// # Errors
    /// What `psql` said.
    pub fn sql(&self, database: &str, sql: &str) -> Result<String, String> {
        let mut psql = program(&self.programs, "psql");
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--username=sinew", "--dbname", database]);
        psql.args(["--set=ON_ERROR_STOP=1", "--port", &self.daemon.port().to_string(), "--host"]);
        run(psql.arg(self.daemon.folder()).args(["--command", sql]))
    }
}

fn command(programs: &Path, folder: &Path, port: u16) -> Command {
    // A server that was killed and is not buried yet would be taken for one that runs.
    for lock in ["cluster/postmaster.pid".to_owned(), format!(".s.PGSQL.{port}.lock")] {
        let _ = std::fs::remove_file(folder.join(lock));
    }
    let mut command = program(programs, "postgres");
    command.arg("-D").arg(folder.join("cluster")).args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1"]);
    command.arg("-c").arg(format!("unix_socket_directories={}", folder.display()));
    // A machine that loses its power is not part of these tests.
    command.args(["-c", "fsync=off", "-c", "max_connections=100"]);
    command
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// PostgreSQL refuses to run as root.
fn program(programs: &Path, name: &str) -> Command {
    let path = programs.join(name);
    if !is_root() {
        return Command::new(path);
    }
    let mut command = Command::new("runuser");
    command.args(["--user", "postgres", "--"]).arg(path).current_dir("/");
    command
}

/// The folder of the newest server's programs, in Debian's place or in that of `PATH`.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .map(|version| (version.file_name().to_string_lossy().parse().unwrap_or(0), version.path().join("bin")))
        .filter(|(_, folder)| folder.join("initdb").is_file())
        .collect();
    found.sort();
    let in_path = || super::find("initdb").ok()?.canonicalize().ok()?.parent().map(Path::to_owned);
    found.pop().map(|(_, folder)| folder).or_else(in_path)
}
