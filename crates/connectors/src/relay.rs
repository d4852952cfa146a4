//! Records to an audit record repository: syslog messages in one TLS connection, ended so that both sides know (RFC 5425 §4.4).
//!
//! Syslog has no answers. But the end of a TLS connection has one: who reads our farewell has read all that stood before it,
//! and says so by closing. So records count as taken when the connection that carried them was closed by both sides in order.
//! Promises: `Ok` means that the repository has read every byte; an error, that it may have read any of them.
//! Never: goes without TLS; quotes a record.

use crate::{codes, tls};
use interface::catalogue::{Context, Settings, Value};
use message::Reason;
use std::{path::PathBuf, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
const TIME_MAX: Duration = Duration::from_secs(30);
/// What a repository may say, which is nothing.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// A repository.
pub struct Relay {
    address: String,
    tls: tls::Client,
}

/// Files in PEM, for the connection.
#[derive(Clone, Debug, Default)]
pub struct Pems {
    /// Authorities that are trusted besides the public ones.
    pub ca: Option<PathBuf>,
    /// Our certificate and its key.
    pub own: Option<(PathBuf, PathBuf)>,
}

impl Pems {
    /// As settings of a connection.
    pub(crate) fn settings(&self) -> Settings {
        let mut settings = Settings { address: "".into(), values: Default::default() };
        let text = |path: &PathBuf| Value::Text(path.display().to_string().into());
        settings.values.insert("public-roots", Value::Flag(true));
        settings.values.extend(self.ca.as_ref().map(|path| ("ca", text(path))));
        let own = self.own.iter().flat_map(|(cert, key)| [("cert", text(cert)), ("key", text(key))]);
        settings.values.extend(own);
        settings
    }
}

impl Relay {
    /// The repository at `host:port`.
    ///
    /// # Errors
    /// A file cannot be read, or the address is none.
    pub fn new(address: &str, pems: &Pems, context: &Context) -> Result<Relay, Reason> {
        crate::tcp::check_host_port(address)?;
        let host = address.rsplit_once(':').map_or("", |(host, _)| host);
        Ok(Relay { address: address.to_owned(), tls: tls::Client::read(&pems.settings(), context, host)? })
    }

    /// Sends frames, one behind the other, and waits until the repository has read them all.
    ///
    /// # Errors
    /// Nobody knows which of them it has read.
    pub async fn deliver(&self, frames: &[Vec<u8>]) -> Result<(), Reason> {
        let address = &self.address;
        let mut line = tls::connect(address, CONNECT_TIME_MAX, Some(&self.tls)).await?;
        let broken = |error: std::io::Error| {
            let text = format!("the connection to {address} broke while records were written: {}", error.kind());
            Reason::new(codes::E6007, text)
        };
        let exchange = async {
            for frame in frames {
                line.write_all(frame).await.map_err(broken)?;
            }
            line.flush().await.map_err(broken)?;
            line.shutdown().await.map_err(broken)?;
            let (mut read, mut buffer) = (0, [0; 1024]);
            loop {
                match line.read(&mut buffer).await.map_err(broken)? {
                    0 => return Ok(()),
                    count => read += count,
                }
                if read > ANSWER_BYTES_MAX {
                    return Err(Reason::new(codes::E6007, format!("{address} sends instead of listening")));
                }
            }
        };
        let slow = |_| Reason::new(codes::E6007, format!("{address} did not take the records in time"));
        timeout(TIME_MAX, exchange).await.map_err(slow)?
    }
}
