//! MariaDB.

use super::{Daemon, find, run};
use crate::Folder;
use std::{path::Path, process::Command};

/// A server with the user `sinew`, who has a password.
pub struct MariaDb {
    daemon: Daemon,
}

/// The password of `sinew`.
const PASSWORD: &str = "an example";

impl MariaDb {
    /// Starts one.
    ///
    /// # Errors
    /// Why there is none.
    pub fn start() -> Result<MariaDb, String> {
        let server = find("mariadbd")?;
        let install = find("mariadb-install-db")?;
        let folder = Folder::new();
        let who = run(Command::new("id").arg("-un"))?;
        let mut make = Command::new(install);
        make.args([
            "--no-defaults",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
        ]);
        make.arg(format!("--user={who}")).arg(format!("--datadir={}", folder.join("data").display()));
        run(&mut make)?;
        let daemon = Daemon::start("mariadbd", folder, move |folder, port| command(&server, folder, port, &who))?;
        let server = MariaDb { daemon };
        let user = format!("CREATE USER sinew@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'");
        server.sql("mysql", &format!("{user}; GRANT ALL ON *.* TO sinew@'127.0.0.1'"))?;
        Ok(server)
    }

    /// To end it and begin it again.
    #[must_use]
    pub fn daemon(&self) -> &Daemon {
        &self.daemon
    }

    /// The password of the user `sinew`.
    #[must_use]
    pub fn password(&self) -> &'static str {
        PASSWORD
    }

    /// Runs SQL in a database as its administrator; gives what the client prints.
    ///
    /// # Errors
    /// What the client said.
    pub fn sql(&self, database: &str, sql: &str) -> Result<String, String> {
        let socket = format!("--socket={}", self.daemon.folder().join("socket").display());
        let client = find("mariadb")?;
        let mut command = Command::new(client);
        run(command
            .args(["--no-defaults", "--user=root", "--batch", "--raw", "--skip-column-names"])
            .arg(socket)
            .args(["--database", database, "--execute", sql]))
    }
}

fn command(server: &Path, folder: &Path, port: u16, who: &str) -> Command {
    let place = folder.display();
    let mut command = Command::new(server);
    command.args(["--no-defaults", "--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin"]);
    command.args(["--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=16M"]);
    command.arg(format!("--user={who}")).arg(format!("--port={port}"));
    command.arg(format!("--datadir={place}/data")).arg(format!("--socket={place}/socket"));
    command.arg(format!("--pid-file={place}/pid"));
    command
}
