//! A database that is written: statements with values of the message, in a transaction.

use super::{
    client::{self, Client, Failure, Work},
    config::Writing,
    values::Content,
};
use crate::codes;
use interface::contract::{Boxed, Destination, Outgoing};
use message::{Outcome, Reason};

/// A lane to a database.
pub(crate) struct Lane {
    config: Writing,
    /// Taken out while a delivery is under way: a send that is cancelled or fails leaves no half-used connection.
    client: Option<Box<dyn Client>>,
}

impl Lane {
    pub(crate) fn new(config: Writing) -> Lane {
        Lane { config, client: None }
    }

    async fn deliver(&mut self, outgoing: &Outgoing) -> Outcome {
        match self.works(outgoing) {
            Ok(works) if works.is_empty() => Outcome::Delivered { reply: None },
            Ok(_) => self.write(outgoing).await,
            Err(reason) => Outcome::Permanent { reason, reply: None },
        }
    }

    async fn write(&mut self, outgoing: &Outgoing) -> Outcome {
        let address = self.config.login.address.clone();
        let kept = self.client.take().filter(|client| !client.is_closed());
        let is_fresh = kept.is_none();
        let mut client = match kept {
            Some(client) => client,
            None => match client::connect(&self.config.login).await {
                Ok(client) => client,
                Err(failure) => return failure.outcome(&address),
            },
        };
        let mut result = self.try_once(&mut *client, outgoing).await;
        let has_ended = result.as_ref().is_err_and(|failure| match failure.trouble {
            client::Trouble::Ended => true,
            client::Trouble::Away => client.is_closed(),
            _ => false,
        });
        if !is_fresh && has_ended {
            // The connection had ended while it was idle; nothing of it was committed.
            client = match client::connect(&self.config.login).await {
                Ok(client) => client,
                Err(failure) => return failure.outcome(&address),
            };
            result = self.try_once(&mut *client, outgoing).await;
        }
        match result {
            Ok(changed) => {
                self.client = Some(client);
                if self.config.must_change && changed == 0 {
                    let text = format!("{address} changed no row, and `must-change` is set");
                    return Outcome::Permanent { reason: Reason::new(codes::E6628, text), reply: None };
                }
                Outcome::Delivered { reply: None }
            }
            Err(failure) => {
                if !failure.is_end() {
                    self.client = Some(client);
                }
                failure.outcome(&address)
            }
        }
    }

    async fn try_once(&self, client: &mut dyn Client, outgoing: &Outgoing) -> Result<u64, Failure> {
        // They were made once before, so they are there.
        let works = self.works(outgoing).unwrap_or_default();
        client.write(works, self.config.is_whole).await
    }

    /// The statements with their values: for each row, each statement in order.
    fn works(&self, outgoing: &Outgoing) -> Result<Vec<Work<'_>>, Reason> {
        let content = Content::read(outgoing)?;
        let mut works = Vec::new();
        for row in content.rows(self.config.each.as_ref())? {
            for (statement, places) in &self.config.statements {
                let values = places.iter().map(|place| content.value(place, row)).collect::<Result<Vec<_>, _>>()?;
                works.push(Work { text: &statement.text, values });
            }
        }
        Ok(works)
    }
}

impl Destination for Lane {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(self.deliver(outgoing))
    }

    fn close(&mut self) -> Boxed<'_, ()> {
        self.client = None;
        Box::pin(async {})
    }
}
