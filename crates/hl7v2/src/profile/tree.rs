//! One message as its profile sees it: groups, segments, fields, components and subcomponents that have a value, each
//! with the rules that apply to it. The paths of the assertion language walk here.
//!
//! Promises: children of a node stand together, in order of their positions; what is empty is not there; every node but
//! groups keeps its element of the message; the number of nodes is linear in the message.
//! Never: a judgement. What does not fit is kept as [`Misfit`] for those who judge.

use super::expression::{Step, Verdict};
use super::model::{Datatype, Dynamic, Message, Model, NO_TYPE, Segment, SliceWhen, Slicing, Slot, Statements};
use crate::structure::{NodeId, Order, Placement, place};
use crate::tree::{Element, Level};
use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

/// What a node is in the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// The message or a group, by its node of the structure.
    Group(NodeId),
    /// A segment of the profile.
    Segment(u32),
    /// A value of this datatype, or of [`NO_TYPE`].
    Value(u32),
}

/// How deep a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Group,
    Segment,
    Field,
    Component,
    Subcomponent,
    /// A composite type where the message cannot separate any further: its first part is the value.
    Deeper(u8),
}

/// Composite types inside subcomponents: no datatype of the standard nests deeper.
const DEEPER_MAX: u8 = 3;

#[derive(Clone, Debug)]
pub(super) struct Node<'m> {
    pub(super) element: Option<Element<'m>>,
    pub(super) what: What,
    pub(super) rank: Rank,
    pub(super) position: u16,
    pub(super) instance: u16,
    pub(super) parent: u32,
    first: u32,
    count: u32,
    /// A bit for each position that a child has: most questions are about what is not there.
    holds: u64,
    /// The item of the placement; of groups and segments.
    item: u32,
}

/// Something of the message that has no place in the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    /// A value in a field or component behind the last that the profile has.
    Beyond { parent: u32, position: u16 },
    /// A field whose type the message does not say, or says with a value that has no case.
    Untyped { node: u32 },
    /// No slice takes this instance.
    NoSlice { node: u32 },
}

/// The message.
pub(super) struct Tree<'m, 'p> {
    pub(super) model: &'p Model,
    pub(super) message: &'p Message,
    pub(super) nodes: Vec<Node<'m>>,
    pub(super) misfits: Vec<Misfit>,
    pub(super) placement: Placement,
    pub(super) segments: Vec<Element<'m>>,
    labels: OnceCell<Vec<(u32, bool)>>,
    /// The paths of groups, as far as they were asked for.
    pub(super) group_names: RefCell<HashMap<u32, String>>,
}

impl<'m, 'p> Tree<'m, 'p> {
    /// Places and splits a message.
    pub(super) fn build(model: &'p Model, message: &'p Message, of: &'m crate::Message) -> Tree<'m, 'p> {
        let mut tree = Tree::empty(model, message);
        tree.nodes.reserve(of.write().len() / 8);
        tree.fill(of.segments().collect(), true)
    }

    /// The first segment alone: what a message says of itself.
    pub(super) fn header(model: &'p Model, message: &'p Message, of: &'m crate::Message) -> Tree<'m, 'p> {
        Tree::empty(model, message).fill(of.segments().take(1).collect(), true)
    }

    /// Groups and segments without what stands in them.
    pub(super) fn layout(model: &'p Model, message: &'p Message, of: &'m crate::Message) -> Tree<'m, 'p> {
        Tree::empty(model, message).fill(of.segments().collect(), false)
    }

    fn fill(mut self, segments: Vec<Element<'m>>, has_values: bool) -> Tree<'m, 'p> {
        let message = self.message;
        let id = |segment: &Element<'m>| segment.raw().get(..3).and_then(|id| id.try_into().ok()).unwrap_or(*b"???");
        let placement = place(&message.structure, segments.iter().map(id));
        self.segments = segments;
        let structure = &message.structure;
        let mut order: Vec<u32> = (1..placement.items.len() as u32).collect();
        order.retain(|at| placement.items[*at as usize].order != Order::Unknown);
        order.sort_by_key(|at| {
            let item = &placement.items[*at as usize];
            (item.parent, structure.node(item.node).position, item.occurrence)
        });
        self.placement = placement;
        self.push(None, What::Group(0), Rank::Group, (1, 1), (0, 0));
        self.grow(&order, has_values);
        self
    }

    /// A part of a message for itself: to try a slice on it.
    fn alone(&self, element: Element<'m>, what: What, rank: Rank, instance: u16) -> Tree<'m, 'p> {
        let mut tree = Tree::empty(self.model, self.message);
        tree.push(Some(element), what, rank, (1, instance), (0, 0));
        tree.grow(&[], true);
        tree
    }

    fn empty(model: &'p Model, message: &'p Message) -> Tree<'m, 'p> {
        Tree {
            model,
            message,
            nodes: Vec::new(),
            misfits: Vec::new(),
            placement: Placement::default(),
            segments: Vec::new(),
            labels: OnceCell::new(),
            group_names: RefCell::new(HashMap::new()),
        }
    }

    fn push(&mut self, element: Option<Element<'m>>, what: What, rank: Rank, at: (u16, u16), up: (u32, u32)) {
        let (position, instance) = at;
        let (parent, item) = up;
        self.nodes.push(Node { element, what, rank, position, instance, parent, first: 0, count: 0, holds: 0, item });
    }

    /// Splits every node in turn; what that adds is split later, so that the children of each stand together.
    fn grow(&mut self, order: &[u32], has_values: bool) {
        let mut at = 0;
        while at < self.nodes.len() {
            let first = self.nodes.len() as u32;
            match self.nodes[at].what {
                What::Group(_) => self.split_group(at as u32, order),
                What::Segment(segment) if has_values => self.split_segment(at as u32, segment),
                What::Segment(_) => {}
                What::Value(datatype) => self.split_value(at as u32, datatype),
            }
            self.nodes[at].first = first;
            self.nodes[at].count = self.nodes.len() as u32 - first;
            self.nodes[at].holds =
                self.nodes[first as usize..].iter().fold(0, |holds, child| holds | bit(child.position));
            at += 1;
        }
    }

    fn split_group(&mut self, at: u32, order: &[u32]) {
        let own = self.nodes[at as usize].item;
        let parent = |item: &u32| self.placement.items[*item as usize].parent;
        let from = order.partition_point(|item| parent(item) < own);
        let to = order.partition_point(|item| parent(item) <= own);
        for &item in &order[from..to] {
            let found = &self.placement.items[item as usize];
            let (node, occurrence, segment) = (found.node, found.occurrence, found.segment);
            let position = self.message.structure.node(node).position;
            match segment {
                None => self.push(None, What::Group(node), Rank::Group, (position, occurrence), (at, item)),
                Some(number) => {
                    let element = self.segments[number as usize];
                    let what = self.segment_of(node, element, occurrence);
                    self.push(Some(element), what, Rank::Segment, (position, occurrence), (at, item));
                }
            }
        }
    }

    /// The rules for a segment at a place: those of the reference, or of a slice.
    fn segment_of(&mut self, place: NodeId, element: Element<'m>, instance: u16) -> What {
        let place = &self.message.places[place as usize];
        let Some(slicing) = &place.slicing else { return What::Segment(place.segment) };
        let takes = |when: &SliceWhen| match when {
            SliceWhen::Occurrence(number) => *number == instance,
            SliceWhen::Holds(assertion) => {
                let alone = self.alone(element, What::Segment(place.segment), Rank::Segment, instance);
                alone.verdict(0, assertion) == Verdict::Holds
            }
        };
        match slicing.slices.iter().find(|slice| takes(&slice.when)) {
            Some(slice) => What::Segment(slice.target),
            None => {
                self.misfits.push(Misfit::NoSlice { node: self.nodes.len() as u32 });
                What::Segment(place.segment)
            }
        }
    }

    fn split_segment(&mut self, at: u32, segment: u32) {
        let Some(element) = self.nodes[at as usize].element else { return };
        let rules: &'p Segment = &self.model.segments[segment as usize];
        for (index, field) in element.parts().enumerate() {
            if is_blank(&field) {
                continue;
            }
            let Ok(position) = u16::try_from(index + 1) else { break };
            let Some(slot) = rules.fields.get(index) else {
                self.misfits.push(Misfit::Beyond { parent: at, position });
                continue;
            };
            let slicing = rules.slicings.iter().find(|slicing| slicing.position == position);
            let dynamic = rules.dynamic.iter().find(|dynamic| dynamic.position == position);
            let datatype = dynamic.map_or(slot.datatype, |dynamic| type_of(dynamic, &element));
            if field.level() == Level::Verbatim {
                self.push(Some(field), What::Value(datatype), Rank::Field, (position, 1), (at, u32::MAX));
                continue;
            }
            for (number, repetition) in field.parts().enumerate().filter(|(_, repetition)| !is_blank(repetition)) {
                let instance = u16::try_from(number + 1).unwrap_or(u16::MAX);
                let datatype = self.sliced(slicing, repetition, datatype, instance);
                if datatype == NO_TYPE && dynamic.is_some() {
                    self.misfits.push(Misfit::Untyped { node: self.nodes.len() as u32 });
                }
                self.push(Some(repetition), What::Value(datatype), Rank::Field, (position, instance), (at, u32::MAX));
            }
        }
    }

    fn sliced(&mut self, slicing: Option<&Slicing>, element: Element<'m>, datatype: u32, instance: u16) -> u32 {
        let Some(slicing) = slicing else { return datatype };
        let takes = |when: &SliceWhen| match when {
            SliceWhen::Occurrence(number) => *number == instance,
            SliceWhen::Holds(assertion) => {
                let alone = self.alone(element, What::Value(datatype), Rank::Field, instance);
                alone.verdict(0, assertion) == Verdict::Holds
            }
        };
        match slicing.slices.iter().find(|slice| takes(&slice.when)) {
            Some(slice) => slice.target,
            None => {
                self.misfits.push(Misfit::NoSlice { node: self.nodes.len() as u32 });
                datatype
            }
        }
    }

    fn split_value(&mut self, at: u32, datatype: u32) {
        let model: &'p Model = self.model;
        let Some(rules) = model.datatypes.get(datatype as usize).filter(|rules| !rules.components.is_empty()) else {
            return;
        };
        let node = &self.nodes[at as usize];
        let Some(element) = node.element else { return };
        let rank = match node.rank {
            Rank::Group | Rank::Segment => Rank::Field,
            Rank::Field => Rank::Component,
            Rank::Component => Rank::Subcomponent,
            Rank::Subcomponent => Rank::Deeper(1),
            Rank::Deeper(depth) if depth < DEEPER_MAX => Rank::Deeper(depth + 1),
            Rank::Deeper(_) => return,
        };
        if matches!(rank, Rank::Deeper(_)) || element.level() == Level::Verbatim {
            let datatype = rules.components[0].datatype;
            return self.push(Some(element), What::Value(datatype), rank, (1, 1), (at, u32::MAX));
        }
        for (index, part) in element.parts().enumerate().filter(|(_, part)| !is_blank(part)) {
            let Ok(position) = u16::try_from(index + 1) else { break };
            match rules.components.get(index) {
                None => self.misfits.push(Misfit::Beyond { parent: at, position }),
                Some(slot) => {
                    self.push(Some(part), What::Value(slot.datatype), rank, (position, 1), (at, u32::MAX));
                }
            }
        }
    }

    /// The children of a node.
    pub(super) fn children(&self, at: u32) -> std::ops::Range<u32> {
        let node = &self.nodes[at as usize];
        node.first..node.first + node.count
    }

    /// The children of a node at one position. They stand in its order.
    pub(super) fn children_at(&self, at: u32, position: u16) -> std::ops::Range<u32> {
        let node = &self.nodes[at as usize];
        if node.holds & bit(position) == 0 {
            return node.first..node.first;
        }
        // Each position below has a child, so that no child of this one stands further ahead.
        let below = (node.holds & (bit(position) - 1)).count_ones();
        let nodes = &self.nodes[(node.first + below) as usize..(node.first + node.count) as usize];
        let from = nodes.iter().take_while(|node| node.position < position).count();
        let count = nodes[from..].iter().take_while(|node| node.position == position).count();
        let first = node.first + below + from as u32;
        first..first + count as u32
    }

    /// A value without parts.
    pub(super) fn is_leaf(&self, at: u32) -> bool {
        match self.nodes[at as usize].what {
            What::Group(_) | What::Segment(_) => false,
            What::Value(datatype) => self.datatype(datatype).is_none_or(|rules| rules.components.is_empty()),
        }
    }

    pub(super) fn datatype(&self, at: u32) -> Option<&'p Datatype> {
        self.model.datatypes.get(at as usize)
    }

    /// The statements about a node.
    pub(super) fn statements(&self, at: u32) -> Option<&'p Statements> {
        match self.nodes[at as usize].what {
            What::Group(place) => {
                let own = self.message.places[place as usize].statements?;
                self.message.statements.get(own as usize)
            }
            What::Segment(segment) => self.model.segments.get(segment as usize).map(|rules| &rules.statements),
            What::Value(datatype) => self.datatype(datatype).map(|rules| &rules.statements),
        }
    }

    /// A field that says `""`.
    pub(super) fn is_null(&self, at: u32) -> bool {
        let node = &self.nodes[at as usize];
        node.rank == Rank::Field && node.element.is_some_and(|element| element.raw() == b"\"\"")
    }

    /// The decoded value of a node.
    pub(super) fn text(&self, at: u32) -> Cow<'m, str> {
        self.nodes[at as usize].element.map_or(Cow::Borrowed(""), |element| element.text())
    }

    /// Visits every node at a path; `false` when the path leads into a value that has no parts.
    pub(super) fn visit(&self, from: u32, steps: &[Step], visitor: &mut dyn FnMut(u32)) -> bool {
        let Some((step, rest)) = steps.split_first() else {
            visitor(from);
            return true;
        };
        if self.is_leaf(from) {
            return false;
        }
        let mut is_reachable = true;
        for child in self.children_at(from, step.position) {
            if step.instance == 0 || self.nodes[child as usize].instance == step.instance {
                is_reachable &= self.visit(child, rest, visitor);
            }
        }
        is_reachable
    }

    /// The nodes at a path; `None` when it leads into a value that has no parts.
    pub(super) fn query(&self, from: u32, steps: &[Step]) -> Option<Vec<u32>> {
        let mut found = Vec::new();
        self.visit(from, steps, &mut |node| found.push(node)).then_some(found)
    }

    /// The only node at a path; `None` when there is none, when there are several, and when it leads nowhere.
    pub(super) fn only(&self, from: u32, steps: &[Step]) -> Option<u32> {
        let (mut found, mut count) = (None, 0);
        let is_reachable = self.visit(from, steps, &mut |node| {
            found = Some(node);
            count += 1;
        });
        found.filter(|_| is_reachable && count == 1)
    }

    /// The place in the profile of a child of a node: a field or a component.
    pub(super) fn slot(&self, parent: u32, position: u16) -> Option<&'p Slot> {
        let index = usize::from(position).checked_sub(1)?;
        match self.nodes[parent as usize].what {
            What::Group(_) => None,
            What::Segment(segment) => self.model.segments[segment as usize].fields.get(index),
            What::Value(datatype) => self.datatype(datatype)?.components.get(index),
        }
    }

    /// Which of its like a segment of the message is, from 1, and whether there are more.
    pub(super) fn label(&self, segment: u32) -> (u32, bool) {
        let labels = self.labels.get_or_init(|| {
            let mut counts: HashMap<&str, u32> = HashMap::new();
            let mut numbers = Vec::with_capacity(self.segments.len());
            for segment in &self.segments {
                let count = counts.entry(segment.id()).or_default();
                *count += 1;
                numbers.push(*count);
            }
            numbers.iter().zip(&self.segments).map(|(number, of)| (*number, counts[of.id()] > 1)).collect()
        });
        labels.get(segment as usize).copied().unwrap_or((1, false))
    }

    /// The number of the segment in the message that a node is in.
    pub(super) fn segment_number(&self, at: u32) -> Option<u32> {
        let mut node = &self.nodes[at as usize];
        while node.rank > Rank::Segment {
            node = &self.nodes[node.parent as usize];
        }
        self.placement.items.get(node.item as usize)?.segment
    }

    /// The item of the placement of a group or a segment.
    pub(super) fn item(&self, at: u32) -> u32 {
        self.nodes[at as usize].item
    }
}

/// Positions from 63 on share a bit.
fn bit(position: u16) -> u64 {
    1 << position.min(63)
}

/// Nothing but separators.
fn is_blank(element: &Element<'_>) -> bool {
    if element.level() == Level::Verbatim {
        return element.is_empty();
    }
    if element.is_empty() {
        return true;
    }
    let delimiters = element.message().delimiters();
    let separators = [delimiters.repetition, delimiters.component, delimiters.subcomponent];
    element.raw().iter().all(|byte| separators.contains(byte))
}

/// The datatype that a mapping gives a field, by the values that it refers to.
fn type_of(dynamic: &Dynamic, segment: &Element<'_>) -> u32 {
    let value = |reference: &[u16; 3]| {
        let field = segment.field(reference[0])?.repetition(1)?;
        let part = if reference[1] > 0 { field.component(reference[1])? } else { field };
        let part = if reference[2] > 0 { part.subcomponent(reference[2])? } else { part };
        Some(part.text()).filter(|text| !text.is_empty())
    };
    let first = value(&dynamic.reference);
    let second = dynamic.second.as_ref().and_then(value);
    let takes = |case: &Option<Box<str>>, found: &Option<Cow<'_, str>>| case.as_deref() == found.as_deref();
    let exact = dynamic.cases.iter().find(|case| takes(&case.value, &first) && takes(&case.second, &second));
    let loose = || dynamic.cases.iter().find(|case| takes(&case.value, &first) && case.second.is_none());
    exact.or_else(loose).map_or(NO_TYPE, |case| case.datatype)
}
