//! A subscription in a session that lasts: give, acknowledge, in order.

use super::{
    config::Reading,
    connection::Connection,
    packet::{self, Hello, Packet, Version},
};
use crate::{
    broker::{
        Failure, Login,
        feed::{Content, Given, Pull, WAIT},
    },
    codes,
};
use message::Reason;
use tokio::time::timeout;

/// How often the broker hears of us at least; while the engine works on a message, more often.
const KEEP_ALIVE_S: u16 = 30;
/// MQTT 5: taken, and nobody is subscribed.
pub(crate) const NO_SUBSCRIBER: u8 = 0x10;

/// The subscriber.
pub(crate) struct Subscriber(Connection);

impl Subscriber {
    async fn subscribe(&mut self, config: &Reading, tell: &(dyn Fn(Reason) + Send + Sync)) -> Result<(), Reason> {
        let host_port = &config.login.host_port;
        let broken = |failure: Failure| failure.reason(host_port);
        let number = self.0.next_number();
        let out = packet::subscribe(config.version, number, &config.filters, config.takes_retained);
        self.0.write(&out).await.map_err(broken)?;
        let answering = async {
            loop {
                match self.0.next_packet().await? {
                    Packet::Subscribed(id, codes) if id == number => return Ok(codes),
                    Packet::Ended(_) => return Err(Failure::Broken),
                    _ => {}
                }
            }
        };
        let answer = timeout(config.login.answer_time_max, answering).await.unwrap_or(Err(Failure::Silent));
        for (filter, code) in config.filters.iter().zip(answer.map_err(broken)?) {
            match code {
                1 | 2 => {}
                0 => {
                    let text = format!("{host_port}: the broker gives {filter} with QoS 0 only");
                    tell(Reason::new(codes::E6705, text));
                }
                0x87 => {
                    let text = format!("{host_port}: the broker does not permit us to read {filter}");
                    return Err(Reason::new(codes::E6641, text));
                }
                code => {
                    let text = format!("{host_port}: the broker does not give {filter} (code {code})");
                    return Err(Reason::new(codes::E6704, text));
                }
            }
        }
        Ok(())
    }
}

/// Says so when the broker has forgotten a session that it had, and remembers that it has one now.
async fn remember(config: &Reading, has_session: bool, tell: &(dyn Fn(Reason) + Send + Sync)) -> Result<(), Reason> {
    let Some(notebook) = config.notebook.clone() else { return Ok(()) };
    let name = format!("mqtt/{}/{}", config.login.host_port, config.client);
    let noting = tokio::task::spawn_blocking(move || {
        let had_session = notebook.read(&name)?.is_some();
        if !had_session {
            notebook.write(&name, "session")?;
        }
        Ok::<bool, Reason>(had_session)
    });
    let fault = |_| Reason::new(codes::E6640, "the notebook cannot be used now");
    let had_session = noting.await.map_err(fault)??;
    if had_session && !has_session {
        let text = format!("{}: the broker has forgotten our session; messages may be missing", config.login.host_port);
        tell(Reason::new(codes::E6705, text));
    }
    Ok(())
}

impl Pull for Subscriber {
    type Config = Reading;
    type Mark = Option<u16>;

    fn login(config: &Reading) -> &Login {
        &config.login
    }

    fn bytes_max(config: &Reading) -> usize {
        config.bytes_max
    }

    async fn open(config: &Reading, tell: &(dyn Fn(Reason) + Send + Sync)) -> Result<Subscriber, Reason> {
        let hello = Hello {
            version: config.version,
            client: &config.client,
            user: &config.login.user,
            password: &config.login.password,
            keep_alive_s: KEEP_ALIVE_S,
            session: Some((config.session_s, config.in_flight)),
        };
        let connection = Connection::open(&config.login, &hello, config.bytes_max).await?;
        if connection.limits.session_s.is_some_and(|session_s| session_s < config.session_s) {
            let text =
                format!("{}: the broker keeps sessions for a shorter time than `session`", config.login.host_port);
            tell(Reason::new(codes::E6705, text));
        }
        let mut subscriber = Subscriber(connection);
        subscriber.subscribe(config, tell).await?;
        remember(config, subscriber.0.has_session, tell).await?;
        Ok(subscriber)
    }

    async fn next(&mut self, config: &Reading) -> Result<Option<Given<Option<u16>>>, Reason> {
        let host_port = &config.login.host_port;
        self.0.tend().await.map_err(|failure| failure.reason(host_port))?;
        let Ok(came) = timeout(WAIT, self.0.next_message()).await else { return Ok(None) };
        let came = came?;
        if came.is_retained && !config.takes_retained {
            self.settle(config, &came.id).await?;
            return Ok(None);
        }
        let content = came.body.map_or_else(Content::TooLong, Content::Whole);
        Ok(Some(Given { mark: came.id, content }))
    }

    async fn settle(&mut self, config: &Reading, mark: &Option<u16>) -> Result<(), Reason> {
        let Some(id) = mark else { return Ok(()) };
        self.0.write(&packet::acknowledge(*id)).await.map_err(|failure| failure.reason(&config.login.host_port))
    }

    async fn hold(&mut self, config: &Reading, _mark: &Option<u16>) -> Result<(), Reason> {
        // What the broker answers is read when the message is settled, and counts as a sign of life then.
        self.0.write(&packet::PING).await.map_err(|failure| failure.reason(&config.login.host_port))
    }

    async fn put_aside(
        &mut self,
        config: &Reading,
        given: &Given<Option<u16>>,
        reason: &Reason,
    ) -> Result<String, Reason> {
        let host_port = &config.login.host_port;
        let properties = match config.version {
            Version::V5 => packet::user_property("reason", &reason.to_string()),
            Version::V3 => Vec::new(),
        };
        let body = match &given.content {
            Content::Whole(bytes) => &bytes[..],
            Content::TooLong(_) => &[],
        };
        let publishing = self.0.publish(&config.refused, false, &properties, body);
        let code = timeout(config.login.answer_time_max, publishing).await.unwrap_or(Err(Failure::Silent));
        match code.map_err(|failure| failure.reason(host_port))? {
            0 => Ok(format!("the topic {}", config.refused)),
            NO_SUBSCRIBER => {
                let text = format!(
                    "{host_port}: a message cannot be accepted, and nobody is subscribed to {}, where it should go: {reason}",
                    config.refused
                );
                Err(Reason::new(codes::E6701, text))
            }
            code => {
                let text = format!("{host_port}: the broker does not take {} (code {code})", config.refused);
                Err(Reason::new(codes::E6704, text))
            }
        }
    }

    async fn part(mut self, _config: &Reading, _unsettled: Option<&Option<u16>>) {
        // The session goes on: what was not acknowledged comes again.
        let _ = self.0.write(&packet::END).await;
    }
}
