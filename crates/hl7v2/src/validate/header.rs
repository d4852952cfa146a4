//! What MSH says of the message as a whole: version, type, structure.

use super::check::{Check, Placed, id_of};
use super::levels::{Rule, Weight};
use super::lines::Base;
use super::spot::Spot;
use crate::Path;
use crate::dictionary::{Dictionary, Version};
use crate::structure::{place, standard};

const TYPE: Path = Path::component(b"MSH", 9, 1);
const EVENT: Path = Path::component(b"MSH", 9, 2);
const STRUCTURE: Path = Path::component(b"MSH", 9, 3);
const VERSION: Path = Path::component(b"MSH", 12, 1);

/// The version that a message is read with that names none: the one that is sent most.
const UNSAID: Version = Version::V2_5_1;

pub(super) fn dictionary(message: &crate::Message, base: Option<&Base>) -> Dictionary {
    let own = Version::of(message);
    Dictionary::of(base.map_or(own, |base| base.version(own)).unwrap_or(UNSAID))
}

/// The segments in the groups of the message's structure, without a word about it.
pub(super) fn place_segments(check: &mut Check<'_>) {
    let part = |path| check.message.text(path);
    if let Some(of) = check.dictionary.structure_named(&part(&TYPE), &part(&EVENT), &part(&STRUCTURE)) {
        let structure = standard::compiled(of);
        let placement = place(structure, check.segments.iter().map(id_of));
        check.placed = Some(Placed { of, structure, placement });
    }
}

pub(super) fn check(check: &mut Check<'_>) {
    let at = check.segments.iter().position(|segment| &id_of(segment) == b"MSH").unwrap_or(0);
    let header = Spot::segment(at);
    version(check, header);
    let message = check.message;
    let (kind, event, named) = (message.text(&TYPE), message.text(&EVENT), message.text(&STRUCTURE));
    let dictionary = check.dictionary;
    if kind.is_empty() {
        // A required field that is missing: the fields say it.
        return;
    }
    let of_event = dictionary.structure_of(&kind, &event);
    let is_local = kind.starts_with('Z') || event.starts_with('Z');
    let structure = dictionary.structure_named(&kind, &event, &named);
    let version = dictionary.version();
    if structure.is_none() && !is_local {
        check.tell(Rule::Type, Weight::Light, header.field(9), None, |path| {
            format!("{path} names a message type or trigger event that version {version} does not have; the order of its segments is not checked.")
        });
    } else if !named.is_empty() && !is_local && of_event.is_some_and(|expected| expected != named) {
        let expected = of_event.unwrap_or_default();
        check.tell(Rule::StructureName, Weight::Light, header.field(9).below(3), None, |path| {
            format!("{path} should be {expected}: version {version} has this structure for the type and trigger event.")
        });
    }
    place_segments(check);
}

fn version(check: &mut Check<'_>, header: Spot) {
    let said = check.message.text(&VERSION);
    if Version::parse(&said).is_some() {
        return;
    }
    let used = check.dictionary.version();
    let is_empty = said.is_empty();
    check.tell(Rule::Version, Weight::Light, header.field(12), None, |path| {
        let what = if is_empty { "is empty" } else { "names no version of HL7 v2" };
        format!("{path} (Version ID) {what}; the message is checked as version {used}.")
    });
}
