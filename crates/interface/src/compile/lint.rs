//! What does not fit together over several interfaces, and what no test looks at.

use super::{Surroundings, address, interface::Outline, line::Site};
use crate::{
    case::{Expected, TestCase},
    catalogue::{AddressKind, Spec},
    codes,
    definition::DestinationDefinition,
};
use message::Diagnostic;
use std::collections::BTreeSet;

/// Findings over all interfaces of a workspace.
pub(crate) fn lint(outlines: &[Outline], tests: &[TestCase], surroundings: &Surroundings<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    same_names(outlines, &mut findings);
    same_ports(outlines, surroundings, &mut findings);
    same_numbers(outlines, &mut findings);
    links(outlines, surroundings, &mut findings);
    untested(outlines, tests, &mut findings);
    same_tests(tests, &mut findings);
    findings
}

fn same_names(outlines: &[Outline], findings: &mut Vec<Diagnostic>) {
    for (index, outline) in outlines.iter().enumerate() {
        if let Some(first) = outlines.iter().take(index).find(|first| first.name == outline.name) {
            let message = format!("there is another interface `{}` in {}", outline.name, first.site.file);
            let hint = "each interface has its own name: messages are stored under it";
            findings.push(outline.site.error(codes::E3007, message).hint(hint));
        }
    }
}

fn spec(surroundings: &Surroundings<'_>, connector: &str) -> Option<&'static Spec> {
    surroundings.connectors.iter().map(|known| known.spec()).find(|spec| spec.name == connector)
}

fn source_kind(surroundings: &Surroundings<'_>, connector: &str) -> Option<AddressKind> {
    spec(surroundings, connector)?.source.as_ref().map(|side| side.address.kind)
}

/// Port 0 is whatever the system gives, so it collides with nothing.
fn same_ports(outlines: &[Outline], surroundings: &Surroundings<'_>, findings: &mut Vec<Diagnostic>) {
    let mut taken: Vec<(&str, u16, &Outline)> = Vec::new();
    for outline in outlines {
        let (Some(definition), Some(site)) = (&outline.definition, &outline.address) else { continue };
        let receive = &definition.receive;
        let Some(kind) = source_kind(surroundings, receive.connector) else { continue };
        let Some((host, port)) = address::listening(kind, &receive.settings.address).filter(|(_, port)| *port != 0)
        else {
            continue;
        };
        let is_any = |host: &str| host == "0.0.0.0" || host == "[::]";
        let collides = |other: &str| other == host || is_any(other) || is_any(host);
        if let Some((_, _, first)) = taken.iter().find(|(other, used, _)| *used == port && collides(other)) {
            let message = format!("port {port} is the port of `{}` already", first.name);
            let hint = "give each interface its own port, or change one in environments/NAME.toml";
            findings.push(site.error(codes::E3201, message).hint(hint));
        }
        taken.push((host, port, outline));
    }
}

/// A partner counts one row of numbers for each sender: two destinations would take each other's.
fn same_numbers(outlines: &[Outline], findings: &mut Vec<Diagnostic>) {
    let mut taken: Vec<(&str, String)> = Vec::new();
    for outline in outlines {
        let destinations = outline.definition.iter().flat_map(|definition| &definition.destinations);
        for destination in destinations.filter(|destination| destination.is_numbered()) {
            let (address, place) = (&*destination.settings.address, format!("{}/{}", outline.name, destination.name));
            if let Some((_, first)) = taken.iter().find(|(known, _)| *known == address) {
                let message = format!("`{place}` and `{first}` both give sequence numbers to {address}");
                let hint = "send both through one interface, or give the partner a port for each";
                findings.push(outline.site.error(codes::E3141, message).hint(hint));
            }
            taken.push((address, place));
        }
    }
}

/// Interfaces that feed one another: both ends exist, and no message comes back to where it was.
fn links(outlines: &[Outline], surroundings: &Surroundings<'_>, findings: &mut Vec<Diagnostic>) {
    let is_link = |connector: &str| {
        let destination = spec(surroundings, connector).and_then(|spec| spec.destination.as_ref());
        destination.is_some_and(|side| side.address.kind == AddressKind::Interface)
    };
    let mut edges: Vec<(usize, usize, &Site)> = Vec::new();
    let mut fed = BTreeSet::new();
    for (from, outline) in outlines.iter().enumerate() {
        for (topic, site) in &outline.publishes {
            let receivers = subscribers(outlines, topic);
            if receivers.is_empty() {
                let message = format!("nobody receives the topic `{topic}`: what is published goes nowhere");
                let hint = format!("write `receive topic {topic}` in another interface, or leave the line out");
                findings.push(site.warning(codes::E3331, message).hint(hint));
            }
            for to in receivers {
                fed.insert(to);
                edges.push((from, to, site));
            }
        }
        let destinations = || outline.definition.iter().flat_map(|definition| &definition.destinations);
        let is_written = |one: &&DestinationDefinition| is_link(one.connector) && one.subscriber.is_none();
        let linked = destinations().filter(is_written).map(|one| (&one.name, &one.settings.address));
        let answered = destinations().flat_map(|one| one.on_reply.iter().map(move |line| (&one.name, &line.to)));
        for (name, wanted) in linked.chain(answered) {
            let Some((_, site)) = outline.sends.iter().find(|(known, _)| known == name) else { continue };
            match outlines.iter().position(|other| other.name == *wanted) {
                None => {
                    let message = format!("there is no interface `{wanted}`");
                    let known = outlines.iter().map(|outline| &*outline.name);
                    let near = lang::syntax::closest(wanted, known).map(|found| format!("did you mean `{found}`?"));
                    findings.push(Diagnostic { hint: near, ..site.error(codes::E3203, message) });
                }
                Some(to) => {
                    fed.insert(to);
                    edges.push((from, to, site));
                    let receives =
                        |other: &Outline| other.definition.as_ref().is_none_or(|it| is_link(it.receive.connector));
                    if !outlines.get(to).is_some_and(receives) {
                        let message = format!("`{wanted}` does not receive from interfaces");
                        let hint = format!("write `receive interface` in `{wanted}`");
                        findings.push(site.error(codes::E3203, message).hint(hint));
                    }
                }
            }
        }
    }
    circles(outlines, &edges, findings);
    for (index, outline) in outlines.iter().enumerate() {
        if let (false, Some((topic, site))) = (fed.contains(&index), &outline.receives) {
            let message = format!("nothing feeds `{}`: no other interface publishes `{topic}`", outline.name);
            let known = outlines.iter().flat_map(|one| &one.publishes).map(|(topic, _)| &**topic);
            let near = lang::syntax::closest(topic, known).map(|found| format!("did you mean `{found}`?"));
            let hint = near.unwrap_or_else(|| format!("write `publish {topic}` in another interface"));
            findings.push(site.warning(codes::E3210, message).hint(hint));
        }
        let is_waiting = outline.definition.as_ref().is_some_and(|it| is_link(it.receive.connector));
        if is_waiting && !fed.contains(&index) {
            let message = format!("nothing feeds `{}`: no interface sends to it", outline.name);
            findings.push(
                outline
                    .site
                    .warning(codes::E3210, message)
                    .hint(format!("write `interface {}` in a `send` block of another interface", outline.name)),
            );
        }
    }
}

/// The interfaces that receive a topic, by their places: also one that publishes it itself, which is a circle.
fn subscribers(outlines: &[Outline], topic: &str) -> Vec<usize> {
    let is_one = |(_, one): &(usize, &Outline)| one.receives.as_ref().is_some_and(|(received, _)| **received == *topic);
    outlines.iter().enumerate().filter(is_one).map(|(place, _)| place).collect()
}

/// An edge is part of a circle when its start can be reached from its end.
fn circles(outlines: &[Outline], edges: &[(usize, usize, &Site)], findings: &mut Vec<Diagnostic>) {
    for (from, to, site) in edges {
        let mut reached = BTreeSet::from([*to]);
        loop {
            let next: Vec<usize> = edges
                .iter()
                .filter(|(start, end, _)| reached.contains(start) && !reached.contains(end))
                .map(|edge| edge.1)
                .collect();
            if next.is_empty() {
                break;
            }
            reached.extend(next);
        }
        if reached.contains(from) {
            let name = outlines.get(*from).map_or("", |outline| &outline.name);
            let message = format!("what `{name}` sends here comes back to `{name}`");
            let hint = "interfaces may not feed one another in a circle: leave one of the `send` blocks out";
            findings.push(site.error(codes::E3202, message).hint(hint));
        }
    }
}

/// Every destination and every `drop` has a test that looks at it.
fn untested(outlines: &[Outline], tests: &[TestCase], findings: &mut Vec<Diagnostic>) {
    for outline in outlines {
        let expected = || {
            let own = tests.iter().filter(|test| test.interface == outline.name);
            own.flat_map(|test| &test.expectations).map(|expectation| &expectation.what)
        };
        for (name, site) in &outline.sends {
            if !expected().any(|what| looks_at(what, name)) {
                let message = format!("no test looks at `send {name}`");
                let hint = format!("add a test with a line such as `expect {name} sent`; `sinew test` runs it");
                findings.push(site.warning(codes::E3206, message).hint(hint));
            }
        }
        for (topic, site) in &outline.publishes {
            if !expected().any(|what| looks_at(what, topic)) {
                let message = format!("no test looks at `publish {topic}`");
                let hint = format!("add a test with a line such as `expect {topic} sent`; `sinew test` runs it");
                findings.push(site.warning(codes::E3206, message).hint(hint));
            }
        }
        let is_drop_tested = expected().any(|what| match what {
            Expected::Filtered { by } => by.as_deref().is_none_or(|by| by == "drop"),
            _ => false,
        });
        if let (Some(site), false) = (outline.drops.first(), is_drop_tested) {
            let hint = "add a test with `expect filtered by drop`: a drop that is too wide loses messages quietly";
            findings.push(site.warning(codes::E3207, "no test looks at this `drop`").hint(hint));
        }
        let is_tested = expected().any(|what| match what {
            Expected::Filtered { by } => by.as_deref().is_none_or(|by| by == "route"),
            _ => false,
        });
        if let (Some(site), false) = (outline.nowhere.first(), is_tested) {
            let hint = "add a test with `expect filtered by route`: what goes nowhere is missed late";
            findings.push(site.warning(codes::E3326, "no test looks at what this route leaves out").hint(hint));
        }
    }
}

fn looks_at(what: &Expected, name: &str) -> bool {
    match what {
        Expected::Holds { destination, .. }
        | Expected::Claims { destination, .. }
        | Expected::Sent { destination, .. }
        | Expected::Queued { destination, .. }
        | Expected::Matches { destination, .. } => &**destination == name,
        Expected::Nothing { destination } | Expected::Parked { destination } => destination.as_deref() == Some(name),
        Expected::Filtered { .. } | Expected::Rejected { .. } | Expected::Acknowledged(_) | Expected::Noted { .. } => {
            false
        }
    }
}

fn same_tests(tests: &[TestCase], findings: &mut Vec<Diagnostic>) {
    let mut seen = BTreeSet::new();
    for test in tests {
        if !seen.insert((&test.interface, &test.name)) {
            let message = format!("`{}` is the name of two tests of `{}`", test.name, test.interface);
            findings.push(Diagnostic::warning(codes::E3305, message).at(&test.place.file, test.span.clone(), ""));
        }
    }
}
