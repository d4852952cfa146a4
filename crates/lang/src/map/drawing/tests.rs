//! Tables of strokes and what they make of a text; and ten thousand at random on the maps that come along.

use super::*;

const MAP: &str = "# Pharmacy.\nmap pharmacy from hl7v2 ADT to fhir r4 Bundle {\n  Patient as patient {\n    gender    = PID-8   | code sex | required   # the house's\n    birthDate = PID-7   | date when PID-7 exists\n    when PID-30 = Y { active = false }\n  }\n}\n";

fn check(text: &str, stroke: Stroke, expect: &str) {
    let (tree, _) = syntax::parse("maps/pharmacy.map", text);
    let made = edits(&tree, &stroke).map(|edits| syntax::edit::apply(text, &edits).unwrap());
    assert_eq!(made.unwrap_or_else(|refused| refused.message), expect, "{stroke:?}");
}

fn source(line: usize, source: &str) -> Stroke {
    Stroke::Source { line, target: String::new(), source: source.into() }
}

fn steps(line: usize, steps: &[&str]) -> Stroke {
    Stroke::Steps { line, target: String::new(), steps: steps.iter().map(|step| (*step).to_owned()).collect() }
}

fn drawn(source: &str, target: &str, resource: Option<&str>) -> Stroke {
    Stroke::Draw { source: source.into(), target: target.into(), resource: resource.map(str::to_owned) }
}

#[test]
fn strokes_change_their_line_only() {
    let with = |from: &str, to: &str| MAP.replacen(from, to, 1);
    check(MAP, source(4, "PID-8.1 else \"U\""), &with("= PID-8 ", "= PID-8.1 else \"U\" "));
    check(MAP, steps(4, &["trim"]), &with("PID-8   | code sex | required", "PID-8 | trim"));
    check(MAP, steps(5, &[]), &with("PID-7   | date when", "PID-7 when"));
    check(MAP, source(6, "true"), &with("active = false", "active = true"));
    check(
        MAP,
        Stroke::Erase { line: 5, target: "birthDate".into() },
        &with("    birthDate = PID-7   | date when PID-7 exists\n", ""),
    );
    let line = "    name.family = PID-5.1 | title-case\n";
    check(
        MAP,
        drawn("PID-5.1 | title-case", "name.family", Some("Patient")),
        &with("  }\n}", &format!("{line}  }}\n}}")),
    );
    let block = "  Encounter {\n    status = planned\n  }\n";
    check(MAP, drawn("planned", "status", Some("Encounter")), &with("  }\n}", &format!("  }}\n{block}}}")));
}

#[test]
fn what_is_not_whole_is_refused() {
    check(MAP, source(4, "PID-8 | upper"), "a value has no steps");
    for wrong in ["PID-8\n  remove PID-3", "\"open", "a { b }", "", "PID-8 # why", "PID-8 when PID-7 exists"] {
        check(MAP, source(4, wrong), "this is not one value with its steps");
        check(MAP, drawn(wrong, "gender", Some("Patient")), "this is not one value with its steps");
    }
    check(MAP, steps(4, &["trim | upper"]), "a step is not whole");
    check(MAP, source(3, "PID-8"), "there is no such line");
    check(
        "map datatype CX to Identifier as cx { value = cx.1 }",
        drawn("a", "b", None),
        "the file has no map of whole messages",
    );
}

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % sides.max(1)
    }
}

/// A hundred files: those that come along, and again as other editors save them.
fn files() -> Vec<(String, String)> {
    let own = library::both_ways().filter(|(path, _)| path.ends_with(".map"));
    let mut own: Vec<(String, String)> = own.map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
    // Short ones: a stroke reads the whole file.
    own.sort_by_key(|(_, text)| text.len());
    own.truncate(50);
    let again = own.iter().map(|(path, text)| (path.clone(), text.replace('\n', "\r\n").replace("  ", "\t")));
    own.iter().cloned().chain(again).take(100).collect()
}

const SOURCES: [&str; 5] = ["PID-8", "\"a # text | with {signs}\"", "PID-5.1 else PID-5.2", "OBX-5[*]", "[A01, A04]"];
const STEPS: [&[&str]; 4] = [&[], &["trim"], &["code sex else warn", "required"], &["split \"|\"", "first"]];

/// One stroke on a file, and what has to be true of the text behind it.
fn stroke(dice: &mut Dice, path: &str, text: &str) -> String {
    let (tree, _) = syntax::parse(path, text);
    let lines = assignments(&tree);
    let at = dice.roll(lines.len());
    let act = dice.roll(4);
    let chosen = lines.get(at).map(|(line, statement, parts)| (*line, *statement, parts.clone()));
    let target = chosen.as_ref().map(|(.., parts)| tree.text[parts.target.clone()].to_owned()).unwrap_or_default();
    let line = chosen.as_ref().map_or(0, |(line, ..)| *line);
    let stroke = match act {
        0 => drawn(SOURCES[dice.roll(SOURCES.len())], "PID-5.1", None),
        1 => Stroke::Source { line, target, source: SOURCES[dice.roll(SOURCES.len())].to_owned() },
        2 => Stroke::Steps {
            line,
            target,
            steps: STEPS[dice.roll(STEPS.len())].iter().map(|step| (*step).into()).collect(),
        },
        _ => Stroke::Erase { line, target },
    };
    let Ok(made) = edits(&tree, &stroke) else { return text.to_owned() };
    let after = syntax::edit::apply(text, &made).unwrap();
    let (first, last) = (
        made.iter().map(|edit| edit.range.start).min().unwrap(),
        made.iter().map(|edit| edit.range.end).max().unwrap(),
    );
    assert!(after.starts_with(&text[..first]) && after.ends_with(&text[last..]), "{stroke:?} in {path}");
    // The bytes that may change are those of the line, with the comment behind it only where the line goes.
    if let (Some((_, statement, parts)), Stroke::Source { .. } | Stroke::Steps { .. }) = (&chosen, &stroke) {
        assert!(statement.span.start <= first && last <= statement.span.end, "{stroke:?} in {path}");
        let (again, _) = syntax::parse(path, after.as_str());
        assert_eq!(again.statements.len(), tree.statements.len());
        let now = assignments(&again);
        assert_eq!(now.len(), lines.len(), "{stroke:?} in {path}");
        let (.., changed) = &now[at];
        assert_eq!(again.text[changed.target.clone()], tree.text[parts.target.clone()]);
        match &stroke {
            Stroke::Source { source, .. } => assert_eq!(&again.text[changed.value.clone()], source),
            _ => assert_eq!(again.text[changed.value.clone()], tree.text[parts.value.clone()]),
        }
    }
    after
}

#[test]
fn ten_thousand_strokes_on_a_hundred_files_change_no_byte_outside_of_them() {
    let mut dice = Dice(8);
    let mut count = 0;
    for (path, text) in files() {
        let mut now = text;
        for _ in 0..100 {
            now = stroke(&mut dice, &path, &now);
            count += 1;
        }
    }
    assert_eq!(count, 10_000);
}
