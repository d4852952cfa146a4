//! Paths that scripts ask for, read once a thread: the same words as in a line.

use crate::{
    path::{Found, ReadPath, SHORTHANDS, is_segment_shape, looks_like_path, parse_v2, resolve},
    scope::Scope,
    table::Tables,
};
use ::script::{Refusal, codes};
use hl7v2::{
    Path,
    path::{Index, Member},
};
use std::{cell::RefCell, collections::HashMap, rc::Rc, sync::LazyLock};

/// Paths that a thread remembers; a script may make them of anything.
const KNOWN_MAX: usize = 4096;
static NO_TABLES: LazyLock<Tables> = LazyLock::new(Tables::default);

type Known<T> = RefCell<HashMap<String, Rc<T>>>;

thread_local! {
    static PATHS: Known<Path> = RefCell::new(HashMap::new());
    static MEMBERS: Known<Member> = RefCell::new(HashMap::new());
}

fn remember<T>(
    known: &'static std::thread::LocalKey<Known<T>>,
    text: &str,
    read: impl FnOnce() -> Result<T, Refusal>,
) -> Result<Rc<T>, Refusal> {
    if let Some(found) = known.with_borrow(|known| known.get(text).cloned()) {
        return Ok(found);
    }
    let found = Rc::new(read()?);
    known.with_borrow_mut(|known| {
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(text.to_owned(), found.clone());
    });
    Ok(found)
}

/// A path of the message; a segment too: `PID-5.1`, `OBX[2]`, `event`.
pub(super) fn of_message(text: &str) -> Result<Rc<Path>, Refusal> {
    remember(&PATHS, text, || read(text))
}

fn read(text: &str) -> Result<Path, Refusal> {
    let scope = Scope::new(&NO_TABLES);
    let wrong = |what: &str| Refusal::new(codes::E1446, what, text);
    if let Some((_, path)) = SHORTHANDS.iter().find(|(word, path)| *word == text && !path.is_empty()) {
        return Path::parse(path).map_err(|_| wrong("this is no path"));
    }
    if is_segment_shape(text.split('[').next().unwrap_or("")) || looks_like_path(text, &scope) {
        // What may only be written to is a path here too: who asks knows what for.
        return parse_v2(text, &scope).map_err(|finding| told(&finding, text));
    }
    match resolve(text, &scope) {
        Found::Path(ReadPath::Message(path), _) => Ok(path),
        Found::Wrong(finding) | Found::WrongPart(finding, _) => Err(told(&finding, text)),
        Found::Path(..) | Found::Nothing => Err(wrong("this is no path; one is written like `PID-5.1`")),
    }
}

/// The sentence of a finding without what was asked for, which may be of the message; its hint is left out for the same
/// reason where it has the path in it.
fn told(finding: &message::Diagnostic, text: &str) -> Refusal {
    let what = finding.message.replace(&format!("`{text}`"), "this");
    let is_clean = !what.contains(text);
    Refusal::new(codes::E1446, if is_clean { what.as_str() } else { "this is no path" }, text)
}

/// A place within a segment: `5.1`, `5[2].1`, or with the segment's own id, `OBX-5.1`.
pub(super) fn of_segment(id: [u8; 3], text: &str) -> Result<Rc<Member>, Refusal> {
    let prefix = text.get(..4).filter(|prefix| prefix.as_bytes() == [id[0], id[1], id[2], b'-']);
    let inner = prefix.map_or(text, |_| text.get(4..).unwrap_or(""));
    remember(&MEMBERS, inner, || {
        let starts_well = inner.starts_with(|letter: char| letter.is_ascii_digit());
        let member = if starts_well { Member::parse(&format!("-{inner}")).ok() } else { None };
        member.ok_or_else(|| {
            Refusal::new(codes::E1446, "this is no place in a segment; one is written like `5.1` or `5[2].1`", text)
        })
    })
}

/// A segment by its id: `OBX`.
pub(super) fn id(text: &str) -> Result<[u8; 3], Refusal> {
    match text.as_bytes() {
        [a, b, c] if is_segment_shape(text) => Ok([*a, *b, *c]),
        _ => Err(Refusal::new(codes::E1446, "a segment is three capitals or digits, such as `OBX`", text)),
    }
}

/// The path of a place within a segment.
pub(super) fn inside(segment: [u8; 3], occurrence: u16, member: &Member) -> Path {
    Path { groups: Vec::new(), segment, occurrence: Index::At(occurrence), member: member.clone() }
}
