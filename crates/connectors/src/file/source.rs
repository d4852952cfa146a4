//! The folder that is read, as a [`Place`].

use super::{config::Reading, storage};
use crate::{
    codes,
    folder::{
        After, Place, Unread, reader,
        scan::{FILES_MAX, Found, Identity, is_wanted},
    },
};
use interface::contract::{Boxed, Intake, Phase, Source};
use message::{Clock, Outcome, Reason};
use std::{fs, io, path::Path, sync::Arc, time::SystemTime};
use tokio::sync::watch;

/// A folder that can be read.
pub(crate) struct Folder {
    config: Arc<Reading>,
    clock: Arc<dyn Clock>,
}

impl Folder {
    /// Checks the folder and makes those for finished files, so that a missing right shows at the start.
    pub(crate) async fn open(config: Reading, clock: Arc<dyn Clock>) -> Result<Folder, Reason> {
        let config = Arc::new(config);
        let checked = config.clone();
        let fault = || Reason::new(codes::E6201, "the folder could not be checked");
        storage::beside(move || prepare(&checked)).await.ok_or_else(fault)??;
        Ok(Folder { config, clock })
    }
}

fn prepare(config: &Reading) -> Result<(), Reason> {
    let complain = |folder: &Path, error: io::Error| {
        Reason::new(codes::E6201, format!("{} cannot be used: {}", folder.display(), error.kind()))
    };
    fs::read_dir(&config.folder).map_err(|error| complain(&config.folder, error))?;
    let done = (config.habits.after == After::Move).then_some(&config.done);
    let mut folders = done.into_iter().chain([&config.errors]).chain(&config.answers);
    folders.try_for_each(|folder| fs::create_dir_all(folder).map_err(|error| complain(folder, error)))
}

impl Source for Folder {
    fn address(&self) -> String {
        self.config.folder.join(&self.config.habits.pattern).display().to_string()
    }

    fn run(
        self: Box<Self>,
        intake: Arc<dyn Intake>,
        phase: watch::Receiver<Phase>,
    ) -> Boxed<'static, Result<(), Reason>> {
        Box::pin(async move {
            let habits = self.config.habits.clone();
            reader::serve(Box::new(Near(self.config)), habits, self.clock, intake, phase).await;
            Ok(())
        })
    }
}

/// A folder of this machine.
struct Near(Arc<Reading>);

impl Near {
    /// Runs `work` on the path of a file, beside the runtime.
    async fn put(
        &self,
        file: &Found,
        work: impl FnOnce(&Path, &Reading) -> Result<(), Reason> + Send + 'static,
    ) -> Result<(), Reason> {
        let (path, config) = (self.0.folder.join(&file.name), self.0.clone());
        let cut_off = || Reason::new(codes::E6205, "putting a file away was cut off");
        storage::beside(move || work(&path, &config)).await.ok_or_else(cut_off)?
    }
}

impl Place for Near {
    fn address(&self) -> String {
        self.0.folder.display().to_string()
    }

    fn list(&mut self) -> Boxed<'_, Result<Vec<Found>, Reason>> {
        let config = self.0.clone();
        let cut_off = || Reason::new(codes::E6201, "looking into the folder was cut off");
        Box::pin(async move { storage::beside(move || list(&config)).await.ok_or_else(cut_off)? })
    }

    fn read<'a>(&'a mut self, file: &'a Found, bytes_max: usize) -> Boxed<'a, Result<Vec<u8>, Unread>> {
        let path = self.0.folder.join(&file.name);
        Box::pin(async move { storage::beside(move || storage::read(&path, bytes_max)).await.ok_or(Unread::Replaced)? })
    }

    fn finish<'a>(&'a mut self, file: &'a Found) -> Boxed<'a, Result<(), Reason>> {
        Box::pin(self.put(file, |path, config| storage::move_into(path, &config.done).map(|_| ())))
    }

    fn remove<'a>(&'a mut self, file: &'a Found) -> Boxed<'a, Result<(), Reason>> {
        Box::pin(self.put(file, |path, _| storage::remove(path)))
    }

    fn takes_answers(&self) -> bool {
        self.0.answers.is_some()
    }

    fn answer<'a>(&'a mut self, file: &'a Found, answer: Vec<u8>) -> Boxed<'a, Result<(), Reason>> {
        let name = format!("{}.ack", file.name.to_string_lossy());
        Box::pin(self.put(file, move |_, config| {
            let Some(folder) = &config.answers else { return Ok(()) };
            match storage::write(folder, &name, &answer) {
                Outcome::Delivered { .. } => Ok(()),
                Outcome::Transient { reason, .. }
                | Outcome::Permanent { reason, .. }
                | Outcome::Ambiguous { reason } => Err(reason),
            }
        }))
    }

    fn put_aside<'a>(&'a mut self, file: &'a Found, why: String) -> Boxed<'a, Result<(), Reason>> {
        Box::pin(self.put(file, move |path, config| storage::put_aside(path, &config.errors, &why)))
    }
}

fn list(config: &Reading) -> Result<Vec<Found>, Reason> {
    let complain = |error: io::Error| {
        Reason::new(codes::E6201, format!("{} cannot be read: {}", config.folder.display(), error.kind()))
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(&config.folder).map_err(complain)? {
        let entry = entry.map_err(complain)?;
        let name = entry.file_name();
        if !is_wanted(&name, &config.habits.pattern) {
            continue;
        }
        // `metadata` of an entry does not follow links; a file that vanished meanwhile is none.
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_file() {
            let changed = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            found.push(Found { name, identity: Identity { size: metadata.len(), changed } });
        }
        if found.len() == FILES_MAX {
            break;
        }
    }
    Ok(found)
}
