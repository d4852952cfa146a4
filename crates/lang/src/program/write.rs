//! Writing a value to a target.

use super::action::Stage;
use crate::{
    codes,
    item::Atom,
    path::Target,
    run::{Fault, Run, Site},
    value::{Content, Coordinate, Value, level_of},
    view::View,
};
use hl7v2::{Error, Level, Message, Path, Place, path::Index};

/// A segment or repetition that `[+]` made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Made {
    segment: [u8; 3],
    /// 0 for the segment itself.
    field: u16,
    /// Of the segment that the repetition is in; 0 for the segment itself.
    occurrence: u16,
    number: u16,
}

/// `PATH = VALUE`.
pub(crate) fn assign(
    target: &Target,
    value: &Value,
    stage: &mut Stage<'_, '_>,
    site: &Site,
    run: &mut Run,
) -> Result<(), Fault> {
    match &stage.source {
        Some(view) => {
            let mut path = target.now(view);
            let content = Written::of(value.content(view, level_of(&path), run)?);
            site.burn(run, stage.edit_fuel)?;
            let may_make = resolve_append(&mut path, stage.target, &mut stage.made, stage.base) || stage.makes_segments;
            put(stage.target, &path, &content, may_make, site)
        }
        None => {
            let mut path = target.path.clone();
            site.burn(run, stage.edit_fuel)?;
            let may_make = resolve_append(&mut path, stage.target, &mut stage.made, stage.base) || stage.makes_segments;
            if let Some(text) = value.literal() {
                site.burn(run, 1)?;
                return put(stage.target, &path, &Written::text(text), may_make, site);
            }
            let level = level_of(&target.path);
            let content = Owned::of(value.content(&View::new(stage.target), level, run)?);
            put(stage.target, &path, &content.written(), may_make, site)
        }
    }
}

/// What is written, ready for the edit.
pub(crate) enum Written<'v> {
    One(hl7v2::Value<'v>),
    Text(std::borrow::Cow<'v, str>),
    List(Vec<Atom<'v>>),
    /// A copy, of which some parts are others.
    Parts(hl7v2::Value<'v>, Vec<(Coordinate, Atom<'v>)>),
}

impl<'v> Written<'v> {
    pub(crate) fn text(text: &'v str) -> Written<'v> {
        if text.is_empty() { Written::One(hl7v2::Value::Empty) } else { Written::One(hl7v2::Value::Text(text)) }
    }

    pub(crate) fn of(content: Content<'v>) -> Written<'v> {
        match content {
            Content::Atom(Atom::Empty) => Written::One(hl7v2::Value::Empty),
            Content::Atom(Atom::Null) => Written::One(hl7v2::Value::Null),
            Content::Atom(Atom::Text(text)) => Written::Text(text),
            Content::List(list) => Written::List(list),
            Content::Parts(element, parts) => Written::Parts(hl7v2::Value::Element(element), parts),
            Content::Element(element) => match element.level() {
                Level::Verbatim => Written::Text(element.text()),
                _ => Written::One(hl7v2::Value::Element(element)),
            },
        }
    }
}

/// What is written to the message that it was read from.
pub(crate) enum Owned {
    Atom(Atom<'static>),
    List(Vec<Atom<'static>>),
    Raw(Vec<u8>),
    Parts(Vec<u8>, Vec<(Coordinate, Atom<'static>)>),
}

impl Owned {
    pub(crate) fn of(content: Content<'_>) -> Owned {
        match content {
            Content::Atom(atom) => Owned::Atom(atom.into_owned()),
            Content::List(list) => Owned::List(list.into_iter().map(Atom::into_owned).collect()),
            Content::Element(element) if element.level() == Level::Verbatim => {
                Owned::Atom(Atom::text(element.text().into_owned()))
            }
            Content::Element(element) => Owned::Raw(element.raw().to_vec()),
            Content::Parts(element, parts) => Owned::Parts(
                element.raw().to_vec(),
                parts.into_iter().map(|(at, atom)| (at, atom.into_owned())).collect(),
            ),
        }
    }

    pub(crate) fn written(&self) -> Written<'_> {
        match self {
            Owned::Atom(Atom::Empty) => Written::One(hl7v2::Value::Empty),
            Owned::Atom(Atom::Null) => Written::One(hl7v2::Value::Null),
            Owned::Atom(Atom::Text(text)) => Written::One(hl7v2::Value::Text(text)),
            Owned::List(list) => Written::List(list.clone()),
            Owned::Raw(bytes) => Written::One(hl7v2::Value::Raw(bytes)),
            Owned::Parts(bytes, parts) => Written::Parts(hl7v2::Value::Raw(bytes), parts.clone()),
        }
    }
}

/// Turns `[+]` into a number: that of this turn if it made one already, else one more than there are. `true` when the
/// segment itself may have to be made.
pub(crate) fn resolve_append(path: &mut Path, message: &Message, made: &mut Vec<Made>, base: usize) -> bool {
    let is_new_segment = path.occurrence == Index::Append;
    if is_new_segment {
        let count = || message.segments_named(path.segment).count();
        let number = number_of(Made { segment: path.segment, field: 0, occurrence: 0, number: 0 }, count, made, base);
        path.occurrence = Index::At(number);
    }
    let occurrence = match path.occurrence {
        Index::At(number) => number,
        _ => 1,
    };
    if let Some((field, index)) = &mut path.member.field
        && *index == Index::Append
    {
        let count = || {
            let segment = message.segments_named(path.segment).nth(usize::from(occurrence.max(1)) - 1);
            let field = segment.and_then(|segment| segment.field(*field)).filter(|field| !field.is_empty());
            field.map_or(0, |field| field.parts().count())
        };
        let key = Made { segment: path.segment, field: *field, occurrence, number: 0 };
        *index = Index::At(number_of(key, count, made, base));
    }
    is_new_segment
}

fn number_of(key: Made, count: impl FnOnce() -> usize, made: &mut Vec<Made>, base: usize) -> u16 {
    let known = made.iter().skip(base).find(|known| Made { number: 0, ..**known } == key);
    if let Some(known) = known {
        return known.number;
    }
    let number = u16::try_from(count().saturating_add(1)).unwrap_or(u16::MAX).min(hl7v2::path::NUMBER_MAX);
    made.push(Made { number, ..key });
    number
}

/// Writes, making the segment where that is allowed. Nothing is made for an empty value.
pub(crate) fn put(
    message: &mut Message,
    path: &Path,
    content: &Written<'_>,
    may_make: bool,
    site: &Site,
) -> Result<(), Fault> {
    match content {
        Written::One(value) => put_one(message, path, *value, may_make, site),
        Written::Text(text) => put_one(message, path, hl7v2::Value::Text(text), may_make, site),
        Written::Parts(value, parts) => {
            put_one(message, path, *value, may_make, site)?;
            for (at, atom) in parts {
                put_one(message, &at.inside(path), value_of(atom), may_make, site)?;
            }
            Ok(())
        }
        Written::List(list) => {
            let is_field = path.member.component.is_none() && matches!(path.member.field, Some((_, Index::Unsaid)));
            let mut list = list.iter().filter(|atom| !atom.is_empty());
            let first = list.next().unwrap_or(&Atom::Empty);
            put_one(message, path, value_of(first), may_make, site)?;
            let mut next = path.clone();
            if let (true, Some((_, index))) = (is_field, &mut next.member.field) {
                *index = Index::Append;
                for atom in list {
                    put_one(message, &next, value_of(atom), may_make, site)?;
                }
            }
            Ok(())
        }
    }
}

fn value_of<'a>(atom: &'a Atom<'_>) -> hl7v2::Value<'a> {
    match atom {
        Atom::Empty => hl7v2::Value::Empty,
        Atom::Null => hl7v2::Value::Null,
        Atom::Text(text) => hl7v2::Value::Text(text),
    }
}

fn is_nothing(value: &hl7v2::Value<'_>) -> bool {
    match value {
        hl7v2::Value::Empty => true,
        hl7v2::Value::Text(text) => text.is_empty(),
        hl7v2::Value::Raw(bytes) => bytes.is_empty(),
        hl7v2::Value::Element(element) => element.is_empty(),
        hl7v2::Value::Null => false,
    }
}

fn put_one(
    message: &mut Message,
    path: &Path,
    value: hl7v2::Value<'_>,
    may_make: bool,
    site: &Site,
) -> Result<(), Fault> {
    match message.set(path, value) {
        Ok(()) => Ok(()),
        Err(error) if error.code() == hl7v2::codes::E1041 => {
            if is_nothing(&value) {
                return Ok(());
            }
            make_segment(message, path, may_make, site)?;
            message.set(path, value).map_err(|error| refused(&error, path, site))
        }
        Err(error) => Err(refused(&error, path, site)),
    }
}

/// Makes the segment that a path needs: behind the last of its kind, else at the end of the message.
fn make_segment(message: &mut Message, path: &Path, may_make: bool, site: &Site) -> Result<(), Fault> {
    let id = path.segment_name();
    let there = message.segments_named(path.segment).count();
    let wanted = match path.occurrence {
        Index::At(number) => usize::from(number),
        _ => 1,
    };
    if !(may_make || id.starts_with('Z')) {
        let what = format!(
            "{path} cannot be written: the message has no such {id} segment; insert it, or add `when {id} exists`"
        );
        return Err(site.fault(codes::E2405, what));
    }
    if wanted != there + 1 {
        let what = format!("{path} cannot be written: the message has {there} {id} segments");
        return Err(site.fault(codes::E2405, what));
    }
    let raw = format!("{id}{}", char::from(message.delimiters().field));
    let same = Path { occurrence: Index::Unsaid, member: hl7v2::path::Member::default(), ..path.clone() };
    let place = if there > 0 { Place::After(&same) } else { Place::End };
    message.insert_segment(place, hl7v2::Value::Raw(raw.as_bytes())).map_err(|error| refused(&error, path, site))
}

/// An edit that the message refused, as the fault of a line.
#[cold]
pub(crate) fn refused(error: &Error, path: &Path, site: &Site) -> Fault {
    let why = match error {
        Error::Refused { text, .. } | Error::Unsupported { text, .. } | Error::InvalidPath { text, .. } => text,
    };
    site.fault(codes::E2405, format!("{path} cannot be written: {why} ({})", error.code()))
}
