//! Published parsers, each through its fastest documented way.

use super::Place;
use std::hint::black_box;

/// Values are decoded, as ours are.
pub(super) fn er7_read(text: &str, places: &[Place]) -> usize {
    let Ok(message) = er7::parse(text) else { return 0 };
    places.iter().map(|place| er7_value(&message, *place)).sum()
}

fn er7_value(message: &er7::Message, (segment, occurrence, field, component): Place) -> usize {
    let part = message
        .segment_at(segment, usize::from(occurrence))
        .and_then(|segment| segment.field(usize::from(field)))
        .and_then(|field| field.component(usize::from(component)))
        .and_then(|component| component.subcomponent(1));
    part.map_or(0, |part| black_box(part.value(&message.separators)).len())
}

pub(super) fn er7_edit(text: &str) -> usize {
    let Ok(mut message) = er7::parse(text) else { return 0 };
    let separators = message.separators;
    if let Some(part) = message
        .segment_at_mut("PID", 1)
        .and_then(|segment| segment.field_mut(5))
        .and_then(|field| field.repetition_mut(1))
        .and_then(|repetition| repetition.component_mut(1))
        .and_then(|component| component.subcomponent_mut(1))
    {
        part.set("O'Neill & Sons", &separators);
    }
    black_box(message.to_er7()).len()
}

pub(super) fn hl7_2_read(text: &str, places: &[Place]) -> usize {
    let Ok(message) = hl7_2::parse(text) else { return 0 };
    places.iter().map(|place| er7_value(message.raw(), *place)).sum()
}

pub(super) fn hl7_2_edit(text: &str) -> usize {
    let Ok(mut message) = hl7_2::parse(text) else { return 0 };
    if message.set("PID-5.1", "O'Neill & Sons").is_err() {
        return 0;
    }
    black_box(message.to_er7()).len()
}

/// It cannot edit. Decoding goes through its `Display`.
pub(super) fn hl7_parser_read(text: &str, places: &[Place]) -> usize {
    let Ok(message) = hl7_parser::Message::parse(text) else { return 0 };
    let mut length = 0;
    for (segment, occurrence, field, component) in places {
        let part = message
            .segment_n(segment, usize::from(*occurrence))
            .and_then(|segment| segment.field(usize::from(*field)))
            .and_then(|field| field.component(usize::from(*component)));
        if let Some(part) = part {
            length += black_box(message.separators.decode(part.raw_value()).to_string()).len();
        }
    }
    length
}
