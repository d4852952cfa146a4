//! Properties of the language over arbitrary texts and messages: nothing panics, running is deterministic and bounded,
//! an edit changes its own bytes only.

use hl7v2::Message;
use lang::{Condition, MapFile, Program, Run, Scope, Table, Tables, Value, View, syntax};
use message::Timestamp;
use proptest::prelude::*;
use std::sync::Arc;

const NOW: Timestamp = Timestamp(1_772_348_889_000_000);

const WORDS: &[&str] = &[
    "map",
    "m",
    "from",
    "hl7v2",
    "to",
    "set",
    "remove",
    "insert",
    "translate",
    "each",
    "when",
    "as",
    "id",
    "obx",
    "id.5",
    "obx-5",
    "obx-5.1",
    "start",
    "empty",
    "copy",
    "ignore",
    "reason",
    "use",
    "with",
    "units",
    "missing",
    "keep",
    "default",
    "PID-3",
    "PID-5.1",
    "PID-3[*].1",
    "PID-3[+].1",
    "PID-3[.5=MR].1",
    "OBX",
    "OBX[*]-5",
    "OBX-5",
    "MSH-9.2",
    "ZPD-1",
    "PID",
    "PV1-2",
    "event",
    "patient",
    "now",
    "null",
    "else",
    "and",
    "or",
    "not",
    "any",
    "all",
    "count",
    "in",
    "matches",
    "starts",
    "ends",
    "contains",
    "exists",
    "is",
    "table:units",
    "=",
    "!=",
    "<",
    ">=",
    "|",
    ",",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "\n",
    "trim",
    "upper",
    "split",
    "join",
    "pad",
    "8",
    "date",
    "iso",
    "age",
    "add",
    "2d",
    "code",
    "lookup",
    "column",
    "uuid",
    "sequence",
    "required",
    "replace",
    "number",
    "round",
    "\"a b\"",
    "\"{PID-5.1}\"",
    "\"\"",
    "\"[0-9]+\"",
    "I",
    "A01",
    "5",
    "after",
    "before",
    "first",
    "hash",
    "mask",
    "segment",
    "datatype",
    "ORDER.OBX-5",
    "PID.5",
    "pid-5",
    "\u{e9}",
];

fn tables() -> Tables {
    let mut tables = Tables::default();
    tables.insert(Table::parse("units", &Arc::from("units.csv"), "from,to\n4WEST,4W\n*,X\n").0);
    tables
}

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(WORDS), 0..40).prop_map(|words| words.join(" "))
}

/// A message of the segments that the lines name, with odd content.
fn any_message() -> impl Strategy<Value = Vec<u8>> {
    let field = prop::collection::vec(
        prop::sample::select(&["", "A", "77", "^", "~", "&", "\\T\\", "\"\"", "4WEST", "MR"]),
        0..6,
    );
    let segment = (prop::sample::select(&["PID", "PV1", "OBX", "ZPD", "NTE"]), prop::collection::vec(field, 0..8));
    prop::collection::vec(segment, 0..8).prop_map(|segments| {
        let mut text = "MSH|^~\\&|LAB|NORTH|||20260301||ADT^A01|1|P|2.5.1\r".to_owned();
        for (id, fields) in segments {
            text.push_str(id);
            for field in fields {
                text.push('|');
                text.push_str(&field.concat());
            }
            text.push('\r');
        }
        text.into_bytes()
    })
}

/// Compiles a text as everything that it could be, and runs what is sound.
fn compile_and_run(text: &str, message: &[u8]) -> Vec<Vec<u8>> {
    let tables = tables();
    let scope = Scope::new(&tables);
    let (tree, _) = syntax::parse("soup.map", text);
    let (message, _) = Message::parse_slice(message);
    let mut out = Vec::new();
    let mut run = Run::new(NOW, 7);
    run.fuel = 20_000;
    for statement in &tree.statements {
        let mut found = Vec::new();
        let mut cursor = syntax::Cursor::new(&tree, statement);
        if let Some(condition) = Condition::parse(&mut cursor, &scope, &mut found) {
            let _ = condition.holds(&View::new(&message), &mut run);
        } else {
            assert!(found.iter().any(message::Diagnostic::is_error), "{text}: a refusal says why");
        }
        found.clear();
        let mut cursor = syntax::Cursor::new(&tree, statement);
        if let Some(value) = Value::parse(&mut cursor, &scope, &mut found) {
            let _ = value.evaluate(&View::new(&message), &mut run);
        } else {
            assert!(found.iter().any(message::Diagnostic::is_error), "{text}: a refusal says why");
        }
    }
    let (program, _) = Program::from_statements(&tree, &tree.statements, &scope);
    let mut edited = message.clone();
    let _ = program.apply(&mut edited, &mut run);
    out.push(edited.write().into_owned());
    let (file, _) = MapFile::compile(&tree, &scope);
    for map in file.maps() {
        if let Ok(mapped) = map.apply(&message, &mut run) {
            out.push(mapped.write().into_owned());
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn word_soup(text in soup(), message in any_message()) {
        compile_and_run(&text, &message);
        compile_and_run(&format!("map m from hl7v2 to hl7v2 {{ {text} }}"), &message);
    }

    #[test]
    fn any_text(text in "\\PC{0,60}") {
        compile_and_run(&text, b"MSH|^~\\&|A\rPID|1\r");
    }

    #[test]
    fn any_table(text in "[a-c*,\"\n\r]{0,60}") {
        let (table, _) = Table::parse("t", &Arc::from("t.csv"), &format!("from,to\n{text}"));
        for row in table.rows() {
            let _ = (row.to(), row.to_name());
        }
        let _ = table.row("a");
    }

    #[test]
    fn the_same_again(lines in prop::collection::vec(line(), 1..6), message in any_message()) {
        let text = lines.join("\n");
        let map = format!("map m from hl7v2 to hl7v2 {{\neach PID-3 as id {{ PID-4[+].1 = id.1 }}\n{text}\n}}");
        prop_assert_eq!(compile_and_run(&text, &message), compile_and_run(&text, &message));
        prop_assert_eq!(compile_and_run(&map, &message), compile_and_run(&map, &message));
    }

    #[test]
    fn an_edit_touches_its_own_bytes(message in any_message(), value in "[ -~]{1,8}") {
        let tables = tables();
        let (tree, _) = syntax::parse("a.flow", format!("set PID-5.2 = {}", syntax::quote(&value.replace(['{', '}'], ""))));
        let (program, found) = Program::from_statements(&tree, &tree.statements, &Scope::new(&tables));
        prop_assert!(found.is_empty());
        let (mut edited, _) = Message::parse_slice(&message);
        if program.apply(&mut edited, &mut Run::new(NOW, 7)).is_err() {
            return Ok(());
        }
        let (before, after) = (lines_of(&message), lines_of(&edited.write()));
        prop_assert_eq!(before.len(), after.len());
        let first = before.iter().position(|line| line.starts_with(b"PID"));
        for (at, (old, new)) in before.iter().zip(&after).enumerate() {
            if Some(at) != first {
                prop_assert_eq!(old, new);
                continue;
            }
            for (number, (old, new)) in fields_of(old).iter().zip(fields_of(new)).enumerate() {
                prop_assert!(number == 5 || *old == new, "field {}", number);
            }
        }
    }

    #[test]
    fn fuel_is_a_ceiling(fuel in 0_u64..200, message in any_message()) {
        let tables = tables();
        let text = "map m from hl7v2 to hl7v2 { each OBX as obx { each obx-5 as v { OBX-5 = v.1 | upper\nPID-4[+].1 = v.1 } } }";
        let (tree, _) = syntax::parse("a.map", text);
        let (file, found) = MapFile::compile(&tree, &Scope::new(&tables));
        prop_assert!(found.is_empty());
        let (message, _) = Message::parse_slice(&message);
        let mut run = Run::new(NOW, 7);
        run.fuel = fuel;
        if let Err(fault) = file.apply(&message, &mut run) {
            prop_assert!(fault.code == lang::codes::E2404 || fault.code == lang::codes::E2405);
        }
        prop_assert!(run.fuel <= fuel);
    }
}

fn line() -> impl Strategy<Value = String> {
    let target = prop::sample::select(&["PID-2", "PID-3[+].1", "ZPD-1", "PID-5.1", "ZPD-2", "PID-3[2].4", "OBX[*]-8"]);
    let value =
        prop::sample::select(&["PID-3.1", "x", "uuid", "sequence", "PID-5.1 | upper", "null", "now | date", "id"]);
    (target, value).prop_map(|(target, value)| format!("set {target} = {value}"))
}

fn lines_of(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.split(|byte| *byte == b'\r').map(<[u8]>::to_vec).collect()
}

fn fields_of(line: &[u8]) -> Vec<Vec<u8>> {
    line.split(|byte| *byte == b'|').map(<[u8]>::to_vec).collect()
}
