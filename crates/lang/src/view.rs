//! What a run looks at: a message, and what the names of `each` stand for at this moment.

use crate::{map::from_fhir::source::Source, path::Inside};
use fhir::Node;
use hl7v2::{
    Element, Filled, Level, Message, Only, Path, State,
    path::{Index, Member},
};
use std::{
    cell::Cell,
    sync::{Arc, LazyLock},
};

/// A message as conditions and values see it.
#[derive(Clone, Debug)]
pub struct View<'m> {
    pub(crate) message: &'m Message,
    pub(crate) turns: Vec<Turn<'m>>,
    /// Where the parts of elements begin: those of the segments that were looked through, then those of the turns.
    pub(crate) starts: Vec<u32>,
    /// The segment that paths into segments of its kind mean, where a line is about one of several.
    pub(crate) focus: Option<Element<'m>>,
    /// The first turn of the shared map that runs: it sees nothing of its users.
    pub(crate) base: usize,
    /// Every segment, for maps that go through groups.
    pub(crate) segments: Arc<[Element<'m>]>,
    /// The groups of the message, for them too: node, first segment, one past the last; in the order of their first.
    pub(crate) groups: Arc<[(u32, u32, u32)]>,
    /// The bundle of a map from FHIR; its `message` is empty then.
    pub(crate) bundle: Option<&'m Source<'m>>,
    /// What the names of a map from FHIR stand for.
    pub(crate) nodes: Vec<Node<'m>>,
    /// The message of another format; `message` is empty then.
    pub(crate) document: Option<&'m formats::Document>,
    /// What the names of a map from it stand for.
    pub(crate) spots: Vec<formats::Node<'m>>,
    /// What the segments of the message hold; none where nobody looked.
    pub(crate) looked: Option<Box<Looked>>,
    /// Short values that tests have asked for, so that the next test has them at hand.
    pub(crate) held: [Cell<(Spot, Held)>; HELD],
}

/// What was found when the segments of a message were looked through.
#[derive(Clone, Debug)]
pub(crate) struct Looked {
    /// Which fields hold something, over all segments of an id. Ids share a place now and then, so that a bit says
    /// "perhaps" and its absence "no".
    by_id: [Filled; PLACES],
    /// Each segment by where it begins: its parts among the starts of the view.
    segments: Vec<(u32, Parts)>,
}

/// The parts of an element: where they begin among the starts of a view, and which hold something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts {
    first: u32,
    end: u32,
    pub(crate) filled: Filled,
}

impl Parts {
    /// Nobody looked for them.
    const UNKNOWN: Parts = Parts { first: 0, end: 0, filled: Filled::UNKNOWN };
}

/// Fields that most segments have at most.
const FIELDS: usize = 24;

/// Values that tests keep at hand.
const HELD: usize = 16;

/// The place of a value: element and member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spot {
    element: (u32, u32),
    member: u64,
}

/// What a place holds, for a test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Held {
    /// Nothing.
    #[default]
    Nothing,
    /// The two quotes.
    Null,
    /// A text of eight bytes at most, as a number.
    Word(u64),
    /// A longer text, or one that has to be decoded.
    Text,
    /// Perhaps several values.
    Several,
}

impl Held {
    fn of(element: Element<'_>) -> Held {
        match element.state() {
            State::Empty => Held::Nothing,
            State::Null => Held::Null,
            State::Value => element.plain().and_then(packed).map_or(Held::Text, Held::Word),
        }
    }
}

/// A text of eight bytes at most as a number that no other text has.
#[inline]
pub(crate) fn packed(text: &str) -> Option<u64> {
    if text.len() > 8 || text.ends_with('\0') {
        return None;
    }
    Some(text.bytes().rev().fold(0, |sum, byte| sum << 8 | u64::from(byte)))
}

/// Places of segment ids.
const PLACES: usize = 128;

/// What a need has as its name when it is about all segments of an id: this and the id's place.
const OF_MESSAGE: u32 = 1 << 16;

fn place_of(id: [u8; 3]) -> usize {
    let [first, second, third] = id.map(usize::from);
    (first * 37 + second * 5 + third * 11) % PLACES
}

/// The message that a view of FHIR has.
static NO_MESSAGE: LazyLock<Message> = LazyLock::new(|| Message::parse("").0);

/// One turn of an `each`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn<'m> {
    /// The segment or repetition; of a group, its first segment.
    pub(crate) element: Element<'m>,
    /// Which of the segments of its id the targets of this turn mean.
    pub(crate) occurrence: u16,
    /// Which repetition the targets of this turn mean; 0 in an `each` over segments.
    pub(crate) repetition: u16,
    /// Of a group: its segments, from the first to one past the last, by their numbers in the message.
    pub(crate) span: (u32, u32),
    pub(crate) parts: Parts,
    /// How many starts of the view are of this turn and those before it; 0 for the first.
    pub(crate) starts_end: u32,
}

impl<'m> Turn<'m> {
    /// A turn over a segment or a repetition.
    pub(crate) fn new(element: Element<'m>) -> Turn<'m> {
        Turn { element, occurrence: 0, repetition: 0, span: (0, 0), parts: Parts::UNKNOWN, starts_end: 0 }
    }
}

/// Parts of what a name stands for. A line that needs one of them does nothing where all are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) slot: u32,
    pub(crate) parts: Filled,
}

impl Need {
    /// Fields of segments with this id, wherever they stand in the message.
    pub(crate) fn of_segments(id: [u8; 3], parts: Filled) -> Need {
        Need { slot: OF_MESSAGE + place_of(id) as u32, parts }
    }
    /// It is about what names from `turn` on stand for.
    pub(crate) fn is_of_turns_from(self, turn: usize) -> bool {
        self.slot < OF_MESSAGE && self.slot as usize >= turn
    }
    /// What one of two lines needs; `None` where that is not about one name.
    pub(crate) fn or(self, other: Need) -> Option<Need> {
        (self.slot == other.slot).then(|| Need { parts: self.parts.or(other.parts), ..self })
    }
    /// What one of several lines needs; `None` where one of them needs nothing, and where there are none.
    pub(crate) fn of_all(needs: impl IntoIterator<Item = Option<Need>>) -> Option<Need> {
        let mut needs = needs.into_iter();
        let first = needs.next()??;
        needs.try_fold(first, |sum, need| sum.or(need?))
    }
}

impl<'m> View<'m> {
    /// A message, with no names bound.
    #[must_use]
    pub fn new(message: &'m Message) -> View<'m> {
        View {
            message,
            turns: Vec::new(),
            starts: Vec::new(),
            focus: None,
            base: 0,
            segments: Arc::default(),
            groups: Arc::default(),
            bundle: None,
            nodes: Vec::new(),
            document: None,
            spots: Vec::new(),
            looked: None,
            held: Default::default(),
        }
    }
    /// A message of another format, with no names bound.
    pub(crate) fn of_document(document: &'m formats::Document) -> View<'m> {
        View { document: Some(document), ..View::new(&NO_MESSAGE) }
    }
    /// Looks through the segments once, so that lines about what is not there cost nothing.
    pub(crate) fn look_through(&mut self) {
        let count = self.message.segment_count();
        let mut looked = Box::new(Looked { by_id: [Filled::default(); PLACES], segments: Vec::with_capacity(count) });
        self.starts.reserve(count * FIELDS);
        self.turns.reserve(FIELDS);
        for segment in self.message.segments() {
            let parts = self.parts_of(segment);
            looked.segments.push((segment.span().start as u32, parts));
            if let Some(id) = segment.raw().first_chunk::<3>() {
                let place = &mut looked.by_id[place_of(*id)];
                *place = place.or(parts.filled).or(Filled::THERE);
            }
        }
        self.looked = Some(looked);
    }
    /// Looks for the parts of an element.
    fn parts_of(&mut self, element: Element<'m>) -> Parts {
        let first = self.starts.len() as u32;
        let filled = element.index_parts(&mut self.starts).unwrap_or(Filled::UNKNOWN);
        Parts { first, end: self.starts.len() as u32, filled }
    }
    /// A bundle, with no names bound.
    pub(crate) fn of_bundle(bundle: &'m Source<'m>) -> View<'m> {
        View { bundle: Some(bundle), ..View::new(&NO_MESSAGE) }
    }
    /// The segment that a path means, when the view is of one segment.
    pub(crate) fn focus_of(&self, path: &Path) -> Option<Element<'m>> {
        let focus = self.focus?;
        let is_meant = path.groups.is_empty() && path.occurrence == Index::Unsaid && !path.is_segment();
        (is_meant && focus.id().as_bytes() == path.segment).then_some(focus)
    }
    /// The message.
    #[must_use]
    pub fn message(&self) -> &'m Message {
        self.message
    }
    /// What a name stands for at this moment.
    #[inline]
    pub(crate) fn turn(&self, slot: usize) -> Option<&Turn<'m>> {
        self.turns.get(self.base + slot)
    }
    /// Begins a turn behind those that are there, with the parts of its element, which lines will read.
    pub(crate) fn push(&mut self, mut turn: Turn<'m>) {
        let last = self.turns.last();
        turn.starts_end = last.map_or_else(|| self.starts_of_segments(), |last| last.starts_end);
        // A shared map is given what a name stands for, or a segment.
        let known = last.filter(|last| last.element.is_at(&turn.element)).map(|last| last.parts);
        let known = known.filter(|parts| parts.first < parts.end);
        let known = known.or_else(|| self.parts_of_segment(&turn.element));
        turn.parts = known.unwrap_or_else(|| {
            self.starts.truncate(turn.starts_end as usize);
            let parts = self.parts_of(turn.element);
            turn.starts_end = parts.end;
            parts
        });
        self.turns.push(turn);
    }
    /// As [`View::push`], for a group, whose parts nobody reads by its name.
    pub(crate) fn push_group(&mut self, mut turn: Turn<'m>) {
        turn.starts_end = self.turns.last().map_or_else(|| self.starts_of_segments(), |last| last.starts_end);
        self.turns.push(turn);
    }
    /// How many starts are those of segments.
    fn starts_of_segments(&self) -> u32 {
        let segments = self.looked.as_ref().and_then(|looked| looked.segments.last());
        segments.map_or(0, |(_, parts)| parts.end)
    }
    fn parts_of_segment(&self, element: &Element<'m>) -> Option<Parts> {
        let looked = self.looked.as_ref().filter(|_| element.level() == Level::Segment)?;
        let start = element.span().start as u32;
        let at = looked.segments.binary_search_by_key(&start, |(start, _)| *start).ok()?;
        looked.segments.get(at).map(|(_, parts)| *parts)
    }
    /// Where parts begin, if somebody looked for them.
    #[inline]
    fn starts_at(&self, parts: Parts) -> Option<&[u32]> {
        self.starts.get(parts.first as usize..parts.end as usize).filter(|starts| !starts.is_empty())
    }
    #[inline]
    fn starts_of(&self, turn: &Turn<'m>) -> &[u32] {
        self.starts_at(turn.parts).unwrap_or_default()
    }
    /// What a member of what a name stands for holds, as a test asks for it. `key` tells the member from others and has
    /// nothing in its highest byte.
    #[inline]
    pub(crate) fn held(&self, slot: usize, member: &Member, key: u64) -> Held {
        let Some(turn) = self.turn(slot) else { return Held::Nothing };
        let number = member.field.as_ref().map(|(number, _)| *number).or(member.component);
        if number.is_some_and(|number| !turn.parts.filled.meets(Filled::part(number))) {
            return Held::Nothing;
        }
        let span = turn.element.span();
        let key = key | (turn.element.level() as u64) << 56;
        let spot = Spot { element: (span.start as u32, span.end as u32), member: key };
        let at = &self.held[(key ^ key >> 16 ^ key >> 32) as usize % HELD];
        let (known, held) = at.get();
        if known == spot {
            return held;
        }
        let held = match self.only(slot, member) {
            Only::Nothing => Held::Nothing,
            Only::One(element) => Held::of(element),
            Only::Several => Held::Several,
        };
        at.set((spot, held));
        held
    }
    /// As [`View::held`], of the segments with an id, where the message has one of them.
    pub(crate) fn held_by_segments(&self, id: [u8; 3], member: &Member) -> Held {
        let Some(looked) = self.looked.as_ref().filter(|_| self.focus.is_none()) else { return Held::Several };
        let parts = member.field.as_ref().map_or(Filled::THERE, |(number, _)| Filled::part(*number));
        if !looked.by_id[place_of(id)].meets(parts) {
            return Held::Nothing;
        }
        let mut segments = self.message.segments_named(id);
        let (Some(segment), None) = (segments.next(), segments.next()) else { return Held::Several };
        match self.only_of(&segment, member) {
            Only::Nothing => Held::Nothing,
            Only::One(element) => Held::of(element),
            Only::Several => Held::Several,
        }
    }
    /// The first value at a path of the message.
    pub(crate) fn first(&self, path: &Path) -> Option<Element<'m>> {
        let segment = self.message.first_segment(path)?;
        if path.member.field.is_none() {
            return Some(segment);
        }
        match self.parts_of_segment(&segment).and_then(|parts| self.starts_at(parts)) {
            Some(starts) => segment.get_indexed(starts, &path.member),
            None => segment.get(&path.member),
        }
    }
    /// What a member of a segment names in all repetitions of its field.
    pub(crate) fn only_of(&self, segment: &Element<'m>, member: &Member) -> Only<'m> {
        match self.parts_of_segment(segment).and_then(|parts| self.starts_at(parts)) {
            Some(starts) => segment.only_indexed(starts, member),
            None => Only::Several,
        }
    }
    /// The first value of a member of what a name stands for.
    pub(crate) fn get(&self, slot: usize, member: &Member) -> Option<Element<'m>> {
        let turn = self.turn(slot)?;
        match self.starts_of(turn) {
            [] => turn.element.get(member),
            starts => turn.element.get_indexed(starts, member),
        }
    }
    /// What a member of what a name stands for names in all repetitions of its field.
    #[inline]
    pub(crate) fn only(&self, slot: usize, member: &Member) -> Only<'m> {
        let Some(turn) = self.turn(slot) else { return Only::Nothing };
        match self.starts_of(turn) {
            [] => Only::Several,
            starts => turn.element.only_indexed(starts, member),
        }
    }
    /// A field of the segment that a name stands for.
    pub(crate) fn field(&self, slot: usize, number: u16) -> Option<Element<'m>> {
        let turn = self.turn(slot)?;
        match self.starts_of(turn) {
            [] => turn.element.field(number),
            _ if turn.element.level() != Level::Segment => None,
            starts => turn.element.indexed(starts, number),
        }
    }
    /// Which parts of what a need is about may hold something.
    #[inline]
    pub(crate) fn held_by(&self, slot: u32) -> Filled {
        if slot < OF_MESSAGE {
            return self.turn(slot as usize).map_or(Filled::UNKNOWN, |turn| turn.parts.filled);
        }
        let of_id = self.looked.as_ref().and_then(|looked| looked.by_id.get((slot - OF_MESSAGE) as usize));
        of_id.copied().unwrap_or(Filled::UNKNOWN)
    }
    /// The segments of a group's turn with this id; those of groups inside it where a path names one.
    pub(crate) fn within(&self, slot: usize, group: Option<Inside>, id: [u8; 3]) -> impl Iterator<Item = Element<'m>> {
        let (first, end) = self.turn(slot).map_or((0, 0), |turn| turn.span);
        let whole = group.is_none().then_some((first, end));
        let inner = group.into_iter().flat_map(move |wanted| {
            let named = self
                .groups_within(first, end)
                .iter()
                .filter(move |(node, _, stop)| *node == wanted.node && *stop <= end);
            let numbered = (1u16..).zip(named).filter(move |(at, _)| wanted.number.is_none_or(|number| number == *at));
            numbered.map(|(_, (_, start, stop))| (*start, *stop))
        });
        let segments =
            move |(first, end): (u32, u32)| self.segments.get(first as usize..end as usize).unwrap_or_default();
        let all = whole.into_iter().chain(inner).flat_map(segments).copied();
        all.filter(move |segment| segment.raw().get(..3) == Some(&id))
    }

    /// The groups that begin between two segments.
    pub(crate) fn groups_within(&self, first: u32, end: u32) -> &[(u32, u32, u32)] {
        let from = self.groups.partition_point(|(_, start, _)| *start < first);
        let to = self.groups.partition_point(|(_, start, _)| *start < end);
        self.groups.get(from..to).unwrap_or_default()
    }
}
