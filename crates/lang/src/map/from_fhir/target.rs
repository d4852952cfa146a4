//! Places to write, looked up in the dictionary of the version that the map writes: `PID-3`, `PID-3[2].4.1`, `CX.4.2`.

use super::plan::{Target, Which};
use crate::{codes, syntax::closest};
use hl7v2::dictionary::{Datatype, Dictionary, Part, Version};
use message::Diagnostic;
use std::{collections::BTreeMap, ops::Range};

/// What lines of a block fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Context {
    /// No segment: the message as a whole.
    Message,
    /// A segment.
    Segment([u8; 3]),
    /// A value of this data type.
    Datatype(Datatype),
}

/// Repetitions that the lines of one block share, by field.
#[derive(Debug, Default)]
pub(super) struct Slots {
    by_field: BTreeMap<u16, usize>,
}

/// The type of a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlaceType {
    /// `CX`; `varies` for OBX-5; `""` in a segment of a site.
    pub(super) name: &'static str,
    /// Its type with components, if somebody knows it.
    pub(super) datatype: Option<Datatype>,
    /// What the standard says of the place.
    pub(super) part: Option<Part>,
}

impl PlaceType {
    /// It has components.
    pub(super) fn is_composite(&self) -> bool {
        self.datatype.is_some_and(|found| !found.is_primitive())
    }
}

/// A target that was looked up.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) target: Target,
    pub(super) kind: PlaceType,
    /// What two lines have in common that write one place.
    pub(super) key: String,
    /// The field repeats and the line names no repetition: each value is another one.
    pub(super) appends: bool,
    /// The field, in a segment.
    pub(super) field: Option<u16>,
}

type Refused = Box<(Diagnostic, Range<usize>)>;

fn refuse<T>(code: message::Code, what: String, hint: Option<String>, span: Range<usize>) -> Result<T, Refused> {
    Err(Box::new((Diagnostic { hint, ..Diagnostic::error(code, what) }, span)))
}

/// A number of a path and where it stands.
type Number = (u16, Range<usize>);

/// Looks a target up below `context`.
pub(super) fn read(
    text: &str,
    context: &Context,
    version: Version,
    slots: &mut Slots,
    next_slot: &mut usize,
) -> Result<Found, Refused> {
    let head_end = text.find(['-', '.', '[']).unwrap_or(text.len());
    let head = &text[..head_end];
    match context {
        Context::Message => {
            let what = format!("`{text}` is a field, and no segment is open here");
            let hint = format!("write it in the block of its segment: `{head} {{ … }}`");
            refuse(codes::E2371, what, Some(hint), 0..text.len())
        }
        Context::Segment(id) => {
            let own = String::from_utf8_lossy(id);
            if head != own {
                let what = format!("`{text}` is no field of {own}, whose block this is");
                return refuse(codes::E2371, what, Some(format!("write it like `{own}-1 = …`")), 0..head_end);
            }
            in_segment(text, head_end, &own, version, slots, next_slot)
        }
        Context::Datatype(datatype) => {
            if head != datatype.id() {
                let what = format!("`{text}` is no component of {}, which this map fills", datatype.id());
                let hint = Some(format!("write it like `{}.1 = …`", datatype.id()));
                return refuse(codes::E2371, what, hint, 0..head_end);
            }
            let numbers = numbers(text, head_end)?;
            if numbers.is_empty() {
                let what = format!("which component of {}?", datatype.id());
                return refuse(
                    codes::E2371,
                    what,
                    Some(format!("write it like `{}.1 = …`", datatype.id())),
                    0..head_end,
                );
            }
            let first = component(*datatype, &numbers[0])?;
            let (kind, parts) = below(first, &numbers)?;
            let target = Target { field: None, parts };
            Ok(Found { target, kind, key: text.to_owned(), appends: false, field: None })
        }
    }
}

fn in_segment(
    text: &str,
    head_end: usize,
    own: &str,
    version: Version,
    slots: &mut Slots,
    next_slot: &mut usize,
) -> Result<Found, Refused> {
    let Some(rest) = text[head_end..].strip_prefix('-') else {
        return refuse(
            codes::E2371,
            format!("`{text}` names no field"),
            Some(format!("write `{own}-1`")),
            0..text.len(),
        );
    };
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let span = head_end + 1..head_end + 1 + length;
    let Some(number) = rest[..length].parse::<u16>().ok().filter(|number| *number > 0) else {
        return refuse(
            codes::E2371,
            format!("`{text}` names no field"),
            Some(format!("write `{own}-1`")),
            0..text.len(),
        );
    };
    if own == "MSH" && number <= 2 {
        let what = "MSH-1 and MSH-2 declare the separators and are written by themselves".to_owned();
        return refuse(codes::E2371, what, None, span);
    }
    let segment = Dictionary::of(version).segment(own);
    let part = segment.and_then(|segment| segment.field(number));
    if let (Some(segment), None) = (segment, part) {
        let what = format!("{own} has {} fields in {}, not {number}", segment.field_count(), version.as_str());
        return refuse(codes::E2363, what, None, span);
    }
    let (chosen, at) = repetition(text, head_end + 1 + length, (own, number, version), part)?;
    let numbers = numbers(text, at)?;
    let (kind, parts) = inside(part, &numbers)?;
    let repeats = part.is_none_or(Part::is_repeating);
    let which = match chosen {
        Some(index) => Which::At(index),
        None if !repeats => Which::At(1),
        None if numbers.is_empty() => Which::New,
        None => Which::Slot(*slots.by_field.entry(number).or_insert_with(|| {
            *next_slot += 1;
            *next_slot - 1
        })),
    };
    let target = Target { field: Some((number, which)), parts };
    Ok(Found { target, kind, key: text.to_owned(), appends: which == Which::New, field: Some(number) })
}

/// `[2]` behind a field, and where it ends.
fn repetition(
    text: &str,
    at: usize,
    (own, number, version): (&str, u16, Version),
    part: Option<Part>,
) -> Result<(Option<u16>, usize), Refused> {
    let Some(inner) = text[at..].strip_prefix('[') else { return Ok((None, at)) };
    let Some(end) = inner.find(']') else {
        return refuse(codes::E2371, "`[` does not close".to_owned(), None, at..text.len());
    };
    let span = at + 1..at + 1 + end;
    let Some(index) = inner[..end].parse::<u16>().ok().filter(|index| *index > 0) else {
        let what = format!("`[{}]` is no repetition to write", &inner[..end]);
        return refuse(codes::E2371, what, Some("write a number, or nothing".to_owned()), span);
    };
    if index > 1 && part.is_some_and(|part| !part.is_repeating()) {
        let what = format!("{own}-{number} does not repeat in {}", version.as_str());
        return refuse(codes::E2367, what, Some(format!("write `{own}-{number}`")), span);
    }
    Ok((Some(index), at + end + 2))
}

/// The type of a field, or of the part of it that the numbers name.
fn inside(part: Option<Part>, numbers: &[Number]) -> Result<(PlaceType, Vec<u16>), Refused> {
    let unknown = PlaceType { name: "", datatype: None, part: None };
    let kind = match part {
        Some(part) => PlaceType { name: part.type_name(), datatype: part.datatype(), part: Some(part) },
        None => unknown,
    };
    let Some(number) = numbers.first() else { return Ok((kind, Vec::new())) };
    let first = match kind.datatype {
        Some(datatype) if !datatype.is_primitive() => component(datatype, number)?,
        // What is simple in this version may have parts in another; its first component is itself.
        Some(_) if number.0 == 1 => kind,
        Some(datatype) => component(datatype, number)?,
        None => unknown,
    };
    below(first, numbers)
}

/// `.4.2` from `at` on.
fn numbers(text: &str, at: usize) -> Result<Vec<Number>, Refused> {
    let mut out = Vec::new();
    let mut at = at;
    while at < text.len() {
        let length = text[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
        let span = at + 1..at + 1 + length;
        let number = text[span.clone()].parse::<u16>().ok().filter(|number| *number > 0);
        let Some(number) = number.filter(|_| text[at..].starts_with('.') && out.len() < 2) else {
            let what = format!("`{text}` is no place of a message");
            let hint = Some("a place is written like `PID-3.4.2`".to_owned());
            return refuse(codes::E2371, what, hint, at..text.len());
        };
        at = span.end;
        out.push((number, span));
    }
    Ok(out)
}

fn component(datatype: Datatype, (number, span): &Number) -> Result<PlaceType, Refused> {
    let Some(part) = datatype.component(*number) else {
        let what = if datatype.is_primitive() {
            format!("{} ({}) has no components", datatype.id(), datatype.name())
        } else {
            let (id, count) = (datatype.id(), datatype.component_count());
            format!("{id} has {count} components in {}, not {number}", datatype.version().as_str())
        };
        return refuse(codes::E2363, what, None, span.clone());
    };
    Ok(PlaceType { name: part.type_name(), datatype: part.datatype(), part: Some(part) })
}

/// The subcomponent, if one is named.
fn below(first: PlaceType, numbers: &[Number]) -> Result<(PlaceType, Vec<u16>), Refused> {
    let parts: Vec<u16> = numbers.iter().map(|(number, _)| *number).collect();
    let Some(second) = numbers.get(1) else { return Ok((first, parts)) };
    match first.datatype {
        Some(datatype) => Ok((component(datatype, second)?, parts)),
        None => Ok((PlaceType { name: "", datatype: None, part: None }, parts)),
    }
}

/// Down to the first part that takes a text: `PID-7` is its `.1` where its type is TS.
pub(super) fn first_text(kind: PlaceType) -> PlaceType {
    let mut at = kind;
    while let Some(datatype) = at.datatype.filter(|found| !found.is_primitive()) {
        let Some(first) = datatype.component(1) else { break };
        at = PlaceType { name: first.type_name(), datatype: first.datatype(), part: Some(first) };
    }
    at
}

/// A segment of the version, or one of a site.
pub(super) fn check_segment(id: &str, version: Version) -> Result<(), Box<Diagnostic>> {
    let dictionary = Dictionary::of(version);
    if id.starts_with('Z') || dictionary.segment(id).is_some() {
        return Ok(());
    }
    let what = format!("HL7 v{} has no segment `{id}`", version.as_str());
    let known = dictionary.segments().map(hl7v2::dictionary::Segment::id);
    let near = closest(id, known).map(|near| format!("did you mean `{near}`?"));
    Err(Box::new(Diagnostic { hint: near, ..Diagnostic::error(codes::E2360, what) }))
}
