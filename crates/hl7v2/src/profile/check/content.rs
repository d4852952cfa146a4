//! Statements in the assertion language: constraints, predicates, and co-constraints.

use super::Checker;
use crate::codes;
use crate::profile::expression::{Expression, Path, Verdict};
use crate::profile::model::{Constraint, Pair, Predicate, Usage};
use crate::profile::place::Spot;
use crate::profile::table::{self, Finding};
use ::message::Severity;
use std::borrow::Cow;

impl Checker<'_, '_, '_> {
    pub(super) fn check_content(&mut self) {
        for number in 0..self.stated.len() {
            let at = self.stated[number];
            let Some(statements) = self.tree.statements(at) else { continue };
            for predicate in &statements.predicates {
                self.check_predicate(at, predicate);
            }
            for constraint in &statements.constraints {
                self.check_constraint(at, constraint);
            }
            for pair in &statements.pairs {
                self.check_pair(at, pair);
            }
        }
    }

    fn check_constraint(&mut self, at: u32, constraint: &Constraint) {
        match self.tree.verdict(at, &constraint.assertion) {
            Verdict::Holds => return,
            Verdict::Unknown => return self.undecided(at, &constraint.id, &constraint.assertion),
            Verdict::Fails => {}
        }
        let path = constraint.target.as_ref().or_else(|| constraint.assertion.first_path());
        let (spot, node) = self.at(at, path);
        let stand = if node.is_some() { "What stands there does not do so" } else { "Nothing is there" };
        let description = sentence(&constraint.description, &constraint.id);
        let text = format!("{description} {stand}: {}.", spot.words());
        self.put(Cow::Owned(constraint.id.to_string()), constraint.severity, spot, text, node);
    }

    /// A rule that says nothing about this message: what it asks for has another shape than the rule expects.
    fn undecided(&mut self, at: u32, id: &str, assertion: &Expression) {
        // What cannot be read at all was told with the profile.
        if assertion.is_readable() && self.undecided.insert(id.to_owned()) {
            let (spot, _) = self.at(at, assertion.first_path());
            let text =
                format!("{id} cannot be decided here: {} is not of the kind that the rule expects.", spot.words());
            self.issue(codes::E1170, Severity::Note, spot, text, None);
        }
    }

    /// The place at a path, and the node if it is there.
    fn at(&self, from: u32, path: Option<&Path>) -> (Spot, Option<u32>) {
        let Some(path) = path else { return (self.tree.spot(from), Some(from)) };
        let node = self.tree.query(from, &path.0).and_then(|found| found.first().copied());
        match node {
            Some(node) => (self.tree.spot(node), Some(node)),
            None => (self.tree.spot_below(from, &path.0), None),
        }
    }

    fn check_predicate(&mut self, at: u32, predicate: &Predicate) {
        let (usage, is_true) = match self.tree.verdict(at, &predicate.condition) {
            Verdict::Holds => (predicate.when_true, true),
            Verdict::Fails => (predicate.when_false, false),
            Verdict::Unknown => return self.undecided(at, &predicate.id, &predicate.condition),
        };
        let Some((last, above)) = predicate.target.0.split_last() else { return };
        if !matches!(usage, Usage::Required | Usage::NotSupported | Usage::Withdrawn) {
            return;
        }
        // Where the parent is missing, its own usage says so.
        let tree = self.tree;
        tree.visit(at, above, &mut |parent| {
            if tree.is_null(parent) {
                return;
            }
            let takes = |node: &u32| last.instance == 0 || tree.nodes[*node as usize].instance == last.instance;
            let mut found = tree.children_at(parent, last.position).filter(takes).peekable();
            match usage {
                Usage::Required if found.peek().is_some() => {}
                Usage::Required => self.break_predicate(predicate, is_true, (parent, last.position), None),
                _ => found.for_each(|node| {
                    self.break_predicate(predicate, is_true, (parent, last.position), Some(node));
                }),
            }
        });
    }

    fn break_predicate(&mut self, predicate: &Predicate, is_true: bool, place: (u32, u16), node: Option<u32>) {
        let spot = node.map_or_else(|| self.tree.missing(place.0, place.1), |node| self.tree.spot(node));
        let what = if node.is_some() { "is present and not allowed" } else { "is required and missing" };
        let why = if is_true { "this holds" } else { "this does not hold" };
        let condition = sentence(&predicate.description, &predicate.id);
        let text = format!("{} {what}, because {why}: {condition}", spot.words());
        self.put(Cow::Owned(predicate.id.to_string()), Severity::Error, spot, text, node);
    }

    fn check_pair(&mut self, at: u32, pair: &Pair) {
        if self.tree.verdict(at, &pair.key) != Verdict::Holds {
            return;
        }
        for assertion in &pair.assertions {
            if self.tree.verdict(at, assertion) == Verdict::Fails {
                let (spot, node) = self.at(at, assertion.first_path());
                let description = sentence(&pair.description, "A co-constraint of the profile does not hold");
                let text = format!("{description} Not so: {}.", spot.words());
                self.issue(codes::E1093, Severity::Error, spot, text, node);
            }
        }
    }

    pub(super) fn check_tables(&mut self) {
        if self.tree.message.tables.is_empty() {
            return;
        }
        for finding in table::check(self.tree) {
            match finding {
                Finding::Count { group, row, count, how_many: (min, max) } => {
                    let bounds = if max == u32::MAX { format!("at least {min}") } else { format!("{min} to {max}") };
                    let text = format!("There are {count} of {row}; the profile asks for {bounds}.");
                    self.issue(codes::E1093, Severity::Error, self.tree.spot(group), text, None);
                }
                Finding::Cell { segment, row, path, cell } => {
                    let (spot, node) = self.at(segment, Some(path));
                    let text = format!("For {row} the profile asks that {cell}; it is not so: {}.", spot.words());
                    self.issue(codes::E1093, Severity::Error, spot, text, node);
                }
                Finding::NotDistinct { segment, path, row } => {
                    let (spot, _) = self.at(segment, Some(path));
                    let text =
                        format!("{row} stands for itself, and shares the value of {} with others.", spot.words());
                    self.issue(codes::E1093, Severity::Error, spot, text, None);
                }
            }
        }
    }
}

/// A description as a sentence; the id where the profile gives none.
fn sentence(description: &str, id: &str) -> String {
    let text = if description.is_empty() { id } else { description };
    if text.ends_with(['.', '!', '?', ':']) { text.to_owned() } else { format!("{text}.") }
}
