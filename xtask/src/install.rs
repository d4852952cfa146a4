//! `cargo xtask install`: what the tests can use and the system does not have, by the scripts in `xtask/install`.
//!
//! Promises: installs when it is asked to, or where CI says what it is and it is root; says what it does. Never: on a
//! system without apt.

use crate::root;
use std::{os::unix::fs::MetadataExt, process::Command};

/// The scripts with their arguments; each ends at once when there is nothing to do.
const SCRIPTS: [&[&str]; 9] = [
    &["postgresql.sh"],
    &["server.sh", "sshd", "openssh-server"],
    &["server.sh", "mariadbd", "mariadb-server"],
    &["server.sh", "redis-server", "redis-server"],
    &["server.sh", "proftpd", "proftpd-mod-crypto"],
    &["server.sh", "nats-server", "nats-server"],
    &["server.sh", "rabbitmq-server", "rabbitmq-server"],
    &["server.sh", "mosquitto", "mosquitto"],
    &["server.sh", "snmptrapd", "snmptrapd"],
];

/// Runs every script.
pub(crate) fn run() -> Result<bool, String> {
    if !has_apt() {
        println!("install: skipped: the scripts know apt only");
        return Ok(true);
    }
    let mut is_done = true;
    for script in SCRIPTS {
        let path = root::folder().join("xtask/install").join(script[0]);
        let status = Command::new("sh").arg(&path).args(&script[1..]).status();
        let status = status.map_err(|error| format!("{}: {error}", path.display()))?;
        println!("install: {}: {}", script.join(" "), if status.success() { "there" } else { "failed" });
        is_done &= status.success();
    }
    Ok(is_done)
}

/// Before the tests of CI, whose machine is made for them. What cannot be installed is skipped by its tests.
pub(crate) fn for_ci() {
    let is_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    if is_ci && is_root && has_apt() {
        let _ = run();
    }
}

fn has_apt() -> bool {
    ["/usr/bin/apt-get", "/bin/apt-get"].iter().any(|path| std::path::Path::new(path).is_file())
}
