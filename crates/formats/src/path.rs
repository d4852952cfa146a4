//! Paths into a document: `patient.name[1].family`, `ClinicalDocument.recordTarget.@id`, `row.mrn`, `NM1[.01=IL].03`.
//!
//! Numbers count from 1. `[*]` is all of several, `[2..]` the second and those behind it, `[use=official]` those whose
//! part says so, `[use]` those that have the part. A name that is no word stands in brackets and quotes: `["Patient ID"]`.
//! An array has no name of its own: its items are what `name` means. `root` is the whole, its items if it is an array.
//!
//! Promises: reading visits each node at most once for each part of the path.

use crate::tree::{Document, Kind, Node};
use std::{ops::Range, sync::Arc};

/// A path from the root of a document, or from a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The parts, in order.
    pub hops: Vec<Hop>,
}

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Which children; none: what the path is at, of which picks choose.
    pub name: Option<Name>,
    /// Which of several.
    pub picks: Vec<Pick>,
    /// Where it stands in the text of the path.
    pub span: Range<usize>,
}

/// A name in a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// As it is written, without `@`.
    pub text: Arc<str>,
    /// The namespace that its prefix stands for, where that is declared.
    pub space: Option<Arc<str>>,
    /// It is a number.
    pub number: Option<u32>,
    /// `@`: an attribute.
    pub is_attribute: bool,
}

/// Which of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// `[*]`
    Every,
    /// `[2]`
    At(usize),
    /// `[2..]`
    From(usize),
    /// `[+]`: a new one, in places to write only.
    New,
    /// `[use=official]`, `[use!=official]`, `[use]`
    Where {
        /// What is looked at.
        path: Path,
        /// `!=`
        is_negated: bool,
        /// What it has to be; none: there.
        wanted: Option<Arc<str>>,
    },
}

/// Why a text is no path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// One sentence.
    pub text: String,
    /// Which part of the text.
    pub span: Range<usize>,
    /// What to write instead.
    pub hint: Option<String>,
}

fn wrong<T>(text: impl Into<String>, span: Range<usize>, hint: &str) -> Result<T, Wrong> {
    Err(Wrong { text: text.into(), span, hint: (!hint.is_empty()).then(|| hint.to_owned()) })
}

/// A character of a name that needs no quotes.
fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | ':')
}

/// A name as paths write it.
#[must_use]
pub fn quoted(name: &str) -> String {
    if !name.is_empty() && name.trim_start_matches('@').chars().all(is_plain) {
        return name.to_owned();
    }
    format!("[\"{}\"]", name.replace('\\', "\\\\").replace('"', "\\\""))
}

impl Path {
    /// Reads a path. What a bracket holds is read from its own place.
    ///
    /// # Errors
    /// What is wrong, and where in the text.
    pub fn parse(text: &str) -> Result<Path, Wrong> {
        parse(text, 0, 0)
    }

    /// It may lead to several nodes and says so: `[*]`, `[2..]`.
    #[must_use]
    pub fn is_list(&self) -> bool {
        self.hops.iter().flat_map(|hop| &hop.picks).any(|pick| matches!(pick, Pick::Every | Pick::From(_)))
    }

    /// It says `[+]`.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.hops.iter().flat_map(|hop| &hop.picks).any(|pick| matches!(pick, Pick::New))
    }

    /// Gives every node that the path leads to from `node` to `visit`, until it says `true`.
    pub fn every<'d>(&self, node: Node<'d>, visit: &mut dyn FnMut(Node<'d>) -> bool) -> bool {
        down(&self.hops, node, visit)
    }

    /// The first of them.
    #[must_use]
    pub fn first<'d>(&self, node: Node<'d>) -> Option<Node<'d>> {
        let mut found = None;
        self.every(node, &mut |node| {
            found = Some(node);
            true
        });
        found
    }

    /// All of them.
    #[must_use]
    pub fn all<'d>(&self, node: Node<'d>) -> Vec<Node<'d>> {
        let mut out = Vec::new();
        self.every(node, &mut |node| {
            out.push(node);
            false
        });
        out
    }

    /// The namespaces that prefixes stand for.
    pub fn resolve_prefixes(&mut self, spaces: &[(Arc<str>, Arc<str>)]) {
        for hop in &mut self.hops {
            if let Some(name) = &mut hop.name
                && let Some((prefix, _)) = name.text.split_once(':')
            {
                name.space = spaces.iter().find(|(known, _)| **known == *prefix).map(|(_, uri)| uri.clone());
            }
            for pick in &mut hop.picks {
                if let Pick::Where { path, .. } = pick {
                    path.resolve_prefixes(spaces);
                }
            }
        }
    }
}

const DEPTH_MAX: usize = 8;

fn parse(text: &str, base: usize, depth: usize) -> Result<Path, Wrong> {
    const HINT: &str = "a path is written like `patient.name[1].family`";
    if depth > DEPTH_MAX {
        return wrong("brackets are nested too deeply", base..base + text.len(), "");
    }
    let mut hops = Vec::new();
    let mut at = usize::from(text.starts_with('.') && depth > 0);
    loop {
        let rest = &text[at..];
        let is_attribute = rest.starts_with('@');
        let length =
            rest[usize::from(is_attribute)..].find(|c| !is_plain(c)).map(|end| end + usize::from(is_attribute));
        let length = length.unwrap_or(rest.len());
        let span = base + at..base + at + length;
        let word = &rest[usize::from(is_attribute)..length];
        at += length;
        if word.is_empty() && (is_attribute || !rest.starts_with('[')) {
            let end = base + text.len().max(at);
            return wrong(format!("`{text}` is no path"), span.start.min(end)..end, HINT);
        }
        let is_root = word == "root" && hops.is_empty() && depth == 0 && !is_attribute;
        if is_root || word.is_empty() {
            hops.push(Hop { name: None, picks: Vec::new(), span });
        } else {
            hops.push(Hop { name: Some(name(word, is_attribute)), picks: Vec::new(), span });
        }
        while text[at..].starts_with('[') {
            let Some(close) = close_of(text, at) else {
                return wrong("`[` does not close", base + at..base + text.len(), "");
            };
            let inner = &text[at + 1..close];
            let place = base + at + 1..base + close;
            if let Some(key) = inner.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
                let key = unescape(key);
                let is_empty = hops.last().is_some_and(|hop| hop.name.is_none() && hop.picks.is_empty());
                if is_empty && hops.len() == 1 {
                    hops.pop();
                }
                hops.push(Hop {
                    name: Some(Name { number: None, ..name(&key, false) }),
                    picks: Vec::new(),
                    span: place,
                });
            } else if let Some(hop) = hops.last_mut() {
                hop.picks.push(pick(inner, &place, depth)?);
            }
            at = close + 1;
        }
        match text[at..].chars().next() {
            None => return Ok(Path { hops }),
            Some('.') => at += 1,
            Some(_) => return wrong(format!("`{text}` is no path"), base + at..base + text.len(), HINT),
        }
    }
}

fn name(word: &str, is_attribute: bool) -> Name {
    Name { text: word.into(), space: None, number: word.parse().ok(), is_attribute }
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' { chars.next().unwrap_or('\\') } else { c });
    }
    out
}

/// Where the bracket that opens at `open` closes; quotes and brackets inside may hold one.
fn close_of(text: &str, open: usize) -> Option<usize> {
    let (mut is_quoted, mut is_escaped, mut depth) = (false, false, 0usize);
    for (at, c) in text[open..].char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '[' if !is_quoted => depth += 1,
            ']' if !is_quoted => {
                depth -= 1;
                if depth == 0 {
                    return Some(open + at);
                }
            }
            _ => {}
        }
    }
    None
}

fn pick(inner: &str, span: &Range<usize>, depth: usize) -> Result<Pick, Wrong> {
    const HINT: &str = "write a number from 1, `*`, or a part and its value such as `[use=official]`";
    let number = |text: &str| text.parse::<usize>().ok().filter(|number| *number > 0);
    match inner {
        "*" => return Ok(Pick::Every),
        "+" => return Ok(Pick::New),
        "0" => return wrong("numbers count from 1", span.clone(), "the first one is `[1]`"),
        _ => {}
    }
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
    let left = if is_negated { &left[..left.len() - 1] } else { left };
    let is_part = left.starts_with('.');
    if left.is_empty() || !is_part && left.starts_with(|c: char| c.is_ascii_digit()) {
        return wrong(format!("`[{inner}]` chooses nothing"), span.clone(), HINT);
    }
    let path = parse(left, span.start, depth + 1)?;
    let wanted = right.map(|text| match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => Arc::from(unescape(quoted)),
        None => Arc::from(text),
    });
    Ok(Pick::Where { path, is_negated, wanted })
}

type Visit<'v, 'd> = dyn FnMut(Node<'d>) -> bool + 'v;

fn down<'d>(hops: &[Hop], node: Node<'d>, visit: &mut Visit<'_, 'd>) -> bool {
    let Some((hop, rest)) = hops.split_first() else { return visit(node) };
    let mut counts = vec![0usize; hop.picks.len()];
    let mut step = |node: Node<'d>| {
        let is_meant = hop.picks.iter().zip(&mut counts).all(|(pick, count)| {
            *count += 1;
            match pick {
                Pick::Every => true,
                Pick::At(number) => *count == *number,
                Pick::From(number) => *count >= *number,
                Pick::New => false,
                Pick::Where { path, is_negated, wanted } => passes(path, wanted.as_deref(), node) != *is_negated,
            }
        });
        is_meant && down(rest, node, visit)
    };
    match &hop.name {
        None if hop.picks.is_empty() => step(node),
        None => items(node, &mut step),
        Some(name) => named(node, name, &mut step),
    }
}

fn passes(path: &Path, wanted: Option<&str>, node: Node<'_>) -> bool {
    path.every(node, &mut |found| match wanted {
        Some(text) => found.text() == text,
        None => !found.is_empty(),
    })
}

/// The items of an array or of rows; else the node itself.
pub fn items<'d>(node: Node<'d>, visit: &mut dyn FnMut(Node<'d>) -> bool) -> bool {
    match node.kind() {
        Kind::Array | Kind::Rows => node.children().any(visit),
        Kind::Element if node.parent().is_none() => node.children().any(visit),
        _ => visit(node),
    }
}

/// The children that a name means.
fn named<'d>(node: Node<'d>, name: &Name, visit: &mut dyn FnMut(Node<'d>) -> bool) -> bool {
    match node.kind() {
        Kind::Object => node.children().filter(|child| child.name() == &*name.text).any(|child| match child.kind() {
            Kind::Array => child.children().any(&mut *visit),
            _ => visit(child),
        }),
        Kind::Array => node.children().any(|item| named(item, name, visit)),
        Kind::Element => node.children().filter(|child| is_named(*child, name)).any(visit),
        Kind::Rows if &*name.text == "row" => node.children().any(visit),
        Kind::Rows => node.children().any(|row| named(row, name, visit)),
        Kind::Row => cell(node, name).is_some_and(visit),
        Kind::Envelope => {
            let is_loop = |node: &Node<'d>| node.kind() == Kind::Envelope;
            let envelopes = matches!(&*name.text, "interchange" | "group" | "transaction");
            node.children().any(|child| match is_loop(&child) {
                true if envelopes && child.name() == &*name.text => visit(child),
                true => named(child, name, visit),
                false => !envelopes && child.name() == &*name.text && visit(child),
            })
        }
        Kind::Segment | Kind::Part => {
            let is_it = |child: &Node<'d>| name.number.is_some() && child.name().parse().ok() == name.number;
            let found = node.children().any(|child| is_it(&child));
            // The first component of an element without components is the element.
            if !found && node.kind() == Kind::Part && name.number == Some(1) && !node.has_children() {
                return visit(node);
            }
            node.children().filter(is_it).any(visit)
        }
        Kind::Text | Kind::Number | Kind::Truth | Kind::Null | Kind::Attribute | Kind::Cell => false,
    }
}

fn is_named(node: Node<'_>, name: &Name) -> bool {
    let is_kind = (node.kind() == Kind::Attribute) == name.is_attribute;
    let local = name.text.rsplit_once(':').map_or(&*name.text, |(_, local)| local);
    is_kind
        && match (&name.space, name.text.contains(':')) {
            (Some(space), _) => node.namespace() == Some(space) && node.local_name() == local,
            (None, true) => node.name() == &*name.text,
            (None, false) => node.local_name() == local,
        }
}

/// A column by its name, else by its number.
fn cell<'d>(row: Node<'d>, name: &Name) -> Option<Node<'d>> {
    let by_name = row.children().find(|cell| cell.name() == &*name.text);
    by_name.or_else(|| row.children().nth((name.number? as usize).checked_sub(1)?))
}

impl Document {
    /// The first node of a path.
    #[must_use]
    pub fn first(&self, path: &Path) -> Option<Node<'_>> {
        path.first(self.root())
    }
}
