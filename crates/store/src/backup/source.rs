//! What a backup needs to know of the store that it is made of.

use crate::{disk::Disk, log::segment::Owner};
use message::Clock;
use ring::hmac;
use std::{path::PathBuf, sync::Arc};

/// See the module.
pub(crate) struct Source {
    pub(crate) directory: PathBuf,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) owner: Owner,
    /// Proves manifests, and names objects.
    pub(crate) key: [u8; 32],
}

/// The key of a store's backups, from the store's secret.
pub(crate) fn key_of(secret: &[u8; 32]) -> [u8; 32] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), b"sinew backup 1");
    let mut key = [0; 32];
    key.copy_from_slice(tag.as_ref());
    key
}
