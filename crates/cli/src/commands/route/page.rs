//! The routing table of a workspace: what a person reviews before it goes live.

use interface::definition::{Definition, DestinationDefinition, Order, Rule, Step, Targets};
use serde_json::{Value, json};
use std::{fmt::Write, sync::Arc};

/// As Markdown.
pub(super) fn markdown(interfaces: &[Arc<Definition>]) -> String {
    let mut out = String::from("# Where messages go\n");
    for definition in interfaces {
        section(&mut out, definition);
    }
    out
}

fn section(out: &mut String, it: &Definition) {
    let title = if it.title == it.name { String::new() } else { format!(": {}", it.title) };
    let owner = [&it.owner.team, &it.owner.contact, &it.owner.oncall];
    let owner: Vec<&str> = owner.into_iter().map(|text| &**text).filter(|text| !text.is_empty()).collect();
    let owner = if owner.is_empty() { "nobody".to_owned() } else { owner.join(", ") };
    let _infallible = write!(
        out,
        "\n## {}{title}\n\n- receives: {} {}\n- in order: {}\n- owner: {owner}\n- version: {:016x}\n",
        it.name,
        it.receive.connector,
        open_address(&it.receive.settings.address),
        order(&it.receive.order),
        it.version
    );
    let filters: Vec<&Rule> = it.steps.iter().filter_map(filter).collect();
    if !filters.is_empty() {
        out.push_str("\n| before it is routed | line |\n|---|---|\n");
        filters.iter().for_each(|rule| row(out, &[code(&rule.text), place(rule)]));
    }
    for step in &it.steps {
        let Step::Route(route) = step else { continue };
        let _infallible = write!(out, "\n| route {}: when | to | line |\n|---|---|---|\n", route.choice.as_str());
        for case in &route.cases {
            row(out, &[code(&case.condition.text()), to(&case.targets), place(&case.targets.rule)]);
        }
        row(out, &["*every other message*".to_owned(), to(&route.default), place(&route.default.rule)]);
    }
    if !it.publications.is_empty() {
        out.push_str("\n| publishes | messages | line |\n|---|---|---|\n");
    }
    for publication in &it.publications {
        let when = publication.when.as_ref().map_or_else(|| "every message".to_owned(), |when| code(&when.text()));
        row(out, &[publication.topic.to_string(), when, place(&publication.rule)]);
    }
    out.push_str("\n| destination | gets | by | in order | ahead of others |\n|---|---|---|---|---|\n");
    for destination in &it.destinations {
        let wire = format!("{} {}", destination.connector, open_address(&destination.settings.address));
        let own = destination.order.as_ref().unwrap_or(&it.receive.order);
        let ahead = destination.priority.as_ref().map_or_else(|| "-".to_owned(), |when| code(&when.text()));
        row(out, &[destination.name.to_string(), gets(destination), code(&wire), order(own), ahead]);
    }
}

fn filter(step: &Step) -> Option<&Rule> {
    match step {
        Step::Keep { rule, .. } | Step::Drop { rule, .. } | Step::Validate { rule, .. } => Some(rule),
        Step::Edit(_) | Step::Split(_) | Step::Route(_) => None,
    }
}

/// What a destination gets, in words.
fn gets(destination: &DestinationDefinition) -> String {
    if let Some(subscriber) = &destination.subscriber {
        let topic = destination.name.split(':').next().unwrap_or_default();
        let wanted = subscriber.subscription.when.as_ref();
        return wanted
            .map_or_else(|| format!("topic {topic}"), |when| format!("topic {topic} when {}", code(&when.text())));
    }
    let own = destination.when.as_ref().map(|when| code(&when.text()));
    match (destination.is_routed, own) {
        (false, None) => "every message".to_owned(),
        (false, Some(when)) => format!("when {when}"),
        (true, None) => "what a route gives it".to_owned(),
        (true, Some(when)) => format!("what a route gives it, when {when}"),
    }
}

fn to(targets: &Targets) -> String {
    match targets.names.as_slice() {
        [] => targets.rule.text.split_once(" reason ").map_or_else(
            || "nowhere".to_owned(),
            |(_, reason)| format!("nowhere: {}", escaped(reason.trim_matches('"'))),
        ),
        names => names.join(", "),
    }
}

fn order(order: &Order) -> String {
    match order {
        Order::Source => "strictly".to_owned(),
        Order::By(path) => format!("by {path}"),
        Order::None => "no".to_owned(),
    }
}

/// An address without a name and password in it.
fn open_address(address: &str) -> String {
    match address.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.split_once('@')?.1))) {
        Some((scheme, rest)) => format!("{scheme}://{rest}"),
        None => address.to_owned(),
    }
}

fn place(rule: &Rule) -> String {
    format!("{}:{}", rule.place.file, rule.place.line)
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}

fn code(text: &str) -> String {
    format!("`{}`", escaped(text.trim_end()))
}

fn row(out: &mut String, cells: &[String]) {
    let _infallible = writeln!(out, "| {} |", cells.join(" | "));
}

/// As one JSON object.
pub(super) fn as_json(interfaces: &[Arc<Definition>]) -> Value {
    json!({"schema": "sinew.routing-table/1", "interfaces": interfaces.iter().map(|it| interface(it)).collect::<Vec<_>>()})
}

fn interface(it: &Definition) -> Value {
    let line = |rule: &Rule| json!({"text": &*rule.text, "file": &*rule.place.file, "line": rule.place.line});
    let targets = |targets: &Targets| json!({"to": targets.names, "at": line(&targets.rule)});
    let routes = it.steps.iter().filter_map(|step| match step {
        Step::Route(route) => Some(json!({
            "choice": route.choice.as_str(),
            "cases": route.cases.iter().map(|case| {
                json!({"when": case.condition.text(), "to": case.targets.names, "at": line(&case.targets.rule)})
            }).collect::<Vec<_>>(),
            "default": targets(&route.default),
        })),
        Step::Keep { .. } | Step::Drop { .. } | Step::Validate { .. } | Step::Edit(_) | Step::Split(_) => None,
    });
    let destination = |one: &DestinationDefinition| {
        json!({
            "name": one.name, "connector": one.connector, "address": open_address(&one.settings.address),
            "subscriber": one.subscriber.as_ref().map(|one| {
                json!({"interface": one.interface, "when": one.subscription.when.as_ref().map(|when| when.text())})
            }),
            "is_routed": one.is_routed, "when": one.when.as_ref().map(|when| when.text()),
            "order": order(one.order.as_ref().unwrap_or(&it.receive.order)),
            "priority": one.priority.as_ref().map(|when| when.text()), "lanes": one.lanes,
        })
    };
    json!({
        "name": it.name, "title": &*it.title, "version": format!("{:016x}", it.version),
        "receives": {"connector": it.receive.connector, "address": open_address(&it.receive.settings.address)},
        "filters": it.steps.iter().filter_map(filter).map(line).collect::<Vec<_>>(),
        "publishes": it.publications.iter().map(|one| {
            json!({"topic": one.topic, "when": one.when.as_ref().map(|when| when.text()), "at": line(&one.rule)})
        }).collect::<Vec<_>>(),
        "routes": routes.collect::<Vec<_>>(),
        "destinations": it.destinations.iter().map(destination).collect::<Vec<_>>(),
    })
}
