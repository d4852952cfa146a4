//! A prefix of a bucket that is read, as a [`Place`].

use super::{
    config::Reading,
    store::{Store, Trouble},
};
use crate::{
    codes,
    folder::{
        Place, SAME_NAME_MAX, Unread, reader,
        scan::{FILES_MAX, Found, Identity, is_wanted},
    },
    web::client::Fault,
};
use bytes::Bytes;
use interface::{
    catalogue::{Context, Settings},
    contract::{Boxed, Intake, Phase, Source},
};
use message::{Clock, Reason};
use std::{collections::HashMap, ffi::OsString, sync::Arc};
use tokio::sync::watch;

/// A prefix that can be read.
pub(crate) struct Bucket {
    config: Reading,
    store: Store,
    clock: Arc<dyn Clock>,
}

impl Bucket {
    /// Does not connect: a store that is away when the engine starts is tried again like one that goes away later.
    pub(crate) fn open(settings: &Settings, context: &Context) -> Result<Bucket, Reason> {
        let config = Reading::read(settings)?;
        let store = Store::open(config.login.clone(), settings, context)?;
        Ok(Bucket { config, store, clock: context.clock.clone() })
    }
}

impl Source for Bucket {
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
            let place = Prefix { config: self.config, store: self.store, tags: HashMap::new() };
            reader::serve(Box::new(place), habits, self.clock, intake, phase).await;
            Ok(())
        })
    }
}

fn address(config: &Reading) -> String {
    format!("{}/{}{}", config.login.place(), config.login.prefix, config.habits.pattern)
}

/// The objects directly below a prefix.
struct Prefix {
    config: Reading,
    store: Store,
    /// The ETag of each object that was read and is still there.
    tags: HashMap<OsString, String>,
}

impl Prefix {
    fn key(&self, file: &Found) -> String {
        format!("{}{}", self.config.login.prefix, file.name.to_string_lossy())
    }

    fn fail(&self, code: message::Code, what: &str, trouble: Trouble) -> Reason {
        match trouble {
            Trouble::Closed(reason) | Trouble::Lost(Fault::Unsent(reason) | Fault::Doubtful(reason)) => reason,
            other => Reason::new(code, format!("{what}: {}", other.into_reason(&self.config.login.place()).text)),
        }
    }

    /// The object if it is still the one that was read; another one by the same name is left, to be read in its turn.
    async fn tag_of_read(&mut self, file: &Found) -> Result<String, Reason> {
        let there = match self.store.look(&self.key(file)).await {
            Ok((tag, _)) => tag,
            Err(trouble) => return Err(self.fail(codes::E6205, "an object could not be looked at", trouble)),
        };
        // One that was too large to be read has no tag of its own.
        let read = self.tags.get(&file.name).unwrap_or(&there);
        if *read == there {
            return Ok(there);
        }
        self.tags.remove(&file.name);
        let text = "an object was replaced by its writer while it was read; it is read again";
        Err(Reason::new(codes::E6815, text))
    }

    async fn move_into(&mut self, file: &Found, folder: &str) -> Result<String, Reason> {
        let what = "an object could not be put away";
        let tag = self.tag_of_read(file).await?;
        let (from, name) = (self.key(file), file.name.to_string_lossy().into_owned());
        for number in 0..SAME_NAME_MAX {
            let free = if number == 0 { name.clone() } else { format!("{name}.{number}") };
            let target = format!("{folder}{free}");
            match self.store.look(&target).await {
                // What an earlier move copied before it was cut off.
                Ok((there, _)) if there == tag && number == 0 => {}
                Ok(_) => continue,
                Err(Trouble::Missing) => {
                    let copied = self.store.copy(&from, &target, &tag).await;
                    copied.map_err(|trouble| self.fail(codes::E6205, what, trouble))?;
                }
                Err(trouble) => return Err(self.fail(codes::E6205, what, trouble)),
            }
            self.delete(file, &tag).await?;
            return Ok(target);
        }
        Err(Reason::new(codes::E6205, "there are too many finished objects of one name"))
    }

    async fn delete(&mut self, file: &Found, tag: &str) -> Result<(), Reason> {
        match self.store.remove(&self.key(file), tag).await {
            Ok(()) | Err(Trouble::Missing) => {
                self.tags.remove(&file.name);
                Ok(())
            }
            Err(trouble) => Err(self.fail(codes::E6205, "an object could not be deleted", trouble)),
        }
    }
}

impl Place for Prefix {
    fn address(&self) -> String {
        address(&self.config)
    }

    fn list(&mut self) -> Boxed<'_, Result<Vec<Found>, Reason>> {
        Box::pin(async move {
            let objects = self.store.list().await;
            let objects =
                objects.map_err(|trouble| self.fail(codes::E6814, "the objects cannot be listed", trouble))?;
            let pattern = &self.config.habits.pattern;
            let wanted = objects
                .into_iter()
                .filter(|object| is_wanted(object.name.as_ref(), pattern) && !object.name.contains('/'));
            let found: Vec<Found> = wanted
                .take(FILES_MAX)
                .map(|object| Found {
                    name: object.name.into(),
                    identity: Identity { size: object.size, changed: object.changed },
                })
                .collect();
            let present: std::collections::HashSet<&OsString> = found.iter().map(|file| &file.name).collect();
            self.tags.retain(|name, _| present.contains(name));
            Ok(found)
        })
    }

    fn read<'a>(&'a mut self, file: &'a Found, bytes_max: usize) -> Boxed<'a, Result<Vec<u8>, Unread>> {
        Box::pin(async move {
            if file.identity.size > bytes_max as u64 {
                return Err(Unread::TooLarge);
            }
            match self.store.read(&self.key(file)).await {
                Ok((content, tag)) => {
                    self.tags.insert(file.name.clone(), tag);
                    Ok(content.to_vec())
                }
                Err(Trouble::Missing) => Err(Unread::Replaced),
                Err(trouble @ (Trouble::Closed(_) | Trouble::Lost(_))) => {
                    Err(Unread::Lost(self.fail(codes::E6814, "an object could not be read", trouble)))
                }
                Err(trouble) => Err(Unread::Failed(self.fail(codes::E6814, "an object could not be read", trouble))),
            }
        })
    }

    fn finish<'a>(&'a mut self, file: &'a Found) -> Boxed<'a, Result<(), Reason>> {
        let done = self.config.done.clone();
        Box::pin(async move { self.move_into(file, &done).await.map(drop) })
    }

    fn remove<'a>(&'a mut self, file: &'a Found) -> Boxed<'a, Result<(), Reason>> {
        Box::pin(async move {
            let tag = self.tag_of_read(file).await?;
            self.delete(file, &tag).await
        })
    }

    fn put_aside<'a>(&'a mut self, file: &'a Found, why: String) -> Boxed<'a, Result<(), Reason>> {
        Box::pin(async move {
            let errors = self.config.errors.clone();
            let target = self.move_into(file, &errors).await?;
            let written = self.store.write(&format!("{target}.reason"), &Bytes::from(why), "text/plain", false).await;
            written.map_err(|trouble| self.fail(codes::E6205, "a .reason object could not be written", trouble))
        })
    }

    fn rest(&mut self) -> Boxed<'_, ()> {
        self.store.close();
        Box::pin(async {})
    }
}
