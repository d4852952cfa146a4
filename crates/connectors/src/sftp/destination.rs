//! A distant folder that is written: one file a delivery.

use super::{
    config::{Writing, join},
    session::{Session, Trouble},
};
use crate::codes;
use interface::contract::{Boxed, Destination, Outgoing};
use message::{Outcome, Reason, Scope};

/// A lane into a distant folder.
pub(crate) struct Lane {
    config: Writing,
    /// Taken out while a delivery is under way: a send that is cancelled or fails leaves no half-used connection.
    session: Option<Session>,
}

impl Lane {
    pub(crate) fn new(config: Writing) -> Lane {
        Lane { config, session: None }
    }

    async fn deliver(&mut self, outgoing: &Outgoing) -> Outcome {
        let name = match self.config.template.name(outgoing.delivery, outgoing.accepted, &outgoing.interface) {
            Ok(name) => name,
            Err(reason) => return Outcome::Permanent { reason, reply: None },
        };
        let target = join(&self.config.folder, &name);
        // The attempt is in it, so that what an earlier connection still does at the server stays apart.
        let delivery = outgoing.delivery;
        let hidden = format!(".{}-{}.{}.part", delivery.message, delivery.number, outgoing.attempt);
        let hidden = join(&self.config.folder, &hidden);
        let mut is_fresh = false;
        let mut session = match self.session.take().filter(|session| !session.is_closed()) {
            Some(session) => session,
            None => {
                is_fresh = true;
                match self.open().await {
                    Ok(session) => session,
                    Err(outcome) => return outcome,
                }
            }
        };
        let mut written = session.write(&hidden, &outgoing.bytes).await;
        if written == Err(Trouble::Broken) && !is_fresh {
            // The connection had ended while it was idle; nobody has seen anything of the file.
            session = match self.open().await {
                Ok(session) => session,
                Err(outcome) => return outcome,
            };
            written = session.write(&hidden, &outgoing.bytes).await;
        }
        if let Err(trouble) = written {
            return self.give_up(session, &hidden, trouble).await;
        }
        match session.replace(&hidden, &target).await {
            Ok(()) => {
                self.session = Some(session);
                Outcome::Delivered { reply: None }
            }
            Err(trouble) if trouble.is_end() => {
                let text = format!("{}: {}; the file may be there", self.config.login.address, trouble.words());
                Outcome::Ambiguous { reason: Reason::new(codes::E6606, text) }
            }
            Err(trouble) => self.give_up(session, &hidden, trouble).await,
        }
    }

    async fn open(&self) -> Result<Session, Outcome> {
        Session::open(&self.config.login).await.map_err(transient)
    }

    /// Nobody can have seen the file under its name.
    async fn give_up(&mut self, session: Session, hidden: &str, trouble: Trouble) -> Outcome {
        if !trouble.is_end() {
            // What is left of it is hidden, and the next attempt begins anew.
            let _ = session.remove(hidden).await;
            self.session = Some(session);
        }
        let code = match trouble {
            Trouble::Missing | Trouble::Forbidden => codes::E6604,
            Trouble::Refused | Trouble::TooLarge | Trouble::Silent | Trouble::Broken => codes::E6607,
        };
        let place = format!("{}/{}", self.config.login.address, self.config.folder);
        transient(Reason::new(code, format!("a file could not be written to {place}: {}", trouble.words())))
    }
}

fn transient(reason: Reason) -> Outcome {
    Outcome::Transient { scope: Scope::Destination, reason, retry_after: None }
}

impl Destination for Lane {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(self.deliver(outgoing))
    }

    fn close(&mut self) -> Boxed<'_, ()> {
        Box::pin(async {
            if let Some(session) = self.session.take() {
                session.close().await;
            }
        })
    }
}
