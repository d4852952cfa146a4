//! What a run looks at: a message, and what the names of `each` stand for at this moment.

use crate::map::from_fhir::source::Source;
use fhir::Node;
use hl7v2::{
    Element, Filled, Level, Message, Path,
    path::{Index, Member},
};
use std::sync::{Arc, LazyLock};

/// A message as conditions and values see it.
#[derive(Clone, Debug)]
pub struct View<'m> {
    pub(crate) message: &'m Message,
    pub(crate) turns: Vec<Turn<'m>>,
    /// Where the parts of the turns' elements begin.
    pub(crate) starts: Vec<u32>,
    /// The segment that paths into segments of its kind mean, where a line is about one of several.
    pub(crate) focus: Option<Element<'m>>,
    /// The first turn of the shared map that runs: it sees nothing of its users.
    pub(crate) base: usize,
    /// Every segment, for maps that go through groups.
    pub(crate) segments: Arc<[Element<'m>]>,
    /// The bundle of a map from FHIR; its `message` is empty then.
    pub(crate) bundle: Option<&'m Source<'m>>,
    /// What the names of a map from FHIR stand for.
    pub(crate) nodes: Vec<Node<'m>>,
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
    /// Its parts among the starts of the view; none where they were not looked for.
    pub(crate) parts: (u32, u32),
    pub(crate) filled: Filled,
}

impl<'m> Turn<'m> {
    /// A turn over a segment or a repetition.
    pub(crate) fn new(element: Element<'m>) -> Turn<'m> {
        Turn { element, occurrence: 0, repetition: 0, span: (0, 0), parts: (0, 0), filled: Filled::UNKNOWN }
    }
}

/// Parts of what a name stands for. A line that needs one of them does nothing where all are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) slot: usize,
    pub(crate) parts: Filled,
}

impl Need {
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
            bundle: None,
            nodes: Vec::new(),
        }
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
    /// Begins a turn behind those that are there, and looks for the parts of its element, which lines will read.
    pub(crate) fn push(&mut self, mut turn: Turn<'m>) {
        let first = self.turns.last().map_or(0, |last| last.parts.1);
        self.starts.truncate(first as usize);
        turn.filled = turn.element.index_parts(&mut self.starts).unwrap_or(Filled::UNKNOWN);
        turn.parts = (first, u32::try_from(self.starts.len()).unwrap_or(first));
        self.turns.push(turn);
    }
    /// As [`View::push`], for a group, whose parts nobody reads by its name.
    pub(crate) fn push_group(&mut self, mut turn: Turn<'m>) {
        let first = self.turns.last().map_or(0, |last| last.parts.1);
        turn.parts = (first, first);
        self.turns.push(turn);
    }
    fn starts_of(&self, turn: &Turn<'m>) -> &[u32] {
        self.starts.get(turn.parts.0 as usize..turn.parts.1 as usize).unwrap_or_default()
    }
    /// The first value of a member of what a name stands for.
    pub(crate) fn get(&self, slot: usize, member: &Member) -> Option<Element<'m>> {
        let turn = self.turn(slot)?;
        match self.starts_of(turn) {
            [] => turn.element.get(member),
            starts => turn.element.get_indexed(starts, member),
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
    /// One of the parts that a line needs may hold something.
    #[inline]
    pub(crate) fn has(&self, need: Need) -> bool {
        self.turn(need.slot).is_none_or(|turn| turn.filled.meets(need.parts))
    }
    /// The segments of a group's turn with this id.
    pub(crate) fn within(&self, slot: usize, id: [u8; 3]) -> impl Iterator<Item = Element<'m>> {
        let (first, end) = self.turn(slot).map_or((0, 0), |turn| turn.span);
        let segments = self.segments.get(first as usize..end as usize).unwrap_or_default();
        segments.iter().copied().filter(move |segment| segment.raw().get(..3) == Some(&id))
    }
}
