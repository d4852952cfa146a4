//! Where something is, in words of the message: `OBX[3]-5.1`, and the groups around it.
//!
//! Promises: a place that is missing is named like one that is there: by the profile's own structure.

use super::expression::Step;
use super::tree::{Rank, Tree, What};
use crate::structure::Kind;

/// A place to point at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spot {
    /// `OBX[3]-5.1`, or the group path of a group.
    pub(super) path: String,
    /// `ORDER[2].OBSERVATION`.
    pub(super) group: String,
    /// What the element is called.
    pub(super) name: String,
}

impl Spot {
    /// `OBX-5.1 (Identifier)`.
    pub(super) fn words(&self) -> String {
        let path = if self.path.is_empty() { "the message" } else { &self.path };
        if self.name.is_empty() || self.name == self.path { path.to_owned() } else { format!("{path} ({})", self.name) }
    }
}

impl Tree<'_, '_> {
    /// The place of a node.
    pub(super) fn spot(&self, at: u32) -> Spot {
        let node = &self.nodes[at as usize];
        match node.what {
            What::Group(place) => {
                let path = self.group_path(at);
                let name = if place == 0 { String::new() } else { self.message.structure.node(place).name.to_string() };
                Spot { group: path.clone(), path, name }
            }
            What::Segment(segment) => Spot {
                path: self.segment_path(at),
                group: self.group_path(node.parent),
                name: self.model.segments[segment as usize].description.to_string(),
            },
            What::Value(_) => {
                let parent = self.spot(node.parent);
                let name = self.slot(node.parent, node.position).map(|slot| slot.name.to_string()).unwrap_or_default();
                Spot { path: below(&parent.path, node.rank, node.position, node.instance), name, ..parent }
            }
        }
    }

    /// The place of a child that is not there.
    pub(super) fn missing(&self, parent: u32, position: u16) -> Spot {
        self.spot_below(parent, &[Step { position, instance: 1 }])
    }

    /// The place at a path, as far as the message has it, and then as the profile has it.
    pub(super) fn spot_below(&self, from: u32, steps: &[Step]) -> Spot {
        let mut at = from;
        let mut rest = steps;
        while let Some((step, behind)) = rest.split_first() {
            let takes = |child: &u32| step.instance == 0 || self.nodes[*child as usize].instance == step.instance;
            let Some(child) = self.children_at(at, step.position).find(takes) else { break };
            at = child;
            rest = behind;
        }
        let spot = self.spot(at);
        match self.nodes[at as usize].what {
            What::Group(place) => self.groups_below(spot, place, rest),
            What::Segment(segment) => {
                let fields = &self.model.segments[segment as usize].fields;
                self.values_below(spot, Rank::Field, fields, rest)
            }
            What::Value(datatype) => {
                let components = self.datatype(datatype).map(|rules| &rules.components[..]).unwrap_or_default();
                let rank =
                    if self.nodes[at as usize].rank == Rank::Field { Rank::Component } else { Rank::Subcomponent };
                self.values_below(spot, rank, components, rest)
            }
        }
    }

    /// A missing group or segment, and what would be in it.
    fn groups_below(&self, mut spot: Spot, mut place: u32, mut steps: &[Step]) -> Spot {
        let structure = &self.message.structure;
        while let Some((step, rest)) = steps.split_first() {
            let Some(child) =
                usize::from(step.position).checked_sub(1).and_then(|at| structure.children(place).get(at))
            else {
                break;
            };
            let node = structure.node(*child);
            steps = rest;
            match node.kind {
                Kind::Group | Kind::Choice => {
                    spot.group = joined(&spot.group, &numbered(&node.name, step.instance));
                    spot.path.clone_from(&spot.group);
                    spot.name = node.name.to_string();
                    place = *child;
                }
                Kind::Segment(_) => {
                    let rules = &self.model.segments[self.message.places[*child as usize].segment as usize];
                    let spot = Spot { path: rules.name.to_string(), name: rules.description.to_string(), ..spot };
                    return self.values_below(spot, Rank::Field, &rules.fields, rest);
                }
            }
        }
        spot
    }

    fn values_below(&self, mut spot: Spot, rank: Rank, slots: &[super::model::Slot], steps: &[Step]) -> Spot {
        let Some((step, rest)) = steps.split_first() else { return spot };
        spot.path = below(&spot.path, rank, step.position, step.instance.max(1));
        let slot = usize::from(step.position).checked_sub(1).and_then(|at| slots.get(at));
        spot.name = slot.map(|slot| slot.name.to_string()).unwrap_or_default();
        let next = if rank == Rank::Field { Rank::Component } else { Rank::Subcomponent };
        let components = slot.and_then(|slot| self.datatype(slot.datatype)).map(|rules| &rules.components[..]);
        if rank == Rank::Subcomponent {
            spot
        } else {
            self.values_below(spot, next, components.unwrap_or_default(), rest)
        }
    }

    fn segment_path(&self, at: u32) -> String {
        let node = &self.nodes[at as usize];
        let id = node.element.map(|element| element.id()).unwrap_or_default();
        match self.segment_number(at).map(|number| self.label(number)) {
            Some((number, true)) => format!("{id}[{number}]"),
            Some((_, false)) | None => id.to_owned(),
        }
    }

    fn group_path(&self, at: u32) -> String {
        let mut names = Vec::new();
        let mut at = at;
        while at != 0 {
            let node = &self.nodes[at as usize];
            if let What::Group(place) = node.what {
                names.push(numbered(&self.message.structure.node(place).name, node.instance));
            }
            at = node.parent;
        }
        names.reverse();
        names.join(".")
    }
}

fn numbered(name: &str, instance: u16) -> String {
    if instance > 1 { format!("{name}[{instance}]") } else { name.to_owned() }
}

fn joined(group: &str, name: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{group}.{name}") }
}

/// The path of a part.
fn below(path: &str, rank: Rank, position: u16, instance: u16) -> String {
    match rank {
        Rank::Group | Rank::Segment | Rank::Deeper(_) => path.to_owned(),
        Rank::Field if instance > 1 => format!("{path}-{position}[{instance}]"),
        Rank::Field => format!("{path}-{position}"),
        Rank::Component | Rank::Subcomponent => format!("{path}.{position}"),
    }
}
