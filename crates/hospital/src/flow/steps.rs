//! The steps themselves: each looks at where the patient is, changes it, and writes the messages.
//!
//! Promises: a step that makes no sense any more does nothing.

use super::{
    Flow, Story,
    agenda::{Care, Diary, Step},
    catalogue::{DIAGNOSES_COMMON, IMAGES, TESTS, VACCINES},
    clinic::{self, Appointment},
    journeys::{HOUR, MINUTE},
    orders::{self, Order, Report},
    people::{Patient, Phase},
    places,
    segments::{Pen, admission, change},
    systems::{Kind, SystemName},
};
use std::time::Duration;

impl Flow {
    pub(super) fn care(&mut self, key: u64, care: Care) {
        match care {
            Care::Register { is_emergency } => self.register(key, is_emergency),
            Care::PreAdmit => self.pre_admit(key),
            Care::Admit => self.admit(key),
            Care::OrderTest { is_stat } => {
                self.order(key, false, is_stat);
            }
            Care::OrderImage => {
                self.order(key, true, false);
            }
            Care::Transfer => self.transfer(key),
            Care::Update => self.update(key),
            Care::Medicate => self.medicate(key),
            Care::Observe => self.observe(key),
            Care::Document { is_large } => self.document(key, is_large),
            Care::Charge => self.charge(key),
            Care::Discharge => self.discharge(key, "01", None),
            Care::CancelDischarge => self.cancel_discharge(key),
            Care::CancelAdmit => self.cancel_admit(key),
            Care::Book => self.book(key),
            Care::Immunise => self.immunise(key),
            Care::Marry => self.marry(key),
            Care::RegisterElsewhere => self.register_elsewhere(key),
            Care::Merge => self.merge(key),
            Care::Identify => self.identify(key),
            Care::GiveBirth { babies } => self.give_birth(key, babies),
            Care::NameBaby => self.name_baby(key),
            Care::MoveSite => self.move_site(key),
        }
    }

    /// The patient as it is now.
    pub(super) fn patient(&self, key: u64) -> Option<Patient> {
        self.patients.get(&key).cloned()
    }

    /// An ADT message of the site where the patient is, or lives.
    pub(super) fn send_adt(&mut self, key: u64, trigger: &'static str, story: Option<Story>) {
        let Some(patient) = self.patient(key) else { return };
        let site = patient.stay.as_ref().map_or(patient.home, |stay| stay.site);
        let pen = self.pen(SystemName::registering(site), "ADT", site);
        let expected = pen.now.after(Duration::from_secs(20 * HOUR));
        let segments = match trigger {
            "A01" | "A04" | "A08" => admission(&pen, trigger, &patient, None),
            "A05" => admission(&pen, trigger, &patient, Some(expected)),
            _ => change(&pen, trigger, &patient),
        };
        self.send(&pen, Kind::new("ADT", trigger), key, story, segments);
    }

    pub(super) fn register(&mut self, key: u64, is_emergency: bool) {
        let Some(patient) = self.patient(key).filter(Patient::has_no_stay) else { return };
        let diagnosis = self.random.index(DIAGNOSES_COMMON);
        self.open_stay(key, patient.home, if is_emergency { "E" } else { "O" }, diagnosis);
        let bed =
            is_emergency.then(|| self.beds.take(patient.home, places::Care::Emergency, &mut self.random)).flatten();
        self.with_stay(key, |stay| (stay.phase, stay.bed) = (Phase::Registered, bed));
        self.send_adt(key, "A04", patient.is_unknown.then_some(Story::UnknownPatient));
        self.plan_visit(key, is_emergency);
    }

    fn pre_admit(&mut self, key: u64) {
        let Some(patient) = self.patient(key).filter(Patient::has_no_stay) else { return };
        let diagnosis = self.random.index(DIAGNOSES_COMMON);
        self.open_stay(key, patient.home, "P", diagnosis);
        self.send_adt(key, "A05", None);
    }

    fn admit(&mut self, key: u64) {
        let Some(patient) = self.patient(key).filter(|patient| !patient.is_admitted()) else { return };
        if patient.has_no_stay() {
            let diagnosis = self.random.index(DIAGNOSES_COMMON);
            self.open_stay(key, patient.home, "I", diagnosis);
        }
        let care = match patient.birth {
            Some((year, ..)) if self.year() - year < 16 => places::Care::Children,
            _ => *self.random.pick(&[places::Care::Medicine, places::Care::Medicine, places::Care::Surgery]),
        };
        self.admit_to(key, care, None);
    }

    /// Takes a bed and sends A01; with no bed at the site the patient waits two hours.
    pub(super) fn admit_to(&mut self, key: u64, care: places::Care, story: Option<Story>) {
        let Some(stay) = self.patients.get(&key).and_then(|patient| patient.stay.clone()) else { return };
        let Some(bed) = self.beds.take(stay.site, care, &mut self.random) else {
            return self.plan(key, 2 * HOUR, Step::Care { patient: key, care: Care::Admit });
        };
        if let Some(old) = stay.bed {
            self.beds.free(old);
        }
        let began = self.now();
        self.with_stay(key, |stay| {
            (stay.phase, stay.class, stay.prior, stay.bed) = (Phase::Admitted, "I", stay.bed, Some(bed));
            stay.began = began;
        });
        let unknown = self.patients.get(&key).is_some_and(|patient| patient.is_unknown);
        self.send_adt(key, "A01", story.or(unknown.then_some(Story::UnknownPatient)));
        self.plan_stay(key);
    }

    pub(super) fn with_stay(&mut self, key: u64, change: impl FnOnce(&mut super::people::Stay)) {
        if let Some(stay) = self.patients.get_mut(&key).and_then(|patient| patient.stay.as_mut()) {
            change(stay);
        }
    }

    fn transfer(&mut self, key: u64) {
        let Some(patient) = self.patient(key).filter(Patient::is_admitted) else { return };
        let Some(old) = patient.stay.as_ref().and_then(|stay| stay.bed) else { return };
        let care = if self.random.chance(30) { places::Care::Intensive } else { places::Care::Medicine };
        let Some(bed) = self.beds.take(old.ward().site, care, &mut self.random) else { return };
        self.beds.free(old);
        self.with_stay(key, |stay| (stay.prior, stay.bed, stay.ward_override) = (Some(old), Some(bed), None));
        self.send_adt(key, "A02", None);
    }

    fn update(&mut self, key: u64) {
        let phone = format!("555{:04}", self.random.between(100, 199));
        let Some(patient) = self.patients.get_mut(&key).filter(|patient| !patient.is_unknown) else { return };
        patient.phone = phone;
        self.send_adt(key, "A08", None);
    }

    pub(super) fn discharge(&mut self, key: u64, disposition: &'static str, story: Option<Story>) {
        let Some(patient) = self.patient(key) else { return };
        let Some(stay) = patient.stay.filter(|stay| matches!(stay.phase, Phase::Registered | Phase::Admitted)) else {
            return;
        };
        let now = self.now();
        self.with_stay(key, |stay| {
            (stay.phase, stay.ended, stay.disposition) = (Phase::Ended, Some(now.max(stay.began)), disposition);
        });
        if let Some(bed) = stay.bed {
            self.beds.free(bed);
        }
        self.send_adt(key, "A03", story);
    }

    fn cancel_discharge(&mut self, key: u64) {
        let Some(stay) = self.patient(key).and_then(|patient| patient.stay) else { return };
        let may_return = stay.class == "I" && stay.phase == Phase::Ended;
        if !may_return || !stay.bed.is_some_and(|bed| self.beds.take_back(bed)) {
            return;
        }
        self.with_stay(key, |stay| (stay.phase, stay.ended) = (Phase::Admitted, None));
        self.send_adt(key, "A13", None);
    }

    fn cancel_admit(&mut self, key: u64) {
        let Some(patient) = self.patient(key).filter(Patient::is_admitted) else { return };
        self.send_adt(key, "A11", None);
        if let Some(bed) = patient.stay.and_then(|stay| stay.bed) {
            self.beds.free(bed);
        }
        // The bed is forgotten, so that a discharge planned before cannot be cancelled into somebody else's.
        self.with_stay(key, |stay| (stay.phase, stay.bed) = (Phase::Ended, None));
    }

    pub(super) fn order(&mut self, key: u64, is_image: bool, is_stat: bool) -> Option<u64> {
        let patient = self.patient(key).filter(Patient::is_here)?;
        let site = patient.stay.as_ref()?.site;
        let number = self.next_number();
        let test = self.random.index(if is_image { IMAGES.len() } else { TESTS.len() });
        let system = SystemName::registering(site);
        let kind =
            if system == SystemName::EprNorth && !is_image { Kind::new("OML", "O21") } else { Kind::new("ORM", "O01") };
        // Images of NORTH are ordered at radiology's own desk: its system sends the order on.
        let system = if is_image && system == SystemName::EprNorth { SystemName::Rad } else { system };
        let pen = self.pen(system, kind.code, site);
        let (placer, filler) = (format!("P{number}"), format!("{}{number}", if is_image { "R" } else { "L" }));
        let seed = self.random.next() & !1;
        let order = Order { patient: key, placer, filler, is_image, test, is_stat, site, placed: pen.now, seed };
        let segments = orders::place(&pen, &patient, &order);
        self.send(&pen, kind, key, None, segments);
        self.orders.insert(number, order);
        let quick = if is_stat { 20 * MINUTE } else { 3 * HOUR };
        let wait = self.random.between(quick / 2, quick * 2);
        let first = if is_image || self.random.chance(60) { Report::Final } else { Report::Preliminary };
        self.agenda.add(self.clinical + wait, Step::Report { order: number, report: first });
        Some(number)
    }

    pub(super) fn report(&mut self, number: u64, report: Report) {
        let Some(order) = self.orders.get(&number).cloned() else { return };
        let Some(patient) = self.patient(order.patient) else {
            self.orders.remove(&number);
            return;
        };
        let site = order.site;
        let system = if order.is_image { SystemName::Rad } else { SystemName::Lab };
        if order.is_image && report == Report::Final && self.random.chance(50) {
            let pen = self.pen(system, "ORM", site);
            let segments = orders::schedule(&pen, &patient, &order);
            self.send(&pen, Kind::new("ORM", "O01"), order.patient, None, segments);
        }
        let pen = self.pen(system, "ORU", site);
        let segments = match order.is_image {
            true => orders::read_image(&pen, &patient, &order, report),
            false => orders::result(&pen, &patient, &order, report),
        };
        let story = (report == Report::Corrected).then_some(Story::CorrectedResult);
        self.send(&pen, Kind::new("ORU", "R01"), order.patient, story, segments);
        let next = match report {
            Report::Preliminary => Some((2 * HOUR, Report::Final)),
            Report::Final if self.random.chance(6) => Some((3 * HOUR, Report::Corrected)),
            Report::Final | Report::Corrected => None,
        };
        match next {
            Some((after, report)) => self.agenda.add(self.clinical + after, Step::Report { order: number, report }),
            None => {
                self.orders.remove(&number);
            }
        }
    }

    fn observe(&mut self, key: u64) {
        let Some((patient, pen)) = self.visited(key, SystemName::Ward, "ORU") else { return };
        let number = self.next_number();
        let segments = orders::observe(&pen, &patient, &mut self.random, number);
        self.send(&pen, Kind::new("ORU", "R01"), key, None, segments);
    }

    fn medicate(&mut self, key: u64) {
        // SOUTH prescribes on paper: only NORTH sends RDE.
        let at_north = |patient: &Patient| patient.stay.as_ref().is_some_and(|stay| stay.site == places::Site::North);
        if !self.patients.get(&key).is_some_and(at_north) {
            return;
        }
        let Some((patient, pen)) = self.visited(key, SystemName::EprNorth, "RDE") else { return };
        let number = format!("M{}", self.next_number());
        let segments = clinic::medicate(&pen, &patient, &number, &mut self.random);
        self.send(&pen, Kind::new("RDE", "O11"), key, None, segments);
    }

    fn document(&mut self, key: u64, is_large: bool) {
        let Some(patient) = self.patient(key).filter(|patient| patient.stay.is_some()) else { return };
        let site = patient.stay.as_ref().map_or(patient.home, |stay| stay.site);
        let pen = self.pen(SystemName::Rad, "MDM", site);
        let number = format!("D{}", self.next_number());
        let (from, to) = self.config.document_bytes;
        let attachment = is_large.then(|| {
            let bytes = self.random.between(from, to);
            clinic::attachment(bytes, &mut self.random)
        });
        let segments = clinic::document(&pen, &patient, &number, attachment);
        self.send(&pen, Kind::new("MDM", "T02"), key, is_large.then_some(Story::LargeDocument), segments);
    }

    fn charge(&mut self, key: u64) {
        let site = self.patients.get(&key).and_then(|patient| patient.stay.as_ref()).map(|stay| stay.site);
        let system = if site == Some(places::Site::South) { SystemName::RegSouth } else { SystemName::Clinic };
        let Some((patient, pen)) = self.visited(key, system, "DFT") else { return };
        let number = self.next_number();
        let segments = clinic::charge(&pen, &patient, number, &mut self.random);
        self.send(&pen, Kind::new("DFT", "P03"), key, None, segments);
    }

    fn immunise(&mut self, key: u64) {
        let Some((patient, pen)) = self.visited(key, SystemName::Clinic, "VXU") else { return };
        let (number, which) = (format!("I{}", self.next_number()), self.random.index(VACCINES.len()));
        // The first vaccine of the list is the one that newborns get.
        let which = if patient.mother.is_some() { 0 } else { which };
        let segments = clinic::immunise(&pen, &patient, which, &number, &mut self.random);
        self.send(&pen, Kind::new("VXU", "V04"), key, None, segments);
    }

    /// The patient, if here now, and the pen of a system for the site.
    fn visited(&mut self, key: u64, system: SystemName, code: &str) -> Option<(Patient, Pen)> {
        let patient = self.patient(key).filter(Patient::is_here)?;
        let site = patient.stay.as_ref()?.site;
        let pen = self.pen(system, code, site);
        Some((patient, pen))
    }

    fn book(&mut self, key: u64) {
        let Some(patient) = self.patient(key).filter(Patient::has_no_stay) else { return };
        let number = self.next_number();
        let starts = self.now().after(Duration::from_secs(self.random.between(24, 200) * HOUR));
        let appointment = Appointment {
            patient: key,
            placer: format!("A{number}"),
            filler: format!("C{number}"),
            starts,
            minutes: *self.random.pick(&[15, 20, 30, 45]),
            staff: self.random.index(12),
        };
        self.send_diary(&patient, &appointment, "S12", "Booked");
        self.appointments.insert(number, appointment);
        let (entry, after) = match self.random.below(100) {
            0..30 => (Diary::Move, 4 * HOUR),
            30..42 => (Diary::Cancel, 6 * HOUR),
            _ => (Diary::Keep, 12 * HOUR),
        };
        self.plan(key, after, Step::Diary { patient: key, appointment: number, entry });
    }

    fn send_diary(&mut self, patient: &Patient, place: &Appointment, trigger: &'static str, status: &str) {
        let mut patient = patient.clone();
        // The appointment's visit does not exist yet: PV1 says outpatient and no more.
        patient.stay = None;
        let pen = self.pen(SystemName::Clinic, "SIU", patient.home);
        let segments = clinic::appoint(&pen, &patient, place, trigger, status);
        self.send(&pen, Kind::new("SIU", trigger), patient.key, None, segments);
    }

    pub(super) fn keep_diary(&mut self, number: u64, step: Step) {
        let Step::Diary { patient: key, entry, .. } = step else { return };
        let Some(mut place) = self.appointments.remove(&number) else { return };
        let Some(patient) = self.patient(place.patient) else { return };
        match entry {
            Diary::Move => {
                place.starts = place.starts.after(Duration::from_secs(48 * HOUR));
                self.send_diary(&patient, &place, "S13", "Booked");
                self.appointments.insert(number, place);
                let entry = if self.random.chance(12) { Diary::Cancel } else { Diary::Keep };
                self.plan(key, 8 * HOUR, Step::Diary { patient: key, appointment: number, entry });
            }
            Diary::Cancel => self.send_diary(&patient, &place, "S15", "Cancelled"),
            Diary::Keep => self.register(key, false),
        }
    }
}
