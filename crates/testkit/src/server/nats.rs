//! NATS with JetStream.

use super::{Daemon, find};
use crate::Folder;
use std::{fs, process::Command};

/// A server that keeps streams in its folder.
pub struct NatsServer {
    daemon: Daemon,
}

impl NatsServer {
    /// Starts one, with further lines for its configuration.
    ///
    /// # Errors
    /// Why there is none.
    pub fn start(lines: &str) -> Result<NatsServer, String> {
        let server = find("nats-server")?;
        let folder = Folder::new();
        let text = format!("jetstream {{ store_dir: \"{}\" }}\n{lines}\n", folder.join("streams").display());
        fs::write(folder.join("nats.conf"), text).map_err(|why| why.to_string())?;
        let daemon = Daemon::start("nats-server", folder, move |folder, port| {
            let mut command = Command::new(&server);
            command
                .args(["--addr", "127.0.0.1", "--port", &port.to_string(), "--config"])
                .arg(folder.join("nats.conf"));
            command
        })?;
        Ok(NatsServer { daemon })
    }

    /// To end it and begin it again.
    #[must_use]
    pub fn daemon(&self) -> &Daemon {
        &self.daemon
    }
}
