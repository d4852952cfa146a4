//! A folder that is written: one file a delivery, or batches.

use super::{
    batches::{Batches, Owner},
    config::Writing,
    storage,
};
use crate::codes;
use interface::{
    catalogue::Context,
    contract::{Boxed, Destination, Outgoing},
};
use message::{Outcome, Reason};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// A lane into a folder.
pub(crate) struct Lane {
    config: Arc<Writing>,
    batches: Arc<Batches>,
    /// A send that was cancelled goes on writing beside the runtime; the next one waits for it, because a second attempt
    /// writes the same file.
    writing: Arc<Mutex<()>>,
}

impl Lane {
    pub(crate) fn new(config: Writing, context: &Context) -> Lane {
        let config = Arc::new(config);
        Lane { batches: Arc::new(Batches::new(config.clone(), Owner::of(context))), config, writing: Arc::default() }
    }

    /// Work on the folder, one at a time.
    async fn alone<T: Send + 'static>(&self, work: impl FnOnce(&Writing, &Batches) -> T + Send + 'static) -> Option<T> {
        let (config, batches, writing) = (self.config.clone(), self.batches.clone(), self.writing.clone());
        storage::beside(move || {
            let _alone = writing.lock().unwrap_or_else(PoisonError::into_inner);
            work(&config, &batches)
        })
        .await
    }
}

fn write(config: &Writing, batches: &Batches, outgoing: &Outgoing) -> Outcome {
    if config.is_of_workspace {
        // Where it cannot be made, writing says so.
        let _ = std::fs::create_dir_all(&config.folder);
    }
    if let Some(batching) = &config.batch {
        return batches.take(batching, outgoing).unwrap_or_else(|outcome| outcome);
    }
    match config.template.name(outgoing.delivery, outgoing.accepted, &outgoing.interface) {
        Ok(name) => storage::write(&config.folder, &name, &outgoing.bytes),
        Err(reason) => Outcome::Permanent { reason, reply: None },
    }
}

impl Destination for Lane {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(async move {
            let outgoing = outgoing.clone();
            let written = self.alone(move |config, batches| write(config, batches, &outgoing)).await;
            written.unwrap_or_else(|| {
                let text = format!("{}: writing was cut off", self.config.folder.display());
                Outcome::Ambiguous { reason: Reason::new(codes::E6207, text) }
            })
        })
    }

    fn rest(&self) -> Option<Duration> {
        self.batches.rest()
    }

    fn tend(&mut self, is_leaving: bool) -> Boxed<'_, Result<(), Reason>> {
        Box::pin(async move {
            let cut_off = || Err(Reason::new(codes::E6311, "closing was cut off"));
            self.alone(move |_, batches| batches.tend(is_leaving)).await.unwrap_or_else(cut_off)
        })
    }
}
