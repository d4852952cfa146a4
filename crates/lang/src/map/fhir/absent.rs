//! Required elements that stayed empty: they say that their value is unknown, as FHIR has it (data-absent-reason), so that
//! what a sender did not give, or gave as what cannot be read, costs the receiver no resource.
//!
//! Owns what stands for each required element of a resource, found out when a map is compiled. Promises: only what is
//! absent is touched, and each is told (E2602). Never: inside of elements that are there.

use super::{
    lineage::Lineage,
    machine::{Machine, too_large},
};
use crate::{
    codes,
    run::{Fault, Site},
};
use fhir::{
    Error, Name, NodeId, Tree, Value,
    definitions::{Element, Kind, Member},
    names::names,
};

/// The extension that says why.
const URL: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
/// Why: nobody knows more.
const REASON: &str = "unknown";
/// Required elements inside of required elements, such as who an agent is.
const DEPTH_MAX: usize = 3;

/// A required element.
#[derive(Debug)]
pub(crate) struct Absent {
    /// The names that it may have: of a choice, one a type.
    names: Box<[Name]>,
    /// The one that it gets where it is absent.
    name: Name,
    repeats: bool,
    shape: Shape,
}

#[derive(Debug)]
enum Shape {
    /// The extension stands beside it, under `_name`.
    Primitive,
    /// The extension stands in it.
    Whole,
    /// In it stand its own required elements.
    Parts(Box<[Absent]>),
}

/// What stands for the required elements of a resource.
pub(super) fn of_resource(root: Member) -> Box<[Absent]> {
    of_children(root, 0)
}

fn of_children(member: Member, depth: usize) -> Box<[Absent]> {
    member.children().filter(|element| element.min() > 0).filter_map(|element| of_element(element, depth)).collect()
}

fn of_element(element: Element, depth: usize) -> Option<Absent> {
    let members: Vec<Member> = if element.is_choice() {
        element.types().filter_map(|found| element.choose(found.ty())).collect()
    } else {
        vec![element.member()]
    };
    // Of several types the one with the fewest claims.
    let preferred = |name: &str| members.iter().find(|member| member.type_name() == name);
    let chosen = *preferred("CodeableConcept").or_else(|| preferred("dateTime")).or(members.first())?;
    let kind = chosen.ty().map(|found| (found.kind(), found.name()));
    let shape = match kind {
        Some((Kind::Primitive, _)) if element.is_repeating() => return None,
        Some((Kind::Primitive, _)) => Shape::Primitive,
        Some((_, "BackboneElement")) if depth < DEPTH_MAX => match of_children(chosen, depth + 1) {
            parts if parts.is_empty() => Shape::Whole,
            parts => Shape::Parts(parts),
        },
        // A resource inside has no extension that would do.
        Some((_, "Resource")) | None => return None,
        Some(_) => Shape::Whole,
    };
    let names = members.into_iter().filter_map(name_of).collect();
    Some(Absent { names, name: name_of(chosen)?, repeats: element.is_repeating(), shape })
}

/// `effectiveDateTime` of a choice with its type.
fn name_of(member: Member) -> Option<Name> {
    let (name, kind) = member.json_name();
    let mut letters = kind.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    Name::known(&name.chars().chain(first).chain(letters).collect::<String>())
}

impl Absent {
    fn is_absent(&self, tree: &Tree, parent: NodeId) -> bool {
        let mut children = tree.node(parent).children();
        !children.any(|child| {
            child.name().is_some_and(|found| self.names.iter().any(|name| *name == found || name.twin() == found))
        })
    }

    /// Gives the element that says it.
    fn put(&self, tree: &mut Tree, parent: NodeId) -> Result<NodeId, Error> {
        let name = if matches!(self.shape, Shape::Primitive) { self.name.twin() } else { self.name };
        let node = match self.repeats {
            true => tree.append(parent, name, Value::Object)?,
            false => tree.add(parent, name, Value::Object)?,
        };
        match &self.shape {
            Shape::Primitive | Shape::Whole => {
                let extension = tree.append(node, names().extension, Value::Object)?;
                tree.add(extension, names().url, Value::Text(URL))?;
                tree.set(extension, "valueCode", Value::Text(REASON))?;
            }
            Shape::Parts(parts) => {
                for part in parts {
                    part.put(tree, node)?;
                }
            }
        }
        Ok(node)
    }
}

impl Machine<'_, '_, '_> {
    /// One of the required elements is not there.
    pub(super) fn lacks(&self, root: NodeId, required: &[Absent]) -> bool {
        required.iter().any(|one| one.is_absent(self.tree, root))
    }

    /// Says of each required element that is not there that nobody knows it.
    pub(super) fn say_absent(
        &mut self,
        root: NodeId,
        required: &[Absent],
        kind: &str,
        site: &Site,
    ) -> Result<(), Fault> {
        for one in required {
            if !one.is_absent(self.tree, root) {
                continue;
            }
            let node = one.put(self.tree, root).map_err(|error| too_large(site, &error))?;
            if let Some(lineage) = &mut self.lineage {
                Lineage::begin(lineage);
            }
            self.trace_line(node, site);
            let what = format!("{kind}: `{}` is required and stayed empty", self.tree.spell(one.name));
            self.note(site, codes::E2602, what);
        }
        Ok(())
    }
}
