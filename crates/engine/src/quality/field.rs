//! The counters of one field and of its components.
//!
//! Promises: exact counts in fixed memory. Repetitions one behind the other often have the same components: what they have
//! is a set of bits, and only when it changes its run is added to the components.

use super::{
    check::Check,
    limits::COMPONENTS_MAX,
    place::Place,
    record::{Counts, Record},
};

/// No check, no components.
pub(super) const NONE: u16 = u16::MAX;

/// What is counted of a component.
#[derive(Clone, Copy)]
pub(super) struct Component {
    filled: u32,
    null: u32,
    pub(super) check: u16,
}

/// A field of a segment.
#[derive(Clone, Copy)]
pub(super) struct Field {
    filled: u32,
    repetitions: u32,
    null: u32,
    /// The components of the last repetition with separators, a bit each, and how many in a row have just these.
    mask: u32,
    run: u32,
    /// The components that have a check, a bit each.
    pub(super) checked: u32,
    /// The number of its check.
    pub(super) check: u16,
    /// The number of the first of its components.
    pub(super) parts: u16,
    pub(super) is_known: bool,
}

impl Field {
    /// A field that was not seen.
    pub(super) const UNSEEN: Field = Field {
        filled: 0,
        repetitions: 0,
        null: 0,
        mask: 0,
        run: 0,
        checked: 0,
        check: NONE,
        parts: NONE,
        is_known: false,
    };

    /// Counts a repetition with a value; `is_first` of its segment.
    #[inline]
    pub(super) fn count(&mut self, is_first: bool) {
        self.filled = self.filled.saturating_add(u32::from(is_first));
        self.repetitions = self.repetitions.saturating_add(1);
    }

    /// Counts a repetition that says "delete".
    pub(super) fn count_null(&mut self) {
        self.null = self.null.saturating_add(1);
    }

    /// Counts the components of a repetition: a bit for each that has a value.
    #[inline]
    pub(super) fn count_parts(&mut self, mask: u32, components: &mut [Component]) {
        if self.mask != mask {
            self.flush(components);
            self.mask = mask;
        }
        self.run = self.run.saturating_add(1);
    }

    /// Adds the run to the components.
    fn flush(&mut self, components: &mut [Component]) {
        let run = std::mem::take(&mut self.run);
        let mut rest = std::mem::take(&mut self.mask);
        while rest != 0 {
            let at = usize::from(self.parts) + rest.trailing_zeros() as usize;
            rest &= rest - 1;
            if let Some(component) = components.get_mut(at) {
                component.filled = component.filled.saturating_add(run);
            }
        }
    }

    /// Takes the counts out; the places stay known.
    pub(super) fn take(
        &mut self,
        place: Place,
        (components, checks): (&mut [Component], &mut [Check]),
        record: &mut Record,
    ) {
        self.flush(components);
        let take = |number: &mut u32| u64::from(std::mem::take(number));
        let (filled, repetitions, null) = (take(&mut self.filled), take(&mut self.repetitions), take(&mut self.null));
        put(
            place,
            Counts { filled, repetitions, null, ..Counts::default() },
            checks.get_mut(usize::from(self.check)),
            record,
        );
        if self.parts == NONE {
            return;
        }
        let own = components.iter_mut().skip(usize::from(self.parts)).take(usize::from(COMPONENTS_MAX));
        for (component, number) in own.zip(1..) {
            let (filled, null) = (take(&mut component.filled), take(&mut component.null));
            let counts = Counts { filled, null, ..Counts::default() };
            let place = Place { component: number, ..place };
            put(place, counts, checks.get_mut(usize::from(component.check)), record);
        }
    }
}

impl Component {
    /// One that nothing was counted of.
    pub(super) fn of(check: u16) -> Component {
        Component { filled: 0, null: 0, check }
    }

    /// Counts a component that says "delete".
    pub(super) fn count_null(&mut self) {
        self.null = self.null.saturating_add(1);
    }
}

/// A place without anything is left out: what it is counted of is known without it.
fn put(place: Place, mut counts: Counts, check: Option<&mut Check>, record: &mut Record) {
    if let Some(check) = check {
        check.take(place, &mut counts, record);
    }
    if counts != Counts::default() {
        record.places.insert(place, counts);
    }
}
