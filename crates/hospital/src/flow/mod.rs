//! The patient-flow simulator: people come, are ordered for, moved, treated and sent home, and each step is a message.
//!
//! Pure and seeded: no clock, no I/O; time is simulated and starts where [`Config::start`] says. The same seed and
//! settings give the same bytes on every machine.
//!
//! Promises:
//! 1. Clinically sensible order: a result follows its order, final follows preliminary, a transfer or discharge follows
//!    an admission, a cancellation follows what it cancels, a merge follows both registrations.
//! 2. MSH-10 is unique per sending system and its number only grows.
//! 3. Everyone is invented; phone numbers are 555; there is no social security number.
//!
//! Never: a message that is not ER7 with CR at segment ends.

mod agenda;
mod catalogue;
mod clinic;
mod er7;
mod generate;
mod journeys;
mod orders;
mod people;
mod places;
mod random;
mod segments;
mod steps;
mod stories;
mod systems;

pub use generate::{Filter, generate};
pub use places::{Care, SOUTH_SEX_CODES, Site, UNKNOWN_WARD, WARDS, Ward};
pub use systems::{Kind, RECEIVERS, Receiver, SystemName};

use agenda::{Agenda, Step};
use message::Timestamp;
use people::Patient;
use places::Beds;
use random::Random;
use segments::Pen;
use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

/// Patients that the simulator knows at a time; those at home for longest are forgotten first.
pub const PATIENTS_MAX: usize = 5_000;
/// Largest attachment, before base64.
pub const DOCUMENT_BYTES_MAX: u64 = 256 * 1024;

/// How a flow is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Mean messages a second; [`Happening::at`] is spaced by it.
    pub rate_per_second: f64,
    /// MSH-7 of the beginning.
    pub start: Timestamp,
    /// What the times inside messages follow.
    pub stamps: Stamps,
    /// How often each journey begins.
    pub mix: Mix,
    /// Share of patients of SOUTH, in percent.
    pub south_percent: u8,
    /// The number in the first MSH-10 of each system, so that two runs need not share ids.
    pub control_number_first: u64,
    /// Patients remembered, up to [`PATIENTS_MAX`]; those in the house are never forgotten.
    pub patients_max: usize,
    /// Size of attachments before base64, from and to, in bytes.
    pub document_bytes: (u64, u64),
}

impl Default for Config {
    fn default() -> Config {
        Config {
            rate_per_second: 40.0,
            start: Timestamp(1_772_348_400_000_000),
            stamps: Stamps::Pace,
            mix: Mix::default(),
            south_percent: 40,
            control_number_first: 1,
            patients_max: PATIENTS_MAX,
            document_bytes: (12 * 1024, 48 * 1024),
        }
    }
}

/// What the times inside messages follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamps {
    /// [`Happening::at`]: a stay takes seconds, as if the hospital ran fast. Never ahead of the clock of a demo.
    Pace,
    /// Clinical time: a stay takes days.
    Clinical,
}

/// Weights of the journeys that begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    /// Emergency department, often an admission after it.
    pub emergency: u32,
    /// Pre-admission, admission, stay.
    pub elective: u32,
    /// Appointment, visit.
    pub clinic: u32,
    /// Vaccinations.
    pub immunisation: u32,
    /// A mother and one newborn.
    pub birth: u32,
    /// A mother and two newborns.
    pub twins: u32,
    /// Nobody knows who this is, until later.
    pub unknown: u32,
    /// The same person registers at both sites and is merged.
    pub duplicate: u32,
    /// A patient marries.
    pub marriage: u32,
    /// A patient is moved to the other site.
    pub move_sites: u32,
}

impl Default for Mix {
    fn default() -> Mix {
        Mix {
            emergency: 30,
            elective: 16,
            clinic: 24,
            immunisation: 10,
            birth: 4,
            twins: 1,
            unknown: 2,
            duplicate: 3,
            marriage: 3,
            move_sites: 3,
        }
    }
}

/// What is special about a happening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Story {
    /// A newborn without a name, or named later.
    Newborn,
    /// One of twins.
    Twins,
    /// A new family name.
    NameChange,
    /// The same person registered at the other site.
    DuplicateRegistration,
    /// Two numbers become one.
    Merge,
    /// Nobody knows who this is.
    UnknownPatient,
    /// Now somebody does.
    Identified,
    /// Moved to the other site.
    MovedSite,
    /// A result was wrong and is corrected.
    CorrectedResult,
    /// A document with a large attachment.
    LargeDocument,
    /// A ward code that no table knows ([`UNKNOWN_WARD`]).
    UnknownWard,
    /// The very same bytes as a message before.
    SentTwice,
    /// A lab result that was asked for by [`Forced::LabResult`].
    LabResult,
}

/// One message with what is known about it.
#[derive(Clone, PartialEq, Eq)]
pub struct Happening {
    /// Since the beginning of the run, in the time of the pace.
    pub at: Duration,
    /// MSH-7.
    pub stamped: Timestamp,
    /// Who sends it.
    pub system: SystemName,
    /// What it is.
    pub kind: Kind,
    /// Which patient, a number of this run; the same person has one number at both sites.
    pub patient: u64,
    /// MSH-10.
    pub control_id: String,
    /// What is special about it.
    pub story: Option<Story>,
    /// ER7, without frame.
    pub message: Vec<u8>,
}

impl std::fmt::Debug for Happening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {} {:?}", self.system, self.kind, self.control_id, self.story)
    }
}

/// Something that shall happen now, for the stories of a demo; see [`Flow::force`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forced {
    /// Somebody is admitted at the site to a ward that no table knows.
    UnknownWard(Site),
    /// A person known at NORTH registers at SOUTH.
    DuplicatePatient,
    /// The newest message of that system is sent again, byte for byte.
    SendAgain(SystemName),
    /// Registration, stat order and final result of one patient at the site, in a row.
    LabResult(Site),
}

/// How much a flow remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Patients, at most [`Config::patients_max`] unless more are in the house.
    pub patients: usize,
    /// Steps on the agenda.
    pub steps: usize,
    /// Orders without a last result.
    pub orders: usize,
}

/// The simulator: an endless iterator of happenings.
#[derive(Clone, Debug)]
pub struct Flow {
    config: Config,
    random: Random,
    agenda: Agenda,
    /// Clinical time since the beginning, in seconds.
    clinical: u64,
    at_micros: u64,
    gap_micros: u64,
    patients: BTreeMap<u64, Patient>,
    orders: BTreeMap<u64, orders::Order>,
    appointments: BTreeMap<u64, clinic::Appointment>,
    beds: Beds,
    /// The next number of anything that needs one: patients, visits, orders, documents.
    number: u64,
    control_numbers: [u64; 6],
    newest: [Option<Happening>; 6],
    ready: VecDeque<Happening>,
}

impl Flow {
    /// A hospital at its first minute.
    #[must_use]
    pub fn new(seed: u64, config: Config) -> Flow {
        let rate = if config.rate_per_second > 0.0 { config.rate_per_second.clamp(0.001, 1e6) } else { 1.0 };
        let mut agenda = Agenda::default();
        agenda.add(0, Step::Arrive);
        Flow {
            random: Random::new(seed),
            agenda,
            clinical: 0,
            at_micros: 0,
            gap_micros: (1e6 / rate) as u64,
            patients: BTreeMap::new(),
            orders: BTreeMap::new(),
            appointments: BTreeMap::new(),
            beds: Beds::new(),
            number: 10_000 + seed % 1_000,
            control_numbers: [config.control_number_first; 6],
            newest: [const { None }; 6],
            ready: VecDeque::new(),
            config,
        }
    }

    /// The next message. Never ends.
    pub fn next_happening(&mut self) -> Happening {
        loop {
            if let Some(happening) = self.ready.pop_front() {
                return happening;
            }
            match self.agenda.take() {
                Some((at, step)) => {
                    self.clinical = self.clinical.max(at);
                    self.perform(step);
                }
                None => self.agenda.add(self.clinical, Step::Arrive),
            }
        }
    }

    /// Makes something happen now: its messages come next, after the few that are written already.
    pub fn force(&mut self, what: Forced) {
        match what {
            Forced::UnknownWard(site) => self.admit_to_unknown_ward(site),
            Forced::DuplicatePatient => self.register_at_both_sites(),
            Forced::SendAgain(system) => self.send_again(system),
            Forced::LabResult(site) => self.result_at_once(site),
        }
    }

    /// How much is remembered now.
    #[must_use]
    pub fn sizes(&self) -> Sizes {
        Sizes { patients: self.patients.len(), steps: self.agenda.len(), orders: self.orders.len() }
    }

    fn next_number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// The next moment of the pace, one mean gap later give or take, and the pen of a system at a site.
    fn pen(&mut self, system: SystemName, code: &str, site: Site) -> Pen {
        let spread = self.random.between(self.gap_micros / 4, self.gap_micros.saturating_mul(7) / 4);
        self.at_micros += spread.max(1);
        Pen { system, version: system.version(code), site, now: self.now() }
    }

    fn now(&self) -> Timestamp {
        let elapsed = match self.config.stamps {
            Stamps::Pace => Duration::from_micros(self.at_micros),
            Stamps::Clinical => Duration::from_secs(self.clinical),
        };
        self.config.start.after(elapsed)
    }

    /// Writes the message and queues it.
    fn send(&mut self, pen: &Pen, kind: Kind, patient: u64, story: Option<Story>, segments: Vec<er7::Segment>) {
        let index = pen.system.index();
        let control_id = format!("{}{:08}", pen.system.prefix(), self.control_numbers[index]);
        self.control_numbers[index] += 1;
        let charset = pen.system.charset();
        let mut message = Vec::with_capacity(1024);
        systems::msh(pen, kind, &control_id).write(charset, 0, &mut message);
        // A habit of the legacy system: PID and PV1 always have all the separators of its table.
        let pads = pen.system == SystemName::RegSouth;
        for segment in &segments {
            segment.write(charset, if pads { segment.habitual_width() } else { 0 }, &mut message);
        }
        let at = Duration::from_micros(self.at_micros);
        let (system, stamped) = (pen.system, pen.now);
        let happening = Happening { at, stamped, system, kind, patient, control_id, story, message };
        self.newest[index] = Some(happening.clone());
        self.ready.push_back(happening);
    }

    /// Puts a step of a patient on the agenda, `after` seconds of clinical time from now.
    fn plan(&mut self, patient: u64, after: u64, step: Step) {
        if let Some(patient) = self.patients.get_mut(&patient) {
            patient.pending += 1;
            self.agenda.add(self.clinical + after, step);
        }
    }

    fn perform(&mut self, step: Step) {
        if let Some(patient) = step.patient().and_then(|key| self.patients.get_mut(&key)) {
            patient.pending = patient.pending.saturating_sub(1);
        }
        match step {
            Step::Arrive => self.arrive(),
            Step::Care { patient, care } => self.care(patient, care),
            Step::Report { order, report } => self.report(order, report),
            Step::Diary { appointment, .. } => self.keep_diary(appointment, step),
        }
    }
}

impl Iterator for Flow {
    type Item = Happening;
    /// Always `Some`.
    fn next(&mut self) -> Option<Happening> {
        Some(self.next_happening())
    }
}
