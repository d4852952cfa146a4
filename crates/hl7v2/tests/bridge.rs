//! Bridges between versions, against facts of the standard written by hand, and over the corpus beside the repository.

use hl7v2::bridge::bridge;
use hl7v2::dictionary::Version;
use hl7v2::{Batch, Message};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Old version, new version, a segment, what comes of it, the findings as `CODE PLACE`.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str);

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
        ("2.5.1", "2.4", "TQ1|1\rTQ1|2\rNTE|1", "NTE|1", "E1150 TQ1[2], E1150 TQ1[1]"),
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
