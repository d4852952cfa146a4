//! Lines that are passed over because what they need is not there, and values that are read in a short way: the result is
//! that of looking at each line, and of the long way, which a run that keeps origins takes.

use super::*;
use crate::{Standard, map::Work};

/// What a map makes of a message when the segments were looked through before, when nobody looked, so that no line is
/// passed over, and when origins are kept.
fn ways(map: &FhirMap, message: &Message) -> [(String, Vec<String>); 3] {
    [(true, false), (false, false), (true, true)].map(|(is_looked, explain)| {
        let settings = Settings { explain, ..Settings::default() };
        let (mut tree, mut run) = (Tree::new(), Run::new(Timestamp(1_772_348_889_000_000), 7));
        let without_blanks = message.without_blanks();
        let message = without_blanks.as_ref().unwrap_or(message);
        let mut view = View::new(message);
        if is_looked {
            view.look_through();
        }
        if let Some(structure) = map.structure {
            view.segments = message.segments().collect();
            view.groups = groups_of(structure, message);
        }
        let entries = Entries::new(map.kind == "Bundle", |hash| seed(message, hash));
        let done = map.run(view, entries, offset_of(message), &mut tree, &mut run, &settings, Vec::new);
        let text = done.map_or_else(|fault| fault.to_string(), |_| String::from_utf8(tree.write()).unwrap());
        (text, run.notes.iter().map(|note| format!("{} {}", note.code, note.message)).collect())
    })
}

fn map_of(file: &MapFile) -> &FhirMap {
    let Work::Fhir(map) = &file.main().unwrap().work else { panic!("a map to FHIR") };
    map
}

#[test]
fn in_every_message_of_the_library() {
    let (standard, _) = Standard::read(library::folder(library::HL7V2_TO_FHIR_R4));
    let cases = library::folder(library::HL7V2_TO_FHIR_R4).filter(|(path, _)| path.ends_with(".hl7"));
    let mut count = 0;
    for (path, text) in cases {
        let (message, _) = Message::parse(text.trim_end().replace('\n', "\r"));
        let Some((file, _)) = standard.map_for(&message) else { continue };
        let [looked, plain, explained] = ways(map_of(file), &message);
        assert!(looked == plain, "{path}:\n{looked:?}\n{plain:?}");
        assert!(looked == explained, "{path}:\n{looked:?}\n{explained:?}");
        count += 1;
    }
    assert!(count > 50, "{count}");
}

/// Lines in one block, more than are looked at together, each with a need of its own and a condition with another.
#[test]
fn past_the_lines_that_are_looked_at_together() {
    const LINES: usize = 150;
    let field = |line: usize| 2 + line % 60;
    let body: Vec<String> = (0..LINES)
        .map(|line| match line % 5 {
            // Only the value, only the condition, both, neither, and a need that several lines share.
            0 => format!("name.given = ZZA-{}[1]", field(line)),
            1 => format!("name.given = \"always {line}\" when ZZB-{} exists", field(line)),
            2 => format!("name.given = ZZA-{}[1] when ZZB-{} = Y", field(line), field(line + 7)),
            3 => format!("name.given = \"line {line}\""),
            _ => format!("name.given = \"{line} {{ZZA-3}}\" when ZZA-3 exists"),
        })
        .collect();
    let text = format!("map m from hl7v2 to fhir r4 Patient {{\n{}\n}}", body.join("\n"));
    let (file, found) = compile_text(&text);
    assert_eq!(texts(&found.into_iter().filter(Diagnostic::is_error).collect::<Vec<_>>()), Vec::<String>::new());
    let segment = |id: &str, is_filled: &dyn Fn(usize) -> bool| {
        let fields: Vec<String> =
            (1..70).map(|field| if is_filled(field) { "Y".to_owned() } else { String::new() }).collect();
        format!("{id}|{}", fields.join("|"))
    };
    for turn in 0..64_usize {
        let a = segment("ZZA", &|field| (field * 7 + turn) % 5 == 0);
        let b = segment("ZZB", &|field| (field * 3 + turn) % 4 == 0);
        let (message, _) = Message::parse(format!("{HEAD}\r{a}\r{b}\r"));
        let is_filled =
            |id: &str, field: usize| !message.text(&hl7v2::Path::parse(&format!("{id}-{field}")).unwrap()).is_empty();
        // By hand: which of the lines have a value.
        let expect: Vec<String> = (0..LINES)
            .filter_map(|line| match line % 5 {
                0 => is_filled("ZZA", field(line)).then(|| "Y".to_owned()),
                1 => is_filled("ZZB", field(line)).then(|| format!("always {line}")),
                2 => (is_filled("ZZA", field(line)) && is_filled("ZZB", field(line + 7))).then(|| "Y".to_owned()),
                3 => Some(format!("line {line}")),
                _ => is_filled("ZZA", 3).then(|| format!("{line} Y")),
            })
            .collect();
        let [looked, plain, explained] = ways(map_of(&file), &message);
        let given: Vec<String> = expect.iter().map(|text| format!("\"{text}\"")).collect();
        let expect = format!("{{\"resourceType\":\"Patient\",\"name\":[{{\"given\":[{}]}}]}}", given.join(","));
        assert_eq!(looked.0, expect, "turn {turn}");
        assert!(looked == plain && looked == explained, "turn {turn}");
    }
}

/// Lines that go by what one place holds: every answer that it can give.
#[test]
fn by_what_a_place_holds() {
    const CONDITIONS: [&str; 12] = [
        "a-1 = X",
        "a-1 in [X, YY]",
        "a-1 not in [X, YY]",
        "a-1 != X",
        "a-1 exists",
        "a-1 empty",
        "a-1 is null",
        "a-1 in [X, LONGER-THAN-EIGHT]",
        "a-1 = X or a-2 exists",
        "not (a-1 = YY and a-2 exists)",
        "a-1 empty or a-1 = Z",
        "a-2 = Q and a-1 in [YY, Z]",
    ];
    let lines: Vec<String> =
        CONDITIONS.iter().enumerate().map(|(at, when)| format!("  name.given = \"g{at}\" when {when}")).collect();
    let text = format!("map m from hl7v2 to fhir r4 Patient {{\neach ZZA as a {{\n{}\n}}\n}}", lines.join("\n"));
    let (file, found) = compile_text(&text);
    assert_eq!(texts(&found.into_iter().filter(Diagnostic::is_error).collect::<Vec<_>>()), Vec::<String>::new());
    let check = |segment: &str, expect: &[usize]| {
        let (message, _) = Message::parse(format!("{HEAD}\r{segment}\r"));
        let [looked, plain, explained] = ways(map_of(&file), &message);
        let given: Vec<String> = expect.iter().map(|at| format!("\"g{at}\"")).collect();
        let expect = format!("{{\"resourceType\":\"Patient\",\"name\":[{{\"given\":[{}]}}]}}", given.join(","));
        assert_eq!(looked.0, expect, "{segment}");
        assert!(looked == plain && looked == explained, "{segment}");
    };
    check("ZZA|X|", &[0, 1, 4, 7, 8, 9]);
    check("ZZA|YY|Q", &[1, 3, 4, 8, 11]);
    check("ZZA|Z|Q", &[2, 3, 4, 8, 9, 10, 11]);
    check("ZZA|OTHER|", &[2, 3, 4, 9]);
    check("ZZA|LONGER-THAN-EIGHT|", &[2, 3, 4, 7, 9]);
    check("ZZA||Q", &[2, 3, 5, 8, 9, 10]);
    check("ZZA|\"\"|", &[2, 3, 4, 6, 9]);
    // Several: any of them.
    check("ZZA|X~YY|", &[0, 1, 4, 7, 8, 9]);
}

/// The condition of an `each` is about its own turns, and not about what its name stood for in a line before.
#[test]
fn by_what_a_turn_of_its_own_holds() {
    let body = "each ZZB as b when b-1 = X { name.given = first }
each ZZB as b when b-1 = YY { name.given = second }
each ZZB as b when b-1 = Z { name.given = third }";
    check(body, "ZZB|YY / ZZB|X", r#","name":[{"given":["first"]},{"given":["second"]}]"#);
    check(body, "ZZB|Z", r#","name":[{"given":["third"]}]"#);
}

/// A text of the map is read when it is compiled, to what reading it in each run would give.
#[test]
fn constants() {
    check("active = true", "PID", r#","active":true"#);
    check("multipleBirth[integer] = 2", "PID", r#","multipleBirthInteger":2"#);
    check("birthDate = 20260301", "PID", r#","birthDate":"2026-03-01""#);
    check("name.family = \"A \\\"b\\\" é\"", "PID", r#","name":[{"family":"A \"b\" é"}]"#);
    // A time may get the offset of the message, so that it is read in each run.
    check("deceasedDateTime = 202603011200", "PID", r#","deceasedDateTime":"2026-03-01T12:00:00+01:00""#);
}

/// A table with signs that JSON escapes.
#[test]
fn cells_that_need_escapes() {
    check(
        "maritalStatus = PID-16.1 | code quoted",
        "PID||||||||||||||||A",
        r#","maritalStatus":{"coding":[{"code":"B","display":"a \"b\" \\\\ c"}]}"#,
    );
}
