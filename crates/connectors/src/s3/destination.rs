//! A lane into a bucket: one object a delivery.

use super::{
    config::Writing,
    sign::sha256,
    store::{Store, Trouble},
};
use crate::{codes, http, web::meaning};
use interface::{
    catalogue::{Context, Settings},
    contract::{Boxed, Destination, Outgoing},
};
use message::{Outcome, Reason, Scope};

/// The lane.
pub(crate) struct Lane {
    config: Writing,
    store: Store,
}

impl Lane {
    pub(crate) fn open(settings: &Settings, context: &Context) -> Result<Lane, Reason> {
        let config = Writing::read(settings)?;
        let store = Store::open(config.login.clone(), settings, context)?;
        Ok(Lane { config, store })
    }

    async fn deliver(&mut self, outgoing: &Outgoing) -> Outcome {
        let name = match self.config.template.name(outgoing.delivery, outgoing.accepted, &outgoing.interface) {
            Ok(name) => name,
            Err(reason) => return Outcome::Permanent { reason, reply: None },
        };
        let key = format!("{}{name}", self.config.login.prefix);
        if !self.config.is_conditional {
            match self.store.look(&key).await {
                Ok((_, checksum)) => return self.compare(outgoing, &checksum),
                Err(Trouble::Missing) => {}
                Err(trouble) => return unwritten(self.explain(trouble)),
            }
        }
        let media_type = http::media_type(outgoing.format);
        match self.store.write(&key, &outgoing.bytes, media_type, self.config.is_conditional).await {
            Ok(()) => Outcome::Delivered { reply: None },
            Err(Trouble::Conflict) => match self.store.look(&key).await {
                Ok((_, checksum)) => self.compare(outgoing, &checksum),
                // It was refused, so nothing was written.
                Err(trouble) => unwritten(self.explain(trouble)),
            },
            Err(trouble) => self.explain(trouble),
        }
    }

    /// There is an object by this name: of an earlier attempt, or of somebody else.
    fn compare(&self, outgoing: &Outgoing, checksum: &str) -> Outcome {
        if checksum == sha256(&outgoing.bytes) {
            return Outcome::Delivered { reply: None };
        }
        let text = format!(
            "{} has an object by the name of this delivery, with other content: nothing was written",
            self.config.login.place()
        );
        Outcome::Permanent { reason: Reason::new(codes::E6813, text), reply: None }
    }

    fn explain(&self, trouble: Trouble) -> Outcome {
        let transient = |scope, reason| Outcome::Transient { scope, reason, retry_after: None };
        match trouble {
            Trouble::Lost(fault) => fault.outcome(),
            Trouble::Closed(reason) => transient(Scope::Destination, reason),
            // Two wrote at the same time, and the store let none or the other one win.
            Trouble::Refused(answer, reason) if answer.status.as_u16() == 409 => transient(Scope::Message, reason),
            Trouble::Refused(answer, reason) => {
                match meaning::outcome(&self.config.login.place(), *answer, self.store.now()) {
                    Outcome::Transient { scope, retry_after, .. } => Outcome::Transient { scope, reason, retry_after },
                    Outcome::Permanent { .. } => Outcome::Permanent { reason, reply: None },
                    Outcome::Ambiguous { .. } => Outcome::Ambiguous { reason },
                    Outcome::Delivered { .. } => Outcome::Ambiguous { reason },
                }
            }
            Trouble::Unknown => {
                let text = format!("{} does not know `If-None-Match`: set `conditional no`", self.config.login.place());
                transient(Scope::Destination, Reason::new(codes::E6811, text))
            }
            trouble @ (Trouble::Missing | Trouble::Conflict) => {
                transient(Scope::Message, trouble.into_reason(&self.config.login.place()))
            }
        }
    }
}

/// The outcome of a question that changes nothing: the message itself certainly was not taken.
fn unwritten(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Ambiguous { reason } => Outcome::Transient { scope: Scope::Destination, reason, retry_after: None },
        Outcome::Permanent { reason, .. } => Outcome::Transient { scope: Scope::Message, reason, retry_after: None },
        other @ (Outcome::Transient { .. } | Outcome::Delivered { .. }) => other,
    }
}

impl Destination for Lane {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(self.deliver(outgoing))
    }

    fn close(&mut self) -> Boxed<'_, ()> {
        self.store.close();
        Box::pin(async {})
    }
}
