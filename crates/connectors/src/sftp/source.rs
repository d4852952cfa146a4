//! A distant folder that is read, as a [`Place`].

use super::{
    config::{Login, Reading, join},
    session::{Session, Trouble},
};
use crate::{
    codes,
    folder::{
        Place, SAME_NAME_MAX, Unread, reader,
        scan::{FILES_MAX, Found, Identity, is_wanted},
    },
};
use bytes::Bytes;
use interface::contract::{Boxed, Intake, Phase, Source};
use message::{Clock, Reason};
use std::sync::Arc;
use tokio::sync::watch;

/// A distant folder that can be read.
pub(crate) struct Distant {
    config: Reading,
    clock: Arc<dyn Clock>,
}

impl Distant {
    /// Does not connect: a server that is away when the engine starts is tried again like one that goes away later.
    pub(crate) fn new(config: Reading, clock: Arc<dyn Clock>) -> Distant {
        Distant { config, clock }
    }
}

impl Source for Distant {
    fn address(&self) -> String {
        address(&self.config)
    }

    fn run(
        self: Box<Self>,
        intake: Arc<dyn Intake>,
        phase: watch::Receiver<Phase>,
    ) -> Boxed<'static, Result<(), Reason>> {
        Box::pin(async move {
            let habits = self.config.habits.clone();
            let place = Far { config: self.config, session: None };
            reader::serve(Box::new(place), habits, self.clock, intake, phase).await;
            Ok(())
        })
    }
}

fn address(config: &Reading) -> String {
    format!("{}/{}", config.login.address, join(&config.folder, &config.habits.pattern))
}

/// A folder of a server.
struct Far {
    config: Reading,
    session: Option<Session>,
}

impl Far {
    /// The connection; a new one if there is none that can be used.
    async fn session(&mut self) -> Result<&Session, Reason> {
        let session = match self.session.take().filter(|session| !session.is_closed()) {
            Some(session) => session,
            None => open(&self.config.login).await?,
        };
        Ok(self.session.insert(session))
    }

    /// What failed, for people; the connection is given up where it is of no more use.
    fn fail(&mut self, code: message::Code, what: &str, trouble: Trouble) -> Reason {
        if trouble.is_end() {
            self.session = None;
        }
        Reason::new(code, format!("{what} at {}: {}", self.config.login.address, trouble.words()))
    }

    async fn move_into(&mut self, file: &Found, folder: String) -> Result<String, Reason> {
        let name = file.name.to_string_lossy().into_owned();
        let from = join(&self.config.folder, &name);
        let session = self.session().await?;
        let moved = async {
            session.make_folder(&folder).await?;
            for number in 0..SAME_NAME_MAX {
                let free = if number == 0 { name.clone() } else { format!("{name}.{number}") };
                let target = join(&folder, &free);
                if !session.exists(&target).await? {
                    return session.rename(&from, &target).await.map(|()| Some(target));
                }
            }
            Ok(None)
        };
        match moved.await {
            Ok(Some(target)) => Ok(target),
            Ok(None) => Err(Reason::new(codes::E6205, "the folder for finished files has too many files of one name")),
            Err(trouble) => Err(self.fail(codes::E6205, "a file could not be put away", trouble)),
        }
    }
}

async fn open(login: &Login) -> Result<Session, Reason> {
    Session::open(login).await
}

impl Place for Far {
    fn address(&self) -> String {
        address(&self.config)
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
