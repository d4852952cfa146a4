//! What each part of a condition found: for people who ask why a message goes where it goes.
//!
//! Promises: every test is asked, also those that the condition itself leaves out because it is decided before.
//! Never: masks; who shows a value knows whether it may be seen.

use super::{Condition, Node, Operand, Test};
use crate::{
    item::Atom,
    path::ReadPath,
    run::{Run, Site},
    view::View,
};
use hl7v2::Path;

/// Values that one part shows.
const VALUES_MAX: usize = 8;

/// One test of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// As it is written.
    pub text: String,
    /// Whether it is true; a sentence when it could not be told.
    pub holds: Result<bool, String>,
    /// What stood on its left side, at most a few; `None` for a test that looks at the message as a whole.
    pub values: Option<Vec<Value>>,
}

/// A value of the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// Where it stands; `None` for what was made of it by steps.
    pub path: Option<Path>,
    /// The value.
    pub text: String,
    /// It is no value of the message: a count, the time of day.
    pub is_open: bool,
}

impl Condition {
    /// The condition as it is written.
    #[must_use]
    pub fn text(&self) -> String {
        self.slice(self.site.start, self.site.end)
    }

    /// Its tests in the order in which they are written, each with what it found.
    #[must_use]
    pub fn explain(&self, view: &View<'_>, run: &mut Run) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut spans = self.parts.iter();
        self.explain_node(&self.node, false, view, run, &mut spans, &mut parts);
        parts
    }

    fn slice(&self, start: u32, end: u32) -> String {
        let text = self.site.source().get(start as usize..end as usize).unwrap_or("");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn explain_node(
        &self,
        node: &Node,
        is_turned: bool,
        view: &View<'_>,
        run: &mut Run,
        spans: &mut std::slice::Iter<'_, (u32, u32)>,
        parts: &mut Vec<Part>,
    ) {
        match node {
            Node::And(nodes) | Node::Or(nodes) => {
                nodes.iter().for_each(|node| self.explain_node(node, false, view, run, spans, parts));
            }
            Node::Not(inner) => {
                // `not` in front of a test is read with it; in front of parentheses it turns what they say.
                let is_test = !matches!(**inner, Node::And(_) | Node::Or(_));
                self.explain_node(inner, is_test && !is_turned, view, run, spans, parts);
            }
            Node::Test(_) | Node::Count { .. } | Node::Valid(_) | Node::At(..) => {
                let (start, end) = spans.next().copied().unwrap_or_default();
                let written = self.slice(start, end);
                let holds = node.holds(&self.site, view, run).map(|holds| holds != is_turned);
                parts.push(Part {
                    text: if is_turned { format!("not {written}") } else { written },
                    holds: holds.map_err(|fault| fault.to_string()),
                    values: values(node, &self.site, view, run),
                });
            }
        }
    }
}

/// What stands on the left side.
fn values(node: &Node, site: &Site, view: &View<'_>, run: &mut Run) -> Option<Vec<Value>> {
    let plain = |text: String| Some(vec![Value { path: None, text, is_open: true }]);
    match node {
        Node::Test(Test { operand, .. }) => values_of(operand, site, view, run),
        Node::Count { operand, .. } => match operand.count(site, view, run) {
            Ok(count) => plain(count.to_string()),
            Err(_) => None,
        },
        Node::At(when) => plain(when.local(run.now)),
        Node::And(_) | Node::Or(_) | Node::Not(_) | Node::Valid(_) => None,
    }
}

fn values_of(operand: &Operand, site: &Site, view: &View<'_>, run: &mut Run) -> Option<Vec<Value>> {
    let path = match operand {
        Operand::Read(read) if read.is_segment() => return None,
        Operand::Read(ReadPath::Message(path) | ReadPath::Within { path, .. }) => Some(path.clone()),
        Operand::Read(ReadPath::Bound { .. } | ReadPath::Element(_) | ReadPath::Place(_) | ReadPath::Now)
        | Operand::Value(_) => None,
        Operand::Literal(_) => return None,
    };
    let mut found = Vec::new();
    let visited = operand.any(site, view, run, &mut |atom, _| {
        let text = match atom {
            Atom::Text(text) => text.to_string(),
            Atom::Null => "\"\"".to_owned(),
            Atom::Empty => return Ok(false),
        };
        found.push(Value { path: path.clone(), text, is_open: false });
        Ok(found.len() >= VALUES_MAX)
    });
    if visited.is_err() {
        found.clear();
    }
    Some(found)
}
