//! From a word to a path, with "did you mean" for what people write instead.

use super::ReadPath;
use crate::{
    codes,
    scope::{Bound, Scope},
    suggest,
};
use hl7v2::{
    Path,
    path::{Index, Member},
};
use message::Diagnostic;

/// Words that stand for a path.
pub(crate) const SHORTHANDS: [(&str, &str); 8] = [
    ("event", "MSH-9.2"),
    ("type", "MSH-9.1"),
    ("facility", "MSH-4.1"),
    ("application", "MSH-3.1"),
    ("version", "MSH-12.1"),
    ("patient", "PID-3.1"),
    ("visit", "PV1-19.1"),
    ("now", ""),
];

/// What a word turned out to be.
#[derive(Debug)]
pub(crate) enum Found {
    /// A path, and what is odd about it.
    Path(ReadPath, Vec<Diagnostic>),
    /// Not a path and not meant as one.
    Nothing,
    /// Meant as a path, but wrong.
    Wrong(Diagnostic),
    /// A path of elements that is wrong in this part of its text.
    WrongPart(Diagnostic, std::ops::Range<usize>),
}

/// Three characters of a segment id: `PID`, `ZPD`, `NK1`.
pub(crate) fn is_segment_shape(text: &str) -> bool {
    text.len() == 3
        && text.starts_with(|letter: char| letter.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// The characters before the first `.`, `-` or `[`.
pub(crate) fn bound_name(text: &str) -> &str {
    text.split(['.', '-', '[']).next().unwrap_or("")
}

/// Begins like a v2 path, so that it is surely meant as one: a segment id and `-`, `.` or `[`, in any case, or a known
/// segment id with digits behind it.
pub(crate) fn looks_like_path(text: &str, scope: &Scope<'_>) -> bool {
    if scope.reads_fhir {
        return crate::map::from_fhir::path::looks_like_path(text, scope);
    }
    if scope.form.is_some() {
        return crate::place::looks_like_path(text, scope);
    }
    let Some(head) = text.get(..3) else { return false };
    let upper = head.to_ascii_uppercase();
    let next = text.as_bytes().get(3).copied();
    if !is_segment_shape(&upper) {
        return false;
    }
    let is_known = scope.dictionary.has_segment(&upper) || upper.starts_with('Z');
    let has_number = text.get(4..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    match next {
        Some(b'-' | b'.') if has_number => is_known || head == upper,
        Some(b'[') => head == upper,
        Some(byte) if byte.is_ascii_digit() => {
            is_known && head == upper && text[3..].bytes().all(|b| b.is_ascii_digit() || b == b'.')
        }
        _ => false,
    }
}

/// Reads a word as a path: shorthand, bound name or v2 path.
pub(crate) fn resolve(text: &str, scope: &Scope<'_>) -> Found {
    if scope.reads_fhir {
        return crate::map::from_fhir::path::resolve(text, scope);
    }
    if scope.form.is_some() {
        return crate::place::resolve(text, scope);
    }
    if let Some(binding) = scope.bound(bound_name(text)) {
        let (slot, bound, name) = (binding.slot, binding.bound, binding.name.clone());
        return match resolve_member(text, &name, bound) {
            Ok(member) => Found::Path(ReadPath::Bound { slot, member }, Vec::new()),
            Err(finding) => Found::Wrong(*finding),
        };
    }
    if let Some((_, path)) = SHORTHANDS.iter().find(|(word, _)| *word == text) {
        return match Path::parse(path) {
            Ok(path) => Found::Path(ReadPath::Message(path), Vec::new()),
            Err(_) => Found::Path(ReadPath::Now, Vec::new()),
        };
    }
    if looks_like_path(text, scope) || is_group_path(text) {
        return match parse_v2(text, scope) {
            Ok(path) if path.is_target_only() => Found::Wrong(
                Diagnostic::error(codes::E2104, "`[+]` makes a new one, so it can only be written to")
                    .hint("to read, write `[1]`, `[*]` or `[.5=MR]`"),
            ),
            Ok(path) => {
                let odd = check_path(&path, scope);
                Found::Path(scope.place(path), odd)
            }
            Err(finding) => Found::Wrong(*finding),
        };
    }
    Found::Nothing
}

/// `ORDER_OBSERVATION[2].OBX-5`; with a group that the standard knows also `ORDER_OBSERVATION.OBX`.
fn is_group_path(text: &str) -> bool {
    text.contains('.') && text.starts_with(|c: char| c.is_ascii_uppercase()) && {
        let head = bound_name(text);
        head.len() > 3
            && head.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
            && (text.split('.').any(|part| {
                part.get(..3).is_some_and(is_segment_shape)
                    && part.get(3..4).is_some_and(|sign| sign == "-" || sign == "[")
            }) || text.rsplit('.').next().is_some_and(is_segment_shape)
                && Path::parse(text).is_ok_and(|path| path.check_evaluable().is_ok()))
    }
}

/// Reads a v2 path in the one spelling that the language takes.
pub(crate) fn parse_v2(text: &str, scope: &Scope<'_>) -> Result<Path, Box<Diagnostic>> {
    let wrong = |what: String| Diagnostic::error(codes::E2101, what);
    match Path::parse_with_hint(text) {
        Ok((path, _)) if !path.groups.is_empty() && path.check_evaluable().is_err() => {
            let text = path.check_evaluable().err().map(|error| error.diagnostic().message).unwrap_or_default();
            let hint = format!("name the segment itself: `{}`", without_groups(&path));
            Err(Diagnostic::error(codes::E2110, text).hint(hint).into())
        }
        Ok((path, Some(_))) => {
            let finding = wrong(format!("`{text}` is not how a path is written"));
            Err(finding.hint(format!("did you mean `{path}`?")).into())
        }
        Ok((path, None)) => Ok(path),
        Err(error) => {
            let mut finding = wrong(format!("`{text}` is not a path: {}", plain(&error)));
            finding.hint = repair(text, scope).map(|path| format!("did you mean `{path}`?")).or_else(|| match &error {
                hl7v2::Error::InvalidPath { hint, .. } => hint.clone(),
                _ => None,
            });
            Err(finding.into())
        }
    }
}

fn without_groups(path: &Path) -> Path {
    Path { groups: Vec::new(), ..path.clone() }
}

fn plain(error: &hl7v2::Error) -> String {
    match error {
        hl7v2::Error::InvalidPath { text, .. } => text.to_string(),
        other => other.to_string(),
    }
}

/// What was probably meant: capitals, and a dash between segment and field.
fn repair(text: &str, scope: &Scope<'_>) -> Option<Path> {
    let upper = format!("{}{}", text.get(..3)?.to_ascii_uppercase(), text.get(3..)?);
    let dashed = format!("{}-{}", upper.get(..3)?, upper.get(3..)?.trim_start_matches(['.', '-']));
    [upper, dashed]
        .iter()
        .filter_map(|candidate| Path::parse(candidate).ok())
        .find(|path| scope.dictionary.has_segment(path.segment_name()) || path.segment_name().starts_with('Z'))
}

/// What is odd about a path that is well written: a segment that the standard does not know, a field it does not have.
pub(crate) fn check_path(path: &Path, scope: &Scope<'_>) -> Vec<Diagnostic> {
    let id = path.segment_name();
    if id.starts_with('Z') {
        return Vec::new();
    }
    if !scope.dictionary.has_segment(id) {
        let mut finding = Diagnostic::warning(codes::E2102, format!("the standard has no segment `{id}`"));
        finding.hint = Some(match scope.dictionary.nearest_segment(id) {
            Some(near) => format!("did you mean `{near}`? A segment of your own begins with Z"),
            None => "a segment of your own begins with Z".to_owned(),
        });
        return vec![finding];
    }
    match (&path.member.field, scope.dictionary.field_count(id)) {
        (Some((field, _)), Some(count)) if *field > count => {
            vec![Diagnostic::warning(codes::E2111, format!("`{id}` has {count} fields, not {field}"))]
        }
        _ => Vec::new(),
    }
}

/// The part behind a bound name: `id.5` of a repetition, `obx-5` of a segment.
fn resolve_member(text: &str, name: &str, bound: Bound) -> Result<Member, Box<Diagnostic>> {
    let rest = text.get(name.len()..).unwrap_or("");
    let wrong = |hint: String| {
        let what = format!("`{text}` does not fit what `{name}` stands for");
        Box::new(Diagnostic::error(codes::E2101, what).hint(hint))
    };
    match (bound, rest.as_bytes().first()) {
        (_, None) => Ok(Member::default()),
        (Bound::Segment(_), Some(b'-')) | (Bound::Repetition(..) | Bound::Datatype(_), Some(b'.')) => {
            let member = Member::parse(rest).map_err(|error| {
                Diagnostic::error(codes::E2101, format!("`{text}` is not a path: {}", plain(&error)))
            })?;
            if matches!(member.field, Some((_, Index::Append))) {
                let what = "`[+]` makes a new one, so it can only be written to";
                return Err(Diagnostic::error(codes::E2104, what).into());
            }
            Ok(member)
        }
        (Bound::Segment(_), _) => {
            Err(wrong(format!("`{name}` is a segment: its fields are written `{name}-5`, `{name}-5.1`")))
        }
        (Bound::Group(_) | Bound::Element(_) | Bound::Place(_), _) => {
            Err(wrong(format!("`{name}` is a group: inside its block write the segment itself, such as `OBR-4`")))
        }
        (Bound::Repetition(..) | Bound::Datatype(_), _) => {
            Err(wrong(format!("`{name}` is one repetition: its components are written `{name}.5`")))
        }
    }
}

/// A word that stands where a path is needed and is none.
pub(crate) fn not_a_path(text: &str, scope: &Scope<'_>) -> Diagnostic {
    let head = bound_name(text);
    if head.len() < text.len() && text[head.len()..].starts_with('.') && head.starts_with(|c: char| c.is_lowercase()) {
        let what = format!("`{text}` is no path of a v2 message and no name bound by `each … as`");
        let mut finding = Diagnostic::error(codes::E2106, what);
        let names = scope.names.iter().map(|binding| &*binding.name);
        finding.hint = suggest::did_you_mean(head, names)
            .or_else(|| Some("a v2 path is written like `PID-5.1`; put a text between quotes".to_owned()));
        return finding;
    }
    let mut finding = Diagnostic::error(codes::E2105, format!("`{text}` is not a path"));
    let words = SHORTHANDS.iter().map(|(word, _)| *word).chain(scope.names.iter().map(|binding| &*binding.name));
    finding.hint = repair(text, scope)
        .map(|path| format!("did you mean `{path}`?"))
        .or_else(|| suggest::did_you_mean(text, words))
        .or_else(|| Some("a path is written like `PID-5.1`".to_owned()));
    finding
}
