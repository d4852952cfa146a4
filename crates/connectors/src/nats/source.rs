//! A durable pull consumer: ask for one message, give it, acknowledge it, ask for the next.

use super::{
    config::Reading,
    protocol::{Answer, Connection, MESSAGES, Said},
};
use crate::{
    broker::{
        Failure, Login,
        feed::{Content, Given, Pull, WAIT},
    },
    codes,
};
use message::Reason;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long the server keeps a question for the next message.
const ASK_EXPIRES: Duration = Duration::from_secs(5);
/// JetStream: no such consumer.
const CONSUMER_NOT_FOUND: u64 = 10_014;

/// The consumer of a stream.
pub(crate) struct Consumer {
    connection: Connection,
    /// Since when the server has a question for the next message.
    asked: Option<Instant>,
}

impl Consumer {
    /// The consumer as the server has it; it is made where it is missing.
    async fn find(&mut self, config: &Reading) -> Result<Value, Reason> {
        let (stream, name) = (&config.stream, &config.consumer);
        let limit = config.login.answer_time_max;
        let found =
            self.connection.request(&format!("$JS.API.CONSUMER.INFO.{stream}.{name}"), &json!({}), limit).await?;
        if found["error"]["err_code"].as_u64() != Some(CONSUMER_NOT_FOUND) {
            return found_or(found, config);
        }
        let mut wanted = json!({
            "durable_name": name, "deliver_policy": config.start, "ack_policy": "explicit", "replay_policy": "instant",
            "ack_wait": u64::try_from(config.ack_wait.as_nanos()).unwrap_or(u64::MAX), "max_deliver": -1,
            "max_ack_pending": 1,
        });
        if !config.subject.is_empty() {
            wanted["filter_subject"] = config.subject.as_str().into();
        }
        let question = json!({ "stream_name": stream, "config": wanted });
        let subject = format!("$JS.API.CONSUMER.DURABLE.CREATE.{stream}.{name}");
        found_or(self.connection.request(&subject, &question, limit).await?, config)
    }

    async fn ask(&mut self, config: &Reading) -> Result<(), Failure> {
        let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{}.{}", config.stream, config.consumer);
        let question = json!({ "batch": 1, "expires": u64::try_from(ASK_EXPIRES.as_nanos()).unwrap_or(0) });
        let inbox = self.connection.messages();
        self.connection.publish(&subject, &inbox, "", question.to_string().as_bytes()).await?;
        self.asked = Some(Instant::now());
        Ok(())
    }

    async fn hear(&mut self, config: &Reading) -> Result<Option<Given<String>>, Reason> {
        let host_port = &config.login.host_port;
        loop {
            let message = match self.connection.hear().await.map_err(|failure| failure.reason(host_port))? {
                Said::Message(message) if message.subscription == MESSAGES => message,
                Said::Error(refusal) => return Err(refusal.reason),
                Said::Message(_) | Said::Pong => continue,
            };
            self.asked = None;
            return match message.status {
                None if message.reply.is_empty() => continue,
                None => {
                    let content = message.body.map_or_else(Content::TooLong, Content::Whole);
                    Ok(Some(Given { mark: message.reply, content }))
                }
                // 409 says that somebody else has the one message that may be under way, that the consumer is gone, or that
                // its leader changes: the next look finds out.
                Some(409) => Err(Reason::new(
                    codes::E6643,
                    format!("{host_port}: the consumer {} is gone, changes its place, or is in use", config.consumer),
                )),
                Some(503) => {
                    Err(Reason::new(codes::E6704, format!("{host_port}: the stream {} does not answer", config.stream)))
                }
                Some(_) => Ok(None),
            };
        }
    }

    async fn tell(&mut self, config: &Reading, mark: &str, word: &[u8]) -> Result<(), Reason> {
        self.connection.publish(mark, "", "", word).await.map_err(|failure| failure.reason(&config.login.host_port))
    }
}

impl Pull for Consumer {
    type Config = Reading;
    type Mark = String;

    fn login(config: &Reading) -> &Login {
        &config.login
    }

    fn bytes_max(config: &Reading) -> usize {
        config.bytes_max
    }

    async fn open(config: &Reading, tell: &(dyn Fn(Reason) + Send + Sync)) -> Result<Consumer, Reason> {
        let connection = Connection::open(&config.login, config.credentials.as_deref(), config.bytes_max).await?;
        let mut consumer = Consumer { connection, asked: None };
        let found = consumer.find(config).await?;
        let found = &found["config"];
        let complain = |why: &str| {
            let text = format!("{}: the consumer {} {why}", config.login.host_port, config.consumer);
            Err(Reason::new(codes::E6704, text))
        };
        if found["deliver_subject"].is_string() {
            return complain("is one that the server pushes to: name another one in `consumer`");
        }
        if found["ack_policy"] != "explicit" {
            return complain("does not want each message acknowledged: name another one in `consumer`");
        }
        if found["filter_subject"].as_str().unwrap_or_default() != config.subject {
            return complain("is for another `subject`: name another one in `consumer`");
        }
        if found["max_ack_pending"] != 1 {
            let text = format!("the consumer {} lets several messages be under way", config.consumer);
            tell(Reason::new(codes::E6703, text));
        }
        Ok(consumer)
    }

    async fn next(&mut self, config: &Reading) -> Result<Option<Given<String>>, Reason> {
        let host_port = &config.login.host_port;
        if self.asked.is_some_and(|asked| asked.elapsed() > ASK_EXPIRES + config.login.answer_time_max) {
            return Err(Failure::Silent.reason(host_port));
        }
        if self.asked.is_none() {
            self.ask(config).await.map_err(|failure| failure.reason(host_port))?;
        }
        match timeout(WAIT, self.hear(config)).await {
            Ok(heard) => heard,
            Err(_) => Ok(None),
        }
    }

    async fn settle(&mut self, config: &Reading, mark: &String) -> Result<(), Reason> {
        self.tell(config, mark, b"+ACK").await
    }

    async fn hold(&mut self, config: &Reading, mark: &String) -> Result<(), Reason> {
        self.tell(config, mark, b"+WPI").await
    }

    async fn put_aside(&mut self, config: &Reading, given: &Given<String>, reason: &Reason) -> Result<String, Reason> {
        let host_port = &config.login.host_port;
        let origin = number(&given.mark).map_or(0, |(number, _)| number);
        // The texts of reasons are ours; line ends would begin another header.
        let text = reason.to_string().replace(['\r', '\n'], " ");
        let headers =
            format!("Sinew-Reason: {text}\r\nSinew-Stream: {}\r\nSinew-Sequence: {origin}\r\n", config.stream);
        let body = match &given.content {
            Content::Whole(bytes) => &bytes[..],
            Content::TooLong(_) => &[],
        };
        let asking = self.connection.ask(&config.refused, &headers, body);
        let answer = timeout(config.login.answer_time_max, asking).await.unwrap_or(Err(Failure::Silent));
        match answer.map_err(|failure| failure.reason(host_port))? {
            Answer::Value(value) if value["error"].is_null() => Ok(format!("the subject {}", config.refused)),
            Answer::Value(_) | Answer::Nobody => {
                let text = format!(
                    "{host_port}: a message cannot be accepted, and no stream keeps {} where it should go: {text}",
                    config.refused
                );
                Err(Reason::new(codes::E6701, text))
            }
            Answer::Refused(refusal) => Err(refusal.reason),
        }
    }

    fn identity(mark: &String) -> Option<(u64, u64)> {
        number(mark)
    }

    async fn part(mut self, config: &Reading, unsettled: Option<&String>) {
        let mut back: Vec<String> = unsettled.into_iter().cloned().collect();
        if self.asked.is_some() {
            let Ok(messages) = self.connection.flush().await else { return };
            back.extend(messages.into_iter().filter(|message| message.status.is_none()).map(|message| message.reply));
        }
        for mark in back.iter().filter(|mark| !mark.is_empty()) {
            // What does not arrive comes again after `ack-wait`.
            let _ = self.tell(config, mark, b"-NAK").await;
        }
        let _ = self.connection.flush().await;
    }
}

/// The number of a message in its stream, and its time, from where it is acknowledged: `$JS.ACK.stream.consumer.times.number.
/// place.time.pending`, or the same with a domain and an account in front of the stream.
fn number(mark: &str) -> Option<(u64, u64)> {
    let words: Vec<&str> = mark.split('.').collect();
    let at = if words.len() >= 11 { 7 } else { 5 };
    Some((words.get(at)?.parse().ok()?, words.get(at + 2)?.parse().ok()?))
}

fn found_or(found: Value, config: &Reading) -> Result<Value, Reason> {
    let error = &found["error"];
    if error.is_null() {
        return Ok(found);
    }
    let code = error["err_code"].as_u64().unwrap_or(0);
    let (stream, consumer) = (&config.stream, &config.consumer);
    let text = format!("{}: the stream {stream} or its consumer {consumer} cannot be used", config.login.host_port);
    Err(Reason::new(codes::E6704, format!("{text} (JetStream error {code})")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_messages() {
        assert_eq!(number("$JS.ACK.LAB.sinew.2.41.7.1700000000000000001.0"), Some((41, 1_700_000_000_000_000_001)));
        assert_eq!(number("$JS.ACK.hub.Xa1.LAB.sinew.1.41.7.1700.0.abc"), Some((41, 1700)));
        assert_eq!(number("other.place"), None);
    }
}
