//! A PostgreSQL server of one's own, for tests and measurements: made in a temporary folder, removed at the end.
//!
//! Promises: nothing that runs on the machine is touched; the server listens on a socket in its folder only; where the
//! system has no PostgreSQL, [`Server::start`] says so instead of failing. As root, the server runs as `postgres`,
//! because PostgreSQL refuses to run as root.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

static NEXT: AtomicU64 = AtomicU64::new(0);

/// Where distributions put the programs of a server, the folders of its versions below.
const FOLDERS: [&str; 3] = ["/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt"];

/// A server; it ends with its value.
pub struct Server {
    programs: PathBuf,
    folder: PathBuf,
    settings: String,
}

impl Server {
    /// Makes and starts a server with further settings: `["fsync=on"]`.
    ///
    /// # Errors
    /// Why there is none: a sentence for a test that skips.
    pub fn start(settings: &[&str]) -> Result<Server, String> {
        Server::start_in(&std::env::temp_dir(), settings)
    }

    /// As `start`, in a folder on the disk that is to be measured.
    ///
    /// # Errors
    /// As `start`.
    pub fn start_in(parent: &Path, settings: &[&str]) -> Result<Server, String> {
        let programs = programs().ok_or("no PostgreSQL: `initdb` is neither in PATH nor in /usr/lib/postgresql")?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // Short: a path to a socket has 107 bytes at most.
        let folder = parent.join(format!("sinew-pg-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let server = Server { programs, folder, settings: settings.iter().map(|one| format!(" -c {one}")).collect() };
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&server.folder))?;
        }
        let cluster = server.cluster();
        let make = ["--no-sync", "--auth=trust", "--username=sinew", "--locale=C", "--encoding=UTF8", "--pgdata"];
        run(server.program("initdb").args(make).arg(cluster))?;
        server.begin()?;
        Ok(server)
    }

    /// Starts the server again after [`Server::stop`].
    ///
    /// # Errors
    /// What `pg_ctl` said.
    pub fn begin(&self) -> Result<(), String> {
        let socket = self.folder.display();
        let options = format!("-c listen_addresses='' -c unix_socket_directories='{socket}'{}", self.settings);
        let mut start = self.program("pg_ctl");
        start.args(["start", "--wait", "--timeout=120", "--options", &options, "--log"]).arg(self.folder.join("log"));
        run(start.arg("--pgdata").arg(self.cluster()))
    }

    /// Ends the server: `immediate` as a crash of its processes would.
    ///
    /// # Errors
    /// What `pg_ctl` said.
    pub fn stop(&self, mode: &str) -> Result<(), String> {
        run(self.program("pg_ctl").args(["stop", "--wait", "--mode", mode, "--pgdata"]).arg(self.cluster()))
    }

    /// The address of its database.
    #[must_use]
    pub fn address(&self) -> String {
        format!("host={} user=sinew dbname=postgres", self.folder.display())
    }

    /// The folder with its socket.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs SQL as an administrator would, beside every engine; gives what `psql` prints.
    ///
    /// # Errors
    /// What `psql` said.
    pub fn sql(&self, sql: &str) -> Result<String, String> {
        let mut psql = self.program("psql");
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--username=sinew", "--dbname=postgres"]);
        psql.args(["--set=ON_ERROR_STOP=1", "--command", sql, "--host"]).arg(&self.folder);
        let output = psql.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// How many rows a second the server takes by itself: `clients` connections insert `rows` over and over in batches of
    /// `batch` by `unnest`, each batch a durable commit. The table has a number as its key, as the log has.
    ///
    /// # Errors
    /// `Away`, `Unavailable`, `Database`.
    pub fn inserts_per_second(
        &self,
        rows: &[Vec<u8>],
        batch: usize,
        clients: usize,
        time: Duration,
    ) -> Result<f64, crate::Error> {
        crate::postgres::inserts_per_second(&self.address(), rows, batch, clients, time)
    }

    fn cluster(&self) -> PathBuf {
        self.folder.join("cluster")
    }

    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        if !is_root() {
            return Command::new(path);
        }
        let mut command = Command::new("runuser");
        command.args(["--user", "postgres", "--"]).arg(path).current_dir("/");
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop("immediate");
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn run(command: &mut Command) -> Result<(), String> {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    status.success().then_some(()).ok_or_else(|| format!("{} ended with {status}", command.get_program().display()))
}

/// The folder of the newest server's programs.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // A link in PATH leads to where its neighbours are.
    let in_path = std::env::split_paths(&path).find_map(|folder| folder.join("initdb").canonicalize().ok());
    let in_path = in_path.and_then(|found| Some(found.parent()?.to_owned()));
    let versions = FOLDERS.iter().flat_map(fs::read_dir).flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .map(|version| {
            let number = version.file_name().to_string_lossy().chars().filter(char::is_ascii_digit).collect::<String>();
            (number.parse().unwrap_or(0), version.path().join("bin"))
        })
        .filter(|(_, folder)| folder.join("initdb").is_file())
        .collect();
    found.sort();
    in_path.or_else(|| found.pop().map(|(_, folder)| folder))
}
