//! What holds for some instances only: slices, and the rows of co-constraint tables, each told as a statement.

use super::{Base, Walk};
use crate::codes;
use crate::profile::model::{SliceWhen, Slicing};
use crate::profile::outline::{Statement, StatementKind, bounds};
use crate::profile::table::{Context, Row, Rows, cell_words, row_words};
use message::Severity;

impl Walk<'_> {
    /// The slices of the element at `path`: segments by their segments, fields by their types.
    pub(super) fn tell_slices(&mut self, slicing: &Slicing, path: &str, is_segment: bool) {
        let rules = if is_segment { "the segment" } else { "the type" };
        for slice in &slicing.slices {
            let when = match &slice.when {
                SliceWhen::Occurrence(number) => format!("instance {number}"),
                SliceWhen::Holds(_) if slice.description.is_empty() => "under a condition".to_owned(),
                SliceWhen::Holds(_) => format!("where {}", slice.description.trim().trim_end_matches('.')),
            };
            self.statements.push(Statement {
                kind: StatementKind::Slice,
                id: slice.id.to_string(),
                path: path.to_owned(),
                severity: Severity::Error,
                text: format!("{when}: the rules of {rules} {}", slice.id),
            });
        }
    }

    /// The rows of all tables.
    pub(super) fn tell_tables(&mut self) {
        for context in &self.message.tables {
            let path = self.path("", Base::Group(0), &context.group.0);
            let path = if path.is_empty() { context.name.to_string() } else { format!("{path}.{}", context.name) };
            for table in &context.tables {
                let when = if table.condition.is_some() { ", where the condition of the table holds" } else { "" };
                for row in &table.rows {
                    self.tell_row(&path, row_text(context, row, &row.how_many), when);
                }
                for group in &table.groups {
                    let each = format!(", in each group {}{when}", group.name);
                    self.tell_row(&path, row_text(context, &group.primary, &group.how_many), when);
                    for row in &group.rows {
                        self.tell_row(&path, row_text(context, row, &row.how_many), &each);
                    }
                }
            }
        }
    }

    fn tell_row(&mut self, path: &str, text: String, when: &str) {
        self.statements.push(Statement {
            kind: StatementKind::CoConstraint,
            id: codes::E1093.id.to_owned(),
            path: path.to_owned(),
            severity: Severity::Error,
            text: format!("{text}{when}"),
        });
    }
}

/// `0..1 OBX where OBX-3 is the code 'X' of S, which has OBX-6 is 'kg'`.
fn row_text(context: &Context, row: &Row, how_many: &Rows) -> String {
    let min = how_many.min.max(u32::from(how_many.is_required));
    let times = bounds(min, (how_many.max != u32::MAX).then_some(how_many.max));
    let has: Vec<String> = row.constraints.iter().map(cell_words).collect();
    let has = if has.is_empty() { String::new() } else { format!("; there {}", has.join(" and ")) };
    format!("{times} {}{has}", row_words(context, row))
}
