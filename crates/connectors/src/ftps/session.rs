//! One connection to an FTP server: encrypted, its certificate checked, we are let in, and files are asked for.
//!
//! The crate that speaks FTP is used in this file only.

use super::config::Login;
use crate::{
    codes,
    folder::distant::{self, Entry, Trouble},
    tcp::{connect, resolve, tune::tune},
    tls,
};
use bytes::Bytes;
use message::Reason;
use std::{
    fmt,
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use suppaftp::{
    FtpError, FtpResult, Mode, Status,
    list::ListParser,
    tokio::{AsyncRustlsStream, AsyncTlsConnector, ImplAsyncFtpStream},
    types::FileType,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsStream;

/// A part of a file that must be read or written within the limit of an answer.
const PART_BYTES: usize = 64 * 1024;

/// An open connection.
pub(crate) struct Session {
    ftp: Ftp,
    answer_time_max: Duration,
    /// It tells facts of files in a form that programs read (RFC 3659).
    can_mlsd: bool,
}

/// Our TLS for the crate: it keeps why a handshake failed.
struct Doorman {
    tls: tls::Client,
    address: String,
    limit: Duration,
    why: Arc<Mutex<Option<Reason>>>,
}

impl fmt::Debug for Doorman {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}

impl AsyncTlsConnector for Doorman {
    type Stream = AsyncRustlsStream;

    fn connect<'a, 'b, 'f>(
        &'a self,
        _: &'b str,
        stream: TcpStream,
    ) -> Pin<Box<dyn Future<Output = FtpResult<AsyncRustlsStream>> + Send + 'f>>
    where
        'a: 'f,
        'b: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            // A server that vanished is found in time on each connection, the first one too.
            tune(&stream).map_err(FtpError::ConnectionError)?;
            let secured = self.tls.secure(stream, &self.address, self.limit).await;
            let reason = match secured {
                Ok(TlsStream::Client(stream)) => return Ok(AsyncRustlsStream::from(stream)),
                Ok(TlsStream::Server(_)) => Reason::new(codes::E6501, "TLS cannot be set up"),
                Err(reason) => reason,
            };
            *self.why.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
            Err(FtpError::SecureError(String::new()))
        })
    }
}

impl distant::Session for Session {
    type Login = Login;

    fn address(login: &Login) -> &str {
        &login.address
    }

    async fn open(login: &Login) -> Result<Session, Reason> {
        let limit = login.connect_time_max;
        match timeout(limit, begin(login)).await {
            Ok(result) => result,
            Err(_) => {
                let text = format!("{} did not let us in within {} s", login.address, limit.as_secs_f32());
                Err(Reason::new(codes::E6003, text))
            }
        }
    }

    fn is_closed(&self) -> bool {
        false
    }

    async fn list(&mut self, folder: &str) -> Result<Vec<Entry>, Trouble> {
        check_path(folder)?;
        let can_mlsd = self.can_mlsd;
        let limit = self.answer_time_max * 4;
        let lines = within(limit, async {
            if can_mlsd { self.ftp.mlsd(Some(folder)).await } else { self.ftp.list(Some(folder)).await }
        });
        let lines = lines.await?;
        let read = |line: String| {
            let line = line.trim_end_matches(['\r', '\n']);
            let parsed = match can_mlsd {
                true => ListParser::parse_mlsd(line),
                false => ListParser::parse_posix(line).or_else(|_| ListParser::parse_dos(line)),
            };
            let file = parsed.ok()?;
            Some(Entry {
                name: file.name().to_owned(),
                is_file: file.is_file(),
                size: file.size() as u64,
                changed: file.modified(),
            })
        };
        Ok(lines.into_iter().filter_map(read).collect())
    }

    async fn exists(&mut self, path: &str) -> Result<bool, Trouble> {
        check_path(path)?;
        match within(self.answer_time_max, self.ftp.size(path)).await {
            Ok(_) => Ok(true),
            Err(Trouble::Missing) => Ok(false),
            Err(other) => Err(other),
        }
    }

    async fn make_folder(&mut self, path: &str) -> Result<(), Trouble> {
        check_path(path)?;
        match within(self.answer_time_max, self.ftp.mkdir(path)).await {
            // It is there, or cannot be made: what is moved into it will tell.
            Ok(()) | Err(Trouble::Missing | Trouble::Forbidden | Trouble::Refused) => Ok(()),
            Err(other) => Err(other),
        }
    }

    async fn read(&mut self, path: &str, size: u64) -> Result<Option<Vec<u8>>, Trouble> {
        check_path(path)?;
        let limit = self.answer_time_max;
        let there = within(limit, self.ftp.size(path)).await?;
        if there as u64 != size {
            return Ok(None);
        }
        let mut transfer = within(limit, self.ftp.retr_as_stream(path)).await?;
        let mut content = Vec::new();
        loop {
            let start = content.len();
            content.resize(start + PART_BYTES, 0);
            let count = match timeout(limit, transfer.read(&mut content[start..])).await {
                Ok(Ok(count)) => count,
                // Some servers close without the farewell of TLS; the size tells whether all of it came.
                Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof && start as u64 == size => 0,
                Ok(Err(_)) => return Err(Trouble::Broken),
                Err(_) => return Err(Trouble::Silent),
            };
            content.truncate(start + count);
            if content.len() as u64 > size {
                // It grows: what is left of this transfer goes with the connection.
                return Err(Trouble::Broken);
            }
            if count == 0 {
                break;
            }
        }
        within(limit, transfer.finish()).await?;
        Ok((content.len() as u64 == size).then_some(content))
    }

    async fn write(&mut self, path: &str, content: &Bytes) -> Result<(), Trouble> {
        check_path(path)?;
        let limit = self.answer_time_max;
        let mut transfer = within(limit, self.ftp.put_with_stream(path)).await?;
        for part in content.chunks(PART_BYTES) {
            let written = within(limit, async { transfer.write_all(part).await.map_err(FtpError::ConnectionError) });
            written.await?;
        }
        within(limit, async { transfer.flush().await.map_err(FtpError::ConnectionError) }).await?;
        within(limit, transfer.finish()).await?;
        let there = within(limit, self.ftp.size(path)).await?;
        if there == content.len() { Ok(()) } else { Err(Trouble::Refused) }
    }

    async fn remove(&mut self, path: &str) -> Result<(), Trouble> {
        check_path(path)?;
        within(self.answer_time_max, self.ftp.rm(path)).await
    }

    async fn rename(&mut self, from: &str, to: &str) -> Result<(), Trouble> {
        check_path(from)?;
        check_path(to)?;
        within(self.answer_time_max, self.ftp.rename(from, to)).await
    }

    async fn replace(&mut self, from: &str, to: &str) -> Result<(), Trouble> {
        let renamed = self.rename(from, to).await;
        // Some servers do not rename over a file that is there.
        if matches!(renamed, Err(Trouble::Missing | Trouble::Forbidden | Trouble::Refused)) && self.exists(to).await? {
            self.remove(to).await?;
            return self.rename(from, to).await;
        }
        renamed
    }

    async fn close(mut self) {
        // A server that is gone needs none.
        let _ = within(self.answer_time_max, self.ftp.quit()).await;
    }
}

type Ftp = ImplAsyncFtpStream<AsyncRustlsStream>;

fn unspoken(address: &str) -> Reason {
    Reason::new(codes::E6003, format!("{address} does not speak FTP with us"))
}

/// Why there is no TLS, once it is known.
type Why = Arc<Mutex<Option<Reason>>>;

/// The TLS of a connection in the making, and the place where it says why there is none.
fn doorman(login: &Login) -> Result<(Doorman, Why), Reason> {
    let Some(tls) = login.tls.clone() else { return Err(Reason::new(codes::E6501, "TLS is not set up")) };
    let why = Arc::new(Mutex::new(None));
    let doorman = Doorman { tls, address: login.address.clone(), limit: login.answer_time_max, why: why.clone() };
    Ok((doorman, why))
}

/// RFC 4217: FTP first, then `AUTH TLS`. Besides, whether the server was reached by IPv6.
async fn secured(login: &Login) -> Result<(Ftp, bool), Reason> {
    let address = &login.address;
    let (doorman, why) = doorman(login)?;
    let stream = connect::connect(address, login.connect_time_max).await?;
    let is_v6 = stream.peer_addr().is_ok_and(|peer| peer.is_ipv6());
    let ftp = Ftp::connect_with_stream(stream).await.map_err(|_| unspoken(address))?;
    let ftp = ftp.into_secure(doorman, address).await.map_err(|_| {
        let why = why.lock().unwrap_or_else(PoisonError::into_inner).take();
        why.unwrap_or_else(|| Reason::new(codes::E6501, format!("{address} offers no TLS to us (AUTH TLS)")))
    })?;
    Ok((ftp, is_v6))
}

/// TLS from the first byte on; then the same protection of data connections as RFC 4217 has it.
async fn secured_at_once(login: &Login) -> Result<(Ftp, bool), Reason> {
    let address = &login.address;
    let (doorman, why) = doorman(login)?;
    let found: Vec<SocketAddr> = resolve(address).await?.collect();
    let is_v6 = found.first().is_some_and(SocketAddr::is_ipv6);
    let ftp = Ftp::connect_secure_implicit(&*found, doorman, address).await;
    let mut ftp = ftp.map_err(|error| {
        let why = why.lock().unwrap_or_else(PoisonError::into_inner).take();
        why.unwrap_or_else(|| match error {
            FtpError::ConnectionError(error) => {
                Reason::new(codes::E6003, format!("{address} cannot be reached: {}", error.kind()))
            }
            _ => unspoken(address),
        })
    })?;
    for command in ["PBSZ 0", "PROT P"] {
        ftp.custom_command(command, &[Status::CommandOk]).await.map_err(|_| unspoken(address))?;
    }
    Ok((ftp, is_v6))
}

async fn begin(login: &Login) -> Result<Session, Reason> {
    let Login { address, connect_time_max, answer_time_max, .. } = login;
    let (mut ftp, is_v6) = if login.is_implicit { secured_at_once(login).await? } else { secured(login).await? };
    let limit = *connect_time_max;
    ftp = ftp.passive_stream_builder(move |address| {
        Box::pin(async move {
            let stream = timeout(limit, TcpStream::connect(address)).await;
            let stream = stream.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
            stream.map_err(FtpError::ConnectionError)
        })
    });
    ftp.set_mode(if is_v6 { Mode::ExtendedPassive } else { Mode::Passive });
    // Data connections go to the server itself, not where its answer points.
    ftp.set_passive_nat_workaround(true);
    ftp.login(&*login.user, &*login.password).await.map_err(|error| match trouble(&error) {
        Trouble::Broken => Reason::new(codes::E6003, format!("{address} ended the connection")),
        _ => Reason::new(codes::E6602, format!("{address} does not take the user or the password")),
    })?;
    ftp.transfer_type(FileType::Binary).await.map_err(|_| unspoken(address))?;
    let can_mlsd = ftp.feat().await.is_ok_and(|features| features.keys().any(|name| name == "MLST"));
    Ok(Session { ftp, answer_time_max: *answer_time_max, can_mlsd })
}

/// A line end in a path would be a command of its own.
fn check_path(path: &str) -> Result<(), Trouble> {
    if path.contains(['\r', '\n', '\0']) { Err(Trouble::Refused) } else { Ok(()) }
}

async fn within<T>(limit: Duration, work: impl Future<Output = FtpResult<T>>) -> Result<T, Trouble> {
    match timeout(limit, work).await {
        Ok(result) => result.map_err(|error| trouble(&error)),
        Err(_) => Err(Trouble::Silent),
    }
}

/// What an error means (RFC 959 §4.2.2). The server's words are not kept: they may quote a name.
fn trouble(error: &FtpError) -> Trouble {
    let FtpError::UnexpectedResponse(response) = error else { return Trouble::Broken };
    match response.status {
        Status::FileUnavailable => Trouble::Missing,
        Status::BadFilename | Status::StoringNeedAccount => Trouble::Forbidden,
        Status::ExceededStorage => Trouble::TooLarge,
        Status::NotAvailable | Status::CannotOpenDataConnection | Status::TransferAborted => Trouble::Broken,
        _ => Trouble::Refused,
    }
}
