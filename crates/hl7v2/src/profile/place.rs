//! Where something is, in words of the message: `OBX[3]-5.1`, and the groups around it.
//!
//! Promises: a place that is missing is named like one that is there: by the profile's own structure.

use super::eval::written;
use super::expression::Step;
use super::tree::{Rank, Tree, What};
use crate::structure::Kind;

/// Room for most paths: `OBX[12]-5[3].10.2`.
const PATH_LETTERS: usize = 20;

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
        if self.name.is_empty() || self.name == self.path {
            return path.to_owned();
        }
        [path, " (", &self.name, ")"].concat()
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
            What::Segment(_) | What::Value(_) => {
                let mut path = String::with_capacity(PATH_LETTERS);
                let segment = self.write_path(at, &mut path);
                let name = match node.what {
                    What::Segment(rules) => &*self.model.segments[rules as usize].description,
                    What::Value(_) | What::Group(_) => {
                        self.slot(node.parent, node.position).map(|slot| &*slot.name).unwrap_or_default()
                    }
                };
                Spot { path, group: self.group_path(self.nodes[segment as usize].parent), name: name.to_owned() }
            }
        }
    }

    /// Writes the path of a segment or a part of one, and answers the segment.
    fn write_path(&self, at: u32, path: &mut String) -> u32 {
        let node = &self.nodes[at as usize];
        if node.rank <= Rank::Segment {
            self.write_segment(at, path);
            return at;
        }
        let segment = self.write_path(node.parent, path);
        write_below(path, node.rank, node.position, node.instance);
        segment
    }

    /// The place of a child that is not there.
    pub(super) fn missing(&self, parent: u32, position: u16) -> Spot {
        let node = &self.nodes[parent as usize];
        let rank = match node.rank {
            Rank::Group => return self.spot_below(parent, &[Step { position, instance: 1 }]),
            Rank::Segment => Rank::Field,
            Rank::Field => Rank::Component,
            Rank::Component | Rank::Subcomponent | Rank::Deeper(_) => Rank::Subcomponent,
        };
        let mut path = String::with_capacity(PATH_LETTERS);
        let segment = self.write_path(parent, &mut path);
        write_below(&mut path, rank, position, 1);
        let name = self.slot(parent, position).map(|slot| slot.name.to_string()).unwrap_or_default();
        Spot { path, group: self.group_path(self.nodes[segment as usize].parent), name }
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
        write_below(&mut spot.path, rank, step.position, step.instance.max(1));
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

    fn write_segment(&self, at: u32, path: &mut String) {
        let node = &self.nodes[at as usize];
        let id = node.element.map(|element| element.id()).unwrap_or_default();
        path.push_str(id);
        if let Some((number, true)) = self.segment_number(at).map(|number| self.label(number)) {
            write_number(path, '[', number);
            path.push(']');
        }
    }

    /// The groups around and with a group, each named once for all issues in it.
    fn group_path(&self, at: u32) -> String {
        let mut names = self.group_names.borrow_mut();
        if let Some(known) = names.get(&at) {
            return known.clone();
        }
        let mut parts = Vec::new();
        let mut above = at;
        while above != 0 {
            let node = &self.nodes[above as usize];
            if let What::Group(place) = node.what {
                parts.push(numbered(&self.message.structure.node(place).name, node.instance));
            }
            above = node.parent;
        }
        parts.reverse();
        names.entry(at).or_insert(parts.join(".")).clone()
    }
}

fn numbered(name: &str, instance: u16) -> String {
    if instance > 1 { format!("{name}[{instance}]") } else { name.to_owned() }
}

fn joined(group: &str, name: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{group}.{name}") }
}

/// Writes the path of a part behind that of the whole.
fn write_below(path: &mut String, rank: Rank, position: u16, instance: u16) {
    match rank {
        Rank::Group | Rank::Segment | Rank::Deeper(_) => {}
        Rank::Field => {
            write_number(path, '-', u32::from(position));
            if instance > 1 {
                write_number(path, '[', u32::from(instance));
                path.push(']');
            }
        }
        Rank::Component | Rank::Subcomponent => write_number(path, '.', u32::from(position)),
    }
}

fn write_number(path: &mut String, mark: char, number: u32) {
    path.push(mark);
    path.push_str(written(number, &mut [0; 10]));
}
