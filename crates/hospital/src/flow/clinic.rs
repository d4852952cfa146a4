//! Appointments (SIU), vaccinations (VXU), medication orders (RDE), documents (MDM) and charges (DFT).
//!
//! Promises: field numbers as in HL7 v2.8 chapter 10, v2.5.1 chapter 4 and the CDC guide 1.5 (VXU), v2.5 chapter 9,
//! v2.3 chapter 6.

use super::{
    catalogue::{CHARGES, DIAGNOSES, DRUGS, VACCINES},
    er7::{Segment, coded, day, moment, parts, text},
    people::Patient,
    random::Random,
    segments::{Pen, al1, evn, nk1, pd1, pid, pv1, staff},
};
use message::Timestamp;
use std::time::Duration;

/// A place in a clinic's diary.
#[derive(Clone, Debug)]
pub(super) struct Appointment {
    pub(super) patient: u64,
    pub(super) placer: String,
    pub(super) filler: String,
    pub(super) starts: Timestamp,
    pub(super) minutes: u32,
    pub(super) staff: usize,
}

/// SIU^S12, S13 and S15; `status` from table 0278.
pub(super) fn appoint(pen: &Pen, patient: &Patient, place: &Appointment, trigger: &str, status: &str) -> Vec<Segment> {
    let (action, reason) = match trigger {
        "S12" => ("A", "ROUTINE"),
        "S13" => ("U", "PATIENT"),
        _ => ("D", "PATIENT"),
    };
    let (starts, minutes) = (moment(place.starts), place.minutes.to_string());
    let ends = moment(place.starts.after(Duration::from_secs(u64::from(place.minutes) * 60)));
    let sch = Segment::new("SCH")
        .set(1, parts(&[&place.placer, pen.site.facility()]))
        .set(2, parts(&[&place.filler, "CLINIC"]))
        .set(6, coded(reason, if reason == "ROUTINE" { "Routine" } else { "Asked by patient" }, "HL70276"))
        .set(7, coded("CHECKUP", "Check-up", "HL70276"))
        .set(8, coded("NORMAL", "Normal", "HL70277"))
        .set(9, minutes.clone())
        .set(10, coded("min", "minutes", "UCUM"))
        .set(16, staff(5))
        .set(20, staff(5))
        .set(25, coded(status, status, "HL70278"));
    let tq1 = Segment::new("TQ1").set(1, "1").set(6, minutes.clone()).set(7, starts.clone()).set(8, ends);
    let ward = if pen.site == super::places::Site::North { "N-OPD" } else { "OPC" };
    let resource = |name: &'static str| Segment::new(name).set(1, "1").set(2, action);
    vec![
        sch,
        tq1,
        pid(pen, patient),
        pv1(pen, patient),
        Segment::new("RGS").set(1, "1").set(2, action),
        resource("AIG")
            .set(3, coded("ROOM4", "Examination room 4", "L"))
            .set(4, coded("ROOM", "Room", "L"))
            .set(8, starts.clone()),
        resource("AIL").set(3, parts(&[ward, "R4", "", pen.site.facility()])).set(6, starts.clone()),
        resource("AIP")
            .set(3, staff(place.staff))
            .set(4, coded("ATT", "Attending", "L"))
            .set(6, starts)
            .set(9, minutes),
    ]
}

/// VXU^V04 with one vaccine, its route and the funding of it.
pub(super) fn immunise(pen: &Pen, patient: &Patient, which: usize, order: &str, random: &mut Random) -> Vec<Segment> {
    let orc = Segment::new("ORC").set(1, "RE").set(3, parts(&[order, "CLINIC"]));
    let reminder = coded("02", "Reminder/recall - any method", "HL70215");
    let mut segments = vec![pid(pen, patient), pd1(pen, patient).set(11, reminder).set(12, "N")];
    segments.extend(nk1(pen, patient));
    segments.push(orc.set(10, staff(8)).set(12, staff(patient.physician)));
    segments.push(dose(pen, which, random));
    let site = if random.chance(50) { ("LA", "Left arm") } else { ("RA", "Right arm") };
    let route = coded("C28161", "Intramuscular", "NCIT");
    segments.push(Segment::new("RXR").set(1, route).set(2, coded(site.0, site.1, "HL70163")));
    segments.extend(funding(pen, which, random));
    segments
}

/// RXA: what was given, from which lot (CDC guide 1.5 §RXA).
fn dose(pen: &Pen, which: usize, random: &mut Random) -> Segment {
    let (cvx, name, mvx, maker, lot) = VACCINES[which % VACCINES.len()];
    let expires = pen.now.after(Duration::from_secs(86_400 * random.between(90, 700)));
    Segment::new("RXA")
        .set(1, "0")
        .set(2, "1")
        .set(3, moment(pen.now))
        .set(4, moment(pen.now))
        .set(5, coded(cvx, name, "CVX"))
        .set(6, "0.5")
        .set(7, coded("mL", "milliliter", "UCUM"))
        .set(9, coded("00", "New immunization record", "NIP001"))
        .set(10, staff(8))
        .set(11, format!("^^^{}", pen.site.facility()))
        .set(15, format!("{lot}{}", random.digits(5)))
        .set(16, day(expires))
        .set(17, coded(mvx, maker, "MVX"))
        .set(20, "CP")
        .set(21, "A")
}

/// OBX of the eligibility (table 0064), the vaccine type, and the day its statement was handed over.
fn funding(pen: &Pen, which: usize, random: &mut Random) -> [Segment; 3] {
    let (cvx, name, ..) = VACCINES[which % VACCINES.len()];
    let (code, words) = *random.pick(&[
        ("V01", "Not VFC eligible"),
        ("V02", "VFC eligible - Medicaid"),
        ("V03", "VFC eligible - Uninsured"),
    ]);
    let obx = |number: &'static str, kind: &'static str, loinc: &str, what: &str, value: String| {
        let obx = Segment::new("OBX").set(1, number).set(2, kind).set(3, coded(loinc, what, "LN"));
        // OBX-4 groups what belongs to one vaccine; the eligibility is a group of its own.
        let obx = obx.set(4, if number == "1" { "1" } else { "2" }).set(5, value);
        obx.set(11, "F").set(14, day(pen.now))
    };
    let eligibility = "Vaccine funding program eligibility category";
    let statement = "Date vaccine information statement presented";
    [
        obx("1", "CE", "64994-7", eligibility, coded(code, words, "HL70064")),
        obx("2", "CE", "30956-7", "Vaccine type", coded(cvx, name, "CVX")),
        obx("3", "DT", "29769-7", statement, day(pen.now)),
    ]
}

/// RDE^O11 with one medicine.
pub(super) fn medicate(pen: &Pen, patient: &Patient, order: &str, random: &mut Random) -> Vec<Segment> {
    let (rxnorm, name, dose, unit, times) = *random.pick(&DRUGS);
    let mut segments = vec![pid(pen, patient), pv1(pen, patient)];
    segments.extend(al1(pen, patient));
    segments.push(
        Segment::new("ORC")
            .set(1, "NW")
            .set(2, parts(&[order, pen.site.facility()]))
            .set(9, moment(pen.now))
            .set(12, staff(patient.physician)),
    );
    segments.push(
        Segment::new("RXE")
            .set(2, coded(rxnorm, name, "RXNORM"))
            .set(3, dose)
            .set(5, coded(unit, unit, "L"))
            .set(7, coded("", "Take with food & water", ""))
            .set(10, random.between(10, 90).to_string())
            .set(11, coded(unit, unit, "L"))
            .set(15, format!("RX{order}")),
    );
    segments.push(Segment::new("TQ1").set(1, "1").set(2, dose).set(3, times).set(7, moment(pen.now)).set(9, "R"));
    segments.push(Segment::new("RXR").set(1, coded("PO", "Oral", "HL70162")));
    segments
}

/// A document: lines of text, and for some a large attachment.
pub(super) fn document(pen: &Pen, patient: &Patient, number: &str, attachment: Option<String>) -> Vec<Segment> {
    let reason = patient.stay.as_ref().map_or(DIAGNOSES[0].1, |stay| DIAGNOSES[stay.diagnosis % DIAGNOSES.len()].1);
    let (kind, title, presentation) =
        if attachment.is_some() { ("OP", "Scanned letter", "AP") } else { ("DS", "Discharge summary", "TX") };
    let txa = Segment::new("TXA")
        .set(1, "1")
        .set(2, coded(kind, title, "HL70270"))
        .set(3, presentation)
        .set(4, moment(pen.now))
        .set(5, staff(patient.physician))
        .set(6, moment(pen.now))
        .set(9, staff(patient.physician))
        .set(12, parts(&[number, "RIS"]))
        .set(17, "AU")
        .set(19, "AV");
    let mut segments = vec![evn(pen, "T02", pen.now), pid(pen, patient), pv1(pen, patient), txa];
    let loinc = if kind == "DS" { coded("18842-5", title, "LN") } else { coded("51852-2", title, "LN") };
    let obx = |index: usize, kind: &'static str, value: String| {
        Segment::new("OBX")
            .set(1, (index + 1).to_string())
            .set(2, kind)
            .set(3, loinc.clone())
            .set(4, (index + 1).to_string())
            .set(5, value)
            .set(11, "F")
    };
    match attachment {
        Some(base64) => segments.push(obx(0, "ED", format!("RIS^application^pdf^Base64^{base64}"))),
        None => segments.extend(letter(reason).iter().enumerate().map(|(index, line)| obx(index, "TX", text(line)))),
    }
    segments
}

fn letter(reason: &str) -> [String; 5] {
    [
        format!("Admitted with: {reason}."),
        "Course: uneventful; treated as planned & mobilised early. Blood pressure 120/80 | pulse 72.".to_owned(),
        "Path of images: \\\\archive\\year\\month. Weight ^ by 1 kg, appetite good.".to_owned(),
        "Medication on leaving: see list~no changes. The patient, a keen gardener, was advised to rest for two weeks, to \
         drink enough, and to come back at once with fever, breathlessness or pain that does not settle."
            .to_owned(),
        "Follow-up: practice nurse in 10 days.\nThank you & kind regards.".to_owned(),
    ]
}

/// Characters of base64 that begin as a PDF does; only its size matters.
pub(super) fn attachment(bytes: u64, random: &mut Random) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::from("JVBERi0xLjQK");
    let length = usize::try_from(bytes.min(super::DOCUMENT_BYTES_MAX) / 3 * 4).unwrap_or(0);
    while out.len() < length {
        let mut word = random.next();
        for _ in 0..10 {
            out.push(char::from(ALPHABET[usize::try_from(word & 63).unwrap_or(0)]));
            word >>= 6;
        }
    }
    out.truncate(length.max(12));
    out
}

/// DFT^P03 with one or two charges.
pub(super) fn charge(pen: &Pen, patient: &Patient, number: u64, random: &mut Random) -> Vec<Segment> {
    let mut segments = vec![evn(pen, "P03", pen.now), pid(pen, patient), pv1(pen, patient)];
    for index in 0..random.between(1, 2) {
        let (code, words, cents) = *random.pick(&CHARGES);
        let quantity = random.between(1, 3);
        let amount = |cents: u64| format!("{}.{:02}", cents / 100, cents % 100);
        segments.push(
            Segment::new("FT1")
                .set(1, (index + 1).to_string())
                .set(2, format!("{number}-{}", index + 1))
                .set(4, day(pen.now))
                .set(5, day(pen.now))
                .set(6, "CG")
                .set(7, coded(code, words, "C4"))
                .set(10, quantity.to_string())
                .set(11, amount(cents * quantity))
                .set(12, amount(cents))
                .set(13, coded("OPD", "Clinics", "L"))
                .set(18, if patient.is_admitted() { "I" } else { "O" })
                .set(20, staff(patient.physician))
                .set(25, coded(code, words, "C4")),
        );
    }
    segments
}
