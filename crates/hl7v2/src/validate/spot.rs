//! Where an issue is: numbers while a message is checked, a path in text when there is something to say.
//!
//! Promises: what [`Spot::path`] writes reads back as a [`crate::Path`].

use std::fmt::Write as _;

/// A place in a message. Zero: not that deep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spot {
    /// The number of the segment, from 0.
    pub(super) segment: u32,
    pub(super) field: u16,
    pub(super) repetition: u16,
    pub(super) component: u16,
    pub(super) subcomponent: u16,
}

impl Spot {
    pub(super) fn segment(number: usize) -> Spot {
        Spot { segment: u32::try_from(number).unwrap_or(u32::MAX), ..Spot::default() }
    }

    pub(super) fn field(self, field: u16) -> Spot {
        Spot { field, ..self }
    }

    pub(super) fn repetition(self, repetition: u16) -> Spot {
        Spot { repetition, ..self }
    }

    /// One level further down; the third level is the last that a message has.
    pub(super) fn below(self, number: u16) -> Spot {
        match (self.component, self.subcomponent) {
            (0, _) => Spot { component: number, ..self },
            (_, 0) => Spot { subcomponent: number, ..self },
            (_, _) => self,
        }
    }

    /// `OBX[3]-5[2].1.4`, of a segment that is number `label.0` of its kind, and of several where `label.1`.
    pub(super) fn path(self, id: &str, label: (u32, bool)) -> String {
        let mut out = id.to_owned();
        // Writing to a string cannot fail.
        if label.1 {
            let _ = write!(out, "[{}]", label.0);
        }
        if self.field > 0 {
            let _ = write!(out, "-{}", self.field);
        }
        if self.repetition > 1 {
            let _ = write!(out, "[{}]", self.repetition);
        }
        for number in [self.component, self.subcomponent].into_iter().filter(|number| *number > 0) {
            let _ = write!(out, ".{number}");
        }
        out
    }
}
