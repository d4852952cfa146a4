//! Orders and results: OML, ORM, ORU.
//!
//! Promises: field numbers as in HL7 v2.3.1 and v2.5.1 chapters 4 and 7; the same placer and filler numbers from the
//! order to the last result.

use super::{
    catalogue::{Analyte, DIAGNOSES, IMAGES, Scale, TESTS, Test, VITALS},
    er7::{Segment, coded, moment, parts, text},
    people::Patient,
    places::Site,
    random::Random,
    segments::{Pen, pid, pv1, staff},
    systems::Version,
};
use message::Timestamp;

/// An order, from placing to the last result.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) patient: u64,
    pub(super) placer: String,
    pub(super) filler: String,
    pub(super) is_image: bool,
    /// Index into [`TESTS`] or [`IMAGES`].
    pub(super) test: usize,
    pub(super) is_stat: bool,
    /// Where it was placed; results go back there.
    pub(super) site: Site,
    pub(super) placed: Timestamp,
    /// The values, the same in every report of this order; a correction draws them again.
    pub(super) seed: u64,
}

impl Order {
    fn test(&self) -> &'static Test {
        &TESTS[self.test % TESTS.len()]
    }

    /// OBR-4: LOINC, and the local code where the version has room for it.
    fn service(&self, pen: &Pen) -> String {
        if self.is_image {
            let (loinc, name, ..) = IMAGES[self.test % IMAGES.len()];
            return coded(loinc, name, "LN");
        }
        let test = self.test();
        if pen.is_modern() {
            parts(&[test.loinc, test.name, "LN", test.local, test.name, "L"])
        } else {
            coded(test.local, test.name, "L")
        }
    }

    fn orc(&self, pen: &Pen, control: &str, status: &str) -> Segment {
        let orc = Segment::new("ORC")
            .set(1, control)
            .set(2, self.numbered(pen, &self.placer, pen.site.facility()))
            .set(3, self.numbered(pen, &self.filler, if self.is_image { "RIS" } else { "LIS" }))
            .set(5, status)
            .set(9, moment(pen.now))
            .set(10, staff(5))
            .set(12, staff(self.test + 1));
        // ORC-7 carried timing and priority until TQ1 replaced it in 2.5 (HL7 v2.5 §4.5.1.7).
        if pen.is_modern() { orc } else { orc.set(7, parts(&["1", "", "", "", "", self.priority()])) }
    }

    fn numbered(&self, pen: &Pen, number: &str, by: &str) -> String {
        if pen.version >= Version::V22 { parts(&[number, by]) } else { text(number) }
    }

    fn priority(&self) -> &'static str {
        if self.is_stat { "S" } else { "R" }
    }

    fn obr(&self, pen: &Pen, status: &str) -> Segment {
        let obr = Segment::new("OBR")
            .set(1, "1")
            .set(2, self.numbered(pen, &self.placer, pen.site.facility()))
            .set(3, self.numbered(pen, &self.filler, if self.is_image { "RIS" } else { "LIS" }))
            .set(4, self.service(pen))
            .set(7, moment(self.placed))
            .set(16, staff(self.test + 1));
        let obr = if pen.is_modern() { obr } else { obr.set(5, self.priority()).set(6, moment(self.placed)) };
        if status.is_empty() {
            return obr.set(13, if self.is_stat { text("Result by phone & pager") } else { String::new() });
        }
        let section = if self.is_image { "RAD" } else { "LAB" };
        let reader = if pen.is_modern() { "" } else { "1005&Tarnowick&Ewa" };
        obr.set(22, moment(pen.now)).set(24, section).set(25, status).set(32, reader)
    }

    fn tq1(&self, pen: &Pen) -> Segment {
        let priority = if self.is_stat { coded("S", "Stat", "HL70485") } else { coded("R", "Routine", "HL70485") };
        Segment::new("TQ1").set(1, "1").set(7, moment(pen.now)).set(9, priority)
    }

    fn spm(&self) -> Segment {
        let (code, name) = self.test().specimen;
        Segment::new("SPM")
            .set(1, "1")
            .set(2, format!("^{}&LIS", self.filler))
            .set(4, coded(code, name, "HL70487"))
            .set(17, moment(self.placed))
    }
}

/// OML^O21 in 2.5.1, ORM^O01 in 2.3.1.
pub(super) fn place(pen: &Pen, patient: &Patient, order: &Order) -> Vec<Segment> {
    let mut segments = vec![pid(pen, patient), pv1(pen, patient), order.orc(pen, "NW", "")];
    if !pen.is_modern() {
        segments.push(order.obr(pen, ""));
        if order.is_stat {
            segments.push(note("1", "Please phone ext. 5550 before 18:00 | out of hours: bleep 42"));
        }
        return segments;
    }
    segments.extend([order.tq1(pen), order.obr(pen, "")]);
    if let Some(stay) = &patient.stay {
        let (code, name) = DIAGNOSES[stay.diagnosis % DIAGNOSES.len()];
        segments.push(Segment::new("DG1").set(1, "1").set(3, coded(code, name, "I10")).set(6, "W"));
    }
    segments.push(order.spm());
    segments
}

/// ORM^O01 of radiology: the order has a time (SC) and later is done (SC, OBR-25 `I` is not used by this system).
pub(super) fn schedule(pen: &Pen, patient: &Patient, order: &Order) -> Vec<Segment> {
    vec![pid(pen, patient), pv1(pen, patient), order.orc(pen, "SC", "SC"), order.obr(pen, "S")]
}

/// Which report of an order this is (table 0123).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    Preliminary,
    Final,
    Corrected,
}

impl Report {
    fn code(self) -> &'static str {
        match self {
            Report::Preliminary => "P",
            Report::Final => "F",
            Report::Corrected => "C",
        }
    }
}

/// ORU^R01 of the laboratory.
pub(super) fn result(pen: &Pen, patient: &Patient, order: &Order, report: Report) -> Vec<Segment> {
    let mut random = Random::new(order.seed ^ u64::from(report == Report::Corrected));
    let mut segments =
        vec![pid(pen, patient), pv1(pen, patient), order.orc(pen, "RE", "CM"), order.obr(pen, report.code())];
    let analytes = order.test().analytes;
    let shown = if report == Report::Preliminary { analytes.len().div_ceil(2) } else { analytes.len() };
    let mut number = 0;
    for analyte in &analytes[..shown] {
        let lines = values(analyte, &mut random);
        for (sub, (value, flag)) in lines.iter().enumerate() {
            number += 1;
            let sub = if lines.len() > 1 { (sub + 1).to_string() } else { String::new() };
            segments.push(obx(pen, number, analyte, &sub, value, flag, report));
        }
    }
    if report == Report::Corrected {
        segments
            .push(note("1", "Corrected report: specimen was relabelled.\nPrevious values are withdrawn & replaced."));
    }
    if pen.is_modern() {
        segments.push(order.spm());
    }
    segments
}

fn note(number: &str, words: &str) -> Segment {
    Segment::new("NTE").set(1, number).set(2, "L").set(3, text(words))
}

fn obx(pen: &Pen, number: usize, analyte: &Analyte, sub: &str, value: &str, flag: &str, report: Report) -> Segment {
    let (kind, range) = match analyte.scale {
        Scale::Number { low, high, decimals } => {
            ("NM", format!("{}-{}", scaled(low, decimals), scaled(high, decimals)))
        }
        Scale::Words(_) => ("ST", String::new()),
        Scale::Codes(_) if pen.version >= Version::V28 => ("CWE", String::new()),
        Scale::Codes(_) => ("CE", String::new()),
        Scale::Prose(_) => ("TX", String::new()),
    };
    let unit = if analyte.unit.is_empty() { String::new() } else { coded(analyte.unit, analyte.unit, "UCUM") };
    Segment::new("OBX")
        .set(1, number.to_string())
        .set(2, kind)
        .set(3, coded(analyte.loinc, analyte.name, "LN"))
        .set(4, sub)
        .set(5, value)
        .set(6, unit)
        .set(7, range)
        .set(8, flag)
        .set(11, report.code())
        .set(14, moment(pen.now))
        .set(15, coded("LAB1", "Harbour Laboratory", "L"))
}

/// Escaped values with their flag (table 0078); prose has one a line.
fn values(analyte: &Analyte, random: &mut Random) -> Vec<(String, &'static str)> {
    match analyte.scale {
        Scale::Number { low, high, decimals } => {
            let width = u64::from(high - low);
            let from = u64::from(low).saturating_sub(width / 3);
            let value = random.between(from, u64::from(high) + width / 2);
            let flag = match value {
                _ if value < u64::from(low) => "L",
                _ if value > u64::from(high) + width / 3 => "HH",
                _ if value > u64::from(high) => "H",
                _ => "N",
            };
            vec![(scaled(u32::try_from(value).unwrap_or(high), decimals), flag)]
        }
        Scale::Words(words) => {
            let index = if random.chance(75) { 0 } else { random.index(words.len()) };
            vec![(text(words[index]), if index == 0 { "N" } else { "A" })]
        }
        Scale::Codes(codes) => {
            let index = if random.chance(75) { 0 } else { random.index(codes.len()) };
            vec![(coded(codes[index].0, codes[index].1, "SCT"), if index == 0 { "N" } else { "A" })]
        }
        Scale::Prose(lines) => lines.iter().map(|line| (text(line), "")).collect(),
    }
}

fn scaled(value: u32, decimals: u32) -> String {
    let unit = 10_u32.pow(decimals);
    match decimals {
        0 => value.to_string(),
        _ => format!("{}.{:0width$}", value / unit, value % unit, width = decimals as usize),
    }
}

/// ORU^R01 of radiology: the report as lines of text.
pub(super) fn read_image(pen: &Pen, patient: &Patient, order: &Order, report: Report) -> Vec<Segment> {
    let (loinc, name, modality, _, finding) = IMAGES[order.test % IMAGES.len()];
    let lines = [format!("{name} ({modality})"), finding.to_owned(), "Impression: no acute finding.".to_owned()];
    let mut segments =
        vec![pid(pen, patient), pv1(pen, patient), order.orc(pen, "RE", "CM"), order.obr(pen, report.code())];
    segments.extend(lines.iter().enumerate().map(|(index, line)| {
        Segment::new("OBX")
            .set(1, (index + 1).to_string())
            .set(2, "TX")
            .set(3, coded(loinc, name, "LN"))
            .set(4, (index + 1).to_string())
            .set(5, text(line))
            .set(11, report.code())
            .set(14, moment(pen.now))
    }));
    segments
}

/// ORU^R01 of a monitor in 2.2: no order, no ORC.
pub(super) fn observe(pen: &Pen, patient: &Patient, random: &mut Random, number: u64) -> Vec<Segment> {
    let obr = Segment::new("OBR")
        .set(1, "1")
        .set(3, parts(&[&format!("M{number}"), "MONITOR"]))
        .set(4, coded("VITALS", "Vital signs", "L"))
        .set(7, moment(pen.now))
        .set(25, "F");
    let mut segments = vec![pid(pen, patient), pv1(pen, patient), obr];
    segments.extend(VITALS.iter().enumerate().map(|(index, &(loinc, name, unit, low, high, decimals))| {
        let value = random.between(low, high);
        Segment::new("OBX")
            .set(1, (index + 1).to_string())
            .set(2, "NM")
            .set(3, coded(loinc, name, "LN"))
            .set(5, scaled(u32::try_from(value).unwrap_or(0), decimals))
            .set(6, text(unit))
            .set(11, "F")
            .set(14, moment(pen.now))
    }));
    segments
}
