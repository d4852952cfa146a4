//! The hospital's promises, checked from outside: the bytes alone tell whether the flow makes sense.
#![allow(clippy::unwrap_used)]

use hospital::flow::{
    Config, Filter, Flow, Forced, Happening, Kind, Site, Stamps, Story, SystemName, UNKNOWN_WARD, generate,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

fn flow(seed: u64) -> Flow {
    Flow::new(seed, Config::default())
}

/// Field `number` of the first segment of that name, as text.
fn field(happening: &Happening, name: &str, number: usize) -> String {
    fields(happening, name, number).into_iter().next().unwrap_or_default()
}

/// The same field of every segment of that name.
fn fields(happening: &Happening, name: &str, number: usize) -> Vec<String> {
    let offset = usize::from(name == "MSH");
    let lines = happening.message.split(|&byte| byte == b'\r');
    let of_name = lines.filter(|line| line.starts_with(name.as_bytes()));
    let value = |line: &[u8]| line.split(|&byte| byte == b'|').nth(number - offset).unwrap_or_default().to_vec();
    of_name.map(|line| value(line).into_iter().map(char::from).collect()).collect()
}

fn first(text: &str) -> &str {
    text.split(['^', '~']).next().unwrap_or("")
}

#[test]
fn the_same_seed_is_the_same_hospital() {
    let some = |seed| flow(seed).take(800).map(|happening| (happening.at, happening.message)).collect::<Vec<_>>();
    assert_eq!(some(7), some(7));
    assert_ne!(some(7), some(8));
}

#[test]
fn the_mean_rate_is_kept() {
    let last = flow(3).take(4000).last().unwrap().at.as_secs_f64();
    assert!((94.0..106.0).contains(&last), "4000 messages at 40 a second took {last} s");
}

#[test]
fn everything_happens() {
    let happenings: Vec<Happening> = flow(11).take(16_000).collect();
    let kinds: BTreeSet<Kind> = happenings.iter().map(|happening| happening.kind).collect();
    assert_eq!(kinds, Kind::ALL.into_iter().collect());
    let systems: BTreeSet<SystemName> = happenings.iter().map(|happening| happening.system).collect();
    assert_eq!(systems, SystemName::ALL.into_iter().collect());
    let versions: BTreeSet<String> = happenings.iter().map(|happening| field(happening, "MSH", 12)).collect();
    assert_eq!(versions.iter().map(String::as_str).collect::<Vec<_>>(), ["2.2", "2.3", "2.3.1", "2.5", "2.5.1", "2.8"]);
    let types: BTreeSet<String> = happenings.iter().flat_map(|happening| fields(happening, "OBX", 2)).collect();
    assert_eq!(types.iter().map(String::as_str).collect::<Vec<_>>(), ["CE", "DT", "ED", "NM", "ST", "TX"]);
    let stories: HashSet<Story> = happenings.iter().filter_map(|happening| happening.story).collect();
    for story in [
        Story::Newborn,
        Story::Twins,
        Story::NameChange,
        Story::DuplicateRegistration,
        Story::Merge,
        Story::UnknownPatient,
        Story::Identified,
        Story::MovedSite,
        Story::CorrectedResult,
        Story::LargeDocument,
    ] {
        assert!(stories.contains(&story), "{story:?} never happened");
    }
    for escape in [&b"\\T\\"[..], b"\\F\\", b"\\S\\", b"\\R\\", b"\\E\\", b"\\.br\\", "ü".as_bytes(), b"M\xF8"] {
        let is_written = |happening: &Happening| memchr::memmem::find(&happening.message, escape).is_some();
        assert!(happenings.iter().any(is_written), "{escape:?} is never written");
    }
}

#[test]
fn messages_are_well_formed() {
    let mut ids = HashSet::new();
    let mut last: HashMap<SystemName, String> = HashMap::new();
    for happening in flow(5).take(5000) {
        let message = &happening.message;
        assert!(message.starts_with(b"MSH|^~\\&|") && message.ends_with(b"\r") && !message.contains(&b'\n'));
        for line in message.split(|&byte| byte == b'\r').filter(|line| !line.is_empty()) {
            let name = &line[..3];
            assert!(name[0].is_ascii_uppercase() && name[1..].iter().all(u8::is_ascii_alphanumeric));
            assert_eq!(line[3], b'|');
        }
        assert_eq!(field(&happening, "MSH", 10), happening.control_id);
        assert!(happening.control_id.len() <= 20);
        assert!(ids.insert(happening.control_id.clone()), "{happening:?} twice");
        let before = last.insert(happening.system, happening.control_id.clone());
        assert!(before.is_none_or(|before| before < happening.control_id), "{happening:?}");
        assert!(field(&happening, "MSH", 9).starts_with(&happening.kind.to_string()));
        assert!(!first(&field(&happening, "PID", 3)).is_empty(), "{happening:?} has no record number");
        assert!(field(&happening, "PID", 19).is_empty(), "no social security numbers");
        if happening.system.as_str() != "reg-south" {
            std::str::from_utf8(message).unwrap();
        }
    }
}

#[test]
fn the_parser_finds_nothing_to_say() {
    let paths = ["MSH-10", "PID-3.1", "PID-5.1", "PV1-19.1"].map(|path| hl7v2::Path::parse(path).unwrap());
    for happening in flow(6).take(2500) {
        let (parsed, diagnostics) = hl7v2::Message::parse(happening.message.clone());
        assert!(diagnostics.is_empty(), "{happening:?}: {diagnostics:?}");
        assert_eq!(parsed.write(), &happening.message[..]);
        assert_eq!(parsed.text(&paths[0]), happening.control_id);
        assert!(!parsed.text(&paths[1]).is_empty() && !parsed.text(&paths[2]).is_empty());
        assert!(!parsed.text(&paths[2]).contains('\u{FFFD}'), "{happening:?} is not in its character set");
    }
}

/// What an observer of all messages knows.
#[derive(Default)]
struct Observer {
    /// Visit number → admitted (A01 or A13), registered, ended.
    visits: HashMap<String, &'static str>,
    beds: HashMap<String, String>,
    orders: HashMap<String, &'static str>,
    diary: HashMap<String, &'static str>,
    numbers: BTreeMap<String, u64>,
}

impl Observer {
    fn see(&mut self, happening: &Happening) -> Result<(), String> {
        let visit = first(&field(happening, "PV1", 19)).to_owned();
        let number = first(&field(happening, "PID", 3)).to_owned();
        let owner = *self.numbers.entry(number).or_insert(happening.patient);
        let check = |is_right: bool, what: &str| if is_right { Ok(()) } else { Err(format!("{what}: {happening:?}")) };
        check(owner == happening.patient, "a record number has one owner")?;
        let phase = self.visits.get(&visit).copied().unwrap_or("");
        match (happening.kind.code, happening.kind.trigger) {
            ("ADT", "A04") => {
                check(phase.is_empty(), "a visit is registered once")?;
                self.visits.insert(visit, "registered");
            }
            ("ADT", "A05") => {
                check(phase.is_empty(), "a stay is planned once")?;
                self.visits.insert(visit, "planned");
            }
            ("ADT", "A01") => {
                check(matches!(phase, "" | "registered" | "planned"), "admitted once, and not after the end")?;
                self.visits.insert(visit.clone(), "admitted");
                self.occupy(happening, visit)?;
            }
            ("ADT", "A13") => {
                check(phase == "ended", "only an end is cancelled")?;
                self.visits.insert(visit.clone(), "admitted");
                self.occupy(happening, visit)?;
            }
            ("ADT", "A02") => {
                check(phase == "admitted", "only the admitted are moved")?;
                check(!field(happening, "PV1", 6).is_empty(), "a transfer says from where")?;
                self.beds.retain(|_, holder| *holder != visit);
                self.occupy(happening, visit)?;
            }
            ("ADT", "A03") => {
                check(matches!(phase, "admitted" | "registered"), "only those who are here leave")?;
                check(!field(happening, "PV1", 45).is_empty(), "an end has a time")?;
                self.beds.retain(|_, holder| *holder != visit);
                self.visits.insert(visit, "ended");
            }
            ("ADT", "A11") => {
                check(phase == "admitted", "only an admission is cancelled")?;
                self.beds.retain(|_, holder| *holder != visit);
                self.visits.insert(visit, "cancelled");
            }
            ("ADT", "A40") => {
                let gone = first(&field(happening, "MRG", 1)).to_owned();
                check(self.numbers.get(&gone) == Some(&happening.patient), "both numbers are known before a merge")?;
            }
            ("RDE" | "DFT" | "VXU", _) if !visit.is_empty() => {
                check(matches!(phase, "admitted" | "registered"), "the patient is here")?;
            }
            ("SIU", trigger) => self.see_diary(happening, trigger)?,
            _ => {}
        }
        self.see_order(happening)
    }

    fn occupy(&mut self, happening: &Happening, visit: String) -> Result<(), String> {
        let place = field(happening, "PV1", 3);
        match self.beds.insert(place, visit) {
            Some(_) => Err(format!("two in one bed: {happening:?}")),
            None => Ok(()),
        }
    }

    fn see_diary(&mut self, happening: &Happening, trigger: &str) -> Result<(), String> {
        let id = first(&field(happening, "SCH", 1)).to_owned();
        let before = self.diary.get(&id).copied();
        let (is_right, after) = match trigger {
            "S12" => (before.is_none(), "booked"),
            "S13" => (before == Some("booked"), "booked"),
            _ => (before == Some("booked"), "cancelled"),
        };
        self.diary.insert(id, after);
        if is_right { Ok(()) } else { Err(format!("an appointment out of order: {happening:?}")) }
    }

    fn see_order(&mut self, happening: &Happening) -> Result<(), String> {
        let placer = first(&field(happening, "OBR", 2)).to_owned();
        if placer.is_empty() || happening.kind.code == "MDM" {
            return Ok(());
        }
        let before = self.orders.get(&placer).copied();
        let (is_right, after) = match (field(happening, "ORC", 1).as_str(), field(happening, "OBR", 25).as_str()) {
            ("NW", _) => (before.is_none(), "placed"),
            ("SC", _) => (before == Some("placed"), "placed"),
            ("RE", "P") => (before == Some("placed"), "preliminary"),
            ("RE", "F") => (matches!(before, Some("placed" | "preliminary")), "final"),
            ("RE", "C") => (before == Some("final"), "corrected"),
            _ => (false, "?"),
        };
        self.orders.insert(placer, after);
        if is_right { Ok(()) } else { Err(format!("an order out of order, after {before:?}: {happening:?}")) }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]
    #[test]
    fn the_flow_makes_clinical_sense(seed: u64) {
        let mut observer = Observer::default();
        let mut at = std::time::Duration::ZERO;
        for happening in flow(seed).take(5000) {
            prop_assert!(happening.at > at);
            at = happening.at;
            observer.see(&happening).map_err(TestCaseError::fail)?;
        }
    }
}

#[test]
fn newborns_know_their_mother() {
    let births: Vec<Happening> = flow(2)
        .take(8_000)
        .filter(|happening| {
            happening.kind.trigger == "A01" && matches!(happening.story, Some(Story::Twins | Story::Newborn))
        })
        .collect();
    assert!(!births.is_empty());
    for birth in births {
        assert!(field(&birth, "PID", 5).contains("^BABY "), "{birth:?}");
        assert!(!first(&field(&birth, "PID", 21)).is_empty() && field(&birth, "NK1", 3).starts_with("MTH"));
        assert_eq!(field(&birth, "PV1", 4), "N");
        assert_eq!(birth.story == Some(Story::Twins), !field(&birth, "PID", 25).is_empty());
    }
}

#[test]
fn south_has_its_own_habits() {
    for happening in flow(4).take(2000).filter(|happening| happening.system == SystemName::RegSouth) {
        assert_eq!(field(&happening, "MSH", 18), "8859/1");
        assert!(["1", "2", "3", "9"].contains(&field(&happening, "PID", 8).as_str()), "own sex codes");
        let ends_in_bars = happening
            .message
            .split(|&byte| byte == b'\r')
            .any(|line| line.starts_with(b"PID") && line.ends_with(b"|||"));
        assert!(ends_in_bars, "separators at the end of PID");
    }
}

#[test]
fn things_can_be_forced() {
    let mut flow = flow(9);
    let _: Vec<_> = flow.by_ref().take(100).collect();
    flow.force(Forced::UnknownWard(Site::South));
    let found = flow.by_ref().take(20).find(|happening| happening.story == Some(Story::UnknownWard)).unwrap();
    assert_eq!(first(&field(&found, "PV1", 3)), UNKNOWN_WARD);

    flow.force(Forced::DuplicatePatient);
    let found = flow.by_ref().take(20).find(|happening| happening.story == Some(Story::DuplicateRegistration)).unwrap();
    assert_eq!(found.system, SystemName::RegSouth);

    flow.force(Forced::LabResult(Site::North));
    let kinds: Vec<String> = flow
        .by_ref()
        .take(20)
        .filter(|happening| happening.story == Some(Story::LabResult))
        .map(|happening| happening.kind.to_string())
        .collect();
    assert_eq!(kinds, ["ADT^A04", "OML^O21", "ORU^R01"]);

    let newest = flow.by_ref().take(50).filter(|happening| happening.system == SystemName::RegSouth).last().unwrap();
    flow.force(Forced::SendAgain(SystemName::RegSouth));
    let again = flow.by_ref().take(20).find(|happening| happening.story == Some(Story::SentTwice)).unwrap();
    assert_eq!((again.control_id, again.message), (newest.control_id, newest.message));
}

#[test]
fn messages_are_generated_by_kind() {
    let check = |text: &str, code: &str, trigger: &str| {
        let made = generate(&Filter::parse(text).unwrap(), 25, 1);
        assert_eq!(made.len(), 25, "{text}");
        let fits = |happening: &Happening| {
            (code.is_empty() || happening.kind.code == code)
                && (trigger.is_empty() || happening.kind.trigger == trigger)
        };
        assert!(made.iter().all(fits), "{text}");
    };
    check("ADT^A01", "ADT", "A01");
    check("adt_a40", "ADT", "A40");
    check("ORU", "ORU", "");
    check("VXU", "VXU", "V04");
    check("*", "", "");
    assert_eq!(Filter::parse("ADT^A99"), None);
    assert_eq!(generate(&Filter::default(), 40, 5), generate(&Filter::default(), 40, 5));
    assert_ne!(generate(&Filter::default(), 40, 5), generate(&Filter::default(), 40, 6));
}

#[test]
fn clinical_times_are_days_apart() {
    let config = Config { stamps: Stamps::Clinical, ..Config::default() };
    let start = config.start;
    let last = Flow::new(1, config).take(3000).last().unwrap();
    assert!(last.stamped.since(start).as_secs() > 12 * 3600);
}

#[test]
fn a_long_run_stays_bounded() {
    let mut flow = Flow::new(1, Config { patients_max: 600, ..Config::default() });
    let mut known = HashSet::new();
    for _ in 0..12_000 {
        known.insert(flow.next_happening().patient);
    }
    let sizes = flow.sizes();
    assert!(known.len() > 900, "{} patients are too few to tell", known.len());
    assert!(sizes.patients <= 600 && sizes.steps < 8_000 && sizes.orders < 1_000, "{sizes:?}");
}
