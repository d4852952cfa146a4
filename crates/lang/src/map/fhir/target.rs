//! Paths of elements, as targets of lines: read, looked up in the definitions of R4, turned into hops.
//!
//! `name.family`, `telecom[phone].value`, `value[Quantity]`, `extension(patient-religion).valueCodeableConcept`,
//! `birthDate.extension(patient-birthTime).valueDateTime`. Findings point at the part that is wrong.

use super::plan::{Hop, Last, Target};
use crate::codes;
use fhir::{
    Fixed, Name, NameSet,
    definitions::{Kind, Member, Type, closest},
};
use message::Diagnostic;
use std::{collections::BTreeMap, fmt::Write, ops::Range, sync::Arc};

/// What the URLs of the standard's own extensions begin with.
const EXTENSIONS: &str = "http://hl7.org/fhir/StructureDefinition/";

/// Items that the lines of one block share, by path.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    by_path: BTreeMap<String, usize>,
}

/// A target that was looked up.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) target: Target,
    /// What is written.
    pub(crate) member: Member,
    /// The path without types of choices and slot names: what two lines have in common that write one element.
    pub(crate) key: String,
    /// Its element repeats and no item is named.
    pub(crate) appends: bool,
    /// The elements on the way that have elements of their own, by their keys.
    pub(crate) parents: Vec<(String, Member)>,
}

/// A part of the path as it is written.
struct Part<'t> {
    name: &'t str,
    index: Option<&'t str>,
    argument: Option<&'t str>,
    span: Range<usize>,
}

/// A finding with its place in the text of the path.
pub(crate) type Refused = Box<(Diagnostic, Range<usize>)>;

fn refuse<T>(code: message::Code, what: String, hint: Option<String>, span: Range<usize>) -> Result<T, Refused> {
    Err(Box::new((Diagnostic { hint, ..Diagnostic::error(code, what) }, span)))
}

fn parts(text: &str) -> Result<Vec<Part<'_>>, Refused> {
    let mut out = Vec::new();
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let mut part = Part { name: &rest[..length], index: None, argument: None, span: at..at + length };
        at += length;
        while let Some(open @ ('[' | '(')) = text[at..].chars().next() {
            let close = if open == '[' { ']' } else { ')' };
            let Some(end) = text[at..].find(close) else {
                return refuse(codes::E2347, format!("`{open}` does not close"), None, at..text.len());
            };
            let inner = text[at + 1..at + end].trim_matches('"');
            if open == '[' {
                part.index = Some(inner)
            } else {
                part.argument = Some(inner)
            }
            at += end + 1;
            part.span.end = at;
        }
        if part.name.is_empty() {
            let hint =
                "a target is written like `name.family`, `telecom[phone].value` or `extension(name).valueString`";
            let span = part.span.start..text.len().max(part.span.start);
            return refuse(codes::E2347, format!("`{text}` is no path of an element"), Some(hint.to_owned()), span);
        }
        out.push(part);
        match text[at..].strip_prefix('.') {
            Some(_) => at += 1,
            None if at == text.len() => return Ok(out),
            None => {
                let hint = "the parts of a path are joined by `.`";
                return refuse(
                    codes::E2347,
                    format!("`{text}` is no path of an element"),
                    Some(hint.to_owned()),
                    at..text.len(),
                );
            }
        }
    }
}

/// The spelled names below an element, choices both ways.
fn names(member: Member) -> Vec<String> {
    let mut out = Vec::new();
    for element in member.children() {
        out.push(element.name().to_owned());
        if element.is_choice() {
            out.extend(element.types().filter_map(|kind| element.choose(kind.ty())).map(json_name));
        }
    }
    out
}

/// `valueQuantity`
pub(crate) fn json_name(member: Member) -> String {
    let (base, kind) = member.json_name();
    let mut letters = kind.chars();
    let capital = letters.next().map(|first| first.to_ascii_uppercase()).into_iter();
    base.chars().chain(capital).chain(letters).collect()
}

/// The type of a member; of the root of a type, that type.
pub(crate) fn kind_of(member: Member) -> Option<Type> {
    let own = Some(member.element()).filter(|element| element.is_root()).map(fhir::definitions::Element::owner);
    own.or_else(|| member.ty())
}

/// In words: `Identifier`, or `Patient.contact`.
pub(crate) fn type_name(member: Member) -> String {
    match kind_of(member) {
        Some(kind) if !matches!(kind.name(), "BackboneElement" | "Element") => kind.name().to_owned(),
        _ => member.body().map(|body| body.to_string()).unwrap_or_default(),
    }
}

/// The type is a primitive, so that it has no elements to write but extensions.
pub(crate) fn is_primitive(member: Member) -> bool {
    kind_of(member).is_some_and(|kind| kind.kind() == Kind::Primitive || kind.name().starts_with("http"))
}

/// Looks a path up below `context`.
pub(crate) fn read(text: &str, context: Member, slots: &mut Slots, next_slot: &mut usize) -> Result<Found, Refused> {
    let parts = parts(text)?;
    if let Some(whole) = whole_primitive(text, context) {
        return Ok(whole);
    }
    let mut at = context;
    let mut hops: Vec<Hop> = Vec::new();
    let mut key = String::new();
    let mut spelled = String::new();
    let mut parents = Vec::new();
    let mut is_in_extension = type_name(context) == "Extension";
    for (index, part) in parts.iter().enumerate() {
        if is_primitive(at) && part.name != "extension" && part.name != "id" {
            let what = format!("{} is a {}, it has no element `{}`", at.element(), type_name(at), part.name);
            return refuse(codes::E2347, what, None, part.span.clone());
        }
        let member = child(at, part)?;
        let is_last = index + 1 == parts.len();
        let is_extension = part.name == "extension" || part.name == "modifierExtension";
        let url = if is_extension { Some(extension_url(part, is_in_extension)?) } else { None };
        is_in_extension = is_extension;
        spell(&mut key, member.element().name(), part, member, url.as_deref());
        spell(&mut spelled, part.name, part, member, url.as_deref());
        let repeats = member.element().is_repeating();
        check_index(part, member)?;
        let name = name_of(member);
        // An extension without more is one item, also as the last part: its value is a block or a path.
        let is_item = repeats && (!is_last || part.index.is_some() || is_extension);
        let slot = is_item.then(|| {
            *slots.by_path.entry(spelled.clone()).or_insert_with(|| {
                *next_slot += 1;
                *next_slot - 1
            })
        });
        if is_last {
            let last = match slot {
                Some(slot) => Last::Slot(slot),
                None if repeats => Last::Append,
                None => Last::Single,
            };
            if is_extension {
                hops.push(Hop { name, slot, url: url.map(Fixed::new) });
                let what = "an extension has a value: say which element of it";
                let hint = format!("write `{text}.valueString`, or another type behind `value`");
                return refuse(codes::E2345, what.to_owned(), Some(hint), part.span.clone());
            }
            let appends = last == Last::Append;
            let target = Target { hops, name, last, url: None, names: names_of(member) };
            return Ok(Found { target, member, key, appends, parents });
        }
        let is_simple = is_primitive(member);
        if is_simple && repeats {
            let what =
                format!("{} is a list of simple values; extending one of them is not in this build", member.element());
            return refuse(codes::E2347, what, None, part.span.clone());
        }
        // What extends a primitive stands beside it, under `_name`.
        let name = if is_simple { name.twin() } else { name };
        hops.push(Hop { name, slot, url: url.map(Fixed::new) });
        if !is_simple {
            parents.push((key.clone(), member));
        }
        at = member;
    }
    refuse(codes::E2347, format!("`{text}` is no path of an element"), None, 0..text.len())
}

/// Adds a part to a path, with what tells its items apart.
fn spell(out: &mut String, name: &str, part: &Part<'_>, member: Member, url: Option<&str>) {
    if !out.is_empty() {
        out.push('.');
    }
    out.push_str(name);
    for own in part.index.filter(|_| !member.element().is_choice()).into_iter().chain(url) {
        let _ = write!(out, "[{own}]");
    }
}

/// The names that an element may have: of a choice only one of them may be there.
fn names_of(member: Member) -> NameSet {
    let element = member.element();
    let chosen = std::iter::once(member);
    let others = element.types().filter(|_| element.is_choice()).filter_map(|kind| element.choose(kind.ty()));
    NameSet::new(chosen.chain(others.filter(|other| *other != member)).map(name_of))
}

/// In a shared map for a primitive `value` is the value itself.
fn whole_primitive(text: &str, context: Member) -> Option<Found> {
    if !(context.element().is_root() && is_primitive(context) && text == "value") {
        return None;
    }
    let name = Name::known(text)?;
    let target = Target { hops: Vec::new(), name, last: Last::Single, url: None, names: NameSet::new([name]) };
    Some(Found { target, member: context, key: text.to_owned(), appends: true, parents: Vec::new() })
}

/// Only what repeats has items with names.
fn check_index(part: &Part<'_>, member: Member) -> Result<(), Refused> {
    let element = member.element();
    if part.index.is_none() || element.is_repeating() || element.is_choice() {
        return Ok(());
    }
    let what = format!("{element} does not repeat, so it has no item `{}`", part.index.unwrap_or(""));
    refuse(codes::E2349, what, Some(format!("write `{}`", part.name)), part.span.clone())
}

/// Looks up an element to fill with a block: `contact`, `extension(patient-citizenship)`.
pub(crate) fn read_block(
    text: &str,
    context: Member,
    slots: &mut Slots,
    next_slot: &mut usize,
) -> Result<(Found, Option<Arc<str>>), Refused> {
    let parts = parts(text)?;
    let Some(last) = parts.last().filter(|last| last.name == "extension" || last.name == "modifierExtension") else {
        return read(text, context, slots, next_slot).map(|found| (found, None));
    };
    let mut found = match text[..last.span.start].strip_suffix('.') {
        Some(before) => {
            // The way to the extension, and then the extension as a whole.
            let inner = read(&format!("{before}.id"), context, slots, next_slot)?;
            let at = inner.parents.last().map(|(_, member)| *member);
            let Some(member) = at.and_then(|at| at.child(last.name)) else {
                return refuse(codes::E2347, format!("`{text}` is no path of an element"), None, last.span.clone());
            };
            Found { member, ..inner }
        }
        None => {
            let member = child(context, last)?;
            let name = name_of(member);
            let target = Target { hops: Vec::new(), name, last: Last::Append, url: None, names: NameSet::new([name]) };
            Found { target, member, key: String::new(), appends: true, parents: Vec::new() }
        }
    };
    let is_in_extension =
        type_name(context) == "Extension" || parts.len() > 1 && parts[parts.len() - 2].name == "extension";
    let url = extension_url(last, is_in_extension)?;
    found.target.name = name_of(found.member);
    found.target.last = Last::Append;
    found.appends = true;
    found.key = format!("{text}[+]");
    Ok((found, Some(url)))
}

/// Every element name of R4 is a known name; a test of `fhir::tree` holds it to that.
fn name_of(member: Member) -> Name {
    Name::known(&json_name(member)).unwrap_or_else(|| fhir::Tree::new().name("id"))
}

fn child(at: Member, part: &Part<'_>) -> Result<Member, Refused> {
    let span = part.span.clone();
    if let Some(found) = at.property(part.name).filter(|found| !found.is_open()) {
        if part.index.is_some() && found.element().is_choice() {
            let what = format!("`{}` has its type already", part.name);
            return refuse(codes::E2349, what, Some(format!("write `{}`", part.name)), span);
        }
        return Ok(found);
    }
    let Some(found) = at.child(part.name) else {
        let known = names(at);
        let what = format!("{} has no element `{}`", type_name(at), part.name);
        let hint = closest(part.name, known.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
        let hint = hint.or_else(|| Some(format!("it has {}", shortened(&names_in_order(at)))));
        return refuse(codes::E2331, what, hint, span);
    };
    let element = found.element();
    let choices = || element.types().map(|kind| kind.ty().name()).collect::<Vec<_>>();
    let Some(index) = part.index else {
        if element.types().len() == 1 {
            return Ok(element.types().next().and_then(|kind| element.choose(kind.ty())).unwrap_or(found));
        }
        let what = format!("`{}` may have several types: say which", part.name);
        let hint = format!("write `{0}[TYPE]`; the types are {1}", part.name, shortened(&choices()));
        return refuse(codes::E2332, what, Some(hint), span);
    };
    let chosen = Type::named(index).and_then(|kind| element.choose(kind));
    let Some(chosen) = chosen else {
        let what = format!("`{}` cannot be a {index}", part.name);
        let near = closest(index, choices()).map(|near| format!("did you mean `{near}`?"));
        let hint = near.or_else(|| Some(format!("the types are {}", shortened(&choices()))));
        return refuse(codes::E2333, what, hint, span);
    };
    Ok(chosen)
}

fn names_in_order(at: Member) -> Vec<&'static str> {
    let own = |name: &&str| {
        !matches!(
            *name,
            "id" | "extension" | "modifierExtension" | "meta" | "implicitRules" | "language" | "text" | "contained"
        )
    };
    at.children().map(fhir::definitions::Element::name).filter(own).collect()
}

/// The first dozen of a list.
fn shortened(names: &[&str]) -> String {
    let shown = names.iter().take(12).copied().collect::<Vec<_>>().join(", ");
    if names.len() > 12 { format!("{shown} …") } else { shown }
}

fn extension_url(part: &Part<'_>, is_inside: bool) -> Result<Arc<str>, Refused> {
    let Some(argument) = part.argument.filter(|argument| !argument.is_empty()) else {
        let hint = "write `extension(patient-religion)`, or the whole URL between the parentheses";
        let what = "which extension? Its name or URL is missing".to_owned();
        return refuse(codes::E2345, what, Some(hint.to_owned()), part.span.clone());
    };
    if is_inside || argument.contains(':') {
        return Ok(Arc::from(argument));
    }
    Ok(Arc::from(format!("{EXTENSIONS}{argument}")))
}
