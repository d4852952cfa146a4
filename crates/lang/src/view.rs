//! What a run looks at: a message, and what the names of `each` stand for at this moment.

use crate::map::from_fhir::source::Source;
use fhir::Node;
use hl7v2::{Element, Message, Path, path::Index};
use std::sync::{Arc, LazyLock};

/// A message as conditions and values see it.
#[derive(Clone, Debug)]
pub struct View<'m> {
    pub(crate) message: &'m Message,
    pub(crate) turns: Vec<Turn<'m>>,
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
}

impl<'m> View<'m> {
    /// A message, with no names bound.
    #[must_use]
    pub fn new(message: &'m Message) -> View<'m> {
        View {
            message,
            turns: Vec::new(),
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
    /// The segments of a group's turn with this id.
    pub(crate) fn within(&self, slot: usize, id: [u8; 3]) -> impl Iterator<Item = Element<'m>> {
        let (first, end) = self.turn(slot).map_or((0, 0), |turn| turn.span);
        let segments = self.segments.get(first as usize..end as usize).unwrap_or_default();
        segments.iter().copied().filter(move |segment| segment.raw().get(..3) == Some(&id))
    }
}
