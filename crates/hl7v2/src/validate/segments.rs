//! The fields of each segment: required, repeated, withdrawn, behind the last.

use super::check::{Check, id_of};
use super::levels::{Level, Rule, Weight, weight_of_field};
use super::spot::Spot;
use super::values;
use crate::dictionary::{self, Datatype, Part, Usage, Version};
use crate::tree::{Element, Level as Depth};

pub(super) fn check(check: &mut Check<'_>) {
    // Senders repeat segments: the rules of the one before are at hand.
    let mut before: Option<dictionary::Segment> = None;
    for number in 0..check.segments.len() {
        let segment = check.segments[number];
        let spot = Spot::segment(number);
        let known = before.filter(|before| before.id().as_bytes() == id_of(&segment));
        before = known.or_else(|| check.dictionary.segment(segment.id()));
        let Some(rules) = before else {
            tell_unknown(check, spot, &segment);
            continue;
        };
        fields(check, spot, segment, rules);
    }
}

fn tell_unknown(check: &mut Check<'_>, spot: Spot, segment: &Element<'_>) {
    if segment.raw().first() == Some(&b'Z') {
        return;
    }
    let version = check.dictionary.version();
    check.tell(Rule::UnknownSegment, Weight::Light, spot, None, |path| {
        format!("{path} is a segment that version {version} does not have.")
    });
}

/// What the fields of one segment have in common.
pub(super) struct Context {
    pub(super) id: [u8; 3],
    /// A value of the segment may hold an escape sequence.
    pub(super) has_escape: bool,
    /// A field of the segment may have several repetitions.
    has_repetitions: bool,
    /// The type that OBX-2 or MFE-5 says for the field beside it.
    pub(super) said: Option<Datatype>,
}

fn fields<'m>(check: &mut Check<'m>, spot: Spot, segment: Element<'m>, rules: dictionary::Segment) {
    let id = id_of(&segment);
    let escape = check.message.delimiters().escape;
    let has_escape = memchr::memchr(escape, segment.raw()).is_some();
    let said = said_type(check, spot, &segment, id);
    let context = Context { id, has_escape, has_repetitions: segment.has_repetitions(), said };
    let mut number = 0;
    for element in segment.parts() {
        number += 1;
        let spot = spot.field(number);
        match rules.field(number) {
            Some(part) if element.is_empty() => missing(check, spot, &context, part),
            Some(_) if element.level() == Depth::Verbatim => {}
            Some(part) => field(check, spot, &context, part, element),
            None if element.is_empty() => {}
            None => beyond(check, spot, element, rules.id()),
        }
        if number == u16::MAX {
            return;
        }
    }
    for number in number + 1..=rules.last_required() {
        if let Some(part) = rules.field(number) {
            missing(check, spot.field(number), &context, part);
        }
    }
}

fn missing(check: &mut Check<'_>, spot: Spot, context: &Context, part: Part) {
    // MSH-12 has a rule of its own.
    if part.usage() != Usage::Required || (&context.id == b"MSH" && part.number() == 12) {
        return;
    }
    let weight = weight_of_field(context.id, part.number());
    check.tell(Rule::RequiredField, weight, spot, None, |path| {
        format!("{path} ({}) is required and empty.", part.name())
    });
}

fn beyond<'m>(check: &mut Check<'m>, spot: Spot, element: Element<'m>, name: &str) {
    let version = check.dictionary.version();
    check.tell(Rule::Beyond, Weight::Light, spot, Some(element), |path| {
        format!("{path} has a value; {name} has no such field in version {version}.")
    });
}

fn field<'m>(check: &mut Check<'m>, spot: Spot, context: &Context, part: Part, element: Element<'m>) {
    if part.usage() == Usage::Withdrawn {
        let version = check.dictionary.version();
        check.tell(Rule::Withdrawn, Weight::Light, spot, Some(element), |path| {
            format!("{path} ({}) is withdrawn in version {version}: a receiver may overlook it.", part.name())
        });
        return;
    }
    let is_typed_elsewhere = matches!((&context.id, part.number()), (b"OBX", 5) | (b"MFE", 4));
    let datatype = if is_typed_elsewhere { context.said } else { part.datatype() };
    if !context.has_repetitions {
        return repetition(check, spot.repetition(1), context, (part, datatype), element.only_repetition());
    }
    let mut number = 0_u16;
    for one in element.parts() {
        number = number.saturating_add(1);
        let spot = spot.repetition(number);
        if part.repetitions_max().is_some_and(|most| number == most.saturating_add(1)) {
            tell_repeats(check, spot, part, one);
        }
        repetition(check, spot, context, (part, datatype), one);
    }
}

fn repetition<'m>(
    check: &mut Check<'m>,
    spot: Spot,
    context: &Context,
    (part, datatype): (Part, Option<Datatype>),
    one: Element<'m>,
) {
    if one.is_empty() || one.raw() == b"\"\"" {
        return;
    }
    if check.options.level == Level::Strict {
        values::length(check, spot, part, one);
    }
    if let Some(datatype) = datatype {
        values::value(check, spot, context, part, datatype, one);
    }
}

fn tell_repeats<'m>(check: &mut Check<'m>, spot: Spot, part: Part, element: Element<'m>) {
    let most = part.repetitions_max().unwrap_or_default();
    check.tell(Rule::Repeats, Weight::Light, spot, Some(element), |path| {
        format!("{path} ({}) is one repetition more than the {most} that may stand here.", part.name())
    });
}

/// The data type that OBX-2 says for OBX-5, or MFE-5 for MFE-4.
fn said_type(check: &mut Check<'_>, spot: Spot, segment: &Element<'_>, id: [u8; 3]) -> Option<Datatype> {
    let (kind, value) = match &id {
        b"OBX" => (2, 5),
        b"MFE" => (5, 4),
        _ => return None,
    };
    // Some send a type as a coded element, `CWE^^HL70125`: receivers read its first component.
    let name = segment.field(kind).and_then(|field| field.component(1)).map(|code| code.text()).unwrap_or_default();
    let has_value = || segment.field(value).is_some_and(|field| !field.is_empty() && field.raw() != b"\"\"");
    if name.is_empty() {
        if has_value() && is_asked(check, id) {
            check.tell(Rule::Untyped, Weight::Heavy, spot.field(kind), None, |path| {
                format!("{path} is empty: nothing says which data type the value in field {value} has.")
            });
        }
        return None;
    }
    let known = check.dictionary.datatype(&name).or_else(|| {
        Version::ALL.into_iter().rev().find_map(|version| crate::dictionary::Dictionary::of(version).datatype(&name))
    });
    if known.is_none() && has_value() && !name.starts_with('Z') {
        check.tell(Rule::Untyped, Weight::Heavy, spot.field(kind), None, |path| {
            format!("{path} names no data type: nothing says how the value in field {value} is to be read.")
        });
    }
    known
}

/// The version has the field that says the type: MFE-5 came with 2.3.
fn is_asked(check: &Check<'_>, id: [u8; 3]) -> bool {
    &id == b"OBX" || check.dictionary.version() >= Version::V2_3_1
}
