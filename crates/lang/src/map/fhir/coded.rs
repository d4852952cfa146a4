//! Codes through a table, as Coding or CodeableConcept.
//!
//! A CodeableConcept keeps what the sender wrote: the coding of the table takes the place of the sender's only where the
//! sender named no other system, and a name that is lost there becomes the text.

use super::{
    machine::{Machine, too_large},
    plan::Coded,
};
use crate::{
    codes,
    map::grammar::Otherwise,
    run::{Fault, Site},
    table::Row,
};
use fhir::names::names;
use fhir::{Name, Node, NodeId, Place, Value};
use hl7v2::Element;

/// What a v2 table is called where it stands as the system of a code: `HL70001`.
fn is_v2_table(system: &str) -> bool {
    let text = system.trim();
    let head = text.get(..3).filter(|head| head.eq_ignore_ascii_case("HL7"));
    let number = head.map(|head| text[head.len()..].trim_start_matches(['-', ' ']));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
        || system.starts_with("http://terminology.hl7.org/CodeSystem/v2-")
}

/// Puts the coding of the table into the element that the shared map made of a coded field.
pub(super) fn translate(
    machine: &mut Machine<'_, '_, '_>,
    coded: &Coded,
    element: Element<'_>,
    node: NodeId,
    site: &Site,
) -> Result<(), Fault> {
    let part = |number: u16| {
        let text = element.component(number)?.text();
        Some(text).filter(|text| !text.trim().is_empty() && text != "\"\"")
    };
    // The sender's code, else its alternate.
    let Some(code) = part(1).or_else(|| part(4)) else { return Ok(()) };
    let code = code.trim();
    let Some(row) = coded.table.row(code) else { return missed(machine, coded, code, node, site) };
    if !coded.is_concept {
        return put(machine, node, row, site);
    }
    let full = |error: fhir::Error| too_large(site, &error);
    let first = machine.tree.node(node).get(names().coding).and_then(|codings| codings.at(0));
    let text = |name: Name| first.and_then(|first| first.get(name)).and_then(Node::text);
    let is_other = text(names().system).is_some_and(|system| !is_v2_table(system) && system != row.to_system());
    let is_own = !is_other && text(names().code) == Some(code);
    let target = match first.map(Node::id) {
        Some(first) if is_own => {
            let has_text = machine.tree.node(node).get(names().text).is_some();
            let lost = text(names().display).filter(|display| !has_text && *display != row.to_name());
            if let Some(display) = lost.map(str::to_owned) {
                machine.tree.set(node, names().text, Value::Text(&display)).map_err(full)?;
            }
            first
        }
        _ => {
            let array = machine.tree.array(node, names().coding).map_err(full)?;
            machine.tree.put(Place::Before(array, 0), Value::Object).map_err(full)?
        }
    };
    put(machine, target, row, site)?;
    alternates(machine, coded, node, target, site)
}

/// The other codings of the sender that are of the table too: those without a system, or with that of a v2 table.
fn alternates(
    machine: &mut Machine<'_, '_, '_>,
    coded: &Coded,
    node: NodeId,
    done: NodeId,
    site: &Site,
) -> Result<(), Fault> {
    let Some(codings) = machine.tree.node(node).get(names().coding) else { return Ok(()) };
    if codings.items().nth(1).is_none() {
        return Ok(());
    }
    let others: Vec<NodeId> = codings.items().map(Node::id).filter(|id| *id != done).collect();
    for other in others {
        let text = |name: Name| machine.tree.node(other).get(name).and_then(Node::text);
        let is_of_table = text(names().system).is_none_or(is_v2_table);
        if let Some(row) = text(names().code).filter(|_| is_of_table).and_then(|code| coded.table.row(code.trim()))
            && !row.to().is_empty()
        {
            put(machine, other, row, site)?;
        }
    }
    Ok(())
}

/// A coding, or a concept with one, from a text.
pub(super) fn from_text(
    machine: &mut Machine<'_, '_, '_>,
    coded: &Coded,
    text: &str,
    node: NodeId,
    site: &Site,
) -> Result<(), Fault> {
    let code = text.trim();
    let found = coded.table.row(code);
    let full = |error: fhir::Error| too_large(site, &error);
    let target = if coded.is_concept && (found.is_some() || coded.otherwise != Otherwise::Empty) {
        machine.tree.append(node, names().coding, Value::Object).map_err(full)?
    } else {
        node
    };
    match found {
        Some(row) => put(machine, target, row, site),
        None => {
            missed(machine, coded, code, node, site)?;
            if coded.otherwise != Otherwise::Empty {
                machine.tree.set(target, names().code, Value::Text(code)).map_err(full)?;
            }
            Ok(())
        }
    }
}

fn put(machine: &mut Machine<'_, '_, '_>, node: NodeId, row: Row<'_>, site: &Site) -> Result<(), Fault> {
    let full = |error: fhir::Error| too_large(site, &error);
    let is_new = machine.tree.node(node).is_empty();
    for (name, text) in [(names().system, row.to_system()), (names().code, row.to()), (names().display, row.to_name())]
    {
        if text.is_empty() {
            continue;
        }
        let put = match is_new {
            true => machine.tree.add(node, name, row.value(text)),
            false => machine.tree.set(node, name, row.value(text)),
        };
        put.map_err(full)?;
    }
    Ok(())
}

/// The table does not have the code.
fn missed(
    machine: &mut Machine<'_, '_, '_>,
    coded: &Coded,
    code: &str,
    node: NodeId,
    site: &Site,
) -> Result<(), Fault> {
    if let Some(lineage) = &mut machine.lineage {
        lineage.missed(coded.table.name(), code);
    }
    let what = format!("the code is not in table `{}`", coded.table.name());
    match coded.otherwise {
        Otherwise::Stop => Err(site.fault(codes::E2401, what)),
        Otherwise::Note => {
            machine.note(site, codes::E2401, format!("{what}; the sender's own stays"));
            Ok(())
        }
        Otherwise::Keep => Ok(()),
        Otherwise::Empty => {
            let children: Vec<NodeId> = machine.tree.node(node).children().map(Node::id).collect();
            children.into_iter().for_each(|child| machine.tree.remove(child));
            Ok(())
        }
    }
}
