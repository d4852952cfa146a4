//! What a message needs and no line has to say: the header's time, control id and version, the structure, the event of EVN;
//! and that the segments are those of the event.

use super::{
    FromFhirMap,
    draft::{Draft, PartId},
    machine::Machine,
    order,
};
use crate::codes;
use fhir::Node;
use hl7v2::{
    dictionary::Dictionary,
    structure::{self, Structure},
};
use ring::digest;
use std::fmt::Write;

/// Characters of a control id that is made: MSH-10 holds 20 from 2.1 on.
const CONTROL_ID_CHARS: usize = 20;

impl FromFhirMap {
    /// Fills what the lines left open, and puts the segments in the order of the structure.
    pub(super) fn settle(&self, machine: &mut Machine<'_, '_, '_>) {
        let found = machine.draft.segments().find(|(_, id)| id == b"MSH").map(|(part, _)| part);
        let header = found.unwrap_or_else(|| machine.draft.segment(*b"MSH"));
        let structure = self.header(machine, header);
        let event = machine.draft.text_at(header, 9, 2).map(str::to_owned);
        let segments: Vec<(PartId, [u8; 3])> = machine.draft.segments().collect();
        if let (Some(event), Some((part, _))) = (event, segments.iter().find(|(_, id)| id == b"EVN")) {
            // EVN-1 says the event again up to 2.6.
            if Dictionary::of(self.version).segment("EVN").and_then(|evn| evn.field(1)).is_some() {
                fill(&mut machine.draft, *part, 1, 0, &event);
            }
        }
        let Some(structure) = structure else {
            machine.draft.sort_by_key(|id| u8::from(&id != b"MSH"));
            return;
        };
        // What the first structure of the head needs, that of the event may not.
        for part in std::mem::take(&mut machine.bare) {
            let found = machine.draft.segments().find(|(segment, _)| *segment == part);
            if found.is_some_and(|(_, id)| !order::is_required(structure, id)) {
                machine.draft.remove(part);
            }
        }
        let mut gone: Vec<[u8; 3]> = Vec::new();
        machine.draft.retain(|id| {
            let stays = structure.has(id) || id[0] == b'Z';
            if !stays {
                gone.push(id);
            }
            stays
        });
        gone.dedup();
        for id in gone {
            let name = String::from_utf8_lossy(&id).into_owned();
            let what = format!("{} has no segment {name}, so it is left out", structure.node(0).name);
            machine.note(&self.site, codes::E2378, what);
        }
        if self.structures.first().is_none_or(|first| first.node(0).name != structure.node(0).name) {
            // Z segments stay behind the segment that they stand behind.
            let mut last = 0;
            machine.draft.sort_by_key(|id| {
                if id[0] != b'Z' {
                    last = order::rank(structure, id);
                }
                last
            });
        }
    }

    /// MSH-7, 9.1, 9.3, 10, 11, 12 and 18, as far as no line wrote them. Gives the structure of the message.
    fn header(&self, machine: &mut Machine<'_, '_, '_>, header: PartId) -> Option<&'static Structure> {
        let dictionary = Dictionary::of(self.version);
        let now = machine.run.now.to_dtm();
        let control_id = control_id(machine);
        let draft = &mut machine.draft;
        let first = self.structures.first().map(|structure| structure.node(0).name.to_string()).unwrap_or_default();
        let (kind, event) = first.split_once('_').unwrap_or((&first, ""));
        fill(draft, header, 7, 0, &now);
        fill(draft, header, 9, 1, kind);
        if draft.text_at(header, 9, 2).is_none() && dictionary.structure_of(kind, event).is_some() {
            fill(draft, header, 9, 2, event);
        }
        let kind = draft.text_at(header, 9, 1).unwrap_or_default().to_owned();
        let event = draft.text_at(header, 9, 2).unwrap_or_default().to_owned();
        let named = draft.text_at(header, 9, 3).unwrap_or_default().to_owned();
        let structure = dictionary.structure_named(&kind, &event, &named);
        // The third component is there from 2.3.1 on.
        let third = dictionary.segment("MSH").and_then(|segment| segment.field(9)?.datatype()?.component(3));
        if let (Some(structure), Some(_)) = (structure, third) {
            fill(draft, header, 9, 3, structure.id());
        }
        fill(draft, header, 10, 0, &control_id);
        fill(draft, header, 11, 0, "P");
        fill(draft, header, 12, 0, self.version.as_str());
        if draft.is_beyond_ascii() {
            fill(draft, header, 18, 0, "UNICODE UTF-8");
        }
        structure.map(structure::standard::compiled)
    }
}

/// Writes a text where nothing stands; component 0 is the repetition itself.
fn fill(draft: &mut Draft, segment: PartId, field: u16, component: u16, text: &str) {
    let is_there = match component {
        0 => draft.find(segment, field).is_some_and(|field| !draft.is_blank(field)),
        _ => draft.text_at(segment, field, component).is_some(),
    };
    if is_there || text.is_empty() {
        return;
    }
    let field = draft.child(segment, field);
    let repetition = draft.child(field, 1);
    let part = if component == 0 { repetition } else { draft.child(repetition, component) };
    draft.set(part, text.to_owned());
}

/// The same for the same bundle: its id, else a part of the digest of the whole.
fn control_id(machine: &Machine<'_, '_, '_>) -> String {
    let Some(bundle) = machine.view.bundle else {
        return machine.view.document.map_or_else(String::new, |document| digest_of(document.write()));
    };
    let id = bundle.root.get("id").and_then(Node::text).filter(|id| id.len() <= CONTROL_ID_CHARS);
    if let Some(id) = id {
        return id.to_owned();
    }
    digest_of(&bundle.root.tree().write())
}

fn digest_of(bytes: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest.as_ref().iter().take(CONTROL_ID_CHARS / 2).fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02X}");
        out
    })
}
