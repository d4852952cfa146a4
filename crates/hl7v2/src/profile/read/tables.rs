//! `CoConstraintContext`: co-constraint tables, a row a rule for the segments that it selects.

use super::{Reader, bound};
use crate::profile::expression::Path;
use crate::profile::table::{Cell, CellTest, CodeLocation, Context, Grouper, Row, RowGroup, Rows, Table};
use xml::Node;
use xml::{attribute, child, children, named, text_of};

impl Reader {
    pub(super) fn read_tables(&mut self, root: Node<'_, '_>) {
        for message in named(root, "ByMessage") {
            let id = attribute(message, "ID").unwrap_or_default();
            let all: Vec<usize> =
                (0..self.model.messages.len()).filter(|at| &*self.model.messages[*at].id == id).collect();
            if all.is_empty() {
                continue;
            }
            for context in named(message, "Context") {
                for segment in named(context, "Segment") {
                    let paths = attribute(context, "Path")
                        .and_then(Path::read)
                        .zip(attribute(segment, "Path").and_then(Path::read));
                    let Some((group, target)) = paths else {
                        self.problem(format!("{id}: a co-constraint table whose place is no path"));
                        continue;
                    };
                    let name = attribute(segment, "Name").unwrap_or_default().into();
                    let tables = children(segment).filter_map(|table| self.read_table(table)).collect();
                    let context = Context { group, target, name, tables };
                    for at in &all {
                        self.model.messages[*at].tables.push(context.clone());
                    }
                }
            }
        }
    }

    fn read_table(&mut self, node: Node<'_, '_>) -> Option<Table> {
        let condition = match node.tag_name().name() {
            "SimpleTable" => None,
            "ConditionalTable" => {
                let condition = child(node, "Condition")?;
                let description = child(condition, "Description").map(text_of).unwrap_or_default();
                let assertion = child(condition, "Assertion").and_then(|assertion| children(assertion).next())?;
                Some(self.expression(assertion, "a condition of a co-constraint table", &description, 0))
            }
            other => {
                let text = format!("a co-constraint table of the kind \"{other}\" is not known; it is not checked");
                self.problem(text);
                return None;
            }
        };
        let ids = child(node, "CoConstraintGroupId").into_iter().flat_map(|list| named(list, "IdPath"));
        let mut groupers: Vec<Grouper> = ids
            .filter_map(|id| {
                let priority = attribute(id, "Priority").and_then(|text| text.parse().ok()).unwrap_or(0);
                Some(Grouper { priority, path: attribute(id, "Path").and_then(Path::read)? })
            })
            .collect();
        groupers.sort_by_key(|grouper| grouper.priority);
        let rows = named(node, "CoConstraint").map(|row| self.read_row(row)).collect();
        let groups = named(node, "CoConstraintGroup").filter_map(|group| self.read_group(group)).collect();
        Some(Table { condition, groupers, rows, groups })
    }

    fn read_group(&mut self, node: Node<'_, '_>) -> Option<RowGroup> {
        let primary = self.read_row(child(node, "Primary")?);
        Some(RowGroup {
            name: attribute(node, "Name").unwrap_or_default().into(),
            how_many: rows(node),
            primary,
            rows: named(node, "CoConstraint").map(|row| self.read_row(row)).collect(),
        })
    }

    fn read_row(&mut self, node: Node<'_, '_>) -> Row {
        let mut cells = |name: &'static str| -> Vec<Cell> {
            child(node, name).into_iter().flat_map(children).filter_map(|cell| self.read_cell(cell)).collect()
        };
        let selectors = cells("Selectors");
        Row { selectors, constraints: cells("Constraints"), how_many: rows(node) }
    }

    fn read_cell(&mut self, node: Node<'_, '_>) -> Option<Cell> {
        let cell = self.cell(node);
        if cell.is_none() {
            let text = format!(
                "a cell \"{}\" of a co-constraint table cannot be read; it is not checked",
                node.tag_name().name()
            );
            self.problem(text);
        }
        cell
    }

    fn cell(&mut self, node: Node<'_, '_>) -> Option<Cell> {
        let path = attribute(node, "Path").and_then(Path::read)?;
        let test = match node.tag_name().name() {
            "PlainText" => CellTest::Text(node.attribute("Value")?.into()),
            "Code" => CellTest::Code {
                code: attribute(node, "Code")?.into(),
                system: attribute(node, "CodeSystem").unwrap_or_default().into(),
                locations: named(node, "BindingLocation").filter_map(code_location).collect(),
            },
            "ValueSet" => {
                let name = attribute(node, "Name").unwrap_or_default();
                CellTest::Bindings(
                    named(node, "ValueSetBinding").filter_map(|one| self.read_binding(one, name)).collect(),
                )
            }
            _ => return None,
        };
        Some(Cell { name: attribute(node, "Name").unwrap_or_default().into(), path, test })
    }
}

fn code_location(node: Node<'_, '_>) -> Option<CodeLocation> {
    let path = |name: &str| attribute(node, name).and_then(Path::read);
    Some(CodeLocation { code: path("CodePath")?, system: path("CodeSystemPath")? })
}

fn rows(node: Node<'_, '_>) -> Rows {
    Rows {
        is_required: attribute(node, "Usage") == Some("R"),
        min: attribute(node, "Min").and_then(|text| text.parse().ok()).unwrap_or(0),
        max: bound(attribute(node, "Max")),
    }
}
