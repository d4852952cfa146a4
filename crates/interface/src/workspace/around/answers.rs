//! The lookups of an interface, and what its tests say that they answer: for a look at a map, which asks nobody.
//!
//! Promises: names are those of the `lookup` lines of the interface and of shared blocks; an answer is one that stands
//! in a test of the interface, for the value that is looked up or else for every value; what no test says is not known.

use super::super::Files;
use lang::{
    Form, Matter,
    lookup::{Answers, Known, Lookups, Question},
    syntax::{self, Cursor, Statement, Tree},
};
use message::{Format, Reason};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

/// One `with lookup` line.
#[derive(Debug)]
struct Said {
    lookup: Arc<str>,
    /// For which value; for every one that no other line names when absent.
    key: Option<Arc<str>>,
    known: Known,
    file: Arc<str>,
    line: usize,
}

/// Where an answer that a run used stands; nowhere for a question that no test answers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Used {
    /// Which lookup was asked.
    pub lookup: Arc<str>,
    /// The file of the test and the line, from 1.
    pub place: Option<(Arc<str>, usize)>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct TestAnswers {
    said: Arc<Vec<Said>>,
    used: Mutex<BTreeSet<Used>>,
}

impl TestAnswers {
    /// The same answers, for another run.
    #[must_use]
    pub fn again(&self) -> TestAnswers {
        TestAnswers { said: self.said.clone(), used: Mutex::default() }
    }

    /// What was asked so far, each once.
    #[must_use]
    pub fn used(&self) -> Vec<Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Answers for TestAnswers {
    fn known(&self, question: &Question) -> Option<Known> {
        let of = |said: &&Said| said.lookup == question.lookup;
        let is_it = |said: &&Said| said.key.as_deref() == Some(question.key.reveal().as_str());
        let exact = self.said.iter().filter(of).find(is_it);
        let found = exact.or_else(|| self.said.iter().filter(of).find(|said| said.key.is_none()));
        let place = found.map(|said| (said.file.clone(), said.line));
        let used = Used { lookup: question.lookup.clone(), place };
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(used);
        found.map(|said| said.known.clone())
    }
}

/// Reads the `.flow` files of an interface and the shared ones.
pub(super) fn read(files: &Files, paths: &[String], home: &str) -> (Lookups, TestAnswers) {
    let (mut lookups, mut said) = (Lookups::default(), Vec::new());
    for path in paths.iter().filter(|path| path.ends_with(".flow")) {
        let Ok(text) = files.text(path) else { continue };
        let (tree, _) = syntax::parse(path.as_str(), text);
        let is_own = path.starts_with(&format!("{home}/"));
        for statement in below(&tree.statements) {
            let mut cursor = Cursor::new(&tree, statement);
            match cursor.peek_str() {
                "lookup" => {
                    cursor.take();
                    lookups.add(cursor.peek_str().into());
                }
                "with" if is_own => said.extend(answer(&tree, cursor)),
                _ => {}
            }
        }
    }
    (lookups, TestAnswers { said: said.into(), used: Mutex::default() })
}

/// Every statement, with those inside of others.
fn below(statements: &[Statement]) -> Vec<&Statement> {
    let mut out = Vec::new();
    let mut stack: Vec<&Statement> = statements.iter().rev().collect();
    while let Some(statement) = stack.pop() {
        out.push(statement);
        stack.extend(statement.block.iter().flat_map(|block| block.statements.iter().rev()));
    }
    out
}

/// `with lookup NAME [KEY] returns """{…}""" | nothing | fails`; what is written otherwise, the tests tell.
fn answer(tree: &Tree, mut cursor: Cursor<'_>) -> Option<Said> {
    let line = tree.line_column(cursor.here().start).0;
    cursor.eat("with");
    if !cursor.eat("lookup") {
        return None;
    }
    let lookup: Arc<str> = cursor.text()?.0.into();
    let is_answer = ["returns", "nothing", "fails"].iter().any(|word| cursor.is_at(word));
    let key: Option<Arc<str>> = if is_answer { None } else { Some(cursor.text()?.0.into()) };
    let known = match &*cursor.text()?.0 {
        "returns" => {
            let text = cursor.text()?.0.into_owned();
            match Matter::read(&Form::of(Format::Json), text.into_bytes()) {
                (Matter::Other(document), found) if !found.iter().any(message::Diagnostic::is_error) => {
                    Known::Found(Arc::new(document))
                }
                (Matter::Other(_) | Matter::V2(_) | Matter::Fhir(..), _) => return None,
            }
        }
        "nothing" => Known::Missing,
        "fails" => Known::Failed(Reason::new(lang::codes::E2703, "the test says that it fails")),
        _ => return None,
    };
    Some(Said { lookup, key, known, file: tree.file.clone(), line })
}

#[cfg(test)]
mod tests {
    use super::*;
    use message::Phi;

    #[test]
    fn names_and_what_tests_say() {
        let files = Files::memory([
            (
                "interfaces/a/interface.flow",
                "interface a {\n  lookup census sql sqlite:c.db {\n    query \"x\"\n  }\n}\n",
            ),
            ("shared/blocks/b.flow", "block b {\n  lookup person http \"https://x.example/{key}\"\n}\n"),
            (
                "interfaces/a/tests/t.flow",
                "test \"x\" {\n  given a.hl7\n  with lookup census \"7\" returns \"\"\"{ \"ward\": \"4W\" }\"\"\"\n  \
                 with lookup census nothing\n  with lookup person fails\n  with lookup broken returns \"no json\"\n  with out replies AE\n}\n",
            ),
            ("interfaces/b/tests/t.flow", "test \"y\" {\n  with lookup other nothing\n}\n"),
        ]);
        let paths: Vec<String> =
            ["shared", "interfaces/a"].into_iter().flat_map(|folder| files.list(folder).0).collect();
        let (lookups, answers) = read(&files, &paths, "interfaces/a");
        let mut names: Vec<&str> = lookups.names().collect();
        names.sort_unstable();
        assert_eq!(names, ["census", "person"]);
        let known = |lookup: &str, key: &str| {
            let question = Question { lookup: lookup.into(), key: Phi::new(key.to_owned()) };
            format!("{:?}", answers.known(&question)).split('(').take(2).collect::<Vec<_>>().join("(")
        };
        assert_eq!(known("census", "7"), "Some(Found)");
        assert_eq!(known("census", "8"), "Some(Missing)");
        assert!(known("person", "8").starts_with("Some(Failed"));
        assert_eq!(known("other", "8"), "None");
        let used: Vec<(String, Option<usize>)> = answers
            .used()
            .iter()
            .map(|used| (used.lookup.to_string(), used.place.as_ref().map(|place| place.1)))
            .collect();
        let expect = [("census", Some(3)), ("census", Some(4)), ("other", None), ("person", Some(5))];
        assert_eq!(used, expect.map(|(name, line)| (name.to_owned(), line)));
        assert_eq!(answers.again().used(), []);
    }
}
