//! What is asked of each element, made once for all of R4: which children it may and must have, with everything that a walk
//! wants to know of them, and which rules in FHIRPath can be broken by which children.

use super::invariant::{Native, Rule};
use crate::definitions::{Constraint, Element, Kind, Member, Primitive, Type};
use crate::{Name, Node};
use std::ops::Range;
use std::sync::OnceLock;

/// The children of an element as bits. Those behind the last bit share it.
pub(super) type Bits = u64;
const LAST: u32 = Bits::BITS - 1;
/// Bits that one child has alone.
pub(super) const OWN: Bits = !(1 << LAST);

/// What is asked of one element with children.
#[derive(Default)]
pub(super) struct Body {
    /// Children that must be there, each with its bit.
    pub(super) required: Box<[(Element, Bits)]>,
    /// Rules of the element itself.
    pub(super) rules: Box<[Rule]>,
}

/// A property that an element may have.
#[derive(Clone, Copy)]
pub(super) struct Child {
    pub(super) member: Member,
    /// Its bit among its siblings.
    pub(super) bit: Bits,
    pub(super) primitive: Option<Primitive>,
    /// It is an array.
    pub(super) is_repeating: bool,
    /// The largest number of its values, where that is neither one nor without limit.
    pub(super) max: Option<u16>,
    /// It is one of the types of a choice.
    pub(super) is_choice: bool,
    /// Codes are bound to it.
    pub(super) is_bound: bool,
    /// Its type is one with a profile.
    pub(super) has_profile: bool,
    pub(super) what: What,
}

/// What is special about the type of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Resource,
    Contained,
    Extension,
    Reference,
    /// A Coding, or another type with a code that is bound.
    Coding,
    Concept,
    Other,
}

/// Everything that is asked.
pub(super) struct Plan {
    /// For each element, its bit among its siblings.
    bits: Box<[u8]>,
    bodies: Box<[Body]>,
    /// The properties of all elements, and their names beside them.
    children: Box<[Child]>,
    names: Box<[Name]>,
    /// For each element, where its properties are.
    ranges: Box<[Range<u32>]>,
    /// The few properties whose names have no number of their own, by element and name.
    unnumbered: Vec<(Element, String, Child)>,
    /// `resourceType` and `id`.
    pub(super) resource_type: Option<Name>,
    pub(super) id: Option<Name>,
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
        let mut plan = Plan {
            bits: bits.into(),
            bodies: Box::new([]),
            children: Box::new([]),
            names: Box::new([]),
            ranges: Box::new([]),
            unnumbered: Vec::new(),
            resource_type: Name::known("resourceType"),
            id: Name::known("id"),
        };
        plan.add_children();
        for element in Element::all() {
            let required = element.own_children().filter(|child| child.min() > 0);
            let required = required.map(|child| (child, plan.bit(child))).collect();
            bodies.push(Body { required, rules: plan.rules(element) });
        }
        Plan { bodies: bodies.into(), ..plan }
    }

    fn add_children(&mut self) {
        let (mut children, mut names, mut ranges) = (Vec::new(), Vec::new(), Vec::with_capacity(Element::count()));
        for element in Element::all() {
            let first = children.len() as u32;
            for own in element.own_children() {
                let members: Vec<Member> = match own.is_choice() {
                    true => own.types().filter_map(|found| own.choose(found.ty())).collect(),
                    false => vec![own.member()],
                };
                for member in members {
                    let (text, child) = (json_name(member), self.child_of(member));
                    match Name::known(&text) {
                        Some(name) => {
                            names.push(name);
                            children.push(child);
                        }
                        None => self.unnumbered.push((element, text, child)),
                    }
                }
            }
            ranges.push(first..children.len() as u32);
        }
        (self.children, self.names, self.ranges) = (children.into(), names.into(), ranges.into());
    }

    fn child_of(&self, member: Member) -> Child {
        let (element, ty) = (member.element(), member.ty());
        let is_bound = element.binding().is_some();
        let what = match ty {
            Some(ty) if ty.is_resource() && element.name() == "contained" => What::Contained,
            Some(ty) if ty.is_resource() => What::Resource,
            Some(ty) => match ty.name() {
                "Extension" => What::Extension,
                "Reference" => What::Reference,
                "Coding" => What::Coding,
                "CodeableConcept" => What::Concept,
                _ if ty.kind() == Kind::Complex && is_bound => What::Coding,
                _ => What::Other,
            },
            None => What::Other,
        };
        Child {
            member,
            bit: self.bit(element),
            primitive: ty.and_then(Type::primitive),
            is_repeating: element.is_repeating(),
            max: element.max().filter(|max| *max > 1),
            is_choice: element.is_choice(),
            is_bound,
            has_profile: member.reference().is_some_and(|reference| reference.profile().is_some()),
            what,
        }
    }

    /// The property of an element with the name in JSON that a node has; with `is_extras`, that name without its `_`.
    #[inline]
    pub(super) fn child(&self, body: Element, node: Node<'_>, is_extras: bool) -> Option<&Child> {
        let name = node.name()?;
        let name = if is_extras { name.twin() } else { name };
        let range = self.ranges.get(body.index())?;
        let (first, end) = (range.start as usize, range.end as usize);
        match self.names.get(first..end)?.iter().position(|known| *known == name) {
            Some(at) => self.children.get(first + at),
            None if name.index() >= Name::known_count() => self.unnumbered_child(body, node.key()?, is_extras),
            None => None,
        }
    }

    #[cold]
    fn unnumbered_child(&self, body: Element, key: &str, is_extras: bool) -> Option<&Child> {
        let key = if is_extras { key.strip_prefix('_')? } else { key };
        let mut found = self.unnumbered.iter().filter(|(element, name, _)| *element == body && name == key);
        found.next().map(|(_, _, child)| child)
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
            body,
            presence: OnceLock::new(),
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

/// `valueQuantity`.
fn json_name(member: Member) -> String {
    let (name, ty) = member.json_name();
    match ty.split_at_checked(1) {
        Some((first, rest)) => format!("{name}{}{rest}", first.to_ascii_uppercase()),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tree;

    fn check(plan: &Plan, element: Element, name: &str, is_there: bool) {
        let tree = Tree::read(format!(r#"{{"{name}":1,"_{name}":2}}"#).as_bytes()).unwrap();
        let mut nodes = tree.root().children();
        let (plain, extras) = (nodes.next().unwrap(), nodes.next().unwrap());
        let member = |node: Node<'_>, is_extras| plan.child(element, node, is_extras).map(|child| child.member);
        let expect = element.own_property(name);
        assert_eq!((member(plain, false), member(extras, true)), (expect, expect), "{element} {name}");
        assert_eq!((member(extras, false), member(plain, true)), (None, None), "{element} {name}");
        assert!(expect.is_some() || !is_there, "{element} {name}");
    }

    #[test]
    fn the_plan_has_every_property_that_the_definitions_have() {
        let plan = Plan::get();
        for element in Element::all() {
            for own in element.own_children() {
                let names: Vec<String> = match own.is_choice() {
                    true => own.types().filter_map(|ty| own.choose(ty.ty())).map(json_name).collect(),
                    false => vec![own.name().to_owned()],
                };
                names.iter().for_each(|name| check(plan, element, name, true));
            }
            for other in ["resourceType", "onsetAge", "birthDate", "value", "zebra"] {
                check(plan, element, other, false);
            }
        }
    }
}
