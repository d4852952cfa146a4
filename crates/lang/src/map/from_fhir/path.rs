//! Paths of elements to read: `Patient.name[use=official].family`, `visit.subject[Patient].birthDate`, `id.value`.
//!
//! Looked up in the definitions when the map is compiled; a finding points at the part that is wrong. A path goes from the
//! resources of a type, or from a name, down through elements, extensions and, with `[TYPE]`, through references.
//!
//! Promises: reading visits each node of the bundle at most once for each part of the path; dates and times read as HL7 v2
//! writes them, so that conditions compare them and steps work on them.

use super::source::Source;
use crate::{
    codes,
    dtm::Dtm,
    item::{Atom, Item},
    map::fhir::target::{is_primitive, json_name, kind_of, type_name},
    path::{Found, ReadPath, bound_name},
    scope::{Bound, Scope},
    suggest,
    view::View,
};
use fhir::{
    Kind, Name, Node,
    definitions::{Member, Type, closest},
};
use message::Diagnostic;
use std::{ops::Range, sync::Arc};

/// What the URLs of the standard's own extensions begin with.
const EXTENSIONS: &str = "http://hl7.org/fhir/StructureDefinition/";
/// What an element with elements of its own is for a condition that asks whether it is there.
const THERE: &str = "there";

/// A path that was looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ElementPath {
    start: Start,
    hops: Vec<Hop>,
    /// What it leads to.
    pub(crate) member: Member,
    /// It may lead to several values, and none of them is chosen.
    pub(crate) repeats: bool,
    /// It says `[*]`, so as a value it is a list.
    pub(crate) is_list: bool,
    form: Form,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Start {
    /// The resources of a type.
    Resources(&'static str, Vec<Pick>),
    /// The bundle itself.
    Bundle,
    /// What a name stands for.
    Turn(usize),
    /// What a filter looks at.
    Here,
}

/// A part of the way.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Hop {
    /// An element by its name.
    Child { name: Name, picks: Vec<Pick> },
    /// An extension by its URL; of a primitive it stands beside the value.
    Extension { name: Name, url: Arc<str>, picks: Vec<Pick> },
    /// The resource of this type that a reference leads to.
    Resource(&'static str),
}

/// Which of several.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Pick {
    /// `[*]`
    Every,
    /// `[2]`
    At(usize),
    /// `[2..]`
    From(usize),
    /// `[system=phone]`, `[system!=phone]`, `[partOf=shot]`, `[period.end]`
    Where { path: Box<ElementPath>, is_negated: bool, wanted: Wanted },
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    Something,
    Text(Arc<str>),
    /// The resource or value that a name stands for.
    Turn(usize),
}

/// How the values of a path read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Date,
    Time,
    /// It has elements of its own.
    Whole,
}

fn form_of(member: Member) -> Form {
    if !is_primitive(member) {
        return Form::Whole;
    }
    match kind_of(member).map(Type::name) {
        Some("date" | "dateTime" | "instant") => Form::Date,
        Some("time") => Form::Time,
        _ => Form::Text,
    }
}

type Refused = Box<(Diagnostic, Range<usize>)>;

fn refuse<T>(code: message::Code, what: String, hint: Option<String>, span: Range<usize>) -> Result<T, Refused> {
    Err(Box::new((Diagnostic { hint, ..Diagnostic::error(code, what) }, span)))
}

/// A part of the path as it is written.
struct Part<'t> {
    name: &'t str,
    brackets: Vec<(&'t str, Range<usize>)>,
    argument: Option<&'t str>,
    span: Range<usize>,
}

/// Where a bracket that opens at `open` closes; quotes may hold one.
fn close_of(text: &str, open: usize, close: char) -> Option<usize> {
    let mut is_quoted = false;
    text[open..].char_indices().find_map(|(at, c)| match c {
        '"' => {
            is_quoted = !is_quoted;
            None
        }
        c if c == close && !is_quoted => Some(open + at),
        _ => None,
    })
}

fn parts(text: &str, base: usize) -> Result<Vec<Part<'_>>, Refused> {
    let mut out = Vec::new();
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let span = base + at..base + at + length;
        let mut part = Part { name: &rest[..length], brackets: Vec::new(), argument: None, span };
        at += length;
        while let Some(open @ ('[' | '(')) = text[at..].chars().next() {
            let Some(end) = close_of(text, at, if open == '[' { ']' } else { ')' }) else {
                return refuse(codes::E2379, format!("`{open}` does not close"), None, base + at..base + text.len());
            };
            let inner = &text[at + 1..end];
            if open == '[' {
                part.brackets.push((inner, base + at + 1..base + end));
            } else {
                part.argument = Some(inner.trim_matches('"'));
            }
            at = end + 1;
        }
        if part.name.is_empty() {
            let hint = "a path is written like `Patient.name[1].family` or `id.value`".to_owned();
            let span = part.span.start..base + text.len().max(part.span.start - base);
            return refuse(codes::E2379, format!("`{text}` is no path of an element"), Some(hint), span);
        }
        out.push(part);
        match text[at..].strip_prefix('.') {
            Some(_) => at += 1,
            None if at == text.len() => return Ok(out),
            None => {
                let hint = Some("the parts of a path are joined by `.`".to_owned());
                let what = format!("`{text}` is no path of an element");
                return refuse(codes::E2379, what, hint, base + at..base + text.len());
            }
        }
    }
}

/// Begins like a path of elements: with a name that is bound here, or with a resource and a `.` or `[`.
pub(crate) fn looks_like_path(text: &str, scope: &Scope<'_>) -> bool {
    let head = bound_name(text);
    scope.names.iter().any(|binding| *binding.name == *head)
        || head.len() < text.len() && (Type::named(head).is_some_and(Type::is_resource))
}

/// A word as a path of elements.
pub(crate) fn resolve(text: &str, scope: &Scope<'_>) -> Found {
    if text == "now" {
        return Found::Path(ReadPath::Now, Vec::new());
    }
    let head = bound_name(text);
    let is_bound = scope.names.iter().any(|binding| *binding.name == *head);
    let is_resource = Type::named(head).is_some_and(Type::is_resource);
    let has_more = head.len() < text.len();
    let is_meant = is_bound
        || is_resource
        || has_more
            && head.starts_with(|c: char| c.is_ascii_alphabetic())
            && !head.contains(['/', ':', '+', '\\'])
            && {
                let behind = text[head.len()..].chars().nth(1);
                text.as_bytes().get(head.len()) != Some(&b'-') && behind.is_some_and(|c| c.is_ascii_lowercase())
            };
    if !is_meant {
        return Found::Nothing;
    }
    match read(text, scope) {
        Ok(path) => Found::Path(ReadPath::Element(Arc::new(path)), Vec::new()),
        Err(refused) => Found::WrongPart(refused.0, refused.1),
    }
}

/// Looks a path up from its first name.
pub(crate) fn read(text: &str, scope: &Scope<'_>) -> Result<ElementPath, Refused> {
    let parts = parts(text, 0)?;
    let Some(first) = parts.first() else { return refuse(codes::E2379, "a path is missing".to_owned(), None, 0..0) };
    let (start, member, mut repeats);
    if let Some(binding) = scope.bound(first.name) {
        let Bound::Element(found) = binding.bound else {
            return refuse(codes::E2379, format!("`{}` is no element", first.name), None, first.span.clone());
        };
        (start, member, repeats) = (Start::Turn(binding.slot), found, false);
        if let Some((_, span)) = first.brackets.first() {
            let what = format!("`{}` stands for one value, so there is nothing to choose", first.name);
            return refuse(codes::E2379, what, Some(format!("write `{}`", first.name)), span.clone());
        }
    } else if let Some(kind) = Type::named(first.name).filter(|kind| kind.is_resource() && !kind.is_abstract()) {
        member = kind.root().member();
        let mut picks = Vec::new();
        for (inner, span) in &first.brackets {
            picks.push(pick(inner, span, member, scope)?);
        }
        start = if kind.name() == "Bundle" { Start::Bundle } else { Start::Resources(kind.name(), picks) };
        repeats = kind.name() != "Bundle" && is_open(&first.brackets);
    } else {
        let known: Vec<&str> = scope.names.iter().map(|binding| &*binding.name).collect();
        let is_small = first.name.starts_with(|c: char| c.is_ascii_lowercase());
        let what = if is_small {
            format!("no line around binds the name `{}`", first.name)
        } else {
            format!("FHIR R4 has no resource `{}`", first.name)
        };
        let resources = || Type::all().filter(|kind| kind.is_resource()).map(Type::name);
        let capital: String = first.name.chars().take(1).flat_map(char::to_uppercase).collect();
        let as_type = format!("{capital}{}", &first.name[first.name.len().min(1)..]);
        let hint = suggest::did_you_mean(first.name, known.iter().copied())
            .or_else(|| resources().find(|name| *name == as_type).map(|near| format!("did you mean `{near}`?")))
            .or_else(|| closest(first.name, resources()).map(|near| format!("did you mean `{near}`?")))
            .or_else(|| Some("a path begins with a resource or a name; a text with dots needs quotes".to_owned()));
        return refuse(codes::E2365, what, hint, first.span.clone());
    }
    let mut path = ElementPath { start, hops: Vec::new(), member, repeats: false, is_list: false, form: Form::Whole };
    // The resources of a type stand for the first of them where one value is needed.
    let is_alone = parts.len() == 1;
    repeats = repeats && is_alone;
    path.is_list = first.brackets.iter().any(|(inner, _)| *inner == "*");
    walk_down(&mut path, &parts[1..], scope, repeats)?;
    Ok(path)
}

/// A path from what a filter looks at.
fn read_here(text: &str, base: usize, member: Member, scope: &Scope<'_>) -> Result<ElementPath, Refused> {
    let parts = parts(text, base)?;
    let start = Start::Here;
    let mut path = ElementPath { start, hops: Vec::new(), member, repeats: false, is_list: false, form: Form::Whole };
    walk_down(&mut path, &parts, scope, false)?;
    Ok(path)
}

/// None of the brackets chooses.
fn is_open(brackets: &[(&str, Range<usize>)]) -> bool {
    brackets.iter().all(|(inner, _)| *inner == "*" || inner.ends_with(".."))
}

fn walk_down(path: &mut ElementPath, parts: &[Part<'_>], scope: &Scope<'_>, repeats: bool) -> Result<(), Refused> {
    path.repeats = repeats;
    for part in parts {
        let member = path.member;
        let mut brackets = part.brackets.clone();
        let is_extension = matches!(part.name, "extension" | "modifierExtension");
        if is_primitive(member) && !is_extension && part.name != "id" {
            let what = format!("{} is a {}, it has no element `{}`", member.element(), type_name(member), part.name);
            return refuse(codes::E2365, what, None, part.span.clone());
        }
        let found = child(member, part, &mut brackets)?;
        let name = name_of(found);
        path.member = found;
        let element_repeats = found.element().is_repeating();
        let mut resource = None;
        let mut picks = Vec::new();
        for (inner, span) in &brackets {
            let is_type = inner.starts_with(|c: char| c.is_ascii_uppercase())
                && inner.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if is_type && resource.is_none() {
                resource = Some(target_of(found, inner, span)?);
            } else if !is_extension && !element_repeats {
                let what = format!("{} does not repeat, so there is nothing to choose", found.element());
                return refuse(codes::E2379, what, Some(format!("write `{}`", part.name)), span.clone());
            } else {
                picks.push(pick(inner, span, found, scope)?);
            }
        }
        path.is_list |= brackets.iter().any(|(inner, _)| *inner == "*");
        let chosen: Vec<_> =
            brackets.iter().filter(|(inner, _)| !inner.starts_with(char::is_uppercase)).cloned().collect();
        path.repeats |= element_repeats && !is_extension && is_open(&chosen);
        path.hops.push(if is_extension {
            Hop::Extension { name, url: extension_url(part, type_name(member) == "Extension")?, picks }
        } else {
            Hop::Child { name, picks }
        });
        if let Some(kind) = resource {
            path.hops.push(Hop::Resource(kind.name()));
            path.member = kind.root().member();
        }
    }
    path.form = form_of(path.member);
    Ok(())
}

/// The resource type behind a reference.
fn target_of(reference: Member, wanted: &str, span: &Range<usize>) -> Result<Type, Refused> {
    let targets = || reference.reference().into_iter().flat_map(|found| found.targets());
    if type_name(reference) != "Reference" {
        let what = format!("{} is a {}, not a reference", reference.element(), type_name(reference));
        let hint = Some("`[TYPE]` goes to the resource that a reference leads to".to_owned());
        return refuse(codes::E2368, what, hint, span.clone());
    }
    let kind = Type::named(wanted).filter(|kind| kind.is_resource());
    let allowed = kind.filter(|kind| reference.reference().is_some_and(|found| found.allows(*kind)));
    match allowed {
        Some(kind) => Ok(kind),
        None => {
            let names: Vec<&str> = targets().map(Type::name).collect();
            let what = format!("{} never leads to a `{wanted}`", reference.element());
            let hint = closest(wanted, names.iter().copied())
                .map(|near| format!("did you mean `{near}`?"))
                .or_else(|| Some(format!("it leads to {}", names.join(", "))));
            refuse(codes::E2368, what, hint, span.clone())
        }
    }
}

/// What stands between brackets behind an element.
fn pick(inner: &str, span: &Range<usize>, member: Member, scope: &Scope<'_>) -> Result<Pick, Refused> {
    if inner == "*" {
        return Ok(Pick::Every);
    }
    let number = |text: &str| text.parse::<usize>().ok().filter(|number| *number > 0);
    if let Some(number) = number(inner) {
        return Ok(Pick::At(number));
    }
    if let Some(number) = inner.strip_suffix("..").and_then(number) {
        return Ok(Pick::From(number));
    }
    let (left, right) = match inner.split_once('=') {
        Some((left, right)) => (left, Some(right)),
        None => (inner, None),
    };
    let is_negated = right.is_some() && left.ends_with('!');
    let left = left.strip_suffix('!').filter(|_| is_negated).unwrap_or(left);
    if left.is_empty() || left.starts_with(|c: char| c.is_ascii_digit()) {
        let what = format!("`[{inner}]` chooses nothing");
        let hint = "write a number, `*`, or an element and its value such as `[system=phone]`".to_owned();
        return refuse(codes::E2379, what, Some(hint), span.clone());
    }
    let path = Box::new(read_here(left, span.start, member, scope)?);
    let wanted = match right {
        None => Wanted::Something,
        Some(text) => match scope.bound(text) {
            Some(binding) => Wanted::Turn(binding.slot),
            None if path.form == Form::Whole => {
                let what = format!("`{left}` is a {}, which is not compared with a text", type_name(path.member));
                let hint = Some("name an element of it, or the name of a resource around".to_owned());
                return refuse(codes::E2379, what, hint, span.clone());
            }
            None => Wanted::Text(Arc::from(text.trim_matches('"'))),
        },
    };
    Ok(Pick::Where { path, is_negated, wanted })
}

/// An element below another by the name in the path; takes the bracket with the type of a choice away.
fn child(at: Member, part: &Part<'_>, brackets: &mut Vec<(&str, Range<usize>)>) -> Result<Member, Refused> {
    let span = part.span.clone();
    if let Some(found) = at.property(part.name).filter(|found| !found.is_open()) {
        return Ok(found);
    }
    let Some(found) = at.child(part.name) else {
        let mut known = Vec::new();
        for element in at.children() {
            known.push(element.name().to_owned());
            if element.is_choice() {
                known.extend(element.types().filter_map(|kind| element.choose(kind.ty())).map(json_name));
            }
        }
        let what = format!("{} has no element `{}`", type_name(at), part.name);
        let near = closest(part.name, known.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
        let is_reference = type_name(at) == "Reference";
        let hint = near.or_else(|| {
            Some(if is_reference {
                "to read the resource that it leads to, write its type behind it: `[Patient]`".to_owned()
            } else {
                let names: Vec<&str> = at.children().map(|element| element.name()).filter(is_own).take(12).collect();
                format!("it has {}", names.join(", "))
            })
        });
        return refuse(codes::E2365, what, hint, span);
    };
    let element = found.element();
    if !element.is_choice() {
        return Ok(found);
    }
    let types: Vec<&str> = element.types().map(|kind| kind.ty().name()).collect();
    if brackets.is_empty() {
        if types.len() == 1 {
            return Ok(element.types().next().and_then(|kind| element.choose(kind.ty())).unwrap_or(found));
        }
        let what = format!("`{}` may have several types: say which", part.name);
        let hint = format!("write `{}[TYPE]`; the types are {}", part.name, types.join(", "));
        return refuse(codes::E2366, what, Some(hint), span);
    }
    let (wanted, place) = brackets.remove(0);
    match Type::named(wanted).and_then(|kind| element.choose(kind)) {
        Some(chosen) => Ok(chosen),
        None => {
            let what = format!("`{}` is never a {wanted}", part.name);
            let near = closest(wanted, types.iter().copied()).map(|near| format!("did you mean `{near}`?"));
            refuse(codes::E2366, what, near.or_else(|| Some(format!("the types are {}", types.join(", ")))), place)
        }
    }
}

/// Elements that a type has of its own.
fn is_own(name: &&str) -> bool {
    !matches!(
        *name,
        "id" | "extension" | "modifierExtension" | "meta" | "implicitRules" | "language" | "text" | "contained"
    )
}

/// Every element name of R4 is a known name; a test of `fhir::tree` holds it to that.
fn name_of(member: Member) -> Name {
    Name::known(&json_name(member)).unwrap_or_else(|| fhir::Tree::new().name("id"))
}

fn extension_url(part: &Part<'_>, is_inside: bool) -> Result<Arc<str>, Refused> {
    let Some(argument) = part.argument.filter(|argument| !argument.is_empty()) else {
        let hint = "write `extension(patient-religion)`, or the whole URL between the parentheses".to_owned();
        let what = "which extension? Its name or URL is missing".to_owned();
        return refuse(codes::E2379, what, Some(hint), part.span.clone());
    };
    if is_inside || argument.contains(':') {
        return Ok(Arc::from(argument));
    }
    Ok(Arc::from(format!("{EXTENSIONS}{argument}")))
}

type Visit<'v, 'm> = dyn FnMut(Node<'m>) -> bool + 'v;

impl ElementPath {
    /// The path has elements of its own at its end.
    pub(crate) fn is_whole(&self) -> bool {
        self.form == Form::Whole
    }

    /// Gives every node that the path leads to to `visit`, until it says `true`.
    pub(crate) fn every<'m>(&self, view: &View<'m>, visit: &mut Visit<'_, 'm>) -> bool {
        let Some(source) = view.bundle else { return false };
        let run = Run { source, view };
        match &self.start {
            Start::Resources(kind, picks) => {
                run.picked(source.of_type(kind), picks, &mut |node| run.down(&self.hops, node, visit))
            }
            Start::Bundle => run.down(&self.hops, source.root, visit),
            Start::Turn(slot) => match view.nodes.get(view.base + slot) {
                Some(node) => run.down(&self.hops, *node, visit),
                None => false,
            },
            Start::Here => false,
        }
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

    /// The text of a node as the language sees it.
    pub(crate) fn atom<'m>(&self, node: Node<'m>) -> Atom<'m> {
        let Some(text) = node.scalar() else {
            let is_there = matches!(node.kind(), Kind::Object | Kind::Array);
            return if is_there { Atom::text(THERE) } else { Atom::Empty };
        };
        match self.form {
            Form::Date => match Dtm::parse(text) {
                Some(dtm) => Atom::text(dtm.to_hl7()),
                None => Atom::text(text),
            },
            Form::Time => Atom::text(text.replace(':', "")),
            Form::Text | Form::Whole => Atom::text(text),
        }
    }

    /// As a value: the first, or the list that `[*]` asks for.
    pub(crate) fn value<'m>(&self, view: &View<'m>) -> Item<'m> {
        let mut atoms = Vec::new();
        self.every(view, &mut |node| {
            atoms.push(self.atom(node));
            !self.is_list
        });
        if self.is_list { Item::Many(atoms) } else { Item::One(atoms.pop().unwrap_or(Atom::Empty)) }
    }
}

/// One look at a bundle.
#[derive(Clone, Copy)]
struct Run<'r, 'm> {
    source: &'r Source<'m>,
    view: &'r View<'m>,
}

impl<'m> Run<'_, 'm> {
    fn down(self, hops: &[Hop], node: Node<'m>, visit: &mut Visit<'_, 'm>) -> bool {
        let Some((hop, rest)) = hops.split_first() else { return visit(node) };
        match hop {
            Hop::Child { name, picks } => {
                let items = node.get(*name).into_iter().flat_map(Node::items).filter(|item| !item.is_null());
                self.picked(items, picks, &mut |node| self.down(rest, node, visit))
            }
            Hop::Extension { name, url, picks } => {
                let holder = if node.kind() == Kind::Object { Some(node) } else { node.extras() };
                let items = holder.and_then(|holder| holder.get(*name)).into_iter().flat_map(Node::items);
                let meant = items.filter(|item| item.get("url").and_then(Node::text) == Some(url));
                self.picked(meant, picks, &mut |node| self.down(rest, node, visit))
            }
            Hop::Resource(kind) => {
                let found = self.source.follow(node).filter(|found| found.resource_type() == Some(kind));
                found.is_some_and(|found| self.down(rest, found, visit))
            }
        }
    }

    fn picked(
        self,
        nodes: impl Iterator<Item = Node<'m>>,
        picks: &[Pick],
        visit: &mut dyn FnMut(Node<'m>) -> bool,
    ) -> bool {
        let mut counts = vec![0; picks.len()];
        for node in nodes {
            let is_meant = picks.iter().zip(&mut counts).all(|(pick, count)| {
                *count += 1;
                match pick {
                    Pick::Every => true,
                    Pick::At(number) => *count == *number,
                    Pick::From(number) => *count >= *number,
                    Pick::Where { path, is_negated, wanted } => self.passes(path, wanted, node) != *is_negated,
                }
            });
            if is_meant && visit(node) {
                return true;
            }
        }
        false
    }

    fn passes(self, path: &ElementPath, wanted: &Wanted, node: Node<'m>) -> bool {
        self.down(&path.hops, node, &mut |found| match wanted {
            Wanted::Something => true,
            Wanted::Text(text) => path.atom(found).as_str() == &**text,
            Wanted::Turn(slot) => self.view.nodes.get(self.view.base + slot).is_some_and(|turn| {
                let reached = if turn.resource_type().is_some() { self.source.follow(found) } else { None };
                reached.map(Node::id) == Some(turn.id()) || found.id() == turn.id() || same_text(found, *turn)
            }),
        })
    }
}

fn same_text(one: Node<'_>, other: Node<'_>) -> bool {
    one.scalar().is_some() && one.scalar() == other.scalar()
}
