//! A lane to a broker: one message, one confirmation.

use super::{Failure, Login};
use crate::codes;
use interface::contract::{Boxed, Destination, Outgoing};
use message::{Outcome, Reason, Scope};
use tokio::time::timeout;

/// What the broker makes of a message that was sent.
pub(crate) enum Trouble {
    /// It did not take it, and may later. The connection goes on.
    NotNow(Reason),
    /// It does not take this message, now or later. The connection goes on.
    Never(Reason),
    /// It did not take it, and may later. The connection is of no more use.
    Ended(Reason),
    /// Nobody knows.
    Doubt(Failure),
}

/// A connection over which a protocol sends.
pub(crate) trait Push: Send + Sized + 'static {
    /// Its settings.
    type Config: Send + Sync + 'static;
    /// Where, and who we are.
    fn login(config: &Self::Config) -> &Login;
    /// Connects and logs in; nothing of a message is sent.
    fn open(config: &Self::Config) -> impl Future<Output = Result<Self, Reason>> + Send;
    /// Whether it can be used for another message.
    fn is_quiet(&self) -> bool;
    /// Sends one message and waits for its confirmation, without a limit of time.
    fn push(&mut self, config: &Self::Config, outgoing: &Outgoing) -> impl Future<Output = Result<(), Trouble>> + Send;
    /// What the broker is told at the end, where it wants to be told.
    fn part(self) -> impl Future<Output = ()> + Send {
        async {}
    }
}

/// A lane.
pub(crate) struct Lane<P: Push> {
    config: P::Config,
    /// Taken out while a delivery is under way: a send that is cancelled or fails leaves no half-used connection.
    connection: Option<P>,
}

impl<P: Push> Lane<P> {
    pub(crate) fn new(config: P::Config) -> Lane<P> {
        Lane { config, connection: None }
    }

    async fn deliver(&mut self, outgoing: &Outgoing) -> Outcome {
        let login = P::login(&self.config);
        let mut connection = match self.connection.take().filter(P::is_quiet) {
            Some(connection) => connection,
            None => match P::open(&self.config).await {
                Ok(connection) => connection,
                Err(reason) => return transient(reason),
            },
        };
        let sent = timeout(login.answer_time_max, connection.push(&self.config, outgoing)).await;
        match sent.unwrap_or(Err(Trouble::Doubt(Failure::Silent))) {
            Ok(()) => {
                self.connection = Some(connection);
                Outcome::Delivered { reply: None }
            }
            Err(Trouble::NotNow(reason)) => {
                self.connection = Some(connection);
                transient(reason)
            }
            Err(Trouble::Never(reason)) => {
                self.connection = Some(connection);
                Outcome::Permanent { reason, reply: None }
            }
            Err(Trouble::Ended(reason)) => transient(reason),
            Err(Trouble::Doubt(failure)) => {
                let text = format!("{}: {}; the message may be there", login.host_port, failure.words());
                Outcome::Ambiguous { reason: Reason::new(codes::E6644, text) }
            }
        }
    }
}

fn transient(reason: Reason) -> Outcome {
    Outcome::Transient { scope: Scope::Destination, reason, retry_after: None }
}

impl<P: Push> Destination for Lane<P> {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(self.deliver(outgoing))
    }

    fn close(&mut self) -> Boxed<'_, ()> {
        let connection = self.connection.take();
        Box::pin(async move {
            if let Some(connection) = connection {
                connection.part().await;
            }
        })
    }
}
