//! The official cases of FHIRPath Patch for R4, from a corpus beside the repository.

use fhir::patch::Patch;
use fhir::{Error, Tree};
use std::path::Path;

/// The resource in an element of a case, with the names that its surroundings declare.
fn resource(text: &str, case: xml::Node<'_, '_>, name: &str) -> Option<Tree> {
    let holder = case.children().find(|node| node.has_tag_name(name))?;
    let inner = holder.children().find(xml::Node::is_element)?;
    let (tree, _) = fhir::xml::read(text[inner.range()].as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
    Some(tree)
}

/// The narrative is a text in a patch, and markup in the resource: spaces between are not the same.
fn folded(tree: &Tree) -> String {
    let text = String::from_utf8_lossy(&tree.write())
        .into_owned()
        .replace("\\n", " ")
        .replace("\\t", " ")
        .replace("\\r", " ")
        .replace("&quot;", "\\\"");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.replace("> ", ">").replace(" <", "<")
}

fn run(text: &str, case: xml::Node<'_, '_>) -> Result<Tree, Error> {
    let mut tree = resource(text, case, "input").expect("an input");
    let parameters = resource(text, case, "diff").expect("a patch");
    Patch::read(&parameters)?.apply(&mut tree)?;
    Ok(tree)
}

#[test]
fn patch_official() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/corpus/fhir-test-cases/r4/patch/fhir-patch-tests.xml");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: no corpus beside the repository");
        return;
    };
    let suite = xml::Document::parse(&text).unwrap();
    let (mut passed, mut all) = (0, 0);
    for case in suite.descendants().filter(|node| node.has_tag_name("case")) {
        all += 1;
        let name = case.attribute("name").unwrap_or_default();
        let is_same = match (run(&text, case), resource(&text, case, "output")) {
            (Ok(found), Some(expect)) => folded(&found) == folded(&expect),
            (Err(_), None) => true,
            (Ok(_), None) | (Err(_), Some(_)) => false,
        };
        passed += usize::from(is_same);
        if !is_same {
            let found = run(&text, case).map(|tree| folded(&tree));
            println!("{name}: {found:?} instead of {:?}", resource(&text, case, "output").map(|tree| folded(&tree)));
        }
    }
    println!("patch {passed}/{all}");
    assert_eq!((passed, all), (33, 33));
}
