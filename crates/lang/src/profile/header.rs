//! The first line of a profile: `profile NAME ["Title"] extends hl7v2 [VERSION] [TYPE]` or `… extends NAME`.

use crate::{
    codes, suggest,
    syntax::{Cursor, Statement, TokenKind, Tree},
};
use hl7v2::{
    dictionary::{Dictionary, Version},
    validate::{
        Level,
        lines::{Base, Of},
    },
};
use message::Diagnostic;
use std::{ops::Range, sync::Arc};

/// What the line says.
pub(super) struct Header {
    pub(super) name: Arc<str>,
    pub(super) title: Arc<str>,
    pub(super) over: Over,
    pub(super) place: Range<usize>,
}

/// What a profile is over.
pub(super) enum Over {
    Standard(Base),
    Profile(Arc<str>, Range<usize>),
}

const HINT: &str =
    "write it like `profile adt-feed extends hl7v2 2.5.1 ADT { … }` or `profile ward extends adt-feed { … }`";

/// Longest name.
const NAME_CHARS_MAX: usize = 64;

pub(super) fn parse(tree: &Tree, statement: &Statement, found: &mut Vec<Diagnostic>) -> Option<Header> {
    let mut cursor = Cursor::new(tree, statement);
    cursor.take();
    let mut reader = Reader { tree, found };
    let place = cursor.here();
    let name = match cursor.text() {
        Some((name, _)) if &*name != "extends" => name.into_owned(),
        _ => return reader.fail("the profile has no name".to_owned(), place, HINT),
    };
    let is_name = name.len() <= NAME_CHARS_MAX
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' || byte == b'.');
    if !is_name || matches!(&*name, "strict" | "lenient" | "hl7v2") {
        let hint = "a name has letters, digits, `-`, `_` and `.`; strict, lenient and hl7v2 have a meaning already";
        return reader.fail(format!("`{name}` cannot be the name of a profile"), place, hint);
    }
    let title = match cursor.peek().filter(|token| token.kind.is_text()) {
        Some(_) => cursor.text().map(|(text, _)| text.into_owned()).unwrap_or_default(),
        None => String::new(),
    };
    if !cursor.eat("extends") {
        let hint = suggest::did_you_mean(cursor.peek_str(), ["extends"]).unwrap_or_else(|| HINT.to_owned());
        return reader.fail("`extends` is missing".to_owned(), cursor.here(), &hint);
    }
    let over = if cursor.eat("hl7v2") {
        Over::Standard(reader.base(&mut cursor)?)
    } else {
        let place = cursor.here();
        match cursor.text() {
            Some((parent, _)) => Over::Profile(Arc::from(&*parent), place),
            None => return reader.fail("what it extends is missing".to_owned(), place, HINT),
        }
    };
    if !cursor.is_done() {
        return reader.fail("the line should end here".to_owned(), cursor.rest_span(), HINT);
    }
    Some(Header { name: name.into(), title: title.into(), over, place })
}

struct Reader<'a> {
    tree: &'a Tree,
    found: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn fail<T>(&mut self, what: String, place: Range<usize>, hint: &str) -> Option<T> {
        self.found.push(Diagnostic::error(codes::E2500, what).at(&self.tree.file, place, "").hint(hint));
        None
    }

    /// `[VERSION|[…]] [TYPE|[…]]`.
    fn base(&mut self, cursor: &mut Cursor<'_>) -> Option<Base> {
        let mut base = Base { versions: Vec::new(), of: Vec::new(), level: Some(Level::Lenient) };
        while !cursor.is_done() {
            for (text, place) in self.one_or_list(cursor)? {
                if text.starts_with(|first: char| first.is_ascii_digit()) {
                    match Version::parse(&text) {
                        Some(version) if base.of.is_empty() => base.versions.push(version),
                        Some(_) => return self.fail("the version stands before the type".to_owned(), place, HINT),
                        None => {
                            let all: Vec<&str> = Version::ALL.iter().map(|version| version.as_str()).collect();
                            let hint = format!("versions are {}", all.join(", "));
                            return self.fail(format!("there is no version {text}"), place, &hint);
                        }
                    }
                } else {
                    let of = self.of(&text, &base, place)?;
                    base.of.push(of);
                }
            }
        }
        Some(base)
    }

    fn one_or_list(&mut self, cursor: &mut Cursor<'_>) -> Option<Vec<(String, Range<usize>)>> {
        let place = cursor.here();
        if cursor.eat_kind(TokenKind::OpenBracket).is_none() {
            let Some((text, _)) = cursor.text() else {
                return self.fail("a version or a message type is expected".to_owned(), place, HINT);
            };
            return Some(vec![(text.into_owned(), place)]);
        }
        let mut list = Vec::new();
        while cursor.eat_kind(TokenKind::CloseBracket).is_none() {
            let place = cursor.here();
            let Some((text, _)) = cursor.text() else {
                return self.fail("`]` is missing".to_owned(), place, HINT);
            };
            list.push((text.into_owned(), place));
            cursor.eat_kind(TokenKind::Comma);
        }
        Some(list)
    }

    /// A type or a structure of one of the versions.
    fn of(&mut self, text: &str, base: &Base, place: Range<usize>) -> Option<Of> {
        let dictionaries = base.dictionaries();
        let has = |name: &str| dictionaries.iter().any(|dictionary| dictionary.structure(name).is_some());
        let is_type = |kind: &str| {
            dictionaries.iter().any(|dictionary| {
                dictionary.structures().any(|structure| structure.id().split('_').next() == Some(kind))
            })
        };
        if text.contains('_') || text.contains('^') {
            if has(text) || text.starts_with('Z') {
                return Some(Of::Structure(text.into()));
            }
            let (kind, event) = text.split_once(['_', '^']).unwrap_or((text, ""));
            let derived = dictionaries.iter().find_map(|dictionary| dictionary.structure_of(kind, event));
            let hint = match derived {
                Some(structure) => format!("{kind}^{event} has the structure {structure}: write `{structure}`"),
                None => similar(&dictionaries, text),
            };
            return self.fail(format!("there is no message structure {text}"), place, &hint);
        }
        // `ACK` is both; as a type it takes in the same messages.
        if is_type(text) || text.starts_with('Z') {
            return Some(Of::Type(text.into()));
        }
        let hint = similar(&dictionaries, text);
        self.fail(format!("there is no message type {text}"), place, &hint)
    }
}

fn similar(dictionaries: &[Dictionary], text: &str) -> String {
    let structures: Vec<&str> = dictionaries.iter().flat_map(|one| one.structures().map(|of| of.id())).collect();
    let types = structures.iter().filter_map(|id| id.split('_').next());
    let known: Vec<&str> = if text.contains('_') { structures.clone() } else { types.collect() };
    suggest::did_you_mean(text, known).unwrap_or_else(|| "`sinew dict` lists types and structures".to_owned())
}
