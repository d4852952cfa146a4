//! Messages in, counts out: what the book of an interface says of them.

use super::super::{limits::ISSUES_MAX, place::Place, plausible::RULES, record::Counts, verdict::Broken};
use super::*;

const HOUR: i64 = 3_600_000_000;
const NOW: Timestamp = Timestamp(1_772_348_889_000_000); // 2026-03-01 07:08:09 UTC

fn received(message: u64) -> Received<'static> {
    Received { message, bytes: 100, at: Some(NOW), repeat: Repeat::No, local_offset_s: 0, now: NOW, verdict: None }
}

fn count(texts: &[&str]) -> Vec<(Kind, Record)> {
    let mut book = Book::default();
    for (text, id) in texts.iter().zip(1..) {
        book.count(&Message::parse(text.to_string()).0, received(id), HOUR);
    }
    book.take().into_iter().map(|taken| (taken.kind, taken.record)).collect()
}

fn one(texts: &[&str]) -> Record {
    let mut taken = count(texts);
    assert_eq!(taken.len(), 1, "{taken:?}");
    taken.remove(0).1
}

fn adt(pid: &str) -> String {
    format!("MSH|^~\\&|ADT1|NORTH|||20260301070800+0000||ADT^A01|1|P|2.5.1\rEVN||20260301\rPID|{pid}\rPV1|1|I\r")
}

#[test]
fn completeness() {
    let texts = [
        adt("1||77^^^A^MR~99^^^B^PI||Doe^Jane||19700101|F"),
        adt("1||77^^^A~99^^^B^PI~||Doe^Jane||\"\"|"),
        adt("1||||Doe"),
    ];
    let record = one(&texts.each_ref().map(|text| &**text));
    let check = |place: &str, filled: u64, of: u64| {
        let place = Place::parse(place).unwrap();
        let found = record.places.get(&place).map_or(0, |counts| counts.filled);
        assert_eq!((found, record.of(place)), (filled, of), "{place}");
    };
    check("PID", 3, 3);
    check("PID-3", 2, 3);
    check("PID-3.1", 4, 4);
    check("PID-3.4", 4, 4);
    check("PID-3.5", 3, 4);
    check("PID-5", 3, 3);
    check("PID-5.1", 3, 3);
    check("PID-5.2", 2, 3);
    check("PID-7", 1, 3);
    check("PID-8", 1, 3);
    check("PV1-2", 3, 3);
    check("MSH-9.2", 3, 3);
    check("PID-11", 0, 3);
    check("NK1", 0, 3);
    assert_eq!(record.places[&Place::parse("PID-7").unwrap()].null, 1);
}

#[test]
fn what_the_standard_requires_is_listed_when_nobody_fills_it() {
    let record = one(&[&adt("1||||Doe")]);
    assert_eq!(record.places.get(&Place::parse("PID-3").unwrap()), Some(&Counts::default()));
    assert_eq!(record.places.get(&Place::parse("PID-2").unwrap()), None);
    assert!(!record.places.contains_key(&Place::parse("MSH-1").unwrap()));
}

#[test]
fn forms_and_codes() {
    let texts = [adt("1||7||Doe||19700101|F"), adt("1||7||Doe||1970-01-01|F"), adt("x||7||Doe||19700101|female")];
    let record = one(&texts.each_ref().map(|text| &**text));
    let counts = |place: &str| record.places[&Place::parse(place).unwrap()];
    assert_eq!((counts("PID-7").misformed, counts("PID-7").example), (1, 2));
    assert_eq!((counts("PID-8").unlisted, counts("PID-8").example), (1, 3));
    assert_eq!((counts("PID-1").misformed, counts("PID-1").example), (1, 3));
    assert_eq!(record.codes[&(Place::parse("PID-8").unwrap(), "F".to_owned())], 2);
    assert_eq!(record.codes[&(Place::parse("MSH-9.1").unwrap(), "ADT".to_owned())], 3);
    assert!(!record.to_text().contains("female"), "a code that no table has is counted, never kept (R10)");
    assert!(!record.to_text().contains("Doe"));
}

/// The tables of an interface with these lines; its table `units` has `4W` alone.
fn own(lines: &str) -> OwnTables {
    OwnTables::of(&crate::fixture::definition(&format!("{lines}\nsend a {{\n  fake out\n}}")))
}

#[test]
fn codes_of_the_interface_are_counted_beside_those_of_the_standard() {
    let lines = "translate PV1-3.1 with units missing keep\ntranslate PID-8 with units missing keep\n\
                 translate PV1-10 with units when PV1-2 = O\nset PID-1 = 1";
    let mut book = Book::default();
    book.use_tables(own(lines));
    let wards = ["4W^1", "4W", "5E^2", "5E", "\\X3457\\", "", "\"\""];
    for (ward, id) in wards.iter().zip(1..) {
        let text = adt("1||7||Doe||19700101|4W^x~M").replace("PV1|1|I", &format!("PV1|1|I|{ward}|||||||5E"));
        book.count(&Message::parse(text).0, received(id), HOUR);
    }
    let record = &book.take()[0].record;
    let counts = |place: &str| record.places.get(&Place::parse(place).unwrap()).copied().unwrap_or_default();
    let ward = counts("PV1-3.1");
    // `\X3457\` is 4W; what is not there and what says "delete" has no code.
    assert_eq!((ward.filled, ward.uncovered, ward.example), (5, 2, 4));
    assert_eq!((counts("PV1-3").uncovered, counts("PV1-10").uncovered), (0, 0));
    // A field means its first component; each repetition counts.
    assert_eq!((counts("PID-8").repetitions, counts("PID-8").uncovered, counts("PID-8").example), (14, 7, 7));
    assert_eq!(counts("PID-8").unlisted, 0, "M is a code of the standard");
    assert!(!record.to_text().contains("5E"), "{}", record.to_text());
}

#[test]
fn tables_can_change_while_messages_come() {
    let mut book = Book::default();
    let message = Message::parse(adt("1||7||Doe").replace("PV1|1|I", "PV1|1|I|5E^1")).0;
    let ask = |book: &mut Book, lines: Option<&str>| {
        lines.into_iter().for_each(|lines| book.use_tables(own(lines)));
        book.count(&message, received(1), HOUR);
    };
    ask(&mut book, None);
    ask(&mut book, Some("translate PV1-3.1 with units missing keep"));
    ask(&mut book, Some("translate PV1-3.1 with units missing keep"));
    ask(&mut book, Some("set PID-1 = 1"));
    let taken = book.take();
    assert_eq!((taken.len(), taken[0].record.messages), (1, 4), "nothing is lost by a change");
    assert_eq!(taken[0].record.places[&Place::parse("PV1-3.1").unwrap()].uncovered, 2);
}

#[test]
fn what_the_interface_says_of_messages() {
    let verdict = |is_valid, rules: &[(&'static str, &str)]| {
        let broken = rules.iter().map(|(code, place)| Broken { code: (*code).into(), place: (*place).to_owned() });
        Verdict { is_valid, broken: broken.collect() }
    };
    let mut book = Book::default();
    let message = Message::parse(adt("1||7||Doe")).0;
    let said = [
        Some(verdict(true, &[])),
        Some(verdict(false, &[("feed:require-PID-8", "PID-8"), ("E1117", "PID-3")])),
        None,
        Some(verdict(true, &[("E1117", "PID-3")])),
    ];
    for (verdict, id) in said.iter().zip(1..) {
        book.count(&message, Received { verdict: verdict.as_ref(), ..received(id) }, HOUR);
    }
    // The same again was judged when it came first.
    book.count(&message, Received { verdict: said[1].as_ref(), repeat: Repeat::Same, ..received(9) }, HOUR);
    let record = &book.take()[0].record;
    assert_eq!((record.messages, record.validated, record.invalid.messages, record.invalid.example), (4, 3, 1, 2));
    let issues: Vec<_> = record.issues.iter().map(|(of, seen)| (&*of.code, seen.messages, seen.example)).collect();
    assert_eq!(issues, [("E1117", 2, 4), ("feed:require-PID-8", 1, 2)]);

    let places: Vec<String> = (0..ISSUES_MAX + 9).map(|number| format!("ZZZ-{number}")).collect();
    let many: Vec<_> = places.iter().map(|place| ("E1122", &**place)).collect();
    let many = verdict(true, &many);
    for _ in 0..2 {
        book.count(&message, Received { verdict: Some(&many), ..received(7) }, HOUR);
    }
    let record = &book.take()[0].record;
    assert_eq!(record.issues.len(), ISSUES_MAX);
    let others = record.issues.iter().find(|(broken, _)| broken.code == OTHERS).unwrap();
    assert_eq!(others.1.messages, 2, "messages with something beyond the limit");
}

#[test]
fn kinds_are_counted_apart() {
    let other = adt("1||7||Doe").replace("A01", "A08");
    let elsewhere = adt("1||7||Doe").replace("NORTH", "SOUTH");
    let newer = adt("1||7||Doe").replace("2.5.1", "2.3");
    let taken = count(&[&adt("1||7||Doe"), &other, &elsewhere, &newer, "nothing"]);
    let found: Vec<_> = taken.iter().map(|(kind, record)| (kind.to_string(), record.messages)).collect();
    let expect = [
        ("ADT^A01 of ADT1 at NORTH".to_owned(), 2),
        ("ADT^A08 of ADT1 at NORTH".to_owned(), 1),
        ("ADT^A01 of ADT1 at SOUTH".to_owned(), 1),
        (String::new(), 1),
    ];
    assert_eq!(found, expect);
}

#[test]
fn senders_beyond_the_limit_are_counted_together() {
    let texts: Vec<String> = (0..200).map(|number| adt("1||7||Doe").replace("ADT1", &format!("S{number}"))).collect();
    let taken = count(&texts.iter().map(|text| &**text).collect::<Vec<_>>());
    assert_eq!(taken.len(), STREAMS_MAX);
    assert_eq!(taken.iter().map(|(_, record)| record.messages).sum::<u64>(), 200);
    let others = taken.iter().find(|(kind, _)| kind.message_type == OTHERS).unwrap();
    assert_eq!(others.1.messages, 200 - (STREAMS_MAX as u64 - 1));
}

#[test]
fn repeats() {
    let mut book = Book::default();
    let message = Message::parse(adt("1||7||Doe")).0;
    for repeat in [Repeat::No, Repeat::Same, Repeat::Same, Repeat::OtherContent] {
        book.count(&message, Received { repeat, ..received(1) }, HOUR);
    }
    book.leave_out(5, NOW, HOUR);
    let taken = book.take();
    let record = &taken[0].record;
    assert_eq!((record.messages, record.duplicates, record.reused_ids), (2, 2, 1));
    assert_eq!(taken[1].record.left_out, 5);
    assert!(book.take().is_empty(), "taken once");
    book.count(&message, received(2), HOUR);
    assert_eq!(book.take()[0].record.messages, 1);
}

#[test]
fn delays_and_plausibility() {
    let text = "MSH|^~\\&|LAB|NORTH|||20260301080808+0100||ORU^R01|1|P|2.5.1\rPID|1||7||Doe||20260401\r\
                OBR|1|||||||||||||||||||||20260301070000\r\
                OBX|1|NM|A||5.2|mg|3.5-5.1|N|||F|||20260228070809\rOBX|2|NM|B||4|||||||F|||20260227\r\
                OBX|3|ST|C||high|||N\r";
    let record = one(&[text]);
    assert_eq!(record.sent.within_s(0.5), Some(2));
    assert_eq!(record.reported.within_s(0.5), Some(600));
    assert_eq!(record.observed.within_s(0.5), Some(172_800));
    let broken: Vec<_> = record
        .asked()
        .filter(|(_, asked)| asked.broken > 0)
        .map(|(rule, asked)| (rule.id, asked.broken, asked.of))
        .collect();
    let expect = [
        ("birth-in-future", 1, 1),
        ("observation-before-birth", 1, 1),
        ("value-without-unit", 1, 2),
        ("flag-against-range", 1, 1),
    ];
    assert_eq!(broken, expect);
    assert_eq!(RULES.len(), record.rules.len());
}

#[test]
fn a_long_stay_of_hostile_messages_takes_no_more_than_the_limits() {
    let mut book = Book::default();
    let wide = format!("PID|{}", "a^b^c~|".repeat(20_000));
    let many: String = (0..3_000).map(|number| format!("Z{number:02}|1^2^3\r")).collect();
    for text in [format!("{}{wide}\r", adt("1")), format!("{}{many}", adt("1"))] {
        book.count(&Message::parse(text).0, received(1), HOUR);
    }
    let record = &book.take()[0].record;
    let fields =
        |id: &[u8; 3]| record.places.keys().filter(|place| place.segment == *id && place.component == 0).count();
    assert!(fields(b"PID") <= usize::from(super::super::limits::FIELDS_MAX) + 1);
    assert!(record.segments.len() <= super::super::limits::SEGMENTS_MAX);
}

#[test]
fn spans_are_told_apart_whatever_the_clock_does() {
    let mut book = Book::default();
    let message = Message::parse(adt("1||7||Doe")).0;
    let hour = NOW.0 / HOUR;
    for hours in [hour, hour, hour + 1, hour - 24, hour + 1] {
        let at = Some(Timestamp(hours * HOUR + 5));
        book.count(&message, Received { at, ..received(1) }, HOUR);
    }
    let found: Vec<_> = book.take().iter().map(|taken| (taken.start.0 / HOUR - hour, taken.record.messages)).collect();
    assert_eq!(found, [(0, 2), (1, 2), (-24, 1)]);
    for hours in 0..super::super::limits::ENDED_MAX as i64 + 9 {
        book.count(&message, Received { at: Some(Timestamp(hours * HOUR)), ..received(1) }, HOUR);
    }
    let taken = book.take();
    assert_eq!(taken.len(), super::super::limits::ENDED_MAX, "bounded, and told");
    assert_eq!(taken.iter().map(|taken| taken.record.left_out).sum::<u64>(), 9);
}

#[test]
fn the_header_is_read_as_elements_read_it() {
    let check = |text: &str| {
        let message = Message::parse(text.to_owned()).0;
        let header = message.header().unwrap();
        let by_elements = [3, 4, 9, 12].map(|number| header.field(number).map_or(&[][..], |field| field.raw()));
        assert_eq!(parts_of_header(header.raw()), by_elements, "{text}");
    };
    check("MSH|^~\\&|A^1|B|||||ADT^A01|1|P|2.5.1||x\r");
    check("MSH|^~\\&|A|B|||||ADT^A01|1|P|2.5.1");
    check("MSH|^~\\&|A");
    check("MSH|^~\\&");
    check("MSH|");
}
