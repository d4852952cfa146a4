//! Codes through a table, from Coding or CodeableConcept to a coded field.
//!
//! Backwards, the coding that the table made is found again by its code and system; the sender's own name and system, if they
//! were kept beside it, come back, else those of the table.

use super::{draft::PartId, machine::Machine, plan::Coded};
use crate::{
    codes,
    map::grammar::Otherwise,
    run::{Fault, Site},
    table::Row,
};
use fhir::Node;

fn text<'m>(node: Node<'m>, name: &str) -> Option<&'m str> {
    node.get(name).and_then(Node::text)
}

/// The codings of a concept, or the coding itself.
fn codings<'m>(node: Node<'m>) -> Vec<Node<'m>> {
    match node.get("coding") {
        Some(codings) => codings.items().collect(),
        None if node.get("code").is_some() => vec![node],
        None => Vec::new(),
    }
}

/// The row that a coding came from, or that it leads to.
fn row_of<'t>(coded: &'t Coded, coding: Node<'_>) -> Option<Row<'t>> {
    let code = text(coding, "code")?;
    if !coded.is_backwards {
        return coded.table.row(code);
    }
    let is_same_system = |row: &Row<'_>| {
        let system = text(coding, "system").unwrap_or("");
        row.to_system().is_empty() || system.is_empty() || system == row.to_system()
    };
    coded.table.rows().find(|row| !row.is_default() && row.to() == code && is_same_system(row))
}

/// Writes the code that the table has for a concept. False when it has none; then nothing was written.
pub(super) fn translate<'m>(
    machine: &mut Machine<'_, 'm, '_>,
    coded: &Coded,
    node: Node<'m>,
    part: PartId,
    site: &Site,
) -> Result<bool, Fault> {
    let all = codings(node);
    let Some((coding, row)) = all.iter().find_map(|coding| Some((*coding, row_of(coded, *coding)?))) else {
        return missed(machine, coded, &all, part, site).map(|()| false);
    };
    let code = if coded.is_backwards { row.code() } else { row.to() };
    // Of several codes that lead to the same one, the sender's own, where it was kept beside that of the table.
    let leads_here = |other: &Node<'_>| {
        let found = text(*other, "code").and_then(|code| coded.table.find(code));
        coded.is_backwards && found.is_some_and(|found| found.to() == row.to())
    };
    let own = all.iter().copied().filter(|other| other.id() != coding.id()).find(leads_here);
    let code = own.and_then(|own| text(own, "code")).unwrap_or(code);
    machine.reads(own.unwrap_or(coding).get("code"));
    if !coded.has_parts {
        machine.put(part, code.to_owned(), true, site);
        return Ok(true);
    }
    let first = machine.draft.child(part, 1);
    machine.put(first, code.to_owned(), true, site);
    // What the sender called it was kept as the text of the concept where the table has another name.
    let name = own.and_then(|own| own.get("display")).or_else(|| node.get("text")).or_else(|| coding.get("display"));
    if let Some(text) = name.and_then(Node::text) {
        machine.reads(name);
        let second = machine.draft.child(part, 2);
        machine.put(second, text.to_owned(), true, site);
    }
    let system = own.and_then(|own| own.get("system"));
    machine.reads(system);
    if let Some(system) = system.and_then(Node::text).map(local_system).or_else(|| coded.system.clone()) {
        let third = machine.draft.child(part, 3);
        machine.put(third, system, false, site);
    }
    Ok(true)
}

/// `urn:x-hl7v2:NAME` is a name that the sender used, and the URL of a v2 table is called `HL70001` there.
fn local_system(system: &str) -> String {
    if let Some(number) = system.strip_prefix("http://terminology.hl7.org/CodeSystem/v2-") {
        return format!("HL7{number}");
    }
    system.strip_prefix("urn:x-hl7v2:").unwrap_or(system).to_owned()
}

fn missed<'m>(
    machine: &mut Machine<'_, 'm, '_>,
    coded: &Coded,
    all: &[Node<'m>],
    part: PartId,
    site: &Site,
) -> Result<(), Fault> {
    let Some(coding) = all.iter().copied().find(|coding| text(*coding, "code").is_some()) else { return Ok(()) };
    let code = text(coding, "code").unwrap_or("");
    let what = format!("the code is not in table `{}`", coded.table.name());
    if let Some(lineage) = &mut machine.lineage {
        lineage.missed(coded.table.name(), code);
    }
    match coded.otherwise {
        Otherwise::Stop => return Err(site.fault(codes::E2401, what)),
        Otherwise::Note => machine.note(site, codes::E2401, format!("{what}; it stays as it is")),
        Otherwise::Keep => {}
        Otherwise::Empty => return Ok(()),
    }
    if !coded.has_parts || coded.part.is_none() {
        machine.reads(coding.get("code"));
        machine.put(part, code.to_owned(), true, site);
    }
    Ok(())
}
