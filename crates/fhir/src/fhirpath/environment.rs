//! What an expression is evaluated in: the element, its resource, the time, variables, and what only a host can answer.

use super::item::Item;
use super::temporal::Temporal;
use super::{FUEL, TEXT_BYTES_MAX};
use crate::tree::Node;

/// What the world outside of a resource knows. Every answer may be "not known".
pub trait Host<'t> {
    /// The resource that a reference leads to. Contained resources and entries of the same bundle are found without it.
    fn resolve(&self, _reference: &str) -> Option<Node<'t>> {
        None
    }

    /// A code is in a value set. The sets of R4 itself are known without it.
    fn is_member(&self, _system: Option<&str>, _code: &str, _value_set: &str) -> Option<bool> {
        None
    }

    /// A resource conforms to a profile. The types of R4 are known without it.
    fn conforms(&self, _node: Node<'t>, _profile: &str) -> Option<bool> {
        None
    }

    /// One code of a system includes another one.
    fn subsumes(&self, _system: &str, _wider: &str, _narrower: &str) -> Option<bool> {
        None
    }

    /// `trace()` was passed, with what it saw.
    fn trace(&self, _name: &str, _items: &[Item<'t>]) {}
}

/// A host that knows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standalone;

impl Host<'_> for Standalone {}

/// What an expression is evaluated in.
#[derive(Clone)]
pub struct Environment<'t> {
    /// `%context`, and `$this` at the beginning.
    pub(super) context: Vec<Item<'t>>,
    pub(super) resource: Option<Node<'t>>,
    pub(super) root_resource: Option<Node<'t>>,
    pub(super) now: Option<Temporal>,
    pub(super) variables: Vec<(Box<str>, Vec<Item<'t>>)>,
    pub(super) host: Option<&'t dyn Host<'t>>,
    pub(super) fuel: u64,
    pub(super) text_bytes_max: usize,
}

impl<'t> Environment<'t> {
    /// On this element, in the resource around it.
    #[must_use]
    pub fn new(context: Node<'t>) -> Environment<'t> {
        let is_resource = |node: &Node<'t>| node.resource_type().is_some();
        let resource = up(context).find(is_resource);
        // Inside `contained` the root is what contains it; an entry of a bundle is its own.
        let is_contained =
            |node: &Node<'t>| node.parent().and_then(Node::key).or(node.key()).is_some_and(|key| key == "contained");
        let root_resource = match resource.filter(is_contained) {
            Some(inner) => up(inner).skip(1).find(is_resource).or(resource),
            None => resource,
        };
        Environment {
            context: vec![Item::Element(context)],
            resource,
            root_resource,
            now: None,
            variables: Vec::new(),
            host: None,
            fuel: FUEL,
            text_bytes_max: TEXT_BYTES_MAX,
        }
    }

    /// On another element, with everything else as it is.
    pub fn set_context(&mut self, context: Node<'t>) {
        self.context.clear();
        self.context.push(Item::Element(context));
    }

    /// What `now()` and `today()` give.
    #[must_use]
    pub fn at(self, now: Temporal) -> Environment<'t> {
        Environment { now: Some(now), ..self }
    }

    /// `%name`.
    #[must_use]
    pub fn with(mut self, name: &str, items: Vec<Item<'t>>) -> Environment<'t> {
        self.variables.push((name.into(), items));
        self
    }

    /// Who answers what a resource alone cannot.
    #[must_use]
    pub fn host(self, host: &'t dyn Host<'t>) -> Environment<'t> {
        Environment { host: Some(host), ..self }
    }

    /// Steps that one evaluation may take.
    #[must_use]
    pub fn fuel(self, fuel: u64) -> Environment<'t> {
        Environment { fuel, ..self }
    }
}

/// A node and all that is around it, from the inside out.
fn up(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    std::iter::successors(Some(node), |node| node.parent())
}
