//! A folder that is written: one file a delivery.

use super::{config::Writing, storage};
use crate::codes;
use interface::contract::{Boxed, Destination, Outgoing};
use message::{Outcome, Reason};
use std::sync::{Arc, Mutex, PoisonError};

/// A lane into a folder.
pub(crate) struct Lane {
    config: Arc<Writing>,
    /// A send that was cancelled goes on writing beside the runtime; the next one waits for it, because a second attempt
    /// writes the same file.
    writing: Arc<Mutex<()>>,
}

impl Lane {
    pub(crate) fn new(config: Writing) -> Lane {
        Lane { config: Arc::new(config), writing: Arc::default() }
    }
}

impl Destination for Lane {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(async move {
            let name = match self.config.template.name(outgoing) {
                Ok(name) => name,
                Err(reason) => return Outcome::Permanent { reason, reply: None },
            };
            let (config, writing, bytes) = (self.config.clone(), self.writing.clone(), outgoing.bytes.clone());
            let write = move || {
                let _alone = writing.lock().unwrap_or_else(PoisonError::into_inner);
                if config.is_of_workspace {
                    // Where it cannot be made, writing says so.
                    let _ = std::fs::create_dir_all(&config.folder);
                }
                storage::write(&config.folder, &name, &bytes)
            };
            storage::beside(write).await.unwrap_or_else(|| {
                let text = format!("{}: writing was cut off", self.config.folder.display());
                Outcome::Ambiguous { reason: Reason::new(codes::E6207, text) }
            })
        })
    }
}
