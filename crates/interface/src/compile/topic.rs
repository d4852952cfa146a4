//! `publish TOPIC [when CONDITION]`, and who receives what is published.
//!
//! Subscribers are found when the workspace is read, and again at each reload: every one becomes a destination of the
//! publisher, so that a message waits for each of them in a queue of its own.

use super::{
    Hash,
    interface::Outline,
    language::{self, Home},
    line::{Line, Site},
    reader::Reader,
    send,
};
use crate::{
    catalogue::Settings,
    codes,
    definition::{Definition, DestinationDefinition, Publication, Retry, Subscriber},
    replies::ReplyTable,
};
use message::{Diagnostic, Name};
use std::time::Duration;

/// The connector that receives topics.
pub(crate) const TOPIC: &str = "topic";
/// The connector that hands a message to another interface.
const LINK: &str = "interface";

/// A subscriber that is stopped is asked again soon: it costs a look into a table, and nobody waits after a resume.
const RETRY_MIN: Duration = Duration::from_millis(100);
/// See [`RETRY_MIN`].
const RETRY_MAX: Duration = Duration::from_secs(2);

/// The topic of a `publish` line, and the line as far as it can be read.
pub(super) fn read(
    reader: &mut Reader<'_>,
    line: Line<'_>,
    home: &Home,
) -> Option<((Name, Site), Option<Publication>)> {
    let mut cursor = line.after_word();
    let topic = reader.name(&mut cursor, "the name of a topic")?;
    let site = Site::new(line.tree, topic.span);
    let when = if cursor.is_done() {
        Some(None)
    } else {
        reader
            .expect(&mut cursor, "when")
            .and_then(|()| language::condition_routed(reader, &mut cursor, home))
            .map(Some)
    };
    let publication = when.map(|when| Publication { topic: topic.text.clone(), when, rule: line.rule() });
    Some(((topic.text, site), publication))
}

/// The topic that an interface receives, also where its other lines have errors.
pub(super) fn received(interface: Line<'_>) -> Option<(Name, Site)> {
    let line = interface.lines().find(|line| line.word() == "receive" && line.after_word().is_at(TOPIC))?;
    let mut cursor = line.after_word();
    cursor.take();
    let site = Site::new(line.tree, cursor.here());
    let (topic, _) = cursor.text()?;
    Some((topic.as_ref().into(), site))
}

/// Gives each publisher its subscribers. A publisher of which one subscriber has errors counts as broken too: it goes on
/// as it runs, and hands on to the subscriber as that runs.
pub(crate) fn subscribe(outlines: &mut [Outline]) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (subscriber, finding) in misfits(outlines) {
        findings.push(finding);
        if let Some(outline) = outlines.get_mut(subscriber) {
            outline.definition = None;
        }
    }
    while let Some((publisher, finding)) = find_hindered(outlines) {
        findings.push(finding);
        if let Some(outline) = outlines.get_mut(publisher) {
            outline.definition = None;
        }
    }
    let versions: Vec<u64> =
        outlines.iter().map(|one| one.definition.as_ref().map_or(0, |definition| definition.version)).collect();
    for publisher in 0..outlines.len() {
        let destinations = outlines.get(publisher).map_or_else(Vec::new, |one| destinations(one, outlines));
        let Some(definition) = outlines.get_mut(publisher).and_then(|one| one.definition.as_mut()) else { continue };
        if destinations.is_empty() {
            continue;
        }
        let mut hash = Hash::new();
        hash.add(&definition.version.to_le_bytes());
        for (subscriber, destination) in destinations {
            hash.add(destination.name.as_bytes());
            hash.add(&versions.get(subscriber).copied().unwrap_or_default().to_le_bytes());
            definition.destinations.push(destination);
        }
        definition.version = hash.sum();
    }
    findings
}

/// Subscribers of a publisher by their place.
fn subscribers<'o>(publisher: &Outline, outlines: &'o [Outline], topic: &Name) -> Vec<(usize, &'o Outline)> {
    let is_one = |one: &Outline| {
        one.name != publisher.name && one.receives.as_ref().is_some_and(|(received, _)| received == topic)
    };
    outlines.iter().enumerate().filter(|(_, one)| is_one(one)).collect()
}

/// Subscribers that take messages of another format than the topic carries: neither their conditions nor their lines could
/// read them.
fn misfits(outlines: &[Outline]) -> Vec<(usize, Diagnostic)> {
    let mut found = Vec::new();
    for publisher in outlines {
        let Some(definition) = &publisher.definition else { continue };
        for (topic, _) in &publisher.publishes {
            for (place, subscriber) in subscribers(publisher, outlines, topic) {
                let Some(receives) = &subscriber.definition else { continue };
                let Some((_, site)) = &subscriber.receives else { continue };
                if receives.receive.format == definition.routed.format {
                    continue;
                }
                let (takes, carries) = (receives.receive.form.name(), definition.routed.name());
                let message = format!("`{}` publishes {carries} here, and this takes {takes}", publisher.name);
                let hint = format!("write `format {carries}` in the `receive` block, or publish in front of the map");
                found.push((place, site.error(codes::E3415, message).hint(hint)));
            }
        }
    }
    found
}

/// A publisher without errors, one of whose subscribers has some.
fn find_hindered(outlines: &[Outline]) -> Option<(usize, Diagnostic)> {
    outlines.iter().enumerate().filter(|(_, one)| one.definition.is_some()).find_map(|(place, publisher)| {
        publisher.publishes.iter().find_map(|(topic, site)| {
            let broken =
                subscribers(publisher, outlines, topic).into_iter().find(|(_, one)| one.definition.is_none())?;
            let message =
                format!("`{}` receives this and has errors, so `{}` goes on as it runs", broken.1.name, publisher.name);
            let hint = "mend the subscriber: until then neither of the two changes, and nothing is lost";
            Some((place, site.warning(codes::E3333, message).hint(hint)))
        })
    })
}

fn destinations(publisher: &Outline, outlines: &[Outline]) -> Vec<(usize, DestinationDefinition)> {
    let Some(definition) = &publisher.definition else { return Vec::new() };
    let mut found = Vec::new();
    for (number, publication) in definition.publications.iter().enumerate() {
        for (place, subscriber) in subscribers(publisher, outlines, &publication.topic) {
            let Some(receives) = &subscriber.definition else { continue };
            let Some(subscription) = &receives.receive.subscription else { continue };
            let subscriber = Subscriber {
                publication: number,
                interface: subscriber.name.clone(),
                subscription: subscription.clone(),
            };
            found.push((place, destination(definition, publication, subscriber)));
        }
    }
    found
}

fn destination(publisher: &Definition, publication: &Publication, subscriber: Subscriber) -> DestinationDefinition {
    let mut destination = DestinationDefinition {
        // A name that a person gives holds no colon, so it cannot be one of theirs.
        name: format!("{}:{}", publication.topic, subscriber.interface).into(),
        place: publication.rule.place.clone(),
        is_routed: false,
        when: None,
        connector: LINK,
        settings: Settings { address: subscriber.interface.clone(), values: std::collections::BTreeMap::new() },
        programs: Vec::new(),
        format: publisher.routed.format,
        form: publisher.routed.clone(),
        retry: Retry { delay_min: RETRY_MIN, delay_max: RETRY_MAX, ..Retry::default() },
        order: None,
        replies: ReplyTable::default(),
        on_reply: Vec::new(),
        lanes: 0,
        priority: None,
        subscriber: Some(subscriber),
    };
    send::settle_lanes(&mut destination, &publisher.receive.order);
    destination
}
