//! Invented people: patients, staff, streets. Nobody in it exists.

use super::{
    places::{Bed, Site},
    random::Random,
};
use message::Timestamp;

/// Family names; some need Latin-1, the last few need UTF-8.
const FAMILIES: [&str; 40] = [
    "Abbotsway",
    "Brindlemoor",
    "Castellane",
    "Dunwhistle",
    "Eastermoss",
    "Fernsby",
    "Garrowhill",
    "Hollinbeck",
    "Inglefold",
    "Jarnwick",
    "Kestrelby",
    "Lindenroth",
    "Marchbanksen",
    "Northolme",
    "Oakenfirth",
    "Pellinore",
    "Quillfeather",
    "Ravensgill",
    "Silverthwaite",
    "Tamsworthy",
    "Underbrook",
    "Vantongeren",
    "Whitlowe",
    "Yarrowdale",
    "O'Tarrish",
    "D'Amberlay",
    "St. Corwen",
    "van der Heuvelink",
    "Møllerskov",
    "Bäumlinger",
    "Grünwaldsen",
    "Núñezano",
    "Lefèvrard",
    "Österlingen",
    "Ångstrand",
    "Groß-Weißner",
    "García Olivares",
    "Ferrão",
    "Łozińska",
    "Dvořáčik",
];
const FEMALE: [&str; 20] = [
    "Adele",
    "Brigid",
    "Clara",
    "Dorothea",
    "Elinor",
    "Fiona",
    "Greta",
    "Hanna",
    "Iris",
    "Jolanda",
    "Käthe",
    "Lucía",
    "Maëlle",
    "Nadia",
    "Odile",
    "Petra",
    "Renée",
    "Sofía",
    "Thérèse",
    "Ursula",
];
const MALE: [&str; 20] = [
    "Albin", "Bruno", "Cedric", "Damian", "Emil", "Felix", "Gustav", "Hugo", "Ivo", "José", "Konrad", "Ludovic",
    "Mateo", "Nils", "Óscar", "Pascal", "René", "Søren", "Tomás", "Viktor",
];
const STREETS: [&str; 12] = [
    "Juniper Row",
    "Old Ferry Road",
    "Lantern Street",
    "Mill Race Lane",
    "Heron Court",
    "Cinder Path",
    "Bell & Anchor Yard",
    "Saltmarsh Avenue",
    "Quarry Rise",
    "Tannery Street",
    "Lower Orchard",
    "Chapel Steps",
];
const CITIES: [(&str, &str); 4] =
    [("Northhaven", "00101"), ("Southmere", "00204"), ("Little Ashby", "00117"), ("Brackwater", "00230")];
/// Table 0296 and CDC race codes are facts.
const LANGUAGES: [(&str, &str); 6] = [
    ("eng", "English"),
    ("spa", "Spanish"),
    ("deu", "German"),
    ("fra", "French"),
    ("pol", "Polish"),
    ("por", "Portuguese"),
];
const RACES: [(&str, &str); 4] =
    [("2106-3", "White"), ("2054-5", "Black or African American"), ("2028-9", "Asian"), ("2131-1", "Other Race")];

/// Number, family name, given name, of everyone who works here.
pub(super) const STAFF: [(&str, &str, &str); 12] = [
    ("1001", "Harrowgate", "Miriam"),
    ("1002", "Pendlecroft", "Jonas"),
    ("1003", "Weissenbühl", "Karin"),
    ("1004", "Okonjola", "Samuel"),
    ("1005", "Tarnowick", "Ewa"),
    ("1006", "Fairlamb", "Ruth"),
    ("1007", "Castrovey", "Diego"),
    ("1008", "Lindqvistad", "Astrid"),
    ("1009", "Mbekana", "Thandi"),
    ("1010", "Rasmussby", "Ole"),
    ("1011", "Delacourte", "Élise"),
    ("1012", "Yamadera", "Ken"),
];

/// Table 0001.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sex {
    Female,
    Male,
    Unknown,
}

impl Sex {
    pub(super) fn code(self) -> &'static str {
        match self {
            Sex::Female => "F",
            Sex::Male => "M",
            Sex::Unknown => "U",
        }
    }
}

/// A newborn's mother, as known at birth.
#[derive(Clone, Debug)]
pub(super) struct Mother {
    pub(super) mrn: String,
    pub(super) family: String,
    pub(super) given: String,
}

#[derive(Clone, Debug)]
pub(super) struct Patient {
    pub(super) key: u64,
    /// Record numbers at NORTH and SOUTH.
    pub(super) mrn: [Option<String>; 2],
    pub(super) national: Option<String>,
    pub(super) family: String,
    pub(super) given: String,
    pub(super) middle: String,
    pub(super) maiden: Option<String>,
    pub(super) sex: Sex,
    /// Year, month, day; `None` while unknown.
    pub(super) birth: Option<(i64, u64, u64)>,
    pub(super) street: String,
    pub(super) city: (&'static str, &'static str),
    pub(super) phone: String,
    pub(super) marital: &'static str,
    pub(super) language: (&'static str, &'static str),
    pub(super) race: (&'static str, &'static str),
    pub(super) kin: (String, &'static str),
    pub(super) insurer: usize,
    pub(super) allergy: Option<usize>,
    pub(super) physician: usize,
    pub(super) mother: Option<Mother>,
    /// Place among twins, from 1.
    pub(super) birth_order: Option<u8>,
    pub(super) is_unknown: bool,
    /// The sites know of each other's record numbers.
    pub(super) is_linked: bool,
    pub(super) home: Site,
    pub(super) stay: Option<Stay>,
    /// Steps on the agenda for this patient; with none, and no stay, the patient is at home.
    pub(super) pending: u32,
}

/// Where a stay is between registration and discharge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Planned,
    Registered,
    Admitted,
    Ended,
}

#[derive(Clone, Debug)]
pub(super) struct Stay {
    pub(super) visit: String,
    pub(super) site: Site,
    pub(super) phase: Phase,
    /// PV1-2 (table 0004).
    pub(super) class: &'static str,
    pub(super) bed: Option<Bed>,
    pub(super) prior: Option<Bed>,
    pub(super) began: Timestamp,
    pub(super) ended: Option<Timestamp>,
    pub(super) diagnosis: usize,
    /// PV1-14 (table 0023) and PV1-36 (table 0112).
    pub(super) source: &'static str,
    pub(super) disposition: &'static str,
    /// A ward code that no table knows, for the story of the bad code.
    pub(super) ward_override: Option<&'static str>,
}

impl Patient {
    /// Somebody who walks in: adult, child or old.
    pub(super) fn invent(key: u64, home: Site, year: i64, random: &mut Random) -> Patient {
        let sex = if random.chance(52) { Sex::Female } else { Sex::Male };
        let given = given_name(sex, random);
        let age = i64::try_from(random.between(1, 92)).unwrap_or(40);
        let family = (*random.pick(&FAMILIES)).to_owned();
        Patient {
            key,
            mrn: [None, None],
            national: random.chance(70).then(|| format!("9{}", random.digits(9))),
            middle: if random.chance(40) { given_name(sex, random) } else { String::new() },
            maiden: None,
            sex,
            birth: Some((year - age, random.between(1, 12), random.between(1, 28))),
            street: format!("{} {}", random.between(1, 240), random.pick(&STREETS)),
            city: *random.pick(&CITIES),
            phone: format!("555{:04}", random.between(100, 199)),
            marital: if age < 18 { "S" } else { random.pick::<&str>(&["S", "M", "M", "D", "W"]) },
            language: if random.chance(70) { LANGUAGES[0] } else { *random.pick(&LANGUAGES) },
            race: *random.pick(&RACES),
            kin: kin(age, &family, random),
            insurer: random.index(super::catalogue::INSURERS.len()),
            allergy: random.chance(25).then(|| random.index(super::catalogue::ALLERGIES.len())),
            physician: random.index(STAFF.len()),
            mother: None,
            birth_order: None,
            is_unknown: false,
            is_linked: false,
            home,
            stay: None,
            pending: 0,
            family,
            given,
        }
    }

    /// A newborn of this patient: no name yet, the mother's address and insurance.
    pub(super) fn newborn(
        &self,
        key: u64,
        site: Site,
        now: Timestamp,
        order: Option<u8>,
        random: &mut Random,
    ) -> Patient {
        let mut baby = Patient::invent(key, site, 0, random);
        let (year, month, day, ..) = now.utc();
        let letter = match order {
            Some(2) => " B",
            Some(_) => " A",
            None => "",
        };
        baby.given = format!("BABY {}{letter}", if baby.sex == Sex::Male { "BOY" } else { "GIRL" });
        baby.birth = Some((year, u64::from(month), u64::from(day)));
        (baby.family, baby.street, baby.city) = (self.family.clone(), self.street.clone(), self.city);
        (baby.phone, baby.insurer, baby.language, baby.race) =
            (self.phone.clone(), self.insurer, self.language, self.race);
        (baby.middle, baby.national, baby.allergy, baby.marital) = (String::new(), None, None, "S");
        (baby.kin, baby.birth_order) = ((format!("{}^{}", self.family, self.given), "MTH"), order);
        let mrn = self.mrn[site.index()].clone().unwrap_or_default();
        baby.mother = Some(Mother { mrn, family: self.family.clone(), given: self.given.clone() });
        baby
    }

    /// Nobody knows who this is: name and birth date are placeholders.
    pub(super) fn make_unknown(&mut self, number: u64) {
        self.is_unknown = true;
        (self.family, self.middle) = ("UNKNOWN".to_owned(), String::new());
        if number.is_multiple_of(4) {
            self.sex = Sex::Unknown;
        }
        let looks = match self.sex {
            Sex::Male => "MALE",
            Sex::Female => "FEMALE",
            Sex::Unknown => "PERSON",
        };
        self.given = format!("{looks} TRAUMA-{number}");
        (self.birth, self.national, self.allergy) = (None, None, None);
        (self.street, self.phone, self.marital) = (String::new(), String::new(), "U");
        self.kin = (String::new(), "");
    }

    /// Somebody was found who knows: everything unknown is replaced, numbers and bed stay.
    pub(super) fn identify(&mut self, year: i64, random: &mut Random) {
        let known = Patient::invent(self.key, self.home, year, random);
        if self.sex == Sex::Unknown {
            self.sex = known.sex;
        }
        self.given = given_name(self.sex, random);
        self.is_unknown = false;
        (self.family, self.middle, self.birth, self.national) =
            (known.family, String::new(), known.birth, known.national);
        (self.street, self.city, self.phone, self.marital) = (known.street, known.city, known.phone, known.marital);
        (self.kin, self.allergy) = (known.kin, known.allergy);
    }

    /// A new family name by marriage; the old one is kept as the name at birth.
    pub(super) fn marry(&mut self, random: &mut Random) {
        let old = std::mem::replace(&mut self.family, (*random.pick(&FAMILIES)).to_owned());
        if old == self.family {
            self.family = format!("{old}-{}", FAMILIES[0]);
        }
        self.maiden.get_or_insert(old);
        self.marital = "M";
    }

    pub(super) fn name_baby(&mut self, random: &mut Random) {
        self.given = given_name(self.sex, random);
    }

    /// The record number that a site would send.
    pub(super) fn mrn_at(&self, site: Site) -> &str {
        self.mrn[site.index()].as_deref().unwrap_or_default()
    }

    pub(super) fn is_at_home(&self) -> bool {
        self.pending == 0 && self.has_no_stay()
    }

    /// No stay is planned or under way.
    pub(super) fn has_no_stay(&self) -> bool {
        self.stay.as_ref().is_none_or(|stay| stay.phase == Phase::Ended)
    }

    /// Registered or admitted, and not gone.
    pub(super) fn is_here(&self) -> bool {
        self.stay.as_ref().is_some_and(|stay| matches!(stay.phase, Phase::Registered | Phase::Admitted))
    }

    pub(super) fn is_admitted(&self) -> bool {
        self.stay.as_ref().is_some_and(|stay| stay.phase == Phase::Admitted)
    }
}

pub(super) fn given_name(sex: Sex, random: &mut Random) -> String {
    let names = if sex == Sex::Male { &MALE } else { &FEMALE };
    (*random.pick(names)).to_owned()
}

/// Next of kin, `family^given`, and the relationship (table 0063).
fn kin(age: i64, family: &str, random: &mut Random) -> (String, &'static str) {
    let (sex, relation) = match age {
        0..=17 => (Sex::Female, "MTH"),
        _ => *random.pick(&[(Sex::Female, "SPO"), (Sex::Male, "SPO"), (Sex::Male, "BRO"), (Sex::Female, "CHD")]),
    };
    (format!("{family}^{}", given_name(sex, random)), relation)
}
