//! The rules of R4, in FHIRPath, on the examples of R4: valid resources, from a corpus beside the repository.

use fhir::definitions::{Element, Type};
use fhir::fhirpath::{Environment, Program, Temporal, member};
use fhir::{Kind, Node, Tree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Rule, example and why it does not hold there.
const KNOWN: &[(&str, &str)] = &[("codesystem-example.json: csd-1", "the example has a code twice")];

struct Rules {
    compiled: BTreeMap<usize, Vec<(&'static str, Program)>>,
}

impl Rules {
    fn of(&mut self, element: Element) -> &[(&'static str, Program)] {
        self.compiled.entry(element.index()).or_insert_with(|| {
            element
                .constraints()
                .filter(|rule| rule.is_error())
                .map(|rule| (rule.key(), Program::parse(rule.expression()).expect("an expression of R4")))
                .collect()
        })
    }
}

/// Every rule of an element and of its type.
fn check(rules: &mut Rules, node: Node<'_>, broken: &mut BTreeSet<String>, count: &mut usize) {
    let Some(found) = member(node) else { return };
    let mut elements = vec![found.element()];
    let ty = if found.element().is_root() { None } else { found.ty() };
    elements.extend(std::iter::successors(ty, |ty: &Type| ty.base()).map(Type::root));
    for element in elements {
        for (key, program) in rules.of(element) {
            let environment = Environment::new(node).at(Temporal::from_unix_ms(1_749_988_800_000));
            *count += 1;
            match program.test(&environment) {
                // A rule about an element that is not there says nothing.
                Ok(Some(true) | None) => {}
                Ok(answer) => {
                    broken.insert(format!("{key} {answer:?} {}", node.path()));
                }
                Err(error) => {
                    broken.insert(format!("{key} {error} {}", node.path()));
                }
            }
        }
    }
}

#[test]
fn rules_hold_on_the_examples() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/fhir-test-cases/r4/examples");
    let Ok(files) = std::fs::read_dir(folder) else {
        println!("skipped: no corpus beside the repository");
        return;
    };
    let mut rules = Rules { compiled: BTreeMap::new() };
    let (mut broken, mut count, mut resources) = (BTreeSet::new(), 0, 0);
    for file in files.flatten().filter(|file| file.path().extension().is_some_and(|ending| ending == "json")) {
        let Ok(tree) = Tree::read(&std::fs::read(file.path()).unwrap()) else { continue };
        let name = file.file_name().to_string_lossy().into_owned();
        resources += 1;
        let mut here = BTreeSet::new();
        let mut open = vec![tree.root()];
        while let Some(node) = open.pop() {
            open.extend(node.children());
            let is_extras = node.key().or_else(|| node.parent()?.key()).is_some_and(|key| key.starts_with('_'));
            if node.kind() != Kind::Array && !node.is_null() && !is_extras {
                check(&mut rules, node, &mut here, &mut count);
            }
        }
        broken.extend(here.into_iter().map(|rule| format!("{name}: {rule}")));
    }
    println!("{count} rules on {resources} resources, {} broken", broken.len());
    broken.iter().take(60).for_each(|rule| println!("{rule}"));
    assert!(broken.iter().all(|rule| KNOWN.iter().any(|(known, _)| rule.starts_with(known))));
    assert!(count > 10_000);
}
