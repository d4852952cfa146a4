//! The shapes in which other systems take alerts.
//!
//! Sources: Slack incoming webhooks (`text`); Microsoft Teams workflows (a message with an Adaptive Card 1.4); PagerDuty
//! Events API v2 (`routing_key`, `event_action`, `dedup_key`, summary of at most 1,024 characters); Opsgenie alert API.

use crate::{
    incident::Level,
    notice::{Notice, What},
    words::{self, Links},
};
use serde_json::{Value, json};

/// Characters of a summary.
const SUMMARY_MAX: usize = 1_024;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Plain text, a line each: mail.
    Text,
    /// One line: syslog, text messages.
    Line,
    /// Our own JSON, `sinew.alert/1`.
    Json,
    /// Slack, Mattermost, Rocket.Chat.
    Slack,
    /// Microsoft Teams.
    Teams,
    /// PagerDuty.
    PagerDuty,
}

impl Shape {
    /// Their words.
    pub const WORDS: [&'static str; 6] = ["text", "line", "json", "slack", "teams", "pagerduty"];

    /// By its word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Shape> {
        Some(match word {
            "text" => Shape::Text,
            "line" => Shape::Line,
            "json" => Shape::Json,
            "slack" => Shape::Slack,
            "teams" => Shape::Teams,
            "pagerduty" => Shape::PagerDuty,
            _ => return None,
        })
    }

    /// It is JSON.
    #[must_use]
    pub fn is_json(self) -> bool {
        !matches!(self, Shape::Text | Shape::Line)
    }

    /// The bytes to send. `key` is what names us there: the routing key of PagerDuty; empty elsewhere.
    #[must_use]
    pub fn write(self, notice: &Notice, links: &Links, key: &str) -> Vec<u8> {
        let subject = words::subject(notice);
        let text = || words::text(notice, links);
        let written = match self {
            Shape::Text => format!("{subject}\n\n{}", text()),
            Shape::Line => line(notice, links),
            Shape::Json => own(notice, links).to_string(),
            Shape::Slack => json!({"text": format!("*{subject}*\n```{}```", text())}).to_string(),
            Shape::Teams => teams(&subject, &text()).to_string(),
            Shape::PagerDuty => pager_duty(notice, links, key).to_string(),
        };
        written.into_bytes()
    }
}

fn line(notice: &Notice, links: &Links) -> String {
    let incident = &notice.incident;
    let first = incident.symptoms.first().map_or("", |symptom| &symptom.sentence);
    format!(
        "{} {} incident={} engine={} {}",
        words::subject(notice),
        first,
        incident.id,
        links.engine,
        incident.kind.code().id
    )
}

fn own(notice: &Notice, links: &Links) -> Value {
    let incident = &notice.incident;
    json!({
        "schema": "sinew.alert/1",
        "what": notice.what,
        "at": notice.at.to_rfc3339(),
        "engine": links.engine,
        "incident": incident.id,
        "level": incident.level,
        "kind": incident.kind,
        "code": incident.kind.code().id,
        "headline": words::headline(incident),
        "since": incident.since.to_rfc3339(),
        "interfaces": incident.interfaces,
        "symptoms": incident.symptoms.iter().map(|symptom| &symptom.sentence).collect::<Vec<_>>(),
        "safe": incident.kind.safety(),
        "do": incident.kind.advice(),
        "runbook": links.runbook(incident),
        "oncall": notice.oncall,
    })
}

fn teams(subject: &str, text: &str) -> Value {
    let block = |text: &str, is_head: bool| {
        let (weight, font) = if is_head { ("Bolder", "Default") } else { ("Default", "Monospace") };
        json!({"type": "TextBlock", "text": text, "wrap": true, "weight": weight, "fontType": font})
    };
    json!({"type": "message", "attachments": [{
        "contentType": "application/vnd.microsoft.card.adaptive",
        "content": {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
            "body": [block(subject, true), block(&text.replace('\n', "\n\n"), false)],
        },
    }]})
}

fn pager_duty(notice: &Notice, links: &Links, key: &str) -> Value {
    let incident = &notice.incident;
    let action = match notice.what {
        What::Opened | What::Raised | What::Again => "trigger",
        What::Acknowledged => "acknowledge",
        What::Closed => "resolve",
    };
    let severity = match incident.level {
        Level::Warning => "warning",
        Level::Alarm => "error",
        Level::Escalated => "critical",
    };
    let runbook = links.runbook(incident);
    let links_of: Vec<Value> =
        (!runbook.is_empty()).then(|| json!({"href": runbook, "text": "what to do"})).into_iter().collect();
    json!({
        "routing_key": key,
        "event_action": action,
        // One incident here is one there.
        "dedup_key": format!("sinew/{}/{}", links.engine, incident.id),
        "payload": {
            "summary": words::subject(notice).chars().take(SUMMARY_MAX).collect::<String>(),
            "source": links.engine,
            "severity": severity,
            "timestamp": incident.since.to_rfc3339(),
            "class": incident.kind,
            "custom_details": own(notice, links),
        },
        "links": links_of,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{book::Book, book::Settings, judge::tests::down_at};
    use message::Timestamp;

    #[test]
    fn every_shape_says_what_and_whether_messages_are_safe() {
        let mut book = Book::default();
        let at = Timestamp(1_772_323_200_000_000);
        let symptoms = (0..12).map(|number| down_at(&format!("adt-{number:02}"), "rx01.example.org", at)).collect();
        let notice = book.see(&Settings::default(), at, 0, symptoms).pop().unwrap();
        let links =
            Links { console: "https://sinew.example.org".into(), runbook: String::new(), engine: "north".into() };
        let text = String::from_utf8(Shape::Text.write(&notice, &links, "")).unwrap();
        assert_eq!(
            text,
            "[alarm] partner rx01.example.org takes no messages, 12 interfaces\n\n\
             What      partner rx01.example.org takes no messages\n\
             Seen      pharmacy of adt-00 takes no messages; 3 wait\n\
             Since     2026-03-01 00:00 UTC, 0 s\n\
             At        adt-00, adt-01, adt-02, adt-03, adt-04, adt-05, adt-06, adt-07 and 4 more\n\
             Safe?     Nothing is lost. What waits is on disk, keeps its order, and goes out by itself when the partner answers.\n\
             Do        Call the partner; `sinew queues` shows what waits and when it is tried again.\n\
             Read      https://sinew.example.org/alerts?incident=1\n\
             Number    incident 1, E5304, north\n"
        );
        let line = String::from_utf8(Shape::Line.write(&notice, &links, "")).unwrap();
        assert!(!line.contains('\n') && line.contains("E5304") && line.contains("engine=north"), "{line}");
        let json = |shape: Shape| serde_json::from_slice::<Value>(&shape.write(&notice, &links, "key-1")).unwrap();
        assert_eq!(json(Shape::Json)["interfaces"].as_array().unwrap().len(), 12);
        assert!(json(Shape::Slack)["text"].as_str().unwrap().contains("Nothing is lost"));
        let card = json(Shape::Teams);
        assert_eq!(card["attachments"][0]["content"]["body"].as_array().unwrap().len(), 2);
        let page = json(Shape::PagerDuty);
        assert_eq!(
            [&page["event_action"], &page["dedup_key"], &page["payload"]["severity"], &page["routing_key"]],
            ["trigger", "sinew/north/1", "error", "key-1"]
        );
        for word in Shape::WORDS {
            assert!(Shape::parse(word).is_some(), "{word}");
        }
        let own = Links { runbook: "https://wiki/{interface}/{code}".into(), ..links };
        assert_eq!(own.runbook(&notice.incident), "https://wiki/adt-00/E5304");
    }
}
