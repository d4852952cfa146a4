//! A consumer of a queue: give, acknowledge, in order.

use super::{
    config::Reading,
    connection::{Connection, Said, refusal},
    destination::confirm,
    frame::{
        Arguments, Around, BASIC_ACK, BASIC_CANCEL, BASIC_CONSUME, BASIC_CONSUME_OK, BASIC_DELIVER, BASIC_QOS,
        BASIC_QOS_OK, CONFIRM_SELECT, CONFIRM_SELECT_OK, Method, QUEUE_DECLARE, QUEUE_DECLARE_OK,
    },
};
use crate::{
    broker::{
        Failure, Login,
        feed::{Content, Given, Pull, WAIT},
        lane::Trouble,
    },
    codes,
};
use message::Reason;
use tokio::time::timeout;

/// How often both sides hear of each other at least, in seconds.
const HEARTBEAT_S: u16 = 30;
/// Largest message that comes back.
const RETURNED_BYTES_MAX: usize = 1024;

/// The consumer.
pub(crate) struct Consumer(Connection);

impl Pull for Consumer {
    type Config = Reading;
    type Mark = u64;

    fn login(config: &Reading) -> &Login {
        &config.login
    }

    fn bytes_max(config: &Reading) -> usize {
        config.bytes_max
    }

    async fn open(config: &Reading, _tell: &(dyn Fn(Reason) + Send + Sync)) -> Result<Consumer, Reason> {
        let connection = Connection::open(&config.login, &config.vhost, HEARTBEAT_S, config.bytes_max).await?;
        let mut consumer = Consumer(connection);
        let limit = config.login.answer_time_max;
        let beginning = async {
            let bounds = Method::new(BASIC_QOS).long(0).short(config.prefetch).byte(0);
            consumer.0.ask(1, bounds, BASIC_QOS_OK).await?;
            let exclusive = if config.is_exclusive { 4 } else { 0 };
            let wanted =
                Method::new(BASIC_CONSUME).short(0).name(&config.queue).name("sinew").byte(exclusive).nothing();
            consumer.0.ask(1, wanted, BASIC_CONSUME_OK).await
        };
        let silent = |_| Failure::Silent.reason(&config.login.host_port);
        timeout(limit, beginning).await.map_err(silent)??;
        Ok(consumer)
    }

    async fn next(&mut self, config: &Reading) -> Result<Option<Given<u64>>, Reason> {
        let host_port = &config.login.host_port;
        let broken = |failure: Failure| failure.reason(host_port);
        self.0.tend().await.map_err(broken)?;
        let hearing = async {
            loop {
                match self.0.hear().await.map_err(broken)? {
                    Said::Message { method: BASIC_DELIVER, arguments, body } => {
                        let mut arguments = Arguments(&arguments);
                        arguments.name();
                        let mark = arguments.longlong().ok_or_else(|| Failure::Unreadable.reason(host_port))?;
                        let content = body.map_or_else(Content::TooLong, Content::Whole);
                        return Ok(Given { mark, content });
                    }
                    Said::Method { method: BASIC_CANCEL, .. } => {
                        let text = format!("{host_port}: the queue {} is gone, or has moved", config.queue);
                        return Err(Reason::new(codes::E6704, text));
                    }
                    Said::Closed { code, .. } => return Err(refusal(host_port, code)),
                    Said::Method { .. } | Said::Message { .. } => {}
                }
            }
        };
        match timeout(WAIT, hearing).await {
            Ok(given) => given.map(Some),
            Err(_) => Ok(None),
        }
    }

    async fn settle(&mut self, _config: &Reading, mark: &u64) -> Result<(), Reason> {
        self.0.send(Method::new(BASIC_ACK).longlong(*mark).byte(0).on(1)).await
    }

    async fn hold(&mut self, config: &Reading, _mark: &u64) -> Result<(), Reason> {
        self.0.beat().await.map_err(|failure| failure.reason(&config.login.host_port))
    }

    /// On a connection of its own, because what is sent ahead must not come in between.
    async fn put_aside(&mut self, config: &Reading, given: &Given<u64>, reason: &Reason) -> Result<String, Reason> {
        let mut aside = Connection::open(&config.login, &config.vhost, 0, RETURNED_BYTES_MAX).await?;
        let putting = put(&mut aside, config, given, reason);
        let silent = |_| Failure::Silent.reason(&config.login.host_port);
        timeout(config.login.answer_time_max, putting).await.map_err(silent)??;
        aside.close().await;
        Ok(format!("the queue {}", config.refused))
    }

    async fn part(self, _config: &Reading, _unsettled: Option<&u64>) {
        self.0.close().await;
    }
}

async fn put(aside: &mut Connection, config: &Reading, given: &Given<u64>, reason: &Reason) -> Result<(), Reason> {
    // Whether it is there is asked first, because one that somebody made may be of another kind than ours would be.
    let declare = |bits: u8| Method::new(QUEUE_DECLARE).short(0).name(&config.refused).byte(bits).nothing();
    let (passive, durable) = (1, 2);
    if let Err(reason) = aside.ask(1, declare(passive), QUEUE_DECLARE_OK).await {
        if reason.code != codes::E6704.id {
            return Err(reason);
        }
        aside.open_channel(1).await?;
        aside.ask(1, declare(durable), QUEUE_DECLARE_OK).await?;
    }
    aside.ask(1, Method::new(CONFIRM_SELECT).byte(0), CONFIRM_SELECT_OK).await?;
    let text = reason.to_string();
    let around = Around {
        exchange: "",
        key: &config.refused,
        media_type: "application/octet-stream",
        message_id: "",
        reason: Some(&text),
    };
    let body = match &given.content {
        Content::Whole(bytes) => &bytes[..],
        Content::TooLong(_) => &[],
    };
    match confirm(aside, &config.login.host_port, 1, &around, body).await {
        Ok(()) => Ok(()),
        Err(Trouble::NotNow(reason) | Trouble::Never(reason) | Trouble::Ended(reason)) => Err(reason),
        Err(Trouble::Doubt(failure)) => Err(failure.reason(&config.login.host_port)),
    }
}
