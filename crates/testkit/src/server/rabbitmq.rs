//! RabbitMQ.

use super::{Daemon, free_port};
use crate::Folder;
use std::{fs, path::Path, process::Command};

/// The broker itself; the program of this name in the folders for everybody changes the user first.
const SERVER: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/// A broker that lets `guest` in.
pub struct RabbitMq {
    daemon: Daemon,
}

impl RabbitMq {
    /// Starts one, with further lines for its configuration.
    ///
    /// # Errors
    /// Why there is none.
    pub fn start(lines: &str) -> Result<RabbitMq, String> {
        if !Path::new(SERVER).is_file() {
            return Err("`rabbitmq-server` is not installed".to_owned());
        }
        let folder = Folder::new();
        let text = format!("{lines}\nloopback_users = none\n");
        fs::write(folder.join("rabbitmq.conf"), text).map_err(|why| why.to_string())?;
        fs::write(folder.join("plugins"), "[].\n").map_err(|why| why.to_string())?;
        // The broker's nodes find one another by a program of their own, which must not be the one of the machine.
        let (names, nodes) = (free_port(), free_port());
        let daemon = Daemon::start("rabbitmq-server", folder, move |folder, port| {
            let mut command = Command::new("sh");
            command.args(["-c", "epmd -port \"$ERL_EPMD_PORT\" & exec \"$0\"", SERVER]);
            command.env("HOME", folder).env("ERL_EPMD_PORT", names.to_string()).env("ERL_EPMD_ADDRESS", "127.0.0.1");
            command.env("RABBITMQ_NODENAME", format!("t{port}@localhost")).env("RABBITMQ_DIST_PORT", nodes.to_string());
            command.env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1").env("RABBITMQ_NODE_PORT", port.to_string());
            command.env("RABBITMQ_MNESIA_BASE", folder.join("mnesia")).env("RABBITMQ_LOG_BASE", folder.join("logs"));
            command.env("RABBITMQ_CONFIG_FILE", folder.join("rabbitmq.conf"));
            command.env("RABBITMQ_ENABLED_PLUGINS_FILE", folder.join("plugins"));
            // One thread that does not spin while it has nothing to do: many tests share the machine.
            command.env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "+S 1:1 +sbwt none");
            command
        })?;
        Ok(RabbitMq { daemon })
    }

    /// To end it and begin it again.
    #[must_use]
    pub fn daemon(&self) -> &Daemon {
        &self.daemon
    }
}
