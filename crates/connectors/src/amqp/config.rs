//! Settings of the amqp connector, read once.

use crate::{
    broker::{Login, Shape},
    codes,
    settings::{count, size},
};
use interface::catalogue::{Context, Settings};
use message::Reason;

/// Longest name of a queue, an exchange or a key: one byte says how long it is.
const NAME_BYTES_MAX: usize = 255;

/// How a queue is read.
pub(crate) struct Reading {
    pub(crate) login: Login,
    pub(crate) vhost: String,
    pub(crate) queue: String,
    pub(crate) prefetch: u16,
    pub(crate) is_exclusive: bool,
    pub(crate) bytes_max: usize,
    pub(crate) refused: String,
}

/// How an exchange is written.
pub(crate) struct Writing {
    pub(crate) login: Login,
    pub(crate) vhost: String,
    /// Empty: the one that every queue is bound to.
    pub(crate) exchange: String,
    pub(crate) key: String,
}

impl Reading {
    pub(crate) fn read(settings: &Settings, context: Option<&Context>) -> Result<Reading, Reason> {
        let (login, queue) = Login::read(settings, context, shape("queue"))?;
        let refused = match settings.text("refused") {
            "" => format!("{queue}.refused"),
            name => name.to_owned(),
        };
        for (what, name) in [("the queue", &queue), ("`refused`", &refused)] {
            check_name(what, name)?;
        }
        if queue == refused {
            return Err(Reason::new(codes::E6010, "what is refused would come back: `refused` is the queue itself"));
        }
        Ok(Reading {
            login,
            vhost: vhost(settings)?,
            queue,
            prefetch: u16::try_from(count(settings, "prefetch")).unwrap_or(u16::MAX),
            is_exclusive: settings.flag("exclusive"),
            bytes_max: size(settings, "limit")?,
            refused,
        })
    }
}

impl Writing {
    pub(crate) fn read(settings: &Settings, context: Option<&Context>) -> Result<Writing, Reason> {
        let (login, exchange) = Login::read(settings, context, shape("exchange"))?;
        check_name("the exchange", &exchange)?;
        let key = settings.text("routing-key").to_owned();
        check_name("`routing-key`", &key)?;
        if exchange == "amq.default" && key.is_empty() {
            return Err(Reason::new(codes::E6010, "`amq.default` needs a `routing-key`: the name of the queue"));
        }
        let exchange = if exchange == "amq.default" { String::new() } else { exchange };
        Ok(Writing { login, vhost: vhost(settings)?, exchange, key })
    }
}

fn shape(place: &'static str) -> Shape {
    Shape { scheme: "amqp://", ports: (5672, 5671), place }
}

fn vhost(settings: &Settings) -> Result<String, Reason> {
    check_name("`vhost`", settings.text("vhost"))?;
    Ok(settings.text("vhost").to_owned())
}

fn check_name(what: &str, name: &str) -> Result<(), Reason> {
    if name.len() <= NAME_BYTES_MAX {
        return Ok(());
    }
    Err(Reason::new(codes::E6010, format!("{what} is longer than {NAME_BYTES_MAX} bytes")))
}
