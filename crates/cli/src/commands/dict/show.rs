//! The answer as a person reads it.

use super::question::Found;
use crate::{
    screen::Screen,
    table::{Cell, Table as Grid},
};
use hl7v2::dictionary::{Node, NodeKind, Nodes, Part, Parts, Table, Usage, Version};

/// Most codes of a table that are shown with a field.
const CODES_SHOWN: usize = 12;

pub fn print(screen: &Screen, found: &Found) {
    match found {
        Found::Segment(segment, version) => {
            head(screen, segment.id(), segment.name(), *version);
            parts(screen, segment.fields(), &format!("{}-", segment.id()));
        }
        Found::Datatype(kind, version) => {
            head(screen, kind.id(), kind.name(), *version);
            if kind.is_primitive() {
                screen.line("  a simple type: it has no components");
            }
            parts(screen, kind.components(), &format!("{}.", kind.id()));
        }
        Found::Part(place, chain, version) => part(screen, place, chain, *version),
        Found::Table(table, version) => {
            head(screen, &format!("table {:04}", table.number()), table.name(), *version);
            screen.line(format!("  {}", kind_of(*table)));
            codes(screen, *table, usize::MAX);
        }
        Found::Structure(structure, version) => {
            head(screen, structure.id(), structure.name(), *version);
            nodes(screen, structure.nodes(), 1, *version);
        }
        Found::TriggerEvent(event, version) => {
            head(screen, event.code(), "trigger event", *version);
            for trigger in event.triggers() {
                let kind = format!("{}^{}", trigger.message_type, trigger.event);
                screen.line(format!("  {kind:<10} structure {:<10} {}", trigger.structure, trigger.name));
            }
        }
    }
}

fn head(screen: &Screen, id: &str, name: &str, version: Version) {
    screen.line(format!("{}  {name}  {}", screen.paint("1;36", id), screen.paint("2", &format!("HL7 v{version}"))));
}

fn kind_of(table: Table) -> &'static str {
    if table.is_user_defined() {
        "user-defined: a site may have other codes"
    } else {
        "HL7 table: these codes and no others"
    }
}

/// The usage in words.
pub fn usage(usage: Usage) -> &'static str {
    match usage {
        Usage::Required => "required",
        Usage::Optional => "optional",
        Usage::Conditional => "conditional",
        Usage::Backward => "kept for older systems",
        Usage::Withdrawn => "withdrawn",
    }
}

/// `once`, `any number`, `up to 5`.
pub fn repetitions(part: Part) -> String {
    match part.repetitions_max() {
        Some(1) => "once".to_owned(),
        Some(most) => format!("up to {most} times"),
        None => "any number of times".to_owned(),
    }
}

/// `up to 250 characters`, with what else is known.
pub fn length(part: Part) -> String {
    let most = part.length_max().map(|most| format!("up to {most}"));
    let least = part.length_min().map(|least| format!("at least {least}"));
    let taken = part.length_conformance().map(|length| format!("receivers take {length}"));
    [least, most, taken].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn parts(screen: &Screen, parts: Parts, prefix: &str) {
    let mut grid = Grid::new(&["place", "name", "type", "use", "repeats", ">length", "table"]);
    for part in parts {
        let repeats = match part.repetitions_max() {
            Some(1) => String::new(),
            Some(most) => format!("{most}"),
            None => "yes".to_owned(),
        };
        let style = if part.usage() == Usage::Withdrawn { "2" } else { "" };
        grid.row(vec![
            format!("{prefix}{}", part.number()).into(),
            Cell(part.name().to_owned(), style),
            part.type_name().into(),
            part.usage().letter().to_string().into(),
            repeats.into(),
            part.length_max().map(|most| most.to_string()).unwrap_or_default().into(),
            part.table_number().map(|number| format!("{number:04}")).unwrap_or_default().into(),
        ]);
    }
    if !grid.is_empty() {
        grid.print(screen);
    }
}

fn part(screen: &Screen, place: &str, chain: &[Part], version: Version) {
    let Some(part) = chain.last().copied() else { return };
    head(screen, place, part.name(), version);
    let row = |name: &str, text: &str| screen.line(format!("  {:<9} {text}", name));
    if let [.., outer, _] = chain {
        row("inside", &format!("{} ({})", outer.name(), outer.type_name()));
    }
    let kind = part.datatype();
    row("type", &format!("{}  {}", part.type_name(), kind.map(|kind| kind.name()).unwrap_or("as another field says")));
    row("usage", usage(part.usage()));
    if chain.len() == 1 && !place.contains('.') {
        row("repeats", &repetitions(part));
    }
    match length(part) {
        known if known.is_empty() => {}
        known => row("length", &known),
    }
    if let Some(table) = part.table() {
        row("table", &format!("{:04}  {} ({})", table.number(), table.name(), kind_of(table)));
        codes(screen, table, CODES_SHOWN);
    }
    if let Some(kind) = kind.filter(|kind| !kind.is_primitive()) {
        parts(screen, kind.components(), &format!("{place}."));
    }
}

fn codes(screen: &Screen, table: Table, most: usize) {
    let all: Vec<_> = table.codes().collect();
    let width = all.iter().map(|code| code.code.chars().count()).max().unwrap_or(0).min(20);
    for code in all.iter().take(most) {
        screen.line(format!("    {:<width$}  {}", code.code, code.display).trim_end());
    }
    if all.len() > most {
        screen.line(format!("    … {} more: sinew dict table {:04}", all.len() - most, table.number()));
    }
    if all.is_empty() {
        screen.line("    the standard lists no codes");
    }
}

/// How often, in one letter: ` ` once, `?` may be absent, `*` any number, `+` at least one.
pub fn cardinality(node: Node) -> String {
    match (node.min(), node.max()) {
        (0, Some(1)) => "?".to_owned(),
        (0, None) => "*".to_owned(),
        (_, Some(1)) => String::new(),
        (_, None) => "+".to_owned(),
        (min, Some(max)) => format!(" {min}..{max}"),
    }
}

fn nodes(screen: &Screen, list: Nodes, depth: usize, version: Version) {
    let dictionary = hl7v2::dictionary::Dictionary::of(version);
    for node in list {
        let label = format!("{}{}{}", "  ".repeat(depth), node.name(), cardinality(node));
        let text = match node.kind() {
            NodeKind::Segment => dictionary.segment(node.name()).map(|found| found.name()).unwrap_or_default(),
            NodeKind::Group => "",
            NodeKind::Choice => "one of",
        };
        let style = if node.kind() == NodeKind::Segment { "" } else { "1" };
        let painted = screen.paint(style, &format!("{label:<40}"));
        screen.line(
            format!("{} {}", if style.is_empty() { format!("{label:<40}") } else { painted }, screen.paint("2", text))
                .trim_end(),
        );
        nodes(screen, node.children(), depth + 1, version);
    }
}
