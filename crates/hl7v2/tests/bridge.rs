//! Bridges between versions, against facts of the standard written by hand, and over the corpus beside the repository.

use hl7v2::bridge::{Bridged, Loss};
use hl7v2::dictionary::Version;
use hl7v2::{Batch, Message};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Old version, new version, a segment, what comes of it, the findings as `CODE PLACE`.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str);

fn bridge(message: &mut Message, from: Version, to: Version) -> Vec<message::Diagnostic> {
    let Bridged { found, .. } = hl7v2::bridge::bridge(message, from, to, Loss::Remove);
    found
}

fn version(text: &str) -> Version {
    Version::parse(text).expect("a version")
}

fn check(rows: &[Row]) {
    let mut wrong = Vec::new();
    for (from, to, segment, expect, findings) in rows {
        let (mut message, _) = Message::parse(format!("MSH|^~\\&|A|||||||1|P|{from}\r{segment}\r"));
        let found = bridge(&mut message, version(from), version(to));
        let out = String::from_utf8(message.write().into_owned()).expect("text");
        let (header, body) = out.split_once('\r').expect("a header");
        let body = body.trim_end_matches('\r');
        let found: Vec<String> = found.iter().map(|note| format!("{} {}", note.code, note.path())).collect();
        let found = found.join(", ");
        if !header.contains(&format!("|P|{to}")) || body != *expect || found != *findings {
            wrong.push(format!("{from} to {to}: {segment}\n  gave {body} ({found})\n  not  {expect} ({findings})"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn moved_fields() {
    check(&[
        ("2.3", "2.5.1", "PID|1||77||Doe", "PID|1||77||Doe", ""),
        ("2.3", "2.5.1", "PID|1||77|88|Doe", "PID|1||77~88|88|Doe", "E1153 PID-3"),
        ("2.3", "2.5.1", "PID|1|99|77||Doe", "PID|1|99|77~99||Doe", "E1153 PID-3"),
        ("2.3", "2.5.1", "PID|1|99||88|Doe", "PID|1|99|99~88|88|Doe", "E1153 PID-3, E1153 PID-3"),
        ("2.3", "2.5.1", "PID|1|77|77^^^N||Doe", "PID|1|77|77^^^N||Doe", ""),
        ("2.3", "2.5.1", "PID|1|77^^^S|77^^^N||Doe", "PID|1|77^^^S|77^^^N~77^^^S||Doe", "E1153 PID-3"),
        ("2.3", "2.5.1", "PID|1|\"\"|77||Doe", "PID|1|\"\"|77||Doe", ""),
        ("2.3", "2.3.1", "PID|1||77|88|Doe", "PID|1||77~88|88|Doe", "E1153 PID-3"),
        ("2.5.1", "2.3", "PID|1||77|88|Doe", "PID|1||77|88|Doe", ""),
        ("2.3", "2.5.1", "MRG|77|88", "MRG|77~88|88", "E1153 MRG-1"),
        ("2.3", "2.5.1", "MRG|77|||99", "MRG|77~99|||99", "E1153 MRG-1"),
        ("2.2", "2.3", "DG1|1|I9|250.0|Diabetes", "DG1|1|I9|250.0^Diabetes^I9|Diabetes", "E1153 DG1-3, E1153 DG1-3"),
        ("2.2", "2.3", "DG1|1|I9|250.0^X^I9", "DG1|1|I9|250.0^X^I9", ""),
        ("2.2", "2.3", "DG1|1|I9", "DG1|1|I9", ""),
        ("2.2", "2.3", "PR1|1|C4|99213", "PR1|1|C4|99213^^C4", "E1153 PR1-3"),
        ("2.2", "2.5.1", "PID|1||7||||||||1 Elm^^Ely||CB", "PID|1||7||||||||1 Elm^^Ely||CB", ""),
        ("2.2", "2.5.1", "PID|1||7||||||||1 Elm^^Ely|CB", "PID|1||7||||||||1 Elm^^Ely^^^^^^CB|CB", "E1153 PID-11"),
        ("2.2", "2.5.1", "PID|1||7|||||||||CB", "PID|1||7|||||||||CB", ""),
        ("2.3", "2.5.1", "PID|1||7||||||||||||||||123456789", "PID|1||7||||||||||||||||123456789", ""),
    ]);
}

#[test]
fn types() {
    check(&[
        ("2.5.1", "2.6", "PID|1||7||||19700101^D", "PID|1||7||||19700101", "E1151 PID-7.2"),
        ("2.5.1", "2.6", "PID|1||7||||19700101", "PID|1||7||||19700101", ""),
        ("2.6", "2.5.1", "PID|1||7||||19700101", "PID|1||7||||19700101", ""),
        ("2.5.1", "2.6", "EVN|A01|20260301^M", "EVN|A01|20260301", "E1151 EVN-2.2"),
        ("2.5.1", "2.7", "OBX|1|TS|1||20260301^D", "OBX|1|DTM|1||20260301", "E1151 OBX-5.2"),
        ("2.5.1", "2.7", "OBX|1|CE|1||A^B^C", "OBX|1|CWE|1||A^B^C", ""),
        ("2.7", "2.3", "OBX|1|CWE|1||A^B^C^^^^5", "OBX|1|CE|1||A^B^C^^^", "E1151 OBX-5.7"),
        ("2.7", "2.3", "OBX|1|DTM|1||20260301", "OBX|1|TS|1||20260301", ""),
        ("2.3", "2.5.1", "OBX|1|CE|1||A^B^C", "OBX|1|CE|1||A^B^C", ""),
        ("2.3", "2.5.1", "OBX|1|NM|1||5", "OBX|1|NM|1||5", ""),
        ("2.3", "2.5.1", "OBX|1|QQ|1||5^6", "OBX|1|QQ|1||5^6", ""),
        ("2.5.1", "2.3", "PID|1||7||van Dam&van&Dam^Jo", "PID|1||7||van Dam^Jo", "E1151 PID-5.1.2, E1151 PID-5.1.3"),
        ("2.5.1", "2.3", "PID|1||7||A&b~C&d", "PID|1||7||A~C", "E1151 PID-5.1.2, E1151 PID-5[2].1.2, E1152 PID-5"),
        ("2.3", "2.5.1", "PID|1||7||Dam^Jo^M^III^Dr", "PID|1||7||Dam^Jo^M^III^Dr", ""),
        (
            "2.5.1",
            "2.3",
            "PID|1||7||||||||1 Elm&Elm&1^^Ely",
            "PID|1||7||||||||1 Elm^^Ely",
            "E1151 PID-11.1.2, E1151 PID-11.1.3",
        ),
        ("2.3", "2.5.1", "PID|1||7||||||||1 Elm^^Ely", "PID|1||7||||||||1 Elm^^Ely", ""),
        ("2.5.1", "2.3", "AL1|1||A^B^C^D^E^F", "AL1|1||A^B^C^D^E^F", ""),
        ("2.2", "2.5.1", "AL1|1|DA|A^B", "AL1|1|DA|A^B", ""),
    ]);
}

#[test]
fn fields_and_segments_that_a_version_lacks() {
    let long = format!("PID|1||7{}Y", "|".repeat(28));
    let rows: [Row; 8] = [
        ("2.5.1", "2.3", "SFT|Sinew|1|X|Y", "", "E1150 SFT[1]"),
        ("2.5.1", "2.3", "SPM|1", "", "E1150 SPM[1]"),
        ("2.5.1", "2.3", "ZPD|1|x^y&z|~", "ZPD|1|x^y&z|~", ""),
        ("2.3", "2.2", "PD1|1", "", "E1150 PD1[1]"),
        ("2.5.1", "2.4", "TQ1|1\rTQ1|2\rNTE|1", "NTE|1", "E1150 TQ1[1], E1150 TQ1[2]"),
        ("2.3", "2.5.1", "PV1|1|I|W^1^2", "PV1|1|I|W^1^2", ""),
        ("2.3", "2.5.1", "OBX|1|NM|1||5|||||||||||||||||||||||||x", "OBX|1|NM|1||5|||||||||||||||||||||||||x", ""),
        ("2.5.1", "2.3", "NTE|1|L|note|RE", "NTE|1|L|note|", "E1150 NTE-4"),
    ];
    check(&rows);
    let (mut message, _) = Message::parse(format!("MSH|^~\\&|A|||||||1|P|2.5.1\r{long}\r"));
    let found = bridge(&mut message, Version::V2_5_1, Version::V2_3);
    assert_eq!((found[0].code.id, found[0].path()), ("E1150", "PID-31"), "identity unknown came with 2.5");
}

#[test]
fn withdrawn_parts_and_fields_stay_with_a_word() {
    check(&[
        ("2.5.1", "2.7", "PID|1||7||||||Ali|", "PID|1||7||||||Ali|", "E1152 PID-9"),
        ("2.5.1", "2.8", "PID|1||7||||||||||555^PRN^PH", "PID|1||7||||||||||555^PRN^PH", "E1152 PID-13.1"),
        (
            "2.3",
            "2.8",
            "OBR|1|7|8|GLU||||||||||||||||||||||||1^^^20260301",
            "OBR|1|7|8|GLU||||||||||||||||||||||||1^^^20260301",
            "",
        ),
    ]);
    let (mut message, _) = Message::parse("MSH|^~\\&|A||||||ORM^O01|1|P|2.5.1\rORC|NW|1|||||1^^^20260301\r");
    let found = bridge(&mut message, Version::V2_5_1, Version::V2_8);
    let timing = found.iter().find(|note| note.path() == "ORC-7").expect("a finding");
    assert_eq!((timing.code.id, timing.hint.as_deref()), ("E1152", Some("the standard has it in TQ1 segments")));
}

#[test]
fn what_is_kept_stays_as_it_was() {
    let raw = "MSH|^~\\&|A||||||ADT^A04^ADT_A01|1|P|2.5.1\rPID|1||7||A&b^C||||||||||||||||||||||||||Y\rSPM|1\r";
    let (mut message, _) = Message::parse(raw);
    let bridged = hl7v2::bridge::bridge(&mut message, Version::V2_5_1, Version::V2_3, Loss::Keep);
    let expect = raw.replace("|ADT^A04^ADT_A01|1|P|2.5.1", "|ADT^A04|1|P|2.3");
    assert_eq!(String::from_utf8_lossy(&message.write()), expect);
    let told: Vec<String> = bridged.found.iter().map(|note| format!("{} {}", note.code, note.path())).collect();
    assert_eq!(told.join(", "), "E1152 PID-5.1.2, E1152 PID-31, E1152 SPM[1]");
    assert_eq!(bridged.losses, 0);
}

#[test]
fn wide_and_double_byte_messages() {
    let wide: Vec<u8> = "\u{FEFF}MSH|^~\\&|A||||||ADT^A04|1|P|2.5.1\rPID|1||7||J\u{f6}&van\rSPM|1\r"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let (mut message, _) = Message::parse(wide);
    let found = bridge(&mut message, Version::V2_5_1, Version::V2_3);
    assert_eq!(found.len(), 2, "{found:?}");
    let (again, _) = Message::parse(message.to_bytes());
    assert_eq!(again.text(&hl7v2::Path::parse("PID-5.1").expect("a path")), "J\u{f6}");
    // In Big5 the second byte of 0xA4 0x5E is a caret, and no component separator.
    let raw = b"MSH|^~\\&|A||||||ADT^A04|1|P|2.5.1||||||BIG-5\rPID|1||7||\xA4\x5E&x\r";
    let (mut message, _) = Message::parse(raw.to_vec());
    let found = bridge(&mut message, Version::V2_5_1, Version::V2_3);
    assert_eq!(found.iter().map(|note| note.path()).collect::<Vec<_>>(), ["PID-5.1.2"]);
    assert!(message.write().windows(3).any(|bytes| bytes == b"\xA4\x5E\r"));
}

#[test]
fn headers() {
    let rows = [
        ("2.3", "2.5.1", "ADT^A04|1|P|2.3", "ADT^A04^ADT_A01|1|P|2.5.1", ""),
        ("2.3", "2.5.1", "ORU^R01|1|P|2.3", "ORU^R01^ORU_R01|1|P|2.5.1", ""),
        ("2.3", "2.5.1", "ACK|1|P|2.3", "ACK^^ACK|1|P|2.5.1", ""),
        ("2.3", "2.5.1", "ZZZ^Z01|1|P|2.3", "ZZZ^Z01|1|P|2.5.1", "E1154"),
        ("2.5.1", "2.3", "ADT^A04^ADT_A01|1|P|2.5.1", "ADT^A04|1|P|2.3", ""),
        ("2.5.1", "2.3", "ACK^^ACK|1|P|2.5.1", "ACK|1|P|2.3", ""),
        ("2.5.1", "2.2", "ADT^A04^ADT_A01|1|P|2.5.1^USA", "ADT^A04|1|P|2.2", "E1151"),
        ("2.3", "2.3", "ADT^A04|1|P|2.3", "ADT^A04|1|P|2.3", ""),
    ];
    for (from, to, header, expect, codes) in rows {
        let (mut message, _) = Message::parse(format!("MSH|^~\\&|A||||||{header}\r"));
        let found = bridge(&mut message, version(from), version(to));
        let found: Vec<&str> = found.iter().map(|note| note.code.id).collect();
        let out = String::from_utf8(message.write().into_owned()).expect("text");
        assert_eq!((out.trim_end(), &*found.join(" ")), (&*format!("MSH|^~\\&|A||||||{expect}"), codes), "{header}");
    }
}

fn files() -> Vec<PathBuf> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/v2"));
    if !root.is_dir() {
        eprintln!("skipped: no corpus of messages beside the repository");
        return Vec::new();
    }
    let (mut found, mut folders) = (Vec::new(), vec![root.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// Every value by its place down to the subcomponent: `PID-5[2].1.1`. Without what a bridge writes by itself.
fn leaves(message: &Message) -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let index = |number: usize| if number > 1 { format!("[{number}]") } else { String::new() };
    for segment in message.segments() {
        let id = segment.id().to_owned();
        let count = seen.entry(id.clone()).or_default();
        *count += 1;
        for (field, at) in segment.parts().zip(1..) {
            let is_written = matches!((&*id, at), ("MSH", 1 | 2 | 9 | 12) | ("OBX", 2));
            let repetitions = field.parts().enumerate().filter(|_| !is_written);
            for (repetition, number) in repetitions.map(|(number, repetition)| (repetition, number + 1)) {
                let place = format!("{id}{}-{at}{}", index(*count), index(number));
                for (component, at) in repetition.parts().zip(1..) {
                    for (leaf, number) in component.parts().zip(1..).filter(|(leaf, _)| !leaf.is_empty()) {
                        out.insert(format!("{place}.{at}.{number}"), leaf.raw().to_vec());
                    }
                }
            }
        }
    }
    out
}

/// A finding at `place` speaks of what stands at `leaf`.
fn covers(place: &str, leaf: &str) -> bool {
    let rest = match place.strip_suffix("[1]") {
        Some(segment) => leaf.strip_prefix(segment).filter(|rest| rest.starts_with('-')),
        None => leaf.strip_prefix(place),
    };
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[', '-']))
}

/// What a bridge loses stands in a finding, whatever the versions; with `Loss::Keep` it loses nothing.
#[test]
fn nothing_of_the_corpus_is_lost_without_a_finding() {
    let (mut messages, mut lost, mut values) = (0, 0, 0);
    for file in files() {
        let (batch, _) = Batch::split(std::fs::read(&file).expect("a readable file"));
        for (raw, _) in batch.parsed().step_by(5) {
            let Some(from) = Version::of(&raw) else { continue };
            let before = leaves(&raw);
            for to in [Version::V2_2, Version::V2_3, Version::V2_5_1, Version::V2_8] {
                let mut message = raw.clone();
                let Bridged { found, losses } = hl7v2::bridge::bridge(&mut message, from, to, Loss::Remove);
                let places: Vec<String> = found
                    .iter()
                    .filter(|note| matches!(note.code.id, "E1150" | "E1151"))
                    .map(|note| note.path().to_owned())
                    .collect();
                if found.len() > hl7v2::bridge::FINDINGS_MAX {
                    continue;
                }
                assert_eq!(places.len(), losses, "{}", file.display());
                let after = leaves(&message);
                for (place, value) in &before {
                    let is_there = after.get(place) == Some(value);
                    let is_told = places.iter().any(|told| covers(told, place));
                    let where_from = || format!("{}: {place}, {from} to {to}", file.display());
                    assert!(is_there || is_told, "lost without a word: {}", where_from());
                    lost += usize::from(!is_there);
                }
                let mut kept = raw.clone();
                let found = hl7v2::bridge::bridge(&mut kept, from, to, Loss::Keep);
                let after = leaves(&kept);
                assert_eq!(found.losses, 0);
                for (place, value) in &before {
                    assert!(after.get(place) == Some(value), "{}: not kept at {place}, {from} to {to}", file.display());
                }
                values += before.len();
                messages += 1;
            }
        }
    }
    eprintln!("{messages} bridges, {values} values, {lost} lost and told");
}

/// Twenty thousand results, each with something to lose, in one pass.
#[test]
fn a_large_message_takes_no_longer_for_its_size() {
    let time = |count: usize| {
        let results = "OBX|1|ST|A^B^C||x||||||||||||||SET^A^B\r".repeat(count);
        let (mut message, _) = Message::parse(format!("MSH|^~\\&|A||||||ORU^R01|1|P|2.5.1\rOBR|1\r{results}"));
        let started = std::time::Instant::now();
        let bridged = hl7v2::bridge::bridge(&mut message, Version::V2_5_1, Version::V2_1, Loss::Remove);
        assert!(bridged.losses >= count);
        started.elapsed()
    };
    let (small, large) = ((0..3).map(|_| time(2_000)).min(), (0..3).map(|_| time(20_000)).min());
    let (small, large) = (small.expect("three"), large.expect("three"));
    assert!(large < small * 40, "2,000 results took {small:?}, 20,000 took {large:?}");
}

/// Every third message, up and back: no panic, a second bridge changes nothing, Z-segments keep their bytes.
#[test]
fn the_corpus_goes_up_and_back() {
    let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut messages, mut segments) = (0, 0);
    for file in files() {
        let (batch, _) = Batch::split(std::fs::read(&file).expect("a readable file"));
        for (raw, _) in batch.parsed().step_by(3) {
            let Some(from) = Version::of(&raw) else { continue };
            let mut message = raw.clone();
            for (old, new) in [(from, Version::V2_5_1), (Version::V2_5_1, from)] {
                let found = bridge(&mut message, old, new);
                found.iter().for_each(|note| *codes.entry(note.code.id).or_default() += 1);
                let once = message.to_bytes();
                bridge(&mut message, old, new);
                assert!(message.to_bytes() == once, "{}: a second bridge changes it", file.display());
            }
            let local = |message: &Message| {
                let own = message.segments().filter(|segment| segment.id().starts_with('Z'));
                own.map(|segment| segment.raw().to_vec()).collect::<Vec<_>>()
            };
            assert!(local(&raw) == local(&message), "{}: a Z-segment changed", file.display());
            messages += 1;
            segments += raw.segment_count();
        }
    }
    eprintln!("{messages} messages with {segments} segments: {codes:?}");
}

#[test]
fn what_is_not_told_one_by_one_is_counted() {
    let segments = "OBX|1|ST|A^B^C||x||||||||||||||SET^A^B\r".repeat(300);
    let text = format!("MSH|^~\\&|A||||||ORU^R01^ORU_R01|1|P|2.5.1\rPID|||7\rOBR|1\r{segments}");
    let (mut message, _) = Message::parse(text);
    let found = bridge(&mut message, version("2.5.1"), version("2.1"));
    assert!(found.len() > hl7v2::bridge::FINDINGS_MAX, "{}", found.len());
    let last = found.last().expect("findings");
    assert!(last.code.id == "E1154" && last.message.contains("more findings"), "{}", last.message);
}
