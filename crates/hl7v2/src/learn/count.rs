//! Counts one message: its segments in the groups of its structure, then what is in them.
//!
//! Promises: work is linear in the message; what a limit leaves out is left out whole, and told.

use super::listing::{self, Listing};
use super::values::{Expected, Values};
use super::{Count, EVENTS_MAX, FIELDS_MAX, Kind, Options, PARTS_MAX, Part, Room, SEGMENTS_MAX, Segment};
use crate::dictionary::{self, Datatype, Dictionary};
use crate::structure::{Order, Placement, place};
use crate::tree::{Element, Level, State};
use crate::{Message, Path};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Whose message it is: what decides whether its values may be told.
pub(super) struct Sight {
    /// Stands for the patient; for the message where it names none.
    pub(super) patient: u64,
    /// What the fields say that describe persons, in small letters.
    identity: HashSet<u64>,
    pub(super) patients_min: u32,
}

/// A number that stands for a text.
fn stand_in(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

impl Sight {
    pub(super) fn of(message: &Message, options: &Options, number: u64) -> Sight {
        let id = [Path::component(b"PID", 3, 1), Path::component(b"PID", 2, 1)]
            .iter()
            .map(|path| message.text(path).into_owned())
            .find(|id| !id.is_empty());
        let patient = id.map_or(number, |id| stand_in(&id));
        let mut identity = HashSet::new();
        listing::identity(message, &mut |text| {
            identity.insert(stand_in(&text.to_lowercase()));
        });
        Sight { patient, identity, patients_min: options.patients_min }
    }

    /// Some field of the message that describes a person says the same.
    pub(super) fn is_identity(&self, text: &str) -> bool {
        self.identity.contains(&stand_in(&text.to_lowercase()))
    }
}

pub(super) fn add(kind: &mut Kind, message: &Message, sight: &Sight, room: &mut Room) {
    kind.messages += 1;
    let event = message.text(&Path::component(b"MSH", 9, 2));
    let is_event = event.len() <= 3 && event.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let event = if is_event { event.as_ref() } else { "" };
    if let Some(known) = kind.events.get_mut(event) {
        *known += 1;
    } else if kind.events.len() < EVENTS_MAX {
        kind.events.insert(event.to_owned(), 1);
    } else {
        room.is_cut = true;
    }
    let segments: Vec<Element<'_>> = message.segments().collect();
    let placement = place(kind.compiled, segments.iter().map(id_of));
    structure(kind, &segments, &placement, room);
    let dictionary = Dictionary::of(kind.version);
    let mut in_message: BTreeMap<[u8; 3], u32> = BTreeMap::new();
    for segment in segments {
        let id = id_of(&segment);
        let count = kind.segments.len();
        let own = match kind.segments.entry(id) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) if count < SEGMENTS_MAX => {
                entry.insert(Segment::default())
            }
            std::collections::btree_map::Entry::Vacant(_) => {
                room.is_cut = true;
                continue;
            }
        };
        own.count += 1;
        *in_message.entry(id).or_default() += 1;
        fields(own, &segment, dictionary.segment(segment.id()), sight, room);
    }
    for (id, count) in in_message {
        if let Some(own) = kind.segments.get_mut(&id) {
            own.in_messages.add(count);
        }
    }
}

pub(super) fn id_of(segment: &Element<'_>) -> [u8; 3] {
    let id = segment.raw().get(..3).and_then(|id| <[u8; 3]>::try_from(id).ok());
    id.filter(|id| id.iter().all(u8::is_ascii_alphanumeric)).unwrap_or(*b"???")
}

fn structure(kind: &mut Kind, segments: &[Element<'_>], placement: &Placement, room: &mut Room) {
    let mut found: HashMap<(u32, u32), u32> = HashMap::new();
    let mut loose: BTreeMap<[u8; 3], u32> = BTreeMap::new();
    let mut is_misplaced = false;
    for item in placement.items.iter().skip(1) {
        is_misplaced |= item.order == Order::Broken;
        match (item.order, item.segment) {
            (Order::Unknown, Some(number)) => {
                let id = segments.get(number as usize).map(id_of).unwrap_or(*b"???");
                *loose.entry(id).or_default() += 1;
            }
            (Order::Unknown | Order::Kept | Order::Broken, _) => {
                *found.entry((item.parent, item.node)).or_default() += 1;
            }
        }
    }
    kind.misplaced += u64::from(is_misplaced);
    for (at, item) in placement.items.iter().enumerate().filter(|(_, item)| item.segment.is_none()) {
        for child in kind.compiled.children(item.node) {
            let count = found.get(&(at as u32, *child)).copied().unwrap_or(0);
            kind.nodes[*child as usize].add(count);
        }
    }
    for (id, count) in loose {
        let is_room = kind.loose.len() < SEGMENTS_MAX;
        match kind.loose.get_mut(&id) {
            Some(known) => known.add(count),
            None if is_room => {
                let mut known = Count::default();
                known.add(count);
                kind.loose.insert(id, known);
            }
            None => room.is_cut = true,
        }
    }
}

fn fields(
    own: &mut Segment,
    segment: &Element<'_>,
    rules: Option<dictionary::Segment>,
    sight: &Sight,
    room: &mut Room,
) {
    for (index, field) in segment.parts().enumerate() {
        if field.is_empty() {
            continue;
        }
        let Some(part) = slot(&mut own.fields, index, FIELDS_MAX, room) else { return };
        let number = index as u16 + 1;
        let rule = rules.and_then(|rules| rules.field(number));
        let spot = Spot {
            listing: listing::of_field(segment.id(), number, rule),
            datatype: rule.and_then(dictionary::Part::datatype),
            is_typed: rule.is_some(),
        };
        part.present += 1;
        let mut count = 0;
        for (at, repetition) in field.parts().enumerate().filter(|(_, one)| !one.is_empty()) {
            count = at as u32 + 1;
            add_value(part, repetition, spot, sight, room);
        }
        if field.level() == Level::Verbatim {
            count = 1;
            part.total += 1;
        }
        part.most = part.most.max(count);
    }
}

/// The place of a part by its number, made where there is room.
fn slot<'p>(parts: &'p mut Vec<Part>, index: usize, most: usize, room: &mut Room) -> Option<&'p mut Part> {
    if index >= parts.len() {
        let more = index + 1 - parts.len();
        if index >= most || room.places < more {
            room.is_cut = true;
            return None;
        }
        room.places -= more;
        parts.resize_with(index + 1, Part::default);
    }
    parts.get_mut(index)
}

/// What is known of a place.
#[derive(Clone, Copy)]
struct Spot {
    listing: Listing,
    datatype: Option<Datatype>,
    /// The dictionary has the field.
    is_typed: bool,
}

/// A repetition, component or subcomponent that is not empty.
fn add_value(part: &mut Part, element: Element<'_>, spot: Spot, sight: &Sight, room: &mut Room) {
    part.total += 1;
    if element.state() == State::Null {
        part.nulls += 1;
        return;
    }
    if is_split(&element, spot) {
        for (index, inner) in element.parts().enumerate() {
            if inner.is_empty() {
                continue;
            }
            let Some(own) = slot(&mut part.parts, index, PARTS_MAX, room) else { return };
            own.present += 1;
            own.most = 1;
            add_value(own, inner, below(spot, index as u16 + 1), sight, room);
        }
        return;
    }
    let values = part.values.get_or_insert_with(|| Box::new(Values::new(spot.listing)));
    values.add(&element.text(), expected(spot), sight, room);
}

/// The value has parts, or its type has.
fn is_split(element: &Element<'_>, spot: Spot) -> bool {
    let delimiters = element.message().delimiters();
    let separator = match element.level() {
        Level::Repetition => delimiters.component,
        Level::Component => delimiters.subcomponent,
        Level::Segment | Level::Field | Level::Subcomponent | Level::Verbatim => return false,
    };
    // A time stamp has its moment in its first part, and nothing else worth a place of its own.
    let is_composite = spot.datatype.is_some_and(|datatype| !datatype.is_primitive() && datatype.id() != "TS");
    is_composite || memchr::memchr(separator, element.shape()).is_some()
}

fn below(spot: Spot, number: u16) -> Spot {
    let rule = spot.datatype.and_then(|datatype| datatype.component(number));
    Spot {
        listing: listing::of_part(spot.listing, spot.datatype, number, rule),
        datatype: rule.and_then(dictionary::Part::datatype),
        is_typed: spot.is_typed,
    }
}

fn expected(spot: Spot) -> Expected {
    // At the lowest level a composite is its first part.
    let mut datatype = spot.datatype;
    while let Some(first) = datatype.filter(|own| own.id() != "TS").and_then(|own| own.component(1)) {
        datatype = first.datatype();
    }
    match datatype.map(Datatype::id) {
        Some("DT" | "DTM" | "TS") => Expected::Moment,
        Some("TM") => Expected::Time,
        Some("NM" | "SI") => Expected::Number,
        Some(_) => Expected::Text,
        None if spot.is_typed => Expected::Text,
        None => Expected::Unknown,
    }
}
