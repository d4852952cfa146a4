//! Something made of files that is made again when they change.

use super::pem::{Pem, Stamp};
use message::Reason;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// How often the files are looked at, so that a flood of connections does not become a flood of looks.
#[cfg(not(test))]
const LOOK_PAUSE: Duration = Duration::from_secs(10);
#[cfg(test)]
const LOOK_PAUSE: Duration = Duration::ZERO;

/// What is made, by whom, of which files.
pub(crate) struct Fresh<T> {
    files: Vec<Pem>,
    make: Box<dyn Fn() -> Result<T, Reason> + Send + Sync>,
    made: Mutex<Made<T>>,
}

struct Made<T> {
    value: Arc<T>,
    stamps: Vec<Stamp>,
    looked: Instant,
}

impl<T> Fresh<T> {
    /// Makes it for the first time; a fault shows here.
    pub(crate) fn new(
        files: Vec<Pem>,
        make: impl Fn() -> Result<T, Reason> + Send + Sync + 'static,
    ) -> Result<Fresh<T>, Reason> {
        let made = Made { stamps: stamps(&files), value: Arc::new(make()?), looked: Instant::now() };
        Ok(Fresh { files, make: Box::new(make), made: Mutex::new(made) })
    }

    /// As the files have it. What cannot be made anew (a certificate was replaced and its key not yet) stays as it was.
    pub(crate) fn get(&self) -> Arc<T> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.looked.elapsed() >= LOOK_PAUSE {
            made.looked = Instant::now();
            let stamps = stamps(&self.files);
            if stamps != made.stamps
                && let Ok(value) = (self.make)()
            {
                *made = Made { value: Arc::new(value), stamps, looked: made.looked };
            }
        }
        made.value.clone()
    }
}

fn stamps(files: &[Pem]) -> Vec<Stamp> {
    files.iter().map(Pem::stamp).collect()
}
