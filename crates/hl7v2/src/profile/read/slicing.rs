//! `ProfileSlicing`: other rules for some instances of a segment or a field.

use super::Reader;
use crate::profile::model::{Message, Slice, SliceWhen, Slicing};
use xml::Node;
use xml::{attribute, child, children, named, text_of};

impl Reader {
    pub(super) fn read_slicings(&mut self, root: Node<'_, '_>) {
        // Slices lead to segments and datatypes of the profile that they stand in.
        for (file, names) in std::mem::take(&mut self.all_names).into_iter().enumerate() {
            self.names = names;
            self.read_slicings_of(root, file as u32);
            self.all_names.push(std::mem::take(&mut self.names));
        }
    }

    fn read_slicings_of(&mut self, root: Node<'_, '_>, file: u32) {
        for message in child(root, "SegmentSlicing").into_iter().flat_map(|list| named(list, "Message")) {
            let id = attribute(message, "ID").unwrap_or_default();
            let is_it = |own: &Message| own.file == file && &*own.id == id;
            let Some(at) = self.model.messages.iter().position(is_it) else { continue };
            for context in named(message, "GroupContext") {
                for slicing in children(context).filter_map(|node| self.read_slicing(node, true)).collect::<Vec<_>>() {
                    self.slice_segment(at, attribute(context, "ID").unwrap_or_default(), slicing);
                }
            }
        }
        for context in child(root, "FieldSlicing").into_iter().flat_map(|list| named(list, "SegmentContext")) {
            let id = attribute(context, "ID").unwrap_or_default();
            let Some(at) = self.segment(id) else { continue };
            let slicings: Vec<Slicing> = children(context).filter_map(|node| self.read_slicing(node, false)).collect();
            self.model.segments[at as usize].slicings.extend(slicings);
        }
    }

    /// Hangs a slicing of segments on the place that it is about.
    fn slice_segment(&mut self, message: usize, group: &str, slicing: Slicing) {
        let message = &mut self.model.messages[message];
        let groups: Vec<u32> =
            (0..message.group_ids.len()).filter(|at| &*message.group_ids[*at] == group).map(|at| at as u32).collect();
        for parent in groups {
            let child =
                usize::from(slicing.position).checked_sub(1).and_then(|at| message.structure.children(parent).get(at));
            if let Some(place) = child.and_then(|child| message.places.get_mut(*child as usize)) {
                place.slicing = Some(slicing.clone());
            }
        }
    }

    fn read_slicing(&mut self, node: Node<'_, '_>, is_segment: bool) -> Option<Slicing> {
        let kind = node.tag_name().name();
        let is_occurrence = kind == "OccurrenceSlicing";
        let position = attribute(node, "Position").and_then(|text| text.parse().ok());
        let Some(position) = position.filter(|_| is_occurrence || kind == "AssertionSlicing") else {
            self.problem(format!(
                "a slicing \"{kind}\" is not known, or does not say of which element; it is not used"
            ));
            return None;
        };
        let mut slices = Vec::new();
        for slice in named(node, "Slice") {
            let id = attribute(slice, "Ref").unwrap_or_default();
            let Some(target) = (if is_segment { self.segment(id) } else { self.datatype(id) }) else {
                self.problem(format!("a slice leads to {id}, which is not defined"));
                continue;
            };
            let description = child(slice, "Description").map(text_of).unwrap_or_default();
            let when = if is_occurrence {
                attribute(slice, "Occurrence").and_then(|text| text.parse().ok()).map(SliceWhen::Occurrence)
            } else {
                let assertion = child(slice, "Assertion").and_then(|assertion| children(assertion).next());
                assertion.map(|assertion| SliceWhen::Holds(self.expression(assertion, id, &description, 0)))
            };
            match when {
                Some(when) => slices.push(Slice { when, target, id: id.into(), description: description.into() }),
                None => self.problem(format!("a slice to {id} does not say for which instances it is")),
            }
        }
        Some(Slicing { position, slices })
    }
}
