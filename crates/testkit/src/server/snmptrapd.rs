//! The receiver of notifications of net-snmp.

use super::{Daemon, find};
use crate::Folder;
use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

/// How long a notification may take to be written down.
const TIME_MAX: Duration = Duration::from_secs(60);

/// A receiver that writes down what it takes, a line for each notification, with names as numbers.
pub struct SnmpTrapd {
    daemon: Daemon,
}

impl SnmpTrapd {
    /// Starts one, with these lines for who may tell it what.
    ///
    /// # Errors
    /// Why there is none.
    pub fn start(lines: &str) -> Result<SnmpTrapd, String> {
        let server = find("snmptrapd")?;
        let lines = lines.to_owned();
        let daemon = Daemon::start("snmptrapd", Folder::new(), move |folder, port| {
            // A folder that cannot be written is seen when the receiver takes nothing.
            let _ = fs::write(folder.join("snmptrapd.conf"), &lines);
            let mut command = Command::new(&server);
            command.env("SNMP_PERSISTENT_DIR", folder.join("kept")).env("MIBS", "");
            command.args(["-f", "-On", "-C", "-c"]).arg(folder.join("snmptrapd.conf"));
            command.arg("-Lf").arg(folder.join("taken"));
            // It listens over TCP too, so that it can be seen when it is there.
            command.args([format!("udp:127.0.0.1:{port}"), format!("tcp:127.0.0.1:{port}")]);
            command
        })?;
        Ok(SnmpTrapd { daemon })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.daemon.port())
    }

    /// What it has written down, once this stands in it.
    ///
    /// # Panics
    /// If it does not come.
    #[must_use]
    pub fn wait_for(&self, text: &str) -> String {
        let end = Instant::now() + TIME_MAX;
        loop {
            let taken = fs::read_to_string(self.daemon.folder().join("taken")).unwrap_or_default();
            if taken.contains(text) {
                return taken;
            }
            assert!(Instant::now() < end, "snmptrapd did not take {text}: {taken}");
            std::thread::sleep(super::PAUSE);
        }
    }
}
