//! Co-constraint tables: each row selects segments by some of their values, and says how many of them there must be and
//! what their other values must be. Rows of one group go together by a value that their segments share.
//!
//! Promises: rows apply in their order, and a segment that one row has taken is not looked at by the next.

use super::expression::{Expression, Path, Verdict};
use super::model::Binding;
use super::tree::{Tree, What};
use std::collections::BTreeMap;

/// The tables for segments at one place.
#[derive(Clone, Debug)]
pub(super) struct Context {
    /// From the message to the group.
    pub(super) group: Path,
    /// From the group to the segments.
    pub(super) target: Path,
    pub(super) name: Box<str>,
    pub(super) tables: Vec<Table>,
}

#[derive(Clone, Debug)]
pub(super) struct Table {
    /// Evaluated in the group; without one the table always applies.
    pub(super) condition: Option<Expression>,
    /// Where the value is that groups rows, the most important first.
    pub(super) groupers: Vec<Grouper>,
    pub(super) rows: Vec<Row>,
    pub(super) groups: Vec<RowGroup>,
}

#[derive(Clone, Debug)]
pub(super) struct Grouper {
    pub(super) priority: i32,
    pub(super) path: Path,
}

/// How many segments a row, or instances a group, must have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows {
    pub(super) is_required: bool,
    pub(super) min: u32,
    pub(super) max: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) selectors: Vec<Cell>,
    pub(super) constraints: Vec<Cell>,
    pub(super) how_many: Rows,
}

#[derive(Clone, Debug)]
pub(super) struct RowGroup {
    pub(super) name: Box<str>,
    pub(super) how_many: Rows,
    pub(super) primary: Row,
    pub(super) rows: Vec<Row>,
}

#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) name: Box<str>,
    pub(super) path: Path,
    pub(super) test: CellTest,
}

#[derive(Clone, Debug)]
pub(super) enum CellTest {
    Text(Box<str>),
    Code { code: Box<str>, system: Box<str>, locations: Vec<CodeLocation> },
    Bindings(Vec<Binding>),
}

#[derive(Clone, Debug)]
pub(super) struct CodeLocation {
    pub(super) code: Path,
    pub(super) system: Path,
}

/// What a table found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding<'p> {
    /// Too few or too many segments for a row: the group, the row's words, how many.
    Count { group: u32, row: String, count: u32, how_many: (u32, u32) },
    /// A segment that a row has taken breaks one of its cells.
    Cell { segment: u32, row: String, path: &'p Path, cell: String },
    /// A segment stands alone in its row, and another has the same group value.
    NotDistinct { segment: u32, path: &'p Path, row: String },
}

/// Runs all tables of a message.
pub(super) fn check<'p>(tree: &Tree<'_, 'p>) -> Vec<Finding<'p>> {
    let mut findings = Vec::new();
    let message = tree.message;
    for context in &message.tables {
        for group in tree.query(0, &context.group.0).unwrap_or_default() {
            let segments = tree.query(group, &context.target.0).unwrap_or_default();
            let is_segment = |node: &u32| matches!(tree.nodes[*node as usize].what, What::Segment(_));
            let segments: Vec<u32> = segments.into_iter().filter(is_segment).collect();
            for table in &context.tables {
                let applies = table.condition.as_ref().is_none_or(|one| tree.verdict(group, one) == Verdict::Holds);
                if applies {
                    Run { tree, context, table, group, findings: &mut findings }.table(&segments);
                }
            }
        }
    }
    findings
}

struct Run<'t, 'm, 'p> {
    tree: &'t Tree<'m, 'p>,
    context: &'p Context,
    table: &'p Table,
    group: u32,
    findings: &'t mut Vec<Finding<'p>>,
}

impl<'p> Run<'_, '_, 'p> {
    fn table(&mut self, segments: &[u32]) {
        let all = segments.to_vec();
        let mut left = segments.to_vec();
        for row in &self.table.rows {
            let taken = self.row(row, &mut left);
            for segment in taken {
                let Some((value, path)) = self.group_value(segment) else { continue };
                let same = all.iter().filter(|other| self.group_value(**other).is_some_and(|found| found.0 == value));
                if same.count() > 1 {
                    let row = self.words(row);
                    self.findings.push(Finding::NotDistinct { segment, path, row });
                }
            }
        }
        for group in &self.table.groups {
            self.row_group(group, &mut left);
        }
    }

    /// Takes the segments of a row out of those that are left, and checks them.
    fn row(&mut self, row: &'p Row, left: &mut Vec<u32>) -> Vec<u32> {
        let (taken, rest): (Vec<u32>, Vec<u32>) = left.iter().partition(|segment| self.selects(row, **segment));
        *left = rest;
        self.count(row.how_many, taken.len(), || self.words(row)).into_iter().for_each(|one| self.findings.push(one));
        self.cells(row, &taken);
        taken
    }

    fn count(&self, how_many: Rows, count: usize, words: impl Fn() -> String) -> Option<Finding<'p>> {
        let count = count as u32;
        let is_missing = count == 0 && how_many.is_required;
        let is_wrong = count > how_many.max || (count > 0 && count < how_many.min);
        (is_missing || is_wrong).then(|| Finding::Count {
            group: self.group,
            row: words(),
            count,
            how_many: (how_many.min.max(u32::from(how_many.is_required)), how_many.max),
        })
    }

    fn cells(&mut self, row: &'p Row, taken: &[u32]) {
        for segment in taken {
            for cell in &row.constraints {
                if self.cell(cell, *segment) == Some(false) {
                    let finding = Finding::Cell {
                        segment: *segment,
                        row: self.words(row),
                        path: &cell.path,
                        cell: cell_words(cell),
                    };
                    self.findings.push(finding);
                }
            }
        }
    }

    /// Segments that the primary row takes make instances by their group value; the other rows hold inside each.
    fn row_group(&mut self, group: &'p RowGroup, left: &mut Vec<u32>) {
        let (primaries, others): (Vec<u32>, Vec<u32>) =
            left.iter().partition(|segment| self.selects(&group.primary, **segment));
        let mut instances: BTreeMap<String, (Vec<u32>, Vec<u32>)> = BTreeMap::new();
        for segment in primaries {
            if let Some((value, _)) = self.group_value(segment) {
                instances.entry(value).or_default().0.push(segment);
            }
        }
        left.clear();
        for segment in others {
            match self.group_value(segment).and_then(|(value, _)| instances.get_mut(&value)) {
                Some(instance) => instance.1.push(segment),
                None => left.push(segment),
            }
        }
        let words = || format!("{} (group {})", self.words(&group.primary), group.name);
        let finding = self.count(group.how_many, instances.len(), words);
        self.findings.extend(finding);
        for (primaries, mut members) in instances.into_values() {
            let finding = self.count(group.primary.how_many, primaries.len(), || self.words(&group.primary));
            self.findings.extend(finding);
            self.cells(&group.primary, &primaries);
            for row in &group.rows {
                self.row(row, &mut members);
            }
        }
    }

    fn selects(&self, row: &Row, segment: u32) -> bool {
        row.selectors.iter().all(|cell| self.cell(cell, segment) == Some(true))
    }

    /// The value of the first path that has exactly one.
    fn group_value(&self, segment: u32) -> Option<(String, &'p Path)> {
        self.table.groupers.iter().find_map(|grouper| match self.tree.query(segment, &grouper.path.0)?.as_slice() {
            [node] if self.tree.is_leaf(*node) => Some((self.tree.text(*node).into_owned(), &grouper.path)),
            _ => None,
        })
    }

    /// A cell holds for a segment; `None` where nothing is there to compare.
    fn cell(&self, cell: &Cell, segment: u32) -> Option<bool> {
        let found = self.tree.query(segment, &cell.path.0)?;
        if found.is_empty() {
            return None;
        }
        match &cell.test {
            CellTest::Text(wanted) => {
                let leaves: Vec<&u32> = found.iter().filter(|node| self.tree.is_leaf(**node)).collect();
                (!leaves.is_empty()).then(|| leaves.iter().any(|node| *self.tree.text(**node) == **wanted))
            }
            CellTest::Code { code, system, locations } => {
                let text = |node: u32, path: &Path| match self.tree.query(node, &path.0)?.as_slice() {
                    [one] => Some(self.tree.text(*one).into_owned()),
                    _ => None,
                };
                let pairs = found.iter().flat_map(|node| locations.iter().map(move |at| (*node, at)));
                let codes: Vec<_> =
                    pairs.filter_map(|(node, at)| Some((text(node, &at.code)?, text(node, &at.system)))).collect();
                let is_it =
                    |found: &(String, Option<String>)| found.0 == **code && found.1.as_deref() == Some(&**system);
                (!codes.is_empty()).then(|| codes.iter().any(is_it))
            }
            CellTest::Bindings(bindings) => {
                let verdicts: Vec<Verdict> = found
                    .iter()
                    .flat_map(|node| bindings.iter().map(move |binding| self.tree.is_bound(*node, binding)))
                    .collect();
                if verdicts.contains(&Verdict::Holds) {
                    Some(true)
                } else {
                    verdicts.contains(&Verdict::Fails).then_some(false)
                }
            }
        }
    }

    fn words(&self, row: &Row) -> String {
        row_words(self.context, row)
    }
}

/// `OBX where OBX-3 is 'X'`.
pub(super) fn row_words(context: &Context, row: &Row) -> String {
    let selectors: Vec<String> = row.selectors.iter().map(cell_words).collect();
    format!("{} where {}", context.name, selectors.join(" and "))
}

/// `OBX-3 is 'X'`, in the profile's own words and values, never the message's.
pub(super) fn cell_words(cell: &Cell) -> String {
    match &cell.test {
        CellTest::Text(text) => format!("{} is '{text}'", cell.name),
        CellTest::Code { code, system, .. } => format!("{} is the code '{code}' of {system}", cell.name),
        CellTest::Bindings(_) => format!("{} is from its value set", cell.name),
    }
}
