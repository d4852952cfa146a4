//! What is asked of each element, made once for all of R4: which children it must have, and which rules in FHIRPath can
//! be broken by which children.

use super::invariant::{Native, Rule};
use crate::definitions::{Constraint, Element};
use std::sync::OnceLock;

/// The children of an element as bits. Those behind the last bit share it.
pub(super) type Bits = u64;
const LAST: u32 = Bits::BITS - 1;

/// What is asked of one element with children.
#[derive(Default)]
pub(super) struct Body {
    /// Children that must be there, each with its bit.
    pub(super) required: Box<[(Element, Bits)]>,
    /// Rules of the element itself.
    pub(super) rules: Box<[Rule]>,
}

/// Everything that is asked.
pub(super) struct Plan {
    /// For each element, its bit among its siblings.
    bits: Box<[u8]>,
    bodies: Box<[Body]>,
}

impl Plan {
    pub(super) fn get() -> &'static Plan {
        static PLAN: OnceLock<Plan> = OnceLock::new();
        PLAN.get_or_init(Plan::make)
    }

    fn make() -> Plan {
        let mut bits = vec![0_u8; Element::count()];
        let mut bodies = Vec::with_capacity(Element::count());
        for element in Element::all() {
            for (number, child) in element.own_children().enumerate() {
                bits[child.index()] = number.min(LAST as usize) as u8;
            }
        }
        let plan = Plan { bits: bits.into(), bodies: Box::new([]) };
        for element in Element::all() {
            let required = element.own_children().filter(|child| child.min() > 0);
            let required = required.map(|child| (child, plan.bit(child))).collect();
            bodies.push(Body { required, rules: plan.rules(element) });
        }
        Plan { bodies: bodies.into(), ..plan }
    }

    /// The bit of a child.
    #[inline]
    pub(super) fn bit(&self, child: Element) -> Bits {
        1 << self.bits.get(child.index()).copied().unwrap_or_default()
    }

    /// What is asked of an element.
    #[inline]
    pub(super) fn body(&self, element: Element) -> &Body {
        &self.bodies[element.index()]
    }

    fn rules(&self, element: Element) -> Box<[Rule]> {
        let body = element.member().body().unwrap_or(element);
        // Of an element whose type has the children, the rules of the type are told there.
        let is_own =
            |constraint: &Constraint| body == element || body.constraints().all(|of_type| of_type != *constraint);
        let rules = element.constraints().filter(is_own).map(|constraint| Rule {
            constraint,
            native: Native::of(constraint),
            reads: self.reads(constraint, body),
        });
        rules.filter(|rule| rule.native != Some(Native::Never)).collect()
    }

    /// The children that a rule can look at; all where that is not certain.
    fn reads(&self, constraint: Constraint, body: Element) -> Bits {
        let Some(names) = super::invariant::heads(constraint.expression()) else { return Bits::MAX };
        let named = names.iter().filter_map(|name| body.own_child(name));
        named.fold(0, |bits, member| bits | self.bit(member.element()))
    }
}
