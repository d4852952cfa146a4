//! Messages by the clock: the engine asks, or says something, at times of its own.
//!
//! Source: the five fields of cron (POSIX `crontab`), with a field for seconds before them where there are six.
//!
//! Owns: when it is due, what happens to runs that were missed, the question to a server.
//! Promises: `Source` 1–8 of `interface::contract`; each due time gives at most one message, also across a crash: the run is
//! remembered only after the engine has answered, and the same time gives the same text again, which is recognised as a
//! duplicate; runs that were missed are caught up with or told, as `missed` says.
//! Never: runs twice at a time; puts anything of a message into an address.

mod config;
pub(crate) mod plan;
mod source;

#[cfg(test)]
mod tests;

use crate::{
    settings::{join, setting},
    tls,
    web::settings::{CREDENTIALS, LIMITS},
};
use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Setting, SettingKind, Settings, Side, Spec},
    contract::{Boxed, Destination, Source},
};
use message::Reason;

/// The connector.
pub(crate) struct Schedule;

impl Connector for Schedule {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn check(&self, settings: &Settings, _: bool) -> Result<(), Reason> {
        config::Running::read(settings).map(drop)
    }

    fn source(&self, settings: &Settings, context: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        let opened = source::Timer::open(settings, context);
        Box::pin(async move { Ok(Box::new(opened?) as Box<dyn Source>) })
    }

    fn destination(&self, _: &Settings, _: &Context) -> Result<Box<dyn Destination>, Reason> {
        Err(Reason::new(crate::codes::E6010, "`schedule` can only receive"))
    }
}

static SPEC: Spec = Spec {
    name: "schedule",
    title: "Messages by the clock",
    description: "\
Makes a message at times that a schedule says: a text of its own, or what a web server answers to a GET.

A schedule is a cron line of five fields (minute, hour, day of the month, month, day of the week; a sixth before them is \
seconds), or `every 15m`. Its times are those of `zone`. Where clocks go forward, a time that does not exist runs at the \
moment after the gap; where they go back, a time that comes twice runs once.

In `text`, `{dtm}` is the time for which the run is, as HL7 writes it (local, with its offset), `{time}` the same as RFC 3339, \
`{date}` its day (`20260301`), and `{id}` a control id made of it. So a run that is repeated after a crash has the same text, \
and is recognised as a duplicate. A line end in the text is a carriage return in an HL7 v2 message.

With `get`, each run asks a server; the body of an answer is the message, an empty one or 204 is none. While the server is \
away, the run is tried again until the next one is due. How far it is, is kept on disk: runs that were missed while the \
engine was down, or the server away, are reported, and made up for as `missed` says. Rows of a database are asked for by \
[`sql`](#sql), resources by [`fhir`](#fhir), each with a pace of its own.",
    source: Some(Side {
        address: Address {
            kind: AddressKind::Remote,
            description: "The schedule, in quotes: `\"0 6 * * Mon-Fri\"` or `\"every 15m\"`.",
        },
        options: &join::<{ OPTIONS.len() + LIMITS.len() + CREDENTIALS.len() + tls::CLIENT.len() }>(&[
            OPTIONS,
            LIMITS,
            CREDENTIALS,
            tls::CLIENT,
        ]),
        example: "receive schedule \"0 6 * * Mon-Fri\" {\n    zone Europe/Berlin\n    get  \
                  \"https://lab.example.org/results/new\"\n  }",
    }),
    destination: None,
};

const OPTIONS: &[Setting] = &[
    setting("zone", SettingKind::Text, "UTC", "The time zone of the schedule: `Europe/Berlin`."),
    setting(
        "missed",
        SettingKind::Word(&["once", "skip", "all"]),
        "once",
        "What happens to runs that were missed: the latest is made up for, none is, or each is, in order (the last 1000). \
         Those that are left out are reported. A run that is up to a minute late is not a missed one.",
    ),
    setting(
        "text",
        SettingKind::Text,
        "",
        "The message, where it is not asked for: see above for what stands in braces.",
    ),
    setting("get", SettingKind::Text, "", "`\"https://host/path\"`: the server that is asked."),
    setting("accept", SettingKind::Text, "", "With `get`: the media type that is asked for."),
    setting(
        "bookmark",
        SettingKind::Text,
        "",
        "Under which name is kept how far the schedule is; without it, the schedule and what it does. Two interfaces with \
         the same need two names; another name begins anew.",
    ),
];
