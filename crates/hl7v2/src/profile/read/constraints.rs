//! `ConformanceContext`: constraints, predicates, and co-constraints of the older form.

use super::{By, Level, Reader};
use crate::profile::expression::{Expression, Many, Path, Test, ValueTest, Verdict};
use crate::profile::model::{Constraint, Pair, Predicate, Statements, Usage};
use ::message::Severity;
use xml::Node;
use xml::{attribute, child, children, named, text_of};

/// Reads one statement.
type Add = fn(&mut Reader, Node<'_, '_>, &By<'_>) -> Option<Statement>;

impl Reader {
    pub(super) fn read_constraints(&mut self, root: Node<'_, '_>) {
        for section in children(root) {
            let add = match section.tag_name().name() {
                "Predicates" => Reader::read_predicate as Add,
                "Constraints" => Reader::read_constraint,
                "CoConstraints" => Reader::read_pairs,
                // The oldest form has the contexts of constraints at the top.
                "Datatype" | "Segment" | "Group" | "Message" => {
                    self.read_level(section, Reader::read_constraint);
                    continue;
                }
                "MetaData" => continue,
                "OrderIndifferent" => {
                    self.problem(
                        "statements without an order (OrderIndifferent) belong to test cases; they are not checked",
                    );
                    continue;
                }
                other => {
                    self.problem(format!("the section \"{other}\" is not known; it is not used"));
                    continue;
                }
            };
            for level in children(section) {
                self.read_level(level, add);
            }
        }
    }

    /// The contexts of one level: each names its owners, and has their statements.
    fn read_level(&mut self, node: Node<'_, '_>, add: Add) {
        let name = node.tag_name().name();
        let Some((level, _)) = Level::ALL.into_iter().find(|(_, known)| *known == name) else {
            return self.problem(format!("statements about \"{name}\" are not known; they are not checked"));
        };
        for context in children(node) {
            match By::read(context) {
                Some(by) => self.read_context(context, level, &by, add),
                None if children(context).next().is_some() => {
                    let name = context.tag_name().name();
                    self.problem(format!(
                        "the owner of statements is named by \"{name}\", which is not ByID or ByName; they are not checked"
                    ));
                }
                None => {}
            }
        }
    }

    fn read_context(&mut self, context: Node<'_, '_>, level: Level, by: &By<'_>, add: Add) {
        if self.statements_of(level, by).is_empty() {
            // Libraries of statements serve several profiles; a context that this one lacks is ordinary.
            return;
        }
        let statements: Vec<Statement> = children(context).filter_map(|node| add(self, node, by)).collect();
        for owner in self.statements_of(level, by) {
            for statement in &statements {
                statement.clone().put(owner);
            }
        }
    }

    fn read_constraint(&mut self, node: Node<'_, '_>, by: &By<'_>) -> Option<Statement> {
        let id = attribute(node, "ID").unwrap_or("a statement without an id");
        let description = child(node, "Description").map(text_of).unwrap_or_default();
        let Some(assertion) = self.only_part(node, "Assertion", id) else {
            self.problem(format!("{}: {id} has no assertion", by.text()));
            return None;
        };
        let severity = match (attribute(node, "Classification"), attribute(node, "Strength")) {
            (Some("W"), _) | (None, Some("SHOULD")) => Severity::Warning,
            (Some("A"), _) => Severity::Note,
            _ => Severity::Error,
        };
        Some(Statement::Constraint(Constraint {
            id: id.into(),
            target: self.target(node, id),
            severity,
            assertion: self.expression(assertion, id, &description, 0),
            description: description.into(),
        }))
    }

    /// The one expression below an element.
    fn only_part<'a, 'i>(&mut self, node: Node<'a, 'i>, name: &'static str, id: &str) -> Option<Node<'a, 'i>> {
        let mut parts = child(node, name).into_iter().flat_map(children);
        let first = parts.next();
        if parts.next().is_some() {
            self.problem(format!("{id}: of several assertions without AND or OR only the first is checked"));
        }
        first
    }

    fn target(&mut self, node: Node<'_, '_>, id: &str) -> Option<Path> {
        let text = attribute(node, "Target")?;
        let path = Path::read(text);
        if path.is_none() {
            self.problem(format!("{id}: the target is no path"));
        }
        path
    }

    fn read_predicate(&mut self, node: Node<'_, '_>, by: &By<'_>) -> Option<Statement> {
        let text = attribute(node, "Target").unwrap_or_default();
        let id = attribute(node, "ID").map_or_else(|| format!("[{}]{text}", by.text()), str::to_owned);
        let condition = self.only_part(node, "Condition", &id);
        let (Some(condition), Some(target)) = (condition, self.target(node, &id)) else {
            self.problem(format!("{id}: a predicate without a condition or a target"));
            return None;
        };
        let description = child(node, "Description").map(text_of).unwrap_or_default();
        let usage = |name: &str| Usage::read(attribute(node, name).unwrap_or("O"));
        Some(Statement::Predicate(Predicate {
            target,
            when_true: usage("TrueUsage"),
            when_false: usage("FalseUsage"),
            condition: self.expression(condition, &id, &description, 0),
            description: description.into(),
            id: id.into(),
        }))
    }

    fn read_pairs(&mut self, node: Node<'_, '_>, by: &By<'_>) -> Option<Statement> {
        let description = child(node, "Description").map(text_of).unwrap_or_default();
        let mut pairs = Vec::new();
        for pair in child(node, "Assertion").into_iter().flat_map(|list| named(list, "PlainCoConstraint")) {
            let (Some(path), Some(value)) =
                (attribute(pair, "KeyPath").and_then(Path::read), attribute(pair, "KeyValue"))
            else {
                self.problem(format!("{}: a co-constraint without a key", by.text()));
                continue;
            };
            let test = Test::Text { text: value.into(), ignores_case: true };
            let key = Expression::Value(ValueTest { path, test, many: Many::All, absent: Verdict::Fails });
            let assertions = children(pair).map(|one| self.expression(one, by.text(), &description, 0)).collect();
            pairs.push(Pair { description: description.as_str().into(), key, assertions });
        }
        Some(Statement::Pairs(pairs))
    }
}

/// One of what a context can hold.
#[derive(Clone)]
enum Statement {
    Constraint(Constraint),
    Predicate(Predicate),
    Pairs(Vec<Pair>),
}

impl Statement {
    fn put(self, owner: &mut Statements) {
        match self {
            Statement::Constraint(constraint) => owner.constraints.push(constraint),
            Statement::Predicate(predicate) => owner.predicates.push(predicate),
            Statement::Pairs(pairs) => owner.pairs.extend(pairs),
        }
    }
}
