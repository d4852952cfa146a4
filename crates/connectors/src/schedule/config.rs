//! Settings of the schedule connector, read once.

use super::plan::{Missed, Schedule};
use crate::{
    codes,
    web::{Limits, Url, auth, settings::limits},
};
use hyper::header::HeaderValue;
use interface::catalogue::Settings;
use jiff::Timestamp;
use message::Reason;

/// A schedule, and what it does.
pub(crate) struct Running {
    pub(crate) address: String,
    pub(crate) schedule: Schedule,
    pub(crate) missed: Missed,
    pub(crate) work: Work,
    /// The page of the notebook.
    pub(crate) page: String,
}

/// What a run does.
pub(crate) enum Work {
    /// It says this.
    Say(Text),
    /// It asks there.
    Ask { url: Box<Url>, accept: Option<HeaderValue>, limits: Limits },
}

/// A text with places for the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Plain(String),
    Dtm,
    Time,
    Date,
    Id,
}

impl Running {
    pub(crate) fn read(settings: &Settings) -> Result<Running, Reason> {
        let complain = |text: &str| Err(Reason::new(codes::E6010, text.to_owned()));
        let schedule = Schedule::read(&settings.address, settings.text("zone"))?;
        let missed = match settings.text("missed") {
            "skip" => Missed::Skip,
            "all" => Missed::All,
            _ => Missed::Once,
        };
        let (text, get) = (settings.text("text"), settings.text("get"));
        let work = match (text.is_empty(), get.is_empty()) {
            (true, true) => return complain("`schedule` needs `text` or `get`: what a run does"),
            (false, false) => return complain("`text` and `get` exclude one another"),
            (false, true) => Work::Say(Text::read(text)),
            (true, false) => {
                let url = Url::parse(get)?;
                auth::check(settings, &url)?;
                let accept = Some(settings.text("accept")).filter(|accept| !accept.is_empty());
                let accept = accept.map(HeaderValue::from_str).transpose();
                let accept =
                    accept.map_err(|_| Reason::new(codes::E6010, "`accept` has letters that HTTP does not allow"))?;
                Work::Ask { url: Box::new(url), accept, limits: limits(settings)? }
            }
        };
        let named = settings.text("bookmark");
        let page = if named.is_empty() {
            format!("{} {}", settings.address, if get.is_empty() { "text" } else { get })
        } else {
            named.to_owned()
        };
        Ok(Running { address: settings.address.to_string(), schedule, missed, work, page: format!("schedule/{page}") })
    }
}

impl Text {
    fn read(text: &str) -> Text {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            let (before, behind) = rest.split_at(at);
            let found = [("{dtm}", Part::Dtm), ("{time}", Part::Time), ("{date}", Part::Date), ("{id}", Part::Id)]
                .into_iter()
                .find(|(word, _)| behind.starts_with(word));
            parts.push(Part::Plain(before.to_owned()));
            match found {
                Some((word, part)) => {
                    parts.push(part);
                    rest = &behind[word.len()..];
                }
                // JSON has braces of its own.
                None => {
                    parts.push(Part::Plain("{".to_owned()));
                    rest = &behind[1..];
                }
            }
        }
        parts.push(Part::Plain(rest.to_owned()));
        Text(parts)
    }

    /// The text of the run for this time. HL7 v2 ends its segments with a carriage return.
    pub(crate) fn of(&self, due: Timestamp, schedule: &Schedule) -> String {
        let local = schedule.local(due);
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Plain(plain) => text.push_str(plain),
                Part::Dtm => text.push_str(&local.strftime("%Y%m%d%H%M%S%z").to_string()),
                Part::Time => text.push_str(&local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()),
                Part::Date => text.push_str(&local.strftime("%Y%m%d").to_string()),
                Part::Id => text.push_str(&format!("S{}", due.as_millisecond())),
            }
        }
        if text.starts_with("MSH") {
            text = text.replace("\r\n", "\r").replace('\n', "\r");
            if !text.ends_with('\r') {
                text.push('\r');
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let schedule = Schedule::read("every 1h", "Europe/Berlin").unwrap();
        let due: Timestamp = "2026-03-01T05:00:00Z".parse().unwrap();
        let check = |text: &str, expect: &str| assert_eq!(Text::read(text).of(due, &schedule), expect);
        check(
            "MSH|^~\\&|S|H|L|N|{dtm}||QRY^A19|{id}|P|2.5\nQRD|{dtm}",
            "MSH|^~\\&|S|H|L|N|20260301060000+0100||QRY^A19|S1772341200000|P|2.5\rQRD|20260301060000+0100\r",
        );
        check("{\"at\":\"{time}\",\"day\":{date}}", "{\"at\":\"2026-03-01T06:00:00+01:00\",\"day\":20260301}");
    }
}
