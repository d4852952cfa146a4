//! What is going to happen, in clinical time.

use super::orders::Report;
use std::collections::BTreeMap;

/// One thing that is done for a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Care {
    /// A04 at the emergency department or a clinic.
    Register { is_emergency: bool },
    /// A05.
    PreAdmit,
    /// A01, and the plan of the stay.
    Admit,
    /// An order of the laboratory.
    OrderTest { is_stat: bool },
    /// An order of radiology.
    OrderImage,
    /// A02.
    Transfer,
    /// A08 for a new phone number or address.
    Update,
    /// RDE.
    Medicate,
    /// ORU of a monitor.
    Observe,
    /// MDM.
    Document { is_large: bool },
    /// DFT.
    Charge,
    /// A03; ends visits as well as stays.
    Discharge,
    /// A13: it was too early; a discharge follows.
    CancelDischarge,
    /// A11: it was a mistake.
    CancelAdmit,
    /// SIU^S12.
    Book,
    /// VXU.
    Immunise,
    /// A08 and A31 with a new family name.
    Marry,
    /// A04 of the same person at the other site.
    RegisterElsewhere,
    /// A40.
    Merge,
    /// A08 and A31: the unknown patient has a name.
    Identify,
    /// Newborns arrive, A01 each.
    GiveBirth { babies: u8 },
    /// A08 and A31: the newborn has a name.
    NameBaby,
    /// A03 here and A01 there.
    MoveSite,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Somebody comes.
    Arrive,
    Care {
        patient: u64,
        care: Care,
    },
    /// A result of an order.
    Report {
        order: u64,
        report: Report,
    },
    /// An appointment is moved, cancelled, or kept.
    Diary {
        patient: u64,
        appointment: u64,
        entry: Diary,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Diary {
    Move,
    Cancel,
    Keep,
}

impl Step {
    /// The patient whose pending steps it counts for. Reports count for nobody: they come after the stay, too.
    pub(super) fn patient(&self) -> Option<u64> {
        match self {
            Step::Care { patient, .. } | Step::Diary { patient, .. } => Some(*patient),
            Step::Arrive | Step::Report { .. } => None,
        }
    }
}

/// Steps by time; at the same time, those planned first.
#[derive(Clone, Debug, Default)]
pub(super) struct Agenda {
    steps: BTreeMap<(u64, u64), Step>,
    planned: u64,
}

impl Agenda {
    pub(super) fn add(&mut self, at: u64, step: Step) {
        self.planned += 1;
        self.steps.insert((at, self.planned), step);
    }

    pub(super) fn take(&mut self) -> Option<(u64, Step)> {
        self.steps.pop_first().map(|((at, _), step)| (at, step))
    }

    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }
}
