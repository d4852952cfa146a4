//! Settings of the nats connector, read once.

use super::key::Credentials;
use crate::{
    broker::{Login, Shape},
    codes,
    settings::size,
};
use interface::catalogue::{Context, Settings};
use message::Reason;
use std::{sync::Arc, time::Duration};

/// Shorter, and the server may give a message again while the engine works on it.
const ACK_WAIT_MIN: Duration = Duration::from_secs(15);

/// How a stream is read.
pub(crate) struct Reading {
    pub(crate) login: Login,
    pub(crate) credentials: Option<Arc<Credentials>>,
    pub(crate) stream: String,
    pub(crate) consumer: String,
    /// Empty: all.
    pub(crate) subject: String,
    /// The server's word for where a new consumer begins.
    pub(crate) start: &'static str,
    pub(crate) ack_wait: Duration,
    pub(crate) bytes_max: usize,
    pub(crate) refused: String,
}

/// How a stream is written.
pub(crate) struct Writing {
    pub(crate) login: Login,
    pub(crate) credentials: Option<Arc<Credentials>>,
    pub(crate) subject: String,
    /// Empty: whichever keeps the subject.
    pub(crate) stream: String,
}

impl Reading {
    pub(crate) fn read(settings: &Settings, context: Option<&Context>) -> Result<Reading, Reason> {
        let (login, stream) = Login::read(settings, context, shape("STREAM"))?;
        check_name("the stream", &stream)?;
        let consumer = settings.text("consumer").to_owned();
        check_name("`consumer`", &consumer)?;
        let subject = settings.text("subject").to_owned();
        if !subject.is_empty() {
            check_subject("`subject`", &subject, true)?;
        }
        let refused = match settings.text("refused") {
            "" => format!("refused.{consumer}"),
            name => name.to_owned(),
        };
        check_subject("`refused`", &refused, false)?;
        let ack_wait = settings.duration("ack-wait");
        if ack_wait < ACK_WAIT_MIN {
            return Err(Reason::new(codes::E6010, "`ack-wait` must be at least 15s"));
        }
        Ok(Reading {
            credentials: credentials(settings, context)?,
            stream,
            consumer,
            subject,
            start: if settings.text("start") == "new" { "new" } else { "all" },
            ack_wait,
            bytes_max: size(settings, "limit")?,
            refused,
            login,
        })
    }
}

impl Writing {
    pub(crate) fn read(settings: &Settings, context: Option<&Context>) -> Result<Writing, Reason> {
        let (login, subject) = Login::read(settings, context, shape("subject"))?;
        check_subject("the subject", &subject, false)?;
        let stream = settings.text("stream").to_owned();
        if !stream.is_empty() {
            check_name("`stream`", &stream)?;
        }
        Ok(Writing { credentials: credentials(settings, context)?, login, subject, stream })
    }
}

fn shape(place: &'static str) -> Shape {
    Shape { scheme: "nats://", ports: (4222, 4222), place }
}

/// A secret is not at hand while settings are only looked at.
fn credentials(settings: &Settings, context: Option<&Context>) -> Result<Option<Arc<Credentials>>, Reason> {
    match (settings.text("credentials"), context) {
        ("", _) | (_, None) => Ok(None),
        (text, Some(_)) => Credentials::read(text).map(|credentials| Some(Arc::new(credentials))),
    }
}

fn check_name(what: &str, name: &str) -> Result<(), Reason> {
    let is_good = |letter: char| letter.is_ascii_graphic() && !".*>/\\".contains(letter);
    if !name.is_empty() && name.chars().all(is_good) {
        return Ok(());
    }
    Err(Reason::new(codes::E6010, format!("{what}: `{name}` cannot be a name at NATS: no dots, blanks, `*` or `>`")))
}

fn check_subject(what: &str, subject: &str, may_match: bool) -> Result<(), Reason> {
    let words: Vec<&str> = subject.split('.').collect();
    let is_good = |(at, word): (usize, &&str)| match *word {
        "*" => may_match,
        ">" => may_match && at + 1 == words.len(),
        word => !word.is_empty() && word.chars().all(|letter| letter.is_ascii_graphic() && !"*>".contains(letter)),
    };
    if words.iter().enumerate().all(is_good) {
        return Ok(());
    }
    let text = format!("{what}: `{subject}` cannot be a subject: words with dots between them, as in `lab.results`");
    Err(Reason::new(codes::E6010, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects() {
        let check = |subject: &str, may_match: bool, expect: bool| {
            assert_eq!(check_subject("x", subject, may_match).is_ok(), expect, "{subject}");
        };
        check("lab.results", false, true);
        check("lab.*.x", true, true);
        check("lab.>", true, true);
        check("lab.>.x", true, false);
        check("lab.>", false, false);
        check("lab..x", false, false);
        check("lab results", false, false);
        check("lab\r\nPUB x", false, false);
        assert!(check_name("x", "LAB.A").is_err());
        assert!(check_name("x", "LAB_A").is_ok());
    }
}
