//! Folders of servers that speak a protocol of their own for files: what `sftp` and `ftps` share.
//!
//! Owns: the connection between looks, putting a file away under a name that is free, writing a file under a hidden name
//! and renaming it. A [`Session`] is the protocol.
//! Promises: nobody sees half a file under its final name; a delivery's file has the name of the delivery, so a repeated
//! one replaces it with the same content; everything before the rename may be tried again safely.
//! Never: follows a link, puts anything of a message into a file's name.

use super::{
    Habits, Place, SAME_NAME_MAX, Unread,
    name::Template,
    reader,
    scan::{FILES_MAX, Found, Identity, is_wanted},
};
use crate::{codes, tcp};
use bytes::Bytes;
use interface::contract::{Boxed, Destination, Intake, Outgoing, Phase, Source};
use message::{Clock, Outcome, Reason, Scope};
use std::{future::Future, sync::Arc, time::SystemTime};
use tokio::sync::watch;

/// A connection to a server. Each call is whole, ends by a limit of its own, and holds nothing of a file's content in what
/// it reports.
pub(crate) trait Session: Send + Sized + 'static {
    /// Which server, and who we are there.
    type Login: Clone + Send + Sync + 'static;
    /// `host:port`.
    fn address(login: &Self::Login) -> &str;
    /// Connects and logs in. Whatever fails, nothing was done at the server.
    fn open(login: &Self::Login) -> impl Future<Output = Result<Self, Reason>> + Send;
    /// The connection is known to have ended.
    fn is_closed(&self) -> bool;
    /// What is in a folder, without following links.
    fn list(&mut self, folder: &str) -> impl Future<Output = Result<Vec<Entry>, Trouble>> + Send;
    /// Whether something has this name.
    fn exists(&mut self, path: &str) -> impl Future<Output = Result<bool, Trouble>> + Send;
    /// Makes a folder, unless it is there.
    fn make_folder(&mut self, path: &str) -> impl Future<Output = Result<(), Trouble>> + Send;
    /// Reads an ordinary file of this size; `None` if it is another one by now.
    fn read(&mut self, path: &str, size: u64) -> impl Future<Output = Result<Option<Vec<u8>>, Trouble>> + Send;
    /// Writes a whole file, and looks at its size.
    fn write(&mut self, path: &str, content: &Bytes) -> impl Future<Output = Result<(), Trouble>> + Send;
    /// Deletes a file.
    fn remove(&mut self, path: &str) -> impl Future<Output = Result<(), Trouble>> + Send;
    /// Renames to a name that was free.
    fn rename(&mut self, from: &str, to: &str) -> impl Future<Output = Result<(), Trouble>> + Send;
    /// Renames over what has the new name.
    fn replace(&mut self, from: &str, to: &str) -> impl Future<Output = Result<(), Trouble>> + Send;
    /// Says goodbye.
    fn close(self) -> impl Future<Output = ()> + Send;
}

/// What is known of an entry of a folder.
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) is_file: bool,
    pub(crate) size: u64,
    pub(crate) changed: SystemTime,
}

/// Why a request did not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The server said that there is no such thing.
    Missing,
    /// The server said that we may not.
    Forbidden,
    /// The server said no.
    Refused,
    /// It is larger than it may be.
    TooLarge,
    /// There was no answer in time.
    Silent,
    /// The connection is gone, or cannot be used any longer.
    Broken,
}

impl Trouble {
    /// For people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Trouble::Missing => "the server has no such file or folder",
            Trouble::Forbidden => "the server does not permit it",
            Trouble::Refused => "the server refused it",
            Trouble::TooLarge => "it is larger than the limit",
            Trouble::Silent => "the server did not answer in time",
            Trouble::Broken => "the connection broke",
        }
    }
    /// Nothing else would fare better on this connection.
    pub(crate) fn is_end(self) -> bool {
        match self {
            Trouble::Silent | Trouble::Broken => true,
            Trouble::Missing | Trouble::Forbidden | Trouble::Refused | Trouble::TooLarge => false,
        }
    }
}

/// How a distant folder is read.
#[derive(Clone, Debug)]
pub(crate) struct Reading<L> {
    pub(crate) login: L,
    pub(crate) folder: String,
    pub(crate) habits: Habits,
    pub(crate) done: String,
    pub(crate) errors: String,
}

/// How files are written into a distant folder.
#[derive(Clone, Debug)]
pub(crate) struct Writing<L> {
    pub(crate) login: L,
    pub(crate) folder: String,
    pub(crate) template: Template,
}

/// `host:port/folder` is a server and a folder where the login leads; `host//folder` a folder from the root.
pub(crate) fn separate(address: &str, scheme: &str, port: u16) -> Result<(String, String), Reason> {
    let address = address.strip_prefix(scheme).unwrap_or(address);
    let (host, path) = address.split_once('/').unwrap_or((address, ""));
    let has_port = host.rsplit(']').next().is_some_and(|rest| rest.contains(':'));
    let host = if has_port { host.to_owned() } else { format!("{host}:{port}") };
    if host.contains('@') {
        let text = format!("`{address}`: who we are is said by `user`, not in the address");
        return Err(Reason::new(codes::E6001, text));
    }
    tcp::check_host_port(&host)?;
    Ok((host, if path.is_empty() { ".".to_owned() } else { path.to_owned() }))
}

/// A path inside a folder, or one from the root.
pub(crate) fn join(folder: &str, name: &str) -> String {
    match name.starts_with('/') {
        true => name.to_owned(),
        false => format!("{}/{name}", folder.trim_end_matches('/')),
    }
}

/// A distant folder that can be read.
pub(crate) struct Distant<S: Session> {
    config: Reading<S::Login>,
    clock: Arc<dyn Clock>,
}

impl<S: Session> Distant<S> {
    /// Does not connect: a server that is away when the engine starts is tried again like one that goes away later.
    pub(crate) fn new(config: Reading<S::Login>, clock: Arc<dyn Clock>) -> Distant<S> {
        Distant { config, clock }
    }
}

impl<S: Session> Source for Distant<S> {
    fn address(&self) -> String {
        address::<S>(&self.config)
    }

    fn run(
        self: Box<Self>,
        intake: Arc<dyn Intake>,
        phase: watch::Receiver<Phase>,
    ) -> Boxed<'static, Result<(), Reason>> {
        Box::pin(async move {
            let habits = self.config.habits.clone();
            let place = Far::<S> { config: self.config, session: None };
            reader::serve(Box::new(place), habits, self.clock, intake, phase).await;
            Ok(())
        })
    }
}

fn address<S: Session>(config: &Reading<S::Login>) -> String {
    format!("{}/{}", S::address(&config.login), join(&config.folder, &config.habits.pattern))
}

/// A folder of a server.
struct Far<S: Session> {
    config: Reading<S::Login>,
    session: Option<S>,
}

impl<S: Session> Far<S> {
    /// The connection; a new one if there is none that can be used.
    async fn session(&mut self) -> Result<&mut S, Reason> {
        let session = match self.session.take().filter(|session| !session.is_closed()) {
            Some(session) => session,
            None => S::open(&self.config.login).await?,
        };
        Ok(self.session.insert(session))
    }

    /// What failed, for people; the connection is given up where it is of no more use.
    fn fail(&mut self, code: message::Code, what: &str, trouble: Trouble) -> Reason {
        if trouble.is_end() {
            self.session = None;
        }
        Reason::new(code, format!("{what} at {}: {}", S::address(&self.config.login), trouble.words()))
    }

    async fn move_into(&mut self, file: &Found, folder: String) -> Result<String, Reason> {
        let name = file.name.to_string_lossy().into_owned();
        let from = join(&self.config.folder, &name);
        let session = self.session().await?;
        match move_to_free(session, &from, &folder, &name).await {
            Ok(Some(target)) => Ok(target),
            Ok(None) => Err(Reason::new(codes::E6205, "the folder for finished files has too many files of one name")),
            Err(trouble) => Err(self.fail(codes::E6205, "a file could not be put away", trouble)),
        }
    }
}

async fn move_to_free<S: Session>(
    session: &mut S,
    from: &str,
    folder: &str,
    name: &str,
) -> Result<Option<String>, Trouble> {
    session.make_folder(folder).await?;
    for number in 0..SAME_NAME_MAX {
        let free = if number == 0 { name.to_owned() } else { format!("{name}.{number}") };
        let target = join(folder, &free);
        if !session.exists(&target).await? {
            return session.rename(from, &target).await.map(|()| Some(target));
        }
    }
    Ok(None)
}

impl<S: Session> Place for Far<S> {
    fn address(&self) -> String {
        address::<S>(&self.config)
    }

    fn list(&mut self) -> Boxed<'_, Result<Vec<Found>, Reason>> {
        Box::pin(async move {
            let folder = self.config.folder.clone();
            let mut entries = self.session().await?.list(&folder).await;
            if matches!(entries, Err(Trouble::Broken)) {
                // The connection was idle since the last look, and may have ended without our seeing it.
                self.session = None;
                entries = self.session().await?.list(&folder).await;
            }
            let entries = entries.map_err(|trouble| self.fail(codes::E6604, "the folder cannot be read", trouble))?;
            let wanted = entries
                .into_iter()
                .filter(|entry| entry.is_file && is_wanted(entry.name.as_ref(), &self.config.habits.pattern))
                // A name is one step of a path, whatever the server says.
                .filter(|entry| !entry.name.contains('/'));
            let found = wanted.take(FILES_MAX).map(|entry| Found {
                name: entry.name.into(),
                identity: Identity { size: entry.size, changed: entry.changed },
            });
            Ok(found.collect())
        })
    }

    fn read<'a>(&'a mut self, file: &'a Found, bytes_max: usize) -> Boxed<'a, Result<Vec<u8>, Unread>> {
        Box::pin(async move {
            if file.identity.size > bytes_max as u64 {
                return Err(Unread::TooLarge);
            }
            let path = join(&self.config.folder, &file.name.to_string_lossy());
            let session = self.session().await.map_err(Unread::Lost)?;
            match session.read(&path, file.identity.size).await {
                Ok(Some(content)) => Ok(content),
                Ok(None) | Err(Trouble::Missing) => Err(Unread::Replaced),
                Err(Trouble::TooLarge) => Err(Unread::TooLarge),
                Err(trouble) => {
                    let reason = self.fail(codes::E6605, "a file could not be read", trouble);
                    Err(if trouble.is_end() { Unread::Lost(reason) } else { Unread::Failed(reason) })
                }
            }
        })
    }

    fn finish<'a>(&'a mut self, file: &'a Found) -> Boxed<'a, Result<(), Reason>> {
        let done = self.config.done.clone();
        Box::pin(async move { self.move_into(file, done).await.map(|_| ()) })
    }

    fn remove<'a>(&'a mut self, file: &'a Found) -> Boxed<'a, Result<(), Reason>> {
        Box::pin(async move {
            let path = join(&self.config.folder, &file.name.to_string_lossy());
            match self.session().await?.remove(&path).await {
                Ok(()) | Err(Trouble::Missing) => Ok(()),
                Err(trouble) => Err(self.fail(codes::E6205, "a file could not be deleted", trouble)),
            }
        })
    }

    fn put_aside<'a>(&'a mut self, file: &'a Found, why: String) -> Boxed<'a, Result<(), Reason>> {
        Box::pin(async move {
            let target = self.move_into(file, self.config.errors.clone()).await?;
            let beside = format!("{target}.reason");
            let written = self.session().await?.write(&beside, &Bytes::from(why)).await;
            written.map_err(|trouble| self.fail(codes::E6205, "a .reason file could not be written", trouble))
        })
    }

    fn rest(&mut self) -> Boxed<'_, ()> {
        Box::pin(async move {
            if let Some(session) = self.session.take() {
                session.close().await;
            }
        })
    }
}

/// A lane into a distant folder: one file a delivery.
pub(crate) struct Lane<S: Session> {
    config: Writing<S::Login>,
    /// Taken out while a delivery is under way: a send that is cancelled or fails leaves no half-used connection.
    session: Option<S>,
}

impl<S: Session> Lane<S> {
    pub(crate) fn new(config: Writing<S::Login>) -> Lane<S> {
        Lane { config, session: None }
    }

    async fn deliver(&mut self, outgoing: &Outgoing) -> Outcome {
        let name = match self.config.template.name(outgoing.delivery, outgoing.accepted, &outgoing.interface) {
            Ok(name) => name,
            Err(reason) => return Outcome::Permanent { reason, reply: None },
        };
        let target = join(&self.config.folder, &name);
        // The attempt is in it, so that what an earlier connection still does at the server stays apart.
        let delivery = outgoing.delivery;
        let hidden = format!(".{}-{}.{}.part", delivery.message, delivery.number, outgoing.attempt);
        let hidden = join(&self.config.folder, &hidden);
        let mut is_fresh = false;
        let mut session = match self.session.take().filter(|session| !session.is_closed()) {
            Some(session) => session,
            None => {
                is_fresh = true;
                match self.open().await {
                    Ok(session) => session,
                    Err(outcome) => return outcome,
                }
            }
        };
        let mut written = session.write(&hidden, &outgoing.bytes).await;
        if written == Err(Trouble::Broken) && !is_fresh {
            // The connection had ended while it was idle; nobody has seen anything of the file.
            session = match self.open().await {
                Ok(session) => session,
                Err(outcome) => return outcome,
            };
            written = session.write(&hidden, &outgoing.bytes).await;
        }
        if let Err(trouble) = written {
            return self.give_up(session, &hidden, trouble).await;
        }
        match session.replace(&hidden, &target).await {
            Ok(()) => {
                self.session = Some(session);
                Outcome::Delivered { reply: None }
            }
            Err(trouble) if trouble.is_end() => {
                let address = S::address(&self.config.login);
                let text = format!("{address}: {}; the file may be there", trouble.words());
                Outcome::Ambiguous { reason: Reason::new(codes::E6606, text) }
            }
            Err(trouble) => self.give_up(session, &hidden, trouble).await,
        }
    }

    async fn open(&mut self) -> Result<S, Outcome> {
        S::open(&self.config.login).await.map_err(transient)
    }

    /// Nobody can have seen the file under its name.
    async fn give_up(&mut self, mut session: S, hidden: &str, trouble: Trouble) -> Outcome {
        if !trouble.is_end() {
            // What is left of it is hidden, and the next attempt begins anew.
            let _ = session.remove(hidden).await;
            self.session = Some(session);
        }
        let code = match trouble {
            Trouble::Missing | Trouble::Forbidden => codes::E6604,
            Trouble::Refused | Trouble::TooLarge | Trouble::Silent | Trouble::Broken => codes::E6607,
        };
        let place = format!("{}/{}", S::address(&self.config.login), self.config.folder);
        transient(Reason::new(code, format!("a file could not be written to {place}: {}", trouble.words())))
    }
}

fn transient(reason: Reason) -> Outcome {
    Outcome::Transient { scope: Scope::Destination, reason, retry_after: None }
}

impl<S: Session> Destination for Lane<S> {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(self.deliver(outgoing))
    }

    fn close(&mut self) -> Boxed<'_, ()> {
        Box::pin(async {
            if let Some(session) = self.session.take() {
                session.close().await;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let check = |address: &str, expect: Option<(&str, &str)>| {
            let expect = expect.map(|(host, path)| (host.to_owned(), path.to_owned()));
            assert_eq!(separate(address, "sftp://", 22).ok(), expect, "{address}");
        };
        check("files.example.org/out/*.hl7", Some(("files.example.org:22", "out/*.hl7")));
        check("files.example.org:2222//data/out", Some(("files.example.org:2222", "/data/out")));
        check("sftp://files.example.org", Some(("files.example.org:22", ".")));
        check("[::1]/in", Some(("[::1]:22", "in")));
        check("[::1]:2222/in", Some(("[::1]:2222", "in")));
        check("me@files.example.org/in", None);
        check("files.example.org:port/in", None);
        check("/in", None);
    }

    #[test]
    fn places_inside() {
        assert_eq!(join("in", "done"), "in/done");
        assert_eq!(join("/", "done"), "/done");
        assert_eq!(join("in", "/done"), "/done");
    }
}
