//! Settings of the mqtt connector, read once.

use super::packet::Version;
use crate::{
    broker::{Login, Shape},
    codes,
    settings::{count, size},
};
use interface::catalogue::{Context, Notebook, Settings};
use message::Reason;
use std::sync::Arc;

/// Longest topic, filter or client id (MQTT 5.0 §1.5.4: two bytes say how long a text is).
const TEXT_BYTES_MAX: usize = 65_535;
/// Filters of one source.
const FILTERS_MAX: usize = 100;

/// How topics are read.
pub(crate) struct Reading {
    pub(crate) login: Login,
    pub(crate) version: Version,
    pub(crate) client: String,
    pub(crate) filters: Vec<String>,
    pub(crate) session_s: u32,
    pub(crate) takes_retained: bool,
    pub(crate) in_flight: u16,
    pub(crate) bytes_max: usize,
    pub(crate) refused: String,
    /// Where it stands that the broker has a session for us. Absent while settings are only looked at.
    pub(crate) notebook: Option<Arc<dyn Notebook>>,
}

/// How a topic is written.
pub(crate) struct Writing {
    pub(crate) login: Login,
    pub(crate) version: Version,
    pub(crate) client: String,
    pub(crate) topic: String,
    pub(crate) is_retained: bool,
    pub(crate) needs_subscriber: bool,
}

impl Reading {
    pub(crate) fn read(settings: &Settings, context: Option<&Context>) -> Result<Reading, Reason> {
        let (login, filter) = Login::read(settings, context, shape("filter"))?;
        let client = settings.text("client").to_owned();
        if client.is_empty() || client.len() > TEXT_BYTES_MAX || client.contains(char::is_control) {
            let text = "`client` has to name us: the broker keeps messages for this name while we are away";
            return Err(Reason::new(codes::E6010, text));
        }
        let mut filters = vec![filter];
        filters.extend(settings.list("filters").iter().map(|filter| filter.to_string()));
        if filters.len() > FILTERS_MAX {
            return Err(Reason::new(codes::E6010, format!("more than {FILTERS_MAX} filters")));
        }
        for filter in &filters {
            check_filter(filter)?;
        }
        let refused = match settings.text("refused") {
            "" => format!("refused/{client}"),
            topic => topic.to_owned(),
        };
        check_topic(&refused)?;
        if filters.iter().any(|filter| matches(filter, &refused)) {
            let text = format!("what is refused would come back: `{refused}` is among the topics that are read");
            return Err(Reason::new(codes::E6010, text));
        }
        Ok(Reading {
            login,
            version: version(settings),
            client,
            filters,
            session_s: u32::try_from(settings.duration("session").as_secs()).unwrap_or(u32::MAX),
            takes_retained: settings.flag("retained"),
            in_flight: u16::try_from(count(settings, "in-flight")).unwrap_or(u16::MAX),
            bytes_max: size(settings, "limit")?,
            refused,
            notebook: context.map(|context| context.notebook.clone()),
        })
    }
}

impl Writing {
    pub(crate) fn read(settings: &Settings, context: Option<&Context>) -> Result<Writing, Reason> {
        let (login, topic) = Login::read(settings, context, shape("topic"))?;
        check_topic(&topic)?;
        Ok(Writing {
            login,
            version: version(settings),
            client: settings.text("client").to_owned(),
            topic,
            is_retained: settings.flag("retain"),
            needs_subscriber: settings.flag("needs-subscriber"),
        })
    }
}

fn shape(place: &'static str) -> Shape {
    Shape { scheme: "mqtt://", ports: (1883, 8883), place }
}

fn version(settings: &Settings) -> Version {
    if settings.text("version") == "v3" { Version::V3 } else { Version::V5 }
}

fn check_topic(topic: &str) -> Result<(), Reason> {
    let is_good = !topic.is_empty() && topic.len() <= TEXT_BYTES_MAX && !topic.contains(['#', '+', '\0']);
    let text = || format!("`{topic}` cannot be a topic to publish to: it has no `+` and no `#`");
    if is_good { Ok(()) } else { Err(Reason::new(codes::E6010, text())) }
}

/// MQTT 5.0 §4.7.1.
fn check_filter(filter: &str) -> Result<(), Reason> {
    let levels: Vec<&str> = filter.split('/').collect();
    let is_good = |(at, level): (usize, &&str)| match *level {
        "+" => true,
        "#" => at + 1 == levels.len(),
        level => !level.contains(['+', '#', '\0']),
    };
    if !filter.is_empty() && filter.len() <= TEXT_BYTES_MAX && levels.iter().enumerate().all(is_good) {
        return Ok(());
    }
    let text = format!("`{filter}` cannot be a filter: `+` stands for one whole level, `#` for the rest, at the end");
    Err(Reason::new(codes::E6010, text))
}

/// Whether a filter takes a topic. A topic that begins with `$` is taken by name only (MQTT 5.0 §4.7.2).
fn matches(filter: &str, topic: &str) -> bool {
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let (mut filters, mut topics) = (filter.split('/'), topic.split('/'));
    loop {
        match (filters.next(), topics.next()) {
            (Some("#"), _) | (None, None) => return true,
            (Some("+"), Some(_)) => {}
            (Some(filter), Some(topic)) if filter == topic => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_and_topics() {
        let check = |filter: &str, expect: bool| assert_eq!(check_filter(filter).is_ok(), expect, "{filter}");
        for good in ["a", "a/b", "+", "#", "a/+/b", "a/#", "/a", "a//b"] {
            check(good, true);
        }
        for bad in ["", "a/#/b", "a+", "a/b#"] {
            check(bad, false);
        }
        assert!(check_topic("a/+").is_err() && check_topic("a/b").is_ok());
        let meets =
            |filter: &str, topic: &str, expect: bool| assert_eq!(matches(filter, topic), expect, "{filter} {topic}");
        meets("ward/+/monitor/#", "ward/4/monitor", true);
        meets("ward/+/monitor/#", "ward/4/monitor/17/x", true);
        meets("ward/+", "ward/4/x", false);
        meets("ward/4", "ward/5", false);
        meets("#", "refused/x", true);
        meets("#", "$SYS/x", false);
    }
}
