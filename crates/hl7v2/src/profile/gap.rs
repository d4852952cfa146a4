//! The gap between what one side sends and what the other takes: two outlines, compared element by element.
//!
//! Owns which difference matters, and what follows from it for the receiver ([`Consequence`]). What the receiver permits
//! and the sender does not send is no gap.
//! Promises: gaps stand in the order of the message, each once, wherever its segment comes; a text names both sides' rules
//! and no value of a message but codes that an outline lists; at most [`GAPS_MAX`] gaps, and it says how many are left out.
//! Never: a guess. What cannot be compared is told as a question.

mod parts;
mod statements;
#[cfg(test)]
mod tests;
mod types;

use super::outline::{Condition, Node, NodeKind, Outline, Seen, Usage, bounds};
use crate::codes;
use message::Code;
use std::collections::HashMap;

/// Most gaps of one comparison.
pub const GAPS_MAX: usize = 10_000;

/// What follows from a gap, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Consequence {
    /// Every message with it breaks a rule of the receiver.
    Refuses,
    /// Some messages may.
    MayRefuse,
    /// The receiver may cut a value.
    MayTruncate,
    /// The receiver has no use for it.
    Overlooks,
    /// The receiver expects it where it is known, and it never comes.
    Misses,
    /// It cannot be compared: ask.
    Ask,
}

impl Consequence {
    /// All of them, worst first.
    pub const ALL: [Consequence; 6] = [
        Consequence::Refuses,
        Consequence::MayRefuse,
        Consequence::MayTruncate,
        Consequence::Overlooks,
        Consequence::Misses,
        Consequence::Ask,
    ];

    /// Behind the name of the receiver: `will refuse`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Consequence::Refuses => "will refuse",
            Consequence::MayRefuse => "may refuse",
            Consequence::MayTruncate => "may truncate",
            Consequence::Overlooks => "will not read it",
            Consequence::Misses => "will miss it",
            Consequence::Ask => "ask",
        }
    }

    /// For programs: `will-refuse`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Consequence::Refuses => "will-refuse",
            Consequence::MayRefuse => "may-refuse",
            Consequence::MayTruncate => "may-truncate",
            Consequence::Overlooks => "will-not-read",
            Consequence::Misses => "will-miss",
            Consequence::Ask => "ask",
        }
    }
}

/// One difference that matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// What kind of difference.
    pub code: Code,
    /// What follows.
    pub consequence: Consequence,
    /// The segment, or the group, that it belongs to.
    pub segment: String,
    /// `PID-3.4`; of a group its group path.
    pub path: String,
    /// What the element is called.
    pub name: String,
    /// The groups around its segment; several where the same holds in each.
    pub groups: Vec<String>,
    /// What the receiver asks for.
    pub receiver: String,
    /// What the sender does.
    pub sender: String,
}

/// All gaps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// In order of the message.
    pub gaps: Vec<Gap>,
    /// Gaps beyond [`GAPS_MAX`].
    pub left_out: usize,
}

impl Comparison {
    /// There is none that is more than a question.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.left_out == 0 && self.count(Consequence::Ask) == self.gaps.len()
    }

    /// How many have this consequence.
    #[must_use]
    pub fn count(&self, consequence: Consequence) -> usize {
        self.gaps.iter().filter(|gap| gap.consequence == consequence).count()
    }
}

/// Compares what one sends with what the other takes.
#[must_use]
pub fn compare(sender: &Outline, receiver: &Outline) -> Comparison {
    let mut walk = Walk {
        is_observed: sender.is_observed,
        has_part_usage: !sender.is_silent_on_parts,
        found: Comparison::default(),
        known: HashMap::new(),
    };
    if sender.kind != receiver.kind && !sender.kind.is_empty() && !receiver.kind.is_empty() {
        let spot = Spot { segment: "MSH", path: "MSH-9".to_owned(), name: "Message Type", group: "" };
        walk.tell(
            codes::E1164,
            Consequence::Refuses,
            &spot,
            format!("takes {} messages", receiver.kind),
            format!("sends {} messages", sender.kind),
        );
        return walk.found;
    }
    let elsewhere = Elsewhere { sender: segments(&sender.nodes), receiver: segments(&receiver.nodes) };
    walk.nodes(&sender.nodes, &receiver.nodes, "", &elsewhere);
    walk.statements(sender, receiver);
    walk.found
}

/// All segments of both sides by their ids: where the groups of two versions differ, they are found by these.
struct Elsewhere<'o> {
    sender: HashMap<&'o str, Vec<&'o Node>>,
    receiver: HashMap<&'o str, Vec<&'o Node>>,
}

fn segments(nodes: &[Node]) -> HashMap<&str, Vec<&Node>> {
    fn collect<'o>(nodes: &'o [Node], out: &mut HashMap<&'o str, Vec<&'o Node>>) {
        for node in nodes {
            if node.kind == NodeKind::Segment {
                out.entry(&node.name).or_default().push(node);
            }
            collect(&node.nodes, out);
        }
    }
    let mut out = HashMap::new();
    collect(nodes, &mut out);
    out
}

/// What a difference is about.
pub(super) struct Spot<'o> {
    pub(super) segment: &'o str,
    pub(super) path: String,
    pub(super) name: &'o str,
    pub(super) group: &'o str,
}

pub(super) struct Walk {
    pub(super) is_observed: bool,
    pub(super) has_part_usage: bool,
    found: Comparison,
    /// Gaps by code, path and both texts: the same segment at several places is told once.
    known: HashMap<(&'static str, String, String, String), usize>,
}

impl Walk {
    pub(super) fn tell(
        &mut self,
        code: Code,
        consequence: Consequence,
        spot: &Spot<'_>,
        receiver: String,
        sender: String,
    ) {
        let key = (code.id, spot.path.clone(), receiver.clone(), sender.clone());
        if let Some(at) = self.known.get(&key) {
            let gap = &mut self.found.gaps[*at];
            if !spot.group.is_empty() && !gap.groups.iter().any(|known| known == spot.group) {
                gap.groups.push(spot.group.to_owned());
            }
            gap.consequence = gap.consequence.min(consequence);
            return;
        }
        if self.found.gaps.len() >= GAPS_MAX {
            self.found.left_out += 1;
            return;
        }
        self.known.insert(key, self.found.gaps.len());
        self.found.gaps.push(Gap {
            code,
            consequence,
            segment: spot.segment.to_owned(),
            path: spot.path.clone(),
            name: spot.name.to_owned(),
            groups: if spot.group.is_empty() { Vec::new() } else { vec![spot.group.to_owned()] },
            receiver,
            sender,
        });
    }

    fn nodes(&mut self, sender: &[Node], receiver: &[Node], group: &str, elsewhere: &Elsewhere<'_>) {
        for (at, wanted) in receiver.iter().enumerate() {
            let nth = receiver[..at].iter().filter(|before| before.name == wanted.name).count();
            let here = sender.iter().filter(|node| node.name == wanted.name).nth(nth);
            let found = here.or_else(|| match wanted.kind {
                // Of several places for the same segment, the others are looked at in their turn.
                NodeKind::Segment if nth == 0 => {
                    elsewhere.sender.get(&*wanted.name).and_then(|all| all.first().copied())
                }
                NodeKind::Segment | NodeKind::Group | NodeKind::Choice => None,
            });
            self.node(found, wanted, group, here.is_some(), elsewhere);
        }
        for (at, sent) in sender.iter().enumerate() {
            let nth = sender[..at].iter().filter(|before| before.name == sent.name).count();
            let is_known = receiver.iter().filter(|node| node.name == sent.name).nth(nth).is_some();
            if !is_known && !sent.usage.is_excluded() {
                self.unread(sent, group, elsewhere);
            }
        }
    }

    /// A segment or group that the receiver has no place for, at least not here.
    fn unread(&mut self, sent: &Node, group: &str, elsewhere: &Elsewhere<'_>) {
        if sent.kind != NodeKind::Segment {
            let inner = joined(group, &sent.name);
            let inner_of = sent.nodes.iter().filter(|node| !node.usage.is_excluded());
            return inner_of.for_each(|node| self.unread(node, &inner, elsewhere));
        }
        if elsewhere.receiver.contains_key(&*sent.name) {
            return;
        }
        let spot = Spot { segment: &sent.name, path: sent.name.clone(), name: &sent.title, group };
        let receiver = "has no place for the segment".to_owned();
        self.tell(codes::E1157, Consequence::Overlooks, &spot, receiver, self.sends(sent.usage, sent.seen));
    }

    fn node(&mut self, sent: Option<&Node>, wanted: &Node, group: &str, is_here: bool, elsewhere: &Elsewhere<'_>) {
        let is_segment = wanted.kind == NodeKind::Segment;
        let path = if is_segment { wanted.name.clone() } else { joined(group, &wanted.name) };
        let spot = Spot { segment: &wanted.name, path, name: &wanted.title, group };
        let sent = sent.filter(|sent| !sent.usage.is_excluded());
        let side = sent.map(|sent| Side { usage: sent.usage, seen: sent.seen, min: sent.min, max: sent.max });
        let wants = Side { usage: wanted.usage, seen: None, min: wanted.min, max: wanted.max };
        // A group of another version's name may be there without its name: its segments say so.
        let is_renamed = !is_segment && sent.is_none() && self.has_inside(wanted, elsewhere);
        if is_here || sent.is_none() && !is_renamed {
            let condition = asked(wanted.condition.as_ref(), sent.and_then(|sent| sent.condition.as_ref()));
            self.usage(&spot, side, wants, condition);
        }
        match (sent, wanted.kind) {
            _ if wanted.usage.is_excluded() => {}
            // A segment that lists no field says nothing of them.
            (Some(_), NodeKind::Segment) if wanted.parts.is_empty() => {}
            (Some(sent), NodeKind::Segment) => self.parts(&sent.parts, &wanted.parts, &wanted.name, true, &spot),
            (Some(sent), NodeKind::Group | NodeKind::Choice) => {
                self.nodes(&sent.nodes, &wanted.nodes, &joined(group, &wanted.name), elsewhere);
            }
            (None, NodeKind::Group | NodeKind::Choice) if is_renamed => {
                self.nodes(&[], &wanted.nodes, &joined(group, &wanted.name), elsewhere);
            }
            (None, _) => {}
        }
    }

    /// The sender has a segment of the group somewhere.
    fn has_inside(&self, group: &Node, elsewhere: &Elsewhere<'_>) -> bool {
        let is_sent = |node: &Node| {
            let all = elsewhere.sender.get(&*node.name);
            all.is_some_and(|all| all.iter().any(|node| !node.usage.is_excluded()))
        };
        let required = |node: &&Node| node.usage == Usage::Required;
        let anchor = group.nodes.iter().find(required).or_else(|| group.nodes.first());
        anchor.is_some_and(|node| match node.kind {
            NodeKind::Segment => is_sent(node),
            NodeKind::Group | NodeKind::Choice => self.has_inside(node, elsewhere),
        })
    }

    /// What the sender does with an element that it has.
    pub(super) fn sends(&self, usage: Usage, seen: Option<Seen>) -> String {
        match (seen, usage) {
            (Some(seen), _) => format!("sent in {} of {}", seen.present, seen.of),
            (None, Usage::Required) => "always sends it".to_owned(),
            (None, Usage::NotSupported | Usage::Withdrawn) => "never sends it".to_owned(),
            (None, usage) => format!("may send it ({})", usage.as_str()),
        }
    }
}

/// What one side says of an element.
#[derive(Clone, Copy)]
pub(super) struct Side {
    pub(super) usage: Usage,
    pub(super) seen: Option<Seen>,
    pub(super) min: u32,
    pub(super) max: Option<u32>,
}

impl Walk {
    /// Whether it is there, and how often.
    pub(super) fn usage(&mut self, spot: &Spot<'_>, sent: Option<Side>, wanted: Side, condition: Option<&Condition>) {
        let Some(sent) = sent else { return self.absent(spot, wanted.usage, condition) };
        let is_always = sent.usage == Usage::Required;
        let sends = self.sends(sent.usage, sent.seen);
        match wanted.usage {
            Usage::NotSupported | Usage::Withdrawn => {
                let word =
                    if wanted.usage == Usage::Withdrawn { "has withdrawn it (W)" } else { "does not allow it (X)" };
                let follows = if is_always { Consequence::Refuses } else { Consequence::MayRefuse };
                return self.tell(codes::E1156, follows, spot, word.to_owned(), sends);
            }
            Usage::Required if !is_always => {
                self.tell(codes::E1155, Consequence::MayRefuse, spot, "requires it (R)".to_owned(), sends.clone());
            }
            Usage::Conditional if !is_always => {
                if let Some(condition) = condition.filter(|own| own.when_true == Usage::Required) {
                    let text = format!("requires it under a condition (C): {}", condition.text);
                    self.tell(codes::E1163, Consequence::Ask, spot, text, sends);
                }
            }
            Usage::Required | Usage::RequiredOrEmpty | Usage::Optional | Usage::Conditional => {}
        }
        let is_more = wanted.max.is_some_and(|most| sent.max.is_none_or(|max| max > most));
        let is_less = wanted.min > 1 && sent.min < wanted.min;
        if is_more || is_less {
            let receiver = format!("takes {}", bounds(wanted.min, wanted.max));
            let verb = if self.is_observed { "was sent" } else { "sends" };
            let sender = format!("{verb} {}", bounds(sent.min, sent.max));
            self.tell(codes::E1158, Consequence::MayRefuse, spot, receiver, sender);
        }
    }

    fn absent(&mut self, spot: &Spot<'_>, wanted: Usage, condition: Option<&Condition>) {
        let sender = if self.is_observed { "was never sent" } else { "never sends it" }.to_owned();
        match wanted {
            Usage::Required => {
                self.tell(codes::E1155, Consequence::Refuses, spot, "requires it (R)".to_owned(), sender);
            }
            Usage::RequiredOrEmpty => {
                let receiver = "expects it wherever it is known (RE)".to_owned();
                self.tell(codes::E1155, Consequence::Misses, spot, receiver, sender);
            }
            Usage::Conditional => {
                if let Some(condition) = condition.filter(|own| own.when_true == Usage::Required) {
                    let receiver = format!("requires it under a condition (C): {}", condition.text);
                    self.tell(codes::E1155, Consequence::MayRefuse, spot, receiver, sender);
                }
            }
            Usage::Optional | Usage::NotSupported | Usage::Withdrawn => {}
        }
    }
}

/// The receiver's condition, unless the sender keeps the same.
pub(super) fn asked<'c>(wanted: Option<&'c Condition>, sent: Option<&Condition>) -> Option<&'c Condition> {
    wanted.filter(|own| sent != Some(*own))
}

fn joined(group: &str, name: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{group}.{name}") }
}
