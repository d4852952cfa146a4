//! What is published of a message, and which subscribers want it.
//!
//! Promises: a topic is asked once, however many receive it; a message that is published and wanted by nobody has the line
//! as its reason.

use super::{
    End,
    watch::{Course, Kind, Verdict},
};
use bytes::Bytes;
use interface::definition::{Definition, Publication, Rule, Subscriber};
use lang::{Condition, Fault, Matter};
use message::Name;
use std::sync::Arc;

/// The publications of one message.
#[derive(Debug, Default)]
pub(super) struct Published {
    /// By the number of the publication.
    held: Vec<bool>,
    topics: Vec<(Name, Option<Bytes>)>,
    last: Option<Rule>,
}

impl Published {
    /// Asks each `publish` line. `bytes` is what goes out, where that is not the raw message.
    ///
    /// # Errors
    /// A condition that cannot be told, or no fuel left.
    pub(super) fn ask(
        definition: &Definition,
        message: &Matter,
        bytes: Option<&Bytes>,
        course: &mut Course<'_>,
    ) -> Result<Published, Fault> {
        let mut published = Published::default();
        for Publication { topic, when, rule } in &definition.publications {
            let holds = asked(when.as_ref(), message, (Kind::Publish, rule), course)?;
            published.held.push(holds);
            if holds {
                published.topics.push((topic.clone(), bytes.cloned()));
                published.last = Some(rule.clone());
            }
        }
        Ok(published)
    }

    /// The subscriber gets the message.
    ///
    /// # Errors
    /// A condition that cannot be told, or no fuel left.
    pub(super) fn reaches(
        &self,
        subscriber: &Subscriber,
        message: &Matter,
        course: &mut Course<'_>,
    ) -> Result<bool, Fault> {
        if !self.held.get(subscriber.publication).copied().unwrap_or(false) {
            return Ok(false);
        }
        let subscription = &subscriber.subscription;
        if course.watch.is_none() {
            return subscription.when.as_ref().map_or(Ok(true), |when| when.is_true_of(message, &mut course.run));
        }
        let text = format!("{}: {}", subscriber.interface, subscription.rule.text);
        let rule = Rule { text: text.into(), place: subscription.rule.place.clone() };
        asked(subscription.when.as_ref(), message, (Kind::Receive, &rule), course)
    }

    /// The end of a message that was published and that nobody gets.
    pub(super) fn end(&self) -> Option<End> {
        let rule = self.last.as_ref()?;
        let text = format!("{}: no interface receives it", rule.text);
        Some(End::Filtered(Rule { text: text.into(), place: rule.place.clone() }))
    }

    pub(super) fn into_topics(self) -> Vec<(Name, Option<Bytes>)> {
        self.topics
    }
}

fn asked(
    when: Option<&Arc<Condition>>,
    message: &Matter,
    line: (Kind, &Rule),
    course: &mut Course<'_>,
) -> Result<bool, Fault> {
    let Some(condition) = when else {
        course.tell(line.0, line.1, || Verdict::Sent);
        return Ok(true);
    };
    let verdict = |holds| if holds { Verdict::Sent } else { Verdict::NotMeant };
    course.ask(condition, message, line, verdict)
}
