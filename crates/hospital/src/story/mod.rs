//! The demo's fault script as plain records: what goes wrong when, and by which signs it is seen and healed.
//!
//! Owns the six stories and the [`Script`] that scales them to a run, says what is due, and judges from an
//! [`Observation`] of the engine whether each was seen and healed.
//!
//! Promises: pure; times are given; stories do not overlap, so a sign can belong to one story only.
//! Never: touches a partner, a flow or the engine: who runs the demo acts on the [`Cue`]s.

mod script;

pub use script::{Chapter, Cue, Observation, Outcome, Script, Stage};

use crate::{
    flow::{Forced, Site, SystemName},
    wire::{Act, Behaviour},
};
use message::AckCode;
use std::time::Duration;

/// Length of a run when it has no end: the times of the stories are those of a four-minute tour.
pub const TOUR: Duration = Duration::from_secs(240);

/// The ward code that heals the bad one, for the code table: what comes, what the house calls it.
pub const WARD_REMEDY: (&str, &str, &str) = (crate::flow::UNKNOWN_WARD, "S-NEW9", "South New Ward 9");

/// One thing that goes wrong, or is worth watching.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fault {
    /// `pacs-down`: the name in reports.
    pub name: &'static str,
    /// One line for people.
    pub title: &'static str,
    /// What to look at, for the guide.
    pub look: &'static str,
    /// When it starts, as a fraction of the run.
    pub starts_at: f64,
    /// When it ends.
    pub ends_at: f64,
    /// What to do at the start.
    pub start: Deed,
    /// What to do at the end.
    pub end: Deed,
    /// It has been seen when this is true at some moment after the start.
    pub seen: Sign,
    /// It has healed when this is true at some moment after the end, having been seen.
    pub healed: Sign,
}

/// What the one who runs the demo does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Deed {
    /// Nothing.
    Nothing,
    /// `flow.force(…)` for each.
    Force(&'static [Forced]),
    /// `partner.set(…)` on the receiver of that name.
    Tell {
        /// A name of [`crate::flow::RECEIVERS`].
        receiver: &'static str,
        /// The new behaviour.
        behaviour: Behaviour,
    },
    /// `sender.pause()`.
    Silence(SystemName),
    /// `sender.resume()`.
    Resume(SystemName),
    /// Add [`WARD_REMEDY`] to the code table, reload, and run the parked messages again.
    AddWardCode,
    /// The receiver behaves again; deliver what was parked for it again.
    RetryParked {
        /// A name of [`crate::flow::RECEIVERS`].
        receiver: &'static str,
    },
}

/// Something that can be read off an [`Observation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Messages wait for the receiver, this many at least.
    Waiting {
        /// Which receiver.
        receiver: &'static str,
        /// How many.
        at_least: u64,
    },
    /// Nothing waits for the receiver but what came in the last moment (two messages), and it has taken some since the
    /// story ended.
    Drained {
        /// Which receiver.
        receiver: &'static str,
    },
    /// Nothing came from the system for half as long as the story lasts.
    Silent(SystemName),
    /// Something came from the system since the story ended.
    Heard(SystemName),
    /// Messages wait for a person because a code is in no table.
    CodeMissing,
    /// None does any more.
    CodeKnown,
    /// One of the story's messages has reached each of so many receivers.
    Reached {
        /// How many different receivers.
        receivers: usize,
    },
    /// The engine recognised a message that was sent twice. (Nothing else in the tour is sent twice, unless a reply to a
    /// sender was lost.)
    DuplicateSeen,
    /// No receiver got a message twice since the story began.
    NoneTwice,
    /// Messages are parked for the receiver.
    Parked {
        /// Which receiver.
        receiver: &'static str,
    },
    /// None is any more.
    Unparked {
        /// Which receiver.
        receiver: &'static str,
    },
}

/// The six stories, in order of time.
pub const FAULTS: [Fault; 6] = [
    Fault {
        name: "lab-result",
        title: "A lab result crosses three systems",
        look: "Follow one order from the record to the laboratory and its result to the chart and the warehouse.",
        starts_at: 0.125,
        ends_at: 0.2,
        start: Deed::Force(&[Forced::LabResult(Site::North)]),
        end: Deed::Nothing,
        seen: Sign::Reached { receivers: 1 },
        healed: Sign::Reached { receivers: 3 },
    },
    Fault {
        name: "pacs-down",
        title: "The picture archive goes down and comes back",
        look: "Its queue grows while all others flow; when it returns, the queue drains in order.",
        starts_at: 0.25,
        ends_at: 0.415,
        start: Deed::Tell { receiver: "pacs", behaviour: Behaviour::always(Act::Refuse) },
        end: Deed::Tell { receiver: "pacs", behaviour: Behaviour::always(Act::Accept) },
        seen: Sign::Waiting { receiver: "pacs", at_least: 3 },
        healed: Sign::Drained { receiver: "pacs" },
    },
    Fault {
        name: "clinic-silent",
        title: "A sender goes silent",
        look: "The clinic's system is connected and sends nothing: an alert says so.",
        starts_at: 0.54,
        ends_at: 0.64,
        start: Deed::Silence(SystemName::Clinic),
        end: Deed::Resume(SystemName::Clinic),
        seen: Sign::Silent(SystemName::Clinic),
        healed: Sign::Heard(SystemName::Clinic),
    },
    Fault {
        name: "unknown-ward",
        title: "A bad code arrives",
        look: "A ward opened without notice: its code is in no table, its messages wait for a person.",
        starts_at: 0.667,
        ends_at: 0.75,
        start: Deed::Force(&[Forced::UnknownWard(Site::South)]),
        end: Deed::AddWardCode,
        seen: Sign::CodeMissing,
        healed: Sign::CodeKnown,
    },
    Fault {
        name: "duplicate-patient",
        title: "A duplicate patient registers, and a message is sent twice",
        look: "The same person has two record numbers now; the repeated message gets its first answer and goes no further.",
        starts_at: 0.79,
        ends_at: 0.835,
        start: Deed::Force(&[Forced::DuplicatePatient, Forced::SendAgain(SystemName::RegSouth)]),
        end: Deed::Nothing,
        seen: Sign::DuplicateSeen,
        healed: Sign::NoneTwice,
    },
    Fault {
        name: "pharmacy-rejects",
        title: "The pharmacy answers AE",
        look: "Its messages are parked for a person; when it is repaired, they are delivered again.",
        starts_at: 0.85,
        ends_at: 0.9,
        start: Deed::Tell {
            receiver: "pharmacy",
            behaviour: Behaviour::always(Act::Reject { code: AckCode::AE, condition: Some(204) }),
        },
        end: Deed::RetryParked { receiver: "pharmacy" },
        seen: Sign::Parked { receiver: "pharmacy" },
        healed: Sign::Unparked { receiver: "pharmacy" },
    },
];
