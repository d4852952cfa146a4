//! A field of one data type as another type has it: the parts that only the old type has are cut off.

use super::Loss;
use crate::dictionary::{Dictionary, Usage};
use crate::{Element, Level};

/// The two types, each in its version.
#[derive(Clone, Copy)]
pub(super) struct Change<'a> {
    pub(super) from: Dictionary,
    pub(super) to: Dictionary,
    pub(super) old: &'a str,
    pub(super) new: &'a str,
    pub(super) loss: Loss,
}

/// A field without the parts that were lost.
pub(super) struct Cut {
    pub(super) bytes: Vec<u8>,
    /// `[2].4.1` behind the path of the field, for each part that holds something and has no place.
    pub(super) lost: Vec<String>,
    /// The same for parts that the new version has withdrawn.
    pub(super) withdrawn: Vec<String>,
}

/// The type with its parts is known in its version. `CM` alone says nothing of its parts, and a `varies` depends.
fn count(dictionary: Dictionary, name: &str) -> Option<u16> {
    if name == "CM" {
        return None;
    }
    Some(dictionary.datatype(name)?.component_count())
}

/// The field as the new type has it; `None` where nothing is to be said or done.
pub(super) fn cut(field: Element<'_>, change: &Change<'_>) -> Option<Cut> {
    let delimiters = field.message().delimiters();
    let is_part = |byte: &u8| *byte == delimiters.component || *byte == delimiters.subcomponent;
    if !field.shape().iter().any(is_part) {
        return None;
    }
    let mut out = Cut { bytes: Vec::new(), lost: Vec::new(), withdrawn: Vec::new() };
    for (at, repetition) in field.parts().enumerate() {
        if at > 0 {
            out.bytes.push(delimiters.repetition);
        }
        let place = if at > 0 { format!("[{}]", at + 1) } else { String::new() };
        let bytes = inside(repetition, change, &place, &mut out);
        out.bytes.extend(bytes);
    }
    (!out.lost.is_empty() || !out.withdrawn.is_empty()).then_some(out)
}

fn inside(element: Element<'_>, change: &Change<'_>, place: &str, found: &mut Cut) -> Vec<u8> {
    let raw = element.raw().to_vec();
    let (Some(had), Some(has)) = (count(change.from, change.old), count(change.to, change.new)) else { return raw };
    let separator = match element.level() {
        Level::Repetition => element.message().delimiters().component,
        Level::Component => element.message().delimiters().subcomponent,
        Level::Segment | Level::Field | Level::Subcomponent | Level::Verbatim => return raw,
    };
    if had == 0 {
        return raw;
    }
    let before = found.lost.len();
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for (at, part) in element.parts().enumerate() {
        let number = u16::try_from(at + 1).unwrap_or(u16::MAX);
        let here = format!("{place}.{number}");
        if number > has.max(1) && number <= had {
            if !part.is_empty() {
                found.lost.push(here);
            }
            parts.push(Vec::new());
        } else {
            parts.push(part_inside(part, change, number, &here, found));
        }
    }
    if found.lost.len() == before || change.loss == Loss::Keep {
        return raw;
    }
    while parts.len() > usize::from(has.max(1)) && parts.last().is_some_and(Vec::is_empty) {
        parts.pop();
    }
    parts.join(&separator)
}

/// A part that both types have, as the new one has it.
fn part_inside(part: Element<'_>, change: &Change<'_>, number: u16, place: &str, found: &mut Cut) -> Vec<u8> {
    let old = change.from.datatype(change.old).and_then(|kind| kind.component(number));
    let new = change.to.datatype(change.new);
    let is_primitive = new.is_some_and(|kind| kind.is_primitive()) && number == 1;
    let (Some(old), Some(new)) = (old, new) else { return part.raw().to_vec() };
    // A type without parts takes the place of the first part of the old one.
    if is_primitive {
        return inside(part, &Change { old: old.type_name(), ..*change }, place, found);
    }
    let Some(later) = new.component(number) else { return part.raw().to_vec() };
    if later.usage() == Usage::Withdrawn && old.usage() != Usage::Withdrawn && !part.is_empty() {
        found.withdrawn.push(place.to_owned());
    }
    inside(part, &Change { old: old.type_name(), new: later.type_name(), ..*change }, place, found)
}
