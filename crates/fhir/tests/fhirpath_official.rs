//! The official FHIRPath suite for R4, from a corpus beside the repository.
//!
//! Some inputs of the suite are not in the corpus; `inputs` has small ones of our own that hold what those tests ask for.

use fhir::definitions::Type;
use fhir::fhirpath::{Decimal, Environment, Item, Program, Temporal};
use fhir::{Error, Tree};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Tests of the suite that are not passed, each with its reason.
const MISSES: &[(&str, &str)] = &[];

/// 2025-06-15T12:00:00Z.
const NOW_MS: i64 = 1_749_988_800_000;

fn corpus() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/fhir-test-cases/r4");
    path.is_dir().then_some(path)
}

fn input(corpus: &Path, name: &str) -> Option<Tree> {
    let examples = corpus.join("examples");
    if let Some(bytes) = std::fs::read(examples.join(name)).ok().filter(|bytes| fhir::xml::is_xml(bytes)) {
        match fhir::xml::read(&bytes) {
            Ok((tree, _)) => return Some(tree),
            Err(error) => println!("{name}: {error}; its JSON form is taken"),
        }
    }
    let json = Path::new(name).with_extension("json");
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inputs");
    let bytes = [examples, own].iter().find_map(|folder| std::fs::read(folder.join(&json)).ok())?;
    Some(Tree::read(&bytes).unwrap_or_else(|error| panic!("{name}: {error}")))
}

/// Type and text of each item as the suite writes them.
fn shown(item: &Item<'_>) -> (String, String) {
    let ty = item.type_name();
    let ty = ty.rsplit('.').next().unwrap_or_default().to_string();
    let text = match item.value() {
        Item::Temporal(value) => {
            format!("@{}{value}", if value.to_string().contains(':') && value.year == 0 { "T" } else { "" })
        }
        value => value.to_text().unwrap_or_default().to_string(),
    };
    (ty, text)
}

fn is_same(ty: Option<&str>, expect: &str, item: &Item<'_>) -> bool {
    let (found, text) = shown(item);
    let is_type = ty.is_none_or(|ty| ty.eq_ignore_ascii_case(&found));
    let numbers = Decimal::parse(expect).zip(Decimal::parse(&text));
    is_type
        && (text == expect
            || text.trim_start_matches('@') == expect.trim_start_matches('@')
            || numbers.is_some_and(|(a, b)| a == b))
}

fn evaluate<'t>(program: &'t Program, tree: &'t Tree) -> Result<Vec<Item<'t>>, Error> {
    if let Some(ty) = tree.root().resource_type().and_then(Type::named) {
        program.check(ty)?;
    }
    program.run(&Environment::new(tree.root()).at(Temporal::from_unix_ms(NOW_MS)))
}

/// `Err` with what came instead.
fn judge(test: xml::Node<'_, '_>, tree: &Tree) -> Result<(), String> {
    let child = |name: &str| test.children().find(|node| node.has_tag_name(name));
    let expression = child("expression").ok_or("no expression")?;
    let is_invalid = expression.attribute("invalid").is_some();
    let program = match Program::parse(expression.text().unwrap_or_default()) {
        Ok(program) => program,
        Err(_) if is_invalid => return Ok(()),
        Err(error) => return Err(error.to_string()),
    };
    let found = match evaluate(&program, tree) {
        Ok(_) if is_invalid => return Err("it should have been refused".into()),
        Err(_) if is_invalid => return Ok(()),
        Err(error) => return Err(error.to_string()),
        Ok(found) => found,
    };
    let found =
        if test.attribute("predicate") == Some("true") { vec![Item::Boolean(!found.is_empty())] } else { found };
    let mut outputs: Vec<_> = test.children().filter(|node| node.has_tag_name("output")).collect();
    let list = || found.iter().map(|item| format!("{:?}", shown(item))).collect::<Vec<_>>().join(" ");
    if outputs.len() != found.len() {
        return Err(format!("{} items instead of {}: {}", found.len(), outputs.len(), list()));
    }
    for item in &found {
        let at = outputs
            .iter()
            .position(|output| is_same(output.attribute("type"), output.text().unwrap_or_default(), item));
        match at {
            Some(at) => drop(outputs.remove(at)),
            None => return Err(format!("got {}", list())),
        }
    }
    Ok(())
}

#[test]
fn fhirpath_official() {
    let Some(corpus) = corpus() else {
        println!("skipped: no corpus beside the repository");
        return;
    };
    let text = std::fs::read_to_string(corpus.join("fhirpath/tests-fhir-r4.xml")).unwrap();
    let suite = xml::Document::parse(&text).unwrap();
    let mut trees = BTreeMap::new();
    let (mut passed, mut all, mut misses) = (0, 0, Vec::new());
    for test in suite.descendants().filter(|node| node.has_tag_name("test")) {
        all += 1;
        let name = test.attribute("name").unwrap_or_default();
        let file = test.attribute("inputfile").unwrap_or("patient-example.xml");
        let tree = trees.entry(file).or_insert_with(|| input(&corpus, file));
        let outcome = match tree {
            Some(tree) => judge(test, tree),
            None => Err(format!("there is no input {file}")),
        };
        match outcome {
            Ok(()) => passed += 1,
            Err(why) => misses.push((name, why)),
        }
    }
    println!("fhirpath {passed}/{all}");
    let unlisted: Vec<_> = misses.iter().filter(|(name, _)| !MISSES.iter().any(|(known, _)| known == name)).collect();
    for (name, why) in &unlisted {
        println!("{name}: {why}");
    }
    assert!(unlisted.is_empty(), "{} tests fail that are not listed", unlisted.len());
    assert_eq!(misses.len(), MISSES.len(), "a listed miss is passed now: take it off the list");
    assert!(passed * 100 >= all * 99);
}
