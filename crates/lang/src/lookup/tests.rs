//! What lines make of what lookups answer.

use super::*;
use crate::{
    Form, Matter, Program, Scope, Tables,
    syntax::{self},
};
use message::{Code, Format, Timestamp};
use std::{collections::HashMap, sync::Mutex};

const E1: Code = crate::codes::E2403;

/// Answers of one lookup by key, and what it was asked.
#[derive(Default)]
struct Book {
    answers: HashMap<&'static str, Known>,
    asked: Mutex<Vec<String>>,
}

impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Book")
    }
}

impl Answers for Book {
    fn known(&self, question: &Question) -> Option<Known> {
        self.asked.lock().unwrap().push(question.key.reveal().clone());
        self.answers.get(question.key.reveal().as_str()).cloned()
    }
}

fn json(text: &'static str) -> Known {
    let form = Form::of(Format::Json);
    Known::Found(Arc::new(Document::read(Format::Json, text, &form.layout)))
}

fn book() -> Arc<Book> {
    let answers = [
        ("7", json(r#"{"ward": "4W", "bed": 12, "name": [{"family": "Weiss"}], "none": null}"#)),
        ("8", Known::Missing),
        ("9", Known::Failed(Reason::new(E1, "away"))),
    ];
    Arc::new(Book { answers: answers.into(), asked: Mutex::default() })
}

fn compile(line: &str, form: &Form) -> (Program, Vec<message::Diagnostic>) {
    let (tree, found) = syntax::parse("a.flow", line);
    assert!(found.is_empty(), "{found:?}");
    let (tables, mut lookups) = (Tables::default(), Lookups::default());
    lookups.add("census".into());
    let scope = Scope::new(&tables).with_lookups(&lookups).reading(form);
    Program::from_statements(&tree, &tree.statements, &scope)
}

/// What the line makes of a message with this patient; else the code.
fn made(line: &str, patient: &str) -> Result<String, &'static str> {
    let (program, found) = compile(line, &Form::default());
    assert!(found.is_empty(), "{found:#?}");
    let text = format!("MSH|^~\\&|A|B|C|D|1||ADT^A01|1|P|2.5\rPID|1||{patient}\rPV1|1|I|OLD^1\r");
    let mut matter = Matter::read(&Form::default(), text).0;
    let mut run = Run::new(Timestamp(0), 0).with_answers(Some(book()));
    program.apply_to(&mut matter, &mut run).map_err(|fault| fault.code.id)?;
    let bytes = matter.to_bytes();
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.split('\r').nth(2).unwrap_or_default().trim_start_matches("PV1|1|I|").to_owned())
}

#[test]
fn what_stands_in_the_answer_is_written() {
    let check = |line: &str, patient: &str, expect: Result<&str, &'static str>| {
        assert_eq!(made(line, patient), expect.map(str::to_owned), "{line} for {patient}");
    };
    let ward = "set PV1-3.1 = PID-3.1 | lookup census column ward failed park else error";
    check(ward, "7", Ok("4W^1"));
    check(ward, "8", Err("E2701"));
    check(ward, "9", Err("E2702"));
    check(ward, "10", Err("E2703"));
    check(ward, "", Ok("^1"));
    check("set PV1-3.1 = PID-3.1 | lookup census column name[1].family failed park else error", "7", Ok("Weiss^1"));
    check("set PV1-3.1 = PID-3.1 | lookup census column bed failed park else error | pad 4 0 left", "7", Ok("0012^1"));
    check("set PV1-3.1 = PID-3.1 | lookup census column none failed park else error", "7", Ok("^1"));
    check("set PV1-3.1 = PID-3.1 | lookup census column ward failed later else empty", "8", Ok("^1"));
    check("set PV1-3.1 = PID-3.1 | lookup census column ward failed later else empty", "9", Err("E2704"));
    check("set PV1-3.1 = PID-3.1 | lookup census column ward failed keep else keep", "9", Ok("9^1"));
    check("set PV1-3.1 = PID-3.1 | lookup census column ward failed empty else keep | default X", "9", Ok("X^1"));
}

#[test]
fn several_places_of_one_answer() {
    let check = |line: &str, patient: &str, expect: Result<&str, &'static str>| {
        assert_eq!(made(line, patient), expect.map(str::to_owned), "{line} for {patient}");
    };
    let places = "{\n PV1-3.1 = ward\n PV1-3.2 = bed\n}";
    check(&format!("enrich census by PID-3.1 failed park else keep {places}"), "7", Ok("4W^12"));
    check(&format!("enrich census by PID-3.1 failed park else keep {places}"), "8", Ok("OLD^1"));
    check(&format!("enrich census by PID-3.1 failed park else keep {places}"), "9", Err("E2702"));
    check(&format!("enrich census by PID-3.1 failed keep else keep {places}"), "9", Ok("OLD^1"));
    check(&format!("enrich census by PID-3.1 failed keep else error {places}"), "8", Err("E2701"));
    check(&format!("enrich census by PID-3.1 failed empty else empty {places}"), "8", Ok("^"));
}

#[test]
fn other_formats() {
    let form = Form::of(Format::Json);
    let (program, found) = compile("enrich census by root.mrn failed park else keep { place.ward = ward }", &form);
    assert!(found.is_empty(), "{found:?}");
    for (patient, expect) in [("7", r#""ward": "4W""#), ("8", r#""ward": "OLD""#)] {
        let text = format!(r#"{{"mrn": "{patient}", "place": {{"ward": "OLD"}}}}"#);
        let mut matter = Matter::read(&form, text).0;
        let mut run = Run::new(Timestamp(0), 0).with_answers(Some(book()));
        program.apply_to(&mut matter, &mut run).unwrap();
        assert!(String::from_utf8_lossy(&matter.to_bytes()).contains(expect), "{patient}");
    }
}

#[test]
fn a_line_says_what_happens_without_an_answer() {
    let check = |line: &str, expect: &str| {
        let (_, found) = compile(line, &Form::default());
        assert_eq!(found.first().map_or("none", |finding| finding.code.id), expect, "{line}");
    };
    check("set PV1-3.1 = PID-3.1 | lookup census column ward", "E2700");
    check("set PV1-3.1 = PID-3.1 | lookup census column ward failed park", "E2700");
    check("set PV1-3.1 = PID-3.1 | lookup census column ward else keep", "E2700");
    check("set PV1-3.1 = PID-3.1 | lookup census failed park else keep", "E2207");
    check("set PV1-3.1 = PID-3.1 | lookup census column ward failed shout else keep", "E2207");
    check("enrich census by PID-3.1 else keep { PV1-3.1 = ward }", "E2700");
    check("enrich census by PID-3.1 failed park { PV1-3.1 = ward }", "E2700");
    check("enrich census by PID-3.1 failed empty else keep { PV1-3.1 = ward }", "E2700");
    check("enrich senses by PID-3.1 failed park else keep { PV1-3.1 = ward }", "E2705");
    check("enrich census by PID-3.1 failed park else keep", "E2705");
    check("enrich census PID-3.1 failed park else keep { PV1-3.1 = ward }", "E2705");
}

#[test]
fn a_question_without_an_answer_is_kept_and_tells_nothing() {
    let (program, _) =
        compile("set PV1-3.1 = PID-3.1 | lookup census column ward failed park else error", &Form::default());
    let mut matter = Matter::read(&Form::default(), "MSH|^~\\&|A|B|C|D|1||ADT^A01|1|P|2.5\rPID|1||SECRET\rPV1|1\r").0;
    let mut run = Run::new(Timestamp(0), 0);
    let fault = program.apply_to(&mut matter, &mut run).unwrap_err();
    let asked = run.asked.unwrap();
    assert_eq!((&*asked.lookup, asked.key.reveal().as_str()), ("census", "SECRET"));
    assert!(!format!("{asked:?} {fault}").contains("SECRET"));
}
