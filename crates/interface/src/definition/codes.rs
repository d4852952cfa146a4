//! The codes that an interface asks for itself: the tables of its `translate` lines, of its values and of its maps, and what the profiles of its `validate`
//! lines bind.
//!
//! Only what always holds: a line with a condition, in a turn, or of a destination that gets some of the messages, is about
//! some of the values.

use super::{Definition, Edit, Step};
use hl7v2::{
    Path,
    path::{Index, Member},
    validate::lines::{Demand, Line, Place, ValueTest},
};
use lang::Ruleset;
use std::sync::Arc;

/// Codes of one place.
#[derive(Clone)]
pub struct OwnCodes {
    /// A field or something in it: of every segment of its kind, in every repetition.
    pub path: Path,
    /// It is one of them.
    pub test: Arc<ValueTest>,
}

impl Definition {
    /// Where this interface has tables of its own, or its profiles do.
    #[must_use]
    pub fn own_codes(&self) -> Vec<OwnCodes> {
        let mut found = Vec::new();
        for step in &self.steps {
            match step {
                Step::Edit(edit) => found.extend(of_edit(edit)),
                Step::Validate { ruleset: Ruleset::Profile(profile), .. } => {
                    found.extend(profile.lines().lines().iter().filter_map(of_line));
                }
                Step::Validate { .. } | Step::Keep { .. } | Step::Drop { .. } | Step::Split(_) | Step::Route(_) => {}
            }
        }
        for destination in
            self.destinations.iter().filter(|destination| destination.when.is_none() && !destination.is_routed)
        {
            found.extend(destination.programs.iter().flat_map(|edit| of_edit(edit)));
        }
        found
    }
}

fn of_edit(edit: &Edit) -> Vec<OwnCodes> {
    let looked_up: Vec<(Path, Arc<lang::Table>)> = match edit {
        Edit::Lines(program) => program.translations().map(|(path, table)| (path.clone(), table.clone())).collect(),
        Edit::Map(map) => map.translations(),
        Edit::Script { .. } => Vec::new(),
    };
    let own = |(path, table): (Path, Arc<lang::Table>)| {
        is_everywhere(&path).then(|| OwnCodes { path, test: Arc::new(move |code: &str| table.find(code).is_some()) })
    };
    looked_up.into_iter().filter_map(own).collect()
}

fn of_line(line: &Line) -> Option<OwnCodes> {
    match (&line.demand, &line.place) {
        (Demand::Value { test, is_coded: true, .. }, Place::Path(path))
            if line.when.is_none() && is_everywhere(path) =>
        {
            Some(OwnCodes { path: path.clone(), test: test.clone() })
        }
        _ => None,
    }
}

fn is_everywhere(path: &Path) -> bool {
    let is_plain = |index: &Index| matches!(index, Index::Unsaid | Index::All);
    let Path { groups, occurrence, member: Member { field, .. }, .. } = path;
    groups.is_empty() && is_plain(occurrence) && field.as_ref().is_some_and(|(_, index)| is_plain(index))
}
