//! Both workspaces check without findings and are laid out.

use super::*;
use crate::{
    compile::tests::{CATALOGUE, variables},
    workspace::{Files, Options, Workspace},
};

fn load(files: &[(&str, &str)], environment: Option<&str>) -> (Workspace, Vec<message::Diagnostic>) {
    let options =
        Options { connectors: CATALOGUE, environment, overrides: None, variables: &variables, secrets: &|_| None };
    Workspace::of(Files::memory(files.iter().copied()), &options)
}

fn check(files: &[(&str, &str)], interfaces: usize) {
    for environment in [None, Some("prod")] {
        let (workspace, findings) = load(files, environment);
        assert!(findings.is_empty(), "{environment:?} {findings:#?}");
        assert_eq!((workspace.definitions.len(), workspace.broken.len()), (interfaces, 0));
        assert!(workspace.tests.len() >= interfaces);
    }
    for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".flow") || path.ends_with(".map")) {
        let (tree, _) = lang::syntax::parse(*path, *text);
        assert_eq!(lang::syntax::format(&tree), *text, "{path} is not laid out");
    }
}

#[test]
fn starter_workspace() {
    check(hello::FILES, 1);
    let files = hello("north", 2600).unwrap();
    let text = |path: &str| files.iter().find(|(known, _)| *known == path).unwrap().1.clone();
    assert!(text("sinew.toml").contains("name = \"north\""));
    assert!(text("README.md").starts_with("# north\n") && text("README.md").contains("127.0.0.1:2600"));
    assert!(text("interfaces/admissions/interface.flow").contains("receive mllp 127.0.0.1:2600"));
    assert!(hello("../x", 2600).is_none());
}

#[test]
fn hospital_workspace() {
    check(hospital(), 12);
    let (workspace, _) = load(hospital(), None);
    for (_, _, interface) in HOSPITAL_SOURCES {
        assert!(workspace.definition(interface).is_some(), "{interface}");
    }
}
