//! What a run looks at: a message, and what the names of `each` stand for at this moment.

use hl7v2::{Element, Message, Path, path::Index};

/// A message as conditions and values see it.
#[derive(Clone, Debug)]
pub struct View<'m> {
    pub(crate) message: &'m Message,
    pub(crate) turns: Vec<Turn<'m>>,
    /// The segment that paths into segments of its kind mean, where a line is about one of several.
    pub(crate) focus: Option<Element<'m>>,
}

/// One turn of an `each`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn<'m> {
    /// The segment or repetition.
    pub(crate) element: Element<'m>,
    /// Which of the segments of its id the targets of this turn mean.
    pub(crate) occurrence: u16,
    /// Which repetition the targets of this turn mean; 0 in an `each` over segments.
    pub(crate) repetition: u16,
}

impl<'m> View<'m> {
    /// A message, with no names bound. Costs no allocation.
    #[must_use]
    pub fn new(message: &'m Message) -> View<'m> {
        View { message, turns: Vec::new(), focus: None }
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
}
