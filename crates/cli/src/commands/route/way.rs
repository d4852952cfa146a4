//! The way of one message, for people and as JSON; on into other interfaces of the workspace.

use crate::{screen::Screen, table};
use bytes::Bytes;
use engine::{
    pipeline::{
        End,
        watch::{Looked, Verdict},
    },
    routing::{self, Way},
};
use hl7v2::{Facts, Message};
use interface::{definition::Definition, workspace::Workspace};
use lang::Part;
use message::{Reason, Timestamp, limits};
use serde_json::{Value, json};
use server::way::{self, shown};
use std::sync::Arc;

/// The connector that leads into another interface.
pub(super) const LINK: &str = "interface";
/// The interface receives from other interfaces.
pub(super) fn is_fed(definition: &Definition) -> bool {
    matches!(definition.receive.connector, LINK | "topic")
}

/// Cases of a route that do not hold and are shown nevertheless.
const CASES_SHOWN_MAX: usize = 12;

/// How it is shown.
#[derive(Clone, Copy)]
pub(super) struct Look {
    pub(super) is_revealed: bool,
    pub(super) is_whole: bool,
}

/// What was told of a message at one interface.
pub(super) struct Told {
    definition: Arc<Definition>,
    kind: String,
    way: Result<Way, Reason>,
    /// By delivery: the way at the next interface.
    next: Vec<Option<Told>>,
}

impl Told {
    pub(super) fn of(
        workspace: Option<&Workspace>,
        definition: &Arc<Definition>,
        bytes: &Bytes,
        now: Timestamp,
        hops: u8,
    ) -> Told {
        let way = routing::trace(definition, bytes, now);
        let facts = Facts::searched(&Message::parse(bytes.clone()).0);
        let deliveries = way.iter().flat_map(|way| &way.plan.deliveries);
        let next = deliveries.map(|delivery| {
            let destination = definition.destinations.get(delivery.place)?;
            let is_link = destination.connector == LINK && hops < limits::INTERFACE_HOPS_MAX;
            let next = workspace?.definition(&destination.settings.address).filter(|_| is_link)?;
            let bytes = delivery.output.as_ref().unwrap_or(bytes);
            Some(Told::of(workspace, next, bytes, now, hops + 1))
        });
        let next = next.collect();
        let kind = format!("{}^{}", facts.message_type, facts.trigger_event);
        Told { definition: definition.clone(), kind, way, next }
    }

    /// Neither parked nor refused, here and further on.
    pub(super) fn is_good(&self) -> bool {
        let is_bad = |way: &Way| matches!(way.plan.end, End::Parked(_) | End::Rejected { .. });
        self.way.as_ref().is_ok_and(|way| !is_bad(way)) && self.next.iter().flatten().all(Told::is_good)
    }

    pub(super) fn title(&self) -> String {
        format!("{}  through {}", self.kind, self.definition.name)
    }

    fn end(&self) -> (&'static str, Option<String>) {
        match &self.way {
            Err(reason) => ("refused", Some(reason.to_string())),
            Ok(way) => match &way.plan.end {
                End::Routed => ("routed", None),
                End::Filtered(rule) => ("filtered", Some(format!("{} ({})", rule.text, place(rule)))),
                End::Unrouted => ("filtered", Some("no destination's `when` holds".to_owned())),
                End::Parked(reason) => ("parked", Some(reason.to_string())),
                End::Rejected { reason, .. } => ("rejected", Some(reason.to_string())),
            },
        }
    }

    pub(super) fn lines(&self, screen: &Screen, look: Look, depth: usize) -> Vec<String> {
        let indent = "  ".repeat(depth);
        let mut lines = Vec::new();
        let mut hidden = 0;
        let looked = self.way.as_ref().map_or(&[][..], |way| &way.looked);
        let idle = |one: &Looked| matches!(one.verdict, Verdict::No | Verdict::NotAsked);
        let is_long = looked.iter().filter(|one| idle(one)).count() > CASES_SHOWN_MAX && !look.is_whole;
        for one in looked {
            if is_long && idle(one) {
                hidden += 1;
                continue;
            }
            lines.push(format!("{indent}{}  {}", line_of(screen, one), screen.paint("2", &place(&one.rule))));
            for part in &one.parts {
                lines.push(format!("{indent}    {}", part_of(screen, part, look)));
            }
        }
        if hidden > 0 {
            let hidden = table::count(hidden, "line");
            lines.push(format!("{indent}{hidden} of routes that do not hold are not shown; --all shows them"));
        }
        let (end, reason) = self.end();
        let Ok(way) = &self.way else {
            lines.push(format!("{indent}{end}: {}", reason.unwrap_or_default()));
            return lines;
        };
        if let Some(reason) = reason {
            lines.push(format!("{indent}{} {end}: {reason}", screen.mark(end == "filtered")));
            return lines;
        }
        for (delivery, next) in way.plan.deliveries.iter().zip(&self.next) {
            let place = self.definition.destinations.get(delivery.place);
            let to = place.map_or_else(String::new, |to| format!("{} {}", to.connector, to.settings.address));
            let changed = if delivery.output.is_some() { ", changed" } else { "" };
            let urgent = if delivery.priority > 0 { ", ahead of others" } else { "" };
            let name = screen.paint("1", &delivery.destination);
            lines.push(format!("{indent}=> {name}  {}{changed}{urgent}", to.trim_end()));
            if let Some(next) = next {
                lines.push(format!("{indent}   {}", next.title()));
                lines.extend(next.lines(screen, look, depth + 2));
            }
        }
        lines
    }

    pub(super) fn as_json(&self, look: Look) -> Value {
        let (end, reason) = self.end();
        let looked = self.way.as_ref().map_or(&[][..], |way| &way.looked);
        let deliveries = self.way.iter().flat_map(|way| &way.plan.deliveries).zip(&self.next);
        let destination = |(delivery, next): (&engine::pipeline::Delivery, &Option<Told>)| {
            let place = self.definition.destinations.get(delivery.place);
            json!({
                "name": delivery.destination, "connector": place.map(|to| to.connector),
                "address": place.map(|to| &*to.settings.address), "is_changed": delivery.output.is_some(),
                "priority": delivery.priority, "next": next.as_ref().map(|next| next.as_json(look)),
            })
        };
        json!({
            "schema": "sinew.route/1", "interface": self.definition.name, "type": self.kind, "end": end, "reason": reason,
            "destinations": deliveries.map(destination).collect::<Vec<_>>(),
            "lines": looked.iter().map(|one| way::looked(one, look.is_revealed)).collect::<Vec<_>>(),
        })
    }
}

fn place(rule: &interface::definition::Rule) -> String {
    format!("{}:{}", rule.place.file, rule.place.line)
}

/// A word for what a line said.
fn verdict(one: &Looked) -> String {
    match &one.verdict {
        Verdict::GoesOn => "goes on".to_owned(),
        Verdict::Ends => "ends here".to_owned(),
        Verdict::No => "no".to_owned(),
        Verdict::NotAsked => "not asked".to_owned(),
        Verdict::Leads(names) if names.is_empty() => "goes nowhere".to_owned(),
        Verdict::Leads(names) => format!("leads to {}", names.join(", ")),
        Verdict::Sent => "gets it".to_owned(),
        Verdict::NotChosen => "no route chose it".to_owned(),
        Verdict::NotMeant => "does not get it".to_owned(),
        Verdict::Failed(why) => format!("cannot be told: {why}"),
    }
}

fn line_of(screen: &Screen, one: &Looked) -> String {
    let style = match &one.verdict {
        Verdict::GoesOn | Verdict::Sent | Verdict::Leads(_) => "32",
        Verdict::Ends | Verdict::Failed(_) => "31",
        Verdict::No | Verdict::NotAsked | Verdict::NotChosen | Verdict::NotMeant => "2",
    };
    format!("{}  {}", one.rule.text, screen.paint(style, &format!("-> {}", verdict(one))))
}

fn part_of(screen: &Screen, part: &Part, look: Look) -> String {
    let values = part.values.as_ref().map_or_else(String::new, |values| {
        let shown: Vec<String> = values.iter().map(|value| shown(value, look.is_revealed)).collect();
        format!("  [{}]", if shown.is_empty() { "nothing there".to_owned() } else { shown.join(", ") })
    });
    match &part.holds {
        Ok(holds) => format!("{} {}{values}", screen.mark(*holds), part.text),
        Err(why) => format!("{} {}: {why}", screen.mark(false), part.text),
    }
}
