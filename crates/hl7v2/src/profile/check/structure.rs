//! Usage, cardinality, order, length, form and constants.

use super::Checker;
use crate::codes;
use crate::profile::model::{Format, NO_TYPE, Slot, Usage};
use crate::profile::place::Spot;
use crate::profile::tree::{Misfit, Rank, What};
use crate::profile::value;
use crate::structure::Order;
use ::message::Severity;

/// How often something may come and does.
#[derive(Clone, Copy)]
struct Count {
    found: u32,
    /// The number of the last: repetitions that are empty count too.
    highest: u32,
    min: u32,
    max: u32,
}

impl Checker<'_, '_, '_> {
    pub(super) fn check_structure(&mut self) {
        self.check_groups();
        self.check_misfits();
        for at in 0..self.tree.nodes.len() as u32 {
            if self.hidden[at as usize] {
                continue;
            }
            match self.tree.nodes[at as usize].what {
                What::Group(_) => {}
                What::Segment(segment) => {
                    let model = self.tree.model;
                    let rules = &model.segments[segment as usize];
                    self.check_slots(at, &rules.fields, &rules.wanted);
                }
                What::Value(datatype) => self.check_value(at, datatype),
            }
        }
    }

    /// Segments and groups: those that the structure has no place for, then those that are missing or too many.
    pub(super) fn check_groups(&mut self) {
        let tree = self.tree;
        for item in &tree.placement.items {
            let Some(number) = item.segment.filter(|_| item.order != Order::Kept) else { continue };
            self.check_order(number, item.order, tree.placement.groups(item));
        }
        for at in 0..tree.nodes.len() as u32 {
            let What::Group(group) = tree.nodes[at as usize].what else { continue };
            if self.hidden[at as usize] {
                continue;
            }
            for (index, child) in tree.message.structure.children(group).iter().enumerate() {
                let place = &tree.message.places[*child as usize];
                let Some(usage) = place.usage else { continue };
                let position = index as u16 + 1;
                let instances =
                    tree.children_at(at, position).map(|node| u32::from(tree.nodes[node as usize].instance));
                let (found, highest) = instances.fold((0, 0), |(found, highest), one| (found + 1, highest.max(one)));
                self.check_usage(at, position, usage, Count { found, highest, min: place.min, max: place.max });
            }
        }
    }

    fn check_order(&mut self, number: u32, order: Order, groups: Vec<(u32, u16)>) {
        let tree = self.tree;
        let id = tree.segments[number as usize].id();
        let path = match tree.label(number) {
            (count, true) => format!("{id}[{count}]"),
            (_, false) => id.to_owned(),
        };
        let name = |(node, count): &(u32, u16)| match count {
            1 => tree.message.structure.node(*node).name.to_string(),
            count => format!("{}[{count}]", tree.message.structure.node(*node).name),
        };
        let group = groups.iter().map(name).collect::<Vec<_>>().join(".");
        let spot = Spot { path, group, name: String::new() };
        let message = &tree.message.structure_id;
        if order == Order::Broken {
            let text = format!("{} stands behind segments that have to follow it in {message}.", spot.path);
            self.issue(codes::E1088, Severity::Error, spot, text, None);
        } else if id.starts_with('Z') {
            let text = format!("{} is a local segment that the profile does not describe.", spot.path);
            self.issue(codes::E1087, Severity::Warning, spot, text, None);
        } else {
            let text = format!("{} has no place in {message} as the profile describes it.", spot.path);
            self.issue(codes::E1087, Severity::Error, spot, text, None);
        }
    }

    fn check_usage(&mut self, parent: u32, position: u16, usage: Usage, count: Count) {
        match (usage, count.found) {
            (Usage::Required, 0) => {
                let spot = self.tree.missing(parent, position);
                let text = format!("{} is required and missing.", spot.words());
                return self.issue(codes::E1080, Severity::Error, spot, text, None);
            }
            (Usage::RequiredOrEmpty, 0) => {
                let spot = self.tree.missing(parent, position);
                let text = spot.words() + " is empty; it has to be sent wherever a value is known (RE).";
                return self.issue(codes::E1081, Severity::Warning, spot, text, None);
            }
            (Usage::NotSupported | Usage::Withdrawn, 1..) => {
                let why = if usage == Usage::Withdrawn { "has withdrawn it" } else { "does not support it (X)" };
                for node in self.tree.children_at(parent, position).collect::<Vec<_>>() {
                    let spot = self.tree.spot(node);
                    let text = format!("{} is present; the profile {why}.", spot.words());
                    self.issue(codes::E1082, Severity::Error, spot, text, Some(node));
                }
                return;
            }
            (_, 0) => return,
            _ => {}
        }
        if count.highest > count.max {
            let spot = self.tree.missing(parent, position);
            let (found, max) = (count.highest, count.max);
            let text = format!("{} comes {found} times; the profile allows at most {max}.", spot.words());
            self.issue(codes::E1083, Severity::Error, spot, text, None);
        } else if count.highest < count.min {
            let spot = self.tree.missing(parent, position);
            let (found, min) = (count.found, count.min);
            let text = format!("{} comes {found} times; the profile asks for at least {min}.", spot.words());
            self.issue(codes::E1083, Severity::Error, spot, text, None);
        }
    }

    /// The fields of a segment or the components of a value: those that are there, and those that are wanted.
    fn check_slots(&mut self, at: u32, slots: &[Slot], wanted: &[u16]) {
        let tree = self.tree;
        let mut children = tree.children(at).map(|child| (child, &tree.nodes[child as usize])).peekable();
        let mut wanted = wanted.iter().copied().peekable();
        loop {
            let next = children.peek().map(|(_, node)| node.position);
            while let Some(position) = wanted.next_if(|position| next.is_none_or(|next| *position < next)) {
                let Some(slot) = slots.get(usize::from(position) - 1) else { break };
                let count = Count { found: 0, highest: 0, min: slot.min, max: slot.max };
                self.check_usage(at, position, slot.usage, count);
            }
            let Some(position) = next else { return };
            wanted.next_if_eq(&position);
            let (mut found, mut highest, mut is_null) = (0, 0, false);
            while let Some((child, node)) = children.next_if(|(_, node)| node.position == position) {
                found += 1;
                highest = highest.max(u32::from(node.instance));
                is_null |= tree.is_null(child);
            }
            let Some(slot) = slots.get(usize::from(position) - 1) else { continue };
            // A field that says "delete" says it once, whatever the profile asks.
            let (min, max) = if is_null { (0, 1) } else { (slot.min, slot.max) };
            let is_refused = matches!(slot.usage, Usage::NotSupported | Usage::Withdrawn);
            if is_refused || !(min..=max).contains(&highest) {
                self.check_usage(at, position, slot.usage, Count { found, highest, min, max });
            }
        }
    }

    fn check_value(&mut self, at: u32, datatype: u32) {
        let tree = self.tree;
        if tree.is_null(at) {
            return;
        }
        if !tree.is_leaf(at) {
            let Some(rules) = tree.datatype(datatype) else { return };
            return self.check_slots(at, &rules.components, &rules.wanted);
        }
        let node = &tree.nodes[at as usize];
        let Some(slot) = tree.slot(node.parent, node.position) else { return };
        let text = tree.text(at);
        if datatype != NO_TYPE {
            self.check_separators(at);
        }
        let format = tree.datatype(datatype).map_or(Format::Text, |rules| rules.format);
        if !value::fits(format, &text) {
            let spot = tree.spot(at);
            let text = format!("{} is not {}.", spot.words(), value::form(format));
            self.issue(codes::E1085, Severity::Error, spot, text, Some(at));
        }
        if let Some((min, max)) = slot.length {
            let length = if text.len() <= max as usize && text.is_ascii() { text.len() } else { text.chars().count() };
            if !(min as usize..=max as usize).contains(&length) {
                let spot = tree.spot(at);
                let bounds = if max == u32::MAX { format!("{min} or more") } else { format!("{min} to {max}") };
                let text = format!("{} has {length} characters; the profile allows {bounds}.", spot.words());
                self.issue(codes::E1084, Severity::Warning, spot, text, Some(at));
            }
        }
        if slot.constant.as_ref().is_some_and(|constant| **constant != *text) {
            let spot = tree.spot(at);
            let constant = slot.constant.as_deref().unwrap_or_default();
            let text = format!("{} has to be '{constant}'.", spot.words());
            self.issue(codes::E1086, Severity::Error, spot, text, Some(at));
        }
    }

    /// A value without parts holds a separator as it is: somebody forgot to escape it.
    fn check_separators(&mut self, at: u32) {
        let node = &self.tree.nodes[at as usize];
        let Some(element) = node.element.filter(|element| element.level() != crate::Level::Verbatim) else { return };
        let delimiters = element.message().delimiters();
        // Values are short: a look at each byte costs less than a call.
        let has = |byte: u8| element.raw().contains(&byte);
        let is_split = match node.rank {
            Rank::Group | Rank::Segment => false,
            Rank::Field => has(delimiters.component) || has(delimiters.subcomponent),
            Rank::Component => has(delimiters.subcomponent),
            Rank::Subcomponent | Rank::Deeper(_) => false,
        };
        if is_split {
            let spot = self.tree.spot(at);
            let text = format!("{} is one value, and has separators that are not escaped.", spot.words());
            self.issue(codes::E1091, Severity::Error, spot, text, Some(at));
        }
    }

    fn check_misfits(&mut self) {
        let tree = self.tree;
        for misfit in &tree.misfits {
            match *misfit {
                Misfit::Beyond { parent, position } if !self.hidden[parent as usize] => {
                    let spot = tree.missing(parent, position);
                    let text = format!("{} has a value; the profile ends before it.", spot.path);
                    self.issue(codes::E1089, Severity::Error, spot, text, None);
                }
                Misfit::Untyped { node } if !self.hidden[node as usize] => {
                    let spot = tree.spot(node);
                    let text =
                        format!("{} has a value, and no type that the profile allows is said for it.", spot.words());
                    self.issue(codes::E1090, Severity::Error, spot, text, Some(node));
                }
                Misfit::NoSlice { node } if !self.hidden[node as usize] => {
                    let spot = tree.spot(node);
                    let text =
                        format!("{} fits none of the slices of the profile; its general rules apply.", spot.words());
                    self.issue(codes::E1092, Severity::Warning, spot, text, None);
                }
                Misfit::Beyond { .. } | Misfit::Untyped { .. } | Misfit::NoSlice { .. } => {}
            }
        }
    }
}
