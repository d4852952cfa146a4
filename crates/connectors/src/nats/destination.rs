//! A subject that is written: one message, one confirmation of the stream that keeps it.

use super::{
    config::Writing,
    protocol::{Answer, Connection},
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

/// Longest answer.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// JetStream: larger than the stream takes; kept by another stream than expected.
const TOO_LARGE: u64 = 10_054;
const OTHER_STREAM: u64 = 10_060;

/// A connection that publishes.
pub(crate) struct Publisher(Connection);

impl Push for Publisher {
    type Config = Writing;

    fn login(config: &Writing) -> &Login {
        &config.login
    }

    async fn open(config: &Writing) -> Result<Publisher, Reason> {
        Connection::open(&config.login, config.credentials.as_deref(), ANSWER_BYTES_MAX).await.map(Publisher)
    }

    fn is_quiet(&self) -> bool {
        self.0.is_quiet()
    }

    async fn push(&mut self, config: &Writing, outgoing: &Outgoing) -> Result<(), Trouble> {
        let host_port = &config.login.host_port;
        let mut headers = format!(
            "Nats-Msg-Id: {}\r\nContent-Type: {}\r\n",
            delivery_id(outgoing),
            formats::detect::media_type(outgoing.format)
        );
        if !config.stream.is_empty() {
            headers.push_str(&format!("Nats-Expected-Stream: {}\r\n", config.stream));
        }
        let length = headers.len() + "NATS/1.0\r\n\r\n".len() + outgoing.bytes.len();
        if length > self.0.message_bytes_max {
            let text =
                format!("{host_port}: the message has {length} bytes, the server takes {}", self.0.message_bytes_max);
            return Err(Trouble::Never(Reason::new(codes::E6702, text)));
        }
        let answer = self.0.ask(&config.subject, &headers, &outgoing.bytes).await.map_err(Trouble::Doubt)?;
        let value = match answer {
            Answer::Value(value) => value,
            Answer::Nobody => {
                let text = format!("{host_port}: no stream keeps the subject {}", config.subject);
                return Err(Trouble::NotNow(Reason::new(codes::E6701, text)));
            }
            Answer::Refused(refusal) if refusal.reason.code == codes::E6702.id => {
                return Err(Trouble::Never(refusal.reason));
            }
            Answer::Refused(refusal) if refusal.is_certain => return Err(Trouble::Ended(refusal.reason)),
            Answer::Refused(_) => return Err(Trouble::Doubt(Failure::Broken)),
        };
        let error = &value["error"];
        if error.is_null() {
            // A confirmation names the stream; "duplicate" means that an earlier attempt is there.
            let is_confirmed = value["stream"].is_string() && value["seq"].is_u64();
            return if is_confirmed { Ok(()) } else { Err(Trouble::Doubt(Failure::Unreadable)) };
        }
        let number = error["err_code"].as_u64().unwrap_or(0);
        Err(match number {
            TOO_LARGE => {
                let text = format!("{host_port}: the message is larger than the stream takes");
                Trouble::Never(Reason::new(codes::E6702, text))
            }
            OTHER_STREAM => {
                let text = format!("{host_port}: another stream than {} keeps the subject", config.stream);
                Trouble::NotNow(Reason::new(codes::E6704, text))
            }
            _ => {
                let text = format!("{host_port}: the stream does not take it now (JetStream error {number})");
                Trouble::NotNow(Reason::new(codes::E6643, text))
            }
        })
    }
}
