//! The special stories: births, marriages, unknown patients, the same person twice, moves between sites; and what a
//! demo may force to happen now.

use super::{
    Flow, Story,
    agenda::Care,
    catalogue::{DELIVERY, DIAGNOSES_COMMON, LIVEBORN},
    journeys::HOUR,
    orders::Report,
    people::{Patient, Phase},
    places::{self, Site, UNKNOWN_WARD},
    segments::{evn, mrg, pd1, pid},
    systems::{Kind, SystemName},
};

impl Flow {
    pub(super) fn give_birth(&mut self, mother: u64, babies: u8) {
        let Some(patient) = self.patient(mother).filter(Patient::is_admitted) else { return };
        let Some(site) = patient.stay.as_ref().map(|stay| stay.site) else { return };
        self.with_stay(mother, |stay| stay.diagnosis = DELIVERY);
        for order in 1..=babies {
            let (key, now) = (self.next_number(), self.now());
            let twin = (babies > 1).then_some(order);
            let baby = patient.newborn(key, site, now, twin, &mut self.random);
            self.keep(baby);
            self.number_at(key, site);
            self.open_stay(key, site, "I", LIVEBORN);
            self.with_stay(key, |stay| stay.source = "4");
            self.admit_to(key, places::Care::Maternity, Some(newborn_story(twin)));
            self.plan_all(key, &[(4 * HOUR, Care::NameBaby), (6 * HOUR, Care::Immunise)]);
        }
    }

    pub(super) fn name_baby(&mut self, key: u64) {
        let random = &mut self.random;
        let Some(baby) = self.patients.get_mut(&key) else { return };
        baby.name_baby(random);
        let story = newborn_story(baby.birth_order);
        self.send_person(key, story);
    }

    /// A08 of the stay, if there is one, and A31 of the person.
    fn send_person(&mut self, key: u64, story: Story) {
        let is_here = self.patients.get(&key).is_some_and(Patient::is_here);
        if is_here {
            self.send_adt(key, "A08", Some(story));
        }
        self.send_adt(key, "A31", Some(story));
    }

    pub(super) fn marry(&mut self, key: u64) {
        let random = &mut self.random;
        let Some(patient) = self.patients.get_mut(&key).filter(|patient| !patient.is_unknown) else { return };
        patient.marry(random);
        self.send_person(key, Story::NameChange);
    }

    pub(super) fn identify(&mut self, key: u64) {
        let year = self.year();
        let random = &mut self.random;
        let Some(patient) = self.patients.get_mut(&key).filter(|patient| patient.is_unknown) else { return };
        patient.identify(year, random);
        self.send_person(key, Story::Identified);
    }

    /// The person comes to the other site, which does not know the first one's number.
    pub(super) fn register_elsewhere(&mut self, key: u64) {
        let Some(home) = self.patient(key).filter(Patient::has_no_stay).map(|patient| patient.home) else { return };
        self.number_at(key, home.other());
        let diagnosis = self.random.index(DIAGNOSES_COMMON);
        self.open_stay(key, home.other(), "O", diagnosis);
        self.with_stay(key, |stay| stay.phase = Phase::Registered);
        self.send_adt(key, "A04", Some(Story::DuplicateRegistration));
        self.plan_all(key, &[(HOUR, Care::Charge), (2 * HOUR, Care::Discharge)]);
    }

    /// A40 by the record of NORTH: its number survives, SOUTH's is known from now on.
    pub(super) fn merge(&mut self, key: u64) {
        let Some(patient) = self.patient(key).filter(|patient| !patient.is_linked) else { return };
        let Some(prior) = patient.mrn[Site::South.index()].clone().filter(|_| patient.mrn[0].is_some()) else { return };
        let pen = self.pen(SystemName::EprNorth, "ADT", Site::North);
        let segments = vec![
            evn(&pen, "A40", pen.now),
            pid(&pen, &patient),
            pd1(&pen, &patient),
            mrg(&pen, &prior, Site::South.authority(), &patient),
        ];
        self.send(&pen, Kind::new("ADT", "A40"), key, Some(Story::Merge), segments);
        if let Some(patient) = self.patients.get_mut(&key) {
            patient.is_linked = true;
        }
    }

    pub(super) fn move_site(&mut self, key: u64) {
        let Some(patient) = self.patient(key).filter(Patient::is_admitted) else { return };
        let Some(stay) = patient.stay else { return };
        // 02: discharged to another short-term hospital (table 0112).
        self.discharge(key, "02", Some(Story::MovedSite));
        let other = stay.site.other();
        self.number_at(key, other);
        if let Some(patient) = self.patients.get_mut(&key) {
            (patient.is_linked, patient.home) = (true, other);
        }
        self.open_stay(key, other, "I", stay.diagnosis);
        self.with_stay(key, |stay| stay.source = "4");
        self.admit_to(key, places::Care::Medicine, Some(Story::MovedSite));
    }

    pub(super) fn admit_to_unknown_ward(&mut self, site: Site) {
        let key = self.invent_at(site);
        let diagnosis = self.random.index(DIAGNOSES_COMMON);
        self.open_stay(key, site, "I", diagnosis);
        self.with_stay(key, |stay| stay.ward_override = Some(UNKNOWN_WARD));
        // A clinic's place is taken where the wards are full, so that the story need not wait.
        let is_full = !self.beds.has_free(site, places::Care::Medicine);
        let care = if is_full { places::Care::Outpatient } else { places::Care::Medicine };
        self.admit_to(key, care, Some(Story::UnknownWard));
    }

    pub(super) fn register_at_both_sites(&mut self) {
        let key = self.invent_at(Site::North);
        let diagnosis = self.random.index(DIAGNOSES_COMMON);
        self.open_stay(key, Site::North, "O", diagnosis);
        self.with_stay(key, |stay| stay.phase = Phase::Registered);
        self.send_adt(key, "A04", None);
        self.discharge(key, "01", None);
        self.register_elsewhere(key);
        self.plan_all(key, &[(9 * HOUR, Care::Merge)]);
    }

    pub(super) fn send_again(&mut self, system: SystemName) {
        let Some(newest) = self.newest[system.index()].clone() else { return };
        let at = std::time::Duration::from_micros(self.at_micros);
        self.ready.push_back(super::Happening { at, story: Some(Story::SentTwice), ..newest });
    }

    pub(super) fn result_at_once(&mut self, site: Site) {
        let written = self.ready.len();
        let key = self.invent_at(site);
        let diagnosis = self.random.index(DIAGNOSES_COMMON);
        self.open_stay(key, site, "O", diagnosis);
        self.with_stay(key, |stay| stay.phase = Phase::Registered);
        self.send_adt(key, "A04", None);
        if let Some(order) = self.order(key, false, true) {
            self.report(order, Report::Final);
            // The report that the order has planned finds no order any more, unless this one is to be corrected.
            self.orders.remove(&order);
        }
        for happening in self.ready.iter_mut().skip(written) {
            happening.story = Some(Story::LabResult);
        }
        self.plan_all(key, &[(HOUR, Care::Discharge)]);
    }
}

fn newborn_story(twin: Option<u8>) -> Story {
    if twin.is_some() { Story::Twins } else { Story::Newborn }
}
