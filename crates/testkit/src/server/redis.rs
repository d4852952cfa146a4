//! Redis.

use super::{Daemon, find, run};
use crate::Folder;
use bytes::Bytes;
use std::process::Command;

/// A server that has everything on disk before it answers.
pub struct RedisServer {
    daemon: Daemon,
}

impl RedisServer {
    /// Starts one.
    ///
    /// # Errors
    /// Why there is none.
    pub fn start() -> Result<RedisServer, String> {
        let server = find("redis-server")?;
        let daemon = Daemon::start("redis-server", Folder::new(), move |folder, port| {
            let mut command = Command::new(&server);
            command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--dir"]).arg(folder);
            command.args(["--appendonly", "yes", "--appendfsync", "always"]);
            command
        })?;
        Ok(RedisServer { daemon })
    }

    /// To end it and begin it again.
    #[must_use]
    pub fn daemon(&self) -> &Daemon {
        &self.daemon
    }

    /// One field of every entry of a stream, in order, as the server's own client shows it.
    ///
    /// # Panics
    /// If the client does not work.
    #[must_use]
    pub fn field_of(&self, stream: &str, field: &str) -> Vec<Bytes> {
        let script = "local found = {} for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do \
                      for at = 1, #entry[2], 2 do if entry[2][at] == ARGV[1] then \
                      found[#found + 1] = (entry[2][at + 1]:gsub('.', function(c) return string.format('%02x', string.byte(c)) end)) \
                      end end end return found";
        let port = self.daemon.port().to_string();
        let mut client = Command::new("redis-cli");
        client.args(["-p", &port, "--raw", "EVAL", script, "1", stream, field]);
        let text = match run(&mut client) {
            Ok(text) => text,
            Err(why) => panic!("redis-cli: {why}"),
        };
        let byte = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
        let line =
            |line: &str| line.as_bytes().chunks(2).map(|pair| byte(pair).unwrap_or_default()).collect::<Vec<u8>>();
        text.lines().filter(|text| !text.is_empty()).map(|text| line(text).into()).collect()
    }
}
