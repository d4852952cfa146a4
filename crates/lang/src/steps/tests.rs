//! The examples of the catalogue are run; arguments are refused as they should be.

use super::*;
use crate::{Scope, Table, Tables, Value, View, syntax};

/// The tables that the examples of the catalogue name.
pub(crate) fn example_tables() -> Tables {
    let mut tables = Tables::default();
    for (name, text) in [
        ("units", "from,to,to_name,floor\n4WEST,4W,Ward 4 West,4\n5EAST,5E,Ward 5 East,5\n"),
        ("sexes", "from,to\nF,female\nM,male\n*,U\n"),
    ] {
        let (table, found) = Table::parse(name, &Arc::from(name), text);
        assert!(found.is_empty());
        tables.insert(table);
    }
    tables
}

/// The scripts that the examples of the catalogue name.
pub(crate) fn example_scripts() -> crate::Scripts {
    let mut scripts = crate::Scripts::default();
    for (name, source) in [
        ("bed", "return value.split('-')[1] ?? '';"),
        ("total", "return value.reduce((sum, one) => sum + Number(one), 0);"),
    ] {
        assert!(scripts.add(name, &format!("scripts/{name}.js"), source).is_none());
    }
    scripts
}

/// 2026-03-01T07:08:09Z.
const NOW: message::Timestamp = message::Timestamp(1_772_348_889_000_000);

fn evaluate(text: &str) -> Result<Vec<String>, String> {
    let tables = example_tables();
    let scripts = example_scripts();
    let scope = Scope::new(&tables).with_scripts(&scripts);
    let (tree, found) = syntax::parse("example.map", format!("x {text}"));
    assert!(found.is_empty(), "{text}: {found:?}");
    let mut cursor = syntax::Cursor::new(&tree, &tree.statements[0]);
    cursor.take();
    let mut found = Vec::new();
    let Some(value) = Value::parse(&mut cursor, &scope, &mut found) else {
        return Err(found.iter().map(|f| format!("{} {}", f.code, f.message)).collect::<Vec<_>>().join("; "));
    };
    assert!(found.iter().all(|finding| !finding.is_error()), "{text}: {found:?}");
    assert!(cursor.is_done(), "{text}");
    let (message, _) = hl7v2::Message::parse("MSH|^~\\&|LAB\r");
    let mut run = Run::new(NOW, 7);
    let item = value.evaluate(&View::new(&message), &mut run).map_err(|fault| fault.to_string())?;
    Ok(item.atoms().iter().filter(|atom| !atom.is_empty()).map(|atom| atom.as_str().to_owned()).collect())
}

#[test]
fn examples_of_the_catalogue() {
    let mut wrong = Vec::new();
    for step in catalogue() {
        assert!(!step.examples.is_empty() && !step.description.is_empty(), "{} has no example", step.name);
        assert!(step.syntax.starts_with(step.name), "{}", step.name);
        for example in step.examples {
            assert!(example.value.contains(step.name), "{}: {}", step.name, example.value);
            let expect = Ok(example.gives.iter().map(|text| (*text).to_owned()).collect());
            let found = evaluate(example.value);
            if found != expect {
                wrong.push(format!("{} gives {found:?}, not {expect:?}", example.value));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_are_known_once() {
    let mut names: Vec<&str> = catalogue().map(|step| step.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn refusals() {
    let check = |text: &str, expect: &str| {
        let error = evaluate(text).expect_err(text);
        assert!(error.contains(expect), "{text}: {error}");
    };
    check("A | uper", "E2206 there is no step `uper`");
    check("A |", "E2206 a step is missing");
    check("A | script tidy", "E2670");
    check("A | pad", "E2207 `pad` needs WIDTH");
    check("A | pad 0", "E2207 a whole number from 1 to 4096");
    check("A | pad 4 ab", "E2207 `pad`: SIGN is a single character");
    check("A | trim now", "E2207 `trim` does not take this");
    check("A | trim else B", "E2207 `else` does not fit after `trim`");
    check("A | code unit", "E2209 there is no code table `unit`");
    check("A | lookup units column flor", "E2207 `lookup`: table `units` has no column `flor`");
    check("A | zone Europe/Berlim", "E2207 there is no such time zone");
    check("A | add soon", "E2207 a stretch of time");
    check("A | convert-unit kg cm", "E2207 `convert-unit`: kg is a unit of mass and cm of length");
    check("A | convert-unit stone kg", "E2207 there is no unit `stone`");
    check("A | age | date", "E2210 `date` takes a date, but a number flows into it");
    check("A | date DD", "E2207 `D` is no letter of a format");
    check("A | number", "E2403: example.map line 1: `number`: the value is not a number");
    check("ROOF | code units", "E2401: example.map line 1: `code`: the code is not in table `units`");
    check("empty | required", "E2402: example.map line 1: `required`: the value is empty");
    check("2026 | add 1d", "E2403: example.map line 1: `add`: the date is not exact enough");
    check("99991231 | add 1d", "E2403: example.map line 1: `add`: there is no such time");
    check("20990101 | age", "E2403: example.map line 1: `age`: the date is in the future");
    check("a | replace \"\" b", "E2207 this text may not be empty");
}

#[test]
fn growth_is_bounded() {
    let steps = "| replace a aaaaaaaaaaaaaaaa ".repeat(9);
    let error = evaluate(&format!("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa {steps}")).expect_err("too long");
    assert!(error.contains("E2403") || error.contains("E2404"), "{error}");
    let error = evaluate(&format!("A {}", "| trim ".repeat(65))).expect_err("too many");
    assert!(error.contains("E2308"), "{error}");
}

#[test]
fn identifiers_repeat_with_the_message_only() {
    assert_eq!(evaluate("uuid"), evaluate("uuid"));
    assert_ne!(evaluate("uuid"), evaluate("  uuid"), "another place");
    let both = evaluate("id, id").unwrap();
    assert!(both[0] != both[1] && both[0].len() == 16);
}

#[test]
fn troubles() {
    assert_eq!(evaluate("ROOF | code units else warn"), Ok(vec!["ROOF".to_owned()]));
    assert_eq!(evaluate("ROOF | code units else empty | default X"), Ok(vec!["X".to_owned()]));
    assert_eq!(evaluate("null | upper | default X"), Ok(vec![String::new()]));
}
