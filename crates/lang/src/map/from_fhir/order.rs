//! Whether the segments of a map come as the structure has them: that they exist, in which order, and how often.
//!
//! A map writes its segments in the order of its lines. Each is looked for behind the one before; back it goes only inside of
//! a group that repeats. An `each` needs something that repeats around what it makes.

use crate::codes;
use hl7v2::structure::{NodeId, Structure, model::UNBOUNDED};
use message::Diagnostic;
use std::ops::Range;

/// What the lines of a map make, in their order.
#[derive(Debug)]
pub(super) enum Shape {
    Segment {
        id: [u8; 3],
        place: Range<usize>,
        file: std::sync::Arc<str>,
    },
    /// An `each` that may have several turns, and where its path stands.
    Each {
        inside: Vec<Shape>,
        place: Range<usize>,
        file: std::sync::Arc<str>,
    },
}

/// What was placed.
enum Placed<'s> {
    Segment(NodeId),
    Each(Vec<Placed<'s>>, &'s Shape),
}

/// Checks the lines of a map against the structure that its head names first; `others` may have more segments.
pub(super) fn check(shapes: &[Shape], structure: &Structure, others: &[&Structure], found: &mut Vec<Diagnostic>) {
    let mut walk = Walk { structure, others, last: 0, found };
    let placed = walk.all(shapes);
    walk.repeats(&placed, 0);
}

struct Walk<'a> {
    structure: &'a Structure,
    others: &'a [&'a Structure],
    last: NodeId,
    found: &'a mut Vec<Diagnostic>,
}

impl Walk<'_> {
    fn all<'s>(&mut self, shapes: &'s [Shape]) -> Vec<Placed<'s>> {
        let mut out = Vec::new();
        for shape in shapes {
            match shape {
                Shape::Segment { id, place, file } => {
                    if let Some(node) = self.segment(*id, place, file) {
                        self.last = node;
                        out.push(Placed::Segment(node));
                    }
                }
                Shape::Each { inside, .. } => out.push(Placed::Each(self.all(inside), shape)),
            }
        }
        out
    }

    fn segment(&mut self, id: [u8; 3], place: &Range<usize>, file: &std::sync::Arc<str>) -> Option<NodeId> {
        let nodes = nodes_of(self.structure, id);
        let name = String::from_utf8_lossy(&id).into_owned();
        if name.starts_with('Z') {
            return None;
        }
        if nodes.is_empty() {
            if !self.others.iter().any(|other| other.has(id)) {
                let what = format!("{} has no segment {name}", self.structure.node(0).name);
                let finding = Diagnostic::error(codes::E2360, what).at(file, place.clone(), "");
                self.found
                    .push(finding.hint(format!("`sinew dict {}` shows its segments", self.structure.node(0).name)));
            }
            return None;
        }
        if let Some(node) = nodes.iter().find(|node| **node > self.last) {
            return Some(*node);
        }
        // Back to the start of a group that comes again, or the same segment once more.
        let again = |node: &NodeId| self.around_both(*node, self.last).is_some_and(|group| self.may_repeat(group, 0));
        if let Some(node) = nodes.iter().rev().find(|node| again(node)) {
            return Some(*node);
        }
        let before = self.structure.node(self.last).name.to_string();
        let is_twice = nodes.last() == Some(&self.last);
        let structure = &self.structure.node(0).name;
        let finding = if is_twice {
            Diagnostic::error(codes::E2362, format!("{name} comes once in {structure}, and two blocks make it"))
                .hint("put the lines into one block, or give each a `when` inside of one")
        } else {
            Diagnostic::error(codes::E2361, format!("{name} comes before {before} in {structure}"))
                .hint(format!("move the block above that of {before}"))
        };
        self.found.push(finding.at(file, place.clone(), ""));
        None
    }

    /// The lowest node that holds both; itself for one and the same.
    fn around_both(&self, one: NodeId, other: NodeId) -> Option<NodeId> {
        let above = |node: NodeId| {
            std::iter::successors(Some(node), |at| (*at != 0).then(|| self.structure.node(*at).parent))
                .collect::<Vec<_>>()
        };
        let others = above(other);
        above(one).into_iter().find(|node| others.contains(node))
    }

    /// The node, or one around it below `outer`, may come more than once.
    fn may_repeat(&self, node: NodeId, outer: NodeId) -> bool {
        let mut at = node;
        while at != 0 && at != outer {
            let found = self.structure.node(at);
            if found.max > 1 || found.max == UNBOUNDED {
                return true;
            }
            at = found.parent;
        }
        false
    }

    /// Every `each` goes around something that repeats. Gives the node around everything that was placed.
    fn repeats(&mut self, placed: &[Placed<'_>], outer: NodeId) {
        for one in placed {
            let Placed::Each(inside, Shape::Each { place, file, .. }) = one else { continue };
            let mut nodes = Vec::new();
            collect(inside, &mut nodes);
            let group =
                nodes.iter().skip(1).fold(nodes.first().copied(), |group, node| self.around_both(group?, *node));
            let Some(group) = group else { continue };
            if !self.may_repeat(group, outer) {
                let structure = &self.structure.node(0).name;
                let first = nodes.first().map_or(group, |first| *first);
                let name = &self.structure.node(first).name;
                let what = format!("{name} comes once in {structure}, and each turn makes one");
                let finding = Diagnostic::error(codes::E2362, what).at(file, place.clone(), "");
                self.found.push(finding.hint("choose one with `[1]` or a filter such as `[use=official]`"));
                continue;
            }
            self.repeats(inside, group);
        }
    }
}

fn collect(placed: &[Placed<'_>], out: &mut Vec<NodeId>) {
    for one in placed {
        match one {
            Placed::Segment(node) => out.push(*node),
            Placed::Each(inside, _) => collect(inside, out),
        }
    }
}

/// The nodes of a segment, in order.
fn nodes_of(structure: &Structure, id: [u8; 3]) -> Vec<NodeId> {
    let all = (0u32..).zip(structure.nodes());
    all.filter(|(_, node)| node.kind == hl7v2::structure::Kind::Segment(id)).map(|(number, _)| number).collect()
}

/// The message cannot be without this segment: it and every group around it must come.
pub(super) fn is_required(structure: &Structure, id: [u8; 3]) -> bool {
    nodes_of(structure, id).into_iter().any(|node| {
        let mut around =
            std::iter::successors(Some(node), |at| Some(structure.node(*at).parent)).take_while(|at| *at != 0);
        around.all(|at| structure.node(at).min > 0)
    })
}

/// Where a segment belongs among what stands right below the message.
pub(super) fn rank(structure: &Structure, id: [u8; 3]) -> u32 {
    let Some(mut node) = nodes_of(structure, id).first().copied() else { return u32::MAX };
    while structure.node(node).parent != 0 {
        node = structure.node(node).parent;
    }
    node
}
