//! Paths into messages that are neither HL7 v2 nor FHIR: `patient.name.family`, `row.mrn`, `NM1[.01=IL].03`.
//!
//! A path begins at the root of the message, or at what a name stands for (`each row as r`: `r.mrn`). Where the form of
//! the message declares columns or places, every path is looked up when the line is compiled.
//!
//! Promises: reading visits each node at most once for each part of a path; no finding holds content.

pub(crate) mod change;
#[cfg(test)]
mod tests;

use crate::{
    codes,
    form::Form,
    item::{Atom, Item},
    path::{Found, ReadPath},
    scope::{Bound, Scope},
    suggest,
    view::View,
};
use formats::{Kind, Node, layout::Place};
use message::{Diagnostic, Format};
use std::{ops::Range, sync::Arc};

/// What a node with parts is for a condition that asks whether it is there.
const THERE: &str = "there";

/// A path that was looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlacePath {
    /// The name that it begins with; none: the root.
    start: Option<usize>,
    path: formats::Path,
    /// It says `[*]`, so as a value it is a list.
    pub(crate) is_list: bool,
    /// It leads to what is declared to stand several times, and chooses none of it.
    pub(crate) repeats: bool,
    /// The declared names on the way from the root.
    pub(crate) way: Arc<[Arc<str>]>,
}

type Refused = Box<(Diagnostic, Range<usize>)>;

fn refuse<T>(code: message::Code, what: String, hint: Option<String>, span: Range<usize>) -> Result<T, Refused> {
    Err(Box::new((Diagnostic { hint, ..Diagnostic::error(code, what) }, span)))
}

/// Begins like a path: with a name that is bound here, `root`, `row`, or a name and a `.` or `[`.
pub(crate) fn looks_like_path(text: &str, scope: &Scope<'_>) -> bool {
    let Some(form) = scope.form else { return false };
    let head = head_of(text);
    if scope.names.iter().any(|binding| *binding.name == *head) {
        return true;
    }
    let rest = &text[head.len()..];
    let is_name = head.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && head.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ':'))
        && (!head.contains(':') || form.format == Format::Xml && !head.starts_with("urn:"));
    let is_whole = matches!(head, "root" | "row") || text.starts_with("[\"");
    let goes_on =
        rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || "@_[".contains(c)));
    is_whole && (rest.is_empty() || goes_on || rest.starts_with('[')) || is_name && (goes_on || rest.starts_with('['))
}

/// The characters before the first `.` or `[`: a name may hold a dash.
fn head_of(text: &str) -> &str {
    text.split(['.', '[']).next().unwrap_or("")
}

/// A word as a path, where a text may stand too: what may be either is refused, because the wrong one of them is found by
/// nobody.
pub(crate) fn resolve(text: &str, scope: &Scope<'_>) -> Found {
    if text == "now" {
        return Found::Path(ReadPath::Now, Vec::new());
    }
    let Some(form) = scope.form else { return Found::Nothing };
    if !looks_like_path(text, scope) && !is_declared(text, form) {
        return text_or_place(text, form);
    }
    read_found(text, scope)
}

/// A word as a path, where nothing else may stand.
pub(crate) fn resolve_path(text: &str, scope: &Scope<'_>) -> Found {
    if text == "now" { Found::Path(ReadPath::Now, Vec::new()) } else { read_found(text, scope) }
}

fn read_found(text: &str, scope: &Scope<'_>) -> Found {
    match read(text, scope) {
        Ok(path) => Found::Path(ReadPath::Place(Arc::new(path)), Vec::new()),
        Err(refused) => Found::WrongPart(refused.0, refused.1),
    }
}

/// The outermost names that the form declares.
fn outermost(form: &Form) -> impl Iterator<Item = &str> + Clone {
    let columns = form.layout.columns.iter().map(|column| &*column.name);
    columns.chain(form.layout.places.iter().filter_map(|place| place.names.first()).map(|name| &**name))
}

fn is_declared(text: &str, form: &Form) -> bool {
    outermost(form).any(|name| name == text)
}

/// A single word that is no declared place: a text where places are declared, and nobody knows what where they are not.
fn text_or_place(text: &str, form: &Form) -> Found {
    let is_word = text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    if !is_word || matches!(text, "true" | "false") || crate::steps::find(text).is_some_and(|step| step.can_begin) {
        return Found::Nothing;
    }
    let holder = if form.format == Format::Delimited { "row" } else { "root" };
    if form.layout.is_declared() {
        let Some(near) = suggest::did_you_mean(text, outermost(form)) else { return Found::Nothing };
        let what = format!("`{text}` is no place of `{}`", form.name());
        return Found::Wrong(
            Diagnostic::error(codes::E2642, what).hint(format!("{near} A text stands between quotes")),
        );
    }
    let what = format!("`{text}` may be a text or a place of the message");
    let hint = format!("write `\"{text}\"` for the text, `{holder}.{text}` for the place");
    Found::Wrong(Diagnostic::error(codes::E2640, what).hint(hint))
}

/// Looks a path up from its first name.
pub(crate) fn read(text: &str, scope: &Scope<'_>) -> Result<PlacePath, Refused> {
    let head = head_of(text);
    let binding = scope.bound(head).cloned();
    // What stands behind a name is a path of its own.
    let (start, rest, base) = match &binding {
        Some(_) => {
            let rest = &text[head.len()..];
            let cut = usize::from(rest.starts_with('.'));
            (true, &rest[cut..], head.len() + cut)
        }
        None => (false, text, 0),
    };
    let mut path = match rest {
        "" if start => formats::Path { hops: Vec::new() },
        rest => match formats::Path::parse(rest) {
            Ok(path) => path,
            Err(wrong) => {
                return refuse(codes::E2641, wrong.text, wrong.hint, base + wrong.span.start..base + wrong.span.end);
            }
        },
    };
    if path.is_new() {
        let hint = Some("to read, write `[1]`, `[*]` or `[name=value]`".to_owned());
        return refuse(
            codes::E2104,
            "`[+]` makes a new one, so it can only be written to".to_owned(),
            hint,
            0..text.len(),
        );
    }
    let slot = binding.as_ref().map(|binding| binding.slot);
    let way: Arc<[Arc<str>]> = match binding.as_ref().map(|binding| binding.bound) {
        Some(Bound::Place(way)) => scope.ways.get(way).cloned().unwrap_or_default(),
        Some(_) => return refuse(codes::E2641, format!("`{head}` is no place of the message"), None, 0..head.len()),
        None => Arc::default(),
    };
    let mut out = PlacePath {
        start: slot,
        is_list: path.is_list(),
        repeats: false,
        way,
        path: formats::Path { hops: Vec::new() },
    };
    if let Some(form) = scope.form {
        path.resolve_prefixes(&form.layout.namespaces);
        check(&path, form, base, &mut out)?;
    }
    out.path = path;
    Ok(out)
}

/// The names on the way are declared, where any are.
fn check(path: &formats::Path, form: &Form, base: usize, out: &mut PlacePath) -> Result<(), Refused> {
    let mut way: Vec<Arc<str>> = out.way.to_vec();
    for hop in &path.hops {
        let span = base + hop.span.start..base + hop.span.end;
        let Some(name) = &hop.name else { continue };
        let at = if name.is_attribute { "@" } else { "" };
        let spelled: Arc<str> = format!("{at}{}", name.text).into();
        let is_open = hop.picks.is_empty();
        if form.format == Format::Delimited {
            if &*spelled == "row" && way.is_empty() {
                continue;
            }
            if !form.layout.columns.is_empty() && form.layout.column(&spelled).is_none() && name.number.is_none() {
                let known = form.layout.columns.iter().map(|column| &*column.name);
                let hint = suggest::did_you_mean(&spelled, known.clone()).or_else(|| Some(listed(known)));
                return refuse(codes::E2642, format!("`{}` has no column `{spelled}`", form.name()), hint, span);
            }
            way.push(spelled);
            continue;
        }
        way.push(spelled.clone());
        if form.layout.places.is_empty() {
            continue;
        }
        let fits = |place: &&Place| place.names.len() >= way.len() && place.names[..way.len()] == way[..];
        let Some(place) = form.layout.places.iter().find(fits) else {
            let around = &way[..way.len() - 1];
            let inside =
                |place: &Place| place.names.get(around.len()).filter(|_| place.names.starts_with(around)).cloned();
            let mut known: Vec<Arc<str>> = form.layout.places.iter().filter_map(inside).collect();
            known.dedup();
            let known = known.iter().map(|name| &**name);
            let hint = suggest::did_you_mean(&spelled, known.clone()).or_else(|| Some(listed(known)));
            return refuse(codes::E2642, format!("`{}` has no place `{}`", form.name(), way.join(".")), hint, span);
        };
        out.repeats |= is_open && place.repeats.get(way.len() - 1) == Some(&true);
    }
    out.way = way.into();
    Ok(())
}

fn listed<'k>(known: impl Iterator<Item = &'k str>) -> String {
    let names: Vec<&str> = known.take(16).collect();
    if names.is_empty() { "it has no parts".to_owned() } else { format!("it has {}", names.join(", ")) }
}

impl PlacePath {
    /// Gives every node that the path leads to to `visit`, until it says `true`.
    pub(crate) fn every<'m>(&self, view: &View<'m>, visit: &mut dyn FnMut(Node<'m>) -> bool) -> bool {
        let start = match self.start {
            Some(slot) => view.spots.get(view.base + slot).copied(),
            None => view.document.map(formats::Document::root),
        };
        start.is_some_and(|node| self.path.every(node, visit))
    }

    /// Every node, as a list.
    pub(crate) fn nodes<'m>(&self, view: &View<'m>) -> Vec<Node<'m>> {
        let mut out = Vec::new();
        self.every(view, &mut |node| {
            out.push(node);
            false
        });
        out
    }

    /// What an `each` goes over: the path's nodes, and of an array or of rows their items.
    pub(crate) fn turns<'m>(&self, view: &View<'m>) -> Vec<Node<'m>> {
        let mut out = Vec::new();
        self.every(view, &mut |node| {
            formats::path::items(node, &mut |item| {
                out.push(item);
                false
            })
        });
        out
    }

    /// As a value: the first, or the list that `[*]` asks for. What has parts has no text.
    pub(crate) fn value<'m>(&self, view: &View<'m>) -> Item<'m> {
        let mut atoms = Vec::new();
        self.every(view, &mut |node| {
            atoms.push(Atom::text(node.text()));
            !self.is_list
        });
        if self.is_list { Item::Many(atoms) } else { Item::One(atoms.pop().unwrap_or(Atom::Empty)) }
    }
}

/// A node for a condition: what has parts is there.
pub(crate) fn atom(node: Node<'_>) -> Atom<'_> {
    let is_whole = matches!(
        node.kind(),
        Kind::Object
            | Kind::Array
            | Kind::Element
            | Kind::Row
            | Kind::Rows
            | Kind::Envelope
            | Kind::Segment
            | Kind::Part
    );
    if node.text().is_empty() && is_whole && node.has_children() { Atom::text(THERE) } else { Atom::text(node.text()) }
}
