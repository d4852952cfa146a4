//! One connection to an SFTP server: the server's key is checked, we are let in, and files are asked for.
//!
//! The crates that speak SSH and SFTP are used in this file only.

use super::config::Login;
use crate::{
    codes,
    folder::distant::{self, Entry, Trouble},
    tcp::connect,
};
use bytes::Bytes;
use futures_util::future::{join_all, try_join_all};
use message::Reason;
use russh::{
    client::{self, AuthResult, Handle, KeyboardInteractiveAuthResponse},
    keys::{HashAlg, PrivateKeyWithHashAlg, PublicKeyOrCertificate},
};
use russh_sftp::{
    client::{Config, RawSftpSession, error::Error},
    protocol::{FileAttributes, OpenFlags, Packet, StatusCode},
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::time::timeout;

/// A part of a file in one request; every server takes this much (draft-ietf-secsh-filexfer-02 §3).
const PART_BYTES: usize = 32 * 1024;
/// Requests under way at a time: a distance of 100 ms still leaves 5 MB/s.
const PARTS_AT_ONCE: usize = 16;
/// Largest packet that is read: a part, or a piece of a folder's list.
const PACKET_BYTES_MAX: u32 = 256 * 1024;
/// Entries of a folder that are looked at; the rest wait until these are gone.
const ENTRIES_MAX: usize = 200_000;
/// A connection that says nothing is asked, and given up after as many questions: within 35 s (`Destination` 4).
const KEEPALIVE: Duration = Duration::from_secs(10);
const KEEPALIVES_MAX: usize = 2;
/// Questions that a server may put before it lets us in.
const QUESTIONS_MAX: usize = 8;

/// An open connection.
pub(crate) struct Session {
    /// Ends the connection when it is dropped.
    ssh: Handle<Doorman>,
    sftp: RawSftpSession,
    can_replace: bool,
    can_sync: bool,
}

/// Looks at the server's key, and remembers what it was.
struct Doorman {
    known: Vec<Arc<str>>,
    seen: Arc<Mutex<Option<String>>>,
}

impl client::Handler for Doorman {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        let print = match key {
            PublicKeyOrCertificate::PublicKey { key, .. } => key.fingerprint(HashAlg::Sha256),
            // The key inside is pinned, whoever signed it.
            PublicKeyOrCertificate::Certificate(certificate) => certificate.public_key().fingerprint(HashAlg::Sha256),
        };
        let print = print.to_string();
        let is_known = self.known.iter().any(|known| **known == *print);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(print);
        Ok(is_known)
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
        self.ssh.is_closed()
    }

    async fn list(&mut self, folder: &str) -> Result<Vec<Entry>, Trouble> {
        let handle = self.sftp.opendir(folder).await.map_err(trouble)?.handle;
        let mut entries = Vec::new();
        let result = loop {
            match self.sftp.readdir(&*handle).await {
                Ok(names) => entries.extend(names.files.into_iter().map(|file| Entry {
                    is_file: file.attrs.is_regular(),
                    size: file.attrs.len(),
                    changed: changed(&file.attrs),
                    name: file.filename,
                })),
                Err(Error::Status(status)) if status.status_code == StatusCode::Eof => break Ok(()),
                Err(error) => break Err(trouble(error)),
            }
            if entries.len() >= ENTRIES_MAX {
                break Ok(());
            }
        };
        // What it says to the closing changes nothing of the list.
        let _ = self.sftp.close(handle).await;
        result.map(|()| entries)
    }

    async fn exists(&mut self, path: &str) -> Result<bool, Trouble> {
        match self.sftp.lstat(path).await.map_err(trouble) {
            Ok(_) => Ok(true),
            Err(Trouble::Missing) => Ok(false),
            Err(other) => Err(other),
        }
    }

    async fn make_folder(&mut self, path: &str) -> Result<(), Trouble> {
        if self.exists(path).await? {
            return Ok(());
        }
        self.sftp.mkdir(path, FileAttributes::empty()).await.map(|_| ()).map_err(trouble)
    }

    async fn read(&mut self, path: &str, size: u64) -> Result<Option<Vec<u8>>, Trouble> {
        let before = self.sftp.lstat(path).await.map_err(trouble)?.attrs;
        if !before.is_regular() || before.len() != size {
            return Ok(None);
        }
        let handle = self.sftp.open(path, OpenFlags::READ, FileAttributes::empty()).await.map_err(trouble)?.handle;
        let content = self.read_all(&handle, size).await;
        let _ = self.sftp.close(handle).await;
        content
    }

    async fn write(&mut self, path: &str, content: &Bytes) -> Result<(), Trouble> {
        let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNCATE;
        let handle = self.sftp.open(path, flags, FileAttributes::empty()).await.map_err(trouble)?.handle;
        let result = self.fill(&handle, content).await;
        let closed = self.sftp.close(handle).await.map(|_| ()).map_err(trouble);
        result.and(closed)
    }

    async fn remove(&mut self, path: &str) -> Result<(), Trouble> {
        self.sftp.remove(path).await.map(|_| ()).map_err(trouble)
    }

    async fn rename(&mut self, from: &str, to: &str) -> Result<(), Trouble> {
        self.sftp.rename(from, to).await.map(|_| ()).map_err(trouble)
    }

    async fn replace(&mut self, from: &str, to: &str) -> Result<(), Trouble> {
        if !self.can_replace {
            match self.remove(to).await {
                Ok(()) | Err(Trouble::Missing) => {}
                Err(other) => return Err(other),
            }
            return self.rename(from, to).await;
        }
        let mut names = Vec::new();
        for name in [from, to] {
            let length = u32::try_from(name.len()).map_err(|_| Trouble::TooLarge)?;
            names.extend_from_slice(&length.to_be_bytes());
            names.extend_from_slice(name.as_bytes());
        }
        match self.sftp.extended("posix-rename@openssh.com", names).await.map_err(trouble)? {
            Packet::Status(status) if status.status_code == StatusCode::Ok => Ok(()),
            Packet::Status(status) => Err(of_status(status.status_code)),
            _ => Err(Trouble::Broken),
        }
    }

    async fn close(self) {
        // A server that is gone needs none.
        let _ = self.ssh.disconnect(russh::Disconnect::ByApplication, "", "").await;
    }
}

impl Session {
    async fn read_all(&self, handle: &str, size: u64) -> Result<Option<Vec<u8>>, Trouble> {
        let mut content = Vec::with_capacity(usize::try_from(size).map_err(|_| Trouble::TooLarge)?);
        loop {
            let at = content.len() as u64;
            // One byte more than there should be, so that a file that has grown is seen.
            let parts = (size + 1 - at).div_ceil(PART_BYTES as u64).min(PARTS_AT_ONCE as u64);
            let reads = (0..parts).map(|part| {
                let from = at + part * PART_BYTES as u64;
                let length = (size + 1 - from).min(PART_BYTES as u64);
                async move { (length, self.sftp.read(handle, from, length as u32).await) }
            });
            let mut is_end = false;
            for (length, read) in join_all(reads).await {
                match read {
                    Ok(part) => {
                        content.extend_from_slice(&part.data);
                        if (part.data.len() as u64) < length {
                            // A server may give less than it is asked for; what follows is asked for again.
                            break;
                        }
                    }
                    Err(Error::Status(status)) if status.status_code == StatusCode::Eof => {
                        is_end = true;
                        break;
                    }
                    Err(error) => return Err(trouble(error)),
                }
            }
            if content.len() as u64 > size {
                return Ok(None);
            }
            if is_end {
                return Ok((content.len() as u64 == size).then_some(content));
            }
        }
    }

    async fn fill(&self, handle: &str, content: &Bytes) -> Result<(), Trouble> {
        for (number, parts) in content.chunks(PART_BYTES * PARTS_AT_ONCE).enumerate() {
            let start = (number * PART_BYTES * PARTS_AT_ONCE) as u64;
            let writes = parts
                .chunks(PART_BYTES)
                .enumerate()
                .map(|(part, bytes)| self.sftp.write(handle, start + (part * PART_BYTES) as u64, bytes.to_vec()));
            try_join_all(writes).await.map_err(trouble)?;
        }
        if self.can_sync {
            self.sftp.fsync(handle).await.map_err(trouble)?;
        }
        let there = self.sftp.fstat(handle).await.map_err(trouble)?.attrs;
        if there.size.is_some_and(|size| size != content.len() as u64) {
            return Err(Trouble::Refused);
        }
        Ok(())
    }
}

async fn begin(login: &Login) -> Result<Session, Reason> {
    let stream = connect::connect(&login.address, login.connect_time_max).await?;
    let config = client::Config {
        client_id: russh::SshId::Standard("SSH-2.0-Sinew".into()),
        keepalive_interval: Some(KEEPALIVE),
        keepalive_max: KEEPALIVES_MAX,
        nodelay: true,
        ..client::Config::default()
    };
    let seen = Arc::new(Mutex::new(None));
    let doorman = Doorman { known: login.host_keys.clone(), seen: seen.clone() };
    let mut ssh = match client::connect_stream(Arc::new(config), stream, doorman).await {
        Ok(ssh) => ssh,
        Err(_) => {
            let print = seen.lock().unwrap_or_else(PoisonError::into_inner).take();
            return Err(refused(login, print));
        }
    };
    log_in(&mut ssh, login).await?;
    let broken = |_| Reason::new(codes::E6003, format!("{} offers no SFTP to us", login.address));
    let channel = ssh.channel_open_session().await.map_err(broken)?;
    channel.request_subsystem(true, "sftp").await.map_err(broken)?;
    let config = Config {
        max_packet_len: PACKET_BYTES_MAX,
        request_timeout_secs: login.answer_time_max.as_secs_f32().ceil() as u64,
        ..Config::default()
    };
    let sftp = RawSftpSession::new_with_config(channel.into_stream(), config);
    let version = sftp.init().await.map_err(|error| {
        Reason::new(codes::E6003, format!("{} offers no SFTP to us: {}", login.address, trouble(error).words()))
    })?;
    let has = |name: &str| version.extensions.contains_key(name);
    Ok(Session { ssh, can_replace: has("posix-rename@openssh.com"), can_sync: has("fsync@openssh.com"), sftp })
}

/// What it means that the connection ended before we logged in.
fn refused(login: &Login, print: Option<String>) -> Reason {
    let address = &login.address;
    let Some(print) = print else {
        return Reason::new(codes::E6003, format!("{address} does not speak SSH with us"));
    };
    if login.host_keys.iter().any(|known| **known == *print) {
        return Reason::new(codes::E6003, format!("{address} ended the connection"));
    }
    let known = if login.host_keys.is_empty() { "no `host-key` is set" } else { "`host-key` says otherwise" };
    let text = format!("{address} has the key {print}, and {known}; nothing was sent to it");
    Reason::new(codes::E6601, text)
}

async fn log_in(ssh: &mut Handle<Doorman>, login: &Login) -> Result<(), Reason> {
    let refused = |_| Reason::new(codes::E6602, format!("{} ended the login", login.address));
    if let Some(key) = &login.key {
        let hash = match key.algorithm().is_rsa() {
            true => ssh.best_supported_rsa_hash().await.map_err(refused)?.flatten().or(Some(HashAlg::Sha256)),
            false => None,
        };
        let key = PrivateKeyWithHashAlg::new(key.clone(), hash);
        if is_let_in(&ssh.authenticate_publickey(&*login.user, key).await.map_err(refused)?) {
            return Ok(());
        }
    }
    if let Some(password) = &login.password {
        if is_let_in(&ssh.authenticate_password(&*login.user, &**password).await.map_err(refused)?) {
            return Ok(());
        }
        if answer_questions(ssh, &login.user, password).await.map_err(refused)? {
            return Ok(());
        }
    }
    let what = match (&login.key, &login.password) {
        (Some(_), Some(_)) => "neither the key nor the password",
        (Some(_), None) => "not with this key",
        (None, _) => "not with this password",
    };
    Err(Reason::new(codes::E6602, format!("{} does not let `{}` in: {what}", login.address, login.user)))
}

fn is_let_in(result: &AuthResult) -> bool {
    matches!(result, AuthResult::Success)
}

/// RFC 4256: the server asks, and the password is the answer to what it asks for in the dark.
async fn answer_questions(ssh: &mut Handle<Doorman>, user: &str, password: &str) -> Result<bool, russh::Error> {
    let mut response = ssh.authenticate_keyboard_interactive_start(user, None).await?;
    for _ in 0..QUESTIONS_MAX {
        let KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } = response else { break };
        let answers = prompts.iter().map(|prompt| if prompt.echo { String::new() } else { password.to_owned() });
        response = ssh.authenticate_keyboard_interactive_respond(answers.collect()).await?;
    }
    Ok(matches!(response, KeyboardInteractiveAuthResponse::Success))
}

fn changed(attributes: &FileAttributes) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::from(attributes.mtime.unwrap_or(0)))
}

fn trouble(error: Error) -> Trouble {
    match error {
        Error::Status(status) => of_status(status.status_code),
        Error::Timeout => Trouble::Silent,
        Error::Limited(_) => Trouble::TooLarge,
        Error::IO(_) | Error::UnexpectedPacket | Error::UnexpectedBehavior(_) => Trouble::Broken,
    }
}

fn of_status(code: StatusCode) -> Trouble {
    match code {
        StatusCode::NoSuchFile => Trouble::Missing,
        StatusCode::PermissionDenied => Trouble::Forbidden,
        StatusCode::NoConnection | StatusCode::ConnectionLost => Trouble::Broken,
        StatusCode::Ok | StatusCode::Eof | StatusCode::Failure | StatusCode::BadMessage | StatusCode::OpUnsupported => {
            Trouble::Refused
        }
    }
}
