//! Settings of the topic connector.

use crate::codes;
use interface::catalogue::Settings;
use message::{Name, Reason};

/// Which topic is received.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    pub(crate) name: Name,
}

impl Topic {
    pub(crate) fn read(settings: &Settings) -> Result<Topic, Reason> {
        match settings.address.trim() {
            "" => Err(Reason::new(codes::E6001, "name the topic: `receive topic lab-results`")),
            name => Ok(Topic { name: name.into() }),
        }
    }
}
