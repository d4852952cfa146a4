//! Settings of the interface connector.

use crate::codes;
use interface::catalogue::Settings;
use message::{Name, Reason};

/// Which interface is fed.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) interface: Name,
}

impl Target {
    pub(crate) fn read(settings: &Settings) -> Result<Target, Reason> {
        match settings.address.trim() {
            "" => Err(Reason::new(codes::E6001, "name the interface that is fed: `interface adt-hub`")),
            name => Ok(Target { interface: name.into() }),
        }
    }
}
