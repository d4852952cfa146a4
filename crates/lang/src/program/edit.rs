//! Removing, inserting, translating, copying.

use super::{
    action::{Action, Kind, Missing, Stage, spots},
    write,
};
use crate::{
    codes,
    item::Atom,
    path::{Target, atom},
    run::{Fault, Run, Site},
    table::Table,
    value::{Content, level_of},
    view::View,
};
use hl7v2::{Path, Place, Value, path::Index};
use message::Diagnostic;
use std::sync::Arc;

fn path_now(target: &Target, stage: &Stage<'_, '_>) -> Path {
    stage.source.as_ref().map_or_else(|| target.path.clone(), |view| target.now(view))
}

/// `remove PATH`: every segment or repetition that the path can name. Nothing there is nothing to do.
pub(super) fn remove(target: &Target, stage: &mut Stage<'_, '_>, site: &Site, run: &mut Run) -> Result<(), Fault> {
    site.burn(run, stage.edit_fuel)?;
    let path = path_now(target, stage);
    let is_turn = target.occurrence_of.is_some() || target.repetition_of.is_some();
    if is_turn && path.member.component.is_none() {
        let repetition = match &path.member.field {
            None => Some(0),
            Some((_, Index::At(number))) => Some(*number),
            Some(_) => None,
        };
        if let (Some(repetition), Index::At(occurrence)) = (repetition, &path.occurrence) {
            stage.doomed.push((*occurrence, repetition, path));
            return Ok(());
        }
    }
    match stage.target.delete(&path) {
        Ok(_) => Ok(()),
        Err(error) => Err(write::refused(&error, &path, site)),
    }
}

/// `insert SEGMENT after ANCHOR { … }`. Without the anchor nothing is inserted, and a note says so.
pub(super) fn insert(
    segment: [u8; 3],
    is_after: bool,
    anchor: &Target,
    lines: &[Action],
    stage: &mut Stage<'_, '_>,
    site: &Site,
    run: &mut Run,
) -> Result<(), Fault> {
    site.burn(run, stage.edit_fuel)?;
    let anchor = path_now(anchor, stage);
    let id = String::from_utf8_lossy(&segment).into_owned();
    let raw = format!("{id}{}", char::from(stage.target.delimiters().field));
    let before = stage.target.segments_named(segment).count();
    let Some(number) = number_inserted(segment, is_after, &anchor, stage) else {
        let what = format!("{id} was not inserted: the message has no {anchor}");
        run.note(Diagnostic::warning(codes::E2406, what).at(&site.file, site.span(), ""));
        return Ok(());
    };
    let place = if is_after { Place::After(&anchor) } else { Place::Before(&anchor) };
    let result = stage.target.insert_segment(place, Value::Raw(raw.as_bytes()));
    result.map_err(|error| write::refused(&error, &anchor, site))?;
    let number = number.min(u16::try_from(before + 1).unwrap_or(u16::MAX));
    for line in lines {
        site.burn(run, stage.edit_fuel)?;
        let Kind::Assign { target, value } = &line.kind else { continue };
        let mut path = target.path.clone();
        path.occurrence = Index::At(number);
        write::resolve_append(&mut path, stage.target, &mut stage.made, stage.base);
        match &stage.source {
            Some(view) => {
                if line.when.as_ref().map_or(Ok(true), |when| when.holds(view, run))? {
                    let content = write::Written::of(value.content(view, level_of(&path), run)?);
                    write::put(stage.target, &path, &content, false, &line.site)?;
                }
            }
            None => {
                let view = View::new(stage.target);
                if line.when.as_ref().map_or(Ok(true), |when| when.holds(&view, run))? {
                    let content = write::Owned::of(value.content(&view, level_of(&path), run)?);
                    write::put(stage.target, &path, &content.written(), false, &line.site)?;
                }
            }
        }
    }
    Ok(())
}

/// Which of the segments of its id the inserted one will be; `None` without the anchor.
fn number_inserted(segment: [u8; 3], is_after: bool, anchor: &Path, stage: &Stage<'_, '_>) -> Option<u16> {
    let mut before: u16 = 1;
    let mut anchors: usize = 0;
    let mut answer = None;
    for element in stage.target.segments() {
        let is_anchor = element.id().as_bytes() == anchor.segment && {
            anchors += 1;
            !matches!(anchor.occurrence, Index::At(wanted) if usize::from(wanted) != anchors)
        };
        if is_anchor && !is_after {
            return Some(before);
        }
        if element.id().as_bytes() == segment {
            before = before.saturating_add(1);
        }
        if is_anchor {
            answer = Some(before);
        }
    }
    answer
}

/// `translate PATH with TABLE`: every value that the path can name.
pub(super) fn translate(
    target: &Target,
    table: &Arc<Table>,
    missing: &Missing,
    stage: &mut Stage<'_, '_>,
    site: &Site,
    run: &mut Run,
) -> Result<(), Fault> {
    let path = path_now(target, stage);
    let mut edits: Vec<(u16, u16, Content<'_>)> = Vec::new();
    for spot in spots(stage.target, path.segment, &path.occurrence, &path.member) {
        site.burn(run, 2)?;
        let Some(element) = spot.element.inner(&path.member) else { continue };
        let Atom::Text(code) = atom(element) else { continue };
        let to = match (table.row(&code), missing) {
            (Some(row), _) => Atom::text(row.to().to_owned()),
            (None, Missing::Keep) => continue,
            (None, Missing::Null) => Atom::Null,
            (None, Missing::Default(code)) => Atom::text(code.to_string()),
            (None, Missing::Error) => {
                let what = format!("{path}: the code is not in table `{}`, which has no default row", table.name());
                return Err(site.fault(codes::E2401, what));
            }
        };
        edits.push((spot.occurrence, spot.repetition, Content::Atom(to)));
    }
    for (occurrence, repetition, content) in edits {
        site.burn(run, stage.edit_fuel)?;
        let mut exact = path.clone();
        exact.occurrence = Index::At(occurrence);
        if let Some((_, index)) = &mut exact.member.field {
            *index = Index::At(repetition.max(1));
        }
        write::put(stage.target, &exact, &write::Written::of(content), false, site)?;
    }
    Ok(())
}

/// `copy SEGMENT …`: the segments of these ids, in the order of the source, to the end of the target.
pub(super) fn copy(segments: &[[u8; 3]], stage: &mut Stage<'_, '_>, site: &Site, run: &mut Run) -> Result<(), Fault> {
    let Some(view) = &stage.source else { return Ok(()) };
    for element in view.message.segments() {
        if !segments.iter().any(|id| element.id().as_bytes() == id) {
            continue;
        }
        site.burn(run, stage.edit_fuel + (element.raw().len() / 64) as u64)?;
        let result = stage.target.insert_segment(Place::End, Value::Element(element));
        result.map_err(|error| write::refused(&error, &Path::field(b"MSH", 1), site))?;
    }
    Ok(())
}
