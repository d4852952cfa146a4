//! An exchange that is written: one message, one confirmation.

use super::{
    config::Writing,
    connection::{Connection, Said, refusal},
    frame::{self, Arguments, Around, BASIC_ACK, BASIC_NACK, BASIC_RETURN, CONFIRM_SELECT, CONFIRM_SELECT_OK, Method},
};
use crate::{
    broker::{
        Failure, Login, delivery_id,
        lane::{Push, Trouble},
    },
    codes,
};
use interface::contract::Outgoing;
use message::Reason;

/// A message that comes back is not kept.
const RETURNED_BYTES_MAX: usize = 1024;

/// A connection that publishes.
pub(crate) struct Publisher {
    connection: Connection,
    /// Messages sent so far; the broker counts along.
    sent: u64,
    /// The channel is gone.
    is_ended: bool,
}

impl Push for Publisher {
    type Config = Writing;

    fn login(config: &Writing) -> &Login {
        &config.login
    }

    async fn open(config: &Writing) -> Result<Publisher, Reason> {
        // Without heartbeats: a connection that is idle is looked at before it is used again, and by the kernel.
        let mut connection = Connection::open(&config.login, &config.vhost, 0, RETURNED_BYTES_MAX).await?;
        let asking = connection.ask(1, Method::new(CONFIRM_SELECT).byte(0), CONFIRM_SELECT_OK);
        let silent = |_| Failure::Silent.reason(&config.login.host_port);
        tokio::time::timeout(config.login.answer_time_max, asking).await.map_err(silent)??;
        Ok(Publisher { connection, sent: 0, is_ended: false })
    }

    fn is_quiet(&self) -> bool {
        !self.is_ended && self.connection.is_quiet()
    }

    async fn push(&mut self, config: &Writing, outgoing: &Outgoing) -> Result<(), Trouble> {
        self.sent += 1;
        let around = Around {
            exchange: &config.exchange,
            key: &config.key,
            media_type: formats::detect::media_type(outgoing.format),
            message_id: &delivery_id(outgoing),
            reason: None,
        };
        let sent = confirm(&mut self.connection, &config.login.host_port, self.sent, &around, &outgoing.bytes).await;
        self.is_ended = matches!(sent, Err(Trouble::Never(_)));
        sent
    }

    async fn part(self) {
        self.connection.close().await;
    }
}

/// Publishes message `number` of this channel, and waits until the broker has confirmed it and some queue has it.
pub(crate) async fn confirm(
    connection: &mut Connection,
    host_port: &str,
    number: u64,
    around: &Around<'_>,
    body: &[u8],
) -> Result<(), Trouble> {
    let out = frame::publish(1, connection.frame_max, around, body);
    connection.write(&out).await.map_err(Trouble::Doubt)?;
    let mut is_returned = false;
    loop {
        match connection.hear().await.map_err(Trouble::Doubt)? {
            // A return comes before the confirmation.
            Said::Message { method: BASIC_RETURN, .. } => is_returned = true,
            Said::Method { method: method @ (BASIC_ACK | BASIC_NACK), arguments, .. } => {
                let mut arguments = Arguments(&arguments);
                let tag = arguments.longlong().ok_or(Trouble::Doubt(Failure::Unreadable))?;
                let has_more = arguments.byte().is_some_and(|bits| bits & 1 == 1);
                // Only one is under way, so "all up to" is this one too.
                if tag != number && !(has_more && tag > number) {
                    continue;
                }
                if method == BASIC_NACK {
                    let text = format!("{host_port}: a queue is full, or the broker cannot keep the message now");
                    return Err(Trouble::NotNow(Reason::new(codes::E6643, text)));
                }
                if is_returned {
                    let text = format!("{host_port}: no queue gets what has this key");
                    return Err(Trouble::NotNow(Reason::new(codes::E6701, text)));
                }
                return Ok(());
            }
            Said::Closed { code, .. } => return Err(closed(host_port, code)),
            Said::Method { .. } | Said::Message { .. } => {}
        }
    }
}

/// What it means for a message that the channel was closed behind it.
fn closed(host_port: &str, code: u16) -> Trouble {
    match code {
        311 | 406 => {
            let text = format!("{host_port}: the message is larger than the broker takes (code {code})");
            Trouble::Never(Reason::new(codes::E6702, text))
        }
        403 | 404 => Trouble::Ended(refusal(host_port, code)),
        _ => Trouble::Doubt(Failure::Broken),
    }
}
