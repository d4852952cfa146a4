//! Checks one message against one message of a profile.
//!
//! Promises: the order of issues is that of the checks (structure, then statements, then value sets, then co-constraint
//! tables), and in each that of the message; no issue holds content of the message unless values are asked for, and then
//! as [`Phi`] beside the sentence.

mod content;
mod structure;
mod values;

use super::Options;
use super::model::Usage;
use super::place::Spot;
use super::tree::{Tree, What};
use crate::validate::{Issue, Report};
use ::message::{Code, Phi, Severity};
use std::borrow::Cow;
use std::collections::HashSet;

/// Everything about one message.
pub(super) fn check(tree: &Tree<'_, '_>, options: &Options) -> Report {
    let mut checker = Checker::of(tree, options);
    let says = |at: &u32| tree.statements(*at).is_some_and(|statements| !statements.is_empty());
    checker.stated = (0..tree.nodes.len() as u32).filter(says).collect();
    checker.check_structure();
    checker.check_content();
    checker.check_values();
    checker.check_tables();
    checker.report
}

/// How many errors there are in the order, presence and number of segments and groups: how well a message fits.
pub(super) fn misplaced(tree: &Tree<'_, '_>) -> usize {
    let options = Options::default();
    let mut checker = Checker::of(tree, &options);
    checker.check_groups();
    checker.report.count(Severity::Error)
}

struct Checker<'t, 'm, 'p> {
    tree: &'t Tree<'m, 'p>,
    options: &'t Options,
    report: Report,
    /// Nodes that are not supported, with all below them: what they hold does not matter.
    hidden: Vec<bool>,
    /// Nodes about which the profile says something.
    stated: Vec<u32>,
    /// Rules that were told to be undecided.
    undecided: HashSet<String>,
}

/// A node or one around it is not supported or withdrawn.
fn hidden(tree: &Tree<'_, '_>) -> Vec<bool> {
    let mut hidden: Vec<bool> = Vec::with_capacity(tree.nodes.len());
    for (at, node) in tree.nodes.iter().enumerate() {
        let usage = match node.what {
            What::Group(place) => tree.message.places[place as usize].usage,
            What::Segment(_) => tree.place_of(at as u32).and_then(|place| place.usage),
            What::Value(_) => tree.slot(node.parent, node.position).map(|slot| slot.usage),
        };
        // Parents stand before their children.
        let above = at > 0 && hidden[node.parent as usize];
        hidden.push(above || matches!(usage, Some(Usage::NotSupported | Usage::Withdrawn)));
    }
    hidden
}

impl Tree<'_, '_> {
    /// The profile's entry for a group or segment reference.
    fn place_of(&self, at: u32) -> Option<&super::model::Place> {
        let item = self.placement.items.get(self.item(at) as usize)?;
        self.message.places.get(item.node as usize)
    }
}

impl<'t, 'm, 'p> Checker<'t, 'm, 'p> {
    fn of(tree: &'t Tree<'m, 'p>, options: &'t Options) -> Checker<'t, 'm, 'p> {
        let (report, undecided) = (Report::default(), HashSet::new());
        Checker { tree, options, report, hidden: hidden(tree), stated: Vec::new(), undecided }
    }

    /// An issue with a code of the catalogue.
    fn issue(&mut self, code: Code, severity: Severity, spot: Spot, message: String, node: Option<u32>) {
        self.put(Cow::Borrowed(code.id), severity, spot, message, node);
    }

    fn put(&mut self, code: Cow<'static, str>, severity: Severity, spot: Spot, message: String, node: Option<u32>) {
        let found = node.filter(|_| self.options.values).map(|node| Phi::new(self.tree.text(node).into_owned()));
        let (path, group) = (spot.path, spot.group);
        self.report.push(Issue { code, severity, path, group, message, found, condition: None });
    }
}
