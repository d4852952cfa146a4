//! Places the segments of a message in a structure, as a person would who reads it from the top.
//!
//! Each segment goes to the cheapest place that can be reached from where the last one went. Costs, cheapest first:
//! 1. further on in the innermost open group, or again at the same place;
//! 2. a new instance of an open group, or further on in a group around it, innermost first;
//! 3. a group that is entered behind optional leading segments costs a little, so that an ORC behind a specimen opens
//!    the next order and not a prior result;
//! 4. a group that requires a segment which the message does not have at all costs as much as what is missing: an OBX in a
//!    message without TXA is a result and not a document;
//! 5. one group more than allowed costs more, a place behind a required segment that is missing more still, and one
//!    segment more than allowed even more;
//! 6. a place before the last one costs most: the segment is out of order.
//!
//! Promises: every segment is in the result, in the order of the message; a segment that the structure does not know is
//! kept in the group where it stands; the same input gives the same result; time is linear in the segments for a given
//! structure.
//! Never: a finding. Who knows what a missing segment means, says it.

use super::model::{Kind, Node, NodeId, Structure, UNBOUNDED};

/// Skipping an optional child at the head of a group that is entered.
const LEADING_OPTIONAL: u32 = 1;
/// Skipping, or leaving without, a required child.
const REQUIRED: u32 = 20;
/// One instance of a group more than allowed.
const GROUP_TOO_MANY: u32 = 10;
/// One segment more than allowed.
const SEGMENT_TOO_MANY: u32 = 60;
/// Back to a place before the last one.
const BACKWARDS: u32 = 1_000;

/// Where a segment stands against the order of the structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// In its place.
    Kept,
    /// The structure has a place for it, before the segments that came already.
    Broken,
    /// The structure does not know it.
    Unknown,
}

/// A segment or a group instance of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its node; of an unknown segment, the node of the group that it was kept in.
    pub node: NodeId,
    /// The group instance that it is in, by its place in [`Placement::items`]; the message is its own.
    pub parent: u32,
    /// Which of those with the same node in the same parent, from 1; 0 for an unknown segment.
    pub occurrence: u16,
    /// The number of the segment, from 0; `None` for a group instance.
    pub segment: Option<u32>,
    /// Where it stands.
    pub order: Order,
}

/// The segments of a message in their groups.
#[derive(Clone, Debug, Default)]
pub struct Placement {
    /// Group instances and segments in order of their first segment; item 0 is the message.
    pub items: Vec<Item>,
}

impl Placement {
    /// The items directly in a group instance, in order of the message.
    pub fn children(&self, parent: u32) -> impl Iterator<Item = (u32, &Item)> {
        let items = self.items.iter().enumerate().skip(parent as usize + 1);
        items.filter(move |(_, item)| item.parent == parent).map(|(at, item)| (at as u32, item))
    }

    /// The item of a segment.
    #[must_use]
    pub fn of_segment(&self, segment: u32) -> Option<&Item> {
        self.items.iter().find(|item| item.segment == Some(segment))
    }

    /// The groups around an item, outermost first, each with its occurrence; without the message.
    #[must_use]
    pub fn groups(&self, item: &Item) -> Vec<(NodeId, u16)> {
        let mut out = Vec::new();
        let mut at = item.parent;
        while at != 0 {
            let group = &self.items[at as usize];
            out.push((group.node, group.occurrence));
            at = group.parent;
        }
        out.reverse();
        out
    }
}

/// An open group instance.
#[derive(Clone, Copy)]
struct Frame {
    item: u32,
    node: NodeId,
    /// Index of the child where the last item went; `None` before the first.
    at: Option<usize>,
    /// How many items are at that child.
    count: u16,
}

/// A place for a segment: the open group to go back to, and the children to go down by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Goal {
    cost: u32,
    /// How many frames stay open.
    depth: usize,
    /// The child of the last of them, by its index.
    child: usize,
    is_backwards: bool,
}

/// Places segments, given by their ids in order of the message.
#[must_use]
pub fn place(structure: &Structure, segments: impl IntoIterator<Item = [u8; 3]>) -> Placement {
    let segments: Vec<[u8; 3]> = segments.into_iter().collect();
    let mut placer = Placer::new(structure, &segments);
    for (number, id) in segments.into_iter().enumerate() {
        placer.push(number as u32, id);
    }
    Placement { items: placer.items }
}

/// The group requires a segment that is none of those of the message.
fn is_lacking(structure: &Structure, group: &Node, present: u128) -> bool {
    let is_missing = |child: &NodeId| {
        let node = structure.node(*child);
        node.min > 0 && matches!(node.kind, Kind::Segment(_)) && node.holds & present == 0
    };
    group.kind == Kind::Group && group.children.iter().any(is_missing)
}

struct Placer<'s> {
    structure: &'s Structure,
    /// Of each node: a group that requires a segment which the message does not have.
    lacking: Vec<bool>,
    items: Vec<Item>,
    open: Vec<Frame>,
    /// Of places that were left, for those that come back: parent item, node, how many.
    counts: Vec<(u32, NodeId, u16)>,
    /// What was looked for last, and what was found.
    last: ([u8; 3], Option<Goal>),
    /// Where the open groups were then.
    then: Vec<(NodeId, Option<usize>, u16)>,
}

impl<'s> Placer<'s> {
    fn new(structure: &'s Structure, segments: &[[u8; 3]]) -> Placer<'s> {
        let present = segments.iter().filter_map(|id| structure.bit(*id)).fold(0, |all, bit| all | bit);
        Placer {
            structure,
            lacking: structure.nodes().iter().map(|node| is_lacking(structure, node, present)).collect(),
            items: vec![Item { node: 0, parent: 0, occurrence: 1, segment: None, order: Order::Kept }],
            open: vec![Frame { item: 0, node: 0, at: None, count: 0 }],
            counts: Vec::new(),
            last: ([0; 3], None),
            then: Vec::new(),
        }
    }

    fn push(&mut self, number: u32, id: [u8; 3]) {
        let Some(bit) = self.structure.bit(id).filter(|_| self.structure.has(id)) else {
            return self.keep_unknown(number);
        };
        match self.search_again(id, bit) {
            Some(goal) => self.take(goal, number, id, bit),
            None => self.keep_unknown(number),
        }
    }

    fn keep_unknown(&mut self, number: u32) {
        let frame = self.open[self.open.len() - 1];
        self.items.push(Item {
            node: frame.node,
            parent: frame.item,
            occurrence: 0,
            segment: Some(number),
            order: Order::Unknown,
        });
    }

    /// What a search depends on at an open group: where it is, and how often it was there, where that is bounded.
    fn standing(&self, frame: &Frame) -> (NodeId, Option<usize>, u16) {
        let child = frame.at.and_then(|at| self.structure.children(frame.node).get(at));
        let is_bounded = child.is_some_and(|child| self.structure.node(*child).max != UNBOUNDED);
        (frame.node, frame.at, if is_bounded { frame.count } else { 0 })
    }

    /// As [`Placer::search`]: what was found last, where the same is looked for from the same place. Results follow one on
    /// the other.
    fn search_again(&mut self, id: [u8; 3], bit: u128) -> Option<Goal> {
        let mut then = std::mem::take(&mut self.then);
        let is_same = self.last.0 == id
            && then.len() == self.open.len()
            && self.open.iter().zip(&then).all(|(frame, then)| self.standing(frame) == *then);
        if !is_same {
            then.clear();
            then.extend(self.open.iter().map(|frame| self.standing(frame)));
            self.last = (id, self.search(id, bit));
        }
        self.then = then;
        self.last.1
    }

    /// The cheapest goal, looked for from the innermost open group outwards.
    fn search(&self, id: [u8; 3], bit: u128) -> Option<Goal> {
        let mut best: Option<Goal> = None;
        let mut leaving = 0;
        for depth in (0..self.open.len()).rev() {
            let frame = self.open[depth];
            if leaving >= best.map_or(u32::MAX, |best| best.cost) {
                break;
            }
            self.search_frame(frame, depth, leaving, (id, bit), &mut best);
            leaving = leaving.saturating_add(self.cost_of_leaving(frame));
        }
        best
    }

    fn search_frame(&self, frame: Frame, depth: usize, leaving: u32, wanted: ([u8; 3], u128), best: &mut Option<Goal>) {
        let children = self.structure.children(frame.node);
        let is_choice = self.structure.node(frame.node).kind == Kind::Choice;
        let from = frame.at.unwrap_or(0);
        let mut skipped = 0;
        for (index, child) in children.iter().enumerate().skip(from) {
            let node = self.structure.node(*child);
            let is_here = frame.at == Some(index);
            if is_choice && frame.at.is_some() && !is_here {
                break;
            }
            if node.holds & wanted.1 != 0
                && let Some(inside) = self.cost_of_entering(*child, wanted.0, wanted.1)
            {
                let is_full = is_here && node.max != UNBOUNDED && frame.count >= node.max;
                let more = match node.kind {
                    Kind::Segment(_) => SEGMENT_TOO_MANY,
                    Kind::Group | Kind::Choice => GROUP_TOO_MANY,
                };
                let cost = leaving + skipped + inside + if is_full { more } else { 0 };
                offer(best, Goal { cost, depth: depth + 1, child: index, is_backwards: false });
                if cost == 0 {
                    return;
                }
            }
            if !is_here && node.min > 0 && !is_choice {
                skipped += REQUIRED;
            }
        }
        for (index, child) in children.iter().enumerate().take(from) {
            let node = self.structure.node(*child);
            if !is_choice
                && node.holds & wanted.1 != 0
                && let Some(inside) = self.cost_of_entering(*child, wanted.0, wanted.1)
            {
                let cost = leaving + inside + BACKWARDS;
                offer(best, Goal { cost, depth: depth + 1, child: index, is_backwards: true });
            }
        }
    }

    /// What a segment costs below a node that is newly entered; `None` when it cannot be there.
    fn cost_of_entering(&self, node: NodeId, id: [u8; 3], bit: u128) -> Option<u32> {
        let found = self.structure.node(node);
        match found.kind {
            Kind::Segment(own) => (own == id).then_some(0),
            Kind::Choice => found.children.iter().filter_map(|child| self.enter(*child, id, bit)).min(),
            Kind::Group => {
                let mut skipped = if self.lacking.get(node as usize) == Some(&true) { REQUIRED } else { 0 };
                let mut best: Option<u32> = None;
                for child in &found.children {
                    if best.is_some_and(|best| best <= skipped) {
                        break;
                    }
                    if let Some(inside) = self.enter(*child, id, bit) {
                        best = Some(best.map_or(skipped + inside, |best| best.min(skipped + inside)));
                    }
                    skipped += if self.structure.node(*child).min > 0 { REQUIRED } else { LEADING_OPTIONAL };
                }
                best
            }
        }
    }

    fn enter(&self, node: NodeId, id: [u8; 3], bit: u128) -> Option<u32> {
        if self.structure.node(node).holds & bit == 0 { None } else { self.cost_of_entering(node, id, bit) }
    }

    /// What is missing behind the last item of a group that is left.
    fn cost_of_leaving(&self, frame: Frame) -> u32 {
        let node = self.structure.node(frame.node);
        if node.kind == Kind::Choice {
            return 0;
        }
        let from = frame.at.map_or(0, |at| at + 1);
        let missing = node.children.iter().skip(from).filter(|child| self.structure.node(**child).min > 0).count();
        REQUIRED * u32::try_from(missing).unwrap_or(u32::MAX / REQUIRED)
    }

    fn take(&mut self, goal: Goal, number: u32, id: [u8; 3], bit: u128) {
        if goal.depth < self.open.len() {
            self.open.truncate(goal.depth);
            let open = &self.open;
            self.counts.retain(|known| open.iter().any(|frame| frame.item == known.0));
        }
        let order = if goal.is_backwards { Order::Broken } else { Order::Kept };
        let mut index = goal.child;
        loop {
            let last = self.open.len() - 1;
            let frame = self.open[last];
            let node = self.structure.children(frame.node)[index];
            let occurrence = self.count(frame, index, node, goal.is_backwards && last + 1 == goal.depth);
            let kind = self.structure.node(node).kind;
            let is_segment = matches!(kind, Kind::Segment(_));
            let segment = is_segment.then_some(number);
            let item = self.items.len() as u32;
            let order = if is_segment { order } else { Order::Kept };
            self.items.push(Item { node, parent: frame.item, occurrence, segment, order });
            if is_segment {
                return;
            }
            self.open.push(Frame { item, node, at: None, count: 0 });
            index = self.cheapest_child(node, id, bit);
        }
    }

    /// Counts one more item at a child of the innermost frame, and says which it is.
    fn count(&mut self, frame: Frame, index: usize, node: NodeId, is_backwards: bool) -> u16 {
        let at = self.open.len() - 1;
        if frame.at == Some(index) {
            self.open[at].count = frame.count.saturating_add(1);
            return self.open[at].count;
        }
        let before = self.counts.iter_mut().find(|known| (known.0, known.1) == (frame.item, node));
        if is_backwards {
            // The order goes on from where it was: the next segment may come behind the last one in order.
            return match before {
                Some(known) => {
                    known.2 = known.2.saturating_add(1);
                    known.2
                }
                None => {
                    self.counts.push((frame.item, node, 1));
                    1
                }
            };
        }
        if let Some(left) = frame.at {
            let left = self.structure.children(frame.node)[left];
            match self.counts.iter_mut().find(|known| (known.0, known.1) == (frame.item, left)) {
                Some(known) => known.2 = frame.count,
                None => self.counts.push((frame.item, left, frame.count)),
            }
        }
        self.open[at].at = Some(index);
        self.open[at].count = 1;
        1
    }

    /// The child of a newly entered group by which the segment costs least.
    fn cheapest_child(&self, node: NodeId, id: [u8; 3], bit: u128) -> usize {
        let is_choice = self.structure.node(node).kind == Kind::Choice;
        let mut skipped = 0;
        let mut best = (u32::MAX, 0);
        for (index, child) in self.structure.children(node).iter().enumerate() {
            if let Some(inside) = self.enter(*child, id, bit)
                && skipped + inside < best.0
            {
                best = (skipped + inside, index);
            }
            if !is_choice {
                skipped += if self.structure.node(*child).min > 0 { REQUIRED } else { LEADING_OPTIONAL };
            }
        }
        best.1
    }
}

/// Keeps the cheaper goal; of equals the one that was found first.
fn offer(best: &mut Option<Goal>, goal: Goal) {
    if best.is_none_or(|best| goal.cost < best.cost) {
        *best = Some(goal);
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::Builder;
    use super::*;
    use proptest::prelude::*;

    /// A structure as text: `PID` once, `[PID]` optional, `{}` repeating, `PID+` up to two times, `<A|B>` a choice, `NAME(` … `)` a group.
    fn structure(text: &str) -> Structure {
        let mut builder = Builder::new("MESSAGE");
        let (mut min, mut max) = (1, 1);
        for word in text.split_whitespace() {
            match word {
                ")" | ">" => builder.close(),
                _ => {
                    let is_optional = word.contains('[');
                    let is_many = word.contains('{');
                    let most = if word.contains('+') { 2 } else { 1 };
                    (min, max) = (u16::from(!is_optional), if is_many { UNBOUNDED } else { most });
                    let name = word.trim_matches(['[', ']', '{', '}', '+']);
                    if let Some(name) = name.strip_suffix('(') {
                        builder.open(name, min, max);
                    } else if let Some(name) = name.strip_suffix('<') {
                        builder.open_choice(name, min, max);
                    } else {
                        builder.segment(name.as_bytes().try_into().expect("three letters"), min, max);
                    }
                }
            }
        }
        let _ = (min, max);
        builder.finish()
    }

    fn placed(structure: &Structure, segments: &str) -> String {
        let ids: Vec<[u8; 3]> =
            segments.split_whitespace().map(|id| id.as_bytes().try_into().expect("three letters")).collect();
        let placement = place(structure, ids.iter().copied());
        assert_eq!(placement.items.iter().filter(|item| item.segment.is_some()).count(), ids.len(), "none is lost");
        let mut out = Vec::new();
        for item in placement.items.iter().filter(|item| item.segment.is_some()) {
            let mut text = String::new();
            for (node, occurrence) in placement.groups(item) {
                let name = &structure.node(node).name;
                text += &if occurrence == 1 { format!("{name}.") } else { format!("{name}[{occurrence}].") };
            }
            let id = ids[item.segment.expect("a segment") as usize];
            text += std::str::from_utf8(&id).expect("letters");
            match (item.order, item.occurrence) {
                (Order::Unknown, _) => text += "?",
                (Order::Broken, _) => text += "!",
                (Order::Kept, 1) => {}
                (Order::Kept, number) => text += &format!("[{number}]"),
            }
            out.push(text);
        }
        out.join(" ")
    }

    const ORU: &str = "MSH {[SFT]} {RESULT( [PATIENT( PID [PD1] {[NTE]} [VISIT( PV1 [PV2] ) ) {ORDER( [ORC] OBR {[NTE]} \
        {[OBSERVATION( OBX {[NTE]} ) {[SPECIMEN( SPM {[OBX]} ) ) ) [DSC]";

    #[test]
    fn results_in_their_orders() {
        let structure = structure(ORU);
        let check = |segments: &str, expect: &str| assert_eq!(placed(&structure, segments), expect, "{segments}");
        check(
            "MSH PID PV1 ORC OBR NTE OBX NTE OBX OBR OBX SPM OBX ORC OBR",
            "MSH RESULT.PATIENT.PID RESULT.PATIENT.VISIT.PV1 RESULT.ORDER.ORC RESULT.ORDER.OBR RESULT.ORDER.NTE \
             RESULT.ORDER.OBSERVATION.OBX RESULT.ORDER.OBSERVATION.NTE RESULT.ORDER.OBSERVATION[2].OBX \
             RESULT.ORDER[2].OBR RESULT.ORDER[2].OBSERVATION.OBX RESULT.ORDER[2].SPECIMEN.SPM \
             RESULT.ORDER[2].SPECIMEN.OBX RESULT.ORDER[3].ORC RESULT.ORDER[3].OBR",
        );
        check("MSH OBR OBX", "MSH RESULT.ORDER.OBR RESULT.ORDER.OBSERVATION.OBX");
        check("MSH OBX", "MSH RESULT.ORDER.OBSERVATION.OBX");
        check(
            "MSH PID OBR PID OBR DSC",
            "MSH RESULT.PATIENT.PID RESULT.ORDER.OBR RESULT[2].PATIENT.PID RESULT[2].ORDER.OBR DSC",
        );
        check(
            "MSH PID ZPD OBR ZOB OBX",
            "MSH RESULT.PATIENT.PID RESULT.PATIENT.ZPD? RESULT.ORDER.OBR RESULT.ORDER.ZOB? RESULT.ORDER.OBSERVATION.OBX",
        );
    }

    #[test]
    fn an_order_behind_a_specimen_is_the_next_order() {
        let structure = structure(
            "MSH PID {ORDER( ORC {REQUEST( OBR {[OBX]} {[SPM]} {[PRIOR( [PATIENT( PID ) {[AL1]} {PRIOR_ORDER( [ORC] OBR OBX ) ) ) )",
        );
        let check = |segments: &str, expect: &str| assert_eq!(placed(&structure, segments), expect, "{segments}");
        check(
            "MSH PID ORC OBR SPM ORC OBR OBX",
            "MSH PID ORDER.ORC ORDER.REQUEST.OBR ORDER.REQUEST.SPM ORDER[2].ORC ORDER[2].REQUEST.OBR ORDER[2].REQUEST.OBX",
        );
        check(
            "MSH PID ORC OBR PID ORC OBR OBX",
            "MSH PID ORDER.ORC ORDER.REQUEST.OBR ORDER.REQUEST.PRIOR.PATIENT.PID ORDER.REQUEST.PRIOR.PRIOR_ORDER.ORC \
             ORDER.REQUEST.PRIOR.PRIOR_ORDER.OBR ORDER.REQUEST.PRIOR.PRIOR_ORDER.OBX",
        );
        check("MSH PID ORC ORC OBR", "MSH PID ORDER.ORC ORDER[2].ORC ORDER[2].REQUEST.OBR");
    }

    #[test]
    fn out_of_order_too_many_and_again() {
        let structure =
            structure("MSH EVN PID [PD1] {[ROL]} {[NK1]} PV1 [PV2] {[ROL]} {[DG1]} {[INS( IN1 [IN2] {[IN3]} )");
        let check = |segments: &str, expect: &str| assert_eq!(placed(&structure, segments), expect, "{segments}");
        check(
            "MSH EVN PID ROL PV1 ROL ROL IN1 IN1 IN2",
            "MSH EVN PID ROL PV1 ROL ROL[2] INS.IN1 INS[2].IN1 INS[2].IN2",
        );
        check("MSH EVN PID PV1 NK1 NK1 DG1", "MSH EVN PID PV1 NK1! NK1! DG1");
        check("MSH EVN PID PID PV1", "MSH EVN PID PID[2] PV1");
        check("MSH PID EVN PV1", "MSH PID EVN! PV1");
        check("PV1 MSH", "PV1 MSH!");
        check("MSH EVN PID PV1 IN1 PV1 IN1", "MSH EVN PID PV1 INS.IN1 PV1! INS[2].IN1");
    }

    #[test]
    fn one_of_a_choice() {
        let structure = structure("MSH {ORDER( ORC [DETAIL( WHAT< OBR RQD RXO > {[NTE]} ) [FT1] )");
        let check = |segments: &str, expect: &str| assert_eq!(placed(&structure, segments), expect, "{segments}");
        check(
            "MSH ORC OBR NTE ORC RXO FT1",
            "MSH ORDER.ORC ORDER.DETAIL.WHAT.OBR ORDER.DETAIL.NTE ORDER[2].ORC ORDER[2].DETAIL.WHAT.RXO ORDER[2].FT1",
        );
    }

    #[test]
    fn many_segments_take_linear_time() {
        let structure = structure(ORU);
        let mut ids: Vec<[u8; 3]> = vec![*b"MSH", *b"PID", *b"OBR"];
        for _ in 0..50_000 {
            ids.extend([*b"OBX", *b"NTE", *b"ZZZ"]);
        }
        let placement = place(&structure, ids.iter().copied());
        assert_eq!(
            placement.items.last().map(|item| (item.order, placement.groups(item).len())),
            Some((Order::Unknown, 3))
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]
        /// A search that is not made again would have found the same.
        #[test]
        fn a_segment_like_the_one_before_is_placed_as_if_it_was_looked_for(
            which in 0..STRUCTURES.len(),
            ids in proptest::collection::vec((0..IDS.len(), 1..4usize), 0..25),
        ) {
            let structure = structure(STRUCTURES[which]);
            let segments: Vec<[u8; 3]> =
                ids.iter().flat_map(|(at, times)| std::iter::repeat_n(IDS[*at], *times)).collect();
            let mut plain = Placer::new(&structure, &segments);
            for (number, id) in segments.iter().enumerate() {
                plain.last = ([0; 3], None);
                plain.push(number as u32, *id);
            }
            prop_assert_eq!(place(&structure, segments).items, plain.items);
        }
    }

    const IDS: [[u8; 3]; 7] = [*b"AAA", *b"BBB", *b"CCC", *b"DDD", *b"EEE", *b"FFF", *b"ZZZ"];
    /// Groups in groups, choices, and groups and segments that may come once.
    const STRUCTURES: [&str; 5] = [
        "AAA {ONE( [BBB] {TWO( CCC {[DDD]} ) [EEE] ) {FFF}",
        "AAA [ONE( BBB [CCC] ) {TWO( CCC [ONE( DDD {EEE} ) ) [FFF]",
        "{[AAA]} ONE< BBB TWO( CCC {DDD} ) > {[EEE]} THREE( [CCC] FFF )",
        "AAA BBB [CCC] {ONE( DDD [TWO( EEE ) ) [ONE( EEE {FFF} )",
        "AAA+ [BBB+] +ONE( CCC+ [DDD] ) [CCC] DDD {EEE}",
    ];
}
