//! Who comes, and what is planned for them.
//!
//! Promises: a plan never puts an end before its beginning; steps that make no sense any more are passed over by
//! the steps themselves.

use super::{
    Flow, PATIENTS_MAX,
    agenda::{Care, Step},
    people::{Patient, Phase, Sex, Stay},
    places::Site,
};

pub(super) const MINUTE: u64 = 60;
pub(super) const HOUR: u64 = 3_600;

/// Clinical seconds between two arrivals, on the mean.
const ARRIVAL_GAP: u64 = 6 * MINUTE;

impl Flow {
    /// Somebody comes, and the next arrival is planned.
    pub(super) fn arrive(&mut self) {
        let gap = self.random.between(ARRIVAL_GAP / 4, ARRIVAL_GAP * 7 / 4);
        self.agenda.add(self.clinical + gap, Step::Arrive);
        let mix = self.config.mix;
        let weights = [
            mix.emergency,
            mix.elective,
            mix.clinic,
            mix.immunisation,
            mix.birth,
            mix.twins,
            mix.unknown,
            mix.duplicate,
            mix.marriage,
            mix.move_sites,
        ];
        match self.random.weighted(&weights) {
            0 => self.begin(true, &[(0, Care::Register { is_emergency: true })]),
            1 => self.begin(true, &[(0, Care::PreAdmit), (20 * HOUR, Care::Admit)]),
            2 => self.begin(true, &[(0, Care::Book)]),
            3 => self.begin_vaccination(),
            4 => self.begin_birth(1),
            5 => self.begin_birth(2),
            6 => self.begin_unknown(),
            7 => self.begin_duplicate(),
            8 => self.begin_marriage(),
            _ => self.begin(false, &[(0, Care::Admit), (9 * HOUR, Care::MoveSite)]),
        }
    }

    /// Somebody with these plans: one who was here before, or a new one.
    fn begin(&mut self, may_return: bool, plans: &[(u64, Care)]) {
        let returning = if may_return && self.random.chance(30) { self.find_at_home() } else { None };
        let patient = returning.unwrap_or_else(|| self.invent());
        self.plan_all(patient, plans);
    }

    pub(super) fn plan_all(&mut self, patient: u64, plans: &[(u64, Care)]) {
        for &(after, care) in plans {
            self.plan(patient, after, Step::Care { patient, care });
        }
    }

    fn begin_vaccination(&mut self) {
        let mut plans = vec![(0, Care::Register { is_emergency: false })];
        for dose in 0..self.random.between(1, 3) {
            plans.push((10 * MINUTE + dose * 2 * MINUTE, Care::Immunise));
        }
        plans.push((20 * MINUTE, Care::Charge));
        self.begin(true, &plans);
    }

    fn begin_birth(&mut self, babies: u8) {
        let mother = self.invent();
        let year = self.year();
        let age = i64::try_from(self.random.between(19, 42)).unwrap_or(30);
        let given = self.invent_woman_name();
        if let Some(patient) = self.patients.get_mut(&mother) {
            (patient.sex, patient.birth, patient.marital) = (Sex::Female, Some((year - age, 5, 17)), "M");
            patient.given = given;
            patient.middle = String::new();
        }
        self.plan_all(mother, &[(0, Care::Admit), (5 * HOUR, Care::GiveBirth { babies })]);
    }

    fn begin_marriage(&mut self) {
        let patient = self.invent();
        let born = self.year() - i64::try_from(self.random.between(21, 60)).unwrap_or(30);
        if let Some(patient) = self.patients.get_mut(&patient) {
            (patient.birth, patient.marital) = (Some((born, 3, 9)), "S");
        }
        self.plan_all(patient, &[(0, Care::Register { is_emergency: false }), (HOUR, Care::Marry)]);
    }

    fn begin_unknown(&mut self) {
        let patient = self.invent();
        let number = patient % 1000;
        if let Some(patient) = self.patients.get_mut(&patient) {
            patient.make_unknown(number);
        }
        let plans = [(0, Care::Register { is_emergency: true }), (7 * HOUR, Care::Identify)];
        self.plan_all(patient, &plans);
    }

    fn begin_duplicate(&mut self) {
        let patient = self.invent_at(Site::North);
        let plans =
            [(0, Care::Register { is_emergency: false }), (5 * HOUR, Care::RegisterElsewhere), (9 * HOUR, Care::Merge)];
        self.plan_all(patient, &plans);
    }

    /// A new patient at either site.
    pub(super) fn invent(&mut self) -> u64 {
        let site = if self.random.chance(u64::from(self.config.south_percent)) { Site::South } else { Site::North };
        self.invent_at(site)
    }

    /// A new patient with a record number at the site.
    pub(super) fn invent_at(&mut self, site: Site) -> u64 {
        let (key, year) = (self.next_number(), self.year());
        let patient = Patient::invent(key, site, year, &mut self.random);
        self.keep(patient);
        self.number_at(key, site);
        key
    }

    /// Gives the patient a record number at the site, if there is none yet.
    pub(super) fn number_at(&mut self, key: u64, site: Site) {
        let number = self.next_number();
        let mrn = match site {
            Site::North => format!("N{number:07}"),
            Site::South => format!("{:08}", 40_000_000 + number),
        };
        if let Some(patient) = self.patients.get_mut(&key) {
            patient.mrn[site.index()].get_or_insert(mrn);
        }
    }

    /// Remembers the patient; the one at home for longest is forgotten when there are too many.
    pub(super) fn keep(&mut self, patient: Patient) {
        if self.patients.len() >= self.config.patients_max.min(PATIENTS_MAX)
            && let Some(key) = self.patients.values().find(|patient| patient.is_at_home()).map(|patient| patient.key)
        {
            self.patients.remove(&key);
        }
        self.patients.insert(patient.key, patient);
    }

    fn find_at_home(&mut self) -> Option<u64> {
        let newest = self.number;
        let from = self.random.below(newest.max(1));
        let mut known = self.patients.range(from..).take(50).chain(self.patients.range(..from).take(50));
        known.find(|(_, patient)| patient.is_at_home() && !patient.is_unknown).map(|(key, _)| *key)
    }

    pub(super) fn year(&self) -> i64 {
        self.now().utc().0
    }

    fn invent_woman_name(&mut self) -> String {
        super::people::given_name(Sex::Female, &mut self.random)
    }

    /// Opens a stay that is not begun yet.
    pub(super) fn open_stay(&mut self, key: u64, site: Site, class: &'static str, diagnosis: usize) {
        let visit = format!("V{}", self.next_number());
        let began = self.now();
        if let Some(patient) = self.patients.get_mut(&key) {
            patient.stay = Some(Stay {
                visit,
                site,
                phase: Phase::Planned,
                class,
                bed: None,
                prior: None,
                began,
                ended: None,
                diagnosis,
                source: if class == "E" { "7" } else { "1" },
                disposition: "01",
                ward_override: None,
            });
        }
    }

    /// What happens on a ward until the discharge.
    pub(super) fn plan_stay(&mut self, key: u64) {
        let long = self.random.between(14, 60) * HOUR;
        let is_maternity = self.patients.get(&key).is_some_and(|patient| {
            patient.mother.is_some()
                || patient.stay.as_ref().is_some_and(|stay| stay.diagnosis == super::catalogue::DELIVERY)
        });
        let mut plans = vec![(long, Care::Discharge), (long - HOUR / 2, Care::Document { is_large: false })];
        plans.push((long - HOUR, Care::Charge));
        for _ in 0..self.random.between(2, 6) {
            plans.push((self.random.between(MINUTE, long - HOUR), Care::Observe));
        }
        for _ in 0..self.random.between(1, 3) {
            let is_stat = self.random.chance(20);
            plans.push((self.random.between(MINUTE, long - 8 * HOUR), Care::OrderTest { is_stat }));
        }
        if self.random.chance(30) {
            plans.push((self.random.between(HOUR, long - 8 * HOUR), Care::OrderImage));
        }
        for _ in 0..self.random.between(1, 3) {
            plans.push((self.random.between(MINUTE, long - HOUR), Care::Medicate));
        }
        if self.random.chance(40) && !is_maternity {
            plans.push((self.random.between(2 * HOUR, long - 2 * HOUR), Care::Transfer));
        }
        if self.random.chance(35) {
            plans.push((self.random.between(HOUR, long - HOUR), Care::Update));
        }
        if self.random.chance(4) && !is_maternity {
            plans.push((self.random.between(MINUTE, HOUR), Care::CancelAdmit));
        }
        if self.random.chance(12) {
            plans.push((long + HOUR, Care::Document { is_large: true }));
        }
        if self.random.chance(6) && !is_maternity {
            plans.extend([(long + HOUR, Care::CancelDischarge), (long + 4 * HOUR, Care::Discharge)]);
        }
        self.plan_all(key, &plans);
    }

    /// What happens in an emergency department or clinic after the registration.
    pub(super) fn plan_visit(&mut self, key: u64, is_emergency: bool) {
        let is_stat = is_emergency && self.random.chance(60);
        let mut plans = Vec::new();
        if is_emergency || self.random.chance(45) {
            plans.push((10 * MINUTE, Care::OrderTest { is_stat }));
        }
        if self.random.chance(25) {
            plans.push((15 * MINUTE, Care::OrderImage));
        }
        if is_emergency {
            plans.push((5 * MINUTE, Care::Observe));
            let end = if self.random.chance(55) { Care::Admit } else { Care::Discharge };
            plans.push((self.random.between(2, 5) * HOUR, end));
        } else {
            plans.extend([(HOUR, Care::Charge), (90 * MINUTE, Care::Discharge)]);
            if self.random.chance(20) {
                plans.push((80 * MINUTE, Care::Document { is_large: false }));
            }
        }
        self.plan_all(key, &plans);
    }
}
