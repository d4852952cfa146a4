//! Cases beside maps to FHIR: a message, and lines that must be true of what it becomes.
//!
//! A line is an expression of FHIRPath that gives `true`: `Bundle.entry.resource.ofType(Patient).gender = 'female'`. Blank
//! lines and lines with `#` in front are for people.

use fhir::{
    Tree,
    fhirpath::{Environment, Program},
};

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
    let mut broken = Vec::new();
    let mut count = 0;
    for (at, line) in expect.lines().enumerate() {
        let expression = line.trim();
        if expression.is_empty() || expression.starts_with('#') {
            continue;
        }
        count += 1;
        if let Err(why) = holds(expression, tree) {
            broken.push(Broken { line: at + 1, expression: expression.to_owned(), why });
        }
    }
    (broken, count)
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
