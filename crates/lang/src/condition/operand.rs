//! The left side of a test.

use super::value_of;
use crate::{
    item::Atom,
    path::ReadPath,
    run::{Fault, Run, Site},
    value::Value,
    view::View,
};
use std::sync::Arc;

#[derive(Debug)]
pub(super) enum Operand {
    /// A path: all the values that it can name.
    Read(ReadPath),
    /// A path or text with steps.
    Value(Box<Value>),
    /// A text of the program.
    Literal(Arc<str>),
}

type Visit<'c> = dyn FnMut(&Atom<'_>, &mut Run) -> Result<bool, Fault> + 'c;

impl Operand {
    /// One of the values passes. No value at all is tested as an empty one by nobody: `PID-8 != M` is true without
    /// PID-8 because nothing is equal.
    pub(super) fn any(
        &self,
        site: &Site,
        view: &View<'_>,
        run: &mut Run,
        visit: &mut Visit<'_>,
    ) -> Result<bool, Fault> {
        match self {
            Operand::Read(ReadPath::Now) => visit(&Atom::text(run.now.to_dtm()), run),
            Operand::Read(path) => {
                let mut result = Ok(false);
                path.every_atom(view, |value| {
                    result = visit(&value, run);
                    !matches!(result, Ok(false))
                });
                result
            }
            Operand::Value(_) | Operand::Literal(_) => self.any_listed(site, view, run, visit),
        }
    }

    /// One of the places passes, the empty ones counted.
    pub(super) fn any_place(
        &self,
        site: &Site,
        view: &View<'_>,
        run: &mut Run,
        visit: &mut Visit<'_>,
    ) -> Result<bool, Fault> {
        match self {
            Operand::Read(ReadPath::Now) => visit(&Atom::text(run.now.to_dtm()), run),
            // An element that is not there has no place in FHIR, nor in other trees.
            Operand::Read(ReadPath::Element(_) | ReadPath::Place(_)) => self.any(site, view, run, visit),
            Operand::Read(path) => {
                let mut result = Ok(false);
                path.places(view, |element| {
                    result = visit(&element.map_or(Atom::Empty, value_of), run);
                    !matches!(result, Ok(false))
                });
                result
            }
            Operand::Value(_) | Operand::Literal(_) => self.any_listed(site, view, run, visit),
        }
    }

    /// How many values there are.
    pub(super) fn count(&self, site: &Site, view: &View<'_>, run: &mut Run) -> Result<u64, Fault> {
        let mut count = 0;
        self.any(site, view, run, &mut |value, run| {
            site.burn(run, 1)?;
            count += u64::from(!value.is_empty());
            Ok(false)
        })?;
        Ok(count)
    }

    fn any_listed(&self, site: &Site, view: &View<'_>, run: &mut Run, visit: &mut Visit<'_>) -> Result<bool, Fault> {
        site.burn(run, 1)?;
        match self {
            Operand::Literal(text) => visit(&Atom::text(&**text), run),
            Operand::Value(value) => {
                let item = value.evaluate(view, run)?;
                for atom in item.atoms() {
                    if visit(atom, run)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Operand::Read(_) => Ok(false),
        }
    }
}
