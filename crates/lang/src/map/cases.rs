//! Cases beside maps: a message or a bundle, and lines that must be true of what it becomes.
//!
//! Of a bundle that a map makes, a line is an expression of FHIRPath that gives `true`:
//! `Bundle.entry.resource.ofType(Patient).gender = 'female'`. Of a message that a map makes, it is a condition of the
//! language: `PID-8 = F`. Blank lines and lines with `#` in front are for people.

use crate::{
    program::parse::{expect_end, parse_when},
    run::Run,
    scope::Scope,
    syntax,
    table::Tables,
    view::View,
};
use fhir::{
    Tree,
    fhirpath::{Environment, Program},
};
use hl7v2::Message;
use message::{Diagnostic, Timestamp};

/// A line that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Its number, from 1.
    pub line: usize,
    /// As it is written.
    pub expression: String,
    /// What it gave instead, or why it cannot be asked.
    pub why: String,
}

/// Asks every line of `expect`. The lines that do not hold, and how many there are in all.
#[must_use]
pub fn check(expect: &str, tree: &Tree) -> (Vec<Broken>, usize) {
    ask(expect, |expression| holds(expression, tree))
}

/// Asks every line of `expect` of a message: conditions of the language, `PID-5.1 = Doe`. As [`check`].
#[must_use]
pub fn check_message(expect: &str, message: &Message) -> (Vec<Broken>, usize) {
    ask(expect, |expression| is_true(expression, message))
}

/// Asks each line that is neither empty nor a comment.
fn ask(expect: &str, answer: impl Fn(&str) -> Result<(), String>) -> (Vec<Broken>, usize) {
    let mut broken = Vec::new();
    let mut count = 0;
    for (at, line) in expect.lines().enumerate() {
        let expression = line.trim();
        if expression.is_empty() || expression.starts_with('#') {
            continue;
        }
        count += 1;
        if let Err(why) = answer(expression) {
            broken.push(Broken { line: at + 1, expression: expression.to_owned(), why });
        }
    }
    (broken, count)
}

fn is_true(expression: &str, message: &Message) -> Result<(), String> {
    let (tree, mut found) = syntax::parse("", format!("when {expression}"));
    let tables = Tables::default();
    let scope = Scope::new(&tables);
    let mut condition = None;
    if let [statement] = tree.statements.as_slice() {
        let mut cursor = syntax::Cursor::new(&tree, statement);
        condition = parse_when(&mut cursor, &scope, &mut found).flatten();
        let _ = expect_end(&cursor, &mut found);
    }
    match (condition, found.into_iter().find(Diagnostic::is_error)) {
        (Some(condition), None) => {
            let mut run = Run::new(Timestamp::default(), 0);
            match condition.holds(&View::new(message), &mut run) {
                Ok(true) => Ok(()),
                Ok(false) => Err("is not true".to_owned()),
                Err(fault) => Err(fault.to_string()),
            }
        }
        (_, Some(finding)) => Err(format!("{} {}", finding.code, finding.message)),
        (None, None) => Err("is no condition".to_owned()),
    }
}

fn holds(expression: &str, tree: &Tree) -> Result<(), String> {
    let program = Program::parse(expression).map_err(|error| error.to_string())?;
    let items = program.run(&Environment::new(tree.root())).map_err(|error| error.to_string())?;
    match items.as_slice() {
        [one] if one.to_text().as_deref() == Some("true") => Ok(()),
        [] => Err("gives nothing".to_owned()),
        [_] => Err("is not true".to_owned()),
        more => Err(format!("gives {} values, not one", more.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_message_hold_or_not() {
        let (message, _) = Message::parse("MSH|^~\\&|LAB\rPID|1||7^^^N~8||Doe^Jane|||F\r");
        let (broken, count) =
            check_message("# who\nPID-8 = F\nPID-5.1 = Roe\nPID-5.1 like Roe\ncount PID-3 = 2", &message);
        let shown: Vec<String> = broken.iter().map(|one| format!("{} {}", one.line, one.why)).collect();
        assert_eq!(count, 4);
        assert_eq!(shown, ["3 is not true", "4 E2202 `like` is no comparison"]);
    }

    #[test]
    fn lines_hold_or_not() {
        let tree = Tree::read(br#"{"resourceType":"Patient","gender":"female","name":[{"family":"Doe"}]}"#).unwrap();
        let (broken, count) = check(
            "# who\nPatient.gender = 'female'\n\nPatient.name.family = 'Roe'\nPatient.birthDate = @2000\nPatient.name.frist()",
            &tree,
        );
        let shown: Vec<String> = broken.iter().map(|one| format!("{} {}", one.line, one.why)).collect();
        assert_eq!(count, 4);
        assert_eq!(shown[..2], ["4 is not true", "5 gives nothing"]);
        assert!(shown[2].starts_with("6 E1211"));
    }
}
