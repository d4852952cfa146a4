//! Steps over a value that has parts: each part is worked on by itself, and the structure stays.
//!
//! Without this, `PID-5 = PID-5 | upper` would make one text of a name, and the second repetition of a field would be
//! lost.

use super::{Content, Primary, Term, Value};
use crate::{
    item::{Atom, Item},
    path::{ReadPath, atom},
    run::{Fault, Run},
    steps::Call,
    view::View,
};
use hl7v2::{
    Element, Level, Path,
    path::{Index, Member},
};

/// Where a part is inside of the value: repetition, component, subcomponent; 0 for what the value is itself inside of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Coordinate {
    repetition: u16,
    component: u16,
    subcomponent: u16,
}

impl Coordinate {
    /// The path of the part of what stands at `path`.
    pub(crate) fn inside(self, path: &Path) -> Path {
        let mut out = path.clone();
        if let (Some((_, index)), true) = (&mut out.member.field, self.repetition > 0) {
            *index = Index::At(self.repetition);
        }
        if self.component > 0 {
            out.member.component = Some(self.component);
        }
        if self.subcomponent > 0 {
            out.member.subcomponent = Some(self.subcomponent);
        }
        out
    }
}

/// The level of what a target names.
pub(crate) fn level_of(path: &Path) -> Level {
    match path.member {
        Member { subcomponent: Some(_), .. } => Level::Subcomponent,
        Member { component: Some(_), .. } => Level::Component,
        Member { field: Some((_, Index::Unsaid)), .. } => Level::Field,
        _ => Level::Repetition,
    }
}

/// Every part without parts of its own, in order.
fn leaves<'m>(element: Element<'m>, at: Coordinate, out: &mut Vec<(Coordinate, Element<'m>)>) {
    let number = |index: usize| u16::try_from(index + 1).unwrap_or(u16::MAX);
    for (index, part) in element.parts().enumerate().take(usize::from(u16::MAX)) {
        let mut at = at;
        match part.level() {
            Level::Repetition => at.repetition = number(index),
            Level::Component => at.component = number(index),
            _ => at.subcomponent = number(index),
        }
        match part.level() {
            Level::Subcomponent => out.push((at, part)),
            _ => leaves(part, at, out),
        }
    }
}

impl Value {
    /// The path and the steps, if each step works on one text by itself.
    fn plain_steps(&self) -> Option<(&ReadPath, &[Call])> {
        let [Term { alternatives }] = self.terms.as_slice() else { return None };
        let [Primary::Read(path)] = alternatives.as_slice() else { return None };
        let is_each = |call: &Call| call.operation.is_each();
        let is_plain = *path != ReadPath::Now && !path.is_list() && !self.calls.is_empty();
        (is_plain && self.calls.iter().all(is_each)).then_some((path, &self.calls))
    }

    /// The value part by part, if it has several and the target is of its level; else `None`.
    pub(super) fn parts<'v>(
        &'v self,
        view: &View<'v>,
        target: Level,
        run: &mut Run,
    ) -> Result<Option<Content<'v>>, Fault> {
        let Some((path, calls)) = self.plain_steps() else { return Ok(None) };
        let element = if target == Level::Field { path.whole(view) } else { path.first(view) };
        let Some(element) = element.filter(|element| element.level() == target) else { return Ok(None) };
        let mut found = Vec::new();
        leaves(element, Coordinate::default(), &mut found);
        if found.len() < 2 {
            return Ok(None);
        }
        let mut changed = Vec::new();
        for (at, leaf) in found {
            let before = atom(leaf);
            if !matches!(before, Atom::Text(_)) {
                continue;
            }
            let mut item = Item::One(before.clone());
            for call in calls {
                item = call.apply(item, run)?;
            }
            let after = item.into_first();
            if after != before {
                changed.push((at, after));
            }
        }
        Ok(Some(Content::Parts(element, changed)))
    }
}
