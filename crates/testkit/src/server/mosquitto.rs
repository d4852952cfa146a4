//! Mosquitto.

use super::{Daemon, find};
use crate::Folder;
use std::{fs, process::Command};

/// A broker that keeps sessions in its folder, and writes down what it gets.
pub struct Mosquitto {
    daemon: Daemon,
}

impl Mosquitto {
    /// Starts one, with further lines for its configuration.
    ///
    /// # Errors
    /// Why there is none.
    pub fn start(lines: &str) -> Result<Mosquitto, String> {
        let server = find("mosquitto")?;
        let lines = lines.to_owned();
        let daemon = Daemon::start("mosquitto", Folder::new(), move |folder, port| {
            let text = format!(
                "listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {}/\n\
                 user root\nlog_dest stderr\nlog_type all\nmax_queued_messages 0\nset_tcp_nodelay true\n{lines}\n",
                folder.display()
            );
            // A folder that cannot be written is seen when the broker does not start.
            let _ = fs::write(folder.join("mosquitto.conf"), text);
            let mut command = Command::new(&server);
            command.arg("-c").arg(folder.join("mosquitto.conf"));
            command
        })?;
        Ok(Mosquitto { daemon })
    }

    /// To end it and begin it again.
    #[must_use]
    pub fn daemon(&self) -> &Daemon {
        &self.daemon
    }

    /// How many messages this client has acknowledged, as the broker's log has it.
    #[must_use]
    pub fn acknowledged_by(&self, client: &str) -> usize {
        let log = fs::read_to_string(self.daemon.folder().join("log")).unwrap_or_default();
        let line = format!("Received PUBACK from {client} ");
        log.lines().filter(|text| text.contains(&line)).count()
    }

    /// Ends it so that it writes its sessions down. Mosquitto writes them only then and now and then, so a crash may lose
    /// what it has acknowledged; that is between it and who runs it.
    pub fn stop_gently(&self) {
        self.daemon.end();
    }
}
