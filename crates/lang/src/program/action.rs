//! What lines of programs and maps do when they run.

use super::{
    edit,
    version::{self, Crossing},
    write,
};
use crate::{
    condition::Condition,
    path::{ReadPath, Target, is_named},
    run::{Fault, Run, Site},
    table::Table,
    value::Value,
    view::{Turn, View},
};
use hl7v2::{
    Element, Message, Path,
    path::{Index, Member},
};
use std::sync::Arc;

/// A compiled line.
#[derive(Debug)]
pub(crate) struct Action {
    pub(crate) kind: Kind,
    pub(crate) when: Option<Condition>,
    pub(crate) site: Site,
}

#[derive(Debug)]
pub(crate) enum Kind {
    /// `PATH = VALUE`
    Assign { target: Target, value: Value },
    /// `remove PATH`
    Remove { target: Target },
    /// `insert SEGMENT after ANCHOR { … }`
    Insert { segment: [u8; 3], is_after: bool, anchor: Target, lines: Vec<Action> },
    /// `translate PATH with TABLE missing …`
    Translate { target: Target, table: Arc<Table>, missing: Missing },
    /// `translate version FROM to TO`
    Cross(Crossing),
    /// `each PATH as NAME { … }`
    Each { over: ReadPath, slot: usize, body: Vec<Action> },
    /// `when COND { … }`
    Block { body: Vec<Action> },
    /// `copy SEGMENT …`
    Copy { segments: Vec<[u8; 3]> },
}

/// What `translate` does with a code that the table does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// The run ends.
    Error,
    /// The code stays.
    Keep,
    /// It becomes `""`.
    Null,
    /// It becomes this.
    Default(Arc<str>),
}

/// The message that is written, and what is read.
pub(crate) struct Stage<'s, 't> {
    pub(crate) target: &'t mut Message,
    /// What values are read from; `None`: from the target itself.
    pub(crate) source: Option<View<'s>>,
    /// Segments that are not there are made.
    pub(crate) makes_segments: bool,
    /// The targets of turns are counted, because the target does not hold what the source holds.
    pub(crate) counts_turns: bool,
    /// What `[+]` made in this turn, and in the turns around it below `base`.
    pub(crate) made: Vec<write::Made>,
    pub(crate) base: usize,
    /// Segments and repetitions that turns of an `each` remove: done at the end, so that numbers stay what they are.
    pub(crate) doomed: Vec<(u16, u16, Path)>,
    /// Fuel of one edit: an edit moves the bytes behind it.
    pub(crate) edit_fuel: u64,
}

/// Bytes that cost one unit of fuel to move: measured, a memory move of 8 KiB costs about as much as a test.
const MOVED_BYTES_PER_FUEL: usize = 8192;

impl<'s, 't> Stage<'s, 't> {
    pub(crate) fn in_place(target: &'t mut Message) -> Stage<'s, 't> {
        let edit_fuel = 1 + (target.write().len() / MOVED_BYTES_PER_FUEL) as u64;
        Stage {
            target,
            source: None,
            makes_segments: false,
            counts_turns: false,
            made: Vec::new(),
            base: 0,
            doomed: Vec::new(),
            edit_fuel,
        }
    }

    /// Reads from `source`, writes to `target`.
    pub(crate) fn from(source: &'s Message, target: &'t mut Message, starts_empty: bool) -> Stage<'s, 't> {
        let edit_fuel = 1 + (source.write().len() / MOVED_BYTES_PER_FUEL) as u64;
        Stage {
            source: Some(View::new(source)),
            makes_segments: starts_empty,
            counts_turns: starts_empty,
            edit_fuel,
            ..Stage::in_place(target)
        }
    }

    /// Removes what the turns of an `each` asked to remove, from the end to the start.
    pub(crate) fn settle(&mut self, site: &Site, run: &mut Run) -> Result<(), Fault> {
        let mut doomed = std::mem::take(&mut self.doomed);
        doomed.sort_by_key(|(occurrence, repetition, _)| std::cmp::Reverse((*occurrence, *repetition)));
        doomed.dedup();
        for (_, _, path) in doomed {
            site.burn(run, self.edit_fuel)?;
            self.target.delete(&path).map_err(|error| write::refused(&error, &path, site))?;
        }
        Ok(())
    }

    /// The condition of a line holds, or it has none.
    fn is_wanted(&self, when: Option<&Condition>, run: &mut Run) -> Result<bool, Fault> {
        match (when, &self.source) {
            (None, _) => Ok(true),
            (Some(condition), Some(view)) => condition.holds(view, run),
            (Some(condition), None) => condition.holds(&View::new(self.target), run),
        }
    }

    /// Runs `body` with its own memory of what `[+]` made.
    fn turn(&mut self, body: &[Action], run: &mut Run) -> Result<(), Fault> {
        let base = std::mem::replace(&mut self.base, self.made.len());
        let result = perform(body, self, run);
        self.made.truncate(self.base);
        self.base = base;
        result
    }
}

/// Runs lines in their order.
pub(crate) fn perform(actions: &[Action], stage: &mut Stage<'_, '_>, run: &mut Run) -> Result<(), Fault> {
    let is_in_place = stage.source.is_none();
    for action in actions {
        action.site.burn(run, 1)?;
        if is_in_place {
            // Each line of a program appends for itself; the lines of a turn of a map append together.
            stage.made.clear();
        }
        let each = matches!(action.kind, Kind::Each { .. });
        if !each && !stage.is_wanted(action.when.as_ref(), run)? {
            continue;
        }
        match &action.kind {
            Kind::Assign { target, value } => write::assign(target, value, stage, &action.site, run)?,
            Kind::Remove { target } => edit::remove(target, stage, &action.site, run)?,
            Kind::Insert { segment, is_after, anchor, lines } => {
                edit::insert(*segment, *is_after, anchor, lines, stage, &action.site, run)?;
            }
            Kind::Translate { target, table, missing } => {
                edit::translate(target, table, missing, stage, &action.site, run)?;
            }
            Kind::Cross(crossing) => version::cross(*crossing, stage, &action.site, run)?,
            Kind::Each { over, slot, body } => {
                each_turn(over, *slot, action.when.as_ref(), body, stage, &action.site, run)?;
            }
            Kind::Block { body } => perform(body, stage, run)?,
            Kind::Copy { segments } => edit::copy(segments, stage, &action.site, run)?,
        }
    }
    Ok(())
}

/// A place that a path names, with its numbers.
#[derive(Clone, Copy)]
pub(crate) struct Spot<'m> {
    pub(crate) element: Element<'m>,
    pub(crate) occurrence: u16,
    /// 0 for a whole segment.
    pub(crate) repetition: u16,
}

/// Every segment or repetition that a path names, empty fields left out.
pub(crate) fn spots<'m>(message: &'m Message, segment: [u8; 3], occurrence: &Index, member: &Member) -> Vec<Spot<'m>> {
    let mut out = Vec::new();
    for (at, element) in message.segments_named(segment).enumerate().take(usize::from(u16::MAX)) {
        if matches!(occurrence, Index::At(wanted) if usize::from(*wanted) != at + 1) {
            continue;
        }
        let number = u16::try_from(at + 1).unwrap_or(u16::MAX);
        inside(element, member, number, &mut out);
    }
    out
}

/// The repetitions inside one segment; the element itself for a member without a field.
fn inside<'m>(element: Element<'m>, member: &Member, occurrence: u16, out: &mut Vec<Spot<'m>>) {
    let Some((field, index)) = &member.field else {
        out.push(Spot { element, occurrence, repetition: 0 });
        return;
    };
    let Some(field) = element.field(*field).filter(|field| !field.is_empty()) else { return };
    for (at, repetition) in field.parts().enumerate().take(usize::from(u16::MAX)) {
        if is_named(index, at + 1, repetition) {
            let number = u16::try_from(at + 1).unwrap_or(u16::MAX);
            out.push(Spot { element: repetition, occurrence, repetition: number });
        }
    }
}

fn each_turn(
    over: &ReadPath,
    slot: usize,
    when: Option<&Condition>,
    body: &[Action],
    stage: &mut Stage<'_, '_>,
    site: &Site,
    run: &mut Run,
) -> Result<(), Fault> {
    let Some(view) = &mut stage.source else { return Ok(()) };
    let spots = match over {
        ReadPath::Message(path) => spots(view.message, path.segment, &path.occurrence, &path.member),
        ReadPath::Bound { slot, member } => {
            let mut out = Vec::new();
            if let Some(turn) = view.turns.get(*slot).copied() {
                inside(turn.element, member, turn.occurrence, &mut out);
            }
            out
        }
        ReadPath::Within { .. } | ReadPath::Element(_) | ReadPath::Place(_) | ReadPath::Now => Vec::new(),
    };
    let mut passed: u16 = 0;
    for spot in spots {
        site.burn(run, 2)?;
        let Some(view) = &mut stage.source else { return Ok(()) };
        view.turns.truncate(slot);
        let mut turn = Turn { occurrence: spot.occurrence, repetition: spot.repetition, ..Turn::new(spot.element) };
        view.turns.push(turn);
        if let Some(condition) = when
            && !condition.holds(view, run)?
        {
            continue;
        }
        passed = passed.saturating_add(1);
        if stage.counts_turns {
            // The target holds only what passed, so turns are counted there, not in the source.
            match turn.repetition {
                0 => turn.occurrence = passed,
                _ => turn.repetition = passed,
            }
            view.turns[slot] = turn;
        }
        stage.turn(body, run)?;
    }
    if let Some(view) = &mut stage.source {
        view.turns.truncate(slot);
    }
    Ok(())
}
