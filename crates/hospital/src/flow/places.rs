//! Two sites, their wards and beds, and the codes they use for them.
//!
//! NORTH writes house codes; SOUTH has its own ward and sex codes, which a code table must translate.

use super::random::Random;

/// A hospital site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Site {
    /// Modern system, HL7 2.5.1, UTF-8.
    North,
    /// Legacy system, HL7 2.3, ISO 8859-1, own codes.
    South,
}

impl Site {
    /// Both.
    pub const ALL: [Site; 2] = [Site::North, Site::South];

    /// MSH-4 and PV1-3.4.
    #[must_use]
    pub fn facility(self) -> &'static str {
        match self {
            Site::North => "NORTH",
            Site::South => "SOUTH",
        }
    }

    /// PID-3.4 of its record numbers.
    #[must_use]
    pub fn authority(self) -> &'static str {
        match self {
            Site::North => "NORTHMRN",
            Site::South => "SOUTHMRN",
        }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Site {
        match self {
            Site::North => Site::South,
            Site::South => Site::North,
        }
    }

    pub(super) fn index(self) -> usize {
        match self {
            Site::North => 0,
            Site::South => 1,
        }
    }
}

/// What a ward is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Care {
    /// General medicine.
    Medicine,
    /// Surgery.
    Surgery,
    /// Intensive care.
    Intensive,
    /// Mothers and newborns.
    Maternity,
    /// Children.
    Children,
    /// Emergency department.
    Emergency,
    /// Clinics.
    Outpatient,
}

/// A ward: how its site writes it, and what the house calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ward {
    /// Where.
    pub site: Site,
    /// PV1-3.1 as its site sends it.
    pub code: &'static str,
    /// The house's code for it; the same as `code` at NORTH.
    pub house_code: &'static str,
    /// For people.
    pub name: &'static str,
    /// What for.
    pub care: Care,
    /// PV1-10 (table 0069).
    pub service: &'static str,
    /// Beds.
    pub beds: u16,
}

const fn ward(
    site: Site,
    (code, house_code): (&'static str, &'static str),
    name: &'static str,
    care: Care,
    service: &'static str,
    beds: u16,
) -> Ward {
    Ward { site, code, house_code, name, care, service, beds }
}

/// Every ward of both sites.
pub const WARDS: [Ward; 16] = [
    ward(Site::North, ("N-MED1", "N-MED1"), "North Medicine 1", Care::Medicine, "MED", 40),
    ward(Site::North, ("N-MED2", "N-MED2"), "North Medicine 2", Care::Medicine, "MED", 40),
    ward(Site::North, ("N-SUR1", "N-SUR1"), "North Surgery", Care::Surgery, "SUR", 36),
    ward(Site::North, ("N-ICU", "N-ICU"), "North Intensive Care", Care::Intensive, "MED", 16),
    ward(Site::North, ("N-MAT", "N-MAT"), "North Maternity", Care::Maternity, "OBS", 36),
    ward(Site::North, ("N-CHI", "N-CHI"), "North Children", Care::Children, "PED", 28),
    ward(Site::North, ("N-ED", "N-ED"), "North Emergency", Care::Emergency, "EMR", 30),
    ward(Site::North, ("N-OPD", "N-OPD"), "North Clinics", Care::Outpatient, "MED", 60),
    ward(Site::South, ("4W", "S-MED1"), "South 4 West", Care::Medicine, "MED", 40),
    ward(Site::South, ("4E", "S-MED2"), "South 4 East", Care::Medicine, "MED", 40),
    ward(Site::South, ("5W", "S-SUR1"), "South 5 West", Care::Surgery, "SUR", 36),
    ward(Site::South, ("ITU", "S-ICU"), "South Intensive Therapy", Care::Intensive, "MED", 14),
    ward(Site::South, ("MATY", "S-MAT"), "South Maternity", Care::Maternity, "OBS", 30),
    ward(Site::South, ("CH2", "S-CHI"), "South Children's 2", Care::Children, "PED", 24),
    ward(Site::South, ("A&E", "S-ED"), "South Accident & Emergency", Care::Emergency, "EMR", 30),
    ward(Site::South, ("OPC", "S-OPD"), "South Outpatient Centre", Care::Outpatient, "MED", 60),
];

/// PV1-3.1 of the ward that opens without notice: in no code table.
pub const UNKNOWN_WARD: &str = "9NEW";

/// PID-8 as SOUTH writes it, and table 0001.
pub const SOUTH_SEX_CODES: [(&str, &str); 4] = [("1", "M"), ("2", "F"), ("3", "O"), ("9", "U")];

/// A bed that is taken, or a place in a clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bed {
    pub(super) ward: usize,
    pub(super) number: u16,
}

impl Bed {
    pub(super) fn ward(self) -> &'static Ward {
        &WARDS[self.ward % WARDS.len()]
    }

    pub(super) fn room(self) -> String {
        format!("{}{:02}", self.ward % 4 + 1, self.number / 2 + 1)
    }

    pub(super) fn letter(self) -> &'static str {
        if self.number.is_multiple_of(2) { "A" } else { "B" }
    }
}

/// Who lies where. A bed holds one patient at a time.
#[derive(Clone, Debug)]
pub(super) struct Beds {
    taken: Vec<Vec<bool>>,
}

impl Beds {
    pub(super) fn new() -> Beds {
        Beds { taken: WARDS.iter().map(|ward| vec![false; usize::from(ward.beds)]).collect() }
    }

    /// A free bed for that care at the site, else in medicine; `None` when both are full.
    pub(super) fn take(&mut self, site: Site, care: Care, random: &mut Random) -> Option<Bed> {
        let fitting: Vec<usize> = wards(site, care);
        let start = random.index(fitting.len().max(1));
        let order = fitting.iter().cycle().skip(start).take(fitting.len()).copied();
        let found = order.chain(wards(site, Care::Medicine)).find_map(|ward| {
            let number = self.taken[ward].iter().position(|taken| !taken)?;
            Some(Bed { ward, number: u16::try_from(number).ok()? })
        })?;
        self.taken[found.ward][usize::from(found.number)] = true;
        Some(found)
    }

    pub(super) fn has_free(&self, site: Site, care: Care) -> bool {
        wards(site, care).into_iter().any(|ward| self.taken[ward].contains(&false))
    }

    /// Takes that very bed; false if somebody lies in it.
    pub(super) fn take_back(&mut self, bed: Bed) -> bool {
        !std::mem::replace(&mut self.taken[bed.ward][usize::from(bed.number)], true)
    }

    pub(super) fn free(&mut self, bed: Bed) {
        self.taken[bed.ward][usize::from(bed.number)] = false;
    }
}

fn wards(site: Site, care: Care) -> Vec<usize> {
    (0..WARDS.len()).filter(|&index| WARDS[index].site == site && WARDS[index].care == care).collect()
}
