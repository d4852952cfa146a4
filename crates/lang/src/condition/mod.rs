//! Conditions: what stands after `when`, `keep`, `drop`, `case`.
//!
//! A path that can name several values means "any of them". `a != b` and `a not in […]` are the opposites of `a = b`
//! and `a in […]`: true when none of the values is equal. Two numbers are compared as numbers, two dates as dates, as
//! far as both are exact; anything else as text.
//!
//! Promises: regular expressions run in linear time; a condition changes nothing; it uses fuel for every value it visits.

mod clock;
mod compare;
mod constant;
mod explain;
mod operand;
mod parse;
mod quick;

use crate::{
    item::Atom,
    list::ValueList,
    path::atom,
    profile::Ruleset,
    run::{Fault, Run, Site},
    table::Table,
    view::{Held, Need, View},
};
use clock::When;
use compare::{Comparison, Right};
pub use explain::{Part, Value};
use operand::Operand;
pub(crate) use quick::Asked;
use quick::Quick;
use regex::Regex;
use std::sync::Arc;

/// A compiled condition. [`Condition::parse`] reads it, [`Condition::holds`] asks it.
#[derive(Debug)]
pub struct Condition {
    node: Node,
    site: Site,
    /// Where each test stands, in the order of the tree.
    parts: Box<[(u32, u32)]>,
}

#[derive(Debug)]
enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Test(Test),
    Count {
        operand: Operand,
        comparison: Comparison,
        right: Right,
        /// The right side, where it is a number that a count can be.
        number: Option<u64>,
    },
    /// `valid under PROFILE`.
    Valid(Ruleset),
    /// `at HOURS zone ZONE`.
    At(When),
}

/// One comparison.
#[derive(Debug)]
struct Test {
    quantifier: Quantifier,
    operand: Operand,
    /// The result is turned round: `!=`, `not in`.
    is_negated: bool,
    check: Check,
    /// Its short way, where it has one.
    quick: Option<Quick>,
}

/// Which of several values have to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantifier {
    /// Nothing said.
    Unsaid,
    /// `any`: at least one, also for `!=`.
    Any,
    /// `all`: every one, the empty ones too.
    All,
}

/// What a value has to be.
#[derive(Debug)]
enum Check {
    Compare(Comparison, Right),
    In(Vec<Box<str>>),
    InTable(Arc<Table>),
    InList(Arc<ValueList>),
    Matches(Box<Regex>),
    Starts(Right),
    Ends(Right),
    Contains(Right),
    Exists,
    Null,
}

/// A comparison without its left side, for any text.
#[derive(Debug)]
pub(crate) struct Comparing {
    check: Check,
    is_negated: bool,
    /// What there is to look at besides the text: nothing.
    message: hl7v2::Message,
    site: Site,
}

impl Comparing {
    /// The text passes.
    pub(crate) fn passes(&self, text: &str) -> bool {
        let mut run = Run::new(message::Timestamp::default(), 0);
        let view = View::new(&self.message);
        self.check.passes(&Atom::text(text), &view, &mut run, &self.site) == Ok(!self.is_negated)
    }

    /// It says which values there may be.
    pub(crate) fn is_of_codes(&self) -> bool {
        let is_list = matches!(self.check, Check::In(_) | Check::InTable(_) | Check::Compare(Comparison::Equal, _));
        is_list && !self.is_negated
    }
}

impl Condition {
    /// Whether the condition is true of this message.
    ///
    /// # Errors
    /// A step on its left side that could not work, or no fuel left.
    #[inline]
    pub fn holds(&self, view: &View<'_>, run: &mut Run) -> Result<bool, Fault> {
        if let Some(holds) = self.node.answer(view) {
            return self.site.burn(run, 1).map(|()| holds);
        }
        self.node.holds(&self.site, view, run)
    }
}

impl Condition {
    /// The parts of the message without which it does not hold.
    pub(crate) fn need(&self) -> Option<Need> {
        self.node.need()
    }

    /// Every place that it asks about in a short way, with the short texts that it compares with.
    pub(crate) fn each_asked(&self, visit: &mut dyn FnMut(Asked, &[u64])) {
        self.node.each_asked(visit);
    }

    /// It may hold where the place holds this.
    pub(crate) fn may_hold(&self, place: &Asked, held: Held) -> bool {
        self.node.under(place, held) != Some(false)
    }

    /// No test of it can go wrong: a line that has nothing to do may as well not ask.
    pub(crate) fn is_safe(&self) -> bool {
        self.node.is_quick()
    }
}

impl Node {
    fn need(&self) -> Option<Need> {
        match self {
            Node::And(nodes) => nodes.iter().find_map(Node::need),
            Node::Or(nodes) => Need::of_all(nodes.iter().map(Node::need)),
            // Where there is no value, no test is made, and none holds.
            Node::Test(Test { quantifier, operand: Operand::Read(path), is_negated: false, .. })
                if *quantifier != Quantifier::All =>
            {
                path.need()
            }
            Node::Test(_) | Node::Not(_) | Node::Count { .. } | Node::Valid(_) | Node::At(_) => None,
        }
    }

    fn holds(&self, site: &Site, view: &View<'_>, run: &mut Run) -> Result<bool, Fault> {
        site.burn(run, 1)?;
        match self {
            Node::And(nodes) => {
                for node in nodes {
                    if !node.holds(site, view, run)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Node::Or(nodes) => {
                for node in nodes {
                    if node.holds(site, view, run)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Node::Not(node) => Ok(!node.holds(site, view, run)?),
            Node::Test(test) => test.holds(site, view, run),
            Node::Count { operand, comparison, right, number } => {
                let count = operand.count(site, view, run)?;
                match number {
                    Some(number) => Ok(comparison.accepts(count.cmp(number))),
                    None => right.test(*comparison, &count.to_string(), view, run, site),
                }
            }
            Node::At(when) => Ok(when.holds(run.now)),
            Node::Valid(ruleset) => Ok(ruleset.validate(view.message(), &[], false, run)?.is_valid()),
        }
    }
}

impl Test {
    fn holds(&self, site: &Site, view: &View<'_>, run: &mut Run) -> Result<bool, Fault> {
        // `any a != b`: at least one value differs. Else the opposite of "one is equal".
        let is_inner = self.is_negated && self.quantifier != Quantifier::Unsaid;
        let mut check = |value: &Atom<'_>, run: &mut Run| -> Result<bool, Fault> {
            site.burn(run, 1 + (value.as_str().len() / 64) as u64)?;
            Ok(self.check.passes(value, view, run, site)? != is_inner)
        };
        let result = match self.quantifier {
            Quantifier::All => !self.operand.any_place(site, view, run, &mut |value, run| Ok(!check(value, run)?))?,
            Quantifier::Any | Quantifier::Unsaid => self.operand.any(site, view, run, &mut check)?,
        };
        Ok(result != (self.is_negated && !is_inner))
    }
}

impl Check {
    fn passes(&self, value: &Atom<'_>, view: &View<'_>, run: &mut Run, site: &Site) -> Result<bool, Fault> {
        let text = match (self, value) {
            (Check::Exists, value) => return Ok(!value.is_empty()),
            (Check::Null, value) => return Ok(*value == Atom::Null),
            (_, Atom::Null) => return Ok(false),
            (_, value) => value.as_str(),
        };
        Ok(match self {
            Check::Compare(comparison, right) => right.test(*comparison, text, view, run, site)?,
            Check::In(list) => list.iter().any(|known| **known == *text),
            Check::InTable(table) => table.find(text).is_some(),
            Check::InList(list) => list.contains(text),
            Check::Matches(regex) => regex.is_match(text),
            Check::Starts(right) => right.any_text(view, run, site, |part| text.starts_with(part))?,
            Check::Ends(right) => right.any_text(view, run, site, |part| text.ends_with(part))?,
            Check::Contains(right) => right.any_text(view, run, site, |part| text.contains(part))?,
            Check::Exists | Check::Null => false,
        })
    }
}

/// The value of an element, for a check.
fn value_of(element: hl7v2::Element<'_>) -> Atom<'_> {
    atom(element)
}

#[cfg(test)]
mod tests;
