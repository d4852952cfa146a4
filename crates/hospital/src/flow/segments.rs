//! The segments about a patient and a stay, by version and by the habits of the sender.
//!
//! Promises: field numbers as in HL7 v2.3 chapter 3 and v2.5.1 chapter 3; a field that came later than the sender's
//! version is left empty.

use super::{
    catalogue::{ALLERGIES, DIAGNOSES, INSURERS},
    er7::{Segment, coded, day, moment, parts, text},
    people::{Patient, Phase, STAFF, Stay},
    places::{SOUTH_SEX_CODES, Site},
    systems::{SystemName, Version},
};
use message::Timestamp;

/// Who writes, in which version, for which site, when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pen {
    pub(super) system: SystemName,
    pub(super) version: Version,
    pub(super) site: Site,
    pub(super) now: Timestamp,
}

impl Pen {
    /// The version has message structures, XPN name types and the like of 2.5.
    pub(super) fn is_modern(&self) -> bool {
        self.version >= Version::V25
    }
}

/// A member of staff: XCN, in 2.2 CM with the same first components.
pub(super) fn staff(index: usize) -> String {
    let (number, family, given) = STAFF[index % STAFF.len()];
    parts(&[number, family, given, "", "", "Dr", "", "", "STAFF"])
}

fn telephone(pen: &Pen, digits: &str) -> String {
    let Some((exchange, line)) = digits.split_at_checked(3).filter(|_| !digits.is_empty()) else {
        return String::new();
    };
    if pen.is_modern() {
        parts(&["", "PRN", "PH", "", "1", "555", digits])
    } else {
        parts(&[&format!("(555){exchange}-{line}"), "PRN", "PH"])
    }
}

fn address(patient: &Patient) -> String {
    if patient.street.is_empty() {
        return String::new();
    }
    parts(&[&patient.street, "", patient.city.0, "NH", patient.city.1, "USA", "H"])
}

/// PID-3: the record number of the writer's site first, then the other site's if known, then the national number.
pub(super) fn identifiers(pen: &Pen, patient: &Patient) -> String {
    let other = pen.site.other();
    let mut ids = vec![parts(&[patient.mrn_at(pen.site), "", "", pen.site.authority(), "MR"])];
    if patient.is_linked && patient.mrn[other.index()].is_some() {
        ids.push(parts(&[patient.mrn_at(other), "", "", other.authority(), "MR"]));
    }
    if let Some(national) = patient.national.as_ref().filter(|_| pen.is_modern()) {
        ids.push(parts(&[national, "", "", "CITIZEN", "NI"]));
    }
    ids.join("~")
}

fn names(pen: &Pen, patient: &Patient) -> String {
    let name = |family: &str, kind: &str| {
        let prefix = if patient.marital == "M" && patient.sex.code() == "F" { "Mrs" } else { "" };
        let kind = if pen.version >= Version::V23 { kind } else { "" };
        parts(&[family, &patient.given, &patient.middle, "", prefix, "", kind])
    };
    match patient.maiden.as_ref().filter(|_| pen.is_modern()) {
        Some(maiden) => format!("{}~{}", name(&patient.family, "L"), name(maiden, "M")),
        None => name(&patient.family, "L"),
    }
}

fn sex(pen: &Pen, patient: &Patient) -> String {
    let code = patient.sex.code();
    let own = SOUTH_SEX_CODES.iter().find(|(_, standard)| *standard == code).map_or("9", |(own, _)| own);
    if pen.system == SystemName::RegSouth { own.to_owned() } else { code.to_owned() }
}

/// PID.
pub(super) fn pid(pen: &Pen, patient: &Patient) -> Segment {
    let birth = patient.birth.map(|(year, month, day)| format!("{year:04}{month:02}{day:02}"));
    let modern = pen.is_modern();
    let table = |system: &'static str| if modern { system } else { "" };
    let mut pid = Segment::new("PID")
        .set(1, "1")
        .maybe(2, patient.national.as_ref().filter(|_| !modern).map(|national| text(national)))
        .set(3, identifiers(pen, patient))
        .set(5, names(pen, patient))
        .maybe(7, birth)
        .set(8, sex(pen, patient))
        .set(11, address(patient))
        .set(13, telephone(pen, &patient.phone))
        .set(15, coded(patient.language.0, patient.language.1, table("ISO639")))
        .set(16, patient.marital)
        .maybe(18, patient.stay.as_ref().map(|stay| parts(&[&stay.visit, "", "", stay.site.facility(), "AN"])))
        .maybe(24, patient.birth_order.map(|_| "Y".to_owned()))
        .maybe(25, patient.birth_order.map(|order| order.to_string()));
    if modern && !patient.is_unknown {
        pid = pid.set(10, coded(patient.race.0, patient.race.1, "CDCREC"));
    }
    if let Some(maiden) = patient.maiden.as_ref().filter(|_| !modern) {
        pid = pid.set(9, parts(&[maiden, &patient.given]));
    }
    if let Some(mother) = &patient.mother {
        pid = pid.set(6, parts(&[&mother.family, &mother.given]));
        pid = pid.set(21, parts(&[&mother.mrn, "", "", pen.site.authority(), "MR"]));
    }
    // PID-31 came with 2.4; older systems say it by the name alone.
    if modern && patient.is_unknown { pid.set(31, "Y").set(32, "UA") } else { pid }
}

/// PD1: the primary facility and physician.
pub(super) fn pd1(pen: &Pen, patient: &Patient) -> Segment {
    let facility = parts(&["Harbour Family Practice", "", "4401"]);
    let pd1 = Segment::new("PD1").set(4, staff(patient.physician));
    if pen.is_modern() { pd1.set(3, facility) } else { pd1 }
}

/// NK1, if somebody is known.
pub(super) fn nk1(pen: &Pen, patient: &Patient) -> Option<Segment> {
    let (name, relation) = &patient.kin;
    let words = match *relation {
        "MTH" => "Mother",
        "SPO" => "Spouse",
        "BRO" => "Brother",
        _ => "Child",
    };
    (!name.is_empty()).then(|| {
        let table = if pen.is_modern() { "HL70063" } else { "" };
        let nk1 = Segment::new("NK1").set(1, "1").set(2, name.clone()).set(3, coded(relation, words, table));
        let nk1 = nk1.set(4, address(patient)).set(5, telephone(pen, &patient.phone));
        match &patient.mother {
            Some(mother) if pen.is_modern() => nk1.set(33, parts(&[&mother.mrn, "", "", pen.site.authority(), "MR"])),
            _ => nk1,
        }
    })
}

/// Ward, room, bed, facility (PL).
fn location(stay: &Stay, is_prior: bool) -> String {
    let facility = stay.site.facility();
    match if is_prior { stay.prior } else { stay.bed } {
        Some(bed) => {
            let ward = stay.ward_override.filter(|_| !is_prior).unwrap_or(bed.ward().code);
            parts(&[ward, &bed.room(), bed.letter(), facility])
        }
        None if is_prior => String::new(),
        None => parts(&[if stay.site == Site::North { "N-OPD" } else { "OPC" }, "", "", facility]),
    }
}

/// PV1; without a stay the patient class is `N`, not applicable (HL7 v2.5.1 §3.4.3.2).
pub(super) fn pv1(pen: &Pen, patient: &Patient) -> Segment {
    let pv1 = Segment::new("PV1").set(1, "1");
    let Some(stay) = &patient.stay else { return pv1.set(2, if pen.is_modern() { "N" } else { "O" }) };
    let service = stay.bed.map_or("MED", |bed| bed.ward().service);
    let admission = match stay.class {
        "E" => "E",
        _ if patient.mother.is_some() => "N",
        _ => "R",
    };
    pv1.set(2, stay.class)
        .set(3, location(stay, false))
        .set(4, admission)
        .set(6, location(stay, true))
        .set(7, staff(patient.physician + stay.diagnosis))
        .set(8, staff(patient.physician))
        .set(10, service)
        .set(14, stay.source)
        .set(17, staff(patient.physician + stay.diagnosis))
        .set(18, if stay.class == "I" { "INP" } else { "AMB" })
        .set(19, parts(&[&stay.visit, "", "", stay.site.facility(), "VN"]))
        .set(36, if stay.ended.is_some() { stay.disposition } else { "" })
        .set(39, if pen.is_modern() { "" } else { stay.site.facility() })
        .set(44, if stay.phase == Phase::Planned { String::new() } else { moment(stay.began) })
        .maybe(45, stay.ended.map(moment))
}

/// PV2: why, and when it should end.
pub(super) fn pv2(patient: &Patient, expected: Option<Timestamp>) -> Option<Segment> {
    let stay = patient.stay.as_ref()?;
    let (code, name) = DIAGNOSES[stay.diagnosis % DIAGNOSES.len()];
    Some(Segment::new("PV2").set(3, coded(code, name, "I10")).maybe(8, expected.map(moment)))
}

/// AL1, if there is one.
pub(super) fn al1(pen: &Pen, patient: &Patient) -> Option<Segment> {
    let (code, name, severity, reaction) = ALLERGIES[patient.allergy? % ALLERGIES.len()];
    let kind = if pen.is_modern() { coded("DA", "Drug allergy", "HL70127") } else { "DA".to_owned() };
    let al1 = Segment::new("AL1").set(1, "1").set(2, kind).set(3, coded(code, name, "RXNORM"));
    Some(al1.set(4, severity).set(5, text(reaction)))
}

/// DG1: admitting until the end, then final (table 0052).
pub(super) fn dg1(pen: &Pen, patient: &Patient) -> Option<Segment> {
    let stay = patient.stay.as_ref()?;
    let (code, name) = DIAGNOSES[stay.diagnosis % DIAGNOSES.len()];
    let dg1 = Segment::new("DG1").set(1, "1").set(3, coded(code, name, "I10")).set(5, moment(stay.began));
    let dg1 = dg1.set(6, if stay.ended.is_some() { "F" } else { "A" });
    Some(if pen.is_modern() { dg1 } else { dg1.set(2, "I10").set(4, text(name)) })
}

/// IN1.
pub(super) fn in1(pen: &Pen, patient: &Patient) -> Segment {
    let (plan, company, name) = INSURERS[patient.insurer % INSURERS.len()];
    Segment::new("IN1")
        .set(1, "1")
        .set(2, coded(plan, name, if pen.is_modern() { "L" } else { "" }))
        .set(3, company)
        .set(4, text(name))
        .set(16, parts(&[&patient.family, &patient.given]))
        .set(17, if pen.is_modern() { "SEL^Self^HL70063" } else { "SEL" })
        .set(36, format!("{company}-{:06}", patient.key))
}

/// EVN: until 2.3.1 with the trigger event, later with who and when it happened.
pub(super) fn evn(pen: &Pen, trigger: &str, happened: Timestamp) -> Segment {
    let evn = Segment::new("EVN").set(2, moment(pen.now));
    if pen.is_modern() { evn.set(5, staff(5)).set(6, moment(happened)) } else { evn.set(1, trigger) }
}

/// MRG of one number that goes away (HL7 v2.5.1 §3.4.9).
pub(super) fn mrg(pen: &Pen, prior: &str, authority: &str, patient: &Patient) -> Segment {
    let mrg = Segment::new("MRG").set(1, parts(&[prior, "", "", authority, "MR"]));
    if pen.is_modern() { mrg.set(7, parts(&[&patient.family, &patient.given, "", "", "", "", "L"])) } else { mrg }
}

/// A local segment of SOUTH: bed category, meal, and the day the card was printed.
pub(super) fn zpi(pen: &Pen, patient: &Patient) -> Segment {
    let meal = if patient.key.is_multiple_of(5) { "VEG" } else { "STD" };
    Segment::new("ZPI").set(1, "1").set(2, meal).set(3, parts(&["CARD", &patient.key.to_string()])).set(6, day(pen.now))
}

/// What every ADT message begins with, and ends with where the sender knows it.
pub(super) fn admission(pen: &Pen, trigger: &str, patient: &Patient, expected: Option<Timestamp>) -> Vec<Segment> {
    let mut segments = vec![evn(pen, trigger, pen.now), pid(pen, patient), pd1(pen, patient)];
    segments.extend(nk1(pen, patient));
    segments.push(pv1(pen, patient));
    segments.extend(pv2(patient, expected));
    segments.extend(al1(pen, patient));
    segments.extend(dg1(pen, patient));
    if patient.stay.is_some() && !patient.is_unknown {
        segments.push(in1(pen, patient));
    }
    if pen.system == SystemName::RegSouth {
        segments.push(zpi(pen, patient));
    }
    segments
}

/// Transfers, cancellations and updates say less: PV1-3 and the numbers matter.
pub(super) fn change(pen: &Pen, trigger: &str, patient: &Patient) -> Vec<Segment> {
    let mut segments = vec![evn(pen, trigger, pen.now), pid(pen, patient), pd1(pen, patient), pv1(pen, patient)];
    if pen.system == SystemName::RegSouth {
        segments.push(zpi(pen, patient));
    }
    segments
}
