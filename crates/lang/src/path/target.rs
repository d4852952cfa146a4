//! Paths to write to.

use super::{check_path, is_segment_shape, parse_v2};
use crate::{
    codes,
    scope::{Bound, Scope},
    syntax::Cursor,
    view::View,
};
use hl7v2::{
    Path,
    path::{Index, Member},
};
use message::Diagnostic;

/// A place to write to. What it does not say itself, the turns of the `each` around it say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) path: Path,
    /// The turn that says which segment.
    pub(crate) occurrence_of: Option<usize>,
    /// The turn that says which repetition.
    pub(crate) repetition_of: Option<usize>,
}

impl Target {
    /// A path as it stands.
    pub(crate) fn plain(path: Path) -> Target {
        Target { path, occurrence_of: None, repetition_of: None }
    }

    /// A path under the names bound around it: without an index of its own it means the segment, and the repetition,
    /// of the innermost `each` that goes over the same.
    pub(crate) fn within(path: Path, scope: &Scope<'_>) -> Target {
        let mut target = Target::plain(path);
        if target.path.occurrence != Index::Unsaid {
            return target;
        }
        for binding in scope.names.iter().rev() {
            match binding.bound {
                Bound::Segment(id) if id == target.path.segment => {
                    target.occurrence_of = Some(binding.slot);
                    break;
                }
                Bound::Repetition(id, field) if id == target.path.segment => {
                    target.occurrence_of = target.occurrence_of.or(Some(binding.slot));
                    if matches!(target.path.member.field, Some((number, Index::Unsaid)) if number == field) {
                        target.repetition_of = target.repetition_of.or(Some(binding.slot));
                    }
                }
                Bound::Segment(_)
                | Bound::Repetition(..)
                | Bound::Group(_)
                | Bound::Datatype(_)
                | Bound::Element(_)
                | Bound::Place(_) => {}
            }
        }
        target
    }

    /// The path of this turn. Costs no allocation unless the path has a filter.
    pub(crate) fn now(&self, view: &View<'_>) -> Path {
        let mut path = self.path.clone();
        if let Some(turn) = self.occurrence_of.and_then(|slot| view.turn(slot)) {
            path.occurrence = Index::At(turn.occurrence.max(1));
        }
        if let Some(turn) = self.repetition_of.and_then(|slot| view.turn(slot))
            && let Some((_, index)) = &mut path.member.field
        {
            *index = Index::At(turn.repetition.max(1));
        }
        path
    }

    /// The target names a field without saying more: it takes lists and copies of whole fields.
    pub(crate) fn is_field(&self) -> bool {
        self.repetition_of.is_none()
            && matches!(self.path.member, Member { field: Some((_, Index::Unsaid)), component: None, .. })
    }
}

/// Reads the path of a target: `PID-5.1`, `OBX[*]-8`, `PID-3[+].1`; with `may_be_segment` also `NK1`.
pub(crate) fn parse_target(
    cursor: &mut Cursor<'_>,
    scope: &Scope<'_>,
    may_be_segment: bool,
    found: &mut Vec<Diagnostic>,
) -> Option<Path> {
    let file = &cursor.tree().file.clone();
    let place = cursor.here();
    let Some(token) = cursor.peek().filter(|token| token.kind.is_bare()) else {
        let finding = Diagnostic::error(codes::E2105, "a path is missing").at(file, place, "here");
        found.push(finding.hint("a path is written like `PID-5.1`"));
        return None;
    };
    let text = cursor.tree().slice(token);
    cursor.take();
    let (text, is_shorthand) = match super::SHORTHANDS.iter().find(|(word, path)| *word == text && !path.is_empty()) {
        Some((_, path)) => (*path, true),
        None => (text, false),
    };
    let bare = text.split('[').next().unwrap_or("");
    if !is_shorthand && !super::looks_like_path(text, scope) && !(is_segment_shape(bare)) {
        found.push(super::not_a_path(text, scope).at(file, place, ""));
        return None;
    }
    let path = match parse_v2(text, scope) {
        Ok(path) => path,
        Err(finding) => {
            found.push(finding.at(file, place, ""));
            return None;
        }
    };
    if path.is_segment() && !may_be_segment {
        let finding = Diagnostic::error(codes::E2105, format!("`{text}` is a whole segment; a field is needed here"));
        found.push(finding.at(file, place, "").hint(format!("write it like `{text}-1`")));
        return None;
    }
    if is_delimiter(&path) {
        let finding = Diagnostic::error(codes::E2103, "MSH-1 and MSH-2 declare the separators and cannot be changed");
        found.push(finding.at(file, place, "").hint("every value of the message depends on them"));
        return None;
    }
    found.extend(check_path(&path, scope).into_iter().map(|finding| finding.at(file, place.clone(), "")));
    Some(path)
}

/// MSH-1, MSH-2 and the same of FHS and BHS.
fn is_delimiter(path: &Path) -> bool {
    matches!(&path.segment, b"MSH" | b"FHS" | b"BHS") && matches!(path.member.field, Some((1 | 2, _)))
}
